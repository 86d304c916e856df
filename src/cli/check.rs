//! `terrace check`.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::again::Again;
use super::args::{CheckArgs, Format};
use super::impact::since;
use super::session::{Asked, Session, compile, end, exit};
use super::ui::{Stream, Ui};
use crate::diag::{Diagnostic, Diagnostics};
use crate::exit::Exit;
use crate::pipeline::Options;
use crate::pipeline::impact::Reached;

/// Compiles the fleet, checks every object, and tells what it found.
pub fn run(args: &CheckArgs, ui: &Ui) -> Exit {
    let again = Again::new("check", args, &args.input, ui).filter(|_| !args.staged && args.since.is_none());
    if let Some(exit) = again.as_ref().and_then(|again| again.say(ui)) {
        return exit;
    }
    ui.listen();
    let asked = Asked {
        roots: &args.roots,
        input: &args.input,
        selection: &args.selection,
        format: args.format,
        options: Options { check: true, lazy: true, ..Options::default() },
        output: None,
        commit: None,
        staged: args.staged,
    };
    let mut session = match compile(ui, &asked) {
        Ok(session) => session,
        Err(exit) => return exit,
    };
    let mut findings = session.selection.findings(&session.compiled);
    let mut clusters = None;
    let revision = args.since.as_deref().or(args.staged.then_some("HEAD"));
    let mut objects: usize = session.compiled.apps.values().map(|a| a.objects.len()).sum();
    if let Some(revision) = revision {
        let reached = match since(&session, &asked, revision, ui) {
            Ok(changes) => changes.reached,
            Err(diagnostics) => {
                ui.findings(&diagnostics, session.compiler.sources(), args.format, Stream::Err);
                return Exit::Nothing;
            }
        };
        findings = concerning(&findings, &reached);
        objects = count(&session, &reached);
        clusters = Some(reached.iter().filter_map(|one| one.cluster.as_ref()).collect::<BTreeSet<_>>().len());
    }
    ui.findings(&findings, session.compiler.sources(), args.format, Stream::Out);
    if args.format == Format::Human && findings.is_empty() && !ui.quiet() {
        let clusters = clusters.unwrap_or(session.compiled.fleet.clusters.len());
        ui.talk(&match revision {
            Some(_) if clusters == 0 => "what changed reaches no app\n".to_owned(),
            _ => format!("nothing found in {objects} objects on {clusters} clusters\n"),
        });
    }
    ui.timings(&session.compiled.timings);
    let exit = exit(&session, &findings);
    if let Some(again) = &again {
        session.saving.wait();
        again.keep(&session, None, &ui.said(), exit);
    }
    end(session, ());
    exit
}

/// What concerns the apps that a change reaches, or the fleet as a whole.
fn concerning(findings: &Diagnostics, reached: &[Reached]) -> Diagnostics {
    let apps: BTreeSet<_> = reached.iter().map(|one| (one.cluster.clone(), one.app.clone())).collect();
    let clusters: BTreeSet<_> = reached.iter().map(|one| one.cluster.clone()).collect();
    let concerns = |d: &&Diagnostic| match (&d.subject.cluster, &d.subject.app) {
        // Of the fleet as a whole, or of what makes apps.
        (None, _) => true,
        (Some(cluster), None) => clusters.contains(&Some(Arc::clone(cluster))),
        (Some(_), app) => apps.contains(&(d.subject.cluster.clone(), app.clone())),
    };
    findings.iter().filter(concerns).cloned().collect()
}

/// How many objects the apps have that a change reaches.
fn count(session: &Session, reached: &[Reached]) -> usize {
    let apps: BTreeSet<_> = reached.iter().filter_map(|one| Some((one.cluster.clone()?, one.app.clone()?))).collect();
    let fleet = &session.compiled.fleet;
    let of = session.compiled.apps.values().filter(|result| {
        let cluster = result.cluster.and_then(|id| fleet.clusters.get(id));
        cluster.is_some_and(|cluster| apps.contains(&(Arc::clone(&cluster.name), Arc::clone(&result.tree_name))))
    });
    of.map(|result| result.objects.len()).sum()
}
