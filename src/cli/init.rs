//! `terrace init`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::{Format, InitArgs};
use super::new::{next, put, told};
use super::ui::{Stream, Ui};
use crate::config::cluster::Declared;
use crate::diag::{Code, Diagnostic, Diagnostics, Severity};
use crate::exit::Exit;
use crate::git::Repository;
use crate::pipeline::{Compiled, Compiler, Opening, Options};
use crate::scaffold::init::{Draft, NewCluster, Place, cluster_name, draft};
use crate::scaffold::new::FLEET_FILE;
use crate::scaffold::survey::{Survey, survey};
use crate::source::Sources;
use crate::world::{DiskOptions, DiskTree, FilePath, Reader, World};

/// Writes a fleet for what is there, renders it, and says what came of it.
pub fn run(args: &InitArgs, ui: &Ui) -> Exit {
    let fail = |diagnostics: Diagnostics| {
        ui.findings(&diagnostics, &Sources::new(), Format::Human, Stream::Err);
        Exit::Nothing
    };
    let (base, mut draft) = match look(args, ui) {
        Ok(found) => found,
        Err(diagnostics) => return fail(diagnostics),
    };
    let progress = ui.progress("looking");
    if !draft.roots.is_empty() {
        follow(&base, &mut draft);
        // A URL that ends as the repository is called is the repository: a fork, or a clone from elsewhere.
        if draft.urls.is_empty() && draft.take_own_url() {
            follow(&base, &mut draft);
        }
    }
    drop(progress);
    let files = draft.files();
    if let Err(diagnostics) = put(&base, &files, args.dry_run) {
        return fail(diagnostics);
    }
    ui.out(&told(&files, "", args.dry_run));
    if args.dry_run {
        return Exit::Fine;
    }
    if args.ignore_output {
        match ignore(&base) {
            Ok(true) => ui.out(".gitignore\n"),
            Ok(false) => {}
            Err(error) => {
                let message = format!("can't add to `{}`: {error}", base.join(".gitignore").display());
                return fail(Diagnostic::error(Code::OUTPUT_UNWRITABLE, message).into());
            }
        }
    }
    let compiler = Compiler::new();
    let opening = Opening { current_dir: base, ..Opening::default() };
    let progress = ui.progress("compiling");
    let compiled = compiler.compile(&opening, Options { check: true, ..Options::default() });
    drop(progress);
    match compiled {
        Ok(compiled) if !compiled.fatal => {
            if !ui.quiet() {
                ui.talk(&report(&compiled, &draft));
            }
            let errors = compiled.diagnostics.iter().any(|d| d.severity == Severity::Error);
            match compiled.has_held() {
                true => Exit::Partial,
                false if errors => Exit::Findings,
                false => Exit::Fine,
            }
        }
        Ok(Compiled { diagnostics, .. }) | Err(diagnostics) => {
            ui.findings(&diagnostics, compiler.sources(), Format::Human, Stream::Err);
            ui.talk("what was written doesn't render yet: mend it by hand, `terrace check` looks at it again\n");
            Exit::Findings
        }
    }
}

/// Looks at what is there.
fn look(args: &InitArgs, ui: &Ui) -> Result<(PathBuf, Draft), Diagnostics> {
    let base = ui.current_dir()?;
    let fleet_dir = Opening { current_dir: base.clone(), ..Opening::default() }.fleet_dir();
    if fleet_dir.join(FLEET_FILE).symlink_metadata().is_ok() {
        let message = format!("there is a {FLEET_FILE} already, in `{}`", fleet_dir.display());
        return Err(Diagnostic::error(Code::FILE_EXISTS, message)
            .hint("`terrace check` looks at it, `terrace new` adds clusters, teams and apps")
            .into());
    }
    let git = Repository::discover(&base).ok().flatten().map(Arc::new);
    let remotes = git.as_ref().and_then(|git| git.remote_urls().ok()).unwrap_or_default();
    let mut urls: Vec<String> = Vec::new();
    for remote in remotes.iter().filter(|r| r.name == "origin").chain(remotes.iter().filter(|r| r.name != "origin")) {
        if !urls.contains(&remote.url) {
            urls.push(remote.url.clone());
        }
    }
    let top = git.as_ref().and_then(|git| git.work_tree().map(Path::to_path_buf));
    let prefix = top.as_deref().and_then(|top| base.strip_prefix(top).ok()).unwrap_or(Path::new(""));
    let place = Place {
        name: args.name.clone(),
        dir_name: base.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
        prefix: prefix.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/"),
        remotes: urls,
    };
    let found = read(&base, git)?;
    Ok((base, draft(&found, &place)?))
}

fn read(base: &Path, git: Option<Arc<Repository>>) -> Result<Survey, Diagnostics> {
    let world = World::new();
    let options = DiskOptions { repository: git, ..DiskOptions::default() };
    let tree = DiskTree::open(base, options)
        .map_err(|e| Diagnostic::error(Code::FILE_UNREADABLE, format!("can't read `{}`: {e}", base.display())))?;
    let root = FilePath::new(world.mount(Arc::new(tree)), "");
    Ok(survey(&Reader::forgetful(&world), &root))
}

/// Follows the Applications from their roots: to the clusters that they go to, and the repositories that aren't here.
fn follow(base: &Path, draft: &mut Draft) {
    let compiler = Compiler::new();
    let top = Repository::discover(base).ok().flatten().and_then(|git| git.work_tree().map(Path::to_path_buf));
    let own = top.unwrap_or_else(|| base.to_path_buf()).to_string_lossy().into_owned();
    let opening = Opening {
        current_dir: base.to_path_buf(),
        roots: draft.roots.clone(),
        repositories: draft.urls.iter().map(|url| (url.clone(), own.clone())).collect(),
        clusters: draft.declared.iter().filter(|path| !path.contains('*')).cloned().collect(),
        ..Opening::default()
    };
    let Ok(compiled) = compiler.compile(&opening, Options::default()) else { return };
    draft.missing = missing(&compiled);
    draft.clusters.retain(|cluster| cluster.environment.is_some());
    if !draft.declared.is_empty() || !draft.clusters.is_empty() {
        return;
    }
    let assumed = compiled.fleet.clusters.iter().filter(|c| c.declared == Declared::Assumed);
    for cluster in assumed {
        // What has no name is called by its server, which makes no good name for files.
        let by_server = cluster.server.as_ref().is_some_and(|server| server.ends_with(&*cluster.name));
        let name = if by_server { cluster_name(&cluster.name) } else { cluster.name.to_string() };
        if !draft.clusters.iter().any(|c| c.name == name) {
            draft.clusters.push(NewCluster { name, server: cluster.server.clone(), environment: None });
        }
    }
    draft.clusters.sort_by(|a, b| a.name.cmp(&b.name));
}

/// The repositories that apps are held for.
fn missing(compiled: &Compiled) -> Vec<String> {
    let mut urls: BTreeSet<&str> = BTreeSet::new();
    for held in compiled.apps.values().filter_map(|app| app.held.as_ref()) {
        if held.code == Code::UNKNOWN_REPOSITORY {
            // A finding names the chart, if it is about one, and then its repository.
            let names = held.reason.split('`').skip(1).step_by(2);
            urls.extend(names.filter(|name| name.contains('/') && !name.contains("{{")).last());
        }
    }
    urls.into_iter().map(str::to_owned).collect()
}

/// Adds the output to `.gitignore`, unless it is there.
fn ignore(base: &Path) -> std::io::Result<bool> {
    let path = base.join(".gitignore");
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error),
    };
    if text.lines().any(|line| ["/rendered/", "/rendered", "rendered/", "rendered"].contains(&line.trim())) {
        return Ok(false);
    }
    let gap = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    fs::write(&path, format!("{text}{gap}/rendered/\n"))?;
    Ok(true)
}

/// What renders, what is held and why, and what to do next.
fn report(compiled: &Compiled, draft: &Draft) -> String {
    let objects: usize = compiled.apps.values().map(|app| app.objects.len()).sum();
    let held: Vec<_> = compiled.apps.values().filter_map(|app| app.held.as_ref()).collect();
    let apps = compiled.apps.len() - held.len();
    let clusters = compiled.fleet.clusters.len();
    let count = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    let mut text =
        format!("renders: {} of {} on {}\n", count(objects, "object"), count(apps, "app"), count(clusters, "cluster"));
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for held in &held {
        *reasons.entry(held.reason.lines().next().unwrap_or_default()).or_default() += 1;
    }
    let mut reasons: Vec<(&str, usize)> = reasons.into_iter().collect();
    reasons.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    if !held.is_empty() {
        text += &format!("held: {}\n", count(held.len(), "app"));
        const SHOWN: usize = 8;
        for (reason, n) in reasons.iter().take(SHOWN) {
            text += &format!("  {n:>4}  {reason}\n");
        }
        let more: usize = reasons.iter().skip(SHOWN).map(|(_, n)| n).sum();
        if more > 0 {
            text += &format!("  {more:>4}  for other reasons\n");
        }
    }
    text.extend(draft.left.iter().map(|left| format!("left: {left}\n")));
    let mut lines = Vec::new();
    if !draft.missing.is_empty() {
        let n = count(draft.missing.len(), "repository").replace("repositorys", "repositories");
        lines.push(format!("{n} not at hand: copy what they hold, and say where under `repositories` in {FLEET_FILE}"));
    }
    if held.iter().any(|held| held.code == Code::CHART_DEPENDENCY) {
        lines.push(
            "dependencies of charts: vendor them into `charts/`, or declare a directory for their repository"
                .to_owned(),
        );
    }
    if !draft.labels.is_empty() {
        const SHOWN: usize = 8;
        let labels: Vec<&str> = draft.labels.iter().map(String::as_str).take(SHOWN).collect();
        let more = match draft.labels.len().saturating_sub(SHOWN) {
            0 => String::new(),
            more => format!(", … {more} more"),
        };
        lines.push(format!(
            "ApplicationSets choose clusters by these labels, declare them: {}{more}",
            labels.join(", ")
        ));
    }
    if !draft.alternatives.is_empty() {
        lines.push(format!("other roots are in {FLEET_FILE} as comments: choose which hub gets which"));
    }
    if draft.layers.iter().any(|layer| layer.when.is_some_and(|when| when.contains("families"))) {
        lines.push("say which families each cluster belongs to: `families` in its file".to_owned());
    }
    if !draft.clusters.is_empty() {
        lines.push("set `kubeVersion` of each cluster: it decides what a manifest may hold".to_owned());
    }
    lines.push(match held.is_empty() {
        true => "`terrace render` writes the trees, `terrace check` finds what is wrong with them".to_owned(),
        false => "`terrace check` shows the line behind each of these".to_owned(),
    });
    text + &next(&lines)
}
