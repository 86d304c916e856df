//! What Terrace knows of Kubernetes without a cluster: the built-in kinds, versions, names of objects, sync order.

mod id;
mod kinds;
mod known;
mod order;
mod version;

pub use id::ObjectId;
pub use kinds::{Scope, is_built_in, scope, usual_group};
pub use known::is_cluster_wide;
pub use order::{Phase, SyncTask, is_hook, kind_rank, phases, sort_for_sync, wave};
pub use version::{InvalidVersion, KubeVersion};
