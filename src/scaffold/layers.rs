//! Layers for a repository without Argo CD: what it has by environment, and what every cluster gets.

use std::collections::{BTreeMap, BTreeSet};

use super::survey::{Dir, Survey};
use crate::world::parent;

/// A layer that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// Its name.
    pub name: String,
    /// Its path.
    pub path: String,
    /// Which instances are for which clusters.
    pub when: Option<&'static str>,
    /// The namespace.
    pub namespace: Option<&'static str>,
    /// Whether it is a tenant's.
    pub tenant: bool,
}

/// Layers, and the environments that they are made for.
#[derive(Debug, Default)]
pub struct Layers {
    /// The layers, lowest first.
    pub layers: Vec<Layer>,
    /// Environments.
    pub environments: BTreeSet<String>,
    /// Charts with values for environments: the directory, and what stands before the environment in a file's name.
    pub charts: BTreeMap<String, String>,
    /// Directories of overlays that aren't of environments.
    pub variants: Vec<String>,
    /// Charts in a layer that nobody renders by themselves.
    pub libraries: Vec<String>,
}

const BY_ENVIRONMENT: &str = "path.basename == cluster.labels.environment";

/// The layers of a repository that is laid out in stages already.
pub fn staged(survey: &Survey, stages: &[String]) -> Layers {
    let mut found = Layers::default();
    let has_stage =
        |path: &str| survey.dirs.get(path).is_some_and(|dir| dir.children.iter().any(|child| stages.contains(child)));
    let top = survey.dirs.get("").map(|d| d.children.clone()).unwrap_or_default();
    let rank = |name: &str| match name {
        "baseline" | "base" | "platform" | "common" => 0,
        "teams" | "tenants" => 2,
        _ => 1,
    };
    let mut names: Vec<&String> = top.iter().filter(|name| !stages.contains(name)).collect();
    names.sort_by_key(|name| (rank(name), name.as_str()));
    for name in names {
        let inner = survey.dirs.get(name.as_str()).map(|d| d.children.as_slice()).unwrap_or_default();
        let below_staged = inner.iter().any(|child| has_stage(&format!("{name}/{child}")));
        let layer = |path: String, when, namespace, tenant| Layer { name: name.clone(), path, when, namespace, tenant };
        if has_stage(name) {
            found.layers.push(layer(name.clone(), None, None, false));
        } else if below_staged {
            let when = (name == "custom").then_some("path.basename in cluster.families");
            found.layers.push(layer(format!("{name}/*"), when, None, false));
        }
    }
    // `resources` is a name that many give to something else.
    let well_known = |layer: &Layer| ["baseline", "custom", "teams"].contains(&layer.name.as_str());
    let both = survey.dirs.keys().any(|path| stages.first().is_some_and(|stage| base(path) == stage.as_str()));
    if !both && !found.layers.iter().any(well_known) {
        found.layers.clear();
    }
    if found.layers.is_empty() {
        return found;
    }
    for name in top.iter().filter(|name| rank(name) == 2) {
        if found.layers.iter().any(|layer| layer.name == *name) {
            continue;
        }
        let layer = Layer {
            name: name.clone(),
            path: format!("{name}/*"),
            when: None,
            namespace: Some("{{ path.basename }}"),
            tenant: true,
        };
        found.layers.push(layer);
    }
    found
}

/// The layers of a repository of overlays, charts and manifests.
pub fn plain(survey: &Survey, own_name: &str) -> Layers {
    let mut found = Layers::default();
    let tops = tops(survey);
    // Directories with something to render, by the directory that holds them.
    let mut groups: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for top in &tops {
        groups.entry(parent(top)).or_default().push(top);
    }
    let mut names: BTreeSet<String> = BTreeSet::new();
    let mut layers = Vec::new();
    for (above, members) in &groups {
        let bases: Vec<&str> = members.iter().map(|path| base(path)).collect();
        let usual = bases.iter().filter(|name| is_environment(name)).count();
        let overlays = is_overlays(base(above));
        let by_environment = match overlays {
            true => usual * 2 >= bases.len() || base(above).starts_with("env"),
            false => usual > 0 && usual * 2 >= bases.len() && all_kustomize(survey, members),
        };
        if overlays && !by_environment && members.len() > 1 {
            // Versions, sizes, flavours: which of them a cluster gets is for people to say.
            found.variants.push((*above).to_owned());
            continue;
        }
        if by_environment && !above.is_empty() {
            found.environments.extend(bases.iter().map(|name| (*name).to_owned()));
            let what = if is_overlays(base(above)) { base(parent(above)) } else { base(above) };
            let what = if what.is_empty() { own_name } else { what };
            let name = unique(what, parent(parent(above)), &mut names);
            layers.push(Layer {
                name,
                path: format!("{above}/*"),
                when: Some(BY_ENVIRONMENT),
                namespace: None,
                tenant: false,
            });
            continue;
        }
        for member in members {
            let chart = survey.dirs.get(*member).and_then(|d| d.chart.as_ref());
            let environments = chart.map(|c| c.environments.iter()).into_iter().flatten();
            let environments: Vec<_> = environments.filter(|(name, _)| is_environment(name)).collect();
            found.environments.extend(environments.iter().map(|(name, _)| (*name).clone()));
            if let Some((_, before)) = environments.first() {
                found.charts.insert((*member).to_owned(), (*before).clone());
            }
        }
        // Several beside each other are one layer; so are manifests and what stands below them.
        let path = if members.len() > 1 && !above.is_empty() { (*above).to_owned() } else { String::new() };
        match path.is_empty() {
            false => {
                let name = unique(base(&path), parent(&path), &mut names);
                layers.push(Layer { name, path, when: None, namespace: None, tenant: false });
            }
            true => {
                for member in members {
                    // One overlay alone is called as what it is one of.
                    let name = match (member.is_empty(), overlays && !base(parent(above)).is_empty()) {
                        (true, _) => unique(own_name, "", &mut names),
                        (false, true) => unique(base(parent(above)), parent(parent(above)), &mut names),
                        (false, false) => unique(base(member), parent(member), &mut names),
                    };
                    let path = if member.is_empty() { ".".to_owned() } else { (*member).to_owned() };
                    layers.push(Layer { name, path, when: None, namespace: None, tenant: false });
                }
            }
        }
    }
    // A directory is one layer, by environment rather than as a whole; a layer below another belongs to it.
    layers.sort_by_key(|layer| layer.when.is_none());
    let mut seen: BTreeSet<String> = BTreeSet::new();
    layers.retain(|layer| seen.insert(layer.path.trim_end_matches("/*").to_owned()));
    let paths: Vec<String> = layers.iter().map(|l| l.path.trim_end_matches("/*").to_owned()).collect();
    layers.retain(|layer| {
        let own = layer.path.trim_end_matches("/*");
        !paths.iter().any(|path| own != path && (path == "." || own.starts_with(&format!("{path}/"))))
    });
    let libraries = survey.dirs.iter().filter(|(_, dir)| dir.chart.as_ref().is_some_and(|chart| chart.library));
    let libraries = libraries
        .map(|(path, _)| path)
        .filter(|path| layers.iter().any(|layer| layer.path == "." || path.starts_with(&format!("{}/", layer.path))));
    found.libraries = libraries.cloned().collect();
    layers.sort_by_key(|layer| (layer.when.is_some(), layer.path.clone()));
    found.layers = layers;
    found
}

fn base(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

fn all_kustomize(survey: &Survey, members: &[&str]) -> bool {
    members.iter().all(|path| survey.dirs.get(*path).is_some_and(|dir| dir.chart.is_none()))
}

/// A name that no other layer has.
fn unique(name: &str, above: &str, names: &mut BTreeSet<String>) -> String {
    let clean = |text: &str| text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect::<String>();
    let short = clean(name).to_lowercase().trim_matches('-').to_owned();
    let short = if short.is_empty() { "apps".to_owned() } else { short };
    let long = format!("{}-{short}", clean(base(above)).to_lowercase()).trim_matches('-').to_owned();
    let numbered = (2..).map(|n| format!("{short}-{n}"));
    let found = [short.clone(), long].into_iter().chain(numbered).find(|name| !names.contains(name)).unwrap_or(short);
    names.insert(found.clone());
    found
}

/// What is rendered by itself: kustomizations and charts that no other is made of, and directories of manifests that
/// are in none.
fn tops(survey: &Survey) -> Vec<String> {
    let mut parts: BTreeSet<&str> = BTreeSet::new();
    for dir in survey.dirs.values() {
        parts.extend(dir.kustomization.iter().flat_map(|k| &k.parts).map(String::as_str));
    }
    let engine = |dir: &Dir| {
        let kustomization = dir.kustomization.as_ref().is_some_and(|k| !k.component);
        kustomization || dir.kustomization.is_none() && dir.chart.as_ref().is_some_and(|c| !c.library)
    };
    let mut tops: Vec<String> = Vec::new();
    for (path, dir) in &survey.dirs {
        let within = |top: &String| top.is_empty() || path.starts_with(&format!("{top}/"));
        let of_other = parts.contains(path.as_str());
        if engine(dir) {
            // A kustomization below another that isn't made of it stands for itself; below a chart nothing does.
            if !of_other {
                tops.push(path.clone());
            }
            continue;
        }
        let file = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
        let free = dir.yaml.iter().filter(|f| !parts.contains(file(&f.name).as_str()));
        let free: Vec<_> = free.collect();
        let manifests =
            dir.templates && base(path) != "templates" || !free.is_empty() && free.iter().all(|f| f.manifests);
        let part = path.split('/').scan(String::new(), |at, name| {
            *at = if at.is_empty() { name.to_owned() } else { format!("{at}/{name}") };
            Some(at.clone())
        });
        let below_engine = part.into_iter().any(|above| {
            above != *path && survey.dirs.get(&above).is_some_and(|d| d.kustomization.is_some() || d.chart.is_some())
        });
        if manifests
            && !path.is_empty()
            && dir.kustomization.is_none()
            && !of_other
            && !below_engine
            && !tops.iter().any(within)
        {
            tops.push(path.clone());
        }
    }
    tops
}

fn is_overlays(name: &str) -> bool {
    ["overlay", "overlays", "env", "envs", "environment", "environments"].contains(&name)
}

/// Whether a name is one of the usual of environments: `prod`, `staging-eu`.
pub fn is_environment(name: &str) -> bool {
    const WORDS: [&str; 31] = [
        "acceptance",
        "canary",
        "demo",
        "dev",
        "develop",
        "development",
        "dr",
        "int",
        "integration",
        "lab",
        "live",
        "local",
        "nonprod",
        "ops",
        "perf",
        "preprod",
        "preview",
        "prd",
        "prod",
        "production",
        "qa",
        "sandbox",
        "sit",
        "stag",
        "stage",
        "staging",
        "stg",
        "test",
        "testing",
        "tst",
        "uat",
    ];
    name.to_ascii_lowercase().split(['-', '_', '.']).any(|word| {
        let word = word.trim_end_matches(|c: char| c.is_ascii_digit());
        WORDS.contains(&word)
    })
}
