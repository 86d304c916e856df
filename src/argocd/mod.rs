//! Argo CD's own kinds, read from manifests: Applications, ApplicationSets, cluster Secrets, and what they mean by a
//! destination, a repository and a revision.

pub mod app_project;
pub mod application;
pub mod application_set;
pub mod cluster_secret;
pub mod destination;
pub mod env;
mod fields;
pub mod helm_source;
pub mod hydrator;
pub mod ignore_differences;
pub mod kustomize_source;
pub mod repository;
pub mod version;

pub use version::Version;

/// The API group of Argo CD's kinds.
pub const GROUP: &str = "argoproj.io";
/// What Argo CD calls the cluster that it runs in.
pub const IN_CLUSTER: &str = "in-cluster";
/// The URL of the cluster that Argo CD runs in.
pub const IN_CLUSTER_SERVER: &str = "https://kubernetes.default.svc";
