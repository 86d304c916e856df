//! Whole fleets: `testdata/fleets/<case>/in` compiled as `case.yaml` says, and what comes out.
//!
//! `args` are terrace's (default: render to `out`), `exit` its code, `says` words of stderr. Files expected are those of
//! the directory `out`, all of them but the indexes; a file `stdout` is what is printed. With `TERRACE_BLESS=1` they are
//! written anew: read each line of the difference.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    #[expect(dead_code, reason = "for people")]
    note: String,
    #[serde(default)]
    args: Vec<String>,
    #[serde(default)]
    exit: i32,
    #[serde(default)]
    says: Vec<String>,
}

fn cases() -> Vec<PathBuf> {
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/fleets");
    let mut found: Vec<PathBuf> = std::fs::read_dir(all).unwrap().map(|e| e.unwrap().path()).collect();
    found.retain(|dir| dir.join("case.yaml").exists());
    found.sort();
    found
}

fn files(dir: &Path) -> BTreeMap<String, String> {
    let walk = walkdir::WalkDir::new(dir).into_iter().flatten().filter(|e| e.file_type().is_file());
    let shown = |path: &Path| path.strip_prefix(dir).unwrap().to_string_lossy().into_owned();
    let all = walk.map(|e| (shown(e.path()), std::fs::read_to_string(e.path()).unwrap()));
    all.filter(|(path, _)| !path.ends_with("terrace.json")).collect()
}

fn copy(from: &Path, to: &Path) {
    for (path, text) in files(from) {
        let path = to.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

fn check(dir: &Path) -> Result<(), String> {
    let case: Case = serde_yaml::from_str(&std::fs::read_to_string(dir.join("case.yaml")).unwrap()).unwrap();
    let work = tempfile::tempdir().unwrap();
    copy(&dir.join("in"), work.path());
    let out = work.path().join("out");
    let mut command = Command::cargo_bin("terrace").unwrap();
    command.current_dir(work.path()).env("NO_COLOR", "1");
    match case.args.as_slice() {
        [] => command.args(["render", "-o", "out"]),
        args => command.args(args),
    };
    let output = command.output().unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let (expected_out, expected_stdout) = (dir.join("out"), dir.join("stdout"));
    if std::env::var_os("TERRACE_BLESS").is_some() {
        let _ = std::fs::remove_dir_all(&expected_out);
        copy(&out, &expected_out);
        if !stdout.is_empty() {
            std::fs::write(&expected_stdout, &*stdout).unwrap();
        }
    }
    if output.status.code() != Some(case.exit) {
        return Err(format!("exit {:?}, expected {}: {stderr}", output.status.code(), case.exit));
    }
    let folded = stderr.split_whitespace().filter(|w| *w != "│").collect::<Vec<_>>().join(" ");
    if let Some(missing) = case.says.iter().find(|words| !folded.contains(words.as_str())) {
        return Err(format!("doesn't say `{missing}`: {stderr}"));
    }
    let expected = std::fs::read_to_string(expected_stdout).unwrap_or_default();
    if stdout != expected {
        return Err(format!("stdout is\n{stdout}\nexpected\n{expected}"));
    }
    let (found, expected) = (files(&out), files(&expected_out));
    let names = |files: &BTreeMap<String, String>| files.keys().cloned().collect::<Vec<_>>().join("\n");
    if names(&found) != names(&expected) {
        return Err(format!("files are\n{}\nexpected\n{}", names(&found), names(&expected)));
    }
    match found.iter().find(|(path, text)| expected.get(*path) != Some(text)) {
        Some((path, text)) => Err(format!("{path} is\n{text}\nexpected\n{}", expected[path])),
        None => Ok(()),
    }
}

#[test]
fn fleets_come_out_as_expected() {
    let cases = cases();
    assert!(cases.len() > 3);
    let name = |dir: &Path| dir.file_name().unwrap().to_string_lossy().into_owned();
    let wrong: Vec<String> = cases.iter().filter_map(|d| Some(format!("{}: {}", name(d), check(d).err()?))).collect();
    if !wrong.is_empty() {
        panic!("{}", wrong.join("\n\n"));
    }
}
