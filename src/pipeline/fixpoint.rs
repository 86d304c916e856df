//! The fixpoint: what apps make is expanded in turn, until nothing new comes.
//!
//! Apps are rendered in parallel, a round at a time; what they made is then looked at in the order of their keys, so
//! that the outcome doesn't depend on who was faster. An Application met again with the same spec is a back-edge.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;

use super::unit::{Made, Unit, unit};
use super::{AppResult, Held, Run};
use crate::argocd::application::Application;
use crate::config::cluster::Cluster;
use crate::diag::{Code, Diagnostic, Diagnostics, Severity};
use crate::kube::Scope;
use crate::plan::applications::{self, MAX_DEPTH, Met};
use crate::plan::fleet::Fleet;
use crate::plan::layers::Failed;
use crate::plan::patches::{self, Patches};
use crate::plan::{App, AppKey, ClusterId};
use crate::source::Origin;
use crate::world::{Reader, Reads};
use crate::yaml::Node;

/// Where expansion starts.
#[derive(Debug, Default)]
pub struct Start {
    /// The apps of layers and roots.
    pub apps: Vec<App>,
    /// Apps of layers that failed, with their cluster.
    pub failed: Vec<(ClusterId, Failed)>,
    /// The patches of each declared cluster.
    pub patches: Vec<Patches>,
}

/// All apps, rendered.
#[derive(Debug, Default)]
pub struct Fixed {
    /// By key.
    pub apps: BTreeMap<AppKey, AppResult>,
    /// What was found.
    pub diagnostics: Diagnostics,
    /// The types that apps define on each cluster, and their scopes.
    pub defines: BTreeMap<(ClusterId, ecow::EcoString, ecow::EcoString), Scope>,
}

impl Fixed {
    /// The apps that are known as such, by key.
    pub fn planned(&self) -> BTreeMap<&AppKey, &App> {
        let known = self.apps.iter().filter_map(|(key, result)| Some((key, result.app.as_ref()?)));
        known.collect()
    }

    /// The names of the apps that failed before they became one.
    pub fn unplanned(&self) -> BTreeSet<(ClusterId, Arc<str>)> {
        let failed = self.apps.values().filter(|result| result.app.is_none());
        failed.filter_map(|result| Some((result.cluster?, Arc::clone(&result.tree_name)))).collect()
    }

    /// Holds an app: what it made is dropped, the findings say why.
    pub fn hold(&mut self, key: &AppKey, held: Held) {
        if let Some(result) = self.apps.get_mut(key) {
            result.objects.clear();
            result.held.get_or_insert(held);
        }
    }
}

/// Expands to the fixpoint.
pub fn expand(fleet: &mut Fleet, start: Start, run: &Run) -> Fixed {
    let Start { apps, failed, patches } = start;
    let mut work = Expansion { fleet, run, fixed: Fixed::default(), pending: BTreeMap::new(), patches };
    for (cluster, failed) in failed {
        work.failed_in_layer(cluster, failed);
    }
    for mut app in apps {
        work.patch(&mut app);
        work.pending.insert(app.key.clone(), (app, Reads::default()));
    }
    while !work.pending.is_empty() {
        work.round();
    }
    work.fixed
}

struct Expansion<'a> {
    fleet: &'a mut Fleet,
    run: &'a Run<'a>,
    fixed: Fixed,
    /// Apps that wait to be rendered, and what planning them read.
    pending: BTreeMap<AppKey, (App, Reads)>,
    /// The patches of each declared cluster.
    patches: Vec<Patches>,
}

impl Expansion<'_> {
    fn round(&mut self) {
        let apps: Vec<(App, Reads)> = std::mem::take(&mut self.pending).into_values().collect();
        let fleet = &*self.fleet;
        let run = self.run;
        let units: Vec<Unit> = apps
            .par_iter()
            .map(|(app, _)| match fleet.clusters.get(app.cluster) {
                Some(cluster) => unit(run, app, cluster),
                None => Unit::default(),
            })
            .collect();
        for ((app, planning), mut unit) in apps.into_iter().zip(units) {
            unit.reads.merge(planning);
            self.done(app, unit);
        }
    }

    /// Gives an app the patches of its cluster that may change what it makes.
    fn patch(&self, app: &mut App) {
        if let Some(patches) = self.patches.get(app.cluster) {
            app.patches = patches::reaching(patches, app);
        }
    }

    fn cluster(&self, cluster: ClusterId) -> Option<&Cluster> {
        self.fleet.clusters.get(cluster)
    }

    /// Names the cluster and the app in findings.
    fn about(&self, cluster: Option<ClusterId>, tree_name: &Arc<str>, diagnostics: Diagnostics) -> Diagnostics {
        let cluster = cluster.and_then(|c| self.cluster(c)).map(|c| Arc::clone(&c.name));
        diagnostics.into_iter().map(|d| d.about(cluster.as_ref(), Some(tree_name))).collect()
    }

    fn failed_in_layer(&mut self, cluster: ClusterId, failed: Failed) {
        let key = AppKey::Layer { cluster, name: Arc::clone(&failed.tree_name) };
        self.held(key, Some(cluster), failed.tree_name, None, failed.diagnostics);
    }

    /// An app that failed before it was rendered.
    fn held(
        &mut self,
        key: AppKey,
        cluster: Option<ClusterId>,
        tree_name: Arc<str>,
        parent: Option<AppKey>,
        diagnostics: Diagnostics,
    ) {
        let held = held_by(&diagnostics);
        let diagnostics = self.about(cluster, &tree_name, diagnostics);
        self.fixed.diagnostics.extend(diagnostics);
        let result = AppResult {
            app: None,
            cluster,
            tree_name,
            parent,
            held: Some(held),
            objects: Vec::new(),
            patched: Vec::new(),
            reads: Reads::default(),
            rank: 0,
        };
        self.fixed.apps.insert(key, result);
    }

    fn done(&mut self, app: App, unit: Unit) {
        let Unit { objects, patched, made, defines, diagnostics, failed, reads } = unit;
        let held = failed.then(|| held_by(&diagnostics));
        let diagnostics = self.about(Some(app.cluster), &app.tree_name, diagnostics);
        self.fixed.diagnostics.extend(diagnostics);
        for (group, kind, scope) in defines {
            self.fixed.defines.insert((app.cluster, group, kind), scope);
        }
        let (key, parent) = (app.key.clone(), (!made.is_empty()).then(|| app.clone()));
        let result = AppResult {
            cluster: Some(app.cluster),
            tree_name: Arc::clone(&app.tree_name),
            parent: app.parent.clone(),
            app: Some(app),
            held,
            objects,
            patched,
            reads,
            rank: 0,
        };
        self.fixed.apps.insert(key, result);
        if let Some(parent) = parent {
            made.into_iter().for_each(|made| self.made(&parent, made));
        }
    }

    fn made(&mut self, parent: &App, made: Made) {
        // What an app applies lands on its destination: that is the hub of the Applications it makes.
        let hub = parent.cluster;
        let namespace = parent.namespace.clone().unwrap_or_else(|| self.fleet.spec.argocd.namespace.as_str().into());
        let met = Met { hub, parent, namespace };
        if made.kind == "ApplicationSet" {
            return self.application_set(&met, &made.node);
        }
        let (application, diagnostics) = Application::from_node(&made.node);
        let Some(application) = application else {
            let name = made.node.str_at(&["metadata", "name"]).unwrap_or_default();
            let namespace = made.node.str_at(&["metadata", "namespace"]).map_or(met.namespace, Into::into);
            let key = AppKey::Application { hub, namespace, name: name.into() };
            let tree_name = applications::tree_name(self.fleet, &key);
            return self.held(key, None, tree_name, Some(parent.key.clone()), diagnostics);
        };
        let key = applications::key(&application, &met);
        let tree_name = applications::tree_name(self.fleet, &key);
        let diagnostics = self.about(None, &tree_name, diagnostics);
        self.fixed.diagnostics.extend(diagnostics);
        if let Some(first) = self.known(&key) {
            return self.met_again(&key, &first, &application, parent, &tree_name);
        }
        if parent.depth >= MAX_DEPTH {
            let at = crate::config::origin_of(&application.node, &["metadata", "name"]);
            let message =
                format!("Applications make Applications more than {MAX_DEPTH} levels deep: this one is not expanded");
            let diagnostic = Diagnostic::error(Code::APPLICATION_DEPTH, message)
                .at(at, made_by(parent))
                .hint("something makes a new name at every level; an Application that makes itself again is fine")
                .within(self.way(parent), None);
            return self.held(key, None, tree_name, Some(parent.key.clone()), diagnostic.into());
        }
        let cluster = match applications::cluster(self.fleet, &application, hub) {
            Ok((cluster, warning)) => {
                self.fixed.diagnostics.extend(warning);
                cluster
            }
            Err(diagnostic) => return self.held(key, None, tree_name, Some(parent.key.clone()), diagnostic.into()),
        };
        let reader = Reader::new(self.run.world);
        match applications::app(self.fleet, application, key.clone(), cluster, parent, &reader) {
            Ok((mut app, warnings)) => {
                self.patch(&mut app);
                let warnings = self.about(Some(cluster), &tree_name, warnings);
                self.fixed.diagnostics.extend(warnings);
                self.pending.insert(key, (app, reader.into_reads()));
            }
            Err(problems) => self.held(key, Some(cluster), tree_name, Some(parent.key.clone()), problems),
        }
    }

    /// The first steps from the root to an app, and the last.
    fn way(&self, app: &App) -> String {
        const SHOWN: usize = 3;
        let chain = ancestors(&self.fixed.apps, &app.key);
        let mut names: Vec<&str> = chain.iter().filter_map(|key| Some(&*self.fixed.apps.get(key)?.tree_name)).collect();
        names.reverse();
        names.push(&app.tree_name);
        if names.len() > 2 * SHOWN {
            names.splice(SHOWN..names.len() - SHOWN, ["…"]);
        }
        format!("made in turn: {}", names.join(" → "))
    }

    /// The Application that was met first under a key.
    fn known(&self, key: &AppKey) -> Option<Option<Node>> {
        let node = |app: &App| app.application().map(|a| a.node.clone());
        if let Some((app, _)) = self.pending.get(key) {
            return Some(node(app));
        }
        self.fixed.apps.get(key).map(|result| result.app.as_ref().and_then(node))
    }

    fn met_again(
        &mut self,
        key: &AppKey,
        first: &Option<Node>,
        again: &Application,
        parent: &App,
        tree_name: &Arc<str>,
    ) {
        let spec = |node: &Node| node.get("spec").cloned();
        // An Application that failed the first time fails again: it has been told.
        let Some(first) = first else { return };
        if spec(first) == spec(&again.node) {
            return;
        }
        let name = |node: &Node| crate::config::origin_of(node, &["metadata", "name"]);
        let message = format!("two different Applications are called `{tree_name}`");
        let diagnostic = Diagnostic::error(Code::DUPLICATE_APPLICATION, message)
            .at(name(&again.node), made_by(parent))
            .also(name(first), "first met here")
            .hint("Argo CD would switch between the two at every sync: give one another name");
        let held = Held { code: diagnostic.code, reason: diagnostic.message.clone() };
        let cluster = self.fixed.apps.get(key).and_then(|r| r.cluster);
        let diagnostics = self.about(cluster, tree_name, diagnostic.into());
        self.fixed.diagnostics.extend(diagnostics);
        match self.pending.remove(key) {
            Some((app, _)) => {
                let unit = Unit { failed: true, ..Unit::default() };
                self.done(app, unit);
                self.fixed.apps.entry(key.clone()).and_modify(|r| r.held = Some(held));
            }
            None => self.fixed.hold(key, held),
        }
    }

    fn application_set(&mut self, met: &Met, node: &Node) {
        let name = node.str_at(&["metadata", "name"]).unwrap_or_default();
        let namespace = node.str_at(&["metadata", "namespace"]).map_or_else(|| Arc::clone(&met.namespace), Into::into);
        let at: Origin = crate::config::origin_of(node, &["metadata", "name"]);
        let message = format!("ApplicationSet `{name}` needs the generators, which are not there yet");
        let diagnostic = Diagnostic::error(Code::ENGINE_MISSING, message).at(at, "this ApplicationSet");
        // Generators can't be confused with Applications: a slash is no part of a name.
        let key = AppKey::Application { hub: met.hub, namespace, name: format!("applicationset/{name}").into() };
        let tree_name: Arc<str> = format!("applicationset/{name}").into();
        self.held(key, None, tree_name, Some(met.parent.key.clone()), diagnostic.into());
    }
}

/// What made an Application, as people call it.
fn made_by(parent: &App) -> String {
    match &parent.key {
        AppKey::Root { path, .. } => format!("made by the root `{path}`"),
        _ => format!("made by `{}`", parent.tree_name),
    }
}

/// The finding that holds an app: its first error.
pub fn held_by(diagnostics: &Diagnostics) -> Held {
    let first = diagnostics.iter().find(|d| d.severity == Severity::Error);
    match first {
        Some(d) => Held { code: d.code, reason: d.message.clone() },
        None => Held { code: Code::INVALID_APPLICATION, reason: "it can't be used".to_owned() },
    }
}

/// What made an app, nearest first and up to the root.
pub fn ancestors<'a>(apps: &'a BTreeMap<AppKey, AppResult>, key: &AppKey) -> Vec<&'a AppKey> {
    let mut chain = Vec::new();
    let mut next = apps.get(key).and_then(|r| r.parent.as_ref());
    while let Some(parent) = next {
        if chain.len() > MAX_DEPTH + 2 {
            break;
        }
        chain.push(parent);
        next = apps.get(parent).and_then(|r| r.parent.as_ref());
    }
    chain
}

/// An app's key as a text: `<cluster>/<app>` for layers and roots, `<hub>/<namespace>/<name>` else.
pub fn key_text(fleet: &Fleet, key: &AppKey) -> String {
    let name = |c: &ClusterId| fleet.clusters.get(*c).map_or("", |c| &c.name);
    match key {
        AppKey::Layer { cluster, name: app } => format!("{}/{app}", name(cluster)),
        AppKey::Root { hub, path } => format!("{}/root:{path}", name(hub)),
        AppKey::Application { hub, namespace, name: app } => format!("{}/{namespace}/{app}", name(hub)),
    }
}
