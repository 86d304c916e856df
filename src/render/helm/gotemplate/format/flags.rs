//! A directive's flags, width and precision, and the padding that they ask for.

use super::printer::Printer;

/// What stands between a `%` and its verb.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Flags {
    pub width: Option<usize>,
    pub precision: Option<usize>,
    pub minus: bool,
    pub plus: bool,
    pub sharp: bool,
    pub space: bool,
    pub zero: bool,
    /// `%+v`: names before fields. `plus` itself is not set then.
    pub fields: bool,
    /// `%#v`: Go's syntax. `sharp` itself is not set then.
    pub syntax: bool,
}

impl Flags {
    /// Gives `+` and `#` the meaning that they have before `v`.
    pub(super) fn for_v(&mut self) {
        self.syntax = std::mem::take(&mut self.sharp);
        self.fields = std::mem::take(&mut self.plus);
    }
}

impl Printer<'_> {
    /// As many spaces, or zeros if the flags say so.
    pub(super) fn fill(&mut self, count: usize) {
        let with = if self.flags.zero && !self.flags.minus { b'0' } else { b' ' };
        self.push_many(with, count);
    }

    /// A text, filled up to the width.
    pub(super) fn pad(&mut self, text: &[u8]) {
        let missing = match self.flags.width {
            None | Some(0) => 0,
            Some(width) => width.saturating_sub(runes(text)),
        };
        if missing == 0 {
            self.push(text);
        } else if self.flags.minus {
            self.push(text);
            self.fill(missing);
        } else {
            self.fill(missing);
            self.push(text);
        }
    }

    /// The same with spaces, whatever the flags say.
    pub(super) fn pad_spaces(&mut self, text: &[u8]) {
        let zero = std::mem::take(&mut self.flags.zero);
        self.pad(text);
        self.flags.zero = zero;
    }
}

/// How many characters Go counts: each byte that isn't UTF-8 is one.
pub(super) fn runes(text: &[u8]) -> usize {
    text.utf8_chunks().map(|chunk| chunk.valid().chars().count() + chunk.invalid().len()).sum()
}

/// Its first character and how many bytes that takes; what isn't UTF-8 is U+FFFD of one byte.
pub(in crate::render::helm::gotemplate) fn decode(text: &[u8]) -> (char, usize) {
    let most = text.get(..4).unwrap_or(text);
    let valid = most.utf8_chunks().next().map(|chunk| chunk.valid()).unwrap_or_default();
    valid.chars().next().map_or((char::REPLACEMENT_CHARACTER, 1), |c| (c, c.len_utf8()))
}

/// The first so many characters.
pub(super) fn first_runes(text: &[u8], count: usize) -> &[u8] {
    let mut at = 0;
    for _ in 0..count {
        match text.get(at..) {
            None | Some([]) => break,
            Some(rest) => at += decode(rest).1,
        }
    }
    text.get(..at).unwrap_or(text)
}
