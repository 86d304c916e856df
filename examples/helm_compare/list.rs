//! Lists of cases, for calls that no chart's directory tells.

use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::Failure;
use crate::case::Case;

/// A line of a list of cases.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    /// Where it is called, from the directory that the list is for.
    #[serde(default)]
    at: String,
    /// What follows `helm template`.
    args: Vec<String>,
    /// What upstream expects of it, from `at` on.
    golden: Option<String>,
}

/// Reads a list of cases: one JSON object a line; empty lines and those that start with `#` or `//` say nothing.
///
/// # Errors
/// The list can't be read, or a line isn't a case.
pub fn read(list: &Path, dir: &Path) -> Result<Vec<Case>, Failure> {
    let text = fs::read_to_string(list).map_err(|e| format!("{}: {e}", list.display()))?;
    let mut cases = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') || line.starts_with("//") {
            continue;
        }
        let case: Listed = serde_json::from_str(line).map_err(|e| format!("{}:{}: {e}", list.display(), number + 1))?;
        let chart = case.at.clone();
        let name = case.args.join(" ");
        cases.push(Case { dir: dir.join(&case.at), chart, name, args: case.args, golden: case.golden });
    }
    Ok(cases)
}
