//! A hierarchy as a Mermaid flowchart.

use super::{Vertex, numbered};

pub(super) fn render(root: &Vertex) -> String {
    let mut out = String::from("flowchart LR\n");
    let mut held = Vec::new();
    for (number, parent, vertex) in numbered(root) {
        let name = format!("{} {}", vertex.kind.word(), vertex.name);
        out.push_str(&format!("  n{number}[\"{}\"]\n", escape(&name)));
        if let Some(parent) = parent {
            out.push_str(&format!("  n{parent} --> n{number}\n"));
        }
        if vertex.held.is_some() {
            held.push(format!("n{number}"));
        }
    }
    if !held.is_empty() {
        out.push_str("  classDef held stroke-dasharray: 4\n");
        out.push_str(&format!("  class {} held\n", held.join(",")));
    }
    out
}

/// Mermaid's own escapes: a character by its number.
fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '"' | '#' | '<' | '>' | '&' | '`' | '[' | ']' => out.push_str(&format!("#{};", u32::from(c))),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
