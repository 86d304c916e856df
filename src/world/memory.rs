//! A tree in memory, for tests and for inputs that were never files.

use std::collections::BTreeMap;

use super::{DirEntry, EntryKind, ReadError, Tree};

/// Files by path. Directories are what the paths imply.
#[derive(Debug, Default, Clone)]
pub struct MemoryTree {
    files: BTreeMap<String, Vec<u8>>,
}

impl MemoryTree {
    /// A tree of these files.
    pub fn new<P: Into<String>, B: Into<Vec<u8>>>(files: impl IntoIterator<Item = (P, B)>) -> Self {
        Self { files: files.into_iter().map(|(p, b)| (p.into(), b.into())).collect() }
    }

    fn below<'a>(&'a self, path: &str) -> impl Iterator<Item = &'a str> {
        let prefix = if path.is_empty() { String::new() } else { format!("{path}/") };
        let from = prefix.clone();
        self.files
            .range(from..)
            .map_while(move |(p, _)| p.strip_prefix(prefix.as_str()))
            .filter(|rest| !rest.is_empty())
    }
}

impl Tree for MemoryTree {
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        match self.files.get(path) {
            Some(bytes) => Ok(bytes.clone()),
            None if path.is_empty() || self.below(path).next().is_some() => {
                Err(ReadError::WrongKind(EntryKind::Directory))
            }
            None => Err(ReadError::Missing),
        }
    }

    fn list(&self, path: &str) -> Result<Vec<DirEntry>, ReadError> {
        let mut entries: Vec<DirEntry> = Vec::new();
        for rest in self.below(path) {
            let (name, kind) = match rest.split_once('/') {
                Some((dir, _)) => (dir, EntryKind::Directory),
                None => (rest, EntryKind::File),
            };
            entries.push(DirEntry { name: name.to_owned(), kind, link: false });
        }
        entries.sort();
        entries.dedup();
        if entries.is_empty() && !path.is_empty() {
            return Err(match self.files.contains_key(path) {
                true => ReadError::WrongKind(EntryKind::File),
                false => ReadError::Missing,
            });
        }
        Ok(entries)
    }

    fn kind(&self, path: &str) -> Result<Option<EntryKind>, ReadError> {
        Ok(if self.files.contains_key(path) {
            Some(EntryKind::File)
        } else if path.is_empty() || self.below(path).next().is_some() {
            Some(EntryKind::Directory)
        } else {
            None
        })
    }

    fn show(&self, path: &str) -> String {
        path.to_owned()
    }
}
