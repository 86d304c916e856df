//! `terrace new`.

use std::path::{Path, PathBuf};

use super::args::{EngineArg, Format, NewArgs, NewWhat};
use super::ui::{Stream, Ui};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::exit::Exit;
use crate::pipeline::Opening;
use crate::scaffold::files::{NewFile, in_the_way, write};
use crate::scaffold::new::{Engine, FLEET_FILE, Fleet, Made, NewApp, NewCluster, app, cluster, open, team};
use crate::world::{Reader, World};

/// Makes the files of a cluster, a team or an app.
pub fn run(args: &NewArgs, ui: &Ui) -> Exit {
    let world = World::new();
    let done = make(args, ui, &world);
    let (base, made) = match done {
        Ok(done) => done,
        Err(diagnostics) => {
            ui.findings(&diagnostics, world.sources(), Format::Human, Stream::Err);
            return Exit::Nothing;
        }
    };
    let dry_run = match &args.what {
        NewWhat::Cluster(args) => args.dry_run,
        NewWhat::Team(args) => args.dry_run,
        NewWhat::App(args) => args.dry_run,
    };
    let prefix = ui.current_dir().ok().and_then(|here| here.strip_prefix(&base).ok().map(Path::to_path_buf));
    let above = prefix.map(|below| "../".repeat(below.iter().count())).unwrap_or_default();
    match put(&base, &made.files, dry_run) {
        Ok(()) => ui.out(&told(&made.files, &above, dry_run)),
        Err(diagnostics) => {
            ui.findings(&diagnostics, world.sources(), Format::Human, Stream::Err);
            return Exit::Nothing;
        }
    }
    if !ui.quiet() && !dry_run {
        ui.talk(&next(&made.next));
    }
    Exit::Fine
}

/// Makes files, or (dry) only looks whether they could be made.
///
/// # Errors
/// What is in the way.
pub fn put(base: &Path, files: &[NewFile], dry_run: bool) -> Result<(), Diagnostics> {
    if !dry_run {
        return write(base, files);
    }
    let found = in_the_way(base, files);
    if found.has_errors() { Err(found) } else { Ok(()) }
}

/// What was made: the paths, or (dry) the texts as well, seen from where the user is.
pub fn told(files: &[NewFile], above: &str, dry_run: bool) -> String {
    let file = |file: &NewFile| match dry_run {
        false => format!("{above}{}\n", file.path),
        true => format!("--- {above}{}\n{}", file.path, file.text),
    };
    files.iter().map(file).collect()
}

/// What to do next.
pub fn next(lines: &[String]) -> String {
    let mut text = String::new();
    for (at, line) in lines.iter().enumerate() {
        text.push_str(if at == 0 { "next: " } else { "      " });
        text.push_str(line);
        text.push('\n');
    }
    text
}

fn make(args: &NewArgs, ui: &Ui, world: &World) -> Result<(PathBuf, Made), Diagnostics> {
    let current_dir = ui.current_dir()?;
    let base = Opening { current_dir: current_dir.clone(), ..Opening::default() }.fleet_dir();
    if base.join(FLEET_FILE).symlink_metadata().is_err() {
        let message = format!("there is no {FLEET_FILE} in `{}` or above it", current_dir.display());
        return Err(Diagnostic::error(Code::NO_FLEET, message).hint("`terrace init` makes one").into());
    }
    let opened = open(world, &base, &current_dir)?;
    let reader = Reader::new(world);
    let fleet = Fleet {
        file: &opened.file,
        text: &opened.text,
        dir: opened.dir.clone(),
        clusters: &opened.clusters,
        reader: &reader,
    };
    let made = match &args.what {
        NewWhat::Cluster(args) => {
            let wanted = NewCluster {
                name: args.name.clone(),
                labels: args.labels.clone(),
                server: args.server.clone(),
                kube_version: args.kube_version.clone(),
                families: args.families.clone(),
            };
            cluster(&fleet, &wanted)?
        }
        NewWhat::Team(args) => team(&fleet, &args.name, args.layer.as_deref())?,
        NewWhat::App(args) => {
            let engine = match args.engine {
                EngineArg::Plain => Engine::Plain,
                EngineArg::Jinja => Engine::Jinja,
                EngineArg::Helm => Engine::Helm,
                EngineArg::Kustomize => Engine::Kustomize,
            };
            let wanted = NewApp {
                name: args.name.clone(),
                layer: args.layer.clone(),
                stage: args.stage.clone(),
                engine,
                namespace: args.namespace.clone(),
            };
            app(&fleet, &wanted)?
        }
    };
    Ok((base, made))
}
