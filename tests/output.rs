//! What is written, and how: selections, layouts, appliers, held apps, and the same bytes every time.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::Value;

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/fleets/hub-and-spoke")
}

fn files(dir: &Path) -> BTreeMap<String, String> {
    let walk = walkdir::WalkDir::new(dir).into_iter().flatten().filter(|e| e.file_type().is_file());
    let shown = |path: &Path| path.strip_prefix(dir).unwrap().to_string_lossy().into_owned();
    walk.map(|e| (shown(e.path()), std::fs::read_to_string(e.path()).unwrap())).collect()
}

struct Ran {
    code: i32,
    out: String,
    err: String,
}

fn run(dir: &Path, args: &[&str]) -> Ran {
    let mut command = Command::cargo_bin("terrace").unwrap();
    let output = command.current_dir(dir).env("NO_COLOR", "1").args(args).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ran { code: output.status.code().unwrap(), out: text(&output.stdout), err: text(&output.stderr) }
}

/// Renders into `out` and gives the files there.
#[track_caller]
fn render(dir: &Path, out: &Path, code: i32, args: &[&str]) -> BTreeMap<String, String> {
    let ran = run(dir, &[&["render", "-o", out.to_str().unwrap()], args].concat());
    assert_eq!(ran.code, code, "{}", ran.err);
    files(out)
}

fn documents(text: &str) -> Vec<Value> {
    text.split("---\n").map(|text| serde_yaml::from_str(text).unwrap()).collect()
}

/// `<cluster>/<app>` of each file.
fn apps(files: &BTreeMap<String, String>) -> BTreeSet<String> {
    let inside = files.keys().filter(|path| !path.ends_with("terrace.json"));
    inside.map(|path| path.split('/').take(2).collect::<Vec<_>>().join("/")).collect()
}

#[test]
fn the_same_bytes_on_any_number_of_threads_and_in_whatever_order_files_were_made() {
    let one = tempfile::tempdir().unwrap();
    let expected = render(&example(), one.path(), 0, &["--threads", "1"]);
    assert!(expected.len() > 200);
    for threads in ["2", "8"] {
        let out = tempfile::tempdir().unwrap();
        assert!(render(&example(), out.path(), 0, &["--threads", threads]) == expected, "{threads} threads");
    }
    let mut all: Vec<(String, String)> = files(&example()).into_iter().collect();
    for round in 0..3_u64 {
        // A stable shuffle: by a hash of the round and the path.
        all.sort_by_key(|(path, _)| *blake3::hash(format!("{round}{path}").as_bytes()).as_bytes());
        let copy = tempfile::tempdir().unwrap();
        all.iter().for_each(|(path, text)| write(copy.path(), path, text));
        let out = tempfile::tempdir().unwrap();
        assert!(render(copy.path(), out.path(), 0, &[]) == expected, "round {round}");
    }
}

#[test]
fn a_second_run_changes_nothing_and_a_dry_run_writes_nothing() {
    let out = tempfile::tempdir().unwrap();
    let dry = out.path().join("dry");
    assert!(render(&example(), &dry, 0, &["--dry-run"]).is_empty());
    let first = render(&example(), out.path(), 0, &[]);
    let ran = run(&example(), &["render", "-o", out.path().to_str().unwrap()]);
    assert!(ran.err.lines().filter(|line| line.contains("unchanged, ")).count() == 6, "{}", ran.err);
    assert!(files(out.path()) == first);
}

#[test]
fn a_stream_is_the_tree_in_sync_order() {
    let out = tempfile::tempdir().unwrap();
    let tree = render(&example(), out.path(), 0, &[]);
    for cluster in ["ops-01", "dev-01", "prod-01", "aws-eks-prod"] {
        let ran = run(&example(), &["render", "--stdout", "--cluster", cluster]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        let index: Value = serde_json::from_str(&tree[&format!("{cluster}/terrace.json")]).unwrap();
        let mut apps: Vec<Vec<&str>> = Vec::new();
        for app in index["apps"].as_array().unwrap() {
            let paths = app["objects"].as_array().unwrap().iter().map(|o| o["path"].as_str().unwrap());
            apps.push(paths.map(|path| tree[&format!("{cluster}/{path}")].as_str()).collect());
        }
        // Each app as a whole, its objects as the index has them.
        let mut rest = ran.out.as_str();
        while !rest.is_empty() {
            let starts = |app: &Vec<&str>| app.first().is_some_and(|first| rest.starts_with(first));
            let app = apps.remove(apps.iter().position(starts).unwrap());
            let text = app.join("---\n");
            rest = rest.strip_prefix(text.as_str()).unwrap();
            rest = rest.strip_prefix("---\n").unwrap_or(rest);
        }
        assert!(apps.iter().all(Vec::is_empty), "{cluster}: something is missing");
        let all = documents(&ran.out);
        assert!(all.len() > 5);
    }
    let ran = run(&example(), &["render", "--stdout"]);
    assert_eq!(ran.code, 2, "{}", ran.err);
}

#[test]
fn selections_write_and_prune_only_what_they_select() {
    let all = tempfile::tempdir().unwrap();
    let everything = render(&example(), all.path(), 0, &[]);
    let only = |args: &[&str]| {
        let out = tempfile::tempdir().unwrap();
        apps(&render(&example(), out.path(), 0, args))
    };
    let expect = |keep: &dyn Fn(&str, &str) -> bool| -> BTreeSet<String> {
        let kept = |app: &String| app.split_once('/').is_some_and(|(cluster, app)| keep(cluster, app));
        apps(&everything).into_iter().filter(kept).collect()
    };
    assert_eq!(only(&["--cluster", "dev-01"]), expect(&|cluster, _| cluster == "dev-01"));
    assert_eq!(only(&["--cluster", "dev-01", "--cluster", "dr-01"]), expect(&|c, _| c == "dev-01" || c == "dr-01"));
    assert_eq!(only(&["--app", "status-*"]), expect(&|_, app| app.starts_with("status-")));
    // Applications have a namespace, which may be named; layers' apps have none.
    assert_eq!(
        only(&["--app", "argocd/*"]),
        expect(&|cluster, app| app == "root"
            || app.starts_with("status-api")
            || app.starts_with(&format!("{cluster}-"))),
    );
    assert_eq!(only(&["--layer", "teams"]), expect(&|_, app| app.starts_with("teams-")));
    let workloads = ["dev-01", "stag-01", "prod-01"];
    assert_eq!(
        only(&["--cluster-selector", "role=workload", "--layer", "teams"]),
        expect(&|c, app| { workloads.contains(&c) && app.starts_with("teams-") })
    );
    // What is gone is pruned where it was selected, and stays where it was not.
    let copy = tempfile::tempdir().unwrap();
    files(&example()).iter().for_each(|(path, text)| write(copy.path(), path, text));
    std::fs::remove_dir_all(copy.path().join("teams")).unwrap();
    write(copy.path(), "teams/new/c.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: new}\n");
    let after = render(copy.path(), all.path(), 0, &["--layer", "baseline"]);
    assert_eq!(apps(&after), apps(&everything));
    let after = apps(&render(copy.path(), all.path(), 0, &["--layer", "teams", "--cluster", "dev-01"]));
    assert!(after.contains("dev-01/teams-new") && !after.contains("dev-01/teams-checkout"), "{after:?}");
    assert!(after.contains("prod-01/teams-checkout") && !after.contains("prod-01/teams-new"), "{after:?}");
    for unknown in [["--cluster", "dev-1"], ["--layer", "team"]] {
        let ran = run(&example(), &["render", "-o", "/nonexistent", unknown[0], unknown[1]]);
        assert!(ran.code == 2 && ran.err.contains("did you mean"), "{}", ran.err);
    }
}

#[test]
fn one_file_per_app_holds_what_many_files_hold() {
    let (many, one) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let many = render(&example(), many.path(), 0, &[]);
    let one = render(&example(), one.path(), 0, &["--layout", "file-per-app"]);
    let split = |files: &BTreeMap<String, String>, app: &dyn Fn(&str) -> String| {
        let mut objects = BTreeSet::new();
        for (path, text) in files.iter().filter(|(path, _)| !path.ends_with("terrace.json")) {
            objects.extend(text.split("---\n").map(|text| (app(path), text.to_owned())));
        }
        objects
    };
    let first_two = |path: &str| path.split('/').take(2).collect::<Vec<_>>().join("/");
    let bare = |path: &str| path.trim_end_matches(".yaml").to_owned();
    assert_eq!(split(&many, &first_two), split(&one, &bare));
    assert!(one.keys().all(|path| path.split('/').count() == 2));
}

/// A hub whose root makes `good` and `bad` on two clusters; `bad` makes `child` on the spoke.
fn two_apps() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let application = |name: &str, path: &str, cluster: &str| {
        format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: {name}, namespace: argocd}}\nspec:\n  \
             project: p-{name}\n  destination: {{name: {cluster}, namespace: {name}}}\n  source: {{repoURL: \"https://x.example/f\", \
             path: {path}}}\n  syncPolicy: {{automated: {{prune: true}}}}\n  ignoreDifferences: [{{kind: Secret, jsonPointers: [/data]}}]\n"
        )
    };
    let map = |name: &str| format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n");
    write(
        dir.path(),
        "terrace.yaml",
        "apiVersion: terrace.dev/v1alpha1\nkind: Fleet\nmetadata: {name: t}\nspec:\n  argocd: {roots: [{path: boot, on: \
         {matchLabels: {hub: 'yes'}}}]}\n  layers: [{name: base, path: base}]\n  repositories: [{url: 'https://x.example/f', path: .}]\n",
    );
    for (name, hub) in [("hub", "yes"), ("spoke", "no")] {
        let text = format!(
            "apiVersion: terrace.dev/v1alpha1\nkind: Cluster\nmetadata: {{name: {name}, labels: {{hub: '{hub}'}}}}\n"
        );
        write(dir.path(), &format!("clusters/{name}.yaml"), &text);
    }
    write(dir.path(), "boot/good.yaml", &application("good", "good", "in-cluster"));
    write(dir.path(), "boot/bad.yaml", &application("bad", "bad", "in-cluster"));
    write(dir.path(), "good/c.yaml", &map("good"));
    write(dir.path(), "bad/c.yaml", &map("bad"));
    write(dir.path(), "bad/child.yaml", &application("child", "child", "spoke"));
    write(dir.path(), "child/c.yaml", &map("child"));
    write(
        dir.path(),
        "base/resources/web/app.yaml",
        "apiVersion: terrace.dev/v1alpha1\nkind: App\nmetadata: {name: site}\nspec: {namespace: w}\n",
    );
    write(dir.path(), "base/resources/web/c.yaml", &map("web"));
    dir
}

#[test]
fn held_apps_keep_their_files_and_their_childrens_on_every_cluster() {
    let dir = two_apps();
    let out = dir.path().join("rendered");
    let before = render(dir.path(), &out, 0, &[]);
    let maps: Vec<&String> = before.keys().filter(|p| p.ends_with(".yaml")).collect();
    assert_eq!(
        maps,
        [
            "hub/bad/bad/configmap-bad.yaml",
            "hub/good/good/configmap-good.yaml",
            "hub/site/w/configmap-web.yaml",
            "spoke/child/child/configmap-child.yaml",
            "spoke/site/w/configmap-web.yaml",
        ]
    );
    // The parent can't be rendered: its child isn't known any more, and stays.
    write(dir.path(), "bad/broken.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: [\n");
    write(dir.path(), "good/c.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: changed}\n");
    let after = render(dir.path(), &out, 3, &[]);
    let yaml =
        |files: &BTreeMap<String, String>| files.keys().filter(|p| p.ends_with(".yaml")).cloned().collect::<Vec<_>>();
    let renamed: Vec<String> = yaml(&before).iter().map(|p| p.replace("configmap-good", "configmap-changed")).collect();
    assert_eq!(yaml(&after), renamed);
    let index: Value = serde_json::from_str(&after["spoke/terrace.json"]).unwrap();
    let child = index["apps"].as_array().unwrap().iter().find(|a| a["name"] == "child").unwrap();
    assert!(child["state"] == "held" && child["held"]["reason"].as_str().unwrap().contains("argocd/bad"), "{child}");
    // A part that doesn't hold it is fine.
    render(dir.path(), &out, 0, &["--app", "good"]);
    assert_eq!(yaml(&files(&out)), renamed);
    std::fs::remove_file(dir.path().join("bad/broken.yaml")).unwrap();
    render(dir.path(), &out, 0, &[]);
    // An unknown destination, a broken Application: the same.
    let text = std::fs::read_to_string(dir.path().join("boot/bad.yaml")).unwrap();
    for broken in [text.replace("in-cluster", "in-clutser"), text.replace("project: p-bad", "project: [p]")] {
        write(dir.path(), "boot/bad.yaml", &broken);
        assert_eq!(yaml(&render(dir.path(), &out, 3, &[])), renamed);
    }
    // Gone for good: pruned on both clusters.
    std::fs::remove_file(dir.path().join("boot/bad.yaml")).unwrap();
    let gone = yaml(&render(dir.path(), &out, 0, &[]));
    assert!(!gone.iter().any(|p| p.contains("bad") || p.contains("child")), "{gone:?}");
}

#[test]
fn an_app_that_has_another_name_than_its_directory_keeps_its_files_while_its_app_yaml_is_broken() {
    let dir = two_apps();
    let out = dir.path().join("rendered");
    render(dir.path(), &out, 0, &[]);
    for (broken, app) in [("apiVersion: [", "web"), ("metadata: {name: site}\nspec: {wave: soon}\n", "site")] {
        let head = "apiVersion: terrace.dev/v1alpha1\nkind: App\n";
        write(dir.path(), "base/resources/web/app.yaml", &format!("{}{broken}", if app == "web" { "" } else { head }));
        let after = render(dir.path(), &out, 3, &[]);
        assert!(after.contains_key("hub/site/w/configmap-web.yaml"), "{broken}");
        let index: Value = serde_json::from_str(&after["hub/terrace.json"]).unwrap();
        let site = index["apps"].as_array().unwrap().iter().find(|a| a["name"] == "site").unwrap();
        assert_eq!(site["state"], "held", "{broken}");
    }
}

#[test]
fn argo_cd_gets_an_application_for_each_app() {
    let dir = two_apps();
    let out = dir.path().join("rendered");
    let args = ["--applier", "argocd", "--publish-url", "https://x.example/rendered"];
    let after = render(dir.path(), &out, 0, &args);
    let made: BTreeMap<&str, Value> = after
        .iter()
        .filter_map(|(path, text)| {
            Some((path.strip_prefix("hub/argocd-applications/argocd/application.argoproj.io-")?, text))
        })
        .map(|(path, text)| (path.trim_end_matches(".yaml"), serde_yaml::from_str(text).unwrap()))
        .collect();
    let names: Vec<&&str> = made.keys().collect();
    assert_eq!(names, [&"bad", &"child", &"good", &"hub-site", &"spoke-site"]);
    let child = &made["child"]["spec"];
    let source = serde_json::json!({
        "repoURL": "https://x.example/rendered", "targetRevision": "env/spoke", "path": "child", "directory": {"recurse": true}
    });
    assert_eq!(child["source"], source);
    assert_eq!(child["project"], "p-child");
    assert_eq!(child["destination"], serde_json::json!({"name": "spoke", "namespace": "child"}));
    assert_eq!(child["syncPolicy"], serde_json::json!({"automated": {"prune": true}}));
    assert_eq!(child["ignoreDifferences"], serde_json::json!([{"kind": "Secret", "jsonPointers": ["/data"]}]));
    assert_eq!(made["hub-site"]["spec"]["destination"]["server"], "https://kubernetes.default.svc");
    assert_eq!(made["spoke-site"]["spec"]["destination"]["name"], "spoke");
    assert_eq!(made["spoke-site"]["spec"]["source"]["targetRevision"], "env/spoke");
    // Each path is one that the branch has.
    for (name, application) in &made {
        let source = &application["spec"]["source"];
        let cluster = source["targetRevision"].as_str().unwrap().trim_start_matches("env/");
        let path = format!("{cluster}/{}/", source["path"].as_str().unwrap());
        assert!(after.keys().any(|file| file.starts_with(&path)), "{name}: {path}");
    }
    // Without a remote or a URL there is nothing to sync from.
    let ran = run(dir.path(), &["render", "--applier", "argocd", "-o", "elsewhere"]);
    assert!(ran.code != 0 && ran.err.contains("--publish-url"), "{}", ran.err);
}

#[test]
fn flux_gets_a_kustomization_for_each_app_in_the_order_of_waves() {
    let out = tempfile::tempdir().unwrap();
    let args = ["--applier", "flux", "--publish-url", "https://x.example/rendered", "--cluster", "ops-01"];
    let after = render(&example(), out.path(), 0, &args);
    let mut made: BTreeMap<String, Value> = BTreeMap::new();
    for (path, text) in after.iter().filter(|(path, _)| path.starts_with("ops-01/flux-kustomizations/")) {
        let object: Value = serde_yaml::from_str(text).unwrap();
        if object["kind"] == "Kustomization" {
            made.insert(object["metadata"]["name"].as_str().unwrap().to_owned(), object);
        } else {
            assert!(path.contains("gitrepository"), "{path}");
            assert_eq!(object["spec"]["ref"]["branch"], "env/ops-01");
        }
    }
    let written: BTreeSet<String> =
        apps(&after).into_iter().filter_map(|app| Some(app.strip_prefix("ops-01/")?.to_owned())).collect();
    let expected: BTreeSet<String> = written.into_iter().filter(|app| app != "flux-kustomizations").collect();
    assert_eq!(made.keys().cloned().collect::<BTreeSet<_>>(), expected);
    // What is depended on is there, and nothing depends on itself by any way.
    let needs = |name: &str| -> Vec<String> {
        let depends = made[name]["spec"]["dependsOn"].as_array().cloned().unwrap_or_default();
        depends.iter().map(|d| d["name"].as_str().unwrap().to_owned()).collect()
    };
    for name in made.keys() {
        let (mut seen, mut todo) = (BTreeSet::new(), needs(name));
        while let Some(next) = todo.pop() {
            assert!(made.contains_key(&next) && next != *name, "{name} needs {next}");
            if seen.insert(next.clone()) {
                todo.extend(needs(&next));
            }
        }
    }
}

#[test]
fn applications_are_written_only_when_kept() {
    let dir = two_apps();
    let out = dir.path().join("rendered");
    let is_application = |path: &String| path.contains("application.argoproj.io-");
    assert!(!render(dir.path(), &out, 0, &[]).keys().any(is_application));
    let kept = render(dir.path(), &out, 0, &["--keep-applications"]);
    let kept: Vec<&String> = kept.keys().filter(|p| p.contains("argoproj.io-")).collect();
    assert_eq!(
        kept,
        [
            "hub/bad/argocd/application.argoproj.io-child.yaml",
            "hub/root_boot/argocd/application.argoproj.io-bad.yaml",
            "hub/root_boot/argocd/application.argoproj.io-good.yaml",
        ]
    );
}
