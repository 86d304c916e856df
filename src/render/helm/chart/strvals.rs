//! The language of `--set` and its kin: `a.b[0].c=v,list={x,y}`.

use ecow::{EcoString, EcoVec};

use super::json;
use crate::go;
use crate::provenance::Recorder;
use crate::render::helm::Profile;
use crate::source::{Origin, SourceFile};
use crate::yaml::{Map, Node, Value};

/// The largest index of a list.
const MAX_INDEX: i64 = 65_536;
/// Levels of names, `a.b.c`.
const MAX_LEVEL: usize = 30;

/// Reads the file that a value of `--set-file` names.
pub type ReadFile<'a> = &'a dyn Fn(&str) -> Result<String, String>;

/// Which of the flags.
#[derive(Clone, Copy)]
pub(super) enum Mode<'a> {
    /// `--set`: whole numbers, booleans and null are what they look like.
    Typed,
    /// `--set-string`.
    Text,
    /// `--set-json`.
    Json,
    /// `--set-file`.
    File(ReadFile<'a>),
    /// `--set-literal`: one value, taken as it stands.
    Literal,
}

/// Sets what an argument says in `values`.
///
/// # Errors
/// Where it went wrong, and Helm's words.
pub(super) fn parse_into(
    argument: &SourceFile,
    mode: Mode,
    profile: Profile,
    recorder: &Recorder,
    values: &mut Map,
) -> Result<(), (usize, String)> {
    let chars: Vec<(usize, char)> = argument.text.char_indices().collect();
    let mut parser = Parser { argument, chars, at: 0, mode, recorder };
    loop {
        match parser.key(values, 0) {
            Ok(()) => {}
            Err(Stop::End) => return Ok(()),
            Err(Stop::EndOfIndex) if profile == Profile::Helm4 => return Ok(()),
            Err(Stop::EndOfIndex) => return Err((parser.offset(), "error parsing index: EOF".to_owned())),
            Err(Stop::Failed(words)) => return Err((parser.offset(), words)),
        }
    }
}

/// Why reading stopped.
enum Stop {
    /// The end, where one may be.
    End,
    /// The end within an index: in Helm 4 that counts as the end, too.
    EndOfIndex,
    Failed(String),
}

fn failed<T>(words: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Failed(words.into()))
}

struct Parser<'a> {
    argument: &'a SourceFile,
    chars: Vec<(usize, char)>,
    at: usize,
    mode: Mode<'a>,
    recorder: &'a Recorder,
}

impl Parser<'_> {
    fn offset(&self) -> usize {
        self.chars.get(self.at).map_or(self.argument.text.len(), |(offset, _)| *offset)
    }

    fn origin(&self) -> Origin {
        Origin::new(self.argument.id, self.offset())
    }

    fn next(&mut self) -> Option<char> {
        let (_, c) = self.chars.get(self.at)?;
        self.at += 1;
        Some(*c)
    }

    /// The text up to one of the characters, and which; none at the end.
    fn until(&mut self, stop: &[char]) -> (String, Option<char>) {
        let mut text = String::new();
        loop {
            match self.next() {
                None => return (text, None),
                Some(c) if stop.contains(&c) => return (text, Some(c)),
                Some('\\') if !matches!(self.mode, Mode::Literal) => match self.next() {
                    None => return (text, None),
                    Some(c) => text.push(c),
                },
                Some(c) => text.push(c),
            }
        }
    }

    fn key(&mut self, data: &mut Map, level: usize) -> Result<(), Stop> {
        let key_origin = self.origin();
        let stop: &[char] = if matches!(self.mode, Mode::Literal) { &['=', '[', '.'] } else { &['=', '[', ',', '.'] };
        let (key, last) = self.until(stop);
        match last {
            None if key.is_empty() => Err(Stop::End),
            None => failed(format!("key {} has no value", go::quote(&key))),
            Some('[') => {
                let index = self.index()?;
                let mut list = match data.get_mut(&key).map(|node| &mut node.value) {
                    None => EcoVec::new(),
                    Some(Value::Seq(items)) => std::mem::take(items),
                    Some(other) => return failed(conversion(other, "[]interface {}")),
                };
                let done = self.item(&mut list, index, level);
                self.set(data, &key, key_origin, Node::new(Value::Seq(list), key_origin));
                done
            }
            Some('=') => {
                let (node, done) = match self.mode {
                    Mode::Json => (self.json()?, Ok(())),
                    Mode::Literal => (self.rest(), Ok(())),
                    _ => self.given()?,
                };
                self.set(data, &key, key_origin, node);
                done
            }
            Some(',') => {
                self.set(data, &key, key_origin, Node::new("", key_origin));
                failed(format!("key {} has no value (cannot end with ,)", go::quote(&key)))
            }
            Some(_) => {
                let level = level + 1;
                if level > MAX_LEVEL {
                    return failed(format!(
                        "value name nested level is greater than maximum supported nested level of {MAX_LEVEL}"
                    ));
                }
                let mut inner = match data.get_mut(&key).map(|node| &mut node.value) {
                    None => Map::new(),
                    Some(Value::Map(map)) => std::mem::take(map),
                    Some(other) => return failed(conversion(other, "map[string]interface {}")),
                };
                let done = self.key(&mut inner, level);
                if inner.is_empty() {
                    // One that was there stays, and is empty already.
                    return done.and_then(|()| failed(format!("key map {} has no value", go::quote(&key))));
                }
                match data.get_mut(&key) {
                    Some(node) => node.value = Value::Map(inner),
                    None => self.set(data, &key, key_origin, Node::new(inner, key_origin)),
                }
                done
            }
        }
    }

    /// What stands between `[` (already read) and `]`.
    fn index(&mut self) -> Result<i64, Stop> {
        let (text, last) = self.until(&[']']);
        if last.is_none() {
            return Err(Stop::EndOfIndex);
        }
        let digits = text.strip_prefix(['+', '-']).unwrap_or(&text);
        let well_formed = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        let why = if well_formed { "value out of range" } else { "invalid syntax" };
        text.parse().map_err(|_| {
            Stop::Failed(format!("error parsing index: strconv.Atoi: parsing {}: {why}", go::quote(&text)))
        })
    }

    /// What stands after `]`.
    fn item(&mut self, list: &mut EcoVec<Node>, index: i64, level: usize) -> Result<(), Stop> {
        if index < 0 {
            return failed(format!("negative {index} index not allowed"));
        }
        let at = usize::try_from(index).unwrap_or(usize::MAX);
        let (text, last) = self.until(&['[', '.', '=']);
        if !text.is_empty() {
            let shown: Vec<String> = text.chars().map(quote_char).collect();
            return failed(format!("unexpected data at end of array index: [{}]", shown.join(" ")));
        }
        let origin = self.origin();
        match last {
            None => Err(Stop::End),
            Some('=') => {
                let node = match self.mode {
                    Mode::Json => {
                        let (node, rest) = self.json_value()?;
                        self.set_index(list, index, node)?;
                        return if rest { self.skip_blanks().map(|_| ()) } else { Ok(()) };
                    }
                    Mode::Literal => self.rest(),
                    _ => match self.given()? {
                        (node, Ok(()) | Err(Stop::End)) => node,
                        (_, Err(stop)) => return Err(stop),
                    },
                };
                self.set_index(list, index, node)
            }
            Some('[') => {
                let next = self.index()?;
                let there = list.get(at).map(|node| node.value.clone());
                let mut nested = match there {
                    None | Some(Value::Null) => EcoVec::new(),
                    Some(Value::Seq(items)) => items,
                    Some(other) => return failed(conversion(&other, "[]interface {}")),
                };
                self.item(&mut nested, next, level)?;
                self.set_index(list, index, Node::new(Value::Seq(nested), origin))
            }
            Some(_) => {
                let mut inner = Map::new();
                if at < list.len()
                    && let Some(node) = list.make_mut().get_mut(at)
                {
                    match &mut node.value {
                        Value::Map(map) => inner = std::mem::take(map),
                        other => *other = Value::Map(Map::new()),
                    }
                }
                let done = self.key(&mut inner, level);
                if at < list.len()
                    && let Some(node) = list.make_mut().get_mut(at)
                {
                    node.value = Value::Map(inner);
                    return done;
                }
                done?;
                self.set_index(list, index, Node::new(inner, origin))
            }
        }
    }

    fn set_index(&self, list: &mut EcoVec<Node>, index: i64, node: Node) -> Result<(), Stop> {
        if index > MAX_INDEX {
            return failed(format!("index of {index} is greater than maximum supported index of {MAX_INDEX}"));
        }
        let at = usize::try_from(index).unwrap_or_default();
        while list.len() <= at {
            list.push(Node::default());
        }
        if let Some(slot) = list.make_mut().get_mut(at) {
            let origin = if slot.is_null() { node.origin } else { self.step(node.origin, slot.origin) };
            *slot = Node { origin, ..node };
        }
        Ok(())
    }

    fn step(&self, by: Origin, was: Origin) -> Origin {
        if was == Origin::NONE { by } else { self.recorder.step("overrides", by, was) }
    }

    fn set(&self, data: &mut Map, key: &str, key_origin: Origin, mut node: Node) {
        if key.is_empty() {
            return;
        }
        if let Some(old) = data.get(key) {
            node.origin = self.step(node.origin, old.origin);
        }
        data.insert(key, key_origin, node);
    }

    /// A value of `--set`, `--set-string` or `--set-file`, and how reading it ended.
    fn given(&mut self) -> Result<(Node, Result<(), Stop>), Stop> {
        let origin = self.origin();
        match self.chars.get(self.at) {
            None => return Ok((Node::new("", origin), Err(Stop::End))),
            Some((_, '{')) => self.at += 1,
            Some(_) => {
                let (text, _) = self.until(&[',']);
                return match self.converted(&text, origin) {
                    Ok(node) => Ok((node, Ok(()))),
                    Err(stop) => Ok((Node::new(Value::Null, origin), Err(stop))),
                };
            }
        }
        let mut list: Vec<Node> = Vec::new();
        loop {
            let origin = self.origin();
            let (text, last) = self.until(&[',', '}']);
            if last.is_none() {
                return failed("list must terminate with '}'");
            }
            if last == Some('}') && self.chars.get(self.at).is_some_and(|(_, c)| *c == ',') {
                self.at += 1;
            }
            list.push(self.converted(&text, origin)?);
            if last == Some('}') {
                break;
            }
        }
        Ok((Node::new(list, origin), Ok(())))
    }

    fn converted(&self, text: &str, origin: Origin) -> Result<Node, Stop> {
        let value = match self.mode {
            Mode::Typed => typed(text),
            Mode::File(read) => Value::Str(read(text).map_err(Stop::Failed)?.into()),
            _ => Value::from(text),
        };
        Ok(Node::new(value, origin))
    }

    /// All that is left, as it stands.
    fn rest(&mut self) -> Node {
        let origin = self.origin();
        let text: String = self.chars.get(self.at..).unwrap_or_default().iter().map(|(_, c)| *c).collect();
        self.at = self.chars.len();
        Node::new(text, origin)
    }

    fn json(&mut self) -> Result<Node, Stop> {
        let (node, rest) = self.json_value()?;
        if rest {
            self.skip_blanks()?;
        }
        Ok(node)
    }

    /// A JSON value, and whether one was there; else null.
    fn json_value(&mut self) -> Result<(Node, bool), Stop> {
        let origin = self.origin();
        if self.skip_blanks()? {
            return Ok((Node::new(Value::Null, origin), false));
        }
        let Some((node, end)) = json::value(&self.argument.text, self.offset(), self.argument.id) else {
            return failed("invalid JSON");
        };
        self.at = self.chars.partition_point(|(offset, _)| *offset < end);
        Ok((node, true))
    }

    /// Reads on over blanks, and a comma after them; whether nothing else came.
    fn skip_blanks(&mut self) -> Result<bool, Stop> {
        loop {
            match self.next() {
                None | Some(',') => return Ok(true),
                Some(c) if go::is_space(c) => {}
                Some(_) => {
                    self.at -= 1;
                    return Ok(false);
                }
            }
        }
    }
}

/// What a text of `--set` looks like.
fn typed(text: &str) -> Value {
    // Go's `EqualFold` takes the long s for an s.
    let is = |word: &str| text.replace('\u{17F}', "s").eq_ignore_ascii_case(word);
    if is("true") {
        Value::Bool(true)
    } else if is("false") {
        Value::Bool(false)
    } else if is("null") {
        Value::Null
    } else if text == "0" {
        Value::Int(0)
    } else if text.starts_with('0') {
        Value::from(text)
    } else {
        text.parse().map_or_else(|_| Value::from(text), Value::Int)
    }
}

/// What Go says when a value isn't of the type that the code goes on with.
fn conversion(found: &Value, wanted: &str) -> String {
    let found = match found {
        Value::Null => "nil",
        Value::Bool(_) => "bool",
        Value::Int(_) | Value::UInt(_) => "int64",
        Value::Float(_) => "float64",
        Value::Str(_) => "string",
        Value::Seq(_) => "[]interface {}",
        Value::Map(_) => "map[string]interface {}",
    };
    format!("unable to parse key: interface conversion: interface {{}} is {found}, not {wanted}")
}

/// `%q` of a character.
fn quote_char(c: char) -> String {
    let quoted: EcoString = match c {
        '\'' => "\\'".into(),
        '"' => "\"".into(),
        c => {
            let text = go::quote(&c.to_string());
            text.get(1..text.len() - 1).unwrap_or_default().into()
        }
    };
    format!("'{quoted}'")
}
