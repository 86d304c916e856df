//! Where the Applications of a repository start: those that no other deploys.

use std::collections::BTreeSet;

use regex::Regex;

use super::survey::{App, Source, Survey};
use crate::argocd::repository::normalize_url;
use crate::world::parent;

/// Where expansion starts.
#[derive(Debug, Default)]
pub struct Roots {
    /// Files and directories.
    pub paths: Vec<String>,
    /// Others that declare the same Applications otherwise: only one of them can be meant for a hub.
    pub alternatives: Vec<String>,
    /// URLs by which the repository is called.
    pub urls: Vec<String>,
    /// The labels that ApplicationSets choose clusters by.
    pub labels: BTreeSet<String>,
}

/// Something that brings Applications to a hub: a file, a directory, a kustomization, a chart.
struct Carrier<'s> {
    path: String,
    /// The directory that an Application would name to deploy it.
    dir: String,
    /// Whether it is that directory as a whole.
    whole: bool,
    apps: Vec<&'s App>,
}

/// The roots of a repository. `prefix` is where it was looked at, below the repository's root; `remotes` are its URLs.
pub fn roots(survey: &Survey, prefix: &str, remotes: &[String]) -> Roots {
    let apps: Vec<&App> = survey.dirs.values().flat_map(|d| &d.yaml).flat_map(|f| &f.apps).collect();
    let urls = own_urls(survey, prefix, remotes, &apps);
    let known: BTreeSet<String> = urls.iter().chain(remotes).map(|url| normalize_url(url)).collect();
    let carriers = carriers(survey);
    let deployed: Vec<Vec<Regex>> = carriers.iter().map(|c| deployed(&c.apps, prefix, &known)).collect();
    let covers = |a: usize, b: usize| a != b && deployed[a].iter().any(|pattern| pattern.is_match(&carriers[b].dir));
    let mut chosen: Vec<usize> = Vec::new();
    let mut reached = vec![false; carriers.len()];
    let mut order: Vec<usize> = (0..carriers.len()).collect();
    order.sort_by_key(|i| (carriers[*i].path.matches('/').count(), carriers[*i].path.clone()));
    // First those that nothing deploys; then, of those that deploy each other in a circle, the topmost.
    for only_uncovered in [true, false] {
        for &i in &order {
            let covered = (0..carriers.len()).any(|other| covers(other, i));
            if reached[i] || only_uncovered && covered {
                continue;
            }
            chosen.push(i);
            let mut stack = vec![i];
            while let Some(at) = stack.pop() {
                if !std::mem::replace(&mut reached[at], true) {
                    stack.extend((0..carriers.len()).filter(|next| covers(at, *next)));
                }
            }
        }
    }
    let mut found = Roots { urls, ..Roots::default() };
    let mut claimed: BTreeSet<&(String, String, String)> = BTreeSet::new();
    for i in chosen {
        let carrier = &carriers[i];
        let named = || carrier.apps.iter().map(|app| &app.id).filter(|id| !id.2.is_empty());
        if named().any(|id| claimed.contains(id)) {
            found.alternatives.push(carrier.path.clone());
            continue;
        }
        claimed.extend(named());
        found.paths.push(carrier.path.clone());
    }
    found.labels.extend(apps.iter().flat_map(|app| app.labels.iter().cloned()));
    found
}

/// URLs that Applications call the repository by: most of what they name there is here. Those of its remotes need no word.
fn own_urls(survey: &Survey, prefix: &str, remotes: &[String], apps: &[&App]) -> Vec<String> {
    let remotes: BTreeSet<String> = remotes.iter().map(|url| normalize_url(url)).collect();
    let mut counts: Vec<(String, String, usize, usize)> = Vec::new();
    for source in apps.iter().flat_map(|app| app.sources.iter().chain(&app.generators)) {
        let (Some(path), false) = (&source.path, source.url.is_empty() || source.url.contains("{{")) else { continue };
        let url = normalize_url(&source.url);
        if remotes.contains(&url) {
            continue;
        }
        let head = path.split(['{', '*', '[', '?']).next().unwrap_or_default();
        let head = if head.len() == path.len() { head } else { parent(head) };
        let here = below(head, prefix).is_some_and(|p| {
            survey.dirs.contains_key(p) || !parent(p).is_empty() && survey.dirs.contains_key(parent(p))
        });
        match counts.iter_mut().find(|(known, ..)| *known == url) {
            Some((.., all, there)) => {
                *all += 1;
                *there += usize::from(here && !head.is_empty());
            }
            None => counts.push((url, source.url.clone(), 1, usize::from(here && !head.is_empty()))),
        }
    }
    let mut urls: Vec<(usize, String)> = Vec::new();
    urls.extend(
        counts
            .into_iter()
            .filter(|(.., all, there)| *there > 0 && *there * 2 >= *all)
            .map(|(_, url, all, _)| (all, url)),
    );
    urls.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    urls.into_iter().map(|(_, url)| url).collect()
}

/// A path of the repository as it is seen from below `prefix`.
fn below<'p>(path: &'p str, prefix: &str) -> Option<&'p str> {
    if prefix.is_empty() {
        return Some(path);
    }
    let rest = path.strip_prefix(prefix)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('/') }
}

fn carriers(survey: &Survey) -> Vec<Carrier<'_>> {
    // What a kustomization is made of is brought by it, and nothing by itself.
    let mut parts: BTreeSet<&str> = BTreeSet::new();
    for dir in survey.dirs.values() {
        parts.extend(dir.kustomization.iter().flat_map(|k| &k.parts).map(String::as_str));
    }
    let join = |dir: &str, name: &str| if dir.is_empty() { name.to_owned() } else { format!("{dir}/{name}") };
    let mut carriers = Vec::new();
    for (path, dir) in &survey.dirs {
        if let Some(kustomization) = &dir.kustomization {
            let mut apps = Vec::new();
            built(survey, path, &mut apps, &mut BTreeSet::new());
            if !apps.is_empty() && !kustomization.component && !parts.contains(path.as_str()) {
                carriers.push(Carrier { path: path.clone(), dir: path.clone(), whole: true, apps });
            }
            continue;
        }
        if dir.chart.as_ref().is_some_and(|c| c.makes_applications && !c.library) {
            carriers.push(Carrier { path: path.clone(), dir: path.clone(), whole: true, apps: Vec::new() });
            continue;
        }
        let free = dir.yaml.iter().filter(|f| !f.apps.is_empty() && !parts.contains(join(path, &f.name).as_str()));
        let free: Vec<_> = free.collect();
        if free.is_empty() {
            continue;
        }
        // A directory is a root if all that stands in it can be applied.
        if !path.is_empty() && dir.yaml.iter().all(|f| f.manifests) && dir.chart.is_none() {
            let apps = free.iter().flat_map(|f| &f.apps).collect();
            carriers.push(Carrier { path: path.clone(), dir: path.clone(), whole: true, apps });
        } else {
            for file in free.into_iter().filter(|f| f.manifests) {
                let apps = file.apps.iter().collect();
                carriers.push(Carrier { path: join(path, &file.name), dir: path.clone(), whole: false, apps });
            }
        }
    }
    for carrier in carriers.iter_mut().filter(|c| c.path.is_empty()) {
        carrier.path = ".".to_owned();
    }
    debug_assert!(carriers.iter().all(|c| c.whole || c.path != c.dir));
    carriers
}

/// The Applications that a kustomization is made of.
fn built<'s>(survey: &'s Survey, dir: &str, apps: &mut Vec<&'s App>, seen: &mut BTreeSet<String>) {
    if !seen.insert(dir.to_owned()) {
        return;
    }
    let Some(kustomization) = survey.dirs.get(dir).and_then(|d| d.kustomization.as_ref()) else { return };
    for part in &kustomization.parts {
        if survey.dirs.contains_key(part) {
            built(survey, part, apps, seen);
        } else {
            let (at, name) = part.rsplit_once('/').unwrap_or(("", part));
            let file = survey.dirs.get(at).and_then(|d| d.yaml.iter().find(|f| f.name == name));
            apps.extend(file.into_iter().flat_map(|f| &f.apps));
        }
    }
}

/// The directories of the repository that Applications deploy, as patterns.
fn deployed(apps: &[&App], prefix: &str, known: &BTreeSet<String>) -> Vec<Regex> {
    let own = |source: &Source| source.url.contains("{{") || known.contains(&normalize_url(&source.url));
    let mut patterns = Vec::new();
    for app in apps {
        for source in app.sources.iter().filter(|source| own(source)) {
            let Some(path) = &source.path else { continue };
            let bare = path.starts_with("{{") && path.ends_with("}}") && path.matches("{{").count() == 1;
            // What a template makes of the parameters alone is where the generators look.
            match bare {
                true => {
                    patterns.extend(app.generators.iter().filter_map(|g| pattern(g.path.as_deref()?, prefix, false)))
                }
                false => patterns.extend(pattern(path, prefix, source.recurse)),
            }
        }
    }
    patterns
}

/// A path as a pattern: what a template puts in may be anything but a slash.
fn pattern(path: &str, prefix: &str, recurse: bool) -> Option<Regex> {
    let template = Regex::new(r"\{\{[^}]*\}\}|\*\*|\*|\?").ok()?;
    let path = below(path, prefix)?;
    // What is only made of parameters could be anywhere.
    if template.is_match(path) && template.replace_all(path, "").trim_matches('/').is_empty() {
        return None;
    }
    let mut text = String::from("^");
    let mut from = 0;
    for gap in template.find_iter(path) {
        text.push_str(&regex::escape(&path[from..gap.start()]));
        text.push_str(if gap.as_str() == "**" { ".*" } else { "[^/]*" });
        from = gap.end();
    }
    text.push_str(&regex::escape(&path[from..]));
    text.push_str(if recurse { "(/.*)?$" } else { "$" });
    Regex::new(&text).ok()
}
