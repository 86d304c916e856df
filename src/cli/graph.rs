//! `terrace graph`.

use super::args::{Format, GraphArgs, GraphFormat, SelectionArgs};
use super::session::{Asked, compile};
use super::ui::Ui;
use crate::exit::Exit;
use crate::graph;
use crate::pipeline::{Options, hierarchy};

/// Shows the hierarchy of the fleet.
pub fn run(args: &GraphArgs, ui: &Ui) -> Exit {
    let selection = SelectionArgs {
        clusters: args.clusters.clone(),
        cluster_labels: args.cluster_labels.clone(),
        ..SelectionArgs::default()
    };
    let asked = Asked {
        roots: &args.roots,
        input: &args.input,
        selection: &selection,
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
    let format = match args.format {
        GraphFormat::Text => graph::Format::Text,
        GraphFormat::Json => graph::Format::Json,
        GraphFormat::Mermaid => graph::Format::Mermaid,
        GraphFormat::Dot => graph::Format::Dot,
        GraphFormat::Html => graph::Format::Html,
    };
    ui.out(&graph::render(&hierarchy(&session.compiled, &session.selection), format));
    ui.timings(&session.compiled.timings);
    // The hierarchy itself shows what is held, and why.
    if session.selection.has_held(&session.compiled) { Exit::Partial } else { Exit::Fine }
}
