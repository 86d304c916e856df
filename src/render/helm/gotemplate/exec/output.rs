//! What was printed, and while recording which action and which values made each byte.

use super::super::ast::{Pipe, Tree};
use super::super::trail::{Reads, Trail};
use super::super::value::Tracked;
use super::{Exec, State};
use crate::provenance::{Segment, ValueRead};
use crate::source::Span;

/// A text that is being made.
#[derive(Default)]
pub(super) struct Out {
    pub(super) bytes: Vec<u8>,
    segments: Vec<Segment>,
    /// Reads of actions that printed nothing: they may have kept something from standing here.
    carried: Vec<ValueRead>,
}

impl Out {
    /// A text that is made in this buffer.
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        Self { bytes, ..Self::default() }
    }

    /// The text and its segments.
    pub(super) fn finish(mut self) -> (Vec<u8>, Vec<Segment>) {
        if !self.carried.is_empty()
            && let Some(last) = self.segments.last_mut()
        {
            last.reads = joined(last.reads.iter().chain(&self.carried)).into();
        }
        (self.bytes, self.segments)
    }

    fn push(&mut self, start: usize, template: Span, own: Vec<ValueRead>, exact: bool) {
        let carried = std::mem::take(&mut self.carried);
        let reads = joined(own.iter().chain(&carried));
        let start = u32::try_from(start).unwrap_or(u32::MAX);
        self.segments.push(Segment { start, template, reads: reads.into(), exact });
    }
}

impl Exec<'_> {
    /// Remembers what a condition read: it decides about what follows, even if its body prints nothing.
    pub(super) fn carry(&mut self, trail: &Trail) {
        for read in trail.reads().iter().flat_map(|r| &r.values) {
            if !self.out.carried.contains(read) {
                self.out.carried.push(read.clone());
            }
        }
    }

    pub(super) fn record_text(&mut self, state: &State, start: u32, end: u32) {
        if start == end {
            return;
        }
        let template = span(state.tree, start as usize, end as usize);
        let own = self.around(&[]);
        self.out.push(self.out.bytes.len(), template, own, false);
    }

    pub(super) fn record_value(&mut self, state: &State, pipe: &Pipe, value: &Tracked, start: usize) {
        let template = action(state.tree, pipe.pos);
        let none = Reads::default();
        let reads = value.trail.reads().unwrap_or(&none);
        let own = self.around(&reads.values);
        if reads.text.is_empty() {
            if self.out.bytes.len() == start {
                self.carry(&value.trail);
            } else {
                self.out.push(start, template, own, reads.exact);
            }
            return;
        }
        // A text that has segments itself: each byte comes from where it came from there.
        if reads.text.first().is_some_and(|s| s.start > 0) {
            self.out.push(start, template, own, false);
        }
        for segment in &reads.text {
            let own = self.around(&segment.reads);
            let template = if segment.template.file.is_real() { segment.template } else { template };
            self.out.push(start + segment.start as usize, template, own, segment.exact);
        }
    }

    /// Reads, and those of the conditions and loops around after them.
    fn around(&self, own: &[ValueRead]) -> Vec<ValueRead> {
        let control = self.control.iter().filter_map(Trail::reads).flat_map(|r| &r.values);
        joined(own.iter().chain(control))
    }
}

fn joined<'r>(reads: impl Iterator<Item = &'r ValueRead>) -> Vec<ValueRead> {
    let mut all: Vec<ValueRead> = Vec::new();
    for read in reads {
        if !all.contains(read) {
            all.push(read.clone());
        }
    }
    all
}

fn span(tree: &Tree, start: usize, end: usize) -> Span {
    Span::new(tree.file, start..end.min(tree.text.len()))
}

/// The action that a pipeline stands in: from its braces to those that close it.
fn action(tree: &Tree, pos: u32) -> Span {
    let pos = (pos as usize).min(tree.text.len());
    let before = tree.text.get(..pos).unwrap_or_default();
    let start = before.rfind("{{").unwrap_or(pos);
    let end = tree.text.get(pos..).and_then(|t| t.find("}}")).map_or(tree.text.len(), |n| pos + n + 2);
    span(tree, start, end)
}
