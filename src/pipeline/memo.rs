//! Apps that needn't be rendered again: an earlier run did, and all that it read would be read the same.

use std::collections::BTreeMap;
use std::sync::Arc;

use ecow::EcoString;

use super::Run;
use super::patches::{Outcome, Patched};
use super::recipe::{Recipe, recipe};
use super::unit::{Object, Unit, unit as render};
use crate::cache::codec::{Reader, Writer};
use crate::cache::{Cache, Entry};
use crate::config::cluster::Cluster;
use crate::kube::{ObjectId, Phase, Scope, SyncTask};
use crate::plan::App;
use crate::plan::fleet::Fleet;
use crate::source::Origin;
use crate::tree::Text;
use crate::world::{EntryKind, FilePath, Reads, TreeId, TreeName, World};
use crate::yaml::{Node, ValueDigest, value_digest};

/// An app's result: an earlier run's, or rendered now. `planning` is what was read to plan it.
pub fn unit(run: &Run, fleet: &Fleet, app: &App, cluster: &Cluster, planning: &Reads) -> Unit {
    let fresh = || {
        let mut unit = render(run, app, cluster);
        unit.reads.merge(planning.clone());
        unit
    };
    let Some(cache) = run.cache else { return fresh() };
    let Some(recipe) = recipe(run, fleet, app, cluster) else { return fresh() };
    if let Some(unit) = found(run, cache, app, &recipe) {
        return unit;
    }
    let unit = fresh();
    if let Some((bytes, texts)) = encode(run.world, app, &unit) {
        cache.add(recipe, bytes, texts);
    }
    unit
}

fn found(run: &Run, cache: &Cache, app: &App, recipe: &Recipe) -> Option<Unit> {
    let entries = cache.find(recipe);
    let unit = entries.iter().find_map(|entry| decode(run, app, entry))?;
    cache.used(recipe);
    Some(unit)
}

/// What templates of an app see at a path; none if there is nothing.
pub(super) fn value<'a>(app: &'a App, path: &[impl AsRef<str>]) -> Option<&'a Node> {
    let (root, rest) = path.split_first()?;
    let mut node = app.context.iter().find(|(name, _)| name == root.as_ref()).map(|(_, node)| node)?;
    for key in rest {
        let key = key.as_ref();
        node = match node.as_seq() {
            Some(items) => items.get(key.parse::<usize>().ok()?)?,
            None => node.get(key)?,
        };
    }
    Some(node)
}

/// The names of trees, each once, by number.
#[derive(Default)]
struct Names {
    numbers: BTreeMap<TreeId, u64>,
    names: Vec<TreeName>,
}

impl Names {
    /// Writes a place; none for one in a tree that no other run has.
    fn put(&mut self, world: &World, path: &FilePath, to: &mut Writer) -> Option<()> {
        let number = match self.numbers.get(&path.tree) {
            Some(number) => *number,
            None => {
                let number = self.names.len() as u64;
                self.names.push(world.tree_name(path.tree)?);
                self.numbers.insert(path.tree, number);
                number
            }
        };
        to.number(number);
        to.text(&path.path);
        Some(())
    }
}

/// An app's result as an entry; none if it isn't one to be kept: findings and what is to be expanded point into texts.
fn encode(world: &World, app: &App, unit: &Unit) -> Option<(Vec<u8>, Vec<Arc<str>>)> {
    let Unit { objects, patched, made, defines, diagnostics, failed, reads } = unit;
    if *failed || !diagnostics.is_empty() || !made.is_empty() {
        return None;
    }
    let mut names = Names::default();
    let mut body = Writer::default();
    put_reads(world, app, reads, &mut names, &mut body)?;
    let mut all = Some(());
    body.list(objects.iter(), |to, object| {
        put_id(&object.id, to);
        to.flag(object.file.is_some());
        if let Some(file) = &object.file {
            all = all.and(names.put(world, file, to));
        }
        to.number(object.scope.map_or(0, scope_number));
        to.list(object.tasks.iter(), |to, task| {
            to.number(phase_number(task.phase));
            to.signed(task.wave);
            to.flag(task.defines.is_some());
            if let Some((group, kind)) = &task.defines {
                to.text(group);
                to.text(kind);
            }
        });
        to.fixed(object.text.digest());
        to.number(object.text.get().len() as u64);
    });
    body.list(defines.iter(), |to, (group, kind, scope)| {
        to.text(group);
        to.text(kind);
        to.number(scope_number(*scope));
    });
    body.list(patched.iter(), |to, Patched { patch, object, outcome }| {
        to.number(*patch as u64);
        put_id(object, to);
        match outcome {
            Outcome::Done => to.flag(true),
            Outcome::Outside => to.flag(false),
            Outcome::Failed(_) => all = None,
        }
    });
    all?;
    let mut entry = Writer::default();
    entry.list(names.names.iter(), |to, name| to.text(name));
    let mut bytes = entry.into_bytes();
    bytes.extend(body.into_bytes());
    Some((bytes, objects.iter().map(|object| object.text.get()).collect()))
}

fn put_reads(world: &World, app: &App, reads: &Reads, names: &mut Names, to: &mut Writer) -> Option<()> {
    let Reads { files, absences, kinds, listings, values } = reads;
    to.list(values.iter(), |to, path| {
        to.list(path.iter(), |to, key| to.text(key));
        let value = value(app, path);
        to.flag(value.is_some());
        value.into_iter().for_each(|node| to.fixed(&value_digest(node)));
    });
    let mut all = Some(());
    for digests in [files, listings] {
        to.list(digests.iter(), |to, (path, digest)| {
            all = all.and(names.put(world, path, to));
            to.fixed(digest);
        });
    }
    to.list(absences.iter(), |to, path| all = all.and(names.put(world, path, to)));
    to.list(kinds.iter(), |to, (path, kind)| {
        all = all.and(names.put(world, path, to));
        to.number(kind_number(*kind));
    });
    all
}

/// The result that an entry has, if all that it read would be read the same.
fn decode(run: &Run, app: &App, entry: &Entry) -> Option<Unit> {
    let mut from = Reader::new(entry.bytes());
    let trees = from.list(|from| run.world.tree_named(from.text()?))?;
    let reads = same_reads(run.world, app, &trees, &mut from)?;
    let texts = match run.lazy {
        true => None,
        false => Some(entry.texts()?),
    };
    let mut at = 0u64;
    let objects = from.list(|from| {
        let id = id(from)?;
        let file = if from.flag()? { Some(place(&trees, from)?) } else { None };
        let scope = scope(from.number()?)?;
        let tasks = from.list(|from| {
            let (phase, wave) = (phase(from.number()?)?, from.signed()?);
            let defines = if from.flag()? { Some((from.text()?.into(), from.text()?.into())) } else { None };
            Some(SyncTask { index: 0, phase, wave, id: id.clone(), defines })
        })?;
        let (digest, length) = (from.fixed()?, from.number()?);
        let range = at..at.checked_add(length)?;
        at = range.end;
        let text = match &texts {
            None => entry.kept(range, digest),
            Some(texts) => {
                let range = usize::try_from(range.start).ok()?..usize::try_from(range.end).ok()?;
                let text = std::str::from_utf8(texts.get(range)?).ok()?;
                let text = Text::from(text);
                (*text.digest() == digest).then_some(text)?
            }
        };
        // Where it started is found by rendering again, should anybody ask.
        Some(Object { id, text, file, origin: Origin::NONE, tasks, scope })
    })?;
    let defines = from.list(|from| {
        let (group, kind) = (from.text()?.into(), from.text()?.into());
        Some((group, kind, scope(from.number()?)??))
    })?;
    let patched = from.list(|from| {
        let (patch, object) = (usize::try_from(from.number()?).ok()?, id(from)?);
        let outcome = if from.flag()? { Outcome::Done } else { Outcome::Outside };
        Some(Patched { patch, object, outcome })
    })?;
    from.is_done().then_some(Unit { objects, patched, defines, reads, ..Unit::default() })
}

/// What an entry read, if it would be read the same.
fn same_reads(world: &World, app: &App, trees: &[TreeId], from: &mut Reader) -> Option<Reads> {
    let mut reads = Reads::default();
    let values = from.list(|from| {
        let path = from.list(|from| Some(EcoString::from(from.text()?)))?;
        let then: Option<ValueDigest> = if from.flag()? { Some(from.fixed()?) } else { None };
        (value(app, &path).map(value_digest) == then).then_some(path)
    })?;
    reads.values = values.into_iter().collect();
    let files = from.list(|from| {
        let (path, digest) = (place(trees, from)?, from.fixed()?);
        (world.digest(&path) == Some(digest)).then_some((path, digest))
    })?;
    reads.files = files.into_iter().collect();
    let listings = from.list(|from| {
        let (path, digest) = (place(trees, from)?, from.fixed()?);
        (world.listing_digest(&path) == Some(digest)).then_some((path, digest))
    })?;
    reads.listings = listings.into_iter().collect();
    let absences = from.list(|from| {
        let path = place(trees, from)?;
        world.kind_of(&path).is_none().then_some(path)
    })?;
    reads.absences = absences.into_iter().collect();
    let kinds = from.list(|from| {
        let (path, kind) = (place(trees, from)?, kind(from.number()?)?);
        (world.kind_of(&path) == Some(kind)).then_some((path, kind))
    })?;
    reads.kinds = kinds.into_iter().collect();
    Some(reads)
}

fn place(trees: &[TreeId], from: &mut Reader) -> Option<FilePath> {
    let tree = *trees.get(usize::try_from(from.number()?).ok()?)?;
    Some(FilePath::new(tree, from.text()?))
}

pub(super) fn put_id(id: &ObjectId, to: &mut Writer) {
    let ObjectId { group, kind, namespace, name, generated, version } = id;
    [group, kind, namespace, name, version].into_iter().for_each(|text| to.text(text));
    to.flag(*generated);
}

pub(super) fn id(from: &mut Reader) -> Option<ObjectId> {
    let mut text = || from.text().map(EcoString::from);
    let (group, kind, namespace, name, version) = (text()?, text()?, text()?, text()?, text()?);
    Some(ObjectId { group, kind, namespace, name, version, generated: from.flag()? })
}

fn scope_number(scope: Scope) -> u64 {
    match scope {
        Scope::Namespaced => 1,
        Scope::Cluster => 2,
    }
}

fn scope(number: u64) -> Option<Option<Scope>> {
    match number {
        0 => Some(None),
        1 => Some(Some(Scope::Namespaced)),
        2 => Some(Some(Scope::Cluster)),
        _ => None,
    }
}

fn phase_number(phase: Phase) -> u64 {
    match phase {
        Phase::PreSync => 0,
        Phase::Sync => 1,
        Phase::PostSync => 2,
        Phase::SyncFail => 3,
    }
}

fn phase(number: u64) -> Option<Phase> {
    [Phase::PreSync, Phase::Sync, Phase::PostSync, Phase::SyncFail].get(usize::try_from(number).ok()?).copied()
}

pub(super) fn kind_number(kind: EntryKind) -> u64 {
    match kind {
        EntryKind::File => 0,
        EntryKind::Directory => 1,
        EntryKind::BadLink => 2,
    }
}

pub(super) fn kind(number: u64) -> Option<EntryKind> {
    [EntryKind::File, EntryKind::Directory, EntryKind::BadLink].get(usize::try_from(number).ok()?).copied()
}
