//! What a scanner or parser stopped at, before it becomes a diagnostic.

use std::borrow::Cow;

use super::chars::break_len;
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
    upstream: Option<(Stage, Cow<'static, str>)>,
}

/// Which part of go-yaml tells a problem: its lines are counted in different ways.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stage {
    /// The scanner, at the line where it is.
    Scanner,
    /// The parser, at the line of the token, counted from 0.
    Parser,
    /// What makes nodes and values. It knows no lines.
    Decoder,
}

impl Problem {
    pub fn new(start: usize, end: usize, message: impl Into<String>) -> Self {
        Self { code: Code::YAML_SYNTAX, start, end, message: message.into(), hint: None, also: None, upstream: None }
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

    /// What go-yaml's scanner says of it.
    pub fn scanner_says(self, text: &'static str) -> Self {
        Self { upstream: Some((Stage::Scanner, text.into())), ..self }
    }

    /// What go-yaml's parser says of it.
    pub fn parser_says(self, text: &'static str) -> Self {
        Self { upstream: Some((Stage::Parser, text.into())), ..self }
    }

    /// What go-yaml's decoder says of it.
    pub fn decoder_says(self, text: impl Into<Cow<'static, str>>) -> Self {
        Self { upstream: Some((Stage::Decoder, text.into())), ..self }
    }

    /// go-yaml's text of it, `yaml: ` included, or ours where go-yaml has none. `text` is the whole document, `scanned`
    /// the line, from 0, that the scanner had come to.
    pub fn as_go(&self, text: &str, scanned: usize) -> String {
        let Some((stage, said)) = &self.upstream else { return format!("yaml: {}", self.message) };
        let line = match stage {
            // A scanner counts from 1, but on the first line; a parser from 0. So does go-yaml.
            Stage::Scanner if scanned > 0 => scanned + 1,
            Stage::Parser => line_of(text, self.start),
            Stage::Scanner | Stage::Decoder => 0,
        };
        if line == 0 { format!("yaml: {said}") } else { format!("yaml: line {line}: {said}") }
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

/// The line, from 0, of a byte. The end of a text is on a line of its own.
fn line_of(text: &str, at: usize) -> usize {
    let bytes = text.as_bytes();
    let mut line = 0;
    let mut pos = 0;
    let mut ended = true;
    while pos < at.min(bytes.len()) {
        let len = break_len(bytes, pos);
        ended = len > 0;
        line += usize::from(ended);
        pos += len.max(1);
    }
    line + usize::from(at >= bytes.len() && !ended)
}
