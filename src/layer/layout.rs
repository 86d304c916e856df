//! The layered layout: instances of layers, and the apps below them.
//!
//! An instance is `<layer>`, or `<layer>-<basename>` under a glob. A stage directory is an app, `<instance>-<stage>`;
//! below it the topmost directory with a marker (`Chart.yaml`, `kustomization.yaml`, `app.yaml`) is an app of its own.
//! An instance without stage directories, and any tenant's, is one app, `<instance>`.

use crate::diag::{Code, Diagnostic, Diagnostics, closest};
use crate::source::Origin;
use crate::world::{EntryKind, FilePath, Reader, find, is_glob};

/// A directory that stands for a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// `<layer>` or `<layer>-<basename>`.
    pub name: String,
    /// The directory.
    pub dir: FilePath,
    /// Its path below the layer's repository, as templates and people see it.
    pub path: String,
}

/// What renders a directory of a layer, as its markers say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marker {
    /// None: manifests and templates.
    None,
    /// `Chart.yaml`.
    Helm,
    /// `kustomization.yaml`, `kustomization.yml` or `Kustomization`.
    Kustomize,
}

/// A directory that is an app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppDir {
    /// Its name, unless its `app.yaml` gives another.
    pub name: String,
    /// The directory.
    pub dir: FilePath,
    /// Its stage's place in `stages`; past the last for an app that is in none.
    pub stage: usize,
    /// What renders it.
    pub marker: Marker,
    /// Its `app.yaml`.
    pub config: Option<FilePath>,
    /// Directories below it that are apps of their own.
    pub inner: Vec<FilePath>,
}

/// The file that marks a directory as an app and says what the directory can't.
pub const APP_FILE: &str = "app.yaml";
/// The file in which an instance says what it changes in other layers.
pub const LAYER_FILE: &str = "layer.yaml";

/// The names of a kustomization, first come first.
pub const KUSTOMIZATIONS: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// The instances of a layer: the directory itself, or under a glob each directory that matches, by name.
///
/// # Errors
/// A path that isn't there, or that leaves the repository. A glob that matches nothing is a warning.
pub fn instances(
    layer: &str,
    root: &FilePath,
    pattern: &str,
    at: Origin,
    reader: &Reader,
) -> (Vec<Instance>, Diagnostics) {
    let mut diagnostics = Diagnostics::new();
    let Some(path) = crate::world::normalize(pattern) else {
        let message = format!("the path of layer `{layer}` leaves its repository: `{pattern}`");
        diagnostics.push(Diagnostic::error(Code::PATH_ESCAPES, message).at(at, "leaves the repository"));
        return (Vec::new(), diagnostics);
    };
    if !is_glob(&path) {
        let dir = root.join(&path).unwrap_or_else(|| root.clone());
        match reader.kind(&dir) {
            Ok(Some(EntryKind::Directory)) => {}
            found => {
                let what = match found {
                    Ok(None) => "there is no such directory".to_owned(),
                    Ok(Some(_)) => "it is not a directory".to_owned(),
                    Err(error) => error.to_string(),
                };
                let message = format!("layer `{layer}` has no directory `{path}`: {what}");
                diagnostics.push(
                    Diagnostic::error(Code::UNKNOWN_PATH, message)
                        .at(at, "named here")
                        .hint("paths are relative to the root of the layer's repository, or to terrace.yaml"),
                );
                return (Vec::new(), diagnostics);
            }
        }
        return (vec![Instance { name: layer.to_owned(), dir, path }], diagnostics);
    }
    let found = match find(reader, root, &path, EntryKind::Directory) {
        Ok(found) => found,
        Err(why) => {
            diagnostics.push(Diagnostic::error(Code::INVALID_VALUE, why).at(at, "this path"));
            return (Vec::new(), diagnostics);
        }
    };
    if found.is_empty() {
        let message = format!("no directory matches the path of layer `{layer}`: `{pattern}`");
        diagnostics.push(Diagnostic::warning(Code::MATCHES_NOTHING, message).at(at, "matches nothing"));
    }
    let instances = found
        .into_iter()
        .filter_map(|path| {
            let dir = root.join(&path)?;
            Some(Instance { name: format!("{layer}-{}", dir.name()), dir, path })
        })
        .collect();
    (instances, diagnostics)
}

/// The apps of an instance, its own stage apps first, in the order of stages and then of paths. `at` is where the layer's
/// path is named, `patches` are the files that its `layer.yaml` names.
pub fn apps(
    instance: &Instance,
    stages: &[String],
    tenant: bool,
    at: Origin,
    patches: &[FilePath],
    reader: &Reader,
) -> (Vec<AppDir>, Diagnostics) {
    let mut search = Search { reader, at, patches, apps: Vec::new(), diagnostics: Diagnostics::new() };
    let mut staged = false;
    if !tenant {
        for (position, stage) in stages.iter().enumerate() {
            let Some(dir) = instance.dir.join(stage) else { continue };
            if matches!(reader.kind(&dir), Ok(Some(EntryKind::Directory))) {
                staged = true;
                search.app(format!("{}-{stage}", instance.name), dir, position);
            }
        }
    }
    if staged {
        search.outside(instance, stages);
    } else {
        search.app(instance.name.clone(), instance.dir.clone(), stages.len());
    }
    (search.apps, search.diagnostics)
}

struct Search<'a, 'w> {
    reader: &'a Reader<'w>,
    /// Where the layer's path is named.
    at: Origin,
    /// Files of patches.
    patches: &'a [FilePath],
    apps: Vec<AppDir>,
    diagnostics: Diagnostics,
}

/// How deep directories may be nested below a stage.
const MAX_DEPTH: usize = 100;

impl Search<'_, '_> {
    /// An app at `dir`; unless a marker gives the whole directory to an engine, the marked directories below are apps
    /// of their own.
    fn app(&mut self, name: String, dir: FilePath, stage: usize) {
        let (marker, config) = self.markers(&dir);
        let at = self.apps.len();
        self.apps.push(AppDir { name, dir: dir.clone(), stage, marker, config, inner: Vec::new() });
        if marker == Marker::None {
            let inner = self.below(&dir, stage, 0);
            if let Some(app) = self.apps.get_mut(at) {
                app.inner = inner;
            }
        }
    }

    /// Tells what stands beside the stages of an instance and looks as if it were meant to be rendered.
    fn outside(&mut self, instance: &Instance, stages: &[String]) {
        let is_manifest = |name: &str| [".yaml", ".yml", ".json", ".j2"].iter().any(|end| name.ends_with(end));
        for entry in self.reader.list(&instance.dir).unwrap_or_default() {
            let name = entry.name.as_str();
            let inside = |path: &FilePath, dir: &FilePath| {
                let rest = path.path.strip_prefix(dir.path.as_str()).filter(|_| path.tree == dir.tree);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            };
            let patch = instance.dir.join(name).is_some_and(|place| self.patches.iter().any(|p| inside(p, &place)));
            let known = patch || name.starts_with('.') || name == LAYER_FILE || stages.iter().any(|s| s == name);
            let slip = closest(name, stages.iter().map(String::as_str));
            let suspicious = match entry.kind {
                EntryKind::Directory => {
                    let inside = instance.dir.join(name).map(|dir| self.reader.list(&dir).unwrap_or_default());
                    slip.is_some() || inside.unwrap_or_default().iter().any(|e| is_manifest(&e.name))
                }
                EntryKind::File | EntryKind::BadLink => is_manifest(name),
            };
            if !known && suspicious {
                let message =
                    format!("`{}/{name}` is in no stage of layer instance `{}`", instance.path, instance.name);
                self.diagnostics.push(
                    Diagnostic::warning(Code::OUTSIDE_STAGES, message)
                        .at(self.at, "of this layer")
                        .did_you_mean(name, stages.iter().map(String::as_str))
                        .hint(format!("the stages are {}; what stands beside them is not rendered", stages.join(", "))),
                );
            }
        }
    }

    /// The topmost marked directories below `dir`, each made an app.
    fn below(&mut self, dir: &FilePath, stage: usize, depth: usize) -> Vec<FilePath> {
        let mut inner = Vec::new();
        let entries = match self.reader.list(dir) {
            Ok(entries) => entries,
            Err(error) => {
                self.diagnostics
                    .push(crate::render::unreadable(self.reader, dir, &error).named_at(self.at, "in this layer"));
                return inner;
            }
        };
        for entry in entries {
            if entry.kind != EntryKind::Directory || depth >= MAX_DEPTH {
                continue;
            }
            let Some(child) = dir.join(&entry.name) else { continue };
            let (marker, config) = self.markers(&child);
            if marker == Marker::None && config.is_none() {
                inner.extend(self.below(&child, stage, depth + 1));
            } else {
                let name = entry.name.clone();
                // A directory below an app belongs to it, markers or not.
                self.apps.push(AppDir { name, dir: child.clone(), stage, marker, config, inner: Vec::new() });
                inner.push(child);
            }
        }
        inner
    }

    fn markers(&self, dir: &FilePath) -> (Marker, Option<FilePath>) {
        let file = |name: &str| {
            dir.join(name)
                .filter(|path| matches!(self.reader.kind(path), Ok(Some(EntryKind::File | EntryKind::BadLink))))
        };
        // As in Argo CD, a kustomization beside a chart wins.
        let marker = if KUSTOMIZATIONS.iter().any(|name| file(name).is_some()) {
            Marker::Kustomize
        } else if file("Chart.yaml").is_some() {
            Marker::Helm
        } else {
            Marker::None
        };
        (marker, file(APP_FILE))
    }
}
