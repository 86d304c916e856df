//! The template of a generator over that of the set: the generator's non-zero values win, and nothing else changes
//! (mergo's `Merge` without options).

use ecow::EcoVec;

use crate::argocd::application_set::application::TEMPLATE;
use crate::argocd::application_set::go_type::{Struct, Type};
use crate::yaml::{Entry, Map, Node, Value};

/// Merges two templates in normal form.
pub fn merged(own: Option<&Node>, base: &Node) -> Node {
    match own {
        Some(own) => structs(own, base, &TEMPLATE),
        None => base.clone(),
    }
}

fn structs(own: &Node, base: &Node, target: &'static Struct) -> Node {
    let mut entries = EcoVec::with_capacity(target.fields.len());
    for field in target.fields {
        let found = |node: &Node| node.as_map().and_then(|map| map.entry(field.name)).cloned();
        entries.extend(match (found(own), found(base)) {
            (Some(own), Some(base)) => {
                let value = values(&own.value, &base.value, &field.ty);
                Some(Entry { value, ..own })
            }
            (own, base) => own.or(base),
        });
    }
    Node::new(Map::from_unique(entries), own.origin)
}

/// Two values that are both there, so (but behind pointers) neither is zero.
fn values(own: &Node, base: &Node, ty: &'static Type) -> Node {
    match ty {
        Type::Struct(target) => structs(own, base, target),
        Type::Pointer(inner) => match inner {
            Type::Struct(_) => values(own, base, inner),
            // What a pointer leads to is filled in where it is zero.
            _ if is_zero(own) => base.clone(),
            _ => own.clone(),
        },
        Type::Texts | Type::Flags | Type::Jsons => maps(own, base),
        _ => own.clone(),
    }
}

fn maps(own: &Node, base: &Node) -> Node {
    let (Some(own_map), Some(base)) = (own.as_map(), base.as_map()) else { return own.clone() };
    let mut made = own_map.clone();
    for entry in base {
        if made.get(&entry.key).is_none_or(is_zero) {
            made.insert(entry.key.clone(), entry.key_origin, entry.value.clone());
        }
    }
    Node::new(made, own.origin)
}

fn is_zero(node: &Node) -> bool {
    match &node.value {
        Value::Null => true,
        Value::Bool(flag) => !flag,
        Value::Int(n) => *n == 0,
        Value::Str(text) => text.is_empty(),
        Value::Map(map) => map.is_empty(),
        Value::Seq(items) => items.is_empty(),
        Value::UInt(_) | Value::Float(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::argocd::application_set::go_type::Decoder;
    use crate::diag::Code;
    use crate::source::FileId;
    use crate::yaml::{Dialect, parse, to_json};

    fn merge(own: &str, base: &str) -> String {
        let node = |text: &str| {
            let node = parse(FileId::NONE, text, Dialect::Kubernetes).into_first();
            Decoder::new(Code::INVALID_APPLICATION_SET).decode(&node, &TEMPLATE)
        };
        to_json(&merged(Some(&node(own)), &node(base)))
    }

    #[test]
    fn own_values_win_where_they_are_something() {
        for (own, base, expected) in [
            ("{}", "{metadata: {name: a}}", r#"{"metadata":{"name":"a"}}"#),
            (
                "{metadata: {name: b}}",
                "{metadata: {name: a, namespace: ns}}",
                r#"{"metadata":{"name":"b","namespace":"ns"}}"#,
            ),
            (
                "{metadata: {labels: {a: '1', b: ''}}}",
                "{metadata: {labels: {a: '2', b: '2', c: '2'}}}",
                r#"{"metadata":{"labels":{"a":"1","b":"2","c":"2"}}}"#,
            ),
            (
                "{spec: {source: {path: p, helm: {valueFiles: [a]}}}}",
                "{spec: {source: {repoURL: r, path: q, helm: {valueFiles: [b, c], releaseName: x}}}}",
                r#"{"spec":{"source":{"helm":{"releaseName":"x","valueFiles":["a"]},"path":"p","repoURL":"r"}}}"#,
            ),
            (
                "{spec: {syncPolicy: {automated: {prune: false}}}}",
                "{spec: {syncPolicy: {automated: {prune: true, selfHeal: true}}}}",
                r#"{"spec":{"syncPolicy":{"automated":{"prune":true,"selfHeal":true}}}}"#,
            ),
            (
                "{spec: {source: {helm: {valuesObject: {a: 1}}}}}",
                "{spec: {source: {helm: {valuesObject: {b: 2}, skipCrds: true}}}}",
                r#"{"spec":{"source":{"helm":{"skipCrds":true,"valuesObject":{"a":1}}}}}"#,
            ),
        ] {
            assert_eq!(merge(own, base), expected, "{own} over {base}");
        }
    }
}
