//! One app rendered: its sources made into finished objects.

use std::sync::Arc;

use ecow::EcoString;

use super::Run;
use super::patches::{self, Patched};
use super::projects;
use crate::argocd;
use crate::argocd::app_project::AppProject;
use crate::check::schema::check_object;
use crate::config::cluster::Cluster;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::kube::{ObjectId, Scope, SyncTask, scope};
use crate::plan::{App, AppSource};
use crate::provenance::Recorder;
use crate::render::{self, Engine, Env, Manifest, jinja};
use crate::source::Origin;
use crate::tree::Text;
use crate::world::{FilePath, Reader, Reads};
use crate::yaml::{self, Entry, Map, Node, Value};

/// A finished object: canonical bytes and what it is called.
#[derive(Clone, Debug)]
pub struct Object {
    /// What it is called; its namespace is the one it goes to.
    pub id: ObjectId,
    /// Its bytes.
    pub text: Text,
    /// The file it stands in; none if Terrace made it.
    pub file: Option<FilePath>,
    /// Where it starts in it; transient where a template made it.
    pub origin: Origin,
    /// When it is synced.
    pub tasks: Vec<SyncTask>,
    /// Whether its namespace rests on the guess that an unknown kind is namespaced.
    pub scope: Option<Scope>,
}

/// What an app made for Argo CD: Applications and ApplicationSets, AppProjects, Argo CD's settings, and Secrets that declare
/// repositories.
#[derive(Clone, Debug)]
pub struct Made {
    /// What it is called.
    pub id: ObjectId,
    /// The manifest.
    pub node: Node,
}

/// What rendering an app gave.
#[derive(Debug, Default)]
pub struct Unit {
    /// The objects that go to the tree.
    pub objects: Vec<Object>,
    /// What patches changed.
    pub patched: Vec<Patched>,
    /// What is to be expanded.
    pub made: Vec<Made>,
    /// The group and kind of each type that it defines, and its scope.
    pub defines: Vec<(EcoString, EcoString, Scope)>,
    /// What was found. With an error of rendering among them the app is held.
    pub diagnostics: Diagnostics,
    /// Whether the app can't be written.
    pub failed: bool,
    /// What was read.
    pub reads: Reads,
}

/// The manifests of an app.
#[derive(Debug, Default)]
pub struct Manifests {
    /// In the order of the sources.
    pub manifests: Vec<Manifest>,
    /// What patches changed.
    pub patched: Vec<Patched>,
    /// What was found. With an error among them the manifests aren't whole.
    pub diagnostics: Diagnostics,
    /// What was read.
    pub reads: Reads,
}

/// Renders an app. Where a template's output has findings it is rendered once more, recording, so that they point at
/// the template.
pub fn unit(run: &Run, app: &App, cluster: &Cluster) -> Unit {
    let quick = attempt(run, app, cluster, &Recorder::off());
    if quick.diagnostics.iter().any(|d| d.primary.is_none()) {
        return attempt(run, app, cluster, &Recorder::recording());
    }
    quick
}

/// The manifests of an app, namespaced and patched but not yet finished, with the recorder's steps.
pub fn manifests(run: &Run, app: &App, cluster: &Cluster, recorder: &Recorder) -> Manifests {
    let reader = Reader::new(run.world);
    let context = jinja::Context::new(app.context.to_vec());
    let env = Env {
        reader: &reader,
        jinja: run.jinja,
        helm: run.helm,
        kustomize: run.kustomize,
        context: &context,
        recorder,
        lint: run.check,
    };
    let mut manifests = Vec::new();
    let mut diagnostics = Diagnostics::new();
    let read_for = if app.layer().is_some() { "read for this layer" } else { "read for this source" };
    for AppSource { dir, engine, origin, .. } in &app.sources {
        let source = render::Source { dir: dir.clone(), engine: engine.clone() };
        let rendered = render::render(&source, &env);
        manifests.extend(rendered.objects);
        let is_text_engine = match engine {
            Engine::Plain(options) => options.templates,
            Engine::Helm(_) => true,
            Engine::Kustomize(_) => false,
        };
        // What a text engine's output has wrong gets its place when it is rendered again, recording.
        let named_here = |d: Diagnostic| match d.primary {
            None if recorder.on() || !is_text_engine => d.at(*origin, read_for),
            _ => d,
        };
        diagnostics.extend(rendered.diagnostics.into_iter().map(named_here));
    }
    for manifest in &mut manifests {
        if let Some(id) = ObjectId::of(&manifest.node) {
            let known = known_scope(cluster, &id);
            namespace(&mut manifest.node, app, known, recorder);
        }
    }
    let mut patched = Vec::new();
    if !diagnostics.has_errors() {
        let (changed, problems) = patches::apply(app, cluster, &mut manifests, recorder, run.world.sources());
        diagnostics.extend(problems);
        patched = changed;
    }
    Manifests { manifests, patched, diagnostics, reads: reader.into_reads() }
}

fn attempt(run: &Run, app: &App, cluster: &Cluster, recorder: &Recorder) -> Unit {
    let Manifests { manifests, patched, diagnostics, reads } = manifests(run, app, cluster, recorder);
    let mut unit = Unit { failed: diagnostics.has_errors(), patched, diagnostics, reads, ..Unit::default() };
    if unit.failed {
        return unit;
    }
    let version = cluster.kube_version.clone().unwrap_or_default();
    for manifest in manifests {
        let Some(id) = ObjectId::of(&manifest.node) else { continue };
        if run.check {
            let mut findings = check_object(run.schemas, &version, &manifest.node);
            let object: Arc<str> = id.to_string().into();
            findings.iter_mut().for_each(|d| d.subject.object = Some(Arc::clone(&object)));
            unit.diagnostics.extend(findings);
        }
        if id.group == argocd::GROUP && matches!(id.kind.as_str(), "Application" | "ApplicationSet") {
            if run.keep_applications {
                push(&mut unit, finish(cluster, id.clone(), &manifest));
            }
            unit.made.push(Made { id, node: manifest.node });
            continue;
        }
        if projects::counts(&id, &manifest.node) {
            if run.check && id.kind == "AppProject" {
                let findings = lint(&manifest.node);
                unit.diagnostics.extend(findings);
            }
            unit.made.push(Made { id: id.clone(), node: manifest.node.clone() });
        }
        unit.defines.extend(defines(&manifest.node, &id));
        push(&mut unit, finish(cluster, id, &manifest));
    }
    unit
}

/// What is wrong with a project.
fn lint(node: &Node) -> Diagnostics {
    let (project, mut findings) = AppProject::from_node(node);
    findings.extend(project.iter().flat_map(AppProject::validate));
    findings
}

fn finish(cluster: &Cluster, id: ObjectId, manifest: &Manifest) -> Option<Object> {
    let tasks = SyncTask::of(0, &manifest.node);
    if tasks.is_empty() && !is_argo_hook(&manifest.node) {
        return None;
    }
    Some(Object {
        scope: known_scope(cluster, &id),
        id,
        text: yaml::emit(&manifest.node).into(),
        file: Some(manifest.file.clone()),
        origin: manifest.node.origin,
        tasks,
    })
}

/// Hooks that Argo CD itself honours though no sync applies them (`PostDelete`) stay; `Skip` and Helm's own don't.
fn is_argo_hook(object: &Node) -> bool {
    object.str_at(&["metadata", "annotations", "argocd.argoproj.io/hook"]).is_some_and(|hook| hook.trim() != "Skip")
}

/// Adds an object. An earlier one of the same name in the same app gives way, with a warning, as in Argo CD.
fn push(unit: &mut Unit, object: Option<Object>) {
    let Some(object) = object else { return };
    let same = |other: &Object| same_object(&other.id, &object.id);
    if let Some(earlier) = unit.objects.iter_mut().find(|o| !o.id.generated && same(o)) {
        let message = format!("`{}` is made twice by this app: the last one counts", object.id);
        let mut diagnostic = Diagnostic::warning(Code::REPEATED_OBJECT, message)
            .at(object.origin, "made again")
            .also(earlier.origin, "first made here");
        diagnostic.subject.object = Some(object.id.to_string().into());
        unit.diagnostics.push(diagnostic);
        *earlier = object;
    } else {
        unit.objects.push(object);
    }
}

/// Whether two ids name one object of a cluster: the version doesn't matter.
pub fn same_object(a: &ObjectId, b: &ObjectId) -> bool {
    a.group == b.group && a.kind == b.kind && a.namespace == b.namespace && a.name == b.name
}

/// What is known of a kind's scope without looking at the tree.
pub fn known_scope(cluster: &Cluster, id: &ObjectId) -> Option<Scope> {
    scope(&id.group, &id.kind).or_else(|| {
        let key = (id.group.to_string(), id.kind.to_string());
        let namespaced = cluster.api_resources.namespaced.get(&key)?;
        Some(if *namespaced { Scope::Namespaced } else { Scope::Cluster })
    })
}

/// Gives a namespaced object (or one of unknown scope) that names no namespace the app's, and takes a cluster-wide one's
/// away, as Argo CD does.
pub fn namespace(node: &mut Node, app: &App, scope: Option<Scope>, recorder: &Recorder) {
    let Some(map) = node.as_map_mut() else { return };
    let Some(metadata) = map.get_mut("metadata") else { return };
    let Some(metadata) = metadata.as_map_mut() else { return };
    let named = metadata.get("namespace").and_then(Node::as_str).is_some_and(|n| !n.is_empty());
    match (scope, &app.namespace) {
        (Some(Scope::Cluster), _) => {
            metadata.remove("namespace");
        }
        (_, Some(namespace)) if !named => {
            let origin = recorder.step("is the namespace of the app, set by", app.namespace_at, Origin::NONE);
            let value = Node::new(EcoString::from(&**namespace), origin);
            metadata.insert("namespace", origin, value);
        }
        _ => {}
    }
}

/// The type that a CustomResourceDefinition defines.
fn defines(node: &Node, id: &ObjectId) -> Option<(EcoString, EcoString, Scope)> {
    if id.kind != "CustomResourceDefinition" {
        return None;
    }
    let text = |keys: &[&str]| node.str_at(keys).map(EcoString::from);
    let scope = match node.str_at(&["spec", "scope"])? {
        "Cluster" => Scope::Cluster,
        _ => Scope::Namespaced,
    };
    Some((text(&["spec", "group"])?, text(&["spec", "names", "kind"])?, scope))
}

/// Takes the namespace of an object away, whose kind turned out to be cluster-wide.
pub fn clear_namespace(object: &mut Object) {
    object.scope = Some(Scope::Cluster);
    if object.id.namespace.is_empty() {
        return;
    }
    object.id.namespace = EcoString::new();
    object.tasks.iter_mut().for_each(|task| task.id.namespace = EcoString::new());
    let parsed = yaml::parse(crate::source::FileId::NONE, &object.text.get(), yaml::Dialect::Kubernetes);
    let Some(mut node) = parsed.documents.into_iter().next().map(|d| d.node) else { return };
    if let Some(metadata) = node.as_map_mut().and_then(|m| m.get_mut("metadata")).and_then(Node::as_map_mut) {
        metadata.remove("namespace");
    }
    object.text = yaml::emit(&node).into();
}

/// The Namespace of `CreateNamespace=true`, with the labels and annotations of `managedNamespaceMetadata`.
pub fn created_namespace(app: &App, name: &str) -> Option<Object> {
    let pairs = |entries: Vec<(&str, Node)>| -> Node {
        let entries = entries.into_iter();
        let map: Map = entries.map(|(k, value)| Entry { key: k.into(), key_origin: Origin::NONE, value }).collect();
        Node::made(Value::Map(map))
    };
    let managed = app.application().and_then(|a| a.node.at(&["spec", "syncPolicy", "managedNamespaceMetadata"]));
    let mut metadata = vec![("name", Node::made(name))];
    for key in ["labels", "annotations"] {
        if let Some(found) = managed.and_then(|m| m.get(key)).filter(|m| m.as_map().is_some_and(|m| !m.is_empty())) {
            metadata.push((key, found.clone()));
        }
    }
    let node =
        pairs(vec![("apiVersion", Node::made("v1")), ("kind", Node::made("Namespace")), ("metadata", pairs(metadata))]);
    Some(Object {
        id: ObjectId::of(&node)?,
        text: yaml::emit(&node).into(),
        file: None,
        origin: app.declared_at,
        tasks: SyncTask::of(0, &node),
        scope: Some(Scope::Cluster),
    })
}
