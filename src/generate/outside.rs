//! What generators get from outside. They know nothing of fleets, plans or the command line.

use std::collections::BTreeSet;

use super::inputs::Inputs;
use crate::argocd::Version;
use crate::config::cluster::Cluster;
use crate::diag::Diagnostic;
use crate::source::Origin;
use crate::world::{FilePath, Reader};

/// A repository that a generator asks for.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// `repoURL`.
    pub url: &'a str,
    /// `revision`; empty for the default branch.
    pub revision: &'a str,
    /// Where the URL is said.
    pub url_at: Origin,
    /// Where the revision is said.
    pub revision_at: Origin,
}

/// Finds the root of a repository at a revision.
pub type Repositories<'a> = dyn Fn(Wanted) -> Result<FilePath, Diagnostic> + 'a;

/// What generators get from outside.
pub struct Outside<'a, 'w> {
    /// Where files are read, and recorded.
    pub reader: &'a Reader<'w>,
    /// The clusters that are registered with this Argo CD. The one that it runs in need not be among them.
    pub clusters: &'a [Cluster],
    /// Which tree a repository is.
    pub repositories: &'a Repositories<'a>,
    /// What SCM providers, plugins and other controllers answered.
    pub inputs: &'a Inputs,
    /// The projects that exist; none if that isn't known.
    pub projects: Option<&'a BTreeSet<String>>,
    /// Whether Applications are left out whose destination is none of the clusters.
    pub check_destinations: bool,
    /// The namespace of Argo CD: `argocd` unless told otherwise.
    pub namespace: &'a str,
    /// Whose behaviour.
    pub version: Version,
    /// Whether `files` of git generators are doublestar's globs
    /// (`applicationsetcontroller.enable.new.git.file.globbing`).
    pub new_git_file_globbing: bool,
}

/// The namespace of Argo CD where nobody says.
pub const NAMESPACE: &str = "argocd";
