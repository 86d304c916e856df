//! GitHub's workflow commands: printed in a job, they show as annotations on the changed files.

use super::finding::{Finding, Mark};
use super::words;
use crate::diag::Severity;

pub(super) fn render(findings: &[Finding<'_>]) -> String {
    findings.iter().map(command).collect()
}

fn command(finding: &Finding<'_>) -> String {
    let d = finding.diagnostic;
    let name = match d.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let mut properties = finding.primary.as_ref().map(place).unwrap_or_default();
    properties.push(("title", d.code.name().to_owned()));
    let properties: Vec<String> = properties.iter().map(|(key, value)| format!("{key}={}", property(value))).collect();
    format!("::{name} {}::{}\n", properties.join(","), data(&message(finding)))
}

fn place(mark: &Mark) -> Vec<(&'static str, String)> {
    let (start, end) = (mark.place.start(), mark.place.end());
    let mut list = vec![
        ("file", mark.place.file.name.clone()),
        ("line", start.line.to_string()),
        ("col", start.column.to_string()),
        ("endLine", end.line.to_string()),
    ];
    // Columns count only within one line, and the last one is part of the range.
    if start.line == end.line && end.column > start.column {
        list.push(("endColumn", (end.column - 1).to_string()));
    }
    list
}

/// All that fits in an annotation: it has no other fields.
fn message(finding: &Finding<'_>) -> String {
    let mut lines = vec![finding.diagnostic.message.clone()];
    if let Some(mark) = &finding.primary {
        lines.extend((!mark.text.is_empty()).then(|| mark.text.clone()));
        lines.extend(mark.rendered.as_ref().map(|r| format!("rendered as: {r}")));
    }
    for mark in &finding.secondary {
        lines.push(format!("{}: {}", mark.place, mark.text).trim_end_matches([':', ' ']).to_owned());
    }
    lines.extend(finding.diagnostic.hints.iter().map(|hint| format!("help: {hint}")));
    lines.extend(words::subjects(&finding.subjects).map(|s| format!("for: {s}")));
    lines.join("\n")
}

/// The text after `::`.
fn data(text: &str) -> String {
    words::printable(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property, where `:` and `,` separate.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
