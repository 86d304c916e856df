//! The commands and outputs of the pages are true.
//!
//! A block of a page that is fenced as `console` has commands, each after `$ `, and what they print, stdout before
//! stderr. A line `…` stands for any lines, `…` in a line for any text. Commands are lines of a shell, in which `terrace` is
//! the one that was built; they run in the example fleet, unless one of these lines says otherwise:
//!
//! - `<!-- in: DIRECTORY -->`, above a block: it runs there.
//! - `<!-- file: PATH -->`, above a block: the page brings this file. All its commands run in a directory with just these.
//! - `<!-- repository: DIRECTORY -->`: all commands of the page run in a copy of it, which is a git repository with one commit
//!   on `main`. Ids of commits and digests of Secrets are taken for the same, whatever they are.
//! - `<!-- run: COMMAND -->`: a command that isn't shown.
//!
//! Only in a directory of the page's own may commands write, `cd` is remembered, and anything but `terrace` and `cat` is run.
//! `/tmp/…` is a directory that the page has to itself, and `/home/you` a home; what git makes is the same in each run.
//! With TERRACE_UPDATE=1 the outputs are written anew.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests, which clippy doesn't take for tests")]

use std::cell::RefCell;
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
    /// As the commands before have left it.
    dir: RefCell<PathBuf>,
    tmp: tempfile::TempDir,
    /// Whether ids of commits are in what is printed.
    ids: bool,
}

impl Place {
    fn new(text: &str, page: &Path) -> Self {
        let tmp = tempfile::tempdir().unwrap();
        let repository = text.lines().find_map(|line| marker(line, "repository"));
        let own = repository.is_some() || text.contains("\n<!-- file: ");
        let dir = if own { tmp.path().join("fleet") } else { root().join(FLEET) };
        fs::create_dir_all(&dir).unwrap();
        fs::create_dir_all(tmp.path().join("home/you")).unwrap();
        let ids = repository.is_some() || text.contains("$ git ");
        let place = Self { dir: RefCell::new(dir), tmp, ids };
        if let Some(from) = repository {
            let from = root().join(from);
            let copied = Command::new("cp").arg("-r").arg(from.join(".")).arg(&*place.dir.borrow()).status().unwrap();
            assert!(copied.success(), "{}", from.display());
            place.shell(COMMIT, page);
        }
        place
    }

    /// Runs a command that isn't shown, and has to be fine.
    fn shell(&self, command: &str, page: &Path) {
        let dir = self.dir.borrow().clone();
        let (output, _) = self.call(command, &dir);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{}: {command}: {said}", page.display());
    }

    /// A line of a shell, and the directory that it ends in.
    fn call(&self, command: &str, dir: &Path) -> (std::process::Output, PathBuf) {
        let tmp = self.tmp.path();
        let command = command.replace("/tmp/", &format!("{}/", tmp.to_str().unwrap()));
        let (terrace, end) = (Path::new(env!("CARGO_BIN_EXE_terrace")), tmp.join("pwd"));
        let mut path = vec![terrace.parent().unwrap().to_owned()];
        path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap()));
        let mut shell = Command::new("sh");
        let line = format!("{command}\ncode=$?; pwd >'{}'; exit $code", end.display());
        shell.arg("-c").arg(line).current_dir(dir).env("PATH", std::env::join_paths(path).unwrap());
        for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "TERRACE_CACHE_DIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"]
        {
            shell.env_remove(name);
        }
        shell.env("HOME", tmp.join("home/you")).env("GIT_CONFIG_NOSYSTEM", "1").env("LC_ALL", "C");
        for who in ["AUTHOR", "COMMITTER"] {
            shell.env(format!("GIT_{who}_NAME"), "Ada Lovelace").env(format!("GIT_{who}_EMAIL"), "ada@acme.example");
            shell.env(format!("GIT_{who}_DATE"), "2026-11-26T09:00:00+00:00");
        }
        let output = shell.output().unwrap();
        (output, PathBuf::from(fs::read_to_string(end).unwrap().trim_end()))
    }

    /// What a command prints in a directory, or in the one that the page is in.
    fn run(&self, command: &str, dir: Option<PathBuf>) -> String {
        let dir = dir.unwrap_or_else(|| self.dir.borrow().clone());
        let tmp = self.tmp.path();
        if !dir.starts_with(tmp) {
            let words: Vec<&str> = command.split_whitespace().collect();
            let aside = words.iter().any(|w| w.starts_with("/tmp/") || ["--stdout", "--dry-run"].contains(w));
            let refused = || words[1] == "new" && !self.call(&format!("{command} --dry-run"), &dir).0.status.success();
            let reads = match words[0] {
                "cat" => !command.contains('>'),
                "terrace" => !["render", "init", "new", "publish"].contains(&words[1]) || aside || refused(),
                "cp" => aside,
                _ => false,
            };
            assert!(reads, "{command}: only terrace and cat are run here, and they write nothing");
        }
        let (output, end) = self.call(command, &dir);
        if end != dir && end.starts_with(tmp) {
            self.dir.replace(end);
        }
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        let text: String = text.lines().map(|line| format!("{}\n", line.trim_end())).collect();
        let tmp = tmp.to_str().unwrap();
        text.replace(&format!("{tmp}/home/"), "/home/").replace(&format!("{tmp}/"), "/tmp/")
    }
}

/// Makes a repository of a directory.
const COMMIT: &str = "git init -q -b main && git add -A && git commit -q -m 'Our fleet'";

/// Whether what was printed is what a page shows.
fn fits(shown: &str, printed: &str, ids: bool) -> bool {
    let id = regex::Regex::new(r"\b(?:[0-9a-f]{7}|[0-9a-f]{10}|[0-9a-f]{12}|[0-9a-f]{40})\b").unwrap();
    let same = |text: &str| if ids { id.replace_all(text, "ID").into_owned() } else { text.to_owned() };
    let shown = same(shown);
    let lines = shown.split_inclusive('\n').map(|line| match line {
        "…\n" => "(?:.*\n)*?".to_owned(),
        line => regex::escape(line).replace('…', ".*"),
    });
    regex::Regex::new(&format!("^{}$", lines.collect::<String>())).unwrap().is_match(&same(printed))
}

/// A page with what its commands print today; what is shown and still fits stays.
fn page(text: &str, place: &Place, path: &Path) -> (String, usize) {
    let (mut page, mut commands) = (String::new(), 0);
    let (mut lines, mut above) = (text.lines(), "");
    while let Some(line) = lines.next() {
        page += &format!("{line}\n");
        if let Some(command) = marker(line, "run") {
            place.shell(command, path);
        }
        if line.starts_with("```") && line.len() > 3 {
            let body: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            let body: String = body.into_iter().map(|line| format!("{line}\n")).collect();
            if let Some(file) = marker(above, "file") {
                let path = place.dir.borrow().join(file);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, &body).unwrap();
            }
            if line == "```console" {
                let mut dir = marker(above, "in").map(|dir| root().join(dir));
                for part in body.strip_prefix("$ ").expect("a command comes first").split("\n$ ") {
                    let (command, shown) = part.split_once('\n').unwrap_or((part, ""));
                    let shown =
                        if shown.is_empty() || shown.ends_with('\n') { shown.to_owned() } else { format!("{shown}\n") };
                    let was = place.dir.borrow().clone();
                    let printed = place.run(command, dir.clone());
                    // From there on it is where `cd` led.
                    dir = dir.filter(|_| *place.dir.borrow() == was);
                    let fit = fits(&shown, &printed, place.ids);
                    page += &format!("$ {command}\n{}", if fit { &shown } else { &printed });
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
        ("a\n…\nb\nc\n", true),
        ("a\n…b\nc\n", true),
        ("a…c\n", false),
    ] {
        assert_eq!(fits(shown, "a\nb\nc\n", false), fit, "{shown}");
    }
    for (shown, ids, fit) in
        [("at 0d1c2b3a4f\n", true, true), ("at 0d1c2b3a4f\n", false, false), ("at 12\n", true, false)]
    {
        assert_eq!(fits(shown, "at 959ded7d51\n", ids), fit, "{shown}");
    }
}

#[test]
fn what_the_pages_show_is_what_is_printed() {
    let update = std::env::var_os("TERRACE_UPDATE").is_some();
    let (mut old, mut commands) = (Vec::new(), 0);
    for path in pages() {
        let text = fs::read_to_string(&path).unwrap();
        let (now, count) = page(&text, &Place::new(&text, &path), &path);
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

/// The book has every page, each once, and every verb has a page.
#[test]
fn the_book_has_every_page() {
    let link = regex::Regex::new(r"\]\(([^)\s]+)\)").unwrap();
    let docs = root().join("docs");
    let text = fs::read_to_string(docs.join("SUMMARY.md")).unwrap();
    let mut listed: Vec<String> = link.captures_iter(&text).map(|found| found[1].to_owned()).collect();
    let pages = pages().into_iter().filter_map(|page| Some(page.strip_prefix(&docs).ok()?.to_str()?.to_owned()));
    let mut there: Vec<String> = pages.filter(|page| page != "SUMMARY.md").collect();
    listed.sort();
    there.sort();
    assert_eq!(listed, there);
    let command = <terrace::cli::Cli as clap::CommandFactory>::command();
    for verb in command.get_subcommands().map(clap::Command::get_name) {
        let page = if verb == "man" { "completions" } else { verb };
        assert!(there.contains(&format!("verbs/{page}.md")), "{verb} has no page");
    }
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
