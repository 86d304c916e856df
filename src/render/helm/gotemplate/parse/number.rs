//! Number and character constants: every type that a constant can be taken for, as Go's ideal constants work.

use super::super::ast::Number;
use super::super::quote::{Unquoted, quote, unquote_char};
use super::lex::Kind;

const INVALID: &str = "invalid syntax";
const COMPLEX: &str = "syntax error scanning complex number";

/// 2^63 and 2^64: the first floats that are no int64, and no uint64.
const TWO_63: f64 = 9_223_372_036_854_775_808.0;
const TWO_64: f64 = 18_446_744_073_709_551_616.0;

/// Reads a constant; the error is Go's.
pub(super) fn parse(pos: u32, text: &str, kind: Kind) -> Result<Number, String> {
    let mut number = Number {
        pos,
        text: text.into(),
        int: None,
        uint: None,
        float: None,
        character: kind == Kind::CharConstant,
        imaginary: kind == Kind::Complex,
    };
    match kind {
        Kind::CharConstant => character(&mut number, text)?,
        Kind::Complex => {
            let (real, imaginary) = scan_complex(text)?;
            if imaginary == 0.0 {
                take_float(&mut number, real);
            }
        }
        _ => real(&mut number, text)?,
    }
    Ok(number)
}

fn character(number: &mut Number, text: &str) -> Result<(), String> {
    let mut rest = text.get(1..).unwrap_or_default();
    let code = match unquote_char(&mut rest, '\'').ok_or(INVALID)? {
        Unquoted::Char(c) => u32::from(c),
        Unquoted::Byte(b) => u32::from(b),
    };
    if rest != "'" {
        return Err(format!("malformed character constant: {text}"));
    }
    (number.int, number.uint, number.float) = (Some(code.into()), Some(code.into()), Some(code.into()));
    Ok(())
}

fn real(number: &mut Number, text: &str) -> Result<(), String> {
    if let Some(f) = text.strip_suffix('i').and_then(|text| parse_float(text).ok()) {
        number.imaginary = true;
        if f == 0.0 {
            take_float(number, 0.0);
        }
        return Ok(());
    }
    number.uint = parse_uint(text);
    number.int = parse_int(text);
    match (number.int, number.uint) {
        #[expect(clippy::cast_precision_loss, reason = "Go promotes it so")]
        (Some(int), uint) => {
            number.float = Some(int as f64);
            // -0 is an unsigned integer, too.
            number.uint = uint.or((int == 0).then_some(0));
        }
        #[expect(clippy::cast_precision_loss, reason = "Go promotes it so")]
        (None, Some(uint)) => number.float = Some(uint as f64),
        (None, None) => match parse_float(text) {
            // What reads as a float but is written as an integer is too large for one.
            Ok(_) if !text.contains(['.', 'e', 'E', 'p', 'P']) => {
                return Err(format!("integer overflow: {}", quote(text)));
            }
            Ok(f) => take_float(number, f),
            Err(_) => return Err(format!("illegal number syntax: {}", quote(text))),
        },
    }
    Ok(())
}

/// Takes a float, and the integers that it is.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in range, and whole")]
fn take_float(number: &mut Number, f: f64) {
    let whole = f.trunc() == f;
    number.float = Some(f);
    number.int = (whole && (-TWO_63..TWO_63).contains(&f)).then_some(f as i64);
    number.uint = (whole && (0.0..TWO_64).contains(&f)).then_some(f as u64);
}

/// `strconv.ParseUint(text, 0, 64)`.
fn parse_uint(text: &str) -> Option<u64> {
    let bytes = text.as_bytes();
    let (radix, digits) = match bytes {
        [b'0', b'b' | b'B', _, ..] => (2, text.get(2..)?),
        [b'0', b'o' | b'O', _, ..] => (8, text.get(2..)?),
        [b'0', b'x' | b'X', _, ..] => (16, text.get(2..)?),
        [b'0', ..] => (8, text.get(1..)?),
        [] => return None,
        _ => (10, text),
    };
    if !underscores_separate_digits(text) {
        return None;
    }
    let mut value = 0u64;
    for c in digits.chars().filter(|c| *c != '_') {
        value = value.checked_mul(radix)?.checked_add(c.to_digit(u32::try_from(radix).ok()?)?.into())?;
    }
    Some(value)
}

/// `strconv.ParseInt(text, 0, 64)`.
fn parse_int(text: &str) -> Option<i64> {
    match text.strip_prefix('-') {
        Some(rest) => 0i64.checked_sub_unsigned(parse_uint(rest)?),
        None => parse_uint(text.strip_prefix('+').unwrap_or(text))?.try_into().ok(),
    }
}

/// `strconv.ParseFloat(text, 64)`; the error is what comes after Go's colon.
fn parse_float(text: &str) -> Result<f64, &'static str> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if !underscores_separate_digits(unsigned) {
        return Err(INVALID);
    }
    let plain = unsigned.replace('_', "");
    let magnitude = match plain.as_bytes() {
        [b'0', b'x' | b'X', _, ..] => hex_float(plain.get(2..).unwrap_or_default()).ok_or(INVALID)?,
        bytes if bytes.iter().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-')) => {
            if plain.starts_with(['+', '-']) {
                return Err(INVALID);
            }
            plain.parse().map_err(|_| INVALID)?
        }
        _ => return Err(INVALID),
    };
    if f64::is_infinite(magnitude) {
        return Err("value out of range");
    }
    Ok(if text.starts_with('-') { -magnitude } else { magnitude })
}

/// A hexadecimal float after its `0x`: digits with at most one point, and an exponent of two, which must be there.
fn hex_float(text: &str) -> Option<f64> {
    let (digits, exponent) = text.split_once(['p', 'P'])?;
    let exponent_digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    if exponent_digits.is_empty() || !exponent_digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let size = exponent_digits.parse::<i64>().unwrap_or(i64::MAX).min(100_000);
    let mut exponent = if exponent.starts_with('-') { -size } else { size };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.len() + fraction.len() == 0 {
        return None;
    }
    let mut mantissa = 0u64;
    for (i, c) in whole.chars().chain(fraction.chars()).enumerate() {
        let digit = u64::from(c.to_digit(16)?);
        if mantissa >> 60 == 0 {
            mantissa = mantissa << 4 | digit;
            exponent -= if i < whole.len() { 0 } else { 4 };
        } else {
            // Below the last bit that counts: it only breaks ties.
            mantissa |= u64::from(digit != 0);
            exponent += if i < whole.len() { 4 } else { 0 };
        }
    }
    Some(scale(mantissa, exponent))
}

/// `mantissa` × 2^`exponent`, rounded once, to even.
fn scale(mantissa: u64, exponent: i64) -> f64 {
    if mantissa == 0 {
        return 0.0;
    }
    let bits = 64 - i64::from(mantissa.leading_zeros());
    // The exponent of the last bit that the result has room for, subnormals included.
    let last = (exponent + bits - 53).max(-1074);
    let drop = last - exponent;
    let kept = match drop {
        ..=0 => mantissa,
        1..=64 => {
            let wide = u128::from(mantissa);
            let (kept, rest, half) = (wide >> drop, wide & ((1 << drop) - 1), 1u128 << (drop - 1));
            let up = rest > half || rest == half && kept & 1 == 1;
            u64::try_from(kept).unwrap_or(u64::MAX) + u64::from(up)
        }
        _ => 0,
    };
    #[expect(clippy::cast_precision_loss, reason = "at most 54 bits, the last of them zero")]
    let mut value = kept as f64;
    let mut left = if drop > 0 { last } else { exponent };
    while left != 0 && value != 0.0 && value.is_finite() {
        let step = left.clamp(-1000, 1000);
        value *= 2f64.powi(i32::try_from(step).unwrap_or(0));
        left -= step;
    }
    value
}

/// Underscores stand between digits alone, of which a prefix counts as one.
fn underscores_separate_digits(unsigned: &str) -> bool {
    if !unsigned.contains('_') {
        return true;
    }
    let lower = unsigned.to_ascii_lowercase();
    let (hex, digits, mut after_digit) = match lower.as_bytes() {
        [b'0', b'x', rest @ ..] => (true, rest, true),
        [b'0', b'b' | b'o', rest @ ..] => (false, rest, true),
        all => (false, all, false),
    };
    let mut after_underscore = false;
    for b in digits {
        let digit = b.is_ascii_digit() || hex && matches!(b, b'a'..=b'f');
        let underscore = *b == b'_';
        if underscore && !after_digit || after_underscore && !digit {
            return false;
        }
        (after_digit, after_underscore) = (digit, underscore);
    }
    !after_underscore
}

/// What an imaginary constant is: its real part, its imaginary part.
pub(in crate::render::helm::gotemplate) fn complex(text: &str) -> Option<(f64, f64)> {
    match text.strip_suffix('i').map(parse_float) {
        Some(Ok(imaginary)) => Some((0.0, imaginary)),
        _ => scan_complex(text).ok(),
    }
}

/// `fmt.Sscan` of a complex number: its real part, its imaginary part.
fn scan_complex(text: &str) -> Result<(f64, f64), String> {
    let mut scan = Scan { text, at: 0 };
    let real = scan.float();
    let sign = scan.at;
    if !scan.accept(b"+-") {
        return Err(COMPLEX.into());
    }
    scan.float();
    let imaginary = text.get(sign..scan.at).unwrap_or_default();
    if !scan.accept(b"i") {
        return Err(COMPLEX.into());
    }
    let convert = |text: &str| {
        parse_float(text).map_err(|problem| format!("strconv.ParseFloat: parsing {}: {problem}", quote(text)))
    };
    Ok((convert(real)?, convert(imaginary)?))
}

struct Scan<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Scan<'t> {
    fn accept(&mut self, valid: &[u8]) -> bool {
        let yes = self.text.as_bytes().get(self.at).is_some_and(|b| valid.contains(b));
        self.at += usize::from(yes);
        yes
    }

    fn accept_run(&mut self, valid: &[u8]) {
        while self.accept(valid) {}
    }

    /// Takes what may be a float. Go looks for `Inf` here and keeps what it took of it.
    fn float(&mut self) -> &'t str {
        let start = self.at;
        self.accept(b"+-");
        self.accept(b"i");
        let hex = self.accept(b"0") && self.accept(b"xX");
        let digits: &[u8] = if hex { b"0123456789aAbBcCdDeEfF_" } else { b"0123456789_" };
        self.accept_run(digits);
        if self.accept(b".") {
            self.accept_run(digits);
        }
        if self.accept(if hex { b"pP" } else { b"eEpP" }) {
            self.accept(b"+-");
            self.accept_run(b"0123456789_");
        }
        self.text.get(start..self.at).unwrap_or_default()
    }
}
