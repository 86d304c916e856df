//! Which fields the transformers change: kustomize's own tables, and `configurations` over them
//! (api/internal/plugins/builtinconfig).

mod builtin;
mod merge;
#[cfg(test)]
pub(super) mod tests;

use std::sync::{Arc, LazyLock};

pub use merge::{merge_all, merge_references};

use super::failure::Result;
use super::field_spec::FieldSpec;
use super::id::Gvk;
use super::loader::Loader;
use super::read;
use super::types::Text;
use crate::source::Origin;

/// Field specs by transformer.
#[derive(Clone, Debug, Default)]
pub struct TransformerConfig {
    /// `namePrefix`.
    pub name_prefix: Vec<FieldSpec>,
    /// `nameSuffix`.
    pub name_suffix: Vec<FieldSpec>,
    /// `namespace`.
    pub namespace: Vec<FieldSpec>,
    /// `commonLabels`.
    pub common_labels: Vec<FieldSpec>,
    /// `labels`.
    pub labels: Vec<FieldSpec>,
    /// `templateLabels`.
    pub template_labels: Vec<FieldSpec>,
    /// `commonAnnotations`.
    pub common_annotations: Vec<FieldSpec>,
    /// `nameReference`.
    pub name_reference: Vec<NameBackReferences>,
    /// `varReference`.
    pub var_reference: Vec<FieldSpec>,
    /// `images`.
    pub images: Vec<FieldSpec>,
    /// `replicas`.
    pub replicas: Vec<FieldSpec>,
}

/// The fields that name resources of a type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NameBackReferences {
    /// The type that is named.
    pub gvk: Gvk,
    /// The fields.
    pub referrers: Vec<FieldSpec>,
}

static BUILTIN: LazyLock<Arc<TransformerConfig>> = LazyLock::new(|| Arc::new(builtin::read()));
static NOTHING: LazyLock<Arc<TransformerConfig>> = LazyLock::new(Arc::default);

impl TransformerConfig {
    /// kustomize's own tables.
    pub fn builtin() -> &'static Arc<Self> {
        &BUILTIN
    }

    /// What a build starts with.
    pub fn nothing() -> &'static Arc<Self> {
        &NOTHING
    }

    /// What a kustomization's `configurations` say, over kustomize's own tables (`MakeTransformerConfig`).
    ///
    /// # Errors
    /// A file that can't be read, or isn't a configuration; field specs that contradict each other.
    pub fn load(paths: &[Text], loader: &Loader) -> Result<Arc<Self>> {
        let mut all = Self::default();
        for path in paths {
            let file = loader.text(path)?;
            let mut own = read::transformer_config(&file).map_err(|failure| read::named(failure, path))?;
            own.sort();
            all = all.merge(&own).map_err(|failure| failure.at(path.origin, "a configuration of this file"))?;
        }
        if paths.is_empty() {
            return Ok(Arc::clone(Self::builtin()));
        }
        let at = paths.first().map_or(Origin::NONE, |path| path.origin);
        Self::builtin().merge(&all).map(Arc::new).map_err(|failure| failure.at(at, "a configuration"))
    }
}
