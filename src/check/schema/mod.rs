//! Objects against Kubernetes' own schemas, for the version that their cluster runs.
//!
//! As strict as a server with `--validate=strict`: unknown fields are errors. What a server takes has no findings here.
//! Kinds that Kubernetes doesn't have are not judged; their CustomResourceDefinitions say what they may hold.

mod served;
mod store;

pub use store::Schemas;

use crate::diag::{Code, Diagnostics};
use crate::kube::{KubeVersion, ObjectId};
use crate::yaml::Node;
use crate::yaml::schema::{Nouns, Violation, ViolationKind};

const NOUNS: Nouns = Nouns { key: "field", whole: "the object" };

/// What the API server of a cluster would refuse about an object: fields that it doesn't know
/// ([`Code::UNKNOWN_FIELD`]), and values of the wrong type or form, missing fields, an API version that it doesn't
/// serve ([`Code::INVALID_OBJECT`]). Each at the place in the source that has to change, in the order of the object.
///
/// Nothing for objects of other groups than Kubernetes' own, and for what isn't an object.
pub fn check_object(schemas: &Schemas, version: &KubeVersion, object: &Node) -> Diagnostics {
    let Some(id) = ObjectId::of(object) else { return Diagnostics::new() };
    // A List is opened before its objects are checked.
    if !crate::kube::is_built_in(&id.group) || (id.group.is_empty() && id.kind == "List") {
        return Diagnostics::new();
    }
    let mut found: Diagnostics = match schemas.find(version.schema_minor(), &id) {
        Some(schema) => {
            schema.violations(object, NOUNS).into_iter().filter(|v| !is_of_a_server(v)).map(diagnostic).collect()
        }
        None => served::not_served(schemas, version, &id, object).into(),
    };
    if !found.is_empty() {
        let name: std::sync::Arc<str> = id.to_string().into();
        found.iter_mut().for_each(|d| d.subject.object = Some(name.clone()));
    }
    found
}

/// Whether it is the server that fills the place. Generators write `status: {}` or a part of it; servers pass it over.
fn is_of_a_server(violation: &Violation) -> bool {
    violation.kind == ViolationKind::MissingKey && violation.pointer.starts_with("/status/")
}

fn diagnostic(violation: Violation) -> crate::diag::Diagnostic {
    let code = match violation.kind {
        ViolationKind::UnknownKey => Code::UNKNOWN_FIELD,
        _ => Code::INVALID_OBJECT,
    };
    violation.diagnostic(code)
}

#[cfg(test)]
mod tests;
