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
    /// What was called.
    #[serde(flatten)]
    pub case: Case,
    /// What came of it.
    pub verdict: Verdict,
    /// Whether Helm's output is what upstream's own test expects; none where it expects nothing.
    pub golden: Option<bool>,
    /// Helm's shortest run.
    #[serde(serialize_with = "milliseconds")]
    pub helm_ms: Duration,
    /// The other side's run.
    #[serde(serialize_with = "milliseconds")]
    pub here_ms: Duration,
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
}

/// All results, then how many there are of each kind.
pub fn text(results: &[Result], style: Style) -> String {
    let mut out = String::new();
    for result in results {
        if style.bad_only && result.verdict.good() {
            continue;
        }
        if style.json {
            let _ = writeln!(out, "{}", serde_json::json!(result));
        } else {
            one(&mut out, result, style.time);
        }
    }
    let totals = totals(results);
    if style.json {
        let _ = writeln!(out, "{}", serde_json::json!({"totals": totals, "cases": results.len()}));
    } else {
        let _ = writeln!(out, "\n{} cases", results.len());
        for word in Verdict::WORDS {
            if let Some(count) = totals.get(word) {
                let _ = writeln!(out, "{count:6}  {word}");
            }
        }
        let wrong = results.iter().filter(|result| result.golden == Some(false)).count();
        if results.iter().any(|result| result.golden.is_some()) {
            let _ = writeln!(out, "{wrong:6}  of Helm's outputs are not what its own test expects");
        }
        if style.time {
            let sum = |time: fn(&Result) -> Duration| results.iter().map(time).sum::<Duration>().as_secs_f64();
            let _ = writeln!(out, "{:6.1} s Helm, {:.1} s here", sum(|r| r.helm_ms), sum(|r| r.here_ms));
        }
    }
    out
}

fn one(out: &mut String, result: &Result, time: bool) {
    let Result { case, verdict, .. } = result;
    let took = if time { format!("  ({:.1?}, {:.1?})", result.helm_ms, result.here_ms) } else { String::new() };
    let masked = match verdict {
        Verdict::RandomAlike { masked } | Verdict::Differs { masked, .. } if *masked > 0 => {
            format!(" ({masked} masked)")
        }
        _ => String::new(),
    };
    let golden = if result.golden == Some(false) { " (not upstream's golden)" } else { "" };
    let _ = writeln!(out, "{}: {} [{}]{masked}{golden}{took}", verdict.word(), case.chart, case.name);
    match verdict {
        Verdict::Differs { at, .. } | Verdict::OtherError { at } => out.push_str(&at.to_string()),
        Verdict::ErrorOnlyHere { error } | Verdict::ErrorOnlyThere { error } => {
            for line in error.lines().take(12) {
                let _ = writeln!(out, "    {line}");
            }
        }
        Verdict::Identical | Verdict::RandomAlike { .. } | Verdict::SameError => {}
    }
}

fn totals(results: &[Result]) -> BTreeMap<&'static str, usize> {
    let mut totals = BTreeMap::new();
    for result in results {
        *totals.entry(result.verdict.word()).or_default() += 1;
    }
    totals
}
