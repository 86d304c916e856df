//! Strategic merge patches (kyaml/yaml/merge2 and walk, as kustomize uses them: what a patch adds to a list goes before what
//! is there, and nothing is inferred of lists without a schema).

mod elements;
mod odd;
mod settled;
mod text;

use ecow::{EcoString, EcoVec};

pub use self::text::spelled;
use self::text::{raw, said};
use super::{PATCHED, is_null};
use crate::diag::{Code, Diagnostic};
use crate::provenance::Recorder;
use crate::render::kustomize::failure::{Failure, Result};
use crate::render::kustomize::openapi::{Schema, Type};
use crate::source::{Origin, Sources};
use crate::yaml::{Map, Node, Value, emit_v3};

/// The key of a directive.
const DIRECTIVE: &str = "$patch";
/// How deep values may nest.
const MAX_DEPTH: usize = 400;

/// What merging needs to know.
#[derive(Clone, Copy, Debug)]
pub struct Merging<'a> {
    /// How lists merge.
    pub schema: &'a Schema,
    /// Whether, and where, the steps of values are recorded.
    pub recorder: &'a Recorder,
    /// The texts of patches. kustomize keeps how a number is spelled where it takes the place of a quoted text.
    pub sources: &'a Sources,
}

/// Merges a patch into a value, which is null in the end if the patch deletes it.
///
/// # Errors
/// A directive that isn't known, or values of different kinds.
pub fn merge(target: &mut Node, patch: &Node, how: Merging<'_>) -> Result<()> {
    let walker = Walker { how };
    let mut patch = patch.clone();
    match walker.walk(Place::Both(target, &mut patch), None, 0)? {
        Outcome::Gone => *target = Node::new(Value::Null, target.origin),
        // kustomize drops a patch that takes the whole's place: it looks only at what is left of the target.
        Outcome::Dest | Outcome::Patch => {}
    }
    Ok(())
}

/// The values that meet in a place.
enum Place<'n> {
    /// Only the target has one.
    Dest(&'n mut Node),
    /// Only the patch does.
    Patch(&'n mut Node),
    /// Both do.
    Both(&'n mut Node, &'n mut Node),
    /// The patch's, which has been taken over: kustomize then merges it with itself.
    Same(&'n mut Node),
}

/// What is in the place afterwards.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Outcome {
    /// Nothing.
    Gone,
    /// The target's value (or the one that both are), changed in its place.
    Dest,
    /// The patch's value, changed in its place.
    Patch,
}

/// A directive of a mapping or a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Directive {
    Merge,
    Replace,
    Delete,
}

impl Directive {
    fn of(text: &str) -> Option<Self> {
        match text {
            "merge" => Some(Self::Merge),
            "replace" => Some(Self::Replace),
            "delete" => Some(Self::Delete),
            _ => None,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Mapping,
    Sequence,
    Scalar,
    Null,
}

impl Kind {
    fn of(node: &Node) -> Self {
        match &node.value {
            Value::Map(_) => Self::Mapping,
            Value::Seq(_) => Self::Sequence,
            _ if is_null(node) => Self::Null,
            _ => Self::Scalar,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Mapping => "MappingNode",
            Self::Sequence => "SequenceNode",
            Self::Scalar | Self::Null => "ScalarNode",
        }
    }
}

struct Walker<'a> {
    how: Merging<'a>,
}

type Shape<'a> = Option<Type<'a>>;

impl<'a> Walker<'a> {
    /// The type of what stands here: as its parent says, else as its own kind and version do.
    fn shape<'n>(&self, known: Shape<'a>, values: impl IntoIterator<Item = &'n Node>) -> Shape<'a> {
        known.or_else(|| {
            values.into_iter().find_map(|value| {
                let map = value.as_map()?;
                let (kind, version) = (said(map.get("kind")?), said(map.get("apiVersion")?));
                if kind.is_empty() || version.is_empty() { None } else { self.how.schema.of(&version, &kind) }
            })
        })
    }

    fn walk(&self, place: Place<'_>, shape: Shape<'a>, depth: usize) -> Result<Outcome> {
        if depth > MAX_DEPTH {
            return Err(Failure::new(Code::INVALID_PATCH, "values nest too deep to be patched"));
        }
        let (kind, shape) = match &place {
            Place::Dest(one) | Place::Patch(one) | Place::Same(one) => (Kind::of(one), self.shape(shape, [&**one])),
            Place::Both(dest, patch) => {
                let kind = match (Kind::of(dest), Kind::of(patch)) {
                    (Kind::Null, kind) | (kind, Kind::Null) => kind,
                    (kind, of_patch) if kind == of_patch => kind,
                    (kind, _) => return Err(wrong_kind(kind, dest, patch)),
                };
                (kind, self.shape(shape, [&**dest, &**patch]))
            }
        };
        match kind {
            Kind::Mapping | Kind::Null => self.map(place, shape, depth),
            Kind::Sequence => match shape.and_then(Type::merge_keys) {
                Some(keys) => self.list(place, keys, shape, depth),
                None => Ok(overridden(&place)),
            },
            Kind::Scalar => Ok(overridden(&place)),
        }
    }

    fn map(&self, place: Place<'_>, shape: Shape<'a>, depth: usize) -> Result<Outcome> {
        match place {
            // A null that stands there is kept; one that doesn't is not.
            Place::Dest(dest) if is_null(dest) => match dest.origin.is_unwritten() {
                true => Ok(Outcome::Gone),
                false => Ok(Outcome::Dest),
            },
            Place::Dest(dest) => {
                self.fields(dest, false, shape, depth)?;
                Ok(Outcome::Dest)
            }
            Place::Both(dest, patch) if !is_null(dest) => {
                if is_null(patch) {
                    return Ok(Outcome::Gone);
                }
                match take_from_map(patch)? {
                    Directive::Delete => Ok(Outcome::Gone),
                    Directive::Replace => {
                        self.fields(patch, true, shape, depth)?;
                        Ok(Outcome::Patch)
                    }
                    Directive::Merge => {
                        self.merge_fields(dest, patch, shape, depth)?;
                        Ok(Outcome::Dest)
                    }
                }
            }
            Place::Patch(patch) | Place::Both(_, patch) => {
                // kustomize doesn't mind a directive that it doesn't know where it adds.
                if is_null(patch) || take_from_map(patch).is_ok_and(|directive| directive == Directive::Delete) {
                    return Ok(Outcome::Gone);
                }
                self.fields(patch, true, shape, depth)?;
                Ok(Outcome::Patch)
            }
            Place::Same(both) => {
                if is_null(both) || take_from_map(both)? == Directive::Delete {
                    return Ok(Outcome::Gone);
                }
                self.fields(both, true, shape, depth)?;
                Ok(Outcome::Dest)
            }
        }
    }

    /// Walks the fields of a mapping that meets no other.
    fn fields(&self, node: &mut Node, same: bool, shape: Shape<'a>, depth: usize) -> Result<()> {
        if self.is_settled(node, shape, same, depth) {
            return Ok(());
        }
        let Some(map) = node.as_map_mut() else { return Ok(()) };
        for name in sorted_names([&*map]) {
            let Some(value) = map.get_mut(&name) else { continue };
            let field = shape.and_then(|shape| shape.field(&name));
            let place = if same { Place::Same(value) } else { Place::Dest(value) };
            if self.walk(place, field, depth + 1)? == Outcome::Gone {
                map.remove(&name);
            }
        }
        Ok(())
    }

    fn merge_fields(&self, dest: &mut Node, patch: &mut Node, shape: Shape<'a>, depth: usize) -> Result<()> {
        let (Some(dest), Some(patch)) = (dest.as_map_mut(), patch.as_map_mut()) else { return Ok(()) };
        for name in sorted_names([&*dest, &*patch]) {
            let field = shape.and_then(|shape| shape.field(&name));
            if patch.get(&name).is_none() && dest.get(&name).is_some_and(|value| self.stays(value, field, depth)) {
                continue;
            }
            let outcome = match (dest.get_mut(&name), patch.get_mut(&name)) {
                (Some(dest), Some(patch)) => {
                    let outcome = self.walk(Place::Both(dest, patch), field, depth + 1)?;
                    if outcome == Outcome::Patch {
                        *dest = self.taken_over(patch, dest.origin);
                    }
                    outcome
                }
                (Some(dest), None) => self.walk(Place::Dest(dest), field, depth + 1)?,
                (None, Some(value)) => {
                    if self.walk(Place::Patch(value), field, depth + 1)? == Outcome::Patch {
                        let (value, key_origin) = (value.clone(), patch.entry(&name).map(|entry| entry.key_origin));
                        dest.insert(name, key_origin.unwrap_or_default(), value);
                    }
                    continue;
                }
                (None, None) => continue,
            };
            if outcome == Outcome::Gone {
                dest.remove(&name);
            }
        }
        Ok(())
    }

    /// A value of the patch in the place of another, whose style it gets: where that is quoted, it is a text.
    fn taken_over(&self, patch: &Node, was: Origin) -> Node {
        let origin = self.how.recorder.step(PATCHED, patch.origin, was).plain();
        match &patch.value {
            Value::Map(_) | Value::Seq(_) => Node { value: patch.value.clone(), origin },
            _ if was.is_quoted() => {
                Node { value: Value::Str(spelled(patch, self.how.sources)), origin: origin.quoted() }
            }
            value => Node { value: value.clone(), origin },
        }
    }

    fn list(&self, place: Place<'_>, keys: &[EcoString], shape: Shape<'a>, depth: usize) -> Result<Outcome> {
        let element = shape.and_then(Type::elements);
        let merge = |dest: &mut EcoVec<Node>, patch: Option<&mut EcoVec<Node>>, same: bool| {
            elements::merge(self, dest, patch, same, elements::Told { keys, element, depth: depth + 1 })
        };
        match place {
            Place::Dest(dest) => {
                if !self.is_settled(dest, shape, false, depth) {
                    with_list(dest, |dest| merge(dest, None, false))?;
                }
                Ok(Outcome::Dest)
            }
            Place::Both(dest, patch) if !is_null(dest) => {
                if is_null(patch) {
                    return Ok(Outcome::Gone);
                }
                match take_from_list(patch)? {
                    Directive::Delete => Ok(Outcome::Gone),
                    Directive::Replace => {
                        with_list(patch, |patch| merge(patch, None, true))?;
                        Ok(Outcome::Patch)
                    }
                    Directive::Merge => {
                        with_list(dest, |dest| with_list(patch, |patch| merge(dest, Some(patch), false)))?;
                        Ok(Outcome::Dest)
                    }
                }
            }
            Place::Patch(patch) | Place::Both(_, patch) => {
                with_list(patch, |patch| merge(patch, None, true))?;
                Ok(Outcome::Patch)
            }
            Place::Same(both) => {
                if take_from_list(both)? == Directive::Delete {
                    return Ok(Outcome::Gone);
                }
                if !self.is_settled(both, shape, true, depth) {
                    with_list(both, |both| merge(both, None, true))?;
                }
                Ok(Outcome::Dest)
            }
        }
    }
}

/// A value that isn't walked into: the patch's, if it has one.
fn overridden(place: &Place<'_>) -> Outcome {
    match place {
        Place::Both(_, patch) if is_null(patch) => Outcome::Gone,
        Place::Patch(_) | Place::Both(..) => Outcome::Patch,
        Place::Dest(_) | Place::Same(_) => Outcome::Dest,
    }
}

fn with_list(node: &mut Node, change: impl FnOnce(&mut EcoVec<Node>) -> Result<()>) -> Result<()> {
    match &mut node.value {
        Value::Seq(list) => change(list),
        _ => Ok(()),
    }
}

/// The names of all fields, each once, in the order in which kustomize walks them.
fn sorted_names<'n>(maps: impl IntoIterator<Item = &'n Map>) -> Vec<EcoString> {
    let mut names: Vec<EcoString> = maps.into_iter().flatten().map(|entry| entry.key.clone()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// A mapping's directive, which is taken out of it.
fn take_from_map(node: &mut Node) -> Result<Directive> {
    let Some(said) = node.get(DIRECTIVE) else { return Ok(Directive::Merge) };
    let directive = Directive::of(&raw(said)).ok_or_else(|| unknown_directive(said))?;
    if let Some(map) = node.as_map_mut() {
        map.remove(DIRECTIVE);
    }
    Ok(directive)
}

/// A list's directive: an element that holds nothing else. It is taken out.
fn take_from_list(node: &mut Node) -> Result<Directive> {
    let list = node.as_seq().unwrap_or_default();
    let Some(element) = list.iter().find_map(|element| element.as_map().filter(|map| map.get(DIRECTIVE).is_some()))
    else {
        return Ok(Directive::Merge);
    };
    let Some(said) = element.get(DIRECTIVE).filter(|_| element.len() == 1) else { return Ok(Directive::Merge) };
    let text = raw(said);
    let directive = Directive::of(&text).ok_or_else(|| unknown_directive(said))?;
    if let Value::Seq(list) = &mut node.value {
        // All that say the same go, and what is empty.
        list.retain(|element| match element.as_map() {
            Some(map) => !map.is_empty() && map.get(DIRECTIVE).is_none_or(|said| raw(said) != text),
            None => !is_null(element),
        });
    }
    Ok(directive)
}

fn unknown_directive(said: &Node) -> Failure {
    let text = raw(said);
    let message = format!("there is no directive `$patch: {text}`");
    Failure::told(format!("unknown patch strategy '{text}'"), Diagnostic::error(Code::INVALID_PATCH, message))
        .at(said.origin, "in this patch")
        .hint("the directives are `delete`, `replace` and `merge`")
}

/// A value of the patch that isn't of the kind of what is there.
fn wrong_kind(expected: Kind, dest: &Node, patch: &Node) -> Failure {
    let found = Kind::of(patch).name();
    let text =
        format!("wrong node kind: expected {} but got {found}: node contents:\n{}", expected.name(), emit_v3(patch));
    let message = format!("expected {} in the patch, found {}", dest.value.kind(), patch.value.kind());
    let diagnostic = Diagnostic::error(Code::INVALID_PATCH, message).at(patch.origin, "in the patch");
    Failure::told(text, diagnostic.also(dest.origin, "what it is to be merged with"))
}

/// A value of the wrong kind where only one is looked at.
fn not_a(expected: Kind, node: &Node) -> Failure {
    let found = Kind::of(node).name();
    let text =
        format!("wrong node kind: expected {} but got {found}: node contents:\n{}", expected.name(), emit_v3(node));
    let wanted = if expected == Kind::Mapping { "a mapping" } else { "a single value" };
    let message = format!("expected {wanted} in a list that is merged, found {}", node.value.kind());
    Failure::told(text, Diagnostic::error(Code::INVALID_PATCH, message).at(node.origin, "this element"))
}

#[cfg(test)]
mod tests;
