//! The files of the corpus: which repositories it is made from, and what Helm rendered.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::Failure;
use crate::lines::directory;

/// A line of `repositories.jsonl`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repository {
    /// Where git finds it.
    pub url: String,
    /// The commit that its charts are taken from. Dependencies may come from earlier ones.
    pub commit: String,
    /// The chart repositories that are made from it, as dependencies name them, or how these start.
    #[serde(default)]
    pub serves: Vec<String>,
    /// Which files of a chart it is rendered with, besides those in `ci/`: globs, from the chart's directory on.
    #[serde(default)]
    pub values: Vec<String>,
    /// Whether its charts are cases; else it is there for dependencies alone.
    #[serde(default)]
    pub cases: bool,
}

/// A line of `corpus.lock.jsonl`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum Line {
    /// A chart that is rendered.
    Chart(Chart),
    /// What goes into the `charts/` of the chart above.
    Dependency(Dependency),
    /// A dependency that none of the repositories has.
    Missing(Missing),
    /// A call of Helm, and what came of it.
    Case(Case),
}

/// A chart, as a directory of a commit.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Chart {
    /// Where git finds its repository.
    pub repository: String,
    /// In which commit.
    pub commit: String,
    /// Where it is there; empty for the repository itself.
    pub path: String,
}

/// A chart that another needs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Dependency {
    /// Where it goes, from the directory of the corpus' repository on.
    pub at: String,
    /// Where git finds its repository.
    pub repository: String,
    /// In which commit.
    pub commit: String,
    /// Where it is there.
    pub path: String,
    /// Its version.
    pub version: String,
    /// Which versions would do, where this one doesn't: Helm is going to say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead_of: Option<String>,
}

/// A dependency that isn't there.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Missing {
    /// Of which chart, as a place in the corpus.
    pub of: String,
    /// Its name.
    pub name: String,
    /// Which versions would do.
    pub version: String,
    /// Where it is said to be.
    pub repository: String,
}

/// A call of Helm.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Case {
    /// Where git finds the chart's repository: the directory that Helm is called in has its name.
    pub repository: String,
    /// All that comes after `helm template`.
    pub args: Vec<String>,
    /// Whose behaviour: `helm3`, `helm4`.
    pub profile: String,
    /// Which Helm that was.
    pub helm: String,
    /// What came of it.
    pub result: Result,
}

/// What came of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Result {
    /// It rendered: the blake3 digest of stdout.
    Stdout(String),
    /// It failed: the digest of stdout, of stderr from `Error:` on, and of the exit code.
    Error(String),
    /// It renders something else each time.
    Random,
}

/// The lines of the charts whose place in the corpus holds a text, with their dependencies and cases.
///
/// # Errors
/// A repository has no name.
pub fn only(lines: &[Line], text: &str) -> std::result::Result<Vec<Line>, Failure> {
    let mut taken = Vec::new();
    let mut inside = false;
    for line in lines {
        let keep = match line {
            Line::Chart(chart) => {
                inside = format!("{}/{}", directory(&chart.repository)?, chart.path).contains(text);
                inside
            }
            Line::Dependency(_) | Line::Missing(_) => inside,
            Line::Case(case) => {
                let chart = case.args.get(1).map_or("", String::as_str);
                format!("{}/{chart}", directory(&case.repository)?).contains(text)
            }
        };
        if keep {
            taken.push(line.clone());
        }
    }
    Ok(taken)
}

/// Puts a case where `--update` would have put it: behind those of the same Helm and repository that come before it.
pub fn insert(lines: &mut Vec<Line>, line: Line) {
    let Line::Case(case) = &line else { return };
    // The chart, then its values file; its default values have none.
    let place = |case: &Case| (case.args.get(1).cloned(), case.args.get(5).cloned());
    let before = |other: &Line| match other {
        Line::Case(other) => {
            other.profile == case.profile && other.repository == case.repository && place(other) < place(case)
        }
        _ => false,
    };
    let at = lines.iter().rposition(before).map_or(lines.len(), |at| at + 1);
    lines.insert(at, line);
}

/// Writes the lock.
///
/// # Errors
/// It can't be written.
pub fn write(path: &Path, lines: &[Line]) -> std::result::Result<(), Failure> {
    let mut text = String::from(
        "# Made by testdata/helm/corpus --update: what Helm renders of public charts. `random` differs each time.\n",
    );
    for line in lines {
        text.push_str(&serde_json::to_string(line)?);
        text.push('\n');
    }
    fs::write(path, text).map_err(|e| format!("{}: {e}", path.display()).into())
}
