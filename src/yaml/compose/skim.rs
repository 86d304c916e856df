//! Values that nobody asks for: their events are looked at, and no nodes are made of them.

use std::borrow::Cow;

use super::super::error::Result;
use super::super::event::{Event, Parser};
use super::super::number::Number;
use super::super::resolve::{Scalar, is_text, resolve};
use super::super::scan::Style;
use super::{Composer, MapFrame, Next, Shape};

/// Where in an open collection the next node stands.
#[derive(Clone, Copy)]
enum Inside {
    Item,
    Key,
    Value,
}

impl<'a> Composer<'a, '_> {
    /// Whether the node that comes next is the value of a key of the document's mapping that nobody asks for.
    pub(super) fn is_unwanted(&self) -> bool {
        let (Some(wanted), [frame]) = (self.wanted, self.stack.as_slice()) else { return false };
        match &frame.shape {
            Shape::Map(MapFrame { next: Next::Value(key, _), .. }) => !wanted(key),
            _ => false,
        }
    }

    /// Reads past a collection whose start has been seen. False if something in it needs a closer look than this one: an
    /// anchor, an alias, a tag, a key that isn't plainly a string, a number that JSON may not have.
    ///
    /// # Errors
    /// Those of the grammar.
    pub(super) fn skim(&mut self, parser: &mut Parser<'a>, mapping: bool) -> Result<bool> {
        let start = |mapping: bool| if mapping { Inside::Key } else { Inside::Item };
        let mut open = vec![start(mapping)];
        while let Some(inside) = open.last_mut() {
            let opens = match parser.next()? {
                Event::Scalar { value, style, properties: None, at, end } => {
                    let fine = match *inside {
                        Inside::Key => is_plain_key(&value, style, at, end),
                        Inside::Item | Inside::Value => style != Style::Plain || is_plain_value(self.dialect, value),
                    };
                    if !fine {
                        return Ok(false);
                    }
                    None
                }
                Event::SequenceStart { properties: None, .. } => Some(false),
                Event::MappingStart { properties: None, .. } => Some(true),
                Event::SequenceEnd | Event::MappingEnd => {
                    open.pop();
                    continue;
                }
                _ => return Ok(false),
            };
            self.steps += 1;
            *inside = match (*inside, opens) {
                (Inside::Key, Some(_)) => return Ok(false),
                (Inside::Key, None) => Inside::Value,
                (Inside::Value, _) => Inside::Key,
                (Inside::Item, _) => Inside::Item,
            };
            if let Some(mapping) = opens {
                if open.len() + self.stack.len() >= self.limits.depth {
                    return Ok(false);
                }
                open.push(start(mapping));
            }
        }
        if let Some(Shape::Map(map)) = self.stack.last_mut().map(|frame| &mut frame.shape) {
            map.next = Next::Key;
        }
        Ok(self.steps <= self.limits.expanded_nodes)
    }
}

fn is_plain_key(key: &str, style: Style, at: usize, end: usize) -> bool {
    at < end && key != "<<" && (style == Style::Quoted || is_text(key))
}

fn is_plain_value(dialect: super::Dialect, value: Cow<'_, str>) -> bool {
    is_text(&value)
        || match resolve(dialect, None, Style::Plain, value) {
            Ok(Scalar::Number(Number::Float(float))) => float.is_finite(),
            Ok(_) => true,
            Err(_) => false,
        }
}
