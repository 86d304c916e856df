//! Projects: what Argo CD would refuse to sync because an AppProject forbids it.
//!
//! Projects come out of whatever is applied to a hub, and so are known only when every app is rendered. An Application that
//! its project forbids is held, as Argo CD holds it: what was synced last stays. What the projects of a hub say counts only
//! where one is declared: a repository without any leaves them to somebody else.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Run;
use super::assemble::{GIVEN_NAMESPACES, find};
use super::fixpoint::Fixed;
use crate::argocd::app_project::{AppProject, DEFAULT, Destination};
use crate::argocd::application::Application;
use crate::argocd::{GROUP, IN_CLUSTER, IN_CLUSTER_SERVER, cluster_secret};
use crate::check::project::{self, Place};
use crate::config::cluster::{Cluster, Declared as ClusterDeclared};
use crate::config::selector::Selector;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::kube::{ObjectId, Scope};
use crate::plan::fleet::Fleet;
use crate::plan::{App, AppKey, ClusterId};
use crate::source::{FileId, Origin};
use crate::yaml::{self, Dialect, Node};

/// Something that says which projects there are, and what they permit: an AppProject, Argo CD's settings, a Secret that
/// declares a repository.
#[derive(Clone, Debug)]
pub struct Declaration {
    /// The cluster that it is applied to.
    pub hub: ClusterId,
    /// The namespace that it goes to, if it names none.
    pub namespace: Arc<str>,
    /// The app that made it.
    pub maker: AppKey,
    /// What it is called.
    pub id: ObjectId,
    /// The manifest.
    pub node: Node,
}

/// Argo CD's settings.
const SETTINGS: &str = "argocd-cm";

/// Whether an object says something of projects.
pub fn counts(id: &ObjectId, node: &Node) -> bool {
    match (id.group.as_str(), id.kind.as_str()) {
        (GROUP, "AppProject") => true,
        ("", "ConfigMap") => id.name == SETTINGS,
        ("", "Secret") => node.str_at(&["metadata", "labels", cluster_secret::SECRET_TYPE]) == Some("repository"),
        _ => false,
    }
}

/// A project as it counts: with its own repositories and clusters, and what global projects add.
struct Project<'a> {
    /// None if it can't be read: then nothing is known of it.
    typed: Option<AppProject>,
    declared: &'a Declaration,
}

/// What is declared on a hub.
#[derive(Default)]
struct Hub<'a> {
    projects: BTreeMap<String, Project<'a>>,
    /// Whether an app of the hub is held: it may declare further ones.
    partial: bool,
}

/// Holds the Applications that their projects forbid, and tells why.
pub fn check(fleet: &Fleet, fixed: &mut Fixed, run: &Run) {
    let hubs = hubs(fleet, fixed);
    let mut findings: Vec<(AppKey, Diagnostics)> = Vec::new();
    for (key, result) in &fixed.apps {
        let AppKey::Application { hub, namespace, .. } = key else { continue };
        let Some((hub_id, hub)) = hubs.get_key_value(hub) else { continue };
        let Some(app) = result.app.as_ref().filter(|_| result.held.is_none()) else { continue };
        let Some(application) = app.application() else { continue };
        let judge = Judge { fleet, fixed, run, hub_id: *hub_id, hub, key, app, application, namespace };
        let told = judge.findings();
        if !told.is_empty() {
            let cluster = fleet.clusters.get(app.cluster).map(|c| Arc::clone(&c.name));
            let told = told.into_iter().map(|d| d.about(cluster.as_ref(), Some(&app.tree_name)));
            findings.push((key.clone(), told.collect()));
        }
    }
    drop(hubs);
    for (key, told) in findings {
        if told.has_errors() {
            fixed.hold(&key, super::fixpoint::held_by(&told));
        }
        fixed.diagnostics.extend(told);
    }
}

/// The projects of each hub that has any.
fn hubs<'a>(fleet: &Fleet, fixed: &'a Fixed) -> BTreeMap<ClusterId, Hub<'a>> {
    let own = fleet.spec.argocd.namespace.as_str();
    let declared = fixed.projects.iter().filter(|d| match d.id.namespace.as_str() {
        "" => *d.namespace == *own,
        namespace => namespace == own,
    });
    let declared: Vec<&Declaration> = declared.collect();
    let mut hubs: BTreeMap<ClusterId, Hub> = BTreeMap::new();
    for found in declared.iter().filter(|d| d.id.kind == "AppProject") {
        let typed = AppProject::from_node(&found.node).0;
        let project = Project { typed, declared: found };
        // A second one of the name is told as an object with two owners.
        hubs.entry(found.hub).or_default().projects.entry(found.id.name.to_string()).or_insert(project);
    }
    for (id, hub) in &mut hubs {
        let here = || declared.iter().filter(|d| d.hub == *id);
        for project in hub.projects.values_mut().filter_map(|p| p.typed.as_mut()) {
            add_own(project, fleet, here().filter(|d| d.id.kind == "Secret").copied());
        }
        here().filter(|d| d.id.kind == "ConfigMap").for_each(|settings| add_global(hub, &settings.node));
        hub.partial = fixed.apps.iter().any(|(key, result)| {
            let lives = matches!(key, AppKey::Application { hub, .. } | AppKey::Root { hub, .. } if hub == id);
            result.held.is_some() && (lives || result.cluster == Some(*id))
        });
    }
    hubs
}

/// Repositories and clusters that are scoped to a project are permitted in it (util/argo/argo.go, `GetAppProjectByName`).
fn add_own<'a>(project: &mut AppProject, fleet: &Fleet, secrets: impl Iterator<Item = &'a Declaration>) {
    let name = project.name.0.clone();
    for secret in secrets {
        let field = |key| cluster_secret::field(&secret.node, key).ok().flatten();
        if field("project").is_some_and(|project| project == name) {
            project.source_repos.items.extend(field("url").map(|url| (url, secret.node.origin)));
        }
    }
    for cluster in fleet.clusters.iter().filter(|c| c.project.as_deref() == Some(&name)) {
        let all = ["*".to_owned()];
        let namespaces = if cluster.namespaces.is_empty() { all.as_slice() } else { &cluster.namespaces };
        let destination = |namespace: &String| Destination {
            server: cluster.server.clone().unwrap_or_default(),
            name: String::new(),
            namespace: namespace.clone(),
            origin: cluster.origin,
        };
        project.destinations.items.extend(namespaces.iter().map(destination));
    }
}

/// `globalProjects` of Argo CD's settings: projects that add to those whose labels match (`GetGlobalProjects`).
fn add_global(hub: &mut Hub, settings: &Node) {
    let Some(text) = settings.str_at(&["data", "globalProjects"]) else { return };
    let list = yaml::parse(FileId::NONE, text, Dialect::Kubernetes).into_first();
    for entry in list.as_seq().unwrap_or_default() {
        let global = entry.str_at(&["projectName"]).unwrap_or_default();
        let selector = entry.get("labelSelector").map_or(serde_json::json!({}), Node::to_json_value);
        let Ok(selector) = serde_json::from_value::<Selector>(selector) else { break };
        let Some(global) = hub.projects.get(global).and_then(|p| p.typed.clone()) else { continue };
        for project in hub.projects.values_mut().filter_map(|p| p.typed.as_mut()) {
            if project.name.0 != global.name.0 && selector.matches(&project.labels) {
                project.merge(&global);
            }
        }
    }
}

/// One Application before its project.
struct Judge<'a> {
    fleet: &'a Fleet,
    fixed: &'a Fixed,
    run: &'a Run<'a>,
    hub_id: ClusterId,
    hub: &'a Hub<'a>,
    key: &'a AppKey,
    app: &'a App,
    application: &'a Application,
    /// The namespace that it lives in.
    namespace: &'a str,
}

impl Judge<'_> {
    fn findings(&self) -> Diagnostics {
        let name = self.application.project.as_str();
        let Some(project) = self.hub.projects.get(name) else {
            // Argo CD makes the default project, which permits everything.
            let unknown = name != DEFAULT && !self.hub.partial;
            return unknown.then(|| self.unknown(name)).into_iter().collect();
        };
        let Some(typed) = &project.typed else { return Diagnostics::new() };
        let found = self.forbidden(typed, &self.application.node);
        // Where a template made one of the two, it is made once more, recording, for the places.
        let placed = |diagnostic: &Diagnostic| diagnostic.primary.is_some() && !diagnostic.secondary.is_empty();
        if found.iter().all(placed) {
            return found;
        }
        let typed = self.placed(project).unwrap_or_else(|| typed.clone());
        self.forbidden(&typed, &self.recorded().unwrap_or_else(|| self.application.node.clone()))
    }

    /// The project, with the places where its fields stand.
    fn placed(&self, project: &Project) -> Option<AppProject> {
        let Declaration { maker, id, node, .. } = project.declared;
        if node.origin.file.is_real() {
            return None;
        }
        let found = find(self.fleet, self.fixed, self.run, maker, id)?;
        let typed = project.typed.as_ref()?;
        let (again, _) = AppProject::from_node(&found);
        // What others add to it comes behind its own.
        let mut again = again?;
        let own = again.clone();
        extend(&mut again.source_repos.items, &typed.source_repos.items, own.source_repos.items.len());
        extend(&mut again.destinations.items, &typed.destinations.items, own.destinations.items.len());
        extend(&mut again.cluster_whitelist.items, &typed.cluster_whitelist.items, own.cluster_whitelist.items.len());
        extend(&mut again.cluster_blacklist.items, &typed.cluster_blacklist.items, own.cluster_blacklist.items.len());
        let blacklist = own.namespace_blacklist.items.len();
        extend(&mut again.namespace_blacklist.items, &typed.namespace_blacklist.items, blacklist);
        if let Some(all) = &typed.namespace_whitelist {
            let count = own.namespace_whitelist.as_ref().map_or(0, |list| list.items.len());
            extend(&mut again.namespace_whitelist.get_or_insert_default().items, &all.items, count);
        }
        Some(again)
    }

    /// The Application's manifest, with the places where its fields stand.
    fn recorded(&self) -> Option<Node> {
        let node = &self.application.node;
        if node.origin.file.is_real() {
            return None;
        }
        let id = ObjectId { namespace: self.namespace.into(), ..ObjectId::of(node)? };
        find(self.fleet, self.fixed, self.run, self.app.parent.as_ref()?, &id)
    }

    fn unknown(&self, name: &str) -> Diagnostic {
        let node = self.recorded().unwrap_or_else(|| self.application.node.clone());
        let at = crate::config::origin_of(&node, &["spec", "project"]);
        let hub = self.fleet.clusters.get(self.hub_id).map_or("", |c| &c.name);
        let known = self.hub.projects.keys().map(String::as_str);
        let message = format!("no AppProject `{name}` is declared on `{hub}`, though others are");
        Diagnostic::warning(Code::UNKNOWN_PROJECT, message)
            .at(at, "Argo CD syncs nothing without it")
            .did_you_mean(name, known)
            .hint("declare it beside the others, unless it is made elsewhere")
    }

    /// Everything that the project forbids.
    fn forbidden(&self, project: &AppProject, node: &Node) -> Diagnostics {
        let at = |keys: &[&str]| crate::config::origin_of(node, keys);
        let mut told = Diagnostics::new();
        let own = self.fleet.spec.argocd.namespace.as_str();
        let named = match node.at(&["metadata", "namespace"]) {
            Some(namespace) => namespace.origin,
            None => at(&["metadata", "name"]),
        };
        told.extend(project::namespace(project, self.namespace, own, named));
        let urls = repositories(node);
        told.extend(project::sources(project, urls.iter().map(|(url, at)| (url.as_str(), *at))));
        let scoped = self.scoped(&project.name.0);
        let place = self.place(&scoped);
        let goes_to = &self.application.destination;
        let namespace = goes_to.namespace.as_deref().unwrap_or_default();
        let by = if goes_to.name.is_some() { "name" } else { "server" };
        let shown = goes_to.name.as_deref().or(goes_to.server.as_deref()).unwrap_or_default();
        let destination = project::destination(project, &place, shown, namespace, at(&["spec", "destination", by]));
        if self.app.create_namespace && !namespace.is_empty() {
            let at = at(&["spec", "destination", "namespace"]);
            let warning = project::created_namespace(project, namespace, at);
            told.extend(warning.filter(|_| !self.is_declared(namespace)));
        }
        // Where nothing may go there, each object would say so again.
        let closed = destination.is_some();
        told.extend(destination);
        if !closed {
            self.objects(project, &place, &mut told);
        }
        told
    }

    fn objects(&self, project: &AppProject, place: &Place, told: &mut Diagnostics) {
        let Some(result) = self.fixed.apps.get(self.key) else { return };
        // What no sync applies is not asked for.
        let objects = result.objects.iter().filter(|o| !o.tasks.is_empty()).map(|o| (&o.id, o.scope, o.origin));
        let children = self.fixed.children.get(self.key).into_iter().flatten();
        let children = children.map(|(id, origin)| (id, Some(Scope::Namespaced), *origin));
        for (id, scope, origin) in objects.chain(children) {
            let Some(forbidden) = project::object(project, place, id, scope) else { continue };
            let origin = match origin.file.is_real() {
                true => origin,
                false => find(self.fleet, self.fixed, self.run, self.key, id).map_or(origin, |node: Node| node.origin),
            };
            let mut diagnostic = forbidden.told(origin).also(self.declared(), "made by this Application");
            diagnostic.subject.object = Some(id.to_string().into());
            told.push(diagnostic);
        }
    }

    /// Whether a namespace of the app's cluster is given, or made by any app.
    fn is_declared(&self, namespace: &str) -> bool {
        let is_it = |id: &ObjectId| id.kind == "Namespace" && id.group.is_empty() && id.name == namespace;
        let here = self.fixed.apps.values().filter(|result| result.cluster == Some(self.app.cluster));
        GIVEN_NAMESPACES.contains(&namespace) || here.flat_map(|result| &result.objects).any(|o| is_it(&o.id))
    }

    fn declared(&self) -> Origin {
        self.app.declared_at
    }

    /// The clusters that are scoped to a project.
    fn scoped(&self, project: &str) -> Vec<(&str, &str)> {
        let clusters = self.fleet.clusters.iter().filter(|c| c.project.as_deref() == Some(project));
        clusters.map(|c| (&*c.name, c.server.as_deref().unwrap_or_default())).collect()
    }

    /// The cluster as the Argo CD of the hub knows it. To itself it is `in-cluster`, unless a Secret gives it another name.
    fn place<'p>(&'p self, scoped: &'p [(&'p str, &'p str)]) -> Place<'p> {
        let goes_to = &self.application.destination;
        let server = goes_to.server.as_deref().map(|server| server.trim_end_matches('/'));
        if server == Some(IN_CLUSTER_SERVER) || goes_to.name.as_deref() == Some(IN_CLUSTER) {
            let named = |c: &&Cluster| c.server.as_deref() == Some(IN_CLUSTER_SERVER);
            let declared = self.fleet.clusters.iter().filter(|c| c.declared == ClusterDeclared::Secret).find(named);
            let name = declared.map_or(IN_CLUSTER, |c| &c.name);
            return Place { name: Some(name), server: Some(IN_CLUSTER_SERVER), scoped };
        }
        let cluster = self.fleet.clusters.get(self.app.cluster);
        let assumed = cluster.is_some_and(|c| c.declared == ClusterDeclared::Assumed);
        let name = cluster.map(|c| &*c.name).filter(|_| !assumed || goes_to.name.is_some());
        let server = cluster.and_then(|c| c.server.as_deref()).map(|server| server.trim_end_matches('/'));
        Place { name, server, scoped }
    }
}

/// Puts behind the own items of a list what was added to it.
fn extend<T: Clone>(own: &mut Vec<T>, all: &[T], count: usize) {
    own.extend(all.get(count..).unwrap_or_default().iter().cloned());
}

/// The repositories that an Application's project has to permit (util/argo/argo.go, `ValidatePermissions`).
fn repositories(node: &Node) -> Vec<(String, Origin)> {
    let url = |source: &Node| source.get("repoURL").and_then(|url| Some((url.as_str()?.to_owned(), url.origin)));
    let Some(spec) = node.get("spec") else { return Vec::new() };
    if let Some(hydrator) = spec.get("sourceHydrator").filter(|h| h.as_map().is_some()) {
        let dry = hydrator.get("drySource").and_then(url);
        let sync = hydrator.get("syncSource").and_then(url).filter(|sync| dry.as_ref().map(|d| &d.0) != Some(&sync.0));
        return dry.into_iter().chain(sync.filter(|(url, _)| !url.is_empty())).collect();
    }
    let many = spec.get("sources").and_then(Node::as_seq).unwrap_or_default();
    if many.is_empty() {
        spec.get("source").and_then(url).into_iter().collect()
    } else {
        many.iter().filter_map(url).collect()
    }
}
