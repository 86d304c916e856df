//! Trees on disk, in git and in memory: the same content gives the same answers.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

#[path = "repo/again.rs"]
mod again;
mod repo;

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use again::{again, is_again};
use proptest::prelude::*;
use repo::{Repo, write};
use terrace::git::{Commit, GitError, Repository, ResolveOptions};
use terrace::world::{
    DiskOptions, DiskTree, EntryKind, FilePath, GitOptions, GitTree, MAX_FILE_BYTES, MemoryTree, ReadError, Reader,
    Tree, World,
};

/// A file's text, or `-> target` for a link.
type Content = (String, String);

fn lay(root: &Path, content: &[Content]) {
    for (path, text) in content {
        match text.strip_prefix("-> ") {
            Some(target) => {
                fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
                symlink(target, root.join(path)).unwrap();
            }
            None => write(root, path, text),
        }
    }
}

fn content(pairs: &[(&str, &str)]) -> Vec<Content> {
    pairs.iter().map(|(p, t)| ((*p).to_owned(), (*t).to_owned())).collect()
}

fn disk(root: &Path) -> DiskTree {
    DiskTree::open(root, DiskOptions::default()).unwrap()
}

fn disk_in(repo: &Repo, below: &str) -> DiskTree {
    let options = DiskOptions { repository: Some(repo.open()), ..DiskOptions::default() };
    DiskTree::open(&repo.path().join(below), options).unwrap()
}

/// What is there, as if it were committed on `main`.
fn staged(repo: &Repo) -> GitTree {
    repo.git(&["add", "-A"]);
    let repository = repo.open();
    let tree = repository.index_tree().unwrap();
    let commit = Commit { id: tree, tree, revision: "main".to_owned() };
    GitTree::open(repository, &commit, GitOptions::default()).unwrap()
}

fn head(repo: &Repo, options: GitOptions) -> Result<GitTree, GitError> {
    let repository = repo.open();
    let commit = repository.resolve("main", &ResolveOptions::default()).unwrap();
    GitTree::open(repository, &commit, options)
}

fn dangling(what: &str) -> Result<Vec<u8>, ReadError> {
    Err(ReadError::Dangling(what.to_owned()))
}

fn escapes(what: &str) -> Result<Vec<u8>, ReadError> {
    Err(ReadError::Escapes(what.to_owned()))
}

/// `name`, `name/` for directories, `name!` for bad links, with `@` after links.
fn names(tree: &dyn Tree, path: &str) -> Vec<String> {
    let entries = tree.list(path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let mark = |kind| match kind {
        EntryKind::File => "",
        EntryKind::Directory => "/",
        EntryKind::BadLink => "!",
    };
    entries.into_iter().map(|e| e.name + mark(e.kind) + if e.link { "@" } else { "" }).collect()
}

/// All that a tree says of a path, without what differs by design: the revision in messages.
fn answers(tree: &dyn Tree, path: &str) -> String {
    let (read, list, kind) = (tree.read(path), tree.list(path), tree.kind(path));
    format!("{path}: {read:?} {list:?} {kind:?}").replace("@main", "")
}

/// Each path, what is above and below it.
fn probes(content: &[Content]) -> BTreeSet<String> {
    let mut probes: BTreeSet<String> = ["", "no", "no/no"].map(str::to_owned).into();
    for (path, _) in content {
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        for end in ends {
            for below in ["", "/a", "/b", "/no", "/a/b"] {
                probes.insert(format!("{}{below}", &path[..end]));
            }
        }
    }
    probes
}

/// What the operating system finds there, following links anywhere.
fn agrees_with_the_system(tree: &DiskTree, path: &str) {
    let real = tree.root().join(path);
    match tree.read(path) {
        Ok(bytes) => assert_eq!(bytes, fs::read(&real).unwrap(), "{path}"),
        Err(ReadError::Missing) => assert!(!real.exists(), "{path}"),
        Err(ReadError::WrongKind(_)) => assert!(real.is_dir(), "{path}"),
        Err(ReadError::Escapes(_)) => {}
        Err(ReadError::Failed(why) | ReadError::Dangling(why)) => assert!(!real.exists(), "{path}: {why}"),
        Err(other) => panic!("{path}: {other:?}"),
    }
    if let Ok(entries) = tree.list(path) {
        let found = fs::read_dir(&real).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
        let found: BTreeSet<String> = found.filter(|n| n != ".git").collect();
        assert_eq!(entries.into_iter().map(|e| e.name).collect::<BTreeSet<_>>(), found, "{path}");
    }
}

#[test]
fn all_trees_give_the_same_answers() {
    let cases: [&[(&str, &str)]; 7] = [
        &[],
        &[("a", "x")],
        &[("a/b/c.yaml", "x"), ("a/b.yaml", "y"), ("a.yaml", ""), ("z/ä ö\n\".yaml", "ü")],
        &[("a", "x"), ("b", "-> a"), ("c/d", "-> ../b"), ("e", "-> c"), ("f", "-> e/d")],
        &[("a/x", "x"), ("b", "-> a/../../out"), ("c", "-> /etc"), ("d", "-> no"), ("e", "-> e"), ("g", "-> a/x/y")],
        &[("a/up", "-> .."), ("a/here", "-> ."), ("b", "-> a//./up/a/"), ("c/d", "-> ../../c/d"), ("f", "-> a/x/")],
        &[("a/x", "x"), ("b", "-> a/x/"), ("c", "-> a/x/."), ("d", "-> a/x/.."), ("e", "-> a/."), ("f", "-> ./e/")],
    ];
    for case in cases {
        let (content, plain, repo) = (content(case), tempfile::tempdir().unwrap(), Repo::new());
        lay(plain.path(), &content);
        lay(&repo.path(), &content);
        let (revision, plain, checkout) = (staged(&repo), disk(plain.path()), disk_in(&repo, ""));
        let memory = content.iter().all(|(_, t)| !t.starts_with("-> ")).then(|| MemoryTree::new(content.clone()));
        for path in probes(&content) {
            let expected = answers(&plain, &path);
            agrees_with_the_system(&plain, &path);
            assert_eq!(answers(&checkout, &path), expected);
            assert_eq!(answers(&revision, &path), expected);
            if let Some(memory) = &memory {
                assert_eq!(answers(memory, &path), expected);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_links_mean_the_same_on_disk_and_in_git(
        made in prop::collection::btree_map("[ab](/[ab]){0,2}", prop_oneof!["[xy]", "-> (/|)(a|b|\\.|\\.\\.)(/(a|b|\\.\\.)){0,3}/?"], 1..8)
    ) {
        // A path that another one is above of can't be a file.
        let above = |p: &str| made.keys().any(|q| q.strip_prefix(p).is_some_and(|r| r.starts_with('/')));
        let content: Vec<Content> = made.iter().filter(|(p, _)| !above(p)).map(|(p, t)| (p.clone(), t.clone())).collect();
        let repo = Repo::new();
        lay(&repo.path(), &content);
        let (revision, checkout, plain) = (staged(&repo), disk_in(&repo, ""), disk(&repo.path()));
        for path in probes(&content) {
            agrees_with_the_system(&plain, &path);
            prop_assert_eq!(answers(&checkout, &path), answers(&plain, &path));
            prop_assert_eq!(answers(&revision, &path), answers(&plain, &path));
        }
    }
}

#[test]
fn links_that_leave_are_refused_and_say_where_to() {
    let repo = Repo::new();
    let made = [
        ("a/b", "-> /etc/passwd"),
        ("up", "-> ../x"),
        ("dir", "-> /etc"),
        ("chain", "-> a/b"),
        ("gone", "-> nowhere"),
        ("one", "-> two"),
        ("two", "-> one"),
        ("f", "text"),
        ("through", "-> f/x"),
    ];
    lay(&repo.path(), &content(&made));
    // Even where it leads back in.
    symlink(repo.path().join("f"), repo.path().join("back")).unwrap();
    let (revision, checkout) = (staged(&repo), disk_in(&repo, ""));
    let passwd = "`a/b` is a symbolic link to `/etc/passwd`, outside the repository";
    assert_eq!(checkout.read("a/b"), escapes(passwd));
    assert_eq!(checkout.read("chain"), escapes(passwd));
    assert_eq!(revision.read("chain"), escapes(&passwd.replace("a/b", "a/b@main")));
    assert_eq!(checkout.read("up"), escapes("`up` is a symbolic link to `../x`, outside the repository"));
    let dir = "`dir` is a symbolic link to `/etc`, outside the repository";
    assert_eq!(checkout.read("dir/passwd"), escapes(dir));
    assert_eq!(checkout.kind("dir/passwd"), Err(ReadError::Escapes(dir.to_owned())));
    assert_eq!(checkout.list("dir"), Err(ReadError::Escapes(dir.to_owned())));
    let gone = "`gone` is a symbolic link to `nowhere`, which does not exist or is ignored";
    assert_eq!(checkout.read("gone"), dangling(gone));
    assert_eq!(checkout.read("gone/x"), dangling(gone));
    let through = "`through` is a symbolic link to `f/x`, which does not exist or is ignored";
    assert_eq!(checkout.read("through"), dangling(through));
    let Err(ReadError::Failed(cycle)) = checkout.read("one") else { panic!() };
    assert!(cycle.ends_with("leads through too many links, or in a circle"), "{cycle}");
    for tree in [&checkout as &dyn Tree, &revision] {
        assert!(matches!(tree.read("back"), Err(ReadError::Escapes(_))));
        let expected = ["a/", "back!@", "chain!@", "dir!@", "f", "gone!@", "one!@", "through!@", "two!@", "up!@"];
        assert_eq!(names(tree, ""), expected);
        for bad in ["a/b", "back", "chain", "dir", "gone", "one", "through", "up"] {
            assert_eq!(tree.kind(bad), Ok(Some(EntryKind::BadLink)), "{bad}");
        }
        for outside in ["..", "../x", "a/../../x"] {
            assert!(!matches!(tree.read(outside), Ok(_) | Err(ReadError::Missing)), "{outside}");
        }
    }
}

#[test]
fn links_stay_in_the_directory_that_is_read() {
    let repo = Repo::new();
    lay(&repo.path(), &content(&[("fleet/a", "-> ../shared/a"), ("shared/a", "x")]));
    repo.commit("all");
    let at = |show: &str| {
        escapes(&format!(
            "`{show}` is a symbolic link to `../shared/a`, outside `fleet`, which is all of the repository that is read"
        ))
    };
    assert_eq!(disk_in(&repo, "fleet").read("a"), at("a"));
    let options = GitOptions { root: "fleet".to_owned(), ..GitOptions::default() };
    assert_eq!(head(&repo, options).unwrap().read("a"), at("a@main"));
}

#[test]
fn what_git_ignores_is_not_there() {
    let repo = Repo::new();
    repo.write(".gitignore", "*.log\nbuild/\n");
    for path in ["a/kept.log", "a/deleted", "gone/deleted", "out/x", "a/out/x"] {
        repo.write(path, path);
    }
    repo.git(&["add", "-f", "."]);
    repo.git(&["commit", "-q", "-m", "all"]);
    for path in ["a/new", "a/new.log", "build/x", "only.d/x.log", "a/b/build/y"] {
        repo.write(path, path);
    }
    fs::create_dir(repo.path().join("empty")).unwrap();
    fs::remove_file(repo.path().join("a/deleted")).unwrap();
    fs::remove_file(repo.path().join("gone/deleted")).unwrap();
    symlink("a/new.log", repo.path().join("link")).unwrap();
    let options = |excluded: &[&str]| {
        let excluded = excluded.iter().map(|e| (*e).to_owned()).collect();
        DiskOptions { repository: Some(repo.open()), excluded, ..DiskOptions::default() }
    };
    let tree = DiskTree::open(&repo.path(), options(&["out", "./a/out/", "", "../x"])).unwrap();
    assert_eq!(names(&tree, ""), [".gitignore", "a/", "link!@"]);
    assert_eq!(names(&tree, "a"), ["kept.log", "new"]);
    for hidden in
        ["a/new.log", "a/deleted", "gone", "build", "build/x", "only.d", "empty", "out", "out/x", ".git", ".git/HEAD"]
    {
        assert_eq!(tree.kind(hidden), Ok(None), "{hidden}");
        assert_eq!(tree.read(hidden), Err(ReadError::Missing), "{hidden}");
        assert_eq!(tree.list(hidden), Err(ReadError::Missing), "{hidden}");
    }
    assert_eq!(tree.read("a/kept.log").unwrap(), b"a/kept.log");
    // From a directory below, the rules above still hold.
    assert_eq!(names(&DiskTree::open(&repo.path().join("a"), options(&["out"])).unwrap(), ""), ["kept.log", "new"]);
    // Outside git, only `.git` is hidden.
    let bare_eyes = [".gitignore", "a/", "build/", "empty/", "gone/", "link@", "only.d/", "out/"];
    assert_eq!(names(&disk(&repo.path()), ""), bare_eyes);
    assert_eq!(disk(&repo.path()).kind(".git/HEAD"), Ok(None));
    let excluded = vec!["out".to_owned(), "a/out".to_owned()];
    let head = head(&repo, GitOptions { excluded, ..GitOptions::default() }).unwrap();
    assert_eq!(names(&head, ""), [".gitignore", "a/", "gone/"]);
    assert_eq!(names(&head, "a"), ["deleted", "kept.log"]);
    assert_eq!(head.kind("out/x"), Ok(None));
}

#[test]
fn repositories_within_are_read_by_their_own_rules() {
    let (library, repo) = (Repo::new(), Repo::new());
    library.write("x", "x");
    library.write(".gitignore", "*.tmp\n");
    library.commit("x");
    let url = library.path().display().to_string();
    repo.git(&["submodule", "--quiet", "add", &url, "sub"]);
    repo.git(&["submodule", "--quiet", "add", &url, "deep/empty"]);
    repo.commit("sub");
    repo.git(&["submodule", "--quiet", "deinit", "-f", "deep/empty"]);
    repo.git(&["clone", "-q", &url, "other"]);
    for path in ["sub/y", "sub/y.tmp", "other/y", "other/y.tmp", "y.tmp"] {
        repo.write(path, path);
    }
    let tree = disk_in(&repo, "");
    assert_eq!(names(&tree, ""), [".gitmodules", "deep/", "other/", "sub/", "y.tmp"]);
    for within in ["sub", "other"] {
        assert_eq!(names(&tree, within), [".gitignore", "x", "y"]);
        assert_eq!(tree.read(&format!("{within}/x")).unwrap(), b"x");
        assert_eq!(tree.kind(&format!("{within}/.git")), Ok(None));
    }
    let head = head(&repo, GitOptions::default()).unwrap();
    for tree in [&tree as &dyn Tree, &head] {
        assert_eq!(names(tree, "deep"), ["empty/"]);
        assert_eq!(names(tree, "deep/empty"), [""; 0]);
        assert_eq!(tree.read("deep/empty/x"), Err(ReadError::Missing));
    }
    assert_eq!(names(&head, "sub"), [""; 0]);
    assert_eq!(head.tree_id("sub"), Ok(None));
}

#[test]
fn special_files_are_never_opened() {
    let root = tempfile::tempdir().unwrap();
    let pipe = root.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let _socket = std::os::unix::net::UnixListener::bind(root.path().join("socket")).unwrap();
    symlink("pipe", root.path().join("link")).unwrap();
    let tree = disk(root.path());
    assert_eq!(names(&tree, ""), ["link!@"]);
    assert_eq!(tree.read("pipe"), Err(ReadError::Special("a named pipe")));
    assert_eq!(tree.read("link"), Err(ReadError::Special("a named pipe")));
    assert_eq!(tree.read("socket"), Err(ReadError::Special("a socket")));
    assert_eq!(ReadError::Special("a socket").to_string(), "is a socket, not a file");
    assert_eq!(tree.read("pipe/x"), Err(ReadError::Missing));
    assert_eq!((tree.kind("pipe"), tree.kind("link")), (Ok(None), Ok(None)));
}

#[test]
fn sizes_kinds_and_permissions() {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), "a/b", "x");
    let large = fs::File::create(root.path().join("large")).unwrap();
    large.set_len(MAX_FILE_BYTES + 1).unwrap();
    let tree = disk(root.path());
    assert_eq!(tree.read("large"), Err(ReadError::TooLarge { limit: MAX_FILE_BYTES }));
    assert_eq!(tree.read("a"), Err(ReadError::WrongKind(EntryKind::Directory)));
    assert_eq!(tree.list("a/b"), Err(ReadError::WrongKind(EntryKind::File)));
    assert_eq!(tree.read("a/b/c"), Err(ReadError::Missing));
    assert_eq!(tree.read(&"n".repeat(5000)), Err(ReadError::Missing));
    assert_eq!(tree.read("a\0b"), Err(ReadError::Missing));
    assert!(matches!(DiskTree::open(&root.path().join("no"), DiskOptions::default()), Err(ReadError::Missing)));
    assert!(matches!(DiskTree::open(&root.path().join("a/b"), DiskOptions::default()), Err(ReadError::WrongKind(_))));
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(root.path().join("a/b"), fs::Permissions::from_mode(0o0)).unwrap();
    // Root reads everything, but not this.
    let Err(ReadError::Failed(why)) = disk(Path::new("/proc/self")).read("mem") else { panic!() };
    assert!(why.starts_with("can't be read: "), "{why}");
    if fs::read(root.path().join("a/b")).is_err() {
        let Err(ReadError::Failed(why)) = tree.read("a/b") else { panic!() };
        assert!(why.contains("Permission denied"), "{why}");
    }
}

#[test]
fn names_that_are_not_utf8_are_listed_and_refused() {
    let repo = Repo::new();
    repo.write("d/a", "a");
    fs::write(repo.path().join("d").join(OsStr::from_bytes(b"caf\xe9")), "x").unwrap();
    fs::write(repo.path().join("d").join(OsStr::from_bytes(b"z\xe9")), "x").unwrap();
    fs::write(repo.path().join("d/z\u{FFFD}"), "real").unwrap();
    let (checkout, revision) = (disk_in(&repo, ""), staged(&repo));
    for tree in [&checkout as &dyn Tree, &revision] {
        assert_eq!(names(tree, "d"), ["a", "caf\u{FFFD}!", "z\u{FFFD}"]);
        assert_eq!(tree.kind("d/caf\u{FFFD}"), Ok(Some(EntryKind::BadLink)));
        let Err(ReadError::Failed(why)) = tree.read("d/caf\u{FFFD}") else { panic!() };
        assert!(why.starts_with("has a name that isn't UTF-8"), "{why}");
        assert_eq!(tree.read("d/z\u{FFFD}").unwrap(), b"real");
        assert_eq!(tree.read("d/\u{FFFD}"), Err(ReadError::Missing));
    }
}

#[test]
fn a_file_may_vanish_or_turn_into_a_link_at_any_time() {
    let (root, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write(outside.path(), "secret", "secret");
    let (tree, done) = (disk(root.path()), AtomicBool::new(false));
    let (path, next, link) = (root.path().join("f"), root.path().join("next"), root.path().join("link"));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..3000 {
                fs::write(&next, "inside").unwrap();
                fs::rename(&next, &path).unwrap();
                symlink(outside.path().join("secret"), &link).unwrap();
                fs::rename(&link, &path).unwrap();
                fs::remove_file(&path).unwrap();
            }
            done.store(true, Ordering::Relaxed);
        });
        let (mut seen, mut absent) = (0, 0);
        while !done.load(Ordering::Relaxed) {
            match tree.read("f") {
                Ok(bytes) => {
                    assert_eq!(bytes, b"inside");
                    seen += 1;
                }
                Err(ReadError::Missing) => absent += 1,
                Err(ReadError::Escapes(_) | ReadError::Failed(_) | ReadError::Dangling(_)) => {}
                Err(other) => panic!("{other:?}"),
            }
            tree.list("").unwrap();
        }
        assert!(seen + absent > 0);
    });
}

#[test]
fn a_revision_is_shown_and_known_by_its_ids() {
    let repo = Repo::new();
    repo.write("sub/a/b", "x");
    repo.write("other", "x");
    symlink("a/b", repo.path().join("sub/link")).unwrap();
    repo.commit("all");
    let open = |root: &str| {
        let options = GitOptions { root: root.to_owned(), name: "lib".to_owned(), ..GitOptions::default() };
        head(&repo, options)
    };
    let tree = open("sub/").unwrap();
    assert_eq!(tree.show("a/b"), "lib/a/b@main");
    assert_eq!(names(&tree, ""), ["a/", "link@"]);
    let ids = |path: &str| {
        (tree.blob_id(path).unwrap().map(|i| i.to_string()), tree.tree_id(path).unwrap().map(|i| i.to_string()))
    };
    assert_eq!(ids("a/b"), (Some(repo.git(&["rev-parse", "HEAD:sub/a/b"])), None));
    assert_eq!(ids("link"), ids("a/b"));
    assert_eq!(ids("a"), (None, Some(repo.git(&["rev-parse", "HEAD:sub/a"]))));
    assert_eq!(ids(""), (None, Some(repo.git(&["rev-parse", "HEAD:sub"]))));
    assert_eq!(ids("no"), (None, None));
    let error = GitError::NoSuchDirectory { path: "other".to_owned(), revision: "main".to_owned() };
    assert_eq!(open("other").unwrap_err(), error);
    assert_eq!(error.to_string(), "there is no directory `other` at `main`");
}

#[test]
fn contents_missing_from_a_partial_clone_are_told() {
    let repo = Repo::new();
    repo.write("a", "a");
    repo.commit("a");
    repo.git(&["config", "uploadpack.allowFilter", "true"]);
    let clone = repo.clone_with(&["--filter=blob:none", "--no-checkout"]);
    let tree = head(&clone, GitOptions::default()).unwrap();
    assert_eq!(names(&tree, ""), ["a"]);
    let Err(ReadError::Failed(why)) = tree.read("a") else { panic!() };
    assert!(why.contains("missing from this clone, which is partial"), "{why}");
}

#[test]
fn without_git_there_are_no_ignore_rules() {
    let root = tempfile::tempdir().unwrap();
    if is_again() {
        write(root.path(), ".gitignore", "a\n");
        write(root.path(), "a", "a");
        let repository = Repository::discover(root.path()).ok().flatten().map(Arc::new);
        let tree = DiskTree::open(root.path(), DiskOptions { repository, ..DiskOptions::default() }).unwrap();
        assert_eq!(names(&tree, ""), [".gitignore", "a"]);
        return;
    }
    again("without_git_there_are_no_ignore_rules", |command| {
        command.env("PATH", "/nonexistent");
    });
}

#[test]
fn a_world_reads_once_and_records_what_it_saw() {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), "a", "first");
    fs::write(root.path().join("bad"), b"ok\xff").unwrap();
    let world = World::new();
    let tree = world.mount(Arc::new(disk(root.path())));
    let at = |path: &str| FilePath::new(tree, path);
    let ids: Vec<_> = std::thread::scope(|scope| {
        let read = || Reader::new(&world).text(&at("a")).unwrap().id;
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(read)).collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    assert!(ids.iter().all(|id| *id == ids[0]));
    let before = Reader::new(&world).list(&at("")).unwrap();
    write(root.path(), "a", "second");
    write(root.path(), "b", "");
    let reader = Reader::new(&world);
    let text = reader.text(&at("a")).unwrap();
    assert_eq!((&*text.text, text.digest()), ("first", blake3::hash(b"first").as_bytes()));
    assert_eq!(reader.list(&at("")).unwrap(), before);
    assert_eq!(reader.text(&at("bad")).unwrap_err(), ReadError::NotUtf8 { at: 2 });
    assert_eq!(reader.kind(&at("no")), Ok(None));
    let reads = reader.into_reads();
    assert_eq!(reads.files.get(&at("a")), Some(blake3::hash(b"first").as_bytes()));
    assert_eq!(reads.absences.into_iter().collect::<Vec<_>>(), [at("bad"), at("no")]);
    assert!(reads.listings.contains_key(&at("")));
}
