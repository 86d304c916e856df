use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::*;
use crate::render::kustomize::read::show;
use crate::render::kustomize::transformer_config::tests::{files_of, settled, shown, with_files};

const CRDS: &str = include_str!("../../../../testdata/kustomize/config/crds.jsonl");

/// The references to one type, too, come in any order.
fn in_any_order(config: &Json) -> Json {
    let mut config = settled(config);
    for back in config["nameReference"].as_array_mut().into_iter().flatten() {
        back["fieldSpecs"].as_array_mut().unwrap().sort_by_key(|spec| spec["path"].to_string());
    }
    show::pruned(&config)
}

#[test]
fn definitions_are_read_as_kustomize_reads_them() {
    let mut wrong = Vec::new();
    for line in CRDS.lines() {
        let case: Json = serde_json::from_str(line).unwrap();
        let (got, expected) = match with_files(&files_of(&case), load) {
            Ok(config) => (in_any_order(&shown(&config)), in_any_order(&case["out"])),
            // What Go's JSON parser says of what is no JSON, it says in its own words.
            Err(failure) if failure.diagnostics.iter().any(|d| d.message.starts_with("this starts like JSON")) => {
                let words = ["invalid character", "unexpected end"];
                let as_expected = words.iter().any(|words| case["error"].as_str().is_some_and(|e| e.contains(words)));
                (json!(as_expected), json!(true))
            }
            Err(failure) => (json!(failure.text), case["error"].clone()),
        };
        if got != expected {
            wrong.push(format!("{}\n  got      {got}\n  expected {expected}", case["files"]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn failing(text: &str) -> Failure {
    with_files(&BTreeMap::from([("crd.json".to_owned(), text.to_owned())]), load).unwrap_err()
}

#[test]
fn circles_are_refused() {
    let text = r#"{"A.Foo": {"Schema": {"properties": {"kind": {}, "apiVersion": {}, "metadata": {}, "own": {"$ref": "A.Foo"}}}}}"#;
    assert_eq!(failing(text).text, "the definitions refer to `A.Foo` without end");
    // Nothing in a circle, but twice as much at each step.
    let mut doubling =
        r#"{"Foo": {"Schema": {"properties": {"kind": {}, "apiVersion": {}, "metadata": {}, "a": {"$ref": "T0"}}}}"#
            .to_owned();
    for at in 0..60 {
        let next = at + 1;
        doubling += &format!(
            r#", "T{at}": {{"Schema": {{"properties": {{"a": {{"$ref": "T{next}"}}, "b": {{"$ref": "T{next}"}}}}}}}}"#
        );
    }
    assert!(failing(&(doubling + "}")).text.ends_with("without end"));
}

#[test]
fn an_empty_file_is_refused() {
    assert!(failing("").text.starts_with("unable to parse open API definition from 'crd.json'"));
}
