//! The command line: one file per verb, which asks the pipeline and shows what it says.

mod again;
mod appset;
mod args;
mod cache;
mod check;
mod compare;
mod diff;
mod examples;
mod explain;
mod graph;
mod helm;
mod impact;
mod init;
mod kustomize;
mod man;
mod new;
mod publish;
mod render;
mod schema;
mod session;
mod ui;

use std::ffi::OsString;
use std::io::{self, Write as _};

use clap::{CommandFactory, Parser};

pub use args::Cli;

use crate::exit::Exit;
use crate::parallel;

/// Runs the command line and says how it ended.
pub fn run(args: impl IntoIterator<Item = OsString>) -> Exit {
    let args: Vec<OsString> = args.into_iter().collect();
    let engine = args.get(1).is_some_and(|verb| ["helm", "kustomize", "appset"].iter().any(|engine| verb == engine));
    let cli = match Cli::try_parse_from(&args) {
        Ok(cli) => cli,
        Err(error) => {
            if args.get(1).is_some_and(|verb| verb == "helm")
                && let Some(text) = helm::refused(&error, &args)
            {
                // As Helm says it; clap's account is below it.
                let _ = writeln!(io::stderr(), "Error: {text}");
            }
            // Help and version are results; anything else is a mistake in the call.
            let _ = error.print();
            return match error.use_stderr() {
                false => Exit::Fine,
                // The verbs with a namesake end as that does.
                true if engine => Exit::Findings,
                true => Exit::Nothing,
            };
        }
    };
    let ui = ui::Ui::new(&cli.global);
    if let Some(threads) = cli.global.threads {
        parallel::use_threads(threads);
    }
    // A chart or a kustomization may be small.
    let starts_itself = matches!(
        cli.verb,
        args::Verb::Helm(_)
            | args::Verb::Kustomize(_)
            | args::Verb::Schema(_)
            | args::Verb::Cache(_)
            | args::Verb::Man(_)
            | args::Verb::Completions { .. }
    );
    if !starts_itself {
        parallel::start();
    }
    match cli.verb {
        args::Verb::Render(args) => render::run(&args, &ui),
        args::Verb::Check(args) => check::run(&args, &ui),
        args::Verb::Explain(args) => explain::run(&args, &ui),
        args::Verb::Graph(args) => graph::run(&args, &ui),
        args::Verb::Diff(args) => diff::run(&args, &ui),
        args::Verb::Compare(args) => compare::run(&args, &ui),
        args::Verb::Impact(args) => impact::run(&args, &ui),
        args::Verb::Cache(args) => cache::run(&args, &ui),
        args::Verb::Publish(args) => publish::run(&args, &ui),
        args::Verb::Schema(args) => schema::run(&args, &ui),
        args::Verb::Helm(args) => helm::run(&args, &ui),
        args::Verb::Kustomize(args) => kustomize::run(&args, &ui),
        args::Verb::Appset(args) => appset::run(&args, &ui),
        args::Verb::Init(args) => init::run(&args, &ui),
        args::Verb::New(args) => new::run(&args, &ui),
        args::Verb::Man(args) => man::run(&args, &ui),
        args::Verb::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "terrace", &mut io::stdout());
            Exit::Fine
        }
    }
}
