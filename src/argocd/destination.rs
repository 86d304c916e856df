//! Which cluster a destination means.

use super::application::Destination;
use super::{IN_CLUSTER, IN_CLUSTER_SERVER};
use crate::config::cluster::Cluster;

/// The place of the destination's cluster in `clusters`, seen from the hub that the Application lives in.
///
/// # Errors
/// No cluster answers to the name or the server: the error says how it was named.
pub fn resolve(destination: &Destination, hub: usize, clusters: &[Cluster]) -> Result<usize, String> {
    match (&destination.server, &destination.name) {
        (Some(server), _) => {
            let server = trim(server);
            if server == IN_CLUSTER_SERVER {
                return Ok(hub);
            }
            let found = clusters.iter().position(|c| c.server.as_deref().map(trim) == Some(server));
            found.ok_or_else(|| server.to_owned())
        }
        (None, Some(name)) => {
            // Argo CD's own name for the hub, whatever else is called so.
            if name == IN_CLUSTER {
                return Ok(hub);
            }
            clusters.iter().position(|c| *c.name == **name).ok_or_else(|| name.clone())
        }
        (None, None) => Err(String::new()),
    }
}

fn trim(server: &str) -> &str {
    server.trim_end_matches('/')
}
