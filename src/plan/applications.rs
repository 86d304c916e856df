//! Applications made into apps: where they go, and what their sources are.

use std::sync::Arc;

use super::application_sources::Sources;
use super::fleet::Fleet;
use super::patches::Patches;
use super::{App, AppKey, AppOrigin, AppSource, ClusterId};
use crate::argocd::application::Application;
use crate::argocd::{destination, hydrator};
use crate::config::cluster::{Cluster, Declared};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::render::helm::options::Options;
use crate::render::{Engine, plain};
use crate::source::Origin;
use crate::world::{EntryKind, FilePath, Reader, Reads, normalize, parent};

/// How deep apps may make apps. Names without end are the only way there.
pub const MAX_DEPTH: usize = 50;

/// Where an Application was met.
pub struct Met<'a> {
    /// The hub it lives in: the cluster that it would be applied to.
    pub hub: ClusterId,
    /// The app that made it.
    pub parent: &'a App,
    /// The namespace of those that name none.
    pub namespace: Arc<str>,
}

/// The key of an Application.
pub fn key(application: &Application, met: &Met) -> AppKey {
    let namespace = application.namespace.as_deref().map_or_else(|| Arc::clone(&met.namespace), Into::into);
    AppKey::Application { hub: met.hub, namespace, name: application.name.as_str().into() }
}

/// The name that an app has in its cluster's tree. That of a root has a `_` in it, which no Application's has.
pub fn tree_name(fleet: &Fleet, key: &AppKey) -> Arc<str> {
    match key {
        AppKey::Application { namespace, name, .. } if !is_own_namespace(fleet, namespace) => {
            format!("{namespace}.{name}").into()
        }
        AppKey::Application { name, .. } | AppKey::Layer { name, .. } => Arc::clone(name),
        AppKey::ApplicationSet { name, .. } => format!("applicationset/{name}").into(),
        AppKey::Root { path, .. } => format!("root_{}", root_name(path)).into(),
    }
}

/// The last component of a root's path, without its ending.
fn root_name(path: &str) -> &str {
    let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    if stem.is_empty() { "root" } else { stem }
}

/// The name of a release, made of a directory's or a file's.
fn release_name(name: &str) -> String {
    const MOST: usize = 53;
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let name: String = name.chars().map(plain).take(MOST).collect();
    match name.trim_matches('-') {
        "" => "root".to_owned(),
        name => name.to_owned(),
    }
}

/// The cluster that an Application goes to. Where no cluster is declared at all, its destination is taken as one, with
/// a warning.
///
/// # Errors
/// Clusters are declared, and none answers.
pub fn cluster(
    fleet: &mut Fleet,
    application: &Application,
    hub: ClusterId,
) -> Result<(ClusterId, Option<Diagnostic>), Diagnostic> {
    let destination = &application.destination;
    let named = match destination::resolve(destination, hub, &fleet.clusters) {
        Ok(cluster) => return Ok((cluster, None)),
        Err(named) => named,
    };
    let by = if destination.name.is_some() { "name" } else { "server" };
    let at = crate::config::origin_of(&application.node, &["spec", "destination", by]);
    if fleet.declares_clusters() {
        let known: Vec<&str> = match by {
            "name" => fleet.clusters.iter().map(|c| &*c.name).collect(),
            _ => fleet.clusters.iter().filter_map(|c| c.server.as_deref()).collect(),
        };
        let message = format!("no declared cluster has the {by} `{named}`");
        return Err(Diagnostic::error(Code::UNKNOWN_DESTINATION, message)
            .at(at, "goes to this cluster")
            .did_you_mean(&named, known)
            .hint("declare it in a file of kind Cluster, or as an Argo CD cluster Secret"));
    }
    let name = named.strip_prefix("https://").unwrap_or(&named).trim_end_matches('/').to_owned();
    let mut assumed = Cluster::named(name.as_str(), Declared::Assumed, at);
    assumed.server = destination.server.clone();
    fleet.clusters.push(assumed);
    let message = format!("no cluster is declared: the destination `{named}` is taken as a cluster without labels");
    let warning = Diagnostic::warning(Code::ASSUMED_CLUSTER, message)
        .at(at, "first named here")
        .hint("declare clusters with `--clusters FILE`, or under `clusters` in terrace.yaml: a clusters generator selects by their labels");
    Ok((fleet.clusters.len() - 1, Some(warning)))
}

/// The app of an Application whose cluster is known, and warnings.
///
/// # Errors
/// Everything that is wrong with its sources.
pub fn app(
    fleet: &Fleet,
    application: Application,
    key: AppKey,
    cluster: ClusterId,
    parent: &App,
    reader: &Reader,
) -> Result<(App, Diagnostics), Diagnostics> {
    let tree_name = tree_name(fleet, &key);
    let namespace = match &key {
        AppKey::Application { namespace, .. } => Arc::clone(namespace),
        _ => fleet.spec.argocd.namespace.as_str().into(),
    };
    let Some(to) = fleet.clusters.get(cluster) else { return Err(Diagnostics::new()) };
    let finder =
        Sources { fleet, application: &application, namespace: &namespace, tree_name: &tree_name, cluster: to, reader };
    let (sources, mut warnings) = finder.find()?;
    warnings.extend(hydrated(&application));
    let at = |keys: &[&str]| crate::config::origin_of(&application.node, keys);
    let (declared_at, namespace_at) = (at(&["metadata", "name"]), at(&["spec", "destination", "namespace"]));
    let app = App {
        namespace_at,
        tree_name,
        key,
        cluster,
        namespace: application.destination.namespace.as_deref().map(Into::into),
        tenant: false,
        create_namespace: application.has_sync_option("CreateNamespace=true"),
        wave: application.wave,
        depends_on: Vec::new(),
        labels: application.labels.clone(),
        sources,
        context: Arc::default(),
        origin: AppOrigin::Application(Box::new(application)),
        parent: Some(parent.key.clone()),
        made_by: None,
        depth: parent.depth + 1,
        declared_at,
        layer_index: parent.layer_index,
        patches: Patches::default(),
        planning: Reads::default(),
    };
    Ok((app, warnings))
}

/// What Argo CD's hydrator writes for an Application, and where.
fn hydrated(application: &Application) -> Option<Diagnostic> {
    let hydrator = application.hydrator.as_ref()?;
    let (path, at) = &hydrator.path;
    let path = path.trim_matches('/');
    let files = hydrator::FILES.map(|file| format!("`{path}/{file}`")).join(", ");
    let message =
        format!("Argo CD hydrates this to the branch `{}` of `{}`: {files}", hydrator.branch, hydrator.repo_url);
    let note = Diagnostic::note(Code::SOURCE_HYDRATOR, message).at(*at, "everything in this directory is replaced");
    Some(match hydrator.branch == hydrator.sync_branch {
        true => note,
        false => note.hint(format!("it is synced from the branch `{}`, once it gets there", hydrator.sync_branch)),
    })
}

/// The directory at a path of a repository.
///
/// # Errors
/// The path leaves the repository, isn't there, or is a file.
pub fn directory(reader: &Reader, root: &FilePath, path: &str, at: Origin) -> Result<FilePath, Diagnostic> {
    let Some(normal) = normalize(path.trim_start_matches('/')) else {
        return Err(Diagnostic::error(Code::PATH_ESCAPES, format!("the path `{path}` leaves its repository"))
            .at(at, "leaves the repository"));
    };
    let dir = root.join(&normal).unwrap_or_else(|| root.clone());
    let what = match reader.kind(&dir) {
        Ok(Some(EntryKind::Directory)) => return Ok(dir),
        Ok(Some(EntryKind::File)) => "is a file, not a directory".to_owned(),
        Ok(Some(EntryKind::BadLink)) => {
            let why = reader.list(&dir).err().map(|e| e.to_string()).unwrap_or_default();
            return Err(Diagnostic::error(Code::PATH_ESCAPES, format!("the path `{path}` can't be followed: {why}"))
                .at(at, "this path"));
        }
        Ok(None) => "is not in its repository".to_owned(),
        Err(error) => {
            let code = if matches!(error, crate::world::ReadError::Escapes(_)) {
                Code::PATH_ESCAPES
            } else {
                Code::UNKNOWN_PATH
            };
            return Err(
                Diagnostic::error(code, format!("the path `{path}` can't be read: {error}")).at(at, "this path")
            );
        }
    };
    let above = FilePath::new(dir.tree, parent(&dir.path));
    let beside: Vec<String> = reader.list(&above).unwrap_or_default().into_iter().map(|e| e.name).collect();
    Err(Diagnostic::error(Code::UNKNOWN_PATH, format!("the path `{path}` {what}"))
        .at(at, "this path")
        .did_you_mean(dir.name(), beside.iter().map(String::as_str)))
}

/// What a directory is, where nobody says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detected {
    /// A chart: it has a `Chart.yaml`.
    Helm,
    /// A kustomization, even if it is a chart besides.
    Kustomize,
    /// Manifests.
    Plain,
}

/// What a directory is.
pub fn detect(reader: &Reader, dir: &FilePath) -> Detected {
    let has = |name: &str| dir.join(name).is_some_and(|p| matches!(reader.kind(&p), Ok(Some(EntryKind::File))));
    if ["kustomization.yaml", "kustomization.yml", "Kustomization"].into_iter().any(has) {
        Detected::Kustomize
    } else if has("Chart.yaml") {
        Detected::Helm
    } else {
        Detected::Plain
    }
}

/// Whether a namespace is the one that Argo CD runs in.
pub fn is_own_namespace(fleet: &Fleet, namespace: &str) -> bool {
    namespace == fleet.spec.argocd.namespace
}

/// The app of a root: a file or a directory, expanded on a hub.
///
/// # Errors
/// There is nothing at the path.
pub fn root(
    fleet: &Fleet,
    base: &FilePath,
    path: &str,
    at: Origin,
    hub: ClusterId,
    reader: &Reader,
) -> Result<App, Diagnostics> {
    let Some(normal) = normalize(path) else {
        return Err(Diagnostic::error(Code::PATH_ESCAPES, format!("the root `{path}` leaves the repository"))
            .at(at, "leaves the repository")
            .into());
    };
    let there = base.join(&normal).unwrap_or_else(|| base.clone());
    let key = AppKey::Root { hub, path: normal.as_str().into() };
    let tree_name = tree_name(fleet, &key);
    let namespace = fleet.spec.argocd.namespace.as_str();
    let chart = || {
        let Some(cluster) = fleet.clusters.get(hub) else { return Options::default() };
        let known = fleet.argocd_release(cluster, &tree_name, Some(namespace), reader.world());
        Options { release: release_name(root_name(&normal)), origin: at, ..known }
    };
    let (dir, engine) = match reader.kind(&there) {
        Ok(Some(EntryKind::File)) if there.name().ends_with(".tgz") => (there.clone(), Engine::Helm(Arc::new(chart()))),
        Ok(Some(EntryKind::File)) => {
            let dir = FilePath::new(there.tree, parent(&there.path));
            let options = plain::Options { file: Some(there.name().to_owned()), ..plain::Options::default() };
            (dir, Engine::Plain(options))
        }
        _ => {
            let dir = directory(reader, base, path, at)?;
            let engine = match detect(reader, &dir) {
                Detected::Helm => Engine::Helm(Arc::new(chart())),
                Detected::Kustomize => {
                    let cluster = fleet.clusters.get(hub);
                    let built = cluster.map(|c| fleet.argocd_kustomization(c, &tree_name, at, reader.world()));
                    Engine::Kustomize(Arc::new(built.unwrap_or_default()))
                }
                Detected::Plain => Engine::Plain(plain::Options { lenient: true, ..plain::Options::default() }),
            };
            (dir, engine)
        }
    };
    let shown = fleet.describe(&there);
    Ok(App {
        tree_name,
        key,
        cluster: hub,
        namespace: Some(namespace.into()),
        namespace_at: fleet.file.as_ref().map_or(at, |f| f.origin(&["spec", "argocd", "namespace"])),
        tenant: false,
        create_namespace: false,
        wave: 0,
        depends_on: Vec::new(),
        labels: Default::default(),
        sources: vec![AppSource { dir, engine, shown, origin: at }],
        context: Arc::default(),
        origin: AppOrigin::Root,
        parent: None,
        made_by: None,
        depth: 0,
        declared_at: at,
        layer_index: None,
        patches: Patches::default(),
        planning: Reads::default(),
    })
}
