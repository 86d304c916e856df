//! Bytes to tokens, with the acceptance rules of libyaml as go-yaml carries them: simple keys end on their line and
//! within 1,024 characters, indentation opens and closes block collections, tabs are blanks but never indentation.

mod block;
mod flow;
mod plain;
mod property;

use std::borrow::Cow;
use std::collections::VecDeque;

use super::chars::{at, break_len, continuation_bytes, is_blank, is_blankz, is_breakz, width};
use super::error::{Problem, Result};

/// How a scalar was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Style {
    /// Without quotes: its text decides what it is.
    Plain,
    /// Quoted or a block scalar: a string.
    Quoted,
    /// A folded block scalar.
    Folded,
}

/// A tag as written: `handle` is empty for `!<verbatim>` and for a lone `!`.
#[derive(Clone, Debug)]
pub(super) struct Tag<'a> {
    pub handle: &'a str,
    pub suffix: Cow<'a, str>,
}

/// What a token is.
#[derive(Clone, Debug)]
pub(super) enum Kind<'a> {
    StreamEnd,
    VersionDirective(u8, u8),
    TagDirective(Box<Tag<'a>>),
    DocumentStart,
    DocumentEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    FlowEntry,
    BlockEntry,
    Key,
    /// A key without quotes, properties and breaks, with its colon: [`Self::Key`], a scalar and [`Self::Value`] in one.
    /// Its token is empty, as that of the key. Only where [`Scanner::join_keys`] asked for it.
    SimpleKey(&'a str),
    Value,
    Alias(&'a str),
    Anchor(&'a str),
    Tag(Box<Tag<'a>>),
    Scalar(Cow<'a, str>, Style),
}

/// A token and its bytes. Tokens that indentation makes are empty.
#[derive(Clone, Debug)]
pub(super) struct Token<'a> {
    pub kind: Kind<'a>,
    pub start: usize,
    pub end: usize,
}

/// A place in the text, in the units that the rules count in.
#[derive(Clone, Copy, Debug, Default)]
struct Mark {
    pos: usize,
    /// Characters before it.
    index: usize,
    line: usize,
    column: usize,
}

/// A token that turns out to be a key if a `:` follows.
#[derive(Clone, Copy, Debug, Default)]
struct SimpleKey {
    possible: bool,
    /// Only a key can stand here, by the indentation.
    required: bool,
    /// Whether its token waits in the queue for the `:`. go-yaml forgets `[]` and `{}`.
    tracked: bool,
    token: usize,
    mark: Mark,
}

/// How deep flow collections and indentation may nest; go-yaml's own limits.
const MAX_NESTING: usize = 10_000;

/// Reads tokens one by one.
pub(super) struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    first_line: usize,
    pos: usize,
    line: usize,
    /// Continuation bytes before `pos`.
    continuations: usize,
    /// Characters before the current line.
    line_index: usize,
    /// Column of the innermost block collection; -1 outside all.
    indent: isize,
    indents: Vec<isize>,
    flow_level: usize,
    key_allowed: bool,
    keys: Vec<SimpleKey>,
    queue: VecDeque<Token<'a>>,
    /// Tokens given out so far.
    given: usize,
    /// Whether the queue's first token may be given out: enough is known of what follows it.
    ready: bool,
    join_keys: bool,
    /// What is given out after the end.
    end: Token<'a>,
    /// Tokens that must be in the queue before one is given out.
    look_ahead: usize,
    ended: bool,
}

impl<'a> Scanner<'a> {
    /// A scanner of `text` up to byte `end`, from byte `start`. `look_ahead` tokens are read before the first is given
    /// out: 1 as go-yaml v2 does, 3 as v3 does (they differ in how much after a document's end has to be right).
    pub fn new(text: &'a str, start: usize, end: usize, look_ahead: usize) -> Self {
        let text = text.get(..end).unwrap_or(text);
        // A byte order mark counts at a document's start only, which may be the line after `---`.
        let head = text.get(start..).filter(|t| t.starts_with("---"));
        let first_line = head.and_then(|t| t.find('\n')).map_or(start, |i| start + i + 1);
        let mut scanner = Self {
            text,
            first_line,
            bytes: text.as_bytes(),
            pos: start,
            line: 0,
            continuations: 0,
            line_index: start,
            indent: -1,
            indents: Vec::new(),
            flow_level: 0,
            key_allowed: true,
            keys: vec![SimpleKey::default()],
            queue: VecDeque::with_capacity(8),
            given: 0,
            ready: false,
            join_keys: false,
            end: Token { kind: Kind::StreamEnd, start: end, end },
            look_ahead,
            ended: false,
        };
        scanner.skip_bom();
        scanner
    }

    /// Lets simple keys come as one token. Only for scanners that read a single token ahead: it changes how far three
    /// tokens reach.
    pub fn join_keys(mut self) -> Self {
        self.join_keys = true;
        self
    }

    /// The next token; after the end, the end again.
    #[inline]
    pub fn next(&mut self) -> Result<Token<'a>> {
        if !self.ready {
            self.fill()?;
        }
        self.ready = false;
        match self.queue.pop_front() {
            Some(token) => {
                self.given += 1;
                Ok(token)
            }
            None => Ok(self.end.clone()),
        }
    }

    /// The token that [`Self::next`] will give.
    #[inline]
    pub fn peek(&mut self) -> Result<&Token<'a>> {
        if !self.ready {
            self.fill()?;
            self.ready = true;
        }
        Ok(self.queue.front().unwrap_or(&self.end))
    }

    fn fill(&mut self) -> Result<()> {
        while !self.ended && (self.queue.len() < self.look_ahead || self.head_may_be_key()?) {
            self.fetch()?;
        }
        Ok(())
    }

    /// Whether the first token of the queue may still become a key.
    fn head_may_be_key(&mut self) -> Result<bool> {
        let given = self.given;
        // Token numbers rise along the stack.
        let mut i = if self.keys.len() == 1 { 0 } else { self.keys.partition_point(|k| k.token < given) };
        while let Some(key) = self.keys.get(i) {
            if key.token != given {
                return Ok(false);
            }
            if key.possible && key.tracked {
                return self.key_is_valid(i);
            }
            i += 1;
        }
        Ok(false)
    }

    fn key_is_valid(&mut self, i: usize) -> Result<bool> {
        let (line, index) = (self.line, self.pos - self.continuations);
        let Some(key) = self.keys.get_mut(i) else { return Ok(false) };
        if !key.possible {
            return Ok(false);
        }
        if key.mark.line < line || key.mark.index + 1024 < index {
            if key.required {
                return Err(self.missing_colon(i));
            }
            key.possible = false;
            return Ok(false);
        }
        Ok(true)
    }

    fn missing_colon(&self, i: usize) -> Box<Problem> {
        let start = self.keys.get(i).map_or(self.pos, |k| k.mark.pos);
        let rest = self.bytes.get(start..).unwrap_or_default();
        let line = rest.iter().position(|b| *b == b'\n' || *b == b'\r').unwrap_or(rest.len());
        let text = self.text.get(start..start + line).unwrap_or_default();
        let trimmed = text.trim_end();
        let problem =
            Problem::new(start, start + trimmed.len(), "expected a `key: value` pair, found text without `:`")
                .scanner_says("could not find expected ':'");
        Box::new(if trimmed.starts_with("{{") || trimmed.starts_with("{%") {
            problem.hint("this looks like a template; YAML is read only after templates are rendered")
        } else if let Some(colon) = trimmed.find(':').filter(|i| trimmed.len() > i + 1) {
            problem.hint(format!("put a space after the colon: `{}: {}`", &trimmed[..colon], &trimmed[colon + 1..]))
        } else {
            problem.hint("add `:` after the key, or indent the line if it continues the one above")
        })
    }

    /// The line, from 0, that it has come to.
    pub fn line(&self) -> usize {
        self.line
    }

    #[inline(always)]
    fn byte(&self, ahead: usize) -> u8 {
        at(self.bytes, self.pos + ahead)
    }

    #[inline(always)]
    fn column(&self) -> usize {
        self.pos - self.continuations - self.line_index
    }

    fn mark(&self) -> Mark {
        Mark { pos: self.pos, index: self.pos - self.continuations, line: self.line, column: self.column() }
    }

    /// Moves over bytes that hold no line break.
    #[inline(always)]
    fn advance_to(&mut self, pos: usize, ascii: bool) {
        if !ascii {
            self.continuations += continuation_bytes(self.bytes.get(self.pos..pos).unwrap_or_default());
        }
        self.pos = pos;
    }

    /// Moves over one ASCII byte.
    #[inline(always)]
    fn advance(&mut self) {
        self.pos += 1;
    }

    /// Moves over one character.
    fn advance_char(&mut self) {
        let w = width(self.byte(0));
        self.pos += w;
        self.continuations += w - 1;
    }

    /// Moves over the line break that stands here, if one does. A break counts as one character, CR LF as two.
    fn skip_break(&mut self) {
        let len = break_len(self.bytes, self.pos);
        if len == 0 {
            return;
        }
        if self.byte(0) >= 0x80 {
            self.continuations += len - 1;
        }
        self.pos += len;
        self.line += 1;
        self.line_index = self.pos - self.continuations;
    }

    fn skip_bom(&mut self) {
        if self.byte(0) == 0xEF && self.byte(1) == 0xBB && self.byte(2) == 0xBF {
            self.pos += 3;
            self.continuations += 2;
            self.line_index = self.pos - self.continuations;
        }
    }

    fn skip_blanks(&mut self) {
        while is_blank(self.byte(0)) {
            self.advance();
        }
    }

    fn skip_comment(&mut self) {
        if self.byte(0) != b'#' {
            return;
        }
        let (pos, ascii) = self.end_of_text(self.pos);
        self.advance_to(pos, ascii);
    }

    /// Where the line that holds `from` ends, without its break, and whether it is ASCII from there.
    fn end_of_text(&self, from: usize) -> (usize, bool) {
        let rest = self.bytes.get(from..).unwrap_or_default();
        let line = memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
        if rest.get(..line).unwrap_or_default().is_ascii() {
            return (from + line, true);
        }
        let end = (from..from + line).find(|i| at(self.bytes, *i) >= 0x80 && break_len(self.bytes, *i) > 0);
        (end.unwrap_or(from + line), false)
    }

    /// Whether `---` or `...` stands here, at the start of a line.
    fn at_document_indicator(&self) -> bool {
        let first = self.byte(0);
        (first == b'-' || first == b'.')
            && self.byte(1) == first
            && self.byte(2) == first
            && self.column() == 0
            && is_blankz(self.bytes, self.pos + 3)
    }

    /// Reads one more token (with those that indentation puts before it) into the queue.
    fn fetch(&mut self) -> Result<()> {
        self.skip_to_token();
        let column = self.column();
        self.unroll(isize::try_from(column).unwrap_or(isize::MAX));
        if self.pos >= self.bytes.len() {
            return self.fetch_end();
        }
        let byte = self.byte(0);
        if column == 0 {
            if byte == b'%' {
                return self.fetch_directive();
            }
            if self.at_document_indicator() {
                let kind = if byte == b'-' { Kind::DocumentStart } else { Kind::DocumentEnd };
                self.reset_line_state()?;
                self.push(kind, 3);
                return Ok(());
            }
        }
        let flow = self.flow_level > 0;
        match byte {
            b'[' => self.open_flow(Kind::FlowSequenceStart),
            b'{' => self.open_flow(Kind::FlowMappingStart),
            b']' => self.close_flow(Kind::FlowSequenceEnd),
            b'}' => self.close_flow(Kind::FlowMappingEnd),
            b',' => {
                self.drop_key()?;
                self.key_allowed = true;
                self.push(Kind::FlowEntry, 1);
                Ok(())
            }
            b'-' if is_blankz(self.bytes, self.pos + 1) => self.fetch_block_entry(),
            b'?' if flow || is_blankz(self.bytes, self.pos + 1) => self.fetch_key(),
            b':' if flow || is_blankz(self.bytes, self.pos + 1) => self.fetch_value(),
            b'*' | b'&' => {
                self.save_key()?;
                self.key_allowed = false;
                self.scan_anchor()
            }
            b'!' => {
                self.save_key()?;
                self.key_allowed = false;
                self.scan_tag()
            }
            b'|' | b'>' if !flow => {
                self.drop_key()?;
                self.key_allowed = true;
                self.scan_block_scalar(byte == b'|')
            }
            b'\'' | b'"' => {
                self.save_key()?;
                self.key_allowed = false;
                self.scan_quoted(byte == b'\'')
            }
            // A `-` here isn't followed by a blank, nor a `?` or `:` in block context.
            b'#' | b'|' | b'>' | b'%' | b'@' | b'`' | b'\t' => Err(self.cannot_start()),
            _ => {
                if !flow && self.key_allowed && self.scan_simple_key(column)? {
                    return Ok(());
                }
                self.save_key()?;
                self.key_allowed = false;
                self.scan_plain()
            }
        }
    }

    fn cannot_start(&self) -> Box<Problem> {
        let found = self.text.get(self.pos..).and_then(|t| t.chars().next()).unwrap_or(' ');
        let end = self.pos + found.len_utf8();
        let problem = match found {
            '\t' => Problem::new(self.pos, end, "found a tab where only spaces may indent")
                .hint("indent with spaces; YAML allows no tabs there"),
            '%' => Problem::new(self.pos, end, "a value can't start with `%`")
                .hint("quote the text; if this is a template, YAML is read only after templates are rendered"),
            _ => Problem::new(self.pos, end, format!("a value can't start with `{found}`")).hint("quote the text"),
        };
        Box::new(problem.scanner_says("found character that cannot start any token"))
    }

    fn skip_to_token(&mut self) {
        loop {
            if self.pos == self.first_line {
                self.skip_bom();
            }
            while self.byte(0) == b' ' || (self.flow_level > 0 || !self.key_allowed) && self.byte(0) == b'\t' {
                self.advance();
            }
            self.skip_comment();
            if break_len(self.bytes, self.pos) == 0 {
                return;
            }
            self.skip_break();
            if self.flow_level == 0 {
                self.key_allowed = true;
            }
        }
    }

    fn push(&mut self, kind: Kind<'a>, len: usize) {
        self.queue.push_back(Token { kind, start: self.pos, end: self.pos + len });
        self.pos += len;
    }

    fn push_from(&mut self, kind: Kind<'a>, start: usize, end: usize) {
        self.queue.push_back(Token { kind, start, end });
    }

    /// The number that the next token put at the queue's end will have.
    fn next_number(&self) -> usize {
        self.given + self.queue.len()
    }

    fn save_key(&mut self) -> Result<()> {
        if !self.key_allowed {
            return Ok(());
        }
        let required = self.flow_level == 0 && usize::try_from(self.indent) == Ok(self.column());
        let key = SimpleKey { possible: true, required, tracked: true, token: self.next_number(), mark: self.mark() };
        self.drop_key()?;
        if let Some(top) = self.keys.last_mut() {
            *top = key;
        }
        Ok(())
    }

    fn drop_key(&mut self) -> Result<()> {
        let top = self.keys.len() - 1;
        let Some(key) = self.keys.get_mut(top) else { return Ok(()) };
        if key.possible && key.required {
            return Err(self.missing_colon(top));
        }
        key.possible = false;
        Ok(())
    }

    /// Opens a block collection if the column is deeper than the current one. `number` says before which token.
    fn roll(&mut self, mark: Mark, number: Option<usize>, kind: Kind<'a>) -> Result<()> {
        let column = isize::try_from(mark.column).unwrap_or(isize::MAX);
        if self.flow_level > 0 || self.indent >= column {
            return Ok(());
        }
        self.indents.push(self.indent);
        self.indent = column;
        if self.indents.len() > MAX_NESTING {
            return Err(Box::new(too_deep(mark.pos)));
        }
        let token = Token { kind, start: mark.pos, end: mark.pos };
        self.insert(number, token);
        Ok(())
    }

    /// Puts a token before the one of that number, or at the end if that has been given out.
    fn insert(&mut self, number: Option<usize>, token: Token<'a>) {
        match number.and_then(|n| n.checked_sub(self.given)).filter(|i| *i <= self.queue.len()) {
            Some(i) => self.queue.insert(i, token),
            None => self.queue.push_back(token),
        }
    }

    /// Closes the block collections deeper than the column.
    fn unroll(&mut self, column: isize) {
        if self.flow_level > 0 {
            return;
        }
        while self.indent > column {
            self.queue.push_back(Token { kind: Kind::BlockEnd, start: self.pos, end: self.pos });
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }

    fn reset_line_state(&mut self) -> Result<()> {
        self.unroll(-1);
        self.drop_key()?;
        self.key_allowed = false;
        Ok(())
    }

    fn fetch_end(&mut self) -> Result<()> {
        if self.column() != 0 {
            self.line += 1;
            self.line_index = self.pos - self.continuations;
        }
        self.reset_line_state()?;
        self.push(Kind::StreamEnd, 0);
        self.ended = true;
        Ok(())
    }

    fn open_flow(&mut self, kind: Kind<'a>) -> Result<()> {
        self.save_key()?;
        self.keys.push(SimpleKey { token: self.next_number(), mark: self.mark(), ..SimpleKey::default() });
        self.flow_level += 1;
        if self.flow_level > MAX_NESTING {
            return Err(Box::new(too_deep(self.pos)));
        }
        self.key_allowed = true;
        self.push(kind, 1);
        Ok(())
    }

    fn close_flow(&mut self, kind: Kind<'a>) -> Result<()> {
        self.drop_key()?;
        if self.flow_level > 0 {
            self.flow_level -= 1;
            let inner = self.keys.pop();
            if let (Some(inner), Some(outer)) = (inner, self.keys.last_mut())
                && inner.token == outer.token
            {
                outer.tracked = false;
            }
        }
        self.key_allowed = false;
        self.push(kind, 1);
        Ok(())
    }

    fn fetch_block_entry(&mut self) -> Result<()> {
        if self.flow_level == 0 {
            if !self.key_allowed {
                return Err(Box::new(
                    Problem::new(self.pos, self.pos + 1, "a list item can't start here")
                        .scanner_says("block sequence entries are not allowed in this context")
                        .hint("put `- ` on a line of its own, indented below the key"),
                ));
            }
            self.roll(self.mark(), None, Kind::BlockSequenceStart)?;
        }
        self.drop_key()?;
        self.key_allowed = true;
        self.push(Kind::BlockEntry, 1);
        Ok(())
    }

    fn fetch_key(&mut self) -> Result<()> {
        if self.flow_level == 0 {
            if !self.key_allowed {
                return Err(Box::new(
                    Problem::new(self.pos, self.pos + 1, "a `?` key can't start here")
                        .scanner_says("mapping keys are not allowed in this context")
                        .hint("quote the text if the `?` belongs to it"),
                ));
            }
            self.roll(self.mark(), None, Kind::BlockMappingStart)?;
        }
        self.drop_key()?;
        self.key_allowed = self.flow_level == 0;
        self.push(Kind::Key, 1);
        Ok(())
    }

    fn fetch_value(&mut self) -> Result<()> {
        let top = self.keys.len() - 1;
        if self.key_is_valid(top)? {
            let Some(key) = self.keys.get_mut(top) else { return Ok(()) };
            key.possible = false;
            let key = *key;
            let token = Token { kind: Kind::Key, start: key.mark.pos, end: key.mark.pos };
            self.insert(Some(key.token), token);
            self.roll(key.mark, Some(key.token), Kind::BlockMappingStart)?;
            self.key_allowed = false;
        } else {
            if self.flow_level == 0 {
                if !self.key_allowed {
                    return Err(Box::new(
                        Problem::new(self.pos, self.pos + 1, "a second `: ` can't stand in one line's value")
                            .scanner_says("mapping values are not allowed in this context")
                            .hint("quote the value if the colon belongs to it, or check the indentation"),
                    ));
                }
                self.roll(self.mark(), None, Kind::BlockMappingStart)?;
            }
            self.key_allowed = self.flow_level == 0;
        }
        self.push(Kind::Value, 1);
        Ok(())
    }

    /// The rest of a line may hold blanks and a comment only.
    fn end_of_line(&mut self, start: usize, what: &str) -> Result<()> {
        self.skip_blanks();
        self.skip_comment();
        if !is_breakz(self.bytes, self.pos) {
            let message = format!("expected the end of the line after {what}");
            let problem = Problem::new(self.pos, self.pos + width(self.byte(0)), message).context(start);
            return Err(Box::new(problem.scanner_says("did not find expected comment or line break")));
        }
        self.skip_break();
        Ok(())
    }
}

fn too_deep(at: usize) -> Problem {
    Problem::limit(at, "collections nest deeper than can be read").scanner_says("exceeded max depth of 10000")
}
