//! Sets of reads that are joined over and over: by every action with the conditions around it.

use std::collections::HashSet;
use std::sync::Arc;

use super::ValueRead;

/// The values that something was made of, in the order of reading. Sets are shared: joining two costs nothing but a node,
/// and which reads are in it is found out when somebody asks.
#[derive(Clone, Debug, Default)]
pub struct ReadSet(Option<Arc<Joined>>);

#[derive(Debug)]
struct Joined {
    part: Part,
    /// How many reads there are at most.
    weight: usize,
    /// How many there were when doubles were last taken out of a part.
    distinct: usize,
    /// Joins within each other.
    depth: u8,
}

#[derive(Debug)]
enum Part {
    Reads(Box<[ValueRead]>),
    Sets(Box<[ReadSet]>),
}

/// A set is flattened before it gets deeper, so that walking it, or dropping it, needs little stack.
const MAX_DEPTH: u8 = 24;
/// And before it has so many more reads than distinct ones.
const SLACK: usize = 64;

impl ReadSet {
    /// No reads.
    pub const NONE: Self = Self(None);

    /// One read.
    pub fn one(read: ValueRead) -> Self {
        Self::flat(Box::new([read]))
    }

    /// Whether nothing was read.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// All that is in any of the sets.
    pub fn joined<'a>(sets: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut parts: Vec<Self> = Vec::new();
        for set in sets.into_iter().filter(|set| !set.is_empty()) {
            // Neighbours are often the same set; more doubles than that are found when it is flattened.
            if !parts.last().is_some_and(|last| last.same(set)) && !parts.first().is_some_and(|first| first.same(set)) {
                parts.push(set.clone());
            }
        }
        if parts.len() < 2 {
            return parts.pop().unwrap_or_default();
        }
        let nodes = || parts.iter().filter_map(|set| set.0.as_deref());
        let depth = nodes().map(|node| node.depth).max().unwrap_or_default() + 1;
        let weight = nodes().map(|node| node.weight).fold(0, usize::saturating_add);
        let distinct = nodes().map(|node| node.distinct).max().unwrap_or_default();
        let joined = Self(Some(Arc::new(Joined { part: Part::Sets(parts.into()), weight, distinct, depth })));
        if depth < MAX_DEPTH && weight <= SLACK + 4 * distinct {
            return joined;
        }
        Self::flat(joined.iter().cloned().collect())
    }

    /// This set and another.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self::joined([self, other])
    }

    /// The reads in order, each once.
    pub fn iter(&self) -> std::vec::IntoIter<&ValueRead> {
        let mut found = Vec::new();
        match self.0.as_deref() {
            None => {}
            // What is flat has no doubles.
            Some(Joined { part: Part::Reads(reads), .. }) => found.extend(reads.iter()),
            Some(node) => {
                let mut walked = HashSet::new();
                let mut seen = HashSet::new();
                walk(node, &mut walked, &mut |read| {
                    if seen.insert(read) {
                        found.push(read);
                    }
                });
            }
        }
        found.into_iter()
    }

    /// Whether this is the very same set; other sets may have the same reads.
    pub fn same(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Some(own), Some(other)) => Arc::ptr_eq(own, other),
            (None, None) => true,
            _ => false,
        }
    }

    fn flat(reads: Box<[ValueRead]>) -> Self {
        let weight = reads.len();
        if weight == 0 {
            return Self::NONE;
        }
        Self(Some(Arc::new(Joined { part: Part::Reads(reads), weight, distinct: weight, depth: 0 })))
    }
}

fn walk<'s>(node: &'s Joined, walked: &mut HashSet<*const Joined>, each: &mut impl FnMut(&'s ValueRead)) {
    match &node.part {
        Part::Reads(reads) => reads.iter().for_each(each),
        Part::Sets(sets) => {
            for inner in sets.iter().filter_map(|set| set.0.as_ref()) {
                if walked.insert(Arc::as_ptr(inner)) {
                    walk(inner, walked, each);
                }
            }
        }
    }
}

impl FromIterator<ValueRead> for ReadSet {
    fn from_iter<I: IntoIterator<Item = ValueRead>>(reads: I) -> Self {
        let mut seen = HashSet::new();
        let all: Vec<ValueRead> = reads.into_iter().filter(|read| seen.insert(read.clone())).collect();
        Self::flat(all.into())
    }
}

impl From<Vec<ValueRead>> for ReadSet {
    fn from(reads: Vec<ValueRead>) -> Self {
        reads.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Origin;

    fn one(name: &str) -> ReadSet {
        ReadSet::one(ValueRead { path: vec![name.into()], origin: Origin::NONE })
    }

    fn names(set: &ReadSet) -> Vec<&str> {
        set.iter().map(|read| read.path[0].as_str()).collect()
    }

    #[test]
    fn each_read_is_told_once_in_order() {
        let (a, b) = (one("a"), one("b"));
        let both = a.and(&b);
        assert_eq!(names(&both), ["a", "b"]);
        assert_eq!(names(&one("b").and(&both).and(&one("c"))), ["b", "a", "c"]);
        assert!(ReadSet::joined([&ReadSet::NONE, &ReadSet::NONE]).is_empty());
        assert!(a.and(&ReadSet::NONE).same(&a));
    }

    #[test]
    fn joins_without_end_stay_small_and_shallow() {
        let mut all = one("a");
        for i in 0..100_000 {
            all = all.and(&one(&(i % 7).to_string())).and(&all);
        }
        assert_eq!(names(&all).len(), 8);
        assert!(all.0.as_ref().is_some_and(|node| node.depth < MAX_DEPTH && node.weight < 1000));
    }
}
