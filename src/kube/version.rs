//! The version of Kubernetes that a cluster runs.

use std::fmt;

use ecow::EcoString;
use thiserror::Error;

/// A version as people and clouds write it: `1.31`, `v1.31.4`, `1.31.4-eks-1`, `1.31+`. Only major and minor count for
/// what an API server serves; the text is kept for charts, which may ask for the whole.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct KubeVersion {
    major: u16,
    minor: u16,
    text: EcoString,
}

/// A text that isn't a version.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{0}` isn't a Kubernetes version, expected one such as `1.31` or `v1.31.4`")]
pub struct InvalidVersion(EcoString);

impl KubeVersion {
    /// The oldest minor of Kubernetes 1 that Terrace has schemas for.
    pub const OLDEST: u16 = 25;
    /// The newest.
    pub const NEWEST: u16 = 37;

    /// Kubernetes 1.`minor`.
    pub fn minor_of_1(minor: u16) -> Self {
        Self { major: 1, minor, text: ecow::eco_format!("1.{minor}") }
    }

    /// Reads a version.
    ///
    /// # Errors
    /// The text doesn't start with two numbers, or goes on with something else than a patch number, `-…` or `+…`.
    pub fn parse(text: &str) -> Result<Self, InvalidVersion> {
        let invalid = || InvalidVersion(text.into());
        let plain = text.trim();
        let plain = plain.strip_prefix(['v', 'V']).unwrap_or(plain);
        let end = plain.find(['-', '+']).unwrap_or(plain.len());
        let numbers = plain.get(..end).unwrap_or_default();
        let number = |s: &str| s.bytes().all(|b| b.is_ascii_digit()).then(|| s.parse::<u16>().ok()).flatten();
        let parts: Option<Vec<u16>> = numbers.split('.').map(number).collect();
        match parts.as_deref() {
            Some([major, minor] | [major, minor, _]) => {
                Ok(Self { major: *major, minor: *minor, text: text.trim().into() })
            }
            _ => Err(invalid()),
        }
    }

    /// The first number.
    pub fn major(&self) -> u16 {
        self.major
    }

    /// The second number.
    pub fn minor(&self) -> u16 {
        self.minor
    }

    /// The version as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its numbers alone, as Argo CD hands it to Helm (reposerver/repository, `parseKubeVersion`): charts ask for
    /// `>=1.30`, which no version with `-eks-1` after it satisfies.
    pub fn numbers(&self) -> String {
        let text = self.text.strip_prefix(['v', 'V']).unwrap_or(&self.text);
        let numbers = text.split(['-', '+']).next().unwrap_or_default().split('.');
        let shown: Vec<&str> =
            numbers.map(|part| Some(part.trim_start_matches('0')).filter(|p| !p.is_empty()).unwrap_or("0")).collect();
        shown.join(".")
    }

    /// The minor of Kubernetes 1 whose schemas stand for this version: its own, or the nearest that there is.
    pub fn schema_minor(&self) -> u16 {
        match self.major {
            0 => Self::OLDEST,
            1 => self.minor.clamp(Self::OLDEST, Self::NEWEST),
            _ => Self::NEWEST,
        }
    }

    /// What to tell people where another version's schemas stand for this one.
    pub fn note(&self) -> Option<String> {
        let minor = self.schema_minor();
        (self.major != 1 || self.minor != minor).then(|| {
            format!(
                "Terrace has the schemas of Kubernetes 1.{} to 1.{}: objects for {} are checked as for 1.{minor}",
                Self::OLDEST,
                Self::NEWEST,
                self.text
            )
        })
    }
}

impl Default for KubeVersion {
    /// The newest that there are schemas for.
    fn default() -> Self {
        Self::minor_of_1(Self::NEWEST)
    }
}

/// As it was written.
impl fmt::Display for KubeVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_as_clouds_write_them() {
        for text in
            ["1.31", "v1.31", "1.31.4", "v1.31.4", "1.31.4-eks-1", "1.31+", "v1.31.4+k3s1", "1.31.0-rc.1", " 1.31 "]
        {
            let version = KubeVersion::parse(text).unwrap();
            assert_eq!((version.major(), version.minor(), version.text()), (1, 31, text.trim()), "{text}");
            assert!(matches!(version.numbers().as_str(), "1.31" | "1.31.4" | "1.31.0"), "{text}");
        }
        for text in ["", "1", "v1", "1.", "1.x", "one", "1.31.4.5", "1.31.", "-1.31", "1. 31", "1.99999", "1.+31"] {
            assert!(KubeVersion::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_nearest_schemas_stand_in() {
        for (text, minor, noted) in
            [("1.25", 25, false), ("1.37.2", 37, false), ("1.24.9", 25, true), ("1.99", 37, true), ("2.0", 37, true)]
        {
            let version = KubeVersion::parse(text).unwrap();
            assert_eq!((version.schema_minor(), version.note().is_some()), (minor, noted), "{text}");
        }
    }
}
