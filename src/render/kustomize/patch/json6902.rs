//! JSON patches, as json-patch v4 applies them (gopkg.in/evanphx/json-patch.v4, api/filters/patchjson6902): an index may count
//! from the end, what `replace` names may be missing, and everything goes through JSON, in which numbers are floats.

mod apply;

use std::collections::HashSet;

use ecow::EcoString;

use crate::diag::{Code, Diagnostic};
use crate::render::go_json;
use crate::render::kustomize::failure::{Failure, Result};
use crate::source::{FileId, Origin};
use crate::yaml::{self, Dialect, JsonStyle, Limits, Map, Node, Value};

/// How deep a patch, and what it makes, may nest.
const MAX_DEPTH: usize = 1000;

/// A JSON patch: operations in order.
#[derive(Clone, Debug, Default)]
pub struct JsonPatch {
    operations: Vec<Operation>,
    /// Scalars that are not spelled as Go would spell them: for `test` they equal nothing.
    odd: HashSet<Origin>,
    /// What fails once the patch has been applied: a number that no float holds.
    range: Option<String>,
}

/// An operation; its fields are judged when it is applied.
#[derive(Clone, Debug)]
struct Operation {
    fields: Map,
    origin: Origin,
}

impl JsonPatch {
    /// Reads a patch: JSON if it starts with `[`, else YAML, of which the first document counts.
    ///
    /// # Errors
    /// It isn't one; the text is that of Go's JSON or YAML.
    pub fn parse(text: &str, file: FileId) -> Result<Self> {
        if text.is_empty() {
            return Err(Failure::new(Code::INVALID_PATCH, "empty json patch operations"));
        }
        let mut patch = Self::default();
        let document = if text.starts_with('[') { patch.json(text, file)? } else { from_yaml(text, file)? };
        let operations = match &document.value {
            Value::Null => return Ok(patch),
            Value::Seq(operations) => operations,
            other => return Err(not_decoded(&document, other, "jsonpatch.Patch")),
        };
        for operation in operations {
            let fields = match &operation.value {
                Value::Null => Map::new(),
                Value::Map(fields) => fields.clone(),
                other => return Err(not_decoded(operation, other, "jsonpatch.Operation")),
            };
            patch.operations.push(Operation { fields, origin: operation.origin });
        }
        Ok(patch)
    }

    /// Whether it has no operations.
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty()
    }

    fn json(&mut self, text: &str, file: FileId) -> Result<Node> {
        let read = go_json::read(text.as_bytes(), file, MAX_DEPTH)
            .map_err(|error| Failure::new(Code::INVALID_PATCH, error))?;
        self.range = read.range;
        let mut node = read.node;
        self.normalise(&mut node, text);
        Ok(node)
    }

    /// Numbers as they come out of JSON; what is spelled in a way of its own is noted.
    fn normalise(&mut self, node: &mut Node, text: &str) {
        match &mut node.value {
            Value::Seq(list) => list.make_mut().iter_mut().for_each(|node| self.normalise(node, text)),
            Value::Map(map) => map.entries_mut().iter_mut().for_each(|entry| self.normalise(&mut entry.value, text)),
            value => {
                if let Value::Float(float) = value {
                    *value = number(*float);
                }
                let spelled = text.get(node.origin.at as usize..).unwrap_or_default();
                let mut usual = String::new();
                yaml::write_json(node, JsonStyle::EscapeHtml, &mut usual);
                let ends = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || "+-.".contains(c));
                if !spelled.strip_prefix(usual.as_str()).is_some_and(ends) {
                    self.odd.insert(node.origin);
                }
            }
        }
    }
}

/// A number as it comes out of JSON.
fn number(float: f64) -> Value {
    let mut text = String::new();
    yaml::write_json_float(float, &mut text);
    match (text.parse::<i64>(), text.parse::<u64>()) {
        (Ok(n), _) => Value::Int(n),
        (_, Ok(n)) => Value::UInt(n),
        _ => Value::Float(float),
    }
}

fn from_yaml(text: &str, file: FileId) -> Result<Node> {
    let parsed = yaml::parse_with(file, text, Dialect::Kubernetes, Limits::default());
    let document = parsed.documents.into_iter().next();
    match document {
        Some(document) if document.failed => {
            let said = yaml::unmarshal(text).err().unwrap_or_else(|| "yaml: it can't be read".to_owned());
            let said = said.strip_prefix("error converting YAML to JSON: ").unwrap_or(&said).to_owned();
            Err(Failure { text: said, diagnostics: parsed.diagnostics })
        }
        Some(document) => Ok(document.node),
        None => Ok(Node::default()),
    }
}

fn not_decoded(node: &Node, value: &Value, wanted: &str) -> Failure {
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Int(_) | Value::UInt(_) | Value::Float(_) => "number",
        Value::Str(_) => "string",
        Value::Seq(_) => "array",
        Value::Map(_) => "object",
    };
    let expected = if wanted.ends_with("Patch") { "a list of operations" } else { "an operation, which is a mapping" };
    let message = format!("expected {expected}, found {}", value.kind());
    let text = format!("json: cannot unmarshal {found} into Go value of type {wanted}");
    Failure::told(text, Diagnostic::error(Code::INVALID_PATCH, message)).at(node.origin, "in this patch")
}

/// A reference token of a JSON pointer without its escapes.
fn unescaped(token: &str) -> EcoString {
    if token.contains('~') { unescape(token) } else { token.into() }
}

/// `strings.NewReplacer("~1", "/", "~0", "~")`: once, from the left.
fn unescape(token: &str) -> EcoString {
    let mut out = EcoString::with_capacity(token.len());
    let mut rest = token;
    while let Some((before, after)) = rest.split_once('~') {
        out.push_str(before);
        (rest, ()) = match (after.strip_prefix('1'), after.strip_prefix('0')) {
            (Some(rest), _) => (rest, out.push('/')),
            (_, Some(rest)) => (rest, out.push('~')),
            (None, None) => (after, out.push('~')),
        };
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests;
