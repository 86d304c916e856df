//! Applications as `argocd appset generate` prints them (cmd/argocd/commands/applicationset.go and
//! admin/generatespec_utils.go): without their namespace, one by itself, several as a list.

use crate::yaml::{self, Map, Node, Value};

/// YAML.
pub fn yaml(applications: &[Node]) -> String {
    yaml::emit(&whole(applications))
}

/// JSON, with two spaces for each level.
pub fn json(applications: &[Node]) -> String {
    let mut text = String::new();
    indented(&yaml::to_json(&whole(applications)), &mut text);
    text.push('\n');
    text
}

/// Names, one to a line.
pub fn names(applications: &[Node]) -> String {
    applications.iter().map(|application| format!("{}\n", text(application, &["metadata", "name"]))).collect()
}

fn whole(applications: &[Node]) -> Node {
    let mut shown: Vec<Node> = applications.iter().map(without_namespace).collect();
    match shown.len() {
        0 => Node::default(),
        1 => shown.remove(0),
        _ => Node::made(shown),
    }
}

fn without_namespace(application: &Node) -> Node {
    let mut application = application.clone();
    if let Some(metadata) = application.as_map_mut().and_then(|map| map.get_mut("metadata")).and_then(Node::as_map_mut)
    {
        metadata.remove("namespace");
    }
    application
}

/// Go's `json.MarshalIndent` of what `json.Marshal` gives.
fn indented(compact: &str, out: &mut String) {
    let newline = |out: &mut String, depth: usize| {
        out.push('\n');
        out.push_str(&"  ".repeat(depth));
    };
    let (mut depth, mut in_string, mut escaped) = (0, false, false);
    let mut chars = compact.chars().peekable();
    while let Some(c) = chars.next() {
        if in_string {
            out.push(c);
            in_string = c != '"' || escaped;
            escaped = c == '\\' && !escaped;
            continue;
        }
        match c {
            '"' => {
                in_string = true;
                out.push(c);
            }
            '{' | '[' => {
                out.push(c);
                match chars.next_if(|next| matches!(next, '}' | ']')) {
                    Some(close) => out.push(close),
                    None => {
                        depth += 1;
                        newline(out, depth);
                    }
                }
            }
            '}' | ']' => {
                depth -= 1;
                newline(out, depth);
                out.push(c);
            }
            ',' => {
                out.push(c);
                newline(out, depth);
            }
            ':' => out.push_str(": "),
            c => out.push(c),
        }
    }
}

/// The table that is printed when nobody asks for another form.
pub fn table(applications: &[Node]) -> String {
    const HEADS: [&str; 11] = [
        "NAME",
        "CLUSTER",
        "NAMESPACE",
        "PROJECT",
        "STATUS",
        "HEALTH",
        "SYNCPOLICY",
        "CONDITIONS",
        "REPO",
        "PATH",
        "TARGET",
    ];
    let mut rows: Vec<Vec<String>> = vec![HEADS.map(str::to_owned).to_vec()];
    rows.extend(applications.iter().map(row));
    let widths: Vec<usize> = (0..HEADS.len())
        .map(|at| rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count()).max().unwrap_or_default())
        .collect();
    let mut out = String::new();
    for row in rows {
        let last = row.len().saturating_sub(1);
        for (at, (cell, width)) in row.iter().zip(&widths).enumerate() {
            out.push_str(cell);
            if at < last {
                out.push_str(&" ".repeat(width + 2 - cell.chars().count()));
            }
        }
        out.push('\n');
    }
    out
}

fn row(application: &Node) -> Vec<String> {
    let get = |keys: &[&str]| text(application, keys).to_owned();
    let name = match text(application, &["metadata", "namespace"]) {
        "" => get(&["metadata", "name"]),
        namespace => format!("{namespace}/{}", text(application, &["metadata", "name"])),
    };
    let cluster = match text(application, &["spec", "destination", "server"]) {
        "" => get(&["spec", "destination", "name"]),
        server => server.to_owned(),
    };
    let project = match text(application, &["spec", "project"]) {
        "" => "default",
        project => project,
    };
    let none = Node::made(Map::new());
    let source = source(application).unwrap_or(&none);
    let part = |key: &str| text(source, &[key]).to_owned();
    vec![
        name,
        cluster,
        get(&["spec", "destination", "namespace"]),
        project.to_owned(),
        String::new(),
        String::new(),
        policy(application).to_owned(),
        "<none>".to_owned(),
        part("repoURL"),
        part("path"),
        part("targetRevision"),
    ]
}

fn source(application: &Node) -> Option<&Node> {
    let spec = application.get("spec")?;
    let first = spec.get("sources").and_then(Node::as_seq).and_then(<[Node]>::first);
    spec.at(&["sourceHydrator", "drySource"]).or(first).or_else(|| spec.get("source"))
}

fn policy(application: &Node) -> &'static str {
    let automated = application.at(&["spec", "syncPolicy", "automated"]);
    let flag = |key: &str| automated.and_then(|node| node.get(key)).map(|flag| &flag.value);
    match (automated, flag("enabled"), flag("prune")) {
        (None, _, _) | (_, Some(Value::Bool(false)), _) => "Manual",
        (_, _, Some(Value::Bool(true))) => "Auto-Prune",
        _ => "Auto",
    }
}

fn text<'n>(node: &'n Node, keys: &[&str]) -> &'n str {
    node.str_at(keys).unwrap_or_default()
}
