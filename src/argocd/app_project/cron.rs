//! The schedules of sync windows, as github.com/robfig/cron reads them: minute, hour, day of month, month, day of week.

/// One of the five fields: its bounds and the names that stand for numbers.
struct Field {
    min: u32,
    max: u32,
    names: &'static [&'static str],
}

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

const FIELDS: [Field; 5] = [
    Field { min: 0, max: 59, names: &[] },
    Field { min: 0, max: 23, names: &[] },
    Field { min: 1, max: 31, names: &[] },
    Field { min: 1, max: 12, names: &MONTHS },
    Field { min: 0, max: 6, names: &DAYS },
];

/// Whether a text is a schedule.
///
/// # Errors
/// Why it isn't.
pub(super) fn check(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err("it is empty".to_owned());
    }
    let mut rest = text;
    if let Some(zone) = text.strip_prefix("TZ=").or_else(|| text.strip_prefix("CRON_TZ=")) {
        // Without a blank behind the zone, Argo CD crashes.
        let Some((zone, after)) = zone.split_once(' ') else {
            return Err("there is nothing but a time zone".to_owned());
        };
        if !is_zone(zone) {
            return Err(format!("`{zone}` is no time zone"));
        }
        rest = after.trim();
    }
    if rest.starts_with('@') {
        return Err("names such as `@daily` are not taken: write the five fields".to_owned());
    }
    let fields: Vec<&str> = rest.split_whitespace().collect();
    if fields.len() != FIELDS.len() {
        return Err(format!("it has {} fields, expected minute, hour, day, month and weekday", fields.len()));
    }
    let ranges = |field: &&str| field.split(',').filter(|part| !part.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    for (field, kind) in fields.iter().zip(&FIELDS) {
        ranges(field).iter().try_for_each(|range| kind.check(range))?;
    }
    Ok(())
}

/// Whether a time zone is known.
pub(super) fn is_zone(name: &str) -> bool {
    matches!(name, "" | "UTC" | "Local") || jiff::tz::TimeZone::get(name).is_ok()
}

impl Field {
    /// A number, a name, `a-b` or `*`, each with `/step` or without.
    fn check(&self, range: &str) -> Result<(), String> {
        let mut parts = range.split('/');
        let (bounds, step, more) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
        let ends: Vec<&str> = bounds.split('-').collect();
        let (start, mut end) = match ends.as_slice() {
            ["*" | "?", ..] => (self.min, self.max),
            [one] => (self.number(one)?, self.number(one)?),
            [start, end] => (self.number(start)?, self.number(end)?),
            _ => return Err(format!("`{range}` has too many hyphens")),
        };
        let step = match step {
            None => 1,
            Some(step) => {
                if ends.len() == 1 {
                    end = self.max;
                }
                number(step)?
            }
        };
        let (min, max) = (self.min, self.max);
        match () {
            () if more.is_some() => Err(format!("`{range}` has too many slashes")),
            () if start < min => Err(format!("`{range}` starts below {min}")),
            () if end > max => Err(format!("`{range}` ends above {max}")),
            () if start > end => Err(format!("`{range}` ends before it starts")),
            () if step == 0 => Err(format!("the step of `{range}` is 0")),
            () => Ok(()),
        }
    }

    fn number(&self, text: &str) -> Result<u32, String> {
        let lower = text.to_lowercase();
        match self.names.iter().position(|name| *name == lower) {
            Some(at) => Ok(self.first_named() + u32::try_from(at).unwrap_or_default()),
            None => number(text),
        }
    }

    /// January is 1, Sunday is 0.
    fn first_named(&self) -> u32 {
        self.min
    }
}

/// A number as Go's `strconv.Atoi` reads it, below zero left out.
fn number(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| format!("`{text}` is not a number"))
}
