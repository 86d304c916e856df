//! Adds to finished trees what an applier needs.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Compiled;
use crate::applier::argocd::{Synced, applications};
use crate::applier::flux::kustomizations;
use crate::applier::{Published, map};
use crate::argocd::{IN_CLUSTER_SERVER, application::Application};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::plan::{App, AppKey, ClusterId};
use crate::tree::{AppState, ClusterTree, Layout};
use crate::yaml::Node;

/// Who applies the trees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AppliedBy {
    /// Nobody in particular.
    #[default]
    Anyone,
    /// Argo CD: the hub's tree gets one Application per app.
    Argocd,
    /// Flux: each tree gets one Kustomization per app.
    Flux,
}

/// Adds Applications to the hubs' trees, or Kustomizations to each.
pub fn add_appliers(
    compiled: &Compiled,
    trees: &mut Vec<ClusterTree>,
    by: AppliedBy,
    published: &Published,
) -> Diagnostics {
    let mut published = published.clone();
    if published.url.is_none() {
        published.url = compiled.remote_url.clone();
    }
    let mut diagnostics = Diagnostics::new();
    if published.url.is_none() && by != AppliedBy::Anyone {
        diagnostics.push(
            Diagnostic::error(
                Code::UNKNOWN_REPOSITORY,
                "this repository has no remote whose URL the applier could sync from",
            )
            .hint("give it with `--publish-url URL`"),
        );
        return diagnostics;
    }
    match by {
        AppliedBy::Anyone => {}
        AppliedBy::Flux if published.layout == Layout::FilePerApp => {
            diagnostics.push(
                Diagnostic::error(Code::INVALID_VALUE, "Flux syncs directories: it needs the layout file-per-object")
                    .hint("leave `--layout file-per-app` out"),
            );
        }
        AppliedBy::Flux => {
            let named = by_tree_name(compiled);
            for tree in trees {
                let apps = synced_apps(compiled, &named, tree);
                let apps: Vec<(String, i64)> = apps.iter().map(|(name, _, rank)| (name.clone(), *rank)).collect();
                tree.apps.push(kustomizations(&tree.cluster, &apps, &published));
            }
        }
        AppliedBy::Argocd => argocd(compiled, trees, &published, &mut diagnostics),
    }
    diagnostics
}

type ByTreeName<'a> = BTreeMap<(ClusterId, &'a str), (&'a AppKey, i64)>;

/// The apps by cluster and name in the tree, with their rank.
fn by_tree_name(compiled: &Compiled) -> ByTreeName<'_> {
    let named = compiled.apps.iter().filter_map(|(key, r)| Some(((r.cluster?, &*r.tree_name), (key, r.rank))));
    named.collect()
}

/// The apps of a tree that have something to sync: name, key and rank.
fn synced_apps<'a>(compiled: &Compiled, named: &ByTreeName<'a>, tree: &ClusterTree) -> Vec<(String, &'a AppKey, i64)> {
    let Some(cluster) = compiled.fleet.cluster(&tree.cluster) else { return Vec::new() };
    let synced = tree.apps.iter().filter(|app| !app.objects.is_empty() || matches!(app.state, AppState::Held(_)));
    let known = synced.filter_map(|app| {
        let (key, rank) = named.get(&(cluster, &*app.name))?;
        Some((app.name.to_string(), *key, *rank))
    });
    known.collect()
}

fn argocd(compiled: &Compiled, trees: &mut [ClusterTree], published: &Published, diagnostics: &mut Diagnostics) {
    let fleet = &compiled.fleet;
    let mut by_hub: BTreeMap<ClusterId, Vec<Synced>> = BTreeMap::new();
    let named = by_tree_name(compiled);
    for tree in trees.iter() {
        for (tree_name, key, rank) in synced_apps(compiled, &named, tree) {
            let Some(result) = compiled.apps.get(key) else { continue };
            let application = result.app.as_ref().and_then(App::application);
            let hub = match key {
                AppKey::Application { hub, .. } | AppKey::ApplicationSet { hub, .. } | AppKey::Root { hub, .. } => {
                    Some(*hub)
                }
                AppKey::Layer { .. } => compiled.hub,
            };
            let Some(hub) = hub else {
                diagnostics.push(
                    Diagnostic::error(Code::UNKNOWN_DESTINATION, "no cluster is known as the hub that Argo CD runs in")
                        .hint("name it with `--hub NAME`, or select it under `argocd.roots[].on` in terrace.yaml"),
                );
                return;
            };
            let synced = match application {
                Some(application) => from_application(key, application, tree, tree_name),
                None => from_layer(compiled, result.app.as_ref(), hub, tree, tree_name, rank),
            };
            by_hub.entry(hub).or_default().push(synced);
        }
    }
    for (hub, mut synced) in by_hub {
        synced.sort_by(|a, b| (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)));
        let Some(name) = fleet.clusters.get(hub).map(|c| Arc::clone(&c.name)) else { continue };
        if let Some(tree) = trees.iter_mut().find(|tree| tree.cluster == name) {
            tree.apps.push(applications(&synced, published));
        }
    }
}

fn from_application(key: &AppKey, application: &Application, tree: &ClusterTree, tree_name: String) -> Synced {
    let namespace = match key {
        AppKey::Application { namespace, .. } => namespace.to_string(),
        _ => String::new(),
    };
    Synced {
        name: application.name.clone(),
        namespace,
        wave: application.wave,
        cluster: tree.cluster.to_string(),
        tree_name,
        spec: application.node.get("spec").cloned(),
        destination: Node::made(crate::yaml::Map::new()),
    }
}

fn from_layer(
    compiled: &Compiled,
    app: Option<&App>,
    hub: ClusterId,
    tree: &ClusterTree,
    tree_name: String,
    rank: i64,
) -> Synced {
    let cluster = compiled.fleet.cluster(&tree.cluster);
    let destination = if cluster == Some(hub) {
        map([("server", Node::made(IN_CLUSTER_SERVER))])
    } else {
        map([("name", Node::made(&*tree.cluster))])
    };
    let mut destination = destination;
    if let (Some(namespace), Some(map)) = (app.and_then(|a| a.namespace.as_deref()), destination.as_map_mut()) {
        map.insert("namespace", crate::source::Origin::NONE, Node::made(namespace));
    }
    Synced {
        name: format!("{}-{}", tree.cluster, tree_name.replace('_', "-")),
        namespace: compiled.fleet.spec.argocd.namespace.clone(),
        wave: rank,
        cluster: tree.cluster.to_string(),
        tree_name,
        spec: None,
        destination,
    }
}
