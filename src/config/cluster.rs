//! `clusters/*.yaml`: `kind: Cluster`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{ApiVersion, Metadata};

/// A cluster: a destination with a name, a server URL, labels, a Kubernetes version, API resources and values.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClusterFile {
    /// `terrace.dev/v1alpha1`.
    pub api_version: ApiVersion,
    /// `Cluster`.
    pub kind: ClusterKind,
    /// The cluster's name and labels.
    pub metadata: Metadata,
    /// What is known of it.
    #[serde(default)]
    pub spec: ClusterSpec,
}

/// `Cluster`.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
pub enum ClusterKind {
    /// The only one.
    Cluster,
}

/// What is known of a cluster.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ClusterSpec {
    /// Its API server's URL, as Applications name it.
    pub server: Option<String>,
    /// Its Kubernetes version, such as `"1.33"` or `"v1.33.4-eks-1"`.
    #[schemars(with = "Option<VersionText>")]
    pub kube_version: Option<VersionText>,
    /// Its recorded discovery: a file that holds what `kubectl api-resources` or `kubectl api-versions` printed, or a
    /// list of `group/version` and `group/version/Kind`.
    pub api_resources: Option<ApiResources>,
    /// The families it belongs to, for custom layers.
    pub families: Vec<String>,
    /// The revision that its layers and values files are read at, when pinned.
    pub revision: Option<String>,
    /// The project that it is scoped to, in Argo CD.
    pub project: Option<String>,
    /// Values for this cluster alone, above all values files.
    pub values: BTreeMap<String, serde_json::Value>,
}

/// A version, written as a string or (`1.33`) as a number.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum VersionText {
    /// `"1.33"`.
    Text(String),
    /// `1.33`; `1.30` can't be told from `1.3` and has to be quoted.
    Number(f64),
}

/// Recorded discovery: where it stands, or what it says.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ApiResources {
    /// A file's name.
    File(String),
    /// `group/version` and `group/version/Kind`.
    List(Vec<String>),
}
