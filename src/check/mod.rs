//! Everything that can be known before merging: what is wrong with the objects, at the line that has to change.

pub mod project;
pub mod schema;
