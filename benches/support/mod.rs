//! What benchmarks, the example that makes fleets, and the kill test share.

pub mod fleet;
pub mod objects;
