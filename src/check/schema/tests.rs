use serde_json::{Value as Json, json};

use super::*;
use crate::kube::scope;
use crate::source::{SourceKind, Sources};
use crate::yaml;
use crate::yaml::schema::tests::from_json;

fn findings_for(schemas: &Schemas, minor: u16, object: &Json) -> Vec<String> {
    let mut lines = Vec::new();
    for d in check_object(schemas, &KubeVersion::minor_of_1(minor), &from_json(object)) {
        lines.push(format!("{}: {}", d.code, d.message));
        lines.extend(d.hints.iter().map(|h| format!("  {h}")));
    }
    lines
}

fn findings(minor: u16, object: &Json) -> Vec<String> {
    findings_for(&Schemas::embedded(), minor, object)
}

fn deployment() -> Json {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "creationTimestamp": null, "labels": {"app": "web"}},
        "spec": {
            "replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "strategy": {},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{
                "name": "web", "image": "web:1", "ports": [{"containerPort": 80}],
                "resources": {"limits": {"cpu": 1, "memory": "1Gi"}},
                "livenessProbe": {"httpGet": {"path": "/", "port": "http"}, "periodSeconds": 5.0},
                "env": [{"name": "A", "value": null}],
            }]}},
        },
        "status": {},
    })
}

#[test]
fn a_valid_object_has_no_findings_in_any_version() {
    let schemas = Schemas::embedded();
    for minor in KubeVersion::OLDEST..=KubeVersion::NEWEST {
        assert_eq!(findings_for(&schemas, minor, &deployment()), [""; 0], "1.{minor}");
    }
}

#[test]
fn each_finding_names_its_field() {
    let mut object = deployment();
    object["spec"]["replicas"] = json!("2");
    object["spec"]["template"]["spec"]["containers"][0]["imagePullPolcy"] = json!("Always");
    object["spec"]["template"]["spec"]["containers"][0]["ports"][0] = json!({"name": "x"});
    object["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]["memory"] = json!("1GB");
    object["spec"]["containers"] = json!([]);
    assert_eq!(
        findings(31, &object),
        [
            "invalid-object: `spec.replicas` is a string, expected an integer",
            "  write it without quotes",
            "invalid-object: `spec.template.spec.containers[0].ports[0]` lacks the required field `containerPort`",
            "invalid-object: `spec.template.spec.containers[0].resources.limits.memory` is `1GB`, expected a quantity \
             such as `500m`, `2` or `1.5Gi`",
            "unknown-field: unknown field `spec.template.spec.containers[0].imagePullPolcy`",
            "  did you mean `imagePullPolicy`?",
            "unknown-field: unknown field `spec.containers`",
            "  `containers` belongs below `spec` in `template`: `spec.template.spec.containers`",
        ]
    );
}

#[test]
fn what_is_not_served_names_its_successor() {
    let object = |api: &str, kind: &str| json!({"apiVersion": api, "kind": kind, "metadata": {"name": "a"}});
    assert_eq!(
        findings(25, &object("policy/v1beta1", "PodDisruptionBudget")),
        [
            "invalid-object: Kubernetes 1.25 doesn't serve PodDisruptionBudget in `policy/v1beta1`",
            "  Kubernetes 1.24 was the last to serve it",
            "  use `apiVersion: policy/v1`",
        ]
    );
    assert_eq!(
        findings(31, &object("extensions/v1beta1", "Ingress")),
        [
            "invalid-object: Kubernetes 1.31 doesn't serve Ingress in `extensions/v1beta1`",
            "  Kubernetes 1.21 was the last to serve it",
            "  use `apiVersion: networking.k8s.io/v1`",
        ]
    );
    assert_eq!(
        findings(31, &object("policy/v1beta1", "PodSecurityPolicy")),
        [
            "invalid-object: Kubernetes 1.31 doesn't serve PodSecurityPolicy in `policy/v1beta1`",
            "  Kubernetes 1.24 was the last to serve it",
            "  no API version of PodSecurityPolicy is left in Kubernetes 1.31",
        ]
    );
    assert_eq!(
        findings(28, &object("flowcontrol.apiserver.k8s.io/v1", "FlowSchema")),
        [
            "invalid-object: Kubernetes 1.28 doesn't serve FlowSchema in `flowcontrol.apiserver.k8s.io/v1`",
            "  Kubernetes serves it from 1.29 on",
            "  use one of `flowcontrol.apiserver.k8s.io/v1beta3`, `flowcontrol.apiserver.k8s.io/v1beta2`",
        ]
    );
    assert_eq!(
        findings(31, &object("v1", "Deployment")),
        ["invalid-object: Kubernetes 1.31 doesn't serve Deployment in `v1`", "  use `apiVersion: apps/v1`"]
    );
    assert_eq!(
        findings(31, &object("apps/v1", "Deploymnet")),
        ["invalid-object: Kubernetes 1.31 has no kind `Deploymnet` in `apps/v1`", "  did you mean `Deployment`?"]
    );
    assert_eq!(
        findings(31, &object("apps/v7", "Nothing")),
        ["invalid-object: Kubernetes 1.31 doesn't serve `apps/v7`", "  it serves `apps/v1`"]
    );
    assert_eq!(
        findings(31, &object("settings.k8s.io/v1alpha1", "PodPreset")),
        ["invalid-object: Kubernetes 1.31 doesn't serve `settings.k8s.io/v1alpha1`"]
    );
}

#[test]
fn other_groups_and_other_documents_are_not_judged() {
    for object in [
        json!({"apiVersion": "example.com/v1", "kind": "Deployment", "spec": 1}),
        json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway"}),
        json!({"apiVersion": "v1", "kind": "List", "items": []}),
        json!({"kind": "Deployment"}),
        json!([1, 2]),
    ] {
        assert_eq!(findings(31, &object), [""; 0], "{object}");
    }
}

#[test]
fn a_status_in_part_is_left_to_the_server() {
    let crd = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "a.example.com"},
        "spec": {"group": "example.com", "scope": "Namespaced", "names": {"kind": "A", "plural": "a"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {
                "type": "object", "properties": {"spec": {"type": "object", "x-kubernetes-preserve-unknown-fields": true,
                "properties": {"deep": {"type": "array", "items": {"type": "string", "enum": ["a", null]}}}}}}}}]},
        "status": {"acceptedNames": {"kind": "", "plural": ""}, "conditions": [{}], "storedVersions": null},
    });
    assert_eq!(findings(33, &crd), [""; 0]);
    let mut typo = crd;
    typo["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["propertees"] = json!({});
    typo["status"]["nonsense"] = json!(1);
    assert_eq!(
        findings(33, &typo),
        [
            "unknown-field: unknown field \
             `spec.versions[0].schema.openAPIV3Schema.properties.spec.propertees`",
            "  did you mean `properties`?",
            "unknown-field: unknown field `status.nonsense`",
            "  known here: `acceptedNames`, `conditions`, `storedVersions`",
        ]
    );
}

/// Every kind of every version compiles, and the tables of `kube` know its scope.
#[test]
fn the_blob_is_whole() {
    let schemas = Schemas::embedded();
    let index = schemas.index();
    assert!(index.kinds.len() > 200);
    assert!(index.kinds.is_sorted_by_key(|k| (&k.group, &k.version, &k.kind)));
    let mut known = 0;
    for kind in &index.kinds {
        if !kind.kind.ends_with("List") {
            assert!(scope(&kind.group, &kind.kind).is_some(), "{}/{}", kind.group, kind.kind);
        }
        for minor in KubeVersion::OLDEST..=KubeVersion::NEWEST {
            if kind.minors.has(minor) {
                let object = json!({"apiVersion": if kind.group.is_empty() { kind.version.clone() }
                    else { format!("{}/{}", kind.group, kind.version) }, "kind": kind.kind});
                let id = ObjectId::of(&from_json(&object)).unwrap();
                assert!(schemas.find(minor, &id).is_some(), "{id} 1.{minor}");
                known += 1;
            }
        }
    }
    assert!(known > 1900, "{known}");
}

/// The cases in `testdata/check/schema`.
#[test]
fn goldens() {
    let dir = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/check/schema"));
    let entries = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path());
    let mut cases: Vec<_> = entries.filter(|p| p.is_dir()).collect();
    cases.sort();
    assert!(cases.len() >= 5);
    let schemas = Schemas::embedded();
    for case in cases {
        let text = std::fs::read_to_string(case.join("in.yaml")).unwrap();
        let version = std::fs::read_to_string(case.join("version")).unwrap();
        let version = KubeVersion::parse(&version).unwrap();
        let sources = Sources::new();
        let file = sources.add("in.yaml", text.clone(), SourceKind::File);
        let parsed = yaml::parse(file.id, &text, yaml::Dialect::Kubernetes);
        assert!(parsed.diagnostics.is_empty(), "{}: {:?}", case.display(), parsed.diagnostics);
        let mut lines = String::new();
        for document in &parsed.documents {
            for d in check_object(&schemas, &version, &document.node) {
                let label = d.primary.as_ref().expect("a place");
                let at = file.line_column(label.span.start as usize);
                lines += &format!("{}:{} {}: {}\n", at.line, at.column, d.code, d.message);
                lines += &format!("    at: {}\n", file.text[sources.widen(label.span).range()].trim());
                if !label.text.is_empty() {
                    lines += &format!("    label: {}\n", label.text);
                }
                lines.extend(d.hints.iter().map(|h| format!("    hint: {h}\n")));
                let subject = (d.subject.object.as_deref(), d.subject.field.as_deref());
                lines += &format!("    of: {} {}\n", subject.0.unwrap_or("-"), subject.1.unwrap_or("-"));
            }
        }
        let expected = snapbox::Data::read_from(&case.join("diagnostics"), Some(snapbox::data::DataFormat::Text)).raw();
        snapbox::Assert::new().action_env(snapbox::assert::DEFAULT_ACTION_ENV).eq(lines, expected);
    }
}
