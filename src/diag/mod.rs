//! What Terrace tells people: findings with places, in one model that many renderers show.
//!
//! A [`Diagnostic`] says what is wrong, where (over several files), why, and what to do. A run collects all of them in
//! [`Diagnostics`]; nothing stops at the first. Codes are registered in [`codes`], each with a page.

mod codes;
pub mod render;

use std::sync::Arc;

pub use codes::{ALL, Code};

use crate::source::{Origin, Span};

/// How bad it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Severity {
    /// Told in passing; never changes the exit code.
    Note,
    /// Probably wrong, but the output is what was asked for.
    Warning,
    /// Wrong: a check fails, an app is held, or nothing can be done.
    Error,
}

/// A place with a few words about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Where. An empty span stands for the token that starts there.
    pub span: Span,
    /// What is to be seen there; may be empty.
    pub text: String,
}

/// A step of the way to the place: `rendered for app web on prod-01`, `included from …`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// The step, as a phrase.
    pub text: String,
    /// Where it happened, if in a file.
    pub span: Option<Span>,
}

/// Whom a diagnostic concerns; for selection, grouping and machines.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject {
    /// The cluster's name.
    pub cluster: Option<Arc<str>>,
    /// The app's name as it stands in the tree.
    pub app: Option<Arc<str>>,
    /// `Kind[.group]/[namespace/]name`.
    pub object: Option<Arc<str>>,
    /// The field in the object, as a JSON pointer.
    pub field: Option<Arc<str>>,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Which kind of finding.
    pub code: Code,
    /// How bad.
    pub severity: Severity,
    /// What was found and what was expected, in a sentence without a full stop. It doesn't name the cluster or the app:
    /// `subject` does, and what is the same on many clusters is told once.
    pub message: String,
    /// The place that has to change.
    pub primary: Option<Label>,
    /// Other places that matter.
    pub secondary: Vec<Label>,
    /// What to do about it.
    pub hints: Vec<String>,
    /// How Terrace came there, outermost first.
    pub trace: Vec<Trace>,
    /// The cluster, app and object.
    pub subject: Subject,
}

impl Diagnostic {
    /// An error.
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Error, message)
    }

    /// A warning.
    pub fn warning(code: Code, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Warning, message)
    }

    /// A note.
    pub fn note(code: Code, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Note, message)
    }

    /// A finding of some severity, without a place yet.
    pub fn new(code: Code, severity: Severity, message: impl Into<String>) -> Self {
        Self {
            code,
            severity,
            message: message.into(),
            primary: None,
            secondary: Vec::new(),
            hints: Vec::new(),
            trace: Vec::new(),
            subject: Subject::default(),
        }
    }

    /// Points at the place that has to change. An origin without a file leaves the diagnostic without a place.
    #[must_use]
    pub fn at(self, origin: Origin, text: impl Into<String>) -> Self {
        match origin.span() {
            Some(span) => self.at_span(span, text),
            None => self,
        }
    }

    /// Points at a range.
    #[must_use]
    pub fn at_span(mut self, span: Span, text: impl Into<String>) -> Self {
        self.primary = Some(Label { span, text: text.into() });
        self
    }

    /// Points at the place that named what is wrong: the place to change where there is none yet, else one that matters.
    #[must_use]
    pub fn named_at(self, origin: Origin, text: impl Into<String>) -> Self {
        match self.primary {
            None => self.at(origin, text),
            Some(_) => self.also(origin, text),
        }
    }

    /// Points at another place that matters.
    #[must_use]
    pub fn also(mut self, origin: Origin, text: impl Into<String>) -> Self {
        if let Some(span) = origin.span() {
            self.secondary.push(Label { span, text: text.into() });
        }
        self
    }

    /// Adds what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Adds `did you mean` where a known name is close to the one found.
    #[must_use]
    pub fn did_you_mean<'a>(self, found: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        match closest(found, known) {
            Some(name) => self.hint(format!("did you mean `{name}`?")),
            None => self,
        }
    }

    /// Adds a step of the way, outside those already there.
    #[must_use]
    pub fn within(mut self, text: impl Into<String>, span: Option<Span>) -> Self {
        self.trace.insert(0, Trace { text: text.into(), span });
        self
    }

    /// Says which cluster and app it concerns, where it doesn't yet.
    #[must_use]
    pub fn about(mut self, cluster: Option<&Arc<str>>, app: Option<&Arc<str>>) -> Self {
        self.subject.cluster = self.subject.cluster.or_else(|| cluster.cloned());
        self.subject.app = self.subject.app.or_else(|| app.cloned());
        self
    }
}

/// The known name nearest to `found`, if near enough to be a slip.
pub fn closest<'a>(found: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (found.chars().count() / 3).clamp(1, 3);
    known.into_iter().map(|name| (distance(found, name), name)).filter(|(d, _)| *d <= limit).min().map(|(_, name)| name)
}

/// Edits (insert, delete, replace, swap neighbours) between two names, ignoring case.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().flat_map(char::to_lowercase).take(64).collect();
    let b: Vec<char> = b.chars().flat_map(char::to_lowercase).take(64).collect();
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for (i, ca) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, cb) in b.iter().enumerate() {
            let mut best = (rows[i][j] + usize::from(ca != cb)).min(rows[i][j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && a[i - 1] == *cb && *ca == b[j - 1] {
                best = best.min(rows[i - 1][j - 1] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

/// All the findings of a piece of work.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
}

impl Diagnostics {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a finding.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.list.push(diagnostic);
    }

    /// Adds those of another piece of work.
    pub fn extend(&mut self, others: impl IntoIterator<Item = Diagnostic>) {
        self.list.extend(others);
    }

    /// Whether any is an error.
    pub fn has_errors(&self) -> bool {
        self.list.iter().any(|d| d.severity == Severity::Error)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// All of them, as renderers take them.
    pub fn as_slice(&self) -> &[Diagnostic] {
        &self.list
    }

    /// In the order in which they were found.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.list.iter()
    }

    /// To be changed in place (to add a trace or a subject to each).
    pub fn iter_mut(&mut self) -> std::slice::IterMut<'_, Diagnostic> {
        self.list.iter_mut()
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;
    fn into_iter(self) -> Self::IntoIter {
        self.list.into_iter()
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;
    fn into_iter(self) -> Self::IntoIter {
        self.list.iter()
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self { list: vec![diagnostic] }
    }
}

impl FromIterator<Diagnostic> for Diagnostics {
    fn from_iter<T: IntoIterator<Item = Diagnostic>>(iter: T) -> Self {
        Self { list: iter.into_iter().collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_name() {
        let known = ["replicas", "selector", "template"];
        assert_eq!(closest("replcias", known), Some("replicas"));
        assert_eq!(closest("Replicas", known), Some("replicas"));
        assert_eq!(closest("strategy", known), None);
        assert_eq!(closest("", known), None);
    }
}
