//! What resources are called (kyaml/resid).

use std::fmt;
use std::hash::{Hash, Hasher};

use ecow::EcoString;

use super::openapi;
use super::scalar::text_of;
use crate::yaml::Node;

/// The namespace that stands for none where ids are compared.
const DEFAULT_NAMESPACE: &str = "default";
/// What stands for the namespace of what has none.
pub const CLUSTER_SCOPED: &str = "_non_namespaceable_";

/// Kinds that come first where kustomize sorts, unless it is told otherwise (kyaml/resid/gvk.go).
pub const FIRST_KINDS: &[&str] = &[
    "Namespace",
    "ResourceQuota",
    "StorageClass",
    "CustomResourceDefinition",
    "ServiceAccount",
    "PodSecurityPolicy",
    "Role",
    "ClusterRole",
    "RoleBinding",
    "ClusterRoleBinding",
    "ConfigMap",
    "Secret",
    "Endpoints",
    "Service",
    "LimitRange",
    "PriorityClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
];
/// Kinds that come last.
pub const LAST_KINDS: &[&str] = &["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

/// A group, version and kind.
#[derive(Clone, Debug, Default)]
pub struct Gvk {
    /// The group; empty for the core group.
    pub group: EcoString,
    /// The version.
    pub version: EcoString,
    /// The kind.
    pub kind: EcoString,
    /// Whether kustomize's schema knows it as cluster-scoped; what it doesn't know counts as namespaced.
    pub cluster_scoped: bool,
}

impl Gvk {
    /// A type, its scope looked up.
    pub fn new(group: impl Into<EcoString>, version: impl Into<EcoString>, kind: impl Into<EcoString>) -> Self {
        let (group, version, kind) = (group.into(), version.into(), kind.into());
        let cluster_scoped = openapi::is_certainly_cluster_scoped(&group, &version, &kind);
        Self { group, version, kind, cluster_scoped }
    }

    /// The type of an object; what it doesn't say is empty.
    pub fn of(node: &Node) -> Self {
        let (group, version) = split_api_version(node.str_at(&["apiVersion"]).unwrap_or_default());
        Self::new(group, version, node.str_at(&["kind"]).unwrap_or_default())
    }

    /// `group/version`, or `version`.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.to_string() } else { format!("{}/{}", self.group, self.version) }
    }

    /// Whether it has what `selector` names; an empty part of that stands for any.
    pub fn is_selected(&self, selector: &Gvk) -> bool {
        let fits = |own: &str, wanted: &str| wanted.is_empty() || own == wanted;
        fits(&self.group, &selector.group) && fits(&self.version, &selector.version) && fits(&self.kind, &selector.kind)
    }
}

/// Scope follows from the rest, and doesn't count.
impl PartialEq for Gvk {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind && self.group == other.group && self.version == other.version
    }
}

impl Eq for Gvk {}

impl Hash for Gvk {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.group, &self.version, &self.kind).hash(state);
    }
}

/// As kustomize prints it: `Deployment.v1.apps`.
impl fmt::Display for Gvk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or = |text: &str, none: &str| if text.is_empty() { none.to_owned() } else { text.to_owned() };
        let (kind, version) = (or(&self.kind, "[noKind]"), or(&self.version, "[noVer]"));
        write!(f, "{kind}.{version}.{}", or(&self.group, "[noGrp]"))
    }
}

/// The group and version that an `apiVersion` names.
pub fn split_api_version(text: &str) -> (&str, &str) {
    text.split_once('/').unwrap_or(("", text))
}

/// What a resource is called. Two are equal if they mean one object: no namespace means `default`, and that of a
/// cluster-scoped type doesn't count (`ResId.Equals`).
#[derive(Clone, Debug, Default)]
pub struct ResId {
    /// The type.
    pub gvk: Gvk,
    /// The name.
    pub name: EcoString,
    /// The namespace, as it is written.
    pub namespace: EcoString,
}

impl ResId {
    /// The id of an object.
    pub fn of(node: &Node) -> Self {
        let text = |key: &str| node.at(&["metadata", key]).and_then(text_of).unwrap_or_default();
        Self { gvk: Gvk::of(node), name: text("name"), namespace: text("namespace") }
    }

    /// The namespace that counts.
    pub fn effective_namespace(&self) -> &str {
        if self.gvk.cluster_scoped {
            CLUSTER_SCOPED
        } else if self.namespace.is_empty() {
            DEFAULT_NAMESPACE
        } else {
            &self.namespace
        }
    }

    /// Whether type and name are the same, whatever the namespaces.
    pub fn gvkn_equals(&self, other: &Self) -> bool {
        self.name == other.name && self.gvk == other.gvk
    }

    /// Whether the namespaces that count are the same.
    pub fn is_ns_equal(&self, other: &Self) -> bool {
        self.effective_namespace() == other.effective_namespace()
    }
}

impl PartialEq for ResId {
    fn eq(&self, other: &Self) -> bool {
        self.gvkn_equals(other) && self.is_ns_equal(other)
    }
}

impl Eq for ResId {}

impl Hash for ResId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.gvk.hash(state);
        self.name.hash(state);
        self.effective_namespace().hash(state);
    }
}

/// As kustomize prints it: `Deployment.v1.apps/web.shop`.
impl fmt::Display for ResId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or = |text: &str, none: &str| if text.is_empty() { none.to_owned() } else { text.to_owned() };
        write!(f, "{}/{}.{}", self.gvk, or(&self.name, "[noName]"), or(&self.namespace, "[noNs]"))
    }
}
