//! `namePrefix` and `nameSuffix`.

use ecow::EcoString;

use super::super::context::Context;
use super::super::failure::Result;
use super::super::field_spec::{Change, Create, Field, FieldSpec, Kind, wrong_kind};
use super::super::id::Gvk;
use super::super::resmap::ResMap;
use super::super::resource::Resource;
use super::super::types::Text;
use super::super::written;
use crate::yaml::Node;

/// The field whose change is remembered.
const NAME: &str = "metadata/name";

/// Puts a prefix before the fields (PrefixTransformer).
///
/// # Errors
/// A field that isn't a scalar.
pub fn prefix(map: &mut ResMap, prefix: &Text, specs: &[FieldSpec], ctx: &Context) -> Result<()> {
    let affix = Affix {
        text: prefix,
        action: "prefixed by",
        join: |affix, name| ecow::eco_format!("{affix}{name}"),
        remembered: |resource| &mut resource.prefixes,
    };
    affix.apply(map, specs, ctx)
}

/// Puts a suffix behind the fields (SuffixTransformer).
///
/// # Errors
/// A field that isn't a scalar.
pub fn suffix(map: &mut ResMap, suffix: &Text, specs: &[FieldSpec], ctx: &Context) -> Result<()> {
    let affix = Affix {
        text: suffix,
        action: "suffixed by",
        join: |affix, name| ecow::eco_format!("{name}{affix}"),
        remembered: |resource| &mut resource.suffixes,
    };
    affix.apply(map, specs, ctx)
}

/// What is put before or behind a field.
struct Affix<'a> {
    text: &'a Text,
    action: &'static str,
    join: fn(&str, &str) -> EcoString,
    remembered: fn(&mut Resource) -> &mut Vec<EcoString>,
}

impl Affix<'_> {
    fn apply(&self, map: &mut ResMap, specs: &[FieldSpec], ctx: &Context) -> Result<()> {
        let fields: Vec<Field> = specs.iter().map(Field::new).collect();
        for resource in map.resources_mut() {
            let gvk = resource.original_id().gvk;
            if keeps_its_name(&gvk) {
                continue;
            }
            for field in fields.iter().filter(|field| gvk.is_selected(&field.spec.gvk)) {
                if field.spec.path == NAME && !self.text.is_empty() {
                    (self.remembered)(resource).push(self.text.text.clone());
                    resource.store_previous_id();
                }
                self.set(resource, field, ctx).map_err(|failure| failure.also(self.text.origin, self.action))?;
            }
        }
        Ok(())
    }

    fn set(&self, resource: &mut Resource, field: &Field, ctx: &Context) -> Result<()> {
        if !resource.id().gvk.is_selected(&field.spec.gvk) {
            return Ok(());
        }
        let mut set = |node: &mut Node, _: &[_]| match written::text(node, ctx) {
            Some(name) => {
                let origin = ctx.recorder.step(self.action, self.text.origin, node.origin);
                *node = written::in_style_of(node, &(self.join)(self.text, &name), origin, ctx);
                Ok(())
            }
            None => Err(wrong_kind(node, Kind::Scalar)),
        };
        let mut change = Change { create: Create::Scalar, by: self.text.origin, wants: &|_| true, set: &mut set };
        resource.edit(|node| field.apply(node, &mut change))
    }
}

/// Whether others rely on the names of a type.
fn keeps_its_name(gvk: &Gvk) -> bool {
    match &*gvk.kind {
        "CustomResourceDefinition" | "Namespace" => true,
        "APIService" => gvk.group == "apiregistration.k8s.io",
        _ => false,
    }
}
