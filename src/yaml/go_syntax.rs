//! A value as Go's `%#v` shows what go-yaml made of it: go-yaml's messages hold that.

use super::{Node, Value};
use crate::go;

/// Levels that are shown; a message needs no more.
const MAX_DEPTH: usize = 100;

/// The value in Go's syntax, mappings sorted by key.
pub(super) fn of(node: &Node, depth: usize) -> String {
    if depth > MAX_DEPTH {
        return "…".to_owned();
    }
    match &node.value {
        Value::Null if depth == 0 => "<nil>".to_owned(),
        Value::Null => "interface {}(nil)".to_owned(),
        Value::Bool(b) => b.to_string(),
        Value::Int(n) => n.to_string(),
        Value::UInt(n) => format!("0x{n:x}"),
        Value::Float(f) => go::float(*f),
        Value::Str(text) => go::quote(text),
        Value::Seq(items) => {
            let items: Vec<String> = items.iter().map(|item| of(item, depth + 1)).collect();
            format!("[]interface {{}}{{{}}}", items.join(", "))
        }
        Value::Map(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by(|a, b| a.key.cmp(&b.key));
            let shown = entries.iter().map(|e| format!("{}:{}", go::quote(&e.key), of(&e.value, depth + 1)));
            format!("map[interface {{}}]interface {{}}{{{}}}", shown.collect::<Vec<_>>().join(", "))
        }
    }
}

/// What encoding/json says of a number that it has no form for: the first in the order in which it writes the value.
pub(super) fn not_finite(node: &Node) -> Option<String> {
    match &node.value {
        Value::Float(f) if !f.is_finite() => Some(format!("json: unsupported value: {}", go::float(*f))),
        Value::Seq(items) => items.iter().find_map(not_finite),
        Value::Map(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by(|a, b| a.key.cmp(&b.key));
            entries.iter().find_map(|e| not_finite(&e.value))
        }
        _ => None,
    }
}
