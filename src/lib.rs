//! Terrace compiles a layered multi-cluster GitOps repository into one hydrated manifest tree per cluster.
//!
//! The stages, in the order in which data flows:
//!
//! 1. [`world`] reads: disk, a git revision, memory. Every read is recorded.
//! 2. [`yaml`] turns bytes into nodes that know where they came from, and back into the bytes of sigs.k8s.io/yaml.
//! 3. [`config`] types our own files (Fleet, Cluster, App); [`layer`] merges values and lays layers out per cluster.
//!    [`argocd`] reads Applications, ApplicationSets and cluster Secrets, and [`generate`] makes Applications of sets.
//! 4. [`plan`] decides which apps there are on which clusters, to a fixpoint, in a stable order.
//! 5. [`render`] turns each app's sources into objects. An engine knows nothing of fleets.
//! 6. [`check`] says what is wrong with them, at the line that has to change.
//! 7. [`tree`] places, indexes and writes them; [`applier`] adds what an applier needs; [`graph`] shows what made what.
//!
//! [`kube`] is what Terrace knows of Kubernetes without a cluster: kinds, versions, names, sync order. [`git`] runs the
//! `git` command, and alone does. [`glob`] is the one meaning of `*`, [`semver`] of a version range, and [`go`] has small facts
//! of Go's library.
//!
//! [`pipeline`] is the only module that knows every stage; [`cli`] has one file per verb, and turns what was found into an
//! [`exit`] code. [`source`], [`diag`] and [`provenance`] are the words that all of them share.

pub mod applier;
pub mod argocd;
pub mod cache;
pub mod check;
pub mod cli;
pub mod config;
pub mod diag;
pub mod diff;
pub mod exit;
pub mod generate;
pub mod git;
pub mod glob;
pub mod go;
pub mod graph;
pub mod kube;
pub mod layer;
pub mod parallel;
pub mod pipeline;
pub mod plan;
pub mod provenance;
pub mod publish;
pub mod render;
pub mod scaffold;
pub mod semver;
pub mod snapshot;
pub mod source;
pub mod tree;
pub mod world;
pub mod yaml;
