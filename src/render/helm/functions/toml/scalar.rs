//! TOML's numbers, booleans and dates.

use crate::render::helm::gotemplate::value::Value;
use crate::render::helm::sprig::dates::toml_time;

/// The value of a word that starts with this character.
pub(super) fn read(word: &str, first: char) -> Result<Value, String> {
    match word {
        "true" => return Ok(Value::Bool(true)),
        "false" => return Ok(Value::Bool(false)),
        _ => {}
    }
    let (sign, digits) = match first {
        '+' | '-' => word.split_at(1),
        _ => ("", word),
    };
    match digits {
        "inf" => return Ok(Value::Float(if sign == "-" { f64::NEG_INFINITY } else { f64::INFINITY })),
        "nan" => return Ok(Value::Float(f64::NAN)),
        _ => {}
    }
    if !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(format!("expected value but found {} instead", crate::go::quote(word)));
    }
    if is_date(word) {
        return toml_time(word).ok_or_else(|| format!("Invalid TOML Datetime: {}.", crate::go::quote(word)));
    }
    let invalid = |kind: &str, why: &str| Err(format!("Invalid {kind} {}: {why}", crate::go::quote(word)));
    let bytes = digits.as_bytes();
    let between = |i: usize| {
        let digit = |b: Option<&u8>| b.is_some_and(u8::is_ascii_hexdigit);
        digit(i.checked_sub(1).and_then(|i| bytes.get(i))) && digit(bytes.get(i + 1))
    };
    if bytes.iter().enumerate().any(|(i, b)| *b == b'_' && !between(i)) {
        return invalid(
            if digits.contains('.') { "float" } else { "integer" },
            "underscores must be surrounded by digits",
        );
    }
    let plain = digits.replace('_', "");
    let radix = match plain.get(..2) {
        Some("0x") => 16,
        Some("0o") => 8,
        Some("0b") => 2,
        _ => 10,
    };
    if radix == 10 && plain.contains(['.', 'e', 'E']) {
        return float(sign, &plain, invalid);
    }
    if radix == 10 && plain.len() > 1 && plain.starts_with('0') {
        return invalid("integer", "cannot have leading zeroes");
    }
    let body = if radix == 10 { plain.as_str() } else { plain.get(2..).unwrap_or_default() };
    if !body.chars().all(|c| c.is_digit(radix)) || body.is_empty() {
        return Err(format!("expected value but found {} instead", crate::go::quote(word)));
    }
    match i64::from_str_radix(&format!("{}{body}", if sign == "-" { "-" } else { "" }), radix) {
        Ok(n) => Ok(Value::int64(n)),
        Err(_) => Err(format!("{word} is out of range for int64")),
    }
}

fn float(sign: &str, plain: &str, invalid: impl Fn(&str, &str) -> Result<Value, String>) -> Result<Value, String> {
    let (mantissa, exponent) = plain.split_once(['e', 'E']).map_or((plain, None), |(m, e)| (m, Some(e)));
    let (whole, fraction) = mantissa.split_once('.').map_or((mantissa, None), |(w, f)| (w, Some(f)));
    if whole.len() > 1 && whole.starts_with('0') {
        return invalid("float", "cannot have leading zeroes");
    }
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if fraction.is_some_and(|f| !digits(f)) {
        return invalid("float", "'.' must be followed by one or more digits");
    }
    if !digits(whole) || exponent.is_some_and(|e| !digits(e.strip_prefix(['+', '-']).unwrap_or(e))) {
        return invalid("float", "exponent must be followed by one or more digits");
    }
    match format!("{sign}{plain}").parse::<f64>() {
        Ok(f) if f.is_finite() => Ok(Value::Float(f)),
        _ => Err(format!("{sign}{plain} is out of range for float64")),
    }
}

/// Whether a word has the form of a date or a time of day.
fn is_date(word: &str) -> bool {
    matches!(word.as_bytes(), [_, _, _, _, b'-', _, _, b'-', ..] | [_, _, b':', ..])
}
