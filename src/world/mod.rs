//! Everything that is read goes through here and is recorded: files, absences, listings and values paths.
//!
//! A [`Tree`] is one repository at one state: a directory on disk, a git revision, or memory (tests). A [`World`] holds
//! the trees of a run and each text read from them, once. A unit of work (an app on a cluster) reads through its own
//! [`Reader`], which records what it saw, so that a cache can ask later whether the same would be seen again.

mod anywhere;
mod buffer;
mod disk;
mod find;
mod git;
mod later;
mod memory;
mod once;
mod path;
mod reads;
mod resolve;
mod shown;
mod stamps;
mod standing;
mod still;
mod visible;

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

pub use anywhere::Anywhere;
pub use disk::{DiskOptions, DiskTree};
pub use find::{find, is_glob};
pub use git::{GitOptions, GitTree};
pub use later::Later;
pub use memory::MemoryTree;
pub use path::{FilePath, TreeId, join, normalize, parent};
pub use reads::{Digest, Reader, Reads};
pub use stamps::{Stamp, Stamps};
pub use standing::{Standing, Stood, settle, stands};
pub use still::TreeName;

use once::Once;

use crate::source::{SourceFile, SourceKind, Sources};

/// What a directory entry is, symbolic links followed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link that leaves the repository or leads nowhere, or a name that isn't UTF-8. Reading it says which.
    BadLink,
}

/// A name in a directory.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct DirEntry {
    /// The last component.
    pub name: String,
    /// What it is.
    pub kind: EntryKind,
    /// Whether the entry itself is a symbolic link (walks that follow upstream's don't descend into linked directories).
    pub link: bool,
}

/// Why something could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadError {
    /// There is nothing of that name.
    Missing,
    /// A directory where a file was asked for, or the reverse.
    WrongKind(EntryKind),
    /// The path, or a symbolic link on it, leaves the repository; the text says how, in a clause that stands by itself.
    Escapes(String),
    /// A symbolic link to nothing, or to what is ignored; the text says which, in a clause that stands by itself.
    Dangling(String),
    /// The bytes aren't UTF-8 from this offset on.
    NotUtf8 {
        /// Offset of the first bad byte.
        at: usize,
    },
    /// The file is larger than the limit, in bytes.
    TooLarge {
        /// The limit, in bytes.
        limit: u64,
    },
    /// Neither a file nor a directory; the text says what.
    Special(&'static str),
    /// Anything else: permissions, a broken disk, git. The text goes on where the path was named, or starts with it.
    Failed(String),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("no such file or directory"),
            Self::WrongKind(EntryKind::Directory) => f.write_str("is a directory"),
            Self::WrongKind(_) => f.write_str("is not a directory"),
            Self::Escapes(how) | Self::Dangling(how) => f.write_str(how),
            Self::NotUtf8 { at } => write!(f, "is not UTF-8: bad byte at offset {at}"),
            Self::TooLarge { limit } => write!(f, "is larger than {limit} bytes"),
            Self::Special(what) => write!(f, "is {what}, not a file"),
            Self::Failed(why) => f.write_str(why),
        }
    }
}

/// One repository at one state. Paths are relative to its root, `/`-separated, without `.`, `..` or a leading slash;
/// `""` is the root. What git ignores, and Terrace's own output, isn't there.
pub trait Tree: Send + Sync + fmt::Debug {
    /// The bytes of a file. Symbolic links are followed inside the tree.
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError>;

    /// The same into a buffer, in place of what is in it.
    fn read_into(&self, path: &str, buffer: &mut Vec<u8>) -> Result<(), ReadError> {
        *buffer = self.read(path)?;
        Ok(())
    }

    /// How many bytes a file has that could be read.
    fn size(&self, path: &str) -> Result<u64, ReadError> {
        self.read(path).map(|bytes| bytes.len() as u64)
    }

    /// The entries of a directory, sorted by name in byte order.
    fn list(&self, path: &str) -> Result<Vec<DirEntry>, ReadError>;

    /// What stands at a path; none if nothing does.
    fn kind(&self, path: &str) -> Result<Option<EntryKind>, ReadError>;

    /// How a file of this tree is shown to people.
    fn show(&self, path: &str) -> String;

    /// What tells that a file's bytes are still the same, without reading them; none where there is no such thing, or no
    /// file.
    fn stamp(&self, _path: &str) -> Option<Stamp> {
        None
    }

    /// Where a path is on disk; none for what isn't a directory there.
    fn on_disk(&self, _path: &str) -> Option<PathBuf> {
        None
    }

    /// Directories on disk in the one at `path` that aren't shown though nothing ignores them: since there is nothing in them
    /// yet. None if that can't be told.
    fn unseen(&self, _path: &str) -> Option<Vec<PathBuf>> {
        Some(Vec::new())
    }

    /// Files on disk that have a say in what the tree shows, besides those in it.
    fn decides(&self) -> Vec<PathBuf> {
        Vec::new()
    }

    /// Where a path leads, without symbolic links; none if that is told nowhere: most trees keep links inside.
    fn real(&self, _path: &str) -> Option<String> {
        None
    }
}

/// The largest file that is read as text, in bytes.
pub const MAX_FILE_BYTES: u64 = 256 << 20;

type Text = Result<Arc<SourceFile>, ReadError>;
type Listed = Result<Arc<Listing>, ReadError>;
type Kind = Result<Option<EntryKind>, ReadError>;

/// The entries of a directory, read once.
#[derive(Debug)]
pub(super) struct Listing {
    /// Sorted by name.
    entries: Vec<DirEntry>,
    digest: Digest,
}

/// The trees of a run and the texts read from them.
#[derive(Debug, Default)]
pub struct World {
    trees: RwLock<Vec<Mounted>>,
    stamps: OnceLock<Arc<Stamps>>,
    sources: Arc<Sources>,
    texts: Once<Text>,
    listings: Once<Listed>,
    kinds: Once<Kind>,
    shown: Once<Option<Arc<SourceFile>>>,
    digests: Once<Option<Digest>>,
}

/// A tree of a world.
#[derive(Clone, Debug)]
struct Mounted {
    tree: Arc<dyn Tree>,
    /// What it is called in every run; none for one that no other run has.
    name: Option<TreeName>,
}

impl World {
    /// No trees yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a tree.
    pub fn mount(&self, tree: Arc<dyn Tree>) -> TreeId {
        self.add(Mounted { tree, name: None })
    }

    /// Adds a tree under the name that it has in every run. Of two with one name the later is meant.
    pub fn mount_as(&self, name: impl Into<TreeName>, tree: Arc<dyn Tree>) -> TreeId {
        self.add(Mounted { tree, name: Some(name.into()) })
    }

    fn add(&self, mounted: Mounted) -> TreeId {
        let mut trees = self.trees.write().unwrap_or_else(PoisonError::into_inner);
        trees.push(mounted);
        TreeId::new(trees.len() - 1)
    }

    /// A tree.
    pub fn tree(&self, id: TreeId) -> Option<Arc<dyn Tree>> {
        let trees = self.trees.read().unwrap_or_else(PoisonError::into_inner);
        trees.get(id.index()).map(|mounted| Arc::clone(&mounted.tree))
    }

    /// All texts of the run.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// Where a path leads in a tree that doesn't keep symbolic links inside; the path itself in others.
    pub fn real(&self, path: &FilePath) -> FilePath {
        let real = self.tree(path.tree).and_then(|tree| tree.real(&path.path));
        real.map_or_else(|| path.clone(), |real| FilePath::new(path.tree, real))
    }

    /// How a path is shown to people.
    pub fn show(&self, path: &FilePath) -> String {
        self.tree(path.tree).map_or_else(|| path.path.to_string(), |t| t.show(&path.path))
    }

    /// Reads a text, once per run. Prefer a [`Reader`], which records it.
    pub(super) fn text(&self, path: &FilePath) -> Text {
        self.texts.get(path, || self.read_text(path))
    }

    /// Lists a directory, once per run.
    pub(super) fn listing(&self, path: &FilePath) -> Listed {
        self.listings.get(path, || {
            let entries = self.tree(path.tree).ok_or(ReadError::Missing)?.list(&path.path)?;
            let digest = reads::listing_digest(&entries);
            Ok(Arc::new(Listing { entries, digest }))
        })
    }

    /// What stands at a path, looked at once per run.
    pub(super) fn kind(&self, path: &FilePath) -> Kind {
        self.kinds.get(path, || self.tree(path.tree).map_or(Ok(None), |tree| tree.kind(&path.path)))
    }

    fn read_text(&self, path: &FilePath) -> Text {
        // Looked at before it is read: what changes meanwhile is read again the next time.
        let stamp = self.stamps.get().and_then(|_| self.tree(path.tree)?.stamp(&path.path));
        let tree = self.tree(path.tree).ok_or(ReadError::Missing)?;
        let file = buffer::with(|buffer| -> Text {
            tree.read_into(&path.path, buffer)?;
            let text = std::str::from_utf8(buffer).map_err(|e| ReadError::NotUtf8 { at: e.valid_up_to() })?;
            Ok(self.sources.add(tree.show(&path.path), text, SourceKind::File))
        })?;
        if let (Some(stamps), Some(stamp)) = (self.stamps.get(), stamp) {
            stamps.note(stamp, *file.digest());
        }
        Ok(file)
    }

    /// A file that isn't UTF-8 with what is wrong in it replaced, for people to look at. Offsets up to the first bad byte
    /// are those of the file.
    pub fn lossy(&self, path: &FilePath) -> Option<Arc<SourceFile>> {
        self.shown.get(path, || {
            let bytes = self.bytes(path).ok()?;
            Some(self.sources.add(self.show(path), String::from_utf8_lossy(&bytes).into_owned(), SourceKind::File))
        })
    }

    pub(super) fn bytes(&self, path: &FilePath) -> Result<Vec<u8>, ReadError> {
        self.tree(path.tree).ok_or(ReadError::Missing)?.read(&path.path)
    }
}
