//! Sets expanded in memory, and cases whose expected outcome the real controller made.

mod golden;
mod scenes;

use std::collections::BTreeSet;
use std::sync::Arc;

use super::*;
use crate::argocd::application_set::ApplicationSet;
use crate::argocd::{Version, cluster_secret};
use crate::config::cluster::Cluster;
use crate::diag::{Code, Diagnostic};
use crate::source::SourceKind;
use crate::world::{FilePath, MemoryTree, Reader, Tree, World};
use crate::yaml::{self, Dialect, Node};

/// What a set is expanded with.
struct Scene {
    world: World,
    root: FilePath,
    clusters: Vec<Cluster>,
    inputs: Inputs,
    projects: Option<BTreeSet<String>>,
    version: Version,
    new_git_file_globbing: bool,
}

/// A cluster, of a Secret that may lack what each should have.
fn cluster(node: &Node) -> Cluster {
    cluster_secret::from_node(node).unwrap_or_else(|_| {
        let text = |key: &str| node.str_at(&["stringData", key]).map(str::to_owned);
        let mut whole = node.clone();
        let data = whole.as_map_mut().unwrap();
        data.insert("stringData", crate::source::Origin::NONE, Node::made(crate::yaml::Map::new()));
        let data = data.get_mut("stringData").unwrap().as_map_mut().unwrap();
        for (key, value) in [("name", "none"), ("server", "none")] {
            data.insert(key, crate::source::Origin::NONE, Node::made(value));
        }
        let mut cluster = cluster_secret::from_node(&whole).unwrap();
        cluster.name = text("name").unwrap_or_default().into();
        cluster.server = text("server");
        cluster.project = text("project");
        cluster
    })
}

/// The repository of all scenes.
const REPOSITORY: &str = "https://git.example.com/acme/fleet.git";

impl Scene {
    fn new(tree: Arc<dyn Tree>) -> Self {
        let world = World::new();
        let root = FilePath::new(world.mount(tree), "");
        Self {
            world,
            root,
            clusters: Vec::new(),
            inputs: Inputs::new(),
            projects: None,
            version: Version::default(),
            new_git_file_globbing: false,
        }
    }

    fn files(files: &[(&str, &str)]) -> Self {
        Self::new(Arc::new(MemoryTree::new(files.iter().map(|(path, text)| (*path, *text)))))
    }

    fn documents(&self, name: &str, text: &str, dialect: Dialect) -> Vec<Node> {
        let source = self.world.sources().add(name, text, SourceKind::File);
        let parsed = yaml::parse_file(&source, dialect);
        parsed.documents.into_iter().map(|d| d.node).filter(|n| !n.is_null()).collect()
    }

    fn with_clusters(mut self, text: &str) -> Self {
        let nodes = self.documents("clusters.yaml", text, Dialect::Kubernetes);
        let secrets = nodes.iter().filter(|node| cluster_secret::is_cluster_secret(node));
        self.clusters = secrets.map(cluster).collect();
        self
    }

    fn with_inputs(mut self, text: &str) -> Self {
        for node in self.documents("inputs.yaml", text, Dialect::Config) {
            self.inputs.add(node).unwrap();
        }
        self
    }

    fn set(&self, text: &str) -> (Option<ApplicationSet>, Diagnostics) {
        let node = self.documents("set.yaml", text, Dialect::Kubernetes).into_iter().next().unwrap_or_default();
        ApplicationSet::from_node(&node)
    }

    fn expand(&self, set: &ApplicationSet) -> Expanded {
        let reader = Reader::new(&self.world);
        let find = |wanted: Wanted| match wanted.url == REPOSITORY {
            true => Ok(self.root.clone()),
            false => {
                Err(Diagnostic::error(Code::UNKNOWN_REPOSITORY, format!("no repository {} in this case", wanted.url)))
            }
        };
        expand(
            set,
            &Outside {
                reader: &reader,
                clusters: &self.clusters,
                repositories: &find,
                inputs: &self.inputs,
                projects: self.projects.as_ref(),
                check_destinations: self.projects.is_some(),
                namespace: NAMESPACE,
                version: self.version,
                new_git_file_globbing: self.new_git_file_globbing,
            },
        )
    }
}

use crate::diag::Diagnostics;
