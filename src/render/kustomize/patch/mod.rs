//! The patch engine: strategic merge and JSON patches on nodes. It knows nothing of kustomizations.

mod json6902;
pub mod selector;
mod strategic;
#[cfg(test)]
mod testing;

pub use json6902::JsonPatch;
pub use strategic::{Merging, merge, spelled};

use crate::yaml::{Node, Value};

/// What a value that was replaced or added says of its past.
const PATCHED: &str = "patched by";

/// Whether kustomize takes a value for null: nothing where a value could stand counts, even where it ends up as a text.
fn is_null(node: &Node) -> bool {
    match &node.value {
        Value::Null => true,
        Value::Str(text) => text.is_empty() && node.origin.is_unwritten(),
        _ => false,
    }
}
