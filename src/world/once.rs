//! Things that are read once per run, whoever asks first.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use foldhash::fast::FixedState;

use super::FilePath;

/// So that threads rarely meet at the same lock.
const SHARDS: usize = 16;

/// What was read, by path. Threads that ask for the same at once wait for the one that reads it.
#[derive(Debug)]
pub(super) struct Once<V> {
    shards: [Shard<V>; SHARDS],
}

type Shard<V> = RwLock<HashMap<FilePath, Arc<OnceLock<V>>, FixedState>>;

impl<V> Default for Once<V> {
    fn default() -> Self {
        Self { shards: std::array::from_fn(|_| Shard::default()) }
    }
}

impl<V: Clone> Once<V> {
    /// What stands at `path`, read by `read` if nobody has yet.
    pub(super) fn get(&self, path: &FilePath, read: impl FnOnce() -> V) -> V {
        // Another seed than the maps', which would else have keys of like hashes.
        let hash = FixedState::with_seed(1).hash_one(path);
        let index = usize::try_from(hash % SHARDS as u64).unwrap_or(0);
        let Some(shard) = self.shards.get(index) else { return read() };
        let known = shard.read().unwrap_or_else(PoisonError::into_inner).get(path).cloned();
        let cell = known.unwrap_or_else(|| {
            let mut cells = shard.write().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(cells.entry(path.clone()).or_default())
        });
        cell.get_or_init(read).clone()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::super::TreeId;
    use super::*;

    #[test]
    fn each_is_read_once() {
        let (once, reads) = (Once::default(), AtomicUsize::new(0));
        let paths: Vec<FilePath> = (0..100).map(|i| FilePath::new(TreeId::new(0), i.to_string())).collect();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for path in &paths {
                        let value = once.get(path, || {
                            reads.fetch_add(1, Ordering::Relaxed);
                            path.path.to_string()
                        });
                        assert_eq!(value, *path.path);
                    }
                });
            }
        });
        assert_eq!(reads.into_inner(), 100);
    }
}
