//! The parser's errors: Go's texts, and the places where a person should look.

use super::super::call::{Fault, Frame};
use super::super::quote::quote;
use super::super::show::line_column;
use super::Parser;
use super::lex::{Kind, Token};
use crate::source::Span;

impl Parser<'_> {
    /// An error of Go's: its line is that of the last word read, its place is `at`.
    #[cold]
    pub(super) fn fault(&self, at: Token, problem: impl std::fmt::Display) -> Fault {
        let line = self.line(self.last());
        let text = format!("template: {}:{line}: {problem}", self.name);
        let mut fault = Fault::new(text);
        fault.frame = Some(self.frame(at));
        fault
    }

    pub(super) fn limit(&self, at: Token, problem: impl std::fmt::Display) -> Fault {
        let mut fault = self.fault(at, problem);
        fault.limit = true;
        fault
    }

    fn frame(&self, at: Token) -> Frame {
        let span = Span::new(self.file, at.start as usize..at.end as usize);
        Frame { template: self.name.to_owned(), span: Some(span), context: String::new() }
    }

    fn line(&self, token: Token) -> usize {
        line_column(self.text, token.start as usize).0
    }

    /// The word that Go's parser of this definition read last.
    pub(super) fn last(&self) -> Token {
        self.words.last().unwrap_or(self.scope.last)
    }

    pub(super) fn unexpected(&self, token: Token, context: &str) -> Fault {
        if token.kind != Kind::Error {
            return self.fault(token, format_args!("unexpected {} in {context}", self.shown(token)));
        }
        let problem = self.words.problem();
        let Some(action) = self.scope.action else { return self.fault(token, problem) };
        // What isn't closed is better seen where it opens.
        let unclosed = problem.ends_with(" action");
        let at = if unclosed { action } else { token };
        let line = self.line(action);
        if line == self.line(token) {
            return self.fault(at, problem);
        }
        let what = if unclosed { "" } else { " in action" };
        self.fault(at, format_args!("{problem}{what} started at {}:{line}", self.name))
    }

    /// A word as errors show it.
    fn shown(&self, token: Token) -> String {
        let word = self.word(token);
        match token.kind {
            Kind::Eof => "EOF".to_owned(),
            kind if kind.is_keyword() => format!("<{word}>"),
            _ if word.len() > 10 => {
                let cut = word.char_indices().nth(10).map_or(word.len(), |(at, _)| at);
                format!("{}...", quote(word.get(..cut).unwrap_or(word)))
            }
            _ => quote(word),
        }
    }
}
