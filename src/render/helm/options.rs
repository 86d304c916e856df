//! How a chart is rendered: the release, the values over its own, what the cluster is.

use std::sync::Arc;

use super::Profile;
use crate::source::Origin;
use crate::world::FilePath;
use crate::yaml::Node;

/// What `helm template` is told by flags, an Application or an app of a layer.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The release's name.
    pub release: String,
    /// Its namespace: `.Release.Namespace`.
    pub namespace: String,
    /// Whose behaviour.
    pub profile: Profile,
    /// The cluster's Kubernetes version, as written; none for Helm's own default.
    pub kube_version: Option<String>,
    /// API versions besides the default ones (`--api-versions`).
    pub api_versions: Arc<[String]>,
    /// Values over the chart's own, lowest first (`-f`, in order).
    pub values: Vec<Values>,
    /// Single values over those, in the order of Helm: JSON, plain, string, file, literal; in each as given.
    pub sets: Vec<Set>,
    /// Whether the chart's `crds/` are left out.
    pub skip_crds: bool,
    /// Whether tests (hooks of `helm test`) are left out.
    pub skip_tests: bool,
    /// Whether all hooks are left out.
    pub no_hooks: bool,
    /// Whether the values are not held against the chart's schemas.
    pub skip_schema_validation: bool,
    /// Whether it is an upgrade: `.Release.IsUpgrade`.
    pub is_upgrade: bool,
    /// Who is rendered, for seeded randomness: cluster and app.
    pub identity: Vec<String>,
    /// Where the release is declared, for messages.
    pub origin: Origin,
    /// What stands for chart repositories and registries that dependencies name: URL, and the directory of charts or
    /// archives.
    pub repositories: Arc<[(String, FilePath)]>,
}

/// Values over a chart's own.
#[derive(Clone, Debug)]
pub enum Values {
    /// A file, and where it is named.
    File(FilePath, Origin),
    /// A file of the chart itself, whose archive holds it.
    InChart {
        /// Its path in the chart.
        path: String,
        /// Whether it may be missing.
        optional: bool,
        /// Where it is named.
        origin: Origin,
    },
    /// A mapping that stands elsewhere. Its numbers are read as a values file's are.
    Inline(Node),
}

/// A single value (`--set`).
#[derive(Clone, Debug)]
pub struct Set {
    /// How it is read.
    pub kind: SetKind,
    /// `key=value`, in Helm's grammar; for [`SetKind::Json`] also a whole JSON object.
    pub text: String,
    /// For [`SetKind::File`]: the file that the path in `text` means; none if it is one of the chart's archive.
    pub file: Option<FilePath>,
    /// Where it is said; the value's origin.
    pub origin: Origin,
}

/// The flags that set single values.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord)]
pub enum SetKind {
    /// `--set-json`.
    Json,
    /// `--set`.
    Plain,
    /// `--set-string`.
    String,
    /// `--set-file`.
    File,
    /// `--set-literal`.
    Literal,
}

impl SetKind {
    /// The flag's name.
    pub fn flag(self) -> &'static str {
        match self {
            Self::Json => "--set-json",
            Self::Plain => "--set",
            Self::String => "--set-string",
            Self::File => "--set-file",
            Self::Literal => "--set-literal",
        }
    }
}
