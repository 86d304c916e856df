//! How `git` is run: with nothing on that a repository, its owner or the environment could turn against the caller.

use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::process::{Command, Output, Stdio};

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

/// Variables of the user that say how to reach a remote: who one is there, and by which programs and proxies.
const OF_TRANSPORTS: [&str; 10] = [
    "GIT_ASKPASS",
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_SSH_VARIANT",
    "GIT_ALLOW_PROTOCOL",
    "GIT_PROTOCOL_FROM_USER",
    "GIT_PROXY_COMMAND",
    "GIT_PROXY_SSL_CAINFO",
    "GIT_CONFIG_COUNT",
    "GIT_TERMINAL_PROGRESS",
];

/// `git` for the few commands that talk to a remote. The user's credentials, keys, proxies and protocols count as they
/// do by hand; nobody is asked anything, and no hook of this side runs.
pub(super) fn transport(dir: &Path) -> Command {
    let mut git = base(dir);
    git.env_remove("GIT_ALLOW_PROTOCOL").env_remove("GIT_NO_LAZY_FETCH");
    for (name, value) in std::env::vars_os() {
        let Some(text) = name.to_str() else { continue };
        let prefixed = ["GIT_SSL_", "GIT_HTTP_", "GIT_CONFIG_KEY_", "GIT_CONFIG_VALUE_"];
        if OF_TRANSPORTS.contains(&text) || prefixed.iter().any(|prefix| text.starts_with(prefix)) {
            git.env(&name, value);
        }
    }
    // What a fetch may leave to be done afterwards isn't ours to do.
    git.args(["-c", "gc.auto=0", "-c", "maintenance.auto=false", "-c", "submodule.recurse=false"]);
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

/// Lets a command that moves refs go on to its end if our whole process group is killed: a git that is killed while it
/// holds the lock of a ref leaves it behind, and nobody can move that ref until somebody removes it by hand. What we are
/// asked to leave, it leaves within moments.
pub(super) fn outlive(git: &mut Command) {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(git, 0);
    #[cfg(not(unix))]
    let _ = git;
}

/// Runs to the end with `input` on stdin.
pub(super) fn run_with(mut git: Command, input: &[u8]) -> Result<Output, GitError> {
    git.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = git.spawn().map_err(|e| start_error(&git, &e))?;
    let stdin = child.stdin.take();
    std::thread::scope(|scope| {
        // It may end before it has read everything; what it says then tells why.
        scope.spawn(move || stdin.map(|mut pipe| pipe.write_all(input)));
        child.wait_with_output()
    })
    .map_err(|e| start_error(&git, &e))
}

/// What a command failed of.
pub(super) fn failure(git_command: &str, output: &Output) -> GitError {
    let stderr = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    let stderr = if stderr.is_empty() { output.status.to_string() } else { stderr };
    GitError::Failed { command: git_command.to_owned(), code: output.status.code(), stderr }
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
