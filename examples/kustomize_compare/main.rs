//! Builds kustomizations with kustomize and with Terrace's own engine, and says where the two differ:
//!
//! ```text
//! cargo run --release --example kustomize_compare -- --kustomize PATH DIR…
//! ```
//!
//! Every kustomization at and below a DIR is built, as it is. The real tool has no network: what asks for a remote part
//! fails there and is counted by itself. With `--bench N` nothing is compared: kustomizations of several sizes are made, and
//! both sides are timed in turn.

mod bench;
mod case;
#[path = "../../benches/support/machine.rs"]
mod machine;
mod make;
#[path = "../helm_compare/output.rs"]
#[expect(dead_code, reason = "helm_compare needs more of it")]
mod output;
#[path = "../helm_compare/pattern.rs"]
mod pattern;
mod report;
mod tool;
#[path = "../helm_compare/verdict.rs"]
mod verdict;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use case::Case;
use output::Output;
use report::Style;
use tool::{Flags, Tool};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Builds kustomizations with kustomize and with Terrace, and says where they differ.
#[derive(Parser)]
struct Args {
    /// The real kustomize
    #[arg(long, value_name = "PATH")]
    kustomize: PathBuf,
    /// The command to compare [default: the terrace beside this example's directory]
    #[arg(long, value_name = "PATH")]
    terrace: Option<PathBuf>,
    /// The real Helm, for `helmCharts`: without it, both sides refuse them
    #[arg(long, value_name = "PATH")]
    helm: Option<PathBuf>,
    /// Handed to both
    #[arg(long, value_name = "WHICH", default_value = "LoadRestrictionsRootOnly")]
    load_restrictor: String,
    /// Only kustomizations whose path holds this text; may be repeated
    #[arg(long, value_name = "TEXT")]
    only: Vec<String>,
    /// How many cases at once
    #[arg(long, value_name = "N", default_value_t = 2)]
    jobs: usize,
    /// Print JSON lines
    #[arg(long)]
    json: bool,
    /// Print how long both took
    #[arg(long)]
    time: bool,
    /// Print only what is not as it should be, and totals
    #[arg(long)]
    bad: bool,
    /// Print what both say where both fail
    #[arg(long)]
    errors: bool,
    /// Write what both printed where they differ: CASE.kustomize and CASE.here below this directory
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// Time N runs of each side over kustomizations that are made for it, and print a table in Markdown
    #[arg(long, value_name = "N", conflicts_with = "dirs")]
    bench: Option<usize>,
    /// With --bench: of how many resources; may be repeated
    #[arg(long, value_name = "N", default_values_t = [1, 100, 1000, 3000])]
    sizes: Vec<usize>,
    /// Kustomizations, and directories with kustomizations below them
    #[arg(required_unless_present = "bench", value_name = "DIR")]
    dirs: Vec<PathBuf>,
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

/// True if there is nothing to mend.
fn run(args: &Args) -> Result<bool, Failure> {
    let flags = Flags { load_restrictor: args.load_restrictor.clone(), helm: args.helm.clone() };
    let kustomize = Tool::kustomize(&args.kustomize, &flags)?;
    let terrace = match &args.terrace {
        Some(terrace) => terrace.clone(),
        // target/release/examples/kustomize_compare
        None => std::env::current_exe()?.ancestors().nth(2).unwrap_or(Path::new(".")).join("terrace"),
    };
    let here = Tool::terrace(&terrace, &flags)?;
    if let Some(runs) = args.bench {
        print!("{}", bench::table(&args.sizes, &kustomize, &here, runs)?);
        return Ok(true);
    }
    let mut cases = Vec::new();
    for dir in &args.dirs {
        cases.extend(case::discover(&dir.canonicalize().map_err(|e| format!("{}: {e}", dir.display()))?)?);
    }
    cases.retain(|case| args.only.is_empty() || args.only.iter().any(|text| case.path.contains(text)));
    if cases.is_empty() {
        return Err("no kustomization there".into());
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(args.jobs.max(1)).build()?;
    let one = |case: &Case| compare(case, &kustomize, &here, args);
    let results: Vec<report::Result> = pool.install(|| cases.par_iter().map(one).collect::<Result<_, _>>())?;
    let style = Style { json: args.json, time: args.time, bad_only: args.bad, errors: args.errors };
    std::io::stdout().write_all(report::text(&results, style).as_bytes())?;
    Ok(results.iter().all(report::Result::good))
}

fn compare(case: &Case, kustomize: &Tool, here: &Tool, args: &Args) -> Result<report::Result, Failure> {
    let first = kustomize.run(case)?;
    let own = here.run(case)?;
    // Only charts may come out otherwise each time.
    let again = args.helm.is_some() && first.success && own.success && first.stdout != own.stdout;
    let more: Vec<Output> = again.then(|| kustomize.run(case)).transpose()?.into_iter().collect();
    let verdict = verdict::judge(&first, &more, &own);
    let remote = !first.success
        && !own.success
        && ["unknown-repository", "chart-missing"].iter().any(|code| own.stderr.contains(code));
    let result = report::Result {
        errors: (!first.success && !own.success).then(|| (first.error().to_owned(), own.error().to_owned())),
        case: case.clone(),
        verdict,
        remote,
        there_ms: first.wall,
        here_ms: own.wall,
    };
    if let Some(keep) = args.keep.as_ref().filter(|_| !result.good()) {
        write_both(keep, case, &first, &own)?;
    }
    Ok(result)
}

/// Leaves what both sides printed, to look at with other tools.
fn write_both(keep: &Path, case: &Case, there: &Output, here: &Output) -> Result<(), Failure> {
    fs::create_dir_all(keep)?;
    let dir = case.dir.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let safe = |c: char| if c.is_alphanumeric() || "+-_.".contains(c) { c } else { '_' };
    let name: String = format!("{dir} {}", case.path).chars().map(safe).take(150).collect();
    for (side, output) in [("kustomize", there), ("here", here)] {
        let error = if output.success { &[] } else { output.stderr.as_bytes() };
        fs::write(keep.join(format!("{name}.{side}")), [output.stdout.as_slice(), error].concat())?;
    }
    Ok(())
}
