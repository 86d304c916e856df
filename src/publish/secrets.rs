//! Secrets whose data would lie on a branch for all who can read it.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::tree::arrange::Rules;
use crate::tree::{AppState, ClusterTree, TreeObject};
use crate::yaml::{self, Node};

/// An error for each Secret of a tree that holds data in plain. What is made of seeded randomness is plain as well, and
/// known to whoever can render.
pub(super) fn plain(tree: &ClusterTree, rules: &Rules<'_>) -> Diagnostics {
    let mut found = Diagnostics::new();
    for app in &tree.apps {
        let selected = rules.selection.is_none_or(|selects| selects(&tree.cluster, &app.name, &app.meta));
        if !selected || app.state != AppState::Rendered {
            continue;
        }
        for object in app.objects.iter().filter(|object| is_secret(object) && is_plain(&object.text.get())) {
            let from = if object.source.is_empty() { String::new() } else { format!(", from {}", object.source) };
            let message = format!("`{}` holds its data in plain{from}", object.id);
            let mut diagnostic = Diagnostic::error(Code::PLAIN_SECRET, message)
                .hint("encrypt it with SOPS, or have it made in the cluster (ExternalSecret, SealedSecret)")
                .hint("`--allow-secrets` publishes it all the same")
                .about(Some(&tree.cluster), Some(&app.name));
            diagnostic.subject.object = Some(object.id.to_string().into());
            found.push(diagnostic);
        }
    }
    found
}

fn is_secret(object: &TreeObject) -> bool {
    object.id.kind == "Secret" && object.id.group.is_empty()
}

/// Whether a Secret has data that isn't encrypted. One that can't be read is taken for plain.
fn is_plain(text: &str) -> bool {
    let Ok(node) = yaml::unmarshal(text) else { return true };
    let fields = ["data", "stringData"].iter().filter_map(|key| node.get(key)).filter(|field| !field.is_null());
    let values: Vec<&Node> = fields.collect();
    let has_data = |field: &&Node| field.as_map().is_none_or(|map| !map.is_empty());
    if !values.iter().any(has_data) {
        return false;
    }
    let sops = node.get("sops").and_then(Node::as_map).is_some_and(|sops| !sops.is_empty());
    !sops || !values.iter().all(|field| is_encrypted(field))
}

/// Whether all that stands in a field is what SOPS makes of a value.
fn is_encrypted(field: &Node) -> bool {
    let one = |node: &Node| node.as_str().is_some_and(|text| text.starts_with("ENC[") && text.ends_with(']'));
    field.as_map().is_some_and(|map| map.iter().all(|entry| one(&entry.value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_plain_unless_sops_has_it() {
        let plain = [
            "data: {a: Yg==}",
            "stringData: {a: b}",
            "data: {a: ENC[x]}",
            "data: {a: ENC[x], b: Yg==}\nsops: {mac: x}",
            "data: {a: ENC[x]}\nstringData: {b: c}\nsops: {mac: x}",
            "data: {a: ENC[x]}\nsops: {}",
            "data: {a: 'xENC[x]'}\nsops: {mac: x}",
            "data: [1]",
            "data: {a: ''}",
        ];
        for text in plain {
            assert!(is_plain(text), "{text}");
        }
        for text in [
            "{}",
            "data: {}",
            "data:",
            "type: Opaque\nstringData: {}",
            "data: {a: 'ENC[AES256_GCM,data:x]'}\nsops: {mac: x}",
        ] {
            assert!(!is_plain(text), "{text}");
        }
    }
}
