//! Cases that the real packages answered: see testdata/kustomize/patch/README.md.

use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::source::{FileId, SourceKind, Sources};
use crate::yaml::{Dialect, Node, parse};

/// A patch for a target, and what became of it.
#[derive(Deserialize)]
pub struct Case {
    pub name: String,
    pub schema: Option<String>,
    pub target: String,
    pub patch: String,
    pub expected: Option<String>,
    pub error: Option<String>,
}

/// A resource or a patch, as kustomize reads it.
pub fn resource(text: &str) -> Node {
    let parsed = parse(FileId::TRANSIENT, text, Dialect::Kustomize);
    assert!(!parsed.diagnostics.has_errors(), "{:?}\n{text}", parsed.diagnostics);
    parsed.into_first()
}

/// The same, with its text kept.
pub fn resource_of(sources: &Sources, text: &str) -> Node {
    parse(sources.add("patch", text, SourceKind::File).id, text, Dialect::Kustomize).into_first()
}

/// Runs all cases of the files that are called so; how many there were. What doesn't come out is told together.
pub fn goldens(prefix: &str, check: impl Fn(&Case) -> Option<String>) -> usize {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/kustomize/patch");
    let mut count = 0;
    let mut wrong = Vec::new();
    let mut files: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in files {
        let name = file.file_name().unwrap().to_str().unwrap();
        if !name.starts_with(prefix) {
            continue;
        }
        for line in fs::read_to_string(&file).unwrap().lines() {
            wrong.extend(check(&serde_json::from_str(line).unwrap()));
            count += 1;
        }
    }
    let shown: Vec<&str> = wrong.iter().take(3).map(String::as_str).collect();
    assert!(wrong.is_empty(), "{} of {count} came out otherwise:\n{}", wrong.len(), shown.join("\n"));
    count
}

/// Compares, and tells what differs. Of an error that shows a value the first line counts: kustomize keeps the value's style.
pub fn outcome(case: &Case, found: &Result<String, String>) -> Option<String> {
    let first = |text: &str| text.split(": node contents").next().unwrap_or_default().to_owned();
    let expected = match (&case.expected, &case.error) {
        (Some(text), _) => Ok(text.clone()),
        (None, error) => Err(first(error.as_deref().unwrap_or_default())),
    };
    let found = found.clone().map_err(|error| first(&error));
    // Where kustomize breaks down, anything will do.
    if case.error.as_ref().is_some_and(|error| error.starts_with("panic: ")) {
        return None;
    }
    let show = |result: &Result<String, String>| result.clone().unwrap_or_else(|error| format!("error: {error}\n"));
    (found != expected).then(|| {
        let (found, expected) = (show(&found), show(&expected));
        format!(
            "=== {}\n--- target\n{}\n--- patch\n{}\n--- expected\n{expected}--- found\n{found}",
            case.name, case.target, case.patch
        )
    })
}
