//! One cluster, in base and in head.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use super::fields;
use super::group::Item;
use super::held::{HeldOn, Names};
use super::ignore::{Marks, Rules};
use super::mask::Masks;
use super::matching::{Matched, Ref, Rest};
use super::model::{
    AppChange, Change, ClusterDiff, FieldChange, Kind, Noise, Notice, ObjectDiff, Options, PairOf, Status, Tally,
};
use super::names::stem;
use super::normal::Own;
use super::notice;
use crate::argocd::ignore_differences::IgnoreDifferences;
use crate::kube::ObjectId;
use crate::snapshot::Snapshot;
use crate::source::FileId;
use crate::tree::{AppState, ClusterTree, Digest, Text, TreeApp, TreeObject};
use crate::yaml::{Dialect, Node, emit, parse};

/// Compares clusters. What many of them have alike is looked at once.
pub(super) struct Comparer<'a> {
    base: &'a Snapshot,
    head: &'a Snapshot,
    options: &'a Options,
    masks: Masks,
    held: (Names<'a>, Names<'a>),
    /// By cluster and app, each with its place among those that differ.
    rules: BTreeMap<AppName, (usize, Arc<Rules>)>,
    seen: Mutex<HashMap<Pair, Arc<[FieldChange]>>>,
}

/// The cluster and the app.
type AppName = (Arc<str>, Arc<str>);

/// Two texts, and what else decides how they differ.
type Pair = (Digest, Digest, usize, Option<Arc<str>>, bool);

/// The place of the rules of an app that has none.
const NO_RULES: usize = usize::MAX;

/// Where the numbers of words start that a pair brings.
const PAIRED: u8 = 100;

impl<'a> Comparer<'a> {
    pub fn new(base: &'a Snapshot, head: &'a Snapshot, options: &'a Options) -> Self {
        // Head's rules are those that will hold.
        let all: BTreeMap<_, _> = base.ignored.iter().chain(&head.ignored).collect();
        let mut known: Vec<(&Vec<IgnoreDifferences>, Arc<Rules>)> = Vec::new();
        let mut rules = BTreeMap::new();
        for (app, ignored) in all {
            let at = known.iter().position(|(other, _)| same_rules(other, ignored)).unwrap_or_else(|| {
                known.push((ignored, Arc::new(Rules::new(ignored))));
                known.len() - 1
            });
            if let Some((_, compiled)) = known.get(at) {
                rules.insert(app.clone(), (at, Arc::clone(compiled)));
            }
        }
        Self {
            base,
            head,
            options,
            masks: Masks::new(options.key),
            held: (Names::of(base, options, false), Names::of(head, options, true)),
            rules,
            seen: Mutex::default(),
        }
    }

    /// What of the rules isn't understood.
    pub fn not_understood(&self) -> Vec<String> {
        let all: BTreeSet<&String> = self.rules.values().flat_map(|(_, rules)| &rules.problems).collect();
        all.into_iter().cloned().collect()
    }

    /// What differs on one cluster, and what of it is held.
    pub fn cluster(
        &self,
        name: &Arc<str>,
        base: Option<&ClusterTree>,
        head: Option<&ClusterTree>,
    ) -> (ClusterDiff, Vec<Item>, Vec<HeldOn>) {
        let alone = || PairOf { base: name.clone(), head: name.clone(), ..PairOf::default() };
        let PairOf { base: base_name, head: head_name, words } =
            self.options.pairs.get(name).cloned().unwrap_or_else(alone);
        let own = |name: &Arc<str>, words: Vec<String>| {
            let more = self.options.own_words.get(name).into_iter().flatten().cloned();
            let mine = std::iter::once(name.to_string()).chain(more).zip(0..PAIRED);
            Own::numbered(mine.chain(words.into_iter().zip(PAIRED..)))
        };
        let names = (own(&base_name, words.0), own(&head_name, words.1));
        let on = On {
            comparer: self,
            name,
            // States of one cluster are compared as they are.
            own: if self.options.pairs.is_empty() { Default::default() } else { names.clone() },
            names,
            base: Side::new(base, &self.held.0, &base_name),
            head: Side::new(head, &self.held.1, &head_name),
        };
        let (mut items, apps, helds) = on.compare();
        let mut diff = ClusterDiff { name: name.clone(), base: base_name, head: head_name, ..ClusterDiff::default() };
        diff.counts.apps = apps;
        for object in items.iter().filter_map(|item| item.object.as_ref()) {
            let tally = &mut diff.counts.objects;
            match object.kind {
                _ if object.is_noise() => diff.counts.noise += 1,
                Kind::Added => tally.added += 1,
                Kind::Removed => tally.removed += 1,
                Kind::Changed if object.renamed_from.is_some() => tally.renamed += 1,
                Kind::Changed if object.moved_from.is_some() => tally.moved += 1,
                Kind::Changed => tally.changed += 1,
            }
        }
        diff.held = helds.len();
        diff.status = match (self.has(self.base, base, name), self.has(self.head, head, name)) {
            (true, false) => Status::Removed,
            (false, true) => Status::Added,
            _ if diff.counts.apps.total() + diff.counts.objects.total() > 0 => Status::Changed,
            _ => Status::Same,
        };
        if diff.status == Status::Removed {
            // Its tree and its branch stay until somebody deletes them: nothing is lost by this.
            for object in items.iter_mut().filter_map(|item| item.object.as_mut()) {
                object.notices.clear();
            }
        }
        (diff, items, helds)
    }

    /// Whether a snapshot has a cluster, be it without any app.
    fn has(&self, snapshot: &Snapshot, tree: Option<&ClusterTree>, name: &Arc<str>) -> bool {
        tree.is_some() || snapshot.clusters.iter().any(|cluster| cluster.name == *name)
    }

    fn rules(&self, cluster: &Arc<str>, app: &Arc<str>) -> Option<&(usize, Arc<Rules>)> {
        if self.rules.is_empty() { None } else { self.rules.get(&(cluster.clone(), app.clone())) }
    }
}

fn same_rules(a: &[IgnoreDifferences], b: &[IgnoreDifferences]) -> bool {
    let texts =
        |list: &[(String, crate::source::Origin)]| list.iter().map(|(text, _)| text.clone()).collect::<Vec<_>>();
    let key = |one: &IgnoreDifferences| {
        let names = [&one.group, &one.kind, &one.name, &one.namespace].map(Clone::clone);
        (names, texts(&one.json_pointers), texts(&one.jq_path_expressions))
    };
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| key(a) == key(b))
}

/// A cluster's apps in base or in head.
struct Side<'a> {
    apps: BTreeMap<&'a Arc<str>, &'a TreeApp>,
    held: &'a Names<'a>,
    cluster: Arc<str>,
}

impl<'a> Side<'a> {
    fn new(tree: Option<&'a ClusterTree>, held: &'a Names<'a>, cluster: &Arc<str>) -> Self {
        let apps = tree.into_iter().flat_map(|tree| &tree.apps).map(|app| (&app.name, app)).collect();
        Self { apps, held, cluster: cluster.clone() }
    }

    /// Why this side doesn't know the objects of an app, if so. `other` is the app as the other side has it.
    fn held(&self, name: &Arc<str>, other: Option<&TreeApp>) -> Option<String> {
        match self.apps.get(name).map(|app| &app.state) {
            Some(AppState::Held(held)) => Some(held.reason.clone()),
            Some(AppState::Rendered) => None,
            None => {
                self.held.missing(&self.cluster, name, other.map(|app| app.meta.parents.as_slice()).unwrap_or_default())
            }
        }
    }
}

struct On<'a, 'c> {
    comparer: &'c Comparer<'a>,
    name: &'c Arc<str>,
    /// What is left out where values are compared.
    own: (Own, Own),
    /// What is left out where clusters are compared with each other.
    names: (Own, Own),
    base: Side<'c>,
    head: Side<'c>,
}

impl<'c> On<'_, 'c> {
    fn compare(&self) -> (Vec<Item>, Tally, Vec<HeldOn>) {
        // Apps of head by the name that they would have in base.
        let key = |own: &Own, name: &Arc<str>| -> Arc<str> {
            if own.is_empty() { name.clone() } else { own.replace(name).into() }
        };
        let mut apps: BTreeMap<Arc<str>, (Option<&'c TreeApp>, Option<&'c TreeApp>)> = BTreeMap::new();
        for app in self.base.apps.values() {
            apps.entry(key(&self.own.0, &app.name)).or_default().0 = Some(app);
        }
        for app in self.head.apps.values() {
            apps.entry(key(&self.own.1, &app.name)).or_default().1 = Some(app);
        }
        let mut helds = Vec::new();
        let mut unknown: (BTreeSet<&Arc<str>>, BTreeSet<&Arc<str>>) = Default::default();
        let (mut left, mut right) = (Vec::new(), Vec::new());
        let mut status: BTreeMap<&Arc<str>, Status> = BTreeMap::new();
        let mut about: BTreeMap<&Arc<str>, Vec<AppChange>> = BTreeMap::new();
        for (base, head) in apps.values() {
            let Some(name) = head.or(*base).map(|app| &app.name) else { continue };
            let held = (
                self.base.held(base.map_or(name, |app| &app.name), *head),
                self.head.held(head.map_or(name, |app| &app.name), *base),
            );
            // Held where the other side hasn't got it either: said, without anything to compare.
            if held.0.is_some() || held.1.is_some() {
                helds.push(HeldOn {
                    app: name.clone(),
                    cluster: self.name.clone(),
                    base: held.0.clone(),
                    head: held.1.clone(),
                });
                // What one side doesn't know is nothing that the other adds or removes.
                if let (true, Some(app)) = (held.0.is_some(), head) {
                    unknown.0.insert(&app.name);
                }
                if let (true, Some(app)) = (held.1.is_some(), base) {
                    unknown.1.insert(&app.name);
                }
            } else {
                match (base, head) {
                    (Some(_), None) => drop(status.insert(name, Status::Removed)),
                    (None, Some(_)) => drop(status.insert(name, Status::Added)),
                    (Some(base), Some(head)) => {
                        let changes = self.about(base, head);
                        if !changes.is_empty() {
                            about.insert(name, changes);
                        }
                        if self.own.0.is_empty() && same_objects(&base.objects, &head.objects) {
                            continue;
                        }
                    }
                    (None, None) => {}
                }
            }
            let refs = |app: &Option<&'c TreeApp>| -> Vec<Ref<'c>> {
                app.iter().flat_map(|app| app.objects.iter().map(|object| Ref { app: &app.name, object })).collect()
            };
            left.extend(refs(base));
            right.extend(refs(head));
        }
        let mut rest = Rest::new(left, right, &self.own);
        rest.by_identity();
        rest.base.retain(|one| !unknown.1.contains(one.app));
        rest.head.retain(|one| !unknown.0.contains(one.app));
        rest.by_likeness();
        let matched = rest.finish();
        let renames = Renames::of(&matched);
        let mut items: Vec<Item> = Vec::new();
        for one in &matched {
            if let Some((app, object)) = self.object(one, &renames) {
                items.push(self.item(app, &status, Some(object), Vec::new()));
            }
        }
        // Apps that come or go without an object to show it.
        let shown: BTreeSet<Arc<str>> = items.iter().map(|item| item.app.clone()).collect();
        for name in status.keys().filter(|name| !shown.contains(**name)) {
            items.push(self.item(name, &status, None, Vec::new()));
        }
        for (name, changes) in about {
            items.push(self.item(name, &status, None, changes));
        }
        let mut tally = Tally::default();
        let changed: BTreeSet<Arc<str>> = items
            .iter()
            .filter(|item| item.object.as_ref().is_none_or(|object| !object.is_noise()))
            .map(|item| item.app.clone())
            .collect();
        for status in status.values() {
            match status {
                Status::Added => tally.added += 1,
                _ => tally.removed += 1,
            }
        }
        tally.changed = changed.iter().filter(|app| !status.contains_key(app)).count();
        (items, tally, helds)
    }

    fn item(
        &self,
        app: &Arc<str>,
        status: &BTreeMap<&Arc<str>, Status>,
        object: Option<ObjectDiff>,
        about: Vec<AppChange>,
    ) -> Item {
        let status = status.get(app).copied().unwrap_or(Status::Changed);
        Item::new(self.name, app, status, object, about, &self.names)
    }

    /// What of an app itself differs.
    fn about(&self, base: &TreeApp, head: &TreeApp) -> Vec<AppChange> {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let (a, b) = (&base.meta, &head.meta);
        let all = [
            ("layer", text(&a.layer), text(&b.layer)),
            ("namespace", text(&a.namespace), text(&b.namespace)),
            ("wave", a.wave.to_string(), b.wave.to_string()),
        ];
        let differ = all.into_iter().filter(|(_, old, new)| self.own.0.replace(old) != self.own.1.replace(new));
        differ.map(|(what, old, new)| AppChange { what, old, new }).collect()
    }

    /// How an object differs; none if it doesn't.
    fn object(&self, one: &Matched<'c>, renames: &Renames<'c>) -> Option<(&'c Arc<str>, ObjectDiff)> {
        let moved = |base: &Ref<'_>, head: &Ref<'_>| self.own.0.replace(base.app) != self.own.1.replace(head.app);
        let diff = |kind, id: &ObjectId| ObjectDiff {
            kind,
            id: id.clone(),
            renamed_from: None,
            moved_from: None,
            fields: Arc::from([]),
            notices: Vec::new(),
            texts: (None, None),
            sources: Default::default(),
        };
        match (one.base, one.head) {
            (None, None) => None,
            (Some(base), None) => {
                let id = &base.object.id;
                let mut diff = diff(Kind::Removed, id);
                diff.notices = self.notices(Kind::Removed, id, None, &[], None);
                diff.texts.0 = Some(self.shown(base.object));
                diff.sources.0 = base.object.source.clone();
                Some((base.app, diff))
            }
            (None, Some(head)) => {
                let mut diff = diff(Kind::Added, &head.object.id);
                diff.texts.1 = Some(self.shown(head.object));
                diff.sources.1 = head.object.source.clone();
                Some((head.app, diff))
            }
            (Some(base), Some(head)) => {
                let (from, to) = (&base.object.id, &head.object.id);
                let renamed = renamed(from, to, &self.own);
                let moved = moved(&base, &head);
                if !moved && !renamed && base.object.text == head.object.text {
                    return None;
                }
                let mut diff = diff(Kind::Changed, to);
                diff.renamed_from = renamed.then(|| from.clone());
                diff.moved_from = moved.then(|| base.app.clone());
                diff.fields = self.fields(base, head, renamed, renames);
                if !moved && !renamed && diff.fields.is_empty() {
                    return None;
                }
                let old = (to.kind == "ConfigMap" || to.kind == "Secret").then(|| read(base.object));
                diff.notices = self.notices(Kind::Changed, to, diff.renamed_from.as_ref(), &diff.fields, old.as_ref());
                diff.texts = (Some(self.shown(base.object)), Some(self.shown(head.object)));
                diff.sources = (base.object.source.clone(), head.object.source.clone());
                Some((head.app, diff))
            }
        }
    }

    /// Where two clusters are compared, nothing is applied, and so nothing lost or refused.
    fn notices(
        &self,
        kind: Kind,
        id: &ObjectId,
        renamed_from: Option<&ObjectId>,
        fields: &[FieldChange],
        base: Option<&Node>,
    ) -> Vec<Notice> {
        let pairs = !self.comparer.options.pairs.is_empty();
        if pairs { Vec::new() } else { notice::notices(kind, id, renamed_from, fields, base) }
    }

    fn fields(&self, base: Ref<'c>, head: Ref<'c>, renamed: bool, renames: &Renames<'c>) -> Arc<[FieldChange]> {
        if base.object.text == head.object.text {
            return Arc::from([]);
        }
        let comparer = self.comparer;
        let rules =
            comparer.rules(&self.head.cluster, head.app).or_else(|| comparer.rules(&self.base.cluster, base.app));
        let key = (
            *base.object.text.digest(),
            *head.object.text.digest(),
            rules.map_or(NO_RULES, |(at, _)| *at),
            (!self.own.0.is_empty()).then(|| self.name.clone()),
            renamed,
        );
        let lock = || comparer.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let known = lock().get(&key).cloned();
        let fields = known.unwrap_or_else(|| {
            let nodes = (self.masked(base.object), self.masked(head.object));
            let marks = |object: &TreeObject, node: &Node| {
                rules.map(|(_, rules)| rules.marks(&object.id, node)).unwrap_or_default()
            };
            let marks: (Marks, Marks) = (marks(base.object, &nodes.0), marks(head.object, &nodes.1));
            let found: Arc<[FieldChange]> = fields::changes(&fields::Sides {
                nodes: (&nodes.0, &nodes.1),
                marks: (&marks.0, &marks.1),
                own: &self.own,
                renamed,
            })
            .into();
            lock().insert(key, Arc::clone(&found));
            found
        });
        renames.follow(fields)
    }

    fn masked(&self, object: &TreeObject) -> Node {
        self.comparer.masks.mask(&object.id, read(object))
    }

    /// The text that may be shown.
    fn shown(&self, object: &TreeObject) -> Text {
        if Masks::applies(&object.id) { emit(&self.masked(object)).into() } else { object.text.clone() }
    }
}

fn read(object: &TreeObject) -> Node {
    parse(FileId::TRANSIENT, &object.text.get(), Dialect::Kubernetes).into_first()
}

fn same_objects(a: &[TreeObject], b: &[TreeObject]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.text == b.text && a.id == b.id)
}

fn renamed(from: &ObjectId, to: &ObjectId, own: &(Own, Own)) -> bool {
    let same = |a: &str, b: &str| own.0.replace(a) == own.1.replace(b);
    from.kind != to.kind
        || from.group != to.group
        || !same(&from.name, &to.name)
        || !same(&from.namespace, &to.namespace)
}

/// What got another hash or version in its name on a cluster.
struct Renames<'a> {
    names: BTreeMap<&'a str, &'a str>,
}

/// With more renames, they are only found where a text is nothing but the name.
const INSIDE: usize = 50;

impl<'a> Renames<'a> {
    fn of(matched: &[Matched<'a>]) -> Self {
        let both = matched.iter().filter_map(|one| Some((&one.base?.object.id, &one.head?.object.id)));
        // Only hashes and versions: a name that somebody changed may mean something where it is used.
        let names = both.filter(|(old, new)| old.name != new.name && stem(&old.name) == stem(&new.name));
        Self { names: names.map(|(old, new)| (old.name.as_str(), new.name.as_str())).collect() }
    }

    /// Fields that only name what was renamed are noise.
    fn follow(&self, fields: Arc<[FieldChange]>) -> Arc<[FieldChange]> {
        if self.names.is_empty() || !fields.iter().any(|field| self.follows(field)) {
            return fields;
        }
        let mut fields = fields.to_vec();
        for field in &mut fields {
            if self.follows(field) {
                field.noise = Some(Noise::FollowsRename);
            }
        }
        fields.into()
    }

    fn follows(&self, field: &FieldChange) -> bool {
        let (Change::Changed(old, new), None) = (&field.change, &field.noise) else { return false };
        let (Some(old), Some(new)) = (old.as_str(), new.as_str()) else { return false };
        if self.names.get(old) == Some(&new) {
            return true;
        }
        let inside = |(from, to): (&&str, &&str)| {
            old.contains(*from)
                && new.contains(*to)
                && Own::new([(*from).to_owned()]).replace(old) == Own::new([(*to).to_owned()]).replace(new)
        };
        self.names.len() <= INSIDE && self.names.iter().any(inside)
    }
}
