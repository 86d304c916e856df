//! The app: what is rendered and synced as one.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::application_sets::MadeBy;
use super::patches::Patches;
use crate::argocd::application::Application;
use crate::layer::context::Roots;
use crate::render::Engine;
use crate::source::Origin;
use crate::world::{FilePath, Reads};

/// A cluster's place in [`super::fleet::Fleet::clusters`].
pub type ClusterId = usize;

/// What makes an app one and the same. Its order is the order in which apps are worked through.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AppKey {
    /// A directory of a layer: the cluster, and the app's name.
    Layer {
        /// Where it goes.
        cluster: ClusterId,
        /// Its name, unique per cluster.
        name: Arc<str>,
    },
    /// A source given as a root, expanded on a hub.
    Root {
        /// The hub.
        hub: ClusterId,
        /// Its path.
        path: Arc<str>,
    },
    /// An Application: the hub it lives in, its namespace and its name.
    Application {
        /// The hub.
        hub: ClusterId,
        /// The namespace.
        namespace: Arc<str>,
        /// The name.
        name: Arc<str>,
    },
    /// An ApplicationSet, which has no objects of its own: the hub it lives in, its namespace and its name.
    ApplicationSet {
        /// The hub.
        hub: ClusterId,
        /// The namespace.
        namespace: Arc<str>,
        /// The name.
        name: Arc<str>,
    },
}

/// Where an app comes from.
#[derive(Clone, Debug)]
pub enum AppOrigin {
    /// A layer's directory.
    Layer {
        /// The layer's place in the fleet, lowest first.
        layer: usize,
        /// Its name.
        layer_name: Arc<str>,
        /// The instance's name.
        instance: Arc<str>,
        /// The stage's place; past the last for an app in none.
        stage: usize,
        /// Its directory's name: what it is called as long as its `app.yaml` can't be read.
        dir_name: Arc<str>,
    },
    /// A root.
    Root,
    /// An Application, which another app made.
    Application(Box<Application>),
}

/// One of an app's sources.
#[derive(Clone, Debug)]
pub struct AppSource {
    /// The directory, at its revision.
    pub dir: FilePath,
    /// What renders it.
    pub engine: Engine,
    /// How people know it: `path`, or `repository path@revision`.
    pub shown: String,
    /// Where it is named.
    pub origin: Origin,
}

/// What is rendered and synced as one: sources, a destination, a namespace, a wave.
#[derive(Clone, Debug)]
pub struct App {
    /// What makes it one and the same.
    pub key: AppKey,
    /// The cluster its objects go to.
    pub cluster: ClusterId,
    /// Its name in the tree: `<app>`, or `<namespace>.<app>` outside Argo CD's own namespace.
    pub tree_name: Arc<str>,
    /// The namespace of objects that name none.
    pub namespace: Option<Arc<str>>,
    /// Where that namespace is set.
    pub namespace_at: Origin,
    /// Whether it is a tenant's, confined to its namespace.
    pub tenant: bool,
    /// Whether its namespace is made with it, and with which labels and annotations.
    pub create_namespace: bool,
    /// Its own wave; [`super::order`] makes the order of it.
    pub wave: i64,
    /// Names of apps on the same cluster that come before it, and where that was said.
    pub depends_on: Vec<(Arc<str>, Origin)>,
    /// Labels, for `-l`.
    pub labels: BTreeMap<String, String>,
    /// Its sources, in order.
    pub sources: Vec<AppSource>,
    /// What its templates see.
    pub context: Arc<Roots>,
    /// Where it comes from.
    pub origin: AppOrigin,
    /// The app or ApplicationSet that made it.
    pub parent: Option<AppKey>,
    /// What an ApplicationSet made it of, if one did.
    pub made_by: Option<MadeBy>,
    /// How many apps stand above it.
    pub depth: usize,
    /// The place that declares it, for messages.
    pub declared_at: Origin,
    /// The place of the layer that it belongs to, or that made it in turn; none for what comes from a root.
    pub layer_index: Option<usize>,
    /// The patches that its objects may get, in order.
    pub patches: Patches,
    /// What was read to plan it alone: its `app.yaml`, and the values that this looks at.
    pub planning: Reads,
}

impl App {
    /// Its name without a namespace.
    pub fn name(&self) -> &str {
        match &self.key {
            AppKey::Layer { name, .. } | AppKey::Application { name, .. } | AppKey::ApplicationSet { name, .. } => name,
            AppKey::Root { .. } => &self.tree_name,
        }
    }

    /// The layer it belongs to, by name.
    pub fn layer(&self) -> Option<&str> {
        match &self.origin {
            AppOrigin::Layer { layer_name, .. } => Some(layer_name),
            _ => None,
        }
    }

    /// The Application it is made of.
    pub fn application(&self) -> Option<&Application> {
        match &self.origin {
            AppOrigin::Application(application) => Some(application),
            _ => None,
        }
    }
}
