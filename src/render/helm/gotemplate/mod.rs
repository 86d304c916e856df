//! Go's text/template: values, parser, execution, formatting. It knows nothing of charts: ApplicationSets use it too.
//!
//! A template text becomes a [`ast::Tree`] once and is executed for every cluster; [`value::Value`] is what its
//! expressions make; [`call::Function`] is how a function is declared to it.

pub mod ast;
pub mod builtin;
pub mod call;
pub mod complex;
pub mod convert;
pub mod exec;
pub mod format;
pub mod functions;
pub mod parse;
pub mod quote;
pub mod set;
pub mod show;
pub mod text;
pub mod trail;
pub mod value;

#[cfg(test)]
mod conformance;
mod drop;
pub(in crate::render::helm) mod stack;

#[cfg(test)]
mod golden;
