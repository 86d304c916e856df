//! Holds Terrace's Helm engine against what Helm rendered of public charts, without Helm: `testdata/helm/corpus` calls it.
//! With `--update` and Helm itself, makes that record again; with `--add`, what the record lacks of charts that it has.
//!
//! Charts come from git, at the commits of `testdata/helm/repositories.jsonl`, and so do their dependencies (see
//! [`assemble`]); nothing of them is kept in this repository but digests, in `testdata/helm/corpus.lock.jsonl`.

mod assemble;
#[path = "../helm_compare/case.rs"]
mod case;
mod clones;
mod lines;
mod lock;
#[path = "../helm_compare/output.rs"]
mod output;
mod range;
#[path = "../helm_compare/tool.rs"]
mod tool;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use assemble::Assembler;
use case::Taken;
use clones::Clones;
use lock::{Line, Repository};
use output::Output;
use tool::Tool;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Holds Terrace against what Helm rendered of public charts.
#[derive(Parser)]
struct Args {
    /// Where the lock and the list of repositories are
    #[arg(long, value_name = "DIR", default_value = "testdata/helm")]
    files: PathBuf,
    /// Where clones and charts go; clones that are there already are used
    #[arg(long, value_name = "DIR", default_value = "target/helm-corpus")]
    work: PathBuf,
    /// Where repositories are on this machine, with {owner} and {name} in it [default: $TERRACE_CORPUS_MIRROR]
    #[arg(long, value_name = "PATH")]
    mirror: Option<String>,
    /// The command to hold against the lock [default: the terrace beside this example's directory]
    #[arg(long, value_name = "PATH")]
    terrace: Option<PathBuf>,
    /// Only lay the charts out, and say where
    #[arg(long, conflicts_with_all = ["update", "add"])]
    assemble: bool,
    /// Make the lock again, with each Helm given
    #[arg(long, requires = "helm")]
    update: bool,
    /// Add to the lock the cases that its charts have and it lacks, with each Helm given
    #[arg(long, requires = "helm", conflicts_with = "update")]
    add: bool,
    /// Only charts whose place (owner+name/path) holds this text
    #[arg(long, value_name = "TEXT", conflicts_with = "update")]
    only: Option<String>,
    /// With --update or --add: the real Helm, built as releases are; may be repeated
    #[arg(long, value_name = "PATH")]
    helm: Vec<PathBuf>,
    /// How many charts at once
    #[arg(long, value_name = "N", default_value_t = 2)]
    jobs: usize,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(args: &Args) -> Result<bool, Failure> {
    let (list, locked) = (args.files.join("repositories.jsonl"), args.files.join("corpus.lock.jsonl"));
    let mirror = args.mirror.clone().or_else(|| std::env::var("TERRACE_CORPUS_MIRROR").ok());
    let clones = Clones::new(&args.work.join("clones"), mirror);
    let charts = args.work.join("charts");
    if charts.exists() {
        std::fs::remove_dir_all(&charts)?;
    }
    std::fs::create_dir_all(&charts)?;
    let charts = charts.canonicalize()?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(args.jobs.max(1)).build()?;
    if args.update {
        let repositories: Vec<Repository> = lines::read(&list)?;
        let mut lines = Assembler::new(&clones, &repositories, &charts).all()?;
        for helm in &args.helm {
            lines.extend(pool.install(|| record(&Tool::helm(helm)?, &repositories, &charts, &[]))?);
        }
        lock::write(&locked, &lines)?;
        println!("{} lines in {}", lines.len(), locked.display());
        return Ok(true);
    }
    let mut lines: Vec<Line> = lines::read(&locked)?;
    let taken = match &args.only {
        Some(text) => lock::only(&lines, text)?,
        None => lines.clone(),
    };
    assemble::replay(&clones, &taken, &charts)?;
    if args.add {
        let repositories: Vec<Repository> = lines::read(&list)?;
        for helm in &args.helm {
            for line in pool.install(|| record(&Tool::helm(helm)?, &repositories, &charts, &lines))? {
                lock::insert(&mut lines, line);
            }
        }
        lock::write(&locked, &lines)?;
        println!("{} lines in {}", lines.len(), locked.display());
        return Ok(true);
    }
    if args.assemble {
        println!("{}", charts.display());
        return Ok(true);
    }
    let terrace = match &args.terrace {
        Some(terrace) => terrace.clone(),
        None => std::env::current_exe()?.ancestors().nth(2).unwrap_or(Path::new(".")).join("terrace"),
    };
    pool.install(|| check(&terrace, &taken, &charts))
}

/// What Helm makes of all charts that are laid out of the repositories with cases, but for the cases that are known.
fn record(helm: &Tool, repositories: &[Repository], charts: &Path, known: &[Line]) -> Result<Vec<Line>, Failure> {
    let version = helm.version()?;
    let profile = if version.starts_with("v3.") { "helm3" } else { "helm4" };
    let mut lines = Vec::new();
    for repository in repositories.iter().filter(|repository| repository.cases) {
        let values = [vec![case::TESTED_VALUES.to_owned()], repository.values.clone()].concat();
        let taken = Taken { archives: true, ..Taken::default() };
        let dir = charts.join(lines::directory(&repository.url)?);
        if !dir.is_dir() {
            continue; // None of its charts are asked for.
        }
        let mut cases = case::discover(&dir, taken, &values)?;
        let is_known = |line: &Line, case: &case::Case| match line {
            Line::Case(known) => {
                known.profile == profile && known.repository == repository.url && known.args == case.args
            }
            _ => false,
        };
        cases.retain(|case| !known.iter().any(|line| is_known(line, case)));
        if cases.is_empty() {
            continue;
        }
        let all = || cases.par_iter().map(|case| Ok(digest(&helm.run(case)?))).collect::<Result<Vec<_>, Failure>>();
        let first = all()?;
        std::thread::sleep(tool::TICK);
        for ((case, first), second) in cases.iter().zip(first).zip(all()?) {
            lines.push(Line::Case(lock::Case {
                repository: repository.url.clone(),
                args: case.args.clone(),
                profile: profile.to_owned(),
                helm: version.clone(),
                result: if first == second { first } else { lock::Result::Random },
            }));
        }
    }
    Ok(lines)
}

fn digest(output: &Output) -> lock::Result {
    let of = |bytes: &[u8]| blake3::hash(bytes).to_hex().to_string();
    if output.success {
        lock::Result::Stdout(of(&output.stdout))
    } else {
        lock::Result::Error(of(output.shown().as_bytes()))
    }
}

/// Renders all cases of a lock, and prints those that came out otherwise. True if none did.
fn check(terrace: &Path, lines: &[Line], charts: &Path) -> Result<bool, Failure> {
    let cases: Vec<&lock::Case> =
        lines.iter().filter_map(|line| if let Line::Case(case) = line { Some(case) } else { None }).collect();
    let one = |case: &&lock::Case| -> Result<(&'static str, Duration), Failure> {
        let dir = charts.join(lines::directory(&case.repository)?);
        let call = case::Case { dir, chart: String::new(), name: String::new(), args: case.args.clone(), golden: None };
        let output = Tool::terrace(terrace, &case.profile)?.run(&call)?;
        let word = match (&case.result, digest(&output)) {
            (lock::Result::Random, lock::Result::Stdout(_)) => "random, rendered",
            (lock::Result::Random, _) => "FAILS",
            (expected, now) if *expected == now => "as Helm",
            (lock::Result::Stdout(_), lock::Result::Stdout(_)) => "DIFFERS",
            (lock::Result::Stdout(_), _) => "FAILS",
            (_, lock::Result::Stdout(_)) => "DOESN'T FAIL",
            (_, _) => "OTHER ERROR",
        };
        Ok((word, output.wall))
    };
    let results: Vec<(&str, Duration)> = cases.par_iter().map(one).collect::<Result<_, _>>()?;
    let mut totals = BTreeMap::new();
    for (case, (word, _)) in cases.iter().zip(&results) {
        if *word == word.to_uppercase() {
            println!("{word} {} {}: {}", case.profile, case.repository, case.args.join(" "));
        }
        *totals.entry((case.profile.as_str(), *word)).or_insert(0) += 1;
    }
    for ((profile, word), count) in &totals {
        println!("{count:6}  {profile}  {word}");
    }
    let wall: Duration = results.iter().map(|(_, wall)| wall).sum();
    println!("{} cases in {:.1} s", cases.len(), wall.as_secs_f64());
    let good = results.iter().all(|(word, _)| *word != word.to_uppercase());
    if !good {
        println!("see where: cargo run --release --example helm_compare -- --helm PATH {}/*", charts.display());
    }
    Ok(good)
}
