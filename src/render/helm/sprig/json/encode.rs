//! Values to JSON, straight from the values: trees that nobody looked into stay frozen.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::render::helm::gotemplate::call::{Fault, Host, Meter};
use crate::render::helm::gotemplate::stack;
use crate::render::helm::gotemplate::value::{IntType, ListType, MAX_DEPTH, Value, not_finite};
use crate::yaml::{self, JsonStyle, Node, write_json_float, write_json_string};

/// Which of encoding/json's ways.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Style {
    /// `json.Marshal`: compact, `<`, `>` and `&` escaped.
    Marshal,
    /// `json.MarshalIndent(v, "", "  ")`.
    Indent,
    /// Without the escapes.
    Raw,
}

/// The JSON of a value, as far as there is room: a few shared values can stand for a text without end.
pub fn encode(value: &Value, style: Style, host: &mut dyn Host) -> Result<String, Fault> {
    let room = host.room();
    let mut writer = Writer { out: String::new(), style, depth: 0, room, meter: Meter::new(host) };
    writer.value(value)?;
    writer.meter.done()?;
    Ok(writer.out)
}

struct Writer<'h> {
    out: String,
    style: Style,
    depth: usize,
    /// Bytes that the text may have.
    room: usize,
    meter: Meter<'h>,
}

impl Writer<'_> {
    fn escapes(&self) -> JsonStyle {
        if self.style == Style::Raw { JsonStyle::Plain } else { JsonStyle::EscapeHtml }
    }

    fn value(&mut self, value: &Value) -> Result<(), Fault> {
        match value {
            Value::Nil | Value::NoValue => self.out.push_str("null"),
            Value::Bool(b) => self.out.push_str(if *b { "true" } else { "false" }),
            Value::Int(n, IntType::Uint64) => self.out.push_str(&n.cast_unsigned().to_string()),
            Value::Int(n, _) => self.int(*n),
            Value::Float(f) => self.float(*f)?,
            Value::Str(text) => write_json_string(text, self.escapes(), &mut self.out),
            Value::Raw(bytes) => self.raw(bytes),
            Value::Map(map) if map.is_nil() => self.out.push_str("null"),
            Value::Map(map) => match map.as_frozen() {
                Some(frozen) => self.frozen_map(&frozen, true)?,
                None => {
                    self.open('{', value)?;
                    let mut first = true;
                    for (key, entry) in map.entries() {
                        self.item(&mut first)?;
                        self.key(&key);
                        stack::level(|| self.value(&entry))?;
                    }
                    self.close('}', first);
                }
            },
            Value::List(list) if list.is_nil() => self.out.push_str("null"),
            Value::List(list) => match list.as_frozen() {
                Some(frozen) => self.frozen_list(&frozen, true)?,
                // Base64, like any other string.
                None if list.go() == ListType::Bytes => {
                    let text = STANDARD.encode(list.as_byte_slice().unwrap_or_default());
                    write_json_string(&text, self.escapes(), &mut self.out);
                }
                None => {
                    self.open('[', value)?;
                    let mut first = true;
                    for item in list.items() {
                        self.item(&mut first)?;
                        stack::level(|| self.value(item))?;
                    }
                    self.close(']', first);
                }
            },
            // The fields of a struct keep their order.
            Value::Object(object) => {
                let node = object.to_node(&mut self.meter)?;
                self.node(&node, false)?;
            }
        }
        Ok(())
    }

    fn node(&mut self, node: &Node, sort: bool) -> Result<(), Fault> {
        match &node.value {
            yaml::Value::Null => self.out.push_str("null"),
            yaml::Value::Bool(b) => self.out.push_str(if *b { "true" } else { "false" }),
            yaml::Value::Int(n) => self.int(*n),
            yaml::Value::UInt(n) => self.out.push_str(&n.to_string()),
            yaml::Value::Float(f) => self.float(*f)?,
            yaml::Value::Str(text) => write_json_string(text, self.escapes(), &mut self.out),
            yaml::Value::Seq(items) => self.frozen_list(items, sort)?,
            yaml::Value::Map(map) => self.frozen_map(map, sort)?,
        }
        Ok(())
    }

    fn frozen_map(&mut self, map: &yaml::Map, sort: bool) -> Result<(), Fault> {
        let mut entries: Vec<&yaml::Entry> = map.iter().collect();
        if sort {
            entries.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        }
        self.open('{', &Value::Nil)?;
        let mut first = true;
        for entry in entries {
            self.item(&mut first)?;
            self.key(&entry.key);
            stack::level(|| self.node(&entry.value, sort))?;
        }
        self.close('}', first);
        Ok(())
    }

    fn frozen_list(&mut self, items: &[Node], sort: bool) -> Result<(), Fault> {
        self.open('[', &Value::Nil)?;
        let mut first = true;
        for item in items {
            self.item(&mut first)?;
            stack::level(|| self.node(item, sort))?;
        }
        self.close(']', first);
        Ok(())
    }

    /// A string that isn't UTF-8: bytes that belong to no character are escaped, where U+FFFD itself isn't.
    fn raw(&mut self, bytes: &[u8]) {
        self.out.push('"');
        for chunk in bytes.utf8_chunks() {
            let mut quoted = String::new();
            write_json_string(chunk.valid(), self.escapes(), &mut quoted);
            self.out.push_str(quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default());
            chunk.invalid().iter().for_each(|_| self.out.push_str("\\ufffd"));
        }
        self.out.push('"');
    }

    fn int(&mut self, n: i64) {
        self.out.push_str(&n.to_string());
    }

    fn float(&mut self, f: f64) -> Result<(), Fault> {
        if f.is_finite() {
            write_json_float(f, &mut self.out);
            return Ok(());
        }
        Err(Fault::new(format!("json: unsupported value: {}", not_finite(f))))
    }

    fn open(&mut self, bracket: char, value: &Value) -> Result<(), Fault> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let text = format!("json: unsupported value: encountered a cycle via {}", value.type_name());
            return Err(Fault::new(text));
        }
        self.out.push(bracket);
        self.fits()
    }

    fn fits(&self) -> Result<(), Fault> {
        if self.out.len() > self.room {
            return Err(Fault::limit(format!("the value has a text of more than {} bytes", self.room)));
        }
        Ok(())
    }

    fn item(&mut self, first: &mut bool) -> Result<(), Fault> {
        if !std::mem::take(first) {
            self.out.push(',');
        }
        self.line();
        self.meter.value(0)?;
        self.fits()
    }

    fn key(&mut self, key: &str) {
        write_json_string(key, self.escapes(), &mut self.out);
        self.out.push_str(if self.style == Style::Indent { ": " } else { ":" });
    }

    fn close(&mut self, bracket: char, empty: bool) {
        self.depth -= 1;
        if !empty {
            self.line();
        }
        self.out.push(bracket);
    }

    fn line(&mut self) {
        if self.style == Style::Indent {
            self.out.push('\n');
            for _ in 0..self.depth {
                self.out.push_str("  ");
            }
        }
    }
}
