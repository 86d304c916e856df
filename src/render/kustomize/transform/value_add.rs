//! The ValueAddTransformer (api/filters/valueadd).

use ecow::EcoString;

use super::super::context::Context;
use super::super::failure::Result;
use super::super::field_path::split;
use super::super::field_spec::{Kind, wrong_kind};
use super::super::patch::selector::Matcher;
use super::super::resmap::ResMap;
use super::super::resource::Resource;
use super::super::types::{Text, ValueAdd, ValueAddTarget};
use super::super::written;
use super::lookup::lookup_or_create;
use super::namespace::Namespace;

/// Puts a value where targets say.
///
/// # Errors
/// A field that isn't there and can't be made, or holds more than a text; a selector that can't be read.
pub fn apply(map: &mut ResMap, add: &ValueAdd, ctx: &Context) -> Result<()> {
    for target in &add.targets {
        let chosen = match &target.selector {
            Some(selector) => Some(Matcher::new(selector)?),
            None => None,
        };
        for resource in map.resources_mut() {
            if let Some(chosen) = &chosen
                && !chosen.matches(resource)?
            {
                continue;
            }
            let result = apply_to(resource, &add.value, target, ctx);
            result.map_err(|failure| failure.also(target.origin, "this target"))?;
        }
    }
    Ok(())
}

fn apply_to(resource: &mut Resource, value: &Text, target: &ValueAddTarget, ctx: &Context) -> Result<()> {
    if &*target.field_path == "metadata/namespace" {
        let namespace = Namespace { namespace: value.clone(), ..Namespace::default() };
        return namespace.apply_to(resource, ctx);
    }
    let path = split(&target.field_path, '/');
    resource.edit(|node| {
        let Some(field) = lookup_or_create(node, &path, value.origin, ctx)? else { return Ok(()) };
        let Some(old) = written::text(field, ctx) else { return Err(wrong_kind(field, Kind::Scalar)) };
        let new = match usize::try_from(target.file_path_position) {
            Ok(position) if position > 0 => insert(&old, position - 1, value),
            _ => value.text.clone(),
        };
        let origin = ctx.recorder.step("value added by", value.origin, field.origin);
        *field = written::in_style_of(field, &new, origin, ctx);
        Ok(())
    })
}

/// A file's path with a part put in (filesys.InsertPathPart). An absolute one stays so.
fn insert(path: &str, position: usize, part: &str) -> EcoString {
    let relative = path.strip_prefix('/');
    let rest = relative.unwrap_or(path);
    // Slashes in a row count as parts; the second one at the start doesn't.
    let rest = if relative.is_some() { rest.strip_prefix('/').unwrap_or(rest) } else { rest };
    let mut parts: Vec<&str> = if rest.is_empty() { Vec::new() } else { rest.split('/').collect() };
    parts.insert(position.min(parts.len()), part);
    let joined = clean(&parts);
    if relative.is_some() { ecow::eco_format!("/{joined}") } else { joined.into() }
}

/// Go's filepath.Join.
fn clean(parts: &[&str]) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for part in parts.iter().flat_map(|part| part.split('/')) {
        match part {
            "" | "." => {}
            ".." if kept.last().is_some_and(|last| *last != "..") => {
                kept.pop();
            }
            part => kept.push(part),
        }
    }
    if kept.is_empty() { ".".to_owned() } else { kept.join("/") }
}
