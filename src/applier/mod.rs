//! What lets an applier sync the rendered branches: Argo CD Applications, Flux Kustomizations.
//!
//! Works on finished trees: each app of a cluster becomes one object that points at the app's directory on the cluster's
//! rendered branch.

pub mod argocd;
pub mod flux;

use std::sync::Arc;

use crate::kube::ObjectId;
use crate::source::Origin;
use crate::tree::{AppMeta, AppState, Layout, TreeApp, TreeObject};
use crate::yaml::{self, Map, Node};

/// Where the trees are published.
#[derive(Clone, Debug, Default)]
pub struct Published {
    /// The repository's URL.
    pub url: Option<String>,
    /// How a tree is spread over files.
    pub layout: Layout,
}

/// The rendered branch of a cluster.
pub fn branch(cluster: &str) -> String {
    format!("env/{cluster}")
}

/// A mapping of pairs.
pub(crate) fn map<const N: usize>(pairs: [(&str, Node); N]) -> Node {
    let mut map = Map::new();
    for (key, value) in pairs {
        map.insert(key, Origin::NONE, value);
    }
    Node::made(map)
}

/// An app of a tree that holds what the applier needs.
fn app(name: &str, wave: i64, nodes: Vec<Node>) -> TreeApp {
    let objects = nodes.into_iter().filter_map(|node| {
        let id = ObjectId::of(&node)?;
        Some(TreeObject { id, text: Arc::from(yaml::emit(&node)), source: "terrace".to_owned() })
    });
    TreeApp {
        name: name.into(),
        state: AppState::Rendered,
        objects: objects.collect(),
        meta: AppMeta { wave, origin: "made by terrace for the applier".to_owned(), ..AppMeta::default() },
    }
}
