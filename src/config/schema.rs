//! The JSON Schemas of our own files, and what they say of a document.

use std::sync::OnceLock;

use super::{app, cluster, fleet, generator_inputs, layer};
use crate::diag::{Code, Diagnostics};
use crate::yaml::Node;
use crate::yaml::schema::{Nouns, Schema, ViolationKind};

/// A compiled schema of one of our kinds.
#[derive(Clone, Copy)]
pub struct Validator {
    schema: fn() -> schemars::Schema,
    compiled: &'static OnceLock<Option<Schema>>,
}

macro_rules! validators {
    ($($(#[$doc:meta])* $name:ident: $type:ty;)*) => {
        $($(#[$doc])* pub fn $name() -> Validator {
            static COMPILED: OnceLock<Option<Schema>> = OnceLock::new();
            Validator { schema: || schemars::schema_for!($type), compiled: &COMPILED }
        })*
    };
}

validators! {
    /// `kind: Fleet`.
    fleet: fleet::FleetFile;
    /// `kind: Cluster`.
    cluster: cluster::ClusterFile;
    /// `kind: App`.
    app: app::AppFile;
    /// `kind: Layer`.
    layer: layer::LayerFile;
    /// `kind: GeneratorInputs`.
    generator_inputs: generator_inputs::GeneratorInputsFile;
}

/// Every place where a document doesn't fit its schema.
pub fn validate(validator: Validator, node: &Node) -> Diagnostics {
    let compiled = validator.compiled.get_or_init(|| Schema::new((validator.schema)().into()).ok());
    compiled.as_ref().map(|schema| findings(schema, node)).unwrap_or_default()
}

fn findings(schema: &Schema, node: &Node) -> Diagnostics {
    let nouns = Nouns { key: "key", whole: "the file" };
    let violations = schema.violations(node, nouns).into_iter();
    violations
        .map(|violation| {
            let code = match violation.kind {
                ViolationKind::UnknownKey => Code::UNKNOWN_KEY,
                ViolationKind::MissingKey => Code::MISSING_KEY,
                ViolationKind::WrongType => Code::WRONG_TYPE,
                ViolationKind::InvalidValue => Code::INVALID_VALUE,
            };
            violation.diagnostic(code)
        })
        .collect()
}

#[cfg(test)]
mod tests;
