//! The functions of sprig v3.3.0, and those that Helm adds.
//!
//! A file holds the functions of one kind and declares them in its `TABLE`, with Go's types of their parameters. What Go
//! panics with is the function's error, in the words of Go's runtime.

use super::gotemplate::call::Function;

mod abbreviate;
mod cases;
mod crypto;
pub mod dates;
mod decimal;
mod defaults;
mod dicts;
mod encoding;
mod flow;
pub mod json;
mod lists;
mod merge;
mod numeric;
mod paths;
mod random;
mod reflection;
mod regex;
mod semver;
mod split;
mod strings;
mod text;
pub mod unicode;
mod url;

#[cfg(test)]
mod tests;

/// The tables of all functions; those that Helm takes away (`env`, `expandenv`) aren't there.
pub fn tables() -> Vec<&'static [Function]> {
    vec![
        abbreviate::TABLE,
        cases::TABLE,
        crypto::TABLE,
        dates::TABLE,
        defaults::TABLE,
        dicts::TABLE,
        encoding::TABLE,
        flow::TABLE,
        json::TABLE,
        lists::TABLE,
        numeric::TABLE,
        paths::TABLE,
        random::TABLE,
        reflection::TABLE,
        regex::TABLE,
        semver::TABLE,
        split::TABLE,
        strings::TABLE,
        url::TABLE,
    ]
}
