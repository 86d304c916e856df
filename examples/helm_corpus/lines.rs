//! Files of lines in JSON, and what stands for a repository in them.

use std::fs;
use std::path::Path;

use serde::de::DeserializeOwned;

use crate::Failure;

/// The name of a repository's directory: `owner+name`.
///
/// # Errors
/// The URL has no owner and name at its end.
pub fn directory(url: &str) -> Result<String, Failure> {
    let mut parts = url.trim_end_matches('/').trim_end_matches(".git").rsplit('/');
    match (parts.next(), parts.next()) {
        (Some(name), Some(owner)) if !name.is_empty() && !owner.is_empty() => Ok(format!("{owner}+{name}")),
        _ => Err(format!("`{url}` doesn't end in OWNER/NAME").into()),
    }
}

/// Reads a file of lines in JSON; those that start with `#` say nothing.
///
/// # Errors
/// It can't be read, or a line isn't what it should be.
pub fn read<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, Failure> {
    let text = fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let parsed = lines.map(|(number, line)| {
        serde_json::from_str(line).map_err(|e| format!("{}:{}: {e}", path.display(), number + 1).into())
    });
    parsed.collect()
}
