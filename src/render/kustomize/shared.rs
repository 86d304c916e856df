//! Values that kustomize holds once for several places.
//!
//! A label that a transformer adds under `metadata`, in the selector and in the template is one node of kustomize's, which it
//! hangs into all three. Whatever changes it in one of them later (a patch of `metadata.labels`, say) changes it in all.
//! Nodes here are values, so that the places are remembered, and looked through after each change.

#[cfg(test)]
mod tests;

use std::cmp::Ordering;

use ecow::EcoString;

use super::field_spec::Step;
use crate::source::Origin;
use crate::yaml::{Entry, Node, Value};

/// One value in several places, all of them entries of mappings.
#[derive(Clone, Debug)]
pub struct Shared {
    value: Node,
    places: Vec<Place>,
}

#[derive(Clone, Debug)]
struct Place {
    /// The way to the mapping, and how long the lists on it are: in one of another length, elements may have moved.
    way: Vec<(Step, usize)>,
    key: EcoString,
    /// Where the key was said. If it is another one, so is the entry.
    said: Origin,
}

impl Shared {
    /// The entries that are called `key` in the mappings at these ends; none, unless there are several.
    pub fn new(root: &Node, key: &str, mappings: &[Vec<Step>]) -> Option<Self> {
        let mut value = None;
        let mut places = Vec::with_capacity(mappings.len());
        for steps in mappings {
            let mut way = Vec::with_capacity(steps.len());
            let mut node = root;
            for step in steps {
                way.push((step.clone(), node.as_seq().map_or(0, <[_]>::len)));
                node = match step {
                    Step::Key(key) => node.get(key)?,
                    Step::Index(at) => node.as_seq()?.get(*at)?,
                };
            }
            let entry = node.as_map()?.entry(key)?;
            value = Some(entry.value.clone());
            places.push(Place { way, key: key.into(), said: entry.key_origin });
        }
        // kustomize goes through mappings in the order of their keys, and what it writes last stays.
        places.sort_by(|a, b| by_way(&a.way, &b.way));
        Some(Self { value: value?, places }).filter(|shared| shared.places.len() > 1)
    }

    /// Forgets the places in a mapping whose entries are made anew.
    pub fn leave(&mut self, mapping: &[&str]) {
        let is_in = |place: &Place| {
            let mut steps = place.way.iter().map(|(step, _)| step);
            place.way.len() == mapping.len()
                && mapping.iter().all(|key| matches!(steps.next(), Some(Step::Key(own)) if own == key))
        };
        self.places.retain(|place| !is_in(place));
    }

    /// Writes what one place holds now into all. Gives back whether there is still more than one.
    pub fn settle(&mut self, root: &mut Node) -> bool {
        let mut changed = None;
        let known = &self.value;
        self.places.retain(|place| {
            let found = place.find(root);
            if let Some(found) = found
                && found.value != *known
            {
                changed = Some(found.value.clone());
            }
            found.is_some()
        });
        if let Some(changed) = changed {
            for place in &self.places {
                if place.find(root).is_some_and(|found| found.value != changed) {
                    place.set(root, &changed);
                }
            }
            self.value = changed;
        }
        self.places.len() > 1
    }
}

impl Place {
    fn find<'n>(&self, root: &'n Node) -> Option<&'n Entry> {
        let mapping = self.way.iter().try_fold(root, |node, (step, length)| match step {
            Step::Key(key) => node.get(key),
            Step::Index(at) => node.as_seq().filter(|items| items.len() == *length)?.get(*at),
        });
        mapping?.as_map()?.entry(&self.key).filter(|entry| entry.key_origin == self.said)
    }

    fn set(&self, root: &mut Node, value: &Node) {
        let mapping = self.way.iter().try_fold(root, |node, (step, _)| match (step, &mut node.value) {
            (Step::Key(key), Value::Map(map)) => map.get_mut(key),
            (Step::Index(at), Value::Seq(items)) => items.make_mut().get_mut(*at),
            _ => None,
        });
        if let Some(found) = mapping.and_then(Node::as_map_mut).and_then(|map| map.get_mut(&self.key)) {
            *found = value.clone();
        }
    }
}

fn by_way(a: &[(Step, usize)], b: &[(Step, usize)]) -> Ordering {
    let step = |(a, b): (&(Step, usize), &(Step, usize))| match (&a.0, &b.0) {
        (Step::Key(a), Step::Key(b)) => a.cmp(b),
        (Step::Index(a), Step::Index(b)) => a.cmp(b),
        (Step::Key(_), Step::Index(_)) => Ordering::Less,
        (Step::Index(_), Step::Key(_)) => Ordering::Greater,
    };
    let differing = a.iter().zip(b).map(step).find(|order| order.is_ne());
    differing.unwrap_or_else(|| a.len().cmp(&b.len()))
}
