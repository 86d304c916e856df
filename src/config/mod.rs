//! Our own files, typed: `kind: Fleet`, `kind: Cluster`, `kind: App`, `kind: Layer`,
//! `kind: GeneratorInputs`. One file each.
//!
//! Each type is the serde form of its JSON Schema (printed by `terrace schema`, kept in `schemas/`). A file is first
//! validated against the schema, which finds every mistake at its place, and then deserialized; [`Loaded`] keeps the
//! nodes beside the types, so that later stages can point at the line that said so.

pub mod api_resources;
pub mod app;
pub mod cluster;
pub mod fleet;
pub mod generator_inputs;
pub mod layer;
mod load;
pub mod patch;
pub mod selector;

pub mod schema;

pub use load::{Loaded, load, origin_of};

use schemars::JsonSchema;
use serde::Deserialize;

/// The `apiVersion` of every file of ours.
pub const API_VERSION: &str = "terrace.dev/v1alpha1";

/// The `apiVersion` of every file of ours.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
pub enum ApiVersion {
    /// The only one so far.
    #[serde(rename = "terrace.dev/v1alpha1")]
    V1alpha1,
}

/// A name, and labels to select by.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Metadata {
    /// The name.
    #[schemars(length(min = 1))]
    pub name: String,
    /// Labels: selectors match them, templates read them.
    #[serde(default)]
    pub labels: std::collections::BTreeMap<String, String>,
    /// Annotations: templates read them.
    #[serde(default)]
    pub annotations: std::collections::BTreeMap<String, String>,
}

/// Makes a JSON Schema.
pub type SchemaOf = fn() -> schemars::Schema;

/// Our kinds of files, for `terrace schema`: name and generator.
pub const KINDS: &[(&str, SchemaOf)] = &[
    ("fleet", || schemars::schema_for!(fleet::FleetFile)),
    ("cluster", || schemars::schema_for!(cluster::ClusterFile)),
    ("app", || schemars::schema_for!(app::AppFile)),
    ("layer", || schemars::schema_for!(layer::LayerFile)),
    ("inputs", || schemars::schema_for!(generator_inputs::GeneratorInputsFile)),
];
