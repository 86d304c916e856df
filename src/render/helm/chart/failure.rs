//! Why a chart can't be used, for people and for those who compare with Helm.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::Origin;

/// Why something failed.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What `helm template` prints after `Error: `.
    pub helm: String,
    /// The same as findings, with places.
    pub diagnostics: Diagnostics,
}

/// Something that Helm only mentions.
#[derive(Clone, Debug, PartialEq)]
pub struct Warning {
    /// The line that Helm prints to stderr, as the profile has it.
    pub helm: String,
    /// What it says, without Helm's trimmings.
    pub message: String,
    /// The value that it is about, where one is known.
    pub origin: Origin,
}

impl Failure {
    /// A failure with one finding.
    pub(super) fn new(helm: impl Into<String>, diagnostic: Diagnostic) -> Self {
        Self { helm: helm.into(), diagnostics: diagnostic.into() }
    }

    /// A failure whose finding says what Helm says.
    pub(super) fn of(code: Code, helm: impl Into<String>, origin: Origin) -> Self {
        let helm = helm.into();
        let diagnostic = Diagnostic::error(code, helm.clone()).at(origin, "");
        Self::new(helm, diagnostic)
    }

    /// The failure with words put before Helm's.
    #[must_use]
    pub(super) fn within(mut self, before: &str) -> Self {
        self.helm.insert_str(0, before);
        self
    }
}
