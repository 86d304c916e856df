//! `terrace publish`.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::sync::Arc;
use std::time::Instant;

use super::args::{Applier, Format, PublishArgs};
use super::render::layout;
use super::session::{Asked, OfCommit, Session, compile, end, exit};
use super::ui::{Stream, Ui};
use crate::applier;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::exit::Exit;
use crate::git::{GitError, Repository};
use crate::kube::usual_group;
use crate::pipeline::{AppliedBy, Options, add_appliers, held, name_clusters, snapshot};
use crate::publish::{Destination, Publishing, Report, publish, published_url};
use crate::tree::AppMeta;
use crate::tree::arrange::Rules;
use crate::tree::place::component;

/// Commits the trees of a commit to rendered branches.
pub fn run(args: &PublishArgs, ui: &Ui) -> Exit {
    let asked = Asked {
        roots: &args.roots,
        input: &args.input,
        selection: &args.selection,
        format: args.format,
        options: Options { keep_applications: args.keep_applications, ..Options::default() },
        output: None,
        commit: Some(OfCommit { revision: &args.revision, pinned: !args.unpinned }),
        staged: false,
    };
    let mut session = match compile(ui, &asked) {
        Ok(session) => session,
        Err(exit) => return exit,
    };
    let mut findings = session.selection.findings(&session.compiled);
    let started = Instant::now();
    let mut done = publish_compiled(args, ui, &session, &mut findings);
    if let Some(cache) = session.cache.clone().filter(|cache| cache.is_broken()) {
        // Nothing was written of it: what is lost is made anew.
        cache.mend();
        drop(session);
        session = match compile(ui, &asked) {
            Ok(session) => session,
            Err(exit) => return exit,
        };
        findings = session.selection.findings(&session.compiled);
        done = publish_compiled(args, ui, &session, &mut findings);
    }
    session.compiled.timings.push(("publish", started.elapsed()));
    let (report, url) = match done {
        Ok(done) => done,
        Err(problems) => {
            findings.extend(problems);
            ui.findings(&findings, session.compiler.sources(), args.format, Stream::Err);
            return Exit::Nothing;
        }
    };
    findings.extend(report.diagnostics.clone());
    let mut written = true;
    if let Some(file) = &args.pull_request_body {
        let path = session.opening.current_dir.join(file);
        let page = report.markdown(url.as_deref());
        let done = std::fs::File::create(&path).and_then(|mut file| file.write_all(page.as_bytes()));
        if let Err(error) = done {
            let message = format!("`{}` can't be written: {error}", file.display());
            findings.push(Diagnostic::error(Code::OUTPUT_UNWRITABLE, message));
            written = false;
        }
    }
    ui.findings(&findings, session.compiler.sources(), args.format, Stream::Err);
    if args.format == Format::Human {
        let place =
            args.push.as_deref().map_or_else(|| "locally".to_owned(), |remote| format!("to {}", published_url(remote)));
        ui.out(&report.text(args.dry_run, &place));
    }
    ui.timings(&session.compiled.timings);
    let exit = match report.failed() {
        _ if !report.has_done() && report.failed() > 0 => Exit::Nothing,
        _ if !report.has_done() && !report.has_held() && report.diagnostics.has_errors() => Exit::Nothing,
        0 if !report.has_held() && written => exit(&session, &findings),
        _ => Exit::Partial,
    };
    end(session, report);
    exit
}

/// Publishes what was compiled. Also the URL of the sources.
fn publish_compiled(
    args: &PublishArgs,
    ui: &Ui,
    session: &Session,
    findings: &mut Diagnostics,
) -> Result<(Report, Option<String>), Diagnostics> {
    let git_failed = |error: GitError| Diagnostics::from(Diagnostic::error(Code::GIT_FAILED, error.to_string()));
    let repository = Repository::discover(&session.opening.current_dir).map_err(git_failed)?;
    let Some(repository) = repository else {
        return Err(Diagnostic::error(Code::GIT_FAILED, "this is not a git repository").into());
    };
    let fleet = &session.compiled.fleet;
    let compiled = fleet.repositories.compiled();
    if args.revision == "HEAD" && !ui.quiet() && args.format == Format::Human {
        tell_uncommitted(&repository, session, ui).map_err(git_failed)?;
    }
    let mut snapshot = snapshot(&session.compiled, session.compiler.sources(), &args.revision);
    let present: BTreeSet<&str> = snapshot.trees.iter().map(|tree| &*tree.cluster).collect();
    let destinations = destinations(args, session, &present)?;
    let layout = layout(args.layout, session);
    if let Some(applier) = args.applier {
        let by = match applier {
            Applier::Argocd => AppliedBy::Argocd,
            Applier::Flux => AppliedBy::Flux,
        };
        let place = |d: &Destination| {
            let place = applier::Place { branch: d.branch.clone(), directory: d.directory.clone() };
            (d.cluster.to_string(), place)
        };
        let places: BTreeMap<String, applier::Place> = destinations.iter().map(place).collect();
        let published = applier::Published { url: args.publish_url.clone(), layout, places };
        let problems = add_appliers(&session.compiled, &mut snapshot.trees, by, &published);
        if problems.has_errors() {
            return Err(problems);
        }
        findings.extend(problems);
    }
    let chosen = session.selection.chosen(&session.compiled);
    let selects = |cluster: &str, app: &str, meta: &AppMeta| {
        let known = chosen.get(&(Arc::from(cluster), Arc::from(app)));
        known.copied().unwrap_or_else(|| session.selection.selects_indexed(fleet, cluster, app, meta))
    };
    let mut rules = Rules::new(usual_group);
    rules.layout = layout;
    rules.held = held(&session.compiled);
    if !session.selection.is_all() {
        rules.selection = Some(&selects);
    }
    let remote = args.push.as_deref().map(|name| repository.remote(name)).transpose().map_err(git_failed)?;
    let url = session.compiled.remote_url.as_deref().map(published_url);
    let selected = destinations.into_iter().filter(|d| session.selection.cluster(fleet, &d.cluster));
    let publishing = Publishing {
        repository: &repository,
        snapshot: &snapshot,
        source_branch: compiled.and_then(|compiled| compiled.branch.as_deref()),
        destinations: selected.collect(),
        rules,
        remote,
        url: url.clone(),
        message: args.message.clone(),
        partial: args.partial,
        allow_secrets: args.allow_secrets,
        allow_diverged: args.allow_diverged,
        adopt: args.adopt,
        dry_run: args.dry_run,
        intact: &|| session.cache.as_ref().is_none_or(|cache| !cache.is_broken()),
    };
    let progress = ui.progress("publishing");
    let report = publish(&publishing);
    drop(progress);
    Ok((report, url))
}

/// Where each cluster with a tree goes.
fn destinations(
    args: &PublishArgs,
    session: &Session,
    present: &BTreeSet<&str>,
) -> Result<Vec<Destination>, Diagnostics> {
    let named = |flag: &str, template: &str| {
        let names = name_clusters(&session.compiled, session.compiler.sources(), flag, template)?;
        Ok::<_, Diagnostics>(names.into_iter().filter(|(cluster, _)| present.contains(&**cluster)).collect::<Vec<_>>())
    };
    let branches = named("--branch", &args.branch)?;
    let distinct: BTreeSet<&String> = branches.iter().map(|(_, branch)| branch).collect();
    // A template that doesn't name the cluster means to share, even while the fleet has but one: so that the next one moves
    // nobody.
    let shared = distinct.len() < branches.len() || !args.branch.contains("cluster.name");
    let directories: BTreeMap<Arc<str>, String> = match &args.path {
        Some(template) => named("--path", template)?.into_iter().collect(),
        None if shared => branches.iter().map(|(cluster, _)| (Arc::clone(cluster), component(cluster))).collect(),
        None => BTreeMap::new(),
    };
    let destination = |(cluster, branch): (Arc<str>, String)| {
        let directory = directories.get(&cluster).map(String::as_str).unwrap_or_default();
        let directory = directory.trim_start_matches("./").trim_end_matches('/');
        let directory = if directory == "." { String::new() } else { directory.to_owned() };
        Destination { cluster, branch, directory }
    };
    Ok(branches.into_iter().map(destination).collect())
}

/// Says that what isn't committed isn't published.
fn tell_uncommitted(repository: &Repository, session: &Session, ui: &Ui) -> Result<(), GitError> {
    let mut files = repository.uncommitted_files()?;
    // What Terrace wrote is nothing that it reads.
    let output = session.opening.fleet_dir().join(&session.compiled.fleet.spec.output.path);
    if let Some(root) = repository.work_tree() {
        files.retain(|file| !root.join(file).starts_with(&output));
    }
    if files.is_empty() {
        return Ok(());
    }
    let mut shown: Vec<&str> = files.iter().take(3).map(String::as_str).collect();
    if files.len() > shown.len() {
        shown.push("…");
    }
    let what = match files.len() {
        1 => "1 file differs".to_owned(),
        n => format!("{n} files differ"),
    };
    ui.talk(&format!("HEAD is published, not the working tree, where {what}: {}\n", shown.join(", ")));
    Ok(())
}
