//! The engines: a source in, objects out. They know nothing of fleets, layers, clusters or Argo CD.

pub mod go_json;
pub mod go_regex;
pub mod helm;
pub mod jinja;
pub mod kustomize;
pub mod plain;

mod objects;

use std::sync::Arc;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::provenance::Recorder;
use crate::source::Origin;
use crate::world::{EntryKind, FilePath, ReadError, Reader};
use crate::yaml::Node;

/// What is rendered: a directory, by an engine.
#[derive(Clone, Debug)]
pub struct Source {
    /// The directory.
    pub dir: FilePath,
    /// What renders it.
    pub engine: Engine,
}

/// What renders a source.
#[derive(Clone, Debug)]
pub enum Engine {
    /// Manifests, and templates among them.
    Plain(plain::Options),
    /// A chart: the directory is the chart's, or the path of its archive.
    Helm(Arc<helm::options::Options>),
    /// A kustomization.
    Kustomize(Arc<kustomize::options::Options>),
}

/// What an engine works with.
pub struct Env<'a, 'w> {
    /// Where files are read from, and recorded.
    pub reader: &'a Reader<'w>,
    /// The compiled templates of the run.
    pub jinja: &'a jinja::Engine,
    /// The charts of the run.
    pub helm: &'a helm::Charts,
    /// The bases of the run's kustomizations.
    pub kustomize: &'a kustomize::bases::Bases,
    /// What templates see.
    pub context: &'a jinja::Context,
    /// Whether, and where, the steps of values are recorded.
    pub recorder: &'a Recorder,
    /// Whether what is odd is told though it renders: values that no template reads.
    pub lint: bool,
}

/// What an engine made.
#[derive(Debug, Default)]
pub struct Rendered {
    /// The objects, in the order of the source.
    pub objects: Vec<Manifest>,
    /// What went wrong. With an error among them the objects are not whole.
    pub diagnostics: Diagnostics,
}

/// An object as an engine made it.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// The object.
    pub node: Node,
    /// The file that it stands in.
    pub file: FilePath,
    /// Whether a text engine made it: its origins mean something only while recording.
    pub templated: bool,
}

/// Renders a source.
pub fn render(source: &Source, env: &Env) -> Rendered {
    match &source.engine {
        Engine::Plain(options) => plain::render(&source.dir, options, env),
        Engine::Helm(options) => helm::render(&source.dir, options, env),
        Engine::Kustomize(options) => kustomize::render(&source.dir, options, env),
    }
}

/// The diagnostic of a file that can't be read. Only what isn't UTF-8 has a place in it; the caller knows who named it.
pub fn unreadable(reader: &Reader, path: &FilePath, error: &ReadError) -> Diagnostic {
    let place = reader.world().show(path);
    match error {
        ReadError::Missing => Diagnostic::error(Code::FILE_MISSING, format!("there is no file `{place}`")),
        ReadError::Escapes(how) => Diagnostic::error(Code::PATH_ESCAPES, how.clone())
            .hint("only files of declared repositories are read: put a copy there, or declare the other repository"),
        ReadError::NotUtf8 { at } => {
            let diagnostic = Diagnostic::error(Code::NOT_UTF8, format!("`{place}` is not UTF-8"))
                .hint("save it in UTF-8; an editor may call what it is now Latin-1, Windows-1252 or UTF-16");
            match reader.world().lossy(path) {
                Some(shown) => diagnostic.at(Origin::new(shown.id, *at), "the first byte that is not UTF-8"),
                None => diagnostic,
            }
        }
        ReadError::WrongKind(EntryKind::Directory) => {
            Diagnostic::error(Code::FILE_UNREADABLE, format!("`{place}` is a directory, expected a file"))
        }
        ReadError::Failed(why) if why.starts_with('`') => Diagnostic::error(Code::FILE_UNREADABLE, why.clone()),
        error => Diagnostic::error(Code::FILE_UNREADABLE, format!("`{place}` {error}")),
    }
}
