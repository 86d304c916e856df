//! What a repository holds that could be a fleet: Applications, charts, kustomizations, manifests, by directory.
//!
//! This looks at files one by one, and is content with a good guess: what it finds only decides what is written into a
//! `terrace.yaml`, which is then compiled like any other.

use std::collections::{BTreeMap, BTreeSet};

use crate::argocd::cluster_secret;
use crate::config::API_VERSION;
use crate::layer::layout::KUSTOMIZATIONS;
use crate::world::{EntryKind, FilePath, Reader, join, normalize};
use crate::yaml::{self, Dialect, Node};

/// What was found.
#[derive(Debug, Default)]
pub struct Survey {
    /// Directories by path, the repository's own as `""`.
    pub dirs: BTreeMap<String, Dir>,
    /// Files with Argo CD's cluster Secrets.
    pub cluster_secrets: Vec<String>,
    /// Files with clusters of ours.
    pub clusters: Vec<String>,
    /// Helmfiles.
    pub helmfiles: Vec<String>,
    /// Whether there are objects of Flux.
    pub flux: bool,
    /// How many files there are, apart from a README and the like.
    pub files: usize,
}

/// A directory.
#[derive(Debug, Default)]
pub struct Dir {
    /// Directories in it.
    pub children: Vec<String>,
    /// YAML files in it.
    pub yaml: Vec<File>,
    /// Whether there are templates of manifests in it.
    pub templates: bool,
    /// Its kustomization.
    pub kustomization: Option<Kustomization>,
    /// Its chart.
    pub chart: Option<Chart>,
}

/// A YAML file.
#[derive(Debug)]
pub struct File {
    /// Its name.
    pub name: String,
    /// The Applications and ApplicationSets in it.
    pub apps: Vec<App>,
    /// Whether every document in it is a manifest, and there is one.
    pub manifests: bool,
}

/// An Application or ApplicationSet.
#[derive(Clone, Debug)]
pub struct App {
    /// Its kind, namespace and name: no two of a fleet have the same.
    pub id: (String, String, String),
    /// Where what it deploys comes from.
    pub sources: Vec<Source>,
    /// What its git generators look at.
    pub generators: Vec<Source>,
    /// The labels that its clusters generators ask for.
    pub labels: BTreeSet<String>,
}

/// A place in a repository.
#[derive(Clone, Debug)]
pub struct Source {
    /// The repository's URL.
    pub url: String,
    /// The directory; a template or a glob, too.
    pub path: Option<String>,
    /// Whether the directories below belong to it.
    pub recurse: bool,
}

/// A kustomization.
#[derive(Debug, Default)]
pub struct Kustomization {
    /// Files and directories of the repository that it is made of.
    pub parts: Vec<String>,
    /// Whether it is a component, which nothing renders by itself.
    pub component: bool,
}

/// A chart.
#[derive(Debug, Default)]
pub struct Chart {
    /// Whether others include it, and nothing renders it by itself.
    pub library: bool,
    /// Whether it makes Applications.
    pub makes_applications: bool,
    /// The environments that it has values for, `dev` for `values-dev.yaml`, and what stands before them.
    pub environments: BTreeMap<String, String>,
}

/// Directories that hold no part of a fleet, as a rule.
const ASIDE: [&str; 13] = [
    "node_modules",
    "vendor",
    "doc",
    "docs",
    "example",
    "examples",
    "hack",
    "sample",
    "samples",
    "test",
    "tests",
    "testdata",
    "schemas",
];
/// Enough of any repository to know what it is.
const MOST_FILES: usize = 50_000;
const MOST_DEPTH: usize = 40;

/// Looks through the directory `root`. First without directories that hold examples, tests and the like, and if there is
/// nothing elsewhere, with them.
pub fn survey(reader: &Reader, root: &FilePath) -> Survey {
    let found = walk(reader, root, &ASIDE);
    let any = |dir: &Dir| dir.kustomization.is_some() || dir.chart.is_some() || dir.yaml.iter().any(|f| f.manifests);
    if found.dirs.values().any(any) { found } else { walk(reader, root, &ASIDE[..2]) }
}

fn walk(reader: &Reader, root: &FilePath, aside: &[&str]) -> Survey {
    let mut survey = Survey::default();
    let mut stack = vec![(String::new(), 0)];
    while let Some((path, depth)) = stack.pop() {
        let Some(place) = (if path.is_empty() { Some(root.clone()) } else { root.join(&path) }) else { continue };
        let Ok(entries) = reader.list(&place) else { continue };
        let mut dir = Dir::default();
        let names: BTreeSet<&str> = entries.iter().map(|e| e.name.as_str()).collect();
        let chart = names.contains("Chart.yaml");
        for entry in &entries {
            let name = entry.name.as_str();
            if name.starts_with('.') || entry.link {
                continue;
            }
            let inner = if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
            match entry.kind {
                // What is below a chart belongs to it.
                EntryKind::Directory if !chart && depth < MOST_DEPTH && !aside.contains(&name) => {
                    dir.children.push(name.to_owned());
                    stack.push((inner, depth + 1));
                }
                EntryKind::File if survey.files < MOST_FILES => {
                    survey.files += usize::from(!is_about(name));
                    file(reader, &place, &path, name, &mut dir, &mut survey);
                }
                _ => {}
            }
        }
        if chart {
            dir.chart = Some(read_chart(reader, &place, &names));
        }
        survey.dirs.insert(path, dir);
    }
    survey.cluster_secrets.sort();
    survey.clusters.sort();
    survey.helmfiles.sort();
    survey
}

/// Files that say something about a repository, and are no part of what it holds.
fn is_about(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    ["README", "LICENSE", "LICENCE", "CODEOWNERS", "CONTRIBUTING", "CHANGELOG", "NOTICE", "SECURITY"]
        .iter()
        .any(|word| upper.starts_with(word))
}

fn file(reader: &Reader, place: &FilePath, dir_path: &str, name: &str, dir: &mut Dir, survey: &mut Survey) {
    let path = if dir_path.is_empty() { name.to_owned() } else { format!("{dir_path}/{name}") };
    let yaml = name.ends_with(".yaml") || name.ends_with(".yml");
    if name.starts_with("helmfile.") || dir_path.ends_with("helmfile.d") {
        survey.helmfiles.push(path);
        return;
    }
    dir.templates |= name.ends_with(".yaml.j2") || name.ends_with(".yml.j2");
    let kustomization = KUSTOMIZATIONS.contains(&name);
    if !yaml && !kustomization || name == "Chart.yaml" {
        return;
    }
    let Some(text) = place.join(name).and_then(|path| reader.text(&path).ok()) else { return };
    let parsed = yaml::parse_file(&text, Dialect::Kubernetes);
    let documents: Vec<Node> = parsed.documents.into_iter().map(|d| d.node).filter(|n| !n.is_null()).collect();
    if kustomization {
        dir.kustomization = Some(documents.first().map(|node| read_kustomization(node, dir_path)).unwrap_or_default());
        return;
    }
    let whole = !parsed.diagnostics.has_errors() && !documents.is_empty();
    // What has no name is a configuration of some tool, in Kubernetes' style.
    let named = |node: &Node| ["name", "generateName"].iter().any(|key| node.at(&["metadata", key]).is_some());
    let is_manifest = |node: &Node| {
        let kind = node.str_at(&["kind"]);
        node.str_at(&["apiVersion"]).is_some() && kind.is_some_and(|kind| named(node) || kind.ends_with("List"))
    };
    let manifests = whole && documents.iter().all(is_manifest);
    for node in &documents {
        let group = node.str_at(&["apiVersion"]).unwrap_or_default();
        survey.flux |= group.contains(".toolkit.fluxcd.io/");
        let ours = group == API_VERSION && node.str_at(&["kind"]) == Some("Cluster");
        if ours && !survey.clusters.contains(&path) {
            survey.clusters.push(path.clone());
        }
        if cluster_secret::is_cluster_secret(node) && !survey.cluster_secrets.contains(&path) {
            survey.cluster_secrets.push(path.clone());
        }
    }
    let apps = documents.iter().filter_map(read_app).collect();
    dir.yaml.push(File { name: name.to_owned(), apps, manifests });
}

fn read_kustomization(node: &Node, dir: &str) -> Kustomization {
    let mut parts = Vec::new();
    for key in ["resources", "bases", "components", "crds", "generators", "transformers"] {
        let list = node.get(key).and_then(Node::as_seq).unwrap_or_default();
        let local = list.iter().filter_map(Node::as_str).filter(|text| !text.contains("://"));
        parts.extend(local.filter_map(|text| join(dir, text)));
    }
    let patches = node.get("patchesStrategicMerge").and_then(Node::as_seq).unwrap_or_default().iter();
    let files = ["patches", "patchesJson6902", "replacements"].into_iter().filter_map(|key| node.get(key)?.as_seq());
    let files = files.flatten().filter_map(|entry| entry.str_at(&["path"]));
    parts.extend(patches.filter_map(Node::as_str).chain(files).filter_map(|text| join(dir, text)));
    Kustomization { parts, component: node.str_at(&["kind"]) == Some("Component") }
}

fn read_chart(reader: &Reader, place: &FilePath, names: &BTreeSet<&str>) -> Chart {
    let mut chart = Chart::default();
    if let Some(text) = place.join("Chart.yaml").and_then(|path| reader.text(&path).ok()) {
        let documents = yaml::parse_file(&text, Dialect::Kubernetes).documents;
        chart.library = documents.first().and_then(|d| d.node.str_at(&["type"])) == Some("library");
    }
    let templates = place.join("templates");
    for entry in templates.as_ref().and_then(|dir| reader.list(dir).ok()).unwrap_or_default() {
        let text = templates.as_ref().and_then(|dir| reader.text(&dir.join(&entry.name)?).ok());
        chart.makes_applications |= text.is_some_and(|text| {
            let kinds = text.text.lines().filter_map(|line| line.trim().strip_prefix("kind:"));
            kinds.map(str::trim).any(|kind| kind == "Application" || kind == "ApplicationSet")
        });
    }
    for name in names {
        for before in ["values-", "values.", "values_"] {
            let rest = name.strip_prefix(before).and_then(|rest| rest.strip_suffix(".yaml"));
            if let Some(environment) = rest.filter(|e| !e.is_empty() && !e.contains('.') && *e != "schema") {
                chart.environments.insert(environment.to_owned(), before.to_owned());
            }
        }
    }
    chart
}

fn read_app(node: &Node) -> Option<App> {
    let group = node.str_at(&["apiVersion"])?;
    let kind = node.str_at(&["kind"])?;
    if !group.starts_with("argoproj.io/") || !["Application", "ApplicationSet"].contains(&kind) {
        return None;
    }
    let text = |keys: &[&str]| node.str_at(keys).unwrap_or_default().to_owned();
    let mut app = App {
        id: (kind.to_owned(), text(&["metadata", "namespace"]), text(&["metadata", "name"])),
        sources: Vec::new(),
        generators: Vec::new(),
        labels: BTreeSet::new(),
    };
    let spec = node.get("spec");
    let deployed = if kind == "Application" { spec } else { spec.and_then(|s| s.at(&["template", "spec"])) };
    if let Some(deployed) = deployed {
        let many = deployed.get("sources").and_then(Node::as_seq).unwrap_or_default();
        let one = deployed.get("source").or_else(|| deployed.at(&["sourceHydrator", "drySource"]));
        app.sources.extend(many.iter().chain(one).filter_map(|source| {
            let path = source.str_at(&["path"]).map(clean);
            let recurse = source.at(&["directory", "recurse"]).and_then(Node::as_bool).unwrap_or_default();
            Some(Source { url: source.str_at(&["repoURL"])?.to_owned(), path, recurse })
        }));
    }
    for generator in spec.and_then(|s| s.get("generators")).and_then(Node::as_seq).unwrap_or_default() {
        read_generator(generator, &mut app, 0);
    }
    Some(app)
}

fn read_generator(generator: &Node, app: &mut App, depth: usize) {
    for inner in ["matrix", "merge"] {
        let list = generator.at(&[inner, "generators"]).and_then(Node::as_seq).unwrap_or_default();
        if depth < 3 {
            list.iter().for_each(|generator| read_generator(generator, app, depth + 1));
        }
    }
    if let Some(git) = generator.get("git") {
        let url = git.str_at(&["repoURL"]).unwrap_or_default();
        for list in ["directories", "files"] {
            for entry in git.get(list).and_then(Node::as_seq).unwrap_or_default() {
                let excluded = entry.get("exclude").and_then(Node::as_bool) == Some(true);
                if let Some(path) = entry.str_at(&["path"]).filter(|_| !excluded) {
                    app.generators.push(Source { url: url.to_owned(), path: Some(clean(path)), recurse: false });
                }
            }
        }
    }
    if let Some(selector) = generator.at(&["clusters", "selector"]) {
        let labels = selector.get("matchLabels").and_then(Node::as_map);
        app.labels.extend(labels.into_iter().flat_map(|map| map.iter()).map(|entry| entry.key.to_string()));
        let expressions = selector.get("matchExpressions").and_then(Node::as_seq).unwrap_or_default();
        app.labels.extend(expressions.iter().filter_map(|e| e.str_at(&["key"])).map(str::to_owned));
        // Every cluster Secret has it, and so has every cluster here.
        app.labels.remove(cluster_secret::SECRET_TYPE);
    }
}

/// A path as directories are known by.
fn clean(path: &str) -> String {
    normalize(path).unwrap_or_else(|| path.to_owned())
}
