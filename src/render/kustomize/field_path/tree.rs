//! What paths lead through: manifests, and documents inside of texts.

use ecow::EcoString;

use crate::render::kustomize::scalar::{text_of, untagged};
use crate::source::Origin;
use crate::yaml::styled::tag_of;
use crate::yaml::{Map, Node, Value, emit_v3};

/// The kinds of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing where a document or a value could stand. kustomize tells it from a null only in documents inside of texts.
    Nothing,
    /// Null.
    Null,
    /// Any other scalar.
    Scalar,
    /// A list.
    Sequence,
    /// A mapping.
    Mapping,
    /// A reference to another value.
    Alias,
}

impl Kind {
    /// What kyaml calls it.
    pub fn go_name(self) -> &'static str {
        match self {
            Self::Nothing => "",
            Self::Null | Self::Scalar => "ScalarNode",
            Self::Sequence => "SequenceNode",
            Self::Mapping => "MappingNode",
            Self::Alias => "AliasNode",
        }
    }
}

/// A value that a path can lead through, and that can grow.
pub trait Tree: Sized {
    /// What it is.
    fn kind(&self) -> Kind;
    /// Where it stands.
    fn origin(&self) -> Origin;
    /// The text of a scalar; empty for lists and mappings.
    fn text(&self) -> EcoString;
    /// It as YAML, for messages and expressions.
    fn shown(&self) -> String;
    /// The place of a field among the fields.
    fn position(&self, name: &str) -> Option<usize>;
    /// A field or an element by its place.
    fn child(&self, at: usize) -> Option<&Self>;
    /// The same, to be changed.
    fn child_mut(&mut self, at: usize) -> Option<&mut Self>;
    /// How many elements a list has.
    fn count(&self) -> usize;
    /// Whether a name, written plain, can be that of a field.
    fn takes_field(&self, name: &str) -> bool;
    /// Adds a field, which isn't there.
    fn add_field(&mut self, name: &str, value: Self, at: Origin);
    /// Adds an element.
    fn add_element(&mut self, value: Self);
    /// A new value of a kind: a scalar without a type of its own and with this text, or what is empty.
    fn made(kind: Kind, text: &str, at: Origin) -> Self;
}

impl Tree for Node {
    fn kind(&self) -> Kind {
        match &self.value {
            Value::Null => Kind::Null,
            Value::Seq(_) => Kind::Sequence,
            Value::Map(_) => Kind::Mapping,
            _ => Kind::Scalar,
        }
    }

    fn origin(&self) -> Origin {
        self.origin
    }

    fn text(&self) -> EcoString {
        match &self.value {
            // As far as is known.
            Value::Null => "null".into(),
            _ => text_of(self).unwrap_or_default(),
        }
    }

    fn shown(&self) -> String {
        match &self.value {
            Value::Seq(_) | Value::Map(_) => emit_v3(self),
            _ => format!("{}\n", self.text()),
        }
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.as_map()?.iter().position(|entry| entry.key == name)
    }

    fn child(&self, at: usize) -> Option<&Self> {
        match &self.value {
            Value::Seq(items) => items.get(at),
            Value::Map(map) => map.iter().as_slice().get(at).map(|entry| &entry.value),
            _ => None,
        }
    }

    fn child_mut(&mut self, at: usize) -> Option<&mut Self> {
        match &mut self.value {
            Value::Seq(items) => items.make_mut().get_mut(at),
            Value::Map(map) => map.entries_mut().get_mut(at).map(|entry| &mut entry.value),
            _ => None,
        }
    }

    fn count(&self) -> usize {
        self.as_seq().map_or(0, <[Node]>::len)
    }

    fn takes_field(&self, name: &str) -> bool {
        tag_of(name) == "!!str"
    }

    fn add_field(&mut self, name: &str, value: Self, at: Origin) {
        if let Some(map) = self.as_map_mut() {
            map.insert(name, at, value);
        }
    }

    fn add_element(&mut self, value: Self) {
        if let Value::Seq(items) = &mut self.value {
            items.push(value);
        }
    }

    fn made(kind: Kind, text: &str, at: Origin) -> Self {
        match kind {
            Kind::Sequence => Node::new(Vec::new(), at),
            Kind::Mapping => Node::new(Map::new(), at),
            _ => untagged(text, at),
        }
    }
}
