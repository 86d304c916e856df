//! The order of the output (SortOrderTransformer).

use std::cmp::Ordering;
use std::collections::HashMap;

use super::super::failure::{Failure, Result};
use super::super::id::{FIRST_KINDS, Gvk, LAST_KINDS, ResId};
use super::super::resmap::ResMap;
use super::super::resource::Resource;
use super::super::types::SortOptions;
use crate::diag::Code;

/// How many elements Go's sort takes to be few.
const INSERTED: usize = 12;

/// Puts resources into the order that a kustomization asks for.
///
/// # Errors
/// Options that don't go together, two resources of one id.
pub fn sort(map: &mut ResMap, options: &SortOptions) -> Result<()> {
    let wrong = |text: &str, label: &str| {
        let at = if options.order.text.is_empty() { options.origin } else { options.order.origin };
        Err(Failure::new(Code::INVALID_KUSTOMIZATION, text).at(at, label))
    };
    match (&*options.order, &options.legacy) {
        ("legacy", None) => legacy_default(map),
        ("legacy", Some((first, last))) => {
            let texts = |list: &'_ [ecow::EcoString]| list.iter().map(|kind| kind.to_string()).collect::<Vec<_>>();
            let (first, last) = (texts(first), texts(last));
            by_kind(map, first.iter().map(String::as_str), last.iter().map(String::as_str))
        }
        ("fifo", None) => Ok(()),
        ("fifo", Some(_)) => wrong(
            "the field 'sortOptions.legacySortOptions' is set but the selected sort order is 'fifo', not 'legacy'",
            "another order",
        ),
        _ => wrong("the field 'sortOptions.order' must be one of [fifo, legacy]", "neither of these"),
    }
}

/// Puts resources into the order in which `kubectl apply` needs them, as far as kustomize knows it.
///
/// # Errors
/// Two resources of one id.
pub fn legacy_default(map: &mut ResMap) -> Result<()> {
    by_kind(map, FIRST_KINDS.iter().copied(), LAST_KINDS.iter().copied())
}

fn by_kind<'k>(
    map: &mut ResMap,
    first: impl ExactSizeIterator<Item = &'k str>,
    last: impl Iterator<Item = &'k str>,
) -> Result<()> {
    let ranks = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let before = ranks(first.len());
    let mut ranked: HashMap<&str, i64> = first.enumerate().map(|(at, kind)| (kind, ranks(at) - before)).collect();
    ranked.extend(last.enumerate().map(|(at, kind)| (kind, 1 + ranks(at))));
    let mut keyed: Vec<(Key, Resource)> = std::mem::take(map)
        .into_resources()
        .into_iter()
        .map(|resource| (Key::new(resource.id(), ranked.get(&*resource.id().gvk.kind).copied()), resource))
        .collect();
    let foreign_namespace = |(key, _): &(Key, Resource)| key.is_namespace && !key.is_core;
    if keyed.len() <= INSERTED && keyed.iter().any(foreign_namespace) {
        insert(&mut keyed);
    } else {
        keyed.sort_by(|(a, _), (b, _)| a.cmp(b));
    }
    map.replace_all(keyed.into_iter().map(|(_, resource)| resource).collect())
        .map_err(|failure| failure.prefixed("SortOrderTransformer: Failed to append to resources"))
}

/// Sorts as Go does with few elements, whatever the comparisons are worth.
fn insert(keyed: &mut [(Key, Resource)]) {
    for from in 1..keyed.len() {
        let before = |at: &usize| match (keyed.get(from), keyed.get(at - 1)) {
            (Some((new, _)), Some((other, _))) => new.compare(other).is_lt(),
            _ => false,
        };
        let to = (1..=from).rev().take_while(before).last().map_or(from, |at| at - 1);
        if let Some(part) = keyed.get_mut(to..=from) {
            part.rotate_right(1);
        }
    }
}

/// What decides about a resource's place, most important first. Equal keys are equal ids, which are refused: so that Go's
/// sort isn't stable can't be seen.
#[derive(PartialEq, Eq)]
struct Key {
    rank: i64,
    is_namespace: bool,
    is_core: bool,
    /// Group, version and kind.
    gvk: String,
    /// Namespace and name.
    name: String,
}

impl Key {
    fn new(id: &ResId, rank: Option<i64>) -> Self {
        let Gvk { group, version, kind, .. } = &id.gvk;
        let or = |text: &'_ str, none: &'static str| if text.is_empty() { none.to_owned() } else { text.to_owned() };
        Self {
            rank: rank.unwrap_or_default(),
            is_namespace: kind == "Namespace",
            is_core: group.is_empty(),
            gvk: format!("{}_{}_{}", or(group, "~G"), or(version, "~V"), or(kind, "~K")),
            name: format!("{}|{}", or(&id.namespace, "~X"), or(&id.name, "~N")),
        }
    }

    /// How kustomize compares. It turns the order of Namespaces around where the core group's are concerned, so that these
    /// come first; with other kinds between them, that leads in circles.
    fn compare(&self, other: &Self) -> Ordering {
        let kinds = self.gvk.cmp(&other.gvk);
        let turned = self.is_namespace && other.is_namespace && (self.is_core || other.is_core);
        let kinds = if turned { kinds.reverse() } else { kinds };
        self.rank.cmp(&other.rank).then(kinds).then_with(|| self.name.cmp(&other.name))
    }
}

/// The same without circles.
impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        let first = |key: &Self| !(key.is_namespace && key.is_core && key.rank != 0);
        let by_rank = self.rank.cmp(&other.rank).then(first(self).cmp(&first(other)));
        by_rank.then_with(|| self.gvk.cmp(&other.gvk)).then_with(|| self.name.cmp(&other.name))
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
