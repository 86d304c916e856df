//! The apps that layers make on a cluster.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use ecow::EcoString;

use super::fleet::Fleet;
use super::layer_sources::Called;
use super::patches::{self, Given, Owner, Patch, Patches};
use super::{App, AppKey, AppOrigin, ClusterId};
use crate::config::app::{AppFile, Flag, Wave};
use crate::config::cluster::Cluster;
use crate::config::fleet::Layer;
use crate::config::layer::LayerFile;
use crate::config::{self, Loaded};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::layer::context::{self, Roots};
use crate::layer::layout::{self, AppDir, Instance, LAYER_FILE};
use crate::provenance::Recorder;
use crate::render::jinja;
use crate::source::{Origin, SourceKind, Span};
use crate::world::{FilePath, Reader, Reads};
use crate::yaml::{Dialect, Node, Value};

/// What is the same for every cluster that reads a layer at one revision: found once.
#[derive(Debug, Default)]
pub struct Layouts {
    found: Mutex<HashMap<(usize, FilePath), Arc<LayerLayout>>>,
}

/// The instances of a layer at one revision.
#[derive(Debug)]
struct LayerLayout {
    instances: Vec<Found>,
    diagnostics: Diagnostics,
    reads: Reads,
}

/// An instance of a layer.
#[derive(Debug)]
struct Found {
    instance: Instance,
    apps: Vec<AppDir>,
    /// The patches of its `layer.yaml`.
    patches: Vec<Arc<Given>>,
}

/// What the apps of one cluster are made of.
pub struct Work<'a, 'w> {
    /// The fleet.
    pub fleet: &'a Fleet,
    /// The cluster.
    pub cluster: ClusterId,
    /// Its merged values.
    pub values: &'a Node,
    /// Layouts shared with other clusters.
    pub layouts: &'a Layouts,
    /// The templates.
    pub jinja: &'a jinja::Engine,
    /// Where files are read from.
    pub reader: &'a Reader<'w>,
    /// Whether steps are recorded.
    pub recorder: &'a Recorder,
}

/// An app that failed before it could be rendered.
#[derive(Debug)]
pub struct Failed {
    /// Its name in the tree.
    pub tree_name: Arc<str>,
    /// Why.
    pub diagnostics: Diagnostics,
}

/// The apps of a cluster, and those that failed while they were planned.
#[derive(Debug, Default)]
pub struct LayerApps {
    /// The apps.
    pub apps: Vec<App>,
    /// Apps whose `app.yaml` can't be used: they are held.
    pub failed: Vec<Failed>,
    /// Names of apps that are switched off here, or meant for other clusters.
    pub off: Vec<Arc<str>>,
    /// Every patch of the layers, in order.
    pub patches: Patches,
    /// What is wrong with the layers themselves: nothing may be written.
    pub diagnostics: Diagnostics,
}

impl Work<'_, '_> {
    /// All apps that the layers make on the cluster.
    pub fn apps(&self) -> LayerApps {
        let mut result = LayerApps::default();
        let mut patches = Vec::new();
        let names = self.fleet.file.as_ref().map(|f| f.node.at(&["spec", "layers"]).cloned());
        let nodes = names.flatten();
        for (index, layer) in self.fleet.spec.layers.iter().enumerate() {
            let node = nodes.as_ref().and_then(Node::as_seq).and_then(|s| s.get(index));
            self.layer(index, layer, node, &mut result, &mut patches);
        }
        self.refuse_twins(&mut result);
        for (index, patch) in patches.iter_mut().enumerate() {
            patch.index = index;
        }
        result.patches = patches.into_iter().map(Arc::new).collect();
        for app in &mut result.apps {
            app.patches = patches::reaching(&result.patches, app);
        }
        result
    }

    /// Apps of one name would write over each other: all of them are held.
    fn refuse_twins(&self, result: &mut LayerApps) {
        let mut by_name: BTreeMap<Arc<str>, Vec<App>> = BTreeMap::new();
        for app in std::mem::take(&mut result.apps) {
            by_name.entry(Arc::clone(&app.tree_name)).or_default().push(app);
        }
        let cluster = self.fleet.clusters.get(self.cluster).map_or("", |c| &c.name);
        for (name, mut apps) in by_name {
            let (Some(first), Some(second)) = (apps.first(), apps.get(1)) else {
                result.apps.append(&mut apps);
                continue;
            };
            let places: Vec<&str> = apps.iter().filter_map(|a| Some(a.sources.first()?.shown.as_str())).collect();
            let message = format!("two apps on cluster `{cluster}` are called `{name}`");
            let diagnostic = Diagnostic::error(Code::DUPLICATE_NAME, message)
                .at(second.declared_at, "this app")
                .also(first.declared_at, "and this one")
                .hint(format!(
                    "they stand in {}; give one another `metadata.name` in its app.yaml (with `generators`: one that `params` tell apart)",
                    places.join(" and ")
                ));
            result.failed.push(Failed { tree_name: name, diagnostics: diagnostic.into() });
        }
    }

    fn cluster_context(&self) -> Roots {
        let fleet = self.fleet.file.as_ref().map(|f| context::fleet(&f.value));
        let cluster = self.fleet.clusters.get(self.cluster).map(context::cluster);
        let mut roots: Roots = vec![("values".into(), self.values.clone())];
        roots.extend(cluster.map(|c| (EcoString::from("cluster"), c)));
        roots.extend(fleet.map(|f| (EcoString::from("fleet"), f)));
        roots
    }

    fn layer(
        &self,
        index: usize,
        layer: &Layer,
        node: Option<&Node>,
        result: &mut LayerApps,
        patches: &mut Vec<Patch>,
    ) {
        let origin = |key: &str| node.map_or(Origin::NONE, |n| config::origin_of(n, &[key]));
        let labels = self.fleet.clusters.get(self.cluster).map(|c| c.labels.clone()).unwrap_or_default();
        if layer.clusters.as_ref().is_some_and(|selector| !selector.matches(&labels)) {
            return;
        }
        let roots = self.cluster_context();
        let root = match self.root(layer, &roots, &origin) {
            Ok(root) => root,
            Err(diagnostics) => return result.diagnostics.extend(diagnostics),
        };
        let layout = self.layout(index, layer, &root, origin("path"));
        result.diagnostics.extend(layout.diagnostics.clone());
        for Found { instance, apps, patches: given } in &layout.instances {
            let mut roots = roots.clone();
            roots.push(("path".into(), context::path(&instance.path)));
            match self.is_for(layer, &roots, origin("when")) {
                Ok(true) => {}
                Ok(false) => continue,
                Err(diagnostics) => {
                    result.diagnostics.extend(diagnostics);
                    continue;
                }
            }
            let namespace = match &layer.namespace {
                None => None,
                Some(template) => match self.text(template, origin("namespace"), &roots) {
                    Ok((namespace, at)) => Some(Node::new(namespace, at)),
                    Err(diagnostics) => {
                        result.diagnostics.extend(diagnostics);
                        continue;
                    }
                },
            };
            let at = origin("name");
            let bound = namespace.as_ref().and_then(Node::as_str).unwrap_or_default();
            let tenant = layer.tenant.then(|| (Arc::from(bound), at));
            let patch = |owner: &Owner, given: &Arc<Given>| Patch {
                index: 0,
                given: Arc::clone(given),
                layer: index,
                instance: instance.name.as_str().into(),
                owner: owner.clone(),
                tenant: tenant.clone(),
            };
            let layer_place = LayerPlace {
                index,
                layer,
                instance,
                namespace,
                root: &root,
                at,
                path_at: origin("path"),
                patch_files: given.iter().filter_map(|given| given.file.clone()).collect(),
            };
            for dir in apps {
                for planned in self.apps_of(&layer_place, dir, &roots) {
                    match planned {
                        Ok(Planned::On(app, given)) => {
                            let owner = Owner::App(app.tree_name.clone());
                            patches.extend(given.iter().map(|given| patch(&owner, given)));
                            result.apps.push(*app);
                        }
                        Ok(Planned::Off(name)) => result.off.push(name),
                        Err(failed) => result.failed.push(failed),
                    }
                }
            }
            // The instance's own come last: they are put over what its apps say of themselves.
            patches.extend(given.iter().map(|given| patch(&Owner::Instance, given)));
        }
    }

    fn root(&self, layer: &Layer, roots: &Roots, origin: &dyn Fn(&str) -> Origin) -> Result<FilePath, Diagnostics> {
        let repositories = &self.fleet.repositories;
        let world = self.reader.world();
        let own = self.fleet.clusters.get(self.cluster).and_then(|c| c.revision.clone());
        // A cluster's revision is one of the fleet's own repository.
        let in_own = layer.repository.as_deref().is_none_or(|name| repositories.is_own(name));
        let revision = match &layer.revision {
            Some(template) if repositories.pinned() => Some(self.string(template, origin("revision"), roots)?),
            _ => own.filter(|_| in_own),
        };
        let revision = revision.as_deref();
        match &layer.repository {
            Some(name) => Ok(repositories.by_name(name, revision, origin("repository"), world)?),
            None => {
                let at = if layer.revision.is_some() { origin("revision") } else { self.cluster_origin() };
                self.fleet_root(revision, at)
            }
        }
    }

    /// The directory of `terrace.yaml`, at a revision.
    pub(super) fn fleet_root(&self, revision: Option<&str>, at: Origin) -> Result<FilePath, Diagnostics> {
        fleet_root(self.fleet, revision, at, self.reader)
    }

    fn cluster_origin(&self) -> Origin {
        self.fleet.clusters.get(self.cluster).map_or(Origin::NONE, Cluster::revision_origin)
    }

    fn layout(&self, index: usize, layer: &Layer, root: &FilePath, at: Origin) -> Arc<LayerLayout> {
        let mut found = self.layouts.found.lock().unwrap_or_else(PoisonError::into_inner);
        let layout = found.entry((index, root.clone())).or_insert_with(|| {
            let reader = Reader::new(self.reader.world());
            let (instances, mut diagnostics) = layout::instances(&layer.name, root, &layer.path, at, &reader);
            let mut found = Vec::new();
            for instance in instances {
                let patches = layer_patches(&instance, &reader, &mut diagnostics);
                let files: Vec<FilePath> = patches.iter().filter_map(|patch| patch.file.clone()).collect();
                let (apps, problems) =
                    layout::apps(&instance, &self.fleet.spec.stages, layer.tenant, at, &files, &reader);
                diagnostics.extend(problems);
                found.push(Found { instance, apps, patches });
            }
            Arc::new(LayerLayout { instances: found, diagnostics, reads: reader.into_reads() })
        });
        self.reader.absorb(&layout.reads);
        Arc::clone(layout)
    }

    fn is_for(&self, layer: &Layer, roots: &Roots, at: Origin) -> Result<bool, Diagnostics> {
        let Some(expression) = &layer.when else { return Ok(true) };
        let on_read = |path: &[EcoString]| self.reader.value(path);
        let options = jinja::Options { on_read: &on_read, ..jinja::Options::default() };
        let context = jinja::Context::new(roots.clone());
        let result = self.jinja.eval(expression, span(at), &context, &options)?;
        Ok(jinja::truthy(&result))
    }

    fn string(&self, template: &str, at: Origin, roots: &Roots) -> Result<String, Diagnostics> {
        Ok(self.text(template, at, roots)?.0)
    }

    /// A templated string rendered, and where it comes from: while steps are recorded, a text of its own that leads back
    /// to the template and to what it read.
    fn text(&self, template: &str, at: Origin, roots: &Roots) -> Result<(String, Origin), Diagnostics> {
        let on_read = |path: &[EcoString]| self.reader.value(path);
        let options = jinja::Options { on_read: &on_read, record: self.recorder.on(), ..jinja::Options::default() };
        let context = jinja::Context::new(roots.clone());
        if !self.recorder.on() || !template.contains('{') {
            return Ok((self.jinja.render_string(template, span(at), &context, &options)?, at));
        }
        let sources = self.reader.world().sources();
        let token = sources.widen(span(at));
        let jinja::Text { text, map } = self.jinja.record_string(template, token, &context, &options)?;
        let name = format!("{} (rendered)", sources.get(at.file).map_or(String::new(), |file| file.name.clone()));
        let kept = sources.add(name, text.as_str(), SourceKind::Rendered(Arc::new(map.unwrap_or_default())));
        Ok((text, Origin::new(kept.id, 0)))
    }

    /// The apps of a directory: one, or one for each parameter set of its generators.
    fn apps_of(&self, place: &LayerPlace, dir: &AppDir, roots: &Roots) -> Vec<Result<Planned, Failed>> {
        let sets = dir.config.as_ref().map_or(Ok(None), |path| self.parameter_sets(path));
        match sets {
            Ok(None) => vec![self.app(place, dir, roots)],
            Ok(Some(sets)) => {
                let with = |params: Node| {
                    let mut roots = roots.clone();
                    roots.push(("params".into(), params));
                    self.app(place, dir, &roots)
                };
                sets.into_iter().map(with).collect()
            }
            Err(diagnostics) => vec![Err(Failed { tree_name: dir.name.as_str().into(), diagnostics })],
        }
    }

    /// One app.
    fn app(&self, place: &LayerPlace, dir: &AppDir, roots: &Roots) -> Result<Planned, Failed> {
        // What fails before the app's own name is known fails under its directory's.
        let mut name: Arc<str> = dir.name.as_str().into();
        let reader = Reader::new(self.reader.world());
        let app = Work { reader: &reader, ..*self }.named_app(place, dir, roots, &mut name);
        let reads = reader.into_reads();
        self.reader.absorb(&reads);
        let app = app.map(|planned| match planned {
            Planned::On(app, given) => Planned::On(Box::new(App { planning: reads, ..*app }), given),
            off => off,
        });
        app.map_err(|diagnostics| Failed { tree_name: name, diagnostics })
    }

    fn named_app(
        &self,
        place: &LayerPlace,
        dir: &AppDir,
        roots: &Roots,
        called: &mut Arc<str>,
    ) -> Result<Planned, Diagnostics> {
        let layer_context = context::map([
            ("name", context::text(Some(&place.layer.name))),
            ("instance", context::text(Some(&place.instance.name))),
            ("path", context::text(Some(&place.instance.path))),
            ("stage", context::text(self.fleet.spec.stages.get(dir.stage).map(String::as_str))),
            ("namespace", place.namespace.clone()),
            ("tenant", Some(Node::made(place.layer.tenant))),
        ]);
        let mut roots = roots.clone();
        roots.push(("layer".into(), layer_context));
        let mut named = roots.clone();
        named.push(("app".into(), context::map([("name", context::text(Some(&dir.name)))])));
        let file = match &dir.config {
            Some(path) => Some(self.app_file(path, &named)?),
            None => None,
        };
        let origin = |keys: &[&str]| file.as_ref().map_or(place.at, |f| f.origin(keys));
        let spec = file.as_ref().map(|f| &f.value.spec);
        let given = file.as_ref().and_then(|f| f.value.metadata.name.clone());
        let name: Arc<str> = given.unwrap_or_else(|| dir.name.clone()).into();
        *called = Arc::clone(&name);
        if !self.enabled(&name, spec.and_then(|s| s.enable.as_ref()), origin(&["spec", "enable"]))? {
            return Ok(Planned::Off(name));
        }
        let labels = self.fleet.clusters.get(self.cluster).map(|c| c.labels.clone()).unwrap_or_default();
        if spec.and_then(|s| s.clusters.as_ref()).is_some_and(|selector| !selector.matches(&labels)) {
            return Ok(Planned::Off(name));
        }
        let given = match (&file, &dir.config) {
            (Some(file), Some(path)) => {
                let (given, problems) = patches::read(self.reader, path, file, &file.value.spec.patches);
                if problems.has_errors() {
                    return Err(problems);
                }
                given
            }
            _ => Vec::new(),
        };
        let wave = match spec.and_then(|s| s.wave.as_ref()) {
            None => 0,
            Some(Wave::Number(wave)) => *wave,
            Some(Wave::Template(text)) => text.trim().parse().map_err(|_| {
                Diagnostic::error(Code::WRONG_TYPE, format!("`wave` is `{text}`, expected an integer"))
                    .at(origin(&["spec", "wave"]), "not an integer")
            })?,
        };
        let namespace = spec.and_then(|s| s.namespace.as_deref());
        let namespace = namespace.map(|namespace| Node::new(namespace, origin(&["spec", "namespace"])));
        if let (true, Some(asked), Some(bound)) = (place.layer.tenant, &namespace, &place.namespace)
            && asked != bound
        {
            let (asked, bound) = (asked.as_str().unwrap_or_default(), bound.as_str().unwrap_or_default());
            let message = format!("a tenant's app goes into its own namespace `{bound}`, not into `{asked}`");
            return Err(Diagnostic::error(Code::TENANT_ESCAPES, message)
                .at(origin(&["spec", "namespace"]), "another namespace")
                .into());
        }
        let namespace = namespace.or_else(|| place.namespace.clone());
        // What app.yaml doesn't say comes from the directory, and has no place.
        let said = |keys: &[&str]| {
            file.as_ref().filter(|f| f.node.at(keys).is_some()).map_or(Origin::NONE, |f| f.origin(keys))
        };
        let (named_at, released_at) = (said(&["metadata", "name"]), said(&["spec", "releaseName"]));
        let release = spec.and_then(|s| s.release_name.as_deref());
        let app_context = context::map([
            ("name", Some(Node::new(&*name, named_at))),
            ("namespace", namespace.clone()),
            ("wave", Some(Node::new(wave, said(&["spec", "wave"])))),
            ("releaseName", Some(release.map_or_else(|| Node::new(&*name, named_at), |r| Node::new(r, released_at)))),
        ]);
        roots.push(("app".into(), app_context));
        let called = Called {
            name: &name,
            release: release.unwrap_or(&name),
            namespace: namespace.as_ref().and_then(Node::as_str),
        };
        let own = given.iter().filter_map(|given| given.file.as_ref());
        let patch_files: Vec<FilePath> = own.chain(&place.patch_files).cloned().collect();
        let sources = self.sources(place, dir, file.as_ref(), &called, &patch_files)?;
        let depends = file.as_ref().and_then(|f| f.node.at(&["spec", "dependsOn"])).and_then(Node::as_seq);
        let depends_on = depends.unwrap_or_default().iter();
        let declared_at = dir.config.as_ref().map_or(place.at, |_| origin(&["metadata", "name"]));
        let app = App {
            key: AppKey::Layer { cluster: self.cluster, name: Arc::clone(&name) },
            cluster: self.cluster,
            tree_name: Arc::clone(&name),
            namespace_at: namespace.as_ref().map_or(place.at, |n| n.origin),
            namespace: namespace.as_ref().and_then(Node::as_str).map(Into::into),
            tenant: place.layer.tenant,
            create_namespace: false,
            wave,
            depends_on: depends_on.filter_map(|n| Some((n.as_str()?.into(), n.origin))).collect(),
            labels: file.as_ref().map(|f| f.value.metadata.labels.clone()).unwrap_or_default(),
            sources,
            context: Arc::new(roots),
            origin: AppOrigin::Layer {
                layer: place.index,
                layer_name: place.layer.name.as_str().into(),
                instance: place.instance.name.as_str().into(),
                stage: dir.stage,
                dir_name: dir.name.as_str().into(),
            },
            parent: None,
            made_by: None,
            depth: 0,
            declared_at,
            layer_index: Some(place.index),
            patches: Patches::default(),
            planning: Reads::default(),
        };
        Ok(Planned::On(Box::new(app), given))
    }

    /// Reads an `app.yaml`, its strings rendered as templates (those of generators and patches are left alone).
    fn app_file(&self, path: &FilePath, roots: &Roots) -> Result<Loaded<AppFile>, Diagnostics> {
        let (nodes, mut diagnostics) = super::fleet::documents(self.reader, path, Dialect::Config);
        if diagnostics.has_errors() {
            return Err(diagnostics);
        }
        let mut nodes = nodes.into_iter();
        let Some(mut node) = nodes.next() else {
            let place = self.reader.world().show(path);
            diagnostics.push(
                Diagnostic::error(Code::MISSING_KEY, format!("`{place}` is empty"))
                    .hint("it starts with `apiVersion: terrace.dev/v1alpha1` and `kind: App`"),
            );
            return Err(diagnostics);
        };
        if let Some(second) = nodes.next() {
            let message = "app.yaml holds one document, here is another";
            diagnostics.push(Diagnostic::error(Code::INVALID_VALUE, message).at(second.origin, "a second document"));
        }
        let mut render = |text: &str, origin: Origin| self.text(text, origin, roots);
        render_strings(&mut node, &mut render, &mut diagnostics, 0);
        if diagnostics.has_errors() {
            return Err(diagnostics);
        }
        config::load(config::schema::app(), node)
    }

    fn enabled(&self, name: &str, flag: Option<&Flag>, at: Origin) -> Result<bool, Diagnostics> {
        let path: [EcoString; 4] = ["values".into(), "apps".into(), name.into(), "enable".into()];
        self.reader.value(&path);
        if let Some(node) = self.values.at(&["apps", name, "enable"]) {
            match node.value {
                Value::Bool(false) => return Ok(false),
                Value::Bool(true) => {}
                ref other => {
                    let message = format!("`apps.{name}.enable` is {}, expected true or false", other.kind());
                    return Err(Diagnostic::error(Code::WRONG_TYPE, message).at(node.origin, "not a boolean").into());
                }
            }
        }
        match flag {
            None => Ok(true),
            Some(Flag::Bool(flag)) => Ok(*flag),
            Some(Flag::Template(text)) => match text.trim() {
                "true" | "True" => Ok(true),
                "false" | "False" => Ok(false),
                other => {
                    let message = format!("`enable` is `{other}`, expected true or false");
                    Err(Diagnostic::error(Code::WRONG_TYPE, message).at(at, "gives no boolean").into())
                }
            },
        }
    }
}

/// What became of an app's directory.
enum Planned {
    /// An app, and the patches of its `app.yaml`.
    On(Box<App>, Vec<Arc<Given>>),
    /// None on this cluster.
    Off(Arc<str>),
}

/// The patches of an instance's `layer.yaml`, if there is one.
fn layer_patches(instance: &Instance, reader: &Reader, diagnostics: &mut Diagnostics) -> Vec<Arc<Given>> {
    let Some(path) = instance.dir.join(LAYER_FILE) else { return Vec::new() };
    if !matches!(reader.kind(&path), Ok(Some(_))) {
        return Vec::new();
    }
    let (nodes, problems) = super::fleet::documents(reader, &path, Dialect::Config);
    diagnostics.extend(problems);
    let mut patches = Vec::new();
    for node in nodes {
        match config::load::<LayerFile>(config::schema::layer(), node) {
            Ok(file) => {
                let (given, problems) = patches::read(reader, &path, &file, &file.value.spec.patches);
                diagnostics.extend(problems);
                patches.extend(given);
            }
            Err(problems) => diagnostics.extend(problems),
        }
    }
    patches
}

/// An instance of a layer.
pub(super) struct LayerPlace<'a> {
    index: usize,
    pub(super) layer: &'a Layer,
    instance: &'a Instance,
    /// The namespace that its apps are bound to, and where it comes from.
    namespace: Option<Node>,
    pub(super) root: &'a FilePath,
    /// Where the layer is named.
    at: Origin,
    /// Where its path is.
    pub(super) path_at: Origin,
    /// The files of its `layer.yaml`'s patches.
    patch_files: Vec<FilePath>,
}

fn span(origin: Origin) -> Span {
    origin.span().unwrap_or(Span { file: origin.file, start: origin.at, end: origin.at })
}

/// The directory of `terrace.yaml` in the fleet's own repository at a revision; the working tree's when not pinned.
pub fn fleet_root(fleet: &Fleet, revision: Option<&str>, at: Origin, reader: &Reader) -> Result<FilePath, Diagnostics> {
    match (revision, fleet.repositories.own_at(revision, at, reader.world())) {
        (None, _) | (_, None) => Ok(fleet.dir.clone()),
        (Some(_), Some(root)) => {
            let root = root?;
            let inside = fleet.repositories.own().map_or("", |own| own.root.path.as_str());
            let below = fleet.dir.path.strip_prefix(inside).unwrap_or(&fleet.dir.path);
            Ok(root.join(below.trim_start_matches('/')).unwrap_or(root))
        }
    }
}

const MAX_DEPTH: usize = 100;

/// Renders a string that has a template in it, and says where the result comes from.
type RenderString<'a> = dyn FnMut(&str, Origin) -> Result<(String, Origin), Diagnostics> + 'a;

fn render_strings(node: &mut Node, render: &mut RenderString<'_>, diagnostics: &mut Diagnostics, depth: usize) {
    let origin = node.origin;
    match &mut node.value {
        Value::Str(text) if text.contains("{{") || text.contains("{%") => match render(text, origin) {
            Ok((rendered, from)) => {
                *text = rendered.into();
                node.origin = from;
            }
            Err(problems) => diagnostics.extend(problems),
        },
        Value::Seq(seq) if depth < MAX_DEPTH => {
            seq.make_mut().iter_mut().for_each(|n| render_strings(n, render, diagnostics, depth + 1));
        }
        Value::Map(map) if depth < MAX_DEPTH => {
            let inner = map.entries_mut().iter_mut();
            let rendered = inner.filter(|e| depth != 1 || !matches!(e.key.as_str(), "generators" | "patches"));
            rendered.for_each(|e| render_strings(&mut e.value, render, diagnostics, depth + 1));
        }
        _ => {}
    }
}
