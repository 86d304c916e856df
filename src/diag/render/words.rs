//! Small work on text that several renderers share.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::diag::{Severity, Subject};

/// How many names are listed before the rest is counted.
const LISTED: usize = 3;

/// `1 error`, `2 errors`.
pub(super) fn count(n: usize, word: &str) -> String {
    format!("{n} {word}{}", if n == 1 { "" } else { "s" })
}

/// The word for a severity.
pub(super) fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

/// Whom a finding concerns, in words: `Deployment/web at /spec/replicas in app web on 14 clusters: a, b, c (+11)`.
pub(super) fn subjects(subjects: &[Subject]) -> Option<String> {
    let mut parts = Vec::new();
    let objects = names(subjects, |s| &s.object);
    match objects.as_slice() {
        [] => {}
        [object] => {
            parts.push((*object).to_owned());
            if let [field] = names(subjects, |s| &s.field).as_slice() {
                parts.push(format!("at {field}"));
            }
        }
        many => parts.push(list(many, "object")),
    }
    let apps = names(subjects, |s| &s.app);
    if !apps.is_empty() {
        let app = list(&apps, "app");
        parts.push(if parts.is_empty() { app } else { format!("in {app}") });
    }
    let clusters = names(subjects, |s| &s.cluster);
    if !clusters.is_empty() {
        parts.push(format!("on {}", list(&clusters, "cluster")));
    }
    (!parts.is_empty()).then(|| parts.join(" "))
}

fn names(subjects: &[Subject], part: impl Fn(&Subject) -> &Option<Arc<str>>) -> Vec<&str> {
    let set: BTreeSet<&str> = subjects.iter().filter_map(|s| part(s).as_deref()).collect();
    set.into_iter().collect()
}

fn list(names: &[&str], word: &str) -> String {
    if let [name] = names {
        return format!("{word} {name}");
    }
    let shown = names.get(..LISTED).unwrap_or(names).join(", ");
    let rest = names.len().saturating_sub(LISTED);
    let more = if rest > 0 { format!(" (+{rest})") } else { String::new() };
    format!("{}: {shown}{more}", count(names.len(), word))
}

/// A character that a terminal must not get from a file or a message: control characters, and those that turn the
/// direction of text, with which a line can be made to look like another.
pub(super) fn unsafe_to_print(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

/// Text made safe for a terminal or a log; line breaks stay, tabs become spaces.
pub(super) fn printable(text: &str) -> String {
    let safe = |c| match c {
        '\n' => '\n',
        '\t' => ' ',
        c if unsafe_to_print(c) => '\u{FFFD}',
        c => c,
    };
    text.replace("\r\n", "\n").chars().map(safe).collect()
}

/// The first `limit` characters, with an ellipsis where something was left out.
pub(super) fn clip(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// At most `limit` characters around character `at`, with ellipses where something was left out.
pub(super) fn clip_around(line: &str, at: usize, limit: usize) -> String {
    let skip = if line.chars().nth(limit).is_none() { 0 } else { at.saturating_sub(limit / 3) };
    let start = line.char_indices().nth(skip).map_or(line.len(), |(i, _)| i);
    let rest = clip(line.get(start..).unwrap_or_default(), limit);
    if start > 0 { format!("…{rest}") } else { rest }
}

/// Breaks text into lines of at most `width` characters, at spaces only: paths and names stay whole.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let indent: String = paragraph.chars().take_while(|c| *c == ' ').collect();
        let mut line = indent.clone();
        let mut used = indent.len();
        for word in paragraph.split(' ').filter(|w| !w.is_empty()) {
            let length = word.chars().count();
            if used > indent.len() && used + 1 + length > width {
                lines.push(std::mem::replace(&mut line, indent.clone()));
                used = indent.len();
            }
            if used > indent.len() {
                line.push(' ');
                used += 1;
            }
            line.push_str(word);
            used += length;
        }
        lines.push(line);
    }
    lines
}
