//! `terrace check`.

use super::args::{CheckArgs, Format};
use super::session::{Asked, compile, exit, leave};
use super::ui::{Stream, Ui};
use crate::exit::Exit;
use crate::pipeline::Options;

/// Compiles the fleet, checks every object, and tells what it found.
pub fn run(args: &CheckArgs, ui: &Ui) -> Exit {
    let asked = Asked {
        roots: &args.roots,
        input: &args.input,
        selection: &args.selection,
        format: args.format,
        options: Options { check: true, ..Options::default() },
        output: None,
    };
    let session = match compile(ui, &asked) {
        Ok(session) => session,
        Err(exit) => return exit,
    };
    let findings = session.selection.findings(&session.compiled);
    ui.findings(&findings, session.compiler.sources(), args.format, Stream::Out);
    if args.format == Format::Human && findings.is_empty() && !ui.quiet() {
        let objects: usize = session.compiled.apps.values().map(|a| a.objects.len()).sum();
        let clusters = session.compiled.fleet.clusters.len();
        ui.talk(&format!("nothing found in {objects} objects on {clusters} clusters\n"));
    }
    ui.timings(&session.compiled.timings);
    let exit = exit(&session, &findings);
    leave(session);
    exit
}
