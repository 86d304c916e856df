//! Values to TOML: plain entries of a table first, then its tables, both by key.

use crate::render::helm::gotemplate::call::{Fault, Host, Meter};
use crate::render::helm::gotemplate::stack;
use crate::render::helm::gotemplate::value::{IntType, ListRef, MAX_DEPTH, MapRef, Value};
use crate::yaml::write_general_float;

/// The TOML of a value.
pub fn encode(value: &Value, host: &mut dyn Host) -> Result<String, Fault> {
    if matches!(value, Value::Nil | Value::NoValue) {
        return Err(Fault::new("reflect: call of reflect.Value.Type on zero Value"));
    }
    let room = host.room();
    let mut writer = Writer { out: String::new(), room, meter: Meter::new(host), depth: 0 };
    writer.value(&mut Vec::new(), value)?;
    writer.meter.done()?;
    Ok(writer.out)
}

/// What a value is to TOML, as far as it decides about the form of what holds it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Nil,
    Table,
    Tables,
    Plain,
}

struct Writer<'h> {
    out: String,
    /// Bytes that it may have.
    room: usize,
    meter: Meter<'h>,
    depth: usize,
}

impl Writer<'_> {
    /// A value in the place that its keys name: of its own line, or a table.
    fn value(&mut self, key: &mut Vec<String>, value: &Value) -> Result<(), Fault> {
        self.enter()?;
        match (value, kind(value, 0, &mut self.meter)?) {
            (Value::Map(map), _) => self.table(key, map)?,
            (Value::List(list), Kind::Tables) => self.tables(key, list)?,
            _ => {
                if key.is_empty() {
                    self.element(value)?;
                } else {
                    self.entry(key, value)?;
                    self.out.push('\n');
                }
            }
        }
        self.depth -= 1;
        Ok(())
    }

    fn enter(&mut self) -> Result<(), Fault> {
        self.depth += 1;
        self.meter.value(0)?;
        if self.depth > MAX_DEPTH || self.out.len() > self.room {
            return Err(Fault::limit("the value is too deep or too large for TOML"));
        }
        Ok(())
    }

    fn indent(&mut self, key: &[String]) {
        for _ in 1..key.len() {
            self.out.push_str("  ");
        }
    }

    /// A line break between tables, not before the first thing that is written.
    fn gap(&mut self) {
        if !self.out.is_empty() {
            self.out.push('\n');
        }
    }

    fn entry(&mut self, key: &[String], value: &Value) -> Result<(), Fault> {
        self.indent(key);
        self.key(key.last().map(String::as_str).unwrap_or_default());
        self.out.push_str(" = ");
        self.element(value)
    }

    fn key(&mut self, key: &str) {
        if !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-') {
            self.out.push_str(key);
        } else {
            self.string(key);
        }
    }

    fn header(&mut self, key: &[String], open: &str, close: &str) {
        self.indent(key);
        self.out.push_str(open);
        for (i, part) in key.iter().enumerate() {
            if i > 0 {
                self.out.push('.');
            }
            self.key(part);
        }
        self.out.push_str(close);
        self.out.push('\n');
    }

    fn table(&mut self, key: &mut Vec<String>, map: &MapRef) -> Result<(), Fault> {
        if key.len() == 1 {
            self.gap();
        }
        if !key.is_empty() {
            self.header(key, "[", "]");
        }
        self.entries(key, map)
    }

    fn tables(&mut self, key: &mut Vec<String>, list: &ListRef) -> Result<(), Fault> {
        if key.is_empty() {
            return Err(Fault::new("toml: top-level values must be Go maps or structs"));
        }
        for item in list.items() {
            self.meter.value(0)?;
            if self.out.len() > self.room {
                return Err(Fault::limit("the value is too large for TOML"));
            }
            self.gap();
            self.header(key, "[[", "]]");
            if let Value::Map(map) = &item.value {
                self.entries(key, map)?;
            }
        }
        Ok(())
    }

    fn entries(&mut self, key: &mut Vec<String>, map: &MapRef) -> Result<(), Fault> {
        let (plain, tables) = split(map, &mut self.meter)?;
        for (name, value) in plain.into_iter().chain(tables) {
            if !value.holds_nil() {
                key.push(name);
                stack::level(|| self.value(key, &value))?;
                key.pop();
            }
        }
        Ok(())
    }

    /// A value on one line.
    fn element(&mut self, value: &Value) -> Result<(), Fault> {
        self.enter()?;
        match value {
            Value::Nil | Value::NoValue => {}
            Value::Bool(b) => self.out.push_str(if *b { "true" } else { "false" }),
            Value::Int(n, IntType::Uint64) => self.out.push_str(&n.cast_unsigned().to_string()),
            Value::Int(n, _) => self.out.push_str(&n.to_string()),
            Value::Float(f) => self.float(*f),
            Value::Str(text) => self.string(text),
            Value::Raw(bytes) => self.string(&String::from_utf8_lossy(bytes)),
            Value::Map(map) => {
                let (plain, tables) = split(map, &mut self.meter)?;
                self.out.push('{');
                let (first, second) = (plain.len(), tables.len());
                for (i, (name, value)) in plain.into_iter().chain(tables).enumerate() {
                    if value.holds_nil() {
                        continue;
                    }
                    stack::level(|| self.entry(&[name], &value))?;
                    // A comma that nils at the end leave behind is upstream's.
                    let last = if i < first { i + 1 == first && second == 0 } else { i + 1 == first + second };
                    if !last {
                        self.out.push_str(", ");
                    }
                }
                self.out.push('}');
            }
            Value::List(list) => {
                self.out.push('[');
                for (i, item) in list.items().iter().enumerate() {
                    if i > 0 {
                        self.out.push_str(", ");
                    }
                    stack::level(|| self.element(item))?;
                }
                self.out.push(']');
            }
            Value::Object(object) if object.type_name() == "time.Time" => {
                let node = object.to_node(&mut self.meter)?;
                self.out.push_str(node.as_str().unwrap_or_default());
            }
            Value::Object(object) => {
                let node = object.to_node(&mut self.meter)?;
                let inner = crate::render::helm::gotemplate::value::Tracked::frozen(&node, &None);
                self.element(&inner)?;
            }
        }
        self.depth -= 1;
        Ok(())
    }

    fn float(&mut self, f: f64) {
        if f.is_finite() {
            let start = self.out.len();
            write_general_float(f, &mut self.out);
            if !self.out.get(start..).is_some_and(|t| t.contains(['.', 'e'])) {
                self.out.push_str(".0");
            }
        } else {
            self.out.push_str(match (f.is_nan(), f.is_sign_negative()) {
                (true, false) => "nan",
                (true, true) => "-nan",
                (false, false) => "inf",
                (false, true) => "-inf",
            });
        }
    }

    fn string(&mut self, text: &str) {
        self.out.push('"');
        for c in text.chars() {
            match c {
                '"' => self.out.push_str("\\\""),
                '\\' => self.out.push_str("\\\\"),
                '\u{8}' => self.out.push_str("\\b"),
                '\t' => self.out.push_str("\\t"),
                '\n' => self.out.push_str("\\n"),
                '\u{c}' => self.out.push_str("\\f"),
                '\r' => self.out.push_str("\\r"),
                '\0'..' ' | '\x7F' => self.out.push_str(&format!("\\u{:04x}", u32::from(c))),
                c => self.out.push(c),
            }
        }
        self.out.push('"');
    }
}

type Entries = Vec<(String, Value)>;

/// A table's plain entries, and those that are tables themselves.
fn split(map: &MapRef, meter: &mut Meter) -> Result<(Entries, Entries), Fault> {
    let (mut plain, mut tables) = (Vec::new(), Vec::new());
    for (name, value) in map.entries() {
        let into = match kind(&value, 0, meter)? {
            Kind::Table | Kind::Tables => &mut tables,
            Kind::Nil | Kind::Plain => &mut plain,
        };
        into.push((name.to_string(), value.value));
    }
    Ok((plain, tables))
}

fn kind(value: &Value, depth: usize, meter: &mut Meter) -> Result<Kind, Fault> {
    meter.value(0)?;
    match value {
        nil if nil.holds_nil() => Ok(Kind::Nil),
        Value::Map(_) => Ok(Kind::Table),
        Value::List(list) if depth < MAX_DEPTH => {
            let mut tables = !list.is_empty();
            for item in list.items() {
                match stack::level(|| kind(item, depth + 1, meter))? {
                    Kind::Nil => return Err(Fault::new("toml: cannot encode array with nil element")),
                    Kind::Table => {}
                    Kind::Tables | Kind::Plain => tables = false,
                }
            }
            Ok(if tables { Kind::Tables } else { Kind::Plain })
        }
        _ => Ok(Kind::Plain),
    }
}
