//! The structs of kustomize's configuration, as api/types, api/internal/builtins and api/internal/plugins/builtinconfig
//! have them: names and types of fields, and which structs stand in which.

use super::go_type::Part::{Embedded, Field};
use super::go_type::Type::{Flag, List, Number, Pointer, Struct as Of, Text, Texts, Values};
use super::go_type::{LIST, Struct, TEXT};

static TYPE_META: Struct =
    Struct { go: "types.TypeMeta", what: "a type", parts: &[Field("kind", TEXT), Field("apiVersion", TEXT)] };

/// Metadata.
pub static OBJECT_META: Struct = Struct {
    go: "types.ObjectMeta",
    what: "`metadata`",
    parts: &[Field("name", TEXT), Field("namespace", TEXT), Field("labels", Texts), Field("annotations", Texts)],
};

static GVK: Struct = Struct {
    go: "resid.Gvk",
    what: "a type",
    parts: &[Field("group", TEXT), Field("version", TEXT), Field("kind", TEXT)],
};

static RES_ID: Struct = Struct {
    go: "resid.ResId",
    what: "an id",
    parts: &[Embedded("Gvk", &GVK), Field("name", TEXT), Field("namespace", TEXT)],
};

/// A field spec.
pub static FIELD_SPEC: Struct = Struct {
    go: "types.FieldSpec",
    what: "a field spec",
    parts: &[Embedded("Gvk", &GVK), Field("path", TEXT), Field("create", Flag)],
};

static LABEL: Struct = Struct {
    go: "types.Label",
    what: "an entry of `labels`",
    parts: &[
        Field("pairs", Texts),
        Field("includeSelectors", Flag),
        Field("includeTemplates", Flag),
        Field("fields", List("[]types.FieldSpec", &Of(&FIELD_SPEC))),
    ],
};

/// A selector.
pub static SELECTOR: Struct = Struct {
    go: "types.Selector",
    what: "a selector",
    parts: &[Embedded("ResId", &RES_ID), Field("annotationSelector", TEXT), Field("labelSelector", TEXT)],
};

/// `options` of a patch.
pub static PATCH_ARGS: Struct = Struct {
    go: "types.PatchArgs",
    what: "`options` of a patch",
    parts: &[Field("allowNameChange", Flag), Field("allowKindChange", Flag)],
};

static PATCH: Struct = Struct {
    go: "types.Patch",
    what: "a patch",
    parts: &[
        Field("path", TEXT),
        Field("patch", TEXT),
        Field("target", Pointer(&Of(&SELECTOR))),
        Field("options", Pointer(&Of(&PATCH_ARGS))),
    ],
};

/// An image.
pub static IMAGE: Struct = Struct {
    go: "types.Image",
    what: "an image",
    parts: &[
        Field("name", TEXT),
        Field("newName", TEXT),
        Field("tagSuffix", TEXT),
        Field("newTag", TEXT),
        Field("digest", TEXT),
    ],
};

static FIELD_OPTIONS: Struct = Struct {
    go: "types.FieldOptions",
    what: "`options` of a replacement",
    parts: &[Field("delimiter", TEXT), Field("index", Number("int")), Field("encoding", TEXT), Field("create", Flag)],
};

static SOURCE_SELECTOR: Struct = Struct {
    go: "types.SourceSelector",
    what: "the source of a replacement",
    parts: &[Embedded("ResId", &RES_ID), Field("fieldPath", TEXT), Field("options", Pointer(&Of(&FIELD_OPTIONS)))],
};

static TARGET_SELECTOR: Struct = Struct {
    go: "types.TargetSelector",
    what: "a target of a replacement",
    parts: &[
        Field("select", Pointer(&Of(&SELECTOR))),
        Field("reject", List("[]*types.Selector", &Pointer(&Of(&SELECTOR)))),
        Field("fieldPaths", LIST),
        Field("options", Pointer(&Of(&FIELD_OPTIONS))),
    ],
};

/// A replacement.
pub static REPLACEMENT: Struct = Struct {
    go: "types.Replacement",
    what: "a replacement",
    parts: &[
        Field("source", Pointer(&Of(&SOURCE_SELECTOR))),
        Field("targets", List("[]*types.TargetSelector", &Pointer(&Of(&TARGET_SELECTOR)))),
        Field("sourceValue", Pointer(&TEXT)),
    ],
};

/// An entry of `replacements`.
pub static REPLACEMENT_FIELD: Struct = Struct {
    go: "types.ReplacementField",
    what: "a replacement",
    parts: &[Embedded("Replacement", &REPLACEMENT), Field("path", TEXT)],
};

/// An entry of `replicas`.
pub static REPLICA: Struct = Struct {
    go: "types.Replica",
    what: "an entry of `replicas`",
    parts: &[Field("name", TEXT), Field("count", Number("int64"))],
};

static VAR_TARGET: Struct = Struct {
    go: "types.Target",
    what: "`objref` of a var",
    parts: &[Field("apiVersion", TEXT), Embedded("Gvk", &GVK), Field("name", TEXT), Field("namespace", TEXT)],
};

static FIELD_SELECTOR: Struct =
    Struct { go: "types.FieldSelector", what: "`fieldref` of a var", parts: &[Field("fieldPath", TEXT)] };

static VAR: Struct = Struct {
    go: "types.Var",
    what: "a var",
    parts: &[Field("name", TEXT), Field("objref", Of(&VAR_TARGET)), Field("fieldref", Of(&FIELD_SELECTOR))],
};

static LEGACY_SORT_OPTIONS: Struct = Struct {
    go: "types.LegacySortOptions",
    what: "`legacySortOptions`",
    parts: &[Field("orderFirst", LIST), Field("orderLast", LIST)],
};

static SORT_OPTIONS: Struct = Struct {
    go: "types.SortOptions",
    what: "`sortOptions`",
    parts: &[Field("order", Text("types.SortOrder")), Field("legacySortOptions", Pointer(&Of(&LEGACY_SORT_OPTIONS)))],
};

static GENERATOR_OPTIONS: Struct = Struct {
    go: "types.GeneratorOptions",
    what: "generator options",
    parts: &[
        Field("labels", Texts),
        Field("annotations", Texts),
        Field("disableNameSuffixHash", Flag),
        Field("immutable", Flag),
    ],
};

static KV_PAIR_SOURCES: Struct = Struct {
    go: "types.KvPairSources",
    what: "a generator",
    parts: &[Field("literals", LIST), Field("files", LIST), Field("envs", LIST), Field("env", TEXT)],
};

static GENERATOR_ARGS: Struct = Struct {
    go: "types.GeneratorArgs",
    what: "a generator",
    parts: &[
        Field("namespace", TEXT),
        Field("name", TEXT),
        Field("behavior", TEXT),
        Embedded("KvPairSources", &KV_PAIR_SOURCES),
        Field("options", Pointer(&Of(&GENERATOR_OPTIONS))),
    ],
};

/// An entry of `configMapGenerator`.
pub static CONFIG_MAP_ARGS: Struct = Struct {
    go: "types.ConfigMapArgs",
    what: "an entry of `configMapGenerator`",
    parts: &[Embedded("GeneratorArgs", &GENERATOR_ARGS)],
};

/// An entry of `secretGenerator`.
pub static SECRET_ARGS: Struct = Struct {
    go: "types.SecretArgs",
    what: "an entry of `secretGenerator`",
    parts: &[Embedded("GeneratorArgs", &GENERATOR_ARGS), Field("type", TEXT)],
};

/// `helmGlobals`.
pub static HELM_GLOBALS: Struct = Struct {
    go: "types.HelmGlobals",
    what: "`helmGlobals`",
    parts: &[Field("chartHome", TEXT), Field("configHome", TEXT)],
};

/// An entry of `helmCharts`.
pub static HELM_CHART: Struct = Struct {
    go: "types.HelmChart",
    what: "an entry of `helmCharts`",
    parts: &[
        Field("name", TEXT),
        Field("version", TEXT),
        Field("repo", TEXT),
        Field("releaseName", TEXT),
        Field("namespace", TEXT),
        Field("additionalValuesFiles", LIST),
        Field("valuesFile", TEXT),
        Field("valuesInline", Values),
        Field("valuesMerge", TEXT),
        Field("includeCRDs", Flag),
        Field("skipHooks", Flag),
        Field("apiVersions", LIST),
        Field("kubeVersion", TEXT),
        Field("nameTemplate", TEXT),
        Field("skipTests", Flag),
        Field("debug", Flag),
        Field("devel", Flag),
    ],
};

static HELM_CHART_ARGS: Struct = Struct {
    go: "types.HelmChartArgs",
    what: "an entry of `helmChartInflationGenerator`",
    parts: &[
        Field("chartName", TEXT),
        Field("chartVersion", TEXT),
        Field("chartRepoUrl", TEXT),
        Field("chartHome", TEXT),
        Field("chartRepoName", TEXT),
        Field("helmBin", TEXT),
        Field("helmHome", TEXT),
        Field("values", TEXT),
        Field("valuesLocal", Values),
        Field("valuesMerge", TEXT),
        Field("releaseName", TEXT),
        Field("releaseNamespace", TEXT),
        Field("extraArgs", LIST),
    ],
};

/// `Kustomization` or `Component`.
pub static KUSTOMIZATION: Struct = Struct {
    go: "types.Kustomization",
    what: "a kustomization",
    parts: &[
        Embedded("TypeMeta", &TYPE_META),
        Field("metadata", Pointer(&Of(&OBJECT_META))),
        Field("openapi", Texts),
        Field("namePrefix", TEXT),
        Field("nameSuffix", TEXT),
        Field("namespace", TEXT),
        Field("commonLabels", Texts),
        Field("labels", List("[]types.Label", &Of(&LABEL))),
        Field("commonAnnotations", Texts),
        Field("patchesStrategicMerge", List("[]types.PatchStrategicMerge", &Text("types.PatchStrategicMerge"))),
        Field("patchesJson6902", List("[]types.Patch", &Of(&PATCH))),
        Field("patches", List("[]types.Patch", &Of(&PATCH))),
        Field("images", List("[]types.Image", &Of(&IMAGE))),
        Field("imageTags", List("[]types.Image", &Of(&IMAGE))),
        Field("replacements", List("[]types.ReplacementField", &Of(&REPLACEMENT_FIELD))),
        Field("replicas", List("[]types.Replica", &Of(&REPLICA))),
        Field("vars", List("[]types.Var", &Of(&VAR))),
        Field("sortOptions", Pointer(&Of(&SORT_OPTIONS))),
        Field("resources", LIST),
        Field("components", LIST),
        Field("crds", LIST),
        Field("bases", LIST),
        Field("configMapGenerator", List("[]types.ConfigMapArgs", &Of(&CONFIG_MAP_ARGS))),
        Field("secretGenerator", List("[]types.SecretArgs", &Of(&SECRET_ARGS))),
        Field("helmGlobals", Pointer(&Of(&HELM_GLOBALS))),
        Field("helmCharts", List("[]types.HelmChart", &Of(&HELM_CHART))),
        Field("helmChartInflationGenerator", List("[]types.HelmChartArgs", &Of(&HELM_CHART_ARGS))),
        Field("generatorOptions", Pointer(&Of(&GENERATOR_OPTIONS))),
        Field("configurations", LIST),
        Field("generators", LIST),
        Field("transformers", LIST),
        Field("validators", LIST),
        Field("buildMetadata", LIST),
    ],
};

static NAME_BACK_REFERENCES: Struct = Struct {
    go: "builtinconfig.NameBackReferences",
    what: "an entry of `nameReference`",
    parts: &[Embedded("Gvk", &GVK), Field("fieldSpecs", List("types.FsSlice", &Of(&FIELD_SPEC)))],
};

/// A file of `configurations`.
pub static TRANSFORMER_CONFIG: Struct = Struct {
    go: "builtinconfig.TransformerConfig",
    what: "a transformer configuration",
    parts: &[
        Field("namePrefix", List("types.FsSlice", &Of(&FIELD_SPEC))),
        Field("nameSuffix", List("types.FsSlice", &Of(&FIELD_SPEC))),
        Field("namespace", List("types.FsSlice", &Of(&FIELD_SPEC))),
        Field("commonLabels", List("types.FsSlice", &Of(&FIELD_SPEC))),
        Field("labels", List("types.FsSlice", &Of(&FIELD_SPEC))),
        Field("templateLabels", List("types.FsSlice", &Of(&FIELD_SPEC))),
        Field("commonAnnotations", List("types.FsSlice", &Of(&FIELD_SPEC))),
        Field("nameReference", List("builtinconfig.nbrSlice", &Of(&NAME_BACK_REFERENCES))),
        Field("varReference", List("types.FsSlice", &Of(&FIELD_SPEC))),
        Field("images", List("types.FsSlice", &Of(&FIELD_SPEC))),
        Field("replicas", List("types.FsSlice", &Of(&FIELD_SPEC))),
    ],
};
