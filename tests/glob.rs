//! Our globs beside what gobwas/glob v0.2.3 and bmatcuk/doublestar v4.10.0 said of the same patterns and texts.

use std::collections::BTreeSet;

use terrace::glob::{Glob, doublestar};

#[test]
fn globs_match_as_gobwas_does() {
    let path =
        std::env::var("GLOBS").unwrap_or_else(|_| format!("{}/testdata/glob/gobwas.jsonl", env!("CARGO_MANIFEST_DIR")));
    let cases = std::fs::read_to_string(path).unwrap();
    let mut wrong = Vec::new();
    for case in cases.lines() {
        let case: serde_json::Value = serde_json::from_str(case).unwrap();
        let (pattern, expected) = (case["pattern"].as_str().unwrap(), case["matches"].as_str().unwrap());
        let texts: Vec<&str> = case["texts"].as_array().unwrap().iter().map(|t| t.as_str().unwrap()).collect();
        let found = match Glob::new(pattern, case["separator"].as_str().unwrap().chars().next()) {
            Ok(glob) => texts.iter().map(|text| if glob.matches(text) { '1' } else { '0' }).collect(),
            Err(_) => "error".to_owned(),
        };
        if found != expected {
            wrong.push(format!("{case}\n  found {found}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} cases:\n{}",
        wrong.len(),
        wrong.iter().take(60).cloned().collect::<Vec<_>>().join("\n")
    );
}

/// Files for doublestar: what stands in a list, and the directories that its paths imply.
struct Listed(Vec<String>);

impl doublestar::Files for Listed {
    fn list(&self, dir: &str) -> Vec<(String, bool)> {
        let below = |path: &String| match dir {
            "" => Some(path.clone()),
            dir => path.strip_prefix(dir)?.strip_prefix('/').map(str::to_owned),
        };
        let entries = self.0.iter().filter_map(below).map(|path| match path.split_once('/') {
            Some((dir, _)) => (dir.to_owned(), true),
            None => (path, false),
        });
        entries.collect::<BTreeSet<_>>().into_iter().collect()
    }

    fn stat(&self, path: &str) -> Option<bool> {
        if self.0.iter().any(|file| file == path) {
            return Some(false);
        }
        self.0.iter().any(|f| path.is_empty() || f.starts_with(&format!("{path}/"))).then_some(true)
    }
}

#[test]
fn doublestar_finds_what_the_go_library_finds() {
    let path = std::env::var("DOUBLESTAR")
        .unwrap_or_else(|_| format!("{}/testdata/glob/doublestar.jsonl", env!("CARGO_MANIFEST_DIR")));
    let cases = std::fs::read_to_string(path).unwrap();
    let mut wrong = Vec::new();
    for case in cases.lines() {
        let case: serde_json::Value = serde_json::from_str(case).unwrap();
        let strings = |key: &str| -> Option<Vec<String>> {
            let list = case[key].as_array()?.iter();
            Some(list.map(|t| t.as_str().unwrap().to_owned()).collect())
        };
        let expected: Option<Vec<String>> =
            strings("found").map(|f| f.into_iter().map(|p| if p == "." { String::new() } else { p }).collect());
        let files = Listed(strings("files").unwrap());
        let found = doublestar::expand(&files, case["pattern"].as_str().unwrap()).ok();
        if found != expected {
            wrong.push(format!("{case}\n  found {found:?}"));
        }
    }
    let some = wrong.iter().take(20).cloned().collect::<Vec<_>>().join("\n");
    assert!(wrong.is_empty(), "{} cases:\n{some}", wrong.len());
}

#[test]
fn a_glob_that_asks_for_too_much_is_refused() {
    let files = Listed((0..40).map(|i| format!("{i}/a/b/c/d/e/f")).collect());
    for pattern in [&"**/".repeat(60), &"{a,b}".repeat(40), &"{".repeat(3000), &"*".repeat(5000)] {
        assert!(doublestar::expand(&files, pattern).is_err(), "{pattern}");
    }
}
