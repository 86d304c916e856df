//! The form of a string: plain, quoted, or literal; and how each is written.

use std::borrow::Cow;

use super::super::chars::{at, break_len, is_blank, width};
use super::super::resolve::needs_quotes;
use super::Writer;

/// How a string may be written: libyaml's analysis, and go-yaml's choice upon it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    style: Style,
    /// Whether it holds line breaks.
    pub multiline: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Style {
    Plain,
    Single,
    Double,
    Literal,
}

/// Bytes that say nothing about the style, wherever they stand.
const HARMLESS: [bool; 256] = {
    let mut table = [false; 256];
    let mut i = 0x21;
    while i < 0x7F {
        table[i] = !matches!(i as u8, b'#' | b':');
        i += 1;
    }
    table
};

impl Shape {
    /// Whether it needs no quotes.
    pub fn is_plain(self) -> bool {
        self.style == Style::Plain
    }

    pub fn of(text: &str, v3: bool) -> Self {
        let bytes = text.as_bytes();
        let Some(&first) = bytes.first() else { return Self { style: Style::Double, multiline: false } };
        let mut plain_allowed = !(bytes.starts_with(b"---") || bytes.starts_with(b"..."));
        let follows = |i: usize| i >= bytes.len() || is_blank(at(bytes, i));
        match first {
            b'#' | b',' | b'[' | b']' | b'{' | b'}' | b'&' | b'*' | b'!' | b'|' | b'>' | b'\'' | b'"' | b'%' | b'@'
            | b'`' => plain_allowed = false,
            b'?' | b':' | b'-' if follows(1) => plain_allowed = false,
            _ => {}
        }
        let (mut breaks, mut special, mut newline) = (false, false, false);
        // To v3 a tab is no special character: it may stand in a literal.
        let mut tab = false;
        let (mut space_break, mut break_space) = (false, false);
        let (mut after_space, mut after_break, mut after_blank) = (false, false, true);
        let mut i = 0;
        while let Some(&byte) = bytes.get(i) {
            if HARMLESS[byte as usize] {
                (after_space, after_break, after_blank) = (false, false, false);
                i += 1;
                continue;
            }
            let line_break = break_len(bytes, i) > 0;
            if byte == b'\t' && v3 {
                tab = true;
            } else {
                special |= !is_printable(bytes, i);
            }
            match byte {
                b':' if i > 0 && follows(i + 1) => plain_allowed = false,
                b'#' if i > 0 && after_blank => plain_allowed = false,
                b' ' => break_space |= after_break,
                _ if line_break => {
                    breaks = true;
                    newline |= byte == b'\n';
                    space_break |= after_space;
                }
                _ => {}
            }
            after_space = byte == b' ';
            after_break = line_break;
            after_blank = is_blank(byte) || line_break;
            i += width(byte);
        }
        let edge_space = first == b' ' || bytes.last() == Some(&b' ');
        plain_allowed &= !(edge_space || breaks || special || tab);
        let single_allowed = !(break_space || space_break || special || tab);
        let literal_allowed = !(space_break || special || bytes.last() == Some(&b' '));
        let style = if newline {
            if literal_allowed { Style::Literal } else { Style::Double }
        } else if needs_quotes(text) {
            Style::Double
        } else if plain_allowed {
            Style::Plain
        } else if single_allowed {
            Style::Single
        } else {
            Style::Double
        };
        Self { style, multiline: breaks }
    }
}

/// libyaml's idea of what needs no escape: no tab, nothing beyond the basic plane, no byte order mark.
pub(in crate::yaml) fn is_printable(bytes: &[u8], i: usize) -> bool {
    match at(bytes, i) {
        b'\n' | 0x20..0x7F => true,
        0xC2 => at(bytes, i + 1) >= 0xA0,
        0xC3..0xED | 0xEE => true,
        0xED => at(bytes, i + 1) < 0xA0,
        0xEF => {
            let rest = (at(bytes, i + 1), at(bytes, i + 2));
            rest != (0xBB, 0xBF) && rest != (0xBF, 0xBE) && rest != (0xBF, 0xBF)
        }
        _ => false,
    }
}

/// A character as double quotes hold it.
pub(in crate::yaml) fn escape(c: char) -> Cow<'static, str> {
    let short = match c {
        '\0' => "\\0",
        '\x07' => "\\a",
        '\x08' => "\\b",
        '\t' => "\\t",
        '\n' => "\\n",
        '\x0B' => "\\v",
        '\x0C' => "\\f",
        '\r' => "\\r",
        '\x1B' => "\\e",
        '"' => "\\\"",
        '\\' => "\\\\",
        '\u{85}' => "\\N",
        '\u{A0}' => "\\_",
        '\u{2028}' => "\\L",
        '\u{2029}' => "\\P",
        c => {
            let code = u32::from(c);
            return Cow::Owned(match code {
                0..=0xFF => format!("\\x{code:02X}"),
                0x100..=0xFFFF => format!("\\u{code:04X}"),
                _ => format!("\\U{code:08X}"),
            });
        }
    };
    Cow::Borrowed(short)
}

impl Writer<'_> {
    /// Writes a string in its form. Keys don't fold.
    pub(super) fn shaped(&mut self, text: &str, shape: Shape, folds: bool) {
        let outer = self.indent;
        self.indent = if outer < 0 { 2 } else { outer + 2 };
        match shape.style {
            Style::Plain => self.plain(text, folds),
            Style::Single => self.single(text, folds),
            Style::Literal if folds => self.literal(text),
            Style::Literal | Style::Double => self.double(text, folds),
        }
        self.indent = outer;
    }

    fn plain(&mut self, text: &str, folds: bool) {
        self.space();
        self.folded(text, folds, false);
        self.whitespace = false;
        self.indention = false;
    }

    fn single(&mut self, text: &str, folds: bool) {
        self.indicator("'", true, false, false);
        self.folded(text, folds, true);
        self.indicator("'", false, false, false);
    }

    /// The body of a plain or single-quoted scalar. Breaks in it can only be LS or PS (others make it a literal or
    /// double-quoted one).
    fn folded(&mut self, text: &str, folds: bool, quoted: bool) {
        let bytes = text.as_bytes();
        let mut spaces = false;
        let mut breaks = false;
        let mut i = 0;
        while let Some(&byte) = bytes.get(i) {
            let inside = !quoted || i > 0 && i + 1 < bytes.len();
            if byte == b' ' {
                if folds && !spaces && self.column > self.best_width && inside && at(bytes, i + 1) != b' ' {
                    self.indent();
                } else {
                    self.put(" ", 1);
                }
                spaces = true;
                i += 1;
                continue;
            }
            let len = break_len(bytes, i);
            if len > 0 {
                self.out.push_str(text.get(i..i + len).unwrap_or_default());
                self.column = 0;
                self.indention = true;
                breaks = true;
                i += len;
                continue;
            }
            if breaks {
                self.indent();
            }
            let rest = bytes.get(i..).unwrap_or_default();
            let stops = |i: usize, b: u8| b == b' ' || b == b'\'' && quoted || b >= 0x80 && break_len(rest, i) > 0;
            let run = rest.iter().enumerate().position(|(i, b)| stops(i, *b)).unwrap_or(rest.len());
            if run == 0 {
                // A quote is written twice.
                self.put("''", 2);
                i += 1;
            } else {
                let run = text.get(i..i + run).unwrap_or_default();
                self.put(run, columns(run));
                i += run.len();
            }
            self.indention = false;
            spaces = false;
            breaks = false;
        }
    }

    fn double(&mut self, text: &str, folds: bool) {
        self.indicator("\"", true, false, false);
        // libyaml looks for a byte order mark at the start of the string, whichever character it is at.
        let all = text.starts_with('\u{FEFF}');
        let bytes = text.as_bytes();
        let mut spaces = false;
        for (i, c) in text.char_indices() {
            let byte = at(bytes, i);
            if all || byte == b'"' || byte == b'\\' || !is_printable(bytes, i) || break_len(bytes, i) > 0 {
                self.escape(c);
                spaces = false;
            } else if byte == b' ' {
                if folds && !spaces && self.column > self.best_width && i > 0 && i + 1 < bytes.len() {
                    self.indent();
                    if at(bytes, i + 1) == b' ' {
                        self.put("\\", 1);
                    }
                } else {
                    self.put(" ", 1);
                }
                spaces = true;
            } else {
                self.out.push(c);
                self.column += 1;
                spaces = false;
            }
        }
        self.indicator("\"", false, false, false);
    }

    fn escape(&mut self, c: char) {
        let text = escape(c);
        self.put(&text, text.len());
    }

    fn literal(&mut self, text: &str) {
        let bytes = text.as_bytes();
        self.indicator("|", true, false, false);
        if at(bytes, 0) == b' ' || break_len(bytes, 0) > 0 {
            self.indicator("2", false, false, false);
        }
        let mut last = text.chars().rev().map(|c| matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}'));
        match (last.next(), last.next()) {
            (Some(true), Some(true) | None) => self.indicator("+", false, false, false),
            (Some(true), _) => {}
            _ => self.indicator("-", false, false, false),
        }
        self.line_break();
        self.indention = true;
        self.whitespace = true;
        let mut breaks = true;
        let mut i = 0;
        while i < bytes.len() {
            let len = break_len(bytes, i);
            if len > 0 {
                if at(bytes, i) == b'\n' {
                    self.line_break();
                } else {
                    self.out.push_str(text.get(i..i + len).unwrap_or_default());
                    self.column = 0;
                }
                self.indention = true;
                breaks = true;
                i += len;
                continue;
            }
            if breaks {
                self.indent();
            }
            let rest = bytes.get(i..).unwrap_or_default();
            let stops = |i: usize, b: u8| b == b'\n' || (b == b'\r' || b >= 0x80) && break_len(rest, i) > 0;
            let run = rest.iter().enumerate().position(|(i, b)| stops(i, *b)).unwrap_or(rest.len());
            let run = text.get(i..i + run).unwrap_or_default();
            self.put(run, columns(run));
            i += run.len();
            self.indention = false;
            breaks = false;
        }
    }
}

fn columns(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().count() }
}
