//! The hash of what a ConfigMap or Secret holds, in its name (api/hasher, HashTransformer).

use std::borrow::Cow;

use ecow::EcoString;
use sha2::{Digest, Sha256};

use super::context::Context;
use super::failure::{Failure, Result};
use super::resmap::ResMap;
use super::scalar::text_of;
use crate::diag::{Code, Diagnostic};
use crate::source::Origin;
use crate::yaml::{JsonStyle, Map, Node, Value, to_json, write_json, write_json_string};

/// Adds to the name of each resource that asks for it the hash of its content.
///
/// # Errors
/// Values that JSON can't hold.
pub fn add_hashes(map: &mut ResMap, ctx: &Context) -> Result<()> {
    if !map.resources().iter().any(|resource| resource.needs_hash) {
        return Ok(());
    }
    for resource in map.resources_mut().iter_mut().filter(|resource| resource.needs_hash) {
        let hash = hash(resource.node()).map_err(|failure| failure.at(resource.declared_at, "this is hashed"))?;
        let kind = &resource.id().gvk.kind;
        if kind != "ConfigMap" && kind != "Secret" {
            let message = format!("the hash in the name of {} is not the one that kustomize gives", resource.id());
            let warning = Diagnostic::warning(Code::INVALID_KUSTOMIZATION, message)
                .at(resource.declared_at, "generated here")
                .hint("kustomize hashes where a file's values stand: name what isn't a ConfigMap or a Secret yourself");
            ctx.warnings.borrow_mut().push(warning);
        }
        let was = resource.node().at(&["metadata", "name"]).map_or(Origin::NONE, |name| name.origin);
        let origin = ctx.recorder.step("hash of its content added by", resource.declared_at, was);
        let name = format!("{}-{hash}", resource.id().name);
        resource.store_previous_id();
        resource.set_name(&name, origin);
    }
    Ok(())
}

/// The hash of a resource's content, ten letters and digits. That of a ConfigMap or a Secret is kustomize's. Of other kinds
/// kustomize hashes its own tree, line numbers and styles included, which isn't known here: theirs is stable, but another.
///
/// # Errors
/// Values that JSON can't hold.
pub fn hash(node: &Node) -> Result<String> {
    let encoded = match node.str_at(&["kind"]).unwrap_or_default() {
        kind @ "ConfigMap" => encode(node, kind, &["binaryData", "data", "kind", "name"])?,
        kind @ "Secret" => encode(node, kind, &["data", "kind", "name", "stringData", "type"])?,
        _ => to_json(node),
    };
    let digest = Sha256::digest(encoded.as_bytes());
    let digits = digest.iter().take(5).flat_map(|byte| [byte >> 4, byte & 15]);
    // Without vowels and what looks like them, so that no hash makes a word.
    Ok(digits.map(|digit| char::from(b"gh2k456789mbcdtf"[usize::from(digit)])).collect())
}

/// What is hashed of a ConfigMap or a Secret, in the order of the keys. The name is looked up where it hardly ever is.
fn encode(node: &Node, kind: &str, fields: &[&str]) -> Result<String> {
    let mut out = String::from("{");
    for field in fields {
        let value = node.get(if *field == "name" { "metadata/name" } else { field });
        let optional = matches!(*field, "binaryData" | "stringData");
        if optional && !value.is_some_and(|value| matches!(value.value, Value::Map(_) | Value::Seq(_))) {
            continue;
        }
        if out.len() > 1 {
            out.push(',');
        }
        write_json_string(field, JsonStyle::EscapeHtml, &mut out);
        out.push(':');
        match (*field, value) {
            ("kind", _) => write_json_string(kind, JsonStyle::EscapeHtml, &mut out),
            (_, None) => out.push_str("\"\""),
            (_, Some(value)) => encode_value(value, &mut out)?,
        }
    }
    out.push('}');
    Ok(out)
}

fn encode_value(value: &Node, out: &mut String) -> Result<()> {
    let text = match &value.value {
        // kustomize reads it into a mapping, and forgets that it couldn't.
        Value::Seq(items) => {
            let _ = items.iter().map(|item| floats(item, 0)).collect::<Result<Vec<_>>>()?;
            out.push_str("null");
            return Ok(());
        }
        Value::Map(_) => {
            write_json(&*floats(value, 0)?, JsonStyle::EscapeHtml, out);
            return Ok(());
        }
        Value::Null if value.origin.is_unwritten() => EcoString::new(),
        Value::Null => "null".into(),
        _ => text_of(value).unwrap_or_default(),
    };
    write_json_string(&text, JsonStyle::EscapeHtml, out);
    Ok(())
}

/// No document is nested deeper.
const DEPTH: usize = 2_000;
/// Integers up to this one are the same as floats.
const EXACT: u64 = 1 << 53;

/// A value whose numbers went through JSON without a type, and are floats now.
fn floats(node: &Node, depth: usize) -> Result<Cow<'_, Node>> {
    if depth > DEPTH {
        return Err(Failure::new(Code::YAML_LIMIT, "exceeded max depth").at(node.origin, "nested too deeply"));
    }
    #[expect(clippy::cast_precision_loss, reason = "that loss is what upstream does")]
    let float = match &node.value {
        Value::Float(float) if !float.is_finite() => {
            let text = if float.is_nan() {
                "NaN"
            } else if float.is_sign_negative() {
                "-Inf"
            } else {
                "+Inf"
            };
            return Err(Failure::new(Code::INVALID_OBJECT, format!("json: unsupported value: {text}"))
                .at(node.origin, "JSON has no such number"));
        }
        Value::Int(n) if n.unsigned_abs() > EXACT => *n as f64,
        Value::UInt(n) => *n as f64,
        Value::Seq(items) => {
            let changed: Vec<Cow<Node>> = items.iter().map(|item| floats(item, depth + 1)).collect::<Result<_>>()?;
            if changed.iter().all(|item| matches!(item, Cow::Borrowed(_))) {
                return Ok(Cow::Borrowed(node));
            }
            let items: Vec<Node> = changed.into_iter().map(Cow::into_owned).collect();
            return Ok(Cow::Owned(Node::new(items, node.origin)));
        }
        Value::Map(map) => {
            let changed: Vec<Cow<Node>> =
                map.iter().map(|entry| floats(&entry.value, depth + 1)).collect::<Result<_>>()?;
            if changed.iter().all(|value| matches!(value, Cow::Borrowed(_))) {
                return Ok(Cow::Borrowed(node));
            }
            let mut copy: Map = map.clone();
            for (entry, value) in copy.entries_mut().iter_mut().zip(changed) {
                entry.value = value.into_owned();
            }
            return Ok(Cow::Owned(Node::new(copy, node.origin)));
        }
        _ => return Ok(Cow::Borrowed(node)),
    };
    Ok(Cow::Owned(Node::new(float, node.origin)))
}

#[cfg(test)]
mod tests {
    use serde_json::Value as Json;

    use super::hash;
    use crate::source::FileId;
    use crate::yaml::{Dialect, parse};

    const CASES: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/kustomize/hash/cases.jsonl"));

    #[test]
    fn hashes_are_kustomizes() {
        let (mut count, mut wrong) = (0, Vec::new());
        for line in CASES.lines() {
            let case: Json = serde_json::from_str(line).unwrap();
            let text = case["yaml"].as_str().unwrap();
            let parsed = parse(FileId::NONE, text, Dialect::Kustomize);
            let (expected, got) = match hash(&parsed.into_first()) {
                Ok(hash) => (&case["hash"], hash),
                Err(failure) => (&case["error"], failure.text),
            };
            if *expected != got {
                wrong.push(format!("{text}\n{expected} {got}"));
            }
            count += 1;
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
        assert!(count > 200);
    }

    #[test]
    fn another_kind_has_a_stable_hash() {
        let hash_of = |text| hash(&parse(FileId::NONE, text, Dialect::Kustomize).into_first()).unwrap();
        assert_eq!(hash_of("kind: A\nspec: {b: 1, c: 2}\n"), hash_of("kind: A\nspec:\n  c: 2\n  b: 1\n"));
        assert_ne!(hash_of("kind: A\n"), hash_of("kind: B\n"));
    }
}
