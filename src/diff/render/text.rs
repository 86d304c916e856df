//! For a terminal.

use super::view::{Line, Sign, lines};
use super::words::{self, count, line, printable};
use crate::diff::model::{Diff, FieldChange, Group, Kind, NoticeKind, ObjectDiff, Status};

/// The terminal.
#[derive(Clone, Copy, Debug)]
pub struct Terminal {
    /// Whether ANSI colours may be used.
    pub color: bool,
    /// Its columns: what fits stands in one line. Nothing is cut to fit.
    pub width: usize,
    /// Whether noise is shown, and values of any length.
    pub all: bool,
}

/// Lines of one field, and clusters of one line, that are shown without `--all`.
const LINES: usize = 60;
const CLUSTERS: usize = 6;

/// Rows of the table of clusters.
const ROWS: usize = 100;

/// Notices in the list at the top.
const NOTICES: usize = 40;

/// Characters of one line of a value that are shown without `--all`.
const CHARACTERS: usize = 4000;

#[derive(Clone, Copy)]
enum Paint {
    Bold,
    Dim,
    Red,
    Green,
    Yellow,
    Cyan,
}

struct Out<'d> {
    diff: &'d Diff,
    to: Terminal,
    text: String,
}

/// Writes a diff for people.
pub fn text(diff: &Diff, to: Terminal) -> String {
    let mut out = Out { diff, to: Terminal { width: to.width.max(40), ..to }, text: String::new() };
    out.head();
    out.notices();
    for group in diff.groups.iter().filter(|group| words::has_something(group, to.all)) {
        out.group(group);
    }
    out.tail();
    out.text
}

impl Out<'_> {
    fn paint(&self, paint: Paint, text: &str) -> String {
        if !self.to.color || text.is_empty() {
            return text.to_owned();
        }
        let code = match paint {
            Paint::Bold => "1",
            Paint::Dim => "2",
            Paint::Red => "31",
            Paint::Green => "32",
            Paint::Yellow => "33",
            Paint::Cyan => "36",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }

    fn line(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
    }

    /// A line with a part in front that is painted.
    fn marked(&mut self, indent: usize, mark: &str, paint: Paint, text: &str) {
        let mark = self.paint(paint, mark);
        self.line(&format!("{:indent$}{mark} {text}", ""));
    }

    fn head(&mut self) {
        let (base, head) = (words::side(&self.diff.base), words::side(&self.diff.head));
        let title = self.paint(Paint::Bold, &format!("{base} → {head}"));
        self.line(&title);
        if self.diff.is_empty() {
            self.line(super::nothing(self.diff));
            return;
        }
        self.line(&words::clusters_line(self.diff));
        let counts = self.diff.summary.counts;
        for (what, tally) in [("apps", counts.apps), ("objects", counts.objects)] {
            if tally.total() > 0 {
                self.line(&format!("{what}: {}", words::tally(&tally, self.diff)));
            }
        }
        let shown: Vec<_> = self.diff.clusters.iter().filter(|c| c.status != Status::Same || c.held > 0).collect();
        if shown.is_empty() {
            return;
        }
        self.line("");
        let name = |c: &crate::diff::model::ClusterDiff| line(&c.name);
        let width = shown.iter().map(|c| name(c).chars().count()).max().unwrap_or(0).min(40);
        let most = if self.to.all { usize::MAX } else { ROWS };
        let more = shown.len().saturating_sub(most);
        for cluster in shown.into_iter().take(most) {
            let (mark, paint) = match cluster.status {
                Status::Added => ("+", Paint::Green),
                Status::Removed => ("-", Paint::Red),
                Status::Changed => ("~", Paint::Yellow),
                Status::Same => ("=", Paint::Dim),
            };
            let mut parts = Vec::new();
            let objects = words::tally(&cluster.counts.objects, self.diff);
            if !objects.is_empty() {
                parts.push(format!("objects: {objects}"));
            }
            let apps = words::tally(&cluster.counts.apps, self.diff);
            if !apps.is_empty() {
                parts.push(format!("apps: {apps}"));
            }
            if cluster.held > 0 {
                parts.push(format!("{} held", count(cluster.held, "app")));
            }
            self.marked(2, mark, paint, format!("{:width$}  {}", name(cluster), parts.join("; ")).trim_end());
        }
        if more > 0 {
            self.line(&format!("  … and {more} more; --all shows them"));
        }
    }

    fn notices(&mut self) {
        let mut found = Vec::new();
        for group in &self.diff.groups {
            for object in words::objects(group, self.to.all) {
                for notice in &object.notices {
                    let on = words::on(group, self.diff);
                    let text = format!("{} in {}, {on}: {}", words::name(object), line(&group.app), line(&notice.text));
                    found.push((notice.about, text));
                }
            }
        }
        if found.is_empty() {
            return;
        }
        self.line("");
        let title = self.paint(Paint::Bold, "Look at these twice");
        self.line(&title);
        let most = if self.to.all { usize::MAX } else { NOTICES };
        let more = found.len().saturating_sub(most);
        for (about, text) in found.into_iter().take(most) {
            let paint = if about == NoticeKind::Access { Paint::Yellow } else { Paint::Red };
            self.marked(2, "!", paint, &text);
        }
        if more > 0 {
            self.line(&format!("  … and {more} more, each below its object"));
        }
    }

    fn group(&mut self, group: &Group) {
        let shown: Vec<ObjectDiff> = words::objects(group, self.to.all).into_iter().cloned().collect();
        self.line("");
        let title = self.paint(Paint::Bold, &line(&group.app));
        let paint = if group.status == Status::Added { Paint::Green } else { Paint::Red };
        let status = words::app_status(group, self.diff).map(|text| self.paint(paint, &format!(" ({text})")));
        let status = status.unwrap_or_default();
        let on = words::on(group, self.diff);
        self.line(&format!("{title}{status} {on}"));
        if group.clusters.len() > 1 {
            let most = if self.to.all { usize::MAX } else { CLUSTERS };
            let text = format!("  {}", words::list(&group.clusters, most));
            let text = self.paint(Paint::Dim, &text);
            self.line(&text);
        }
        if group.but_for_names {
            let first = group.clusters.first().map(|name| line(name)).unwrap_or_default();
            let text = self.paint(Paint::Dim, &format!("  but for each cluster's own name; shown is {first}"));
            self.line(&text);
        }
        let about = words::about(group);
        if !about.is_empty() {
            self.marked(2, "~", Paint::Yellow, &about);
        }
        if shown.is_empty() && about.is_empty() {
            let text = self.paint(Paint::Dim, "  no object comes or goes with it");
            self.line(&text);
        }
        for object in &shown {
            self.object(object);
        }
    }

    fn object(&mut self, object: &ObjectDiff) {
        let (mark, word) = words::mark(object);
        let paint = match mark {
            '+' => Paint::Green,
            '-' => Paint::Red,
            _ => Paint::Yellow,
        };
        let mut name = words::name(object);
        if let Some(from) = &object.moved_from {
            name.push_str(&format!(" (from app {})", line(from)));
        } else if word == "renamed" {
            name.push_str(" (renamed)");
        }
        self.marked(2, &mark.to_string(), paint, &name);
        let shown: Vec<&FieldChange> = object.fields.iter().filter(|f| self.to.all || f.noise.is_none()).collect();
        for field in shown {
            self.field(field);
        }
        if self.to.all {
            self.manifest(object);
        }
        for notice in &object.notices {
            self.marked(6, "!", Paint::Red, &line(&notice.text));
        }
    }

    /// What came or went, in full.
    fn manifest(&mut self, object: &ObjectDiff) {
        let (sign, text) = match (object.kind, &object.texts) {
            (Kind::Added, (_, Some(text))) => (Sign::Added, text.get()),
            (Kind::Removed, (Some(text), _)) => (Sign::Removed, text.get()),
            _ => return,
        };
        for text in text.lines() {
            let text = self.signed(&Line { sign, text: String::new() }, text);
            self.line(&format!("        {text}"));
        }
    }

    fn field(&mut self, field: &FieldChange) {
        let path = line(&field.path.to_string());
        let noise = match &field.noise {
            Some(noise) => self.paint(Paint::Dim, &format!("  ({})", line(&noise.name()))),
            None => String::new(),
        };
        let lines = lines(field);
        let path = self.paint(Paint::Cyan, &path);
        match lines.as_slice() {
            [one] if self.fits(&[&path, &one.text]) => {
                let text = self.signed(one, &format!("{}: {}", field.path, one.text));
                self.line(&format!("      {text}{noise}"));
            }
            [Line { sign: Sign::Removed, text: old }, Line { sign: Sign::Added, text: new }]
                if self.fits(&[&path, old, new]) =>
            {
                let (old, new) = (self.paint(Paint::Red, &printable(old)), self.paint(Paint::Green, &printable(new)));
                self.line(&format!("      {path}: {old} → {new}{noise}"));
            }
            _ => {
                self.line(&format!("      {path}:{noise}"));
                let most = if self.to.all { usize::MAX } else { LINES };
                for line in lines.iter().take(most) {
                    let text = self.signed(line, &line.text);
                    self.line(&format!("        {text}"));
                }
                if lines.len() > most {
                    let text = self
                        .paint(Paint::Dim, &format!("… {} more; --all shows them", count(lines.len() - most, "line")));
                    self.line(&format!("        {text}"));
                }
            }
        }
    }

    /// A line of a value behind its sign, never cut without saying so.
    fn signed(&self, at: &Line, text: &str) -> String {
        let text = printable(text).replace('\n', " ");
        let limit = if self.to.all { usize::MAX } else { CHARACTERS };
        let text = match text.char_indices().nth(limit) {
            Some((end, _)) => {
                let (shown, rest) = text.split_at(end);
                format!("{shown}… ({})", count(rest.chars().count(), "more character"))
            }
            None => text,
        };
        match at.sign {
            Sign::Added => self.paint(Paint::Green, &format!("+ {text}")),
            Sign::Removed => self.paint(Paint::Red, &format!("- {text}")),
            Sign::Both => format!("  {text}").trim_end().to_owned(),
            Sign::Cut => self.paint(Paint::Dim, &format!("… {text}")),
        }
    }

    fn fits(&self, parts: &[&str]) -> bool {
        let escapes = if self.to.color { 9 } else { 0 };
        let used: usize = parts.iter().map(|part| part.chars().count() + 3).sum();
        used.saturating_sub(escapes) + 6 <= self.to.width
    }

    fn tail(&mut self) {
        let diff = self.diff;
        let section = |out: &mut Self, title: &str| {
            out.line("");
            let title = out.paint(Paint::Bold, title);
            out.line(&title);
        };
        if !diff.findings.is_empty() {
            section(self, "Findings");
            for change in &diff.findings {
                let (mark, word, paint) =
                    if change.added { ("+", "new", Paint::Red) } else { ("-", "mended", Paint::Green) };
                self.marked(2, mark, paint, &format!("{word}: {}", words::finding(change)));
            }
        }
        if !diff.held.is_empty() {
            section(self, "Held: what these apps would get is not known");
            for held in &diff.held {
                self.marked(2, "?", Paint::Yellow, &words::held(held));
            }
        }
        let mut notes = Vec::new();
        if let Some(noise) = words::noise(diff).filter(|_| !self.to.all) {
            notes.push(format!("{noise}; --all shows it"));
        }
        notes.extend(diff.not_understood.iter().map(|text| line(text)));
        if !notes.is_empty() {
            self.line("");
            for note in notes {
                let note = self.paint(Paint::Dim, &note);
                self.line(&note);
            }
        }
    }
}
