//! Goldens: what Go printed.
