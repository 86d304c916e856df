#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "helpers of tests, which clippy doesn't take for tests")]

//! What writing trees does to a directory: what is written, pruned, carried along, refused.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use terrace::kube::ObjectId;
use terrace::tree::arrange::Rules;
use terrace::tree::write::{Outcome, Swap, WriteOptions, WriteReport, write};
use terrace::tree::{AppMeta, AppState, ClusterTree, Held, Layout, TreeApp, TreeObject};

fn usual(_: &str) -> Option<&'static str> {
    None
}

fn options() -> WriteOptions<'static> {
    WriteOptions::new(Rules::new(usual))
}

fn app(name: &str, objects: &[(&str, &str)]) -> TreeApp {
    let object = |(name, value): &(&str, &str)| TreeObject {
        id: ObjectId {
            version: "v1".into(),
            kind: "ConfigMap".into(),
            namespace: "ns".into(),
            group: "".into(),
            name: (*name).into(),
            generated: false,
        },
        text: format!("value: {value}\n").into(),
        source: "test".into(),
    };
    TreeApp {
        name: name.into(),
        state: AppState::Rendered,
        objects: objects.iter().map(object).collect(),
        meta: AppMeta::default(),
    }
}

fn held(name: &str) -> TreeApp {
    let held = Held { code: "template-error".into(), reason: "no such name".into() };
    TreeApp { state: AppState::Held(held), ..app(name, &[]) }
}

fn tree(cluster: &str, apps: &[TreeApp]) -> ClusterTree {
    ClusterTree { cluster: cluster.into(), apps: apps.to_vec() }
}

/// Every file below a directory with its content; links as `-> target`, empty directories as such.
fn files(root: &Path) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for entry in walkdir::WalkDir::new(root).min_depth(1) {
        let entry = entry.unwrap();
        let name = entry.path().strip_prefix(root).unwrap().to_string_lossy().into_owned();
        if entry.path_is_symlink() {
            all.insert(name, format!("-> {}", fs::read_link(entry.path()).unwrap().display()));
        } else if entry.file_type().is_file() {
            all.insert(name, String::from_utf8_lossy(&fs::read(entry.path()).unwrap()).into_owned());
        } else if fs::read_dir(entry.path()).unwrap().next().is_none() {
            all.insert(name, "empty".into());
        }
    }
    all
}

/// The same without the indexes' content.
fn names(root: &Path) -> Vec<String> {
    files(root)
        .into_iter()
        .map(|(name, text)| if name.ends_with("terrace.json") { name } else { format!("{name}: {}", text.trim()) })
        .collect()
}

/// Everything that touching a file or directory would change.
fn stamps(root: &Path) -> BTreeMap<String, (u64, i64, i64, i64, u32)> {
    let entries = walkdir::WalkDir::new(root).into_iter().map(Result::unwrap);
    let stamp = |e: walkdir::DirEntry| {
        let m = e.path().symlink_metadata().unwrap();
        (e.path().to_string_lossy().into_owned(), (m.ino(), m.mtime(), m.mtime_nsec(), m.ctime_nsec(), m.mode()))
    };
    entries.map(stamp).collect()
}

fn outcomes(report: &WriteReport) -> Vec<Outcome> {
    report.clusters.iter().map(|c| c.outcome).collect()
}

fn messages(report: &WriteReport, root: &Path) -> Vec<String> {
    let root = root.to_string_lossy().into_owned();
    report.diagnostics.iter().map(|d| format!("{}: {}", d.code, d.message.replace(&root, "OUT"))).collect()
}

fn written(out: &Path, trees: &[ClusterTree]) -> WriteReport {
    let report = write(out, trees, &options());
    assert_eq!(messages(&report, out), [""; 0]);
    report
}

#[test]
fn writes_prunes_and_then_touches_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("a/b/out");
    let first = [tree("one", &[app("web", &[("x", "1"), ("y", "1")]), app("gone", &[("z", "1")])]), tree("two", &[])];
    let report = written(&out, &first);
    assert_eq!(outcomes(&report), [Outcome::Written, Outcome::Written]);
    assert_eq!(
        names(&out),
        [
            "one/gone/ns/configmap-z.yaml: value: 1",
            "one/terrace.json",
            "one/web/ns/configmap-x.yaml: value: 1",
            "one/web/ns/configmap-y.yaml: value: 1",
            "two/terrace.json",
        ]
    );

    let before = stamps(dir.path());
    let report = written(&out, &first);
    assert_eq!(outcomes(&report), [Outcome::Unchanged, Outcome::Unchanged]);
    assert_eq!(report.clusters[0].unchanged, 3);
    assert_eq!(stamps(dir.path()), before);

    let second = [tree("one", &[app("web", &[("x", "2"), ("y", "1")])]), tree("two", &[])];
    let dry = write(&out, &second, &WriteOptions { dry_run: true, ..options() });
    assert_eq!(stamps(dir.path()), before);
    let unchanged = fs::metadata(out.join("one/web/ns/configmap-y.yaml")).unwrap();
    let report = written(&out, &second);
    assert_eq!(dry.clusters, report.clusters);
    assert_eq!(outcomes(&report), [Outcome::Written, Outcome::Unchanged]);
    assert_eq!(report.clusters[0].written, ["web/ns/configmap-x.yaml"]);
    assert_eq!(report.clusters[0].pruned, ["gone/ns/configmap-z.yaml"]);
    assert_eq!(
        names(&out),
        [
            "one/terrace.json",
            "one/web/ns/configmap-x.yaml: value: 2",
            "one/web/ns/configmap-y.yaml: value: 1",
            "two/terrace.json",
        ]
    );
    let now = fs::metadata(out.join("one/web/ns/configmap-y.yaml")).unwrap();
    assert_eq!((now.ino(), now.mtime_nsec()), (unchanged.ino(), unchanged.mtime_nsec()));
}

#[test]
fn one_file_per_app_and_back() {
    let dir = tempfile::tempdir().unwrap();
    let trees = [tree("one", &[app("web", &[("y", "1"), ("x", "2")])])];
    written(dir.path(), &trees);
    let rules = Rules { layout: Layout::FilePerApp, ..Rules::new(usual) };
    let report = write(dir.path(), &trees, &WriteOptions::new(rules));
    assert_eq!(report.clusters[0].pruned.len(), 2);
    let files = files(dir.path());
    assert_eq!(files.get("one/web.yaml").map(String::as_str), Some("value: 1\n---\nvalue: 2\n"));
    assert_eq!(files.len(), 2);
    written(dir.path(), &trees);
    assert_eq!(names(dir.path()).len(), 3);
}

#[test]
fn edits_by_hand_are_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    let trees = [tree("one", &[app("web", &[("x", "1"), ("y", "1"), ("z", "1")])])];
    written(dir.path(), &trees);
    let clean = files(dir.path());
    let file = |name: &str| dir.path().join(format!("one/web/ns/configmap-{name}.yaml"));
    // Same length, longer, gone, a link in its place.
    for edit in [0, 1, 2, 3] {
        let outside = dir.path().join("outside");
        fs::write(&outside, "mine\n").unwrap();
        match edit {
            0 => fs::write(file("x"), "value: 2\n").unwrap(),
            1 => fs::write(file("x"), "value: 1\n# more\n").unwrap(),
            2 => fs::remove_file(file("x")).unwrap(),
            _ => {
                fs::remove_file(file("x")).unwrap();
                symlink(&outside, file("x")).unwrap();
            }
        }
        let report = written(dir.path(), &trees);
        assert_eq!(report.clusters[0].written, ["web/ns/configmap-x.yaml"], "{edit}");
        assert_eq!(fs::read_to_string(&outside).unwrap(), "mine\n");
        fs::remove_file(outside).unwrap();
        assert_eq!(files(dir.path()), clean, "{edit}");
    }
}

#[test]
fn foreign_files_are_carried_along() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path();
    let one = out.join("one");
    fs::create_dir_all(one.join("web/ns/sub")).unwrap();
    fs::create_dir_all(one.join("empty/er")).unwrap();
    fs::write(out.join("README.md"), "top").unwrap();
    fs::write(one.join("kustomization.yaml"), "resources: []\n").unwrap();
    fs::write(one.join("web/ns/sub/run.sh"), "#!/bin/sh\n").unwrap();
    fs::set_permissions(one.join("web/ns/sub/run.sh"), fs::Permissions::from_mode(0o751)).unwrap();
    fs::set_permissions(one.join("web/ns/sub"), fs::Permissions::from_mode(0o550)).unwrap();
    symlink("../nowhere", one.join("dangling")).unwrap();
    symlink("web", one.join("directory")).unwrap();
    let name = <std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(b"not-utf8-\xff");
    fs::write(one.join(name), "x").unwrap();
    let before = files(out);
    let stamp = stamps(&one.join("web/ns/sub"));
    let script = stamp.iter().find(|(name, _)| name.ends_with("run.sh")).unwrap().1;

    for round in ["1", "2"] {
        let report = written(out, &[tree("one", &[app("web", &[("x", round)])])]);
        assert_eq!(report.clusters[0].foreign.len(), 5);
    }
    let report = written(out, &[tree("one", &[])]);
    assert_eq!(report.clusters[0].pruned, ["web/ns/configmap-x.yaml"]);
    let mut after = files(out);
    assert!(after.remove("one/terrace.json").is_some());
    assert_eq!(after, before);
    let meta = fs::metadata(one.join("web/ns/sub/run.sh")).unwrap();
    assert_eq!((meta.ino(), meta.mtime_nsec(), meta.mode()), (script.0, script.2, script.4));
    assert_eq!(fs::metadata(one.join("web/ns/sub")).unwrap().mode() & 0o777, 0o550);
}

#[test]
fn foreign_files_in_the_way_stop_their_cluster_only() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path();
    fs::create_dir_all(out.join("one/web/ns")).unwrap();
    fs::write(out.join("one/web/ns/configmap-x.yaml"), "mine").unwrap();
    fs::create_dir_all(out.join("two")).unwrap();
    fs::write(out.join("two/web"), "mine").unwrap();
    fs::create_dir_all(out.join("three/web/ns/configmap-x.yaml")).unwrap();
    fs::write(out.join("three/web/ns/configmap-x.yaml/deep"), "mine").unwrap();
    let before = files(out);
    let web = app("web", &[("x", "1"), ("y", "1")]);
    let trees = ["one", "two", "three", "four"].map(|c| tree(c, std::slice::from_ref(&web)));
    let report = write(out, &trees, &options());
    assert_eq!(outcomes(&report), [Outcome::Failed, Outcome::Failed, Outcome::Failed, Outcome::Written]);
    assert_eq!(
        messages(&report, out),
        [
            "foreign-file: `OUT/one/web/ns/configmap-x.yaml` isn't a file of terrace, and it stands where one goes",
            "foreign-file: `OUT/two/web` isn't a file of terrace, and it stands in the way of `web/ns/configmap-x.yaml`",
            "foreign-file: `OUT/two/web` isn't a file of terrace, and it stands in the way of `web/ns/configmap-y.yaml`",
            "foreign-file: `OUT/three/web/ns/configmap-x.yaml/deep` isn't a file of terrace, and it stands in the way of \
             `web/ns/configmap-x.yaml`",
        ]
    );
    let mut after = files(out);
    after.retain(|name, _| !name.starts_with("four"));
    assert_eq!(after, before);
    // A file that says just what ours does is taken over: it is pruned later on.
    fs::write(out.join("one/web/ns/configmap-x.yaml"), "value: 1\n").unwrap();
    written(out, &trees[..1]);
    let report = written(out, &[tree("one", &[])]);
    assert_eq!(report.clusters[0].pruned.len(), 2);
    assert_eq!(names(&out.join("one")), ["terrace.json"]);
}

#[test]
fn what_is_held_stays_byte_for_byte() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path();
    let mut child = app("child", &[("c", "1")]);
    child.meta.parents = vec!["hub/root".into()];
    let hub = tree("hub", &[app("root", &[("r", "1")])]);
    let one = tree("one", &[app("web", &[("x", "1")]), child]);
    written(out, &[hub, one]);
    // Even edited by hand.
    fs::write(out.join("one/child/ns/configmap-c.yaml"), "edited").unwrap();
    let trees = [tree("hub", &[held("root")]), tree("one", &[app("web", &[("x", "2")])])];
    let report = written(out, &trees);
    assert_eq!((report.clusters[0].kept, report.clusters[1].kept), (1, 1));
    assert_eq!(
        names(out),
        [
            "hub/root/ns/configmap-r.yaml: value: 1",
            "hub/terrace.json",
            "one/child/ns/configmap-c.yaml: edited",
            "one/terrace.json",
            "one/web/ns/configmap-x.yaml: value: 2",
        ]
    );
    let index = fs::read_to_string(out.join("one/terrace.json")).unwrap();
    assert!(index.contains("hub/root is held: no such name"), "{index}");
    assert_eq!(outcomes(&written(out, &trees)), [Outcome::Unchanged, Outcome::Unchanged]);
    // The parent is back and no longer makes the child.
    let report = written(out, &[tree("hub", &[app("root", &[("r", "1")])]), tree("one", &[])]);
    assert_eq!(report.clusters[1].pruned, ["child/ns/configmap-c.yaml", "web/ns/configmap-x.yaml"]);
}

#[test]
fn what_is_not_selected_is_not_touched() {
    let dir = tempfile::tempdir().unwrap();
    let trees =
        |v| [tree("one", &[app("a", &[("x", v)]), app("b", &[("x", v)])]), tree("two", &[app("a", &[("x", v)])])];
    written(dir.path(), &trees("1"));
    let select = |cluster: &str, app: &str, _: &AppMeta| cluster == "one" && app == "a";
    let rules = Rules { selection: Some(&select), ..Rules::new(usual) };
    let report = write(dir.path(), &trees("2"), &WriteOptions::new(rules));
    assert_eq!(outcomes(&report), [Outcome::Written, Outcome::Unchanged]);
    assert_eq!(
        names(dir.path()),
        [
            "one/a/ns/configmap-x.yaml: value: 2",
            "one/b/ns/configmap-x.yaml: value: 1",
            "one/terrace.json",
            "two/a/ns/configmap-x.yaml: value: 1",
            "two/terrace.json",
        ]
    );
}

#[test]
fn clusters_that_left_are_told_not_deleted() {
    let dir = tempfile::tempdir().unwrap();
    written(dir.path(), &[tree("one", &[]), tree("two", &[app("a", &[("x", "1")])])]);
    fs::create_dir(dir.path().join("other")).unwrap();
    let clusters: [Arc<str>; 1] = ["one".into()];
    let before = stamps(dir.path());
    let report = write(dir.path(), &[tree("one", &[])], &WriteOptions { clusters: &clusters, ..options() });
    assert_eq!(
        messages(&report, dir.path()),
        ["cluster-left: `OUT/two` is the tree of `two`, which is no cluster of this fleet"]
    );
    assert!(!report.diagnostics.has_errors());
    assert_eq!(stamps(dir.path()), before);
}

#[test]
fn an_index_that_cannot_be_read_stops_its_cluster() {
    let dir = tempfile::tempdir().unwrap();
    let trees = |v| [tree("one", &[app("a", &[("x", v)])]), tree("two", &[app("a", &[("x", v)])])];
    let index = dir.path().join("one/terrace.json");
    let outside = dir.path().join("outside");
    for (broken, why) in [
        ("<<<<<<< ours", "it isn't an index of terrace: expected value at line 1 column 1"),
        (r#"{"format": 9}"#, "it has format 9, and this terrace reads up to 1"),
        (
            r#"{"format": 1, "cluster": "one", "apps": [{"name": "a", "state": "rendered",
                "objects": [{"id": {}, "path": "../outside", "digest": ""}]}]}"#,
            "it isn't an index of terrace: the path \"../outside\" leaves the tree",
        ),
    ] {
        written(dir.path(), &trees("1"));
        fs::write(&outside, "mine").unwrap();
        let good = fs::read(&index).unwrap();
        fs::write(&index, broken).unwrap();
        let before = files(&dir.path().join("one"));
        let report = write(dir.path(), &trees("2"), &options());
        assert_eq!(
            messages(&report, dir.path()),
            [format!("index-unreadable: `OUT/one/terrace.json` can't be used: {why}")]
        );
        assert_eq!(outcomes(&report), [Outcome::Failed, Outcome::Written]);
        assert_eq!(files(&dir.path().join("one")), before);
        fs::write(&index, good).unwrap();
        assert!(outside.exists());
    }
    // A link isn't an index.
    fs::remove_file(&index).unwrap();
    symlink("../two/terrace.json", &index).unwrap();
    let report = write(dir.path(), &trees("2"), &options());
    assert_eq!(outcomes(&report), [Outcome::Failed, Outcome::Unchanged]);
    assert!(messages(&report, dir.path())[0].starts_with("foreign-file: `OUT/one/terrace.json`"));
}

#[test]
fn nothing_is_written_through_links() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    let outside = dir.path().join("outside");
    fs::create_dir_all(&out).unwrap();
    fs::create_dir_all(&outside).unwrap();
    let trees = |v| [tree("one", &[app("a", &[("x", v)])]), tree("two", &[app("a", &[("x", v)])])];
    symlink(&outside, out.join("one")).unwrap();
    let report = write(&out, &trees("1"), &options());
    assert_eq!(outcomes(&report), [Outcome::Failed, Outcome::Written]);
    assert_eq!(
        messages(&report, &out),
        ["output-unwritable: `OUT/one` can't be written: it is a symbolic link, and a cluster's tree is a directory"]
    );
    // The directory of one of our files becomes a link, its files moved outside.
    fs::rename(out.join("two/a"), outside.join("a")).unwrap();
    symlink(outside.join("a"), out.join("two/a")).unwrap();
    for v in ["1", "2"] {
        let report = write(&out, &trees(v)[1..], &options());
        assert_eq!(
            messages(&report, &out),
            ["foreign-file: `OUT/two/a` isn't a file of terrace, and it stands in the way of `a/ns/configmap-x.yaml`"]
        );
    }
    // Nor is anything pruned through it: the link is somebody's, and stays.
    written(&out, &[tree("two", &[])]);
    assert_eq!(names(&outside), ["a/ns/configmap-x.yaml: value: 1"]);
    assert!(out.join("two/a").is_symlink());
    // Nor is a tree built through one.
    symlink(&outside, out.join(".terrace")).unwrap();
    let report = write(&out, &trees("3"), &options());
    assert_eq!(
        messages(&report, &out),
        ["output-unwritable: `OUT/.terrace` can't be written: terrace keeps a directory of its own there"]
    );
    assert_eq!(names(&outside), ["a/ns/configmap-x.yaml: value: 1"]);
}

#[test]
fn outputs_that_cannot_be_written() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "mine").unwrap();
    for out in [file.clone(), file.join("below")] {
        let report = write(&out, &[tree("one", &[])], &options());
        assert_eq!(outcomes(&report), [Outcome::Failed]);
        let messages = messages(&report, &out);
        assert!(messages[0].starts_with("output-unwritable: `OUT` can't be written: "), "{messages:?}");
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    // Two clusters of one directory: neither is written, the third is.
    let report = write(dir.path(), &["one", "one", "two"].map(|c| tree(c, &[])), &options());
    assert_eq!(outcomes(&report), [Outcome::Failed, Outcome::Failed, Outcome::Written]);
}

#[test]
fn names_stay_inside() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    let mut nasty = app("../../a", &[("../../../../x", "1"), ("/etc/passwd", "1"), ("system:y", "1")]);
    nasty.objects[0].id.namespace = "..".into();
    let trees = [tree("../one", std::slice::from_ref(&nasty)), tree(".terrace", &[app("terrace.json", &[("x", "1")])])];
    written(&out, &trees);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    let all = names(&out);
    assert!(all.iter().any(|n| n.starts_with("%2eterrace/%74errace.json/ns/configmap-x.yaml")), "{all:#?}");
    assert!(all.iter().all(|n| n.starts_with('%')), "{all:#?}");
    assert!(all.iter().any(|n| n.contains("/ns/configmap-%2fetc%2fpasswd.yaml")), "{all:#?}");
}

#[test]
fn the_same_on_any_number_of_threads() {
    let apps: Vec<TreeApp> = (0..20).map(|i| app(&format!("app-{i}"), &[("x", "1"), ("y", "2"), ("z", "3")])).collect();
    let trees: Vec<ClusterTree> = (0..8).map(|i| tree(&format!("c{i}"), &apps)).collect();
    let mut seen = Vec::new();
    for threads in [1, 2, 7] {
        let dir = tempfile::tempdir().unwrap();
        // Half of them fail.
        for i in (0..8).step_by(2) {
            fs::create_dir_all(dir.path().join(format!("c{i}/app-3/ns/configmap-x.yaml/in/the/way"))).unwrap();
            fs::write(dir.path().join(format!("c{i}/app-3/ns/configmap-x.yaml/file")), "mine").unwrap();
        }
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let report = pool.install(|| write(dir.path(), &trees, &options()));
        seen.push((files(dir.path()), report.clusters.clone(), messages(&report, dir.path())));
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0], seen[2]);
    assert_eq!(seen[0].2.len(), 4);
}

#[test]
fn the_fallback_swap_writes_the_same() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for v in ["1", "2"] {
        let trees = [tree("one", &[app("a", &[("x", v), (v, v)])])];
        written(a.path(), &trees);
        let report = write(b.path(), &trees, &WriteOptions { swap: Swap::Renames, durable: true, ..options() });
        assert_eq!(outcomes(&report), [Outcome::Written]);
    }
    assert_eq!(files(a.path()), files(b.path()));
}

#[test]
fn the_next_run_recovers() {
    let dir = tempfile::tempdir().unwrap();
    let trees = [tree("one", &[app("a", &[("x", "1")])])];
    written(dir.path(), &trees);
    let clean = files(dir.path());
    // As if killed between the two renames, another cluster half built.
    let work = dir.path().join(".terrace");
    fs::create_dir_all(work.join("old")).unwrap();
    fs::create_dir_all(work.join("new/one/a")).unwrap();
    fs::create_dir_all(work.join("new/two/a")).unwrap();
    fs::write(work.join("new/two/a/half"), "val").unwrap();
    fs::rename(dir.path().join("one"), work.join("old/one")).unwrap();
    // A dry run sees the old tree and leaves all as it is.
    let before = files(dir.path());
    let dry = write(dir.path(), &trees, &WriteOptions { dry_run: true, ..options() });
    assert_eq!(outcomes(&dry), [Outcome::Unchanged]);
    assert_eq!(files(dir.path()), before);
    assert_eq!(outcomes(&written(dir.path(), &trees)), [Outcome::Unchanged]);
    assert_eq!(files(dir.path()), clean);
}

#[test]
fn one_writer_at_a_time() {
    let dir = tempfile::tempdir().unwrap();
    let lock = fs::File::open(dir.path()).unwrap();
    lock.lock().unwrap();
    let trees = [tree("one", &[app("a", &[("x", "1")])])];
    let report = write(dir.path(), &trees, &WriteOptions { wait: Some(Duration::from_millis(1)), ..options() });
    assert_eq!(
        messages(&report, dir.path()),
        ["output-unwritable: `OUT` can't be written: another run of terrace is writing there"]
    );
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    // The next one waits, says so once, and goes on when the other is done.
    let told = AtomicUsize::new(0);
    let mut lock = Some(lock);
    let notice = |message: &str| {
        assert!(message.starts_with("waiting for another run"), "{message}");
        told.fetch_add(1, Ordering::SeqCst);
    };
    std::thread::scope(|scope| {
        let run = scope.spawn(|| write(dir.path(), &trees, &WriteOptions { notice: Some(&notice), ..options() }));
        while told.load(Ordering::SeqCst) == 0 {
            std::thread::sleep(Duration::from_millis(10));
        }
        drop(lock.take());
        assert_eq!(outcomes(&run.join().unwrap()), [Outcome::Written]);
    });
    assert_eq!(told.load(Ordering::SeqCst), 1);
    // Many at once: each whole, none fails.
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..8)
            .map(|i| {
                let trees = [tree("one", &[app("a", &[("x", ["1", "2"][i % 2]), ("y", ["1", "2"][i % 2])])])];
                let out = dir.path();
                scope.spawn(move || write(out, &trees, &options()))
            })
            .collect();
        for run in runs {
            assert!(!run.join().unwrap().diagnostics.has_errors());
        }
    });
    let values: Vec<String> = files(dir.path()).into_values().filter(|v| v.starts_with("value")).collect();
    assert_eq!(values.len(), 2);
    assert_eq!(values[0], values[1]);
}
