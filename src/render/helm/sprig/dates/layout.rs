//! Go's layouts: the reference time `Mon Jan 2 15:04:05 MST 2006`, in whatever form a time shall have.

use super::clock::Instant;

/// A part of a layout that stands for a part of a time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Element {
    LongMonth,
    Month,
    NumMonth,
    ZeroMonth,
    LongWeekday,
    Weekday,
    Day,
    UnderDay,
    ZeroDay,
    UnderYearDay,
    ZeroYearDay,
    Hour,
    Hour12,
    ZeroHour12,
    Minute,
    ZeroMinute,
    Second,
    ZeroSecond,
    LongYear,
    Year,
    UpperPm,
    LowerPm,
    Zone,
    Offset(Offset),
    /// Digits, the character before them, and whether zeros at the end go.
    Fraction(usize, u8, bool),
}

/// How an offset from UTC is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Offset {
    /// `Z` for none.
    pub iso: bool,
    pub colons: bool,
    pub minutes: bool,
    pub seconds: bool,
}

pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

pub(super) const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// The first element of a layout: how many bytes stand before it, and how long it is.
pub(super) fn next(layout: &[u8]) -> Option<(usize, Element, usize)> {
    (0..layout.len()).find_map(|at| {
        let rest = layout.get(at..)?;
        // A `_` before a year is only itself.
        if rest.starts_with(b"_2006") {
            return Some((at + 1, Element::LongYear, 4));
        }
        let (element, len) = element(rest)?;
        Some((at, element, len))
    })
}

fn element(rest: &[u8]) -> Option<(Element, usize)> {
    use Element::*;
    let lower = |at: usize| rest.get(at).is_some_and(u8::is_ascii_lowercase);
    let offset =
        |colons, minutes, seconds| Offset(super::layout::Offset { iso: rest[0] == b'Z', colons, minutes, seconds });
    let found = match rest.first()? {
        b'J' if rest.starts_with(b"January") => (LongMonth, 7),
        b'J' if rest.starts_with(b"Jan") && !lower(3) => (Month, 3),
        b'M' if rest.starts_with(b"Monday") => (LongWeekday, 6),
        b'M' if rest.starts_with(b"Mon") && !lower(3) => (Weekday, 3),
        b'M' if rest.starts_with(b"MST") => (Zone, 3),
        b'0' => match rest.get(1)? {
            b'1' => (ZeroMonth, 2),
            b'2' => (ZeroDay, 2),
            b'3' => (ZeroHour12, 2),
            b'4' => (ZeroMinute, 2),
            b'5' => (ZeroSecond, 2),
            b'6' => (Year, 2),
            b'0' if rest.get(2) == Some(&b'2') => (ZeroYearDay, 3),
            _ => return None,
        },
        b'1' if rest.get(1) == Some(&b'5') => (Hour, 2),
        b'1' => (NumMonth, 1),
        b'2' if rest.starts_with(b"2006") => (LongYear, 4),
        b'2' => (Day, 1),
        b'_' if rest.starts_with(b"_2") => (UnderDay, 2),
        b'_' if rest.starts_with(b"__2") => (UnderYearDay, 3),
        b'3' => (Hour12, 1),
        b'4' => (Minute, 1),
        b'5' => (Second, 1),
        b'P' if rest.starts_with(b"PM") => (UpperPm, 2),
        b'p' if rest.starts_with(b"pm") => (LowerPm, 2),
        b'-' | b'Z' => {
            let digits = rest.get(1..).unwrap_or_default();
            if digits.starts_with(b"070000") {
                (offset(false, true, true), 7)
            } else if digits.starts_with(b"07:00:00") {
                (offset(true, true, true), 9)
            } else if digits.starts_with(b"0700") {
                (offset(false, true, false), 5)
            } else if digits.starts_with(b"07:00") {
                (offset(true, true, false), 6)
            } else if digits.starts_with(b"07") {
                (offset(false, false, false), 3)
            } else {
                return None;
            }
        }
        separator @ (b'.' | b',') => {
            let digit = *rest.get(1).filter(|b| matches!(b, b'0' | b'9'))?;
            let len = rest.iter().skip(1).take_while(|b| **b == digit).count();
            if rest.get(len + 1).is_some_and(u8::is_ascii_digit) {
                return None;
            }
            (Fraction(len, *separator, digit == b'9'), len + 1)
        }
        _ => return None,
    };
    Some(found)
}

/// A time in a layout.
pub(super) fn format(at: &Instant, layout: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(layout.len() + 10);
    let mut rest = layout;
    while let Some((before, element, len)) = next(rest) {
        out.extend_from_slice(rest.get(..before).unwrap_or_default());
        out.extend_from_slice(show(at, element).as_bytes());
        rest = rest.get(before + len..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
    out
}

/// A time in RFC 3339, with as many digits as it needs.
pub(super) fn rfc3339(at: &Instant) -> String {
    String::from_utf8_lossy(&format(at, b"2006-01-02T15:04:05.999999999Z07:00")).into_owned()
}

fn show(at: &Instant, element: Element) -> String {
    use Element::*;
    let civil = at.civil();
    let month = MONTHS.get(civil.month.saturating_sub(1) as usize).copied().unwrap_or_default();
    let weekday = WEEKDAYS.get(at.weekday()).copied().unwrap_or_default();
    let short = |name: &str| name.get(..3).unwrap_or_default().to_owned();
    let hour12 = if civil.hour.is_multiple_of(12) { 12 } else { civil.hour % 12 };
    match element {
        LongMonth => month.to_owned(),
        Month => short(month),
        NumMonth => civil.month.to_string(),
        ZeroMonth => format!("{:02}", civil.month),
        LongWeekday => weekday.to_owned(),
        Weekday => short(weekday),
        Day => civil.day.to_string(),
        UnderDay => format!("{:2}", civil.day),
        ZeroDay => format!("{:02}", civil.day),
        UnderYearDay => format!("{:3}", at.year_day()),
        ZeroYearDay => format!("{:03}", at.year_day()),
        Hour => format!("{:02}", civil.hour),
        Hour12 => hour12.to_string(),
        ZeroHour12 => format!("{hour12:02}"),
        Minute => civil.minute.to_string(),
        ZeroMinute => format!("{:02}", civil.minute),
        Second => civil.second.to_string(),
        ZeroSecond => format!("{:02}", civil.second),
        LongYear => {
            let sign = if civil.year < 0 { "-" } else { "" };
            format!("{sign}{:04}", civil.year.unsigned_abs())
        }
        Year => format!("{:02}", civil.year.unsigned_abs() % 100),
        UpperPm => if civil.hour >= 12 { "PM" } else { "AM" }.to_owned(),
        LowerPm => if civil.hour >= 12 { "pm" } else { "am" }.to_owned(),
        Zone => match at.offset() {
            (name, ..) if !name.is_empty() => name,
            (_, offset, _) => {
                let plain = super::layout::Offset { iso: false, colons: false, minutes: true, seconds: false };
                show_offset(offset, plain)
            }
        },
        Offset(form) => show_offset(at.offset().1, form),
        Fraction(digits, separator, trim) => {
            // Digits beyond a nanosecond are there only for a layout that never ends.
            let mut text = format!("{:09}", at.nanoseconds);
            text.truncate(digits);
            if trim {
                text.truncate(text.trim_end_matches('0').len());
                if text.is_empty() {
                    return text;
                }
            }
            format!("{}{text}", char::from(separator))
        }
    }
}

fn show_offset(offset: i32, form: Offset) -> String {
    if offset == 0 && form.iso {
        return "Z".to_owned();
    }
    // Go looks at the sign of the minutes.
    let sign = if offset / 60 < 0 { '-' } else { '+' };
    let (minutes, seconds) = ((offset / 60).unsigned_abs(), (offset % 60).unsigned_abs());
    let colon = if form.colons { ":" } else { "" };
    let mut text = format!("{sign}{:02}", minutes / 60);
    if form.minutes {
        text.push_str(&format!("{colon}{:02}", minutes % 60));
    }
    if form.seconds {
        text.push_str(&format!("{colon}{seconds:02}"));
    }
    text
}
