//! Conversions that functions share: spf13/cast 1.7 as sprig 3.3 calls it, and sprig's `strval`.
//!
//! They never fail: what can't be converted is zero. Only showing a value can, when it is endless.

use std::borrow::Cow;

use super::call::Fault;
use super::format;
use super::value::{Body, IntType, Value};

/// `cast.ToInt64`, which on 64 bits is `cast.ToInt` too: floats are cut, true is 1, strings are read as Go writes integers
/// (`0x1F`, `0b1`, `017`, `1_000`; a fraction of zeros is left out), and anything else is 0.
pub fn to_int64(value: &Value) -> i64 {
    match value {
        Value::Bool(b) => i64::from(*b),
        Value::Int(n, _) => *n,
        Value::Float(f) => float_to_int64(*f),
        Value::Str(text) => parse_int(without_zero_fraction(text), 0).unwrap_or(0),
        Value::Object(object) if matches!(object.type_name(), "time.Month" | "time.Weekday") => match object.body() {
            Body::Plain(Value::Int(n, _)) => n,
            _ => 0,
        },
        Value::Nil | Value::NoValue | Value::Raw(_) | Value::Map(_) | Value::List(_) | Value::Object(_) => 0,
    }
}

/// `cast.ToFloat64`: integers, true as 1, strings as `strconv.ParseFloat` reads them, and anything else is 0.
pub fn to_float64(value: &Value) -> f64 {
    match value {
        Value::Float(f) => *f,
        Value::Int(n, IntType::Uint64) => n.cast_unsigned() as f64,
        Value::Str(text) => parse_float(text).unwrap_or(0.0),
        other => to_int64(other) as f64,
    }
}

/// sprig's `strval`: a string, bytes and what has a text of its own as they are, the rest as `%v`.
pub fn strval(value: &Value) -> Result<Cow<'_, [u8]>, Fault> {
    if let Some(bytes) = value.as_bytes() {
        return Ok(Cow::Borrowed(bytes));
    }
    if let Some(bytes) = value.as_list().and_then(|list| list.as_byte_slice()) {
        return Ok(bytes);
    }
    format::show(value).map(Cow::Owned)
}

/// Go's `int64(f)` on amd64: the fraction is cut; what doesn't fit, and NaN, is the lowest number.
pub fn float_to_int64(f: f64) -> i64 {
    // 2^63 has an exact float; the highest int64 has none.
    if (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&f) { f as i64 } else { i64::MIN }
}

/// `strconv.ParseInt(text, base, 64)` for base 0 (Go's prefixes and underscores) or 2 to 36; none for any error.
pub fn parse_int(text: &str, base: u32) -> Option<i64> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, text.get(1..)?),
        b'+' => (false, text.get(1..)?),
        _ => (false, text),
    };
    let magnitude = parse_uint(digits, base)?;
    if negative { 0i64.checked_sub_unsigned(magnitude) } else { i64::try_from(magnitude).ok() }
}

/// `strconv.ParseUint(text, base, 64)`; none for any error.
pub fn parse_uint(text: &str, base: u32) -> Option<u64> {
    let lower = text.get(..2).unwrap_or_default().to_ascii_lowercase();
    let (radix, digits) = match (base, lower.as_str()) {
        (0, "0x") => (16, text.get(2..)?),
        (0, "0b") => (2, text.get(2..)?),
        (0, "0o") => (8, text.get(2..)?),
        (0, _) if text.len() > 1 && text.starts_with('0') => (8, text.get(1..)?),
        (0, _) => (10, text),
        _ => (base, text),
    };
    if digits.is_empty() || !(2..=36).contains(&radix) {
        return None;
    }
    let mut n = 0u64;
    // After a prefix an underscore may come first, for it stands between the prefix and a digit.
    let mut after_digit = base == 0 && radix != 10;
    for c in digits.chars() {
        if c == '_' && base == 0 && after_digit {
            after_digit = false;
            continue;
        }
        let digit = c.to_digit(radix)?;
        n = n.checked_mul(u64::from(radix))?.checked_add(u64::from(digit))?;
        after_digit = true;
    }
    after_digit.then_some(n)
}

/// `strconv.ParseFloat(text, 64)`; none for any error, which a number too large is.
pub fn parse_float(text: &str) -> Option<f64> {
    let (sign, unsigned) = match text.as_bytes().first()? {
        b'-' => (-1.0, text.get(1..)?),
        b'+' => (1.0, text.get(1..)?),
        _ => (1.0, text),
    };
    let lower = without_underscores(&unsigned.to_ascii_lowercase())?;
    match lower.as_str() {
        "inf" | "infinity" => return Some(sign * f64::INFINITY),
        "nan" => return (unsigned.len() == text.len()).then_some(f64::NAN),
        _ => {}
    }
    let magnitude = match lower.strip_prefix("0x") {
        Some(hexadecimal) => parse_hex_float(hexadecimal)?,
        None if lower.starts_with(|c: char| c.is_ascii_digit() || c == '.') => lower.parse::<f64>().ok()?,
        None => return None,
    };
    magnitude.is_finite().then_some(sign * magnitude)
}

/// A float without its underscores: they stand between digits, or after the prefix `0x`.
fn without_underscores(text: &str) -> Option<String> {
    let hexadecimal = text.starts_with("0x");
    let digit = |at: usize| {
        let byte = text.as_bytes().get(at);
        byte.is_some_and(|b| if hexadecimal { b.is_ascii_hexdigit() } else { b.is_ascii_digit() })
    };
    let fits = |at: usize| (hexadecimal && at == 2 || at > 0 && digit(at - 1)) && digit(at + 1);
    text.match_indices('_').all(|(at, _)| fits(at)).then(|| text.replace('_', ""))
}

/// What follows the `0x` of a hexadecimal float, in lower case: `1.8p3`. The exponent may not be left out.
fn parse_hex_float(text: &str) -> Option<f64> {
    let (digits, exponent) = text.split_once('p')?;
    let exponent_digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    if exponent_digits.is_empty() || !exponent_digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    // Beyond this the number is zero or too large whatever its digits are.
    let exponent: i64 = exponent
        .parse()
        .map_or(if exponent.starts_with('-') { -100_000 } else { 100_000 }, |e: i64| e.clamp(-100_000, 100_000));
    let (mut mantissa, mut scale, mut any, mut after_point) = (0u64, exponent, false, false);
    for c in digits.chars() {
        if c == '.' && !after_point {
            after_point = true;
            continue;
        }
        let digit = u64::from(c.to_digit(16)?);
        any = true;
        if mantissa >> 58 == 0 {
            mantissa = mantissa << 4 | digit;
            scale -= i64::from(after_point) * 4;
        } else {
            // Too small to count but for rounding: keep that there was something.
            mantissa |= u64::from(digit != 0);
            scale += i64::from(!after_point) * 4;
        }
    }
    any.then(|| scaled(mantissa, scale))
}

/// `mantissa * 2^exponent`, rounded once, half to even.
fn scaled(mantissa: u64, exponent: i64) -> f64 {
    if mantissa == 0 {
        return 0.0;
    }
    let bits = 64 - i64::from(mantissa.leading_zeros());
    // The exponent of the lowest bit that a float of this size has.
    let lowest = (exponent + bits - 53).max(-1074);
    let drop = lowest - exponent;
    let kept = if drop <= 0 {
        mantissa.checked_shl(u32::try_from(-drop).unwrap_or(64)).unwrap_or(0)
    } else if drop > 64 {
        0
    } else {
        let wide = u128::from(mantissa);
        let (kept, rest) = (wide >> drop, wide & ((1 << drop) - 1));
        let half = 1u128 << (drop - 1);
        let up = rest > half || rest == half && kept & 1 == 1;
        u64::try_from(kept).unwrap_or(0) + u64::from(up)
    };
    // Two exact steps: a power of two may itself be out of range.
    let lowest = i32::try_from(lowest).unwrap_or(i32::MAX);
    let first = lowest.clamp(-1000, 900);
    kept as f64 * 2f64.powi(first) * 2f64.powi((lowest - first).min(1000))
}

/// `10.00` as `10`; what isn't followed by nothing but zeros stays.
fn without_zero_fraction(text: &str) -> &str {
    match text.trim_end_matches('0').strip_suffix('.') {
        Some(whole) if text.ends_with('0') => whole,
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn int(text: &str) -> i64 {
        to_int64(&Value::from(text))
    }

    fn float(text: &str) -> f64 {
        to_float64(&Value::from(text))
    }

    #[test]
    fn strings_to_integers() {
        for (text, n) in [
            ("", 0),
            ("12", 12),
            ("-12", -12),
            ("+5", 5),
            ("08", 0),
            ("010", 8),
            ("00", 0),
            ("0", 0),
            ("0x1F", 31),
            ("0X_1f", 31),
            ("0b101", 5),
            ("0o17", 15),
            ("0_7", 7),
            ("1_000", 1000),
            ("1__000", 0),
            ("_1", 0),
            ("1_", 0),
            ("0x", 0),
            ("0x_", 0),
            ("10.00", 10),
            ("10.", 0),
            ("10.50", 0),
            ("1.0.0", 0),
            (".0", 0),
            ("100", 100),
            ("1e3", 0),
            (" 1", 0),
            ("9223372036854775807", i64::MAX),
            ("9223372036854775808", 0),
            ("-9223372036854775808", i64::MIN),
            ("--1", 0),
        ] {
            assert_eq!(int(text), n, "{text:?}");
        }
    }

    #[test]
    fn strings_to_floats() {
        for (text, f) in [
            ("1.5", 1.5),
            (".5", 0.5),
            ("5.", 5.0),
            ("-1e3", -1000.0),
            ("1e400", 0.0),
            ("1e-400", 0.0),
            ("+Inf", f64::INFINITY),
            ("-infinity", f64::NEG_INFINITY),
            ("0x1p-2", 0.25),
            ("0x1.8p1", 3.0),
            ("0x_1p0", 1.0),
            ("0x1", 0.0),
            ("0x1p-1074", 5e-324),
            ("0x1.fffffffffffffp1023", f64::MAX),
            ("0x1.fffffffffffff8p1023", 0.0),
            ("0x1.00000000000008p0", 1.0),
            ("0x1.000000000000080001p0", 1.000_000_000_000_000_2),
            ("0x.p1", 0.0),
            ("1_0", 10.0),
            ("1_0.5_0", 10.5),
            ("1__0", 0.0),
            ("1_", 0.0),
            ("_1", 0.0),
            ("1_.5", 0.0),
            ("1._5", 0.0),
            (".5_0", 0.5),
            ("1e1_0", 1e10),
            ("1_e3", 0.0),
            ("0x1_p0", 0.0),
            ("0x1p1_0", 1024.0),
            ("0x1_8.0p0", 24.0),
            ("0_x1p0", 0.0),
            ("inf_", 0.0),
            ("0b1", 0.0),
            ("", 0.0),
            ("x", 0.0),
            ("+nan", 0.0),
        ] {
            assert_eq!(float(text).to_bits(), f.to_bits(), "{text:?} is {}", float(text));
        }
        assert!(float("NaN").is_nan());
    }

    #[test]
    fn other_values() {
        assert_eq!(to_int64(&Value::Float(-1.9)), -1);
        assert_eq!(to_int64(&Value::Float(1e19)), i64::MIN);
        assert_eq!(to_int64(&Value::Float(f64::NAN)), i64::MIN);
        assert_eq!(to_int64(&Value::Bool(true)), 1);
        assert_eq!(to_int64(&Value::Nil), 0);
        assert_eq!(to_float64(&Value::Int(-1, IntType::Uint64)), 18_446_744_073_709_551_615.0);
        assert_eq!(strval(&Value::Float(8080.0)).unwrap(), b"8080".as_slice());
        assert_eq!(strval(&Value::Nil).unwrap(), b"<nil>".as_slice());
    }
}
