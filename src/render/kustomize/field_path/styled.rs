//! Paths through documents inside of texts.

use ecow::EcoString;

use super::{Kind, Tree};
use crate::source::Origin;
use crate::yaml::styled::{Shape, Styled};

impl Tree for Styled {
    fn kind(&self) -> Kind {
        match &self.shape {
            Shape::Nothing => Kind::Nothing,
            Shape::Scalar(..) if self.tag == "!!null" => Kind::Null,
            Shape::Scalar(..) => Kind::Scalar,
            Shape::Seq(..) => Kind::Sequence,
            Shape::Map(..) => Kind::Mapping,
            Shape::Alias(_) => Kind::Alias,
        }
    }

    fn origin(&self) -> Origin {
        Origin::NONE
    }

    fn text(&self) -> EcoString {
        Styled::text(self).into()
    }

    fn shown(&self) -> String {
        self.write()
    }

    fn position(&self, name: &str) -> Option<usize> {
        let Shape::Map(entries, _) = &self.shape else { return None };
        entries.iter().position(|(key, _)| key.text() == name)
    }

    fn child(&self, at: usize) -> Option<&Self> {
        match &self.shape {
            Shape::Seq(items, _) => items.get(at),
            Shape::Map(entries, _) => entries.get(at).map(|(_, value)| value),
            _ => None,
        }
    }

    fn child_mut(&mut self, at: usize) -> Option<&mut Self> {
        match &mut self.shape {
            Shape::Seq(items, _) => items.get_mut(at),
            Shape::Map(entries, _) => entries.get_mut(at).map(|(_, value)| value),
            _ => None,
        }
    }

    fn count(&self) -> usize {
        if let Shape::Seq(items, _) = &self.shape { items.len() } else { 0 }
    }

    fn takes_field(&self, _name: &str) -> bool {
        true
    }

    fn add_field(&mut self, name: &str, value: Self, _at: Origin) {
        if let Shape::Map(entries, _) = &mut self.shape {
            entries.push((Styled::scalar(name), value));
        }
    }

    fn add_element(&mut self, value: Self) {
        if let Shape::Seq(items, _) = &mut self.shape {
            items.push(value);
        }
    }

    fn made(kind: Kind, text: &str, _at: Origin) -> Self {
        match kind {
            Kind::Sequence => Styled::new(Shape::Seq(Vec::new(), false)),
            Kind::Mapping => Styled::new(Shape::Map(Vec::new(), false)),
            _ => Styled::scalar(text),
        }
    }
}
