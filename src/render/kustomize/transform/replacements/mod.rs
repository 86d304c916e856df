//! `replacements` (api/filters/replacement).

mod select;
mod set;
mod text;

use std::collections::HashSet;

use select::{Regexes, Targets};
use set::New;

use crate::diag::{Code, Diagnostic};
use crate::render::kustomize::context::Context;
use crate::render::kustomize::failure::{Failure, Result};
use crate::render::kustomize::field_path::{self, Wrong};
use crate::render::kustomize::read;
use crate::render::kustomize::resmap::ResMap;
use crate::render::kustomize::types::{Replacement, ReplacementField, TargetSelector, Text};

/// The field that is meant where none is said.
const DEFAULT_PATH: &str = "metadata.name";

/// Puts values of resources, or given ones, into fields of others, one replacement after the other.
///
/// # Errors
/// A source that isn't there, or isn't one; a field that isn't there; a value that doesn't fit.
pub fn apply(map: &mut ResMap, replacements: &[ReplacementField], ctx: &Context) -> Result<()> {
    let replacements = read::all_replacements(replacements, ctx.loader)?;
    let regexes = Regexes::default();
    let mut made = Made::new();
    for replacement in &replacements {
        one(map, replacement, &regexes, &mut made, ctx)
            .map_err(|failure| failure.at(replacement.origin, "this replacement"))?;
    }
    map.drop_empties();
    Ok(())
}

/// Scalars that replacements have made: the resource, and the way to them. They have no type of their own.
type Made = HashSet<(usize, Vec<usize>)>;

fn one(map: &mut ResMap, replacement: &Replacement, regexes: &Regexes, made: &mut Made, ctx: &Context) -> Result<()> {
    let said = replacement.source.is_some() || replacement.source_value.is_some();
    if !said || replacement.targets.is_empty() {
        let text = "replacements must specify a source and at least one target";
        return Err(Failure::new(Code::INVALID_REPLACEMENT, text));
    }
    let new = match (&replacement.source, &replacement.source_value) {
        (Some(_), Some(_)) => {
            let text = "value and resource selectors are mutually exclusive";
            return Err(Failure::new(Code::INVALID_REPLACEMENT, text));
        }
        (Some(source), None) => {
            let resource = select::source(map, source)?;
            New::of(resource, source, ctx)?
        }
        (None, value) => New::given(value.as_ref().unwrap_or(&Text::default())),
    };
    replacement.targets.iter().try_for_each(|target| put(map, &new, target, regexes, made, ctx))
}

/// Puts a value into the fields of all that a selector selects.
fn put(
    map: &mut ResMap,
    new: &New,
    target: &TargetSelector,
    regexes: &Regexes,
    made: &mut Made,
    ctx: &Context,
) -> Result<()> {
    let Some(select) = &target.select else {
        let text = "target must specify resources to select";
        return Err(Failure::new(Code::INVALID_REPLACEMENT, text).at(target.origin, "this target"));
    };
    let targets = Targets::new(target, select)?;
    let fallback = [Text::new(DEFAULT_PATH, target.origin)];
    let paths = if target.field_paths.is_empty() { &fallback } else { target.field_paths.as_slice() };
    let paths: Vec<(&Text, Vec<String>)> = paths.iter().map(|path| (path, field_path::split_smart(path))).collect();
    let (mut any, mut missed) = (false, true);
    for at in 0..map.len() {
        let Some(resource) = map.get(at) else { continue };
        match targets.verdict(resource) {
            select::Verdict::Other => continue,
            select::Verdict::Rejected => missed = false,
            select::Verdict::Meant => {
                any = true;
                set::put(map, at, &set::Way { new, target, paths: &paths, regexes }, made, ctx)?;
            }
        }
    }
    if !any && missed {
        ctx.warnings.borrow_mut().push(select::matches_nothing(map, target, select));
    }
    Ok(())
}

/// Why a field path can't be followed, in words for people.
fn wrong_path(wrong: Wrong, path: &Text, text: String) -> Failure {
    let message = format!("`{}` leads to no field: {}", &**path, wrong.text.lines().next().unwrap_or_default());
    let diagnostic = Diagnostic::error(Code::INVALID_REPLACEMENT, message)
        .at(path.origin, "this field path")
        .also(wrong.at, "it ends here");
    Failure::told(text, diagnostic)
}

#[cfg(test)]
mod tests;
