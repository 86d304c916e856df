//! JSON as encoding/json reads it, with its errors.

use std::collections::HashMap;

use ecow::{EcoString, EcoVec};

use crate::source::{FileId, Origin};
use crate::yaml::{self, Entry, Map, Node};

/// What a text holds.
pub struct Read {
    /// Its value; numbers are floats, a later key replaces an earlier one.
    pub node: Node,
    /// The error that decoding a number causes which no float holds; null stands in its place.
    pub range: Option<String>,
}

/// Reads a text.
///
/// # Errors
/// What Go says of it.
pub fn read(bytes: &[u8], file: FileId, max_depth: usize) -> Result<Read, String> {
    let mut reader = Reader { bytes, file, max_depth, at: 0, stack: Vec::new(), range: None };
    let node = reader.read()?;
    Ok(Read { node, range: reader.range })
}

/// A collection that is being read.
struct Open {
    origin: Origin,
    shape: Shape,
}

enum Shape {
    Seq(EcoVec<Node>),
    /// The entries so far, and the key that waits for its value.
    Map(EcoVec<Entry>, EcoString, Origin),
}

struct Reader<'a> {
    bytes: &'a [u8],
    file: FileId,
    max_depth: usize,
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
                let (end, context) = match &mut open.shape {
                    Shape::Seq(items) => {
                        items.push(done);
                        (b']', "after array element")
                    }
                    Shape::Map(entries, key, key_origin) => {
                        entries.push(Entry { key: std::mem::take(key), key_origin: *key_origin, value: done });
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
        let origin = self.origin();
        let node = match self.bytes.get(self.at) {
            Some(b'{') => {
                self.open(Shape::Map(EcoVec::new(), EcoString::new(), Origin::NONE))?;
                self.blanks();
                if self.bytes.get(self.at) != Some(&b'}') {
                    self.key()?;
                    return Ok(None);
                }
                self.at += 1;
                self.close()
            }
            Some(b'[') => {
                self.open(Shape::Seq(EcoVec::new()))?;
                self.blanks();
                if self.bytes.get(self.at) != Some(&b']') {
                    return Ok(None);
                }
                self.at += 1;
                self.close()
            }
            Some(b'"') => Node { value: yaml::Value::Str(self.string()?), origin },
            Some(b'-' | b'0'..=b'9') => Node { value: self.number()?, origin },
            Some(b't') => Node { value: self.word("true", yaml::Value::Bool(true))?, origin },
            Some(b'f') => Node { value: self.word("false", yaml::Value::Bool(false))?, origin },
            Some(b'n') => Node { value: self.word("null", yaml::Value::Null)?, origin },
            _ => return Err(self.unexpected("looking for beginning of value")),
        };
        Ok(Some(node))
    }

    /// Where it reads.
    fn origin(&self) -> Origin {
        if self.file == FileId::NONE { Origin::NONE } else { Origin::new(self.file, self.at) }
    }

    fn open(&mut self, shape: Shape) -> Step<()> {
        let origin = self.origin();
        self.at += 1;
        if self.stack.len() >= self.max_depth {
            return Err("exceeded max depth".to_owned());
        }
        self.stack.push(Open { origin, shape });
        Ok(())
    }

    fn close(&mut self) -> Node {
        let Some(open) = self.stack.pop() else { return Node::default() };
        let value = match open.shape {
            Shape::Seq(items) => yaml::Value::Seq(items),
            Shape::Map(entries, ..) => yaml::Value::Map(unique(entries)),
        };
        Node { value, origin: open.origin }
    }

    fn key(&mut self) -> Step<()> {
        self.blanks();
        if self.bytes.get(self.at) != Some(&b'"') {
            return Err(self.unexpected("looking for beginning of object key string"));
        }
        let origin = self.origin();
        let text = self.string()?;
        self.blanks();
        if self.bytes.get(self.at) != Some(&b':') {
            return Err(self.unexpected("after object key"));
        }
        self.at += 1;
        if let Some(Open { shape: Shape::Map(_, key, key_origin), .. }) = self.stack.last_mut() {
            (*key, *key_origin) = (text, origin);
        }
        Ok(())
    }

    fn word(&mut self, word: &str, value: yaml::Value) -> Step<yaml::Value> {
        for byte in word.bytes() {
            if self.bytes.get(self.at) != Some(&byte) {
                let context = format!("in literal {word} (expecting {})", quote_byte(byte));
                return Err(self.unfinished(&context));
            }
            self.at += 1;
        }
        Ok(value)
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

    fn number(&mut self) -> Step<yaml::Value> {
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
            Ok(f) if f.is_finite() => Ok(yaml::Value::Float(f)),
            _ => {
                let error = || format!("json: cannot unmarshal number {text} into Go value of type float64");
                self.range.get_or_insert_with(error);
                Ok(yaml::Value::Null)
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
