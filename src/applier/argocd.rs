//! Argo CD: one Application per app, in the hub's tree.

use super::{Published, app, map};
use crate::source::Origin;
use crate::tree::place::{app_file, component};
use crate::tree::{Layout, TreeApp};
use crate::yaml::{Map, Node};

/// The annotation that orders syncing.
const SYNC_WAVE: &str = "argocd.argoproj.io/sync-wave";

/// An app that an Application is to be made for.
#[derive(Clone, Debug)]
pub struct Synced {
    /// The Application's name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// Its place in the order of syncing.
    pub wave: i64,
    /// The cluster, whose branch it reads.
    pub cluster: String,
    /// The app's name in the cluster's tree.
    pub tree_name: String,
    /// `spec` of the Application that it was rendered from; what it says of project, destination, `syncPolicy` and
    /// `ignoreDifferences` is taken over.
    pub spec: Option<Node>,
    /// Where it goes, if no Application says so: the cluster's name or `in-cluster`'s server, and a namespace.
    pub destination: Node,
}

/// The app of the hub's tree that holds these Applications.
pub fn applications(synced: &[Synced], published: &Published) -> TreeApp {
    let url = published.url.as_deref().unwrap_or_default();
    app("argocd-applications", 0, synced.iter().map(|s| application(s, url, published)).collect())
}

fn application(synced: &Synced, url: &str, published: &Published) -> Node {
    let mut source = Map::new();
    let mut set = |key: &str, value: Node| {
        source.insert(key, Origin::NONE, value);
    };
    set("repoURL", Node::made(url));
    set("targetRevision", Node::made(published.branch(&synced.cluster)));
    match published.layout {
        Layout::FilePerObject => {
            set("path", Node::made(published.path(&synced.cluster, &component(&synced.tree_name))));
            set("directory", map([("recurse", Node::made(true))]));
        }
        Layout::FilePerApp => {
            set("path", Node::made(published.path(&synced.cluster, "")));
            set("directory", map([("include", Node::made(app_file(&synced.tree_name)))]));
        }
    }
    let mut spec = Map::new();
    let kept = |key: &str| synced.spec.as_ref().and_then(|s| s.get(key)).cloned();
    let project = kept("project").filter(|p| p.as_str().is_some_and(|p| !p.is_empty()));
    spec.insert("project", Origin::NONE, project.unwrap_or_else(|| Node::made("default")));
    spec.insert("destination", Origin::NONE, kept("destination").unwrap_or_else(|| synced.destination.clone()));
    spec.insert("source", Origin::NONE, Node::made(source));
    let automated = || map([("automated", map([("prune", Node::made(true)), ("selfHeal", Node::made(true))]))]);
    let policy = match &synced.spec {
        Some(_) => kept("syncPolicy"),
        None => Some(automated()),
    };
    for (key, value) in [("syncPolicy", policy), ("ignoreDifferences", kept("ignoreDifferences"))] {
        if let Some(value) = value {
            spec.insert(key, Origin::NONE, value);
        }
    }
    let mut metadata = Map::new();
    metadata.insert("name", Origin::NONE, Node::made(synced.name.as_str()));
    metadata.insert("namespace", Origin::NONE, Node::made(synced.namespace.as_str()));
    if synced.wave != 0 {
        let wave = map([(SYNC_WAVE, Node::made(synced.wave.to_string()))]);
        metadata.insert("annotations", Origin::NONE, wave);
    }
    map([
        ("apiVersion", Node::made("argoproj.io/v1alpha1")),
        ("kind", Node::made("Application")),
        ("metadata", Node::made(metadata)),
        ("spec", Node::made(spec)),
    ])
}
