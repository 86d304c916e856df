//! From diagnostics to findings: places in files that people can open, in an order that threads don't decide, and what
//! is the same on many clusters told once.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::words;
use crate::diag::{Diagnostic, Label, Severity, Subject, Trace};
use crate::provenance::{RenderMap, Segment};
use crate::source::{LineColumn, SourceFile, SourceKind, Sources, Span};

/// How many templates deep a rendered text is followed back.
const RENDERED_DEPTH: usize = 8;

/// How much of a rendered line is quoted, in characters.
const QUOTE_WIDTH: usize = 120;

/// A range of a file that exists, cut to what the file holds.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// The file: never the text that a template made.
    pub file: Arc<SourceFile>,
    /// Bytes, on character boundaries.
    pub range: Range<usize>,
}

impl Place {
    /// The place of a span; none for ids that no text stands behind.
    fn new(span: Span, sources: &Sources) -> Option<Self> {
        let file = sources.get(span.file)?;
        let Range { start, end } = sources.widen(span).range();
        let start = file.text.floor_char_boundary(start);
        let end = file.text.ceil_char_boundary(end).max(start);
        Some(Self { file, range: start..end })
    }

    /// Line and column of the first byte.
    pub fn start(&self) -> LineColumn {
        self.file.line_column(self.range.start)
    }

    /// Line and column just past the last byte.
    pub fn end(&self) -> LineColumn {
        self.file.line_column(self.range.end)
    }

    /// What decides the order of places: never a file's id.
    fn key(&self) -> (String, usize, usize) {
        (self.file.name.clone(), self.range.start, self.range.end)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let LineColumn { line, column } = self.start();
        write!(f, "{}:{line}:{column}", self.file.name)
    }
}

/// A label whose place people can open.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    /// Where.
    pub place: Place,
    /// What is to be seen there; may be empty.
    pub text: String,
    /// The line that the template at this place made, if the label lay in a template's output.
    pub rendered: Option<String>,
}

impl Mark {
    fn key(&self) -> ((String, usize, usize), &str) {
        (self.place.key(), &self.text)
    }

    fn same(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

/// A step of the way, with its place.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub text: String,
    pub place: Option<Place>,
}

/// One finding as it is shown: a diagnostic, or several that say the same of several clusters or apps.
#[derive(Clone, Debug)]
pub(super) struct Finding<'a> {
    /// The diagnostic that speaks for all.
    pub diagnostic: &'a Diagnostic,
    /// The place that has to change.
    pub primary: Option<Mark>,
    /// Other places that matter, each once.
    pub secondary: Vec<Mark>,
    /// The steps that all of them went.
    pub trace: Vec<Step>,
    /// Whom it concerns: sorted, each once, none empty.
    pub subjects: Vec<Subject>,
}

impl<'a> Finding<'a> {
    fn new(diagnostic: &'a Diagnostic, sources: &Sources) -> Self {
        let mut secondary = Vec::new();
        let primary = diagnostic.primary.as_ref().and_then(|label| resolve(label, sources, &mut secondary));
        for label in &diagnostic.secondary {
            let mark = resolve(label, sources, &mut Vec::new());
            secondary.extend(mark);
        }
        let mut finding = Self { diagnostic, primary, secondary: Vec::new(), trace: Vec::new(), subjects: Vec::new() };
        finding.add_secondary(secondary);
        let step = |t: &Trace| Step { text: t.text.clone(), place: t.span.and_then(|s| place(s, sources)) };
        finding.trace = diagnostic.trace.iter().map(step).collect();
        finding.subjects.extend((diagnostic.subject != Subject::default()).then(|| diagnostic.subject.clone()));
        finding
    }

    fn add_secondary(&mut self, marks: Vec<Mark>) {
        for mark in marks {
            if !self.primary.iter().chain(&self.secondary).any(|m| m.same(&mark)) {
                self.secondary.push(mark);
            }
        }
    }

    /// Whether both are one finding.
    fn identity(&self) -> Identity<'a> {
        let d = self.diagnostic;
        (d.code.name(), d.severity, &d.message, self.primary.as_ref().map(|m| m.place.key()))
    }

    /// What decides the order. Places first, so that a file is read top down; findings without a place come first.
    fn order(&self) -> impl Ord + use<'a> {
        let d = self.diagnostic;
        let text = |m: &Mark| (m.place.key(), m.text.clone());
        (
            (self.primary.as_ref().map(|m| m.place.key()), &d.subject.cluster, &d.subject.app),
            (d.code.name(), &d.message, Reverse(d.severity), &d.subject),
            (self.primary.as_ref().map(|m| m.text.clone()), self.secondary.iter().map(text).collect::<Vec<_>>()),
            (&d.hints, d.trace.iter().map(|t| &t.text).collect::<Vec<_>>()),
        )
    }

    /// Takes in another that says the same.
    fn absorb(&mut self, other: Self) {
        self.subjects.extend(other.subjects);
        self.add_secondary(other.secondary);
        let went = |step: &Step| other.trace.iter().any(|s| s.text == step.text);
        self.trace.retain(went);
    }
}

type Identity<'a> = (&'a str, Severity, &'a str, Option<(String, usize, usize)>);

/// The place to show for a span outside labels.
pub(super) fn place(span: Span, sources: &Sources) -> Option<Place> {
    resolve(&Label { span, text: String::new() }, sources, &mut Vec::new()).map(|m| m.place)
}

/// Finds the place that people can open. A place in a template's output becomes the place in the template; where the
/// output is a copy of one value, the place that set it is added to `others`.
fn resolve(label: &Label, sources: &Sources, others: &mut Vec<Mark>) -> Option<Mark> {
    let mut span = label.span;
    let mut rendered = None;
    for _ in 0..RENDERED_DEPTH {
        let place = Place::new(span, sources)?;
        let cut = |n| u32::try_from(n).unwrap_or(u32::MAX);
        if let Some(start) = sources.unquoted(&place.file, cut(place.range.start)) {
            let end = sources.unquoted(&place.file, cut(place.range.end)).unwrap_or(start);
            span = Span { end: end.at.max(start.at), ..start.span()? };
            continue;
        }
        let SourceKind::Rendered(map) = &place.file.kind else {
            // A line that the template copied says nothing new.
            let rendered = rendered.filter(|line| *line != quote(&place));
            return Some(Mark { place, text: label.text.clone(), rendered });
        };
        if rendered.is_none() {
            rendered = Some(quote(&place));
        }
        let (start, end) = (cut(place.range.start), cut(place.range.end));
        let segments = map.segments_in(start, end);
        let (first, last) = (segments.first()?, segments.last()?);
        // Between quotes, say, stands one value.
        let mut made = segments.iter().filter(|segment| !segment.reads.is_empty());
        if let (Some(segment), None) = (made.next(), made.next())
            && segment.exact
        {
            for read in segment.reads.iter() {
                let text = format!("`{}` is set here", read.path.join("."));
                let set = read.origin.span().and_then(|span| resolve(&Label { span, text }, sources, &mut Vec::new()));
                others.extend(set);
            }
        }
        let from = verbatim(&place, map, first, sources);
        let to = verbatim(&place, map, last, sources);
        span = Span {
            file: first.template.file,
            start: from.map_or(first.template.start, |shift| shift(start)),
            end: to.map_or(last.template.end, |shift| shift(end)),
        };
        if last.template.file != first.template.file || span.end <= span.start {
            span = Span { end: first.template.end.max(span.start), ..span };
        }
    }
    None
}

/// The way from an offset in the output to one in the template, where the template's text was copied as it stands.
fn verbatim(
    output: &Place,
    map: &RenderMap,
    segment: &Segment,
    sources: &Sources,
) -> Option<impl Fn(u32) -> u32 + use<>> {
    let Segment { start, template, .. } = *segment;
    let text = &output.file.text;
    let made = text.get(start as usize..map.end(segment, text.len()))?;
    let file = sources.get(template.file)?;
    let skipped = u32::try_from(segment.copied_at(made, file.text.get(template.range())?)?).ok()?;
    let base = template.start.saturating_add(skipped);
    Some(move |at: u32| base.saturating_add(at.saturating_sub(start)).min(template.end))
}

/// The line of a rendered text at a place, without its indentation.
fn quote(place: &Place) -> String {
    let line = place.file.line(place.start().line);
    let column = place.start().column as usize - 1;
    let indent = line.chars().take_while(|c| c.is_whitespace()).count();
    words::clip_around(line.trim(), column.saturating_sub(indent), QUOTE_WIDTH)
}

/// The findings in the order of output, each once.
pub(super) fn findings<'a>(diagnostics: &'a [Diagnostic], sources: &Sources) -> Vec<Finding<'a>> {
    let mut all: Vec<Finding<'a>> = diagnostics.iter().map(|d| Finding::new(d, sources)).collect();
    all.sort_by_cached_key(Finding::order);
    let mut seen: HashMap<Identity<'a>, usize> = HashMap::new();
    let mut list: Vec<Finding<'a>> = Vec::new();
    for finding in all {
        let place = *seen.entry(finding.identity()).or_insert(list.len());
        match list.get_mut(place) {
            Some(first) => first.absorb(finding),
            None => list.push(finding),
        }
    }
    for finding in &mut list {
        finding.subjects.sort();
        finding.subjects.dedup();
    }
    list
}

/// Puts diagnostics in the order of output: by place (file name, offset), cluster, app, code, message; those without a
/// place come first. Two runs give the same order, whatever the threads did.
pub fn sort(diagnostics: &mut Vec<Diagnostic>, sources: &Sources) {
    let mut order: Vec<usize> = (0..diagnostics.len()).collect();
    order.sort_by_cached_key(|i| diagnostics.get(*i).map(|d| Finding::new(d, sources).order()));
    let mut old: Vec<Option<Diagnostic>> = std::mem::take(diagnostics).into_iter().map(Some).collect();
    diagnostics.extend(order.into_iter().filter_map(|i| old.get_mut(i)?.take()));
}

/// Diagnostics that say the same of several clusters or apps.
#[derive(Clone, Debug)]
pub struct Folded<'a> {
    /// The one that speaks for all.
    pub diagnostic: &'a Diagnostic,
    /// Whom it concerns: sorted, each once. Empty where no diagnostic named anybody.
    pub subjects: Vec<Subject>,
}

/// Sorts, and folds diagnostics of the same code, severity, message and primary place into one.
pub fn fold<'a>(diagnostics: &'a [Diagnostic], sources: &Sources) -> Vec<Folded<'a>> {
    let all = findings(diagnostics, sources).into_iter();
    all.map(|f| Folded { diagnostic: f.diagnostic, subjects: f.subjects }).collect()
}

/// How many findings of each severity.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Counts {
    /// Errors.
    pub errors: usize,
    /// Warnings.
    pub warnings: usize,
    /// Notes.
    pub notes: usize,
}

impl Counts {
    pub(super) fn of(findings: &[Finding<'_>]) -> Self {
        let count = |severity| findings.iter().filter(|f| f.diagnostic.severity == severity).count();
        Self { errors: count(Severity::Error), warnings: count(Severity::Warning), notes: count(Severity::Note) }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [(self.errors, "error"), (self.warnings, "warning"), (self.notes, "note")];
        let parts: Vec<_> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| words::count(*n, word)).collect();
        if parts.is_empty() { f.write_str("no findings") } else { f.write_str(&parts.join(", ")) }
    }
}
