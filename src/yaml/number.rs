//! Numbers as Go reads and writes them.

use std::fmt::Write;

/// `strconv.ParseInt(text, 0, 64)` and then `ParseUint`, of a text without underscores.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number {
    Int(i64),
    /// Above `i64::MAX`.
    UInt(u64),
    Float(f64),
}

/// The number that go-yaml takes a plain scalar for, if its first byte is a digit, a sign or a point.
/// `go-yaml/resolve.go` of v2 and v3 differ only where no text can show it.
pub(super) fn resolve(text: &str) -> Option<Number> {
    if text.starts_with('.') {
        return go_point_float(text).map(Number::Float);
    }
    let owned;
    let plain = if text.contains('_') {
        owned = text.replace('_', "");
        owned.as_str()
    } else {
        text
    };
    if let Some(number) = based_integer(plain) {
        return Some(number);
    }
    if is_yaml_float(plain) {
        return finite(plain).map(Number::Float);
    }
    // What `ParseInt` leaves over: a sign after the prefix (`0b-1`).
    let (negative, digits, radix) = match plain.as_bytes() {
        [b'0', b'b', ..] => (false, plain.get(2..)?, 2),
        [b'-', b'0', b'b', ..] => (true, plain.get(3..)?, 2),
        [b'0', b'o', ..] => (false, plain.get(2..)?, 8),
        [b'-', b'0', b'o', ..] => (true, plain.get(3..)?, 8),
        _ => return None,
    };
    if negative {
        if digits.starts_with(['+', '-']) {
            return None;
        }
        return i64::from_str_radix(&format!("-{digits}"), radix).ok().map(Number::Int);
    }
    i64::from_str_radix(digits, radix).ok().map(Number::Int)
}

/// A signed integer with Go's prefixes: `0x`, `0o`, `0b`, and `0` for octal.
fn based_integer(text: &str) -> Option<Number> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, text.get(1..)?),
        b'+' => (false, text.get(1..)?),
        _ => (false, text),
    };
    let signed = negative || text.len() != digits.len();
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, digits.get(2..)?),
        [b'0', b'o' | b'O', ..] => (8, digits.get(2..)?),
        [b'0', b'b' | b'B', ..] => (2, digits.get(2..)?),
        [b'0', _, ..] => (8, digits.get(1..)?),
        _ => (10, digits),
    };
    // Rust's parser would take a second sign.
    if !digits.as_bytes().first()?.is_ascii_alphanumeric() {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    match i64::try_from(magnitude) {
        Ok(n) => Some(Number::Int(if negative { -n } else { n })),
        Err(_) if negative && magnitude == i64::MIN.unsigned_abs() => Some(Number::Int(i64::MIN)),
        Err(_) if !signed => Some(Number::UInt(magnitude)),
        Err(_) => None,
    }
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn is_yaml_float(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut i = usize::from(matches!(bytes.first(), Some(b'-' | b'+')));
    let digits = |from: usize| bytes.get(from..).unwrap_or_default().iter().take_while(|b| b.is_ascii_digit()).count();
    let whole = digits(i);
    i += whole;
    if bytes.get(i) == Some(&b'.') {
        let fraction = digits(i + 1);
        if whole == 0 && fraction == 0 {
            return false;
        }
        i += 1 + fraction;
    } else if whole == 0 {
        return false;
    }
    if matches!(bytes.get(i), Some(b'e' | b'E')) {
        i += 1 + usize::from(matches!(bytes.get(i + 1), Some(b'-' | b'+')));
        let exponent = digits(i);
        if exponent == 0 {
            return false;
        }
        i += exponent;
    }
    i == bytes.len()
}

/// `strconv.ParseFloat` of a text that starts with a point. Go takes single underscores between digits.
fn go_point_float(text: &str) -> Option<f64> {
    if !text.contains('_') {
        return if is_yaml_float(text) { finite(text) } else { None };
    }
    let digit = |b: Option<&u8>| b.is_some_and(u8::is_ascii_digit);
    let bytes = text.as_bytes();
    let between = |i: usize| digit(i.checked_sub(1).and_then(|i| bytes.get(i))) && digit(bytes.get(i + 1));
    if !bytes.iter().enumerate().all(|(i, b)| *b != b'_' || between(i)) {
        return None;
    }
    let plain = text.replace('_', "");
    if is_yaml_float(&plain) { finite(&plain) } else { None }
}

/// Out of range is an error for Go, so the text stays a string.
fn finite(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().filter(|f| f.is_finite())
}

/// Shortest decimal digits and the exponent of the first: `(b"125", 2)` is 125.
struct Digits {
    negative: bool,
    digits: String,
    exponent: i32,
}

impl Digits {
    fn of(text: &str) -> Self {
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
        Self { negative, digits: mantissa.replace('.', ""), exponent: exponent.parse().unwrap_or(0) }
    }

    /// The digits of a float, in the shortest form that reads back the same.
    fn shortest(float: f64) -> Self {
        let mut shortest = Self::of(&format!("{float:e}"));
        // Where two forms are equally short and equally near, Go takes the one with the even digit; Rust the upper.
        // Such ties need all the digits that a double has.
        let count = shortest.digits.len();
        if count >= 15 {
            let exact = format!("{float:.40e}");
            let exact = Self::of(&exact);
            let (lower, rest) = exact.digits.split_at(count.min(exact.digits.len()));
            let tie = rest.strip_prefix('5').is_some_and(|r| r.bytes().all(|b| b == b'0'));
            let even = lower.bytes().last().is_some_and(|b| b % 2 == 0);
            if tie && even && lower != shortest.digits {
                let other = Self { digits: lower.to_owned(), ..exact };
                let mut text = String::new();
                other.scientific(&mut text);
                if text.parse() == Ok(float) {
                    shortest = other;
                }
            }
        }
        shortest
    }

    fn plain(&self, out: &mut String) {
        if self.negative {
            out.push('-');
        }
        let count = i32::try_from(self.digits.len()).unwrap_or(0);
        if self.exponent < 0 {
            out.push_str("0.");
            out.extend(std::iter::repeat_n('0', usize::try_from(-self.exponent - 1).unwrap_or(0)));
            out.push_str(&self.digits);
        } else if self.exponent + 1 >= count {
            out.push_str(&self.digits);
            out.extend(std::iter::repeat_n('0', usize::try_from(self.exponent + 1 - count).unwrap_or(0)));
        } else {
            let (whole, fraction) = self.digits.split_at(usize::try_from(self.exponent + 1).unwrap_or(0));
            out.push_str(whole);
            out.push('.');
            out.push_str(fraction);
        }
    }

    /// With an exponent of at least two digits.
    fn scientific(&self, out: &mut String) {
        if self.negative {
            out.push('-');
        }
        let (first, rest) = self.digits.split_at(1.min(self.digits.len()));
        out.push_str(first);
        if !rest.is_empty() {
            out.push('.');
            out.push_str(rest);
        }
        let sign = if self.exponent < 0 { '-' } else { '+' };
        // Writing to a string can't fail.
        let _ = write!(out, "e{sign}{:02}", self.exponent.unsigned_abs());
    }

    /// `strconv.FormatFloat(f, 'g', -1, …)`.
    fn general(&self, out: &mut String) {
        if self.exponent < -4 || self.exponent >= 6 { self.scientific(out) } else { self.plain(out) }
    }
}

/// `strconv.FormatFloat(f, 'g', -1, 64)` with go-yaml's spelling of what isn't a number.
pub(super) fn write_general(float: f64, out: &mut String) {
    match special(float) {
        Some(text) => out.push_str(text),
        None => Digits::shortest(float).general(out),
    }
}

/// A float as a mapping's key: `FormatFloat(f, 'g', -1, 32)`, which rounds to 32 bits.
pub(super) fn write_key(float: f64, out: &mut String) {
    #[expect(clippy::cast_possible_truncation, reason = "rounding to 32 bits is what upstream does")]
    let single = float as f32;
    match special(f64::from(single)) {
        Some(text) => out.push_str(text),
        None => Digits::of(&format!("{single:e}")).general(out),
    }
}

fn special(float: f64) -> Option<&'static str> {
    if float.is_nan() {
        Some(".nan")
    } else if float == f64::INFINITY {
        Some(".inf")
    } else if float == f64::NEG_INFINITY {
        Some("-.inf")
    } else {
        None
    }
}

/// A float as Go's encoding/json writes it.
pub(super) fn write_json(float: f64, out: &mut String) {
    let digits = Digits::shortest(float);
    let size = float.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) {
        let start = out.len();
        digits.scientific(out);
        // e-09 becomes e-9.
        if out.get(start..).is_some_and(|t| t.ends_with(|c: char| c.is_ascii_digit()) && t.contains("e-0")) {
            let last = out.pop();
            out.pop();
            out.extend(last);
        }
    } else {
        digits.plain(out);
    }
}

/// The integer that a float becomes on its way through JSON: `1.0` is written `1` and read back as an integer.
pub(super) fn through_json(float: f64) -> Number {
    if float.is_finite() && float.fract() == 0.0 && float.abs() < 1e21 {
        let mut text = String::new();
        write_json(float, &mut text);
        if let Ok(n) = text.parse::<i64>() {
            return Number::Int(n);
        }
        if let Ok(n) = text.parse::<u64>() {
            return Number::UInt(n);
        }
    }
    Number::Float(float)
}

/// Decimal digits.
pub(super) fn write_int(n: i64, out: &mut String) {
    if n < 0 {
        out.push('-');
    }
    write_uint(n.unsigned_abs(), out);
}

/// Decimal digits.
pub(super) fn write_uint(mut n: u64, out: &mut String) {
    let mut digits = [0u8; 20];
    let mut used = 0;
    for slot in digits.iter_mut().rev() {
        *slot = b'0' + u8::try_from(n % 10).unwrap_or(0);
        n /= 10;
        used += 1;
        if n == 0 {
            break;
        }
    }
    out.extend(digits.iter().skip(digits.len() - used).map(|d| char::from(*d)));
}
