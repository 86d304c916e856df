//! What changes do to a fleet: each kind of change gives the diff and the impact that it should, from the cache as without
//! it, and impact never misses an app that the diff shows.
#![expect(clippy::unwrap_used, reason = "helpers of tests, which clippy doesn't take for tests")]

mod fleet;
mod random;
#[path = "../repo/mod.rs"]
#[expect(dead_code, reason = "shared with other tests")]
mod repo;
mod verbs;

use std::fs;

use fleet::{cache, cluster, compared, fleet, lines, reached, shown};
use repo::Repo;

/// Makes a change to the fleet, and holds what is said of it against the snapshot of that name.
fn change(name: &str, edit: impl FnOnce(&Repo)) {
    let repo = fleet();
    let root = tempfile::tempdir().unwrap();
    // The first run keeps what the second takes.
    assert_eq!(shown(&compared(&repo, Some(&cache(root.path(), &repo)))), shown(&compared(&repo, None)));
    edit(&repo);
    let text = shown(&compared(&repo, None));
    assert_eq!(shown(&compared(&repo, Some(&cache(root.path(), &repo)))), text, "{name}, from the cache");
    insta::assert_snapshot!(name, format!("{text}\nreached:\n{}", lines(&reached(&repo))));
}

fn replace(repo: &Repo, path: &str, from: &str, to: &str) {
    let old = fs::read_to_string(repo.path().join(path)).unwrap();
    assert!(old.contains(from), "{path} has no {from}");
    repo.write(path, &old.replace(from, to));
}

#[test]
fn nothing() {
    change("nothing", |_| {});
}

#[test]
fn a_file_that_nobody_reads() {
    change("unread", |repo| replace(repo, "docs/README.md", "Nobody", "Nobody at all"));
}

#[test]
fn a_value_of_all() {
    change("value", |repo| replace(repo, "values/values.yaml", "domain: example.com", "domain: example.org"));
}

#[test]
fn a_value_that_others_override() {
    change("value-overridden", |repo| replace(repo, "values/values.yaml", "replicas: 1", "replicas: 2"));
}

#[test]
fn a_value_that_nobody_reads() {
    change("value-unread", |repo| replace(repo, "values/values.yaml", "unused: 1", "unused: 2"));
}

#[test]
fn a_value_of_one_cluster() {
    change("value-of-one", |repo| replace(repo, "values/values.prod-02.yaml", "level: debug", "level: trace"));
}

#[test]
fn a_values_file_for_a_cluster_that_had_none() {
    change("values-file", |repo| repo.write("values/values.stag-01.yaml", "level: warn\n"));
}

#[test]
fn a_template() {
    change("template", |repo| replace(repo, "baseline/resources/web/web.yaml.j2", "  tag:", "  image: web\n  tag:"));
}

#[test]
fn a_file_of_a_chart() {
    change("chart-file", |repo| {
        replace(repo, "baseline/resources/proxy/templates/config.yaml", "  level:", "  format: json\n  level:");
    });
}

#[test]
fn the_version_of_a_chart() {
    change("chart-version", |repo| replace(repo, "baseline/resources/proxy/Chart.yaml", "1.0.0", "1.1.0"));
}

#[test]
fn a_value_that_no_template_of_the_chart_reads() {
    change("chart-value-unread", |repo| {
        replace(repo, "baseline/resources/proxy/values.yaml", "unused: 1", "unused: 2")
    });
}

#[test]
fn a_value_for_a_chart() {
    change("chart-value", |repo| replace(repo, "values/values.yaml", "values: {replicas: 2}", "values: {replicas: 4}"));
}

#[test]
fn a_base() {
    change("base", |repo| replace(repo, "bases/agent/agent.yaml", "mode: watch", "mode: poll"));
}

#[test]
fn a_patch() {
    change("patch", |repo| replace(repo, "custom/data/layer.yaml", "\"16\"", "\"32\""));
}

#[test]
fn an_element_of_a_generator() {
    change("generator-element", |repo| {
        replace(
            repo,
            "argocd/services.yaml",
            "          - {name: jobs",
            "          - {name: mail, cluster: prod-02}\n          - {name: jobs",
        );
    });
}

#[test]
fn an_element_of_a_generator_gone() {
    change("generator-element-gone", |repo| {
        replace(repo, "argocd/services.yaml", "          - {name: jobs, cluster: stag-01}\n", "");
    });
}

#[test]
fn a_cluster_added() {
    change("cluster-added", |repo| {
        repo.write("clusters/dr-01.yaml", &cluster("dr-01", "production", "workload", "data"))
    });
}

#[test]
fn a_cluster_removed() {
    change("cluster-removed", |repo| fs::remove_file(repo.path().join("clusters/prod-02.yaml")).unwrap());
}

#[test]
fn an_app_moved_between_layers() {
    change("app-moved", |repo| {
        let (from, to) = ("baseline/resources/web", "custom/data/resources/web");
        fs::rename(repo.path().join(from), repo.path().join(to)).unwrap();
    });
}

#[test]
fn an_app_added_and_one_switched_off() {
    change("apps", |repo| {
        repo.write("teams/shop/queue.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: queue}\n");
        repo.write("teams/mail/mail.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: mail}\n");
        replace(repo, "values/values.production.yaml", "web:", "apps: {proxy: {enable: false}}\nweb:");
    });
}

#[test]
fn an_app_that_cannot_be_rendered() {
    change("held", |repo| {
        replace(repo, "baseline/resources/web/web.yaml.j2", "values.web.tag", "values.web.tga");
        replace(repo, "services/api/api.yaml", "kind: ConfigMap", "kind: ConfigMap\nspec: [");
    });
}

#[test]
fn an_app_whose_directory_comes_to_be() {
    let repo = fleet();
    replace(&repo, "argocd/services.yaml", "name: jobs", "name: queue");
    repo.commit("an Application of nothing");
    let root = tempfile::tempdir().unwrap();
    shown(&compared(&repo, Some(&cache(root.path(), &repo))));
    repo.write("services/queue/queue.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: queue}\n");
    let text = shown(&compared(&repo, Some(&cache(root.path(), &repo))));
    assert_eq!(text, shown(&compared(&repo, None)));
    assert!(text.contains("no longer held"), "{text}");
    assert!(lines(&reached(&repo)).contains("stag-01 queue"), "{}", lines(&reached(&repo)));
}

#[test]
fn an_app_that_begins_to_make_others() {
    change("maker", |repo| {
        repo.write(
            "services/api/child.yaml",
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: child, namespace: argocd}\nspec:\n  project: \
             default\n  source: {repoURL: https://git.example.com/acme/fleet.git, targetRevision: main, path: services/mail}\n  \
             destination: {name: stag-01, namespace: services}\n",
        );
    });
}

#[test]
fn an_app_that_is_held_elsewhere() {
    let repo = fleet();
    replace(&repo, "argocd/services.yaml", "name: jobs", "name: queue");
    repo.commit("an Application of nothing");
    let root = tempfile::tempdir().unwrap();
    shown(&compared(&repo, Some(&cache(root.path(), &repo))));
    replace(&repo, "services/api/api.yaml", "80", "8080");
    let text = shown(&compared(&repo, Some(&cache(root.path(), &repo))));
    assert_eq!(text, shown(&compared(&repo, None)));
    assert!(text.contains("queue on stag-01, still held"), "{text}");
}

#[test]
fn a_finding_added() {
    change("finding", |repo| {
        repo.write(
            "teams/shop/cart.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cart}\ndata: {currency: EUR}\ndate: 1\n",
        );
    });
}
