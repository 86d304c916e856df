//! Regular expressions with the syntax and the errors of Go's regexp, matched by the regex crate (which finds the same: the
//! leftmost match, and of several the first that the expression names).

mod subject;
mod syntax;

pub use subject::Subject;
pub use syntax::{Compiled, Parsed, compile, parse, work};
