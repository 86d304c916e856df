//! Whole builds against what kustomize makes of them: upstream's own cases, where this machine has them.
//!
//! They are read from `conformance/kustomize/*.jsonl` in the directory that `TERRACE_CONFORMANCE` names, or in `../shared`
//! beside the repository. Nothing fails where they are absent. `TERRACE_CASE=text` runs those whose name holds a text, and
//! shows more of the difference.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use similar::{ChangeTag, TextDiff};
use terrace::provenance::Recorder;
use terrace::render::helm;
use terrace::render::kustomize::bases::Bases;
use terrace::render::kustomize::options::{Options, Reorder};
use terrace::render::kustomize::{Tools, build, to_yaml};
use terrace::world::{FilePath, MemoryTree, Reader, World};

/// A case, as the lists' README tells.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    kind: String,
    path: String,
    files: std::collections::BTreeMap<String, String>,
    order: String,
    load_restrictor_none: bool,
    #[serde(default)]
    config: Option<String>,
    #[serde(default)]
    input: Option<String>,
    #[serde(default, rename = "builtin")]
    _builtin: bool,
    #[serde(default)]
    expected: Option<String>,
    #[serde(default)]
    error: Option<Vec<String>>,
}

/// Where our text says more than kustomize's: a part of that, and what ours has to contain instead. What git says of a
/// repository never comes up, since none is asked for.
const MAPPED: [(&str, &str); 1] = [("does not appear to be a git repository", "is not at hand: nothing is fetched")];

/// Whether an error tells what a part of kustomize's does.
fn tells(error: &str, part: &str) -> bool {
    let ours = MAPPED.iter().find(|(theirs, _)| part.contains(theirs)).map(|(_, ours)| *ours);
    error.contains(part) || ours.is_some_and(|ours| error.contains(ours))
}

impl Case {
    /// The directory that is built, from the root on.
    fn dir(&self) -> &str {
        let dir = self.path.trim_matches('/');
        if dir == "." { "" } else { dir }
    }

    /// The files, those that a single plugin needs around it included.
    fn files(&self) -> Vec<(String, String)> {
        let relative = |path: &str| path.trim_start_matches('/').to_owned();
        let mut files: Vec<_> = self.files.iter().map(|(path, text)| (relative(path), text.clone())).collect();
        let Some(config) = &self.config else { return files };
        let dir = Path::new(self.dir());
        let mut put = |name: &str, text: String| files.push((dir.join(name).display().to_string(), text));
        let field = if self.kind.starts_with("generator") { "generators" } else { "transformers" };
        let mut kustomization = format!("{field}: [plugin-config.yaml]\n");
        put("plugin-config.yaml", config.clone());
        if let Some(input) = self.input.as_ref().filter(|input| !input.trim().is_empty()) {
            put("plugin-input.yaml", input.clone());
            kustomization.push_str("resources: [plugin-input.yaml]\n");
        }
        put("kustomization.yaml", kustomization);
        files
    }

    fn build(&self, recorder: &Recorder) -> Result<String, String> {
        let world = World::new();
        let tree = world.mount(Arc::new(MemoryTree::new(self.files())));
        let (reader, charts, bases) = (Reader::new(&world), helm::Charts::new(), Bases::new());
        let tools = Tools { reader: &reader, recorder, charts: &charts, bases: &bases };
        let reorder = if self.order == "legacy" { Reorder::Legacy } else { Reorder::None };
        let options = Options { unrestricted: self.load_restrictor_none, reorder, ..Options::default() };
        let dir = FilePath::new(tree, self.dir());
        match build(&dir, &options, tools).resources {
            Ok(resources) => Ok(to_yaml(&resources)),
            Err(failure) => Err(failure.text),
        }
    }

    /// What is wrong with an outcome.
    fn complaint(&self, outcome: &Result<String, String>, lines: usize) -> Option<String> {
        match (outcome, &self.expected, &self.error) {
            (Ok(text), Some(expected), _) if text == expected => None,
            (Ok(text), Some(expected), _) => Some(diff(expected, text, lines)),
            (Err(text), _, Some(parts)) => {
                let missing = parts.iter().find(|part| !tells(text, part))?;
                Some(format!("    the error lacks: {missing}\n    it is:           {text}\n"))
            }
            (Ok(text), _, _) => {
                Some(format!("    it should fail with {:?}; it gives\n{}", self.error, cut(text, lines)))
            }
            (Err(text), _, _) => Some(format!("    it fails: {text}\n")),
        }
    }
}

fn cut(text: &str, lines: usize) -> String {
    text.lines().take(lines).fold(String::new(), |mut out, line| {
        let _ = writeln!(out, "    {line}");
        out
    })
}

/// The lines that differ.
fn diff(expected: &str, got: &str, lines: usize) -> String {
    let mut out = String::new();
    let mut shown = 0;
    let diff = TextDiff::from_lines(expected, got);
    for change in diff.iter_all_changes().filter(|change| change.tag() != ChangeTag::Equal) {
        let (sign, at) = match change.tag() {
            ChangeTag::Delete => ("kustomize", change.old_index()),
            _ => ("us       ", change.new_index()),
        };
        let _ =
            writeln!(out, "    {sign} {:>4}: {}", at.unwrap_or_default() + 1, change.value().trim_end_matches('\n'));
        shown += 1;
        if shown == lines {
            out.push_str("    …\n");
            break;
        }
    }
    out
}

/// Where the lists are.
fn lists() -> Option<Vec<PathBuf>> {
    let given = std::env::var_os("TERRACE_CONFORMANCE").map(PathBuf::from);
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let dir = given.unwrap_or(beside).join("conformance/kustomize");
    let mut files: Vec<PathBuf> = std::fs::read_dir(dir)
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"))
        .collect();
    files.sort();
    Some(files)
}

#[test]
fn upstreams_cases_hold() {
    let Some(lists) = lists().filter(|lists| !lists.is_empty()) else {
        println!("no conformance cases on this machine: TERRACE_CONFORMANCE names the directory that holds them");
        return;
    };
    let only = std::env::var("TERRACE_CASE").ok();
    let lines = if only.is_some() { 200 } else { 12 };
    let (mut held, mut count, mut wrong) = (0, 0, String::new());
    for list in lists {
        let text = std::fs::read_to_string(&list).unwrap();
        // Not `lines`: a text may hold U+2028.
        for line in text.split('\n').filter(|line| !line.is_empty()) {
            let case: Case = serde_json::from_str(line).unwrap();
            if only.as_ref().is_some_and(|only| !case.name.contains(only.as_str())) {
                continue;
            }
            count += 1;
            // Recording must not change a result.
            let outcomes = [Recorder::off(), Recorder::recording()].map(|recorder| case.build(&recorder));
            match outcomes.iter().find_map(|outcome| case.complaint(outcome, lines)) {
                None => held += 1,
                Some(complaint) => {
                    let _ = writeln!(wrong, "{}\n{complaint}", case.name);
                }
            }
        }
    }
    println!("{held} of {count} hold");
    assert!(held == count, "{held} of {count} hold\n\n{wrong}{held} of {count} hold");
}
