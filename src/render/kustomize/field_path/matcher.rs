//! All values that a path means (kyaml's `PathMatcher`).

use ecow::EcoString;

use super::getter::elements;
use super::{Kind, Tree, Wrong, index, is_element, key_and_value, wrong_kind};
use crate::source::Origin;
use crate::yaml::styled::{Document, Styled};

/// What is made where a path leads to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Create {
    /// The kind of the last value.
    pub kind: Kind,
    /// Where what is made is asked for.
    pub at: Origin,
}

/// What a path means.
pub enum Found<'t, T> {
    /// A value.
    Value {
        /// It.
        node: &'t mut T,
        /// The way to it: places of fields and elements.
        way: &'t [usize],
        /// Whether it, or what holds it, was made on the way.
        made: bool,
    },
    /// A value in a copy, so that what happens to it is lost; of which kind it is.
    Lost(Kind),
}

/// Visits what a path means.
pub struct Matcher<'a, T> {
    /// What is made where there is nothing.
    pub create: Option<Create>,
    /// The text of a scalar, as it is written.
    pub text: &'a dyn Fn(&T) -> EcoString,
    /// A value as YAML, with its quotes.
    pub shown: &'a dyn Fn(&T) -> String,
    /// Whether an expression is found in a text.
    pub is_match: &'a dyn Fn(&str, &str) -> Result<bool, String>,
}

/// What is done with a value.
type Visit<'v, T> = dyn FnMut(Found<'_, T>) -> Result<(), Wrong> + 'v;

/// How far a walk has come.
struct Walk<'v, 'f, T> {
    visit: &'v mut Visit<'f, T>,
    way: Vec<usize>,
    lost: bool,
    made: bool,
}

impl<T: Tree> Matcher<'_, T> {
    /// Visits each value that a path means, and counts them.
    ///
    /// # Errors
    /// A part of the path that fits no value of the kind it meets, or what the visit says.
    pub fn visit(&self, node: &mut T, path: &[String], visit: &mut Visit<'_, T>) -> Result<usize, Wrong> {
        self.walk(node, path, &mut Walk { visit, way: Vec::new(), lost: false, made: false })
    }

    fn walk(&self, node: &mut T, path: &[String], walk: &mut Walk<T>) -> Result<usize, Wrong> {
        let Some((part, rest)) = path.split_first() else {
            (walk.visit)(match walk.lost {
                true => Found::Lost(node.kind()),
                false => Found::Value { node, way: &walk.way, made: walk.made },
            })?;
            return Ok(1);
        };
        if let Some(at) = index(part) {
            self.element(node, at, rest, walk)
        } else if is_element(part) {
            self.elements(node, part, rest, walk)
        } else if part == "*" {
            let count = if elements(node)? { node.count() } else { 0 };
            (0..count).try_fold(0, |found, at| Ok(found + self.child(node, at, rest, walk)?))
        } else {
            self.field(node, part, rest, walk)
        }
    }

    fn child(&self, node: &mut T, at: usize, rest: &[String], walk: &mut Walk<T>) -> Result<usize, Wrong> {
        let Some(child) = node.child_mut(at) else { return Ok(0) };
        walk.way.push(at);
        let found = self.walk(child, rest, walk);
        walk.way.pop();
        found
    }

    fn field(&self, node: &mut T, part: &str, rest: &[String], walk: &mut Walk<T>) -> Result<usize, Wrong> {
        let position = match node.kind() {
            Kind::Null => None,
            _ if part.is_empty() => return Err(wrong_kind(node, Kind::Scalar)),
            Kind::Mapping => node.position(part),
            _ => return Err(wrong_kind(node, Kind::Mapping)),
        };
        let Some(at) = position else {
            let Some(create) = self.create else { return Ok(0) };
            if !node.takes_field(part) {
                // As what it would be then, it can't be a key.
                let text = "json: unsupported type: map[interface {}]interface {}".to_owned();
                return Err(Wrong { text, at: node.origin() });
            }
            let made = T::made(kind_before(rest.first(), create.kind), "", create.at);
            return self.grow(node, Kind::Mapping, walk, |node, walk| {
                node.add_field(part, made, create.at);
                let at = node.position(part).unwrap_or_default();
                self.child(node, at, rest, walk)
            });
        };
        match node.child(at) {
            Some(text) if !rest.is_empty() && matches!(text.kind(), Kind::Scalar | Kind::Null) => {
                self.in_text(text, rest, walk)
            }
            _ => self.child(node, at, rest, walk),
        }
    }

    /// Looks into the document inside of a text. What happens to it there is lost.
    fn in_text(&self, text: &T, rest: &[String], walk: &mut Walk<T>) -> Result<usize, Wrong> {
        let at = text.origin();
        let mut document = Document::read(&(self.text)(text)).map_err(|text| Wrong { text, at })?;
        let matcher = Matcher::<Styled> {
            create: self.create,
            text: &|node| Tree::text(node),
            shown: &|node| node.write(),
            is_match: self.is_match,
        };
        matcher
            .visit(&mut document.root, rest, &mut |found| {
                (walk.visit)(Found::Lost(match found {
                    Found::Value { node, .. } => node.kind(),
                    Found::Lost(kind) => kind,
                }))
            })
            .map_err(|wrong| Wrong { at, ..wrong })
    }

    fn element(&self, node: &mut T, at: usize, rest: &[String], walk: &mut Walk<T>) -> Result<usize, Wrong> {
        let count = if elements(node)? { node.count() } else { 0 };
        if let Some(create) = self.create.filter(|_| at == count) {
            let made = T::made(kind_before(rest.first(), create.kind), "", create.at);
            return self.grow(node, Kind::Sequence, walk, |node, walk| {
                node.add_element(made);
                self.child(node, at, rest, walk)
            });
        }
        if at >= count {
            let text = format!("index {at} specified but only {count} elements found");
            return Err(Wrong { text, at: node.origin() });
        }
        self.child(node, at, rest, walk)
    }

    fn elements(&self, node: &mut T, part: &str, rest: &[String], walk: &mut Walk<T>) -> Result<usize, Wrong> {
        let origin = node.origin();
        let wrong = |text: String| Wrong { text, at: origin };
        let (key, expression) = key_and_value(part).map_err(|text| wrong(text.to_owned()))?;
        // An element that is a value by itself is what is meant, whatever follows it in the path.
        let rest = if key.is_empty() { &[] } else { rest };
        let count = if elements(node)? { node.count() } else { 0 };
        let mut found = 0;
        for at in 0..count {
            if self.fits(node, at, key, expression).map_err(wrong)? {
                found += self.child(node, at, rest, walk)?;
            }
        }
        let Some(create) = self.create.filter(|_| found == 0) else { return Ok(found) };
        let value = T::made(Kind::Scalar, expression, create.at);
        let made = match key {
            "" => value,
            key => {
                let mut element = T::made(Kind::Mapping, "", create.at);
                element.add_field(key, value, create.at);
                element
            }
        };
        self.grow(node, Kind::Sequence, walk, |node, walk| {
            node.add_element(made);
            if !self.fits(node, count, key, expression).map_err(wrong)? {
                // kustomize adds elements without end.
                return Err(wrong(format!("`{part}` doesn't match the element that would be made for it")));
            }
            self.child(node, count, rest, walk)
        })
    }

    /// Whether an element is told by an expression on it, or on one of its fields.
    fn fits(&self, node: &T, at: usize, key: &str, expression: &str) -> Result<bool, String> {
        let Some(element) = node.child(at) else { return Ok(false) };
        let value = match key {
            "" => Some(element),
            _ if element.kind() != Kind::Mapping => None,
            key => element.position(key).and_then(|at| element.child(at)),
        };
        match value {
            Some(value) => (self.is_match)(expression, (self.shown)(value).trim()),
            // A wrong expression is wrong all the same.
            None => (self.is_match)(expression, "").map(|_| false),
        }
    }

    /// Lets a value grow. A null can't: what kustomize adds to it, no output shows.
    fn grow(
        &self,
        node: &mut T,
        kind: Kind,
        walk: &mut Walk<T>,
        grow: impl FnOnce(&mut T, &mut Walk<T>) -> Result<usize, Wrong>,
    ) -> Result<usize, Wrong> {
        let before = (walk.made, walk.lost);
        walk.made = true;
        let result = match node.kind() {
            Kind::Null if !before.0 => {
                walk.lost = true;
                grow(&mut T::made(kind, "", node.origin()), walk)
            }
            _ => grow(node, walk),
        };
        (walk.made, walk.lost) = before;
        result
    }
}

/// The kind of a value that a part of a path follows.
fn kind_before(next: Option<&String>, last: Kind) -> Kind {
    match next.map(String::as_str) {
        None | Some("") => last,
        Some(part) if is_element(part) || index(part).is_some() => Kind::Sequence,
        Some(_) => Kind::Mapping,
    }
}
