//! An explanation for people and for programs.

use serde_json::json;

use super::{Explained, Field, Link};

impl Explained {
    /// For people: the value, then each step with its place and line.
    pub fn text(&self) -> String {
        let mut out = format!("{} on {}\n", self.object, self.cluster);
        for field in &self.fields {
            out.push('\n');
            if !field.path.is_empty() {
                out.push_str(&format!("{}: {}\n", field.path, field.value));
            }
            steps(&field.chain, &mut out);
        }
        out.push_str("\nmade by\n");
        steps(&self.made_by, &mut out);
        out
    }

    /// For programs.
    pub fn json(&self) -> String {
        let links = |links: &[Link]| -> Vec<serde_json::Value> {
            let link = |l: &Link| json!({"what": l.what, "place": l.place, "line": l.line, "depth": l.depth});
            links.iter().map(link).collect()
        };
        let field = |f: &Field| {
            let value: serde_json::Value = serde_json::from_str(&f.value).unwrap_or_default();
            json!({"path": f.path, "value": value, "chain": links(&f.chain)})
        };
        let all = json!({
            "cluster": self.cluster,
            "object": self.object,
            "fields": self.fields.iter().map(field).collect::<Vec<_>>(),
            "madeBy": links(&self.made_by),
        });
        let mut text = serde_json::to_string_pretty(&all).unwrap_or_default();
        text.push('\n');
        text
    }
}

/// One line a step, the places in a column.
fn steps(links: &[Link], out: &mut String) {
    let head = |l: &Link| format!("{}{}", "  ".repeat(l.depth + 1), l.what);
    let width = links.iter().map(|l| head(l).chars().count()).max().unwrap_or_default();
    let places = links.iter().map(|l| l.place.chars().count()).max().unwrap_or_default();
    for link in links {
        let line = format!("{:width$}  {:places$}  {}", head(link), link.place, clip(&link.line));
        out.push_str(line.trim_end());
        out.push('\n');
    }
}

/// A line short enough to read.
fn clip(line: &str) -> String {
    let limit = 80;
    if line.chars().count() <= limit {
        return line.to_owned();
    }
    line.chars().take(limit - 1).chain(['…']).collect()
}
