//! A rendered file to its documents, as each line of Helm cuts it (`releaseutil.SplitManifests`). Both cut at any line
//! that starts with `---`, whatever follows it and whatever stands around it.

use crate::render::helm::Profile;

/// The documents of a text, in order; those of white space alone are left out.
pub fn split(text: &str, profile: Profile) -> Vec<&str> {
    match profile {
        Profile::Helm3 => split_3(text),
        Profile::Helm4 => split_4(text),
    }
}

/// Cuts at `(?:^|\s*\n)---\s*`; documents have no white space around them.
fn split_3(text: &str) -> Vec<&str> {
    let text = text.trim();
    let bytes = text.as_bytes();
    let mut documents = Vec::new();
    let mut push = |start: usize, end: usize| {
        let document = text.get(start..end).unwrap_or_default().trim();
        if !document.is_empty() {
            documents.push(document);
        }
    };
    let marker = memchr::memmem::Finder::new(b"\n---");
    let mut start = 0;
    let mut at = if text.starts_with("---") { Some(0) } else { marker.find(bytes) };
    while let Some(found) = at {
        // The text is trimmed anyway, so it doesn't matter how far the white space before the cut reaches.
        push(start, found);
        let newline = usize::from(bytes.get(found) == Some(&b'\n'));
        start = found + newline + 3;
        start += bytes.get(start..).unwrap_or_default().iter().take_while(|b| is_space(**b)).count();
        // A newline that the cut took with it begins no other cut.
        at = marker.find(bytes.get(start..).unwrap_or_default()).map(|i| start + i);
    }
    push(start, text.len());
    documents
}

/// Cuts at `(?m)^---[ \t]*`; documents keep the white space behind them.
fn split_4(text: &str) -> Vec<&str> {
    let text = text.trim_start();
    let bytes = text.as_bytes();
    let mut documents = Vec::new();
    let mut push = |start: usize, end: usize| {
        let document = text.get(start..end).unwrap_or_default().trim_start();
        if !document.is_empty() {
            documents.push(document);
        }
    };
    let marker = memchr::memmem::Finder::new(b"\n---");
    let mut start = 0;
    let mut at = text.starts_with("---").then_some(0).or_else(|| marker.find(bytes).map(|i| i + 1));
    while let Some(found) = at {
        push(start, found);
        start = found + 3;
        start += bytes.get(start..).unwrap_or_default().iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
        at = marker.find(bytes.get(start..).unwrap_or_default()).map(|i| start + i + 1);
    }
    push(start, text.len());
    documents
}

/// `\s` in Go's regular expressions.
fn is_space(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | 0x0C | b'\r' | b' ')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use regex::Regex;

    /// The same by the very expressions that Helm uses.
    fn by_regex(text: &str, profile: Profile) -> Vec<String> {
        let (separator, text) = match profile {
            Profile::Helm3 => (Regex::new(r"(?:^|[\t\n\f\r ]*\n)---[\t\n\f\r ]*").unwrap(), text.trim()),
            Profile::Helm4 => (Regex::new(r"(?m)^---[ \t]*").unwrap(), text.trim_start()),
        };
        let parts = separator.split(text).map(|d| match profile {
            Profile::Helm3 => d.trim(),
            Profile::Helm4 => d.trim_start(),
        });
        parts.filter(|d| !d.is_empty()).map(str::to_owned).collect()
    }

    #[test]
    fn documents_are_cut_at_dashes() {
        let text = "---\n---\na: 1\n\n--- # x\nb: 2\n\n\n---c: 3\r\n---\r\n";
        assert_eq!(split(text, Profile::Helm3), ["---\na: 1", "# x\nb: 2", "c: 3"]);
        assert_eq!(split(text, Profile::Helm4), ["a: 1\n\n", "# x\nb: 2\n\n\n", "c: 3\r\n"]);
        assert!(split(" \n\t", Profile::Helm3).is_empty());
        assert!(split("---\n", Profile::Helm4).is_empty());
    }

    proptest! {
        #[test]
        fn cuts_are_those_of_the_expressions(text in "([-]{1,4}|[ \t\r\n\u{a0}\u{b}]|a|---\n|\n---){0,24}") {
            for profile in [Profile::Helm3, Profile::Helm4] {
                prop_assert_eq!(split(&text, profile), by_regex(&text, profile));
            }
        }
    }
}
