//! A resource: a manifest, and what kustomize remembers of it until the end (api/resource/resource.go). kustomize keeps
//! this in annotations that it removes in the end; here it stands beside the manifest.

use ecow::EcoString;

use super::field_spec::Step;
use super::id::{Gvk, ResId};
use super::scalar::{text_of, untagged};
use super::shared::Shared;
use crate::source::Origin;
use crate::world::FilePath;
use crate::yaml::{Map, Node, Value};

/// What happens where a generated resource meets one of its id.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Behavior {
    /// Nothing is said.
    #[default]
    Unspecified,
    /// It must be new.
    Create,
    /// It takes the other's place.
    Replace,
    /// Its data are put over the other's.
    Merge,
}

impl Behavior {
    /// What a text means (`types.NewGenerationBehavior`): what it doesn't know is nothing said.
    pub fn of(text: &str) -> Self {
        match text {
            "create" => Self::Create,
            "replace" => Self::Replace,
            "merge" => Self::Merge,
            _ => Self::Unspecified,
        }
    }

    /// As kustomize prints it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::Create => "create",
            Self::Replace => "replace",
            Self::Merge => "merge",
        }
    }
}

/// A name that a resource had before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviousId {
    /// The kind.
    pub kind: EcoString,
    /// The name.
    pub name: EcoString,
    /// The effective namespace.
    pub namespace: EcoString,
}

/// A manifest on its way.
#[derive(Clone, Debug)]
pub struct Resource {
    node: Node,
    id: ResId,
    /// What it was called, oldest first.
    pub previous: Vec<PreviousId>,
    /// Name prefixes that were added, innermost first.
    pub prefixes: Vec<EcoString>,
    /// Name suffixes that were added, innermost first.
    pub suffixes: Vec<EcoString>,
    /// How a generator said that it meets another.
    pub behavior: Behavior,
    /// Whether its name gets a hash of its content.
    pub needs_hash: bool,
    /// Of a patch: whether it may change names.
    pub allow_name_change: bool,
    /// Of a patch: whether it may change kinds.
    pub allow_kind_change: bool,
    /// Which resources refer to it.
    pub ref_by: Vec<ResId>,
    /// Names of the vars whose object it is.
    pub ref_vars: Vec<EcoString>,
    /// Values that stand in several places and change together.
    shared: Vec<Shared>,
    /// The file that it was read from.
    pub file: FilePath,
    /// Where it is declared: the document, or the generator.
    pub declared_at: Origin,
}

impl Resource {
    /// A manifest as it was read.
    pub fn new(node: Node, file: FilePath) -> Self {
        let (id, declared_at) = (ResId::of(&node), node.origin);
        Self {
            node,
            id,
            previous: Vec::new(),
            prefixes: Vec::new(),
            suffixes: Vec::new(),
            behavior: Behavior::default(),
            needs_hash: false,
            allow_name_change: false,
            allow_kind_change: false,
            ref_by: Vec::new(),
            ref_vars: Vec::new(),
            shared: Vec::new(),
            file,
            declared_at,
        }
    }

    /// The manifest; null once it is deleted.
    pub fn node(&self) -> &Node {
        &self.node
    }

    /// The manifest, for good.
    pub fn into_node(self) -> Node {
        self.node
    }

    /// Changes the manifest; what it is called afterwards follows.
    pub fn edit<R>(&mut self, change: impl FnOnce(&mut Node) -> R) -> R {
        let result = change(&mut self.node);
        let node = &mut self.node;
        self.shared.retain_mut(|shared| shared.settle(node));
        self.refresh();
        result
    }

    /// Remembers that the entries `key` of some mappings are one, since one action made them all.
    pub fn share(&mut self, key: &str, mappings: &[Vec<Step>]) {
        self.shared.extend(Shared::new(&self.node, key, mappings));
    }

    /// Takes entries that are one apart: the manifest is written out and read again, as for a JSON patch.
    pub fn unshare(&mut self) {
        self.shared.clear();
    }

    /// What it is called now (`CurId`).
    pub fn id(&self) -> &ResId {
        &self.id
    }

    /// What it was called first (`OrgId`).
    pub fn original_id(&self) -> ResId {
        match self.previous.first() {
            Some(first) => self.with(first),
            None => self.id.clone(),
        }
    }

    /// Everything that it was called before, oldest first (`PrevIds`): with the group and version of today.
    pub fn previous_ids(&self) -> impl Iterator<Item = ResId> + '_ {
        self.previous.iter().map(|previous| self.with(previous))
    }

    fn with(&self, previous: &PreviousId) -> ResId {
        let gvk = match previous.kind == self.id.gvk.kind {
            true => self.id.gvk.clone(),
            false => Gvk::new(self.id.gvk.group.clone(), self.id.gvk.version.clone(), previous.kind.clone()),
        };
        ResId { gvk, name: previous.name.clone(), namespace: previous.namespace.clone() }
    }

    /// Remembers what it is called, before that changes. kustomize writes that into an annotation, and so annotations that
    /// are empty vanish.
    pub fn store_previous_id(&mut self) {
        self.clear_empty_annotations();
        let namespace = self.id.effective_namespace().into();
        self.previous.push(PreviousId { kind: self.id.gvk.kind.clone(), name: self.id.name.clone(), namespace });
    }

    /// Whether nothing is left of it.
    pub fn is_empty(&self) -> bool {
        match &self.node.value {
            Value::Null => true,
            Value::Map(map) => map.is_empty(),
            _ => false,
        }
    }

    /// Sets `metadata.name`, as a scalar without a tag.
    pub fn set_name(&mut self, name: &str, origin: Origin) {
        self.edit(|node| set_metadata(node, "name", untagged(name, origin)));
    }

    /// Sets `metadata.namespace`, as a scalar without a tag; an empty one is taken away.
    pub fn set_namespace(&mut self, namespace: &str, origin: Origin) {
        self.edit(|node| match namespace.is_empty() {
            true => {
                if let Some(metadata) = metadata_mut(node) {
                    metadata.remove("namespace");
                }
            }
            false => set_metadata(node, "namespace", untagged(namespace, origin)),
        });
    }

    /// Sets `kind`.
    pub fn set_kind(&mut self, kind: &str, origin: Origin) {
        self.edit(|node| {
            if let Some(map) = node.as_map_mut() {
                set(map, "kind", untagged(kind, origin));
            }
        });
    }

    /// A text under `metadata.labels` or `metadata.annotations`.
    pub fn metadata_text(&self, field: &str, key: &str) -> Option<EcoString> {
        self.node.at(&["metadata", field, key]).and_then(text_of)
    }

    /// Sets `metadata.annotations[key]`, as a string. kustomize makes all annotations anew for that.
    pub fn annotate(&mut self, key: &str, value: &str, origin: Origin) {
        self.shared.iter_mut().for_each(|shared| shared.leave(&["metadata", "annotations"]));
        let value = Node::new(value, origin);
        self.edit(|node| {
            let Some(metadata) = metadata_mut(node) else { return };
            if metadata.get("annotations").and_then(Node::as_map).is_none() {
                metadata.insert("annotations", origin, Node::new(Map::new(), origin));
            }
            if let Some(annotations) = metadata.get_mut("annotations").and_then(Node::as_map_mut) {
                annotations.insert(key, origin, value);
            }
        });
    }

    /// Whether kustomize has some account of this resource, which it keeps in its annotations.
    pub fn has_account(&self) -> bool {
        !(self.previous.is_empty() && self.prefixes.is_empty() && self.suffixes.is_empty())
            || self.needs_hash
            || self.allow_name_change
            || self.allow_kind_change
            || !self.ref_by.is_empty()
            || self.behavior != Behavior::Unspecified
    }

    /// Loses that account, as happens where a patch replaces all annotations.
    pub fn forget_account(&mut self) {
        self.previous.clear();
        self.prefixes.clear();
        self.suffixes.clear();
        self.ref_by.clear();
        self.needs_hash = false;
        (self.allow_name_change, self.allow_kind_change) = (false, false);
        self.behavior = Behavior::Unspecified;
    }

    /// Takes `metadata.annotations[key]` away. Annotations that are empty then vanish, as does a null in their place.
    pub fn remove_annotation(&mut self, key: &str) {
        let Some(annotations) = self.node.at(&["metadata", "annotations"]) else { return };
        let (null, size) = (annotations.is_null(), annotations.as_map().map(Map::len));
        let has = annotations.get(key).is_some();
        if !(null || size == Some(0) || has) {
            return;
        }
        self.edit(|node| {
            let Some(metadata) = metadata_mut(node) else { return };
            if null || size == Some(0) || size == Some(1) && has {
                metadata.remove("annotations");
            } else if let Some(annotations) = metadata.get_mut("annotations").and_then(Node::as_map_mut) {
                annotations.remove(key);
            }
        });
    }

    fn clear_empty_annotations(&mut self) {
        let empty = match self.node.at(&["metadata", "annotations"]).map(|node| &node.value) {
            None => false,
            Some(Value::Map(map)) => map.is_empty(),
            Some(Value::Seq(items)) => items.is_empty(),
            Some(_) => true,
        };
        if empty && let Some(metadata) = metadata_mut(&mut self.node) {
            metadata.remove("annotations");
        }
    }

    fn refresh(&mut self) {
        let node = &self.node;
        let same = |keys: &[&str], known: &str| match node.at(keys) {
            None => known.is_empty(),
            Some(found) => found.as_str() == Some(known),
        };
        let type_stays = same(&["kind"], &self.id.gvk.kind)
            && match node.str_at(&["apiVersion"]) {
                Some(text) => super::id::split_api_version(text) == (&*self.id.gvk.group, &*self.id.gvk.version),
                None => false,
            };
        if type_stays
            && same(&["metadata", "name"], &self.id.name)
            && same(&["metadata", "namespace"], &self.id.namespace)
        {
            return;
        }
        let fresh = ResId::of(node);
        self.id = match type_stays {
            true => ResId { gvk: self.id.gvk.clone(), ..fresh },
            false => fresh,
        };
    }
}

fn metadata_mut(node: &mut Node) -> Option<&mut Map> {
    node.as_map_mut()?.get_mut("metadata")?.as_map_mut()
}

fn set_metadata(node: &mut Node, key: &str, value: Node) {
    let Some(map) = node.as_map_mut() else { return };
    if map.get("metadata").and_then(Node::as_map).is_none() {
        map.insert("metadata", value.origin, Node::new(Map::new(), value.origin));
    }
    if let Some(metadata) = map.get_mut("metadata").and_then(Node::as_map_mut) {
        set(metadata, key, value);
    }
}

/// Sets a key; one that is there keeps its own place.
fn set(map: &mut Map, key: &str, value: Node) {
    let at = map.entry(key).map_or(value.origin, |entry| entry.key_origin);
    map.insert(key, at, value);
}
