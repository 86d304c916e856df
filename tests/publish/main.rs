//! `terrace publish` over real git repositories, made in the tests.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "helpers of tests, which clippy doesn't take for tests")]

mod content;
mod fleet;
mod judged;
mod pushed;
mod refused;
#[path = "../repo/mod.rs"]
#[expect(dead_code, reason = "other tests open repositories themselves")]
mod repo;
