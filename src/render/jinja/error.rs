//! From minijinja's errors to diagnostics.

use std::error::Error as _;
use std::ops::Range;

use minijinja::{Error, ErrorKind};

use super::engine::{Member, ROOT, Set};
use super::place::Place;
use super::sink::{Absent, Sink};
use super::{Context, Options};
use crate::diag::{Code, Diagnostic, closest};
use crate::source::Span;
use crate::yaml::{Node, Value};

/// Why a render ended early.
pub(super) enum Failure {
    /// The engine says why.
    Engine(Error),
    /// The output went past its limit.
    Output,
}

/// A template that can't be parsed.
pub(super) fn syntax(error: &Error, source: &str, place: &Place) -> Diagnostic {
    let range = error.range().unwrap_or(0..0);
    let range = clip(range, source);
    let message = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    let found = Diagnostic::error(Code::TEMPLATE_SYNTAX, message).at_span(place.span(range), "");
    match error.detail() {
        Some(detail) if detail.contains("unknown statement") => {
            let word = detail.rsplit(' ').next().unwrap_or_default();
            found.did_you_mean(word, STATEMENTS.iter().copied())
        }
        _ => found,
    }
}

const STATEMENTS: &[&str] = &[
    "for",
    "endfor",
    "if",
    "elif",
    "else",
    "endif",
    "with",
    "endwith",
    "set",
    "endset",
    "filter",
    "endfilter",
    "block",
    "endblock",
    "extends",
    "include",
    "import",
    "from",
    "macro",
    "endmacro",
    "call",
    "endcall",
    "continue",
    "break",
    "do",
    "raw",
    "endraw",
];

/// A template that parses, but not when it is printed again: it nests too deep with our parentheses.
pub(super) fn unprintable(error: &Error, member: &Member) -> Diagnostic {
    let range = error.range().and_then(|r| member.printed.original(&r)).unwrap_or(0..0);
    let message = match error.detail() {
        Some(detail) if detail.contains("recursion") => "the template nests too deep",
        Some(detail) => detail,
        None => "the template can't be compiled",
    };
    Diagnostic::error(Code::TEMPLATE_SYNTAX, message).at_span(member.place.span(clip(range, &member.source)), "")
}

/// A render that failed.
pub(super) fn explain(
    failure: &Failure,
    set: &Set,
    context: &Context,
    sink: &Sink,
    options: &Options<'_>,
) -> Diagnostic {
    let outer = match failure {
        Failure::Engine(error) => error,
        Failure::Output => {
            let message = format!("the template's output is larger than {} bytes", options.output_limit);
            let span = set.members.iter().find(|m| m.name == ROOT).map(|m| m.place.span(0..0));
            let error = Diagnostic::error(Code::TEMPLATE_ERROR, message);
            let error = match span {
                Some(span) => error.at_span(span, ""),
                None => error,
            };
            return error.hint("look for a loop over too many elements, or a text that includes itself");
        }
    };
    // The innermost cause, with the includes and blocks on the way.
    let mut chain = vec![outer];
    while let Some(next) = chain.last().copied().and_then(|e| e.source()).and_then(|e| e.downcast_ref::<Error>()) {
        chain.push(next);
        if chain.len() > 64 {
            break;
        }
    }
    let Some((cause, outer)) = chain.split_last() else { return Diagnostic::error(Code::TEMPLATE_ERROR, "") };
    let mut found = describe(cause, set, context, sink, options);
    for error in outer.iter().rev() {
        let place = locate(error, set).map(|(_, _, span)| span);
        let text = match error.kind() {
            ErrorKind::BadInclude => "included here",
            ErrorKind::EvalBlock => "in the block called here",
            _ => "called here",
        };
        found = found.within(text, place);
    }
    found
}

/// The template of an error, the range there, and the span of it.
fn locate<'s>(error: &Error, set: &'s Set) -> Option<(&'s Member, Range<usize>, Span)> {
    let member = set.members.iter().find(|m| Some(m.name.as_str()) == error.name())?;
    let range = match error.range() {
        Some(range) => member.printed.original(&range)?,
        None => member.printed.on_line(error.line()?)?,
    };
    let range = clip(range, &member.source);
    let span = member.place.span(range.clone());
    Some((member, range, span))
}

fn describe(error: &Error, set: &Set, context: &Context, sink: &Sink, options: &Options<'_>) -> Diagnostic {
    let at = locate(error, set);
    let source = at.as_ref().map(|(member, range, _)| member.source.get(range.clone()).unwrap_or_default());
    let detail = error.detail().unwrap_or_default();
    let place = |found: Diagnostic, label: &str| match &at {
        Some((_, _, span)) => found.at_span(*span, label),
        None => found,
    };
    let simple = |message: String| place(Diagnostic::error(Code::TEMPLATE_ERROR, message), "");
    match error.kind() {
        ErrorKind::OutOfFuel => {
            let message = format!("the template runs for more than {} steps", options.fuel);
            let found = place(Diagnostic::error(Code::TEMPLATE_FUEL, message), "it was here when it ran out");
            found.hint("look for a loop over far too many elements, or a macro that calls itself")
        }
        ErrorKind::UndefinedError => undefined(error, set, context, sink),
        _ if detail.contains("is undefined") => undefined(error, set, context, sink),
        ErrorKind::UnknownFilter | ErrorKind::UnknownTest | ErrorKind::UnknownFunction => {
            let (what, known) = match error.kind() {
                ErrorKind::UnknownFilter => ("filter", KNOWN_FILTERS),
                ErrorKind::UnknownTest => ("test", KNOWN_TESTS),
                _ => ("function", KNOWN_FUNCTIONS),
            };
            let name = detail.strip_prefix(what).unwrap_or(detail).trim().trim_end_matches(" is unknown").to_owned();
            let found = Diagnostic::error(Code::UNDEFINED_NAME, format!("there is no {what} `{name}`"));
            let found = match &at {
                Some((member, range, span)) => found.at_span(part(member, range, &name).unwrap_or(*span), ""),
                None => found,
            };
            found.did_you_mean(&name, known.iter().copied())
        }
        ErrorKind::UnknownMethod => simple(format!("{}: {detail}", source.unwrap_or_default())),
        ErrorKind::InvalidOperation if !detail.is_empty() => simple(detail.to_owned()),
        kind if detail.is_empty() => simple(kind.to_string()),
        kind => simple(format!("{kind}: {detail}")),
    }
}

/// Names the part of a path that isn't there.
fn undefined(error: &Error, set: &Set, context: &Context, sink: &Sink) -> Diagnostic {
    let at = locate(error, set);
    let text = at.as_ref().and_then(|(m, range, _)| m.source.get(range.clone())).unwrap_or_default();
    // "`values.apps.wbe` is undefined (from line 3)", where the engine knows it.
    let named = error.detail().and_then(|d| d.split_once('`')).and_then(|(_, rest)| rest.split_once('`'));
    let named = named.map(|(name, _)| name);
    let last = named.map(last_part);
    // The look-up that failed: the latest of that name, else the latest whose name stands in the expression.
    let absents = sink.absents();
    let fits = |a: &&Absent| {
        a.path.last().is_some_and(|key| match &last {
            Some(last) => key == last.as_str(),
            None => mentions(text, key),
        })
    };
    let absent = absents.iter().rev().find(fits);
    let Some(absent) = absent else {
        return unknown_name(named, text, at.map(|(_, _, span)| span), context);
    };
    let key = absent.path.last().map(ecow::EcoString::as_str).unwrap_or_default();
    let parent = absent.path.split_last().map(|(_, p)| p.join(".")).unwrap_or_default();
    let message = match &absent.parent.value {
        Value::Seq(seq) => format!("`{parent}` has no element {key}: it has {}", seq.len()),
        _ => format!("`{parent}` has no key `{key}`"),
    };
    let mut found = Diagnostic::error(Code::UNDEFINED_NAME, message);
    if let Some((member, range, span)) = at {
        found = found.at_span(part(member, &range, key).unwrap_or(span), "not defined");
    }
    found = found.also(absent.parent.origin, format!("`{parent}` is set here"));
    if let Some(map) = absent.parent.as_map() {
        found = match closest(key, map.iter().map(|e| e.key.as_str())) {
            Some(name) => found.hint(format!("did you mean `{name}`?")),
            None => keys(found, &absent.parent, &parent),
        };
    }
    found
}

/// Where a name stands in an expression.
fn part(member: &Member, range: &Range<usize>, name: &str) -> Option<Span> {
    let from = range.start + position(member.source.get(range.clone())?, name)?;
    Some(member.place.span(from..from + name.len()))
}

/// Lists the keys that there are, if they are few.
fn keys(found: Diagnostic, parent: &Node, path: &str) -> Diagnostic {
    const SHOWN: usize = 8;
    let keys: Vec<&str> = parent.as_map().into_iter().flatten().map(|e| e.key.as_str()).collect();
    let default = "where it may be missing, write `| default(…)`";
    match keys.len() {
        0 => found.hint(format!("`{path}` is empty; {default}")),
        1..=SHOWN => found.hint(format!("`{path}` has: {}; {default}", keys.join(", "))),
        _ => found.hint(default),
    }
}

fn unknown_name(named: Option<&str>, text: &str, span: Option<Span>, context: &Context) -> Diagnostic {
    let name = named.unwrap_or(text);
    let first = name.split(['.', '[']).next().unwrap_or_default();
    let known = context.get(first).is_some();
    let message = match (name, first) {
        ("", _) => "a value is undefined".to_owned(),
        (name, first) if known || first.is_empty() || !is_name(first) => format!("`{name}` is undefined"),
        (_, first) => format!("there is no name `{first}`"),
    };
    let found = Diagnostic::error(Code::UNDEFINED_NAME, message);
    let found = match span {
        Some(span) => found.at_span(span, "not defined"),
        None => found,
    };
    let names: Vec<&str> = context.roots.iter().map(|(name, _)| name.as_str()).collect();
    if known || names.is_empty() {
        return found;
    }
    match closest(first, names.iter().copied()) {
        Some(name) => found.hint(format!("did you mean `{name}`?")),
        None => found.hint(format!("there are: {}", names.join(", "))),
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c == '_' || c.is_alphanumeric())
}

/// The last key of an expression such as `a.b` or `a["b"]`.
fn last_part(expression: &str) -> String {
    match expression.strip_suffix(']').and_then(|e| e.rsplit_once('[')) {
        Some((_, key)) => key.trim_matches(['"', '\'']).to_owned(),
        None => expression.rsplit('.').next().unwrap_or_default().to_owned(),
    }
}

fn mentions(text: &str, key: &str) -> bool {
    position(text, key).is_some()
}

/// Where a key stands in an expression as a word of its own: the last such place.
fn position(text: &str, key: &str) -> Option<usize> {
    let word = |c: Option<char>| c.is_some_and(|c| c == '_' || c.is_alphanumeric());
    let found = text.rmatch_indices(key).find(|(at, _)| {
        let before = text.get(..*at).and_then(|t| t.chars().next_back());
        let after = text.get(at + key.len()..).and_then(|t| t.chars().next());
        !key.is_empty() && !word(before) && !word(after)
    });
    found.map(|(at, _)| at)
}

/// A range made to fit the text and its characters.
fn clip(range: Range<usize>, source: &str) -> Range<usize> {
    let mut start = range.start.min(source.len());
    while !source.is_char_boundary(start) {
        start -= 1;
    }
    let mut end = range.end.clamp(start, source.len());
    while !source.is_char_boundary(end) {
        end += 1;
    }
    start..end
}

const KNOWN_FILTERS: &[&str] = &[
    "lower",
    "upper",
    "title",
    "capitalize",
    "replace",
    "length",
    "count",
    "dictsort",
    "items",
    "reverse",
    "trim",
    "join",
    "split",
    "lines",
    "default",
    "round",
    "abs",
    "int",
    "float",
    "attr",
    "first",
    "last",
    "min",
    "max",
    "sort",
    "list",
    "string",
    "bool",
    "batch",
    "slice",
    "sum",
    "indent",
    "select",
    "reject",
    "selectattr",
    "rejectattr",
    "map",
    "groupby",
    "unique",
    "chain",
    "zip",
    "pprint",
    "format",
    "to_yaml",
    "toyaml",
    "to_nice_yaml",
    "to_json",
    "tojson",
    "to_nice_json",
    "from_json",
    "from_yaml",
    "b64encode",
    "b64decode",
    "sha256",
    "hash",
    "quote",
    "squote",
    "ternary",
    "combine",
    "dict2items",
    "items2dict",
    "regex_replace",
    "regex_search",
    "required",
    "mandatory",
];
const KNOWN_TESTS: &[&str] = &[
    "defined",
    "undefined",
    "none",
    "boolean",
    "odd",
    "even",
    "divisibleby",
    "number",
    "integer",
    "float",
    "string",
    "sequence",
    "iterable",
    "mapping",
    "startingwith",
    "endingwith",
    "lower",
    "upper",
    "sameas",
    "eq",
    "ne",
    "lt",
    "le",
    "gt",
    "ge",
    "in",
    "true",
    "false",
    "filter",
    "test",
    "match",
    "search",
];
const KNOWN_FUNCTIONS: &[&str] = &["range", "dict", "namespace", "required", "fail"];
