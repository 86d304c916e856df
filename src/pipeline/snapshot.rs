//! What is kept of a compiled fleet once it is compiled.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Compiled, trees};
use crate::diag::{Diagnostic, render};
use crate::snapshot::{ClusterFacts, Finding, Place, Resolved, Snapshot};
use crate::source::Sources;
use crate::tree::Held;

/// A compiled fleet as it is compared and published, under the name that people have for its state.
pub fn snapshot(compiled: &Compiled, sources: &Sources, name: &str) -> Snapshot {
    let fleet = &compiled.fleet;
    let mut clusters: Vec<ClusterFacts> = Vec::new();
    for cluster in &fleet.clusters {
        clusters.push(ClusterFacts {
            name: Arc::clone(&cluster.name),
            labels: cluster.labels.clone(),
            server: cluster.server.clone(),
        });
    }
    clusters.sort_by(|a, b| a.name.cmp(&b.name));
    let mut ignored = BTreeMap::new();
    let mut homeless = Vec::new();
    for result in compiled.apps.values() {
        let Some(cluster) = result.cluster.and_then(|id| fleet.clusters.get(id)) else {
            let held = result.held.as_ref();
            let held = held.map(|held| Held { code: held.code.name().to_owned(), reason: held.reason.clone() });
            homeless.extend(held.map(|held| (Arc::clone(&result.tree_name), held)));
            continue;
        };
        let application = result.app.as_ref().and_then(|app| app.application());
        if let Some(application) = application.filter(|application| !application.ignore_differences.is_empty()) {
            let key = (Arc::clone(&cluster.name), Arc::clone(&result.tree_name));
            ignored.insert(key, application.ignore_differences.clone());
        }
    }
    let resolved = fleet.repositories.resolved().into_iter();
    let resolved = resolved.map(|(repository, revision, commit)| Resolved { repository, revision, commit });
    Snapshot {
        name: name.to_owned(),
        // What is staged has no commit yet, and goes by its tree.
        commit: fleet
            .repositories
            .compiled()
            .filter(|compiled| compiled.commit.id != compiled.commit.tree)
            .map(|compiled| compiled.commit.id.to_string()),
        revisions: resolved.collect(),
        clusters,
        trees: trees(compiled),
        ignored,
        findings: compiled.diagnostics.iter().map(|diagnostic| finding(diagnostic, sources)).collect(),
        homeless,
    }
}

fn finding(diagnostic: &Diagnostic, sources: &Sources) -> Finding {
    let place = render::place(diagnostic, sources);
    Finding {
        code: diagnostic.code.name().to_owned(),
        severity: diagnostic.severity,
        message: diagnostic.message.clone(),
        place: place.map(|(file, at)| Place { file, line: at.line, column: at.column }),
        hints: diagnostic.hints.clone(),
        cluster: diagnostic.subject.cluster.clone(),
        app: diagnostic.subject.app.clone(),
        object: diagnostic.subject.object.clone(),
    }
}
