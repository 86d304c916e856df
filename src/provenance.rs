//! How a value came to be: the chain of origins behind each field.
//!
//! Data carries only an eight-byte [`Origin`]. What stands behind one is kept beside the data, and only while someone
//! asks ([`Recorder::on`]): a template's output maps back to the template and to what it read ([`RenderMap`]), and a
//! value that replaced another names it ([`Step`]).

use std::cell::RefCell;

use ecow::EcoString;

use crate::source::{FileId, Origin, Span};

/// A path into values: `values.apps.web.replicas` is `["values", "apps", "web", "replicas"]`; list elements are their
/// index in decimal. The first element names the tree: `values`, `cluster`, `fleet`, `app`, `layer`, `path`.
pub type ValuesPath = Vec<EcoString>;

mod leaves;
mod read_set;

pub use leaves::{Key, Leaf, leaves};
pub use read_set::ReadSet;

/// A values path that an action read, and where the value it found was set.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ValueRead {
    /// Which value.
    pub path: ValuesPath,
    /// Where it was set; [`Origin::NONE`] if it is absent.
    pub origin: Origin,
}

/// A range of a template's output and what made it.
#[derive(Clone, Debug)]
pub struct Segment {
    /// First byte of the output that this segment made; it reaches to the next segment's start.
    pub start: u32,
    /// The template's text or expression.
    pub template: Span,
    /// What the expression read; for Jinja also what the conditions and loops around it did.
    pub reads: ReadSet,
    /// What decided that it stands here: the conditions and loops around it, and actions before it that may have printed
    /// something and didn't.
    pub around: ReadSet,
    /// Whether the output is the value itself: nothing but copying between the first read and the output.
    pub exact: bool,
}

impl Segment {
    /// Where in the template's text that which the segment made starts, if it was copied as it stands. A part of the
    /// output, such as one document of several, may have cut its first segment at the start and its last at the end.
    pub fn copied_at(&self, made: &str, template: &str) -> Option<usize> {
        if made.is_empty() {
            return None;
        }
        let cut = (self.start == 0 && template.ends_with(made)).then(|| template.len() - made.len());
        if template.starts_with(made) { Some(0) } else { cut }
    }
}

/// Maps each byte of a template's output to the template.
#[derive(Clone, Debug, Default)]
pub struct RenderMap {
    /// By `start`, without gaps.
    pub segments: Vec<Segment>,
}

impl RenderMap {
    /// The segment that made byte `at`.
    pub fn segment(&self, at: u32) -> Option<&Segment> {
        let after = self.segments.partition_point(|s| s.start <= at);
        self.segments.get(after.checked_sub(1)?)
    }

    /// Where in the output what a segment made ends; `length` is the whole output's.
    pub fn end(&self, segment: &Segment, length: usize) -> usize {
        let after = self.segments.partition_point(|s| s.start <= segment.start);
        self.segments.get(after).map_or(length, |s| s.start as usize)
    }

    /// The segments that made any of the bytes from `start` up to `end`.
    pub fn segments_in(&self, start: u32, end: u32) -> &[Segment] {
        let from = self.segments.partition_point(|s| s.start <= start).saturating_sub(1);
        let to = self.segments.partition_point(|s| s.start < end.max(start + 1));
        self.segments.get(from..to).unwrap_or_default()
    }
}

/// The action of a [`Step`] of a value that a chart imports from one below: what it was before is the value that switches that
/// chart on.
pub const IMPORTED: &str = "imported";

/// One thing that happened to a value after it was read.
#[derive(Clone, Debug)]
pub struct Step {
    /// What happened, as a verb phrase: `overrides`, `patched by`, `namespace set by`.
    pub action: EcoString,
    /// Where the new value comes from.
    pub by: Origin,
    /// The value's origin before, if it existed.
    pub was: Origin,
}

/// Records the steps that values go through, while someone asks. One per unit of work: it isn't shared by threads.
#[derive(Debug, Default)]
pub struct Recorder {
    on: bool,
    steps: RefCell<Vec<Step>>,
}

impl Recorder {
    /// Records nothing and costs nothing.
    pub fn off() -> Self {
        Self::default()
    }

    /// Records every step.
    pub fn recording() -> Self {
        Self { on: true, ..Self::default() }
    }

    /// Whether steps are recorded, and texts should keep their maps.
    pub fn on(&self) -> bool {
        self.on
    }

    /// The origin of a value that `by` put in the place of `was`: `by` itself when not recording, else an entry that
    /// remembers both.
    pub fn step(&self, action: &str, by: Origin, was: Origin) -> Origin {
        if !self.on {
            return by;
        }
        let mut steps = self.steps.borrow_mut();
        let at = steps.len();
        steps.push(Step { action: action.into(), by, was });
        Origin::new(FileId::DERIVED, at).styled_as(by)
    }

    /// The step behind a derived origin.
    pub fn get(&self, origin: Origin) -> Option<Step> {
        if origin.file != FileId::DERIVED {
            return None;
        }
        self.steps.borrow().get(origin.at as usize).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_was_copied_is_found_again() {
        let template = Span::new(FileId::NONE, 0..0);
        let segment = |start| Segment { start, template, reads: ReadSet::NONE, around: ReadSet::NONE, exact: false };
        for (start, made, template, at) in [
            (7, "a: 1\n", "a: 1\n", Some(0)),
            (7, "a: 1", "a: 1\n", Some(0)),
            (0, "b: 2\n", "a: 1\n---\nb: 2\n", Some(9)),
            (7, "b: 2\n", "a: 1\n---\nb: 2\n", None),
            (0, "3", "{{ .Values.three }}", None),
            (0, "", "", None),
        ] {
            assert_eq!(segment(start).copied_at(made, template), at, "{made:?} of {template:?}");
        }
    }
}
