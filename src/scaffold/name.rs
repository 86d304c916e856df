//! What may be called how.

use crate::diag::{Code, Diagnostic};

/// A name as Kubernetes' objects, and directories on any disk, can have it: an RFC 1123 label.
///
/// # Errors
/// It isn't one; the hint has the nearest that is.
pub(super) fn label(what: &str, name: &str) -> Result<(), Diagnostic> {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.len() <= 63 && name.chars().all(inner) && edge(name.chars().next()) && edge(name.chars().last()) {
        return Ok(());
    }
    let message = format!("`{name}` can't be the name of {what}");
    let rule =
        "a name has lower-case letters, digits and `-`, starts and ends with a letter or digit, and has at most 63";
    let error = Diagnostic::error(Code::INVALID_VALUE, message).hint(rule);
    Err(match nearest(name) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error,
    })
}

fn nearest(name: &str) -> Option<String> {
    let kept = name.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect::<String>();
    let short: String = kept.trim_matches('-').chars().take(63).collect();
    let short = short.trim_end_matches('-');
    if short.is_empty() { None } else { Some(short.to_owned()) }
}

/// A label of Kubernetes' metadata: `[prefix/]name`, and its value.
///
/// # Errors
/// It isn't one.
pub(super) fn metadata_label(key: &str, value: &str) -> Result<(), Diagnostic> {
    let part = |text: &str| {
        let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        text.len() <= 63
            && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
            && edge(text.chars().next())
            && edge(text.chars().last())
    };
    let (prefix, name) = key.rsplit_once('/').map_or((None, key), |(prefix, name)| (Some(prefix), name));
    let prefixed = prefix.is_none_or(|p| p.len() <= 253 && p.split('.').all(|p| label("", p).is_ok()));
    let wrong = match (part(name) && prefixed, value.is_empty() || part(value)) {
        (true, true) => return Ok(()),
        (false, _) => format!("`{key}` can't be the name of a label"),
        (true, false) => format!("`{value}` can't be the value of the label `{key}`"),
    };
    let rule = "letters, digits, `-`, `_` and `.`, a letter or digit at both ends, at most 63; before a name may stand a \
                domain and a slash";
    Err(Diagnostic::error(Code::INVALID_VALUE, wrong).hint(rule))
}

#[cfg(test)]
mod tests {
    use super::{label, metadata_label, nearest};

    #[test]
    fn names() {
        let long = "a".repeat(64);
        for name in ["a", "prod-01", "0", "a--b", &"a".repeat(63)] {
            assert!(label("a cluster", name).is_ok(), "{name}");
        }
        for name in ["", "-a", "a-", "A", "a.b", "a/b", "..", "ä", "a b", "a\n", &long] {
            assert!(label("a cluster", name).is_err(), "{name}");
        }
        assert_eq!(nearest("My Team_1.").as_deref(), Some("my-team-1"));
        assert_eq!(nearest("..").as_deref(), None);
    }

    #[test]
    fn labels() {
        for (key, value) in [("environment", "production"), ("example.com/tier", "A_1.b"), ("a", "")] {
            assert!(metadata_label(key, value).is_ok(), "{key}={value}");
        }
        for (key, value) in
            [("", "a"), ("a b", "a"), ("a", "b c"), ("-a", "b"), ("/a", "b"), ("a_b/c", "d"), ("a", "-")]
        {
            assert!(metadata_label(key, value).is_err(), "{key}={value}");
        }
    }
}
