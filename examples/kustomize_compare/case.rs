//! What is compared: kustomizations, found in directories.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::Failure;

/// The names of a kustomization's file.
const FILES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// A kustomization.
#[derive(Clone, Debug, Serialize)]
pub struct Case {
    /// Where the tools are called.
    pub dir: PathBuf,
    /// Its directory, from `dir` on.
    pub path: String,
}

/// The kustomizations at and below a directory, by their paths.
///
/// # Errors
/// A directory can't be listed.
pub fn discover(dir: &Path) -> Result<Vec<Case>, Failure> {
    let mut found = BTreeSet::new();
    let walk = walkdir::WalkDir::new(dir).into_iter().filter_entry(|entry| entry.file_name() != ".git");
    for entry in walk {
        let entry = entry?;
        let is_one = entry.file_name().to_str().is_some_and(|name| FILES.contains(&name));
        if let Some(parent) = entry.path().parent().filter(|_| is_one && entry.file_type().is_file()) {
            let path = parent.strip_prefix(dir)?.to_str().ok_or("a path that is not UTF-8")?;
            found.insert(if path.is_empty() { ".".to_owned() } else { path.to_owned() });
        }
    }
    Ok(found.into_iter().map(|path| Case { dir: dir.to_owned(), path }).collect())
}
