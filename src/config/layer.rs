//! `layer.yaml`: `kind: Layer`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::ApiVersion;
use super::patch::Patch;

/// What a layer instance says of itself, in `layer.yaml` at its root.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "Layer (layer.yaml)")]
pub struct LayerFile {
    /// `terrace.dev/v1alpha1`.
    pub api_version: ApiVersion,
    /// `Layer`.
    pub kind: LayerKind,
    /// What the layer changes.
    #[serde(default)]
    pub spec: LayerSpec,
}

/// `Layer`.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
pub enum LayerKind {
    /// The only one.
    Layer,
}

/// What a layer changes in the layers below it.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct LayerSpec {
    /// Patches to other apps' objects, in kustomize's form, their target naming also `app`.
    pub patches: Vec<Patch>,
}
