//! `time.Duration`.

use std::any::Any;
use std::fmt;
use std::rc::Rc;

use crate::render::helm::gotemplate::call::{Call, Fault, Meter, Signature, Type, ok};
use crate::render::helm::gotemplate::value::{Object, Tracked, Value};
use crate::yaml::Node;

/// A number of nanoseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct GoDuration(pub i64);

const NAME: &str = "time.Duration";

impl GoDuration {
    pub fn value(self) -> Result<Tracked, Fault> {
        ok(Value::Object(Rc::new(self)))
    }

    /// The argument of a method that takes a duration.
    pub fn argument(call: &Call) -> i64 {
        match &call.any(0).value {
            Value::Int(n, _) => *n,
            Value::Object(object) => object.as_any().downcast_ref::<Self>().map_or(0, |d| d.0),
            _ => 0,
        }
    }

    /// To the nearest multiple, halves away from zero.
    pub fn round(self, to: i64) -> Self {
        if to <= 0 {
            return self;
        }
        let rest = self.0 % to;
        let half = i128::from(rest.unsigned_abs()) * 2 < i128::from(to);
        let toward = self.0 - rest;
        let away = if self.0 < 0 { toward.checked_sub(to) } else { toward.checked_add(to) };
        Self(if half { toward } else { away.unwrap_or(if self.0 < 0 { i64::MIN } else { i64::MAX }) })
    }
}

impl fmt::Display for GoDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = self.0.unsigned_abs();
        if n == 0 {
            return f.write_str("0s");
        }
        if self.0 < 0 {
            f.write_str("-")?;
        }
        let (unit, digits, name) = match n {
            0..1_000 => (1, 0, "ns"),
            1_000..1_000_000 => (1_000, 3, "µs"),
            1_000_000..1_000_000_000 => (1_000_000, 6, "ms"),
            _ => (1_000_000_000, 9, "s"),
        };
        let mut whole = n / unit;
        if name == "s" {
            let minutes = whole / 60;
            whole %= 60;
            if minutes >= 60 {
                write!(f, "{}h", minutes / 60)?;
            }
            if minutes > 0 {
                write!(f, "{}m", minutes % 60)?;
            }
        }
        write!(f, "{whole}")?;
        let rest = n % unit;
        if rest > 0 {
            let fraction = format!("{rest:0digits$}");
            write!(f, ".{}", fraction.trim_end_matches('0'))?;
        }
        f.write_str(name)
    }
}

impl Object for GoDuration {
    fn type_name(&self) -> &str {
        NAME
    }

    fn kind(&self) -> &'static str {
        "int64"
    }

    fn show(&self) -> String {
        self.to_string()
    }

    fn truth(&self) -> bool {
        self.0 != 0
    }

    fn method(&self, name: &str) -> Option<Signature> {
        let params: &'static [Type] = match name {
            "Abs" | "Hours" | "Microseconds" | "Milliseconds" | "Minutes" | "Nanoseconds" | "Seconds" | "String" => &[],
            "Round" | "Truncate" => &[Type::Named(NAME)],
            _ => return None,
        };
        Some(Signature { params, variadic: false })
    }

    fn call(&self, name: &str, call: &mut Call) -> Result<Tracked, Fault> {
        // Go divides whole units and rests apart, so that whole numbers stay exact.
        #[expect(clippy::cast_precision_loss, reason = "Go converts in the same way")]
        let in_units = |unit: i64| (self.0 / unit) as f64 + (self.0 % unit) as f64 / unit as f64;
        const SECOND: i64 = 1_000_000_000;
        match name {
            "Abs" => Self(self.0.checked_abs().unwrap_or(i64::MAX)).value(),
            "Hours" => ok(in_units(3600 * SECOND)),
            "Minutes" => ok(in_units(60 * SECOND)),
            "Seconds" => ok(in_units(SECOND)),
            "Milliseconds" => ok(Value::int64(self.0 / 1_000_000)),
            "Microseconds" => ok(Value::int64(self.0 / 1_000)),
            "Nanoseconds" => ok(Value::int64(self.0)),
            "Round" => self.round(Self::argument(call)).value(),
            "Truncate" => match Self::argument(call) {
                to @ 1.. => Self(self.0 - self.0 % to).value(),
                _ => self.value(),
            },
            _ => ok(self.to_string()),
        }
    }

    fn to_node(&self, _: &mut Meter) -> Result<Node, Fault> {
        Ok(Node::made(self.0))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
