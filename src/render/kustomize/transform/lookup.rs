//! Finds fields by the paths of kyaml's PathGetter, and makes what isn't there.

use super::super::context::Context;
use super::super::failure::{Failure, Result};
use super::super::field_spec::{Kind, wrong_kind};
use super::super::scalar::untagged;
use super::super::written;
use crate::diag::Code;
use crate::source::Origin;
use crate::yaml::{Entry, Map, Node, Value};

/// The field at a path, made if it isn't there. None where a null, or a list that is too short, is in the way.
///
/// # Errors
/// A part that fits no node, or not the one that is there.
pub fn lookup_or_create<'n>(
    root: &'n mut Node,
    path: &[String],
    by: Origin,
    ctx: &Context,
) -> Result<Option<&'n mut Node>> {
    let path: Vec<&str> = path.iter().map(|part| part.trim()).filter(|part| !part.is_empty()).collect();
    let mut node = root;
    for (at, part) in path.iter().enumerate() {
        let next = path.get(at + 1).copied();
        let found = match Part::new(part).map_err(|failure| failure.at(by, "for this value"))? {
            Part::Element(index) => element(node, index)?,
            Part::Named(key, value) => named(node, key, value, by, ctx)?,
            Part::Key => field(node, part, next, by)?,
        };
        let Some(found) = found else { return Ok(None) };
        node = found;
    }
    Ok(Some(node))
}

/// A part of a path.
enum Part<'p> {
    /// An element by its place; the last one if there is none.
    Element(Option<usize>),
    /// An element by one of its fields, or by itself where that is empty.
    Named(&'p str, &'p str),
    /// A field.
    Key,
}

impl<'p> Part<'p> {
    fn new(part: &'p str) -> Result<Self> {
        let wrong = |text: &str| Err(Failure::new(Code::INVALID_KUSTOMIZATION, text));
        let digits = part.strip_prefix(['+', '-']).unwrap_or(part);
        if !digits.is_empty()
            && digits.bytes().all(|b| b.is_ascii_digit())
            && let Ok(number) = part.parse::<i64>()
        {
            return match usize::try_from(number) {
                Ok(index) => Ok(Self::Element(Some(index))),
                Err(_) => wrong(&format!("array index {number} cannot be negative")),
            };
        }
        match part {
            "-" => return Ok(Self::Element(None)),
            "*" => return wrong("wildcard is not supported in PathGetter"),
            _ => {}
        }
        match part.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).map(|inside| inside.split_once('=')) {
            None => Ok(Self::Key),
            Some(Some((key, value))) => Ok(Self::Named(key, value)),
            Some(None) => wrong("list path element must contain fieldName=fieldValue for element to match"),
        }
    }
}

/// The elements of a list; none where there is null.
fn elements(node: &mut Node) -> Result<Option<&mut ecow::EcoVec<Node>>> {
    if Kind::of(node) != Kind::Sequence && !node.is_null() {
        return Err(wrong_kind(node, Kind::Sequence));
    }
    match &mut node.value {
        Value::Seq(items) => Ok(Some(items)),
        _ => Ok(None),
    }
}

fn element(node: &mut Node, index: Option<usize>) -> Result<Option<&mut Node>> {
    let Some(items) = elements(node)? else { return Ok(None) };
    let last = items.len().checked_sub(1);
    let Some(at) = index.or(last).filter(|at| *at < items.len()) else { return Ok(None) };
    Ok(items.make_mut().get_mut(at))
}

fn named<'n>(node: &'n mut Node, key: &str, value: &str, by: Origin, ctx: &Context) -> Result<Option<&'n mut Node>> {
    let Some(items) = elements(node)? else { return Ok(None) };
    let fits = |item: &Node| match key.is_empty() {
        true => written::text(item, ctx).unwrap_or_default() == value,
        false => item.get(key).is_some_and(|field| written::text(field, ctx).unwrap_or_default() == value),
    };
    let at = items.iter().position(fits).unwrap_or_else(|| {
        let made = untagged(value, by);
        items.push(match key.is_empty() {
            true => made,
            false => {
                let entry = Entry { key: key.into(), key_origin: by, value: made };
                Node::new(Map::from_iter([entry]), by)
            }
        });
        items.len() - 1
    });
    Ok(items.make_mut().get_mut(at))
}

fn field<'n>(node: &'n mut Node, key: &str, next: Option<&str>, by: Origin) -> Result<Option<&'n mut Node>> {
    if Kind::of(node) != Kind::Mapping && !node.is_null() {
        return Err(wrong_kind(node, Kind::Mapping));
    }
    let Some(map) = node.as_map_mut() else { return Ok(None) };
    if map.get(key).is_none() {
        let is_of_list = |part: &str| part.starts_with('[') && part.ends_with(']') || part.parse::<u32>().is_ok();
        let made = match next {
            None => Node::default(),
            Some(part) if is_of_list(part) => Node::new(Vec::new(), by),
            Some(_) => Node::new(Map::new(), by),
        };
        map.insert(key, by, made);
    }
    Ok(map.get_mut(key))
}
