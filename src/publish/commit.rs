//! The commits that are made: of the source commit and the tip alone, so that the same work gives the same ids.

use super::report::Source;
use super::{Publishing, trailers};
use crate::git::{Identity, NewCommit, NewObject, ObjectId, ObjectKind};

/// Who commits where nobody is configured.
pub(super) fn terrace() -> Identity {
    Identity { name: "Terrace".to_owned(), email: "terrace@terrace.dev".to_owned() }
}

/// The commit of a branch.
pub(super) fn commit(
    publishing: &Publishing<'_>,
    source: &Source,
    tree: ObjectId,
    parent: Option<ObjectId>,
) -> NewObject {
    let message = &source.message;
    let fallback = terrace();
    let url = publishing.url.as_deref();
    let text = trailers::compose(message, publishing.message.as_deref(), url, &publishing.snapshot.revisions);
    let commit = NewCommit {
        tree,
        parent,
        author: &message.author,
        author_date: &message.author_date,
        committer: source.committer.as_deref().unwrap_or(&fallback),
        committer_date: &message.committer_date,
        message: &text,
    };
    NewObject::new(source.format, ObjectKind::Commit, commit.to_bytes())
}
