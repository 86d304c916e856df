//! JSON to values, with the errors of encoding/json.

use std::collections::HashMap;

use ecow::{EcoString, EcoVec};

use crate::render::helm::gotemplate::value::{ListRef, ListType, MAX_DEPTH, MapRef, MapType, Tracked, Value};
use crate::source::Origin;
use crate::yaml::{self, Entry, Map, Node};

/// What is decoded into.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target {
    /// `interface {}`.
    Any,
    /// `map[string]interface {}`.
    Map,
    /// `[]interface {}`.
    List,
}

/// `json.Unmarshal`: what was decoded, and what went wrong. A syntax error leaves nothing; numbers that no float holds
/// leave the rest.
pub fn decode(bytes: &[u8], target: Target) -> (Value, Option<String>) {
    let empty = || match target {
        Target::Any => Value::Nil,
        Target::Map => Value::Map(MapRef::new()),
        Target::List => Value::List(ListRef::new(Vec::new())),
    };
    let mut reader = Reader { bytes, at: 0, stack: Vec::new(), range: None };
    let node = match reader.read() {
        Ok(node) => node,
        Err(error) => return (empty(), Some(error)),
    };
    if let Some(error) = type_error(&node, target) {
        return (empty(), Some(error));
    }
    if node.is_null() && reader.range.is_some() && target != Target::Any {
        return (empty(), type_error(&Node::made(0.0), target));
    }
    let value = match node.value {
        yaml::Value::Null => match target {
            Target::Any => Value::Nil,
            Target::Map => Value::Map(MapRef::nil(MapType::Any)),
            Target::List => Value::List(ListRef::nil(ListType::Any)),
        },
        yaml::Value::Map(map) => Value::Map(MapRef::frozen(MapType::Any, map, None)),
        _ => Tracked::frozen(&node, &None).value,
    };
    (value, reader.range)
}

/// Why a value of another kind can't be decoded into the target.
pub fn type_error(node: &Node, target: Target) -> Option<String> {
    let found = match (&node.value, target) {
        (_, Target::Any)
        | (yaml::Value::Null, _)
        | (yaml::Value::Map(_), Target::Map)
        | (yaml::Value::Seq(_), Target::List) => return None,
        (yaml::Value::Bool(_), _) => "bool",
        (yaml::Value::Int(_) | yaml::Value::UInt(_) | yaml::Value::Float(_), _) => "number",
        (yaml::Value::Str(_), _) => "string",
        (yaml::Value::Seq(_), _) => "array",
        (yaml::Value::Map(_), _) => "object",
    };
    let go = if target == Target::Map { "map[string]interface {}" } else { "[]interface {}" };
    Some(format!("json: cannot unmarshal {found} into Go value of type {go}"))
}

/// A collection that is being read.
enum Open {
    Seq(EcoVec<Node>),
    /// The entries so far, and the key that waits for its value.
    Map(EcoVec<Entry>, EcoString),
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    stack: Vec<Open>,
    /// The first number that is out of range.
    range: Option<String>,
}

type Step<T> = Result<T, String>;

impl Reader<'_> {
    fn read(&mut self) -> Step<Node> {
        loop {
            let mut done = match self.begin()? {
                Some(node) => node,
                None => continue,
            };
            // Ends of collections, for as long as they follow.
            loop {
                let Some(open) = self.stack.last_mut() else {
                    self.blanks();
                    return match self.bytes.get(self.at) {
                        None => Ok(done),
                        Some(_) => Err(self.unexpected("after top-level value")),
                    };
                };
                let (end, context) = match open {
                    Open::Seq(items) => {
                        items.push(done);
                        (b']', "after array element")
                    }
                    Open::Map(entries, key) => {
                        entries.push(Entry { key: std::mem::take(key), key_origin: Origin::NONE, value: done });
                        (b'}', "after object key:value pair")
                    }
                };
                self.blanks();
                match self.bytes.get(self.at) {
                    Some(b',') => {
                        self.at += 1;
                        if end == b'}' {
                            self.key()?;
                        }
                        break;
                    }
                    Some(found) if *found == end => {
                        self.at += 1;
                        done = self.close();
                    }
                    _ => return Err(self.unexpected(context)),
                }
            }
        }
    }

    /// The start of a value: all of it, unless it is a collection that isn't empty.
    fn begin(&mut self) -> Step<Option<Node>> {
        self.blanks();
        let node = match self.bytes.get(self.at) {
            Some(b'{') => {
                self.open(Open::Map(EcoVec::new(), EcoString::new()))?;
                self.blanks();
                if self.bytes.get(self.at) != Some(&b'}') {
                    self.key()?;
                    return Ok(None);
                }
                self.at += 1;
                self.close()
            }
            Some(b'[') => {
                self.open(Open::Seq(EcoVec::new()))?;
                self.blanks();
                if self.bytes.get(self.at) != Some(&b']') {
                    return Ok(None);
                }
                self.at += 1;
                self.close()
            }
            Some(b'"') => Node::made(yaml::Value::Str(self.string()?)),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b't') => self.word("true", yaml::Value::Bool(true))?,
            Some(b'f') => self.word("false", yaml::Value::Bool(false))?,
            Some(b'n') => self.word("null", yaml::Value::Null)?,
            _ => return Err(self.unexpected("looking for beginning of value")),
        };
        Ok(Some(node))
    }

    fn open(&mut self, open: Open) -> Step<()> {
        self.at += 1;
        if self.stack.len() >= MAX_DEPTH {
            return Err("exceeded max depth".to_owned());
        }
        self.stack.push(open);
        Ok(())
    }

    fn close(&mut self) -> Node {
        Node::made(match self.stack.pop() {
            Some(Open::Seq(items)) => yaml::Value::Seq(items),
            Some(Open::Map(entries, _)) => yaml::Value::Map(unique(entries)),
            None => yaml::Value::Null,
        })
    }

    fn key(&mut self) -> Step<()> {
        self.blanks();
        if self.bytes.get(self.at) != Some(&b'"') {
            return Err(self.unexpected("looking for beginning of object key string"));
        }
        let text = self.string()?;
        self.blanks();
        if self.bytes.get(self.at) != Some(&b':') {
            return Err(self.unexpected("after object key"));
        }
        self.at += 1;
        if let Some(Open::Map(_, key)) = self.stack.last_mut() {
            *key = text;
        }
        Ok(())
    }

    fn word(&mut self, word: &str, value: yaml::Value) -> Step<Node> {
        for byte in word.bytes() {
            if self.bytes.get(self.at) != Some(&byte) {
                let context = format!("in literal {word} (expecting {})", quote_byte(byte));
                return Err(self.unfinished(&context));
            }
            self.at += 1;
        }
        Ok(Node::made(value))
    }

    fn digits(&mut self) {
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
    }

    fn some_digits(&mut self, context: &str) -> Step<()> {
        if !self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            return Err(self.unfinished(context));
        }
        self.digits();
        Ok(())
    }

    fn number(&mut self) -> Step<Node> {
        let start = self.at;
        if self.bytes.get(self.at) == Some(&b'-') {
            self.at += 1;
        }
        if self.bytes.get(self.at) == Some(&b'0') {
            self.at += 1;
        } else {
            self.some_digits("in numeric literal")?;
        }
        if self.bytes.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.some_digits("after decimal point in numeric literal")?;
        }
        if let Some(b'e' | b'E') = self.bytes.get(self.at) {
            self.at += 1;
            if let Some(b'+' | b'-') = self.bytes.get(self.at) {
                self.at += 1;
            }
            self.some_digits("in exponent of numeric literal")?;
        }
        let text = self.bytes.get(start..self.at).and_then(|t| std::str::from_utf8(t).ok()).unwrap_or_default();
        match text.parse::<f64>() {
            Ok(f) if f.is_finite() => Ok(Node::made(f)),
            _ => {
                let error = || format!("json: cannot unmarshal number {text} into Go value of type float64");
                self.range.get_or_insert_with(error);
                Ok(Node::default())
            }
        }
    }

    fn string(&mut self) -> Step<EcoString> {
        self.at += 1;
        let start = self.at;
        let mut escaped = false;
        loop {
            match self.bytes.get(self.at) {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    self.at += 1;
                    match self.bytes.get(self.at) {
                        Some(b'b' | b'f' | b'n' | b'r' | b't' | b'\\' | b'/' | b'"') => {}
                        Some(b'u') => {
                            for _ in 0..4 {
                                self.at += 1;
                                if !self.bytes.get(self.at).is_some_and(u8::is_ascii_hexdigit) {
                                    return Err(self.unexpected("in \\u hexadecimal character escape"));
                                }
                            }
                        }
                        _ => return Err(self.unexpected("in string escape code")),
                    }
                }
                Some(0x20..) => {}
                _ => return Err(self.unexpected("in string literal")),
            }
            self.at += 1;
        }
        let body = self.bytes.get(start..self.at).unwrap_or_default();
        self.at += 1;
        let text = crate::go::valid(body);
        Ok(if escaped { unescape(&text) } else { text.as_ref().into() })
    }

    fn blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.bytes.get(self.at) {
            self.at += 1;
        }
    }

    /// The same inside a word or a number, whose end Go looks for with a space.
    fn unfinished(&self, context: &str) -> String {
        let byte = self.bytes.get(self.at).copied().unwrap_or(b' ');
        format!("invalid character {} {context}", quote_byte(byte))
    }

    fn unexpected(&self, context: &str) -> String {
        match self.bytes.get(self.at) {
            Some(byte) => format!("invalid character {} {context}", quote_byte(*byte)),
            None => "unexpected end of JSON input".to_owned(),
        }
    }
}

/// A map of entries: a later one replaces an earlier one of its key.
fn unique(entries: EcoVec<Entry>) -> Map {
    let mut last: HashMap<EcoString, usize> = HashMap::with_capacity(entries.len());
    for (at, entry) in entries.iter().enumerate() {
        last.insert(entry.key.clone(), at);
    }
    if last.len() == entries.len() {
        return Map::from_unique(entries);
    }
    let kept = entries.iter().enumerate().filter(|(at, entry)| last.get(&entry.key) == Some(at));
    Map::from_unique(kept.map(|(_, entry)| entry.clone()).collect())
}

/// A string's text, whose escapes are known to be well formed.
fn unescape(text: &str) -> EcoString {
    let mut out = EcoString::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let mut chars = after.chars();
        match chars.next() {
            Some('b') => out.push('\u{8}'),
            Some('f') => out.push('\u{c}'),
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('t') => out.push('\t'),
            Some('u') => {
                let unit = |text: &str| text.get(..4).and_then(|hex| u32::from_str_radix(hex, 16).ok());
                let first = unit(chars.as_str()).unwrap_or(0xFFFD);
                rest = chars.as_str().get(4..).unwrap_or_default();
                let second = rest.strip_prefix("\\u").and_then(unit);
                match (first, second) {
                    (0xD800..0xDC00, Some(low @ 0xDC00..0xE000)) => {
                        let c = 0x10000 + ((first - 0xD800) << 10) + (low - 0xDC00);
                        out.push(char::from_u32(c).unwrap_or(char::REPLACEMENT_CHARACTER));
                        rest = rest.get(6..).unwrap_or_default();
                    }
                    _ => out.push(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER)),
                }
                continue;
            }
            Some(other) => out.push(other),
            None => {}
        }
        rest = chars.as_str();
    }
    out.push_str(rest);
    out
}

/// A byte as encoding/json shows it in errors.
fn quote_byte(byte: u8) -> String {
    match byte {
        b'\'' => r"'\''".to_owned(),
        b'"' => "'\"'".to_owned(),
        _ => {
            let quoted = crate::go::quote(&char::from(byte).to_string());
            format!("'{}'", quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default())
        }
    }
}
