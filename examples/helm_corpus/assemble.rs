//! Puts the dependencies of charts into their `charts/`, as `helm dependency build` would, but from git: a dependency's
//! chart is the newest commit of a repository in which it has the version that is asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::Failure;
use crate::clones::{Clones, Depth, git};
use crate::lines::directory;
use crate::lock::{Chart, Dependency, Line, Missing, Repository};
use crate::range;

/// Deeper than charts go: a chart that needs itself ends here.
const DEEPEST: usize = 6;

/// Finds charts, and what they need.
#[derive(Debug)]
pub struct Assembler<'a> {
    clones: &'a Clones,
    repositories: &'a [Repository],
    /// Where to: `<dir>/<owner>+<name>/<path>`.
    dir: &'a Path,
    /// The commits that touched a chart's Chart.yaml, newest first, by repository and path.
    commits: BTreeMap<(String, String), Vec<String>>,
    lines: Vec<Line>,
}

/// The part of Chart.yaml, requirements.yaml and their locks that matters here.
#[derive(Debug, Default, Deserialize)]
struct ChartFile {
    #[serde(default)]
    name: String,
    #[serde(default)]
    dependencies: Option<Vec<Asked>>,
}

/// A dependency as a chart asks for it.
#[derive(Clone, Debug, Default, Deserialize)]
struct Asked {
    #[serde(default)]
    name: String,
    version: Option<String>,
    repository: Option<String>,
}

impl<'a> Assembler<'a> {
    /// Charts go to a directory.
    pub fn new(clones: &'a Clones, repositories: &'a [Repository], dir: &'a Path) -> Self {
        Self { clones, repositories, dir, commits: BTreeMap::new(), lines: Vec::new() }
    }

    /// Writes all charts of the repositories that have cases, and tells what came from where.
    ///
    /// # Errors
    /// A repository can't be read, or a chart can't be written.
    pub fn all(mut self) -> Result<Vec<Line>, Failure> {
        for repository in self.repositories.iter().filter(|repository| repository.cases) {
            let git_dir = self.clones.get(&repository.url, Depth::Commit(&repository.commit))?;
            for path in chart_paths(&git_dir, &repository.commit)? {
                let chart = Chart { repository: repository.url.clone(), commit: repository.commit.clone(), path };
                export_chart(self.clones, self.dir, &chart)?;
                self.lines.push(Line::Chart(chart.clone()));
                let at = join(&directory(&chart.repository)?, &chart.path);
                self.fill(&at, &chart, 0)?;
            }
        }
        Ok(self.lines)
    }

    /// Fills the `charts/` of a chart, and of those in it.
    fn fill(&mut self, at: &str, origin: &Chart, depth: usize) -> Result<(), Failure> {
        let dir = self.dir.join(at);
        let mut there = BTreeSet::new();
        for (entry, name) in vendored(&dir)? {
            there.insert(name);
            if dir.join("charts").join(&entry).is_dir() {
                let inner = Chart { path: join(&origin.path, &format!("charts/{entry}")), ..origin.clone() };
                self.fill(&join(at, &format!("charts/{entry}")), &inner, depth + 1)?;
            }
        }
        if depth > DEEPEST {
            return Ok(());
        }
        let (asked, locked) = asked(&dir);
        let mut placed = BTreeSet::new();
        for (index, one) in asked.iter().enumerate() {
            if there.contains(&one.name) {
                continue;
            }
            let nth = asked.iter().take(index).filter(|before| before.name == one.name).count();
            let lock =
                locked.iter().filter(|lock| lock.name == one.name).nth(nth).and_then(|lock| lock.version.clone());
            let Some(found) = self.find(one, lock.as_deref(), origin)? else {
                self.lines.push(Line::Missing(Missing {
                    of: at.to_owned(),
                    name: one.name.clone(),
                    version: one.version.clone().unwrap_or_default(),
                    repository: one.repository.clone().unwrap_or_default(),
                }));
                continue;
            };
            if !placed.insert((one.name.clone(), found.version.clone())) {
                continue; // Once more under an alias.
            }
            let mut place = join(at, &format!("charts/{}", one.name));
            if self.dir.join(&place).exists() {
                place = format!("{place}-{}", found.version);
            }
            let found = Dependency { at: place.clone(), ..found };
            place_dependency(self.clones, self.dir, &found)?;
            let chart =
                Chart { repository: found.repository.clone(), commit: found.commit.clone(), path: found.path.clone() };
            self.lines.push(Line::Dependency(found));
            self.fill(&place, &chart, depth + 1)?;
        }
        Ok(())
    }

    /// The chart that a dependency means; none of the repositories may have it.
    fn find(&mut self, one: &Asked, locked: Option<&str>, of: &Chart) -> Result<Option<Dependency>, Failure> {
        let url = one.repository.clone().unwrap_or_default();
        if let Some(relative) = url.strip_prefix("file://") {
            let path = normal(&join(&of.path, relative));
            let git_dir = self.clones.get(&of.repository, Depth::Commit(&of.commit))?;
            let version = version_at(&git_dir, &of.commit, &path);
            return Ok(version.map(|version| Dependency {
                at: String::new(),
                repository: of.repository.clone(),
                commit: of.commit.clone(),
                path,
                version,
                instead_of: None,
            }));
        }
        // A lock that its chart has outgrown says nothing.
        let range = one.version.as_deref().unwrap_or("*");
        let locked = locked.filter(|version| range::same(range, version) || range::accepts(range, version));
        let wanted = |version: &str| match locked {
            Some(locked) => range::same(locked, version),
            None => range::same(range, version) || range::accepts(range, version),
        };
        let mut instead = None;
        let repositories = self.repositories;
        for repository in repositories.iter().filter(|repository| serves(repository, &url)) {
            let git_dir = self.clones.get(&repository.url, Depth::History)?;
            for path in places(&git_dir, &repository.commit, &one.name)? {
                let key = (repository.url.clone(), path.clone());
                if !self.commits.contains_key(&key) {
                    let log = ["log", "--format=%H", &repository.commit, "--", &join(&path, "Chart.yaml")];
                    let commits = git(&git_dir, &log)?.lines().map(str::to_owned).collect();
                    self.commits.insert(key.clone(), commits);
                }
                for commit in self.commits.get(&key).into_iter().flatten() {
                    let Some(version) = version_at(&git_dir, commit, &path) else { continue };
                    let fits = wanted(&version);
                    let found = Dependency {
                        at: String::new(),
                        repository: repository.url.clone(),
                        commit: commit.clone(),
                        path: path.clone(),
                        version,
                        instead_of: (!fits).then(|| locked.unwrap_or(range).to_owned()),
                    };
                    if fits {
                        return Ok(Some(found));
                    }
                    instead.get_or_insert(found);
                }
            }
        }
        Ok(instead)
    }
}

/// Lays out what a lock says, with nothing to find.
///
/// # Errors
/// A repository can't be read, or a chart can't be written.
pub fn replay(clones: &Clones, lines: &[Line], dir: &Path) -> Result<(), Failure> {
    for line in lines {
        match line {
            Line::Chart(chart) => export_chart(clones, dir, chart)?,
            Line::Dependency(dependency) => place_dependency(clones, dir, dependency)?,
            Line::Missing(_) | Line::Case(_) => {}
        }
    }
    Ok(())
}

fn export_chart(clones: &Clones, dir: &Path, chart: &Chart) -> Result<(), Failure> {
    let to = dir.join(join(&directory(&chart.repository)?, &chart.path));
    if to.join("Chart.yaml").exists() {
        return Ok(()); // It is within another chart, and came with it.
    }
    clones.export(&chart.repository, &chart.commit, &chart.path, &to)
}

fn place_dependency(clones: &Clones, dir: &Path, dependency: &Dependency) -> Result<(), Failure> {
    let Dependency { at, repository, commit, path, .. } = dependency;
    clones.export(repository, commit, path, &dir.join(at))
}

/// The charts of a commit that aren't in another's `charts/`.
fn chart_paths(git_dir: &Path, commit: &str) -> Result<Vec<String>, Failure> {
    let files = git(git_dir, &["ls-tree", "-r", "--name-only", commit])?;
    let all: BTreeSet<&str> = files.lines().filter_map(chart_of).collect();
    let below = |path: &str| {
        path.match_indices("charts").any(|(at, _)| {
            let ends = path.get(at + 6..).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
            let before = path.get(..at).unwrap_or_default();
            let starts = before.is_empty() || before.ends_with('/');
            starts && ends && all.contains(before.trim_end_matches('/'))
        })
    };
    Ok(all.iter().filter(|path| !below(path)).map(|&path| path.to_owned()).collect())
}

/// The chart that a file is the Chart.yaml of.
fn chart_of(file: &str) -> Option<&str> {
    file.strip_suffix("Chart.yaml")
        .filter(|dir| dir.is_empty() || dir.ends_with('/'))
        .map(|dir| dir.trim_end_matches('/'))
}

/// Where a repository has, or else had, a chart of this name.
fn places(git_dir: &Path, commit: &str, name: &str) -> Result<Vec<String>, Failure> {
    let named = |path: &str| path.rsplit('/').next() == Some(name);
    let mut now = chart_paths(git_dir, commit)?;
    now.retain(|path| named(path));
    if !now.is_empty() {
        return Ok(now);
    }
    let pattern = format!(":(glob)**/{name}/Chart.yaml");
    let log = git(git_dir, &["log", "--format=", "--name-only", "--diff-filter=D", commit, "--", &pattern])?;
    let gone: BTreeSet<&str> = log.lines().filter_map(chart_of).filter(|path| named(path)).collect();
    Ok(gone.into_iter().map(str::to_owned).collect())
}

fn version_at(git_dir: &Path, commit: &str, path: &str) -> Option<String> {
    let text = git(git_dir, &["show", &format!("{commit}:{}", join(path, "Chart.yaml"))]).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("version:"))?;
    let value = line.split(" #").next().unwrap_or(line);
    Some(value.trim().trim_matches(['"', '\'']).to_owned())
}

/// Whether a dependency's repository is made from this one: it is said to be, or it is its GitHub page.
fn serves(repository: &Repository, url: &str) -> bool {
    let bare = |url: &str| {
        let url = url.split_once("://").map_or(url, |(_, rest)| rest);
        url.trim_end_matches('/').to_lowercase()
    };
    let url = bare(url);
    let page = || {
        let (owner, name) = url.split_once(".github.io/")?;
        Some(directory(&repository.url).ok()?.to_lowercase() == format!("{owner}+{name}"))
    };
    repository.serves.iter().any(|start| url.starts_with(&bare(start))) || page() == Some(true)
}

/// The entries of a chart's `charts/` with the names of their charts, sorted.
fn vendored(dir: &Path) -> Result<Vec<(String, String)>, Failure> {
    let charts = dir.join("charts");
    let mut found = Vec::new();
    if charts.is_dir() {
        for entry in fs::read_dir(charts)? {
            let entry = entry?;
            let Ok(file) = entry.file_name().into_string() else { continue };
            if entry.path().join("Chart.yaml").is_file() {
                found.push((file, load(&entry.path().join("Chart.yaml")).name));
            } else if let Some(archive) = file.strip_suffix(".tgz") {
                let version = archive.match_indices('-').find(|(at, _)| {
                    archive
                        .get(at + 1..)
                        .is_some_and(|rest| rest.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit()))
                });
                let name = version.and_then(|(at, _)| archive.get(..at)).unwrap_or(archive).to_owned();
                found.push((file, name));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// What a chart asks for, and what its lock says of it.
fn asked(dir: &Path) -> (Vec<Asked>, Vec<Asked>) {
    let read = |names: [&str; 2]| -> Vec<Asked> {
        names.iter().flat_map(|name| load(&dir.join(name)).dependencies.unwrap_or_default()).collect()
    };
    (read(["Chart.yaml", "requirements.yaml"]), read(["Chart.lock", "requirements.lock"]))
}

/// A chart that can't be read asks for nothing: Helm is going to say what is wrong.
fn load(path: &PathBuf) -> ChartFile {
    let text = fs::read_to_string(path).unwrap_or_default();
    serde_yaml::from_str(&text).unwrap_or_default()
}

fn join(dir: &str, path: &str) -> String {
    if dir.is_empty() || path.is_empty() { format!("{dir}{path}") } else { format!("{dir}/{path}") }
}

/// A path without `.` and `..`.
fn normal(path: &str) -> String {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}
