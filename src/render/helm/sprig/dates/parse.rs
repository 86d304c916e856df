//! Times out of texts, by a layout (`time.ParseInLocation` in the local zone).

use super::clock::{Civil, Instant, Zone, days_in, is_leap};
use super::layout::{Element, MONTHS, Offset, WEEKDAYS, next};
use crate::go::duration::quote;

/// Why a text isn't what the layout asks for at some element.
enum Bad {
    /// It has another form.
    Form,
    /// The named part is out of its range.
    Range(&'static str),
}

type Step<T> = Result<T, Bad>;

/// Reads a time; the error is Go's text.
pub(super) fn parse(layout: &[u8], value: &[u8]) -> Result<Instant, String> {
    let mut reader = Reader { rest: value, ..Reader::default() };
    let mut left = layout;
    let cannot = |rest: &[u8], part: &[u8]| {
        let (value, layout) = (quote(value), quote(layout));
        Err(format!("parsing time {value} as {layout}: cannot parse {} as {}", quote(rest), quote(part)))
    };
    let wrong = |what: &str| Err(format!("parsing time {}: {what}", quote(value)));
    loop {
        let (before, found) = match next(left) {
            Some((before, element, len)) => (before, Some((element, len))),
            None => (left.len(), None),
        };
        let prefix = left.get(..before).unwrap_or_default();
        if !reader.skip(prefix) {
            return cannot(reader.rest, prefix);
        }
        let Some((element, len)) = found else {
            if !reader.rest.is_empty() {
                return wrong(&format!("extra text: {}", quote(reader.rest)));
            }
            break;
        };
        let part = left.get(before..before + len).unwrap_or_default();
        left = left.get(before + len..).unwrap_or_default();
        let hold = reader.rest;
        let fraction_follows = matches!(next(left), Some((_, Element::Fraction(..), _)));
        match reader.element(element, fraction_follows) {
            Ok(()) => {}
            Err(Bad::Form) => return cannot(hold, part),
            Err(Bad::Range(what)) => return wrong(&format!("{what} out of range")),
        }
    }
    reader.finish().or_else(wrong)
}

#[derive(Default)]
struct Reader<'a> {
    rest: &'a [u8],
    year: i64,
    month: Option<u32>,
    day: Option<u32>,
    year_day: Option<u32>,
    hour: u32,
    minute: u32,
    second: u32,
    nanoseconds: u32,
    /// Whether it is after noon, if the text says.
    afternoon: Option<bool>,
    utc: bool,
    offset: Option<i32>,
    zone: Option<String>,
}

impl<'a> Reader<'a> {
    /// Takes a literal. A run of spaces matches any run.
    fn skip(&mut self, prefix: &[u8]) -> bool {
        let mut prefix = prefix;
        while let Some((first, rest)) = prefix.split_first() {
            if *first == b' ' {
                if self.rest.first().is_some_and(|b| *b != b' ') {
                    return false;
                }
                prefix = cut_space(prefix);
                self.rest = cut_space(self.rest);
                continue;
            }
            if self.rest.first() != Some(first) {
                return false;
            }
            self.take(1);
            prefix = rest;
        }
        true
    }

    fn take(&mut self, len: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at_checked(len).unwrap_or((self.rest, &[]));
        self.rest = rest;
        taken
    }

    fn digit(&self, at: usize) -> Option<u32> {
        self.rest.get(at).filter(|b| b.is_ascii_digit()).map(|b| u32::from(b - b'0'))
    }

    /// One or two digits, or just two.
    fn number(&mut self, fixed: bool) -> Step<u32> {
        let first = self.digit(0).ok_or(Bad::Form)?;
        match self.digit(1) {
            Some(second) => {
                self.take(2);
                Ok(first * 10 + second)
            }
            None if fixed => Err(Bad::Form),
            None => {
                self.take(1);
                Ok(first)
            }
        }
    }

    fn bounded(&mut self, fixed: bool, below: u32, what: &'static str) -> Step<u32> {
        let number = self.number(fixed)?;
        if number < below { Ok(number) } else { Err(Bad::Range(what)) }
    }

    /// A name of a table, in any case: its index.
    fn name(&mut self, names: &[&str], len: Option<usize>) -> Step<u32> {
        for (i, name) in names.iter().enumerate() {
            let name = len.and_then(|len| name.get(..len)).unwrap_or(name).as_bytes();
            if self.rest.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name)) {
                self.take(name.len());
                return u32::try_from(i).map_err(|_| Bad::Form);
            }
        }
        Err(Bad::Form)
    }

    fn element(&mut self, element: Element, fraction_follows: bool) -> Step<()> {
        match element {
            Element::Year => {
                let year = self.two_with_sign()?;
                self.year = if year >= 69 { year + 1900 } else { year + 2000 };
            }
            Element::LongYear => {
                let digits = self.rest.get(..4).ok_or(Bad::Form)?;
                if !digits.iter().all(u8::is_ascii_digit) {
                    return Err(Bad::Form);
                }
                self.year = digits.iter().fold(0, |n, b| n * 10 + i64::from(b - b'0'));
                self.take(4);
            }
            Element::Month => self.month = Some(self.name(&MONTHS, Some(3))? + 1),
            Element::LongMonth => self.month = Some(self.name(&MONTHS, None)? + 1),
            Element::NumMonth | Element::ZeroMonth => {
                let month = self.number(element == Element::ZeroMonth)?;
                if !(1..=12).contains(&month) {
                    return Err(Bad::Range("month"));
                }
                self.month = Some(month);
            }
            Element::Weekday => drop(self.name(&WEEKDAYS, Some(3))?),
            Element::LongWeekday => drop(self.name(&WEEKDAYS, None)?),
            Element::Day | Element::UnderDay | Element::ZeroDay => {
                if element == Element::UnderDay && self.rest.first() == Some(&b' ') {
                    self.take(1);
                }
                self.day = Some(self.number(element == Element::ZeroDay)?);
            }
            Element::UnderYearDay | Element::ZeroYearDay => {
                for _ in 0..2 {
                    if element == Element::UnderYearDay && self.rest.first() == Some(&b' ') {
                        self.take(1);
                    }
                }
                let digits = (0..3).map_while(|at| self.digit(at)).collect::<Vec<_>>();
                if digits.is_empty() || element == Element::ZeroYearDay && digits.len() != 3 {
                    return Err(Bad::Form);
                }
                self.take(digits.len());
                self.year_day = Some(digits.into_iter().fold(0, |n, d| n * 10 + d));
            }
            Element::Hour => self.hour = self.bounded(false, 24, "hour")?,
            Element::Hour12 | Element::ZeroHour12 => {
                self.hour = self.bounded(element == Element::ZeroHour12, 13, "hour")?;
            }
            Element::Minute | Element::ZeroMinute => {
                self.minute = self.bounded(element == Element::ZeroMinute, 60, "minute")?;
            }
            Element::Second | Element::ZeroSecond => {
                self.second = self.bounded(element == Element::ZeroSecond, 60, "second")?;
                // A fraction may stand in the text though none does in the layout.
                let fraction = matches!(self.rest.first(), Some(b'.' | b',')) && self.digit(1).is_some();
                if fraction && !fraction_follows {
                    let len = self.rest.iter().skip(1).take_while(|b| b.is_ascii_digit()).count();
                    self.fraction(len)?;
                }
            }
            Element::UpperPm | Element::LowerPm => {
                let upper = element == Element::UpperPm;
                let pm = if upper { [b"AM", b"PM"] } else { [b"am", b"pm"] };
                let at = pm.iter().position(|text| self.rest.starts_with(*text)).ok_or(Bad::Form)?;
                self.afternoon = Some(at == 1);
                self.take(2);
            }
            Element::Offset(form) => {
                if form.iso && self.rest.first() == Some(&b'Z') {
                    self.take(1);
                    self.utc = true;
                } else {
                    self.offset = Some(self.offset(form)?);
                }
            }
            Element::Zone if self.rest.starts_with(b"UTC") => {
                self.take(3);
                self.utc = true;
            }
            Element::Zone => {
                let len = zone_len(self.rest).ok_or(Bad::Form)?;
                self.zone = Some(String::from_utf8_lossy(self.take(len)).into_owned());
            }
            Element::Fraction(digits, _, false) => {
                if self.rest.len() < digits + 1 {
                    return Err(Bad::Form);
                }
                self.fraction(digits)?;
            }
            Element::Fraction(_, _, true) => {
                if matches!(self.rest.first(), Some(b'.' | b',')) && self.digit(1).is_some() {
                    let len = self.rest.iter().skip(1).take_while(|b| b.is_ascii_digit()).count();
                    self.fraction(len)?;
                }
            }
        }
        Ok(())
    }

    /// Two bytes as Go's `atoi` reads them: a sign and a digit, or two digits.
    fn two_with_sign(&mut self) -> Step<i64> {
        let digit = |b: &u8| b.is_ascii_digit().then(|| i64::from(b - b'0'));
        let value = match self.rest {
            [b'-', b, ..] => digit(b).map(|n| -n),
            [b'+', b, ..] => digit(b),
            [a, b, ..] => digit(a).and_then(|a| Some(a * 10 + digit(b)?)),
            _ => None,
        };
        self.take(2);
        value.ok_or(Bad::Form)
    }

    /// A separator and digits.
    fn fraction(&mut self, digits: usize) -> Step<()> {
        let text = self.take(digits + 1);
        let Some((b'.' | b',', text)) = text.split_first() else { return Err(Bad::Form) };
        let nine = text.iter().copied().chain(std::iter::repeat(b'0')).take(9);
        let mut nanoseconds = 0u32;
        for byte in nine {
            if !byte.is_ascii_digit() {
                return Err(Bad::Form);
            }
            nanoseconds = nanoseconds * 10 + u32::from(byte - b'0');
        }
        self.nanoseconds = nanoseconds;
        Ok(())
    }

    fn offset(&mut self, form: Offset) -> Step<i32> {
        let parts = [true, form.minutes, form.seconds].iter().filter(|p| **p).count();
        let len = 1 + 2 * parts + if form.colons { parts - 1 } else { 0 };
        if self.rest.len() < len {
            return Err(Bad::Form);
        }
        let sign = self.take(1);
        let mut numbers = [0i32; 3];
        for (i, number) in numbers.iter_mut().enumerate().take(parts) {
            if i > 0 && form.colons && self.take(1) != b":" {
                return Err(Bad::Form);
            }
            *number = i32::try_from(self.number(true)?).unwrap_or(0);
        }
        let [hours, minutes, seconds] = numbers;
        for (number, most, what) in [
            (hours, 24, "time zone offset hour"),
            (minutes, 60, "time zone offset minute"),
            (seconds, 60, "time zone offset second"),
        ] {
            if number > most {
                return Err(Bad::Range(what));
            }
        }
        let offset = (hours * 60 + minutes) * 60 + seconds;
        match sign {
            b"+" => Ok(offset),
            b"-" => Ok(-offset),
            _ => Err(Bad::Form),
        }
    }

    fn finish(self) -> Result<Instant, &'static str> {
        let hour = match self.afternoon {
            Some(true) if self.hour < 12 => self.hour + 12,
            Some(false) if self.hour == 12 => 0,
            _ => self.hour,
        };
        let (month, day) = match self.year_day {
            None => (self.month.unwrap_or(1), self.day.unwrap_or(1)),
            Some(year_day) => {
                let most = if is_leap(self.year) { 366 } else { 365 };
                if !(1..=most).contains(&year_day) {
                    return Err("day-of-year out of range");
                }
                let (mut month, mut day) = (1, year_day);
                while day > days_in(self.year, month) {
                    day -= days_in(self.year, month);
                    month += 1;
                }
                if self.month.is_some_and(|m| m != month) {
                    return Err("day-of-year does not match month");
                }
                if self.day.is_some_and(|d| d != day) {
                    return Err("day-of-year does not match day");
                }
                (month, day)
            }
        };
        if day < 1 || day > days_in(self.year, month) {
            return Err("day out of range");
        }
        let civil = Civil { year: self.year, month, day, hour, minute: self.minute, second: self.second };
        let zone = match (self.utc, self.offset, self.zone) {
            (true, ..) => Zone::Utc,
            // The local zone is UTC, and is taken where it fits.
            (_, Some(0), None) => Zone::Local,
            (_, Some(offset), name) => Zone::Fixed(name.unwrap_or_default(), offset),
            (_, None, Some(name)) => {
                let hours = name.strip_prefix("GMT").and_then(|hours| hours.parse::<i32>().ok());
                let offset = hours.unwrap_or(0) * 3600;
                Zone::Fixed(name, offset)
            }
            (_, None, None) => Zone::Local,
        };
        // A name alone, even with hours, doesn't move the clock: its zone is made up.
        let read_in = if self.offset.is_some() { zone.clone() } else { Zone::Utc };
        Ok(Instant::of_civil(civil, self.nanoseconds, read_in).within(zone))
    }
}

fn cut_space(text: &[u8]) -> &[u8] {
    let spaces = text.iter().take_while(|b| **b == b' ').count();
    text.get(spaces..).unwrap_or_default()
}

/// How long the abbreviation of a zone is that a text starts with: three capitals, four or five that end in `T`, or hours.
fn zone_len(text: &[u8]) -> Option<usize> {
    if text.len() < 3 {
        return None;
    }
    if text.starts_with(b"ChST") || text.starts_with(b"MeST") {
        return Some(4);
    }
    if text.starts_with(b"GMT") {
        return Some(3 + signed_offset_len(text.get(3..).unwrap_or_default()));
    }
    if matches!(text.first(), Some(b'+' | b'-')) {
        return Some(signed_offset_len(text)).filter(|len| *len > 0);
    }
    let capitals = text.iter().take(6).take_while(|b| b.is_ascii_uppercase()).count();
    match capitals {
        3 => Some(3),
        4 if text.get(3) == Some(&b'T') || text.starts_with(b"WITA") => Some(4),
        5 if text.get(4) == Some(&b'T') => Some(5),
        _ => None,
    }
}

fn signed_offset_len(text: &[u8]) -> usize {
    let digits = text.iter().skip(1).take_while(|b| b.is_ascii_digit()).count();
    let value = text.get(1..=digits).and_then(|d| std::str::from_utf8(d).ok()).and_then(|d| d.parse::<u32>().ok());
    match (text.first(), value) {
        (Some(b'+' | b'-'), Some(0..=23)) => digits + 1,
        _ => 0,
    }
}
