//! Where results are kept, and how much of it.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::codec::{Reader, Writer};
use super::{Pack, files};
use crate::world::Stamps;

/// What the root is called for backups and the like, which are asked to pass it over (bford.info/cachedir).
const TAG: &str = "Signature: 8a477f597d28d172789f06886806bc55\n# Made by terrace; it can be removed at any time.\n";
const STAMPS: &str = "stamps";
/// Where a fleet's directory says whose it is.
const PLACE: &str = "fleet";
/// What is left aside for longer than this was left by a run that was killed.
const LEFT: Duration = Duration::from_secs(3600);

/// The directory of a fleet's results.
pub(super) fn fleet_dir(root: &Path, place: &Path) -> PathBuf {
    let digest = blake3::hash(place.as_os_str().as_encoded_bytes()).to_hex();
    root.join("fleets").join(digest.get(..16).unwrap_or_default())
}

/// Makes a fleet's directory, for the user alone.
pub(super) fn make(dir: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)?;
    let tag = dir.parent().and_then(Path::parent).map(|root| root.join("CACHEDIR.TAG"));
    if let Some(tag) = tag.filter(|tag| !tag.exists()) {
        fs::write(tag, TAG)?;
    }
    Ok(())
}

/// The stamps of earlier runs; none where the file isn't as it was written.
pub(super) fn read_stamps(dir: &Path) -> Stamps {
    let bytes = fs::read(dir.join(STAMPS)).unwrap_or_default();
    let read = || {
        let (digest, rest) = bytes.split_first_chunk::<32>()?;
        if blake3::hash(rest).as_bytes() != digest {
            return None;
        }
        Reader::new(rest).list(|reader| Some((reader.fixed()?, reader.fixed()?)))
    };
    Stamps::new(read().unwrap_or_default())
}

pub(super) fn write_stamps(dir: &Path, stamps: &Stamps) -> io::Result<()> {
    if !stamps.has_news() {
        return Ok(());
    }
    make(dir)?;
    let met = stamps.met();
    let mut writer = Writer::default();
    writer.list(met.iter(), |writer, (stamp, digest)| {
        writer.fixed(stamp);
        writer.fixed(digest);
    });
    let body = writer.into_bytes();
    let aside = dir.join(super::aside());
    let written = fs::File::create_new(&aside).and_then(|mut file| {
        file.write_all(blake3::hash(&body).as_bytes())?;
        file.write_all(&body)
    });
    let placed = written.and_then(|()| fs::rename(&aside, dir.join(STAMPS)));
    placed.inspect_err(|_| drop(fs::remove_file(&aside)))
}

/// What is kept for one fleet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FleetStats {
    /// Where the fleet stood.
    pub place: String,
    /// How many results there are.
    pub entries: usize,
    /// How much room they take, in bytes.
    pub bytes: u64,
}

/// What is kept below `root`, by place.
pub fn stats(root: &Path) -> Vec<FleetStats> {
    let mut all = Vec::new();
    for dir in files(&root.join("fleets"), "") {
        let entries =
            files(&dir, ".pack").iter().filter_map(|path| Pack::open(path)).map(|p| p.entries().count()).sum();
        let bytes = files(&dir, "").iter().filter_map(|path| Some(path.metadata().ok()?.len())).sum();
        let place = fs::read_to_string(dir.join(PLACE)).unwrap_or_else(|_| "unknown".to_owned());
        all.push(FleetStats { place, entries, bytes });
    }
    all.sort_by(|a, b| a.place.cmp(&b.place));
    all
}

/// Says whose results a directory holds, for [`stats`].
pub(super) fn sign(dir: &Path, place: &Path) -> io::Result<()> {
    let file = dir.join(PLACE);
    if file.exists() { Ok(()) } else { fs::write(file, place.to_string_lossy().as_bytes()) }
}

/// Removes all but the latest files of a directory that end so.
pub(super) fn forget_old(dir: &Path, ending: &str, keep: usize) {
    let written = |path: PathBuf| Some((path.metadata().ok()?.modified().ok()?, path));
    let mut found: Vec<(SystemTime, PathBuf)> = files(dir, ending).into_iter().filter_map(written).collect();
    found.sort();
    let old = found.len().saturating_sub(keep);
    found.into_iter().take(old).for_each(|(_, path)| drop(fs::remove_file(path)));
}

/// Another run may have removed it meanwhile.
fn gone(done: io::Result<()>) -> io::Result<()> {
    done.or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
}

fn remove(path: &Path) -> io::Result<()> {
    gone(fs::remove_file(path))
}

/// Removes the oldest files below `root` until the rest takes at most `limit` bytes, and what killed runs left. Gives how
/// many bytes were removed, and how many are left.
///
/// # Errors
/// A file can't be removed.
pub fn prune(root: &Path, limit: u64) -> io::Result<(u64, u64)> {
    let mut kept: Vec<(SystemTime, PathBuf, u64)> = Vec::new();
    let mut removed = 0;
    let now = SystemTime::now();
    for dir in files(&root.join("fleets"), "") {
        for path in files(&dir, "") {
            let Ok(meta) = path.symlink_metadata() else { continue };
            if !meta.is_file() {
                continue;
            }
            let written = meta.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            let is_left = path.extension().is_some_and(|ending| ending == "new")
                && now.duration_since(written).is_ok_and(|age| age > LEFT);
            if is_left {
                remove(&path)?;
                removed += meta.len();
            } else if path.file_name().is_some_and(|name| name != PLACE) {
                kept.push((written, path, meta.len()));
            }
        }
    }
    kept.sort();
    let mut left: u64 = kept.iter().map(|(.., bytes)| bytes).sum();
    for (_, path, bytes) in kept {
        if left <= limit {
            break;
        }
        remove(&path)?;
        (left, removed) = (left - bytes, removed + bytes);
    }
    for dir in files(&root.join("fleets"), "") {
        if files(&dir, "").iter().all(|path| path.file_name().is_some_and(|name| name == PLACE)) {
            gone(fs::remove_dir_all(&dir))?;
        }
    }
    Ok((removed, left))
}
