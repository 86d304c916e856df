//! Sets entries of mappings, as `labels` and `annotations` do.

use super::super::context::Context;
use super::super::failure::{Failure, Result};
use super::super::field_spec::{Change, Create, FieldSpec, Fields, Kind, Step, wrong_kind};
use super::super::resmap::ResMap;
use super::super::types::{Pairs, Text};
use crate::diag::{Code, Diagnostic};
use crate::source::Origin;
use crate::yaml::{self, Dialect, Map, Node, Value};

/// Sets entries in every mapping that field specs lead to (filtersutil.SetEntry). The values are strings, whatever they look
/// like.
///
/// # Errors
/// A field that isn't a mapping.
pub fn set(map: &mut ResMap, pairs: &Pairs, specs: &[FieldSpec], action: &str, ctx: &Context) -> Result<()> {
    let Some((first, _)) = pairs.first() else { return Ok(()) };
    let (by, fields) = (first.origin, Fields::new(specs));
    let mut made: Vec<Vec<Vec<Step>>> = vec![Vec::new(); pairs.len()];
    for resource in map.resources_mut() {
        let gvk = resource.id().gvk.clone();
        let mut chosen = fields.of(&gvk).peekable();
        if chosen.peek().is_none() {
            continue;
        }
        made.iter_mut().for_each(Vec::clear);
        let result = resource.edit(|node| {
            let mut set = |field: &mut Node, trail: &[Step]| {
                if field.is_null() && is_annotations(trail) {
                    field.value = Value::Map(Map::new());
                }
                for ((key, value), made) in pairs.iter().zip(&mut made) {
                    if set_entry(field, key, value, action, ctx)? {
                        made.push(trail.to_vec());
                    }
                }
                Ok(())
            };
            let mut change = Change { create: Create::Mapping, by, wants: &|_| true, set: &mut set };
            chosen.try_for_each(|field| field.apply(node, &mut change))
        });
        result.map_err(|failure| failure.also(by, "for this"))?;
        for ((key, _), made) in pairs.iter().zip(&made).filter(|(_, made)| made.len() > 1) {
            resource.share(key, made);
        }
    }
    map.drop_empties();
    Ok(())
}

/// Whether this leads to an object's annotations, which kustomize writes anew in the end: even a null gets its entries then.
fn is_annotations(trail: &[Step]) -> bool {
    matches!(trail, [Step::Key(metadata), Step::Key(annotations)] if metadata == "metadata" && annotations == "annotations")
}

/// Sets one entry, and gives back whether it is new. A null stays as it is.
fn set_entry(field: &mut Node, key: &Text, value: &Text, action: &str, ctx: &Context) -> Result<bool> {
    match &mut field.value {
        Value::Null => Ok(false),
        // Without a name, it is the field itself that is set.
        Value::Map(_) if key.is_empty() => Err(wrong_kind(field, Kind::Scalar)),
        Value::Map(map) => {
            let was = map.entry(key);
            // The key has no tag, and would be read again as something else.
            if was.is_none() && yaml::plain_value(Dialect::Kustomize, key) != Value::Str(key.text.clone()) {
                let message = format!("`{}` as a key is no text to kustomize", &**key);
                let diagnostic = Diagnostic::error(Code::INVALID_KUSTOMIZATION, message)
                    .at(key.origin, "a number, a time, a boolean or null");
                return Err(Failure::told("json: unsupported type: map[interface {}]interface {}", diagnostic));
            }
            let key_origin = was.map_or(key.origin, |entry| entry.key_origin);
            let was = was.map_or(Origin::NONE, |entry| entry.value.origin);
            let value = Node::new(value.text.clone(), ctx.recorder.step(action, value.origin, was));
            Ok(map.insert(key.text.clone(), key_origin, value).is_none())
        }
        _ => Err(wrong_kind(field, Kind::Mapping)),
    }
}
