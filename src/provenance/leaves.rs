//! The fields of an object that a template made, each with the values that had a say in it.

use std::sync::Arc;

use super::{ReadSet, RenderMap};
use crate::source::{FileId, Origin, SourceFile, SourceKind, Sources, Span};
use crate::yaml::{Node, Value};

/// A field without fields below it.
#[derive(Debug)]
pub struct Leaf<'n> {
    /// The way to it from the object.
    pub path: Vec<Key<'n>>,
    /// The field.
    pub node: &'n Node,
    /// What its text was made of.
    pub reads: ReadSet,
    /// What decided that the text stands there: conditions and loops around it, and what its keys are made of; for an element
    /// of a list also what decided about those before it.
    pub placed: ReadSet,
}

/// A step into an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key<'n> {
    /// Of a mapping.
    Name(&'n str),
    /// Of a sequence.
    Index(usize),
}

/// All leaves of `root` that are `part`, or below it; in the order of the text.
pub fn leaves<'n>(sources: &Sources, root: &'n Node, part: &Node, each: &mut impl FnMut(Leaf<'n>)) {
    let mut walk = Walk { sources, part, each, path: Vec::new(), last: None };
    walk.node(root, &ReadSet::NONE, false);
}

struct Walk<'a, 'n, F> {
    sources: &'a Sources,
    part: &'a Node,
    each: &'a mut F,
    path: Vec<Key<'n>>,
    /// The text that was asked for last: an object mostly comes from one.
    last: Option<Arc<SourceFile>>,
}

impl<'n, F: FnMut(Leaf<'n>)> Walk<'_, 'n, F> {
    fn node(&mut self, node: &'n Node, placed: &ReadSet, inside: bool) {
        let inside = inside || std::ptr::eq(node, self.part);
        match &node.value {
            Value::Map(map) if !map.is_empty() => {
                for entry in map {
                    let (reads, around) = self.token(entry.key_origin);
                    let placed = ReadSet::joined([placed, &reads, &around]);
                    self.path.push(Key::Name(&entry.key));
                    self.node(&entry.value, &placed, inside);
                    self.path.pop();
                }
            }
            Value::Seq(items) if !items.is_empty() => {
                let mut placed = placed.clone();
                let mut from = node.origin;
                for (at, item) in items.iter().enumerate() {
                    placed = placed.and(&self.between(from, item.origin));
                    from = item.origin;
                    self.path.push(Key::Index(at));
                    self.node(item, &placed, inside);
                    self.path.pop();
                }
            }
            _ if inside => {
                let (reads, around) = self.token(node.origin);
                let placed = placed.and(&around);
                (self.each)(Leaf { path: self.path.clone(), node, reads, placed });
            }
            _ => {}
        }
    }

    /// What made the token that starts at a place, and what decided about it.
    fn token(&mut self, origin: Origin) -> (ReadSet, ReadSet) {
        let sources = self.sources;
        let Some(map) = self.map(origin.file) else { return Default::default() };
        let token = sources.widen(Span { file: origin.file, start: origin.at, end: origin.at });
        let segments = map.segments_in(token.start, token.end);
        let reads = ReadSet::joined(segments.iter().map(|s| &s.reads));
        (reads, ReadSet::joined(segments.iter().map(|s| &s.around)))
    }

    /// What decided about the text from a place up to another.
    fn between(&mut self, from: Origin, to: Origin) -> ReadSet {
        if from.file != to.file {
            return ReadSet::NONE;
        }
        let Some(map) = self.map(from.file) else { return ReadSet::NONE };
        ReadSet::joined(map.segments_in(from.at, to.at.saturating_add(1)).iter().map(|s| &s.around))
    }

    fn map(&mut self, file: FileId) -> Option<&RenderMap> {
        if self.last.as_ref().is_none_or(|last| last.id != file) {
            self.last = self.sources.get(file);
        }
        match &self.last.as_ref()?.kind {
            SourceKind::Rendered(map) => Some(map),
            SourceKind::File => None,
        }
    }
}
