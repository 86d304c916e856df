//! `terrace.yaml`: `kind: Fleet`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::selector::Selector;
use super::{ApiVersion, Metadata};

/// A fleet: which clusters there are, what is layered onto them, and where the result goes. Stands in `terrace.yaml`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "Fleet (terrace.yaml)")]
pub struct FleetFile {
    /// `terrace.dev/v1alpha1`.
    pub api_version: ApiVersion,
    /// `Fleet`.
    pub kind: FleetKind,
    /// The fleet's name and labels, `fleet` in templates.
    pub metadata: Metadata,
    /// What the fleet is made of.
    #[serde(default)]
    pub spec: FleetSpec,
}

/// `Fleet`.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
pub enum FleetKind {
    /// The only one.
    Fleet,
}

/// What a fleet is made of. Paths are relative to `terrace.yaml`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct FleetSpec {
    /// Globs of files that declare clusters: `kind: Cluster`, or Argo CD cluster Secrets.
    #[schemars(example = ["clusters/*.yaml"])]
    pub clusters: Vec<String>,
    /// Environment values files, lowest first. Names are templates over `cluster` and `fleet`.
    #[schemars(example = ["values/values.yaml", "values/values.{{ cluster.labels.environment }}.yaml"])]
    pub values: Vec<ValuesFile>,
    /// The stage directories of a layer, in the order of syncing.
    pub stages: Vec<String>,
    /// The layers, lowest first.
    pub layers: Vec<Layer>,
    /// Files with what generators of ApplicationSets can't know by themselves: `kind: GeneratorInputs`.
    #[schemars(example = ["inputs.yaml"])]
    pub inputs: Vec<String>,
    /// Argo CD Applications to expand.
    pub argocd: ArgocdSpec,
    /// What a repository name or URL means here, with no network.
    pub repositories: Vec<Repository>,
    /// Where the trees go.
    pub output: Output,
}

impl Default for FleetSpec {
    fn default() -> Self {
        Self {
            clusters: vec!["clusters/*.yaml".to_owned()],
            values: Vec::new(),
            stages: vec!["dependencies".to_owned(), "resources".to_owned()],
            layers: Vec::new(),
            inputs: Vec::new(),
            argocd: ArgocdSpec::default(),
            repositories: Vec::new(),
            output: Output::default(),
        }
    }
}

/// A values file: its name, or its name and whether it may be missing.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ValuesFile {
    /// A name. If it has a template in it, the file may be missing for some clusters, else it must be there.
    Path(String),
    /// A name, and whether the file may be missing.
    Entry(ValuesEntry),
}

/// A values file that says whether it may be missing.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ValuesEntry {
    /// The file's name, a template.
    pub path: String,
    /// Whether it may be missing.
    #[serde(default)]
    pub optional: bool,
}

/// A layer, or (under a glob) one layer instance per match.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Layer {
    /// The layer's name.
    #[schemars(length(min = 1))]
    pub name: String,
    /// Its directory, or a glob of directories (`*` stops at `/`).
    #[schemars(example = "custom/*")]
    pub path: String,
    /// A Jinja expression: whether this instance is for this cluster.
    #[schemars(example = "path.basename in cluster.families")]
    pub when: Option<String>,
    /// Which clusters it is for.
    pub clusters: Option<Selector>,
    /// The declared repository that holds it, by name; the fleet's own by default.
    pub repository: Option<String>,
    /// The revision to read it at, a template; honoured when pinned.
    pub revision: Option<String>,
    /// The namespace of its apps' objects, a template.
    #[schemars(example = "{{ path.basename }}")]
    pub namespace: Option<String>,
    /// Whether it is a tenant's: bound to its namespace, without cluster-wide objects.
    #[serde(default)]
    pub tenant: bool,
}

/// Argo CD Applications to expand.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ArgocdSpec {
    /// Where expansion starts.
    pub roots: Vec<Root>,
    /// The namespace that Argo CD runs in.
    pub namespace: String,
    /// Flags of `kustomize build`: Argo CD's setting `kustomize.buildOptions`. Where it isn't given, `--enable-helm`.
    #[schemars(example = "--enable-helm --load-restrictor LoadRestrictionsNone")]
    pub kustomize_build_options: Option<String>,
    /// Which Argo CD it is: `3.3`, `3.4` or `3.5`.
    pub version: ArgocdVersion,
    /// Whether `files` of git generators are doublestar's globs: Argo CD's setting
    /// `applicationsetcontroller.enable.new.git.file.globbing`. By default, `*` crosses `/` in them.
    pub new_git_file_globbing: bool,
}

impl Default for ArgocdSpec {
    fn default() -> Self {
        Self {
            roots: Vec::new(),
            namespace: "argocd".to_owned(),
            kustomize_build_options: None,
            version: ArgocdVersion::default(),
            new_git_file_globbing: false,
        }
    }
}

/// A minor version of Argo CD. What each of them does otherwise stands in `argocd::version`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "serde_json::Value")]
pub enum ArgocdVersion {
    /// 3.3.
    V3_3,
    /// 3.4.
    V3_4,
    /// 3.5.
    #[default]
    V3_5,
}

impl ArgocdVersion {
    /// All of them, oldest first.
    pub const ALL: [Self; 3] = [Self::V3_3, Self::V3_4, Self::V3_5];

    /// As it is written: `3.5`.
    pub fn name(self) -> &'static str {
        match self {
            Self::V3_3 => "3.3",
            Self::V3_4 => "3.4",
            Self::V3_5 => "3.5",
        }
    }
}

impl TryFrom<serde_json::Value> for ArgocdVersion {
    type Error = String;

    /// A string, or (without quotes) a number.
    fn try_from(value: serde_json::Value) -> Result<Self, String> {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let found = Self::ALL.into_iter().find(|version| version.name() == text);
        found.ok_or_else(|| format!("`{text}` is not a version of Argo CD that Terrace knows"))
    }
}

impl JsonSchema for ArgocdVersion {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ArgocdVersion".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A minor version of Argo CD.",
            "enum": ["3.3", "3.4", "3.5", 3.3, 3.4, 3.5],
        })
    }
}

/// A file, directory, kustomization or chart whose Applications are expanded.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Root {
    /// Its path.
    pub path: String,
    /// On which hubs (clusters with an Argo CD in them) it is applied; on each that matches, once.
    pub on: Option<Selector>,
}

/// What a repository means here. At least one of `name` and `url`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Repository {
    /// The name that layers use.
    pub name: Option<String>,
    /// The URL that Applications, charts and bases use.
    #[schemars(example = "https://github.com/acme/fleet.git")]
    pub url: Option<String>,
    /// The directory that holds it.
    #[serde(default = "here")]
    pub path: String,
}

fn here() -> String {
    ".".to_owned()
}

/// Where the trees go.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Output {
    /// The directory.
    pub path: String,
    /// One file per object, or one per app.
    pub layout: Layout,
}

impl Default for Output {
    fn default() -> Self {
        Self { path: "rendered".to_owned(), layout: Layout::FilePerObject }
    }
}

/// How a cluster's tree is laid out in files.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// `<app>/<namespace or _cluster>/<kind>-<name>.yaml`.
    #[default]
    FilePerObject,
    /// `<app>.yaml`.
    FilePerApp,
}
