use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map as Object, Value as Json, json};

use super::*;
use crate::render::kustomize::options::Options;
use crate::render::kustomize::read::show;
use crate::world::{FilePath, MemoryTree, Reader, World};

const CONFIGURATIONS: &str = include_str!("../../../../testdata/kustomize/config/configurations.jsonl");

/// Calls something with the loader of a directory of these files, and their names.
pub fn with_files<R>(files: &BTreeMap<String, String>, run: impl FnOnce(&[Text], &Loader) -> R) -> R {
    let world = World::new();
    let tree = files.iter().map(|(path, text)| (format!("app/{path}"), text.clone()));
    let tree = world.mount(Arc::new(MemoryTree::new(tree)));
    let options = Options::default();
    let reader = Reader::new(&world);
    let loader = Loader::new(&reader, FilePath::new(tree, "app"), &options);
    let names: Vec<Text> = files.keys().map(|name| Text::new(name.as_str(), Origin::NONE)).collect();
    run(&names, &loader)
}

pub fn files_of(case: &Json) -> BTreeMap<String, String> {
    let files = case["files"].as_object().into_iter().flatten();
    files.map(|(path, text)| (path.clone(), text.as_str().unwrap().to_owned())).collect()
}

pub fn specs(specs: &[FieldSpec]) -> Json {
    show::list(specs, show::field_spec)
}

pub fn references(references: &[NameBackReferences]) -> Json {
    let back =
        |back: &NameBackReferences| show::joined([show::gvk(&back.gvk), json!({"fieldSpecs": specs(&back.referrers)})]);
    show::list(references, back)
}

pub fn shown(config: &TransformerConfig) -> Json {
    show::pruned(&json!({
        "namePrefix": specs(&config.name_prefix),
        "nameSuffix": specs(&config.name_suffix),
        "namespace": specs(&config.namespace),
        "commonLabels": specs(&config.common_labels),
        "labels": specs(&config.labels),
        "templateLabels": specs(&config.template_labels),
        "commonAnnotations": specs(&config.common_annotations),
        "nameReference": references(&config.name_reference),
        "varReference": specs(&config.var_reference),
        "images": specs(&config.images),
        "replicas": specs(&config.replicas),
    }))
}

/// With specs of one type in the order of their paths: upstream's sort may leave them in any.
pub fn settled(sections: &Json) -> Json {
    let key = |spec: &Json| ["kind", "version", "group"].map(|part| spec[part].clone());
    let mut sections = sections.clone();
    for (name, section) in sections.as_object_mut().unwrap() {
        let specs = section.as_array_mut().unwrap();
        if name != "nameReference" {
            specs
                .chunk_by_mut(|a, b| key(a) == key(b))
                .for_each(|run| run.sort_by_key(|spec| spec["path"].to_string()));
        }
    }
    sections
}

fn built(files: &BTreeMap<String, String>) -> Result<Arc<TransformerConfig>> {
    let config = with_files(files, TransformerConfig::load)?;
    TransformerConfig::merged(TransformerConfig::nothing(), &config)
}

#[test]
fn configurations_are_merged_as_kustomize_does() {
    let mut lines = CONFIGURATIONS.lines().map(|line| serde_json::from_str::<Json>(line).unwrap());
    let builtin = lines.next().unwrap()["builtin"].take();
    assert_eq!(shown(TransformerConfig::builtin()), builtin);
    let mut wrong = Vec::new();
    for case in lines {
        let (got, expected) = match built(&files_of(&case)) {
            Err(failure) => (json!(failure.text), case["error"].clone()),
            Ok(config) => {
                let mut all: Object<String, Json> = shown(&config).as_object().unwrap().clone();
                all.retain(|section, specs| Some(&*specs) != builtin.get(section));
                let mut references = Json::Null;
                if let Some(Json::Array(list)) = all.get_mut("nameReference") {
                    references = json!(list.len());
                    list.retain(|back| !builtin["nameReference"].as_array().unwrap().contains(back));
                }
                let expected = match case.get("changed") {
                    Some(changed) => json!([settled(changed), case["references"]]),
                    None => case["error"].clone(),
                };
                // An empty reference says nothing, and is told so.
                (json!([settled(&Json::Object(all)), references]), show::pruned(&expected))
            }
        };
        let got = show::pruned(&got);
        if got != expected {
            wrong.push(format!("{}\n  got      {got}\n  expected {expected}", case["files"]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_the_same_everywhere_is_shared() {
    let builtin = TransformerConfig::builtin();
    let nothing = TransformerConfig::nothing();
    let merged = |own, more| TransformerConfig::merged(own, more).unwrap();
    assert!(Arc::ptr_eq(&merged(builtin, builtin), builtin));
    assert!(Arc::ptr_eq(&merged(nothing, builtin), builtin));
    assert!(Arc::ptr_eq(&merged(builtin, nothing), builtin));
    assert!(Arc::ptr_eq(&with_files(&BTreeMap::new(), TransformerConfig::load).unwrap(), builtin));
    // And that sharing changes nothing.
    for (own, more) in [(builtin, builtin), (nothing, builtin), (builtin, nothing)] {
        assert_eq!(shown(&own.merge(more).unwrap()), shown(&merged(own, more)));
    }
    let files = BTreeMap::from([("a.yaml".to_owned(), "namePrefix: [{path: spec/x, kind: X}]".to_owned())]);
    let own = built(&files).unwrap();
    assert!(Arc::ptr_eq(&merged(&own, &own), &own));
    assert!(Arc::ptr_eq(&merged(nothing, &own), &own));
}

#[test]
fn a_contradiction_is_told_at_both_places() {
    let text = "labels:\n- path: spec/l\n- path: spec/l\n  create: true\n";
    let files = BTreeMap::from([("a.yaml".to_owned(), text.to_owned())]);
    let failure = built(&files).unwrap_err();
    let diagnostic = failure.diagnostics.iter().next().unwrap();
    assert_eq!(
        diagnostic.message,
        "two field specs say of `spec/l` that it is not to be created and that it is to be created"
    );
    let at = |label: &crate::diag::Label| (label.span.start, label.text.clone());
    assert_eq!(diagnostic.primary.as_ref().map(at), Some((25, "is to be created".to_owned())));
    assert_eq!(diagnostic.secondary.first().map(at), Some((10, "is not to be created".to_owned())));
}
