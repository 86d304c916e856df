//! Lists whose elements are told by keys, or by their text (kyaml/yaml/walk/associative_sequence.go).

use std::collections::HashMap;

use ecow::{EcoString, EcoVec};

use super::settled::{Name, told};
use super::{Outcome, Place, Shape, Walker, odd};
use crate::render::kustomize::failure::Result;
use crate::yaml::Node;

/// Above this many elements, they are looked up by hash.
const FEW: usize = 16;

/// How elements are told, and what they are.
#[derive(Clone, Copy)]
pub(super) struct Told<'k, 'a> {
    pub keys: &'k [EcoString],
    pub element: Shape<'a>,
    pub depth: usize,
}

/// Merges a list with one of the patch, with itself (`same`), or with nothing.
pub(super) fn merge<'a>(
    walker: &Walker<'a>,
    dest: &mut EcoVec<Node>,
    patch: Option<&mut EcoVec<Node>>,
    same: bool,
    how: Told<'_, 'a>,
) -> Result<()> {
    match patch {
        Some(patch) => match told(how.keys, [dest.as_slice(), patch.as_slice()]) {
            Some([dest_names, patch_names]) if how.keys.is_empty() => {
                texts(dest, &dest_names, patch, &patch_names);
                Ok(())
            }
            Some([dest_names, patch_names]) => both(walker, dest, &dest_names, patch, &patch_names, how),
            None => odd::merge(walker, dest, Some(patch), false, how),
        },
        None => match told(how.keys, [dest.as_slice()]) {
            Some(_) if how.keys.is_empty() => Ok(()),
            Some(_) => one(walker, dest, same, how),
            None => odd::merge(walker, dest, None, same, how),
        },
    }
}

/// Whether kustomize takes what is left of an element for nothing.
pub(super) fn is_left(node: &Node) -> bool {
    !super::is_null(node) && node.as_map().is_none_or(|map| !map.is_empty())
}

/// Elements by their names.
struct Index<'n> {
    names: &'n [Name],
    by_name: Option<HashMap<&'n Name, usize>>,
}

impl<'n> Index<'n> {
    fn new(names: &'n [Name]) -> Self {
        let by_name = (names.len() > FEW).then(|| names.iter().enumerate().map(|(at, name)| (name, at)).collect());
        Self { names, by_name }
    }

    fn find(&self, name: &Name) -> Option<usize> {
        match &self.by_name {
            Some(by_name) => by_name.get(name).copied(),
            None => self.names.iter().position(|known| known == name),
        }
    }
}

/// The patch's texts first; those that are there stay themselves.
fn texts(dest: &mut EcoVec<Node>, dest_names: &[Name], patch: &EcoVec<Node>, patch_names: &[Name]) {
    let index = Index::new(dest_names);
    let mut rest: Vec<Option<Node>> = dest.iter().cloned().map(Some).collect();
    let mut merged = EcoVec::with_capacity(dest.len() + patch.len());
    for (element, name) in patch.iter().zip(patch_names) {
        let known = index.find(name).and_then(|at| rest.get_mut(at)).and_then(Option::take);
        merged.push(known.unwrap_or_else(|| element.clone()));
    }
    merged.extend(rest.into_iter().flatten());
    *dest = merged;
}

/// Walks the elements of a list that meets no other.
fn one<'a>(walker: &Walker<'a>, list: &mut EcoVec<Node>, same: bool, how: Told<'_, 'a>) -> Result<()> {
    let mut kept = EcoVec::with_capacity(list.len());
    for mut element in std::mem::take(list) {
        let place = if same { Place::Same(&mut element) } else { Place::Dest(&mut element) };
        if walker.walk(place, how.element, how.depth)? != Outcome::Gone && is_left(&element) {
            kept.push(element);
        }
    }
    *list = kept;
    Ok(())
}

/// Merges two lists of elements that are told as they should be.
fn both<'a>(
    walker: &Walker<'a>,
    dest: &mut EcoVec<Node>,
    dest_names: &[Name],
    patch: &mut EcoVec<Node>,
    patch_names: &[Name],
    how: Told<'_, 'a>,
) -> Result<()> {
    let index = Index::new(dest_names);
    let mut met = vec![false; dest.len()];
    let mut rest: Vec<Option<Node>> = std::mem::take(dest).into_iter().map(Some).collect();
    // With several keys, kustomize takes out what it merged and puts it back behind the rest.
    let in_place = patch_names.iter().chain(dest_names).next().is_some_and(|name| present(name) == 1);
    let mut merged = EcoVec::with_capacity(rest.len() + patch.len());
    for (element, name) in patch.make_mut().iter_mut().zip(patch_names) {
        let Some(at) = index.find(name) else {
            if walker.walk(Place::Patch(element), how.element, how.depth)? == Outcome::Patch && is_left(element) {
                merged.push(element.clone());
            }
            continue;
        };
        if let Some(flag) = met.get_mut(at) {
            *flag = true;
        }
        let Some(slot) = rest.get_mut(at) else { continue };
        let Some(mut old) = slot.take() else { continue };
        let left = match walker.walk(Place::Both(&mut old, element), how.element, how.depth)? {
            Outcome::Gone => false,
            Outcome::Dest => is_left(&old),
            // What should take its place is overridden by what is there.
            Outcome::Patch => is_left(element),
        };
        match left {
            true if in_place => merged.push(old),
            true => *slot = Some(old),
            false => {}
        }
    }
    for (slot, met) in rest.into_iter().zip(met) {
        let Some(mut old) = slot else { continue };
        if !met {
            walker.walk(Place::Dest(&mut old), how.element, how.depth)?;
        }
        if is_left(&old) {
            merged.push(old);
        }
    }
    *dest = merged;
    Ok(())
}

/// How many keys an element has.
fn present(name: &Name) -> usize {
    name.iter().filter(|text| !text.is_empty()).count()
}
