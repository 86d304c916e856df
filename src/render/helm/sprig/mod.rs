//! The functions of sprig v3.3.0, and those that Helm adds.

pub mod dates;
pub mod encoding;
pub mod json;
pub mod random;
pub mod regex;
pub mod semver;

use super::gotemplate::call::Function;

/// The tables of all functions; those that Helm takes away (`env`, `expandenv`) aren't there.
pub fn tables() -> Vec<&'static [Function]> {
    vec![dates::TABLE, encoding::TABLE, json::TABLE, random::TABLE, regex::TABLE, semver::TABLE]
}
