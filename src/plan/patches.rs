//! Patches of layers and apps: read, and given to the apps that they may reach.

use std::sync::Arc;

use super::{App, AppKey};
use crate::config::Loaded;
use crate::config::patch::Patch as FilePatch;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::glob::Glob;
use crate::render::kustomize::outside::Outside;
use crate::render::kustomize::types::{Patch as EnginePatch, Selector, Text};
use crate::render::unreadable;
use crate::source::{Origin, SourceFile, SourceKind};
use crate::world::{FilePath, Reader, parent};

/// A patch as its file has it.
#[derive(Debug)]
pub struct Given {
    /// What it does to an object.
    pub patch: Outside,
    /// The apps whose objects are meant, if the target says so.
    pub app: Option<AppGlob>,
    /// The file that holds it, if it stands in one of its own.
    pub file: Option<FilePath>,
    /// Where it stands.
    pub origin: Origin,
    /// Of all that it says: equal patches have equal digests.
    pub digest: [u8; 32],
}

/// `target.app`.
#[derive(Clone, Debug)]
pub struct AppGlob {
    glob: Glob,
    /// As it is written.
    pub text: String,
    /// Where.
    pub origin: Origin,
}

impl AppGlob {
    /// Whether it means an app of that name.
    pub fn matches(&self, namespace: Option<&str>, name: &str) -> bool {
        self.glob.matches(name) || namespace.is_some_and(|namespace| self.glob.matches(&format!("{namespace}/{name}")))
    }
}

/// Whose patch it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The instance's, in `layer.yaml`.
    Instance,
    /// An app's, in its `app.yaml`.
    App(Arc<str>),
}

/// A patch on a cluster.
#[derive(Clone, Debug)]
pub struct Patch {
    /// Its place in the order of the cluster's patches.
    pub index: usize,
    /// Itself.
    pub given: Arc<Given>,
    /// The place of its layer.
    pub layer: usize,
    /// The layer's instance that it belongs to.
    pub instance: Arc<str>,
    /// Whose it is.
    pub owner: Owner,
    /// The namespace that it is confined to, and where the layer is declared, if it is a tenant's.
    pub tenant: Option<(Arc<str>, Origin)>,
}

/// The patches of a cluster, in the order in which they are applied.
pub type Patches = Arc<[Arc<Patch>]>;

impl Patch {
    /// Whether it may change what an app makes: apps of its own layer and of those below, and what no layer made.
    pub fn reaches(&self, app: &App) -> bool {
        app.layer_index.is_none_or(|layer| layer <= self.layer) && self.means(app)
    }

    /// Whether an app is one that it names, whatever its layer.
    pub fn means(&self, app: &App) -> bool {
        match (&app.key, &self.given.app) {
            (AppKey::Application { namespace, name, .. }, Some(glob)) => glob.matches(Some(namespace), name),
            (AppKey::Layer { name, .. }, Some(glob)) => glob.matches(None, name),
            (AppKey::Root { .. }, Some(glob)) => glob.matches(None, &app.tree_name),
            (AppKey::Layer { name, .. }, None) => match &self.owner {
                Owner::App(own) => own == name,
                Owner::Instance => true,
            },
            (AppKey::ApplicationSet { .. }, Some(_)) => false,
            (_, None) => matches!(self.owner, Owner::Instance),
        }
    }
}

/// Those of a cluster's patches that may change what an app makes.
pub fn reaching(patches: &Patches, app: &App) -> Patches {
    patches.iter().filter(|patch| patch.reaches(app)).cloned().collect()
}

/// The patches of a file (`app.yaml` or `layer.yaml`), with what is wrong in them.
pub fn read<T>(
    reader: &Reader,
    path: &FilePath,
    file: &Loaded<T>,
    patches: &[FilePatch],
) -> (Vec<Arc<Given>>, Diagnostics) {
    let mut given = Vec::new();
    let mut diagnostics = Diagnostics::new();
    for (index, patch) in patches.iter().enumerate() {
        let index = index.to_string();
        let at = |keys: &[&str]| file.origin(&[&["spec", "patches", &index], keys].concat());
        let work = Reading { reader, path, patch, at: &at };
        match work.given() {
            Ok(patches) => given.extend(patches.into_iter().map(Arc::new)),
            Err(problems) => diagnostics.extend(problems),
        }
    }
    (given, diagnostics)
}

struct Reading<'a, 'w> {
    reader: &'a Reader<'w>,
    /// The file that has it.
    path: &'a FilePath,
    patch: &'a FilePatch,
    at: &'a dyn Fn(&[&str]) -> Origin,
}

impl Reading<'_, '_> {
    fn given(&self) -> Result<Vec<Given>, Diagnostics> {
        let origin = (self.at)(&[]);
        let target = self.patch.target.as_ref();
        let text = |given: Option<&String>, key: &str| match given {
            Some(text) => Text::new(text.as_str(), (self.at)(&["target", key])),
            None => Text::default(),
        };
        let selector = target.map(|target| Selector {
            group: text(target.group.as_ref(), "group"),
            version: text(target.version.as_ref(), "version"),
            kind: text(target.kind.as_ref(), "kind"),
            name: text(target.name.as_ref(), "name"),
            namespace: text(target.namespace.as_ref(), "namespace"),
            annotation_selector: text(target.annotation_selector.as_ref(), "annotationSelector"),
            label_selector: text(target.label_selector.as_ref(), "labelSelector"),
            origin: (self.at)(&["target"]),
        });
        let (source, file) = self.source(origin)?;
        let entry = EnginePatch {
            path: Text::default(),
            patch: Text::default(),
            target: selector,
            allow_name_change: self.patch.options.allow_name_change,
            allow_kind_change: self.patch.options.allow_kind_change,
            origin,
        };
        let app = match target.and_then(|target| target.app.as_ref()) {
            None => None,
            Some(text) => {
                let origin = (self.at)(&["target", "app"]);
                let glob = Glob::new(text, None).map_err(|why| {
                    let message = format!("`{text}` is not a glob: {why}");
                    Diagnostic::error(Code::INVALID_VALUE, message).at(origin, "names apps")
                })?;
                Some(AppGlob { glob, text: text.clone(), origin })
            }
        };
        let place = file.as_ref().unwrap_or(self.path);
        let patches = Outside::read(&entry, &source, place).map_err(|failure| failure.diagnostics)?;
        let place = |(index, patch): (usize, Outside)| {
            let mut hash = blake3::Hasher::new();
            hash.update(format!("{index} {:?} ", self.patch).as_bytes()).update(source.text.as_bytes());
            let digest = *hash.finalize().as_bytes();
            Given { patch, app: app.clone(), file: file.clone(), origin, digest }
        };
        Ok(patches.into_iter().enumerate().map(place).collect())
    }

    /// The patch's text, and its file if it has one.
    fn source(&self, origin: Origin) -> Result<(Arc<SourceFile>, Option<FilePath>), Diagnostics> {
        let refuse = |message: &str| Diagnostic::error(Code::INVALID_PATCH, message).at(origin, "this patch");
        match (&self.patch.patch, &self.patch.path) {
            (Some(_), Some(_)) => Err(refuse("a patch has `patch` or `path`, not both").into()),
            (None, None) => Err(refuse("a patch needs `patch`, or the `path` of a file with it").into()),
            (Some(text), None) => {
                let world = self.reader.world();
                let quoted = SourceKind::Quoted((self.at)(&["patch"]));
                Ok((world.sources().add(world.show(self.path), text.as_str(), quoted), None))
            }
            (None, Some(path)) => {
                let at = (self.at)(&["path"]);
                let dir = FilePath::new(self.path.tree, parent(&self.path.path));
                let Some(place) = dir.join(path).filter(|_| !path.starts_with('/')) else {
                    let message = format!("`{path}` leaves the repository");
                    return Err(Diagnostic::error(Code::PATH_ESCAPES, message)
                        .at(at, "this path")
                        .hint("the path is relative to the directory of this file")
                        .into());
                };
                let source = self
                    .reader
                    .text(&place)
                    .map_err(|error| unreadable(self.reader, &place, &error).named_at(at, "named here"))?;
                Ok((source, Some(place)))
            }
        }
    }
}
