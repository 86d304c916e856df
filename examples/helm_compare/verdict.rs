//! Judges a case: what Helm printed beside what the other side printed.

use std::fmt;

use serde::Serialize;

use crate::output::Output;
use crate::pattern::Pattern;

/// What came of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Verdict {
    /// Both rendered the same bytes.
    Identical,
    /// Helm's runs differ from each other; but for what differs there, both rendered the same.
    RandomAlike {
        /// How many tokens and lines differ between Helm's own runs.
        masked: usize,
    },
    /// Both failed, with the same text.
    SameError,
    /// Both failed, with other texts.
    OtherError {
        /// The first line that differs.
        at: Difference,
    },
    /// Both rendered, but not the same bytes.
    Differs {
        /// The first line that differs.
        at: Difference,
        /// How many tokens and lines differ between Helm's own runs; 0 where it prints the same each time.
        masked: usize,
    },
    /// The other side failed, Helm didn't.
    ErrorOnlyHere {
        /// What it said.
        error: String,
    },
    /// Helm failed, the other side didn't.
    ErrorOnlyThere {
        /// What Helm said.
        error: String,
    },
}

/// A line that differs, with the lines before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Helm's line, from 1.
    pub line: usize,
    /// The `# Source:` that it stands under.
    pub source: Option<String>,
    /// Lines before it, as both have them.
    pub before: Vec<String>,
    /// What Helm has from there on.
    pub helm: Vec<String>,
    /// What the other side has.
    pub here: Vec<String>,
}

impl Verdict {
    /// The word for it in totals.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Identical => "identical",
            Self::RandomAlike { .. } => "random in Helm, else identical",
            Self::SameError => "both fail, same text",
            Self::OtherError { .. } => "both fail, other text",
            Self::Differs { .. } => "differs",
            Self::ErrorOnlyHere { .. } => "error only here",
            Self::ErrorOnlyThere { .. } => "error only there",
        }
    }

    /// All words, best first.
    pub const WORDS: [&'static str; 7] = [
        "identical",
        "random in Helm, else identical",
        "both fail, same text",
        "both fail, other text",
        "differs",
        "error only here",
        "error only there",
    ];

    /// Whether nothing is left to mend.
    pub fn good(&self) -> bool {
        matches!(self, Self::Identical | Self::RandomAlike { .. } | Self::SameError)
    }
}

/// Compares the runs of Helm, of which there is at least one, with the run of the other side.
pub fn judge(first: &Output, more: &[Output], here: &Output) -> Verdict {
    if first.success != here.success {
        let short = |output: &Output| output.error().chars().take(2000).collect::<String>();
        return if first.success {
            Verdict::ErrorOnlyHere { error: short(here) }
        } else {
            Verdict::ErrorOnlyThere { error: short(first) }
        };
    }
    let (text, own) = (first.shown(), here.shown());
    let others: Vec<String> = more.iter().map(Output::shown).collect();
    if others.iter().any(|other| *other != text) {
        let others: Vec<&str> = others.iter().map(String::as_str).collect();
        let pattern = Pattern::new(&text, &others);
        let masked = pattern.masked();
        return match pattern.fit(&own) {
            Ok(()) if first.success => Verdict::RandomAlike { masked },
            Ok(()) => Verdict::SameError,
            Err(misfit) if first.success => {
                Verdict::Differs { at: Difference::at(&text, &own, misfit.expected, misfit.found), masked }
            }
            Err(misfit) => Verdict::OtherError { at: Difference::at(&text, &own, misfit.expected, misfit.found) },
        };
    }
    if first.stdout == here.stdout && text == own {
        return if first.success { Verdict::Identical } else { Verdict::SameError };
    }
    let at = Difference::first(&text, &own);
    if first.success { Verdict::Differs { at, masked: 0 } } else { Verdict::OtherError { at } }
}

impl Difference {
    const BEFORE: usize = 3;
    const FROM: usize = 4;

    fn first(helm: &str, here: &str) -> Self {
        let same = helm.split_inclusive('\n').zip(here.split_inclusive('\n')).take_while(|(a, b)| a == b).count();
        Self::at(helm, here, same, same)
    }

    fn at(helm: &str, here: &str, line: usize, found: usize) -> Self {
        let some = |text: &str, from: usize, count: usize| -> Vec<String> {
            text.split_inclusive('\n').skip(from).take(count).map(|line| format!("{line:?}")).collect()
        };
        let source = helm.lines().take(line + 1).filter_map(|l| l.strip_prefix("# Source: ")).last();
        let start = line.saturating_sub(Self::BEFORE);
        Self {
            line: line + 1,
            source: source.map(str::to_owned),
            before: some(helm, start, line - start),
            helm: some(helm, line, Self::FROM),
            here: some(here, found, Self::FROM),
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = self.source.as_ref().map(|source| format!(", {source}")).unwrap_or_default();
        writeln!(f, "    line {}{source}", self.line)?;
        for (sign, lines) in [(' ', &self.before), ('-', &self.helm), ('+', &self.here)] {
            for line in lines {
                writeln!(f, "    {sign} {line}")?;
            }
            if sign != ' ' && lines.is_empty() {
                writeln!(f, "    {sign} (the end)")?;
            }
        }
        Ok(())
    }
}
