//! `terrace appset generate`, as a command.

#![expect(clippy::unwrap_used, reason = "helpers of tests, which clippy doesn't take for tests")]

use std::fs;
use std::process::{Command, Output};

use assert_cmd::prelude::*;

const SET: &str = "\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: apps}
spec:
  generators:
    - clusters: {}
  template:
    metadata: {name: 'web-{{name}}'}
    spec:
      project: default
      source: {repoURL: https://git.example.com/acme/fleet.git, path: web, targetRevision: HEAD}
      destination: {server: '{{server}}', namespace: web}
";

const CLUSTERS: &str = "\
apiVersion: terrace.dev/v1alpha1
kind: Cluster
metadata: {name: prod-01, labels: {env: prod}}
spec: {server: https://prod-01.example.com}
";

fn generate(dir: &tempfile::TempDir, args: &[&str]) -> Output {
    let mut command = Command::cargo_bin("terrace").unwrap();
    command.current_dir(dir.path()).args(["appset", "generate"]).args(args).output().unwrap()
}

fn dir(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    dir
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn one_application_is_printed_by_itself_and_several_as_a_list() {
    let dir = dir(&[("set.yaml", SET), ("clusters.yaml", CLUSTERS)]);
    let one = generate(&dir, &["set.yaml", "-o", "yaml"]);
    assert!(one.status.success(), "{}", text(&one.stderr));
    assert!(text(&one.stdout).starts_with("apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata:\n"));
    let two = generate(&dir, &["set.yaml", "--clusters", "clusters.yaml", "-o", "yaml"]);
    assert_eq!(text(&two.stdout).lines().filter(|line| *line == "- apiVersion: argoproj.io/v1alpha1").count(), 2);
    let names = generate(&dir, &["set.yaml", "--clusters", "clusters.yaml", "-o", "name"]);
    assert_eq!(text(&names.stdout), "web-in-cluster\nweb-prod-01\n");
    let table = generate(&dir, &["set.yaml", "-n", "apps"]);
    let table = text(&table.stdout);
    assert!(table.starts_with("NAME                 CLUSTER  "), "{table}");
    assert!(table.contains("\napps/web-in-cluster  https://kubernetes.default.svc  web        default  "), "{table}");
}

#[test]
fn what_is_no_set_is_passed_over_and_nothing_else_is_an_error() {
    let dir = dir(&[("set.yaml", &format!("kind: ConfigMap\n---\n{SET}")), ("none.yaml", "kind: ConfigMap\n")]);
    let ran = generate(&dir, &["set.yaml", "-o", "name"]);
    assert_eq!((ran.status.code(), text(&ran.stdout), text(&ran.stderr)), (Some(0), "web-in-cluster\n", ""));
    let told = generate(&dir, &["set.yaml", "-o", "name", "-v"]);
    assert!(text(&told.stderr).contains("ConfigMap is passed over"), "{}", text(&told.stderr));
    let none = generate(&dir, &["none.yaml"]);
    assert_eq!((none.status.code(), text(&none.stdout)), (Some(1), ""));
    assert!(text(&none.stderr).contains("there is no ApplicationSet in `none.yaml`"), "{}", text(&none.stderr));
    assert_eq!(generate(&dir, &[]).status.code(), Some(1));
}

#[test]
fn an_answer_that_is_missing_is_asked_for_and_then_used() {
    let set = SET
        .replace("clusters: {}", "pullRequest: {github: {owner: acme, repo: web}}")
        .replace("{{name}}", "{{number}}");
    let answer = "apiVersion: terrace.dev/v1alpha1\nkind: GeneratorInputs\nspec:\n  pullRequest:\n    - pullRequests:\n        \
                  - {number: 7, title: T, branch: b, target_branch: main, head_sha: abc, author: jane}\n";
    let dir = dir(&[("set.yaml", &set), ("inputs.yaml", answer)]);
    let without = generate(&dir, &["set.yaml"]);
    assert_eq!((without.status.code(), text(&without.stdout)), (Some(1), ""));
    assert!(text(&without.stderr).contains("- for: {\"github\":{\"owner\":\"acme\",\"repo\":\"web\"}}"));
    let with = generate(&dir, &["set.yaml", "--inputs", "inputs.yaml", "-o", "name"]);
    assert_eq!((with.status.code(), text(&with.stdout)), (Some(0), "web-7\n"), "{}", text(&with.stderr));
}

#[test]
fn repositories_are_directories_that_the_user_names() {
    let generator = "git: {repoURL: https://git.example.com/acme/apps.git, revision: HEAD, directories: [{path: '*'}]}";
    let set = SET.replace("clusters: {}", generator).replace("{{name}}", "{{path.basename}}");
    let dir = dir(&[("set.yaml", &set), ("apps/one/x", ""), ("apps/two/x", ""), ("apps/.hidden/x", "")]);
    let unknown = generate(&dir, &["set.yaml"]);
    assert!(text(&unknown.stderr).contains("error[unknown-repository]"), "{}", text(&unknown.stderr));
    let known = generate(&dir, &["set.yaml", "--repo", "https://git.example.com/acme/apps=apps", "-o", "name"]);
    assert_eq!(text(&known.stdout), "web-one\nweb-two\n", "{}", text(&known.stderr));
}
