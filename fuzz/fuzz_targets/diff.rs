//! No two states, and no field that is to be ignored, make the comparison or its formats panic.

#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use terrace::argocd::ignore_differences::IgnoreDifferences;
use terrace::diff::render::{Comment, Terminal, html, json, markdown, text, unified};
use terrace::diff::{Options, compare};
use terrace::kube::ObjectId;
use terrace::snapshot::Snapshot;
use terrace::source::{FileId, Origin};
use terrace::tree::{AppMeta, AppState, ClusterTree, TreeApp, TreeObject};
use terrace::yaml::{Dialect, emit, parse};

/// One state: an app with the objects of a stream.
fn snapshot(stream: &str, ignored: &[IgnoreDifferences]) -> Snapshot {
    let documents = parse(FileId::NONE, stream, Dialect::Kubernetes).documents;
    let object = |node: &terrace::yaml::Node| {
        Some(TreeObject { id: ObjectId::of(node)?, text: emit(node).into(), source: String::new() })
    };
    let objects = documents.iter().filter_map(|document| object(&document.node)).collect();
    let app = TreeApp { name: "web".into(), state: AppState::Rendered, objects, meta: AppMeta::default() };
    let mut snapshot = Snapshot::default();
    snapshot.trees.push(ClusterTree { cluster: "dev".into(), apps: vec![app] });
    if !ignored.is_empty() {
        snapshot.ignored.insert((Arc::from("dev"), Arc::from("web")), ignored.to_vec());
    }
    snapshot
}

fuzz_target!(|all: &str| {
    // Three parts: what was, what is to be, and expressions of jq, a line each.
    let mut parts = all.split("\n===\n");
    let (base, head, expressions) = (parts.next(), parts.next(), parts.next());
    let expressions = expressions.unwrap_or_default().lines().take(8);
    let ignored = IgnoreDifferences {
        group: "*".to_owned(),
        kind: "*".to_owned(),
        jq_path_expressions: expressions.map(|line| (line.to_owned(), Origin::NONE)).collect(),
        ..IgnoreDifferences::default()
    };
    let (base, head) = (snapshot(base.unwrap_or_default(), &[]), snapshot(head.unwrap_or_default(), &[ignored]));
    let diff = compare(&base, &head, &Options { key: Some([7; 32]), ..Options::default() });
    for all in [false, true] {
        text(&diff, Terminal { color: all, width: 80, all });
        unified(&diff, all);
        json(&diff, all);
        html(&diff, "title", all);
        let comment = markdown(&diff, &Comment { all, ..Comment::default() });
        assert!(comment.len() <= 60_000 && comment.starts_with("<!--"));
    }
});
