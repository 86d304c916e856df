//! What kustomize's configuration says, of the tree that [`super::go_type`] made: nothing in it is of a wrong type.

use ecow::EcoString;

use super::super::field_spec::FieldSpec;
use super::super::id::{Gvk, split_api_version};
use super::super::transformer_config::{NameBackReferences, TransformerConfig};
use super::super::types::*;
use super::go_type;
use super::structs;
use crate::source::Origin;
use crate::yaml::{Map, Node, Value};

/// Where a field's key stands; nowhere if it is absent.
pub fn key_origin(node: &Node, field: &str) -> Origin {
    node.as_map().and_then(|map| map.entry(field)).map_or(Origin::NONE, |entry| entry.key_origin)
}

/// A string; empty if it is absent.
pub fn text(node: &Node, field: &str) -> Text {
    node.get(field).map(as_text).unwrap_or_default()
}

fn as_text(node: &Node) -> Text {
    Text::new(node.as_str().unwrap_or_default(), node.origin)
}

/// A boolean; false if it is absent.
pub fn flag(node: &Node, field: &str) -> bool {
    node.get(field).and_then(Node::as_bool).unwrap_or_default()
}

/// An integer; 0 if it is absent.
pub fn number(node: &Node, field: &str) -> i64 {
    node.get(field).and_then(Node::as_i64).unwrap_or_default()
}

/// A list; empty if it is absent.
pub fn list<T>(node: &Node, field: &str, make: impl Fn(&Node) -> T) -> Vec<T> {
    node.get(field).and_then(Node::as_seq).unwrap_or_default().iter().map(make).collect()
}

/// A list of strings; empty if it is absent.
pub fn texts(node: &Node, field: &str) -> Vec<Text> {
    list(node, field, as_text)
}

/// A map of strings, by key; empty if it is absent.
pub fn pairs(node: &Node, field: &str) -> Pairs {
    let map = node.get(field).and_then(Node::as_map);
    let pair = |entry: &crate::yaml::Entry| (Text::new(entry.key.clone(), entry.key_origin), as_text(&entry.value));
    let mut pairs: Pairs = map.into_iter().flat_map(Map::iter).map(pair).collect();
    pairs.sort_by(|(a, _), (b, _)| a.text.cmp(&b.text));
    pairs
}

/// What a pointer leads to.
pub fn optional<T>(node: &Node, field: &str, make: impl Fn(&Node) -> T) -> Option<T> {
    node.get(field).filter(|node| !node.is_null()).map(make)
}

/// A field spec.
pub fn field_spec(node: &Node) -> FieldSpec {
    FieldSpec { gvk: gvk(node), path: text(node, "path").text, create: flag(node, "create"), origin: node.origin }
}

/// A type that selects types. Its scope never matters.
pub fn gvk(node: &Node) -> Gvk {
    let part = |field: &str| text(node, field).text;
    Gvk { group: part("group"), version: part("version"), kind: part("kind"), cluster_scoped: false }
}

/// An entry of `labels`.
pub fn label(node: &Node) -> Label {
    Label {
        pairs: pairs(node, "pairs"),
        include_selectors: flag(node, "includeSelectors"),
        include_templates: flag(node, "includeTemplates"),
        fields: list(node, "fields", field_spec),
        origin: node.origin,
    }
}

/// A selector.
pub fn selector(node: &Node) -> Selector {
    Selector {
        group: text(node, "group"),
        version: text(node, "version"),
        kind: text(node, "kind"),
        name: text(node, "name"),
        namespace: text(node, "namespace"),
        annotation_selector: text(node, "annotationSelector"),
        label_selector: text(node, "labelSelector"),
        origin: node.origin,
    }
}

/// A patch.
pub fn patch(node: &Node) -> Patch {
    let option = |field| node.get("options").is_some_and(|options| flag(options, field));
    Patch {
        path: text(node, "path"),
        patch: text(node, "patch"),
        target: optional(node, "target", selector),
        allow_name_change: option("allowNameChange"),
        allow_kind_change: option("allowKindChange"),
        origin: node.origin,
    }
}

/// An image.
pub fn image(node: &Node) -> Image {
    Image {
        name: text(node, "name"),
        new_name: text(node, "newName"),
        tag_suffix: text(node, "tagSuffix"),
        new_tag: text(node, "newTag"),
        digest: text(node, "digest"),
        origin: node.origin,
    }
}

/// A replica count.
pub fn replica(node: &Node) -> Replica {
    Replica {
        name: text(node, "name"),
        count: number(node, "count"),
        count_at: node.get("count").map_or(node.origin, |count| count.origin),
        origin: node.origin,
    }
}

/// A replacement.
pub fn replacement(node: &Node) -> Replacement {
    Replacement {
        source: optional(node, "source", source),
        source_value: optional(node, "sourceValue", as_text),
        targets: list(node, "targets", target),
        origin: node.origin,
    }
}

/// An entry of `replacements`.
pub fn replacement_field(node: &Node) -> ReplacementField {
    ReplacementField { path: text(node, "path"), replacement: replacement(node) }
}

fn source(node: &Node) -> SourceSelector {
    SourceSelector {
        object: selector(node),
        field_path: text(node, "fieldPath"),
        options: optional(node, "options", field_options),
        origin: node.origin,
    }
}

fn target(node: &Node) -> TargetSelector {
    TargetSelector {
        select: optional(node, "select", selector),
        reject: list(node, "reject", selector),
        field_paths: texts(node, "fieldPaths"),
        options: optional(node, "options", field_options),
        origin: node.origin,
    }
}

fn field_options(node: &Node) -> FieldOptions {
    FieldOptions {
        delimiter: text(node, "delimiter"),
        index: number(node, "index"),
        encoding: text(node, "encoding"),
        create: flag(node, "create"),
    }
}

/// The field of a var, or of a replacement's source, that doesn't say.
const DEFAULT_FIELD_PATH: &str = "metadata.name";

/// A var, with what it doesn't say (`Var.Defaulting`).
pub fn var(node: &Node) -> Var {
    let none = Node::default();
    let (object, field) = (node.get("objref").unwrap_or(&none), node.get("fieldref").unwrap_or(&none));
    let api_version = text(object, "apiVersion");
    let mut object = selector(object);
    let part = |part: &str| Text::new(part, api_version.origin);
    match api_version.matches('/').count() {
        0 if api_version.is_empty() => {}
        0 => object.version = api_version.clone(),
        1 => {
            let (group, version) = split_api_version(&api_version);
            (object.group, object.version) = (part(group), part(version));
        }
        _ => {}
    }
    let mut field_path = text(field, "fieldPath");
    if field_path.is_empty() {
        field_path = Text::new(DEFAULT_FIELD_PATH, node.origin);
    }
    Var { name: text(node, "name"), object, api_version, field_path, origin: node.origin }
}

/// `sortOptions`.
pub fn sort_options(node: &Node) -> SortOptions {
    let kinds = |node: &Node, field: &str| -> Vec<EcoString> { list(node, field, |kind| as_text(kind).text) };
    let legacy = |node: &Node| (kinds(node, "orderFirst"), kinds(node, "orderLast"));
    SortOptions { order: text(node, "order"), legacy: optional(node, "legacySortOptions", legacy), origin: node.origin }
}

/// An entry of `configMapGenerator` or `secretGenerator`, with `env` among `envs`.
pub fn generator(node: &Node) -> GeneratorArgs {
    let mut envs = texts(node, "envs");
    let env = text(node, "env");
    if !env.is_empty() {
        envs.push(env);
    }
    GeneratorArgs {
        namespace: text(node, "namespace"),
        name: text(node, "name"),
        behavior: text(node, "behavior"),
        secret_type: text(node, "type"),
        literals: texts(node, "literals"),
        files: texts(node, "files"),
        envs,
        options: optional(node, "options", generator_options),
        origin: node.origin,
    }
}

/// `generatorOptions`, or `options` of a generator.
pub fn generator_options(node: &Node) -> GeneratorOptions {
    GeneratorOptions {
        labels: pairs(node, "labels"),
        annotations: pairs(node, "annotations"),
        disable_name_suffix_hash: flag(node, "disableNameSuffixHash"),
        immutable: flag(node, "immutable"),
    }
}

/// `helmGlobals`.
pub fn helm_globals(node: &Node) -> HelmGlobals {
    HelmGlobals { chart_home: text(node, "chartHome"), config_home: text(node, "configHome") }
}

/// An entry of `helmCharts`.
pub fn helm_chart(node: &Node) -> HelmChart {
    HelmChart {
        name: text(node, "name"),
        version: text(node, "version"),
        repo: text(node, "repo"),
        release_name: text(node, "releaseName"),
        namespace: text(node, "namespace"),
        additional_values_files: texts(node, "additionalValuesFiles"),
        values_file: text(node, "valuesFile"),
        values_inline: optional(node, "valuesInline", inline_values),
        values_merge: text(node, "valuesMerge"),
        include_crds: flag(node, "includeCRDs"),
        skip_hooks: flag(node, "skipHooks"),
        api_versions: texts(node, "apiVersions"),
        kube_version: text(node, "kubeVersion"),
        name_template: text(node, "nameTemplate"),
        skip_tests: flag(node, "skipTests"),
        debug: flag(node, "debug"),
        devel: flag(node, "devel"),
        origin: node.origin,
    }
}

/// `valuesInline`. kustomize hands a chart's fields on as YAML, and sigs.k8s.io/yaml, on reading that, looks at these
/// values as if they were the chart's fields: a number under `version`, at their top, becomes a string.
fn inline_values(node: &Node) -> Node {
    go_type::coerce_struct(node, &structs::HELM_CHART)
}

/// An entry of `helmChartInflationGenerator` as one of `helmCharts` (`SplitHelmParameters`).
pub fn inflated_chart(node: &Node) -> HelmChart {
    HelmChart {
        name: text(node, "chartName"),
        version: text(node, "chartVersion"),
        repo: text(node, "chartRepoUrl"),
        values_file: text(node, "values"),
        values_inline: optional(node, "valuesLocal", inline_values),
        values_merge: text(node, "valuesMerge"),
        release_name: text(node, "releaseName"),
        origin: node.origin,
        ..HelmChart::default()
    }
}

/// A whole kustomization, not mended yet.
pub fn kustomization(node: &Node) -> Kustomization {
    let open_api = |field: &str| node.get("openapi").and_then(|openapi| openapi.get(field)).map(as_text);
    Kustomization {
        component: node.str_at(&["kind"]) == Some("Component"),
        openapi_path: open_api("path"),
        openapi_version: open_api("version"),
        name_prefix: text(node, "namePrefix"),
        name_suffix: text(node, "nameSuffix"),
        namespace: text(node, "namespace"),
        common_labels: pairs(node, "commonLabels"),
        labels: list(node, "labels", label),
        common_annotations: pairs(node, "commonAnnotations"),
        patches_strategic_merge: texts(node, "patchesStrategicMerge"),
        patches_json6902: list(node, "patchesJson6902", patch),
        patches: list(node, "patches", patch),
        images: list(node, "images", image),
        replacements: list(node, "replacements", replacement_field),
        replicas: list(node, "replicas", replica),
        vars: list(node, "vars", var),
        sort_options: optional(node, "sortOptions", sort_options),
        resources: texts(node, "resources"),
        components: texts(node, "components"),
        crds: texts(node, "crds"),
        config_map_generator: list(node, "configMapGenerator", generator),
        secret_generator: list(node, "secretGenerator", generator),
        helm_globals: optional(node, "helmGlobals", helm_globals).unwrap_or_default(),
        helm_charts: list(node, "helmCharts", helm_chart),
        generator_options: optional(node, "generatorOptions", generator_options),
        configurations: texts(node, "configurations"),
        generators: texts(node, "generators"),
        transformers: texts(node, "transformers"),
        validators: texts(node, "validators"),
        build_metadata: texts(node, "buildMetadata"),
        ..Kustomization::default()
    }
}

/// A file of `configurations`.
pub fn transformer_config(node: &Node) -> TransformerConfig {
    let specs = |field: &str| list(node, field, field_spec);
    let references =
        |node: &Node| NameBackReferences { gvk: gvk(node), referrers: list(node, "fieldSpecs", field_spec) };
    TransformerConfig {
        name_prefix: specs("namePrefix"),
        name_suffix: specs("nameSuffix"),
        namespace: specs("namespace"),
        common_labels: specs("commonLabels"),
        labels: specs("labels"),
        template_labels: specs("templateLabels"),
        common_annotations: specs("commonAnnotations"),
        name_reference: list(node, "nameReference", references),
        var_reference: specs("varReference"),
        images: specs("images"),
        replicas: specs("replicas"),
    }
}

/// Whether a field of a kustomization says something, so that it isn't empty.
pub fn says_something(field: &str, value: &Value) -> bool {
    match (field, value) {
        ("apiVersion" | "kind", _) | (_, Value::Null) => false,
        // What they hold moves elsewhere.
        ("bases" | "imageTags" | "helmChartInflationGenerator", Value::Seq(items)) => !items.is_empty(),
        (_, Value::Str(text)) => !text.is_empty(),
        _ => true,
    }
}
