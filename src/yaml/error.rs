//! What a scanner or parser stopped at, before it becomes a diagnostic.

use crate::diag::{Code, Diagnostic};
use crate::source::{FileId, Span};

/// The result of a step that can fail. Boxed: failures are rare and tokens should stay small.
pub(super) type Result<T> = std::result::Result<T, Box<Problem>>;

/// Why a document can't be read, with byte offsets.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    code: Code,
    pub start: usize,
    pub end: usize,
    message: String,
    hint: Option<String>,
    also: Option<(usize, String)>,
}

impl Problem {
    pub fn new(start: usize, end: usize, message: impl Into<String>) -> Self {
        Self { code: Code::YAML_SYNTAX, start, end, message: message.into(), hint: None, also: None }
    }

    pub fn limit(start: usize, message: impl Into<String>) -> Self {
        Self { code: Code::YAML_LIMIT, ..Self::new(start, start, message) }
    }

    pub fn bomb(start: usize, message: impl Into<String>) -> Self {
        Self { code: Code::ALIAS_BOMB, ..Self::new(start, start, message) }
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Points at the start of what was being read.
    pub fn context(self, at: usize) -> Self {
        self.also(at, "starts here")
    }

    pub fn also(mut self, at: usize, text: impl Into<String>) -> Self {
        self.also = Some((at, text.into()));
        self
    }

    pub fn into_diagnostic(self, file: FileId) -> Diagnostic {
        let span = Span::new(file, self.start..self.end.max(self.start));
        let mut diagnostic = Diagnostic::error(self.code, self.message);
        if file.is_real() {
            diagnostic = diagnostic.at_span(span, "");
        }
        if let Some((at, text)) = self.also {
            diagnostic = diagnostic.also(crate::source::Origin::new(file, at), text);
        }
        match self.hint {
            Some(hint) => diagnostic.hint(hint),
            None => diagnostic,
        }
    }
}
