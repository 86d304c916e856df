//! Scalars as they are written. kustomize works on a scalar's text (`1.10`, `0x1F`), its tag and its quotes; a node holds what
//! it means. Where the node still stands in a file as it was read, the file is asked.

use std::sync::Arc;

use ecow::EcoString;

use super::context::Context;
use super::scalar::{text_of, untagged};
use crate::source::{FileId, Origin, SourceFile};
use crate::yaml::styled::tag_of;
use crate::yaml::{self, Dialect, Node, Value, emit_v3};

/// The type of a scalar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tag {
    /// None of its own: its text decides.
    None,
    /// A string.
    Str,
    /// An integer.
    Int,
    /// A number.
    Float,
    /// A boolean.
    Bool,
    /// Nothing.
    Null,
    /// A time.
    Timestamp,
}

impl Tag {
    /// As go-yaml names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Str => "!!str",
            Self::Int => "!!int",
            Self::Float => "!!float",
            Self::Bool => "!!bool",
            Self::Null => "!!null",
            Self::Timestamp => "!!timestamp",
        }
    }
}

/// The text of a scalar, as it is written; none for a list or a mapping.
pub fn text(node: &Node, ctx: &Context) -> Option<EcoString> {
    match &node.value {
        Value::Seq(_) | Value::Map(_) => None,
        // Apart from times, a text is what it means.
        Value::Str(text) if !is_like_timestamp(text) => Some(text.clone()),
        _ => plain(node, ctx).or_else(|| text_of(node)),
    }
}

/// The type of a scalar.
pub fn tag(node: &Node, ctx: &Context) -> Tag {
    match &node.value {
        Value::Null => Tag::Null,
        Value::Bool(_) => Tag::Bool,
        Value::Int(_) | Value::UInt(_) | Value::Float(_) => match (plain(node, ctx), &node.value) {
            (Some(text), _) if tag_of(&text) == "!!float" => Tag::Float,
            (Some(_), _) | (None, Value::Int(_) | Value::UInt(_)) => Tag::Int,
            _ => Tag::Float,
        },
        Value::Str(text) if is_like_timestamp(text) && quote(node, ctx).is_none() && plain(node, ctx).is_some() => {
            Tag::Timestamp
        }
        Value::Str(_) | Value::Seq(_) | Value::Map(_) => Tag::Str,
    }
}

/// A text as a scalar of a type.
///
/// # Errors
/// What go-yaml says of a text that the type can't hold.
pub fn typed(tag: Tag, text: &str, origin: Origin) -> Result<Node, String> {
    let found = match tag_of(text) {
        // Which it is only where nothing else is expected.
        "!!timestamp" if !matches!(tag, Tag::None | Tag::Timestamp) => "!!str",
        found => found,
    };
    match tag {
        Tag::Str => Ok(Node::new(text, origin)),
        Tag::Float if found == "!!int" => {
            let value = untagged(text, origin);
            let Value::Int(number) = value.value else {
                return Err(format!("cannot decode !!int `{text}` as a !!float"));
            };
            #[expect(clippy::cast_precision_loss, reason = "as Go converts")]
            let float = number as f64;
            let mut digits = String::new();
            yaml::write_json_float(float, &mut digits);
            Ok(untagged(&digits, origin))
        }
        Tag::None => Ok(untagged(text, origin)),
        _ if found == tag.name() => Ok(untagged(text, origin)),
        _ => Err(format!("cannot decode {found} `{text}` as a {}", tag.name())),
    }
}

/// A text in the place of a scalar whose quotes it takes over: without any it is read anew, and may be a number.
pub fn in_style_of(was: &Node, text: &str, origin: Origin, ctx: &Context) -> Node {
    let new = untagged(text, origin);
    match (&new.value, &was.value) {
        (Value::Str(_), _) => Node::new(text, origin),
        (_, Value::Str(old)) if tag_of(old) != "!!str" || quote(was, ctx).is_some() => Node::new(text, origin),
        _ => new,
    }
}

/// A value as YAML, with its quotes.
pub fn shown(node: &Node, ctx: &Context) -> String {
    match (text(node, ctx), quote(node, ctx)) {
        (Some(text), Some(quote @ ('\'' | '"'))) => format!("{quote}{text}{quote}"),
        (Some(text), _) => text.to_string(),
        (None, _) => emit_v3(node),
    }
}

/// What a string's text starts with where it isn't plain: a quote, or the sign of a block.
pub fn quote(node: &Node, ctx: &Context) -> Option<char> {
    matches!(node.value, Value::Str(_))
        .then(|| first(node, ctx))
        .flatten()
        .filter(|c| matches!(c, '"' | '\'' | '|' | '>'))
}

/// Whether a list or a mapping stands in brackets.
pub fn is_flow(node: &Node, ctx: &Context) -> bool {
    match &node.value {
        Value::Seq(_) => first(node, ctx) == Some('['),
        Value::Map(_) => first(node, ctx) == Some('{'),
        _ => false,
    }
}

fn first(node: &Node, ctx: &Context) -> Option<char> {
    let (file, at) = place(node, ctx)?;
    file.text.get(at..)?.chars().next()
}

/// The text of a scalar that isn't a string, or is a time, if it stands where its origin says.
fn plain(node: &Node, ctx: &Context) -> Option<EcoString> {
    let (file, at) = place(node, ctx)?;
    let line = file.text.get(at..)?.split(['\n', '\r']).next()?;
    let means = |text: &str| yaml::plain_value(Dialect::Kustomize, text) == node.value;
    if let Some(quote) = line.chars().next().filter(|c| matches!(c, '"' | '\'')) {
        let (text, _) = line.get(1..)?.split_once(quote)?;
        return means(text).then(|| text.into());
    }
    let whole =
        [" #", "\t#", ": "].into_iter().fold(line, |line, end| line.split(end).next().unwrap_or(line)).trim_end();
    if means(whole) {
        return Some(whole.into());
    }
    let word = whole.split([' ', '\t', ',', ']', '}']).next().unwrap_or_default();
    means(word).then(|| word.into())
}

/// The file and place where the newest value behind a node stands.
fn place(node: &Node, ctx: &Context) -> Option<(Arc<SourceFile>, usize)> {
    let mut origin = node.origin;
    while origin.file == FileId::DERIVED {
        origin = ctx.recorder.get(origin)?.by;
    }
    let sources = ctx.loader.reader.world().sources();
    Some((sources.get(origin.file)?, origin.at as usize))
}

/// Whether it may be what kustomize makes of a time: `2001-12-14T21:59:43Z`.
pub fn is_like_timestamp(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 20 && bytes.get(4) == Some(&b'-') && bytes.get(10) == Some(&b'T')
}
