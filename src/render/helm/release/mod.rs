//! What a chart is rendered as: a release, its capabilities, hooks and the order of its manifests.
//!
//! On the way in, [`capabilities`] and [`files`] are what templates see besides the values. On the way out, [`manifest`]
//! makes the rendered files into manifests and hooks in the order of installation ([`split`], [`head`], [`hook`],
//! [`order`; [`ahead`] while others are rendered); [`mod@print`] writes them as `helm template` does.

pub mod ahead;
pub mod capabilities;
pub mod chart;
pub mod error;
pub mod files;
pub mod head;
pub mod hook;
pub mod manifest;
pub mod name;
pub mod order;
pub mod print;
pub mod split;

mod structs;

pub use ahead::Ahead;
pub use capabilities::{Capabilities, KubeVersion};
pub use files::Files;
pub use hook::{Event, HookInfo};
pub use manifest::{Broken, Crd, Output, ReleaseManifest, RenderedFile, collect, collect_ahead};
