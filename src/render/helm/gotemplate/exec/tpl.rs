//! `include` and `tpl`: templates as functions (Helm's engine.go), on the execution that calls them.

use std::rc::Rc;
use std::sync::Arc;

use ecow::EcoString;
use memchr::memmem;

use super::super::ast::Tree;
use super::super::call::Fault;
use super::super::format::quote as quote_bytes;
use super::super::parse::parse;
use super::super::trail::Trail;
use super::super::value::{Tracked, Value};
use super::Exec;
use super::args::MAX_LIMIT_TEXT;
use crate::provenance::Segment;
use crate::source::FileId;

/// How often a template may be included within itself (engine.go's `recursionMaxNums`).
const MAX_INCLUDES: usize = 1000;

/// How many bytes a byte of a template takes that is kept, parsed: of an action, and of the text around. What a tree takes
/// at least, in bytes of its text.
const NODES: usize = 40;
const AROUND: usize = 3;
const TREE: usize = 128;

/// Bytes that are parsed while a template takes a step.
const PARSED_A_STEP: usize = 4;

/// What text/template prints for no value, and Helm takes out again.
const NO_VALUE: &[u8] = b"<no value>";

/// How many bytes of a template are in actions.
fn actions(text: &[u8]) -> usize {
    let (mut rest, mut bytes) = (text, 0);
    while let Some((_, after)) = memmem::find(rest, b"{{").and_then(|at| rest.split_at_checked(at)) {
        let end = memmem::find(after, b"}}").map_or(after.len(), |end| end + 2);
        bytes += end;
        rest = after.get(end..).unwrap_or_default();
    }
    bytes
}

impl Exec<'_> {
    /// The text of a template, by name.
    pub(super) fn include(&mut self, name: &[u8], data: &Tracked) -> Result<Tracked, Fault> {
        let name = String::from_utf8_lossy(name);
        let times = match self.included.get_mut(&*name) {
            Some(times) => times,
            None => self.included.entry(EcoString::from(&*name)).or_insert(0),
        };
        if *times > MAX_INCLUDES {
            let why = "unable to execute template";
            let text = format!("rendering template has a nested reference name: {name}: {why}");
            return Err(Fault::wrap(text, Fault::new(why)));
        }
        *times += 1;
        let result = self.execute(&name, data);
        if let Some(times) = self.included.get_mut(&*name) {
            *times -= 1;
        }
        let (bytes, segments) = result?;
        Ok(Tracked { value: Value::bytes(bytes), trail: self.text_trail(segments) })
    }

    /// The text of a template that is a value.
    pub(super) fn tpl(&mut self, text: &Tracked, data: &Tracked) -> Result<Tracked, Fault> {
        let bytes = text.as_bytes().unwrap_or_default();
        if memmem::find(bytes, b"{{").is_none() && memmem::find(bytes, NO_VALUE).is_none() {
            return Ok(text.clone());
        }
        let source = String::from_utf8_lossy(bytes);
        let trees = match self.texts.get(&*source) {
            Some(trees) => Rc::clone(trees),
            None => {
                // A tree has more bytes than its text.
                self.spend(TREE * NODES + bytes.len() * AROUND + actions(bytes) * NODES)?;
                self.work((bytes.len() + TREE) / PARSED_A_STEP)?;
                let parsed = parse(self.set_name, Arc::from(&*source), FileId::NONE, self.functions);
                let parsed = parsed.map_err(|cause| {
                    Fault::wrap(format!("cannot parse template {}: {}", quote_bytes(bytes), cause.text), cause)
                })?;
                let trees: Rc<[Arc<Tree>]> = parsed.into_iter().map(Arc::new).collect();
                self.texts.insert(EcoString::from(&*source), Rc::clone(&trees));
                trees
            }
        };
        let Some(main) = trees.iter().rfind(|tree| tree.name == self.set_name) else { return Ok(Tracked::default()) };
        let inner = self.scope.with(&trees);
        let outer = std::mem::replace(&mut self.scope, inner);
        let result = self.execute_tree(main, data);
        self.scope = outer;
        let (bytes, segments) = result.map_err(|cause| {
            if cause.limit && cause.text.len() > MAX_LIMIT_TEXT {
                return cause;
            }
            let text = format!("error during tpl function execution for {}: {}", quote_bytes(bytes), cause.text);
            Fault::wrap(text, cause)
        })?;
        let (bytes, segments) = without_no_value(bytes, segments);
        let inner = self.text_trail(segments);
        let trail = if self.record { over(text, inner) } else { Trail::NONE };
        Ok(Tracked { value: Value::bytes(bytes), trail })
    }
}

/// What a text of `tpl` made, made of the text too: where that came from stands in each segment.
fn over(text: &Tracked, inner: Trail) -> Trail {
    let Some(outer) = text.trail.reads() else { return inner };
    let mut reads = inner.reads().cloned().unwrap_or_default();
    reads.values = reads.values.and(&outer.values);
    for segment in &mut reads.text {
        let literal = segment.reads.is_empty() && !segment.template.file.is_real();
        // Text that stands in the value itself, between its actions, is a copy of it.
        segment.exact = segment.exact || (literal && outer.exact);
        segment.reads = segment.reads.and(&outer.values);
    }
    Trail::of(reads)
}

/// Takes out what text/template prints for values that aren't there.
pub(crate) fn without_no_value(bytes: Vec<u8>, mut segments: Vec<Segment>) -> (Vec<u8>, Vec<Segment>) {
    let finder = memmem::Finder::new(NO_VALUE);
    let found: Vec<usize> = finder.find_iter(&bytes).collect();
    if found.is_empty() {
        return (bytes, segments);
    }
    let mut out = Vec::with_capacity(bytes.len());
    let mut from = 0;
    for at in &found {
        out.extend_from_slice(bytes.get(from..*at).unwrap_or_default());
        from = at + NO_VALUE.len();
    }
    out.extend_from_slice(bytes.get(from..).unwrap_or_default());
    for segment in &mut segments {
        let at = segment.start as usize;
        let before = found.partition_point(|f| *f < at);
        let inside = before.checked_sub(1).and_then(|i| found.get(i)).map_or(0, |f| at.saturating_sub(*f));
        let removed = before * NO_VALUE.len() - (NO_VALUE.len() - inside.min(NO_VALUE.len())) * usize::from(before > 0);
        segment.start = u32::try_from(at.saturating_sub(removed)).unwrap_or(0);
    }
    (out, segments)
}
