//! Branches: their names, their tips, and how they are moved.

use std::collections::BTreeMap;

use super::{Commit, GitError, ObjectId, Repository, command};

/// A ref that is to be moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefMove {
    /// Its full name: `refs/heads/env/prod-01`.
    pub name: String,
    /// Where it has to stand; none: it mustn't be there yet.
    pub old: Option<ObjectId>,
    /// Where it goes; none: it is deleted.
    pub new: Option<ObjectId>,
}

impl RefMove {
    /// What takes it back.
    #[must_use]
    pub fn reversed(self) -> Self {
        Self { name: self.name, old: self.new, new: self.old }
    }
}

/// What became of refs that were to be moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moved {
    /// They stand where they were to go.
    Done,
    /// None was moved, since one isn't where it was to stand, or somebody is moving it just now. What git says.
    Stale(String),
}

/// How two commits stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ancestry {
    /// They are one.
    Same,
    /// The first is an ancestor of the second.
    Before,
    /// The second is an ancestor of the first.
    After,
    /// Neither is an ancestor of the other, as far as this clone knows.
    Apart,
}

/// Why git has no branch of this name; none if it could (git-check-ref-format(1)).
pub fn branch_name_fault(name: &str) -> Option<&'static str> {
    let part = |bad: fn(&str) -> bool| name.split('/').any(bad);
    let fault = match name {
        "" => "it is empty",
        "@" | "HEAD" => "git keeps that name for itself",
        _ if name.starts_with('-') => "it begins with `-`",
        _ if name.starts_with('/') || name.ends_with('/') || name.contains("//") => "a part between slashes is empty",
        _ if part(|p| p.starts_with('.')) => "a part begins with `.`",
        _ if part(|p| p.ends_with(".lock")) => "a part ends with `.lock`",
        _ if name.ends_with('.') => "it ends with `.`",
        _ if name.contains("..") => "it has `..`",
        _ if name.contains("@{") => "it has `@{`",
        _ if name.chars().any(|c| c.is_ascii_control() || c == ' ') => "it has a space or a control character",
        _ if name.contains(|c: char| "~^:?*[\\".contains(c)) => "it has one of `~ ^ : ? * [ \\`",
        _ => return None,
    };
    Some(fault)
}

impl Repository {
    /// The local refs below these prefixes, by full name.
    ///
    /// # Errors
    /// git fails.
    pub fn refs_below(&self, prefixes: &[&str]) -> Result<BTreeMap<String, ObjectId>, GitError> {
        let args = ["for-each-ref", "--format=%(objectname) %(refname)"];
        let output = self.run([&args[..], prefixes].concat())?;
        Ok(parse_refs(&String::from_utf8_lossy(&output), ' '))
    }

    /// The branches that are checked out, in any worktree.
    ///
    /// # Errors
    /// git fails.
    pub fn checked_out(&self) -> Result<BTreeMap<String, String>, GitError> {
        let output = self.run(["worktree", "list", "--porcelain"])?;
        let (mut found, mut place) = (BTreeMap::new(), String::new());
        for line in String::from_utf8_lossy(&output).lines() {
            if let Some(path) = line.strip_prefix("worktree ") {
                path.clone_into(&mut place);
            } else if let Some(branch) = line.strip_prefix("branch refs/heads/") {
                found.insert(branch.to_owned(), place.clone());
            }
        }
        Ok(found)
    }

    /// Moves refs, all of them or none, each from where it is said to stand.
    ///
    /// # Errors
    /// git fails for another reason than that one of them stands elsewhere.
    pub fn move_refs(&self, moves: &[RefMove], reason: &str) -> Result<Moved, GitError> {
        let mut input = String::from("start\n");
        for RefMove { name, old, new } in moves {
            let line = match (old, new) {
                (Some(old), Some(new)) => format!("update {name} {new} {old}\n"),
                (None, Some(new)) => format!("create {name} {new}\n"),
                (Some(old), None) => format!("delete {name} {old}\n"),
                (None, None) => continue,
            };
            input.push_str(&line);
        }
        // Nothing is done without the last line: whoever is killed before it has moved nothing.
        input.push_str("prepare\ncommit\n");
        let mut git = self.place.command(None);
        git.args(["update-ref", "-m", reason, "--stdin"]);
        command::outlive(&mut git);
        let output = command::run_with(git, input.as_bytes())?;
        if output.status.success() {
            return Ok(Moved::Done);
        }
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        match said.contains("cannot lock ref") || said.contains("already exists") || said.contains("but expected") {
            true => Ok(Moved::Stale(said)),
            false => Err(command::failure("update-ref", &output)),
        }
    }

    /// How two commits of this clone stand to each other.
    ///
    /// # Errors
    /// git fails.
    pub fn ancestry(&self, one: ObjectId, other: ObjectId) -> Result<Ancestry, GitError> {
        let is_ancestor = |a: ObjectId, b: ObjectId| -> Result<bool, GitError> {
            let (a, b) = (a.to_string(), b.to_string());
            let mut git = self.place.command(None);
            git.args(["merge-base", "--is-ancestor", &a, &b]);
            let output = command::run_with(git, b"")?;
            match output.status.code() {
                Some(0) => Ok(true),
                Some(1) => Ok(false),
                _ => Err(command::failure("merge-base", &output)),
            }
        };
        Ok(match one == other {
            true => Ancestry::Same,
            false if is_ancestor(one, other)? => Ancestry::Before,
            false if is_ancestor(other, one)? => Ancestry::After,
            false => Ancestry::Apart,
        })
    }

    /// The commit of that id; none if this clone doesn't have it.
    ///
    /// # Errors
    /// git fails.
    pub fn commit(&self, id: ObjectId) -> Result<Option<Commit>, GitError> {
        let object = self.named(&id.to_string())?;
        object.map(|object| super::revision::commit(&object, &id.to_string())).transpose()
    }
}

/// Lines of an id and a ref's name.
pub(super) fn parse_refs(text: &str, between: char) -> BTreeMap<String, ObjectId> {
    let line = |line: &str| {
        let (id, name) = line.split_once(between)?;
        Some((name.to_owned(), ObjectId::from_hex(id)?))
    };
    text.lines().filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_judged_as_git_does() {
        for good in ["env/prod-01", "a", "release/1.0", "a-b_c", "ü", "a@b", "a.b/c"] {
            assert_eq!(branch_name_fault(good), None, "{good}");
        }
        let bad = [
            "", "@", "HEAD", "-a", "/a", "a/", "a//b", ".a", "a/.b", "a.lock", "a.lock/b", "a.", "a..b", "a@{b", "a b",
            "a~b", "a^", "a:b", "a?", "a*", "a[b", "a\\b", "a\tb", "a\n",
        ];
        for bad in bad {
            assert!(branch_name_fault(bad).is_some(), "{bad:?}");
        }
    }
}
