//! JSON Schemas over [`Node`]s, with violations in words for people.
//!
//! Two things are checked so: our own files against the schemas that `schemars` generates, and Kubernetes objects
//! against Kubernetes' schemas. Both get the same [`Violation`]s and give them codes of their own.

mod lookup;
mod words;

use jsonschema::Validator;
use serde_json::Value as Json;

use super::Node;
use super::json_view::Yaml;
use crate::diag::{Code, Diagnostic};
use crate::source::Origin;

/// Nobody reads more of one document, and a hostile one could have any number.
const MOST: usize = 100;

/// A compiled JSON Schema (draft 2020-12, unless its `$schema` says otherwise). References stay within the document.
pub struct Schema {
    root: Json,
    validator: Validator<Yaml>,
}

/// What kind of thing is wrong at a place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ViolationKind {
    /// A key that the schema doesn't know.
    UnknownKey,
    /// A required key isn't there.
    MissingKey,
    /// A value of another type.
    WrongType,
    /// A value of the right type that can't be meant.
    InvalidValue,
}

/// One place where a node doesn't fit its schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// What kind of thing.
    pub kind: ViolationKind,
    /// Where it has to change: the unknown key, the mapping that lacks one, or the value. A block mapping and an empty
    /// value are shown at their key.
    pub origin: Origin,
    /// The field as a JSON pointer (RFC 6901); for a missing key the one that should be there.
    pub pointer: String,
    /// A sentence without a full stop: what was expected, what was found.
    pub message: String,
    /// What is to be seen at the place.
    pub label: String,
    /// What to do about it.
    pub hints: Vec<String>,
}

impl Violation {
    /// The violation as a finding under a code, about the field.
    pub fn diagnostic(self, code: Code) -> Diagnostic {
        let mut diagnostic = Diagnostic::error(code, self.message).at(self.origin, self.label);
        diagnostic.hints = self.hints;
        diagnostic.subject.field = Some(self.pointer.into());
        diagnostic
    }
}

/// How the text speaks of what it checks.
#[derive(Clone, Copy, Debug)]
pub struct Nouns {
    /// What a key is: `key`, `field`.
    pub key: &'static str,
    /// What the whole is: `the file`, `the object`.
    pub whole: &'static str,
}

impl Schema {
    /// Compiles a schema. Formats are asserted: JSON Schema's own, and the ones of Kubernetes' schemas that need code
    /// (`quantity`, `byte`).
    ///
    /// # Errors
    /// The schema isn't one, or a reference in it leads nowhere; in words.
    pub fn new(root: Json) -> Result<Self, String> {
        let validator = jsonschema::options_for::<Yaml>()
            .should_validate_formats(true)
            .with_format("quantity", words::is_quantity)
            .with_format("byte", words::is_base64)
            .build(&root)
            .map_err(|e| e.to_string())?;
        Ok(Self { root, validator })
    }

    /// Whether a node fits. Much cheaper than [`Self::violations`].
    pub fn is_valid(&self, node: &Node) -> bool {
        self.validator.is_valid(node)
    }

    /// Everything that doesn't fit, in the order of the document; of thousands of violations only a hundred.
    pub fn violations(&self, node: &Node, nouns: Nouns) -> Vec<Violation> {
        if self.is_valid(node) {
            return Vec::new();
        }
        let mut found = Vec::new();
        let words = words::Words { schema: &self.root, node, nouns };
        for error in self.validator.iter_errors(node) {
            words.translate(&error, &mut found);
            if found.len() >= MOST {
                found.truncate(MOST);
                break;
            }
        }
        found.sort_by_cached_key(|v| (lookup::position(node, &v.pointer), v.message.clone()));
        found.dedup();
        found
    }
}

#[cfg(test)]
pub(crate) mod tests;
