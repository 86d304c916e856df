//! Which items of two lists belong together.

use std::collections::HashMap;

use ecow::EcoString;

use super::normal::Own;
use super::path::Step;
use super::sequence;
use crate::yaml::{Node, Value};

/// Two lists side by side.
#[derive(Default)]
pub(super) struct Pairing {
    /// Items, in the order in which they are shown: their places in base and in head.
    pub pairs: Vec<(Option<usize>, Option<usize>, Step)>,
    /// What tells the items apart that both have, in the order of each, where the orders differ.
    pub order: Option<(Vec<String>, Vec<String>)>,
}

/// What tells items of a list apart, by the list's key: candidates, the best first. Any other list is tried by `name`.
/// Those that the OpenAPI of Kubernetes gives as `x-kubernetes-patch-merge-key` or `x-kubernetes-list-map-keys`; a name
/// goes first even where Kubernetes uses the number, so that a port that changes is seen to change.
const KEYS: &[(&str, &[&[&str]])] = &[
    ("conditions", &[&["type"]]),
    ("env", &[&["name"]]),
    ("hostAliases", &[&["ip"]]),
    ("items", &[&["key"], &["name"]]),
    ("matchExpressions", &[&["key", "operator"]]),
    ("ownerReferences", &[&["uid"], &["kind", "name"]]),
    ("ports", &[&["name"], &["containerPort", "protocol"], &["port", "protocol"], &["number"]]),
    ("subjects", &[&["kind", "name", "namespace"]]),
    ("topologySpreadConstraints", &[&["topologyKey", "whenUnsatisfiable"]]),
    ("volumeClaimTemplates", &[&["metadata.name"]]),
    ("volumeDevices", &[&["devicePath"]]),
    ("volumeMounts", &[&["mountPath", "subPath"], &["mountPath"]]),
    ("paths", &[&["path", "pathType"]]),
    ("hosts", &[&["host"], &["name"]]),
    ("rules", &[&["host"], &["name"], &["alert"], &["record"]]),
    ("tls", &[&["secretName"]]),
    ("groups", &[&["name"]]),
];

const BY_NAME: &[&[&str]] = &[&["name"]];

/// Pairs the items of two lists that stand under `key`.
pub(super) fn pair(key: &str, old: &[Node], new: &[Node], own: &(Own, Own)) -> Pairing {
    let candidates = KEYS.iter().find(|(list, _)| *list == key).map_or(BY_NAME, |(_, keys)| *keys);
    if !old.is_empty() || !new.is_empty() {
        // Where an item is nothing but its name, another name is a change of it.
        let more = |fields: &[&str]| {
            let maps = || old.iter().chain(new).filter_map(Node::as_map);
            fields.len() > 1 || maps().any(|map| map.iter().any(|entry| Some(&entry.key.as_str()) != fields.first()))
        };
        for fields in candidates.iter().filter(|fields| more(fields)) {
            if let (Some(olds), Some(news)) = (keys(old, fields, &own.0), keys(new, fields, &own.1)) {
                return by_key(fields, &olds, &news, old, new);
            }
        }
    }
    by_place(old, new, own)
}

/// What tells each item apart; none unless all items have it, and each another.
fn keys(items: &[Node], fields: &[&str], own: &Own) -> Option<Vec<String>> {
    let mut seen = HashMap::with_capacity(items.len());
    let mut all = Vec::with_capacity(items.len());
    for (at, item) in items.iter().enumerate() {
        item.as_map()?;
        let mut key = String::new();
        for (place, field) in fields.iter().enumerate() {
            match scalar(item, field) {
                Some(value) => key.push_str(&own.replace(&value)),
                // Those after the first may be left to their defaults.
                None if place > 0 => {}
                None => return None,
            }
            key.push('\0');
        }
        if seen.insert(key.clone(), at).is_some() {
            return None;
        }
        all.push(key);
    }
    Some(all)
}

fn scalar(item: &Node, field: &str) -> Option<EcoString> {
    let node = field.split('.').try_fold(item, |node, key| node.get(key))?;
    match &node.value {
        Value::Str(text) => Some(text.clone()),
        Value::Int(n) => Some(ecow::eco_format!("{n}")),
        Value::Bool(b) => Some(ecow::eco_format!("{b}")),
        _ => None,
    }
}

fn step(item: &Node, fields: &[&str]) -> Step {
    let values = fields.iter().filter_map(|field| Some(((*field).into(), scalar(item, field)?)));
    Step::Item(values.collect())
}

fn by_key(fields: &[&str], olds: &[String], news: &[String], old: &[Node], new: &[Node]) -> Pairing {
    let places: HashMap<&str, usize> = news.iter().enumerate().map(|(at, key)| (key.as_str(), at)).collect();
    let mut taken = vec![false; news.len()];
    let mut pairing = Pairing::default();
    let mut common: Vec<(usize, usize)> = Vec::new();
    for (i, (key, item)) in olds.iter().zip(old).enumerate() {
        let there = places.get(key.as_str()).copied();
        if let Some(j) = there {
            common.push((i, j));
            if let Some(taken) = taken.get_mut(j) {
                *taken = true;
            }
        }
        let shown = there.and_then(|j| new.get(j)).unwrap_or(item);
        pairing.pairs.push((Some(i), there, step(shown, fields)));
    }
    for (j, item) in new.iter().enumerate() {
        if taken.get(j) == Some(&false) {
            pairing.pairs.push((None, Some(j), step(item, fields)));
        }
    }
    if !common.is_sorted_by_key(|(_, j)| *j) {
        let name = |j: usize| new.get(j).and_then(|item| scalar(item, fields.first()?)).unwrap_or_default().to_string();
        let before = common.iter().map(|(_, j)| name(*j)).collect();
        common.sort_by_key(|(_, j)| *j);
        pairing.order = Some((before, common.iter().map(|(_, j)| name(*j)).collect()));
    }
    pairing
}

fn by_place(old: &[Node], new: &[Node], own: &(Own, Own)) -> Pairing {
    let hashes = |items: &[Node], own: &Own| -> Vec<[u8; 32]> { items.iter().map(|item| digest(item, own)).collect() };
    let gaps = sequence::gaps(&hashes(old, &own.0), &hashes(new, &own.1));
    let mut pairing = Pairing::default();
    // Items that are the same but for own names are looked into as well.
    let inside = !own.0.is_empty() || !own.1.is_empty();
    let (mut i, mut j) = (0, 0);
    let same = |pairing: &mut Pairing, i: usize, j: usize, n: usize| {
        if inside {
            pairing.pairs.extend((0..n).map(|k| (Some(i + k), Some(j + k), Step::Index(j + k))));
        }
    };
    for gap in gaps {
        same(&mut pairing, i, j, gap.old.start.saturating_sub(i));
        (i, j) = (gap.old.end, gap.new.end);
        let both = gap.old.len().min(gap.new.len());
        for k in 0..gap.old.len().max(gap.new.len()) {
            let (a, b) = (gap.old.start + k, gap.new.start + k);
            pairing.pairs.push(match (k < gap.old.len(), k < both || k < gap.new.len()) {
                (true, true) => (Some(a), Some(b), Step::Index(b)),
                (true, false) => (Some(a), None, Step::Index(a)),
                _ => (None, Some(b), Step::Index(b)),
            });
        }
    }
    same(&mut pairing, i, j, old.len().saturating_sub(i));
    pairing
}

/// A digest of a value, own words left out.
pub(super) fn digest(node: &Node, own: &Own) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    write(node, own, &mut hasher);
    *hasher.finalize().as_bytes()
}

/// Writes a value into a digest: equal values write the same.
pub(super) fn write(node: &Node, own: &Own, to: &mut blake3::Hasher) {
    match &node.value {
        Value::Null => drop(to.update(b"n")),
        Value::Bool(b) => drop(to.update(if *b { b"t" } else { b"f" })),
        Value::Int(n) => drop(to.update(b"i").update(&n.to_le_bytes())),
        Value::UInt(n) => drop(to.update(b"u").update(&n.to_le_bytes())),
        // Zeros are equal.
        Value::Float(n) => drop(to.update(b"d").update(&(if *n == 0.0 { 0.0 } else { *n }).to_bits().to_le_bytes())),
        Value::Str(text) => {
            to.update(b"s");
            write_text(text, own, to);
        }
        Value::Seq(items) => {
            to.update(b"[").update(&items.len().to_le_bytes());
            for item in items {
                write(item, own, to);
            }
        }
        Value::Map(map) => {
            to.update(b"{").update(&map.len().to_le_bytes());
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by(|a, b| a.key.cmp(&b.key));
            for entry in entries {
                write_text(&entry.key, own, to);
                write(&entry.value, own, to);
            }
        }
    }
}

pub(super) fn write_text(text: &str, own: &Own, to: &mut blake3::Hasher) {
    let text = own.replace(text);
    to.update(&text.len().to_le_bytes()).update(text.as_bytes());
}
