//! Tables that are merged in place.
//!
//! Helm coalesces by writing into Go's maps, and some of them hang in two places: a table inside a global is the same map
//! in the chart and in its subcharts, so that what a subchart's defaults add shows in the chart too. To give the same
//! result, tables have an identity here while they are merged. A table that nobody writes to stays the [`Node`] that it was
//! and is shared, not copied.

use ecow::{EcoString, EcoVec};
use foldhash::fast::FixedState;
use indexmap::IndexMap;

use super::failure::Warning;
use crate::go;
use crate::provenance::Recorder;
use crate::source::{FileId, Origin};
use crate::yaml::{Entry, Map, Node, Value};

/// A table by its identity.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Id(usize);

/// A value in a table.
#[derive(Clone, Debug)]
pub(super) enum Slot {
    /// As it was read; a mapping that nobody wrote to among them.
    Node(Node),
    /// A table that may be written to.
    Table(Id),
}

impl Slot {
    pub(super) fn is_null(&self) -> bool {
        matches!(self, Self::Node(node) if node.is_null())
    }

    pub(super) fn is_table(&self) -> bool {
        match self {
            Self::Table(_) => true,
            Self::Node(node) => node.as_map().is_some(),
        }
    }
}

type Entries = IndexMap<EcoString, (Origin, Slot), FixedState>;

enum Table {
    /// Not written to yet.
    Whole(Node),
    Open {
        origin: Origin,
        entries: Entries,
    },
}

/// All the tables of one merge.
pub(super) struct Tables<'r> {
    tables: Vec<Table>,
    spare: Entries,
    recorder: &'r Recorder,
    pub(super) warnings: Vec<Warning>,
    printed: fn(&str, Line) -> String,
}

/// Where Helm 3 prints a warning from: the line of its coalesce.go, which it puts before it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Line {
    DestinationGlobal,
    SourceGlobal,
    GlobalConflict,
    GlobalIsTable,
    Skipped,
    NoTable,
    IsTable,
}

impl<'r> Tables<'r> {
    pub(super) fn new(recorder: &'r Recorder, printed: fn(&str, Line) -> String) -> Self {
        Self { tables: Vec::new(), spare: Entries::default(), recorder, warnings: Vec::new(), printed }
    }

    fn add(&mut self, table: Table) -> Id {
        self.tables.push(table);
        Id(self.tables.len() - 1)
    }

    /// A table of a mapping; an empty one for anything else.
    pub(super) fn whole(&mut self, node: Node) -> Id {
        match node.value {
            Value::Map(_) => self.add(Table::Whole(node)),
            _ => self.empty(node.origin),
        }
    }

    pub(super) fn empty(&mut self, origin: Origin) -> Id {
        self.add(Table::Open { origin, entries: Entries::default() })
    }

    /// The entries, to be written.
    fn open(&mut self, id: Id) -> &mut Entries {
        // Ids are made here alone, so there is a table behind each.
        let Some(table) = self.tables.get_mut(id.0) else { return &mut self.spare };
        if let Table::Whole(node) = table {
            let origin = node.origin;
            let map = node.as_map().cloned().unwrap_or_default();
            let entries = map.into_iter().map(|e| (e.key, (e.key_origin, Slot::Node(e.value)))).collect();
            *table = Table::Open { origin, entries };
        }
        match table {
            Table::Open { entries, .. } => entries,
            Table::Whole(_) => &mut self.spare,
        }
    }

    pub(super) fn get(&self, id: Id, key: &str) -> Option<Slot> {
        match self.tables.get(id.0)? {
            Table::Whole(node) => node.get(key).cloned().map(Slot::Node),
            Table::Open { entries, .. } => entries.get(key).map(|(_, slot)| slot.clone()),
        }
    }

    fn key_origin(&self, id: Id, key: &str) -> Origin {
        match self.tables.get(id.0) {
            Some(Table::Whole(node)) => node.as_map().and_then(|m| m.entry(key)).map_or(Origin::NONE, |e| e.key_origin),
            Some(Table::Open { entries, .. }) => entries.get(key).map_or(Origin::NONE, |(origin, _)| *origin),
            None => Origin::NONE,
        }
    }

    pub(super) fn origin(&self, id: Id) -> Origin {
        match self.tables.get(id.0) {
            Some(Table::Whole(node)) => node.origin,
            Some(Table::Open { origin, .. }) => *origin,
            None => Origin::NONE,
        }
    }

    pub(super) fn set(&mut self, id: Id, key: &str, key_origin: Origin, slot: Slot) {
        self.open(id).insert(key.into(), (key_origin, slot));
    }

    pub(super) fn remove(&mut self, id: Id, key: &str) {
        self.open(id).shift_remove(key);
    }

    pub(super) fn keys(&self, id: Id) -> Vec<EcoString> {
        match self.tables.get(id.0) {
            Some(Table::Whole(node)) => node.as_map().into_iter().flatten().map(|e| e.key.clone()).collect(),
            Some(Table::Open { entries, .. }) => entries.keys().cloned().collect(),
            None => Vec::new(),
        }
    }

    pub(super) fn is_empty(&self, id: Id) -> bool {
        match self.tables.get(id.0) {
            Some(Table::Whole(node)) => node.as_map().is_none_or(Map::is_empty),
            Some(Table::Open { entries, .. }) => entries.is_empty(),
            None => true,
        }
    }

    /// The table at a key, given an identity if it has none yet. None if there is no table.
    pub(super) fn table(&mut self, id: Id, key: &str) -> Option<Id> {
        match self.get(id, key)? {
            Slot::Table(inner) => Some(inner),
            Slot::Node(node) => {
                node.as_map()?;
                let inner = self.add(Table::Whole(node));
                if let Some((_, slot)) = self.open(id).get_mut(key) {
                    *slot = Slot::Table(inner);
                }
                Some(inner)
            }
        }
    }

    /// A value to be put elsewhere too: a table keeps its identity in both places.
    pub(super) fn shared(&mut self, id: Id, key: &str) -> Option<Slot> {
        match self.table(id, key) {
            Some(inner) => Some(Slot::Table(inner)),
            None => self.get(id, key),
        }
    }

    /// A new table of the same entries (Go's shallow copy): tables in it are the same in both.
    pub(super) fn shallow_copy(&mut self, id: Id) -> Id {
        for key in self.keys(id) {
            self.table(id, &key);
        }
        let origin = self.origin(id);
        let entries = self.open(id).clone();
        self.add(Table::Open { origin, entries })
    }

    /// The value that all this makes, each table once.
    pub(super) fn freeze(&self, id: Id) -> Node {
        let mut frozen = vec![None; self.tables.len()];
        self.freeze_into(id, &mut frozen, 0)
    }

    pub(super) fn freeze_slot(&self, slot: &Slot) -> Node {
        match slot {
            Slot::Node(node) => node.clone(),
            Slot::Table(id) => self.freeze(*id),
        }
    }

    fn freeze_into(&self, id: Id, frozen: &mut Vec<Option<Node>>, depth: usize) -> Node {
        if let Some(Some(done)) = frozen.get(id.0) {
            return done.clone();
        }
        let node = match self.tables.get(id.0) {
            Some(Table::Whole(node)) => node.clone(),
            Some(Table::Open { origin, entries }) if depth < MAX_DEPTH => {
                let entries: EcoVec<Entry> = entries
                    .iter()
                    .map(|(key, (key_origin, slot))| {
                        let value = match slot {
                            Slot::Node(node) => node.clone(),
                            Slot::Table(inner) => self.freeze_into(*inner, frozen, depth + 1),
                        };
                        Entry { key: key.clone(), key_origin: *key_origin, value }
                    })
                    .collect();
                Node::new(Map::from_unique(entries), *origin)
            }
            _ => Node::default(),
        };
        if let Some(slot) = frozen.get_mut(id.0) {
            *slot = Some(node.clone());
        }
        node
    }

    pub(super) fn warn(&mut self, line: Line, origin: Origin, message: String) {
        let helm = (self.printed)(&message, line);
        self.warnings.push(Warning { helm, message, origin });
    }

    /// Merges `source` below `destination`, which wins: Helm's `coalesceTablesFullKey`. With `keep` nulls stay, else a null
    /// takes away what the source has. `source` is written to as well.
    pub(super) fn coalesce(&mut self, destination: Id, source: Id, prefix: &str, keep: bool, depth: usize) {
        if depth > MAX_DEPTH || destination == source {
            return;
        }
        let mut keys = self.keys(source);
        for key in self.keys(destination) {
            if !self.get(destination, &key).is_some_and(|slot| slot.is_null()) {
                continue;
            }
            let below = self.get(source, &key);
            let origin = self.key_origin(destination, &key);
            self.set(source, &key, origin, Slot::Node(Node::default()));
            if let Some(below) = below.filter(|slot| !slot.is_null()) {
                if keep {
                    self.overrides(destination, &key, &below);
                } else {
                    self.remove(destination, &key);
                }
            }
            keys.retain(|k| *k != key);
        }
        for key in keys {
            let Some(value) = self.get(source, &key) else { continue };
            let Some(own) = self.get(destination, &key) else {
                let origin = self.key_origin(source, &key);
                if let Some(shared) = self.shared(source, &key) {
                    self.set(destination, &key, origin, shared);
                }
                continue;
            };
            let full = || if prefix.is_empty() { key.to_string() } else { format!("{prefix}.{key}") };
            match (value.is_table(), own.is_table()) {
                (true, true) => {
                    let (Some(inner), Some(below)) = (self.table(destination, &key), self.table(source, &key)) else {
                        continue;
                    };
                    self.coalesce(inner, below, &full(), keep, depth + 1);
                }
                (true, false) => {
                    let shown = go_value(&self.freeze_slot(&value));
                    let message = format!("warning: cannot overwrite table with non table for {} ({shown})", full());
                    self.warn(Line::NoTable, slot_origin(&own), message);
                    self.overrides(destination, &key, &value);
                }
                (false, true) if !value.is_null() => {
                    let shown = go_value(&self.freeze_slot(&value));
                    let message =
                        format!("warning: destination for {} is a table. Ignoring non-table value ({shown})", full());
                    self.warn(Line::IsTable, slot_origin(&value), message);
                }
                _ => self.overrides(destination, &key, &value),
            }
        }
    }

    /// Remembers that the value at a key took the place of another.
    pub(super) fn overrides(&mut self, id: Id, key: &str, was: &Slot) {
        if !self.recorder.on() {
            return;
        }
        let was = match was {
            Slot::Node(node) => node.origin,
            Slot::Table(table) => self.origin(*table),
        };
        let recorder = self.recorder;
        if let Some((_, Slot::Node(node))) = self.open(id).get_mut(key)
            && !knows(recorder, node.origin, was)
        {
            node.origin = recorder.step("overrides", node.origin, was);
        }
    }
}

/// No document is nested deeper; merging only adds the levels of charts.
const MAX_DEPTH: usize = 2000;

fn slot_origin(slot: &Slot) -> Origin {
    match slot {
        Slot::Node(node) => node.origin,
        Slot::Table(_) => Origin::NONE,
    }
}

/// Whether an origin already tells of another one: values are merged several times.
fn knows(recorder: &Recorder, mut origin: Origin, other: Origin) -> bool {
    if other == Origin::NONE {
        return true;
    }
    loop {
        if origin == other {
            return true;
        }
        if origin.file != FileId::DERIVED {
            return false;
        }
        match recorder.get(origin) {
            Some(step) if step.was == other => return true,
            Some(step) => origin = step.was,
            None => return false,
        }
    }
}

/// A value as Go's `%v` prints it.
pub(super) fn go_value(node: &Node) -> String {
    fn write(node: &Node, out: &mut String) {
        match &node.value {
            Value::Null => out.push_str("<nil>"),
            Value::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
            Value::Int(n) => out.push_str(&n.to_string()),
            Value::UInt(n) => out.push_str(&n.to_string()),
            Value::Float(n) => out.push_str(&go::float(*n)),
            Value::Str(text) => out.push_str(text),
            Value::Seq(items) => {
                out.push('[');
                for (i, item) in items.iter().enumerate() {
                    out.push_str(if i > 0 { " " } else { "" });
                    write(item, out);
                }
                out.push(']');
            }
            Value::Map(map) => {
                out.push_str("map[");
                let mut entries: Vec<&Entry> = map.iter().collect();
                entries.sort_by(|a, b| a.key.cmp(&b.key));
                for (i, entry) in entries.into_iter().enumerate() {
                    out.push_str(if i > 0 { " " } else { "" });
                    out.push_str(&entry.key);
                    out.push(':');
                    write(&entry.value, out);
                }
                out.push(']');
            }
        }
    }
    let mut out = String::new();
    write(node, &mut out);
    out
}
