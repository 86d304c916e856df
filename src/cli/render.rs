//! `terrace render`.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use super::again::Again;
use super::args::{Applier, Format, LayoutArg, RenderArgs};
use super::session::{Asked, Session, compile, end, exit};
use super::ui::{Stream, Ui};
use crate::applier;
use crate::config::fleet::Layout as FleetLayout;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::exit::Exit;
use crate::kube::usual_group;
use crate::pipeline::{AppliedBy, Options, add_appliers, held, trees};
use crate::tree::arrange::Rules;
use crate::tree::write::{Outcome, WriteOptions, WriteReport, write};
use crate::tree::{ClusterTree, Layout, stream, write_documents};

/// Writes the tree of each cluster.
pub fn run(args: &RenderArgs, ui: &Ui) -> Exit {
    let again = Again::new("render", args, &args.input, ui).filter(|_| !args.stdout && !args.dry_run);
    if let Some(exit) = again.as_ref().and_then(|again| again.say(ui)) {
        return exit;
    }
    let asked = Asked {
        roots: &args.roots,
        input: &args.input,
        selection: &args.selection,
        format: args.format,
        options: Options { keep_applications: args.keep_applications, ..Options::default() },
        output: args.output.as_deref(),
        commit: None,
        staged: false,
    };
    let mut session = match compile(ui, &asked) {
        Ok(session) => session,
        Err(exit) => return exit,
    };
    let mut trees = trees(&session.compiled);
    let mut findings = session.selection.findings(&session.compiled);
    if let Some(applier) = args.applier {
        let by = match applier {
            Applier::Argocd => AppliedBy::Argocd,
            Applier::Flux => AppliedBy::Flux,
        };
        let place = applier::Published {
            url: args.publish_url.clone(),
            layout: layout(args.layout, &session),
            ..Default::default()
        };
        findings.extend(add_appliers(&session.compiled, &mut trees, by, &place));
    }
    if args.stdout {
        return to_stdout(args, ui, &session, trees, findings);
    }
    let started = Instant::now();
    let (report, out) = to_disk(args, ui, &session, &mut trees);
    session.compiled.timings.push(("write", started.elapsed()));
    let failed = report.clusters.iter().filter(|c| c.outcome == Outcome::Failed).count();
    let nothing = report.diagnostics.has_errors() && (failed == report.clusters.len());
    findings.extend(report.diagnostics.clone());
    ui.listen();
    ui.findings(&findings, session.compiler.sources(), args.format, Stream::Err);
    let mut said = ui.said();
    if !ui.quiet() && args.format == Format::Human {
        ui.talk(&summary(&report, &session, &out, args.dry_run));
    }
    ui.timings(&session.compiled.timings);
    let exit = match failed {
        _ if nothing => Exit::Nothing,
        0 => exit(&session, &findings),
        _ => Exit::Partial,
    };
    if let Some(again) = again.filter(|_| failed == 0 && !report.diagnostics.has_errors()) {
        let report = report.unchanged();
        if !ui.quiet() && args.format == Format::Human {
            said.err.push_str(&summary(&report, &session, &out, false));
        }
        let clusters: Vec<Arc<str>> = report.clusters.iter().map(|cluster| Arc::clone(&cluster.cluster)).collect();
        session.saving.wait();
        again.keep(&session, Some((&session.opening.current_dir.join(&out), &clusters)), &said, exit);
    }
    end(session, (trees, report));
    exit
}

/// How trees are spread over files: as asked for, or as terrace.yaml says.
pub(super) fn layout(asked: Option<LayoutArg>, session: &Session) -> Layout {
    match asked {
        Some(LayoutArg::FilePerObject) => Layout::FilePerObject,
        Some(LayoutArg::FilePerApp) => Layout::FilePerApp,
        None => match session.compiled.fleet.spec.output.layout {
            FleetLayout::FilePerObject => Layout::FilePerObject,
            FleetLayout::FilePerApp => Layout::FilePerApp,
        },
    }
}

fn to_disk(args: &RenderArgs, ui: &Ui, session: &Session, trees: &mut Vec<ClusterTree>) -> (WriteReport, PathBuf) {
    let fleet = &session.compiled.fleet;
    let here = &session.opening.current_dir;
    let out = match &args.output {
        Some(output) => here.join(output),
        None => session.opening.fleet_dir().join(&fleet.spec.output.path),
    };
    let shown = out.strip_prefix(here).unwrap_or(&out).to_path_buf();
    let chosen = session.selection.chosen(&session.compiled);
    let selects = |cluster: &str, app: &str, meta: &crate::tree::AppMeta| {
        let known = chosen.get(&(Arc::from(cluster), Arc::from(app)));
        known.copied().unwrap_or_else(|| session.selection.selects_indexed(fleet, cluster, app, meta))
    };
    let mut rules = Rules::new(usual_group);
    rules.layout = layout(args.layout, session);
    rules.held = held(&session.compiled);
    if !session.selection.is_all() {
        rules.selection = Some(&selects);
    }
    let clusters: Vec<Arc<str>> = fleet.clusters.iter().map(|c| Arc::clone(&c.name)).collect();
    trees.retain(|tree| session.selection.cluster(fleet, &tree.cluster));
    let notice = |text: &str| ui.talk(&format!("{text}\n"));
    let options = WriteOptions {
        clusters: &clusters,
        dry_run: args.dry_run,
        notice: Some(&notice),
        shown: Some(&shown),
        ..WriteOptions::new(rules)
    };
    (write(&out, trees, &options), shown)
}

/// Writes one cluster's objects in sync order. Held apps have none to write, and say so.
fn to_stdout(
    args: &RenderArgs,
    ui: &Ui,
    session: &Session,
    mut trees: Vec<ClusterTree>,
    mut findings: Diagnostics,
) -> Exit {
    let chosen = session.selection.chosen(&session.compiled);
    trees.retain(|tree| session.selection.cluster(&session.compiled.fleet, &tree.cluster));
    for tree in &mut trees {
        let cluster = Arc::clone(&tree.cluster);
        tree.apps.retain(|app| chosen.get(&(Arc::clone(&cluster), Arc::clone(&app.name))).copied().unwrap_or(true));
    }
    let texts: Vec<Arc<str>> = stream(&trees).map(|object| object.text.get()).collect();
    let mut out = BufWriter::new(io::stdout().lock());
    let done = write_documents(&mut out, texts.iter().map(|text| &**text)).and_then(|()| out.flush());
    drop(out);
    if let Err(error) = done {
        // Whoever reads may stop early.
        if error.kind() != io::ErrorKind::BrokenPipe {
            findings.push(Diagnostic::error(Code::OUTPUT_UNWRITABLE, format!("can't write to stdout: {error}")));
        }
    }
    ui.findings(&findings, session.compiler.sources(), args.format, Stream::Err);
    ui.timings(&session.compiled.timings);
    exit(session, &findings)
}

/// A line a cluster, and one for all.
fn summary(report: &WriteReport, session: &Session, out: &Path, dry_run: bool) -> String {
    let mut text = String::new();
    let width = report.clusters.iter().map(|c| c.cluster.chars().count()).max().unwrap_or_default();
    for cluster in &report.clusters {
        let mut parts = match cluster.outcome {
            Outcome::Failed => vec!["not written".to_owned()],
            Outcome::Unchanged => vec![format!("unchanged, {} files", cluster.unchanged + cluster.kept)],
            Outcome::Written => {
                let mut parts = vec![format!("{} written", cluster.written.len())];
                let counts = [
                    (cluster.unchanged, "unchanged"),
                    (cluster.pruned.len(), "pruned"),
                    (cluster.kept, "kept"),
                    (cluster.foreign.len(), "of others"),
                ];
                parts.extend(counts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")));
                parts
            }
        };
        let held = held_on(session, &cluster.cluster);
        if held > 0 && cluster.outcome != Outcome::Failed {
            parts.push(format!("{} held", count(held, "app")));
        }
        text.push_str(&format!("{:width$}  {}\n", cluster.cluster, parts.join(", ")));
    }
    let nothing = if dry_run { ": nothing was written" } else { "" };
    // Those whose cluster isn't known stand in no line above.
    let held = match session.selection.held(&session.compiled) {
        0 => String::new(),
        held => format!("; {} held", count(held, "app")),
    };
    let done = match report.clusters.iter().filter(|c| c.outcome != Outcome::Failed).count() {
        0 => format!("nothing was written to {}", out.display()),
        done => format!("{} in {}{nothing}", count(done, "cluster"), out.display()),
    };
    text.push_str(&format!("{done}{held}\n"));
    text
}

/// How many of a cluster's apps are held.
fn held_on(session: &Session, cluster: &str) -> usize {
    let compiled = &session.compiled;
    let of =
        |id| compiled.fleet.clusters.get(id).is_some_and(|c: &crate::config::cluster::Cluster| *c.name == *cluster);
    compiled.apps.values().filter(|app| app.held.is_some() && app.cluster.is_some_and(of)).count()
}

fn count(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}
