//! Publishers that are killed, and publishers that meet: every branch stays a line of history, and ends with what the
//! newest source commit gives.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "helpers of tests, which clippy doesn't take for tests")]

#[path = "publish/fleet.rs"]
#[expect(dead_code, reason = "the tests of single publishes use it all")]
mod fleet;
#[expect(dead_code, reason = "trees on disk are looked at by others")]
mod kills;
#[path = "repo/mod.rs"]
#[expect(dead_code, reason = "other tests open repositories themselves")]
mod repo;

use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use fleet::{commit, fleet, map, trailer, value};
use kills::Chance;
use repo::{Repo, git};

const KILLS: usize = 100;
const MEETINGS: usize = 20;
const PUBLISHERS: usize = 8;
const CLUSTERS: [&str; 2] = ["a", "b"];

fn start(dir: &Path, args: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_terrace"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("GIT_") {
            command.env_remove(name);
        }
    }
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").current_dir(dir);
    command.env_remove("HOME").env_remove("XDG_CACHE_HOME");
    command.args(["publish", "--threads", "1"]).args(args).process_group(0);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// A fleet with a line of commits, each of another value; the values are the commits' places in the line.
fn line(length: usize) -> (Repo, Vec<String>) {
    let repo = fleet(&CLUSTERS);
    for n in 0..10 {
        map(&repo, &format!("fixed-{n}"), "x");
    }
    let commits = (0..length).map(|n| commit(&repo, &n.to_string())).collect();
    (repo, commits)
}

/// What has to hold of a branch that was moved from `old` on.
struct Watch<'a> {
    dir: &'a Path,
    commits: &'a [String],
    tips: Vec<Option<String>>,
}

impl Watch<'_> {
    fn tip(&self, branch: &str) -> Option<String> {
        let id = git(self.dir, &["for-each-ref", "--format=%(objectname)", &format!("refs/heads/{branch}")]);
        (!id.is_empty()).then_some(id)
    }

    /// Looks at all branches: each goes on from where it was, by commits whose sources follow each other, and holds all
    /// that its source gives.
    fn look(&mut self, when: &str) {
        for (at, cluster) in CLUSTERS.iter().enumerate() {
            let branch = format!("env/{cluster}");
            let Some(tip) = self.tip(&branch) else {
                assert_eq!(self.tips[at], None, "{when}: {branch} is gone");
                continue;
            };
            if let Some(old) = &self.tips[at] {
                let base = git(self.dir, &["merge-base", old, &tip]);
                assert_eq!(base, *old, "{when}: {branch} doesn't go on from where it was");
            }
            let log = git(self.dir, &["log", "--format=%(trailers:key=Argocd-reference-commit-sha,valueonly)", &tip]);
            let sources = log.lines().filter(|line| !line.is_empty());
            let places: Vec<usize> =
                sources.map(|source| self.commits.iter().position(|c| c == source).unwrap()).collect();
            assert!(places.windows(2).all(|pair| pair[0] > pair[1]), "{when}: {branch} came from {places:?}");
            let files = git(self.dir, &["ls-tree", "-r", "--name-only", &tip]);
            assert_eq!(files.lines().count(), 12, "{when}: {branch} has {files}");
            assert_eq!(value(self.dir, &tip), places[0].to_string(), "{when}: {branch}");
            self.tips[at] = Some(tip);
        }
    }
}

/// Runs to the end; it may find that it is superseded, but not fail.
fn ends_well(child: Child, when: &str) {
    let output = child.wait_with_output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{when}: {out}{err}");
}

/// How long a whole run takes: the fastest of some, as a moment that comes too late kills nothing.
fn whole(dir: &Path, args: &[&str], commits: &[String]) -> u64 {
    let times = commits.iter().map(|commit| {
        let started = Instant::now();
        ends_well(start(dir, &[&[commit.as_str()], args].concat()), "a whole run");
        u64::try_from(started.elapsed().as_micros()).unwrap()
    });
    times.min().unwrap()
}

fn kill(dir: &Path, args: &[&str], watched: &Path, commits: &[String], kills: usize, chance: &mut Chance) -> usize {
    let (first, rest) = commits.split_at(3);
    let span = whole(dir, args, first);
    let mut watch = Watch { dir: watched, commits, tips: vec![None; CLUSTERS.len()] };
    watch.look("before any kill");
    let mut moved = 0;
    // Where branches are moved: found by what the kills find, as a busy machine is slower than a whole run was.
    let mut moment = span;
    for (n, commit) in rest.iter().enumerate().take(kills) {
        let mut child = start(dir, &[&[commit.as_str()], args].concat());
        let wait = match n % 3 {
            0 => chance.below(moment),
            _ => moment * 4 / 5 + chance.below(moment * 2 / 5),
        };
        std::thread::sleep(Duration::from_micros(wait));
        if n % 2 == 0 {
            child.kill().unwrap();
        } else {
            // With all that it has started.
            let group = format!("-{}", child.id());
            Command::new("kill").args(["-9", "--", &group]).stderr(Stdio::null()).status().unwrap();
        }
        child.wait().unwrap();
        let before = watch.tips.clone();
        watch.look(&format!("seed {}, kill {n}", chance.seed));
        let late = watch.tips != before;
        moved += usize::from(late);
        moment = if late { moment * 19 / 20 } else { moment * 21 / 20 };
    }
    let last = &commits[kills + 2];
    ends_well(start(dir, &[&[last.as_str()], args].concat()), "after the kills");
    watch.look("after the kills");
    for cluster in CLUSTERS {
        let branch = format!("env/{cluster}");
        assert_eq!(trailer(watched, &branch, "Argocd-reference-commit-sha"), *last);
    }
    git(watched, &["fsck", "--strict"]);
    moved
}

/// One test at a time: they measure moments.
static ALONE: Mutex<()> = Mutex::new(());

#[test]
fn killed_publishers_leave_branches_that_go_on() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut chance = Chance::seeded();
    let half = KILLS / 2;
    let (repo, commits) = line(half + 3);
    let remote = repo.clone_with(&["--bare"]);
    repo.git(&["remote", "add", "origin", &format!("file://{}", remote.path().display())]);
    let local = kill(&repo.path(), &[], &repo.path(), &commits, half, &mut chance);
    let pushed = kill(&repo.path(), &["--push"], &remote.path(), &commits, half, &mut chance);
    println!("{KILLS} kills: {local} of {half} had moved local branches, {pushed} of {half} those of the remote");
    for moved in [local, pushed] {
        assert!((1..half).contains(&moved), "the kills came at the wrong moments: {moved} of {half} came too late");
    }
}

#[test]
fn publishers_that_meet_leave_what_the_newest_gives() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut chance = Chance::seeded();
    // Half of the meetings in one clone, half of them on a remote, by clones of their own.
    let rounds = MEETINGS / 2;
    let (repo, commits) = line(rounds * PUBLISHERS);
    let remote = repo.clone_with(&["--bare"]);
    let clones: Vec<Repo> = (0..PUBLISHERS).map(|_| remote.clone_with(&[])).collect();
    let mut local = Watch { dir: &repo.path(), commits: &commits, tips: vec![None; CLUSTERS.len()] };
    let mut pushed = Watch { dir: &remote.path(), commits: &commits, tips: vec![None; CLUSTERS.len()] };
    for (round, some) in commits.chunks(PUBLISHERS).enumerate() {
        let mut order: Vec<usize> = (0..some.len()).collect();
        for at in (1..order.len()).rev() {
            order.swap(at, usize::try_from(chance.below(at as u64 + 1)).unwrap());
        }
        let when = format!("seed {}, meeting {round}", chance.seed);
        let children: Vec<Child> = order.iter().map(|at| start(&repo.path(), &[&some[*at]])).collect();
        children.into_iter().for_each(|child| ends_well(child, &when));
        local.look(&when);
        let children: Vec<Child> =
            order.iter().zip(&clones).map(|(at, clone)| start(&clone.path(), &[&some[*at], "--push"])).collect();
        children.into_iter().for_each(|child| ends_well(child, &when));
        pushed.look(&when);
        for (dir, cluster) in [&repo, &remote].iter().flat_map(|repo| CLUSTERS.map(|cluster| (repo.path(), cluster))) {
            let newest = some.last().unwrap();
            let branch = format!("env/{cluster}");
            assert_eq!(trailer(&dir, &branch, "Argocd-reference-commit-sha"), *newest, "{when}: {branch}");
        }
    }
    remote.git(&["fsck", "--strict"]);
    repo.git(&["fsck", "--strict"]);
}
