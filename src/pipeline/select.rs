//! Which part of a fleet a run is about.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{AppResult, Compiled};
use crate::config::selector::Selector;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::glob::Glob;
use crate::plan::fleet::Fleet;
use crate::plan::{App, AppKey};
use crate::snapshot::Snapshot;
use crate::tree::AppMeta;

/// Which apps of which clusters are written.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Cluster names; none: all.
    pub clusters: Vec<String>,
    /// Globs on `[namespace/]name`; none: all.
    pub apps: Vec<Glob>,
    /// Layer names; none: all.
    pub layers: Vec<String>,
    /// A selector of apps' labels.
    pub labels: Option<Selector>,
    /// A selector of clusters' labels.
    pub cluster_labels: Option<Selector>,
}

impl Selection {
    /// Whether everything is selected.
    pub fn is_all(&self) -> bool {
        self.clusters.is_empty()
            && self.apps.is_empty()
            && self.layers.is_empty()
            && self.labels.is_none()
            && self.cluster_labels.is_none()
    }

    /// Whether a cluster is selected.
    pub fn cluster(&self, fleet: &Fleet, name: &str) -> bool {
        let named = self.clusters.is_empty() || self.clusters.iter().any(|c| c == name);
        let labels = fleet.clusters.iter().find(|c| *c.name == *name).map(|c| &c.labels);
        named && self.cluster_labels.as_ref().is_none_or(|s| labels.is_some_and(|l| s.matches(l)))
    }

    /// Whether an app is selected, by what is known of it.
    fn app(&self, namespace: Option<&str>, name: &str, layer: Option<&str>, labels: &BTreeMap<String, String>) -> bool {
        (self.apps.is_empty() || self.apps.iter().any(|glob| names(glob, namespace, name)))
            && (self.layers.is_empty() || layer.is_some_and(|l| self.layers.iter().any(|s| s == l)))
            && self.labels.as_ref().is_none_or(|s| s.matches(labels))
    }

    /// Whether an app of the compiled fleet is selected.
    pub fn selects(&self, compiled: &Compiled, key: &AppKey, result: &AppResult) -> bool {
        let cluster = result.cluster.and_then(|c| compiled.fleet.clusters.get(c));
        if !cluster.is_none_or(|c| self.cluster(&compiled.fleet, &c.name)) {
            return false;
        }
        let (namespace, name) = name(key, result);
        let none = BTreeMap::new();
        let labels = result.app.as_ref().map_or(&none, |a| &a.labels);
        self.app(namespace, name, result.app.as_ref().and_then(App::layer), labels)
    }

    /// How many of the apps that are selected are held.
    pub fn held(&self, compiled: &Compiled) -> usize {
        let apps = compiled.apps.iter().filter(|(_, result)| result.held.is_some());
        apps.filter(|(key, result)| self.selects(compiled, key, result)).count()
    }

    /// The apps of the compiled fleet by cluster and name in the tree, and whether they are selected.
    pub fn chosen(&self, compiled: &Compiled) -> BTreeMap<(Arc<str>, Arc<str>), bool> {
        let named = compiled.apps.iter().filter_map(|(key, result)| {
            let cluster = compiled.fleet.clusters.get(result.cluster?)?;
            let selected = self.selects(compiled, key, result);
            Some(((Arc::clone(&cluster.name), Arc::clone(&result.tree_name)), selected))
        });
        named.collect()
    }

    /// What was found in the part that is selected: what concerns the fleet as a whole always is.
    pub fn findings(&self, compiled: &Compiled) -> Diagnostics {
        if self.is_all() {
            return compiled.diagnostics.clone();
        }
        let known: Vec<_> = compiled.apps.iter().map(|(key, result)| name(key, result)).collect();
        let unknown = self.unknown_apps(&known).into_iter().map(|(message, pattern)| {
            Diagnostic::warning(Code::INVALID_VALUE, message).did_you_mean(pattern, known.iter().map(|(_, name)| *name))
        });
        let chosen = self.chosen(compiled);
        let ours = |d: &&Diagnostic| match (&d.subject.cluster, &d.subject.app) {
            (Some(cluster), Some(app)) => {
                let known = chosen.get(&(Arc::clone(cluster), Arc::clone(app)));
                known.copied().unwrap_or_else(|| self.cluster(&compiled.fleet, cluster))
            }
            (Some(cluster), None) => self.cluster(&compiled.fleet, cluster),
            _ => true,
        };
        unknown.chain(compiled.diagnostics.iter().filter(ours).cloned()).collect()
    }

    /// What is wrong with patterns that no app's name matches, each with the pattern.
    fn unknown_apps<'s>(&'s self, known: &[(Option<&str>, &str)]) -> Vec<(String, &'s str)> {
        let any = |glob: &Glob| known.iter().any(|(namespace, name)| names(glob, *namespace, name));
        let unknown = self.apps.iter().filter(|glob| !any(glob)).map(Glob::pattern);
        unknown.map(|pattern| (format!("`--app {pattern}`: no cluster has such an app"), pattern)).collect()
    }

    /// Names that aren't there: clusters and layers that the fleet doesn't have.
    pub fn unknown(&self, compiled: &Compiled) -> Diagnostics {
        let fleet = &compiled.fleet;
        let clusters: BTreeSet<&str> = fleet.clusters.iter().map(|c| &*c.name).collect();
        let layers: BTreeSet<&str> = fleet.spec.layers.iter().map(|l| l.name.as_str()).collect();
        let mut diagnostics = Diagnostics::new();
        for (flag, asked, known) in [("--cluster", &self.clusters, clusters), ("--layer", &self.layers, layers)] {
            for name in asked.iter().filter(|name| !known.contains(name.as_str())) {
                let message = format!("`{flag} {name}`: the fleet has none of that name");
                let diagnostic = Diagnostic::error(Code::INVALID_VALUE, message);
                diagnostics.push(diagnostic.did_you_mean(name, known.iter().copied()));
            }
        }
        diagnostics
    }

    /// Clusters that are named and that none of some snapshots has.
    pub fn unknown_clusters(&self, snapshots: &[&Snapshot]) -> Diagnostics {
        let known = || snapshots.iter().flat_map(|snapshot| &snapshot.clusters).map(|facts| &*facts.name);
        let unknown = self.clusters.iter().filter(|name| !known().any(|known| known == name.as_str()));
        let told = unknown.map(|name| {
            let message = format!("`--cluster {name}`: the fleet has none of that name");
            Diagnostic::error(Code::INVALID_VALUE, message).did_you_mean(name, known())
        });
        told.collect()
    }

    /// Apps that are named and that a snapshot of all clusters doesn't have.
    pub fn unknown_apps_in(&self, whole: &Snapshot) -> Diagnostics {
        let apps = whole.trees.iter().flat_map(|tree| &tree.apps).map(|app| indexed(&app.name, &app.meta));
        let known: Vec<_> = apps.chain(whole.homeless.iter().map(|(name, _)| (None, &**name))).collect();
        let told = self.unknown_apps(&known).into_iter().map(|(message, pattern)| {
            Diagnostic::error(Code::INVALID_VALUE, message).did_you_mean(pattern, known.iter().map(|(_, name)| *name))
        });
        told.collect()
    }

    /// Whether an app that only an index knows is selected.
    pub fn selects_indexed(&self, fleet: &Fleet, cluster: &str, app: &str, meta: &AppMeta) -> bool {
        let (namespace, name) = indexed(app, meta);
        // An index names instances: `<layer>`, or `<layer>-<directory>`. The longest name that fits is the layer's.
        let fits = |layer: &str, instance: &str| {
            instance.strip_prefix(layer).is_some_and(|r| r.is_empty() || r.starts_with('-'))
        };
        let layers = fleet.spec.layers.iter().map(|l| l.name.as_str());
        let layer = meta.layer.as_deref().and_then(|i| layers.filter(|l| fits(l, i)).max_by_key(|l| l.len()));
        self.cluster(fleet, cluster) && self.app(namespace, name, layer, &meta.labels)
    }

    /// Takes out of a snapshot what isn't selected.
    pub fn narrow(&self, snapshot: &mut Snapshot) {
        if self.is_all() {
            return;
        }
        let labels: BTreeMap<Arc<str>, &BTreeMap<String, String>> =
            snapshot.clusters.iter().map(|facts| (Arc::clone(&facts.name), &facts.labels)).collect();
        let selects = |name: &Arc<str>| {
            let named = self.clusters.is_empty() || self.clusters.iter().any(|cluster| **cluster == **name);
            let labels = labels.get(name);
            named && self.cluster_labels.as_ref().is_none_or(|s| labels.is_some_and(|labels| s.matches(labels)))
        };
        let clusters: BTreeSet<Arc<str>> = labels.keys().filter(|name| selects(name)).cloned().collect();
        snapshot.clusters.retain(|facts| clusters.contains(&facts.name));
        snapshot.trees.retain(|tree| clusters.contains(&tree.cluster));
        let mut kept = BTreeSet::new();
        for tree in &mut snapshot.trees {
            tree.apps.retain(|app| self.has(&app.name, &app.meta));
            kept.extend(tree.apps.iter().map(|app| (Arc::clone(&tree.cluster), Arc::clone(&app.name))));
        }
        snapshot.findings.retain(|finding| match (&finding.cluster, &finding.app) {
            (Some(cluster), Some(app)) => kept.contains(&(Arc::clone(cluster), Arc::clone(app))),
            (Some(cluster), None) => clusters.contains(cluster),
            _ => true,
        });
    }

    /// Whether an app is selected, by its place in a tree.
    fn has(&self, name: &str, meta: &AppMeta) -> bool {
        let (namespace, name) = indexed(name, meta);
        // An index names instances: `<layer>`, or `<layer>-<directory>`.
        let fits = |layer: &String| {
            let rest = meta.layer.as_deref().and_then(|instance| instance.strip_prefix(layer.as_str()));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        };
        let layer = self.layers.iter().find(|layer| fits(layer));
        self.app(namespace, name, layer.map(String::as_str), &meta.labels)
    }

    /// Whether a selected app is held.
    pub fn has_held(&self, compiled: &Compiled) -> bool {
        compiled.apps.iter().any(|(key, result)| result.held.is_some() && self.selects(compiled, key, result))
    }
}

/// The namespace and the name that an app is known by.
fn name<'a>(key: &'a AppKey, result: &'a AppResult) -> (Option<&'a str>, &'a str) {
    match key {
        AppKey::Layer { name, .. } => (None, name),
        AppKey::Root { .. } => (None, &result.tree_name),
        AppKey::Application { namespace, name, .. } | AppKey::ApplicationSet { namespace, name, .. } => {
            (Some(namespace), name)
        }
    }
}

/// The same of an app that is known by its place in a tree. Its own key comes first among its parents:
/// `<hub>/<namespace>/<name>` for Applications.
fn indexed<'a>(app: &'a str, meta: &'a AppMeta) -> (Option<&'a str>, &'a str) {
    let own: Vec<&str> = meta.parents.first().map(|own| own.split('/').collect()).unwrap_or_default();
    match own.as_slice() {
        [_, namespace, name] if meta.layer.is_none() => (Some(namespace), name),
        _ => (None, app),
    }
}

/// Whether a pattern names an app.
fn names(glob: &Glob, namespace: Option<&str>, name: &str) -> bool {
    glob.matches(name) || namespace.is_some_and(|namespace| glob.matches(&format!("{namespace}/{name}")))
}
