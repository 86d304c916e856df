//! For a terminal: miette draws the head and the excerpts, what follows is ours.

use std::fmt::{self, Write as _};

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode, ThemeCharacters};

use super::excerpt::{Excerpt, Signs};
use super::finding::{Finding, Mark};
use super::words;
use crate::diag::Severity;

/// Labels drawn for one finding; the rest is counted.
const LABELS: usize = 8;

/// Characters of a message or hint that are shown.
const TEXT: usize = 4000;

/// The narrowest terminal that is drawn for.
const NARROWEST: usize = 40;

/// The widest: lines beyond are hard to read, and padding costs.
const WIDEST: usize = 400;

/// How to draw.
#[derive(Clone, Copy)]
pub(super) struct Style {
    pub color: bool,
    pub unicode: bool,
    pub width: usize,
}

pub(super) fn render(findings: &[Finding<'_>], style: Style) -> String {
    let style = Style { width: style.width.clamp(NARROWEST, WIDEST), ..style };
    let mut out = String::new();
    for finding in findings {
        if !out.is_empty() {
            out.push('\n');
        }
        one(&mut out, finding, style);
    }
    out
}

/// Draws one finding.
pub(super) fn one(out: &mut String, finding: &Finding<'_>, style: Style) {
    let drawn = draw(finding, style);
    // miette indents the head; ours starts the line, so that it is found at a glance.
    for line in drawn.strip_prefix("  ").unwrap_or(&drawn).lines() {
        out.push_str(line.trim_end());
        out.push('\n');
    }
    let mut note = |word: &str, text: &str| note(out, word, text, style);
    for mark in finding.primary.iter().chain(&finding.secondary) {
        if let Some(rendered) = &mark.rendered {
            note("note", &format!("rendered as: `{rendered}`"));
        }
    }
    let more = (finding.secondary.len() + usize::from(finding.primary.is_some())).saturating_sub(LABELS);
    if more > 0 {
        note("note", &format!("and {} more", words::count(more, "place")));
    }
    for hint in &finding.diagnostic.hints {
        note("help", hint);
    }
    for step in &finding.trace {
        match &step.place {
            Some(place) => note("trace", &format!("{} ({place})", step.text)),
            None => note("trace", &step.text),
        }
    }
    if let Some(subjects) = words::subjects(&finding.subjects) {
        note("for", &subjects);
    }
}

/// A line below the excerpts, wrapped and indented under its word.
fn note(out: &mut String, word: &str, text: &str, style: Style) {
    let text = words::clip(&words::printable(text), TEXT);
    let indent = word.len() + 4;
    for (i, line) in words::wrap(&text, style.width.saturating_sub(indent)).iter().enumerate() {
        let start = match (i, style.color) {
            (0, true) => format!("  \u{1b}[36m{word}:\u{1b}[0m "),
            (0, false) => format!("  {word}: "),
            _ => " ".repeat(indent),
        };
        out.push_str(format!("{start}{line}").trim_end());
        out.push('\n');
    }
}

/// The head and the excerpts.
fn draw(finding: &Finding<'_>, style: Style) -> String {
    let marks = || finding.primary.iter().chain(&finding.secondary).take(LABELS);
    let line = marks().map(|m: &Mark| m.place.start().line).max().unwrap_or(0);
    // The numbers, the frame, and a space on each side of both.
    let width = style.width.saturating_sub(line.saturating_add(1).to_string().len() + 4);
    let signs = match style.unicode {
        true => Signs { cut: "…", unsafe_char: '\u{FFFD}' },
        false => Signs { cut: "...", unsafe_char: '?' },
    };
    let excerpt = Excerpt::new(marks(), finding.primary.is_some(), width, signs);
    let head = format!("{}[{}]:", words::severity(finding.diagnostic.severity), finding.diagnostic.code);
    let message = words::clip(&words::printable(&finding.diagnostic.message), TEXT);
    let first = head.len() + 1;
    // The first line is shorter by the head that miette puts before it.
    let padded = format!("{}{message}", "_".repeat(first));
    let mut message = words::wrap(&padded, style.width).join("\n").split_off(first);
    if message.is_empty() {
        // miette writes no head for an empty text.
        message.push(' ');
    }
    let adapter = Adapter { message, severity: finding.diagnostic.severity, excerpt };
    let mut drawn = String::new();
    // Writing to a string doesn't fail; should miette refuse an excerpt, the head is there.
    if handler(&head, style).render_report(&mut drawn, &adapter).is_err() {
        drawn.clear();
        let _ = writeln!(drawn, "{head} {}", adapter.message);
    }
    drawn
}

fn handler(head: &str, style: Style) -> GraphicalReportHandler {
    let mut theme = if style.color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    if !style.unicode {
        theme.characters = ThemeCharacters::ascii();
    }
    let icons = &mut theme.characters;
    (icons.error, icons.warning, icons.advice) = (head.to_owned(), head.to_owned(), head.to_owned());
    GraphicalReportHandler::new_themed(theme)
        .with_urls(false)
        .with_width(style.width)
        .with_wrap_lines(false)
        .with_context_lines(1)
        .without_cause_chain()
        .without_syntax_highlighting()
}

/// A finding in miette's terms.
#[derive(Debug)]
struct Adapter {
    message: String,
    severity: Severity,
    excerpt: Excerpt,
}

impl fmt::Display for Adapter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Adapter {}

impl miette::Diagnostic for Adapter {
    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Note => miette::Severity::Advice,
        })
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.excerpt)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let mut labels = self.excerpt.labels().peekable();
        labels.peek()?;
        Some(Box::new(labels))
    }
}
