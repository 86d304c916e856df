//! kustomize's own tables (api/internal/konfig/builtinpluginconsts), in the order in which a build has them: sorted, with
//! what is said twice left out. Merging them with themselves changes nothing.

use super::{NameBackReferences, TransformerConfig};
use crate::render::kustomize::field_spec::FieldSpec;
use crate::render::kustomize::id::Gvk;
use crate::source::Origin;

/// `= section [kind version group]` starts a section; a line below it is `path [kind version group [create]]`. `-` stands
/// for any.
const TABLE: &str = include_str!("builtin.txt");

pub(super) fn read() -> TransformerConfig {
    let mut config = TransformerConfig::default();
    let mut section = "";
    for line in TABLE.lines() {
        let mut words = line.split(' ');
        let first = words.next().unwrap_or_default();
        if first == "=" {
            section = words.next().unwrap_or_default();
            if section == "nameReference" {
                let named = NameBackReferences { gvk: gvk(&mut words), referrers: Vec::new() };
                config.name_reference.push(named);
            }
            continue;
        }
        let gvk = gvk(&mut words);
        let create = words.next() == Some("create");
        let spec = FieldSpec { gvk, path: first.into(), create, origin: Origin::NONE };
        let specs = match section {
            "namePrefix" => &mut config.name_prefix,
            "nameSuffix" => &mut config.name_suffix,
            "namespace" => &mut config.namespace,
            "commonLabels" => &mut config.common_labels,
            "templateLabels" => &mut config.template_labels,
            "commonAnnotations" => &mut config.common_annotations,
            "varReference" => &mut config.var_reference,
            "images" => &mut config.images,
            "replicas" => &mut config.replicas,
            _ => match config.name_reference.last_mut() {
                Some(named) => &mut named.referrers,
                None => continue,
            },
        };
        specs.push(spec);
    }
    config
}

fn gvk<'t>(words: &mut impl Iterator<Item = &'t str>) -> Gvk {
    let mut word = || words.next().filter(|word| *word != "-").unwrap_or_default();
    let (kind, version, group) = (word().into(), word().into(), word().into());
    Gvk { group, version, kind, cluster_scoped: false }
}
