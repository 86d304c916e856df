//! Why generating failed: in Argo CD's words, and in ours.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::Origin;

/// A failure. It ends the whole ApplicationSet.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What Argo CD says, as far as it is known.
    pub text: String,
    /// What we say.
    pub diagnostics: Diagnostics,
}

impl Failure {
    /// A mistake in an ApplicationSet, at its place.
    pub fn invalid(text: impl Into<String>, message: impl Into<String>, at: Origin, label: &str) -> Self {
        Self::of(text, Diagnostic::error(Code::INVALID_APPLICATION_SET, message).at(at, label))
    }

    /// A finding, and what Argo CD says.
    pub fn of(text: impl Into<String>, diagnostic: Diagnostic) -> Self {
        Self { text: text.into(), diagnostics: diagnostic.into() }
    }

    /// The same, with what Argo CD says before it.
    #[must_use]
    pub fn within(mut self, before: &str) -> Self {
        self.text.insert_str(0, before);
        self
    }

    /// Gives each finding that has no place this one; to others it matters as well.
    #[must_use]
    pub fn named_at(mut self, at: Origin, label: &str) -> Self {
        self.diagnostics = self.diagnostics.into_iter().map(|d| d.named_at(at, label)).collect();
        self
    }
}
