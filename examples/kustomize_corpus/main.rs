//! Holds Terrace's kustomize engine against what kustomize built of public repositories, without kustomize:
//! `testdata/kustomize/corpus` calls it. With `--update` and kustomize itself, makes that record again.
//!
//! Kustomizations come from git, at the commits of `testdata/kustomize/repositories.jsonl`; nothing of them is kept in this
//! repository but digests, in `testdata/kustomize/corpus.lock.jsonl`.

#[path = "../kustomize_compare/case.rs"]
mod case;
#[path = "../helm_corpus/clones.rs"]
#[expect(dead_code, reason = "helm_corpus needs more of it")]
mod clones;
#[path = "../helm_corpus/lines.rs"]
mod lines;
mod lock;
#[path = "../helm_compare/output.rs"]
#[expect(dead_code, reason = "helm_corpus needs more of it")]
mod output;
#[path = "../kustomize_compare/tool.rs"]
mod tool;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use clones::Clones;
use lock::{Outcome, Repository};
use output::Output;
use tool::{Flags, Tool};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Holds Terrace against what kustomize built of public repositories.
#[derive(Parser)]
struct Args {
    /// Where the lock and the list of repositories are
    #[arg(long, value_name = "DIR", default_value = "testdata/kustomize")]
    files: PathBuf,
    /// Where clones and their files go; clones that are there already are used
    #[arg(long, value_name = "DIR", default_value = "target/kustomize-corpus")]
    work: PathBuf,
    /// Where repositories are on this machine, with {owner} and {name} in it [default: $TERRACE_CORPUS_MIRROR]
    #[arg(long, value_name = "PATH")]
    mirror: Option<String>,
    /// The command to hold against the lock [default: the terrace beside this example's directory]
    #[arg(long, value_name = "PATH")]
    terrace: Option<PathBuf>,
    /// Only lay the files out, and say where
    #[arg(long, conflicts_with = "update")]
    assemble: bool,
    /// Make the lock again, with the real tools
    #[arg(long, requires_all = ["kustomize", "helm"])]
    update: bool,
    /// With --update: the real kustomize
    #[arg(long, value_name = "PATH")]
    kustomize: Option<PathBuf>,
    /// With --update: the real Helm, of the line whose behaviour Terrace has by default
    #[arg(long, value_name = "PATH")]
    helm: Option<PathBuf>,
    /// How many kustomizations at once
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
    let files = args.work.join("files");
    if files.exists() {
        std::fs::remove_dir_all(&files)?;
    }
    std::fs::create_dir_all(&files)?;
    let files = files.canonicalize()?;
    let repositories: Vec<Repository> = lines::read(&list)?;
    for repository in &repositories {
        let to = files.join(lines::directory(&repository.url)?);
        clones.export(&repository.url, &repository.commit, "", &to)?;
    }
    if args.assemble {
        println!("{}", files.display());
        return Ok(true);
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(args.jobs.max(1)).build()?;
    if let (true, Some(kustomize)) = (args.update, &args.kustomize) {
        let flags = Flags { helm: args.helm.clone(), ..Flags::default() };
        let tool = Tool::kustomize(kustomize, &flags)?;
        let lines = pool.install(|| record(&tool, &repositories, &files))?;
        lock::write(&locked, &tool.version()?, &lines)?;
        println!("{} lines in {}", lines.len(), locked.display());
        return Ok(true);
    }
    let terrace = match &args.terrace {
        Some(terrace) => terrace.clone(),
        None => std::env::current_exe()?.ancestors().nth(2).unwrap_or(Path::new(".")).join("terrace"),
    };
    let flags = Flags { helm: Some(terrace.clone()), ..Flags::default() };
    let tool = Tool::terrace(&terrace, &flags)?;
    let lines: Vec<lock::Case> = lines::read(&locked)?;
    pool.install(|| check(&tool, &lines, &files))
}

/// What kustomize makes of all kustomizations of the repositories.
fn record(tool: &Tool, repositories: &[Repository], files: &Path) -> Result<Vec<lock::Case>, Failure> {
    let mut lines = Vec::new();
    for repository in repositories {
        let cases = case::discover(&files.join(lines::directory(&repository.url)?))?;
        let one = |case: &case::Case| -> Result<lock::Case, Failure> {
            let first = outcome(&tool.run(case)?);
            // Charts may make something up.
            let same = first == Outcome::Error || first == outcome(&tool.run(case)?);
            let outcome = if same { first } else { Outcome::Random };
            Ok(lock::Case { repository: repository.url.clone(), path: case.path.clone(), outcome })
        };
        lines.extend(cases.par_iter().map(one).collect::<Result<Vec<_>, _>>()?);
    }
    Ok(lines)
}

fn outcome(output: &Output) -> Outcome {
    if output.success { Outcome::Stdout(blake3::hash(&output.stdout).to_hex().to_string()) } else { Outcome::Error }
}

/// Builds all cases of a lock, and prints those that came out otherwise. True if none did.
fn check(tool: &Tool, lines: &[lock::Case], files: &Path) -> Result<bool, Failure> {
    let one = |line: &lock::Case| -> Result<(&'static str, Duration), Failure> {
        let case = case::Case { dir: files.join(lines::directory(&line.repository)?), path: line.path.clone() };
        let output = tool.run(&case)?;
        let word = match (&line.outcome, outcome(&output)) {
            (Outcome::Random, Outcome::Stdout(_)) => "random, builds",
            (Outcome::Random, _) => "FAILS",
            (expected, now) if *expected == now => match now {
                Outcome::Error => "fails as with kustomize",
                _ => "as kustomize",
            },
            (Outcome::Stdout(_), Outcome::Stdout(_)) => "DIFFERS",
            (Outcome::Stdout(_), _) => "FAILS",
            (Outcome::Error, _) => "DOESN'T FAIL",
        };
        Ok((word, output.wall))
    };
    let results: Vec<(&str, Duration)> = lines.par_iter().map(one).collect::<Result<_, _>>()?;
    let mut totals: BTreeMap<&str, usize> = BTreeMap::new();
    for (line, (word, _)) in lines.iter().zip(&results) {
        if *word == word.to_uppercase() {
            println!("{word} {}: {}", line.repository, line.path);
        }
        *totals.entry(word).or_default() += 1;
    }
    for (word, count) in &totals {
        println!("{count:6}  {word}");
    }
    let wall: Duration = results.iter().map(|(_, wall)| wall).sum();
    println!("{} cases in {:.1} s", lines.len(), wall.as_secs_f64());
    let good = results.iter().all(|(word, _)| *word != word.to_uppercase());
    if !good {
        let files = files.display();
        println!(
            "see where: cargo run --release --example kustomize_compare -- --kustomize PATH --helm PATH {files}/*"
        );
    }
    Ok(good)
}
