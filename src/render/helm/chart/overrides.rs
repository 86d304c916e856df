//! What the user says: values files and `--set` in all its forms.

use std::sync::Arc;

use super::failure::Failure;
use super::json;
use super::strvals::{Mode, ReadFile, parse_into};
use super::values_file;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::provenance::Recorder;
use crate::render::helm::Profile;
use crate::source::{Origin, SourceFile, SourceKind, Sources};
use crate::yaml::{Map, Node, NullRule, Value, merge};

/// Where an argument was said, by its text and a place in it.
pub type Said<'a> = &'a dyn Fn(&str, usize) -> Origin;

/// Values that the user gives on top of a chart's own, in the order of the command line.
#[derive(Clone, Copy, Default)]
pub struct Overrides<'a> {
    /// `-f`, lowest first.
    pub files: &'a [ValuesInput],
    /// `--set-json`.
    pub set_json: &'a [String],
    /// `--set`.
    pub set: &'a [String],
    /// `--set-string`.
    pub set_string: &'a [String],
    /// `--set-file`.
    pub set_file: &'a [String],
    /// `--set-literal`.
    pub set_literal: &'a [String],
    /// Where an argument is said, by its flag and its place among those; none where that is the command line.
    pub said: Option<Said<'a>>,
    /// How `--set-file` reads; without it, it fails.
    pub read_file: Option<ReadFile<'a>>,
}

/// Values that aren't set one by one.
#[derive(Clone, Debug)]
pub enum ValuesInput {
    /// A values file.
    File(Arc<SourceFile>),
    /// Values that stood in another file: an Application's `valuesObject`, an app.yaml's `values`.
    Node(Node),
}

/// Puts together what the user gives: the files, then `--set-json`, `--set`, `--set-string`, `--set-file`, `--set-literal`.
/// Nulls stay. The arguments become texts of the run, so that origins point into them.
///
/// # Errors
/// The first that can't be read.
pub fn overrides(
    given: &Overrides,
    profile: Profile,
    sources: &Sources,
    recorder: &Recorder,
    warnings: &mut Diagnostics,
) -> Result<Node, Failure> {
    let mut values = Node::made(Map::new());
    for input in given.files {
        let next = match input {
            ValuesInput::File(file) => values_file::read(file, profile, warnings)
                .map_err(|failure| failure.within(&format!("failed to parse {}: ", file.name)))?,
            ValuesInput::Node(node) => values_file::as_floats(node.clone()),
        };
        values = over(values, next, recorder);
    }
    let base = Setter { profile, sources, recorder, said: given.said };
    for (at, argument) in given.set_json.iter().enumerate() {
        let file = base.argument("--set-json", at, argument);
        let trimmed = argument.trim();
        if profile == Profile::Helm4 && trimmed.starts_with('{') {
            let from = argument.len() - argument.trim_start().len();
            let whole = json::value(&file.text, from, file.id)
                .filter(|(_, end)| file.text.get(*end..).is_some_and(|rest| rest.trim().is_empty()));
            let Some((node, _)) = whole else {
                let helm = format!("failed parsing --set-json data JSON: {argument}");
                return Err(refused("--set-json", helm, "this is not JSON", Origin::new(file.id, from)));
            };
            values = over(values, node, recorder);
        } else {
            let fail = |at, _words| {
                let helm = format!("failed parsing --set-json data {argument}");
                refused("--set-json", helm, "the value is not JSON", Origin::new(file.id, at))
            };
            base.set(&file, Mode::Json, &mut values, fail)?;
        }
    }
    let no_files = |path: &str| Err(format!("open {path}: no such file or directory"));
    let read_file: ReadFile = given.read_file.unwrap_or(&no_files);
    let flags: [(&str, &[String], Mode); 4] = [
        ("--set", given.set, Mode::Typed),
        ("--set-string", given.set_string, Mode::Text),
        ("--set-file", given.set_file, Mode::File(read_file)),
        ("--set-literal", given.set_literal, Mode::Literal),
    ];
    for (flag, arguments, mode) in flags {
        for (at, argument) in arguments.iter().enumerate() {
            let file = base.argument(flag, at, argument);
            let fail = |at, words: String| {
                let helm = format!("failed parsing {flag} data: {words}");
                refused(flag, helm, &words, Origin::new(file.id, at))
            };
            base.set(&file, mode, &mut values, fail)?;
        }
    }
    Ok(values)
}

fn over(below: Node, above: Node, recorder: &Recorder) -> Node {
    match (&below.value, &above.value) {
        (Value::Map(map), Value::Map(_)) if map.is_empty() => above,
        (_, Value::Null) => below,
        _ => merge(&below, &above, NullRule::Keep, recorder),
    }
}

fn refused(flag: &str, helm: String, what: &str, origin: Origin) -> Failure {
    let diagnostic = Diagnostic::error(Code::INVALID_VALUES, format!("`{flag}` can't be read: {what}")).at(origin, "");
    Failure::new(helm, diagnostic)
}

struct Setter<'a> {
    profile: Profile,
    sources: &'a Sources,
    recorder: &'a Recorder,
    said: Option<Said<'a>>,
}

impl Setter<'_> {
    fn argument(&self, flag: &str, at: usize, text: &str) -> Arc<SourceFile> {
        let said = self.said.map(|said| said(flag, at)).filter(|origin| *origin != Origin::NONE);
        self.sources.add(flag, text, said.map_or(SourceKind::File, SourceKind::Quoted))
    }

    fn set(
        &self,
        file: &SourceFile,
        mode: Mode,
        values: &mut Node,
        fail: impl Fn(usize, String) -> Failure,
    ) -> Result<(), Failure> {
        let Some(map) = values.as_map_mut() else { return Ok(()) };
        parse_into(file, mode, self.profile, self.recorder, map).map_err(|(at, words)| fail(at, words))
    }
}
