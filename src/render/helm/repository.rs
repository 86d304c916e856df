//! A directory that stands for a chart repository or a registry: charts and archives by name and version.
//!
//! It holds a chart `web` of version 1.2.0 in any of these places: `web/`, `web-1.2.0/`, `web/1.2.0/` (or the directory
//! itself is the chart), `web-1.2.0.tgz`, `web/web-1.2.0.tgz`, or wherever its `index.yaml` says.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use crate::diag::Diagnostics;
use crate::semver::{Constraints, Error, Version};
use crate::world::{EntryKind, FilePath, Reader, join};
use crate::yaml::{self, Dialect, Node, Value};

/// A chart that is at hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its directory, or its archive.
    pub place: FilePath,
    /// Whether it is an archive.
    pub archive: bool,
    /// Its version.
    pub version: String,
}

/// What a directory has of one chart.
#[derive(Clone, Debug, Default)]
pub struct Stock {
    /// What is at hand, by place.
    pub found: Vec<Found>,
    /// Versions that the index lists, of which nothing is at hand.
    pub only_listed: Vec<String>,
    /// An index or a `Chart.yaml` that can't be read.
    pub problems: Diagnostics,
}

/// The chart of a name, at the highest version that a range allows.
pub fn find(reader: &Reader, place: &FilePath, name: &str, range: &str) -> Option<FilePath> {
    let stock = look(reader, place, name);
    pick(&stock.found, range).ok().flatten().map(|found| found.place.clone())
}

/// What the directory `root` has of a chart. In registries a chart may be named by a path.
pub fn look(reader: &Reader, root: &FilePath, chart: &str) -> Stock {
    let mut search =
        Search { reader, root, found: BTreeMap::new(), only_listed: Vec::new(), problems: Diagnostics::new() };
    search.everything(chart);
    Stock { found: search.found.into_values().collect(), only_listed: search.only_listed, problems: search.problems }
}

/// The version that is exactly the one asked for, or else the highest in the range (pkg/repo, `IndexFile.Get`). Nothing
/// asks for any.
///
/// # Errors
/// The range isn't one.
pub fn pick<'f>(all: &'f [Found], range: &str) -> Result<Option<&'f Found>, Error> {
    if let Some(exact) = all.iter().find(|found| found.version == range) {
        return Ok(Some(exact));
    }
    let range = Constraints::new(if range.is_empty() { "*" } else { range })?;
    let mut best: Option<(Version, &Found)> = None;
    for found in all {
        let Ok(version) = Version::new(&found.version) else { continue };
        if range.check(&version) && best.as_ref().is_none_or(|(highest, _)| version > *highest) {
            best = Some((version, found));
        }
    }
    Ok(best.map(|(_, found)| found))
}

/// The charts of a directory, by name.
pub fn names(reader: &Reader, root: &FilePath) -> Vec<String> {
    let entries = reader.list(root).unwrap_or_default().into_iter();
    let names = entries.filter_map(|entry| match entry.kind {
        EntryKind::Directory => Some(entry.name),
        EntryKind::File => {
            let name = entry.name.strip_suffix(".tgz")?;
            let at = name.match_indices('-').find(|(at, _)| is_version(name.get(at + 1..).unwrap_or_default()));
            Some(name.get(..at?.0)?.to_owned())
        }
        EntryKind::BadLink => None,
    });
    names.collect()
}

struct Search<'a, 'w> {
    reader: &'a Reader<'w>,
    root: &'a FilePath,
    found: BTreeMap<FilePath, Found>,
    /// Versions that an index lists, of which nothing is at hand.
    only_listed: Vec<String>,
    problems: Diagnostics,
}

impl Search<'_, '_> {
    fn everything(&mut self, chart: &str) {
        let Some(chart) = join("", chart).filter(|chart| !chart.is_empty()) else { return };
        let name = chart.rsplit('/').next().unwrap_or_default().to_owned();
        if self.chart_name(self.root).as_deref() == Some(&name) {
            self.directory(self.root.clone());
        }
        // In registries a chart may be named by a path, which the directory need not repeat.
        let mut homes = vec![chart.as_str()];
        if name != chart {
            homes.push(&name);
        }
        for home in homes {
            let (above, base) = home.rsplit_once('/').unwrap_or(("", home));
            let Some(above) = self.root.join(above) else { continue };
            let Some(own) = above.join(base) else { continue };
            self.directory(own.clone());
            self.beside(&above, &name);
            self.beside(&own, &name);
            for entry in self.reader.list(&own).unwrap_or_default() {
                if entry.kind == EntryKind::Directory && Version::new(&entry.name).is_ok() {
                    own.join(&entry.name).into_iter().for_each(|dir| self.directory(dir));
                }
            }
        }
        self.index(&chart, &name);
    }

    fn add(&mut self, place: FilePath, archive: bool, version: String) {
        self.found.entry(place.clone()).or_insert(Found { place, archive, version });
    }

    /// `<name>-<version>.tgz` and `<name>-<version>/` in a directory.
    fn beside(&mut self, dir: &FilePath, name: &str) {
        for entry in self.reader.list(dir).unwrap_or_default() {
            let Some(rest) = entry.name.strip_prefix(name).and_then(|rest| rest.strip_prefix('-')) else { continue };
            let Some(place) = dir.join(&entry.name) else { continue };
            match entry.kind {
                EntryKind::Directory if is_version(rest) => self.directory(place),
                EntryKind::File => {
                    if let Some(version) = rest.strip_suffix(".tgz").filter(|version| is_version(version)) {
                        self.add(place, true, version.to_owned());
                    }
                }
                _ => {}
            }
        }
    }

    /// A chart's directory.
    fn directory(&mut self, dir: FilePath) {
        if let Some(version) = self.chart_file(&dir).and_then(|chart| text(chart.get("version")?)) {
            self.add(dir, false, version);
        }
    }

    fn chart_name(&mut self, dir: &FilePath) -> Option<String> {
        text(self.chart_file(dir)?.get("name")?)
    }

    fn chart_file(&mut self, dir: &FilePath) -> Option<Node> {
        let path = dir.join("Chart.yaml")?;
        matches!(self.reader.kind(&path), Ok(Some(EntryKind::File | EntryKind::BadLink))).then_some(())?;
        self.read(&path)
    }

    fn read(&mut self, path: &FilePath) -> Option<Node> {
        match self.reader.text(path) {
            Ok(source) => {
                let parsed = yaml::parse_file(&source, Dialect::Kubernetes);
                self.problems.extend(parsed.diagnostics.clone());
                Some(parsed.into_first())
            }
            Err(error) => {
                self.problems.push(crate::render::unreadable(self.reader, path, &error));
                None
            }
        }
    }

    /// What `index.yaml` lists and is there.
    fn index(&mut self, chart: &str, name: &str) {
        let Some(path) = self.root.join("index.yaml") else { return };
        if !matches!(self.reader.kind(&path), Ok(Some(EntryKind::File | EntryKind::BadLink))) {
            return;
        }
        let Some(index) = self.read(&path) else { return };
        let entries = index.get("entries");
        let Some(listed) = entries.and_then(|e| e.get(chart).or_else(|| e.get(name))).and_then(Node::as_seq) else {
            return;
        };
        for entry in listed {
            let Some(version) = entry.get("version").and_then(text) else { continue };
            let urls = entry.get("urls").and_then(Node::as_seq).unwrap_or_default();
            let places: Vec<FilePath> = urls.iter().filter_map(Node::as_str).flat_map(|url| self.places(url)).collect();
            let there = |place: &&FilePath| matches!(self.reader.kind(place), Ok(Some(EntryKind::File)));
            match places.iter().find(there) {
                Some(place) => {
                    // What the index says of an archive counts more than its name.
                    self.found.remove(place);
                    self.add(place.clone(), true, version);
                }
                None if self.found.values().any(|found| found.version == version) => {}
                None => self.only_listed.push(version),
            }
        }
    }

    /// Where the archive of a URL may be: at its path, or by its name.
    fn places(&self, url: &str) -> Vec<FilePath> {
        let path = url.split(['?', '#']).next().unwrap_or_default();
        let name = path.rsplit('/').next().unwrap_or_default();
        let relative = if path.contains("://") { None } else { self.root.join(path.trim_start_matches('/')) };
        relative.into_iter().chain(self.root.join(name)).filter(|place| place != self.root).collect()
    }
}

/// A string, or a number that was meant as one.
fn text(node: &Node) -> Option<String> {
    match &node.value {
        Value::Str(text) => Some(text.to_string()),
        Value::Int(number) => Some(number.to_string()),
        Value::Float(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Whether what follows a chart's name is a version, and not more of the name: `web-2-1.0.0` is `web-2` at 1.0.0.
fn is_version(text: &str) -> bool {
    Version::strict(text).is_ok() || (Version::new(text).is_ok() && !text.contains(['-', '+']))
}

/// The order of versions; what isn't one comes first.
pub fn order(a: &str, b: &str) -> Ordering {
    match (Version::new(a), Version::new(b)) {
        (Ok(one), Ok(other)) => one.cmp(&other).then_with(|| a.cmp(b)),
        (one, other) => one.is_ok().cmp(&other.is_ok()).then_with(|| a.cmp(b)),
    }
}

/// Whether a version is in a range, or is the very text.
pub fn fits(version: &str, range: &str) -> bool {
    let range = if range.is_empty() { "*" } else { range };
    match (Constraints::new(range), Version::new(version)) {
        _ if version == range => true,
        (Ok(range), Ok(version)) => range.check(&version),
        _ => false,
    }
}
