#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "helpers of tests, which clippy doesn't take for tests")]

//! Writers that are killed, and disks that are full: each cluster's tree is wholly old or wholly new.

mod kills;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use kills::{Chance, Files, files, version_of};
use terrace::kube::ObjectId;
use terrace::tree::arrange::Rules;
use terrace::tree::write::{Outcome, Swap, WriteOptions, write};
use terrace::tree::{AppMeta, AppState, ClusterTree, TreeApp, TreeObject};

const CLUSTERS: usize = 4;

/// Version `v` of the trees: every file differs from the other version's, some files are in one alone.
fn trees(v: u64, objects: u64) -> Vec<ClusterTree> {
    let object = |i: u64| TreeObject {
        id: ObjectId {
            version: "v1".into(),
            kind: "ConfigMap".into(),
            namespace: format!("ns-{}", i % 7).into(),
            group: "".into(),
            name: if i.is_multiple_of(3) { format!("only-{v}-{i}") } else { format!("both-{i}") }.into(),
            generated: false,
        },
        text: format!("version: {v}\n{}", format!("data: {i}\n").repeat(40)).into(),
        source: String::new(),
    };
    let app = |name: String| TreeApp {
        name: name.into(),
        state: AppState::Rendered,
        objects: (0..objects).map(object).collect(),
        meta: AppMeta::default(),
    };
    let cluster = |c: usize| ClusterTree {
        cluster: format!("cluster-{c}").into(),
        apps: (0..3).map(|a| app(format!("app-{a}"))).collect(),
    };
    (0..CLUSTERS).map(cluster).collect()
}

fn options(swap: Swap) -> WriteOptions<'static> {
    WriteOptions { swap, ..WriteOptions::new(Rules::new(|_| None)) }
}

fn swap_of(name: &str) -> Swap {
    if name == "renames" { Swap::Renames } else { Swap::Exchange }
}

const OUT: &str = "TERRACE_TEST_OUT";

/// Not a test by itself: the writer that [`killed`] starts and kills. It goes on for ever.
#[test]
fn writer() {
    let Some(out) = std::env::var_os(OUT) else { return };
    let swap = swap_of(&std::env::var("TERRACE_TEST_SWAP").unwrap());
    let objects = std::env::var("TERRACE_TEST_OBJECTS").unwrap().parse().unwrap();
    for v in (0..).map(|i| i % 2) {
        let report = write(Path::new(&out), &trees(v, objects), &options(swap));
        assert!(report.diagnostics.is_empty(), "{:?}", report.diagnostics);
    }
}

/// Kills writers of trees with so many objects in each app. Large trees are killed while they are built, small ones
/// often while they change places.
fn killed(swap: &str, objects: u64, kills: usize) {
    let mut chance = Chance::seeded();
    let seed = chance.seed;
    let dir = tempfile::tempdir().unwrap();
    let expected: Vec<Vec<Files>> = [0, 1]
        .map(|v| {
            let out = dir.path().join(format!("expected-{v}"));
            assert!(write(&out, &trees(v, objects), &options(Swap::Exchange)).diagnostics.is_empty());
            (0..CLUSTERS).map(|c| files(&out.join(format!("cluster-{c}")))).collect()
        })
        .into();
    let out = dir.path().join("out");
    write(&out, &trees(0, objects), &options(Swap::Exchange));
    let foreign = out.join("cluster-1/app-1/notes.md");
    fs::write(&foreign, "keep me").unwrap();

    // Which version each cluster has, or why it is neither.
    let check = |when: &str| -> Vec<usize> {
        assert_eq!(fs::read_to_string(&foreign).ok().as_deref(), Some("keep me"), "{when}");
        let one = |c: usize| {
            let mut now = files(&out.join(format!("cluster-{c}")));
            now.remove("app-1/notes.md");
            version_of(&now, expected.iter().map(|trees| &trees[c]), &format!("cluster-{c}"), when)
        };
        (0..CLUSTERS).map(one).collect()
    };

    let (mut mixed, mut leftovers, mut missing) = (0, 0, 0);
    for kill in 0..kills {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "writer", "--nocapture"])
            .env(OUT, &out)
            .env("TERRACE_TEST_SWAP", swap)
            .env("TERRACE_TEST_OBJECTS", objects.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_micros(5_000 + chance.below(objects * 2_000 + 20_000)));
        child.kill().unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "kill {kill}: the writer failed by itself");

        leftovers += usize::from(out.join(".terrace").exists());
        let whole = (0..CLUSTERS).filter(|c| out.join(format!("cluster-{c}")).exists()).count();
        if swap == "renames" {
            // One cluster for each thread may be between its two renames. A run that writes nothing puts it back.
            missing += CLUSTERS - whole;
            assert!(write(&out, &[], &options(Swap::Renames)).diagnostics.is_empty());
        }
        let versions = check(&format!("seed {seed}, kill {kill}"));
        mixed += usize::from(versions.iter().any(|v| *v != versions[0]));

        if kill % 5 == 4 {
            // The run after a kill needs no help and leaves nothing behind.
            let report = write(&out, &trees(1, objects), &options(swap_of(swap)));
            assert!(report.diagnostics.is_empty());
            assert_eq!(check("recovered"), [1; CLUSTERS]);
            assert!(!out.join(".terrace").exists());
        }
    }
    println!(
        "{swap}, {objects} objects: {kills} kills, {leftovers} in mid-work, {mixed} between clusters, {missing} between renames"
    );
    assert!(leftovers >= kills / 4, "the kills came at the wrong moments: only {leftovers} in mid-work");
}

#[test]
fn killed_writers_leave_whole_trees() {
    killed("exchange", 40, 30);
    killed("exchange", 1, 60);
}

#[test]
fn killed_writers_leave_whole_trees_without_exchange() {
    killed("renames", 40, 30);
    killed("renames", 1, 60);
}

/// A small file system of its own, where we may mount one.
struct Tmpfs(tempfile::TempDir);

impl Tmpfs {
    fn mount(options: &str) -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", options, "none"]).arg(dir.path()).output().ok()?;
        mount.status.success().then_some(Self(dir))
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

#[test]
fn a_full_disk_leaves_the_old_trees() {
    let Some(disk) = Tmpfs::mount("size=1600k,mode=0755") else {
        println!("skipped: no file system can be mounted here");
        return;
    };
    let out = disk.0.path().join("out");
    let mut old = trees(0, 5);
    let report = write(&out, &old, &options(Swap::Exchange));
    assert!(report.diagnostics.is_empty(), "{:?}", report.diagnostics);
    fs::write(out.join("cluster-2/notes.md"), "keep me").unwrap();
    let before = files(&out);

    let mut new = trees(1, 5);
    new[2] = trees(1, 300).swap_remove(2);
    let report = write(&out, &new, &options(Swap::Exchange));
    assert_eq!(report.clusters[2].outcome, Outcome::Failed);
    let messages: Vec<&str> = report.diagnostics.iter().map(|d| d.message.as_str()).collect();
    assert!(messages.iter().any(|m| m.contains("cluster-2") && m.contains("No space left on device")), "{messages:?}");
    let part = |all: &Files, cluster: &str| -> Vec<(String, blake3::Hash)> {
        all.iter().filter(|(name, _)| name.starts_with(cluster)).map(|(n, h)| (n.clone(), *h)).collect()
    };
    let after = files(&out);
    assert_eq!(part(&after, "cluster-2"), part(&before, "cluster-2"));
    assert!(!out.join(".terrace").exists());
    // What failed beside it for want of space is whole too, and all is well once there is space.
    old[2] = trees(1, 5).swap_remove(2);
    new[2] = old[2].clone();
    let report = write(&out, &new, &options(Swap::Exchange));
    assert!(report.diagnostics.is_empty(), "{:?}", report.diagnostics);
    assert_ne!(part(&files(&out), "cluster-2"), part(&before, "cluster-2"));
}

#[test]
fn a_read_only_disk_is_told_apart_from_work() {
    let Some(disk) = Tmpfs::mount("size=4m,mode=0755") else {
        println!("skipped: no file system can be mounted here");
        return;
    };
    let out = disk.0.path().join("out");
    assert!(write(&out, &trees(0, 5), &options(Swap::Exchange)).diagnostics.is_empty());
    let remounted = Command::new("mount").args(["-o", "remount,ro"]).arg(disk.0.path()).status().unwrap();
    assert!(remounted.success());
    // Nothing to do: nothing is wrong.
    let report = write(&out, &trees(0, 5), &options(Swap::Exchange));
    assert!(report.diagnostics.is_empty(), "{:?}", report.diagnostics);
    let before = files(&out);
    let report = write(&out, &trees(1, 5), &options(Swap::Exchange));
    assert!(report.clusters.iter().all(|c| c.outcome == Outcome::Failed));
    assert!(report.diagnostics.iter().all(|d| d.message.contains("Read-only file system")));
    assert_eq!(report.diagnostics.len(), CLUSTERS);
    assert_eq!(files(&out), before);
}
