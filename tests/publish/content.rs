//! What is committed: the trees of a commit, beside what stands on the branch.

use std::fs;

use super::fleet::{CONFIG, commit, commit_by_hand, files, fleet, map, publish, small, terrace, trailer, value};
use super::repo::Repo;

/// Everything that is on disk in a repository's working tree and index.
fn touched(repo: &Repo) -> (String, Vec<u8>) {
    (repo.git(&["status", "--porcelain"]), fs::read(repo.path().join(".git/index")).unwrap())
}

#[test]
fn the_trees_of_a_commit_are_published_never_those_of_a_dirty_tree() {
    let repo = fleet(&["a", "b"]);
    repo.git(&["remote", "add", "origin", "https://token:secret@git.example.com/acme/fleet.git"]);
    map(&repo, "config", "1");
    let source = repo.commit("Set 1\n\nIt was 0.\n\n---\nReviewed-by: x <x@example.com>");
    let clean = terrace(&repo.path(), &["render", "--quiet", "-o", "rendered"]);
    assert_eq!(clean.code, 0, "{}", clean.err);
    map(&repo, "config", "2");
    repo.git(&["add", "baseline"]);
    map(&repo, "config", "3");
    map(&repo, "new", "1");
    let before = touched(&repo);

    let told = publish(&repo, &[]).ends(0);
    assert!(
        told.contains("HEAD is published, not the working tree, where 2 files differ: baseline/resources/"),
        "{told}"
    );
    assert!(told.contains("env/a  new at ") && told.contains("2 branches published locally"), "{told}");
    assert_eq!(touched(&repo), before);
    for cluster in ["a", "b"] {
        let branch = format!("env/{cluster}");
        let published = files(&repo.path(), &branch);
        let rendered = repo.path().join("rendered").join(cluster);
        assert!(published.len() == 2 && published.contains_key(CONFIG), "{published:?}");
        for (path, text) in &published {
            assert_eq!(*text, fs::read_to_string(rendered.join(path)).unwrap().trim(), "{path}");
        }
        assert_eq!(repo.git(&["rev-list", "--count", &branch]), "1");
        let (tip, theirs) = (format!("{branch}^{{commit}}"), format!("{source}^{{commit}}"));
        for form in ["--format=%an <%ae> %ad %cd", "--format=%s"] {
            let show = |commit: &str| repo.git(&["log", "-1", form, commit]);
            assert_eq!(show(&tip), show(&theirs));
        }
        let said = |name: &str| trailer(&repo.path(), &branch, &format!("Argocd-reference-commit-{name}"));
        assert_eq!(said("repourl"), "https://git.example.com/acme/fleet.git");
        assert_eq!(said("sha"), source);
        assert_eq!(said("author"), "t <t@example.com>");
        assert_eq!(said("subject"), "Set 1");
        assert_eq!(said("body"), r#""It was 0.\n\n---\nReviewed-by: x <x@example.com>""#);
        assert_eq!(said("date"), repo.git(&["log", "-1", "--format=%aI", &source]));
    }
    repo.git(&["fsck", "--strict"]);
}

#[test]
fn the_same_publish_gives_the_same_commits_and_once_is_enough() {
    let repo = small();
    let bare = repo.clone_with(&["--bare"]);
    bare.git(&["remote", "remove", "origin"]);
    publish(&repo, &[]).ends(0);
    let tip = repo.git(&["rev-parse", "env/a"]);
    let objects = repo.git(&["count-objects", "-v"]);
    let refs = repo.git(&["for-each-ref"]);
    let told = publish(&repo, &[]).ends(0);
    assert!(told.contains("env/a  unchanged at "), "{told}");
    assert_eq!((repo.git(&["count-objects", "-v"]), repo.git(&["for-each-ref"])), (objects, refs));
    // From a bare clone, by a clock that has moved on: the same.
    publish(&bare, &[]).ends(0);
    assert_eq!(bare.git(&["rev-parse", "env/a"]), tip);
    // A named commit is as good as HEAD.
    publish(&repo, &["main"]).ends(0);
    assert_eq!(repo.git(&["rev-parse", "env/a"]), tip);
}

#[test]
fn a_change_is_one_commit_on_the_tip_and_files_of_others_stay() {
    let repo = small();
    map(&repo, "old", "1");
    repo.commit("With old");
    publish(&repo, &[]).ends(0);
    let ours = repo.git(&["rev-parse", "env/a"]);
    let theirs =
        commit_by_hand(&repo.path(), "env/a", &[("README.md", "hello"), ("baseline-resources/x/y.txt", "hello")]);
    fs::remove_file(repo.path().join("baseline/resources/old.yaml")).unwrap();
    map(&repo, "new", "1");
    commit(&repo, "2");
    let told = publish(&repo, &[]).ends(0);
    assert!(told.contains("1 added, 1 changed, 1 removed, 2 of others"), "{told}");
    let paths: Vec<String> = files(&repo.path(), "env/a").into_keys().collect();
    let expected = [
        "README.md",
        "baseline-resources/web/configmap-config.yaml",
        "baseline-resources/web/configmap-new.yaml",
        "baseline-resources/x/y.txt",
        "terrace.json",
    ];
    assert_eq!(paths, expected);
    assert_eq!(repo.git(&["rev-parse", "env/a~1", "env/a~2"]), format!("{theirs}\n{ours}"));
    assert_eq!(value(&repo.path(), "env/a"), "2");
}

#[test]
fn a_file_of_others_is_never_written_over() {
    let repo = small();
    let new = "baseline-resources/web/configmap-new.yaml";
    publish(&repo, &[]).ends(0);
    commit_by_hand(
        &repo.path(),
        "env/a",
        &[(new, "mine"), ("baseline-resources/ops", "a file where a directory goes")],
    );
    let tip = repo.git(&["rev-parse", "env/a"]);
    map(&repo, "new", "1");
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: ops}\n";
    repo.write("baseline/resources/x.yaml", text);
    repo.commit("New");
    let told = publish(&repo, &[]).ends(2);
    assert!(told.contains(&format!("`env/a:{new}` isn't a file of terrace, and it stands where one goes")), "{told}");
    assert!(
        told.contains("`env/a:baseline-resources/ops` isn't a file of terrace, and it stands in the way"),
        "{told}"
    );
    assert_eq!(repo.git(&["rev-parse", "env/a"]), tip);
}

#[test]
fn one_branch_has_a_directory_for_each_cluster() {
    let repo = fleet(&["a", "b", "c"]);
    commit(&repo, "1");
    let args = ["--branch", "rendered/{{ cluster.labels.env }}"];
    let told = publish(&repo, &args).ends(0);
    assert!(told.contains("rendered/test  new at ") && told.contains("  b  1 added"), "{told}");
    let tip = repo.git(&["rev-parse", "rendered/test"]);
    commit_by_hand(&repo.path(), "rendered/test", &[("README.md", "hello"), ("other/x", "hello")]);
    // A cluster that leaves the fleet keeps its directory; one that is not asked for, too.
    fs::remove_file(repo.path().join("clusters/c.yaml")).unwrap();
    commit(&repo, "2");
    publish(&repo, &[&args[..], &["--cluster", "b"]].concat()).ends(0);
    let at = |cluster: &str| files(&repo.path(), "rendered/test")[&format!("{cluster}/{CONFIG}")].clone();
    assert!(at("a").contains("\"1\"") && at("b").contains("\"2\"") && at("c").contains("\"1\""));
    publish(&repo, &args).ends(0);
    assert!(at("a").contains("\"2\"") && at("c").contains("\"1\""));
    let all = files(&repo.path(), "rendered/test");
    assert!(all.contains_key("README.md") && all.contains_key("other/x") && all.len() == 8, "{all:?}");
    assert_eq!(repo.git(&["merge-base", "rendered/test", &tip]), tip);
    repo.git(&["fsck", "--strict"]);
    // Elsewhere on a branch of its own.
    publish(&repo, &["--branch", "x/{{ cluster.name }}", "--path", "deploy/{{ fleet.name }}"]).ends(0);
    assert!(files(&repo.path(), "x/a").contains_key(&format!("deploy/acme/{CONFIG}")));
}

#[test]
fn what_a_damaged_cache_lost_is_made_anew() {
    let repo = small();
    let cache = tempfile::tempdir().unwrap();
    let args = ["--cache-dir", cache.path().to_str().unwrap()];
    publish(&repo, &[&args[..], &["--dry-run"]].concat()).ends(0);
    let (mut damaged, all) = (0, walkdir::WalkDir::new(cache.path()));
    for file in all.into_iter().map(Result::unwrap).filter(|entry| entry.file_type().is_file()) {
        let mut bytes = fs::read(file.path()).unwrap();
        let (from, to) = (bytes.len() / 4, bytes.len() / 2);
        bytes[from..to].iter_mut().for_each(|byte| *byte ^= 0x55);
        fs::write(file.path(), bytes).unwrap();
        damaged += 1;
    }
    assert!(damaged > 0);
    publish(&repo, &args).ends(0);
    let clean = repo.clone_with(&["--bare"]);
    clean.git(&["remote", "remove", "origin"]);
    clean.git(&["branch", "-qD", "env/a"]);
    clean.git(&["pack-refs", "--all"]);
    publish(&clean, &[]).ends(0);
    assert_eq!(repo.git(&["rev-parse", "env/a"]), clean.git(&["rev-parse", "env/a"]));
}

#[test]
fn links_and_submodules_of_others_stay_what_they_are() {
    let repo = small();
    publish(&repo, &[]).ends(0);
    let blob = repo.git(&["rev-parse", "env/a:terrace.json"]);
    let index = repo.path().join("x.index");
    let git = |args: &[&str]| {
        let mut command = std::process::Command::new("git");
        command.current_dir(repo.path()).env("GIT_INDEX_FILE", &index).args(args);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    git(&["read-tree", "env/a"]);
    let head = repo.git(&["rev-parse", "HEAD"]);
    for entry in [format!("120000,{blob},a.link"), format!("160000,{head},a/module"), format!("100755,{blob},run.sh")] {
        git(&["update-index", "--add", "--cacheinfo", &entry]);
    }
    let tree = git(&["write-tree"]);
    let theirs = repo.git(&["commit-tree", "-p", "env/a", "-m", "Theirs", &tree]);
    repo.git(&["update-ref", "refs/heads/env/a", &theirs]);
    commit(&repo, "2");
    publish(&repo, &[]).ends(0);
    let changed = repo.git(&["diff", "--name-status", "env/a~1", "env/a"]);
    assert_eq!(changed, format!("M\t{CONFIG}\nM\tterrace.json"));
    repo.git(&["fsck", "--strict"]);
}

#[test]
fn objects_are_named_as_the_repository_does() {
    let repo = fleet(&["a"]);
    fs::remove_dir_all(repo.path().join(".git")).unwrap();
    repo.git(&["init", "-q", "--object-format=sha256"]);
    for n in 0..120 {
        map(&repo, &format!("many-{n}"), &"x".repeat(n * 17));
    }
    commit(&repo, "1");
    publish(&repo, &[]).ends(0);
    commit(&repo, "2");
    publish(&repo, &[]).ends(0);
    assert_eq!((value(&repo.path(), "env/a"), repo.git(&["rev-parse", "env/a"]).len()), ("2".to_owned(), 64));
    repo.git(&["fsck", "--strict"]);
}

#[test]
fn a_cluster_does_not_take_the_place_of_another() {
    let repo = fleet(&["a", "b"]);
    commit(&repo, "1");
    publish(&repo, &["--cluster", "a"]).ends(0);
    let tip = repo.git(&["rev-parse", "env/a"]);
    fs::remove_file(repo.path().join("clusters/a.yaml")).unwrap();
    repo.commit("Without a");
    let args = ["--branch", "env/a", "--path", "."];
    let told = publish(&repo, &args).ends(2);
    assert!(told.contains("the branch `env/a` holds the tree of the cluster `a`"), "{told}");
    assert_eq!(repo.git(&["rev-parse", "env/a"]), tip);
    publish(&repo, &[&args[..], &["--adopt"]].concat()).ends(0);
    assert!(files(&repo.path(), "env/a")["terrace.json"].contains("\"cluster\": \"b\""));
}

#[test]
fn a_damaged_index_is_told() {
    let repo = small();
    publish(&repo, &[]).ends(0);
    commit_by_hand(&repo.path(), "env/a", &[("terrace.json", "<<<<<<< HEAD")]);
    commit(&repo, "2");
    let told = publish(&repo, &[]).ends(2);
    assert!(told.contains("error[index-unreadable]") && told.contains("`env/a:terrace.json` can't be used"), "{told}");
}

#[test]
fn messages_and_who_commits() {
    let repo = small();
    repo.git(&["config", "user.name", "CI"]);
    repo.git(&["config", "user.email", "ci@example.com"]);
    publish(&repo, &["-m", "Release 7\n\nto test"]).ends(0);
    let shown = repo.git(&["log", "-1", "--format=%s|%cn <%ce>|%an", "env/a"]);
    assert_eq!(shown, "Release 7|CI <ci@example.com>|t");
    repo.git(&["config", "--unset", "user.email"]);
    commit(&repo, "2");
    publish(&repo, &[]).ends(0);
    let shown = repo.git(&["log", "-1", "--format=%s|%cn <%ce>", "env/a"]);
    assert_eq!(shown, "Set 2|Terrace <terrace@terrace.dev>");
    // A name that a mail has to quote, and no message at all.
    map(&repo, "config", "3");
    repo.git(&["add", "-A"]);
    let author = "J. \"Q\" Dö <j@example.com>";
    repo.git(&["commit", "-q", "--allow-empty-message", "-m", "", "--author", author]);
    publish(&repo, &[]).ends(0);
    let said = trailer(&repo.path(), "env/a", "Argocd-reference-commit-author");
    assert_eq!(said, "\"J. \\\"Q\\\" Dö\" <j@example.com>");
    assert!(repo.git(&["log", "-1", "--format=%s", "env/a"]).starts_with("Publish "));
}

#[test]
fn a_cluster_that_left_keeps_its_branch() {
    let repo = fleet(&["a", "b"]);
    commit(&repo, "1");
    publish(&repo, &[]).ends(0);
    let tip = repo.git(&["rev-parse", "env/b"]);
    fs::remove_file(repo.path().join("clusters/b.yaml")).unwrap();
    commit(&repo, "2");
    publish(&repo, &[]).ends(0);
    assert_eq!((repo.git(&["rev-parse", "env/b"]), value(&repo.path(), "env/a")), (tip, "2".to_owned()));
}

#[test]
fn what_is_not_asked_for_stays_as_it_was_published() {
    let repo = fleet(&["a", "b"]);
    repo.write(
        "baseline/dependencies/x.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: web}\ndata: {v: \"1\"}\n",
    );
    commit(&repo, "1");
    publish(&repo, &[]).ends(0);
    let b = repo.git(&["rev-parse", "env/b"]);
    repo.write(
        "baseline/dependencies/x.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: web}\ndata: {v: \"2\"}\n",
    );
    commit(&repo, "2");
    publish(&repo, &["--cluster", "a", "--app", "*-dependencies"]).ends(0);
    let all = files(&repo.path(), "env/a");
    assert_eq!(value(&repo.path(), "env/a"), "1");
    assert!(all["baseline-dependencies/web/configmap-x.yaml"].contains("\"2\""), "{all:?}");
    assert_eq!(repo.git(&["rev-parse", "env/b"]), b);
}

#[test]
fn pinned_sources_come_from_the_revisions_they_name() {
    let repo = fleet(&["a"]);
    let first = commit(&repo, "1");
    repo.git(&["tag", "stable"]);
    let text = "apiVersion: terrace.dev/v1alpha1\nkind: Cluster\nmetadata: {name: a}\nspec: {revision: stable}\n";
    repo.write("clusters/a.yaml", text);
    let fleet = "apiVersion: terrace.dev/v1alpha1\nkind: Fleet\nmetadata: {name: acme}\n\
                 spec: {layers: [{name: baseline, path: baseline, revision: \"{{ cluster.revision }}\"}]}\n";
    repo.write("terrace.yaml", fleet);
    commit(&repo, "2");
    publish(&repo, &[]).ends(0);
    assert_eq!(value(&repo.path(), "env/a"), "1");
    let said = trailer(&repo.path(), "env/a", "Terrace-resolved-revision");
    assert_eq!(said, format!("@stable {first}"));
    publish(&repo, &["--unpinned"]).ends(0);
    assert_eq!(value(&repo.path(), "env/a"), "2");
}

#[test]
fn a_dry_run_says_it_all_and_writes_nothing() {
    let repo = small();
    publish(&repo, &[]).ends(0);
    map(&repo, "new", "1");
    commit(&repo, "2");
    let state = || (repo.git(&["for-each-ref"]), repo.git(&["count-objects", "-v"]));
    let before = state();
    let body = repo.path().join("body.md");
    let told = publish(&repo, &["--dry-run", "--pull-request-body", "body.md"]).ends(0);
    assert_eq!(state(), before);
    assert!(told.contains("    ~ baseline-resources/web/configmap-config.yaml\n"), "{told}");
    assert!(told.contains("    + baseline-resources/web/configmap-new.yaml\n"), "{told}");
    assert!(told.contains("1 branch would be published locally: nothing was written"), "{told}");
    let body = fs::read_to_string(body).unwrap();
    assert!(body.contains("| `env/a` | a | 1 | 1 | 0 | 0 |"), "{body}");
}

#[test]
fn appliers_are_told_the_branch_and_the_path() {
    let repo = fleet(&["a", "b"]);
    commit(&repo, "1");
    let shared = ["--branch", "rendered", "--publish-url", "https://git.example.com/x"];
    publish(&repo, &[&shared[..], &["--applier", "argocd", "--hub", "a"]].concat());
    publish(&repo, &[&shared[..], &["--branch", "flux", "--applier", "flux"]].concat()[2..]).ends(0);
    let flux = files(&repo.path(), "flux");
    let all: String = flux.iter().filter(|(path, _)| path.contains("/flux-")).map(|(_, text)| text.clone()).collect();
    assert!(all.contains("branch: flux") && all.contains("path: ./b/baseline-resources"), "{all}");
}
