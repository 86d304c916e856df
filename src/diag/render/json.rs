//! One JSON object, for scripts. Its form is described in `docs/diagnostics.md`; keys are only ever added.

use serde_json::{Value, json};

use super::finding::{Counts, Finding, Mark, Place, Step};
use super::words;
use crate::diag::Subject;

pub(super) fn render(findings: &[Finding<'_>]) -> String {
    let counts = Counts::of(findings);
    let document = json!({
        "diagnostics": findings.iter().map(finding).collect::<Vec<_>>(),
        "summary": {"errors": counts.errors, "warnings": counts.warnings, "notes": counts.notes},
    });
    format!("{document:#}\n")
}

fn finding(finding: &Finding<'_>) -> Value {
    let d = finding.diagnostic;
    json!({
        "code": d.code.name(),
        "severity": words::severity(d.severity),
        "message": d.message,
        "primary": finding.primary.as_ref().map(mark),
        "secondary": finding.secondary.iter().map(mark).collect::<Vec<_>>(),
        "hints": d.hints,
        "trace": finding.trace.iter().map(step).collect::<Vec<_>>(),
        "subjects": finding.subjects.iter().map(subject).collect::<Vec<_>>(),
    })
}

fn mark(mark: &Mark) -> Value {
    let mut value = place(&mark.place);
    if let Value::Object(map) = &mut value {
        map.insert("text".into(), mark.text.clone().into());
        if let Some(rendered) = &mark.rendered {
            map.insert("rendered".into(), rendered.clone().into());
        }
    }
    value
}

fn place(place: &Place) -> Value {
    let (start, end) = (place.start(), place.end());
    json!({
        "file": place.file.name,
        "line": start.line,
        "column": start.column,
        "endLine": end.line,
        "endColumn": end.column,
        "startByte": place.range.start,
        "endByte": place.range.end,
    })
}

fn step(step: &Step) -> Value {
    json!({"text": step.text, "place": step.place.as_ref().map(place)})
}

/// Whom a finding concerns; what isn't known is left out.
pub(super) fn subject(subject: &Subject) -> Value {
    let parts =
        [("cluster", &subject.cluster), ("app", &subject.app), ("object", &subject.object), ("field", &subject.field)];
    let known = parts.into_iter().filter_map(|(key, part)| Some((key.to_owned(), Value::from(part.as_deref()?))));
    Value::Object(known.collect())
}
