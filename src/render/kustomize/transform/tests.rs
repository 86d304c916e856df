//! Transformers against kustomize's own, on the cases of `testdata/kustomize/transform`.

use std::borrow::Cow;
use std::cell::RefCell;
use std::path::Path;
use std::sync::Arc;

use super::super::context::Context;
use super::super::factory;
use super::super::failure::Result;
use super::super::field_spec::FieldSpec;
use super::super::generate::iam_policy;
use super::super::id::Gvk;
use super::super::loader::Loader;
use super::super::openapi::Schema;
use super::super::options::Options;
use super::super::resmap::ResMap;
use super::super::scalar::text_of;
use super::super::testing::{Case, cases, difference};
use super::super::transformer_config::TransformerConfig;
use super::super::types::{IamPolicy, Image, Pairs, Replica, Selector, SortOptions, Text, ValueAdd, ValueAddTarget};
use super::namespace::Namespace;
use super::{affix, annotations, images, labels, replicas, sort, value_add};
use crate::diag::Diagnostics;
use crate::provenance::Recorder;
use crate::render::helm::Charts;
use crate::source::SourceKind;
use crate::world::{FilePath, MemoryTree, Reader, World};
use crate::yaml::{self, Dialect, Node};

/// Runs `body` with a context to transform in.
fn with_context(body: impl FnOnce(&Context)) {
    let world = World::new();
    let tree = world.mount(Arc::new(MemoryTree::new([("kustomization.yaml", "")])));
    let (reader, options) = (Reader::new(&world), Options::default());
    let loader = Loader::new(&reader, FilePath::new(tree, ""), &options);
    let (schema, charts, recorder) = (Schema::default(), Charts::new(), Recorder::off());
    let (warnings, said) = (RefCell::new(Diagnostics::new()), RefCell::new(Vec::new()));
    body(&Context {
        loader: &loader,
        file: &FilePath::new(tree, "kustomization.yaml"),
        schema: &schema,
        charts: &charts,
        recorder: &recorder,
        warnings: &warnings,
        said: &said,
    });
}

fn text(node: &Node, keys: &[&str]) -> Text {
    node.at(keys).map_or_else(Text::default, |node| Text::new(text_of(node).unwrap_or_default(), node.origin))
}

fn specs(node: &Node) -> Vec<FieldSpec> {
    let builtin = TransformerConfig::builtin();
    let list = match node.get("fieldSpecs") {
        None => return Vec::new(),
        Some(list) => match list.as_str() {
            Some("commonAnnotations") => return builtin.common_annotations.clone(),
            Some("commonLabels") => return builtin.common_labels.clone(),
            Some("images") => return builtin.images.clone(),
            Some("namePrefix") => return builtin.name_prefix.clone(),
            Some("nameSuffix") => return builtin.name_suffix.clone(),
            Some("namespace") => return builtin.namespace.clone(),
            Some("replicas") => return builtin.replicas.clone(),
            Some("templateLabels") => return builtin.template_labels.clone(),
            Some(other) => panic!("{other}?"),
            None => list.as_seq().unwrap_or_default(),
        },
    };
    let spec = |node: &Node| FieldSpec {
        gvk: Gvk::new(text(node, &["group"]).text, text(node, &["version"]).text, text(node, &["kind"]).text),
        path: text(node, &["path"]).text,
        create: node.get("create").and_then(Node::as_bool).unwrap_or_default(),
        origin: node.origin,
    };
    list.iter().map(spec).collect()
}

fn pairs(node: Option<&Node>) -> Pairs {
    let entries = node.and_then(Node::as_map).into_iter().flatten();
    let mut pairs: Pairs = entries
        .map(|e| (Text::new(e.key.clone(), e.key_origin), Text::new(text_of(&e.value).unwrap(), e.value.origin)))
        .collect();
    pairs.sort_by(|a, b| a.0.text.cmp(&b.0.text));
    pairs
}

/// Does what a configuration says.
fn transform(map: &mut ResMap, config: &Node, ctx: &Context) -> Result<()> {
    let specs = specs(config);
    match config.str_at(&["kind"]).unwrap() {
        "NamespaceTransformer" => Namespace {
            namespace: text(config, &["metadata", "namespace"]),
            field_specs: Cow::Owned(specs),
            unset_only: config.get("unsetOnly").and_then(Node::as_bool).unwrap_or_default(),
            set_role_binding_subjects: text(config, &["setRoleBindingSubjects"]),
        }
        .apply(map, ctx),
        "PrefixTransformer" => affix::prefix(map, &text(config, &["prefix"]), &specs, ctx),
        "SuffixTransformer" => affix::suffix(map, &text(config, &["suffix"]), &specs, ctx),
        "LabelTransformer" => labels::add(map, &pairs(config.get("labels")), &specs, ctx),
        "AnnotationsTransformer" => annotations::add(map, &pairs(config.get("annotations")), &specs, ctx),
        "ImageTagTransformer" => {
            let tag = config.get("imageTag").unwrap();
            let image = Image {
                name: text(tag, &["name"]),
                new_name: text(tag, &["newName"]),
                tag_suffix: text(tag, &["tagSuffix"]),
                new_tag: text(tag, &["newTag"]),
                digest: text(tag, &["digest"]),
                origin: tag.origin,
            };
            images::set(map, &image, &specs, ctx)
        }
        "ReplicaCountTransformer" => {
            let replica = config.get("replica").unwrap();
            let count = replica.get("count").unwrap();
            let name = text(replica, &["name"]);
            let count =
                Replica { name, count: count.as_i64().unwrap(), count_at: count.origin, origin: replica.origin };
            replicas::set(map, &count, &specs, ctx)
        }
        "ValueAddTransformer" => {
            let target = |node: &Node| ValueAddTarget {
                selector: node.get("selector").map(|node| Selector {
                    group: text(node, &["group"]),
                    version: text(node, &["version"]),
                    kind: text(node, &["kind"]),
                    name: text(node, &["name"]),
                    namespace: text(node, &["namespace"]),
                    annotation_selector: text(node, &["annotationSelector"]),
                    label_selector: text(node, &["labelSelector"]),
                    origin: node.origin,
                }),
                field_path: text(node, &["fieldPath"]),
                file_path_position: node.get("filePathPosition").and_then(Node::as_i64).unwrap_or_default(),
                origin: node.origin,
            };
            let mut value = text(config, &["value"]);
            value.text = value.text.trim().into();
            let targets = config.get("targets").and_then(Node::as_seq).unwrap_or_default();
            value_add::apply(map, &ValueAdd { value, targets: targets.iter().map(target).collect() }, ctx)
        }
        "SortOrderTransformer" => {
            let said = config.get("sortOptions").unwrap();
            let kinds = |node: &Node, key: &str| -> Vec<ecow::EcoString> {
                let list = node.get(key).and_then(Node::as_seq).unwrap_or_default();
                list.iter().map(|kind| kind.as_str().unwrap().into()).collect()
            };
            let legacy = said.get("legacySortOptions").filter(|legacy| !legacy.is_null());
            let legacy = legacy.map(|legacy| (kinds(legacy, "orderFirst"), kinds(legacy, "orderLast")));
            sort::sort(map, &SortOptions { order: text(said, &["order"]), legacy, origin: said.origin })
        }
        "IAMPolicyGenerator" => {
            let policy = IamPolicy {
                cloud: text(config, &["cloud"]),
                service_name: text(config, &["kubernetesService", "name"]),
                service_namespace: text(config, &["kubernetesService", "namespace"]),
                account_name: text(config, &["serviceAccount", "name"]),
                project_id: text(config, &["serviceAccount", "projectId"]),
                origin: config.origin,
            };
            map.absorb(iam_policy::generate(&policy, ctx)?)
        }
        other => panic!("{other}?"),
    }
}

/// What a case gives: `output` and `remembered`, or `error`.
fn run(case: &Case, inputs: &[Case], ctx: &Context) -> Result<(String, String)> {
    let input = match case.section("resources") {
        Some(names) => {
            let find = |name: &str| inputs.iter().find(|input| input.name == name).unwrap().section("input").unwrap();
            names.split_whitespace().map(find).collect::<Vec<_>>().join("---\n")
        }
        None => case.section("input").unwrap().to_owned(),
    };
    let sources = ctx.loader.reader.world().sources();
    let source = sources.add("input.yaml", input, SourceKind::File);
    let (resources, _) = factory::from_source(&source, ctx.file)?;
    let mut map = ResMap::new();
    map.append_all(resources)?;
    let config = sources.add("transformer.yaml", case.section("transformer").unwrap(), SourceKind::File);
    for document in yaml::parse_file(&config, Dialect::Kubernetes).documents {
        transform(&mut map, &document.node, ctx)?;
    }
    let mut remembered = String::new();
    for resource in map.resources_mut() {
        let previous: Vec<String> = resource.previous_ids().map(|id| id.to_string()).collect();
        remembered += &format!("{} was [{}]", resource.id(), previous.join(" "));
        let list = |list: &[ecow::EcoString]| list.iter().map(|t| format!("{t:?}")).collect::<Vec<_>>().join(" ");
        remembered += &format!(" prefixes [{}] suffixes [{}]\n", list(&resource.prefixes), list(&resource.suffixes));
        let helm_generated = "internal.config.kubernetes.io/helm-generated";
        if resource.metadata_text("annotations", helm_generated).is_some() {
            resource.remove_annotation(helm_generated);
        }
    }
    let documents: Vec<String> = map.resources().iter().map(|resource| yaml::emit(resource.node())).collect();
    Ok((documents.join("---\n"), remembered))
}

/// Runs all cases of a file.
#[track_caller]
fn check(file: &str) {
    let read = |name: &str| {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/kustomize/transform");
        std::fs::read_to_string(dir.join(name)).unwrap()
    };
    let (text, inputs) = (read(file), read("resources.txt"));
    let inputs = cases(&inputs);
    let (mut wrong, mut all) = (Vec::new(), 0);
    with_context(|ctx| {
        for case in cases(&text) {
            all += 1;
            // What the reader of configurations refuses.
            if case.section("error").is_some_and(|error| error.starts_with("config: ")) {
                continue;
            }
            let got = run(&case, &inputs, ctx);
            // Where kustomize itself panics, nothing is asked but that we don't.
            if case.section("panic").is_some() {
                continue;
            }
            let got = match got {
                Ok((output, remembered)) => match case.section("remembered") {
                    Some(_) => format!("--- output\n{output}--- remembered\n{remembered}"),
                    None => format!("--- output\n{output}"),
                },
                Err(failure) => format!("--- error\n{}\n", without_contents(&failure.text)),
            };
            let expected = match (case.section("output"), case.section("remembered")) {
                (Some(output), Some(remembered)) => format!("--- output\n{output}--- remembered\n{remembered}"),
                (Some(output), None) => format!("--- output\n{output}"),
                (None, _) => format!("--- error\n{}\n", without_contents(case.section("error").unwrap())),
            };
            if got != expected {
                let transformer = case.section("transformer").unwrap();
                wrong.push(format!("=== {}\n{transformer}{}", case.name, difference(&expected, &got)));
            }
        }
    });
    assert!(wrong.is_empty(), "{} of {all} cases differ\n{}", wrong.len(), wrong.join("\n"));
}

/// An error without what it shows of resources: kustomize prints them in the style that they are written in, and with
/// annotations of its own.
fn without_contents(error: &str) -> &str {
    let end = [": node contents:", "ID conflict: ["].iter().filter_map(|mark| error.find(mark)).min();
    error[..end.unwrap_or(error.len())].trim_end_matches('\n')
}

#[test]
fn namespaces() {
    check("namespace.txt");
}

#[test]
fn prefixes_and_suffixes() {
    check("affix.txt");
}

#[test]
fn labels_are_added() {
    check("labels.txt");
}

#[test]
fn annotations_are_added() {
    check("annotations.txt");
}

#[test]
fn images_are_set() {
    check("images.txt");
}

#[test]
fn replicas_are_set() {
    check("replicas.txt");
}

#[test]
fn values_are_added() {
    check("value_add.txt");
}

#[test]
fn policies_are_generated() {
    check("iam_policy.txt");
}

#[test]
fn resources_are_sorted() {
    check("sort.txt");
}
