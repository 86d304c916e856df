//! YAML nodes into [`Metadata`], as sigs.k8s.io/yaml and Go's JSON decoder do it: names of fields in any case, numbers and
//! booleans taken for strings where a string is wanted, unknown fields passed over.

use std::collections::BTreeMap;

use ecow::EcoString;

use super::metadata::{Dependency, Maintainer, Metadata};
use crate::go;
use crate::render::helm::Profile;
use crate::source::Origin;
use crate::yaml::{Entry, Node, Value};

/// What the JSON decoder complained about: only its first complaint counts, though it goes on.
pub(super) struct Decoder<'t> {
    profile: Profile,
    /// The text that is read: a number that is taken for a string is written otherwise if it was one with an exponent.
    text: &'t str,
    /// Whether the chart is one of the third version.
    third: bool,
    path: Vec<&'static str>,
    error: Option<(Origin, String)>,
}

/// Reads a document into metadata, on top of what that holds already.
///
/// # Errors
/// The place, and the decoder's words.
pub(super) fn metadata(node: &Node, text: &str, profile: Profile, into: &mut Metadata) -> Result<(), (Origin, String)> {
    let third = node.get("apiVersion").and_then(Node::as_str) == Some("v3");
    let mut decoder = Decoder { profile, text, third, path: Vec::new(), error: None };
    decoder.whole(node, into);
    decoder.error.map_or(Ok(()), Err)
}

/// The word that Go's decoder has for a value that doesn't fit.
pub(super) fn json_word(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Int(_) | Value::UInt(_) | Value::Float(_) => "number",
        Value::Str(_) => "string",
        Value::Seq(_) => "array",
        Value::Map(_) => "object",
    }
}

impl Decoder<'_> {
    fn fail(&mut self, node: &Node, owner: &str, kind: &str) {
        let field = self.path.join(".");
        let word = json_word(&node.value);
        let words = format!("json: cannot unmarshal {word} into Go struct field {owner}.{field} of type {kind}");
        self.error.get_or_insert((node.origin, words));
    }

    fn whole(&mut self, node: &Node, into: &mut Metadata) {
        let map = match &node.value {
            Value::Map(map) => map,
            Value::Null => return,
            value => {
                // Helm 4 looks for the apiVersion first.
                let kind = if self.profile == Profile::Helm3 { "chart.Metadata" } else { "loader.chartBase" };
                let words = format!("json: cannot unmarshal {} into Go value of type {kind}", json_word(value));
                self.error.get_or_insert((node.origin, words));
                return;
            }
        };
        const FIELDS: [&str; 17] = [
            "name",
            "home",
            "sources",
            "version",
            "description",
            "keywords",
            "maintainers",
            "icon",
            "apiVersion",
            "condition",
            "tags",
            "appVersion",
            "deprecated",
            "annotations",
            "kubeVersion",
            "dependencies",
            "type",
        ];
        let owner = "Metadata";
        for (field, node) in fields(map.iter(), &FIELDS) {
            self.path.push(field);
            match field {
                "name" => self.text(node, owner, &mut into.name),
                "home" => self.text(node, owner, &mut into.home),
                "sources" => self.texts(node, owner, &mut into.sources),
                "version" => self.text(node, owner, &mut into.version),
                "description" => self.text(node, owner, &mut into.description),
                "keywords" => self.texts(node, owner, &mut into.keywords),
                "maintainers" => self.list(node, owner, "Maintainer", &mut into.maintainers, Self::maintainer),
                "icon" => self.text(node, owner, &mut into.icon),
                "apiVersion" => self.text(node, owner, &mut into.api_version),
                "condition" => self.text(node, owner, &mut into.condition),
                "tags" => self.text(node, owner, &mut into.tags),
                "appVersion" => self.text(node, owner, &mut into.app_version),
                "deprecated" => self.flag(node, owner, &mut into.deprecated),
                "annotations" => self.annotations(node, &mut into.annotations),
                "kubeVersion" => self.text(node, owner, &mut into.kube_version),
                "dependencies" => self.list(node, owner, "Dependency", &mut into.dependencies, Self::dependency),
                _ => self.text(node, owner, &mut into.kind),
            }
            self.path.pop();
        }
    }

    fn maintainer(&mut self, node: &Node, into: &mut Maintainer) {
        let Some(map) = self.object(node, "Maintainer") else { return };
        for (field, node) in fields(map.iter(), &["name", "email", "url"]) {
            self.path.push(field);
            let text = match field {
                "name" => &mut into.name,
                "email" => &mut into.email,
                _ => &mut into.url,
            };
            self.text(node, "Maintainer", text);
            self.path.pop();
        }
    }

    fn dependency(&mut self, node: &Node, into: &mut Dependency) {
        let owner = "Dependency";
        into.origin = node.origin;
        let Some(map) = self.object(node, owner) else { return };
        const FIELDS: [&str; 8] =
            ["name", "version", "repository", "condition", "tags", "enabled", "import-values", "alias"];
        for (field, node) in fields(map.iter(), &FIELDS) {
            self.path.push(field);
            match field {
                "name" => self.text(node, owner, &mut into.name),
                "version" => self.text(node, owner, &mut into.version),
                "repository" => self.text(node, owner, &mut into.repository),
                "condition" => self.text(node, owner, &mut into.condition),
                "tags" => self.texts(node, owner, &mut into.tags),
                "enabled" => self.flag(node, owner, &mut into.enabled),
                "import-values" => match &node.value {
                    Value::Null => into.import_values.clear(),
                    Value::Seq(items) => {
                        into.import_values = items.iter().cloned().map(super::values_file::as_floats).collect()
                    }
                    _ => self.fail(node, owner, "[]interface {}"),
                },
                _ => self.text(node, owner, &mut into.alias),
            }
            self.path.pop();
        }
    }

    fn object<'n>(&mut self, node: &'n Node, kind: &str) -> Option<&'n crate::yaml::Map> {
        let map = node.as_map();
        if map.is_none() {
            let (owner, kind) = ("Metadata", format!("{}.{kind}", self.package()));
            self.fail(node, owner, &kind);
        }
        map
    }

    fn package(&self) -> &'static str {
        match self.profile {
            Profile::Helm3 => "chart",
            Profile::Helm4 if self.third => "v3",
            Profile::Helm4 => "v2",
        }
    }

    /// A list of objects. A later file's elements are read on top of the earlier's, as Go reuses them.
    fn list<T: Default + Clone>(
        &mut self,
        node: &Node,
        owner: &str,
        kind: &str,
        into: &mut Vec<Option<T>>,
        read: fn(&mut Self, &Node, &mut T),
    ) {
        match &node.value {
            Value::Null => into.clear(),
            Value::Seq(items) => {
                into.resize(items.len(), None);
                for (item, slot) in items.iter().zip(into) {
                    if item.is_null() {
                        *slot = None;
                    } else {
                        read(self, item, slot.get_or_insert_default());
                    }
                }
            }
            _ => {
                let kind = format!("[]*{}.{kind}", self.package());
                self.fail(node, owner, &kind);
            }
        }
    }

    fn annotations(&mut self, node: &Node, into: &mut Option<BTreeMap<EcoString, EcoString>>) {
        match &node.value {
            Value::Null => *into = None,
            Value::Map(map) => {
                let all = into.get_or_insert_default();
                for entry in map {
                    let mut text = EcoString::new();
                    self.text(&entry.value, "Metadata", &mut text);
                    all.insert(entry.key.clone(), text);
                }
            }
            _ => self.fail(node, "Metadata", "map[string]string"),
        }
    }

    fn texts(&mut self, node: &Node, owner: &str, into: &mut Vec<EcoString>) {
        match &node.value {
            Value::Null => into.clear(),
            Value::Seq(items) => {
                into.resize(items.len(), EcoString::new());
                for (item, text) in items.iter().zip(into) {
                    self.text(item, owner, text);
                }
            }
            _ => self.fail(node, owner, "[]string"),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "go-yaml's float lost the same digits")]
    fn text(&mut self, node: &Node, owner: &str, into: &mut EcoString) {
        match &node.value {
            Value::Null => {}
            Value::Str(text) => *into = text.clone(),
            Value::Bool(b) => *into = if *b { "true" } else { "false" }.into(),
            Value::Int(n) => *into = self.number(node, *n as f64, n),
            Value::UInt(n) => *into = self.number(node, *n as f64, n),
            Value::Float(n) => *into = go::float(*n).into(),
            Value::Seq(_) | Value::Map(_) => self.fail(node, owner, "string"),
        }
    }

    /// A whole number as a string: written as a float, it is one to go-yaml.
    fn number(&self, node: &Node, float: f64, whole: &dyn std::fmt::Display) -> EcoString {
        let written = self.text.get(node.origin.at as usize..).unwrap_or_default();
        let token = written.split(|c: char| !c.is_ascii_alphanumeric() && !"+-._".contains(c)).next();
        match token.filter(|t| !t.starts_with("0x") && t.contains(['.', 'e', 'E'])) {
            Some(token) => go::float(token.replace('_', "").parse().unwrap_or(float)).into(),
            None => ecow::eco_format!("{whole}"),
        }
    }

    fn flag(&mut self, node: &Node, owner: &str, into: &mut bool) {
        match &node.value {
            Value::Null => {}
            Value::Bool(b) => *into = *b,
            _ => self.fail(node, owner, "bool"),
        }
    }
}

/// The entries that mean one of the fields, in the order of their keys: an exact name, or one in another case.
fn fields<'n>(
    entries: impl Iterator<Item = &'n Entry>,
    known: &'static [&'static str],
) -> Vec<(&'static str, &'n Node)> {
    let mut entries: Vec<&Entry> = entries.collect();
    entries.sort_by(|a, b| a.key.cmp(&b.key));
    let field = |key: &str| {
        let exact = known.iter().find(|f| **f == key);
        exact.or_else(|| known.iter().find(|f| f.eq_ignore_ascii_case(key))).copied()
    };
    entries.into_iter().filter_map(|e| Some((field(&e.key)?, &e.value))).collect()
}
