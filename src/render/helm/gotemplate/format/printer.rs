//! One value, by one verb.

use super::flags::{Flags, first_runes};
use super::{float, quote};
use crate::render::helm::gotemplate::call::Fault;
use crate::render::helm::gotemplate::stack;
use crate::render::helm::gotemplate::value::{Body, IntType, ListRef, MAX_DEPTH, MapRef, Object, Value};

/// What stands where Go prints an address: no two of its runs print the same one.
const ADDRESS: u64 = 0xc0_0000_0000;

/// Prints into a text.
pub(in crate::render::helm::gotemplate) struct Printer<'o> {
    out: &'o mut Vec<u8>,
    /// Where the text must end.
    limit: usize,
    /// The current directive's.
    pub(super) flags: Flags,
    /// Within the text of a wrong verb: there, no method is called.
    erroring: bool,
    /// Why nothing more is printed.
    stopped: Option<&'static str>,
}

impl<'o> Printer<'o> {
    pub(in crate::render::helm::gotemplate) fn new(out: &'o mut Vec<u8>, room: usize) -> Self {
        let limit = out.len().saturating_add(room);
        Self { out, limit, flags: Flags::default(), erroring: false, stopped: None }
    }

    /// Whether all of it was printed.
    pub(in crate::render::helm::gotemplate) fn finish(self) -> Result<(), Fault> {
        self.stopped.map_or(Ok(()), |why| Err(Fault::limit(why)))
    }

    pub(super) fn push(&mut self, text: &[u8]) {
        if self.room(text.len()) {
            self.out.extend_from_slice(text);
        }
    }

    pub(super) fn push_many(&mut self, byte: u8, count: usize) {
        if self.room(count) {
            self.out.resize(self.out.len() + count, byte);
        }
    }

    fn room(&mut self, bytes: usize) -> bool {
        if self.out.len().saturating_add(bytes) > self.limit {
            self.stopped = Some("formatting a value makes a text that is too long");
        }
        self.stopped.is_none()
    }

    /// An argument of its own.
    pub(in crate::render::helm::gotemplate) fn arg(&mut self, value: &Value, verb: char) {
        match (value, verb) {
            (Value::Nil | Value::NoValue, 'T' | 'v') => self.pad(b"<nil>"),
            (Value::Nil | Value::NoValue, _) => self.wrong(verb, None, ""),
            (_, 'T') => self.text(value.type_name().as_bytes()),
            (_, 'p') => self.pointer(value, value.type_name(), verb),
            (Value::Map(_) | Value::Object(_), 'w') => self.wrong(verb, Some(value), value.type_name()),
            (Value::List(list), _) => match list.as_byte_slice() {
                Some(bytes) => self.bytes(list, &bytes, verb),
                None if verb == 'w' => self.wrong(verb, Some(value), value.type_name()),
                None => self.value(value, verb, 0),
            },
            _ => self.value(value, verb, 0),
        }
    }

    /// What a pointer leads to, by `%v`.
    pub(super) fn followed(&mut self, object: &dyn Object) {
        if object.stringer() {
            return self.text(object.show().as_bytes());
        }
        match object.body() {
            Body::Opaque => self.text(object.show().trim_start_matches('&').as_bytes()),
            body => self.body(&body, object.type_name().trim_start_matches('*'), 'v', 1),
        }
    }

    /// A value at some depth; unlike arguments, nil within others has no padding and no wrong verbs.
    pub(in crate::render::helm::gotemplate) fn value(&mut self, value: &Value, verb: char, depth: usize) {
        if depth > MAX_DEPTH {
            self.stopped = Some("formatting a value that holds itself, or is nested more than 1000 levels deep");
        }
        if self.stopped.is_none() {
            stack::level(|| self.typed(value, value.type_name(), verb, depth));
        }
    }

    /// A value that goes by a type's name.
    fn typed(&mut self, value: &Value, name: &str, verb: char, depth: usize) {
        match value {
            Value::Nil | Value::NoValue if self.flags.syntax => self.push(b"interface {}(nil)"),
            Value::Nil | Value::NoValue => self.push(b"<nil>"),
            Value::Bool(b) if matches!(verb, 't' | 'v') => self.pad(if *b { b"true" } else { b"false" }),
            Value::Int(n, go) => {
                self.integer(*n, *go, verb).unwrap_or_else(|Unknown| self.wrong(verb, Some(value), name))
            }
            Value::Float(f) => self.float(*f, verb).unwrap_or_else(|Unknown| self.wrong(verb, Some(value), name)),
            Value::Str(text) => {
                self.string(text.as_bytes(), verb).unwrap_or_else(|Unknown| self.wrong(verb, Some(value), name));
            }
            Value::Raw(bytes) => {
                self.string(bytes, verb).unwrap_or_else(|Unknown| self.wrong(verb, Some(value), name));
            }
            Value::Map(map) => self.map(map, name, verb, depth),
            Value::List(list) => self.list(list, name, verb, depth),
            Value::Object(object) => self.object(value, &**object, verb, depth),
            Value::Bool(_) => self.wrong(verb, Some(value), name),
        }
    }

    /// `%!d(string=hi)`.
    fn wrong(&mut self, verb: char, value: Option<&Value>, name: &str) {
        self.push(b"%!");
        self.push_char(verb);
        self.push(b"(");
        match value {
            None => self.push(b"<nil>"),
            Some(value) => {
                self.push(name.as_bytes());
                self.push(b"=");
                // A value inside the text of a wrong verb is never wrong itself, so this is no recursion.
                let before = std::mem::replace(&mut self.erroring, true);
                self.typed(value, name, 'v', 0);
                self.erroring = before;
            }
        }
        self.push(b")");
    }

    pub(super) fn push_char(&mut self, c: char) {
        self.push(c.encode_utf8(&mut [0; 4]).as_bytes());
    }

    fn map(&mut self, map: &MapRef, name: &str, verb: char, depth: usize) {
        let syntax = self.flags.syntax;
        self.push(if syntax { name.as_bytes() } else { b"map" });
        if syntax && map.is_nil() {
            return self.push(b"(nil)");
        }
        self.push(if syntax { b"{" } else { b"[" });
        for (at, (key, value)) in map.entries().into_iter().enumerate() {
            if self.stopped.is_some() {
                return;
            }
            self.separate(at);
            self.value(&Value::Str(key), verb, depth + 1);
            self.push(b":");
            self.value(&value, verb, depth + 1);
        }
        self.push(if syntax { b"}" } else { b"]" });
    }

    fn list(&mut self, list: &ListRef, name: &str, verb: char, depth: usize) {
        if matches!(verb, 's' | 'q' | 'x' | 'X')
            && let Some(bytes) = list.as_byte_slice()
        {
            return self.string(&bytes, verb).unwrap_or_default();
        }
        if self.flags.syntax && list.is_nil() {
            self.push(name.as_bytes());
            return self.push(b"(nil)");
        }
        self.items(name, list.items().iter().map(|item| &item.value), verb, depth);
    }

    fn items<'v>(&mut self, name: &str, items: impl Iterator<Item = &'v Value>, verb: char, depth: usize) {
        let syntax = self.flags.syntax;
        if syntax {
            self.push(name.as_bytes());
        }
        self.push(if syntax { b"{" } else { b"[" });
        for (at, item) in items.enumerate() {
            if self.stopped.is_some() {
                return;
            }
            self.separate(at);
            self.value(item, verb, depth + 1);
        }
        self.push(if syntax { b"}" } else { b"]" });
    }

    /// A `[]byte` that is an argument of its own.
    fn bytes(&mut self, list: &ListRef, bytes: &[u8], verb: char) {
        match verb {
            's' | 'q' | 'x' | 'X' => self.string(bytes, verb).unwrap_or_default(),
            // Only here Go calls the type by this name.
            'v' | 'd' if self.flags.syntax => self.list(list, "[]byte", 'v', 0),
            _ => self.list(list, list.go().name(), verb, 0),
        }
    }

    fn separate(&mut self, at: usize) {
        if at > 0 {
            self.push(if self.flags.syntax { b", " } else { b" " });
        }
    }

    fn object(&mut self, value: &Value, object: &dyn Object, verb: char, depth: usize) {
        if !self.erroring {
            if self.flags.syntax
                && let Some(text) = object.go_string()
            {
                return self.text(text.as_bytes());
            }
            if !self.flags.syntax && object.stringer() && matches!(verb, 'v' | 's' | 'x' | 'X' | 'q') {
                return self.string(object.show().as_bytes(), verb).unwrap_or_default();
            }
        }
        let name = object.type_name();
        match (object.kind(), object.body()) {
            (_, Body::Opaque) => match self.opaque(object, verb) {
                Ok(()) => {}
                Err(Unknown) => self.wrong(verb, Some(value), name),
            },
            ("ptr", body) if depth == 0 => {
                self.push(b"&");
                self.body(&body, name.trim_start_matches('*'), verb, 1);
            }
            ("ptr" | "func" | "chan", _) => self.pointer(value, name, verb),
            (_, body) => self.body(&body, name, verb, depth),
        }
    }

    fn opaque(&mut self, object: &dyn Object, verb: char) -> Result<(), Unknown> {
        match verb {
            'v' => self.text(object.show().as_bytes()),
            _ if object.stringer() => return Err(Unknown),
            _ => return self.string(object.show().as_bytes(), verb),
        }
        Ok(())
    }

    fn body(&mut self, body: &Body, name: &str, verb: char, depth: usize) {
        match body {
            Body::Opaque => {}
            Body::Plain(value) => self.typed(value, name, verb, depth),
            Body::Struct(fields) => {
                if self.flags.syntax {
                    self.push(name.as_bytes());
                }
                self.push(b"{");
                for (at, (field, value)) in fields.iter().enumerate() {
                    self.separate(at);
                    if self.flags.fields || self.flags.syntax {
                        self.push(field.as_bytes());
                        self.push(b":");
                    }
                    self.value(value, verb, depth + 1);
                }
                self.push(b"}");
            }
        }
    }

    fn pointer(&mut self, value: &Value, name: &str, verb: char) {
        if !matches!(value.kind(), "map" | "slice" | "ptr" | "func" | "chan") {
            return self.wrong(verb, Some(value), name);
        }
        let sharp = self.flags.sharp;
        let address = ADDRESS.cast_signed();
        match verb {
            'v' if self.flags.syntax => {
                self.push(b"(");
                self.push(name.as_bytes());
                self.push(b")(");
                self.integer(address, IntType::Uint64, 'v').unwrap_or_default();
                self.push(b")");
            }
            'v' | 'p' => {
                self.flags.sharp = !sharp;
                self.integer(address, IntType::Uint64, 'x').unwrap_or_default();
                self.flags.sharp = sharp;
            }
            'b' | 'o' | 'd' | 'x' | 'X' => self.integer(address, IntType::Uint64, verb).unwrap_or_default(),
            _ => self.wrong(verb, Some(value), name),
        }
    }

    /// A text by `%s`: cut to the precision.
    pub(super) fn text(&mut self, text: &[u8]) {
        let text = self.cut(text);
        self.pad(text);
    }

    fn cut<'t>(&self, text: &'t [u8]) -> &'t [u8] {
        self.flags.precision.map_or(text, |count| first_runes(text, count))
    }

    fn string(&mut self, text: &[u8], verb: char) -> Result<(), Unknown> {
        match verb {
            'v' if self.flags.syntax => self.quoted(text),
            'v' | 's' => self.text(text),
            'x' => self.bytes_in_hex(text, b"0123456789abcdefx"),
            'X' => self.bytes_in_hex(text, b"0123456789ABCDEFX"),
            'q' => self.quoted(text),
            _ => return Err(Unknown),
        }
        Ok(())
    }

    fn quoted(&mut self, text: &[u8]) {
        let text = self.cut(text);
        if self.flags.sharp && quote::can_backquote(text) {
            self.pad(&[b"`", text, b"`"].concat());
        } else {
            let quoted = if self.flags.plus { quote::quote_ascii(text) } else { quote::quote(text) };
            self.pad(quoted.as_bytes());
        }
    }

    fn bytes_in_hex(&mut self, text: &[u8], digits: &[u8; 17]) {
        let flags = self.flags;
        let text = flags.precision.and_then(|count| text.get(..count)).unwrap_or(text);
        let prefix = [b'0', digits[16]];
        let mut out = Vec::with_capacity(2 * text.len() + 2);
        for (at, byte) in text.iter().enumerate() {
            if at > 0 && flags.space {
                out.push(b' ');
            }
            if flags.sharp && (at == 0 || flags.space) {
                out.extend_from_slice(&prefix);
            }
            let digit = |n: u8| digits.get(usize::from(n)).copied().unwrap_or(b'0');
            out.extend([digit(byte >> 4), digit(byte & 15)]);
        }
        self.pad(&out);
    }

    fn integer(&mut self, n: i64, go: IntType, verb: char) -> Result<(), Unknown> {
        let (negative, size) = match go.unsigned() {
            true => (false, n.cast_unsigned()),
            false => (n < 0, n.unsigned_abs()),
        };
        match verb {
            'v' if self.flags.syntax && go.unsigned() => {
                let sharp = std::mem::replace(&mut self.flags.sharp, true);
                self.digits(size, negative, 16, 'x');
                self.flags.sharp = sharp;
            }
            'v' | 'd' => self.digits(size, negative, 10, verb),
            'b' => self.digits(size, negative, 2, verb),
            'o' | 'O' => self.digits(size, negative, 8, verb),
            'x' | 'X' => self.digits(size, negative, 16, verb),
            'c' => {
                let c = character(n, go);
                self.pad(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
            'q' => {
                let text = quote::quote_char(character(n, go), self.flags.plus);
                self.pad(text.as_bytes());
            }
            'U' => self.code_point(n),
            _ => return Err(Unknown),
        }
        Ok(())
    }

    fn digits(&mut self, size: u64, negative: bool, base: u32, verb: char) {
        let flags = self.flags;
        let sign: &[u8] = match () {
            () if negative => b"-",
            () if flags.plus => b"+",
            () if flags.space => b" ",
            () => b"",
        };
        let fewest = match flags.precision {
            // No digits for a zero, only the padding, and that in spaces.
            Some(0) if size == 0 => {
                self.flags.zero = false;
                self.fill(flags.width.unwrap_or(0));
                self.flags.zero = flags.zero;
                return;
            }
            Some(precision) => precision,
            None if flags.zero && !flags.minus => flags.width.unwrap_or(0).saturating_sub(sign.len()),
            None => 0,
        };
        let digits = match (base, verb) {
            (2, _) => format!("{size:b}"),
            (8, _) => format!("{size:o}"),
            (16, 'X') => format!("{size:X}"),
            (16, _) => format!("{size:x}"),
            _ if fewest == 0 && flags.width.is_none() => {
                self.push(sign);
                if self.room(20) {
                    float::push_int(self.out, size, false);
                }
                return;
            }
            _ => size.to_string(),
        };
        let zeros = fewest.saturating_sub(digits.len());
        let mut prefix = sign.to_vec();
        if verb == 'O' {
            prefix.extend_from_slice(b"0o");
        }
        if flags.sharp {
            match base {
                2 => prefix.extend_from_slice(b"0b"),
                8 if zeros == 0 && !digits.starts_with('0') => prefix.push(b'0'),
                16 => prefix.extend_from_slice(if verb == 'X' { b"0X" } else { b"0x" }),
                _ => {}
            }
        }
        let length = prefix.len() + zeros + digits.len();
        let missing = flags.width.unwrap_or(0).saturating_sub(length);
        if !flags.minus {
            self.push_many(b' ', missing);
        }
        self.push(&prefix);
        self.push_many(b'0', zeros);
        self.push(digits.as_bytes());
        if flags.minus {
            self.push_many(b' ', missing);
        }
    }

    /// `%U`: `U+0041`, and with `#` the character too.
    fn code_point(&mut self, n: i64) {
        let digits = format!("{n:X}");
        let zeros = self.flags.precision.unwrap_or(4).max(4).saturating_sub(digits.len());
        let character = u32::try_from(n).ok().and_then(char::from_u32).filter(|c| super::is_print(*c));
        let shown = match character {
            Some(c) if self.flags.sharp => format!(" '{c}'"),
            _ => String::new(),
        };
        if !self.room(zeros) {
            return;
        }
        let zeros = "0".repeat(zeros);
        self.pad_spaces(format!("U+{zeros}{digits}{shown}").as_bytes());
    }

    fn float(&mut self, f: f64, verb: char) -> Result<(), Unknown> {
        let (letter, usual) = match verb {
            'v' | 'g' => (b'g', None),
            'G' => (b'G', None),
            'b' => (b'b', None),
            'x' => (b'x', None),
            'X' => (b'X', None),
            'e' => (b'e', Some(6)),
            'E' => (b'E', Some(6)),
            'f' | 'F' => (b'f', Some(6)),
            _ => return Err(Unknown),
        };
        let precision = self.flags.precision.or(usual);
        if !self.room(precision.unwrap_or(0)) {
            return Ok(());
        }
        let mut text = Vec::with_capacity(24);
        float::push(&mut text, f, letter, precision);
        let flags = self.flags;
        let sign = match text.first() {
            Some(sign @ (b'-' | b'+')) => {
                let sign = *sign;
                text.remove(0);
                sign
            }
            _ => b'+',
        };
        let sign = match sign {
            b'+' if flags.space && !flags.plus => b' ',
            sign => sign,
        };
        if !f.is_finite() {
            // An infinity always has a sign, NaN only if asked.
            if f.is_infinite() || flags.space || flags.plus {
                text.insert(0, sign);
            }
            self.pad_spaces(&text);
            return Ok(());
        }
        if flags.sharp && letter != b'b' {
            text = with_point(&text, letter, precision);
        }
        if !flags.plus && sign == b'+' {
            self.pad(&text);
        } else if flags.zero && !flags.minus && flags.width.is_some_and(|width| width > text.len() + 1) {
            self.push(&[sign]);
            self.fill(flags.width.unwrap_or(0).saturating_sub(text.len() + 1));
            self.push(&text);
        } else {
            text.insert(0, sign);
            self.pad(&text);
        }
        Ok(())
    }
}

/// A verb that the value doesn't know.
struct Unknown;

/// `#` before a float's verb: always a point, and for `%g` and `%x` the zeros up to the precision (six where none is given).
fn with_point(text: &[u8], letter: u8, precision: Option<usize>) -> Vec<u8> {
    let hexadecimal = matches!(letter, b'x' | b'X');
    let exponent = text.iter().position(|b| match b {
        b'p' | b'P' => true,
        b'e' | b'E' => !hexadecimal,
        _ => false,
    });
    let (number, exponent) = text.split_at(exponent.unwrap_or(text.len()));
    let wanted = if matches!(letter, b'g' | b'G' | b'x') { precision.unwrap_or(6) } else { 0 };
    let point = number.contains(&b'.');
    // Go counts the digits from the first one that isn't zero on, and the x of 0x as one.
    let mut count = number.iter().filter(|b| **b != b'.').skip_while(|b| **b == b'0').count();
    if !point && number == b"0" {
        count += 1;
    }
    let mut out = number.to_vec();
    if !point {
        out.push(b'.');
    }
    out.resize(out.len() + wanted.saturating_sub(count), b'0');
    out.extend_from_slice(exponent);
    out
}

/// The character of a number; U+FFFD if it has none.
fn character(n: i64, go: IntType) -> char {
    let code = if go.unsigned() { u32::try_from(n.cast_unsigned()).ok() } else { u32::try_from(n).ok() };
    code.and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER)
}
