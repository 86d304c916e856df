//! `list`: the elements as they stand (applicationset/generators/list.go).

use super::failure::Failure;
use super::params::{Param, Params, floats};
use super::run::Run;
use crate::diag::{Code, Diagnostic};
use crate::source::FileId;
use crate::yaml::{self, Dialect, Limits, Node, Value};

/// The parameter sets of a list. `rendered`: a matrix has rendered it; after that, null is an empty element.
///
/// # Errors
/// An element that is no mapping; for fasttemplate, a value that is no string.
pub fn generate(run: &Run, list: &Node, rendered: bool) -> Result<Vec<Params>, Failure> {
    let mut made = Vec::new();
    for element in list.get("elements").and_then(Node::as_seq).unwrap_or_default() {
        if element.is_null() && !rendered {
            return Err(Failure::invalid(
                "error unmarshling list element unexpected end of JSON input",
                "an element of a list is null, expected a mapping",
                element.origin,
                "not a mapping",
            ));
        }
        made.push(if run.language.go { nested(element)? } else { flat(element)? });
    }
    if let Some(text) = list.get("elementsYaml") {
        made.extend(from_yaml(text)?);
    }
    Ok(made)
}

fn nested(element: &Node) -> Result<Params, Failure> {
    match &element.value {
        Value::Null => Ok(Params::new()),
        Value::Map(_) => Ok(floats(element).as_map().map(Params::of).unwrap_or_default()),
        _ => Err(not_a_mapping(element)),
    }
}

fn not_a_mapping(element: &Node) -> Failure {
    let word = match &element.value {
        Value::Bool(_) => "bool",
        Value::Seq(_) => "array",
        Value::Str(_) => "string",
        Value::Map(_) => "object",
        _ => "number",
    };
    Failure::invalid(
        format!(
            "error unmarshling list element json: cannot unmarshal {word} into Go value of type map[string]interface {{}}"
        ),
        format!("an element of a list is {}, expected a mapping", element.value.kind()),
        element.origin,
        "not a mapping",
    )
}

fn flat(element: &Node) -> Result<Params, Failure> {
    let map = match &element.value {
        Value::Null => return Ok(Params::new()),
        Value::Map(map) => map,
        _ => return Err(not_a_mapping(element)),
    };
    let no_string = |node: &Node, key: &str| {
        Failure::of(
            "error parsing value as string %!w(<nil>)",
            Diagnostic::error(
                Code::INVALID_APPLICATION_SET,
                format!("`{key}` is {}, and without `goTemplate` parameters are strings", node.value.kind()),
            )
            .at(node.origin, "not a string")
            .hint("put it in quotes, or set `goTemplate: true`"),
        )
    };
    let mut params = Params::new();
    for entry in map {
        match (entry.key.as_str(), &entry.value.value) {
            ("values", Value::Map(values)) => {
                for value in values {
                    if value.value.as_str().is_none() {
                        return Err(no_string(&value.value, &format!("values.{}", value.key)));
                    }
                    let key = ecow::eco_format!("values.{}", value.key);
                    params.set(key, value.key_origin, Param::Node(value.value.clone()));
                }
            }
            ("values", _) => {
                let message = "without `goTemplate`, `values` of an element is a mapping of strings";
                return Err(Failure::invalid("error parsing values map", message, entry.value.origin, "not a mapping"));
            }
            (_, Value::Str(_)) => params.set(entry.key.clone(), entry.key_origin, Param::Node(entry.value.clone())),
            _ => return Err(no_string(&entry.value, &entry.key)),
        }
    }
    Ok(params)
}

/// `elementsYaml`, which a matrix around it may have rendered.
fn from_yaml(text: &Node) -> Result<Vec<Params>, Failure> {
    let source = text.as_str().unwrap_or_default();
    let fail = |said: String, message: String| {
        let said = format!("error unmarshling decoded ElementsYaml {said}");
        let diagnostic = Diagnostic::error(Code::INVALID_APPLICATION_SET, message).at(text.origin, "this text");
        Failure::of(said, diagnostic.hint("`elementsYaml` is a list of mappings in YAML"))
    };
    if let Err(error) = yaml::unmarshal(source) {
        let message =
            format!("`elementsYaml` is not YAML: {}", error.trim_start_matches("error converting YAML to JSON: "));
        return Err(fail(error, message));
    }
    // The text stands in a string; its values are shown where that is.
    let node = yaml::parse_first(FileId::NONE, source, Dialect::Kubernetes, Limits::default()).into_first();
    let node = floats(&placed(&node, text));
    let decoding = "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal";
    let word = |node: &Node| match &node.value {
        Value::Bool(_) => "bool",
        Value::Seq(_) => "array",
        Value::Str(_) => "string",
        Value::Map(_) => "object",
        Value::Null | Value::Int(_) | Value::UInt(_) | Value::Float(_) => "number",
    };
    let items = match &node.value {
        Value::Null => return Ok(Vec::new()),
        Value::Seq(items) => items,
        other => {
            let said = format!("{decoding} {} into Go value of type []map[string]interface {{}}", word(&node));
            return Err(fail(said, format!("`elementsYaml` is {}, expected a list", other.kind())));
        }
    };
    let mut made = Vec::with_capacity(items.len());
    for item in items {
        made.push(match &item.value {
            Value::Null => Params::new(),
            Value::Map(map) => Params::of(map),
            other => {
                let said = format!("{decoding} {} into Go value of type map[string]interface {{}}", word(item));
                return Err(fail(
                    said,
                    format!("an element of `elementsYaml` is {}, expected a mapping", other.kind()),
                ));
            }
        });
    }
    Ok(made)
}

/// A tree that was read from a text, each value at the place of that text.
pub(super) fn placed(node: &Node, text: &Node) -> Node {
    let value = match &node.value {
        Value::Seq(items) => Value::Seq(items.iter().map(|item| placed(item, text)).collect()),
        Value::Map(map) => Value::Map(
            map.iter()
                .map(|e| yaml::Entry { key: e.key.clone(), key_origin: text.origin, value: placed(&e.value, text) })
                .collect(),
        ),
        other => other.clone(),
    };
    Node { value, origin: text.origin }
}
