//! Renders synthetic fleets cold with the command itself, and prints objects per second, peak memory and more as tables
//! in Markdown. `benches/run` puts them into docs/benchmarks.md.
//!
//! Without `--bench` (`cargo test --benches`) a tiny fleet is made and rendered once, so that none of this rots.
#![expect(clippy::unwrap_used, reason = "a benchmark that can't work stops")]

#[path = "support/machine.rs"]
mod machine;
#[path = "support/measure.rs"]
mod measure;
#[path = "support/mod.rs"]
mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use measure::Cost;
use support::fleet::Shape;

/// How often each is run; the fastest counts, as others use the machine too.
const RUNS: usize = 5;
/// What peak memory may be: so many times the bytes written, and a hundred megabytes.
const PER_BYTE_WRITTEN: u64 = 3;
const MEGABYTE: f64 = 1_000_000.0;

fn main() {
    let full = std::env::args().any(|arg| arg == "--bench");
    let bench = Bench { dir: workplace(), runs: if full { RUNS } else { 1 } };
    let sizes: &[(usize, usize)] = if full { &[(50, 50), (100, 50), (200, 50), (100, 100)] } else { &[(3, 10)] };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!("Machine: {}. Output: {}.\n", machine::line(), place(bench.dir.path()));
    println!("| fleet, cold | threads | objects | written | wall | CPU | objects/s | peak memory | allowed |");
    println!("|---|---:|---:|---:|---:|---:|---:|---:|---:|");
    for (clusters, apps) in sizes {
        let fleet = bench.make(*clusters, *apps);
        let mut threads = vec![cores];
        if (*clusters, *apps) == (100, 50) {
            threads.insert(0, 1);
        }
        for threads in threads {
            let rendered = bench.cold(&fleet, threads);
            println!("{}", rendered.row(&format!("{clusters} × {apps}"), threads));
        }
    }
    let (clusters, apps) = sizes.get(1).copied().unwrap_or((3, 10));
    let fleet = bench.make(clusters, apps);
    let cold = bench.cold(&fleet, cores);
    println!("\nWhere the time of {clusters} × {apps} goes (`--timings`):\n\n```text\n{}\n```\n", cold.timings());
    println!("| {clusters} × {apps} | wall | CPU | peak memory | |\n|---|---:|---:|---:|---|");
    later_runs(&bench, &fleet);
    differences(&bench, &fleet);
    let start = measure::shortest(bench.runs * 40, || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_terrace"));
        command.arg("--version");
        command
    });
    println!("| `--version` | {:.1} ms | | | |", start.unwrap().as_secs_f64() * 1000.0);
}

/// A verb's first run, which keeps its results, and the same again, nothing having been changed.
fn later_runs(bench: &Bench, fleet: &Path) {
    let (out, cache) = (Bench::out(fleet), fleet.with_extension("cache"));
    let (out, kept) = (out.to_str().unwrap(), cache.to_str().unwrap());
    for (name, args) in [("render", vec!["render", "-o", out]), ("check", vec!["check"])] {
        let args = [args, vec!["--cache-dir", kept]].concat();
        let clear = |_| {
            remove(&cache);
            if name == "render" {
                remove(Path::new(out));
            }
        };
        let first = bench.best(|| bench.terrace(fleet, &args), clear);
        println!("{}", row(&format!("`{name}`, the first time"), &first, ""));
        let again = bench.best(|| bench.terrace(fleet, &args), |_| {});
        let ratio = first.wall.as_secs_f64() / again.wall.as_secs_f64();
        println!("{}", row(&format!("`{name}`, nothing changed"), &again, &format!("{ratio:.0}× faster")));
    }
}

/// What is done beyond `git status` to tell a change apart from the last commit, whose results are kept.
fn differences(bench: &Bench, fleet: &Path) {
    let cache = fleet.with_extension("cache");
    let git = |args: &[&str]| {
        let mut git = Command::new("git");
        git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").current_dir(fleet);
        git.args(["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"]).args(args);
        let cost = measure::run(&mut git).unwrap();
        assert_eq!(cost.code, Some(0), "{}", cost.stderr);
        cost
    };
    git(&["init", "-q"]);
    git(&["add", "-A"]);
    git(&["commit", "-q", "-m", "the fleet"]);
    let diff = || bench.terrace(fleet, &["diff", "HEAD", "--cache-dir", cache.to_str().unwrap()]);
    println!("{}", row("`diff`, the first time", &diff(), "both states are rendered"));
    let edits: [(&str, &str, &str); 2] = [
        ("`diff`, one app on one cluster changed", "values/values.production-003.yaml", "queue.workers: "),
        (
            "`diff`, the files of a service on 33 clusters changed",
            "services/service-00/production/configmap.yaml",
            "data:",
        ),
    ];
    for (name, path, key) in edits {
        let path = fleet.join(path);
        let Ok(before) = fs::read_to_string(&path) else { continue };
        let change = |run: usize| {
            let line = if key == "data:" {
                format!("data:\n  changed: \"{run}\"")
            } else {
                format!("queue.workers: \"{run}7\" #")
            };
            fs::write(&path, before.replacen(key, &line, 1)).unwrap();
        };
        let cost = bench.best(diff, change);
        let status = bench.best(|| git(&["status", "--porcelain"]), |_| {});
        let beyond = cost.wall.saturating_sub(status.wall).as_secs_f64() * 1000.0;
        println!("{}", row(name, &cost, &format!("{beyond:.0} ms beyond `git status`")));
        fs::write(&path, before).unwrap();
    }
}

fn remove(dir: &Path) {
    if dir.is_dir() {
        fs::remove_dir_all(dir).unwrap();
    }
}

fn row(name: &str, cost: &Cost, note: &str) -> String {
    format!("| {name} | {} | {} | {} | {note} |", seconds(cost.wall), processor(cost), megabytes(cost.peak))
}

/// Where fleets and trees go: `TERRACE_BENCH_DIR`, memory where there is a file system for it, else the usual place. On
/// disks, the time that file systems take to find places for files hides all else.
fn workplace() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let given = std::env::var_os("TERRACE_BENCH_DIR").map(PathBuf::from);
    let base = given.or_else(|| memory.is_dir().then(|| memory.to_owned())).unwrap_or_else(std::env::temp_dir);
    tempfile::tempdir_in(base).unwrap()
}

fn place(dir: &Path) -> &'static str {
    if dir.starts_with("/dev/shm") { "a file system in memory" } else { "a disk" }
}

struct Bench {
    dir: tempfile::TempDir,
    runs: usize,
}

impl Bench {
    /// The directory of a fleet of this size.
    fn make(&self, clusters: usize, apps: usize) -> PathBuf {
        let dir = self.dir.path().join(format!("fleet-{clusters}-{apps}"));
        if !dir.is_dir() {
            Shape { clusters, apps, seed: 1, version: 1 }.make(&dir).unwrap();
        }
        dir
    }

    fn out(fleet: &Path) -> PathBuf {
        fleet.with_extension("out")
    }

    fn terrace(&self, fleet: &Path, args: &[&str]) -> Cost {
        let mut command = Command::new(env!("CARGO_BIN_EXE_terrace"));
        let cost = measure::run(command.args(args).arg("-C").arg(fleet)).unwrap();
        assert_eq!(cost.code, Some(0), "{}", cost.stderr);
        cost
    }

    fn render(&self, fleet: &Path, threads: usize) -> Cost {
        let out = Self::out(fleet);
        let threads = threads.to_string();
        self.terrace(fleet, &["render", "--no-cache", "--timings", "--threads", &threads, "-o", out.to_str().unwrap()])
    }

    /// The fastest of some runs, each after some preparation.
    fn best(&self, run: impl Fn() -> Cost, prepare: impl Fn(usize)) -> Cost {
        let runs = (0..self.runs).map(|i| {
            prepare(i);
            run()
        });
        runs.min_by_key(|cost| cost.wall).unwrap()
    }

    /// Into an empty directory.
    fn cold(&self, fleet: &Path, threads: usize) -> Rendered {
        let out = Self::out(fleet);
        let prepare = |_| {
            if out.is_dir() {
                fs::remove_dir_all(&out).unwrap();
            }
        };
        let cost = self.best(|| self.render(fleet, threads), prepare);
        let mut rendered = Rendered { cost, objects: 0, bytes: 0 };
        for entry in walkdir::WalkDir::new(&out).into_iter().map(Result::unwrap).filter(|e| e.file_type().is_file()) {
            rendered.objects += usize::from(entry.file_name() != terrace::tree::index::INDEX_FILE);
            rendered.bytes += entry.metadata().unwrap().len();
        }
        rendered
    }
}

/// A render that wrote everything.
struct Rendered {
    cost: Cost,
    objects: usize,
    bytes: u64,
}

impl Rendered {
    fn row(&self, name: &str, threads: usize) -> String {
        let Self { cost, objects, bytes } = self;
        let speed = *objects as f64 / cost.wall.as_secs_f64();
        let allowed = PER_BYTE_WRITTEN * bytes + 100_000_000;
        let (written, wall, cpu) = (megabytes(Some(*bytes)), seconds(cost.wall), processor(cost));
        let (peak, allowed) = (megabytes(cost.peak), megabytes(Some(allowed)));
        format!("| {name} | {threads} | {objects} | {written} | {wall} | {cpu} | {speed:.0} | {peak} | {allowed} |")
    }

    /// The lines of `--timings`.
    fn timings(&self) -> String {
        let lines = self.cost.stderr.lines().filter(|line| line.contains(" ms  "));
        lines.collect::<Vec<_>>().join("\n")
    }
}

fn seconds(wall: Duration) -> String {
    format!("{:.3} s", wall.as_secs_f64())
}

fn processor(cost: &Cost) -> String {
    cost.cpu.map_or_else(|| "?".to_owned(), seconds)
}

fn megabytes(bytes: Option<u64>) -> String {
    bytes.map_or_else(|| "?".to_owned(), |bytes| format!("{:.0} MB", bytes as f64 / MEGABYTE))
}
