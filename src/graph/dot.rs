//! A hierarchy in Graphviz' DOT.

use super::{Kind, Vertex, numbered};

pub(super) fn render(root: &Vertex) -> String {
    let mut out = String::from("digraph fleet {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n");
    for (number, parent, vertex) in numbered(root) {
        let name = format!("{} {}", vertex.kind.word(), vertex.name);
        let shape = match vertex.kind {
            Kind::Fleet | Kind::Cluster => ", style=bold",
            _ if vertex.held.is_some() => ", style=dashed",
            _ => "",
        };
        out.push_str(&format!("  n{number} [label=\"{}\"{shape}];\n", escape(&name)));
        if let Some(parent) = parent {
            out.push_str(&format!("  n{parent} -> n{number};\n"));
        }
    }
    out.push_str("}\n");
    out
}

fn escape(text: &str) -> String {
    let clean = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
    clean.replace('\\', "\\\\").replace('"', "\\\"")
}
