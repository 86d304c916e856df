//! What a value came from, carried beside it while somebody asks ([`crate::provenance::Recorder::on`]); else nothing.

use std::rc::Rc;

use crate::provenance::{ReadSet, Segment, ValueRead, ValuesPath};
use crate::source::Origin;

/// What a value was made of. Empty, and free, unless provenance is recorded.
#[derive(Clone, Debug, Default)]
pub struct Trail(Option<Rc<Reads>>);

/// The reads behind a value.
#[derive(Clone, Debug, Default)]
pub struct Reads {
    /// The values paths that it was made from, in the order of reading.
    pub values: ReadSet,
    /// Whether it is the first of them itself: nothing but copying in between. Those after it only had a say in which value
    /// it is.
    pub exact: bool,
    /// For a text that templates made (`include`, `tpl`) or that shows a tree (`toYaml`): which bytes come from where.
    /// Segments are in order; they may leave gaps.
    pub text: Vec<Segment>,
}

impl Trail {
    /// Nothing is known, or nobody asks.
    pub const NONE: Self = Self(None);

    /// A value read at a path.
    pub fn read(path: ValuesPath, origin: Origin) -> Self {
        Self::of(Reads { values: ReadSet::one(ValueRead { path, origin }), exact: true, text: Vec::new() })
    }

    /// These reads.
    pub fn of(reads: Reads) -> Self {
        Self(Some(Rc::new(reads)))
    }

    /// The reads, if there are any.
    pub fn reads(&self) -> Option<&Reads> {
        self.0.as_deref()
    }

    /// Whether nothing is known.
    pub fn is_none(&self) -> bool {
        self.0.is_none()
    }

    /// These reads, none of them exactly.
    pub fn made_of(values: ReadSet) -> Self {
        if values.is_empty() { Self::NONE } else { Self::of(Reads { values, exact: false, text: Vec::new() }) }
    }

    /// The values behind it.
    pub fn values(&self) -> &ReadSet {
        const NOTHING: &ReadSet = &ReadSet::NONE;
        self.reads().map_or(NOTHING, |reads| &reads.values)
    }

    /// What a value is made of that was computed from others: all their reads, none of them exactly.
    pub fn joined<'a>(trails: impl IntoIterator<Item = &'a Trail>) -> Self {
        Self::made_of(ReadSet::joined(trails.into_iter().map(Self::values)))
    }

    /// The same reads, no longer exact and without a text's segments.
    pub fn blurred(&self) -> Self {
        match self.reads() {
            Some(reads) if !reads.exact && reads.text.is_empty() => self.clone(),
            _ => Self::made_of(self.values().clone()),
        }
    }

    /// The same value, and others that had a say in its being chosen: `default`'s given value, `ternary`'s condition. What is
    /// exact stays exact; a value that comes from nowhere is made of the others.
    pub fn beside<'a>(&self, others: impl IntoIterator<Item = &'a Trail>) -> Self {
        self.under(&ReadSet::joined(others.into_iter().map(Self::values)))
    }

    /// The same value, where these reads had a say in its being chosen.
    pub fn under(&self, others: &ReadSet) -> Self {
        match self.reads() {
            _ if others.is_empty() => self.clone(),
            None => Self::made_of(others.clone()),
            Some(own) => {
                let values = own.values.and(others);
                if values.same(&own.values) { self.clone() } else { Self::of(Reads { values, ..own.clone() }) }
            }
        }
    }

    /// What a text is made of that has the bytes of another, in order, with some put in between: `to` tells where a byte of
    /// the old text stands in the new one. It is asked for growing places.
    pub fn moved(&self, mut to: impl FnMut(usize) -> usize) -> Self {
        self.with_text(|text| {
            text.iter().map(|segment| Segment { start: offset(to(place(segment.start))), ..segment.clone() }).collect()
        })
    }

    /// What a part of a text is made of: the bytes from `start` up to `end`.
    pub fn cut(&self, start: usize, end: usize) -> Self {
        self.with_text(|text| {
            let first = text.partition_point(|segment| place(segment.start) <= start).saturating_sub(1);
            text.iter()
                .skip(first)
                .take_while(|segment| place(segment.start) < end)
                .map(|segment| Segment { start: offset(place(segment.start).saturating_sub(start)), ..segment.clone() })
                .collect()
        })
    }

    /// The same, no longer exact, but with a text's segments: for a text that was cut short.
    pub fn inexact(&self) -> Self {
        match self.reads() {
            Some(reads) if reads.exact => Self::of(Reads { exact: false, ..reads.clone() }),
            _ => self.clone(),
        }
    }

    fn with_text(&self, change: impl FnOnce(&[Segment]) -> Vec<Segment>) -> Self {
        match self.reads() {
            Some(reads) if !reads.text.is_empty() => {
                Self::of(Reads { text: change(&reads.text), values: reads.values.clone(), exact: reads.exact })
            }
            _ => self.clone(),
        }
    }
}

fn place(start: u32) -> usize {
    usize::try_from(start).unwrap_or(usize::MAX)
}

fn offset(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{FileId, Span};

    fn read(name: &str) -> ValueRead {
        ValueRead { path: vec!["values".into(), name.into()], origin: Origin::NONE }
    }

    fn text(starts: &[u32]) -> Trail {
        let segment = |start: &u32| Segment {
            start: *start,
            template: Span { file: FileId::NONE, start: *start, end: *start },
            reads: ReadSet::NONE,
            around: ReadSet::NONE,
            exact: false,
        };
        Trail::of(Reads { values: ReadSet::one(read("a")), exact: false, text: starts.iter().map(segment).collect() })
    }

    fn starts(trail: &Trail) -> Vec<(u32, u32)> {
        trail.reads().unwrap().text.iter().map(|s| (s.start, s.template.start)).collect()
    }

    #[test]
    fn a_cut_keeps_the_segment_that_it_starts_in_and_drops_what_is_outside() {
        assert_eq!(starts(&text(&[0, 4, 8]).cut(5, 9)), [(0, 4), (3, 8)]);
        assert_eq!(starts(&text(&[0, 4, 8]).cut(4, 8)), [(0, 4)]);
        assert_eq!(starts(&text(&[2, 4]).cut(0, 9)), [(2, 2), (4, 4)]);
        assert_eq!(starts(&text(&[2, 4]).cut(1, 9)), [(1, 2), (3, 4)]);
    }

    #[test]
    fn what_is_chosen_stays_exact_and_comes_first() {
        let given = Trail::read(read("given").path, Origin::NONE);
        let fallback = Trail::read(read("default").path, Origin::NONE);
        let both = fallback.beside([&given, &fallback]);
        assert_eq!(both.values().iter().collect::<Vec<_>>(), [&read("default"), &read("given")]);
        assert!(both.reads().unwrap().exact);
        let literal = Trail::NONE.beside([&given]);
        assert!(!literal.reads().unwrap().exact);
        assert!(Trail::NONE.beside([&Trail::NONE]).is_none());
    }
}
