//! What a `kustomization.yaml` says (api/types): data only. Empty means absent, as in kustomize.

use std::ops::Deref;

use ecow::EcoString;

use super::field_spec::FieldSpec;
use crate::diag::Diagnostics;
use crate::source::Origin;
use crate::yaml::Node;

/// A text, and where it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Text {
    /// The text.
    pub text: EcoString,
    /// Where it stands.
    pub origin: Origin,
}

impl Text {
    /// A text with a place.
    pub fn new(text: impl Into<EcoString>, origin: Origin) -> Self {
        Self { text: text.into(), origin }
    }

    /// It as a value, with its place.
    pub fn node(&self) -> Node {
        Node::new(self.text.clone(), self.origin)
    }
}

impl Deref for Text {
    type Target = str;
    fn deref(&self) -> &str {
        &self.text
    }
}

/// Texts by key, in the order of the keys' bytes, as Go prints and applies a map.
pub type Pairs = Vec<(Text, Text)>;

/// `Kustomization` or `Component`, with what is deprecated already put where it belongs now.
#[derive(Clone, Debug, Default)]
pub struct Kustomization {
    /// Whether it is a component.
    pub component: bool,
    /// `openapi.path`: a schema with merge keys of custom types.
    pub openapi_path: Option<Text>,
    /// `openapi.version`.
    pub openapi_version: Option<Text>,
    /// `namePrefix`.
    pub name_prefix: Text,
    /// `nameSuffix`.
    pub name_suffix: Text,
    /// `namespace`.
    pub namespace: Text,
    /// `commonLabels`.
    pub common_labels: Pairs,
    /// `labels`.
    pub labels: Vec<Label>,
    /// `commonAnnotations`.
    pub common_annotations: Pairs,
    /// `patchesStrategicMerge`: paths or patches.
    pub patches_strategic_merge: Vec<Text>,
    /// `patchesJson6902`.
    pub patches_json6902: Vec<Patch>,
    /// `patches`.
    pub patches: Vec<Patch>,
    /// `images`, with `imageTags` behind them.
    pub images: Vec<Image>,
    /// `replacements`.
    pub replacements: Vec<ReplacementField>,
    /// `replicas`.
    pub replicas: Vec<Replica>,
    /// `vars`.
    pub vars: Vec<Var>,
    /// `sortOptions`.
    pub sort_options: Option<SortOptions>,
    /// `resources`, with `bases` behind them.
    pub resources: Vec<Text>,
    /// `components`.
    pub components: Vec<Text>,
    /// `crds`.
    pub crds: Vec<Text>,
    /// `configMapGenerator`, with `env` among `envs`.
    pub config_map_generator: Vec<GeneratorArgs>,
    /// `secretGenerator`, with `env` among `envs`.
    pub secret_generator: Vec<GeneratorArgs>,
    /// `helmGlobals`.
    pub helm_globals: HelmGlobals,
    /// `helmCharts`, with `helmChartInflationGenerator` behind them.
    pub helm_charts: Vec<HelmChart>,
    /// `generatorOptions`.
    pub generator_options: Option<GeneratorOptions>,
    /// `configurations`.
    pub configurations: Vec<Text>,
    /// `generators`: paths or configurations.
    pub generators: Vec<Text>,
    /// `transformers`: paths or configurations.
    pub transformers: Vec<Text>,
    /// `validators`: paths or configurations.
    pub validators: Vec<Text>,
    /// `buildMetadata`.
    pub build_metadata: Vec<Text>,
    /// Deprecated fields that it uses, by name, with where they stand and what kustomize warns on stderr.
    pub deprecated: Vec<Deprecated>,
    /// What else is worth a warning: keys that stand twice, documents that nobody reads.
    pub warnings: Diagnostics,
}

/// A deprecated field.
#[derive(Clone, Debug)]
pub struct Deprecated {
    /// Its name.
    pub field: &'static str,
    /// Where it stands.
    pub origin: Origin,
    /// What kustomize says on stderr.
    pub said: &'static str,
}

/// An entry of `labels`.
#[derive(Clone, Debug, Default)]
pub struct Label {
    /// `pairs`.
    pub pairs: Pairs,
    /// `includeSelectors`.
    pub include_selectors: bool,
    /// `includeTemplates`.
    pub include_templates: bool,
    /// `fields`.
    pub fields: Vec<FieldSpec>,
    /// Where it stands.
    pub origin: Origin,
}

/// An entry of `patches` or `patchesJson6902`.
#[derive(Clone, Debug, Default)]
pub struct Patch {
    /// `path`: the file that holds it.
    pub path: Text,
    /// `patch`: itself.
    pub patch: Text,
    /// `target`.
    pub target: Option<Selector>,
    /// `options.allowNameChange`.
    pub allow_name_change: bool,
    /// `options.allowKindChange`.
    pub allow_kind_change: bool,
    /// Where it stands.
    pub origin: Origin,
}

/// What a patch or a replacement applies to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector {
    /// `group`.
    pub group: Text,
    /// `version`.
    pub version: Text,
    /// `kind`.
    pub kind: Text,
    /// `name`.
    pub name: Text,
    /// `namespace`.
    pub namespace: Text,
    /// `annotationSelector`.
    pub annotation_selector: Text,
    /// `labelSelector`.
    pub label_selector: Text,
    /// Where it stands.
    pub origin: Origin,
}

/// An entry of `images`.
#[derive(Clone, Debug, Default)]
pub struct Image {
    /// `name`: the image as it stands in containers, a part of a regular expression.
    pub name: Text,
    /// `newName`.
    pub new_name: Text,
    /// `tagSuffix`.
    pub tag_suffix: Text,
    /// `newTag`.
    pub new_tag: Text,
    /// `digest`.
    pub digest: Text,
    /// Where it stands.
    pub origin: Origin,
}

/// An entry of `replicas`.
#[derive(Clone, Debug, Default)]
pub struct Replica {
    /// `name`.
    pub name: Text,
    /// `count`.
    pub count: i64,
    /// Where the count stands.
    pub count_at: Origin,
    /// Where it stands.
    pub origin: Origin,
}

/// An entry of `replacements`: a replacement, or the path of a file with some.
#[derive(Clone, Debug, Default)]
pub struct ReplacementField {
    /// `path`.
    pub path: Text,
    /// The replacement itself.
    pub replacement: Replacement,
}

/// A replacement.
#[derive(Clone, Debug, Default)]
pub struct Replacement {
    /// `source`.
    pub source: Option<SourceSelector>,
    /// `sourceValue`.
    pub source_value: Option<Text>,
    /// `targets`.
    pub targets: Vec<TargetSelector>,
    /// Where it stands.
    pub origin: Origin,
}

/// Where a replacement's value comes from.
#[derive(Clone, Debug, Default)]
pub struct SourceSelector {
    /// The object: `group`, `version`, `kind`, `name`, `namespace`, all exact.
    pub object: Selector,
    /// `fieldPath`; `metadata.name` if empty.
    pub field_path: Text,
    /// `options`.
    pub options: Option<FieldOptions>,
    /// Where it stands.
    pub origin: Origin,
}

/// Where a replacement's value goes.
#[derive(Clone, Debug, Default)]
pub struct TargetSelector {
    /// `select`.
    pub select: Option<Selector>,
    /// `reject`.
    pub reject: Vec<Selector>,
    /// `fieldPaths`; `metadata.name` if there are none.
    pub field_paths: Vec<Text>,
    /// `options`.
    pub options: Option<FieldOptions>,
    /// Where it stands.
    pub origin: Origin,
}

/// `options` of a replacement's source or target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldOptions {
    /// `delimiter`.
    pub delimiter: Text,
    /// `index`.
    pub index: i64,
    /// `encoding`.
    pub encoding: Text,
    /// `create`.
    pub create: bool,
}

/// An entry of `vars`.
#[derive(Clone, Debug, Default)]
pub struct Var {
    /// `name`.
    pub name: Text,
    /// `objref`: its `apiVersion` already split into group and version.
    pub object: Selector,
    /// `objref.apiVersion`, as it is written.
    pub api_version: Text,
    /// `fieldref.fieldPath`; `metadata.name` where it is absent.
    pub field_path: Text,
    /// Where it stands.
    pub origin: Origin,
}

/// `sortOptions`.
#[derive(Clone, Debug, Default)]
pub struct SortOptions {
    /// `order`: `legacy` or `fifo`.
    pub order: Text,
    /// `legacySortOptions`: kinds that come first, kinds that come last.
    pub legacy: Option<(Vec<EcoString>, Vec<EcoString>)>,
    /// Where it stands.
    pub origin: Origin,
}

/// An entry of `configMapGenerator` or `secretGenerator`.
#[derive(Clone, Debug, Default)]
pub struct GeneratorArgs {
    /// `namespace`.
    pub namespace: Text,
    /// `name`.
    pub name: Text,
    /// `behavior`: `create`, `merge` or `replace`.
    pub behavior: Text,
    /// `type`, of secrets.
    pub secret_type: Text,
    /// `literals`.
    pub literals: Vec<Text>,
    /// `files`.
    pub files: Vec<Text>,
    /// `envs`.
    pub envs: Vec<Text>,
    /// `options`.
    pub options: Option<GeneratorOptions>,
    /// Where it stands.
    pub origin: Origin,
}

/// `generatorOptions`, or `options` of a generator.
#[derive(Clone, Debug, Default)]
pub struct GeneratorOptions {
    /// `labels`.
    pub labels: Pairs,
    /// `annotations`.
    pub annotations: Pairs,
    /// `disableNameSuffixHash`.
    pub disable_name_suffix_hash: bool,
    /// `immutable`.
    pub immutable: bool,
}

/// `helmGlobals`.
#[derive(Clone, Debug, Default)]
pub struct HelmGlobals {
    /// `chartHome`; `charts` if empty.
    pub chart_home: Text,
    /// `configHome`.
    pub config_home: Text,
}

/// An entry of `helmCharts`.
#[derive(Clone, Debug, Default)]
pub struct HelmChart {
    /// `name`.
    pub name: Text,
    /// `version`.
    pub version: Text,
    /// `repo`.
    pub repo: Text,
    /// `releaseName`.
    pub release_name: Text,
    /// `namespace`.
    pub namespace: Text,
    /// `additionalValuesFiles`.
    pub additional_values_files: Vec<Text>,
    /// `valuesFile`.
    pub values_file: Text,
    /// `valuesInline`.
    pub values_inline: Option<Node>,
    /// `valuesMerge`: `override`, `merge` or `replace`.
    pub values_merge: Text,
    /// `includeCRDs`.
    pub include_crds: bool,
    /// `skipHooks`.
    pub skip_hooks: bool,
    /// `apiVersions`.
    pub api_versions: Vec<Text>,
    /// `kubeVersion`.
    pub kube_version: Text,
    /// `nameTemplate`.
    pub name_template: Text,
    /// `skipTests`.
    pub skip_tests: bool,
    /// `debug`.
    pub debug: bool,
    /// `devel`.
    pub devel: bool,
    /// Where it stands.
    pub origin: Origin,
}

/// The arguments of an `IAMPolicyGenerator`.
#[derive(Clone, Debug, Default)]
pub struct IamPolicy {
    /// `cloud`: `gke`.
    pub cloud: Text,
    /// `kubernetesService.name`.
    pub service_name: Text,
    /// `kubernetesService.namespace`.
    pub service_namespace: Text,
    /// `serviceAccount.name`.
    pub account_name: Text,
    /// `serviceAccount.projectId`.
    pub project_id: Text,
    /// Where it stands.
    pub origin: Origin,
}

/// The arguments of a `ValueAddTransformer`.
#[derive(Clone, Debug, Default)]
pub struct ValueAdd {
    /// `value`, trimmed; the name of the kustomization's directory where it is absent.
    pub value: Text,
    /// `targets`, with those of `targetFilePath` behind them.
    pub targets: Vec<ValueAddTarget>,
}

/// An entry of a `ValueAddTransformer`'s `targets`.
#[derive(Clone, Debug, Default)]
pub struct ValueAddTarget {
    /// `selector`; all resources where it is absent.
    pub selector: Option<Selector>,
    /// `fieldPath`, `/`-separated.
    pub field_path: Text,
    /// `filePathPosition`: which part of the field, as a path, is the value's place; the whole field if 0.
    pub file_path_position: i64,
    /// Where it stands.
    pub origin: Origin,
}
