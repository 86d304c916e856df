//! Which bytes of a text show which value, and back: what `toYaml` and `fromYaml` know of provenance while it is recorded.

use std::sync::Arc;

use crate::provenance::{Segment, ValueRead};
use crate::render::helm::gotemplate::trail::{Reads, Trail};
use crate::render::helm::gotemplate::value::{ListRef, MapRef, MapType, Tracked, Value};
use crate::source::{FileId, Span};
use crate::yaml::{self, Node};

/// What a text is made of that shows a tree, as YAML or JSON: the reads of the tree, and a segment for each key and scalar.
pub fn shown(value: &Tracked, text: &str) -> Trail {
    let joined = Trail::joined([&value.trail]);
    // Reading the text again tells where everything stands: its structure is the tree's.
    let Ok(node) = yaml::unmarshal(text) else { return joined };
    let mut segments = Vec::new();
    walk(value, &node, &mut segments);
    if segments.is_empty() {
        return joined;
    }
    segments.sort_by_key(|segment| segment.start);
    segments.dedup_by_key(|segment| segment.start);
    let mut reads = joined.reads().cloned().unwrap_or_default();
    if reads.values.is_empty() {
        for read in segments.iter().flat_map(|segment| segment.reads.iter()) {
            if !reads.values.contains(read) {
                reads.values.push(read.clone());
            }
        }
    }
    reads.text = segments;
    Trail::of(reads)
}

fn walk(value: &Tracked, node: &Node, out: &mut Vec<Segment>) {
    let mut push = |at: u32, reads: &[ValueRead], exact: bool| {
        let template = Span { file: FileId::NONE, start: 0, end: 0 };
        out.push(Segment { start: at, template, reads: reads.into(), exact });
    };
    let reads = value.trail.reads();
    match (&value.value, &node.value) {
        (Value::Map(map), yaml::Value::Map(shown)) => {
            for (key, entry) in map.entries() {
                let Some(found) = shown.entry(&key) else { continue };
                // The key is the map's, not the entry's.
                let own = reads.map(|reads| reads.values.as_slice()).unwrap_or_default();
                out.push(Segment {
                    start: found.key_origin.at,
                    template: Span { file: FileId::NONE, start: 0, end: 0 },
                    reads: own.into(),
                    exact: false,
                });
                walk(&entry, &found.value, out);
            }
        }
        (Value::List(list), yaml::Value::Seq(shown)) => {
            for (item, found) in list.items().iter().zip(shown) {
                walk(item, found, out);
            }
        }
        _ => {
            let exact = reads.is_some_and(|reads| reads.exact);
            push(node.origin.at, reads.map(|reads| reads.values.as_slice()).unwrap_or_default(), exact);
        }
    }
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
            let entries = map.iter().map(|entry| (entry.key.clone(), tracked(&entry.value, text, starts)));
            Value::Map(MapRef::of(MapType::Any, entries.collect())).into()
        }
        yaml::Value::Seq(items) => {
            let items = items.iter().map(|item| tracked(item, text, starts)).collect();
            Value::List(ListRef::new(items)).into()
        }
        _ => {
            let start = node.origin.at;
            let next = starts.get(starts.partition_point(|s| *s <= start)).copied().unwrap_or(u32::MAX);
            // With its quotes, if it has some.
            let len = node.as_str().map_or(1, |s| s.len() + 2);
            let end = start.saturating_add(u32::try_from(len).unwrap_or(u32::MAX)).min(next);
            Tracked::frozen(node, &None).with(made_of(text, start, end))
        }
    }
}

/// The reads of the segments that made any of some bytes; exactly, if there is but one that read anything.
fn made_of(text: &Reads, start: u32, end: u32) -> Trail {
    let from = text.text.partition_point(|s| s.start <= start).saturating_sub(1);
    let to = text.text.partition_point(|s| s.start < end.max(start.saturating_add(1)));
    let segments = text.text.get(from..to).unwrap_or_default().iter().filter(|s| !s.reads.is_empty());
    let mut reads = Reads::default();
    let mut exact = Vec::new();
    let mut last: Option<&Arc<[ValueRead]>> = None;
    for segment in segments {
        if last.is_some_and(|last| Arc::ptr_eq(last, &segment.reads)) {
            continue;
        }
        last = Some(&segment.reads);
        exact.push(segment.exact);
        for read in segment.reads.iter() {
            if !reads.values.contains(read) {
                reads.values.push(read.clone());
            }
        }
    }
    if reads.values.is_empty() {
        return Trail::NONE;
    }
    reads.exact = exact == [true];
    Trail::of(reads)
}
