//! A part of a fleet that is compiled by itself: all that goes to some clusters, and what makes it.
//!
//! What is settled once all apps are known (owners, namespaces, scopes, patches that match) is settled cluster by cluster,
//! so that a cluster's tree is the same whether or not others are compiled beside it. What isn't is named in
//! [`super::record`]: then the whole fleet is compiled.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::fixpoint::key_text;
use super::record::{Changes, Record};
use super::{AppResult, Compiled};
use crate::plan::fleet::Fleet;
use crate::plan::{AppKey, ClusterId};

/// Which clusters, and which apps besides.
pub struct Part {
    /// The clusters that are compiled whole.
    pub clusters: BTreeSet<Arc<str>>,
    /// Apps that are needed since they make others, or say which projects there are: by key.
    keys: BTreeSet<String>,
    /// Clusters whose layers have such apps.
    planned: BTreeSet<Arc<str>>,
    /// For each values file, whether a cluster has it: by cluster, as it was.
    found: Vec<Vec<bool>>,
}

impl Part {
    /// The part that changes reach; none where they may reach all of the fleet.
    pub fn of(record: &Record, changes: &Changes, fleet: &Fleet) -> Option<Self> {
        let known = record.planning.len() == fleet.clusters.len();
        if record.entangled || !known || changes.reach(&record.roots) {
            return None;
        }
        let mut clusters = BTreeSet::new();
        for (cluster, planning) in fleet.clusters.iter().zip(&record.planning) {
            if changes.reach_planning(planning) {
                clusters.insert(Arc::clone(&cluster.name));
            }
        }
        // What is planned otherwise may make other apps, anywhere.
        let makes_there =
            |cluster: &Arc<str>| record.units.iter().any(|unit| unit.makes && unit.cluster.as_ref() == Some(cluster));
        if clusters.iter().any(makes_there) {
            return None;
        }
        for unit in record.units.iter().filter(|unit| changes.reach_unit(unit)) {
            if unit.makes {
                return None;
            }
            clusters.insert(Arc::clone(unit.cluster.as_ref()?));
        }
        // Nothing is won where nearly everything is compiled anyway.
        if clusters.len() * 2 > fleet.clusters.len() {
            return None;
        }
        let by_key: BTreeMap<&str, usize> = record.units.iter().enumerate().map(|(i, u)| (u.key.as_str(), i)).collect();
        let mut keys = BTreeSet::new();
        let mut planned = clusters.clone();
        let wanted = record
            .units
            .iter()
            .filter(|unit| unit.makes || unit.cluster.as_ref().is_some_and(|cluster| clusters.contains(cluster)));
        // What else makes apps is needed where it makes one of these.
        let needed = |unit: &&super::record::UnitRecord| !unit.makes || unit.declares;
        let mut open: Vec<&str> = wanted.filter(needed).map(|unit| unit.key.as_str()).collect();
        while let Some(key) = open.pop() {
            let unit = record.units.get(*by_key.get(key)?)?;
            if keys.insert(key.to_owned()) {
                let of_layer = unit.parent.is_none();
                planned.extend(unit.cluster.iter().filter(|_| of_layer).cloned());
                open.extend(unit.parent.as_deref());
            }
        }
        let found = record.planning.iter().map(|planning| planning.found.clone()).collect();
        Some(Self { clusters, keys, planned, found })
    }

    /// Whether a cluster is compiled whole.
    pub fn has(&self, fleet: &Fleet, cluster: ClusterId) -> bool {
        fleet.clusters.get(cluster).is_some_and(|cluster| self.clusters.contains(&cluster.name))
    }

    /// Whether an app is compiled.
    pub fn wants(&self, fleet: &Fleet, key: &AppKey, cluster: Option<ClusterId>) -> bool {
        cluster.is_some_and(|cluster| self.has(fleet, cluster)) || self.keys.contains(&key_text(fleet, key))
    }

    /// What planning a cluster would find, if it needn't be planned.
    pub fn known(&self, fleet: &Fleet, cluster: ClusterId) -> Option<Vec<bool>> {
        let name = fleet.clusters.get(cluster).map(|cluster| &cluster.name)?;
        if self.planned.contains(name) { None } else { self.found.get(cluster).cloned() }
    }

    /// Whether what was compiled makes nothing but what the record knows: then the rest of the fleet is as it was.
    pub fn holds(&self, compiled: &Compiled, record: &Record) -> bool {
        let fleet = &compiled.fleet;
        let known: BTreeSet<&str> = record.units.iter().filter(|u| u.makes).map(|unit| unit.key.as_str()).collect();
        let parents = compiled.apps.values().filter_map(|result: &AppResult| result.parent.as_ref());
        let all = parents.chain(&compiled.declarers).chain(&compiled.makers);
        let mut makers = all.map(|key| key_text(fleet, key));
        // Whether any cluster has a values file is told of all of them.
        let found = compiled.planning.iter().map(|planning| &planning.found);
        !compiled.fatal
            && found.eq(record.planning.iter().map(|planning| &planning.found))
            && fleet.clusters.len() == record.planning.len()
            && makers.all(|key| known.contains(key.as_str()))
            && self.keeps_makers(compiled, record)
    }

    /// Whether every maker that was on one of these clusters is there still.
    fn keeps_makers(&self, compiled: &Compiled, record: &Record) -> bool {
        let there: BTreeSet<String> = compiled.apps.keys().map(|key| key_text(&compiled.fleet, key)).collect();
        let is_here = |cluster: &Arc<str>| self.clusters.contains(cluster);
        let mut makers = record.units.iter().filter(|unit| unit.makes && unit.cluster.as_ref().is_some_and(is_here));
        makers.all(|unit| there.contains(&unit.key))
    }
}
