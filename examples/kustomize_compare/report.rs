//! Says what came of the cases.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use serde::Serialize;

use crate::case::Case;
use crate::verdict::Verdict;

/// A case and what came of it.
#[derive(Debug, Serialize)]
pub struct Result {
    /// What was built.
    #[serde(flatten)]
    pub case: Case,
    /// What came of it.
    pub verdict: Verdict,
    /// Whether both failed for want of what is elsewhere.
    pub remote: bool,
    /// What both said, if both failed.
    pub errors: Option<(String, String)>,
    /// kustomize's run.
    #[serde(serialize_with = "milliseconds")]
    pub there_ms: Duration,
    /// The other side's run.
    #[serde(serialize_with = "milliseconds")]
    pub here_ms: Duration,
}

/// The word for what neither side can build here.
const REMOTE: &str = "needs what is elsewhere";

impl Result {
    /// Whether nothing is left to mend: where both fail, they may say it in other words.
    pub fn good(&self) -> bool {
        self.verdict.good() || matches!(self.verdict, Verdict::OtherError { .. })
    }

    /// The word for it in totals.
    fn word(&self) -> &'static str {
        if self.remote { REMOTE } else { self.verdict.word() }
    }
}

fn milliseconds<S: serde::Serializer>(time: &Duration, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_f64((time.as_secs_f64() * 100_000.0).round() / 100.0)
}

/// How much is said.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// JSON, a line for each case and one for the totals.
    pub json: bool,
    /// How long both took.
    pub time: bool,
    /// Nothing of cases that are as they should be.
    pub bad_only: bool,
    /// What both say where both fail.
    pub errors: bool,
}

/// All results, then how many there are of each kind.
pub fn text(results: &[Result], style: Style) -> String {
    let mut out = String::new();
    for result in results.iter().filter(|result| !(style.bad_only && result.good())) {
        if style.json {
            let _ = writeln!(out, "{}", serde_json::json!(result));
        } else {
            one(&mut out, result, style);
        }
    }
    let mut totals: BTreeMap<&str, usize> = BTreeMap::new();
    results.iter().for_each(|result| *totals.entry(result.word()).or_default() += 1);
    if style.json {
        let _ = writeln!(out, "{}", serde_json::json!({"totals": totals, "cases": results.len()}));
        return out;
    }
    let _ = writeln!(out, "\n{} cases", results.len());
    for word in Verdict::WORDS.into_iter().chain([REMOTE]) {
        if let Some(count) = totals.get(word) {
            let _ = writeln!(out, "{count:6}  {word}");
        }
    }
    if style.time {
        let sum = |time: fn(&Result) -> Duration| results.iter().map(time).sum::<Duration>().as_secs_f64();
        let _ = writeln!(out, "{:6.1} s kustomize, {:.1} s here", sum(|r| r.there_ms), sum(|r| r.here_ms));
    }
    out
}

fn one(out: &mut String, result: &Result, style: Style) {
    let Result { case, verdict, .. } = result;
    let took = if style.time { format!("  ({:.1?}, {:.1?})", result.there_ms, result.here_ms) } else { String::new() };
    let _ = writeln!(out, "{}: {}{took}", result.word(), case.path);
    let quote = |out: &mut String, text: &str| {
        for line in text.lines().take(12) {
            let _ = writeln!(out, "    {line}");
        }
    };
    match verdict {
        Verdict::Differs { at, .. } => out.push_str(&at.to_string()),
        Verdict::ErrorOnlyHere { error } | Verdict::ErrorOnlyThere { error } => quote(out, error),
        _ => {}
    }
    if let Some((there, here)) = result.errors.as_ref().filter(|_| style.errors) {
        quote(out, there);
        quote(out, here);
    }
}
