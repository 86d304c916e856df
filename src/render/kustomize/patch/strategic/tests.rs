use std::sync::LazyLock;

use super::*;
use crate::render::kustomize::patch::testing::{goldens, outcome, resource, resource_of};
use crate::source::FileId;
use crate::yaml::{Dialect, Entry, emit, parse};

fn usual(recorder: &Recorder) -> Merging<'_> {
    static SCHEMA: LazyLock<Schema> = LazyLock::new(Schema::default);
    static SOURCES: LazyLock<Sources> = LazyLock::new(Sources::new);
    Merging { schema: &SCHEMA, recorder, sources: &SOURCES }
}

/// What merging gives, or kustomize's words.
fn merged(target: &str, patch: &str, schema: &Schema) -> std::result::Result<String, String> {
    let (mut target, sources) = (resource(target), Sources::new());
    let patch = resource_of(&sources, patch);
    merge(&mut target, &patch, Merging { schema, recorder: &Recorder::off(), sources: &sources })
        .map_err(|failure| failure.text)?;
    Ok(if target.is_null() { String::new() } else { emit(&target) })
}

#[test]
fn as_kustomize_merges() {
    let count = goldens("strategic", |case| {
        let schema = match &case.schema {
            None => Schema::default(),
            Some(text) => Schema::custom(&parse(FileId::NONE, text, Dialect::Kubernetes).into_first(), false).unwrap(),
        };
        outcome(case, &merged(&case.target, &case.patch, &schema))
    });
    assert!(count >= 300, "{count}");
}

#[test]
fn recording_changes_nothing_and_names_the_patch() {
    goldens("strategic", |case| {
        let results = [Recorder::off(), Recorder::recording()].map(|recorder| {
            let mut target = resource(&case.target);
            let result = merge(&mut target, &resource(&case.patch), usual(&recorder));
            result.map(|()| target).map_err(|failure| failure.text)
        });
        (results[0] != results[1]).then(|| case.name.clone())
    });
}

#[test]
fn a_place_says_what_it_was_patched_by() {
    let (mut target, recorder) = (resource("{kind: A, spec: {a: 1, b: 2}}"), Recorder::recording());
    let patch = resource("{spec: {a: 3, c: 4}}");
    merge(&mut target, &patch, usual(&recorder)).unwrap();
    let step = recorder.get(target.at(&["spec", "a"]).unwrap().origin).unwrap();
    assert_eq!((&*step.action, step.by), ("patched by", patch.at(&["spec", "a"]).unwrap().origin));
    assert_eq!(step.was.at, 20);
    assert_eq!(target.at(&["spec", "c"]).unwrap().origin, patch.at(&["spec", "c"]).unwrap().origin);
    assert!(recorder.get(target.at(&["spec", "b"]).unwrap().origin).is_none());
}

#[test]
fn what_a_patch_leaves_alone_is_not_copied() {
    let before = resource(
        "{apiVersion: apps/v1, kind: Deployment, spec: {template: {spec: {containers: [{name: a, ports: [{containerPort: 1}]}]}}}}",
    );
    let mut after = before.clone();
    let patch = resource("{apiVersion: apps/v1, kind: Deployment, metadata: {labels: {a: b}}}");
    merge(&mut after, &patch, usual(&Recorder::off())).unwrap();
    let entries = |node: &Node| node.get("spec").and_then(Node::as_map).map(|map| map.iter().as_slice().as_ptr());
    assert_eq!(entries(&before), entries(&after));
}

#[test]
fn long_lists_are_merged_in_a_moment() {
    let list = |prefix: &str| (0..20_000).map(|i| format!("{{name: {prefix}{i}}}")).collect::<Vec<_>>().join(",");
    let object = |list: String| format!("{{apiVersion: v1, kind: Pod, spec: {{containers: [{list}]}}}}");
    let (mut target, patch) = (resource(&object(list("a"))), resource(&object(list("b"))));
    merge(&mut target, &patch, usual(&Recorder::off())).unwrap();
    assert_eq!(target.at(&["spec", "containers"]).and_then(Node::as_seq).map(<[Node]>::len), Some(40_000));
}

#[test]
fn deep_values_are_refused() {
    let mut nodes = [Node::made("x"), Node::made("y")];
    for _ in 0..MAX_DEPTH + 10 {
        nodes = nodes.map(|node| {
            Node::made([Entry { key: "a".into(), key_origin: Origin::NONE, value: node }].into_iter().collect::<Map>())
        });
    }
    let [mut target, patch] = nodes;
    assert!(merge(&mut target, &patch, usual(&Recorder::off())).is_err());
}
