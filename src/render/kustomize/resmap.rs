//! The resources of a build, in order, found by what they are called (api/resmap/reswrangler.go). Ids are hashed once
//! and kept up with, so that a build's time grows with its resources and not with their square.

use std::collections::HashMap;
use std::sync::OnceLock;

use ecow::EcoString;

use super::build_origin::ORIGIN;
use super::failure::{Failure, Result};
use super::id::ResId;
use super::resource::{Behavior, Resource};
use super::scalar::text_of;
use crate::diag::{Code, Diagnostic};
use crate::source::Origin;
use crate::yaml::{Entry, Map, Node, Value};

/// Resources in load order; no two have one id.
#[derive(Clone, Debug, Default)]
pub struct ResMap {
    list: Vec<Resource>,
    /// Where the resources of an id stand; made when asked for, kept up by `append`.
    current: OnceLock<HashMap<ResId, Vec<usize>>>,
    /// The same by everything that a resource is or was called.
    any: OnceLock<HashMap<ResId, Vec<usize>>>,
}

impl ResMap {
    /// No resources yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// All, in order.
    pub fn resources(&self) -> &[Resource] {
        &self.list
    }

    /// All, to be changed.
    pub fn resources_mut(&mut self) -> &mut [Resource] {
        self.forget();
        &mut self.list
    }

    /// All, for good.
    pub fn into_resources(self) -> Vec<Resource> {
        self.list
    }

    /// One by its place.
    pub fn get(&self, at: usize) -> Option<&Resource> {
        self.list.get(at)
    }

    /// One by its place, to be changed.
    pub fn get_mut(&mut self, at: usize) -> Option<&mut Resource> {
        self.forget();
        self.list.get_mut(at)
    }

    /// Changes one. The others stay found by what they are called, and so does it if that stays.
    pub fn change<R>(&mut self, at: usize, change: impl FnOnce(&mut Resource) -> R) -> Option<R> {
        let resource = self.list.get_mut(at)?;
        let seen = |r: &Resource| (r.id().clone(), r.id().namespace.clone(), r.previous.len(), r.is_empty());
        let before = seen(resource);
        let result = change(resource);
        if seen(resource) != before {
            self.forget();
        }
        Some(result)
    }

    fn forget(&mut self) {
        self.current = OnceLock::new();
        self.any = OnceLock::new();
    }

    /// The places of the resources that are called so now.
    pub fn by_current_id(&self, id: &ResId) -> &[usize] {
        let index = self.current.get_or_init(|| {
            let mut index: HashMap<ResId, Vec<usize>> = HashMap::with_capacity(self.list.len());
            for (at, resource) in self.list.iter().enumerate() {
                index.entry(resource.id().clone()).or_default().push(at);
            }
            index
        });
        index.get(id).map_or(&[], Vec::as_slice)
    }

    /// The places of the resources that are or were called so; deleted ones left out.
    pub fn by_any_id(&self, id: &ResId) -> &[usize] {
        let index = self.any.get_or_init(|| {
            let mut index: HashMap<ResId, Vec<usize>> = HashMap::with_capacity(self.list.len());
            for (at, resource) in self.list.iter().enumerate().filter(|(_, r)| !r.is_empty()) {
                for id in names(resource) {
                    let places = index.entry(id).or_default();
                    if places.last() != Some(&at) {
                        places.push(at);
                    }
                }
            }
            index
        });
        index.get(id).map_or(&[], Vec::as_slice)
    }

    /// Adds a resource; its id must be new.
    ///
    /// # Errors
    /// A resource of the same id, both places told.
    pub fn append(&mut self, resource: Resource) -> Result<()> {
        if let Some(other) = self.by_current_id(resource.id()).first().and_then(|at| self.list.get(*at)) {
            return Err(registered(&resource, other));
        }
        let at = self.list.len();
        if let Some(index) = self.current.get_mut() {
            index.entry(resource.id().clone()).or_default().push(at);
        }
        if let Some(index) = self.any.get_mut() {
            names(&resource).for_each(|id| index.entry(id).or_default().push(at));
        }
        self.list.push(resource);
        Ok(())
    }

    /// Adds resources; each id must be new.
    ///
    /// # Errors
    /// The first that isn't.
    pub fn append_all(&mut self, resources: impl IntoIterator<Item = Resource>) -> Result<()> {
        resources.into_iter().try_for_each(|resource| self.append(resource))
    }

    /// Whether all ids are unique.
    ///
    /// # Errors
    /// Two resources of one id.
    pub fn unique(&self) -> Result<()> {
        for resource in &self.list {
            if let [first, second, ..] = self.by_current_id(resource.id())
                && let (Some(first), Some(second)) = (self.list.get(*first), self.list.get(*second))
            {
                return Err(registered(second, first));
            }
        }
        Ok(())
    }

    /// Replaces all resources; each id must be unique.
    ///
    /// # Errors
    /// The first id that isn't.
    pub fn replace_all(&mut self, resources: Vec<Resource>) -> Result<()> {
        *self = Self::new();
        self.append_all(resources)
    }

    /// Leaves out those that don't fit.
    pub fn retain(&mut self, fits: impl FnMut(&Resource) -> bool) {
        self.list.retain(fits);
        self.forget();
    }

    /// Leaves out those of which nothing is left.
    pub fn drop_empties(&mut self) {
        if self.list.iter().any(Resource::is_empty) {
            self.retain(|resource| !resource.is_empty());
        }
    }

    /// Adds what a generator made: new, or as its behavior says where there is one of its id (`AbsorbAll`).
    ///
    /// # Errors
    /// A behavior that doesn't fit.
    pub fn absorb(&mut self, resource: Resource) -> Result<()> {
        let places = self.by_any_id(resource.id()).to_vec();
        let id = resource.id().clone();
        match places.as_slice() {
            [] => match resource.behavior {
                Behavior::Merge | Behavior::Replace => {
                    let text = format!("id {} does not exist; cannot merge or replace", go_syntax(&id));
                    let message = format!("there is no {id} to {}", resource.behavior.name());
                    Err(Failure::told(text, Diagnostic::error(Code::MATCHES_NOTHING, message))
                        .at(resource.declared_at, "this generator"))
                }
                Behavior::Create | Behavior::Unspecified => self.append(resource),
            },
            [at] => {
                let Some(old) = self.list.get(*at) else { return Ok(()) };
                let merged = match resource.behavior {
                    Behavior::Replace => with_metadata_of(resource, old),
                    Behavior::Merge => with_data_of(with_metadata_of(resource, old), old),
                    Behavior::Create | Behavior::Unspecified => {
                        let behavior = resource.behavior.name();
                        let text = format!(
                            "id {} exists; can not use behavior: '{behavior}', behavior must be merge or replace",
                            go_syntax(&id)
                        );
                        let message = format!("there is a {id} already");
                        let diagnostic = Diagnostic::error(Code::REPEATED_OBJECT, message)
                            .at(resource.declared_at, "made again by this generator")
                            .also(old.declared_at, "first here")
                            .hint("say `behavior: merge` or `behavior: replace`, or give it another name");
                        return Err(Failure::told(text, diagnostic));
                    }
                };
                if let Some(place) = self.get_mut(*at) {
                    *place = merged;
                }
                Ok(())
            }
            many => {
                let objects: Vec<String> =
                    many.iter().filter_map(|at| self.list.get(*at)).map(|r| r.id().to_string()).collect();
                let text = format!("found multiple objects [{}] that could accept merge of {id}", objects.join(" "));
                Err(Failure::new(Code::REPEATED_OBJECT, text).at(resource.declared_at, "this generator"))
            }
        }
    }
}

fn names(resource: &Resource) -> impl Iterator<Item = ResId> + '_ {
    resource.previous_ids().chain([resource.id().clone()])
}

fn registered(resource: &Resource, other: &Resource) -> Failure {
    let id = resource.id();
    let text = format!("may not add resource with an already registered id: {id}");
    let diagnostic = Diagnostic::error(Code::REPEATED_OBJECT, format!("{id} is there twice"))
        .at(resource.declared_at, "the same again")
        .also(other.declared_at, "first here");
    Failure::told(text, diagnostic)
}

/// An id as Go's `%#v` prints it.
fn go_syntax(id: &ResId) -> String {
    let gvk = &id.gvk;
    format!(
        "resid.ResId{{Gvk:resid.Gvk{{Group:{:?}, Version:{:?}, Kind:{:?}, isClusterScoped:{}}}, Name:{:?}, Namespace:{:?}}}",
        gvk.group, gvk.version, gvk.kind, gvk.cluster_scoped, id.name, id.namespace
    )
}

/// A generated resource in the place of another: its labels and annotations over the other's, the other's name, namespace
/// and history (`CopyMergeMetaDataFieldsFrom`).
fn with_metadata_of(mut resource: Resource, old: &Resource) -> Resource {
    for field in ["labels", "annotations"] {
        merge_below(&mut resource, old, &["metadata", field]);
    }
    let (name, namespace) = (old.id().name.clone(), old.id().namespace.clone());
    let at = |key| old.node().at(&["metadata", key]).map_or(old.declared_at, |node| node.origin);
    resource.set_name(&name, at("name"));
    resource.set_namespace(&namespace, at("namespace"));
    resource.previous.clone_from(&old.previous);
    resource.prefixes.clone_from(&old.prefixes);
    resource.suffixes.clone_from(&old.suffixes);
    resource.ref_by.clone_from(&old.ref_by);
    resource.ref_vars.clone_from(&old.ref_vars);
    resource.allow_name_change = old.allow_name_change;
    resource.allow_kind_change = old.allow_kind_change;
    resource.needs_hash &= old.needs_hash;
    resource.behavior = old.behavior;
    resource
}

fn with_data_of(mut resource: Resource, old: &Resource) -> Resource {
    for field in ["data", "binaryData"] {
        merge_below(&mut resource, old, &[field]);
    }
    if let Some(origin) = old.metadata_text("annotations", ORIGIN) {
        resource.annotate(ORIGIN, &origin, Origin::NONE);
    }
    resource
}

/// The entries of one mapping over those of another; one that is empty in the end vanishes.
fn merge_below(resource: &mut Resource, old: &Resource, path: &[&str]) {
    let over = resource.node().at(path).and_then(Node::as_map).cloned().unwrap_or_default();
    let Some(below) = old.node().at(path).and_then(Node::as_map) else {
        if over.is_empty() && resource.node().at(path).is_some() {
            set_below(resource, path, over);
        }
        return;
    };
    let mut keys: Vec<&EcoString> = below.iter().chain(&over).map(|entry| &entry.key).collect();
    keys.sort_unstable();
    keys.dedup();
    let as_text = |mut entry: Entry| {
        if let Some(text) = text_of(&entry.value) {
            entry.value.value = Value::Str(text);
        }
        entry
    };
    let entries = keys.into_iter().filter_map(|key| over.entry(key).or_else(|| below.entry(key)).cloned().map(as_text));
    let merged = Map::from_unique(entries.collect::<Vec<Entry>>().into());
    set_below(resource, path, merged);
}

fn set_below(resource: &mut Resource, path: &[&str], map: Map) {
    let Some((last, way)) = path.split_last() else { return };
    resource.edit(|node| {
        let origin = node.origin;
        let mut at = node;
        for key in way {
            let Some(next) = at.as_map_mut().and_then(|map| map.get_mut(key)) else { return };
            at = next;
        }
        let Some(parent) = at.as_map_mut() else { return };
        if map.is_empty() {
            parent.remove(last);
        } else {
            let origin = parent.get(last).map_or(origin, |was| was.origin);
            parent.insert(*last, origin, Node::new(map, origin));
        }
    });
}
