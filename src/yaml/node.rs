//! The value tree: what a YAML document means, each node with where it was read.

use ecow::{EcoString, EcoVec};

use crate::source::Origin;

/// A value and where it came from. Cloning is cheap: strings, sequences and maps are shared until written to.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it is.
    pub value: Value,
    /// Where it starts, or who made it.
    pub origin: Origin,
}

/// What a node is: JSON's data model with Go's numbers.
#[derive(Clone, Debug, Default)]
pub enum Value {
    /// `null`, `~` or nothing.
    #[default]
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer that fits an `i64`.
    Int(i64),
    /// An integer above `i64::MAX` (never one that fits).
    UInt(u64),
    /// Any other number; may be infinite or not a number.
    Float(f64),
    /// A string.
    Str(EcoString),
    /// A sequence.
    Seq(EcoVec<Node>),
    /// A mapping with string keys, in source order.
    Map(Map),
}

/// One key of a [`Map`].
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key.
    pub key: EcoString,
    /// Where the key was read.
    pub key_origin: Origin,
    /// Its value.
    pub value: Node,
}

/// A mapping that keeps the order of insertion. Keys are unique; maps are small, so look-ups are scans.
#[derive(Clone, Debug, Default)]
pub struct Map {
    entries: EcoVec<Entry>,
}

impl Map {
    /// An empty map.
    pub fn new() -> Self {
        Self::default()
    }

    /// A map of these entries, whose keys the caller knows to be unique.
    pub fn from_unique(entries: EcoVec<Entry>) -> Self {
        Self { entries }
    }

    /// How many keys.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entries in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Entry> {
        self.entries.iter()
    }

    /// The entries in order, to be changed (keys included: keep them unique). Copies what is shared.
    pub fn entries_mut(&mut self) -> &mut [Entry] {
        self.entries.make_mut()
    }

    /// The value of `key`.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|e| &e.value)
    }

    /// The entry of `key`.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|e| e.key == key)
    }

    /// The value of `key`, to be changed. Copies what is shared.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        let at = self.entries.iter().position(|e| e.key == key)?;
        self.entries.make_mut().get_mut(at).map(|e| &mut e.value)
    }

    /// Sets `key`, in place where it exists, else at the end. Gives back the value it replaced.
    pub fn insert(&mut self, key: impl Into<EcoString>, key_origin: Origin, value: Node) -> Option<Node> {
        let key = key.into();
        match self.entries.iter().position(|e| e.key == key) {
            Some(at) => {
                let entry = self.entries.make_mut().get_mut(at)?;
                entry.key_origin = key_origin;
                Some(std::mem::replace(&mut entry.value, value))
            }
            None => {
                self.entries.push(Entry { key, key_origin, value });
                None
            }
        }
    }

    /// Takes `key` out, keeping the order of the others.
    pub fn remove(&mut self, key: &str) -> Option<Entry> {
        let at = self.entries.iter().position(|e| e.key == key)?;
        Some(self.entries.remove(at))
    }
}

impl<'a> IntoIterator for &'a Map {
    type Item = &'a Entry;
    type IntoIter = std::slice::Iter<'a, Entry>;
    fn into_iter(self) -> Self::IntoIter {
        self.entries.iter()
    }
}

impl IntoIterator for Map {
    type Item = Entry;
    type IntoIter = ecow::vec::IntoIter<Entry>;
    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}

impl FromIterator<Entry> for Map {
    /// A later entry replaces an earlier one of the same key, in the earlier one's place.
    fn from_iter<T: IntoIterator<Item = Entry>>(iter: T) -> Self {
        let mut map = Self::new();
        for entry in iter {
            map.insert(entry.key, entry.key_origin, entry.value);
        }
        map
    }
}

impl Default for Node {
    /// A null without an origin.
    fn default() -> Self {
        Self { value: Value::Null, origin: Origin::NONE }
    }
}

impl Node {
    /// A value that Terrace made itself.
    pub fn made(value: impl Into<Value>) -> Self {
        Self { value: value.into(), origin: Origin::NONE }
    }

    /// A value with an origin.
    pub fn new(value: impl Into<Value>, origin: Origin) -> Self {
        Self { value: value.into(), origin }
    }

    /// The mapping, if it is one.
    pub fn as_map(&self) -> Option<&Map> {
        if let Value::Map(map) = &self.value { Some(map) } else { None }
    }

    /// The mapping to be changed, if it is one.
    pub fn as_map_mut(&mut self) -> Option<&mut Map> {
        if let Value::Map(map) = &mut self.value { Some(map) } else { None }
    }

    /// The sequence, if it is one.
    pub fn as_seq(&self) -> Option<&[Node]> {
        if let Value::Seq(seq) = &self.value { Some(seq) } else { None }
    }

    /// The string, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        if let Value::Str(s) = &self.value { Some(s) } else { None }
    }

    /// The boolean, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        if let Value::Bool(b) = self.value { Some(b) } else { None }
    }

    /// The integer, if it is one that fits.
    pub fn as_i64(&self) -> Option<i64> {
        if let Value::Int(n) = self.value { Some(n) } else { None }
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// The value of `key` in a mapping.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.as_map()?.get(key)
    }

    /// The node behind a chain of keys.
    pub fn at(&self, keys: &[&str]) -> Option<&Node> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The string behind a chain of keys.
    pub fn str_at(&self, keys: &[&str]) -> Option<&str> {
        self.at(keys)?.as_str()
    }

    /// The node at a JSON pointer (RFC 6901), with array indices; `""` is the node itself.
    pub fn pointer(&self, pointer: &str) -> Option<&Node> {
        if pointer.is_empty() {
            return Some(self);
        }
        pointer.strip_prefix('/')?.split('/').try_fold(self, |node, token| {
            let token = token.replace("~1", "/").replace("~0", "~");
            match &node.value {
                Value::Map(map) => map.get(&token),
                Value::Seq(seq) => seq.get(token.parse::<usize>().ok()?),
                _ => None,
            }
        })
    }
}

impl Value {
    /// The kind of value in the words of a message: `a string`, `a list`, …
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Int(_) | Self::UInt(_) => "an integer",
            Self::Float(_) => "a number",
            Self::Str(_) => "a string",
            Self::Seq(_) => "a list",
            Self::Map(_) => "a mapping",
        }
    }
}

/// Equal in meaning; origins and the order of keys don't count. Numbers compare by value within their kind.
impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::UInt(a), Self::UInt(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => a.to_bits() == b.to_bits() || a == b,
            (Self::Str(a), Self::Str(b)) => a == b,
            (Self::Seq(a), Self::Seq(b)) => a == b,
            (Self::Map(a), Self::Map(b)) => {
                a.len() == b.len() && a.iter().all(|e| b.get(&e.key).is_some_and(|v| *v == e.value))
            }
            _ => false,
        }
    }
}

impl From<bool> for Value {
    fn from(b: bool) -> Self {
        Self::Bool(b)
    }
}
impl From<i64> for Value {
    fn from(n: i64) -> Self {
        Self::Int(n)
    }
}
impl From<f64> for Value {
    fn from(n: f64) -> Self {
        Self::Float(n)
    }
}
impl From<&str> for Value {
    fn from(s: &str) -> Self {
        Self::Str(s.into())
    }
}
impl From<String> for Value {
    fn from(s: String) -> Self {
        Self::Str(s.into())
    }
}
impl From<EcoString> for Value {
    fn from(s: EcoString) -> Self {
        Self::Str(s)
    }
}
impl From<Map> for Value {
    fn from(map: Map) -> Self {
        Self::Map(map)
    }
}
impl From<Vec<Node>> for Value {
    fn from(seq: Vec<Node>) -> Self {
        Self::Seq(seq.into_iter().collect())
    }
}
