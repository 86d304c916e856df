//! The part of jq that finds fields: what stands in `jqPathExpressions`.
//!
//! jq itself can run without end. This is the part that can't: no definitions, no loops that the input doesn't bound,
//! and a budget for the rest. docs/diff.md lists it. Everything else is refused when it is parsed, by name.

mod eval;
mod functions;
mod lex;
mod parse;

use ecow::EcoString;

use crate::yaml::Node;
use parse::Expr;

pub(super) use parse::parse;

/// One step of the way to a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PathKey {
    /// A key of a mapping.
    Key(EcoString),
    /// An item of a list.
    Index(usize),
    /// Items of a list, the last one not included.
    Slice(usize, usize),
}

/// An expression that was understood.
#[derive(Clone, Debug)]
pub(super) struct Filter(Expr);

impl Filter {
    /// The paths that it gives for an object: those that `del` would delete.
    ///
    /// # Errors
    /// What jq would say, about: it deletes nothing then. Or that it takes too long.
    pub fn paths(&self, object: &Node) -> Result<Vec<Vec<PathKey>>, String> {
        eval::paths(&self.0, object)
    }
}

#[cfg(test)]
mod tests;
