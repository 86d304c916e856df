//! Held against Helm.
