//! Charts of chart repositories and registries, as sources name them; and ranges of versions that stand for git tags.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::render::helm::Profile;
use crate::render::helm::release::name;
use crate::render::helm::repository::{self, Found, Stock};
use crate::semver::{Constraints, Version};
use crate::source::Origin;
use crate::world::{FilePath, Reader};

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

/// The chart that is wanted, in the directory that stands for its repository: of the versions that fit, the highest, as
/// Helm picks one.
///
/// # Errors
/// There is none; or an index or `Chart.yaml` can't be read.
pub fn find(reader: &Reader, root: &FilePath, wanted: &Wanted) -> Result<Found, Diagnostics> {
    let stock = repository::look(reader, root, wanted.chart);
    if stock.problems.has_errors() {
        return Err(stock.problems);
    }
    match repository::pick(&stock.found, wanted.version) {
        Ok(Some(found)) => Ok(found.clone()),
        Ok(None) => Err(missing(reader, root, &stock, wanted).into()),
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

/// Whether Helm takes a name for a release.
///
/// # Errors
/// Why it doesn't.
pub fn check_release(name: &str) -> Result<(), String> {
    name::check(name, Profile::Helm3).map_err(|_| {
        format!(
            "Helm takes no release called `{name}`: at most 53 lower-case letters, digits, `-` and `.` between them"
        )
    })
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

fn missing(reader: &Reader, root: &FilePath, stock: &Stock, wanted: &Wanted) -> Diagnostic {
    let Wanted { chart, version, url, .. } = *wanted;
    let place = reader.world().show(root);
    let place = if place.is_empty() { ".".to_owned() } else { place };
    let mut versions: Vec<&str> = stock.found.iter().map(|found| found.version.as_str()).collect();
    versions.sort_by(|a, b| repository::order(b, a));
    versions.dedup();
    let listed = stock.only_listed.iter().find(|listed| repository::fits(listed, version));
    let of = if version.is_empty() { String::new() } else { format!(" {version}") };
    let message = format!("chart `{chart}`{of} of `{url}` is not in `{place}`, which stands for that repository");
    let diagnostic = Diagnostic::error(Code::CHART_MISSING, message);
    let diagnostic = match (versions.is_empty(), listed) {
        (_, Some(listed)) => diagnostic
            .at(wanted.at, "its archive is not at hand")
            .hint(format!("its index lists {listed}, but the archive isn't there")),
        (true, None) => {
            let others = repository::names(reader, root);
            diagnostic.at(wanted.at, "no such chart there").did_you_mean(chart, others.iter().map(String::as_str))
        }
        (false, None) => diagnostic
            .at(wanted.version_at, "no such version there")
            .also(wanted.at, "of this chart")
            .hint(format!("it is there in version {}", few(&versions))),
    };
    match url.contains('/') {
        true => diagnostic.hint(format!("put it there: `{}` (what git ignores isn't read)", pull(wanted, &place))),
        false => diagnostic.hint("put its directory or archive there (what git ignores isn't read)"),
    }
}

/// The first few of a list, newest first.
fn few(versions: &[&str]) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<&str> = versions.iter().take(SHOWN).copied().collect();
    let more = if versions.len() > SHOWN { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
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
