//! What is remembered of a branch beside its commits: the newest source commit that was published to it.
//!
//! A source commit that gives what already stands makes no commit, so the branch doesn't tell of it. Without a memory, an
//! older run that ends later would go on from the branch as if nothing had happened since, and put its own content over
//! what a newer commit, perhaps one that reverts it, has confirmed. The memory is a ref, `refs/terrace/<branch>`: a commit
//! without files whose message names the source commit. It is moved together with its branch, all or nothing, by whoever
//! publishes something, and alone by whoever confirms what stands; so of the two at once, one sees the other.

use super::commit::terrace;
use super::report::{Source, short};
use super::trailers;
use crate::git::{NewCommit, NewObject, ObjectKind};

/// The ref that remembers for a branch.
pub(super) fn name(branch: &str) -> String {
    format!("refs/terrace/{branch}")
}

/// What it points at, for a source commit: the same on all branches.
pub(super) fn objects(source: &Source) -> [NewObject; 2] {
    let tree = NewObject::tree(source.format, Vec::new());
    let who = terrace();
    let id = source.commit.to_string();
    let message = format!("Published up to {}\n\n{}", short(&id), trailers::sha_trailer(source.commit));
    let commit = NewCommit {
        tree: tree.id,
        parent: None,
        author: &who,
        author_date: &source.message.committer_date,
        committer: &who,
        committer_date: &source.message.committer_date,
        message: &message,
    };
    let commit = NewObject::new(source.format, ObjectKind::Commit, commit.to_bytes());
    [tree, commit]
}
