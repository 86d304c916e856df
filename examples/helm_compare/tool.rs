//! Runs the two tools that are compared.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::Failure;
use crate::case::Case;
use crate::output::Output;

/// How far apart two runs have to be for the time that charts print to differ.
pub const TICK: Duration = Duration::from_millis(1100);

/// A command that understands `template [NAME] CHART`.
#[derive(Clone, Debug)]
pub struct Tool {
    program: PathBuf,
    /// What comes before `template`.
    before: Vec<String>,
    /// What comes after the case's own arguments.
    after: Vec<String>,
    /// Whether it gives an account of its own after what Helm would say.
    accounts: bool,
}

impl Tool {
    /// Helm itself.
    pub fn helm(program: &Path) -> Result<Self, Failure> {
        Ok(Self { program: absolute(program)?, before: Vec::new(), after: Vec::new(), accounts: false })
    }

    /// Terrace's engine, as one line of Helm.
    pub fn terrace(program: &Path, profile: &str) -> Result<Self, Failure> {
        let after = ["--profile", profile].map(str::to_owned).to_vec();
        Ok(Self { program: absolute(program)?, before: vec!["helm".to_owned()], after, accounts: true })
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
        let output = Output::of(self.command(case)).map_err(|e| format!("{}: {e}", self.program.display()))?;
        Ok(if self.accounts { output.without_account() } else { output })
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

/// The path from the root, as every case has a directory of its own.
fn absolute(program: &Path) -> Result<PathBuf, Failure> {
    Ok(program.canonicalize().map_err(|e| format!("{}: {e}", program.display()))?)
}
