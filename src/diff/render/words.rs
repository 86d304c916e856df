//! Small work on text that several renderers share.

use std::sync::Arc;

use crate::diag::Severity;
use crate::diff::model::{Diff, FindingChange, Group, HeldApp, Kind, ObjectDiff, Side, Status, Tally};

/// `1 object`, `2 objects`.
pub(super) fn count(n: usize, word: &str) -> String {
    format!("{} {word}{}", number(n), if n == 1 { "" } else { "s" })
}

/// `12,345`.
pub(super) fn number(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `3 changed, 1 added`, or `3 differ, 1 only in prod-01`; empty if there is nothing.
pub(super) fn tally(tally: &Tally, diff: &Diff) -> String {
    let parts = [
        (tally.changed, "changed"),
        (tally.added, "added"),
        (tally.removed, "removed"),
        (tally.renamed, "renamed"),
        (tally.moved, "moved"),
    ];
    let parts = parts.into_iter().filter(|(n, _)| *n > 0).map(|(n, one)| format!("{} {}", number(n), word(one, diff)));
    parts.collect::<Vec<_>>().join(", ")
}

/// `only in prod-01`.
pub(super) fn only(diff: &Diff, status: Status) -> String {
    let (side, otherwise) =
        if status == Status::Added { (&diff.head, "the second") } else { (&diff.base, "the first") };
    let name = line(&side.name);
    format!("only in {}", if name.is_empty() || name.chars().count() > 24 { otherwise } else { &name })
}

/// What there is to say of an app that comes or goes as a whole: `new app`, `app removed`, `only in prod-01`.
pub(super) fn app_status(group: &Group, diff: &Diff) -> Option<String> {
    match (group.status, diff.sides) {
        (Status::Added, false) => Some("new app".to_owned()),
        (Status::Removed, false) => Some("app removed".to_owned()),
        (status @ (Status::Added | Status::Removed), true) => Some(only(diff, status)),
        _ => None,
    }
}

/// `layer: baseline → custom, wave: 0 → 5`; empty if the app itself is the same.
pub(super) fn about(group: &Group) -> String {
    let or = |text: &str| if text.is_empty() { "(none)".to_owned() } else { line(text) };
    let parts = group.about.iter().map(|change| format!("{}: {} → {}", change.what, or(&change.old), or(&change.new)));
    parts.collect::<Vec<_>>().join(", ")
}

/// A character that must not reach a terminal or a page from a value: control characters, and those that turn the
/// direction of text.
pub(super) fn unsafe_to_print(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{00AD}' | '\u{061C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}')
        || matches!(c, '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

/// Text made safe; tabs and line breaks stay. What can't be shown is named, as `<U+202E>`: two that differ look
/// different.
pub(super) fn printable(text: &str) -> String {
    shown(text, false)
}

/// The same, in one line.
pub(super) fn line(text: &str) -> String {
    shown(text, true)
}

fn shown(text: &str, one_line: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' if one_line => out.push(' '),
            '\n' | '\t' => out.push(c),
            c if unsafe_to_print(c) => out.push_str(&format!("<U+{:04X}>", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}

/// `a, b, c (+11)`.
pub(super) fn list(names: &[Arc<str>], most: usize) -> String {
    let shown: Vec<String> = names.iter().take(most).map(|name| line(name)).collect();
    let more = names.len().saturating_sub(most);
    let more = if more > 0 { format!(" (+{more})") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

/// `main (1a2b3c4)`.
pub(super) fn side(side: &Side) -> String {
    match &side.commit {
        Some(commit) if !commit.starts_with(&side.name) || side.name.is_empty() => {
            format!("{} ({})", line(&side.name), commit.get(..10).unwrap_or(commit))
        }
        _ => line(&side.name),
    }
}

pub(super) fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

/// `on prod-01`, `on 14 clusters`, `between a → b`.
pub(super) fn on(group: &Group, diff: &Diff) -> String {
    clusters(&group.clusters, diff)
}

pub(super) fn clusters(clusters: &[Arc<str>], diff: &Diff) -> String {
    match (clusters, diff.sides) {
        ([one], false) => format!("on {}", line(one)),
        ([one], true) => format!("in {}", line(one)),
        (many, false) => format!("the same on {}", count(many.len(), "cluster")),
        (many, true) => format!("the same in {}", count(many.len(), "pair")),
    }
}

/// The sign and the word for a change.
pub(super) fn mark(object: &ObjectDiff) -> (char, &'static str) {
    match object.kind {
        Kind::Added => ('+', "added"),
        Kind::Removed => ('-', "removed"),
        Kind::Changed if object.renamed_from.is_some() => ('~', "renamed"),
        Kind::Changed if object.moved_from.is_some() => ('~', "moved"),
        Kind::Changed => ('~', "changed"),
    }
}

/// The word for a change as people read it: between two sides nothing happens.
pub(super) fn word(word: &str, diff: &Diff) -> String {
    match (word, diff.sides) {
        ("added", true) => only(diff, Status::Added),
        ("removed", true) => only(diff, Status::Removed),
        ("changed", true) => "different".to_owned(),
        ("renamed", true) => "with another name".to_owned(),
        ("moved", true) => "in another app".to_owned(),
        (word, _) => word.to_owned(),
    }
}

pub(super) fn status(status: Status) -> &'static str {
    match status {
        Status::Same => "same",
        Status::Changed => "changed",
        Status::Added => "added",
        Status::Removed => "removed",
    }
}

/// `ConfigMap/shop/a`, or `ConfigMap/shop/a → ConfigMap/shop/b`.
pub(super) fn name(object: &ObjectDiff) -> String {
    match &object.renamed_from {
        Some(from) => format!("{} → {}", line(&from.to_string()), line(&object.id.to_string())),
        None => line(&object.id.to_string()),
    }
}

/// The objects of a group that are shown.
pub(super) fn objects(group: &Group, all: bool) -> Vec<&ObjectDiff> {
    group.objects.iter().filter(|object| all || !object.is_noise()).collect()
}

/// Whether a group has something to show: objects, or that its app came or went.
pub(super) fn has_something(group: &Group, all: bool) -> bool {
    matches!(group.status, Status::Added | Status::Removed)
        || !group.about.is_empty()
        || group.objects.iter().any(|object| all || !object.is_noise())
}

/// `error code values.yaml:3: message (Deployment/web, on 3 clusters)`, in one line.
pub(super) fn finding(change: &FindingChange) -> String {
    let finding = &change.finding;
    let place = finding.place.as_ref().map(|place| format!(" {}:{}", place.file, place.line)).unwrap_or_default();
    let mut about: Vec<String> = Vec::new();
    about.extend(finding.object.as_ref().map(|object| object.to_string()));
    about.extend(finding.app.as_ref().map(|app| format!("app {app}")));
    match change.clusters.as_slice() {
        [] => {}
        [one] => about.push(format!("on {one}")),
        many => about.push(format!("on {}: {}", count(many.len(), "cluster"), list(many, 3))),
    }
    let about = if about.is_empty() { String::new() } else { format!(" ({})", about.join(", ")) };
    line(&format!("{} {}{place}: {}{about}", severity(finding.severity), finding.code, finding.message))
}

/// `web on prod-01: newly held: reason`, in one line.
pub(super) fn held(held: &HeldApp) -> String {
    let clusters = match held.clusters.as_slice() {
        [] => String::new(),
        [one] => format!(" on {one}"),
        many => format!(" on {}: {}", count(many.len(), "cluster"), list(many, 3)),
    };
    let reason = held.head.as_ref().or(held.base.as_ref()).map(String::as_str).unwrap_or_default();
    line(&format!("{}{clusters}, {}: {reason}", held.app, held.status()))
}

/// What was folded: `12 objects differ in noise only: helm.sh/chart (12), checksum/* (3)`; none if nothing was.
pub(super) fn noise(diff: &Diff) -> Option<String> {
    let summary = &diff.summary;
    if summary.noise.is_empty() {
        return None;
    }
    let kinds: Vec<String> = summary.noise.iter().map(|(name, n)| format!("{} ({n})", line(name))).collect();
    let only = summary.counts.noise;
    let what = match only {
        0 => "left out as noise".to_owned(),
        1 => "1 object differs in noise only; left out".to_owned(),
        n => format!("{} objects differ in noise only; left out", number(n)),
    };
    Some(format!("{what}: {}", kinds.join(", ")))
}

/// The short account of a whole diff: `3 clusters changed, 1 added, 10 the same`.
pub(super) fn clusters_line(diff: &Diff) -> String {
    let summary = &diff.summary;
    let word = if diff.sides { "pair" } else { "cluster" };
    let all = summary.clusters.total() + summary.clusters_same;
    let same =
        if summary.clusters_same > 0 { format!("{} the same", number(summary.clusters_same)) } else { String::new() };
    let parts: Vec<String> =
        [tally(&summary.clusters, diff), same].into_iter().filter(|part| !part.is_empty()).collect();
    format!("{}: {}", count(all, word), if parts.is_empty() { "none".to_owned() } else { parts.join(", ") })
}
