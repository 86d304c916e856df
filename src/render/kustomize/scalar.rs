//! Scalars as texts, and texts as scalars. kustomize handles a field's text, whatever its type, and what it writes without
//! a tag gets its type when the document is read again.

use ecow::EcoString;

use crate::source::{Origin, Sources};
use crate::yaml::{self, Dialect, Node, Value};

/// The text of a scalar; empty for null; none for a list or a mapping.
pub fn text_of(node: &Node) -> Option<EcoString> {
    Some(match &node.value {
        Value::Null => EcoString::new(),
        Value::Str(text) => text.clone(),
        Value::Bool(true) => "true".into(),
        Value::Bool(false) => "false".into(),
        Value::Int(n) => ecow::eco_format!("{n}"),
        Value::UInt(n) => ecow::eco_format!("{n}"),
        Value::Float(f) => {
            let mut text = String::new();
            yaml::write_general_float(*f, &mut text);
            text.into()
        }
        Value::Seq(_) | Value::Map(_) => return None,
    })
}

/// What kustomize makes of a text that it sets without a tag: a number if it looks like one.
pub fn untagged(text: &str, origin: Origin) -> Node {
    Node::new(yaml::plain_value(Dialect::Kustomize, text), origin)
}

/// The text of a scalar as it was written: `0x1F` and `null` for what is 31 and nothing. For values that have no place in
/// a text, what [`text_of`] says.
pub fn written(node: &Node, sources: &Sources) -> Option<EcoString> {
    let looks_changed = match &node.value {
        // What looks like a time was rewritten.
        Value::Str(text) => text.starts_with(|c: char| c.is_ascii_digit()) && text.contains('T'),
        Value::Seq(_) | Value::Map(_) => return None,
        _ => true,
    };
    let token = || {
        let file = sources.get(node.origin.file)?;
        let at = node.origin.at as usize;
        let token = file.text.get(at..yaml::token_end(&file.text, at))?.trim_end();
        (yaml::plain_value(Dialect::Kustomize, token) == node.value).then(|| EcoString::from(token))
    };
    if looks_changed && let Some(token) = token() { Some(token) } else { text_of(node) }
}

/// What kustomize makes of a text without a tag that takes a scalar's place: the style stays, and what was in quotes is a
/// string again.
pub fn instead_of(old: &Node, text: &str, origin: Origin, sources: &Sources) -> Node {
    let new = untagged(text, origin);
    match &old.value {
        Value::Str(was) if !matches!(new.value, Value::Str(_)) && is_quoted(was, old.origin, sources) => {
            Node::new(text, origin)
        }
        _ => new,
    }
}

/// Whether a string has a style of its own. What would mean something else without quotes has; else its place tells.
fn is_quoted(text: &str, origin: Origin, sources: &Sources) -> bool {
    if !matches!(yaml::plain_value(Dialect::Kustomize, text), Value::Str(_)) {
        return true;
    }
    let file = sources.get(origin.file);
    let first = file.as_ref().and_then(|file| file.text.as_bytes().get(origin.at as usize));
    matches!(first, Some(b'"' | b'\'' | b'|' | b'>'))
}
