//! The fields of an object that a template made, each with the values that had a say in it.

use std::sync::Arc;

use super::{ReadSet, Segment};
use crate::source::{FileId, Origin, SourceFile, SourceKind, Sources};
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
    /// Whether its text is a copy of the first of them.
    pub exact: bool,
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
    let mut starts = Vec::new();
    collect(root, &mut starts);
    starts.sort_unstable();
    let mut walk = Walk { sources, part, each, starts, path: Vec::new(), last: None };
    walk.node(root, &ReadSet::NONE, false);
}

struct Walk<'a, 'n, F> {
    sources: &'a Sources,
    part: &'a Node,
    each: &'a mut F,
    /// Where keys and scalars start: each ends before the next.
    starts: Vec<(FileId, u32)>,
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
                    let Token { reads, around, .. } = self.token(entry.key_origin, &entry.key);
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
                let Token { reads, around, exact } = self.token(node.origin, node.as_str().unwrap_or_default());
                let placed = placed.and(&around);
                (self.each)(Leaf { path: self.path.clone(), node, reads, exact, placed });
            }
            _ => {}
        }
    }

    /// What made the token that starts at a place, and what decided about it. `said` is the text that it stands for.
    fn token(&mut self, origin: Origin, said: &str) -> Token {
        let next = self.starts.get(self.starts.partition_point(|start| *start <= (origin.file, origin.at)));
        let next = next.filter(|(file, _)| *file == origin.file).map(|(_, at)| *at as usize);
        let Some(file) = self.file(origin.file) else { return Token::default() };
        let SourceKind::Rendered(map) = &file.kind else { return Token::default() };
        let start = origin.at as usize;
        let end = end_of(&file.text, start, said).unwrap_or_else(|| {
            let rest = file.text.get(start..next.unwrap_or(file.text.len())).unwrap_or_default();
            start + rest.trim_end_matches([' ', '\n', '-', ',', '{', '[', '"', '\'']).len().max(1)
        });
        let end = u32::try_from(end).unwrap_or(u32::MAX);
        let segments = map.segments_in(origin.at, end);
        let reads = ReadSet::joined(segments.iter().map(|s| &s.reads));
        let around = ReadSet::joined(segments.iter().map(|s| &s.around));
        let mut made = segments.iter().filter(|s| !s.reads.is_empty());
        let exact = made.next().is_some_and(|s| s.exact)
            && made.next().is_none()
            && is_plain(segments, &file.text, origin.at, end);
        Token { reads, around, exact }
    }

    /// What decided about the text from a place up to another.
    fn between(&mut self, from: Origin, to: Origin) -> ReadSet {
        if from.file != to.file {
            return ReadSet::NONE;
        }
        let Some(file) = self.file(from.file) else { return ReadSet::NONE };
        let SourceKind::Rendered(map) = &file.kind else { return ReadSet::NONE };
        ReadSet::joined(map.segments_in(from.at, to.at.saturating_add(1)).iter().map(|s| &s.around))
    }

    fn file(&mut self, file: FileId) -> Option<&SourceFile> {
        if self.last.as_ref().is_none_or(|last| last.id != file) {
            self.last = self.sources.get(file);
        }
        self.last.as_deref()
    }
}

fn collect(node: &Node, starts: &mut Vec<(FileId, u32)>) {
    match &node.value {
        Value::Map(map) if !map.is_empty() => {
            for entry in map {
                starts.push((entry.key_origin.file, entry.key_origin.at));
                collect(&entry.value, starts);
            }
        }
        Value::Seq(items) if !items.is_empty() => items.iter().for_each(|item| collect(item, starts)),
        _ => starts.push((node.origin.file, node.origin.at)),
    }
}

/// What is known of a key or a scalar.
#[derive(Default)]
struct Token {
    reads: ReadSet,
    around: ReadSet,
    exact: bool,
}

/// Whether there is nothing but quotes around what was read.
fn is_plain(segments: &[Segment], text: &str, start: u32, end: u32) -> bool {
    let ends = segments.iter().skip(1).map(|s| s.start).chain([end]);
    segments.iter().zip(ends).all(|(segment, end)| {
        let made = text.get(segment.start.max(start) as usize..end as usize).unwrap_or_default();
        !segment.reads.is_empty() || made.trim_matches(['"', '\'']).is_empty()
    })
}

/// Where a token ends, if that can be seen without reading all that stands before it.
fn end_of(text: &str, start: usize, said: &str) -> Option<usize> {
    let rest = text.get(start..)?;
    let length = match rest.as_bytes().first()? {
        b'"' => {
            let mut escaped = false;
            let closes = |b: u8| {
                let closes = b == b'"' && !escaped;
                escaped = b == b'\\' && !escaped;
                closes
            };
            rest.bytes().skip(1).position(closes)? + 2
        }
        b'\'' => {
            let mut bytes = rest.bytes().enumerate().skip(1).peekable();
            loop {
                let (at, byte) = bytes.next()?;
                if byte == b'\'' && bytes.next_if(|(_, next)| *next == b'\'').is_none() {
                    break at + 1;
                }
            }
        }
        b'|' | b'>' | b'&' | b'*' | b'!' | b'{' | b'[' => return None,
        _ if !said.is_empty() && rest.starts_with(said) => said.len(),
        _ if !said.is_empty() => return None,
        _ => rest.find([' ', '\n', ',', ']', '}']).unwrap_or(rest.len()),
    };
    Some(start + length.max(1))
}
