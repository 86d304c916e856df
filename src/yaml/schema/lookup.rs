//! Finding things: the node behind a pointer, how people write its path, the schema behind an error.

use serde_json::Value as Json;

use crate::source::Origin;
use crate::yaml::{Node, Value};

/// The keys of a JSON pointer, unescaped.
pub(super) fn tokens(pointer: &str) -> impl Iterator<Item = String> {
    pointer.split('/').skip(1).map(|t| t.replace("~1", "/").replace("~0", "~"))
}

/// A pointer to `key` below `pointer`.
pub(super) fn join(pointer: &str, key: &str) -> String {
    format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// The pointer to what holds the place.
pub(super) fn parent(pointer: &str) -> &str {
    pointer.rsplit_once('/').map_or("", |(parent, _)| parent)
}

/// The origin of the key at a pointer; of the value where it has no key.
pub(super) fn key_origin(root: &Node, pointer: &str) -> Origin {
    let Some(key) = tokens(pointer).last() else { return root.origin };
    let holder = root.pointer(parent(pointer));
    let entry = holder.and_then(Node::as_map).and_then(|map| map.entry(&key));
    let seen = entry.map(|e| e.key_origin).filter(|origin| origin.span().is_some());
    seen.unwrap_or_else(|| value_origin(root, pointer))
}

/// Where to point for the value at a pointer: at it, or at its key where nothing stands for the whole value in the text
/// (a block mapping starts with its first key; an empty value with nothing).
pub(super) fn place(root: &Node, pointer: &str) -> Origin {
    let unseen = match root.pointer(pointer).map(|n| (&n.value, n.origin)) {
        Some((Value::Null, _)) => true,
        Some((Value::Map(map), origin)) => map.iter().next().is_some_and(|first| first.key_origin == origin),
        _ => false,
    };
    if unseen { key_origin(root, pointer) } else { value_origin(root, pointer) }
}

/// The origin of the value at a pointer, or of the nearest thing around it that has one.
pub(super) fn value_origin(root: &Node, pointer: &str) -> Origin {
    match root.pointer(pointer) {
        Some(node) if node.origin.span().is_some() => node.origin,
        _ if pointer.is_empty() => root.origin,
        _ => {
            let key = tokens(pointer).last().unwrap_or_default();
            let entry = root.pointer(parent(pointer)).and_then(Node::as_map).and_then(|map| map.entry(&key));
            match entry {
                Some(e) if e.key_origin.span().is_some() => e.key_origin,
                _ => value_origin(root, parent(pointer)),
            }
        }
    }
}

/// Where a pointer stands in the document: the index of each step in what holds it. Keys that aren't there sort first.
pub(super) fn position(root: &Node, pointer: &str) -> Vec<usize> {
    let mut at = Some(root);
    let mut position = Vec::new();
    for token in tokens(pointer) {
        let (index, next) = match at.map(|n| &n.value) {
            Some(Value::Map(map)) => match map.iter().enumerate().find(|(_, e)| e.key == token) {
                Some((i, e)) => (i + 1, Some(&e.value)),
                None => (0, None),
            },
            Some(Value::Seq(seq)) => {
                let i = token.parse().unwrap_or(usize::MAX);
                (i.saturating_add(1), seq.get(i))
            }
            _ => (0, None),
        };
        position.push(index);
        at = next;
    }
    position
}

/// A pointer as people write a field: `spec.containers[0].image`, `metadata.annotations["a.b/c"]`; empty for the root.
pub(super) fn field(root: &Node, pointer: &str) -> String {
    let mut at = Some(root);
    let mut text = String::new();
    for token in tokens(pointer) {
        let in_list = at.is_some_and(|n| n.as_seq().is_some());
        let plain =
            !token.is_empty() && token.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '$'));
        match (in_list, plain) {
            (true, _) => text.push_str(&format!("[{token}]")),
            (false, true) if text.is_empty() => text.push_str(&token),
            (false, true) => text.push_str(&format!(".{token}")),
            (false, false) => text.push_str(&format!("[{token:?}]")),
        }
        at = match at.map(|n| &n.value) {
            Some(Value::Map(map)) => map.get(&token),
            Some(Value::Seq(seq)) => token.parse::<usize>().ok().and_then(|i| seq.get(i)),
            _ => None,
        };
    }
    text
}

/// References followed in a row before giving up on a circle.
const REFERENCES: usize = 32;

/// The schema behind its `$ref`s that stay in the document.
pub(super) fn resolve<'s>(root: &'s Json, mut schema: &'s Json) -> &'s Json {
    for _ in 0..REFERENCES {
        let target = schema.get("$ref").and_then(Json::as_str).and_then(|r| r.strip_prefix('#'));
        match target.and_then(|pointer| root.pointer(pointer)) {
            Some(next) => schema = next,
            None => break,
        }
    }
    schema
}

/// The schema that holds the keyword at the end of an evaluation path.
pub(super) fn schema_at<'s>(root: &'s Json, evaluation_path: &str) -> Option<&'s Json> {
    tokens(parent(evaluation_path)).try_fold(root, |schema, token| match token.as_str() {
        "$ref" => {
            let pointer = schema.get("$ref")?.as_str()?.strip_prefix('#')?;
            root.pointer(pointer)
        }
        _ => match schema {
            Json::Array(list) => list.get(token.parse::<usize>().ok()?),
            _ => schema.get(&token),
        },
    })
}

/// The schema for the value at an instance's pointer, as far as properties and elements lead there.
pub(super) fn schema_for<'s>(root: &'s Json, pointer: &str) -> Option<&'s Json> {
    tokens(pointer).try_fold(root, |schema, token| {
        let schema = resolve(root, schema);
        let named = properties(root, schema).into_iter().find(|(name, _)| *name == token).map(|(_, s)| s);
        named.or_else(|| schema.get("additionalProperties")).or_else(|| schema.get("items"))
    })
}

/// How deep combinations (`allOf` in `$ref` in …) are searched for properties.
const DEPTH: usize = 8;

/// The properties that a schema knows, its combinations included, each with its schema.
pub(super) fn properties<'s>(root: &'s Json, schema: &'s Json) -> Vec<(&'s str, &'s Json)> {
    fn collect<'s>(root: &'s Json, schema: &'s Json, depth: usize, into: &mut Vec<(&'s str, &'s Json)>) {
        let schema = resolve(root, schema);
        for (name, property) in schema.get("properties").and_then(Json::as_object).into_iter().flatten() {
            if !into.iter().any(|(known, _)| known == name) {
                into.push((name, property));
            }
        }
        if depth == 0 {
            return;
        }
        for keyword in ["allOf", "anyOf", "oneOf"] {
            for part in schema.get(keyword).and_then(Json::as_array).into_iter().flatten() {
                collect(root, part, depth - 1, into);
            }
        }
    }
    let mut found = Vec::new();
    collect(root, schema, DEPTH, &mut found);
    found
}
