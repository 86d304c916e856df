//! What is the same on many clusters is shown once.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::list::{write, write_text};
use super::model::{AppChange, Change, ClusterDiff, Group, ObjectDiff, Status};
use super::normal::Own;
use super::path::Step;

/// A change on one cluster: of an object, or of an app as a whole.
pub(super) struct Item {
    pub cluster: Arc<str>,
    pub app: Arc<str>,
    /// The app's name without the cluster's own.
    key: String,
    status: Status,
    pub object: Option<ObjectDiff>,
    about: Vec<AppChange>,
    /// Digests of the change, as it is and without the cluster's own names.
    raw: [u8; 32],
    normal: [u8; 32],
}

impl Item {
    pub fn new(
        cluster: &Arc<str>,
        app: &Arc<str>,
        status: Status,
        object: Option<ObjectDiff>,
        about: Vec<AppChange>,
        own: &(Own, Own),
    ) -> Self {
        let none = (Own::default(), Own::default());
        Self {
            cluster: cluster.clone(),
            app: app.clone(),
            key: own.1.replace(&own.0.replace(app)).into_owned(),
            status,
            raw: digest(app, status, object.as_ref(), &about, &none),
            normal: digest(app, status, object.as_ref(), &about, own),
            object,
            about,
        }
    }
}

/// A digest of what is shown of a change, however large it is.
fn digest(app: &str, status: Status, object: Option<&ObjectDiff>, about: &[AppChange], own: &(Own, Own)) -> [u8; 32] {
    let mut to = blake3::Hasher::new();
    let (old, new) = own;
    write_text(&old.replace(app), new, &mut to);
    to.update(&[status as u8]);
    for change in about {
        write_text(change.what, &Own::default(), &mut to);
        write_text(&change.old, old, &mut to);
        write_text(&change.new, new, &mut to);
    }
    let Some(object) = object else { return *to.finalize().as_bytes() };
    to.update(&[object.kind as u8]);
    let id = |id: &crate::kube::ObjectId, own: &Own, to: &mut blake3::Hasher| {
        for part in [&id.group, &id.version, &id.kind, &id.namespace, &id.name] {
            write_text(part, own, to);
        }
        to.update(&[u8::from(id.generated)]);
    };
    id(&object.id, new, &mut to);
    to.update(&[u8::from(object.renamed_from.is_some()), u8::from(object.moved_from.is_some())]);
    if let Some(from) = &object.renamed_from {
        id(from, old, &mut to);
    }
    if let Some(from) = &object.moved_from {
        write_text(from, old, &mut to);
    }
    if object.kind != super::Kind::Changed {
        let (text, own) = match &object.texts {
            (_, Some(text)) => (text, new),
            (Some(text), _) => (text, old),
            (None, None) => return *to.finalize().as_bytes(),
        };
        if own.is_empty() {
            to.update(text.digest());
        } else {
            write_text(&text.get(), own, &mut to);
        }
    }
    for field in object.fields.iter() {
        for step in &field.path.0 {
            match step {
                Step::Key(key) => write_text(key, new, &mut to),
                // Where it stands in a list may differ.
                Step::Index(_) => drop(to.update(b"#")),
                Step::Item(fields) => fields.iter().for_each(|(_, value)| write_text(value, new, &mut to)),
            }
        }
        to.update(b"=");
        match &field.change {
            Change::Added(node) => write(node, new, to.update(b"+")),
            Change::Removed(node) => write(node, old, to.update(b"-")),
            Change::Changed(a, b) => {
                write(a, old, to.update(b"~"));
                write(b, new, &mut to);
            }
            Change::Order(a, b) => {
                to.update(b"o");
                a.iter().for_each(|name| write_text(name, old, &mut to));
                to.update(b";");
                b.iter().for_each(|name| write_text(name, new, &mut to));
            }
        }
        if let Some(noise) = &field.noise {
            write_text(&noise.name(), &Own::default(), &mut to);
        }
    }
    *to.finalize().as_bytes()
}

/// Classes of equal things, merged step by step.
struct Classes(Vec<usize>);

impl Classes {
    fn of(&mut self, at: usize) -> usize {
        let mut root = at;
        while let Some(parent) = self.0.get(root).copied().filter(|parent| *parent != root) {
            root = parent;
        }
        let mut next = at;
        while let Some(slot) = self.0.get_mut(next).filter(|slot| **slot != root) {
            next = std::mem::replace(slot, root);
        }
        root
    }

    /// The earlier one stands for both.
    fn merge(&mut self, a: usize, b: usize) {
        let (a, b) = (self.of(a), self.of(b));
        if let Some(slot) = self.0.get_mut(a.max(b)) {
            *slot = a.min(b);
        }
    }
}

/// One class of equal changes: the app's key, the first item's place, and which of several on one cluster.
type Class<'a> = (&'a str, usize, usize);

/// Puts changes that are the same together: first all that an app has on the same clusters, so that what is the whole
/// change of an app on many clusters stays together.
pub(super) fn groups(items: Vec<Item>, clusters: &[ClusterDiff]) -> Vec<Group> {
    let mut classes = Classes((0..items.len()).collect());
    let (mut raw, mut normal) = (HashMap::new(), HashMap::new());
    for (at, item) in items.iter().enumerate() {
        for (map, digest) in [(&mut raw, item.raw), (&mut normal, item.normal)] {
            match map.get(&(&item.key, digest)) {
                Some(first) => classes.merge(*first, at),
                None => drop(map.insert((&item.key, digest), at)),
            }
        }
    }
    // Items come cluster by cluster, clusters by name.
    let mut times: HashMap<(usize, &str), usize> = HashMap::new();
    let mut members: BTreeMap<Class<'_>, Vec<usize>> = BTreeMap::new();
    for (at, item) in items.iter().enumerate() {
        let root = classes.of(at);
        let nth = times.entry((root, &*item.cluster)).or_default();
        members.entry((&item.key, root, *nth)).or_default().push(at);
        *nth += 1;
    }
    // By the app's key, its status and the clusters.
    type Key<'a> = (&'a str, u8, Vec<&'a Arc<str>>);
    let mut together: BTreeMap<Key<'_>, Vec<Vec<usize>>> = BTreeMap::new();
    for ((key, ..), members) in members {
        let status = members.first().and_then(|at| items.get(*at)).map_or(0, |item| item.status as u8);
        let on = members.iter().filter_map(|at| items.get(*at)).map(|item| &item.cluster).collect();
        together.entry((key, status, on)).or_default().push(members);
    }
    let mut plans: Vec<(Group, Vec<usize>)> = Vec::new();
    for ((_, _, on), classes) in together {
        let shown: Vec<usize> = classes.iter().filter_map(|class| class.first().copied()).collect();
        let Some(first) = shown.first().and_then(|at| items.get(*at)) else { continue };
        let differs = |class: &Vec<usize>| {
            let digests: BTreeSet<_> = class.iter().filter_map(|at| items.get(*at)).map(|item| item.raw).collect();
            digests.len() > 1
        };
        let group = Group {
            app: first.app.clone(),
            status: first.status,
            clusters: on.into_iter().cloned().collect(),
            about: shown.iter().filter_map(|at| items.get(*at)).flat_map(|item| item.about.clone()).collect(),
            but_for_names: classes.iter().any(differs),
            objects: Vec::new(),
        };
        plans.push((group, shown));
    }
    let mut objects: Vec<Option<ObjectDiff>> = items.into_iter().map(|item| item.object).collect();
    let mut groups: Vec<Group> = Vec::with_capacity(plans.len());
    for (mut group, shown) in plans {
        group.objects = shown.into_iter().filter_map(|at| objects.get_mut(at)?.take()).collect();
        group.objects.sort_by(|a, b| (&a.id, &a.renamed_from, a.kind).cmp(&(&b.id, &b.renamed_from, b.kind)));
        groups.push(group);
    }
    let status: HashMap<&Arc<str>, Status> = clusters.iter().map(|cluster| (&cluster.name, cluster.status)).collect();
    let whole = |group: &Group| {
        let of = |name| status.get(name).copied().unwrap_or_default();
        group
            .clusters
            .iter()
            .map(of)
            .map(|s| if s == Status::Added || s == Status::Removed { s as u8 } else { 0 })
            .min()
    };
    // Clusters that come or go as a whole are last: there is much of them, and it is no surprise.
    groups.sort_by_cached_key(|group| {
        let first = group.objects.first().map(|object| object.id.clone());
        (whole(group), group.app.clone(), Reverse(group.clusters.len()), group.clusters.clone(), first)
    });
    groups
}
