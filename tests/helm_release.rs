//! `terrace helm template` against goldens of the real helm: testdata/helm/release, made by testdata/helm/golden.

#![expect(clippy::unwrap_used, reason = "helpers of tests, which clippy doesn't take for tests")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use regex::Regex;

fn cases() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/helm/release");
    let mut cases: Vec<PathBuf> = fs::read_dir(root).unwrap().map(|e| e.unwrap().path()).collect();
    cases.sort();
    cases
}

/// The words of a line as a shell has them: quotes, and `\` outside of them.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match (c, quote) {
            (' ', None) => words.extend(word.take()),
            ('"' | '\'', None) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (c, Some(q)) if c == q => quote = None,
            ('\\', None) => word.get_or_insert_default().extend(chars.next()),
            (c, _) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// One command of a golden file.
struct Expected {
    line: String,
    out: String,
    err: String,
    code: i32,
}

fn expected(golden: &str) -> Vec<Expected> {
    let part = Regex::new(r"(?s)\$ helm template ([^\n]*)\n(.*?)--- stderr\n(.*?)--- exit (\d+)\n").unwrap();
    let parts = part.captures_iter(golden);
    parts
        .map(|c| Expected { line: c[1].into(), out: c[2].into(), err: c[3].into(), code: c[4].parse().unwrap() })
        .collect()
}

/// Helm's log, and ours, which nobody compares.
fn is_log(line: &str) -> bool {
    ["level=", "manifest_sorter.go", "coalesce.go", "WARNING: "].iter().any(|start| line.starts_with(start))
}

#[test]
fn releases_are_those_of_helm() {
    let mut compared = 0;
    let mut wrong = Vec::new();
    for case in cases() {
        let name = case.file_name().unwrap().to_string_lossy().into_owned();
        for profile in ["helm3", "helm4"] {
            let golden = fs::read_to_string(case.join(format!("{profile}.out"))).unwrap();
            for Expected { line, out, err, code } in expected(&golden) {
                compared += 1;
                let mut command = Command::new(assert_cmd::cargo::cargo_bin!("terrace"));
                let arguments = words(&line);
                command.args(["helm", "template", "--profile", profile]).args(arguments).current_dir(&case);
                let found = command.output().unwrap();
                let text = String::from_utf8_lossy(&found.stdout).into_owned();
                let said = String::from_utf8_lossy(&found.stderr).replace(&*case.to_string_lossy(), "$CASE");
                let said: String = said.split_inclusive('\n').filter(|l| !is_log(l)).collect();
                // Helm's text comes first, ours after it.
                let errs = if err.is_empty() { !said.contains("Error: ") } else { said.starts_with(&err) };
                if text != out || !errs || found.status.code() != Some(code) {
                    let code = found.status.code();
                    wrong.push(format!(
                        "{name} ({profile}): {line}\n== expected\n{out}== said\n{err}== found ({code:?})\n{text}== said\n{said}"
                    ));
                }
            }
        }
    }
    assert!(compared > 200, "only {compared} commands");
    assert!(wrong.is_empty(), "{} of {compared}\n\n{}", wrong.len(), wrong.join("\n\n"));
}

#[test]
fn files_are_begun_by_manifests_and_continued_by_hooks() {
    let chart = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/helm/release/hooks-mixed-file/chart");
    let dir = tempfile::tempdir().unwrap();
    let render = || {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("terrace"));
        command.args(["helm", "template", "shop"]).arg(&chart).args(["--output-dir", "out", "--release-name"]);
        let done = command.current_dir(dir.path()).output().unwrap();
        String::from_utf8(done.stdout).unwrap()
    };
    let once = "wrote out/shop/web/templates/a.yaml\n";
    assert_eq!(render(), format!("{}\n", once.repeat(3)));
    let kinds = || {
        let text = fs::read_to_string(dir.path().join("out/shop/web/templates/a.yaml")).unwrap();
        text.lines().filter_map(|l| l.strip_prefix("kind: ")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(kinds(), ["Service", "Pod", "Job"]);
    // The manifest begins the file anew.
    render();
    assert_eq!(kinds(), ["Service", "Pod", "Job"]);
}
