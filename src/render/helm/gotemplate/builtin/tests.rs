//! Goldens: what Go gave.
