//! Two sequences side by side: which parts are the same.
//!
//! Close to the shortest answer where that is cheap, near to linear everywhere: equal ends are set aside, elements that
//! are unique in both sequences part what is between (as in patience diff), and only small rests are compared in full.

use std::collections::HashMap;
use std::hash::Hash;
use std::ops::Range;

/// Parts that differ; what is between them is the same in both sequences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Gap {
    pub old: Range<usize>,
    pub new: Range<usize>,
}

/// The most cells of a table of common subsequences.
const CELLS: usize = 250_000;

/// How often a part is parted again.
const DEPTH: usize = 48;

/// The parts of two sequences that differ, in order.
pub(super) fn gaps<T: Eq + Hash>(old: &[T], new: &[T]) -> Vec<Gap> {
    let mut ids: HashMap<&T, u32> = HashMap::with_capacity(old.len());
    let mut number = |item| {
        let next = u32::try_from(ids.len()).unwrap_or(u32::MAX);
        *ids.entry(item).or_insert(next)
    };
    let old: Vec<u32> = old.iter().map(&mut number).collect();
    let new: Vec<u32> = new.iter().map(&mut number).collect();
    let mut aligner = Aligner { old: &old, new: &new, gaps: Vec::new() };
    aligner.part(0..old.len(), 0..new.len(), 0);
    aligner.gaps
}

struct Aligner<'a> {
    old: &'a [u32],
    new: &'a [u32],
    gaps: Vec<Gap>,
}

impl Aligner<'_> {
    fn same(&self, i: usize, j: usize) -> bool {
        matches!((self.old.get(i), self.new.get(j)), (Some(a), Some(b)) if a == b)
    }

    fn part(&mut self, mut old: Range<usize>, mut new: Range<usize>, depth: usize) {
        while old.start < old.end && new.start < new.end && self.same(old.start, new.start) {
            old.start += 1;
            new.start += 1;
        }
        while old.start < old.end && new.start < new.end && self.same(old.end - 1, new.end - 1) {
            old.end -= 1;
            new.end -= 1;
        }
        if old.is_empty() && new.is_empty() {
            return;
        }
        if old.is_empty() || new.is_empty() {
            return self.push(old, new);
        }
        if old.len().saturating_mul(new.len()) <= CELLS {
            return self.in_full(old, new);
        }
        let anchors = if depth < DEPTH { self.anchors(&old, &new) } else { Vec::new() };
        if anchors.is_empty() {
            return self.push(old, new);
        }
        let (mut i, mut j) = (old.start, new.start);
        for (a, b) in anchors {
            self.part(i..a, j..b, depth + 1);
            (i, j) = (a + 1, b + 1);
        }
        self.part(i..old.end, j..new.end, depth + 1);
    }

    /// Adjoining gaps are one.
    fn push(&mut self, old: Range<usize>, new: Range<usize>) {
        match self.gaps.last_mut() {
            Some(last) if last.old.end == old.start && last.new.end == new.start => {
                last.old.end = old.end;
                last.new.end = new.end;
            }
            _ => self.gaps.push(Gap { old, new }),
        }
    }

    /// What is unique in both parts, as far as it is in the same order: the longest increasing run.
    fn anchors(&self, old: &Range<usize>, new: &Range<usize>) -> Vec<(usize, usize)> {
        let (olds, news) = (self.old.get(old.clone()).unwrap_or(&[]), self.new.get(new.clone()).unwrap_or(&[]));
        // How often it is in each, and where it was last.
        let mut seen: HashMap<u32, (u32, u32, usize)> = HashMap::new();
        for id in olds {
            seen.entry(*id).or_default().0 += 1;
        }
        for (at, id) in news.iter().enumerate() {
            if let Some(entry) = seen.get_mut(id) {
                entry.1 += 1;
                entry.2 = at;
            }
        }
        let unique: Vec<(usize, usize)> = olds
            .iter()
            .enumerate()
            .filter_map(|(at, id)| match seen.get(id) {
                Some((1, 1, there)) => Some((old.start + at, new.start + there)),
                _ => None,
            })
            .collect();
        increasing(&unique)
    }

    /// The longest common subsequence of small parts.
    fn in_full(&mut self, old: Range<usize>, new: Range<usize>) {
        let (n, m) = (old.len(), new.len());
        // The length of the longest one of what is left from (i, j) on.
        let mut table = vec![0u32; (n + 1) * (m + 1)];
        let at = |i: usize, j: usize| i * (m + 1) + j;
        let cell = |table: &[u32], i, j| table.get(at(i, j)).copied().unwrap_or(0);
        for i in (0..n).rev() {
            for j in (0..m).rev() {
                let best = if self.same(old.start + i, new.start + j) {
                    cell(&table, i + 1, j + 1) + 1
                } else {
                    cell(&table, i + 1, j).max(cell(&table, i, j + 1))
                };
                if let Some(here) = table.get_mut(at(i, j)) {
                    *here = best;
                }
            }
        }
        let (mut i, mut j) = (0, 0);
        while i < n || j < m {
            if i < n && j < m && self.same(old.start + i, new.start + j) {
                (i, j) = (i + 1, j + 1);
            } else if j >= m || (i < n && cell(&table, i + 1, j) >= cell(&table, i, j + 1)) {
                self.push(old.start + i..old.start + i + 1, new.start + j..new.start + j);
                i += 1;
            } else {
                self.push(old.start + i..old.start + i, new.start + j..new.start + j + 1);
                j += 1;
            }
        }
    }
}

/// The longest run of pairs, sorted by their first, whose second increases, too.
fn increasing(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let mut tails: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(pairs.len());
    let second = |at: usize| pairs.get(at).map_or(0, |pair| pair.1);
    for (at, pair) in pairs.iter().enumerate() {
        let place = tails.partition_point(|tail| second(*tail) < pair.1);
        before.push(place.checked_sub(1).and_then(|p| tails.get(p)).copied());
        match tails.get_mut(place) {
            Some(tail) => *tail = at,
            None => tails.push(at),
        }
    }
    let mut run = Vec::with_capacity(tails.len());
    let mut next = tails.last().copied();
    while let Some(at) = next {
        run.extend(pairs.get(at));
        next = before.get(at).copied().flatten();
    }
    run.reverse();
    run
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(old: &[u16], new: &[u16]) -> Vec<Gap> {
        let gaps = gaps(old, new);
        let (mut i, mut j) = (0, 0);
        for gap in &gaps {
            assert_eq!(old[i..gap.old.start], new[j..gap.new.start]);
            assert!(!gap.old.is_empty() || !gap.new.is_empty());
            (i, j) = (gap.old.end, gap.new.end);
        }
        assert_eq!(old[i..], new[j..]);
        gaps
    }

    fn items(kinds: u16, n: Range<usize>) -> impl Strategy<Value = Vec<u16>> {
        prop::collection::vec(0..kinds, n)
    }

    proptest! {
        #[test]
        fn what_is_between_gaps_is_the_same(old in items(8, 0..40), new in items(8, 0..40)) {
            check(&old, &new);
        }

        #[test]
        fn also_when_long(old in items(3000, 600..900), cut in 0usize..500, extra in items(3000, 0..700)) {
            let mut new = old.clone();
            new.splice(cut..cut + 50, extra);
            check(&old, &new);
        }
    }

    #[test]
    fn one_that_is_inserted_moves_nothing() {
        let old: Vec<u32> = (0..10_000).collect();
        let mut new = old.clone();
        new.insert(5000, 77_777);
        new.remove(9000);
        assert_eq!(
            gaps(&old, &new),
            [Gap { old: 5000..5000, new: 5000..5001 }, Gap { old: 8999..9000, new: 9000..9000 }]
        );
    }

    #[test]
    fn nothing_in_common_takes_no_time() {
        let old: Vec<u32> = (0..200_000).collect();
        let new: Vec<u32> = (200_000..400_000).collect();
        assert_eq!(gaps(&old, &new).len(), 1);
        let (a, b): (Vec<u32>, Vec<u32>) =
            ((0..200_000).map(|i| i % 7).collect(), (0..200_000).map(|i| i % 5).collect());
        assert!(!gaps(&a, &b).is_empty());
    }
}
