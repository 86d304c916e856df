//! Generators: resources that no file holds.

pub mod helm;
pub mod iam_policy;
pub mod key_values;
pub mod maps;

#[cfg(test)]
mod tests;
