//! Which cluster goes to which directory of which branch, and what can't be meant.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Publishing, secrets};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::git::branch_name_fault;
use crate::tree::ClusterTree;

/// Where a cluster's tree goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// The cluster.
    pub cluster: Arc<str>,
    /// The branch, without `refs/heads/`.
    pub branch: String,
    /// The directory, with `/`; empty: the branch's root.
    pub directory: String,
}

/// What goes to each branch, by name.
pub(super) struct Plan<'a> {
    pub branches: Vec<Branch<'a>>,
}

/// One branch.
pub(super) struct Branch<'a> {
    pub name: String,
    pub clusters: Vec<Cluster<'a>>,
}

/// One cluster on a branch.
pub(super) struct Cluster<'a> {
    pub tree: &'a ClusterTree,
    pub directory: String,
    /// Whether it holds Secrets that may not be published.
    pub refused: bool,
}

/// Plans it all. None: nothing is published, and the diagnostics say why; with a plan they tell what is left out.
pub(super) fn plan<'a>(publishing: &'a Publishing<'_>) -> (Option<Plan<'a>>, Diagnostics) {
    let mut diagnostics = Diagnostics::new();
    let mut by_branch: BTreeMap<&str, Vec<(&Destination, &ClusterTree)>> = BTreeMap::new();
    for destination in &publishing.destinations {
        let tree = publishing.snapshot.trees.iter().find(|tree| tree.cluster == destination.cluster);
        let Some(tree) = tree else { continue };
        for fault in [name_fault(destination), directory_fault(destination)].into_iter().flatten() {
            diagnostics.push(fault.about(Some(&destination.cluster), None));
        }
        by_branch.entry(&destination.branch).or_default().push((destination, tree));
    }
    let names: Vec<&str> = by_branch.keys().copied().collect();
    diagnostics.extend(taken(publishing, &names));
    diagnostics.extend(crossing(&names));
    for (branch, clusters) in &by_branch {
        diagnostics.extend(meeting(branch, clusters));
    }
    if diagnostics.has_errors() {
        return (None, diagnostics);
    }
    let mut branches = Vec::new();
    for (name, clusters) in by_branch {
        let mut on_branch = Vec::new();
        for (destination, tree) in clusters {
            let found = match publishing.allow_secrets {
                true => Diagnostics::new(),
                false => secrets::plain(tree, &publishing.rules),
            };
            let refused = !found.is_empty();
            diagnostics.extend(found);
            on_branch.push(Cluster { tree, directory: destination.directory.clone(), refused });
        }
        branches.push(Branch { name: name.to_owned(), clusters: on_branch });
    }
    (Some(Plan { branches }), diagnostics)
}

fn name_fault(destination: &Destination) -> Option<Diagnostic> {
    let name = &destination.branch;
    let fault = branch_name_fault(name)?;
    let message = format!("`{name}` can't be the name of a branch: {fault}");
    Some(Diagnostic::error(Code::INVALID_VALUE, message).hint("give `--branch` a template whose names git takes"))
}

fn directory_fault(destination: &Destination) -> Option<Diagnostic> {
    let directory = &destination.directory;
    let bad = |part: &str| match part {
        "" => Some("a part between slashes is empty"),
        "." | ".." => Some("it has `.` or `..`"),
        part if part.eq_ignore_ascii_case(".git") => Some("git keeps `.git` for itself"),
        part if part.contains(['\\', ':']) => Some("it has `\\` or `:`"),
        part if part.chars().any(char::is_control) => Some("it has a control character"),
        _ => None,
    };
    let fault = if directory.is_empty() { None } else { directory.split('/').find_map(bad) }?;
    let message = format!("`{directory}` can't be a directory of the branch `{}`: {fault}", destination.branch);
    Some(Diagnostic::error(Code::INVALID_VALUE, message).hint("give `--path` a template of relative paths"))
}

/// Branches that are somebody's work: the source's, and those that are checked out.
fn taken(publishing: &Publishing<'_>, names: &[&str]) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    // What is checked out here doesn't matter to a remote.
    let checked_out = match publishing.remote {
        Some(_) => BTreeMap::new(),
        None => publishing.repository.checked_out().unwrap_or_else(|error| {
            diagnostics.push(super::failed(&error));
            BTreeMap::new()
        }),
    };
    for name in names {
        let why = match checked_out.get(*name) {
            _ if publishing.source_branch == Some(name) => "it is the branch of the sources".to_owned(),
            Some(place) => format!("it is checked out in `{place}`"),
            None => continue,
        };
        let message = format!("the branch `{name}` can't be published to: {why}");
        let hint = "give `--branch` a template that names branches of their own, such as `env/{{ cluster.name }}`";
        diagnostics.push(Diagnostic::error(Code::BRANCH_IN_USE, message).hint(hint));
    }
    diagnostics
}

/// Branches that git can't have beside each other: `env` and `env/a`, and those that differ in case alone.
fn crossing(names: &[&str]) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    let mut folded: BTreeMap<String, &str> = BTreeMap::new();
    for name in names {
        if let Some(other) = folded.insert(name.to_lowercase(), name) {
            let message = format!("the branches `{other}` and `{name}` differ only in case");
            diagnostics.push(
                Diagnostic::error(Code::DUPLICATE_NAME, message)
                    .hint("not every file system keeps them apart: give `--branch` a template that does"),
            );
        }
    }
    let all: BTreeSet<&str> = names.iter().copied().collect();
    for name in names {
        for (at, _) in name.match_indices('/') {
            let above = name.get(..at).unwrap_or_default();
            if all.contains(above) {
                let message = format!("there can't be both a branch `{above}` and a branch `{name}`");
                diagnostics.push(Diagnostic::error(Code::DUPLICATE_NAME, message).hint("git keeps branches as paths"));
            }
        }
    }
    diagnostics
}

/// Clusters of one branch in one directory, or one inside of another's.
fn meeting(branch: &str, clusters: &[(&Destination, &ClusterTree)]) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    let mut sorted: Vec<(String, &Destination)> =
        clusters.iter().map(|(destination, _)| (destination.directory.to_lowercase(), *destination)).collect();
    sorted.sort_by(|a, b| (&a.0, &a.1.cluster).cmp(&(&b.0, &b.1.cluster)));
    for (at, (directory, one)) in sorted.iter().enumerate() {
        for (other_directory, other) in sorted.iter().skip(at + 1) {
            let inside = other_directory.strip_prefix(directory.as_str());
            let meets = directory.is_empty() || inside.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
            if !meets {
                continue;
            }
            let place = match one.directory.as_str() {
                "" => "the root".to_owned(),
                directory => format!("the directory `{directory}`"),
            };
            let (one, other) = (&one.cluster, &other.cluster);
            let message = match directory == other_directory {
                true => format!("the clusters `{one}` and `{other}` would both go to {place} of the branch `{branch}`"),
                false => format!("`{other}` would go inside of {place} of the branch `{branch}`, which is `{one}`'s"),
            };
            diagnostics.push(
                Diagnostic::error(Code::DUPLICATE_NAME, message)
                    .hint("give each a directory of its own, such as `--path '{{ cluster.name }}'`"),
            );
            // One is enough for the two; those that follow meet it as well.
            break;
        }
    }
    diagnostics
}
