//! Events to nodes: anchors, aliases, merge keys, duplicate keys, and the limits on all of them.
//!
//! Aliases share the node they name, so expanding them costs no memory; the limits count what walking them would cost,
//! as go-yaml's decoder does.

mod skim;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use ecow::{EcoString, EcoVec};

use super::error::{Problem, Result};
use super::event::{Event, Parser, Properties};
use super::folded;
use super::go_syntax;
use super::number::{self, Number};
use super::plain;
use super::resolve::{Scalar, is_text, resolve};
use super::scan::Style;
use super::{Dialect, Entry, Limits, Map, Node, Value};
use crate::diag::{Code, Diagnostic, Diagnostics, Severity, closest};
use crate::source::{FileId, Origin, Span};

/// Above this many keys, a mapping's keys are looked up by hash.
const FEW_KEYS: usize = 16;

/// A node that an anchor names.
struct Anchored {
    node: Node,
    /// What a key that aliases it reads.
    key: KeyText,
    /// Decoding steps that walking it takes.
    steps: u64,
    height: usize,
    /// Whether it was written as a mapping (which is all that may be merged).
    mapping: bool,
}

/// A node as a mapping's key.
#[derive(Clone, Debug)]
enum KeyText {
    Text(EcoString),
    /// No string, but one is made of it.
    Converted(EcoString, &'static str),
    /// Can't be a key: what it is.
    Unusable(&'static str),
}

/// What a mapping waits for.
enum Next {
    Key,
    Value(EcoString, Origin),
    /// The value of a `<<`, and where that stands.
    Merge(usize),
    /// The value of a key that can't be.
    Skip,
}

enum Shape {
    Seq(Vec<Node>),
    /// The sequence of mappings below a `<<`.
    MergeSeq(Vec<Map>, usize),
    Map(MapFrame),
}

struct MapFrame {
    entries: Vec<Entry>,
    next: Next,
    /// What few mappings need: boxed, for frames are moved about.
    more: Option<Box<More>>,
}

#[derive(Default)]
struct More {
    /// Entries that came by a merge.
    merged: HashSet<usize>,
    /// Where each key is, in a large mapping.
    index: HashMap<EcoString, usize>,
    /// Merges that wait for the end of the mapping (go-yaml v3), and where the `<<` stands.
    pending: Option<(Vec<Map>, usize)>,
}

struct Frame {
    shape: Shape,
    origin: Origin,
    /// Whether it stands in a flow collection, or is one.
    flow: bool,
    anchor: Option<usize>,
    /// Steps before it began.
    steps: u64,
    height: usize,
}

/// A finished node on its way to where it belongs.
struct Done {
    node: Node,
    key: KeyText,
    steps: u64,
    height: usize,
    mapping: bool,
    alias: bool,
    at: usize,
    end: usize,
}

/// Builds the nodes of one document.
pub(super) struct Composer<'a, 'd> {
    file: FileId,
    dialect: Dialect,
    limits: Limits,
    diagnostics: &'d mut Diagnostics,
    names: HashMap<&'a str, usize>,
    /// None while the node is still being read.
    anchors: Vec<Option<Anchored>>,
    stack: Vec<Frame>,
    /// Vectors of collections that have been read, for the next ones: those in nodes are as large as need be.
    spare_entries: Vec<Vec<Entry>>,
    spare_items: Vec<Vec<Node>>,
    /// What go-yaml counts: all decoding steps, and those that aliases cause.
    steps: u64,
    alias_steps: u64,
    failed: bool,
    upstream: Option<String>,
    /// Which keys of the document's mapping are asked for, if not all are.
    wanted: Option<fn(&str) -> bool>,
}

/// A document's value.
pub(super) struct Composed {
    pub node: Node,
    /// Whether an error was reported: keys that can't be keys and the like are, and reading goes on to find more.
    pub failed: bool,
    /// Whether there is nothing at all, not even a `null`.
    pub empty: bool,
    /// What go-yaml says of the first key that can't be one, if that is what failed.
    pub upstream: Option<String>,
    /// Whether what nobody asked for has something in it that only reading all of it can judge: the rest means nothing.
    pub unclear: bool,
}

impl Composed {
    fn unclear() -> Self {
        Self { node: Node::default(), failed: false, empty: false, upstream: None, unclear: true }
    }
}

impl<'a, 'd> Composer<'a, 'd> {
    pub fn new(file: FileId, dialect: Dialect, limits: Limits, diagnostics: &'d mut Diagnostics) -> Self {
        Self {
            file,
            dialect,
            limits,
            diagnostics,
            names: HashMap::new(),
            anchors: Vec::new(),
            stack: Vec::new(),
            spare_entries: Vec::new(),
            spare_items: Vec::new(),
            // The document itself is one.
            steps: 1,
            alias_steps: 0,
            failed: false,
            upstream: None,
            wanted: None,
        }
    }

    /// Leaves out the collections under all other keys of the document's mapping.
    pub fn only(mut self, wanted: fn(&str) -> bool) -> Self {
        self.wanted = Some(wanted);
        self
    }

    /// Reads the events of one document, whose start the caller has seen.
    pub fn document(mut self, parser: &mut Parser<'a>) -> Result<Composed> {
        let mut root = Node::default();
        let mut empty = false;
        loop {
            let done = match parser.next()? {
                Event::DocumentEnd | Event::StreamEnd => {
                    let (failed, upstream) = (self.failed, self.upstream.take());
                    return Ok(Composed { node: root, failed, empty, upstream, unclear: false });
                }
                Event::DocumentStart => continue,
                Event::Alias { name, at, end } => self.alias(name, at, end)?,
                Event::Scalar { value, style, properties: None, at, end } if self.is_usual(&value, style, at, end) => {
                    self.usual_scalar(value, style, at, end)?;
                    continue;
                }
                Event::Scalar { value, style, properties, at, end } => {
                    self.scalar(value, style, &properties.map(|p| *p).unwrap_or_default(), at, end)?
                }
                Event::SequenceStart { properties: None, .. } if self.is_unwanted() => {
                    if self.skim(parser, false)? {
                        continue;
                    }
                    return Ok(Composed::unclear());
                }
                Event::MappingStart { properties: None, .. } if self.is_unwanted() => {
                    if self.skim(parser, true)? {
                        continue;
                    }
                    return Ok(Composed::unclear());
                }
                Event::SequenceStart { properties, at, flow } => {
                    let merge = matches!(
                        self.stack.last(),
                        Some(Frame { shape: Shape::Map(MapFrame { next: Next::Merge(_), .. }), .. })
                    );
                    // The sequence below a `<<` is no step of its own.
                    let shape = match self.stack.last() {
                        Some(Frame { shape: Shape::Map(MapFrame { next: Next::Merge(key), .. }), .. }) => {
                            Shape::MergeSeq(Vec::new(), *key)
                        }
                        _ => Shape::Seq(self.spare_items.pop().unwrap_or_default()),
                    };
                    self.open(shape, properties.as_deref(), at, flow, !merge)?;
                    continue;
                }
                Event::MappingStart { properties, at, flow } => {
                    let entries = self.spare_entries.pop().unwrap_or_default();
                    self.open(Shape::Map(MapFrame::new(entries)), properties.as_deref(), at, flow, true)?;
                    continue;
                }
                Event::SequenceEnd | Event::MappingEnd => match self.close()? {
                    Some(done) => done,
                    None => continue,
                },
            };
            if self.stack.is_empty() {
                empty = done.at == done.end && done.node.is_null();
                root = done.node;
            } else {
                self.place(done)?;
            }
        }
    }

    fn origin(&self, at: usize) -> Origin {
        Origin::new(self.file, at)
    }

    /// The origin of a scalar. kustomize remembers how it was written.
    fn styled(&self, at: usize, style: Style) -> Origin {
        let origin = self.origin(at);
        if self.dialect == Dialect::Kustomize && style != Style::Plain { origin.quoted() } else { origin }
    }

    fn report(&mut self, code: Code, severity: Severity, message: String, at: usize, end: usize) -> Diagnostic {
        if severity == Severity::Error {
            self.failed = true;
        }
        let diagnostic = Diagnostic::new(code, severity, message);
        if self.file.is_real() { diagnostic.at_span(Span::new(self.file, at..end), "") } else { diagnostic }
    }

    fn step(&mut self, at: usize) -> Result<()> {
        self.steps += 1;
        self.check_steps(at)
    }

    fn check_steps(&self, at: usize) -> Result<()> {
        if self.steps > self.limits.expanded_nodes {
            return Err(Box::new(
                Problem::bomb(at, format!("the document expands to more than {} values", self.limits.expanded_nodes))
                    .hint("split the document, or use fewer aliases"),
            ));
        }
        if self.alias_steps <= 100 || self.steps <= 1000 {
            return Ok(());
        }
        // go-yaml's own rule (decode.go, allowedAliasRatio): 99 % of a small document may come from aliases, 10 % of
        // a large one.
        const LOW: f64 = 400_000.0;
        const HIGH: f64 = 4_000_000.0;
        #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
        let (steps, aliases) = (self.steps as f64, self.alias_steps as f64);
        let allowed = if steps <= LOW {
            0.99
        } else if steps >= HIGH {
            0.10
        } else {
            0.99 - 0.89 * ((steps - LOW) / (HIGH - LOW))
        };
        if aliases / steps > allowed {
            return Err(Box::new(
                Problem::bomb(at, "too much of the document comes from aliases")
                    .decoder_says("document contains excessive aliasing")
                    .hint("aliases of aliases multiply: write the values out, or nest fewer of them"),
            ));
        }
        Ok(())
    }

    fn declare(&mut self, properties: &Properties<'a>) -> Option<usize> {
        let (name, _) = properties.anchor?;
        let slot = self.anchors.len();
        self.anchors.push(None);
        self.names.insert(name, slot);
        Some(slot)
    }

    fn alias(&mut self, name: &str, at: usize, end: usize) -> Result<Done> {
        let Some(&slot) = self.names.get(name) else {
            let mut names: Vec<&str> = self.names.keys().copied().collect();
            names.sort_unstable();
            let problem = Problem::new(at, end, format!("no anchor `&{name}` stands before this alias"))
                .decoder_says(format!("unknown anchor '{name}' referenced"));
            return Err(Box::new(match closest(name, names) {
                Some(near) => problem.hint(format!("did you mean `*{near}`?")),
                None => problem.hint("an anchor must stand earlier in the same document (`---` starts a new one)"),
            }));
        };
        let Some(anchored) = self.anchors.get(slot).and_then(Option::as_ref) else {
            let message = format!("the alias `*{name}` stands inside the value that it names");
            let problem = Problem::new(at, end, message).hint("a value can't contain itself");
            return Err(Box::new(problem.decoder_says(format!("anchor '{name}' value contains itself"))));
        };
        let done = Done {
            node: anchored.node.clone(),
            key: anchored.key.clone(),
            steps: anchored.steps + 1,
            height: anchored.height,
            mapping: anchored.mapping,
            alias: true,
            at,
            end,
        };
        if self.stack.len() + done.height > self.limits.depth {
            return Err(self.too_deep(at));
        }
        self.steps += done.steps;
        self.alias_steps += done.steps - 1;
        self.check_steps(at)?;
        Ok(done)
    }

    fn too_deep(&self, at: usize) -> Box<Problem> {
        let message = format!("collections nest deeper than {} levels", self.limits.depth);
        Box::new(Problem::limit(at, message).hint("flatten the document"))
    }

    fn scalar(
        &mut self,
        value: Cow<'a, str>,
        style: Style,
        properties: &Properties<'a>,
        at: usize,
        end: usize,
    ) -> Result<Done> {
        let merge = self.expects_key() && is_merge_key(self.dialect, &value, style, properties);
        let slot = self.declare(properties);
        if merge {
            if let Some(Frame { shape: Shape::Map(map), .. }) = self.stack.last_mut() {
                map.next = Next::Merge(at);
            }
            // Told from others by its key.
            let key = KeyText::Unusable(MERGE);
            let done = Done {
                node: Node::new("<<", self.origin(at)),
                key: key.clone(),
                steps: 1,
                height: 0,
                mapping: false,
                alias: false,
                at,
                end,
            };
            self.define(slot, &Done { key: KeyText::Text("<<".into()), node: done.node.clone(), ..done });
            return Ok(done);
        }
        self.step(at)?;
        let tag = properties.tag.as_ref().map(|(tag, _)| tag.as_ref());
        let value = match style {
            Style::Folded if self.dialect == Dialect::Kustomize => match folded::rewritten(&value) {
                Cow::Owned(rewritten) => Cow::Owned(rewritten),
                Cow::Borrowed(_) => value,
            },
            _ => value,
        };
        let wanted = self.expects_key() || slot.is_some();
        let written = (wanted && self.dialect == Dialect::Config).then(|| EcoString::from(value.as_ref()));
        // Go's text of a mistake has the scalar in it.
        let said = tag.map(|_| value.clone());
        let scalar = match resolve(self.dialect, tag, style, value) {
            Ok(scalar) => scalar,
            Err(mismatch) => {
                if let (None, Some(value)) = (&self.upstream, said) {
                    self.upstream = Some(mismatch.as_go(&value));
                }
                let message = format!("the tag asks for {}, found {}", mismatch.expected, mismatch.found);
                let from = properties.tag.as_ref().map_or(at, |(_, at)| *at);
                let diagnostic = self.report(Code::YAML_SYNTAX, Severity::Error, message, at, end);
                self.diagnostics
                    .push(diagnostic.also(self.origin(from), "the tag").hint("remove the tag, or fix the value"));
                Scalar::Null
            }
        };
        // kustomize writes resources out and reads them again on their way, which quotes what is empty in these places.
        let unwritten = self.dialect == Dialect::Kustomize && at == end && properties.tag.is_none();
        let scalar = match scalar {
            _ if unwritten && (self.expects_key() || self.stack.last().is_some_and(|f| f.flow)) => {
                Scalar::Str(Cow::Borrowed(""))
            }
            scalar => scalar,
        };
        let key = if wanted { self.key_text(&scalar, written) } else { KeyText::Unusable("") };
        let value = self.value(scalar, at, end);
        let origin = match unwritten && !self.expects_key() {
            true => self.origin(at).unwritten(),
            false => self.styled(at, style),
        };
        let node = Node { value, origin };
        let done = Done { node, key, steps: 1, height: 0, mapping: false, alias: false, at, end };
        self.define(slot, &done);
        Ok(done)
    }

    /// Whether a scalar without an anchor or tag is a value, or a key that is a string: no `<<`, nothing left out.
    fn is_usual(&self, value: &str, style: Style, at: usize, end: usize) -> bool {
        if style == Style::Folded {
            return false;
        }
        match self.stack.last().map(|f| &f.shape) {
            Some(Shape::Seq(_)) => at < end,
            Some(Shape::Map(map)) => match map.next {
                Next::Key => at < end && value != "<<" && (style == Style::Quoted || is_text(value)),
                Next::Value(..) => at < end,
                Next::Merge(_) | Next::Skip => false,
            },
            Some(Shape::MergeSeq(..)) | None => false,
        }
    }

    /// Puts such a scalar where it belongs. Most are of this kind: this saves them the way through [`Done`].
    fn usual_scalar(&mut self, value: Cow<'a, str>, style: Style, at: usize, end: usize) -> Result<()> {
        self.step(at)?;
        let origin = self.styled(at, style);
        if let Some(Frame { shape: Shape::Map(MapFrame { next: next @ Next::Key, .. }), .. }) = self.stack.last_mut() {
            *next = Next::Value(EcoString::from(value.as_ref()), origin);
            return Ok(());
        }
        // Without a tag, nothing can mismatch.
        let scalar = resolve(self.dialect, None, style, value).unwrap_or(Scalar::Null);
        let node = Node { value: self.value(scalar, at, end), origin };
        match self.stack.last_mut().map(|f| &mut f.shape) {
            Some(Shape::Seq(items)) => items.push(node),
            Some(Shape::Map(map)) => {
                if let Next::Value(key, key_origin) = std::mem::replace(&mut map.next, Next::Key) {
                    self.insert(Entry { key, key_origin, value: node });
                }
            }
            Some(Shape::MergeSeq(..)) | None => {}
        }
        Ok(())
    }

    fn expects_key(&self) -> bool {
        matches!(self.stack.last(), Some(Frame { shape: Shape::Map(MapFrame { next: Next::Key, .. }), .. }))
    }

    fn define(&mut self, slot: Option<usize>, done: &Done) {
        if let Some(anchor) = slot.and_then(|s| self.anchors.get_mut(s)) {
            *anchor = Some(Anchored {
                node: done.node.clone(),
                key: done.key.clone(),
                steps: done.steps,
                height: done.height,
                mapping: done.mapping,
            });
        }
    }

    /// The value as it comes out of JSON.
    fn value(&mut self, scalar: Scalar<'_>, at: usize, end: usize) -> Value {
        match scalar {
            Scalar::Null => Value::Null,
            Scalar::Bool(b) => Value::Bool(b),
            Scalar::Str(text) => Value::Str(EcoString::from(text.as_ref())),
            Scalar::Timestamp(text) => Value::Str(EcoString::from(text.as_ref())),
            Scalar::Number(Number::Int(n)) => Value::Int(n),
            Scalar::Number(Number::UInt(n)) => plain::big(self.dialect, n),
            Scalar::Number(Number::Float(f)) if !f.is_finite() => {
                let diagnostic = self.report(
                    Code::YAML_SYNTAX,
                    Severity::Error,
                    "an infinite number, or none, has no form in JSON, which all manifests go through".to_owned(),
                    at,
                    end,
                );
                self.diagnostics.push(diagnostic.hint("quote the text if a string is meant"));
                Value::Float(f)
            }
            Scalar::Number(Number::Float(f)) => match number::through_json(f) {
                Number::Int(n) => Value::Int(n),
                Number::UInt(n) => plain::big(self.dialect, n),
                Number::Float(f) => Value::Float(f),
            },
        }
    }

    /// A key as a string. In our own files a key is the text that stands there: `on:` is called `on`, `8080:` `8080`.
    fn key_text(&self, scalar: &Scalar<'_>, written: Option<EcoString>) -> KeyText {
        if let (Some(written), Scalar::Bool(_) | Scalar::Number(_)) = (written, scalar) {
            return KeyText::Text(written);
        }
        match scalar {
            Scalar::Str(text) => KeyText::Text(EcoString::from(text.as_ref())),
            Scalar::Timestamp(text) => match self.dialect {
                Dialect::Kustomize => KeyText::Unusable("a timestamp"),
                Dialect::Kubernetes | Dialect::Config => KeyText::Text(EcoString::from(text.as_ref())),
            },
            Scalar::Null => KeyText::Unusable("null"),
            Scalar::Bool(b) => KeyText::Converted(if *b { "true" } else { "false" }.into(), "a boolean"),
            Scalar::Number(Number::Int(n)) => KeyText::Converted(ecow::eco_format!("{n}"), "an integer"),
            Scalar::Number(Number::UInt(_)) => KeyText::Unusable("an integer above 9223372036854775807"),
            Scalar::Number(Number::Float(f)) => {
                let mut text = String::new();
                number::write_key(*f, &mut text);
                KeyText::Converted(text.into(), "a number")
            }
        }
    }

    fn open(
        &mut self,
        shape: Shape,
        properties: Option<&Properties<'a>>,
        at: usize,
        flow: bool,
        counts: bool,
    ) -> Result<()> {
        if self.stack.len() >= self.limits.depth {
            return Err(self.too_deep(at));
        }
        let steps = self.steps;
        if counts {
            self.step(at)?;
        }
        let anchor = properties.and_then(|p| self.declare(p));
        let flow = flow || self.stack.last().is_some_and(|f| f.flow);
        self.stack.push(Frame { shape, origin: self.origin(at), flow, anchor, steps, height: 1 });
        Ok(())
    }

    /// Ends the innermost collection. None if it was the sequence below a `<<`, which is merged at once.
    fn close(&mut self) -> Result<Option<Done>> {
        let Some(frame) = self.stack.pop() else { return Ok(None) };
        let at = frame.origin.at as usize;
        let (value, mapping) = match frame.shape {
            Shape::Seq(mut items) => {
                let exact: EcoVec<Node> = items.drain(..).collect();
                self.spare_items.push(items);
                (Value::Seq(exact), false)
            }
            Shape::Map(map) => (Value::Map(self.finish(map)), true),
            Shape::MergeSeq(maps, key) => {
                self.merge(maps, key);
                if let Some(parent) = self.stack.last_mut() {
                    parent.height = parent.height.max(frame.height + 1);
                }
                return Ok(None);
            }
        };
        let done = Done {
            node: Node { value, origin: frame.origin },
            key: KeyText::Unusable(if mapping { "a mapping" } else { "a list" }),
            steps: self.steps - frame.steps,
            height: frame.height,
            mapping,
            alias: false,
            at,
            end: at + 1,
        };
        self.define(frame.anchor, &done);
        Ok(Some(done))
    }

    /// Puts a finished node where it belongs.
    fn place(&mut self, done: Done) -> Result<()> {
        let Some(frame) = self.stack.last_mut() else { return Ok(()) };
        frame.height = frame.height.max(done.height + 1);
        match &mut frame.shape {
            Shape::Seq(items) => items.push(done.node),
            Shape::MergeSeq(maps, _) => match done.node.value {
                Value::Map(map) if done.mapping => maps.push(map),
                _ => return Err(not_mergeable(&done)),
            },
            Shape::Map(map) => match std::mem::replace(&mut map.next, Next::Key) {
                Next::Key => return self.place_key(done),
                Next::Value(key, key_origin) => self.insert(Entry { key, key_origin, value: done.node }),
                Next::Merge(key) if matches!(done.key, KeyText::Unusable(MERGE)) => {
                    // That was the `<<` itself; its value comes next.
                    map.next = Next::Merge(key);
                }
                Next::Merge(key) => match done.node.value {
                    Value::Map(merged) if done.mapping => self.merge(vec![merged], key),
                    _ => return Err(not_mergeable(&done)),
                },
                Next::Skip => {}
            },
        }
        Ok(())
    }

    fn place_key(&mut self, done: Done) -> Result<()> {
        let (at, end) = (done.at, done.end);
        let next = match done.key {
            KeyText::Text(key) => Next::Value(key, done.node.origin),
            KeyText::Converted(key, _) if self.dialect == Dialect::Kubernetes => Next::Value(key, done.node.origin),
            KeyText::Converted(key, kind) => {
                let message = format!("expected a string as the key, found {kind}");
                let diagnostic = self.report(Code::YAML_SYNTAX, Severity::Error, message, at, end);
                self.diagnostics.push(diagnostic.hint(format!("quote it: `\"{key}\":`")));
                Next::Skip
            }
            KeyText::Unusable(kind) => {
                if self.upstream.is_none() && matches!(done.node.value, Value::Map(_) | Value::Seq(_)) {
                    self.upstream = Some(format!("invalid map key: {}", go_syntax::of(&done.node, 0)));
                }
                let message = format!("expected a string as the key, found {kind}");
                let diagnostic = self.report(Code::YAML_SYNTAX, Severity::Error, message, at, end);
                let hint = match kind {
                    "a mapping" | "a list" => "quote the key; `{{ … }}` is a template and must be rendered or quoted",
                    _ => "quote the key if a string is meant",
                };
                self.diagnostics.push(diagnostic.hint(hint));
                Next::Skip
            }
        };
        if let Some(Frame { shape: Shape::Map(map), .. }) = self.stack.last_mut() {
            map.next = next;
        }
        Ok(())
    }

    /// Sets a key that stands in the mapping itself.
    fn insert(&mut self, entry: Entry) {
        let Some(Frame { shape: Shape::Map(map), .. }) = self.stack.last_mut() else { return };
        let Some(i) = map.find(&entry.key) else {
            map.push(entry, false);
            return;
        };
        let by_merge = map.more.as_mut().is_some_and(|m| m.merged.remove(&i));
        let Some(old) = map.entries.get_mut(i) else { return };
        let (first, second) = (old.key_origin, entry.key_origin);
        let old_key = std::mem::replace(old, entry).key;
        if by_merge {
            return;
        }
        let severity = match self.dialect {
            Dialect::Kubernetes => Severity::Warning,
            Dialect::Config | Dialect::Kustomize => Severity::Error,
        };
        let at = second.at as usize;
        let mut diagnostic = self.report(
            Code::DUPLICATE_KEY,
            severity,
            format!("the key `{old_key}` stands twice in one mapping"),
            at,
            at,
        );
        diagnostic = diagnostic.also(first, "first here");
        self.diagnostics.push(diagnostic.hint(match severity {
            Severity::Error => "remove one of the two",
            _ => "remove one of the two: the later one wins, and the earlier one is lost without a word",
        }));
    }

    /// Merges mappings, those named first being stronger, into the innermost mapping.
    fn merge(&mut self, maps: Vec<Map>, key: usize) {
        let dialect = self.dialect;
        let Some(Frame { shape: Shape::Map(map), .. }) = self.stack.last_mut() else { return };
        map.next = Next::Key;
        if dialect != Dialect::Kustomize {
            // go-yaml v2 decodes into the mapping on the spot: what stands before the `<<` is overridden.
            for entry in maps.into_iter().rev().flatten() {
                match map.find(&entry.key) {
                    Some(i) => {
                        if let Some(old) = map.entries.get_mut(i) {
                            *old = entry;
                        }
                        map.more().merged.insert(i);
                    }
                    None => map.push(entry, true),
                }
            }
            return;
        }
        match map.more().pending.replace((maps, key)) {
            None => {}
            Some((_, first)) => {
                let message = "the key `<<` stands twice in one mapping".to_owned();
                let diagnostic = self.report(Code::DUPLICATE_KEY, Severity::Error, message, key, key + 2);
                let first = self.origin(first);
                let hint = "merge several mappings with a list: `<<: [*a, *b]`";
                self.diagnostics.push(diagnostic.also(first, "first here").hint(hint));
            }
        }
    }

    fn finish(&mut self, mut map: MapFrame) -> Map {
        if let Some((maps, _)) = map.more.as_mut().and_then(|m| m.pending.take()) {
            // go-yaml v3: what stands in the mapping wins, then what is named first.
            for entry in maps.into_iter().flatten() {
                if map.find(&entry.key).is_none() {
                    map.push(entry, true);
                }
            }
        }
        let exact: EcoVec<Entry> = map.entries.drain(..).collect();
        self.spare_entries.push(map.entries);
        Map::from_unique(exact)
    }
}

impl MapFrame {
    fn new(entries: Vec<Entry>) -> Self {
        Self { entries, next: Next::Key, more: None }
    }

    fn more(&mut self) -> &mut More {
        self.more.get_or_insert_default()
    }

    fn find(&self, key: &EcoString) -> Option<usize> {
        match &self.more {
            Some(more) if self.entries.len() > FEW_KEYS => more.index.get(key).copied(),
            _ => self.entries.iter().position(|e| e.key == *key),
        }
    }

    fn push(&mut self, entry: Entry, merged: bool) {
        let at = self.entries.len();
        if at == FEW_KEYS {
            let index = self.entries.iter().enumerate().map(|(i, e)| (e.key.clone(), i)).collect();
            self.more().index = index;
        }
        if at >= FEW_KEYS {
            let key = entry.key.clone();
            self.more().index.insert(key, at);
        }
        if merged {
            self.more().merged.insert(at);
        }
        self.entries.push(entry);
    }
}

/// Marks the key `<<` on its way to its place.
const MERGE: &str = "<<";

fn is_merge_key(dialect: Dialect, value: &str, style: Style, properties: &Properties<'_>) -> bool {
    if value != "<<" {
        return false;
    }
    match properties.tag.as_ref().map(|(tag, _)| tag.as_ref()) {
        None => style == Style::Plain,
        Some("!") => dialect != Dialect::Kustomize || style == Style::Plain,
        Some(tag) => tag == "tag:yaml.org,2002:merge",
    }
}

fn not_mergeable(done: &Done) -> Box<Problem> {
    let what = if done.alias { "this alias names" } else { "found" };
    let kind = if matches!(done.node.value, Value::Map(_)) { "a list" } else { done.node.value.kind() };
    let message = format!("`<<` merges a mapping or a list of mappings; {what} {kind}");
    let problem = Problem::new(done.at, done.end, message).hint("quote the `<<` if a plain key is meant");
    Box::new(problem.decoder_says("map merge requires map or sequence of maps as the value"))
}
