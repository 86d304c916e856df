//! Patches in `app.yaml` and `layer.yaml`.

use schemars::JsonSchema;
use serde::Deserialize;

/// A patch, in kustomize's form: either `patch` or `path`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Patch {
    /// The patch itself: a strategic merge patch, or a list of operations (JSON patch, RFC 6902).
    pub patch: Option<String>,
    /// The file that holds it, relative to the directory of this one.
    #[schemars(example = "patches/limits.yaml")]
    pub path: Option<String>,
    /// What it changes. A strategic merge patch without a target changes the object that it names itself.
    pub target: Option<PatchTarget>,
    /// What it may change besides.
    pub options: PatchOptions,
}

/// What a patch changes: every object that fits all of it. `group`, `version`, `kind`, `name` and `namespace` are regular
/// expressions for the whole text.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct PatchTarget {
    /// The app that makes the object: a glob on `[namespace/]name`. In an app.yaml the app itself by default.
    #[schemars(example = &"monitoring")]
    pub app: Option<String>,
    /// The API group.
    pub group: Option<String>,
    /// The API version.
    pub version: Option<String>,
    /// The kind.
    #[schemars(example = &"Deployment")]
    pub kind: Option<String>,
    /// The name.
    pub name: Option<String>,
    /// The namespace that the object goes to.
    pub namespace: Option<String>,
    /// A selector of annotations.
    pub annotation_selector: Option<String>,
    /// A selector of labels.
    #[schemars(example = "app.kubernetes.io/part-of=shop")]
    pub label_selector: Option<String>,
}

/// What a patch may change besides fields.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct PatchOptions {
    /// Whether it may change an object's name; `false` by default.
    pub allow_name_change: bool,
    /// Whether it may change an object's kind; `false` by default.
    pub allow_kind_change: bool,
}
