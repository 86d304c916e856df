//! Objects out of documents: Lists taken apart, and what isn't an object told.

use crate::source::Origin;
use crate::yaml::Node;

/// A document, or an item of a List, that isn't an object.
pub(super) struct Wrong {
    /// Where it stands.
    pub(super) origin: Origin,
    /// What is wrong with it.
    pub(super) message: String,
}

/// Whether Argo CD's decoder makes an object of a document: it asks for a mapping with a `kind`. Null is no object, and
/// no error either.
pub(super) fn is_decodable(node: &Node) -> bool {
    node.is_null() || node.str_at(&["kind"]).is_some_and(|kind| !kind.is_empty())
}

/// The items of a List, as Kubernetes' own tools tell one: an object with a list under `items`, or with a null there and
/// neither `spec` nor `status`, whatever its kind is called (apimachinery `Unstructured.IsList`, argo-cd `isNullList`).
fn list_items(node: &Node) -> Option<&[Node]> {
    let items = node.get("items")?;
    match items.is_null() {
        true if node.get("spec").is_none() && node.get("status").is_none() => Some(&[]),
        _ => items.as_seq(),
    }
}

/// Takes Lists apart (as deep as they go) and tells what isn't an object. Null documents and null Lists vanish.
pub(super) fn flatten(node: Node, objects: &mut Vec<Node>, wrong: &mut Vec<Wrong>, depth: usize) {
    if node.is_null() {
        return;
    }
    let mut tell = |origin, message: String| wrong.push(Wrong { origin, message });
    if node.as_map().is_none() {
        return tell(node.origin, format!("a manifest is a mapping, this document is {}", node.value.kind()));
    }
    let text = |key: &str| node.get(key).and_then(Node::as_str).filter(|text| !text.is_empty());
    let Some(kind) = text("kind") else {
        return tell(node.origin, "this document has no `kind`".to_owned());
    };
    if text("apiVersion").is_none() {
        return tell(node.origin, "this document has no `apiVersion`".to_owned());
    }
    if let Some(items) = list_items(&node).filter(|_| depth < 10) {
        for item in items {
            flatten(item.clone(), objects, wrong, depth + 1);
        }
        return;
    }
    let metadata = node.get("metadata");
    let name = |key| metadata.and_then(|m| m.get(key)).and_then(Node::as_str).is_some_and(|n| !n.is_empty());
    if name("name") || name("generateName") {
        objects.push(node);
    } else {
        let at = metadata.map_or(node.origin, |m| m.origin);
        tell(at, format!("this {kind} has no `metadata.name`"));
    }
}
