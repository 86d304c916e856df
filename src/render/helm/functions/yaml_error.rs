//! The texts of go-yaml v2's errors, which charts print, compare and match: made of our own findings, once there are any.

use crate::diag::Severity;
use crate::source::{SourceKind, Sources};
use crate::yaml::{self, Dialect, Limits};

/// Who finds a mistake decides which line go-yaml names.
#[derive(Clone, Copy, PartialEq)]
enum Stage {
    /// Names the line (from 1) that it was in.
    Scanner,
    /// Names the line before.
    Parser,
    /// Names none.
    Decoder,
}

/// What go-yaml would say of a text that it can't read.
pub fn text(text: &str) -> String {
    let sources = Sources::new();
    let file = sources.add("", text, SourceKind::File);
    let parsed = yaml::parse_first(file.id, text, Dialect::Kubernetes, Limits::default());
    let Some(first) = parsed.diagnostics.iter().find(|d| d.severity == Severity::Error) else {
        return "yaml: unknown problem parsing YAML content".to_owned();
    };
    let at = first.primary.as_ref().map_or(0, |label| label.span.start as usize);
    let context = first.secondary.first().map(|label| label.span.start as usize);
    let (stage, problem, at) = translate(&first.message, text, at);
    let line = |at: usize| file.line_column(at).line.saturating_sub(1);
    let mut number = match stage {
        Stage::Decoder => 0,
        Stage::Parser => line(at),
        Stage::Scanner if line(at) > 0 => line(at) + 1,
        Stage::Scanner => 0,
    };
    if number == 0 && stage != Stage::Decoder {
        number = context.map_or(0, line);
    }
    if number > 0 { format!("yaml: line {number}: {problem}") } else { format!("yaml: {problem}") }
}

/// go-yaml's words for one of our messages, and where its scanner stands when it finds out.
fn translate(message: &str, text: &str, at: usize) -> (Stage, String, usize) {
    use Stage::{Decoder, Parser, Scanner};
    let says = |start: &str| message.starts_with(start);
    let inside = |before: char| {
        let rest = message.split_once(before)?.1;
        rest.split(['`', ' ']).next().map(str::to_owned)
    };
    let (stage, problem) = if says("expected a `key: value` pair") {
        // Found out at the next token.
        return (Scanner, "could not find expected ':'".to_owned(), next_token(text, at));
    } else if says("a second `: `") {
        (Scanner, "mapping values are not allowed in this context")
    } else if says("a list item can't") {
        (Scanner, "block sequence entries are not allowed in this context")
    } else if says("a `?` key") {
        (Scanner, "mapping keys are not allowed in this context")
    } else if says("a value can't start with") {
        (Scanner, "found character that cannot start any token")
    } else if says("found a tab") {
        let in_block = message.contains("block");
        (Scanner, if in_block { TAB_IN_BLOCK } else { "found character that cannot start any token" })
    } else if says("the quoted text is never closed") {
        return (Scanner, "found unexpected end of stream".to_owned(), text.len());
    } else if says("the quoted text isn't closed") {
        (Scanner, "found unexpected document indicator")
    } else if message.contains("is no escape that YAML knows") {
        (Scanner, "found unknown escape character")
    } else if message.contains("hexadecimal digits after") {
        (Scanner, "did not find expected hexdecimal number")
    } else if says("this escape is no Unicode") {
        (Scanner, "found invalid Unicode character escape code")
    } else if says("a block scalar can't be indented by 0") {
        (Scanner, "found an indentation indicator equal to 0")
    } else if says("expected the end of the line after") {
        (Scanner, "did not find expected comment or line break")
    } else if says("expected the name of") {
        (Scanner, "did not find expected alphabetic or numeric character")
    } else if says("expected a space after the tag") {
        (Scanner, "did not find expected whitespace or line break")
    } else if says("the tag's `<`") {
        (Scanner, "did not find the expected '>'")
    } else if says("expected a directive") {
        (Scanner, "found unknown directive name")
    } else if says("expected `---`") {
        (Parser, "did not find expected <document start>")
    } else if says("a second `%YAML`") {
        (Parser, "found duplicate %YAML directive")
    } else if says("expected YAML 1.1") {
        (Parser, "found incompatible YAML document")
    } else if says("a second `%TAG`") {
        (Parser, "found duplicate %TAG directive")
    } else if says("nothing declares the tag handle") {
        (Parser, "found undefined tag handle")
    } else if says("expected a value") {
        (Parser, "did not find expected node content")
    } else if says("expected `- `") {
        (Parser, "did not find expected '-' indicator")
    } else if says("expected a key") {
        (Parser, "did not find expected key")
    } else if says("expected `,` or `]`") {
        (Parser, "did not find expected ',' or ']'")
    } else if says("expected `,` or `}`") {
        (Parser, "did not find expected ',' or '}'")
    } else if says("no anchor") {
        return (Decoder, format!("unknown anchor '{}' referenced", inside('&').unwrap_or_default()), at);
    } else if says("the alias `*") {
        return (Decoder, format!("anchor '{}' value contains itself", inside('*').unwrap_or_default()), at);
    } else if says("`<<` merges") {
        (Decoder, "map merge requires map or sequence of maps as the value")
    } else if says("too much of the document comes from aliases") || says("the document expands") {
        (Decoder, "document contains excessive aliasing")
    } else if says("YAML allows no control characters") {
        (Decoder, "control characters are not allowed")
    } else if says("expected a string as the key, found a ") {
        (Decoder, "invalid map key")
    } else {
        return (Decoder, message.to_owned(), at);
    };
    (stage, problem.to_owned(), at)
}

const TAB_IN_BLOCK: &str = "found a tab character where an indentation space is expected";

/// Where the token after the line at `at` starts.
fn next_token(text: &str, at: usize) -> usize {
    let mut pos = at + text.get(at..).and_then(|t| t.find('\n')).map_or(text.len(), |i| i + 1);
    while let Some(rest) = text.get(pos..).filter(|r| !r.is_empty()) {
        let line = rest.split_inclusive('\n').next().unwrap_or_default();
        let content = line.trim_start_matches([' ', '\t']);
        if !content.trim().is_empty() && !content.starts_with('#') {
            return pos + (line.len() - content.len());
        }
        pos += line.len();
    }
    text.len()
}
