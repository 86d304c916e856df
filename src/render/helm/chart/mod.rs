//! A chart: files and archives to a tree of charts, its dependencies, its values.
//!
//! [`load()`] reads a chart once, for all threads and clusters. [`overrides()`] is what the user says on top (`-f`, `--set`).
//! [`prepare()`] joins the two for one release: which dependencies are on, under which names, and the values of all.

mod archive;
mod coalesce;
mod decode;
mod dependencies;
mod failure;
mod ignore;
mod instance;
mod json;
mod later;
mod load;
mod metadata;
mod model;
mod overrides;
mod prepare;
mod schema;
mod strvals;
mod tables;
mod values_file;

pub use failure::{Failure, Warning};
pub use instance::Instance;
pub use load::{LoadOptions, Missing, load, lost};
pub use metadata::{Dependency, Maintainer, Metadata};
pub use model::{Chart, Content, Crd, File};
pub use overrides::{Overrides, ValuesInput, overrides};
pub use prepare::{KubeVersion, PrepareOptions, Prepared, prepare, usable};

#[cfg(test)]
mod tests;
