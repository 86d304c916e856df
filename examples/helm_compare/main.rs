//! Renders charts with Helm and with Terrace's own engine, and says where the two differ:
//!
//! ```text
//! cargo run --release --example helm_compare -- --helm PATH [--profile helm3|helm4] DIR…
//! ```
//!
//! Every chart at and below a DIR is rendered with its default values and with each of its `ci/*values.yaml` and `.yml`, or what
//! else `--values` says. With
//! `--cases FILE`, what the list says is called in DIR instead. Where two runs of Helm differ, only the parts that differ
//! between them are left out of the comparison. With `--bench N` nothing is compared: both sides are timed in turn.
//!
//! Helm has to be one that was built as releases are: its version and Kubernetes' come from linker flags, and charts see both.

mod bench;
mod case;
mod list;
#[path = "../../benches/support/machine.rs"]
mod machine;
mod output;
mod pattern;
mod report;
mod tool;
mod verdict;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use case::{Case, Taken};
use output::Output;
use report::Style;
use tool::Tool;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Renders charts with Helm and with Terrace, and says where they differ.
#[derive(Parser)]
struct Args {
    /// The real Helm, built as releases are
    #[arg(long, value_name = "PATH")]
    helm: PathBuf,
    /// Which line of Helm that is [default: by its version]
    #[arg(long, value_parser = ["helm3", "helm4"])]
    profile: Option<String>,
    /// The command to compare [default: the terrace beside this example's directory]
    #[arg(long, value_name = "PATH")]
    terrace: Option<PathBuf>,
    /// Compare with another Helm, not with terrace: to see what the comparison itself finds
    #[arg(long, value_name = "PATH", conflicts_with = "terrace")]
    other_helm: Option<PathBuf>,
    /// Call what this list says, in each DIR: a JSON object a line, {"at", "args", "golden"}
    #[arg(long, value_name = "FILE")]
    cases: Option<PathBuf>,
    /// Only charts whose path holds this text; may be repeated
    #[arg(long, value_name = "TEXT")]
    only: Vec<String>,
    /// Take charts within the charts/ of another, too
    #[arg(long)]
    nested: bool,
    /// Take packaged charts (*.tgz), too
    #[arg(long)]
    archives: bool,
    /// Render charts with these of their files, too
    #[arg(long, value_name = "GLOB", default_value = case::TESTED_VALUES)]
    values: Vec<String>,
    /// Only default values
    #[arg(long)]
    no_ci: bool,
    /// How often Helm renders a case, to see what is random
    #[arg(long, value_name = "N", default_value_t = 2)]
    runs: usize,
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
    /// Write what both printed where they differ: CASE.helm and CASE.here below this directory
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// Time N runs of each side with default values, and print a table in Markdown
    #[arg(long, value_name = "N")]
    bench: Option<usize>,
    /// Charts, and directories with charts below them
    #[arg(required = true, value_name = "DIR")]
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
    let helm = Tool::helm(&args.helm)?;
    let here = other(args, &helm)?;
    let mut cases = cases(args)?;
    if cases.is_empty() {
        return Err("no chart there".into());
    }
    if let Some(runs) = args.bench {
        cases.retain(|case| case.name == "default");
        print!("{}", bench::table(&cases, &helm, &here, runs)?);
        return Ok(true);
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(args.jobs.max(1)).build()?;
    let one = |case: &Case| compare(case, &helm, &here, args);
    let results: Vec<report::Result> = pool.install(|| cases.par_iter().map(one).collect::<Result<_, _>>())?;
    let text = report::text(&results, Style { json: args.json, time: args.time, bad_only: args.bad });
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(results.iter().all(|result| result.verdict.good()))
}

/// The side that is held against Helm.
fn other(args: &Args, helm: &Tool) -> Result<Tool, Failure> {
    if let Some(other) = &args.other_helm {
        return Tool::helm(other);
    }
    let profile = match &args.profile {
        Some(profile) => profile.clone(),
        None if helm.version()?.starts_with("v3.") => "helm3".to_owned(),
        None => "helm4".to_owned(),
    };
    let terrace = match &args.terrace {
        Some(terrace) => terrace.clone(),
        // target/release/examples/helm_compare
        None => std::env::current_exe()?.ancestors().nth(2).unwrap_or(Path::new(".")).join("terrace"),
    };
    Tool::terrace(&terrace, &profile)
}

fn cases(args: &Args) -> Result<Vec<Case>, Failure> {
    let mut cases = Vec::new();
    for dir in &args.dirs {
        let dir = dir.canonicalize().map_err(|e| format!("{}: {e}", dir.display()))?;
        match &args.cases {
            Some(file) => cases.extend(list::read(file, &dir)?),
            None => cases.extend(case::discover(
                &dir,
                Taken { nested: args.nested, archives: args.archives },
                &args.values,
            )?),
        }
    }
    let wanted = |case: &Case| args.only.is_empty() || args.only.iter().any(|text| case.chart.contains(text));
    cases.retain(|case| wanted(case) && (!args.no_ci || args.cases.is_some() || case.name == "default"));
    Ok(cases)
}

fn compare(case: &Case, helm: &Tool, here: &Tool, args: &Args) -> Result<report::Result, Failure> {
    let first = helm.run(case)?;
    let mut more: Vec<Output> = (1..args.runs).map(|_| helm.run(case)).collect::<Result<_, _>>()?;
    let own = here.run(case)?;
    let mut verdict = verdict::judge(&first, &more, &own);
    if !verdict.good() {
        // Charts print the time, and runs within one second agree about it.
        std::thread::sleep(tool::TICK);
        more.push(helm.run(case)?);
        verdict = verdict::judge(&first, &more, &own);
    }
    if let Some(keep) = args.keep.as_ref().filter(|_| !verdict.good()) {
        write_both(keep, case, &first, &own)?;
    }
    let golden = match &case.golden {
        None => None,
        Some(path) => {
            let path = case.dir.join(path);
            let expected = fs::read(&path).map_err(|e| format!("{}: {e}", path.display()))?;
            let printed = [first.stdout.as_slice(), if first.success { &[] } else { first.stderr.as_bytes() }].concat();
            Some(printed == expected)
        }
    };
    let helm_ms = more.iter().map(|output| output.wall).fold(first.wall, Ord::min);
    Ok(report::Result { case: case.clone(), verdict, golden, helm_ms, here_ms: own.wall })
}

/// Leaves what both sides printed, to look at with other tools.
fn write_both(keep: &Path, case: &Case, helm: &Output, here: &Output) -> Result<(), Failure> {
    fs::create_dir_all(keep)?;
    let dir = case.dir.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let safe = |c: char| if c.is_alphanumeric() || "+-_.".contains(c) { c } else { '_' };
    let name: String = format!("{dir} {} {}", case.chart, case.name).chars().map(safe).take(150).collect();
    for (side, output) in [("helm", helm), ("here", here)] {
        let error = if output.success { &[] } else { output.stderr.as_bytes() };
        let text = [output.stdout.as_slice(), error].concat();
        fs::write(keep.join(format!("{name}.{side}")), text)?;
    }
    Ok(())
}
