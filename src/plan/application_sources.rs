//! The sources of an Application made into sources of an app (reposerver/repository/repository.go).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::applications::{Detected, detect, directory, is_own_namespace};
use super::charts::{self, Wanted};
use super::fleet::Fleet;
use super::kustomizations::Changed;
use super::value_files::{self, Base, Name};
use super::{AppSource, inline_values};
use crate::argocd::application::{Application, Directory, Source, Tool};
use crate::argocd::env::{Env, Expanded};
use crate::argocd::helm_source::{Helm, InlineValues, set_value};
use crate::config::cluster::Cluster;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::glob::Glob;
use crate::kube::KubeVersion;
use crate::provenance::Recorder;
use crate::render::helm::options::{Options, Set, SetKind, Values};
use crate::render::{Engine, kustomize, plain};
use crate::source::Origin;
use crate::world::{EntryKind, FilePath, Reader};
use crate::yaml::{self, Dialect, NullRule};

/// An Application whose sources are to be found.
pub struct Sources<'a, 'w> {
    /// The fleet.
    pub fleet: &'a Fleet,
    /// The Application.
    pub application: &'a Application,
    /// The namespace that it lives in.
    pub namespace: &'a str,
    /// Its name in the tree.
    pub tree_name: &'a str,
    /// The cluster that it goes to.
    pub cluster: &'a Cluster,
    /// Where files are read from.
    pub reader: &'a Reader<'w>,
}

/// A source that others refer to.
struct Ref<'a> {
    source: &'a Source,
    at: Origin,
    root: FilePath,
}

/// A chart, and what its values files are relative to.
struct Chart<'a> {
    base: Base<'a>,
    /// The root of its own repository; none if it comes from a chart repository.
    root: Option<&'a FilePath>,
    variables: Variables,
    /// Where the source is named.
    origin: Origin,
}

/// What stands for the variables in an Application's texts.
pub(super) struct Variables {
    pub env: Env,
    /// Whether the revision in it is what Argo CD's would be.
    pub exact: bool,
}

impl Variables {
    /// A text with its variables replaced.
    pub fn expand(&self, text: &str, at: Origin, problems: &mut Diagnostics) -> Expanded {
        let expanded = self.env.expand(text);
        if expanded.has_revision && !self.exact {
            let message = format!("Argo CD would put a commit's id here; not pinned, it is `{}`", self.env.revision);
            problems.push(
                Diagnostic::warning(Code::ASSUMED_REVISION, message)
                    .at(at, "stands for a commit")
                    .hint("with `--pinned` it is the commit that the revision means"),
            );
        }
        expanded
    }
}

/// What a file in the source's directory changes in the source of every Application that reads it.
const SOURCE_FILE: &str = ".argocd-source.yaml";

impl<'a> Sources<'a, '_> {
    /// All sources that render to something, and warnings.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub fn find(&self) -> Result<(Vec<AppSource>, Diagnostics), Diagnostics> {
        let mut diagnostics = Diagnostics::new();
        let mut sources = Vec::new();
        let refs = self.refs(&mut diagnostics);
        for source in &self.application.sources {
            match self.source(source, &refs, &mut diagnostics) {
                Ok(found) => sources.extend(found),
                Err(problems) => diagnostics.extend(problems),
            }
        }
        if diagnostics.has_errors() { Err(diagnostics) } else { Ok((sources, diagnostics)) }
    }

    /// The sources with a `ref`, by it (util/argo/argo.go, `GetRefSources`). One that can't be read is none.
    fn refs(&self, diagnostics: &mut Diagnostics) -> BTreeMap<&'a str, Option<Ref<'a>>> {
        let mut refs: BTreeMap<&str, (Origin, Option<Ref>)> = BTreeMap::new();
        for source in &self.application.sources {
            let Some((name, at)) = &source.reference else { continue };
            if !name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')) {
                let message = format!("`{name}` can't be a `ref`: only letters, digits, `_` and `-` can");
                diagnostics.push(Diagnostic::error(Code::INVALID_APPLICATION, message).at(*at, "this ref"));
                continue;
            }
            if let Some((first, _)) = refs.get(name.as_str()) {
                let message = format!("two sources have the ref `{name}`");
                let diagnostic = Diagnostic::error(Code::INVALID_APPLICATION, message);
                diagnostics.push(diagnostic.at(*at, "the same again").also(*first, "first here"));
                continue;
            }
            let found = match source.chart {
                // Fine as long as nobody refers to it.
                Some(_) => None,
                None => match self.root(source) {
                    Ok(root) => Some(Ref { source, at: *at, root }),
                    Err(diagnostic) => {
                        // A source with a path of its own tells it when it is read itself.
                        if source.path.is_none() {
                            diagnostics.push(diagnostic);
                        }
                        None
                    }
                },
            };
            refs.insert(name, (*at, found));
        }
        refs.into_iter().map(|(name, (_, found))| (name, found)).collect()
    }

    /// The root of a source's git repository, at its revision.
    fn root(&self, source: &Source) -> Result<FilePath, Diagnostic> {
        let (url, url_at) = &source.repo_url;
        let (revision, revision_at) = source.revision();
        self.fleet.repositories.by_url(url, Some(revision), (*url_at, revision_at), self.reader.world())
    }

    fn source(
        &self,
        source: &Source,
        refs: &BTreeMap<&str, Option<Ref>>,
        warnings: &mut Diagnostics,
    ) -> Result<Option<AppSource>, Diagnostics> {
        if let Some(Tool::Plugin(node)) = &source.tool {
            let message = "this source needs a config management plugin: Terrace runs no plugins";
            return Err(Diagnostic::error(Code::ENGINE_MISSING, message)
                .at(node.origin, "a plugin")
                .hint("render it before, and point the Application at the result")
                .into());
        }
        if let Some((chart, at)) = &source.chart {
            return self.chart(source, (chart, *at), refs, warnings).map(Some);
        }
        let Some((path, path_at)) = &source.path else {
            if source.reference.is_some() && self.application.has_many_sources {
                return Ok(None);
            }
            let needs =
                if self.application.has_many_sources { "`path`, `chart` or `ref`" } else { "`path` or `chart`" };
            return Err(Diagnostic::error(Code::INVALID_APPLICATION, format!("a source needs {needs}"))
                .at(source.origin, "this source")
                .into());
        };
        let root = self.root(source)?;
        let dir = directory(self.reader, &root, path, *path_at)?;
        let changed = self.with_overrides(source, &dir)?;
        let source = changed.as_ref().unwrap_or(source);
        let revision = source.revision().0;
        let shown = format!("{}@{revision}", self.fleet.describe(&dir));
        let detected = match (&source.tool, &source.directory) {
            (Some(Tool::Kustomize(_)), _) => Detected::Kustomize,
            (Some(Tool::Helm(_)), _) => Detected::Helm,
            (_, Some(_)) => Detected::Plain,
            (_, None) => detect(self.reader, &dir),
        };
        let variables = || {
            let commit = self.fleet.repositories.commit(&root);
            let exact = commit.is_some();
            Variables { env: self.env(source, commit.unwrap_or_else(|| revision.to_owned())), exact }
        };
        let engine = match detected {
            Detected::Helm => {
                let base = Base::Directory { dir: &dir, root: &root };
                let chart = Chart { base, root: Some(&root), variables: variables(), origin: *path_at };
                Engine::Helm(Arc::new(self.options(source, &chart, refs, warnings)?))
            }
            Detected::Kustomize => {
                let built =
                    self.fleet.argocd_kustomization(self.cluster, self.tree_name, *path_at, self.reader.world());
                Engine::Kustomize(Arc::new(self.kustomization(source, built, &dir, &variables(), warnings)?))
            }
            Detected::Plain => match &source.directory {
                Some(options) => Engine::Plain(plain_options(options, source.origin)?),
                None => Engine::Plain(plain::Options { lenient: true, ..plain::Options::default() }),
            },
        };
        Ok(Some(AppSource { dir, engine, shown, origin: *path_at }))
    }

    /// A chart of a chart repository or a registry.
    fn chart(
        &self,
        source: &Source,
        (chart, at): (&str, Origin),
        refs: &BTreeMap<&str, Option<Ref>>,
        warnings: &mut Diagnostics,
    ) -> Result<AppSource, Diagnostics> {
        let (url, url_at) = (&source.repo_url.0, source.repo_url.1);
        let (version, version_at) = source.target_revision.as_ref().map_or(("", at), |(text, at)| (text, *at));
        let wanted = Wanted { chart, version, url, at, version_at };
        let repositories = &self.fleet.repositories;
        let root = repositories
            .by_url(url, None, (url_at, url_at), self.reader.world())
            .map_err(|diagnostic| charts::undeclared(diagnostic, &wanted))?;
        let found = charts::find(self.reader, &root, &wanted)?;
        let changed = if found.archive { None } else { self.with_overrides(source, &found.place)? };
        let source = changed.as_ref().unwrap_or(source);
        let chart = Chart {
            // The chart is all there is of its repository.
            base: match found.archive {
                true => Base::Archive,
                false => Base::Directory { dir: &found.place, root: &found.place },
            },
            root: None,
            variables: Variables { env: self.env(source, found.version.clone()), exact: true },
            origin: at,
        };
        let engine = Engine::Helm(Arc::new(self.options(source, &chart, refs, warnings)?));
        let shown = format!("{}@{}", self.fleet.describe(&found.place), found.version);
        Ok(AppSource { dir: found.place, engine, shown, origin: at })
    }

    fn env(&self, source: &Source, revision: String) -> Env {
        let application = self.application;
        let of = |text: &Option<(String, Origin)>| text.as_ref().map(|(text, _)| text.clone()).unwrap_or_default();
        Env {
            app_name: self.instance_name(),
            namespace: application.destination.namespace.clone().unwrap_or_default(),
            project: application.project.clone(),
            repo_url: source.repo_url.0.clone(),
            path: of(&source.path),
            target_revision: of(&source.target_revision),
            revision,
        }
    }

    /// What `kustomize build` is told (util/kustomize/kustomize.go).
    fn kustomization(
        &self,
        source: &Source,
        mut options: kustomize::options::Options,
        dir: &FilePath,
        variables: &Variables,
        warnings: &mut Diagnostics,
    ) -> Result<kustomize::options::Options, Diagnostics> {
        if let Some(Tool::Kustomize(kustomize)) = &source.tool {
            let changed = Changed { kustomize, dir, variables, reader: self.reader };
            warnings.extend(changed.apply(&mut options)?);
        }
        Ok(options)
    }

    /// What `helm template` is told (util/helm/cmd.go).
    fn options(
        &self,
        source: &Source,
        chart: &Chart,
        refs: &BTreeMap<&str, Option<Ref>>,
        warnings: &mut Diagnostics,
    ) -> Result<Options, Diagnostics> {
        let none = Helm::default();
        let helm = match &source.tool {
            Some(Tool::Helm(helm)) => helm,
            _ => &none,
        };
        let mut release =
            Release { sources: self, source, chart, refs, used: Vec::new(), problems: Diagnostics::new() };
        let mut values = release.value_files(helm);
        values.extend(release.inline_values(helm).into_iter().map(Values::Inline));
        let sets = release.sets(helm);
        let kube_version = release.kube_version(helm);
        let name = release.release_name(helm);
        release.one_revision();
        let problems = release.problems;
        if problems.has_errors() {
            return Err(problems);
        }
        warnings.extend(problems);
        let destination = self.application.destination.namespace.as_deref();
        let known = self.fleet.argocd_release(self.cluster, self.tree_name, destination, self.reader.world());
        let text = |text: &Option<(String, Origin)>| text.as_ref().map(|(text, _)| text.clone());
        Ok(Options {
            release: name,
            namespace: text(&helm.namespace).unwrap_or(known.namespace),
            kube_version,
            api_versions: match helm.api_versions.as_slice() {
                [] => known.api_versions,
                given => given.into(),
            },
            values,
            sets,
            skip_crds: helm.skip_crds,
            skip_tests: helm.skip_tests,
            skip_schema_validation: helm.skip_schema_validation,
            origin: chart.origin,
            ..known
        })
    }

    /// What Argo CD calls the app: its namespace is part of it where that isn't Argo CD's own.
    fn instance_name(&self) -> String {
        match is_own_namespace(self.fleet, self.namespace) {
            true => self.application.name.clone(),
            false => format!("{}_{}", self.namespace, self.application.name),
        }
    }

    /// The source as the files `.argocd-source.yaml` and `.argocd-source-<app>.yaml` of its directory change it: JSON
    /// merge patches, which can't say where the source is (reposerver/repository/repository.go, `mergeSourceParameters`).
    fn with_overrides(&self, source: &Source, dir: &FilePath) -> Result<Option<Source>, Diagnostics> {
        let mut node = source.node.clone();
        let mut changed = false;
        for name in [SOURCE_FILE.to_owned(), format!(".argocd-source-{}.yaml", self.instance_name())] {
            let Some(path) = dir.join(&name) else { continue };
            if !matches!(self.reader.kind(&path), Ok(Some(EntryKind::File | EntryKind::BadLink))) {
                continue;
            }
            let (documents, diagnostics) = super::fleet::documents(self.reader, &path, Dialect::Kubernetes);
            if diagnostics.has_errors() {
                return Err(diagnostics);
            }
            let Some(over) = documents.into_iter().next() else {
                let message = format!("`{name}` is empty, and Argo CD takes no empty file for changes to a source");
                let at = self.reader.text(&path).map_or(Origin::NONE, |source| Origin::new(source.id, 0));
                return Err(Diagnostic::error(Code::INVALID_APPLICATION, message)
                    .at(at, "nothing in it")
                    .hint("write `{}`, or remove the file")
                    .into());
            };
            if over.as_map().is_none() {
                let message =
                    format!("`{name}` holds {}, expected a mapping with fields of a source", over.value.kind());
                return Err(Diagnostic::error(Code::INVALID_APPLICATION, message)
                    .at(over.origin, "not a mapping")
                    .into());
            }
            node = yaml::merge(&node, &over, NullRule::Delete, &Recorder::off());
            changed = true;
        }
        if !changed {
            return Ok(None);
        }
        if let Some(map) = node.as_map_mut() {
            for key in ["repoURL", "path", "chart", "targetRevision"] {
                map.remove(key);
                if let Some(own) = source.node.get(key) {
                    map.insert(key, own.origin, own.clone());
                }
            }
        }
        Source::from_node(&node).map(Some)
    }
}

fn plain_options(options: &Directory, at: Origin) -> Result<plain::Options, Diagnostics> {
    let mut diagnostics = Diagnostics::new();
    let mut glob = |pattern: &Option<String>, key: &str| {
        let pattern = pattern.as_ref()?;
        Glob::new(pattern, None)
            .map_err(|why| {
                let message = format!("`directory.{key}` is `{pattern}`, which is not a glob: {why}");
                diagnostics.push(Diagnostic::error(Code::INVALID_APPLICATION, message).at(at, "this source"));
            })
            .ok()
    };
    let (include, exclude) = (glob(&options.include, "include"), glob(&options.exclude, "exclude"));
    if diagnostics.has_errors() {
        return Err(diagnostics);
    }
    Ok(plain::Options { recurse: options.recurse, include, exclude, lenient: true, ..Default::default() })
}

/// A release in the making.
struct Release<'a, 'w, 'r> {
    sources: &'r Sources<'a, 'w>,
    source: &'r Source,
    chart: &'r Chart<'r>,
    refs: &'r BTreeMap<&'a str, Option<Ref<'a>>>,
    /// References that were used, by name, and where.
    used: Vec<(&'r Ref<'a>, Origin)>,
    problems: Diagnostics,
}

impl Release<'_, '_, '_> {
    fn reader(&self) -> &Reader<'_> {
        self.sources.reader
    }

    fn expand(&mut self, text: &str, at: Origin) -> Expanded {
        self.chart.variables.expand(text, at, &mut self.problems)
    }

    /// A path as it is meant: in the repository of the `$ref` that it starts with, or with its variables replaced.
    fn name(&mut self, written: &str, origin: Origin) -> Option<Name> {
        let reference = written.strip_prefix('$').map(|rest| rest.split('/').next().unwrap_or_default());
        let known = reference.and_then(|reference| Some((reference, self.refs.get(reference)?)));
        if let Some((reference, found)) = known {
            let Some(found) = found else {
                self.unusable(reference, origin);
                return None;
            };
            self.used.push((found, origin));
            let inside = written.split_once('/').map_or("", |(_, inside)| inside);
            let text = self.expand(&format!("/{inside}"), origin).text;
            let root = Some(found.root.clone());
            return Some(Name { text, written: written.to_owned(), root, origin, hint: None });
        }
        if let Some(reference) = reference.filter(|_| self.sources.application.has_many_sources) {
            let names: Vec<&str> = self.refs.keys().copied().collect();
            let shown = match names.as_slice() {
                [] => "no source has a `ref`".to_owned(),
                [only] => format!("the only ref is `{only}`"),
                names => format!("the refs are `{}`", names.join("`, `")),
            };
            let message = format!("no source has the ref `{reference}`");
            self.problems.push(
                Diagnostic::error(Code::INVALID_APPLICATION, message)
                    .at(origin, "refers to it")
                    .did_you_mean(reference, names)
                    .hint(shown),
            );
            return None;
        }
        let Expanded { text, unknown, .. } = self.expand(written, origin);
        let hint = unknown.first().map(|name| {
            format!("`${name}` is no variable of Argo CD and leaves nothing; a `ref` needs the source under `sources`")
        });
        Some(Name { text, written: written.to_owned(), root: None, origin, hint })
    }

    /// A source that is referred to, and has nothing to give.
    fn unusable(&mut self, reference: &str, origin: Origin) {
        let named = |source: &&Source| source.reference.as_ref().is_some_and(|(name, _)| name == reference);
        let chart = self.sources.application.sources.iter().find(named).and_then(|source| source.chart.as_ref());
        // Any other reason has been told.
        if let Some((_, chart_at)) = chart {
            let message = format!("`${reference}` is a chart: values files can't be taken from charts");
            self.problems.push(
                Diagnostic::error(Code::INVALID_APPLICATION, message)
                    .at(origin, "refers to it")
                    .also(*chart_at, "a chart"),
            );
        }
    }

    fn value_files(&mut self, helm: &Helm) -> Vec<Values> {
        let names = helm.value_files.iter().filter_map(|(written, origin)| self.name(written, *origin));
        let names: Vec<Name> = names.collect();
        let how = value_files::How {
            globs: self.sources.fleet.argocd.has_value_file_globs(),
            ignore_missing: helm.ignore_missing_value_files,
        };
        match value_files::resolve(self.reader(), self.chart.base, &names, how) {
            Ok(values) => values,
            Err(problems) => {
                self.problems.extend(problems);
                Vec::new()
            }
        }
    }

    fn inline_values(&mut self, helm: &Helm) -> Vec<yaml::Node> {
        match &helm.values {
            None => Vec::new(),
            Some(InlineValues::Object(node)) => vec![node.clone()],
            Some(InlineValues::Text(node)) => match inline_values::read(node, self.reader().world().sources()) {
                Ok(documents) => documents,
                Err(problems) => {
                    self.problems.extend(problems);
                    Vec::new()
                }
            },
        }
    }

    fn sets(&mut self, helm: &Helm) -> Vec<Set> {
        let mut sets = Vec::new();
        for kind in [SetKind::Plain, SetKind::String] {
            let force = kind == SetKind::String;
            for parameter in helm.parameters.iter().filter(|p| p.force_string == force) {
                let value = self.expand(&parameter.value, parameter.origin).text;
                let text = format!("{}={}", parameter.name, set_value(&value));
                sets.push(Set { kind, text, file: None, origin: parameter.origin });
            }
        }
        for parameter in &helm.file_parameters {
            let Some(name) = self.name(&parameter.path, parameter.origin) else { continue };
            match value_files::one(self.reader(), self.chart.base, &name, "file") {
                Ok(file) => {
                    let text = format!("{}={}", parameter.name, set_value(&name.text));
                    sets.push(Set { kind: SetKind::File, text, file, origin: parameter.origin });
                }
                Err(diagnostic) => self.problems.push(diagnostic),
            }
        }
        sets
    }

    /// The release's name: by default the app's, without its namespace.
    fn release_name(&mut self, helm: &Helm) -> String {
        let application = self.sources.application;
        let named_at = crate::config::origin_of(&application.node, &["metadata", "name"]);
        let (name, at) = helm.release_name.clone().unwrap_or_else(|| (application.name.clone(), named_at));
        if let Err(why) = charts::check_release(&name) {
            self.problems.push(Diagnostic::error(Code::INVALID_APPLICATION, why).at(at, "the release's name"));
        }
        name
    }

    fn kube_version(&mut self, helm: &Helm) -> Option<String> {
        let Some((text, at)) = &helm.kube_version else {
            return self.sources.cluster.kube_version.as_ref().map(KubeVersion::numbers);
        };
        match KubeVersion::parse(text) {
            Ok(version) => Some(version.numbers()),
            Err(why) => {
                self.problems
                    .push(Diagnostic::error(Code::INVALID_APPLICATION, why.to_string()).at(*at, "not a version"));
                None
            }
        }
    }

    /// Argo CD has one checkout of a repository: what a source and its references read of it has to be one revision.
    fn one_revision(&mut self) {
        let repositories = &self.sources.fleet.repositories;
        let root_of = |source: &Source| crate::argocd::repository::normalize_url(&source.repo_url.0);
        for (index, (reference, at)) in self.used.iter().enumerate() {
            let before = self.used.iter().take(index).map(|(other, _)| other);
            let same = |other: &&&Ref| root_of(other.source) == root_of(reference.source);
            let other = before.filter(same).find(|other| other.source.revision().0 != reference.source.revision().0);
            if let Some(other) = other {
                let (one, one_at) = reference.source.revision();
                let (two, two_at) = other.source.revision();
                let message = format!("references to one repository need one revision, these have `{one}` and `{two}`");
                self.problems.push(
                    Diagnostic::error(Code::INVALID_APPLICATION, message)
                        .at(one_at, "one revision")
                        .also(two_at, "another"),
                );
                continue;
            }
            let Some(root) = self.chart.root.filter(|_| root_of(self.source) == root_of(reference.source)) else {
                continue;
            };
            let (own, theirs) = (repositories.commit(root), repositories.commit(&reference.root));
            if own != theirs {
                let message = "a reference to the source's own repository needs the source's own revision";
                self.problems.push(
                    Diagnostic::error(Code::INVALID_APPLICATION, message)
                        .at(*at, "refers to it")
                        .also(reference.at, "at another revision")
                        .also(self.source.revision().1, "than this"),
                );
            }
        }
    }
}
