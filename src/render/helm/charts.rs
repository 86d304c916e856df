//! The charts of a run: each read once, its templates parsed once, whoever renders it.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::Profile;
use super::chart::{Chart, Failure, Instance, LoadOptions, Missing, load};
use super::program::{Program, Unparsed, walk};
use crate::parallel;
use crate::world::{FilePath, Reader, Reads};

type Loaded = Result<(Arc<Chart>, Reads), (Failure, Reads)>;
type Parsed = Result<Arc<Program>, Arc<Unparsed>>;

/// Charts by their path, and their templates by which of the charts below are on.
#[derive(Debug, Default)]
pub struct Charts {
    loaded: Once<(FilePath, Profile), Arc<Loaded>>,
    /// By the paths of the instances: an alias or a condition makes other templates of the same chart.
    parsed: Once<(FilePath, Profile, String), Parsed>,
}

impl Charts {
    /// No charts yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The chart at a path: a directory, or an archive. What was read for it is recorded with the reader.
    ///
    /// # Errors
    /// Why it can't be used.
    pub fn load(
        &self,
        path: &FilePath,
        profile: Profile,
        missing: Option<Missing>,
        reader: &Reader,
    ) -> Result<Arc<Chart>, Failure> {
        let loaded = self.loaded.get((path.clone(), profile), || {
            let own = Reader::new(reader.world());
            let options = LoadOptions { profile, missing, local: true, ..LoadOptions::default() };
            let found = load(&own, path, &options);
            let reads = own.into_reads();
            Arc::new(match found {
                Ok(chart) => Ok((chart, reads)),
                Err(failure) => Err((failure, reads)),
            })
        });
        match &*loaded {
            Ok((chart, reads)) => {
                reader.absorb(reads);
                Ok(Arc::clone(chart))
            }
            Err((failure, reads)) => {
                reader.absorb(reads);
                Err(failure.clone())
            }
        }
    }

    /// The templates of a chart and those below it.
    ///
    /// # Errors
    /// The first file that isn't a template.
    pub fn program(&self, path: &FilePath, root: &Instance, profile: Profile) -> Parsed {
        let on: Vec<&str> = walk(root).into_iter().map(|instance| instance.full_path.as_str()).collect();
        let key = (path.clone(), profile, on.join("\n"));
        self.parsed.get(key, || Program::new(root, profile).map(Arc::new).map_err(Arc::from))
    }
}

/// What is made once, by whoever asks first: the others wait.
#[derive(Debug)]
struct Once<K, V> {
    cells: Mutex<HashMap<K, Arc<OnceLock<V>>>>,
}

impl<K, V> Default for Once<K, V> {
    fn default() -> Self {
        Self { cells: Mutex::default() }
    }
}

impl<K: Eq + Hash, V: Clone> Once<K, V> {
    fn get(&self, key: K, make: impl FnOnce() -> V) -> V {
        let mut cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
        let cell = Arc::clone(cells.entry(key).or_default());
        drop(cells);
        cell.get_or_init(|| parallel::alone(make)).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wait_for_is_made_alone() {
        let once = Once::default();
        assert!(once.get(1, parallel::is_alone));
        assert!(!parallel::is_alone());
    }
}
