//! Commits the trees of a snapshot to rendered branches.
//!
//! In order: [`plan`] gives each cluster its branch and directory and refuses what can't be meant, before anything is
//! read; [`judge`] looks at a branch's tip and says whether we may go on from it; [`compose`] lays the clusters' trees out
//! beside the index that stands there, in memory; [`commit`] says what the commit is; [`round`] writes the objects and
//! moves the branches, and tries again where somebody else was faster.
//!
//! Nothing here has a lock, a clock or a state of its own. A branch is moved only from the tip that was built on, so of two
//! publishers one sees the other's commit and judges anew; and a commit is made of the source commit and that tip alone,
//! so whoever does the same work makes the same commit. [`mark`] is the one thing beside the branches that is written: it
//! remembers that a newer source commit gave what stands.

mod branch_tree;
mod commit;
mod compose;
mod judge;
mod mark;
mod plan;
mod push;
mod report;
mod round;
mod secrets;
mod trailers;

use std::sync::Arc;

pub use plan::Destination;
pub use report::{BranchReport, ClusterReport, ClusterState, Outcome, Report, Source};
pub use trailers::published_url;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::git::{GitError, ObjectId, RemotePlace, Repository};
use crate::snapshot::Snapshot;
use crate::tree::arrange::Rules;

/// What to publish, where, and how.
pub struct Publishing<'a> {
    /// The repository: it has the source commit, and gets the objects.
    pub repository: &'a Repository,
    /// What was compiled.
    pub snapshot: &'a Snapshot,
    /// The branch that the source commit is of, if it has one.
    pub source_branch: Option<&'a str>,
    /// Where each cluster goes. Those that aren't named here are left alone.
    pub destinations: Vec<Destination>,
    /// How trees are laid out, and which apps are published.
    pub rules: Rules<'a>,
    /// The remote to push to; none: local branches are moved.
    pub remote: Option<RemotePlace>,
    /// The URL of the source repository, for the trailers.
    pub url: Option<String>,
    /// What the commits say instead of the source commit's message.
    pub message: Option<String>,
    /// Whether clusters with held apps are published, these apps as they stand on the branch.
    pub partial: bool,
    /// Whether Secrets may hold their data in plain.
    pub allow_secrets: bool,
    /// Whether to go on from a branch whose source commit isn't in the history of ours.
    pub allow_diverged: bool,
    /// Whether to go on from a branch that Terrace didn't make.
    pub adopt: bool,
    /// Whether nothing is written.
    pub dry_run: bool,
    /// Asked before anything is written: whether all texts that earlier runs kept could be had.
    pub intact: &'a (dyn Fn() -> bool + Sync),
}

/// Publishes, and says what became of each branch.
pub fn publish(publishing: &Publishing<'_>) -> Report {
    let source = match Source::read(publishing) {
        Ok(source) => source,
        Err(diagnostic) => return Report { diagnostics: diagnostic.into(), ..Report::default() },
    };
    let (plan, diagnostics) = plan::plan(publishing);
    let mut report = Report { source: Some(source.clone()), diagnostics, ..Report::default() };
    if let Some(plan) = plan {
        round::rounds(publishing, &source, &plan, &mut report);
    }
    report
}

impl Source {
    fn read(publishing: &Publishing<'_>) -> Result<Self, Diagnostic> {
        let id = publishing.snapshot.commit.as_deref().and_then(ObjectId::from_hex);
        let id = id.ok_or_else(|| {
            Diagnostic::error(Code::UNKNOWN_REVISION, "only what was compiled from a commit can be published")
        })?;
        let repository = publishing.repository;
        let message = repository.message(id).map_err(|error| failed(&error))?;
        let committer = repository.committer().map_err(|error| failed(&error))?;
        let format = repository.object_format().map_err(|error| failed(&error))?;
        Ok(Self { commit: id, message: Arc::new(message), committer: committer.map(Arc::new), format })
    }
}

/// git failed at what isn't the matter of one branch.
fn failed(error: &GitError) -> Diagnostic {
    Diagnostic::error(Code::GIT_FAILED, error.to_string())
}

/// The same for one branch.
fn failed_at(branch: &str, error: &GitError) -> Diagnostics {
    Diagnostic::error(Code::GIT_FAILED, format!("the branch `{branch}` can't be published: {error}")).into()
}
