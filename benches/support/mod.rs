//! What benchmarks, the example that makes fleets, and the kill test share.
#![allow(dead_code, reason = "each of them uses a part")]

pub mod fleet;
pub mod measure;
pub mod objects;
