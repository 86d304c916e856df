//! What a tool printed.

use std::io;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What a run printed, and how long it took.
#[derive(Clone, Debug)]
pub struct Output {
    /// Whether it exited with 0.
    pub success: bool,
    /// The exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// What it wrote to stdout.
    pub stdout: Vec<u8>,
    /// What it wrote to stderr.
    pub stderr: String,
    /// From start to end.
    pub wall: Duration,
}

impl Output {
    /// Runs a command.
    ///
    /// # Errors
    /// It can't be started.
    pub fn of(mut command: Command) -> io::Result<Self> {
        let started = Instant::now();
        let output = command.stdin(Stdio::null()).output()?;
        Ok(Self {
            success: output.status.success(),
            code: output.status.code(),
            stdout: output.stdout,
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            wall: started.elapsed(),
        })
    }

    /// What it failed with: from the line that starts with `Error:` on, as warnings may come before it.
    pub fn error(&self) -> &str {
        let at =
            if self.stderr.starts_with("Error:") { Some(0) } else { self.stderr.find("\nError:").map(|at| at + 1) };
        let error = at.and_then(|at| self.stderr.get(at..)).unwrap_or(&self.stderr);
        // With `--debug` Helm 3 goes on with its own calls: where its code lay when it was built, and the time.
        error.find("\nhelm.go:").and_then(|end| error.get(..=end)).unwrap_or(error)
    }

    /// What is compared: the manifests; of a failure, what was printed all the same, the error and the exit code.
    pub fn shown(&self) -> String {
        let mut text = String::from_utf8_lossy(&self.stdout).into_owned();
        if !self.success {
            text.push_str(&without_network(self.error()));
            text.push_str(&self.code.map_or("killed\n".to_owned(), |code| format!("exit code {code}\n")));
        }
        text
    }

    /// Without what Terrace adds of its own to an error.
    #[must_use]
    pub fn without_account(mut self) -> Self {
        self.stderr.truncate(account(&self.stderr));
        self
    }
}

/// Where Terrace begins to add what it knows of an error: at the first line like `error[template-error]: …`.
fn account(stderr: &str) -> usize {
    let heads = |line: &str| {
        let rest = line.strip_prefix("error[").or_else(|| line.strip_prefix("warning["));
        let code = rest.and_then(|rest| rest.split_once("]: ")).map(|(code, _)| code);
        // What clap says of flags has no code.
        line.starts_with("error: ") || code.is_some_and(|code| code.chars().all(|c| c.is_ascii_lowercase() || c == '-'))
    };
    let mut at = 0;
    for line in stderr.split_inclusive('\n') {
        if heads(line) {
            return at;
        }
        at += line.len();
    }
    at
}

/// An error without the words for how a schema elsewhere couldn't be fetched: each machine's resolver has its own.
fn without_network(error: &str) -> String {
    let line = |line: &str| match line.strip_prefix("failing loading \"http").and_then(|url| url.split_once("\": ")) {
        Some((url, _)) => format!("failing loading \"http{url}\"\n"),
        None => line.to_owned(),
    };
    error.split_inclusive('\n').map(line).collect()
}
