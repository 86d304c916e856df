//! May we go on from what stands on a branch?

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::Publishing;
use super::report::{Source, short};
use super::trailers::source_commit;
use crate::diag::{Code, Diagnostic};
use crate::git::{Ancestry, DEEPEN, GitError, ObjectId};
use crate::tree::index::INDEX_FILE;

/// How many commits of others may stand on one of ours.
const LOOK_BACK: usize = 500;

/// Where a branch stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tips {
    /// Its last commit; of a branch that only a remote has, the remote's.
    pub tip: Option<ObjectId>,
    /// What is remembered of it.
    pub mark: Option<ObjectId>,
}

/// What to do with a branch.
pub(super) enum Verdict {
    /// Go on from its tip. Whether it is known already that ours, or what ours stands for, was published.
    GoOn {
        /// Whether the newest source commit that is known of the branch is ours.
        same: bool,
    },
    /// It holds what this later source commit gives.
    Superseded(ObjectId),
    /// Leave it alone.
    Refused(Box<Diagnostic>),
}

/// How the source commits that branches name stand to ours: asked once a run each, as all branches name few.
pub(super) type Relations = Mutex<BTreeMap<ObjectId, Relation>>;

/// Judges a branch.
pub(super) fn judge(
    publishing: &Publishing<'_>,
    source: &Source,
    relations: &Relations,
    branch: &str,
    directories: &[&str],
    tips: Tips,
) -> Result<Verdict, GitError> {
    let repository = publishing.repository;
    let Some(tip) = tips.tip else { return Ok(Verdict::GoOn { same: false }) };
    let published = match source_commit(&repository.message_text(tip)?) {
        Some(id) => Some(id),
        None => repository.history(tip, LOOK_BACK)?.iter().find_map(|(_, message)| source_commit(message)),
    };
    if published.is_none()
        && !publishing.adopt
        && let Some(refusal) = foreign(publishing, branch, directories, tip)?
    {
        return Ok(Verdict::Refused(Box::new(refusal)));
    }
    let marked = match tips.mark {
        Some(mark) => source_commit(&repository.message_text(mark)?),
        None => None,
    };
    let mut refusal = None;
    for theirs in [marked, published].into_iter().flatten() {
        let relation = {
            let mut known = relations.lock().unwrap_or_else(PoisonError::into_inner);
            match known.get(&theirs) {
                Some(relation) => *relation,
                None => {
                    let found = relation(publishing, source, theirs)?;
                    known.insert(theirs, found);
                    found
                }
            }
        };
        match relation {
            Relation::Later => return Ok(Verdict::Superseded(theirs)),
            Relation::Earlier | Relation::Same => {}
            _ if publishing.allow_diverged => {}
            relation => refusal = refusal.or_else(|| Some(diverged(publishing, source, branch, theirs, relation))),
        }
    }
    Ok(match refusal {
        Some(refusal) => Verdict::Refused(Box::new(refusal)),
        None => Verdict::GoOn { same: marked.or(published) == Some(source.commit) },
    })
}

/// How the source commit of a branch stands to ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relation {
    Same,
    /// Ours descends from theirs.
    Earlier,
    /// Theirs descends from ours.
    Later,
    Diverged,
    Unknown,
}

fn relation(publishing: &Publishing<'_>, source: &Source, theirs: ObjectId) -> Result<Relation, GitError> {
    let repository = publishing.repository;
    if theirs == source.commit {
        return Ok(Relation::Same);
    }
    if repository.commit(theirs)?.is_none() {
        // A run that ends late meets commits that are newer than its clone.
        let Some(remote) = publishing.remote.as_ref().filter(|_| !repository.is_shallow()) else {
            return Ok(Relation::Unknown);
        };
        let mut wanted = vec![theirs.to_string()];
        wanted.extend(publishing.source_branch.map(|branch| format!("refs/heads/{branch}")));
        let came = wanted.iter().any(|name| {
            let fetched = repository.fetch(remote, std::slice::from_ref(name), None);
            fetched.is_ok() && repository.commit(theirs).is_ok_and(|commit| commit.is_some())
        });
        if !came {
            return Ok(Relation::Unknown);
        }
    }
    Ok(match repository.ancestry(theirs, source.commit)? {
        Ancestry::Same => Relation::Same,
        Ancestry::Before => Relation::Earlier,
        Ancestry::After => Relation::Later,
        Ancestry::Apart => Relation::Diverged,
    })
}

fn diverged(
    publishing: &Publishing<'_>,
    source: &Source,
    branch: &str,
    theirs: ObjectId,
    relation: Relation,
) -> Diagnostic {
    let (ours, theirs) = (source.commit.to_string(), theirs.to_string());
    let (ours, theirs) = (short(&ours), short(&theirs));
    let message = match relation {
        Relation::Unknown => format!(
            "the branch `{branch}` was published from {theirs}, which this clone doesn't have: \
             whether {ours} is newer can't be told"
        ),
        _ => format!(
            "the branch `{branch}` was published from {theirs}, and neither it nor {ours} descends from the other"
        ),
    };
    let mut diagnostic = Diagnostic::error(Code::SOURCE_DIVERGED, message);
    diagnostic = match (publishing.repository.is_shallow(), relation) {
        (true, _) => diagnostic.hint(format!("this clone is shallow: {DEEPEN}")),
        (false, Relation::Unknown) => diagnostic.hint(format!("fetch it: `git fetch origin {theirs}`")),
        (false, _) => diagnostic.hint(format!("merge or rebase, so that {theirs} comes before what is published")),
    };
    diagnostic.hint("`--allow-diverged` publishes it all the same, in place of what stands there")
}

/// What keeps us from a branch without a commit of ours: it has files.
fn foreign(
    publishing: &Publishing<'_>,
    branch: &str,
    directories: &[&str],
    tip: ObjectId,
) -> Result<Option<Diagnostic>, GitError> {
    let repository = publishing.repository;
    let Some(commit) = repository.commit(tip)? else { return Ok(None) };
    let items = repository.tree(commit.tree)?;
    if items.is_empty() {
        return Ok(None);
    }
    let mut has_index = false;
    for directory in directories {
        has_index |= has_file(publishing, commit.tree, directory)?;
    }
    let (what, hint) = match has_index {
        true => (
            "it holds a tree of terrace, but no commit says which source commit it is of",
            "if somebody wrote its commits anew and what stands there isn't newer, `--adopt` goes on from it",
        ),
        false => (
            "it has files, and none of its commits is terrace's",
            "if it is meant for rendered files, `--adopt` goes on from it and keeps what is there",
        ),
    };
    let message = format!("the branch `{branch}` is somebody else's: {what}");
    let mut diagnostic = Diagnostic::error(Code::BRANCH_FOREIGN, message);
    if repository.is_shallow() {
        diagnostic = diagnostic.hint(format!("this clone is shallow: {DEEPEN}"));
    }
    Ok(Some(diagnostic.hint(hint)))
}

/// Whether a directory of a tree has an index.
fn has_file(publishing: &Publishing<'_>, tree: ObjectId, directory: &str) -> Result<bool, GitError> {
    let mut items = publishing.repository.tree(tree)?;
    for part in directory.split('/').filter(|part| !part.is_empty()) {
        let below = items.iter().find(|item| &*item.name == part.as_bytes() && item.mode == crate::git::TREE_MODE);
        let Some(below) = below.map(|item| item.id) else { return Ok(false) };
        items = publishing.repository.tree(below)?;
    }
    Ok(items.iter().any(|item| &*item.name == INDEX_FILE.as_bytes()))
}
