//! The functions of sprig v3.3.0, and those that Helm adds.
//!
//! A file holds the functions of one kind and declares them in its `TABLE`, with Go's types of their parameters. What Go
//! panics with is the function's error, in the words of Go's runtime.

use super::gotemplate::call::Function;

mod abbreviate;
mod cases;
mod decimal;
mod defaults;
mod dicts;
mod flow;
pub mod json;
mod lists;
mod merge;
mod numeric;
mod paths;
mod reflection;
mod split;
mod strings;
mod text;
mod unicode;

#[cfg(test)]
mod tests;

/// The tables of all functions; those that Helm takes away (`env`, `expandenv`) aren't there.
pub fn tables() -> Vec<&'static [Function]> {
    vec![
        abbreviate::TABLE,
        cases::TABLE,
        defaults::TABLE,
        dicts::TABLE,
        flow::TABLE,
        json::TABLE,
        lists::TABLE,
        numeric::TABLE,
        paths::TABLE,
        reflection::TABLE,
        split::TABLE,
        strings::TABLE,
    ]
}
