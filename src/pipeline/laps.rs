//! A stopwatch for stages.

use std::time::{Duration, Instant};

/// How long each stage took.
#[derive(Debug)]
pub struct Laps {
    since: Instant,
    /// The stages that are over.
    pub laps: Vec<(&'static str, Duration)>,
}

impl Laps {
    /// Starts.
    pub fn new() -> Self {
        Self { since: Instant::now(), laps: Vec::new() }
    }

    /// Ends a stage; the next begins.
    pub fn lap(&mut self, name: &'static str) {
        let now = Instant::now();
        self.laps.push((name, now - self.since));
        self.since = now;
    }
}

impl Default for Laps {
    fn default() -> Self {
        Self::new()
    }
}
