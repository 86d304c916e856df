//! Layers: which directories make which apps on which cluster, and the values that they see.
//!
//! [`layout`] finds the instances and apps of the layered layout; [`values`] merges the environment's values files;
//! [`context`] is what templates see.

pub mod context;
pub mod layout;
pub mod values;
