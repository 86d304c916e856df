//! Values files: text to a mapping whose numbers are floats.

use std::borrow::Cow;

use super::decode::json_word;
use super::failure::Failure;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::provenance::Recorder;
use crate::render::helm::Profile;
use crate::source::{Origin, SourceFile};
use crate::yaml::{Dialect, Limits, Map, Node, NullRule, Parsed, Value, merge, parse_with, unmarshal};

/// The values of a file, chart's or user's: in Helm 3 its first document, in Helm 4 all, one merged over the other.
///
/// # Errors
/// The text isn't YAML, or not a mapping. Helm's words are those after `cannot load values.yaml: `.
pub(super) fn read(file: &SourceFile, profile: Profile, warnings: &mut Diagnostics) -> Result<Node, Failure> {
    match profile {
        Profile::Helm3 => mapping(document(file, &file.text, warnings)?),
        Profile::Helm4 => {
            let mut values = Node::new(Map::new(), Origin::new(file.id, 0));
            for Chunk { text, start } in chunks(file)? {
                let next = first(file, &text, start, warnings).and_then(finite).and_then(mapping);
                let next = next.map_err(|failure| told(failure, profile))?;
                let empty = values.as_map().is_some_and(Map::is_empty);
                values = if empty { next } else { merge(&values, &next, NullRule::Keep, &Recorder::off()) };
            }
            Ok(values)
        }
    }
}

/// What is wrong with one document of a file, as Helm says it of the file.
pub(super) fn told(failure: Failure, profile: Profile) -> Failure {
    match profile {
        Profile::Helm3 => failure,
        Profile::Helm4 => failure.within("cannot unmarshal yaml document: "),
    }
}

/// A document of a stream: what stands before it is blanked, so that offsets stay those of the file.
struct Chunk<'t> {
    text: Cow<'t, str>,
    /// Where it starts.
    start: usize,
}

/// The documents of a stream as apimachinery's `YAMLReader` cuts them, each line with its end.
fn chunks(file: &SourceFile) -> Result<Vec<Chunk<'_>>, Failure> {
    let mut chunks = Vec::new();
    let mut start = 0;
    let text = &*file.text;
    let cut = |start: usize, end: usize| {
        let whole = text.get(..end).unwrap_or_default();
        if start == 0 && whole.ends_with('\n') {
            return Chunk { text: whole.into(), start };
        }
        let mut chunk = "\n".repeat(start);
        chunk.push_str(text.get(start..end).unwrap_or_default());
        if !chunk.ends_with('\n') {
            chunk.push('\n');
        }
        Chunk { text: chunk.into(), start }
    };
    let dashes = memchr::memmem::find_iter(text.as_bytes(), b"\n---").map(|newline| newline + 1);
    for at in text.starts_with("---").then_some(0).into_iter().chain(dashes) {
        let line = text.get(at..).and_then(|rest| rest.split_inclusive('\n').next()).unwrap_or_default();
        let rest = line.get(3..).unwrap_or_default().trim();
        if !rest.is_empty() && !rest.starts_with('#') {
            let helm = format!("error reading yaml document: invalid Yaml document separator: {rest}");
            let origin = Origin::new(file.id, at);
            let diagnostic = Diagnostic::error(Code::YAML_SYNTAX, "a line that starts with `---` may hold no more")
                .at(origin, "Helm 4 takes only a comment after it")
                .hint("start the document on the next line");
            return Err(Failure::new(helm, diagnostic));
        }
        if at > start {
            chunks.push(cut(start, at));
            start = at + line.len();
        }
    }
    if text.len() > start {
        chunks.push(cut(start, text.len()));
    }
    Ok(chunks)
}

/// The first document of a text, as sigs.k8s.io/yaml reads it, with numbers as floats.
pub(super) fn document(file: &SourceFile, text: &str, warnings: &mut Diagnostics) -> Result<Node, Failure> {
    finite(first(file, text, 0, warnings)?)
}

/// A document with numbers as floats, if JSON has all of them.
fn finite(node: Node) -> Result<Node, Failure> {
    if let Some(infinite) = not_finite(&node) {
        let found = match infinite.value {
            Value::Float(n) => crate::go::float(n),
            _ => String::new(),
        };
        let diagnostic = Diagnostic::error(Code::INVALID_VALUE, format!("a number must be finite, found {found}"))
            .at(infinite.origin, "no JSON has this number")
            .hint("quote it, if a text is meant");
        return Err(Failure::new(
            format!("error converting YAML to JSON: json: unsupported value: {found}"),
            diagnostic,
        ));
    }
    Ok(as_floats(node))
}

/// The first document of a text, which Go is given from `start` on: null if it is empty. What is wrong with later ones
/// doesn't matter.
pub(super) fn first(file: &SourceFile, text: &str, start: usize, warnings: &mut Diagnostics) -> Result<Node, Failure> {
    let Parsed { documents, diagnostics } = parse_with(file.id, text, Dialect::Kubernetes, Limits::default());
    let Some(first) = documents.into_iter().next() else { return Ok(Node::new(Value::Null, Origin::new(file.id, 0))) };
    // A document without content before it was left out by the parser; Go's reads just that one.
    let before = text.get(..first.range.start).unwrap_or_default();
    if before.starts_with("---") || memchr::memmem::find(before.as_bytes(), b"\n---").is_some() {
        return Ok(Node::new(Value::Null, Origin::new(file.id, 0)));
    }
    let inside =
        |d: &Diagnostic| d.primary.as_ref().is_none_or(|label| (label.span.start as usize) < first.range.end.max(1));
    let own = diagnostics.into_iter().filter(inside);
    if first.failed {
        let diagnostics: Diagnostics = own.collect();
        // go-yaml's words and lines, which are counted from where its text begins.
        let said = unmarshal(text.get(start..).unwrap_or(text)).err();
        let what = || diagnostics.iter().next().map_or_else(String::new, |d| d.message.clone());
        let helm = said.unwrap_or_else(|| format!("error converting YAML to JSON: yaml: {}", what()));
        return Err(Failure { helm, diagnostics });
    }
    warnings.extend(own);
    Ok(first.node)
}

/// A document that has to be a mapping; null is an empty one.
fn mapping(node: Node) -> Result<Node, Failure> {
    match node.value {
        Value::Map(_) => Ok(node),
        Value::Null => Ok(Node::new(Map::new(), node.origin)),
        value => {
            let word = json_word(&value);
            let helm = format!(
                "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {word} into Go value of type map[string]interface {{}}"
            );
            let message = format!("values are a mapping, found {}", value.kind());
            Err(Failure::new(helm, Diagnostic::error(Code::WRONG_TYPE, message).at(node.origin, "")))
        }
    }
}

fn not_finite(node: &Node) -> Option<&Node> {
    match &node.value {
        Value::Float(n) => (!n.is_finite()).then_some(node),
        Value::Seq(items) => items.iter().find_map(not_finite),
        Value::Map(map) => map.iter().find_map(|e| not_finite(&e.value)),
        _ => None,
    }
}

/// The node with every number a float, as Go's JSON decoder makes them. The parser bounds its depth.
#[expect(clippy::cast_precision_loss, reason = "Go's decoder loses the same digits")]
pub(super) fn as_floats(mut node: Node) -> Node {
    match &mut node.value {
        Value::Int(n) => node.value = Value::Float(*n as f64),
        Value::UInt(n) => node.value = Value::Float(*n as f64),
        Value::Seq(items) => {
            for item in items.make_mut() {
                *item = as_floats(std::mem::take(item));
            }
        }
        Value::Map(map) => {
            for entry in map.entries_mut() {
                entry.value = as_floats(std::mem::take(&mut entry.value));
            }
        }
        _ => {}
    }
    node
}
