//! Which comments belong to which event: go-yaml v3's rules (scannerc.go, parserc.go).
//!
//! Comments are found in the gaps between tokens and wait for the token that they belong to. A machine walks the grammar
//! over the tokens, as go-yaml's parser does, and gives each event the comments that have come due by then. What it walks
//! has been read before without a mistake.

use super::super::chars::{at, break_len, is_blank, is_breakz};
use super::super::scan::{Kind, Scanner};
use super::Comments;

/// How many blanks go-yaml looks over for a comment.
const LOOK_AHEAD: usize = 512;

/// The comments of each event of a document, in order; none where there is no comment, or where something unexpected comes.
pub(super) fn of_events(text: &str) -> Option<Vec<Comments>> {
    if !text.contains('#') {
        return None;
    }
    let mut machine = Machine::new(text)?;
    machine.document()?;
    Some(machine.events)
}

/// A place in the text. Columns and lines count from 0, or as go-yaml happens to count.
#[derive(Clone, Copy, Default)]
struct Mark {
    at: isize,
    line: isize,
    column: isize,
}

/// What matters of a token.
#[derive(Clone, Copy, PartialEq, Debug)]
enum What {
    StreamStart,
    StreamEnd,
    Directive,
    DocumentStart,
    DocumentEnd,
    BlockSequence,
    BlockMapping,
    BlockEnd,
    FlowSequence,
    FlowSequenceEnd,
    FlowMapping,
    FlowMappingEnd,
    FlowEntry,
    BlockEntry,
    Key,
    Value,
    Alias,
    Anchor,
    Tag,
    Scalar,
}

#[derive(Clone, Copy)]
struct Token {
    what: What,
    at: isize,
}

/// A token as the scanner gives it.
struct Raw {
    what: What,
    start: usize,
    end: usize,
}

/// A comment on its way.
#[derive(Default)]
struct Pending {
    scanned_from: isize,
    token: isize,
    start: Mark,
    end: isize,
    head: String,
    line: String,
    foot: String,
}

struct Machine<'t> {
    text: &'t str,
    bytes: &'t [u8],
    /// Where lines start.
    lines: Vec<usize>,
    raw: Vec<Raw>,
    next_raw: usize,
    /// How far has been scanned.
    pos: usize,
    indent: isize,
    indents: Vec<isize>,
    flow: usize,
    queue: Vec<Token>,
    head: usize,
    pending: Vec<Pending>,
    first_pending: usize,
    head_comment: String,
    line_comment: String,
    foot_comment: String,
    stem: Option<String>,
    events: Vec<Comments>,
}

impl<'t> Machine<'t> {
    fn new(text: &'t str) -> Option<Self> {
        let mut scanner = Scanner::new(text, 0, text.len(), 3);
        let mut raw = Vec::new();
        // What is wrong behind the first document doesn't matter.
        while let Ok(token) = scanner.next() {
            let what = what(&token.kind);
            raw.push(Raw { what, start: token.start, end: token.end });
            if what == What::StreamEnd {
                break;
            }
        }
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Some(Self {
            text,
            bytes: text.as_bytes(),
            lines: std::iter::once(0).chain(breaks).collect(),
            raw,
            next_raw: 0,
            pos: if text.starts_with('\u{FEFF}') { 3 } else { 0 },
            indent: -1,
            indents: Vec::new(),
            flow: 0,
            queue: vec![Token { what: What::StreamStart, at: 0 }],
            head: 0,
            pending: Vec::new(),
            first_pending: 0,
            head_comment: String::new(),
            line_comment: String::new(),
            foot_comment: String::new(),
            stem: None,
            events: Vec::new(),
        })
    }

    fn mark(&self, at: usize) -> Mark {
        let line = self.lines.partition_point(|start| *start <= at).max(1) - 1;
        let start = self.lines.get(line).copied().unwrap_or_default();
        let column = self.text.get(start..at).map_or(0, |text| text.chars().count());
        Mark { at: signed(at), line: signed(line), column: signed(column) }
    }

    /// How many line breaks, and nothing but blanks besides, stand before a place.
    fn newlines(&self, place: usize) -> isize {
        let before = self.bytes.get(..place).unwrap_or_default();
        let blank = before.iter().rev().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
        signed(blank.filter(|byte| **byte == b'\n').count())
    }

    fn end_of_line(&self, from: usize) -> usize {
        (from..self.bytes.len()).find(|i| is_breakz(self.bytes, *i)).unwrap_or(self.bytes.len())
    }

    // What go-yaml's scanner does.

    /// Takes over the next token of the text, with those that indentation makes before it.
    fn fetch(&mut self) -> Option<()> {
        let from = self.next_raw;
        let real =
            from + self.raw.get(from..)?.iter().position(|raw| raw.start < raw.end || raw.what == What::StreamEnd)?;
        let start = self.raw.get(real)?.start;
        let scanned_from = self.mark(self.pos);
        self.gap(start);
        let place = self.mark(start);
        let what = self.raw.get(real)?.what;
        let is_outer = matches!(what, What::StreamEnd | What::Directive | What::DocumentStart | What::DocumentEnd);
        let ends = self.raw.get(from..real)?.iter().filter(|raw| raw.what == What::BlockEnd).count();
        let ended = self.unroll(place.column, scanned_from.at, ends);
        if is_outer {
            self.unroll(-1, place.at, ends.saturating_sub(ended));
        }
        let mut is_key = false;
        for raw in from..real {
            let what = self.raw.get(raw)?.what;
            match what {
                What::BlockEnd => continue,
                What::BlockSequence | What::BlockMapping => {
                    self.indents.push(self.indent);
                    self.indent = place.column;
                }
                What::Key => is_key = true,
                _ => {}
            }
            self.queue.push(Token { what, at: place.at });
        }
        let last = self.queue.last().map_or(place.at, |token| token.at);
        self.queue.push(Token { what, at: place.at });
        self.next_raw = real + 1;
        let end = self.raw.get(real)?.end;
        match what {
            What::FlowSequence | What::FlowMapping => self.flow += 1,
            What::FlowSequenceEnd | What::FlowMappingEnd => self.flow = self.flow.saturating_sub(1),
            _ => {}
        }
        self.pos = end;
        let first = at(self.bytes, start);
        if what == What::Scalar {
            match first {
                b'|' | b'>' => self.header(start),
                b'"' | b'\'' => {}
                // Reading a plain scalar goes over what is blank behind it.
                _ => self.pos = self.over_blank(end),
            }
        }
        if !is_outer && what != What::BlockEntry {
            let colon = self.flow == 0 && first == b':' || self.flow > 0 && first == b',';
            self.line_comment_after(if colon { last } else { place.at });
        }
        // A key is known as one only when its colon is read.
        if is_key && what != What::Key { self.fetch() } else { Some(()) }
    }

    fn over_blank(&self, from: usize) -> usize {
        let is_text = |byte: &u8| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        let rest = self.bytes.get(from..).unwrap_or_default();
        from + rest.iter().position(is_text).unwrap_or(rest.len())
    }

    /// The comment behind the `|` or `>` of a block scalar.
    fn header(&mut self, start: usize) {
        let end = self.end_of_line(start);
        let header = self.text.get(start..end).unwrap_or_default();
        if let Some(pound) = header.find(" #").or_else(|| header.find("\t#")) {
            let comment = start + pound + 1;
            let line = self.text.get(comment..end).unwrap_or_default().to_owned();
            let (token, start) = (signed(start), self.mark(comment));
            self.pending.push(Pending { token, start, line, ..Pending::default() });
        }
    }

    /// The comment on the line that has been scanned so far.
    fn line_comment_after(&mut self, token: isize) {
        if self.newlines(self.pos) > 0 {
            return;
        }
        let blanks = self.bytes.get(self.pos..).unwrap_or_default().iter().take(LOOK_AHEAD);
        let comment = self.pos + blanks.take_while(|byte| is_blank(**byte)).count();
        if at(self.bytes, comment) != b'#' || comment - self.pos >= LOOK_AHEAD {
            return;
        }
        let end = self.end_of_line(comment);
        let line = self.text.get(comment..end).unwrap_or_default().to_owned();
        let start = self.mark(comment);
        self.pending.push(Pending { token, start, line, ..Pending::default() });
        self.pos = end;
    }

    /// Scans up to the next token.
    fn gap(&mut self, token: usize) {
        let scanned_from = self.mark(self.pos);
        loop {
            while is_blank(at(self.bytes, self.pos)) {
                self.pos += 1;
            }
            self.raise_line_comment();
            if at(self.bytes, self.pos) == b'#' && self.pos < token {
                self.comments(scanned_from);
            }
            let length = break_len(self.bytes, self.pos);
            if length == 0 || self.pos >= self.bytes.len() {
                break;
            }
            let crlf = at(self.bytes, self.pos) == b'\r' && at(self.bytes, self.pos + 1) == b'\n';
            self.pos += if crlf { 2 } else { length };
        }
        self.pos = self.pos.max(token);
    }

    /// A comment behind `- ` that looks like the head of what follows becomes that.
    fn raise_line_comment(&mut self) {
        let [.., first, second] = self.queue.as_slice() else { return };
        let is_first_item = first.what == What::BlockSequence && second.what == What::BlockEntry;
        if !is_first_item || break_len(self.bytes, self.pos) > 0 {
            return;
        }
        let mark = self.mark(self.pos);
        if let Some(comment) = self.pending.last_mut().filter(|comment| !comment.line.is_empty()) {
            comment.head = std::mem::take(&mut comment.line);
            if comment.start.line == mark.line - 1 {
                comment.token = mark.at;
            }
        }
    }

    /// Comments of their own lines, told into those below what stands before and those above what follows.
    fn comments(&mut self, scanned_from: Mark) {
        let mut scanned_from = scanned_from;
        let Some(mut token) = self.queue.last().copied() else { return };
        if token.what == What::FlowEntry
            && let [.., before, _] = self.queue.as_slice()
        {
            token = *before;
        }
        let mark = self.mark(self.pos);
        let newlines = self.newlines(self.pos);
        let next_indent = self.indent.max(0);
        let mut token_at = token.at;
        let mut start = Mark::default();
        let (mut recent_empty, mut first_empty) = (false, newlines <= 1);
        let (mut line, mut column) = (mark.line, mark.column);
        let mut text = String::new();
        let foot_line = match scanned_from.line > 0 {
            true => mark.line - newlines + 1 + isize::from(newlines == 0 && mark.column > 1),
            false => -1,
        };
        let mut peek = 0;
        while peek < LOOK_AHEAD {
            column += 1;
            let place = self.pos + peek;
            let byte = at(self.bytes, place);
            let here = Mark { at: signed(place), line, column };
            peek += 1;
            if is_blank(byte) {
                continue;
            }
            let closes = self.flow > 0 && matches!(byte, b']' | b'}');
            if closes || is_breakz(self.bytes, place) {
                if closes || !recent_empty {
                    let ends_foot = start.line == foot_line && token.what != What::Value;
                    if closes || first_empty && (ends_foot || start.column - 1 < next_indent) {
                        if !text.is_empty() {
                            // What is less indented has nothing to do with the token before.
                            let token = if start.column - 1 < next_indent { start.at } else { token_at };
                            let foot = std::mem::take(&mut text);
                            self.push_foot(scanned_from, token, start, here, foot);
                            (scanned_from, token_at) = (here, here.at);
                        }
                    } else if !text.is_empty() && place < self.bytes.len() {
                        text.push('\n');
                    }
                }
                if break_len(self.bytes, place) == 0 || place >= self.bytes.len() {
                    break;
                }
                (first_empty, recent_empty) = (false, true);
                column = 0;
                line += 1;
                continue;
            }
            if !text.is_empty() && (closes || column - 1 < next_indent && column != start.column) {
                let foot = std::mem::take(&mut text);
                self.push_foot(scanned_from, token_at, start, here, foot);
                (scanned_from, token_at) = (here, here.at);
            }
            if byte != b'#' {
                break;
            }
            if text.is_empty() {
                start = here;
            } else {
                text.push('\n');
            }
            recent_empty = false;
            let end = self.end_of_line(place);
            text.push_str(self.text.get(place..end).unwrap_or_default());
            self.pos = end;
            // The break behind the comment is passed over.
            (peek, column) = (1, 0);
            line = self.mark(end).line;
        }
        if !text.is_empty() {
            self.pending.push(Pending {
                scanned_from: scanned_from.at,
                token: start.at,
                start,
                end: signed(self.pos + peek) - 2,
                head: text,
                ..Pending::default()
            });
        }
    }

    fn push_foot(&mut self, scanned_from: Mark, token: isize, start: Mark, end: Mark, foot: String) {
        self.pending.push(Pending {
            scanned_from: scanned_from.at,
            token,
            start,
            end: end.at,
            foot,
            ..Pending::default()
        });
    }

    /// Ends block collections; how many.
    fn unroll(&mut self, column: isize, scanned_from: isize, at_most: usize) -> usize {
        if self.flow > 0 {
            return 0;
        }
        let mut place = scanned_from - 1;
        let mut count = 0;
        while self.indent > column && count < at_most {
            // An end stands before the comments that are no deeper than what ends.
            let mut stop = place;
            for comment in self.pending.iter().rev() {
                if comment.end < stop {
                    break;
                }
                if comment.start.column == self.indent + 1 {
                    place = comment.start.at;
                }
                stop = comment.scanned_from;
            }
            self.queue.push(Token { what: What::BlockEnd, at: place });
            self.indent = self.indents.pop().unwrap_or(-1);
            count += 1;
        }
        count
    }

    // What go-yaml's parser does.

    /// The next token, with the comments that come due with it.
    fn peek(&mut self) -> Option<Token> {
        while self.head + 2 >= self.queue.len() && self.next_raw < self.raw.len() && self.fetch().is_some() {}
        let token = *self.queue.get(self.head)?;
        while let Some(comment) = self.pending.get_mut(self.first_pending).filter(|comment| comment.token <= token.at) {
            if !comment.head.is_empty() && token.what == What::BlockEnd {
                // Ends have no heads.
                break;
            }
            let comment = std::mem::take(comment);
            self.first_pending += 1;
            for (all, new) in [
                (&mut self.head_comment, &comment.head),
                (&mut self.foot_comment, &comment.foot),
                (&mut self.line_comment, &comment.line),
            ] {
                if !new.is_empty() {
                    if !all.is_empty() {
                        all.push('\n');
                    }
                    all.push_str(new);
                }
            }
        }
        Some(token)
    }

    fn what(&mut self) -> Option<What> {
        self.peek().map(|token| token.what)
    }

    fn skip(&mut self) {
        self.head += 1;
    }

    /// An event that takes all comments that are due.
    fn event(&mut self) {
        let take = |text: &mut String| std::mem::take(text).into();
        self.stem = None;
        let (head, line) = (take(&mut self.head_comment), take(&mut self.line_comment));
        self.events.push(Comments { head, line, foot: take(&mut self.foot_comment) });
    }

    /// An event that takes none.
    fn bare(&mut self) {
        self.events.push(Comments::default());
    }

    /// An event that takes the comments put aside for it.
    fn stemmed(&mut self) {
        let head = self.stem.take().unwrap_or_default().into();
        self.events.push(Comments { head, ..Comments::default() });
    }

    fn document(&mut self) -> Option<()> {
        self.peek()?;
        self.skip();
        let mut what = self.what()?;
        while what == What::DocumentEnd {
            self.skip();
            what = self.what()?;
        }
        if matches!(what, What::Directive | What::DocumentStart) {
            while self.what()? == What::Directive {
                self.skip();
            }
            self.what()?;
            self.bare();
            self.skip();
            match self.what()? {
                What::Directive | What::DocumentStart | What::DocumentEnd | What::StreamEnd => self.bare(),
                _ => self.node(true, false)?,
            }
        } else {
            let head = self.document_head();
            self.events.push(Comments { head: head.into(), ..Comments::default() });
            self.node(true, false)?;
        }
        if self.what()? == What::DocumentEnd {
            self.skip();
        }
        self.event();
        if let Some(comments) = self.events.last_mut()
            && comments.foot.is_empty()
        {
            comments.foot = std::mem::take(&mut comments.head);
        }
        Some(())
    }

    /// What stands above an empty line before the first value belongs to the document.
    fn document_head(&mut self) -> String {
        let text = self.head_comment.as_bytes();
        for i in (1..text.len()).rev() {
            if at(text, i) != b'\n' {
                continue;
            }
            let end = if i == text.len() - 1 {
                i
            } else if at(text, i - 1) == b'\n' {
                i - 1
            } else {
                continue;
            };
            let rest = self.head_comment.split_off(i + 1);
            let mut head = std::mem::replace(&mut self.head_comment, rest);
            head.truncate(end);
            return head;
        }
        String::new()
    }

    fn node(&mut self, block: bool, indentless: bool) -> Option<()> {
        if self.events.len() > self.raw.len() * 2 + 16 {
            return None;
        }
        if self.what()? == What::Alias {
            self.event();
            self.skip();
            return Some(());
        }
        let mut named = false;
        while matches!(self.what()?, What::Anchor | What::Tag) {
            named = true;
            self.skip();
        }
        match self.what()? {
            What::BlockEntry if indentless => {
                self.bare();
                self.indentless_sequence()
            }
            What::Scalar => {
                self.event();
                self.skip();
                Some(())
            }
            What::FlowSequence => {
                self.event();
                self.flow_sequence()
            }
            What::FlowMapping => {
                self.event();
                self.flow_mapping()
            }
            What::BlockSequence if block => {
                self.stemmed();
                self.block_sequence()
            }
            What::BlockMapping if block => {
                self.stemmed();
                self.block_mapping()
            }
            _ if named => {
                self.bare();
                Some(())
            }
            _ => None,
        }
    }

    /// Past a `- `. The comment above it belongs to the collection that starts behind it, if one does.
    fn entry(&mut self) -> Option<What> {
        let stem = self.head_comment.len();
        self.skip();
        let what = self.what()?;
        if stem > 0 && matches!(what, What::BlockSequence | What::BlockMapping) {
            let rest = self.head_comment.split_off(stem);
            let stem = std::mem::replace(&mut self.head_comment, rest.get(1..).unwrap_or_default().to_owned());
            self.stem = Some(stem);
        }
        Some(what)
    }

    fn block_sequence(&mut self) -> Option<()> {
        self.peek()?;
        self.skip();
        loop {
            match self.what()? {
                What::BlockEntry => match self.entry()? {
                    What::BlockEntry | What::BlockEnd => self.bare(),
                    _ => self.node(true, false)?,
                },
                What::BlockEnd => {
                    self.bare();
                    self.skip();
                    return Some(());
                }
                _ => return None,
            }
        }
    }

    fn indentless_sequence(&mut self) -> Option<()> {
        while self.what()? == What::BlockEntry {
            match self.entry()? {
                What::BlockEntry | What::Key | What::Value | What::BlockEnd => self.bare(),
                _ => self.node(true, false)?,
            }
        }
        self.bare();
        Some(())
    }

    fn block_mapping(&mut self) -> Option<()> {
        self.peek()?;
        self.skip();
        loop {
            match self.what()? {
                What::Key => {
                    self.skip();
                    match self.what()? {
                        What::Key | What::Value | What::BlockEnd => self.bare(),
                        _ => self.node(true, true)?,
                    }
                }
                What::BlockEnd => {
                    self.event();
                    self.skip();
                    return Some(());
                }
                _ => return None,
            }
            if self.what()? != What::Value {
                self.bare();
                continue;
            }
            self.skip();
            match self.what()? {
                What::Key | What::Value | What::BlockEnd => self.bare(),
                _ => self.node(true, true)?,
            }
        }
    }

    /// Past a comma, but for the first time; what follows.
    fn next_in_flow(&mut self, first: &mut bool, end: What) -> Option<What> {
        let what = self.what()?;
        if std::mem::replace(first, false) || what == end {
            return Some(what);
        }
        if what != What::FlowEntry {
            return None;
        }
        self.skip();
        self.what()
    }

    fn flow_sequence(&mut self) -> Option<()> {
        self.peek()?;
        self.skip();
        let mut first = true;
        loop {
            match self.next_in_flow(&mut first, What::FlowSequenceEnd)? {
                What::FlowSequenceEnd => break,
                What::Key => {
                    self.bare();
                    self.skip();
                    match self.what()? {
                        What::Value | What::FlowEntry | What::FlowSequenceEnd => {
                            self.skip();
                            self.bare();
                        }
                        _ => self.node(false, false)?,
                    }
                    if self.what()? == What::Value {
                        self.skip();
                        match self.what()? {
                            What::FlowEntry | What::FlowSequenceEnd => self.bare(),
                            _ => self.node(false, false)?,
                        }
                    } else {
                        self.bare();
                    }
                    self.what()?;
                    self.bare();
                }
                _ => self.node(false, false)?,
            }
        }
        self.event();
        self.skip();
        Some(())
    }

    fn flow_mapping(&mut self) -> Option<()> {
        self.peek()?;
        self.skip();
        let mut first = true;
        loop {
            match self.next_in_flow(&mut first, What::FlowMappingEnd)? {
                What::FlowMappingEnd => break,
                What::Key => {
                    self.skip();
                    match self.what()? {
                        What::Value | What::FlowEntry | What::FlowMappingEnd => self.bare(),
                        _ => self.node(false, false)?,
                    }
                    if self.what()? == What::Value {
                        self.skip();
                        match self.what()? {
                            What::FlowEntry | What::FlowMappingEnd => self.bare(),
                            _ => self.node(false, false)?,
                        }
                    } else {
                        self.bare();
                    }
                }
                _ => {
                    self.node(false, false)?;
                    self.what()?;
                    self.bare();
                }
            }
        }
        self.event();
        self.skip();
        Some(())
    }
}

fn signed(number: usize) -> isize {
    isize::try_from(number).unwrap_or(isize::MAX)
}

fn what(kind: &Kind) -> What {
    match kind {
        Kind::StreamEnd => What::StreamEnd,
        Kind::VersionDirective(..) | Kind::TagDirective(_) => What::Directive,
        Kind::DocumentStart => What::DocumentStart,
        Kind::DocumentEnd => What::DocumentEnd,
        Kind::BlockSequenceStart => What::BlockSequence,
        Kind::BlockMappingStart => What::BlockMapping,
        Kind::BlockEnd => What::BlockEnd,
        Kind::FlowSequenceStart => What::FlowSequence,
        Kind::FlowSequenceEnd => What::FlowSequenceEnd,
        Kind::FlowMappingStart => What::FlowMapping,
        Kind::FlowMappingEnd => What::FlowMappingEnd,
        Kind::FlowEntry => What::FlowEntry,
        Kind::BlockEntry => What::BlockEntry,
        Kind::Key | Kind::SimpleKey(_) => What::Key,
        Kind::Value => What::Value,
        Kind::Alias(_) => What::Alias,
        Kind::Anchor(_) => What::Anchor,
        Kind::Tag(_) => What::Tag,
        Kind::Scalar(..) => What::Scalar,
    }
}
