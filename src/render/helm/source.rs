//! A chart as a source: loaded, prepared, rendered, and its documents made into objects.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::chart::{self, Chart, Failure, Overrides, Prepared, ValuesInput};
use super::effects::Seeded;
use super::fault;
use super::options::{Options, SetKind, Values};
use super::program::Program;
use super::release::{Capabilities, Event, Output, ReleaseManifest, collect};
use super::template::{self, Release};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::provenance::{RenderMap, Segment};
use crate::render::objects::{Wrong, flatten};
use crate::render::{Env, Manifest, Rendered};
use crate::source::{FileId, Origin, SourceFile, SourceKind};
use crate::world::FilePath;
use crate::yaml::{self, Dialect};

/// Renders a chart: the objects in the order in which `helm template` prints them, hooks and custom resource definitions
/// included.
pub fn render(dir: &FilePath, options: &Options, env: &Env) -> Rendered {
    let mut work = Work { dir, options, env, rendered: Rendered::default() };
    if let Err(problems) = work.run() {
        work.rendered.objects.clear();
        work.rendered.diagnostics.extend(problems);
    }
    work.rendered
}

struct Work<'a, 'w> {
    dir: &'a FilePath,
    options: &'a Options,
    env: &'a Env<'a, 'w>,
    rendered: Rendered,
}

/// The rendered files and, while recording, which bytes of each come from where.
type Made = (Vec<super::release::RenderedFile>, BTreeMap<String, Vec<Segment>>);

impl Work<'_, '_> {
    fn run(&mut self) -> Result<(), Diagnostics> {
        let (options, env, profile) = (self.options, self.env, self.options.profile);
        let release = self.release()?;
        let missing = |dependency: &chart::Dependency| self.supplied(dependency);
        let loaded = env.helm.load(self.dir, profile, Some(&missing), env.reader).map_err(diagnostics)?;
        self.rendered.diagnostics.extend(loaded.warnings.clone());
        let user = self.user_values(&loaded)?;
        let kube_version = &release.capabilities.kube_version;
        let kube_version = chart::KubeVersion { compared: kube_version.compared(), shown: kube_version.version() };
        let skip_schema = options.skip_schema_validation;
        let prepare = chart::PrepareOptions { profile, kube_version: Some(kube_version), skip_schema };
        let prepared = chart::prepare(&loaded, &user, &prepare, env.recorder).map_err(diagnostics)?;
        self.warn(&prepared);
        let program = env.helm.program(self.dir, &prepared.root, profile).map_err(|why| fault::unparsed(&why))?;
        let (files, segments) = self.templates(&program, &prepared, &release)?;
        let crds = prepared.root.crds();
        let output = collect(files, Vec::new(), prepared.root.name(), profile).map_err(|broken| {
            let message = format!("{}: what the template made can't be read: {}", broken.path, broken.text);
            let reads = segments.get(broken.path.as_str());
            self.broken(&broken.path, &broken.document, reads, message)
        })?;
        if !options.skip_crds {
            for crd in crds {
                self.crd(&crd);
            }
        }
        self.objects(&output, &segments);
        Ok(())
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
        super::repository::find(self.env.reader, place, &dependency.name, &dependency.version)
    }

    fn user_values(&mut self, chart: &Chart) -> Result<yaml::Node, Diagnostics> {
        let (options, reader) = (self.options, self.env.reader);
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
        let recorder = self.env.recorder;
        let given = chart::overrides(&overrides, options.profile, sources, recorder, &mut self.rendered.diagnostics);
        given.map_err(|failure| diagnostics(failure).into_iter().map(|problem| self.said(problem)).collect())
    }

    /// A single value that can't be read is shown where it is said.
    fn said(&self, problem: Diagnostic) -> Diagnostic {
        let sources = self.env.reader.world().sources();
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
        let (profile, record) = (self.options.profile, self.env.recorder.on());
        let identity: Vec<&str> = self.options.identity.iter().map(String::as_str).collect();
        let mut effects = Seeded::new(&identity);
        let made = template::render(program, prepared, release, profile, &mut effects, record);
        let rendered = made.map_err(|failed| {
            let again = || template::render(program, prepared, release, profile, &mut Seeded::new(&identity), true);
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
            let message = format!("`{}` is not UTF-8", crd.path);
            return self.rendered.diagnostics.push(Diagnostic::error(Code::NOT_UTF8, message));
        };
        let parsed = yaml::parse_file(source, Dialect::Kubernetes);
        self.documents(parsed, &crd.path, false);
    }

    fn objects(&mut self, output: &Output, segments: &BTreeMap<String, Vec<Segment>>) {
        let options = self.options;
        let hooks = output.hooks.iter().filter(|hook| !(options.no_hooks || options.skip_tests && is_test(hook)));
        for manifest in output.manifests.iter().chain(hooks) {
            let made = segments.get(manifest.path.as_str());
            let parsed = self.parsed(&manifest.path, &manifest.text, manifest.start, made);
            self.documents(parsed, &manifest.path, true);
        }
    }

    /// A document read, as a text of its own that leads back to the templates while recording.
    fn parsed(&self, path: &str, text: &str, start: usize, segments: Option<&Vec<Segment>>) -> yaml::Parsed {
        let Some(segments) = segments else {
            return yaml::parse(FileId::TRANSIENT, text, Dialect::Kubernetes);
        };
        let map = RenderMap { segments: cut(segments, start, start + text.len()) };
        let sources = self.env.reader.world().sources();
        let kept = sources.add(format!("{path} (rendered)"), text, SourceKind::Rendered(Arc::new(map)));
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
