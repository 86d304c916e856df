//! Scalars without quotes.

use std::borrow::Cow;

use super::super::chars::{at, break_len, is_blank, is_blankz};
use super::super::error::{Problem, Result};
use super::{Kind, Mark, Scanner, Style};

/// Bytes that may end or interrupt a run of plain text; the others need no look.
const STOP: [bool; 256] = {
    let mut table = [false; 256];
    let stops = b" \t\n\r:,?[]{}\xC2\xE2";
    let mut i = 0;
    while i < stops.len() {
        table[stops[i] as usize] = true;
        i += 1;
    }
    table
};

/// A key's greatest length, in characters, where no `?` announces it.
const MAX_SIMPLE_KEY: usize = 1024;

impl<'a> Scanner<'a> {
    /// Reads what most lines of block mappings start with: a key of ASCII without blanks, and its colon. False, and nothing
    /// done, if something else stands here.
    pub(super) fn scan_simple_key(&mut self, column: usize) -> Result<bool> {
        let start = self.pos;
        let mut pos = start;
        loop {
            match self.bytes.get(pos) {
                Some(b':') if is_blankz(self.bytes, pos + 1) => break,
                None | Some(b' ' | b'\t' | b'\n' | b'\r' | 0x80..) => return Ok(false),
                _ => pos += 1,
            }
        }
        if pos - start > MAX_SIMPLE_KEY {
            return Ok(false);
        }
        self.drop_key()?;
        let mark = Mark { pos: start, column, ..Mark::default() };
        self.roll(mark, None, Kind::BlockMappingStart)?;
        let key = self.text.get(start..pos).unwrap_or_default();
        self.key_allowed = false;
        if self.join_keys {
            self.push_from(Kind::SimpleKey(key), start, start);
            self.pos = pos + 1;
            return Ok(true);
        }
        self.push_from(Kind::Key, start, start);
        self.push_from(Kind::Scalar(Cow::Borrowed(key), Style::Plain), start, pos);
        self.pos = pos;
        self.push(Kind::Value, 1);
        Ok(true)
    }

    /// Reads what most values are: ASCII text that ends with its line, in a block collection whose next line isn't
    /// indented deeper. False, and nothing done, if something else stands here.
    fn scan_line(&mut self, indent: usize) -> bool {
        let start = self.pos;
        let mut end = start;
        loop {
            let Some(&byte) = self.bytes.get(end) else { return false };
            if STOP[byte as usize] {
                match byte {
                    b'\n' => break,
                    b' ' if !matches!(at(self.bytes, end + 1), b' ' | b'\t' | b'\n' | b'\r' | b'#' | 0) => {}
                    b':' if !is_blankz(self.bytes, end + 1) => {}
                    b',' | b'?' | b'[' | b']' | b'{' | b'}' => {}
                    _ => return false,
                }
            } else if byte >= 0x80 {
                return false;
            }
            end += 1;
        }
        let line = end + 1;
        let mut next = line;
        while at(self.bytes, next) == b' ' {
            next += 1;
        }
        if next - line >= indent || matches!(at(self.bytes, next), b'\t' | b'\n' | b'\r' | 0x80..) {
            return false;
        }
        let value = Cow::Borrowed(self.text.get(start..end).unwrap_or_default());
        self.push_from(Kind::Scalar(value, Style::Plain), start, end);
        self.pos = next;
        self.line += 1;
        self.line_index = line - self.continuations;
        self.key_allowed = true;
        true
    }

    pub(super) fn scan_plain(&mut self) -> Result<()> {
        let start = self.pos;
        let mut end = start;
        let indent = usize::try_from(self.indent + 1).unwrap_or(0);
        if self.flow_level == 0 && self.scan_line(indent) {
            return Ok(());
        }
        // Once a line break is folded, the text is no longer a slice of the source.
        let mut folded: Option<String> = None;
        let mut leading_blanks = false;
        let mut breaks = Breaks::default();
        loop {
            if self.at_document_indicator() || self.byte(0) == b'#' {
                break;
            }
            let run_start = self.pos;
            let stopped = self.plain_run();
            if self.pos > run_start {
                if leading_blanks {
                    let text = folded.get_or_insert_with(|| self.text.get(start..end).unwrap_or_default().to_owned());
                    breaks.fold_into(text);
                    leading_blanks = false;
                } else if let Some(text) = &mut folded {
                    text.push_str(self.text.get(end..run_start).unwrap_or_default());
                }
                end = self.pos;
                if let Some(text) = &mut folded {
                    text.push_str(self.text.get(run_start..end).unwrap_or_default());
                }
            }
            if stopped {
                break;
            }
            loop {
                if is_blank(self.byte(0)) {
                    if leading_blanks && self.byte(0) == b'\t' && self.column() < indent {
                        return Err(Box::new(
                            Problem::new(self.pos, self.pos + 1, "found a tab where only spaces may indent")
                                .scanner_says("found a tab character that violates indentation")
                                .context(start)
                                .hint("indent with spaces; YAML allows no tabs there"),
                        ));
                    }
                    self.advance();
                } else if break_len(self.bytes, self.pos) > 0 {
                    breaks.add(self, leading_blanks);
                    leading_blanks = true;
                } else {
                    break;
                }
            }
            if self.flow_level == 0 && self.column() < indent {
                break;
            }
        }
        if leading_blanks {
            self.key_allowed = true;
        }
        let value = match folded {
            Some(text) => Cow::Owned(text),
            None => Cow::Borrowed(self.text.get(start..end).unwrap_or_default()),
        };
        self.push_from(Kind::Scalar(value, Style::Plain), start, end);
        Ok(())
    }

    /// Moves over text up to a blank or break (false), or to where the scalar ends (true).
    fn plain_run(&mut self) -> bool {
        let mut pos = self.pos;
        let mut ascii = true;
        let stopped = loop {
            let Some(&byte) = self.bytes.get(pos) else { break true };
            if !STOP[byte as usize] {
                ascii &= byte < 0x80;
                pos += 1;
                continue;
            }
            match byte {
                b' ' | b'\t' | b'\n' | b'\r' => break false,
                b':' if is_blankz(self.bytes, pos + 1) => break true,
                b',' | b'?' | b'[' | b']' | b'{' | b'}' if self.flow_level > 0 => break true,
                0xC2 | 0xE2 if break_len(self.bytes, pos) > 0 => break false,
                _ => {
                    ascii &= byte < 0x80;
                    pos += 1;
                }
            }
        };
        self.advance_to(pos, ascii);
        stopped
    }
}

/// Line breaks between two parts of a scalar, to be folded.
#[derive(Default)]
pub(super) struct Breaks {
    leading: Option<Break>,
    trailing: String,
}

/// A break that folds to a space, or one that stays as it is.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Break {
    Line,
    Kept(&'static str),
}

impl Break {
    /// The break at `pos`: CR, LF, CR LF and NEL are a line's end; LS and PS stay what they are.
    pub(super) fn at(bytes: &[u8], pos: usize) -> Self {
        match (at(bytes, pos), at(bytes, pos + 2)) {
            (0xE2, 0xA8) => Self::Kept("\u{2028}"),
            (0xE2, _) => Self::Kept("\u{2029}"),
            _ => Self::Line,
        }
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Line => "\n",
            Self::Kept(text) => text,
        }
    }
}

impl Breaks {
    /// Moves the scanner over a break and remembers it.
    pub(super) fn add(&mut self, scanner: &mut Scanner<'_>, not_first: bool) {
        let found = Break::at(scanner.bytes, scanner.pos);
        scanner.skip_break();
        if not_first {
            self.trailing.push_str(found.as_str());
        } else {
            self.leading = Some(found);
        }
    }

    /// One break becomes a space, more lose the first.
    pub(super) fn fold_into(&mut self, text: &mut String) {
        match self.leading.take() {
            Some(Break::Line) if self.trailing.is_empty() => text.push(' '),
            Some(Break::Kept(kept)) => text.push_str(kept),
            _ => {}
        }
        text.push_str(&self.trailing);
        self.trailing.clear();
    }
}
