//! Values as Go templates see them: Go's types, maps that are shared and mutable, trees that are copied on write.
//!
//! A map is a reference, as in Go: `$e := $d` names the same map, and sprig's `set` is seen through both names. A tree that
//! came from a file stays frozen ([`yaml::Map`], shared by all threads) until a level of it is looked into, so a deep copy
//! costs what was looked into, not what is there.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::mem::size_of;
use std::ops::Deref;
use std::rc::Rc;
use std::sync::Arc;

use ecow::{EcoString, EcoVec};
use foldhash::fast::FixedState;
use indexmap::IndexMap;

use super::call::{Fault, Meter};
use super::stack;
use super::trail::Trail;
use crate::provenance::{ReadSet, ValuesPath};
use crate::source::Origin;
use crate::yaml::{self, Node};

/// Levels of nested collections that anything looks into; encoding/json gives up at the same depth.
pub const MAX_DEPTH: usize = 1000;

/// Levels of collections that templates made, which provenance looks into.
const MAX_CONTENT: usize = 8;

/// Entries of a map that are looked through faster than sorted.
const WIDE: usize = 64;

/// A value and what it was made of.
#[derive(Clone, Debug, Default)]
pub struct Tracked {
    /// The value.
    pub value: Value,
    /// What it came from; empty unless provenance is recorded.
    pub trail: Trail,
}

/// A Go value.
#[derive(Clone, Debug, Default)]
pub enum Value {
    /// reflect's zero Value: what a pipeline makes of nil, and an absent entry under `missingkey=default`. Its fields are
    /// such values again, where those of [`Value::Nil`] are an error. Only the executor makes and sees it: functions get nil.
    NoValue,
    /// `nil` (an interface without a value).
    #[default]
    Nil,
    /// `bool`.
    Bool(bool),
    /// An integer of a type.
    Int(i64, IntType),
    /// `float64`: what every number of a file is.
    Float(f64),
    /// A `string` that is UTF-8.
    Str(EcoString),
    /// A `string` that is not.
    Raw(EcoVec<u8>),
    /// A map.
    Map(MapRef),
    /// A slice.
    List(ListRef),
    /// Anything with fields or methods, and other types of Go.
    Object(Rc<dyn Object>),
}

/// Go's integer types, as far as templates meet them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IntType {
    /// `int`.
    Int,
    /// `int32`: a character constant.
    Int32,
    /// `int64`.
    Int64,
    /// `uint8`: an element of a string.
    Uint8,
    /// `uint32`.
    Uint32,
    /// `uint64`.
    Uint64,
}

impl IntType {
    /// Go's name of it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Int => "int",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::Uint8 => "uint8",
            Self::Uint32 => "uint32",
            Self::Uint64 => "uint64",
        }
    }

    /// Whether it has no negative numbers.
    pub fn unsigned(self) -> bool {
        matches!(self, Self::Uint8 | Self::Uint32 | Self::Uint64)
    }
}

/// A value of a type that has fields or methods, or that isn't one of [`Value`]'s own. Implementations compare and show
/// themselves as Go does.
pub trait Object: fmt::Debug {
    /// Go's name of the type, as `%T` prints it: `*semver.Version`, `time.Duration`.
    fn type_name(&self) -> &str;

    /// Its kind, as reflect names it: `struct`, `ptr`, `int64`, `map`, `slice`, `func`.
    fn kind(&self) -> &'static str;

    /// `%v` of it: what its `String` or `Error` method gives, if it [has one](Object::stringer).
    fn show(&self) -> String;

    /// How many bytes [`Object::show`] may give, where those can be many.
    fn shown_bytes(&self) -> usize {
        0
    }

    /// Whether the type has a `String` or an `Error` method: then `%s`, `%q` and `%x` print [`Object::show`].
    fn stringer(&self) -> bool {
        true
    }

    /// What the `String` method of its pointer gives: an action that prints a field behind a pointer calls that, while fmt,
    /// which gets a copy, doesn't.
    fn pointer_string(&self) -> Option<String> {
        None
    }

    /// What it is underneath, for the verbs that print that: `%d` of a duration, `%+v` of a struct.
    fn body(&self) -> Body {
        Body::Opaque
    }

    /// What its `GoString` method gives, if it has one; `%#v` prints it.
    fn go_string(&self) -> Option<String> {
        None
    }

    /// A field, of a struct or behind a pointer; none if there is no such field.
    fn field(&self, _name: &str) -> Option<Tracked> {
        None
    }

    /// The parameters of a method; none if there is no such method.
    fn method(&self, _name: &str) -> Option<super::call::Signature> {
        None
    }

    /// Calls a method that [`Object::method`] knows, with arguments that fit.
    fn call(&self, name: &str, _call: &mut super::call::Call) -> Result<Tracked, Fault> {
        Err(Fault::new(format!("{} has no method {name}", self.type_name())))
    }

    /// Its entries, if it can be ranged over, or indexed like a map; in order.
    fn entries(&self) -> Option<Vec<(Tracked, Tracked)>> {
        None
    }

    /// Whether it is what `if` takes for true.
    fn truth(&self) -> bool {
        true
    }

    /// What encoding/json makes of it.
    fn to_node(&self, meter: &mut Meter) -> Result<Node, Fault>;

    /// Itself, for functions that take just this type.
    fn as_any(&self) -> &dyn std::any::Any;
}

/// What an [`Object`] is underneath.
#[derive(Clone, Debug)]
pub enum Body {
    /// Not known: [`Object::show`] is all that there is to print.
    Opaque,
    /// A value of one of Go's own types: the `int64` of a `time.Duration`.
    Plain(Value),
    /// A struct's fields, or those of the struct that a pointer leads to; in order, those that aren't exported too.
    Struct(Vec<(&'static str, Value)>),
}

/// Where a frozen collection stands in the values, for trails.
pub type Place = Option<Rc<ValuesPath>>;

/// A map: a reference to shared entries with string keys, and the type that it is held under.
#[derive(Clone)]
pub struct MapRef(Rc<MapBody>, MapType);

pub(super) struct MapBody {
    place: Place,
    nil: bool,
    state: RefCell<MapState>,
}

pub(super) enum MapState {
    /// Nothing below was looked into.
    Frozen(yaml::Map),
    /// By key, in no order: they are looked up far more often than ranged over.
    Live(Entries),
}

type Entries = IndexMap<EcoString, Tracked, FixedState>;

/// Go's types of maps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MapType {
    /// `map[string]interface {}`.
    Any,
    /// Helm's own name for it: `chartutil.Values` in Helm 3.
    ChartutilValues,
    /// `common.Values` in Helm 4.
    CommonValues,
    /// `map[string]string`.
    Strings,
}

impl MapType {
    /// Go's name of it, as `%T` prints it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Any => "map[string]interface {}",
            Self::ChartutilValues => "chartutil.Values",
            Self::CommonValues => "common.Values",
            Self::Strings => "map[string]string",
        }
    }

    /// Whether its values are strings by its type.
    pub fn holds_strings(self) -> bool {
        matches!(self, Self::Strings)
    }
}

impl MapRef {
    /// An empty `map[string]interface {}`.
    pub fn new() -> Self {
        Self::of(MapType::Any, BTreeMap::new())
    }

    /// A map of a type.
    pub fn of(go: MapType, entries: BTreeMap<EcoString, Tracked>) -> Self {
        Self::with(go, None, MapState::Live(entries.into_iter().collect()), false)
    }

    /// A nil map: nothing in it, `null` in JSON, and nothing can be put into it.
    pub fn nil(go: MapType) -> Self {
        Self::with(go, None, MapState::Live(Entries::default()), true)
    }

    /// A map that a file holds. `place` is its path in the values, given only while provenance is recorded.
    pub fn frozen(go: MapType, map: yaml::Map, place: Place) -> Self {
        Self::with(go, place, MapState::Frozen(map), false)
    }

    fn with(go: MapType, place: Place, state: MapState, nil: bool) -> Self {
        Self(Rc::new(MapBody { place, nil, state: RefCell::new(state) }), go)
    }

    /// Whether it is nil, not just empty.
    pub fn is_nil(&self) -> bool {
        self.0.nil
    }

    /// Its type.
    pub fn go(&self) -> MapType {
        self.1
    }

    /// The same map under another type: Go's conversion, which copies no entry. Both are one map.
    pub fn retyped(&self, go: MapType) -> Self {
        Self(Rc::clone(&self.0), go)
    }

    /// Whether both are one map.
    pub fn same(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }

    /// What tells this map from every other that is alive.
    pub fn address(&self) -> usize {
        Rc::as_ptr(&self.0).addr()
    }

    /// How many entries.
    pub fn len(&self) -> usize {
        match &*self.0.state.borrow() {
            MapState::Frozen(map) => map.len(),
            MapState::Live(entries) => entries.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether there is an entry under this key, null or not.
    pub fn contains(&self, key: &str) -> bool {
        self.thaw_if_wide();
        match &*self.0.state.borrow() {
            MapState::Frozen(map) => map.get(key).is_some(),
            MapState::Live(entries) => entries.contains_key(key),
        }
    }

    /// The entry under a key. An absent key is read too: its trail says so while recording.
    pub fn get(&self, key: &str) -> Option<Tracked> {
        self.thaw_if_wide();
        if let MapState::Frozen(map) = &*self.0.state.borrow() {
            let node = &map.get(key)?;
            if !matches!(node.value, yaml::Value::Map(_) | yaml::Value::Seq(_)) {
                return Some(thaw(node, &below(&self.0.place, key)));
            }
        }
        self.live();
        match &*self.0.state.borrow() {
            MapState::Live(entries) => entries.get(key).cloned(),
            MapState::Frozen(_) => None,
        }
    }

    /// Frozen entries are looked through one by one.
    fn thaw_if_wide(&self) {
        let wide = matches!(&*self.0.state.borrow(), MapState::Frozen(map) if map.len() > WIDE);
        if wide {
            self.live();
        }
    }

    /// What reading an absent key leaves as its trail.
    pub fn absent(&self, key: &str) -> Trail {
        match below(&self.0.place, key) {
            Some(path) => Trail::read(ValuesPath::clone(&path), Origin::NONE),
            None => Trail::NONE,
        }
    }

    /// Where it stands in the values, if that is recorded.
    pub fn place(&self) -> &Place {
        &self.0.place
    }

    /// Puts a value under a key; everyone who holds the map sees it. A nil map stays as it is: ask [`MapRef::is_nil`].
    pub fn set(&self, key: impl Into<EcoString>, value: Tracked) {
        if self.is_nil() {
            return;
        }
        self.live();
        if let MapState::Live(entries) = &mut *self.0.state.borrow_mut() {
            entries.insert(key.into(), value);
        }
    }

    /// Takes an entry out.
    pub fn remove(&self, key: &str) -> Option<Tracked> {
        self.live();
        match &mut *self.0.state.borrow_mut() {
            MapState::Live(entries) => entries.swap_remove(key),
            MapState::Frozen(_) => None,
        }
    }

    /// The keys, sorted.
    pub fn keys(&self) -> Vec<EcoString> {
        let mut keys: Vec<_> = match &*self.0.state.borrow() {
            MapState::Live(entries) => entries.keys().cloned().collect(),
            MapState::Frozen(map) => map.iter().map(|e| e.key.clone()).collect(),
        };
        keys.sort_unstable();
        keys
    }

    /// The entries, sorted by key, as they are now.
    pub fn entries(&self) -> Vec<(EcoString, Tracked)> {
        self.live();
        let mut found: Vec<_> = match &*self.0.state.borrow() {
            MapState::Live(entries) => entries.iter().map(|(k, v)| (k.clone(), v.clone())).collect(),
            MapState::Frozen(_) => Vec::new(),
        };
        found.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        found
    }

    /// The frozen entries, if nothing below was looked into (so nothing can differ from them).
    pub fn as_frozen(&self) -> Option<yaml::Map> {
        match &*self.0.state.borrow() {
            MapState::Frozen(map) => Some(map.clone()),
            MapState::Live(_) => None,
        }
    }

    /// A map of its own, with collections of its own all the way down. What nobody has looked into is shared.
    fn copy(&self, depth: usize, meter: &mut Meter) -> Result<Self, Fault> {
        let state = match &*self.0.state.borrow() {
            MapState::Frozen(map) => MapState::Frozen(map.clone()),
            MapState::Live(entries) => {
                // A loop, not `collect`: that takes several frames of the stack for each level.
                meter.value(MAP)?;
                let mut copies = Entries::with_capacity_and_hasher(entries.len(), FixedState::default());
                for (key, value) in entries {
                    copies.insert(key.clone(), value.copy(depth + 1, meter)?);
                }
                MapState::Live(copies)
            }
        };
        Ok(Self::with(self.1, self.0.place.clone(), state, self.0.nil))
    }

    /// Gives each entry its identity.
    fn live(&self) {
        let entries = match &*self.0.state.borrow() {
            MapState::Live(_) => return,
            MapState::Frozen(map) => {
                thawed(map.len().saturating_mul(ENTRY).saturating_add(MAP));
                map.iter().map(|e| (e.key.clone(), thaw(&e.value, &below(&self.0.place, &e.key)))).collect()
            }
        };
        *self.0.state.borrow_mut() = MapState::Live(entries);
    }

    pub(super) fn body(&mut self) -> Option<&mut MapState> {
        Rc::get_mut(&mut self.0).map(|body| body.state.get_mut())
    }
}

impl MapState {
    pub(super) fn take(&mut self) -> Entries {
        match std::mem::replace(self, Self::Live(Entries::default())) {
            Self::Live(entries) => entries,
            Self::Frozen(_) => Entries::default(),
        }
    }
}

impl Drop for MapBody {
    fn drop(&mut self) {
        super::drop::map(self.state.get_mut());
    }
}

impl Default for MapRef {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MapRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.keys().into_iter().map(|k| (k, "…"))).finish()
    }
}

/// A slice: its elements never change but by [`ListRef::sort`] (no other function of sprig or Helm writes into one), so it
/// is shared freely.
#[derive(Clone)]
pub struct ListRef(Rc<ListBody>);

pub(super) struct ListBody {
    go: ListType,
    place: Place,
    frozen: Option<Frozen>,
    items: OnceCell<Vec<Tracked>>,
    /// The elements since they were sorted in place.
    sorted: OnceCell<Vec<Tracked>>,
    nil: bool,
}

/// Elements that nobody has looked at.
enum Frozen {
    /// What a file holds.
    Nodes(EcoVec<Node>),
    /// Bytes.
    Bytes(Arc<[u8]>),
}

/// Go's types of slices.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ListType {
    /// `[]interface {}`.
    Any,
    /// `[]string`.
    Strings,
    /// `[]int`.
    Ints,
    /// `[]uint8`: bytes.
    Bytes,
    /// `[][]interface {}`.
    Lists,
    /// `[]map[string]interface {}`.
    Maps,
    /// Another, by Go's name of it: `[]*chart.Maintainer`.
    Named(&'static str),
}

impl ListType {
    /// Go's name of it, as `%T` prints it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Any => "[]interface {}",
            Self::Strings => "[]string",
            Self::Ints => "[]int",
            Self::Bytes => "[]uint8",
            Self::Lists => "[][]interface {}",
            Self::Maps => "[]map[string]interface {}",
            Self::Named(name) => name,
        }
    }
}

impl ListRef {
    /// A `[]interface {}`.
    pub fn new(items: Vec<Tracked>) -> Self {
        Self::of(ListType::Any, items)
    }

    /// A slice of a type.
    pub fn of(go: ListType, items: Vec<Tracked>) -> Self {
        Self::with(go, None, None, Some(items), false)
    }

    /// A nil slice: nothing in it, and `null` in JSON.
    pub fn nil(go: ListType) -> Self {
        Self::with(go, None, None, Some(Vec::new()), true)
    }

    /// A `[]string`.
    pub fn strings<S: Into<EcoString>>(items: impl IntoIterator<Item = S>) -> Self {
        Self::of(ListType::Strings, items.into_iter().map(|s| Value::Str(s.into()).into()).collect())
    }

    /// A sequence that a file holds.
    pub fn frozen(items: EcoVec<Node>, place: Place) -> Self {
        Self::with(ListType::Any, place, Some(Frozen::Nodes(items)), None, false)
    }

    /// A `[]byte`: its elements are made when somebody looks at one.
    pub fn bytes(bytes: Arc<[u8]>) -> Self {
        Self::with(ListType::Bytes, None, Some(Frozen::Bytes(bytes)), None, false)
    }

    fn with(go: ListType, place: Place, frozen: Option<Frozen>, items: Option<Vec<Tracked>>, nil: bool) -> Self {
        let items = items.map_or_else(OnceCell::new, OnceCell::from);
        Self(Rc::new(ListBody { go, place, frozen, items, sorted: OnceCell::new(), nil }))
    }

    /// Its type.
    pub fn go(&self) -> ListType {
        self.0.go
    }

    /// Whether it is nil, not just empty.
    pub fn is_nil(&self) -> bool {
        self.0.nil
    }

    /// Whether both are one slice.
    pub fn same(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }

    /// What tells this slice from every other that is alive.
    pub fn address(&self) -> usize {
        Rc::as_ptr(&self.0).addr()
    }

    /// Sorts a slice of strings in place, byte by byte; everyone who holds it sees it.
    pub fn sort(&self) {
        self.0.sorted.get_or_init(|| {
            let mut items = self.items().to_vec();
            items.sort_by(|a, b| a.as_bytes().cmp(&b.as_bytes()));
            items
        });
    }

    /// Its elements.
    pub fn items(&self) -> &[Tracked] {
        if let Some(sorted) = self.0.sorted.get() {
            return sorted;
        }
        self.0.items.get_or_init(|| {
            thawed(self.len().saturating_mul(size_of::<Tracked>()));
            let byte = |b: &u8| Value::Int(i64::from(*b), IntType::Uint8).into();
            let node = |(i, node)| thaw(node, &element(&self.0.place, i));
            match &self.0.frozen {
                Some(Frozen::Nodes(nodes)) => nodes.iter().enumerate().map(node).collect(),
                Some(Frozen::Bytes(bytes)) => bytes.iter().map(byte).collect(),
                None => Vec::new(),
            }
        })
    }

    /// The bytes, if it is a `[]byte`.
    pub fn as_byte_slice(&self) -> Option<Cow<'_, [u8]>> {
        if let Some(Frozen::Bytes(bytes)) = &self.0.frozen {
            return Some(Cow::Borrowed(bytes));
        }
        let byte = |item: &Tracked| if let Value::Int(n, _) = item.value { n.to_le_bytes()[0] } else { 0 };
        (self.go() == ListType::Bytes).then(|| self.items().iter().map(byte).collect())
    }

    /// How many elements.
    pub fn len(&self) -> usize {
        match (&self.0.frozen, self.0.items.get()) {
            (_, Some(items)) => items.len(),
            (Some(Frozen::Nodes(nodes)), None) => nodes.len(),
            (Some(Frozen::Bytes(bytes)), None) => bytes.len(),
            (None, None) => 0,
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The element at an index.
    pub fn get(&self, at: usize) -> Option<&Tracked> {
        self.items().get(at)
    }

    /// The frozen elements, if nobody has looked into them.
    pub fn as_frozen(&self) -> Option<EcoVec<Node>> {
        match &self.0.frozen {
            Some(Frozen::Nodes(nodes)) if self.0.items.get().is_none() => Some(nodes.clone()),
            _ => None,
        }
    }

    fn copy(&self, depth: usize, meter: &mut Meter) -> Result<Self, Fault> {
        if let Some(frozen) = self.as_frozen() {
            return Ok(Self::frozen(frozen, self.0.place.clone()));
        }
        if self.0.nil || matches!(self.0.frozen, Some(Frozen::Bytes(_))) {
            return Ok(self.clone());
        }
        let mut copies = Vec::with_capacity(self.len());
        for item in self.items() {
            copies.push(item.copy(depth + 1, meter)?);
        }
        meter.value(LIST)?;
        Ok(Self::of(self.0.go, copies))
    }

    pub(super) fn take(&mut self) -> Option<Vec<Tracked>> {
        Rc::get_mut(&mut self.0)?.items.take()
    }
}

impl Drop for ListBody {
    fn drop(&mut self) {
        super::drop::list(self.items.take());
        super::drop::list(self.sorted.take());
    }
}

impl fmt::Debug for ListRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{} items]", self.len())
    }
}

fn below(place: &Place, key: &str) -> Place {
    place.as_ref().map(|path| {
        let mut path = ValuesPath::clone(path);
        path.push(key.into());
        Rc::new(path)
    })
}

fn element(place: &Place, at: usize) -> Place {
    place.as_ref()?;
    below(place, &at.to_string())
}

thread_local! {
    /// Bytes that this thread took for what was looked into since an execution last counted them.
    static THAWED: Cell<usize> = const { Cell::new(0) };
}

fn thawed(bytes: usize) {
    THAWED.set(THAWED.get().saturating_add(bytes));
}

/// Bytes that were taken, since this was last asked, for looking into what files hold: a copy of a map costs nothing until
/// then, so nobody else has counted them.
pub(super) fn take_thawed() -> usize {
    THAWED.take()
}

/// A value of a file. Integers there are Go's int64 (`--set` makes them); a values file has only floats.
fn thaw(node: &Node, place: &Place) -> Tracked {
    let value = match &node.value {
        yaml::Value::Null => Value::Nil,
        yaml::Value::Bool(b) => Value::Bool(*b),
        yaml::Value::Int(n) => Value::Int(*n, IntType::Int64),
        yaml::Value::UInt(n) => Value::Int(n.cast_signed(), IntType::Uint64),
        yaml::Value::Float(f) => Value::Float(*f),
        yaml::Value::Str(s) => Value::Str(s.clone()),
        yaml::Value::Seq(items) => {
            thawed(LIST);
            Value::List(ListRef::frozen(items.clone(), place.clone()))
        }
        yaml::Value::Map(map) => {
            thawed(BODY + 16);
            Value::Map(MapRef::frozen(MapType::Any, map.clone(), place.clone()))
        }
    };
    let trail = match place {
        Some(path) => Trail::read(ValuesPath::clone(path), node.origin),
        None => Trail::NONE,
    };
    Tracked { value, trail }
}

impl Tracked {
    /// A value that a file holds. `place` is its path, given only while provenance is recorded.
    pub fn frozen(node: &Node, place: &Place) -> Self {
        thaw(node, place)
    }

    /// A value of its own, with collections of its own all the way down (sprig's `deepCopy`). What nobody has looked into
    /// is shared and costs nothing. Errors: a map that contains itself, or too many values.
    pub fn deep_copy(&self, meter: &mut Meter) -> Result<Self, Fault> {
        self.copy(0, meter)
    }

    fn copy(&self, depth: usize, meter: &mut Meter) -> Result<Self, Fault> {
        meter.value(ENTRY)?;
        if depth > MAX_DEPTH {
            return Err(Fault::limit(format!("a value of more than {MAX_DEPTH} levels is not copied")));
        }
        let value = match &self.value {
            Value::Map(map) => Value::Map(stack::level(|| map.copy(depth, meter))?),
            Value::List(list) => Value::List(stack::level(|| list.copy(depth, meter))?),
            other => other.clone(),
        };
        Ok(Self { value, trail: self.trail.clone() })
    }

    /// While recording: what a condition on it, or a loop over it, depends on. A map that templates made is what was put
    /// into it; any other collection knows.
    pub fn shape(&self) -> ReadSet {
        match &self.value {
            Value::Map(map) if map.place().is_none() => {
                let entries = map.entries();
                let own = std::iter::once(self.trail.values());
                ReadSet::joined(own.chain(entries.iter().map(|(_, entry)| entry.trail.values())))
            }
            _ => self.trail.values().clone(),
        }
    }

    /// While recording: all that it is made of, whatever it holds.
    pub fn content(&self) -> ReadSet {
        self.content_below(0)
    }

    fn content_below(&self, depth: usize) -> ReadSet {
        // What a file holds is named by its path as a whole.
        if depth > MAX_CONTENT || self.trail.reads().is_some_and(|reads| reads.exact) {
            return self.trail.values().clone();
        }
        let below: Vec<ReadSet> = match &self.value {
            Value::Map(map) => map.entries().iter().map(|(_, entry)| entry.content_below(depth + 1)).collect(),
            Value::List(list) if list.go() != ListType::Bytes => {
                list.items().iter().map(|item| item.content_below(depth + 1)).collect()
            }
            _ => return self.trail.values().clone(),
        };
        ReadSet::joined(std::iter::once(self.trail.values()).chain(&below))
    }

    /// An element of a collection. Where that was computed, what it was computed from had a say in which element it is.
    #[must_use]
    pub fn within(self, collection: &Tracked) -> Self {
        match collection.trail.reads() {
            Some(reads) if !reads.exact => {
                let trail = self.trail.under(&reads.values);
                self.with(trail)
            }
            Some(_) if self.trail.is_none() => {
                let trail = collection.trail.blurred();
                self.with(trail)
            }
            _ => self,
        }
    }

    /// The value with another trail.
    pub fn with(self, trail: Trail) -> Self {
        Self { trail, ..self }
    }
}

impl Deref for Tracked {
    type Target = Value;
    fn deref(&self) -> &Value {
        &self.value
    }
}

impl Value {
    /// A string of bytes.
    pub fn bytes(bytes: Vec<u8>) -> Self {
        match String::from_utf8(bytes) {
            Ok(text) => Self::Str(text.into()),
            Err(error) => Self::Raw(error.into_bytes().into_iter().collect()),
        }
    }

    /// A string.
    pub fn str(text: impl Into<EcoString>) -> Self {
        Self::Str(text.into())
    }

    /// An `int`.
    pub fn int(n: i64) -> Self {
        Self::Int(n, IntType::Int)
    }

    /// An `int64`.
    pub fn int64(n: i64) -> Self {
        Self::Int(n, IntType::Int64)
    }

    /// The bytes of a string.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Str(text) => Some(text.as_bytes()),
            Self::Raw(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The map, if it is one.
    pub fn as_map(&self) -> Option<&MapRef> {
        if let Self::Map(map) = self { Some(map) } else { None }
    }

    /// The slice, if it is one.
    pub fn as_list(&self) -> Option<&ListRef> {
        if let Self::List(list) = self { Some(list) } else { None }
    }

    /// The object of a type, if it is one.
    pub fn as_object<T: 'static>(&self) -> Option<&T> {
        if let Self::Object(object) = self { object.as_any().downcast_ref() } else { None }
    }

    /// Whether it is `nil`.
    pub fn is_nil(&self) -> bool {
        matches!(self, Self::Nil | Self::NoValue)
    }

    /// Whether it is nil of whatever type: a map or a slice that was never made, too.
    pub fn holds_nil(&self) -> bool {
        match self {
            Self::Map(map) => map.is_nil(),
            Self::List(list) => list.is_nil(),
            other => other.is_nil(),
        }
    }

    /// Go's name of its type, as `%T` prints it.
    pub fn type_name(&self) -> &str {
        match self {
            Self::Nil | Self::NoValue => "<nil>",
            Self::Bool(_) => "bool",
            Self::Int(_, go) => go.name(),
            Self::Float(_) => "float64",
            Self::Str(_) | Self::Raw(_) => "string",
            Self::Map(map) => map.go().name(),
            Self::List(list) => list.go().name(),
            Self::Object(object) => object.type_name(),
        }
    }

    /// Its kind, as reflect names it; `invalid` for nil.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Nil | Self::NoValue => "invalid",
            Self::Bool(_) => "bool",
            Self::Int(_, go) => go.name(),
            Self::Float(_) => "float64",
            Self::Str(_) | Self::Raw(_) => "string",
            Self::Map(_) => "map",
            Self::List(_) => "slice",
            Self::Object(object) => object.kind(),
        }
    }

    /// What `if` takes it for (template.IsTrue): empty strings and collections, zeros and nil are false.
    pub fn truth(&self) -> bool {
        match self {
            Self::Nil | Self::NoValue => false,
            Self::Bool(b) => *b,
            Self::Int(n, _) => *n != 0,
            Self::Float(f) => *f != 0.0,
            Self::Str(text) => !text.is_empty(),
            Self::Raw(bytes) => !bytes.is_empty(),
            Self::Map(map) => !map.is_empty(),
            Self::List(list) => !list.is_empty(),
            Self::Object(object) => object.truth(),
        }
    }

    /// What encoding/json makes of it, as a node: integers as they are, floats as floats, bytes in base64, structs by their
    /// JSON names. Trees that nobody looked into are given as they are.
    pub fn to_node(&self, meter: &mut Meter) -> Result<Node, Fault> {
        self.node(0, meter)
    }

    /// The same for a value that stands so deep in a tree.
    pub fn node(&self, depth: usize, meter: &mut Meter) -> Result<Node, Fault> {
        meter.value(size_of::<yaml::Entry>())?;
        if depth > MAX_DEPTH {
            return Err(Fault::new(format!("json: unsupported value: encountered a cycle via {}", self.type_name())));
        }
        Ok(Node::made(match self {
            Self::Nil | Self::NoValue => yaml::Value::Null,
            Self::Bool(b) => yaml::Value::Bool(*b),
            Self::Int(n, IntType::Uint64) if *n < 0 => yaml::Value::UInt(n.cast_unsigned()),
            Self::Int(n, _) => yaml::Value::Int(*n),
            Self::Float(f) if f.is_finite() => yaml::Value::Float(*f),
            Self::Float(f) => return Err(Fault::new(format!("json: unsupported value: {}", not_finite(*f)))),
            Self::Str(text) => {
                meter.shows(shown(text, depth))?;
                yaml::Value::Str(text.clone())
            }
            Self::Raw(bytes) => {
                meter.value(2 * bytes.len())?;
                yaml::Value::Str(crate::go::valid(bytes).as_ref().into())
            }
            Self::Map(map) if map.is_nil() => yaml::Value::Null,
            Self::Map(map) => match map.as_frozen() {
                Some(frozen) => {
                    frozen_map(&frozen, depth, meter)?;
                    yaml::Value::Map(frozen)
                }
                None => {
                    let mut entries = EcoVec::with_capacity(map.len());
                    for (key, value) in map.entries() {
                        meter.shows(shown(&key, depth))?;
                        entries.push(yaml::Entry {
                            key,
                            key_origin: Origin::NONE,
                            value: stack::level(|| value.node(depth + 1, meter))?,
                        });
                    }
                    yaml::Value::Map(yaml::Map::from_unique(entries))
                }
            },
            Self::List(list) => match list.as_frozen() {
                _ if list.is_nil() => yaml::Value::Null,
                Some(frozen) => {
                    frozen_list(&frozen, depth, meter)?;
                    yaml::Value::Seq(frozen)
                }
                None => {
                    if let Some(bytes) = list.as_byte_slice() {
                        use base64::Engine;
                        let text = base64::engine::general_purpose::STANDARD.encode(bytes);
                        return Ok(Node::made(yaml::Value::Str(text.into())));
                    }
                    let mut items = EcoVec::with_capacity(list.len());
                    for item in list.items() {
                        meter.shows(2 * (depth + 1))?;
                        items.push(stack::level(|| item.node(depth + 1, meter))?);
                    }
                    yaml::Value::Seq(items)
                }
            },
            Self::Object(object) => return object.to_node(meter),
        }))
    }
}

/// About how many bytes a string or a key takes that is written so deep in a tree.
fn shown(text: &str, depth: usize) -> usize {
    let lines = memchr::memchr_iter(b'\n', text.as_bytes()).count() + 1;
    text.len() + 2 * lines * (depth + 1)
}

/// Counts what a file holds, which is shared as it is: it may be written in many places.
fn frozen_map(map: &yaml::Map, depth: usize, meter: &mut Meter) -> Result<(), Fault> {
    for entry in map {
        meter.shows(shown(&entry.key, depth))?;
        frozen(&entry.value, depth + 1, meter)?;
    }
    Ok(())
}

fn frozen_list(items: &[Node], depth: usize, meter: &mut Meter) -> Result<(), Fault> {
    for item in items {
        meter.shows(2 * (depth + 1))?;
        frozen(item, depth + 1, meter)?;
    }
    Ok(())
}

fn frozen(node: &Node, depth: usize, meter: &mut Meter) -> Result<(), Fault> {
    meter.value(0)?;
    match &node.value {
        yaml::Value::Str(text) => meter.shows(shown(text, depth)),
        yaml::Value::Seq(items) => stack::level(|| frozen_list(items, depth, meter)),
        yaml::Value::Map(map) => stack::level(|| frozen_map(map, depth, meter)),
        _ => Ok(()),
    }
}

/// Bytes that an entry of a map takes, besides the texts in it.
pub const ENTRY: usize = 2 * size_of::<(EcoString, Tracked)>();

/// About how many bytes a map takes without its entries. Not its very size, so that limits stay what they are.
const BODY: usize = 56;

/// Bytes that a map takes that was made, with room for some entries.
pub const MAP: usize = BODY + 11 * size_of::<(EcoString, Tracked)>();

/// Bytes that a list takes, besides its elements.
const LIST: usize = size_of::<ListBody>() + 16;

/// Bytes that a text takes, besides its own.
const TEXT: usize = 16;

impl Value {
    /// Bytes that a result takes which a function made. What others hold as well was there before.
    pub fn made(&self) -> usize {
        match self {
            Self::Str(text) => TEXT + text.len(),
            Self::Raw(bytes) => TEXT + bytes.len(),
            Self::List(list) if Rc::strong_count(&list.0) == 1 => {
                LIST + list.0.items.get().map_or(0, Vec::len) * size_of::<Tracked>()
            }
            Self::Map(map) if Rc::strong_count(&map.0) == 1 => {
                let entries = if let MapState::Live(entries) = &*map.0.state.borrow() { entries.len() } else { 0 };
                MAP + entries * ENTRY
            }
            _ => 0,
        }
    }
}

/// Go's names of the floats that have no digits.
pub fn not_finite(float: f64) -> &'static str {
    if float.is_nan() {
        "NaN"
    } else if float > 0.0 {
        "+Inf"
    } else {
        "-Inf"
    }
}

impl From<Value> for Tracked {
    fn from(value: Value) -> Self {
        Self { value, trail: Trail::NONE }
    }
}
impl From<bool> for Value {
    fn from(b: bool) -> Self {
        Self::Bool(b)
    }
}
impl From<f64> for Value {
    fn from(f: f64) -> Self {
        Self::Float(f)
    }
}
impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Str(text.into())
    }
}
impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Str(text.into())
    }
}
impl From<EcoString> for Value {
    fn from(text: EcoString) -> Self {
        Self::Str(text)
    }
}
impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::bytes(bytes)
    }
}
impl From<MapRef> for Value {
    fn from(map: MapRef) -> Self {
        Self::Map(map)
    }
}
impl From<ListRef> for Value {
    fn from(list: ListRef) -> Self {
        Self::List(list)
    }
}
