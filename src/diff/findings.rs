//! Findings that only one of two states has.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::model::FindingChange;
use crate::diag::Severity;
use crate::snapshot::Finding;

/// What makes a finding the same one: its line may have moved.
type Key<'a> = (&'a str, Severity, &'a str, Option<&'a str>, [Option<&'a str>; 3]);

fn key(finding: &Finding) -> Key<'_> {
    let place = finding.place.as_ref().map(|place| place.file.as_str());
    let about = [&finding.cluster, &finding.app, &finding.object].map(|name| name.as_deref());
    (&finding.code, finding.severity, &finding.message, place, about)
}

/// Findings that head has more often than base, and the reverse. What differs in the cluster only is one.
pub(super) fn changes(base: &[Finding], head: &[Finding]) -> Vec<FindingChange> {
    let mut counts: BTreeMap<Key<'_>, (Vec<&Finding>, Vec<&Finding>)> = BTreeMap::new();
    for finding in base {
        counts.entry(key(finding)).or_default().0.push(finding);
    }
    for finding in head {
        counts.entry(key(finding)).or_default().1.push(finding);
    }
    let mut folded: BTreeMap<_, FindingChange> = BTreeMap::new();
    for ((code, severity, message, file, [cluster, app, object]), (old, new)) in counts {
        let added = new.len() > old.len();
        // The last ones are more likely to be those that came.
        let (more, than) = if added { (new, old.len()) } else { (old, new.len()) };
        let Some(finding) = more.get(than) else { continue };
        // The worst first, what was added before what was mended.
        let entry = folded
            .entry((!added, std::cmp::Reverse(severity), code, message, file, app, object))
            .or_insert_with(|| FindingChange { added, finding: (*finding).clone(), clusters: Vec::new(), times: 0 });
        entry.times += more.len() - than;
        entry.clusters.extend(cluster.map(Arc::from));
    }
    folded.into_values().collect()
}
