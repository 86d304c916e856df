//! `files` of a git generator: the union of what the patterns include, without what they exclude, by path.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::failure::Failure;
use super::git::{Listing, Place, contents};
use super::params::{Params, floats};
use super::run::Run;
use super::values::Values;
use crate::diag::{Code, Diagnostic};
use crate::glob::doublestar;
use crate::glob::pathspec::{self, Pathspec};
use crate::source::Origin;
use crate::world::{EntryKind, FilePath, ReadError, Reader, normalize, parent};
use crate::yaml::{self, Dialect, Limits, Node, Value};

/// The parameter sets of files.
///
/// # Errors
/// A pattern is none or matches a directory, a file can't be read, or a template of `values` fails.
pub fn generate(
    run: &Run,
    generator: &Node,
    files: &[Node],
    root: &FilePath,
    url: &str,
) -> Result<Vec<Params>, Failure> {
    let mut found: BTreeMap<String, Origin> = BTreeMap::new();
    let excludes = |item: &&Node| item.get("exclude").and_then(Node::as_bool).unwrap_or_default();
    let search = Search { run, root, url };
    for item in files.iter().filter(|item| !excludes(item)) {
        for path in search.matches(item)? {
            found.entry(path).or_insert(item.get("path").map_or(item.origin, |path| path.origin));
        }
    }
    for item in files.iter().filter(excludes) {
        for path in search.matches(item)? {
            found.remove(&path);
        }
    }
    let prefix = generator.str_at(&["pathParamPrefix"]);
    let values = Values::of(run, generator);
    let mut made = Vec::new();
    for (path, named_at) in found {
        let before = format!("unable to process file '{path}' from repository '{url}': ");
        let file = run
            .file(root, &path)
            .map_err(|failure| failure.named_at(named_at, "this pattern matches it").within(&before))?;
        let (directory, name) = (parent(&path), path.rsplit('/').next().unwrap_or_default());
        let directory = if directory.is_empty() { "." } else { directory };
        for object in &file.objects {
            let mut params = contents(object, run.language.go);
            Place { path: directory, file: Some(name), at: file.origin, prefix }.add_to(&mut params, run.language.go);
            values
                .add_to(run, &mut params)
                .map_err(|failure| failure.within("failed to append templated values: ").within(&before))?;
            made.push(params);
        }
    }
    Ok(made)
}

/// What a file says.
#[derive(Debug)]
pub struct File {
    /// A mapping for each parameter set; what isn't one is empty.
    pub objects: Vec<Node>,
    /// Where the file starts.
    pub origin: Origin,
}

impl File {
    /// Reads a file.
    ///
    /// # Errors
    /// It can't be read, isn't YAML, or is neither a mapping nor a list of mappings.
    pub fn read(reader: &Reader, path: &FilePath) -> Result<Self, Failure> {
        let source = reader.text(path).map_err(|error| {
            let shown = reader.world().show(path);
            let said = format!("unable to parse file: {shown}: {error}");
            Failure::of(said, crate::render::unreadable(reader, path, &error))
        })?;
        let origin = Origin::new(source.id, 0);
        let parsed = yaml::parse_first(source.id, &source.text, Dialect::Kubernetes, Limits::default());
        let node = if parsed.diagnostics.has_errors() {
            // In Argo CD's words, if it says anything at all.
            match yaml::unmarshal(&source.text) {
                Ok(node) => node,
                Err(error) => {
                    return Err(Failure {
                        text: format!("unable to parse file: {error}"),
                        diagnostics: parsed.diagnostics,
                    });
                }
            }
        } else {
            parsed.into_first()
        };
        let objects = objects(&floats(&node), origin)?;
        Ok(Self { objects, origin })
    }
}

fn objects(node: &Node, origin: Origin) -> Result<Vec<Node>, Failure> {
    let decoding = "unable to parse file: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal";
    let word = |node: &Node| match &node.value {
        Value::Bool(_) => "bool",
        Value::Seq(_) => "array",
        Value::Str(_) => "string",
        _ => "number",
    };
    let fail = |node: &Node, go: &str, message: String| {
        let at = if node.origin.file.is_real() { node.origin } else { origin };
        let diagnostic = Diagnostic::error(Code::INVALID_VALUE, message).at(at, "expected a mapping");
        Failure::of(format!("{decoding} {} into Go value of type {go}", word(node)), diagnostic)
    };
    match &node.value {
        Value::Null | Value::Map(_) => Ok(vec![node.clone()]),
        Value::Seq(items) => items
            .iter()
            .map(|item| match &item.value {
                Value::Null | Value::Map(_) => Ok(item.clone()),
                other => {
                    let message = format!("an element of a file with parameters is {}", other.kind());
                    Err(fail(item, "map[string]interface {}", message))
                }
            })
            .collect(),
        other => {
            let message = format!("a file with parameters holds {}", other.kind());
            Err(fail(node, "[]map[string]interface {}", message))
        }
    }
}

/// Where patterns are looked for.
struct Search<'a, 's, 'w> {
    run: &'a Run<'s, 'w>,
    root: &'a FilePath,
    url: &'a str,
}

impl Search<'_, '_, '_> {
    /// The files that a pattern matches, by path.
    fn matches(&self, item: &Node) -> Result<Vec<String>, Failure> {
        let path = item.get("path");
        let at = path.map_or(item.origin, |path| path.origin);
        let pattern = path.and_then(Node::as_str).filter(|pattern| !pattern.is_empty()).unwrap_or(".");
        let found = match self.run.outside.new_git_file_globbing {
            true => self.doublestar(pattern, at)?,
            false => self.pathspec(pattern, at, item)?,
        };
        for path in &found {
            let Some(file) = self.root.join(path) else { continue };
            match self.run.outside.reader.kind(&file) {
                Ok(Some(EntryKind::File)) => {}
                Ok(Some(EntryKind::Directory)) => {
                    let shown = if path.is_empty() { "the repository's root" } else { path };
                    let said = format!("read {path}: is a directory");
                    return Err(self.failed("read", pattern, &said, |failed| {
                        failed.at(at, format!("it matches `{shown}`")).hint(
                            "a pattern of `files` must match files only: end it with a file's name, such as `*.yaml`",
                        )
                    }));
                }
                other => {
                    let error = other.err().unwrap_or(ReadError::Missing);
                    let problem = crate::render::unreadable(self.run.outside.reader, &file, &error);
                    let said = format!("open {path}: {error}");
                    let failure = self.failed("read", pattern, &said, |failed| failed);
                    return Err(Failure::of(failure.text, problem.named_at(at, "this pattern matches it")));
                }
            }
        }
        Ok(found)
    }

    fn failed(&self, did: &str, pattern: &str, said: &str, place: impl FnOnce(Diagnostic) -> Diagnostic) -> Failure {
        let url = self.url;
        let text = format!(
            "error retrieving Git files: rpc error: code = Internal desc = unable to {did} files. repo {url} with pattern \
             {pattern}: {said}"
        );
        let message = match did {
            "read" => format!("the pattern `{pattern}` matches a directory, not only files"),
            _ => format!("`{pattern}` is not a pattern: {said}"),
        };
        Failure::of(text, place(Diagnostic::error(Code::INVALID_APPLICATION_SET, message)))
    }

    fn pathspec(&self, pattern: &str, at: Origin, item: &Node) -> Result<Vec<String>, Failure> {
        let pathspec = Pathspec::new(pattern).map_err(|fault| {
            self.failed("list", pattern, &fault.to_string(), |failed| {
                let failed = failed.at(at, "not a pattern of git's");
                match fault {
                    pathspec::Fault::Outside => failed.hint("patterns start at the repository's root, without a slash"),
                    pathspec::Fault::Magic(_) => {
                        failed.hint("known are `glob`, `literal`, `icase`, `top` and `exclude`")
                    }
                }
            })
        })?;
        let listing: Rc<Listing> = self.run.listing(self.root);
        let found: Vec<String> = listing.files.iter().filter(|path| pathspec.matches(path)).cloned().collect();
        if item.get("exclude").and_then(Node::as_bool) != Some(true) {
            self.run.lint.greedy(pattern, at, &found);
        }
        Ok(found)
    }

    fn doublestar(&self, pattern: &str, at: Origin) -> Result<Vec<String>, Failure> {
        // What leads out of the repository is found and then left out.
        let Some(clean) = normalize(pattern) else { return Ok(Vec::new()) };
        if clean.is_empty() {
            return Ok(vec![String::new()]);
        }
        let files = Files { reader: self.run.outside.reader, root: self.root };
        doublestar::expand(&files, &clean).map_err(|fault| {
            let said = match fault {
                doublestar::Fault::Syntax => "syntax error in pattern".to_owned(),
                doublestar::Fault::TooMuch => fault.to_string(),
            };
            self.failed("list", pattern, &said, |failed| failed.at(at, "not a glob"))
        })
    }
}

/// A repository as doublestar looks at it.
struct Files<'a, 'w> {
    reader: &'a Reader<'w>,
    root: &'a FilePath,
}

impl doublestar::Files for Files<'_, '_> {
    fn list(&self, dir: &str) -> Vec<(String, bool)> {
        let entries = self.root.join(dir).and_then(|dir| self.reader.list(&dir).ok()).unwrap_or_default();
        entries.into_iter().map(|entry| (entry.name, entry.kind == EntryKind::Directory)).collect()
    }

    fn stat(&self, path: &str) -> Option<bool> {
        let kind = self.reader.kind(&self.root.join(path)?).ok()??;
        Some(kind == EntryKind::Directory)
    }
}
