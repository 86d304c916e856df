//! Runs the command and says what it cost.

use std::io::{self, Read};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// What a run cost.
#[derive(Clone, Debug)]
pub struct Cost {
    /// From start to end.
    pub wall: Duration,
    /// What it had of all processors together; less than the wall's share where others use the machine. None where the
    /// system doesn't say.
    pub cpu: Option<Duration>,
    /// The most memory it had at once, in bytes; none where the system doesn't say.
    pub peak: Option<u64>,
    /// Its exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// What it said.
    pub stderr: String,
}

/// How often memory is looked at: what comes and goes in between at the very end of a run is missed.
const LOOK: Duration = Duration::from_millis(1);

/// Runs a command to its end.
///
/// # Errors
/// It can't be started.
pub fn run(command: &mut Command) -> io::Result<Cost> {
    let started = Instant::now();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
    let stderr = child.stderr.take().map(|mut pipe| {
        std::thread::spawn(move || {
            let mut text = String::new();
            pipe.read_to_string(&mut text).map(|_| text)
        })
    });
    let (mut peak, mut cpu) = (None, None);
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        peak = peak.max(high_water(&child));
        cpu = cpu.max(processor_time(&child));
        std::thread::sleep(LOOK);
    };
    let wall = started.elapsed();
    let stderr = stderr.and_then(|reader| reader.join().ok()).unwrap_or_else(|| Ok(String::new()))?;
    Ok(Cost { wall, cpu, peak, code: status.code(), stderr })
}

/// The most memory that a running process had so far, in bytes. Linux keeps it until the process ends.
fn high_water(child: &Child) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

/// The processor time of a running process so far, to the hundredth of a second that Linux counts in.
fn processor_time(child: &Child) -> Option<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.id())).ok()?;
    // The name before it may hold anything.
    let (_, fields) = stat.rsplit_once(')')?;
    let ticks: u64 = fields.split_whitespace().skip(11).take(2).filter_map(|n| n.parse::<u64>().ok()).sum();
    Some(Duration::from_millis(ticks * 10))
}

/// How long a command takes that does next to nothing: the shortest of many runs, without looking at its memory.
///
/// # Errors
/// It can't be started.
pub fn shortest(runs: usize, make: impl Fn() -> Command) -> io::Result<Duration> {
    let mut best = Duration::MAX;
    for _ in 0..runs {
        let started = Instant::now();
        make().stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
        best = best.min(started.elapsed());
    }
    Ok(best)
}
