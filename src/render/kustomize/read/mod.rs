//! Reads kustomizations, and the files that they name as configuration (api/types/kustomization.go).
//!
//! A document is parsed as sigs.k8s.io/yaml does and decoded as Go's JSON decoder would ([`go_type`], by the tables of
//! [`structs`]): field names in any case, nulls that mean nothing, mistakes in Go's words. [`make`] turns what is left
//! into types, and [`fix`] puts what is deprecated where it belongs now.

mod fix;
pub(super) mod go_type;
pub(super) mod make;
pub(super) mod structs;
#[cfg(test)]
mod tests;
#[cfg(test)]
pub(super) use tests::show;

use super::failure::{Failure, Result};
use super::transformer_config::TransformerConfig;
use super::types::{Kustomization, Replacement, ReplacementField, Text};
use crate::diag::{Code, Diagnostic, Diagnostics, Severity};
use crate::go;
use crate::source::{Origin, SourceFile};
use crate::yaml::{self, Dialect, Limits, Node, Value};
use go_type::{Decoder, Struct, Type};

use super::loader::Loader;

/// A document, and what is worth a warning in it.
struct Read {
    node: Node,
    warnings: Diagnostics,
}

/// The first document of a file, as sigs.k8s.io/yaml reads it. The text of a failure is go-yaml's.
fn first_document(file: &SourceFile) -> Result<Read> {
    let parsed = yaml::parse_first(file.id, &file.text, Dialect::Kubernetes, Limits::default());
    if !parsed.diagnostics.has_errors() {
        let mut warnings = parsed.diagnostics.clone();
        warnings.extend(parsed.documents.first().and_then(|first| unread(file, first.range.end)));
        return Ok(Read { node: parsed.into_first(), warnings });
    }
    let said = yaml::unmarshal(&file.text).err();
    let text = match said.as_deref().map(|said| said.strip_prefix(CONVERTING).unwrap_or(said)) {
        Some(said) => said.to_owned(),
        None => {
            let first = parsed.diagnostics.iter().find(|diagnostic| diagnostic.severity == Severity::Error);
            first.map(|diagnostic| format!("yaml: {}", diagnostic.message)).unwrap_or_default()
        }
    };
    Err(Failure { text, diagnostics: parsed.diagnostics })
}

/// The first document of a file, as sigs.k8s.io/yaml's `Unmarshal` reads it.
///
/// # Errors
/// Why it can't be read.
pub(super) fn document(file: &SourceFile) -> Result<Node> {
    Ok(first_document(file).map_err(converting)?.node)
}

/// A warning of what stands behind the first document.
fn unread(file: &SourceFile, end: usize) -> Option<Diagnostic> {
    let mut at = end;
    for line in file.text.get(end..)?.split_inclusive('\n') {
        let text = line.trim();
        if !(text.is_empty() || text.starts_with('#') || text == "---") {
            let message = "only the first document of this file is read, and there is another one";
            let diagnostic = Diagnostic::warning(Code::INVALID_KUSTOMIZATION, message);
            return Some(
                diagnostic.at(Origin::new(file.id, at), "nobody reads this").hint("remove the `---`, or this"),
            );
        }
        at += line.len();
    }
    None
}

/// What sigs.k8s.io/yaml puts before go-yaml's mistakes, and before those of Go's JSON decoder.
const CONVERTING: &str = "error converting YAML to JSON: ";
pub(super) const DECODING: &str = "error unmarshaling JSON: while decoding JSON";

/// Reads a kustomization (`Kustomization.Unmarshal`, and what follows in `KustTarget.Load`).
///
/// # Errors
/// What is no YAML, fields that there are none of, values of wrong types, and all of these; a kustomization that says
/// nothing, or is of another kind.
pub fn kustomization(file: &SourceFile) -> Result<Kustomization> {
    let invalid = |failure: Failure| failure.prefixed("invalid Kustomization");
    let Read { node, warnings } = first_document(file).map_err(invalid)?;
    let node = Decoder::decode(&node, &structs::KUSTOMIZATION, true).map_err(invalid)?;
    let mut kustomization = fix::kustomization(&node, file)?;
    kustomization.warnings = warnings;
    Ok(kustomization)
}

/// Reads a file that `path` under `replacements` names: one replacement, or a list of some.
///
/// # Errors
/// What is no YAML, or no replacement.
pub fn replacements(file: &SourceFile) -> Result<Vec<Replacement>> {
    let node = document(file)?;
    static LIST: Type = Type::List("[]types.Replacement", &Type::Struct(&structs::REPLACEMENT));
    let kind = match &node.value {
        Value::Seq(_) => {
            let coerced = go_type::coerce(&node, &LIST);
            let decoded = Decoder::decode_list(&coerced, &LIST, structs::REPLACEMENT.what);
            let decoded = decoded.map_err(|failure| failure.prefixed(DECODING))?;
            return Ok(decoded.as_seq().unwrap_or_default().iter().map(make::replacement).collect());
        }
        Value::Map(_) => return Ok(vec![make::replacement(&decode(&node, &structs::REPLACEMENT)?)]),
        Value::Null => "invalid",
        Value::Bool(_) => "bool",
        Value::Str(_) => "string",
        Value::Int(_) | Value::UInt(_) | Value::Float(_) => "float64",
    };
    let text = format!("unsupported replacement type encountered within replacement path: {kind}");
    let message = format!("a replacement, or a list of some, is expected, found {}", node.value.kind());
    let failure = Failure::told(text, Diagnostic::error(Code::INVALID_REPLACEMENT, message));
    Err(failure.at(node.origin, "no replacement").at(Origin::new(file.id, 0), "this file"))
}

/// All that `replacements` say, files included (`ReplacementTransformer.Config`).
///
/// # Errors
/// An entry that is a path and a replacement at once; a file that can't be read, or holds none.
pub fn all_replacements(fields: &[ReplacementField], loader: &Loader) -> Result<Vec<Replacement>> {
    let mut all = Vec::with_capacity(fields.len());
    for field in fields {
        let own = &field.replacement;
        if field.path.is_empty() {
            all.push(own.clone());
        } else if own.source.is_some() || !own.targets.is_empty() {
            let text = "cannot specify both path and inline replacement";
            let failure = Failure::new(Code::INVALID_REPLACEMENT, text).at(field.path.origin, "the path");
            return Err(failure.hint("make two entries of it"));
        } else {
            let file = loader.text(&field.path)?;
            all.extend(replacements(&file).map_err(|failure| named(failure, &field.path))?);
        }
    }
    Ok(all)
}

/// Reads a file of `configurations` (`makeTransformerConfigFromBytes`). Its order is the file's.
///
/// # Errors
/// What is no YAML, keys that stand twice, fields that there are none of, values of wrong types.
pub fn transformer_config(file: &SourceFile) -> Result<TransformerConfig> {
    let Read { node, warnings } = first_document(file).map_err(converting)?;
    repeated(file, warnings).map_err(converting)?;
    let node = go_type::coerce_struct(&node, &structs::TRANSFORMER_CONFIG);
    let node = Decoder::decode(&node, &structs::TRANSFORMER_CONFIG, true);
    Ok(make::transformer_config(&node.map_err(|failure| failure.prefixed(DECODING))?))
}

/// Where a file is read strictly, keys that stand twice are mistakes.
fn repeated(file: &SourceFile, warnings: Diagnostics) -> Result<()> {
    let mut failure = Failure { text: "yaml: unmarshal errors:".to_owned(), diagnostics: Diagnostics::new() };
    for mut warning in warnings.into_iter().filter(|warning| warning.code == Code::DUPLICATE_KEY) {
        if let Some(label) = &warning.primary {
            let at = label.span.start as usize;
            let end = yaml::token_end(&file.text, at);
            let line = file.line_column(value_after(&file.text, end)).line;
            let key = file.text.get(at..end).unwrap_or_default().trim_matches(['"', '\'']);
            failure.text.push_str(&format!("\n  line {line}: key {} already set in map", go::quote(key)));
        }
        warning.severity = Severity::Error;
        warning.hints = vec!["remove one of the two".to_owned()];
        failure.diagnostics.push(warning);
    }
    if failure.diagnostics.is_empty() { Ok(()) } else { Err(failure) }
}

/// Where the value of a key starts that ends here: its line is the one that go-yaml tells.
fn value_after(text: &str, key_end: usize) -> usize {
    let mut at = key_end;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let skipped = rest.len() - rest.trim_start_matches([':', ' ', '\t', '\r', '\n']).len();
        at += skipped;
        match text.get(at..) {
            Some(rest) if skipped > 0 && rest.starts_with('#') => at += rest.find('\n').unwrap_or(rest.len()),
            _ => return at,
        }
    }
}

fn converting(failure: Failure) -> Failure {
    Failure { text: format!("{CONVERTING}{}", failure.text), ..failure }
}

/// A failure in a file, with the place that names the file.
pub(super) fn named(mut failure: Failure, by: &Text) -> Failure {
    for diagnostic in failure.diagnostics.iter_mut() {
        *diagnostic = diagnostic.clone().named_at(by.origin, "named here");
    }
    failure
}

/// Decodes as sigs.k8s.io/yaml's `Unmarshal` does, which passes over fields that the target doesn't have.
///
/// # Errors
/// Values of wrong types.
pub(super) fn decode(node: &Node, target: &'static Struct) -> Result<Node> {
    let coerced = go_type::coerce_struct(node, target);
    Decoder::decode(&coerced, target, false).map_err(|failure| failure.prefixed(DECODING))
}
