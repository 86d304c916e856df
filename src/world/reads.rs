//! What a unit of work saw of the world.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{DirEntry, EntryKind, FilePath, Later, ReadError, World};
use crate::parallel;
use crate::provenance::ValuesPath;
use crate::source::SourceFile;

/// A digest of contents, by blake3.
pub type Digest = [u8; 32];

/// The digest of a directory's entries: their names, what they are, and which are links.
pub(super) fn listing_digest(entries: &[DirEntry]) -> Digest {
    let mut hasher = blake3::Hasher::new();
    for entry in entries {
        hasher.update(entry.name.as_bytes());
        hasher.update(&[0, entry.kind as u8, u8::from(entry.link)]);
    }
    *hasher.finalize().as_bytes()
}

/// Everything that a unit of work read. If all of it would be read the same again, so would the result be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    /// Files and the digests of their bytes.
    pub files: BTreeMap<FilePath, Digest>,
    /// Paths where nothing stood.
    pub absences: BTreeSet<FilePath>,
    /// Paths of which only the kind was asked.
    pub kinds: BTreeMap<FilePath, EntryKind>,
    /// Directories and the digests of their listings.
    pub listings: BTreeMap<FilePath, Digest>,
    /// Values paths; a path that was ranged over or dumped stands for its whole subtree.
    pub values: BTreeSet<ValuesPath>,
}

impl Reads {
    /// Adds what another unit read.
    pub fn merge(&mut self, other: Self) {
        self.files.extend(other.files);
        self.absences.extend(other.absences);
        self.kinds.extend(other.kinds);
        self.listings.extend(other.listings);
        self.values.extend(other.values);
    }
}

/// A recording view of a [`World`], for one unit of work. Not shared between threads.
#[derive(Debug)]
pub struct Reader<'w> {
    world: &'w World,
    /// Whether anybody will ask what was read.
    recording: bool,
    reads: RefCell<Reads>,
}

impl<'w> Reader<'w> {
    /// A view that has read nothing yet.
    pub fn new(world: &'w World) -> Self {
        Self { world, recording: true, reads: RefCell::default() }
    }

    /// A view that forgets what it has read: for verbs that render one thing and end.
    pub fn forgetful(world: &'w World) -> Self {
        Self { recording: false, ..Self::new(world) }
    }

    /// The world behind it. Reading from it directly is not recorded.
    pub fn world(&self) -> &'w World {
        self.world
    }

    /// What was read.
    pub fn into_reads(self) -> Reads {
        self.reads.into_inner()
    }

    /// Takes over what was read for several units at once.
    pub fn absorb(&self, reads: &Reads) {
        self.reads.borrow_mut().merge(reads.clone());
    }

    /// Reads the texts of many files at once, on all threads, so that [`Reader::text`] has them. What can't be read is
    /// told when it is asked for. A few files are read faster than threads are started, and one thread by itself reads them as
    /// fast then.
    pub fn prefetch(&self, paths: &[FilePath]) {
        self.prefetch_and(paths, |_, _| {});
    }

    /// The same, and something done with each text there and then.
    pub fn prefetch_and(&self, paths: &[FilePath], then: impl Fn(&FilePath, &SourceFile) + Sync) {
        if paths.len() < parallel::FEW || parallel::is_alone() {
            return;
        }
        let (world, recording) = (self.world, self.recording);
        parallel::each(paths, |path| {
            if let Ok(file) = world.text(path) {
                if recording {
                    file.digest();
                }
                then(path, &file);
            }
        });
    }

    /// Files to be read later, each with its size in bytes. What is read of them isn't recorded.
    pub fn later(&self, paths: Vec<FilePath>) -> Vec<Result<(Later, u64), ReadError>> {
        let world = self.world;
        match paths.len() < parallel::FEW {
            true => paths.iter().map(|path| world.later(path)).collect(),
            false => parallel::map(paths, |path| world.later(&path)),
        }
    }

    /// The text of a file.
    pub fn text(&self, path: &FilePath) -> Result<Arc<SourceFile>, ReadError> {
        let text = self.world.text(path);
        match &text {
            Ok(_) if !self.recording => {}
            Ok(file) => {
                let mut reads = self.reads.borrow_mut();
                if !reads.files.contains_key(path) {
                    reads.files.insert(path.clone(), *file.digest());
                }
            }
            Err(error) => self.record_error(path, error),
        }
        text
    }

    /// The bytes of a file that may not be text.
    pub fn bytes(&self, path: &FilePath) -> Result<Vec<u8>, ReadError> {
        let bytes = self.world.bytes(path);
        match &bytes {
            Ok(_) if !self.recording => {}
            Ok(bytes) => {
                let digest = *blake3::hash(bytes).as_bytes();
                self.reads.borrow_mut().files.insert(path.clone(), digest);
            }
            Err(error) => self.record_error(path, error),
        }
        bytes
    }

    /// The entries of a directory, sorted by name.
    pub fn list(&self, path: &FilePath) -> Result<Vec<DirEntry>, ReadError> {
        match self.world.listing(path) {
            Ok(listing) => {
                let mut reads = self.reads.borrow_mut();
                if !reads.listings.contains_key(path) {
                    reads.listings.insert(path.clone(), listing.digest);
                }
                Ok(listing.entries.clone())
            }
            Err(error) => {
                self.record_error(path, &error);
                Err(error)
            }
        }
    }

    /// What stands at a path.
    pub fn kind(&self, path: &FilePath) -> Result<Option<EntryKind>, ReadError> {
        let kind = self.world.kind(path).inspect_err(|error| self.record_error(path, error))?;
        let mut reads = self.reads.borrow_mut();
        match kind {
            Some(kind) => {
                reads.kinds.insert(path.clone(), kind);
            }
            None => {
                reads.absences.insert(path.clone());
            }
        }
        Ok(kind)
    }

    /// Records that a values path was read.
    pub fn value(&self, path: &[ecow::EcoString]) {
        let mut reads = self.reads.borrow_mut();
        if !reads.values.contains(path) {
            reads.values.insert(path.to_vec());
        }
    }

    fn record_error(&self, path: &FilePath, error: &ReadError) {
        let mut reads = self.reads.borrow_mut();
        match error {
            ReadError::WrongKind(kind) => {
                reads.kinds.insert(path.clone(), *kind);
            }
            // What can't be read is remembered as absent: whatever mends it changes that.
            _ => {
                reads.absences.insert(path.clone());
            }
        }
    }
}
