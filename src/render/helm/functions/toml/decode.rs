//! TOML to values, with the errors of BurntSushi/toml for the mistakes that people make.

use std::collections::BTreeMap;
use std::rc::Rc;

use ecow::EcoString;

use super::scalar;
use crate::render::helm::gotemplate::stack;
use crate::render::helm::gotemplate::value::{ListRef, ListType, MapRef, MapType, Tracked, Value};

/// Arrays and tables in each other, and keys with dots.
const MAX_DEPTH: usize = 500;

/// A table that is being read.
#[derive(Default)]
struct Table {
    entries: BTreeMap<EcoString, Item>,
    /// Whether a header or an inline table defined it: dotted keys and longer headers leave that open.
    defined: bool,
    /// Whether nothing may be added: inline tables.
    closed: bool,
}

enum Item {
    Value(Value),
    Table(Table),
    Tables(Vec<Table>),
}

impl Table {
    fn into_value(self) -> Value {
        let entries = self.entries.into_iter().map(|(key, item)| {
            let value = match item {
                Item::Value(value) => value,
                Item::Table(table) => stack::level(|| table.into_value()),
                Item::Tables(tables) => {
                    let items = tables.into_iter().map(|table| stack::level(|| table.into_value()).into()).collect();
                    ListRef::of(ListType::Maps, items).into()
                }
            };
            (key, Tracked::from(value))
        });
        MapRef::of(MapType::Any, entries.collect()).into()
    }

    /// The table behind keys, made where it isn't there; of an array of tables, the last one.
    fn open(&mut self, keys: &[EcoString]) -> Result<&mut Self, String> {
        let mut table = self;
        for key in keys {
            let item = table.entries.entry(key.clone()).or_insert_with(|| Item::Table(Self::default()));
            table = match item {
                Item::Table(inner) if !inner.closed => inner,
                Item::Tables(tables) if !tables.is_empty() => match tables.last_mut() {
                    Some(last) => last,
                    None => return Err(created(key)),
                },
                _ => return Err(created(key)),
            };
        }
        Ok(table)
    }
}

fn created(key: &str) -> String {
    format!("Key '{key}' was already created as a hash.")
}

fn taken(keys: &[EcoString]) -> String {
    format!("Key '{}' has already been defined.", keys.join("."))
}

/// Reads a document; the error is Go's text.
pub fn decode(bytes: &[u8]) -> Result<Value, String> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let at = error.valid_up_to();
            let line = bytes.iter().take(at).filter(|b| **b == b'\n').count() + 1;
            let byte = bytes.get(at).copied().unwrap_or_default();
            return Err(format!("toml: line {line}: invalid UTF-8 byte: {byte:#04x}"));
        }
    };
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let mut reader = Reader { text, at: 0, key: None };
    let mut root = Table::default();
    match reader.document(&mut root) {
        Ok(()) => Ok(root.into_value()),
        Err(error) => {
            let line = text.get(..reader.at).unwrap_or(text).matches('\n').count() + 1;
            let key = reader.key.map(|key| format!(" (last key {})", crate::go::quote(&key.join("."))));
            let key = key.unwrap_or_default();
            Err(format!("toml: line {line}{key}: {error}"))
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// The key whose value is being read.
    key: Option<Rc<[EcoString]>>,
}

type Step<T> = Result<T, String>;

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn eat(&mut self, text: &str) -> bool {
        let found = self.rest().starts_with(text);
        self.at += if found { text.len() } else { 0 };
        found
    }

    fn blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t']).len();
    }

    /// Blanks, comments and line breaks.
    fn gaps(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start_matches([' ', '\t', '\r', '\n']);
            self.at += rest.len() - trimmed.len();
            if !trimmed.starts_with('#') {
                return;
            }
            self.at += trimmed.find('\n').unwrap_or(trimmed.len());
        }
    }

    fn document(&mut self, root: &mut Table) -> Step<()> {
        let mut context: Vec<EcoString> = Vec::new();
        loop {
            self.gaps();
            if self.rest().is_empty() {
                return Ok(());
            }
            if self.eat("[") {
                context = self.header(root)?;
            } else {
                let table = root.open(&context)?;
                self.pair(table, &context, 0)?;
            }
            self.blanks();
            match self.peek() {
                None | Some('\n' | '#') => {}
                Some('\r') if self.rest().starts_with("\r\n") => {}
                Some(c) => {
                    let expected = "expected a top-level item to end with a newline, comment, or EOF";
                    return Err(format!("{expected}, but got {} instead", quoted(c)));
                }
            }
        }
    }

    fn header(&mut self, root: &mut Table) -> Step<Vec<EcoString>> {
        let array = self.eat("[");
        self.blanks();
        if self.rest().starts_with(']') {
            return Err("unexpected end of table name (table names cannot be empty)".to_owned());
        }
        let keys = self.keys()?;
        if !self.eat("]") {
            let found = self.peek().map_or("'\\x00'".to_owned(), quoted);
            return Err(format!("expected '.' or ']' to end table name, but got {found} instead"));
        }
        if array && !self.eat("]") {
            let found = self.peek().map_or("'\\x00'".to_owned(), quoted);
            return Err(format!("expected end of table array name delimiter ']', but got {found} instead"));
        }
        let Some((last, before)) = keys.split_last() else { return Ok(keys) };
        let parent = root.open(before)?;
        if array {
            let item = parent.entries.entry(last.clone()).or_insert_with(|| Item::Tables(Vec::new()));
            let Item::Tables(tables) = item else {
                return Err(format!("Key '{last}' was already created and cannot be used as an array."));
            };
            tables.push(Table { defined: true, ..Table::default() });
        } else {
            let item = parent.entries.entry(last.clone()).or_insert_with(|| Item::Table(Table::default()));
            match item {
                Item::Table(table) if !table.defined && !table.closed => table.defined = true,
                _ => return Err(taken(&keys)),
            }
        }
        Ok(keys)
    }

    /// `a.b = value`.
    fn pair(&mut self, table: &mut Table, context: &[EcoString], depth: usize) -> Step<()> {
        if self.rest().starts_with('=') {
            return Err("unexpected '=': key name appears blank".to_owned());
        }
        let keys = self.keys()?;
        match self.peek() {
            None => return Err("unexpected EOF; expected key separator '='".to_owned()),
            Some('=') => self.at += 1,
            Some(c) => return Err(format!("expected '.' or '=', but got {} instead", quoted(c))),
        }
        let full: Rc<[EcoString]> = context.iter().chain(&keys).cloned().collect();
        self.key = Some(Rc::clone(&full));
        self.blanks();
        let item = stack::level(|| self.item(&full, depth))?;
        let Some((last, before)) = keys.split_last() else { return Ok(()) };
        let table = table.open(before)?;
        if table.entries.contains_key(last) {
            return Err(taken(&full));
        }
        table.entries.insert(last.clone(), item);
        self.key = None;
        Ok(())
    }

    fn keys(&mut self) -> Step<Vec<EcoString>> {
        let mut keys = Vec::new();
        loop {
            self.blanks();
            let rest = self.rest();
            let key = match rest.chars().next() {
                Some('"') => self.basic()?,
                Some('\'') => self.literal()?,
                _ => {
                    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
                    let len = rest.find(|c| !bare(c)).unwrap_or(rest.len());
                    self.at += len;
                    match rest.get(..len).filter(|key| !key.is_empty()) {
                        Some(key) => key.into(),
                        None if rest.is_empty() => return Err("unexpected EOF; expected key".to_owned()),
                        None => {
                            let found = rest.chars().next().map_or_else(String::new, quoted);
                            return Err(format!("expected '.' or '=', but got {found} instead"));
                        }
                    }
                }
            };
            keys.push(key);
            if keys.len() > MAX_DEPTH {
                return Err("arrays and tables nest too deeply".to_owned());
            }
            self.blanks();
            if !self.eat(".") {
                return Ok(keys);
            }
        }
    }

    fn item(&mut self, key: &[EcoString], depth: usize) -> Step<Item> {
        if depth > MAX_DEPTH {
            return Err("arrays and tables nest too deeply".to_owned());
        }
        if self.eat("{") {
            let mut table = Table { defined: true, ..Table::default() };
            self.gaps();
            while !self.eat("}") {
                self.pair(&mut table, key, depth + 1)?;
                self.gaps();
                if self.eat(",") {
                    self.gaps();
                } else if !self.rest().starts_with('}') {
                    let found = self.peek().map_or("end of file".to_owned(), quoted);
                    self.key = Some(self.key.take().unwrap_or_else(|| self.last_of(&table, key)));
                    return Err(format!(
                        "expected a comma or an inline table terminator '}}', but got {found} instead"
                    ));
                }
            }
            close(&mut table);
            return Ok(Item::Table(table));
        }
        self.value(key, depth).map(Item::Value)
    }

    /// The key that was read last in an inline table.
    fn last_of(&self, table: &Table, key: &[EcoString]) -> Rc<[EcoString]> {
        let last = table.entries.keys().next_back().cloned().unwrap_or_default();
        key.iter().chain([&last]).cloned().collect()
    }

    fn value(&mut self, key: &[EcoString], depth: usize) -> Step<Value> {
        let rest = self.rest();
        match rest.chars().next() {
            None | Some('\n' | '\r') => Err("unexpected EOF; expected value".to_owned()),
            Some('"') if rest.starts_with("\"\"\"") => self.multiline('"').map(Value::Str),
            Some('\'') if rest.starts_with("'''") => self.multiline('\'').map(Value::Str),
            Some('"') => self.basic().map(Value::Str),
            Some('\'') => self.literal().map(Value::Str),
            Some('[') => self.array(key, depth),
            Some(c) => {
                let stop = |c: char| matches!(c, ',' | ']' | '}' | '#' | '\n' | '\r' | '\t' | ' ');
                let mut len = rest.find(stop).unwrap_or(rest.len());
                // A space may stand between a date and a time.
                let after = rest.get(len..).unwrap_or_default();
                if len == 10 && after.starts_with(' ') && after.chars().nth(1).is_some_and(|c| c.is_ascii_digit()) {
                    let more = after.get(1..).unwrap_or_default();
                    len += 1 + more.find(stop).unwrap_or(more.len());
                }
                let word = rest.get(..len).unwrap_or_default();
                let value = scalar::read(word, c)?;
                self.at += len;
                Ok(value)
            }
        }
    }

    fn array(&mut self, key: &[EcoString], depth: usize) -> Step<Value> {
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.gaps();
            if self.eat("]") {
                return Ok(ListRef::new(items).into());
            }
            if self.rest().is_empty() {
                return Err("expected a comma (',') or array terminator (']'), but got end of file".to_owned());
            }
            let outer = self.key.clone();
            let value = match stack::level(|| self.item(key, depth + 1))? {
                Item::Value(value) => value,
                Item::Table(table) => table.into_value(),
                Item::Tables(_) => Value::Nil,
            };
            self.key = outer;
            items.push(value.into());
            self.gaps();
            if !self.eat(",") && !self.rest().starts_with(']') {
                let found = self.peek().map_or("end of file".to_owned(), quoted);
                return Err(format!("expected a comma (',') or array terminator (']'), but got {found}"));
            }
        }
    }

    fn literal(&mut self) -> Step<EcoString> {
        let body = self.rest().get(1..).unwrap_or_default();
        match body.find(['\'', '\n']) {
            Some(end) if body.get(end..).is_some_and(|b| b.starts_with('\'')) => {
                self.at += end + 2;
                Ok(body.get(..end).unwrap_or_default().into())
            }
            Some(_) => Err("strings cannot contain newlines".to_owned()),
            None => Err("unexpected EOF; expected \"'\"".to_owned()),
        }
    }

    fn basic(&mut self) -> Step<EcoString> {
        let body = self.rest().get(1..).unwrap_or_default();
        let mut out = EcoString::new();
        let mut chars = body.char_indices();
        while let Some((i, c)) = chars.next() {
            match c {
                '"' => {
                    self.at += i + 2;
                    return Ok(out);
                }
                '\n' => return Err("strings cannot contain newlines".to_owned()),
                '\\' => out.push(escape(&mut chars)?),
                c => out.push(c),
            }
        }
        Err("unexpected EOF; expected '\"'".to_owned())
    }

    fn multiline(&mut self, quote: char) -> Step<EcoString> {
        let body = self.rest().get(3..).unwrap_or_default();
        let start = body.strip_prefix("\r\n").or_else(|| body.strip_prefix('\n')).unwrap_or(body);
        let skipped = body.len() - start.len();
        let mut out = EcoString::new();
        let mut chars = start.char_indices();
        while let Some((i, c)) = chars.next() {
            if c == quote {
                let run = start.get(i..).unwrap_or_default().chars().take_while(|c| *c == quote).count();
                if run >= 3 {
                    // Up to two quotes may stand before those that end the text.
                    let own = (run - 3).min(2);
                    out.extend(std::iter::repeat_n(quote, own));
                    self.at += 3 + skipped + i + own + 3;
                    return Ok(out);
                }
                out.push(c);
            } else if c == '\\' && quote == '"' {
                let rest = chars.as_str();
                if rest.trim_start_matches(|c: char| c != '\n' && c.is_whitespace()).starts_with('\n') {
                    let next = rest.trim_start_matches([' ', '\t', '\r', '\n']);
                    // Each of them is one byte.
                    let skip = rest.len() - next.len();
                    chars.nth(skip.saturating_sub(1));
                } else {
                    out.push(escape(&mut chars)?);
                }
            } else if !(c == '\r' && chars.as_str().starts_with('\n')) {
                out.push(c);
            }
        }
        let ends = if quote == '"' { "'\"\"\"'" } else { "\"'''\"" };
        Err(format!("unexpected EOF; expected {ends}"))
    }
}

/// Nothing can be added to an inline table, nor to what stands in it.
fn close(table: &mut Table) {
    table.closed = true;
    for item in table.entries.values_mut() {
        if let Item::Table(inner) = item {
            close(inner);
        }
    }
}

fn escape(chars: &mut std::str::CharIndices) -> Step<char> {
    let digits = match chars.next().map(|(_, c)| c) {
        Some('b') => return Ok('\u{8}'),
        Some('t') => return Ok('\t'),
        Some('n') => return Ok('\n'),
        Some('f') => return Ok('\u{c}'),
        Some('r') => return Ok('\r'),
        Some('e') => return Ok('\u{1b}'),
        Some('"') => return Ok('"'),
        Some('\\') => return Ok('\\'),
        Some('x') => 2,
        Some('u') => 4,
        Some('U') => 8,
        Some(c) => return Err(format!("invalid escape in string '\\{c}'")),
        None => return Err("unexpected EOF; expected '\"'".to_owned()),
    };
    let hex: String = chars.by_ref().take(digits).map(|(_, c)| c).collect();
    let code = u32::from_str_radix(&hex, 16).ok().filter(|_| hex.len() == digits);
    code.and_then(char::from_u32).ok_or_else(|| format!("Escaped character '\\u{hex}' is not valid UTF-8."))
}

/// `%q` of a character.
fn quoted(c: char) -> String {
    let text = crate::go::quote(&c.to_string());
    match c {
        '\'' => "'\\''".to_owned(),
        '"' => "'\"'".to_owned(),
        _ => format!("'{}'", text.get(1..text.len().saturating_sub(1)).unwrap_or_default()),
    }
}
