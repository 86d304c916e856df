//! Lays clusters out on a branch, beside what stands there. Reads git objects and writes nothing.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::Publishing;
use super::branch_tree::{BranchTree, Flat, InTheWay, Leaf};
use super::plan::{Branch, Cluster};
use super::report::{ClusterReport, ClusterState, Source};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::git::{FILE_MODE, GitError, NewObject, ObjectFormat, ObjectId, ObjectKind};
use crate::tree::arrange::{Arrangement, Content, arrange};
use crate::tree::index::{INDEX_FILE, Index, StateName};

/// The largest index that is read, in bytes.
const MAX_INDEX_BYTES: u64 = 256 << 20;

/// A branch as it is to be.
pub(super) struct Composed {
    /// Its tree.
    pub tree: ObjectId,
    /// What has to be written for it.
    pub objects: Vec<NewObject>,
    /// What it means for each cluster.
    pub clusters: Vec<ClusterReport>,
    /// What kept clusters from being laid out.
    pub diagnostics: Diagnostics,
}

impl Composed {
    /// Whether any cluster is as it is to be.
    pub fn has_any(&self) -> bool {
        self.clusters.iter().any(|c| c.state == ClusterState::Published)
    }
}

/// Lays out the clusters of a branch whose tip has that tree.
pub(super) fn compose(
    publishing: &Publishing<'_>,
    source: &Source,
    branch: &Branch<'_>,
    standing: Option<ObjectId>,
) -> Result<Composed, GitError> {
    let mut tree = BranchTree::new(publishing.repository, source.format, standing);
    let mut composed = Composed {
        tree: ObjectId::none(source.format),
        objects: Vec::new(),
        clusters: Vec::new(),
        diagnostics: Diagnostics::new(),
    };
    let mut written = HashSet::new();
    for cluster in &branch.clusters {
        let mut report = ClusterReport {
            cluster: Arc::clone(&cluster.tree.cluster),
            directory: cluster.directory.clone(),
            ..ClusterReport::default()
        };
        let laid = lay(publishing, source.format, &branch.name, cluster, &mut tree, &mut report)?;
        match laid {
            Ok(Some((flat, blobs))) => {
                tree.replace(&cluster.directory, &flat)?;
                composed.objects.extend(blobs.into_iter().filter(|blob| written.insert(blob.id)));
            }
            Ok(None) => {}
            Err(diagnostics) => {
                report.state = ClusterState::Failed;
                composed.diagnostics.extend(diagnostics);
            }
        }
        composed.clusters.push(report);
    }
    let (id, trees) = tree.finish();
    composed.tree = id;
    composed.objects.extend(trees);
    Ok(composed)
}

/// Where a file goes, and what of somebody else stands there or in its way.
type Conflicts = BTreeSet<(String, String)>;

type Laid = Option<(Flat, Vec<NewObject>)>;

/// Lays out one cluster: all files of its directory, and the blobs that are new. None: it is left alone, as its report
/// says. The outer error is git's, the inner one the cluster's.
fn lay(
    publishing: &Publishing<'_>,
    format: ObjectFormat,
    branch: &str,
    cluster: &Cluster<'_>,
    tree: &mut BranchTree<'_>,
    report: &mut ClusterReport,
) -> Result<Result<Laid, Diagnostics>, GitError> {
    let name = &cluster.tree.cluster;
    if cluster.refused {
        // Told when it was planned.
        report.state = ClusterState::Failed;
        return Ok(Ok(None));
    }
    let shown = |path: &str| match cluster.directory.as_str() {
        "" => format!("{branch}:{path}"),
        directory => format!("{branch}:{directory}/{path}"),
    };
    let flat = match tree.files(&cluster.directory)? {
        Ok(flat) => flat,
        Err(InTheWay(path)) => {
            let message = format!("`{branch}:{path}` is a file, and the directory of `{name}` is to be there");
            return Ok(Err(Diagnostic::error(Code::FOREIGN_FILE, message)
                .hint("move it out of the way; until then nothing of this cluster is published")
                .about(Some(name), None)
                .into()));
        }
    };
    let old = match flat.get(INDEX_FILE.as_bytes()).filter(|leaf| leaf.is_file()) {
        None => None,
        Some(leaf) => {
            let bytes = publishing.repository.blob(leaf.id, MAX_INDEX_BYTES)?;
            match Index::read(&bytes) {
                Ok(index) => Some(index),
                Err(fault) => {
                    let message = format!("`{}` can't be used: {fault}", shown(INDEX_FILE));
                    return Ok(Err(Diagnostic::error(Code::INDEX_UNREADABLE, message)
                        .hint("bring the last good one back on that branch; until then nothing of this cluster is published")
                        .about(Some(name), None)
                        .into()));
                }
            }
        }
    };
    if let Some(other) = old.as_ref().filter(|index| *index.cluster != **name && !publishing.adopt) {
        let place = match cluster.directory.as_str() {
            "" => format!("the branch `{branch}`"),
            _ => format!("`{}`", shown("")),
        };
        let message = format!("{place} holds the tree of the cluster `{}`", other.cluster);
        return Ok(Err(Diagnostic::error(Code::BRANCH_FOREIGN, message)
            .hint("give each cluster a branch or directory of its own")
            .hint("if the one has taken the other's place, `--adopt` puts its tree there")
            .about(Some(name), None)
            .into()));
    }
    let arrangement = match arrange(cluster.tree, old.as_ref(), &publishing.rules) {
        Ok(arrangement) => arrangement,
        Err(diagnostics) => return Ok(Err(diagnostics)),
    };
    report.held = held(publishing, name, &arrangement);
    if !report.held.is_empty() && !publishing.partial {
        report.state = ClusterState::Held;
        return Ok(Ok(None));
    }
    Ok(settle(format, flat, old.as_ref(), &arrangement, report).map(Some).map_err(|conflicts| {
        let error = |(ours, theirs): (String, String)| {
            let theirs_shown = shown(&theirs);
            let message = match ours == theirs {
                true => format!("`{theirs_shown}` isn't a file of terrace, and it stands where one goes"),
                false => format!("`{theirs_shown}` isn't a file of terrace, and it stands in the way of `{ours}`"),
            };
            Diagnostic::error(Code::FOREIGN_FILE, message)
                .hint("move it out of the way; until then nothing of this cluster is published")
                .about(Some(name), None)
        };
        conflicts.into_iter().map(error).collect()
    }))
}

/// The apps that are asked for and held.
fn held(publishing: &Publishing<'_>, cluster: &str, arrangement: &Arrangement) -> Vec<(String, String)> {
    let rules = &publishing.rules;
    let apps = arrangement.index.apps.iter().filter(|app| app.state == StateName::Held);
    let asked = apps.filter(|app| rules.selection.is_none_or(|selects| selects(cluster, &app.name, &app.meta)));
    asked.map(|app| (app.name.clone(), app.held.as_ref().map(|h| h.reason.clone()).unwrap_or_default())).collect()
}

/// What stands, made what is arranged.
fn settle(
    format: ObjectFormat,
    mut flat: Flat,
    old: Option<&Index>,
    arrangement: &Arrangement,
    report: &mut ClusterReport,
) -> Result<(Flat, Vec<NewObject>), Conflicts> {
    let mut owned: HashSet<&[u8]> = old.iter().flat_map(|index| index.objects()).map(|o| o.path.as_bytes()).collect();
    if old.is_some() {
        owned.insert(INDEX_FILE.as_bytes());
    }
    let index: Arc<str> = String::from_utf8(arrangement.index.to_bytes()).unwrap_or_default().into();
    let index = Content::Text(index);
    let mut planned: HashMap<&[u8], &Content> =
        arrangement.files.iter().map(|(path, content)| (path.as_bytes(), content)).collect();
    planned.insert(INDEX_FILE.as_bytes(), &index);

    // What goes makes room first.
    let gone: Vec<Vec<u8>> = flat
        .keys()
        .filter(|path| owned.contains(path.as_slice()) && !planned.contains_key(path.as_slice()))
        .cloned()
        .collect();
    for path in gone {
        flat.remove(&path);
        report.removed.push(String::from_utf8_lossy(&path).into_owned());
    }
    report.foreign = flat.keys().filter(|path| !planned.contains_key(path.as_slice())).count();
    let mut conflicts = Conflicts::new();
    let mut blobs = Vec::new();
    let files = arrangement.files.iter().map(|(path, content)| (path.as_str(), content));
    for (path, content) in files.chain([(INDEX_FILE, &index)]) {
        let standing = flat.get(path.as_bytes()).copied();
        let text = match (content, standing) {
            (Content::Kept, standing) => {
                report.kept += usize::from(standing.is_some());
                continue;
            }
            (Content::Text(text), _) => text,
        };
        let id = format.id(ObjectKind::Blob, text.as_bytes());
        let is_index = path == INDEX_FILE;
        match standing {
            Some(leaf) if leaf.is_file() && leaf.id == id => {
                report.unchanged += usize::from(!is_index);
                continue;
            }
            Some(_) if owned.contains(path.as_bytes()) => {
                if !is_index {
                    report.changed.push(path.to_owned());
                }
            }
            Some(_) => {
                conflicts.insert((path.to_owned(), path.to_owned()));
                continue;
            }
            None => {
                if let Some(theirs) = in_the_way(&flat, path) {
                    conflicts.insert((path.to_owned(), theirs));
                    continue;
                }
                if !is_index {
                    report.added.push(path.to_owned());
                }
            }
        }
        flat.insert(path.as_bytes().to_vec(), Leaf { mode: FILE_MODE, id });
        blobs.push(NewObject { id, kind: ObjectKind::Blob, data: text.as_bytes().to_vec() });
    }
    if conflicts.is_empty() { Ok((flat, blobs)) } else { Err(conflicts) }
}

/// A file where a directory above `path` is to be, or one below a directory that stands where `path` is to be.
fn in_the_way(flat: &Flat, path: &str) -> Option<String> {
    let above = path.match_indices('/').filter_map(|(at, _)| path.get(..at));
    if let Some(file) = above.into_iter().find(|above| flat.contains_key(above.as_bytes())) {
        return Some(file.to_owned());
    }
    let below = format!("{path}/").into_bytes();
    let next = flat.range(below.clone()..).next().map(|(path, _)| path);
    next.filter(|next| next.starts_with(&below)).map(|next| String::from_utf8_lossy(next).into_owned())
}
