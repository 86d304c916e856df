//! What a value came from, carried beside it while somebody asks ([`crate::provenance::Recorder::on`]); else nothing.

use std::rc::Rc;

use crate::provenance::{Segment, ValueRead, ValuesPath};
use crate::source::Origin;

/// What a value was made of. Empty, and free, unless provenance is recorded.
#[derive(Clone, Debug, Default)]
pub struct Trail(Option<Rc<Reads>>);

/// The reads behind a value.
#[derive(Clone, Debug, Default)]
pub struct Reads {
    /// The values paths that it was made from, without doubles, in the order of reading.
    pub values: Vec<ValueRead>,
    /// Whether it is that one value itself: nothing but copying in between.
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
        Self::of(Reads { values: vec![ValueRead { path, origin }], exact: true, text: Vec::new() })
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

    /// What a value is made of that was computed from others: all their reads, none of them exactly.
    pub fn joined<'a>(trails: impl IntoIterator<Item = &'a Trail>) -> Self {
        let mut all = Reads::default();
        for reads in trails.into_iter().filter_map(Self::reads) {
            for read in &reads.values {
                if !all.values.contains(read) {
                    all.values.push(read.clone());
                }
            }
        }
        if all.values.is_empty() { Self::NONE } else { Self::of(all) }
    }

    /// The same reads, no longer exact and without a text's segments.
    pub fn blurred(&self) -> Self {
        Self::joined([self])
    }
}
