//! A file of results: written once, whole, then only read.
//!
//! ```text
//! magic │ texts … │ entries … │ index: key, place of the entry, place of its texts │ trailer: offsets, length, digest
//! ```
//! Entries and index are read at once and held against the trailer's digest; texts are read one by one, each against its
//! own. A file that is cut short, or has any other byte in it, is not a pack.

use std::fs::File;
use std::io::{self, Write as _};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Key;
use crate::tree::{Digest, Kept, Text};

const MAGIC: &[u8; 16] = b"terrace pack 01\n";
/// Three offsets and a digest.
const TRAILER: u64 = 8 * 3 + 32;
/// A key, and twice an offset and a length.
const INDEXED: usize = 32 + 4 * 8;

/// A pack that was opened.
#[derive(Debug)]
pub struct Pack {
    path: PathBuf,
    file: File,
    /// Entries, and behind them the index.
    body: Vec<u8>,
    /// Where the body starts in the file, and the index in the body.
    body_at: u64,
    index_at: usize,
    /// What the body's digest was.
    digest: Digest,
    /// Whether a text couldn't be had.
    broken: AtomicBool,
}

impl Pack {
    /// Opens a pack; none if the file isn't one.
    pub fn open(path: &Path) -> Option<Arc<Self>> {
        Self::open_unseen(path).filter(|pack| pack.is_whole())
    }

    /// The same, but for the digest of its entries: ask [`Pack::is_whole`] before anything is done with them.
    pub fn open_unseen(path: &Path) -> Option<Arc<Self>> {
        // A pipe would be waited for.
        if !path.symlink_metadata().ok()?.is_file() {
            return None;
        }
        let file = File::open(path).ok()?;
        let length = file.metadata().ok()?.len();
        let trailer = read_at(&file, length.checked_sub(TRAILER)?..length)?;
        let number = |at: usize| Some(u64::from_le_bytes(trailer.get(at..at + 8)?.try_into().ok()?));
        let (body_at, index_at, whole) = (number(0)?, number(8)?, number(16)?);
        if whole != length || body_at < MAGIC.len() as u64 || index_at < body_at {
            return None;
        }
        let body = read_at(&file, body_at..length - TRAILER)?;
        let magic = read_at(&file, 0..MAGIC.len() as u64)?;
        if magic != MAGIC {
            return None;
        }
        let digest = trailer.get(24..)?.try_into().ok()?;
        let index_at = usize::try_from(index_at - body_at).ok()?;
        let broken = AtomicBool::new(false);
        Some(Arc::new(Self { path: path.to_owned(), file, body, body_at, index_at, digest, broken }))
    }

    /// Its file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The bytes of its file, in all.
    pub fn bytes(&self) -> u64 {
        self.body_at + self.body.len() as u64 + TRAILER
    }

    /// Whether the entries are as they were written.
    pub fn is_whole(&self) -> bool {
        *blake3::hash(&self.body).as_bytes() == self.digest
    }

    /// Whether a text turned out to be lost.
    pub fn is_broken(&self) -> bool {
        self.broken.load(Ordering::Relaxed)
    }

    /// The entries, in the order of their keys; of one key, the latest last.
    pub fn entries(self: &Arc<Self>) -> impl Iterator<Item = (Key, Entry)> {
        let index = self.body.get(self.index_at..).unwrap_or_default();
        index.chunks_exact(INDEXED).filter_map(|indexed| {
            let (key, rest) = indexed.split_first_chunk::<32>()?;
            let mut numbers = rest.chunks_exact(8).map(|n| n.try_into().map_or(u64::MAX, u64::from_le_bytes));
            let mut next = || numbers.next().unwrap_or(u64::MAX);
            let (at, length, texts, texts_length) = (next(), next(), next(), next());
            let bytes = usize::try_from(at).ok()?..usize::try_from(at.checked_add(length)?).ok()?;
            let texts = texts..texts.checked_add(texts_length)?;
            self.body.get(bytes.clone())?;
            Some((*key, Entry { pack: Arc::clone(self), bytes, texts }))
        })
    }
}

/// An entry of a pack.
#[derive(Clone, Debug)]
pub struct Entry {
    pack: Arc<Pack>,
    bytes: Range<usize>,
    texts: Range<u64>,
}

impl Entry {
    /// Whether its pack is as it was written.
    pub fn is_whole(&self) -> bool {
        self.pack.is_whole()
    }

    /// What was written of it.
    pub fn bytes(&self) -> &[u8] {
        self.pack.body.get(self.bytes.clone()).unwrap_or_default()
    }

    /// A text of it, by its place among the entry's texts.
    pub fn kept(&self, range: Range<u64>, digest: Digest) -> Text {
        let pack: Arc<dyn Kept> = Arc::clone(&self.pack) as _;
        let at = |n: u64| self.texts.start.saturating_add(n).min(self.texts.end);
        Text::kept(pack, at(range.start)..at(range.end), digest)
    }

    /// All its texts, as they stand one behind the other; none if they are lost.
    pub fn texts(&self) -> Option<Vec<u8>> {
        read_at(&self.pack.file, self.texts.clone()).filter(|_| self.texts.end <= self.pack.body_at)
    }

    /// How much room it takes.
    pub fn size(&self) -> u64 {
        self.bytes.len() as u64 + (self.texts.end - self.texts.start) + INDEXED as u64
    }
}

impl Kept for Pack {
    fn text(&self, range: Range<u64>, digest: &Digest) -> Option<Arc<str>> {
        let bytes = if range.end <= self.body_at { read_at(&self.file, range) } else { None };
        let bytes = bytes.filter(|bytes| blake3::hash(bytes).as_bytes() == digest);
        let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
        if text.is_none() {
            self.broken.store(true, Ordering::Relaxed);
        }
        text.map(Arc::from)
    }
}

#[cfg(unix)]
fn read_at(file: &File, range: Range<u64>) -> Option<Vec<u8>> {
    use std::os::unix::fs::FileExt;
    let length = usize::try_from(range.end.checked_sub(range.start)?).ok()?;
    // A length that the file doesn't have is not asked for.
    if range.end > file.metadata().ok()?.len() {
        return None;
    }
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, range.start).ok()?;
    Some(bytes)
}

#[cfg(not(unix))]
fn read_at(file: &File, range: Range<u64>) -> Option<Vec<u8>> {
    use std::io::{Read, Seek, SeekFrom};
    let mut file = file.try_clone().ok()?;
    let length = range.end.checked_sub(range.start)?;
    file.seek(SeekFrom::Start(range.start)).ok()?;
    let mut bytes = Vec::new();
    file.take(length).read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 == length).then_some(bytes)
}

/// A pack that is being written, into a file beside the one it is to be.
#[derive(Debug)]
pub struct Packing {
    file: io::BufWriter<File>,
    at: u64,
    entries: Vec<u8>,
    index: Vec<(Key, [u64; 4])>,
}

impl Packing {
    /// An empty one.
    ///
    /// # Errors
    /// The file can't be made.
    pub fn new(path: &Path) -> io::Result<Self> {
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = io::BufWriter::with_capacity(1 << 16, options.open(path)?);
        file.write_all(MAGIC)?;
        Ok(Self { file, at: MAGIC.len() as u64, entries: Vec::new(), index: Vec::new() })
    }

    /// Adds an entry and its texts, one behind the other.
    ///
    /// # Errors
    /// They can't be written.
    pub fn entry<'t>(&mut self, key: &Key, bytes: &[u8], texts: impl IntoIterator<Item = &'t [u8]>) -> io::Result<()> {
        let start = self.at;
        for text in texts {
            self.file.write_all(text)?;
            self.at += text.len() as u64;
        }
        self.index.push((*key, [self.entries.len() as u64, bytes.len() as u64, start, self.at - start]));
        self.entries.extend(bytes);
        Ok(())
    }

    /// Adds an entry of another pack. One whose texts are lost is left out.
    ///
    /// # Errors
    /// It can't be written.
    pub fn copy(&mut self, key: &Key, entry: &Entry) -> io::Result<()> {
        match entry.texts() {
            Some(texts) => self.entry(key, entry.bytes(), [texts.as_slice()]),
            None => Ok(()),
        }
    }

    /// How much has been added.
    pub fn size(&self) -> u64 {
        self.at + self.entries.len() as u64 + (self.index.len() * INDEXED) as u64
    }

    /// Writes the rest, and says what is in it in a few letters.
    ///
    /// # Errors
    /// It can't be written.
    pub fn finish(mut self) -> io::Result<String> {
        // Stable: of one key, the latest stays last.
        self.index.sort_by_key(|(key, ..)| *key);
        let mut body = self.entries;
        let index_at = self.at + body.len() as u64;
        for (key, numbers) in self.index {
            body.extend(key);
            numbers.iter().for_each(|number| body.extend(number.to_le_bytes()));
        }
        let whole = self.at + body.len() as u64 + TRAILER;
        self.file.write_all(&body)?;
        for number in [self.at, index_at, whole] {
            self.file.write_all(&number.to_le_bytes())?;
        }
        let digest = blake3::hash(&body);
        self.file.write_all(digest.as_bytes())?;
        self.file.flush()?;
        Ok(digest.to_hex().get(..12).unwrap_or_default().to_owned())
    }
}
