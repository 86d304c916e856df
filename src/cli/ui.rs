//! The terminal: colours, width, progress, and where results and talk go.

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::args::{Color, Format, Global, InputArgs, SelectionArgs};
use crate::config::selector::Selector;
use crate::diag::render::{self, Format as Shown};
use crate::diag::{Code, Diagnostic, Diagnostics, Severity};
use crate::glob::Glob;
use crate::pipeline::{Opening, Selection};
use crate::source::Sources;

/// What every verb talks through.
pub struct Ui {
    global: Global,
    /// What was said, where somebody wants to say it again.
    said: std::sync::Mutex<Option<Said>>,
}

/// What a verb said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// To stdout.
    pub out: String,
    /// To stderr.
    pub err: String,
}

/// Which stream something goes to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Results.
    Out,
    /// Talk.
    Err,
}

impl Ui {
    /// The terminal as the global flags want it.
    pub fn new(global: &Global) -> Self {
        Self { global: global.clone(), said: Default::default() }
    }

    fn heard(&self) -> std::sync::MutexGuard<'_, Option<Said>> {
        self.said.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Remembers what is said from now on.
    pub fn listen(&self) {
        *self.heard() = Some(Said::default());
    }

    /// What was said since [`Ui::listen`].
    pub fn said(&self) -> Said {
        self.heard().take().unwrap_or_default()
    }

    /// How it speaks: what decides the form of what is said.
    pub fn manner(&self) -> String {
        let colors = [self.color(Stream::Out), self.color(Stream::Err)];
        format!("{} {} {colors:?} {}", self.global.quiet, self.global.verbose, width())
    }

    /// Whether times are to be told.
    pub fn tells_timings(&self) -> bool {
        self.global.timings
    }

    /// Whether only errors are told.
    pub fn quiet(&self) -> bool {
        self.global.quiet
    }

    /// The directory that the user is in, or that `-C` names.
    ///
    /// # Errors
    /// There is no such directory.
    pub fn current_dir(&self) -> Result<PathBuf, Diagnostics> {
        let dir = self.global.directory.clone().unwrap_or_else(|| PathBuf::from("."));
        let fail = |why: String| {
            Diagnostics::from(Diagnostic::error(Code::FILE_MISSING, format!("can't go to `{}`: {why}", dir.display())))
        };
        let found = dir.canonicalize().map_err(|e| fail(e.to_string()))?;
        if found.is_dir() { Ok(found) } else { Err(fail("it is not a directory".to_owned())) }
    }

    fn color(&self, stream: Stream) -> bool {
        let auto = || match stream {
            Stream::Out => anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never,
            Stream::Err => anstream::AutoStream::choice(&io::stderr()) != anstream::ColorChoice::Never,
        };
        match self.global.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => auto(),
        }
    }

    /// How a result on stdout may be drawn: whether in colours, and over how many columns.
    pub fn paper(&self) -> (bool, usize) {
        let size = terminal_size::terminal_size_of(io::stdout());
        (self.color(Stream::Out), size.map_or(LOG_WIDTH, |(width, _)| usize::from(width.0).clamp(40, 400)))
    }

    fn shown(&self, format: Format, stream: Stream) -> Shown {
        match format {
            Format::Human => Shown::Human { color: self.color(stream), unicode: true, width: width() },
            Format::Json => Shown::Json,
            Format::Sarif => Shown::Sarif,
            Format::Github => Shown::Github,
            Format::Junit => Shown::Junit,
        }
    }

    /// Tells findings: for machines on stdout, for people on the stream given.
    pub fn findings(&self, diagnostics: &Diagnostics, sources: &Sources, format: Format, stream: Stream) {
        let least = match (format, self.global.quiet, self.global.verbose) {
            (Format::Human, true, _) => Severity::Error,
            (Format::Human, _, false) => Severity::Warning,
            _ => Severity::Note,
        };
        let list: Vec<Diagnostic> = diagnostics.iter().filter(|d| d.severity >= least).cloned().collect();
        let stream = if format == Format::Human { stream } else { Stream::Out };
        let text = render::render(&list, sources, self.shown(format, stream));
        match stream {
            Stream::Out => self.out(&text),
            Stream::Err => self.talk(&text),
        }
        if format == Format::Human && !list.is_empty() {
            self.talk(&format!("{}\n", render::summary(&list, sources)));
        }
    }

    /// Writes a result. A reader that has gone away is no error.
    pub fn out(&self, text: &str) {
        if let Some(said) = &mut *self.heard() {
            said.out.push_str(text);
        }
        let _ = io::stdout().lock().write_all(text.as_bytes());
    }

    /// Says something about the work.
    pub fn talk(&self, text: &str) {
        if let Some(said) = &mut *self.heard() {
            said.err.push_str(text);
        }
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }

    /// A spinner that says what is going on; only on a terminal.
    pub fn progress(&self, what: &'static str) -> Progress {
        if self.global.quiet || !io::stderr().is_terminal() {
            return Progress(None);
        }
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
            bar.set_style(style);
        }
        bar.set_message(what);
        bar.enable_steady_tick(Duration::from_millis(100));
        Progress(Some(bar))
    }

    /// Tells how long each stage took, where asked to.
    pub fn timings(&self, timings: &[(&'static str, Duration)]) {
        if !self.global.timings {
            return;
        }
        let total: Duration = timings.iter().map(|(_, time)| *time).sum();
        for (name, time) in timings.iter().copied().chain([("total", total)]) {
            self.talk(&format!("{:>10.1} ms  {name}\n", time.as_secs_f64() * 1000.0));
        }
    }
}

/// Columns for what isn't a terminal: as many as a log can show.
const LOG_WIDTH: usize = 100;

/// The columns of the terminal behind stderr.
fn width() -> usize {
    let size = terminal_size::terminal_size_of(io::stderr());
    size.map_or(LOG_WIDTH, |(width, _)| usize::from(width.0).clamp(40, 200))
}

/// A spinner, cleared when dropped.
pub struct Progress(Option<ProgressBar>);

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

/// What the input flags say.
///
/// # Errors
/// `-C` names no directory.
pub fn opening(input: &InputArgs, roots: &[String], ui: &Ui) -> Result<Opening, Diagnostics> {
    Ok(Opening {
        current_dir: ui.current_dir()?,
        roots: roots.to_vec(),
        clusters: input.cluster_files.clone(),
        repositories: input.repositories.clone(),
        hub: input.hub.clone(),
        revision: None,
        staged: false,
        promoted: Vec::new(),
        pinned: input.pinned,
        revision_map: input.revision_map.iter().cloned().collect(),
        found: Default::default(),
        output: None,
        inputs: input.inputs.clone(),
        argocd_version: input.argocd_version.map(Into::into),
    })
}

/// What the selection flags say.
///
/// # Errors
/// A glob or a selector isn't one.
pub fn selection(args: &SelectionArgs) -> Result<Selection, Diagnostics> {
    let mut diagnostics = Diagnostics::new();
    let mut fail = |flag: &str, why: String| {
        diagnostics.push(Diagnostic::error(Code::INVALID_VALUE, format!("`{flag}`: {why}")));
    };
    let mut apps = Vec::new();
    for pattern in &args.apps {
        match Glob::new(pattern, Some('/')) {
            Ok(glob) => apps.push(glob),
            Err(why) => fail("--app", why),
        }
    }
    let mut selector = |flag: &str, text: &Option<String>| match text.as_deref().map(Selector::parse) {
        None => None,
        Some(Ok(selector)) => Some(selector),
        Some(Err(why)) => {
            fail(flag, why);
            None
        }
    };
    let labels = selector("--selector", &args.labels);
    let cluster_labels = selector("--cluster-selector", &args.cluster_labels);
    let selection =
        Selection { clusters: args.clusters.clone(), apps, layers: args.layers.clone(), labels, cluster_labels };
    if diagnostics.has_errors() { Err(diagnostics) } else { Ok(selection) }
}
