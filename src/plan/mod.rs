//! Which apps there are on which clusters: from layers, and from Applications to a fixpoint. Order is decided here.
//!
//! [`fleet`] gathers what is declared (clusters, repositories); [`layers`] and [`applications`] make [`App`]s of it;
//! [`kustomizations`] says how kustomizations are built, and [`remotes`] what stands for what they name by URL;
//! [`patches`] reads what layers change in each other's objects; [`charts`] finds charts in what stands for their repositories, [`value_files`] and [`inline_values`] the values for
//! them; [`order`] says what is synced before what.

mod app;
pub mod application_sets;
mod application_sources;
pub mod applications;
pub mod charts;
pub mod fleet;
pub mod inline_values;
pub mod kustomizations;
mod layer_generators;
mod layer_sources;
pub mod layers;
pub mod order;
pub mod patches;
mod remotes;
pub mod repositories;
pub mod value_files;

pub use app::{App, AppKey, AppOrigin, AppSource, ClusterId};
