//! `kind: ApplicationSet` (pkg/apis/application/v1alpha1/applicationset_types.go).

pub mod application;
pub mod generator;
pub mod go_type;
pub mod spec;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::Origin;
use crate::yaml::{Map, Node};
use generator::{Generator, Level};
use go_type::Decoder;

/// An ApplicationSet.
#[derive(Clone, Debug)]
pub struct ApplicationSet {
    /// `metadata.name`.
    pub name: String,
    /// `metadata.namespace`, if the manifest says so: that of all its Applications.
    pub namespace: Option<String>,
    /// Whether templates are Go's, not fasttemplate's.
    pub go_template: bool,
    /// `goTemplateOptions`, and where each stands.
    pub go_template_options: Vec<(String, Origin)>,
    /// What makes parameters.
    pub generators: Vec<Generator>,
    /// What they go into, in normal form.
    pub template: Node,
    /// A text that becomes a patch of each Application.
    pub template_patch: Option<(String, Origin)>,
    /// `syncPolicy.preserveResourcesOnDeletion`.
    pub preserve_resources: bool,
    /// In which order Applications are synced: `strategy`, in normal form.
    pub strategy: Option<Node>,
    /// The manifest.
    pub node: Node,
}

impl ApplicationSet {
    /// Reads a manifest. Everything that Argo CD would refuse is told, and what it drops; one with a mistake is none.
    pub fn from_node(node: &Node) -> (Option<Self>, Diagnostics) {
        let mut decoder = Decoder::new(Code::INVALID_APPLICATION_SET);
        let set = Self::read(node, &mut decoder);
        let errors = decoder.diagnostics.has_errors();
        (set.filter(|_| !errors), decoder.diagnostics)
    }

    fn read(node: &Node, decoder: &mut Decoder) -> Option<Self> {
        let refuse = |decoder: &mut Decoder, message: &str, at: Origin, label: &str| {
            decoder.diagnostics.push(Diagnostic::error(Code::INVALID_APPLICATION_SET, message).at(at, label));
        };
        let metadata = |key: &str| node.at(&["metadata", key]).and_then(Node::as_str).filter(|text| !text.is_empty());
        let name = metadata("name");
        if name.is_none() {
            let at = node.get("metadata").map_or(node.origin, |metadata| metadata.origin);
            refuse(decoder, "an ApplicationSet needs a `metadata.name`", at, "no name");
        }
        let Some(given) = node.get("spec").filter(|spec| spec.as_map().is_some()) else {
            refuse(decoder, "an ApplicationSet needs a `spec`", node.origin, "no `spec`");
            return None;
        };
        let spec = decoder.decode(given, &spec::SPEC);
        if given.get("template").is_none() {
            refuse(decoder, "an ApplicationSet needs a `spec.template`", given.origin, "no `template`");
        }
        if given.get("generators").is_none() {
            refuse(decoder, "an ApplicationSet needs `spec.generators`", given.origin, "no `generators`");
        }
        let flag = |keys: &[&str]| spec.at(keys).and_then(Node::as_bool).unwrap_or_default();
        let list = |key: &str| spec.get(key).and_then(Node::as_seq).unwrap_or_default();
        let options = list("goTemplateOptions").iter();
        let empty = || Node::new(Map::new(), given.origin);
        Some(Self {
            name: name.unwrap_or_default().to_owned(),
            namespace: metadata("namespace").map(str::to_owned),
            go_template: flag(&["goTemplate"]),
            go_template_options: options.filter_map(|o| Some((o.as_str()?.to_owned(), o.origin))).collect(),
            generators: list("generators").iter().map(|g| Generator::new(g, Level::Top)).collect(),
            template: spec.get("template").cloned().unwrap_or_else(empty),
            template_patch: spec
                .get("templatePatch")
                .and_then(|patch| Some((patch.as_str()?.to_owned(), patch.origin))),
            preserve_resources: flag(&["syncPolicy", "preserveResourcesOnDeletion"]),
            strategy: spec.get("strategy").cloned(),
            node: node.clone(),
        })
    }

    /// Where its name stands.
    pub fn origin(&self) -> Origin {
        self.node.at(&["metadata", "name"]).map_or(self.node.origin, |name| name.origin)
    }
}

#[cfg(test)]
mod tests;
