//! A cluster, a team, an app: the files that a fleet wants of them, where its `terrace.yaml` says that they stand.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use regex::Regex;

use super::files::NewFile;
use super::name;
use super::text::{fill, scalar, schema_comment};
use crate::config::Loaded;
use crate::config::cluster::Cluster;
use crate::config::fleet::{FleetFile, Layer, ValuesFile};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::kube::KubeVersion;
use crate::layer::layout;
pub use crate::plan::fleet::FLEET_FILE;
use crate::plan::fleet::{load_clusters, load_file};
use crate::source::Origin;
use crate::world::{DiskOptions, DiskTree, EntryKind, FilePath, Reader, World, is_glob, normalize};

/// A fleet, as far as new files in it depend on it.
pub struct Fleet<'a> {
    /// `terrace.yaml`.
    pub file: &'a Loaded<FleetFile>,
    /// Its text.
    pub text: &'a str,
    /// Its directory.
    pub dir: FilePath,
    /// The clusters that are declared.
    pub clusters: &'a [Cluster],
    /// Reads what is there.
    pub reader: &'a Reader<'a>,
}

/// A fleet that was read.
#[derive(Debug)]
pub struct Opened {
    /// `terrace.yaml`.
    pub file: Loaded<FleetFile>,
    /// Its text.
    pub text: String,
    /// Its directory.
    pub dir: FilePath,
    /// The clusters that are declared.
    pub clusters: Vec<Cluster>,
}

/// Reads `terrace.yaml` in `base`, and the clusters that it names. Nothing else has to be right for new files.
///
/// # Errors
/// What is wrong with them.
pub fn open(world: &World, base: &Path, current_dir: &Path) -> Result<Opened, Diagnostics> {
    let options = DiskOptions { current_dir: Some(current_dir.to_path_buf()), ..DiskOptions::default() };
    let tree = DiskTree::open(base, options)
        .map_err(|e| Diagnostic::error(Code::FILE_UNREADABLE, format!("can't read `{}`: {e}", base.display())))?;
    let dir = FilePath::new(world.mount(Arc::new(tree)), "");
    let reader = Reader::new(world);
    let path = dir.join(FLEET_FILE).unwrap_or_else(|| dir.clone());
    let file = load_file(&reader, &path)?;
    let text = reader.text(&path).map(|source| source.text.to_string()).unwrap_or_default();
    let patterns = file.value.spec.clusters.iter().map(|pattern| (pattern.clone(), Origin::NONE));
    let (clusters, problems) = load_clusters(&reader, &dir, &patterns.collect::<Vec<_>>());
    if problems.has_errors() { Err(problems) } else { Ok(Opened { file, text, dir, clusters }) }
}

/// What is to be made, and what to say about it.
#[derive(Debug, Default)]
pub struct Made {
    /// The files.
    pub files: Vec<NewFile>,
    /// What to do next, a line each.
    pub next: Vec<String>,
}

/// A cluster that is wanted.
#[derive(Debug, Default)]
pub struct NewCluster {
    /// Its name.
    pub name: String,
    /// Its labels, in the order given.
    pub labels: Vec<(String, String)>,
    /// Its API server's URL.
    pub server: Option<String>,
    /// Its Kubernetes version; by default that of most clusters.
    pub kube_version: Option<String>,
    /// Its families.
    pub families: Vec<String>,
}

const CLUSTER: &str = include_str!("../../templates/new/cluster.yaml");

/// The file of a new cluster.
///
/// # Errors
/// A name or label that can't be one, a cluster that is there already, labels that the fleet can't do without, or no
/// place for the file.
pub fn cluster(fleet: &Fleet, wanted: &NewCluster) -> Result<Made, Diagnostics> {
    let mut wrong = Diagnostics::new();
    wrong.extend(name::label("a cluster", &wanted.name).err());
    wrong.extend(wanted.labels.iter().filter_map(|(key, value)| name::metadata_label(key, value).err()));
    wrong.extend(wanted.families.iter().filter_map(|family| name::label("a family", family).err()));
    let mut names = BTreeSet::new();
    for (key, _) in wanted.labels.iter().filter(|(key, _)| !names.insert(key)) {
        wrong.push(Diagnostic::error(Code::DUPLICATE_NAME, format!("the label `{key}` is given twice")));
    }
    if let Some(there) = fleet.clusters.iter().find(|c| *c.name == *wanted.name) {
        let message = format!("the cluster `{}` is declared already", wanted.name);
        wrong.push(Diagnostic::error(Code::DUPLICATE_NAME, message).at(there.origin, "declared here"));
    }
    if let Some(server) = &wanted.server {
        if !server.starts_with("https://") && !server.starts_with("http://") || server.contains(char::is_whitespace) {
            let message = format!("`{server}` is not the URL of an API server");
            wrong.push(
                Diagnostic::error(Code::INVALID_VALUE, message).hint("such as `https://prod-01.example.com:6443`"),
            );
        } else if let Some(there) = fleet.clusters.iter().find(|c| c.server.as_deref() == Some(server)) {
            let message = format!("`{server}` is the server of the cluster `{}`", there.name);
            wrong.push(Diagnostic::error(Code::DUPLICATE_NAME, message).at(there.origin, "declared here"));
        }
    }
    if let Some(version) = &wanted.kube_version
        && let Err(error) = KubeVersion::parse(version)
    {
        wrong.push(Diagnostic::error(Code::INVALID_VALUE, error.to_string()));
    }
    missing_labels(fleet, wanted, &mut wrong);
    let path = match cluster_path(&fleet.file.value.spec.clusters, &wanted.name) {
        Some(path) => path,
        None => {
            let at = fleet.file.origin(&["spec", "clusters"]);
            wrong.push(
                Diagnostic::error(Code::INVALID_VALUE, "`spec.clusters` names no place for the file of a new cluster")
                    .at(at, "only single files")
                    .hint("add a glob such as `clusters/*.yaml` to it"),
            );
            String::new()
        }
    };
    if wrong.has_errors() {
        return Err(wrong);
    }
    let labels: String = match wanted.labels.is_empty() {
        true => String::new(),
        false => {
            let lines = wanted.labels.iter().map(|(key, value)| format!("    {}: {}\n", scalar(key), scalar(value)));
            format!("  labels:\n{}", lines.collect::<String>())
        }
    };
    let mut spec = String::new();
    if let Some(server) = &wanted.server {
        spec += &format!("  server: {}\n", scalar(server));
    }
    let version = wanted.kube_version.clone().unwrap_or_else(|| usual_version(fleet.clusters));
    spec += &format!("  kubeVersion: {}\n", scalar(&version));
    if !wanted.families.is_empty() {
        let families: Vec<String> = wanted.families.iter().map(|family| scalar(family)).collect();
        spec += &format!("  families: [{}]\n", families.join(", "));
    }
    let schema = schema_comment(fleet.text, "cluster", &path);
    let values =
        [("schema", &*schema), ("name", &scalar(&wanted.name)), ("labels", &labels), ("spec", spec.trim_end())];
    let text = fill(CLUSTER, &values);
    let mut next = Vec::new();
    if let Some(values) = own_values(&fleet.file.value, &wanted.name) {
        next.push(format!("values for this cluster alone go to {values}"));
    }
    let lacking = lacking_labels(fleet.clusters, &wanted.labels);
    if !lacking.is_empty() {
        next.push(format!("all other clusters have labels that it lacks, and templates may read them: {lacking}"));
    }
    next.push(format!("`terrace render --cluster {}` writes its tree, `terrace check` looks at it", wanted.name));
    Ok(Made { files: vec![NewFile::new(path, text)], next })
}

/// Where the file of a cluster goes: the first pattern that has a place for a name.
fn cluster_path(patterns: &[String], name: &str) -> Option<String> {
    patterns.iter().filter_map(|pattern| normalize(pattern)).find_map(|pattern| {
        let at = pattern.rfind('*')?;
        let (before, after) = (&pattern[..at], &pattern[at + 1..]);
        // `**` stands for any directories, none among them; a second `*` leaves it open which of the two is the name.
        let before = before.replace("**/", "");
        let path = format!("{before}{name}{after}");
        (!is_glob(&path) && !path.ends_with('/')).then_some(path)
    })
}

/// The version that most clusters have; where none has one, the newest that there are schemas for.
fn usual_version(clusters: &[Cluster]) -> String {
    let mut counts: BTreeMap<(u16, u16), usize> = BTreeMap::new();
    for version in clusters.iter().filter_map(|c| c.kube_version.as_ref()) {
        *counts.entry((version.major(), version.minor())).or_default() += 1;
    }
    match counts.into_iter().max_by_key(|(version, count)| (*count, *version)) {
        Some(((major, minor), _)) => format!("{major}.{minor}"),
        None => format!("1.{}", KubeVersion::NEWEST),
    }
}

/// Labels that templates of terrace.yaml read and that all other clusters have: without them nothing would render.
fn missing_labels(fleet: &Fleet, wanted: &NewCluster, wrong: &mut Diagnostics) {
    let spec = &fleet.file.value.spec;
    let mut texts: Vec<&str> = Vec::new();
    for file in &spec.values {
        texts.push(match file {
            ValuesFile::Path(path) => path,
            ValuesFile::Entry(entry) => &entry.path,
        });
    }
    for layer in &spec.layers {
        let optional = [&layer.when, &layer.namespace, &layer.revision];
        texts.extend(optional.into_iter().flatten().map(String::as_str));
    }
    let Ok(label) = Regex::new(r#"\bcluster\.labels(?:\.([A-Za-z_]\w*)|\[["']([^"']+)["']\])"#) else { return };
    let mut told = BTreeSet::new();
    for found in texts.iter().flat_map(|text| label.captures_iter(text)) {
        let Some(key) = found.get(1).or(found.get(2)).map(|m| m.as_str()) else { continue };
        let given = wanted.labels.iter().any(|(known, _)| known == key);
        if given || !fleet.clusters.iter().all(|c| c.labels.contains_key(key)) || !told.insert(key.to_owned()) {
            continue;
        }
        let known: BTreeSet<&str> =
            fleet.clusters.iter().filter_map(|c| c.labels.get(key)).map(String::as_str).collect();
        let known: Vec<&str> = known.into_iter().take(6).collect();
        let example = known.first().copied().unwrap_or("…");
        let mut error =
            Diagnostic::error(Code::MISSING_KEY, format!("a cluster of this fleet needs the label `{key}`"))
                .at(fleet.file.origin(&["spec"]), "read by templates in here")
                .hint(format!("give it: `--label {key}={example}`"));
        if known.len() > 1 {
            error = error.hint(format!("other clusters have: {}", known.join(", ")));
        }
        wrong.push(error);
    }
}

/// Labels that every cluster has, and the new one wasn't given.
fn lacking_labels(clusters: &[Cluster], given: &[(String, String)]) -> String {
    let Some((first, others)) = clusters.split_first() else { return String::new() };
    let everywhere = first.labels.keys().filter(|key| others.iter().all(|c| c.labels.contains_key(*key)));
    let lacking = everywhere.filter(|key| !given.iter().any(|(known, _)| known == *key));
    lacking.map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// The values file that is a cluster's own.
fn own_values(file: &FleetFile, name: &str) -> Option<String> {
    let own = Regex::new(r"\{\{\s*cluster\.name\s*\}\}").ok()?;
    file.spec.values.iter().rev().find_map(|values| {
        let path = match values {
            ValuesFile::Path(path) => path,
            ValuesFile::Entry(entry) => &entry.path,
        };
        let filled = own.replace_all(path, regex::NoExpand(name));
        (own.is_match(path) && !filled.contains("{{")).then(|| filled.into_owned())
    })
}

/// The files of a new team.
///
/// # Errors
/// A name that can't be one, a team that is there already, or no layer (or more than one) of teams.
pub fn team(fleet: &Fleet, team: &str, layer: Option<&str>) -> Result<Made, Diagnostics> {
    let mut wrong = Diagnostics::new();
    wrong.extend(name::label("a team", team).err());
    let layers: Vec<&Layer> = fleet.file.value.spec.layers.iter().collect();
    let at = fleet.file.origin(&["spec", "layers"]);
    let tenants: Vec<&&Layer> = layers.iter().filter(|l| l.tenant && is_glob(&l.path)).collect();
    let found = match layer {
        Some(name) => match layers.iter().find(|l| l.name == name) {
            Some(layer) if is_glob(&layer.path) => Some(*layer),
            Some(_) => {
                let message = format!("the layer `{name}` is one directory, and has no place for a team");
                let error = Diagnostic::error(Code::INVALID_VALUE, message).at(at, "among these");
                wrong.push(error.hint("a layer of teams has a glob for its path, such as `teams/*`"));
                None
            }
            None => {
                wrong.push(unknown_layer(name, layers.iter().map(|l| l.name.as_str())).at(at, "the layers"));
                None
            }
        },
        None => match tenants.as_slice() {
            [one] => Some(**one),
            [] => {
                let error =
                    Diagnostic::error(Code::INVALID_VALUE, "this fleet has no layer of teams").at(at, "the layers");
                let example = "{name: teams, path: teams/*, namespace: \"{{ path.basename }}\", tenant: true}";
                wrong.push(error.hint(format!("add one: `{example}`")));
                None
            }
            several => {
                let names: Vec<&str> = several.iter().map(|l| l.name.as_str()).collect();
                let message = format!("which layer of teams: {}?", names.join(", "));
                wrong.push(Diagnostic::error(Code::INVALID_VALUE, message).hint("say it with `--layer NAME`"));
                None
            }
        },
    };
    let dir = found.and_then(|layer| {
        own_repository(fleet, layer, &mut wrong)?;
        let dir = instance_path(&layer.path, team);
        if dir.is_none() {
            let message = format!("the path of the layer `{}` has no place for a name: `{}`", layer.name, layer.path);
            wrong.push(Diagnostic::error(Code::INVALID_VALUE, message));
        }
        dir
    });
    if let Some(dir) = &dir
        && fleet.dir.join(dir).is_some_and(|dir| matches!(fleet.reader.kind(&dir), Ok(Some(EntryKind::Directory))))
    {
        let message = format!("the team `{team}` is there already, at `{dir}`");
        wrong.push(Diagnostic::error(Code::DUPLICATE_NAME, message));
    }
    let Some(dir) = dir.filter(|_| !wrong.has_errors()) else { return Err(wrong) };
    let quoted = scalar(team);
    let values = [("name", &*quoted)];
    let files = vec![
        NewFile::new(
            format!("{dir}/configmap.yaml"),
            fill(include_str!("../../templates/new/team/configmap.yaml"), &values),
        ),
        NewFile::new(
            format!("{dir}/networkpolicy.yaml"),
            fill(include_str!("../../templates/new/team/networkpolicy.yaml"), &values),
        ),
    ];
    let mut next = Vec::new();
    if let Some(namespace) = found.and_then(|layer| layer.namespace.as_deref()) {
        let namespace = namespace.replace("{{ path.basename }}", team);
        next.push(format!(
            "the namespace `{namespace}` is to be made in a layer below: a team makes nothing cluster-wide"
        ));
    }
    next.push(format!("what the team deploys goes to {dir}/"));
    next.push("`terrace check` looks at it".to_owned());
    Ok(Made { files, next })
}

/// A layer's glob with a name in the place of its last `*`; none if more than one is left.
fn instance_path(pattern: &str, name: &str) -> Option<String> {
    let pattern = normalize(pattern)?;
    let (before, after) = pattern.rsplit_once('*')?;
    let path = format!("{before}{name}{after}");
    (!is_glob(&path)).then_some(path)
}

fn unknown_layer<'n>(name: &str, known: impl Iterator<Item = &'n str> + Clone) -> Diagnostic {
    let list: Vec<&str> = known.clone().take(20).collect();
    let error = Diagnostic::error(Code::INVALID_VALUE, format!("there is no layer `{name}`")).did_you_mean(name, known);
    if list.is_empty() { error } else { error.hint(format!("there are: {}", list.join(", "))) }
}

/// Nothing is written into another repository.
fn own_repository(fleet: &Fleet, layer: &Layer, wrong: &mut Diagnostics) -> Option<()> {
    let Some(repository) = &layer.repository else { return Some(()) };
    let declared = fleet.file.value.spec.repositories.iter().find(|r| r.name.as_ref() == Some(repository));
    let path = declared.map_or("", |r| r.path.as_str());
    if normalize(path).is_some_and(|path| path.is_empty()) && declared.is_some() {
        return Some(());
    }
    let message = format!("the layer `{}` stands in the repository `{repository}`, at `{path}`", layer.name);
    let hint = "files are made in the fleet's own directory only; make them there by hand";
    wrong.push(Diagnostic::error(Code::INVALID_VALUE, message).hint(hint));
    None
}

/// What renders a new app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Manifests.
    Plain,
    /// Templates of manifests.
    Jinja,
    /// A chart.
    Helm,
    /// A kustomization.
    Kustomize,
}

/// An app that is wanted.
#[derive(Debug)]
pub struct NewApp {
    /// Its name.
    pub name: String,
    /// The layer's instance: its name, or that of a layer which is one directory.
    pub layer: String,
    /// The stage; by default the last.
    pub stage: Option<String>,
    /// What renders it.
    pub engine: Engine,
    /// The namespace; by default one of the app's name.
    pub namespace: Option<String>,
}

/// The files of a new app.
///
/// # Errors
/// A name that can't be one, an app that is there already, an unknown layer or stage.
pub fn app(fleet: &Fleet, wanted: &NewApp) -> Result<Made, Diagnostics> {
    let mut wrong = Diagnostics::new();
    wrong.extend(name::label("an app", &wanted.name).err());
    wrong.extend(wanted.namespace.as_ref().and_then(|namespace| name::label("a namespace", namespace).err()));
    let place = place(fleet, wanted, &mut wrong);
    let Some((dir, layer)) = place.filter(|_| !wrong.has_errors()) else { return Err(wrong) };
    let dir = format!("{dir}/{}", wanted.name);
    let quoted = scalar(&wanted.name);
    let namespace = match (&wanted.namespace, &layer.namespace) {
        (Some(namespace), _) => Some(namespace.clone()),
        (None, Some(_)) => None,
        (None, None) => Some(wanted.name.clone()),
    };
    if layer.tenant && wanted.namespace.is_some() {
        let message = format!("the layer `{}` is a tenant's, bound to its namespace", layer.name);
        wrong.push(Diagnostic::error(Code::INVALID_VALUE, message).hint("leave `--namespace` out"));
        return Err(wrong);
    }
    let env = match wanted.engine {
        Engine::Jinja => "          env:\n            - {name: CLUSTER, value: \"{{ cluster.name }}\"}\n",
        _ => "",
    };
    let values = [("name", quoted.as_str()), ("plain-name", &wanted.name), ("env", env)];
    let mut files = Vec::new();
    let mut file =
        |path: &str, template: &str| files.push(NewFile::new(format!("{dir}/{path}"), fill(template, &values)));
    const DEPLOYMENT: &str = include_str!("../../templates/new/app/deployment.yaml");
    const SERVICE: &str = include_str!("../../templates/new/app/service.yaml");
    match wanted.engine {
        Engine::Plain => {
            file("deployment.yaml", DEPLOYMENT);
            file("service.yaml", SERVICE);
        }
        Engine::Jinja => {
            file("deployment.yaml.j2", DEPLOYMENT);
            file("service.yaml.j2", SERVICE);
        }
        Engine::Helm => {
            file("Chart.yaml", include_str!("../../templates/new/app/helm/Chart.yaml"));
            file("values.yaml", include_str!("../../templates/new/app/helm/values.yaml"));
            let deployment = include_str!("../../templates/new/app/helm/templates/deployment.yaml");
            file("templates/deployment.yaml", deployment);
            file("templates/service.yaml", include_str!("../../templates/new/app/helm/templates/service.yaml"));
        }
        Engine::Kustomize => {
            file("kustomization.yaml", include_str!("../../templates/new/app/kustomize/kustomization.yaml"));
            file("deployment.yaml", DEPLOYMENT);
            file("service.yaml", SERVICE);
        }
    }
    let path = format!("{dir}/app.yaml");
    files.push(NewFile::new(path.as_str(), app_file(fleet, &path, namespace.as_deref())));
    let mut next = vec![format!("put what it really runs into {dir}/")];
    if let Some(namespace) = namespace {
        next.push(format!("the namespace `{namespace}` is to be made by an app that is synced before it"));
    }
    if wanted.engine == Engine::Jinja {
        next.push("its templates see `values`, `cluster`, `fleet`, `app`, `layer` and `path`".to_owned());
    }
    next.push(format!("`terrace check --app {}` looks at it", wanted.name));
    Ok(Made { files, next })
}

/// `app.yaml`.
fn app_file(fleet: &Fleet, path: &str, namespace: Option<&str>) -> String {
    let schema = schema_comment(fleet.text, "app", path);
    match namespace {
        Some(namespace) => {
            let values = [("schema", schema.as_str()), ("namespace", &scalar(namespace))];
            fill(include_str!("../../templates/new/app/app.yaml"), &values)
        }
        None => format!("{schema}apiVersion: terrace.dev/v1alpha1\nkind: App\n"),
    }
}

/// The directory that an app of a layer goes to, and the layer.
fn place<'f>(fleet: &'f Fleet, wanted: &NewApp, wrong: &mut Diagnostics) -> Option<(String, &'f Layer)> {
    let spec = &fleet.file.value.spec;
    let mut known: Vec<(String, String, &Layer)> = Vec::new();
    let mut globs: Vec<(&str, Vec<String>)> = Vec::new();
    for layer in &spec.layers {
        if layer.repository.is_some() && own_repository(fleet, layer, &mut Diagnostics::new()).is_none() {
            continue;
        }
        let at = Origin::NONE;
        let (instances, _) = layout::instances(&layer.name, &fleet.dir, &layer.path, at, fleet.reader);
        if is_glob(&layer.path) {
            globs.push((&layer.name, instances.iter().map(|i| i.name.clone()).collect()));
        }
        known.extend(instances.into_iter().map(|instance| (instance.name, instance.path, layer)));
    }
    let Some((instance, path, layer)) = known.iter().find(|(name, ..)| *name == wanted.layer) else {
        let at = fleet.file.origin(&["spec", "layers"]);
        if let Some(layer) = spec.layers.iter().find(|l| l.name == wanted.layer && l.repository.is_some()) {
            own_repository(fleet, layer, wrong);
        } else if let Some((name, instances)) = globs.iter().find(|(name, _)| *name == wanted.layer) {
            let error = Diagnostic::error(Code::INVALID_VALUE, format!("which instance of the layer `{name}`?"));
            wrong.push(match instances.is_empty() {
                true => error.hint("it has none yet: no directory matches its path"),
                false => error.hint(format!("there are: {}", instances.join(", "))),
            });
        } else {
            wrong.push(unknown_layer(&wanted.layer, known.iter().map(|(name, ..)| name.as_str())).at(at, "the layers"));
        }
        return None;
    };
    let dir = fleet.dir.join(path)?;
    let (apps, _) = layout::apps(
        &layout::Instance { name: instance.clone(), dir: dir.clone(), path: path.clone() },
        &spec.stages,
        layer.tenant,
        Origin::NONE,
        &[],
        fleet.reader,
    );
    if let Some(there) = apps.iter().find(|app| app.name == wanted.name) {
        let message = format!("the layer `{instance}` has an app `{}` already, at `{}`", wanted.name, there.dir.path);
        wrong.push(Diagnostic::error(Code::DUPLICATE_NAME, message));
        return None;
    }
    if let Some(whole) = apps.iter().find(|app| app.marker != layout::Marker::None && app.dir == dir) {
        let message = format!("the directory of the layer `{instance}` is one app: `{}`", whole.name);
        wrong.push(Diagnostic::error(Code::INVALID_VALUE, message).hint("a directory below an app belongs to it"));
        return None;
    }
    let staged = spec.stages.iter().any(|stage| {
        dir.join(stage).is_some_and(|dir| matches!(fleet.reader.kind(&dir), Ok(Some(EntryKind::Directory))))
    });
    let empty = fleet.reader.list(&dir).is_ok_and(|entries| entries.iter().all(|e| e.name.starts_with('.')));
    if let Some(stage) = &wanted.stage {
        if layer.tenant || !(staged || empty) {
            let message = format!("the layer `{instance}` has no stages");
            wrong.push(Diagnostic::error(Code::INVALID_VALUE, message).hint("leave `--stage` out"));
            return None;
        }
        if !spec.stages.contains(stage) {
            wrong.push(
                Diagnostic::error(Code::INVALID_VALUE, format!("there is no stage `{stage}`"))
                    .did_you_mean(stage, spec.stages.iter().map(String::as_str))
                    .hint(format!("there are: {}", spec.stages.join(", "))),
            );
            return None;
        }
    }
    let stage = match (&wanted.stage, spec.stages.last()) {
        (Some(stage), _) => Some(stage),
        (None, Some(last)) if !layer.tenant && (staged || empty) => Some(last),
        _ => None,
    };
    Some((stage.map_or_else(|| path.clone(), |stage| format!("{path}/{stage}")), layer))
}

#[cfg(test)]
mod tests {
    use super::{cluster_path, instance_path};

    #[test]
    fn where_files_go() {
        let at = |patterns: &[&str]| {
            let patterns: Vec<String> = patterns.iter().map(|p| (*p).to_owned()).collect();
            cluster_path(&patterns, "a")
        };
        assert_eq!(at(&["clusters/*.yaml"]).as_deref(), Some("clusters/a.yaml"));
        assert_eq!(at(&["hub.yaml", "./clusters/**/*.yaml"]).as_deref(), Some("clusters/a.yaml"));
        assert_eq!(at(&["clusters/*/cluster.yaml"]).as_deref(), Some("clusters/a/cluster.yaml"));
        assert_eq!(at(&["clusters/c-*.yaml"]).as_deref(), Some("clusters/c-a.yaml"));
        assert_eq!(at(&["clusters/*/*.yaml"]), None);
        assert_eq!(at(&["hub.yaml"]), None);
        assert_eq!(instance_path("teams/*", "a").as_deref(), Some("teams/a"));
        assert_eq!(instance_path("*/teams/*", "a"), None);
    }
}
