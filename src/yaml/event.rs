//! Tokens to events: the grammar, as a machine with its own stack, so that depth costs no call frames.

use std::borrow::Cow;

use super::error::{Problem, Result};
use super::scan::{Kind, Scanner, Style, Tag, Token};

/// What stands before a node.
#[derive(Clone, Debug, Default)]
pub(super) struct Properties<'a> {
    /// `&name` and where it stands.
    pub anchor: Option<(&'a str, usize)>,
    /// The whole tag, its handle resolved, and where it stands.
    pub tag: Option<(Cow<'a, str>, usize)>,
}

/// What happens in a document.
#[derive(Clone, Debug)]
pub(super) enum Event<'a> {
    /// The stream ends.
    StreamEnd,
    /// A document starts.
    DocumentStart,
    /// A document ends.
    DocumentEnd,
    Alias {
        name: &'a str,
        at: usize,
        end: usize,
    },
    Scalar {
        value: Cow<'a, str>,
        style: Style,
        properties: Option<Box<Properties<'a>>>,
        at: usize,
        end: usize,
    },
    SequenceStart {
        properties: Option<Box<Properties<'a>>>,
        at: usize,
        flow: bool,
    },
    SequenceEnd,
    MappingStart {
        properties: Option<Box<Properties<'a>>>,
        at: usize,
        flow: bool,
    },
    MappingEnd,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    ImplicitDocumentStart,
    DocumentStart,
    DocumentContent,
    DocumentEnd,
    BlockNode,
    BlockSequenceEntry,
    IndentlessSequenceEntry,
    BlockMappingKey,
    BlockMappingValue,
    /// After a key whose colon came with it; where that ends.
    BlockMappingValueHere(usize),
    FlowSequenceEntry {
        first: bool,
    },
    FlowSequencePairKey,
    FlowSequencePairValue,
    FlowSequencePairEnd,
    FlowMappingKey {
        first: bool,
    },
    FlowMappingValue {
        empty: bool,
    },
    End,
}

/// Where a node may stand.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Block,
    /// A mapping's key or value: `- ` may start a sequence at the mapping's own indentation.
    BlockOrIndentless,
    Flow,
}

/// Gives the events of a text one by one.
pub(super) struct Parser<'a> {
    scanner: Scanner<'a>,
    state: State,
    states: Vec<State>,
    /// Where the open collections start.
    opened: Vec<usize>,
    tag_handles: Vec<(&'a str, Cow<'a, str>)>,
}

impl<'a> Parser<'a> {
    /// The lines that have been scanned.
    pub fn scanned_lines(&self) -> usize {
        self.scanner.line()
    }

    pub fn new(scanner: Scanner<'a>) -> Self {
        Self {
            scanner,
            state: State::ImplicitDocumentStart,
            states: Vec::new(),
            opened: Vec::new(),
            tag_handles: Vec::new(),
        }
    }

    #[inline]
    fn peek(&mut self) -> Result<&Token<'a>> {
        self.scanner.peek()
    }

    #[inline]
    fn take(&mut self) -> Result<Token<'a>> {
        self.scanner.next()
    }

    fn pop(&mut self) {
        self.state = self.states.pop().unwrap_or(State::End);
    }

    /// Whether nothing but the end follows, once a document has ended; else where the rest starts.
    pub fn rest(&mut self) -> Option<usize> {
        loop {
            match self.take() {
                Ok(Token { kind: Kind::StreamEnd, .. }) => return None,
                Ok(Token { kind: Kind::DocumentEnd, .. }) => {}
                Ok(token) => return Some(token.start),
                Err(problem) => return Some(problem.start),
            }
        }
    }

    /// The next event.
    pub fn next(&mut self) -> Result<Event<'a>> {
        match self.state {
            State::ImplicitDocumentStart => self.document_start(true),
            State::DocumentStart => self.document_start(false),
            State::DocumentContent => {
                let at = self.peek()?.start;
                if matches!(
                    self.peek()?.kind,
                    Kind::VersionDirective(..)
                        | Kind::TagDirective(_)
                        | Kind::DocumentStart
                        | Kind::DocumentEnd
                        | Kind::StreamEnd
                ) {
                    self.pop();
                    return Ok(empty(at));
                }
                self.node(Place::Block)
            }
            State::DocumentEnd => {
                if matches!(self.peek()?.kind, Kind::DocumentEnd) {
                    self.take()?;
                }
                self.tag_handles.clear();
                self.state = State::DocumentStart;
                Ok(Event::DocumentEnd)
            }
            State::BlockNode => self.node(Place::Block),
            State::BlockSequenceEntry => self.block_sequence_entry(),
            State::IndentlessSequenceEntry => self.indentless_sequence_entry(),
            State::BlockMappingKey => self.block_mapping_key(),
            State::BlockMappingValue => self.block_mapping_value(),
            State::BlockMappingValueHere(end) => self.block_value_here(end),
            State::FlowSequenceEntry { first } => self.flow_sequence_entry(first),
            State::FlowSequencePairKey => {
                let token = self.peek()?;
                let end = token.end;
                if matches!(token.kind, Kind::Value | Kind::FlowEntry | Kind::FlowSequenceEnd) {
                    // As libyaml does: the token after a lone `?` is dropped with the empty key.
                    self.take()?;
                    self.state = State::FlowSequencePairValue;
                    return Ok(empty(end));
                }
                self.states.push(State::FlowSequencePairValue);
                self.node(Place::Flow)
            }
            State::FlowSequencePairValue => {
                if matches!(self.peek()?.kind, Kind::Value) {
                    self.take()?;
                    if !matches!(self.peek()?.kind, Kind::FlowEntry | Kind::FlowSequenceEnd) {
                        self.states.push(State::FlowSequencePairEnd);
                        return self.node(Place::Flow);
                    }
                }
                self.state = State::FlowSequencePairEnd;
                Ok(empty(self.peek()?.start))
            }
            State::FlowSequencePairEnd => {
                self.state = State::FlowSequenceEntry { first: false };
                Ok(Event::MappingEnd)
            }
            State::FlowMappingKey { first } => self.flow_mapping_key(first),
            State::FlowMappingValue { empty: nothing } => {
                if !nothing && matches!(self.peek()?.kind, Kind::Value) {
                    self.take()?;
                    if !matches!(self.peek()?.kind, Kind::FlowEntry | Kind::FlowMappingEnd) {
                        self.states.push(State::FlowMappingKey { first: false });
                        return self.node(Place::Flow);
                    }
                }
                self.state = State::FlowMappingKey { first: false };
                Ok(empty(self.peek()?.start))
            }
            State::End => Ok(Event::StreamEnd),
        }
    }

    fn document_start(&mut self, implicit: bool) -> Result<Event<'a>> {
        if !implicit {
            while matches!(self.peek()?.kind, Kind::DocumentEnd) {
                self.take()?;
            }
        }
        match self.peek()?.kind {
            Kind::StreamEnd => {
                self.state = State::End;
                return Ok(Event::StreamEnd);
            }
            Kind::VersionDirective(..) | Kind::TagDirective(_) | Kind::DocumentStart => {}
            _ if implicit => {
                self.tag_handles.clear();
                self.states.push(State::DocumentEnd);
                self.state = State::BlockNode;
                return Ok(Event::DocumentStart);
            }
            _ => {}
        }
        self.directives()?;
        let token = self.take()?;
        if !matches!(token.kind, Kind::DocumentStart) {
            return Err(Box::new(
                Problem::new(token.start, token.end, format!("expected `---`, found {}", describe(&token.kind)))
                    .parser_says("did not find expected <document start>")
                    .hint("put a `---` line between documents, and after directives"),
            ));
        }
        self.states.push(State::DocumentEnd);
        self.state = State::DocumentContent;
        Ok(Event::DocumentStart)
    }

    fn directives(&mut self) -> Result<()> {
        let mut version = false;
        self.tag_handles.clear();
        loop {
            let token = self.peek()?;
            let (start, end) = (token.start, token.end);
            match &token.kind {
                Kind::VersionDirective(major, minor) => {
                    if version {
                        return Err(Box::new(
                            Problem::new(start, end, "a second `%YAML` directive")
                                .parser_says("found duplicate %YAML directive"),
                        ));
                    }
                    if (*major, *minor) != (1, 1) {
                        return Err(Box::new(
                            Problem::new(start, end, format!("expected YAML 1.1, found {major}.{minor}"))
                                .parser_says("found incompatible YAML document")
                                .hint("remove the directive: the tools of Kubernetes read YAML 1.1 only"),
                        ));
                    }
                    version = true;
                }
                Kind::TagDirective(tag) => {
                    let (handle, prefix) = (tag.handle, tag.suffix.clone());
                    if self.tag_handles.iter().any(|(h, _)| *h == handle) {
                        return Err(Box::new(
                            Problem::new(start, end, format!("a second `%TAG` for `{handle}`"))
                                .parser_says("found duplicate %TAG directive"),
                        ));
                    }
                    self.tag_handles.push((handle, prefix));
                }
                _ => return Ok(()),
            }
            self.take()?;
        }
    }

    /// A node, and what the state is after it.
    fn node_then(&mut self, place: Place, state: State) -> Result<Event<'a>> {
        if matches!(self.peek()?.kind, Kind::Scalar(..)) {
            // What most nodes are needs no look at properties and no stack.
            self.state = state;
            let token = self.take()?;
            let Kind::Scalar(value, style) = token.kind else { return Ok(empty(token.start)) };
            return Ok(Event::Scalar { value, style, properties: None, at: token.start, end: token.end });
        }
        self.states.push(state);
        self.node(place)
    }

    fn node(&mut self, place: Place) -> Result<Event<'a>> {
        let token = self.peek()?;
        if let Kind::Alias(name) = token.kind {
            let (at, end) = (token.start, token.end);
            self.take()?;
            self.pop();
            return Ok(Event::Alias { name, at, end });
        }
        let at = token.start;
        let properties = self.properties()?;
        let token = self.peek()?;
        let start = token.start;
        match token.kind {
            Kind::BlockEntry if place == Place::BlockOrIndentless => {
                self.state = State::IndentlessSequenceEntry;
                Ok(Event::SequenceStart { properties, at: start, flow: false })
            }
            Kind::Scalar(..) => {
                self.pop();
                let token = self.take()?;
                let Kind::Scalar(value, style) = token.kind else { return Ok(empty(token.start)) };
                Ok(Event::Scalar { value, style, properties, at: token.start, end: token.end })
            }
            Kind::FlowSequenceStart => {
                self.open(State::FlowSequenceEntry { first: true })?;
                Ok(Event::SequenceStart { properties, at: start, flow: true })
            }
            Kind::FlowMappingStart => {
                self.open(State::FlowMappingKey { first: true })?;
                Ok(Event::MappingStart { properties, at: start, flow: true })
            }
            Kind::BlockSequenceStart if place != Place::Flow => {
                self.open(State::BlockSequenceEntry)?;
                Ok(Event::SequenceStart { properties, at: start, flow: false })
            }
            Kind::BlockMappingStart if place != Place::Flow => {
                self.open(State::BlockMappingKey)?;
                Ok(Event::MappingStart { properties, at: start, flow: false })
            }
            _ if properties.is_some() => {
                self.pop();
                Ok(Event::Scalar { value: Cow::Borrowed(""), style: Style::Plain, properties, at: start, end: start })
            }
            _ => {
                let message = format!("expected a value, found {}", describe(&token.kind));
                let problem = Problem::new(start, token.end, message).parser_says("did not find expected node content");
                Err(Box::new(if at == start { problem } else { problem.context(at) }))
            }
        }
    }

    fn open(&mut self, state: State) -> Result<()> {
        let token = self.take()?;
        self.opened.push(token.start);
        self.state = state;
        Ok(())
    }

    fn close(&mut self) -> Result<()> {
        self.take()?;
        self.opened.pop();
        self.pop();
        Ok(())
    }

    fn properties(&mut self) -> Result<Option<Box<Properties<'a>>>> {
        if !matches!(self.peek()?.kind, Kind::Anchor(_) | Kind::Tag(_)) {
            return Ok(None);
        }
        let mut properties = Box::<Properties<'a>>::default();
        loop {
            let token = self.peek()?;
            match &token.kind {
                Kind::Anchor(name) if properties.anchor.is_none() => properties.anchor = Some((*name, token.start)),
                Kind::Tag(_) if properties.tag.is_none() => {
                    let token = self.take()?;
                    if let Kind::Tag(tag) = token.kind {
                        properties.tag = self.resolve_tag(*tag, token.start, token.end)?.map(|t| (t, token.start));
                    }
                    continue;
                }
                _ if properties.anchor.is_none() && properties.tag.is_none() => return Ok(None),
                _ => return Ok(Some(properties)),
            }
            self.take()?;
        }
    }

    fn resolve_tag(&self, tag: Tag<'a>, start: usize, end: usize) -> Result<Option<Cow<'a, str>>> {
        if tag.handle.is_empty() {
            return Ok(Some(tag.suffix).filter(|t| !t.is_empty()));
        }
        let prefix = match self.tag_handles.iter().find(|(h, _)| *h == tag.handle) {
            Some((_, prefix)) => prefix.as_ref(),
            None if tag.handle == "!" => "!",
            None if tag.handle == "!!" => "tag:yaml.org,2002:",
            None => {
                return Err(Box::new(
                    Problem::new(start, end, format!("nothing declares the tag handle `{}`", tag.handle))
                        .parser_says("found undefined tag handle")
                        .hint("quote the text if the `!` belongs to it"),
                ));
            }
        };
        Ok(Some(Cow::Owned(format!("{prefix}{}", tag.suffix))))
    }

    fn block_sequence_entry(&mut self) -> Result<Event<'a>> {
        let token = self.peek()?;
        let (start, end) = (token.start, token.end);
        match token.kind {
            Kind::BlockEntry => {
                self.take()?;
                if matches!(self.peek()?.kind, Kind::BlockEntry | Kind::BlockEnd) {
                    self.state = State::BlockSequenceEntry;
                    return Ok(empty(end));
                }
                self.node_then(Place::Block, State::BlockSequenceEntry)
            }
            Kind::BlockEnd => {
                self.close()?;
                Ok(Event::SequenceEnd)
            }
            _ => {
                let message = format!("expected `- ` or the end of the list, found {}", describe(&token.kind));
                let problem = Problem::new(start, end, message).parser_says("did not find expected '-' indicator");
                Err(self.unexpected(problem, "the list starts here", "give the list's items the same indentation"))
            }
        }
    }

    fn unexpected(&self, problem: Problem, opened: &str, hint: &str) -> Box<Problem> {
        let problem = problem.hint(hint);
        Box::new(match self.opened.last() {
            Some(at) => problem.also(*at, opened),
            None => problem,
        })
    }

    fn indentless_sequence_entry(&mut self) -> Result<Event<'a>> {
        let token = self.peek()?;
        let end = token.end;
        if !matches!(token.kind, Kind::BlockEntry) {
            self.pop();
            return Ok(Event::SequenceEnd);
        }
        self.take()?;
        if matches!(self.peek()?.kind, Kind::BlockEntry | Kind::Key | Kind::SimpleKey(_) | Kind::Value | Kind::BlockEnd)
        {
            self.state = State::IndentlessSequenceEntry;
            return Ok(empty(end));
        }
        self.node_then(Place::Block, State::IndentlessSequenceEntry)
    }

    fn block_mapping_key(&mut self) -> Result<Event<'a>> {
        let token = self.peek()?;
        let (start, end) = (token.start, token.end);
        match token.kind {
            Kind::SimpleKey(key) => {
                let end = start + key.len();
                self.take()?;
                self.state = State::BlockMappingValueHere(end + 1);
                let value = Cow::Borrowed(key);
                Ok(Event::Scalar { value, style: Style::Plain, properties: None, at: start, end })
            }
            Kind::Key => {
                self.take()?;
                if matches!(self.peek()?.kind, Kind::Key | Kind::SimpleKey(_) | Kind::Value | Kind::BlockEnd) {
                    self.state = State::BlockMappingValue;
                    return Ok(empty(end));
                }
                self.node_then(Place::BlockOrIndentless, State::BlockMappingValue)
            }
            Kind::BlockEnd => {
                self.close()?;
                Ok(Event::MappingEnd)
            }
            _ => {
                let problem = Problem::new(start, end, format!("expected a key, found {}", describe(&token.kind)))
                    .parser_says("did not find expected key");
                let hint = "check the indentation: keys of one mapping start in the same column";
                Err(self.unexpected(problem, "the mapping starts here", hint))
            }
        }
    }

    fn block_mapping_value(&mut self) -> Result<Event<'a>> {
        let token = self.peek()?;
        let (start, end) = (token.start, token.end);
        let has_value = matches!(token.kind, Kind::Value);
        self.state = State::BlockMappingKey;
        if !has_value {
            return Ok(empty(start));
        }
        self.take()?;
        self.block_value_here(end)
    }

    fn block_value_here(&mut self, end: usize) -> Result<Event<'a>> {
        self.state = State::BlockMappingKey;
        if matches!(self.peek()?.kind, Kind::Key | Kind::SimpleKey(_) | Kind::Value | Kind::BlockEnd) {
            return Ok(empty(end));
        }
        self.node_then(Place::BlockOrIndentless, State::BlockMappingKey)
    }

    /// Moves over the comma between two entries of a flow collection.
    fn flow_comma(&mut self, what: &str, bracket: &str) -> Result<()> {
        let token = self.peek()?;
        if matches!(token.kind, Kind::FlowEntry) {
            self.take()?;
            return Ok(());
        }
        let message = format!("expected `,` or `{bracket}`, found {}", describe(&token.kind));
        let said = if bracket == "]" { "did not find expected ',' or ']'" } else { "did not find expected ',' or '}'" };
        let problem = Problem::new(token.start, token.end, message).parser_says(said);
        let hint = format!("separate entries with `,`, and close the {what} with `{bracket}`");
        Err(self.unexpected(problem, &format!("the {what} starts here"), &hint))
    }

    fn flow_sequence_entry(&mut self, first: bool) -> Result<Event<'a>> {
        if !matches!(self.peek()?.kind, Kind::FlowSequenceEnd) {
            if !first {
                self.flow_comma("list", "]")?;
            }
            let token = self.peek()?;
            match token.kind {
                Kind::Key => {
                    // The pair starts where its key does.
                    let at = token.start;
                    self.take()?;
                    self.state = State::FlowSequencePairKey;
                    return Ok(Event::MappingStart { properties: None, at, flow: true });
                }
                Kind::FlowSequenceEnd => {}
                _ => {
                    self.states.push(State::FlowSequenceEntry { first: false });
                    return self.node(Place::Flow);
                }
            }
        }
        self.close()?;
        Ok(Event::SequenceEnd)
    }

    fn flow_mapping_key(&mut self, first: bool) -> Result<Event<'a>> {
        if !matches!(self.peek()?.kind, Kind::FlowMappingEnd) {
            if !first {
                self.flow_comma("mapping", "}")?;
            }
            match self.peek()?.kind {
                Kind::Key => {
                    self.take()?;
                    let token = self.peek()?;
                    let at = token.start;
                    if matches!(token.kind, Kind::Value | Kind::FlowEntry | Kind::FlowMappingEnd) {
                        self.state = State::FlowMappingValue { empty: false };
                        return Ok(empty(at));
                    }
                    self.states.push(State::FlowMappingValue { empty: false });
                    return self.node(Place::Flow);
                }
                Kind::FlowMappingEnd => {}
                _ => {
                    self.states.push(State::FlowMappingValue { empty: true });
                    return self.node(Place::Flow);
                }
            }
        }
        self.close()?;
        Ok(Event::MappingEnd)
    }
}

fn empty<'a>(at: usize) -> Event<'a> {
    Event::Scalar { value: Cow::Borrowed(""), style: Style::Plain, properties: None, at, end: at }
}

/// A token in the words of a message.
fn describe(kind: &Kind<'_>) -> String {
    match kind {
        Kind::StreamEnd => "the end of the document",
        Kind::VersionDirective(..) | Kind::TagDirective(_) => "a directive",
        Kind::DocumentStart => "`---`",
        Kind::DocumentEnd => "`...`",
        Kind::BlockSequenceStart | Kind::BlockEntry => "a list item",
        Kind::BlockMappingStart => "a mapping",
        Kind::BlockEnd => "the end of the indented block",
        Kind::FlowSequenceStart => "`[`",
        Kind::FlowSequenceEnd => "`]`",
        Kind::FlowMappingStart => "`{`",
        Kind::FlowMappingEnd => "`}`",
        Kind::FlowEntry => "`,`",
        Kind::Key | Kind::SimpleKey(_) => "a key",
        Kind::Value => "`:`",
        Kind::Alias(_) => "an alias",
        Kind::Anchor(_) => "an anchor",
        Kind::Tag(_) => "a tag",
        Kind::Scalar(text, _) => {
            let short: String = text.chars().take(30).collect();
            let dots = if short.len() < text.len() { "…" } else { "" };
            return format!("`{}{dots}`", short.replace('\n', "\\n"));
        }
    }
    .to_owned()
}
