//! What stands on disk, without reading it: the same again means that nothing was changed.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use foldhash::fast::FixedState;
use rayon::prelude::*;

use super::reads::listing_digest;
use super::{Digest, DirEntry, FilePath, Reads, World};

/// What the file system says of a path: number, size and times of what stands there, links followed; nothing, if there is
/// nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing(pub [u64; 4]);

/// How long after a change another one shows in the times, at the latest.
const GRAIN: Duration = Duration::from_millis(20);
/// The same where times have no fractions of a second.
const COARSE_GRAIN: Duration = Duration::from_secs(2);

impl Standing {
    /// What a path itself is now, links not followed, and times left out.
    pub fn identity(path: &Path) -> Self {
        path.symlink_metadata().as_ref().map_or(Self::default(), |meta| {
            let Self([inode, size, ..]) = Self::from(meta);
            // The size of a directory goes with what is in it.
            let size = if meta.is_dir() { u64::MAX } else { size };
            Self([inode, size, 0, 0])
        })
    }

    /// What stands at a path now.
    pub fn of(path: &Path) -> Self {
        path.metadata().as_ref().map_or(Self::default(), Self::from)
    }
}

/// Whether all of a directory stands as it stood: the names in it, and itself under an empty name. On Linux the directory
/// is looked up once, which is most of the work.
pub fn stands(dir: &Path, then: &[(&str, Standing)]) -> bool {
    #[cfg(all(target_os = "linux", target_pointer_width = "64"))]
    {
        use rustix::fs::{AtFlags, CWD, Mode, OFlags, fstat, openat, statat};
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        if let Ok(open) = openat(CWD, dir, flags, Mode::empty()) {
            return then.iter().all(|(name, then)| {
                let stat = if name.is_empty() { fstat(&open) } else { statat(&open, *name, AtFlags::empty()) };
                stat.as_ref().map_or(Standing::default(), Standing::from) == *then
            });
        }
    }
    then.iter().all(|(name, then)| {
        let path = if name.is_empty() { dir.to_owned() } else { dir.join(name) };
        Standing::of(&path) == *then
    })
}

#[cfg(unix)]
impl Standing {
    fn new(inode: u64, device: u64, size: u64, mode: u32, changed: [(i64, i64); 2]) -> Self {
        let nanos =
            |(seconds, nanos): (i64, i64)| seconds.wrapping_mul(1_000_000_000).wrapping_add(nanos).cast_unsigned();
        let kind = u64::from(mode & 0o170_000) << 44;
        Self([inode ^ device.rotate_left(40), size ^ kind, nanos(changed[0]), nanos(changed[1])])
    }
}

#[cfg(unix)]
impl From<&Metadata> for Standing {
    fn from(meta: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        let changed = [(meta.mtime(), meta.mtime_nsec()), (meta.ctime(), meta.ctime_nsec())];
        Self::new(meta.ino(), meta.dev(), meta.size(), meta.mode(), changed)
    }
}

#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
impl From<&rustix::fs::Stat> for Standing {
    fn from(stat: &rustix::fs::Stat) -> Self {
        let nanos = |nanos: u64| i64::try_from(nanos).unwrap_or_default();
        let size = u64::try_from(stat.st_size).unwrap_or_default();
        let changed = [(stat.st_mtime, nanos(stat.st_mtime_nsec)), (stat.st_ctime, nanos(stat.st_ctime_nsec))];
        Self::new(stat.st_ino, stat.st_dev, size, stat.st_mode, changed)
    }
}

#[cfg(not(unix))]
impl From<&Metadata> for Standing {
    fn from(_: &Metadata) -> Self {
        // Nothing is known that a change would show in: never equal to another time.
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self([u64::MAX, u64::MAX, now.as_secs(), u64::from(now.subsec_nanos())])
    }
}

/// What stands at a path, and from when on a change of it would show; always, for what isn't there.
#[derive(Clone, Copy)]
struct Look {
    standing: Standing,
    settled: SystemTime,
}

impl Look {
    /// None for what has no times.
    fn at(path: &Path) -> Option<Self> {
        let Ok(meta) = path.metadata() else {
            return Some(Self { standing: Standing::default(), settled: SystemTime::UNIX_EPOCH });
        };
        let changed = meta.modified().ok()?.max(changed(&meta)?);
        let fraction = changed.duration_since(SystemTime::UNIX_EPOCH).ok()?.subsec_nanos();
        let grain = if fraction == 0 { COARSE_GRAIN } else { GRAIN };
        Some(Self { standing: Standing::from(&meta), settled: changed + grain })
    }
}

#[cfg(unix)]
fn changed(meta: &Metadata) -> Option<SystemTime> {
    use std::os::unix::fs::MetadataExt;
    let time = Duration::new(u64::try_from(meta.ctime()).ok()?, u32::try_from(meta.ctime_nsec()).ok()?);
    Some(SystemTime::UNIX_EPOCH + time)
}

#[cfg(not(unix))]
fn changed(meta: &Metadata) -> Option<SystemTime> {
    meta.modified().ok()
}

/// What stands at these paths, once all of it has settled; waits a moment for what was changed just now. None if it doesn't
/// settle.
pub fn settle(paths: Vec<PathBuf>) -> Option<Vec<(PathBuf, Standing)>> {
    let looks: Option<Vec<Look>> = paths.par_iter().map(|path| Look::at(path)).collect();
    wait_for(paths, looks?)
}

/// What stood on disk where a fleet was read.
#[derive(Clone, Debug, Default)]
pub struct Stood {
    /// What was read, looked at, or had a say in what is seen.
    pub standing: Vec<(PathBuf, Standing)>,
    /// The way to it, by [`Standing::identity`].
    pub places: Vec<(PathBuf, Standing)>,
}

/// Whatever was changed while we waited doesn't count as settled.
fn wait_for(paths: Vec<PathBuf>, looks: Vec<Look>) -> Option<Vec<(PathBuf, Standing)>> {
    let now = SystemTime::now();
    if let Some(last) = looks.iter().map(|look| look.settled).max() {
        let wait = last.duration_since(now).unwrap_or_default();
        if wait > GRAIN {
            return None;
        }
        std::thread::sleep(wait);
    }
    let same = |(path, look): (&PathBuf, &Look)| look.settled <= now || Standing::of(path) == look.standing;
    let all = paths.par_iter().zip(&looks).all(same);
    all.then(|| paths.into_iter().zip(looks.into_iter().map(|look| look.standing)).collect())
}

impl World {
    /// What stands where these reads were made, and what has a say in which files are seen; none if anything was read
    /// elsewhere than on disk, or isn't any more as it was read. `started` is when the run was: what was changed later than
    /// that is read once more.
    pub fn standing(&self, all: &[&Reads], started: SystemTime) -> Option<Stood> {
        let mut paths: BTreeMap<PathBuf, Option<(&FilePath, &Digest, bool)>> = BTreeMap::new();
        let mut dirs: BTreeSet<PathBuf> = BTreeSet::new();
        // Most is read by many.
        let mut met: HashSet<&FilePath, FixedState> = HashSet::default();
        let files = all.iter().flat_map(|reads| &reads.files).filter(|(path, _)| met.insert(path));
        for (path, digest) in files {
            paths.insert(self.disk_path(path)?, Some((path, digest, false)));
        }
        let mut met: HashSet<&FilePath, FixedState> = HashSet::default();
        let listings = all.iter().flat_map(|reads| &reads.listings).filter(|(path, _)| met.insert(path));
        for (path, digest) in listings {
            let dir = self.disk_path(path)?;
            let mut unseen = self.tree(path.tree)?.unseen(&path.path)?;
            while let Some(dir) = unseen.pop() {
                for entry in std::fs::read_dir(&dir).ok()? {
                    let entry = entry.ok()?;
                    unseen.extend(entry.file_type().ok()?.is_dir().then(|| entry.path()));
                }
                paths.entry(dir).or_default();
            }
            dirs.insert(dir.clone());
            paths.insert(dir, Some((path, digest, true)));
        }
        let mut met: HashSet<&FilePath, FixedState> = HashSet::default();
        let kinds = all.iter().flat_map(|reads| reads.absences.iter().chain(reads.kinds.keys()));
        for path in kinds.filter(|path| met.insert(path)) {
            paths.entry(self.disk_path(path)?).or_default();
        }
        // Ignore files decide what is seen: those of the directories, and of all above them.
        let above = dirs.iter().flat_map(|dir| dir.ancestors());
        let above: BTreeSet<PathBuf> = above.map(|dir| dir.join(".gitignore")).collect();
        let trees = self.trees.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        let decides = trees.iter().flat_map(|mounted| mounted.tree.decides());
        for path in above.into_iter().chain(decides) {
            paths.entry(path).or_default();
        }
        let (paths, reads): (Vec<PathBuf>, Vec<_>) = paths.into_iter().unzip();
        let looks: Option<Vec<Look>> = paths.par_iter().map(|path| Look::at(path)).collect();
        let looks = looks?;
        for (look, read) in looks.iter().zip(reads) {
            if look.settled <= started {
                continue;
            }
            // Of what wasn't read nobody can tell whether it was so before.
            let (place, digest, is_listing) = read?;
            let tree = self.tree(place.tree)?;
            let now = match is_listing {
                true => listing_digest(&tree.list(&place.path).ok()? as &[DirEntry]),
                false => *blake3::hash(&tree.read(&place.path).ok()?).as_bytes(),
            };
            if now != *digest {
                return None;
            }
        }
        // Directories on the way may be exchanged for others, or for links.
        let mut places: BTreeSet<PathBuf> = BTreeSet::new();
        for path in &paths {
            for above in path.ancestors().skip(1) {
                if !places.insert(above.to_owned()) {
                    break;
                }
            }
        }
        let places = places.into_iter().map(|path| (path.clone(), Standing::identity(&path))).collect();
        Some(Stood { standing: wait_for(paths, looks)?, places })
    }

    fn disk_path(&self, path: &FilePath) -> Option<PathBuf> {
        self.tree(path.tree)?.on_disk(&path.path)
    }
}
