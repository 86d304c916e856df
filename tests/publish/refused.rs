//! What isn't published: names that can't be meant, held apps, Secrets.

use super::fleet::{commit, files, fleet, map, publish, small, value};

#[test]
fn what_cannot_be_meant_is_told_all_at_once() {
    let repo = fleet(&["a", "b", "c"]);
    commit(&repo, "1");
    let branches = |args: &[&str]| {
        let told = publish(&repo, args).ends(2);
        assert_eq!(repo.git(&["for-each-ref", "--format=%(refname)"]), "refs/heads/main", "{told}");
        told
    };
    let template = "{% if cluster.name == 'a' %}main{% elif cluster.name == 'b' %}x..y{% else %}main/z{% endif %}";
    let told = branches(&["--branch", template]);
    assert!(told.contains("the branch `main` can't be published to: it is the branch of the sources"), "{told}");
    assert!(told.contains("`x..y` can't be the name of a branch: it has `..`"), "{told}");
    assert!(told.contains("there can't be both a branch `main` and a branch `main/z`"), "{told}");

    let told = branches(&["--branch", "all", "--path", "same"]);
    assert!(
        told.contains("the clusters `a` and `b` would both go to the directory `same` of the branch `all`"),
        "{told}"
    );
    assert!(told.contains("the clusters `b` and `c` would both go"), "{told}");
    let nested = "{% if cluster.name == 'a' %}x{% else %}x/{{ cluster.name }}{% endif %}";
    let told = branches(&["--branch", "all", "--path", nested]);
    assert!(told.contains("`b` would go inside of the directory `x` of the branch `all`, which is `a`'s"), "{told}");
    let told = branches(&["--path", "../{{ cluster.name }}"]);
    assert!(told.contains("`../a` can't be a directory of the branch `env/a`: it has `.` or `..`"), "{told}");
    let told = branches(&["--branch", "env/{{ cluster.nane }}"]);
    assert!(told.contains("undefined-name") && told.contains("name"), "{told}");
}

#[test]
fn a_branch_that_is_checked_out_is_left_alone() {
    let repo = small();
    publish(&repo, &[]).ends(0);
    let work = tempfile::tempdir().unwrap();
    repo.git(&["worktree", "add", "-q", work.path().to_str().unwrap(), "env/a"]);
    commit(&repo, "2");
    let told = publish(&repo, &[]).ends(2);
    assert!(told.contains("error[branch-in-use]") && told.contains("it is checked out in `"), "{told}");
    // Somebody's branch where a directory of branches would have to be.
    repo.git(&["branch", "-q", "deploy"]);
    let told = publish(&repo, &["--branch", "deploy/{{ cluster.name }}"]).ends(2);
    assert!(told.contains("there is a branch `deploy`, so there can't be a branch `deploy/a`"), "{told}");
    let told = publish(&repo, &["--branch", "env"]).ends(2);
    assert!(told.contains("there is a branch `env/a`, so there can't be a branch `env`"), "{told}");
}

/// An app that fails on cluster `b`.
const FAILS: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: web}\ndata: {v: \"{% if cluster.name == 'b' %}\
                     {{ values.nope }}{% else %}2{% endif %}\"}\n";

#[test]
fn a_cluster_with_held_apps_is_skipped_unless_part_of_it_will_do() {
    let repo = fleet(&["a", "b"]);
    repo.write(
        "baseline/dependencies/x.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: web}\ndata: {v: \"1\"}\n",
    );
    commit(&repo, "1");
    publish(&repo, &[]).ends(0);
    let b = repo.git(&["rev-parse", "env/b"]);
    std::fs::remove_file(repo.path().join("baseline/dependencies/x.yaml")).unwrap();
    repo.write("baseline/dependencies/x.yaml.j2", FAILS);
    commit(&repo, "2");
    let told = publish(&repo, &["--pull-request-body", "../body.md"]).ends(3);
    assert!(told.contains("env/b  skipped") && told.contains("held: baseline-dependencies: "), "{told}");
    assert_eq!(repo.git(&["rev-parse", "env/b"]), b);
    assert_eq!(value(&repo.path(), "env/a"), "2");
    let told = publish(&repo, &["--partial"]).ends(3);
    assert!(told.contains("1 changed, 1 kept"), "{told}");
    let all = files(&repo.path(), "env/b");
    assert_eq!(value(&repo.path(), "env/b"), "2");
    assert!(all["baseline-dependencies/web/configmap-x.yaml"].contains("\"1\""), "{all:?}");
    assert!(all["terrace.json"].contains("\"held\""), "{all:?}");
}

#[test]
fn secrets_in_plain_are_refused() {
    let repo = fleet(&["a", "b"]);
    let secret = |name: &str, more: &str| {
        repo.write(
            &format!("baseline/resources/{name}.yaml"),
            &format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: {name}, namespace: web}}\n{more}"),
        );
    };
    secret("empty", "type: Opaque\n");
    secret("sops", "stringData: {a: 'ENC[AES256_GCM,data:xx,type:str]'}\nsops: {mac: 'ENC[x]', version: 3.9.0}\n");
    commit(&repo, "1");
    publish(&repo, &[]).ends(0);
    let template = "{% if cluster.name == 'a' %}stringData: {password: x}\n{% endif %}";
    repo.write(
        "baseline/resources/plain.yaml.j2",
        &format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: plain, namespace: web}}\n{template}"),
    );
    commit(&repo, "2");
    let told = publish(&repo, &[]).ends(3);
    assert!(
        told.contains("error[plain-secret]") && told.contains("`Secret/web/plain` holds its data in plain"),
        "{told}"
    );
    assert!(!told.contains("`Secret/web/sops`") && told.contains("on cluster a") | told.contains("a"), "{told}");
    assert_eq!((value(&repo.path(), "env/a"), value(&repo.path(), "env/b")), ("1".into(), "2".into()));
    publish(&repo, &["--allow-secrets"]).ends(0);
    assert_eq!(value(&repo.path(), "env/a"), "2");
    map(&repo, "more", "1");
    repo.commit("More");
    let told = publish(&repo, &["--cluster", "a"]).ends(2);
    assert!(told.contains("plain-secret"), "{told}");
}
