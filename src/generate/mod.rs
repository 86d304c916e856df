//! ApplicationSets to Applications: generators make parameter sets, and templates make an Application of each
//! (applicationset/controllers/template).
//!
//! [`expand()`] is the one way in. It knows nothing of fleets: what generators ask for comes through [`Outside`], and
//! every file through its `Reader`, which records what was read.
//!
//! A generator is a function from its node to [`params::Params`]: [`list`], [`clusters`], [`git`] (and [`git_files`]),
//! [`scm_provider`], [`pull_request`], [`cluster_decision_resource`] and [`plugin`]; [`matrix`] and [`merge`] combine
//! those of others. [`run`] walks through them and lets [`selector`] drop sets. [`template`] compiles trees with texts
//! in one of the two languages ([`fasttemplate`], or Go's text/template with [`functions`]); [`template_merge`] and
//! [`template_patch`] are what happens before and after. Where upstream's order is that of a Go map, ours is that of
//! the input.

pub mod failure;
pub mod fasttemplate;
pub mod functions;
pub mod inputs;
pub mod outside;
pub mod params;
pub mod selector;
pub mod slug;
pub mod template;
pub mod trace;

mod cluster_decision_resource;
mod clusters;
mod destination;
mod expand;
mod git;
mod git_files;
mod lint;
mod list;
mod matrix;
mod merge;
mod parameters;
mod plugin;
mod pull_request;
mod run;
mod scm_provider;
mod template_merge;
mod template_patch;
mod values;

#[cfg(test)]
mod tests;

pub use expand::{Aborted, Expanded, Generated, Maker, Refused, Why, expand};
pub use inputs::Inputs;
pub use outside::{NAMESPACE, Outside, Wanted};
pub use parameters::parameter_sets;
