//! Real git repositories in temporary directories.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use tempfile::TempDir;
use terrace::git::Repository;

/// A repository that goes away with this value.
pub struct Repo {
    pub dir: TempDir,
}

/// Runs git with a configuration of its own, and gives its stdout.
pub fn git(dir: &Path, args: &[&str]) -> String {
    let mut git = Command::new("git");
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("GIT_") {
            git.env_remove(name);
        }
    }
    git.current_dir(dir).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").env("LC_ALL", "C");
    git.args(["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"]);
    git.args(["-c", "protocol.file.allow=always", "-c", "core.autocrlf=false"]);
    let output = git.args(args).output().unwrap();
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

impl Repo {
    /// An empty repository on branch `main`.
    pub fn new() -> Self {
        let repo = Self { dir: TempDir::new().unwrap() };
        repo.git(&["init", "-q"]);
        repo
    }

    /// A clone with these options, over a transport (so that depth and filters count).
    pub fn clone_with(&self, options: &[&str]) -> Self {
        let dir = TempDir::new().unwrap();
        let url = format!("file://{}", self.path().display());
        let args = [&["clone", "-q"], options, &[url.as_str(), "."]].concat();
        git(dir.path(), &args);
        Self { dir }
    }

    pub fn path(&self) -> PathBuf {
        self.dir.path().canonicalize().unwrap()
    }

    pub fn git(&self, args: &[&str]) -> String {
        git(self.dir.path(), args)
    }

    pub fn write(&self, path: &str, text: &str) {
        write(self.dir.path(), path, text);
    }

    /// Commits everything and gives the id.
    pub fn commit(&self, message: &str) -> String {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    pub fn open(&self) -> Arc<Repository> {
        Arc::new(Repository::discover(self.dir.path()).unwrap().unwrap())
    }
}

pub fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}
