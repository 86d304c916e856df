//! Which apps there are on which clusters: from layers, and from Applications to a fixpoint. Order is decided here.
//!
//! [`fleet`] gathers what is declared (clusters, repositories); [`layers`] and [`applications`] make [`App`]s of it;
//! [`order`] says what is synced before what.

mod app;
pub mod applications;
pub mod fleet;
pub mod layers;
pub mod order;
pub mod repositories;

pub use app::{App, AppKey, AppOrigin, AppSource, ClusterId};
