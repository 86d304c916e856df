//! From the name of a revision to a commit.

use std::collections::{BTreeMap, BTreeSet};

use super::{GitError, Object, ObjectId, ObjectKind, Repository, UnknownRevision, command};
use crate::diag::closest;

/// A commit, and how it was named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Its id.
    pub id: ObjectId,
    /// Its tree: the root directory.
    pub tree: ObjectId,
    /// The revision as it was named: `main`, `v1.2`, `3f2a9c1`.
    pub revision: String,
}

/// The commit that a run compiles: what `HEAD`, and its own branch, mean in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compiled {
    /// The commit.
    pub commit: Commit,
    /// Its branch, if it has one.
    pub branch: Option<String>,
}

/// How names are understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolveOptions {
    /// The remote whose branches come before local ones.
    pub remote: String,
    /// The commit being compiled; without it, `HEAD` is what is checked out.
    pub compiled: Option<Compiled>,
    /// Names that mean another revision (`--revision-map`). Looked up once, not again in what it gives.
    pub map: BTreeMap<String, String>,
    /// Whether git's expressions (`HEAD~2`, `main@{yesterday}`) are understood: for the command line, not for manifests.
    pub expressions: bool,
}

impl Default for ResolveOptions {
    fn default() -> Self {
        Self { remote: "origin".to_owned(), compiled: None, map: BTreeMap::new(), expressions: false }
    }
}

impl Repository {
    /// The commit that a revision means, the first of: what `--revision-map` says; the commit being compiled for `HEAD`,
    /// nothing and its own branch; a full commit id; the remote's branch of that name; the local branch; the tag; any
    /// other ref; a short commit id; with `expressions`, what git makes of it. A branch comes before a tag of the same
    /// name, as in Argo CD (the order of `git ls-remote`).
    pub fn resolve(&self, revision: &str, options: &ResolveOptions) -> Result<Commit, GitError> {
        let mapped = options.map.get(revision);
        let name = mapped.map_or(revision, String::as_str);
        let expressions = options.expressions || mapped.is_some();
        if let Some(compiled) = &options.compiled {
            let branch = name.strip_prefix("refs/heads/").unwrap_or(name);
            if matches!(name, "" | "HEAD") || compiled.branch.as_deref() == Some(branch) {
                return Ok(Commit { revision: revision.to_owned(), ..compiled.commit.clone() });
            }
        }
        for candidate in candidates(name, &options.remote, expressions) {
            if let Some(object) = self.named(&format!("{candidate}^{{commit}}"))? {
                return commit(&object, if revision.is_empty() { "HEAD" } else { revision });
            }
        }
        Err(GitError::UnknownRevision(Box::new(self.unknown(name, &options.remote)?)))
    }

    /// The branch that a name means, without the remote's before it; none if it is no branch.
    ///
    /// # Errors
    /// git fails.
    pub fn branch_named(&self, name: &str) -> Result<Option<String>, GitError> {
        let short = name.strip_prefix("refs/heads/").or_else(|| name.strip_prefix("refs/remotes/")).unwrap_or(name);
        if !is_ref_name(short) {
            return Ok(None);
        }
        if self.named(&format!("refs/heads/{short}^{{commit}}"))?.is_some() {
            return Ok(Some(short.to_owned()));
        }
        let remote = self.named(&format!("refs/remotes/{short}^{{commit}}"))?;
        Ok(remote.and_then(|_| short.split_once('/')).map(|(_, branch)| branch.to_owned()))
    }

    /// The names of all tags, sorted.
    ///
    /// # Errors
    /// git fails.
    pub fn tags(&self) -> Result<Vec<String>, GitError> {
        let output = self.run(["for-each-ref", "--format=%(refname)", "refs/tags"])?;
        let refs = String::from_utf8_lossy(&output);
        Ok(refs.lines().filter_map(|name| name.strip_prefix("refs/tags/")).map(str::to_owned).collect())
    }

    /// The best common ancestor of two commits.
    pub fn merge_base(&self, left: &Commit, right: &Commit) -> Result<Commit, GitError> {
        let args = ["merge-base".to_owned(), left.id.to_string(), right.id.to_string()];
        let output = self.place.run_codes(args, &[0, 1])?;
        let text = command::text(&output, "merge-base")?;
        let object = match text.lines().next().and_then(ObjectId::from_hex) {
            Some(id) => self.object(id, super::object::MAX_TREE_BYTES)?,
            None => {
                let (left, right) = (left.revision.clone(), right.revision.clone());
                return Err(GitError::NoMergeBase { left, right, shallow: self.is_shallow() });
            }
        };
        commit(&object, &object.id.to_string())
    }

    /// Whether HEAD has no commit yet.
    ///
    /// # Errors
    /// git fails.
    pub fn is_unborn(&self) -> Result<bool, GitError> {
        Ok(self.named("HEAD^{commit}")?.is_none())
    }

    /// The commit where another left this one: their best common ancestor, or this one itself where none is known.
    ///
    /// # Errors
    /// git fails.
    pub fn left_by(&self, commit: &Commit, other: &Commit) -> Result<Commit, GitError> {
        match self.merge_base(commit, other) {
            Err(GitError::NoMergeBase { .. }) => Ok(commit.clone()),
            base => base,
        }
    }

    /// The remote that stands for all: `origin`, or the only one there is.
    ///
    /// # Errors
    /// git fails.
    pub fn main_remote(&self) -> Result<String, GitError> {
        let mut names: Vec<String> = self.remote_urls()?.into_iter().map(|remote| remote.name).collect();
        names.dedup();
        Ok(match names.as_slice() {
            [only] => only.clone(),
            _ => "origin".to_owned(),
        })
    }

    /// The branch that the remote checks out by default, or else the one of `main` and `master` that exists; none if that
    /// can't be told.
    pub fn default_branch(&self, remote: &str) -> Result<Option<String>, GitError> {
        let head = format!("refs/remotes/{remote}/HEAD");
        let output = self.place.run_codes(["symbolic-ref", "--quiet", &head], &[0, 1])?;
        let prefix = format!("refs/remotes/{remote}/");
        if let Some(branch) = command::text(&output, "symbolic-ref")?.trim_end().strip_prefix(&prefix) {
            return Ok(Some(branch.to_owned()));
        }
        for branch in ["main", "master"] {
            for place in [prefix.as_str(), "refs/heads/"] {
                if self.named(&format!("{place}{branch}^{{commit}}"))?.is_some() {
                    return Ok(Some(branch.to_owned()));
                }
            }
        }
        Ok(None)
    }

    fn unknown(&self, revision: &str, remote: &str) -> Result<UnknownRevision, GitError> {
        let ours = format!("refs/remotes/{remote}/");
        let output = self.run(["for-each-ref", "--format=%(refname)", "refs/heads", "refs/tags", &ours])?;
        let refs = String::from_utf8_lossy(&output);
        let prefixes = ["refs/heads/", "refs/tags/", ours.as_str()];
        let names = refs.lines().filter_map(|r| prefixes.iter().find_map(|p| r.strip_prefix(p)));
        let mut names: BTreeSet<&str> = names.filter(|n| *n != "HEAD").collect();
        let mut near = Vec::new();
        while near.len() < 3
            && let Some(name) = closest(revision, names.iter().copied())
        {
            names.remove(name);
            near.push(name.to_owned());
        }
        let key = format!("remote.{remote}.fetch");
        let fetched = self.place.run_codes(["config", "--get-all", &key], &[0, 1])?;
        let fetched = String::from_utf8_lossy(&fetched);
        let single_branch = !fetched.is_empty() && !fetched.lines().any(|l| l.contains("refs/heads/*:"));
        let revision = if revision.is_empty() { "HEAD" } else { revision };
        Ok(UnknownRevision { revision: revision.to_owned(), near, shallow: self.is_shallow(), single_branch })
    }
}

/// The names to ask git for, best first.
fn candidates(name: &str, remote: &str, expressions: bool) -> Vec<String> {
    if matches!(name, "" | "HEAD") {
        return vec!["HEAD".to_owned()];
    }
    let hex = name.bytes().all(|b| b.is_ascii_hexdigit());
    if hex && matches!(name.len(), 40 | 64) {
        return vec![name.to_owned()];
    }
    let mut found = Vec::new();
    if is_ref_name(name) {
        if let Some(branch) = name.strip_prefix("refs/heads/") {
            found.push(format!("refs/remotes/{remote}/{branch}"));
        }
        if name.starts_with("refs/") {
            found.push(name.to_owned());
        } else {
            let remote = format!("refs/remotes/{remote}/");
            for prefix in [remote.as_str(), "refs/heads/", "refs/tags/", "refs/remotes/", "refs/"] {
                found.push(format!("{prefix}{name}"));
            }
        }
    }
    // Where it could be anything else to git, it would have to be asked for as an expression.
    if expressions || (hex && (4..64).contains(&name.len())) {
        found.push(name.to_owned());
    }
    found
}

/// Whether git could have a ref of this name (git-check-ref-format(1), as far as it keeps expressions out).
fn is_ref_name(name: &str) -> bool {
    let bad = |c: char| c.is_ascii_control() || " ~^:?*[\\".contains(c);
    !name.contains(bad) && !name.contains("..") && !name.contains("@{") && name != "@" && !name.starts_with(['-', '/'])
}

/// What a commit object says.
pub(super) fn commit(object: &Object, revision: &str) -> Result<Commit, GitError> {
    let object = object.clone().expect(ObjectKind::Commit)?;
    let tree = object.data.strip_prefix(b"tree ".as_slice()).and_then(|rest| rest.split(|b| *b == b'\n').next());
    let tree = tree.and_then(|hex| std::str::from_utf8(hex).ok()).and_then(ObjectId::from_hex);
    let tree = tree.ok_or_else(|| GitError::answer("cat-file", &format!("the commit {} is malformed", object.id)))?;
    Ok(Commit { id: object.id, tree, revision: revision.to_owned() })
}
