//! What follows when names change, and `vars`.

pub mod names;
pub mod vars;

#[cfg(test)]
pub(super) mod tests;
