//! JUnit XML, for the test reports of a CI system: a test case per finding.
//!
//! Errors are failures. There is no word for a warning: warnings and notes are skipped tests, which reports show without
//! failing. Without findings there is one test that passed, since some systems take an empty report for a broken one.

use std::fmt::Write as _;

use super::finding::{Counts, Finding};
use super::{human, words};
use crate::diag::Severity;

pub(super) fn render(findings: &[Finding<'_>]) -> String {
    let counts = Counts::of(findings);
    let totals = format!(
        "name=\"terrace\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\"",
        findings.len().max(1),
        counts.errors,
        counts.warnings + counts.notes
    );
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(out, "<testsuites {totals}>\n  <testsuite {totals}>");
    for finding in findings {
        case(&mut out, finding);
    }
    if findings.is_empty() {
        out.push_str("    <testcase classname=\"terrace\" name=\"no findings\"/>\n");
    }
    out.push_str("  </testsuite>\n</testsuites>\n");
    out
}

fn case(out: &mut String, finding: &Finding<'_>) {
    let d = finding.diagnostic;
    let (name, place) = match &finding.primary {
        Some(mark) => {
            let place = &mark.place;
            let file = attribute(&place.file.name);
            (format!("{place}: {}", d.message), format!(" file=\"{file}\" line=\"{}\"", place.start().line))
        }
        None => (d.message.clone(), String::new()),
    };
    let _ = writeln!(out, "    <testcase classname=\"{}\" name=\"{}\"{place}>", d.code, attribute(&name));
    let mut body = String::new();
    human::one(&mut body, finding, human::Style { color: false, unicode: true, width: 100 });
    let (message, body) = (attribute(&d.message), content(&body));
    match d.severity {
        Severity::Error => {
            let _ = writeln!(out, "      <failure type=\"{}\" message=\"{message}\">{body}</failure>", d.code);
        }
        Severity::Warning | Severity::Note => {
            let word = words::severity(d.severity);
            let _ = writeln!(out, "      <skipped message=\"{word}: {message}\"/>");
            let _ = writeln!(out, "      <system-out>{body}</system-out>");
        }
    }
    out.push_str("    </testcase>\n");
}

/// Text for an attribute, where line breaks and tabs would be read as spaces.
fn attribute(text: &str) -> String {
    content(text).replace('\t', "&#9;").replace('\n', "&#10;")
}

/// Text between tags. Characters that XML 1.0 can't hold at all are replaced.
fn content(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' => out.push(c),
            // A bare carriage return would be read as a line break.
            '\r' => out.push_str("&#13;"),
            '\0'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}' => out.push('\u{FFFD}'),
            c => out.push(c),
        }
    }
    out
}
