//! The words of a template, an action at a time: the parser looks ahead and goes back within one.

use super::lex::{Kind, Lexer, Token};

pub(super) struct Words<'t> {
    lexer: Lexer<'t>,
    /// What is left of the text before an action, and the action.
    read: Vec<Token>,
    /// The next of them.
    at: usize,
    /// How many of them were looked at: Go's errors have the line of the last one.
    seen: usize,
}

impl<'t> Words<'t> {
    pub(super) fn new(lexer: Lexer<'t>) -> Self {
        Self { lexer, read: Vec::with_capacity(32), at: 0, seen: 0 }
    }

    /// The next word, which stays the next one. What can't be read stays so forever.
    pub(super) fn peek(&mut self) -> Token {
        if self.at == self.read.len() {
            self.more();
        }
        self.seen = self.seen.max(self.at + 1);
        self.get(self.at)
    }

    /// Takes the next word.
    pub(super) fn next(&mut self) -> Token {
        let word = self.peek();
        self.at += 1;
        word
    }

    /// The word after the next one, which is in the same action.
    pub(super) fn second(&mut self) -> Token {
        self.seen = self.seen.max(self.at + 2);
        self.get(self.at + 1)
    }

    /// Makes the word that was taken last the next one again.
    pub(super) fn back(&mut self) {
        self.at = self.at.saturating_sub(1);
    }

    /// Takes the words of a kind that follow without space between them.
    pub(super) fn run(&mut self, kind: Kind) -> &[Token] {
        let rest = self.read.get(self.at..).unwrap_or_default();
        let count = rest.iter().take_while(|word| word.kind == kind && !word.space).count();
        self.at += count;
        self.seen = self.seen.max(self.at + 1);
        rest.get(..count).unwrap_or_default()
    }

    /// The same, after the word that was taken last and with it.
    pub(super) fn run_on(&mut self, kind: Kind) -> &[Token] {
        let count = self.run(kind).len();
        self.read.get(self.at.saturating_sub(count + 1)..self.at).unwrap_or_default()
    }

    /// The last word that was looked at, if there is one since [`Words::forget`].
    pub(super) fn last(&self) -> Option<Token> {
        self.read.get(self.seen.checked_sub(1)?).copied()
    }

    /// Forgets which words were looked at.
    pub(super) fn forget(&mut self) {
        self.seen = 0;
    }

    /// Go's text of what is wrong with a word of [`Kind::Error`].
    pub(super) fn problem(&self) -> &str {
        self.lexer.problem()
    }

    fn get(&self, at: usize) -> Token {
        self.read.get(at).copied().unwrap_or_default()
    }

    fn more(&mut self) {
        if self.read.last().is_some_and(|word| word.kind == Kind::Error) {
            return self.back();
        }
        self.read.clear();
        (self.at, self.seen) = (0, 0);
        self.lexer.read(&mut self.read);
    }
}
