//! One writer at a time in an output directory.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use super::WORK_DIR;

/// How long another run is waited for before somebody is told.
const PATIENCE: Duration = Duration::from_millis(700);

/// How often the lock is tried.
const PAUSE: Duration = Duration::from_millis(20);

/// Locks the directory `out` until the file returned is dropped, or the process ends in any way.
///
/// The directory itself is locked, so that no file is left behind. Where the system can't lock directories (Windows,
/// some network file systems) it is `.terrace/lock`, which stays.
///
/// # Errors
/// When another run still has it after `wait`, or the directory can't be opened.
pub(super) fn acquire(out: &Path, wait: Option<Duration>, notice: Option<&(dyn Fn(&str) + Sync)>) -> io::Result<File> {
    if let Ok(directory) = File::open(out)
        && let Some(locked) = lock(directory, out, wait, notice)?
    {
        return Ok(locked);
    }
    let work = out.join(WORK_DIR);
    super::stage::Area::new(work.clone()).ensure().map_err(|failure| failure.error)?;
    // Never truncated, never written: what counts is the lock.
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(work.join(LOCK_FILE))?;
    lock(file, out, wait, notice)?.ok_or_else(|| io::Error::new(io::ErrorKind::Unsupported, "it can't be locked"))
}

/// The name of the lock file in [`WORK_DIR`], where one is needed.
pub(super) const LOCK_FILE: &str = "lock";

/// Locks a file; none where that isn't possible.
fn lock(
    file: File,
    out: &Path,
    wait: Option<Duration>,
    notice: Option<&(dyn Fn(&str) + Sync)>,
) -> io::Result<Option<File>> {
    let start = Instant::now();
    let mut told = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Some(file)),
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(TryLockError::Error(_)) => return Ok(None),
            Err(TryLockError::WouldBlock) => {}
        }
        let waited = start.elapsed();
        if wait.is_some_and(|wait| waited >= wait) {
            let message = "another run of terrace is writing there";
            return Err(io::Error::new(io::ErrorKind::ResourceBusy, message));
        }
        if !told && waited >= PATIENCE {
            told = true;
            if let Some(notice) = notice {
                notice(&format!("waiting for another run of terrace that is writing {}", out.display()));
            }
        }
        std::thread::sleep(PAUSE);
    }
}
