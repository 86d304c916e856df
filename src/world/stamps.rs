//! Files that needn't be read again to know what is in them.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::Digest;

/// What a file system or git says of a file, digested: the same again means the same bytes.
pub type Stamp = [u8; 16];

/// Digests of files by their stamps: those of earlier runs, and those of this one.
#[derive(Debug, Default)]
pub struct Stamps {
    known: HashMap<Stamp, Digest, foldhash::fast::FixedState>,
    noted: Mutex<BTreeMap<Stamp, Digest>>,
}

impl Stamps {
    /// Those of earlier runs.
    pub fn new(known: impl IntoIterator<Item = (Stamp, Digest)>) -> Self {
        Self { known: known.into_iter().collect(), noted: Mutex::default() }
    }

    /// The digest of the file that had this stamp.
    pub fn get(&self, stamp: &Stamp) -> Option<Digest> {
        let digest = self.known.get(stamp).copied()?;
        self.note(*stamp, digest);
        Some(digest)
    }

    /// Remembers what a file with this stamp holds.
    pub fn note(&self, stamp: Stamp, digest: Digest) {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner).insert(stamp, digest);
    }

    /// Those that this run met, known or new: those worth keeping.
    pub fn met(&self) -> Vec<(Stamp, Digest)> {
        let noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        noted.iter().map(|(stamp, digest)| (*stamp, *digest)).collect()
    }

    /// Whether this run met any that were not known.
    pub fn has_news(&self) -> bool {
        let noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        noted.keys().any(|stamp| !self.known.contains_key(stamp))
    }
}

/// A stamp of these parts.
pub(super) fn stamp(parts: &[&[u8]]) -> Stamp {
    let mut hash = blake3::Hasher::new();
    for part in parts {
        hash.update(&(part.len() as u64).to_le_bytes()).update(part);
    }
    let mut stamp = Stamp::default();
    stamp.iter_mut().zip(hash.finalize().as_bytes()).for_each(|(to, from)| *to = *from);
    stamp
}
