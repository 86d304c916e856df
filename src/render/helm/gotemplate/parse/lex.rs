//! The words of a template: text/template/parse's lexer, of Go 1.26, with its delimiters and without its comments.
//!
//! Words carry byte ranges only. Lines are counted when an error asks for them: Go's line of a word is always one more
//! than the newlines before it.

use memchr::{memchr, memchr3};

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
    /// Whether there is space before it: space is no word of its own.
    pub space: bool,
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
    /// Whether there is space before the word that is being read.
    space: bool,
    /// Whether `break` and `continue` are keywords: not if there are functions of these names.
    break_keyword: bool,
    continue_keyword: bool,
    problem: String,
}

const TRIM_MARKER_LENGTH: usize = 2;

/// What a byte is inside an action.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Space,
    /// Part of a name, a digit among them.
    Word,
    /// Part of a character of several bytes.
    Wide,
    /// What a word may be followed by, besides space and a right delimiter: `$x+2` isn't two words.
    End,
    Other,
}

/// The bytes' classes: nearly all time goes into finding the ends of names.
static CLASSES: [Class; 256] = {
    let mut classes = [Class::Other; 256];
    let mut byte = 0u8;
    loop {
        classes[byte as usize] = match byte {
            b' ' | b'\t' | b'\r' | b'\n' => Class::Space,
            b'_' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => Class::Word,
            0x80.. => Class::Wide,
            b'.' | b',' | b'|' | b':' | b')' | b'(' => Class::End,
            _ => Class::Other,
        };
        if byte == u8::MAX {
            break classes;
        }
        byte += 1;
    }
};

impl<'t> Lexer<'t> {
    /// Reads `text`, which is less than 4 GiB.
    pub fn new(text: &'t str, break_keyword: bool, continue_keyword: bool) -> Self {
        Self { text, start: 0, at: 0, space: false, break_keyword, continue_keyword, problem: String::new() }
    }

    /// Go's text of the error, after a word of [`Kind::Error`].
    pub fn problem(&self) -> &str {
        &self.problem
    }

    /// The words up to the end of the next action; a word of [`Kind::Eof`] where there is none, one of [`Kind::Error`] where
    /// something can't be read. After that there is nothing of use.
    pub fn read(&mut self, words: &mut Vec<Token>) {
        if self.text(words) {
            let mut parens = 0;
            while self.action(words, &mut parens) {}
        }
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn next_byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at + 1).copied()
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
    fn emit(&mut self, words: &mut Vec<Token>, kind: Kind) -> bool {
        words.push(Token { kind, space: self.space, start: self.start as u32, end: self.at as u32 });
        self.start = self.at;
        self.space = false;
        true
    }

    fn ignore(&mut self) {
        self.start = self.at;
    }

    /// Nothing follows an error.
    #[cold]
    fn error(&mut self, words: &mut Vec<Token>, problem: impl Into<String>) -> bool {
        self.problem = problem.into();
        self.emit(words, Kind::Error);
        false
    }

    /// The text before an action, and its delimiter; whether there is one.
    fn text(&mut self, words: &mut Vec<Token>) -> bool {
        loop {
            let Some(delim) = find_left_delim(self.text.as_bytes(), self.at) else {
                self.at = self.text.len();
                if self.at > self.start {
                    self.emit(words, Kind::Text);
                }
                self.emit(words, Kind::Eof);
                return false;
            };
            self.at = delim;
            let trim = has_left_trim_marker(self.text.as_bytes().get(delim + 2..).unwrap_or_default());
            if trim {
                let before = self.text.as_bytes().get(self.start..delim).unwrap_or_default();
                let kept = before.iter().rposition(|b| CLASSES[*b as usize] != Class::Space);
                self.at = self.start + kept.map_or(0, |last| last + 1);
            }
            if self.at > self.start {
                self.emit(words, Kind::Text);
            }
            self.at = delim;
            self.ignore();
            self.at += 2;
            let marker = if trim { TRIM_MARKER_LENGTH } else { 0 };
            if self.rest().get(marker..).is_some_and(|rest| rest.starts_with(b"/*")) {
                self.at += marker;
                self.ignore();
                if !self.comment(words) {
                    return false;
                }
                continue;
            }
            self.emit(words, Kind::LeftDelim);
            self.at += marker;
            self.ignore();
            return true;
        }
    }

    /// Skips a comment and its delimiter.
    fn comment(&mut self, words: &mut Vec<Token>) -> bool {
        self.at += 2;
        let Some(end) = memchr::memmem::find(self.rest(), b"*/") else {
            return self.error(words, "unclosed comment");
        };
        self.at += end + 2;
        let trim = match self.rest() {
            [b'}', b'}', ..] => false,
            [b' ' | b'\t' | b'\r' | b'\n', b'-', b'}', b'}', ..] => true,
            _ => return self.error(words, "comment ends before closing delimiter"),
        };
        self.at += if trim { 2 + TRIM_MARKER_LENGTH } else { 2 };
        self.after_action(trim);
        true
    }

    /// What an action's right delimiter leaves out.
    fn after_action(&mut self, trim: bool) {
        if trim {
            self.skip(Class::Space);
        }
        self.ignore();
    }

    #[inline(always)]
    fn skip(&mut self, class: Class) {
        let bytes = self.text.as_bytes();
        let mut at = self.at;
        while let Some(b) = bytes.get(at)
            && CLASSES[*b as usize] == class
        {
            at += 1;
        }
        self.at = at;
    }

    /// Ends an action at its right delimiter, the braces of which are next.
    fn right_delim(&mut self, words: &mut Vec<Token>, parens: u32, trim: bool) -> bool {
        if parens > 0 {
            return self.error(words, "unclosed left paren");
        }
        if trim {
            self.at += TRIM_MARKER_LENGTH;
            self.ignore();
        }
        self.at += 2;
        self.emit(words, Kind::RightDelim);
        self.after_action(trim);
        false
    }

    /// One word of an action; whether there are more.
    fn action(&mut self, words: &mut Vec<Token>, parens: &mut u32) -> bool {
        let Some(first) = self.byte() else {
            return self.error(words, "unclosed action");
        };
        let kind = match first {
            b' ' | b'\t' | b'\r' | b'\n' => return self.space(words, *parens),
            b'}' if self.next_byte() == Some(b'}') => return self.right_delim(words, *parens, false),
            b'"' => return self.string(words, b'"', Kind::String, "unterminated quoted string"),
            b'\'' => return self.string(words, b'\'', Kind::CharConstant, "unterminated character constant"),
            b'`' => return self.raw_string(words),
            b'$' => return self.name(words, Kind::Variable, Kind::Variable),
            // A point can start a number, too.
            b'.' if self.next_byte().is_some_and(|next| !next.is_ascii_digit()) => {
                return self.name(words, Kind::Field, Kind::Dot);
            }
            b'.' | b'+' | b'-' | b'0'..=b'9' => return self.number(words),
            b'_' | b'a'..=b'z' | b'A'..=b'Z' => return self.identifier(words),
            b'=' => Kind::Assign,
            b'|' => Kind::Pipe,
            b':' => {
                if self.next_byte() != Some(b'=') {
                    return self.error(words, "expected :=");
                }
                self.at += 1;
                Kind::Declare
            }
            b'(' => {
                *parens += 1;
                Kind::LeftParen
            }
            b')' => {
                let Some(left) = parens.checked_sub(1) else {
                    return self.error(words, "unexpected right paren");
                };
                *parens = left;
                Kind::RightParen
            }
            0x21..=0x7e => Kind::Char,
            _ => {
                let c = self.character().unwrap_or_default();
                if is_alphanumeric(c) {
                    return self.identifier(words);
                }
                let problem = format!("unrecognized character in action: {}", code_point(c));
                self.at += c.len_utf8();
                return self.error(words, problem);
            }
        };
        self.at += 1;
        self.emit(words, kind)
    }

    /// A run of spaces, the last of which may belong to a right delimiter's trim marker.
    fn space(&mut self, words: &mut Vec<Token>, parens: u32) -> bool {
        self.skip(Class::Space);
        let marker = self.rest().starts_with(b"-}}");
        self.at -= usize::from(marker);
        self.space = self.at > self.start;
        self.ignore();
        if marker { self.right_delim(words, parens, true) } else { true }
    }

    /// Goes to the end of a name; whether it may end there.
    fn skip_name(&mut self) -> bool {
        loop {
            self.skip(Class::Word);
            let Some(next) = self.byte() else { return true };
            match CLASSES[next as usize] {
                Class::Space | Class::End => return true,
                Class::Wide => match self.character() {
                    Some(c) if is_alphanumeric(c) => self.at += c.len_utf8(),
                    _ => return false,
                },
                Class::Word | Class::Other => return next == b'}' && self.next_byte() == Some(b'}'),
            }
        }
    }

    #[cold]
    fn bad_character(&mut self, words: &mut Vec<Token>) -> bool {
        let problem = format!("bad character {}", code_point(self.character().unwrap_or_default()));
        self.error(words, problem)
    }

    fn identifier(&mut self, words: &mut Vec<Token>) -> bool {
        if !self.skip_name() {
            return self.bad_character(words);
        }
        let kind = self.keyword().unwrap_or(Kind::Identifier);
        self.emit(words, kind)
    }

    /// The kind of a word that isn't just a name.
    fn keyword(&self) -> Option<Kind> {
        let word = self.text.as_bytes().get(self.start..self.at)?;
        // The first letter tells nearly all other names apart.
        Some(match (word.first()?, word) {
            (b'b', b"block") => Kind::Block,
            (b'b', b"break") if self.break_keyword => Kind::Break,
            (b'c', b"continue") if self.continue_keyword => Kind::Continue,
            (b'd', b"define") => Kind::Define,
            (b'e', b"else") => Kind::Else,
            (b'e', b"end") => Kind::End,
            (b'f', b"false") | (b't', b"true") => Kind::Bool,
            (b'i', b"if") => Kind::If,
            (b'n', b"nil") => Kind::Nil,
            (b'r', b"range") => Kind::Range,
            (b't', b"template") => Kind::Template,
            (b'w', b"with") => Kind::With,
            _ => return None,
        })
    }

    /// `.name` or `$name`. The first character by itself is of the kind `alone`: the dot, or `$`.
    fn name(&mut self, words: &mut Vec<Token>, kind: Kind, alone: Kind) -> bool {
        self.at += 1;
        let first = self.at;
        if !self.skip_name() {
            return self.bad_character(words);
        }
        self.emit(words, if self.at == first { alone } else { kind })
    }

    /// A string or character constant; the parser checks what is in it.
    fn string(&mut self, words: &mut Vec<Token>, delimiter: u8, kind: Kind, unterminated: &str) -> bool {
        self.at += 1;
        loop {
            self.at += memchr3(b'\\', b'\n', delimiter, self.rest()).unwrap_or(self.rest().len());
            let Some(b) = self.byte() else { return self.error(words, unterminated) };
            self.at += 1;
            match b {
                b'\\' => match self.byte() {
                    None | Some(b'\n') => return self.error(words, unterminated),
                    Some(_) => self.at += 1,
                },
                b'\n' => return self.error(words, unterminated),
                _ => return self.emit(words, kind),
            }
        }
    }

    fn raw_string(&mut self, words: &mut Vec<Token>) -> bool {
        self.at += 1;
        match memchr(b'`', self.rest()) {
            Some(length) => {
                self.at += length + 1;
                self.emit(words, Kind::RawString)
            }
            None => {
                self.at = self.text.len();
                self.error(words, "unterminated raw quoted string")
            }
        }
    }

    /// A number, or what looks like one: the parser finds out.
    fn number(&mut self, words: &mut Vec<Token>) -> bool {
        let good = self.scan_number();
        if good && !matches!(self.byte(), Some(b'+' | b'-')) {
            return self.emit(words, Kind::Number);
        }
        // 1+2i.
        if good && self.scan_number() && self.word().ends_with('i') {
            return self.emit(words, Kind::Complex);
        }
        let problem = format!("bad number syntax: {}", quote(self.word()));
        self.error(words, problem)
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

fn is_alphanumeric(c: char) -> bool {
    c == '_' || is_letter(c) || is_digit(c)
}

/// Go's `%#U`.
fn code_point(c: char) -> String {
    let number = format!("U+{:04X}", u32::from(c));
    if is_print(c) { format!("{number} '{c}'") } else { number }
}
