//! `patches`, `patchesStrategicMerge` and `patchesJson6902` (api/internal/builtins/Patch*.go).

pub mod parsed;

use std::sync::Arc;

use self::parsed::{Parsed, apply_json, for_any, merge_into, merge_selected};
use super::super::context::Context;
use super::super::factory;
use super::super::failure::{Failure, Result};
use super::super::id::ResId;
use super::super::patch::selector::Matcher;
use super::super::patch::{JsonPatch, Merging};
use super::super::resmap::ResMap;
use super::super::resource::Resource;
use super::super::types::{Patch, Selector, Text};
use crate::diag::{Code, Diagnostic};
use crate::go::quote;
use crate::source::{Origin, SourceFile, SourceKind};
use crate::yaml;

fn several(shown: &str) -> Failure {
    let text = format!(
        "Multiple Strategic-Merge Patches in one `patches` entry is not allowed to set `patches.target` field: {shown}"
    );
    let message = "several patches in one entry can't have a target";
    let diagnostic = Diagnostic::error(Code::INVALID_PATCH, message);
    Failure::told(text, diagnostic).hint("make an entry of each, or leave out the target")
}

/// A failure with the resource that it is about.
fn also(mut failure: Failure, resource: &Resource) -> Failure {
    for diagnostic in failure.diagnostics.iter_mut() {
        *diagnostic = diagnostic.clone().also(resource.declared_at, format!("while patching {}", resource.id()));
    }
    failure
}

fn merging<'a>(ctx: &'a Context) -> Merging<'a> {
    Merging { schema: ctx.schema, recorder: ctx.recorder, sources: ctx.loader.reader.world().sources() }
}

/// Applies strategic merge patches: each entry is a patch, or else the path of a file with some.
///
/// # Errors
/// What isn't a patch, one for which there isn't exactly one resource, and what can't be merged.
pub fn strategic_merge(map: &mut ResMap, entries: &[Text], ctx: &Context) -> Result<()> {
    let mut patches = Vec::new();
    for entry in entries {
        patches.extend(entry_patches(entry, ctx)?);
    }
    if patches.is_empty() {
        let names: Vec<&str> = entries.iter().map(|entry| &**entry).collect();
        let text = format!("patch appears to be empty; files=[{}], Patch=", names.join(" "));
        let at = entries.first().map_or(Origin::NONE, |entry| entry.origin);
        return Err(Failure::new(Code::INVALID_PATCH, text).at(at, "nothing in it"));
    }
    for patch in &patches {
        let at = target_of(map, patch)?;
        let patch = for_any(patch, merging(ctx).sources);
        change(map, at, |resource| merge_selected(resource, &patch, merging(ctx)))?;
        settle(map, &patch)?;
    }
    Ok(())
}

fn entry_patches(entry: &Text, ctx: &Context) -> Result<Vec<Resource>> {
    // A path is no manifest; reading it as one is only worth while where it might be.
    let mut inline_failure = None;
    if entry.contains(':') || entry.trim().is_empty() || entry.starts_with(['{', '[', '#', '-']) {
        match factory::from_source(&quoted(entry, entry, ctx), ctx.file) {
            Ok((patches, _)) => return Ok(patches),
            Err(failure) => inline_failure = Some(failure),
        }
    }
    let from_file = || -> Result<Vec<Resource>> {
        let (path, file) = (ctx.loader.locate(entry)?, ctx.loader.text(entry)?);
        let read = factory::from_source(&file, &path).map_err(|failure| factory::in_file(failure, entry));
        Ok(read?.0)
    };
    from_file().map_err(|failure| match inline_failure {
        // It was meant as a patch; kustomize speaks of the file.
        Some(inline) if entry.contains('\n') => Failure { text: failure.text, diagnostics: inline.diagnostics },
        _ => failure,
    })
}

/// A text within the kustomization, as one of its own.
fn quoted(text: &str, at: &Text, ctx: &Context) -> Arc<SourceFile> {
    let world = ctx.loader.reader.world();
    world.sources().add(world.show(ctx.file), text, SourceKind::Quoted(at.origin))
}

/// Applies entries of `patches`.
///
/// # Errors
/// What isn't a patch, and what can't be applied.
pub fn apply(map: &mut ResMap, patches: &[Patch], ctx: &Context) -> Result<()> {
    patches
        .iter()
        .try_for_each(|patch| apply_one(map, patch, ctx).map_err(|failure| failure.at(patch.origin, "this patch")))
}

fn apply_one(map: &mut ResMap, patch: &Patch, ctx: &Context) -> Result<()> {
    let (mut parsed, shown) = read(patch, ctx)?;
    parsed.allow(patch.allow_name_change, patch.allow_kind_change, merging(ctx).sources);
    match (&parsed, &patch.target) {
        (Parsed::Strategic(patches), None) => merge_named(map, patches, ctx),
        (Parsed::Strategic(patches), Some(target)) => match patches.as_slice() {
            [] => Ok(()),
            [only] => {
                let selected = selected(map, target, ctx).map_err(|failure| {
                    failure.prefixed(&format!(
                        "unable to find patch target {} in `resources`",
                        quote(&selector_shown(target))
                    ))
                })?;
                let only = for_any(only, merging(ctx).sources);
                for at in selected {
                    change(map, at, |resource| merge_selected(resource, &only, merging(ctx)))?;
                }
                settle(map, &only)
            }
            _ => Err(several(&shown)),
        },
        (Parsed::Json(_), None) => {
            let text = format!("must specify a target for JSON patch {shown}");
            let message = "a JSON patch needs a target: it doesn't name what it is for";
            Err(Failure::told(text, Diagnostic::error(Code::INVALID_PATCH, message))
                .at(patch.origin, "this patch")
                .hint("add `target`, with a `kind` and a `name`"))
        }
        (Parsed::Json(json), Some(target)) => {
            for at in selected(map, target, ctx)? {
                change(map, at, |resource| {
                    resource.store_previous_id();
                    apply_json(resource, json, merging(ctx))
                })?;
            }
            Ok(())
        }
    }
}

/// The patch of an entry, and how kustomize names it.
fn read(patch: &Patch, ctx: &Context) -> Result<(Parsed, String)> {
    let invalid = |text: &str| Failure::new(Code::INVALID_PATCH, text);
    let text = patch.patch.trim();
    match (text.is_empty(), patch.path.is_empty()) {
        (true, true) => Err(invalid("must specify one of patch and path in\n")),
        (false, false) => Err(invalid("patch and path can't be set at the same time\n")),
        (false, true) => {
            let shown = format!("[patch: {}]", quote(text));
            Ok((Parsed::read(&quoted(text, &patch.patch, ctx), ctx.file, &shown)?, shown))
        }
        (true, false) => {
            let shown = format!("[path: {}]", quote(&patch.path));
            let failed = |f: Failure| f.prefixed(&format!("failed to get the patch file from path({})", &*patch.path));
            let source = ctx.loader.text(&patch.path).map_err(failed)?;
            Ok((Parsed::read(&source, &ctx.loader.locate(&patch.path)?, &shown)?, shown))
        }
    }
}

/// Merges patches into the resources that they name.
fn merge_named(map: &mut ResMap, patches: &[Resource], ctx: &Context) -> Result<()> {
    for patch in patches {
        let at = target_of(map, patch).map_err(|failure| {
            let id = patch.original_id().to_string();
            failure.prefixed(&format!("no resource matches strategic merge patch {}", quote(&id)))
        })?;
        change(map, at, |resource| merge_into(resource, patch, merging(ctx)))?;
    }
    Ok(())
}

fn change(map: &mut ResMap, at: usize, change: impl FnOnce(&mut Resource) -> Result<()>) -> Result<()> {
    let changed = map.change(at, |resource| change(resource).map_err(|failure| also(failure, resource)));
    changed.unwrap_or(Ok(()))
}

/// A target as kustomize prints it.
fn selector_shown(target: &Selector) -> String {
    let gvk = super::super::id::Gvk {
        group: target.group.text.clone(),
        version: target.version.text.clone(),
        kind: target.kind.text.clone(),
        cluster_scoped: false,
    };
    let id = ResId { gvk, name: target.name.text.clone(), namespace: target.namespace.text.clone() };
    format!("{id}:a={}:l={}", &*target.annotation_selector, &*target.label_selector)
}

/// The places of the resources that a target selects; where there is none, kustomize says nothing, and we warn.
fn selected(map: &ResMap, target: &Selector, ctx: &Context) -> Result<Vec<usize>> {
    let matcher = Matcher::new(target)?;
    let mut places = Vec::new();
    for (at, resource) in map.resources().iter().enumerate() {
        if matcher.matches(resource)? {
            places.push(at);
        }
    }
    if places.is_empty() {
        let message = "the patch changes nothing: its target selects no resource";
        let mut warning = Diagnostic::warning(Code::MATCHES_NOTHING, message).at(target.origin, "this target");
        let (name, kind) = (&target.name, &target.kind);
        let of_kind = |resource: &&Resource| kind.is_empty() || resource.id().gvk.kind == kind.text;
        if !name.is_empty() && map.resources().iter().any(|resource| of_kind(&resource)) {
            let alike = map.resources().iter().filter(of_kind);
            warning = warning.did_you_mean(name, alike.map(|resource| resource.id().name.as_str()));
        } else if !kind.is_empty() {
            warning = warning.did_you_mean(kind, map.resources().iter().map(|r| r.id().gvk.kind.as_str()));
        }
        ctx.warnings.borrow_mut().push(warning);
    }
    Ok(places)
}

/// The one resource that is, or was, called as a patch is.
fn target_of(map: &ResMap, patch: &Resource) -> Result<usize> {
    let id = patch.original_id();
    match map.by_any_id(&id) {
        [at] => Ok(*at),
        [] => {
            let text = format!("no matches for Id {id}; failed to find unique target for patch {id}");
            let diagnostic = Diagnostic::error(Code::MATCHES_NOTHING, format!("there is no {id} for this patch"))
                .at(patch.declared_at, "this patch");
            Err(Failure::told(text, meant(map, &id, diagnostic)))
        }
        many => {
            let text = format!("multiple matches for Id {id}; failed to find unique target for patch {id}");
            let mut diagnostic = Diagnostic::error(Code::AMBIGUOUS_REFERENCE, format!("{id} is or was more than one"));
            diagnostic = diagnostic.at(patch.declared_at, "this patch");
            for resource in many.iter().filter_map(|at| map.get(*at)) {
                diagnostic = diagnostic.also(resource.declared_at, resource.id().to_string());
            }
            Err(Failure::told(text, diagnostic.hint("give the patch a target with the name that its object has now")))
        }
    }
}

fn meant(map: &ResMap, id: &ResId, diagnostic: Diagnostic) -> Diagnostic {
    let of_kind = || map.resources().iter().map(Resource::id).filter(|other| other.gvk.kind == id.gvk.kind);
    if let Some(other) = of_kind().find(|other| other.name == id.name) {
        return diagnostic.hint(format!("there is {other}: group, version and namespace have to be the same"));
    }
    if of_kind().next().is_none() {
        return diagnostic.did_you_mean(&id.gvk.kind, map.resources().iter().map(|r| r.id().gvk.kind.as_str()));
    }
    diagnostic.did_you_mean(&id.name, of_kind().map(|other| other.name.as_str()))
}

/// Drops what is deleted, and holds the ids against each other: a patch may have made two of one.
fn settle(map: &mut ResMap, patch: &Resource) -> Result<()> {
    map.drop_empties();
    match patch.allow_name_change || patch.allow_kind_change {
        true => map.unique(),
        false => Ok(()),
    }
}

/// Applies entries of `patchesJson6902`.
///
/// # Errors
/// What isn't a patch, and what can't be applied.
pub fn json6902(map: &mut ResMap, patches: &[Patch], ctx: &Context) -> Result<()> {
    patches
        .iter()
        .try_for_each(|patch| json_one(map, patch, ctx).map_err(|failure| failure.at(patch.origin, "this patch")))
}

fn json_one(map: &mut ResMap, patch: &Patch, ctx: &Context) -> Result<()> {
    let invalid = |text: String| Failure::new(Code::INVALID_PATCH, text);
    let Some(target) = patch.target.as_ref().filter(|target| !target.name.is_empty()) else {
        return Err(invalid("must specify the target name".to_owned()));
    };
    let source = match (patch.path.is_empty(), patch.patch.is_empty()) {
        (true, true) => return Err(invalid("empty file path and empty jsonOp".to_owned())),
        (false, false) => return Err(invalid("must specify a file path or jsonOp, not both".to_owned())),
        (false, true) => ctx.loader.text(&patch.path)?,
        (true, false) => quoted(&patch.patch, &patch.patch, ctx),
    };
    if source.text.is_empty() {
        return Err(invalid(format!("patch file '{}' empty seems to be empty", &*patch.path)));
    }
    let as_json = || match source.text.starts_with('[') {
        true => source.text.to_string(),
        false => yaml::unmarshal(&source.text).map(|node| yaml::to_json(&node)).unwrap_or_default(),
    };
    let json = JsonPatch::parse(&source.text, source.id).map_err(|failure| {
        let decoded = source.text.starts_with('[') || failure.text.starts_with("json: ");
        if decoded { failure.prefixed(&format!("decoding {}", as_json())) } else { failure }
    })?;
    if json.is_empty() {
        return Err(invalid(format!("patch appears to be empty; file={}, JsonOp={}", &*patch.path, as_json())));
    }
    for at in selected(map, target, ctx)? {
        change(map, at, |resource| apply_json(resource, &json, merging(ctx)))?;
    }
    Ok(())
}
