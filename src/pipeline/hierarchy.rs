//! The hierarchy of a compiled fleet, for `graph`.

use std::collections::BTreeMap;

use super::{AppResult, Compiled, Selection};
use crate::graph::{Kind, Vertex};
use crate::plan::{AppKey, AppOrigin, ClusterId, order};

type Member<'a> = (&'a AppKey, &'a AppResult);

/// Fleet → cluster → layer or root → app → child apps. Of clusters, those that the selection names; a hub shows the
/// Applications that it made, wherever they go.
pub fn hierarchy(compiled: &Compiled, selection: &Selection) -> Vertex {
    let fleet = &compiled.fleet;
    let name = fleet.file.as_ref().map_or("(without terrace.yaml)", |f| &f.value.metadata.name);
    let mut root = Vertex::new(Kind::Fleet, name);
    let mut children: BTreeMap<&AppKey, Vec<Member>> = BTreeMap::new();
    let mut tops: BTreeMap<ClusterId, Vec<Member>> = BTreeMap::new();
    for (key, result) in &compiled.apps {
        match &result.parent {
            Some(parent) => children.entry(parent).or_default().push((key, result)),
            None => tops.entry(result.cluster.unwrap_or(ClusterId::MAX)).or_default().push((key, result)),
        }
    }
    let mut clusters: Vec<(ClusterId, &str)> = fleet.clusters.iter().enumerate().map(|(i, c)| (i, &*c.name)).collect();
    clusters.sort_by_key(|(_, name)| *name);
    for (id, name) in clusters {
        if !selection.cluster(fleet, name) {
            continue;
        }
        let mut cluster = Vertex::new(Kind::Cluster, name);
        let mut members = tops.remove(&id).unwrap_or_default();
        sort(&mut members);
        for member in members {
            let vertex = vertex(compiled, member, &children, 0);
            let layer = member.1.app.as_ref().and_then(|app| match &app.origin {
                AppOrigin::Layer { instance, .. } => Some(instance.to_string()),
                _ => None,
            });
            let Some(layer) = layer else {
                cluster.children.push(vertex);
                continue;
            };
            let there = cluster.children.iter_mut().find(|v| v.kind == Kind::Layer && v.name == layer);
            match there {
                Some(there) => there.children.push(vertex),
                None => {
                    let mut instance = Vertex::new(Kind::Layer, layer);
                    instance.children.push(vertex);
                    cluster.children.push(instance);
                }
            }
        }
        root.children.push(cluster);
    }
    root
}

fn sort(members: &mut [Member]) {
    members.sort_by_cached_key(|(_, result)| match &result.app {
        Some(app) => order::position(app, result.rank),
        None => (i64::MAX, usize::MAX, usize::MAX, result.tree_name.clone()),
    });
}

const MAX_DEPTH: usize = 100;

fn vertex(
    compiled: &Compiled,
    (key, result): Member,
    children: &BTreeMap<&AppKey, Vec<Member>>,
    depth: usize,
) -> Vertex {
    let kind = match key {
        AppKey::Layer { .. } => Kind::App,
        AppKey::Root { .. } => Kind::Root,
        AppKey::ApplicationSet { .. } => Kind::ApplicationSet,
        AppKey::Application { .. } => Kind::Application,
    };
    let name = match key {
        AppKey::Root { path, .. } => path.to_string(),
        AppKey::ApplicationSet { name, .. } => name.to_string(),
        _ => result.tree_name.to_string(),
    };
    let app = result.app.as_ref();
    let mut made = children.get(key).cloned().unwrap_or_default();
    sort(&mut made);
    let made = if depth < MAX_DEPTH { made } else { Vec::new() };
    Vertex {
        cluster: result.cluster.and_then(|c| compiled.fleet.clusters.get(c)).map(|c| c.name.to_string()),
        namespace: app.and_then(|a| a.namespace.as_deref()).map(str::to_owned).filter(|_| kind != Kind::Root),
        wave: app.map(|a| a.wave),
        sources: app.map(|a| a.sources.iter().map(|s| s.shown.clone()).collect()).unwrap_or_default(),
        objects: app.map(|_| result.objects.len()).filter(|n| kind != Kind::Root || *n > 0),
        parameters: app.and_then(|a| a.made_by.as_ref()).map(|made| made.generated.params.to_node().to_json_value()),
        held: result.held.as_ref().map(|h| h.reason.clone()),
        children: made.into_iter().map(|member| vertex(compiled, member, children, depth + 1)).collect(),
        ..Vertex::new(kind, name)
    }
}
