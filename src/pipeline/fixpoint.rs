//! The fixpoint: what apps make is expanded in turn, until nothing new comes.
//!
//! Apps are rendered in parallel, a round at a time; what they made is then looked at in the order of their keys, so
//! that the outcome doesn't depend on who was faster. An Application met again with the same spec is a back-edge.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;

use super::memo;
use super::part::Part;
use super::projects::Declaration;
use super::unit::{Made, Unit};
use super::{AppResult, Held, Run};
use crate::argocd::application::Application;
use crate::argocd::application_set::ApplicationSet;
use crate::config::cluster::Cluster;
use crate::diag::{Code, Diagnostic, Diagnostics, Severity};
use crate::generate::Expanded;
use crate::kube::{ObjectId, Scope};
use crate::plan::application_sets::{self, MadeBy};
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
    /// What says which projects there are.
    pub projects: Vec<Declaration>,
    /// The Applications and ApplicationSets that each app made, and where they stand.
    pub children: BTreeMap<AppKey, Vec<(ObjectId, Origin)>>,
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
pub fn expand(fleet: &mut Fleet, start: Start, run: &Run, part: Option<&Part>) -> Fixed {
    let Start { apps, failed, patches } = start;
    let (pending, sets) = (BTreeMap::new(), BTreeMap::new());
    let mut work = Expansion { fleet, run, part, fixed: Fixed::default(), pending, patches, sets };
    for (cluster, failed) in failed {
        work.failed_in_layer(cluster, failed);
    }
    for mut app in apps {
        work.patch(&mut app);
        let planning = std::mem::take(&mut app.planning);
        work.pending.insert(app.key.clone(), (app, planning));
    }
    while !work.pending.is_empty() {
        work.round();
    }
    work.fixed
}

struct Expansion<'a> {
    fleet: &'a mut Fleet,
    run: &'a Run<'a>,
    /// The only part of the fleet that is expanded; none: all of it.
    part: Option<&'a Part>,
    fixed: Fixed,
    /// Apps that wait to be rendered, and what planning them read.
    pending: BTreeMap<AppKey, (App, Reads)>,
    /// The patches of each declared cluster.
    patches: Vec<Patches>,
    /// ApplicationSets that have been met.
    sets: BTreeMap<AppKey, Node>,
}

impl Expansion<'_> {
    fn round(&mut self) {
        let apps: Vec<(App, Reads)> = std::mem::take(&mut self.pending).into_values().collect();
        let fleet = &*self.fleet;
        let run = self.run;
        let units: Vec<Unit> = apps
            .par_iter()
            .map(|(app, planning)| match fleet.clusters.get(app.cluster) {
                Some(cluster) => memo::unit(run, fleet, app, cluster, planning),
                None => Unit::default(),
            })
            .collect();
        let made =
            apps.iter().zip(&units).flat_map(|((app, _), unit)| unit.made.iter().map(move |made| (app.cluster, made)));
        let sets: Vec<(ClusterId, &Node)> =
            made.filter(|(_, made)| made.id.kind == "ApplicationSet").map(|(hub, made)| (hub, &made.node)).collect();
        // The order in which the loop below meets them.
        let sets: Vec<Set> = sets.par_iter().map(|(hub, node)| Set::expand(fleet, run, *hub, node)).collect();
        let mut sets = sets.into_iter();
        for ((app, _), unit) in apps.into_iter().zip(units) {
            self.done(app, unit, &mut sets);
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

    /// An app is rendered. `sets` gives the next ApplicationSets that apps made, expanded.
    fn done(&mut self, app: App, unit: Unit, sets: &mut dyn Iterator<Item = Set>) {
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
            made.into_iter().for_each(|made| self.made(&parent, made, sets));
        }
    }

    fn made(&mut self, parent: &App, made: Made, sets: &mut dyn Iterator<Item = Set>) {
        // What an app applies lands on its destination: that is the hub of the Applications it makes.
        let hub = parent.cluster;
        let namespace = parent.namespace.clone().unwrap_or_else(|| self.fleet.spec.argocd.namespace.as_str().into());
        let met = Met { hub, parent, namespace };
        if !matches!(made.id.kind.as_str(), "Application" | "ApplicationSet") {
            let (maker, Made { id, node }) = (parent.key.clone(), made);
            return self.fixed.projects.push(Declaration { hub, namespace: met.namespace, maker, id, node });
        }
        let child = (made.id.clone(), made.node.origin);
        self.fixed.children.entry(parent.key.clone()).or_default().push(child);
        if made.id.kind == "ApplicationSet" {
            if let Some(set) = sets.next() {
                self.application_set(&met, &made.node, set);
            }
            return;
        }
        self.application(&met, &made.node, None);
    }

    /// An Application that an app made, or a set of its.
    fn application(&mut self, met: &Met, node: &Node, made_by: Option<MadeBy>) {
        let (hub, parent) = (met.hub, met.parent);
        let maker = made_by.as_ref().map_or(&parent.key, |made| &made.set).clone();
        let (application, diagnostics) = Application::from_node(node);
        let Some(application) = application else {
            let name = node.str_at(&["metadata", "name"]).unwrap_or_default();
            let namespace = node.str_at(&["metadata", "namespace"]);
            let namespace = namespace.map_or_else(|| Arc::clone(&met.namespace), Into::into);
            let key = AppKey::Application { hub, namespace, name: name.into() };
            let tree_name = applications::tree_name(self.fleet, &key);
            return self.held(key, None, tree_name, Some(maker), diagnostics);
        };
        let key = applications::key(&application, met);
        let tree_name = applications::tree_name(self.fleet, &key);
        let diagnostics = self.about(None, &tree_name, diagnostics);
        self.fixed.diagnostics.extend(diagnostics);
        if let Some(first) = self.known(&key) {
            return self.met_again(&key, first, &application, parent, made_by.as_ref(), &tree_name);
        }
        if parent.depth >= MAX_DEPTH {
            let at = crate::config::origin_of(&application.node, &["metadata", "name"]);
            let message =
                format!("Applications make Applications more than {MAX_DEPTH} levels deep: this one is not expanded");
            let diagnostic = Diagnostic::error(Code::APPLICATION_DEPTH, message)
                .at(at, maker_of(parent))
                .hint("something makes a new name at every level; an Application that makes itself again is fine")
                .within(self.way(parent), None);
            return self.held(key, None, tree_name, Some(maker), diagnostic.into());
        }
        let cluster = match applications::cluster(self.fleet, &application, hub) {
            Ok((cluster, warning)) => {
                self.fixed.diagnostics.extend(warning);
                cluster
            }
            Err(diagnostic) => return self.held(key, None, tree_name, Some(maker), diagnostic.into()),
        };
        if self.part.is_some_and(|part| !part.wants(self.fleet, &key, Some(cluster))) {
            return;
        }
        let reader = Reader::new(self.run.world);
        match applications::app(self.fleet, application, key.clone(), cluster, parent, &reader) {
            Ok((mut app, warnings)) => {
                app.parent = Some(maker);
                app.made_by = made_by;
                self.patch(&mut app);
                let warnings = self.about(Some(cluster), &tree_name, warnings);
                self.fixed.diagnostics.extend(warnings);
                self.pending.insert(key, (app, reader.into_reads()));
            }
            Err(problems) => {
                self.held(key.clone(), Some(cluster), tree_name, Some(maker), problems);
                // What it looked for in vain may be there the next time.
                if let Some(result) = self.fixed.apps.get_mut(&key) {
                    result.reads = reader.into_reads();
                }
            }
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

    /// The Application that was met first under a key, and the set that made it.
    fn known(&self, key: &AppKey) -> Option<Option<(Node, Option<MadeBy>)>> {
        let first = |app: &App| Some((app.application()?.node.clone(), app.made_by.clone()));
        if let Some((app, _)) = self.pending.get(key) {
            return Some(first(app));
        }
        self.fixed.apps.get(key).map(|result| result.app.as_ref().and_then(first))
    }

    fn met_again(
        &mut self,
        key: &AppKey,
        first: Option<(Node, Option<MadeBy>)>,
        again: &Application,
        parent: &App,
        made_by: Option<&MadeBy>,
        tree_name: &Arc<str>,
    ) {
        let spec = |node: &Node| node.get("spec").cloned();
        // An Application that failed the first time fails again: it has been told.
        let Some((first, first_by)) = first else { return };
        let name = |node: &Node| crate::config::origin_of(node, &["metadata", "name"]);
        let diagnostic = match (&first_by, made_by) {
            // Argo CD finds that out only when one of the two sets takes the Application from the other.
            (Some(one), Some(other)) if one.set != other.set => {
                let message = format!("two ApplicationSets make an Application `{tree_name}`");
                let same = spec(&first) == spec(&again.node);
                let severity = if same { Severity::Warning } else { Severity::Error };
                let told = Diagnostic::new(Code::DUPLICATE_APPLICATION, severity, message)
                    .at(name(&again.node), format!("made by {}", set_name(&other.set)))
                    .also(name(&first), format!("made by {}", set_name(&one.set)))
                    .hint(
                        "it is that set's which comes first; the other fails: put what tells them apart into the name",
                    );
                if same {
                    // Whichever comes first, what it deploys is the same.
                    let told = self.about(None, tree_name, told.into());
                    return self.fixed.diagnostics.extend(told);
                }
                told
            }
            _ if spec(&first) == spec(&again.node) => return,
            _ => {
                let message = format!("two different Applications are called `{tree_name}`");
                let by = made_by.map_or_else(|| maker_of(parent), |made| format!("made by {}", set_name(&made.set)));
                Diagnostic::error(Code::DUPLICATE_APPLICATION, message)
                    .at(name(&again.node), by)
                    .also(name(&first), "first met here")
                    .hint("Argo CD would switch between the two at every sync: give one another name")
            }
        };
        let held = Held { code: diagnostic.code, reason: diagnostic.message.clone() };
        let cluster = self.fixed.apps.get(key).and_then(|r| r.cluster);
        let diagnostics = self.about(cluster, tree_name, diagnostic.into());
        self.fixed.diagnostics.extend(diagnostics);
        match self.pending.remove(key) {
            Some((app, _)) => {
                let unit = Unit { failed: true, ..Unit::default() };
                self.done(app, unit, &mut std::iter::empty());
                self.fixed.apps.entry(key.clone()).and_modify(|r| r.held = Some(held));
            }
            None => self.fixed.hold(key, held),
        }
    }

    /// A set that an app made: its Applications are met one by one.
    fn application_set(&mut self, met: &Met, node: &Node, set: Set) {
        let name = node.str_at(&["metadata", "name"]).unwrap_or_default();
        let namespace = node.str_at(&["metadata", "namespace"]).map_or_else(|| Arc::clone(&met.namespace), Into::into);
        let key = AppKey::ApplicationSet { hub: met.hub, namespace, name: name.into() };
        let tree_name = applications::tree_name(self.fleet, &key);
        if let Some(first) = self.sets.get(&key) {
            if first.get("spec") == node.get("spec") {
                return;
            }
            let at = |node: &Node| crate::config::origin_of(node, &["metadata", "name"]);
            let message = format!("two different ApplicationSets are called `{name}`");
            let diagnostic = Diagnostic::error(Code::DUPLICATE_APPLICATION, message)
                .at(at(node), maker_of(met.parent))
                .also(at(first), "first met here")
                .hint("Argo CD would switch between the two at every sync: give one another name");
            let held = Held { code: diagnostic.code, reason: diagnostic.message.clone() };
            let diagnostics = self.about(None, &tree_name, diagnostic.into());
            self.fixed.diagnostics.extend(diagnostics);
            return self.fixed.hold(&key, held);
        }
        if self.part.is_some_and(|part| !part.wants(self.fleet, &key, None)) {
            return;
        }
        self.sets.insert(key.clone(), node.clone());
        let Set { mut diagnostics, expanded, reads } = set;
        let parent = Some(met.parent.key.clone());
        let failed = expanded.as_ref().is_none_or(|expanded| expanded.aborted.is_some());
        // Where a template made the set, its own places are lost.
        let placed = |d: Diagnostic| match d.primary {
            Some(_) => d,
            None => d.at(met.parent.declared_at, maker_of(met.parent)),
        };
        diagnostics = diagnostics.into_iter().map(placed).collect();
        if failed {
            self.held(key.clone(), None, tree_name, parent, diagnostics);
            if let Some(result) = self.fixed.apps.get_mut(&key) {
                result.reads = reads;
            }
            return;
        }
        let diagnostics = self.about(None, &tree_name, diagnostics);
        self.fixed.diagnostics.extend(diagnostics);
        let result = AppResult {
            app: None,
            cluster: None,
            tree_name,
            parent,
            held: None,
            objects: Vec::new(),
            patched: Vec::new(),
            reads,
            rank: 0,
        };
        self.fixed.apps.insert(key.clone(), result);
        let Expanded { applications, refused, .. } = expanded.unwrap_or_default();
        for refused in refused {
            // It has been told; what it made before stays.
            let namespace = Arc::clone(&met.namespace);
            let own = AppKey::Application { hub: met.hub, namespace, name: refused.name.as_str().into() };
            let tree_name = applications::tree_name(self.fleet, &own);
            let reason = Diagnostic::error(Code::INVALID_APPLICATION_SET, refused.text);
            let held = held_by(&reason.into());
            self.held(own.clone(), None, tree_name, Some(key.clone()), Diagnostics::new());
            self.fixed.hold(&own, held);
        }
        for generated in applications {
            let node = generated.node.clone();
            let made_by = MadeBy { set: key.clone(), generated: Arc::new(generated) };
            self.application(met, &node, Some(made_by));
        }
    }
}

/// An ApplicationSet that an app made.
struct Set {
    /// What was found.
    diagnostics: Diagnostics,
    /// What it makes; none if it can't be read.
    expanded: Option<Expanded>,
    /// What its generators read.
    reads: Reads,
}

impl Set {
    fn expand(fleet: &Fleet, run: &Run, hub: ClusterId, node: &Node) -> Self {
        let (set, mut diagnostics) = ApplicationSet::from_node(node);
        let reader = Reader::new(run.world);
        let mut expanded = set.map(|set| application_sets::expand(fleet, &set, hub, &reader));
        if let Some(expanded) = &mut expanded {
            let told = std::mem::take(&mut expanded.diagnostics).into_iter();
            // Labels that no cluster carries switch sets off: only who checks wants to be asked whether that is meant.
            diagnostics.extend(told.filter(|d| run.check || d.code != Code::GENERATES_NOTHING));
        }
        Self { diagnostics, expanded, reads: reader.into_reads() }
    }
}

/// A set, as people call it.
fn set_name(key: &AppKey) -> String {
    match key {
        AppKey::ApplicationSet { name, .. } => format!("the set `{name}`"),
        _ => String::new(),
    }
}

/// What made an Application, as people call it.
fn maker_of(parent: &App) -> String {
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
        AppKey::ApplicationSet { hub, namespace, name: set } => {
            format!("{}/{namespace}/applicationset/{set}", name(hub))
        }
    }
}
