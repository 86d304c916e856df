//! `terrace explain`.

use super::args::{ExplainArgs, Format, SelectionArgs, TextFormat};
use super::session::{Asked, compile};
use super::ui::{Stream, Ui};
use crate::diag::{ALL, Code, Diagnostic, Diagnostics};
use crate::exit::Exit;
use crate::pipeline::Options;

/// Shows where a field comes from, or the page of a code.
pub fn run(args: &ExplainArgs, ui: &Ui) -> Exit {
    let Some(object) = &args.object else { return code(&args.subject, ui) };
    let asked = Asked {
        roots: &args.roots,
        input: &args.input,
        selection: &SelectionArgs::default(),
        format: Format::Human,
        options: Options { lazy: true, ..Options::default() },
        output: None,
        commit: None,
        staged: false,
    };
    let session = match compile(ui, &asked) {
        Ok(session) => session,
        Err(exit) => return exit,
    };
    let explained = session.compiler.explain(&session.compiled, &args.subject, object, args.field.as_deref());
    match explained {
        Ok(explained) => {
            let text = match args.format {
                TextFormat::Text => explained.text(),
                TextFormat::Json => explained.json(),
            };
            ui.out(&text);
            Exit::Fine
        }
        Err(diagnostics) => {
            ui.findings(&diagnostics, session.compiler.sources(), Format::Human, Stream::Err);
            Exit::Nothing
        }
    }
}

fn code(name: &str, ui: &Ui) -> Exit {
    if let Some(code) = Code::find(name) {
        ui.out(code.page());
        return Exit::Fine;
    }
    let message = format!("`{name}` is not a code; to explain an object, name it after its cluster");
    let known = ALL.iter().map(|code| code.name());
    let diagnostic = Diagnostic::error(Code::INVALID_VALUE, message)
        .did_you_mean(name, known)
        .hint("terrace explain CLUSTER Kind/namespace/name [FIELD]");
    let diagnostics = Diagnostics::from(diagnostic);
    ui.findings(&diagnostics, &crate::source::Sources::new(), Format::Human, Stream::Err);
    Exit::Nothing
}
