//! Which revision everything is read at, on real git repositories.
#![expect(clippy::unwrap_used, reason = "tests")]

mod repo;

use std::collections::BTreeMap;
use std::path::Path;

use assert_cmd::Command;
use repo::{Repo, git, write};

const URL: &str = "https://git.example.com/acme/fleet.git";

/// What a run said, and which ConfigMap of each cluster has which `data.at`.
struct Ran {
    code: i32,
    err: String,
    at: BTreeMap<String, String>,
}

/// Runs `terrace render` in `dir` and reads what it wrote: `<cluster>/<app>` → the value of `at`.
fn render(dir: &Path, args: &[&str]) -> Ran {
    let out = tempfile::tempdir().unwrap();
    let mut command = Command::cargo_bin("terrace").unwrap();
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("GIT_") {
            command.env_remove(name);
        }
    }
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").env("NO_COLOR", "1");
    let output = command.current_dir(dir).arg("render").arg("-o").arg(out.path()).args(args).output().unwrap();
    let mut at = BTreeMap::new();
    for entry in walkdir::WalkDir::new(out.path()).into_iter().map(Result::unwrap) {
        let inside = entry.path().strip_prefix(out.path()).unwrap();
        if entry.path().extension().is_some_and(|e| e == "yaml") {
            let text = std::fs::read_to_string(entry.path()).unwrap();
            let place: Vec<_> = inside.iter().take(2).map(|part| part.to_string_lossy()).collect();
            let value = text.lines().find_map(|line| line.strip_prefix("  at: ")).unwrap_or("?");
            at.insert(place.join("/"), value.to_owned());
        }
    }
    Ran { code: output.status.code().unwrap(), err: String::from_utf8_lossy(&output.stderr).into_owned(), at }
}

impl Ran {
    #[track_caller]
    fn is(&self, code: i32, at: &[(&str, &str)]) {
        let expected: BTreeMap<String, String> = at.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        assert_eq!((self.code, &self.at), (code, &expected), "{}", self.err);
    }

    #[track_caller]
    fn says(&self, words: &[&str]) {
        let folded = self.err.split_whitespace().filter(|w| *w != "│").collect::<Vec<_>>().join(" ");
        for word in words {
            assert!(folded.contains(word), "`{word}` is not in: {}", self.err);
        }
    }
}

fn map(at: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\n  namespace: x\ndata:\n  at: {at}\n")
}

fn application(name: &str, url: &str, path: &str, revision: &str) -> String {
    format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata:\n  name: {name}\n  namespace: argocd\nspec:\n  \
         project: default\n  destination: {{name: dev, namespace: x}}\n  source: {{repoURL: \"{url}\", path: {path}, \
         targetRevision: \"{revision}\"}}\n"
    )
}

fn cluster(name: &str, rest: &str) -> String {
    format!(
        "apiVersion: terrace.dev/v1alpha1\nkind: Cluster\nmetadata: {{name: {name}, labels: {{role: hub}}}}\nspec: {{{rest}}}\n"
    )
}

fn fleet(spec: &str) -> String {
    format!("apiVersion: terrace.dev/v1alpha1\nkind: Fleet\nmetadata: {{name: t}}\nspec:\n{spec}")
}

const ROOT: &str = "  argocd: {roots: [{path: argocd, on: {matchLabels: {role: hub}}}]}\n";

/// A fleet whose one Application, `web`, reads `web/` at the revision given; `web/` says at which commit it was read.
/// Commits: `one` (tags `v1` and, annotated, `stable`), `two` (branch `side`), `three` (main).
fn history(revision: &str) -> (Repo, [String; 3]) {
    let repo = Repo::new();
    repo.git(&["remote", "add", "origin", URL]);
    repo.write("terrace.yaml", &fleet(ROOT));
    repo.write("clusters/dev.yaml", &cluster("dev", ""));
    repo.write("argocd/web.yaml", &application("web", URL, "web", revision));
    repo.write("web/c.yaml", &map("one"));
    let one = repo.commit("one");
    repo.git(&["tag", "v1"]);
    repo.git(&["tag", "-a", "stable", "-m", "stable"]);
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.write("web/c.yaml", &map("two"));
    let two = repo.commit("two");
    repo.git(&["checkout", "-q", "main"]);
    repo.write("web/c.yaml", &map("three"));
    let three = repo.commit("three");
    (repo, [one, two, three])
}

#[test]
fn the_working_tree_is_read_whatever_revision_is_named() {
    for revision in ["HEAD", "main", "side", "v1", "no-such-revision", ""] {
        let (repo, _) = history(revision);
        repo.write("web/c.yaml", &map("dirty"));
        render(&repo.path(), &[]).is(0, &[("dev/web", "dirty")]);
    }
}

#[test]
fn pinned_each_revision_is_read_from_git() {
    for (revision, expected) in [
        ("HEAD", "three"),
        ("", "three"),
        ("main", "three"),
        ("refs/heads/main", "three"),
        ("side", "two"),
        ("refs/heads/side", "two"),
        ("v1", "one"),
        ("refs/tags/v1", "one"),
        ("stable", "one"),
    ] {
        let (repo, _) = history(revision);
        repo.write("web/c.yaml", &map("dirty"));
        repo.write("argocd/web.yaml", "not: [even yaml");
        render(&repo.path(), &["--pinned"]).is(0, &[("dev/web", expected)]);
    }
}

#[test]
fn pinned_commit_ids_whole_and_short() {
    for (length, index, expected) in [(40, 0, "one"), (8, 0, "one"), (40, 1, "two"), (7, 1, "two")] {
        let (repo, ids) = history("HEAD");
        let id = &ids[index][..length];
        repo.write("argocd/web.yaml", &application("web", URL, "web", id));
        repo.commit("pin");
        render(&repo.path(), &["--pinned"]).is(0, &[("dev/web", expected)]);
    }
}

#[test]
fn the_remote_branch_comes_before_the_local_one_but_not_before_the_one_that_is_compiled() {
    let (repo, [one, two, _]) = history("side");
    repo.git(&["update-ref", "refs/remotes/origin/side", &one]);
    repo.git(&["update-ref", "refs/remotes/origin/main", &two]);
    render(&repo.path(), &["--pinned"]).is(0, &[("dev/web", "one")]);
    let (repo, [_, two, _]) = history("main");
    repo.git(&["update-ref", "refs/remotes/origin/main", &two]);
    render(&repo.path(), &["--pinned"]).is(0, &[("dev/web", "three")]);
    // With a detached HEAD no branch is compiled.
    repo.git(&["checkout", "-q", "--detach"]);
    render(&repo.path(), &["--pinned"]).is(0, &[("dev/web", "two")]);
}

#[test]
fn an_unknown_revision_holds_the_application() {
    let (repo, _) = history("stabel");
    let ran = render(&repo.path(), &["--pinned"]);
    ran.is(3, &[]);
    ran.says(&[
        "unknown-revision",
        "stabel",
        "did you mean `stable`",
        "--revision-map stabel=REVISION",
        "argocd/web.yaml",
    ]);
    render(&repo.path(), &["--pinned", "--revision-map", "stabel=v1"]).is(0, &[("dev/web", "one")]);
    render(&repo.path(), &["--pinned", "--revision-map", "stabel=main~1"]).is(0, &[("dev/web", "one")]);
}

#[test]
fn a_shallow_clone_is_told_so() {
    let (repo, _) = history("v1");
    let clone = repo.clone_with(&["--depth", "1", "--no-tags"]);
    clone.git(&["remote", "add", "upstream", URL]);
    let ran = render(&clone.path(), &["--pinned"]);
    ran.is(3, &[]);
    ran.says(&["this clone is shallow", "fetch-depth: 0", "GIT_DEPTH: 0", "git fetch --unshallow"]);
    // What is there is enough for what needs no history.
    render(&clone.path(), &[]).is(0, &[("dev/web", "three")]);
}

/// Layers, values and two clusters: `dev` follows the compiled commit, `prod` what `revision` says.
fn layered(revision: &str, layer: &str) -> Repo {
    let repo = Repo::new();
    repo.write(
        "terrace.yaml",
        &fleet(&format!("  values: [values.yaml]\n  layers:\n    - {{name: base, path: base{layer}}}\n")),
    );
    repo.write("clusters/dev.yaml", &cluster("dev", ""));
    repo.write("clusters/prod.yaml", &cluster("prod", &format!("revision: {revision}")));
    repo.write("values.yaml", "at: one\n");
    repo.write("base/resources/c.yaml.j2", &map("template-one-{{ values.at }}"));
    repo.commit("one");
    repo.git(&["tag", "stable"]);
    repo.write("values.yaml", "at: two\n");
    repo.write("base/resources/c.yaml.j2", &map("template-two-{{ values.at }}"));
    repo.commit("two");
    repo
}

#[test]
fn a_clusters_revision_pins_its_layers_and_values_files() {
    let repo = layered("stable", "");
    let (new, old) = ("template-two-two", "template-one-one");
    render(&repo.path(), &["--pinned"]).is(0, &[("dev/base-resources", new), ("prod/base-resources", old)]);
    render(&repo.path(), &[]).is(0, &[("dev/base-resources", new), ("prod/base-resources", new)]);
    // Dirty files are not seen when pinned: neither the fleet, nor clusters, nor values.
    repo.write("values.yaml", "at: dirty\n");
    repo.write("clusters/third.yaml", &cluster("third", ""));
    repo.write("terrace.yaml", &fleet("  layers: []\n"));
    render(&repo.path(), &["--pinned"]).is(0, &[("dev/base-resources", new), ("prod/base-resources", old)]);
    repo.git(&["checkout", "-q", "terrace.yaml"]);
    let dirty = "template-two-dirty";
    let all = [("dev/base-resources", dirty), ("prod/base-resources", dirty), ("third/base-resources", dirty)];
    render(&repo.path(), &[]).is(0, &all);
}

#[test]
fn a_layers_revision_pins_the_layer_alone() {
    let repo = layered("stable", ", revision: \"{{ cluster.revision | default('main') }}\"");
    let prod = ("prod/base-resources", "template-one-one");
    render(&repo.path(), &["--pinned"]).is(0, &[("dev/base-resources", "template-two-two"), prod]);
    let repo = layered("main", ", revision: stable");
    let both = [("dev/base-resources", "template-one-two"), ("prod/base-resources", "template-one-two")];
    render(&repo.path(), &["--pinned"]).is(0, &both);
}

#[test]
fn an_unknown_revision_of_a_cluster_stops_everything() {
    let repo = layered("stabel", "");
    let ran = render(&repo.path(), &["--pinned"]);
    ran.is(2, &[]);
    ran.says(&["unknown-revision", "stabel", "did you mean `stable`", "clusters/prod.yaml"]);
    let both = [("dev/base-resources", "template-two-two"), ("prod/base-resources", "template-one-one")];
    render(&repo.path(), &["--pinned", "--revision-map", "stabel=stable"]).is(0, &both);
}

#[test]
fn a_fleet_in_a_subdirectory_whose_charts_are_declared_first() {
    let repo = Repo::new();
    repo.git(&["remote", "add", "origin", URL]);
    let spec = format!(
        "  values: [values.yaml]\n  layers: [{{name: base, path: base}}]\n{ROOT}  repositories:\n    \
         - {{url: \"https://charts.example.com\", path: charts}}\n    - {{name: tools, path: ../tools}}\n"
    );
    repo.write("deploy/fleet/terrace.yaml", &fleet(&spec));
    repo.write("deploy/fleet/charts/README.md", "charts\n");
    repo.write("deploy/tools/README.md", "tools\n");
    repo.write("deploy/fleet/clusters/dev.yaml", &cluster("dev", "revision: v1"));
    repo.write("deploy/fleet/values.yaml", "at: one\n");
    repo.write("deploy/fleet/base/resources/c.yaml.j2", &map("{{ values.at }}").replace("name: c", "name: layer"));
    repo.write("deploy/fleet/argocd/web.yaml", &application("web", URL, "deploy/web", "v1"));
    repo.write("deploy/web/c.yaml", &map("one"));
    repo.commit("one");
    repo.git(&["tag", "v1"]);
    repo.write("deploy/fleet/values.yaml", "at: two\n");
    repo.write("deploy/web/c.yaml", &map("two"));
    repo.commit("two");
    let fleet_dir = repo.path().join("deploy/fleet");
    render(&fleet_dir, &[]).is(0, &[("dev/base-resources", "two"), ("dev/web", "two")]);
    render(&fleet_dir, &["--pinned"]).is(0, &[("dev/base-resources", "one"), ("dev/web", "one")]);
    // From deeper inside the fleet is the same.
    render(&fleet_dir.join("base"), &["--pinned"]).is(0, &[("dev/base-resources", "one"), ("dev/web", "one")]);
}

/// A repository beside the fleet's, with `layer/resources` and `web`, and tag `v1` on its first commit.
fn beside() -> Repo {
    let other = Repo::new();
    other.write("layer/resources/c.yaml", &map("other-one").replace("name: c", "name: layer"));
    other.write("web/c.yaml", &map("other-one"));
    other.commit("one");
    other.git(&["tag", "v1"]);
    other.write("layer/resources/c.yaml", &map("other-two").replace("name: c", "name: layer"));
    other.write("web/c.yaml", &map("other-two"));
    other.commit("two");
    other
}

const OTHER: &str = "https://git.example.com/acme/other";

fn with_other(other: &Path, revision: &str) -> Repo {
    let repo = Repo::new();
    let path = other.display();
    let spec = format!(
        "  layers: [{{name: base, path: layer, repository: other{revision}}}]\n{ROOT}  repositories: [{{name: other, url: \
         \"{OTHER}.git\", path: \"{path}\"}}]\n"
    );
    repo.write("terrace.yaml", &fleet(&spec));
    repo.write("clusters/dev.yaml", &cluster("dev", "revision: release"));
    repo.write("argocd/web.yaml", &application("web", OTHER, "web", "v1"));
    repo.commit("fleet");
    repo.git(&["tag", "release"]);
    repo
}

#[test]
fn layers_and_applications_of_another_repository_are_pinned_there() {
    let other = beside();
    let repo = with_other(&other.path(), "");
    render(&repo.path(), &[]).is(0, &[("dev/base-resources", "other-two"), ("dev/web", "other-two")]);
    // The cluster's revision, `release`, is one of the fleet's own repository: the layer is read at the other's HEAD.
    render(&repo.path(), &["--pinned"]).is(0, &[("dev/base-resources", "other-two"), ("dev/web", "other-one")]);
    let repo = with_other(&other.path(), ", revision: v1");
    render(&repo.path(), &["--pinned"]).is(0, &[("dev/base-resources", "other-one"), ("dev/web", "other-one")]);
    // Its working tree is seen when not pinned, and only then.
    other.write("web/c.yaml", &map("other-dirty"));
    render(&repo.path(), &[]).is(0, &[("dev/base-resources", "other-two"), ("dev/web", "other-dirty")]);
    render(&repo.path(), &["--pinned"]).is(0, &[("dev/base-resources", "other-one"), ("dev/web", "other-one")]);
}

#[test]
fn a_bare_clone_of_another_repository_is_read_from_its_commits() {
    let bare = beside().clone_with(&["--bare"]);
    assert!(bare.open().is_bare());
    let repo = with_other(&bare.path(), "");
    render(&repo.path(), &["--pinned"]).is(0, &[("dev/base-resources", "other-two"), ("dev/web", "other-one")]);
    // It has no working tree: each revision is read even when nothing is pinned.
    render(&repo.path(), &[]).is(0, &[("dev/base-resources", "other-two"), ("dev/web", "other-one")]);
}

#[test]
fn a_repository_given_by_hand_comes_before_what_is_declared() {
    let (other, third) = (beside(), beside());
    third.write("web/c.yaml", &map("third"));
    third.commit("third");
    third.git(&["tag", "-f", "v1"]);
    let repo = with_other(&other.path(), "");
    let given = format!("{OTHER}={}", third.path().display());
    for more in [&["--pinned"][..], &[]] {
        let args = [&["--repo", &given], more].concat();
        render(&repo.path(), &args).is(0, &[("dev/base-resources", "other-two"), ("dev/web", "third")]);
    }
}

#[test]
fn a_linked_worktree_compiles_its_own_branch() {
    let (repo, _) = history("HEAD");
    let place = tempfile::tempdir().unwrap();
    let linked = place.path().join("linked");
    repo.git(&["worktree", "add", "-q", linked.to_str().unwrap(), "side"]);
    write(&linked, "web/c.yaml", &map("dirty"));
    render(&linked, &[]).is(0, &[("dev/web", "dirty")]);
    render(&linked, &["--pinned"]).is(0, &[("dev/web", "two")]);
    render(&repo.path(), &["--pinned"]).is(0, &[("dev/web", "three")]);
}

#[test]
fn rendered_trees_of_other_revisions_are_not_read() {
    let repo = Repo::new();
    repo.write("terrace.yaml", &fleet("  layers: [{name: base, path: \".\"}]\n  output: {path: rendered}\n"));
    repo.write("clusters/dev.yaml", &cluster("dev", "revision: v1"));
    repo.write("resources/c.yaml", &map("one"));
    repo.write("rendered/resources/old.yaml", "not: [yaml");
    repo.commit("one");
    repo.git(&["tag", "v1"]);
    repo.write("resources/c.yaml", &map("two"));
    repo.commit("two");
    render(&repo.path(), &["--pinned"]).is(0, &[("dev/base-resources", "one")]);
}

#[test]
fn pinned_outside_git_says_so() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "terrace.yaml", &fleet("  layers: []\n"));
    let ran = render(dir.path(), &["--pinned"]);
    ran.is(2, &[]);
    ran.says(&["not a git repository", "leave `--pinned` out"]);
    // A repository without a commit has nothing to compile.
    git(dir.path(), &["init", "-q"]);
    let ran = render(dir.path(), &["--pinned"]);
    ran.is(2, &[]);
    ran.says(&["HEAD", "no commit yet"]);
}

/// A range of versions is the highest tag in it; a branch of that very name counts only if no tag does.
#[test]
fn pinned_a_range_of_versions_is_a_tag() {
    for (range, expected) in [("1.*", "two"), ("~1.0", "one"), (">=1.0.0-0", "two"), ("9.x", "three")] {
        let (repo, [one, two, three]) = history(range);
        repo.git(&["tag", "v1.0.3", &one]);
        repo.git(&["tag", "1.10.0", &two]);
        repo.git(&["tag", "v1.9.0", &one]);
        repo.git(&["branch", "9.x", &three]);
        render(&repo.path(), &["--pinned"]).is(0, &[("dev/web", expected)]);
    }
    let (repo, _) = history("7.*");
    let ran = render(&repo.path(), &["--pinned"]);
    ran.is(3, &[]);
    ran.says(&["error[unknown-revision]", "`7.*`"]);
    // `--revision-map` says otherwise, whatever tags there are.
    let (repo, [one, ..]) = history("1.*");
    repo.git(&["tag", "1.10.0", &one]);
    render(&repo.path(), &["--pinned", "--revision-map", "1.*=side"]).is(0, &[("dev/web", "two")]);
}

const CONFIG: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  at: {{ .Values.at }}\n";

/// Like [`history`], but `web/` is a chart, and `helm` its Application's options.
fn chart_history(source: &str) -> (Repo, [String; 2]) {
    let repo = Repo::new();
    repo.git(&["remote", "add", "origin", URL]);
    repo.write("terrace.yaml", &fleet(ROOT));
    repo.write("clusters/dev.yaml", &cluster("dev", ""));
    let application = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata:\n  name: web\n  namespace: argocd\n\
                       spec:\n  project: default\n  destination: {name: dev, namespace: x}\n";
    repo.write("argocd/web.yaml", &format!("{application}{source}"));
    repo.write("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n");
    repo.write("web/values.yaml", "at: unset\n");
    repo.write("web/templates/c.yaml", CONFIG);
    repo.write("values/at.yaml", "at: one\n");
    let one = repo.commit("one");
    repo.git(&["tag", "v1"]);
    repo.write("values/at.yaml", "at: two\n");
    let two = repo.commit("two");
    (repo, [one, two])
}

#[test]
fn pinned_a_commit_stands_in_for_its_variable() {
    let source = format!(
        "  source:\n    repoURL: {URL}\n    path: web\n    targetRevision: v1\n    helm:\n      parameters:\n        \
         - {{name: at, value: c$ARGOCD_APP_REVISION_SHORT, forceString: true}}\n"
    );
    let (repo, [one, _]) = chart_history(&source);
    render(&repo.path(), &["--pinned"]).is(0, &[("dev/web", &format!("c{}", &one[..7]))]);
    let ran = render(&repo.path(), &[]);
    ran.is(0, &[("dev/web", "cv1")]);
    ran.says(&["warning[assumed-revision]"]);
}

#[test]
fn references_are_read_at_one_revision() {
    let sources = |own: &str, reference: &str| {
        format!(
            "  sources:\n    - repoURL: {URL}\n      path: web\n      targetRevision: {own}\n      helm: {{valueFiles: \
             [$v/values/at.yaml]}}\n    - {{repoURL: {URL}, targetRevision: {reference}, ref: v}}\n"
        )
    };
    let (repo, _) = chart_history(&sources("v1", "v1"));
    render(&repo.path(), &["--pinned"]).is(0, &[("dev/web", "one")]);
    // Argo CD has one checkout of a repository.
    let (repo, _) = chart_history(&sources("main", "v1"));
    let ran = render(&repo.path(), &["--pinned"]);
    ran.is(3, &[]);
    ran.says(&["needs the source's own revision"]);
    render(&repo.path(), &[]).is(0, &[("dev/web", "two")]);
}
