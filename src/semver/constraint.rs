//! Ranges of versions.

mod simple;

use std::cmp::Ordering;
use std::fmt;
use std::sync::LazyLock;

use regex::Regex;

use super::version::compare_prerelease;
use super::{Error, Version};
use crate::go::quote;

const MAX_BYTES: usize = 512;
const MAX_GROUPS: usize = 32;

/// One or more ranges; a version satisfies them if it lies in one.
#[derive(Clone, Debug)]
pub struct Constraints {
    groups: Vec<Group>,
}

/// A constraint as it is written.
#[derive(Clone, Copy, Debug)]
struct Parts<'t> {
    operator: &'t str,
    version: &'t str,
    /// The second and the third with their points.
    numbers: [&'t str; 3],
    /// With its hyphen.
    pre: &'t str,
}

/// What stands between `||`: all of it has to hold.
#[derive(Clone, Debug)]
struct Group {
    all: Vec<Constraint>,
    /// Whether one of them names a prerelease; only then do prereleases count at all.
    prereleases: bool,
}

#[derive(Clone, Debug)]
struct Constraint {
    operator: Operator,
    spelled: String,
    version: Version,
    /// The version as it stands there, with its wildcards.
    text: String,
    wild: Wild,
}

/// The first number of a version that is missing or a wildcard.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Wild {
    No,
    Major,
    Minor,
    Patch,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Operator {
    Equal,
    NotEqual,
    Greater,
    Less,
    GreaterEqual,
    LessEqual,
    Tilde,
    Caret,
}

/// The grammar, as the original has it in regular expressions: their choices among several readings are part of it.
struct Grammar {
    one: Regex,
    range: Regex,
    find: Regex,
    group: Regex,
}

static GRAMMAR: LazyLock<Option<Grammar>> = LazyLock::new(|| {
    const OPERATORS: &str = r"=||!=|>|<|>=|=>|<=|=<|~|~>|\^";
    const VERSION: &str = concat!(
        r"v?([0-9|x|X|\*]+)(\.[0-9|x|X|\*]+)?(\.[0-9|x|X|\*]+)?",
        r"(-([0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*))?",
        r"(\+([0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*))?"
    );
    // Go's `\s`.
    const S: &str = r"[\t\n\x0C\r ]";
    let regex = |text: String| Regex::new(&text).ok();
    Some(Grammar {
        one: regex(format!("^{S}*({OPERATORS}){S}*({VERSION}){S}*$"))?,
        range: regex(format!("{S}*({VERSION}){S}+-{S}+({VERSION}){S}*"))?,
        find: regex(format!("({OPERATORS}){S}*({VERSION})"))?,
        group: regex(format!(
            "^({S}*({OPERATORS}){S}*({VERSION}){S}*)((?:{S}+|,{S}*)({OPERATORS}){S}*({VERSION}){S}*)*$"
        ))?,
    })
});

impl Constraints {
    /// Reads ranges, as `NewConstraint` does.
    pub fn new(text: &str) -> Result<Self, Error> {
        if text.len() > MAX_BYTES {
            return Err(Error::ConstraintTooLong);
        }
        if let Some(groups) = simple::groups(text).filter(|groups| groups.len() <= MAX_GROUPS) {
            let groups = groups.iter().map(|group| Group::of(group)).collect::<Result<_, _>>()?;
            return Ok(Self { groups });
        }
        Self::by_grammar(text)
    }

    fn by_grammar(text: &str) -> Result<Self, Error> {
        let grammar = GRAMMAR.as_ref().ok_or(Error::Constraint)?;
        let text = rewrite_ranges(grammar, text);
        let groups: Vec<&str> = text.split("||").collect();
        if groups.len() > MAX_GROUPS {
            return Err(Error::TooManyGroups);
        }
        let groups = groups.into_iter().map(|group| Group::new(grammar, group)).collect::<Result<_, _>>()?;
        Ok(Self { groups })
    }

    /// Whether a version lies in a range.
    pub fn check(&self, version: &Version) -> bool {
        self.groups.iter().any(|g| g.all.iter().all(|c| c.check(version, g.prereleases).is_ok()))
    }

    /// Why a version lies in no range, one reason for each constraint that it fails; none if it lies in one.
    pub fn reasons(&self, version: &Version) -> Vec<String> {
        let mut reasons = Vec::new();
        let mut told = false;
        for group in &self.groups {
            let mut holds = true;
            for constraint in &group.all {
                if version.is_prerelease() && !group.prereleases {
                    if !std::mem::replace(&mut told, true) {
                        reasons.push(only_releases(version));
                    }
                    holds = false;
                } else if let Err(reason) = constraint.check(version, group.prereleases) {
                    reasons.push(reason);
                    holds = false;
                }
            }
            if holds {
                return Vec::new();
            }
        }
        reasons
    }
}

/// As the original prints them.
impl fmt::Display for Constraints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, group) in self.groups.iter().enumerate() {
            if i > 0 {
                f.write_str(" || ")?;
            }
            for (i, constraint) in group.all.iter().enumerate() {
                let space = if i > 0 { " " } else { "" };
                write!(f, "{space}{}{}", constraint.spelled, constraint.text)?;
            }
        }
        Ok(())
    }
}

/// Whether a version lies in a range; not if one of them can't be read. Helm's `IsCompatibleRange`.
pub fn is_compatible(range: &str, version: &str) -> bool {
    match (Version::new(version), Constraints::new(range)) {
        (Ok(version), Ok(range)) => range.check(&version),
        _ => false,
    }
}

/// `1.2 - 1.4` becomes `>= 1.2, <= 1.4`.
fn rewrite_ranges(grammar: &Grammar, text: &str) -> String {
    let mut out = text.to_owned();
    for found in grammar.range.captures_iter(text) {
        let part = |i: usize| found.get(i).map_or("", |m| m.as_str());
        out = out.replacen(part(0), &format!(">= {}, <= {} ", part(1), part(11)), 1);
    }
    out
}

impl Group {
    fn new(grammar: &Grammar, text: &str) -> Result<Self, Error> {
        if !grammar.group.is_match(text) {
            return Err(Error::Improper(text.to_owned()));
        }
        let all = grammar.find.find_iter(text).map(|m| Constraint::new(grammar, m.as_str()));
        Ok(Self::all(all.collect::<Result<Vec<_>, _>>()?))
    }

    fn of(parts: &[Parts]) -> Result<Self, Error> {
        Ok(Self::all(parts.iter().map(Constraint::of).collect::<Result<Vec<_>, _>>()?))
    }

    fn all(all: Vec<Constraint>) -> Self {
        let prereleases = all.iter().any(|c| c.version.is_prerelease());
        Self { all, prereleases }
    }
}

impl Constraint {
    fn new(grammar: &Grammar, text: &str) -> Result<Self, Error> {
        let found = grammar.one.captures(text).ok_or_else(|| Error::Improper(text.to_owned()))?;
        let part = |i: usize| found.get(i).map_or("", |m| m.as_str());
        Self::of(&Parts { operator: part(1), version: part(2), numbers: [part(3), part(4), part(5)], pre: part(6) })
    }

    fn of(parts: &Parts) -> Result<Self, Error> {
        let Parts { operator: spelled, version: text, numbers: [major, minor, patch], pre } = *parts;
        let is_wild = |number: &str| matches!(number.trim_start_matches('.'), "" | "x" | "X" | "*");
        let (version, wild) = if is_wild(major) {
            (format!("0.0.0{pre}"), Wild::Major)
        } else if is_wild(minor) {
            (format!("{major}.0.0{pre}"), Wild::Minor)
        } else if is_wild(patch) {
            (format!("{major}{minor}.0{pre}"), Wild::Patch)
        } else {
            (text.to_owned(), Wild::No)
        };
        let operator = match spelled {
            "!=" => Operator::NotEqual,
            ">" => Operator::Greater,
            "<" => Operator::Less,
            ">=" | "=>" => Operator::GreaterEqual,
            "<=" | "=<" => Operator::LessEqual,
            "~" | "~>" => Operator::Tilde,
            "^" => Operator::Caret,
            _ => Operator::Equal,
        };
        let version = Version::new(&version).map_err(|_| Error::Constraint)?;
        Ok(Self { operator, spelled: spelled.to_owned(), version, text: text.to_owned(), wild })
    }

    /// Whether a version satisfies it; else why not.
    fn check(&self, version: &Version, prereleases: bool) -> Result<(), String> {
        if version.is_prerelease() && !prereleases {
            return Err(only_releases(version));
        }
        let fail = |how: &str| Err(format!("{} {how} {}", quote(&version.to_string()), quote(&self.text)));
        let order = version.cmp(&self.version);
        let same_major = version.major == self.version.major;
        match self.operator {
            Operator::Equal if self.wild != Wild::No => self.tilde(version),
            Operator::Equal if order.is_eq() => Ok(()),
            Operator::Equal => fail("is not equal to"),
            Operator::NotEqual if self.differs(version) => Ok(()),
            Operator::NotEqual => fail("is equal to"),
            Operator::Greater => {
                let greater = match self.wild {
                    _ if self.wild != Wild::No && !same_major => version.major > self.version.major,
                    Wild::Minor => false,
                    Wild::Patch => version.minor > self.version.minor,
                    Wild::No | Wild::Major => order.is_gt(),
                };
                if greater { Ok(()) } else { fail("is less than or equal to") }
            }
            Operator::Less if order.is_lt() => Ok(()),
            Operator::Less => fail("is greater than or equal to"),
            Operator::GreaterEqual if order.is_ge() => Ok(()),
            Operator::GreaterEqual => fail("is less than"),
            Operator::LessEqual => {
                let greater = match self.wild {
                    Wild::No => order.is_gt(),
                    _ if !same_major => version.major > self.version.major,
                    wild => wild != Wild::Minor && version.minor > self.version.minor,
                };
                if greater { fail("is greater than") } else { Ok(()) }
            }
            Operator::Tilde => self.tilde(version),
            Operator::Caret => self.caret(version),
        }
    }

    fn differs(&self, version: &Version) -> bool {
        let (own, wild) = (&self.version, self.wild);
        if wild == Wild::No {
            return version != own;
        }
        if own.major != version.major {
            return true;
        }
        match wild {
            Wild::Minor => false,
            _ if own.minor != version.minor => true,
            Wild::Patch => {
                let any = version.is_prerelease() || own.is_prerelease();
                any && compare_prerelease(&version.pre, &own.pre) != Ordering::Equal
            }
            _ => own.patch != version.patch || version != own,
        }
    }

    fn tilde(&self, version: &Version) -> Result<(), String> {
        let fail = |how: &str| Err(format!("{} {how} {}", quote(&version.to_string()), quote(&self.text)));
        let own = &self.version;
        if version < own {
            return fail("is less than");
        }
        // Everything, for a wildcard (or `~0.0.0`).
        if (own.major, own.minor, own.patch) == (0, 0, 0) && !matches!(self.wild, Wild::Minor | Wild::Patch) {
            return Ok(());
        }
        if version.major != own.major {
            return fail("does not have same major version as");
        }
        if version.minor != own.minor && self.wild != Wild::Minor {
            return fail("does not have same major and minor version as");
        }
        Ok(())
    }

    fn caret(&self, version: &Version) -> Result<(), String> {
        let (found, wanted) = (quote(&version.to_string()), quote(&self.text));
        let own = &self.version;
        if version < own {
            return Err(format!("{found} is less than {wanted}"));
        }
        if own.major > 0 || self.wild == Wild::Minor || version.major > 0 {
            let same = version.major == own.major;
            return if same { Ok(()) } else { Err(format!("{found} does not have same major version as {wanted}")) };
        }
        if own.minor > 0 || self.wild == Wild::Patch {
            let rule = "Expected minor versions to match when constraint major version is 0";
            let same = version.minor == own.minor;
            return if same {
                Ok(())
            } else {
                Err(format!("{found} does not have same minor version as {wanted}. {rule}"))
            };
        }
        if version.minor > 0 {
            return Err(format!("{found} does not have same minor version as {wanted}"));
        }
        let rule = "Expect version and constraint to equal when major and minor versions are 0";
        if own.patch == version.patch { Ok(()) } else { Err(format!("{found} does not equal {wanted}. {rule}")) }
    }
}

fn only_releases(version: &Version) -> String {
    let found = quote(&version.to_string());
    format!("{found} is a prerelease version and the constraint is only looking for release versions")
}
