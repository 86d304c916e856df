//! `clusterDecisionResource`: clusters that another controller chose (applicationset/generators/duck_type.go).

use super::clusters::{registered, server_origin};
use super::failure::Failure;
use super::inputs::Asked;
use super::params::{Param, Params, floats, show_node};
use super::run::Run;
use super::selector::{Rules, Selector};
use crate::argocd::{IN_CLUSTER, IN_CLUSTER_SERVER};
use crate::diag::{Code, Diagnostic};
use crate::source::Origin;
use crate::yaml::{Map, Node};

/// A parameter set for each decision about a cluster that is registered. `rendered`: a matrix has rendered it; after
/// that Argo CD takes even a selector that isn't there for one, so that `name` is refused.
///
/// # Errors
/// The ConfigMap or the resources aren't there, or the generator doesn't say which.
pub fn generate(run: &Run, generator: &Node, rendered: bool) -> Result<Vec<Params>, Failure> {
    let inputs = run.outside.inputs;
    let reference = generator.get("configMapRef");
    let config_name = reference.and_then(Node::as_str).unwrap_or_default();
    let here = |object: &&Node| {
        object.str_at(&["metadata", "namespace"]).is_none_or(|namespace| namespace == run.outside.namespace)
    };
    let named = |object: &&Node, name: &str| object.str_at(&["metadata", "name"]) == Some(name);
    let mut configs = inputs.objects().filter(|object| object.str_at(&["kind"]) == Some("ConfigMap")).filter(here);
    let Some(config) = configs.find(|object| named(object, config_name)) else {
        let mut failure = run.missing_input(Asked::ClusterDecisionResource, generator);
        failure.text = format!("error reading configMapRef: configmaps \"{config_name}\" not found");
        return Err(failure);
    };
    let data = |key: &str| config.str_at(&["data", key]).unwrap_or_default();
    let (api_version, kind) = (data("apiVersion"), data("kind"));
    if kind.is_empty() || api_version.find('/').is_none_or(|at| at == 0) {
        return Err(Failure::invalid(
            "there is a problem with the apiVersion, kind or resourceName provided",
            format!("the ConfigMap `{config_name}` needs a `kind` and an `apiVersion` with a group"),
            config.get("data").map_or(config.origin, |data| data.origin),
            "in this ConfigMap",
        ));
    }
    let name = generator.str_at(&["name"]);
    let selector = generator.get("labelSelector");
    if name.is_some() == (selector.is_some() || rendered) {
        let message = match (name, selector) {
            (Some(_), None) => {
                "as the second generator of a matrix, a clusterDecisionResource generator takes no `name`"
            }
            _ => "a clusterDecisionResource generator needs either `name` or `labelSelector`",
        };
        return Err(Failure::of(
            "there is a problem with the definition of the ClusterDecisionResource generator",
            Diagnostic::error(Code::INVALID_APPLICATION_SET, message)
                .at(generator.origin, "this generator")
                .hint("a `labelSelector` works everywhere"),
        ));
    }
    let selector = selector.map(|node| Selector::new(node, Rules::Labels)).transpose()?;
    let chosen = |object: &&Node| match (&selector, name) {
        (Some(selector), _) => selector.matches(|key| object.str_at(&["metadata", "labels", key])),
        (None, name) => object.str_at(&["metadata", "name"]) == name,
    };
    let resources: Vec<&Node> = inputs
        .objects()
        .filter(|object| object.str_at(&["apiVersion"]) == Some(api_version))
        .filter(|object| object.str_at(&["kind"]).is_some_and(|found| is_resource(found, kind)))
        .filter(here)
        .filter(chosen)
        .collect();
    if resources.is_empty() {
        let mut failure = run.missing_input(Asked::ClusterDecisionResource, generator);
        failure.text = "no clusterDecisionResources found".to_owned();
        return Err(failure);
    }
    let list_key = if data("statusListKey").is_empty() { "clusters" } else { data("statusListKey") };
    let match_key = data("matchKey");
    if match_key.is_empty() {
        return Ok(Vec::new());
    }
    let mut made = Vec::new();
    for resource in resources {
        let Some(status) = resource.get("status").filter(|s| s.as_map().is_some_and(|map| !map.is_empty())) else {
            continue;
        };
        let Some(decisions) = status.get(list_key).and_then(Node::as_seq) else {
            return Err(Failure::invalid(
                "panic: interface conversion: interface {} is nil, not []interface {}",
                format!("the status of a decision resource has no list `{list_key}`"),
                status.origin,
                "this status",
            ));
        };
        for decision in decisions {
            made.extend(decided(run, generator, decision, match_key));
        }
    }
    Ok(made)
}

/// Whether a kind is what an API's resource is called: its plural.
fn is_resource(kind: &str, resource: &str) -> bool {
    let (kind, resource) = (kind.to_lowercase(), resource.to_lowercase());
    let plural = match kind.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ies"),
        _ if kind.ends_with(['s', 'x', 'z']) || kind.ends_with("ch") || kind.ends_with("sh") => format!("{kind}es"),
        _ => format!("{kind}s"),
    };
    resource == plural || resource == kind || resource == format!("{kind}s")
}

fn decided(run: &Run, generator: &Node, decision: &Node, match_key: &str) -> Option<Params> {
    let wanted = show_node(&floats(decision.get(match_key).filter(|value| !value.is_null())?));
    let clusters = run.outside.clusters.iter().filter(|cluster| registered(cluster, run.outside.namespace));
    let found = clusters.clone().rfind(|cluster| *cluster.name == *wanted);
    let own = clusters.clone().all(|cluster| cluster.server.as_deref() != Some(IN_CLUSTER_SERVER));
    let mut params = Params::new();
    match found {
        Some(cluster) => {
            params.text("name", ecow::EcoString::from(&*cluster.name), cluster.origin);
            params.text("server", cluster.server.clone().unwrap_or_default(), server_origin(cluster));
        }
        None if own && wanted == IN_CLUSTER => {
            params.text("name", IN_CLUSTER, Origin::NONE);
            params.text("server", IN_CLUSTER_SERVER, Origin::NONE);
        }
        None => return None,
    }
    for entry in decision.as_map().into_iter().flatten() {
        params.text(entry.key.clone(), show_node(&floats(&entry.value)), entry.value.origin);
    }
    // As they stand: they aren't rendered.
    let values = generator.get("values");
    let map = values.and_then(Node::as_map).cloned().unwrap_or_else(Map::new);
    let at = values.map_or(generator.origin, |values| values.origin);
    if run.language.go {
        if !map.is_empty() {
            params.set("values", at, Param::Strings(map, at));
        }
    } else {
        for entry in map {
            params.set(ecow::eco_format!("values.{}", entry.key), entry.key_origin, Param::Node(entry.value));
        }
    }
    Some(params)
}
