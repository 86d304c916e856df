//! Our globs beside what gobwas/glob v0.2.3 said of the same patterns and texts.

use terrace::glob::Glob;

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
