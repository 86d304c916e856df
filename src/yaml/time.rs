//! The timestamps that go-yaml recognises (`parseTimestamp` in resolve.go), by the rules of Go's `time.Parse`.

/// A timestamp as written.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Timestamp {
    date: (u32, u32, u32),
    clock: (u32, u32, u32),
    nanoseconds: u32,
    /// Minutes east of UTC.
    offset: i32,
}

/// Reads forward through a text.
struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    /// One or two digits.
    fn short(&mut self) -> Option<u32> {
        let (n, len) = match self.0 {
            [a @ b'0'..=b'9', b @ b'0'..=b'9', ..] => (u32::from(a - b'0') * 10 + u32::from(b - b'0'), 2),
            [a @ b'0'..=b'9', ..] => (u32::from(a - b'0'), 1),
            _ => return None,
        };
        self.0 = self.0.get(len..)?;
        Some(n)
    }

    fn literal(&mut self, byte: u8) -> Option<()> {
        let (first, rest) = self.0.split_first()?;
        (*first == byte).then_some(())?;
        self.0 = rest;
        Some(())
    }

    /// `.` or `,` and digits, if there: nanoseconds. More than nine digits are cut.
    fn fraction(&mut self) -> u32 {
        if !matches!(self.0, [b'.' | b',', b'0'..=b'9', ..]) {
            return 0;
        }
        let rest = self.0.get(1..).unwrap_or_default();
        let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        self.0 = rest.get(digits..).unwrap_or_default();
        let nine = rest.iter().take(digits).copied().chain(std::iter::repeat(b'0')).take(9);
        nine.fold(0, |n, b| n * 10 + u32::from(b - b'0'))
    }
}

impl Timestamp {
    /// The timestamp that a plain scalar is; none if it is something else.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let digits = bytes.iter().take_while(|b| b.is_ascii_digit()).count();
        if digits != 4 || bytes.get(4) != Some(&b'-') {
            return None;
        }
        let year = text.get(..4)?.parse().ok()?;
        let mut cursor = Cursor(bytes.get(5..)?);
        let month = cursor.short()?;
        cursor.literal(b'-')?;
        let day = cursor.short()?;
        if !(1..=12).contains(&month) || day < 1 || day > days_in(year, month) {
            return None;
        }
        let mut stamp = Self { date: (year, month, day), clock: (0, 0, 0), nanoseconds: 0, offset: 0 };
        let zoned = match cursor.0.first() {
            None => return Some(stamp),
            Some(b'T' | b't') => true,
            Some(b' ') => false,
            Some(_) => return None,
        };
        cursor.0 = cursor.0.get(1..)?;
        let hour = cursor.short()?;
        cursor.literal(b':')?;
        let minute = cursor.short()?;
        cursor.literal(b':')?;
        let second = cursor.short()?;
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        stamp.clock = (hour, minute, second);
        stamp.nanoseconds = cursor.fraction();
        if zoned {
            stamp.offset = zone(cursor.0)?;
        } else if !cursor.0.is_empty() {
            return None;
        }
        Some(stamp)
    }

    /// As Go's JSON encoder writes a time (RFC 3339 with as many fractional digits as needed).
    pub fn rfc3339(&self) -> String {
        let ((year, month, day), (hour, minute, second)) = (self.date, self.clock);
        let mut text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}");
        if self.nanoseconds > 0 {
            let fraction = format!(".{:09}", self.nanoseconds);
            text.push_str(fraction.trim_end_matches('0'));
        }
        if self.offset == 0 {
            text.push('Z');
        } else {
            let sign = if self.offset < 0 { '-' } else { '+' };
            let minutes = self.offset.abs();
            text.push_str(&format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60));
        }
        text
    }
}

/// `Z` or `±hh:mm`.
fn zone(bytes: &[u8]) -> Option<i32> {
    let (sign, rest) = match bytes {
        [b'Z'] => return Some(0),
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let [h1, h2, b':', m1, m2] = rest else { return None };
    let two = |a: &u8, b: &u8| {
        (a.is_ascii_digit() && b.is_ascii_digit()).then(|| i32::from(a - b'0') * 10 + i32::from(b - b'0'))
    };
    let (hours, minutes) = (two(h1, h2)?, two(m1, m2)?);
    (hours <= 24 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

fn days_in(year: u32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    }
}
