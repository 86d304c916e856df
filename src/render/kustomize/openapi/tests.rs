use super::*;
use crate::source::FileId;
use crate::yaml::{Dialect, parse};

fn keys(schema: &Schema, api_version: &str, kind: &str, path: &str) -> Option<Vec<String>> {
    let mut at = schema.of(api_version, kind)?;
    for part in path.split('.') {
        at = if part == "[]" { at.elements()? } else { at.field(part)? };
    }
    Some(at.merge_keys()?.iter().map(ToString::to_string).collect())
}

fn node(text: &str) -> Node {
    parse(FileId::NONE, text, Dialect::Kubernetes).into_first()
}

#[test]
fn types_that_are_built_in() {
    let schema = Schema::default();
    let containers = "spec.template.spec.containers";
    let found = |path: &str| keys(&schema, "apps/v1", "Deployment", path);
    assert_eq!(found(containers).unwrap(), ["name"]);
    assert_eq!(found(&format!("{containers}.[].ports")).unwrap(), ["containerPort", "protocol"]);
    assert_eq!(found(&format!("{containers}.[].args")), None);
    assert_eq!(found("spec.template.spec.topologySpreadConstraints").unwrap(), ["topologyKey", "whenUnsatisfiable"]);
    assert_eq!(found("metadata.finalizers").unwrap(), Vec::<String>::new());
    assert_eq!(found("spec.nothing"), None);
    assert_eq!(keys(&schema, "v1", "Service", "spec.ports").unwrap(), ["port", "protocol"]);
    let generators = keys(&schema, "kustomize.config.k8s.io/v1beta1", "Kustomization", "configMapGenerator");
    assert_eq!(generators.unwrap(), ["name"]);
    assert!(schema.of("example.com/v1", "Thing").is_none());
}

#[test]
fn scopes() {
    for (group, version, kind, cluster) in [
        ("", "v1", "Namespace", true),
        ("", "v1", "NodeProxyOptions", true),
        ("", "v1", "Pod", false),
        ("", "v2", "Namespace", false),
        ("apps", "v1", "Deployment", false),
        ("rbac.authorization.k8s.io", "v1", "ClusterRole", true),
        ("rbac.authorization.k8s.io", "v1alpha1", "ClusterRole", false),
        ("policy", "v1beta1", "PodSecurityPolicy", true),
        ("cert-manager.io", "v1", "ClusterIssuer", false),
        ("flowcontrol.apiserver.k8s.io", "v1", "FlowSchema", false),
    ] {
        assert_eq!(is_certainly_cluster_scoped(group, version, kind), cluster, "{kind}.{version}.{group}");
    }
    assert!(scope::is_ordered());
}

const DOCUMENT: &str = r##"
definitions:
  a.Thing:
    x-kubernetes-group-version-kind: [{group: example.com, version: v1, kind: Thing}, {group: "", version: v1, kind: Core}]
    type: object
    properties:
      spec: {$ref: "#/definitions/a.Spec"}
      gone: {$ref: "#/definitions/nowhere"}
      round: {$ref: "#/definitions/round"}
  a.Spec:
    properties:
      items:
        type: array
        items: {$ref: "#/definitions/a~1item"}
        x-kubernetes-patch-merge-key: id
        x-kubernetes-patch-strategy: merge,retainKeys
      ports:
        type: [array]
        x-kubernetes-list-map-keys: [port, protocol]
        x-kubernetes-patch-merge-key: port
        x-kubernetes-patch-strategy: merge
      replaced: {type: array, x-kubernetes-patch-merge-key: id}
      again: {$ref: "#/definitions/a.Thing"}
    additionalProperties: {type: array, x-kubernetes-patch-strategy: merge}
  a/item:
    properties: {inner: {type: array, items: {}, x-kubernetes-patch-strategy: merge, x-kubernetes-patch-merge-key: k}}
  round: {$ref: "#/definitions/round"}
paths:
  /apis/example.com/v1/things:
    get: {x-kubernetes-group-version-kind: {group: example.com, version: v1, kind: Thing}}
  /apis/example.com/v1/namespaces/{namespace}/things:
    get: {x-kubernetes-group-version-kind: {group: example.com, version: v1, kind: Thing}}
  /apis/example.com/v1/wide:
    get: {x-kubernetes-group-version-kind: {group: example.com, version: v1, kind: Wide}}
  /api/v1/namespaces:
    get: {x-kubernetes-group-version-kind: {group: "", version: v1, kind: Pod}}
"##;

#[test]
fn a_document_of_ones_own() {
    let schema = Schema::chosen(None, Some(&node(DOCUMENT)), false).unwrap().unwrap();
    let found = |path: &str| keys(&schema, "example.com/v1", "Thing", path);
    assert_eq!(found("spec.items").unwrap(), ["id"]);
    assert_eq!(found("spec.items.[].inner").unwrap(), ["k"]);
    assert_eq!(found("spec.ports").unwrap(), ["port", "protocol"]);
    assert_eq!(found("spec.replaced"), None);
    assert_eq!(found("spec.whatever").unwrap(), Vec::<String>::new());
    assert_eq!(found("spec.again.spec.again.spec.items").unwrap(), ["id"]);
    let thing = schema.of("example.com/v1", "Thing").unwrap();
    assert!(thing.field("gone").is_none());
    assert!(thing.field("round").is_none());
    assert!(schema.of("v1", "Core").is_some());
    // What is built in is gone, but for kustomize's own types.
    assert!(schema.of("apps/v1", "Deployment").is_none());
    assert!(schema.of("kustomize.config.k8s.io/v1beta1", "Kustomization").is_some());
    assert!(Schema::custom(&node(DOCUMENT), true).unwrap().of("apps/v1", "Deployment").is_some());
    assert!(schema.is_certainly_cluster_scoped("example.com", "v1", "Wide"));
    assert!(!schema.is_certainly_cluster_scoped("example.com", "v1", "Thing"));
    assert!(!schema.is_certainly_cluster_scoped("", "v1", "Pod"));
    assert!(schema.is_certainly_cluster_scoped("", "v1", "Namespace"));
}

#[test]
fn what_a_kustomization_may_ask_for() {
    let text = |text: &str| Text::new(text, crate::source::Origin::NONE);
    let error = |version: &str, document: Option<&Node>| {
        Schema::chosen(Some(&text(version)), document, false).unwrap_err().text
    };
    assert!(Schema::chosen(None, None, false).unwrap().is_none());
    assert!(Schema::chosen(Some(&text("")), None, false).unwrap().is_none());
    assert!(Schema::chosen(Some(&text("v1.21.2")), None, false).unwrap().is_some());
    assert_eq!(error("v1.20.4", None), "the specified OpenAPI version is not built in");
    let both = error("v1.21.2", Some(&node(DOCUMENT)));
    assert_eq!(both, "builtin version and custom schema provided, cannot use both");
    assert!(Schema::custom(&node("[]"), false).unwrap_err().text.starts_with("invalid schema file: "));
    assert!(Schema::custom(&node("definitions: []"), false).is_err());
}

#[test]
fn definitions_without_end() {
    let mut text = String::from("definitions:\n");
    for i in 0..20_000 {
        let next = i + 1;
        text.push_str(&format!("  d{i}: {{properties: {{a: {{$ref: '#/definitions/d{next}'}}}}}}\n"));
    }
    text.push_str("  r: {x-kubernetes-group-version-kind: [{version: v1, kind: R}], $ref: '#/definitions/d0', properties: {a: {$ref: '#/definitions/d0'}}}\n");
    let schema = Schema::custom(&node(&text), false).unwrap();
    assert!(schema.of("v1", "R").unwrap().field("a").unwrap().field("a").is_some());
}
