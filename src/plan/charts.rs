//! Charts of chart repositories and registries, found in the directory that stands for one.
//!
//! Such a directory holds a chart `web` of version 1.2.0 in any of these places: `web/`, `web-1.2.0/`, `web/1.2.0/` (or
//! the directory itself is the chart), `web-1.2.0.tgz`, `web/web-1.2.0.tgz`, or wherever its `index.yaml` says.

use std::collections::BTreeMap;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::semver::{Constraints, Version};
use crate::source::Origin;
use crate::world::{EntryKind, FilePath, Reader, join};
use crate::yaml::{self, Dialect, Node, Value};

/// A chart of a repository, as a source names it.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The chart's name; may have slashes in registries.
    pub chart: &'a str,
    /// A version or a range of versions; empty for the newest.
    pub version: &'a str,
    /// The repository's URL.
    pub url: &'a str,
    /// Where the chart is named.
    pub at: Origin,
    /// Where the version is named.
    pub version_at: Origin,
}

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

/// The chart that is wanted, in the directory that stands for its repository: of the versions that fit, the highest, as
/// Helm picks one.
///
/// # Errors
/// There is none; or an index or `Chart.yaml` can't be read.
pub fn find(reader: &Reader, root: &FilePath, wanted: &Wanted) -> Result<Found, Diagnostics> {
    let mut search =
        Search { reader, root, found: BTreeMap::new(), only_listed: Vec::new(), problems: Diagnostics::new() };
    search.everything(wanted.chart);
    if search.problems.has_errors() {
        return Err(search.problems);
    }
    match pick(search.found.values(), wanted.version) {
        Ok(Some(found)) => Ok(found.clone()),
        Ok(None) => Err(search.missing(wanted).into()),
        Err(why) => {
            let message = format!("`{}` is neither a version nor a range of versions: {why}", wanted.version);
            Err(Diagnostic::error(Code::CHART_MISSING, message).at(wanted.version_at, "which version?").into())
        }
    }
}

/// What `wanted` calls for where its repository isn't declared at all.
pub fn undeclared(diagnostic: Diagnostic, wanted: &Wanted) -> Diagnostic {
    let of = if wanted.version.is_empty() { String::new() } else { format!(" {}", wanted.version) };
    let message = format!(
        "chart `{}`{of} comes from `{}`, and nothing here stands for that repository",
        wanted.chart, wanted.url
    );
    let mut diagnostic = Diagnostic { message, ..diagnostic };
    diagnostic.hints.retain(|hint| hint.starts_with("did you mean"));
    diagnostic.hint(format!("keep its charts in a directory, such as by `{}`", pull(wanted, "vendor/charts"))).hint(
        format!(
            "then say what the URL means: `--repo {}=vendor/charts`, or an entry under `repositories` in terrace.yaml",
            wanted.url
        ),
    )
}

/// The command that gets a chart into a directory.
fn pull(wanted: &Wanted, directory: &str) -> String {
    let version = match wanted.version {
        "" => String::new(),
        version if version.contains([' ', '<', '>', '*', '|']) => format!(" --version '{version}'"),
        version => format!(" --version {version}"),
    };
    let (url, chart) = (wanted.url.trim_end_matches('/'), wanted.chart);
    match url.split_once("://") {
        Some(("http" | "https", _)) => format!("helm pull {chart} --repo {url}{version} -d {directory}"),
        Some(_) => format!("helm pull {url}/{chart}{version} -d {directory}"),
        None => format!("helm pull oci://{url}/{chart}{version} -d {directory}"),
    }
}

struct Search<'a, 'w> {
    reader: &'a Reader<'w>,
    root: &'a FilePath,
    /// By place.
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

    fn missing(&self, wanted: &Wanted) -> Diagnostic {
        let Wanted { chart, version, url, .. } = *wanted;
        let place = self.reader.world().show(self.root);
        let place = if place.is_empty() { ".".to_owned() } else { place };
        let mut versions: Vec<&str> = self.found.values().map(|found| found.version.as_str()).collect();
        versions.sort_by(|a, b| order(b, a));
        versions.dedup();
        let listed = self.only_listed.iter().find(|listed| fits(listed, version));
        let of = if version.is_empty() { String::new() } else { format!(" {version}") };
        let message = format!("chart `{chart}`{of} of `{url}` is not in `{place}`, which stands for that repository");
        let diagnostic = Diagnostic::error(Code::CHART_MISSING, message);
        let diagnostic = match (versions.is_empty(), listed) {
            (_, Some(listed)) => diagnostic
                .at(wanted.at, "its archive is not at hand")
                .hint(format!("its index lists {listed}, but the archive isn't there")),
            (true, None) => {
                let others = self.others();
                diagnostic.at(wanted.at, "no such chart there").did_you_mean(chart, others.iter().map(String::as_str))
            }
            (false, None) => diagnostic
                .at(wanted.version_at, "no such version there")
                .also(wanted.at, "of this chart")
                .hint(format!("it is there in version {}", few(&versions))),
        };
        diagnostic.hint(format!("put it there: `{}` (what git ignores isn't read)", pull(wanted, &place)))
    }

    /// The charts that are there, by name.
    fn others(&self) -> Vec<String> {
        let entries = self.reader.list(self.root).unwrap_or_default().into_iter();
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
}

/// The first few of a list, newest first.
fn few(versions: &[&str]) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<&str> = versions.iter().take(SHOWN).copied().collect();
    let more = if versions.len() > SHOWN { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
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

fn order(a: &str, b: &str) -> std::cmp::Ordering {
    match (Version::new(a), Version::new(b)) {
        (Ok(one), Ok(other)) => one.cmp(&other).then_with(|| a.cmp(b)),
        (one, other) => one.is_ok().cmp(&other.is_ok()).then_with(|| a.cmp(b)),
    }
}

fn fits(version: &str, range: &str) -> bool {
    let range = if range.is_empty() { "*" } else { range };
    match (Constraints::new(range), Version::new(version)) {
        _ if version == range => true,
        (Ok(range), Ok(version)) => range.check(&version),
        _ => false,
    }
}

/// The version that is exactly the one asked for, or else the highest in the range (pkg/repo, `IndexFile.Get`).
fn pick<'f>(
    all: impl Iterator<Item = &'f Found> + Clone,
    range: &str,
) -> Result<Option<&'f Found>, crate::semver::Error> {
    if let Some(exact) = all.clone().find(|found| found.version == range) {
        return Ok(Some(exact));
    }
    let range = Constraints::new(if range.is_empty() { "*" } else { range })?;
    let fitting = all.filter_map(|found| Some((Version::new(&found.version).ok()?, found)));
    let mut best: Option<(Version, &Found)> = None;
    for (version, found) in fitting.filter(|(version, _)| range.check(version)) {
        if best.as_ref().is_none_or(|(highest, _)| version > *highest) {
            best = Some((version, found));
        }
    }
    Ok(best.map(|(_, found)| found))
}

/// Whether a revision is a range of versions, and so may stand for a tag of another name.
pub fn may_be_range(revision: &str) -> bool {
    Version::new(revision).is_err() && Constraints::new(revision).is_ok()
}

/// The highest tag in a range of versions, as Argo CD resolves a `targetRevision` (util/versions/tags.go, `MaxVersion`).
/// None if the revision isn't a range (a version is a tag's own name), or no tag is in it.
pub fn highest_tag<'t>(range: &str, tags: impl IntoIterator<Item = &'t str>) -> Option<&'t str> {
    if !may_be_range(range) {
        return None;
    }
    let range = Constraints::new(range).ok()?;
    let mut best: Option<(Version, &str)> = None;
    for tag in tags {
        let Ok(version) = Version::new(tag) else { continue };
        if range.check(&version) && best.as_ref().is_none_or(|(highest, _)| version > *highest) {
            best = Some((version, tag));
        }
    }
    best.map(|(_, tag)| tag)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::world::{MemoryTree, World};

    fn world(files: &[(&str, &str)]) -> (World, FilePath) {
        let world = World::new();
        let tree = MemoryTree::new(files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())));
        let root = FilePath::new(world.mount(Arc::new(tree)), "");
        (world, root)
    }

    fn wanted<'a>(chart: &'a str, version: &'a str) -> Wanted<'a> {
        Wanted { chart, version, url: "https://charts.example.com", at: Origin::NONE, version_at: Origin::NONE }
    }

    const FILES: [(&str, &str); 12] = [
        ("web/Chart.yaml", "name: web\nversion: 1.2.0\n"),
        ("web-1.3.1.tgz", ""),
        ("web-1.10.0.tgz", ""),
        ("web-2.0.0-rc.1.tgz", ""),
        ("web-2-3.0.0.tgz", ""),
        ("web-0.9.0/Chart.yaml", "name: web\nversion: 0.9.0\n"),
        ("web/0.8.0/Chart.yaml", "name: web\nversion: 0.8.0\n"),
        ("db/db-5.0.1.tgz", ""),
        ("files/odd.tgz", ""),
        ("number/Chart.yaml", "name: number\nversion: 1.5\n"),
        ("notes.md", ""),
        (
            "index.yaml",
            "entries:\n  odd: [{version: 7.0.0, urls: [files/odd.tgz]}]\n  \
             gone: [{version: 1.0.0, urls: ['https://x.example/gone-1.0.0.tgz']}]\n",
        ),
    ];

    #[test]
    fn the_highest_version_in_the_range_is_found() {
        let (world, root) = world(&FILES);
        let reader = Reader::new(&world);
        for (chart, version, expected) in [
            ("web", "1.2.0", "web 1.2.0"),
            ("web", "v1.3.1", "web-1.3.1.tgz 1.3.1"),
            ("web", "1.x", "web-1.10.0.tgz 1.10.0"),
            ("web", "~1.3", "web-1.3.1.tgz 1.3.1"),
            ("web", "", "web-1.10.0.tgz 1.10.0"),
            ("web", ">=2.0.0-0", "web-2.0.0-rc.1.tgz 2.0.0-rc.1"),
            ("web", "<1.0.0", "web-0.9.0 0.9.0"),
            ("web", "0.8.0", "web/0.8.0 0.8.0"),
            ("web-2", "*", "web-2-3.0.0.tgz 3.0.0"),
            ("db", "5", "db/db-5.0.1.tgz 5.0.1"),
            ("team/db", "5", "db/db-5.0.1.tgz 5.0.1"),
            ("odd", "*", "files/odd.tgz 7.0.0"),
            ("number", "1.5", "number 1.5"),
        ] {
            let found = find(&reader, &root, &wanted(chart, version)).map_err(|d| format!("{d:?}")).unwrap();
            assert_eq!(format!("{} {}", found.place.path, found.version), expected, "{chart} {version}");
            assert_eq!(found.archive, expected.contains(".tgz"), "{chart} {version}");
        }
    }

    #[test]
    fn what_is_missing_is_told_with_what_is_there() {
        let (world, root) = world(&FILES);
        let reader = Reader::new(&world);
        let told = |chart: &str, version: &str| {
            let problem = find(&reader, &root, &wanted(chart, version)).unwrap_err().into_iter().next().unwrap();
            format!("{} | {}", problem.message, problem.hints.join(" | "))
        };
        assert!(told("web", "3.x").contains("it is there in version 2.0.0-rc.1, 1.10.0, 1.3.1, 1.2.0, 0.9.0, …"));
        assert!(told("wbe", "1").contains("did you mean `web`?"));
        assert!(told("gone", "1").contains("its index lists 1.0.0"));
        assert!(told("web", "one").starts_with("`one` is neither a version nor a range"));
        assert!(told("../web", "1").contains("is not in"));
        assert!(told("web", ">1 <2-0").contains("--version '>1 <2-0'"));
    }

    #[test]
    fn a_repository_may_be_the_chart() {
        let (world, root) = world(&[("Chart.yaml", "name: web\nversion: 1.0.0\n")]);
        let reader = Reader::new(&world);
        assert_eq!(find(&reader, &root, &wanted("web", "1.x")).unwrap().place, root);
        assert!(find(&reader, &root, &wanted("other", "1.x")).is_err());
    }

    #[test]
    fn tags_are_picked_as_argo_cd_does() {
        let tags = ["v1.0.0", "v1.2.0", "1.10.0", "v2.0.0-rc1", "release", "web-1.5.0"];
        for (range, expected) in [
            ("1.*", Some("1.10.0")),
            ("~1.2", Some("v1.2.0")),
            (">1.0 <1.3", Some("v1.2.0")),
            ("*", Some("1.10.0")),
            (">=2.0.0-0", Some("v2.0.0-rc1")),
            ("v1.2", None),
            ("1.2.0", None),
            ("main", None),
            ("HEAD", None),
            ("3.x", None),
        ] {
            assert_eq!(highest_tag(range, tags), expected, "{range}");
        }
    }
}
