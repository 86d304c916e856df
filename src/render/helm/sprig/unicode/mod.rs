//! Characters as Go's unicode and utf8 packages see them: simple case mappings, the categories of Unicode 15, and bytes that
//! aren't UTF-8 read one by one.

mod tables;

use tables::{CASES, TURNS};

/// What stands for a byte that isn't UTF-8.
pub const BAD: char = char::REPLACEMENT_CHARACTER;

/// A case to map to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Case {
    /// `unicode.ToUpper`.
    Upper,
    /// `unicode.ToLower`.
    Lower,
    /// `unicode.ToTitle`.
    Title,
}

/// The character in another case: the simple mapping, which is always one character.
pub fn to(case: Case, c: char) -> char {
    let code = u32::from(c);
    let at = CASES.partition_point(|(_, last, _)| *last < code);
    let Some((first, _, deltas)) = CASES.get(at).filter(|(first, ..)| *first <= code) else { return c };
    let delta = match case {
        Case::Upper => deltas[0],
        Case::Lower => deltas[1],
        Case::Title => deltas[2],
    };
    let mapped = if delta == TURNS {
        let pair = (code - first) & !1;
        first + pair + u32::from(case == Case::Lower)
    } else {
        code.wrapping_add_signed(delta)
    };
    char::from_u32(mapped).unwrap_or(c)
}

fn within(table: &[(u32, u32, u32)], c: char) -> bool {
    let code = u32::from(c);
    let at = table.partition_point(|(_, last, _)| *last < code);
    table.get(at).is_some_and(|(first, _, step)| *first <= code && (code - first).is_multiple_of(*step))
}

/// `unicode.IsUpper`.
pub fn is_upper(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_uppercase() } else { within(tables::UPPER, c) }
}

/// `unicode.IsLower`.
pub fn is_lower(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_lowercase() } else { within(tables::LOWER, c) }
}

/// `unicode.IsTitle`.
pub fn is_title(c: char) -> bool {
    within(tables::TITLE, c)
}

/// `unicode.IsLetter`.
pub fn is_letter(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphabetic() } else { within(tables::LETTER, c) }
}

/// `unicode.IsDigit`.
pub fn is_digit(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_digit() } else { within(tables::DIGIT, c) }
}

/// `unicode.IsNumber`.
pub fn is_number(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_digit() } else { within(tables::NUMBER, c) }
}

/// `unicode.IsPunct`.
pub fn is_punct(c: char) -> bool {
    within(tables::PUNCT, c)
}

/// `unicode.IsSpace`.
pub fn is_space(c: char) -> bool {
    c.is_whitespace()
}

/// The first character and its length; a byte that isn't UTF-8 is [`BAD`], one byte long. Nothing at the end is one of no
/// length.
pub fn decode(bytes: &[u8]) -> (char, usize) {
    match bytes {
        [] => (BAD, 0),
        [first, ..] if first.is_ascii() => (char::from(*first), 1),
        _ => {
            let head = bytes.get(..4).unwrap_or(bytes);
            let valid = head.utf8_chunks().next().map_or("", |chunk| chunk.valid());
            valid.chars().next().map_or((BAD, 1), |c| (c, c.len_utf8()))
        }
    }
}

/// The last character and its length, by the same rules.
pub fn decode_last(bytes: &[u8]) -> (char, usize) {
    let end = bytes.len();
    let lead = (end.saturating_sub(4)..end).rev().find(|at| bytes.get(*at).is_some_and(|b| b & 0xc0 != 0x80));
    match lead.map(|at| decode(bytes.get(at..).unwrap_or_default())) {
        Some((c, length)) if lead.is_some_and(|at| at + length == end) => (c, length),
        _ => (BAD, end.min(1)),
    }
}

/// The characters, each with its first byte and its length.
pub fn runes(bytes: &[u8]) -> impl Iterator<Item = (usize, char, usize)> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        let (c, length) = decode(bytes.get(at..).filter(|rest| !rest.is_empty())?);
        at += length;
        Some((at - length, c, length))
    })
}

/// Maps each character; bytes that aren't UTF-8 become [`BAD`].
pub fn map(bytes: &[u8], mut to: impl FnMut(char) -> char) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        out.extend(chunk.valid().chars().map(&mut to));
        for _ in chunk.invalid() {
            out.push(to(BAD));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn simple_mappings_are_one_character() {
        assert_eq!(
            map("straße ŉ İi ǆ ᾳ".as_bytes(), |c| to(Case::Upper, c)),
            "STRASSE".replace("SS", "ß") + " ŉ İI Ǆ ᾼ"
        );
        assert_eq!(to(Case::Lower, 'İ'), 'i');
        assert_eq!(to(Case::Title, 'ǆ'), 'ǅ');
        assert_eq!((to(Case::Upper, 'ā'), to(Case::Lower, 'Ā'), to(Case::Upper, 'Ā')), ('Ā', 'ā', 'Ā'));
    }

    #[test]
    fn each_bad_byte_is_a_character_of_its_own() {
        let bytes = b"a\xe2\x82\xff\xe2\x82\xac";
        let all: Vec<_> = runes(bytes).collect();
        assert_eq!(all, [(0, 'a', 1), (1, BAD, 1), (2, BAD, 1), (3, BAD, 1), (4, '€', 3)]);
        assert_eq!(decode_last(bytes), ('€', 3));
        assert_eq!(decode_last(b"\xe2\x82"), (BAD, 1));
        assert_eq!(decode_last(b""), (BAD, 0));
    }

    #[test]
    fn all_characters_are_what_go_takes_them_for() {
        use sha2::{Digest, Sha256};
        let is: [fn(char) -> bool; 8] =
            [is_upper, is_lower, is_title, is_letter, is_digit, is_number, is_punct, is_space];
        let mut digest = Sha256::new();
        for c in '\0'..=char::MAX {
            for case in [Case::Upper, Case::Lower, Case::Title] {
                digest.update(u32::from(to(case, c)).to_le_bytes());
            }
            digest.update([is.iter().rev().fold(0_u8, |bits, is| bits << 1 | u8::from(is(c)))]);
        }
        // Go 1.26 over the same characters: ToUpper, ToLower and ToTitle as uint32, low byte first, then a byte of IsUpper
        // (lowest), IsLower, IsTitle, IsLetter, IsDigit, IsNumber, IsPunct and IsSpace.
        let theirs = "89549c42b9c7c5f910145704306751f42ff44f22165a7e412aed864c966da5b0";
        let ours = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        assert_eq!(ours, theirs);
    }
}
