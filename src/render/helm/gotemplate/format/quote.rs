//! Go's quoted strings (`strconv.Quote`).

use super::flags::decode;
use super::printable::is_print;

/// `strconv.Quote`: in double quotes, with escapes for what can't be printed and for bytes that aren't UTF-8.
pub fn quote(text: &[u8]) -> String {
    quoted(text, false)
}

/// `strconv.QuoteToASCII`: the same, with escapes for everything beyond ASCII.
pub fn quote_ascii(text: &[u8]) -> String {
    quoted(text, true)
}

/// `strconv.QuoteRune` or `strconv.QuoteRuneToASCII`: in single quotes.
pub(super) fn quote_char(c: char, ascii: bool) -> String {
    let mut out = String::from('\'');
    escape(&mut out, c, '\'', ascii);
    out.push('\'');
    out
}

/// `strconv.CanBackquote`: whether it can stand between backquotes as it is.
pub fn can_backquote(text: &[u8]) -> bool {
    std::str::from_utf8(text)
        .is_ok_and(|text| text.chars().all(|c| !matches!(c, '\0'..='\x08' | '\n'..='\x1f' | '`' | '\x7f' | '\u{feff}')))
}

fn quoted(text: &[u8], ascii: bool) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    let mut rest = text;
    while let Some(first) = rest.first() {
        let (c, length) = decode(rest);
        if c == char::REPLACEMENT_CHARACTER && length == 1 {
            out.push_str(&format!("\\x{first:02x}"));
        } else {
            escape(&mut out, c, '"', ascii);
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    out.push('"');
    out
}

fn escape(out: &mut String, c: char, quote: char, ascii: bool) {
    match c {
        _ if c == quote || c == '\\' => out.extend(['\\', c]),
        ' '..='~' => out.push(c),
        _ if !ascii && is_print(c) => out.push(c),
        '\x07' => out.push_str("\\a"),
        '\x08' => out.push_str("\\b"),
        '\x0c' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\x0b' => out.push_str("\\v"),
        '\0'..='\x1f' | '\x7f' => out.push_str(&format!("\\x{:02x}", u32::from(c))),
        '\0'..='\u{ffff}' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
        _ => out.push_str(&format!("\\U{:08x}", u32::from(c))),
    }
}
