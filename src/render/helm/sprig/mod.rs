//! The functions of sprig v3.3.0, and those that Helm adds.

pub mod json;

use super::gotemplate::call::Function;

/// The tables of all functions; those that Helm takes away (`env`, `expandenv`) aren't there.
pub fn tables() -> Vec<&'static [Function]> {
    vec![json::TABLE]
}
