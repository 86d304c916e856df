//! What can go wrong with git.

use std::fmt;
use std::path::PathBuf;

use super::{ObjectId, ObjectKind};

/// Why git could not answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GitError {
    /// There is no `git` command.
    #[error("git is not installed, or not on the PATH")]
    NotInstalled,
    /// The directory to look into can't be entered.
    #[error("`{}` can't be entered: {reason}", dir.display())]
    NoDirectory {
        /// The directory.
        dir: PathBuf,
        /// What the operating system says.
        reason: String,
    },
    /// `git` is there but did not start.
    #[error("`git {command}` could not be run: {reason}")]
    NotRun {
        /// The git command.
        command: String,
        /// What the operating system says.
        reason: String,
    },
    /// git gave up.
    #[error("`git {command}` failed: {stderr}")]
    Failed {
        /// The git command.
        command: String,
        /// Its exit code; none if a signal ended it.
        code: Option<i32>,
        /// What it said.
        stderr: String,
    },
    /// git said something that isn't in its contract.
    #[error("`git {command}` gave an answer that can't be understood: {found}")]
    Answer {
        /// The git command.
        command: String,
        /// The answer, or its beginning.
        found: String,
    },
    /// The object isn't in this clone.
    #[error("git object {id} is missing from this clone{}", missing_help(*shallow, *partial))]
    MissingObject {
        /// Which object.
        id: ObjectId,
        /// Whether history was cut off when cloning.
        shallow: bool,
        /// Whether contents were left out when cloning.
        partial: bool,
    },
    /// The object is larger than the caller wants to read.
    #[error("git object {name} has {size} bytes, more than the limit of {limit}")]
    TooLarge {
        /// Which object.
        name: String,
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// The object is of another kind.
    #[error("git object {id} is a {found}, not a {expected}")]
    WrongKind {
        /// Which object.
        id: ObjectId,
        /// What was asked for.
        expected: ObjectKind,
        /// What it is.
        found: ObjectKind,
    },
    /// No branch, tag or commit has this name.
    #[error(transparent)]
    UnknownRevision(Box<UnknownRevision>),
    /// More than one commit begins with this short id.
    #[error("`{revision}` is the beginning of more than one commit id; write more of it")]
    AmbiguousRevision {
        /// The short id.
        revision: String,
    },
    /// The revision has no such directory.
    #[error("there is no directory `{path}` at `{revision}`")]
    NoSuchDirectory {
        /// The directory below the repository's root.
        path: String,
        /// The revision as it was named.
        revision: String,
    },
    /// What is staged is no tree yet.
    #[error("there are unmerged files: finish the merge, and stage what is to be committed")]
    Unmerged,
    /// The two commits have no common ancestor in this clone.
    #[error("`{left}` and `{right}` have no common ancestor in this clone{}", missing_help(*shallow, false))]
    NoMergeBase {
        /// One commit, as it was named.
        left: String,
        /// The other.
        right: String,
        /// Whether history was cut off when cloning.
        shallow: bool,
    },
}

impl GitError {
    pub(super) fn answer(command: &str, found: &str) -> Self {
        Self::Answer { command: command.to_owned(), found: found.chars().take(200).collect() }
    }
}

/// How to mend a shallow clone.
pub const DEEPEN: &str =
    "set `fetch-depth: 0` on actions/checkout (`GIT_DEPTH: 0` on GitLab), or run `git fetch --unshallow`";

fn missing_help(shallow: bool, partial: bool) -> String {
    match (partial, shallow) {
        (true, _) => ", which is partial (`--filter`), and nothing is fetched while compiling: \
            clone without a filter, or run `git fetch --refetch --no-filter`"
            .to_owned(),
        (_, true) => format!(", which is shallow: {DEEPEN}"),
        _ => String::new(),
    }
}

/// A revision that this clone doesn't know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnknownRevision {
    /// As it was named.
    pub revision: String,
    /// Branches and tags with similar names, nearest first.
    pub near: Vec<String>,
    /// Whether history was cut off when cloning.
    pub shallow: bool,
    /// Whether the clone fetches only some of its remote's branches.
    pub single_branch: bool,
}

impl UnknownRevision {
    /// What to do about it, one hint each.
    pub fn hints(&self) -> Vec<String> {
        let mut hints = Vec::new();
        if !self.near.is_empty() {
            let names: Vec<String> = self.near.iter().map(|n| format!("`{n}`")).collect();
            hints.push(format!("did you mean {}?", names.join(" or ")));
        }
        if self.shallow {
            hints.push(format!("this clone is shallow: {DEEPEN}"));
        }
        if self.single_branch {
            hints.push(
                "this clone fetches only some branches: `git remote set-branches origin '*' && git fetch origin`"
                    .to_owned(),
            );
        }
        hints
    }
}

impl fmt::Display for UnknownRevision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.revision.as_str() {
            "HEAD" => f.write_str("`HEAD` has no commit yet")?,
            name => write!(f, "there is no branch, tag or commit `{name}` in this clone")?,
        }
        for hint in self.hints() {
            write!(f, "; {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for UnknownRevision {}
