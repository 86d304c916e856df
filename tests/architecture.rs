//! Which module uses which: the `arrows` block of docs/architecture.md, held against the code.
//!
//! Tests are exempt (files and folders named `tests`, and what follows `#[cfg(test)]`): they may set any scene.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests, which clippy doesn't take for tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;
use walkdir::WalkDir;

/// The modules that describe everything else; they know each other. Any other row uses only rows above it.
const WORDS: [&str; 4] = ["source", "provenance", "diag", "yaml"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The rows of the table, in their order: a module, and what it may use.
fn table() -> Vec<(String, Vec<String>)> {
    let page = fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let block = page.split("```arrows\n").nth(1).unwrap().split("```").next().unwrap();
    let rows = block.lines().map(|line| {
        let (module, uses) = line.split_once("->").unwrap_or_else(|| panic!("not an arrow: {line}"));
        (module.trim().to_owned(), uses.split_whitespace().map(str::to_owned).collect())
    });
    rows.collect()
}

/// The files of `src/`, relative to it, without tests.
fn files() -> Vec<PathBuf> {
    let src = root().join("src");
    let entries = WalkDir::new(&src).sort_by_file_name().into_iter().map(Result::unwrap);
    let files = entries.filter(|e| e.path().extension().is_some_and(|e| e == "rs"));
    let files = files.map(|e| e.path().strip_prefix(&src).unwrap().to_owned());
    files.filter(|file| !file.with_extension("").iter().any(|part| part == "tests")).collect()
}

/// The module path of a file: `[yaml, scan]` for `yaml/scan/mod.rs`.
fn module(file: &Path) -> Vec<String> {
    let mut parts: Vec<String> = file.with_extension("").iter().map(|p| p.to_str().unwrap().to_owned()).collect();
    if parts.last().is_some_and(|last| last == "mod") {
        parts.pop();
    }
    parts
}

/// What a text uses of the crate: for each line, the modules named on it.
fn uses(text: &str, depth: usize) -> Vec<(usize, String)> {
    let name = Regex::new(r"\b(?:crate|((?:super::)+)super|(super))::(\{|[a-z_0-9]+)").unwrap();
    let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let mut found = Vec::new();
    for (at, line) in code.lines().enumerate() {
        if line.trim_start().starts_with("//") {
            continue;
        }
        for captures in name.captures_iter(line) {
            let supers = captures.get(1).map_or(0, |m| m.as_str().matches("super").count() + 1);
            let supers = supers.max(usize::from(captures.get(2).is_some()));
            if supers > 0 && supers < depth {
                continue;
            }
            // One path to a line keeps this test, and whoever searches for a path, simple.
            found.push((at + 1, if supers > 0 { "super".to_owned() } else { captures[3].to_owned() }));
        }
    }
    found
}

#[test]
fn uses_are_found() {
    let text = "// crate::plan\nuse crate::yaml::Node;\nlet a = crate::diag::b(super::c::D, super::super::e::F);\n\
                #[cfg(test)]\nmod tests { use crate::pipeline; }\n";
    let found = |depth| uses(text, depth).into_iter().map(|(line, name)| format!("{line} {name}")).collect::<Vec<_>>();
    assert_eq!(found(3), ["2 yaml", "3 diag"]);
    assert_eq!(found(2), ["2 yaml", "3 diag", "3 super"]);
    assert_eq!(uses("use crate::{a, b};", 1), [(1, "{".to_owned())]);
}

#[test]
fn no_module_uses_what_the_table_does_not_allow() {
    let table: BTreeMap<String, Vec<String>> = table().into_iter().collect();
    let mut wrong = Vec::new();
    for file in files() {
        let module = module(&file);
        if matches!(module.as_slice(), [only] if only == "lib" || only == "main") {
            continue;
        }
        let own = &module[0];
        let allowed = table.get(own).map(Vec::as_slice).unwrap_or_default();
        let text = fs::read_to_string(root().join("src").join(&file)).unwrap();
        for (line, used) in uses(&text, module.len()) {
            let place = format!("src/{}:{line}", file.display());
            if used == "{" || used == "super" {
                wrong
                    .push(format!("{place}: name what is used of the crate as `crate::module::…`, one path to a line"));
            } else if used != *own && !allowed.contains(&used) {
                wrong.push(format!("{place}: `{own}` may not use `{used}`"));
            }
        }
    }
    assert!(wrong.is_empty(), "see docs/architecture.md, \"Which module may use which\":\n{}", wrong.join("\n"));
}

#[test]
fn the_table_has_every_module_and_no_other() {
    let modules: BTreeSet<String> = files().iter().map(|file| module(file).remove(0)).collect();
    let modules: BTreeSet<String> = modules.into_iter().filter(|m| m != "lib" && m != "main").collect();
    let rows: Vec<String> = table().into_iter().map(|(module, _)| module).collect();
    assert_eq!(rows.iter().cloned().collect::<BTreeSet<_>>(), modules);
    assert_eq!(rows.len(), modules.len(), "a row stands twice");
}

/// The rules behind the table, which no new arrow may break.
#[test]
fn the_table_keeps_the_rules() {
    let table = table();
    let mut wrong = Vec::new();
    for (at, (module, uses)) in table.iter().enumerate() {
        for used in uses {
            let above = table[..at].iter().any(|(m, _)| m == used);
            let words = [module, used].iter().all(|m| WORDS.contains(&m.as_str()));
            if !above && !words {
                wrong.push(format!("`{module}` uses `{used}`, which isn't above it"));
            }
            if (used == "pipeline" && module != "cli") || used == "cli" {
                wrong.push(format!("`{module}` uses `{used}`: nothing but the command line knows the pipeline"));
            }
            if module == "render" && ["config", "layer", "argocd", "plan"].contains(&used.as_str()) {
                wrong.push(format!("`{module}` uses `{used}`: an engine knows nothing of fleets"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
