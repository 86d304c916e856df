//! What benchmarks, examples and the kill test share.

pub mod fleet;
pub mod objects;
