//! Charts against what Helm's own engines make of them: `testdata/helm/gotemplate/exec`.

use serde_json::{Map, Value as Json, json};

use super::{Files, Profile, render};

const DIRECTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/helm/gotemplate/exec");

fn read(file: &str) -> String {
    std::fs::read_to_string(format!("{DIRECTORY}/{file}")).unwrap()
}

/// A text as Go's JSON encoder writes it: each byte that is no UTF-8 becomes U+FFFD.
fn text(bytes: &[u8]) -> String {
    let chunk = |chunk: std::str::Utf8Chunk| {
        chunk.valid().to_owned() + &char::REPLACEMENT_CHARACTER.to_string().repeat(chunk.invalid().len())
    };
    bytes.utf8_chunks().map(chunk).collect()
}

fn outcome(files: &Files, values: &str, profile: Profile, record: bool) -> Json {
    match render(files, values, profile, record) {
        Ok(made) => made.iter().map(|(path, bytes)| (path.clone(), json!(text(bytes)))).collect::<Map<_, _>>().into(),
        Err(failed) => json!({ "error": text(failed.text.as_bytes()) }),
    }
}

fn hold(file: &str) -> usize {
    let (usual, helpers) = (read("values.json"), read("helpers.tpl"));
    let (mut cases, mut wrong) = (0, Vec::new());
    for (line, case) in (1..).zip(read(file).lines()) {
        let case: Json = serde_json::from_str(case).unwrap();
        let mut files: Files = case["files"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(path, text)| (path.clone(), text.as_str().unwrap().into()))
            .collect();
        if case["helpers"] == true {
            files.insert("_helpers.tpl".to_owned(), helpers.clone().into_bytes());
        }
        let values = case.get("values").map_or_else(|| usual.clone(), Json::to_string);
        for (key, profile) in [("helm4", Profile::Helm4), ("helm3", Profile::Helm3)] {
            let wanted = case.get(key).unwrap_or(&case["helm4"]);
            // Recording must not change a result.
            for record in [false, true] {
                cases += 1;
                let got = outcome(&files, &values, profile, record);
                if got != *wanted {
                    let about = &case["about"];
                    let templates = &case["files"];
                    wrong.push(format!("{file}:{line} {key} {about} {templates}\n  Helm: {wanted}\n  us:   {got}"));
                    break;
                }
            }
        }
    }
    let shown = wrong.iter().take(20).cloned().collect::<Vec<_>>().join("\n");
    assert!(wrong.is_empty(), "{} of {cases} differ:\n{shown}", wrong.len());
    cases
}

#[test]
fn templates_make_what_helm_makes() {
    assert!(hold("cases.jsonl") > 3000);
}

/// Helm v3.21.4 and v4.2.4 say as much of a template that includes itself, and of two that include each other.
#[test]
fn endless_includes_end_where_those_of_helm_do() {
    for (name, calls, length) in [("loop", ["loop:7", "loop:7"], 104_285), ("ping", ["ping:8", "pong:9"], 208_389)] {
        let text = format!("{{{{ include \"{name}\" . }}}}");
        let files =
            Files::from([("a".to_owned(), text.into()), ("_helpers.tpl".to_owned(), read("helpers.tpl").into())]);
        for profile in [Profile::Helm3, Profile::Helm4] {
            let said = render(&files, "{}", profile, false).err().unwrap().text;
            let mut rest = said.as_str();
            let mut frame = |file: &str, at: &str, template: &str, callee: &str| {
                let call = format!("at <include \"{callee}\" .>: error calling include: ");
                let text = format!("template: c/templates/{file}:{at}: executing \"{template}\" {call}");
                rest = rest.strip_prefix(text.as_str()).unwrap_or_else(|| panic!("{text}\n{:.300}", rest));
            };
            frame("a", "1:3", "c/templates/a", name);
            let includes = if calls[0] == calls[1] { 1001 } else { 2 * 1001 };
            for i in 0..includes {
                let (template, line) = calls[i % 2].split_once(':').unwrap();
                let (callee, _) = calls[(i + 1) % 2].split_once(':').unwrap();
                frame("_helpers.tpl", &format!("{line}:22"), template, callee);
            }
            assert_eq!(
                rest,
                format!("rendering template has a nested reference name: {name}: unable to execute template")
            );
            assert_eq!(said.len(), length, "{name}");
        }
    }
}

#[test]
fn random_templates_make_what_helm_makes() {
    assert!(hold("random.jsonl") > 1000);
}
