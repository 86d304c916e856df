//! What the change of a field looks like.

use crate::diff::model::{Change, FieldChange};
use crate::diff::path::quoted;
use crate::diff::sequence;
use crate::yaml::{Node, Value, emit, is_plain, to_json};

/// The lines of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Line {
    /// Which side has it.
    pub sign: Sign,
    /// What it says.
    pub text: String,
}

/// Which side has a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Sign {
    /// Only head.
    Added,
    /// Only base.
    Removed,
    /// Both.
    Both,
    /// Neither: lines that are the same were left out here. The text says how many.
    Cut,
}

impl Sign {
    pub fn char(self) -> char {
        match self {
            Self::Added => '+',
            Self::Removed => '-',
            Self::Both => ' ',
            Self::Cut => '…',
        }
    }
}

/// Lines around a change that are shown, too.
const CONTEXT: usize = 2;

/// How long a list or a mapping may be to stand in one line.
const SHORT: usize = 60;

/// The lines of a field's change.
pub(in super::super) fn lines(field: &FieldChange) -> Vec<Line> {
    match &field.change {
        Change::Added(node) => signed(Sign::Added, &value(node)),
        Change::Removed(node) => signed(Sign::Removed, &value(node)),
        Change::Changed(old, new) => between(old, new),
        Change::Order(old, new) => {
            let list = |names: &[String]| format!("in the order: {}", names.join(", "));
            vec![Line { sign: Sign::Removed, text: list(old) }, Line { sign: Sign::Added, text: list(new) }]
        }
    }
}

fn signed(sign: Sign, lines: &[String]) -> Vec<Line> {
    lines.iter().map(|text| Line { sign, text: text.clone() }).collect()
}

fn between(old: &Node, new: &Node) -> Vec<Line> {
    match (old.as_str(), new.as_str()) {
        (Some(a), Some(b)) if a.contains('\n') || b.contains('\n') => {
            let mut lines = texts(a, b, CONTEXT);
            // What ends without a line break is a difference that no line shows.
            if lines.iter().all(|line| matches!(line.sign, Sign::Both | Sign::Cut)) {
                lines.push(Line { sign: Sign::Removed, text: ending(a) });
                lines.push(Line { sign: Sign::Added, text: ending(b) });
            }
            lines
        }
        _ if is_large(old) && is_large(new) => texts(&emit(old), &emit(new), CONTEXT),
        _ => {
            let (a, b) = (value(old), value(new));
            signed(Sign::Removed, &a).into_iter().chain(signed(Sign::Added, &b)).collect()
        }
    }
}

/// Whether a value takes several lines.
fn is_large(node: &Node) -> bool {
    matches!(node.value, Value::Seq(_) | Value::Map(_)) && value(node).len() > 1
}

fn ending(text: &str) -> String {
    match text.len() - text.trim_end_matches('\n').len() {
        0 => "(no line break at the end)".to_owned(),
        1 => "(a line break at the end)".to_owned(),
        n => format!("({n} line breaks at the end)"),
    }
}

/// Two texts, line by line, with `context` lines around what differs.
pub(in super::super) fn texts(old: &str, new: &str, context: usize) -> Vec<Line> {
    let (a, b): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let gaps = sequence::gaps(&a, &b);
    let mut lines = Vec::new();
    let mut done = 0;
    let both = |from: usize, to: usize, lines: &mut Vec<Line>| {
        lines.extend(
            a.get(from..to).unwrap_or_default().iter().map(|t| Line { sign: Sign::Both, text: (*t).to_owned() }),
        );
    };
    let cut = |n: usize, lines: &mut Vec<Line>| {
        if n > 0 {
            let text = format!("{n} line{} the same", if n == 1 { "" } else { "s" });
            lines.push(Line { sign: Sign::Cut, text });
        }
    };
    for (at, gap) in gaps.iter().enumerate() {
        let between = gap.old.start.saturating_sub(done);
        let after = if at > 0 { context } else { 0 };
        if between > after + context + 1 {
            both(done, done + after, &mut lines);
            cut(between - after - context, &mut lines);
            both(gap.old.start - context, gap.old.start, &mut lines);
        } else {
            both(done, gap.old.start, &mut lines);
        }
        let part = |all: &[&str], range: &std::ops::Range<usize>, sign| -> Vec<Line> {
            let texts = all.get(range.clone()).unwrap_or_default().iter();
            texts.map(|text| Line { sign, text: (*text).to_owned() }).collect()
        };
        lines.extend(part(&a, &gap.old, Sign::Removed));
        lines.extend(part(&b, &gap.new, Sign::Added));
        done = gap.old.end;
    }
    let left = a.len().saturating_sub(done);
    if left > context + 1 {
        both(done, done + context, &mut lines);
        cut(left - context, &mut lines);
    } else {
        both(done, a.len(), &mut lines);
    }
    lines
}

/// A value as YAML, in as few lines as it takes.
pub(in super::super) fn value(node: &Node) -> Vec<String> {
    match &node.value {
        Value::Str(text) if text.contains('\n') => emit(node).lines().map(str::to_owned).collect(),
        // A long text isn't folded: as one line it can be compared, and copied.
        Value::Str(text) if is_plain(text) => vec![text.to_string()],
        Value::Str(text) => vec![quoted(text)],
        Value::Seq(_) | Value::Map(_) => {
            let empty = matches!(&node.value, Value::Seq(s) if s.is_empty())
                || matches!(&node.value, Value::Map(m) if m.is_empty());
            let json = if empty { Some(to_json(node)) } else { short(node) };
            json.map_or_else(|| emit(node).lines().map(str::to_owned).collect(), |json| vec![json])
        }
        _ => vec![emit(node).trim_end().to_owned()],
    }
}

/// A flat list or mapping of few plain values, in one line.
fn short(node: &Node) -> Option<String> {
    let plain = |node: &Node| {
        !matches!(node.value, Value::Seq(_) | Value::Map(_)) && !node.as_str().is_some_and(|t| t.contains('\n'))
    };
    let item = |node: &Node| match node.as_str() {
        // Between the signs of a list, a text with such signs needs quotes.
        Some(text) if text.contains([',', '[', ']', '{', '}']) => quoted(text),
        _ => value(node).pop().unwrap_or_default(),
    };
    let text = match &node.value {
        Value::Seq(items) if items.len() <= 8 && items.iter().all(plain) => {
            format!("[{}]", items.iter().map(item).collect::<Vec<_>>().join(", "))
        }
        Value::Map(map) if map.len() <= 4 && map.iter().all(|entry| plain(&entry.value)) => {
            let entry = |e: &crate::yaml::Entry| format!("{}: {}", item(&Node::made(e.key.clone())), item(&e.value));
            format!("{{{}}}", map.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        _ => return None,
    };
    (text.chars().count() <= SHORT).then_some(text)
}
