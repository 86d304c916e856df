//! Why a kustomization can't be built: what kustomize says of it, and what Terrace shows.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::Origin;

/// A failure, told twice. The text is kustomize's, as `kustomize build` prints it behind `Error: `; the diagnostics have
/// places and are what a fleet shows.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What kustomize says, with the prefixes of the kustomizations that lead there.
    pub text: String,
    /// What Terrace says.
    pub diagnostics: Diagnostics,
}

/// What a part of a build gives.
pub type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    /// One for which kustomize's words are ours.
    pub fn new(code: Code, text: impl Into<String>) -> Self {
        let text = text.into();
        let diagnostic = Diagnostic::error(code, text.clone());
        Self { text, diagnostics: diagnostic.into() }
    }

    /// One that Terrace tells in words of its own.
    pub fn told(text: impl Into<String>, diagnostic: Diagnostic) -> Self {
        Self { text: text.into(), diagnostics: diagnostic.into() }
    }

    /// Of another kind: what is wrong with a part is wrong with the whole that it is read for.
    #[must_use]
    pub fn coded(mut self, code: Code) -> Self {
        self.diagnostics.iter_mut().for_each(|diagnostic| diagnostic.code = code);
        self
    }

    /// With a place, where it has none yet: what stands nearest to the mistake was said first.
    #[must_use]
    pub fn at(mut self, origin: Origin, label: &str) -> Self {
        for diagnostic in self.diagnostics.iter_mut().filter(|d| d.primary.is_none()) {
            *diagnostic = diagnostic.clone().at(origin, label);
        }
        self
    }

    /// With another place that matters.
    #[must_use]
    pub fn also(mut self, origin: Origin, label: &str) -> Self {
        for diagnostic in self.diagnostics.iter_mut() {
            *diagnostic = diagnostic.clone().also(origin, label);
        }
        self
    }

    /// With advice.
    #[must_use]
    pub fn hint(mut self, hint: &str) -> Self {
        for diagnostic in self.diagnostics.iter_mut() {
            *diagnostic = diagnostic.clone().hint(hint);
        }
        self
    }

    /// With what kustomize puts before it on the way out (`errors.WrapPrefixf`).
    #[must_use]
    pub fn prefixed(mut self, prefix: &str) -> Self {
        self.text = format!("{prefix}: {}", self.text);
        self
    }

    /// With the failures of others that could be looked at all the same. The text stays the first one's, since kustomize
    /// stops there.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.diagnostics.extend(other.diagnostics);
        self
    }
}
