//! `helmCharts`, on our own Helm engine (HelmChartInflationGenerator). kustomize calls `helm template` and reads what it
//! prints; where it would pull a chart, we look among what is declared to stand for its repository.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::render::helm::effects::Seeded;
use crate::render::helm::fault;
use crate::render::helm::options::{Options, Values};
use crate::render::helm::release::name;
use crate::render::helm::repository::{self, Stock};
use crate::render::helm::source::{self, Tools};
use crate::render::kustomize::context::Context;
use crate::render::kustomize::factory;
use crate::render::kustomize::failure::{Failure, Result};
use crate::render::kustomize::patch::{self, Merging};
use crate::render::kustomize::resmap::ResMap;
use crate::render::kustomize::resource::Resource;
use crate::render::kustomize::types::{HelmChart, HelmGlobals, Text};
use crate::world::{EntryKind, FilePath};
use crate::yaml::{self, Dialect, Map, Node, Value};

/// Where charts are, if `helmGlobals` doesn't say.
const DEFAULT_HOME: &str = "charts";
/// What tells the namespace transformer that the namespace is Helm's affair.
const HELM_GENERATED: &str = "internal.config.kubernetes.io/helm-generated";
/// No document is nested deeper.
const DEPTH: usize = 2_000;
/// The ways in which `valuesInline` may meet the chart's values.
const MERGES: [&str; 3] = ["merge", "override", "replace"];

/// The resources of an entry of `helmCharts`, in the order in which Helm prints them. Its namespace is the one that is
/// handed to Helm: kustomize takes the kustomization's where the entry has none.
///
/// # Errors
/// A chart that isn't at hand, values that can't be read or merged, and whatever Helm fails with.
pub fn chart(globals: &HelmGlobals, chart: &HelmChart, ctx: &Context) -> Result<Vec<Resource>> {
    let work = Work { globals, chart, ctx };
    let base = work.configured().map_err(|failure| {
        let config = yaml::emit(&config(globals, chart));
        failure
            .at(chart.origin, "this chart")
            .prefixed(&format!("trouble configuring builtin HelmChartInflationGenerator with config: `\n{config}`"))
    })?;
    work.run(base).map_err(|failure| failure.at(chart.origin, "this chart"))
}

struct Work<'a, 'w> {
    globals: &'a HelmGlobals,
    chart: &'a HelmChart,
    ctx: &'a Context<'a, 'w>,
}

/// A chart that is there.
struct Place {
    /// Its directory or archive.
    path: FilePath,
    /// Its directory, as the kustomization might name it; none if it stands for what would be pulled.
    named: Option<String>,
}

impl Work<'_, '_> {
    /// What kustomize checks before it generates anything.
    fn configured(&self) -> Result<&Options> {
        let (chart, ctx) = (self.chart, self.ctx);
        let Some(base) = ctx.loader.options().helm.as_deref() else {
            let message = "this kustomization has charts, which are rendered only where that is asked for";
            let diagnostic = Diagnostic::error(Code::INVALID_KUSTOMIZATION, message);
            return Err(Failure::told("must specify --enable-helm", diagnostic)
                .hint("`--enable-helm` does; in Argo CD it is the setting `kustomize.buildOptions`"));
        };
        if chart.name.is_empty() {
            let text = "chart name cannot be empty";
            return Err(Failure::new(Code::INVALID_KUSTOMIZATION, text).at(chart.origin, "`name` is missing"));
        }
        for file in &chart.additional_values_files {
            let found = ctx.loader.bytes(file);
            found.map_err(|failure| failure.prefixed("could not load additionalValuesFile"))?;
        }
        if !(chart.values_merge.is_empty() || MERGES.contains(&&*chart.values_merge)) {
            let text = format!("valuesMerge must be one of [{}]", MERGES.join(" "));
            let message = format!("`{}` is no way to merge values", &*chart.values_merge);
            let diagnostic = Diagnostic::error(Code::INVALID_KUSTOMIZATION, message)
                .at(chart.values_merge.origin, "this one")
                .did_you_mean(&chart.values_merge, MERGES)
                .hint(format!("it is one of {}", MERGES.join(", ")));
            return Err(Failure::told(text, diagnostic));
        }
        Ok(base)
    }

    fn run(&self, base: &Options) -> Result<Vec<Resource>> {
        let (chart, ctx) = (self.chart, self.ctx);
        let place = self.locate(base)?;
        let values = self.values(&place, base)?;
        let release = self.release(base)?;
        let mut options = Options {
            release,
            namespace: if chart.namespace.is_empty() { "default".to_owned() } else { chart.namespace.to_string() },
            values,
            skip_crds: !chart.include_crds,
            skip_tests: chart.skip_tests,
            no_hooks: chart.skip_hooks,
            origin: chart.origin,
            ..base.clone()
        };
        if !chart.kube_version.is_empty() {
            options.kube_version = Some(chart.kube_version.to_string());
        }
        if !chart.api_versions.is_empty() {
            options.api_versions = chart.api_versions.iter().map(|version| version.to_string()).collect();
        }
        options.identity.extend([options.release.clone(), options.namespace.clone()]);
        let (texts, warnings) = source::texts(&place.path, &options, self.tools()).map_err(|said| self.failed(said))?;
        ctx.warnings.borrow_mut().extend(warnings);
        let mut map = ResMap::new();
        for text in texts {
            let read = factory::from_source(&text.source, &text.file);
            let (resources, warnings) = read.map_err(|failure| {
                let yaml = failure.text.contains("MalformedYAMLError");
                failure.prefixed(if yaml {
                    "error reading helm output"
                } else {
                    "could not parse rnode slice into resource map"
                })
            })?;
            ctx.warnings.borrow_mut().extend(warnings);
            for mut resource in resources {
                resource.annotate(HELM_GENERATED, "true", chart.origin);
                if !resource.declared_at.file.is_real() {
                    resource.declared_at = chart.origin;
                }
                let added = map.append(resource);
                added.map_err(|failure| failure.prefixed("could not parse rnode slice into resource map"))?;
            }
        }
        Ok(map.into_resources())
    }

    /// Where the chart is: below the chart home, whatever its version, or where it would be pulled from.
    fn locate(&self, base: &Options) -> Result<Place> {
        let (chart, loader) = (self.chart, self.ctx.loader);
        let home = if self.globals.chart_home.is_empty() { DEFAULT_HOME } else { &*self.globals.chart_home };
        let pinned = !chart.version.is_empty() && !chart.repo.is_empty();
        let below = if pinned { format!("{}-{}/", &*chart.name, &*chart.version) } else { String::new() };
        let named = format!("{home}/{below}{}", &*chart.name);
        let outside = || {
            let message = format!("`{home}` leaves the repository");
            Failure::new(Code::PATH_ESCAPES, message).at(self.globals.chart_home.origin, "the charts' directory")
        };
        if home.starts_with('/') {
            return Err(outside());
        }
        let path = loader.root().join(&named).ok_or_else(outside)?;
        if matches!(loader.reader.kind(&path), Ok(Some(EntryKind::Directory))) {
            return Ok(Place { path, named: Some(named) });
        }
        if chart.repo.is_empty() {
            let message = format!("there is no chart `{}`", loader.reader.world().show(&path));
            let mut diagnostic = Diagnostic::error(Code::CHART_MISSING, message)
                .named_at(chart.name.origin, "this chart")
                .hint("`repo` says where a chart comes from that isn't kept beside the kustomization");
            if let Some(parent) = loader.root().join(&format!("{home}/{below}")) {
                let entries = loader.reader.list(&parent).unwrap_or_default();
                diagnostic = diagnostic.did_you_mean(&chart.name, entries.iter().map(|entry| entry.name.as_str()));
            }
            return Err(Failure::told("no repo specified for pull, no chart found at ''", diagnostic));
        }
        self.pulled(base, &named)
    }

    /// The chart out of what stands for its repository.
    fn pulled(&self, base: &Options, named: &str) -> Result<Place> {
        let (chart, reader) = (self.chart, self.ctx.loader.reader);
        let plain = |url: &str| url.trim_end_matches('/').trim_start_matches("oci://").to_owned();
        let url = plain(&chart.repo);
        let Some((_, root)) = base.repositories.iter().find(|(known, _)| plain(known) == url) else {
            let message = format!(
                "chart `{}` comes from `{}`, and nothing here stands for that repository",
                &*chart.name, &*chart.repo
            );
            return Err(self.missing(Diagnostic::error(Code::CHART_MISSING, message), named));
        };
        let Stock { found, only_listed, problems } = repository::look(reader, root, &chart.name);
        if problems.has_errors() {
            return Err(Failure { text: self.pull_failed("the repository can't be read"), diagnostics: problems });
        }
        let range = if chart.version.is_empty() && chart.devel { ">0.0.0-0" } else { &*chart.version };
        match repository::pick(&found, range) {
            Ok(Some(found)) => Ok(Place { path: found.place.clone(), named: None }),
            Ok(None) => {
                let of = if chart.version.is_empty() { String::new() } else { format!(" {}", &*chart.version) };
                let there = reader.world().show(root);
                let message = format!(
                    "chart `{}`{of} of `{}` is not in `{there}`, which stands for that repository",
                    &*chart.name, &*chart.repo
                );
                let mut versions: Vec<&str> = found.iter().map(|found| found.version.as_str()).collect();
                versions.sort_by(|a, b| repository::order(b, a));
                let mut diagnostic = Diagnostic::error(Code::CHART_MISSING, message);
                if versions.is_empty() {
                    let names = repository::names(reader, root);
                    diagnostic = diagnostic.did_you_mean(&chart.name, names.iter().map(String::as_str));
                } else {
                    diagnostic = diagnostic.hint(format!("it is there in version {}", versions.join(", ")));
                }
                if let Some(listed) = only_listed.iter().find(|listed| repository::fits(listed, &chart.version)) {
                    diagnostic = diagnostic.hint(format!("its index lists {listed}, but the archive isn't there"));
                }
                Err(self.missing(diagnostic, named))
            }
            Err(why) => {
                let message = format!("`{}` is neither a version nor a range of versions: {why}", &*chart.version);
                let diagnostic = Diagnostic::error(Code::CHART_MISSING, message.clone());
                Err(Failure::told(self.pull_failed(&message), diagnostic).at(chart.version.origin, "which version?"))
            }
        }
    }

    /// A chart that would have to be fetched, and how to have it here.
    fn missing(&self, diagnostic: Diagnostic, named: &str) -> Failure {
        let chart = self.chart;
        let version = if chart.version.is_empty() { String::new() } else { format!(" --version {}", &*chart.version) };
        let repo = chart.repo.trim_end_matches('/');
        let from = match repo.starts_with("oci://") {
            true => format!("{repo}/{}", &*chart.name),
            false => format!("{} --repo {repo}", &*chart.name),
        };
        let dir = named.strip_suffix(&*chart.name).unwrap_or(named).trim_end_matches('/');
        let diagnostic = diagnostic
            .named_at(chart.repo.origin, "comes from here")
            .hint(format!("keep it beside the kustomization: `helm pull {from}{version} --untar --untardir {dir}`"))
            .hint(format!(
                "or say where its repository's charts stand: an entry under `repositories` in terrace.yaml, `{{url: {repo}, path: …}}`"
            ));
        Failure::told(self.pull_failed("nothing is fetched"), diagnostic)
    }

    fn pull_failed(&self, why: &str) -> String {
        let (name, repo) = (&*self.chart.name, &*self.chart.repo);
        format!("Error: {why}\n: unable to run: 'helm pull {name} --repo {repo}' (is 'helm' installed?): exit status 1")
    }

    /// The values that Helm is given (`-f`), lowest first.
    fn values(&self, place: &Place, base: &Options) -> Result<Vec<Values>> {
        let (chart, loader) = (self.chart, self.ctx.loader);
        let inline = chart.values_inline.as_ref().filter(|inline| inline.as_map().is_some_and(|map| !map.is_empty()));
        // None for the values of a chart that isn't beside the kustomization.
        let file = match (&place.named, chart.values_file.is_empty()) {
            (_, false) => Some(chart.values_file.clone()),
            (Some(named), true) => Some(Text::new(format!("{named}/values.yaml"), chart.name.origin)),
            (None, true) => None,
        };
        let first = match (inline, file) {
            (Some(inline), _) if &*chart.values_merge == "replace" => Values::Inline(inline.clone()),
            (Some(inline), Some(file)) => Values::Inline(self.merged(self.read(&file)?, inline)?),
            (Some(inline), None) => {
                let own = source::chart(&place.path, base, self.tools()).map_err(|said| self.failed(said))?;
                Values::Inline(self.merged(own.values.clone(), inline)?)
            }
            (None, Some(file)) => {
                loader.bytes(&file)?;
                Values::File(loader.locate(&file)?, file.origin)
            }
            (None, None) => Values::InChart { path: "values.yaml".to_owned(), optional: false, origin: chart.origin },
        };
        if chart.name.contains('/') {
            // kustomize writes the values to a file of that name.
            let text = "failed to write values file: no such file or directory";
            let hint = "kustomize can't hand values to a chart whose name is a path: `helmGlobals.chartHome` has the directory";
            return Err(Failure::new(Code::INVALID_KUSTOMIZATION, text).at(chart.name.origin, "a path").hint(hint));
        }
        let mut values = vec![first];
        for file in &chart.additional_values_files {
            values.push(Values::File(loader.locate(file)?, file.origin));
        }
        Ok(values)
    }

    fn tools(&self) -> Tools<'_, '_> {
        Tools { reader: self.ctx.loader.reader, charts: self.ctx.charts, recorder: self.ctx.recorder }
    }

    /// A values file as kustomize reads one to merge it.
    fn read(&self, file: &Text) -> Result<Node> {
        let source = self.ctx.loader.text(file)?;
        let parsed = yaml::parse_file(&source, Dialect::Kustomize);
        let prefix = "could not parse values file into rnode";
        if parsed.diagnostics.has_errors() {
            let said = parsed.diagnostics.iter().next().map(|first| first.message.clone()).unwrap_or_default();
            return Err(Failure { text: format!("{prefix}: yaml: {said}"), diagnostics: parsed.diagnostics });
        }
        let comment = |line: &str| line.trim_start().is_empty() || line.trim_start().starts_with('#');
        if parsed.documents.is_empty() && source.text.lines().all(comment) {
            let message = format!("kustomize can't merge anything into `{}`: it is empty", source.name);
            let diagnostic = Diagnostic::error(Code::INVALID_VALUES, message);
            return Err(Failure::told(format!("{prefix}: EOF"), diagnostic)
                .at(file.origin, "these values")
                .hint("write `{}` into it, or say `valuesMerge: replace`"));
        }
        Ok(parsed.into_first())
    }

    /// The values with `valuesInline`, in kustomize's own merge.
    fn merged(&self, own: Node, inline: &Node) -> Result<Node> {
        let (own, inline) = (unstyled(&own, 0), unstyled(inline, 0));
        let (mut target, patch) = match &*self.chart.values_merge {
            "merge" => (inline, own),
            _ => (own, inline),
        };
        if target.is_null() {
            return Ok(patch);
        }
        let sources = self.ctx.loader.reader.world().sources();
        let how = Merging { schema: self.ctx.schema, recorder: self.ctx.recorder, sources };
        let merged = patch::merge(&mut target, &patch, how);
        merged.map_err(|failure| failure.prefixed("could not merge values"))?;
        if target.as_map().is_none() {
            target = Node::new(Map::new(), target.origin);
        }
        Ok(target)
    }

    /// The release's name. `--generate-name`, which kustomize says where there is none, does nothing in `helm template`.
    fn release(&self, base: &Options) -> Result<String> {
        let chart = self.chart;
        let told = |text: String, at: &Text| {
            let diagnostic = Diagnostic::error(Code::INVALID_KUSTOMIZATION, text.clone());
            Failure::told(self.failed_text(&text), diagnostic).at(at.origin, "the release's name")
        };
        let named = (!chart.release_name.is_empty(), !chart.name_template.is_empty());
        let (name, at) = match named {
            (true, true) => {
                let text = "cannot set --name-template and also specify a name";
                return Err(told(text.to_owned(), &chart.name_template));
            }
            (true, false) => (chart.release_name.to_string(), &chart.release_name),
            (false, false) => (name::DEFAULT.to_owned(), &chart.name),
            (false, true) => {
                let identity: Vec<&str> =
                    base.identity.iter().map(String::as_str).chain(["name-template", &*chart.name]).collect();
                let mut effects = Seeded::new(&identity);
                let made = name::of_template(&chart.name_template, base.profile, &mut effects);
                self.ctx.warnings.borrow_mut().extend(effects.uses.iter().map(fault::seeded));
                (made.map_err(|why| told(why, &chart.name_template))?, &chart.name_template)
            }
        };
        name::check(&name, base.profile).map_err(|why| told(why, at))?;
        Ok(name)
    }

    /// What Helm fails with, as kustomize hands it on.
    fn failed(&self, diagnostics: Diagnostics) -> Failure {
        let said = diagnostics.iter().next().map(|first| first.message.clone()).unwrap_or_default();
        Failure { text: self.failed_text(&said), diagnostics }
    }

    fn failed_text(&self, said: &str) -> String {
        let release = if self.chart.release_name.is_empty() { "--generate-name" } else { &*self.chart.release_name };
        format!(
            "Error: {said}\n: unable to run: 'helm template {release} {}' (is 'helm' installed?): exit status 1",
            &*self.chart.name
        )
    }
}

/// Values without how they were written: kustomize reads the merged ones by their tags, and not, as it does resources, from
/// what it would write.
fn unstyled(node: &Node, depth: usize) -> Node {
    let origin = node.origin.plain();
    let value = match &node.value {
        Value::Str(text) if text.is_empty() && node.origin.is_unwritten() => Value::Null,
        Value::Seq(items) if depth < DEPTH => Value::Seq(items.iter().map(|item| unstyled(item, depth + 1)).collect()),
        Value::Map(map) if depth < DEPTH => {
            let mut map = map.clone();
            for entry in map.entries_mut() {
                entry.value = unstyled(&entry.value, depth + 1);
            }
            Value::Map(map)
        }
        value => value.clone(),
    };
    Node { value, origin }
}

/// What the entry says, as kustomize prints it where it can't use it.
fn config(globals: &HelmGlobals, chart: &HelmChart) -> Node {
    let mut map = Map::new();
    let texts = [
        ("chartHome", &globals.chart_home),
        ("configHome", &globals.config_home),
        ("name", &chart.name),
        ("version", &chart.version),
        ("repo", &chart.repo),
        ("releaseName", &chart.release_name),
        ("namespace", &chart.namespace),
        ("valuesFile", &chart.values_file),
        ("valuesMerge", &chart.values_merge),
        ("kubeVersion", &chart.kube_version),
        ("nameTemplate", &chart.name_template),
    ];
    for (field, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
        map.insert(field, text.origin, text.node());
    }
    for (field, list) in
        [("additionalValuesFiles", &chart.additional_values_files), ("apiVersions", &chart.api_versions)]
    {
        if !list.is_empty() {
            let items: Vec<Node> = list.iter().map(Text::node).collect();
            map.insert(field, chart.origin, Node::new(items, chart.origin));
        }
    }
    let flags = [
        ("includeCRDs", chart.include_crds),
        ("skipHooks", chart.skip_hooks),
        ("skipTests", chart.skip_tests),
        ("debug", chart.debug),
        ("devel", chart.devel),
    ];
    for (field, _) in flags.into_iter().filter(|(_, on)| *on) {
        map.insert(field, chart.origin, Node::new(true, chart.origin));
    }
    if let Some(inline) = &chart.values_inline {
        map.insert("valuesInline", inline.origin, inline.clone());
    }
    Node::new(map, chart.origin)
}
