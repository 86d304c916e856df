//! A directory on disk.

use std::ffi::OsStr;
use std::fs::{self, File, FileType, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
#[cfg(unix)]
use std::time::{Duration, SystemTime};

use super::resolve::{Node, Nodes, Place, Resolver, bounds, is_git, walk};
use super::shown::Shown;
use super::stamps::{Stamp, stamp};
use super::visible::Visible;
use super::{DirEntry, EntryKind, MAX_FILE_BYTES, ReadError, Tree, normalize};
use crate::git::Repository;

/// How a directory is read.
#[derive(Debug, Default)]
pub struct DiskOptions {
    /// The repository's name, put before paths that are shown; empty for the fleet's own.
    pub name: String,
    /// The directory that the user is in: where the name is empty, paths are shown relative to it. None: to the root.
    pub current_dir: Option<PathBuf>,
    /// Paths below the root that are never read: Terrace's own output.
    pub excluded: Vec<String>,
    /// Whose ignore rules hold, if the root is in its working tree. None where git isn't there: then everything is read
    /// but `.git`.
    pub repository: Option<Arc<Repository>>,
}

/// A directory on disk, as it stands while the run reads it.
///
/// What git ignores isn't there; tracked files are, ignored or not. `.git` and what `excluded` names aren't there either,
/// nor are named pipes, sockets and devices, which are never opened; reading one says so. A name that isn't UTF-8 is
/// listed with replacement characters as a [`EntryKind::BadLink`], and reading it says why.
#[derive(Debug)]
pub struct DiskTree {
    /// Absolute, without symbolic links.
    root: PathBuf,
    shown: Shown,
    excluded: Vec<String>,
    visible: Option<Visible>,
    resolver: Resolver,
    bounds: String,
}

impl DiskTree {
    /// The tree at `root`, a directory: the root of a working tree or below it, or outside git.
    pub fn open(root: &Path, options: DiskOptions) -> Result<Self, ReadError> {
        let root = root.canonicalize().map_err(|e| failure(&e))?;
        if !root.is_dir() {
            return Err(ReadError::WrongKind(EntryKind::File));
        }
        let below = |r: &Repository| Some(root.strip_prefix(r.work_tree()?).ok()?.to_string_lossy().into_owned());
        let inside = options.repository.and_then(|r| below(&r).map(|b| (r, b)));
        let (visible, below) = inside.map(|(r, b)| (Visible::new(r, root.clone()), b)).unzip();
        let shown = Shown::on_disk(options.name, &root, options.current_dir.as_deref());
        let excluded = options.excluded.iter().filter_map(|p| normalize(p)).filter(|p| !p.is_empty()).collect();
        let bounds = bounds(below.as_deref().unwrap_or_default());
        Ok(Self { root, shown, excluded, visible, resolver: Resolver::default(), bounds })
    }

    /// The tree's root: absolute, without symbolic links.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Whether something is kept out by its path alone. Directories above it have passed already.
    fn is_kept_out(&self, real: &str) -> bool {
        is_git(real.rsplit('/').next().unwrap_or_default()) || self.excluded.iter().any(|e| e == real)
    }

    fn sees(&self, path: &[u8], directory: bool) -> Result<bool, ReadError> {
        match &self.visible {
            None => Ok(true),
            Some(visible) if directory => visible.directory(path),
            Some(visible) => visible.file(path),
        }
    }

    /// A name in the directory `real`, as it is listed; none if it isn't.
    fn entry(&self, real: &str, entry: &fs::DirEntry) -> Result<Option<DirEntry>, ReadError> {
        let Ok(kind) = entry.file_type() else { return Ok(None) };
        let file_name = entry.file_name();
        let prefix = if real.is_empty() { String::new() } else { format!("{real}/") };
        let name = file_name.to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        let bytes = [prefix.as_bytes(), file_name.as_encoded_bytes()].concat();
        let special = !kind.is_dir() && !kind.is_file() && !kind.is_symlink();
        if special || self.is_kept_out(&path) || !self.sees(&bytes, kind.is_dir())? {
            return Ok(None);
        }
        let link = kind.is_symlink();
        let kind = if file_name.to_str().is_none() {
            EntryKind::BadLink
        } else if !link {
            if kind.is_dir() { EntryKind::Directory } else { EntryKind::File }
        } else {
            match walk(self, real, &name) {
                Ok(Place::File(_)) => EntryKind::File,
                Ok(Place::Directory(_)) => EntryKind::Directory,
                // Gone since the directory was read.
                Ok(Place::Missing) => return Ok(None),
                Ok(Place::BadLink(_) | Place::Special(_)) | Err(_) => EntryKind::BadLink,
            }
        };
        Ok(Some(DirEntry { name, kind, link }))
    }

    /// Why nothing was found at `path`, where its last component stands for a name that isn't UTF-8.
    fn misnamed(&self, path: &str) -> Option<ReadError> {
        if !path.contains(char::REPLACEMENT_CHARACTER) {
            return None;
        }
        let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
        let Ok(Place::Directory(real)) = self.resolver.resolve(self, directory) else { return None };
        let names = fs::read_dir(self.root.join(real)).ok()?.flatten().map(|e| e.file_name());
        let found = names.into_iter().find(|n| n.to_str().is_none() && n.to_string_lossy() == name)?;
        Some(not_utf8_name(&found))
    }
}

impl Nodes for DiskTree {
    fn node(&self, real: &str) -> Result<Node, ReadError> {
        if self.is_kept_out(real) {
            return Ok(Node::Nothing);
        }
        let path = self.root.join(real);
        let kind = match path.symlink_metadata() {
            Ok(metadata) => metadata.file_type(),
            Err(error) => return nothing_or(&error).map(|()| Node::Nothing),
        };
        if !kind.is_dir() && !kind.is_file() && !kind.is_symlink() {
            return Ok(Node::Special(special(kind)));
        }
        if !self.sees(real.as_bytes(), kind.is_dir())? {
            return Ok(Node::Nothing);
        }
        if !kind.is_symlink() {
            return Ok(if kind.is_dir() { Node::Directory } else { Node::File });
        }
        match fs::read_link(&path) {
            Ok(target) => Ok(Node::Link(target.to_string_lossy().into_owned())),
            Err(error) => nothing_or(&error).map(|()| Node::Nothing),
        }
    }

    fn show(&self, path: &str) -> String {
        self.shown.path(path)
    }

    fn bounds(&self) -> &str {
        &self.bounds
    }
}

impl Tree for DiskTree {
    fn stamp(&self, path: &str) -> Option<Stamp> {
        let Ok(Place::File(real)) = self.resolver.resolve(self, path) else { return None };
        file_stamp(&self.root.join(real))
    }

    fn on_disk(&self, path: &str) -> Option<PathBuf> {
        Some(self.root.join(path))
    }

    fn unseen(&self, path: &str) -> Option<Vec<PathBuf>> {
        let Some(visible) = &self.visible else { return Some(Vec::new()) };
        let Ok(Place::Directory(real)) = self.resolver.resolve(self, path) else { return None };
        let mut unseen = Vec::new();
        for entry in fs::read_dir(self.root.join(&real)).ok()? {
            let entry = entry.ok()?;
            let name = entry.file_name();
            let below = if real.is_empty() { name.to_str()?.to_owned() } else { format!("{real}/{}", name.to_str()?) };
            if entry.file_type().ok()?.is_dir()
                && !self.is_kept_out(&below)
                && !self.sees(below.as_bytes(), true).ok()?
            {
                unseen.push(entry.path());
            }
        }
        visible.not_ignored(unseen)
    }

    fn decides(&self) -> Vec<PathBuf> {
        self.visible.as_ref().map(Visible::decides).unwrap_or_default()
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        let mut bytes = Vec::new();
        self.read_into(path, &mut bytes)?;
        Ok(bytes)
    }

    fn read_into(&self, path: &str, buffer: &mut Vec<u8>) -> Result<(), ReadError> {
        match self.resolver.resolve(self, path)? {
            Place::File(real) => read_file_into(&self.root.join(real), buffer),
            Place::Directory(_) => Err(ReadError::WrongKind(EntryKind::Directory)),
            Place::Missing => Err(self.misnamed(path).unwrap_or(ReadError::Missing)),
            Place::BadLink(error) => Err(error),
            Place::Special(what) => Err(ReadError::Special(what)),
        }
    }

    fn list(&self, path: &str) -> Result<Vec<DirEntry>, ReadError> {
        let real = match self.resolver.resolve(self, path)? {
            Place::Directory(real) => real,
            Place::File(_) | Place::Special(_) => return Err(ReadError::WrongKind(EntryKind::File)),
            Place::Missing => return Err(self.misnamed(path).unwrap_or(ReadError::Missing)),
            Place::BadLink(error) => return Err(error),
        };
        let mut entries = Vec::new();
        for entry in fs::read_dir(self.root.join(&real)).map_err(|e| failure(&e))? {
            entries.extend(self.entry(&real, &entry.map_err(|e| failure(&e))?)?);
        }
        entries.sort();
        // A name with replacement characters may be meant, or stand for bytes: the file that can be read comes first.
        entries.dedup_by(|b, a| a.name == b.name);
        Ok(entries)
    }

    fn kind(&self, path: &str) -> Result<Option<EntryKind>, ReadError> {
        Ok(match self.resolver.resolve(self, path)? {
            Place::File(_) => Some(EntryKind::File),
            Place::Directory(_) => Some(EntryKind::Directory),
            Place::BadLink(_) => Some(EntryKind::BadLink),
            Place::Missing => self.misnamed(path).map(|_| EntryKind::BadLink),
            Place::Special(_) => None,
        })
    }

    fn show(&self, path: &str) -> String {
        self.shown.path(path)
    }
}

/// What the file system says of a regular file: device, number, size and times. None for one that was written so recently
/// that it could be written again without its times showing it.
#[cfg(unix)]
fn file_stamp(path: &Path) -> Option<Stamp> {
    use std::os::unix::fs::MetadataExt;
    let meta = path.symlink_metadata().ok()?;
    let last = meta.mtime().max(meta.ctime());
    // Where there are no fractions of a second, times are coarse.
    let coarse = meta.mtime_nsec() == 0 && meta.ctime_nsec() == 0;
    let margin = if coarse { Duration::from_secs(2) } else { Duration::from_millis(20) };
    let nanos = if meta.mtime() >= meta.ctime() { meta.mtime_nsec().max(0) } else { meta.ctime_nsec().max(0) };
    let last = Duration::new(u64::try_from(last).ok()?, u32::try_from(nanos).ok()?);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok()?;
    if !meta.is_file() || last + margin > now {
        return None;
    }
    let numbers = [
        meta.dev(),
        meta.ino(),
        meta.size(),
        meta.mtime().cast_unsigned(),
        meta.mtime_nsec().cast_unsigned(),
        meta.ctime().cast_unsigned(),
        meta.ctime_nsec().cast_unsigned(),
    ];
    let bytes: Vec<u8> = numbers.iter().flat_map(|n| n.to_le_bytes()).collect();
    Some(stamp(&[b"disk", path.as_os_str().as_encoded_bytes(), &bytes]))
}

/// Elsewhere files are read.
#[cfg(not(unix))]
fn file_stamp(_: &Path) -> Option<Stamp> {
    None
}

/// The bytes of a regular file. `path` was one a moment ago; whatever it has become since is not followed or waited for.
pub(super) fn read_file(path: &Path) -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    read_file_into(path, &mut bytes)?;
    Ok(bytes)
}

/// The same in place of what is in a buffer.
pub(super) fn read_file_into(path: &Path, bytes: &mut Vec<u8>) -> Result<(), ReadError> {
    let (file, size) = open_file(path)?;
    bytes.clear();
    bytes.reserve_exact(usize::try_from(size).unwrap_or(0));
    // It may grow meanwhile.
    file.take(MAX_FILE_BYTES + 1).read_to_end(bytes).map_err(|e| failure(&e))?;
    if bytes.len() as u64 > MAX_FILE_BYTES { Err(TOO_LARGE) } else { Ok(()) }
}

/// How many bytes a file has that can be opened.
pub(super) fn file_size(path: &Path) -> Result<u64, ReadError> {
    open_file(path).map(|(_, size)| size)
}

const TOO_LARGE: ReadError = ReadError::TooLarge { limit: MAX_FILE_BYTES };

fn open_file(path: &Path) -> Result<(File, u64), ReadError> {
    let file = open(path).map_err(|e| failure(&e))?;
    let metadata = file.metadata().map_err(|e| failure(&e))?;
    if !metadata.is_file() {
        return Err(ReadError::Failed("changed while it was read".to_owned()));
    }
    if metadata.len() > MAX_FILE_BYTES { Err(TOO_LARGE) } else { Ok((file, metadata.len())) }
}

#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use rustix::fs::OFlags;
    use std::os::unix::fs::OpenOptionsExt;
    let flags = i32::try_from((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits()).unwrap_or(0);
    OpenOptions::new().read(true).custom_flags(flags).open(path)
}

#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).open(path)
}

#[cfg(unix)]
pub(super) fn special(kind: FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    match () {
        () if kind.is_fifo() => "a named pipe",
        () if kind.is_socket() => "a socket",
        () => "a device",
    }
}

#[cfg(not(unix))]
fn special(_: FileType) -> &'static str {
    "a special file"
}

fn not_utf8_name(name: &OsStr) -> ReadError {
    ReadError::Failed(format!("has a name that isn't UTF-8 ({name:?}); rename it"))
}

/// Errors that mean that nothing stands there: also names that no file could have.
fn nothing_or(error: &io::Error) -> Result<(), ReadError> {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::InvalidInput | ErrorKind::InvalidFilename => Ok(()),
        _ => Err(failure(error)),
    }
}

pub(super) fn failure(error: &io::Error) -> ReadError {
    match error.kind() {
        ErrorKind::NotFound => ReadError::Missing,
        _ => {
            // The system's number says nothing more to people.
            let text = error.to_string();
            ReadError::Failed(format!("can't be read: {}", text.split(" (os error").next().unwrap_or_default()))
        }
    }
}
