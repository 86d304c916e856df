//! What the real packages make of the same texts (testdata/kustomize/read).

use serde_json::Value as Json;

use super::{file, show};
use crate::render::kustomize::read;
use crate::source::Sources;

const KUSTOMIZATIONS: &str = include_str!("../../../../../testdata/kustomize/read/kustomizations.jsonl");

#[test]
fn kustomizations_are_read_as_kustomize_reads_them() {
    let mut wrong = Vec::new();
    for line in KUSTOMIZATIONS.lines() {
        let case: Json = serde_json::from_str(line).unwrap();
        let text = case["in"].as_str().unwrap_or_default();
        let got = match read::kustomization(&file(&Sources::new(), text)) {
            Ok(read) => {
                let said: Json = read.deprecated.iter().map(|deprecated| Json::from(deprecated.said)).collect();
                assert_eq!(said, case.get("warnings").cloned().unwrap_or_else(|| Json::Array(Vec::new())), "{text}");
                show::pruned(&show::kustomization(&read))
            }
            Err(failure) => Json::from(failure.text),
        };
        let mut expected = case["out"].clone();
        if let Some(map) = expected.as_object_mut() {
            map.remove("apiVersion");
            map.remove("metadata");
            if let Some(openapi) = map.get_mut("openapi").and_then(Json::as_object_mut) {
                openapi.retain(|key, _| key == "path" || key == "version");
            }
        }
        let expected = case.get("error").cloned().unwrap_or_else(|| show::pruned(&expected));
        if got != expected {
            wrong.push(format!("{text:?}\n  got      {got}\n  expected {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
