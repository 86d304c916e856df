//! `clusters`: one parameter set for each cluster that is registered (applicationset/generators/cluster.go).

use std::collections::BTreeMap;
use std::rc::Rc;

use ecow::{EcoString, EcoVec};

use super::failure::Failure;
use super::outside::Outside;
use super::params::{Param, Params};
use super::run::Run;
use super::selector::{Rules, Selector};
use super::slug::normalize;
use super::values::Values;
use crate::argocd::cluster_secret::SECRET_TYPE;
use crate::argocd::{IN_CLUSTER, IN_CLUSTER_SERVER};
use crate::config::cluster::{Cluster, Declared};
use crate::source::Origin;
use crate::yaml::{Entry, Map, Node};

/// Annotations that Argo CD or kubectl write for themselves: they are no parameters.
const EXCLUDED: [&str; 5] = [
    "argocd.argoproj.io/refresh",
    "argocd.argoproj.io/hydrate",
    "argocd.argoproj.io/tracking-id",
    "argocd.argoproj.io/installation-id",
    "kubectl.kubernetes.io/last-applied-configuration",
];

/// The clusters of a run, by name.
pub struct Registered {
    list: Vec<Item>,
}

struct Item {
    labels: BTreeMap<String, String>,
    params: Params,
    server: Option<String>,
}

impl Registered {
    /// What is registered: of two under one name the later.
    pub fn new(outside: &Outside, go: bool) -> Self {
        let mut by_name: BTreeMap<&str, &Cluster> = BTreeMap::new();
        for cluster in outside.clusters.iter().filter(|cluster| registered(cluster, outside.namespace)) {
            by_name.insert(&cluster.name, cluster);
        }
        Self { list: by_name.into_values().map(|cluster| Item::new(cluster, go)).collect() }
    }
}

/// Whether Argo CD has a Secret for it, in its own namespace.
pub(super) fn registered(cluster: &Cluster, namespace: &str) -> bool {
    let declared = cluster.node.as_ref().and_then(|node| node.str_at(&["metadata", "namespace"]));
    match cluster.declared {
        Declared::Secret => declared.is_none_or(|declared| declared == namespace),
        Declared::File => true,
        // The one that Argo CD runs in needs none.
        Declared::Assumed => cluster.server.as_deref() != Some(IN_CLUSTER_SERVER),
    }
}

/// Where a cluster's server is said.
pub(super) fn server_origin(cluster: &Cluster) -> Origin {
    let paths: [&[&str]; 3] = [&["spec", "server"], &["stringData", "server"], &["data", "server"]];
    let found = cluster.node.as_ref().and_then(|node| paths.into_iter().find_map(|path| node.at(path)));
    found.map_or(cluster.origin, |node| node.origin)
}

impl Item {
    fn new(cluster: &Cluster, go: bool) -> Self {
        // Whoever declares a cluster in a file of ours means one that Argo CD would have a Secret of.
        let mut labels = cluster.labels.clone();
        labels.entry(SECRET_TYPE.to_owned()).or_insert_with(|| "cluster".to_owned());
        let mut params = Params::new();
        let node = cluster.node.as_ref();
        params.text("name", EcoString::from(&*cluster.name), cluster.origin);
        params.text("nameNormalized", normalize(&cluster.name), cluster.origin);
        params.text("server", cluster.server.clone().unwrap_or_default(), server_origin(cluster));
        params.text("project", cluster.project.clone().unwrap_or_default(), cluster.origin);
        let map = |field: &str, pairs: &BTreeMap<String, String>| -> Map {
            let written = node.and_then(|node| node.at(&["metadata", field])).and_then(Node::as_map);
            let entry = |(key, value): (&String, &String)| {
                let found = written.and_then(|map| map.entry(key));
                let at = found.map_or(cluster.origin, |entry| entry.value.origin);
                Entry {
                    key: key.into(),
                    key_origin: found.map_or(cluster.origin, |entry| entry.key_origin),
                    value: Node::new(value.as_str(), at),
                }
            };
            let kept = pairs.iter().filter(|(key, _)| field != "annotations" || !EXCLUDED.contains(&key.as_str()));
            Map::from_unique(kept.map(entry).collect())
        };
        let annotated = !cluster.annotations.is_empty();
        let (annotations, labelled) = (map("annotations", &cluster.annotations), map("labels", &labels));
        if go {
            let mut metadata = Params::new();
            for (key, map, there) in [("annotations", annotations, annotated), ("labels", labelled, true)] {
                if there {
                    metadata.set(key, cluster.origin, Param::Strings(map, cluster.origin));
                }
            }
            params.set("metadata", cluster.origin, Param::Dict(metadata, cluster.origin));
        } else {
            for (prefix, map) in [("metadata.annotations", annotations), ("metadata.labels", labelled)] {
                for entry in map {
                    let key = ecow::eco_format!("{prefix}.{}", entry.key);
                    params.set(key, entry.key_origin, Param::Node(entry.value));
                }
            }
        }
        Self { labels, params, server: cluster.server.clone() }
    }
}

/// A selector without what it says of the type of Secrets: whatever it is, Argo CD looks for clusters.
fn without_type(selector: &Node) -> Node {
    let mut selector = selector.clone();
    if let Some(labels) = selector.as_map_mut().and_then(|map| map.get_mut("matchLabels")).and_then(Node::as_map_mut) {
        labels.remove(SECRET_TYPE);
    }
    selector
}

/// The parameter sets of the clusters that a selector matches, by name; the one that Argo CD runs in comes last, if
/// there is no selector and no Secret for it.
///
/// # Errors
/// The selector is none, or a template of `values` fails.
pub fn generate(run: &Run, generator: &Node) -> Result<Vec<Params>, Failure> {
    let given = generator.get("selector");
    let selector = match given {
        None => Selector::default(),
        Some(node) => Selector::new(&without_type(node), Rules::Labels)
            .map_err(|failure| failure.within("error getting cluster secrets: error converting label selector: "))?,
    };
    let values = Values::of(run, generator);
    let registered: Rc<Registered> = run.clusters();
    let mut made = Vec::new();
    let mut has_own = false;
    for item in &registered.list {
        if !selector.matches(|key| item.labels.get(key).map(String::as_str)) {
            continue;
        }
        has_own |= item.server.as_deref() == Some(IN_CLUSTER_SERVER);
        let mut params = item.params.clone();
        let failed = |failure: Failure| failure.within("error appending templated values for cluster: ");
        values.add_to(run, &mut params).map_err(failed)?;
        made.push(params);
    }
    if given.is_none() && !has_own {
        let mut params = Params::new();
        params.text("name", IN_CLUSTER, Origin::NONE);
        params.text("nameNormalized", IN_CLUSTER, Origin::NONE);
        params.text("server", IN_CLUSTER_SERVER, Origin::NONE);
        params.text("project", "", Origin::NONE);
        let failed = |failure: Failure| failure.within("error appending templated values for local cluster: ");
        values.add_to(run, &mut params).map_err(failed)?;
        made.push(params);
    }
    if generator.get("flatList").and_then(Node::as_bool) != Some(true) {
        return Ok(made);
    }
    let all: EcoVec<Params> = made.into_iter().collect();
    let mut params = Params::new();
    params.set("clusters", generator.origin, Param::Dicts(all, generator.origin));
    Ok(vec![params])
}
