//! Values as the texts that kyaml compares.

use ecow::EcoString;

use super::super::is_null;
use crate::render::kustomize::scalar::text_of;
use crate::source::Sources;
use crate::yaml::{Dialect, Node, Value, plain_value};

/// The text of a node (`yaml.Node.Value`): none of a collection.
pub(super) fn raw(node: &Node) -> EcoString {
    match &node.value {
        Value::Null if node.origin.is_unwritten() => EcoString::new(),
        Value::Null => "null".into(),
        _ => text_of(node).unwrap_or_default(),
    }
}

/// The same, with nothing for a null (`GetValue`).
pub(super) fn said(node: &Node) -> EcoString {
    if is_null(node) { EcoString::new() } else { raw(node) }
}

/// Whether a node counts as nothing: null, or an empty collection (`IsNilOrEmpty`).
pub(super) fn is_nothing(node: &Node) -> bool {
    match &node.value {
        Value::Map(map) => map.is_empty(),
        Value::Seq(list) => list.is_empty(),
        _ => is_null(node),
    }
}

/// The text of a field that tells an element; empty where it is missing.
pub(super) fn key_of(element: &Node, key: &str) -> EcoString {
    element.get(key).filter(|value| !is_nothing(value)).map(raw).unwrap_or_default()
}

/// The text of a scalar as it was written, if that can still be seen: `1.10`, not `1.1`.
pub fn spelled(node: &Node, sources: &Sources) -> EcoString {
    let usual = raw(node);
    if node.origin.is_quoted() || node.origin.is_unwritten() || !node.origin.file.is_real() {
        return usual;
    }
    let Some(file) = sources.get(node.origin.file) else { return usual };
    let rest = file.text.get(node.origin.at as usize..).unwrap_or_default();
    let line = rest.split(['\n', '\r']).next().unwrap_or_default();
    let ends = [line.len()].into_iter().chain(line.match_indices([',', ']', '}', ' ']).map(|(at, _)| at).take(4));
    let mut texts = ends.filter_map(|end| line.get(..end)).map(str::trim_end);
    let text = texts.find(|text| plain_value(Dialect::Kustomize, text) == node.value);
    text.map_or(usual, EcoString::from)
}
