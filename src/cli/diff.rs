//! `terrace diff`, and how a diff is shown, which it has in common with `terrace compare`.

use std::path::PathBuf;
use std::sync::Arc;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueEnum};

use super::args::{Format, InputArgs, SelectionArgs};
use super::session::{Saving, cache};
use super::ui::{Stream, Ui, opening, selection};
use crate::cache::Cache;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::diff::Diff;
use crate::diff::render::{self, Comment, Terminal};
use crate::exit::Exit;
use crate::git::{Commit, GitError, Repository, ResolveOptions};
use crate::pipeline::{Opening, Options, Selection, Side, Sides, Unfit, sides};
use crate::snapshot::Snapshot;
use crate::source::Sources;

/// `terrace diff`.
#[derive(Debug, Args)]
pub struct DiffArgs {
    /// What it was: the commit where HEAD left BASE [default: the remote's default branch]
    #[arg(value_name = "BASE", value_parser = NonEmptyStringValueParser::new())]
    pub base: Option<String>,
    /// What it is to be [default: the files as they stand]
    #[arg(value_name = "HEAD", requires = "base", value_parser = NonEmptyStringValueParser::new())]
    pub head: Option<String>,
    /// Compare with BASE as it is now, not with where HEAD left it
    #[arg(long, requires = "base")]
    pub tip: bool,
    /// Compare what is staged for the next commit, not the files as they stand
    #[arg(long, conflicts_with = "head")]
    pub staged: bool,
    /// Where to start: a file or directory with Argo CD Applications; may be repeated
    #[arg(long = "root", value_name = "ROOT")]
    pub roots: Vec<String>,
    /// How it is shown.
    #[command(flatten)]
    pub output: DiffOutput,
    /// What is compiled.
    #[command(flatten)]
    pub input: InputArgs,
    /// Which part of it.
    #[command(flatten)]
    pub selection: SelectionArgs,
}

/// Compiles two states of the fleet and shows what differs between them.
pub fn run(args: &DiffArgs, ui: &Ui) -> Exit {
    let none = Sources::new();
    let fail = |diagnostics: Diagnostics| {
        ui.findings(&diagnostics, &none, Format::Human, Stream::Err);
        Exit::Nothing
    };
    let opening = match opening(&args.input, &args.roots, ui) {
        Ok(opening) => opening,
        Err(diagnostics) => return fail(diagnostics),
    };
    // The cache is read while git is asked.
    let (states, mut cache) = rayon::join(|| States::of(args, &opening), || cache(&args.input, &opening));
    let prepared = states.and_then(|states| Ok((states, selection(&args.selection)?)));
    let (states, selection) = match prepared {
        Ok(prepared) => prepared,
        Err(diagnostics) => return fail(diagnostics),
    };
    let mut diff = match states.compare(&opening, &selection, cache.as_ref(), ui) {
        Ok(diff) => diff,
        Err(exit) => return exit,
    };
    if let Some(broken) = cache.take_if(|cache| cache.is_broken()) {
        // What is lost is made anew.
        broken.mend();
        diff = match states.compare(&opening, &selection, None, ui) {
            Ok(diff) => diff,
            Err(exit) => return exit,
        };
    }
    let saving = Saving::start(cache);
    let exit = show(&diff, &args.output, ui).unwrap_or_else(fail);
    drop(saving);
    super::session::leave(diff);
    exit
}

/// The two states, named.
struct States {
    base: Commit,
    base_name: String,
    /// None: the files as they stand, or what is staged.
    head: Option<Commit>,
    head_name: String,
    staged: bool,
}

impl States {
    fn of(args: &DiffArgs, opening: &Opening) -> Result<Self, Diagnostics> {
        let failed = |error: GitError| Diagnostics::from(crate::pipeline::unknown_revision(&error));
        let repository = Repository::discover(&opening.current_dir).map_err(failed)?;
        let Some(git) = repository else {
            let message = "what it was is read from git, and this is not a git repository";
            return Err(Diagnostic::error(Code::GIT_FAILED, message).into());
        };
        let remote = git.main_remote().map_err(failed)?;
        let expressions = ResolveOptions { expressions: true, remote: remote.clone(), ..ResolveOptions::default() };
        let resolve = |revision: &str| git.resolve(revision, &expressions).map_err(failed);
        // Pinned, nothing is read from the working tree.
        let head_name = args.head.as_deref().or((args.input.pinned && !args.staged).then_some("HEAD"));
        let head = head_name.map(resolve).transpose()?;
        let branch = match &args.base {
            Some(base) => base.clone(),
            None => git.default_branch(&remote).map_err(failed)?.ok_or_else(|| {
                Diagnostics::from(
                    Diagnostic::error(Code::UNKNOWN_REVISION, "the default branch isn't known")
                        .hint("name what to compare with: `terrace diff BASE`")
                        .hint(format!("or have git ask the remote: `git remote set-head {remote} --auto`")),
                )
            })?,
        };
        let tip = resolve(&branch)?;
        let base = match args.tip {
            true => tip.clone(),
            false => {
                let left = head.clone().map_or_else(|| resolve("HEAD"), Ok)?;
                git.merge_base(&tip, &left).map_err(failed)?
            }
        };
        let base_name = if base.id == tip.id { branch } else { format!("where {branch} was left") };
        let head_name = match (head_name, args.staged) {
            (Some(head), _) => head.to_owned(),
            (None, true) => "what is staged".to_owned(),
            (None, false) => "the working tree".to_owned(),
        };
        Ok(Self { base, base_name, head, head_name, staged: args.staged })
    }

    /// Compiles both and compares them.
    ///
    /// # Errors
    /// One of them can't be compiled at all: it has been told.
    fn compare(
        &self,
        opening: &Opening,
        selection: &Selection,
        cache: Option<&Arc<Cache>>,
        ui: &Ui,
    ) -> Result<Diff, Exit> {
        let base = Opening { revision: Some(self.base.id.to_string()), ..opening.clone() };
        let revision = self.head.as_ref().map(|head| head.id.to_string());
        let head = Opening { revision, staged: self.staged, ..opening.clone() };
        let ids = |commit: &Commit| (commit.id.to_string(), commit.tree.to_string());
        let (base_ids, head_ids) = (ids(&self.base), self.head.as_ref().map(ids));
        let (id, tree) = &base_ids;
        let base = Side { opening: &base, name: &self.base_name, commit: Some((id, tree)) };
        let commit = head_ids.as_ref().map(|(id, tree)| (id.as_str(), tree.as_str()));
        let head = Side { opening: &head, name: &self.head_name, commit };
        let progress = ui.progress("compiling both");
        let options = Options { check: true, lazy: true, ..Options::default() };
        let compiled = sides(&base, &head, options, cache);
        drop(progress);
        let Sides { mut base, mut head } = compiled.map_err(|unfit| tell_unfit(&unfit, ui))?;
        let unknown = selection.unknown_clusters(&[&base, &head]);
        if !unknown.is_empty() {
            ui.findings(&unknown, &Sources::new(), Format::Human, Stream::Err);
            return Err(Exit::Nothing);
        }
        selection.narrow(&mut base);
        selection.narrow(&mut head);
        let diff_options =
            crate::diff::Options { own_words: own_words(&[&base, &head]), ..crate::diff::Options::default() };
        Ok(crate::diff::compare(&base, &head, &diff_options))
    }
}

/// Tells why a state can't be compiled at all.
pub fn tell_unfit(unfit: &Unfit, ui: &Ui) -> Exit {
    ui.talk(&format!("{} can't be compiled:\n", unfit.name));
    ui.findings(&unfit.diagnostics, unfit.compiler.sources(), Format::Human, Stream::Err);
    Exit::Nothing
}

/// Words that are each cluster's own besides its name.
pub fn own_words(snapshots: &[&Snapshot]) -> std::collections::BTreeMap<Arc<str>, Vec<String>> {
    let clusters = snapshots.iter().flat_map(|snapshot| &snapshot.clusters);
    clusters.map(|cluster| (Arc::clone(&cluster.name), cluster.server.iter().cloned().collect())).collect()
}

/// How a diff is shown.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Output")]
pub struct DiffOutput {
    /// How differences are printed
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: DiffFormat,
    /// Show what is folded as noise, too, and all lines of long values
    #[arg(long)]
    pub all: bool,
    /// Write to FILE, not to stdout
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Exit with 1 if anything differs
    #[arg(long)]
    pub exit_code: bool,
    /// The heading of a comment or page
    #[arg(long, value_name = "TEXT")]
    pub title: Option<String>,
    /// What tells a comment apart from others on the same pull request; in its first line
    #[arg(long, value_name = "ID", default_value = "terrace")]
    pub marker: String,
    /// Where readers of a comment see what is left out of it: a sentence or an address
    #[arg(long, value_name = "TEXT")]
    pub rest: Option<String>,
}

/// The formats of a diff.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DiffFormat {
    /// For a terminal
    Text,
    /// A patch of YAML
    Unified,
    /// A comment on a pull request
    Markdown,
    /// For programs
    Json,
    /// A page that needs nothing else
    Html,
}

/// Shows a diff and says how the run ends: in part where apps are held, with findings where something differs and that
/// was asked for.
///
/// # Errors
/// The file can't be written.
pub fn show(diff: &Diff, output: &DiffOutput, ui: &Ui) -> Result<Exit, Diagnostics> {
    let (color, width) = if output.output.is_some() { (false, FILE_WIDTH) } else { ui.paper() };
    let text = text(diff, output, Terminal { color, width, all: output.all });
    match &output.output {
        None => ui.out(&text),
        Some(file) => {
            let path = ui.current_dir()?.join(file);
            std::fs::write(&path, text).map_err(|error| {
                let message = format!("can't write to `{}`: {error}", file.display());
                Diagnostics::from(Diagnostic::error(Code::OUTPUT_UNWRITABLE, message))
            })?;
        }
    }
    Ok(match diff {
        diff if !diff.held.is_empty() => Exit::Partial,
        diff if output.exit_code && !diff.is_empty() => Exit::Findings,
        _ => Exit::Fine,
    })
}

/// Columns of a text in a file.
const FILE_WIDTH: usize = 100;

fn text(diff: &Diff, output: &DiffOutput, to: Terminal) -> String {
    let title = || {
        let what = if diff.sides { "What differs" } else { "What this changes on the clusters" };
        output.title.clone().unwrap_or_else(|| what.to_owned())
    };
    match output.format {
        DiffFormat::Text => render::text(diff, to),
        DiffFormat::Unified => render::unified(diff, output.all),
        DiffFormat::Markdown => {
            let marker = output.marker.clone();
            let comment =
                Comment { title: title(), marker, rest: output.rest.clone(), all: output.all, ..Comment::default() };
            render::markdown(diff, &comment)
        }
        DiffFormat::Json => render::json(diff, output.all),
        DiffFormat::Html => render::html(diff, &title(), output.all),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::args::{Color, Global};
    use crate::diff::HeldApp;

    #[derive(Parser)]
    struct Call {
        #[command(flatten)]
        output: DiffOutput,
    }

    fn ui(directory: &std::path::Path) -> Ui {
        let directory = Some(directory.to_owned());
        Ui::new(&Global { directory, quiet: true, verbose: false, color: Color::Never, threads: None, timings: false })
    }

    #[test]
    fn each_format_goes_to_a_file_and_the_exit_code_tells() {
        let dir = tempfile::tempdir().unwrap();
        let mut diff = Diff::default();
        for (format, start) in [
            ("text", " → "),
            ("unified", "# "),
            ("markdown", "<!-- terrace-diff x -->"),
            ("json", "{"),
            ("html", "<!doctype"),
        ] {
            let call =
                Call::try_parse_from(["t", "--format", format, "-o", "out", "--exit-code", "--marker", "x"]).unwrap();
            assert_eq!(show(&diff, &call.output, &ui(dir.path())).unwrap(), Exit::Fine);
            let text = std::fs::read_to_string(dir.path().join("out")).unwrap();
            assert!(text.starts_with(start), "{format}: {text}");
        }
        let call = Call::try_parse_from(["t", "-o", "out", "--exit-code"]).unwrap();
        diff.summary.counts.objects.changed = 1;
        assert_eq!(show(&diff, &call.output, &ui(dir.path())).unwrap(), Exit::Findings);
        diff.held.push(HeldApp { app: "a".into(), clusters: Vec::new(), base: None, head: Some(String::new()) });
        assert_eq!(show(&diff, &call.output, &ui(dir.path())).unwrap(), Exit::Partial);
        let call = Call::try_parse_from(["t", "-o", "missing/out"]).unwrap();
        assert!(show(&diff, &call.output, &ui(dir.path())).is_err());
    }
}
