//! May a branch be moved: older, newer and other source commits.

use super::fleet::{commit, commit_by_hand, publish, small, value};
use super::repo::Repo;

fn tip(repo: &Repo) -> String {
    repo.git(&["rev-parse", "env/a"])
}

#[test]
fn an_older_run_that_ends_later_changes_nothing() {
    let repo = small();
    let old = repo.git(&["rev-parse", "HEAD"]);
    let new = commit(&repo, "2");
    publish(&repo, &[]).ends(0);
    let before = tip(&repo);
    let told = publish(&repo, &[&old]).ends(0);
    assert!(told.contains(&format!("superseded: it holds what the later commit {} gives", &new[..10])), "{told}");
    assert_eq!(tip(&repo), before);
    // Somebody's commit on top hides nothing.
    let theirs = commit_by_hand(&repo.path(), "env/a", &[("README.md", "hello")]);
    publish(&repo, &[&old]).ends(0);
    assert_eq!(tip(&repo), theirs);
}

#[test]
fn a_revert_that_changed_nothing_is_remembered() {
    let repo = small();
    publish(&repo, &[]).ends(0);
    let before = tip(&repo);
    let bad = commit(&repo, "bad");
    commit(&repo, "1");
    // The run of the revert ends first, and finds what stands as it should be.
    let told = publish(&repo, &[]).ends(0);
    assert!(told.contains("unchanged"), "{told}");
    assert_eq!(tip(&repo), before);
    let told = publish(&repo, &[&bad]).ends(0);
    assert!(told.contains("superseded"), "{told}");
    assert_eq!((tip(&repo), value(&repo.path(), "env/a")), (before, "1".to_owned()));
    // A branch that was deleted is made anew, whatever is remembered of it.
    repo.git(&["branch", "-qD", "env/a"]);
    publish(&repo, &[&bad]).ends(0);
    assert_eq!(value(&repo.path(), "env/a"), "bad");
}

#[test]
fn a_part_that_changed_nothing_says_nothing_of_the_rest() {
    let repo = small();
    publish(&repo, &[]).ends(0);
    let middle = commit(&repo, "2");
    repo.commit("Nothing");
    publish(&repo, &["--app", "no-such-app"]).ends(0);
    publish(&repo, &[&middle]).ends(0);
    assert_eq!(value(&repo.path(), "env/a"), "2");
}

#[test]
fn diverged_commits_are_told_and_can_be_taken_over() {
    let repo = small();
    let base = repo.git(&["rev-parse", "HEAD"]);
    let one = commit(&repo, "2");
    publish(&repo, &[]).ends(0);
    let before = tip(&repo);
    repo.git(&["checkout", "-q", "-b", "other", &base]);
    let other = commit(&repo, "3");
    let told = publish(&repo, &[]).ends(2);
    assert!(told.contains("error[source-diverged]"), "{told}");
    assert!(told.contains(&one[..10]) && told.contains(&other[..10]) && told.contains("--allow-diverged"), "{told}");
    assert_eq!(tip(&repo), before);
    publish(&repo, &["--allow-diverged"]).ends(0);
    assert_eq!(value(&repo.path(), "env/a"), "3");
    assert_eq!(repo.git(&["rev-parse", "env/a~1"]), before);
    // Once they are merged it goes on.
    repo.git(&["merge", "-q", "-s", "ours", "-m", "Merge", "main"]);
    commit(&repo, "4");
    publish(&repo, &[]).ends(0);
}

#[test]
fn a_shallow_clone_says_what_it_lacks() {
    let repo = small();
    publish(&repo, &[]).ends(0);
    commit(&repo, "2");
    let shallow = repo.clone_with(&["--depth=1", "--no-single-branch"]);
    shallow.git(&["branch", "-q", "env/a", "origin/env/a"]);
    let told = publish(&shallow, &[]).ends(2);
    assert!(told.contains("which this clone doesn't have") && told.contains("fetch-depth: 0"), "{told}");
    shallow.git(&["fetch", "-q", "--unshallow"]);
    publish(&shallow, &[]).ends(0);
    assert_eq!(value(&shallow.path(), "env/a"), "2");
    // What was published of the same commit needs no history.
    let shallow = shallow.clone_with(&["--depth=1", "--no-single-branch"]);
    shallow.git(&["branch", "-q", "env/a", "origin/env/a"]);
    publish(&shallow, &[]).ends(0);
}

#[test]
fn a_branch_of_others_has_to_be_adopted() {
    let repo = small();
    let started = commit_by_hand(&repo.path(), "env/a", &[("README.md", "hello")]);
    let told = publish(&repo, &[]).ends(2);
    assert!(told.contains("error[branch-foreign]") && told.contains("--adopt"), "{told}");
    assert_eq!(tip(&repo), started);
    publish(&repo, &["--adopt"]).ends(0);
    assert_eq!(repo.git(&["rev-parse", "env/a~1"]), started);
    commit(&repo, "2");
    publish(&repo, &[]).ends(0);
    assert!(repo.git(&["ls-tree", "--name-only", "env/a"]).contains("README.md"));
    // Ours with the trailers gone: what stands there may be newer.
    let tree = repo.git(&["rev-parse", "env/a^{tree}"]);
    let squashed = repo.git(&["commit-tree", "-m", "Squashed", &tree]);
    repo.git(&["update-ref", "refs/heads/env/a", &squashed]);
    repo.git(&["update-ref", "-d", "refs/terrace/env/a"]);
    let told = publish(&repo, &[]).ends(2);
    assert!(told.contains("it holds a tree of terrace, but no commit says"), "{told}");
    // An empty one is there to be started from.
    let empty = commit_by_hand(&repo.path(), "env/b", &[]);
    publish(&repo, &["--branch", "env/b", "--path", "."]).ends(0);
    assert_eq!(repo.git(&["rev-parse", "env/b~1"]), empty);
}
