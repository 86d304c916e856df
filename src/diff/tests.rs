//! Fields and what is ignored of them; the cases of testdata/diff show whole diffs.

use std::sync::Arc;

use super::*;
use crate::argocd::ignore_differences::IgnoreDifferences;
use crate::kube::ObjectId;
use crate::snapshot::ClusterFacts;
use crate::source::{FileId, Origin};
use crate::tree::{AppMeta, AppState, TreeApp, TreeObject};
use crate::yaml::{Dialect, emit, parse};

fn snapshot(objects: &[&str], ignored: &[IgnoreDifferences]) -> Snapshot {
    let object = |text: &&str| {
        let node = parse(FileId::TRANSIENT, text, Dialect::Kubernetes).into_first();
        let id = ObjectId::of(&node).unwrap_or_else(|| unreachable!("{text}"));
        TreeObject { id, text: emit(&node).into(), source: String::new() }
    };
    let objects = objects.iter().map(object).collect();
    let app = TreeApp { name: "a".into(), state: AppState::Rendered, objects, meta: AppMeta::default() };
    let mut snapshot = Snapshot {
        trees: vec![ClusterTree { cluster: "c".into(), apps: vec![app] }],
        clusters: vec![ClusterFacts { name: "c".into(), labels: BTreeMap::new(), server: None }],
        ..Snapshot::default()
    };
    if !ignored.is_empty() {
        snapshot.ignored.insert((Arc::from("c"), Arc::from("a")), ignored.to_vec());
    }
    snapshot
}

/// What differs between two objects with these contents, a line each; noise in brackets.
fn fields(old: &str, new: &str, ignored: &[IgnoreDifferences]) -> Vec<String> {
    let object = |content: &str| {
        format!("apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web, namespace: shop}}\n{content}\n")
    };
    let (old, new) = (snapshot(&[&object(old)], ignored), snapshot(&[&object(new)], ignored));
    let diff = compare(&old, &new, &Options::default());
    let Some(object) = diff.groups.first().and_then(|group| group.objects.first()) else { return Vec::new() };
    let line = |field: &FieldChange| {
        let value = |node: &crate::yaml::Node| crate::yaml::to_json(node);
        let change = match &field.change {
            Change::Added(new) => format!("+{}", value(new)),
            Change::Removed(old) => format!("-{}", value(old)),
            Change::Changed(old, new) => format!("{} → {}", value(old), value(new)),
            Change::Order(old, new) => format!("{} ⇒ {}", old.join(","), new.join(",")),
        };
        let noise = field.noise.as_ref().map(|noise| format!(" [{}]", noise.name())).unwrap_or_default();
        format!("{}: {change}{noise}", field.path)
    };
    object.fields.iter().map(line).collect()
}

#[test]
fn items_of_lists_find_each_other() {
    let cases: &[(&str, &str, &[&str])] = &[
        // By the key that Kubernetes merges by.
        (
            "spec: {env: [{name: A, value: a}, {name: B, value: b}]}",
            "spec: {env: [{name: NEW, value: new}, {name: B, value: x}]}",
            &[
                "spec.env[name=A]: -{\"name\":\"A\",\"value\":\"a\"}",
                "spec.env[name=B].value: \"b\" → \"x\"",
                "spec.env[name=NEW]: +{\"name\":\"NEW\",\"value\":\"new\"}",
            ],
        ),
        (
            "spec: {ports: [{containerPort: 80}, {containerPort: 80, protocol: UDP}]}",
            "spec: {ports: [{containerPort: 80, hostPort: 80}, {containerPort: 80, protocol: UDP}]}",
            &["spec.ports[containerPort=80].hostPort: +80"],
        ),
        (
            "spec: {volumeMounts: [{name: a, mountPath: /a}, {name: a, mountPath: /b}]}",
            "spec: {volumeMounts: [{name: a, mountPath: /a}, {name: b, mountPath: /b}]}",
            &["spec.volumeMounts[mountPath=/b].name: \"a\" → \"b\""],
        ),
        // Two items of one name: by place.
        (
            "spec: {things: [{name: a, x: 1}, {name: a, x: 2}]}",
            "spec: {things: [{name: a, x: 1}, {name: a, x: 3}]}",
            &["spec.things[1].x: 2 → 3"],
        ),
        // Nothing but names: one that changes is a change.
        (
            "spec: {imagePullSecrets: [{name: a}, {name: b}]}",
            "spec: {imagePullSecrets: [{name: a}, {name: c}]}",
            &["spec.imagePullSecrets[1].name: \"b\" → \"c\""],
        ),
        // One that is inserted moves nothing.
        ("spec: {args: [a, b, c]}", "spec: {args: [x, a, b, c]}", &["spec.args[0]: +\"x\""]),
        ("spec: {args: [a, b, c]}", "spec: {args: [a, c]}", &["spec.args[1]: -\"b\""]),
        ("spec: {args: [a, b, c]}", "spec: {args: [a, z, c]}", &["spec.args[1]: \"b\" → \"z\""]),
        (
            "spec: {containers: [{name: a, x: 1}, {name: b, x: 1}]}",
            "spec: {containers: [{name: b, x: 1}, {name: a, x: 1}]}",
            &["spec.containers: a,b ⇒ b,a"],
        ),
        // Types count.
        ("spec: {a: 1}", "spec: {a: '1'}", &["spec.a: 1 → \"1\""]),
        ("spec: {a: {}}", "spec: {a: null}", &["spec.a: {} → null"]),
        ("spec: {a: {}}", "spec: {}", &["spec.a: -{}"]),
        ("spec: {a: [1]}", "spec: {a: {b: 1}}", &["spec.a: [1] → {\"b\":1}"]),
    ];
    for (old, new, expected) in cases {
        assert_eq!(fields(old, new, &[]), *expected, "{old} → {new}");
        assert!(fields(old, old, &[]).is_empty());
    }
}

fn rule(pointers: &[&str], expressions: &[&str]) -> IgnoreDifferences {
    let all = |texts: &[&str]| texts.iter().map(|text| ((*text).to_owned(), Origin::NONE)).collect();
    IgnoreDifferences {
        group: "apps".to_owned(),
        kind: "Deployment".to_owned(),
        json_pointers: all(pointers),
        jq_path_expressions: all(expressions),
        ..IgnoreDifferences::default()
    }
}

#[test]
fn what_an_application_ignores_is_noise() {
    let old = "spec: {replicas: 1, list: [{name: a, x: 1}, {name: b, x: 1}], map: {a/b: 1}}";
    let new = "spec: {replicas: 2, list: [{name: a, x: 2}, {name: b, x: 2}], map: {a/b: 2}}";
    let all = [
        "spec.list[name=a].x: 1 → 2",
        "spec.list[name=b].x: 1 → 2",
        "spec.map[\"a/b\"]: 1 → 2",
        "spec.replicas: 1 → 2",
    ];
    let noisy = |rule: IgnoreDifferences| -> Vec<usize> {
        let found = fields(old, new, &[rule]);
        assert_eq!(found.len(), all.len());
        assert!(found.iter().zip(all).all(|(found, all)| found.starts_with(all)), "{found:?}");
        found
            .iter()
            .enumerate()
            .filter(|(_, line)| line.contains('[') && line.ends_with(']'))
            .map(|(at, _)| at)
            .collect()
    };
    let pointer = |pointer: &str| noisy(rule(&[pointer], &[]));
    assert_eq!(pointer("/spec/replicas"), [3]);
    assert_eq!(pointer("/spec/list/1/x"), [1]);
    let whole = fields(old, new, &[rule(&["/spec/list"], &[])]);
    assert!(whole[0].starts_with("spec.list: [") && whole[0].ends_with("[ignoreDifferences /spec/list]"), "{whole:?}");
    assert_eq!(whole.len(), 3);
    assert_eq!(pointer("/spec/map/a~1b"), [2]);
    assert!(pointer("").is_empty(), "no patch removes a whole document");
    assert!(pointer("/spec/list/7").is_empty());
    let jq = |expression: &str| noisy(rule(&[], &[expression]));
    assert_eq!(jq(".spec.list[] | select(.name == \"b\") | .x"), [1]);
    assert_eq!(jq(".spec.list[0:1][].x"), [0]);
    assert_eq!(jq(".spec.list[:1][0].x"), [0]);
    assert!(jq(".spec.list[] | error").is_empty(), "what fails ignores nothing");
    let of = |change: fn(&mut IgnoreDifferences)| {
        let mut rule = rule(&["/spec/replicas", "/spec/map/a~1b"], &[]);
        change(&mut rule);
        noisy(rule).len()
    };
    assert_eq!(of(|rule| rule.kind = "Deploy*".to_owned()), 2);
    assert_eq!(of(|rule| rule.group = "*".to_owned()), 2);
    assert_eq!(of(|rule| rule.group = String::new()), 0, "the core group");
    assert_eq!(of(|rule| rule.name = "other".to_owned()), 0);
    assert_eq!(of(|rule| rule.namespace = "shop".to_owned()), 2);
}

#[test]
fn both_sides_have_to_ignore_what_they_have() {
    let rule = rule(&[], &[".spec.list[] | select(.x == 1)"]);
    let found =
        fields("spec: {list: [{name: a, x: 1}]}", "spec: {list: [{name: a, x: 2}]}", std::slice::from_ref(&rule));
    assert_eq!(found, ["spec.list[name=a].x: 1 → 2"]);
    let found = fields("spec: {list: [{name: a, x: 1}]}", "spec: {list: []}", &[rule]);
    assert!(found[0].ends_with("[ignoreDifferences .spec.list[] | select(.x == 1)]"), "{found:?}");
}

#[test]
fn parts_of_what_is_added_can_be_noise() {
    let rule = rule(&["/spec/strategy/type"], &[]);
    let found = fields("spec: {}", "spec: {strategy: {type: x, other: z}}", &[rule]);
    assert_eq!(
        found,
        ["spec.strategy.other: +\"z\"", "spec.strategy.type: +\"x\" [ignoreDifferences /spec/strategy/type]"]
    );
}

#[test]
fn labels_count_where_they_are_labels() {
    let found = fields(
        "spec: {template: {metadata: {labels: {helm.sh/chart: a}}}, selector: {matchLabels: {helm.sh/chart: a}}}",
        "spec: {template: {metadata: {annotations: {checksum/x: b}}}, selector: {matchLabels: {helm.sh/chart: b}}}",
        &[],
    );
    let expected = [
        "spec.selector.matchLabels[\"helm.sh/chart\"]: \"a\" → \"b\"",
        "spec.template.metadata.labels[\"helm.sh/chart\"]: -\"a\" [helm.sh/chart]",
        "spec.template.metadata.annotations[\"checksum/x\"]: +\"b\" [checksum/*]",
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_rename_by_hand_hides_nothing() {
    let map = |name: &str| {
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{a: x, b: x, c: x, d: x, e: x}}\n")
    };
    let user = |name: &str| format!("apiVersion: v1\nkind: Thing\nmetadata: {{name: user}}\nspec: {{use: {name}}}\n");
    let noise = |old: &str, new: &str| {
        let diff = compare(
            &snapshot(&[&map(old), &user(old)], &[]),
            &snapshot(&[&map(new), &user(new)], &[]),
            &Options::default(),
        );
        assert_eq!(diff.summary.counts.objects.renamed, 1);
        diff.summary.counts.noise
    };
    assert_eq!((noise("old", "new"), noise("m-7g2mkd5h4b", "m-9t4bc8kmd2")), (0, 1));
}

#[test]
fn what_was_the_same_is_never_read() {
    #[derive(Debug)]
    struct Unread;
    impl crate::tree::Kept for Unread {
        fn text(&self, _: std::ops::Range<u64>, _: &crate::tree::Digest) -> Option<Arc<str>> {
            unreachable!("a text was read")
        }
    }
    let mut base = snapshot(
        &["apiVersion: v1\nkind: A\nmetadata: {name: a}\n", "apiVersion: v1\nkind: B\nmetadata: {name: b}\n"],
        &[],
    );
    let kept: Arc<dyn crate::tree::Kept> = Arc::new(Unread);
    for object in base.trees.iter_mut().flat_map(|tree| &mut tree.apps).flat_map(|app| &mut app.objects) {
        object.text = crate::tree::Text::kept(Arc::clone(&kept), 0..1, *object.text.digest());
    }
    let mut head = base.clone();
    assert!(compare(&base, &head, &Options::default()).is_empty());
    // Nor where an object only moves.
    let moved = head.trees[0].apps[0].objects.remove(0);
    let app =
        TreeApp { name: "other".into(), state: AppState::Rendered, objects: vec![moved], meta: AppMeta::default() };
    head.trees[0].apps.push(app);
    assert_eq!(compare(&base, &head, &Options::default()).summary.counts.objects.moved, 1);
}
