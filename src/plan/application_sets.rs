//! ApplicationSets expanded: what their generators get of a fleet.

use std::sync::Arc;

use super::fleet::Fleet;
use super::{AppKey, ClusterId};
use crate::argocd::IN_CLUSTER_SERVER;
use crate::argocd::application_set::ApplicationSet;
use crate::config::cluster::{Cluster, Declared};
use crate::generate::{self, Expanded, Generated, Outside, Wanted};
use crate::world::Reader;

/// What made an Application: a set, and the parameters of its own.
#[derive(Clone, Debug)]
pub struct MadeBy {
    /// The set.
    pub set: AppKey,
    /// The Application as the set made it.
    pub generated: Arc<Generated>,
}

/// Expands a set that lives on a hub.
pub fn expand(fleet: &Fleet, set: &ApplicationSet, hub: ClusterId, reader: &Reader) -> Expanded {
    let clusters = registered(fleet, hub);
    with_outside(fleet, &clusters, reader, |outside| generate::expand(set, outside))
}

/// Does something with what generators get of a fleet.
pub fn with_outside<T>(
    fleet: &Fleet,
    clusters: &[Cluster],
    reader: &Reader,
    work: impl FnOnce(&Outside<'_, '_>) -> T,
) -> T {
    let repositories = |wanted: Wanted| {
        let revision = if wanted.revision.is_empty() { "HEAD" } else { wanted.revision };
        let at = (wanted.url_at, wanted.revision_at);
        fleet.repositories.by_url(wanted.url, Some(revision), at, reader.world())
    };
    work(&Outside {
        reader,
        clusters,
        repositories: &repositories,
        inputs: &fleet.inputs,
        // Projects come out of what is rendered, and are held against Applications when all of it is.
        projects: None,
        check_destinations: false,
        namespace: &fleet.spec.argocd.namespace,
        version: fleet.argocd,
        new_git_file_globbing: fleet.spec.argocd.new_git_file_globbing,
    })
}

/// The clusters as the Argo CD of a hub knows them. To itself the hub is under one URL only, however others call it.
pub fn registered(fleet: &Fleet, hub: ClusterId) -> Vec<Cluster> {
    let mut clusters = fleet.clusters.clone();
    if let Some(own) = clusters.get_mut(hub).filter(|own| own.declared == Declared::File) {
        own.server = Some(IN_CLUSTER_SERVER.to_owned());
    }
    clusters
}
