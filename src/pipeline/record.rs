//! A run on record: what each unit of work read, and what came of it. Read again, it says which units a change reaches, and
//! what the others gave.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ecow::EcoString;
use rayon::prelude::*;

use super::Compiled;
use super::fixpoint::key_text;
use super::memo::{id, kind, kind_number, put_id};
use crate::argocd::ignore_differences::IgnoreDifferences;
use crate::cache::codec::{Reader, Writer};
use crate::cache::{Entry, Key};
use crate::diag::{Code, Severity};
use crate::plan::AppKey;
use crate::snapshot::{ClusterFacts, Finding, Place, Resolved, Snapshot};
use crate::source::Origin;
use crate::tree::{AppMeta, AppState, ClusterTree, Held, TreeApp, TreeObject};
use crate::world::{Digest, FilePath, Reads, TreeId, TreeName, World};

/// A run on record.
pub struct Record {
    entry: Entry,
    /// What opening the fleet read, digested.
    pub opening: Digest,
    /// What names and URLs of repositories stood for, digested.
    pub repositories: Digest,
    /// Whether a change may reach more than the clusters of the units that read it.
    pub entangled: bool,
    /// The trees that were read.
    trees: Vec<TreeName>,
    /// All that was read, each once.
    reads: Vec<Seen>,
    /// What stands at the roots, by number.
    pub roots: Vec<usize>,
    /// The planning of each declared cluster, in their order.
    pub planning: Vec<Planning>,
    /// The apps and ApplicationSets.
    pub units: Vec<UnitRecord>,
    /// Where the tree of each cluster is among the bytes.
    sections: Vec<(Arc<str>, u64, u64)>,
    /// The rest of the result.
    facts: Snapshot,
}

/// What planning a cluster read.
pub struct Planning {
    /// For each values file of the fleet, whether this cluster has it.
    pub found: Vec<bool>,
    reads: Vec<usize>,
}

/// What is on record of an app or an ApplicationSet.
pub struct UnitRecord {
    /// Its key, as a text.
    pub key: String,
    /// The cluster it goes to.
    pub cluster: Option<Arc<str>>,
    /// What made it.
    pub parent: Option<String>,
    /// Whether it makes apps, is an ApplicationSet, or says which projects there are.
    pub makes: bool,
    /// Whether it says which projects there are.
    pub declares: bool,
    reads: Vec<usize>,
}

/// Something that was read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Seen {
    File(usize, EcoString, Digest),
    Listing(usize, EcoString, Digest),
    Kind(usize, EcoString, u64),
    Absence(usize, EcoString),
}

impl Seen {
    /// The tree, by its number.
    fn tree(&self) -> usize {
        match self {
            Self::File(tree, ..) | Self::Listing(tree, ..) | Self::Kind(tree, ..) | Self::Absence(tree, _) => *tree,
        }
    }

    /// Whether it would be read the same now; `trees` has those of this world by number.
    fn is_same(&self, world: &World, trees: &[Option<TreeId>]) -> bool {
        let Some(tree) = trees.get(self.tree()).copied().flatten() else { return false };
        let place = |path: &EcoString| FilePath::new(tree, path.clone());
        match self {
            Self::File(_, path, digest) => world.digest(&place(path)) == Some(*digest),
            Self::Listing(_, path, digest) => world.listing_digest(&place(path)) == Some(*digest),
            Self::Kind(_, path, number) => world.kind_of(&place(path)) == kind(*number),
            Self::Absence(_, path) => world.kind_of(&place(path)).is_none(),
        }
    }
}

/// The key of the record of a run: what was asked for, and the state of the repository that it was asked for at.
pub fn record_key(asked: &str, state: &str) -> Key {
    let build = env!("TERRACE_BUILD");
    let mut hash = blake3::Hasher::new();
    for part in ["run", build, asked, state] {
        hash.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
    }
    *hash.finalize().as_bytes()
}

/// A digest of reads that holds in every run; none if something was read that only this run has.
pub fn reads_digest(world: &World, reads: &Reads) -> Option<Digest> {
    let mut table = Table { world, trees: Vec::new(), numbers: BTreeMap::new() };
    let mut writer = Writer::default();
    let seen = table.seen(reads)?;
    let trees = table.trees.clone();
    trees.iter().for_each(|name| writer.text(name));
    seen.iter().for_each(|seen| put_seen(seen, &mut writer));
    Some(*blake3::hash(&writer.into_bytes()).as_bytes())
}

struct Table<'a> {
    world: &'a World,
    trees: Vec<TreeName>,
    numbers: BTreeMap<TreeName, usize>,
}

impl Table<'_> {
    fn tree(&mut self, path: &FilePath) -> Option<usize> {
        let name = self.world.tree_name(path.tree)?;
        let next = self.numbers.len();
        let number = *self.numbers.entry(Arc::clone(&name)).or_insert(next);
        if number == next {
            self.trees.push(name);
        }
        Some(number)
    }

    /// Reads by number of the tree. Those in trees that only this run has make none of it.
    fn seen(&mut self, reads: &Reads) -> Option<Vec<Seen>> {
        let Reads { files, absences, kinds, listings, values: _ } = reads;
        let mut seen = Vec::new();
        for (path, digest) in files {
            seen.push(Seen::File(self.tree(path)?, path.path.clone(), *digest));
        }
        for (path, digest) in listings {
            seen.push(Seen::Listing(self.tree(path)?, path.path.clone(), *digest));
        }
        for (path, kind) in kinds {
            seen.push(Seen::Kind(self.tree(path)?, path.path.clone(), kind_number(*kind)));
        }
        for path in absences {
            seen.push(Seen::Absence(self.tree(path)?, path.path.clone()));
        }
        Some(seen)
    }
}

fn put_seen(seen: &Seen, to: &mut Writer) {
    let mut put = |form: u64, tree: usize, path: &str| {
        to.number(form);
        to.number(tree as u64);
        to.text(path);
    };
    match seen {
        Seen::File(tree, path, digest) => {
            put(0, *tree, path);
            to.fixed(digest);
        }
        Seen::Listing(tree, path, digest) => {
            put(1, *tree, path);
            to.fixed(digest);
        }
        Seen::Kind(tree, path, kind) => {
            put(2, *tree, path);
            to.number(*kind);
        }
        Seen::Absence(tree, path) => put(3, *tree, path),
    }
}

fn seen(from: &mut Reader) -> Option<Seen> {
    let form = from.number()?;
    let (tree, path) = (usize::try_from(from.number()?).ok()?, from.text()?.into());
    Some(match form {
        0 => Seen::File(tree, path, from.fixed()?),
        1 => Seen::Listing(tree, path, from.fixed()?),
        2 => Seen::Kind(tree, path, from.number()?),
        3 => Seen::Absence(tree, path),
        _ => return None,
    })
}

/// Writes a run down, with the texts of all objects; none if it can't be told in another run.
pub fn encode(world: &World, compiled: &Compiled, facts: &Snapshot) -> Option<(Vec<u8>, Vec<Arc<str>>)> {
    let mut table = Table { world, trees: Vec::new(), numbers: BTreeMap::new() };
    let mut all: BTreeMap<Seen, usize> = BTreeMap::new();
    let mut rows = Vec::new();
    let mut numbered = |reads: &Reads| -> Option<Vec<usize>> {
        let seen = table.seen(reads)?;
        let number = |seen: Seen| {
            let next = all.len();
            *all.entry(seen.clone()).or_insert_with(|| {
                rows.push(seen);
                next
            })
        };
        Some(seen.into_iter().map(number).collect())
    };
    let mut body = Writer::default();
    let roots = numbered(&compiled.roots)?;
    body.list(roots.iter(), |to, read| to.number(*read as u64));
    let planning: Option<Vec<Vec<usize>>> = compiled.planning.iter().map(|planned| numbered(&planned.reads)).collect();
    body.list(planning?.iter().zip(&compiled.planning), |to, (reads, planned)| {
        to.list(planned.found.iter(), |to, found| to.flag(*found));
        to.list(reads.iter(), |to, read| to.number(*read as u64));
    });
    let makers: BTreeSet<&AppKey> = compiled.apps.values().filter_map(|result| result.parent.as_ref()).collect();
    let fleet = &compiled.fleet;
    let units: Option<Vec<Vec<usize>>> = compiled.apps.values().map(|result| numbered(&result.reads)).collect();
    body.list(units?.iter().zip(&compiled.apps), |to, (reads, (key, result))| {
        to.text(&key_text(fleet, key));
        to.option(result.cluster.and_then(|id| fleet.clusters.get(id)).map(|cluster| &*cluster.name));
        to.option(result.parent.as_ref().map(|parent| key_text(fleet, parent)).as_deref());
        let is_set = matches!(key, AppKey::ApplicationSet { .. });
        let makes = makers.contains(key) || compiled.makers.contains(key);
        to.flag(is_set || makes || compiled.declarers.contains(key));
        to.flag(compiled.declarers.contains(key));
        to.list(reads.iter(), |to, read| to.number(*read as u64));
    });
    // Held apps of clusters that are left out would go untold.
    let entangled = compiled.has_held()
        || facts.findings.iter().any(|finding| finding.code == Code::DUPLICATE_APPLICATION.name())
        || compiled.apps.values().any(|result| {
            let application = result.app.as_ref().and_then(|app| app.application());
            application.is_some_and(|application| application.hydrator.is_some())
        })
        || fleet.clusters.iter().any(|c| c.declared == crate::config::cluster::Declared::Assumed);
    let (mut texts, mut sections, mut at) = (Vec::new(), Writer::default(), 0);
    let mut places = Vec::new();
    for tree in &facts.trees {
        let mut section = Writer::default();
        put_tree(tree, &mut section, &mut texts, &mut at);
        places.push((&tree.cluster, section.into_bytes()));
    }
    sections.list(places.iter(), |to, (name, bytes)| {
        to.text(name);
        to.number(bytes.len() as u64);
    });
    let mut head = Writer::default();
    head.fixed(&reads_digest(world, &compiled.opening)?);
    head.fixed(&compiled.fleet.repositories.digest(world));
    head.flag(entangled);
    head.list(table.trees.iter(), |to, name| to.text(name));
    head.list(rows.iter(), |to, seen| put_seen(seen, to));
    let mut bytes = head.into_bytes();
    bytes.extend(body.into_bytes());
    let mut rest = Writer::default();
    put_facts(facts, &mut rest)?;
    bytes.extend(rest.into_bytes());
    bytes.extend(sections.into_bytes());
    places.into_iter().for_each(|(_, section)| bytes.extend(section));
    Some((bytes, texts))
}

impl Record {
    /// Reads a record; none if it isn't one.
    pub fn read(entry: Entry) -> Option<Self> {
        let mut from = Reader::new(entry.bytes());
        let (opening, repositories, entangled) = (from.fixed()?, from.fixed()?, from.flag()?);
        let trees = from.list(|from| Some(from.text()?.into()))?;
        let reads = from.list(seen)?;
        let rows = |from: &mut Reader| from.list(|from| usize::try_from(from.number()?).ok());
        let roots = rows(&mut from)?;
        let planning = from.list(|from| Some(Planning { found: from.list(Reader::flag)?, reads: rows(from)? }))?;
        let units = from.list(|from| {
            let key = from.text()?.to_owned();
            let cluster = from.option()?.map(Arc::from);
            let parent = from.option()?.map(str::to_owned);
            Some(UnitRecord { key, cluster, parent, makes: from.flag()?, declares: from.flag()?, reads: rows(from)? })
        })?;
        let facts = facts(&mut from)?;
        let lengths = from.list(|from| Some((Arc::<str>::from(from.text()?), from.number()?)))?;
        let mut at = (entry.bytes().len() - from.left()) as u64;
        let place = |(name, length): (Arc<str>, u64)| {
            let start = at;
            at = at.checked_add(length)?;
            Some((name, start, at))
        };
        let sections: Option<Vec<_>> = lengths.into_iter().map(place).collect();
        let sections = sections?;
        Some(Self { opening, repositories, entangled, trees, reads, roots, planning, units, sections, facts, entry })
    }

    /// What of all that was read would be read otherwise now. Trees that this world hasn't count as changed.
    pub fn changes(&self, world: &World) -> Changes {
        let trees = self.mounted(world);
        Changes { changed: self.reads.par_iter().map(|seen| !seen.is_same(world, &trees)).collect() }
    }

    /// Whether all that was read outside the fleet's own repository would be read the same now.
    pub fn is_outside_same(&self, world: &World, own: &str) -> bool {
        let trees = self.mounted(world);
        let is_own = |seen: &Seen| self.trees.get(seen.tree()).is_some_and(|name| **name == *own);
        self.reads.par_iter().all(|seen| is_own(seen) || seen.is_same(world, &trees))
    }

    fn mounted(&self, world: &World) -> Vec<Option<TreeId>> {
        self.trees.iter().map(|name| world.tree_named(name)).collect()
    }

    /// The result, with the trees of these clusters only; of all, if none are given.
    pub fn snapshot(&self, clusters: Option<&BTreeSet<Arc<str>>>) -> Option<Snapshot> {
        let wanted = self.sections.iter().filter(|(name, ..)| clusters.is_none_or(|wanted| wanted.contains(name)));
        let wanted: Vec<_> = wanted.collect();
        let trees: Option<Vec<ClusterTree>> = wanted.par_iter().map(|section| self.tree(section)).collect();
        Some(Snapshot { trees: trees?, ..self.facts.clone() })
    }

    fn tree(&self, (name, start, end): &(Arc<str>, u64, u64)) -> Option<ClusterTree> {
        let range = usize::try_from(*start).ok()?..usize::try_from(*end).ok()?;
        let mut from = Reader::new(self.entry.bytes().get(range)?);
        let mut at = from.number()?;
        let apps = from.list(|from| {
            let (name, held, meta) = (from.text()?.into(), held(from)?, meta(from)?);
            let objects = from.list(|from| {
                let (id, digest, length, source) = (id(from)?, from.fixed()?, from.number()?, from.text()?.to_owned());
                let range = at..at.checked_add(length)?;
                at = range.end;
                Some(TreeObject { id, text: self.entry.kept(range, digest), source })
            })?;
            let state = held.map_or(AppState::Rendered, AppState::Held);
            Some(TreeApp { name, state, objects, meta })
        })?;
        Some(ClusterTree { cluster: Arc::clone(name), apps })
    }
}

/// What would be read otherwise, by its number in the record.
pub struct Changes {
    changed: Vec<bool>,
}

impl Changes {
    /// Whether they reach some of what was read.
    pub fn reach(&self, reads: &[usize]) -> bool {
        reads.iter().any(|read| self.changed.get(*read).copied().unwrap_or(true))
    }

    /// Whether they reach the planning of a cluster.
    pub fn reach_planning(&self, planning: &Planning) -> bool {
        self.reach(&planning.reads)
    }

    /// Whether they reach an app.
    pub fn reach_unit(&self, unit: &UnitRecord) -> bool {
        self.reach(&unit.reads)
    }
}

fn put_tree(tree: &ClusterTree, to: &mut Writer, texts: &mut Vec<Arc<str>>, at: &mut u64) {
    to.number(*at);
    to.list(tree.apps.iter(), |to, app| {
        to.text(&app.name);
        put_held(
            match &app.state {
                AppState::Rendered => None,
                AppState::Held(held) => Some(held),
            },
            to,
        );
        put_meta(&app.meta, to);
        to.list(app.objects.iter(), |to, object| {
            let text = object.text.get();
            put_id(&object.id, to);
            to.fixed(object.text.digest());
            to.number(text.len() as u64);
            to.text(&object.source);
            *at += text.len() as u64;
            texts.push(text);
        });
    });
}

fn put_held(held: Option<&Held>, to: &mut Writer) {
    to.flag(held.is_some());
    if let Some(Held { code, reason }) = held {
        to.text(code);
        to.text(reason);
    }
}

fn held(from: &mut Reader) -> Option<Option<Held>> {
    if !from.flag()? {
        return Some(None);
    }
    Some(Some(Held { code: from.text()?.to_owned(), reason: from.text()?.to_owned() }))
}

fn put_meta(meta: &AppMeta, to: &mut Writer) {
    let AppMeta { namespace, wave, layer, parents, origin, labels } = meta;
    to.option(namespace.as_deref());
    to.signed(*wave);
    to.option(layer.as_deref());
    to.list(parents.iter(), |to, parent| to.text(parent));
    to.text(origin);
    put_labels(labels, to);
}

fn meta(from: &mut Reader) -> Option<AppMeta> {
    Some(AppMeta {
        namespace: from.option()?.map(str::to_owned),
        wave: from.signed()?,
        layer: from.option()?.map(str::to_owned),
        parents: from.list(|from| Some(from.text()?.to_owned()))?,
        origin: from.text()?.to_owned(),
        labels: labels(from)?,
    })
}

fn put_labels(labels: &BTreeMap<String, String>, to: &mut Writer) {
    to.list(labels.iter(), |to, (key, value)| {
        to.text(key);
        to.text(value);
    });
}

fn labels(from: &mut Reader) -> Option<BTreeMap<String, String>> {
    let pairs = from.list(|from| Some((from.text()?.to_owned(), from.text()?.to_owned())))?;
    Some(pairs.into_iter().collect())
}

/// Everything of a result but the trees.
fn put_facts(facts: &Snapshot, to: &mut Writer) -> Option<()> {
    let Snapshot { name, commit, revisions, clusters, trees: _, ignored, findings, homeless } = facts;
    to.text(name);
    to.option(commit.as_deref());
    to.list(revisions.iter(), |to, Resolved { repository, revision, commit }| {
        [repository, revision, commit].into_iter().for_each(|text| to.text(text));
    });
    to.list(clusters.iter(), |to, ClusterFacts { name, labels, server }| {
        to.text(name);
        put_labels(labels, to);
        to.option(server.as_deref());
    });
    to.list(ignored.iter(), |to, ((cluster, app), ignored)| {
        to.text(cluster);
        to.text(app);
        to.list(ignored.iter(), |to, ignored| {
            let IgnoreDifferences { group, kind, name, namespace, .. } = ignored;
            [group, kind, name, namespace].into_iter().for_each(|text| to.text(text));
            let lists = [&ignored.json_pointers, &ignored.jq_path_expressions, &ignored.managed_fields_managers];
            lists.into_iter().for_each(|list| to.list(list.iter(), |to, (text, _)| to.text(text)));
        });
    });
    to.list(findings.iter(), |to, finding| {
        let Finding { code, severity, message, place, hints, cluster, app, object } = finding;
        to.text(code);
        to.number(match severity {
            Severity::Note => 0,
            Severity::Warning => 1,
            Severity::Error => 2,
        });
        to.text(message);
        to.flag(place.is_some());
        if let Some(Place { file, line, column }) = place {
            to.text(file);
            to.number(u64::from(*line));
            to.number(u64::from(*column));
        }
        to.list(hints.iter(), |to, hint| to.text(hint));
        [cluster, app, object].into_iter().for_each(|name| to.option(name.as_deref()));
    });
    to.list(homeless.iter(), |to, (name, held)| {
        to.text(name);
        put_held(Some(held), to);
    });
    Some(())
}

fn facts(from: &mut Reader) -> Option<Snapshot> {
    let name = from.text()?.to_owned();
    let commit = from.option()?.map(str::to_owned);
    let revisions = from.list(|from| {
        let mut text = || Some(from.text()?.to_owned());
        Some(Resolved { repository: text()?, revision: text()?, commit: text()? })
    })?;
    let clusters = from.list(|from| {
        let (name, labels) = (from.text()?.into(), labels(from)?);
        Some(ClusterFacts { name, labels, server: from.option()?.map(str::to_owned) })
    })?;
    let ignored = from.list(|from| {
        let key = (Arc::from(from.text()?), Arc::from(from.text()?));
        let list = from.list(|from| {
            let mut text = || Some(from.text()?.to_owned());
            let (group, kind, name, namespace) = (text()?, text()?, text()?, text()?);
            let mut list = || from.list(|from| Some((from.text()?.to_owned(), Origin::NONE)));
            let (json_pointers, jq_path_expressions, managed_fields_managers) = (list()?, list()?, list()?);
            let origin = Origin::NONE;
            Some(IgnoreDifferences {
                group,
                kind,
                name,
                namespace,
                json_pointers,
                jq_path_expressions,
                managed_fields_managers,
                origin,
            })
        })?;
        Some((key, list))
    })?;
    let findings = from.list(|from| {
        let code = from.text()?.to_owned();
        let severity = match from.number()? {
            0 => Severity::Note,
            1 => Severity::Warning,
            2 => Severity::Error,
            _ => return None,
        };
        let message = from.text()?.to_owned();
        let place = match from.flag()? {
            false => None,
            true => Some(Place {
                file: from.text()?.to_owned(),
                line: u32::try_from(from.number()?).ok()?,
                column: u32::try_from(from.number()?).ok()?,
            }),
        };
        let hints = from.list(|from| Some(from.text()?.to_owned()))?;
        let mut name = || Some(from.option()?.map(Arc::from));
        let (cluster, app, object) = (name()?, name()?, name()?);
        Some(Finding { code, severity, message, place, hints, cluster, app, object })
    })?;
    let homeless = from.list(|from| Some((from.text()?.into(), held(from)??)))?;
    let ignored = ignored.into_iter().collect();
    Some(Snapshot { name, commit, revisions, clusters, trees: Vec::new(), ignored, findings, homeless })
}
