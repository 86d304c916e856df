//! Resources out of texts (api/resource/factory.go, kyaml/kio).

use super::failure::{Failure, Result};
use super::loader::Loader;
use super::resource::Resource;
use super::scalar::text_of;
use super::types::Text;
use crate::diag::{Code, Diagnostic, Diagnostics, Severity};
use crate::source::SourceFile;
use crate::world::FilePath;
use crate::yaml::{self, Dialect, Map, Node, Value};
use ecow::EcoString;

/// How deep Lists may hold Lists.
const MAX_LISTS: usize = 100;

/// The resources of a file that a kustomization names.
///
/// # Errors
/// What isn't a resource, at its place.
pub fn from_file(loader: &Loader, name: &Text) -> Result<(Vec<Resource>, Diagnostics)> {
    let path = loader.locate(name)?;
    let file = loader.text(name)?;
    from_source(&file, &path).map_err(|failure| in_file(failure, name))
}

/// A failure to read YAML with the name of the file, as kustomize has it behind such errors.
pub fn in_file(mut failure: Failure, name: &str) -> Failure {
    if failure.text.contains("MalformedYAMLError") {
        failure.text = format!("{} in File: {name}", failure.text);
    } else if failure.text.contains("error converting YAML to JSON") || failure.text.contains("error unmarshaling JSON")
    {
        failure.text = format!("YAML file [{name}] encounters a format error.\n{}\n", failure.text);
    }
    failure
}

/// The resources of a text, and warnings.
///
/// # Errors
/// What isn't a resource, at its place.
pub fn from_source(source: &SourceFile, file: &FilePath) -> Result<(Vec<Resource>, Diagnostics)> {
    let (nodes, warnings) = nodes(source)?;
    Ok((nodes.into_iter().map(|node| Resource::new(node, file.clone())).collect(), warnings))
}

/// The manifests of a text, Lists taken apart; what is empty is left out.
///
/// # Errors
/// What isn't a manifest, at its place.
pub fn nodes(source: &SourceFile) -> Result<(Vec<Node>, Diagnostics)> {
    let parsed = yaml::parse_file(source, Dialect::Kustomize);
    let mut warnings = Diagnostics::new();
    let mut errors = Diagnostics::new();
    for diagnostic in parsed.diagnostics {
        match diagnostic.severity {
            Severity::Error => errors.push(diagnostic),
            _ => warnings.push(diagnostic),
        }
    }
    if let Some(first) = errors.iter().next() {
        let line = first.primary.as_ref().map_or(0, |label| source.line_column(label.span.start as usize).line);
        let text = format!("MalformedYAMLError: yaml: line {line}: {}", first.message);
        return Err(Failure { text, diagnostics: errors });
    }
    let mut documents: Vec<Node> = parsed.documents.into_iter().map(|document| document.node).collect();
    // kyaml takes a List apart by itself if it is all that a text holds.
    if let [only] = documents.as_slice()
        && matches!(only.str_at(&["kind"]), Some("List" | "ResourceList"))
        && (only.get("items").is_some() || only.get("functionConfig").is_some())
    {
        documents = only.get("items").and_then(Node::as_seq).unwrap_or_default().to_vec();
    }
    let mut queue: Vec<Node> = Vec::with_capacity(documents.len());
    let mut failure: Option<Failure> = None;
    let mut take = |nodes: Vec<Node>, queue: &mut Vec<Node>| {
        for node in nodes.into_iter().filter(|node| !is_empty(node)) {
            match check(&node) {
                Ok(()) => queue.push(node),
                Err(wrong) => {
                    failure = Some(match failure.take() {
                        Some(first) => first.and(wrong),
                        None => wrong,
                    });
                }
            }
        }
    };
    take(documents, &mut queue);
    let mut found = Vec::with_capacity(queue.len());
    for _ in 0..MAX_LISTS {
        if queue.is_empty() {
            break;
        }
        let mut inner = Vec::new();
        for node in queue {
            let kind = node.str_at(&["kind"]).unwrap_or_default();
            match node.get("items").filter(|_| kind.ends_with("List")) {
                None => found.push(node),
                Some(items) => match &items.value {
                    Value::Null => {}
                    Value::Seq(items) => inner.extend(items.iter().cloned()),
                    other => {
                        let text = format!("expected array in {kind}/items, but found {}", go_type(other));
                        let wrong = Failure::new(Code::NOT_AN_OBJECT, text).at(items.origin, "not a list");
                        return Err(wrong);
                    }
                },
            }
        }
        queue = Vec::new();
        take(inner, &mut queue);
    }
    found.iter_mut().for_each(|node| write_annotations_as_texts(node, source));
    failure.map_or(Ok((found, warnings)), Err)
}

/// Annotations are texts to kustomize, whatever they look like: `012` is `"012"`.
fn write_annotations_as_texts(node: &mut Node, source: &SourceFile) {
    let is_text = |node: &Node| match &node.value {
        Value::Map(_) | Value::Seq(_) => true,
        // What looks like a time was rewritten.
        Value::Str(text) => !(text.starts_with(|c: char| c.is_ascii_digit()) && text.contains('T')),
        _ => false,
    };
    let annotations = node.at(&["metadata", "annotations"]).and_then(Node::as_map);
    if annotations.is_none_or(|map| map.iter().all(|entry| is_text(&entry.value))) {
        return;
    }
    let metadata = node.as_map_mut().and_then(|map| map.get_mut("metadata")).and_then(Node::as_map_mut);
    let annotations = metadata.and_then(|map| map.get_mut("annotations")).and_then(Node::as_map_mut);
    for entry in annotations.into_iter().flat_map(Map::entries_mut).filter(|entry| !is_text(&entry.value)) {
        let at = entry.value.origin;
        let written = (at.file == source.id).then(|| written(&source.text, at.at as usize)).flatten();
        let text = written.map(EcoString::from).or_else(|| text_of(&entry.value)).unwrap_or_default();
        entry.value.value = Value::Str(text);
    }
}

/// The plain scalar that starts at a place, if it is one.
fn written(text: &str, at: usize) -> Option<&str> {
    let token = text.get(at..yaml::token_end(text, at))?.trim_end();
    let plain =
        !token.starts_with(['"', '\'', '&', '*', '!', '|', '>', '{', '[', '#', ',', '}']) && !token.contains('\n');
    plain.then_some(token)
}

fn is_empty(node: &Node) -> bool {
    match &node.value {
        Value::Null => true,
        Value::Map(map) => map.is_empty(),
        Value::Seq(items) => items.is_empty(),
        _ => false,
    }
}

/// What kustomize asks of a manifest: a kind and, but for Lists, a name (`GetValidatedMetadata`).
///
/// # Errors
/// What is missing.
pub fn check(node: &Node) -> Result<()> {
    if node.as_map().is_none() {
        let text = format!("missing Resource metadata: expected a mapping, found {}", node.value.kind());
        return Err(wrong(node, "missing Resource metadata".to_owned(), text));
    }
    let text = |keys: &[&str]| node.at(keys).and_then(text_of).unwrap_or_default();
    let (kind, name) = (text(&["kind"]), text(&["metadata", "name"]));
    let meta = || {
        let map = |field: &str| -> String {
            let entries = node.at(&["metadata", field]).and_then(Node::as_map).into_iter().flatten();
            let mut pairs: Vec<String> =
                entries.map(|e| format!("{}:{}", e.key, text_of(&e.value).unwrap_or_default())).collect();
            pairs.sort_unstable();
            format!("map[{}]", pairs.join(" "))
        };
        let (version, namespace) = (text(&["apiVersion"]), text(&["metadata", "namespace"]));
        format!("{{{{{version} {kind}}} {{{{{name} {namespace}}} {} {}}}}}", map("labels"), map("annotations"))
    };
    if kind.is_empty() {
        let version = text(&["apiVersion"]);
        if version.is_empty() && node.get("metadata").is_none_or(is_empty) {
            return Err(wrong(node, "missing Resource metadata".to_owned(), "this document is no manifest".to_owned()));
        }
        return Err(wrong(
            node,
            format!("missing kind in object {}", meta()),
            "this document has no `kind`".to_owned(),
        ));
    }
    if name.is_empty() && !kind.ends_with("List") {
        let message = format!("this {kind} has no `metadata.name`");
        return Err(wrong(node, format!("missing metadata.name in object {}", meta()), message));
    }
    Ok(())
}

fn wrong(node: &Node, text: String, message: String) -> Failure {
    let diagnostic = Diagnostic::error(Code::NOT_AN_OBJECT, message);
    Failure::told(text, diagnostic).at(node.origin, "this document")
}

/// The type that a value has in Go.
fn go_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "<nil>",
        Value::Bool(_) => "bool",
        Value::Int(_) => "int",
        Value::UInt(_) => "uint64",
        Value::Float(_) => "float64",
        Value::Str(_) => "string",
        Value::Seq(_) => "[]interface {}",
        Value::Map(_) => "map[string]interface {}",
    }
}
