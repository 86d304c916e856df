//! `replicas` (api/filters/replicacount, ReplicaCountTransformer).

use super::super::context::Context;
use super::super::failure::{Failure, Result};
use super::super::field_spec::{Change, Create, Field, FieldSpec, Kind, wrong_kind};
use super::super::resmap::ResMap;
use super::super::resource::Resource;
use super::super::types::Replica;
use super::super::written;
use crate::diag::{Code, Diagnostic};
use crate::yaml::Node;

/// Sets the number of replicas of the resources that are or were called so (ReplicaCountTransformer).
///
/// # Errors
/// No such resource, a field that isn't a scalar.
pub fn set(map: &mut ResMap, replica: &Replica, specs: &[FieldSpec], ctx: &Context) -> Result<()> {
    let named: Vec<usize> =
        map.resources().iter().enumerate().filter(|(_, r)| is_named(r, replica)).map(|(at, _)| at).collect();
    let mut found = false;
    for field in specs.iter().map(Field::new) {
        for at in &named {
            let Some(resource) = map.get_mut(*at).filter(|resource| is_meant(resource, replica, field.spec)) else {
                continue;
            };
            found = true;
            set_one(resource, replica, &field, ctx)
                .map_err(|failure| failure.also(replica.origin, "for these replicas"))?;
        }
    }
    if found { Ok(()) } else { Err(nothing(map, replica, specs)) }
}

fn is_named(resource: &Resource, replica: &Replica) -> bool {
    let name = &replica.name.text;
    !resource.is_empty() && (resource.id().name == *name || resource.previous.iter().any(|id| id.name == *name))
}

/// Whether a resource is or was called so while it was of a type that the field is for.
fn is_meant(resource: &Resource, replica: &Replica, spec: &FieldSpec) -> bool {
    let ids = [resource.id().clone()].into_iter().chain(resource.previous_ids());
    ids.into_iter().any(|id| id.name == replica.name.text && id.gvk.is_selected(&spec.gvk))
}

fn set_one(resource: &mut Resource, replica: &Replica, field: &Field, ctx: &Context) -> Result<()> {
    if !resource.id().gvk.is_selected(&field.spec.gvk) {
        return Ok(());
    }
    let mut set = |node: &mut Node, _: &[_]| {
        if Kind::of(node) != Kind::Scalar {
            return Err(wrong_kind(node, Kind::Scalar));
        }
        let origin = ctx.recorder.step("replicas set by", replica.count_at, node.origin);
        // What was in quotes stays so, and is a string.
        *node = written::in_style_of(node, &replica.count.to_string(), origin, ctx);
        Ok(())
    };
    let mut change = Change { create: Create::Scalar, by: replica.count_at, wants: &|_| true, set: &mut set };
    resource.edit(|node| field.apply(node, &mut change))
}

fn nothing(map: &ResMap, replica: &Replica, specs: &[FieldSpec]) -> Failure {
    let types: Vec<String> = specs.iter().map(|spec| spec.gvk.to_string()).collect();
    let name = &*replica.name;
    let text =
        format!("resource with name {name} does not match a config with the following GVK [{}]", types.join(" "));
    let has_replicas = |resource: &&Resource| specs.iter().any(|spec| resource.id().gvk.is_selected(&spec.gvk));
    let known = map.resources().iter().filter(has_replicas).map(|resource| &*resource.id().name);
    let kinds: Vec<&str> = specs.iter().map(|spec| &*spec.gvk.kind).collect();
    let message = match map.resources().iter().find(|resource| is_named(resource, replica)) {
        Some(other) => format!("`{name}` is a {}, which has no replicas to be set", other.id().gvk.kind),
        None => format!("there is no {} called `{name}`", kinds.join(" or ")),
    };
    let at = if replica.name.is_empty() { replica.origin } else { replica.name.origin };
    let diagnostic = Diagnostic::error(Code::MATCHES_NOTHING, message).at(at, "no such resource");
    Failure::told(text, diagnostic.did_you_mean(name, known))
}
