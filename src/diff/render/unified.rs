//! As a patch of YAML.

use super::view::{Line, Sign, texts};
use super::words::{self, line, printable};
use crate::diff::model::{Change, Diff, FieldChange, Group, Kind, ObjectDiff};
use crate::diff::path::Step;
use crate::kube::{ObjectId, usual_group};
use crate::source::{FileId, Origin};
use crate::tree::place::{component, place};
use crate::tree::{Layout, TreeObject};
use crate::yaml::{Dialect, Map, Node, Value, emit, parse};

/// Lines around what differs.
const CONTEXT: usize = 3;

/// Writes a diff as a patch: for each object the path that it has in the trees, `a/` for base and `b/` for head. Lines
/// that start with `#` are for people. Noise is left out unless `all`: the patch then leads to head without it.
pub fn unified(diff: &Diff, all: bool) -> String {
    let mut out = format!("# {} → {}\n", words::side(&diff.base), words::side(&diff.head));
    if diff.is_empty() {
        out.push_str(&format!("# {}\n", super::nothing(diff)));
    } else {
        out.push_str(&format!("# {}\n", words::clusters_line(diff)));
    }
    for change in &diff.findings {
        out.push_str(&format!(
            "# {}: {}\n",
            if change.added { "new finding" } else { "mended" },
            words::finding(change)
        ));
    }
    for held in &diff.held {
        out.push_str(&format!("# held: {}\n", words::held(held)));
    }
    if let Some(noise) = words::noise(diff).filter(|_| !all) {
        out.push_str(&format!("# {noise}; --all shows it\n"));
    }
    for text in &diff.not_understood {
        out.push_str(&format!("# {}\n", line(text)));
    }
    for group in diff.groups.iter().filter(|group| words::has_something(group, all)) {
        out.push_str(&format!(
            "#\n# app {} ({}) {}\n",
            line(&group.app),
            words::status(group.status),
            words::on(group, diff)
        ));
        if group.clusters.len() > 1 {
            out.push_str(&format!("# {}\n", words::list(&group.clusters, usize::MAX)));
        }
        let about = words::about(group);
        if !about.is_empty() {
            out.push_str(&format!("# {about}\n"));
        }
        if group.but_for_names {
            out.push_str("# but for each cluster's own name; shown is the first\n");
        }
        for object in words::objects(group, all) {
            self::object(&mut out, diff, group, object, all);
        }
    }
    out
}

fn object(out: &mut String, diff: &Diff, group: &Group, object: &ObjectDiff, all: bool) {
    for notice in &object.notices {
        out.push_str(&format!("# ! {}: {}\n", words::name(object), line(&notice.text)));
    }
    let get = |text: &Option<crate::tree::Text>| text.as_ref().map(|text| text.get().to_string()).unwrap_or_default();
    let (old, mut new) = (get(&object.texts.0), get(&object.texts.1));
    if !all && object.fields.iter().any(|field| field.noise.is_some()) {
        new = without_noise(&old, &new, &object.fields);
    }
    let cluster = group.clusters.first().and_then(|name| diff.clusters.iter().find(|cluster| cluster.name == *name));
    let Some(cluster) = cluster else { return };
    let from = object.renamed_from.as_ref().unwrap_or(&object.id);
    let before = path(&cluster.base, object.moved_from.as_ref().unwrap_or(&group.app), from);
    let after = path(&cluster.head, &group.app, &object.id);
    let (a, b) = match object.kind {
        Kind::Added => ("/dev/null".to_owned(), format!("b/{after}")),
        Kind::Removed => (format!("a/{before}"), "/dev/null".to_owned()),
        Kind::Changed => (format!("a/{before}"), format!("b/{after}")),
    };
    if object.renamed_from.is_some() {
        out.push_str(&format!("# renamed: {}\n", words::name(object)));
    }
    if let Some(from) = &object.moved_from {
        out.push_str(&format!("# {} moved from app {}\n", words::name(object), line(from)));
    }
    let hunks = hunks(&texts(&old, &new, usize::MAX / 4));
    if !hunks.is_empty() {
        out.push_str(&format!("--- {a}\n+++ {b}\n{hunks}"));
    }
}

/// The path of an object in the trees.
fn path(cluster: &str, app: &str, id: &ObjectId) -> String {
    let object = TreeObject { id: id.clone(), text: "".into(), source: String::new() };
    let file = place(app, &[object], Layout::FilePerObject, usual_group).pop().unwrap_or_default();
    line(&format!("{}/{file}", component(cluster)))
}

/// All lines of two texts as hunks.
fn hunks(lines: &[Line]) -> String {
    let changed: Vec<usize> =
        lines.iter().enumerate().filter(|(_, line)| line.sign != Sign::Both).map(|(at, _)| at).collect();
    let mut out = String::new();
    let mut next = 0;
    let (mut old, mut new, mut at) = (1, 1, 0);
    while let Some(first) = changed.get(next).copied() {
        let mut last = first;
        while let Some(further) = changed.get(next).copied().filter(|further| *further <= last + 2 * CONTEXT + 1) {
            last = further;
            next += 1;
        }
        let start = first.saturating_sub(CONTEXT);
        // What is between hunks is the same in both.
        let skipped = start.saturating_sub(at);
        (old, new) = (old + skipped, new + skipped);
        let end = (last + CONTEXT + 1).min(lines.len());
        let part = lines.get(start..end).unwrap_or_default();
        let n = |signs: [Sign; 2]| part.iter().filter(|line| signs.contains(&line.sign)).count();
        let (olds, news) = (n([Sign::Both, Sign::Removed]), n([Sign::Both, Sign::Added]));
        // An empty side is said to start at the line before.
        let from = |start: usize, n: usize| if n == 0 { start - 1 } else { start };
        out.push_str(&format!("@@ -{},{olds} +{},{news} @@\n", from(old, olds), from(new, news)));
        for line in part {
            out.push(line.sign.char());
            out.push_str(&printable(&line.text));
            out.push('\n');
        }
        (old, new, at) = (old + olds, new + news, end);
    }
    out
}

/// Head as it would be if what is noise had stayed as it was.
fn without_noise(base: &str, head: &str, fields: &[FieldChange]) -> String {
    let read = |text| parse(FileId::TRANSIENT, text, Dialect::Kubernetes).into_first();
    let (base, mut node) = (read(base), read(head));
    // Backwards, so that what is taken out of a list moves nothing that is still to come.
    for field in fields.iter().rev().filter(|field| field.noise.is_some()) {
        revert(&mut node, &base, field);
    }
    emit(&node)
}

/// Takes a change back, where its place is found.
fn revert(node: &mut Node, base: &Node, field: &FieldChange) {
    let Some((last, parents)) = field.path.0.split_last() else { return };
    let mut at = node;
    for step in parents {
        let missing =
            matches!(&field.change, Change::Removed(_)) && matches!(step, Step::Key(key) if at.get(key).is_none());
        if let (true, Step::Key(key), Some(map)) = (missing, step, at.as_map_mut()) {
            map.insert(key.clone(), Origin::NONE, Node::made(Map::new()));
        }
        let Some(below) = child(at, step) else { return };
        at = below;
    }
    match &field.change {
        Change::Changed(old, _) => {
            if let Some(place) = child(at, last) {
                *place = old.clone();
            }
        }
        Change::Added(_) => match (last, &mut at.value) {
            (Step::Key(key), Value::Map(map)) => drop(map.remove(key)),
            (step, Value::Seq(items)) => {
                if let Some(place) = position(items, step) {
                    items.remove(place);
                }
            }
            _ => {}
        },
        Change::Removed(old) => match (last, &mut at.value) {
            (Step::Key(key), Value::Map(map)) => drop(map.insert(key.clone(), Origin::NONE, old.clone())),
            (Step::Index(place), Value::Seq(items)) => items.insert((*place).min(items.len()), old.clone()),
            (step @ Step::Item(_), Value::Seq(items)) => {
                let was = parents.iter().try_fold(base, inside).and_then(Node::as_seq);
                let place = was.and_then(|was| position(was, step)).unwrap_or(usize::MAX);
                items.insert(place.min(items.len()), old.clone());
            }
            _ => {}
        },
        Change::Order(..) => {}
    }
}

fn inside<'n>(node: &'n Node, step: &Step) -> Option<&'n Node> {
    match (&node.value, step) {
        (Value::Map(map), Step::Key(key)) => map.get(key),
        (Value::Seq(items), step) => items.get(position(items, step)?),
        _ => None,
    }
}

fn position(items: &[Node], step: &Step) -> Option<usize> {
    match step {
        Step::Index(at) => (*at < items.len()).then_some(*at),
        Step::Item(fields) => items.iter().position(|item| {
            fields.iter().all(|(key, value)| {
                let node = key.split('.').try_fold(item, |node, key| node.get(key));
                node.is_some_and(|node| {
                    node.as_str().map_or_else(|| emit(node).trim_end() == value.as_str(), |t| t == value)
                })
            })
        }),
        Step::Key(_) => None,
    }
}

fn child<'n>(node: &'n mut Node, step: &Step) -> Option<&'n mut Node> {
    match (&mut node.value, step) {
        (Value::Map(map), Step::Key(key)) => map.get_mut(key),
        (Value::Seq(items), step) => {
            let at = position(items, step)?;
            items.make_mut().get_mut(at)
        }
        _ => None,
    }
}
