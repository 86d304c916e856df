//! Faults of templates as findings: the innermost place, the way there, and where the values were set.

use super::effects::Use;
use super::gotemplate::call::Fault;
use super::program::Unparsed;
use crate::diag::{Code, Diagnostic, Diagnostics, Label, Trace};
use crate::provenance::ValueRead;
use crate::source::Span;

/// A file that isn't a template.
pub fn unparsed(why: &Unparsed) -> Diagnostics {
    let said = why.fault.text.rsplit(": ").next().unwrap_or(&why.fault.text);
    let mut diagnostic = Diagnostic::error(Code::TEMPLATE_SYNTAX, format!("{}: {said}", why.path));
    if let Some(span) = why.fault.frame.as_ref().and_then(|f| f.span) {
        diagnostic = diagnostic.at_span(span, "here");
    }
    diagnostic.into()
}

/// A template that failed while it was rendered.
pub fn failed(path: &str, fault: &Fault) -> Diagnostics {
    // From the file that was rendered down to the action that failed.
    let chain: Vec<&Fault> = std::iter::successors(Some(fault), |f| f.cause.as_ref()).collect();
    let frames: Vec<(&Fault, Option<Span>)> =
        chain.iter().filter_map(|f| f.frame.as_ref().map(|frame| (*f, frame.span))).collect();
    let innermost = frames.last().map_or(fault, |(f, _)| *f);
    let code = if fault.limit { Code::TEMPLATE_FUEL } else { Code::TEMPLATE_ERROR };
    let mut diagnostic = Diagnostic::error(code, said(innermost));
    for (f, span) in &frames {
        let Some(frame) = &f.frame else { continue };
        diagnostic.trace.push(Trace { text: format!("`{}` in `{}`", frame.context, frame.template), span: *span });
    }
    if diagnostic.trace.is_empty() {
        diagnostic.trace.push(Trace { text: format!("rendering `{path}`"), span: None });
    }
    // The innermost place that is a file's: the text of a `tpl` is none.
    if let Some(span) = frames.iter().rev().find_map(|(_, span)| *span) {
        diagnostic = diagnostic.at_span(span, "fails here");
    }
    if diagnostic.trace.len() == 1 {
        diagnostic.trace.clear();
    }
    let mut told: Vec<&ValueRead> = Vec::new();
    for read in innermost.reads.iter().filter(|r| r.path.len() > 1) {
        if told.len() == 3 || told.contains(&read) {
            continue;
        }
        told.push(read);
        let shown = format!(".{}", read.path.join("."));
        match read.origin.span() {
            Some(span) => diagnostic.secondary.push(Label { span, text: format!("`{shown}` is set here") }),
            None => diagnostic = diagnostic.hint(format!("`{shown}` is set nowhere")),
        }
    }
    diagnostic.into()
}

/// What an error says, without the places that stand before it and the marks of `fail`.
fn said(fault: &Fault) -> String {
    let text = fault.frame.as_ref().map_or(fault.text.as_str(), |frame| {
        let mark = format!(" at <{}>: ", frame.context);
        fault.text.split_once(&mark).map_or(fault.text.as_str(), |(_, said)| said)
    });
    text.replace("HELM_ERR_START", "").replace("HELM_ERR_END", "")
}

/// A use of randomness or time.
pub fn seeded(used: &Use) -> Diagnostic {
    let Use { function, template, span, time } = used;
    let diagnostic = if *time {
        let message = format!("`{function}` in `{template}` asks for the time: it is 1970-01-01 here, on every run");
        Diagnostic::note(Code::SEEDED_VALUE, message)
    } else {
        let message = format!("`{function}` in `{template}` makes something up: here it is the same on every run");
        Diagnostic::warning(Code::SEEDED_VALUE, message).hint("what is made this way is no secret: give the value")
    };
    match span {
        Some(span) => diagnostic.at_span(*span, "asks here"),
        None => diagnostic,
    }
}
