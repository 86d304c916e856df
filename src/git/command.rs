//! How `git` is run: with nothing on that a repository, its owner or the environment could turn against the caller.

use std::io::ErrorKind;
use std::path::Path;
use std::process::{Command, Stdio};

use super::GitError;

/// Variables that say where the user's own configuration is. Everything else that begins with `GIT_` is taken away: a
/// hook's environment names the repository that runs it, which need not be the one that is read.
const KEPT: [&str; 3] = ["GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM"];

/// `git` in a directory, options set, the command to be added.
pub(super) fn base(dir: &Path) -> Command {
    let mut git = Command::new("git");
    git.current_dir(dir).stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        let Some(text) = name.to_str() else { continue };
        if text.starts_with("GIT_") && !KEPT.contains(&text) {
            git.env_remove(&name);
        }
    }
    git.env_remove("SSH_ASKPASS").env_remove("LANGUAGE").env("LC_ALL", "C");
    git.env("GIT_TERMINAL_PROMPT", "0").env("GIT_OPTIONAL_LOCKS", "0");
    // Newer versions know the first, all know the second: no transport may be used, whatever the configuration says.
    git.env("GIT_NO_LAZY_FETCH", "1").env("GIT_ALLOW_PROTOCOL", "none");
    git.args(["--no-pager", "--no-replace-objects", "--literal-pathspecs"]);
    git.args(["-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false"]);
    git
}

/// `git` where the repository isn't known yet: any owner's, but no bare one that happens to lie in a working tree.
pub(super) fn discovery(dir: &Path) -> Command {
    let mut git = base(dir);
    git.args(["-c", "safe.directory=*", "-c", "safe.bareRepository=explicit"]);
    git
}

/// The command's name for messages: the first argument that is neither an option nor an option's value.
fn name(git: &Command) -> String {
    let mut args = git.get_args();
    while let Some(arg) = args.next() {
        match arg.to_string_lossy().as_ref() {
            "-c" | "--git-dir" | "--work-tree" => drop(args.next()),
            option if option.starts_with('-') => {}
            command => return command.to_owned(),
        }
    }
    String::new()
}

/// What starting git failed of.
pub(super) fn start_error(git: &Command, error: &std::io::Error) -> GitError {
    // A directory that is gone gives the same error as a command that isn't there.
    let dir_stands = git.get_current_dir().is_none_or(Path::is_dir);
    match error.kind() {
        ErrorKind::NotFound if dir_stands => GitError::NotInstalled,
        _ => GitError::NotRun { command: name(git), reason: error.to_string() },
    }
}

/// Runs to the end and gives stdout; an exit code that isn't in `good` is an error with what git said.
pub(super) fn output(mut git: Command, good: &[i32]) -> Result<Vec<u8>, GitError> {
    let output = git.output().map_err(|e| start_error(&git, &e))?;
    if output.status.code().is_some_and(|c| good.contains(&c)) {
        return Ok(output.stdout);
    }
    let stderr = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    let stderr = if stderr.is_empty() { output.status.to_string() } else { stderr };
    Err(GitError::Failed { command: name(&git), code: output.status.code(), stderr })
}

/// An answer as text.
pub(super) fn text<'a>(output: &'a [u8], command: &str) -> Result<&'a str, GitError> {
    std::str::from_utf8(output).map_err(|_| GitError::answer(command, &String::from_utf8_lossy(output)))
}
