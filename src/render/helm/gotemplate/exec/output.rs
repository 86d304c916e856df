//! What was printed, and while recording which action and which values made each byte.

use super::super::ast::{Pipe, Tree};
use super::super::call::Fault;
use super::super::trail::{Reads, Trail};
use super::super::value::Tracked;
use super::{Exec, State};
use crate::provenance::{ReadSet, Segment};
use crate::source::Span;

/// A text that is being made.
#[derive(Default)]
pub(super) struct Out {
    pub(super) bytes: Vec<u8>,
    segments: Vec<Segment>,
    /// Reads of actions that printed nothing: they may have kept something from standing here.
    carried: ReadSet,
}

impl Out {
    /// A text that is made in this buffer.
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        Self { bytes, ..Self::default() }
    }

    /// The text, its segments, and what was read after the last of them.
    pub(super) fn finish(mut self) -> (Vec<u8>, Vec<Segment>) {
        if let Some(last) = self.segments.last_mut() {
            last.around = last.around.and(&self.carried);
        }
        (self.bytes, self.segments)
    }

    fn push(&mut self, start: usize, template: Span, reads: ReadSet, around: &ReadSet, exact: bool) {
        let around = around.and(&std::mem::take(&mut self.carried));
        let start = u32::try_from(start).unwrap_or(u32::MAX);
        self.segments.push(Segment { start, template, reads, around, exact });
    }
}

impl Exec<'_> {
    /// Remembers what a condition read: it decides about what follows, even if its body prints nothing.
    pub(super) fn carry(&mut self, reads: &ReadSet) {
        self.out.carried = self.out.carried.and(reads);
    }

    pub(super) fn record_text(&mut self, state: &State, start: u32, end: u32) -> Result<(), Fault> {
        if start == end {
            return Ok(());
        }
        self.note(1)?;
        let template = span(state.tree, start as usize, end as usize);
        let around = self.around();
        self.out.push(self.out.bytes.len(), template, ReadSet::NONE, &around, false);
        Ok(())
    }

    pub(super) fn record_value(
        &mut self,
        state: &State,
        pipe: &Pipe,
        value: &Tracked,
        start: usize,
    ) -> Result<(), Fault> {
        let template = action(state.tree, pipe.pos);
        let none = Reads::default();
        let reads = value.trail.reads().unwrap_or(&none);
        if self.out.bytes.len() == start {
            self.carry(&reads.values);
            return Ok(());
        }
        self.note(reads.text.len() + 1)?;
        let around = self.around();
        if reads.text.is_empty() {
            self.out.push(start, template, reads.values.clone(), &around, reads.exact);
            return Ok(());
        }
        // A text that has segments itself: each byte comes from where it came from there.
        if reads.text.first().is_some_and(|s| s.start > 0) {
            self.out.push(start, template, ReadSet::NONE, &around, false);
        }
        for segment in &reads.text {
            let around = segment.around.and(&around);
            let template = if segment.template.file.is_real() { segment.template } else { template };
            self.out.push(start + segment.start as usize, template, segment.reads.clone(), &around, segment.exact);
        }
        Ok(())
    }

    /// What the conditions and loops around the current action read.
    pub(super) fn around(&self) -> ReadSet {
        self.control.last().cloned().unwrap_or_default()
    }

    /// Enters what is decided by some reads. Leave it by truncating [`Exec::control`] to the length that is given back.
    pub(super) fn enter(&mut self, reads: &ReadSet) -> usize {
        let mark = self.control.len();
        self.control.push(self.around().and(reads));
        mark
    }

    /// What a variable holds that is set under conditions depends on them too.
    pub(super) fn under_control(&self, mut value: Tracked) -> Tracked {
        if let Some(around) = self.control.last() {
            value.trail = value.trail.under(around);
        }
        value
    }

    /// What a text is made of that a template made.
    pub(super) fn text_trail(&self, segments: Vec<Segment>) -> Trail {
        if !self.record || segments.is_empty() {
            return Trail::NONE;
        }
        let values = ReadSet::joined(segments.iter().map(|s| &s.reads).chain(segments.iter().map(|s| &s.around)));
        let exact = matches!(segments.as_slice(), [one] if one.exact);
        Trail::of(Reads { values, exact, text: segments })
    }
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
