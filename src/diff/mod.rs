//! What differs between two states of a fleet, or between two clusters.
//!
//! The stages: [`matching`] finds for each object of base the one of head, [`fields`] compares the two ([`list`] pairs
//! the items of lists, [`ignore`] says what doesn't count, [`mask`] has replaced what is secret before), [`group`]
//! shows once what is the same on many clusters, and [`render`](mod@render) writes it for people and programs.
//! [`sides()`] makes two states of two clusters, or of two groups of them. docs/diff.md tells all this to users.

mod cluster;
mod fields;
mod findings;
mod group;
mod held;
mod ignore;
mod jq;
mod list;
mod mask;
mod matching;
mod model;
mod names;
mod normal;
mod notice;
pub mod path;
pub mod render;
mod sequence;
mod sides;
mod similar;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;

pub use model::{
    AppChange, Change, ClusterDiff, Counts, Diff, FieldChange, FindingChange, Group, HeldApp, Kind, Noise, Notice,
    NoticeKind, ObjectDiff, Options, PairOf, Side, Status, Summary, Tally,
};
pub use sides::{SideOf, Sides, sides};

use crate::snapshot::Snapshot;
use crate::tree::ClusterTree;
use cluster::Comparer;

/// Compares two states. Objects whose texts have the same digest are never read.
pub fn compare(base: &Snapshot, head: &Snapshot, options: &Options) -> Diff {
    let mut trees: BTreeMap<&Arc<str>, (Option<&ClusterTree>, Option<&ClusterTree>)> = BTreeMap::new();
    // A cluster that gets nothing is one of the fleet's all the same.
    for facts in base.clusters.iter().chain(&head.clusters) {
        trees.entry(&facts.name).or_default();
    }
    for tree in &base.trees {
        trees.entry(&tree.cluster).or_default().0 = Some(tree);
    }
    for tree in &head.trees {
        trees.entry(&tree.cluster).or_default().1 = Some(tree);
    }
    let comparer = Comparer::new(base, head, options);
    let trees: Vec<_> = trees.into_iter().collect();
    let compared: Vec<_> = trees.par_iter().map(|(name, (base, head))| comparer.cluster(name, *base, *head)).collect();
    let mut diff = Diff {
        base: Side { name: base.name.clone(), commit: base.commit.clone() },
        head: Side { name: head.name.clone(), commit: head.commit.clone() },
        sides: !options.pairs.is_empty(),
        findings: findings::changes(&base.findings, &head.findings),
        not_understood: comparer.not_understood(),
        ..Diff::default()
    };
    let mut items = Vec::new();
    let mut helds = Vec::new();
    for (cluster, found, held) in compared {
        diff.clusters.push(cluster);
        items.extend(found);
        helds.extend(held);
    }
    diff.held = held::fold(helds, base, head);
    diff.summary = summary(&diff, &items);
    diff.groups = group::groups(items, &diff.clusters);
    diff
}

fn summary(diff: &Diff, items: &[group::Item]) -> Summary {
    let mut summary = Summary::default();
    for cluster in &diff.clusters {
        match cluster.status {
            Status::Added => summary.clusters.added += 1,
            Status::Removed => summary.clusters.removed += 1,
            Status::Changed => summary.clusters.changed += 1,
            Status::Same => summary.clusters_same += 1,
        }
        summary.counts.apps.add(cluster.counts.apps);
        summary.counts.objects.add(cluster.counts.objects);
        summary.counts.noise += cluster.counts.noise;
    }
    for object in items.iter().filter_map(|item| item.object.as_ref()) {
        summary.notices += object.notices.len();
        let mut names: Vec<String> =
            object.fields.iter().filter_map(|field| field.noise.as_ref().map(Noise::name)).collect();
        names.sort();
        names.dedup();
        for name in names {
            *summary.noise.entry(name).or_default() += 1;
        }
    }
    for finding in &diff.findings {
        let n = if finding.added { &mut summary.findings_added } else { &mut summary.findings_mended };
        *n += finding.times;
    }
    summary
}
