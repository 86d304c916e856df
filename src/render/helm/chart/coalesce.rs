//! The values of a chart and of all charts below it: what the user gave, over the charts' own.
//!
//! Helm's coalesce.go of both profiles; they differ in what a null among a chart's defaults means (4.2 takes it out).

use crate::diag::Code;
use crate::provenance::Recorder;
use crate::render::helm::Profile;
use crate::source::Origin;
use crate::yaml::{Map, Node, Value};

use super::failure::{Failure, Warning};
use super::instance::Tree;
use super::model::Chart;
use super::tables::{Id, Line, Slot, Tables, go_value};

/// The key of what a chart and all charts below it see.
const GLOBAL: &str = "global";

/// Values are joined for one release.
pub(super) struct Coalescer<'a> {
    pub(super) profile: Profile,
    pub(super) recorder: &'a Recorder,
    pub(super) warnings: Vec<Warning>,
}

impl Coalescer<'_> {
    /// Helm's `CoalesceValues` of a chart in the tree; with `keep` its `MergeValues`, which keeps nulls.
    ///
    /// # Errors
    /// The values of a chart below aren't a mapping.
    pub(super) fn values(&mut self, tree: &Tree, chart: usize, values: &Node, keep: bool) -> Result<Node, Failure> {
        let mut tables = Tables::new(self.recorder, printer(self.profile));
        let root = tables.whole(values.clone());
        let mut pass = Pass { profile: self.profile, tree, tables, keep };
        let done = pass.chart(chart, root, "");
        let node = pass.tables.freeze(root);
        self.warnings.append(&mut pass.tables.warnings);
        done.map(|()| node)
    }
}

/// How a profile prints what goes through Go's `log`.
pub(super) fn printer(profile: Profile) -> fn(&str, Line) -> String {
    match profile {
        Profile::Helm3 => |message, line| {
            let line = match line {
                Line::DestinationGlobal => 138,
                Line::SourceGlobal => 145,
                Line::GlobalConflict => 161,
                Line::GlobalIsTable => 175,
                Line::Skipped => 237,
                Line::NoTable => 316,
                Line::IsTable => 319,
            };
            format!("coalesce.go:{line}: {message}")
        },
        Profile::Helm4 => |message, _| format!("level=INFO msg={}", crate::go::quote(message)),
    }
}

struct Pass<'a> {
    profile: Profile,
    tree: &'a Tree,
    tables: Tables<'a>,
    keep: bool,
}

impl Pass<'_> {
    /// Helm's `coalesce`: a chart's own values below `values`, then those of its dependencies.
    fn chart(&mut self, chart: usize, values: Id, prefix: &str) -> Result<(), Failure> {
        let Some(working) = self.tree.get(chart) else { return Ok(()) };
        let prefix = concat(prefix, self.tree.name(chart));
        self.defaults(chart, values, &prefix);
        for child in &working.children {
            let name = self.tree.name(*child);
            match self.tables.get(values, name) {
                None => {
                    let empty = self.tables.empty(Origin::NONE);
                    self.tables.set(values, name, Origin::NONE, Slot::Table(empty));
                }
                Some(slot) if !slot.is_table() => return Err(mismatch(name, &self.tables.freeze_slot(&slot))),
                Some(_) => {}
            }
            let Some(own) = self.tables.table(values, name) else { continue };
            self.globals(own, values, &prefix);
            self.chart(*child, own, &prefix)?;
        }
        Ok(())
    }

    /// Helm's `coalesceGlobals`: the globals of a chart over those of one below it.
    fn globals(&mut self, below: Id, above: Id, prefix: &str) {
        let destination = match self.tables.get(below, GLOBAL) {
            None => self.tables.empty(Origin::NONE),
            Some(slot) => match self.tables.table(below, GLOBAL) {
                Some(table) => table,
                None => return self.no_globals(Line::DestinationGlobal, "destination", &slot),
            },
        };
        let source = match self.tables.get(above, GLOBAL) {
            None => None,
            Some(slot) => match self.tables.table(above, GLOBAL) {
                Some(table) => Some(table),
                None => return self.no_globals(Line::SourceGlobal, "source", &slot),
            },
        };
        for key in source.map(|s| self.tables.keys(s)).unwrap_or_default() {
            let Some(source) = source else { break };
            let Some(value) = self.tables.get(source, &key) else { continue };
            let own = self.tables.get(destination, &key);
            let origin = Origin::NONE;
            if let Some(table) = self.tables.table(source, &key) {
                match own {
                    None => {
                        let copy = self.tables.shallow_copy(table);
                        self.tables.set(destination, &key, origin, Slot::Table(copy));
                    }
                    Some(_) => match self.tables.table(destination, &key) {
                        None => {
                            let quoted = crate::go::quote(&key);
                            let message = format!("Conflict: cannot merge map onto non-map for {quoted}. Skipping.");
                            self.tables.warn(Line::GlobalConflict, Origin::NONE, message);
                        }
                        Some(own) => {
                            let copy = self.tables.shallow_copy(table);
                            self.tables.coalesce(copy, own, &concat(prefix, &key), true, 0);
                            self.tables.set(destination, &key, origin, Slot::Table(copy));
                        }
                    },
                }
            } else if own.as_ref().is_some_and(Slot::is_table) {
                self.tables.warn(Line::GlobalIsTable, Origin::NONE, format!("key {key} is table. Skipping"));
            } else {
                self.tables.set(destination, &key, origin, value);
                if let Some(own) = own {
                    self.tables.overrides(destination, &key, &own);
                }
            }
        }
        self.tables.set(below, GLOBAL, Origin::NONE, Slot::Table(destination));
    }

    fn no_globals(&mut self, line: Line, which: &str, slot: &Slot) {
        let origin = match slot {
            Slot::Node(node) => node.origin,
            Slot::Table(_) => Origin::NONE,
        };
        let message = format!("warning: skipping globals because {which} {GLOBAL} is not a table.");
        self.tables.warn(line, origin, message);
    }

    /// Helm's `coalesceValues`: a chart's own values below `values`.
    fn defaults(&mut self, chart: usize, values: Id, prefix: &str) {
        let Some(working) = self.tree.get(chart) else { return };
        // Helm 4 takes the nulls out of the defaults, where nulls don't stay.
        let clean = self.profile == Profile::Helm4 && !self.keep;
        let defaults = match (&working.values, clean) {
            (None, true) => without_nulls_once(&working.chart),
            (None, false) => working.chart.values.clone(),
            (Some(values), true) => without_nulls(values),
            (Some(values), false) => values.clone(),
        };
        let Some(map) = defaults.as_map() else { return };
        let raw = working.values.as_ref().unwrap_or(&working.chart.values);
        for entry in raw.as_map().into_iter().flatten() {
            let key = entry.key.as_str();
            match self.tables.get(values, key) {
                None => {
                    if let Some(kept) = map.entry(key) {
                        self.tables.set(values, key, kept.key_origin, Slot::Node(kept.value.clone()));
                    }
                }
                Some(slot) if slot.is_null() => {
                    if self.keep {
                        self.tables.overrides(values, key, &Slot::Node(entry.value.clone()));
                    } else {
                        self.tables.remove(values, key);
                    }
                }
                Some(slot) if slot.is_table() => {
                    if entry.value.as_map().is_none() {
                        if !entry.value.is_null() {
                            let message = format!("warning: skipped value for {prefix}.{key}: Not a table.");
                            self.tables.warn(Line::Skipped, entry.value.origin, message);
                        }
                        continue;
                    }
                    // The tables of charts below keep their nulls: they are for their own pass.
                    let is_child = |c: &usize| self.tree.name(*c) == key;
                    let keep = self.keep || working.children.iter().any(is_child);
                    let below = if keep { &entry.value } else { map.get(key).unwrap_or(&entry.value) };
                    let source = self.tables.whole(below.clone());
                    if let Some(own) = self.tables.table(values, key) {
                        self.tables.coalesce(own, source, &concat(prefix, key), keep, 0);
                    }
                }
                Some(_) => self.tables.overrides(values, key, &Slot::Node(entry.value.clone())),
            }
        }
    }
}

pub(super) fn concat(prefix: &str, key: &str) -> String {
    if prefix.is_empty() { key.to_owned() } else { format!("{prefix}.{key}") }
}

/// Helm prints the value with `%t`, which is for booleans.
fn mismatch(name: &str, found: &Node) -> Failure {
    fn shown(node: &Node, top: bool) -> String {
        let bad = |kind: &str| format!("%!t({kind}={})", go_value(node));
        match &node.value {
            Value::Null => if top { "%!t(<nil>)" } else { "<nil>" }.to_owned(),
            Value::Bool(b) => b.to_string(),
            Value::Int(_) | Value::UInt(_) => bad("int64"),
            Value::Float(_) => bad("float64"),
            Value::Str(_) => bad("string"),
            Value::Seq(items) => {
                let items: Vec<String> = items.iter().map(|item| shown(item, false)).collect();
                format!("[{}]", items.join(" "))
            }
            Value::Map(map) => {
                let mut entries: Vec<_> = map.iter().collect();
                entries.sort_by(|a, b| a.key.cmp(&b.key));
                let entry = |e: &&crate::yaml::Entry| format!("%!t(string={}):{}", e.key, shown(&e.value, false));
                format!("map[{}]", entries.iter().map(entry).collect::<Vec<_>>().join(" "))
            }
        }
    }
    let helm = format!("type mismatch on {name}: {}", shown(found, true));
    let message = format!("the values of the chart `{name}` are a mapping, found {}", found.value.kind());
    let diagnostic = crate::diag::Diagnostic::error(Code::INVALID_VALUES, message)
        .at(found.origin, "")
        .hint(format!("what stands under the name of a dependency is for that chart: use another key than `{name}`"));
    Failure::new(helm, diagnostic)
}

fn without_nulls_once(chart: &Chart) -> Node {
    let map = chart.without_nulls.get_or_init(|| without_nulls(&chart.values).as_map().cloned().unwrap_or_default());
    Node::new(map.clone(), chart.values.origin)
}

/// The mapping without nulls, at any depth of mappings. What has none is shared.
pub(super) fn without_nulls(node: &Node) -> Node {
    let Some(map) = node.as_map() else { return node.clone() };
    let changes = |value: &Node| value.is_null() || has_null(value);
    if !map.iter().any(|e| changes(&e.value)) {
        return node.clone();
    }
    let kept = map.iter().filter(|e| !e.value.is_null()).cloned().map(|mut entry| {
        entry.value = without_nulls(&entry.value);
        entry
    });
    Node::new(Map::from_unique(kept.collect()), node.origin)
}

fn has_null(node: &Node) -> bool {
    node.as_map().is_some_and(|map| map.iter().any(|e| e.value.is_null() || has_null(&e.value)))
}
