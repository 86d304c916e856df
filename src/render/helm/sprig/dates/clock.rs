//! Instants, zones, and the calendar between them.

use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

/// A point in time and the zone that shows it.
#[derive(Clone, Debug)]
pub(super) struct Instant {
    /// Since 1970, in UTC.
    pub seconds: i64,
    /// Below a second.
    pub nanoseconds: u32,
    pub zone: Zone,
}

/// Whose clock is shown.
#[derive(Clone, Debug)]
pub(super) enum Zone {
    Utc,
    /// The machine's: for us, that is UTC.
    Local,
    /// An offset in seconds east, with the name that a text gave it, if any.
    Fixed(String, i32),
    /// One of the time zone database.
    Named(TimeZone),
}

/// What a clock and a calendar show.
#[derive(Clone, Copy, Debug)]
pub(super) struct Civil {
    pub year: i64,
    pub month: u32,
    pub day: u32,
    pub hour: u32,
    pub minute: u32,
    pub second: u32,
}

/// Go's zero time, the start of the year 1.
const ZERO: i64 = -62_135_596_800;
const DAY: i64 = 86_400;
const NANOS: i128 = 1_000_000_000;

impl Zone {
    /// `time.LoadLocation`.
    pub fn load(name: &str) -> Option<Self> {
        static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);
        match name {
            "" | "UTC" => Some(Self::Utc),
            "Local" => Some(Self::Local),
            _ => {
                let zone = ZONES.get(name).ok()?;
                // Go looks for a file, whose name has but one spelling.
                (zone.iana_name() == Some(name)).then_some(Self::Named(zone))
            }
        }
    }

    /// The location's name.
    pub fn name(&self) -> &str {
        match self {
            Self::Utc | Self::Local => "UTC",
            Self::Fixed(name, _) => name,
            Self::Named(zone) => zone.iana_name().unwrap_or_default(),
        }
    }
}

impl Instant {
    pub fn new(seconds: i64, nanoseconds: u32, zone: Zone) -> Self {
        Self { seconds, nanoseconds, zone }
    }

    /// Go's zero Time.
    pub fn zero() -> Self {
        Self::new(ZERO, 0, Zone::Utc)
    }

    pub fn of_nanoseconds(nanoseconds: i128, zone: Zone) -> Self {
        let seconds = i64::try_from(nanoseconds.div_euclid(NANOS)).unwrap_or(i64::MAX);
        Self::new(seconds, u32::try_from(nanoseconds.rem_euclid(NANOS)).unwrap_or(0), zone)
    }

    /// What a clock in a zone shows at this instant, read as that zone's.
    pub fn of_civil(civil: Civil, nanoseconds: u32, zone: Zone) -> Self {
        let mut at = Self::new(civil.seconds(), nanoseconds, zone);
        let first = at.offset().1;
        if first != 0 {
            let shown = at.seconds;
            at.seconds = shown.saturating_sub(i64::from(first));
            at.seconds = shown.saturating_sub(i64::from(at.offset().1));
        }
        at
    }

    pub fn nanoseconds_since_1970(&self) -> i128 {
        i128::from(self.seconds) * NANOS + i128::from(self.nanoseconds)
    }

    /// Nanoseconds since Go's zero time, which rounding starts from.
    pub fn absolute(&self) -> i128 {
        self.nanoseconds_since_1970() - i128::from(ZERO) * NANOS
    }

    pub fn is_zero(&self) -> bool {
        self.seconds == ZERO && self.nanoseconds == 0
    }

    pub fn within(self, zone: Zone) -> Self {
        Self { zone, ..self }
    }

    pub fn plus(&self, nanoseconds: i64) -> Self {
        Self::of_nanoseconds(self.nanoseconds_since_1970() + i128::from(nanoseconds), self.zone.clone())
    }

    /// The nanoseconds from another instant to this one, or as near as they can be told.
    pub fn since(&self, other: &Self) -> i64 {
        let nanoseconds = self.nanoseconds_since_1970() - other.nanoseconds_since_1970();
        i64::try_from(nanoseconds).unwrap_or(if nanoseconds < 0 { i64::MIN } else { i64::MAX })
    }

    /// The zone's abbreviation (may be empty), its seconds east of UTC, and whether that is summer time.
    pub fn offset(&self) -> (String, i32, bool) {
        match &self.zone {
            Zone::Utc | Zone::Local => ("UTC".to_owned(), 0, false),
            Zone::Fixed(name, offset) => (name.clone(), *offset, false),
            Zone::Named(zone) => {
                let bound = if self.seconds < 0 { Timestamp::MIN } else { Timestamp::MAX };
                let at = Timestamp::from_second(self.seconds).unwrap_or(bound);
                let info = zone.to_offset_info(at);
                (info.abbreviation().to_owned(), info.offset().seconds(), info.dst().is_dst())
            }
        }
    }

    fn shown(&self) -> i64 {
        self.seconds.saturating_add(i64::from(self.offset().1))
    }

    pub fn civil(&self) -> Civil {
        let shown = self.shown();
        let (year, month, day) = date_of(shown.div_euclid(DAY));
        let second = u32::try_from(shown.rem_euclid(DAY)).unwrap_or(0);
        Civil { year, month, day, hour: second / 3600, minute: second / 60 % 60, second: second % 60 }
    }

    /// From 0, Sunday.
    pub fn weekday(&self) -> usize {
        usize::try_from((self.shown().div_euclid(DAY) + 4).rem_euclid(7)).unwrap_or(0)
    }

    /// From 1.
    pub fn year_day(&self) -> i64 {
        let days = self.shown().div_euclid(DAY);
        days - days_of(date_of(days).0, 1, 1) + 1
    }
}

impl Civil {
    /// Seconds since 1970, if this is UTC. Months and days may be out of their range: they carry over.
    fn seconds(self) -> i64 {
        let days = days_of(self.year, self.month, self.day);
        let clock = i64::from(self.hour) * 3600 + i64::from(self.minute) * 60 + i64::from(self.second);
        days.saturating_mul(DAY).saturating_add(clock)
    }

    /// Years, months and days later; what is out of range carries over.
    pub fn plus(self, years: i64, months: i64, days: i64) -> Self {
        let bounded = |n: i64| n.clamp(-1 << 40, 1 << 40);
        let months = i64::from(self.month) - 1 + bounded(months);
        let year = bounded(self.year.saturating_add(bounded(years)) + months.div_euclid(12));
        let month = u32::try_from(months.rem_euclid(12) + 1).unwrap_or(1);
        let (year, month, day) = date_of(days_of(year, month, 1) + i64::from(self.day) - 1 + bounded(days));
        Self { year, month, day, ..self }
    }
}

pub(super) fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

pub(super) fn days_in(year: i64, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days from 1970-01-01 to a date. Eras of 400 years repeat; years start in March, so that leap days end them.
fn days_of(year: i64, month: u32, day: u32) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((i64::from(month) + 9) % 12) + 2) / 5 + i64::from(day) - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The inverse.
fn date_of(days: i64) -> (i64, u32, u32) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year + i64::from(month <= 2);
    (year, u32::try_from(month).unwrap_or(1), u32::try_from(day).unwrap_or(1))
}
