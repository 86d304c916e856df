//! The structs of an Application (pkg/apis/application/v1alpha1/types.go), as ApplicationSets template them.

use super::go_type::Type::{Flag, Flags, Integer, IntegerOrText, Json, List, Pointer, Struct as Of, Text, Texts};
use super::go_type::{Field, LIST, Struct, always, field};

static HELM_PARAMETER: Struct = Struct {
    go: "HelmParameter",
    what: "a parameter",
    fields: &[field("name", Text), field("value", Text), field("forceString", Flag)],
};

static HELM_FILE_PARAMETER: Struct =
    Struct { go: "HelmFileParameter", what: "a file parameter", fields: &[field("name", Text), field("path", Text)] };

static HELM: Struct = Struct {
    go: "ApplicationSourceHelm",
    what: "`helm`",
    fields: &[
        field("valueFiles", LIST),
        field("parameters", List(&Of(&HELM_PARAMETER))),
        field("releaseName", Text),
        field("values", Text),
        field("fileParameters", List(&Of(&HELM_FILE_PARAMETER))),
        field("version", Text),
        field("passCredentials", Flag),
        field("ignoreMissingValueFiles", Flag),
        field("skipCrds", Flag),
        field("valuesObject", Pointer(&Json)),
        field("namespace", Text),
        field("kubeVersion", Text),
        field("apiVersions", LIST),
        field("skipTests", Flag),
        field("skipSchemaValidation", Flag),
    ],
};

static KUSTOMIZE_REPLICA: Struct = Struct {
    go: "KustomizeReplica",
    what: "an entry of `replicas`",
    fields: &[always("name", Text), always("count", IntegerOrText)],
};

static KUSTOMIZE_SELECTOR: Struct = Struct {
    go: "KustomizeSelector",
    what: "a target",
    fields: &[
        field("group", Text),
        field("version", Text),
        field("kind", Text),
        field("name", Text),
        field("namespace", Text),
        field("annotationSelector", Text),
        field("labelSelector", Text),
    ],
};

static KUSTOMIZE_PATCH: Struct = Struct {
    go: "KustomizePatch",
    what: "a patch",
    fields: &[
        field("path", Text),
        field("patch", Text),
        field("target", Pointer(&Of(&KUSTOMIZE_SELECTOR))),
        field("options", Flags),
    ],
};

static KUSTOMIZE: Struct = Struct {
    go: "ApplicationSourceKustomize",
    what: "`kustomize`",
    fields: &[
        field("namePrefix", Text),
        field("nameSuffix", Text),
        field("images", LIST),
        field("commonLabels", Texts),
        field("version", Text),
        field("commonAnnotations", Texts),
        field("forceCommonLabels", Flag),
        field("forceCommonAnnotations", Flag),
        field("namespace", Text),
        field("commonAnnotationsEnvsubst", Flag),
        field("replicas", List(&Of(&KUSTOMIZE_REPLICA))),
        field("patches", List(&Of(&KUSTOMIZE_PATCH))),
        field("components", LIST),
        field("ignoreMissingComponents", Flag),
        field("labelWithoutSelector", Flag),
        field("kubeVersion", Text),
        field("apiVersions", LIST),
        field("labelIncludeTemplates", Flag),
    ],
};

static JSONNET_VAR: Struct = Struct {
    go: "JsonnetVar",
    what: "a variable",
    fields: &[always("name", Text), always("value", Text), field("code", Flag)],
};

static JSONNET: Struct = Struct {
    go: "ApplicationSourceJsonnet",
    what: "`jsonnet`",
    fields: &[field("extVars", List(&Of(&JSONNET_VAR))), field("tlas", List(&Of(&JSONNET_VAR))), field("libs", LIST)],
};

static DIRECTORY: Struct = Struct {
    go: "ApplicationSourceDirectory",
    what: "`directory`",
    fields: &[
        field("recurse", Flag),
        field("jsonnet", Of(&JSONNET)),
        field("exclude", Text),
        field("include", Text),
        field("disableExtensionFilter", Flag),
    ],
};

static PLUGIN_PARAMETER: Struct = Struct {
    go: "ApplicationSourcePluginParameter",
    what: "a parameter",
    fields: &[
        always("name", Text),
        field("string", Pointer(&Text)),
        field("map", Pointer(&Texts)),
        field("array", Pointer(&LIST)),
    ],
};

static ENV_ENTRY: Struct =
    Struct { go: "EnvEntry", what: "an entry of `env`", fields: &[always("name", Text), always("value", Text)] };

static PLUGIN: Struct = Struct {
    go: "ApplicationSourcePlugin",
    what: "`plugin`",
    fields: &[
        field("name", Text),
        field("env", List(&Of(&ENV_ENTRY))),
        field("parameters", List(&Of(&PLUGIN_PARAMETER))),
    ],
};

static SOURCE: Struct = Struct {
    go: "ApplicationSource",
    what: "a source",
    fields: &[
        always("repoURL", Text),
        field("path", Text),
        field("targetRevision", Text),
        field("helm", Pointer(&Of(&HELM))),
        field("kustomize", Pointer(&Of(&KUSTOMIZE))),
        field("directory", Pointer(&Of(&DIRECTORY))),
        field("plugin", Pointer(&Of(&PLUGIN))),
        field("chart", Text),
        field("ref", Text),
        field("name", Text),
        field("tagPrefix", Text),
    ],
};

static DESTINATION: Struct = Struct {
    go: "ApplicationDestination",
    what: "`destination`",
    fields: &[field("server", Text), field("namespace", Text), field("name", Text)],
};

static AUTOMATED: Struct = Struct {
    go: "SyncPolicyAutomated",
    what: "`automated`",
    fields: &[
        field("prune", Pointer(&Flag)),
        field("selfHeal", Pointer(&Flag)),
        field("allowEmpty", Pointer(&Flag)),
        field("enabled", Pointer(&Flag)),
    ],
};

static BACKOFF: Struct = Struct {
    go: "Backoff",
    what: "`backoff`",
    fields: &[field("duration", Text), field("factor", Pointer(&Integer)), field("maxDuration", Text)],
};

static RETRY: Struct = Struct {
    go: "RetryStrategy",
    what: "`retry`",
    fields: &[field("limit", Integer), field("backoff", Pointer(&Of(&BACKOFF))), field("refresh", Flag)],
};

static NAMESPACE_METADATA: Struct = Struct {
    go: "ManagedNamespaceMetadata",
    what: "`managedNamespaceMetadata`",
    fields: &[field("labels", Texts), field("annotations", Texts)],
};

static SYNC_POLICY: Struct = Struct {
    go: "SyncPolicy",
    what: "`syncPolicy`",
    fields: &[
        field("automated", Pointer(&Of(&AUTOMATED))),
        field("syncOptions", LIST),
        field("retry", Pointer(&Of(&RETRY))),
        field("managedNamespaceMetadata", Pointer(&Of(&NAMESPACE_METADATA))),
    ],
};

static IGNORE_DIFFERENCES: Struct = Struct {
    go: "ResourceIgnoreDifferences",
    what: "an entry of `ignoreDifferences`",
    fields: &[
        field("group", Text),
        always("kind", Text),
        field("name", Text),
        field("namespace", Text),
        field("jsonPointers", LIST),
        field("jqPathExpressions", LIST),
        field("managedFieldsManagers", LIST),
    ],
};

static INFO: Struct =
    Struct { go: "Info", what: "an entry of `info`", fields: &[always("name", Text), always("value", Text)] };

static DRY_SOURCE: Struct = Struct {
    go: "DrySource",
    what: "`drySource`",
    fields: &[
        always("repoURL", Text),
        always("targetRevision", Text),
        always("path", Text),
        field("helm", Pointer(&Of(&HELM))),
        field("kustomize", Pointer(&Of(&KUSTOMIZE))),
        field("directory", Pointer(&Of(&DIRECTORY))),
        field("plugin", Pointer(&Of(&PLUGIN))),
    ],
};

static SYNC_SOURCE: Struct = Struct {
    go: "SyncSource",
    what: "`syncSource`",
    fields: &[always("targetBranch", Text), always("path", Text), field("repoURL", Text)],
};

static HYDRATE_TO: Struct = Struct { go: "HydrateTo", what: "`hydrateTo`", fields: &[always("targetBranch", Text)] };

static SOURCE_HYDRATOR: Struct = Struct {
    go: "SourceHydrator",
    what: "`sourceHydrator`",
    fields: &[
        always("drySource", Of(&DRY_SOURCE)),
        always("syncSource", Of(&SYNC_SOURCE)),
        field("hydrateTo", Pointer(&Of(&HYDRATE_TO))),
    ],
};

/// `spec` of an Application.
pub static SPEC: Struct = Struct {
    go: "ApplicationSpec",
    what: "`spec`",
    fields: &[
        field("source", Pointer(&Of(&SOURCE))),
        always("destination", Of(&DESTINATION)),
        always("project", Text),
        field("syncPolicy", Pointer(&Of(&SYNC_POLICY))),
        field("ignoreDifferences", List(&Of(&IGNORE_DIFFERENCES))),
        field("info", List(&Of(&INFO))),
        field("revisionHistoryLimit", Pointer(&Integer)),
        field("sources", List(&Of(&SOURCE))),
        field("sourceHydrator", Pointer(&Of(&SOURCE_HYDRATOR))),
    ],
};

static TEMPLATE_METADATA: Struct = Struct {
    go: "ApplicationSetTemplateMeta",
    what: "the metadata of a template",
    fields: &[
        field("name", Text),
        field("namespace", Text),
        field("labels", Texts),
        field("annotations", Texts),
        field("finalizers", LIST),
    ],
};

/// `spec.template` of an ApplicationSet, and the templates of generators.
pub static TEMPLATE: Struct = Struct {
    go: "ApplicationSetTemplate",
    what: "a template",
    fields: &[always("metadata", Of(&TEMPLATE_METADATA)), always("spec", Of(&SPEC))],
};

static OBJECT_META: Struct = Struct {
    go: "ObjectMeta",
    what: "`metadata`",
    fields: &[
        field("name", Text),
        field("generateName", Text),
        field("namespace", Text),
        field("selfLink", Text),
        field("uid", Text),
        field("resourceVersion", Text),
        field("generation", Integer),
        field("creationTimestamp", Text),
        field("deletionTimestamp", Pointer(&Text)),
        field("deletionGracePeriodSeconds", Pointer(&Integer)),
        field("labels", Texts),
        field("annotations", Texts),
        field("ownerReferences", List(&Json)),
        field("finalizers", LIST),
        field("managedFields", List(&Json)),
    ],
};

/// An Application, as a `templatePatch` may change it. Its status and operation are kept as they are.
pub static APPLICATION: Struct = Struct { go: "Application", what: "an Application", fields: APPLICATION_FIELDS };

const APPLICATION_FIELDS: &[Field] = &[
    field("kind", Text),
    field("apiVersion", Text),
    always("metadata", Of(&OBJECT_META)),
    always("spec", Of(&SPEC)),
    field("status", Json),
    field("operation", Pointer(&Json)),
];
