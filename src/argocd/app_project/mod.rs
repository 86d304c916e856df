//! `kind: AppProject` (pkg/apis/application/v1alpha1/app_project_types.go): what the Applications of a project may do.

mod cron;
mod permit;
mod read;
mod validate;

pub use permit::{Forbidden, Target};

use std::collections::BTreeMap;

use crate::source::Origin;
use crate::yaml::Node;

/// The project of Applications that name none. Argo CD makes it where nobody does.
pub const DEFAULT: &str = "default";

/// A text, and where it stands.
pub type Text = (String, Origin);

/// Whether a manifest is an AppProject.
pub fn is_app_project(node: &Node) -> bool {
    let group = node.str_at(&["apiVersion"]).and_then(|version| version.split_once('/'));
    node.str_at(&["kind"]) == Some("AppProject") && group.is_some_and(|(group, _)| group == super::GROUP)
}

/// A project. What is empty in the manifest is empty here.
#[derive(Clone, Debug, Default)]
pub struct AppProject {
    /// `metadata.name`.
    pub name: Text,
    /// `metadata.labels`: global projects select by them.
    pub labels: BTreeMap<String, String>,
    /// `sourceRepos`.
    pub source_repos: List<Text>,
    /// `destinations`.
    pub destinations: List<Destination>,
    /// `clusterResourceWhitelist`.
    pub cluster_whitelist: List<ResourceRule>,
    /// `clusterResourceBlacklist`.
    pub cluster_blacklist: List<ResourceRule>,
    /// `namespaceResourceWhitelist`; none allows everything, an empty list nothing.
    pub namespace_whitelist: Option<List<ResourceRule>>,
    /// `namespaceResourceBlacklist`.
    pub namespace_blacklist: List<ResourceRule>,
    /// `permitOnlyProjectScopedClusters`, and where it stands.
    pub only_scoped_clusters: Option<Origin>,
    /// `sourceNamespaces`.
    pub source_namespaces: List<Text>,
    /// `destinationServiceAccounts`.
    pub service_accounts: List<ServiceAccount>,
    /// `roles`.
    pub roles: Vec<Role>,
    /// `syncWindows`.
    pub sync_windows: Vec<SyncWindow>,
    /// `signatureKeys[].keyID`.
    pub signature_keys: Vec<Text>,
    /// `orphanedResources.ignore`.
    pub orphans_ignored: Vec<ResourceRule>,
}

/// A list, and where it stands; where its project is named, if it has none.
#[derive(Clone, Debug)]
pub struct List<T> {
    /// What is in it.
    pub items: Vec<T>,
    /// Where it stands.
    pub origin: Origin,
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self { items: Vec::new(), origin: Origin::NONE }
    }
}

/// One of `destinations`. What a project's own cluster adds has the cluster's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// A glob on the API server's URL.
    pub server: String,
    /// A glob on the cluster's name.
    pub name: String,
    /// A glob on the namespace.
    pub namespace: String,
    /// Where it stands.
    pub origin: Origin,
}

/// A group and a kind, and of what isn't namespaced a name, as patterns on paths (`filepath.Match`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceRule {
    /// The group.
    pub group: String,
    /// The kind.
    pub kind: String,
    /// The name; empty for any.
    pub name: String,
    /// Where it stands.
    pub origin: Origin,
}

/// One of `destinationServiceAccounts`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceAccount {
    /// A glob on the API server's URL.
    pub server: String,
    /// A glob on the namespace.
    pub namespace: String,
    /// Who syncs there: `name`, or `namespace:name`.
    pub account: String,
    /// Where it stands.
    pub origin: Origin,
}

/// One of `roles`.
#[derive(Clone, Debug)]
pub struct Role {
    /// `name`.
    pub name: Text,
    /// `policies`: casbin's rules.
    pub policies: Vec<Text>,
    /// `groups`.
    pub groups: Vec<Text>,
}

/// One of `syncWindows`.
#[derive(Clone, Debug)]
pub struct SyncWindow {
    /// `kind`: `allow` or `deny`.
    pub kind: Text,
    /// `schedule`.
    pub schedule: Text,
    /// `duration`.
    pub duration: Text,
    /// `timeZone`.
    pub time_zone: Text,
    /// `description`.
    pub description: Text,
    /// `applications`, `namespaces` and `clusters`.
    pub targets: [Vec<String>; 3],
    /// `andOperator`.
    pub and: bool,
    /// Where it stands.
    pub origin: Origin,
}

impl AppProject {
    /// Adds what a global project says besides (util/argo/argo.go, `mergeVirtualProject`).
    pub fn merge(&mut self, global: &Self) {
        fn add<T: Clone>(list: &mut List<T>, more: &List<T>) {
            list.items.extend(more.items.iter().cloned());
        }
        add(&mut self.cluster_whitelist, &global.cluster_whitelist);
        add(&mut self.cluster_blacklist, &global.cluster_blacklist);
        add(&mut self.namespace_blacklist, &global.namespace_blacklist);
        if let Some(more) = global.namespace_whitelist.as_ref().filter(|more| !more.items.is_empty()) {
            add(self.namespace_whitelist.get_or_insert_default(), more);
        }
        add(&mut self.source_repos, &global.source_repos);
        add(&mut self.destinations, &global.destinations);
        add(&mut self.service_accounts, &global.service_accounts);
    }
}

#[cfg(test)]
mod tests;
