//! `time.Time` and the types that its methods give.

use std::any::Any;
use std::rc::Rc;

use super::clock::{Instant, Zone};
use super::duration::GoDuration;
use super::layout::{MONTHS, WEEKDAYS, format, rfc3339};
use crate::render::helm::gotemplate::call::{Call, Fault, Meter, Signature, Type, ok};
use crate::render::helm::gotemplate::value::{Object, Tracked, Value};
use crate::yaml::Node;

/// A `time.Time`.
#[derive(Clone, Debug)]
pub(super) struct GoTime(pub Instant);

const NAME: &str = "time.Time";
const DURATION: Type = Type::Named("time.Duration");
const LOCATION: &str = "*time.Location";

impl GoTime {
    /// The argument of a method that takes a time.
    fn argument(call: &Call) -> Instant {
        match &call.any(0).value {
            Value::Object(object) => object.as_any().downcast_ref::<Self>().map(|time| time.0.clone()),
            _ => None,
        }
        .unwrap_or_else(Instant::zero)
    }
}

fn time(at: Instant) -> Result<Tracked, Fault> {
    ok(Value::Object(Rc::new(GoTime(at))))
}

impl Object for GoTime {
    fn type_name(&self) -> &str {
        NAME
    }

    fn kind(&self) -> &'static str {
        "struct"
    }

    fn show(&self) -> String {
        let text = format(&self.0, b"2006-01-02 15:04:05.999999999 -0700 MST");
        String::from_utf8_lossy(&text).into_owned()
    }

    fn method(&self, name: &str) -> Option<Signature> {
        let params: &'static [Type] = match name {
            "Day" | "GoString" | "Hour" | "IsDST" | "IsZero" | "Local" | "Location" | "Minute" | "Month"
            | "Nanosecond" | "Second" | "String" | "UTC" | "Unix" | "UnixMicro" | "UnixMilli" | "UnixNano"
            | "Weekday" | "Year" | "YearDay" => &[],
            "Add" | "Round" | "Truncate" => &[DURATION],
            "AddDate" => &[Type::Int, Type::Int, Type::Int],
            "After" | "Before" | "Compare" | "Equal" | "Sub" => &[Type::Named(NAME)],
            "Format" => &[Type::String],
            "In" => &[Type::Named(LOCATION)],
            _ => return None,
        };
        Some(Signature { params, variadic: false })
    }

    fn call(&self, name: &str, call: &mut Call) -> Result<Tracked, Fault> {
        let at = &self.0;
        let civil = at.civil();
        let int = |n: i64| ok(Value::int(n));
        let compared = || at.nanoseconds_since_1970().cmp(&Self::argument(call).nanoseconds_since_1970());
        // Go's multiplications wrap.
        #[expect(clippy::cast_possible_truncation, reason = "as they do in Go")]
        let unix =
            |per_second: i128| ok(Value::int64((at.nanoseconds_since_1970() * per_second / 1_000_000_000) as i64));
        match name {
            "Year" => int(civil.year),
            "YearDay" => int(at.year_day()),
            "Month" => ok(Value::Object(Rc::new(Named { month: true, number: i64::from(civil.month) }))),
            "Weekday" => {
                let number = i64::try_from(at.weekday()).unwrap_or(0);
                ok(Value::Object(Rc::new(Named { month: false, number })))
            }
            "Day" => int(i64::from(civil.day)),
            "Hour" => int(i64::from(civil.hour)),
            "Minute" => int(i64::from(civil.minute)),
            "Second" => int(i64::from(civil.second)),
            "Nanosecond" => int(i64::from(at.nanoseconds)),
            "Unix" => ok(Value::int64(at.seconds)),
            "UnixMilli" => unix(1_000),
            "UnixMicro" => unix(1_000_000),
            "UnixNano" => unix(1_000_000_000),
            "IsZero" => ok(at.is_zero()),
            "IsDST" => ok(at.offset().2),
            "UTC" => time(at.clone().within(Zone::Utc)),
            "Local" => time(at.clone().within(Zone::Local)),
            "Location" => ok(Value::Object(Rc::new(Location(at.zone.clone())))),
            "In" => match &call.any(0).value {
                Value::Object(object) => match object.as_any().downcast_ref::<Location>() {
                    Some(location) => time(at.clone().within(location.0.clone())),
                    None => Err(Fault::new("time: missing Location in call to Time.In")),
                },
                _ => Err(Fault::new("time: missing Location in call to Time.In")),
            },
            "Add" => time(at.plus(GoDuration::argument(call))),
            "Sub" => GoDuration(at.since(&Self::argument(call))).value(),
            "AddDate" => {
                let later = civil.plus(call.int(0), call.int(1), call.int(2));
                time(Instant::of_civil(later, at.nanoseconds, at.zone.clone()))
            }
            "Round" | "Truncate" => {
                let to = GoDuration::argument(call);
                if to <= 0 {
                    return time(at.clone());
                }
                let rest = at.absolute().rem_euclid(i128::from(to));
                let up = name == "Round" && rest * 2 >= i128::from(to);
                let moved = if up { i128::from(to) - rest } else { -rest };
                time(at.plus(i64::try_from(moved).unwrap_or(0)))
            }
            "After" => ok(compared().is_gt()),
            "Before" => ok(compared().is_lt()),
            "Equal" => ok(compared().is_eq()),
            "Compare" => int(compared() as i64),
            "Format" => ok(Value::bytes(format(at, call.bytes(0)))),
            "GoString" => {
                let month = MONTHS.get(civil.month.saturating_sub(1) as usize).copied().unwrap_or_default();
                let place = match &at.zone {
                    Zone::Utc => "time.UTC".to_owned(),
                    Zone::Local => "time.Local".to_owned(),
                    other => format!("time.Location({})", crate::go::duration::quote(other.name().as_bytes())),
                };
                let (y, d, h, m, s, n) =
                    (civil.year, civil.day, civil.hour, civil.minute, civil.second, at.nanoseconds);
                ok(format!("time.Date({y}, time.{month}, {d}, {h}, {m}, {s}, {n}, {place})"))
            }
            _ => ok(self.show()),
        }
    }

    fn to_node(&self, _: &mut Meter) -> Result<Node, Fault> {
        let wrong = |what: &str| {
            let text = format!("json: error calling MarshalJSON for type time.Time: Time.MarshalJSON: {what}");
            Err(Fault::new(text))
        };
        if !(0..=9999).contains(&self.0.civil().year) {
            return wrong("year outside of range [0,9999]");
        }
        if self.0.offset().1.unsigned_abs() >= 24 * 3600 {
            return wrong("timezone hour outside of range [0,23]");
        }
        Ok(Node::made(rfc3339(&self.0)))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// `time.Month` or `time.Weekday`.
#[derive(Debug)]
struct Named {
    month: bool,
    number: i64,
}

impl Object for Named {
    fn type_name(&self) -> &str {
        if self.month { "time.Month" } else { "time.Weekday" }
    }

    fn kind(&self) -> &'static str {
        "int"
    }

    fn show(&self) -> String {
        let at = if self.month { self.number - 1 } else { self.number };
        let names: &[&str] = if self.month { &MONTHS } else { &WEEKDAYS };
        usize::try_from(at).ok().and_then(|at| names.get(at)).copied().unwrap_or_default().to_owned()
    }

    fn truth(&self) -> bool {
        self.number != 0
    }

    fn method(&self, name: &str) -> Option<Signature> {
        (name == "String").then_some(Signature { params: &[], variadic: false })
    }

    fn call(&self, _: &str, _: &mut Call) -> Result<Tracked, Fault> {
        ok(self.show())
    }

    fn to_node(&self, _: &mut Meter) -> Result<Node, Fault> {
        Ok(Node::made(self.number))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A `*time.Location`.
#[derive(Debug)]
struct Location(Zone);

impl Object for Location {
    fn type_name(&self) -> &str {
        LOCATION
    }

    fn kind(&self) -> &'static str {
        "ptr"
    }

    fn show(&self) -> String {
        self.0.name().to_owned()
    }

    fn method(&self, name: &str) -> Option<Signature> {
        (name == "String").then_some(Signature { params: &[], variadic: false })
    }

    fn call(&self, _: &str, _: &mut Call) -> Result<Tracked, Fault> {
        ok(self.show())
    }

    fn to_node(&self, _: &mut Meter) -> Result<Node, Fault> {
        Ok(Node::made(crate::yaml::Map::new()))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
