//! OpenAPI documents that kustomizations bring: `definitions`, and the scopes that `paths` tell.

use std::collections::HashMap;

use ecow::EcoString;

use super::super::failure::{Failure, Result};
use super::{Graph, Shape, built_in, join};
use crate::diag::{Code, Diagnostic};
use crate::yaml::{Map, Node, Value};

const GVK: &str = "x-kubernetes-group-version-kind";
const STRATEGY: &str = "x-kubernetes-patch-strategy";
const MERGE_KEY: &str = "x-kubernetes-patch-merge-key";
const MAP_KEYS: &str = "x-kubernetes-list-map-keys";
/// How far a chain of references may lead.
const MAX_REFERENCES: usize = 64;

/// Reads a document.
///
/// # Errors
/// It isn't one.
pub(super) fn read(document: &Node, over_built_in: bool) -> Result<Graph> {
    if document.is_null() {
        return Ok(Graph::default());
    }
    let root = map(document, "an OpenAPI document")?;
    let empty = Map::new();
    let definitions = match root.get("definitions") {
        Some(node) if !node.is_null() => map(node, "`definitions`")?,
        _ => &empty,
    };
    let named: Vec<(&str, &Node)> = definitions.iter().map(|entry| (&*entry.key, &entry.value)).collect();
    let definitions: HashMap<&str, &Node> = named.iter().copied().collect();
    let mut reader = Reader {
        definitions: &definitions,
        graph: Graph::default(),
        known: HashMap::new(),
        unread: Vec::new(),
        over_built_in,
        built_in_from: None,
    };
    for (name, node) in named {
        map(node, "a definition")?;
        for gvk in node.get(GVK).and_then(Node::as_seq).unwrap_or_default() {
            if let Some(root) = type_of(gvk) {
                let at = reader.definition(name, node);
                reader.graph.roots.insert(root, at);
            }
        }
    }
    // One by one: definitions may lead to each other without end.
    while let Some((at, node)) = reader.unread.pop() {
        let shape = reader.shape(node);
        if let Some(place) = reader.graph.shapes.get_mut(at as usize) {
            *place = shape;
        }
    }
    let mut graph = reader.graph;
    if let Some(paths) = root.get("paths").filter(|paths| !paths.is_null()) {
        for path in map(paths, "`paths`")? {
            let Some(name) = path.value.at(&["get", GVK]).and_then(type_of) else { continue };
            let namespaced = path.key.contains("namespaces/{namespace}");
            let cluster = graph.cluster_scoped.entry(name).or_insert(!namespaced);
            *cluster &= !namespaced;
        }
    }
    Ok(graph)
}

fn map<'a>(node: &'a Node, what: &str) -> Result<&'a Map> {
    node.as_map().ok_or_else(|| {
        let kind = node.value.kind();
        let text = format!("invalid schema file: {what} must be a mapping, found {kind}");
        let message = format!("expected {what} to be a mapping, found {kind}");
        Failure::told(text, Diagnostic::error(Code::INVALID_KUSTOMIZATION, message)).at(node.origin, "this")
    })
}

/// What an `x-kubernetes-group-version-kind` names.
fn type_of(gvk: &Node) -> Option<EcoString> {
    let group = gvk.str_at(&["group"]).unwrap_or_default();
    Some(join(group, gvk.str_at(&["version"])?, gvk.str_at(&["kind"])?))
}

struct Reader<'a> {
    definitions: &'a HashMap<&'a str, &'a Node>,
    graph: Graph,
    known: HashMap<&'a str, u32>,
    /// Definitions that something refers to, to be read.
    unread: Vec<(u32, &'a Node)>,
    /// Whether definitions that are built in may be referred to.
    over_built_in: bool,
    /// Where the shapes of these begin, once one was.
    built_in_from: Option<u32>,
}

impl<'a> Reader<'a> {
    fn push(&mut self, shape: Shape) -> u32 {
        let at = self.graph.shapes.len();
        self.graph.shapes.push(shape);
        u32::try_from(at).unwrap_or(u32::MAX)
    }

    fn definition(&mut self, name: &'a str, node: &'a Node) -> u32 {
        if let Some(at) = self.known.get(name) {
            return *at;
        }
        let at = self.push(Shape::default());
        self.known.insert(name, at);
        self.unread.push((at, node));
        at
    }

    /// The shape of a schema that is or isn't a reference; none if that leads nowhere.
    fn schema(&mut self, node: &'a Node) -> Option<u32> {
        let (mut node, mut name) = (node, None);
        for _ in 0..MAX_REFERENCES {
            let reference = node.str_at(&["$ref"]).unwrap_or_default();
            if reference.is_empty() {
                return Some(match name {
                    Some(name) => self.definition(name, node),
                    None => {
                        let shape = self.shape(node);
                        self.push(shape)
                    }
                });
            }
            let wanted = reference.strip_prefix("#/definitions/")?.replace("~1", "/").replace("~0", "~");
            let Some((known, definition)) = self.definitions.get_key_value(&*wanted) else {
                return self.built_in(&wanted);
            };
            (node, name) = (definition, Some(*known));
        }
        None
    }

    /// A definition that only the built-in document has.
    fn built_in(&mut self, name: &str) -> Option<u32> {
        let at = built_in::definition(name).filter(|_| self.over_built_in)?;
        let from = match self.built_in_from {
            Some(from) => from,
            None => {
                let from = u32::try_from(self.graph.shapes.len()).ok()?;
                let moved = |at: &Option<u32>| at.and_then(|at| at.checked_add(from));
                let shapes = built_in::graph().shapes.iter().map(|shape| Shape {
                    merge: shape.merge.clone(),
                    elements: moved(&shape.elements),
                    fields: shape.fields.iter().map(|(name, at)| (name.clone(), moved(at))).collect(),
                    others: moved(&shape.others),
                });
                self.graph.shapes.extend(shapes);
                *self.built_in_from.insert(from)
            }
        };
        at.checked_add(from)
    }

    fn shape(&mut self, node: &'a Node) -> Shape {
        let schema = |value: Option<&'a Node>| value.filter(|value| matches!(value.value, Value::Map(_)));
        let elements = schema(node.get("items").filter(|_| is_array(node))).and_then(|items| self.schema(items));
        let others = schema(node.get("additionalProperties")).and_then(|others| self.schema(others));
        let properties = node.get("properties").and_then(Node::as_map);
        let mut fields: Vec<_> = Vec::with_capacity(properties.map_or(0, Map::len));
        for entry in properties.into_iter().flatten() {
            fields.push((entry.key.clone(), self.schema(&entry.value)));
        }
        fields.sort_unstable();
        Shape { merge: merge_keys(node), elements, fields, others }
    }
}

fn is_array(node: &Node) -> bool {
    let kind = match node.get("type").map(|kind| &kind.value) {
        Some(Value::Str(kind)) => Some(&**kind),
        Some(Value::Seq(kinds)) if kinds.len() == 1 => kinds.first().and_then(Node::as_str),
        _ => None,
    };
    kind == Some("array")
}

fn merge_keys(node: &Node) -> Option<Vec<EcoString>> {
    node.str_at(&[STRATEGY])?.split(',').find(|strategy| *strategy == "merge")?;
    let text = |node: &Node| node.as_str().map(EcoString::from);
    Some(match node.get(MAP_KEYS).and_then(Node::as_seq) {
        Some(keys) => keys.iter().filter_map(text).collect(),
        None => node.get(MERGE_KEY).and_then(text).into_iter().collect(),
    })
}
