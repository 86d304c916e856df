//! `commonAnnotations`.

use super::super::context::Context;
use super::super::failure::Result;
use super::super::field_spec::FieldSpec;
use super::super::resmap::ResMap;
use super::super::types::Pairs;
use super::entries;

/// Adds annotations where field specs say (AnnotationsTransformer).
///
/// # Errors
/// A field that isn't a mapping.
pub fn add(map: &mut ResMap, pairs: &Pairs, specs: &[FieldSpec], ctx: &Context) -> Result<()> {
    entries::set(map, pairs, specs, "annotation added by", ctx)
}
