//! From a node to a type, with every mistake told at its place.

use serde::de::DeserializeOwned;

use super::schema;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::Origin;
use crate::yaml::{Node, Value};

/// A typed file, and the nodes it was read from.
#[derive(Clone, Debug)]
pub struct Loaded<T> {
    /// The type.
    pub value: T,
    /// The document.
    pub node: Node,
}

impl<T> Loaded<T> {
    /// Where the value behind a chain of keys was set; the nearest mapping around it if it wasn't.
    pub fn origin(&self, keys: &[&str]) -> Origin {
        origin_of(&self.node, keys)
    }
}

/// Where the value behind a chain of keys (or list indices) was set; the nearest mapping around it if it wasn't.
pub fn origin_of(node: &Node, keys: &[&str]) -> Origin {
    let mut here = node;
    for key in keys {
        let next = match &here.value {
            Value::Map(map) => map.get(key),
            Value::Seq(seq) => key.parse::<usize>().ok().and_then(|i| seq.get(i)),
            _ => None,
        };
        match next {
            Some(next) => here = next,
            None => break,
        }
    }
    here.origin
}

/// Types a document of ours: validates it against the type's schema, then deserializes it.
pub fn load<T: DeserializeOwned>(schema: schema::Validator, node: Node) -> Result<Loaded<T>, Diagnostics> {
    let mut diagnostics = schema::validate(schema, &node);
    if diagnostics.has_errors() {
        return Err(diagnostics);
    }
    match serde_json::from_value(node.to_json_value()) {
        Ok(value) => Ok(Loaded { value, node }),
        Err(error) => {
            diagnostics.push(Diagnostic::error(Code::WRONG_TYPE, error.to_string()).at(node.origin, ""));
            Err(diagnostics)
        }
    }
}
