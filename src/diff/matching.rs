//! Which object of base is which of head.

use std::collections::HashMap;
use std::collections::VecDeque;
use std::hash::Hash;
use std::sync::Arc;

use ecow::EcoString;

use super::names::{has_kustomize_hash, stem};
use super::normal::Own;
use super::similar::{self, Signature};
use crate::kube::ObjectId;
use crate::tree::TreeObject;

/// An object, and the app that it belongs to.
#[derive(Clone, Copy)]
pub(super) struct Ref<'a> {
    pub app: &'a Arc<str>,
    pub object: &'a TreeObject,
}

/// An object in base, in head, or in both.
pub(super) struct Matched<'a> {
    pub base: Option<Ref<'a>>,
    pub head: Option<Ref<'a>>,
}

/// Objects that have not found their other one.
pub(super) struct Rest<'a> {
    pub base: Vec<Ref<'a>>,
    pub head: Vec<Ref<'a>>,
    pub found: Vec<Matched<'a>>,
    own: &'a (Own, Own),
}

/// How alike a renamed object has to be, in thousandths: with nothing else to go by, or with a name of the same stem.
const ALIKE: usize = 750;
const ALIKE_BY_NAME: usize = 500;

/// With fewer lines, being alike means nothing.
const LINES: usize = 4;

type Id = (EcoString, EcoString, EcoString, EcoString, bool);

fn replaced(own: &Own, text: &EcoString) -> EcoString {
    if own.is_empty() { text.clone() } else { own.replace(text).as_ref().into() }
}

fn id(of: &ObjectId, own: &Own) -> Id {
    (of.group.clone(), of.kind.clone(), replaced(own, &of.namespace), replaced(own, &of.name), of.generated)
}

impl<'a> Rest<'a> {
    pub fn new(base: Vec<Ref<'a>>, head: Vec<Ref<'a>>, own: &'a (Own, Own)) -> Self {
        Self { base, head, found: Vec::new(), own }
    }

    /// Pairs what has the same key, in order.
    fn by<K: Eq + Hash>(&mut self, key: impl Fn(&Ref<'a>, &Own) -> Option<K>) {
        if self.base.is_empty() || self.head.is_empty() {
            return;
        }
        let mut places: HashMap<K, VecDeque<usize>> = HashMap::with_capacity(self.head.len());
        for (at, one) in self.head.iter().enumerate() {
            if let Some(key) = key(one, &self.own.1) {
                places.entry(key).or_default().push_back(at);
            }
        }
        let mut taken = vec![false; self.head.len()];
        let (head, own, found) = (&self.head, self.own, &mut self.found);
        self.base.retain(|one| {
            let place = key(one, &own.0).and_then(|key| places.get_mut(&key)?.pop_front());
            let Some(other) = place.and_then(|at| head.get(at)) else { return true };
            if let Some(taken) = place.and_then(|at| taken.get_mut(at)) {
                *taken = true;
            }
            found.push(Matched { base: Some(*one), head: Some(*other) });
            false
        });
        let mut taken = taken.into_iter();
        self.head.retain(|_| taken.next() == Some(false));
    }

    /// Those that are called the same: in the same app, then wherever they are.
    pub fn by_identity(&mut self) {
        let app = |one: &Ref<'_>, own: &Own| own.replace(one.app).into_owned();
        // Of several with one name (`generateName`), the same ones belong together.
        self.by(|one, own| Some((app(one, own), id(&one.object.id, own), *one.object.text.digest())));
        self.by(|one, own| Some((app(one, own), id(&one.object.id, own))));
        self.by(|one, own| Some((id(&one.object.id, own), *one.object.text.digest())));
        self.by(|one, own| Some(id(&one.object.id, own)));
    }

    /// Those that are called something else now.
    pub fn by_likeness(&mut self) {
        // The same in another namespace; the same kind in another group.
        self.by(|one, own| {
            let (group, kind, _, name, generated) = id(&one.object.id, own);
            Some((own.replace(one.app).into_owned(), group, kind, name, generated))
        });
        self.by(|one, own| {
            let (_, kind, namespace, name, generated) = id(&one.object.id, own);
            Some((own.replace(one.app).into_owned(), kind, namespace, name, generated))
        });
        self.in_buckets(true, |one, own| {
            let (group, kind, namespace, name, _) = id(&one.object.id, own);
            (group, kind, namespace, EcoString::from(stem(&name)), String::new())
        });
        self.in_buckets(false, |one, own| {
            let (group, kind, namespace, _, _) = id(&one.object.id, own);
            (group, kind, namespace, EcoString::new(), own.replace(one.app).into_owned())
        });
    }

    /// Pairs those that are alike, where the key is the same.
    fn in_buckets<K: Eq + Hash>(&mut self, by_name: bool, key: impl Fn(&Ref<'a>, &Own) -> K) {
        if self.base.is_empty() || self.head.is_empty() {
            return;
        }
        let mut buckets: HashMap<K, usize> = HashMap::new();
        let mut members: Vec<(Vec<usize>, Vec<usize>)> = Vec::new();
        for (at, one) in self.base.iter().enumerate() {
            let bucket = *buckets.entry(key(one, &self.own.0)).or_insert_with(|| {
                members.push(Default::default());
                members.len() - 1
            });
            members.get_mut(bucket).map(|m| m.0.push(at)).unwrap_or_default();
        }
        for (at, one) in self.head.iter().enumerate() {
            if let Some(m) = buckets.get(&key(one, &self.own.1)).and_then(|bucket| members.get_mut(*bucket)) {
                m.1.push(at);
            }
        }
        let (mut olds, mut news) = (vec![false; self.base.len()], vec![false; self.head.len()]);
        for (old, new) in members {
            if new.is_empty() {
                continue;
            }
            let pick = |all: &[Ref<'a>], at: &[usize]| -> Vec<Ref<'a>> {
                at.iter().filter_map(|i| all.get(*i)).copied().collect()
            };
            let (a, b) = (pick(&self.base, &old), pick(&self.head, &new));
            let signatures = |all: &[Ref<'a>]| -> Vec<Signature> {
                all.iter().map(|one| Signature::of(&one.object.text.get(), &one.object.id.name)).collect()
            };
            let (sa, sb) = (signatures(&a), signatures(&b));
            let hashed = |all: &[Ref<'a>]| all.iter().all(|one| has_kustomize_hash(&one.object.id.name));
            let least = match by_name {
                true if hashed(&a) && hashed(&b) => 0,
                true => ALIKE_BY_NAME,
                false => ALIKE,
            };
            for (i, j) in similar::pairs(&sa, &sb, least) {
                let lines = |all: &[Signature], at: usize| all.get(at).map_or(0, Signature::len);
                if !by_name && (lines(&sa, i) < LINES || lines(&sb, j) < LINES) {
                    continue;
                }
                let (Some(x), Some(y)) = (old.get(i), new.get(j)) else { continue };
                if let (Some(x), Some(y)) = (olds.get_mut(*x), news.get_mut(*y)) {
                    (*x, *y) = (true, true);
                }
                self.found.push(Matched { base: a.get(i).copied(), head: b.get(j).copied() });
            }
        }
        let (mut olds, mut news) = (olds.into_iter(), news.into_iter());
        self.base.retain(|_| olds.next() == Some(false));
        self.head.retain(|_| news.next() == Some(false));
    }

    /// All of them: what has no other one was added or removed.
    pub fn finish(self) -> Vec<Matched<'a>> {
        let mut found = self.found;
        found.extend(self.base.into_iter().map(|one| Matched { base: Some(one), head: None }));
        found.extend(self.head.into_iter().map(|one| Matched { base: None, head: Some(one) }));
        found
    }
}
