//! SARIF 2.1.0 (OASIS), for code scanning.
//!
//! GitHub's upload refuses a result without a location: findings without a place are notifications of the invocation,
//! which is where the standard puts what isn't about a file.

use serde_json::{Value, json};

use super::finding::{Finding, Mark, Place};
use super::{json, words};
use crate::diag::{ALL, Code, Severity};

pub(super) fn render(findings: &[Finding<'_>]) -> String {
    let used = |code: &&Code| findings.iter().any(|f| f.diagnostic.code == **code);
    let rules: Vec<Code> = ALL.iter().filter(used).copied().collect();
    let index = |code: Code| rules.iter().position(|c| *c == code);
    let (placed, placeless): (Vec<_>, Vec<_>) = findings.iter().partition(|f| f.primary.is_some());
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "Terrace",
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules.iter().map(|c| rule(*c)).collect::<Vec<_>>(),
            }},
            "invocations": [{
                "executionSuccessful": !placeless.iter().any(|f| f.diagnostic.severity == Severity::Error),
                "toolExecutionNotifications": placeless.iter().map(|f| notification(f, index(f.diagnostic.code)))
                    .collect::<Vec<_>>(),
            }],
            "columnKind": "unicodeCodePoints",
            "results": placed.iter().map(|f| result(f, index(f.diagnostic.code))).collect::<Vec<_>>(),
        }],
    });
    format!("{document:#}\n")
}

fn rule(code: Code) -> Value {
    let page = code.page().trim();
    json!({
        "id": code.name(),
        "shortDescription": {"text": code.summary()},
        "help": {"text": page, "markdown": page},
    })
}

fn result(finding: &Finding<'_>, index: Option<usize>) -> Value {
    let related = finding.secondary.iter().enumerate().map(|(i, mark)| {
        let mut location = location(mark);
        if let Value::Object(map) = &mut location {
            map.insert("id".into(), i.into());
        }
        location
    });
    let mut locations: Vec<Value> = finding.primary.iter().map(location).collect();
    let names: Vec<Value> = finding.subjects.iter().filter_map(logical).collect();
    if let (Some(Value::Object(first)), false) = (locations.first_mut(), names.is_empty()) {
        first.insert("logicalLocations".into(), names.into());
    }
    json!({
        "ruleId": finding.diagnostic.code.name(),
        "ruleIndex": index,
        "level": words::severity(finding.diagnostic.severity),
        "message": {"text": message(finding)},
        "locations": locations,
        "relatedLocations": related.collect::<Vec<_>>(),
        "properties": {"subjects": finding.subjects.iter().map(json::subject).collect::<Vec<_>>()},
    })
}

fn notification(finding: &Finding<'_>, index: Option<usize>) -> Value {
    json!({
        "associatedRule": {"id": finding.diagnostic.code.name(), "index": index},
        "level": words::severity(finding.diagnostic.severity),
        "message": {"text": message(finding)},
        "properties": {"subjects": finding.subjects.iter().map(json::subject).collect::<Vec<_>>()},
    })
}

/// The message and what to do, since viewers show nothing else.
fn message(finding: &Finding<'_>) -> String {
    let mut text = finding.diagnostic.message.clone();
    for hint in &finding.diagnostic.hints {
        text.push_str("\nhelp: ");
        text.push_str(hint);
    }
    if let Some(subjects) = words::subjects(&finding.subjects) {
        text.push_str("\nfor: ");
        text.push_str(&subjects);
    }
    text
}

fn location(mark: &Mark) -> Value {
    let mut value = json!({"physicalLocation": physical(&mark.place)});
    if let (Value::Object(map), false) = (&mut value, mark.text.is_empty()) {
        map.insert("message".into(), json!({"text": mark.text}));
    }
    value
}

fn physical(place: &Place) -> Value {
    let (start, end) = (place.start(), place.end());
    json!({
        "artifactLocation": {"uri": uri(&place.file.name)},
        "region": {
            "startLine": start.line,
            "startColumn": start.column,
            "endLine": end.line,
            "endColumn": end.column,
            "byteOffset": place.range.start,
            "byteLength": place.range.len(),
        },
    })
}

/// `cluster/app/object` as far as known.
fn logical(subject: &crate::diag::Subject) -> Option<Value> {
    let parts = [&subject.cluster, &subject.app, &subject.object];
    let parts: Vec<&str> = parts.into_iter().filter_map(|p| p.as_deref()).collect();
    (!parts.is_empty()).then(|| json!({"fullyQualifiedName": parts.join("/")}))
}

/// A relative reference for a path (RFC 3986): what may not stand in a segment is percent-encoded, and so is `:`,
/// which would make the first segment a scheme.
fn uri(path: &str) -> String {
    let mut out = String::new();
    for byte in path.bytes() {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' | b'@' | b'+' | b'=' | b',' => out.push(char::from(byte)),
            b if b.is_ascii_alphanumeric() => out.push(char::from(b)),
            b => out.push_str(&format!("%{b:02X}")),
        }
    }
    out
}
