//! What the verbs that compile have in common.

use super::args::{Format, InputArgs, SelectionArgs};
use super::ui::{Stream, Ui, opening, selection};
use crate::diag::{Diagnostics, Severity};
use crate::exit::Exit;
use crate::pipeline::{Compiled, Compiler, Opening, Options, Selection};

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
}

/// Compiles what a verb asks for. What can't be compiled at all is told here.
///
/// # Errors
/// Nothing could be done: it has been told.
pub fn compile(ui: &Ui, asked: &Asked) -> Result<Session, Exit> {
    let compiler = Compiler::new();
    let fail = |diagnostics: Diagnostics| {
        ui.findings(&diagnostics, compiler.sources(), asked.format, Stream::Err);
        Exit::Nothing
    };
    let mut opening = match opening(asked.input, asked.roots, ui) {
        Ok(opening) => opening,
        Err(diagnostics) => return Err(fail(diagnostics)),
    };
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
    Ok(Session { compiler, compiled, selection, opening })
}

/// Lets go of what a run holds at its end: the system takes memory back faster than it is freed piece by piece.
pub fn leave<T>(held: T) {
    std::mem::forget(held);
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
