//! JSON as Go's encoding/json writes it: compact, keys in byte order.

use super::number;
use super::{Entry, Node, Value};

/// What Go's encoder is told to escape.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum JsonStyle {
    /// `<`, `>` and `&` become `\u003c` and so on, as `json.Marshal` does it.
    #[default]
    EscapeHtml,
    /// They stay, as with `SetEscapeHTML(false)`.
    Plain,
}

/// The bytes of Go's `json.Marshal`.
pub fn to_json(node: &Node) -> String {
    let mut out = String::new();
    write_json(node, JsonStyle::EscapeHtml, &mut out);
    out
}

/// A collection that is being written.
struct Open<'a> {
    items: Items<'a>,
    first: bool,
}

enum Items<'a> {
    Seq(std::slice::Iter<'a, Node>),
    Map(std::vec::IntoIter<&'a Entry>),
}

/// Appends the JSON of a node. An infinite number, or none, has no JSON form and is written as `null`.
pub fn write_json(node: &Node, style: JsonStyle, out: &mut String) {
    // A stack of our own: depth costs no call frames.
    let mut stack: Vec<Open<'_>> = Vec::new();
    value(node, style, out, &mut stack);
    while let Some(top) = stack.last_mut() {
        let comma = if std::mem::take(&mut top.first) { "" } else { "," };
        let next = match &mut top.items {
            Items::Seq(items) => match items.next() {
                Some(item) => {
                    out.push_str(comma);
                    Some(item)
                }
                None => {
                    out.push(']');
                    None
                }
            },
            Items::Map(entries) => match entries.next() {
                Some(entry) => {
                    out.push_str(comma);
                    write_json_string(&entry.key, style, out);
                    out.push(':');
                    Some(&entry.value)
                }
                None => {
                    out.push('}');
                    None
                }
            },
        };
        match next {
            Some(node) => value(node, style, out, &mut stack),
            None => {
                stack.pop();
            }
        }
    }
}

fn value<'a>(node: &'a Node, style: JsonStyle, out: &mut String, stack: &mut Vec<Open<'a>>) {
    match &node.value {
        Value::Null => out.push_str("null"),
        Value::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Value::Int(n) => number::write_int(*n, out),
        Value::UInt(n) => number::write_uint(*n, out),
        Value::Float(f) if f.is_finite() => number::write_json(*f, out),
        Value::Float(_) => out.push_str("null"),
        Value::Str(s) => write_json_string(s, style, out),
        Value::Seq(items) => {
            out.push('[');
            stack.push(Open { items: Items::Seq(items.iter()), first: true });
        }
        Value::Map(map) => {
            out.push('{');
            let mut entries: Vec<&Entry> = map.iter().collect();
            entries.sort_by(|a, b| a.key.cmp(&b.key));
            stack.push(Open { items: Items::Map(entries.into_iter()), first: true });
        }
    }
}

/// Appends a number in the form of JSON. It must be finite: others have no such form.
pub fn write_json_float(float: f64, out: &mut String) {
    number::write_json(float, out);
}

/// Appends a float in Go's `%g`, with as many digits as it needs; `.inf` and `.nan` for those that have none.
pub fn write_general_float(float: f64, out: &mut String) {
    number::write_general(float, out);
}

/// Appends a string in JSON's quotes.
pub fn write_json_string(text: &str, style: JsonStyle, out: &mut String) {
    const HEX: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    out.push('"');
    let mut from = 0;
    for (i, byte) in text.bytes().enumerate() {
        let short = match byte {
            b'"' => Some('"'),
            b'\\' => Some('\\'),
            b'\n' => Some('n'),
            b'\r' => Some('r'),
            b'\t' => Some('t'),
            0x08 => Some('b'),
            0x0C => Some('f'),
            _ => None,
        };
        let html = style == JsonStyle::EscapeHtml && matches!(byte, b'<' | b'>' | b'&');
        // U+2028 and U+2029 end a line in JavaScript.
        let separator = byte == 0xE2 && text.get(i..).is_some_and(|t| t.starts_with(['\u{2028}', '\u{2029}']));
        if short.is_none() && byte >= 0x20 && !html && !separator {
            continue;
        }
        out.push_str(text.get(from..i).unwrap_or_default());
        out.push('\\');
        from = i + 1;
        match short {
            Some(c) => out.push(c),
            None if separator => {
                out.push_str(if text.get(i..).is_some_and(|t| t.starts_with('\u{2028}')) { "u2028" } else { "u2029" });
                from = i + 3;
            }
            None => {
                out.push_str("u00");
                out.extend([HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
            }
        }
    }
    out.push_str(text.get(from..).unwrap_or_default());
    out.push('"');
}
