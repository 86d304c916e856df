//! Apps whose objects one side doesn't know.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::model::{HeldApp, Options};
use crate::snapshot::Snapshot;
use crate::tree::{AppState, app_ref};

/// An app that is held on a cluster, in base, in head or in both.
pub(super) struct HeldOn {
    pub app: Arc<str>,
    pub cluster: Arc<str>,
    pub base: Option<String>,
    pub head: Option<String>,
}

/// What is held in a snapshot, by every name that it may be known under.
pub(super) struct Names<'a> {
    names: BTreeMap<String, &'a str>,
    homeless: BTreeMap<&'a str, &'a str>,
}

impl<'a> Names<'a> {
    pub fn of(snapshot: &'a Snapshot, options: &'a Options, head: bool) -> Self {
        let mut names = BTreeMap::new();
        for tree in &snapshot.trees {
            let pair = options.pairs.get(&tree.cluster);
            let cluster = pair.map_or(&tree.cluster, |pair| if head { &pair.head } else { &pair.base });
            for app in &tree.apps {
                if let AppState::Held(held) = &app.state {
                    names.insert(app_ref(cluster, &app.name), held.reason.as_str());
                }
            }
        }
        let homeless: BTreeMap<&str, &str> =
            snapshot.homeless.iter().map(|(name, held)| (&**name, held.reason.as_str())).collect();
        names.extend(homeless.iter().map(|(name, reason)| ((*name).to_owned(), *reason)));
        names.extend(options.held.iter().map(|(name, reason)| (name.clone(), reason.as_str())));
        Self { names, homeless }
    }

    /// Why an app may be missing on a cluster without having been removed: it is held where no cluster is known, or
    /// what makes it is held.
    pub fn missing(&self, cluster: &str, app: &str, parents: &[String]) -> Option<String> {
        if let Some(reason) = self.homeless.get(app) {
            return Some((*reason).to_owned());
        }
        let itself = app_ref(cluster, app);
        let (parent, reason) = parents.iter().filter(|p| **p != itself).find_map(|p| Some((p, self.names.get(p)?)))?;
        Some(format!("{parent} is held: {reason}"))
    }
}

/// What is held for the same reasons on several clusters is told once; those without a cluster besides.
pub(super) fn fold(helds: Vec<HeldOn>, base: &Snapshot, head: &Snapshot) -> Vec<HeldApp> {
    // By the app, and why it is held in base and in head.
    type Key = (Arc<str>, Option<String>, Option<String>);
    let mut folded: BTreeMap<Key, BTreeSet<Arc<str>>> = BTreeMap::new();
    for one in helds {
        folded.entry((one.app, one.base, one.head)).or_default().insert(one.cluster);
    }
    let told: BTreeSet<Arc<str>> = folded.keys().map(|(app, ..)| app.clone()).collect();
    let mut homeless: BTreeMap<&Arc<str>, (Option<String>, Option<String>)> = BTreeMap::new();
    for (name, held) in &base.homeless {
        homeless.entry(name).or_default().0 = Some(held.reason.clone());
    }
    for (name, held) in &head.homeless {
        homeless.entry(name).or_default().1 = Some(held.reason.clone());
    }
    for (name, (base, head)) in homeless {
        if !told.contains(name) {
            folded.entry((name.clone(), base, head)).or_default();
        }
    }
    let app = |((app, base, head), clusters): ((Arc<str>, _, _), BTreeSet<Arc<str>>)| HeldApp {
        app,
        clusters: clusters.into_iter().collect(),
        base,
        head,
    };
    folded.into_iter().map(app).collect()
}
