//! The compiler: every stage in its order. The only module that knows them all.

mod appliers;
mod assemble;
mod explain;
mod fixpoint;
mod hierarchy;
mod hydrators;
pub mod impact;
mod laps;
mod memo;
mod names;
mod open;
mod part;
mod patches;
mod projects;
mod recipe;
mod record;
mod select;
mod sides;
mod snapshot;
mod unit;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use rayon::prelude::*;

pub use appliers::{AppliedBy, add_appliers};
pub use assemble::{held, trees};
pub use explain::{Explained, FieldPath};
pub use hierarchy::hierarchy;
pub use laps::Laps;
pub use names::name_clusters;
pub use open::{Opening, unknown_revision};
pub use patches::Patched;
pub use select::Selection;
pub use sides::{Side, Sides, Unfit, sides};
pub use snapshot::snapshot;
pub use unit::Object;

pub use crate::plan::fleet::cluster_file;

use open::{Opened, open};
use part::Part;

use crate::cache::Cache;
use crate::check::schema::Schemas;
use crate::config::cluster::Cluster;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::kube::KubeVersion;
use crate::layer::values::{self, Values};
use crate::plan::fleet::Fleet;
use crate::plan::layers::{LayerApps, Layouts, Work, fleet_root};
use crate::plan::patches::Patches;
use crate::plan::{App, AppKey, ClusterId, order};
use crate::provenance::Recorder;
use crate::render::{helm, jinja, kustomize};
use crate::source::{Origin, Sources};
use crate::world::{FilePath, Reader, Reads, Stood, World};
use crate::yaml::Node;

/// What every unit of work of a run shares.
pub struct Run<'a> {
    /// Where everything is read.
    pub world: &'a World,
    /// The compiled templates.
    pub jinja: &'a jinja::Engine,
    /// The charts of the run.
    pub helm: &'a helm::Charts,
    /// The bases of kustomizations, accumulated.
    pub kustomize: &'a kustomize::bases::Bases,
    /// Kubernetes' schemas.
    pub schemas: &'a Schemas,
    /// Whether objects are checked.
    pub check: bool,
    /// Whether Applications and ApplicationSets are written, too.
    pub keep_applications: bool,
    /// What earlier runs made.
    pub cache: Option<&'a Cache>,
    /// Whether texts of earlier runs are left where they are until somebody asks for them.
    pub lazy: bool,
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
    /// What patches of layers changed in it.
    pub patched: Vec<Patched>,
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
    /// What opening the fleet read: terrace.yaml, the files that declare clusters.
    pub opening: Reads,
    /// What stands at the roots.
    pub roots: Reads,
    /// What planning the apps of each declared cluster read: values files, layers, `app.yaml`s.
    pub planning: Vec<PlanningReads>,
    /// The apps that say which projects there are.
    pub declarers: BTreeSet<AppKey>,
    /// The apps that make Applications or ApplicationSets, whatever becomes of these.
    pub makers: BTreeSet<AppKey>,
    /// The cluster that Argo CD runs in, if one is known.
    pub hub: Option<ClusterId>,
    /// The URL of the own repository's remote.
    pub remote_url: Option<String>,
    /// How long each stage took.
    pub timings: Vec<(&'static str, Duration)>,
}

/// What planning the apps of a cluster met.
#[derive(Debug, Default)]
pub struct PlanningReads {
    /// For each values file of the fleet, whether this cluster has it.
    pub found: Vec<bool>,
    /// What was read.
    pub reads: Reads,
    /// The values files among it.
    pub values_files: Vec<FilePath>,
    /// The merged values.
    pub values: Option<Node>,
}

impl Compiled {
    /// Whether any app is held.
    pub fn has_held(&self) -> bool {
        self.apps.values().any(|a| a.held.is_some())
    }
}

/// How a fleet is compiled.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Whether objects are checked.
    pub check: bool,
    /// Whether Applications and ApplicationSets are written, too.
    pub keep_applications: bool,
    /// Whether few texts will be asked for: those that an earlier run made are then left in the cache.
    pub lazy: bool,
}

/// A compiler, and what it knows once it has compiled: all texts, templates and schemas.
pub struct Compiler {
    world: World,
    jinja: jinja::Engine,
    helm: helm::Charts,
    kustomize: kustomize::bases::Bases,
    schemas: Schemas,
    cache: Option<Arc<Cache>>,
}

impl Default for Compiler {
    fn default() -> Self {
        Self::new()
    }
}

impl Compiler {
    /// A compiler that has read nothing yet.
    pub fn new() -> Self {
        Self {
            world: World::new(),
            jinja: jinja::Engine::new(),
            helm: helm::Charts::new(),
            kustomize: kustomize::bases::Bases::new(),
            schemas: Schemas::embedded(),
            cache: None,
        }
    }

    /// A compiler that takes from a cache what is there, and adds to it what isn't.
    pub fn with_cache(cache: Arc<Cache>) -> Self {
        let compiler = Self { cache: Some(Arc::clone(&cache)), ..Self::new() };
        compiler.world.use_stamps(cache.stamps());
        compiler
    }

    /// All texts of the run.
    pub fn sources(&self) -> &Sources {
        self.world.sources()
    }

    fn run(&self, options: Options) -> Run<'_> {
        Run {
            world: &self.world,
            jinja: &self.jinja,
            helm: &self.helm,
            kustomize: &self.kustomize,
            schemas: &self.schemas,
            check: options.check,
            keep_applications: options.keep_applications,
            cache: self.cache.as_deref(),
            lazy: options.lazy,
        }
    }

    /// Compiles what is to be opened.
    ///
    /// # Errors
    /// There is nothing to work on, or terrace.yaml can't be used.
    pub fn compile(&self, opening: &Opening, options: Options) -> Result<Compiled, Diagnostics> {
        let started = Instant::now();
        let opened = open(&self.world, opening)?;
        let mut compiled = compile(opened, &self.run(options), None);
        let planning: Duration = compiled.timings.iter().map(|(_, time)| *time).sum();
        compiled.timings.insert(0, ("open", started.elapsed().saturating_sub(planning)));
        Ok(compiled)
    }

    /// What stands on disk where a fleet was read; none if it was read elsewhere, or has been changed since `started`.
    pub fn standing(&self, compiled: &Compiled, started: SystemTime) -> Option<Stood> {
        // What other repositories stand for may be exchanged by links that nobody looks at here.
        if !compiled.fleet.repositories.are_own() {
            return None;
        }
        let mut all = vec![&compiled.opening, &compiled.roots];
        all.extend(compiled.planning.iter().map(|planning| &planning.reads));
        all.extend(compiled.apps.values().map(|result| &result.reads));
        self.world.standing(&all, started)
    }

    /// Explains a field of an object on a cluster.
    ///
    /// # Errors
    /// There is no such cluster, object or field.
    pub fn explain(
        &self,
        compiled: &Compiled,
        cluster: &str,
        object: &str,
        field: Option<&str>,
    ) -> Result<Explained, Diagnostics> {
        explain::explain(&self.run(Options::default()), compiled, cluster, object, field)
    }
}

/// Compiles an opened fleet.
fn compile(opened: Opened, run: &Run, part: Option<&Part>) -> Compiled {
    let mut laps = Laps::new();
    let Opened { mut fleet, roots, mut diagnostics, remote_url, reads: opening } = opened;
    let hub = roots.first().and_then(|root| root.hubs.first().copied());
    let mut start = fixpoint::Start::default();
    let mut planning = Vec::new();
    let mut declared = Vec::new();
    if !diagnostics.has_errors() {
        let planned = layer_apps(&fleet, run, part);
        // A name that couldn't be made is no name that nobody has.
        // Nor is one whose clusters get the inputs of others.
        if fleet.promoted.is_empty() && !planned.iter().any(|p| p.diagnostics.has_errors()) {
            let found = planned.iter().map(|p| p.found.as_slice());
            diagnostics.extend(values::found_nowhere(&fleet.values_files(), found));
        }
        for (cluster, planned) in planned.into_iter().enumerate() {
            diagnostics.extend(planned.diagnostics);
            let is_wanted = |app: &App| part.is_none_or(|part| part.wants(&fleet, &app.key, Some(cluster)));
            start.apps.extend(planned.apps.into_iter().filter(is_wanted));
            start.patches.push(Patches::clone(&planned.patches));
            let Planned { found, reads, values_files, values, .. } = planned;
            planning.push(PlanningReads { found, reads, values_files, values });
            if part.is_some_and(|part| !part.has(&fleet, cluster)) {
                // What its patches change is not to be seen here.
                declared.push(patches::Declared { patches: Patches::default(), off: Vec::new() });
                continue;
            }
            start.failed.extend(planned.failed.into_iter().map(|failed| (cluster, failed)));
            declared.push(patches::Declared { patches: planned.patches, off: planned.off });
        }
        laps.lap("values and layers");
    }
    let reader = Reader::new(run.world);
    for root in roots {
        for hub in root.hubs {
            match crate::plan::applications::root(&fleet, &root.base, &root.path, root.origin, hub, &reader) {
                Ok(app) if part.is_none_or(|part| part.wants(&fleet, &app.key, Some(hub))) => start.apps.push(app),
                Ok(_) => {}
                Err(problems) => diagnostics.extend(problems),
            }
        }
    }
    let root_reads = reader.into_reads();
    if diagnostics.has_errors() {
        let (apps, timings) = (BTreeMap::new(), laps.laps);
        let (declarers, makers) = Default::default();
        return Compiled {
            fleet,
            apps,
            diagnostics,
            fatal: true,
            opening,
            roots: root_reads,
            planning,
            declarers,
            makers,
            hub,
            remote_url,
            timings,
        };
    }
    let mut fixed = fixpoint::expand(&mut fleet, start, run, part);
    laps.lap("render");
    assemble::finish(&fleet, &mut fixed, &declared, run);
    let (ranks, problems) = order::ranks(&fixed.planned(), &fixed.unplanned(), &fleet.clusters);
    diagnostics.extend(fixed.diagnostics);
    diagnostics.extend(problems);
    if run.check {
        diagnostics.extend(fleet.clusters.iter().filter_map(assumed_version));
    }
    for (key, result) in &mut fixed.apps {
        result.rank = ranks.get(key).copied().unwrap_or_default();
    }
    laps.lap("assemble");
    Compiled {
        fleet,
        declarers: fixed.projects.into_iter().map(|declared| declared.maker).collect(),
        makers: fixed.children.into_keys().collect(),
        apps: fixed.apps,
        diagnostics,
        fatal: false,
        opening,
        roots: root_reads,
        planning,
        hub,
        remote_url,
        timings: laps.laps,
    }
}

/// Tells that a cluster is checked against another version than its own, if it is.
fn assumed_version(cluster: &Cluster) -> Option<Diagnostic> {
    let message = match &cluster.kube_version {
        Some(version) => version.note()?,
        None => format!("no `kubeVersion` is known: objects are checked as for {}", KubeVersion::default()),
    };
    let note = Diagnostic::note(Code::ASSUMED_VERSION, message).at(cluster.origin, "this cluster");
    Some(note.about(Some(&cluster.name), None))
}

/// What the layers of a cluster gave, with its values files.
#[derive(Default)]
struct Planned {
    /// For each values file of the fleet, whether this cluster has it.
    found: Vec<bool>,
    apps: Vec<App>,
    failed: Vec<crate::plan::layers::Failed>,
    off: Vec<Arc<str>>,
    patches: Patches,
    diagnostics: Diagnostics,
    reads: Reads,
    values_files: Vec<FilePath>,
    values: Option<Node>,
}

fn layer_apps(fleet: &Fleet, run: &Run, part: Option<&Part>) -> Vec<Planned> {
    let layouts = Layouts::default();
    let clusters: Vec<ClusterId> = (0..fleet.clusters.len()).collect();
    let plan = |cluster| match part.and_then(|part| part.known(fleet, cluster)) {
        Some(found) => Planned { found, ..Planned::default() },
        None => plan_cluster(fleet, cluster, &layouts, run, &Recorder::off()),
    };
    clusters.into_par_iter().map(plan).collect()
}

fn plan_cluster(fleet: &Fleet, cluster: ClusterId, layouts: &Layouts, run: &Run, recorder: &Recorder) -> Planned {
    let reader = Reader::new(run.world);
    let values_reader = Reader::new(run.world);
    let Values { node, found, mut diagnostics } = cluster_values(fleet, cluster, run, &values_reader, recorder);
    let values_reads = values_reader.into_reads();
    reader.absorb(&values_reads);
    let values_files = values_reads.files.into_keys().chain(values_reads.absences).collect();
    if diagnostics.has_errors() {
        return Planned { found, diagnostics, reads: reader.into_reads(), ..Planned::default() };
    }
    let work = Work { fleet, cluster, values: &node, layouts, jinja: run.jinja, reader: &reader, recorder };
    let LayerApps { apps, failed, off, patches, diagnostics: problems } = work.apps();
    diagnostics.extend(problems);
    let (reads, values) = (reader.into_reads(), Some(node.clone()));
    Planned { found, apps, failed, off, patches, diagnostics, reads, values_files, values }
}

/// The merged values of a cluster.
fn cluster_values(fleet: &Fleet, cluster: ClusterId, run: &Run, reader: &Reader, recorder: &Recorder) -> Values {
    let (Some(file), Some(this)) = (&fleet.file, fleet.clusters.get(cluster)) else { return Values::default() };
    let root = match fleet_root(fleet, this.revision.as_deref(), this.revision_origin(), reader) {
        Ok(root) => root,
        Err(diagnostics) => return Values { diagnostics, ..Values::default() },
    };
    // Which files there are goes by labels; what is this cluster's alone stays.
    let labels = fleet.clusters.get(fleet.named_like(cluster)).map_or(&this.labels, |like| &like.labels);
    let mut seen = crate::layer::context::cluster(this);
    if fleet.named_like(cluster) != cluster
        && let Some(map) = seen.as_map_mut()
    {
        let pairs = labels.iter().map(|(key, value)| (key.as_str(), Node::made(value.as_str())));
        let mut like = crate::yaml::Map::new();
        pairs.for_each(|(key, value)| drop(like.insert(key, Origin::NONE, value)));
        map.insert("labels", Origin::NONE, Node::made(like));
    }
    let context = jinja::Context::new(vec![
        ("cluster".into(), seen),
        ("fleet".into(), crate::layer::context::fleet(&file.value)),
    ]);
    values::load(&fleet.values_files(), &root, this, run.jinja, &context, reader, recorder)
}
