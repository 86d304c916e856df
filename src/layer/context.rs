//! What templates see: `values`, `cluster`, `fleet`, `app`, `layer`, `path`.

use std::collections::BTreeMap;

use ecow::EcoString;

use crate::config::cluster::{Cluster, Declared};
use crate::config::fleet::FleetFile;
use crate::source::Origin;
use crate::yaml::{Map, Node};

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

/// `cluster`: name, server, labels, annotations, kubeVersion, families, revision, project. What the cluster's own document
/// says comes from there, at its place.
pub fn cluster(cluster: &Cluster) -> Node {
    let said = |keys: &[&str], plain: Option<Node>| {
        let found = cluster.node.as_ref().and_then(|node| node.at(keys)).filter(|node| !node.is_null()).cloned();
        found.or_else(|| plain.map(|plain| Node { origin: cluster.origin, ..plain }))
    };
    let in_spec = cluster.declared == Declared::File;
    let spec = |key: &'static str, plain: Option<Node>| if in_spec { said(&["spec", key], plain) } else { plain };
    map([
        ("name", text(Some(&cluster.name)).map(|name| Node { origin: cluster.origin, ..name })),
        ("server", spec("server", text(cluster.server.as_deref()))),
        ("labels", said(&["metadata", "labels"], labels(&cluster.labels))),
        ("annotations", said(&["metadata", "annotations"], labels(&cluster.annotations))),
        ("kubeVersion", text(cluster.kube_version.as_ref().map(|v| v.text()))),
        ("families", spec("families", list(cluster.families.iter().map(String::as_str)))),
        // Empty where it isn't said, so that `revision: "{{ cluster.revision }}"` serves clusters with and without one.
        ("revision", spec("revision", text(Some(cluster.revision.as_deref().unwrap_or_default())))),
        ("project", spec("project", text(Some(cluster.project.as_deref().unwrap_or_default())))),
    ])
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
