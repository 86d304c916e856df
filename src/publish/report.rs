//! What became of a publish, as values; and in words.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::diag::Diagnostics;
use crate::git::{Identity, Message, ObjectFormat, ObjectId};

/// The longest page, in bytes: forges take 65,536 characters.
const PAGE_LIMIT: usize = 60_000;

/// The commit that was compiled.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its id.
    pub commit: ObjectId,
    /// What it says.
    pub message: Arc<Message>,
    /// Who commits here, if anybody is configured.
    pub committer: Option<Arc<Identity>>,
    /// How the repository names its objects.
    pub format: ObjectFormat,
}

/// What became of all branches.
#[derive(Debug, Default)]
pub struct Report {
    /// What was published; none if that couldn't be told.
    pub source: Option<Source>,
    /// The branches, by name.
    pub branches: Vec<BranchReport>,
    /// What went wrong.
    pub diagnostics: Diagnostics,
}

/// What became of a branch.
#[derive(Clone, Debug)]
pub struct BranchReport {
    /// Its name.
    pub branch: String,
    /// What was done.
    pub outcome: Outcome,
    /// Where it stood.
    pub before: Option<ObjectId>,
    /// The commit that was made; in a dry run, that would be.
    pub commit: Option<ObjectId>,
    /// The clusters on it.
    pub clusters: Vec<ClusterReport>,
}

/// What was done to a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is new.
    Created,
    /// It has one commit more.
    Updated,
    /// Its content is what it was to be.
    Unchanged,
    /// It holds what a later source commit gives: that commit's id.
    Superseded(String),
    /// None of its clusters could be published.
    Skipped,
    /// It stands as it stood; a diagnostic says why.
    Failed,
}

/// What became of a cluster on its branch. Paths are below its directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClusterReport {
    /// Its name.
    pub cluster: Arc<str>,
    /// Its directory on the branch; empty: the root.
    pub directory: String,
    /// What was done.
    pub state: ClusterState,
    /// Files that are new.
    pub added: Vec<String>,
    /// Files that differ.
    pub changed: Vec<String>,
    /// Files of ours that go.
    pub removed: Vec<String>,
    /// How many files are as they were.
    pub unchanged: usize,
    /// How many files stay because their app is held or not selected.
    pub kept: usize,
    /// How many files are somebody else's.
    pub foreign: usize,
    /// Apps that are held, and why.
    pub held: Vec<(String, String)>,
}

/// What was done to a cluster's directory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClusterState {
    /// It is as it is to be.
    #[default]
    Published,
    /// It was left alone, since apps are held.
    Held,
    /// It was left alone: a diagnostic says why.
    Failed,
}

impl Report {
    /// How many branches, or clusters on them, stand as they stood because of what a diagnostic says.
    pub fn failed(&self) -> usize {
        let branch = |branch: &BranchReport| match branch.outcome {
            Outcome::Failed => 1,
            _ => branch.clusters.iter().filter(|c| c.state == ClusterState::Failed).count(),
        };
        self.branches.iter().map(branch).sum()
    }

    /// Whether any cluster is left alone, or published in part, since apps are held.
    pub fn has_held(&self) -> bool {
        self.branches.iter().flat_map(|b| &b.clusters).any(|c| !c.held.is_empty())
    }

    /// Whether any branch is as it is to be, or ahead of that.
    pub fn has_done(&self) -> bool {
        let done = |b: &BranchReport| !matches!(b.outcome, Outcome::Failed | Outcome::Skipped);
        self.branches.iter().any(done)
    }

    /// A line for each branch, one for each cluster where there is more than one, and each file in a dry run.
    pub fn text(&self, dry_run: bool, place: &str) -> String {
        let mut text = String::new();
        let width = self.branches.iter().map(|b| b.branch.chars().count()).max().unwrap_or_default();
        for branch in &self.branches {
            let _ = writeln!(text, "{:width$}  {}", branch.branch, branch.words(dry_run));
            for cluster in &branch.clusters {
                let told = branch.clusters.len() > 1 || !cluster.held.is_empty();
                if told && branch.outcome != Outcome::Failed {
                    let _ = writeln!(text, "  {}  {}", cluster.cluster, cluster.words());
                }
                for (app, reason) in &cluster.held {
                    let _ = writeln!(text, "    held: {app}: {reason}");
                }
                let is_moved = matches!(branch.outcome, Outcome::Created | Outcome::Updated);
                if dry_run && is_moved && cluster.state == ClusterState::Published {
                    for (sign, files) in [('+', &cluster.added), ('~', &cluster.changed), ('-', &cluster.removed)] {
                        for file in files {
                            let _ = writeln!(text, "    {sign} {}", cluster.path(file));
                        }
                    }
                }
            }
        }
        let moved = self.branches.iter().filter(|b| matches!(b.outcome, Outcome::Created | Outcome::Updated)).count();
        let told = match (moved, dry_run) {
            (0, _) => format!("nothing was published {place}"),
            (_, true) => format!("{} would be published {place}: nothing was written", count(moved, "branch")),
            _ => format!("{} published {place}", count(moved, "branch")),
        };
        let source = self.source.as_ref().map(|source| format!(", from {}", short(&source.commit.to_string())));
        let _ = writeln!(text, "{told}{}", source.unwrap_or_default());
        text
    }

    /// The same as a Markdown page for a pull request.
    pub fn markdown(&self, url: Option<&str>) -> String {
        let mut text = String::from("<!-- terrace publish -->\n");
        if let Some(source) = &self.source {
            let id = source.commit.to_string();
            let link = url.and_then(|url| commit_link(url, &id));
            let link = link.map_or_else(|| format!("`{}`", short(&id)), |l| format!("[`{}`]({l})", short(&id)));
            let _ = writeln!(text, "Rendered from {link}: {}\n", inline(&source.message.subject));
        }
        text.push_str("| Branch | Cluster | Added | Changed | Removed | Kept | |\n|---|---|---:|---:|---:|---:|---|\n");
        for branch in &self.branches {
            for cluster in &branch.clusters {
                let state = match (&branch.outcome, cluster.state) {
                    (Outcome::Failed, _) | (_, ClusterState::Failed) => "**not published**".to_owned(),
                    (Outcome::Superseded(by), _) => format!("superseded by `{}`", short(by)),
                    (_, ClusterState::Held) => format!("skipped, {} held", count(cluster.held.len(), "app")),
                    (Outcome::Unchanged, _) => "unchanged".to_owned(),
                    (Outcome::Created, _) => "new branch".to_owned(),
                    _ if !cluster.held.is_empty() => format!("{} held", count(cluster.held.len(), "app")),
                    _ => String::new(),
                };
                let _ = writeln!(
                    text,
                    "| `{}` | {} | {} | {} | {} | {} | {state} |",
                    branch.branch,
                    inline(&cluster.cluster),
                    cluster.added.len(),
                    cluster.changed.len(),
                    cluster.removed.len(),
                    cluster.kept,
                );
            }
        }
        let held: Vec<(&ClusterReport, &(String, String))> =
            self.branches.iter().flat_map(|b| &b.clusters).flat_map(|c| c.held.iter().map(move |h| (c, h))).collect();
        if !held.is_empty() {
            text.push_str("\n**Held apps**\n\n");
            for (cluster, (app, reason)) in held {
                let _ = writeln!(text, "- {} / {}: {}", inline(&cluster.cluster), inline(app), inline(reason));
            }
        }
        let errors: Vec<_> = self.diagnostics.iter().filter(|d| d.severity == crate::diag::Severity::Error).collect();
        if !errors.is_empty() {
            text.push_str("\n**Not published**\n\n");
            for error in errors {
                let cluster = error.subject.cluster.as_ref().map(|c| format!("{}: ", inline(c))).unwrap_or_default();
                let _ = writeln!(text, "- `{}` {cluster}{}", error.code, inline(&error.message));
            }
        }
        cut(text)
    }
}

impl BranchReport {
    fn words(&self, dry_run: bool) -> String {
        let id = |id: &Option<ObjectId>| id.map(|id| short(&id.to_string()).to_owned()).unwrap_or_default();
        match &self.outcome {
            Outcome::Created if dry_run => format!("new; {}", self.counts()),
            Outcome::Updated if dry_run => format!("on {}; {}", id(&self.before), self.counts()),
            Outcome::Created => format!("new at {}; {}", id(&self.commit), self.counts()),
            Outcome::Updated => format!("{}..{}; {}", id(&self.before), id(&self.commit), self.counts()),
            Outcome::Unchanged => format!("unchanged at {}", id(&self.before)),
            Outcome::Superseded(by) => format!("superseded: it holds what the later commit {} gives", short(by)),
            Outcome::Skipped => "skipped".to_owned(),
            Outcome::Failed => "not published".to_owned(),
        }
    }

    fn counts(&self) -> String {
        let published = self.clusters.iter().filter(|c| c.state == ClusterState::Published);
        let mut all = ClusterReport::default();
        for cluster in published {
            all.added.extend_from_slice(&cluster.added);
            all.changed.extend_from_slice(&cluster.changed);
            all.removed.extend_from_slice(&cluster.removed);
            all.unchanged += cluster.unchanged;
            all.kept += cluster.kept;
            all.foreign += cluster.foreign;
        }
        all.counts()
    }
}

impl ClusterReport {
    fn path(&self, file: &str) -> String {
        if self.directory.is_empty() { file.to_owned() } else { format!("{}/{file}", self.directory) }
    }

    fn counts(&self) -> String {
        let counts = [
            (self.added.len(), "added"),
            (self.changed.len(), "changed"),
            (self.removed.len(), "removed"),
            (self.unchanged, "unchanged"),
            (self.kept, "kept"),
            (self.foreign, "of others"),
        ];
        let parts: Vec<String> = counts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
        if parts.is_empty() { "no files".to_owned() } else { parts.join(", ") }
    }

    fn words(&self) -> String {
        match self.state {
            ClusterState::Published if self.held.is_empty() => self.counts(),
            ClusterState::Published => format!("{}; {} held", self.counts(), count(self.held.len(), "app")),
            ClusterState::Held => format!("skipped, {} held", count(self.held.len(), "app")),
            ClusterState::Failed => "not published".to_owned(),
        }
    }
}

/// A page that a forge takes: cut at a line, and said so.
fn cut(mut text: String) -> String {
    if text.len() <= PAGE_LIMIT {
        return text;
    }
    let lines = text.bytes().filter(|b| *b == b'\n').count();
    let mut end = PAGE_LIMIT;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let end = text.get(..end).and_then(|head| head.rfind('\n')).map_or(end, |at| at + 1);
    text.truncate(end);
    let left = lines - text.bytes().filter(|b| *b == b'\n').count();
    let _ = writeln!(text, "\n{left} more lines are left out");
    text
}

/// As much of an id as people read.
pub(super) fn short(id: &str) -> &str {
    id.get(..10).unwrap_or(id)
}

fn count(n: usize, what: &str) -> String {
    match (n, what) {
        (1, _) => format!("1 {what}"),
        (_, "branch") => format!("{n} branches"),
        _ => format!("{n} {what}s"),
    }
}

/// A text in a line of Markdown, where it means nothing else.
fn inline(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '\n' | '\r' => out.push(' '),
            '|' | '<' | '>' | '[' | ']' | '*' | '_' | '`' | '\\' | '#' | '@' => {
                // A mention would tell people of it; a space of no width keeps it from being one.
                out.push_str(if c == '@' { "@\u{200b}" } else { "" });
                if c != '@' {
                    out.push('\\');
                    out.push(c);
                }
            }
            c => out.push(c),
        }
    }
    out
}

/// The page of a commit, where the repository is on a forge that has one.
fn commit_link(url: &str, id: &str) -> Option<String> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("ssh://"))?;
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    let (host, path) = rest.split_once('/')?;
    let host = host.split(':').next().unwrap_or(host);
    let path = path.trim_end_matches('/').trim_end_matches(".git");
    let between = if host.contains("gitlab") { "/-/commit/" } else { "/commit/" };
    Some(format!("https://{host}/{path}{between}{id}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commits_have_pages_on_forges() {
        for (url, page) in [
            ("https://github.com/acme/fleet.git", Some("https://github.com/acme/fleet/commit/abc")),
            ("ssh://git@gitlab.example.com:22/a/b", Some("https://gitlab.example.com/a/b/-/commit/abc")),
            ("file:///srv/x.git", None),
            ("/srv/x", None),
        ] {
            assert_eq!(commit_link(url, "abc").as_deref(), page);
        }
    }

    #[test]
    fn a_page_is_cut_at_a_line() {
        let cluster = |n: usize| ClusterReport {
            cluster: format!("c{n} @all |x|").into(),
            held: vec![("web".into(), "it *broke*\n".repeat(20))],
            ..ClusterReport::default()
        };
        let branch = BranchReport {
            branch: "env".into(),
            outcome: Outcome::Updated,
            before: None,
            commit: None,
            clusters: (0..200).map(cluster).collect(),
        };
        let report = Report { branches: vec![branch], ..Report::default() };
        let page = report.markdown(None);
        assert!(page.len() < PAGE_LIMIT + 100 && page.ends_with(" more lines are left out\n"), "{}", page.len());
        assert!(page.contains("| `env` | c7 @\u{200b}all \\|x\\| | 0 |"), "{page}");
        assert_eq!(page.lines().filter(|line| line.starts_with('|')).count(), 202);
    }
}
