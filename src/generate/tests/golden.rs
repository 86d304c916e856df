//! `testdata/appset/cases`: sets, and what the controller of Argo CD makes of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::*;
use crate::world::{DiskOptions, DiskTree};

fn testdata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/appset")
}

/// Cases by their group and name.
fn cases() -> Vec<(String, PathBuf)> {
    let list = |dir: &Path| -> Vec<PathBuf> {
        let entries = fs::read_dir(dir).into_iter().flatten();
        let mut dirs: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
        dirs.sort();
        dirs
    };
    let groups = list(&testdata().join("cases"));
    let all = groups.iter().flat_map(|group| list(group)).filter(|case| case.join("set.yaml").is_file());
    let name = |case: &Path| {
        let parts: Vec<_> = case.iter().rev().take(2).map(|part| part.to_str().unwrap()).collect();
        format!("{}/{}", parts[1], parts[0])
    };
    all.map(|case| (name(&case), case)).collect()
}

/// A file of a case, or the one that all cases share.
fn file(case: &Path, name: &str) -> PathBuf {
    let own = case.join(name);
    if own.exists() { own } else { testdata().join("shared").join(name) }
}

fn read(path: &Path) -> Option<String> {
    fs::read_to_string(path).ok()
}

fn scene(case: &Path) -> Scene {
    let tree = DiskTree::open(&file(case, "repo"), DiskOptions::default()).unwrap();
    let mut scene = Scene::new(Arc::new(tree));
    scene = scene.with_clusters(&read(&file(case, "clusters.yaml")).unwrap_or_default());
    scene = scene.with_inputs(&read(&file(case, "inputs.yaml")).unwrap_or_default());
    let projects = scene.documents("projects.yaml", &read(&file(case, "projects.yaml")).unwrap(), Dialect::Kubernetes);
    let name = |node: &Node| node.str_at(&["metadata", "name"]).map(str::to_owned);
    scene.projects = Some(projects.iter().filter_map(name).collect());
    let options = read(&case.join("options.json")).unwrap_or_default();
    let options: BTreeMap<String, serde_json::Value> = serde_json::from_str(&options).unwrap_or_default();
    for (key, value) in options {
        match key.as_str() {
            "newGitFileGlobbing" => scene.new_git_file_globbing = value.as_bool().unwrap(),
            "argocdVersion" => scene.version = Version::try_from(value).unwrap(),
            other => panic!("unknown option {other}"),
        }
    }
    scene
}

/// The fields that the expected Applications have.
fn shown(application: &Node) -> Node {
    let mut application = application.clone();
    let map = application.as_map_mut().unwrap();
    map.remove("operation");
    let metadata = map.get_mut("metadata").and_then(Node::as_map_mut).unwrap();
    let kept = ["name", "namespace", "labels", "annotations", "finalizers"];
    let gone: Vec<_> = metadata.iter().map(|e| e.key.clone()).filter(|key| !kept.contains(&key.as_str())).collect();
    for key in gone {
        metadata.remove(&key);
    }
    application
}

/// Those of the expected Applications that have a name. Argo CD 3.5 tries to create the others, which the API server
/// refuses; here they are refused at once, as in 3.6.
fn named(expected: &str) -> String {
    let documents = expected.split("---\n").filter(|document| !document.is_empty());
    documents.filter(|document| document.contains("\n  name: ")).map(|document| format!("---\n{document}")).collect()
}

/// An error without what names a checkout: its commit and where it stands.
fn normal(error: &str) -> String {
    let checkout = regex::Regex::new(r" revision [0-9a-f]{40}|/checkout/?").unwrap();
    checkout.replace_all(error.trim(), "").into_owned()
}

/// Errors that we tell in other words: those of commands, of panics behind which there is none of Argo CD's words, and
/// of answers that weren't recorded.
const OTHER_WORDS: &[&str] = &[
    "decision/empty-match-labels",
    "git-files/colon-bad-magic",
    "git-files/leading-slash",
    "git-files/outside",
    "plugin/no-config-map",
    "pull-request/not-found",
];

/// What is wrong with a case.
fn fault(name: &str, case: &Path) -> Option<String> {
    let scene = scene(case);
    // A few are called `null`, without quotes.
    let text = read(&case.join("set.yaml")).unwrap().replace("name: null\n", "name: 'null'\n");
    let (set, told) = scene.set(&text);
    let error = read(&case.join("error.txt"));
    let expected = read(&case.join("expected.yaml")).unwrap_or_default();
    let Some(set) = set else {
        let told: Vec<String> = told.into_iter().map(|d| d.message).collect();
        // What the API server refuses, the controller never gets to see: it may make nothing of it without an error.
        return (error.is_none() && !expected.trim().is_empty()).then(|| format!("refused: {told:?}"));
    };
    let expanded = scene.expand(&set);
    let aborted = expanded.aborted.as_ref().map(|aborted| aborted.text.as_str());
    let codes: Vec<_> = expanded.diagnostics.iter().map(|d| d.message.as_str()).collect();
    if let Some(error) = error {
        return match aborted {
            None => Some(format!("not aborted, expected: {error}")),
            Some(_) if !expanded.diagnostics.has_errors() => Some("aborted without a finding".to_owned()),
            Some(text) => {
                let (expected, known) = (normal(&error), OTHER_WORDS.contains(&name));
                match (text.trim() == expected, known) {
                    (true, true) => Some("it has Argo CD's words after all".to_owned()),
                    (false, false) => Some(format!(
                        "
  said {text}
  not  {expected}"
                    )),
                    _ => None,
                }
            }
        };
    }
    if let Some(text) = aborted {
        return Some(format!("aborted: {text}"));
    }
    let made: String = expanded.applications.iter().map(|a| format!("---\n{}", yaml::emit(&shown(&a.node)))).collect();
    let expected = named(&expected);
    if made != expected {
        let diff = similar::TextDiff::from_lines(&expected, &made);
        return Some(format!("{codes:?}\n{}", diff.unified_diff().context_radius(4)));
    }
    let refused = expanded.refused.iter().filter(|refused| refused.why != Why::NoName);
    let refused: String = refused.map(|r| format!("{}: {}\n", r.name, r.text)).collect();
    let expected = read(&case.join("errors.txt")).unwrap_or_default();
    let expected: String =
        expected.lines().filter(|line| !line.starts_with(": ")).map(|line| format!("{line}\n")).collect();
    (refused.trim() != expected.trim()).then(|| format!("refused {refused:?}, expected {expected:?}"))
}

#[test]
fn sets_make_what_the_controller_makes() {
    let only = std::env::var("CASE").unwrap_or_default();
    let cases = cases();
    assert!(cases.len() >= 789, "only {} cases are there", cases.len());
    let mut faults = Vec::new();
    for (name, case) in cases.iter().filter(|(name, _)| name.contains(&only)) {
        if let Some(fault) = fault(name, case) {
            faults.push(format!("{name}: {fault}"));
        }
    }
    assert!(faults.is_empty(), "{} of {} cases:\n{}", faults.len(), cases.len(), faults.join("\n"));
}
