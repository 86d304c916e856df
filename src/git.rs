//! Git, through the `git` command: the only module that runs it.
//!
//! Every call is made so that a stranger's repository can't have anything else done by it (see [`command`]): no hooks,
//! no file system monitor, no network, no prompts, no pager, no replaced objects, and only commands that run nothing that
//! a configuration or attribute names (so neither `status` nor `diff` over the working tree, which run clean filters).
//! That is also why a repository that belongs to somebody else is read without asking: `safe.directory` guards against
//! just those things, and CI jobs in containers meet it all the time.
//!
//! Reading never needs more. [`pack`], [`refs`] and [`remote`] are for those who publish: they write objects, move refs
//! from where they are said to stand, and talk to a remote.

mod changes;
mod command;
mod error;
mod history;
mod object;
mod pack;
mod refs;
mod remote;
mod revision;

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

pub use error::{DEEPEN, GitError, UnknownRevision};
pub use history::{Identity, Message, NewCommit};
pub use object::{Object, ObjectId, ObjectKind, TreeItem};
pub use pack::{FILE_MODE, NewObject, ObjectFormat, TREE_MODE};
pub use refs::{Ancestry, Moved, RefMove, branch_name_fault};
pub use remote::{PushReport, Pushed, RemotePlace};
pub use revision::{Commit, Compiled, ResolveOptions};

use object::Objects;

/// A git repository on this machine. Shared by every thread; keeps a few `git cat-file --batch` processes at hand.
#[derive(Debug)]
pub struct Repository {
    place: Place,
    objects: Objects,
}

/// Where a repository's parts are. All paths are absolute and without symbolic links.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    /// The root of the working tree; none for a bare repository.
    work_tree: Option<PathBuf>,
    /// The git directory: of a linked worktree, its own.
    git_dir: PathBuf,
    /// The git directory that all linked worktrees share.
    common_dir: PathBuf,
    /// The index that a running `git commit` has set for its hooks, where it belongs to this repository.
    index: Option<PathBuf>,
}

/// What a remote is called and where it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Remote {
    /// Its name: `origin`.
    pub name: String,
    /// A URL of it, for fetching or pushing, as configured or as `url.*.insteadOf` rewrites it.
    pub url: String,
}

impl Repository {
    /// The repository that `dir` is part of: its working tree, or a bare repository at `dir` itself. None where there is
    /// no repository, or `dir` is inside a git directory.
    ///
    /// A bare repository has to be named itself: below a directory that looks like one, git's refusal is the error
    /// (`safe.bareRepository`), since anybody can commit such a directory.
    pub fn discover(dir: &Path) -> Result<Option<Self>, GitError> {
        let dir = dir.canonicalize().map_err(|e| GitError::NoDirectory { dir: dir.into(), reason: e.to_string() })?;
        let Some(place) = Place::find(&dir)? else { return Ok(None) };
        Ok(Some(Self { objects: Objects::new(place.clone()), place }))
    }

    /// The root of the working tree, absolute and without symbolic links; none for a bare repository.
    pub fn work_tree(&self) -> Option<&Path> {
        self.place.work_tree.as_deref()
    }

    /// The git directory; of a linked worktree, its own.
    pub fn git_dir(&self) -> &Path {
        &self.place.git_dir
    }

    /// The git directory that all linked worktrees share.
    pub fn common_dir(&self) -> &Path {
        &self.place.common_dir
    }

    /// Whether there is no working tree.
    pub fn is_bare(&self) -> bool {
        self.place.work_tree.is_none()
    }

    /// Whether history was cut off when cloning (`--depth`).
    pub fn is_shallow(&self) -> bool {
        self.place.is_shallow()
    }

    /// Whether contents were left out when cloning (`--filter`).
    pub fn is_partial(&self) -> bool {
        self.place.is_partial()
    }

    /// The branch that is checked out, even if it has no commit yet; none if HEAD is detached.
    pub fn head_branch(&self) -> Result<Option<String>, GitError> {
        let output = self.place.run_codes(["symbolic-ref", "--quiet", "HEAD"], &[0, 1])?;
        let name = String::from_utf8_lossy(&output);
        Ok(name.trim_end().strip_prefix("refs/heads/").map(str::to_owned))
    }

    /// The URLs of all remotes, sorted: as configured, and as `url.*.insteadOf` and `pushInsteadOf` rewrite them.
    pub fn remote_urls(&self) -> Result<Vec<Remote>, GitError> {
        let pattern = r"^(remote\..*\.(push)?url|url\..*\.(push)?insteadof)$";
        let output = self.place.run_codes(["config", "-z", "--get-regexp", pattern], &[0, 1])?;
        let text = String::from_utf8_lossy(&output);
        let mut configured: Vec<(&str, &str)> = Vec::new();
        let mut rewrites: Vec<(&str, &str)> = Vec::new();
        for entry in text.split('\0') {
            let Some((key, value)) = entry.split_once('\n') else { continue };
            // The middle of a key may hold dots; its first and last part don't.
            let Some((section, rest)) = key.split_once('.') else { continue };
            let Some((name, _)) = rest.rsplit_once('.') else { continue };
            match section {
                "remote" => configured.push((name, value)),
                _ => rewrites.push((value, name)),
            }
        }
        let mut remotes = BTreeSet::new();
        for (name, url) in configured.into_iter().filter(|(_, url)| !url.is_empty()) {
            remotes.insert(Remote { name: name.to_owned(), url: url.to_owned() });
            let longest = rewrites.iter().filter(|(from, _)| url.starts_with(from)).map(|(from, _)| from.len()).max();
            for (from, to) in rewrites.iter().filter(|(from, _)| Some(from.len()) == longest && url.starts_with(from)) {
                remotes.insert(Remote { name: name.to_owned(), url: format!("{to}{}", &url[from.len()..]) });
            }
        }
        Ok(remotes.into_iter().collect())
    }

    /// What git sees below the directory `below` of the working tree: tracked files (deleted ones too), and untracked ones
    /// that nothing ignores. Paths are bytes relative to `below`, sorted and unique; an untracked repository within ends
    /// in a slash, a submodule stands there by its name.
    pub fn visible_files(&self, below: &Path) -> Result<Vec<Box<[u8]>>, GitError> {
        let args = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
        let output = self.place.run_in(Some(below), args, &[0])?;
        let mut files: Vec<Box<[u8]>> = output.split(|b| *b == 0).filter(|f| !f.is_empty()).map(Box::from).collect();
        // Unmerged files come once per stage, and git's order isn't that of bytes where cached and others meet.
        files.sort_unstable();
        files.dedup();
        Ok(files)
    }

    /// The files that have a say in what [`Self::visible_files`] gives, besides `.gitignore`s, whether or not they are there.
    ///
    /// # Errors
    /// git fails.
    pub fn deciding_files(&self) -> Result<Vec<PathBuf>, GitError> {
        let mut files = vec![
            self.place.git_dir.join("index"),
            self.place.git_dir.join("config.worktree"),
            self.place.common_dir.join("config"),
            self.place.common_dir.join("info/exclude"),
        ];
        // Where each setting stands, and what names further files of patterns.
        let output = self.place.run_codes(["config", "-z", "--show-origin", "--list"], &[0])?;
        for field in String::from_utf8_lossy(&output).split('\0') {
            if let Some(file) = field.strip_prefix("file:") {
                files.push(self.place.git_dir.join(file));
            }
        }
        let output = self.place.run_codes(["config", "--type=path", "--get", "core.excludesFile"], &[0, 1])?;
        let named = String::from_utf8_lossy(&output).trim_end().to_owned();
        let home = |name: &str| std::env::var_os(name).map(PathBuf::from);
        let config = home("XDG_CONFIG_HOME").or_else(|| home("HOME").map(|home| home.join(".config")));
        match named.is_empty() {
            false => files.push(PathBuf::from(named)),
            true => files.extend(config.as_ref().map(|dir| dir.join("git/ignore"))),
        }
        files.extend(config.map(|dir| dir.join("git/config")));
        files.extend(home("HOME").map(|home| home.join(".gitconfig")));
        files.sort();
        files.dedup();
        Ok(files)
    }

    /// Those of these paths that git ignores; at most a few hundred may be asked for at once.
    ///
    /// # Errors
    /// git fails, or they are too many.
    pub fn ignored(&self, paths: &[PathBuf]) -> Result<BTreeSet<PathBuf>, GitError> {
        const MANY: usize = 256;
        if paths.len() > MANY {
            return Err(GitError::answer("check-ignore", "too many paths"));
        }
        let mut args: Vec<std::ffi::OsString> = ["check-ignore", "-z", "--"].map(Into::into).to_vec();
        args.extend(paths.iter().map(|path| path.clone().into_os_string()));
        let output = self.place.run_codes(args, &[0, 1])?;
        let named = output.split(|byte| *byte == 0).filter(|name| !name.is_empty());
        Ok(named.map(|name| PathBuf::from(String::from_utf8_lossy(name).into_owned())).collect())
    }

    /// The tree of what is staged: in a hook of `git commit`, what is about to be committed. Writes tree objects, as every
    /// commit does; fails while there are unmerged files.
    pub fn index_tree(&self) -> Result<ObjectId, GitError> {
        let output = self.run(["write-tree"]).map_err(|error| match error {
            GitError::Failed { stderr, .. } if stderr.contains("unmerged") => GitError::Unmerged,
            error => error,
        })?;
        let text = command::text(&output, "write-tree")?;
        ObjectId::from_hex(text.trim_end()).ok_or_else(|| GitError::answer("write-tree", text))
    }

    /// An object by its id.
    pub fn object(&self, id: ObjectId, limit: u64) -> Result<Object, GitError> {
        let found = self.objects.get(&id.to_string(), limit)?;
        found.ok_or_else(|| GitError::MissingObject { id, shallow: self.is_shallow(), partial: self.is_partial() })
    }

    /// The contents of a blob of at most `limit` bytes.
    pub fn blob(&self, id: ObjectId, limit: u64) -> Result<Vec<u8>, GitError> {
        Ok(self.object(id, limit)?.expect(ObjectKind::Blob)?.data)
    }

    /// The entries of a tree, in git's order.
    pub fn tree(&self, id: ObjectId) -> Result<Vec<TreeItem>, GitError> {
        self.object(id, object::MAX_TREE_BYTES)?.expect(ObjectKind::Tree)?.items()
    }

    /// An object by a name that git itself would understand; none if there is no such thing.
    fn named(&self, name: &str) -> Result<Option<Object>, GitError> {
        self.objects.get(name, object::MAX_TREE_BYTES)
    }

    /// Runs a git command in this repository.
    fn run<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Result<Vec<u8>, GitError> {
        self.place.run_codes(args, &[0])
    }
}

impl Place {
    fn find(dir: &Path) -> Result<Option<Self>, GitError> {
        let questions = ["--is-bare-repository", "--is-inside-work-tree", "--absolute-git-dir", "--git-common-dir"];
        let mut git = command::discovery(dir);
        git.arg("rev-parse").args(questions).arg("--show-cdup");
        let output = match command::output(git, &[0]) {
            Ok(output) => output,
            Err(GitError::Failed { stderr, .. }) if stderr.contains("not a git repository (or any") => return Ok(None),
            // `safe.bareRepository` is on: only the directory that was asked for may be bare.
            Err(GitError::Failed { .. }) if looks_bare(dir) => return Self::bare(dir),
            Err(GitError::Failed { .. }) if dir.iter().any(|part| part == ".git") => return Ok(None),
            Err(error) => return Err(error),
        };
        let text = command::text(&output, "rev-parse")?;
        let mut lines = text.split('\n');
        let mut next = || lines.next().ok_or_else(|| GitError::answer("rev-parse", text));
        let (bare, inside) = (next()? == "true", next()? == "true");
        let (git_dir, common_dir, up) = (next()?, next()?, next()?);
        let absolute = |path: &str| {
            let path = dir.join(path);
            path.canonicalize().map_err(|e| GitError::NoDirectory { dir: path, reason: e.to_string() })
        };
        let (git_dir, common_dir) = (absolute(git_dir)?, absolute(common_dir)?);
        if !bare && !inside {
            return Ok(None);
        }
        let work_tree = if bare { None } else { Some(absolute(up)?) };
        let index = work_tree.as_deref().and_then(|root| hook_index(root, &git_dir));
        Ok(Some(Self { work_tree, git_dir, common_dir, index }))
    }

    /// The bare repository at `dir`; none if `dir` is the git directory of a working tree.
    fn bare(dir: &Path) -> Result<Option<Self>, GitError> {
        let mut git = command::base(dir);
        git.arg("--git-dir").arg(dir).args(["config", "--type=bool", "core.bare"]);
        let output = command::output(git, &[0, 1])?;
        let place = Self { work_tree: None, git_dir: dir.into(), common_dir: dir.into(), index: None };
        Ok(output.starts_with(b"true").then_some(place))
    }

    fn is_shallow(&self) -> bool {
        std::fs::metadata(self.common_dir.join("shallow")).is_ok_and(|m| m.len() > 0)
    }

    fn is_partial(&self) -> bool {
        let Ok(packs) = std::fs::read_dir(self.common_dir.join("objects/pack")) else { return false };
        packs.flatten().any(|e| e.path().extension().is_some_and(|x| x == "promisor"))
    }

    /// A git command in this repository, to be completed.
    fn command(&self, dir: Option<&Path>) -> std::process::Command {
        let mut git = command::base(dir.or(self.work_tree.as_deref()).unwrap_or(&self.git_dir));
        // Named outright, so that git neither searches nor asks who owns them.
        git.arg("--git-dir").arg(&self.git_dir);
        if let Some(work_tree) = &self.work_tree {
            git.arg("--work-tree").arg(work_tree);
        }
        if let Some(index) = &self.index {
            git.env("GIT_INDEX_FILE", index);
        }
        git
    }

    fn run_codes<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>, good: &[i32]) -> Result<Vec<u8>, GitError> {
        self.run_in(None, args, good)
    }

    fn run_in<S: AsRef<OsStr>>(
        &self,
        dir: Option<&Path>,
        args: impl IntoIterator<Item = S>,
        good: &[i32],
    ) -> Result<Vec<u8>, GitError> {
        let mut git = self.command(dir);
        git.args(args);
        command::output(git, good)
    }
}

/// What every git directory holds.
fn looks_bare(dir: &Path) -> bool {
    dir.join("HEAD").is_file() && dir.join("objects").is_dir() && dir.join("refs").is_dir()
}

/// A pre-commit hook of `git commit FILE` sees the commit to be only in the index that this variable names. One that
/// belongs to another repository is no concern of this one.
fn hook_index(root: &Path, git_dir: &Path) -> Option<PathBuf> {
    let path = root.join(std::env::var_os("GIT_INDEX_FILE")?);
    let parent = path.parent()?.canonicalize().ok()?;
    (parent == git_dir).then(|| parent.join(path.file_name().unwrap_or_default()))
}
