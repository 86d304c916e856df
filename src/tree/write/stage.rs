//! Builds a tree aside, has it change places with the one that stands, and clears up.

use std::ffi::OsStr;
use std::fs::{self, Metadata, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::survey::{Changes, Kind, Survey, is_missing};
use super::{Failure, Swap};
use crate::tree::index::INDEX_FILE;

/// The directory in which trees are built and put aside.
pub(super) struct Area {
    root: PathBuf,
}

impl Area {
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// Where a cluster's new tree is built, and where its old one is after an exchange.
    pub(super) fn new_tree(&self, name: &str) -> PathBuf {
        self.root.join("new").join(name)
    }

    /// Where a cluster's old tree is between two renames, and after them.
    pub(super) fn old_tree(&self, name: &str) -> PathBuf {
        self.root.join("old").join(name)
    }

    /// Makes the directory. What stands there must be a directory, not a link to one.
    pub(super) fn ensure(&self) -> Result<(), Failure> {
        match fs::create_dir(&self.root) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            // It is the output directory that can't be written to.
            made => return made.map_err(|error| Failure::new(self.root.parent().unwrap_or(&self.root), error)),
        }
        match fs::symlink_metadata(&self.root) {
            Ok(meta) if meta.is_dir() => Ok(()),
            Ok(_) => {
                let error = io::Error::new(io::ErrorKind::NotADirectory, "terrace keeps a directory of its own there");
                Err(Failure::new(&self.root, error))
            }
            Err(error) => Err(Failure::new(&self.root, error)),
        }
    }

    /// Clears up after runs that were killed: puts back trees that were killed between two renames, removes the rest.
    pub(super) fn recover(&self, out: &Path) -> Result<(), Failure> {
        if is_missing(&self.root) {
            return Ok(());
        }
        self.ensure()?;
        let aside = self.root.join("old");
        if !is_missing(&aside) {
            for entry in fs::read_dir(&aside).map_err(|error| Failure::new(&aside, error))? {
                let entry = entry.map_err(|error| Failure::new(&aside, error))?;
                let live = out.join(entry.file_name());
                if is_missing(&live) {
                    fs::rename(entry.path(), &live).map_err(|error| Failure::new(live, error))?;
                }
            }
        }
        for part in ["new", "old"] {
            let part = self.root.join(part);
            remove(&part).map_err(|error| Failure::new(part, error))?;
        }
        self.close();
        Ok(())
    }

    /// Removes the directory unless something is still in it (a lock file; a tree that couldn't be removed).
    pub(super) fn close(&self) {
        for part in [self.root.join("new"), self.root.join("old"), self.root.clone()] {
            let _ = fs::remove_dir(part);
        }
    }
}

/// Builds the new tree of a cluster.
pub(super) fn build(area: &Area, name: &str, survey: &Survey, changes: &Changes) -> Result<(), Failure> {
    area.ensure()?;
    let root = area.new_tree(name);
    fs::create_dir_all(&root).map_err(|error| Failure::new(&root, error))?;
    let writes = changes.writes.iter().map(|(path, _)| OsStr::new(path));
    let carried = changes.carried.iter().map(|path| path.as_os_str());
    let mut directories = Survey::directories(writes.chain(carried));
    directories.extend(Survey::directories(changes.empty.iter().map(|path| path.as_os_str())));
    directories.extend(changes.empty.iter().map(Path::new));
    for directory in &directories {
        let path = root.join(directory);
        fs::create_dir(&path).map_err(|error| Failure { path, error })?;
    }

    let mut results: Vec<Result<(), Failure>> = Vec::new();
    changes
        .writes
        .par_iter()
        .with_min_len(16)
        .map(|(path, text)| put(root.join(path), text.as_bytes()))
        .collect_into_vec(&mut results);
    // The first in the order of paths, whichever thread failed first.
    results.drain(..).collect::<Result<(), _>>()?;
    if let Some(old) = &survey.root {
        changes
            .carried
            .par_iter()
            .with_min_len(16)
            .map(|path| carry(&old.join(path), root.join(path), survey.entries.get(path).copied()))
            .collect_into_vec(&mut results);
        results.drain(..).collect::<Result<(), _>>()?;
    }
    put(root.join(INDEX_FILE), &changes.index)?;

    // Last and from below: a directory may be closed to writing.
    if let Some(old) = &survey.root {
        for directory in directories.iter().rev().copied().chain([Path::new("")]) {
            if let Ok(meta) = fs::symlink_metadata(old.join(directory))
                && meta.is_dir()
            {
                copy_mode(&meta, &root.join(directory))?;
            }
        }
    }
    Ok(())
}

fn put(path: PathBuf, bytes: &[u8]) -> Result<(), Failure> {
    let write = || OpenOptions::new().write(true).create_new(true).open(&path)?.write_all(bytes);
    write().map_err(|error| Failure::new(&path, error))
}

/// Brings an entry over: the same file under a second name, or else a copy.
fn carry(from: &Path, to: PathBuf, kind: Option<Kind>) -> Result<(), Failure> {
    let result = match kind {
        Some(Kind::Link) => fs::read_link(from).and_then(|target| link(&target, &to)),
        _ => fs::hard_link(from, &to).or_else(|error| match kind {
            Some(Kind::File) => copy(from, &to),
            _ => Err(error),
        }),
    };
    result.map_err(|error| Failure { path: to, error })
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::copy(from, to)?;
    let meta = fs::metadata(from)?;
    let times = fs::FileTimes::new().set_modified(meta.modified()?);
    // Needs no write access to the contents, only ownership.
    fs::File::open(to)?.set_times(times)
}

#[cfg(unix)]
fn link(target: &Path, at: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, at)
}

#[cfg(windows)]
fn link(target: &Path, at: &Path) -> io::Result<()> {
    std::os::windows::fs::symlink_file(target, at)
}

#[cfg(unix)]
fn copy_mode(from: &Metadata, to: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::PermissionsExt;
    let set = || match fs::symlink_metadata(to)?.permissions().mode() == from.permissions().mode() {
        true => Ok(()),
        false => fs::set_permissions(to, from.permissions()),
    };
    set().map_err(|error| Failure::new(to, error))
}

#[cfg(not(unix))]
fn copy_mode(_: &Metadata, _: &Path) -> Result<(), Failure> {
    Ok(())
}

/// Has the file system store all that was written. Where that can't be asked for, nothing happens.
pub(super) fn sync(out: &Path, area: &Area) {
    #[cfg(target_os = "linux")]
    {
        let _ = area;
        // One call for the whole file system: a call for each file takes a hundred times as long.
        if let Ok(directory) = fs::File::open(out) {
            let _ = rustix::fs::syncfs(directory);
        }
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = out;
        sync_below(&area.root);
    }
}

#[cfg(not(target_os = "linux"))]
fn sync_below(directory: &Path) {
    for entry in walkdir::WalkDir::new(directory).into_iter().flatten() {
        if (entry.file_type().is_file() || entry.file_type().is_dir())
            && let Ok(file) = fs::File::open(entry.path())
        {
            let _ = file.sync_all();
        }
    }
}

/// Puts the new tree in the place of the one that stands. Returns where the old one is now, if there was one.
pub(super) fn swap(area: &Area, name: &str, live: &Path, how: Swap) -> Result<Option<PathBuf>, Failure> {
    let new = area.new_tree(name);
    let fail = |error| Failure::new(live, error);
    if is_missing(live) {
        return fs::rename(&new, live).map(|()| None).map_err(fail);
    }
    if how == Swap::Exchange && exchange(&new, live).map_err(fail)? {
        return Ok(Some(new));
    }
    let old = area.old_tree(name);
    let aside = area.root.join("old");
    fs::create_dir_all(&aside).map_err(|error| Failure::new(aside, error))?;
    fs::rename(live, &old).map_err(fail)?;
    if let Err(error) = fs::rename(&new, live) {
        // If this fails too, the next run does it.
        let _ = fs::rename(&old, live);
        return Err(fail(error));
    }
    Ok(Some(old))
}

/// Exchanges two directories in one step; false where the system or the file system can't.
#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn exchange(a: &Path, b: &Path) -> io::Result<bool> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    use rustix::io::Errno;
    match renameat_with(CWD, a, CWD, b, RenameFlags::EXCHANGE) {
        Ok(()) => Ok(true),
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn exchange(_: &Path, _: &Path) -> io::Result<bool> {
    Ok(false)
}

/// Removes the old tree, after what somebody put there since it was surveyed has been brought over.
pub(super) fn retire(old: &Path, live: &Path, survey: &Survey, changes: &Changes) -> Result<(), Failure> {
    rescue(old, live, survey, changes)?;
    remove(old).map_err(|error| Failure::new(old, error))
}

/// Moves files of others into the new tree that came, or were replaced, between the survey and the exchange.
fn rescue(old: &Path, live: &Path, survey: &Survey, changes: &Changes) -> Result<(), Failure> {
    let now = Survey::read(old)?;
    let came = now.entries.iter().filter(|(path, kind)| {
        **kind != Kind::Directory && !survey.entries.contains_key(*path) && is_missing(&live.join(path))
    });
    let replaced = changes.foreign.iter().filter(|path| is_other_file(&old.join(path), &live.join(path)));
    for path in came.map(|(path, _)| path).chain(replaced) {
        let to = live.join(path);
        let parent = to.parent().map_or(Ok(()), fs::create_dir_all);
        parent.and_then(|()| fs::rename(old.join(path), &to)).map_err(|error| Failure::new(to, error))?;
    }
    Ok(())
}

/// Whether `old` is neither the file that `live` is nor what it was copied from. Edits in place are in both.
fn is_other_file(old: &Path, live: &Path) -> bool {
    let (Ok(old), Ok(live)) = (fs::symlink_metadata(old), fs::symlink_metadata(live)) else { return false };
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        if (old.dev(), old.ino()) == (live.dev(), live.ino()) {
            return false;
        }
    }
    let looks = |meta: &Metadata| (meta.len(), meta.modified().ok());
    old.is_file() && looks(&old) != looks(&live)
}

/// Removes a directory with all that is in it; it may be missing. Links are removed, not followed.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(e) if e.kind() == io::ErrorKind::PermissionDenied => {
            open_up(path);
            fs::remove_dir_all(path)
        }
        result => result,
    }
}

/// Lets the owner write to every directory: others' directories come with their modes.
#[cfg(unix)]
fn open_up(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    for entry in walkdir::WalkDir::new(path).into_iter().flatten() {
        if entry.file_type().is_dir()
            && let Ok(meta) = entry.metadata()
        {
            let mode = meta.permissions().mode() | 0o700;
            let _ = fs::set_permissions(entry.path(), fs::Permissions::from_mode(mode));
        }
    }
}

#[cfg(not(unix))]
fn open_up(_: &Path) {}
