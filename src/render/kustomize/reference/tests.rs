//! Tests against kustomize's own packages; see `testdata/kustomize/reference/README.md`.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use super::{names, vars};
use crate::diag::Diagnostics;
use crate::provenance::Recorder;
use crate::render::helm::Charts;
use crate::render::kustomize::context::Context;
use crate::render::kustomize::factory;
use crate::render::kustomize::field_spec::FieldSpec;
use crate::render::kustomize::id::Gvk;
use crate::render::kustomize::loader::Loader;
use crate::render::kustomize::openapi::Schema;
use crate::render::kustomize::options::Options;
use crate::render::kustomize::resmap::ResMap;
use crate::render::kustomize::resource::{PreviousId, Resource};
use crate::render::kustomize::transformer_config::NameBackReferences;
use crate::world::{FilePath, MemoryTree, Reader, World};
use crate::yaml::{Node, emit};

const DIRECTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/kustomize/reference");

/// Works with files as a kustomization at their root does.
pub(in crate::render::kustomize) fn with_context<R>(
    files: &[(&str, &str)],
    recorder: &Recorder,
    work: impl FnOnce(&Context) -> R,
) -> R {
    let world = World::new();
    let tree = MemoryTree::new(files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())));
    let tree = world.mount(Arc::new(tree));
    let reader = Reader::new(&world);
    let options = Options::default();
    let loader = Loader::new(&reader, FilePath::new(tree, ""), &options);
    let ctx = Context {
        loader: &loader,
        file: &FilePath::new(tree, "kustomization.yaml"),
        schema: &Schema::default(),
        charts: &Charts::new(),
        recorder,
        warnings: &RefCell::new(Diagnostics::new()),
        said: &RefCell::new(Vec::new()),
    };
    work(&ctx)
}

/// The resources of a file. What kustomize remembers in annotations becomes what we remember.
pub(in crate::render::kustomize) fn resources(path: &str, ctx: &Context) -> ResMap {
    let path = FilePath::new(ctx.file.tree, path);
    let file = ctx.loader.reader.text(&path).unwrap();
    let (resources, _) = factory::from_source(&file, &path).unwrap();
    let mut map = ResMap::new();
    for mut resource in resources {
        remember(&mut resource);
        map.append(resource).unwrap();
    }
    map
}

fn remember(resource: &mut Resource) {
    let mut list = |key: &str| -> Vec<ecow::EcoString> {
        let key = format!("internal.config.kubernetes.io/{key}");
        let text = resource.metadata_text("annotations", &key).unwrap_or_default();
        resource.remove_annotation(&key);
        if text.is_empty() { Vec::new() } else { text.split(',').map(Into::into).collect() }
    };
    let (names, namespaces, kinds) = (list("previousNames"), list("previousNamespaces"), list("previousKinds"));
    let (prefixes, suffixes) = (list("prefixes"), list("suffixes"));
    let previous = names.into_iter().zip(namespaces).zip(kinds);
    resource.previous = previous.map(|((name, namespace), kind)| PreviousId { kind, name, namespace }).collect();
    (resource.prefixes, resource.suffixes) = (prefixes, suffixes);
}

fn text(node: &Node, key: &str) -> ecow::EcoString {
    node.get(key).and_then(Node::as_str).unwrap_or_default().into()
}

fn gvk(node: &Node) -> Gvk {
    Gvk::new(text(node, "group"), text(node, "version"), text(node, "kind"))
}

/// The field specs of a list.
fn specs_of(list: Option<&Node>) -> Vec<FieldSpec> {
    let list = list.and_then(Node::as_seq).unwrap_or_default();
    list.iter().map(|spec| FieldSpec { gvk: gvk(spec), path: text(spec, "path"), ..FieldSpec::default() }).collect()
}

fn references() -> Vec<NameBackReferences> {
    let config = crate::yaml::unmarshal(&std::fs::read_to_string(format!("{DIRECTORY}/names.yaml")).unwrap()).unwrap();
    let list = config.get("nameReference").and_then(Node::as_seq).unwrap().to_vec();
    list.iter()
        .map(|entry| NameBackReferences { gvk: gvk(entry), referrers: specs_of(entry.get("fieldSpecs")) })
        .collect()
}

#[test]
fn names_are_followed_as_in_kustomize() {
    let references = references();
    let cases = std::fs::read_to_string(format!("{DIRECTORY}/names.jsonl")).unwrap();
    let mut wrong = Vec::new();
    for (number, line) in cases.lines().enumerate() {
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        let input = case["input"].as_str().unwrap();
        let fault = with_context(&[("a.yaml", input)], &Recorder::off(), |ctx| {
            let mut map = resources("a.yaml", ctx);
            let before: HashMap<String, String> =
                map.resources().iter().enumerate().map(|(at, r)| (at.to_string(), emit(r.node()))).collect();
            match (names::fix(&mut map, &references, ctx), case["error"].as_str()) {
                (Ok(()), None) => {
                    let output: serde_json::Map<String, serde_json::Value> = map
                        .resources()
                        .iter()
                        .enumerate()
                        .map(|(at, r)| (at.to_string(), emit(r.node())))
                        .filter(|(at, text)| before[at] != *text || case["changed"].get(at).is_some())
                        .map(|(at, text)| (at, text.into()))
                        .collect();
                    let by: serde_json::Map<String, serde_json::Value> = map
                        .resources()
                        .iter()
                        .enumerate()
                        .filter(|(_, r)| !r.ref_by.is_empty())
                        .map(|(at, r)| (at.to_string(), r.ref_by.iter().map(ToString::to_string).collect()))
                        .collect();
                    if serde_json::Value::from(output.clone()) != case["changed"] {
                        Some(format!("expected: {:#}\ngot: {output:#?}\nin:\n{input}", case["changed"]))
                    } else if serde_json::Value::from(by.clone()) != case["refBy"] {
                        Some(format!("refBy: {by:?} {}", case["refBy"]))
                    } else {
                        None
                    }
                }
                (Err(failure), Some(error)) if error.starts_with("panic") => {
                    failure.diagnostics.is_empty().then(|| "no diagnostic".to_owned())
                }
                (Err(failure), Some(error)) => {
                    (!failure.text.starts_with(error)).then(|| format!("expected: {error}\ngot: {}", failure.text))
                }
                (result, error) => Some(format!("{result:?}, expected {error:?}\n{input}")),
            }
        });
        wrong.extend(fault.map(|fault| format!("case {number}: {fault}")));
    }
    assert!(
        wrong.is_empty(),
        "{} wrong\n{}",
        wrong.len(),
        wrong.iter().take(5).cloned().collect::<Vec<_>>().join("\n")
    );
}

/// Those of kustomize's own fields that the cases have.
const VAR_REFERENCES: &str = "
- {kind: Deployment, path: spec/template/spec/containers/args}
- {kind: Deployment, path: spec/template/spec/containers/command}
- {kind: Deployment, path: spec/template/spec/containers/env/value}
- {kind: Deployment, path: spec/template/spec/containers/volumeMounts/mountPath}
- {kind: Deployment, path: spec/template/metadata/annotations}
- {path: metadata/labels}
- {path: metadata/annotations}
";

#[test]
fn vars_are_resolved_as_in_kustomize() {
    let specs = crate::yaml::unmarshal(VAR_REFERENCES).unwrap();
    let specs = specs_of(Some(&specs));
    let base = std::fs::read_to_string(format!("{DIRECTORY}/vars.yaml")).unwrap();
    let cases = std::fs::read_to_string(format!("{DIRECTORY}/vars.jsonl")).unwrap();
    let mut wrong = Vec::new();
    let mut count = 0;
    for (number, line) in cases.lines().enumerate() {
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        let kustomization = case["files"]["kustomization.yaml"].as_str().unwrap();
        let Some(input) = case["files"]["r.yaml"].as_str().map(|text| text.replacen("BASE", &base, 1)) else {
            continue;
        };
        if ["configurations", "name"].iter().any(|key| kustomization.lines().any(|line| line.starts_with(key))) {
            continue;
        }
        count += 1;
        let files = [("r.yaml", input.as_str()), ("kustomization.yaml", kustomization)];
        for recorder in [Recorder::off(), Recorder::recording()] {
            let fault = with_context(&files, &recorder, |ctx| {
                let file = ctx.loader.reader.text(ctx.file).unwrap();
                let incoming = crate::render::kustomize::read::kustomization(&file).unwrap().vars;
                let mut map = resources("r.yaml", ctx);
                let mut known = vars::VarSet::new();
                let result = vars::merge(&mut map, &mut known, &incoming)
                    .and_then(|()| vars::resolve(&mut map, &known, &specs, ctx));
                match (result, case["error"].as_str()) {
                    (Ok(()), None) => {
                        let output: Vec<String> = map.resources().iter().map(|r| emit(r.node())).collect();
                        let (output, expected) = (output.join("---\n"), case["expected"].as_str().unwrap());
                        // In which order fields are looked at is another's affair.
                        let mut said: Vec<String> =
                            ctx.said.borrow().iter().flat_map(|said| said.split('\n')).map(Into::into).collect();
                        let mut expected_said: Vec<&str> =
                            case["said"].as_array().unwrap().iter().filter_map(serde_json::Value::as_str).collect();
                        said.sort_unstable();
                        expected_said.sort_unstable();
                        if output != expected {
                            Some(similar::TextDiff::from_lines(expected, &output).unified_diff().to_string())
                        } else {
                            (said != expected_said).then(|| format!("said {said:?}, expected {expected_said:?}"))
                        }
                    }
                    (Err(failure), Some(error)) => {
                        let unplaced = failure.diagnostics.iter().any(|d| d.primary.is_none());
                        (failure.text != error || unplaced)
                            .then(|| format!("expected: {error}\ngot: {}\n{:?}", failure.text, failure.diagnostics))
                    }
                    (result, error) => Some(format!("{result:?}, expected {error:?}")),
                }
            });
            wrong.extend(fault.map(|fault| format!("case {number}: {kustomization}\n{fault}")));
        }
    }
    assert!(count > 90, "{count}");
    assert!(
        wrong.is_empty(),
        "{} wrong\n{}",
        wrong.len(),
        wrong.iter().take(12).cloned().collect::<Vec<_>>().join("\n")
    );
}
