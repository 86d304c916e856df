//! `terrace init`, case by case: testdata/init/README.md says what a case is.

#![expect(clippy::unwrap_used, reason = "helpers of tests, which clippy doesn't take for tests")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/init")
}

fn terrace(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_terrace")).args(args).current_dir(dir).output().unwrap()
}

/// The files below a directory, by path.
fn files(dir: &Path) -> BTreeMap<String, String> {
    let entries = walkdir::WalkDir::new(dir).into_iter().flatten().filter(|e| e.file_type().is_file());
    let read = |path: &Path| fs::read_to_string(path).unwrap();
    entries.map(|e| (e.path().strip_prefix(dir).unwrap().to_str().unwrap().to_owned(), read(e.path()))).collect()
}

fn write(dir: &Path, files: &BTreeMap<String, String>) {
    for (path, text) in files {
        let path = dir.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

fn unversioned(text: &str) -> String {
    text.replace(&format!("/v{}/", env!("CARGO_PKG_VERSION")), "/vVERSION/")
}

#[test]
fn every_case() {
    let update = std::env::var_os("TERRACE_UPDATE").is_some();
    let mut wrong = Vec::new();
    let mut names: Vec<PathBuf> = fs::read_dir(cases()).unwrap().map(|e| e.unwrap().path()).collect();
    names.retain(|path| path.is_dir());
    names.sort();
    assert!(names.len() >= 9, "{names:?}");
    for case in names {
        let name = case.file_name().unwrap().to_str().unwrap();
        let tmp = tempfile::tempdir().unwrap();
        let dir = tmp.path().canonicalize().unwrap().join(name);
        let before = files(&case.join("in"));
        write(&dir, &before);
        let dry = terrace(&dir, &["init", "--dry-run"]);
        assert_eq!(files(&dir), before, "{name}: a dry run writes nothing");
        let ran = terrace(&dir, &["init"]);
        let code = ran.status.code().unwrap();
        let said = String::from_utf8([ran.stdout, ran.stderr].concat()).unwrap();
        let said = unversioned(&format!("{said}exit {code}\n")).replace(dir.parent().unwrap().to_str().unwrap(), "…");
        let mut made = files(&dir);
        for (path, text) in &before {
            assert_eq!(made.remove(path).as_ref(), Some(text), "{name}: `{path}` is as it was");
        }
        assert_eq!(code == 2, made.is_empty(), "{name}: {said}");
        for text in made.values() {
            assert!(code == 2 || String::from_utf8_lossy(&dry.stdout).contains(text.as_str()), "{name}");
        }
        // What it says of the result is what the other verbs find.
        if code != 2 {
            let check = terrace(&dir, &["check"]);
            assert_eq!(check.status.code(), Some(code), "{name}: {}", String::from_utf8_lossy(&check.stdout));
            assert_eq!(terrace(&dir, &["init"]).status.code(), Some(2), "{name}: a second time");
        }
        let made: BTreeMap<String, String> = made.into_iter().map(|(path, text)| (path, unversioned(&text))).collect();
        let (out, told) = (case.join("out"), case.join("said.txt"));
        if update {
            let _ = fs::remove_dir_all(&out);
            write(&out, &made);
            fs::write(&told, &said).unwrap();
        } else if files(&out) != made || fs::read_to_string(&told).unwrap_or_default() != said {
            wrong.push(format!("{name}: {made:#?}\n{said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The output is kept out of git, once, and what stands in .gitignore stays.
#[test]
fn the_output_is_ignored() {
    let tmp = tempfile::tempdir().unwrap();
    fs::write(tmp.path().join(".gitignore"), "*.bak").unwrap();
    let ran = terrace(tmp.path(), &["init", "--ignore-output", "--name", "acme"]);
    assert_eq!(ran.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&ran.stdout).ends_with(".gitignore\n"));
    assert_eq!(fs::read_to_string(tmp.path().join(".gitignore")).unwrap(), "*.bak\n/rendered/\n");
    assert!(fs::read_to_string(tmp.path().join("terrace.yaml")).unwrap().contains("\n  name: acme\n"));
}

/// A repository is known by its remote: nothing has to be declared for it.
#[test]
fn the_remote_is_the_repository() {
    let tmp = tempfile::tempdir().unwrap();
    write(tmp.path(), &files(&cases().join("argocd/in")));
    let git = |args: &[&str]| {
        let done = Command::new("git").args(args).current_dir(tmp.path()).output().unwrap();
        assert!(done.status.success(), "{args:?}");
    };
    git(&["init", "-q"]);
    git(&["remote", "add", "origin", "git@git.example.com:acme/platform.git"]);
    let ran = terrace(tmp.path(), &["init"]);
    assert_eq!(ran.status.code(), Some(3));
    let fleet = fs::read_to_string(tmp.path().join("terrace.yaml")).unwrap();
    assert!(fleet.contains("\n  name: platform\n") && !fleet.contains("acme/platform.git"), "{fleet}");
}
