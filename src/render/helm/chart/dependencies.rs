//! Which dependencies are on, under which names, and what they export: Helm's `ProcessDependencies`.

use std::collections::BTreeSet;

use ecow::EcoString;

use super::coalesce::{Coalescer, printer};
use super::failure::{Failure, Warning};
use super::instance::{Meta, Tree, Working};
use super::metadata::Dependency;
use super::tables::{Id, Slot, Tables, go_value};
use crate::go;
use crate::provenance::{IMPORTED, Recorder};
use crate::render::helm::Profile;
use crate::semver::is_compatible;
use crate::source::Origin;
use crate::yaml::{Map, Node, Value};

/// What is being worked out for one release.
pub(super) struct Resolver<'a, 'r> {
    pub(super) tree: &'a mut Tree,
    pub(super) coalescer: &'a mut Coalescer<'r>,
}

impl Resolver<'_, '_> {
    /// Takes out what tags and conditions switch off, and copies what has an alias, from a chart downwards.
    pub(super) fn enabled(&mut self, chart: usize, values: &Node, path: &str) -> Result<(), Failure> {
        let Some(declared) = self.tree.declared(chart) else { return Ok(()) };
        let existing = self.tree.children(chart);
        let mut children: Vec<usize> =
            existing.iter().copied().filter(|c| !declared.iter().any(|d| self.is_meant(*c, *d))).collect();
        for number in &declared {
            if let Some(copy) = self.copy(&existing, *number)? {
                children.push(copy);
            }
            if let Some(dependency) = self.tree.declared.get_mut(*number) {
                dependency.enabled = true;
                if !dependency.alias.is_empty() {
                    dependency.name = dependency.alias.clone();
                }
            }
        }
        self.tree.set_children(chart, children);
        let values = self.coalescer.values(self.tree, chart, values, false)?;
        self.tags(&declared, &values);
        self.conditions(&declared, &values, path);
        let off = |d: &&usize| self.tree.declared.get(**d).is_some_and(|d| !d.enabled);
        let off: BTreeSet<EcoString> =
            declared.iter().filter(off).filter_map(|d| self.tree.declared.get(*d)).map(|d| d.name.clone()).collect();
        let mut children = self.tree.children(chart);
        children.retain(|c| !off.contains(self.tree.name(*c)));
        let mut kept = declared;
        kept.retain(|d| self.tree.declared.get(*d).is_some_and(|d| !off.contains(&d.name)));
        for child in &children {
            let below = format!("{path}{}.", self.tree.name(*child));
            self.enabled(*child, &values, &below)?;
        }
        self.tree.set_declared(chart, kept);
        self.tree.set_children(chart, children);
        Ok(())
    }

    fn is_meant(&self, child: usize, declared: usize) -> bool {
        let (Some(child_chart), Some(declared)) = (self.tree.get(child), self.tree.declared.get(declared)) else {
            return false;
        };
        self.tree.name(child) == declared.name && is_compatible(&declared.version, &child_chart.chart.metadata.version)
    }

    /// A copy of the first chart that a dependency means, under its alias.
    fn copy(&mut self, existing: &[usize], declared: usize) -> Result<Option<usize>, Failure> {
        let Some(found) = existing.iter().copied().find(|c| self.is_meant(*c, declared)) else { return Ok(None) };
        let Some(original) = self.tree.get(found).cloned() else { return Ok(None) };
        let alias = self.tree.declared.get(declared).map(|d| d.alias.clone()).unwrap_or_default();
        let mut meta = self.tree.metas.get(original.meta).cloned().unwrap_or_default();
        if !alias.is_empty() {
            meta.name = alias;
        }
        match self.coalescer.profile {
            // Only the top of it is copied; what lies below is shared with other aliases.
            Profile::Helm3 => {
                let meta = self.tree.add_meta(meta);
                self.tree.push(Working { meta, ..original }).map(Some)
            }
            Profile::Helm4 => {
                let meta = self.copy_declared(meta);
                let meta = self.tree.add_meta(meta);
                let copy = self.tree.push(Working { meta, children: Vec::new(), ..original.clone() })?;
                let mut children = Vec::new();
                for child in original.children {
                    if let Some(child) = self.tree.get(child).cloned() {
                        children.push(self.tree.push(child)?);
                    }
                }
                self.tree.set_children(copy, children);
                Ok(Some(copy))
            }
        }
    }

    fn copy_declared(&mut self, meta: Meta) -> Meta {
        let copied = meta.declared.map(|all| {
            let all = all.into_iter().filter_map(|d| self.tree.declared.get(d).cloned()).collect::<Vec<_>>();
            all.into_iter().map(|d| self.tree.declare(d)).collect()
        });
        Meta { name: meta.name, declared: copied }
    }

    fn tags(&mut self, declared: &[usize], values: &Node) {
        let Some(tags) = values.get("tags").and_then(Node::as_map) else { return };
        for number in declared {
            let Some(dependency) = self.tree.declared.get_mut(*number) else { continue };
            let (mut on, mut off) = (false, false);
            for tag in &dependency.tags {
                let Some(value) = tags.get(tag) else { continue };
                match value.as_bool() {
                    Some(true) => on = true,
                    Some(false) => off = true,
                    None => {
                        let warning = not_boolean(self.coalescer.profile, "Tag", tag, &dependency.name, value.origin);
                        self.coalescer.warnings.push(warning);
                    }
                }
            }
            dependency.enabled = on || !off;
        }
    }

    fn conditions(&mut self, declared: &[usize], values: &Node, path: &str) {
        for number in declared {
            let Some(dependency) = self.tree.declared.get_mut(*number) else { continue };
            let condition = dependency.condition.clone();
            for part in condition.trim().split(',').filter(|part| !part.is_empty()) {
                let Some(value) = path_value(values, &format!("{path}{part}")) else { continue };
                if let Some(on) = value.as_bool() {
                    dependency.enabled = on;
                    break;
                }
                let profile = self.coalescer.profile;
                let warning = not_boolean(profile, "Condition path", part, &dependency.name, value.origin);
                self.coalescer.warnings.push(warning);
            }
        }
    }

    /// Adds to the values of each chart what it imports from those below it, and all their defaults.
    pub(super) fn import(&mut self, chart: usize) -> Result<(), Failure> {
        for child in self.tree.children(chart) {
            self.import(child)?;
        }
        let Some(declared) = self.tree.declared(chart) else { return Ok(()) };
        let merged = self.coalescer.values(self.tree, chart, &Node::made(Map::new()), true)?;
        let imports = declared.iter().filter_map(|d| self.tree.declared.get(*d)).any(|d| !d.import_values.is_empty());
        let values = if imports { self.imported(&declared, merged) } else { merged };
        if let Some(working) = self.tree.charts.get_mut(chart) {
            working.values = Some(values);
        }
        Ok(())
    }

    fn imported(&mut self, declared: &[usize], merged: Node) -> Node {
        let recorder: &Recorder = self.coalescer.recorder;
        let profile = self.coalescer.profile;
        let mut tables = Tables::new(recorder, printer(profile));
        let given = merged.clone();
        let values = tables.whole(merged);
        let mut all = tables.empty(Origin::NONE);
        let mut switches = Vec::new();
        for number in declared {
            let Some(dependency) = self.tree.declared.get_mut(*number) else { continue };
            let imports = std::mem::take(&mut dependency.import_values);
            if !self.tree.imported.insert(*number) {
                // Helm 3 comes by the dependencies of a chart with two aliases twice, and doesn't know again what it left.
                continue;
            }
            if recorder.on() && !imports.is_empty() {
                let conditions = dependency.condition.trim().split(',');
                switches.extend(conditions.filter_map(|part| path_value(&given, part)).map(|value| value.origin));
            }
            let mut told = Vec::new();
            for import in imports {
                let (child, parent, pair) = match &import.value {
                    Value::Map(map) => {
                        let field = |key: &str| map.get(key).map_or_else(|| "<nil>".to_owned(), go_value);
                        (field("child"), field("parent"), true)
                    }
                    Value::Str(name) => (format!("exports.{name}"), ".".to_owned(), false),
                    _ => continue,
                };
                told.push(pair_node(&child, &parent, import.origin));
                match find_table(&mut tables, values, &format!("{}.{child}", dependency.name)) {
                    Ok(found) => {
                        let found = under(&mut tables, found, &parent);
                        tables.coalesce(all, found, "", true, 0);
                    }
                    Err(missing) => {
                        let warning = no_table(profile, pair, dependency, &missing, import.origin);
                        tables.warnings.push(warning);
                    }
                }
            }
            dependency.import_values = told;
        }
        if !switches.is_empty() {
            let imported = since(tables.freeze(all), &switches, recorder);
            all = tables.whole(imported);
        }
        let own = tables.freeze(values);
        let own = tables.whole(own);
        tables.coalesce(own, all, "", true, 0);
        self.coalescer.warnings.append(&mut tables.warnings);
        tables.freeze(own)
    }
}

fn pair_node(child: &str, parent: &str, origin: Origin) -> Node {
    let mut map = Map::new();
    map.insert("child", origin, Node::new(Value::from(child), origin));
    map.insert("parent", origin, Node::new(Value::from(parent), origin));
    Node::new(map, origin)
}

/// The table at a dotted path; else the key at which there is none.
fn find_table(tables: &mut Tables, root: Id, path: &str) -> Result<Id, String> {
    path.split('.').try_fold(root, |table, key| tables.table(table, key).ok_or_else(|| key.to_owned()))
}

/// A table below a dotted path of its own.
fn under(tables: &mut Tables, table: Id, path: &str) -> Id {
    let table = if tables.is_empty(table) { tables.empty(Origin::NONE) } else { table };
    if path == "." {
        return table;
    }
    path.rsplit('.').fold(table, |inner, key| {
        let outer = tables.empty(Origin::NONE);
        tables.set(outer, key, Origin::NONE, Slot::Table(inner));
        outer
    })
}

/// Helm's `PathValue`: the value at a dotted path, if it is there and no table.
fn path_value<'n>(values: &'n Node, path: &str) -> Option<&'n Node> {
    let value = path.split('.').try_fold(values, |node, key| node.get(key))?;
    value.as_map().is_none().then_some(value)
}

/// Values that are there since others switch a chart on: each remembers those.
fn since(mut node: Node, switches: &[Origin], recorder: &Recorder) -> Node {
    let was = node.origin;
    node.origin = switches.iter().fold(was, |origin, switch| recorder.step(IMPORTED, origin, *switch));
    if let Some(map) = node.as_map_mut() {
        for entry in map.entries_mut() {
            entry.value = since(std::mem::take(&mut entry.value), switches, recorder);
        }
    }
    node
}

fn not_boolean(profile: Profile, what: &str, name: &str, chart: &str, origin: Origin) -> Warning {
    let message = format!("Warning: {what} '{name}' for chart {chart} returned non-bool value");
    let helm = match profile {
        Profile::Helm3 => {
            let line = if what == "Tag" { 95 } else { 64 };
            format!("dependencies.go:{line}: {message}")
        }
        Profile::Helm4 => {
            let key = if what == "Tag" { "tag" } else { "path" };
            let (name, chart) = (slog(name), slog(chart));
            format!("level=WARN msg=\"returned non-bool value\" {key}={name} chart={chart}")
        }
    };
    Warning { helm, message, origin }
}

fn no_table(profile: Profile, pair: bool, dependency: &Dependency, key: &str, origin: Origin) -> Warning {
    let error = format!("{} is not a table", go::quote(key));
    let name = &dependency.name;
    let message = match pair {
        true => format!("Warning: ImportValues missing table from chart {name}: {error}"),
        false => format!("Warning: ImportValues missing table: {error}"),
    };
    let helm = match (profile, pair) {
        (Profile::Helm3, true) => format!("dependencies.go:270: {message}"),
        (Profile::Helm3, false) => format!("dependencies.go:287: {message}"),
        (Profile::Helm4, true) => {
            let (name, error) = (slog(name), slog(&error));
            format!("level=WARN msg=\"ImportValues missing table from chart\" chart={name} error={error}")
        }
        (Profile::Helm4, false) => {
            format!("level=WARN msg=\"ImportValues missing table\" error={}", slog(&error))
        }
    };
    Warning { helm, message, origin }
}

/// A value as Go's slog writes it: quoted where it has to be.
fn slog(text: &str) -> String {
    let plain = |c: char| go::is_print(c) && !matches!(c, ' ' | '"' | '=' | '\\');
    if !text.is_empty() && text.chars().all(plain) { text.to_owned() } else { go::quote(text) }
}
