//! Bad input is told with its place, and never harms a tree that was good. `testdata/bad/README.md` says how a case is
//! written.
//!
//! `out.txt` of a case is what a person sees. `TERRACE_UPDATE=1 cargo test --test bad` writes them anew, to be read
//! before they are committed.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "tests")]

mod case;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use case::{Case, Place, Ran, files};
use serde_json::Value;

/// What each case got wrong, in lines.
#[derive(Default)]
struct Faults(Vec<String>);

impl Faults {
    fn expect<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, expected: T, found: T) {
        if expected != found {
            self.0.push(format!("{what}:\n    expected {expected:?}\n    found    {found:?}"));
        }
    }
}

/// A finding of `--format json`: its code, and `file:line` or `-`.
fn finding(finding: &Value) -> (String, String) {
    let place = match &finding["primary"] {
        Value::Null => "-".to_owned(),
        place => format!("{}:{}", place["file"].as_str().unwrap(), place["line"]),
    };
    (finding["code"].as_str().unwrap().to_owned(), place)
}

fn machine(case: &Case, faults: &mut Faults) {
    let Some(codes) = &case.codes else { return };
    let ran = case.make().terrace(&[&case.args[..], &["--format".into(), "json".into()]].concat());
    faults.expect("exit code with --format json", Some(case.exit), ran.code);
    let Ok(document) = serde_json::from_str::<Value>(&ran.stdout) else {
        return faults.0.push(format!("no JSON: {}\n{}", ran.stdout, ran.stderr));
    };
    let all = document["diagnostics"].as_array().unwrap();
    let notes: Vec<String> = all.iter().filter(|d| d["severity"] == "note").map(|d| finding(d).0).collect();
    faults.expect("notes", &case.notes, &notes);
    let told = all.iter().filter(|d| d["severity"] != "note");
    let (found, places): (Vec<String>, Vec<String>) = told.map(finding).unzip();
    faults.expect("codes", codes, &found);
    match &case.at {
        Some(at) if at.is_empty() => faults.expect("places", vec!["-".to_owned(); codes.len()], places),
        Some(at) => faults.expect("places", at.clone(), places),
        None => {}
    }
}

/// Renders the good tree, spoils the input, and looks whether what was good is there still.
fn good_tree(case: &Case, faults: &mut Faults) {
    if !case.has_before() {
        return;
    }
    let mut place = case.make_before();
    let good = place.terrace(&case.args);
    faults.expect(&format!("exit code when all was well\n{}", good.stderr), Some(0), good.code);
    let before = place.out();
    case.spoil(&mut place);
    let ran = place.terrace(&case.args);
    faults.expect("exit code after all was well", Some(case.exit), ran.code);
    let after = place.out();
    let mut kept = 0;
    for (file, bytes) in before.iter().filter(|(file, _)| case.exit == 2 || stands_in_held(file, &after)) {
        kept += 1;
        if after.get(file) != Some(bytes) {
            faults.0.push(format!("the good `out/{file}` was harmed"));
        }
    }
    if case.exit == 2 {
        faults.expect("files where nothing is written", before.keys().collect::<Vec<_>>(), after.keys().collect());
    }
    if kept == 0 {
        faults.0.push("there was nothing good to keep".to_owned());
    }
}

/// Whether an app that the new index calls held owns the file.
fn stands_in_held(file: &str, after: &BTreeMap<String, Vec<u8>>) -> bool {
    let Some((cluster, inside)) = file.split_once('/') else { return false };
    let Some(index) = after.get(&format!("{cluster}/terrace.json")) else { return false };
    let index: Value = serde_json::from_slice(index).unwrap();
    let held = index["apps"].as_array().unwrap().iter().filter(|app| app.get("held").is_some_and(|h| !h.is_null()));
    let mut objects = held.flat_map(|app| app["objects"].as_array().unwrap());
    objects.any(|object| object["path"].as_str() == Some(inside))
}

fn human(case: &Case, faults: &mut Faults) {
    let place = case.make();
    let Ran { code, stdout, stderr } = place.terrace(&case.args);
    faults.expect("exit code", Some(case.exit), code);
    let text = format!("$ terrace {}\n{stdout}{stderr}\nexit code {}\n", case.args.join(" "), code.unwrap_or(-1));
    for words in case.says.iter().filter(|words| !text.contains(*words)) {
        faults.0.push(format!("doesn't say {words:?}"));
    }
    for path in case.written.iter().filter(|path| !place.path().join(path).is_file()) {
        faults.0.push(format!("`{path}` isn't written"));
    }
    for path in case.not_written.iter().filter(|path| place.path().join(path).exists()) {
        faults.0.push(format!("`{path}` is written"));
    }
    if case.exit == 2 {
        let out = |files: BTreeMap<String, Vec<u8>>| files.into_iter().filter(|(f, _)| f.starts_with("out/")).collect();
        let mine: BTreeMap<String, Vec<u8>> = out(files(&case.dir.join("in")));
        let found: BTreeMap<String, Vec<u8>> = out(files(&place.path()));
        faults.expect("files below out/", mine.keys().collect::<Vec<_>>(), found.keys().collect());
    }
    let file = case.dir.join("out.txt");
    if std::env::var_os("TERRACE_UPDATE").is_some() {
        return fs::write(file, text).unwrap();
    }
    let known = fs::read_to_string(file).unwrap_or_default();
    if known != text {
        faults.0.push(format!("out.txt differs (TERRACE_UPDATE=1 writes it anew):\n{text}"));
    }
}

#[test]
fn each_case_is_told_as_it_should() {
    let cases = case::all();
    let only = std::env::var("TERRACE_CASE").unwrap_or_default();
    let mut failed = Vec::new();
    let mut ran = 0;
    for case in cases.iter().filter(|case| case.name.contains(&only)) {
        ran += 1;
        let mut faults = Faults::default();
        machine(case, &mut faults);
        good_tree(case, &mut faults);
        human(case, &mut faults);
        if !faults.0.is_empty() {
            failed.push(format!("{}\n  {}", case.name, faults.0.join("\n  ")));
        }
    }
    println!("{ran} cases of bad input ran, {} failed", failed.len());
    assert!(failed.is_empty(), "{} of {ran} cases failed\n\n{}", failed.len(), failed.join("\n\n"));
    assert!(ran > 0, "there are cases");
}

/// What no case can bring about by files alone.
const WITHOUT_CASE: [&str; 7] = [
    // git itself has to break.
    "git-failed",
    // Scaffolds speak to people only: `tests/new.rs` and `tests/init.rs` have it.
    "file-exists",
    // These take branches; tests/publish brings them about.
    "plain-secret",
    "branch-in-use",
    "branch-foreign",
    "source-diverged",
    "branch-refused",
];

#[test]
fn each_code_has_a_case() {
    let cases = case::all();
    let told: BTreeSet<&str> =
        cases.iter().flat_map(|case| case.codes.iter().flatten().chain(&case.notes)).map(String::as_str).collect();
    let known = terrace::diag::ALL.iter().map(|code| code.name());
    let without: Vec<&str> = known.filter(|name| !told.contains(*name)).collect();
    assert_eq!(without, WITHOUT_CASE);
}

/// A fleet of one cluster with a config map whose text is `text`.
fn small_fleet(text: &str) -> Place {
    let place = Place::new();
    place.write("terrace.yaml", b"apiVersion: terrace.dev/v1alpha1\nkind: Fleet\nmetadata: {name: acme}\nspec: {layers: [{name: baseline, path: baseline}]}\n");
    place.write("clusters/dev-01.yaml", b"apiVersion: terrace.dev/v1alpha1\nkind: Cluster\nmetadata: {name: dev-01}\n");
    let config = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: big, namespace: default}}\ndata: {{text: {text}}}\n"
    );
    place.write("baseline/resources/config.yaml", config.as_bytes());
    place
}

fn render() -> Vec<String> {
    ["render", "-o", "out"].map(str::to_owned).to_vec()
}

/// A disk that takes no more, as the shell's limit on the size of files has it: no rights are needed for that.
#[test]
fn a_disk_that_takes_no_more_leaves_the_good_tree() {
    let place = small_fleet("small");
    assert_eq!(place.terrace(&render()).code, Some(0));
    let before = place.out();
    let large = "x".repeat(200_000);
    let config = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: big, namespace: default}}\ndata: {{text: {large}}}\n"
    );
    place.write("baseline/resources/config.yaml", config.as_bytes());
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' XFSZ; ulimit -f 8; exec \"$0\" render -o out", env!("CARGO_BIN_EXE_terrace")]);
    command.current_dir(place.path());
    let ran = place.run(command);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains("error[output-unwritable]") && ran.stderr.contains("out/dev-01"), "{}", ran.stderr);
    assert_eq!(place.out(), before);
}

/// The same with a real file system that is full, where one can be mounted.
#[test]
fn a_full_disk_leaves_the_good_tree() {
    let place = small_fleet("small");
    let out = place.path().join("out");
    fs::create_dir(&out).unwrap();
    let mount = Command::new("mount").args(["-t", "tmpfs", "-o", "size=64k", "tmpfs"]).arg(&out).output();
    if !mount.is_ok_and(|m| m.status.success()) {
        println!("skipped: no tmpfs can be mounted here");
        return;
    }
    let before = place.terrace(&render());
    let good = place.out();
    let config =
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: big}}\ndata: {{text: {}}}\n", "x".repeat(200_000));
    place.write("baseline/resources/config.yaml", config.as_bytes());
    let ran = place.terrace(&render());
    let after = place.out();
    let unmounted = Command::new("umount").arg(&out).status().unwrap();
    assert!(unmounted.success());
    assert_eq!((before.code, ran.code), (Some(0), Some(2)), "{}{}", before.stderr, ran.stderr);
    assert!(ran.stderr.contains("error[output-unwritable]"), "{}", ran.stderr);
    assert_eq!(after, good);
}
