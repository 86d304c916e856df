//! Styled values to bytes, as go-yaml v3's encoder writes its nodes (encode.go, emitterc.go): with an indentation of 2, lists
//! not indented below their key, no folding.

use super::super::chars::{at, break_len, is_blank, width};
use super::super::emit::{escape, is_printable};
use super::{Comments, Form, Shape, Styled, tag_of};

/// Writes a value: as a document with the comments around it, or by itself.
pub(super) fn write(root: &Styled, around: Option<&Comments>) -> String {
    let mut writer = Writer::default();
    if let Some(comments) = around {
        writer.hear(&Comments { foot: Default::default(), ..comments.clone() }, "");
        if !writer.pending.head.is_empty() {
            writer.head();
            writer.line_break();
        }
    }
    writer.root(root);
    if let Some(comments) = around {
        writer.hear(&Comments { foot: comments.foot.clone(), ..Comments::default() }, "");
    }
    writer.foot_indent = Some(0);
    writer.foot();
    writer.foot_indent = None;
    writer.indent();
    writer.out
}

/// Where a node stands.
#[derive(Clone, Copy, Default, PartialEq)]
struct Place {
    /// As a mapping's key or value.
    mapping: bool,
    /// As a key on one line.
    key: bool,
    /// As an item of a block sequence.
    item: bool,
}

/// libyaml's state, with what go-yaml added for comments.
struct Writer {
    out: String,
    column: usize,
    indent: isize,
    whitespace: bool,
    indention: bool,
    flow_level: usize,
    /// Comments that wait for their place.
    pending: Comments,
    tail: String,
    /// The comment on a key's line, which comes behind the colon.
    key_line: String,
    /// The indentation at which a foot comment ended: an empty line follows it there.
    foot_indent: Option<isize>,
}

impl Default for Writer {
    fn default() -> Self {
        Self {
            out: String::new(),
            column: 0,
            indent: -1,
            whitespace: true,
            indention: true,
            flow_level: 0,
            pending: Comments::default(),
            tail: String::new(),
            key_line: String::new(),
            foot_indent: None,
        }
    }
}

/// How a text may be written.
struct Allowed {
    multiline: bool,
    flow_plain: bool,
    block_plain: bool,
    single: bool,
    block: bool,
}

impl Writer {
    /// Remembers the comments of an event.
    fn hear(&mut self, comments: &Comments, tail: &str) {
        for (pending, new) in [
            (&mut self.pending.head, &comments.head),
            (&mut self.pending.line, &comments.line),
            (&mut self.pending.foot, &comments.foot),
        ] {
            if !new.is_empty() {
                pending.clone_from(new);
            }
        }
        if !tail.is_empty() {
            tail.clone_into(&mut self.tail);
        }
    }

    fn root(&mut self, node: &Styled) {
        self.start(node, "");
        self.head();
        self.node(node, Place::default());
        self.after(node);
    }

    /// Writes the comments behind a node; a collection has done so itself.
    fn after(&mut self, node: &Styled) {
        if !matches!(node.shape, Shape::Seq(..) | Shape::Map(..)) {
            self.line_comment();
            self.foot();
        }
    }

    /// Hears the comments with which a node starts.
    fn start(&mut self, node: &Styled, tail: &str) {
        let none = Comments::default();
        let comments = node.comments.as_deref().unwrap_or(&none);
        match &node.shape {
            Shape::Seq(..) | Shape::Map(..) => {
                self.hear(&Comments { head: comments.head.clone(), ..Comments::default() }, tail);
            }
            _ => self.hear(comments, tail),
        }
    }

    /// Hears those with which a collection ends.
    fn end(&mut self, node: &Styled, tail: &str) {
        if let Some(comments) = node.comments.as_deref() {
            self.hear(&Comments { head: Default::default(), ..comments.clone() }, tail);
        } else {
            self.hear(&Comments::default(), tail);
        }
    }

    fn node(&mut self, node: &Styled, place: Place) {
        match &node.shape {
            Shape::Nothing => self.scalar("null", Form::Plain, "", place),
            Shape::Alias(name) => self.anchor("*", name),
            Shape::Scalar(text, form) => {
                if let Some(anchor) = &node.anchor {
                    self.anchor("&", anchor);
                }
                let (tag, form) = dressed(node, text, *form);
                self.scalar(text, form, tag, place);
            }
            Shape::Seq(items, flow) => {
                self.properties(node, "!!seq");
                if self.flow_level > 0 || *flow || items.is_empty() {
                    self.flow_seq(node, items, place);
                } else {
                    self.block_seq(node, items, place);
                }
            }
            Shape::Map(entries, flow) => {
                self.properties(node, "!!map");
                if self.flow_level > 0 || *flow || entries.is_empty() {
                    self.flow_map(node, entries, place);
                } else {
                    self.block_map(node, entries, place);
                }
            }
        }
    }

    fn properties(&mut self, node: &Styled, implied: &str) {
        if let Some(anchor) = &node.anchor {
            self.anchor("&", anchor);
        }
        if !node.tag.is_empty() && (node.tagged || node.tag != implied) {
            self.tag(&node.tag);
        }
    }

    fn anchor(&mut self, sign: &str, name: &str) {
        self.indicator(sign, true, false, false);
        self.put(name);
        (self.whitespace, self.indention) = (false, false);
    }

    fn tag(&mut self, tag: &str) {
        match tag.strip_prefix('!') {
            Some(_) => {
                self.space();
                self.put(tag);
            }
            None => {
                self.indicator("!<", true, false, false);
                self.put(tag);
                self.put(">");
            }
        }
        (self.whitespace, self.indention) = (false, false);
    }

    /// Indents what follows, and gives back the indentation before.
    fn deeper(&mut self, flow: bool, place: Place, compact: bool) -> isize {
        let before = self.indent;
        self.indent = match before {
            ..0 => {
                if flow {
                    2
                } else {
                    0
                }
            }
            _ if place.item => before + 2,
            _ if compact => before,
            _ => 2 * ((before + 2) / 2),
        };
        before
    }

    fn block_seq(&mut self, node: &Styled, items: &[Styled], place: Place) {
        let compact = place.mapping && (self.column == 0 || !self.indention);
        let before = self.deeper(false, place, compact);
        for item in items {
            self.start(item, "");
            self.head();
            self.indent();
            self.indicator("-", true, false, true);
            self.node(item, Place { item: true, ..Place::default() });
            self.after(item);
        }
        self.end(node, "");
        self.indent = before;
    }

    fn block_map(&mut self, node: &Styled, entries: &[(Styled, Styled)], place: Place) {
        let before = self.deeper(false, place, false);
        let mut tail = String::new();
        for (key, value) in entries {
            tail = self.start_key(key, &tail);
            self.head();
            self.indent();
            if !self.pending.line.is_empty() {
                self.key_line = std::mem::take(&mut self.pending.line).into();
            }
            let simple = self.is_simple_key(key);
            if simple {
                self.node(key, Place { mapping: true, key: true, ..Place::default() });
                self.start(value, "");
                self.indicator(":", false, false, false);
            } else {
                self.indicator("?", true, false, true);
                self.node(key, Place { mapping: true, ..Place::default() });
                self.start(value, "");
                self.indent();
                self.indicator(":", true, false, true);
            }
            if !self.key_line.is_empty() {
                match &value.shape {
                    Shape::Scalar(..) | Shape::Nothing if self.pending.line.is_empty() => {
                        self.pending.line = std::mem::take(&mut self.key_line).into();
                    }
                    Shape::Seq(_, false) | Shape::Map(_, false) => {
                        let line = std::mem::take(&mut self.key_line);
                        let kept = std::mem::replace(&mut self.pending.line, line.into());
                        self.line_comment();
                        self.pending.line = kept;
                    }
                    _ => {}
                }
            }
            self.node(value, Place { mapping: true, ..Place::default() });
            self.after(value);
        }
        self.end(node, &tail);
        self.head();
        self.indent = before;
    }

    /// Hears the comments of a key, but for the one below it, which goes before the next key and is given back.
    fn start_key(&mut self, key: &Styled, tail: &str) -> String {
        match key.comments.as_deref().filter(|comments| !comments.foot.is_empty()) {
            None => {
                self.start(key, tail);
                String::new()
            }
            Some(comments) => {
                let without = Comments { foot: Default::default(), ..comments.clone() };
                self.start(&Styled { comments: Some(Box::new(without)), ..key.clone() }, tail);
                comments.foot.to_string()
            }
        }
    }

    fn flow_seq(&mut self, node: &Styled, items: &[Styled], place: Place) {
        self.indicator("[", true, true, false);
        let before = self.deeper(true, place, false);
        self.flow_level += 1;
        let mut comma = false;
        for item in items {
            self.start(item, "");
            if comma {
                self.indicator(",", false, false, false);
            }
            self.head();
            if self.column == 0 {
                self.indent();
            }
            let trailed = self.has_trailing_comment();
            self.node(item, Place::default());
            if trailed {
                self.indicator(",", false, false, false);
            }
            self.after(item);
            comma = !trailed;
        }
        self.end(node, "");
        self.flow_level -= 1;
        self.indent = before;
        if self.column == 0 {
            self.indent();
        }
        self.indicator("]", false, false, false);
        self.line_comment();
        self.foot();
    }

    fn flow_map(&mut self, node: &Styled, entries: &[(Styled, Styled)], place: Place) {
        self.indicator("{", true, true, false);
        let before = self.deeper(true, place, false);
        self.flow_level += 1;
        let mut comma = false;
        let mut tail = String::new();
        for (key, value) in entries {
            tail = self.start_key(key, &tail);
            if comma {
                self.indicator(",", false, false, false);
            }
            self.head();
            if self.column == 0 {
                self.indent();
            }
            if self.is_simple_key(key) {
                self.node(key, Place { mapping: true, key: true, ..Place::default() });
                self.start(value, "");
                self.indicator(":", false, false, false);
            } else {
                self.indicator("?", true, false, false);
                self.node(key, Place { mapping: true, ..Place::default() });
                self.start(value, "");
                self.indicator(":", true, false, false);
            }
            let trailed = self.has_trailing_comment();
            self.node(value, Place { mapping: true, ..Place::default() });
            if trailed {
                self.indicator(",", false, false, false);
            }
            self.after(value);
            comma = !trailed;
        }
        self.end(node, &tail);
        if comma && !(self.pending.head.is_empty() && self.pending.foot.is_empty() && self.tail.is_empty()) {
            self.indicator(",", false, false, false);
        }
        self.head();
        self.flow_level -= 1;
        self.indent = before;
        self.indicator("}", false, false, false);
        self.line_comment();
        self.foot();
    }

    fn has_trailing_comment(&self) -> bool {
        !(self.pending.line.is_empty() && self.pending.foot.is_empty() && self.tail.is_empty())
    }

    fn is_simple_key(&self, key: &Styled) -> bool {
        let anchor = key.anchor.as_ref().map_or(0, |a| a.len());
        let length = match &key.shape {
            Shape::Nothing => 4,
            Shape::Alias(name) => name.len(),
            Shape::Scalar(text, form) => {
                if Allowed::of(text).multiline {
                    return false;
                }
                anchor + text.len() + dressed(key, text, *form).0.len()
            }
            Shape::Seq(items, _) => {
                if !items.is_empty() {
                    return false;
                }
                anchor
            }
            Shape::Map(entries, _) => {
                if !entries.is_empty() {
                    return false;
                }
                anchor
            }
        };
        length <= 128
    }

    fn scalar(&mut self, text: &str, form: Form, tag: &str, place: Place) {
        let allowed = Allowed::of(text);
        let mut form = if place.key && allowed.multiline { Form::Double } else { form };
        if form == Form::Plain {
            let plain = if self.flow_level > 0 { allowed.flow_plain } else { allowed.block_plain };
            if !plain || text.is_empty() && (self.flow_level > 0 || place.key) {
                form = Form::Single;
            }
        }
        if form == Form::Single && !allowed.single {
            form = Form::Double;
        }
        if matches!(form, Form::Literal | Form::Folded) && (!allowed.block || self.flow_level > 0 || place.key) {
            form = Form::Double;
        }
        if !tag.is_empty() {
            self.tag(tag);
        }
        let before = self.deeper(true, place, false);
        match form {
            Form::Plain => self.plain(text),
            Form::Single => {
                self.indicator("'", true, false, false);
                self.folded(text, true);
                self.indicator("'", false, false, false);
            }
            Form::Double => self.double(text),
            Form::Literal => self.block("|", text),
            Form::Folded => self.block(">", text),
        }
        self.indent = before;
    }

    fn plain(&mut self, text: &str) {
        if !text.is_empty() {
            self.space();
        }
        self.folded(text, false);
        if !text.is_empty() {
            self.whitespace = false;
        }
        self.indention = false;
    }

    /// The lines of a plain or single-quoted scalar.
    fn folded(&mut self, text: &str, quoted: bool) {
        let bytes = text.as_bytes();
        let mut breaks = false;
        for (i, c) in text.char_indices() {
            if break_len(bytes, i) > 0 && c != ' ' {
                if !breaks && c == '\n' {
                    self.line_break();
                }
                self.break_char(c);
                breaks = true;
                continue;
            }
            if c != ' ' {
                if breaks {
                    self.indent();
                }
                if quoted && c == '\'' {
                    self.put("'");
                }
                self.indention = false;
                breaks = false;
            }
            self.put_char(c);
        }
    }

    fn double(&mut self, text: &str) {
        self.indicator("\"", true, false, false);
        let bytes = text.as_bytes();
        // libyaml looks for a byte order mark at the start of the string, whichever character it is at.
        let all = text.starts_with('\u{FEFF}');
        for (i, c) in text.char_indices() {
            if all || c == '"' || c == '\\' || !is_printable(bytes, i) || break_len(bytes, i) > 0 {
                self.put(&escape(c));
            } else {
                self.put_char(c);
            }
        }
        self.indicator("\"", false, false, false);
    }

    /// A block scalar.
    fn block(&mut self, sign: &str, text: &str) {
        let bytes = text.as_bytes();
        self.indicator(sign, true, false, false);
        if at(bytes, 0) == b' ' || break_len(bytes, 0) > 0 {
            self.indicator("2", false, false, false);
        }
        let mut last = text.chars().rev().map(|c| matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}'));
        match (last.next(), last.next()) {
            (Some(true), Some(true) | None) => self.indicator("+", false, false, false),
            (Some(true), _) => {}
            _ => self.indicator("-", false, false, false),
        }
        if self.pending.line.is_empty() {
            self.line_break();
        } else {
            self.line_comment();
        }
        self.whitespace = true;
        let (mut breaks, mut leading_spaces) = (true, true);
        for (i, c) in text.char_indices() {
            if break_len(bytes, i) > 0 {
                if sign == ">" && !breaks && !leading_spaces && c == '\n' {
                    // Looks, as go-yaml does, at the start of the text and not at what follows.
                    let k = text.find(|c: char| !matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}'));
                    if k.is_some_and(|k| !is_blank(at(bytes, k))) {
                        self.line_break();
                    }
                }
                self.break_char(c);
                breaks = true;
                continue;
            }
            if breaks {
                self.indent();
                leading_spaces = is_blank(at(bytes, i));
            }
            self.put_char(c);
            self.indention = false;
            breaks = false;
        }
    }

    fn head(&mut self) {
        if !self.tail.is_empty() {
            self.indent();
            let tail = std::mem::take(&mut self.tail);
            self.comment(&tail);
            self.foot_indent = Some(self.indent.max(0));
        }
        if !self.pending.head.is_empty() {
            self.indent();
            let head = std::mem::take(&mut self.pending.head);
            self.comment(&head);
        }
    }

    fn line_comment(&mut self) {
        if !self.pending.line.is_empty() {
            self.space();
            let line = std::mem::take(&mut self.pending.line);
            self.comment(&line);
        }
    }

    fn foot(&mut self) {
        if !self.pending.foot.is_empty() {
            self.indent();
            let foot = std::mem::take(&mut self.pending.foot);
            self.comment(&foot);
            self.foot_indent = Some(self.indent.max(0));
        }
    }

    fn comment(&mut self, text: &str) {
        let bytes = text.as_bytes();
        let (mut breaks, mut pound) = (false, false);
        for (i, c) in text.char_indices() {
            if break_len(bytes, i) > 0 {
                self.break_char(c);
                (breaks, pound) = (true, false);
                continue;
            }
            if breaks {
                self.indent();
            }
            if !pound {
                if c != '#' {
                    self.put("# ");
                }
                pound = true;
            }
            self.put_char(c);
            self.indention = false;
            breaks = false;
        }
        if !breaks {
            self.line_break();
        }
        self.whitespace = true;
    }

    fn put(&mut self, text: &str) {
        self.out.push_str(text);
        self.column += text.chars().count();
    }

    fn put_char(&mut self, c: char) {
        self.out.push(c);
        self.column += 1;
    }

    fn line_break(&mut self) {
        self.out.push('\n');
        self.column = 0;
        self.indention = true;
    }

    /// A break of a text: those that aren't `\n` stay what they are.
    fn break_char(&mut self, c: char) {
        if c == '\n' {
            self.line_break();
        } else {
            self.out.push(c);
            self.column = 0;
            self.indention = true;
        }
    }

    fn space(&mut self) {
        if !self.whitespace {
            self.put(" ");
        }
    }

    fn indent(&mut self) {
        let indent = self.indent.max(0);
        let columns = usize::try_from(indent).unwrap_or_default();
        if !self.indention || self.column > columns || self.column == columns && !self.whitespace {
            self.line_break();
        }
        if self.foot_indent == Some(indent) {
            self.line_break();
        }
        while self.column < columns {
            self.put(" ");
        }
        self.whitespace = true;
        self.foot_indent = None;
    }

    fn indicator(&mut self, text: &str, needs_space: bool, is_whitespace: bool, is_indention: bool) {
        if needs_space {
            self.space();
        }
        self.put(text);
        self.whitespace = is_whitespace;
        self.indention &= is_indention;
    }
}

/// The tag that has to be written for a scalar to keep its type, and its form.
fn dressed<'a>(node: &'a Styled, text: &str, form: Form) -> (&'a str, Form) {
    let mut tag = node.tag.as_str();
    let mut quoted = false;
    if !tag.is_empty() && !node.tagged {
        if tag == "!!str" && form != Form::Plain {
            tag = "";
        } else {
            let by_text = tag_of(text);
            quoted = tag == "!!str" && by_text != "!!str";
            if quoted || by_text == tag {
                tag = "";
            }
        }
    }
    let form = match form {
        Form::Plain if text.contains('\n') => Form::Literal,
        Form::Plain if quoted => Form::Double,
        form => form,
    };
    (tag, form)
}

impl Allowed {
    fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let Some(&first) = bytes.first() else {
            return Self { multiline: false, flow_plain: false, block_plain: true, single: true, block: false };
        };
        let document = bytes.starts_with(b"---") || bytes.starts_with(b"...");
        let (mut block_indicators, mut flow_indicators) = (document, document);
        let (mut breaks, mut special, mut tab) = (false, false, false);
        let (mut break_space, mut space_break) = (false, false);
        let (mut after_space, mut after_break, mut after_blank) = (false, false, true);
        let (mut edge, mut last_space) = (first == b' ' || break_len(bytes, 0) > 0, false);
        let mut i = 0;
        while let Some(&byte) = bytes.get(i) {
            let next = i + width(byte);
            let followed = next >= bytes.len() || is_blank(at(bytes, next));
            match byte {
                b'#' | b',' | b'[' | b']' | b'{' | b'}' | b'&' | b'*' | b'!' | b'|' | b'>' | b'\'' | b'"' | b'%'
                | b'@' | b'`'
                    if i == 0 =>
                {
                    (flow_indicators, block_indicators) = (true, true);
                }
                b'?' | b':' if i == 0 => {
                    flow_indicators = true;
                    block_indicators |= followed;
                }
                b'-' if i == 0 && followed => (flow_indicators, block_indicators) = (true, true),
                _ if i == 0 => {}
                b',' | b'?' | b'[' | b']' | b'{' | b'}' => flow_indicators = true,
                b':' => {
                    flow_indicators = true;
                    block_indicators |= followed;
                }
                b'#' if after_blank => (flow_indicators, block_indicators) = (true, true),
                _ => {}
            }
            let line_break = break_len(bytes, i) > 0;
            if byte == b'\t' {
                tab = true;
            } else if !is_printable(bytes, i) {
                special = true;
            }
            if byte == b' ' {
                break_space |= after_break;
                last_space = next == bytes.len();
                edge |= last_space;
            } else if line_break {
                breaks = true;
                space_break |= after_space;
                edge |= next == bytes.len();
            }
            after_space = byte == b' ';
            after_break = line_break;
            after_blank = is_blank(byte) || line_break;
            i = next;
        }
        let plain = !(edge || breaks || break_space || space_break || tab || special);
        Self {
            multiline: breaks,
            flow_plain: plain && !flow_indicators,
            block_plain: plain && !block_indicators,
            single: !(break_space || space_break || tab || special),
            block: !(last_space || space_break || special),
        }
    }
}
