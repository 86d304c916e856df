//! Times both sides on the same kustomizations, one run of each in turn, so that what else the machine does falls on both.

use std::fmt::Write as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::Failure;
use crate::case::Case;
use crate::machine;
use crate::make::{Kind, make};
use crate::tool::Tool;

/// After this long on one side, a kustomization has had runs enough.
const ENOUGH: Duration = Duration::from_secs(180);

/// What a kustomization takes on each side: the median of the runs.
struct Row {
    resources: usize,
    kind: Kind,
    bytes: usize,
    same: bool,
    there: Duration,
    here: Duration,
}

impl Row {
    fn ratio(&self) -> f64 {
        self.there.as_secs_f64() / self.here.as_secs_f64().max(f64::MIN_POSITIVE)
    }
}

/// A table in Markdown.
///
/// # Errors
/// A tool can't be started, or fails.
pub fn table(sizes: &[usize], there: &Tool, here: &Tool, runs: usize) -> Result<String, Failure> {
    let mut rows = Vec::new();
    for kind in [Kind::Plain, Kind::Transformed] {
        for size in sizes {
            let dir = std::env::temp_dir().join(format!("kustomize-bench-{}", std::process::id()));
            if dir.exists() {
                std::fs::remove_dir_all(&dir)?;
            }
            let path = make(&dir, *size, kind)?;
            let row = time(&Case { dir: dir.clone(), path }, *size, kind, (there, here), runs);
            std::fs::remove_dir_all(&dir)?;
            rows.push(row?);
        }
    }
    Ok(markdown(&rows, &there.version()?, runs))
}

fn time(case: &Case, resources: usize, kind: Kind, tools: (&Tool, &Tool), runs: usize) -> Result<Row, Failure> {
    // Also the run that fills the caches.
    let (first, own) = (tools.0.run(case)?, tools.1.run(case)?);
    for output in [&first, &own] {
        if !output.success {
            return Err(format!("{resources} resources, {}: {}", kind.name(), output.error()).into());
        }
    }
    let (mut theres, mut heres) = (Vec::new(), Vec::new());
    while theres.is_empty() || theres.len() < runs && theres.iter().sum::<Duration>() < ENOUGH {
        theres.push(once(tools.0, case)?);
        heres.push(once(tools.1, case)?);
    }
    let same = first.stdout == own.stdout;
    Ok(Row { resources, kind, bytes: first.stdout.len(), same, there: median(theres), here: median(heres) })
}

fn markdown(rows: &[Row], version: &str, runs: usize) -> String {
    let mut text = String::new();
    let _ = writeln!(
        text,
        "Machine: {}. kustomize {version}, the median of {runs} runs of each side in turn (fewer where they take minutes), \
         start of the process included.\n",
        machine::line()
    );
    text.push_str("| resources | | printed | `kustomize build` | `terrace kustomize build` | ratio |\n");
    text.push_str("|---:|---|---:|---:|---:|---:|\n");
    for row in rows {
        let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
        let _ = writeln!(
            text,
            "| {} | {} | {:.0} kB{} | {:.1} ms | {:.1} ms | {:.1}× |",
            row.resources,
            row.kind.name(),
            row.bytes as f64 / 1000.0,
            if row.same { "" } else { ", not the same" },
            milliseconds(row.there),
            milliseconds(row.here),
            row.ratio()
        );
    }
    text
}

fn once(tool: &Tool, case: &Case) -> Result<Duration, Failure> {
    let mut command = tool.command(case);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let started = Instant::now();
    command.status()?;
    Ok(started.elapsed())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
