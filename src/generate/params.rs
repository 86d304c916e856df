//! Parameter sets: what generators make and templates see.
//!
//! To templates a set is a `map[string]interface {}` of Go. Most of it is what a file said (nodes, whose numbers are
//! Go's doubles), but some collections have types of their own, which merging, flattening and templates tell apart.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use ecow::{EcoString, EcoVec};

use crate::provenance::{ReadSet, ValueRead, ValuesPath};
use crate::render::helm::gotemplate::format;
use crate::render::helm::gotemplate::trail::Trail;
use crate::render::helm::gotemplate::value::{ListRef, ListType, MapRef, MapType, Tracked, Value};
use crate::source::Origin;
use crate::yaml::{self, Entry, Map, Node};

/// A parameter set, or a `map[string]interface {}` in one. Cloning is cheap; keys keep the order of insertion.
#[derive(Clone, Debug, Default)]
pub struct Params {
    entries: EcoVec<Parameter>,
}

/// An entry of [`Params`].
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Its name; with dots in it for fasttemplate.
    pub key: EcoString,
    /// Where the name was read.
    pub key_origin: Origin,
    /// Its value.
    pub value: Param,
    /// Which map of Go it is, where a matrix put one map into several sets; 0 elsewhere. What a merge puts into such a
    /// map shows in all of them.
    pub(super) alias: u32,
}

/// A value in a parameter set, by its Go type.
#[derive(Clone, Debug)]
pub enum Param {
    /// Anything that JSON can say: strings, numbers, `[]interface {}`, `map[string]interface {}`.
    Node(Node),
    /// `map[string]string`: labels, annotations, `values`.
    Strings(Map, Origin),
    /// `[]string`: segments of a path, labels of a pull request.
    List(EcoVec<Node>, Origin),
    /// `map[string]interface {}` with some of these in it.
    Dict(Params, Origin),
    /// `[]map[string]interface {}`: the clusters of a flat list.
    Dicts(EcoVec<Params>, Origin),
    /// What a plugin was given: raw JSON, which templates see as its bytes.
    Input(Arc<Map>, Origin),
}

impl Params {
    /// Nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// The entries of a mapping, each key once.
    pub fn of(map: &Map) -> Self {
        let entry = |e: &Entry| Parameter {
            key: e.key.clone(),
            key_origin: e.key_origin,
            value: Param::Node(e.value.clone()),
            alias: 0,
        };
        Self { entries: map.iter().map(entry).collect() }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// The entries, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Parameter> {
        self.entries.iter()
    }

    /// The value under a key.
    pub fn get(&self, key: &str) -> Option<&Param> {
        self.entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    /// Puts a value under a key, in place of what stands there.
    pub fn set(&mut self, key: impl Into<EcoString>, key_origin: Origin, value: Param) {
        let key = key.into();
        match self.entries.iter().position(|entry| entry.key == key) {
            Some(at) => {
                if let Some(entry) = self.entries.make_mut().get_mut(at) {
                    entry.key_origin = key_origin;
                    entry.value = value;
                    entry.alias = 0;
                }
            }
            None => self.entries.push(Parameter { key, key_origin, value, alias: 0 }),
        }
    }

    /// Puts a string that came from somewhere.
    pub fn text(&mut self, key: impl Into<EcoString>, text: impl Into<EcoString>, origin: Origin) {
        self.set(key, origin, Param::Node(Node::new(text.into(), origin)));
    }

    /// All of it as a node, for whoever shows it. Types of Go are lost.
    pub fn to_node(&self) -> Node {
        let entries = self.entries.iter().map(|e| Entry {
            key: e.key.clone(),
            key_origin: e.key_origin,
            value: e.value.to_node(),
        });
        Node::made(Map::from_unique(entries.collect()))
    }

    /// As Go templates see it, each value with its path while that is recorded.
    pub fn to_value(&self, record: bool) -> Tracked {
        Tracked { value: Value::Map(self.to_map(&ValuesPath::new(), record)), trail: Trail::NONE }
    }

    fn to_map(&self, path: &ValuesPath, record: bool) -> MapRef {
        let entries = self.entries.iter().map(|e| {
            let path = below(path, &e.key, record);
            (e.key.clone(), e.value.to_value(&path, record))
        });
        MapRef::of(MapType::Any, entries.collect())
    }

    /// Overrides values with those of another set, maps entry by entry (mergo's `Merge` with `WithOverride`).
    ///
    /// # Errors
    /// Go's panic: something that is no string is put among strings.
    pub fn merge(&mut self, other: &Self) -> Result<(), String> {
        for entry in &other.entries {
            let Some(at) = self.entries.iter().position(|own| own.key == entry.key) else {
                self.entries.push(entry.clone());
                continue;
            };
            let Some(own) = self.entries.make_mut().get_mut(at) else { continue };
            match own.value.merged(&entry.value)? {
                Some(merged) => own.value = merged,
                None => *own = entry.clone(),
            }
        }
        Ok(())
    }

    /// The same set, whose maps are going to be in several: each gets a number of its own, unless it has one.
    #[must_use]
    pub(super) fn aliased(&self, next: &mut u32) -> Self {
        let mut made = self.clone();
        if self.entries.iter().any(|entry| entry.alias == 0 && entry.value.is_map()) {
            for entry in made.entries.make_mut().iter_mut().filter(|entry| entry.alias == 0 && entry.value.is_map()) {
                *next += 1;
                entry.alias = *next;
            }
        }
        made
    }

    /// Takes over what was put into maps that other sets hold as well.
    pub(super) fn refresh(&mut self, shared: &BTreeMap<u32, Param>) {
        if self.entries.iter().any(|entry| shared.contains_key(&entry.alias)) {
            for entry in self.entries.make_mut() {
                if let Some(value) = shared.get(&entry.alias) {
                    entry.value = value.clone();
                }
            }
        }
    }

    /// The value behind a key of fasttemplate, if it is a string.
    pub fn string(&self, key: &str) -> Option<&Node> {
        match self.get(key)? {
            Param::Node(node) if node.as_str().is_some() => Some(node),
            _ => None,
        }
    }

    /// What a string template read: the value behind a key, and where it was set.
    pub fn read(&self, key: &str) -> ReadSet {
        let origin = self.get(key).map_or(Origin::NONE, Param::origin);
        ReadSet::one(ValueRead { path: vec![key.into()], origin })
    }

    /// Flattens it for a selector: nested keys joined with dots, elements by their index; empty collections vanish.
    /// `strings` tells whether maps of strings are looked into.
    pub fn flattened(&self, strings: bool) -> BTreeMap<EcoString, String> {
        let mut flat = BTreeMap::new();
        for entry in &self.entries {
            entry.value.flatten(entry.key.clone(), strings, &mut |key, text| {
                flat.insert(key, text);
            });
        }
        flat
    }
}

impl<'p> IntoIterator for &'p Params {
    type Item = &'p Parameter;
    type IntoIter = std::slice::Iter<'p, Parameter>;
    fn into_iter(self) -> Self::IntoIter {
        self.entries.iter()
    }
}

impl Param {
    /// Where it was read.
    pub fn origin(&self) -> Origin {
        match self {
            Self::Node(node) => node.origin,
            Self::Strings(_, origin)
            | Self::List(_, origin)
            | Self::Dict(_, origin)
            | Self::Dicts(_, origin)
            | Self::Input(_, origin) => *origin,
        }
    }

    /// As a node; types of Go are lost.
    pub fn to_node(&self) -> Node {
        match self {
            Self::Node(node) => node.clone(),
            Self::Strings(map, origin) => Node::new(map.clone(), *origin),
            Self::List(items, origin) => Node { value: yaml::Value::Seq(items.clone()), origin: *origin },
            Self::Dict(params, origin) => Node { origin: *origin, ..params.to_node() },
            Self::Dicts(all, origin) => {
                Node { value: yaml::Value::Seq(all.iter().map(Params::to_node).collect()), origin: *origin }
            }
            Self::Input(map, origin) => {
                let parameters =
                    Entry { key: "parameters".into(), key_origin: *origin, value: Node::new(Map::clone(map), *origin) };
                let input = Node::new(Map::from_unique([parameters].into_iter().collect()), *origin);
                let input = Entry { key: "input".into(), key_origin: *origin, value: input };
                Node::new(Map::from_unique([input].into_iter().collect()), *origin)
            }
        }
    }

    /// As Go templates see it.
    pub fn to_value(&self, path: &ValuesPath, record: bool) -> Tracked {
        let place = record.then(|| Rc::new(path.clone()));
        let trail = if record { Trail::read(path.clone(), self.origin()) } else { Trail::NONE };
        let value = match self {
            Self::Node(node) => return Tracked::frozen(node, &place),
            Self::Strings(map, _) => {
                Value::Map(MapRef::frozen(MapType::Any, map.clone(), place).retyped(MapType::Strings))
            }
            Self::List(items, _) => {
                let items = items.iter().enumerate().map(|(at, item)| {
                    let place = record.then(|| Rc::new(below(path, &at.to_string(), true)));
                    Tracked::frozen(item, &place)
                });
                Value::List(ListRef::of(ListType::Strings, items.collect()))
            }
            Self::Dict(params, _) => Value::Map(params.to_map(path, record)),
            Self::Dicts(all, _) => {
                let items = all.iter().enumerate().map(|(at, params)| {
                    let path = below(path, &at.to_string(), record);
                    Tracked { value: Value::Map(params.to_map(&path, record)), trail: Trail::NONE }
                });
                Value::List(ListRef::of(ListType::Maps, items.collect()))
            }
            Self::Input(map, _) => super::plugin::input_value(map),
        };
        Tracked { value, trail }
    }

    /// `%v` of it.
    pub fn show(&self) -> String {
        match self {
            Self::Node(node) => show_node(node),
            _ => show(&self.to_value(&ValuesPath::new(), false)),
        }
    }

    /// Whether it is a map.
    pub(super) fn is_map(&self) -> bool {
        match self {
            Self::Node(node) => node.as_map().is_some(),
            Self::Strings(..) | Self::Dict(..) | Self::Input(..) => true,
            Self::List(..) | Self::Dicts(..) => false,
        }
    }

    /// The map that this is, if it is one, as entries.
    fn as_entries(&self) -> Option<Params> {
        match self {
            Self::Node(node) => node.as_map().map(Params::of),
            Self::Strings(map, _) => Some(Params::of(map)),
            Self::Dict(params, _) => Some(params.clone()),
            // Its type is a map of its own, which merges as a whole: both sides have the same.
            Self::Input(..) | Self::List(..) | Self::Dicts(..) => None,
        }
    }

    /// What two maps make, the second's entries above the first's; none if they aren't both maps, and so the second
    /// stands.
    fn merged(&self, other: &Self) -> Result<Option<Self>, String> {
        if let (Self::Input(own, origin), Self::Input(others, _)) = (self, other) {
            let both: Map = own.iter().chain(others.iter()).cloned().collect();
            return Ok(Some(Self::Input(Arc::new(both), *origin)));
        }
        let (Some(mut own), Some(others)) = (self.as_entries(), other.as_entries()) else { return Ok(None) };
        // An empty map gives its place to the other, type and all.
        if own.is_empty() {
            return Ok(None);
        }
        if let Self::Strings(..) = self
            && !matches!(other, Self::Strings(..))
            && !others.is_empty()
        {
            let value = "value of type interface {} is not assignable to type string";
            return Err(format!("reflect.Value.SetMapIndex: {value}"));
        }
        own.merge(&others)?;
        let origin = self.origin();
        Ok(Some(match self {
            Self::Strings(..) => match own.to_node().value {
                yaml::Value::Map(map) => Self::Strings(map, origin),
                _ => Self::Dict(own, origin),
            },
            _ if own.iter().all(|e| matches!(e.value, Self::Node(_))) => Self::Node(Node { origin, ..own.to_node() }),
            _ => Self::Dict(own, origin),
        }))
    }

    fn flatten(&self, key: EcoString, strings: bool, put: &mut dyn FnMut(EcoString, String)) {
        match self {
            Self::Node(node) => flatten_node(node, key, &mut |key, node| put(key, show_node(node))),
            Self::Strings(map, _) if strings => {
                for entry in map {
                    put(dotted(&key, &entry.key), show_node(&entry.value));
                }
            }
            Self::Dict(params, _) => {
                for entry in params {
                    entry.value.flatten(dotted(&key, &entry.key), strings, put);
                }
            }
            // A `map[string]interface {}` of one entry, whose own is of another type.
            Self::Input(map, _) => put(dotted(&key, "input"), show(&super::plugin::parameters_value(map))),
            Self::Strings(..) | Self::List(..) | Self::Dicts(..) => put(key, self.show()),
        }
    }
}

/// Flattens a node as jeremywohl/flatten does: each value that is no collection, under the keys that lead to it.
pub fn flatten_node(node: &Node, key: EcoString, put: &mut dyn FnMut(EcoString, &Node)) {
    match &node.value {
        yaml::Value::Map(map) => {
            for entry in map {
                flatten_node(&entry.value, dotted(&key, &entry.key), put);
            }
        }
        yaml::Value::Seq(items) => {
            for (at, item) in items.iter().enumerate() {
                flatten_node(item, dotted(&key, &at.to_string()), put);
            }
        }
        _ => put(key, node),
    }
}

fn dotted(key: &str, below: &str) -> EcoString {
    ecow::eco_format!("{key}.{below}")
}

fn below(path: &ValuesPath, key: &str, record: bool) -> ValuesPath {
    if !record {
        return ValuesPath::new();
    }
    let mut path = path.clone();
    path.push(key.into());
    path
}

/// `%v` of a value.
pub fn show(value: &Value) -> String {
    let bytes = format::show(value).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// `%v` of what a file said.
pub fn show_node(node: &Node) -> String {
    match &node.value {
        yaml::Value::Str(text) => text.to_string(),
        _ => show(&Tracked::frozen(node, &None)),
    }
}

/// A node as it comes out of a trip through Go's doubles: whole numbers that those can't hold lose digits.
pub fn rounded(node: &Node) -> Node {
    const EXACT: u64 = 1 << 53;
    if !has_large(node) {
        return node.clone();
    }
    let value = match &node.value {
        #[expect(clippy::cast_precision_loss, reason = "Go loses it as well")]
        yaml::Value::Int(n) if n.unsigned_abs() > EXACT => whole(*n as f64),
        #[expect(clippy::cast_precision_loss, reason = "Go loses it as well")]
        yaml::Value::UInt(n) => whole(*n as f64),
        yaml::Value::Seq(items) => yaml::Value::Seq(items.iter().map(rounded).collect()),
        yaml::Value::Map(map) => {
            let entries = map.iter().map(|e| Entry { value: rounded(&e.value), ..e.clone() });
            yaml::Value::Map(Map::from_unique(entries.collect()))
        }
        other => other.clone(),
    };
    Node { value, origin: node.origin }
}

/// A whole double as JSON has it: without an exponent below 10^21.
fn whole(float: f64) -> yaml::Value {
    match format!("{float:.0}").parse() {
        Ok(n) => yaml::Value::Int(n),
        Err(_) => yaml::Value::Float(float),
    }
}

fn has_large(node: &Node) -> bool {
    match &node.value {
        yaml::Value::Int(n) => n.unsigned_abs() > 1 << 53,
        yaml::Value::UInt(_) => true,
        yaml::Value::Seq(items) => items.iter().any(has_large),
        yaml::Value::Map(map) => map.iter().any(|e| has_large(&e.value)),
        _ => false,
    }
}

/// A node with every number a double, as encoding/json decodes what may be anything. Shared where there is none.
pub fn floats(node: &Node) -> Node {
    if !has_integers(node) {
        return node.clone();
    }
    #[expect(clippy::cast_precision_loss, reason = "Go loses it as well")]
    let value = match &node.value {
        yaml::Value::Int(n) => yaml::Value::Float(*n as f64),
        yaml::Value::UInt(n) => yaml::Value::Float(*n as f64),
        yaml::Value::Seq(items) => yaml::Value::Seq(items.iter().map(floats).collect()),
        yaml::Value::Map(map) => {
            let entries = map.iter().map(|e| Entry { value: floats(&e.value), ..e.clone() });
            yaml::Value::Map(Map::from_unique(entries.collect()))
        }
        other => other.clone(),
    };
    Node { value, origin: node.origin }
}

fn has_integers(node: &Node) -> bool {
    match &node.value {
        yaml::Value::Int(_) | yaml::Value::UInt(_) => true,
        yaml::Value::Seq(items) => items.iter().any(has_integers),
        yaml::Value::Map(map) => map.iter().any(|e| has_integers(&e.value)),
        _ => false,
    }
}
