//! How much two objects have in common, to find those that were only renamed.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use super::normal::Own;

/// The lines of an object without what names it, as sorted digests.
pub(super) struct Signature(Vec<u64>);

impl Signature {
    /// That of a text. Its name, wherever it stands, doesn't count; nor do `apiVersion`, `kind` and `metadata`.
    pub fn of(text: &str, name: &str) -> Self {
        let own = Own::new([name.to_owned()]);
        let mut counts = false;
        let mut lines = Vec::new();
        for line in text.lines() {
            if !line.starts_with([' ', '-', '\t']) {
                let key = line.split(':').next().unwrap_or_default();
                counts = !["apiVersion", "kind", "metadata"].contains(&key);
            }
            // What only opens a block is the same everywhere.
            if counts && !line.trim_end().ends_with(':') {
                // The same for everybody, run by run.
                let mut hasher = DefaultHasher::new();
                own.replace(line.trim()).hash(&mut hasher);
                lines.push(hasher.finish());
            }
        }
        lines.sort_unstable();
        Self(lines)
    }

    /// Of how many lines it is.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The share of lines in common, in thousandths.
    pub fn likeness(&self, other: &Self) -> usize {
        let (mut i, mut j, mut common) = (0, 0, 0usize);
        while let (Some(a), Some(b)) = (self.0.get(i), other.0.get(j)) {
            common += usize::from(a == b);
            i += usize::from(a <= b);
            j += usize::from(b <= a);
        }
        match self.0.len() + other.0.len() {
            0 => 1000,
            all => common.saturating_mul(2000) / all,
        }
    }
}

/// Lines that more objects have tell nothing.
const COMMON: usize = 24;

/// Candidates looked at for each object.
const CANDIDATES: usize = 4;

/// Pairs each object at most once, the most alike first: those that are alike enough. Not all pairs are looked at where
/// there are many, only those that share rare lines.
pub(super) fn pairs(old: &[Signature], new: &[Signature], least: usize) -> Vec<(usize, usize)> {
    let few = old.len().saturating_mul(new.len()) <= 1000;
    let mut by_line: HashMap<u64, Vec<usize>> = HashMap::new();
    if !few {
        for (at, signature) in old.iter().enumerate() {
            let mut lines = signature.0.clone();
            lines.dedup();
            for line in lines {
                by_line.entry(line).or_default().push(at);
            }
        }
    }
    let mut scored = Vec::new();
    for (j, signature) in new.iter().enumerate() {
        let candidates: Vec<usize> = if few {
            (0..old.len()).collect()
        } else {
            let mut hits: HashMap<usize, usize> = HashMap::new();
            for line in &signature.0 {
                for at in by_line.get(line).filter(|all| all.len() <= COMMON).into_iter().flatten() {
                    *hits.entry(*at).or_default() += 1;
                }
            }
            let mut hits: Vec<(usize, usize)> = hits.into_iter().map(|(at, n)| (usize::MAX - n, at)).collect();
            hits.sort_unstable();
            hits.truncate(CANDIDATES);
            hits.into_iter().map(|(_, at)| at).collect()
        };
        for i in candidates {
            let likeness = old.get(i).map_or(0, |other| other.likeness(signature));
            if likeness >= least {
                scored.push((1000 - likeness, i, j));
            }
        }
    }
    scored.sort_unstable();
    let (mut olds, mut news) = (vec![false; old.len()], vec![false; new.len()]);
    let mut found = Vec::new();
    for (_, i, j) in scored {
        if let (Some(a @ false), Some(b @ false)) = (olds.get_mut(i), news.get_mut(j)) {
            (*a, *b) = (true, true);
            found.push((i, j));
        }
    }
    found
}
