//! The files of the corpus: which repositories it is made from, and what kustomize built.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::Failure;

/// A line of `repositories.jsonl`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repository {
    /// Where git finds it.
    pub url: String,
    /// The commit that is taken.
    pub commit: String,
}

/// A line of `corpus.lock.jsonl`: a kustomization, and what came of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Where git finds its repository.
    pub repository: String,
    /// Its directory.
    pub path: String,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a build.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It builds: the blake3 digest of stdout.
    Stdout(String),
    /// It fails: for want of what is elsewhere, mostly.
    Error,
    /// It builds something else each time.
    Random,
}

/// Writes the lock.
///
/// # Errors
/// It can't be written.
pub fn write(path: &Path, version: &str, lines: &[Case]) -> Result<(), Failure> {
    let mut text = format!(
        "# Made by testdata/kustomize/corpus --update, with kustomize {version}: what it builds of public repositories, without a network.\n"
    );
    for line in lines {
        text.push_str(&serde_json::to_string(line)?);
        text.push('\n');
    }
    fs::write(path, text).map_err(|e| format!("{}: {e}", path.display()).into())
}
