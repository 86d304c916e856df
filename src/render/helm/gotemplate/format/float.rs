//! Floats as strconv writes them: shortest, or to a precision, rounded once, half to even.

use std::io::Write as _;

/// More digits than any float has before they are all zeros, on either side of the point.
const MAX_DIGITS: usize = 1100;

/// From this many digits on, two of the shortest may be equally near.
const MAY_TIE: usize = 14;

/// `%v`: the shortest digits that read back as the same number; below 1e-4 and from 1e+06 on with an exponent.
pub fn push_float(out: &mut Vec<u8>, f: f64) {
    let size = f.abs();
    if (1e-4..1e6).contains(&size) {
        // Where `%v` has no exponent, Rust shows the same digits. Ports and counts come by here.
        let whole = f as i32;
        if f64::from(whole) == f {
            push_int(out, whole.unsigned_abs().into(), whole < 0);
        } else {
            let start = out.len();
            write(out, format_args!("{f}"));
            if out.len() - start > MAY_TIE {
                out.truncate(start);
                push(out, f, b'g', None);
            }
        }
    } else {
        push(out, f, b'g', None);
    }
}

/// An integer in decimal.
pub fn push_int(out: &mut Vec<u8>, mut size: u64, negative: bool) {
    let mut digits = [0u8; 20];
    let mut at = digits.len();
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (size % 10) as u8;
        size /= 10;
        at -= 1;
        if size == 0 {
            break;
        }
    }
    if negative {
        out.push(b'-');
    }
    out.extend_from_slice(digits.get(at..).unwrap_or_default());
}

/// `strconv.AppendFloat` for 64 bits: `verb` is one of `beEfgGxX`; no precision means as few digits as tell the number apart.
pub fn push(out: &mut Vec<u8>, f: f64, verb: u8, precision: Option<usize>) {
    if f.is_nan() {
        return out.extend_from_slice(b"NaN");
    }
    if f.is_infinite() {
        return out.extend_from_slice(if f > 0.0 { b"+Inf" } else { b"-Inf" });
    }
    if f.is_sign_negative() {
        out.push(b'-');
    }
    let size = f.abs();
    match verb {
        b'b' => binary(out, size),
        b'x' | b'X' => hexadecimal(out, size, precision, verb == b'X'),
        b'f' => match precision {
            None => {
                let start = out.len();
                write(out, format_args!("{size}"));
                if out.len() - start > MAY_TIE && size.fract() != 0.0 {
                    // Below 2^53 only, where a float has at most 17 digits.
                    out.truncate(start);
                    Digits::shortest(size).positional(out);
                }
            }
            Some(places) => {
                let exact = places.min(MAX_DIGITS);
                write(out, format_args!("{size:.exact$}"));
                out.resize(out.len() + places - exact, b'0');
            }
        },
        b'e' | b'E' => match precision {
            None => Digits::shortest(size).exponential(out, None, verb),
            Some(places) => Digits::rounded(size, places + 1).exponential(out, Some(places), verb),
        },
        _ => general(out, size, verb, precision),
    }
}

/// `%g` and `%G`: with an exponent when it is below -4, or not below the precision (six where none is given).
fn general(out: &mut Vec<u8>, size: f64, verb: u8, precision: Option<usize>) {
    let mut digits = match precision {
        None => Digits::shortest(size),
        Some(precision) => Digits::rounded(size, precision.max(1)),
    };
    digits.trim();
    let count = i64::try_from(digits.text.len()).unwrap_or(i64::MAX);
    let limit = match precision {
        None => 6,
        // A whole number is written out as far as its own digits go.
        Some(precision) => {
            let precision = i64::try_from(precision.max(1)).unwrap_or(i64::MAX);
            if precision > count && count > digits.exponent { count } else { precision }
        }
    };
    if size != 0.0 && (digits.exponent < -4 || digits.exponent >= limit) {
        digits.exponential(out, None, if verb == b'G' { b'E' } else { b'e' });
    } else {
        digits.positional(out);
    }
}

/// Significant digits, the first of which counts `10^exponent`.
struct Digits {
    text: Vec<u8>,
    exponent: i64,
}

impl Digits {
    /// As few as read back as the number. Rust rounds up where two are equally near, Go to an even digit.
    fn shortest(size: f64) -> Self {
        let text = format!("{size:e}");
        let digits = Self::read(&text);
        if digits.text.len() >= MAY_TIE {
            let after = digits.text.len() - 1;
            let nearest = format!("{size:.after$e}");
            if nearest != text && nearest.parse() == Ok(size) {
                return Self::read(&nearest);
            }
        }
        digits
    }

    fn rounded(size: f64, count: usize) -> Self {
        let after = count.saturating_sub(1).min(MAX_DIGITS);
        Self::read(&format!("{size:.after$e}"))
    }

    /// Rust's form: `1.25e-7`.
    fn read(text: &str) -> Self {
        let (digits, exponent) = text.split_once('e').unwrap_or((text, "0"));
        Self {
            text: digits.bytes().filter(u8::is_ascii_digit).collect(),
            exponent: exponent.parse().unwrap_or_default(),
        }
    }

    /// Leaves out zeros at the end, but not the only digit.
    fn trim(&mut self) {
        while self.text.len() > 1 && self.text.last() == Some(&b'0') {
            self.text.pop();
        }
    }

    /// `d.ddde±dd`, filled with zeros up to as many places.
    fn exponential(&self, out: &mut Vec<u8>, places: Option<usize>, letter: u8) {
        let (first, rest) = self.text.split_first().unwrap_or((&b'0', &[]));
        let places = places.unwrap_or(rest.len());
        out.push(*first);
        if places > 0 {
            out.push(b'.');
            out.extend_from_slice(rest);
            out.resize(out.len() + places.saturating_sub(rest.len()), b'0');
        }
        out.push(letter);
        write(out, format_args!("{}{:02}", if self.exponent < 0 { '-' } else { '+' }, self.exponent.abs()));
    }

    /// `ddd.ddd`, with zeros between the digits and the point.
    fn positional(&self, out: &mut Vec<u8>) {
        let Ok(whole) = usize::try_from(self.exponent + 1) else {
            out.extend_from_slice(b"0.");
            let zeros = usize::try_from(-self.exponent - 1).unwrap_or(0);
            out.resize(out.len() + zeros, b'0');
            return out.extend_from_slice(&self.text);
        };
        if whole == 0 {
            out.extend_from_slice(b"0.");
            return out.extend_from_slice(&self.text);
        }
        let (before, after) = self.text.split_at(whole.min(self.text.len()));
        out.extend_from_slice(before);
        out.resize(out.len() + whole - before.len(), b'0');
        if !after.is_empty() {
            out.push(b'.');
            out.extend_from_slice(after);
        }
    }
}

/// The mantissa as an integer, and the exponent of two that it is multiplied by. Zero has the exponent of the smallest.
fn parts(size: f64) -> (u64, i64) {
    let bits = size.to_bits();
    let (mantissa, exponent) = (bits & ((1 << 52) - 1), (bits >> 52 & 0x7ff) as i64);
    if exponent == 0 { (mantissa, -1074) } else { (mantissa | 1 << 52, exponent - 1075) }
}

/// `ddddp±ddd`.
fn binary(out: &mut Vec<u8>, size: f64) {
    let (mantissa, exponent) = parts(size);
    write(out, format_args!("{mantissa}p{exponent:+}"));
}

/// `0x1.dddp±dd`.
fn hexadecimal(out: &mut Vec<u8>, size: f64, precision: Option<usize>, upper: bool) {
    let (mut mantissa, mut exponent) = parts(size);
    // The leading one goes to bit 60: fifteen hexadecimal digits follow it.
    if mantissa == 0 {
        exponent = 0;
    } else {
        let shift = mantissa.leading_zeros().saturating_sub(3);
        mantissa <<= shift;
        exponent += 60 - i64::from(shift);
    }
    if let Some(places @ 0..15) = precision {
        let drop = 60 - 4 * places;
        let (kept, rest, half) = (mantissa >> drop, mantissa & ((1 << drop) - 1), 1u64 << (drop - 1));
        let up = rest > half || rest == half && kept & 1 == 1;
        mantissa = (kept + u64::from(up)) << drop;
        if mantissa >> 61 != 0 {
            mantissa >>= 1;
            exponent += 1;
        }
    }
    let mut digits = format!("{:015x}", mantissa & ((1 << 60) - 1));
    match precision {
        None => digits.truncate(digits.trim_end_matches('0').len()),
        Some(places) if places <= digits.len() => digits.truncate(places),
        Some(places) => digits.extend(std::iter::repeat_n('0', places - digits.len())),
    }
    let point = if digits.is_empty() { "" } else { "." };
    let sign = if exponent < 0 { '-' } else { '+' };
    let text = format!("0x{}{point}{digits}p{sign}{:02}", mantissa >> 60, exponent.abs());
    out.extend(text.bytes().map(|b| if upper { b.to_ascii_uppercase() } else { b }));
}

fn write(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    // A Vec takes everything.
    let _ = out.write_fmt(text);
}
