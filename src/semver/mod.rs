//! Versions and version ranges as Masterminds/semver v3.5.0 has them: what Helm, sprig and Argo CD mean by a version.
//!
//! [`Version::new`] is forgiving (`v1.2` is 1.2.0), [`Version::strict`] is not. [`Constraints`] are ranges: `>=1.2, <2`,
//! `~1.2.x`, `^0.3`, `1.2 - 1.4 || 2.*`.

mod constraint;
mod version;

pub use constraint::{Constraints, is_compatible};
pub use version::Version;

/// Why a text isn't a version or a constraint; in the words of the Go library.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Not of the form of a version.
    #[error("invalid semantic version")]
    Invalid,
    /// Nothing was given to the strict reading.
    #[error("version string empty")]
    Empty,
    /// Something other than digits in a number.
    #[error("invalid characters in version")]
    Characters,
    /// A number with a leading zero.
    #[error("version segment starts with 0")]
    LeadingZero,
    /// What stands after `+`.
    #[error("invalid metadata string")]
    Metadata,
    /// What stands after `-`.
    #[error("invalid prerelease string")]
    Prerelease,
    /// More than 256 bytes.
    #[error("version string is too long (max 256 bytes)")]
    TooLong,
    /// A number above 64 bits; with the prefix that only the forgiving reading has.
    #[error("{}strconv.ParseUint: parsing {}: value out of range", if *.coerced { "error parsing version segment: " } else { "" }, crate::go::quote(.number))]
    Range {
        /// The digits.
        number: String,
        /// Whether the forgiving reading found it.
        coerced: bool,
    },
    /// A number that isn't one: the strict reading of `1..2`.
    #[error("strconv.ParseUint: parsing \"\": invalid syntax")]
    NoNumber,
    /// A constraint of more than 512 bytes.
    #[error("constraint string is too long (max 512 bytes)")]
    ConstraintTooLong,
    /// More than 32 ranges between `||`.
    #[error("too many constraint groups (max 32)")]
    TooManyGroups,
    /// Not of the form of a constraint.
    #[error("improper constraint: {}", crate::go::quote(.0))]
    Improper(String),
    /// Of the right form, but its version isn't one.
    #[error("constraint parser error")]
    Constraint,
}

#[cfg(test)]
mod tests;
