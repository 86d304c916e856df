//! Publishing to a remote.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::fleet::{commit, commit_by_hand, files, fleet, publish, small, value};
use super::repo::Repo;

/// A fleet of these clusters, committed once, with a bare remote that has its branch.
fn with_remote(clusters: &[&str]) -> (Repo, Repo) {
    let repo = fleet(clusters);
    commit(&repo, "1");
    let remote = repo.clone_with(&["--bare"]);
    let url = format!("file://{}", remote.path().display());
    repo.git(&["remote", "add", "origin", &url]);
    (repo, remote)
}

fn push_source(repo: &Repo) {
    repo.git(&["push", "-q", "origin", "HEAD:main"]);
}

fn hook(remote: &Repo, name: &str, text: &str) {
    let path = remote.path().join("hooks").join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn branches_are_pushed_and_local_ones_left_alone() {
    let (repo, remote) = with_remote(&["a", "b"]);
    let told = publish(&repo, &["--push"]).ends(0);
    assert!(told.contains("2 branches published to origin"), "{told}");
    assert_eq!(repo.git(&["branch", "--list", "--format=%(refname)"]), "refs/heads/main");
    assert_eq!(value(&remote.path(), "env/b"), "1");
    let objects = || (remote.git(&["count-objects", "-v"]), remote.git(&["for-each-ref"]));
    let before = objects();
    let told = publish(&repo, &["--push", "origin"]).ends(0);
    assert!(told.contains("env/a  unchanged at "), "{told}");
    assert_eq!(objects(), before);
    commit(&repo, "2");
    let told = publish(&repo, &["--push", "--dry-run"]).ends(0);
    assert!(told.contains("1 changed") && objects() == before, "{told}");
    publish(&repo, &["--push"]).ends(0);
    assert_eq!(value(&remote.path(), "env/a"), "2");
    assert_eq!(remote.git(&["rev-list", "--count", "env/a"]), "2");
    remote.git(&["fsck", "--strict"]);
    // A remote without a name, and one that isn't there.
    let url = format!("file://{}", remote.path().display());
    let told = publish(&repo, &["--push", &url]).ends(0);
    assert!(told.contains("unchanged"), "{told}");
    let told = publish(&repo, &["--push", "upstream"]).ends(2);
    assert!(told.contains("there is no remote `upstream`; known: origin"), "{told}");
    let told = publish(&repo, &["--push", "file:///no/such/place"]).ends(2);
    assert!(told.contains("git-failed"), "{told}");
}

#[test]
fn other_clones_go_on_from_what_stands_on_the_remote() {
    let (repo, remote) = with_remote(&["a"]);
    publish(&repo, &["--push"]).ends(0);
    let ours = remote.git(&["rev-parse", "env/a"]);
    commit_by_hand(&remote.path(), "env/a", &[("README.md", "hello")]);
    commit(&repo, "2");
    push_source(&repo);
    // It knows none of the rendered branches; the second one has no history either.
    let other = remote.clone_with(&["--single-branch"]);
    publish(&other, &["--push"]).ends(0);
    assert_eq!(value(&remote.path(), "env/a"), "2");
    assert!(files(&remote.path(), "env/a").contains_key("README.md"));
    assert_eq!(remote.git(&["rev-parse", "env/a~2"]), ours);
    let shallow = remote.clone_with(&["--depth=1", "--single-branch"]);
    let told = publish(&shallow, &["--push"]).ends(0);
    assert!(told.contains("unchanged"), "{told}");
    commit(&repo, "3");
    push_source(&repo);
    let shallow = remote.clone_with(&["--depth=2", "--single-branch"]);
    publish(&shallow, &["--push"]).ends(0);
    assert_eq!(value(&remote.path(), "env/a"), "3");
    // A partial clone reads what it needs, too.
    remote.git(&["config", "uploadpack.allowFilter", "true"]);
    commit(&repo, "4");
    push_source(&repo);
    let partial = remote.clone_with(&["--filter=blob:none", "--single-branch"]);
    publish(&partial, &["--push"]).ends(0);
    assert_eq!(value(&remote.path(), "env/a"), "4");
    remote.git(&["fsck", "--strict"]);
}

#[test]
fn a_run_that_ends_late_learns_of_the_newer_commit() {
    let (repo, remote) = with_remote(&["a"]);
    let late = remote.clone_with(&[]);
    commit(&repo, "2");
    push_source(&repo);
    publish(&repo, &["--push"]).ends(0);
    let told = publish(&late, &["--push"]).ends(0);
    assert!(told.contains("superseded"), "{told}");
    assert_eq!(value(&remote.path(), "env/a"), "2");
    // The same for one that was published from a commit that changed nothing.
    commit(&repo, "3");
    push_source(&repo);
    let late = remote.clone_with(&[]);
    commit(&repo, "2");
    push_source(&repo);
    publish(&repo, &["--push"]).ends(0);
    let told = publish(&late, &["--push"]).ends(0);
    assert!(told.contains("superseded"), "{told}");
    assert_eq!(value(&remote.path(), "env/a"), "2");
}

#[test]
fn a_branch_that_moves_underneath_is_built_upon_anew() {
    let (repo, remote) = with_remote(&["a", "b"]);
    publish(&repo, &["--push"]).ends(0);
    // The first push meets somebody who moves the branch in that very moment.
    let before = remote.git(&["rev-parse", "env/a"]);
    let theirs = commit_by_hand(&remote.path(), "env/a", &[("README.md", "hello")]);
    remote.git(&["update-ref", "refs/heads/env/a", &before]);
    let text = format!(
        "[ \"$1\" = refs/heads/env/a ] && [ ! -e moved ] && touch moved && \
         env -u GIT_QUARANTINE_PATH git update-ref refs/heads/env/a {theirs}\nexit 0"
    );
    hook(&remote, "update", &text);
    commit(&repo, "2");
    publish(&repo, &["--push"]).ends(0);
    assert!(remote.path().join("moved").exists());
    assert_eq!(remote.git(&["rev-parse", "env/a~1"]), theirs);
    for branch in ["env/a", "env/b"] {
        assert_eq!(value(&remote.path(), branch), "2");
    }
    assert_eq!(remote.git(&["rev-list", "--count", "env/b"]), "2");
}

#[test]
fn a_refused_push_is_told_in_the_words_of_the_remote() {
    let (repo, remote) = with_remote(&["a", "b"]);
    hook(&remote, "update", "[ \"$1\" != refs/heads/env/a ] || { echo 'env/a is protected: ask ops'; exit 1; }");
    let told = publish(&repo, &["--push"]).ends(3);
    assert!(told.contains("error[branch-refused]") && told.contains("the remote refuses the branch `env/a`"), "{told}");
    assert!(told.contains("the remote says: env/a is protected: ask ops"), "{told}");
    assert!(told.contains("env/a  not published") && told.contains("env/b  new at "), "{told}");
    assert_eq!(value(&remote.path(), "env/b"), "1");
    let refs = remote.git(&["for-each-ref", "--format=%(refname)", "refs/heads/env", "refs/terrace"]);
    assert_eq!(refs, "refs/heads/env/b\nrefs/terrace/env/b");
    assert!(!told.contains("warning"), "{told}");
    // Nothing at all is taken.
    hook(&remote, "pre-receive", "echo 'closed for the holidays'; exit 1");
    commit(&repo, "2");
    let told = publish(&repo, &["--push"]).ends(2);
    assert!(told.contains("closed for the holidays"), "{told}");
    assert_eq!(value(&remote.path(), "env/b"), "1");
    // Once it is open, what was refused is published.
    fs::remove_file(remote.path().join("hooks/pre-receive")).unwrap();
    fs::remove_file(remote.path().join("hooks/update")).unwrap();
    publish(&repo, &["--push"]).ends(0);
    assert_eq!((value(&remote.path(), "env/a"), value(&remote.path(), "env/b")), ("2".into(), "2".into()));
}

#[test]
fn a_remote_that_takes_branches_alone_is_pushed_to_with_a_warning() {
    let (repo, remote) = with_remote(&["a"]);
    hook(&remote, "update", "case $1 in refs/heads/*) exit 0;; *) echo 'only branches'; exit 1;; esac");
    let told = publish(&repo, &["--push"]).ends(0);
    assert!(told.contains("warning[branch-refused]") && told.contains("refs/terrace/env/a"), "{told}");
    assert_eq!(value(&remote.path(), "env/a"), "1");
    hook(&remote, "update", "exit 0");
    remote.git(&["config", "receive.advertiseAtomic", "false"]);
    commit(&repo, "2");
    let told = publish(&repo, &["--push"]).ends(0);
    assert!(!told.contains("warning"), "{told}");
    assert!(remote.git(&["for-each-ref"]).contains("refs/terrace/env/a"));
    assert_eq!(value(&remote.path(), "env/a"), "2");
}

#[test]
fn a_local_publish_goes_on_from_what_the_clone_knows_of_its_remote() {
    let (repo, remote) = with_remote(&["a"]);
    publish(&repo, &["--push"]).ends(0);
    let tip = remote.git(&["rev-parse", "env/a"]);
    let clone = remote.clone_with(&[]);
    publish(&clone, &[]).ends(0);
    assert_eq!(clone.git(&["rev-parse", "env/a"]), tip);
    let clone = remote.clone_with(&[]);
    commit(&clone, "2");
    publish(&clone, &[]).ends(0);
    assert_eq!(clone.git(&["rev-parse", "env/a~1"]), tip);
    clone.git(&["push", "-q", "origin", "env/a"]);
}

#[test]
fn what_is_wrong_with_many_branches_is_told_once() {
    let (repo, remote) = with_remote(&["a", "b", "c"]);
    commit(&repo, "2");
    publish(&repo, &["--push"]).ends(0);
    // It can't learn of a source commit that nobody pushed.
    let other = remote.clone_with(&[]);
    let told = publish(&other, &["--push"]).ends(2);
    assert!(told.contains("the branch `env/a` (and 2 more) was published from"), "{told}");
    assert!(told.contains("1 error"), "{told}");
}

#[test]
fn a_mirror_is_pushed_from() {
    let (repo, remote) = with_remote(&["a"]);
    let mirror = remote.clone_with(&["--mirror"]);
    publish(&mirror, &["--push"]).ends(0);
    assert_eq!(value(&remote.path(), "env/a"), "1");
    assert_eq!(mirror.git(&["for-each-ref", "refs/heads/env"]), "");
    commit(&repo, "2");
    push_source(&repo);
    mirror.git(&["fetch", "-q"]);
    publish(&mirror, &["--push"]).ends(0);
    assert_eq!(value(&remote.path(), "env/a"), "2");
}

#[test]
fn runs_of_one_commit_at_once_double_nothing() {
    let (repo, remote) = with_remote(&["a", "b"]);
    for round in ["1", "2"] {
        if round == "2" {
            commit(&repo, round);
            push_source(&repo);
        }
        let clones: Vec<Repo> = (0..5).map(|_| remote.clone_with(&[])).collect();
        std::thread::scope(|scope| {
            for clone in &clones {
                scope.spawn(|| publish(clone, &["--push"]).ends(0));
                scope.spawn(|| publish(&repo, &[]).ends(0));
            }
        });
        for dir in [remote.path(), repo.path()] {
            for branch in ["env/a", "env/b"] {
                let count = super::repo::git(&dir, &["rev-list", "--count", branch]);
                assert_eq!((value(&dir, branch).as_str(), count.as_str()), (round, round));
            }
        }
    }
}

#[test]
fn a_push_after_a_local_publish_makes_the_same_commit() {
    let repo = small();
    let remote = repo.clone_with(&["--bare"]);
    repo.git(&["remote", "add", "origin", remote.path().to_str().unwrap()]);
    publish(&repo, &["--push"]).ends(0);
    let other = remote.clone_with(&[]);
    other.git(&["remote", "set-url", "origin", remote.path().to_str().unwrap()]);
    publish(&other, &[]).ends(0);
    assert_eq!(other.git(&["rev-parse", "env/a"]), remote.git(&["rev-parse", "env/a"]));
}
