//! Applications made into apps: where they go, and what their sources are.

use std::sync::Arc;

use super::fleet::Fleet;
use super::{App, AppKey, AppOrigin, AppSource, ClusterId};
use crate::argocd::application::{Application, Source, Tool};
use crate::argocd::destination;
use crate::config::cluster::{Cluster, Declared};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::glob::Glob;
use crate::provenance::Recorder;
use crate::render::{Engine, plain};
use crate::source::Origin;
use crate::world::{EntryKind, FilePath, Reader, normalize, parent};
use crate::yaml::{self, Dialect, NullRule};

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
        AppKey::Application { namespace, name, .. } if **namespace != *fleet.spec.argocd.namespace => {
            format!("{namespace}.{name}").into()
        }
        AppKey::Application { name, .. } | AppKey::Layer { name, .. } => Arc::clone(name),
        AppKey::Root { path, .. } => format!("root_{}", root_name(path)).into(),
    }
}

/// The last component of a root's path, without its ending.
fn root_name(path: &str) -> &str {
    let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    if stem.is_empty() { "root" } else { stem }
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

/// The app of an Application whose cluster is known.
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
) -> Result<App, Diagnostics> {
    let mut sources = Vec::new();
    let mut diagnostics = Diagnostics::new();
    for source in &application.sources {
        match app_source(fleet, source, &application.name, reader) {
            Ok(found) => sources.extend(found),
            Err(problems) => diagnostics.extend(problems),
        }
    }
    if diagnostics.has_errors() {
        return Err(diagnostics);
    }
    let at = |keys: &[&str]| crate::config::origin_of(&application.node, keys);
    let (declared_at, namespace_at) = (at(&["metadata", "name"]), at(&["spec", "destination", "namespace"]));
    Ok(App {
        namespace_at,
        tree_name: tree_name(fleet, &key),
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
        depth: parent.depth + 1,
        declared_at,
    })
}

/// What a file in the source's directory changes in the source of every Application that reads it.
const SOURCE_FILE: &str = ".argocd-source.yaml";

/// The source as the files `.argocd-source.yaml` and `.argocd-source-<app>.yaml` of its directory change it: JSON merge
/// patches, which can't say where the source is (reposerver/repository/repository.go, `mergeSourceParameters`).
fn with_overrides(source: &Source, app: &str, dir: &FilePath, reader: &Reader) -> Result<Option<Source>, Diagnostics> {
    let mut node = source.node.clone();
    let mut changed = false;
    for name in [SOURCE_FILE.to_owned(), format!(".argocd-source-{app}.yaml")] {
        let Some(path) = dir.join(&name) else { continue };
        if !matches!(reader.kind(&path), Ok(Some(EntryKind::File | EntryKind::BadLink))) {
            continue;
        }
        let (documents, diagnostics) = super::fleet::documents(reader, &path, Dialect::Kubernetes);
        if diagnostics.has_errors() {
            return Err(diagnostics);
        }
        let Some(over) = documents.into_iter().next() else { continue };
        if over.as_map().is_none() {
            let message = format!("`{name}` holds {}, expected a mapping with fields of a source", over.value.kind());
            return Err(Diagnostic::error(Code::INVALID_APPLICATION, message).at(over.origin, "not a mapping").into());
        }
        node = yaml::merge(&node, &over, NullRule::Delete, &Recorder::off());
        changed = true;
    }
    if !changed {
        return Ok(None);
    }
    if let Some(map) = node.as_map_mut() {
        for key in ["repoURL", "path", "chart", "targetRevision"] {
            map.remove(key);
            if let Some(own) = source.node.get(key) {
                map.insert(key, own.origin, own.clone());
            }
        }
    }
    Source::from_node(&node).map(Some)
}

fn app_source(fleet: &Fleet, source: &Source, app: &str, reader: &Reader) -> Result<Option<AppSource>, Diagnostics> {
    let (url, url_at) = &source.repo_url;
    let (revision, revision_at) = &source.target_revision;
    if let Some((Tool::Plugin, node)) = &source.tool {
        return Err(Diagnostic::error(
            Code::ENGINE_MISSING,
            "this source needs a config management plugin: Terrace runs no plugins",
        )
        .at(node.origin, "a plugin")
        .hint("render it before, and point the Application at the result")
        .into());
    }
    if let Some((chart, at)) = &source.chart {
        let message = format!("chart `{chart}` {revision} of {url} needs the Helm engine, which is not there yet");
        return Err(Diagnostic::error(Code::ENGINE_MISSING, message).at(*at, "this chart").into());
    }
    let Some((path, path_at)) = &source.path else {
        if source.reference.is_some() {
            return Ok(None);
        }
        return Err(Diagnostic::error(Code::INVALID_APPLICATION, "a source needs `path`, `chart` or `ref`")
            .at(source.origin, "this source")
            .into());
    };
    let root = fleet.repositories.by_url(url, Some(revision), (*url_at, *revision_at), reader.world())?;
    let dir = directory(reader, &root, path, *path_at)?;
    let changed = with_overrides(source, app, &dir, reader)?;
    let source = changed.as_ref().unwrap_or(source);
    let engine = match (&source.tool, &source.directory) {
        (Some((Tool::Helm, _)), _) => Engine::Helm(Arc::default()),
        (Some((Tool::Kustomize, _)), _) => Engine::Kustomize,
        (_, Some(options)) => {
            let mut diagnostics = Diagnostics::new();
            let mut glob = |pattern: &Option<String>, key: &str| {
                let pattern = pattern.as_ref()?;
                Glob::new(pattern, None)
                    .map_err(|why| {
                        let message = format!("`directory.{key}` is `{pattern}`, which is not a glob: {why}");
                        diagnostics.push(
                            Diagnostic::error(Code::INVALID_APPLICATION, message).at(source.origin, "this source"),
                        );
                    })
                    .ok()
            };
            let (include, exclude) = (glob(&options.include, "include"), glob(&options.exclude, "exclude"));
            if diagnostics.has_errors() {
                return Err(diagnostics);
            }
            Engine::Plain(plain::Options {
                recurse: options.recurse,
                include,
                exclude,
                lenient: true,
                ..Default::default()
            })
        }
        (_, None) => detect(reader, &dir),
    };
    let shown = format!("{}@{revision}", fleet.describe(&dir));
    Ok(Some(AppSource { dir, engine, shown, origin: *path_at }))
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

/// What renders a directory that nobody says how to (`Chart.yaml` is a chart, a kustomization beats it, else manifests).
pub fn detect(reader: &Reader, dir: &FilePath) -> Engine {
    let has = |name: &str| dir.join(name).is_some_and(|p| matches!(reader.kind(&p), Ok(Some(EntryKind::File))));
    if ["kustomization.yaml", "kustomization.yml", "Kustomization"].into_iter().any(has) {
        Engine::Kustomize
    } else if has("Chart.yaml") {
        Engine::Helm(Arc::default())
    } else {
        Engine::Plain(plain::Options { lenient: true, ..plain::Options::default() })
    }
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
    let (dir, engine) = match reader.kind(&there) {
        Ok(Some(EntryKind::File)) => {
            let dir = FilePath::new(there.tree, parent(&there.path));
            let options = plain::Options { file: Some(there.name().to_owned()), ..plain::Options::default() };
            (dir, Engine::Plain(options))
        }
        _ => {
            let dir = directory(reader, base, path, at)?;
            let engine = detect(reader, &dir);
            (dir, engine)
        }
    };
    let shown = fleet.describe(&there);
    let key = AppKey::Root { hub, path: normal.as_str().into() };
    Ok(App {
        tree_name: tree_name(fleet, &key),
        key,
        cluster: hub,
        namespace: Some(fleet.spec.argocd.namespace.as_str().into()),
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
        depth: 0,
        declared_at: at,
    })
}
