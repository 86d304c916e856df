//! How values are written: YAML's `true`, `false`, `null`, `.inf`, `.nan`; mappings and lists as one line of flow YAML
//! that is JSON as well. Minijinja's own spelling is Python's.

use std::fmt::Write as _;

use minijinja::value::{ObjectRepr, ValueKind};
use minijinja::{Error, ErrorKind, Value};

use super::lens::Lens;
use crate::yaml;

/// The longest string that one value may be written as, in bytes.
pub(super) const MAX_STRING: usize = 32 << 20;
/// How deep mappings and lists may nest.
pub(super) const MAX_DEPTH: usize = 100;

/// A number, boolean, null or string on one line; mappings and lists as flow.
pub(super) fn inline(value: &Value) -> Result<String, Error> {
    if let Some(s) = value.as_str() {
        return Ok(s.to_owned());
    }
    let mut out = String::new();
    plain(&mut out, value)?;
    Ok(out)
}

/// Appends what [`inline`] makes.
pub(super) fn plain(out: &mut String, value: &Value) -> Result<(), Error> {
    match value.kind() {
        ValueKind::Undefined => {}
        ValueKind::String => out.push_str(value.as_str().unwrap_or_default()),
        ValueKind::Seq | ValueKind::Map | ValueKind::Iterable => flow(out, value, Style::SPACED, 0)?,
        _ => scalar(out, value)?,
    }
    check_length(out.len())
}

/// How JSON is laid out.
#[derive(Clone, Copy)]
pub(super) struct Style {
    /// Between an item and the next.
    pub(super) comma: &'static str,
    /// Between a key and its value.
    pub(super) colon: &'static str,
    /// Spaces per level, on lines of their own; none for one line.
    pub(super) indent: Option<usize>,
}

impl Style {
    /// `{"a": 1, "b": 2}`
    pub(super) const SPACED: Self = Self { comma: ", ", colon: ": ", indent: None };
}

fn scalar(out: &mut String, value: &Value) -> Result<(), Error> {
    match value.kind() {
        ValueKind::None => out.push_str("null"),
        ValueKind::Bool => out.push_str(if value.is_true() { "true" } else { "false" }),
        ValueKind::Number if !value.is_integer() => {
            let n = f64::try_from(value.clone()).unwrap_or(f64::NAN);
            if n.is_nan() {
                out.push_str(".nan");
            } else if n.is_infinite() {
                out.push_str(if n > 0.0 { ".inf" } else { "-.inf" });
            } else {
                _ = write!(out, "{value}");
            }
        }
        ValueKind::Invalid => return Err(Error::new(ErrorKind::InvalidOperation, value.to_string())),
        _ => _ = write!(out, "{value}"),
    }
    Ok(())
}

/// Appends a value as JSON.
pub(super) fn flow(out: &mut String, value: &Value, style: Style, depth: usize) -> Result<(), Error> {
    if depth > MAX_DEPTH {
        return Err(too_deep());
    }
    check_length(out.len())?;
    let line = |out: &mut String, depth: usize| {
        if let Some(width) = style.indent {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', width * depth));
        }
    };
    match value.kind() {
        ValueKind::Undefined => {
            return Err(Error::new(ErrorKind::UndefinedError, "an undefined value stands in a list or mapping"));
        }
        ValueKind::String | ValueKind::Bytes | ValueKind::Plain => quoted(out, &value.to_string()),
        ValueKind::Map => {
            out.push('{');
            let mut first = true;
            for (key, item) in pairs(value)? {
                if !std::mem::take(&mut first) {
                    out.push_str(style.comma);
                }
                line(out, depth + 1);
                quoted(out, &inline(&key)?);
                out.push_str(style.colon);
                flow(out, &item, style, depth + 1)?;
            }
            if !first {
                line(out, depth);
            }
            out.push('}');
        }
        ValueKind::Seq | ValueKind::Iterable => {
            out.push('[');
            let mut first = true;
            for item in value.try_iter()? {
                if !std::mem::take(&mut first) {
                    out.push_str(style.comma);
                }
                line(out, depth + 1);
                flow(out, &item, style, depth + 1)?;
            }
            if !first {
                line(out, depth);
            }
            out.push(']');
        }
        _ => scalar(out, value)?,
    }
    Ok(())
}

/// The keys and values of a mapping.
pub(super) fn pairs(value: &Value) -> Result<Vec<(Value, Value)>, Error> {
    let object = value.as_object().filter(|o| o.repr() == ObjectRepr::Map);
    let pairs = object.and_then(|o| o.try_iter_pairs());
    let Some(pairs) = pairs else {
        return Err(Error::new(ErrorKind::InvalidOperation, format!("expected a mapping, found {}", kind(value))));
    };
    Ok(pairs.collect())
}

/// Appends a JSON string. It escapes what YAML readers need escaped, and no `<`, `>`, `&`.
pub(super) fn quoted(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// The kind of a value in the words of a message.
pub(super) fn kind(value: &Value) -> &'static str {
    match value.kind() {
        ValueKind::Undefined => "an undefined value",
        ValueKind::None => "null",
        ValueKind::Bool => "a boolean",
        ValueKind::Number if value.is_integer() => "an integer",
        ValueKind::Number => "a number",
        ValueKind::String => "a string",
        ValueKind::Seq | ValueKind::Iterable => "a list",
        ValueKind::Map => "a mapping",
        _ => "an object",
    }
}

/// The node that a value is. Views of our own nodes give them back, origins and all.
pub(super) fn to_node(value: &Value) -> Result<yaml::Node, Error> {
    build(value, 0, &mut 0)
}

fn build(value: &Value, depth: usize, bytes: &mut usize) -> Result<yaml::Node, Error> {
    if depth > MAX_DEPTH {
        return Err(too_deep());
    }
    // A list that holds one long string many times is long once it is written.
    *bytes += 1 + value.as_str().map_or(0, str::len);
    check_length(*bytes)?;
    if let Some(lens) = value.downcast_object_ref::<Lens>() {
        lens.read_whole();
        return Ok(lens.node().clone());
    }
    Ok(yaml::Node::made(match value.kind() {
        ValueKind::Undefined | ValueKind::None => yaml::Value::Null,
        ValueKind::Bool => yaml::Value::Bool(value.is_true()),
        ValueKind::Number => match (i64::try_from(value.clone()), u64::try_from(value.clone())) {
            _ if !value.is_integer() => yaml::Value::Float(f64::try_from(value.clone()).unwrap_or(f64::NAN)),
            (Ok(n), _) => yaml::Value::Int(n),
            (_, Ok(n)) => yaml::Value::UInt(n),
            _ => yaml::Value::Float(f64::try_from(value.clone()).unwrap_or(f64::NAN)),
        },
        ValueKind::Map => {
            let mut map = yaml::Map::new();
            for (key, item) in pairs(value)? {
                map.insert(inline(&key)?, crate::source::Origin::NONE, build(&item, depth + 1, bytes)?);
            }
            yaml::Value::Map(map)
        }
        ValueKind::Seq | ValueKind::Iterable => {
            let items: Result<Vec<_>, Error> = value.try_iter()?.map(|item| build(&item, depth + 1, bytes)).collect();
            items?.into()
        }
        _ => inline(value)?.into(),
    }))
}

/// The value that a node is, all of it. For nodes that no context holds.
pub(super) fn from_node(node: &yaml::Node) -> Value {
    match &node.value {
        yaml::Value::Map(map) => Value::from_pairs(map.iter().map(|e| (e.key.as_str(), from_node(&e.value)))),
        yaml::Value::Seq(seq) => seq.iter().map(from_node).collect::<Vec<_>>().into(),
        _ => super::lens::scalar(node).unwrap_or_default(),
    }
}

/// Refuses strings past [`MAX_STRING`].
pub(super) fn check_length(len: usize) -> Result<(), Error> {
    if len > MAX_STRING {
        return Err(Error::new(
            ErrorKind::InvalidOperation,
            format!("a value grows past {} MiB; is it added to itself in a loop?", MAX_STRING >> 20),
        ));
    }
    Ok(())
}

fn too_deep() -> Error {
    Error::new(ErrorKind::InvalidOperation, format!("a value nests deeper than {MAX_DEPTH} levels"))
}
