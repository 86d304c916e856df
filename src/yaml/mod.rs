//! YAML: bytes in, [`Node`]s with origins out, and the bytes of sigs.k8s.io/yaml back.
//!
//! The way in: [`split`] cuts a stream into documents, [`scan`] makes tokens, [`event`] applies the grammar,
//! [`compose`] builds nodes (aliases, merge keys, duplicates, limits) with the meaning that [`resolve`] gives to scalars.
//! It accepts and refuses what go-yaml does, the parser under kubectl, Helm and kustomize; only the messages differ.
//! The way out: [`emit()`] and [`to_json`]. [`schema`] judges nodes by a JSON Schema, in place.

mod chars;
mod compose;
mod digest;
mod emit;
mod error;
mod event;
mod folded;
mod go_syntax;
mod json;
pub mod json_view;
mod kept;
mod merge;
mod node;
mod number;
mod plain;
mod resolve;
mod scan;
pub mod schema;
mod split;
pub mod styled;
mod time;
mod token;

pub use digest::{ValueDigest, put_value, value_digest};
pub use emit::{emit, emit_into, emit_v3, is_plain, is_plain_v3};
pub use json::{JsonStyle, to_json, write_general_float, write_json, write_json_float, write_json_string};
pub use kept::{Kept, parse_file};
pub use merge::{NullRule, merge};
pub use node::{Entry, Map, Node, Value};
pub use plain::{plain_value, stays_text};
pub use token::token_end;

use std::ops::Range;

use crate::diag::{Code, Diagnostic, Diagnostics, Severity};
use crate::source::{FileId, Origin, Span};
use compose::Composer;
use error::Problem;
use event::{Event, Parser};
use scan::Scanner;

/// Whose reading of YAML.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Dialect {
    /// Manifests, as `sigs.k8s.io/yaml` and the JSON decoder behind it read them: YAML 1.1 (`yes` is true), keys become
    /// strings, a later duplicate wins (with a warning), a `<<` overrides what stands before it.
    Kubernetes,
    /// Resources as kustomize's kyaml reads them: `yes` is a string, timestamps are rewritten, duplicates and keys that
    /// aren't strings are errors, a `<<` never overrides.
    Kustomize,
    /// Our own files: scalars as in manifests, keys as they are written, duplicates are errors.
    Config,
}

/// How much a document may ask for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Levels of nested collections, those inside aliases included.
    pub depth: usize,
    /// Values of one document, each counted as often as aliases repeat it. go-yaml's own rule on the share of aliases
    /// holds besides.
    pub expanded_nodes: u64,
    /// Bytes of one document.
    pub document_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth: 1000, expanded_nodes: 10_000_000, document_bytes: 64 << 20 }
    }
}

/// What a text holds.
#[derive(Clone, Debug, Default)]
pub struct Parsed {
    /// The documents in order. Those without any content (comments, or nothing) are left out.
    pub documents: Vec<Document>,
    /// What is wrong with them.
    pub diagnostics: Diagnostics,
}

impl Parsed {
    /// The first document's value, for files that hold one; null if there is none.
    pub fn into_first(self) -> Node {
        self.documents.into_iter().next().map(|d| d.node).unwrap_or_default()
    }
}

/// One document of a stream.
#[derive(Clone, Debug)]
pub struct Document {
    /// Its value. Null (or what could be read) if it failed.
    pub node: Node,
    /// Where its content starts.
    pub origin: Origin,
    /// All its bytes, with the `---` line if it has one.
    pub range: Range<usize>,
    /// Whether a `---` starts it.
    pub explicit: bool,
    /// Whether an error was reported in it.
    pub failed: bool,
}

/// Reads every document of a text. Never fails as a whole: a broken document is reported and the others are read.
///
/// In the Kubernetes dialect the text is a stream, as kubectl and Argo CD read it (apimachinery's `util/yaml`): by lines,
/// each of which they end, the last one too. So a block scalar at the very end of a file has its newline, whether the file
/// has one or not. [`parse_with`] takes the text as it is, as sigs.k8s.io/yaml does.
pub fn parse(file: FileId, text: &str, dialect: Dialect) -> Parsed {
    let limits = Limits::default();
    if dialect == Dialect::Kubernetes && !text.is_empty() && !text.ends_with('\n') {
        return parse_with(file, &format!("{text}\n"), dialect, limits);
    }
    parse_with(file, text, dialect, limits)
}

/// Reads every document of a text, as it is, within limits.
pub fn parse_with(file: FileId, text: &str, dialect: Dialect, limits: Limits) -> Parsed {
    let mut parsed = Parsed::default();
    for range in split::documents(text) {
        let mut from = range.start;
        // More than once only for JSON texts that follow each other without `---`.
        while let Some(next) = parse_one(file, text, from..range.end, dialect, limits, &mut parsed) {
            from = next;
        }
    }
    parsed
}

/// Reads the first document of a text, as it is: what [`unmarshal`] reads, with origins and diagnostics.
pub fn parse_first(file: FileId, text: &str, dialect: Dialect, limits: Limits) -> Parsed {
    let mut parsed = Parsed::default();
    for range in split::documents(text) {
        let explicit = text.get(range.clone()).is_some_and(|t| t.starts_with("---"));
        parse_one(file, text, range, dialect, limits, &mut parsed);
        // Comments before a `---` belong to the document that it starts.
        if explicit || !parsed.documents.is_empty() || parsed.diagnostics.has_errors() {
            break;
        }
    }
    parsed
}

/// Reads a text as Go programs do that call sigs.k8s.io/yaml's `Unmarshal`: its first document, null if there is none.
/// Origins name no file.
///
/// # Errors
/// Why it can't be read, in the words of go-yaml and sigs.k8s.io/yaml as far as they are known, else in ours behind `yaml: `.
pub fn unmarshal(text: &str) -> std::result::Result<Node, String> {
    unmarshal_first(text, None)
}

/// The same, but of the keys of the document's mapping only those that are `wanted` are sure to be there. The whole
/// document is read, and refused if it is broken anywhere.
///
/// # Errors
/// Those of [`unmarshal`].
pub fn unmarshal_only(text: &str, wanted: fn(&str) -> bool) -> std::result::Result<Node, String> {
    unmarshal_first(text, Some(wanted))
}

fn unmarshal_first(text: &str, wanted: Option<fn(&str) -> bool>) -> std::result::Result<Node, String> {
    let convert = |problem: String| format!("error converting YAML to JSON: {problem}");
    for range in split::documents(text) {
        let explicit = text.get(range.clone()).is_some_and(|t| t.starts_with("---"));
        match unmarshal_one(text, range, wanted).map_err(convert)? {
            Some(node) => return Ok(node),
            // Comments before a `---` belong to the document that it starts.
            None if explicit => break,
            None => {}
        }
    }
    Ok(Node::default())
}

/// What go-yaml's reader says of bytes that aren't UTF-8.
pub fn not_utf8(bytes: &[u8]) -> &'static str {
    let Err(error) = std::str::from_utf8(bytes) else { return "yaml: invalid Unicode character" };
    let rest = bytes.get(error.valid_up_to()..).unwrap_or_default();
    match (rest.first(), error.error_len()) {
        (_, None) => "yaml: incomplete UTF-8 octet sequence",
        (Some(0x80..=0xBF | 0xF8..=0xFF), _) | (None, _) => "yaml: invalid leading UTF-8 octet",
        _ => "yaml: invalid trailing UTF-8 octet",
    }
}

/// The value of a document; none if it is empty.
fn unmarshal_one(
    text: &str,
    range: Range<usize>,
    wanted: Option<fn(&str) -> bool>,
) -> std::result::Result<Option<Node>, String> {
    let (file, dialect, limits) = (FileId::TRANSIENT, Dialect::Kubernetes, Limits::default());
    let text = text.get(..range.end).unwrap_or(text);
    if let Some(problem) = unreadable(text, &range, limits) {
        return Err(problem.as_go(text, 0));
    }
    let mut parser = Parser::new(Scanner::new(text, range.start, range.end, 1).join_keys());
    let mut diagnostics = Diagnostics::new();
    let composed = match parser.next() {
        Ok(Event::StreamEnd) => return Ok(None),
        Ok(_) => {
            let composer = Composer::new(file, dialect, limits, &mut diagnostics);
            match wanted {
                Some(wanted) => composer.only(wanted),
                None => composer,
            }
            .document(&mut parser)
        }
        Err(problem) => Err(problem),
    };
    let composed = composed.map_err(|problem| problem.as_go(text, parser.scanned_lines()))?;
    if composed.unclear {
        return unmarshal_one(text, range, None);
    }
    match diagnostics.iter().find(|d| d.severity == Severity::Error) {
        Some(wrong) => Err(match composed.upstream {
            Some(said) => format!("yaml: {said}"),
            None => go_syntax::not_finite(&composed.node).unwrap_or_else(|| format!("yaml: {}", wrong.message)),
        }),
        None => Ok((!composed.empty).then_some(composed.node)),
    }
}

/// Reads the document in `range`; where another one starts in it, if it does.
fn parse_one(
    file: FileId,
    text: &str,
    range: Range<usize>,
    dialect: Dialect,
    limits: Limits,
    parsed: &mut Parsed,
) -> Option<usize> {
    let explicit = text.get(range.clone()).is_some_and(|t| t.starts_with("---"));
    let mut document = Document {
        node: Node::default(),
        origin: Origin::new(file, range.start),
        range: range.clone(),
        explicit,
        failed: true,
    };
    if let Some(problem) = unreadable(text, &range, limits) {
        parsed.diagnostics.push(problem.into_diagnostic(file));
        parsed.documents.push(document);
        return None;
    }
    // go-yaml v3 reads three tokens ahead.
    let look_ahead = if dialect == Dialect::Kustomize { 3 } else { 1 };
    let scanner = Scanner::new(text, range.start, range.end, look_ahead);
    let mut parser = Parser::new(if look_ahead == 1 { scanner.join_keys() } else { scanner });
    let composed = match parser.next() {
        Ok(Event::StreamEnd) => return None,
        Ok(_) => Composer::new(file, dialect, limits, &mut parsed.diagnostics).document(&mut parser),
        Err(problem) => Err(problem),
    };
    match composed {
        Err(problem) => {
            parsed.diagnostics.push(problem.into_diagnostic(file));
            parsed.documents.push(document);
            None
        }
        Ok(composed) => {
            if !composed.empty {
                document.origin = composed.node.origin;
                document.node = composed.node;
                document.failed = composed.failed;
                parsed.documents.push(document);
            }
            let rest = parser.rest()?;
            if dialect == Dialect::Kubernetes && is_json(text, range.start) && is_json(text, rest) {
                return Some(rest);
            }
            parsed.diagnostics.push(not_read(file, text, rest, range.end, dialect));
            None
        }
    }
}

/// Whether a JSON object seems to start here: kubectl reads JSON texts that follow each other without a `---`.
fn is_json(text: &str, at: usize) -> bool {
    let rest = text.get(at..).unwrap_or_default().trim_start().strip_prefix('{');
    rest.is_some_and(|r| r.trim_start().starts_with(['"', '}']))
}

/// Why a document can't even be looked at.
fn unreadable(text: &str, range: &Range<usize>, limits: Limits) -> Option<Problem> {
    if range.len() > limits.document_bytes {
        let message = format!("the document has {} bytes; at most {} are read", range.len(), limits.document_bytes);
        return Some(Problem::limit(range.start, message).hint("split the document"));
    }
    let bytes = text.as_bytes().get(..range.end).unwrap_or_default();
    let at = chars::forbidden(bytes, range.start)?;
    let found = text.get(at..)?.chars().next()?;
    let message = format!("YAML allows no control characters, found U+{:04X}", u32::from(found));
    let code = u32::from(found);
    let escape = if code < 0x100 { format!("\\x{code:02X}") } else { format!("\\u{code:04X}") };
    let hint = format!("remove it, or write it as an escape in double quotes: `{escape}`");
    let problem = Problem::new(at, at + found.len_utf8(), message).hint(hint);
    Some(problem.decoder_says("control characters are not allowed"))
}

/// go-yaml stops after the first document of what it is given, and so loses what follows.
fn not_read(file: FileId, text: &str, at: usize, end: usize, dialect: Dialect) -> Diagnostic {
    let line = text.get(at..end).unwrap_or_default().split(['\n', '\r']).next().unwrap_or_default();
    let message = "the document ends before this, and Kubernetes' tools don't read on";
    let diagnostic = match dialect {
        Dialect::Config => Diagnostic::error(Code::YAML_SYNTAX, message),
        Dialect::Kubernetes | Dialect::Kustomize => Diagnostic::warning(Code::YAML_SYNTAX, message),
    };
    let span = Span::new(file, at..at + line.trim_end().len());
    let diagnostic = if file.is_real() { diagnostic.at_span(span, "") } else { diagnostic };
    diagnostic.hint("start another document with `---`, or fix the indentation")
}
