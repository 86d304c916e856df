//! The sources of a layer's app: its directory, or what its `app.yaml` names elsewhere; and the values of its charts.

use std::sync::Arc;

use ecow::EcoString;

use super::AppSource;
use super::applications::{Detected, detect, directory};
use super::charts::{self, Wanted};
use super::layers::{LayerPlace, Work};
use super::value_files::{self, Base, Name};
use crate::config::Loaded;
use crate::config::app::{AppFile, AppSource as FileSource};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::layer::layout::{APP_FILE, AppDir, KUSTOMIZATIONS, LAYER_FILE, Marker};
use crate::render::helm::options::{Options, Values};
use crate::render::{Engine, plain};
use crate::source::Origin;
use crate::world::FilePath;

/// What an app is called.
pub(super) struct Called<'a> {
    /// Its name.
    pub name: &'a str,
    /// The release of its chart.
    pub release: &'a str,
    /// The namespace of its objects, if it has one.
    pub namespace: Option<&'a str>,
}

impl Work<'_, '_> {
    /// The sources of an app. `patches` are files that it doesn't read as manifests.
    pub(super) fn sources(
        &self,
        place: &LayerPlace,
        dir: &AppDir,
        file: Option<&Loaded<AppFile>>,
        called: &Called,
        patches: &[FilePath],
    ) -> Result<Vec<AppSource>, Diagnostics> {
        let elsewhere = file.map(|f| f.value.spec.sources.as_slice()).unwrap_or_default();
        if elsewhere.is_empty() {
            let at = self.marker_origin(dir).unwrap_or(place.path_at);
            let engine = match dir.marker {
                Marker::None => Engine::Plain(plain::Options {
                    recurse: true,
                    templates: true,
                    reserved: &[APP_FILE, LAYER_FILE],
                    skip: dir.inner.iter().chain(patches).cloned().collect(),
                    ..plain::Options::default()
                }),
                Marker::Helm => Engine::Helm(Arc::new(self.chart_options(place, dir, file, called, at)?)),
                Marker::Kustomize => self.kustomization(called, at),
            };
            let shown = self.fleet.describe(&dir.dir);
            return Ok(vec![AppSource { dir: dir.dir.clone(), engine, shown, origin: at }]);
        }
        let mut sources = Vec::new();
        let mut diagnostics = Diagnostics::new();
        for (index, source) in elsewhere.iter().enumerate() {
            let index = index.to_string();
            let at = |key: &str| file.map_or(place.path_at, |f| f.origin(&["spec", "sources", &index, key]));
            match self.elsewhere(place, source, &at) {
                Ok((dir, Detected::Helm, origin)) => sources.push((dir, None, origin)),
                Ok((dir, Detected::Kustomize, origin)) => {
                    sources.push((dir, Some(self.kustomization(called, origin)), origin));
                }
                Ok((dir, Detected::Plain, origin)) => {
                    let options = plain::Options { recurse: true, templates: true, ..plain::Options::default() };
                    sources.push((dir, Some(Engine::Plain(options)), origin));
                }
                Err(problems) => diagnostics.extend(problems),
            }
        }
        let mut found = Vec::new();
        for (place_of, engine, origin) in sources {
            let engine = match engine {
                Some(engine) => engine,
                // Its mistakes are in app.yaml, and the same for each chart.
                None if diagnostics.has_errors() => continue,
                None => match self.chart_options(place, dir, file, called, origin) {
                    Ok(options) => Engine::Helm(Arc::new(options)),
                    Err(problems) => {
                        diagnostics.extend(problems);
                        continue;
                    }
                },
            };
            let shown = self.fleet.describe(&place_of);
            found.push(AppSource { dir: place_of, engine, shown, origin });
        }
        if diagnostics.has_errors() { Err(diagnostics) } else { Ok(found) }
    }

    /// The start of the file that gives a directory to an engine.
    fn marker_origin(&self, dir: &AppDir) -> Option<Origin> {
        let names: &[&str] = match dir.marker {
            Marker::None => &[],
            Marker::Helm => &["Chart.yaml"],
            Marker::Kustomize => &KUSTOMIZATIONS,
        };
        let marker = names.iter().find_map(|name| dir.dir.join(name).and_then(|path| self.reader.text(&path).ok()));
        marker.map(|source| Origin::new(source.id, 0))
    }

    /// Where a source elsewhere is, what it is, and where that is said.
    fn elsewhere(
        &self,
        place: &LayerPlace,
        source: &FileSource,
        at: &dyn Fn(&str) -> Origin,
    ) -> Result<(FilePath, Detected, Origin), Diagnostics> {
        if let Some(chart) = &source.chart {
            let named = source.repository.as_deref().unwrap_or_default();
            let wanted = Wanted {
                chart,
                version: source.revision.as_deref().unwrap_or_default(),
                url: self.fleet.repositories.url(named).unwrap_or(named),
                at: at("chart"),
                version_at: if source.revision.is_some() { at("revision") } else { at("chart") },
            };
            // The revision is the chart's: its repository is read as it is compiled.
            let root = match self.repository(place, source, None, at) {
                Ok(root) => directory(self.reader, &root, &source.path, at("path"))?,
                Err(problems) if source.repository.as_deref().is_some_and(|name| name.contains('/')) => {
                    return Err(problems.into_iter().map(|d| charts::undeclared(d, &wanted)).collect());
                }
                Err(problems) => return Err(problems),
            };
            let found = charts::find(self.reader, &root, &wanted)?;
            return Ok((found.place, Detected::Helm, at("chart")));
        }
        let root = self.repository(place, source, source.revision.as_deref(), at)?;
        let dir = directory(self.reader, &root, &source.path, at("path"))?;
        let detected = detect(self.reader, &dir);
        Ok((dir, detected, at("path")))
    }

    fn repository(
        &self,
        place: &LayerPlace,
        source: &FileSource,
        revision: Option<&str>,
        at: &dyn Fn(&str) -> Origin,
    ) -> Result<FilePath, Diagnostics> {
        let repositories = &self.fleet.repositories;
        let world = self.reader.world();
        match &source.repository {
            None => match (revision, &place.layer.repository) {
                (None, _) => Ok(place.root.clone()),
                (Some(_), None) => self.fleet_root(revision, at("revision")),
                (Some(_), Some(name)) => Ok(repositories.by_name(name, revision, at("revision"), world)?),
            },
            Some(name) if name.contains('/') => {
                Ok(repositories.by_url(name, revision, (at("repository"), at("revision")), world)?)
            }
            Some(name) => Ok(repositories.by_name(name, revision, at("repository"), world)?),
        }
    }

    fn kustomization(&self, called: &Called, at: Origin) -> Engine {
        let cluster = self.fleet.clusters.get(self.cluster);
        let options = cluster.map(|c| self.fleet.kustomization(c, called.name, at, self.reader.world()));
        Engine::Kustomize(Arc::new(options.unwrap_or_default()))
    }

    /// How a chart of an app is rendered. Its values, lowest first: `valueFiles`, app.yaml's `values`, and
    /// `apps.<app>.values` of the fleet, whose nulls are Helm's.
    fn chart_options(
        &self,
        place: &LayerPlace,
        dir: &AppDir,
        file: Option<&Loaded<AppFile>>,
        called: &Called,
        at: Origin,
    ) -> Result<Options, Diagnostics> {
        let mut diagnostics = Diagnostics::new();
        let spec = file.map(|f| &f.value.spec);
        let mut values = Vec::new();
        if let (Some(spec), Some(file)) = (spec, file) {
            let names = spec.value_files.iter().enumerate().map(|(index, text)| Name {
                text: text.clone(),
                written: text.clone(),
                root: None,
                origin: file.origin(&["spec", "valueFiles", &index.to_string()]),
                hint: None,
            });
            let names: Vec<Name> = names.collect();
            let base = Base::Directory { dir: &dir.dir, root: place.root };
            let how = value_files::How { globs: true, ignore_missing: spec.ignore_missing_value_files };
            match value_files::resolve(self.reader, base, &names, how) {
                Ok(files) => values.extend(files),
                Err(problems) => diagnostics.extend(problems),
            }
            values.extend(file.node.at(&["spec", "values"]).cloned().map(Values::Inline));
        }
        let path: [EcoString; 4] = ["values".into(), "apps".into(), called.name.into(), "values".into()];
        self.reader.value(&path);
        match self.values.at(&["apps", called.name, "values"]) {
            None => {}
            Some(node) if node.as_map().is_some() => values.push(Values::Inline(node.clone())),
            Some(node) if node.is_null() => {}
            Some(node) => {
                let message = format!("`apps.{}.values` is {}, expected a mapping", called.name, node.value.kind());
                diagnostics.push(Diagnostic::error(Code::WRONG_TYPE, message).at(node.origin, "not a mapping"));
            }
        }
        if let Err(why) = charts::check_release(called.release) {
            let key: &[&str] = if spec.is_some_and(|s| s.release_name.is_some()) {
                &["spec", "releaseName"]
            } else {
                &["metadata", "name"]
            };
            let place = file.map_or(at, |f| f.origin(key));
            diagnostics.push(Diagnostic::error(Code::INVALID_VALUE, why).at(place, "the release's name"));
        }
        if diagnostics.has_errors() {
            return Err(diagnostics);
        }
        let Some(cluster) = self.fleet.clusters.get(self.cluster) else { return Ok(Options::default()) };
        let known = self.fleet.release(cluster, called.name, called.namespace, self.reader.world());
        Ok(Options {
            release: called.release.to_owned(),
            values,
            skip_crds: spec.and_then(|s| s.include_crds) == Some(false),
            skip_schema_validation: spec.is_some_and(|s| s.skip_schema_validation),
            origin: at,
            ..known
        })
    }
}
