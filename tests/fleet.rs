//! The example fleets render to what other tools make of them.
//!
//! `testdata/fleets/hub-and-spoke.expected` was made by `testdata/fleets/expected.py` with PyYAML 6.0.3 and Jinja2 3.1.6,
//! `testdata/fleets/charts.expected` by `testdata/fleets/charts.py` with Helm v4.2.4, `testdata/fleets/kustomize.expected` by
//! `testdata/fleets/kustomize.py` with kustomize v5.8.1; the heads of those files say how to make them again.

#![expect(clippy::unwrap_used, reason = "helpers of tests, which clippy doesn't take for tests")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::Value;
use terrace::source::FileId;
use terrace::yaml::{self, Dialect};

fn fleet(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/fleets").join(name)
}

fn render(name: &str, out: &Path, more: &[&str]) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_terrace"));
    command.arg("-C").arg(fleet(name)).arg("render").arg("-o").arg(out).args(more);
    command.assert().code(0);
}

/// Each object of a cluster's tree with its app, as the index names them, sorted.
fn objects(tree: &Path) -> Vec<String> {
    let index: Value = serde_json::from_slice(&std::fs::read(tree.join("terrace.json")).unwrap()).unwrap();
    let mut objects = Vec::new();
    for app in index["apps"].as_array().unwrap() {
        for object in app["objects"].as_array().unwrap() {
            let text = std::fs::read_to_string(tree.join(object["path"].as_str().unwrap())).unwrap();
            let parsed = yaml::parse(FileId::NONE, &text, Dialect::Kubernetes);
            assert!(parsed.diagnostics.is_empty(), "{text}");
            let node = &parsed.documents[0].node;
            assert_eq!(yaml::emit(node), text, "what is written is written the same again");
            objects.push(line(&app["name"], node.to_json_value()));
        }
    }
    objects.sort();
    objects
}

fn line(app: &Value, object: Value) -> String {
    fn sorted(value: Value) -> Value {
        match value {
            Value::Object(map) => {
                let map: BTreeMap<String, Value> = map.into_iter().map(|(k, v)| (k, sorted(v))).collect();
                map.into_iter().collect()
            }
            Value::Array(list) => list.into_iter().map(sorted).collect(),
            other => other,
        }
    }
    format!("{app} {}", sorted(object))
}

#[test]
fn the_example_fleet_is_what_pyyaml_and_jinja2_make_of_it() {
    assert_eq!(compared("hub-and-spoke"), 267);
}

#[test]
fn charts_are_what_helm_makes_of_them() {
    assert_eq!(compared("charts"), 25);
}

#[test]
fn kustomizations_are_what_kustomize_makes_of_them() {
    assert_eq!(compared("kustomize"), 61);
}

/// Renders a fleet and holds each object against what is expected; how many there are.
fn compared(name: &str) -> usize {
    let out = tempfile::tempdir().unwrap();
    render(name, out.path(), &[]);
    let mut count = 0;
    for entry in std::fs::read_dir(fleet(name).with_extension("expected")).unwrap() {
        let file = entry.unwrap().path();
        let cluster = file.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(&file).unwrap();
        let mut expected: Vec<String> = Vec::new();
        for expectation in text.lines() {
            let mut value: Value = serde_json::from_str(expectation).unwrap();
            expected.push(line(&value["app"].take(), value["object"].take()));
        }
        expected.sort();
        let rendered = objects(&out.path().join(&cluster));
        for (expected, rendered) in expected.iter().zip(&rendered) {
            assert_eq!(expected, rendered, "on {cluster}");
        }
        assert_eq!(expected.len(), rendered.len(), "on {cluster}");
        count += rendered.len();
    }
    count
}

/// All files below a directory with their bytes.
fn files(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let walk = walkdir::WalkDir::new(dir).into_iter().map(Result::unwrap).filter(|e| e.file_type().is_file());
    walk.map(|e| (e.path().strip_prefix(dir).unwrap().to_owned(), std::fs::read(e.path()).unwrap())).collect()
}

#[test]
fn any_number_of_threads_writes_the_same_bytes() {
    let out = tempfile::tempdir().unwrap();
    let trees: Vec<_> = ["1", "2", "7"]
        .map(|threads| {
            let dir = out.path().join(threads);
            render("hub-and-spoke", &dir, &["--threads", threads]);
            files(&dir)
        })
        .into();
    assert!(trees[0].len() > 250);
    assert!(trees[0] == trees[1] && trees[1] == trees[2]);
}
