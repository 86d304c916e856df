//! `terrace kustomize build`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use super::args::BuildArgs;
use crate::cli::args::Format;
use crate::cli::ui::{Stream, Ui};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::exit::Exit;
use crate::provenance::Recorder;
use crate::render::helm;
use crate::render::kustomize::bases::Bases;
use crate::render::kustomize::options::{Options, Remotes, Reorder};
use crate::render::kustomize::remote::{file_below, normalized};
use crate::render::kustomize::resource::Resource;
use crate::render::kustomize::{Tools, build, to_yaml};
use crate::world::{Anywhere, FilePath, Reader, TreeId, World};
use crate::yaml;

/// Builds a kustomization and prints its resources.
pub fn run(args: &BuildArgs, ui: &Ui) -> Exit {
    let world = World::new();
    let mut notes = Diagnostics::new();
    let failed = attempt(args, ui, &world, &mut notes).err();
    if let Some(text) = &failed {
        ui.talk(&format!("Error: {text}\n"));
    }
    if !notes.is_empty() {
        ui.findings(&notes, world.sources(), Format::Human, Stream::Err);
    }
    crate::cli::session::leave(world);
    if failed.is_some() { Exit::Findings } else { Exit::Fine }
}

fn attempt(args: &BuildArgs, ui: &Ui, world: &World, notes: &mut Diagnostics) -> Result<(), String> {
    if let Some(why) = args.refused() {
        return Err(why);
    }
    let given = match args.dirs.as_slice() {
        [] => ".",
        [dir] => dir,
        _ => return Err("specify one path to kustomization.yaml".to_owned()),
    };
    let current_dir = ui.current_dir().map_err(|_| "no such directory".to_owned())?;
    let files = Arc::new(Anywhere::new(&current_dir));
    let tree = world.mount(Arc::clone(&files) as Arc<dyn crate::world::Tree>);
    let options = options(args, &files, tree)?;
    let Some(path) = files.find(given) else {
        let missing = format!("there is no directory `{given}`");
        notes.push(match given.contains("://") || given.starts_with("github.com") {
            true => Diagnostic::error(Code::UNKNOWN_REPOSITORY, missing)
                .hint("nothing is fetched: clone the repository, and name the directory"),
            false => Diagnostic::error(Code::FILE_MISSING, missing),
        });
        let shown = current_dir.join(given);
        let shown = shown.display();
        return Err(format!(
            "must build at directory: not a valid directory: evalsymlink failure on '{shown}' : lstat {shown}: no such file or directory"
        ));
    };
    let dir = FilePath::new(tree, path);
    if current_dir.join(given).is_file() {
        return Err(format!("must build at directory: '{given}': file is not directory"));
    }
    let reader = Reader::forgetful(world);
    let (charts, bases, recorder) = (helm::Charts::new(), Bases::new(), Recorder::off());
    let tools = Tools { reader: &reader, recorder: &recorder, charts: &charts, bases: &bases };
    let built = build(&dir, &options, tools);
    for line in &built.said {
        ui.talk(&format!("{line}\n"));
    }
    notes.extend(built.warnings);
    let resources = built.resources.map_err(|failure| {
        notes.extend(failure.diagnostics);
        failure.text
    })?;
    match args.output.as_ref().map(|output| current_dir.join(output)) {
        Some(dir) if dir.is_dir() => write_files(&dir, &resources)?,
        Some(file) => write(&file, &to_yaml(&resources))?,
        None => ui.out(&to_yaml(&resources)),
    }
    crate::cli::session::leave(resources);
    crate::cli::session::leave(bases);
    Ok(())
}

fn options(args: &BuildArgs, files: &Anywhere, tree: TreeId) -> Result<Options, String> {
    let unrestricted = match args.load_restrictor.as_str() {
        "LoadRestrictionsNone" => true,
        "LoadRestrictionsRootOnly" | "" => false,
        other => {
            let legal = "[LoadRestrictionsRootOnly LoadRestrictionsNone]";
            return Err(format!("illegal flag value --load-restrictor {other}; legal values: {legal}"));
        }
    };
    let reorder = match args.reorder.as_deref() {
        None | Some("legacy") => Reorder::Legacy,
        Some("none") => Reorder::None,
        Some(other) => return Err(format!("illegal flag value --reorder {other}; legal values: [legacy none]")),
    };
    let mut known = Vec::new();
    for pair in &args.repositories {
        let (url, path) = pair.rsplit_once('=').ok_or_else(|| format!("--repo is `{pair}`, expected `URL=PATH`"))?;
        let place = files.find(path).ok_or_else(|| format!("--repo {pair}: there is no `{path}`"))?;
        known.push((url.to_owned(), FilePath::new(tree, place)));
    }
    let helm = args.enable_helm.then(|| {
        Arc::new(helm::options::Options {
            kube_version: args.helm_kube_version.clone().filter(|version| !version.is_empty()),
            api_versions: args.helm_api_versions.clone().into(),
            repositories: known.clone().into(),
            identity: vec!["kustomize".to_owned()],
            ..helm::options::Options::default()
        })
    });
    let remotes = (!known.is_empty()).then(|| Arc::new(Known(known)) as Arc<dyn Remotes>);
    Ok(Options { unrestricted, helm, reorder, remotes, managed_by: args.enable_managedby_label, ..Options::default() })
}

/// What `--repo` says.
#[derive(Debug)]
struct Known(Vec<(String, FilePath)>);

impl Remotes for Known {
    fn repository(&self, url: &str, _: Option<&str>, _: &Reader) -> Result<Option<FilePath>, Diagnostic> {
        let wanted = normalized(url);
        Ok(self.0.iter().find(|(known, _)| normalized(known) == wanted).map(|(_, path)| path.clone()))
    }

    fn file(&self, url: &str, _: &Reader) -> Result<Option<FilePath>, Diagnostic> {
        Ok(self.0.iter().find_map(|(known, path)| match file_below(url, known)?.as_str() {
            "" => Some(path.clone()),
            below => path.join(below),
        }))
    }
}

/// One file for each resource, named as kustomize names them (commands/build/writer.go).
fn write_files(dir: &Path, resources: &[Resource]) -> Result<(), String> {
    let namespaced = resources.iter().filter(|resource| !resource.id().gvk.cluster_scoped);
    let namespaces: BTreeSet<&str> = namespaced.map(|resource| resource.id().effective_namespace()).collect();
    for resource in resources {
        let id = resource.id();
        let parts = [&id.gvk.group, &id.gvk.version, &id.gvk.kind].into_iter().filter(|part| !part.is_empty());
        let kind = parts.map(|part| part.to_lowercase()).collect::<Vec<_>>().join("_");
        let name = format!("{kind}_{}.yaml", id.name.to_lowercase());
        let name = match namespaces.len() > 1 && !id.gvk.cluster_scoped {
            true => format!("{}_{name}", id.effective_namespace().to_lowercase()),
            false => name,
        };
        // A name is a component of a path, whatever is in it.
        write(&dir.join(name.replace('/', "_")), &yaml::emit(resource.node()))?;
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("open {}: {error}", path.display()))
}
