//! How errors of schemas are spelled.

use serde_json::Value as Json;

use super::check::{Fault, Kind};
use crate::diag::{Code, Diagnostic};
use crate::go;
use crate::source::Origin;
use crate::yaml::{Node, Value};

/// Go's quoting, in single quotes.
pub(super) fn quote(text: &str) -> String {
    let quoted = go::quote(text).replace("\\\"", "\"").replace('\'', "\\'");
    let inner = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default();
    format!("'{inner}'")
}

pub(super) fn quoted(names: &[String]) -> String {
    names.iter().map(|n| quote(n)).collect::<Vec<_>>().join(", ")
}

/// A value of a schema; none for lists and objects.
pub(super) fn display(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(quote(text)),
        Json::Null => Some("<nil>".to_owned()),
        Json::Array(_) | Json::Object(_) => None,
        other => Some(other.to_string()),
    }
}

/// The wanted types, in the order in which they are told.
pub(super) fn types(wanted: Option<&Json>) -> Vec<&'static str> {
    const ORDER: [&str; 7] = ["null", "boolean", "number", "integer", "string", "array", "object"];
    let named = |name: &str| match wanted {
        Some(Json::String(one)) => one == name,
        Some(Json::Array(several)) => several.iter().any(|w| w.as_str() == Some(name)),
        _ => false,
    };
    ORDER.into_iter().filter(|name| named(name)).collect()
}

pub(super) fn type_of(node: &Node) -> &'static str {
    match node.value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Int(_) | Value::UInt(_) | Value::Float(_) => "number",
        Value::Str(_) => "string",
        Value::Seq(_) => "array",
        Value::Map(_) => "object",
    }
}

/// The digits of a whole number with a comma between thousands.
pub(super) fn grouped(digits: &str) -> String {
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |rest| ("-", rest));
    let mut out = sign.to_owned();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i) % 3 == 0 {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// A number as golang.org/x/text prints it for the English: `1,000`, `1.5×10⁰⁶`.
pub(super) fn number(number: f64) -> String {
    let plain = go::float(number);
    let (digits, exponent) = plain.split_once('e').map_or((plain.as_str(), None), |(d, e)| (d, Some(e)));
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(w, f)| (w, Some(f)));
    let mut out = grouped(whole);
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    if let Some(exponent) = exponent {
        out.push_str("×10");
        out.extend(exponent.chars().filter_map(|c| match c {
            '-' => Some('⁻'),
            '0'..='9' => "⁰¹²³⁴⁵⁶⁷⁸⁹".chars().nth(c.to_digit(10)? as usize),
            _ => None,
        }));
    }
    out
}

pub(super) fn is_multiple(number: f64, of: f64) -> bool {
    if of == 0.0 {
        return true;
    }
    // Go divides decimals exactly; 0.3 is a multiple of 0.1 there.
    let quotient = number / of;
    (quotient - quotient.round()).abs() <= f64::EPSILON * quotient.abs().max(1.0)
}

/// Equal in meaning; numbers by value.
pub(super) fn same(a: &Node, b: &Node) -> bool {
    match (&a.value, &b.value) {
        (Value::Int(i), Value::Float(f)) | (Value::Float(f), Value::Int(i)) => *f == *i as f64,
        (Value::Seq(a), Value::Seq(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Map(a), Value::Map(b)) => {
            a.len() == b.len() && a.iter().all(|e| b.get(&e.key).is_some_and(|v| same(&e.value, v)))
        }
        (a, b) => a == b,
    }
}

/// A reference's fragment without percent signs.
pub(super) fn decoded(pointer: &str) -> String {
    let mut bytes = Vec::with_capacity(pointer.len());
    let mut rest = pointer.as_bytes();
    while let [first, after @ ..] = rest {
        let hex = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
        match after {
            [a, b, tail @ ..] if *first == b'%' => match (hex(*a), hex(*b)) {
                (Some(a), Some(b)) => {
                    bytes.push(a * 16 + b);
                    rest = tail;
                }
                _ => {
                    bytes.push(*first);
                    rest = after;
                }
            },
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The findings of a tree: one for each value that has to change, alternatives told in hints.
pub(super) fn diagnostics(fault: &Fault, values: &Node, about: &str) -> Vec<Diagnostic> {
    let joins = matches!(fault.kind, Kind::Group | Kind::Reference) || fault.message == "'allOf' failed";
    if joins && !fault.causes.is_empty() {
        return fault.causes.iter().flat_map(|cause| diagnostics(cause, values, about)).collect();
    }
    let (origin, field) = place(values, &fault.at);
    let before = if field.is_empty() { String::new() } else { format!("`{field}`: ") };
    let mut diagnostic =
        Diagnostic::error(Code::INVALID_VALUES, format!("{before}{}", fault.message)).at(origin, about);
    diagnostic.subject.field = Some(fault.at.as_str().into());
    for cause in fault.causes.iter().take(8) {
        diagnostic = diagnostic.hint(format!("one way to fit fails with: {}", flat(cause)));
    }
    vec![diagnostic]
}

fn flat(fault: &Fault) -> String {
    match fault.kind {
        Kind::Keyword => format!("at {}: {}", quote(&fault.at), fault.message),
        _ => fault.causes.iter().map(flat).collect::<Vec<_>>().join("; "),
    }
}

/// The place of a pointer (of the nearest thing around it that has one), and how people write it.
fn place(values: &Node, pointer: &str) -> (Origin, String) {
    let (mut at, mut origin) = (Some(values), Origin::NONE);
    let mut field = String::new();
    for token in pointer.split('/').skip(1) {
        let token = token.replace("~1", "/").replace("~0", "~");
        let mut seen = |found: Origin| {
            if found.span().is_some() {
                origin = found;
            }
        };
        at = match at.map(|node| &node.value) {
            Some(Value::Map(map)) => {
                field.push_str(if field.is_empty() { "" } else { "." });
                field.push_str(&token);
                let entry = map.entry(&token);
                entry.iter().for_each(|entry| {
                    seen(entry.key_origin);
                    // A mapping or list starts at what is in it: its key is the better place.
                    if !matches!(entry.value.value, Value::Map(_) | Value::Seq(_)) {
                        seen(entry.value.origin);
                    }
                });
                entry.map(|entry| &entry.value)
            }
            Some(Value::Seq(items)) => {
                field.push_str(&format!("[{token}]"));
                let item = token.parse::<usize>().ok().and_then(|i| items.get(i));
                item.iter().for_each(|item| seen(item.origin));
                item
            }
            _ => None,
        };
    }
    (origin, field)
}
