//! Quoted scalars.

use std::borrow::Cow;

use super::super::chars::{break_len, is_blank, is_blankz, width};
use super::super::error::{Problem, Result};
use super::plain::Breaks;
use super::{Kind, Scanner, Style};

impl<'a> Scanner<'a> {
    pub(super) fn scan_quoted(&mut self, single: bool) -> Result<()> {
        let start = self.pos;
        let quote = if single { b'\'' } else { b'"' };
        self.advance();
        // Most scalars stand in one line and hold no escape: they are a slice of the text.
        let mut pos = self.pos;
        let mut ascii = true;
        while let Some(&byte) = self.bytes.get(pos) {
            if byte == quote {
                if single && self.bytes.get(pos + 1) == Some(&b'\'') {
                    break;
                }
                let value = self.text.get(self.pos..pos).unwrap_or_default();
                self.advance_to(pos, ascii);
                self.advance();
                self.push_from(Kind::Scalar(Cow::Borrowed(value), Style::Quoted), start, self.pos);
                return Ok(());
            }
            if byte == b'\n' || byte == b'\r' || byte == b'\\' && !single {
                break;
            }
            if byte >= 0x80 {
                if break_len(self.bytes, pos) > 0 {
                    break;
                }
                ascii = false;
            }
            pos += 1;
        }
        let value = self.quoted_slow(start, single)?;
        self.push_from(Kind::Scalar(Cow::Owned(value), Style::Quoted), start, self.pos);
        Ok(())
    }

    fn quoted_slow(&mut self, start: usize, single: bool) -> Result<String> {
        let quote = if single { b'\'' } else { b'"' };
        let mut text = String::new();
        let mut breaks = Breaks::default();
        loop {
            if self.at_document_indicator() {
                let problem =
                    Problem::new(self.pos, self.pos + 3, "the quoted text isn't closed where its document ends");
                let problem = problem.scanner_says("found unexpected document indicator");
                return Err(Box::new(problem.context(start).hint(closing_hint(quote))));
            }
            if self.pos >= self.bytes.len() {
                let problem = Problem::new(start, start + 1, "the quoted text is never closed");
                let problem = problem.scanner_says("found unexpected end of stream");
                return Err(Box::new(problem.hint(closing_hint(quote))));
            }
            let mut leading_blanks = self.quoted_run(start, quote, &mut text)?;
            if self.byte(0) == quote {
                break;
            }
            let blanks = self.pos;
            loop {
                if is_blank(self.byte(0)) {
                    self.advance();
                } else if break_len(self.bytes, self.pos) > 0 {
                    breaks.add(self, leading_blanks);
                    leading_blanks = true;
                } else {
                    break;
                }
            }
            if leading_blanks {
                breaks.fold_into(&mut text);
            } else {
                text.push_str(self.text.get(blanks..self.pos).unwrap_or_default());
            }
        }
        self.advance();
        Ok(text)
    }

    /// Reads up to a blank, a break, the closing quote or the end; true if an escaped break was the last thing read.
    fn quoted_run(&mut self, start: usize, quote: u8, text: &mut String) -> Result<bool> {
        let mut from = self.pos;
        while !is_blankz(self.bytes, self.pos) {
            let byte = self.byte(0);
            if byte == quote {
                if quote == b'"' || self.byte(1) != b'\'' {
                    break;
                }
                // The second of two quotes is kept with what follows.
                text.push_str(self.text.get(from..self.pos).unwrap_or_default());
                self.advance();
                from = self.pos;
                self.advance();
            } else if byte == b'\\' && quote == b'"' {
                text.push_str(self.text.get(from..self.pos).unwrap_or_default());
                if break_len(self.bytes, self.pos + 1) > 0 {
                    self.advance();
                    self.skip_break();
                    return Ok(true);
                }
                self.escape(start, text)?;
                from = self.pos;
            } else {
                self.advance_char();
            }
        }
        text.push_str(self.text.get(from..self.pos).unwrap_or_default());
        Ok(false)
    }

    fn escape(&mut self, start: usize, text: &mut String) -> Result<()> {
        let at = self.pos;
        let digits = match self.byte(1) {
            b'x' => 2,
            b'u' => 4,
            b'U' => 8,
            _ => 0,
        };
        if digits == 0 {
            let c = match self.byte(1) {
                b'0' => '\0',
                b'a' => '\x07',
                b'b' => '\x08',
                b't' | b'\t' => '\t',
                b'n' => '\n',
                b'v' => '\x0B',
                b'f' => '\x0C',
                b'r' => '\r',
                b'e' => '\x1B',
                c @ (b' ' | b'"' | b'\'' | b'\\') => c as char,
                b'N' => '\u{85}',
                b'_' => '\u{A0}',
                b'L' => '\u{2028}',
                b'P' => '\u{2029}',
                other => {
                    let end = at + 1 + if at + 1 < self.bytes.len() { width(other) } else { 0 };
                    let found = self.text.get(at..end).unwrap_or("\\");
                    return Err(Box::new(
                        Problem::new(at, end, format!("`{found}` is no escape that YAML knows"))
                            .scanner_says("found unknown escape character")
                            .context(start)
                            .hint("write `\\\\` for a backslash, or use single quotes, where it stands for itself"),
                    ));
                }
            };
            text.push(c);
            self.pos += 2;
            return Ok(());
        }
        self.pos += 2;
        let hex = self.bytes.get(self.pos..self.pos + digits).filter(|h| h.iter().all(u8::is_ascii_hexdigit));
        let Some(hex) = hex else {
            let letter = self.bytes.get(at + 1).copied().unwrap_or(b'x') as char;
            let message = format!("expected {digits} hexadecimal digits after `\\{letter}`");
            let problem = Problem::new(at, at + 2, message).context(start);
            return Err(Box::new(problem.scanner_says("did not find expected hexdecimal number")));
        };
        let value = hex.iter().fold(0u32, |n, b| n << 4 | (*b as char).to_digit(16).unwrap_or(0));
        let Some(c) = char::from_u32(value) else {
            return Err(Box::new(
                Problem::new(at, at + 2 + digits, "this escape is no Unicode character")
                    .scanner_says("found invalid Unicode character escape code")
                    .context(start)
                    .hint("YAML knows no surrogate pairs: write the character itself, or `\\U` with eight digits"),
            ));
        };
        text.push(c);
        self.pos += digits;
        Ok(())
    }
}

fn closing_hint(quote: u8) -> String {
    format!("add the closing `{}`", quote as char)
}
