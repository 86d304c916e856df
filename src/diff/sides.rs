//! Two clusters, or two groups of them, as if they were states of one fleet.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::model::{Options, PairOf};
use super::normal::Own;
use crate::snapshot::{ClusterFacts, Snapshot};
use crate::tree::{AppState, ClusterTree, app_ref};

/// One side of a comparison.
#[derive(Clone, Debug, Default)]
pub struct SideOf {
    /// How people call it: `prod-01`, `environment=production`.
    pub name: String,
    /// Its clusters.
    pub clusters: Vec<Arc<str>>,
}

/// Two sides, made comparable: give these to [`super::compare`].
#[derive(Clone, Default)]
pub struct Sides {
    /// The first side.
    pub base: Snapshot,
    /// The second.
    pub head: Snapshot,
    /// How they are to be compared.
    pub options: Options,
}

/// Makes two snapshots of the clusters of one: each cluster of the second side beside the one of the first that is most
/// like it (by labels, then by apps), under a name of both. A cluster of the first side that is like none of them best
/// stands beside its best one, so that every cluster of either side is compared at least once. `options` may bring own
/// words; labels in which the two clusters differ are taken for own words, too.
pub fn sides(of: &Snapshot, a: &SideOf, b: &SideOf, options: &Options) -> Sides {
    let facts: BTreeMap<&Arc<str>, &ClusterFacts> = of.clusters.iter().map(|facts| (&facts.name, facts)).collect();
    let trees: BTreeMap<&Arc<str>, &ClusterTree> = of.trees.iter().map(|tree| (&tree.cluster, tree)).collect();
    let known = |side: &SideOf| -> BTreeSet<Arc<str>> { side.clusters.iter().cloned().collect() };
    let (first, second) = (known(a), known(b));
    let looks: BTreeMap<&Arc<str>, Looks<'_>> =
        first.union(&second).map(|name| (name, Looks::of(name, facts.get(name), trees.get(name)))).collect();
    let likeness = |x: &Arc<str>, y: &Arc<str>| match (looks.get(x), looks.get(y)) {
        (Some(x), Some(y)) => likeness(x, y),
        _ => (0, 0),
    };
    let best = |x: &Arc<str>, among: &BTreeSet<Arc<str>>| {
        // Of equally good ones, the one that stands at the same place, then the first.
        among.iter().min_by_key(|y| std::cmp::Reverse(likeness(x, y))).cloned()
    };
    let mut pairs: BTreeSet<(Arc<str>, Arc<str>)> = BTreeSet::new();
    for y in &second {
        pairs.extend(best(y, &first).map(|x| (x, y.clone())));
    }
    let paired: BTreeSet<Arc<str>> = pairs.iter().map(|(x, _)| x.clone()).collect();
    for x in first.difference(&paired) {
        pairs.extend(best(x, &second).map(|y| (x.clone(), y)));
    }
    let mut sides = Sides { options: options.clone(), ..Sides::default() };
    (sides.base.name, sides.head.name) = (a.name.clone(), b.name.clone());
    (sides.base.commit, sides.head.commit) = (of.commit.clone(), of.commit.clone());
    (sides.base.homeless, sides.head.homeless) = (of.homeless.clone(), of.homeless.clone());
    for tree in &of.trees {
        for app in &tree.apps {
            if let AppState::Held(held) = &app.state {
                sides.options.held.insert(app_ref(&tree.cluster, &app.name), held.reason.clone());
            }
        }
    }
    for (x, y) in &pairs {
        let name: Arc<str> = if x == y { x.clone() } else { format!("{x} → {y}").into() };
        for (side, own) in [(&mut sides.base, x), (&mut sides.head, y)] {
            side.clusters.extend(facts.get(own).map(|facts| ClusterFacts {
                name: name.clone(),
                labels: facts.labels.clone(),
                server: None,
            }));
            side.trees
                .extend(trees.get(own).map(|tree| ClusterTree { cluster: name.clone(), apps: tree.apps.clone() }));
            for app in trees.get(own).into_iter().flat_map(|tree| &tree.apps) {
                if let Some(ignored) = of.ignored.get(&(own.clone(), app.name.clone())) {
                    side.ignored.insert((own.clone(), app.name.clone()), ignored.clone());
                }
            }
        }
        let words = differing_labels(facts.get(x), facts.get(y));
        sides.options.pairs.insert(name, PairOf { base: x.clone(), head: y.clone(), words });
    }
    sides
}

/// How much two clusters have in common: labels with the same value, then apps.
fn likeness(x: &Looks<'_>, y: &Looks<'_>) -> (usize, usize) {
    let labels = x.labels.iter().flat_map(|labels| labels.iter());
    let same = |(key, value): &(&String, &String)| y.labels.is_some_and(|labels| labels.get(*key) == Some(value));
    (labels.filter(same).count(), x.apps.intersection(&y.apps).count())
}

/// What a cluster is recognized by.
#[derive(Default)]
struct Looks<'a> {
    labels: Option<&'a BTreeMap<String, String>>,
    /// Its apps, without its own name in theirs.
    apps: BTreeSet<String>,
}

impl<'a> Looks<'a> {
    fn of(name: &str, facts: Option<&&'a ClusterFacts>, tree: Option<&&ClusterTree>) -> Self {
        let own = Own::new([name.to_owned()]);
        let apps = tree.into_iter().flat_map(|tree| &tree.apps).map(|app| own.replace(&app.name).into_owned());
        Self { labels: facts.map(|facts| &facts.labels), apps: apps.collect() }
    }
}

/// The values of labels in which two clusters differ, as far as they say something of their own: each at the same place
/// in both lists.
fn differing_labels(x: Option<&&ClusterFacts>, y: Option<&&ClusterFacts>) -> (Vec<String>, Vec<String>) {
    let (Some(x), Some(y)) = (x, y) else { return Default::default() };
    let tells = |value: &String| {
        value.len() > 2 && !["true", "false"].contains(&value.as_str()) && value.parse::<f64>().is_err()
    };
    let both = x.labels.iter().filter_map(|(key, old)| Some((old, y.labels.get(key)?)));
    both.filter(|(old, new)| old != new && tells(old) && tells(new))
        .map(|(old, new)| (old.clone(), new.clone()))
        .unzip()
}
