//! A fleet for what is there already: from what a repository holds to the `terrace.yaml` that renders it.

use std::collections::{BTreeMap, BTreeSet};

use super::files::NewFile;
use super::layers::{self, Layer, Layers};
use super::roots;
use super::survey::Survey;
use super::text::{fill, scalar, schema_comment};
use crate::config::fleet::FleetSpec;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::kube::KubeVersion;
use crate::plan::fleet::FLEET_FILE;
use crate::world::parent;

/// What is known of a repository, beside its files.
#[derive(Debug, Default)]
pub struct Place {
    /// The name given by hand.
    pub name: Option<String>,
    /// The name of the directory.
    pub dir_name: String,
    /// Where the directory is below the repository's root; empty if it is the root.
    pub prefix: String,
    /// URLs of the repository's remotes, `origin` first.
    pub remotes: Vec<String>,
}

/// A cluster that is to be declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCluster {
    /// Its name.
    pub name: String,
    /// Its API server.
    pub server: Option<String>,
    /// The environment that it is.
    pub environment: Option<String>,
}

/// A fleet that is to be written.
#[derive(Debug, Default)]
pub struct Draft {
    /// The fleet's name.
    pub name: String,
    /// Whether nothing was there, and an example is made.
    pub example: bool,
    /// Where Applications start.
    pub roots: Vec<String>,
    /// Other places where they could.
    pub alternatives: Vec<String>,
    /// URLs that the repository is called by, and that aren't its remotes'.
    pub urls: Vec<String>,
    /// The labels that ApplicationSets choose clusters by.
    pub labels: BTreeSet<String>,
    /// The layers.
    pub layers: Vec<Layer>,
    /// Values files.
    pub values: Vec<String>,
    /// Where clusters are declared.
    pub declared: Vec<String>,
    /// Clusters that are to be declared.
    pub clusters: Vec<NewCluster>,
    /// Repositories that aren't at hand.
    pub missing: Vec<String>,
    /// What was seen and isn't rendered, a line each.
    pub left: Vec<String>,
    /// Charts with values for environments: the directory, and what stands before the environment in a file's name.
    charts: BTreeMap<String, String>,
    /// The directory that new clusters go to.
    libraries: Vec<String>,
    clusters_dir: String,
    prefix: String,
    /// What the repository's directory and remotes are called.
    called: BTreeSet<String>,
}

/// Decides what a fleet of what is there looks like.
///
/// # Errors
/// Nothing in the repository can be rendered, or only by tools that Terrace doesn't stand in for.
pub fn draft(survey: &Survey, place: &Place) -> Result<Draft, Diagnostics> {
    let origin = place.remotes.first().and_then(|url| url.trim_end_matches('/').rsplit(['/', ':']).next());
    let origin = origin.map(|name| name.strip_suffix(".git").unwrap_or(name)).filter(|_| place.prefix.is_empty());
    let name = place.name.as_deref().or(origin).unwrap_or(&place.dir_name);
    let name = if name.is_empty() { "fleet" } else { name };
    let end = |url: &String| {
        let name = url.trim_end_matches('/').rsplit(['/', ':']).next().unwrap_or_default();
        name.strip_suffix(".git").unwrap_or(name).to_lowercase()
    };
    let called = place.remotes.iter().chain([&place.dir_name]).map(end).filter(|name| !name.is_empty()).collect();
    let mut draft = Draft { called, name: name.to_owned(), prefix: place.prefix.clone(), ..Draft::default() };
    if survey.files == 0 {
        draft.example = true;
        return Ok(draft);
    }
    let found = roots::roots(survey, &place.prefix, &place.remotes);
    draft.roots = found.paths;
    draft.alternatives = found.alternatives;
    draft.urls = found.urls;
    draft.labels = found.labels;
    let stages = FleetSpec::default().stages;
    let mut layers = layers::staged(survey, &stages);
    if layers.layers.is_empty() && draft.roots.is_empty() {
        layers = layers::plain(survey, name);
    }
    nothing_else(survey, &draft, &layers)?;
    let Layers { layers, mut environments, charts, variants, libraries } = layers;
    if let Some(first) = variants.first() {
        let more = if variants.len() > 1 { format!(" and {} more like it", variants.len() - 1) } else { String::new() };
        draft
            .left
            .push(format!("`{first}/*`{more}: overlays, but of no environments; add a layer for those that you want"));
    }
    draft.libraries = libraries;
    draft.layers = layers;
    draft.charts = charts;
    draft.values = values(survey, &draft.layers, &mut environments);
    let theirs = survey.clusters.iter().chain(&survey.cluster_secrets);
    draft.declared = patterns(survey, theirs);
    let taken = survey.dirs.get("clusters").is_some_and(|dir| !dir.yaml.is_empty() || dir.kustomization.is_some());
    draft.clusters_dir = if taken { "terrace/clusters".to_owned() } else { "clusters".to_owned() };
    if draft.declared.is_empty() && !draft.layers.is_empty() {
        let environment =
            |name: &String| NewCluster { name: name.clone(), server: None, environment: Some(name.clone()) };
        draft.clusters = environments.iter().map(environment).collect();
        if draft.clusters.is_empty() {
            draft.clusters.push(NewCluster { name: "default".to_owned(), server: None, environment: None });
        }
    }
    if let Some(helmfile) = survey.helmfiles.first() {
        draft.left.push(format!("`{helmfile}` and other helmfiles: their releases aren't read"));
    }
    if survey.flux {
        draft.left.push("objects of Flux: they are rendered as they are, and not followed".to_owned());
    }
    Ok(draft)
}

/// Refuses what can't be rendered, with the way on.
fn nothing_else(survey: &Survey, draft: &Draft, layers: &Layers) -> Result<(), Diagnostics> {
    if !draft.roots.is_empty() || !layers.layers.is_empty() || !layers.variants.is_empty() {
        return Ok(());
    }
    if let Some(helmfile) = survey.helmfiles.first() {
        let message = format!("this is a repository of helmfile (`{helmfile}`), which Terrace doesn't read");
        return Err(Diagnostic::error(Code::NO_FLEET, message)
            .hint("each release becomes an app: a directory in a layer, whose app.yaml names chart, version and values")
            .hint(concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/migrate/helmfile.md goes through it"))
            .into());
    }
    let mut error = Diagnostic::error(Code::NO_FLEET, "nothing here that can be rendered was found")
        .hint("looked for Applications, ApplicationSets, charts, kustomizations, and directories of manifests")
        .hint("`terrace init` in an empty directory makes a small fleet to start from");
    if survey.flux {
        error = error.hint("objects of Flux aren't followed");
    }
    Err(error.into())
}

/// The values files of a layered repository, and the environments that they are for.
fn values(survey: &Survey, layers: &[Layer], environments: &mut BTreeSet<String>) -> Vec<String> {
    let Some(dir) = survey.dirs.get("values").filter(|_| !layers.is_empty()) else { return Vec::new() };
    if !dir.yaml.iter().any(|f| f.name == "values.yaml") {
        return Vec::new();
    }
    let names = dir.yaml.iter().filter_map(|f| f.name.strip_prefix("values.")?.strip_suffix(".yaml"));
    let found: BTreeSet<String> = names.filter(|name| layers::is_environment(name)).map(str::to_owned).collect();
    if environments.is_empty() {
        environments.extend(found.iter().cloned());
    }
    let mut values = vec!["values/values.yaml".to_owned()];
    if !found.is_empty() && !environments.is_empty() {
        values.push("values/values.{{ cluster.labels.environment }}.yaml".to_owned());
    }
    values.push("values/values.{{ cluster.name }}.yaml".to_owned());
    values
}

/// Files as patterns: a directory that holds nothing else as one.
fn patterns<'p>(survey: &Survey, files: impl Iterator<Item = &'p String>) -> Vec<String> {
    let mut by_dir: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for file in files {
        by_dir.entry(parent(file)).or_default().push(file);
    }
    let mut patterns = Vec::new();
    for (dir, files) in by_dir {
        let all = survey.dirs.get(dir).map_or(0, |d| d.yaml.len());
        let yaml = files.iter().all(|file| file.ends_with(".yaml"));
        match all == files.len() && yaml && !dir.is_empty() {
            true => patterns.push(format!("{dir}/*.yaml")),
            false => patterns.extend(files.into_iter().map(str::to_owned)),
        }
    }
    patterns
}

/// Where the schemas of this version stand for editors.
fn schemas() -> String {
    let raw = env!("CARGO_PKG_REPOSITORY").replace("https://github.com/", "https://raw.githubusercontent.com/");
    format!("# yaml-language-server: $schema={raw}/v{}/schemas/fleet.schema.json\n", env!("CARGO_PKG_VERSION"))
}

impl Draft {
    /// Takes a repository that isn't at hand for this one, if it ends with this one's name. Says whether there was one.
    pub fn take_own_url(&mut self) -> bool {
        let end = |url: &str| {
            let url = url.trim_end_matches('/');
            url.strip_suffix(".git").unwrap_or(url).rsplit(['/', ':']).next().map(str::to_lowercase)
        };
        let found = self.missing.iter().position(|url| end(url).is_some_and(|name| self.called.contains(&name)));
        self.urls.extend(found.map(|at| self.missing.remove(at)));
        found.is_some()
    }

    /// The files, `terrace.yaml` first.
    pub fn files(&self) -> Vec<NewFile> {
        if self.example {
            return self.example_files();
        }
        let fleet = self.fleet();
        let mut files = vec![NewFile::new(FLEET_FILE, fleet.clone())];
        for cluster in &self.clusters {
            let name: String = cluster.name.chars().map(|c| if is_plain(c) { c } else { '-' }).collect();
            let path = format!("{}/{name}.yaml", self.clusters_dir);
            files.push(NewFile::new(path.as_str(), cluster_file(&fleet, &path, cluster)));
        }
        for (dir, before) in &self.charts {
            let path = if dir.is_empty() { "app.yaml".to_owned() } else { format!("{dir}/app.yaml") };
            let schema = schema_comment(&fleet, "app", &path);
            let text = format!(
                "{schema}apiVersion: terrace.dev/v1alpha1\nkind: App\nspec:\n  valueFiles: [\"{before}{{{{ \
                 cluster.labels.environment }}}}.yaml\"]\n  ignoreMissingValueFiles: true\n"
            );
            files.push(NewFile::new(path.as_str(), text));
        }
        for dir in &self.libraries {
            let path = format!("{dir}/app.yaml");
            let schema = schema_comment(&fleet, "app", &path);
            let text =
                "apiVersion: terrace.dev/v1alpha1\nkind: App\nspec:\n  # Other charts use it.\n  enable: false\n";
            files.push(NewFile::new(path.as_str(), format!("{schema}{text}")));
        }
        files
    }

    fn example_files(&self) -> Vec<NewFile> {
        let fleet = include_str!("../../templates/init/terrace.yaml");
        let fleet = fill(fleet, &[("schema", &schemas()), ("name", &scalar(&self.name))]);
        let version = format!("1.{}", KubeVersion::NEWEST);
        let cluster = |name: &str, environment: &str| {
            let path = format!("clusters/{name}.yaml");
            let schema = schema_comment(&fleet, "cluster", &path);
            let values =
                [("schema", schema.as_str()), ("name", name), ("environment", environment), ("version", &version)];
            NewFile::new(path, fill(include_str!("../../templates/init/clusters/cluster.yaml"), &values))
        };
        vec![
            NewFile::new(FLEET_FILE, fleet.clone()),
            cluster("dev-01", "development"),
            cluster("prod-01", "production"),
            NewFile::new("values/values.yaml", include_str!("../../templates/init/values/values.yaml")),
            NewFile::new(
                "values/values.production.yaml",
                include_str!("../../templates/init/values/values.production.yaml"),
            ),
            NewFile::new(
                "baseline/resources/shop.yaml",
                include_str!("../../templates/init/baseline/resources/shop.yaml"),
            ),
            NewFile::new(
                "teams/shop/deployment.yaml.j2",
                include_str!("../../templates/init/teams/shop/deployment.yaml.j2"),
            ),
        ]
    }

    /// `terrace.yaml`.
    fn fleet(&self) -> String {
        let mut text = schemas();
        text += "apiVersion: terrace.dev/v1alpha1\nkind: Fleet\nmetadata:\n";
        text += &format!("  name: {}\nspec:\n", scalar(&self.name));
        let clusters: Vec<String> = match self.declared.is_empty() {
            true if self.clusters.is_empty() => Vec::new(),
            true => vec![scalar(&format!("{}/*.yaml", self.clusters_dir))],
            false => self.declared.iter().map(|pattern| scalar(pattern)).collect(),
        };
        text += "  # One file per cluster: its labels, its Kubernetes version.\n";
        match clusters.is_empty() {
            // The files of somebody else that stand where clusters do by default aren't clusters.
            true if self.clusters_dir != "clusters" => text += "  clusters: []\n",
            true => text += "  # clusters: [\"clusters/*.yaml\"]\n",
            false => text += &format!("  clusters: [{}]\n", clusters.join(", ")),
        }
        if !self.values.is_empty() {
            text += "\n  # Lowest first. Maps merge, lists replace, an explicit null deletes.\n  values:\n";
            text.extend(self.values.iter().map(|value| format!("    - {value}\n")));
        }
        if !self.layers.is_empty() {
            text += "\n  # Lowest first.\n  layers:\n";
            text.extend(self.layers.iter().map(layer));
        }
        if !self.roots.is_empty() {
            text += "\n  argocd:\n    # What is applied to Argo CD by hand; all else follows from it.\n    roots:\n";
            text.extend(self.roots.iter().map(|root| format!("      - path: {}\n", scalar(root))));
            if !self.alternatives.is_empty() {
                text += "      # These declare the same Applications otherwise. For another cluster with an Argo CD of its own,\n";
                text += "      # write `on: {matchLabels: …}` beside each, and declare the clusters.\n";
                text.extend(self.alternatives.iter().map(|root| format!("      # - path: {}\n", scalar(root))));
            }
        }
        if !self.urls.is_empty() || !self.missing.is_empty() {
            text += "\n  # What a repository's URL means here. Nothing is fetched.\n  repositories:\n";
            let own =
                if self.prefix.is_empty() { ".".to_owned() } else { "../".repeat(self.prefix.split('/').count()) };
            let own = if own == "." { own } else { own.trim_end_matches('/').to_owned() };
            text.extend(self.urls.iter().map(|url| format!("    - {{url: {}, path: {own}}}\n", scalar(url))));
            if !self.missing.is_empty() {
                text += "    # Not at hand. Put a copy somewhere, and say where:\n";
                text.extend(self.missing.iter().map(|url| format!("    # - {{url: {}, path: …}}\n", scalar(url))));
                if self.urls.is_empty() {
                    text = text.replace("  repositories:\n", "  repositories: []\n");
                }
            }
        }
        text += "\n  # Where `terrace render` puts the trees.\n  output: {path: rendered}\n";
        text
    }
}

fn layer(layer: &Layer) -> String {
    let mut text = format!("    - name: {}\n      path: {}\n", scalar(&layer.name), scalar(&layer.path));
    if let Some(when) = layer.when {
        text += &format!("      when: {when}\n");
    }
    if let Some(namespace) = layer.namespace {
        text += &format!("      namespace: {}\n", scalar(namespace));
    }
    if layer.tenant {
        text += "      tenant: true\n";
    }
    text
}

fn cluster_file(fleet: &str, path: &str, cluster: &NewCluster) -> String {
    let mut text = schema_comment(fleet, "cluster", path);
    text += &format!("apiVersion: terrace.dev/v1alpha1\nkind: Cluster\nmetadata:\n  name: {}\n", scalar(&cluster.name));
    if let Some(environment) = &cluster.environment {
        text += &format!("  labels: {{environment: {}}}\n", scalar(environment));
    }
    text += "spec:\n";
    if let Some(server) = &cluster.server {
        text += &format!("  server: {}\n", scalar(server));
    }
    text += &format!("  # What `kubectl version` says of the server.\n  kubeVersion: \"1.{}\"\n", KubeVersion::NEWEST);
    text
}

/// Whether a character may stand in a file's name anywhere.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_.".contains(c)
}

/// A name for a cluster that is only known by its server.
pub fn cluster_name(server: &str) -> String {
    let rest = server.split_once("://").map_or(server, |(_, rest)| rest);
    let text: String =
        rest.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    let text = text.trim_matches('-').to_owned();
    if text.is_empty() { "cluster".to_owned() } else { text.chars().take(63).collect() }
}
