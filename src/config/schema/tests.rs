use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde_json::{Value as Json, json};

use super::*;
use crate::yaml::schema::tests::from_json;

/// A file with what serde's types turn into.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct File {
    kind: Kind,
    name: String,
    replicas: Option<u16>,
    when: Option<When>,
    repository: Option<Repository>,
    #[schemars(default)]
    labels: BTreeMap<String, String>,
    #[schemars(default)]
    layers: Vec<Layer>,
    output: Option<Output>,
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
enum Kind {
    Fleet,
    /// With words of its own.
    Cluster,
}

#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
enum When {
    Expression(String),
    Selector(Selector),
}

#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct Selector {
    match_labels: BTreeMap<String, String>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct Repository {
    url: String,
    path: Option<String>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct Layer {
    name: String,
    #[schemars(default)]
    tenant: bool,
}

#[derive(JsonSchema)]
#[schemars(tag = "layout", rename_all = "kebab-case", rename_all_fields = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
enum Output {
    FilePerObject { path: String },
    FilePerApp { path: String, max_bytes: u32 },
}

#[test]
fn every_schema_of_ours_compiles() {
    for validator in [fleet(), cluster(), app(), layer()] {
        assert_eq!(Schema::new((validator.schema)().into()).err(), None);
    }
}

fn findings(file: &Json) -> Vec<String> {
    let schema = Schema::new(schemars::schema_for!(File).to_value()).unwrap();
    let mut lines = Vec::new();
    for d in super::findings(&schema, &from_json(file)) {
        lines.push(format!("{}: {}", d.code, d.message));
        lines.extend(d.hints.iter().map(|h| format!("  {h}")));
    }
    lines
}

#[test]
fn a_right_file_has_no_findings() {
    let file = json!({"kind": "Fleet", "name": "acme", "replicas": null, "when": {"matchLabels": {"a": "b"}},
        "repository": {"url": "x"}, "labels": {}, "layers": [{"name": "a", "tenant": true}],
        "output": {"layout": "file-per-app", "path": "x", "maxBytes": 1}});
    assert_eq!(findings(&file), [""; 0]);
}

#[test]
fn each_kind_of_mistake_has_its_code() {
    let file = json!({"kind": "Fleat", "replicas": 70000, "when": {"matchLables": {}}, "repository": {"path": 3},
        "labels": {"on": true}, "layers": [{"name": "a", "tenants": true}, {"tenant": "true"}],
        "output": {"layout": "file-per-app", "path": "x"}, "metdata": {}});
    assert_eq!(
        findings(&file),
        [
            "missing-key: the file lacks the required key `name`",
            "invalid-value: `kind` is `Fleat`, expected one of `Fleet`, `Cluster`",
            "  did you mean `Fleet`?",
            "invalid-value: `replicas` is 70000, expected at most 65535",
            "missing-key: `when` lacks the required key `matchLabels`",
            "unknown-key: unknown key `when.matchLables`",
            "  did you mean `matchLabels`?",
            "missing-key: `repository` lacks the required key `url`",
            "wrong-type: `repository.path` is an integer, expected a string",
            "  write it in quotes: `\"3\"`",
            "wrong-type: `labels.on` is a boolean, expected a string",
            "  write it in quotes: `\"true\"`",
            "unknown-key: unknown key `layers[0].tenants`",
            "  did you mean `tenant`?",
            "missing-key: `layers[1]` lacks the required key `name`",
            "wrong-type: `layers[1].tenant` is a string, expected a boolean",
            "  write it without quotes",
            "missing-key: `output` lacks the required key `maxBytes`",
            "unknown-key: unknown key `metdata`",
            "  known here: `kind`, `name`, `replicas`, `when`, `repository`, `labels`, `layers`, `output`",
        ]
    );
}

#[test]
fn alternatives_are_named_where_none_was_chosen() {
    let file = json!({"kind": "Fleet", "name": "a", "when": 3, "output": {"layout": "file-per-ap", "path": "x"}});
    assert_eq!(
        findings(&file),
        [
            "wrong-type: `when` is an integer, expected a string or a mapping",
            "  write it in quotes: `\"3\"`",
            "invalid-value: `output.layout` is `file-per-ap`, expected one of `file-per-object`, `file-per-app`",
            "  did you mean `file-per-app`?",
        ]
    );
}
