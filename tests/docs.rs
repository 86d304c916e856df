//! The commands and outputs of the pages are true.
//!
//! A block of a page that is fenced as `console` has commands, each after `$ `, and what they print, stdout before
//! stderr. A line `…` stands for any lines. Commands are `terrace` and `cat`; they run in the example fleet, unless
//! the line above the block says `<!-- in: DIRECTORY -->`. A page that brings files of its own, in blocks
//! below `<!-- file: PATH -->`, has its commands run in a directory with just these. `/tmp/…` is a directory that
//! the page has to itself. With TERRACE_UPDATE=1 the outputs are written anew.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests, which clippy doesn't take for tests"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const FLEET: &str = "testdata/fleets/hub-and-spoke";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn pages() -> Vec<PathBuf> {
    let docs =
        walkdir::WalkDir::new(root().join("docs")).sort_by_file_name().into_iter().map(|e| e.unwrap().into_path());
    let docs = docs.filter(|path| path.extension().is_some_and(|e| e == "md"));
    ["README.md", "CONTRIBUTING.md"].into_iter().map(|name| root().join(name)).chain(docs).collect()
}

/// Where the commands of a page run.
struct Place {
    dir: PathBuf,
    tmp: tempfile::TempDir,
}

impl Place {
    fn run(&self, command: &str, dir: &Path) -> String {
        let tmp = format!("{}/", self.tmp.path().to_str().unwrap());
        let words: Vec<String> = command.split_whitespace().map(|word| word.replace("/tmp/", &tmp)).collect();
        let text = match words[0].as_str() {
            "cat" => fs::read_to_string(dir.join(&words[1])).unwrap_or_else(|e| panic!("{command}: {e}")),
            "terrace" => {
                let aside = words.iter().any(|w| w.starts_with(&tmp) || w == "--stdout" || w == "--dry-run");
                assert!(words[1] != "render" || aside || dir.starts_with(self.tmp.path()), "{command}: writes here");
                let mut terrace = Command::new(env!("CARGO_BIN_EXE_terrace"));
                for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
                    terrace.env_remove(name);
                }
                let output = terrace.current_dir(dir).args(&words[1..]).output().unwrap();
                String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
            }
            other => panic!("{other} is not a command of the pages"),
        };
        let text: String = text.lines().map(|line| format!("{}\n", line.trim_end())).collect();
        text.replace(&tmp, "/tmp/")
    }
}

/// Whether what was printed is what a page shows.
fn fits(shown: &str, printed: &str) -> bool {
    let mut parts = shown.split("…\n");
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = printed.strip_prefix(first) else { return false };
    let mut last = None;
    for part in parts {
        last = Some(part);
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    last.map_or(rest.is_empty(), |last| last.is_empty() || printed.ends_with(last))
}

/// A page with what its commands print today; what is shown and still fits stays.
fn page(text: &str, place: &Place) -> (String, usize) {
    let (mut page, mut commands) = (String::new(), 0);
    let (mut lines, mut above) = (text.lines(), "");
    while let Some(line) = lines.next() {
        page += &format!("{line}\n");
        if line.starts_with("```") && line.len() > 3 {
            let body: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            let body: String = body.into_iter().map(|line| format!("{line}\n")).collect();
            if let Some(file) = marker(above, "file") {
                let path = place.dir.join(file);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, &body).unwrap();
            }
            if line == "```console" {
                let dir = marker(above, "in").map_or_else(|| place.dir.clone(), |dir| root().join(dir));
                for part in body.strip_prefix("$ ").expect("a command comes first").split("\n$ ") {
                    let (command, shown) = part.split_once('\n').unwrap_or((part, ""));
                    let shown =
                        if shown.is_empty() || shown.ends_with('\n') { shown.to_owned() } else { format!("{shown}\n") };
                    let printed = place.run(command, &dir);
                    page += &format!("$ {command}\n{}", if fits(&shown, &printed) { &shown } else { &printed });
                    commands += 1;
                }
            } else {
                page += &body;
            }
            page += "```\n";
        }
        above = line;
    }
    (page, commands)
}

fn marker<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    line.strip_prefix("<!-- ")?.strip_prefix(name)?.strip_prefix(": ")?.strip_suffix(" -->")
}

#[test]
fn elisions() {
    for (shown, fit) in [
        ("a\nb\nc\n", true),
        ("a\n…\n", true),
        ("…\nc\n", true),
        ("a\n…\nc\n", true),
        ("…\nb\n…\n", true),
        ("a\n", false),
        ("…\nb\n", false),
        ("b\n…\n", false),
        ("a\n…\nd\n…\n", false),
        ("", false),
    ] {
        assert_eq!(fits(shown, "a\nb\nc\n"), fit, "{shown}");
    }
}

#[test]
fn what_the_pages_show_is_what_is_printed() {
    let update = std::env::var_os("TERRACE_UPDATE").is_some();
    let (mut old, mut commands) = (Vec::new(), 0);
    for path in pages() {
        let text = fs::read_to_string(&path).unwrap();
        let tmp = tempfile::tempdir().unwrap();
        let own = text.contains("\n<!-- file: ");
        let dir = if own { tmp.path().join("fleet") } else { root().join(FLEET) };
        let (now, count) = page(&text, &Place { dir, tmp });
        commands += count;
        if now != text {
            if update {
                fs::write(&path, now).unwrap();
            } else {
                let diff = similar::TextDiff::from_lines(&text, &now).unified_diff().to_string();
                old.push(format!("{}\n{diff}", path.strip_prefix(root()).unwrap().display()));
            }
        }
    }
    assert!(old.is_empty(), "run the tests with TERRACE_UPDATE=1, or mend the page:\n{}", old.join("\n"));
    assert!(commands >= 10, "{commands} commands");
}

/// Links between pages, and from them to files, lead somewhere.
#[test]
fn links_lead_somewhere() {
    let link = regex::Regex::new(r"\]\(([^)\s]+)\)").unwrap();
    let mut broken = Vec::new();
    for path in pages() {
        let text = fs::read_to_string(&path).unwrap();
        for found in link.captures_iter(&text) {
            let (target, anchor) = found[1].split_once('#').unwrap_or((&found[1], ""));
            if target.contains("://") {
                continue;
            }
            let file = if target.is_empty() { path.clone() } else { path.parent().unwrap().join(target) };
            let there = file.exists() && (anchor.is_empty() || anchors(&file).contains(&anchor.to_owned()));
            if !there {
                broken.push(format!("{}: {}", path.display(), &found[1]));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

/// The anchors of a page's headings, as GitHub makes them.
fn anchors(page: &Path) -> Vec<String> {
    let text = fs::read_to_string(page).unwrap_or_default();
    let headings = text.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let anchor = |heading: &str| {
        let kept =
            heading.to_lowercase().chars().filter(|c| c.is_alphanumeric() || "-_ ".contains(*c)).collect::<String>();
        kept.replace(' ', "-")
    };
    headings.map(anchor).collect()
}

/// Every key of our files is told on the page of its kind, and every key told there exists.
#[test]
fn reference_pages_have_every_key() {
    let cell = regex::Regex::new(r"`([A-Za-z.\[\]]+)`").unwrap();
    for (kind, schema) in terrace::config::KINDS {
        let path = root().join(format!("docs/reference/{kind}.md"));
        let text = fs::read_to_string(&path).unwrap();
        let mut told = std::collections::BTreeSet::new();
        let mut section = String::new();
        for line in text.lines() {
            if let Some(heading) = line.strip_prefix("## ") {
                section = heading.trim_matches('`').to_owned();
            }
            if let Some(first) = line.strip_prefix("| `").and_then(|_| line.split('|').nth(1)) {
                for found in cell.captures_iter(first) {
                    let key = found[1].replace("[]", "");
                    told.insert(if section.contains('.') { format!("{section}.{key}") } else { key });
                }
            }
        }
        let schema = serde_json::Value::from(schema());
        let mut keys = std::collections::BTreeSet::new();
        walk(&schema, &schema, "", &mut keys);
        // A selector's keys are told once, in a section of their own; those of patches on the page of layers.
        keys.retain(|key: &String| !key.contains(".match") && (*kind == "layer" || !key.contains(".patches.")));
        let parents: Vec<String> = keys.iter().filter_map(|key| Some(key.rsplit_once('.')?.0.to_owned())).collect();
        keys.retain(|key| told.contains(key) || !parents.contains(key));
        assert_eq!(told, keys, "{}", path.display());
    }
}

/// The paths of all keys that a schema has.
fn walk(root: &serde_json::Value, schema: &serde_json::Value, at: &str, keys: &mut std::collections::BTreeSet<String>) {
    if let Some(target) = schema["$ref"].as_str() {
        walk(root, root.pointer(target.trim_start_matches('#')).unwrap(), at, keys);
    }
    for (key, inner) in schema["properties"].as_object().into_iter().flatten() {
        let path = if at.is_empty() { key.clone() } else { format!("{at}.{key}") };
        keys.insert(path.clone());
        walk(root, inner, &path, keys);
    }
    for list in ["anyOf", "oneOf", "allOf"] {
        for inner in schema[list].as_array().into_iter().flatten() {
            walk(root, inner, at, keys);
        }
    }
    if schema["items"].is_object() {
        walk(root, &schema["items"], at, keys);
    }
}
