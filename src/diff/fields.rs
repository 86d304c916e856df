//! Which fields of two objects differ.

use std::collections::HashMap;
use std::sync::Arc;

use super::ignore::Marks;
use super::list;
use super::model::{Change, FieldChange, Noise};
use super::normal::Own;
use super::path::{Path, Step};
use crate::yaml::{Entry, Map, Node, Value};

/// Two objects side by side.
pub(super) struct Sides<'a> {
    /// The object in base and in head.
    pub nodes: (&'a Node, &'a Node),
    /// What of each is ignored.
    pub marks: (&'a Marks, &'a Marks),
    /// What each calls its own by nature; nothing where states of one cluster are compared.
    pub own: &'a (Own, Own),
    /// Whether its own name is known to differ.
    pub renamed: bool,
}

/// The fields that differ, noise among them, in the order of the paths of head.
pub(super) fn changes(sides: &Sides<'_>) -> Vec<FieldChange> {
    let mut walk = Walk { own: sides.own, renamed: sides.renamed, path: Vec::new(), found: Vec::new() };
    let at = (At::of(sides.nodes.0, sides.marks.0), At::of(sides.nodes.1, sides.marks.1));
    walk.both(at.0, at.1);
    walk.found
}

struct Walk<'a> {
    own: &'a (Own, Own),
    renamed: bool,
    path: Vec<Step>,
    found: Vec<FieldChange>,
}

/// A value, and what is ignored of it.
#[derive(Clone, Copy)]
struct At<'a> {
    node: &'a Node,
    marks: Option<&'a Marks>,
    ignored: Option<&'a Arc<str>>,
}

impl<'a> At<'a> {
    fn of(node: &'a Node, marks: &'a Marks) -> Self {
        Self { node, marks: Some(marks), ignored: marks.rule() }
    }

    fn key(self, entry: &'a Entry) -> Self {
        self.below(&entry.value, self.marks.and_then(|marks| marks.key(&entry.key)))
    }

    fn item(self, at: usize) -> Option<Self> {
        let item = self.node.as_seq()?.get(at)?;
        Some(self.below(item, self.marks.and_then(|marks| marks.index(at))))
    }

    fn below(self, node: &'a Node, marks: Option<&'a Marks>) -> Self {
        Self { node, marks, ignored: self.ignored.or(marks.and_then(Marks::rule)) }
    }

    /// Whether something below it is ignored.
    fn marked_inside(self) -> bool {
        self.ignored.is_none() && self.marks.is_some_and(|marks| !marks.is_empty())
    }
}

fn sorted(map: &Map) -> Vec<&Entry> {
    let mut entries: Vec<&Entry> = map.iter().collect();
    if !entries.is_sorted_by(|a, b| a.key <= b.key) {
        entries.sort_by(|a, b| a.key.cmp(&b.key));
    }
    entries
}

impl Walk<'_> {
    fn both(&mut self, old: At<'_>, new: At<'_>) {
        match (&old.node.value, &new.node.value) {
            // What is ignored as a whole is not looked into.
            _ if old.ignored.is_some() && new.ignored.is_some() => {
                let none = Own::default();
                // To compare large mappings key by key takes the square of their size.
                if list::digest(old.node, &none) != list::digest(new.node, &none) {
                    self.push(Change::Changed(old.node.clone(), new.node.clone()), Some(old), Some(new));
                }
            }
            (Value::Map(a), Value::Map(b)) => self.maps(old, new, a, b),
            (Value::Seq(a), Value::Seq(b)) => self.lists(old, new, a, b),
            (a, b) if a == b => {}
            _ => self.push(Change::Changed(old.node.clone(), new.node.clone()), Some(old), Some(new)),
        }
    }

    fn maps(&mut self, old: At<'_>, new: At<'_>, a: &Map, b: &Map) {
        let (a, b) = (sorted(a), sorted(b));
        let (mut a, mut b) = (a.into_iter().peekable(), b.into_iter().peekable());
        // Keys of which one is a cluster's own are paired afterwards.
        let (mut left, mut right) = (Vec::new(), Vec::new());
        loop {
            let order = match (a.peek(), b.peek()) {
                (None, None) => break,
                (Some(_), None) => std::cmp::Ordering::Less,
                (None, Some(_)) => std::cmp::Ordering::Greater,
                (Some(x), Some(y)) => x.key.cmp(&y.key),
            };
            let x = if order.is_le() { a.next() } else { None };
            let y = if order.is_ge() { b.next() } else { None };
            match (x, y) {
                (Some(x), Some(y)) => self.step(Step::Key(y.key.clone()), |walk| walk.both(old.key(x), new.key(y))),
                (Some(x), None) => left.push(x),
                (None, Some(y)) => right.push(y),
                (None, None) => {}
            }
        }
        if !left.is_empty() && !right.is_empty() && !self.own.0.is_empty() {
            let own = self.own;
            let mut places: HashMap<_, _> =
                right.iter().enumerate().map(|(at, y)| (own.1.replace(&y.key), at)).collect();
            let mut taken = vec![false; right.len()];
            left.retain(|x| {
                let Some(at) = places.remove(&own.0.replace(&x.key)) else { return true };
                let (Some(y), Some(taken)) = (right.get(at), taken.get_mut(at)) else { return true };
                *taken = true;
                self.step(Step::Key(y.key.clone()), |walk| walk.both(old.key(x), new.key(y)));
                false
            });
            drop(places);
            let mut taken = taken.into_iter();
            right.retain(|_| taken.next() == Some(false));
        }
        for x in left {
            self.step(Step::Key(x.key.clone()), |walk| walk.one(Some(old.key(x)), None));
        }
        for y in right {
            self.step(Step::Key(y.key.clone()), |walk| walk.one(None, Some(new.key(y))));
        }
    }

    fn lists(&mut self, old: At<'_>, new: At<'_>, a: &[Node], b: &[Node]) {
        let key =
            self.path.iter().rev().find_map(|step| if let Step::Key(key) = step { Some(key.clone()) } else { None });
        let pairing = list::pair(key.as_deref().unwrap_or_default(), a, b, self.own);
        for (i, j, step) in pairing.pairs {
            let (x, y) = (i.and_then(|i| old.item(i)), j.and_then(|j| new.item(j)));
            self.step(step, |walk| match (x, y) {
                (Some(x), Some(y)) => walk.both(x, y),
                (x, y) => walk.one(x, y),
            });
        }
        if let Some((before, after)) = pairing.order {
            self.push(Change::Order(before, after), Some(old), Some(new));
        }
    }

    /// What only one side has: as a whole, unless a part of it doesn't count.
    fn one(&mut self, old: Option<At<'_>>, new: Option<At<'_>>) {
        let Some(at) = old.or(new) else { return };
        let labels = self.in_metadata(&["labels", "annotations"], 1) || self.in_metadata(&["metadata"], 0);
        match &at.node.value {
            Value::Map(map) if !map.is_empty() && (labels || at.marked_inside()) => {
                for entry in sorted(map) {
                    self.step(Step::Key(entry.key.clone()), |walk| {
                        walk.one(old.map(|old| old.key(entry)), new.map(|new| new.key(entry)));
                    });
                }
            }
            Value::Seq(items) if !items.is_empty() && at.marked_inside() => {
                for i in 0..items.len() {
                    self.step(Step::Index(i), |walk| {
                        walk.one(old.and_then(|old| old.item(i)), new.and_then(|new| new.item(i)));
                    });
                }
            }
            _ => {
                let node = at.node.clone();
                let change = if old.is_some() { Change::Removed(node) } else { Change::Added(node) };
                self.push(change, old, new);
            }
        }
    }

    /// Whether the path ends in one of these keys, below `metadata` if `depth` says so.
    fn in_metadata(&self, last: &[&str], depth: usize) -> bool {
        let key = |back: usize| match self.path.iter().rev().nth(back) {
            Some(Step::Key(key)) => key.as_str(),
            _ => "",
        };
        last.contains(&key(0)) && (depth == 0 || key(1) == "metadata")
    }

    fn step(&mut self, step: Step, inside: impl FnOnce(&mut Self)) {
        self.path.push(step);
        inside(self);
        self.path.pop();
    }

    fn push(&mut self, change: Change, old: Option<At<'_>>, new: Option<At<'_>>) {
        if self.renamed && self.is_own_name() {
            return;
        }
        let noise = self.noise(&change, old, new);
        self.found.push(FieldChange { path: Path(self.path.clone()), change, noise });
    }

    /// A rename tells of these already.
    fn is_own_name(&self) -> bool {
        matches!(self.path.as_slice(), [Step::Key(metadata), Step::Key(name)]
            if metadata == "metadata" && ["name", "generateName", "namespace"].contains(&name.as_str()))
    }

    fn noise(&self, change: &Change, old: Option<At<'_>>, new: Option<At<'_>>) -> Option<Noise> {
        if let [.., Step::Key(metadata), Step::Key(kind), Step::Key(key)] = self.path.as_slice()
            && metadata == "metadata"
        {
            match (kind.as_str(), key.as_str()) {
                ("labels", "helm.sh/chart") => return Some(Noise::Chart),
                ("labels", "app.kubernetes.io/version") => return Some(Noise::Version),
                ("annotations", key) if key.starts_with("checksum/") => return Some(Noise::Checksum),
                _ => {}
            }
        }
        // As Argo CD has it: what is ignored is taken out of either side, so both have to ignore what they have.
        let rule = match (old, new) {
            (Some(old), Some(new)) => old.ignored.and(new.ignored),
            (Some(one), None) | (None, Some(one)) => one.ignored,
            (None, None) => None,
        };
        if let Some(rule) = rule {
            return Some(Noise::Ignored(Arc::clone(rule)));
        }
        match change {
            Change::Changed(a, b) if !self.own.0.is_empty() => {
                let (a, b) = (a.as_str()?, b.as_str()?);
                (self.own.0.replace(a) == self.own.1.replace(b)).then_some(Noise::OwnName)
            }
            _ => None,
        }
    }
}
