//! Which files of a working tree git sees: what is ignored isn't there.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use super::ReadError;
use crate::git::Repository;

/// What git sees below a directory: asked once, when first needed. A repository within (a submodule, or one that just
/// lies there) is seen by its own rules.
#[derive(Debug)]
pub(super) struct Visible {
    repository: Arc<Repository>,
    /// Inside the repository's working tree, without symbolic links.
    base: PathBuf,
    /// Sorted. Repositories within stand here by their names.
    files: OnceLock<Result<Vec<Box<[u8]>>, ReadError>>,
    within: RwLock<HashMap<PathBuf, Option<Arc<Visible>>>>,
}

impl Visible {
    pub(super) fn new(repository: Arc<Repository>, base: PathBuf) -> Self {
        Self { repository, base, files: OnceLock::new(), within: RwLock::default() }
    }

    /// The files that have a say in what git sees, besides `.gitignore`s.
    pub(super) fn decides(&self) -> Vec<PathBuf> {
        let mut files = self.repository.deciding_files().unwrap_or_default();
        let within = self.within.read().unwrap_or_else(PoisonError::into_inner);
        let mut others: Vec<_> = within.iter().collect();
        others.sort_by_key(|(path, _)| *path);
        files.extend(others.into_iter().filter_map(|(_, other)| other.as_ref()).flat_map(|other| other.decides()));
        files
    }

    /// Those of these directories that nothing ignores.
    pub(super) fn not_ignored(&self, directories: Vec<PathBuf>) -> Option<Vec<PathBuf>> {
        if directories.is_empty() {
            return Some(directories);
        }
        let ignored = self.repository.ignored(&directories).ok()?;
        Some(directories.into_iter().filter(|dir| !ignored.contains(dir)).collect())
    }

    /// Whether git sees the file or link at `path` (below the base), tracked or not.
    pub(super) fn file(&self, path: &[u8]) -> Result<bool, ReadError> {
        Ok(self.stands(path)? || self.in_other(path, Self::file)?)
    }

    /// Whether git sees anything in the directory at `path`. One whose files are all deleted isn't there, as in a commit;
    /// a submodule is, even if it is empty.
    pub(super) fn directory(&self, path: &[u8]) -> Result<bool, ReadError> {
        if path.is_empty() || self.stands(path)? {
            return Ok(true);
        }
        let prefix = [path, b"/"].concat();
        let files = self.files()?;
        let from = files.partition_point(|f| **f < *prefix);
        let below = files.iter().skip(from).take_while(|f| f.starts_with(&prefix));
        for file in below {
            if self.base.join(os_path(file)).symlink_metadata().is_ok() {
                return Ok(true);
            }
        }
        self.in_other(path, Self::directory)
    }

    fn files(&self) -> Result<&[Box<[u8]>], ReadError> {
        let files = self.files.get_or_init(|| {
            let mut files = self.repository.visible_files(&self.base)?;
            for file in &mut files {
                if let Some(name) = file.strip_suffix(b"/") {
                    *file = name.into();
                }
            }
            files.sort_unstable();
            Ok(files)
        });
        files.as_deref().map_err(Clone::clone)
    }

    fn stands(&self, path: &[u8]) -> Result<bool, ReadError> {
        Ok(self.files()?.binary_search_by(|f| (**f).cmp(path)).is_ok())
    }

    /// Asks the repository within that holds `path`, if there is one. Each step into another shortens the path.
    fn in_other(&self, path: &[u8], ask: fn(&Self, &[u8]) -> Result<bool, ReadError>) -> Result<bool, ReadError> {
        for (at, _) in path.iter().enumerate().filter(|(_, b)| **b == b'/') {
            let (outer, rest) = (path.get(..at).unwrap_or_default(), path.get(at + 1..).unwrap_or_default());
            if self.stands(outer)?
                && let Some(other) = self.within(os_path(outer))?
            {
                return ask(&other, rest);
            }
        }
        Ok(false)
    }

    fn within(&self, path: &Path) -> Result<Option<Arc<Self>>, ReadError> {
        if let Some(known) = self.within.read().unwrap_or_else(PoisonError::into_inner).get(path) {
            return Ok(known.clone());
        }
        let base = self.base.join(path);
        // A tracked file in whose place there is a directory now leads back to this repository.
        let found = Repository::discover(&base)?.filter(|r| r.work_tree() == Some(base.as_path()));
        let found = found.map(|r| Arc::new(Self::new(Arc::new(r), base)));
        let mut within = self.within.write().unwrap_or_else(PoisonError::into_inner);
        Ok(within.entry(path.to_owned()).or_insert(found).clone())
    }
}

/// A path as git gives it, for the operating system.
#[cfg(unix)]
fn os_path(path: &[u8]) -> &Path {
    use std::os::unix::ffi::OsStrExt;
    Path::new(OsStr::from_bytes(path))
}

/// A path as git gives it, for the operating system; what isn't UTF-8 leads nowhere.
#[cfg(not(unix))]
fn os_path(path: &[u8]) -> &Path {
    Path::new(OsStr::new(std::str::from_utf8(path).unwrap_or("\u{FFFD}")))
}
