//! Selectors against kustomize's own, on the cases of `testdata/kustomize/select`.

use std::path::Path;

use super::super::super::factory;
use super::super::super::resmap::ResMap;
use super::super::super::resource::Resource;
use super::super::super::types::{Selector, Text};
use super::Matcher;
use crate::source::{Origin, SourceKind, Sources};
use crate::world::{FilePath, MemoryTree, World};
use crate::yaml::{self, Node};

/// The resources, each called differently before.
fn resources(text: &str) -> ResMap {
    let world = World::new();
    let file = FilePath::new(world.mount(std::sync::Arc::new(MemoryTree::default())), "resources.yaml");
    let source = Sources::new().add("resources.yaml", text, SourceKind::File);
    let mut map = ResMap::new();
    map.append_all(factory::from_source(&source, &file).unwrap().0).unwrap();
    for resource in map.resources_mut() {
        resource.store_previous_id();
        resource.set_name(&format!("new-{}", resource.id().name), Origin::NONE);
        if resource.id().namespace == "shop" {
            resource.set_namespace("moved", Origin::NONE);
        }
    }
    map
}

fn selector(node: &Node) -> Selector {
    let text = |key: &str| Text::new(node.str_at(&[key]).unwrap_or_default(), Origin::NONE);
    Selector {
        group: text("group"),
        version: text("version"),
        kind: text("kind"),
        name: text("name"),
        namespace: text("namespace"),
        annotation_selector: text("annotationSelector"),
        label_selector: text("labelSelector"),
        origin: Origin::NONE,
    }
}

/// The ids of what is selected, or the error.
fn selected(matcher: &Matcher, resources: &[Resource]) -> Result<Vec<String>, String> {
    let mut found = Vec::new();
    for resource in resources {
        if matcher.matches(resource).map_err(|failure| failure.text)? {
            found.push(resource.id().to_string());
        }
    }
    Ok(found)
}

#[test]
fn selectors_mean_what_they_mean_to_kustomize() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/kustomize/select");
    let map = resources(&std::fs::read_to_string(dir.join("resources.yaml")).unwrap());
    let cases = std::fs::read_to_string(dir.join("cases.jsonl")).unwrap();
    let mut wrong = Vec::new();
    for case in cases.lines() {
        let case: serde_json::Value = serde_json::from_str(case).unwrap();
        let said = case["selector"].as_str().unwrap();
        let got = match Matcher::new(&selector(&yaml::unmarshal(said).unwrap())) {
            Ok(matcher) => selected(&matcher, map.resources())
                .map_or_else(|error| error, |ids| serde_json::to_string(&ids).unwrap()),
            Err(failure) => failure.text,
        };
        let expected = match case.get("error") {
            Some(error) => error.as_str().unwrap().to_owned(),
            None => case.get("found").map_or("[]".to_owned(), |found| found.to_string()),
        };
        if got != expected {
            wrong.push(format!("{said}\n  kustomize: {expected}\n  terrace:   {got}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[derive(serde::Deserialize)]
struct Case {
    name: String,
    resources: String,
    /// How many of the resources get another name and namespace before.
    #[serde(default)]
    renamed: usize,
    selector: String,
    #[serde(default)]
    expected: Vec<String>,
    error: Option<String>,
}

/// Cases made up by a program: see testdata/kustomize/patch/README.md.
#[test]
fn random_selectors_do_so_too() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/kustomize/patch/selector_random.jsonl");
    let at = FilePath::new(World::new().mount(std::sync::Arc::new(MemoryTree::default())), "resources.yaml");
    let mut wrong = Vec::new();
    let mut count = 0;
    for line in std::fs::read_to_string(file).unwrap().lines() {
        let case: Case = serde_json::from_str(line).unwrap();
        let source = Sources::new().add("resources.yaml", &*case.resources, SourceKind::File);
        let mut all = factory::from_source(&source, &at).unwrap().0;
        for resource in all.iter_mut().take(case.renamed) {
            resource.store_previous_id();
            resource.set_name(&format!("p-{}", resource.id().name), Origin::NONE);
            resource.set_namespace("other", Origin::NONE);
        }
        let found = match Matcher::new(&selector(&yaml::unmarshal(&case.selector).unwrap())) {
            Ok(matcher) => selected(&matcher, &all),
            Err(failure) => Err(failure.text),
        };
        let expected = case.error.map_or(Ok(case.expected), Err);
        if found != expected {
            let (name, resources, selector) = (&case.name, &case.resources, &case.selector);
            wrong.push(format!("=== {name}\n{resources}\n{selector}\nexpected {expected:?}\nfound    {found:?}"));
        }
        count += 1;
    }
    let shown: Vec<&str> = wrong.iter().take(5).map(String::as_str).collect();
    assert!(wrong.is_empty(), "{} of {count} came out otherwise:\n{}", wrong.len(), shown.join("\n"));
    assert!(count >= 300, "{count}");
}
