//! `app.yaml`: `kind: App`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::ApiVersion;
use super::patch::Patch;
use super::selector::Selector;

/// What a directory of a layer can't say by itself. Every string in it is a template, save those in `generators` and
/// `patches`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "App (app.yaml)")]
pub struct AppFile {
    /// `terrace.dev/v1alpha1`.
    pub api_version: ApiVersion,
    /// `App`.
    pub kind: AppKind,
    /// The app's name (the directory's by default) and labels.
    #[serde(default)]
    pub metadata: AppMetadata,
    /// What the app is.
    #[serde(default)]
    pub spec: AppSpec,
}

/// `App`.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
pub enum AppKind {
    /// The only one.
    App,
}

/// An app's name and labels; both may be left out.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AppMetadata {
    /// The app's name; the directory's by default.
    pub name: Option<String>,
    /// Labels, for `-l`.
    pub labels: BTreeMap<String, String>,
}

/// What an app is.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct AppSpec {
    /// Whether the app is there at all: a boolean, or a template that gives one.
    #[schemars(example = "{{ values.monitoring.enable }}")]
    pub enable: Option<Flag>,
    /// When it is synced: lower waves first; 0 by default.
    pub wave: Option<Wave>,
    /// The namespace of its objects.
    pub namespace: Option<String>,
    /// The Helm release's name; the app's by default.
    pub release_name: Option<String>,
    /// Values for its chart, above `valueFiles`.
    pub values: BTreeMap<String, serde_json::Value>,
    /// Values files for its chart, lowest first: relative to the directory, or with a slash before them to the layer's
    /// repository; globs are fine.
    #[schemars(example = ["values.yaml", "values-{{ cluster.labels.environment }}.yaml"])]
    pub value_files: Vec<String>,
    /// Whether files of `valueFiles` that aren't there are left out; `false` by default.
    pub ignore_missing_value_files: bool,
    /// Whether the CustomResourceDefinitions in the chart's `crds` are rendered; `true` by default.
    pub include_crds: Option<bool>,
    /// Whether the values are not held against the chart's schema; `false` by default.
    pub skip_schema_validation: bool,
    /// Apps of the same cluster that are synced before it.
    #[schemars(example = ["operator-lifecycle"])]
    pub depends_on: Vec<String>,
    /// Which clusters it is for.
    pub clusters: Option<Selector>,
    /// ApplicationSet generators: one app per parameter set, which templates see as `params`. The name of the app has to
    /// tell them apart.
    pub generators: Vec<serde_json::Value>,
    /// Patches to its objects (or to those of the app that a target names), in kustomize's form.
    pub patches: Vec<Patch>,
    /// Sources elsewhere, instead of the directory.
    pub sources: Vec<AppSource>,
}

/// A boolean, or a template that gives one.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Flag {
    /// `true` or `false`.
    Bool(bool),
    /// A template.
    Template(String),
}

/// A sync wave, or a template that gives one.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Wave {
    /// The wave.
    Number(i64),
    /// A template.
    Template(String),
}

/// A source elsewhere.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AppSource {
    /// A declared repository's name or URL; the layer's own by default.
    pub repository: Option<String>,
    /// The directory in it.
    #[serde(default)]
    pub path: String,
    /// The chart's name, where the repository is one of charts.
    pub chart: Option<String>,
    /// The revision, honoured when pinned; a chart's version.
    pub revision: Option<String>,
}
