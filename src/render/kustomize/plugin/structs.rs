//! The structs of kustomize's own plugins (api/internal/builtins).

use super::super::read::go_type::Part::{Embedded, Field};
use super::super::read::go_type::Type::{Flag, List, Number, Pointer, Struct as Of, Text, Texts};
use super::super::read::go_type::{Struct, TEXT, Type};
use super::super::read::structs::{
    CONFIG_MAP_ARGS, FIELD_SPEC, HELM_CHART, HELM_GLOBALS, IMAGE, OBJECT_META, PATCH_ARGS, REPLACEMENT_FIELD, REPLICA,
    SECRET_ARGS, SELECTOR,
};

const FIELD_SPECS: Type = List("[]types.FieldSpec", &Of(&FIELD_SPEC));

pub static ANNOTATIONS: Struct = Struct {
    go: "builtins.AnnotationsTransformerPlugin",
    what: "an AnnotationsTransformer",
    parts: &[Field("annotations", Texts), Field("fieldSpecs", FIELD_SPECS)],
};

pub static CONFIG_MAP: Struct = Struct {
    go: "builtins.ConfigMapGeneratorPlugin",
    what: "a ConfigMapGenerator",
    parts: &[Field("metadata", Of(&OBJECT_META)), Embedded("ConfigMapArgs", &CONFIG_MAP_ARGS)],
};

pub static SECRET: Struct = Struct {
    go: "builtins.SecretGeneratorPlugin",
    what: "a SecretGenerator",
    parts: &[Field("metadata", Of(&OBJECT_META)), Embedded("SecretArgs", &SECRET_ARGS)],
};

static KUBERNETES_SERVICE: Struct = Struct {
    go: "types.KubernetesService",
    what: "`kubernetesService`",
    parts: &[Field("name", TEXT), Field("namespace", TEXT)],
};

static SERVICE_ACCOUNT: Struct = Struct {
    go: "types.ServiceAccount",
    what: "`serviceAccount`",
    parts: &[Field("name", TEXT), Field("projectId", TEXT)],
};

static IAM_POLICY_ARGS: Struct = Struct {
    go: "types.IAMPolicyGeneratorArgs",
    what: "an IAMPolicyGenerator",
    parts: &[
        Field("cloud", Text("types.Cloud")),
        Field("kubernetesService", Of(&KUBERNETES_SERVICE)),
        Field("serviceAccount", Of(&SERVICE_ACCOUNT)),
    ],
};

pub static IAM_POLICY: Struct = Struct {
    go: "builtins.IAMPolicyGeneratorPlugin",
    what: "an IAMPolicyGenerator",
    parts: &[Embedded("IAMPolicyGeneratorArgs", &IAM_POLICY_ARGS)],
};

pub static HELM: Struct = Struct {
    go: "builtins.HelmChartInflationGeneratorPlugin",
    what: "a HelmChartInflationGenerator",
    parts: &[Embedded("HelmGlobals", &HELM_GLOBALS), Embedded("HelmChart", &HELM_CHART)],
};

pub static IMAGE_TAG: Struct = Struct {
    go: "builtins.ImageTagTransformerPlugin",
    what: "an ImageTagTransformer",
    parts: &[Field("imageTag", Of(&IMAGE)), Field("fieldSpecs", FIELD_SPECS)],
};

pub static LABELS: Struct = Struct {
    go: "builtins.LabelTransformerPlugin",
    what: "a LabelTransformer",
    parts: &[Field("labels", Texts), Field("fieldSpecs", FIELD_SPECS)],
};

pub static NAMESPACE: Struct = Struct {
    go: "builtins.NamespaceTransformerPlugin",
    what: "a NamespaceTransformer",
    parts: &[
        Field("metadata", Of(&OBJECT_META)),
        Field("fieldSpecs", FIELD_SPECS),
        Field("unsetOnly", Flag),
        Field("setRoleBindingSubjects", Text("namespace.RoleBindingSubjectMode")),
    ],
};

pub static JSON6902: Struct = Struct {
    go: "builtins.PatchJson6902TransformerPlugin",
    what: "a PatchJson6902Transformer",
    parts: &[Field("target", Pointer(&Of(&SELECTOR))), Field("path", TEXT), Field("jsonOp", TEXT)],
};

pub static STRATEGIC_MERGE: Struct = Struct {
    go: "builtins.PatchStrategicMergeTransformerPlugin",
    what: "a PatchStrategicMergeTransformer",
    parts: &[
        Field("paths", List("[]types.PatchStrategicMerge", &Text("types.PatchStrategicMerge"))),
        Field("patches", TEXT),
    ],
};

pub static PATCH: Struct = Struct {
    go: "builtins.PatchTransformerPlugin",
    what: "a PatchTransformer",
    parts: &[
        Field("path", TEXT),
        Field("patch", TEXT),
        Field("target", Pointer(&Of(&SELECTOR))),
        Field("options", Pointer(&Of(&PATCH_ARGS))),
    ],
};

pub static REPLICA_COUNT: Struct = Struct {
    go: "builtins.ReplicaCountTransformerPlugin",
    what: "a ReplicaCountTransformer",
    parts: &[Field("replica", Of(&REPLICA)), Field("fieldSpecs", FIELD_SPECS)],
};

pub static REPLACEMENTS: Struct = Struct {
    go: "builtins.ReplacementTransformerPlugin",
    what: "a ReplacementTransformer",
    parts: &[Field("replacements", List("[]types.ReplacementField", &Of(&REPLACEMENT_FIELD)))],
};

static VALUE_ADD_TARGET: Struct = Struct {
    go: "builtins.Target",
    what: "a target of a ValueAddTransformer",
    parts: &[
        Field("selector", Pointer(&Of(&SELECTOR))),
        Field("fieldPath", TEXT),
        Field("filePathPosition", Number("int")),
    ],
};

pub static VALUE_ADD: Struct = Struct {
    go: "builtins.ValueAddTransformerPlugin",
    what: "a ValueAddTransformer",
    parts: &[
        Field("value", TEXT),
        Field("targets", List("[]builtins.Target", &Of(&VALUE_ADD_TARGET))),
        Field("targetFilePath", TEXT),
    ],
};

/// The file that `targetFilePath` names.
pub static VALUE_ADD_TARGETS: Struct = Struct {
    go: r#"struct { Targets []builtins.Target "json:\"targets,omitempty\" yaml:\"targets,omitempty\"" }"#,
    what: "a file of targets",
    parts: &[Field("targets", List("[]builtins.Target", &Of(&VALUE_ADD_TARGET)))],
};
