//! All files of this machine, for verbs whose user names them one by one.

use std::fs;
use std::path::{Path, PathBuf};

use super::disk::{failure, file_size, read_file, read_file_into, special};
use super::{DirEntry, EntryKind, ReadError, Tree};

/// The whole file system: a path is an absolute one without its leading slash. Symbolic links lead wherever they lead.
///
/// Only for what a user asks for on the command line, never for what a repository names: see [`super::DiskTree`].
#[derive(Debug)]
pub struct Anywhere {
    /// What paths are below.
    root: PathBuf,
    /// Paths below it are shown relative to it.
    current_dir: PathBuf,
}

impl Anywhere {
    /// The file system as seen from a directory, an absolute path.
    pub fn new(current_dir: &Path) -> Self {
        let root = current_dir.ancestors().last().unwrap_or(current_dir).to_owned();
        Self { root, current_dir: current_dir.to_owned() }
    }

    /// The path in this tree of what stands at `given`, relative to the current directory: absolute, without symbolic
    /// links. None if nothing stands there, or its name isn't UTF-8.
    pub fn find(&self, given: &str) -> Option<String> {
        let real = self.current_dir.join(given).canonicalize().ok()?;
        Some(real.strip_prefix(&self.root).ok()?.to_str()?.replace(std::path::MAIN_SEPARATOR, "/"))
    }

    fn on_disk(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// Looks at the file at a path, symbolic links followed.
    fn file<T>(&self, path: &str, mut look: impl FnMut(&Path) -> Result<T, ReadError>) -> Result<T, ReadError> {
        if let Ok(found) = look(&self.on_disk(path)) {
            return Ok(found);
        }
        // A link, perhaps: what it leads to is what was asked for.
        let real = self.on_disk(path).canonicalize().map_err(|e| failure(&e))?;
        if real.is_dir() {
            return Err(ReadError::WrongKind(EntryKind::Directory));
        }
        let kind = fs::metadata(&real).map_err(|e| failure(&e))?.file_type();
        if !kind.is_file() {
            return Err(ReadError::Special(special(kind)));
        }
        look(&real)
    }
}

impl Tree for Anywhere {
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        self.file(path, read_file)
    }

    fn read_into(&self, path: &str, buffer: &mut Vec<u8>) -> Result<(), ReadError> {
        self.file(path, |path| read_file_into(path, buffer))
    }

    fn size(&self, path: &str) -> Result<u64, ReadError> {
        self.file(path, file_size)
    }

    fn real(&self, path: &str) -> Option<String> {
        let real = self.on_disk(path).canonicalize().ok()?;
        Some(real.strip_prefix(&self.root).ok()?.to_str()?.replace(std::path::MAIN_SEPARATOR, "/"))
    }

    fn list(&self, path: &str) -> Result<Vec<DirEntry>, ReadError> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(self.on_disk(path)).map_err(|e| failure(&e))? {
            let entry = entry.map_err(|e| failure(&e))?;
            let Ok(file_type) = entry.file_type() else { continue };
            let link = file_type.is_symlink();
            let name = entry.file_name();
            let kind = if name.to_str().is_none() {
                EntryKind::BadLink
            } else if link {
                match fs::metadata(entry.path()) {
                    Ok(target) if target.is_dir() => EntryKind::Directory,
                    Ok(target) if target.is_file() => EntryKind::File,
                    _ => EntryKind::BadLink,
                }
            } else if file_type.is_dir() {
                EntryKind::Directory
            } else if file_type.is_file() {
                EntryKind::File
            } else {
                EntryKind::BadLink
            };
            entries.push(DirEntry { name: name.to_string_lossy().into_owned(), kind, link });
        }
        entries.sort();
        Ok(entries)
    }

    fn kind(&self, path: &str) -> Result<Option<EntryKind>, ReadError> {
        Ok(match fs::metadata(self.on_disk(path)) {
            Ok(metadata) if metadata.is_dir() => Some(EntryKind::Directory),
            Ok(metadata) if metadata.is_file() => Some(EntryKind::File),
            Ok(_) => None,
            Err(_) if fs::symlink_metadata(self.on_disk(path)).is_ok() => Some(EntryKind::BadLink),
            Err(_) => None,
        })
    }

    fn show(&self, path: &str) -> String {
        let real = self.on_disk(path);
        let shown = real.strip_prefix(&self.current_dir).unwrap_or(&real);
        if shown.as_os_str().is_empty() { ".".to_owned() } else { shown.to_string_lossy().into_owned() }
    }
}
