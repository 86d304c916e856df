//! Paths into resources: `a.b.[k=v].*.c` (kyaml/utils, kyaml/yaml's PathGetter and PathMatcher).
//!
//! There are two ways to follow a path. [`lookup`] finds one value, as it does where a value is read. A [`Matcher`] visits
//! all that a path means, makes what is missing, and takes the values of `[k=v]` as regular expressions.

mod getter;
mod matcher;
mod styled;
mod tree;

pub use getter::{lookup, position};
pub use matcher::{Create, Found, Matcher};
pub use tree::{Kind, Tree};

use crate::source::Origin;

/// Why a path can't be followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// In kustomize's words.
    pub text: String,
    /// The value where it ends.
    pub at: Origin,
}

/// Splits at a delimiter; behind a backslash it is part of a name (`PathSplitter`). One at the start is left out.
pub fn split(path: &str, delimiter: char) -> Vec<String> {
    let mut pieces: Vec<&str> = path.split(delimiter).collect();
    if pieces.len() > 1 && pieces.first().is_some_and(|first| first.is_empty()) {
        pieces.remove(0);
    }
    let mut parts: Vec<String> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        match parts.last_mut() {
            Some(last) if last.ends_with('\\') => {
                last.pop();
                last.push(delimiter);
                last.push_str(piece);
            }
            _ => parts.push(piece.to_owned()),
        }
    }
    parts
}

/// Splits a path at its points; those in brackets are part of a name (`SmarterPathSplitter`). The brackets stay where they
/// tell an element of a list, or hold no point.
pub fn split_smart(path: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut pieces = split(path, '.').into_iter();
    while let Some(piece) = pieces.next() {
        if !piece.starts_with('[') || piece.ends_with(']') {
            parts.push(piece);
            continue;
        }
        let mut whole = piece;
        for piece in pieces.by_ref() {
            whole.push('.');
            whole.push_str(&piece);
            if piece.ends_with(']') {
                break;
            }
        }
        match whole.contains('=') {
            true => parts.push(whole),
            false => parts.push(whole.trim_matches(['[', ']']).to_owned()),
        }
    }
    parts
}

/// The number that a part of a path is, if it is one as Go reads it.
fn number(part: &str) -> Option<i64> {
    let digits = part.strip_prefix(['+', '-']).unwrap_or(part);
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if plain { part.parse().ok() } else { None }
}

/// The place of an element that a part of a path is, if it is one.
fn index(part: &str) -> Option<usize> {
    usize::try_from(number(part)?).ok()
}

/// Whether a part of a path tells an element of a list: `[k=v]`.
fn is_element(part: &str) -> bool {
    part.starts_with('[') && part.ends_with(']')
}

/// The field and the value that tell an element; the field is empty where the element itself is the value.
fn key_and_value(part: &str) -> Result<(&str, &str), &'static str> {
    let inside = part.strip_suffix(']').unwrap_or(part);
    let inside = inside.strip_prefix('[').unwrap_or(inside);
    inside.split_once('=').ok_or("list path element must contain fieldName=fieldValue for element to match")
}

/// A value of another kind than a path needs.
fn wrong_kind<T: Tree>(node: &T, expected: Kind) -> Wrong {
    let (wanted, found) = (expected.go_name(), node.kind().go_name());
    let text = format!("wrong node kind: expected {wanted} but got {found}: node contents:\n{}", node.shown());
    Wrong { text, at: node.origin() }
}
