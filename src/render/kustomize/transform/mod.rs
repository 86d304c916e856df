//! Transformers: each changes resources that are there, in the order of `super::target`.

pub mod affix;
pub mod annotations;
mod entries;
pub mod images;
pub mod labels;
mod lookup;
pub mod namespace;
pub mod patches;
pub mod replacements;
pub mod replicas;
pub mod sort;
pub mod value_add;

#[cfg(test)]
mod tests;
