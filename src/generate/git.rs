//! `git`: directories of a repository, or what files in it say (applicationset/generators/git.go).

use std::collections::BTreeSet;
use std::rc::Rc;

use ecow::{EcoString, EcoVec};

use super::failure::Failure;
use super::git_files;
use super::outside::Wanted;
use super::params::{Param, Params, flatten_node, show_node};
use super::run::Run;
use super::slug::normalize;
use super::values::Values;
use crate::diag::{Code, Diagnostic};
use crate::glob::path_match::PathPattern;
use crate::source::Origin;
use crate::world::{EntryKind, FilePath, Reader};
use crate::yaml::Node;

/// The parameter sets of the directories that match, or of the files.
///
/// # Errors
/// The project or the repository isn't there, a file can't be read, or a template of `values` fails.
pub fn generate(run: &Run, generator: &Node) -> Result<Vec<Params>, Failure> {
    project(run)?;
    let list = |key: &str| generator.get(key).and_then(Node::as_seq).unwrap_or_default();
    let (directories, files) = (list("directories"), list("files"));
    if directories.is_empty() && files.is_empty() {
        return Err(Failure::invalid(
            "ApplicationSet is empty",
            "a git generator needs `directories` or `files`",
            generator.origin,
            "neither is here",
        ));
    }
    let url = generator.get("repoURL");
    let text = |node: Option<&Node>| node.and_then(Node::as_str).unwrap_or_default().to_owned();
    let (url_text, revision) = (text(url), text(generator.get("revision")));
    let at = |node: Option<&Node>| node.map_or(generator.origin, |node| node.origin);
    let wanted =
        Wanted { url: &url_text, revision: &revision, url_at: at(url), revision_at: at(generator.get("revision")) };
    let step = match directories.is_empty() {
        true => "error generating params from git: error in GetRepository: ",
        false => "error generating params from git: error getting directories from repo: error in GetRepository: ",
    };
    let root = (run.outside.repositories)(wanted)
        .map_err(|problem| Failure::of(format!("{step}{}", problem.message), problem))?;
    let made = match directories.is_empty() {
        false => from_directories(run, generator, directories, &root),
        true => git_files::generate(run, generator, files, &root, &url_text),
    };
    made.map_err(|failure| failure.within("error generating params from git: "))
}

/// The project of the set has to be there, if it can be known.
fn project(run: &Run) -> Result<(), Failure> {
    let project = run.set.template.at(&["spec", "project"]);
    let name = project.and_then(Node::as_str).unwrap_or_default();
    let Some(projects) = run.outside.projects.filter(|_| !name.contains("{{")) else { return Ok(()) };
    if projects.contains(name) {
        return Ok(());
    }
    let at = project.map_or(run.set.template.origin, |project| project.origin);
    Err(Failure::of(
        format!("error getting project {name}: appprojects.argoproj.io \"{name}\" not found"),
        Diagnostic::error(Code::INVALID_APPLICATION_SET, format!("there is no project `{name}`"))
            .at(at, "a git generator asks for it")
            .did_you_mean(name, projects.iter().map(String::as_str)),
    ))
}

/// What stands in a repository.
#[derive(Debug, Default)]
pub struct Listing {
    /// Directories, as Go's `filepath.WalkDir` comes to them; hidden ones aren't there.
    pub directories: Vec<String>,
    /// Files and symbolic links, by path.
    pub files: BTreeSet<String>,
}

impl Listing {
    /// Walks through a repository.
    pub fn new(reader: &Reader, root: &FilePath) -> Self {
        let mut listing = Self::default();
        listing.walk(reader, root, "", true);
        listing
    }

    fn walk(&mut self, reader: &Reader, root: &FilePath, below: &str, shown: bool) {
        let Some(entries) = root.join(below).and_then(|dir| reader.list(&dir).ok()) else { return };
        for entry in entries {
            let path = if below.is_empty() { entry.name.clone() } else { format!("{below}/{}", entry.name) };
            if entry.kind == EntryKind::Directory && !entry.link {
                let shown = shown && !entry.name.starts_with('.');
                if shown {
                    self.directories.push(path.clone());
                }
                self.walk(reader, root, &path, shown);
            } else {
                self.files.insert(path);
            }
        }
    }
}

/// A pattern, and what it does with what matches.
struct Item<'n> {
    pattern: Option<PathPattern>,
    excludes: bool,
    node: &'n Node,
}

fn from_directories(
    run: &Run,
    generator: &Node,
    directories: &[Node],
    root: &FilePath,
) -> Result<Vec<Params>, Failure> {
    let listing: Rc<Listing> = run.listing(root);
    let items: Vec<Item> = directories
        .iter()
        .map(|node| Item {
            pattern: PathPattern::new(node.str_at(&["path"]).unwrap_or_default()),
            excludes: node.get("exclude").and_then(Node::as_bool).unwrap_or_default(),
            node,
        })
        .collect();
    let prefix = generator.str_at(&["pathParamPrefix"]);
    let values = Values::of(run, generator);
    let mut made = Vec::new();
    for directory in &listing.directories {
        let matches = |item: &&Item| item.pattern.as_ref().is_some_and(|pattern| pattern.matches(directory));
        let Some(item) = items.iter().filter(|item| !item.excludes).find(matches) else { continue };
        if items.iter().filter(|item| item.excludes).any(|item| matches(&item)) {
            continue;
        }
        let at = item.node.get("path").map_or(item.node.origin, |path| path.origin);
        let mut params = Params::new();
        Place { path: directory, file: None, at, prefix }.add_to(&mut params, run.language.go);
        values.add_to(run, &mut params).map_err(|failure| {
            failure.within("error generating params from apps: failed to append templated values: ")
        })?;
        made.push(params);
    }
    Ok(made)
}

/// A directory, or the one that a file stands in, as parameters.
pub(super) struct Place<'a> {
    /// The directory's path; `.` for the root.
    pub path: &'a str,
    /// The file's name.
    pub file: Option<&'a str>,
    /// Where it was said.
    pub at: Origin,
    /// `pathParamPrefix`.
    pub prefix: Option<&'a str>,
}

impl Place<'_> {
    /// Adds them; what a file says under the same keys gives way.
    pub fn add_to(&self, params: &mut Params, go: bool) {
        let base = self.path.rsplit('/').next().unwrap_or_default();
        let segments = self.path.split('/');
        let mut texts = vec![("path", self.path.to_owned()), ("basename", base.to_owned())];
        if let Some(file) = self.file {
            texts.push(("filename", file.to_owned()));
        }
        texts.push(("basenameNormalized", normalize(base)));
        if let Some(file) = self.file {
            texts.push(("filenameNormalized", normalize(file)));
        }
        if go {
            let mut path = Params::new();
            for (key, text) in texts {
                path.text(key, text, self.at);
            }
            let segments: EcoVec<Node> = segments.map(|segment| Node::new(segment, self.at)).collect();
            path.set("segments", self.at, Param::List(segments, self.at));
            let path = Param::Dict(path, self.at);
            match self.prefix {
                None => params.set("path", self.at, path),
                Some(prefix) => {
                    let mut inner = Params::new();
                    inner.set("path", self.at, path);
                    params.set(prefix, self.at, Param::Dict(inner, self.at));
                }
            }
            return;
        }
        let name: EcoString = match self.prefix {
            None => "path".into(),
            Some(prefix) => ecow::eco_format!("{prefix}.path"),
        };
        for (key, text) in texts {
            let key = if key == "path" { name.clone() } else { ecow::eco_format!("{name}.{key}") };
            params.text(key, text, self.at);
        }
        for (index, segment) in segments.enumerate().filter(|(_, segment)| !segment.is_empty()) {
            params.text(ecow::eco_format!("{name}[{index}]"), segment, self.at);
        }
    }
}

/// What a file says, as parameters.
pub(super) fn contents(node: &Node, go: bool) -> Params {
    let Some(map) = node.as_map() else { return Params::new() };
    if go {
        return Params::of(map);
    }
    let mut params = Params::new();
    for entry in map {
        flatten_node(&entry.value, entry.key.clone(), &mut |key, node| {
            params.text(key, show_node(node), node.origin);
        });
    }
    params
}
