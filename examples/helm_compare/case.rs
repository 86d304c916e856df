//! What is compared: calls of `helm template`, found in directories of charts or read from a list.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use serde::Serialize;

use crate::Failure;

/// The release that charts are rendered as, unless a list says otherwise.
const RELEASE: &str = "release";
const NAMESPACE: &str = "ns";

/// One call of `helm template`.
#[derive(Clone, Debug, Serialize)]
pub struct Case {
    /// Where it is called. Paths in the arguments start here, so that error texts are the same on every machine.
    pub dir: PathBuf,
    /// The chart or its archive, from `dir` on; `.` is `dir` itself.
    pub chart: String,
    /// What a person calls it among the cases of this chart: `default`, or the name of the values file.
    pub name: String,
    /// All that comes after `helm template`.
    pub args: Vec<String>,
    /// What upstream's own test expects, from `dir` on.
    pub golden: Option<String>,
}

impl Case {
    /// A chart with its default values, or with one more values file.
    pub fn of_chart(dir: &Path, chart: &str, values: Option<&str>) -> Self {
        let mut args: Vec<String> = [RELEASE, chart, "--namespace", NAMESPACE].map(str::to_owned).to_vec();
        let mut name = "default".to_owned();
        if let Some(file) = values {
            args.extend(["--values".to_owned(), file.to_owned()]);
            let within = file.strip_prefix(chart).map_or(file, |rest| rest.trim_start_matches('/'));
            within.clone_into(&mut name);
        }
        Self { dir: dir.to_owned(), chart: chart.to_owned(), name, args, golden: None }
    }
}

/// Which charts of a directory are taken.
#[derive(Clone, Copy, Debug, Default)]
pub struct Taken {
    /// Those within the `charts/` of another chart, too.
    pub nested: bool,
    /// Packaged charts (`*.tgz`), too.
    pub archives: bool,
}

/// The charts at and below a directory, as paths from there, sorted.
///
/// # Errors
/// A directory can't be listed.
pub fn charts(dir: &Path, taken: Taken) -> Result<Vec<String>, Failure> {
    let mut found = BTreeSet::new();
    let mut walk = walkdir::WalkDir::new(dir).into_iter();
    while let Some(entry) = walk.next() {
        let entry = entry?;
        let path = entry.path();
        let name = entry.file_name();
        if entry.file_type().is_dir() {
            let of_a_chart = name == "charts" && path.parent().is_some_and(is_chart);
            if name == ".git" || (of_a_chart && path != dir && !taken.nested) {
                walk.skip_current_dir();
            } else if is_chart(path) {
                found.insert(below(dir, path)?);
            }
        } else if taken.archives && path.extension() == Some(OsStr::new("tgz")) {
            found.insert(below(dir, path)?);
        }
    }
    Ok(found.into_iter().collect())
}

fn is_chart(dir: &Path) -> bool {
    dir.join("Chart.yaml").is_file()
}

/// The way from a directory to a path below it; `.` for the directory itself.
fn below(dir: &Path, path: &Path) -> Result<String, Failure> {
    let way = path.strip_prefix(dir)?.to_str().ok_or_else(|| format!("{}: not UTF-8", path.display()))?;
    Ok(if way.is_empty() { ".".to_owned() } else { way.to_owned() })
}

/// Where charts keep the values that they are tested with, from the chart's directory on.
pub const TESTED_VALUES: &str = "ci/*values.{yaml,yml}";

/// All cases of a directory: each chart by itself, and with each of its values files that one of the patterns means.
///
/// # Errors
/// A directory can't be listed, or a pattern isn't one.
pub fn discover(dir: &Path, taken: Taken, values: &[String]) -> Result<Vec<Case>, Failure> {
    let mut patterns = GlobSetBuilder::new();
    for pattern in values {
        patterns.add(GlobBuilder::new(pattern).literal_separator(true).build()?);
    }
    let patterns = patterns.build()?;
    let mut cases = Vec::new();
    for chart in charts(dir, taken)? {
        cases.push(Case::of_chart(dir, &chart, None));
        for file in values_files(&dir.join(&chart), &patterns)? {
            let path = if chart == "." { file } else { format!("{chart}/{file}") };
            cases.push(Case::of_chart(dir, &chart, Some(&path)));
        }
    }
    Ok(cases)
}

/// The values files of a chart, as paths from there, sorted; none in other charts within it.
fn values_files(chart: &Path, patterns: &GlobSet) -> Result<BTreeSet<String>, Failure> {
    let mut files = BTreeSet::new();
    let own = |entry: &walkdir::DirEntry| entry.path() == chart || !is_chart(entry.path());
    for entry in walkdir::WalkDir::new(chart).into_iter().filter_entry(own) {
        let entry = entry?;
        let way = entry.path().strip_prefix(chart)?;
        if entry.file_type().is_file() && patterns.is_match(way) {
            files.insert(below(chart, entry.path())?);
        }
    }
    Ok(files)
}
