//! New objects: their ids, and one way to write many of them at once.
//!
//! Objects go to git as one pack, so a run starts one process however much it writes. A few are unpacked, as a fetch of
//! that size would be. Nothing points at them until a ref does: a run that is killed leaves what `git gc` takes away.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use rayon::prelude::*;
use sha1::Digest as _;

use super::{GitError, ObjectId, ObjectKind, Repository, TreeItem, command};

/// As many objects stay loose, fewer packs for small changes: git's own `unpackLimit`.
const UNPACK_LIMIT: usize = 100;

/// How a repository names its objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectFormat {
    /// SHA-1.
    Sha1,
    /// SHA-256.
    Sha256,
}

impl ObjectFormat {
    /// The id of an object with this content.
    pub fn id(self, kind: ObjectKind, data: &[u8]) -> ObjectId {
        let header = format!("{kind} {}\0", data.len());
        let id = ObjectId::from_bytes(&self.hash(&[header.as_bytes(), data]));
        // Both hashes have a length that an id has.
        id.unwrap_or_else(|| ObjectId::none(self))
    }

    fn hash(self, parts: &[&[u8]]) -> Vec<u8> {
        match self {
            Self::Sha1 => {
                let mut hash = sha1::Sha1::new();
                parts.iter().for_each(|part| hash.update(part));
                hash.finalize().to_vec()
            }
            Self::Sha256 => {
                let mut hash = sha2::Sha256::new();
                parts.iter().for_each(|part| hash.update(part));
                hash.finalize().to_vec()
            }
        }
    }

    fn length(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }
}

impl ObjectId {
    /// What stands for no object: all zeros.
    pub fn none(format: ObjectFormat) -> Self {
        let mut id = Self { bytes: [0; 32], length: 20 };
        if format == ObjectFormat::Sha256 {
            id.length = 32;
        }
        id
    }
}

/// An object to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewObject {
    /// Its id.
    pub id: ObjectId,
    /// What it is.
    pub kind: ObjectKind,
    /// Its contents.
    pub data: Vec<u8>,
}

impl NewObject {
    /// An object with this content.
    pub fn new(format: ObjectFormat, kind: ObjectKind, data: Vec<u8>) -> Self {
        Self { id: format.id(kind, &data), kind, data }
    }

    /// A directory with these entries, in any order.
    pub fn tree(format: ObjectFormat, mut items: Vec<TreeItem>) -> Self {
        // Git sorts directories as if their names ended in a slash.
        let key = |item: &TreeItem| {
            let mut name = item.name.to_vec();
            if item.mode == TREE_MODE {
                name.push(b'/');
            }
            name
        };
        items.sort_by_cached_key(key);
        let mut data = Vec::new();
        for item in &items {
            data.extend(format!("{:o} ", item.mode).as_bytes());
            data.extend(item.name.iter());
            data.push(0);
            data.extend(item.id.as_bytes());
        }
        Self::new(format, ObjectKind::Tree, data)
    }
}

/// The mode of a directory in a tree.
pub const TREE_MODE: u32 = 0o40_000;
/// The mode of a file in a tree.
pub const FILE_MODE: u32 = 0o100_644;

impl Repository {
    /// How this repository names its objects.
    ///
    /// # Errors
    /// git fails, or names them in a way that isn't known here.
    pub fn object_format(&self) -> Result<ObjectFormat, GitError> {
        let output = self.run(["rev-parse", "--show-object-format"])?;
        match command::text(&output, "rev-parse")?.trim() {
            "sha1" => Ok(ObjectFormat::Sha1),
            "sha256" => Ok(ObjectFormat::Sha256),
            other => Err(GitError::answer("rev-parse", other)),
        }
    }

    /// Writes objects; those that are there already do no harm. Either all are there afterwards or it is an error.
    ///
    /// # Errors
    /// git fails: the disk is full, or may not be written to.
    pub fn write_objects(&self, format: ObjectFormat, objects: &[NewObject]) -> Result<(), GitError> {
        if objects.is_empty() {
            return Ok(());
        }
        let pack = pack(format, objects)?;
        let (name, args) = match objects.len() <= UNPACK_LIMIT {
            true => ("unpack-objects", ["unpack-objects", "-q"]),
            false => ("index-pack", ["index-pack", "--stdin"]),
        };
        let mut git = self.place.command(None);
        git.args(args);
        let output = command::run_with(git, &pack)?;
        if output.status.success() { Ok(()) } else { Err(command::failure(name, &output)) }
    }
}

/// A pack of whole objects.
fn pack(format: ObjectFormat, objects: &[NewObject]) -> Result<Vec<u8>, GitError> {
    let failed = |reason: String| GitError::NotRun { command: "index-pack".to_owned(), reason };
    let count = u32::try_from(objects.len()).map_err(|e| failed(e.to_string()))?;
    let entries: Result<Vec<Vec<u8>>, std::io::Error> = objects.par_iter().map(entry).collect();
    let entries = entries.map_err(|e| failed(e.to_string()))?;
    let mut pack = Vec::with_capacity(entries.iter().map(Vec::len).sum::<usize>() + 12 + format.length());
    pack.extend(b"PACK");
    pack.extend(2_u32.to_be_bytes());
    pack.extend(count.to_be_bytes());
    entries.iter().for_each(|entry| pack.extend(entry));
    let hash = format.hash(&[&pack]);
    pack.extend(hash);
    Ok(pack)
}

/// An object as it stands in a pack: its kind and size, seven bits at a time, and its contents deflated.
fn entry(object: &NewObject) -> Result<Vec<u8>, std::io::Error> {
    let kind: u8 = match object.kind {
        ObjectKind::Commit => 1,
        ObjectKind::Tree => 2,
        ObjectKind::Blob => 3,
        ObjectKind::Tag => 4,
    };
    let mut size = object.data.len();
    let low = |n: usize, mask: usize| u8::try_from(n & mask).unwrap_or_default();
    let mut header = vec![kind << 4 | low(size, 0x0f)];
    size >>= 4;
    while size > 0 {
        if let Some(last) = header.last_mut() {
            *last |= 0x80;
        }
        header.push(low(size, 0x7f));
        size >>= 7;
    }
    let mut deflate = ZlibEncoder::new(header, Compression::fast());
    deflate.write_all(&object.data)?;
    deflate.finish()
}
