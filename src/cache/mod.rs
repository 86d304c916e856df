//! What earlier runs made, kept on this machine for those that come after.
//!
//! A key leads to entries: bytes that their maker understands, and texts beside them. Everything is in [`pack`]s, files that
//! are written aside and put in place whole: runs at the same time don't disturb each other, and a file that isn't as it was
//! written counts as absent. Nothing is ever trusted for being here: a key says all that an entry depends on, or the entry
//! says what has to be read again and found the same.
//!
//! The files are for the user alone to read: rendered Secrets may be among them.

pub mod codec;
mod pack;
mod room;

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use foldhash::fast::FixedState;

pub use pack::{Entry, Pack};
pub use room::{FleetStats, prune, stats};

use crate::world::Stamps;
use pack::Packing;

/// What an entry is found by: a digest of all that it depends on, but for what it says itself.
pub type Key = [u8; 32];

/// How many entries of one key are kept: the same app at two states and a third.
const OF_ONE_KEY: usize = 3;
/// How the files of records end.
const RECORD: &str = ".record";
/// How many records of a fleet are kept.
const RECORDS: usize = 16;
/// How many packs there may be before they are made one.
const PACKS: usize = 6;
/// How much all fleets' results may take.
pub const ALL_BYTES: u64 = 2 << 30;
/// How much one fleet's results may take.
const FLEET_BYTES: u64 = 512 << 20;

/// The results of one fleet.
#[derive(Debug)]
pub struct Cache {
    root: PathBuf,
    dir: PathBuf,
    place: PathBuf,
    packs: RwLock<Loaded>,
    new: Mutex<Vec<New>>,
    used: Mutex<HashSet<Key, FixedState>>,
    records: Mutex<Vec<Arc<Pack>>>,
    stamps: Arc<Stamps>,
}

/// What has been read.
#[derive(Debug, Default)]
struct Loaded {
    packs: Vec<Arc<Pack>>,
    /// Of one key, the latest last.
    entries: HashMap<Key, Vec<Entry>, FixedState>,
}

/// An entry that this run made.
#[derive(Debug)]
struct New {
    key: Key,
    bytes: Vec<u8>,
    texts: Vec<Arc<str>>,
}

impl Cache {
    /// What is kept below `root` for the fleet at `place`, an absolute path. What can't be read is as good as absent.
    pub fn open(root: &Path, place: &Path) -> Self {
        let dir = room::fleet_dir(root, place);
        let mut loaded = Loaded::default();
        for path in files(&dir, ".pack") {
            match Pack::open(&path) {
                Some(pack) => loaded.add(pack),
                // Nobody else can read it either.
                None => drop(fs::remove_file(&path)),
            }
        }
        let stamps = Arc::new(room::read_stamps(&dir));
        let (root, place) = (root.to_owned(), place.to_owned());
        let (packs, new, used, records) = (RwLock::new(loaded), Mutex::default(), Mutex::default(), Mutex::default());
        Self { root, dir, place, packs, new, used, records, stamps }
    }

    /// The same for who only wants records: nothing else is read.
    pub fn records(root: &Path, place: &Path) -> Self {
        let (root, dir, place) = (root.to_owned(), room::fleet_dir(root, place), place.to_owned());
        let (packs, new, used, records) = Default::default();
        Self { root, dir, place, packs, new, used, records, stamps: Arc::default() }
    }

    /// Digests of files by their stamps.
    pub fn stamps(&self) -> Arc<Stamps> {
        Arc::clone(&self.stamps)
    }

    /// The entries of a key, the latest first.
    pub fn find(&self, key: &Key) -> Vec<Entry> {
        let loaded = self.packs.read().unwrap_or_else(PoisonError::into_inner);
        loaded.entries.get(key).map(|entries| entries.iter().rev().cloned().collect()).unwrap_or_default()
    }

    /// Says that an entry of a key was of use.
    pub fn used(&self, key: &Key) {
        self.used.lock().unwrap_or_else(PoisonError::into_inner).insert(*key);
    }

    /// Keeps an entry; it is there once [`Cache::save`] has been called.
    pub fn add(&self, key: Key, bytes: Vec<u8>, texts: Vec<Arc<str>>) {
        self.new.lock().unwrap_or_else(PoisonError::into_inner).push(New { key, bytes, texts });
    }

    /// What is on record under a key: a file of its own, read only when it is asked for.
    pub fn record(&self, key: &Key) -> Option<Entry> {
        let pack = Pack::open(&self.record_path(key))?;
        self.records.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&pack));
        let (found, entry) = pack.entries().next()?;
        (found == *key).then_some(entry)
    }

    /// The same, not yet held against its digest: ask [`Entry::is_whole`] before anything is done with it.
    pub fn record_unseen(&self, key: &Key) -> Option<Entry> {
        let (found, entry) = Pack::open_unseen(&self.record_path(key))?.entries().next()?;
        (found == *key).then_some(entry)
    }

    /// Puts something on record.
    ///
    /// # Errors
    /// It can't be written.
    pub fn keep(&self, key: &Key, bytes: &[u8], texts: &[Arc<str>]) -> io::Result<()> {
        room::make(&self.dir)?;
        room::sign(&self.dir, &self.place)?;
        let aside = self.dir.join(aside());
        let written = Packing::new(&aside).and_then(|mut packing| {
            packing.entry(key, bytes, texts.iter().map(|text| text.as_bytes()))?;
            packing.finish()
        });
        let placed = written.and_then(|_| fs::rename(&aside, self.record_path(key)));
        placed.inspect_err(|_| drop(fs::remove_file(&aside)))?;
        room::forget_old(&self.dir, RECORD, RECORDS);
        Ok(())
    }

    /// Takes something off the record.
    pub fn forget(&self, key: &Key) {
        drop(fs::remove_file(self.record_path(key)));
    }

    fn record_path(&self, key: &Key) -> PathBuf {
        self.dir.join(format!("{}{RECORD}", blake3::Hash::from_bytes(*key).to_hex().get(..24).unwrap_or_default()))
    }

    /// Whether a text that was counted on is lost.
    pub fn is_broken(&self) -> bool {
        let records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        let loaded = self.packs.read().unwrap_or_else(PoisonError::into_inner);
        loaded.packs.iter().chain(records.iter()).any(|pack| pack.is_broken())
    }

    /// Throws away what is broken.
    pub fn mend(&self) {
        let mut loaded = self.packs.write().unwrap_or_else(PoisonError::into_inner);
        let packs = std::mem::take(&mut *loaded).packs;
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        for pack in std::mem::take(&mut *records).iter().filter(|pack| pack.is_broken()) {
            drop(fs::remove_file(pack.path()));
        }
        for pack in packs {
            match pack.is_broken() {
                true => drop(fs::remove_file(pack.path())),
                false => loaded.add(pack),
            }
        }
    }

    /// Writes what is new, for other runs.
    ///
    /// # Errors
    /// It can't be written. Nothing is lost by that but time.
    pub fn save(&self) -> io::Result<()> {
        self.write_new().map(|_| ())
    }

    /// Writes what is new, and has it found from now on.
    ///
    /// # Errors
    /// It can't be written. Nothing is lost by that but time.
    pub fn save_and_load(&self) -> io::Result<()> {
        let pack = self.write_new()?.and_then(|path| Pack::open(&path));
        let mut loaded = self.packs.write().unwrap_or_else(PoisonError::into_inner);
        pack.into_iter().for_each(|pack| loaded.add(pack));
        Ok(())
    }

    /// Writes what is new, if there is anything, and says where.
    fn write_new(&self) -> io::Result<Option<PathBuf>> {
        let mut new = std::mem::take(&mut *self.new.lock().unwrap_or_else(PoisonError::into_inner));
        // Whoever was faster: packs of the same entries are the same.
        new.sort_by(|a, b| (&a.key, &a.bytes).cmp(&(&b.key, &b.bytes)));
        room::write_stamps(&self.dir, &self.stamps)?;
        if new.is_empty() {
            return Ok(None);
        }
        room::make(&self.dir)?;
        room::sign(&self.dir, &self.place)?;
        let many = self.packs.read().unwrap_or_else(PoisonError::into_inner).packs.len() >= PACKS;
        let aside = self.dir.join(aside());
        let written = self.write(&aside, &new, many);
        let placed = written.and_then(|digest| {
            let path = self.dir.join(pack_name(&aside, &digest)?);
            fs::rename(&aside, &path).map(|()| path)
        });
        let path = placed.inspect_err(|_| drop(fs::remove_file(&aside)))?;
        let mut loaded = self.packs.write().unwrap_or_else(PoisonError::into_inner);
        // What they held is in the new one, or isn't needed any more.
        let old = if many { std::mem::take(&mut *loaded).packs } else { Vec::new() };
        for pack in old.iter().filter(|pack| pack.path() != path) {
            drop(fs::remove_file(pack.path()));
        }
        drop(loaded);
        prune(&self.root, ALL_BYTES).map(|_| Some(path))
    }

    fn write(&self, path: &Path, new: &[New], all: bool) -> io::Result<String> {
        let mut packing = Packing::new(path)?;
        if all {
            self.copy_old(&mut packing, new)?;
        }
        for New { key, bytes, texts } in new {
            packing.entry(key, bytes, texts.iter().map(|text| text.as_bytes()))?;
        }
        packing.finish()
    }

    /// Takes over what was of use in this run, and of the rest what there is room for.
    fn copy_old(&self, packing: &mut Packing, new: &[New]) -> io::Result<()> {
        let loaded = self.packs.read().unwrap_or_else(PoisonError::into_inner);
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let made = |key: &Key| {
            let at = new.partition_point(|entry| entry.key < *key);
            new.get(at..).unwrap_or_default().iter().take_while(|entry| entry.key == *key).count()
        };
        let mut keys: Vec<&Key> = loaded.entries.keys().collect();
        keys.sort_by_key(|key| (!used.contains(*key), **key));
        for key in keys {
            let entries = loaded.entries.get(key).map(Vec::as_slice).unwrap_or_default();
            let room = OF_ONE_KEY.saturating_sub(made(key));
            for entry in entries.get(entries.len().saturating_sub(room)..).unwrap_or_default() {
                if used.contains(key) || packing.size() + entry.size() <= FLEET_BYTES / 2 {
                    packing.copy(key, entry)?;
                }
            }
        }
        Ok(())
    }
}

impl Loaded {
    fn add(&mut self, pack: Arc<Pack>) {
        for (key, entry) in pack.entries() {
            self.entries.entry(key).or_default().push(entry);
        }
        self.packs.push(pack);
    }
}

/// A name for a file that isn't whole yet, which no other run uses.
fn aside() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!(".{}-{}.new", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// The name of a pack, after what is in it: its number in time, so that later ones are read later, and a digest.
fn pack_name(aside: &Path, digest: &str) -> io::Result<String> {
    let meta = fs::metadata(aside)?;
    let written = meta.modified()?.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Ok(format!("{:020}-{digest}.pack", written.as_nanos()))
}

/// The files of a directory with that ending, by name.
fn files(dir: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path());
    let is_one = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().ends_with(ending));
    let mut files: Vec<PathBuf> = entries.filter(is_one).collect();
    files.sort();
    files
}
