//! The trees: what each cluster gets, as files.
//!
//! In order: [`place`] names the file of each object, [`arrange`](mod@arrange) lays a cluster's apps out beside what its last index says
//! ([`index`]), and [`write`](mod@write) makes the directory so, atomically per cluster. Nothing here knows where objects come from.

pub mod arrange;
pub mod index;
pub mod place;
mod text;
pub mod write;

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use text::{Digest, Kept, Text};

use crate::kube::ObjectId;

/// All that one cluster gets.
#[derive(Clone, Debug)]
pub struct ClusterTree {
    /// The cluster's name.
    pub cluster: Arc<str>,
    /// Its apps, in sync order. The index sorts them by name.
    pub apps: Vec<TreeApp>,
}

/// One app of a cluster.
#[derive(Clone, Debug)]
pub struct TreeApp {
    /// Its name as it stands in the tree: `app`, or `<argocd-namespace>.<app>`. Unique in its cluster.
    pub name: Arc<str>,
    /// Whether its objects are known.
    pub state: AppState,
    /// Its objects, in sync order; none when held.
    pub objects: Vec<TreeObject>,
    /// What the index says of it.
    pub meta: AppMeta,
}

/// Whether an app could be rendered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AppState {
    /// Its objects are those given.
    Rendered,
    /// It failed: its previous files stay as they are.
    Held(Held),
}

/// Why an app keeps its previous files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// The name of the diagnostic's code.
    pub code: String,
    /// What went wrong, in a sentence.
    pub reason: String,
}

/// What the index says of an app besides its objects. No times, no absolute paths, no commit ids: two runs over the
/// same input write the same bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppMeta {
    /// The namespace that its objects go to unless they say otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Its place in the order of syncing.
    #[serde(default)]
    pub wave: i64,
    /// The layer instance that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer: Option<String>,
    /// What made it, nearest first and up to the root: apps as [`app_ref`] names them, generators under any name that
    /// their failure is reported under ([`arrange::Rules::held`]).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parents: Vec<String>,
    /// Where its sources are, for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub origin: String,
    /// Its labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// The name of an app all over the fleet: `<cluster>/<app>`.
pub fn app_ref(cluster: &str, app: &str) -> String {
    format!("{cluster}/{app}")
}

/// One object, as it goes into a file.
#[derive(Clone, Debug)]
pub struct TreeObject {
    /// What it is.
    pub id: ObjectId,
    /// Canonical YAML: one document, without `---`.
    pub text: Text,
    /// Where it came from, for people.
    pub source: String,
}

/// How objects are spread over files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// `<app>/<namespace or _cluster>/<kind>[.<group>]-<name>.yaml`.
    #[default]
    FilePerObject,
    /// `<app>.yaml`, its documents in sync order.
    FilePerApp,
}

/// The objects of all trees in the order given, for streaming.
pub fn stream(trees: &[ClusterTree]) -> impl Iterator<Item = &TreeObject> {
    trees.iter().flat_map(|tree| &tree.apps).flat_map(|app| &app.objects)
}

/// Writes documents with `---` between them, each with a line end.
///
/// # Errors
/// What `to` says.
pub fn write_documents<'a>(to: &mut impl io::Write, documents: impl IntoIterator<Item = &'a str>) -> io::Result<()> {
    for (i, text) in documents.into_iter().enumerate() {
        if i > 0 {
            to.write_all(b"---\n")?;
        }
        to.write_all(text.as_bytes())?;
        if !text.ends_with('\n') {
            to.write_all(b"\n")?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_separated_not_ended() {
        let mut out = Vec::new();
        write_documents(&mut out, ["a: 1\n", "b: 2"]).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "a: 1\n---\nb: 2\n");
    }
}
