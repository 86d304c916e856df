//! A test run once more, with another environment.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::process::Command;

/// Runs one test of this binary again with another environment.
pub fn again(test: &str, change: impl FnOnce(&mut Command)) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture"]).env("TERRACE_TEST_AGAIN", "1");
    change(&mut command);
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

/// Whether this is the run that [`again`] started.
pub fn is_again() -> bool {
    std::env::var_os("TERRACE_TEST_AGAIN").is_some()
}
