//! What a kustomization's fields and plugin manifests do, in kustomize's order (kusttarget_configplugin.go).

use std::borrow::Cow;

use super::context::Context;
use super::failure::Result;
use super::field_spec::FieldSpec;
use super::plugin::Plugin;
use super::resmap::ResMap;
use super::resource::Resource;
use super::transform::namespace::Namespace;
use super::transform::{affix, annotations, images, labels, patches, replacements, replicas, value_add};
use super::transformer_config::{self, TransformerConfig};
use super::types::{Image, Kustomization, Pairs, Patch, ReplacementField, Replica, Text};
use super::{generate, hash};

/// One thing that a kustomization does to its resources.
pub enum Step<'k> {
    /// `patchesStrategicMerge`.
    StrategicMerge(&'k [Text]),
    /// An entry of `patches`.
    Patch(&'k Patch),
    /// `namespace`.
    Namespace(Namespace<'k>),
    /// `namePrefix`.
    Prefix(&'k Text, &'k [FieldSpec]),
    /// `nameSuffix`.
    Suffix(&'k Text, &'k [FieldSpec]),
    /// An entry of `labels`, or `commonLabels`.
    Labels(&'k Pairs, Cow<'k, [FieldSpec]>),
    /// `commonAnnotations`.
    Annotations(&'k Pairs, &'k [FieldSpec]),
    /// An entry of `patchesJson6902`.
    Json6902(&'k Patch),
    /// An entry of `replicas`.
    Replicas(&'k Replica, &'k [FieldSpec]),
    /// An entry of `images`.
    Image(&'k Image, &'k [FieldSpec]),
    /// `replacements`.
    Replacements(&'k [ReplacementField]),
}

impl<'k> Step<'k> {
    /// All that a kustomization does, in order.
    ///
    /// # Errors
    /// Field specs of labels that contradict each other.
    pub fn of(kustomization: &'k Kustomization, config: &'k TransformerConfig) -> Result<Vec<Self>> {
        let k = kustomization;
        let mut steps = Vec::new();
        if !k.patches_strategic_merge.is_empty() {
            steps.push(Self::StrategicMerge(&k.patches_strategic_merge));
        }
        steps.extend(k.patches.iter().map(Self::Patch));
        if !k.namespace.is_empty() {
            let namespace = k.namespace.clone();
            steps.push(Self::Namespace(Namespace {
                namespace,
                field_specs: Cow::Borrowed(&config.namespace),
                ..Namespace::default()
            }));
        }
        if !k.name_prefix.is_empty() {
            steps.push(Self::Prefix(&k.name_prefix, &config.name_prefix));
        }
        if !k.name_suffix.is_empty() {
            steps.push(Self::Suffix(&k.name_suffix, &config.name_suffix));
        }
        for label in &k.labels {
            let merged = |specs: Vec<FieldSpec>, more: &[FieldSpec]| {
                transformer_config::merge_all(specs, more).map_err(|f| f.prefixed("failed to merge labels"))
            };
            let mut specs = merged(label.fields.clone(), &config.labels)?;
            if label.include_selectors {
                specs = merged(specs, &config.common_labels)?;
            } else {
                if label.include_templates {
                    specs = merged(specs, &config.template_labels)
                        .map_err(|failure| failure.prefixed("failed to merge template fieldSpec"))?;
                }
                let own = FieldSpec { path: "metadata/labels".into(), create: true, ..FieldSpec::default() };
                specs = merged(specs, &[own])?;
            }
            steps.push(Self::Labels(&label.pairs, Cow::Owned(specs)));
        }
        if !k.labels.is_empty() || !k.common_labels.is_empty() {
            steps.push(Self::Labels(&k.common_labels, Cow::Borrowed(&config.common_labels)));
        }
        if !k.common_annotations.is_empty() {
            steps.push(Self::Annotations(&k.common_annotations, &config.common_annotations));
        }
        steps.extend(k.patches_json6902.iter().map(Self::Json6902));
        steps.extend(k.replicas.iter().map(|replica| Self::Replicas(replica, &config.replicas)));
        steps.extend(k.images.iter().map(|image| Self::Image(image, &config.images)));
        if !k.replacements.is_empty() {
            steps.push(Self::Replacements(&k.replacements));
        }
        Ok(steps)
    }

    /// The name of kustomize's own transformer for it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::StrategicMerge(_) => "PatchStrategicMergeTransformer",
            Self::Patch(_) => "PatchTransformer",
            Self::Namespace(_) => "NamespaceTransformer",
            Self::Prefix(..) => "PrefixTransformer",
            Self::Suffix(..) => "SuffixTransformer",
            Self::Labels(..) => "LabelTransformer",
            Self::Annotations(..) => "AnnotationsTransformer",
            Self::Json6902(_) => "PatchJson6902Transformer",
            Self::Replicas(..) => "ReplicaCountTransformer",
            Self::Image(..) => "ImageTagTransformer",
            Self::Replacements(_) => "ReplacementTransformer",
        }
    }

    /// Does it.
    ///
    /// # Errors
    /// Why it can't be done.
    pub fn run(&self, map: &mut ResMap, context: &Context) -> Result<()> {
        match self {
            Self::StrategicMerge(list) => patches::strategic_merge(map, list, context),
            Self::Patch(patch) => patches::apply(map, std::slice::from_ref(patch), context),
            Self::Namespace(namespace) => namespace.apply(map, context),
            Self::Prefix(prefix, specs) => affix::prefix(map, prefix, specs, context),
            Self::Suffix(suffix, specs) => affix::suffix(map, suffix, specs, context),
            Self::Labels(pairs, specs) => labels::add(map, pairs, specs, context),
            Self::Annotations(pairs, specs) => annotations::add(map, pairs, specs, context),
            Self::Json6902(patch) => patches::json6902(map, std::slice::from_ref(patch), context),
            Self::Replicas(replica, specs) => replicas::set(map, replica, specs, context),
            Self::Image(image, specs) => images::set(map, image, specs, context),
            Self::Replacements(list) => replacements::apply(map, list, context),
        }
    }
}

/// What a generator makes; none if it isn't one.
///
/// # Errors
/// Why it can't be made.
pub fn generate(plugin: &Plugin, context: &Context) -> Result<Option<Vec<Resource>>> {
    Ok(Some(match plugin {
        Plugin::ConfigMap(args) => vec![generate::maps::config_map(args, context)?],
        Plugin::Secret(args) => vec![generate::maps::secret(args, context)?],
        Plugin::IamPolicy(policy) => vec![generate::iam_policy::generate(policy, context)?],
        Plugin::Helm(globals, chart) => generate::helm::chart(globals, chart, context)?,
        _ => return Ok(None),
    }))
}

/// Does what a transformer does; false if it isn't one.
///
/// # Errors
/// Why it can't be done.
pub fn transform(plugin: &Plugin, map: &mut ResMap, context: &Context) -> Result<bool> {
    match plugin {
        Plugin::Annotations(pairs, specs) => annotations::add(map, pairs, specs, context),
        Plugin::Hash => hash::add_hashes(map, context),
        Plugin::Image(image, specs) => images::set(map, image, specs, context),
        Plugin::Labels(pairs, specs) => labels::add(map, pairs, specs, context),
        Plugin::Namespace(args) => Namespace {
            namespace: args.namespace.clone(),
            field_specs: Cow::Borrowed(&args.field_specs),
            unset_only: args.unset_only,
            set_role_binding_subjects: args.set_role_binding_subjects.clone(),
        }
        .apply(map, context),
        Plugin::Json6902(patch) => patches::json6902(map, std::slice::from_ref(patch), context),
        Plugin::StrategicMerge(args) => {
            let inline = (!args.patches.is_empty()).then(|| args.patches.clone());
            let all: Vec<Text> = args.paths.iter().cloned().chain(inline).collect();
            patches::strategic_merge(map, &all, context)
        }
        Plugin::Patch(patch) => patches::apply(map, std::slice::from_ref(patch), context),
        Plugin::Prefix(prefix, specs) => affix::prefix(map, prefix, specs, context),
        Plugin::Suffix(suffix, specs) => affix::suffix(map, suffix, specs, context),
        Plugin::PrefixSuffix(prefix, suffix, specs) => {
            affix::prefix(map, prefix, specs, context)?;
            affix::suffix(map, suffix, specs, context)
        }
        Plugin::Replicas(replica, specs) => replicas::set(map, replica, specs, context),
        Plugin::Replacements(list) => replacements::apply(map, list, context),
        Plugin::ValueAdd(add) => value_add::apply(map, add, context),
        Plugin::ConfigMap(_) | Plugin::Secret(_) | Plugin::IamPolicy(_) | Plugin::Helm(..) => return Ok(false),
    }
    .map(|()| true)
}
