//! Dates: times in Go's layouts, durations. The local zone is UTC, wherever this runs, and the zones are those that come with
//! the program: what a chart gives doesn't hang on the machine.

mod clock;
mod duration;
mod layout;
mod parse;
mod time;

use std::rc::Rc;

use super::super::gotemplate::call::{Call, Fault, Function, Type, f, ok};
use super::super::gotemplate::value::{IntType, Tracked, Value};
use crate::go::duration::parse_duration;
use clock::{Instant, Zone};
use duration::GoDuration;
use time::GoTime;

const S: Type = Type::String;
const TIME: Type = Type::Named("time.Time");

/// The functions.
pub const TABLE: &[Function] = &[
    f("ago", &[Type::Any], ago),
    f("date", &[S, Type::Any], |call| in_zone(call, Some(0), 1, None)),
    f("dateInZone", &[S, Type::Any, S], |call| in_zone(call, Some(0), 1, Some(2))),
    f("dateModify", &[S, TIME], date_modify),
    f("date_in_zone", &[S, Type::Any, S], |call| in_zone(call, Some(0), 1, Some(2))),
    f("date_modify", &[S, TIME], date_modify),
    f("duration", &[Type::Any], seconds),
    f("durationRound", &[Type::Any], duration_round),
    f("htmlDate", &[Type::Any], |call| in_zone(call, None, 0, None)),
    f("htmlDateInZone", &[Type::Any, S], |call| in_zone(call, None, 0, Some(1))),
    f("mustDateModify", &[S, TIME], must_date_modify),
    f("mustToDate", &[S, S], must_to_date),
    f("must_date_modify", &[S, TIME], must_date_modify),
    f("now", &[], |call| time_value(now(call))),
    f("toDate", &[S, S], to_date),
    f("unixEpoch", &[TIME], unix_epoch),
];

/// Year, month, day, hour, minute and second in UTC of nanoseconds since 1970.
pub fn utc_parts(nanoseconds: i128) -> [i64; 6] {
    let civil = Instant::of_nanoseconds(nanoseconds, Zone::Utc).civil();
    let parts = [civil.month, civil.day, civil.hour, civil.minute, civil.second].map(i64::from);
    let [month, day, hour, minute, second] = parts;
    [civil.year, month, day, hour, minute, second]
}

/// A date or a time as TOML writes it, all or parts of it; what has no zone is in one that says what is missing.
pub fn toml_time(text: &str) -> Option<Value> {
    let text = text.replacen(' ', "T", 1).replace('t', "T").replace('z', "Z");
    let local = [
        ("2006-01-02T15:04:05", "datetime-local"),
        ("2006-01-02", "date-local"),
        ("15:04:05", "time-local"),
        ("2006-01-02T15:04", "datetime-local"),
        ("15:04", "time-local"),
    ];
    let read = |layout: &str| parse::parse(layout.as_bytes(), text.as_bytes()).ok();
    let zoned = ["2006-01-02T15:04:05Z07:00", "2006-01-02T15:04Z07:00"].into_iter().find_map(read);
    let at = zoned.or_else(|| {
        let fixed = |name: &str| Zone::Fixed(name.to_owned(), 0);
        local.iter().find_map(|(layout, zone)| Some(read(layout)?.within(fixed(zone))))
    })?;
    Some(Value::Object(Rc::new(GoTime(at))))
}

fn now(call: &mut Call) -> Instant {
    Instant::of_nanoseconds(call.host.now(call.name), Zone::Local)
}

fn time_value(at: Instant) -> Result<Tracked, Fault> {
    ok(Value::Object(Rc::new(GoTime(at))))
}

/// A time, or a number of seconds since 1970; none if it is something else.
fn instant(value: &Value, int32: bool) -> Option<Instant> {
    match value {
        Value::Int(n, IntType::Int | IntType::Int64) => Some(Instant::new(*n, 0, Zone::Local)),
        Value::Int(n, IntType::Int32) if int32 => Some(Instant::new(*n, 0, Zone::Local)),
        Value::Object(object) => object.as_any().downcast_ref::<GoTime>().map(|time| time.0.clone()),
        _ => None,
    }
}

/// A date in a layout (or as HTML has it) and a zone (or the local one). What is no date is now, what is no zone is UTC.
fn in_zone(call: &mut Call, layout: Option<usize>, date: usize, zone: Option<usize>) -> Result<Tracked, Fault> {
    let at = instant(&call.any(date).value, true).unwrap_or_else(|| now(call));
    let zone = match zone {
        Some(arg) => Zone::load(&call.str(arg)).unwrap_or(Zone::Utc),
        None => Zone::Local,
    };
    let at = at.within(zone);
    match layout {
        Some(arg) => ok(Value::bytes(layout::format(&at, call.bytes(arg)))),
        None => ok(Value::bytes(layout::format(&at, b"2006-01-02"))),
    }
}

fn ago(call: &mut Call) -> Result<Tracked, Fault> {
    let now = now(call);
    let then = instant(&call.any(0).value, false).unwrap_or_else(|| now.clone());
    ok(GoDuration(now.since(&then)).round(1_000_000_000).to_string())
}

/// The argument of the functions that only take times.
fn time_argument(call: &Call, at: usize) -> Instant {
    instant(&call.any(at).value, false).unwrap_or_else(Instant::zero)
}

fn date_modify(call: &mut Call) -> Result<Tracked, Fault> {
    let at = time_argument(call, 1);
    time_value(match parse_duration(&call.str(0)) {
        Ok(duration) => at.plus(duration),
        Err(_) => at,
    })
}

fn must_date_modify(call: &mut Call) -> Result<Tracked, Fault> {
    let duration = parse_duration(&call.str(0)).map_err(Fault::new)?;
    time_value(time_argument(call, 1).plus(duration))
}

/// `duration`: a number of seconds as Go writes a duration.
fn seconds(call: &mut Call) -> Result<Tracked, Fault> {
    let n = match &call.any(0).value {
        Value::Int(n, IntType::Int64) => *n,
        Value::Str(text) => parse_int(text),
        _ => 0,
    };
    ok(GoDuration(n.wrapping_mul(1_000_000_000)).to_string())
}

/// `strconv.ParseInt(text, 10, 64)` without its error: the nearest number if it is out of range.
fn parse_int(text: &str) -> i64 {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return 0;
    }
    text.parse().unwrap_or(if text.starts_with('-') { i64::MIN } else { i64::MAX })
}

fn duration_round(call: &mut Call) -> Result<Tracked, Fault> {
    let value = &call.any(0).value;
    let duration = match value {
        Value::Int(n, IntType::Int64) => *n,
        Value::Str(text) => parse_duration(text).unwrap_or(0),
        Value::Object(_) => match instant(value, false) {
            Some(then) => now(call).since(&then),
            None => 0,
        },
        _ => 0,
    };
    const SECOND: u64 = 1_000_000_000;
    const UNITS: [(u64, &str); 6] = [
        (365 * 24 * 3600 * SECOND, "y"),
        (30 * 24 * 3600 * SECOND, "mo"),
        (24 * 3600 * SECOND, "d"),
        (3600 * SECOND, "h"),
        (60 * SECOND, "m"),
        (SECOND, "s"),
    ];
    let n = duration.unsigned_abs();
    match UNITS.iter().find(|(unit, _)| n > *unit) {
        Some((unit, name)) => ok(format!("{}{name}", n / unit)),
        None => ok("0s"),
    }
}

fn to_date(call: &mut Call) -> Result<Tracked, Fault> {
    time_value(parse::parse(call.bytes(0), call.bytes(1)).unwrap_or_else(|_| Instant::zero()))
}

fn must_to_date(call: &mut Call) -> Result<Tracked, Fault> {
    time_value(parse::parse(call.bytes(0), call.bytes(1)).map_err(Fault::new)?)
}

fn unix_epoch(call: &mut Call) -> Result<Tracked, Fault> {
    ok(time_argument(call, 0).seconds.to_string())
}
