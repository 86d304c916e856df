//! What kustomize's OpenAPI documents say: which types are cluster-scoped, and how lists merge (kyaml/openapi).

mod built_in;
mod custom;
mod scope;

use std::collections::HashMap;
use std::sync::Arc;

use ecow::EcoString;

pub use scope::is_certainly_cluster_scoped;

use super::failure::{Failure, Result};
use super::types::Text;
use crate::diag::Code;
use crate::yaml::Node;

/// The version of Kubernetes that is built in.
const VERSION: &str = "v1.21.2";
/// Types of this group are there whatever else is.
const KUSTOMIZE: &str = "kustomize.config.k8s.io/";

/// How lists of types merge. By default as Kubernetes says.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    own: Option<Arc<Graph>>,
    /// Whether the types that are built in are there besides its own.
    over_built_in: bool,
}

impl Schema {
    /// What a kustomization's `openapi` asks for: a version that is built in, or a document (see [`Self::custom`]); none if
    /// it asks for neither (`SetSchema`).
    ///
    /// # Errors
    /// Both at once, a version that isn't there, or a document that is none.
    pub fn chosen(version: Option<&Text>, document: Option<&Node>, over_built_in: bool) -> Result<Option<Self>> {
        match (version, document) {
            (Some(version), Some(_)) => {
                let text = "builtin version and custom schema provided, cannot use both";
                Err(Failure::new(Code::INVALID_KUSTOMIZATION, text).at(version.origin, "beside `path`"))
            }
            (None, Some(document)) => Self::custom(document, over_built_in).map(Some),
            (Some(version), None) if !version.is_empty() => Self::built_in(version).map(Some),
            (Some(_) | None, None) => Ok(None),
        }
    }

    /// The types of a version of Kubernetes.
    ///
    /// # Errors
    /// It isn't built in.
    pub fn built_in(version: &Text) -> Result<Self> {
        if &**version == VERSION {
            return Ok(Self::default());
        }
        Err(Failure::new(Code::INVALID_KUSTOMIZATION, "the specified OpenAPI version is not built in")
            .at(version.origin, "this version")
            .hint(&format!("the only version is `{VERSION}`")))
    }

    /// The types of an OpenAPI document: in the place of those that are built in, or besides them, which is what happens if
    /// kustomize has needed these before it reads the document.
    ///
    /// # Errors
    /// It isn't one.
    pub fn custom(document: &Node, over_built_in: bool) -> Result<Self> {
        Ok(Self { own: Some(Arc::new(custom::read(document, over_built_in)?)), over_built_in })
    }

    /// The schema of a type.
    pub fn of(&self, api_version: &str, kind: &str) -> Option<Type<'_>> {
        let built_in = || built_in::graph().of(api_version, kind);
        match &self.own {
            None => built_in(),
            Some(_) if api_version.starts_with(KUSTOMIZE) => built_in(),
            Some(own) if self.over_built_in => own.of(api_version, kind).or_else(built_in),
            Some(own) => own.of(api_version, kind),
        }
    }

    /// Whether a type is known to be cluster-scoped: by what is built in, else by the paths of the document.
    pub fn is_certainly_cluster_scoped(&self, group: &str, version: &str, kind: &str) -> bool {
        match (scope::known(group, version, kind), &self.own) {
            (Some(cluster), _) => cluster,
            (None, None) => false,
            (None, Some(own)) => own.cluster_scoped.get(&join(group, version, kind)).copied().unwrap_or_default(),
        }
    }
}

/// A type as kustomize walks it: fields, elements, and how it merges.
#[derive(Clone, Copy, Debug)]
pub struct Type<'a> {
    graph: &'a Graph,
    shape: &'a Shape,
}

impl<'a> Type<'a> {
    fn other(self, at: Option<u32>) -> Option<Self> {
        let shape = self.graph.shapes.get(at? as usize)?;
        Some(Self { shape, ..self })
    }

    /// The type of a field.
    pub fn field(self, name: &str) -> Option<Self> {
        let at = self.shape.fields.binary_search_by(|(field, _)| (**field).cmp(name));
        match at.ok().and_then(|at| self.shape.fields.get(at)) {
            Some((_, at)) => self.other(*at),
            None => self.other(self.shape.others),
        }
    }

    /// The type of elements.
    pub fn elements(self) -> Option<Self> {
        self.other(self.shape.elements)
    }

    /// If lists of it merge: the keys that tell elements; none where these are told by their text.
    pub fn merge_keys(self) -> Option<&'a [EcoString]> {
        self.shape.merge.as_deref()
    }
}

/// Types that refer to each other.
#[derive(Debug, Default)]
struct Graph {
    shapes: Vec<Shape>,
    /// By `apiVersion#kind`.
    roots: HashMap<EcoString, u32>,
    /// By the same, whether it is cluster-scoped; only of documents of one's own.
    cluster_scoped: HashMap<EcoString, bool>,
}

#[derive(Debug, Default)]
struct Shape {
    merge: Option<Vec<EcoString>>,
    elements: Option<u32>,
    /// By name, in order. None where a reference leads nowhere.
    fields: Vec<(EcoString, Option<u32>)>,
    others: Option<u32>,
}

impl Graph {
    fn of(&self, api_version: &str, kind: &str) -> Option<Type<'_>> {
        let at = *self.roots.get(&*ecow::eco_format!("{api_version}#{kind}"))?;
        Some(Type { graph: self, shape: self.shapes.get(at as usize)? })
    }
}

/// How a type is found.
fn join(group: &str, version: &str, kind: &str) -> EcoString {
    if group.is_empty() { ecow::eco_format!("{version}#{kind}") } else { ecow::eco_format!("{group}/{version}#{kind}") }
}

#[cfg(test)]
mod tests;
