//! The escapers: HTML, JavaScript, the query of a URL.

use crate::render::helm::gotemplate::format::{decode, is_print};

/// `template.HTMLEscapeString`.
pub(super) fn html(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 16);
    for byte in text {
        match byte {
            0 => out.extend_from_slice("\u{fffd}".as_bytes()),
            b'"' => out.extend_from_slice(b"&#34;"),
            b'\'' => out.extend_from_slice(b"&#39;"),
            b'&' => out.extend_from_slice(b"&amp;"),
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' => out.extend_from_slice(b"&gt;"),
            other => out.push(*other),
        }
    }
    out
}

/// `template.JSEscapeString`: characters that can't be printed become `\uXXXX`, five or six digits where they need them.
/// Bytes that aren't UTF-8 count as U+FFFD, which can be printed, and stay.
pub(super) fn js(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(first) = rest.first() {
        let (c, length) = decode(rest);
        let (shown, after) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        match first {
            b'\\' | b'\'' | b'"' => out.extend([b'\\', *first]),
            b'<' | b'>' | b'&' | b'=' | 0..b' ' => out.extend(format!("\\u{first:04X}").bytes()),
            _ if c.is_ascii() || is_print(c) => out.extend_from_slice(shown),
            _ => out.extend(format!("\\u{:04X}", u32::from(c)).bytes()),
        }
        rest = after;
    }
    out
}

/// `url.QueryEscape`.
pub(super) fn urlquery(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 16);
    for byte in text {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(*byte),
            b' ' => out.push(b'+'),
            other => out.extend(format!("%{other:02X}").bytes()),
        }
    }
    out
}
