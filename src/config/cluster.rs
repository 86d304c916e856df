//! `clusters/*.yaml`: `kind: Cluster`.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{ApiVersion, Loaded, Metadata, api_resources};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::kube::KubeVersion;
use crate::source::{Origin, SourceFile};
use crate::yaml::Node;

/// A cluster: a destination with a name, a server URL, labels, a Kubernetes version, API resources and values.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "Cluster")]
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
    #[schemars(example = "https://prod-01.acme.example:6443")]
    pub server: Option<String>,
    /// Its Kubernetes version, such as `"1.33"` or `"v1.33.4-eks-1"`.
    #[schemars(example = "1.34")]
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

/// Who said that a cluster exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Declared {
    /// A Cluster file.
    File,
    /// An Argo CD cluster Secret.
    Secret,
    /// Nobody: an Application's destination was taken as one.
    Assumed,
}

/// A cluster as the stages know it, whoever declared it.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// Its name.
    pub name: Arc<str>,
    /// Its API server's URL.
    pub server: Option<String>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Annotations.
    pub annotations: BTreeMap<String, String>,
    /// Its Kubernetes version, if known.
    pub kube_version: Option<KubeVersion>,
    /// Its recorded discovery.
    pub api_resources: api_resources::ApiResourceList,
    /// Its families.
    pub families: Vec<String>,
    /// The revision of its layers and values files, when pinned.
    pub revision: Option<String>,
    /// The Argo CD project it is scoped to.
    pub project: Option<String>,
    /// The only namespaces that Argo CD manages in it; all, if there are none.
    pub namespaces: Vec<String>,
    /// The document that declares it.
    pub node: Option<Node>,
    /// Who declared it.
    pub declared: Declared,
    /// Where.
    pub origin: Origin,
}

impl Cluster {
    /// Values for it alone.
    pub fn values(&self) -> Option<&Node> {
        self.node.as_ref()?.at(&["spec", "values"])
    }

    /// Where its revision is said; where it is declared, if it has none.
    pub fn revision_origin(&self) -> Origin {
        self.node.as_ref().and_then(|n| n.at(&["spec", "revision"])).map_or(self.origin, |n| n.origin)
    }

    /// A cluster that nothing is known of but its name.
    pub fn named(name: impl Into<Arc<str>>, declared: Declared, origin: Origin) -> Self {
        Self {
            name: name.into(),
            server: None,
            labels: BTreeMap::new(),
            annotations: BTreeMap::new(),
            kube_version: None,
            api_resources: api_resources::ApiResourceList::default(),
            families: Vec::new(),
            revision: None,
            project: None,
            namespaces: Vec::new(),
            node: None,
            declared,
            origin,
        }
    }

    /// The cluster of a `kind: Cluster` file. `read` gives the text of the file that records its discovery.
    pub fn from_file(
        file: Loaded<ClusterFile>,
        read: impl FnOnce(&str, Origin) -> Result<Arc<SourceFile>, Diagnostic>,
    ) -> (Self, Diagnostics) {
        let mut diagnostics = Diagnostics::new();
        let origin = file.origin(&["metadata", "name"]);
        let kube_origin = file.origin(&["spec", "kubeVersion"]);
        let resources_origin = file.origin(&["spec", "apiResources"]);
        let ClusterFile { metadata, spec, .. } = file.value;
        let mut cluster = Self::named(metadata.name, Declared::File, origin);
        cluster.labels = metadata.labels;
        cluster.annotations = metadata.annotations;
        cluster.server = spec.server;
        cluster.families = spec.families;
        cluster.revision = spec.revision;
        cluster.project = spec.project;
        cluster.node = Some(file.node);
        if let Some(version) = spec.kube_version {
            let text = match version {
                VersionText::Text(text) => text,
                VersionText::Number(number) => number.to_string(),
            };
            match KubeVersion::parse(&text) {
                Ok(version) => cluster.kube_version = Some(version),
                Err(why) => diagnostics.push(
                    Diagnostic::error(Code::INVALID_VALUE, format!("`{text}` is not a Kubernetes version: {why}"))
                        .at(kube_origin, "expected something like \"1.33\""),
                ),
            }
        }
        match spec.api_resources {
            None => {}
            Some(ApiResources::List(list)) => match api_resources::ApiResourceList::from_entries(&list) {
                Ok(resources) => cluster.api_resources = resources,
                Err(why) => diagnostics.push(Diagnostic::error(Code::INVALID_VALUE, why).at(resources_origin, "")),
            },
            Some(ApiResources::File(name)) => match read(&name, resources_origin) {
                Ok(source) => match api_resources::ApiResourceList::from_recording(&source.text) {
                    Ok(resources) => cluster.api_resources = resources,
                    Err((line, why)) => {
                        let start = source.text.split_inclusive('\n').take(line).map(str::len).sum();
                        diagnostics.push(
                            Diagnostic::error(Code::INVALID_VALUE, why)
                                .at(Origin::new(source.id, start), "in this recording")
                                .also(resources_origin, "named here"),
                        );
                    }
                },
                Err(diagnostic) => diagnostics.push(diagnostic),
            },
        }
        (cluster, diagnostics)
    }
}
