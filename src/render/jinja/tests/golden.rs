//! Each directory in `testdata/render/jinja` is a case: `template.yaml.j2`, what it includes beside it, and
//! `context.yaml` go in; `out.yaml` or `diagnostics` comes out, and the map of the output where there is a file `map`.
//! `SNAPSHOTS=overwrite cargo test render::jinja` writes them anew; read the difference before you commit it.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use snapbox::{Assert, Data};

use super::*;
use crate::source::LineColumn;

#[test]
fn cases() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/render/jinja");
    let mut cases: Vec<PathBuf> = fs::read_dir(root).unwrap().map(|e| e.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() > 5);
    for case in cases.iter().filter(|c| c.is_dir()) {
        run(case);
    }
}

fn run(case: &Path) {
    let sources = Sources::new();
    let add = |name: &str| {
        let text = fs::read_to_string(case.join(name)).ok()?;
        Some(sources.add(name, text, SourceKind::File))
    };
    let template = add("template.yaml.j2").unwrap_or_else(|| panic!("{}: no template", case.display()));
    let given = add("context.yaml").unwrap();
    let context = context_of(&nodes(&given.text, given.id));
    let load = |name: &str| Ok(add(name));
    let options = Options { record: true, load: &load, fuel: 100_000, ..Options::default() };
    let assert = Assert::new().action_env("SNAPSHOTS");
    let engine = Engine::new();
    match engine.render(&template, &context, &options) {
        Ok(text) => {
            assert!(!case.join("diagnostics").exists(), "{} should fail", case.display());
            assert.eq(text.text.as_str(), Data::read_from(&case.join("out.yaml"), None).raw());
            if case.join("map").exists() {
                let shown = show_map(&text, &sources);
                assert.eq(shown.as_str(), Data::read_from(&case.join("map"), None).raw());
            }
            let again =
                engine.render(&template, &context, &Options { record: false, load: &load, ..Options::default() });
            assert_eq!(again.unwrap().text, text.text);
        }
        Err(found) => {
            assert!(!case.join("out.yaml").exists(), "{}: {found:#?}", case.display());
            let shown = show(&found, &sources);
            assert.eq(shown.as_str(), Data::read_from(&case.join("diagnostics"), None).raw());
        }
    }
}

fn place(span: Span, sources: &Sources) -> String {
    let Some(file) = sources.get(span.file) else { return "-".to_owned() };
    let LineColumn { line, column } = file.line_column(span.start as usize);
    let text = file.text.get(span.range()).unwrap_or("?").escape_debug().to_string();
    let short = if text.chars().count() > 40 { text.chars().take(40).chain("…".chars()).collect() } else { text };
    format!("{}:{line}:{column} `{short}`", file.name)
}

fn show(found: &Diagnostics, sources: &Sources) -> String {
    let mut out = String::new();
    for d in found {
        _ = writeln!(out, "{}: {}", d.code, d.message);
        for label in d.primary.iter().chain(&d.secondary) {
            _ = writeln!(out, "  at {} {}", place(label.span, sources), label.text);
        }
        for hint in &d.hints {
            _ = writeln!(out, "  hint: {hint}");
        }
        for step in &d.trace {
            _ = writeln!(out, "  trace: {} {}", step.text, step.span.map_or_else(String::new, |s| place(s, sources)));
        }
    }
    out
}

fn show_map(text: &Text, sources: &Sources) -> String {
    let mut out = String::new();
    let segments = &text.map.as_ref().unwrap().segments;
    for (i, segment) in segments.iter().enumerate() {
        let end = segments.get(i + 1).map_or(text.text.len(), |s| s.start as usize);
        let part = &text.text[segment.start as usize..end];
        _ = writeln!(out, "{part:?}");
        _ = writeln!(out, "  from {}", place(segment.template, sources));
        for (i, read) in segment.reads.iter().enumerate() {
            let how = if i == 0 && segment.exact { "copy of" } else { "reads" };
            _ = writeln!(out, "  {how} {} {}", read.path.join("."), sources.place(read.origin));
        }
    }
    out
}
