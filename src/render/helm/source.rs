//! A chart as a source: loaded, prepared, rendered, and its documents made into objects.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Charts;
use super::chart::{self, Chart, Failure, Overrides, Prepared, ValuesInput};
use super::effects::Seeded;
use super::fault;
use super::gotemplate::exec::Limits;
use super::options::{Options, SetKind, Values};
use super::program::Program;
use super::release::{Capabilities, Event, Output, ReleaseManifest, collect};
use super::template::{self, Release};
use super::unused;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::provenance::{Recorder, RenderMap, Segment};
use crate::render::objects::{Wrong, flatten};
use crate::render::{Env, Manifest, Rendered};
use crate::source::{FileId, Origin, SourceFile, SourceKind};
use crate::world::{FilePath, Reader};
use crate::yaml::{self, Dialect};

/// Renders a chart: the objects in the order in which `helm template` prints them, hooks and custom resource definitions
/// included.
pub fn render(dir: &FilePath, options: &Options, env: &Env) -> Rendered {
    let tools = Tools { reader: env.reader, charts: env.helm, recorder: env.recorder };
    let mut work = Work { dir, options, tools, lint: env.lint, rendered: Rendered::default() };
    match work.run() {
        Ok(printed) => work.objects(&printed),
        Err(problems) => work.rendered.diagnostics.extend(problems),
    }
    work.rendered
}

/// Renders a chart, for those that read its texts themselves: the files that `helm template` prints, in its order, each
/// with where its template stands; and what is worth a warning. While nobody records, the texts are kept nowhere.
///
/// # Errors
/// Why it can't be rendered.
pub fn texts(dir: &FilePath, options: &Options, tools: Tools) -> Result<(Vec<Text>, Diagnostics), Diagnostics> {
    let mut work = Work { dir, options, tools, lint: false, rendered: Rendered::default() };
    let printed = work.run().map_err(|mut problems| {
        problems.extend(std::mem::take(&mut work.rendered.diagnostics));
        problems
    })?;
    let texts = work.texts(&printed)?;
    Ok((texts, work.rendered.diagnostics))
}

/// The chart that [`texts`] renders, as it was read.
///
/// # Errors
/// Why it can't be read.
pub fn chart(dir: &FilePath, options: &Options, tools: Tools) -> Result<Arc<Chart>, Diagnostics> {
    Work { dir, options, tools, lint: false, rendered: Rendered::default() }.load()
}

/// What the engine works with.
#[derive(Clone, Copy)]
pub struct Tools<'a, 'w> {
    /// Where files are read from, and recorded.
    pub reader: &'a Reader<'w>,
    /// The charts of the run.
    pub charts: &'a Charts,
    /// Whether, and where, the steps of values are recorded.
    pub recorder: &'a Recorder,
}

/// A file that a chart makes, or has among its custom resource definitions.
#[derive(Debug)]
pub struct Text {
    /// Where the template stands, or the file itself.
    pub file: FilePath,
    /// What it says.
    pub source: Arc<SourceFile>,
}

struct Work<'a, 'w> {
    dir: &'a FilePath,
    options: &'a Options,
    tools: Tools<'a, 'w>,
    /// Whether values that nothing reads are told.
    lint: bool,
    rendered: Rendered,
}

/// What is printed of a chart: its custom resource definitions, then manifests and hooks; and, while recording, which bytes
/// come from where.
struct Printed {
    crds: Vec<chart::Crd>,
    output: Output,
    segments: BTreeMap<String, Vec<Segment>>,
}

/// The rendered files and, while recording, which bytes of each come from where.
type Made = (Vec<super::release::RenderedFile>, BTreeMap<String, Vec<Segment>>);

impl Work<'_, '_> {
    fn run(&mut self) -> Result<Printed, Diagnostics> {
        let (options, tools, profile) = (self.options, self.tools, self.options.profile);
        let release = self.release()?;
        let loaded = self.load()?;
        self.rendered.diagnostics.extend(loaded.warnings.clone());
        let user = self.user_values(&loaded)?;
        if self.lint {
            let unused = unused::find(&loaded, &user, self.dir, options, tools.reader, tools.recorder);
            self.rendered.diagnostics.extend(unused);
        }
        let kube_version = &release.capabilities.kube_version;
        let kube_version = chart::KubeVersion { compared: kube_version.compared(), shown: kube_version.version() };
        let skip_schema = options.skip_schema_validation;
        let prepare = chart::PrepareOptions { profile, kube_version: Some(kube_version), skip_schema };
        let prepared = chart::prepare(&loaded, &user, &prepare, tools.recorder).map_err(diagnostics)?;
        self.warn(&prepared);
        let program = tools.charts.program(self.dir, &prepared.root, profile).map_err(|why| fault::unparsed(&why))?;
        let (files, segments) = self.templates(&program, &prepared, &release)?;
        let crds = prepared.root.crds();
        let output = collect(files, Vec::new(), prepared.root.name(), profile).map_err(|broken| {
            let message = format!("{}: what the template made can't be read: {}", broken.path, broken.text);
            let reads = segments.get(broken.path.as_str());
            self.broken(&broken.path, &broken.document, reads, message)
        })?;
        Ok(Printed { crds: if options.skip_crds { Vec::new() } else { crds }, output, segments })
    }

    fn load(&self) -> Result<Arc<Chart>, Diagnostics> {
        let missing = |dependency: &chart::Dependency| self.supplied(dependency);
        let (charts, reader) = (self.tools.charts, self.tools.reader);
        let chart = charts.load(self.dir, self.options.profile, Some(&missing), reader).map_err(diagnostics)?;
        self.look_for_dependencies(&chart);
        Ok(chart)
    }

    /// Whoever asked for the chart first has looked for what it lacks; what was seen there counts for all who use it.
    fn look_for_dependencies(&self, chart: &Chart) {
        if self.options.repositories.is_empty() {
            return;
        }
        chart.metadata.dependencies().for_each(|dependency| drop(self.supplied(dependency)));
        chart.dependencies.iter().for_each(|dependency| self.look_for_dependencies(dependency));
    }

    fn release(&self) -> Result<Release, Diagnostics> {
        let options = self.options;
        let mut capabilities = Capabilities::default();
        if let Some(version) = &options.kube_version {
            capabilities.kube_version =
                super::release::KubeVersion::parse(version, options.profile).map_err(|why| {
                    Diagnostic::error(Code::INVALID_VALUE, format!("`{version}` is no version of Kubernetes: {why}"))
                        .at(options.origin, "rendered for it")
                })?;
        }
        if !options.api_versions.is_empty() {
            capabilities.api_versions.extend(options.api_versions.iter().map(ecow::EcoString::from));
        }
        Ok(Release {
            name: options.release.clone(),
            namespace: options.namespace.clone(),
            is_upgrade: options.is_upgrade,
            capabilities,
            origin: options.origin,
        })
    }

    /// Where a declared dependency stands that isn't in `charts/`.
    fn supplied(&self, dependency: &chart::Dependency) -> Option<FilePath> {
        let url = dependency.repository.trim_end_matches('/');
        let (_, place) = self.options.repositories.iter().find(|(known, _)| known.trim_end_matches('/') == url)?;
        super::repository::find(self.tools.reader, place, &dependency.name, &dependency.version)
    }

    fn user_values(&mut self, chart: &Chart) -> Result<yaml::Node, Diagnostics> {
        let (options, reader) = (self.options, self.tools.reader);
        let mut files = Vec::new();
        let mut problems = Diagnostics::new();
        for values in &options.values {
            match values {
                Values::Inline(node) => files.push(ValuesInput::Node(node.clone())),
                Values::InChart { path, optional, origin } => match in_chart(chart, path) {
                    Some(values) => files.push(values),
                    None if *optional => {}
                    None => {
                        let name = &chart.metadata.name;
                        let message = format!("the chart `{name}` has no file `{path}`");
                        let known = chart.files.iter().map(|f| f.name.as_str());
                        let problem = Diagnostic::error(Code::FILE_MISSING, message).at(*origin, "not in the chart");
                        problems.push(problem.did_you_mean(path, known));
                    }
                },
                Values::File(path, origin) => match reader.text(path) {
                    Ok(file) => files.push(ValuesInput::File(file)),
                    Err(error) => {
                        let unreadable = crate::render::unreadable(reader, path, &error);
                        problems.push(unreadable.named_at(*origin, "these values"));
                    }
                },
            }
        }
        if problems.has_errors() {
            return Err(problems);
        }
        let texts = |kind: SetKind| -> Vec<String> {
            options.sets.iter().filter(|s| s.kind == kind).map(|s| s.text.clone()).collect()
        };
        let paths: BTreeMap<&str, &FilePath> =
            options.sets.iter().filter_map(|set| Some((set.text.split_once('=')?.1, set.file.as_ref()?))).collect();
        let read_file = |path: &str| -> Result<String, String> {
            let own = || chart.files.iter().find(|file| file.name == path).and_then(chart::File::source);
            match paths.get(path) {
                Some(path) => reader.text(path).map(|file| file.text.to_string()).map_err(|error| error.to_string()),
                // One of the chart's archive.
                None => match own() {
                    Some(file) => Ok(file.text.to_string()),
                    None => Err(format!("open {path}: no such file or directory")),
                },
            }
        };
        let said = |flag: &str, at: usize| {
            let mut sets = options.sets.iter().filter(|set| set.kind.flag() == flag);
            sets.nth(at).map_or(Origin::NONE, |set| set.origin)
        };
        let overrides = Overrides {
            files: &files,
            set_json: &texts(SetKind::Json),
            set: &texts(SetKind::Plain),
            set_string: &texts(SetKind::String),
            set_file: &texts(SetKind::File),
            set_literal: &texts(SetKind::Literal),
            said: Some(&said),
            read_file: Some(&read_file),
        };
        let sources = reader.world().sources();
        let recorder = self.tools.recorder;
        let given = chart::overrides(&overrides, options.profile, sources, recorder, &mut self.rendered.diagnostics);
        given.map_err(|failure| diagnostics(failure).into_iter().map(|problem| self.said(problem)).collect())
    }

    /// A single value that can't be read is shown where it is said.
    fn said(&self, problem: Diagnostic) -> Diagnostic {
        let sources = self.tools.reader.world().sources();
        let shown = problem.primary.as_ref().and_then(|label| sources.get(label.span.file));
        let same = |file: &Arc<SourceFile>| self.options.sets.iter().find(|set| *set.text == *file.text);
        match shown.as_ref().and_then(same).filter(|set| set.origin.file.is_real()) {
            Some(set) => problem.at(set.origin, "can't be read"),
            None => problem,
        }
    }

    fn warn(&mut self, prepared: &Prepared) {
        let mut told: Vec<&chart::Warning> = Vec::new();
        for warning in &prepared.warnings {
            if told.contains(&warning) {
                continue;
            }
            told.push(warning);
            let diagnostic = Diagnostic::warning(Code::INVALID_VALUES, warning.message.clone());
            self.rendered.diagnostics.push(diagnostic.at(warning.origin, "this value"));
        }
    }

    /// Runs the templates. A failure is looked at once more with provenance, to tell which values led to it.
    fn templates(&mut self, program: &Program, prepared: &Prepared, release: &Release) -> Result<Made, Diagnostics> {
        let (profile, record) = (self.options.profile, self.tools.recorder.on());
        let identity: Vec<&str> = self.options.identity.iter().map(String::as_str).collect();
        let mut effects = Seeded::new(&identity);
        let made =
            template::render(program, prepared, release, profile, &mut effects, Limits::default(), record, &mut |_| {});
        let rendered = made.map_err(|failed| {
            let again = || {
                let mut effects = Seeded::new(&identity);
                template::render(
                    program,
                    prepared,
                    release,
                    profile,
                    &mut effects,
                    Limits::default(),
                    true,
                    &mut |_| {},
                )
            };
            let failed = if record || failed.fault.limit { failed } else { again().err().unwrap_or(failed) };
            fault::failed(&failed.path, &failed.fault)
        })?;
        self.rendered.diagnostics.extend(effects.uses.iter().map(fault::seeded));
        let paths = rendered.files.iter().map(|file| file.path.to_string());
        let segments = paths.zip(rendered.segments).collect();
        Ok((rendered.files, segments))
    }

    /// The objects of a custom resource definition's file, which no template made.
    fn crd(&mut self, crd: &chart::Crd) {
        let Some(source) = crd.file.source() else {
            return self.rendered.diagnostics.extend(not_utf8(crd));
        };
        let parsed = yaml::parse_file(source, Dialect::Kubernetes);
        self.documents(parsed, &crd.path, false);
    }

    fn objects(&mut self, printed: &Printed) {
        for crd in &printed.crds {
            self.crd(crd);
        }
        for manifest in self.manifests(&printed.output) {
            let made = printed.segments.get(manifest.path.as_str());
            let parsed = self.parsed(&manifest.path, &manifest.text, manifest.start, made);
            self.documents(parsed, &manifest.path, true);
        }
    }

    fn manifests<'o>(&self, output: &'o Output) -> impl Iterator<Item = &'o ReleaseManifest> + use<'o> {
        let (no_hooks, skip_tests) = (self.options.no_hooks, self.options.skip_tests);
        let hooks = output.hooks.iter().filter(move |hook| !(no_hooks || skip_tests && is_test(hook)));
        output.manifests.iter().chain(hooks)
    }

    fn texts(&self, printed: &Printed) -> Result<Vec<Text>, Diagnostics> {
        let mut texts = Vec::new();
        for crd in &printed.crds {
            let source = crd.file.source().ok_or_else(|| not_utf8(crd))?;
            texts.push(Text { file: self.file(&crd.path), source: Arc::clone(source) });
        }
        for manifest in self.manifests(&printed.output) {
            // Helm ends what it prints.
            let text = format!("{}\n", manifest.text);
            let source = match printed.segments.get(manifest.path.as_str()) {
                Some(segments) => self.kept(&manifest.path, &text, manifest.start, segments),
                None => Arc::new(SourceFile::transient(&manifest.path, text)),
            };
            texts.push(Text { file: self.file(&manifest.path), source });
        }
        Ok(texts)
    }

    /// A document as a text of its own that leads back to the templates.
    fn kept(&self, path: &str, text: &str, start: usize, segments: &[Segment]) -> Arc<SourceFile> {
        let map = RenderMap { segments: cut(segments, start, start + text.len()) };
        let sources = self.tools.reader.world().sources();
        sources.add(format!("{path} (rendered)"), text, SourceKind::Rendered(Arc::new(map)))
    }

    /// A document read, as a text of its own that leads back to the templates while recording.
    fn parsed(&self, path: &str, text: &str, start: usize, segments: Option<&Vec<Segment>>) -> yaml::Parsed {
        let Some(segments) = segments else {
            return yaml::parse(FileId::TRANSIENT, text, Dialect::Kubernetes);
        };
        let kept = self.kept(path, text, start, segments);
        yaml::parse(kept.id, &kept.text, Dialect::Kubernetes)
    }

    fn documents(&mut self, parsed: yaml::Parsed, path: &str, templated: bool) {
        self.rendered.diagnostics.extend(parsed.diagnostics);
        let mut objects = Vec::new();
        let mut wrong = Vec::new();
        for document in parsed.documents {
            flatten(document.node, &mut objects, &mut wrong, 0);
        }
        for Wrong { origin, message } in wrong {
            let message = if origin.file.is_real() { message } else { format!("{path}: {message}") };
            self.rendered.diagnostics.push(Diagnostic::error(Code::NOT_AN_OBJECT, message).at(origin, "this document"));
        }
        let file = self.file(path);
        let manifest = |node| Manifest { node, file: file.clone(), templated };
        self.rendered.objects.extend(objects.into_iter().map(manifest));
    }

    /// The file of a template, by its path from the root chart's name on.
    fn file(&self, path: &str) -> FilePath {
        let below = path.split_once('/').map_or(path, |(_, below)| below);
        self.dir.join(below).unwrap_or_else(|| self.dir.clone())
    }

    /// What is wrong with a document that Helm couldn't read: our own reader's findings, which have places.
    fn broken(&self, path: &str, text: &str, segments: Option<&Vec<Segment>>, message: String) -> Diagnostics {
        let start = 0;
        let found = self.parsed(path, text, start, segments).diagnostics;
        if found.has_errors() { found } else { Diagnostic::error(Code::YAML_SYNTAX, message).into() }
    }
}

/// A values file that the chart brings itself.
fn in_chart(chart: &Chart, path: &str) -> Option<ValuesInput> {
    if path == "values.yaml" {
        return Some(ValuesInput::Node(chart.values.clone()));
    }
    let file = chart.files.iter().find(|file| file.name == path)?;
    file.source().map(|source| ValuesInput::File(Arc::clone(source)))
}

fn not_utf8(crd: &chart::Crd) -> Diagnostics {
    Diagnostic::error(Code::NOT_UTF8, format!("`{}` is not UTF-8", crd.path)).into()
}

fn is_test(hook: &ReleaseManifest) -> bool {
    hook.hook.as_ref().is_some_and(|info| info.events.contains(&Event::Test))
}

fn diagnostics(failure: Failure) -> Diagnostics {
    failure.diagnostics
}

/// The segments of a part of a text.
fn cut(segments: &[Segment], start: usize, end: usize) -> Vec<Segment> {
    let first = segments.partition_point(|s| s.start as usize <= start).saturating_sub(1);
    let inside = segments.iter().skip(first).take_while(|s| (s.start as usize) < end);
    let moved = |s: &Segment| {
        let from = (s.start as usize).saturating_sub(start);
        Segment { start: u32::try_from(from).unwrap_or(u32::MAX), ..s.clone() }
    };
    inside.map(moved).collect()
}
