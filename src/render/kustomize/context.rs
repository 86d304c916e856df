//! What generators and transformers work with.

use std::cell::RefCell;

use super::loader::Loader;
use super::openapi::Schema;
use crate::diag::Diagnostics;
use crate::provenance::Recorder;
use crate::render::helm;
use crate::world::FilePath;

/// One kustomization at work.
pub struct Context<'a, 'w> {
    /// Its directory.
    pub loader: &'a Loader<'a, 'w>,
    /// Its file: where what it generates is declared.
    pub file: &'a FilePath,
    /// The merge keys that hold for the whole build.
    pub schema: &'a Schema,
    /// The charts of the run.
    pub charts: &'a helm::Charts,
    /// Whether, and where, the steps of values are recorded.
    pub recorder: &'a Recorder,
    /// What is worth a warning.
    pub warnings: &'a RefCell<Diagnostics>,
    /// What kustomize says on stderr, a line each.
    pub said: &'a RefCell<Vec<String>>,
}
