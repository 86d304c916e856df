//! One version.

use std::cmp::Ordering;
use std::fmt;

use super::Error;

const MAX_BYTES: usize = 256;

/// A version: three numbers, a prerelease, metadata.
///
/// Equality and order are those of semver: metadata doesn't count, a prerelease is lower than its release.
#[derive(Clone, Debug)]
pub struct Version {
    /// The first number.
    pub major: u64,
    /// The second.
    pub minor: u64,
    /// The third.
    pub patch: u64,
    /// What stands after `-`; empty if nothing does.
    pub pre: String,
    /// What stands after `+`; empty if nothing does.
    pub metadata: String,
    /// The text that was read.
    pub original: String,
}

impl Version {
    /// Reads a version as `NewVersion` does: a `v` before it, missing numbers and leading zeros are fine.
    pub fn new(text: &str) -> Result<Self, Error> {
        if text.len() > MAX_BYTES {
            return Err(Error::TooLong);
        }
        let (core, metadata) = cut(text.strip_prefix('v').unwrap_or(text), '+');
        let (core, pre) = cut(core, '-');
        // The form first: a number that is too large is another error than what has no form at all.
        let numbers: Vec<&str> = core.split('.').collect();
        let formed = |part: Option<&str>| {
            part.is_none_or(|p| p.split('.').all(|i| !i.is_empty() && i.bytes().all(is_identifier)))
        };
        if numbers.len() > 3 || !numbers.iter().all(|n| is_digits(n)) || !formed(pre) || !formed(metadata) {
            return Err(Error::Invalid);
        }
        let number = |i: usize| {
            let digits = numbers.get(i).copied().unwrap_or("0");
            digits.parse().map_err(|_| Error::Range { number: digits.to_owned(), coerced: true })
        };
        let (major, minor, patch) = (number(0)?, number(1)?, number(2)?);
        pre.map_or(Ok(()), check_prerelease)?;
        let owned = |part: Option<&str>| part.unwrap_or_default().to_owned();
        Ok(Self { major, minor, patch, pre: owned(pre), metadata: owned(metadata), original: text.to_owned() })
    }

    /// Reads a version as `StrictNewVersion` does: exactly semver 2.
    pub fn strict(text: &str) -> Result<Self, Error> {
        if text.is_empty() {
            return Err(Error::Empty);
        }
        if text.len() > MAX_BYTES {
            return Err(Error::TooLong);
        }
        let mut parts = text.splitn(3, '.');
        let (Some(major), Some(minor), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(Error::Invalid);
        };
        let (rest, metadata) = cut(rest, '+');
        metadata.map_or(Ok(()), check_metadata)?;
        let (patch, pre) = cut(rest, '-');
        pre.map_or(Ok(()), check_prerelease)?;
        for part in [major, minor, patch] {
            if !part.bytes().all(|b| b.is_ascii_digit()) {
                return Err(Error::Characters);
            }
            if part.len() > 1 && part.starts_with('0') {
                return Err(Error::LeadingZero);
            }
        }
        let number = |digits: &str| {
            let range = || Error::Range { number: digits.to_owned(), coerced: false };
            if digits.is_empty() { Err(Error::NoNumber) } else { digits.parse().map_err(|_| range()) }
        };
        let (major, minor, patch) = (number(major)?, number(minor)?, number(patch)?);
        let owned = |part: Option<&str>| part.unwrap_or_default().to_owned();
        Ok(Self { major, minor, patch, pre: owned(pre), metadata: owned(metadata), original: text.to_owned() })
    }

    /// Sets what stands after `-`; nothing takes it away. The original text stays.
    pub fn set_prerelease(&mut self, text: &str) -> Result<(), Error> {
        if !text.is_empty() {
            check_prerelease(text)?;
        }
        text.clone_into(&mut self.pre);
        Ok(())
    }

    /// Sets what stands after `+`; nothing takes it away. The original text stays.
    pub fn set_metadata(&mut self, text: &str) -> Result<(), Error> {
        if !text.is_empty() {
            check_metadata(text)?;
        }
        text.clone_into(&mut self.metadata);
        Ok(())
    }

    /// Whether it is a prerelease.
    pub fn is_prerelease(&self) -> bool {
        !self.pre.is_empty()
    }
}

/// Without the `v`, and with all three numbers.
impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)?;
        if !self.pre.is_empty() {
            write!(f, "-{}", self.pre)?;
        }
        if !self.metadata.is_empty() {
            write!(f, "+{}", self.metadata)?;
        }
        Ok(())
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let numbers = |v: &Self| (v.major, v.minor, v.patch);
        numbers(self).cmp(&numbers(other)).then_with(|| match (self.pre.as_str(), other.pre.as_str()) {
            ("", "") => Ordering::Equal,
            ("", _) => Ordering::Greater,
            (_, "") => Ordering::Less,
            (a, b) => compare_prerelease(a, b),
        })
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Version {}

fn cut(text: &str, at: char) -> (&str, Option<&str>) {
    text.split_once(at).map_or((text, None), |(before, after)| (before, Some(after)))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_identifier(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-'
}

fn check_prerelease(text: &str) -> Result<(), Error> {
    for part in text.split('.') {
        if part.is_empty() {
            return Err(Error::Prerelease);
        }
        if is_digits(part) {
            if part.len() > 1 && part.starts_with('0') {
                return Err(Error::LeadingZero);
            }
        } else if !part.bytes().all(is_identifier) {
            return Err(Error::Prerelease);
        }
    }
    Ok(())
}

fn check_metadata(text: &str) -> Result<(), Error> {
    let fine = text.split('.').all(|part| !part.is_empty() && part.bytes().all(is_identifier));
    if fine { Ok(()) } else { Err(Error::Metadata) }
}

/// Part by part; numbers below words, and by value. An empty side is lower.
pub(super) fn compare_prerelease(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a.split('.'), b.split('.'));
    loop {
        let (l, r) = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (l, r) => (l.unwrap_or_default(), r.unwrap_or_default()),
        };
        match compare_part(l, r) {
            Ordering::Equal => {}
            different => return different,
        }
    }
}

fn compare_part(a: &str, b: &str) -> Ordering {
    if a == b {
        return Ordering::Equal;
    }
    match (a, b) {
        ("", _) => return Ordering::Less,
        (_, "") => return Ordering::Greater,
        _ => {}
    }
    let number = |text: &str| is_digits(text).then(|| text.parse::<u64>().ok()).flatten();
    match (number(a), number(b)) {
        (None, None) => {
            if a > b {
                Ordering::Greater
            } else {
                Ordering::Less
            }
        }
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        // Equal numbers in different spellings count as less, as the original has it.
        (Some(a), Some(b)) => {
            if a > b {
                Ordering::Greater
            } else {
                Ordering::Less
            }
        }
    }
}
