//! One kustomization built, with all below it (api/internal/target/kusttarget.go).
//!
//! The order is the whole point: resources, generators, components, transformers, validators, vars. What names mean in the
//! end (hashes, references to what was renamed, vars) is settled once, at the root, by [`super::build`].

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use super::bases::{Base, Bases, Key};
use super::build_origin::{self, BuildOrigin};
use super::context::Context;
use super::crds;
use super::factory;
use super::failure::{Failure, Result};
use super::generate;
use super::loader::{FILE_NAMES, Loader, shown};
use super::openapi::Schema;
use super::overrides;
use super::plugin::Plugin;
use super::read;
use super::reference::vars::{self, VarSet};
use super::resmap::ResMap;
use super::resource::Resource;
use super::run::{self, Step};
use super::transformer_config::TransformerConfig;
use super::types::{Kustomization, Text};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::parallel;
use crate::provenance::Recorder;
use crate::render::helm;
use crate::source::{Origin, SourceFile, SourceKind};
use crate::world::{EntryKind, FilePath, Reader};
use crate::yaml::{self, Dialect};

/// How deep kustomizations may name kustomizations.
const MAX_DEPTH: usize = 200;

/// What all kustomizations of a build share.
pub struct Build<'a> {
    /// Whether, and where, the steps of values are recorded.
    pub recorder: &'a Recorder,
    /// The charts of the run.
    pub charts: &'a helm::Charts,
    /// The bases of the run.
    pub bases: &'a Bases,
    /// The merge keys that hold: the first kustomization that names some decides for all.
    pub schema: RefCell<Option<Arc<Schema>>>,
    /// What is worth a warning.
    pub warnings: RefCell<Diagnostics>,
    /// What kustomize says on stderr.
    pub said: RefCell<Vec<String>>,
    /// What forbids keeping what is accumulated for other builds: it depends on more than files.
    pub particular: Cell<bool>,
}

impl Build<'_> {
    /// For a part that is kept for other builds.
    fn apart(&self) -> Self {
        Self {
            recorder: self.recorder,
            charts: self.charts,
            bases: self.bases,
            schema: RefCell::default(),
            warnings: RefCell::default(),
            said: RefCell::default(),
            particular: Cell::new(false),
        }
    }

    /// The merge keys that hold now.
    pub fn schema(&self) -> Arc<Schema> {
        self.schema.borrow().as_ref().map(Arc::clone).unwrap_or_default()
    }
}

/// Resources, and the rules that were gathered with them.
#[derive(Clone)]
pub struct Accumulator {
    /// The resources.
    pub map: ResMap,
    /// The rules.
    pub config: Arc<TransformerConfig>,
    /// The vars.
    pub vars: VarSet,
}

impl Default for Accumulator {
    fn default() -> Self {
        let config = Arc::clone(TransformerConfig::nothing());
        Self { map: ResMap::new(), config, vars: VarSet::default() }
    }
}

impl Accumulator {
    fn merge(&mut self, other: Self) -> Result<()> {
        self.map.append_all(other.map.into_resources())?;
        self.merge_config(&other.config)?;
        self.vars.absorb(other.vars)
    }

    fn merge_config(&mut self, config: &Arc<TransformerConfig>) -> Result<()> {
        self.config = TransformerConfig::merged(&self.config, config)?;
        Ok(())
    }
}

/// A kustomization at work.
pub struct Target<'a, 'w> {
    build: &'a Build<'a>,
    loader: Loader<'a, 'w>,
    file: FilePath,
    /// What it says.
    pub kustomization: Kustomization,
    /// The root's `buildMetadata`.
    metadata: Vec<Text>,
    /// Where it comes from, if anybody asks.
    origin: Option<BuildOrigin>,
    /// The namespace that charts get from the kustomizations above.
    helm_namespace: Text,
    depth: usize,
}

impl<'a, 'w> Target<'a, 'w> {
    /// The kustomization that is built.
    ///
    /// # Errors
    /// Why it can't be read.
    pub fn root(build: &'a Build<'a>, loader: Loader<'a, 'w>) -> Result<Self> {
        let (file, source) = find(&loader)?;
        let mut kustomization = read::kustomization(&source)?;
        overrides::apply(&mut kustomization, &loader.options().overrides)?;
        let metadata = kustomization.build_metadata.clone();
        let origin = (!metadata.is_empty()).then(BuildOrigin::default);
        let helm_namespace = Text::default();
        Self { build, loader, file, kustomization, metadata, origin, helm_namespace, depth: 0 }.warned()
    }

    /// The kustomization of another directory, which this one names.
    fn below<'b>(&self, build: &'b Build<'b>, loader: Loader<'b, 'w>, name: &Text) -> Result<Target<'b, 'w>> {
        let prefix = format!("couldn't make target for path '{}'", loader.shown_root());
        if self.depth >= MAX_DEPTH {
            let message = format!("more than {MAX_DEPTH} kustomizations within each other");
            return Err(Failure::new(Code::INVALID_KUSTOMIZATION, message).at(name.origin, "names one more"));
        }
        let (file, source) = find(&loader).map_err(|f| f.at(name.origin, "named here").prefixed(&prefix))?;
        let kustomization = read::kustomization(&source).map_err(|failure| failure.prefixed(&prefix))?;
        let own = &self.kustomization.namespace;
        Target {
            build,
            loader,
            file,
            kustomization,
            metadata: self.metadata.clone(),
            origin: self.origin.as_ref().map(|origin| origin.append(name)),
            helm_namespace: if own.is_empty() { self.helm_namespace.clone() } else { own.clone() },
            depth: self.depth + 1,
        }
        .warned()
    }

    fn warned(self) -> Result<Self> {
        let mut said = self.build.said.borrow_mut();
        said.extend(self.kustomization.deprecated.iter().map(|deprecated| deprecated.said.to_owned()));
        drop(said);
        self.build.warnings.borrow_mut().extend(self.kustomization.warnings.clone());
        self.set_schema()?;
        Ok(self)
    }

    /// `openapi` (`SetSchema`).
    fn set_schema(&self) -> Result<()> {
        let Kustomization { openapi_path, openapi_version, .. } = &self.kustomization;
        if openapi_path.is_none() && openapi_version.is_none() {
            return Ok(());
        }
        self.build.particular.set(true);
        let file = openapi_path.as_ref().map(|path| self.loader.text(path)).transpose()?;
        if self.depth > 0 && self.build.schema.borrow().is_some() {
            return Ok(());
        }
        let document = file.map(|file| yaml::parse_file(&file, Dialect::Kubernetes).into_first());
        let place = openapi_path.as_ref().map_or(Origin::NONE, |path| path.origin);
        // Below the root, kustomize has looked at what is built in before.
        let schema = Schema::chosen(openapi_version.as_ref(), document.as_ref(), self.depth > 0);
        let schema = schema.map_err(|failure| failure.at(place, "this schema"))?;
        if let Some(schema) = schema {
            *self.build.schema.borrow_mut() = Some(Arc::new(schema));
        }
        Ok(())
    }

    /// What generators and transformers work with.
    pub fn context<'c>(&'c self, schema: &'c Schema) -> Context<'c, 'w> {
        Context {
            loader: &self.loader,
            schema,
            recorder: self.build.recorder,
            warnings: &self.build.warnings,
            said: &self.build.said,
            charts: self.build.charts,
            file: &self.file,
        }
    }

    fn builtin_origin(&self, kind: &str) -> Option<BuildOrigin> {
        Some(self.origin.as_ref()?.builtin(self.file.name(), kind))
    }

    /// Accumulates what it says into `into`: empty for a kustomization, its parent's for a component.
    ///
    /// # Errors
    /// Everything that is wrong with its resources, or else the first thing that is.
    pub fn accumulate(&self, into: Accumulator) -> Result<Accumulator> {
        let kustomization = &self.kustomization;
        let mut all = into;
        self.resources(&mut all, &kustomization.resources).map_err(|f| f.prefixed("accumulating resources"))?;
        let config = TransformerConfig::load(&kustomization.configurations, &self.loader)?;
        all.merge_config(&config)?;
        if !kustomization.crds.is_empty() {
            let config = crds::load(&kustomization.crds, &self.loader)?;
            all.merge_config(&Arc::new(config))?;
        }
        let schema = self.build.schema();
        self.generators(&mut all, &self.context(&schema))?;
        self.components(&mut all)?;
        let schema = self.build.schema();
        let context = self.context(&schema);
        self.transformers(&mut all, &context)?;
        self.validators(&mut all, &context)?;
        vars::merge(&mut all.map, &mut all.vars, &kustomization.vars)?;
        Ok(all)
    }

    /// Each entry is a file, or else another kustomization.
    fn resources(&self, all: &mut Accumulator, names: &[Text]) -> Result<()> {
        let is_file = |name: &Text| -> Option<FilePath> {
            let path = self.loader.locate(name).ok()?;
            matches!(self.loader.reader.kind(&path), Ok(Some(EntryKind::File | EntryKind::BadLink))).then_some(path)
        };
        let files: Vec<Option<FilePath>> = names.iter().map(is_file).collect();
        if files.len() > 1 {
            let wanted: Vec<FilePath> = files.iter().flatten().cloned().collect();
            self.loader.reader.prefetch(&wanted);
        }
        let mut texts = Vec::with_capacity(files.len());
        for (name, path) in names.iter().zip(&files) {
            texts.push(path.as_ref().map(|path| self.loader.text(name).map(|text| (text, path))));
        }
        let parse = |found: Result<(Arc<SourceFile>, &FilePath)>| {
            found.and_then(|(text, path)| factory::from_source(&text, path))
        };
        let parsed: Vec<_> = match texts.len() < parallel::FEW {
            true => texts.into_iter().map(|text| text.map(parse)).collect(),
            false => parallel::map(texts, |text| text.map(parse)),
        };
        let mut failed: Option<Failure> = None;
        for (name, parsed) in names.iter().zip(parsed) {
            let done = match parsed {
                Some(parsed) => {
                    let parsed = parsed.map_err(|failure| factory::in_file(failure, name));
                    self.file(all, name, parsed).map_err(|failure| self.tried_as_directory(failure, name))
                }
                None => self.directory(all, name),
            };
            if let Err(failure) = done {
                failed = Some(match failed.take() {
                    Some(first) => first.and(failure),
                    None => failure,
                });
            }
        }
        failed.map_or(Ok(()), Err)
    }

    fn file(&self, all: &mut Accumulator, name: &Text, read: Result<(Vec<Resource>, Diagnostics)>) -> Result<()> {
        let (mut resources, warnings) =
            read.map_err(|failure| failure.prefixed(&format!("accumulating resources from '{}'", &**name)))?;
        self.build.warnings.borrow_mut().extend(warnings);
        if let Some(origin) = &self.origin {
            let text = origin.append(name).text();
            for resource in &mut resources {
                resource.annotate(build_origin::ORIGIN, &text, Origin::NONE);
            }
        }
        let merged = all.map.append_all(resources);
        merged.map_err(|failure| failure.prefixed(&format!("merging resources from '{}'", &**name)))
    }

    /// kustomize takes a file that it can't use for a directory in the end, and tells both.
    fn tried_as_directory(&self, mut failure: Failure, name: &Text) -> Failure {
        if !failure.text.contains("MalformedYAMLError") {
            let path = self.loader.root().join(name).map_or_else(|| name.to_string(), |path| shown(&path));
            let text = format!("must build at directory: '{path}': file is not directory");
            failure.text = format!("accumulation err='{}': {text}", failure.text);
        }
        failure
    }

    /// What isn't a file. kustomize has tried it as one before, and tells that, too.
    fn directory(&self, all: &mut Accumulator, name: &Text) -> Result<()> {
        let as_file = || match self.loader.text(name) {
            Ok(_) => String::new(),
            Err(failure) => format!("accumulating resources from '{}': {}", &**name, failure.text),
        };
        let loader = match self.loader.descend(name) {
            Ok(loader) => loader,
            Err(failure) => return Err(failure.prefixed(&format!("accumulation err='{}'", as_file()))),
        };
        let accumulated = self.accumulate_directory(all, loader, name, false);
        accumulated.map_err(|failure| failure.prefixed(&format!("accumulation err='{}'", as_file())))
    }

    fn components(&self, all: &mut Accumulator) -> Result<()> {
        for name in &self.kustomization.components {
            let quoted = |prefix: &str, mut failure: Failure| {
                failure.text = format!("accumulating components: {prefix}: {:?}", failure.text);
                failure
            };
            let loader = self.loader.descend(name).map_err(|mut failure| {
                failure.text = format!("accumulating components: loader.New {:?}", failure.text);
                failure
            })?;
            let accumulated = self.accumulate_directory(all, loader, name, true);
            accumulated.map_err(|failure| quoted("accumulateDirectory", failure))?;
        }
        Ok(())
    }

    fn accumulate_directory(
        &self,
        all: &mut Accumulator,
        loader: Loader<'a, 'w>,
        name: &Text,
        component: bool,
    ) -> Result<()> {
        let root = loader.shown_root();
        let recursed = |failure: Failure| failure.prefixed(&format!("recursed accumulation of path '{root}'"));
        let merging = |failure: Failure| failure.prefixed(&format!("recursed merging from path '{root}'"));
        if component {
            let below = self.below(self.build, loader, name)?;
            below.must_be_component(true, name)?;
            let own = std::mem::take(all);
            *all = below.accumulate(own).map_err(recursed)?;
            return Ok(());
        }
        let accumulated = self.base(loader, name, &recursed)?;
        all.merge(accumulated).map_err(merging)
    }

    /// What another kustomization accumulates: once for all builds of a run, as long as it depends on its files only.
    fn base(&self, loader: Loader<'a, 'w>, name: &Text, recursed: &dyn Fn(Failure) -> Failure) -> Result<Accumulator> {
        let shared = self.origin.is_none() && !self.build.recorder.on() && self.build.schema.borrow().is_none();
        let key = Key { root: loader.root().clone(), unrestricted: loader.options().unrestricted };
        if shared && let Some(base) = self.build.bases.get(&key) {
            loader.reader.absorb(&base.reads);
            self.build.warnings.borrow_mut().extend(base.warnings.clone());
            self.build.said.borrow_mut().extend(base.said.iter().cloned());
            return Ok(base.accumulated.clone());
        }
        if !shared {
            let below = self.below(self.build, loader, name)?;
            below.must_be_component(false, name)?;
            return below.accumulate(Accumulator::default()).map_err(recursed);
        }
        let reader = loader.reader;
        let own = Reader::new(reader.world());
        let build = self.build.apart();
        let accumulated = self.below(&build, loader.reading(&own), name).and_then(|below| {
            below.must_be_component(false, name)?;
            below.accumulate(Accumulator::default()).map_err(recursed)
        });
        let reads = own.into_reads();
        reader.absorb(&reads);
        let (warnings, said) = (build.warnings.into_inner(), build.said.into_inner());
        self.build.warnings.borrow_mut().extend(warnings.clone());
        self.build.said.borrow_mut().extend(said.iter().cloned());
        if build.particular.get() {
            self.build.particular.set(true);
            *self.build.schema.borrow_mut() = build.schema.into_inner();
            return accumulated;
        }
        let accumulated = accumulated?;
        self.build.bases.keep(key, Base { accumulated: accumulated.clone(), reads, warnings, said });
        Ok(accumulated)
    }

    fn must_be_component(&self, expected: bool, name: &Text) -> Result<()> {
        let root = self.loader.shown_root();
        match (expected, self.kustomization.component) {
            (true, false) => {
                let text = format!("expected kind 'Component' for path '{root}' but got 'Kustomization'");
                let message = format!("`{}` is no component", self.loader.reader.world().show(&self.file));
                Err(Failure::told(text, Diagnostic::error(Code::INVALID_KUSTOMIZATION, message))
                    .at(name.origin, "named as one")
                    .hint("name it under `resources`, or make it one: `kind: Component`, with `apiVersion: kustomize.config.k8s.io/v1alpha1`"))
            }
            (false, true) => {
                let text = format!("expected kind != 'Component' for path '{root}'");
                let message = format!("`{}` is a component", self.loader.reader.world().show(&self.file));
                Err(Failure::told(text, Diagnostic::error(Code::INVALID_KUSTOMIZATION, message))
                    .at(name.origin, "named as a resource")
                    .hint("name it under `components`"))
            }
            _ => Ok(()),
        }
    }

    fn generators(&self, all: &mut Accumulator, context: &Context) -> Result<()> {
        let kustomization = &self.kustomization;
        let global = kustomization.generator_options.as_ref();
        let mut made: Vec<(Vec<Resource>, Option<BuildOrigin>)> = Vec::new();
        for (list, secret) in [(&kustomization.config_map_generator, false), (&kustomization.secret_generator, true)] {
            for args in list {
                let mut args = args.clone();
                args.options = generate::maps::merged(args.options.as_ref(), global);
                let resource = match secret {
                    true => generate::maps::secret(&args, context)?,
                    false => generate::maps::config_map(&args, context)?,
                };
                let kind = if secret { "SecretGenerator" } else { "ConfigMapGenerator" };
                made.push((vec![resource], self.builtin_origin(kind)));
            }
        }
        for chart in &kustomization.helm_charts {
            self.build.particular.set(true);
            let mut chart = chart.clone();
            if chart.namespace.is_empty() {
                let own = &kustomization.namespace;
                chart.namespace = if own.is_empty() { self.helm_namespace.clone() } else { own.clone() };
            }
            let resources = generate::helm::chart(&kustomization.helm_globals, &chart, context)?;
            made.push((resources, self.builtin_origin("HelmChartInflationGenerator")));
        }
        let loading = |failure: Failure| failure.prefixed("loading generator plugins");
        for (plugin, config) in self.plugins(&kustomization.generators, "generator").map_err(loading)? {
            let resources = run::generate(&plugin, context)?;
            let resources = resources.ok_or_else(|| {
                let text = format!("plugin {} not a generator", config.original_id());
                loading(Failure::new(Code::INVALID_KUSTOMIZATION, format!("failed to load generator: {text}")))
                    .at(config.declared_at, "this is no generator")
            })?;
            made.push((resources, BuildOrigin::of_plugin(&config)));
        }
        for (mut resources, origin) in made {
            for resource in &mut resources {
                if let Some(origin) = &origin {
                    build_origin::annotate(resource, origin);
                }
            }
            for resource in resources {
                let absorbed = all.map.absorb(resource);
                absorbed.map_err(|failure| failure.prefixed("merging from generator"))?;
            }
        }
        Ok(())
    }

    /// Manifests that configure generators or transformers: inline, or in files and kustomizations.
    fn plugins(&self, entries: &[Text], what: &str) -> Result<Vec<(Plugin, Resource)>> {
        if entries.is_empty() {
            return Ok(Vec::new());
        }
        let mut all = Accumulator::default();
        let mut paths = Vec::new();
        for entry in entries {
            let Some(mut configs) = self.inline(entry) else {
                paths.push(entry.clone());
                continue;
            };
            if let Some(origin) = &self.origin {
                let text = origin.append(self.file.name()).text();
                configs.iter_mut().for_each(|config| config.annotate(build_origin::ORIGIN, &text, Origin::NONE));
            }
            let appended = all.map.append_all(configs);
            appended.map_err(|failure| failure.prefixed(&format!("configuring external {what}")))?;
        }
        self.resources(&mut all, &paths)?;
        let configs = all.map.into_resources();
        configs.into_iter().map(|config| Ok((Plugin::of(&config, &self.loader)?, config))).collect()
    }

    /// The manifests of an entry that isn't a path.
    fn inline(&self, entry: &Text) -> Option<Vec<Resource>> {
        if !entry.contains(':') {
            return None;
        }
        let sources = self.loader.reader.world().sources();
        let source: Arc<SourceFile> =
            sources.add(self.file.path.to_string(), entry.to_string(), SourceKind::Quoted(entry.origin));
        let (resources, _) = factory::from_source(&source, &self.file).ok()?;
        (!resources.is_empty()).then_some(resources)
    }

    fn transformers(&self, all: &mut Accumulator, context: &Context) -> Result<()> {
        let config = Arc::clone(&all.config);
        for step in Step::of(&self.kustomization, &config)? {
            step.run(&mut all.map, context)?;
            self.transformed(all, self.builtin_origin(step.kind()).as_ref());
        }
        self.external(all, &self.kustomization.transformers, context)
    }

    fn external(&self, all: &mut Accumulator, entries: &[Text], context: &Context) -> Result<()> {
        for (plugin, config) in self.plugins(entries, "transformer")? {
            if !run::transform(&plugin, &mut all.map, context)? {
                let text = format!("plugin {} not a transformer", config.original_id());
                let failure = Failure::new(Code::INVALID_KUSTOMIZATION, text);
                return Err(failure.at(config.declared_at, "this is no transformer"));
            }
            self.transformed(all, BuildOrigin::of_plugin(&config).as_ref());
        }
        Ok(())
    }

    fn transformed(&self, all: &mut Accumulator, by: Option<&BuildOrigin>) {
        if let Some(by) = by {
            all.map.resources_mut().iter_mut().for_each(|resource| build_origin::transformed(resource, by));
        }
        all.map.drop_empties();
    }

    /// Validators are transformers that mustn't change anything but their own label.
    fn validators(&self, all: &mut Accumulator, context: &Context) -> Result<()> {
        for (plugin, config) in self.plugins(&self.kustomization.validators, "transformer")? {
            let before = all.map.clone();
            if !run::transform(&plugin, &mut all.map, context)? {
                let text = format!("plugin {} not a transformer", config.original_id());
                let failure = Failure::new(Code::INVALID_KUSTOMIZATION, text);
                return Err(failure.at(config.declared_at, "this is no transformer"));
            }
            if !same(&before, &all.map) {
                let text = "validator shouldn't modify the resource map: nodes unequal";
                let failure = Failure::new(Code::INVALID_KUSTOMIZATION, text);
                return Err(failure.at(config.declared_at, "this validator changes what it is given"));
            }
        }
        Ok(())
    }
}

/// The label that a validator may set.
const VALIDATED_BY: &str = "validated-by";

fn same(before: &ResMap, after: &ResMap) -> bool {
    let without_label = |resource: &Resource| {
        let mut resource = resource.clone();
        resource.edit(|node| {
            let labels = node.as_map_mut().and_then(|m| m.get_mut("metadata")).and_then(|m| m.as_map_mut());
            let Some(metadata) = labels else { return };
            let Some(labels) = metadata.get_mut("labels").and_then(|l| l.as_map_mut()) else { return };
            labels.remove(VALIDATED_BY);
            if labels.is_empty() {
                metadata.remove("labels");
            }
        });
        resource.into_node()
    };
    before.len() == after.len()
        && before.resources().iter().all(|resource| {
            let [at] = after.by_current_id(resource.id()) else { return false };
            after.get(*at).is_some_and(|other| without_label(other) == *resource.node())
        })
}

/// The file of the kustomization in a directory.
fn find(loader: &Loader) -> Result<(FilePath, Arc<SourceFile>)> {
    let mut found = Vec::new();
    let mut unreadable = None;
    for name in FILE_NAMES {
        let Some(path) = loader.root().join(name).filter(|path| !loader.is_outside(path)) else { continue };
        match loader.reader.text(&path) {
            Ok(file) => found.push((path, file)),
            Err(crate::world::ReadError::Missing) => {}
            Err(error) => unreadable = Some(crate::render::unreadable(loader.reader, &path, &error)),
        }
    }
    let world = loader.reader.world();
    match (found.len(), unreadable) {
        (1, _) => Ok(found.swap_remove(0)),
        (0, Some(diagnostic)) => {
            let text = missing(loader);
            Err(Failure::told(text, diagnostic))
        }
        (0, None) => {
            let message = format!("`{}` has no kustomization.yaml", world.show(loader.root()));
            Err(Failure::told(missing(loader), Diagnostic::error(Code::FILE_MISSING, message))
                .hint("a directory that is named as a resource needs one; or name its files one by one"))
        }
        (_, _) => {
            let text = format!("Found multiple kustomization files under: {}\n", shown(loader.root()));
            let names: Vec<String> = found.iter().map(|(path, _)| format!("`{}`", path.name())).collect();
            let message = format!("`{}` has several: {}", world.show(loader.root()), names.join(", "));
            let mut diagnostic = Diagnostic::error(Code::INVALID_KUSTOMIZATION, message);
            for (_, file) in &found {
                diagnostic = match diagnostic.primary {
                    None => diagnostic.at(Origin::new(file.id, 0), "one kustomization"),
                    Some(_) => diagnostic.also(Origin::new(file.id, 0), "another"),
                };
            }
            Err(Failure::told(text, diagnostic.hint("keep one of them")))
        }
    }
}

fn missing(loader: &Loader) -> String {
    let root = loader.shown_root();
    format!("unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory '{root}'")
}
