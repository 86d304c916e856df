//! The text that is searched. To Go, a byte that belongs to no character is one of its own, U+FFFD.

use std::borrow::Cow;
use std::ops::Range;

/// A text for the regex crate, and the way back to the bytes that it stands for.
pub struct Subject<'a> {
    bytes: &'a [u8],
    /// The bytes, or what stands for them.
    pub text: Cow<'a, str>,
    /// Where the replacements of single bytes start in `text`, growing; each is three bytes long.
    replaced: Vec<usize>,
}

impl<'a> Subject<'a> {
    /// The text of some bytes.
    pub fn new(bytes: &'a [u8]) -> Self {
        if let Ok(text) = std::str::from_utf8(bytes) {
            return Self { bytes, text: Cow::Borrowed(text), replaced: Vec::new() };
        }
        let (mut text, mut replaced) = (String::with_capacity(bytes.len() + 8), Vec::new());
        for chunk in bytes.utf8_chunks() {
            text.push_str(chunk.valid());
            for _ in chunk.invalid() {
                replaced.push(text.len());
                text.push(char::REPLACEMENT_CHARACTER);
            }
        }
        Self { bytes, text: Cow::Owned(text), replaced }
    }

    /// The bytes behind a range of the text.
    pub fn slice(&self, range: Range<usize>) -> &'a [u8] {
        self.bytes.get(self.place(range.start)..self.place(range.end)).unwrap_or_default()
    }

    fn place(&self, at: usize) -> usize {
        at - 2 * self.replaced.partition_point(|start| *start < at)
    }
}
