//! As one page that needs nothing else: the diff as data, and a small program that shows it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::view::{Line, lines};
use super::words::{self, line, printable};
use crate::diff::model::{Diff, FieldChange, Group, Kind, ObjectDiff};

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const PROGRAM: &str = include_str!("page.js");

/// Lines of one field, or of one manifest, that the page holds; a patch has them all.
const LINES: usize = 2000;

/// Writes a diff as an HTML page. Noise is in it either way; `all` says whether it shows at first.
pub fn html(diff: &Diff, title: &str, all: bool) -> String {
    let notes: Vec<String> = diff.not_understood.iter().map(|text| line(text)).collect();
    let findings: Vec<Value> = diff.findings.iter().map(|one| json!([one.added, words::finding(one)])).collect();
    let words = ["changed", "added", "removed", "renamed", "moved"];
    let words: BTreeMap<&str, String> = words.into_iter().map(|word| (word, words::word(word, diff))).collect();
    let data = json!({
        "title": line(title),
        "base": words::side(&diff.base),
        "head": words::side(&diff.head),
        "sides": diff.sides,
        "words": words,
        "all": all,
        "nothing": if diff.is_empty() { Some(super::nothing(diff)) } else { None },
        "summary": [
            [if diff.sides { "pairs" } else { "clusters" }, words::clusters_line(diff)],
            ["apps", words::tally(&diff.summary.counts.apps, diff)],
            ["objects", words::tally(&diff.summary.counts.objects, diff)],
        ],
        "noise": words::noise(diff),
        "notes": notes,
        "clusters": diff.clusters.iter().map(|cluster| json!({
            "name": line(&cluster.name),
            "status": words::status(cluster.status),
            "held": cluster.held,
        })).collect::<Vec<_>>(),
        "groups": diff.groups.iter().map(|group| self::group(group, diff)).collect::<Vec<_>>(),
        "findings": findings,
        "held": diff.held.iter().map(words::held).collect::<Vec<_>>(),
    });
    // A title must not bring a placeholder of its own.
    let title = escaped(&line(title).replace("{{", "{ {"));
    let page = PAGE.replace("{{title}}", &title).replace("{{style}}", STYLE);
    // The data last: nothing in it is taken for a placeholder.
    let (before, after) = page.split_once("{{data}}").unwrap_or((&page, ""));
    format!("{before}{}{}", script_safe(&data.to_string()), after.replace("{{program}}", PROGRAM))
}

fn group(group: &Group, diff: &Diff) -> Value {
    let place = |name| diff.clusters.binary_search_by(|cluster| cluster.name.cmp(name)).unwrap_or_default();
    json!({
        "app": line(&group.app),
        "status": words::status(group.status),
        "is": words::app_status(group, diff),
        "clusters": group.clusters.iter().map(place).collect::<Vec<_>>(),
        "butForNames": group.but_for_names,
        "about": words::about(group),
        "objects": group.objects.iter().map(object).collect::<Vec<_>>(),
    })
}

fn object(object: &ObjectDiff) -> Value {
    let (_, word) = words::mark(object);
    let text = match object.kind {
        Kind::Added => object.texts.1.as_ref(),
        Kind::Removed => object.texts.0.as_ref(),
        Kind::Changed => None,
    };
    let (base, head) = (&object.sources.0, &object.sources.1);
    let source = if head.is_empty() { base } else { head };
    json!({
        "change": word,
        "kind": line(&object.id.kind),
        "name": words::name(object),
        "from": object.moved_from.as_ref().map(|from| line(from)),
        "source": line(source),
        "noise": object.is_noise(),
        "fields": object.fields.iter().map(field).collect::<Vec<_>>(),
        "notices": object.notices.iter().map(|notice| line(&notice.text)).collect::<Vec<_>>(),
        "manifest": text.map(|text| {
            let text = text.get();
            clipped(text.lines().map(printable).collect(), text.lines().count())
        }),
    })
}

fn field(field: &FieldChange) -> Value {
    let all = lines(field);
    let shown = all.iter().take(LINES).map(|line: &Line| format!("{}{}", line.sign.char(), printable(&line.text)));
    let mut shown: Vec<String> = shown.collect();
    if all.len() > LINES {
        shown.push(format!("…{} more lines", all.len() - LINES));
    }
    json!([line(&field.path.to_string()), field.noise.as_ref().map(|noise| line(&noise.name())), shown])
}

fn clipped(mut lines: Vec<String>, all: usize) -> Vec<String> {
    if all > LINES {
        lines.truncate(LINES);
        lines.push(format!("… {} more lines", all - LINES));
    }
    lines
}

/// JSON that can't end the element that it stands in, nor start a comment in it.
fn script_safe(json: &str) -> String {
    json.replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}
