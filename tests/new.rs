//! `terrace new`: what it makes passes `check`, and stands where the fleet looks for it.

#![expect(clippy::unwrap_used, reason = "helpers of tests, which clippy doesn't take for tests")]

use std::fs;
use std::path::Path;
use std::process::Command;

/// The example fleet, to be worked on.
fn fleet() -> tempfile::TempDir {
    let tmp = tempfile::tempdir().unwrap();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/fleets/hub-and-spoke");
    for entry in walkdir::WalkDir::new(&from).min_depth(1).into_iter().flatten() {
        let to = tmp.path().join(entry.path().strip_prefix(&from).unwrap());
        match entry.file_type().is_dir() {
            true => fs::create_dir_all(to).unwrap(),
            false => fs::copy(entry.path(), to).map(|_| ()).unwrap(),
        }
    }
    tmp
}

/// The exit code, and what was printed: stdout, then stderr.
fn terrace(dir: &Path, args: &str) -> (i32, String) {
    let words = args.split_whitespace();
    let ran = Command::new(env!("CARGO_BIN_EXE_terrace")).args(words).current_dir(dir).output().unwrap();
    (ran.status.code().unwrap(), String::from_utf8([ran.stdout, ran.stderr].concat()).unwrap())
}

fn made(dir: &Path, args: &str) -> String {
    let (code, said) = terrace(dir, args);
    assert_eq!(code, 0, "{args}: {said}");
    said
}

#[test]
fn all_of_it_passes_check() {
    let fleet = fleet();
    let dir = fleet.path();
    let labels = "--label environment=production --label role=workload --label provider=onprem --label region=fra-9";
    let server = "--server https://prod-02.acme.example:6443";
    let said = made(dir, &format!("new cluster prod-02 {labels} {server} --family data-pipeline"));
    assert!(said.starts_with("clusters/prod-02.yaml\n"), "{said}");
    assert!(said.contains("values/values.prod-02.yaml"), "{said}");
    let said = made(dir, "new team storefront");
    assert!(said.starts_with("teams/storefront/configmap.yaml\n"), "{said}");
    for engine in ["plain", "jinja", "helm", "kustomize"] {
        made(dir, &format!("new app new-{engine} --layer baseline --engine {engine}"));
        made(dir, &format!("new app tenant-{engine} --layer teams-storefront --engine {engine}"));
    }
    // Names that YAML takes for something else.
    made(dir, "new app 123 --layer custom-data-pipeline --stage dependencies --engine helm");
    made(dir, "new app true --layer baseline --engine kustomize");
    made(dir, "new app 1e3 --layer baseline --engine jinja --namespace null");
    let (code, said) = terrace(dir, "check");
    assert_eq!((code, said.lines().count()), (0, 1), "{said}");
    let (_, graph) = terrace(dir, "graph --cluster prod-02");
    for app in [
        "app new-helm (2 objects, namespace new-helm)",
        "app 123 (2 objects, namespace 123)",
        "app tenant-jinja (2 objects, namespace storefront)",
        "app teams-storefront (2 objects, namespace storefront)",
    ] {
        assert!(graph.contains(app), "{app}: {graph}");
    }
}

#[test]
fn mistakes() {
    let fleet = fleet();
    let dir = fleet.path();
    for (args, says) in [
        ("cluster prod-01 --label environment=production", "`prod-01` is declared already"),
        ("cluster prod-02", "needs the label `environment`"),
        ("cluster Prod_02 --label environment=x", "did you mean `prod-02`?"),
        ("cluster ../x --label environment=x", "can't be the name of a cluster"),
        ("cluster c --label environment=a/b", "`a/b` can't be the value of the label `environment`"),
        ("cluster c --label environment=a --label environment=b", "the label `environment` is given twice"),
        ("cluster c --label environment=a --server nowhere", "`nowhere` is not the URL of an API server"),
        ("cluster c --label environment=a --kube-version new", "new"),
        ("team checkout", "is there already"),
        ("team checkout --layer temas", "did you mean `teams`?"),
        ("team checkout --layer baseline", "has no place for a team"),
        ("app monitoring --layer baseline --stage dependencies", "has an app `monitoring` already"),
        ("app x --layer basline", "did you mean `baseline`?"),
        ("app x --layer custom", "which instance of the layer `custom`?"),
        ("app x --layer baseline --stage reosurces", "did you mean `resources`?"),
        ("app x --layer teams-checkout --stage resources", "has no stages"),
        ("app x --layer teams-checkout --namespace y", "bound to its namespace"),
    ] {
        let (code, said) = terrace(dir, &format!("new {args}"));
        assert_eq!(code, 2, "{args}: {said}");
        assert!(said.contains(says), "{args}: {said}");
    }
    let empty = tempfile::tempdir().unwrap();
    let (code, said) = terrace(empty.path(), "new team a");
    assert_eq!(code, 2);
    assert!(said.contains("`terrace init` makes one"), "{said}");
}

/// All that is in the way is told, and nothing is written; a dry run sees it, too.
#[test]
fn nothing_is_written_over() {
    let fleet = fleet();
    let dir = fleet.path();
    let place = dir.join("baseline/resources/x");
    fs::create_dir_all(&place).unwrap();
    fs::write(place.join("deployment.yaml"), "# mine\n").unwrap();
    fs::write(place.join("service.yaml"), "# mine\n").unwrap();
    for dry in ["", " --dry-run"] {
        let (code, said) = terrace(dir, &format!("new app x --layer baseline{dry}"));
        assert_eq!(code, 2, "{said}");
        assert_eq!(said.matches("error[file-exists]").count(), 2, "{said}");
        assert!(!place.join("app.yaml").exists());
    }
    assert_eq!(fs::read_to_string(place.join("service.yaml")).unwrap(), "# mine\n");
    fs::write(dir.join("teams/storefront"), "").unwrap();
    let (code, said) = terrace(dir, "new team storefront");
    assert_eq!((code, said.matches("error[file-exists]").count()), (2, 2), "{said}");
    let said = made(dir, "new app y --layer baseline --dry-run");
    assert!(said.contains("--- baseline/resources/y/app.yaml\napiVersion: terrace.dev/v1alpha1\n"), "{said}");
    assert!(!dir.join("baseline/resources/y").exists());
}
