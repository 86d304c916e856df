//! Lists with elements that lack keys, that share them, or that are of another kind: step by step as kustomize goes, whose
//! results are odd (elements without a key make others vanish), but known.

use std::collections::HashSet;

use ecow::{EcoString, EcoVec};

use super::elements::{Told, is_left};
use super::settled::Name;
use super::text::{key_of, raw};
use super::{Kind, Outcome, Place, Walker, is_null, not_a};
use crate::render::kustomize::failure::Result;
use crate::yaml::Node;

/// Elements, each once, whichever lists it is in.
struct Lists {
    nodes: Vec<Node>,
    dest: Vec<usize>,
    /// None if the target meets no other list, or only itself.
    patch: Option<Vec<usize>>,
    /// What has been merged.
    items: Vec<usize>,
}

/// See [`super::elements::merge`].
pub(super) fn merge<'a>(
    walker: &Walker<'a>,
    dest: &mut EcoVec<Node>,
    patch: Option<&mut EcoVec<Node>>,
    same: bool,
    how: Told<'_, 'a>,
) -> Result<()> {
    let by_text = [EcoString::new()];
    let keys = if how.keys.is_empty() { &by_text } else { how.keys };
    let mut nodes: Vec<Node> = std::mem::take(dest).into_iter().collect();
    let in_dest = (0..nodes.len()).collect();
    let patch = patch.map(|patch| {
        let first = nodes.len();
        nodes.extend(patch.iter().cloned());
        (first..nodes.len()).collect()
    });
    let mut lists = Lists { nodes, dest: in_dest, patch, items: Vec::new() };
    let mut names = lists.names(how.keys);
    if keys.len() > 1 {
        complete(&mut names);
    }
    let valid = valid_keys(&names, keys);
    let (mut keys_of_last, mut any) = (Vec::new(), false);
    for name in &names {
        let (keys, values) = narrowed(&valid, name, keys);
        let (own_keys, own_values) = narrowed(&valid_keys(std::slice::from_ref(&values), &keys), &values, &keys);
        let of_dest = lists.find(&lists.dest, &own_keys, &own_values);
        let of_patch = lists.patch.as_ref().and_then(|patch| lists.find(patch, &own_keys, &own_values));
        let merged = lists.walk(walker, of_dest, of_patch, same, how)?;
        match merged.filter(|at| lists.nodes.get(*at).is_some_and(is_left)) {
            Some(at) => lists.items = lists.set(&lists.items, Some(at), &keys, &values)?,
            None => lists.dest = lists.set(&lists.dest, None, &keys, &values)?,
        }
        (keys_of_last, any) = (keys, true);
    }
    if any {
        lists.append(&keys_of_last)?;
    } else {
        lists.items = std::mem::take(&mut lists.dest);
    }
    *dest = lists.items.iter().filter_map(|at| lists.nodes.get(*at).cloned()).collect();
    Ok(())
}

/// The keys that any element has; all of them if none has any (`validateKeys`).
fn valid_keys(names: &[Name], keys: &[EcoString]) -> Vec<bool> {
    let has = |at: usize| names.iter().any(|name| name.get(at).is_some_and(|text| !text.is_empty()));
    let valid: Vec<bool> = (0..keys.len()).map(has).collect();
    if valid.contains(&true) { valid } else { vec![true; keys.len()] }
}

/// A name without what isn't valid.
fn narrowed(valid: &[bool], name: &Name, keys: &[EcoString]) -> (Vec<EcoString>, Name) {
    let parts = valid.iter().zip(keys.iter().zip(name)).filter(|(valid, _)| **valid);
    parts.map(|(_, (key, text))| (key.clone(), text.clone())).unzip()
}

/// Names that differ only in what one of them lacks become one (`mergeValues`).
fn complete(names: &mut [Name]) {
    for i in 0..names.len() {
        // As it was before its turn, whatever becomes of it meanwhile.
        let Some(a) = names.get(i).cloned() else { continue };
        for j in 0..names.len() {
            let Some(both) = names.get(j).and_then(|b| completed(&a, b)) else { continue };
            for at in [i, j] {
                if let Some(name) = names.get_mut(at) {
                    name.clone_from(&both);
                }
            }
        }
    }
}

fn completed(a: &Name, b: &Name) -> Option<Name> {
    let common = a.iter().zip(b).any(|(a, b)| a == b);
    let apart = a.iter().zip(b).any(|(a, b)| a != b && !a.is_empty() && !b.is_empty());
    (common && !apart).then(|| a.iter().zip(b).map(|(a, b)| if a.is_empty() { b.clone() } else { a.clone() }).collect())
}

impl Lists {
    /// The names of all elements, the patch's first, each once.
    fn names(&self, keys: &[EcoString]) -> Vec<Name> {
        let all = self.patch.iter().flatten().chain(&self.dest).filter_map(|at| self.nodes.get(*at));
        let mut seen = HashSet::new();
        let name = |node: &Node| match keys {
            [] => vec![raw(node)],
            keys => keys.iter().map(|key| key_of(node, key)).collect(),
        };
        all.map(name).filter(|name: &Name| seen.insert(name.clone())).collect()
    }

    /// The first element of that name (`ElementMatcher`).
    fn find(&self, list: &[usize], keys: &[EcoString], name: &[EcoString]) -> Option<usize> {
        let by_text = keys.first().is_some_and(EcoString::is_empty);
        list.iter().copied().find(|at| match self.nodes.get(*at) {
            Some(node) if by_text => name.first().is_some_and(|text| raw(node) == *text),
            Some(node) => node.as_map().is_some_and(|map| {
                keys.iter().zip(name).all(|(key, text)| map.get(key).is_some_and(|value| raw(value) == *text))
            }),
            None => false,
        })
    }

    /// Walks what stands in both lists; where the result is.
    fn walk<'a>(
        &mut self,
        walker: &Walker<'a>,
        dest: Option<usize>,
        patch: Option<usize>,
        same: bool,
        how: Told<'_, 'a>,
    ) -> Result<Option<usize>> {
        let mut first = dest.map(|at| self.take(at)).unwrap_or_default();
        let mut second = patch.map(|at| self.take(at)).unwrap_or_default();
        let place = match (dest, patch) {
            (None, None) => return Ok(None),
            (Some(_), None) if same => Place::Same(&mut first),
            (Some(_), None) => Place::Dest(&mut first),
            (None, Some(_)) => Place::Patch(&mut second),
            (Some(_), Some(_)) => Place::Both(&mut first, &mut second),
        };
        let outcome = walker.walk(place, how.element, how.depth)?;
        for (at, node) in [(dest, first), (patch, second)] {
            if let Some(place) = at.and_then(|at| self.nodes.get_mut(at)) {
                *place = node;
            }
        }
        Ok(match outcome {
            Outcome::Gone => None,
            Outcome::Dest => dest,
            Outcome::Patch => patch,
        })
    }

    fn take(&mut self, at: usize) -> Node {
        self.nodes.get_mut(at).map(std::mem::take).unwrap_or_default()
    }

    /// A list in which an element has taken the place of those of a name, or stands at the end if there was none; without
    /// one, those are gone. What is empty goes too (`ElementSetter`).
    fn set(
        &self,
        list: &[usize],
        element: Option<usize>,
        keys: &[EcoString],
        name: &[EcoString],
    ) -> Result<Vec<usize>> {
        let mut set = Vec::with_capacity(list.len() + 1);
        let mut met = false;
        let filled = |texts: &[EcoString]| texts.first().is_some_and(|text| !text.is_empty());
        let of_mappings = filled(keys) && filled(name);
        for at in list.iter().copied() {
            let Some(node) = self.nodes.get(at).filter(|node| is_left(node)) else { continue };
            if of_mappings && node.as_map().is_none() {
                set.push(at);
                continue;
            }
            if !has(node, keys, name)? {
                if !name.is_empty() {
                    set.push(at);
                }
                continue;
            }
            met = true;
            set.extend(element);
        }
        if !met && let Some(at) = element.filter(|at| self.nodes.get(*at).is_some_and(|node| !is_null(node))) {
            set.push(at);
        }
        Ok(set)
    }

    /// Puts the elements of the target into what has been merged (`appendListNode`).
    fn append(&mut self, keys: &[EcoString]) -> Result<()> {
        for at in std::mem::take(&mut self.dest) {
            let Some(node) = self.nodes.get(at) else { continue };
            if keys.first().is_none_or(EcoString::is_empty) {
                self.items = self.set(&self.items, Some(at), keys, &[raw(node)])?;
                continue;
            }
            let mut name = Name::new();
            for key in keys {
                if Kind::of(node) != Kind::Mapping && !is_null(node) {
                    return Err(not_a(Kind::Mapping, node));
                }
                match node.get(key) {
                    Some(value) => name.push(raw(value)),
                    None => self.items.push(at),
                }
            }
            if keys.len() > 1 {
                self.items = self.set(&self.items, None, keys, &name)?;
            }
            self.items = self.set(&self.items, Some(at), keys, &name)?;
        }
        Ok(())
    }
}

/// Whether an element has a name, of which a part may be missing. An empty text stands for any (`FieldMatcher`).
fn has(node: &Node, keys: &[EcoString], name: &[EcoString]) -> Result<bool> {
    let mut matches = false;
    for (at, key) in keys.iter().enumerate() {
        if let Some(text) = name.get(at) {
            matches = if key.is_empty() {
                if !matches!(Kind::of(node), Kind::Scalar | Kind::Null) {
                    return Err(not_a(Kind::Scalar, node));
                }
                raw(node) == *text
            } else {
                if Kind::of(node) != Kind::Mapping {
                    return Err(not_a(Kind::Mapping, node));
                }
                node.get(key).is_some_and(|value| text.is_empty() || raw(value) == *text)
            };
        }
        if !matches {
            return Ok(false);
        }
    }
    Ok(matches)
}
