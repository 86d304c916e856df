//! Which bytes of a text show which value, and back: what `toYaml` and `fromYaml` know of provenance while it is recorded.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::provenance::{ReadSet, Segment};
use crate::render::helm::gotemplate::trail::{Reads, Trail};
use crate::render::helm::gotemplate::value::{ListRef, MapRef, MapType, Tracked, Value};
use crate::source::{FileId, Origin, Span};
use crate::yaml::{self, Node};

/// What a text is made of that shows a tree, as YAML or JSON: the reads of the tree, and a segment for each key and scalar.
pub fn shown(value: &Tracked, text: &str) -> Trail {
    // Reading the text again tells where everything stands: its structure is the tree's.
    let Ok(node) = yaml::unmarshal(text) else { return Trail::made_of(value.content()) };
    let mut segments = Vec::new();
    walk(value, &node, &ReadSet::NONE, &mut segments);
    segments.sort_by_key(|segment| segment.start);
    segments.dedup_by_key(|segment| segment.start);
    let below = segments.iter().flat_map(|segment| [&segment.reads, &segment.around]);
    let values = ReadSet::joined(std::iter::once(value.trail.values()).chain(below));
    if values.is_empty() {
        return Trail::NONE;
    }
    // A scalar alone is a copy.
    let exact = segments.len() == 1 && value.trail.reads().is_some_and(|reads| reads.exact);
    Trail::of(Reads { values, exact, text: segments })
}

/// `around` is what decides that the value stands here, and where.
fn walk(value: &Tracked, node: &Node, around: &ReadSet, out: &mut Vec<Segment>) {
    match (&value.value, &node.value) {
        (Value::Map(map), yaml::Value::Map(shown)) if !map.is_empty() => {
            let around = around.and(value.trail.values());
            for (key, entry) in map.entries() {
                let Some(found) = shown.entry(&key) else { continue };
                // That there is such a key is for the map to say; where a template made that, for what put the entry there.
                let put = if map.place().is_some() { &ReadSet::NONE } else { entry.trail.values() };
                out.push(segment(found.key_origin, &ReadSet::NONE, around.and(put), false));
                walk(&entry, &found.value, &ReadSet::NONE, out);
            }
        }
        (Value::List(list), yaml::Value::Seq(shown)) if !list.is_empty() => {
            let around = around.and(value.trail.values());
            for (item, found) in list.items().iter().zip(shown) {
                walk(item, found, &around, out);
            }
        }
        _ => {
            let exact = value.trail.reads().is_some_and(|reads| reads.exact);
            out.push(segment(node.origin, value.trail.values(), around.clone(), exact));
        }
    }
}

fn segment(origin: Origin, reads: &ReadSet, around: ReadSet, exact: bool) -> Segment {
    // No template: that is for the action to say that prints it.
    let template = Span { file: FileId::NONE, start: 0, end: 0 };
    Segment { start: origin.at, template, reads: reads.clone(), around, exact }
}

/// A tree that was read from a text, each scalar with the reads of the segments that it stands in.
pub fn read(node: &Node, text: &Reads) -> Value {
    let mut starts = Vec::new();
    collect(node, &mut starts);
    starts.sort_unstable();
    tracked(node, text, &starts).value
}

/// Where keys and scalars start: what ends the one before.
fn collect(node: &Node, starts: &mut Vec<u32>) {
    match &node.value {
        yaml::Value::Map(map) => {
            for entry in map {
                starts.push(entry.key_origin.at);
                collect(&entry.value, starts);
            }
        }
        yaml::Value::Seq(items) => items.iter().for_each(|item| collect(item, starts)),
        _ => starts.push(node.origin.at),
    }
}

fn tracked(node: &Node, text: &Reads, starts: &[u32]) -> Tracked {
    match &node.value {
        yaml::Value::Map(map) => {
            let mut all = Vec::new();
            let mut entries = BTreeMap::new();
            for entry in map {
                let key = Trail::made_of(made_of(text, end_of(entry.key_origin, entry.key.len(), starts)).0);
                let value = tracked(&entry.value, text, starts);
                let value = Tracked { trail: value.trail.beside([&key]), ..value };
                all.push(value.trail.values().clone());
                entries.insert(entry.key.clone(), value);
            }
            Tracked::from(Value::Map(MapRef::of(MapType::Any, entries))).with(Trail::made_of(ReadSet::joined(&all)))
        }
        yaml::Value::Seq(items) => {
            let items: Vec<Tracked> = items.iter().map(|item| tracked(item, text, starts)).collect();
            let all = Trail::joined(items.iter().map(|item| &item.trail));
            Tracked::from(Value::List(ListRef::new(items))).with(all)
        }
        _ => {
            // With its quotes, if it has some.
            let len = node.as_str().map_or(1, |s| s.len() + 2);
            let (values, exact) = made_of(text, end_of(node.origin, len, starts));
            let trail = match values.is_empty() {
                true => Trail::NONE,
                false => Trail::of(Reads { values, exact, text: Vec::new() }),
            };
            Tracked::frozen(node, &None).with(trail)
        }
    }
}

/// The bytes of a token, which end where the next one starts.
fn end_of(origin: Origin, len: usize, starts: &[u32]) -> Range<u32> {
    let start = origin.at;
    let next = starts.get(starts.partition_point(|s| *s <= start)).copied().unwrap_or(u32::MAX);
    start..start.saturating_add(u32::try_from(len).unwrap_or(u32::MAX)).min(next)
}

/// The reads of the segments that made any of some bytes; and whether there is but one that read anything, exactly.
fn made_of(text: &Reads, bytes: Range<u32>) -> (ReadSet, bool) {
    let from = text.text.partition_point(|s| s.start <= bytes.start).saturating_sub(1);
    let to = text.text.partition_point(|s| s.start < bytes.end.max(bytes.start.saturating_add(1)));
    let segments = text.text.get(from..to).unwrap_or_default();
    let mut reading = segments.iter().filter(|s| !s.reads.is_empty());
    let exact = reading.next().is_some_and(|s| s.exact) && reading.next().is_none();
    let reads = segments.iter().map(|s| &s.reads);
    (ReadSet::joined(reads.chain(segments.iter().map(|s| &s.around))), exact)
}
