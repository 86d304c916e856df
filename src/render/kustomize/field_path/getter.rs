//! The one value that a path means (kyaml's `PathGetter`).

use super::{Kind, Tree, Wrong, is_element, key_and_value, number, wrong_kind};

/// The value at a path; none if there is none.
///
/// # Errors
/// A part of the path that fits no value of the kind it meets.
pub fn lookup<'n, T: Tree>(node: &'n T, path: &[String]) -> Result<Option<&'n T>, Wrong> {
    let mut found = node;
    for part in path {
        match step(found, part)? {
            Some(next) => found = next,
            None => return Ok(None),
        }
    }
    Ok(Some(found))
}

/// The value that one part of a path leads to.
fn step<'n, T: Tree>(node: &'n T, part: &str) -> Result<Option<&'n T>, Wrong> {
    match part.trim() {
        "" => Ok(Some(node)),
        part => Ok(position(node, part)?.and_then(|at| node.child(at))),
    }
}

/// The place of the field or element that one part of a path leads to.
///
/// # Errors
/// See [`lookup`].
pub fn position<T: Tree>(node: &T, part: &str) -> Result<Option<usize>, Wrong> {
    let part = part.trim();
    let wrong = |text: String| Err(Wrong { text, at: node.origin() });
    if let Some(number) = number(part) {
        let Ok(at) = usize::try_from(number) else {
            return wrong(format!("array index {number} cannot be negative"));
        };
        return Ok((elements(node)? && at < node.count()).then_some(at));
    }
    match part {
        "-" => {
            elements(node)?;
            match node.count().checked_sub(1) {
                Some(last) => Ok(Some(last)),
                // kustomize dies of it.
                None => wrong("there is no last element of an empty list".to_owned()),
            }
        }
        "*" => wrong("wildcard is not supported in PathGetter".to_owned()),
        _ if is_element(part) => {
            let (key, value) = match key_and_value(part) {
                Ok(pair) => pair,
                Err(text) => return wrong(text.to_owned()),
            };
            let count = if elements(node)? { node.count() } else { 0 };
            Ok((0..count).find(|at| {
                let Some(element) = node.child(*at) else { return false };
                match key {
                    "" => element.text() == value,
                    _ if element.kind() != Kind::Mapping => false,
                    key => {
                        let field = element.position(key).and_then(|at| element.child(at));
                        field.is_some_and(|field| field.text() == value)
                    }
                }
            }))
        }
        _ => match node.kind() {
            Kind::Null => Ok(None),
            Kind::Mapping => Ok(node.position(part)),
            _ => Err(wrong_kind(node, Kind::Mapping)),
        },
    }
}

/// Whether a value has elements: a null has none.
///
/// # Errors
/// A value that is no list.
pub(super) fn elements<T: Tree>(node: &T) -> Result<bool, Wrong> {
    match node.kind() {
        Kind::Null => Ok(false),
        Kind::Sequence => Ok(true),
        _ => Err(wrong_kind(node, Kind::Sequence)),
    }
}
