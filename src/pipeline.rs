//! The compiler: every stage in its order. The only module that knows them all.

mod assemble;
mod explain;
mod fixpoint;
mod open;
mod unit;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rayon::prelude::*;

pub use assemble::{AppliedBy, Selection, trees};
pub use explain::{Explained, explain};
pub use open::{Opened, Opening, open};
pub use unit::Object;

use crate::check::schema::Schemas;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::layer::values;
use crate::plan::fleet::Fleet;
use crate::plan::layers::{Layouts, Work, fleet_root};
use crate::plan::{App, AppKey, ClusterId, order};
use crate::provenance::Recorder;
use crate::render::jinja;
use crate::world::{Reader, Reads, World};
use crate::yaml::Node;

/// What every unit of work of a run shares.
pub struct Run<'a> {
    /// Where everything is read.
    pub world: &'a World,
    /// The compiled templates.
    pub jinja: &'a jinja::Engine,
    /// Kubernetes' schemas.
    pub schemas: &'a Schemas,
    /// Whether objects are checked.
    pub check: bool,
    /// Whether Applications and ApplicationSets are written, too.
    pub keep_applications: bool,
}

/// Why an app keeps its previous files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The code of the finding that holds it.
    pub code: Code,
    /// The finding, in a sentence.
    pub reason: String,
}

/// An app and what became of it.
#[derive(Debug)]
pub struct AppResult {
    /// The app; none if it failed before it became one.
    pub app: Option<App>,
    /// The cluster it goes to, if known.
    pub cluster: Option<ClusterId>,
    /// Its name in the tree.
    pub tree_name: Arc<str>,
    /// What made it.
    pub parent: Option<AppKey>,
    /// Why it is held, if it is.
    pub held: Option<Held>,
    /// Its objects, in the order of the sources; none when held.
    pub objects: Vec<Object>,
    /// What it read.
    pub reads: Reads,
    /// Its place in the order of syncing.
    pub rank: i64,
}

/// A compiled fleet.
#[derive(Debug)]
pub struct Compiled {
    /// What was declared (and, of clusters, assumed).
    pub fleet: Fleet,
    /// Every app, by key.
    pub apps: BTreeMap<AppKey, AppResult>,
    /// Everything that was found.
    pub diagnostics: Diagnostics,
    /// Whether nothing may be written: something is wrong with the fleet, its clusters or values.
    pub fatal: bool,
    /// How long each stage took.
    pub timings: Vec<(&'static str, Duration)>,
}

impl Compiled {
    /// Whether any app is held.
    pub fn has_held(&self) -> bool {
        self.apps.values().any(|a| a.held.is_some())
    }
}

/// A stopwatch for the stages.
#[derive(Debug)]
struct Laps {
    since: Instant,
    laps: Vec<(&'static str, Duration)>,
}

impl Laps {
    fn lap(&mut self, name: &'static str) {
        let now = Instant::now();
        self.laps.push((name, now - self.since));
        self.since = now;
    }
}

/// Compiles an opened fleet.
pub fn compile(opened: Opened, run: &Run) -> Compiled {
    let mut laps = Laps { since: Instant::now(), laps: Vec::new() };
    let Opened { mut fleet, roots, mut diagnostics } = opened;
    let empty = |fleet, diagnostics, laps: Laps| Compiled {
        fleet,
        apps: BTreeMap::new(),
        diagnostics,
        fatal: true,
        timings: laps.laps,
    };
    if diagnostics.has_errors() {
        return empty(fleet, diagnostics, laps);
    }
    let layers = layer_apps(&fleet, run);
    laps.lap("values and layers");
    let mut start = fixpoint::Start::default();
    for (cluster, planned) in layers.into_iter().enumerate() {
        diagnostics.extend(planned.diagnostics);
        start.apps.extend(planned.apps);
        for failed in planned.failed {
            start.failed.push((cluster, failed));
        }
    }
    unused_values_files(&fleet, &start, &mut diagnostics);
    if diagnostics.has_errors() {
        return empty(fleet, diagnostics, laps);
    }
    let reader = Reader::new(run.world);
    for root in roots {
        for hub in root.hubs {
            match crate::plan::applications::root(&fleet, &root.base, &root.path, root.origin, hub, &reader) {
                Ok(app) => start.apps.push(app),
                Err(problems) => diagnostics.extend(problems),
            }
        }
    }
    if diagnostics.has_errors() {
        return empty(fleet, diagnostics, laps);
    }
    let mut fixed = fixpoint::expand(&mut fleet, start, run);
    laps.lap("render");
    assemble::finish(&fleet, &mut fixed, run);
    let (ranks, problems) = order::ranks(&fixed.planned());
    diagnostics.extend(fixed.diagnostics);
    diagnostics.extend(problems);
    for (key, result) in &mut fixed.apps {
        result.rank = ranks.get(key).copied().unwrap_or_default();
    }
    laps.lap("assemble");
    Compiled { fleet, apps: fixed.apps, diagnostics, fatal: false, timings: laps.laps }
}

/// What the layers of a cluster gave, with its values files.
struct Planned {
    apps: Vec<App>,
    failed: Vec<crate::plan::layers::Failed>,
    diagnostics: Diagnostics,
}

fn layer_apps(fleet: &Fleet, run: &Run) -> Vec<Planned> {
    let layouts = Layouts::default();
    let clusters: Vec<ClusterId> = (0..fleet.clusters.len()).collect();
    clusters.into_par_iter().map(|cluster| plan_cluster(fleet, cluster, &layouts, run, &Recorder::off())).collect()
}

fn plan_cluster(fleet: &Fleet, cluster: ClusterId, layouts: &Layouts, run: &Run, recorder: &Recorder) -> Planned {
    let reader = Reader::new(run.world);
    let (values, mut diagnostics) = cluster_values(fleet, cluster, run, &reader, recorder);
    if diagnostics.has_errors() {
        return Planned { apps: Vec::new(), failed: Vec::new(), diagnostics };
    }
    let work = Work { fleet, cluster, values: &values, layouts, jinja: run.jinja, reader: &reader, recorder };
    let found = work.apps();
    diagnostics.extend(found.diagnostics);
    Planned { apps: found.apps, failed: found.failed, diagnostics }
}

/// The merged values of a cluster.
fn cluster_values(fleet: &Fleet, cluster: ClusterId, run: &Run, reader: &Reader, recorder: &Recorder) -> (Node, Diagnostics) {
    let (Some(file), Some(this)) = (&fleet.file, fleet.clusters.get(cluster)) else {
        return (Node::made(crate::yaml::Map::new()), Diagnostics::new());
    };
    let root = match fleet_root(fleet, this.revision.as_deref(), this.origin, reader) {
        Ok(root) => root,
        Err(diagnostics) => return (Node::made(crate::yaml::Map::new()), diagnostics),
    };
    let spec = file.node.get("spec").cloned().unwrap_or_else(|| Node::made(crate::yaml::Map::new()));
    let named = values::named(&fleet.spec.values, &spec);
    let context = jinja::Context::new(vec![
        ("cluster".into(), crate::layer::context::cluster(this)),
        ("fleet".into(), crate::layer::context::fleet(&file.value)),
    ]);
    let values = values::load(&named, &root, this, run.jinja, &context, reader, recorder);
    (values.node, values.diagnostics)
}
