//! Flux: one Kustomization per app and a GitRepository for the branch, in each cluster's own tree.
//!
//! Flux has no waves: each Kustomization depends on all those of the wave before.

use std::collections::BTreeMap;

use super::{Published, app, map};
use crate::source::Origin;
use crate::tree::place::{app_file, component};
use crate::tree::{Layout, TreeApp};
use crate::yaml::{Map, Node};

/// Where Flux' own objects live.
const NAMESPACE: &str = "flux-system";

/// The app of a cluster's tree that lets Flux sync the others; `apps` are their names in the tree, with their place in
/// the order of syncing.
pub fn kustomizations(cluster: &str, apps: &[(String, i64)], published: &Published) -> TreeApp {
    let mut waves: BTreeMap<i64, Vec<&str>> = BTreeMap::new();
    for (name, wave) in apps {
        waves.entry(*wave).or_default().push(name);
    }
    let url = published.url.as_deref().unwrap_or_default();
    let repository = object(
        "source.toolkit.fluxcd.io/v1",
        "GitRepository",
        &format!("terrace-{cluster}"),
        [
            ("interval", Node::made("1m")),
            ("ref", map([("branch", Node::made(published.branch(cluster)))])),
            ("url", Node::made(url)),
        ],
    );
    let mut nodes = vec![repository];
    let mut before: Vec<Node> = Vec::new();
    for names in waves.values() {
        for name in names {
            nodes.push(kustomization(cluster, name, &before, published));
        }
        before = names.iter().map(|name| map([("name", Node::made(object_name(name)))])).collect();
    }
    app("flux-kustomizations", 0, nodes)
}

fn kustomization(cluster: &str, name: &str, before: &[Node], published: &Published) -> Node {
    let file = match published.layout {
        Layout::FilePerObject => component(name),
        Layout::FilePerApp => app_file(name),
    };
    let path = format!("./{}", published.path(cluster, &file));
    let mut node = object(
        "kustomize.toolkit.fluxcd.io/v1",
        "Kustomization",
        &object_name(name),
        [
            ("interval", Node::made("10m")),
            ("path", Node::made(path)),
            ("prune", Node::made(true)),
            (
                "sourceRef",
                map([("kind", Node::made("GitRepository")), ("name", Node::made(format!("terrace-{cluster}")))]),
            ),
            ("wait", Node::made(true)),
        ],
    );
    let spec = node.as_map_mut().and_then(|m| m.get_mut("spec")).and_then(Node::as_map_mut);
    if let Some(spec) = spec.filter(|_| !before.is_empty()) {
        spec.insert("dependsOn", Origin::NONE, Node::made(before.to_vec()));
    }
    node
}

/// An app's name as the name of an object.
fn object_name(name: &str) -> String {
    let clean = |c: char| if c.is_ascii_alphanumeric() || c == '-' || c == '.' { c.to_ascii_lowercase() } else { '-' };
    name.chars().map(clean).collect::<String>().trim_matches(['-', '.']).to_owned()
}

fn object<const N: usize>(api_version: &str, kind: &str, name: &str, spec: [(&str, Node); N]) -> Node {
    let mut fields = Map::new();
    for (key, value) in spec {
        fields.insert(key, Origin::NONE, value);
    }
    map([
        ("apiVersion", Node::made(api_version)),
        ("kind", Node::made(kind)),
        ("metadata", map([("name", Node::made(name)), ("namespace", Node::made(NAMESPACE))])),
        ("spec", Node::made(fields)),
    ])
}
