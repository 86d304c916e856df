//! What a scalar means, per dialect: YAML 1.1 as go-yaml v2 reads it (Kubernetes, our own files) or as v3 does
//! (kustomize). Stands for `resolve.go` and the scalar part of `decode.go` of both.

use std::borrow::Cow;

use super::Dialect;
use super::number::{self, Number};
use super::scan::Style;
use super::time::Timestamp;

/// A scalar's meaning, before it goes through JSON.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Scalar<'a> {
    Null,
    Bool(bool),
    Number(Number),
    /// What looks like a timestamp, as it comes out of JSON: Kubernetes keeps its text, kustomize rewrites it.
    Timestamp(Cow<'a, str>),
    Str(Cow<'a, str>),
}

const LONG: &str = "tag:yaml.org,2002:";

/// The tags that make a plain scalar be read as something.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Tag {
    Str,
    Bool,
    Int,
    Float,
    Null,
    Timestamp,
    Binary,
}

/// Why a tagged scalar can't be read.
pub(super) struct Mismatch {
    pub found: &'static str,
    pub expected: &'static str,
}

impl Mismatch {
    /// go-yaml's text of it.
    pub fn as_go(&self, text: &str) -> String {
        let tag = |kind: &str| match kind {
            "a boolean" => "bool",
            "an integer" => "int",
            "a number" => "float",
            "null" => "null",
            "a timestamp" => "timestamp",
            _ => "str",
        };
        match self.expected {
            "binary" => "!!binary value contains invalid base64 data".to_owned(),
            expected => format!("cannot decode !!{} `{text}` as a !!{}", tag(self.found), tag(expected)),
        }
    }
}

/// The meaning of a scalar, or the mismatch with its tag.
pub(super) fn resolve<'a>(
    dialect: Dialect,
    tag: Option<&str>,
    style: Style,
    text: Cow<'a, str>,
) -> Result<Scalar<'a>, Mismatch> {
    // go-yaml v3 reads `!` as no tag at all; v2 as one that it doesn't know.
    let tag = tag.filter(|t| dialect != Dialect::Kustomize || *t != "!");
    let Some(tag) = tag else {
        return Ok(if style == Style::Plain { plain(dialect, text) } else { Scalar::Str(text) });
    };
    let short = tag.strip_prefix(LONG).or_else(|| tag.strip_prefix("!!").filter(|_| dialect == Dialect::Kustomize));
    let known = match short {
        Some("str") => Tag::Str,
        Some("bool") => Tag::Bool,
        Some("int") => Tag::Int,
        Some("float") => Tag::Float,
        Some("null") => Tag::Null,
        Some("timestamp") => Tag::Timestamp,
        Some("binary") => Tag::Binary,
        _ => return Ok(Scalar::Str(text)),
    };
    tagged(dialect, known, text)
}

fn tagged<'a>(dialect: Dialect, tag: Tag, text: Cow<'a, str>) -> Result<Scalar<'a>, Mismatch> {
    if tag == Tag::Str {
        return Ok(Scalar::Str(text));
    }
    if tag == Tag::Binary {
        let bytes = base64(&text).ok_or(Mismatch { found: "no base64 data", expected: "binary" })?;
        // What isn't text becomes U+FFFD on its way through JSON, once per byte, as in Go.
        return Ok(Scalar::Str(Cow::Owned(lossy(&bytes))));
    }
    // With a tag other than !!timestamp, what looks like one is not read as one.
    let scalar = match (tag, plain(dialect, text.clone())) {
        (Tag::Timestamp, scalar) => scalar,
        (_, Scalar::Timestamp(_)) => number::resolve(&text).map_or(Scalar::Str(text), Scalar::Number),
        (_, scalar) => scalar,
    };
    match (tag, scalar) {
        (Tag::Float, Scalar::Number(Number::Int(n))) => {
            #[expect(clippy::cast_precision_loss, reason = "as Go converts")]
            let float = n as f64;
            Ok(Scalar::Number(Number::Float(float)))
        }
        (Tag::Bool, ok @ Scalar::Bool(_))
        | (Tag::Int, ok @ Scalar::Number(Number::Int(_) | Number::UInt(_)))
        | (Tag::Float, ok @ Scalar::Number(Number::Float(_)))
        | (Tag::Null, ok @ Scalar::Null)
        | (Tag::Timestamp, ok @ Scalar::Timestamp(_)) => Ok(ok),
        (tag, scalar) => Err(Mismatch { found: scalar.kind(), expected: tag.kind() }),
    }
}

/// Whether a plain scalar is a string at first sight, in every dialect.
#[inline]
pub(super) fn is_text(text: &str) -> bool {
    match text.as_bytes().first() {
        None | Some(b'.' | b'+' | b'-' | b'0'..=b'9') => false,
        Some(b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~') => {
            text.len() > 5 || word(true, text).is_none()
        }
        Some(_) => true,
    }
}

/// The meaning of a plain scalar without a tag.
fn plain(dialect: Dialect, text: Cow<'_, str>) -> Scalar<'_> {
    let Some(&first) = text.as_bytes().first() else { return Scalar::Null };
    match first {
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~' => {
            word(dialect != Dialect::Kustomize, &text).unwrap_or(Scalar::Str(text))
        }
        b'.' | b'+' | b'-' | b'0'..=b'9' => match numeric(&text) {
            Some(Numeric::Number(number)) => Scalar::Number(number),
            Some(Numeric::Timestamp(stamp)) if dialect == Dialect::Kustomize => {
                Scalar::Timestamp(Cow::Owned(stamp.rfc3339()))
            }
            Some(Numeric::Timestamp(_)) => Scalar::Timestamp(text),
            None => Scalar::Str(text),
        },
        _ => Scalar::Str(text),
    }
}

/// What a text that starts with a digit, a sign or a point may be.
enum Numeric {
    Number(Number),
    Timestamp(Timestamp),
}

/// Booleans and nulls. YAML 1.1 knows more booleans than go-yaml v3 does.
fn word(yaml11: bool, text: &str) -> Option<Scalar<'static>> {
    Some(match text {
        "true" | "True" | "TRUE" => Scalar::Bool(true),
        "false" | "False" | "FALSE" => Scalar::Bool(false),
        "~" | "null" | "Null" | "NULL" => Scalar::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" if yaml11 => Scalar::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" if yaml11 => Scalar::Bool(false),
        _ => return None,
    })
}

fn numeric(text: &str) -> Option<Numeric> {
    match text {
        ".nan" | ".NaN" | ".NAN" => return Some(Numeric::Number(Number::Float(f64::NAN))),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => {
            return Some(Numeric::Number(Number::Float(f64::INFINITY)));
        }
        "-.inf" | "-.Inf" | "-.INF" => return Some(Numeric::Number(Number::Float(f64::NEG_INFINITY))),
        _ => {}
    }
    match Timestamp::parse(text) {
        Some(stamp) => Some(Numeric::Timestamp(stamp)),
        None => number::resolve(text).map(Numeric::Number),
    }
}

/// Whether a string, written plain, would be read as something else by go-yaml v2 (so that the emitter quotes it).
pub(super) fn needs_quotes(text: &str) -> bool {
    let Some(&first) = text.as_bytes().first() else { return true };
    match first {
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~' => {
            text.len() <= 5 && word(true, text).is_some()
        }
        b'.' => numeric(text).is_some(),
        b'+' | b'-' | b'0'..=b'9' => numeric(text).is_some() || is_base60(text),
        _ => false,
    }
}

/// The tag that go-yaml v3 gives a plain scalar.
pub(super) fn plain_tag(text: &str) -> &'static str {
    match plain(Dialect::Kustomize, Cow::Borrowed(text)) {
        Scalar::Null => "!!null",
        Scalar::Bool(_) => "!!bool",
        Scalar::Number(Number::Float(_)) => "!!float",
        Scalar::Number(_) => "!!int",
        Scalar::Timestamp(_) => "!!timestamp",
        Scalar::Str(_) => "!!str",
    }
}

/// `[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?`: read as a number by others, though not by go-yaml.
fn is_base60(text: &str) -> bool {
    let rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    let mut parts = rest.split(':');
    let head = parts.next().unwrap_or_default();
    if !head.starts_with(|c: char| c.is_ascii_digit()) || !head.bytes().all(|b| b.is_ascii_digit() || b == b'_') {
        return false;
    }
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return false;
    }
    while let Some(part) = parts.next() {
        let part = match part.split_once('.') {
            Some((part, fraction)) if parts.peek().is_none() => {
                if !fraction.bytes().all(|b| b.is_ascii_digit() || b == b'_') {
                    return false;
                }
                part
            }
            _ => part,
        };
        let ok = match part.as_bytes() {
            [a] => a.is_ascii_digit(),
            [a, b] => (b'0'..=b'5').contains(a) && b.is_ascii_digit(),
            _ => false,
        };
        if !ok {
            return false;
        }
    }
    true
}

impl Scalar<'_> {
    fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(Number::Float(_)) => "a number",
            Self::Number(_) => "an integer",
            Self::Timestamp(_) => "a timestamp",
            Self::Str(_) => "a string",
        }
    }
}

impl Tag {
    fn kind(self) -> &'static str {
        match self {
            Self::Str => "a string",
            Self::Bool => "a boolean",
            Self::Int => "an integer",
            Self::Float => "a number",
            Self::Null => "null",
            Self::Timestamp => "a timestamp",
            Self::Binary => "base64 data",
        }
    }
}

/// Standard base64 with padding; line breaks are skipped, as Go's decoder does.
fn base64(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let mut group = [0u8; 4];
    let (mut filled, mut padding) = (0usize, 0usize);
    for byte in text.bytes().filter(|b| !matches!(b, b'\r' | b'\n')) {
        if filled == 4 && padding > 0 {
            return None;
        }
        if filled == 4 {
            filled = 0;
        }
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' if filled >= 2 => {
                padding += 1;
                0
            }
            _ => return None,
        };
        if padding > 0 && byte != b'=' {
            return None;
        }
        *group.get_mut(filled)? = value;
        filled += 1;
        if filled == 4 {
            let [a, b, c, d] = group;
            let bytes = [a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d];
            out.extend(bytes.iter().take(3 - padding));
        }
    }
    (filled == 0 || filled == 4).then_some(out)
}

/// Text with U+FFFD for each byte that is part of none, as Go's JSON encoder does it.
fn lossy(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| '\u{FFFD}'));
    }
    text
}
