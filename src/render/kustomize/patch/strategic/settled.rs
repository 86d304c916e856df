//! What a walk would leave as it is. Most of a target is so: then nothing of it is copied.

use std::collections::HashSet;

use ecow::EcoString;

use super::super::is_null;
use super::text::{is_nothing, key_of, raw};
use super::{DIRECTIVE, MAX_DEPTH, Shape, Walker};
use crate::render::kustomize::openapi::Type;
use crate::yaml::{Node, Value};

/// Above this many, elements are compared by hash.
const FEW: usize = 16;

impl<'a> Walker<'a> {
    /// Whether walking leaves a value of the target as it is that meets no other.
    pub(super) fn stays(&self, value: &Node, shape: Shape<'a>, depth: usize) -> bool {
        !(value.origin.is_unwritten() && is_null(value)) && self.is_settled(value, shape, false, depth)
    }

    /// Whether walking a value that meets no other changes nothing. `same`: it is the patch's, in which nulls vanish and
    /// directives count.
    pub(super) fn is_settled(&self, node: &Node, shape: Shape<'a>, same: bool, depth: usize) -> bool {
        if depth > MAX_DEPTH {
            return false;
        }
        let shape = self.shape(shape, [node]);
        match &node.value {
            Value::Map(map) => map.iter().all(|entry| {
                let value = &entry.value;
                let goes = is_null(value) && (same || value.origin.is_unwritten());
                let field = shape.and_then(|shape| shape.field(&entry.key));
                !(goes || same && entry.key == DIRECTIVE)
                    && (is_leaf(value) || self.is_settled(value, field, same, depth + 1))
            }),
            Value::Seq(list) => match shape.and_then(Type::merge_keys) {
                None => true,
                Some(keys) => {
                    let element = shape.and_then(Type::elements);
                    told(keys, [list.as_slice()]).is_some()
                        && (keys.is_empty() || list.iter().all(|e| self.is_settled(e, element, same, depth + 1)))
                }
            },
            _ => true,
        }
    }
}

fn is_leaf(node: &Node) -> bool {
    !matches!(node.value, Value::Map(_) | Value::Seq(_))
}

/// What tells an element from others: the texts of its keys.
pub(super) type Name = Vec<EcoString>;

/// The names of the elements of each list, if they are as one would wish: all have the same keys, at least one, and no two
/// of a list have one name. What is odd in any way needs the long way of kustomize.
pub(super) fn told<const N: usize>(keys: &[EcoString], lists: [&[Node]; N]) -> Option<[Vec<Name>; N]> {
    let mut mask: Option<Vec<bool>> = None;
    let mut names: [Vec<Name>; N] = std::array::from_fn(|_| Vec::new());
    for (list, names) in lists.into_iter().zip(&mut names) {
        names.reserve(list.len());
        for element in list {
            names.push(match keys {
                [] => vec![text_element(element)?],
                keys => {
                    element.as_map()?;
                    let name: Name = keys.iter().map(|key| key_of(element, key)).collect();
                    let present = name.iter().map(|text| !text.is_empty());
                    match &mask {
                        Some(mask) if !present.clone().eq(mask.iter().copied()) => return None,
                        Some(_) => {}
                        None if present.clone().any(|there| there) => mask = Some(present.collect()),
                        None => return None,
                    }
                    name
                }
            });
        }
        if !are_distinct(names) {
            return None;
        }
    }
    Some(names)
}

fn text_element(element: &Node) -> Option<EcoString> {
    if is_leaf(element) && !is_nothing(element) { Some(raw(element)) } else { None }
}

fn are_distinct(names: &[Name]) -> bool {
    if names.len() > FEW {
        let mut seen = HashSet::with_capacity(names.len());
        return names.iter().all(|name| seen.insert(name));
    }
    names.iter().enumerate().all(|(at, name)| names.iter().take(at).all(|other| other != name))
}
