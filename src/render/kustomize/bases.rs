//! Kustomizations that many others name: accumulated once a run.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use super::target::Accumulator;
use crate::diag::Diagnostics;
use crate::world::{FilePath, Reads};

/// What makes an accumulated base the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// Its directory.
    pub root: FilePath,
    /// Whether files outside of it may be read.
    pub unrestricted: bool,
}

/// What a base accumulates, and what came with it.
pub struct Base {
    /// The resources and rules.
    pub accumulated: Accumulator,
    /// What was read.
    pub reads: Reads,
    /// What is worth a warning.
    pub warnings: Diagnostics,
    /// What kustomize says on stderr.
    pub said: Vec<String>,
}

/// The bases of a run, by directory.
#[derive(Default)]
pub struct Bases {
    kept: Mutex<HashMap<Key, Arc<Base>>>,
}

impl Bases {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// One that was accumulated before.
    pub fn get(&self, key: &Key) -> Option<Arc<Base>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    /// Keeps one. Whoever comes first wins: all who make it make the same.
    pub fn keep(&self, key: Key, base: Base) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_insert_with(|| Arc::new(base));
    }
}

impl fmt::Debug for Bases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bases").finish_non_exhaustive()
    }
}
