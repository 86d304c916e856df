//! What lets an applier sync the rendered branches: Argo CD Applications, Flux Kustomizations.
//!
//! Works on finished trees: each app of a cluster becomes one object that points at the app's directory on the cluster's
//! rendered branch.

pub mod argocd;
pub mod flux;

use std::collections::BTreeMap;

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
    /// Where trees are published that aren't at the root of `env/<cluster>`, by cluster.
    pub places: BTreeMap<String, Place>,
}

/// Where a cluster's tree is published.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The branch.
    pub branch: String,
    /// The directory; empty: the branch's root.
    pub directory: String,
}

impl Published {
    /// The rendered branch of a cluster.
    pub fn branch(&self, cluster: &str) -> String {
        self.places.get(cluster).map_or_else(|| format!("env/{cluster}"), |place| place.branch.clone())
    }

    /// A path of a cluster's tree on its branch; the empty one is the tree's own directory.
    pub fn path(&self, cluster: &str, path: &str) -> String {
        match self.places.get(cluster).map(|place| place.directory.as_str()) {
            None | Some("") if path.is_empty() => ".".to_owned(),
            None | Some("") => path.to_owned(),
            Some(directory) if path.is_empty() => directory.to_owned(),
            Some(directory) => format!("{directory}/{path}"),
        }
    }
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
        Some(TreeObject { id, text: yaml::emit(&node).into(), source: "terrace".to_owned() })
    });
    TreeApp {
        name: name.into(),
        state: AppState::Rendered,
        objects: objects.collect(),
        meta: AppMeta { wave, origin: "made by terrace for the applier".to_owned(), ..AppMeta::default() },
    }
}
