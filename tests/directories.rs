//! Directories as an Application's source, beside what Argo CD makes of them.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;

const ROOT: &str = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: app, namespace: argocd}\nspec:\n  \
                    project: default\n  destination: {server: https://kubernetes.default.svc, namespace: web}\n  source: ";

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// The objects of the app `app`, or none if it is held.
fn rendered(case: &Value) -> Option<Vec<String>> {
    let dir = tempfile::tempdir().unwrap();
    let repository = dir.path().join("repository");
    let text = |t: &Value| {
        let named = regex::Regex::new(r"%([\w-]+)").unwrap();
        let map = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: $1\n";
        named.replace_all(t.as_str().unwrap(), map).into_owned()
    };
    write(dir.path(), "outside.yaml", &text(&Value::from("%outside")));
    for (path, content) in case["files"].as_object().unwrap() {
        write(&repository, &format!("src/{path}"), &text(content));
    }
    for (path, target) in case["links"].as_object().into_iter().flatten() {
        std::os::unix::fs::symlink(target.as_str().unwrap(), repository.join("src").join(path)).unwrap();
    }
    let mut source = serde_json::json!({"repoURL": "https://example.com/x", "path": "src"});
    if !case["directory"].is_null() {
        source["directory"] = case["directory"].clone();
    }
    write(&repository, "root.yaml", &format!("{ROOT}{source}\n"));
    for args in [&["init", "-q"][..], &["remote", "add", "origin", "https://example.com/x"]] {
        let mut git = std::process::Command::new("git");
        git.current_dir(&repository).env_remove("GIT_DIR").env_remove("GIT_INDEX_FILE");
        assert!(git.args(args).status().unwrap().success());
    }
    let mut command = Command::cargo_bin("terrace").unwrap();
    let output = command.current_dir(&repository).args(["render", "root.yaml", "-o", "out"]).output().unwrap();
    let index = std::fs::read_to_string(repository.join("out/in-cluster/terrace.json")).unwrap_or_else(|_| {
        unreachable!("{}: {}", case["name"], String::from_utf8_lossy(&output.stderr));
    });
    let index: Value = serde_json::from_str(&index).unwrap();
    let app = index["apps"].as_array().unwrap().iter().find(|app| app["name"] == "app").unwrap();
    let part = |object: &Value, key: &str| object["id"][key].as_str().unwrap_or_default().to_owned();
    let name = |o: &Value| format!("{}/{}/{}", part(o, "kind"), part(o, "namespace"), part(o, "name"));
    let mut objects: Vec<String> = app["objects"].as_array().unwrap().iter().map(name).collect();
    objects.sort();
    (app["state"] == "rendered").then_some(objects)
}

#[test]
fn directories_are_read_as_argo_cd_reads_them() {
    let cases = include_str!("../testdata/argocd/directories.yaml");
    let cases: Vec<Value> = serde_yaml::from_str(cases).unwrap();
    let mut wrong = Vec::new();
    for case in &cases {
        let expected = case["objects"].as_array().map(|all| {
            let mut all: Vec<String> = all.iter().map(|o| o.as_str().unwrap().to_owned()).collect();
            all.sort();
            all
        });
        let found = rendered(case);
        if found != expected {
            wrong.push(format!("{}: found {found:?}, expected {expected:?}", case["name"]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
