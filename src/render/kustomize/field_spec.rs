//! Which field of which types a transformer changes (api/types/fieldspec.go, api/filters/fieldspec).

use ecow::EcoString;

use super::failure::{Failure, Result};
use super::field_path::split;
use super::id::{Gvk, ResId};
use crate::diag::{Code, Diagnostic};
use crate::source::Origin;
use crate::yaml::{self, Map, Node, Value};

/// A field of some types.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldSpec {
    /// The types; an empty part stands for any.
    pub gvk: Gvk,
    /// The way to the field, `/`-separated; `[]` behind a name goes into each element of a list.
    pub path: ecow::EcoString,
    /// Whether it is made where it isn't there (`create`).
    pub create: bool,
    /// Where it is said; none for the built-in ones.
    pub origin: Origin,
}

/// What is made where a field isn't there, if its spec says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Create {
    /// Nothing, whatever the spec says.
    Nothing,
    /// A scalar: null, until it is set.
    Scalar,
    /// A mapping.
    Mapping,
}

/// What happens to the fields that are found.
pub struct Change<'a> {
    /// What is made where a field isn't there.
    pub create: Create,
    /// Where what is made comes from.
    pub by: Origin,
    /// Whether a field may change at all. Where none may, nothing is copied.
    pub wants: &'a dyn Fn(&Node) -> bool,
    /// Changes one.
    pub set: &'a mut dyn FnMut(&mut Node, &[Step]) -> Result<()>,
}

/// A step of the way to a field that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Into a mapping.
    Key(EcoString),
    /// Into a list.
    Index(usize),
}

/// Field specs, made ready once for many resources.
pub struct Fields<'s> {
    fields: Vec<Field<'s>>,
}

/// A field spec whose path is taken apart.
pub struct Field<'s> {
    /// As it was said.
    pub spec: &'s FieldSpec,
    path: Vec<Part>,
}

/// A part of a path.
struct Part {
    /// As it stands in the path.
    text: String,
    /// The field.
    name: EcoString,
    /// Whether it is to hold a list (`[]`).
    list: bool,
    /// What no mapping has.
    misplaced: Option<Misplaced>,
}

/// A part of a path that is no field's name to kyaml's PathGetter.
enum Misplaced {
    /// None at all.
    Empty,
    /// The place of an element.
    Element,
    /// A place before the first element.
    Negative(i64),
    /// Every element.
    Wildcard,
    /// An element that is told by nothing.
    NoValue,
}

impl<'s> Fields<'s> {
    /// Makes specs ready.
    pub fn new(specs: impl IntoIterator<Item = &'s FieldSpec>) -> Self {
        Self { fields: specs.into_iter().map(Field::new).collect() }
    }

    /// Those for a type, in order.
    pub fn of<'a>(&'a self, gvk: &'a Gvk) -> impl Iterator<Item = &'a Field<'s>> {
        self.fields.iter().filter(|field| gvk.is_selected(&field.spec.gvk))
    }
}

impl<'s> Field<'s> {
    /// Makes a spec ready.
    pub fn new(spec: &'s FieldSpec) -> Self {
        Self { spec, path: split(&spec.path, '/').into_iter().map(Part::new).collect() }
    }

    /// Changes the field wherever it is found in a resource, whose type the caller has looked at.
    ///
    /// # Errors
    /// A way that can't be gone, or what the change says.
    pub fn apply(&self, node: &mut Node, change: &mut Change) -> Result<()> {
        let creates = self.spec.create && change.create != Create::Nothing;
        if !reaches(node, &self.path, creates, change.wants) {
            return Ok(());
        }
        let mut trail = Vec::with_capacity(self.path.len());
        walk(node, &self.path, creates, change, &mut trail).map_err(|failure| {
            let prefix = format!("considering field '{}' of object {}", self.spec.path, ResId::of(node));
            failure.prefixed(&prefix).also(self.spec.origin, "this field spec leads there")
        })
    }
}

impl Part {
    fn new(text: String) -> Self {
        let (name, list) = match text.strip_suffix("[]") {
            Some(name) => (name, true),
            None => (&*text, false),
        };
        let misplaced = if name.is_empty() { Some(Misplaced::Empty) } else { misplaced(name.trim()) };
        Self { name: name.trim().into(), list, misplaced, text }
    }
}

fn misplaced(name: &str) -> Option<Misplaced> {
    let digits = name.strip_prefix(['+', '-']).unwrap_or(name);
    if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) {
        return match name.parse::<i64>() {
            Ok(number) if number < 0 => Some(Misplaced::Negative(number)),
            Ok(_) => Some(Misplaced::Element),
            Err(_) => None,
        };
    }
    match name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(inside) if inside.contains('=') => Some(Misplaced::Element),
        Some(_) => Some(Misplaced::NoValue),
        None if name == "-" => Some(Misplaced::Element),
        None if name == "*" => Some(Misplaced::Wildcard),
        None => None,
    }
}

/// Whether anything would change, or fail, on the way through a node.
fn reaches(node: &Node, path: &[Part], creates: bool, wants: &dyn Fn(&Node) -> bool) -> bool {
    let Some((part, rest)) = path.split_first() else { return wants(node) };
    match &node.value {
        Value::Null => false,
        Value::Seq(items) => items.iter().any(|item| reaches(item, path, creates, wants)),
        Value::Map(_) if part.misplaced.is_some() => true,
        Value::Map(_) if part.name.is_empty() => reaches(node, rest, creates, wants),
        Value::Map(map) => match map.get(&part.name) {
            None => creates && !part.list,
            Some(found) if found.is_null() && (creates || part.list) => true,
            Some(found) => reaches(found, rest, creates, wants),
        },
        _ => true,
    }
}

fn walk(node: &mut Node, path: &[Part], creates: bool, change: &mut Change, trail: &mut Vec<Step>) -> Result<()> {
    let Some((part, rest)) = path.split_first() else { return (change.set)(node, trail) };
    match &mut node.value {
        Value::Null => Ok(()),
        Value::Seq(items) => {
            for (at, item) in items.make_mut().iter_mut().enumerate() {
                trail.push(Step::Index(at));
                walk(item, path, creates, change, trail).map_err(|failure| {
                    let texts: Vec<&str> = path.iter().map(|part| &*part.text).collect();
                    failure.prefixed(&format!("visit traversal on path: [{}]", texts.join(" ")))
                })?;
                trail.pop();
            }
            Ok(())
        }
        Value::Map(_) if part.misplaced.is_some() => Err(misplaced_in(node, part)),
        // Nothing but spaces is no step.
        Value::Map(_) if part.name.is_empty() => walk(node, rest, creates, change, trail),
        Value::Map(map) => {
            let made = match (part.list, creates, rest.is_empty()) {
                (true, ..) => Some(Value::Seq(ecow::EcoVec::new())),
                (false, false, _) => None,
                (false, true, true) if change.create == Create::Scalar => Some(Value::Null),
                (false, true, _) => Some(Value::Map(Map::new())),
            };
            match (map.get(&part.name), made) {
                (None, Some(made)) if !part.list => {
                    let origin = if matches!(made, Value::Null) { Origin::NONE } else { change.by };
                    map.insert(part.name.clone(), change.by, Node::new(made, origin));
                }
                (None, _) => return Ok(()),
                (Some(found), Some(made)) if found.is_null() => {
                    let origin = found.origin;
                    if !matches!(made, Value::Null)
                        && let Some(found) = map.get_mut(&part.name)
                    {
                        *found = Node::new(made, origin);
                    }
                }
                (Some(_), _) => {}
            }
            let Some(found) = map.get_mut(&part.name) else { return Ok(()) };
            trail.push(Step::Key(part.name.clone()));
            walk(found, rest, creates, change, trail)?;
            trail.pop();
            Ok(())
        }
        _ => {
            let message = format!("the way to the field leads into {}", node.value.kind());
            let diagnostic = Diagnostic::error(Code::INVALID_KUSTOMIZATION, message);
            Err(Failure::told("expected sequence or mapping node", diagnostic)
                .at(node.origin, "neither a mapping nor a list"))
        }
    }
}

fn misplaced_in(node: &Node, part: &Part) -> Failure {
    let failure = match part.misplaced {
        None | Some(Misplaced::Element) => wrong_kind(node, Kind::Sequence),
        Some(Misplaced::Empty) => {
            let text = "cannot set or create an empty field name";
            return Failure::new(Code::INVALID_KUSTOMIZATION, text).at(node.origin, "in this mapping");
        }
        Some(Misplaced::Negative(number)) => {
            Failure::new(Code::INVALID_KUSTOMIZATION, format!("array index {number} cannot be negative"))
        }
        Some(Misplaced::Wildcard) => {
            Failure::new(Code::INVALID_KUSTOMIZATION, "wildcard is not supported in PathGetter")
        }
        Some(Misplaced::NoValue) => Failure::new(
            Code::INVALID_KUSTOMIZATION,
            "list path element must contain fieldName=fieldValue for element to match",
        ),
    };
    failure.at(node.origin, "in this mapping").prefixed(&format!("fieldName: {}", part.name))
}

/// The kinds of nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A scalar.
    Scalar,
    /// A list.
    Sequence,
    /// A mapping.
    Mapping,
}

impl Kind {
    /// That of a node.
    pub fn of(node: &Node) -> Self {
        match node.value {
            Value::Seq(_) => Self::Sequence,
            Value::Map(_) => Self::Mapping,
            _ => Self::Scalar,
        }
    }

    fn go_name(self) -> &'static str {
        match self {
            Self::Scalar => "ScalarNode",
            Self::Sequence => "SequenceNode",
            Self::Mapping => "MappingNode",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Scalar => "a single value",
            Self::Sequence => "a list",
            Self::Mapping => "a mapping",
        }
    }
}

/// A node of another kind than is needed (kyaml's InvalidNodeKindError).
pub fn wrong_kind(node: &Node, expected: Kind) -> Failure {
    let (wanted, found) = (expected.go_name(), Kind::of(node).go_name());
    let text = format!("wrong node kind: expected {wanted} but got {found}: node contents:\n{}", yaml::emit(node));
    let message = format!("expected {}, found {}", expected.name(), node.value.kind());
    let diagnostic = Diagnostic::error(Code::INVALID_KUSTOMIZATION, message);
    Failure::told(text, diagnostic).at(node.origin, &format!("not {}", expected.name()))
}
