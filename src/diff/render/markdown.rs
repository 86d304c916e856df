//! For a comment on a pull request. Whatever a value says, it acts as nothing but text: values stand in fences that are
//! longer than any run of backticks in them, names and sentences in code spans.

use super::view::{Line, Sign, lines};
use super::words::{self, count, line, printable};
use crate::diff::model::{Diff, FieldChange, Group, Kind, ObjectDiff, Status, Tally};

/// How a comment is written.
#[derive(Clone, Debug)]
pub struct Comment {
    /// Its heading.
    pub title: String,
    /// What tells it apart from other comments of Terrace on the same pull request: it stands in the hidden marker.
    pub marker: String,
    /// How many bytes it may have, at most.
    pub limit: usize,
    /// Where to see what was left out: a sentence.
    pub rest: Option<String>,
    /// Whether noise is shown.
    pub all: bool,
}

impl Default for Comment {
    fn default() -> Self {
        let title = "What this changes on the clusters".to_owned();
        Self { title, marker: "terrace".to_owned(), limit: super::COMMENT_BYTES, rest: None, all: false }
    }
}

/// Rows of the table of clusters.
const ROWS: usize = 40;

/// Lines of each list (notices, findings, held apps).
const LISTED: usize = 25;

/// Bytes of one line of a list.
const SENTENCE: usize = 400;

/// Clusters that are named in a heading.
const NAMED: usize = 5;

/// Bytes that are kept for what is said at the end.
const TAIL: usize = 700;

/// Lines of one object that are shown.
const LINES: usize = 200;

/// Writes a diff as Markdown. It never has more bytes than the limit (if that is 2,000 or more): objects that don't fit
/// are left out as a whole, and counted.
pub fn markdown(diff: &Diff, comment: &Comment) -> String {
    let mut out = Out { text: String::new(), limit: comment.limit.max(2000), left: 0, comment, diff };
    out.text.push_str(&format!("{}\n", marker(&comment.marker)));
    let title = escaped(&clip(&comment.title, 200));
    if !title.is_empty() {
        out.text.push_str(&format!("## {title}\n\n"));
    }
    let side = |side| code(&clip(&words::side(side), 200));
    out.text.push_str(&format!("{} → {}\n\n", side(&diff.base), side(&diff.head)));
    if diff.is_empty() {
        out.text.push_str(&format!("{}\n", super::nothing(diff)));
    } else {
        out.summary();
    }
    out.lists();
    for group in diff.groups.iter().filter(|group| words::has_something(group, comment.all)) {
        out.group(group);
    }
    out.tail();
    out.text
}

/// The first line of a comment, by which it is found again.
fn marker(id: &str) -> String {
    let safe: String =
        id.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/' | ':')).take(100).collect();
    format!("<!-- terrace-diff {safe} -->")
}

struct Out<'d> {
    text: String,
    limit: usize,
    /// Objects that were left out.
    left: usize,
    comment: &'d Comment,
    diff: &'d Diff,
}

impl Out<'_> {
    /// Whether so many bytes fit before the end.
    fn fits(&self, bytes: usize) -> bool {
        self.text.len() + bytes + TAIL <= self.limit
    }

    fn push(&mut self, text: &str) -> bool {
        let fits = self.fits(text.len());
        if fits {
            self.text.push_str(text);
        }
        fits
    }

    fn summary(&mut self) {
        let word = if self.diff.sides { "Pair" } else { "Cluster" };
        self.push(&format!("| {word} | Objects | Apps |\n|---|---|---|\n"));
        let shown: Vec<_> = self.diff.clusters.iter().filter(|c| c.status != Status::Same || c.held > 0).collect();
        // The clusters' table leaves most of the room to what changes.
        let room = self.limit / 4;
        let mut rows = 0;
        for cluster in shown.iter().take(ROWS) {
            let status = match cluster.status {
                Status::Added => " (new)",
                Status::Removed => " (removed)",
                _ => "",
            };
            let held = if cluster.held > 0 { format!(", {} held", cluster.held) } else { String::new() };
            let or = |text: String| if text.is_empty() { "–".to_owned() } else { text };
            let name = code(&clip(&cluster.name, 100)).replace('|', "\\|");
            let apps = or(words::tally(&cluster.counts.apps, self.diff));
            let row = format!(
                "| {name}{status} | {} | {apps}{held} |\n",
                or(words::tally(&cluster.counts.objects, self.diff))
            );
            if self.text.len() + row.len() > room || !self.push(&row) {
                break;
            }
            rows += 1;
        }
        if shown.len() > rows {
            self.push(&format!("| and {} more | | |\n", shown.len() - rows));
        }
        let counts = self.diff.summary.counts;
        let or = |tally: &_| {
            let text = words::tally(tally, self.diff);
            if text.is_empty() { "–".to_owned() } else { text }
        };
        self.push(&format!("| **all** | {} | {} |\n\n", or(&counts.objects), or(&counts.apps)));
        self.push(&format!("{}.\n\n", words::clusters_line(self.diff)));
    }

    /// A list of sentences under a heading.
    fn list(&mut self, title: &str, items: &[String]) {
        if items.is_empty() || !self.push(&format!("**{title}**\n\n")) {
            return;
        }
        let mut shown = 0;
        for item in items.iter().take(LISTED) {
            if self.text.len() > self.limit / 2 || !self.push(&format!("- {item}\n")) {
                break;
            }
            shown += 1;
        }
        if items.len() > shown {
            self.push(&format!("- and {} more\n", items.len() - shown));
        }
        self.push("\n");
    }

    fn lists(&mut self) {
        let diff = self.diff;
        let mut notices = Vec::new();
        for group in &diff.groups {
            for object in words::objects(group, self.comment.all) {
                for notice in &object.notices {
                    let name = code(&clip(&words::name(object), SENTENCE));
                    let (app, on) = (code(&clip(&group.app, 100)), clusters(group, diff, 1));
                    notices.push(format!(":warning: {name} in {app}, {on}: {}", code(&clip(&notice.text, SENTENCE))));
                }
            }
        }
        self.list("Look at these twice", &notices);
        let of = |added: bool| -> Vec<String> {
            let changes = diff.findings.iter().filter(|change| change.added == added);
            changes.map(|change| code(&clip(&words::finding(change), SENTENCE))).collect()
        };
        self.list("New findings", &of(true));
        self.list("Mended findings", &of(false));
        let held: Vec<String> = diff.held.iter().map(|held| code(&clip(&words::held(held), SENTENCE))).collect();
        self.list("Held: what these apps would get is not known", &held);
    }

    fn group(&mut self, group: &Group) {
        let objects = words::objects(group, self.comment.all);
        let n = |kind| objects.iter().filter(|object| object.kind == kind).count();
        let tally =
            Tally { changed: n(Kind::Changed), added: n(Kind::Added), removed: n(Kind::Removed), ..Tally::default() };
        let counts = html(&words::tally(&tally, self.diff));
        let status = words::app_status(group, self.diff).map(|text| format!(" ({})", html(&text))).unwrap_or_default();
        let counts = if counts.is_empty() { "no object".to_owned() } else { counts };
        let title = html_code(&clip(&group.app, 100));
        let summary = format!("<b>{title}</b>{status} {}: {counts}", clusters_html(group, self.diff));
        let mut open = format!("<details>\n<summary>{summary}</summary>\n\n");
        if group.clusters.len() > 1 {
            let mut names = words::list(&group.clusters, 50);
            names = clip(&names, 1500);
            open.push_str(&format!("{}\n\n", code(&names)));
        }
        let about = words::about(group);
        if !about.is_empty() {
            open.push_str(&format!("{}\n\n", code(&clip(&about, SENTENCE))));
        }
        if group.but_for_names {
            open.push_str("The same but for each cluster's own name; shown is the first.\n\n");
        }
        let close = "</details>\n\n";
        let room = |out: &Self, text: &str| out.fits(text.len() + close.len());
        if !room(self, &open) {
            self.left += objects.len();
            return;
        }
        self.text.push_str(&open);
        for object in objects {
            let (heading, body) = object_text(object, self.diff, self.comment.all);
            let full = format!("{heading}{body}\n");
            if room(self, &full) {
                self.text.push_str(&full);
            } else {
                // That it changes is told as long as there is room.
                self.left += 1;
                let short = format!("{heading}(too long to be shown here)\n\n");
                if room(self, &short) {
                    self.text.push_str(&short);
                }
            }
        }
        self.text.push_str(close);
    }

    fn tail(&mut self) {
        let mut notes = Vec::new();
        if self.left > 0 {
            let were = if self.left == 1 { "was" } else { "were" };
            let rest = match &self.comment.rest {
                Some(rest) => escaped(&clip(rest, 250)),
                None => "`terrace diff` shows everything, `--format html` as a page.".to_owned(),
            };
            notes.push(format!(
                "{} {were} left out, for this comment would be too long. {rest}",
                count(self.left, "object")
            ));
        }
        if let Some(noise) = words::noise(self.diff).filter(|_| !self.comment.all) {
            notes.push(format!("Noise: {}", code(&clip(&noise, 250))));
        }
        for text in self.diff.not_understood.iter().take(3) {
            notes.push(code(&clip(&line(text), 250)));
        }
        for note in notes {
            let note = format!("{note}\n\n");
            if self.text.len() + note.len() <= self.limit {
                self.text.push_str(&note);
            }
        }
        let end = self.text.trim_end().len();
        self.text.truncate(end);
        self.text.push('\n');
    }
}

fn clusters(group: &Group, diff: &Diff, most: usize) -> String {
    match group.clusters.as_slice() {
        names if names.len() <= most => code(&clip(&words::list(names, most), 300)),
        names => count(names.len(), if diff.sides { "pair" } else { "cluster" }),
    }
}

fn clusters_html(group: &Group, diff: &Diff) -> String {
    let names =
        || group.clusters.iter().take(NAMED).map(|name| html_code(&clip(name, 80))).collect::<Vec<_>>().join(", ");
    let more = group.clusters.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" (+{more})") } else { String::new() };
    match (group.clusters.len(), diff.sides) {
        (1, false) => format!("on {}", names()),
        (1, true) => format!("in {}", names()),
        (n, sides) => format!("the same on {} ({}{more})", count(n, if sides { "pair" } else { "cluster" }), names()),
    }
}

/// An object's heading, and what differs in it.
fn object_text(object: &ObjectDiff, diff: &Diff, all: bool) -> (String, String) {
    let word = escaped(&words::word(words::mark(object).1, diff));
    let moved =
        object.moved_from.as_ref().map(|from| format!(" from app {}", code(&clip(from, 100)))).unwrap_or_default();
    let heading = format!("**{word}** {}{moved}\n\n", code(&clip(&words::name(object), 600)));
    let mut shown: Vec<(char, String)> = Vec::new();
    let fields: Vec<&FieldChange> = object.fields.iter().filter(|field| all || field.noise.is_none()).collect();
    for field in fields {
        let noise = field.noise.as_ref().map(|noise| format!(" ({})", noise.name())).unwrap_or_default();
        shown.push(('@', format!("@@ {}{noise} @@", field.path)));
        shown.extend(lines(field).into_iter().map(|line: Line| (line.sign.char(), line.text)));
    }
    let text = match object.kind {
        Kind::Added => object.texts.1.as_ref().map(|text| (Sign::Added, text.get())),
        Kind::Removed => object.texts.0.as_ref().map(|text| (Sign::Removed, text.get())),
        Kind::Changed => None,
    };
    if let Some((sign, text)) = text {
        shown.extend(text.lines().map(|line| (sign.char(), line.to_owned())));
    }
    let mut body = String::new();
    if !shown.is_empty() {
        let mut inside = String::new();
        for (sign, text) in shown.iter().take(LINES) {
            let text = printable(text).replace('\n', " ");
            match sign {
                '@' => inside.push_str(&format!("{text}\n")),
                sign => inside.push_str(&format!("{sign}{text}\n")),
            }
        }
        if shown.len() > LINES {
            inside.push_str(&format!("… {} more\n", count(shown.len() - LINES, "line")));
        }
        let fence = "`".repeat(longest_run(&inside).max(2) + 1);
        body = format!("{fence}diff\n{inside}{fence}\n");
    }
    for notice in &object.notices {
        body.push_str(&format!("\n:warning: {}\n", code(&clip(&line(&notice.text), SENTENCE))));
    }
    (heading, body)
}

/// The longest run of backticks.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// At most so many bytes, with a sign where something is left out.
fn clip(text: &str, bytes: usize) -> String {
    if text.len() <= bytes {
        return text.to_owned();
    }
    let end = (0..=bytes).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    format!("{}…", text.get(..end).unwrap_or_default())
}

/// A code span: what is in it acts as nothing.
fn code(text: &str) -> String {
    let text = line(text);
    let text = if text.trim().is_empty() { "(nothing)".to_owned() } else { text };
    let ticks = "`".repeat(longest_run(&text) + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{ticks}{pad}{text}{pad}{ticks}")
}

/// Code in an HTML line, where Markdown is not read.
fn html_code(text: &str) -> String {
    format!("<code>{}</code>", html(&line(text)))
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

/// A sentence of the caller's: what Markdown or GitHub would act on is escaped; addresses stay.
fn escaped(text: &str) -> String {
    let text = line(text);
    let words = text.split(' ').map(|word| {
        if word.starts_with("https://") || word.starts_with("http://") {
            return html(word);
        }
        let mut out = String::new();
        for c in word.chars() {
            match c {
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '&' => out.push_str("&amp;"),
                // A word joiner: nobody is mentioned, nothing is referred to.
                '@' | '#' => {
                    out.push(c);
                    out.push('\u{2060}');
                }
                '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '!' => {
                    out.push('\\');
                    out.push(c);
                }
                c => out.push(c),
            }
        }
        out
    });
    words.collect::<Vec<_>>().join(" ")
}
