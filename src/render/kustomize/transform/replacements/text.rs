//! Values inside of texts: a field of a JSON or YAML document that a field holds.

use super::select::Regexes;
use super::set::New;
use crate::render::kustomize::context::Context;
use crate::render::kustomize::failure::Result;
use crate::render::kustomize::field_path::{self, Create, Found, Kind, Matcher, Tree};
use crate::render::kustomize::written;
use crate::source::FileId;
use crate::yaml::styled::{Document, Form, Shape, Styled};
use crate::yaml::{self, Dialect, JsonStyle, Limits, Node, Value};

/// Puts a value into the document that a text on the way holds. False where there is none, or where that fails for whatever
/// reason: kustomize then takes the path for one into the manifest.
///
/// # Errors
/// A value that its own type can't hold.
pub(super) fn put(
    root: &mut Node,
    new: &New,
    parts: &[String],
    create: Option<Create>,
    regexes: &Regexes,
    ctx: &Context,
) -> Result<bool> {
    let Some((depth, field)) = text_on_the_way(root, parts) else { return Ok(false) };
    let Some((way, rest)) = parts.split_at_checked(depth) else { return Ok(false) };
    let Some(text) = written::text(field, ctx) else { return Ok(false) };
    let Ok(mut document) = Document::read(&text) else { return Ok(false) };
    if document.root.kind() == Kind::Nothing {
        return Ok(false);
    }
    let matcher = Matcher::<Styled> {
        create,
        text: &|node| Tree::text(node),
        shown: &|node| node.write(),
        is_match: &|expression, text| regexes.is_found(expression, text),
    };
    let mut whole = None;
    let found = matcher.visit(&mut document.root, rest, &mut |found| {
        if let Found::Value { node, .. } = found {
            match &mut node.shape {
                Shape::Scalar(old, _) => old.clone_from(&new.text),
                _ => match new.styled(ctx) {
                    Ok(styled) => *node = styled,
                    Err(failure) => whole = Some(failure),
                },
            }
        }
        Ok(())
    });
    if let Some(failure) = whole {
        return Err(failure);
    }
    if found.is_err() || found.is_ok_and(|found| found == 0) {
        return Ok(false);
    }
    let is_json = text.trim_start().starts_with(['{', '[']);
    let written = document.write();
    let Some(result) = (if is_json { as_json(&written, &text) } else { Some(written.trim().to_owned()) }) else {
        return Ok(false);
    };
    let tag = written::tag(field, ctx);
    let origin = ctx.recorder.step("replaced by", new.by, field.origin);
    let Ok(value) = written::typed(tag, &result, origin) else { return Ok(false) };
    if let Some(place) = field_at(root, way) {
        *place = value;
    }
    Ok(true)
}

/// The first scalar on the way of a path that goes on behind it, and how far that is.
fn text_on_the_way<'n>(root: &'n Node, parts: &[String]) -> Option<(usize, &'n Node)> {
    let mut node = root;
    for (at, part) in parts.iter().enumerate().take(parts.len().saturating_sub(1)) {
        node = field_path::lookup(node, std::slice::from_ref(part)).ok()??;
        if matches!(node.kind(), Kind::Scalar | Kind::Null) {
            return Some((at + 1, node));
        }
    }
    None
}

/// The same value, to be changed.
fn field_at<'n>(root: &'n mut Node, way: &[String]) -> Option<&'n mut Node> {
    let mut node = root;
    for part in way {
        if !part.trim().is_empty() {
            let at = field_path::position(node, part).ok()??;
            node = node.child_mut(at)?;
        }
    }
    Some(node)
}

/// A document as JSON, in lines where it was so before.
fn as_json(document: &str, before: &str) -> Option<String> {
    let parsed = yaml::parse_with(FileId::TRANSIENT, document, Dialect::Kustomize, Limits::default());
    if parsed.diagnostics.has_errors() {
        return None;
    }
    let node = parsed.into_first();
    let mut text = String::new();
    yaml::write_json(&node, JsonStyle::EscapeHtml, &mut text);
    Some(if before.contains('\n') && before.contains("  ") { indented(&text) } else { text })
}

/// Compact JSON in lines, each level indented by two (Go's `json.Indent`).
fn indented(json: &str) -> String {
    let mut out = String::with_capacity(json.len() * 2);
    let mut depth = 0usize;
    let (mut in_text, mut escaped) = (false, false);
    let mut chars = json.chars().peekable();
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", depth));
    };
    while let Some(c) = chars.next() {
        if in_text {
            out.push(c);
            in_text = escaped || c != '"';
            escaped = !escaped && c == '\\';
            continue;
        }
        match c {
            '"' => {
                in_text = true;
                out.push(c);
            }
            '{' | '[' => {
                out.push(c);
                match chars.peek() {
                    Some(end @ ('}' | ']')) => {
                        out.push(*end);
                        chars.next();
                    }
                    _ => {
                        depth += 1;
                        line(&mut out, depth);
                    }
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push(c);
            }
            ',' => {
                out.push(c);
                line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            c => out.push(c),
        }
    }
    out
}

impl New {
    /// It as a part of a document.
    ///
    /// # Errors
    /// A value that its own type can't hold.
    fn styled(&self, ctx: &Context) -> Result<Styled> {
        let mut styled = styled(self.node()?, ctx);
        if let Shape::Scalar(text, _) = &mut styled.shape {
            text.clone_from(&self.text);
        }
        Ok(styled)
    }
}

/// A value in the style in which it is written.
fn styled(node: &Node, ctx: &Context) -> Styled {
    let flow = written::is_flow(node, ctx);
    let (tag, shape) = match &node.value {
        Value::Seq(items) => ("!!seq", Shape::Seq(items.iter().map(|item| styled(item, ctx)).collect(), flow)),
        Value::Map(map) => {
            let entries = map.iter().map(|entry| {
                let key = Node::new(entry.key.clone(), entry.key_origin);
                (styled(&key, ctx), styled(&entry.value, ctx))
            });
            ("!!map", Shape::Map(entries.collect(), flow))
        }
        _ => {
            let form = match written::quote(node, ctx) {
                Some('\'') => Form::Single,
                Some('"') => Form::Double,
                Some('>') => Form::Folded,
                Some('|') => Form::Literal,
                _ => Form::Plain,
            };
            let text = written::text(node, ctx).unwrap_or_default();
            (written::tag(node, ctx).name(), Shape::Scalar(text, form))
        }
    };
    Styled { tag: tag.into(), ..Styled::new(shape) }
}
