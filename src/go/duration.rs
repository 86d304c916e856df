//! `time.ParseDuration`.

/// `time.ParseDuration`: nanoseconds.
///
/// # Errors
/// Go's text.
pub fn parse_duration(text: &str) -> Result<i64, String> {
    let invalid = |what: &str| format!("time: {what} {}", quote(text.as_bytes()));
    let (negative, mut rest) = match text.as_bytes().first() {
        Some(b'-') => (true, text.get(1..).unwrap_or_default()),
        Some(b'+') => (false, text.get(1..).unwrap_or_default()),
        _ => (false, text),
    };
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid("invalid duration"));
    }
    const MAX: u64 = 1 << 63;
    let mut total = 0u64;
    while !rest.is_empty() {
        let whole = digits(rest);
        rest = rest.get(whole.len()..).unwrap_or_default();
        let mut fraction = "";
        let point = rest.strip_prefix('.');
        if let Some(after) = point {
            fraction = digits(after);
            rest = after.get(fraction.len()..).unwrap_or_default();
        }
        let number = if whole.is_empty() { Some(0) } else { whole.parse::<u64>().ok().filter(|n| *n <= MAX) };
        let Some(number) = number.filter(|_| !(whole.is_empty() && fraction.is_empty())) else {
            return Err(invalid("invalid duration"));
        };
        let end = rest.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(rest.len());
        let (unit, after) = rest.split_at(end);
        rest = after;
        let nanoseconds: u64 = match unit {
            "" => return Err(invalid("missing unit in duration")),
            "ns" => 1,
            "us" | "\u{b5}s" | "\u{3bc}s" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return Err(invalid(&format!("unknown unit {} in duration", quote(unit.as_bytes())))),
        };
        let added = number.checked_mul(nanoseconds).filter(|n| *n <= MAX).map(|n| n + part(fraction, nanoseconds));
        total = match added.and_then(|n| total.checked_add(n)) {
            Some(sum @ ..=MAX) => sum,
            _ => return Err(invalid("invalid duration")),
        };
    }
    match i64::try_from(total) {
        Ok(n) => Ok(if negative { -n } else { n }),
        Err(_) if negative => Ok(i64::MIN),
        Err(_) => Err(invalid("invalid duration")),
    }
}

fn digits(text: &str) -> &str {
    let len = text.bytes().take_while(u8::is_ascii_digit).count();
    text.get(..len).unwrap_or_default()
}

/// The part of a unit that digits after a point stand for; those that no 63 bits hold don't count.
fn part(fraction: &str, unit: u64) -> u64 {
    let (mut value, mut scale) = (0u64, 1f64);
    for digit in fraction.bytes() {
        match value.checked_mul(10).and_then(|v| v.checked_add(u64::from(digit - b'0'))) {
            Some(next) if next <= 1 << 63 => (value, scale) = (next, scale * 10.0),
            _ => break,
        }
    }
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "as in Go"
    )]
    let part = (value as f64 * (unit as f64 / scale)) as u64;
    part
}

/// How package time quotes: what isn't ASCII goes byte by byte.
pub fn quote(text: &[u8]) -> String {
    let mut out = String::from("\"");
    for byte in text {
        match byte {
            b'"' | b'\\' => out.extend(['\\', char::from(*byte)]),
            b' '..=0x7F => out.push(char::from(*byte)),
            _ => out.push_str(&format!("\\x{byte:02x}")),
        }
    }
    out.push('"');
    out
}
