//! Charts, as Helm renders them: Go's text/template, sprig, Helm's own functions, values, dependencies, hooks and order.

pub mod chart;
pub mod charts;
pub mod effects;
pub mod fault;
pub mod functions;
pub mod gotemplate;
pub mod options;
pub mod program;
pub mod release;
pub mod repository;
pub mod source;
pub mod sprig;
pub mod template;
mod unused;

pub use charts::Charts;
pub use source::render;

/// Whose behaviour: the two lines of Helm that are in use, each at the version that it was held against.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Profile {
    /// Helm v3.21.4.
    Helm3,
    /// Helm v4.2.4.
    #[default]
    Helm4,
}

/// A path as Go's `path.Join` leaves it: no `.`, no empty parts, `..` taken back where there is something to take.
fn clean_path(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests;
