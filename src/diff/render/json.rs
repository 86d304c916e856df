//! For programs. docs/diff.md describes the form; keys are only ever added while `version` stays the same.

use serde_json::{Map, Value, json};

use super::words;
use crate::diff::model::{
    Change, ClusterDiff, Counts, Diff, FieldChange, FindingChange, Group, HeldApp, Kind, ObjectDiff, Side, Tally,
};
use crate::diff::path::Step;
use crate::kube::ObjectId;
use crate::yaml::{Node, to_json};

/// Writes a diff as one JSON object. Noise is left out unless `all`.
pub fn json(diff: &Diff, all: bool) -> String {
    let summary = &diff.summary;
    let groups = diff.groups.iter().filter(|group| words::has_something(group, all));
    let document = json!({
        "version": 1,
        "base": side(&diff.base),
        "head": side(&diff.head),
        "compares": if diff.sides { "sides" } else { "states" },
        "equal": diff.is_empty(),
        "summary": {
            "clusters": {
                "added": summary.clusters.added,
                "removed": summary.clusters.removed,
                "changed": summary.clusters.changed,
                "same": summary.clusters_same,
            },
            "apps": tally(&summary.counts.apps),
            "objects": tally(&summary.counts.objects),
            "noiseOnly": summary.counts.noise,
            "noise": summary.noise,
            "notices": summary.notices,
            "findings": {"added": summary.findings_added, "mended": summary.findings_mended},
        },
        "clusters": diff.clusters.iter().map(cluster).collect::<Vec<_>>(),
        "changes": groups.map(|group| self::group(group, all)).collect::<Vec<_>>(),
        "findings": diff.findings.iter().map(finding).collect::<Vec<_>>(),
        "held": diff.held.iter().map(held).collect::<Vec<_>>(),
        "notUnderstood": diff.not_understood,
    });
    format!("{document:#}\n")
}

fn side(side: &Side) -> Value {
    json!({"name": side.name, "commit": side.commit})
}

fn tally(tally: &Tally) -> Value {
    json!({
        "added": tally.added,
        "removed": tally.removed,
        "changed": tally.changed,
        "renamed": tally.renamed,
        "moved": tally.moved,
    })
}

fn cluster(cluster: &ClusterDiff) -> Value {
    let Counts { apps, objects, noise } = &cluster.counts;
    json!({
        "name": &*cluster.name,
        "base": &*cluster.base,
        "head": &*cluster.head,
        "status": words::status(cluster.status),
        "apps": tally(apps),
        "objects": tally(objects),
        "noiseOnly": noise,
        "held": cluster.held,
    })
}

fn group(group: &Group, all: bool) -> Value {
    json!({
        "app": &*group.app,
        "status": words::status(group.status),
        "clusters": names(&group.clusters),
        "butForNames": group.but_for_names,
        "about": group.about.iter().map(|change| json!({
            "what": change.what,
            "old": change.old,
            "new": change.new,
        })).collect::<Vec<_>>(),
        "objects": words::objects(group, all).into_iter().map(|one| object(one, all)).collect::<Vec<_>>(),
    })
}

fn names(names: &[std::sync::Arc<str>]) -> Vec<&str> {
    names.iter().map(|name| &**name).collect()
}

fn object(object: &ObjectDiff, all: bool) -> Value {
    let fields = object.fields.iter().filter(|field| all || field.noise.is_none());
    let mut value = json!({
        "change": words::mark(object).1,
        "object": id(&object.id),
        "fields": fields.map(field).collect::<Vec<_>>(),
        "notices": object.notices.iter().map(|n| json!({"about": n.about.name(), "text": n.text})).collect::<Vec<_>>(),
    });
    if let Value::Object(map) = &mut value {
        if let Some(from) = &object.renamed_from {
            map.insert("renamedFrom".into(), id(from));
        }
        if let Some(from) = &object.moved_from {
            map.insert("movedFrom".into(), Value::from(&**from));
        }
        for (key, source) in [("baseSource", &object.sources.0), ("headSource", &object.sources.1)] {
            if !source.is_empty() {
                map.insert(key.into(), Value::from(source.as_str()));
            }
        }
        // What came or went has no fields; its manifest says what it is.
        let text = match object.kind {
            Kind::Added => object.texts.1.as_ref(),
            Kind::Removed => object.texts.0.as_ref(),
            Kind::Changed => None,
        };
        if let Some(text) = text {
            map.insert("manifest".into(), Value::from(&*text.get()));
        }
    }
    value
}

fn id(id: &ObjectId) -> Value {
    let mut value = json!({
        "display": id.to_string(),
        "apiVersion": id.api_version(),
        "kind": id.kind.as_str(),
        "name": id.name.as_str(),
    });
    if let Value::Object(map) = &mut value {
        if !id.namespace.is_empty() {
            map.insert("namespace".into(), Value::from(id.namespace.as_str()));
        }
        if id.generated {
            map.insert("generated".into(), Value::from(true));
        }
    }
    value
}

fn field(field: &FieldChange) -> Value {
    let mut map = Map::new();
    map.insert("path".into(), Value::from(field.path.to_string()));
    map.insert("steps".into(), field.path.0.iter().map(step).collect());
    let (word, old, new) = match &field.change {
        Change::Added(new) => ("added", None, Some(value(new))),
        Change::Removed(old) => ("removed", Some(value(old)), None),
        Change::Changed(old, new) => ("changed", Some(value(old)), Some(value(new))),
        Change::Order(old, new) => ("reordered", Some(json!(old)), Some(json!(new))),
    };
    map.insert("change".into(), Value::from(word));
    old.and_then(|old| map.insert("old".into(), old));
    new.and_then(|new| map.insert("new".into(), new));
    if let Some(noise) = &field.noise {
        map.insert("noise".into(), Value::from(noise.name()));
    }
    Value::Object(map)
}

fn step(step: &Step) -> Value {
    match step {
        Step::Key(key) => Value::from(key.as_str()),
        Step::Index(at) => Value::from(*at),
        Step::Item(fields) => {
            Value::Object(fields.iter().map(|(key, value)| (key.to_string(), Value::from(value.as_str()))).collect())
        }
    }
}

fn value(node: &Node) -> Value {
    // Infinities have no JSON; as a text they still tell something.
    let text = to_json(node);
    serde_json::from_str(&text).unwrap_or(Value::String(text))
}

fn finding(change: &FindingChange) -> Value {
    let finding = &change.finding;
    json!({
        "change": if change.added { "added" } else { "mended" },
        "code": finding.code,
        "severity": words::severity(finding.severity),
        "message": finding.message,
        "hints": finding.hints,
        "file": finding.place.as_ref().map(|place| place.file.clone()),
        "line": finding.place.as_ref().map(|place| place.line),
        "column": finding.place.as_ref().map(|place| place.column),
        "app": finding.app.as_deref(),
        "object": finding.object.as_deref(),
        "clusters": names(&change.clusters),
        "times": change.times,
    })
}

fn held(held: &HeldApp) -> Value {
    json!({
        "app": &*held.app,
        "clusters": names(&held.clusters),
        "status": held.status(),
        "base": held.base,
        "head": held.head,
    })
}
