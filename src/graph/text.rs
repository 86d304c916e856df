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
    if let Some(held) = &vertex.held {
        out.push_str(&format!(" — held: {held}"));
    }
    out.push('\n');
}
