//! The name of a release, and the rules it has to follow.

use std::sync::Arc;

use super::capabilities::quoted;
use crate::render::helm::Profile;
use crate::render::helm::gotemplate::exec::{Effects, Exec, Limits, MissingKey, Setup};
use crate::render::helm::gotemplate::parse::parse;
use crate::render::helm::gotemplate::set::Templates;
use crate::render::helm::gotemplate::value::Tracked;
use crate::render::helm::program::table;
use crate::source::FileId;

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

/// The name that `--name-template` makes.
///
/// # Errors
/// Helm's text.
pub fn of_template(text: &str, profile: Profile, effects: &mut dyn Effects) -> Result<String, String> {
    let functions = table(profile);
    let trees = parse("name-template", text.into(), FileId::NONE, functions).map_err(|fault| fault.text.clone())?;
    let mut templates = Templates::new();
    templates.add(trees.into_iter().map(Arc::new));
    let mut exec = Exec::new(Setup {
        functions,
        templates: &templates,
        set_name: "name-template",
        missing_key: MissingKey::Invalid,
        effects,
        limits: Limits::default(),
        record: false,
    });
    let made = exec.execute("name-template", &Tracked::default()).map_err(|fault| fault.text.clone())?;
    Ok(String::from_utf8_lossy(&made.0).into_owned())
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
