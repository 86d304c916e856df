//! Diagnostics as text: for people, and for the machines that people use.
//!
//! The stages: `finding` finds the places, sorts, and folds what is the same; then one renderer per format. People get
//! the excerpts of `excerpt` drawn by miette; JSON, SARIF, GitHub's workflow commands and JUnit are written by hand.
//! `docs/diagnostics.md` describes the formats.

mod excerpt;
mod finding;
mod github;
mod human;
mod json;
mod junit;
mod sarif;
mod words;

use std::io;

pub use finding::{Counts, Folded, fold, sort};

use super::Diagnostic;
use crate::source::{LineColumn, Sources};

/// How diagnostics are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// For a terminal: the lines themselves, with what is wrong drawn under them.
    Human {
        /// Whether ANSI colours may be used.
        color: bool,
        /// Whether frames and arrows may be drawn with more than ASCII. What files and messages say stays as it is.
        unicode: bool,
        /// Columns of the terminal. At least 40 are used.
        width: usize,
    },
    /// One JSON object.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// GitHub's workflow commands, which a run shows as annotations.
    Github,
    /// JUnit XML, for the test reports of a CI system.
    Junit,
}

/// Writes diagnostics, sorted and folded. The end has a line break unless there is nothing to say.
pub fn render(diagnostics: &[Diagnostic], sources: &Sources, format: Format) -> String {
    let findings = finding::findings(diagnostics, sources);
    match format {
        Format::Human { color, unicode, width } => human::render(&findings, human::Style { color, unicode, width }),
        Format::Json => json::render(&findings),
        Format::Sarif => sarif::render(&findings),
        Format::Github => github::render(&findings),
        Format::Junit => junit::render(&findings),
    }
}

/// Writes diagnostics to `out`, as [`render`] does.
///
/// # Errors
/// What `out` fails with.
pub fn write(out: &mut dyn io::Write, diagnostics: &[Diagnostic], sources: &Sources, format: Format) -> io::Result<()> {
    out.write_all(render(diagnostics, sources, format).as_bytes())
}

/// The file, and the place in it, that people have to change; none where a diagnostic has no place.
pub fn place(diagnostic: &Diagnostic, sources: &Sources) -> Option<(String, LineColumn)> {
    let label = diagnostic.primary.as_ref()?;
    let place = finding::place(label.span, sources)?;
    Some((place.file.name.clone(), place.start()))
}

/// What there was, in a line: `3 errors, 2 warnings`. Counted as shown: what is the same on many clusters counts once.
pub fn summary(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    Counts::of(&finding::findings(diagnostics, sources)).to_string()
}

#[cfg(test)]
mod tests;
