//! What can be said only when every app is rendered: scopes, tenancy, namespaces to be made, who owns what; and the trees.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::fixpoint::{Fixed, ancestors, key_text};
use super::hydrators;
use super::patches::{self, Declared};
use super::projects;
use super::unit::{Manifests, Object, clear_namespace, created_namespace, manifests};
use super::{AppResult, Compiled, Held, Run};
use crate::diag::{Code, Diagnostic};
use crate::kube::{ObjectId, Scope, is_cluster_wide, sort_for_sync};
use crate::plan::fleet::Fleet;
use crate::plan::{AppKey, AppOrigin, ClusterId, order};
use crate::provenance::Recorder;
use crate::source::Origin;
use crate::tree::{AppMeta, AppState, ClusterTree, TreeApp, TreeObject};
use crate::yaml::Node;

/// Namespaces that every cluster has: nobody makes them.
pub(super) const GIVEN_NAMESPACES: [&str; 4] = ["default", "kube-system", "kube-public", "kube-node-lease"];

/// Finishes what needs to know all apps.
pub fn finish(fleet: &Fleet, fixed: &mut Fixed, declared: &[Declared], run: &Run) {
    scopes(fixed);
    patches::finish(fleet, fixed, declared);
    yield_to_apps(fixed);
    twins(fleet, fixed);
    tenancy(fleet, fixed, run);
    projects::check(fleet, fixed, run);
    hydrators::check(fleet, fixed);
    inherit(fixed);
    make_namespaces(fixed);
    ownership(fleet, fixed, run);
    inherit(fixed);
}

/// Kinds whose definition came out of the fleet get their scope; of others, what is well known is taken.
fn scopes(fixed: &mut Fixed) {
    for result in fixed.apps.values_mut() {
        let Some(cluster) = result.cluster else { continue };
        for object in result.objects.iter_mut().filter(|o| o.scope.is_none()) {
            let key = (cluster, object.id.group.clone(), object.id.kind.clone());
            match fixed.defines.get(&key) {
                Some(Scope::Cluster) => clear_namespace(object),
                Some(Scope::Namespaced) => object.scope = Some(Scope::Namespaced),
                None if is_cluster_wide(&object.id.group, &object.id.kind) => clear_namespace(object),
                None => {}
            }
        }
    }
}

/// What a root would apply to its hub, and an Application applies there too, is the Application's: the root is applied
/// once, by hand, and an Application that manages it takes over.
fn yield_to_apps(fixed: &mut Fixed) {
    let mut owned: BTreeSet<(ClusterId, ObjectId)> = BTreeSet::new();
    for (key, result) in &fixed.apps {
        let Some(cluster) = result.cluster.filter(|_| !matches!(key, AppKey::Root { .. })) else { continue };
        owned.extend(result.objects.iter().map(|o| (cluster, o.id.clone())));
    }
    for (key, result) in &mut fixed.apps {
        let Some(cluster) = result.cluster.filter(|_| matches!(key, AppKey::Root { .. })) else { continue };
        result.objects.retain(|object| !owned.contains(&(cluster, object.id.clone())));
    }
}

/// Two apps of one name in one cluster's tree: they would write over each other.
fn twins(fleet: &Fleet, fixed: &mut Fixed) {
    let mut by_name: BTreeMap<(ClusterId, Arc<str>), Vec<AppKey>> = BTreeMap::new();
    for (key, result) in &fixed.apps {
        if let Some(cluster) = result.cluster {
            by_name.entry((cluster, Arc::clone(&result.tree_name))).or_default().push(key.clone());
        }
    }
    for ((cluster, name), keys) in by_name {
        let [first, second, ..] = keys.as_slice() else { continue };
        let at = |key| fixed.apps.get(key).and_then(|r| r.app.as_ref()).map_or(Origin::NONE, |a| a.declared_at);
        let cluster_name = fleet.clusters.get(cluster).map(|c| Arc::clone(&c.name));
        let message = format!("two apps on one cluster are called `{name}`");
        let diagnostic = Diagnostic::error(Code::DUPLICATE_NAME, message)
            .at(at(second), "this app")
            .also(at(first), "and this one")
            .hint("an app's name is its directory in the cluster's tree: give one another name")
            .about(cluster_name.as_ref(), Some(&name));
        let held = Held { code: diagnostic.code, reason: diagnostic.message.clone() };
        fixed.diagnostics.push(diagnostic);
        for key in &keys {
            fixed.hold(key, held.clone());
        }
    }
}

/// Where an object of an app stands; where a template made it, the app is rendered once more to see.
fn locate(fleet: &Fleet, fixed: &Fixed, run: &Run, key: &AppKey, object: &Object) -> Origin {
    if object.origin.file.is_real() {
        return object.origin;
    }
    find(fleet, fixed, run, key, &object.id).map_or(object.origin, |node| node.origin)
}

/// An object of an app as its source has it: the app is rendered once more.
pub(super) fn find(fleet: &Fleet, fixed: &Fixed, run: &Run, key: &AppKey, id: &ObjectId) -> Option<Node> {
    let app = fixed.apps.get(key).and_then(|r| r.app.as_ref())?;
    let Manifests { manifests, .. } = manifests(run, app, fleet.clusters.get(app.cluster)?, &Recorder::recording());
    let is_it = |node: &Node| {
        ObjectId::of(node).is_some_and(|own| own.kind == id.kind && own.name == id.name && own.group == id.group)
    };
    let found: Vec<Node> = manifests.into_iter().map(|m| m.node).filter(is_it).collect();
    let namespace = |node: &&Node| node.str_at(&["metadata", "namespace"]).unwrap_or_default() == id.namespace;
    found.iter().find(namespace).or(found.first()).cloned()
}

/// A tenant's app makes objects of its own namespace only.
fn tenancy(fleet: &Fleet, fixed: &mut Fixed, run: &Run) {
    let mut findings: Vec<(AppKey, Diagnostic)> = Vec::new();
    for (key, result) in &fixed.apps {
        let Some(app) = result.app.as_ref().filter(|a| a.tenant) else { continue };
        let bound = app.namespace.as_deref().unwrap_or_default();
        for object in &result.objects {
            let cluster_wide = object.scope == Some(Scope::Cluster);
            if !cluster_wide && object.id.namespace == bound {
                continue;
            }
            let node = find(fleet, fixed, run, key, &object.id);
            let start = node.as_ref().map_or(object.origin, |n| n.origin);
            let namespace = node.as_ref().and_then(|n| n.at(&["metadata", "namespace"])).map_or(start, |n| n.origin);
            let (why, place, label, hint) = match cluster_wide {
                true => (
                    format!("`{}` belongs to the whole cluster", object.id),
                    start,
                    "this object".to_owned(),
                    "move it to a layer that isn't a tenant's".to_owned(),
                ),
                false => (
                    format!("`{}` is in another namespace than `{bound}`", object.id),
                    namespace,
                    format!("expected `{bound}`"),
                    format!(
                        "leave its namespace out: it then goes to `{bound}`; or move it to a layer that isn't a tenant's"
                    ),
                ),
            };
            let cluster = fleet.clusters.get(app.cluster).map(|c| Arc::clone(&c.name));
            let mut diagnostic =
                Diagnostic::error(Code::TENANT_ESCAPES, format!("a tenant's app makes what it may not: {why}"))
                    .at(place, label)
                    .also(app.declared_at, "this layer is a tenant's")
                    .hint(hint)
                    .about(cluster.as_ref(), Some(&app.tree_name));
            diagnostic.subject.object = Some(object.id.to_string().into());
            findings.push((key.clone(), diagnostic));
        }
    }
    for (key, diagnostic) in findings {
        let held = Held { code: diagnostic.code, reason: diagnostic.message.clone() };
        fixed.diagnostics.push(diagnostic);
        fixed.hold(&key, held);
    }
}

/// What stands below a held app is held with it.
fn inherit(fixed: &mut Fixed) {
    let mut inherited: Vec<(AppKey, Held)> = Vec::new();
    for (key, _) in fixed.apps.iter().filter(|(_, r)| r.held.is_none()) {
        let above = ancestors(&fixed.apps, key).into_iter();
        let held = above.filter_map(|a| fixed.apps.get(a)).find_map(|r| Some((&r.tree_name, r.held.as_ref()?)));
        if let Some((name, held)) = held {
            let reason = format!("`{name}`, which made it, is held: {}", held.reason);
            inherited.push((key.clone(), Held { code: held.code, reason }));
        }
    }
    for (key, held) in inherited {
        fixed.hold(&key, held);
    }
}

/// `CreateNamespace=true`: the first app (by key) of a cluster that asks for a namespace nobody declares makes it.
fn make_namespaces(fixed: &mut Fixed) {
    let mut there: BTreeSet<(ClusterId, String)> = BTreeSet::new();
    for result in fixed.apps.values() {
        let Some(cluster) = result.cluster else { continue };
        let namespaces = result.objects.iter().filter(|o| o.id.kind == "Namespace" && o.id.group.is_empty());
        there.extend(namespaces.map(|o| (cluster, o.id.name.to_string())));
    }
    for result in fixed.apps.values_mut().filter(|r| r.held.is_none()) {
        let Some(app) = result.app.as_ref().filter(|a| a.create_namespace) else { continue };
        let Some(name) = app.namespace.as_deref().filter(|n| !GIVEN_NAMESPACES.contains(n)) else { continue };
        if there.insert((app.cluster, name.to_owned())) {
            result.objects.extend(created_namespace(app, name));
        }
    }
}

/// Each object of a cluster belongs to one app.
fn ownership(fleet: &Fleet, fixed: &mut Fixed, run: &Run) {
    type Identity<'a> = (ClusterId, &'a str, &'a str, &'a str, &'a str);
    let mut owners: BTreeMap<Identity, Vec<(&AppKey, &Object)>> = BTreeMap::new();
    for (key, result) in &fixed.apps {
        let Some(cluster) = result.cluster else { continue };
        for object in result.objects.iter().filter(|o| !o.id.generated) {
            let ObjectId { group, kind, namespace, name, .. } = &object.id;
            owners.entry((cluster, group, kind, namespace, name)).or_default().push((key, object));
        }
    }
    let mut findings: Vec<(Vec<AppKey>, Diagnostic)> = Vec::new();
    for ((cluster, ..), owners) in owners {
        let [(first_key, first), (second_key, second), ..] = owners.as_slice() else { continue };
        let name = |key: &AppKey| fixed.apps.get(key).map_or_else(String::new, |r| r.tree_name.to_string());
        let cluster_name = fleet.clusters.get(cluster).map(|c| Arc::clone(&c.name));
        let message = format!("`{}` is owned by two apps, `{}` and `{}`", second.id, name(first_key), name(second_key));
        let app: Arc<str> = name(second_key).into();
        let mut diagnostic = Diagnostic::error(Code::OBJECT_OWNED_TWICE, message)
            .at(locate(fleet, fixed, run, second_key, second), format!("made by `{}`", name(second_key)))
            .also(locate(fleet, fixed, run, first_key, first), format!("made by `{}`", name(first_key)))
            .hint("both would apply it in turn: leave it to one of them")
            .about(cluster_name.as_ref(), Some(&app));
        diagnostic.subject.object = Some(second.id.to_string().into());
        findings.push((owners.iter().map(|(key, _)| (*key).clone()).collect(), diagnostic));
    }
    for (keys, diagnostic) in findings {
        let held = Held { code: diagnostic.code, reason: diagnostic.message.clone() };
        fixed.diagnostics.push(diagnostic);
        for key in keys {
            fixed.hold(&key, held.clone());
        }
    }
}

/// The trees of a compiled fleet, clusters by name, apps and objects in sync order. Clusters that nothing goes to, and
/// that nobody declared, have none.
pub fn trees(compiled: &Compiled) -> Vec<ClusterTree> {
    let fleet = &compiled.fleet;
    type Apps<'a> = Vec<(&'a AppKey, &'a AppResult)>;
    let mut by_cluster: BTreeMap<&Arc<str>, (ClusterId, Apps)> = BTreeMap::new();
    for (id, cluster) in fleet.clusters.iter().enumerate() {
        if cluster.declared != crate::config::cluster::Declared::Assumed {
            by_cluster.insert(&cluster.name, (id, Vec::new()));
        }
    }
    for (key, result) in &compiled.apps {
        let Some(cluster) = result.cluster.and_then(|c| Some((c, fleet.clusters.get(c)?))) else { continue };
        // A root that makes nothing but Applications leaves nothing to be written.
        let is_bare_root = matches!(key, AppKey::Root { .. }) && result.objects.is_empty() && result.held.is_none();
        if !is_bare_root {
            by_cluster.entry(&cluster.1.name).or_insert((cluster.0, Vec::new())).1.push((key, result));
        }
    }
    let trees = by_cluster.into_iter().map(|(name, (_, mut apps))| {
        apps.sort_by_cached_key(|(_, result)| match &result.app {
            Some(app) => order::position(app, result.rank),
            None => (i64::MAX, usize::MAX, usize::MAX, Arc::clone(&result.tree_name)),
        });
        // Apps of one name are held, all of them: the tree keeps what it has under that name.
        let mut named = BTreeSet::new();
        apps.retain(|(_, result)| named.insert(&result.tree_name));
        ClusterTree {
            cluster: Arc::clone(name),
            apps: apps.into_iter().map(|(key, result)| tree_app(compiled, key, result)).collect(),
        }
    });
    trees.collect()
}

fn tree_app(compiled: &Compiled, key: &AppKey, result: &AppResult) -> TreeApp {
    let state = match &result.held {
        None => AppState::Rendered,
        Some(held) => {
            AppState::Held(crate::tree::Held { code: held.code.name().to_owned(), reason: held.reason.clone() })
        }
    };
    let app = result.app.as_ref();
    let above = std::iter::once(key).chain(ancestors(&compiled.apps, key));
    let mut parents: Vec<String> = above.map(|key| key_text(&compiled.fleet, key)).collect();
    // While its app.yaml can't be read an app is reported, and held, under its directory's name.
    if let (AppKey::Layer { cluster, name }, Some(AppOrigin::Layer { dir_name, .. })) = (key, app.map(|a| &a.origin))
        && dir_name != name
    {
        parents.push(key_text(&compiled.fleet, &AppKey::Layer { cluster: *cluster, name: Arc::clone(dir_name) }));
    }
    let meta = AppMeta {
        namespace: app.and_then(|a| a.namespace.as_deref()).map(str::to_owned),
        wave: app.map_or(0, |a| a.wave),
        layer: app.and_then(|a| match &a.origin {
            AppOrigin::Layer { instance, .. } => Some(instance.to_string()),
            _ => None,
        }),
        parents,
        origin: app
            .map_or_else(String::new, |a| a.sources.iter().map(|s| s.shown.as_str()).collect::<Vec<_>>().join(", ")),
        labels: app.map(|a| a.labels.clone()).unwrap_or_default(),
    };
    let objects = in_sync_order(&result.objects, &compiled.fleet);
    TreeApp { name: Arc::clone(&result.tree_name), state, objects, meta }
}

/// Objects in the order of syncing: each where its first phase has it; hooks that no sync applies come last.
fn in_sync_order(objects: &[Object], fleet: &Fleet) -> Vec<TreeObject> {
    let mut tasks: Vec<_> = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        tasks.extend(object.tasks.iter().map(|task| crate::kube::SyncTask { index, ..task.clone() }));
    }
    sort_for_sync(&mut tasks);
    let mut placed = BTreeSet::new();
    let mut order: Vec<usize> = tasks.iter().map(|t| t.index).filter(|i| placed.insert(*i)).collect();
    order.extend((0..objects.len()).filter(|i| !placed.contains(i)));
    let made = |object: &Object| TreeObject {
        id: object.id.clone(),
        text: object.text.clone(),
        source: object.file.as_ref().map_or_else(|| "CreateNamespace=true".to_owned(), |file| fleet.describe(file)),
    };
    order.into_iter().filter_map(|i| objects.get(i)).map(made).collect()
}

/// What is held, by the names that the indexes use for parents.
pub fn held(compiled: &Compiled) -> BTreeMap<String, crate::tree::Held> {
    let held = compiled.apps.iter().filter_map(|(key, result)| {
        let held = result.held.as_ref()?;
        let held = crate::tree::Held { code: held.code.name().to_owned(), reason: held.reason.clone() };
        Some((key_text(&compiled.fleet, key), held))
    });
    held.collect()
}
