//! How a kustomization is built.

use std::fmt::Debug;
use std::sync::Arc;

use super::types::{Image, Pairs, Patch, Replica, Text};
use crate::diag::Diagnostic;
use crate::render::helm;
use crate::source::Origin;
use crate::world::{FilePath, Reader};

/// What `kustomize build` is told by flags, or Argo CD by an Application.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Whether files outside of a kustomization's own directory may be read (`--load-restrictor LoadRestrictionsNone`).
    pub unrestricted: bool,
    /// How charts are rendered; none where they aren't (`--enable-helm`).
    pub helm: Option<Arc<helm::options::Options>>,
    /// The order of the output, where the kustomization doesn't say (`--reorder`).
    pub reorder: Reorder,
    /// What stands for repositories elsewhere; none where there is none.
    pub remotes: Option<Arc<dyn Remotes>>,
    /// Whether the label `app.kubernetes.io/managed-by` is set (`--enable-managedby-label`).
    pub managed_by: bool,
    /// What is changed in the kustomization before it is built.
    pub overrides: Overrides,
    /// Where the build is asked for, for messages.
    pub origin: Origin,
}

/// The order of the output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reorder {
    /// By kind, as `kubectl apply` needs it.
    #[default]
    Legacy,
    /// As it was read.
    None,
}

/// Finds what stands for something elsewhere. Nothing is fetched.
pub trait Remotes: Send + Sync + Debug {
    /// The root of what stands for a git repository, at a revision; none if nothing does.
    ///
    /// # Errors
    /// It has no such revision, or can't be opened.
    fn repository(&self, url: &str, revision: Option<&str>, reader: &Reader) -> Result<Option<FilePath>, Diagnostic>;

    /// What stands for a file that is named by its URL; none if nothing does, or if it is a directory. It need not be
    /// there.
    ///
    /// # Errors
    /// Its repository has no such revision, or can't be opened.
    fn file(&self, url: &str, reader: &Reader) -> Result<Option<FilePath>, Diagnostic>;
}

/// What Argo CD changes in a kustomization before it builds it (util/kustomize/kustomize.go, by `kustomize edit`).
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// `namePrefix`; empty leaves it.
    pub name_prefix: Text,
    /// `nameSuffix`; empty leaves it.
    pub name_suffix: Text,
    /// `namespace`; empty leaves it.
    pub namespace: Text,
    /// Images, each in the place of one of its name; `*` keeps the part that the kustomization has.
    pub images: Vec<Image>,
    /// Replicas, each in the place of one of its name.
    pub replicas: Vec<Replica>,
    /// Labels that are added.
    pub labels: Option<AddedLabels>,
    /// Annotations that are added, and whether they may replace some.
    pub annotations: Option<(Pairs, bool)>,
    /// Patches behind the kustomization's own.
    pub patches: Vec<Patch>,
    /// Components behind the kustomization's own, but those that it has.
    pub components: Vec<Text>,
}

/// Labels that Argo CD adds.
#[derive(Clone, Debug, Default)]
pub struct AddedLabels {
    /// The labels.
    pub pairs: Pairs,
    /// Whether they may replace some (`forceCommonLabels`).
    pub force: bool,
    /// Whether selectors are left alone (`labelWithoutSelector`).
    pub without_selector: bool,
    /// Whether templates get them (`labelIncludeTemplates`).
    pub include_templates: bool,
}
