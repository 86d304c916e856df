//! Two states of a fleet, compiled to be compared.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::open::{OWN, Opened, open};
use super::part::Part;
use super::record::{self, Record, reads_digest, record_key};
use super::{Compiled, Compiler, Opening, Options, compile, snapshot};
use crate::cache::{Cache, Key};
use crate::diag::Diagnostics;
use crate::snapshot::Snapshot;

/// Two states of a fleet.
#[derive(Debug, Default)]
pub struct Sides {
    /// What it was. Clusters that are the same on both sides may be left out of the trees of both.
    pub base: Snapshot,
    /// What it is to be.
    pub head: Snapshot,
}

/// One of two states.
#[derive(Clone, Debug)]
pub struct Side<'a> {
    /// What is compiled.
    pub opening: &'a Opening,
    /// How people call it.
    pub name: &'a str,
    /// The commit that it is, if it is one: its id, and that of its tree.
    pub commit: Option<(&'a str, &'a str)>,
}

impl Side<'_> {
    fn commit(&self) -> Option<String> {
        self.commit.map(|(commit, _)| commit.to_owned())
    }
}

/// Why two states can't be compared: what was found in one of them, and the texts that it points into.
pub struct Unfit {
    /// What was found.
    pub diagnostics: Diagnostics,
    /// The compiler that found it.
    pub compiler: Box<Compiler>,
    /// How people call the state.
    pub name: String,
}

/// Compiles two states. What an earlier run made of the base is taken from the cache; of the other only what differs from it
/// is compiled, where that can be told.
///
/// # Errors
/// One of them can't be compiled at all.
pub fn sides(base: &Side, head: &Side, options: Options, cache: Option<&Arc<Cache>>) -> Result<Sides, Unfit> {
    let Some(cache) = cache else { return whole(base, head, options, None) };
    let of_tree = |(_, tree): (&str, &str)| record_key(&asked(base.opening, options), tree);
    let key = base.commit.filter(|_| !base.opening.pinned).map(of_tree);
    let Some(key) = key else { return whole(base, head, options, Some(cache)) };
    let compiler = Compiler::with_cache(Arc::clone(cache));
    let (opened, known) =
        rayon::join(|| open(&compiler.world, head.opening), || cache.record(&key).and_then(Record::read));
    let mut opened = match opened {
        Ok(opened) => opened,
        Err(diagnostics) => return Err(unfit(diagnostics, compiler, head)),
    };
    let repositories = opened.fleet.repositories.digest(&compiler.world);
    let holds = |r: &Record| r.repositories == repositories && r.is_outside_same(&compiler.world, OWN);
    let record = match known.filter(holds) {
        Some(record) => record,
        None => {
            let (fresh, snapshot) = compiled(base, options, Some(cache))?;
            // What can't be kept is compiled again the next time.
            let _ = cache.save_and_load();
            match keep(cache, &key, &fresh, &snapshot) {
                Some(record) => record,
                None => return Ok(Sides { base: snapshot, head: finish(&compiler, opened, head, options)? }),
            }
        }
    };
    let read = |clusters: Option<&BTreeSet<Arc<str>>>| {
        let snapshot = record.snapshot(clusters);
        snapshot.map(|snapshot| Snapshot { name: base.name.to_owned(), commit: base.commit(), ..snapshot })
    };
    let same_opening = reads_digest(&compiler.world, &opened.reads).is_some_and(|digest| digest == record.opening);
    let part = match same_opening && !opened.diagnostics.has_errors() {
        true => Part::of(&record, &record.changes(&compiler.world), &opened.fleet),
        false => None,
    };
    if let Some(part) = part
        && let Some(base) = read(Some(&part.clusters))
    {
        if part.clusters.is_empty() {
            let head = Snapshot { name: head.name.to_owned(), commit: head.commit(), ..base.clone() };
            return Ok(Sides { base, head });
        }
        let compiled = compile(opened, &compiler.run(options), Some(&part));
        if part.holds(&compiled, &record) {
            let changed = snapshot(&compiled, compiler.sources(), head.name);
            let head = merged(&base, changed, &part.clusters);
            return Ok(Sides { base, head });
        }
        opened = match open(&compiler.world, head.opening) {
            Ok(opened) => opened,
            Err(diagnostics) => return Err(unfit(diagnostics, compiler, head)),
        };
    }
    let Some(base_snapshot) = read(None) else {
        cache.forget(&key);
        return whole(base, head, options, Some(cache));
    };
    let head = finish(&compiler, opened, head, options)?;
    Ok(Sides { base: base_snapshot, head })
}

/// What is asked for, whatever the state: all that decides the result besides what is read.
fn asked(opening: &Opening, options: Options) -> String {
    let Opening {
        current_dir,
        roots,
        clusters,
        repositories,
        hub,
        revision: _,
        staged: _,
        pinned,
        promoted,
        revision_map,
        found: _,
        output,
        inputs,
        argocd_version,
    } = opening;
    let Options { check, keep_applications, lazy: _ } = options;
    format!(
        "{current_dir:?} {roots:?} {clusters:?} {repositories:?} {hub:?} {pinned} {promoted:?} {revision_map:?} {output:?} {inputs:?} \
         {argocd_version:?} {check} {keep_applications}"
    )
}

/// Compiles both in full.
fn whole(base: &Side, head: &Side, options: Options, cache: Option<&Arc<Cache>>) -> Result<Sides, Unfit> {
    let (_, base) = compiled(base, options, cache)?;
    if let Some(cache) = cache {
        // For the other side, which shares most of it.
        let _ = cache.save_and_load();
    }
    let (_, head) = compiled(head, options, cache)?;
    Ok(Sides { base, head })
}

/// A compiler, and what it compiled.
type Whole = (Compiler, Compiled);

fn compiled(side: &Side, options: Options, cache: Option<&Arc<Cache>>) -> Result<(Whole, Snapshot), Unfit> {
    let compiler = cache.map_or_else(Compiler::new, |cache| Compiler::with_cache(Arc::clone(cache)));
    match compiler.compile(side.opening, options) {
        Ok(compiled) if !compiled.fatal => {
            let snapshot = snapshot(&compiled, compiler.sources(), side.name);
            Ok(((compiler, compiled), snapshot))
        }
        Ok(compiled) => Err(unfit(compiled.diagnostics, compiler, side)),
        Err(diagnostics) => Err(unfit(diagnostics, compiler, side)),
    }
}

/// Compiles in full what has been opened.
fn finish(compiler: &Compiler, opened: Opened, side: &Side, options: Options) -> Result<Snapshot, Unfit> {
    let compiled = compile(opened, &compiler.run(options), None);
    if compiled.fatal {
        // Told by a compiler of its own: this one is still needed.
        let again = Compiler::new();
        let diagnostics = again.compile(side.opening, options).map_or_else(|d| d, |compiled| compiled.diagnostics);
        return Err(unfit(diagnostics, again, side));
    }
    Ok(snapshot(&compiled, compiler.sources(), side.name))
}

fn unfit(diagnostics: Diagnostics, compiler: Compiler, side: &Side) -> Unfit {
    Unfit { diagnostics, compiler: Box::new(compiler), name: side.name.to_owned() }
}

/// Puts a compiled commit on record, and reads it back.
fn keep(cache: &Cache, key: &Key, (compiler, compiled): &Whole, snapshot: &Snapshot) -> Option<Record> {
    let (bytes, texts) = record::encode(&compiler.world, compiled, snapshot)?;
    cache.keep(key, &bytes, &texts).ok()?;
    cache.record(key).and_then(Record::read)
}

/// The base, with these clusters as they were compiled now.
fn merged(base: &Snapshot, changed: Snapshot, clusters: &BTreeSet<Arc<str>>) -> Snapshot {
    let is_changed = |cluster: &Option<Arc<str>>| cluster.as_ref().is_some_and(|name| clusters.contains(name));
    let old = base.findings.iter().filter(|finding| !is_changed(&finding.cluster)).cloned();
    let new = changed.findings.into_iter().filter(|finding| is_changed(&finding.cluster));
    let kept = base.ignored.iter().filter(|((cluster, _), _)| !clusters.contains(cluster));
    let ignored = kept.map(|(key, list)| (key.clone(), list.clone()));
    let ignored_now = changed.ignored.into_iter().filter(|((cluster, _), _)| clusters.contains(cluster));
    Snapshot {
        name: changed.name,
        commit: changed.commit,
        revisions: base.revisions.clone(),
        clusters: base.clusters.clone(),
        trees: changed.trees.into_iter().filter(|tree| clusters.contains(&tree.cluster)).collect(),
        ignored: ignored.chain(ignored_now).collect(),
        findings: old.chain(new).collect(),
        homeless: base.homeless.clone(),
    }
}
