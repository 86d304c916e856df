//! `images` (api/filters/imagetag, api/internal/image).

use std::fmt::Write;

use ecow::EcoString;

use super::super::context::Context;
use super::super::failure::{Failure, Result};
use super::super::field_spec::{Change, Create, FieldSpec, Fields, Kind, wrong_kind};
use super::super::resmap::ResMap;
use super::super::types::Image;
use super::super::written;
use crate::diag::{Code, Diagnostic};
use crate::render::go_regex::{self, Compiled, Subject};
use crate::source::Origin;
use crate::yaml::{Node, Value};

/// The type whose schemas only look as if they had containers.
const CRD: &str = "CustomResourceDefinition";

/// Sets images: of all containers, wherever they stand, and where field specs say (ImageTagTransformer).
///
/// # Errors
/// A name that is no regular expression, an image that is no text.
pub fn set(map: &mut ResMap, image: &Image, specs: &[FieldSpec], ctx: &Context) -> Result<()> {
    let update = Update { image, pattern: Pattern::new(image)?, ctx };
    let told = |failure: Failure| failure.also(image.origin, "for this image");
    for resource in map.resources_mut() {
        if resource.id().gvk.kind != CRD && update.is_within(resource.node()) {
            resource.edit(|node| update.containers(node)).map_err(told)?;
        }
    }
    map.drop_empties();
    let fields = Fields::new(specs);
    for resource in map.resources_mut() {
        let id = resource.id().clone();
        let mut chosen = fields.of(&id.gvk).peekable();
        if id.gvk.kind == CRD || chosen.peek().is_none() {
            continue;
        }
        let result = resource.edit(|node| {
            let mut set = |node: &mut Node, _: &[_]| update.set(node);
            let wants = |node: &Node| update.wants(node);
            let mut change = Change { create: Create::Nothing, by: Origin::NONE, wants: &wants, set: &mut set };
            chosen.try_for_each(|field| field.apply(node, &mut change))
        });
        result.map_err(told)?;
    }
    Ok(())
}

/// One entry of `images`, ready to be used.
struct Update<'a, 'w> {
    image: &'a Image,
    pattern: Pattern,
    ctx: &'a Context<'a, 'w>,
}

impl Update<'_, '_> {
    fn text(&self, node: &Node) -> Option<EcoString> {
        written::text(node, self.ctx)
    }

    /// Whether a node that should be an image is to be set, or is none.
    fn wants(&self, node: &Node) -> bool {
        match &node.value {
            Value::Str(text) => self.pattern.matches(text),
            _ => self.text(node).is_none_or(|text| self.pattern.matches(&text)),
        }
    }

    fn set(&self, node: &mut Node) -> Result<()> {
        let old = self.text(node).ok_or_else(|| wrong_kind(node, Kind::Scalar))?;
        if !self.pattern.matches(&old) {
            return Ok(());
        }
        let new = self.renamed(&old);
        if new != old {
            let origin = self.ctx.recorder.step("image set by", self.said_at(), node.origin);
            *node = written::in_style_of(node, &new, origin, self.ctx);
        }
        Ok(())
    }

    /// Where that which is new is said.
    fn said_at(&self) -> Origin {
        let Image { new_name, new_tag, digest, tag_suffix, .. } = self.image;
        let said = [new_tag, digest, tag_suffix, new_name].into_iter().find(|text| !text.is_empty());
        said.map_or(self.image.origin, |text| text.origin)
    }

    fn renamed(&self, old: &str) -> EcoString {
        let Image { new_name, new_tag, digest: new_digest, tag_suffix, .. } = self.image;
        let (name, tag, digest) = split(old);
        let name = if new_name.is_empty() { name } else { new_name };
        let mut new = EcoString::from(name);
        let (tag, suffix, digest) = match (new_tag.is_empty(), new_digest.is_empty(), tag_suffix.is_empty()) {
            (true, true, true) => (tag, "", digest),
            (true, true, false) => (tag, &**tag_suffix, ""),
            (..) => (&**new_tag, "", &**new_digest),
        };
        // A text never fails to be written to.
        if !tag.is_empty() || !suffix.is_empty() {
            let _ = write!(new, ":{tag}{suffix}");
        }
        if !digest.is_empty() {
            let _ = write!(new, "@{digest}");
        }
        new
    }

    /// Whether `containers` would change anything, or fail.
    fn is_within(&self, node: &Node) -> bool {
        match &node.value {
            Value::Map(map) => map.iter().any(|entry| {
                self.is_within(&entry.value)
                    || holds_containers(&entry.key)
                        && entry.value.as_seq().into_iter().flatten().any(|container| match &container.value {
                            Value::Null => false,
                            Value::Map(map) => map.get("image").is_some_and(|image| self.wants(image)),
                            _ => true,
                        })
            }),
            Value::Seq(items) => items.iter().any(|item| self.is_within(item)),
            _ => false,
        }
    }

    /// Sets the images in all lists of containers below a node, innermost first.
    fn containers(&self, node: &mut Node) -> Result<()> {
        if !self.is_within(node) {
            return Ok(());
        }
        match &mut node.value {
            Value::Map(map) => {
                for entry in map.entries_mut() {
                    self.containers(&mut entry.value)?;
                    if !holds_containers(&entry.key) {
                        continue;
                    }
                    let Value::Seq(items) = &mut entry.value.value else { continue };
                    for container in items.make_mut() {
                        match &mut container.value {
                            Value::Null => {}
                            Value::Map(map) => {
                                if let Some(image) = map.get_mut("image") {
                                    self.set(image)?;
                                }
                            }
                            _ => return Err(wrong_kind(container, Kind::Mapping)),
                        }
                    }
                }
                Ok(())
            }
            Value::Seq(items) => items.make_mut().iter_mut().try_for_each(|item| self.containers(item)),
            _ => Ok(()),
        }
    }
}

fn holds_containers(key: &str) -> bool {
    matches!(key, "containers" | "initContainers")
}

/// The name, tag and digest of an image; a tag and digest that it hasn't are empty (`image.Split`).
fn split(image: &str) -> (&str, &str, &str) {
    let domain = image.find('/').unwrap_or_default();
    let (start, rest) = image.split_at(domain);
    let (at, colon) = (rest.find('@'), rest.find(':'));
    let cut = |end: usize| image.get(..start.len() + end).unwrap_or_default();
    let part = |from: usize, to: usize| rest.get(from..to).unwrap_or_default();
    match (colon, at) {
        (None, None) => (image, "", ""),
        (Some(colon), Some(at)) if colon < at => (cut(colon), part(colon + 1, at), part(at + 1, rest.len())),
        (_, Some(at)) => (cut(at), "", part(at + 1, rest.len())),
        (Some(colon), None) => (cut(colon), part(colon + 1, rest.len()), ""),
    }
}

/// Which images an entry is for.
enum Pattern {
    /// A name in which at most dots mean something else than themselves.
    Name(EcoString),
    /// Any other expression, with what may follow a name.
    Expression(Compiled),
}

impl Pattern {
    fn new(image: &Image) -> Result<Self> {
        let name = &image.name;
        if !name.contains(['\\', '+', '*', '?', '(', ')', '|', '[', ']', '{', '}', '^', '$']) {
            return Ok(Self::Name(name.text.clone()));
        }
        let whole = format!("^{}(:[a-zA-Z0-9_.{{}}-]*)?(@sha256:[a-zA-Z0-9_.{{}}-]*)?$", &**name);
        go_regex::compile(whole.as_bytes()).map(Self::Expression).map_err(|error| {
            let message = format!("`{}` is no regular expression", &**name);
            let diagnostic = Diagnostic::error(Code::INVALID_KUSTOMIZATION, message);
            Failure::told(error, diagnostic)
                .at(name.origin, "the name of an image is a regular expression")
                .hint("escape what is meant as it stands with a backslash")
        })
    }

    fn matches(&self, image: &str) -> bool {
        match self {
            Self::Name(name) => {
                let mut rest = image.chars();
                let starts = name
                    .chars()
                    .all(|wanted| rest.next().is_some_and(|found| found == wanted || wanted == '.' && found != '\n'));
                starts && is_tag_and_digest(rest.as_str())
            }
            Self::Expression(expression) => expression.is_match(&Subject::new(image.as_bytes())),
        }
    }
}

/// Whether this may follow the name of an image.
fn is_tag_and_digest(text: &str) -> bool {
    let is_of_tag = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '{' | '}' | '-');
    let rest = text.strip_prefix(':').map_or(text, |tag| tag.trim_start_matches(is_of_tag));
    let rest = rest.strip_prefix("@sha256:").map_or(rest, |digest| digest.trim_start_matches(is_of_tag));
    rest.is_empty()
}
