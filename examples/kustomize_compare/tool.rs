//! Runs the two tools that are compared.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Failure;
use crate::case::Case;
use crate::output::Output;

/// What both tools are told.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// `--load-restrictor`; empty for the default.
    pub load_restrictor: String,
    /// The real Helm, where charts are rendered.
    pub helm: Option<PathBuf>,
}

impl Flags {
    fn restrictor(&self) -> Option<String> {
        (!self.load_restrictor.is_empty()).then(|| format!("--load-restrictor={}", self.load_restrictor))
    }
}

/// A command that understands `build DIR`.
#[derive(Clone, Debug)]
pub struct Tool {
    program: PathBuf,
    /// What comes before the directory.
    args: Vec<String>,
}

impl Tool {
    /// kustomize itself.
    ///
    /// # Errors
    /// It isn't there.
    pub fn kustomize(program: &Path, flags: &Flags) -> Result<Self, Failure> {
        let mut args = vec!["build".to_owned()];
        args.extend(flags.restrictor());
        if let Some(helm) = &flags.helm {
            args.extend([
                "--enable-helm".to_owned(),
                "--helm-command".to_owned(),
                absolute(helm)?.display().to_string(),
            ]);
        }
        Ok(Self { program: absolute(program)?, args })
    }

    /// Terrace's engine.
    ///
    /// # Errors
    /// It isn't there.
    pub fn terrace(program: &Path, flags: &Flags) -> Result<Self, Failure> {
        let mut args: Vec<String> = ["kustomize", "build"].map(str::to_owned).to_vec();
        args.extend(flags.restrictor());
        args.extend(flags.helm.as_ref().map(|_| "--enable-helm".to_owned()));
        Ok(Self { program: absolute(program)?, args })
    }

    /// The command of a case: no user's settings, no network, the machine's environment left out.
    pub fn command(&self, case: &Case) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.args).arg(&case.path).current_dir(&case.dir).env_clear();
        let nowhere = "http://127.0.0.1:9";
        command.env("HOME", "/nonexistent").env("PATH", "/usr/bin:/bin").env("GIT_ALLOW_PROTOCOL", "file");
        command.env("HTTP_PROXY", nowhere).env("HTTPS_PROXY", nowhere);
        command
    }

    /// Builds a case.
    ///
    /// # Errors
    /// The tool can't be started.
    pub fn run(&self, case: &Case) -> Result<Output, Failure> {
        Output::of(self.command(case)).map_err(|e| format!("{}: {e}", self.program.display()).into())
    }

    /// What `version` says.
    ///
    /// # Errors
    /// It can't be started.
    pub fn version(&self) -> Result<String, Failure> {
        let output = Command::new(&self.program).arg("version").output();
        let output = output.map_err(|e| format!("{}: {e}", self.program.display()))?;
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }
}

/// The path from the root, as every case has a directory of its own.
fn absolute(program: &Path) -> Result<PathBuf, Failure> {
    Ok(program.canonicalize().map_err(|e| format!("{}: {e}", program.display()))?)
}
