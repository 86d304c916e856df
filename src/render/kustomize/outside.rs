//! Patches that no kustomization has: what a fleet's layer changes in the finished objects of others.

use super::failure::{Failure, Result};
use super::id::ResId;
use super::openapi::Schema;
use super::patch::selector::Matcher;
use super::patch::{JsonPatch, Merging};
use super::resource::Resource;
use super::transform::patches::parsed::{apply_json, for_any, merge_into, merge_selected};
use super::types::{Patch, Selector};
use super::{factory, output};
use crate::diag::Code;
use crate::provenance::Recorder;
use crate::source::{SourceFile, Sources};
use crate::world::FilePath;
use crate::yaml::{self, Node, Value};

/// A patch, read.
pub struct Outside {
    body: Body,
    selected: Selected,
    schema: Schema,
}

enum Body {
    Strategic(Box<Resource>),
    Json(JsonPatch),
}

/// What a patch changes.
enum Selected {
    /// Everything.
    All,
    /// What a target selects.
    Target(Box<Matcher>, Selector),
    /// The object that a strategic merge patch names; in any namespace, if it names none.
    Named(ResId),
}

/// How deep objects may nest.
const MAX_DEPTH: usize = 2_000;

impl Outside {
    /// Reads an entry of `patches`, whose text is a source: one patch, or several that name an object each.
    ///
    /// # Errors
    /// It isn't one, or says nowhere what it changes.
    pub fn read(entry: &Patch, source: &SourceFile, file: &FilePath) -> Result<Vec<Self>> {
        let invalid = |text: &str| Failure::new(Code::INVALID_PATCH, text).at(entry.origin, "this patch");
        let target = entry.target.as_ref();
        let selects = target.filter(|target| **target != Selector { origin: target.origin, ..Selector::default() });
        let matcher = |target: &Selector| {
            let matcher = Matcher::new(target)
                .and_then(Matcher::checked)
                .map_err(|failure| failure.coded(Code::INVALID_PATCH))?;
            Ok((matcher, target.clone()))
        };
        let matcher = selects.map(matcher).transpose()?;
        let selected = matcher.map(|(matcher, target)| Selected::Target(Box::new(matcher), target));
        let is_list = source.text.trim_start().starts_with(['[', '-']) && !source.text.trim_start().starts_with("---");
        if is_list {
            let patch = JsonPatch::parse(&source.text, source.id).map_err(|failure| refused(failure, entry))?;
            if patch.is_empty() {
                return Err(invalid("the patch has no operations"));
            }
            let selected = match (selected, target) {
                (Some(selected), _) => selected,
                (None, Some(_)) => Selected::All,
                (None, None) => {
                    return Err(invalid("a list of operations doesn't say what it changes: it needs a `target`"));
                }
            };
            return Ok(vec![Self { body: Body::Json(patch), selected, schema: Schema::default() }]);
        }
        let (mut patches, _) = factory::from_source(source, file).map_err(|failure| refused(failure, entry))?;
        for patch in &mut patches {
            patch.allow_name_change = entry.allow_name_change;
            patch.allow_kind_change = entry.allow_kind_change;
        }
        let read = |patch: Resource, selected| Self {
            body: Body::Strategic(Box::new(patch)),
            selected,
            schema: Schema::default(),
        };
        match (patches.len(), selected) {
            (0, _) => Err(invalid("there is nothing in the patch")),
            (1, Some(selected)) => Ok(patches.pop().map(|patch| read(patch, selected)).into_iter().collect()),
            (_, Some(_)) => {
                Err(invalid("several patches can't share a target")
                    .hint("make an entry of each, or leave out the target"))
            }
            (_, None) => Ok(patches
                .into_iter()
                .map(|patch| {
                    let id = patch.id().clone();
                    read(patch, Selected::Named(id))
                })
                .collect()),
        }
    }

    /// Whether it changes the one object that it names, and not all that a target selects.
    pub fn names_one(&self) -> bool {
        matches!(self.selected, Selected::Named(_))
    }

    /// The kind and name that it wants, as far as it says: patterns, if a target has some.
    pub fn wanted(&self) -> (&str, &str) {
        match &self.selected {
            Selected::All => ("", ""),
            Selected::Target(_, target) => (&target.kind, &target.name),
            Selected::Named(id) => (&id.gvk.kind, &id.name),
        }
    }

    /// What it wants, for people: `a Deployment called web in the namespace shop`.
    pub fn described(&self) -> String {
        let (kind, name) = self.wanted();
        let mut text = match kind {
            "" => "anything".to_owned(),
            kind => format!("a `{kind}`"),
        };
        let mut add = |how: &str, what: &str| {
            if !what.is_empty() {
                text.push_str(&format!(" {how} `{what}`"));
            }
        };
        add("called", name);
        match &self.selected {
            Selected::All => {}
            Selected::Named(id) => {
                add("of", &id.gvk.api_version());
                add("in the namespace", &id.namespace);
            }
            Selected::Target(_, target) => {
                add("of the group", &target.group);
                add("in version", &target.version);
                add("in the namespace", &target.namespace);
                add("with labels", &target.label_selector);
                add("with annotations", &target.annotation_selector);
            }
        }
        text
    }

    /// Whether it changes an object.
    pub fn fits(&self, resource: &Resource) -> bool {
        match &self.selected {
            Selected::All => true,
            Selected::Target(matcher, _) => matcher.matches(resource).is_ok_and(|fits| fits),
            Selected::Named(id) => {
                let other = resource.id();
                other.gvkn_equals(id) && (id.namespace.is_empty() || other.is_ns_equal(id))
            }
        }
    }

    /// Changes an object. What is left of a deleted one is empty.
    ///
    /// # Errors
    /// The patch can't be applied to it.
    pub fn apply(&self, resource: &mut Resource, recorder: &Recorder, sources: &Sources) -> Result<()> {
        let how = Merging { schema: &self.schema, recorder, sources };
        match &self.body {
            Body::Json(patch) => {
                // As an entry of `patches` finds it.
                resource.store_previous_id();
                apply_json(resource, patch, how)?;
            }
            Body::Strategic(patch) => {
                resource.edit(|node| spell(node, 0));
                match self.selected {
                    Selected::Named(_) => merge_into(resource, patch, how)?,
                    // A target may select other types than the one that the patch says it is for.
                    Selected::All | Selected::Target(..) => merge_selected(resource, &for_any(patch, sources), how)?,
                }
            }
        }
        if !resource.is_empty() {
            factory::check(resource.node())?;
        }
        output::settle(resource)
    }
}

impl std::fmt::Debug for Outside {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outside").field("wanted", &self.wanted()).finish_non_exhaustive()
    }
}

/// What can't be read as a patch: whatever is wrong with it, it is the patch that has to change.
fn refused(failure: Failure, entry: &Patch) -> Failure {
    failure
        .coded(Code::INVALID_PATCH)
        .at(entry.origin, "this patch")
        .hint("a patch is a part of a manifest with its kind and name, or a list of operations")
}

/// Says of each text whether it is written in quotes, as it would be if the object were read from its file: kustomize keeps
/// quotes around what it puts in the place of a quoted text.
fn spell(node: &mut Node, depth: usize) {
    if depth > MAX_DEPTH {
        return;
    }
    match &mut node.value {
        Value::Str(text) => {
            node.origin = if yaml::is_plain(text) { node.origin.plain() } else { node.origin.quoted() };
        }
        Value::Seq(items) => items.make_mut().iter_mut().for_each(|item| spell(item, depth + 1)),
        Value::Map(map) => map.entries_mut().iter_mut().for_each(|entry| spell(&mut entry.value, depth + 1)),
        _ => {}
    }
}
