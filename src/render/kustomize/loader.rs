//! Reads what a kustomization names: files of its own directory, and other kustomizations (api/internal/loader).

use std::sync::Arc;

use super::failure::{Failure, Result};
use super::options::Options;
use super::remote::{RepoSpec, is_remote_file};
use super::types::Text;
use crate::diag::{Code, Diagnostic};
use crate::render::unreadable;
use crate::source::SourceFile;
use crate::world::{EntryKind, FilePath, ReadError, Reader, parent};

/// The names of a kustomization's file.
pub const FILE_NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// A directory that a build reads from.
#[derive(Clone)]
pub struct Loader<'a, 'w> {
    /// Where files are read from, and recorded.
    pub reader: &'a Reader<'w>,
    options: &'a Options,
    /// The directory.
    root: FilePath,
    /// The directories that led here, outermost first.
    visited: Vec<FilePath>,
    /// The root of the repository that stands for a remote one, if this is in it.
    repository: Option<FilePath>,
}

impl<'a, 'w> Loader<'a, 'w> {
    /// A loader at the directory that is built.
    pub fn new(reader: &'a Reader<'w>, root: FilePath, options: &'a Options) -> Self {
        Self { reader, options, root, visited: Vec::new(), repository: None }
    }

    /// The same, its reads recorded elsewhere.
    pub fn reading<'b>(&self, reader: &'b Reader<'w>) -> Loader<'b, 'w>
    where
        'a: 'b,
    {
        Loader { reader, ..self.clone() }
    }

    /// The directory.
    pub fn root(&self) -> &FilePath {
        &self.root
    }

    /// The directory, as kustomize names it.
    pub fn shown_root(&self) -> String {
        shown(&self.root)
    }

    /// How it builds.
    pub fn options(&self) -> &'a Options {
        self.options
    }

    /// The text of a file that the kustomization names.
    ///
    /// # Errors
    /// Why it can't be read, at the name.
    pub fn text(&self, name: &Text) -> Result<Arc<SourceFile>> {
        let path = self.locate(name)?;
        self.reader.text(&path).map_err(|error| self.unreadable(name, &path, &error))
    }

    /// The bytes of a file that the kustomization names; they may be no text.
    ///
    /// # Errors
    /// Why it can't be read, at the name.
    pub fn bytes(&self, name: &Text) -> Result<Vec<u8>> {
        let path = self.locate(name)?;
        self.reader.bytes(&path).map_err(|error| self.unreadable(name, &path, &error))
    }

    /// Where a file stands that the kustomization names. It need not be there.
    ///
    /// # Errors
    /// A name that leads out of the directory.
    pub fn locate(&self, name: &Text) -> Result<FilePath> {
        if is_remote_file(name) {
            let known = self.options.remotes.as_ref().map_or(Ok(None), |remotes| remotes.file(name, self.reader));
            return known.map_err(|why| elsewhere(name, why))?.ok_or_else(|| not_at_hand(name));
        }
        let path = self.below(name).ok_or_else(|| {
            let text = format!("evalsymlink failure on '{}' : it leaves the repository", &**name);
            let message = format!("`{}` leaves the repository", &**name);
            Failure::told(text, Diagnostic::error(Code::PATH_ESCAPES, message)).at(name.origin, "this path")
        })?;
        if self.is_outside(&path) && self.reader.kind(&path).is_ok_and(|kind| kind == Some(EntryKind::File)) {
            let text = format!("security; file '{}' is not in or below '{}'", shown(&path), shown(&self.root));
            let world = self.reader.world();
            let message = format!("`{}` is not in or below `{}`", world.show(&path), world.show(&self.root));
            return Err(Failure::told(text, Diagnostic::error(Code::PATH_ESCAPES, message))
                .at(name.origin, "a file of another directory")
                .hint("move the file here, or make a kustomization of its directory and name that under `resources`"));
        }
        Ok(path)
    }

    /// Whether a path leads out of the directory, and mustn't. A symbolic link counts by where it leads.
    pub fn is_outside(&self, path: &FilePath) -> bool {
        let real = self.reader.world().real(path);
        !self.options.unrestricted && !is_within(parent(&real.path), &self.root.path)
    }

    fn below(&self, name: &str) -> Option<FilePath> {
        self.root.join(name)
    }

    fn unreadable(&self, name: &Text, path: &FilePath, error: &ReadError) -> Failure {
        let file = shown(path);
        let text = match error {
            ReadError::Missing => format!("evalsymlink failure on '{file}' : lstat {file}: no such file or directory"),
            ReadError::WrongKind(_) => format!("'{file}' must resolve to a file"),
            error => format!("open {file}: {error}"),
        };
        Failure::told(text, unreadable(self.reader, path, error)).at(name.origin, "this file")
    }

    /// The loader of a kustomization that this one names.
    ///
    /// # Errors
    /// A name that leads to no directory, in a circle, or to a repository that isn't at hand.
    pub fn descend(&self, name: &Text) -> Result<Self> {
        if name.is_empty() {
            return Err(Failure::new(Code::INVALID_KUSTOMIZATION, "new root cannot be empty").at(name.origin, "here"));
        }
        if let Some(spec) = RepoSpec::parse(name) {
            return self.descend_into_repository(name, &spec);
        }
        if name.starts_with('/') {
            let text = format!("new root '{}' cannot be absolute", &**name);
            return Err(Failure::new(Code::PATH_ESCAPES, text).at(name.origin, "an absolute path"));
        }
        let root = self.below(name).ok_or_else(|| {
            let message = format!("`{}` leaves the repository", &**name);
            let text = format!("must build at directory: not a valid directory: {message}");
            Failure::told(text, Diagnostic::error(Code::PATH_ESCAPES, message)).at(name.origin, "this path")
        })?;
        let file = shown(&root);
        match self.reader.kind(&root) {
            Ok(Some(EntryKind::Directory)) => {}
            Ok(Some(EntryKind::File)) => {
                let text = format!("must build at directory: '{file}': file is not directory");
                let message = format!("`{}` is a file, expected a directory", self.reader.world().show(&root));
                return Err(Failure::told(text, Diagnostic::error(Code::FILE_UNREADABLE, message))
                    .at(name.origin, "not a directory"));
            }
            Ok(_) => return Err(self.no_directory(name, &root, &ReadError::Missing)),
            Err(error) => return Err(self.no_directory(name, &root, &error)),
        }
        if let Some(repository) = self.repository.as_ref().filter(|repository| !is_within(&root.path, &repository.path))
        {
            let text = format!(
                "security; bases in kustomizations found in cloned git repos must be within the repo, but base '{file}' is outside '{}'",
                shown(repository)
            );
            return Err(Failure::new(Code::PATH_ESCAPES, text).at(name.origin, "this base"));
        }
        self.enter(name, root, self.repository.clone())
    }

    fn no_directory(&self, name: &Text, root: &FilePath, error: &ReadError) -> Failure {
        let file = shown(root);
        let text = format!(
            "must build at directory: not a valid directory: evalsymlink failure on '{file}' : lstat {file}: no such file or directory"
        );
        let mut diagnostic = unreadable(self.reader, root, error);
        if *error == ReadError::Missing {
            let place = self.reader.world().show(root);
            diagnostic =
                Diagnostic::error(Code::FILE_MISSING, format!("there is neither a file nor a directory `{place}`"));
            let beside = FilePath::new(root.tree, parent(&root.path));
            if let Ok(entries) = self.reader.list(&beside) {
                diagnostic = diagnostic.did_you_mean(root.name(), entries.iter().map(|entry| entry.name.as_str()));
            }
        }
        Failure::told(text, diagnostic).at(name.origin, "named here")
    }

    fn descend_into_repository(&self, name: &Text, spec: &RepoSpec) -> Result<Self> {
        let repository = self
            .options
            .remotes
            .as_ref()
            .map_or(Ok(None), |remotes| remotes.repository(&spec.url, spec.revision.as_deref(), self.reader));
        let repository = repository.map_err(|why| elsewhere(name, why))?.ok_or_else(|| not_at_hand(name))?;
        let root = repository.join(&spec.path).ok_or_else(|| not_at_hand(name))?;
        match self.reader.kind(&root) {
            Ok(Some(EntryKind::Directory)) => self.enter(name, root, Some(repository)),
            Ok(_) => Err(self.no_directory(name, &root, &ReadError::Missing)),
            Err(error) => Err(self.no_directory(name, &root, &error)),
        }
    }

    fn enter(&self, name: &Text, root: FilePath, repository: Option<FilePath>) -> Result<Self> {
        let root = self.reader.world().real(&root);
        let mut visited = self.visited.clone();
        visited.push(self.root.clone());
        let contains = |dir: &&FilePath| dir.tree == root.tree && is_within(&dir.path, &root.path);
        if let Some(inside) = visited.iter().rev().find(contains) {
            let text =
                format!("cycle detected: candidate root '{}' contains visited root '{}'", shown(&root), shown(inside));
            let world = self.reader.world();
            let message = format!("`{}` is, or holds, `{}`, which led here", world.show(&root), world.show(inside));
            return Err(Failure::told(text, Diagnostic::error(Code::INVALID_KUSTOMIZATION, message))
                .at(name.origin, "leads in a circle"));
        }
        Ok(Self { reader: self.reader, options: self.options, root, visited, repository })
    }
}

/// A path as kustomize prints it: from the root of the disk on.
pub fn shown(path: &FilePath) -> String {
    format!("/{}", path.path)
}

/// Whether `path` is `dir`, or below it.
fn is_within(path: &str, dir: &str) -> bool {
    dir.is_empty() || path == dir || path.strip_prefix(dir).is_some_and(|rest| rest.starts_with('/'))
}

/// What stands elsewhere, is at hand, and can't be read.
fn elsewhere(name: &Text, why: Diagnostic) -> Failure {
    Failure::told(why.message.clone(), why).at(name.origin, "stands elsewhere")
}

fn not_at_hand(name: &Text) -> Failure {
    let text = format!("`{}` is not at hand: nothing is fetched", &**name);
    let url = name.split('?').next().unwrap_or_default();
    Failure::new(Code::UNKNOWN_REPOSITORY, text).at(name.origin, "stands elsewhere").hint(&format!(
        "say where a copy of it stands: an entry under `repositories` in terrace.yaml, `{{url: {url}, path: …}}`"
    ))
}
