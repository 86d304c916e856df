use super::*;

/// Cases of `testdata/yaml/styled.jsonl`: texts, and what go-yaml makes of them when it reads and writes their nodes.
#[test]
fn texts_are_written_as_go_yaml_writes_them() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/yaml/styled.jsonl");
    let mut wrong = Vec::new();
    let cases = std::fs::read_to_string(path).unwrap();
    for (number, line) in cases.lines().enumerate() {
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        let text = case["text"].as_str().unwrap();
        match (Document::read(text), case["written"].as_str()) {
            (Ok(document), Some(expected)) => {
                let written = document.write();
                if written != expected {
                    wrong.push(format!("{number}: {text}\n--- expected\n{expected}\n--- written\n{written}\n"));
                }
            }
            (Err(_), None) => {}
            (result, expected) => wrong.push(format!("{number}: {text}\n{expected:?} {result:?}")),
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} wrong:\n{}",
        wrong.len(),
        cases.lines().count(),
        wrong[..wrong.len().min(80)].join("\n")
    );
}
