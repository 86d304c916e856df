//! Our own files: Fleet, Cluster, App.

pub mod schema;
