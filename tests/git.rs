//! What Terrace asks of git, asked of real repositories.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

#[path = "repo/again.rs"]
mod again;
mod repo;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use again::{again, is_again};
use repo::{Repo, write};
use terrace::git::{Compiled, GitError, ObjectId, Remote, Repository, ResolveOptions};

fn options() -> ResolveOptions {
    ResolveOptions::default()
}

fn discover(dir: &Path) -> Option<Repository> {
    Repository::discover(dir).unwrap()
}

fn unknown(repository: &Repository, revision: &str) -> String {
    match repository.resolve(revision, &options()) {
        Err(error @ GitError::UnknownRevision(_)) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_repository_is_found_from_anywhere_in_it() {
    let repo = Repo::new();
    repo.write("a/b/c", "");
    repo.commit("c");
    for below in ["", "a", "a/b"] {
        let found = discover(&repo.path().join(below)).unwrap();
        assert_eq!(found.work_tree(), Some(repo.path().as_path()));
        assert_eq!(found.git_dir(), repo.path().join(".git"));
    }
    for inside in [".git", ".git/refs/heads"] {
        assert!(discover(&repo.path().join(inside)).is_none(), "{inside}");
    }
    let outside = tempfile::tempdir().unwrap();
    assert!(discover(outside.path()).is_none());
    assert!(matches!(Repository::discover(&outside.path().join("no")), Err(GitError::NoDirectory { .. })));
}

#[test]
fn linked_worktrees_submodules_and_bare_repositories() {
    let (repo, library) = (Repo::new(), Repo::new());
    library.write("x", "x");
    library.commit("x");
    repo.git(&["submodule", "--quiet", "add", &library.path().display().to_string(), "sub"]);
    repo.commit("sub");
    let sub = discover(&repo.path().join("sub")).unwrap();
    assert_eq!(sub.work_tree(), Some(repo.path().join("sub").as_path()));
    assert_eq!(sub.git_dir(), repo.path().join(".git/modules/sub"));

    let place = tempfile::tempdir().unwrap();
    let linked = place.path().canonicalize().unwrap().join("linked");
    repo.git(&["worktree", "add", "-q", "-b", "other", linked.to_str().unwrap()]);
    let found = discover(&linked).unwrap();
    assert_eq!(found.work_tree(), Some(linked.as_path()));
    assert_eq!(found.common_dir(), repo.path().join(".git"));
    assert_eq!(found.head_branch().unwrap().as_deref(), Some("other"));
    assert_eq!(found.visible_files(&linked).unwrap(), [b".gitmodules".as_slice().into(), b"sub".as_slice().into()]);

    let bare = repo.clone_with(&["--bare"]);
    let found = bare.open();
    assert!(found.is_bare());
    assert_eq!(found.head_branch().unwrap().as_deref(), Some("main"));
    assert_eq!(found.resolve("main", &options()).unwrap().id.to_string(), repo.git(&["rev-parse", "main"]));
    assert!(matches!(found.visible_files(&bare.path()), Err(GitError::Failed { .. })));
}

#[test]
fn a_committed_directory_that_looks_bare_is_refused() {
    let repo = Repo::new();
    repo.write("evil/HEAD", "ref: refs/heads/main\n");
    repo.write("evil/config", "[core]\nbare = true\n");
    repo.write("evil/objects/x", "");
    repo.write("evil/refs/heads/x/y", "");
    repo.write("evil/deep/file", "");
    repo.commit("evil");
    match Repository::discover(&repo.path().join("evil/deep")) {
        Err(GitError::Failed { stderr, .. }) => assert!(stderr.contains("bare repository"), "{stderr}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn nothing_that_a_repository_configures_is_run() {
    let repo = Repo::new();
    repo.write(".gitattributes", "* filter=evil diff=evil\n");
    repo.write("a", "a");
    repo.commit("a");
    let mark = repo.path().join(".git/ran");
    let script = repo.path().join(".git/evil");
    std::fs::write(&script, format!("#!/bin/sh\necho \"$0 $*\" >> {}\ncat\n", mark.display())).unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    let script = script.to_str().unwrap();
    for key in ["core.fsmonitor", "core.pager", "core.sshCommand", "filter.evil.clean", "diff.evil.textconv"] {
        repo.git(&["config", key, script]);
    }
    for hook in ["post-index-change", "reference-transaction", "fsmonitor-watchman"] {
        std::fs::copy(script, repo.path().join(".git/hooks").join(hook)).unwrap();
    }
    repo.write("a", "changed");
    let found = repo.open();
    found.visible_files(&repo.path()).unwrap();
    let head = found.resolve("main", &options()).unwrap();
    found.tree(head.tree).unwrap();
    found.remote_urls().unwrap();
    found.default_branch("origin").unwrap();
    assert_eq!(std::fs::read_to_string(&mark).unwrap_or_default(), "");
    // The trap does snap.
    repo.git(&["status"]);
    assert!(std::fs::read_to_string(&mark).unwrap().contains("evil"));
}

#[test]
fn a_repository_of_another_owner_is_read() {
    let repo = Repo::new();
    repo.write("a", "a");
    repo.commit("a");
    let owned = std::process::Command::new("chown").args(["-R", "12345"]).arg(repo.path()).output().unwrap();
    if !owned.status.success() {
        return; // Only root can give files away.
    }
    let found = repo.open();
    assert_eq!(found.visible_files(&repo.path()).unwrap().len(), 1);
    assert!(found.resolve("main", &options()).is_ok());
}

#[test]
fn a_hooks_environment_does_not_mislead() {
    let repo = Repo::new();
    if is_again() {
        repo.write("a", "a");
        repo.commit("a");
        let found = repo.open();
        assert_eq!(found.git_dir(), repo.path().join(".git"));
        assert_eq!(found.visible_files(&repo.path()).unwrap().len(), 1);
        return;
    }
    again("a_hooks_environment_does_not_mislead", |command| {
        command.env("GIT_DIR", "/nonexistent").env("GIT_INDEX_FILE", "/nonexistent/index").env("GIT_WORK_TREE", "/");
        command.env("GIT_CONFIG_COUNT", "1").env("GIT_CONFIG_KEY_0", "core.bare").env("GIT_CONFIG_VALUE_0", "true");
    });
}

#[test]
fn a_hook_sees_the_commit_to_be() {
    let Some(dir) = std::env::var_os("TERRACE_TEST_REPO") else {
        let repo = Repo::new();
        repo.write("a", "a");
        repo.write("b", "b");
        repo.git(&["add", "a"]);
        std::fs::copy(repo.path().join(".git/index"), repo.path().join(".git/next-index-1.lock")).unwrap();
        repo.git(&["rm", "-q", "--cached", "a"]);
        return again("a_hook_sees_the_commit_to_be", |command| {
            command.env("GIT_INDEX_FILE", ".git/next-index-1.lock").env("TERRACE_TEST_REPO", repo.path());
        });
    };
    let dir = Path::new(&dir);
    write(dir, ".git/info/exclude", "a\nb\n");
    let found = discover(dir).unwrap();
    assert_eq!(found.visible_files(dir).unwrap(), [b"a".as_slice().into()]);
    let staged = found.tree(found.index_tree().unwrap()).unwrap();
    assert_eq!(staged.iter().map(|i| &*i.name).collect::<Vec<_>>(), [b"a"]);
}

#[test]
fn git_may_be_missing() {
    if is_again() {
        let error = Repository::discover(Path::new("/")).unwrap_err();
        assert_eq!(error, GitError::NotInstalled);
        return;
    }
    again("git_may_be_missing", |command| {
        command.env("PATH", "/nonexistent");
    });
}

#[test]
fn remotes_are_as_configured_and_as_rewritten() {
    let repo = Repo::new();
    repo.git(&["remote", "add", "origin", "gh:acme/platform.git"]);
    repo.git(&["remote", "set-url", "--add", "--push", "origin", "git@github.com:acme/platform.git"]);
    repo.git(&["remote", "add", "up.stream", "https://example.com/x"]);
    repo.git(&["config", "url.https://github.com/.insteadOf", "gh:"]);
    repo.git(&["config", "url.https://wrong.example/.insteadOf", "g"]);
    let found: Vec<String> =
        repo.open().remote_urls().unwrap().into_iter().map(|Remote { name, url }| format!("{name} {url}")).collect();
    assert_eq!(
        found,
        [
            "origin gh:acme/platform.git",
            "origin git@github.com:acme/platform.git",
            "origin https://github.com/acme/platform.git",
            "origin https://wrong.example/it@github.com:acme/platform.git",
            "up.stream https://example.com/x",
        ]
    );
    assert_eq!(Repo::new().open().remote_urls().unwrap(), []);
}

#[test]
fn branches_come_before_tags_and_the_remotes_before_local_ones() {
    let source = Repo::new();
    let first = source.commit("first");
    source.git(&["branch", "both"]);
    source.git(&["tag", "-a", "-m", "annotated", "v1"]);
    source.git(&["tag", "both"]);
    let second = source.commit("second");
    source.git(&["tag", "only-tag"]);
    let clone = source.clone_with(&[]);
    clone.git(&["branch", "local"]);
    clone.git(&["checkout", "-q", "main"]);
    let third = clone.commit("third");
    clone.git(&["tag", "-f", "both", "HEAD"]);
    clone.git(&["tag", "refs-like/x"]);
    let found = clone.open();
    let id = |revision: &str| found.resolve(revision, &options()).unwrap().id.to_string();
    assert_eq!(id("HEAD"), third);
    assert_eq!(id(""), third);
    assert_eq!(id("main"), second, "origin's branch, not the local one");
    assert_eq!(id("refs/heads/main"), second);
    assert_eq!(id("both"), first, "the branch, not the tag");
    assert_eq!(id("refs/tags/both"), third);
    assert_eq!(id("tags/both"), third);
    assert_eq!(id("v1"), first, "an annotated tag is the commit that it names");
    assert_eq!(id("only-tag"), second);
    assert_eq!(id("local"), second);
    assert_eq!(id("origin/main"), second);
    assert_eq!(id("refs-like/x"), third);
    assert_eq!(id(&first), first);
    assert_eq!(id(&first[..7]), first);
    assert_eq!(id(&first.to_uppercase()), first);
    assert_eq!(found.resolve("v1", &options()).unwrap().revision, "v1");
    for expression in ["HEAD~1", "main^", "main@{0}", "main..v1", ":/first", "-x", "a b", "x\ny", "@", "HEAD:x"] {
        unknown(&found, expression);
    }
    let with = |options: &ResolveOptions, revision: &str| found.resolve(revision, options).unwrap().id.to_string();
    let expressions = ResolveOptions { expressions: true, ..options() };
    assert_eq!(with(&expressions, "HEAD~2"), first);
    let map = [("gone".to_owned(), "HEAD~1".to_owned()), ("main".to_owned(), "v1".to_owned())].into();
    let mapped = ResolveOptions { map, ..options() };
    assert_eq!(with(&mapped, "gone"), second);
    assert_eq!(with(&mapped, "main"), first);
    let compiled = Compiled { commit: found.resolve("v1", &options()).unwrap(), branch: Some("main".to_owned()) };
    let compiled = ResolveOptions { compiled: Some(compiled), ..options() };
    for revision in ["main", "refs/heads/main", "HEAD", ""] {
        assert_eq!(with(&compiled, revision), first);
    }
    assert_eq!(with(&compiled, "local"), second);
}

#[test]
fn an_unknown_revision_is_told_with_its_neighbours() {
    let repo = Repo::new();
    assert_eq!(unknown(&repo.open(), "HEAD"), "`HEAD` has no commit yet");
    repo.commit("first");
    repo.git(&["tag", "v1.2.0"]);
    repo.git(&["branch", "release-1"]);
    let found = repo.open();
    assert_eq!(unknown(&found, "mian"), "there is no branch, tag or commit `mian` in this clone; did you mean `main`?");
    assert_eq!(
        unknown(&found, "1.2.0"),
        "there is no branch, tag or commit `1.2.0` in this clone; did you mean `v1.2.0`?"
    );
    let absent = "0123456789abcdef0123456789abcdef01234567";
    assert_eq!(unknown(&found, absent), format!("there is no branch, tag or commit `{absent}` in this clone"));
}

#[test]
fn a_shallow_clone_is_told_so() {
    let repo = Repo::new();
    let first = repo.commit("first");
    repo.commit("second");
    repo.git(&["branch", "other", "HEAD~1"]);
    let clone = repo.clone_with(&["--depth", "1"]);
    let found = clone.open();
    assert!(found.is_shallow());
    let message = unknown(&found, &first);
    assert!(message.contains("this clone is shallow: set `fetch-depth: 0`"), "{message}");
    assert!(message.contains("`git fetch --unshallow`"), "{message}");
    assert!(unknown(&found, "other").contains("fetches only some branches"));
    assert!(found.resolve("main", &options()).is_ok());
    assert!(!repo.open().is_shallow());
}

#[test]
fn merge_bases_and_default_branches() {
    let repo = Repo::new();
    let first = repo.commit("first");
    repo.git(&["checkout", "-q", "-b", "other"]);
    repo.commit("other");
    repo.git(&["checkout", "-q", "main"]);
    repo.commit("second");
    repo.git(&["checkout", "-q", "--orphan", "alone"]);
    repo.commit("alone");
    let found = repo.open();
    let commit = |name: &str| found.resolve(name, &options()).unwrap();
    assert_eq!(found.merge_base(&commit("main"), &commit("other")).unwrap().id.to_string(), first);
    let error = found.merge_base(&commit("main"), &commit("alone")).unwrap_err();
    assert_eq!(error.to_string(), "`main` and `alone` have no common ancestor in this clone");
    assert_eq!(found.default_branch("origin").unwrap().as_deref(), Some("main"));
    repo.git(&["checkout", "-q", "other"]);
    assert_eq!(repo.clone_with(&[]).open().default_branch("origin").unwrap().as_deref(), Some("other"));
    assert_eq!(Repo::new().open().default_branch("origin").unwrap(), None);
}

#[test]
fn a_partial_clone_is_not_filled_in() {
    let repo = Repo::new();
    repo.write("a", "a text");
    let commit = repo.commit("a");
    repo.git(&["config", "uploadpack.allowFilter", "true"]);
    let clone = repo.clone_with(&["--filter=blob:none", "--no-checkout"]);
    let found = clone.open();
    assert!(found.is_partial());
    let commit = found.resolve(&commit, &options()).unwrap();
    let item = found.tree(commit.tree).unwrap().remove(0);
    for _ in 0..3 {
        let error = found.blob(item.id, 100).unwrap_err();
        assert_eq!(error, GitError::MissingObject { id: item.id, shallow: false, partial: true });
        assert!(error.to_string().contains("partial"), "{error}");
    }
    assert!(found.tree(commit.tree).is_ok(), "others can still be read");
}

#[test]
fn many_threads_read_objects_large_small_and_missing() {
    let repo = Repo::new();
    let large = "0123456789abcdef\n".repeat(300_000);
    repo.write("large", &large);
    for i in 0..50 {
        repo.write(&format!("small/{i}"), &format!("text {i}"));
    }
    repo.commit("all");
    let found = repo.open();
    let commit = found.resolve("main", &options()).unwrap();
    let id = |name: &str| ObjectId::from_hex(&repo.git(&["rev-parse", &format!("HEAD:{name}")])).unwrap();
    let (large_id, tree) = (id("large"), id("small"));
    let absent = ObjectId::from_bytes(&[7; 20]).unwrap();
    let items = found.tree(tree).unwrap();
    let started = Instant::now();
    std::thread::scope(|scope| {
        for thread in 0..6 {
            let (found, items, large) = (&found, &items, &large);
            scope.spawn(move || {
                for (i, item) in items.iter().enumerate() {
                    let text = found.blob(item.id, 1000).unwrap();
                    assert_eq!(text, format!("text {}", std::str::from_utf8(&item.name).unwrap()).into_bytes());
                    if i % 6 == thread {
                        assert!(matches!(found.object(absent, 10), Err(GitError::MissingObject { .. })));
                        assert!(matches!(found.blob(large_id, 1000), Err(GitError::TooLarge { .. })));
                        assert!(matches!(found.blob(tree, 100_000), Err(GitError::WrongKind { .. })));
                        assert_eq!(found.blob(large_id, u64::MAX).unwrap(), large.as_bytes());
                    }
                }
            });
        }
    });
    assert!(started.elapsed() < Duration::from_secs(60));
    assert_eq!(found.tree(commit.tree).unwrap().len(), 2);
}
