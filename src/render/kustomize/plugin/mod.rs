//! Manifests under `generators`, `transformers` and `validators`: which of kustomize's own plugins they configure, and how
//! (api/internal/plugins/loader, the `Config` methods of api/internal/builtins). Others would run programs, and are refused.

mod affix;
mod structs;
#[cfg(test)]
mod tests;

use super::failure::{Failure, Result};
use super::field_spec::FieldSpec;
use super::loader::Loader;
use super::read::{self, decode, make};
use super::resource::Resource;
use super::types::{
    GeneratorArgs, HelmChart, HelmGlobals, IamPolicy, Image, Pairs, Patch, ReplacementField, Replica, Text, ValueAdd,
    ValueAddTarget,
};
use crate::diag::{Code, Diagnostic};
use crate::source::Origin;
use crate::yaml::Node;

/// A plugin, with its arguments as a kustomization's fields have them.
#[derive(Clone, Debug)]
pub enum Plugin {
    /// `AnnotationsTransformer`.
    Annotations(Pairs, Vec<FieldSpec>),
    /// `ConfigMapGenerator`.
    ConfigMap(GeneratorArgs),
    /// `SecretGenerator`.
    Secret(GeneratorArgs),
    /// `IAMPolicyGenerator`.
    IamPolicy(IamPolicy),
    /// `HelmChartInflationGenerator`.
    Helm(HelmGlobals, Box<HelmChart>),
    /// `HashTransformer`.
    Hash,
    /// `ImageTagTransformer`.
    Image(Image, Vec<FieldSpec>),
    /// `LabelTransformer`.
    Labels(Pairs, Vec<FieldSpec>),
    /// `NamespaceTransformer`.
    Namespace(NamespaceArgs),
    /// `PatchJson6902Transformer`: `jsonOp` as the patch.
    Json6902(Patch),
    /// `PatchStrategicMergeTransformer`.
    StrategicMerge(StrategicMergeArgs),
    /// `PatchTransformer`.
    Patch(Patch),
    /// `PrefixTransformer`.
    Prefix(Text, Vec<FieldSpec>),
    /// `SuffixTransformer`.
    Suffix(Text, Vec<FieldSpec>),
    /// `PrefixSuffixTransformer`: first the prefix, then the suffix.
    PrefixSuffix(Text, Text, Vec<FieldSpec>),
    /// `ReplicaCountTransformer`.
    Replicas(Replica, Vec<FieldSpec>),
    /// `ReplacementTransformer`.
    Replacements(Vec<ReplacementField>),
    /// `ValueAddTransformer`.
    ValueAdd(ValueAdd),
}

/// The arguments of a `NamespaceTransformer`.
#[derive(Clone, Debug, Default)]
pub struct NamespaceArgs {
    /// `metadata.namespace`; empty changes nothing.
    pub namespace: Text,
    /// `fieldSpecs`.
    pub field_specs: Vec<FieldSpec>,
    /// `unsetOnly`.
    pub unset_only: bool,
    /// `setRoleBindingSubjects`: `defaultOnly` (also if empty), `allServiceAccounts` or `none`.
    pub set_role_binding_subjects: Text,
}

/// The arguments of a `PatchStrategicMergeTransformer`.
#[derive(Clone, Debug, Default)]
pub struct StrategicMergeArgs {
    /// `paths`: of files, or patches themselves.
    pub paths: Vec<Text>,
    /// `patches`: documents.
    pub patches: Text,
}

/// The `apiVersion` of kustomize's own plugins.
const BUILTIN: &str = "builtin";

/// Plugins that make resources; the others change some.
const GENERATORS: [&str; 4] =
    ["ConfigMapGenerator", "IAMPolicyGenerator", "SecretGenerator", "HelmChartInflationGenerator"];
const TRANSFORMERS: [&str; 14] = [
    "AnnotationsTransformer",
    "HashTransformer",
    "ImageTagTransformer",
    "LabelTransformer",
    "NamespaceTransformer",
    "PatchJson6902Transformer",
    "PatchStrategicMergeTransformer",
    "PatchTransformer",
    "PrefixSuffixTransformer",
    "PrefixTransformer",
    "SuffixTransformer",
    "ReplacementTransformer",
    "ReplicaCountTransformer",
    "ValueAddTransformer",
];

/// What says that a manifest is for a function, in a container or as a program.
const FUNCTION: [&str; 2] = ["config.kubernetes.io/function", "config.k8s.io/function"];

impl Plugin {
    /// The plugin that a manifest configures.
    ///
    /// # Errors
    /// One that isn't kustomize's own; a configuration that it wouldn't take.
    pub fn of(config: &Resource, loader: &Loader) -> Result<Self> {
        let id = config.original_id();
        if !(id.gvk.group.is_empty() && id.gvk.version == BUILTIN) {
            return Err(refused(config, &id.gvk.kind));
        }
        let Some(read) = reader_of(&id.gvk.kind) else { return Err(unknown(config)) };
        let configured = read(config.node(), loader);
        configured.map_err(|failure| {
            let failure = failure.at(config.declared_at, "this configuration");
            failure.prefixed(&format!("plugin {id} fails configuration"))
        })
    }

    /// Whether it makes resources.
    pub fn is_generator(&self) -> bool {
        matches!(self, Self::ConfigMap(_) | Self::Secret(_) | Self::IamPolicy(_) | Self::Helm(..))
    }
}

/// A plugin outside of kustomize.
fn refused(config: &Resource, kind: &str) -> Failure {
    let text = format!("external plugins disabled; unable to load external plugin '{kind}'");
    let node = config.node();
    let function = FUNCTION.iter().find_map(|name| node.at(&["metadata", "annotations", name]));
    let (message, place, label) = match function {
        Some(function) => (format!("`{kind}` is a function"), function, "a container or a program"),
        None => {
            let version = node.get("apiVersion").unwrap_or(node);
            (format!("`{kind}` is a plugin outside of kustomize"), version, "no plugin of kustomize's own")
        }
    };
    let hint = match GENERATORS.contains(&kind) || TRANSFORMERS.contains(&kind) {
        true => format!("kustomize's own `{kind}` has `apiVersion: {BUILTIN}`"),
        false => "Terrace runs no programs: run it yourself and commit what it makes".to_owned(),
    };
    let diagnostic = Diagnostic::error(Code::PLUGIN_REFUSED, message).at(place.origin, label).hint(hint);
    Failure::told(text, diagnostic).at(config.declared_at, "this configuration")
}

fn unknown(config: &Resource) -> Failure {
    let gvk = &config.id().gvk;
    let message = format!("kustomize has no plugin `{}`", gvk.kind);
    let kind = config.node().get("kind").unwrap_or(config.node());
    let diagnostic = Diagnostic::error(Code::INVALID_KUSTOMIZATION, message)
        .at(kind.origin, "no such plugin")
        .did_you_mean(&gvk.kind, GENERATORS.into_iter().chain(TRANSFORMERS));
    Failure::told(format!("unable to load builtin {gvk}"), diagnostic)
}

type Read = fn(&Node, &Loader) -> Result<Plugin>;

fn reader_of(kind: &str) -> Option<Read> {
    Some(match kind {
        "AnnotationsTransformer" => |node, _| {
            let node = decode(node, &structs::ANNOTATIONS)?;
            Ok(Plugin::Annotations(make::pairs(&node, "annotations"), field_specs(&node)))
        },
        "ConfigMapGenerator" => |node, _| Ok(Plugin::ConfigMap(generator(&decode(node, &structs::CONFIG_MAP)?))),
        "SecretGenerator" => |node, _| Ok(Plugin::Secret(generator(&decode(node, &structs::SECRET)?))),
        "IAMPolicyGenerator" => |node, _| Ok(Plugin::IamPolicy(iam_policy(&decode(node, &structs::IAM_POLICY)?))),
        "HelmChartInflationGenerator" => |node, _| {
            let node = decode(node, &structs::HELM)?;
            Ok(Plugin::Helm(make::helm_globals(&node), Box::new(make::helm_chart(&node))))
        },
        "HashTransformer" => |_, _| Ok(Plugin::Hash),
        "ImageTagTransformer" => |node, _| {
            let node = decode(node, &structs::IMAGE_TAG)?;
            Ok(Plugin::Image(make::image(within(&node, "imageTag")), field_specs(&node)))
        },
        "LabelTransformer" => |node, _| {
            let node = decode(node, &structs::LABELS)?;
            Ok(Plugin::Labels(make::pairs(&node, "labels"), field_specs(&node)))
        },
        "NamespaceTransformer" => |node, _| namespace(node).map(Plugin::Namespace),
        "PatchJson6902Transformer" => |node, _| {
            let node = decode(node, &structs::JSON6902)?;
            Ok(Plugin::Json6902(Patch { patch: make::text(&node, "jsonOp"), ..make::patch(&node) }))
        },
        "PatchStrategicMergeTransformer" => |node, _| {
            let node = decode(node, &structs::STRATEGIC_MERGE)?;
            let (paths, patches) = (make::texts(&node, "paths"), make::text(&node, "patches"));
            Ok(Plugin::StrategicMerge(StrategicMergeArgs { paths, patches }))
        },
        "PatchTransformer" => |node, _| Ok(Plugin::Patch(make::patch(&decode(node, &structs::PATCH)?))),
        "PrefixTransformer" => |node, _| affix::read(node, "prefix").map(|(affix, specs)| Plugin::Prefix(affix, specs)),
        "SuffixTransformer" => |node, _| affix::read(node, "suffix").map(|(affix, specs)| Plugin::Suffix(affix, specs)),
        "PrefixSuffixTransformer" => |node, _| {
            let (prefix, specs) = affix::read(node, "prefix")?;
            let (suffix, _) = affix::read(node, "suffix")?;
            Ok(Plugin::PrefixSuffix(prefix, suffix, specs))
        },
        "ReplicaCountTransformer" => |node, _| {
            let node = decode(node, &structs::REPLICA_COUNT)?;
            Ok(Plugin::Replicas(make::replica(within(&node, "replica")), field_specs(&node)))
        },
        "ReplacementTransformer" => |node, _| {
            let node = decode(node, &structs::REPLACEMENTS)?;
            Ok(Plugin::Replacements(make::list(&node, "replacements", make::replacement_field)))
        },
        "ValueAddTransformer" => |node, loader| value_add(node, loader).map(Plugin::ValueAdd),
        _ => return None,
    })
}

fn field_specs(node: &Node) -> Vec<FieldSpec> {
    make::list(node, "fieldSpecs", make::field_spec)
}

/// A struct within; what has none is as good as an empty one.
fn within<'n>(node: &'n Node, field: &str) -> &'n Node {
    static NONE: Node = Node { value: crate::yaml::Value::Null, origin: Origin::NONE };
    node.get(field).unwrap_or(&NONE)
}

/// The arguments of a generator: its name and namespace may stand under `metadata`, too.
fn generator(node: &Node) -> GeneratorArgs {
    let metadata = within(node, "metadata");
    // Plugins don't look at `env`, which a kustomization's generators have moved.
    let mut args = make::generator(node);
    args.envs = make::texts(node, "envs");
    if args.name.is_empty() {
        args.name = make::text(metadata, "name");
    }
    if args.namespace.is_empty() {
        args.namespace = make::text(metadata, "namespace");
    }
    args
}

fn iam_policy(node: &Node) -> IamPolicy {
    let (service, account) = (within(node, "kubernetesService"), within(node, "serviceAccount"));
    IamPolicy {
        cloud: make::text(node, "cloud"),
        service_name: make::text(service, "name"),
        service_namespace: make::text(service, "namespace"),
        account_name: make::text(account, "name"),
        project_id: make::text(account, "projectId"),
        origin: node.origin,
    }
}

/// Whose namespace a role binding's subjects get.
const SUBJECT_MODES: [&str; 3] = ["defaultOnly", "none", "allServiceAccounts"];

fn namespace(node: &Node) -> Result<NamespaceArgs> {
    let node = decode(node, &structs::NAMESPACE)
        .map_err(|failure| failure.prefixed("unmarshalling NamespaceTransformer config"))?;
    let mode = make::text(&node, "setRoleBindingSubjects");
    if !(mode.is_empty() || SUBJECT_MODES.contains(&&*mode)) {
        let [default, none, all] = SUBJECT_MODES;
        let text = format!(
            "invalid value {:?} for setRoleBindingSubjects: must be one of {default:?}, {none:?} or {all:?}",
            &*mode
        );
        let message = format!("`setRoleBindingSubjects` must be `{default}`, `{none}` or `{all}`");
        let diagnostic = Diagnostic::error(Code::INVALID_KUSTOMIZATION, message).at(mode.origin, "none of these");
        return Err(Failure::told(text, diagnostic.did_you_mean(&mode, SUBJECT_MODES)));
    }
    Ok(NamespaceArgs {
        namespace: make::text(within(&node, "metadata"), "namespace"),
        field_specs: field_specs(&node),
        unset_only: make::flag(&node, "unsetOnly"),
        set_role_binding_subjects: mode,
    })
}

fn value_add(node: &Node, loader: &Loader) -> Result<ValueAdd> {
    let node = decode(node, &structs::VALUE_ADD)?;
    let mut value = make::text(&node, "value");
    value.text = value.trim().into();
    if value.is_empty() {
        value = Text::new(loader.root().name(), node.origin);
    }
    let mut targets = make::list(&node, "targets", value_add_target);
    let path = make::text(&node, "targetFilePath");
    if !path.is_empty() {
        let file = loader.text(&path)?;
        let own = read::document(&file).and_then(|node| decode(&node, &structs::VALUE_ADD_TARGETS));
        let own = own.map_err(|failure| read::named(failure, &path))?;
        targets.extend(make::list(&own, "targets", value_add_target));
    }
    let failure = |text: String| Failure::new(Code::INVALID_KUSTOMIZATION, text);
    if targets.is_empty() {
        return Err(failure("must specify at least one target".to_owned()).at(node.origin, "has no targets"));
    }
    for target in &targets {
        if target.field_path.is_empty() {
            return Err(failure("fieldPath cannot be empty".to_owned()).at(target.origin, "a target without a field"));
        }
        let position = target.file_path_position;
        if position < 0 {
            let text = format!("value of FilePathPosition ({position}) cannot be negative");
            return Err(failure(text).at(target.origin, "of this target"));
        }
    }
    Ok(ValueAdd { value, targets })
}

fn value_add_target(node: &Node) -> ValueAddTarget {
    ValueAddTarget {
        selector: make::optional(node, "selector", make::selector),
        field_path: make::text(node, "fieldPath"),
        file_path_position: make::number(node, "filePathPosition"),
        origin: node.origin,
    }
}
