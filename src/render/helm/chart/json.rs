//! JSON as Go's encoding/json decodes it into an `interface{}`: numbers are floats, a later key wins, broken surrogates
//! become replacement characters.

use ecow::{EcoString, EcoVec};

use crate::source::{FileId, Origin};
use crate::yaml::{Map, Node, Value};

/// Levels of nesting. Go takes ten times as many; nobody writes them on a command line.
const MAX_DEPTH: usize = 1000;

/// Reads the value at `from`, after white space; the value and where it ends. None if there is none.
pub(super) fn value(text: &str, from: usize, file: FileId) -> Option<(Node, usize)> {
    let mut reader = Reader { text, at: from, file };
    let node = reader.value(0)?;
    Some((node, reader.at))
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    file: FileId,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn eat(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    fn word(&mut self, word: &str, value: Value) -> Option<Value> {
        self.text.get(self.at..)?.starts_with(word).then(|| {
            self.at += word.len();
            value
        })
    }

    fn value(&mut self, depth: usize) -> Option<Node> {
        if depth > MAX_DEPTH {
            return None;
        }
        self.space();
        let origin = Origin::new(self.file, self.at);
        let value = match self.peek()? {
            b'n' => self.word("null", Value::Null)?,
            b't' => self.word("true", Value::Bool(true))?,
            b'f' => self.word("false", Value::Bool(false))?,
            b'"' => Value::Str(self.string()?),
            b'[' => {
                self.at += 1;
                let mut items = EcoVec::new();
                self.space();
                if self.eat(b']').is_none() {
                    loop {
                        items.push(self.value(depth + 1)?);
                        self.space();
                        if self.eat(b',').is_none() {
                            self.eat(b']')?;
                            break;
                        }
                    }
                }
                Value::Seq(items)
            }
            b'{' => {
                self.at += 1;
                let mut map = Map::new();
                self.space();
                if self.eat(b'}').is_none() {
                    loop {
                        self.space();
                        let key_origin = Origin::new(self.file, self.at);
                        let key = self.string()?;
                        self.space();
                        self.eat(b':')?;
                        let value = self.value(depth + 1)?;
                        map.insert(key, key_origin, value);
                        self.space();
                        if self.eat(b',').is_none() {
                            self.eat(b'}')?;
                            break;
                        }
                    }
                }
                Value::Map(map)
            }
            _ => Value::Float(self.number()?),
        };
        Some(Node { value, origin })
    }

    fn digits(&mut self) -> Option<()> {
        let from = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        (self.at > from).then_some(())
    }

    fn number(&mut self) -> Option<f64> {
        let from = self.at;
        let _ = self.eat(b'-');
        if self.eat(b'0').is_none() {
            self.digits()?;
        }
        if self.eat(b'.').is_some() {
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        let number: f64 = self.text.get(from..self.at)?.parse().ok()?;
        number.is_finite().then_some(number)
    }

    fn hex(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        let plain = digits.bytes().all(|b| b.is_ascii_hexdigit());
        self.at += 4;
        plain.then(|| u32::from_str_radix(digits, 16).ok()).flatten()
    }

    fn string(&mut self) -> Option<EcoString> {
        self.eat(b'"')?;
        let mut out = EcoString::new();
        loop {
            let from = self.at;
            while !matches!(self.peek()?, b'"' | b'\\' | 0..=0x1F) {
                self.at += 1;
            }
            out.push_str(self.text.get(from..self.at)?);
            self.at += 1;
            match self.text.as_bytes().get(self.at - 1)? {
                b'"' => return Some(out),
                b'\\' => {
                    let escape = self.peek()?;
                    self.at += 1;
                    out.push(match escape {
                        b'"' | b'\\' | b'/' => char::from(escape),
                        b'b' => '\x08',
                        b'f' => '\x0C',
                        b'n' => '\n',
                        b'r' => '\r',
                        b't' => '\t',
                        b'u' => self.escaped()?,
                        _ => return None,
                    });
                }
                _ => return None,
            }
        }
    }

    /// What follows `\u`: a character, or the second half of one.
    fn escaped(&mut self) -> Option<char> {
        let first = self.hex()?;
        if (0xD800..0xDC00).contains(&first) && self.text.get(self.at..)?.starts_with("\\u") {
            let back = self.at;
            self.at += 2;
            let second = self.hex()?;
            if (0xDC00..0xE000).contains(&second) {
                return char::from_u32(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00));
            }
            self.at = back;
        }
        Some(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER))
    }
}
