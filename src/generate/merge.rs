//! `merge`: the sets of the first generator, each overridden by those of the others that have the same keys
//! (applicationset/generators/merge.go).

use std::collections::{BTreeMap, BTreeSet};

use super::failure::Failure;
use super::params::{Param, Params};
use super::run::Run;
use crate::argocd::application_set::generator::Generator;
use crate::diag::{Code, Diagnostic};
use crate::source::Origin;
use crate::yaml::{self, Entry, Map, Node};

/// The parameter sets of a merge, in the order of the first generator. (Upstream's is that of a Go map.)
///
/// # Errors
/// There are fewer than two generators, no merge keys, a generator fails, or two of its sets have the same keys.
pub fn generate(run: &Run, generator: &Generator, merge: &Node) -> Result<Vec<Params>, Failure> {
    let children = generator.children(merge);
    if children.len() < 2 {
        let message = "a merge needs two generators or more, and has fewer";
        let said = "found less than two generators, Merge requires two or more";
        return Err(Failure::invalid(said, message, merge.origin, "this merge"));
    }
    let mut all = Vec::with_capacity(children.len());
    for (index, child) in children.iter().enumerate() {
        // What overrides a few sets of the first generator may well have none to override here.
        run.lint.hush(index > 0);
        let made = run.child(child, None).map_err(|failure| {
            let before = format!(
                "error getting param sets from generators: error getting params from generator {} of {}: ",
                index + 1,
                children.len()
            );
            failure.within(&before)
        })?;
        all.push(made);
    }
    run.lint.hush(false);
    let keys: BTreeSet<&str> =
        merge.get("mergeKeys").and_then(Node::as_seq).unwrap_or_default().iter().filter_map(Node::as_str).collect();
    if keys.is_empty() {
        let said = "error getting param sets by merge key: no merge keys were specified, Merge requires at least one";
        return Err(Failure::invalid(said, "a merge needs `mergeKeys`", merge.origin, "no `mergeKeys`"));
    }
    let mut sides = all.into_iter().zip(&children);
    let Some((mut base, first)) = sides.next() else { return Ok(Vec::new()) };
    let at = by_key(&keys, &base, first.origin())?;
    let mut shared: BTreeMap<u32, Param> = BTreeMap::new();
    for (others, child) in sides {
        let found = by_key(&keys, &others, child.origin())?;
        for (key, index) in found {
            let (Some(own), Some(other)) = (at.get(&key).and_then(|at| base.get_mut(*at)), others.get(index)) else {
                continue;
            };
            if run.language.go {
                own.refresh(&shared);
                own.merge(other).map_err(|why| {
                    let message = format!("the parameters of two generators can't be merged: {why}");
                    Failure::invalid(format!("panic: {why}"), message, merge.origin, "this merge")
                })?;
                // Go has one map where a matrix put it into several sets.
                let touched = own.iter().filter(|entry| entry.alias != 0 && other.get(&entry.key).is_some());
                shared.extend(touched.map(|entry| (entry.alias, entry.value.clone())));
            } else if own.is_empty() && !other.is_empty() {
                let said = "panic: assignment to entry in nil map";
                let message =
                    "without `goTemplate`, the first generator of a merge can't have an empty element: Argo CD panics";
                return Err(Failure::invalid(said, message, first.origin(), "made by this generator"));
            } else {
                for entry in other {
                    own.set(entry.key.clone(), entry.key_origin, entry.value.clone());
                }
            }
        }
    }
    if !shared.is_empty() {
        base.iter_mut().for_each(|own| own.refresh(&shared));
    }
    Ok(base)
}

/// Where each set stands, by what it has under the merge keys.
fn by_key(keys: &BTreeSet<&str>, sets: &[Params], at: Origin) -> Result<BTreeMap<String, usize>, Failure> {
    let mut found = BTreeMap::new();
    for (index, set) in sets.iter().enumerate() {
        let entry = |key: &&str| Entry {
            key: (*key).into(),
            key_origin: Origin::NONE,
            value: set.get(key).map(Param::to_node).unwrap_or_default(),
        };
        let key = yaml::to_json(&Node::made(Map::from_unique(keys.iter().map(entry).collect())));
        if let Some(earlier) = found.insert(key.clone(), index) {
            let said = format!(
                "error getting param sets by merge key: the parameters from a generator were not unique by the given \
                 mergeKeys, Merge requires all param sets to be unique. Duplicate key was {key}"
            );
            let message = format!("two parameter sets of one generator have the same merge keys: `{key}`");
            let mut diagnostic =
                Diagnostic::error(Code::INVALID_APPLICATION_SET, message).at(at, "made by this generator");
            let missing = keys.iter().all(|key| set.get(key).is_none());
            for set in [sets.get(earlier), sets.get(index)].into_iter().flatten() {
                if let Some(value) = keys.iter().find_map(|key| set.get(key)) {
                    diagnostic = diagnostic.also(value.origin(), "one of them");
                }
            }
            if missing {
                diagnostic = diagnostic.hint("neither set has these keys: they have to be names of the top level");
            }
            return Err(Failure::of(said, diagnostic));
        }
    }
    Ok(found)
}
