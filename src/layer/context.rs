//! What templates see: `values`, `cluster`, `fleet`, `app`, `layer`, `path`.

use std::collections::BTreeMap;

use ecow::EcoString;

use crate::config::cluster::Cluster;
use crate::config::fleet::FleetFile;
use crate::source::Origin;
use crate::yaml::{Map, Node, Value};

/// A mapping made of pairs; pairs without a value are left out.
pub fn map<const N: usize>(pairs: [(&str, Option<Node>); N]) -> Node {
    let mut map = Map::new();
    for (key, value) in pairs {
        if let Some(value) = value {
            map.insert(key, Origin::NONE, value);
        }
    }
    Node::made(map)
}

/// A string, if there is one.
pub fn text(text: Option<&str>) -> Option<Node> {
    text.map(Node::made)
}

fn list<'a>(items: impl IntoIterator<Item = &'a str>) -> Option<Node> {
    Some(Node::made(items.into_iter().map(Node::made).collect::<Vec<_>>()))
}

fn labels(labels: &BTreeMap<String, String>) -> Option<Node> {
    let mut map = Map::new();
    for (key, value) in labels {
        map.insert(key.as_str(), Origin::NONE, Node::made(value.as_str()));
    }
    Some(Node::made(map))
}

/// `cluster`: name, server, labels, annotations, kubeVersion, families, revision, project.
pub fn cluster(cluster: &Cluster) -> Node {
    let mut node = map([
        ("name", text(Some(&cluster.name))),
        ("server", text(cluster.server.as_deref())),
        ("labels", labels(&cluster.labels)),
        ("annotations", labels(&cluster.annotations)),
        ("kubeVersion", text(cluster.kube_version.as_ref().map(|v| v.text()))),
        ("families", list(cluster.families.iter().map(String::as_str))),
        ("revision", text(cluster.revision.as_deref())),
        ("project", text(cluster.project.as_deref())),
    ]);
    // What a template copies from here was set in the cluster's file.
    stamp(&mut node, cluster.origin);
    node
}

fn stamp(node: &mut Node, origin: Origin) {
    node.origin = origin;
    match &mut node.value {
        Value::Map(map) => map.entries_mut().iter_mut().for_each(|e| stamp(&mut e.value, origin)),
        Value::Seq(seq) => seq.make_mut().iter_mut().for_each(|n| stamp(n, origin)),
        _ => {}
    }
}

/// `fleet`: name, labels, annotations.
pub fn fleet(fleet: &FleetFile) -> Node {
    map([
        ("name", text(Some(&fleet.metadata.name))),
        ("labels", labels(&fleet.metadata.labels)),
        ("annotations", labels(&fleet.metadata.annotations)),
    ])
}

/// `path`: path, basename, segments, as an ApplicationSet's git generator has them.
pub fn path(path: &str) -> Node {
    let segments: Vec<&str> = path.split('/').filter(|s| !s.is_empty()).collect();
    map([
        ("path", text(Some(path))),
        ("basename", text(Some(segments.last().copied().unwrap_or_default()))),
        ("segments", list(segments)),
    ])
}

/// The roots of a context, by name.
pub type Roots = Vec<(EcoString, Node)>;
