//! `terrace impact`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};

use super::args::{Format, ImpactArgs, TextFormat};
use super::session::{Asked, Session, compile};
use super::ui::{Stream, Ui};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::exit::Exit;
use crate::git::{GitError, ObjectId, Repository, ResolveOptions};
use crate::pipeline::impact::{self, Reached, State, Why};
use crate::pipeline::{Compiled, Compiler, Options};
use crate::world::EntryKind;

/// Shows which apps on which clusters a changed file, or everything since a revision, reaches.
pub fn run(args: &ImpactArgs, ui: &Ui) -> Exit {
    let options = Options { lazy: true, ..Options::default() };
    let asked = Asked {
        roots: &args.roots,
        input: &args.input,
        selection: &args.selection,
        format: Format::Human,
        options,
        output: None,
        commit: None,
        staged: args.staged,
    };
    let session = match compile(ui, &asked) {
        Ok(session) => session,
        Err(exit) => return exit,
    };
    let answers = match (&args.since, args.staged) {
        (None, false) => of_files(&session, args),
        (since, _) => {
            let of = since.as_deref().unwrap_or("HEAD");
            self::since(&session, &asked, of, ui).and_then(|changes| {
                let unread = changes.unread(&session, args.staged);
                let unread = unread.map_err(|error| Diagnostics::from(crate::pipeline::unknown_revision(&error)))?;
                Ok(vec![Answer::of_changes(changes.reached, unread, since.as_deref())])
            })
        }
    };
    let answers = match answers {
        Ok(answers) => answers,
        Err(diagnostics) => {
            ui.findings(&diagnostics, session.compiler.sources(), Format::Human, Stream::Err);
            return Exit::Nothing;
        }
    };
    let text = match args.format {
        TextFormat::Text => answers.iter().map(Answer::text).collect::<Vec<_>>().join("\n"),
        TextFormat::Json => format!("{:#}\n", Value::from(answers.iter().map(Answer::json).collect::<Vec<_>>())),
    };
    ui.out(&text);
    ui.timings(&session.compiled.timings);
    if session.selection.has_held(&session.compiled) { Exit::Partial } else { Exit::Fine }
}

/// What changed, and what it was before.
pub struct Changes {
    /// Whom it reaches, as far as it is selected.
    pub reached: Vec<Reached>,
    /// The state before, if there is one that can be compiled.
    before: Option<Before>,
}

/// A state that changes are told from.
struct Before {
    git: Repository,
    /// The trees of the commit, and of the one that is checked out.
    trees: (ObjectId, ObjectId),
    compiler: Compiler,
    compiled: Compiled,
}

impl Changes {
    fn of_everything(session: &Session, head: &State) -> Self {
        Self { reached: selected(session, impact::everything(head)), before: None }
    }

    /// The files that changed and that nothing reads, then or now, as they are shown.
    fn unread(&self, session: &Session, staged: bool) -> Result<Vec<String>, GitError> {
        let Some(Before { git, trees: (left, now), compiler, compiled }) = &self.before else { return Ok(Vec::new()) };
        let files = if staged {
            git.files_between(*left, git.index_tree()?)?
        } else {
            let mut files = git.files_between(*left, *now)?;
            files.extend(git.uncommitted_files()?);
            files.sort();
            files.dedup();
            files
        };
        let base = State { compiler, compiled };
        let head = State { compiler: &session.compiler, compiled: &session.compiled };
        let unread = files.iter().filter_map(|file| {
            let now = impact::of_file(&head, file);
            let is_read = !now.reached.is_empty() || !impact::of_file(&base, file).reached.is_empty();
            (!is_read).then_some(now.file)
        });
        Ok(unread.collect())
    }
}

/// Whom the changes since a revision reach, as far as it is selected: since the commit where HEAD left it. What is there
/// counts as changed where there is no such state to compile.
///
/// # Errors
/// There is no such revision.
pub fn since(session: &Session, asked: &Asked, revision: &str, ui: &Ui) -> Result<Changes, Diagnostics> {
    let failed = |error: GitError| Diagnostics::from(crate::pipeline::unknown_revision(&error));
    let Some(git) = Repository::discover(&session.opening.current_dir).map_err(failed)? else {
        return Err(Diagnostic::error(Code::GIT_FAILED, "this is not a git repository").into());
    };
    let head = State { compiler: &session.compiler, compiled: &session.compiled };
    if asked.staged && git.is_unborn().map_err(failed)? {
        // The first commit changes everything.
        return Ok(Changes::of_everything(session, &head));
    }
    let options =
        ResolveOptions { expressions: true, remote: git.main_remote().map_err(failed)?, ..Default::default() };
    let named = git.resolve(revision, &options).map_err(failed)?;
    let now = git.resolve("HEAD", &options).map_err(failed)?;
    let left = git.left_by(&named, &now).map_err(failed)?;
    let (compiler, compiled) = match super::session::compile_at(session, asked, &left.id.to_string()) {
        Ok(base) => base,
        Err(_) => {
            ui.talk(&format!("`{revision}` can't be compiled: everything counts as changed since\n"));
            return Ok(Changes::of_everything(session, &head));
        }
    };
    let base = State { compiler: &compiler, compiled: &compiled };
    let reached = selected(session, impact::since(&base, &head, asked.options));
    Ok(Changes { reached, before: Some(Before { git, trees: (left.tree, now.tree), compiler, compiled }) })
}

/// Those that are selected.
fn selected(session: &Session, mut reached: Vec<Reached>) -> Vec<Reached> {
    let chosen = session.selection.chosen(&session.compiled);
    reached.retain(|one| match (&one.cluster, &one.app) {
        (Some(cluster), Some(app)) => {
            let known = chosen.get(&(Arc::clone(cluster), Arc::clone(app))).copied();
            known.unwrap_or_else(|| session.selection.cluster(&session.compiled.fleet, cluster))
        }
        (Some(cluster), None) => session.selection.cluster(&session.compiled.fleet, cluster),
        _ => true,
    });
    reached
}

fn of_files(session: &Session, args: &ImpactArgs) -> Result<Vec<Answer>, Diagnostics> {
    let mut problems = Diagnostics::new();
    let mut files = Vec::new();
    for file in &args.files {
        match session.opening.path_in_repository(file) {
            Some(path) => files.push(path),
            None => {
                let message = format!("`{file}` is outside the repository");
                problems.push(Diagnostic::error(Code::PATH_ESCAPES, message));
            }
        }
    }
    let state = State { compiler: &session.compiler, compiled: &session.compiled };
    for path in &files {
        if impact::stands(&state, path) == Some(EntryKind::Directory) {
            let message = format!("`{path}` is a directory, expected a file");
            let hint = "name the files in it, or see what all changes reach: `terrace impact --since REV`";
            problems.push(Diagnostic::error(Code::WRONG_TYPE, message).hint(hint));
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let answer = |path: &String| {
        let found = impact::of_file(&state, path);
        let is_there = impact::stands(&state, path).is_some();
        Answer { file: Some(found.file), is_there, reached: selected(session, found.reached), ..Answer::default() }
    };
    Ok(files.iter().map(answer).collect())
}

/// What is said of one file, or of all that changed.
#[derive(Default)]
struct Answer {
    /// The file; none for all changes.
    file: Option<String>,
    /// Whether it is there.
    is_there: bool,
    /// The revision that changes are since; none for what is staged.
    since: Option<String>,
    reached: Vec<Reached>,
    /// Of all changes: the files that nothing reads.
    unread: Vec<String>,
}

impl Answer {
    fn of_changes(reached: Vec<Reached>, unread: Vec<String>, since: Option<&str>) -> Self {
        Self { since: since.map(str::to_owned), reached, unread, ..Self::default() }
    }

    fn text(&self) -> String {
        let head = match (&self.file, &self.since) {
            (Some(file), _) => file.clone(),
            (None, Some(revision)) => format!("what changed since {revision}"),
            (None, None) => "what is staged".to_owned(),
        };
        let mut text = format!("{head}\n");
        if self.reached.is_empty() {
            text.push_str(match &self.file {
                Some(_) if self.is_there => "  nothing reads it\n",
                Some(_) => "  it isn't there, and nothing looks for it\n",
                None => "  nothing is reached\n",
            });
        }
        // What is the same on many clusters is said once.
        let mut groups: BTreeMap<(Option<&str>, &[Why]), Vec<&str>> = BTreeMap::new();
        for one in &self.reached {
            let cluster = one.cluster.as_deref().unwrap_or("unknown cluster");
            groups.entry((one.app.as_deref(), &one.why)).or_default().push(cluster);
        }
        for ((app, why), clusters) in &groups {
            let app = app.unwrap_or("(which apps there are)");
            text.push_str(&format!("  {app} on {}\n", names(clusters)));
            why.iter().for_each(|why| text.push_str(&format!("      {}\n", words(why, self.file.as_deref()))));
        }
        if !self.reached.is_empty() {
            let apps: BTreeSet<_> = self.reached.iter().filter(|one| one.app.is_some()).collect();
            let clusters: BTreeSet<_> = self.reached.iter().filter_map(|one| one.cluster.as_ref()).collect();
            text.push_str(&format!("  {} on {}\n", count(apps.len(), "app"), count(clusters.len(), "cluster")));
        }
        self.unread.iter().for_each(|file| text.push_str(&format!("  nothing reads {file}\n")));
        text
    }

    fn json(&self) -> Value {
        let reached = self.reached.iter().map(|one| {
            let why = one.why.iter().map(|why| json!({"kind": kind(why), "what": what(why)}));
            json!({"cluster": one.cluster.as_deref(), "app": one.app.as_deref(), "why": why.collect::<Vec<_>>()})
        });
        json!({
            "file": self.file,
            "since": self.since,
            "reached": reached.collect::<Vec<_>>(),
            "unread": self.unread,
        })
    }
}

/// Some names, and how many there are besides.
fn names(clusters: &[&str]) -> String {
    const SHOWN: usize = 4;
    match clusters {
        [] => String::new(),
        few if few.len() <= SHOWN + 1 => few.join(", "),
        many => {
            let first = many.get(..SHOWN).unwrap_or_default().join(", ");
            format!("{first} and {} more clusters", many.len() - SHOWN)
        }
    }
}

fn count(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

fn kind(why: &Why) -> &'static str {
    match why {
        Why::File(_) => "file",
        Why::Listing(_) => "listing",
        Why::Absence(_) => "absence",
        Why::Value(_) => "value",
        Why::Declared => "declared",
        Why::New => "new",
        Why::Gone => "gone",
        Why::Maker(_) => "maker",
        Why::Fleet(_) => "fleet",
        Why::Others => "others",
    }
}

fn what(why: &Why) -> Option<&str> {
    match why {
        Why::File(what)
        | Why::Listing(what)
        | Why::Absence(what)
        | Why::Value(what)
        | Why::Maker(what)
        | Why::Fleet(what) => Some(what),
        Why::Declared | Why::New | Why::Gone | Why::Others => None,
    }
}

fn words(why: &Why, file: Option<&str>) -> String {
    match why {
        Why::File(what) if Some(what.as_str()) == file => "reads it".to_owned(),
        Why::File(what) => format!("reads {what}"),
        Why::Listing(what) => format!("lists {what}"),
        Why::Absence(what) if Some(what.as_str()) == file => "looks whether it is there".to_owned(),
        Why::Absence(what) => format!("looks whether {what} is there"),
        Why::Value(what) => format!("reads {what}"),
        Why::Declared => "is declared otherwise".to_owned(),
        Why::New => "is new".to_owned(),
        Why::Gone => "is gone".to_owned(),
        Why::Maker(what) => format!("is made by {what}"),
        Why::Fleet(what) => format!("{what} describes the fleet"),
        Why::Others => "depends on what other apps make".to_owned(),
    }
}
