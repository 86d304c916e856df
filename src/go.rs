//! Small facts of Go's library that more than one module repeats: how `%q` quotes, what is printable, what is space.

pub mod duration;
pub mod url;

use std::borrow::Cow;
use std::fmt::Write;
use std::sync::LazyLock;

use regex::Regex;

/// Letters, marks, numbers, punctuation and symbols: what `unicode.IsPrint` takes beside the ASCII space.
static PRINT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^[\p{L}\p{M}\p{N}\p{P}\p{S}]$").ok());

/// Go's `unicode.IsPrint`.
pub fn is_print(c: char) -> bool {
    match c {
        _ if c.is_ascii() => return matches!(c, ' '..='~'),
        // What people write most; making the table of all takes longer than many a chart.
        '\u{A1}'..='\u{AC}' | '\u{AE}'..='\u{24F}' | '\u{2010}'..='\u{2027}' | '\u{2190}'..='\u{23FF}' => return true,
        _ => {}
    }
    let mut buffer = [0; 4];
    PRINT.as_ref().is_some_and(|print| print.is_match(c.encode_utf8(&mut buffer)))
}

/// Go's `unicode.IsSpace`.
pub fn is_space(c: char) -> bool {
    c.is_whitespace()
}

/// Go's `strconv.Quote`, which `%q` uses for strings.
pub fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\x07' => out.push_str("\\a"),
            '\x08' => out.push_str("\\b"),
            '\x0C' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\x0B' => out.push_str("\\v"),
            c if is_print(c) => out.push(c),
            c => {
                // Writing to a string can't fail.
                let _ = match u32::from(c) {
                    n @ (0..0x20 | 0x7F) => write!(out, "\\x{n:02x}"),
                    n @ 0..0x1_0000 => write!(out, "\\u{n:04x}"),
                    n => write!(out, "\\U{n:08x}"),
                };
            }
        }
    }
    out.push('"');
    out
}

/// Bytes as UTF-8, each byte that belongs to no character replaced by itself, as Go does.
pub fn valid(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(bytes.len() + 8);
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        out.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    Cow::Owned(out)
}

/// A number as `%v` and `strconv.FormatFloat(…, 'g', -1, 64)` write it: the fewest digits that read back as it, with an
/// exponent below 1e-4 and from 1e6 on.
pub fn float(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let scientific = format!("{number:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if !(-4..6).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{digits}e{sign}{:02}", exponent.abs());
    }
    format!("{number}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_those_of_go() {
        let cases = [
            (1e6, "1e+06"),
            (123_456.0, "123456"),
            (1_234_567.5, "1.2345675e+06"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (-0.0, "-0"),
        ];
        for (number, text) in cases {
            assert_eq!(float(number), text);
        }
    }

    #[test]
    fn quoting_is_that_of_go() {
        assert_eq!(quote("a\"b\\c\n\x01é\u{a0}\u{200b}\u{e0001}"), "\"a\\\"b\\\\c\\n\\x01é\\u00a0\\u200b\\U000e0001\"");
    }
}
