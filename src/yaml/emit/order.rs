//! go-yaml's order of keys: letters by code point, other characters before them, runs of digits by their value.

use std::cmp::Ordering;
use std::sync::LazyLock;

use regex::Regex;

use super::super::{Entry, Map};

/// A mapping's entries in the order of go-yaml's `keyList`.
///
/// That order isn't transitive for some sets of keys, and upstream then depends on Go's random order of maps. So that
/// ours never depends on anything, such keys start in byte order; and since a sort must not trip over them, it is our own.
pub(super) fn sorted(map: &Map, v3: bool) -> Vec<&Entry> {
    let mut entries: Vec<&Entry> = map.iter().collect();
    let in_order = |w: &[&Entry]| matches!(w, [a, b] if less(&a.key, &b.key, v3));
    if entries.windows(2).all(in_order) {
        // Mostly read in the order in which it was written; but pairs decide only where the order is transitive.
        if entries.iter().all(|e| simple(&e.key)) {
            return entries;
        }
    }
    entries.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    merge_sort(&mut entries, v3);
    entries
}

/// Keys of ASCII letters alone compare as bytes do.
fn simple(key: &str) -> bool {
    key.bytes().all(|b| b.is_ascii_alphabetic())
}

/// Bottom-up, stable, and content with any answers that `less` gives.
fn merge_sort(entries: &mut Vec<&Entry>, v3: bool) {
    let n = entries.len();
    let mut width = 1;
    while width < n {
        let mut merged = Vec::with_capacity(n);
        for pair in entries.chunks(2 * width) {
            let (mut left, mut right) = pair.split_at(width.min(pair.len()));
            while let (Some((a, rest_a)), Some((b, rest_b))) = (left.split_first(), right.split_first()) {
                if less(&b.key, &a.key, v3) {
                    merged.push(*b);
                    right = rest_b;
                } else {
                    merged.push(*a);
                    left = rest_a;
                }
            }
            merged.extend_from_slice(left);
            merged.extend_from_slice(right);
        }
        *entries = merged;
        width *= 2;
    }
}

/// `keyList.Less` of go-yaml's sorter.go, for strings: in v3, a letter after a digit comes first.
fn less(a: &str, b: &str, v3: bool) -> bool {
    let common = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    // Back to the start of the character in which they differ.
    let mut at = common.min(a.len()).min(b.len());
    while !a.is_char_boundary(at) || !b.is_char_boundary(at) {
        at -= 1;
    }
    let (head, rest_a) = a.split_at(at);
    let rest_b = b.get(at..).unwrap_or_default();
    let (Some(ca), Some(cb)) = (rest_a.chars().next(), rest_b.chars().next()) else {
        return rest_a.len() < rest_b.len();
    };
    match (is_letter(ca), is_letter(cb)) {
        (true, true) => return ca < cb,
        (false, true) => return !(v3 && head.ends_with(is_digit)),
        (true, false) => return v3 && head.ends_with(is_digit),
        (false, false) => {}
    }
    let mut start = 0i64;
    if ca == '0' || cb == '0' {
        // Zeros inside a number count as its digits; leading zeros don't.
        let digits = head.chars().rev().take_while(|c| is_digit(*c));
        start = i64::from(digits.into_iter().any(|c| c != '0'));
    }
    let (na, la) = number(start, rest_a);
    let (nb, lb) = number(start, rest_b);
    match na.cmp(&nb).then(la.cmp(&lb)) {
        Ordering::Equal => ca < cb,
        order => order == Ordering::Less,
    }
}

/// The value of a run of digits, wrapping as Go's does, and how many there are.
fn number(start: i64, text: &str) -> (i64, usize) {
    text.chars().take_while(|c| is_digit(*c)).fold((start, 0), |(n, len), c| {
        let digit = i64::from(u32::from(c)) - i64::from(u32::from('0'));
        (n.wrapping_mul(10).wrapping_add(digit), len + 1)
    })
}

/// Go's `unicode.IsLetter`: the category L (not Alphabetic) of Unicode 15, which Go has up to 1.26.
fn is_letter(c: char) -> bool {
    static LETTER: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^[\p{L}&&\p{Age=15.0}]$").ok());
    if c.is_ascii() { c.is_ascii_alphabetic() } else { in_class(&LETTER, c) }
}

/// Go's `unicode.IsDigit`: the category Nd of Unicode 15.
fn is_digit(c: char) -> bool {
    static DIGIT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^[\p{Nd}&&\p{Age=15.0}]$").ok());
    if c.is_ascii() { c.is_ascii_digit() } else { in_class(&DIGIT, c) }
}

fn in_class(class: &Option<Regex>, c: char) -> bool {
    let mut buffer = [0; 4];
    class.as_ref().is_some_and(|r| r.is_match(c.encode_utf8(&mut buffer)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_as_go_yaml_sorts_them() {
        // testdata/yaml/emit has more, made by go-yaml.
        let order = ["1", "2", "10", "_", "a_b", "a-b", "a2", "a10", "aB", "ab"];
        for (i, a) in order.iter().enumerate() {
            for b in order.iter().skip(i + 1) {
                if (*a, *b) != ("_", "a_b") {
                    assert!(less(a, b, false) != less(b, a, false), "{a} {b}");
                }
            }
        }
        assert!(
            less("a2", "a10", false) && less("a10", "ab", false) && less("aB", "ab", false) && less("a_b", "a2", false)
        );
    }
}
