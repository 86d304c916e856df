//! The words of a template: text/template/parse's lexer, of Go 1.26, with its delimiters and without its comments.
//!
//! Words carry byte ranges only. Lines are counted when an error asks for them: Go's line of a word is always one more
//! than the newlines before it.

use memchr::memchr;

use super::super::format::is_print;
use super::super::quote::{is_digit, is_letter, quote};

/// What a word is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Kind {
    /// Nothing that could be read: [`Lexer::problem`] says why.
    Error,
    Bool,
    /// Any other printable character, such as a comma.
    Char,
    CharConstant,
    Complex,
    Assign,
    Declare,
    #[default]
    Eof,
    Field,
    Identifier,
    LeftDelim,
    LeftParen,
    Number,
    Pipe,
    RawString,
    RightDelim,
    RightParen,
    Space,
    String,
    Text,
    Variable,
    Block,
    Break,
    Continue,
    Dot,
    Define,
    Else,
    End,
    If,
    Nil,
    Range,
    Template,
    With,
}

impl Kind {
    /// Whether errors show it as a keyword.
    pub fn is_keyword(self) -> bool {
        matches!(
            self,
            Self::Block
                | Self::Break
                | Self::Continue
                | Self::Dot
                | Self::Define
                | Self::Else
                | Self::End
                | Self::If
                | Self::Nil
                | Self::Range
                | Self::Template
                | Self::With
        )
    }
}

/// A word and where it stands.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Token {
    pub kind: Kind,
    /// Byte offset of its first byte.
    pub start: u32,
    /// One past its last.
    pub end: u32,
}

pub(super) struct Lexer<'t> {
    text: &'t str,
    /// First byte of the word that is being read.
    start: usize,
    /// The next byte.
    at: usize,
    /// Open parentheses.
    parens: u32,
    inside_action: bool,
    /// Whether `break` and `continue` are keywords: not if there are functions of these names.
    break_keyword: bool,
    continue_keyword: bool,
    problem: String,
}

const TRIM_MARKER_LENGTH: usize = 2;

impl<'t> Lexer<'t> {
    /// Reads `text`, which is less than 4 GiB.
    pub fn new(text: &'t str, break_keyword: bool, continue_keyword: bool) -> Self {
        Self {
            text,
            start: 0,
            at: 0,
            parens: 0,
            inside_action: false,
            break_keyword,
            continue_keyword,
            problem: String::new(),
        }
    }

    /// Go's text of the error, after a word of [`Kind::Error`]. Nothing of use follows such a word.
    pub fn problem(&self) -> &str {
        &self.problem
    }

    /// The next word.
    pub fn next(&mut self) -> Token {
        if self.inside_action { self.action() } else { self.text() }
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'t [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    fn character(&self) -> Option<char> {
        self.text.get(self.at..)?.chars().next()
    }

    fn word(&self) -> &'t str {
        self.text.get(self.start..self.at).unwrap_or_default()
    }

    #[expect(clippy::cast_possible_truncation, reason = "texts are less than 4 GiB")]
    fn emit(&mut self, kind: Kind) -> Token {
        let token = Token { kind, start: self.start as u32, end: self.at as u32 };
        self.start = self.at;
        token
    }

    fn ignore(&mut self) {
        self.start = self.at;
    }

    fn error(&mut self, problem: impl Into<String>) -> Token {
        self.problem = problem.into();
        self.emit(Kind::Error)
    }

    fn text(&mut self) -> Token {
        loop {
            let Some(delim) = find_left_delim(self.text.as_bytes(), self.at) else {
                self.at = self.text.len();
                return if self.at > self.start { self.emit(Kind::Text) } else { self.emit(Kind::Eof) };
            };
            self.at = delim;
            let trim = has_left_trim_marker(self.text.as_bytes().get(delim + 2..).unwrap_or_default());
            if delim > self.start {
                if trim {
                    self.at = self.start + trim_end(self.word()).len();
                }
                let word = self.emit(Kind::Text);
                self.at = delim;
                self.ignore();
                if word.start < word.end {
                    return word;
                }
            }
            self.at += 2;
            let marker = if trim { TRIM_MARKER_LENGTH } else { 0 };
            if self.rest().get(marker..).is_some_and(|rest| rest.starts_with(b"/*")) {
                self.at += marker;
                self.ignore();
                if let Some(error) = self.comment() {
                    return error;
                }
                continue;
            }
            let word = self.emit(Kind::LeftDelim);
            self.inside_action = true;
            self.at += marker;
            self.ignore();
            self.parens = 0;
            return word;
        }
    }

    /// Skips a comment and its delimiter; gives the error, if it is one.
    fn comment(&mut self) -> Option<Token> {
        self.at += 2;
        let Some(end) = memchr::memmem::find(self.rest(), b"*/") else {
            return Some(self.error("unclosed comment"));
        };
        self.at += end + 2;
        let Some(trim) = self.at_right_delim() else {
            return Some(self.error("comment ends before closing delimiter"));
        };
        self.right_delim(trim);
        None
    }

    /// Whether a right delimiter follows, and if so, whether it has a trim marker.
    fn at_right_delim(&self) -> Option<bool> {
        match self.rest() {
            [b'}', b'}', ..] => Some(false),
            [b' ' | b'\t' | b'\r' | b'\n', b'-', b'}', b'}', ..] => Some(true),
            _ => None,
        }
    }

    fn right_delim(&mut self, trim: bool) -> Token {
        if trim {
            self.at += TRIM_MARKER_LENGTH;
            self.ignore();
        }
        self.at += 2;
        let word = self.emit(Kind::RightDelim);
        if trim {
            self.at += self.rest().iter().take_while(|b| is_space(**b)).count();
            self.ignore();
        }
        self.inside_action = false;
        word
    }

    fn action(&mut self) -> Token {
        if let Some(trim) = self.at_right_delim() {
            if self.parens == 0 {
                return self.right_delim(trim);
            }
            return self.error("unclosed left paren");
        }
        let Some(first) = self.byte() else {
            return self.error("unclosed action");
        };
        let kind = match first {
            b' ' | b'\t' | b'\r' | b'\n' => return self.space(),
            b'"' => return self.string(b'"', Kind::String, "unterminated quoted string"),
            b'\'' => return self.string(b'\'', Kind::CharConstant, "unterminated character constant"),
            b'`' => return self.raw_string(),
            b'$' => {
                self.at += 1;
                return self.name(Kind::Variable);
            }
            // A point can start a number, too.
            b'.' if self.rest().get(1).is_some_and(|next| !next.is_ascii_digit()) => {
                self.at += 1;
                return self.name(Kind::Field);
            }
            b'.' | b'+' | b'-' | b'0'..=b'9' => return self.number(),
            b'_' | b'a'..=b'z' | b'A'..=b'Z' => return self.identifier(),
            b'=' => Kind::Assign,
            b'|' => Kind::Pipe,
            b':' => {
                if self.rest().get(1) != Some(&b'=') {
                    return self.error("expected :=");
                }
                self.at += 1;
                Kind::Declare
            }
            b'(' => {
                self.parens += 1;
                Kind::LeftParen
            }
            b')' => {
                let Some(parens) = self.parens.checked_sub(1) else {
                    return self.error("unexpected right paren");
                };
                self.parens = parens;
                Kind::RightParen
            }
            0x21..=0x7e => Kind::Char,
            _ => {
                let c = self.character().unwrap_or_default();
                if is_alphanumeric(c) {
                    return self.identifier();
                }
                let problem = format!("unrecognized character in action: {}", code_point(c));
                self.at += c.len_utf8();
                return self.error(problem);
            }
        };
        self.at += 1;
        self.emit(kind)
    }

    /// A run of spaces, but for the one that belongs to a right delimiter's trim marker.
    fn space(&mut self) -> Token {
        self.at += self.rest().iter().take_while(|b| is_space(**b)).count();
        if self.rest().starts_with(b"-}}") {
            self.at -= 1;
        }
        self.emit(Kind::Space)
    }

    fn skip_alphanumeric(&mut self) {
        while let Some(b) = self.byte() {
            if b.is_ascii() {
                if !(b == b'_' || b.is_ascii_alphanumeric()) {
                    return;
                }
                self.at += 1;
            } else {
                match self.character() {
                    Some(c) if is_alphanumeric(c) => self.at += c.len_utf8(),
                    _ => return,
                }
            }
        }
    }

    /// Whether a word may end here: `$x+2` isn't two words.
    fn at_terminator(&self) -> bool {
        match self.rest() {
            [] | [b' ' | b'\t' | b'\r' | b'\n' | b'.' | b',' | b'|' | b':' | b')' | b'(', ..] => true,
            rest => rest.starts_with(b"}}"),
        }
    }

    fn bad_character(&mut self) -> Token {
        let problem = format!("bad character {}", code_point(self.character().unwrap_or_default()));
        self.error(problem)
    }

    fn identifier(&mut self) -> Token {
        self.skip_alphanumeric();
        if !self.at_terminator() {
            return self.bad_character();
        }
        let kind = match self.word() {
            "block" => Kind::Block,
            "break" if self.break_keyword => Kind::Break,
            "continue" if self.continue_keyword => Kind::Continue,
            "define" => Kind::Define,
            "else" => Kind::Else,
            "end" => Kind::End,
            "if" => Kind::If,
            "nil" => Kind::Nil,
            "range" => Kind::Range,
            "template" => Kind::Template,
            "with" => Kind::With,
            "true" | "false" => Kind::Bool,
            _ => Kind::Identifier,
        };
        self.emit(kind)
    }

    /// `.name` or `$name`, of which the first character is past. Nothing after it is the dot, or `$`.
    fn name(&mut self, kind: Kind) -> Token {
        if self.at_terminator() {
            return self.emit(if kind == Kind::Field { Kind::Dot } else { kind });
        }
        self.skip_alphanumeric();
        if !self.at_terminator() {
            return self.bad_character();
        }
        self.emit(kind)
    }

    /// A string or character constant; the parser checks what is in it.
    fn string(&mut self, delimiter: u8, kind: Kind, unterminated: &str) -> Token {
        self.at += 1;
        loop {
            let Some(b) = self.byte() else { return self.error(unterminated) };
            self.at += 1;
            match b {
                b'\\' => match self.byte() {
                    None | Some(b'\n') => return self.error(unterminated),
                    Some(_) => self.at += 1,
                },
                b'\n' => return self.error(unterminated),
                b if b == delimiter => return self.emit(kind),
                _ => {}
            }
        }
    }

    fn raw_string(&mut self) -> Token {
        self.at += 1;
        match memchr(b'`', self.rest()) {
            Some(length) => {
                self.at += length + 1;
                self.emit(Kind::RawString)
            }
            None => {
                self.at = self.text.len();
                self.error("unterminated raw quoted string")
            }
        }
    }

    /// A number, or what looks like one: the parser finds out.
    fn number(&mut self) -> Token {
        let good = self.scan_number();
        if good && !matches!(self.byte(), Some(b'+' | b'-')) {
            return self.emit(Kind::Number);
        }
        // 1+2i.
        if good && self.scan_number() && self.word().ends_with('i') {
            return self.emit(Kind::Complex);
        }
        let problem = format!("bad number syntax: {}", quote(self.word()));
        self.error(problem)
    }

    fn scan_number(&mut self) -> bool {
        self.accept(b"+-");
        let mut digits: &[u8] = b"0123456789_";
        let (mut decimal, mut hex) = (true, false);
        if self.accept(b"0") {
            if self.accept(b"xX") {
                (digits, decimal, hex) = (b"0123456789abcdefABCDEF_", false, true);
            } else if self.accept(b"oO") {
                (digits, decimal) = (b"01234567_", false);
            } else if self.accept(b"bB") {
                (digits, decimal) = (b"01_", false);
            }
        }
        self.accept_run(digits);
        if self.accept(b".") {
            self.accept_run(digits);
        }
        if decimal && self.accept(b"eE") || hex && self.accept(b"pP") {
            self.accept(b"+-");
            self.accept_run(b"0123456789_");
        }
        self.accept(b"i");
        match self.character() {
            Some(c) if is_alphanumeric(c) => {
                self.at += c.len_utf8();
                false
            }
            _ => true,
        }
    }

    fn accept(&mut self, valid: &[u8]) -> bool {
        let yes = self.byte().is_some_and(|b| valid.contains(&b));
        self.at += usize::from(yes);
        yes
    }

    fn accept_run(&mut self, valid: &[u8]) {
        while self.accept(valid) {}
    }
}

fn find_left_delim(text: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at += memchr(b'{', text.get(at..)?)?;
        if text.get(at + 1) == Some(&b'{') {
            return Some(at);
        }
        at += 1;
    }
}

fn has_left_trim_marker(rest: &[u8]) -> bool {
    matches!(rest, [b'-', b' ' | b'\t' | b'\r' | b'\n', ..])
}

fn trim_end(text: &str) -> &str {
    text.trim_end_matches([' ', '\t', '\r', '\n'])
}

fn is_space(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\r' | b'\n')
}

fn is_alphanumeric(c: char) -> bool {
    c == '_' || is_letter(c) || is_digit(c)
}

/// Go's `%#U`.
fn code_point(c: char) -> String {
    let number = format!("U+{:04X}", u32::from(c));
    if is_print(c) { format!("{number} '{c}'") } else { number }
}
