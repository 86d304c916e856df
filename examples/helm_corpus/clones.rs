//! Directories of commits, out of git.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Failure;
use crate::lines::directory;

/// Repositories on this machine.
#[derive(Debug)]
pub struct Clones {
    /// Where clones are made and kept.
    dir: PathBuf,
    /// Where repositories are already, with `{owner}` and `{name}` in it: nothing is cloned then.
    mirror: Option<String>,
}

/// How much of a repository is needed.
#[derive(Clone, Copy, Debug)]
pub enum Depth<'a> {
    /// The files of a commit.
    Commit(&'a str),
    /// What changed when. Files are read when asked for.
    History,
}

impl Clones {
    /// Clones are made below a directory.
    pub fn new(dir: &Path, mirror: Option<String>) -> Self {
        Self { dir: dir.to_owned(), mirror }
    }

    /// The git directory of a repository, cloned if it isn't here.
    ///
    /// # Errors
    /// It can't be cloned.
    pub fn get(&self, url: &str, depth: Depth) -> Result<PathBuf, Failure> {
        let name = directory(url)?;
        if let Some(mirror) = &self.mirror {
            let (owner, name) = name.split_once('+').unwrap_or_default();
            let path = PathBuf::from(mirror.replace("{owner}", owner).replace("{name}", name));
            let inner = path.join(".git");
            return Ok(if inner.is_dir() { inner } else { path });
        }
        fs::create_dir_all(&self.dir)?;
        let path = match depth {
            Depth::Commit(commit) => {
                let path = self.dir.join(format!("{name}.git"));
                if !path.is_dir() {
                    git(&self.dir, &["init", "--quiet", "--bare", &format!("{name}.git")])?;
                }
                if git(&path, &["cat-file", "-e", &format!("{commit}^{{tree}}")]).is_err() {
                    git(&path, &["fetch", "--quiet", "--depth=1", url, commit])?;
                }
                path
            }
            Depth::History => {
                let path = self.dir.join(format!("{name}.history.git"));
                if !path.is_dir() {
                    git(
                        &self.dir,
                        &["clone", "--quiet", "--bare", "--filter=blob:none", url, &format!("{name}.history.git")],
                    )?;
                }
                path
            }
        };
        Ok(path)
    }

    /// Writes a directory of a commit to a new directory.
    ///
    /// # Errors
    /// It isn't there, or can't be written.
    pub fn export(&self, url: &str, commit: &str, path: &str, to: &Path) -> Result<(), Failure> {
        let git_dir = self.get(url, Depth::Commit(commit))?;
        fs::create_dir_all(to)?;
        let tree = if path.is_empty() { commit.to_owned() } else { format!("{commit}:{path}") };
        let mut archive = git_command(&git_dir).args(["archive", &tree]).stdout(Stdio::piped()).spawn()?;
        let Some(bytes) = archive.stdout.take() else { return Err("git archive prints nothing".into()) };
        let unpacked = Command::new("tar").arg("-x").current_dir(to).stdin(bytes).status()?;
        if !(archive.wait()?.success() && unpacked.success()) {
            return Err(format!("{tree} of {url} can't be unpacked to {}", to.display()).into());
        }
        Ok(())
    }
}

fn git_command(git_dir: &Path) -> Command {
    let mut command = Command::new("git");
    command.current_dir(git_dir).env_remove("GIT_DIR").env_remove("GIT_INDEX_FILE").stdin(Stdio::null());
    command
}

/// What git prints, run in a git directory.
///
/// # Errors
/// It says no.
pub fn git(git_dir: &Path, args: &[&str]) -> Result<String, Failure> {
    let output = git_command(git_dir).args(args).output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(format!("git {} in {}: {said}", args.join(" "), git_dir.display()).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}
