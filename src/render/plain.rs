//! The plain engine: a directory of manifests, templates among them where the caller wants them.
//!
//! With [`Options::lenient`] it reads a directory as Argo CD does (reposerver/repository/repository.go,
//! `findManifests`); without, every file of the directory is meant to be there, and what isn't a manifest is an error.

use std::sync::Arc;

use super::objects::{Wrong, flatten, is_decodable};
use super::{Env, Manifest, Rendered, jinja};
use crate::diag::{Code, Diagnostic};
use crate::glob::Glob;
use crate::source::{FileId, Origin, SourceFile, SourceKind};
use crate::world::{EntryKind, FilePath, ReadError};
use crate::yaml::{self, Dialect};

/// How a directory is read.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Only this file of the directory.
    pub file: Option<String>,
    /// Whether directories below are read too.
    pub recurse: bool,
    /// Only files that match.
    pub include: Option<Glob>,
    /// No file that matches; beats `include`.
    pub exclude: Option<Glob>,
    /// Whether `.j2` files are rendered. Those whose name starts with `_` are there to be included only.
    pub templates: bool,
    /// File names that aren't manifests, wherever they stand.
    pub reserved: &'static [&'static str],
    /// Directories below that belong to others, and files that are no manifests.
    pub skip: Vec<FilePath>,
    /// Argo CD's leniency: files that don't look like manifests are ignored.
    pub lenient: bool,
}

/// The text that keeps Argo CD from reading a file as a manifest.
const SKIP_FILE: &str = "+argocd:skip-file-rendering";
/// How deep directories may be nested.
const MAX_DEPTH: usize = 100;

/// Renders a directory.
pub fn render(dir: &FilePath, options: &Options, env: &Env) -> Rendered {
    let mut work = Work { dir, options, env, rendered: Rendered::default() };
    match &options.file {
        Some(name) => match dir.join(name) {
            Some(path) => work.file(&path),
            None => work.fail(Code::PATH_ESCAPES, format!("`{name}` leaves the repository")),
        },
        None => work.directory(dir, "", 0),
    }
    work.rendered
}

struct Work<'a, 'w> {
    dir: &'a FilePath,
    options: &'a Options,
    env: &'a Env<'a, 'w>,
    rendered: Rendered,
}

impl Work<'_, '_> {
    fn fail(&mut self, code: Code, message: String) {
        self.rendered.diagnostics.push(Diagnostic::error(code, message));
    }

    /// Files in lexical order of their names, as Go's filepath.Walk visits them.
    fn directory(&mut self, dir: &FilePath, below: &str, depth: usize) {
        let entries = match self.env.reader.list(dir) {
            Ok(entries) => entries,
            Err(error) => {
                let diagnostic = super::unreadable(self.env.reader, dir, &error);
                return self.rendered.diagnostics.push(diagnostic);
            }
        };
        for entry in entries {
            let Some(path) = dir.join(&entry.name) else { continue };
            let relative = if below.is_empty() { entry.name.clone() } else { format!("{below}/{}", entry.name) };
            let skipped = self.options.skip.contains(&path);
            match entry.kind {
                EntryKind::Directory => {
                    let ours = !entry.link && !skipped;
                    if self.options.recurse && ours && depth < MAX_DEPTH {
                        self.directory(&path, &relative, depth + 1);
                    }
                }
                EntryKind::File | EntryKind::BadLink if skipped || !self.wanted(&entry.name, &relative) => {}
                EntryKind::File => self.file(&path),
                EntryKind::BadLink => match self.env.reader.text(&path) {
                    // Argo CD passes over a link to nothing, with a warning.
                    Err(error @ ReadError::Dangling(_)) if self.options.lenient => self.dangling(&error),
                    _ => self.file(&path),
                },
            }
        }
    }

    fn wanted(&self, name: &str, relative: &str) -> bool {
        let options = self.options;
        let manifest = [".yaml", ".yml", ".json"].iter().any(|end| name.ends_with(end));
        let jsonnet = options.lenient && name.ends_with(".jsonnet");
        let template = options.templates && name.ends_with(".j2") && !name.starts_with('_');
        let hidden = !options.lenient && name.starts_with('.');
        (manifest || template || jsonnet)
            && !hidden
            && !options.reserved.contains(&relative)
            && !options.exclude.as_ref().is_some_and(|glob| glob.matches(relative))
            && options.include.as_ref().is_none_or(|glob| glob.matches(relative))
    }

    fn dangling(&mut self, error: &ReadError) {
        let message = format!("{error}: Argo CD passes over it");
        self.rendered.diagnostics.push(Diagnostic::warning(Code::FILE_MISSING, message));
    }

    fn file(&mut self, path: &FilePath) {
        let source = match self.env.reader.text(path) {
            Ok(source) => source,
            Err(error) => {
                let diagnostic = super::unreadable(self.env.reader, path, &error);
                return self.rendered.diagnostics.push(diagnostic);
            }
        };
        if self.options.templates && path.name().ends_with(".j2") {
            self.template(path, &source);
        } else if self.options.lenient && source.text.contains(SKIP_FILE) {
        } else if path.name().ends_with(".jsonnet") {
            let place = self.env.reader.world().show(path);
            let message = format!("`{place}` is Jsonnet, which Terrace doesn't evaluate");
            let diagnostic =
                Diagnostic::error(Code::ENGINE_MISSING, message).at(Origin::new(source.id, 0), "this file");
            self.rendered.diagnostics.push(diagnostic.hint(
                "evaluate it beforehand and commit the result, or keep it out of the source with `directory.exclude`",
            ));
        } else if self.options.lenient && path.name().ends_with(".json") && !is_one_json(&source.text) {
            let message = "Argo CD takes exactly one JSON object from a `.json` file";
            let diagnostic =
                Diagnostic::error(Code::NOT_AN_OBJECT, message).at(Origin::new(source.id, 0), "in this file");
            self.rendered.diagnostics.push(diagnostic.hint("write several as YAML, or as a `kind: List`"));
        } else {
            self.manifests(yaml::parse_file(&source, Dialect::Kubernetes), &source.text, path, false);
        }
    }

    fn template(&mut self, path: &FilePath, source: &Arc<SourceFile>) {
        let env = self.env;
        let here = crate::world::parent(&path.path);
        let load = |name: &str| -> Result<Option<Arc<SourceFile>>, ReadError> {
            // Beside the template first, then from the top of the source.
            let beside = FilePath::new(path.tree, here).join(name);
            for path in [beside, self.dir.join(name)].into_iter().flatten() {
                match env.reader.text(&path) {
                    Ok(source) => return Ok(Some(source)),
                    Err(ReadError::Missing) => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(None)
        };
        let on_read = |path: &[ecow::EcoString]| env.reader.value(path);
        let options = jinja::Options {
            fuel: jinja::DEFAULT_FUEL,
            output_limit: jinja::DEFAULT_OUTPUT_LIMIT,
            record: env.recorder.on(),
            on_read: &on_read,
            load: &load,
        };
        match env.jinja.render(source, env.context, &options) {
            Ok(jinja::Text { text, map }) => match map {
                Some(map) => {
                    let name = format!("{} (rendered)", source.name);
                    let kept = env.reader.world().sources().add(name, text, SourceKind::Rendered(Arc::new(map)));
                    self.manifests(yaml::parse(kept.id, &kept.text, Dialect::Kubernetes), &kept.text, path, true);
                }
                None => {
                    self.manifests(yaml::parse(FileId::TRANSIENT, &text, Dialect::Kubernetes), &text, path, true);
                }
            },
            Err(diagnostics) => self.rendered.diagnostics.extend(diagnostics),
        }
    }

    fn manifests(&mut self, parsed: yaml::Parsed, text: &str, path: &FilePath, templated: bool) {
        let mut objects = Vec::new();
        let mut wrong: Vec<Wrong> = Vec::new();
        // Whether Argo CD's decoder gets past every document; it stops at the first that it can't decode.
        let mut stops = None;
        for document in parsed.documents {
            let before = objects.len();
            let undecodable = document.failed || !is_decodable(&document.node);
            flatten(document.node, &mut objects, &mut wrong, 0);
            if undecodable && stops.is_none() {
                stops = Some(before);
            }
        }
        let looks_like_one = || ["apiVersion:", "kind:", "metadata:"].iter().all(|key| text.contains(key));
        let is_json = path.name().ends_with(".json");
        if self.options.lenient && !is_json && stops == Some(0) && !looks_like_one() {
            return;
        }
        self.rendered.diagnostics.extend(parsed.diagnostics);
        for Wrong { origin, message } in wrong {
            let mut diagnostic = Diagnostic::error(Code::NOT_AN_OBJECT, message);
            if !origin.file.is_real() {
                diagnostic.message = format!("{}: {}", self.env.reader.world().show(path), diagnostic.message);
            }
            self.rendered.diagnostics.push(
                diagnostic.at(origin, "this document").hint("a manifest has `apiVersion`, `kind` and `metadata.name`"),
            );
        }
        let manifest = |node| Manifest { node, file: path.clone(), templated };
        self.rendered.objects.extend(objects.into_iter().map(manifest));
    }
}

/// Whether a text is one JSON value and nothing else.
fn is_one_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}
