//! Writes trees into a directory, atomically per cluster.
//!
//! A cluster whose tree changes is built aside, in `<out>/.terrace/new/<cluster>`: what changed is written, all else is
//! hard-linked (or copied, where links fail) from the tree that stands. Then the two directories change places in one
//! system call, and the old one is removed. Killed at any moment, the old tree or the new one is there; the next run
//! removes what was left aside. Where the file system can't exchange directories, two renames do it; killed between
//! them, the old tree is in `<out>/.terrace/old/<cluster>` and the next run puts it back.
//!
//! A cluster where nothing changes is not touched at all. To know that, every file that Terrace owns is read and compared
//! with what it is to hold, so that edits by hand are found and overwritten; digests in the index are for other
//! readers. Files that the index doesn't list are foreign: carried along, never read, changed or pruned.
//!
//! A directory that is exchanged is a new one: shells and watchers inside it still see the old. Directories keep their
//! mode, but not owners or extended attributes; foreign files keep everything.

mod lock;
mod stage;
mod survey;

use std::collections::HashMap;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rayon::prelude::*;

use self::stage::Area;
use self::survey::{Changes, Survey};
use super::ClusterTree;
use super::arrange::{Rules, arrange};
use super::index::{INDEX_FILE, Index};
use super::place::component;
use crate::diag::{Code, Diagnostic, Diagnostics};

/// Where trees are built, below the output directory. Gone after a run that wasn't killed.
pub const WORK_DIR: &str = ".terrace";

/// How to write.
#[derive(Clone)]
pub struct WriteOptions<'a> {
    /// How trees are laid out, what is selected and what is held. Held apps of the trees themselves are added.
    pub rules: Rules<'a>,
    /// All clusters of the fleet: trees of others are reported as left. Empty: nobody is looked for.
    pub clusters: &'a [Arc<str>],
    /// Only say what would be written.
    pub dry_run: bool,
    /// Have the file system store everything before the trees change places, so that a power cut too leaves the old
    /// tree or the new one. Without it a power cut can leave files cut short: the next run finds and mends them, except
    /// those of held apps. It costs a flush of the whole file system: seconds for 25,000 new files, which otherwise take
    /// about one.
    pub durable: bool,
    /// How long to wait for another run that writes into the same directory; none: as long as it takes.
    pub wait: Option<Duration>,
    /// Told, once, that another run is waited for.
    pub notice: Option<&'a (dyn Fn(&str) + Sync)>,
    /// How two directories change places.
    pub swap: Swap,
    /// What the output directory is called in messages; none: by its path.
    pub shown: Option<&'a Path>,
}

impl WriteOptions<'_> {
    /// Writes all, and waits for other runs.
    pub fn new(rules: Rules<'_>) -> WriteOptions<'_> {
        WriteOptions {
            rules,
            clusters: &[],
            dry_run: false,
            durable: false,
            wait: None,
            notice: None,
            swap: Swap::default(),
            shown: None,
        }
    }
}

/// How two directories change places.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Swap {
    /// In one step where the file system can, by renames otherwise.
    #[default]
    Exchange,
    /// By two renames; killed between them, the next run puts the old tree back.
    Renames,
}

/// What became of each cluster.
#[derive(Debug, Default)]
pub struct WriteReport {
    /// In the order of the trees.
    pub clusters: Vec<ClusterReport>,
    /// What went wrong, in that order too.
    pub diagnostics: Diagnostics,
}

impl WriteReport {
    /// The report of the same run made once more, nothing having changed since.
    #[must_use]
    pub fn unchanged(&self) -> Self {
        let clusters = self.clusters.iter().map(|cluster| ClusterReport {
            outcome: Outcome::Unchanged,
            unchanged: cluster.unchanged + cluster.written.len(),
            written: Vec::new(),
            pruned: Vec::new(),
            ..cluster.clone()
        });
        Self { clusters: clusters.collect(), diagnostics: self.diagnostics.clone() }
    }
}

/// What became of one cluster. Paths are below its directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterReport {
    /// Its name.
    pub cluster: Arc<str>,
    /// What was done.
    pub outcome: Outcome,
    /// Files that are new or changed, without the index.
    pub written: Vec<String>,
    /// Files of ours that were removed.
    pub pruned: Vec<String>,
    /// How many files are as they were to be.
    pub unchanged: usize,
    /// How many files stay as they are because their app is held or not selected.
    pub kept: usize,
    /// Files of others, carried along.
    pub foreign: Vec<String>,
}

/// What was done to a cluster's tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing had to be done, and nothing was touched.
    Unchanged,
    /// The tree changed; in a dry run, it would.
    Written,
    /// It stands as it stood; a diagnostic says why.
    Failed,
}

/// Writes trees into `out`, which is made if it isn't there. A cluster that fails doesn't keep the others from being
/// written. The report and the bytes are the same on any number of threads.
pub fn write(out: &Path, trees: &[ClusterTree], options: &WriteOptions<'_>) -> WriteReport {
    let mut rules = options.rules.clone();
    rules.hold(trees);
    let mut report = WriteReport::default();
    let names = Names { out, shown: options.shown.unwrap_or(out) };
    // Held until the end of the function; the system releases it if we are killed.
    let lock = if options.dry_run { Ok(None) } else { open(out, options).map(Some) };
    let _lock = match lock {
        Ok(lock) => lock,
        Err(failure) => {
            report.clusters = trees.iter().map(|tree| failed(&tree.cluster)).collect();
            report.diagnostics.push(failure.diagnostic(names));
            return report;
        }
    };
    let area = Area::new(out.join(WORK_DIR));

    let directories = doubled_names(trees);
    let works: Vec<Result<Work, Diagnostics>> = trees
        .par_iter()
        .map(|tree| {
            let name = component(&tree.cluster);
            if let Some(error) = directories.get(&name.to_ascii_lowercase()).and_then(|all| doubled(all)) {
                return Err(error.about(Some(&tree.cluster), None).into());
            }
            let mut work = plan(names, &area, tree, name, &rules)?;
            if work.changes.is_some() && !options.dry_run {
                work.stage(&area).map_err(|failure| {
                    // What it took is needed by the others: the disk may be full.
                    let _ = stage::remove(&area.new_tree(&work.name));
                    Diagnostics::from(failure.diagnostic(names).about(Some(&tree.cluster), None))
                })?;
            }
            Ok(work)
        })
        .collect();

    if options.durable && !options.dry_run && works.iter().flatten().any(|work| work.changes.is_some()) {
        stage::sync(out, &area);
    }
    let done: Vec<(ClusterReport, Diagnostics)> = works
        .into_par_iter()
        .zip(trees)
        .map(|(work, tree)| match work {
            Ok(work) => work.finish(&tree.cluster, &area, options, names),
            Err(diagnostics) => (failed(&tree.cluster), diagnostics),
        })
        .collect();
    for (cluster, diagnostics) in done {
        report.clusters.push(cluster);
        report.diagnostics.extend(diagnostics);
    }
    if !options.dry_run {
        area.close();
    }
    report.diagnostics.extend(left(names, options.clusters));
    report
}

/// Makes the output directory, locks it, and clears up after runs that were killed.
fn open(out: &Path, options: &WriteOptions<'_>) -> Result<std::fs::File, Failure> {
    let failure = |path: &Path, error: io::Error| Failure::new(path, error);
    if out.metadata().is_ok_and(|meta| !meta.is_dir()) {
        let error = io::Error::new(io::ErrorKind::NotADirectory, "it is a file, and trees go into a directory");
        return Err(failure(out, error));
    }
    std::fs::create_dir_all(out).map_err(|error| failure(out, error))?;
    let lock = lock::acquire(out, options.wait, options.notice).map_err(|error| failure(out, error))?;
    Area::new(out.join(WORK_DIR)).recover(out)?;
    Ok(lock)
}

/// One cluster's work.
struct Work {
    /// Its directory's name.
    name: String,
    /// The directory.
    live: PathBuf,
    survey: Survey,
    report: ClusterReport,
    /// What to do; none: nothing.
    changes: Option<Changes>,
}

/// Compares a tree with what is on disk.
fn plan(
    names: Names<'_>,
    area: &Area,
    tree: &ClusterTree,
    name: String,
    rules: &Rules<'_>,
) -> Result<Work, Diagnostics> {
    let about = |diagnostics: Diagnostics| -> Diagnostics {
        diagnostics.into_iter().map(|d| d.about(Some(&tree.cluster), None)).collect()
    };
    let live = names.out.join(&name);
    // A dry run clears nothing up: the old tree may still be aside.
    let aside = area.old_tree(&name);
    let standing = if survey::is_missing(&live) && !survey::is_missing(&aside) { &aside } else { &live };
    let survey = Survey::read(standing).map_err(|failure| about(failure.diagnostic(names).into()))?;
    let previous = previous_index(&survey, &live, names).map_err(about)?;
    let arrangement = arrange(tree, previous.as_ref().map(|(index, _)| index), rules)?;
    let old = previous.as_ref().map(|(index, bytes)| (index, bytes.as_slice()));
    let changes = survey.compare(&arrangement, old);
    if !changes.conflicts.is_empty() {
        let error = |(ours, theirs): &(String, String)| {
            let message = if ours == theirs {
                format!("`{}` isn't a file of terrace, and it stands where one goes", names.of(&live.join(theirs)))
            } else {
                format!(
                    "`{}` isn't a file of terrace, and it stands in the way of `{ours}`",
                    names.of(&live.join(theirs))
                )
            };
            Diagnostic::error(Code::FOREIGN_FILE, message)
                .hint("move it out of the way; until then nothing of this cluster is written")
                .about(Some(&tree.cluster), None)
        };
        return Err(changes.conflicts.iter().map(error).collect());
    }
    let nothing = changes.is_nothing();
    let report = ClusterReport {
        cluster: Arc::clone(&tree.cluster),
        outcome: if nothing { Outcome::Unchanged } else { Outcome::Written },
        written: changes.writes.iter().map(|(path, _)| path.clone()).collect(),
        pruned: changes.pruned.clone(),
        unchanged: changes.unchanged,
        kept: changes.kept,
        foreign: changes.foreign.iter().map(|path| path.to_string_lossy().into_owned()).collect(),
    };
    Ok(Work { name, live, survey, report, changes: (!nothing).then_some(changes) })
}

/// The index of the tree that stands, and its bytes.
fn previous_index(survey: &Survey, live: &Path, names: Names<'_>) -> Result<Option<(Index, Vec<u8>)>, Diagnostics> {
    let path = live.join(INDEX_FILE);
    let Some(bytes) = survey.index_bytes().map_err(|failure| failure.diagnostic(names))? else { return Ok(None) };
    match Index::read(&bytes) {
        Ok(index) => Ok(Some((index, bytes))),
        Err(fault) => {
            let message = format!("`{}` can't be used: {fault}", names.of(&path));
            Err(Diagnostic::error(Code::INDEX_UNREADABLE, message)
                .hint("take the last good one back from git; until then nothing of this cluster is written")
                .into())
        }
    }
}

impl Work {
    /// Builds the new tree. The texts aren't needed after that.
    fn stage(&mut self, area: &Area) -> Result<(), Failure> {
        let Some(changes) = &mut self.changes else { return Ok(()) };
        stage::build(area, &self.name, &self.survey, changes)?;
        (changes.writes, changes.index) = Default::default();
        Ok(())
    }

    fn finish(
        self,
        cluster: &Arc<str>,
        area: &Area,
        options: &WriteOptions<'_>,
        names: Names<'_>,
    ) -> (ClusterReport, Diagnostics) {
        let Some(changes) = self.changes.filter(|_| !options.dry_run) else {
            return (self.report, Diagnostics::new());
        };
        match stage::swap(area, &self.name, &self.live, options.swap) {
            Err(failure) => {
                let _ = stage::remove(&area.new_tree(&self.name));
                (failed(cluster), failure.diagnostic(names).about(Some(cluster), None).into())
            }
            Ok(None) => (self.report, Diagnostics::new()),
            Ok(Some(old)) => {
                let gone = stage::retire(&old, &self.live, &self.survey, &changes);
                let diagnostics = gone.err().map(|Failure { path, error }| {
                    let message =
                        format!("the old tree of {cluster} in `{}` can't be removed: {}", names.of(&path), why(&error));
                    Diagnostic::warning(Code::OUTPUT_UNWRITABLE, message)
                        .hint("the new tree is in place; the next run tries again")
                        .about(Some(cluster), None)
                });
                (self.report, diagnostics.into_iter().collect())
            }
        }
    }
}

/// Something that couldn't be done to the output.
#[derive(Debug)]
struct Failure {
    path: PathBuf,
    error: io::Error,
}

impl Failure {
    fn new(path: impl Into<PathBuf>, error: io::Error) -> Self {
        Self { path: path.into(), error }
    }

    fn diagnostic(self, names: Names<'_>) -> Diagnostic {
        let message = format!("`{}` can't be written: {}", names.of(&self.path), why(&self.error));
        let diagnostic = Diagnostic::error(Code::OUTPUT_UNWRITABLE, message);
        match self.error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                diagnostic.hint("free some space, and as much as the tree takes; the old tree is untouched")
            }
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                diagnostic.hint("see who owns it, or give another output directory with `-o`")
            }
            io::ErrorKind::NotADirectory => diagnostic.hint("move it away, or give another output directory with `-o`"),
            _ => diagnostic,
        }
    }
}

/// The output directory, and what it is called.
#[derive(Clone, Copy)]
struct Names<'a> {
    out: &'a Path,
    shown: &'a Path,
}

impl Names<'_> {
    /// What a path is called; what is built aside by the place that it is for.
    fn of(self, path: &Path) -> String {
        let below = path.strip_prefix(self.out).ok();
        let below = below.map(|below| below.strip_prefix(Path::new(WORK_DIR).join("new")).unwrap_or(below));
        match below {
            Some(below) if below.as_os_str().is_empty() => self.shown.display().to_string(),
            Some(below) => self.shown.join(below).display().to_string(),
            None => path.display().to_string(),
        }
    }
}

/// A system's error without its number.
fn why(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_owned()
}

fn failed(cluster: &Arc<str>) -> ClusterReport {
    ClusterReport {
        cluster: Arc::clone(cluster),
        outcome: Outcome::Failed,
        written: Vec::new(),
        pruned: Vec::new(),
        unchanged: 0,
        kept: 0,
        foreign: Vec::new(),
    }
}

/// The clusters of each directory.
fn doubled_names(trees: &[ClusterTree]) -> HashMap<String, Vec<Arc<str>>> {
    let mut names: HashMap<String, Vec<Arc<str>>> = HashMap::with_capacity(trees.len());
    for tree in trees {
        names.entry(component(&tree.cluster).to_ascii_lowercase()).or_default().push(Arc::clone(&tree.cluster));
    }
    names
}

fn doubled(all: &[Arc<str>]) -> Option<Diagnostic> {
    let (first, second) = (all.first()?, all.get(1)?);
    let message = format!("the clusters `{first}` and `{second}` want one directory");
    Some(Diagnostic::error(Code::DUPLICATE_NAME, message).hint("give each cluster a name of its own"))
}

/// A warning for each tree in `out` whose cluster isn't in the fleet.
fn left(names: Names<'_>, clusters: &[Arc<str>]) -> Vec<Diagnostic> {
    if clusters.is_empty() {
        return Vec::new();
    }
    let out = names.out;
    let known: HashMap<String, ()> = clusters.iter().map(|c| (component(c), ())).collect();
    // What can't be listed can't be said; writing into it has failed before.
    let entries = std::fs::read_dir(out).into_iter().flatten().flatten();
    let mut found: Vec<std::ffi::OsString> = entries
        .filter(|e| e.file_type().is_ok_and(|kind| kind.is_dir()))
        .map(|e| e.file_name())
        .filter(|name| name != OsStr::new(WORK_DIR) && name.to_str().is_none_or(|n| !known.contains_key(n)))
        .collect();
    found.sort();
    let note = |name: std::ffi::OsString| {
        let index = Index::read(&std::fs::read(out.join(&name).join(INDEX_FILE)).ok()?).ok()?;
        let message = format!(
            "`{}` is the tree of `{}`, which is no cluster of this fleet",
            names.of(&out.join(&name)),
            index.cluster
        );
        let note = Diagnostic::warning(Code::CLUSTER_LEFT, message).hint("delete the directory if the cluster is gone");
        Some(note.about(Some(&index.cluster.into()), None))
    };
    found.into_iter().filter_map(note).collect()
}
