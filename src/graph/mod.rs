//! What made what: fleet → cluster → layer → app → child apps, to any depth.

mod dot;
mod html;
mod mermaid;
mod text;

use serde::Serialize;

/// A thing in the hierarchy, and what it made.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Vertex {
    /// What kind of thing it is.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// The cluster that an app goes to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// The namespace that an app's objects go to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// When an app is synced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wave: Option<i64>,
    /// Where an app's sources are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
    /// How many objects an app has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub objects: Option<usize>,
    /// The parameters that an ApplicationSet made an Application of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameters: Option<serde_json::Value>,
    /// Why an app is held.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held: Option<String>,
    /// What it made.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<Vertex>,
}

/// A kind of thing in the hierarchy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The whole.
    Fleet,
    /// A cluster.
    Cluster,
    /// A layer's instance.
    Layer,
    /// A root, expanded on a hub.
    Root,
    /// An app of a layer.
    App,
    /// An Argo CD Application.
    Application,
    /// An ApplicationSet.
    ApplicationSet,
}

impl Kind {
    /// The kind in a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Fleet => "fleet",
            Self::Cluster => "cluster",
            Self::Layer => "layer",
            Self::Root => "root",
            Self::App => "app",
            Self::Application => "application",
            Self::ApplicationSet => "applicationset",
        }
    }
}

impl Vertex {
    /// A thing that made nothing yet.
    pub fn new(kind: Kind, name: impl Into<String>) -> Self {
        Self {
            kind,
            name: name.into(),
            cluster: None,
            namespace: None,
            wave: None,
            sources: Vec::new(),
            objects: None,
            parameters: None,
            held: None,
            children: Vec::new(),
        }
    }
}

/// How a hierarchy is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// An indented tree for people.
    Text,
    /// JSON, each vertex with its children.
    Json,
    /// A Mermaid flowchart.
    Mermaid,
    /// Graphviz' DOT.
    Dot,
    /// A page of HTML that needs nothing else.
    Html,
}

/// Shows a hierarchy.
pub fn render(root: &Vertex, format: Format) -> String {
    match format {
        Format::Text => text::render(root),
        Format::Json => {
            let mut json = serde_json::to_string_pretty(root).unwrap_or_default();
            json.push('\n');
            json
        }
        Format::Mermaid => mermaid::render(root),
        Format::Dot => dot::render(root),
        Format::Html => html::render(root),
    }
}

/// The vertices in order, each with its number and its parent's.
fn numbered(root: &Vertex) -> Vec<(usize, Option<usize>, &Vertex)> {
    let mut list = Vec::new();
    let mut stack = vec![(None, root)];
    while let Some((parent, vertex)) = stack.pop() {
        let number = list.len();
        list.push((number, parent, vertex));
        stack.extend(vertex.children.iter().rev().map(|child| (Some(number), child)));
    }
    list
}
