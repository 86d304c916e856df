//! What publishing needs of git: new objects, refs that are moved from where they stand, what isn't committed.
#![expect(clippy::unwrap_used, reason = "helpers of tests, which clippy doesn't take for tests")]

mod repo;

use repo::Repo;
use terrace::git::{
    Ancestry, FILE_MODE, GitError, Identity, Moved, NewCommit, NewObject, ObjectFormat, ObjectId, ObjectKind, RefMove,
    TREE_MODE, TreeItem, branch_name_fault,
};

const FORMAT: ObjectFormat = ObjectFormat::Sha1;

fn one_commit() -> Repo {
    let repo = Repo::new();
    repo.write("a/b.txt", "hello\n");
    repo.commit("One");
    repo
}

fn id(repo: &Repo, name: &str) -> ObjectId {
    ObjectId::from_hex(&repo.git(&["rev-parse", name])).unwrap()
}

#[test]
fn objects_are_what_git_makes_of_them() {
    let repo = one_commit();
    let git = repo.open();
    assert_eq!(git.object_format().unwrap(), FORMAT);
    let blob = NewObject::new(FORMAT, ObjectKind::Blob, b"hello\n".to_vec());
    assert_eq!(blob.id, id(&repo, "HEAD:a/b.txt"));
    let item = |mode, name: &str, id| TreeItem { mode, name: name.as_bytes().into(), id };
    let below = NewObject::tree(FORMAT, vec![item(FILE_MODE, "b.txt", blob.id)]);
    assert_eq!(below.id, id(&repo, "HEAD:a"));
    // `a-b` comes before the directory `a`, and that before `a0`.
    let names = [(TREE_MODE, "a", below.id), (FILE_MODE, "a0", blob.id), (FILE_MODE, "a-b", blob.id)];
    let tree = NewObject::tree(FORMAT, names.map(|(mode, name, id)| item(mode, name, id)).to_vec());
    let who = Identity { name: "A <B>\n".into(), email: "a@example.com".into() };
    let commit = NewCommit {
        tree: tree.id,
        parent: Some(id(&repo, "HEAD")),
        author: &who,
        author_date: "1700000000 +0100",
        committer: &who,
        committer_date: "1700000001 -0230",
        message: "Two\n",
    };
    let commit = NewObject::new(FORMAT, ObjectKind::Commit, commit.to_bytes());
    // Enough for a pack, and then few enough for loose objects; some are there already.
    for count in [300_usize, 3] {
        let mut all = vec![blob.clone(), below.clone(), tree.clone(), commit.clone()];
        all.extend((0..count).map(|n| NewObject::new(FORMAT, ObjectKind::Blob, vec![b'x'; n * count])));
        git.write_objects(FORMAT, &all).unwrap();
        for object in &all {
            assert_eq!(git.object(object.id, 1 << 20).unwrap().data, object.data);
        }
    }
    repo.git(&["update-ref", "refs/heads/x", &commit.id.to_string()]);
    repo.git(&["fsck", "--strict"]);
    let shown = repo.git(&["log", "-1", "--format=%an|%ae|%ai|%ci|%s", "x"]);
    assert_eq!(shown, "A B|a@example.com|2023-11-14 23:13:20 +0100|2023-11-14 19:43:21 -0230|Two");
}

#[test]
fn refs_move_from_where_they_stand_or_not_at_all() {
    let repo = one_commit();
    let one = id(&repo, "HEAD");
    repo.commit("Two");
    let two = id(&repo, "HEAD");
    let git = repo.open();
    let moved = |name: &str, old, new| RefMove { name: format!("refs/heads/{name}"), old, new };
    let both = [moved("x", None, Some(one)), moved("y", None, Some(one))];
    assert_eq!(git.move_refs(&both, "test").unwrap(), Moved::Done);
    assert!(matches!(git.move_refs(&both, "test").unwrap(), Moved::Stale(_)));
    let one_is_stale = [moved("x", Some(one), Some(two)), moved("y", Some(two), Some(one))];
    assert!(matches!(git.move_refs(&one_is_stale, "test").unwrap(), Moved::Stale(_)));
    assert_eq!((id(&repo, "x"), id(&repo, "y")), (one, one));
    let taken = moved("x", None, Some(one)).reversed();
    assert_eq!(git.move_refs(&[taken, moved("y", Some(one), Some(two))], "test").unwrap(), Moved::Done);
    let refs = git.refs_below(&["refs/heads"]).unwrap();
    assert_eq!(refs.keys().collect::<Vec<_>>(), ["refs/heads/main", "refs/heads/y"]);
    assert_eq!(refs["refs/heads/y"], two);
    // What isn't there can't be pointed at, and that is no matter of trying again.
    let nothing = NewObject::new(FORMAT, ObjectKind::Commit, Vec::new()).id;
    assert!(matches!(git.move_refs(&[moved("z", None, Some(nothing))], "test"), Err(GitError::Failed { .. })));
}

#[test]
fn commits_before_and_after_each_other() {
    let repo = one_commit();
    let one = id(&repo, "HEAD");
    repo.commit("Two");
    let two = id(&repo, "HEAD");
    repo.git(&["checkout", "-q", "--detach", &one.to_string()]);
    repo.commit("Other");
    let other = id(&repo, "HEAD");
    let git = repo.open();
    let of = |a, b| git.ancestry(a, b).unwrap();
    assert_eq!([of(one, one), of(one, two), of(two, one)], [Ancestry::Same, Ancestry::Before, Ancestry::After]);
    assert_eq!(of(two, other), Ancestry::Apart);
    let history: Vec<String> = git.history(two, 10).unwrap().into_iter().map(|(_, text)| text.trim().into()).collect();
    assert_eq!(history, ["Two", "One"]);
    let message = git.message(two).unwrap();
    assert_eq!((message.subject.as_str(), message.author.name.as_str()), ("Two", "t"));
    assert_eq!(git.message_text(two).unwrap(), "Two\n");
    assert!(git.commit(NewObject::new(FORMAT, ObjectKind::Commit, Vec::new()).id).unwrap().is_none());
}

#[test]
fn what_is_not_committed() {
    let repo = one_commit();
    for name in ["kept", "changed", "gone", "staged", "same"] {
        repo.write(name, "1");
    }
    repo.write(".gitignore", "ignored\n");
    repo.commit("Files");
    let git = repo.open();
    assert_eq!(git.uncommitted_files().unwrap(), [""; 0]);
    repo.write("changed", "2");
    repo.write("staged", "2");
    repo.git(&["add", "staged"]);
    // Written again with what it holds.
    repo.write("same", "1");
    std::fs::remove_file(repo.path().join("gone")).unwrap();
    repo.write("new", "1");
    repo.write("ignored", "1");
    assert_eq!(git.uncommitted_files().unwrap(), ["changed", "gone", "new", "staged"]);
    let bare = repo.clone_with(&["--bare"]);
    assert_eq!(bare.open().uncommitted_files().unwrap(), [""; 0]);
}

#[test]
fn names_that_git_takes_are_taken_and_no_others() {
    let repo = one_commit();
    for name in [
        "a", "a/b", "a.b", "a@b", "ü/x", "HEAD", "-a", "/a", "a/", "a//b", ".a", "a/.b", "a.lock", "a.lock/b", "a.",
        "a..b", "a@{b", "a b", "a~b", "a^", "a:b", "a?", "a*", "a[b", "a\\b", "a\tb", "a/-b", "@/x",
    ] {
        let mut git = std::process::Command::new("git");
        let said = git.current_dir(repo.path()).args(["check-ref-format", "--branch", name]).output().unwrap();
        assert_eq!(branch_name_fault(name).is_none(), said.status.success(), "{name:?}");
    }
}
