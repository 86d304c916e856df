//! A patch, read; and what it does to one resource.

use ecow::EcoString;

use super::super::super::factory;
use super::super::super::failure::{Failure, Result};
use super::super::super::patch::{JsonPatch, Merging, merge, spelled};
use super::super::super::resource::Resource;
use super::super::super::scalar::untagged;
use crate::diag::{Code, Diagnostics};
use crate::go;
use crate::source::{Origin, SourceFile, Sources};
use crate::world::FilePath;
use crate::yaml::{Dialect, Entry, Map, Node, Value, plain_value};

/// What stands among annotations while a resource is patched, for what kustomize keeps there.
const ACCOUNT: &str = "internal.config.kubernetes.io/";

/// A patch of either kind.
#[derive(Clone, Debug)]
pub enum Parsed {
    /// Strategic merge patches: parts of manifests, none if nothing is said.
    Strategic(Vec<Resource>),
    /// A JSON patch.
    Json(JsonPatch),
}

impl Parsed {
    /// Reads a patch. `shown`: how kustomize names it in errors.
    ///
    /// # Errors
    /// It is no patch, or both.
    pub fn read(source: &SourceFile, file: &FilePath, shown: &str) -> Result<Self> {
        let strategic = factory::from_source(source, file).map(|(patches, _)| patches);
        let json = JsonPatch::parse(&source.text, source.id);
        match (strategic, json) {
            (Ok(strategic), Ok(json)) if !strategic.is_empty() && !json.is_empty() => {
                let text = format!("illegally qualifies as both an SM and JSON patch: {shown}");
                Err(Failure::new(Code::INVALID_PATCH, text))
            }
            (Err(strategic), Err(json)) => {
                let is_list = source.text.trim_start().starts_with(['[', '-']);
                let diagnostics = if is_list { json.diagnostics } else { strategic.diagnostics };
                Err(unreadable(format!("unable to parse SM or JSON patch from {shown}"), diagnostics))
            }
            (Ok(strategic), _) => Ok(Self::Strategic(strategic)),
            (Err(_), Ok(json)) => Ok(Self::Json(json)),
        }
    }

    /// Says whether it may change what a resource is called.
    pub fn allow(&mut self, name_change: bool, kind_change: bool, sources: &Sources) {
        if let Self::Strategic(patches) = self
            && (name_change || kind_change)
        {
            for patch in patches {
                (patch.allow_name_change, patch.allow_kind_change) = (name_change, kind_change);
                // kustomize writes that into the annotations, all of which become texts.
                patch.edit(|node| write_texts(node, "annotations", sources));
            }
        }
    }
}

fn unreadable(text: String, mut diagnostics: Diagnostics) -> Failure {
    for diagnostic in diagnostics.iter_mut() {
        diagnostic.code = Code::INVALID_PATCH;
    }
    Failure { text, diagnostics }
        .hint("a patch is a part of a manifest with its kind and name, or a list of operations")
}

/// A strategic merge patch for resources that something else selects: its version is theirs, its labels and annotations are
/// texts, even a null (`resWrangler.ApplySmPatch`).
pub fn for_any(patch: &Resource, sources: &Sources) -> Resource {
    let mut patch = patch.clone();
    patch.edit(|node| {
        write_texts(node, "labels", sources);
        write_texts(node, "annotations", sources);
    });
    patch
}

/// Applies such a patch to a resource.
///
/// # Errors
/// The two can't be merged.
pub fn merge_selected(resource: &mut Resource, patch: &Resource, how: Merging<'_>) -> Result<()> {
    let own = resource.id().gvk.api_version();
    let same = patch.node().str_at(&["apiVersion"]).is_some_and(|version| version == own);
    if same {
        return merge_into(resource, patch, how);
    }
    let mut patch = patch.clone();
    let place = resource.node().get("apiVersion").map_or(resource.declared_at, |node| node.origin);
    patch.edit(|node| {
        if let Some(map) = node.as_map_mut() {
            map.insert("apiVersion", place, untagged(&own, place));
        }
    });
    merge_into(resource, &patch, how)?;
    if own.is_empty() && !resource.is_empty() {
        // kustomize writes an empty version, which is a null in the end.
        resource.edit(|node| {
            if let Some(map) = node.as_map_mut() {
                map.insert("apiVersion", place, Node::new(Value::Null, place));
            }
        });
    }
    Ok(())
}

/// Merges a patch into a resource. What that is called stays, unless the patch may change it (`Resource.ApplySmPatch`).
///
/// # Errors
/// The two can't be merged.
pub fn merge_into(resource: &mut Resource, patch: &Resource, how: Merging<'_>) -> Result<()> {
    let (allow_name, allow_kind) = (patch.allow_name_change, patch.allow_kind_change);
    if allow_name || allow_kind {
        resource.store_previous_id();
        resource.allow_name_change |= allow_name;
        resource.allow_kind_change |= allow_kind;
    }
    let of = |keys: &[&str]| resource.node().at(keys).cloned();
    let (kind, name, namespace) = (of(&["kind"]), of(&["metadata", "name"]), of(&["metadata", "namespace"]));
    let place = resource.declared_at;
    let account = resource.has_account();
    let kept = resource.edit(|node| {
        if account {
            annotate(node, place);
        }
        merge(node, patch.node(), how)?;
        let kept = !account || node.at(&["metadata", "annotations", ACCOUNT]).is_some();
        if account {
            strip(node);
        }
        let Some(map) = node.as_map_mut().filter(|map| !map.is_empty()) else { return Ok(kept) };
        if let Some(kind) = kind.filter(|_| !allow_kind) {
            keep(map, "kind", kind);
        }
        let name = name.filter(|_| !allow_name);
        let namespace = namespace.filter(|node| !node.is_null() && node.as_str() != Some(""));
        if map.get("metadata").and_then(Node::as_map).is_none() && (name.is_some() || namespace.is_some()) {
            map.insert("metadata", place, Node::new(Map::new(), place));
        }
        if let Some(metadata) = map.get_mut("metadata").and_then(Node::as_map_mut) {
            if let Some(name) = name {
                keep(metadata, "name", name);
            }
            match namespace {
                Some(namespace) => keep(metadata, "namespace", namespace),
                None => drop(metadata.remove("namespace")),
            }
        }
        Ok::<bool, Failure>(kept)
    })?;
    if !kept {
        resource.forget_account();
    }
    Ok(())
}

/// Sets a key to what it was.
fn keep(map: &mut Map, key: &str, was: Node) {
    match map.get_mut(key) {
        Some(value) => *value = was,
        None => {
            map.insert(key, was.origin, was);
        }
    }
}

/// Applies a JSON patch to a resource, which kustomize keeps its account of.
///
/// # Errors
/// An operation can't be applied.
pub fn apply_json(resource: &mut Resource, patch: &JsonPatch, how: Merging<'_>) -> Result<()> {
    let account = resource.has_account();
    let place = resource.declared_at;
    // What one action made in several places is written out, and then its own in each.
    resource.unshare();
    resource.edit(|node| {
        each_annotation(node, |value| {
            // What looks like a number is one until now.
            if let Value::Str(text) = &value.value
                && !value.origin.is_quoted()
            {
                let plain = plain_value(Dialect::Kustomize, text);
                if !matches!(plain, Value::Str(_) | Value::Null) {
                    value.value = plain;
                }
            }
        });
        if account {
            annotate(node, place);
        }
        patch.apply(node, how.recorder)?;
        if let Some(map) = node.as_map_mut()
            && map.get("metadata").is_none_or(Node::is_null)
        {
            map.insert("metadata", place, Node::new(Map::new(), place));
        }
        strip(node);
        each_annotation(node, |value| {
            #[expect(clippy::cast_precision_loss, reason = "as it is a float in Go")]
            let text = match &value.value {
                Value::Str(_) => return,
                Value::Null => "null".into(),
                Value::Bool(true) => "true".into(),
                Value::Bool(false) => "false".into(),
                Value::Int(n) => go::float(*n as f64),
                Value::UInt(n) => go::float(*n as f64),
                Value::Float(f) => go::float(*f),
                Value::Seq(_) | Value::Map(_) => String::new(),
            };
            value.value = Value::Str(text.into());
        });
        Ok(())
    })
}

fn each_annotation(node: &mut Node, mut change: impl FnMut(&mut Node)) {
    let settled = |node: &Node| {
        node.at(&["metadata", "annotations"]).and_then(Node::as_map).is_none_or(|map| {
            map.iter().all(|entry| match &entry.value.value {
                Value::Str(text) => {
                    entry.value.origin.is_quoted() || matches!(plain_value(Dialect::Kustomize, text), Value::Str(_))
                }
                _ => false,
            })
        })
    };
    if settled(node) {
        return;
    }
    if let Some(annotations) = annotations_mut(node) {
        annotations.entries_mut().iter_mut().for_each(|entry| change(&mut entry.value));
    }
}

fn annotations_mut(node: &mut Node) -> Option<&mut Map> {
    node.as_map_mut()?.get_mut("metadata")?.as_map_mut()?.get_mut("annotations")?.as_map_mut()
}

/// Puts what stands for kustomize's account among the annotations.
fn annotate(node: &mut Node, place: Origin) {
    let Some(metadata) = node.as_map_mut().and_then(|map| map.get_mut("metadata")).and_then(Node::as_map_mut) else {
        return;
    };
    if metadata.get("annotations").and_then(Node::as_map).is_none() {
        metadata.insert("annotations", place, Node::new(Map::new(), place));
    }
    if let Some(annotations) = metadata.get_mut("annotations").and_then(Node::as_map_mut) {
        annotations.insert(ACCOUNT, place, Node::new("", place.quoted()));
    }
}

/// Takes it away, and annotations that are empty then or none.
fn strip(node: &mut Node) {
    let Some(annotations) = node.at(&["metadata", "annotations"]) else { return };
    let empty = match annotations.as_map() {
        Some(map) => map.iter().all(|entry| entry.key == ACCOUNT),
        None => true,
    };
    if empty {
        if let Some(metadata) = node.as_map_mut().and_then(|map| map.get_mut("metadata")).and_then(Node::as_map_mut) {
            metadata.remove("annotations");
        }
    } else if annotations.get(ACCOUNT).is_some()
        && let Some(annotations) = annotations_mut(node)
    {
        annotations.remove(ACCOUNT);
    }
}

/// Makes labels or annotations texts, as they are written; what is none vanishes (`SetLabels(GetLabels())`).
fn write_texts(node: &mut Node, field: &str, sources: &Sources) {
    let Some(metadata) = node.as_map_mut().and_then(|map| map.get_mut("metadata")).and_then(Node::as_map_mut) else {
        return;
    };
    let Some(found) = metadata.get(field) else { return };
    let Some(map) = found.as_map().filter(|map| !map.is_empty()) else {
        metadata.remove(field);
        return;
    };
    if map.iter().all(|entry| matches!(entry.value.value, Value::Str(_)) && !entry.value.origin.is_unwritten()) {
        return;
    }
    let text = |value: &Node| -> EcoString {
        match &value.value {
            Value::Seq(_) | Value::Map(_) => EcoString::new(),
            _ => spelled(value, sources),
        }
    };
    let entries = map.iter().map(|entry| {
        let value = Node::new(text(&entry.value), entry.value.origin.plain());
        Entry { value, ..entry.clone() }
    });
    let texts = Node::new(Map::from_unique(entries.collect()), found.origin);
    keep(metadata, field, texts);
}
