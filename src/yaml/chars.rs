//! The classes of bytes that the scanner and the emitter ask about. A position past the end reads as 0, which stands
//! for the end of the text: NUL itself never passes [`forbidden`].

/// The byte at `i`, or 0 past the end.
#[inline(always)]
pub(super) fn at(bytes: &[u8], i: usize) -> u8 {
    bytes.get(i).copied().unwrap_or(0)
}

/// How many bytes the line break at `i` has; 0 where there is none. A CR LF pair is one break. NEL, LS and PS are breaks
/// in YAML 1.1, and so they are in go-yaml.
#[inline(always)]
pub(super) fn break_len(bytes: &[u8], i: usize) -> usize {
    match at(bytes, i) {
        b'\n' => 1,
        b'\r' => 1 + usize::from(at(bytes, i + 1) == b'\n'),
        0xC2 if at(bytes, i + 1) == 0x85 => 2,
        0xE2 if at(bytes, i + 1) == 0x80 && matches!(at(bytes, i + 2), 0xA8 | 0xA9) => 3,
        _ => 0,
    }
}

/// Space or tab.
#[inline(always)]
pub(super) fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

/// A line break, or the end.
#[inline(always)]
pub(super) fn is_breakz(bytes: &[u8], i: usize) -> bool {
    i >= bytes.len() || break_len(bytes, i) > 0
}

/// A space, a tab, a line break, or the end.
#[inline(always)]
pub(super) fn is_blankz(bytes: &[u8], i: usize) -> bool {
    is_blank(at(bytes, i)) || is_breakz(bytes, i)
}

/// What the names of anchors, directives and tag handles are made of.
#[inline(always)]
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

/// Bytes of a character by its first byte.
#[inline(always)]
pub(super) fn width(byte: u8) -> usize {
    match byte {
        0..0xC0 => 1,
        0xC0..0xE0 => 2,
        0xE0..0xF0 => 3,
        _ => 4,
    }
}

/// How many bytes of a slice don't start a character.
pub(super) fn continuation_bytes(bytes: &[u8]) -> usize {
    bytes.iter().filter(|b| **b & 0xC0 == 0x80).count()
}

/// The first byte at or after `from` that starts a character YAML doesn't allow: controls but tab, LF, CR and NEL, and
/// U+FFFE and U+FFFF.
pub(super) fn forbidden(bytes: &[u8], from: usize) -> Option<usize> {
    let mut i = from;
    while i < bytes.len() {
        let end = bytes.len().min(i + BLOCK);
        let block = bytes.get(i..end).unwrap_or_default();
        // Most blocks are clean; the compiler makes vector instructions of this.
        if block.iter().fold(true, |clean, b| clean & is_clean(*b)) {
            i = end;
            continue;
        }
        while i < end {
            match at(bytes, i) {
                0xC2 if (0x80..0xA0).contains(&at(bytes, i + 1)) && at(bytes, i + 1) != 0x85 => return Some(i),
                0xEF if at(bytes, i + 1) == 0xBF && at(bytes, i + 2) >= 0xBE => return Some(i),
                byte if !is_clean(byte) && byte < 0x80 => return Some(i),
                _ => i += 1,
            }
        }
    }
    None
}

/// How many bytes are looked at together.
const BLOCK: usize = 64;

/// Whether a byte can't be part of a forbidden character.
#[inline(always)]
fn is_clean(byte: u8) -> bool {
    let control = (byte < 0x20) & (byte != b'\t') & (byte != b'\n') & (byte != b'\r');
    !(control | (byte == 0x7F) | (byte == 0xC2) | (byte == 0xEF))
}
