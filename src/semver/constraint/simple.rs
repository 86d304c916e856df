//! Ranges as nearly everybody writes them, read without the grammar's regular expressions, which take longer to be made
//! than many a chart takes to be rendered.

use super::Parts;

const OPERATORS: [&str; 10] = ["=>", ">=", "=<", "<=", "!=", "~>", "=", ">", "<", "~"];

/// What stands between each `||`, if every part is plain: an operator, a version of digits, and spaces or commas before
/// the next. None for all else, which may well be a range.
pub(super) fn groups(text: &str) -> Option<Vec<Vec<Parts<'_>>>> {
    text.split("||").map(group).collect()
}

fn group(text: &str) -> Option<Vec<Parts<'_>>> {
    let mut rest = text.trim_matches(' ');
    let mut parts = Vec::new();
    loop {
        let (one, after) = constraint(rest)?;
        parts.push(one);
        if after.is_empty() {
            return Some(parts);
        }
        let next = after.strip_prefix(',').unwrap_or(after).trim_start_matches(' ');
        // A version right after another, or with nothing but a hyphen between them, is for the grammar to judge.
        let starts_anew = next.starts_with(['=', '>', '<', '!', '~', '^']);
        if !starts_anew || next.len() == after.len() {
            return None;
        }
        rest = next;
    }
}

fn constraint(text: &str) -> Option<(Parts<'_>, &str)> {
    let operator = OPERATORS.iter().copied().chain(["^"]).find(|operator| text.starts_with(operator)).unwrap_or("");
    let start = text.get(operator.len()..)?.trim_start_matches(' ');
    let numbers = start.strip_prefix('v').unwrap_or(start);
    let (major, rest) = digits(numbers)?;
    let (minor, rest) = number(rest);
    let (patch, rest) = if minor.is_empty() { ("", rest) } else { number(rest) };
    let (pre, rest) = prerelease(rest)?;
    if !(rest.is_empty() || rest.starts_with([' ', ','])) {
        return None;
    }
    let version = start.get(..start.len() - rest.len())?;
    Some((Parts { operator, version, numbers: [major, minor, patch], pre }, rest))
}

fn digits(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.split_at_checked(end).filter(|(digits, _)| !digits.is_empty())
}

fn wildcard(text: &str) -> Option<(&str, &str)> {
    if text.starts_with(['x', 'X', '*']) { text.split_at_checked(1) } else { None }
}

/// A point and digits, or a wildcard; nothing if that isn't what stands there.
fn number(text: &str) -> (&str, &str) {
    let after = text.strip_prefix('.').and_then(|text| digits(text).or_else(|| wildcard(text)));
    let Some((digits, rest)) = after else { return ("", text) };
    (text.get(..digits.len() + 1).unwrap_or_default(), rest)
}

fn prerelease(text: &str) -> Option<(&str, &str)> {
    let Some(inside) = text.strip_prefix('-') else { return Some(("", text)) };
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
    let end = inside.find(|c: char| !is_part(c)).unwrap_or(inside.len());
    let well_formed = inside.get(..end)?.split('.').all(|part| !part.is_empty());
    well_formed.then_some(text.split_at_checked(end + 1)?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Constraints;
    use super::groups;

    #[test]
    fn what_people_write_is_plain() {
        for text in
            [">=1.25.0-0", ">= 1.2, < 2", "^3.1", "~1.2.3 || >2", "1.2.3", "=v1", ">=1.2.3-alpha.1 <2", "1.x", "0.12.*"]
        {
            assert!(groups(text).is_some(), "{text}");
        }
        for text in
            ["", "1.2 - 1.4", "1.xx", "1.2x", "*", "1.2.3+a", "1..2", "1.2.3.4", ">1 2", ">1<2", "1.2-", ">=\t1"]
        {
            assert!(groups(text).is_none(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_plain_range_means_what_the_grammar_makes_of_it(
            text in "(=|!=|>|<|>=|=>|<=|=<|~|~>|\\^|) ?v?[0-9]{0,2}(\\.[0-9x]{0,2}){0,3}(-[0-9a-z.-]{0,4})?( |, ?|  ?\\|\\|)?\
                ((=|!=|>|<|>=|~|\\^|-|) ?[0-9]{0,2}(\\.[0-9]){0,2})?"
        ) {
            if groups(&text).is_some() {
                let (simple, grammar) = (Constraints::new(&text), Constraints::by_grammar(&text));
                prop_assert_eq!(format!("{simple:?}"), format!("{grammar:?}"));
            }
        }
    }
}
