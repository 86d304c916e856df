//! What is synced before what: waves, stages and `dependsOn` made into one number.
//!
//! An app's rank is ten times its wave, but above the rank of everything it depends on: of what it names in `dependsOn`,
//! and of the earlier stages of its own layer instance. So waves order the fleet, stages order a layer, and both can be
//! told to Argo CD as one sync wave.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{App, AppKey, AppOrigin, ClusterId};
use crate::config::cluster::Cluster;
use crate::diag::{Code, Diagnostic, Diagnostics};

/// The rank of each app, and what is wrong with `dependsOn`: names that aren't there, and circles.
/// `failed` are the names of apps that failed before they could be planned: to name one is no mistake.
pub fn ranks(
    apps: &BTreeMap<&AppKey, &App>,
    failed: &BTreeSet<(ClusterId, Arc<str>)>,
    clusters: &[Cluster],
) -> (BTreeMap<AppKey, i64>, Diagnostics) {
    let mut diagnostics = Diagnostics::new();
    let mut by_name: BTreeMap<(ClusterId, &str), &AppKey> = BTreeMap::new();
    let mut by_stage: BTreeMap<(ClusterId, &str, usize), Vec<&AppKey>> = BTreeMap::new();
    for (&key, &app) in apps {
        by_name.insert((app.cluster, app.name()), key);
        if let AppOrigin::Layer { instance, stage, .. } = &app.origin {
            by_stage.entry((app.cluster, instance, *stage)).or_default().push(key);
        }
    }
    let mut needs: BTreeMap<&AppKey, Vec<&AppKey>> = BTreeMap::new();
    for (&key, &app) in apps {
        let mut before: Vec<&AppKey> = Vec::new();
        if let AppOrigin::Layer { instance, stage, .. } = &app.origin {
            let earlier = by_stage.range((app.cluster, &**instance, 0)..(app.cluster, &**instance, *stage));
            before.extend(earlier.flat_map(|(_, keys)| keys.iter().copied()));
        }
        for (name, origin) in &app.depends_on {
            match by_name.get(&(app.cluster, &**name)) {
                Some(found) => before.push(found),
                None if failed.contains(&(app.cluster, Arc::clone(name))) => {}
                None => {
                    let known = by_name.range((app.cluster, "")..(app.cluster + 1, "")).map(|((_, name), _)| *name);
                    diagnostics.push(
                        Diagnostic::error(Code::BAD_DEPENDENCY, format!("`{name}` is not an app on this cluster"))
                            .at(*origin, format!("`{}` depends on it", app.tree_name))
                            .did_you_mean(name, known)
                            .hint("`dependsOn` names apps of the same cluster; `terrace graph` shows them")
                            .about(clusters.get(app.cluster).map(|c| &c.name), Some(&app.tree_name)),
                    );
                }
            }
        }
        needs.insert(key, before);
    }
    let mut walk = Walk { apps, clusters, needs: &needs, ranks: BTreeMap::new(), diagnostics };
    for key in apps.keys().copied() {
        walk.rank(key);
    }
    (walk.ranks, walk.diagnostics)
}

struct Walk<'a> {
    apps: &'a BTreeMap<&'a AppKey, &'a App>,
    clusters: &'a [Cluster],
    needs: &'a BTreeMap<&'a AppKey, Vec<&'a AppKey>>,
    ranks: BTreeMap<AppKey, i64>,
    diagnostics: Diagnostics,
}

impl<'a> Walk<'a> {
    /// Depth first with a stack of our own: a chain of dependencies may be longer than the thread's stack.
    fn rank(&mut self, start: &'a AppKey) {
        let mut path: Vec<(&'a AppKey, usize)> = vec![(start, 0)];
        while let Some((key, next)) = path.last_mut() {
            if self.ranks.contains_key(*key) {
                path.pop();
                continue;
            }
            let needs = self.needs.get(*key).map(Vec::as_slice).unwrap_or_default();
            match needs.get(*next) {
                Some(need) => {
                    *next += 1;
                    if let Some(from) = path.iter().position(|(on, _)| on == need) {
                        let circle = path.get(from..).unwrap_or_default();
                        let circle: Vec<&'a AppKey> = circle.iter().map(|(key, _)| *key).collect();
                        self.tell_circle(&circle);
                    } else if !self.ranks.contains_key(*need) {
                        path.push((need, 0));
                    }
                }
                None => {
                    let own = self.apps.get(*key).map_or(0, |app| app.wave.saturating_mul(10));
                    let above =
                        needs.iter().filter_map(|need| self.ranks.get(*need)).map(|r| r.saturating_add(1)).max();
                    self.ranks.insert((*key).clone(), own.max(above.unwrap_or(own)));
                    path.pop();
                }
            }
        }
    }

    fn tell_circle(&mut self, circle: &[&AppKey]) {
        let apps: Vec<&App> = circle.iter().filter_map(|key| self.apps.get(*key).copied()).collect();
        let names: Vec<&str> = apps.iter().map(|app| app.name()).chain(apps.first().map(|app| app.name())).collect();
        let message = format!("apps depend on each other in a circle: {}", names.join(" → "));
        let mut diagnostic = Diagnostic::error(Code::BAD_DEPENDENCY, message)
            .hint("one of them has to be synced first: leave its `dependsOn` out");
        // Stages wait for each other without anybody saying so: only what is said can be shown.
        for (app, next) in apps.iter().zip(names.iter().skip(1)) {
            if let Some((_, origin)) = app.depends_on.iter().find(|(name, _)| **name == **next) {
                diagnostic = diagnostic.named_at(*origin, format!("`{}` waits for `{next}`", app.name()));
            }
        }
        if let Some(first) = apps.first() {
            diagnostic = diagnostic.about(self.clusters.get(first.cluster).map(|c| &c.name), Some(&first.tree_name));
        }
        self.diagnostics.push(diagnostic);
    }
}

/// The place of an app among those of its cluster: rank, then layer, then key.
pub fn position(app: &App, rank: i64) -> (i64, usize, usize, Arc<str>) {
    match &app.origin {
        AppOrigin::Layer { layer, stage, .. } => (rank, *layer, *stage, Arc::clone(&app.tree_name)),
        AppOrigin::Root => (rank, usize::MAX, 0, Arc::clone(&app.tree_name)),
        AppOrigin::Application(_) => (rank, usize::MAX, 1, Arc::clone(&app.tree_name)),
    }
}
