//! What the verbs that compile have in common.

use super::args::{Format, InputArgs, SelectionArgs};
use super::ui::{Stream, Ui, opening, selection};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cache::Cache;
use crate::diag::{Diagnostics, Severity};
use crate::exit::Exit;
use crate::pipeline::{Compiled, Compiler, Opening, Options, Selection};
use crate::source::Sources;

/// Results that are being kept for later runs, while the verb goes on.
#[derive(Default)]
pub struct Saving(Option<std::thread::JoinHandle<()>>);

impl Saving {
    /// Keeps what a cache got to keep. That it can't be written is no finding: the next run takes longer, that is all.
    pub fn start(cache: Option<Arc<Cache>>) -> Self {
        Self(cache.map(|cache| std::thread::spawn(move || drop(cache.save()))))
    }
}

impl Saving {
    /// Waits until all is kept.
    pub fn wait(&mut self) {
        if let Some(thread) = self.0.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Saving {
    fn drop(&mut self) {
        self.wait();
    }
}

/// The cache of the fleet that is opened, unless none is wanted or there is no place for one.
pub fn cache(input: &InputArgs, opening: &Opening) -> Option<Arc<Cache>> {
    let root = cache_root(input.cache_dir.as_deref()).filter(|_| !input.no_cache)?;
    Some(Arc::new(Cache::open(&opening.current_dir.join(root), &opening.fleet_dir())))
}

/// Where caches are: as given, as `TERRACE_CACHE_DIR` says (nowhere, if it is empty), or in the user's cache directory.
pub fn cache_root(given: Option<&Path>) -> Option<PathBuf> {
    let set = std::env::var_os("TERRACE_CACHE_DIR").map(PathBuf::from);
    if let (None, Some(set)) = (given, set) {
        return (!set.as_os_str().is_empty()).then_some(set);
    }
    let from = |name: &str, below: &str| {
        let dir = std::env::var_os(name).map(PathBuf::from).filter(|dir| dir.is_absolute())?;
        Some(dir.join(below))
    };
    given.map(Path::to_path_buf).or_else(|| from("XDG_CACHE_HOME", "terrace")).or_else(|| match cfg!(windows) {
        true => from("LOCALAPPDATA", "terrace"),
        false => from("HOME", ".cache/terrace"),
    })
}

/// A fleet that was compiled, and what was said about it.
pub struct Session {
    /// The compiler, with all texts of the run.
    pub compiler: Compiler,
    /// The fleet.
    pub compiled: Compiled,
    /// Which part of it was asked for.
    pub selection: Selection,
    /// Where it was opened.
    pub opening: Opening,
    /// What is being kept of it.
    pub saving: Saving,
    /// Where results of earlier runs come from.
    pub cache: Option<Arc<Cache>>,
}

/// What a verb asks for.
pub struct Asked<'a> {
    /// The roots.
    pub roots: &'a [String],
    /// The inputs.
    pub input: &'a InputArgs,
    /// The part.
    pub selection: &'a SelectionArgs,
    /// How findings are shown.
    pub format: Format,
    /// How it is compiled.
    pub options: Options,
    /// The output directory, which is never read.
    pub output: Option<&'a std::path::Path>,
    /// The commit to compile; none: the files as they stand, or what the flags say.
    pub commit: Option<OfCommit<'a>>,
    /// Whether what is staged is compiled.
    pub staged: bool,
}

/// A commit to compile.
#[derive(Clone, Copy)]
pub struct OfCommit<'a> {
    /// Its name.
    pub revision: &'a str,
    /// Whether what it names is read at the revisions that are named.
    pub pinned: bool,
}

/// Compiles what a verb asks for. What can't be compiled at all is told here.
///
/// # Errors
/// Nothing could be done: it has been told.
pub fn compile(ui: &Ui, asked: &Asked) -> Result<Session, Exit> {
    let none = Sources::new();
    let mut opening = match opening(asked.input, asked.roots, ui) {
        Ok(opening) => opening,
        Err(diagnostics) => {
            ui.findings(&diagnostics, &none, asked.format, Stream::Err);
            return Err(Exit::Nothing);
        }
    };
    let cache = cache(asked.input, &opening);
    let compiler = cache.clone().map_or_else(Compiler::new, Compiler::with_cache);
    let fail = |diagnostics: Diagnostics| {
        ui.findings(&diagnostics, compiler.sources(), asked.format, Stream::Err);
        Exit::Nothing
    };
    if let Some(commit) = asked.commit {
        opening.revision = Some(commit.revision.to_owned());
        opening.pinned = commit.pinned;
    }
    opening.staged = asked.staged;
    opening.output = asked.output.map(|output| opening.current_dir.join(output));
    let selection = match selection(asked.selection) {
        Ok(selection) => selection,
        Err(diagnostics) => return Err(fail(diagnostics)),
    };
    let progress = ui.progress("compiling");
    let compiled = compiler.compile(&opening, asked.options);
    drop(progress);
    let compiled = match compiled {
        Ok(compiled) if !compiled.fatal => compiled,
        Ok(compiled) => return Err(fail(compiled.diagnostics)),
        Err(diagnostics) => return Err(fail(diagnostics)),
    };
    let unknown = selection.unknown(&compiled);
    if !unknown.is_empty() {
        return Err(fail(unknown));
    }
    Ok(Session { compiler, compiled, selection, opening, saving: Saving::start(cache.clone()), cache })
}

/// Compiles another state of what a session has compiled: a commit, with the same flags.
///
/// # Errors
/// It can't be compiled: what was found.
pub fn compile_at(session: &Session, asked: &Asked, revision: &str) -> Result<(Compiler, Compiled), Diagnostics> {
    let compiler = session.cache.clone().map_or_else(Compiler::new, Compiler::with_cache);
    let opening = Opening { revision: Some(revision.to_owned()), staged: false, ..session.opening.clone() };
    match compiler.compile(&opening, asked.options) {
        Ok(compiled) if !compiled.fatal => Ok((compiler, compiled)),
        Ok(compiled) => Err(compiled.diagnostics),
        Err(diagnostics) => Err(diagnostics),
    }
}

/// Lets go of what a run holds at its end: the system takes memory back faster than it is freed piece by piece.
pub fn leave<T>(held: T) {
    std::mem::forget(held);
}

/// The same of a session, once what it keeps for later runs is kept.
pub fn end<T>(mut session: Session, held: T) {
    drop(std::mem::take(&mut session.saving));
    leave((session, held));
}

/// How a run ends that found this.
pub fn exit(session: &Session, findings: &Diagnostics) -> Exit {
    if session.selection.has_held(&session.compiled) {
        Exit::Partial
    } else if findings.iter().any(|d| d.severity == Severity::Error) {
        Exit::Findings
    } else {
        Exit::Fine
    }
}
