//! Tests against the real tool; see `testdata/kustomize/replacements/README.md`.

use super::*;
use crate::provenance::Recorder;
use crate::render::kustomize::reference::tests::{resources, with_context};
use crate::yaml::emit;

const DIRECTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/kustomize/replacements");

#[test]
fn values_are_replaced_as_in_kustomize() {
    let base = std::fs::read_to_string(format!("{DIRECTORY}/base.yaml")).unwrap();
    let expected_base = std::fs::read_to_string(format!("{DIRECTORY}/base.expected.yaml")).unwrap();
    let expected_base: Vec<&str> = expected_base.split("---\n").collect();
    let cases = std::fs::read_to_string(format!("{DIRECTORY}/cases.jsonl")).unwrap();
    let mut wrong = Vec::new();
    for (number, line) in cases.lines().enumerate() {
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        let kustomization = case["files"]["kustomization.yaml"].as_str().unwrap();
        let error = case["error"].as_str();
        let elsewhere = ["invalid Kustomization", "trouble configuring", "updating name reference"];
        if error.is_some_and(|error| elsewhere.iter().any(|text| error.starts_with(text))) {
            continue;
        }
        let said = case["files"].as_object().unwrap().iter();
        let mut files: Vec<(&str, &str)> = said.map(|(path, text)| (path.as_str(), text.as_str().unwrap())).collect();
        files.push(("r.yaml", &base));
        for recorder in [Recorder::off(), Recorder::recording()] {
            let fault = with_context(&files, &recorder, |ctx| {
                let file = ctx.loader.reader.text(ctx.file).unwrap();
                let fields = read::kustomization(&file).unwrap().replacements;
                let mut map = resources("r.yaml", ctx);
                match (apply(&mut map, &fields, ctx), error) {
                    (Ok(()), None) => {
                        let output: Vec<String> = map.resources().iter().map(|r| emit(r.node())).collect();
                        output.iter().enumerate().find_map(|(at, output)| {
                            let expected = case["changed"][at.to_string()].as_str().unwrap_or(expected_base[at]);
                            (output != expected)
                                .then(|| similar::TextDiff::from_lines(expected, output).unified_diff().to_string())
                        })
                    }
                    (Err(failure), Some("panic")) => failure.diagnostics.is_empty().then(|| "no diagnostic".to_owned()),
                    (Err(failure), Some(error)) => {
                        let unplaced = failure.diagnostics.iter().any(|d| d.primary.is_none());
                        let first = |text: &str| text.lines().next().unwrap_or_default().to_owned();
                        let differs = !error.contains("unsupported type")
                            && !error.starts_with("map[string]interface {}{")
                            && !first(&failure.text).starts_with(&first(error));
                        (differs || unplaced)
                            .then(|| format!("expected: {error}\ngot: {}\n{:?}", failure.text, failure.diagnostics))
                    }
                    (result, error) => Some(format!("{result:?}, expected {error:?}")),
                }
            });
            wrong.extend(fault.map(|fault| format!("case {number}: {kustomization}\n{fault}")));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong\n{}",
        wrong.len(),
        wrong.iter().take(30).cloned().collect::<Vec<_>>().join("\n")
    );
}
