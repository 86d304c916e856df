//! Charts of a few files, from values to text: the executor, functions, scopes and errors together.

mod coverage;
mod golden;
mod limits;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Profile;
use super::chart::{LoadOptions, Overrides, PrepareOptions, ValuesInput, load, overrides, prepare};
use super::effects::Seeded;
use super::gotemplate::exec::Limits;
use super::program::{Program, Unparsed};
use super::release::{self, Capabilities};
use super::template::{self, Release};
use crate::diag::Diagnostics;
use crate::provenance::Recorder;
use crate::source::SourceKind;
use crate::world::{FilePath, MemoryTree, Reader, World};

/// Why nothing was rendered.
struct Failed {
    /// What Helm says.
    text: String,
    /// Whether a limit of ours ended it.
    limit: bool,
}

/// Files by path, as bytes.
type Files = BTreeMap<String, Vec<u8>>;

/// Renders a chart `c`. Files without a directory are templates, but for its own (`Chart.yaml`, `values.yaml`, `*.txt`);
/// so are the results called.
fn render(files: &Files, values: &str, profile: Profile, record: bool) -> Result<Files, Failed> {
    render_within(files, values, profile, Limits::default(), record)
}

/// The same within other limits.
fn render_within(files: &Files, values: &str, profile: Profile, limits: Limits, record: bool) -> Result<Files, Failed> {
    let mut all: BTreeMap<String, String> = BTreeMap::new();
    all.insert("Chart.yaml".to_owned(), "apiVersion: v2\nname: c\nversion: 1.0.0\n".to_owned());
    for (path, text) in files {
        let own = path.contains('/') || matches!(path.as_str(), "Chart.yaml" | "values.yaml") || path.ends_with(".txt");
        let path = if own { path.clone() } else { format!("templates/{path}") };
        all.insert(path, String::from_utf8(text.clone()).unwrap());
    }
    let world = World::new();
    let tree = world.mount(Arc::new(MemoryTree::new(all)));
    let recorder = if record { Recorder::recording() } else { Recorder::off() };
    let inputs = [ValuesInput::File(world.sources().add("values", values, SourceKind::File))];
    let given = Overrides { files: &inputs, ..Overrides::default() };
    let failed = |failure: super::chart::Failure| Failed { text: failure.helm, limit: false };
    let user = overrides(&given, profile, world.sources(), &recorder, &mut Diagnostics::new()).map_err(failed)?;
    let options = LoadOptions { profile, ..LoadOptions::default() };
    let chart = load(&Reader::new(&world), &FilePath::new(tree, ""), &options).map_err(failed)?;
    let options = PrepareOptions { profile, ..PrepareOptions::default() };
    let prepared = prepare(&chart, &user, &options, &recorder).map_err(failed)?;
    let unparsed = |why: Box<Unparsed>| Failed { text: why.helm(), limit: false };
    let program = Program::begin(&prepared.root, profile).map_err(unparsed)?;
    let release = Release {
        name: "r".to_owned(),
        namespace: "n".to_owned(),
        is_upgrade: false,
        capabilities: Capabilities::default(),
        origin: crate::source::Origin::NONE,
    };
    let mut effects = Seeded::new(&["test"]);
    let rendered = template::render(&program, &prepared, &release, profile, &mut effects, limits, record, &mut |_| {});
    program.check().map_err(unparsed)?;
    let rendered = rendered.map_err(|failed| Failed {
        text: release::error::executing(&failed.path, &failed.fault, profile),
        limit: failed.fault.limit,
    })?;
    for (file, segments) in rendered.files.iter().zip(&rendered.segments) {
        let starts: Vec<usize> = segments.iter().map(|s| s.start as usize).collect();
        assert!(starts.is_sorted(), "{}: segments out of order", file.path);
        assert!(starts.iter().all(|start| *start <= file.text.len()), "{}: a segment behind the end", file.path);
    }
    let short = |path: &str| {
        let path = path.strip_prefix("c/").unwrap_or(path);
        path.strip_prefix("templates/").unwrap_or(path).to_owned()
    };
    Ok(rendered.files.into_iter().map(|file| (short(&file.path), file.text.to_vec())).collect())
}
