//! Times both sides on the same charts, one run of each in turn, so that what else the machine does falls on both.

use std::fmt::Write as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::Failure;
use crate::case::Case;
use crate::machine;
use crate::tool::Tool;

/// What a chart takes on each side: the median of the runs.
struct Row {
    chart: String,
    bytes: usize,
    helm: Duration,
    here: Duration,
}

impl Row {
    fn ratio(&self) -> f64 {
        self.helm.as_secs_f64() / self.here.as_secs_f64().max(f64::MIN_POSITIVE)
    }
}

/// A table in Markdown: each chart that both sides render, slowest ratio first, and what it comes to.
///
/// # Errors
/// A tool can't be started.
pub fn table(cases: &[Case], helm: &Tool, here: &Tool, runs: usize) -> Result<String, Failure> {
    let (mut rows, mut left_out) = (Vec::new(), 0);
    for case in cases {
        // Also the run that fills the caches.
        let (there, own) = (helm.run(case)?, here.run(case)?);
        if !(there.success && own.success) {
            left_out += 1;
            continue;
        }
        let (mut helms, mut heres) = (Vec::new(), Vec::new());
        for _ in 0..runs.max(1) {
            helms.push(once(helm, case)?);
            heres.push(once(here, case)?);
        }
        let (helm, here) = (median(helms), median(heres));
        rows.push(Row { chart: name(case), bytes: there.stdout.len(), helm, here });
    }
    rows.sort_by(|a, b| a.ratio().total_cmp(&b.ratio()));
    Ok(markdown(&rows, left_out, &helm.version()?, runs))
}

fn markdown(rows: &[Row], left_out: usize, version: &str, runs: usize) -> String {
    let mut text = String::new();
    let mean = (rows.iter().map(|row| row.ratio().ln()).sum::<f64>() / rows.len().max(1) as f64).exp();
    let slowest = rows.first().map_or(0.0, Row::ratio);
    let _ = writeln!(
        text,
        "Machine: {}. Helm {version}, {} charts with their default values, the median of {runs} runs of each side in turn; {left_out} \
         charts that don't render so are left out. **Geometric mean {mean:.1}×, slowest {slowest:.1}×.**\n",
        machine::line(),
        rows.len()
    );
    text.push_str(
        "| chart | printed | `helm template` | `terrace helm template` | ratio |\n|---|---:|---:|---:|---:|\n",
    );
    for row in rows {
        let _ = writeln!(
            text,
            "| {} | {:.0} kB | {:.1} ms | {:.1} ms | {:.1}× |",
            row.chart,
            row.bytes as f64 / 1000.0,
            row.helm.as_secs_f64() * 1000.0,
            row.here.as_secs_f64() * 1000.0,
            row.ratio()
        );
    }
    text
}

/// What a reader knows the chart by: the repository's directory and the chart's own.
fn name(case: &Case) -> String {
    let repository = case.dir.file_name().and_then(|name| name.to_str()).unwrap_or_default().replacen('+', "/", 1);
    if case.chart == "." { repository } else { format!("{repository} {}", case.chart) }
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
