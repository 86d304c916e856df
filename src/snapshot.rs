//! A fleet as it was compiled from one state of its repository, without what only compiling needs: what [`crate::diff`]
//! compares and [`crate::publish`] commits.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::argocd::ignore_differences::IgnoreDifferences;
use crate::diag::Severity;
use crate::tree::{ClusterTree, Held};

/// What was compiled from one state.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// How people call the state: `the working tree`, `origin/main`.
    pub name: String,
    /// The commit it was compiled from; none for a working tree.
    pub commit: Option<String>,
    /// What other revisions were found to be, where sources are read at the revisions they name.
    pub revisions: Vec<Resolved>,
    /// The clusters, by name.
    pub clusters: Vec<ClusterFacts>,
    /// What each gets, clusters by name. Held apps are among them, with the reason and without objects.
    pub trees: Vec<ClusterTree>,
    /// What of each app's objects doesn't count where it differs (`ignoreDifferences`), by cluster and by the app's name in
    /// the tree. Apps that ignore nothing are left out.
    pub ignored: BTreeMap<(Arc<str>, Arc<str>), Vec<IgnoreDifferences>>,
    /// What was found, in the order of the run.
    pub findings: Vec<Finding>,
    /// Apps that are held and whose cluster isn't known: name and reason.
    pub homeless: Vec<(Arc<str>, Held)>,
}

/// A revision that was read from git.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Resolved {
    /// The repository: its name, or else its URL; empty for the fleet's own.
    pub repository: String,
    /// The revision as it is named.
    pub revision: String,
    /// The commit's id.
    pub commit: String,
}

/// What is known of a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterFacts {
    /// Its name.
    pub name: Arc<str>,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// The URL of its server.
    pub server: Option<String>,
}

/// A finding, without the texts it points into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The code's name.
    pub code: String,
    /// How bad.
    pub severity: Severity,
    /// What was found.
    pub message: String,
    /// The place that has to change.
    pub place: Option<Place>,
    /// What to do about it.
    pub hints: Vec<String>,
    /// The cluster it concerns.
    pub cluster: Option<Arc<str>>,
    /// The app, by its name in the tree.
    pub app: Option<Arc<str>>,
    /// The object.
    pub object: Option<Arc<str>>,
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file, as it is shown.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
}
