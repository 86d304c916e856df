//! Whom a change reaches.
//!
//! [`since`] holds two states against each other: an app is reached if anything that it is made of differs. [`of_file`]
//! asks one state what it read. Neither guesses: both go by what was recorded while the fleet was compiled.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ecow::EcoString;

use super::fixpoint::{ancestors, key_text};
use super::memo::value;
use super::recipe::own_recipe;
use super::{AppResult, Compiled, Compiler, Options};
use crate::plan::{App, AppKey};
use crate::provenance::ValuesPath;
use crate::render::Engine;
use crate::world::{Digest, EntryKind, FilePath, Reader, Reads, TreeName, World, parent};
use crate::yaml::{Dialect, Node, parse_file, value_digest};

/// An app that a change reaches, or a cluster whose apps it decides.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reached {
    /// The cluster; none where it isn't known.
    pub cluster: Option<Arc<str>>,
    /// The app, by its name in the tree; none where it decides which apps there are.
    pub app: Option<Arc<str>>,
    /// Why, each once.
    pub why: Vec<Why>,
}

/// Why an app is reached.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// It reads a file.
    File(String),
    /// It lists a directory.
    Listing(String),
    /// It looks whether something is there.
    Absence(String),
    /// It reads a value: `values.components.web.replicas`.
    Value(String),
    /// It is declared otherwise: its sources, namespace, values or patches.
    Declared,
    /// It is new.
    New,
    /// It is gone.
    Gone,
    /// What makes it is reached.
    Maker(String),
    /// The whole fleet is declared in this file.
    Fleet(String),
    /// Nothing that it is made of differs, but what others make has an effect on it.
    Others,
}

/// What asks for whom.
pub struct State<'a> {
    /// The compiler, with all texts of the run.
    pub compiler: &'a Compiler,
    /// What it compiled.
    pub compiled: &'a Compiled,
}

/// Whom the difference between two states reaches: every app of which anything differs, whether or not its objects do. An
/// app that only renders a chart's values is reached if that makes a difference.
pub fn since(base: &State, head: &State, options: Options) -> Vec<Reached> {
    let by_key = |state: &State| -> BTreeMap<String, AppKey> {
        let apps = state.compiled.apps.keys().filter(|key| !is_set(key));
        apps.map(|key| (key_text(&state.compiled.fleet, key), key.clone())).collect()
    };
    let (old, new) = (by_key(base), by_key(head));
    let mut reached = Vec::new();
    for key in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
        let old = old.get(key).and_then(|key| Some((key, base.compiled.apps.get(key)?)));
        let new = new.get(key).and_then(|key| Some((key, head.compiled.apps.get(key)?)));
        if let (Some((_, old)), Some((_, new))) = (old, new)
            && place(base, old) != place(head, new)
        {
            // It goes elsewhere now, or under another name: what stands there is two apps.
            for (state, result, why) in [(base, old, Why::Gone), (head, new, Why::New)] {
                let (cluster, app) = place(state, result);
                reached.push(Reached { cluster, app: Some(app), why: vec![why] });
            }
            continue;
        }
        let why = match (old, new) {
            (Some((_, old)), Some((_, new))) => Pair { base, head, old, new, options }.why(),
            (Some(_), None) => vec![Why::Gone],
            (None, _) => vec![Why::New],
        };
        let (state, result) = match (old, new) {
            (_, Some((_, new))) => (head, new),
            (Some((_, old)), None) => (base, old),
            (None, None) => continue,
        };
        if !why.is_empty() {
            reached.push(Reached { cluster: cluster(state, result), app: Some(Arc::clone(&result.tree_name)), why });
        }
    }
    merged(reached)
}

/// Whether a key is that of an ApplicationSet, which is no app: what it makes is.
fn is_set(key: &AppKey) -> bool {
    matches!(key, AppKey::ApplicationSet { .. })
}

/// Where an app's objects stand.
fn place(state: &State, result: &AppResult) -> (Option<Arc<str>>, Arc<str>) {
    (cluster(state, result), Arc::clone(&result.tree_name))
}

fn cluster(state: &State, result: &AppResult) -> Option<Arc<str>> {
    result.cluster.and_then(|id| state.compiled.fleet.clusters.get(id)).map(|cluster| Arc::clone(&cluster.name))
}

/// By cluster and app, each once.
fn merged(mut reached: Vec<Reached>) -> Vec<Reached> {
    reached.sort();
    let mut all: Vec<Reached> = Vec::new();
    for one in reached {
        match all.last_mut().filter(|last| last.cluster == one.cluster && last.app == one.app) {
            Some(last) => last.why.extend(one.why),
            None => all.push(one),
        }
    }
    for one in &mut all {
        one.why.sort();
        one.why.dedup();
    }
    all
}

/// An app at two states.
struct Pair<'a> {
    base: &'a State<'a>,
    head: &'a State<'a>,
    old: &'a AppResult,
    new: &'a AppResult,
    options: Options,
}

impl Pair<'_> {
    fn why(&self) -> Vec<Why> {
        let mut why = self.reads();
        if self.only_values_of_charts(&why) && self.is_same() {
            why.clear();
        }
        if self.is_declared_otherwise() && !(self.only_values_of_charts(&why) && self.is_same()) {
            why.push(Why::Declared);
        }
        if why.is_empty() && !self.is_same() {
            why.push(Why::Others);
        }
        why
    }

    /// Whether all its sources are charts, and all reasons are files or values that go into their values.
    fn only_values_of_charts(&self, why: &[Why]) -> bool {
        let charts = |app: &App| app.sources.iter().all(|source| matches!(source.engine, Engine::Helm(_)));
        let (Some(old), Some(new)) = (&self.old.app, &self.new.app) else { return false };
        let files: BTreeSet<String> =
            [(self.base, old), (self.head, new)].iter().flat_map(|(state, app)| values_files(state, app)).collect();
        charts(old)
            && charts(new)
            && why.iter().all(|why| match why {
                Why::File(file) => files.contains(file),
                Why::Value(path) => path.starts_with("values.apps."),
                _ => false,
            })
    }

    /// Whether what comes of it is the same.
    fn is_same(&self) -> bool {
        let objects = |result: &AppResult| -> Vec<_> {
            result.objects.iter().map(|object| (object.id.clone(), *object.text.digest())).collect()
        };
        let said = |result: &AppResult| {
            result.app.as_ref().map(|app| {
                let layer = app.layer().map(str::to_owned);
                (app.wave, app.namespace.clone(), app.labels.clone(), layer)
            })
        };
        self.old.held == self.new.held
            && self.old.rank == self.new.rank
            && cluster(self.base, self.old) == cluster(self.head, self.new)
            && said(self.old) == said(self.new)
            && objects(self.old) == objects(self.new)
    }

    fn is_declared_otherwise(&self) -> bool {
        let of = |state: &State, result: &AppResult| {
            let app = result.app.as_ref()?;
            let compiled = state.compiled;
            let cluster = compiled.fleet.clusters.get(app.cluster)?;
            own_recipe(&state.compiler.run(self.options), &compiled.fleet, app, cluster)
        };
        // Patches count where they do something.
        let patches = |result: &AppResult| -> BTreeSet<[u8; 32]> {
            let all = result.app.iter().flat_map(|app| app.patches.iter());
            let done = |index| result.patched.iter().any(|patched| patched.patch == index);
            all.filter(|patch| done(patch.index)).map(|patch| patch.given.digest).collect()
        };
        of(self.base, self.old) != of(self.head, self.new) || patches(self.old) != patches(self.new)
    }

    /// What was read otherwise.
    fn reads(&self) -> Vec<Why> {
        let (old, new) = (&self.old.reads, &self.new.reads);
        let (base, head) = (&self.base.compiler.world, &self.head.compiler.world);
        let mut why = Vec::new();
        let differing = |of: fn(&Reads) -> &BTreeMap<FilePath, Digest>| -> Vec<String> {
            let (old, new) = (named(base, of(old)), named(head, of(new)));
            let all: BTreeSet<_> = old.keys().chain(new.keys()).collect();
            let pairs = all.into_iter().map(|name| (old.get(name), new.get(name)));
            let differ = pairs.filter(|(old, new)| old.map(|(digest, _)| digest) != new.map(|(digest, _)| digest));
            differ.filter_map(|(old, new)| Some(new.or(old)?.1.clone())).collect()
        };
        why.extend(differing(|reads| &reads.files).into_iter().map(Why::File));
        why.extend(differing(|reads| &reads.listings).into_iter().map(Why::Listing));
        let kinds = |world: &World, reads: &Reads| -> BTreeMap<(Option<TreeName>, EcoString), (u8, String)> {
            let kinds = reads.kinds.iter().map(|(path, kind)| (path, *kind as u8 + 1));
            let absences = reads.absences.iter().map(|path| (path, 0));
            let name = |(path, kind): (&FilePath, u8)| {
                ((world.tree_name(path.tree), path.path.clone()), (kind, world.show(path)))
            };
            kinds.chain(absences).map(name).collect()
        };
        let (old_kinds, new_kinds) = (kinds(base, old), kinds(head, new));
        for (place, (kind, shown)) in &new_kinds {
            if old_kinds.get(place).is_some_and(|(was, _)| was != kind) {
                why.push(Why::Absence(shown.clone()));
            }
        }
        if let (Some(old_app), Some(new_app)) = (&self.old.app, &self.new.app) {
            for path in old.values.union(&new.values) {
                let digest = |app| value(app, path).map(value_digest);
                if digest(old_app) != digest(new_app) {
                    why.push(Why::Value(path.join(".")));
                }
            }
        }
        why
    }
}

type Named = BTreeMap<(Option<TreeName>, EcoString), (Digest, String)>;

fn named(world: &World, reads: &BTreeMap<FilePath, Digest>) -> Named {
    let name = |(path, digest): (&FilePath, &Digest)| {
        ((world.tree_name(path.tree), path.path.clone()), (*digest, world.show(path)))
    };
    reads.iter().map(name).collect()
}

/// The files that an app's charts take values from, as they are shown: those that they are told, and their own.
fn values_files(state: &State, app: &App) -> Vec<String> {
    let mut files = Vec::new();
    for source in &app.sources {
        let Engine::Helm(options) = &source.engine else { continue };
        files.extend(source.dir.join("values.yaml").map(|path| state.compiler.world.show(&path)));
        for values in &options.values {
            if let crate::render::helm::options::Values::File(path, _) = values {
                files.push(state.compiler.world.show(path));
            }
        }
    }
    files
}

/// What a change of one file would reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileImpact {
    /// The file, as it was named.
    pub file: String,
    /// Whom it reaches.
    pub reached: Vec<Reached>,
}

/// Whom a change of a file would reach, by what was read. It is a path below the root of the fleet's own repository; one that
/// isn't there yet, or no more, may be named too.
pub fn of_file(state: &State, file: &str) -> FileImpact {
    let path = own_path(state, file);
    FileImpact { file: state.compiler.world.show(&path), reached: Asked { state, path: &path }.reached() }
}

/// What stands at a path below the root of the fleet's own repository.
pub fn stands(state: &State, path: &str) -> Option<EntryKind> {
    state.compiler.world.kind_of(&own_path(state, path))
}

fn own_path(state: &State, path: &str) -> FilePath {
    let fleet = &state.compiled.fleet;
    let own = fleet.repositories.own().map_or(&fleet.dir, |own| &own.root);
    FilePath::new(own.tree, path)
}

/// All apps, as if everything had changed.
pub fn everything(state: &State) -> Vec<Reached> {
    let apps = state.compiled.apps.iter().filter(|(key, _)| !is_set(key));
    let all = apps.map(|(_, result)| {
        let (cluster, app) = place(state, result);
        Reached { cluster, app: Some(app), why: vec![Why::New] }
    });
    merged(all.collect())
}

/// One file that is asked about.
struct Asked<'a> {
    state: &'a State<'a>,
    path: &'a FilePath,
}

impl Asked<'_> {
    fn world(&self) -> &World {
        &self.state.compiler.world
    }

    fn shown(&self) -> String {
        self.world().show(self.path)
    }

    fn reached(&self) -> Vec<Reached> {
        let compiled = self.state.compiled;
        let mut reached = Vec::new();
        let all = |why: &Why| -> Vec<Reached> {
            let apps = compiled.apps.iter().filter(|(key, _)| !is_set(key));
            apps.map(|(_, result)| self.app(result, why.clone())).collect()
        };
        if self.meets(&compiled.opening).is_some() {
            return merged(all(&Why::Fleet(self.shown())));
        }
        let keys = self.keys();
        let mut direct: BTreeMap<&AppKey, Vec<Why>> = BTreeMap::new();
        for (key, result) in &compiled.apps {
            let mut why = Vec::new();
            let by_values = self.is_values_file(result.cluster);
            // What a values file is read for is in the values.
            why.extend(self.meets(&result.reads).filter(|why| !by_values || !matches!(why, Why::File(_))));
            if let Some(keys) = result.cluster.and_then(|cluster| keys.get(&cluster)) {
                let read = result.reads.values.iter().filter(|path| keys.iter().any(|key| touch(path, key)));
                why.extend(read.map(|path| Why::Value(path.join("."))));
            }
            // One that isn't there yet may say anything.
            let any_value = result.reads.values.iter().any(|path| path.first().is_some_and(|root| root == "values"));
            if by_values && any_value && self.world().kind_of(self.path).is_none() {
                why.push(Why::Absence(self.shown()));
            }
            why.extend(self.patched(result));
            if matches!(key, AppKey::Root { .. }) {
                why.extend(self.meets(&compiled.roots));
            }
            if !why.is_empty() {
                direct.insert(key, why);
            }
        }
        for (key, result) in compiled.apps.iter().filter(|(key, _)| !is_set(key)) {
            reached.extend(direct.get(key).into_iter().flatten().map(|why| self.app(result, why.clone())));
            let maker = ancestors(&compiled.apps, key).into_iter().find(|maker| direct.contains_key(maker));
            let maker = maker.and_then(|maker| compiled.apps.get(maker));
            reached.extend(maker.map(|maker| self.app(result, Why::Maker(maker.tree_name.to_string()))));
        }
        reached.extend(self.planned(&keys));
        merged(reached)
    }

    fn app(&self, result: &AppResult, why: Why) -> Reached {
        Reached { cluster: cluster(self.state, result), app: Some(Arc::clone(&result.tree_name)), why: vec![why] }
    }

    /// How reads meet the file.
    fn meets(&self, reads: &Reads) -> Option<Why> {
        let same = |path: &FilePath| self.is_it(path);
        if reads.files.keys().any(same) {
            return Some(Why::File(self.shown()));
        }
        if reads.absences.iter().any(same) {
            return Some(Why::Absence(self.shown()));
        }
        // What isn't there would be listed once it were.
        if self.world().kind_of(self.path).is_some() {
            return None;
        }
        let mut dir = parent(&self.path.path);
        loop {
            let place = FilePath::new(self.path.tree, dir);
            if let Some(listed) = reads.listings.keys().find(|path| self.same(path, &place)) {
                return Some(Why::Listing(self.world().show(listed)));
            }
            // Above the nearest directory that stands nothing would be new.
            if dir.is_empty() || self.world().kind_of(&place).is_some() {
                return None;
            }
            dir = parent(dir);
        }
    }

    fn is_it(&self, path: &FilePath) -> bool {
        self.same(path, self.path)
    }

    /// The own repository may be mounted more than once.
    fn same(&self, a: &FilePath, b: &FilePath) -> bool {
        a.path == b.path && (a.tree == b.tree || self.world().tree_name(a.tree) == self.world().tree_name(b.tree))
    }

    fn is_values_file(&self, cluster: Option<usize>) -> bool {
        let planning = cluster.and_then(|cluster| self.state.compiled.planning.get(cluster));
        planning.is_some_and(|planning| planning.values_files.iter().any(|path| self.is_it(path)))
    }

    /// The keys of the file that count on each cluster, if it is a values file: what a later file says again doesn't.
    fn keys(&self) -> BTreeMap<usize, Vec<ValuesPath>> {
        let mut all = BTreeMap::new();
        let reader = Reader::forgetful(self.world());
        let said = reader.text(self.path).ok().map(|file| {
            let node = parse_file(&file, Dialect::Config).into_first();
            let mut leaves = Vec::new();
            leaf_paths(&node, &mut vec!["values".into()], &mut leaves);
            leaves
        });
        for (cluster, planning) in self.state.compiled.planning.iter().enumerate() {
            if !self.is_values_file(Some(cluster)) {
                continue;
            }
            let Some(said) = &said else { continue };
            let values = planning.values.as_ref();
            let counts = |(path, is_null): &&(ValuesPath, bool)| {
                let keys: Vec<&str> = path.iter().skip(1).map(EcoString::as_str).collect();
                let found = values.and_then(|values| values.at(&keys));
                match found {
                    Some(node) => self.comes_from_here(node),
                    None => *is_null,
                }
            };
            all.insert(cluster, said.iter().filter(counts).map(|(path, _)| path.clone()).collect());
        }
        all
    }

    fn comes_from_here(&self, node: &Node) -> bool {
        let file = self.world().sources().get(node.origin.file);
        file.is_some_and(|file| file.name == self.shown())
    }

    /// Whether patches that stand in the file change the app.
    fn patched(&self, result: &AppResult) -> Option<Why> {
        let app = result.app.as_ref()?;
        let here = result.patched.iter().filter_map(|patched| app.patches.iter().find(|p| p.index == patched.patch));
        let stands = |file: &Option<FilePath>, origin: crate::source::Origin| match file {
            Some(file) => self.is_it(file),
            None => self.world().sources().get(origin.file).is_some_and(|file| file.name == self.shown()),
        };
        let mut here = here.filter(|patch| stands(&patch.given.file, patch.given.origin));
        here.next().map(|_| Why::File(self.shown()))
    }

    /// Clusters whose apps are decided by the file, beyond what single apps read of it.
    fn planned(&self, keys: &BTreeMap<usize, Vec<ValuesPath>>) -> Vec<Reached> {
        let compiled = self.state.compiled;
        let mut reached = Vec::new();
        for (cluster, planning) in compiled.planning.iter().enumerate() {
            let apps = || compiled.apps.values().filter(|result| result.cluster == Some(cluster));
            let of_app = |path: &ValuesPath| apps().any(|result| result.reads.values.contains(path));
            let mut why = Vec::new();
            match keys.get(&cluster) {
                Some(keys) => {
                    let read = planning.reads.values.iter().filter(|path| keys.iter().any(|key| touch(path, key)));
                    why.extend(read.filter(|path| !of_app(path)).map(|path| Why::Value(path.join("."))));
                }
                // One that isn't there yet may switch apps on.
                None if self.is_values_file(Some(cluster)) => {
                    let decides = planning.reads.values.iter().any(|path| !of_app(path));
                    why.extend(decides.then(|| Why::Absence(self.shown())));
                }
                None => {
                    let met = self.meets(&planning.reads);
                    let by_app =
                        || apps().any(|result| self.meets(&result.reads).is_some() || self.patched(result).is_some());
                    why.extend(met.filter(|_| !by_app()));
                }
            }
            if let Some(cluster) = compiled.fleet.clusters.get(cluster).filter(|_| !why.is_empty()) {
                reached.push(Reached { cluster: Some(Arc::clone(&cluster.name)), app: None, why });
            }
        }
        reached
    }
}

/// The paths of what a values file says, lists as one, and whether each is a null.
fn leaf_paths(node: &Node, path: &mut ValuesPath, leaves: &mut Vec<(ValuesPath, bool)>) {
    match node.as_map().filter(|map| !map.is_empty()) {
        Some(map) => {
            for entry in map {
                path.push(entry.key.clone());
                leaf_paths(&entry.value, path, leaves);
                path.pop();
            }
        }
        None => leaves.push((path.clone(), node.is_null())),
    }
}

/// Whether reading one path sees a change at the other.
fn touch(read: &[EcoString], changed: &[EcoString]) -> bool {
    let shared = read.len().min(changed.len());
    read.get(..shared) == changed.get(..shared)
}
