//! YAML: bytes in, [`Node`]s with origins out, and the bytes of sigs.k8s.io/yaml back.

pub mod json_view;
mod node;
pub mod schema;

pub use node::{Entry, Map, Node, Value};

/// The byte where the token (scalar, alias, or flow collection's bracket) that starts at `at` ends; the end of the
/// line where there is none.
pub fn token_end(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    at + rest.find('\n').unwrap_or(rest.len())
}
