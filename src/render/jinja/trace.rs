//! Maps the output of a render to the template, while somebody asks.
//!
//! The rewritten template ([`super::rewrite`]) calls a mark at the start and end of each text, expression, condition,
//! loop and assignment. A mark opens or closes a [`Frame`]; what is read belongs to the frame on top, and to those
//! below that stand for an expression still being evaluated. A piece of output names the reads of all frames that are
//! open around it. Variables carry the reads of what was assigned to them, by name and in all scopes at once: that
//! names too much rather than too little.

use std::collections::BTreeMap;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::provenance::{ReadSet, RenderMap, Segment, ValueRead, ValuesPath};
use crate::source::{Origin, Span};
use crate::yaml::{Node, Value};

/// What a mark stands for. Its number is its index in the list that [`super::rewrite`] makes.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    /// The template's text, expression or statement.
    pub(super) span: Span,
    /// What kind of frame it opens.
    pub(super) kind: Kind,
    /// The variables that it uses.
    pub(super) uses: Vec<String>,
    /// The variables that it, or a statement inside, assigns.
    pub(super) sets: Vec<String>,
}

/// The kinds of frames.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text that the template copies.
    Text(String),
    /// An expression or block whose value is written.
    Emit {
        /// It only copies the value of this key (empty for a variable).
        copies: Option<String>,
    },
    /// An if with its branches.
    If {
        /// It may leave the loop around it.
        leaves: bool,
    },
    /// A loop.
    Loop {
        /// It may call itself.
        recursive: bool,
        /// The variables that hold the element.
        targets: Vec<String>,
    },
    /// An assignment.
    Set,
}

/// Reads, and whether each is a real one (else a mapping that was handed out, maybe only to be walked through).
type Reads = BTreeMap<usize, bool>;

#[derive(Debug)]
struct Frame {
    mark: usize,
    reads: Reads,
    /// The first real read: the value itself, where an expression starts with a path.
    first: Option<usize>,
    /// Conditions and iterables are still being evaluated: reads further up belong here too.
    evaluating: bool,
    /// The element that a loop is about to hand out.
    element: Reads,
    /// Where the output stood.
    start: usize,
    /// How many pieces there were.
    pieces: usize,
}

#[derive(Debug)]
struct Piece {
    start: usize,
    mark: usize,
    /// The reads of the expression itself.
    own: Reads,
    /// The first of them.
    first: Option<usize>,
    /// Those of the frames around it.
    around: Reads,
}

#[derive(Debug)]
struct Known {
    origin: Origin,
    /// The text of a scalar.
    text: Option<String>,
}

/// Follows one render.
#[derive(Debug, Default)]
pub(super) struct Tracer {
    marks: Arc<[Mark]>,
    known: IndexMap<ValuesPath, Known>,
    frames: Vec<Frame>,
    variables: BTreeMap<String, Reads>,
    pieces: Vec<Piece>,
    /// Reads of expressions and branches that wrote nothing: they belong to the rest of the line, which they shaped.
    carried: Vec<(usize, Reads)>,
}

fn add(to: &mut Reads, from: &Reads) {
    for (read, strong) in from {
        *to.entry(*read).or_default() |= strong;
    }
}

impl Tracer {
    /// A tracer for these marks.
    pub(super) fn new(marks: Arc<[Mark]>) -> Self {
        Self { marks, ..Self::default() }
    }

    fn know(&mut self, path: &[ecow::EcoString], origin: Origin, text: Option<String>) -> usize {
        match self.known.get_index_of(path) {
            Some(at) => at,
            None => self.known.insert_full(path.to_vec(), Known { origin, text }).0,
        }
    }

    fn note(&mut self, read: usize, strong: bool) {
        let top = self.frames.len().saturating_sub(1);
        for (at, frame) in self.frames.iter_mut().enumerate() {
            if at == top || frame.evaluating {
                *frame.reads.entry(read).or_default() |= strong;
                frame.first = frame.first.or(strong.then_some(read));
            }
        }
    }

    /// A value was read.
    pub(super) fn read(&mut self, path: &ValuesPath, node: &Node) {
        let text = text_of(node);
        let read = self.know(path, node.origin, text);
        self.note(read, true);
    }

    /// A key was looked up in vain.
    pub(super) fn absent(&mut self, path: &ValuesPath) {
        let read = self.know(path, Origin::NONE, None);
        self.note(read, true);
    }

    /// A value was handed out that counts only if nothing else does.
    pub(super) fn glimpse(&mut self, path: &ValuesPath, node: &Node, scalar: bool, element: bool) {
        if !element {
            let read = self.know(path, node.origin, None);
            return self.note(read, false);
        }
        // An element is worth knowing only to a loop: the read of the whole covers it.
        let top = self.frames.last().and_then(|f| self.marks.get(f.mark));
        let fetching = matches!(top.map(|m| &m.kind), Some(Kind::Loop { .. }));
        if fetching {
            let read = self.know(path, node.origin, text_of(node));
            if let Some(frame) = self.frames.last_mut() {
                frame.element.insert(read, scalar);
            }
        }
    }

    /// The text of a mark.
    pub(super) fn text(&mut self, mark: usize, at: usize) -> String {
        self.piece(mark, at, Reads::new());
        match self.marks.get(mark).map(|m| &m.kind) {
            Some(Kind::Text(text)) => text.clone(),
            _ => String::new(),
        }
    }

    fn piece(&mut self, mark: usize, start: usize, own: Reads) {
        let mut around = Reads::new();
        for frame in &self.frames {
            add(&mut around, &frame.reads);
        }
        self.pieces.push(Piece { start, mark, own, first: None, around });
    }

    /// Opens the frame of a mark.
    pub(super) fn open(&mut self, mark: usize, at: usize) {
        let Some(known) = self.marks.get(mark).cloned() else { return };
        if matches!(known.kind, Kind::Emit { .. }) {
            self.piece(mark, at, Reads::new());
        }
        let mut reads = Reads::new();
        for name in &known.uses {
            if let Some(of) = self.variables.get(name) {
                add(&mut reads, of);
            }
        }
        for frame in self.frames.iter_mut().filter(|f| f.evaluating) {
            add(&mut frame.reads, &reads);
        }
        let pieces = self.pieces.len();
        self.frames.push(Frame {
            mark,
            reads,
            first: None,
            evaluating: true,
            element: Reads::new(),
            start: at,
            pieces,
        });
    }

    /// The conditions of a frame are evaluated; its body begins. A loop takes its element over.
    pub(super) fn enter(&mut self, mark: usize) {
        let Some(at) = self.frames.iter().rposition(|f| f.mark == mark) else { return };
        let kind = self.marks.get(mark).map(|m| m.kind.clone());
        if let Some(Kind::Loop { recursive, targets }) = kind {
            if !recursive {
                self.unwind(at + 1);
            }
            let element = self.frames.get_mut(at).map(|f| std::mem::take(&mut f.element)).unwrap_or_default();
            for name in targets {
                let reads = self.variables.entry(name).or_default();
                if recursive {
                    add(reads, &element);
                } else {
                    reads.clone_from(&element);
                }
            }
        }
        if let Some(frame) = self.frames.get_mut(at) {
            frame.evaluating = false;
        }
    }

    /// Closes the frame of a mark, and those that a `break` or `continue` left open above it.
    pub(super) fn close(&mut self, mark: usize, at: usize) {
        let Some(found) = self.frames.iter().rposition(|f| f.mark == mark) else { return };
        self.unwind(found + 1);
        let Some(frame) = self.frames.pop() else { return };
        let Some(known) = self.marks.get(mark).cloned() else { return };
        match &known.kind {
            Kind::Emit { .. } => {
                // Pieces of a captured body stand where the output stood: the whole is what was written.
                let captured = self.pieces.iter().skip(frame.pieces).all(|p| p.start == frame.start);
                if captured {
                    self.pieces.truncate(frame.pieces);
                }
                if let Some(piece) = self.pieces.get_mut(frame.pieces.wrapping_sub(1)) {
                    add(&mut piece.own, &frame.reads);
                    piece.first = frame.first;
                }
                if at == frame.start && !self.frames.iter().any(|f| f.evaluating) {
                    self.carried.push((at, frame.reads));
                }
            }
            Kind::Set => {
                let mut reads = frame.reads;
                for around in &self.frames {
                    add(&mut reads, &around.reads);
                }
                self.assign(&known.sets, &reads);
            }
            Kind::If { leaves } => {
                self.assign(&known.sets, &frame.reads);
                if *leaves {
                    self.fold(&frame.reads);
                }
                self.carry(at, frame);
            }
            Kind::Loop { .. } => {
                self.assign(&known.sets, &frame.reads);
                self.carry(at, frame);
            }
            Kind::Text(_) => {}
        }
    }

    fn carry(&mut self, at: usize, frame: Frame) {
        if at == frame.start && !self.frames.iter().any(|f| f.evaluating) {
            self.carried.push((at, frame.reads));
        }
    }

    fn assign(&mut self, names: &[String], reads: &Reads) {
        for name in names {
            add(self.variables.entry(name.clone()).or_default(), reads);
        }
    }

    /// What follows in the loop depends on a condition that may leave it.
    fn fold(&mut self, reads: &Reads) {
        let marks = Arc::clone(&self.marks);
        let is_loop = |f: &&mut Frame| matches!(marks.get(f.mark).map(|m| &m.kind), Some(Kind::Loop { .. }));
        if let Some(frame) = self.frames.iter_mut().rev().find(is_loop) {
            add(&mut frame.reads, reads);
        }
    }

    fn unwind(&mut self, to: usize) {
        while self.frames.len() > to {
            let Some(frame) = self.frames.pop() else { return };
            self.fold(&frame.reads);
            if let Some(mark) = self.marks.get(frame.mark).cloned() {
                self.assign(&mark.sets, &frame.reads);
            }
        }
    }

    /// The map of `output`.
    pub(super) fn finish(mut self, output: &str) -> RenderMap {
        let mut segments = Vec::new();
        let mut carried = std::mem::take(&mut self.carried).into_iter().peekable();
        let pieces = std::mem::take(&mut self.pieces);
        for (i, piece) in pieces.iter().enumerate() {
            let end = pieces.get(i + 1).map_or(output.len(), |next| next.start);
            let mut extra = Reads::new();
            while let Some((_, reads)) = carried.next_if(|(at, _)| *at < end) {
                add(&mut extra, &reads);
            }
            let Some(text) = output.get(piece.start..end).filter(|t| !t.is_empty()) else { continue };
            let Some(mark) = self.marks.get(piece.mark) else { continue };
            let (reads, exact) = self.reads_of(piece, mark, text);
            if extra.is_empty() {
                segments.push(segment(piece.start, mark.span, reads, exact));
                continue;
            }
            // An empty piece shaped the line it stands in, and no more.
            let line = text.find('\n').map_or(text.len(), |n| n + 1);
            let mut more = reads.clone();
            more.extend(self.list(&extra).into_iter().filter(|r| !reads.contains(r)));
            segments.push(segment(piece.start, mark.span, more, exact));
            if line < text.len() {
                let is_text = matches!(mark.kind, Kind::Text(_));
                let shift = if is_text { u32::try_from(line).unwrap_or(0) } else { 0 };
                let start = (mark.span.start + shift).min(mark.span.end);
                segments.push(segment(piece.start + line, Span { start, ..mark.span }, reads, exact));
            }
        }
        // The map has no gaps, at its start either.
        if let Some(first) = segments.first_mut() {
            first.start = 0;
        }
        // What was carried past the last piece shaped the last line.
        let rest = carried.fold(Reads::new(), |mut all, (_, reads)| {
            add(&mut all, &reads);
            all
        });
        if let Some(last) = segments.last_mut().filter(|_| !rest.is_empty()) {
            last.reads = last.reads.and(&self.list(&rest).into());
        }
        RenderMap { segments }
    }

    /// Everything as one piece, for a template that can't be followed.
    pub(super) fn whole(&self, span: Span) -> RenderMap {
        let all: Reads = (0..self.known.len()).map(|at| (at, true)).collect();
        RenderMap { segments: vec![segment(0, span, self.list(&all), false)] }
    }

    /// The reads of a piece, its own first, and whether it is a copy of the first.
    fn reads_of(&self, piece: &Piece, mark: &Mark, text: &str) -> (Vec<ValueRead>, bool) {
        let mut own = self.prune(&piece.own);
        let copied = match &mark.kind {
            Kind::Emit { copies: Some(key) } => self.copied(&own, piece.first, key, text),
            _ => None,
        };
        if let Some(at) = copied {
            own.swap(0, at);
        }
        let mut all = self.list_of(&own);
        for read in self.list(&piece.around) {
            if !all.contains(&read) {
                all.push(read);
            }
        }
        (all, copied.is_some())
    }

    /// Where among `own` the read stands that `text` is a copy of: what a path came to is read before the arguments of
    /// its filters; a variable has but one read.
    fn copied(&self, own: &[usize], first: Option<usize>, key: &str, text: &str) -> Option<usize> {
        let at = match (key, first, own) {
            ("", None, [_]) => 0,
            ("", ..) => return None,
            (_, first, _) => own.iter().position(|read| Some(*read) == first)?,
        };
        let read = *own.get(at)?;
        let (path, _) = self.known.get_index(read)?;
        let is_key = key.is_empty() || path.last().is_some_and(|last| last == key);
        (is_key && self.is_copy(read, text)).then_some(at)
    }

    fn is_copy(&self, read: usize, text: &str) -> bool {
        let Some((_, Known { origin, text: Some(value) })) = self.known.get_index(read) else { return false };
        let bare = text.trim();
        let quoted = |q: char| bare.strip_prefix(q).and_then(|t| t.strip_suffix(q)).is_some_and(|t| t == value);
        origin.file.is_real() && (text == value || bare == value || quoted('"') || quoted('\''))
    }

    /// The reads without mappings that were only walked through.
    fn prune(&self, reads: &Reads) -> Vec<usize> {
        let path = |read: &usize| self.known.get_index(*read).map(|(path, _)| path.as_slice()).unwrap_or_default();
        let mut strong: Vec<&[ecow::EcoString]> = reads.iter().filter(|(_, s)| **s).map(|(r, _)| path(r)).collect();
        strong.sort_unstable();
        let walked = |read: &usize| {
            let path = path(read);
            let after = strong.partition_point(|p| *p <= path);
            strong.get(after).is_some_and(|p| p.starts_with(path))
        };
        reads.iter().filter(|(read, s)| **s || !walked(read)).map(|(read, _)| *read).collect()
    }

    fn list(&self, reads: &Reads) -> Vec<ValueRead> {
        self.list_of(&self.prune(reads))
    }

    fn list_of(&self, reads: &[usize]) -> Vec<ValueRead> {
        let entries = reads.iter().filter_map(|read| self.known.get_index(*read));
        entries.map(|(path, known)| ValueRead { path: path.clone(), origin: known.origin }).collect()
    }
}

fn segment(start: usize, template: Span, reads: Vec<ValueRead>, exact: bool) -> Segment {
    Segment {
        start: u32::try_from(start).unwrap_or(u32::MAX),
        template,
        reads: reads.into(),
        around: ReadSet::NONE,
        exact,
    }
}

fn text_of(node: &Node) -> Option<String> {
    if matches!(node.value, Value::Seq(_) | Value::Map(_)) {
        return None;
    }
    super::spell::inline(&super::lens::scalar(node)?).ok()
}
