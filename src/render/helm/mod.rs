//! Charts, as Helm renders them: Go's text/template, sprig, Helm's own functions, values, dependencies, hooks and order.

pub mod chart;
pub mod functions;
pub mod gotemplate;
pub mod options;
pub mod release;
pub mod sprig;

/// Whose behaviour: the two lines of Helm that are in use, each at the version that it was held against.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Profile {
    /// Helm v3.21.4.
    Helm3,
    /// Helm v4.2.4.
    #[default]
    Helm4,
}
