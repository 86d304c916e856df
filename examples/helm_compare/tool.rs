//! Runs the two tools that are compared.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::Failure;
use crate::case::Case;

/// A command that understands `template [NAME] CHART`.
#[derive(Clone, Debug)]
pub struct Tool {
    program: PathBuf,
    /// What comes before `template`.
    before: Vec<String>,
    /// What comes after the case's own arguments.
    after: Vec<String>,
}

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

impl Tool {
    /// Helm itself.
    pub fn helm(program: &Path) -> Result<Self, Failure> {
        Ok(Self { program: absolute(program)?, before: Vec::new(), after: Vec::new() })
    }

    /// Terrace's engine, as one line of Helm.
    pub fn terrace(program: &Path, profile: &str) -> Result<Self, Failure> {
        let after = ["--profile", profile].map(str::to_owned).to_vec();
        Ok(Self { program: absolute(program)?, before: vec!["helm".to_owned()], after })
    }

    /// The command of a case: no user's settings, no cluster, the machine's environment left out.
    pub fn command(&self, case: &Case) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.before).arg("template").args(&case.args).args(&self.after);
        command.current_dir(&case.dir).env_clear().env("HOME", "/nonexistent").env("PATH", "/usr/bin:/bin");
        command
    }

    /// Renders a case.
    ///
    /// # Errors
    /// The tool can't be started.
    pub fn run(&self, case: &Case) -> Result<Output, Failure> {
        let mut command = self.command(case);
        let started = Instant::now();
        let output = command.stdin(Stdio::null()).output().map_err(|e| format!("{}: {e}", self.program.display()))?;
        Ok(Output {
            success: output.status.success(),
            code: output.status.code(),
            stdout: output.stdout,
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            wall: started.elapsed(),
        })
    }

    /// What `helm version` says of itself.
    ///
    /// # Errors
    /// It can't be started.
    pub fn version(&self) -> Result<String, Failure> {
        let output = Command::new(&self.program)
            .args(["version", "--template", "{{.Version}}"])
            .output()
            .map_err(|e| format!("{}: {e}", self.program.display()))?;
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }
}

impl Output {
    /// What it failed with: from the line that starts with `Error:` on, as warnings may come before it.
    pub fn error(&self) -> &str {
        let at =
            if self.stderr.starts_with("Error:") { Some(0) } else { self.stderr.find("\nError:").map(|at| at + 1) };
        at.and_then(|at| self.stderr.get(at..)).unwrap_or(&self.stderr)
    }

    /// What is compared: the manifests; of a failure, what was printed all the same, the error and the exit code.
    pub fn shown(&self) -> String {
        let mut text = String::from_utf8_lossy(&self.stdout).into_owned();
        if !self.success {
            text.push_str(self.error());
            text.push_str(&self.code.map_or("killed\n".to_owned(), |code| format!("exit code {code}\n")));
        }
        text
    }
}

/// The path from the root, as every case has a directory of its own.
fn absolute(program: &Path) -> Result<PathBuf, Failure> {
    Ok(program.canonicalize().map_err(|e| format!("{}: {e}", program.display()))?)
}
