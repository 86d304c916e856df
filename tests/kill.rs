#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "helpers of tests, which clippy doesn't take for tests")]

//! The command killed at random moments: each cluster's tree is wholly old or wholly new, and the next run needs no help.

mod kills;
#[path = "../benches/support/mod.rs"]
mod support;

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use kills::{Chance, Files, files, version_of};
use support::fleet::Shape;
use terrace::tree::write::WORK_DIR;

const KILLS: u32 = 100;
const CLUSTERS: usize = 2;

/// Two versions of a fleet with the same clusters: every object differs, some are in one alone.
const VERSIONS: [Shape; 2] = [
    Shape { clusters: CLUSTERS, apps: 10, seed: 1, version: 1 },
    Shape { clusters: CLUSTERS, apps: 10, seed: 2, version: 2 },
];

fn render(fleet: &Path, out: &Path) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_terrace"));
    command.args(["render", "--quiet", "-C"]).arg(fleet).arg("-o").arg(out);
    command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Renders to the end, and tells after how many microseconds the writing began, and how many it took in all.
fn whole(fleet: &Path, out: &Path) -> (u64, u64) {
    let started = Instant::now();
    let mut child = render(fleet, out);
    let mut writing = None;
    while child.try_wait().unwrap().is_none() {
        if writing.is_none() && out.join(WORK_DIR).exists() {
            writing = Some(started.elapsed());
        }
    }
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap();
    (micros(writing.unwrap_or_default()), micros(started.elapsed()))
}

/// The directory that trees are built in, by inode: what a killed run left is another than the next run's.
fn built_in(out: &Path) -> Option<u64> {
    Some(out.join(WORK_DIR).join("new").metadata().ok()?.ino())
}

#[test]
fn a_killed_render_leaves_whole_trees() {
    let mut chance = Chance::seeded();
    // In memory where there is a file system for it: disks are slow at removing a hundred trees.
    let memory = Path::new("/dev/shm");
    let dir = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
    let fleets: Vec<PathBuf> = (0..VERSIONS.len()).map(|v| dir.path().join(format!("fleet-{v}"))).collect();
    let mut clusters: Vec<String> = Vec::new();
    let mut expected: Vec<Vec<Files>> = Vec::new();
    for (shape, fleet) in VERSIONS.iter().zip(&fleets) {
        shape.make(fleet).unwrap();
        let reference = fleet.with_extension("reference");
        whole(fleet, &reference);
        let mut names: Vec<String> =
            reference.read_dir().unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        expected.push(names.iter().map(|name| files(&reference.join(name))).collect());
        clusters = names;
    }
    assert_eq!(clusters.len(), CLUSTERS);
    assert!(expected[0].iter().zip(&expected[1]).all(|(a, b)| a.keys().ne(b.keys()) && a.len() > 50));

    let out = dir.path().join("out");
    whole(&fleets[0], &out);
    // The fastest of some: a moment that comes too late kills nothing.
    let whole_runs = (0..4).map(|run| whole(&fleets[(run + 1) % 2], &out));
    let (writing, all) = whole_runs.min_by_key(|(_, all)| *all).unwrap();
    let versions = |when: &str| -> Vec<usize> {
        let one = |(c, name): (usize, &String)| {
            version_of(&files(&out.join(name)), expected.iter().map(|trees| &trees[c]), name, when)
        };
        clusters.iter().enumerate().map(one).collect()
    };

    let (mut interrupted, mut between) = (0, 0);
    let mut kills = 0;
    // On a busy machine moments are missed: some more runs are killed then.
    for kill in 0..KILLS * 4 {
        if kill >= KILLS && interrupted > KILLS / 20 {
            break;
        }
        kills += 1;
        let next = (kill % 2) as usize;
        let before = built_in(&out);
        let mut child = render(&fleets[next], &out);
        // Half of the time at any moment, half of the time once trees are being built.
        let span = if kill % 4 < 2 {
            all
        } else {
            while child.try_wait().unwrap().is_none() && built_in(&out).is_none_or(|now| Some(now) == before) {
                std::thread::sleep(Duration::from_micros(100));
            }
            all - writing
        };
        std::thread::sleep(Duration::from_micros(chance.below(span)));
        child.kill().unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "kill {kill}: the run failed by itself");

        interrupted += u32::from(out.join(WORK_DIR).exists());
        let now = versions(&format!("seed {}, kill {kill}", chance.seed));
        between += u32::from(now.iter().any(|v| *v != now[0]));
    }
    println!("{kills} kills, {interrupted} while trees were built, {between} between clusters");
    assert!(interrupted > KILLS / 20, "the kills came at the wrong moments: only {interrupted} while trees were built");

    whole(&fleets[0], &out);
    assert_eq!(versions("after a whole run"), [0; CLUSTERS]);
    let left: Vec<String> = out.read_dir().unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(left.len(), CLUSTERS, "{left:?}");
}
