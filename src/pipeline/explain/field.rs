//! Paths of fields: `spec.template.spec.containers[0].image`, `…containers[name=web]…`, or a JSON pointer.

use crate::diag::{Code, Diagnostic};
use crate::yaml::{Node, Value};

/// A path into an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldPath {
    steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
    /// The first element whose field has this value.
    Where(String, String),
}

/// The path of `key` below `path`; a key that isn't a plain word is quoted in brackets.
pub fn below(path: &str, key: &str) -> String {
    let plain = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || "-_$".contains(c));
    match (plain, path.is_empty()) {
        (true, true) => key.to_owned(),
        (true, false) => format!("{path}.{key}"),
        (false, _) => format!("{path}[\"{}\"]", key.replace('\\', "\\\\").replace('"', "\\\"")),
    }
}

impl FieldPath {
    /// Reads a path; an empty one is the whole object.
    ///
    /// # Errors
    /// Brackets that don't close.
    pub fn parse(text: &str) -> Result<Self, Diagnostic> {
        if text.starts_with('/') {
            let tokens = text.split('/').skip(1).map(|t| t.replace("~1", "/").replace("~0", "~"));
            let step = |t: String| match t.parse() {
                Ok(index) => Step::Index(index),
                Err(_) => Step::Key(t),
            };
            return Ok(Self { steps: tokens.map(step).collect() });
        }
        let mut steps = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            if let Some(inner) = rest.strip_prefix('[') {
                let Some((inside, after)) = bracket(inner) else {
                    let message = format!("`{text}` is not a field: a `[` is never closed");
                    return Err(Diagnostic::error(Code::INVALID_VALUE, message));
                };
                steps.push(step(inside));
                rest = after.strip_prefix('.').unwrap_or(after);
            } else {
                let end = rest.find(['.', '[']).unwrap_or(rest.len());
                let (key, after) = rest.split_at(end);
                if !key.is_empty() {
                    steps.push(Step::Key(key.to_owned()));
                }
                rest = after.strip_prefix('.').unwrap_or(after);
            }
        }
        Ok(Self { steps })
    }

    /// The node there.
    ///
    /// # Errors
    /// There is no such field; the error says how far the path goes and what is there.
    pub fn find<'n>(&self, node: &'n Node) -> Result<&'n Node, Diagnostic> {
        let mut here = node;
        for (at, step) in self.steps.iter().enumerate() {
            let next = match (step, &here.value) {
                (Step::Key(key), Value::Map(map)) => map.get(key),
                (Step::Index(index), Value::Map(map)) => map.get(&index.to_string()),
                (Step::Index(index), Value::Seq(seq)) => seq.get(*index),
                (Step::Where(key, value), Value::Seq(seq)) => {
                    seq.iter().find(|n| n.get(key).is_some_and(|v| crate::yaml::to_json(v).trim_matches('"') == value))
                }
                _ => None,
            };
            let Some(next) = next else {
                let so_far = Self { steps: self.steps.iter().take(at).cloned().collect() };
                return Err(missing(step, here, &so_far.shown()));
            };
            here = next;
        }
        Ok(here)
    }

    /// The path in its usual form.
    pub fn shown(&self) -> String {
        self.steps.iter().fold(String::new(), |path, step| match step {
            Step::Key(key) => below(&path, key),
            Step::Index(index) => format!("{path}[{index}]"),
            Step::Where(key, value) => format!("{path}[{key}={value}]"),
        })
    }
}

/// Splits after the bracket that closes; quotes may hold brackets, and quotes after a backslash.
fn bracket(text: &str) -> Option<(&str, &str)> {
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        let skipped = escaped;
        escaped = !skipped && quote.is_some() && c == '\\';
        if skipped {
            continue;
        }
        match (quote, c) {
            (None, '"' | '\'') => quote = Some(c),
            (Some(q), c) if q == c => quote = None,
            (None, ']') => return Some((&text[..at], &text[at + 1..])),
            _ => {}
        }
    }
    None
}

fn step(inside: &str) -> Step {
    for quote in ['"', '\''] {
        if let Some(quoted) = inside.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            return Step::Key(unescape(quoted));
        }
    }
    match (inside.parse(), inside.split_once('=')) {
        (Ok(index), _) => Step::Index(index),
        (_, Some((key, value))) => Step::Where(key.to_owned(), value.to_owned()),
        _ => Step::Key(inside.to_owned()),
    }
}

/// A quoted key without the backslashes that stand before quotes and backslashes.
fn unescape(quoted: &str) -> String {
    let mut key = String::new();
    let mut chars = quoted.chars();
    while let Some(c) = chars.next() {
        key.push(if c == '\\' { chars.next().unwrap_or(c) } else { c });
    }
    key
}

fn missing(step: &Step, here: &Node, so_far: &str) -> Diagnostic {
    let place = if so_far.is_empty() { "the object".to_owned() } else { format!("`{so_far}`") };
    match (step, &here.value) {
        (Step::Key(key), Value::Map(map)) => {
            let message = format!("{place} has no field `{key}`");
            Diagnostic::error(Code::INVALID_VALUE, message).did_you_mean(key, map.iter().map(|e| e.key.as_str()))
        }
        (_, Value::Seq(seq)) => Diagnostic::error(
            Code::INVALID_VALUE,
            format!("{place} is a list of {}, none of which is meant", seq.len()),
        ),
        (_, other) => {
            Diagnostic::error(Code::INVALID_VALUE, format!("{place} is {}, nothing is below it", other.kind()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::FieldPath;

    #[test]
    fn a_path_is_shown_as_it_is_read() {
        for text in [
            "spec.replicas",
            "a.b[0].c",
            "a[name=web].image",
            "",
            "metadata.annotations[\"a.b/c\"]",
            "a[\"q\\\"\\\\]\"].b",
        ] {
            assert_eq!(FieldPath::parse(text).unwrap().shown(), text);
        }
        assert_eq!(FieldPath::parse("/a/b~1c/0").unwrap().shown(), "a[\"b/c\"][0]");
        assert!(FieldPath::parse("a[b").is_err());
    }
}
