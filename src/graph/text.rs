//! A hierarchy as an indented tree.

use super::{Kind, Vertex};

pub(super) fn render(root: &Vertex) -> String {
    let mut out = String::new();
    line(root, None, &mut out);
    children(root, "", None, &mut out);
    out
}

fn children(vertex: &Vertex, indent: &str, cluster: Option<&str>, out: &mut String) {
    let cluster = if vertex.kind == Kind::Cluster { Some(vertex.name.as_str()) } else { cluster };
    for (at, child) in vertex.children.iter().enumerate() {
        let last = at + 1 == vertex.children.len();
        out.push_str(indent);
        out.push_str(if last { "└── " } else { "├── " });
        line(child, cluster, out);
        children(child, &format!("{indent}{}", if last { "    " } else { "│   " }), cluster, out);
    }
}

/// One line: the kind and name, and what is worth knowing. The cluster only where it isn't the one above.
fn line(vertex: &Vertex, cluster: Option<&str>, out: &mut String) {
    out.push_str(vertex.kind.word());
    out.push(' ');
    out.push_str(&vertex.name);
    if let Some(to) = vertex.cluster.as_deref().filter(|c| Some(*c) != cluster && vertex.kind != Kind::Root) {
        out.push_str(&format!(" → {to}"));
    }
    let mut facts = Vec::new();
    if let Some(objects) = vertex.objects.filter(|_| vertex.held.is_none()) {
        facts.push(if objects == 1 { "1 object".to_owned() } else { format!("{objects} objects") });
    }
    facts.extend(vertex.namespace.as_ref().map(|n| format!("namespace {n}")));
    facts.extend(vertex.wave.filter(|w| *w != 0).map(|w| format!("wave {w}")));
    if !facts.is_empty() {
        out.push_str(&format!(" ({})", facts.join(", ")));
    }
    if let Some(parameters) = &vertex.parameters {
        out.push_str(&format!(" of {}", parameters_text(parameters)));
    }
    if let Some(held) = &vertex.held {
        out.push_str(&format!(" — held: {held}"));
    }
    out.push('\n');
}

/// Parameters in a line: dotted names, as many as a person reads, without lists and what only repeats another.
fn parameters_text(parameters: &serde_json::Value) -> String {
    const SHOWN: usize = 6;
    let mut all = Vec::new();
    flatten("", parameters, &mut all);
    let more = all.len().saturating_sub(SHOWN);
    all.truncate(SHOWN);
    let mut text = all.join(", ");
    if more > 0 {
        text.push_str(&format!(", … {more} more"));
    }
    text
}

fn flatten(path: &str, value: &serde_json::Value, into: &mut Vec<String>) {
    use serde_json::Value;
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                flatten(&path, value, into);
            }
        }
        Value::Array(_) => {}
        _ if path.ends_with("Normalized") || path.contains(".argocd.argoproj.io/") => {}
        Value::String(text) if text.is_empty() => {}
        Value::String(text) => into.push(format!("{path}={}", text.lines().next().unwrap_or_default())),
        other => into.push(format!("{path}={other}")),
    }
}
