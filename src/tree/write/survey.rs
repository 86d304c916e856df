//! What stands in a cluster's directory, and how it differs from what is to stand there.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use super::Failure;
use crate::tree::arrange::{Arrangement, Content};
use crate::tree::index::{INDEX_FILE, Index};

/// What an entry is, links not followed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Directory,
    File,
    /// A symbolic link, whatever it points at.
    Link,
    /// A pipe, a socket, a device.
    Other,
}

/// All that stands in a directory.
pub(super) struct Survey {
    /// The directory, if it is there.
    pub root: Option<PathBuf>,
    /// Everything below it, by path with `/`.
    pub entries: BTreeMap<OsString, Kind>,
}

/// What has to be done to make a directory so.
#[derive(Default)]
pub(super) struct Changes {
    /// Files to write: path and text.
    pub writes: Vec<(String, Arc<str>)>,
    /// The index's bytes.
    pub index: Vec<u8>,
    /// Whether they differ from those that stand.
    pub index_changed: bool,
    /// What is carried over as it is: unchanged, kept and foreign.
    pub carried: Vec<OsString>,
    /// Directories that were empty before.
    pub empty: Vec<OsString>,
    /// Files of ours that go.
    pub pruned: Vec<String>,
    /// How many files are as they are to be.
    pub unchanged: usize,
    /// How many stay because their app is held or not selected.
    pub kept: usize,
    /// Files of others.
    pub foreign: Vec<OsString>,
    /// Where a file can't go: its path, and what stands in its way.
    pub conflicts: Vec<(String, String)>,
}

impl Changes {
    pub(super) fn is_nothing(&self) -> bool {
        self.writes.is_empty() && self.pruned.is_empty() && !self.index_changed
    }
}

/// Whether there is nothing at a path, not even a dangling link.
pub(super) fn is_missing(path: &Path) -> bool {
    fs::symlink_metadata(path).is_err_and(|e| e.kind() == io::ErrorKind::NotFound)
}

impl Survey {
    /// Lists a directory; nothing there is an empty one. Never goes through a symbolic link.
    pub(super) fn read(root: &Path) -> Result<Self, Failure> {
        let mut survey = Self { root: None, entries: BTreeMap::new() };
        match fs::symlink_metadata(root) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(survey),
            Err(error) => return Err(Failure::new(root, error)),
            Ok(meta) if meta.is_dir() => {}
            Ok(meta) => {
                let what = if meta.is_symlink() { "a symbolic link" } else { "a file" };
                let text = format!("it is {what}, and a cluster's tree is a directory");
                return Err(Failure::new(root, io::Error::new(io::ErrorKind::NotADirectory, text)));
            }
        }
        let mut todo = vec![OsString::new()];
        while let Some(directory) = todo.pop() {
            let path = root.join(&directory);
            for entry in fs::read_dir(&path).map_err(|error| Failure::new(&path, error))? {
                let entry = entry.map_err(|error| Failure::new(&path, error))?;
                let mut below = directory.clone();
                if !below.is_empty() {
                    below.push("/");
                }
                below.push(entry.file_name());
                let kind = entry.file_type().map_err(|error| Failure::new(entry.path(), error))?;
                let kind = match kind {
                    kind if kind.is_dir() => Kind::Directory,
                    kind if kind.is_file() => Kind::File,
                    kind if kind.is_symlink() => Kind::Link,
                    _ => Kind::Other,
                };
                if kind == Kind::Directory {
                    todo.push(below.clone());
                }
                survey.entries.insert(below, kind);
            }
        }
        survey.root = Some(root.to_owned());
        Ok(survey)
    }

    /// The bytes of the index, if one stands there. What isn't a plain file is no index of ours.
    pub(super) fn index_bytes(&self) -> Result<Option<Vec<u8>>, Failure> {
        match (&self.root, self.entries.get(OsStr::new(INDEX_FILE))) {
            (Some(root), Some(Kind::File)) => {
                let path = root.join(INDEX_FILE);
                fs::read(&path).map(Some).map_err(|error| Failure { path, error })
            }
            _ => Ok(None),
        }
    }

    /// What has to be done; `old` is the index that stands and its bytes.
    pub(super) fn compare(&self, to: &Arrangement, old: Option<(&Index, &[u8])>) -> Changes {
        let mut owned: HashSet<&str> = old.iter().flat_map(|(index, _)| index.objects()).map(|o| &*o.path).collect();
        if old.is_some() {
            owned.insert(INDEX_FILE);
        }
        let is_owned = |path: &OsStr| path.to_str().is_some_and(|path| owned.contains(path));
        let index = to.index.to_bytes();
        let mut changes = Changes {
            index_changed: old.is_none_or(|(_, bytes)| bytes != index.as_slice()),
            index,
            ..Changes::default()
        };
        if old.is_none() && self.entries.contains_key(OsStr::new(INDEX_FILE)) {
            changes.conflicts.push((INDEX_FILE.to_owned(), INDEX_FILE.to_owned()));
        }

        let files: Vec<(&String, &Content)> = to.files.iter().collect();
        let standing: Vec<Standing> =
            files.par_iter().map(|(path, content)| self.standing(path, content, &is_owned)).collect();
        for ((path, content), standing) in files.iter().zip(standing) {
            match (content, standing) {
                (_, Standing::Blocked(by)) => changes.conflicts.push(((*path).clone(), by)),
                (Content::Text(_), Standing::Same) => {
                    changes.unchanged += 1;
                    changes.carried.push(path.into());
                }
                (Content::Text(text), _) => changes.writes.push(((*path).clone(), Arc::clone(text))),
                (Content::Kept, Standing::Missing) => {}
                (Content::Kept, _) => {
                    changes.kept += 1;
                    changes.carried.push(path.into());
                }
            }
        }

        let mut filled: HashSet<&Path> = HashSet::new();
        for (path, kind) in &self.entries {
            if *kind == Kind::Directory {
                continue;
            }
            for above in Path::new(path).ancestors().skip(1) {
                if !filled.insert(above) {
                    break;
                }
            }
            let planned = path.to_str().is_some_and(|p| p == INDEX_FILE || to.files.contains_key(p));
            match path.to_str() {
                _ if planned => {}
                Some(ours) if owned.contains(ours) => changes.pruned.push(ours.to_owned()),
                _ => {
                    changes.foreign.push(path.clone());
                    changes.carried.push(path.clone());
                }
            }
        }
        let is_empty = |(path, kind): &(&OsString, &Kind)| {
            **kind == Kind::Directory
                && !filled.contains(Path::new(path))
                && path.to_str().is_none_or(|p| !to.files.contains_key(p))
        };
        changes.empty = self.entries.iter().filter(is_empty).map(|(path, _)| path.clone()).collect();
        changes
    }

    /// What stands where a file is to go.
    fn standing(&self, path: &str, content: &Content, is_owned: &dyn Fn(&OsStr) -> bool) -> Standing {
        let key = OsStr::new(path);
        match (self.entries.get(key), content) {
            (None, _) => {
                for (at, _) in path.match_indices('/') {
                    let above = OsStr::new(path.get(..at).unwrap_or_default());
                    match self.entries.get(above) {
                        None => break,
                        Some(Kind::Directory) => {}
                        // One of ours that goes.
                        Some(_) if is_owned(above) => break,
                        Some(_) => return Standing::Blocked(above.to_string_lossy().into_owned()),
                    }
                }
                Standing::Missing
            }
            (Some(Kind::Directory), _) => {
                // Entries are sorted, but `a-b` stands between `a` and `a/b`.
                let mut below = OsString::from(path);
                below.push("/");
                let theirs = self
                    .entries
                    .range(below.clone()..)
                    .take_while(|(p, _)| p.as_encoded_bytes().starts_with(below.as_encoded_bytes()))
                    .find(|(p, kind)| **kind != Kind::Directory && !is_owned(p));
                match theirs {
                    Some((theirs, _)) => Standing::Blocked(theirs.to_string_lossy().into_owned()),
                    None => Standing::Missing,
                }
            }
            (Some(_), Content::Kept) => Standing::Same,
            (Some(Kind::File), Content::Text(text)) if self.holds(path, text) => Standing::Same,
            (Some(_), Content::Text(_)) if is_owned(key) => Standing::Other,
            (Some(_), Content::Text(_)) => Standing::Blocked(path.to_owned()),
        }
    }

    /// Whether a file holds just this text. One that can't be read doesn't.
    fn holds(&self, path: &str, text: &str) -> bool {
        let Some(root) = &self.root else { return false };
        let read = || -> io::Result<bool> {
            let mut file = File::open(root.join(path))?;
            let mut buffer = [0; 16 << 10];
            let mut rest = text.as_bytes();
            loop {
                let count = file.read(&mut buffer)?;
                let got = buffer.get(..count).unwrap_or_default();
                match rest.strip_prefix(got) {
                    _ if count == 0 => return Ok(rest.is_empty()),
                    Some(after) => rest = after,
                    None => return Ok(false),
                }
            }
        };
        read().unwrap_or(false)
    }

    /// All directories that a set of paths needs, those above first.
    pub(super) fn directories<'a>(paths: impl Iterator<Item = &'a OsStr>) -> BTreeSet<&'a Path> {
        let mut directories = BTreeSet::new();
        for path in paths {
            for above in Path::new(path).ancestors().skip(1) {
                if above.as_os_str().is_empty() || !directories.insert(above) {
                    break;
                }
            }
        }
        directories
    }
}

/// What stands where a file is to go.
enum Standing {
    /// Nothing that stays.
    Missing,
    /// The file as it is to be.
    Same,
    /// A file of ours that differs.
    Other,
    /// Something of somebody else.
    Blocked(String),
}
