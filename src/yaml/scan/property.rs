//! Anchors, aliases, tags and directives.

use std::borrow::Cow;

use super::super::chars::{is_blank, is_blankz, is_breakz, is_word, width};
use super::super::error::{Problem, Result};
use super::{Kind, Scanner, Tag};

impl<'a> Scanner<'a> {
    /// `&name` or `*name`.
    pub(super) fn scan_anchor(&mut self) -> Result<()> {
        let start = self.pos;
        let alias = self.byte(0) == b'*';
        self.advance();
        let name = self.word();
        let ends = is_blankz(self.bytes, self.pos)
            || matches!(self.byte(0), b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`');
        if name.is_empty() || !ends {
            let what = if alias { "an alias" } else { "an anchor" };
            let end = (self.pos + width(self.byte(0))).min(self.bytes.len());
            let problem = Problem::new(
                self.pos.min(end),
                end,
                format!("expected the name of {what}: letters, digits, `-` and `_`"),
            );
            let hint = if alias {
                "quote the text if the `*` belongs to it"
            } else {
                "quote the text if the `&` belongs to it"
            };
            let problem = problem.scanner_says("did not find expected alphabetic or numeric character");
            return Err(Box::new(problem.context(start).hint(hint)));
        }
        let kind = if alias { Kind::Alias(name) } else { Kind::Anchor(name) };
        self.push_from(kind, start, self.pos);
        Ok(())
    }

    fn word(&mut self) -> &'a str {
        let from = self.pos;
        while is_word(self.byte(0)) {
            self.advance();
        }
        self.text.get(from..self.pos).unwrap_or_default()
    }

    /// `!<uri>`, `!suffix`, `!handle!suffix` or `!`.
    pub(super) fn scan_tag(&mut self) -> Result<()> {
        let start = self.pos;
        let tag = if self.byte(1) == b'<' {
            self.pos += 2;
            let suffix = self.tag_uri(start, Cow::Borrowed(""), false)?;
            if self.byte(0) != b'>' {
                let problem = Problem::new(start, self.pos, "the tag's `<` isn't closed").hint("add the `>`");
                return Err(Box::new(problem.scanner_says("did not find the expected '>'")));
            }
            self.advance();
            Tag { handle: "", suffix }
        } else {
            let handle = self.tag_handle();
            if handle.len() > 1 && handle.ends_with('!') {
                let suffix = self.tag_uri(start, Cow::Borrowed(""), false)?;
                Tag { handle, suffix }
            } else {
                let suffix = self.tag_uri(start, Cow::Borrowed(handle.get(1..).unwrap_or_default()), true)?;
                if suffix.is_empty() {
                    Tag { handle: "", suffix: Cow::Borrowed("!") }
                } else {
                    Tag { handle: "!", suffix }
                }
            }
        };
        if !is_blankz(self.bytes, self.pos) {
            let end = self.pos + width(self.byte(0));
            return Err(Box::new(
                Problem::new(self.pos, end, "expected a space after the tag")
                    .scanner_says("did not find expected whitespace or line break")
                    .context(start)
                    .hint("quote the text if the `!` belongs to it"),
            ));
        }
        self.push_from(Kind::Tag(Box::new(tag)), start, self.pos);
        Ok(())
    }

    /// `!`, `!word` or `!word!`; the caller saw the `!`.
    fn tag_handle(&mut self) -> &'a str {
        let from = self.pos;
        self.advance();
        self.word();
        if self.byte(0) == b'!' {
            self.advance();
        }
        self.text.get(from..self.pos).unwrap_or_default()
    }

    /// The characters of a URI, with its `%` escapes decoded. `head` goes before; `may_be_empty` if a tag was begun.
    fn tag_uri(&mut self, start: usize, head: Cow<'a, str>, may_be_empty: bool) -> Result<Cow<'a, str>> {
        let head_start = self.pos - head.len();
        let mut decoded: Option<Vec<u8>> = None;
        let from = self.pos;
        loop {
            let byte = self.byte(0);
            if byte == b'%' {
                let so_far = self.bytes.get(head_start..self.pos).unwrap_or_default();
                let mut bytes = decoded.take().unwrap_or_else(|| so_far.to_vec());
                self.uri_escape(start, &mut bytes)?;
                decoded = Some(bytes);
            } else if is_word(byte) || b";/?:@&=+$,.!~*'()[]".contains(&byte) {
                if let Some(bytes) = &mut decoded {
                    bytes.push(byte);
                }
                self.advance();
            } else {
                break;
            }
        }
        if self.pos == from && !may_be_empty {
            let problem = Problem::new(start, self.pos, "expected a name after the tag's `!`");
            return Err(Box::new(problem.scanner_says("did not find expected tag URI")));
        }
        Ok(match decoded {
            // Escapes may spell bytes that are no text; such a tag means nothing anyway.
            Some(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
            None => Cow::Borrowed(self.text.get(head_start..self.pos).unwrap_or_default()),
        })
    }

    /// One character, as `%XX` escapes of its UTF-8 bytes.
    fn uri_escape(&mut self, start: usize, out: &mut Vec<u8>) -> Result<()> {
        let mut left = 0;
        loop {
            let hex = |b: u8| (b as char).to_digit(16);
            let octet = match (self.byte(0), hex(self.byte(1)), hex(self.byte(2))) {
                (b'%', Some(high), Some(low)) => u8::try_from(high << 4 | low).unwrap_or(0),
                _ => return Err(self.bad_escape(start)),
            };
            if left == 0 {
                if (0x80..0xC0).contains(&octet) || octet >= 0xF8 {
                    return Err(self.bad_escape(start));
                }
                left = width(octet);
            } else if octet & 0xC0 != 0x80 {
                return Err(self.bad_escape(start));
            }
            out.push(octet);
            self.pos += 3;
            left -= 1;
            if left == 0 {
                return Ok(());
            }
        }
    }

    fn bad_escape(&self, start: usize) -> Box<Problem> {
        let problem =
            Problem::new(self.pos, self.pos + 1, "expected `%` and two hexadecimal digits of a UTF-8 character");
        Box::new(problem.scanner_says("did not find URI escaped octet").context(start))
    }

    /// `%YAML 1.1` or `%TAG !handle! prefix`.
    pub(super) fn fetch_directive(&mut self) -> Result<()> {
        self.reset_line_state()?;
        let start = self.pos;
        self.advance();
        let name = self.word();
        let kind = match name {
            "YAML" if is_blankz(self.bytes, self.pos) => {
                self.skip_blanks();
                let major = self.version_number(start)?;
                if self.byte(0) != b'.' {
                    return Err(self.bad_version(start));
                }
                self.advance();
                Kind::VersionDirective(major, self.version_number(start)?)
            }
            "TAG" if is_blankz(self.bytes, self.pos) => self.tag_directive(start)?,
            _ => {
                let end = self.pos.max(start + 1);
                let said = if name.is_empty() {
                    "could not find expected directive name"
                } else if !is_blankz(self.bytes, self.pos) {
                    "found unexpected non-alphabetical character"
                } else {
                    "found unknown directive name"
                };
                return Err(Box::new(
                    Problem::new(start, end, "expected a directive, `%YAML` or `%TAG`")
                        .scanner_says(said)
                        .hint("a line of content can't start with `%`: quote the text"),
                ));
            }
        };
        let end = self.pos;
        self.end_of_line(start, "the directive")?;
        self.push_from(kind, start, end);
        Ok(())
    }

    fn version_number(&mut self, start: usize) -> Result<u8> {
        let from = self.pos;
        while self.byte(0).is_ascii_digit() {
            self.advance();
        }
        let digits = self.text.get(from..self.pos).unwrap_or_default();
        if digits.is_empty() || digits.len() > 2 {
            return Err(self.bad_version(start));
        }
        Ok(digits.parse().unwrap_or(0))
    }

    fn bad_version(&self, start: usize) -> Box<Problem> {
        let problem = Problem::new(start, self.pos, "expected a version such as `1.1` after `%YAML`");
        Box::new(problem.scanner_says("did not find expected version number"))
    }

    fn tag_directive(&mut self, start: usize) -> Result<Kind<'a>> {
        let bad = |at: usize| {
            let problem = Problem::new(start, at, "expected `%TAG !handle! prefix`");
            Box::new(problem.scanner_says("did not find expected whitespace"))
        };
        self.skip_blanks();
        if self.byte(0) != b'!' {
            return Err(bad(self.pos));
        }
        let handle = self.tag_handle();
        if handle != "!" && !handle.ends_with('!') || !is_blank(self.byte(0)) {
            return Err(bad(self.pos));
        }
        self.skip_blanks();
        let suffix = self.tag_uri(start, Cow::Borrowed(""), false)?;
        if !is_blank(self.byte(0)) && !is_breakz(self.bytes, self.pos) {
            return Err(bad(self.pos));
        }
        Ok(Kind::TagDirective(Box::new(Tag { handle, suffix })))
    }
}
