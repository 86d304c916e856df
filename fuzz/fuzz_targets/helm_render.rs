//! No chart makes the engine panic, run on or fill the memory: it gives manifests, or an error; with provenance as without.
//!
//! The input is a chart: values, a template and definitions, with lines of `%%%` between.

#![no_main]

use std::collections::BTreeMap;
use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use terrace::diag::Diagnostics;
use terrace::provenance::Recorder;
use terrace::render::helm::Profile;
use terrace::render::helm::chart::{LoadOptions, Overrides, PrepareOptions, load, overrides, prepare};
use terrace::render::helm::effects::Seeded;
use terrace::render::helm::gotemplate::exec::Limits;
use terrace::render::helm::program::Program;
use terrace::render::helm::release::{Capabilities, collect};
use terrace::render::helm::template::{Release, render};
use terrace::source::Origin;
use terrace::world::{FilePath, MemoryTree, Reader, World};

const LIMITS: Limits = Limits { steps: 200_000, bytes: 4 << 20, text: 1 << 20, depth: 500 };

/// The files that the templates make; none if they are in error, and whether that is for a limit.
fn made(text: &str, profile: Profile, record: bool) -> Option<Result<Vec<(String, Vec<u8>)>, bool>> {
    let mut parts = text.split("\n%%%\n");
    let mut part = || parts.next().unwrap_or_default().to_owned();
    let files = BTreeMap::from([
        ("Chart.yaml".to_owned(), "apiVersion: v2\nname: c\nversion: 1.0.0\n".to_owned()),
        ("values.yaml".to_owned(), part()),
        ("templates/a.yaml".to_owned(), part()),
        ("templates/_helpers.tpl".to_owned(), part()),
        ("notes/file.txt".to_owned(), "one\ntwo\n".to_owned()),
    ]);
    let world = World::new();
    let tree = world.mount(Arc::new(MemoryTree::new(files)));
    let recorder = if record { Recorder::recording() } else { Recorder::off() };
    let user = overrides(&Overrides::default(), profile, world.sources(), &recorder, &mut Diagnostics::new()).ok()?;
    let options = LoadOptions { profile, ..LoadOptions::default() };
    let chart = load(&Reader::new(&world), &FilePath::new(tree, ""), &options).ok()?;
    let prepared = prepare(&chart, &user, &PrepareOptions { profile, ..PrepareOptions::default() }, &recorder).ok()?;
    let program = Program::new(&prepared.root, profile).ok()?;
    let release = Release {
        name: "r".to_owned(),
        namespace: "n".to_owned(),
        is_upgrade: false,
        capabilities: Capabilities::default(),
        origin: Origin::NONE,
    };
    let mut effects = Seeded::new(&["fuzz"]);
    let rendered = match render(&program, &prepared, &release, profile, &mut effects, LIMITS, record) {
        Ok(rendered) => rendered,
        Err(failed) => return Some(Err(failed.fault.limit)),
    };
    for (file, segments) in rendered.files.iter().zip(&rendered.segments) {
        assert!(segments.is_sorted_by_key(|segment| segment.start));
        assert!(segments.iter().all(|segment| segment.start as usize <= file.text.len()));
    }
    let texts = rendered.files.iter().map(|file| (file.path.to_string(), file.text.clone())).collect();
    let _ = collect(rendered.files, Vec::new(), prepared.root.name(), profile);
    Some(Ok(texts))
}

fuzz_target!(|text: &str| {
    for profile in [Profile::Helm3, Profile::Helm4] {
        let (plain, recorded) = (made(text, profile, false), made(text, profile, true));
        // What is known of a text may meet a limit where the text itself doesn't.
        assert!(plain == recorded || matches!(recorded, Some(Err(true))), "recording changes the result");
    }
});
