//! The name of a release, and the rules it has to follow.

use super::capabilities::quoted;
use crate::render::helm::Profile;

/// What `helm template` calls a release that nobody named.
pub const DEFAULT: &str = "release-name";

const LONGEST: usize = 53;

/// Checks a release's name, as Helm does before it renders anything.
///
/// # Errors
/// Helm's text.
pub fn check(name: &str, profile: Profile) -> Result<(), String> {
    let why = if name.is_empty() {
        "no name provided"
    } else if name.len() > LONGEST || !is_dns_name(name) {
        concat!(
            "invalid release name, must match regex ",
            r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
            " and the length must not be longer than 53"
        )
    } else {
        return Ok(());
    };
    let text = format!("release name {}: {why}", quoted(name));
    Err(match profile {
        Profile::Helm3 => text,
        Profile::Helm4 => format!("release name check failed: {text}"),
    })
}

fn is_dns_name(name: &str) -> bool {
    let alphanumeric = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    name.split('.').all(|label| {
        let bytes = label.as_bytes();
        alphanumeric(bytes.first())
            && alphanumeric(bytes.last())
            && bytes.iter().all(|b| *b == b'-' || alphanumeric(Some(b)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_dns_names_of_at_most_53_bytes() {
        for good in ["a", "a-b.c0", "0", &"x".repeat(53)] {
            assert_eq!(check(good, Profile::Helm4), Ok(()), "{good}");
        }
        for bad in ["", "-a", "a-", "A", "a..b", "a_b", "a.", "ü", &"x".repeat(54)] {
            assert!(check(bad, Profile::Helm4).is_err(), "{bad}");
        }
        assert_eq!(check("", Profile::Helm3), Err("release name \"\": no name provided".to_owned()));
    }
}
