//! The fleet: `terrace.yaml`, the clusters that it declares, and the repositories at hand.

use std::sync::Arc;

use super::kustomizations::BuildOptions;
use super::repositories::Repositories;
use crate::argocd::version::{BundledHelm, Version};
use crate::argocd::{IN_CLUSTER, IN_CLUSTER_SERVER, cluster_secret};
use crate::config::cluster::{Cluster, ClusterFile, Declared};
use crate::config::fleet::{FleetFile, FleetSpec};
use crate::config::{self, Loaded};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::generate::Inputs;
use crate::kube::KubeVersion;
use crate::layer::values;
use crate::render::helm::Profile;
use crate::render::helm::options::Options;
use crate::source::{Origin, SourceFile};
use crate::world::{EntryKind, FilePath, ReadError, Reader, World, find, normalize};
use crate::yaml::{self, Dialect, Node};

/// The file that describes a fleet.
pub const FLEET_FILE: &str = "terrace.yaml";

/// What is declared, before anything is rendered.
#[derive(Debug)]
pub struct Fleet {
    /// The file, if there is one.
    pub file: Option<Loaded<FleetFile>>,
    /// The directory that paths are relative to.
    pub dir: FilePath,
    /// What the file says, or what is so by default.
    pub spec: FleetSpec,
    /// The clusters: declared ones by name, then assumed ones as they were met.
    pub clusters: Vec<Cluster>,
    /// The repositories at hand.
    pub repositories: Arc<Repositories>,
    /// How Argo CD builds kustomizations.
    pub kustomize: BuildOptions,
    /// Which Argo CD deploys it.
    pub argocd: Version,
    /// What generators of ApplicationSets can't know by themselves.
    pub inputs: Inputs,
    /// Clusters that get the inputs of another: its revision, and the values files that its labels name.
    pub promoted: Vec<Promoted>,
}

/// A cluster that gets the inputs of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Promoted {
    /// Whose inputs.
    pub from: usize,
    /// Who gets them.
    pub to: usize,
}

impl Fleet {
    /// Whether anybody declared a cluster; if not, destinations are taken as clusters.
    pub fn declares_clusters(&self) -> bool {
        self.clusters.iter().any(|c| c.declared != Declared::Assumed)
    }

    /// A place in a repository as the index names it: the same wherever the user stands.
    pub fn describe(&self, path: &FilePath) -> String {
        let (repository, inside) = self.repositories.place(path);
        let below = path.path.strip_prefix(self.dir.path.as_str()).filter(|_| path.tree == self.dir.tree);
        match (below, repository) {
            (Some(""), _) => ".".to_owned(),
            (Some(below), _) if self.dir.path.is_empty() || below.starts_with('/') => {
                below.trim_start_matches('/').to_owned()
            }
            (_, Some(name)) => format!("{name}/{inside}"),
            (_, None) => inside,
        }
    }

    /// How a chart is rendered for an app on a cluster, before anybody says more: with what Argo CD would tell Helm of
    /// the cluster, and what is at hand for its dependencies.
    pub fn release(&self, cluster: &Cluster, app: &str, namespace: Option<&str>, world: &World) -> Options {
        Options {
            release: app.to_owned(),
            namespace: namespace.unwrap_or("default").to_owned(),
            kube_version: cluster.kube_version.as_ref().map(KubeVersion::numbers),
            api_versions: cluster.api_resources.api_versions.iter().cloned().collect(),
            identity: vec![cluster.name.to_string(), app.to_owned()],
            repositories: self.repositories.for_charts(world),
            ..Options::default()
        }
    }

    /// The same for a chart that Argo CD renders, with the Helm that it brings along.
    pub fn argocd_release(&self, cluster: &Cluster, app: &str, namespace: Option<&str>, world: &World) -> Options {
        Options { profile: self.argocd_helm(), ..self.release(cluster, app, namespace, world) }
    }

    /// The Helm that Argo CD brings along.
    pub fn argocd_helm(&self) -> Profile {
        match self.argocd.helm() {
            BundledHelm::Helm3 => Profile::Helm3,
            BundledHelm::Helm4 => Profile::Helm4,
        }
    }

    /// The cluster whose labels say which values files a cluster gets: itself, unless it gets another's.
    pub fn named_like(&self, cluster: usize) -> usize {
        self.promoted.iter().find(|promoted| promoted.to == cluster).map_or(cluster, |promoted| promoted.from)
    }

    /// The values files that terrace.yaml names.
    pub fn values_files(&self) -> Vec<values::Named<'_>> {
        let spec = self.file.as_ref().and_then(|f| f.node.get("spec"));
        values::named(&self.spec.values, spec)
    }

    /// The cluster of that name.
    pub fn cluster(&self, name: &str) -> Option<usize> {
        self.clusters.iter().position(|c| *c.name == *name)
    }

    /// The cluster that `in-cluster` is when nobody says which: the one declared under that name or under the server
    /// URL that a hub has to itself, else one that is assumed.
    pub fn in_cluster(&mut self) -> usize {
        let found =
            self.clusters.iter().position(|c| *c.name == *IN_CLUSTER || c.server.as_deref() == Some(IN_CLUSTER_SERVER));
        found.unwrap_or_else(|| {
            let mut cluster = Cluster::named(IN_CLUSTER, Declared::Assumed, Origin::NONE);
            cluster.server = Some(IN_CLUSTER_SERVER.to_owned());
            self.clusters.push(cluster);
            self.clusters.len() - 1
        })
    }
}

/// Reads one of our files (or cluster Secrets): all documents, with what is wrong in them.
pub fn documents(reader: &Reader, path: &FilePath, dialect: Dialect) -> (Vec<Node>, Diagnostics) {
    match reader.text(path) {
        Ok(source) => {
            let parsed = yaml::parse_file(&source, dialect);
            let nodes = parsed.documents.into_iter().map(|d| d.node).filter(|n| !n.is_null()).collect();
            (nodes, parsed.diagnostics)
        }
        Err(error) => (Vec::new(), crate::render::unreadable(reader, path, &error).into()),
    }
}

/// Reads `terrace.yaml`.
pub fn load_file(reader: &Reader, path: &FilePath) -> Result<Loaded<FleetFile>, Diagnostics> {
    let (nodes, mut diagnostics) = documents(reader, path, Dialect::Config);
    if diagnostics.has_errors() {
        return Err(diagnostics);
    }
    let mut nodes = nodes.into_iter();
    let (Some(node), rest) = (nodes.next(), nodes.next()) else {
        let place = reader.world().show(path);
        diagnostics.push(
            Diagnostic::error(Code::MISSING_KEY, format!("`{place}` is empty"))
                .hint("a fleet starts with `apiVersion: terrace.dev/v1alpha1` and `kind: Fleet`"),
        );
        return Err(diagnostics);
    };
    if let Some(second) = rest {
        let message = "terrace.yaml holds one document, here is another";
        return Err(Diagnostic::error(Code::INVALID_VALUE, message).at(second.origin, "a second document").into());
    }
    config::load(config::schema::fleet(), node)
}

/// The clusters that files declare, by name. `patterns` are globs with the place that names them.
pub fn load_clusters(reader: &Reader, dir: &FilePath, patterns: &[(String, Origin)]) -> (Vec<Cluster>, Diagnostics) {
    let mut clusters: Vec<Cluster> = Vec::new();
    let mut diagnostics = Diagnostics::new();
    let mut files: Vec<FilePath> = Vec::new();
    for (pattern, origin) in patterns {
        let Some(path) = normalize(pattern) else {
            let message = format!("the path of cluster files leaves the repository: `{pattern}`");
            diagnostics.push(Diagnostic::error(Code::PATH_ESCAPES, message).at(*origin, "leaves the repository"));
            continue;
        };
        match find(reader, dir, &path, EntryKind::File) {
            Ok(found) if found.is_empty() => {
                // The default pattern may match nothing in a fleet of Applications only.
                if origin.file.is_real() {
                    let message = format!("no file matches `{pattern}`");
                    diagnostics.push(
                        Diagnostic::error(Code::MATCHES_NOTHING, message)
                            .at(*origin, "matches nothing")
                            .hint("cluster files are looked for from the directory of terrace.yaml"),
                    );
                }
            }
            Ok(found) => files.extend(found.iter().filter_map(|path| dir.join(path))),
            Err(why) => diagnostics.push(Diagnostic::error(Code::INVALID_VALUE, why).at(*origin, "")),
        }
    }
    files.sort();
    files.dedup();
    for file in &files {
        let (found, problems) = cluster_file(reader, file);
        diagnostics.extend(problems);
        for cluster in found {
            match clusters.iter().find(|c| c.name == cluster.name) {
                Some(first) => diagnostics.push(
                    Diagnostic::error(Code::DUPLICATE_NAME, format!("two clusters are called `{}`", cluster.name))
                        .at(cluster.origin, "declared again")
                        .also(first.origin, "first declared here"),
                ),
                None => clusters.push(cluster),
            }
        }
    }
    clusters.sort_by(|a, b| a.name.cmp(&b.name));
    (clusters, diagnostics)
}

/// The clusters that one file declares.
pub fn cluster_file(reader: &Reader, file: &FilePath) -> (Vec<Cluster>, Diagnostics) {
    let (nodes, mut diagnostics) = documents(reader, file, Dialect::Config);
    let mut clusters = Vec::new();
    for node in nodes {
        let result = match node.str_at(&["kind"]) {
            Some("Secret") if cluster_secret::is_cluster_secret(&node) => cluster_secret::from_node(&node),
            Some("Secret") => {
                let message = "this Secret declares no cluster";
                Err(Diagnostic::error(Code::INVALID_VALUE, message)
                    .at(node.origin, "among cluster files")
                    .hint(format!(
                        "Argo CD's cluster Secrets have the label `{}: cluster`",
                        cluster_secret::SECRET_TYPE
                    ))
                    .into())
            }
            _ => config::load::<ClusterFile>(config::schema::cluster(), node).map(|loaded| {
                let (cluster, problems) = Cluster::from_file(loaded, |name, at| recording(reader, file, name, at));
                diagnostics.extend(problems);
                cluster
            }),
        };
        match result {
            Ok(cluster) => clusters.push(cluster),
            Err(problems) => diagnostics.extend(problems),
        }
    }
    (clusters, diagnostics)
}

/// The file in which a cluster's discovery was recorded, beside the cluster's own file.
fn recording(reader: &Reader, file: &FilePath, name: &str, at: Origin) -> Result<Arc<SourceFile>, Diagnostic> {
    let beside = FilePath::new(file.tree, crate::world::parent(&file.path)).join(name);
    let result = match &beside {
        Some(path) => reader.text(path),
        None => Err(ReadError::Escapes(format!("`{name}` is above its root"))),
    };
    result.map_err(|error| {
        let path = beside.unwrap_or_else(|| file.clone());
        crate::render::unreadable(reader, &path, &error).named_at(at, "named here")
    })
}
