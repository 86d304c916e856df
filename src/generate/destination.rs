//! What Argo CD says of a destination that is no cluster (util/argo `GetDestinationCluster`).

use super::clusters::registered;
use super::outside::Outside;
use crate::argocd::{IN_CLUSTER, IN_CLUSTER_SERVER};
use crate::yaml::Node;

/// Whether the destination of an Application is a cluster that is registered.
///
/// # Errors
/// It isn't, in Argo CD's words.
pub fn check(application: &Node, outside: &Outside) -> Result<(), String> {
    let text = |key: &str| application.str_at(&["spec", "destination", key]).filter(|text| !text.is_empty());
    let clusters = || outside.clusters.iter().filter(|cluster| registered(cluster, outside.namespace));
    match (text("server"), text("name")) {
        (Some(server), Some(name)) => {
            Err(format!("application destination can't have both name and server defined: {name} {server}"))
        }
        (None, None) => Err("Destination server missing from app spec".to_owned()),
        (Some(server), None) => {
            let plain = |server: &str| server.trim_end_matches('/').to_owned();
            let known = clusters().filter_map(|cluster| cluster.server.as_deref());
            match plain(server) == IN_CLUSTER_SERVER || known.into_iter().any(|known| plain(known) == plain(server)) {
                true => Ok(()),
                false => {
                    let missing = format!("rpc error: code = NotFound desc = cluster \"{server}\" not found");
                    Err(format!("error getting cluster by server \"{server}\": {missing}"))
                }
            }
        }
        (None, Some(name)) => {
            let servers: Vec<&str> = clusters()
                .filter(|cluster| *cluster.name == *name)
                .map(|cluster| cluster.server.as_deref().unwrap_or_default())
                .collect();
            match servers.len() {
                1 => Ok(()),
                0 if name == IN_CLUSTER => Ok(()),
                0 => Err(format!("there are no clusters with this name: {name}")),
                count => Err(format!("there are {count} clusters with the same name: [{}]", servers.join(" "))),
            }
        }
    }
}
