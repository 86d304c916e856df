//! Reads the tips, lays out, commits, moves; and again for branches that somebody else moved meanwhile.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use rayon::prelude::*;

use super::compose::{Composed, compose};
use super::judge::{Relations, Tips, Verdict, judge};
use super::plan::{Branch, Plan};
use super::report::{BranchReport, ClusterReport, ClusterState, Outcome, Report, Source};
use super::{Publishing, commit, failed, failed_at, mark};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::git::{GitError, Moved, NewObject, ObjectId, RefMove, RemotePlace};

/// How often a branch that moves underneath is tried: each time somebody else got ahead.
const TRIES: u32 = 20;

/// How often a remote that fails is tried.
pub(super) const CONNECTIONS: u32 = 3;

/// What there is of a branch's history in a shallow clone: enough to find our last commit below those of others.
const DEPTH: u32 = 50;

/// What is known of the branches of the usual remote, without asking it.
const TRACKED: &str = "refs/remotes/origin";

/// Publishes the branches of a plan.
pub(super) fn rounds(publishing: &Publishing<'_>, source: &Source, plan: &Plan<'_>, report: &mut Report) {
    let mut rounds = Rounds {
        publishing,
        source,
        plan,
        done: BTreeMap::new(),
        alone: HashSet::new(),
        relations: Relations::default(),
        failures: 0,
    };
    let mut todo: Vec<usize> = (0..plan.branches.len()).collect();
    let (mut tries, mut said) = (0, String::new());
    while !todo.is_empty() {
        let round = match rounds.round(&todo) {
            Ok(round) => round,
            Err(error) => {
                report.diagnostics.push(error);
                // What was done before stays done.
                let left = todo.iter().filter(|at| !rounds.done.contains_key(at));
                left.copied().collect::<Vec<_>>().into_iter().for_each(|at| rounds.fail(at, Diagnostics::new()));
                break;
            }
        };
        // Whoever was refused has left, so only rounds where nobody was can go on without end.
        tries += u32::from(!round.refused);
        said = round.said.unwrap_or(said);
        todo = round.again;
        if tries >= TRIES {
            for at in &todo {
                let message = format!("the branch `{}` can't be moved: {said}", rounds.name(*at));
                let diagnostic = Diagnostic::error(Code::BRANCH_REFUSED, message)
                    .hint(format!("{TRIES} tries met somebody else's move, or lock: publish again"));
                rounds.fail(*at, diagnostic.into());
            }
            break;
        }
        if !todo.is_empty() {
            // Others that failed at the same time shouldn't come back at the same time.
            let spread = u64::from(std::process::id().wrapping_mul(2_654_435_761) >> 16) % 23;
            std::thread::sleep(Duration::from_millis((3 + spread) * u64::from(tries.min(8))));
        }
    }
    let mut alike: Vec<(String, String, usize, Diagnostic)> = Vec::new();
    for (_, (branch, diagnostics)) in rounds.done {
        for diagnostic in diagnostics {
            let pattern = diagnostic.message.replace(&format!("`{}`", branch.branch), "`");
            let same = |d: &Diagnostic| {
                (d.code, &d.hints, &d.subject) == (diagnostic.code, &diagnostic.hints, &diagnostic.subject)
            };
            match alike.iter_mut().find(|(known, _, _, d)| *known == pattern && same(d)) {
                Some((_, _, more, _)) => *more += 1,
                None => alike.push((pattern, branch.branch.clone(), 0, diagnostic)),
            }
        }
        report.branches.push(branch);
    }
    // What is the same on many branches is told once.
    for (_, branch, more, mut diagnostic) in alike {
        if more > 0 {
            let others = if more == 1 { "and one more".to_owned() } else { format!("and {more} more") };
            let (one, many) = (format!("`{branch}`"), format!("`{branch}` ({others})"));
            diagnostic.message = diagnostic.message.replacen(&one, &many, 1);
        }
        report.diagnostics.push(diagnostic);
    }
}

pub(super) struct Rounds<'a> {
    pub(super) publishing: &'a Publishing<'a>,
    source: &'a Source,
    plan: &'a Plan<'a>,
    /// What became of branches, by their place in the plan.
    done: BTreeMap<usize, (BranchReport, Diagnostics)>,
    /// Branches that the remote judges one by one, since it refused them, or others with them.
    pub(super) alone: HashSet<usize>,
    relations: Relations,
    /// How often the remote failed.
    pub(super) failures: u32,
}

/// What a round came to.
pub(super) struct Round {
    /// Branches that have to be looked at anew.
    pub again: Vec<usize>,
    /// Whether the remote refused any of them, which is no reason to count.
    pub refused: bool,
    /// Why the last one wasn't moved.
    pub said: Option<String>,
}

/// What is to be done to a branch.
pub(super) struct Work {
    pub at: usize,
    pub report: BranchReport,
    pub diagnostics: Diagnostics,
    objects: Vec<NewObject>,
    /// Moved together. Empty: there is nothing to do.
    pub moves: Vec<RefMove>,
}

impl Rounds<'_> {
    fn branch(&self, at: usize) -> Option<&Branch<'_>> {
        self.plan.branches.get(at)
    }

    fn name(&self, at: usize) -> String {
        self.branch(at).map(|branch| branch.name.clone()).unwrap_or_default()
    }

    pub(super) fn fail(&mut self, at: usize, diagnostics: Diagnostics) {
        let report = self.branch(at).map(|branch| blank(branch, Outcome::Failed));
        if let Some(report) = report {
            self.done.insert(at, (report, diagnostics));
        }
    }

    fn round(&mut self, todo: &[usize]) -> Result<Round, Diagnostic> {
        let names: Vec<String> = todo.iter().map(|at| self.name(*at)).collect();
        let tips = match &self.publishing.remote {
            Some(remote) => remote_tips(self.publishing, remote, &names),
            None => local_tips(self.publishing),
        };
        let tips = tips.map_err(|error| failed(&error))?;
        let works: Vec<Result<Work, (usize, GitError)>> =
            todo.par_iter().map(|at| self.work(*at, &tips).map_err(|error| (*at, error))).collect();
        if !(self.publishing.intact)() {
            return Err(Diagnostic::error(Code::FILE_UNREADABLE, "results that an earlier run kept are lost")
                .hint("publish again; `--no-cache` does without them"));
        }
        let mut round = Round { again: Vec::new(), refused: false, said: None };
        let mut moving = Vec::new();
        for work in works {
            match work {
                Ok(work) if work.moves.is_empty() || self.publishing.dry_run => self.finish(work),
                Ok(work) => moving.push(work),
                Err((at, error)) => {
                    let name = self.name(at);
                    self.fail(at, failed_at(&name, &error));
                }
            }
        }
        let mut written = HashSet::new();
        let mut objects: Vec<NewObject> = Vec::new();
        for work in &mut moving {
            objects.extend(work.objects.drain(..).filter(|object| written.insert(object.id)));
        }
        self.publishing.repository.write_objects(self.source.format, &objects).map_err(|error| failed(&error))?;
        drop(objects);
        match &self.publishing.remote {
            Some(remote) => self.push(remote, moving, &mut round)?,
            None => self.move_local(moving, &mut round),
        }
        round.again.sort_unstable();
        Ok(round)
    }

    pub(super) fn finish(&mut self, work: Work) {
        self.done.insert(work.at, (work.report, work.diagnostics));
    }

    /// What is to be done to a branch. Writes nothing.
    fn work(&self, at: usize, tips: &BTreeMap<String, ObjectId>) -> Result<Work, GitError> {
        let (publishing, source) = (self.publishing, self.source);
        let Some(branch) = self.branch(at) else { return Err(GitError::NotInstalled) };
        let done = |outcome: Outcome, diagnostics: Diagnostics| Work {
            at,
            report: blank(branch, outcome),
            diagnostics,
            objects: Vec::new(),
            moves: Vec::new(),
        };
        if let Some(diagnostic) = crossed(&branch.name, tips) {
            return Ok(done(Outcome::Failed, diagnostic.into()));
        }
        let head = format!("refs/heads/{}", branch.name);
        let mark_name = mark::name(&branch.name);
        let own = tips.get(&head).copied();
        // A branch that only the remote has is gone on from as if it had been checked out.
        let tracked = || tips.get(&format!("{TRACKED}/{}", branch.name)).copied();
        let stands = Tips { tip: own.or_else(tracked), mark: tips.get(&mark_name).copied() };
        let directories: Vec<&str> = branch.clusters.iter().map(|c| c.directory.as_str()).collect();
        let same = match judge(publishing, source, &self.relations, &branch.name, &directories, stands)? {
            Verdict::GoOn { same } => same,
            Verdict::Superseded(by) => {
                let mut work = done(Outcome::Superseded(by.to_string()), Diagnostics::new());
                work.report.before = stands.tip;
                return Ok(work);
            }
            Verdict::Refused(diagnostic) => return Ok(done(Outcome::Failed, (*diagnostic).into())),
        };
        let tree = match stands.tip {
            Some(tip) => publishing.repository.commit(tip)?.map(|commit| commit.tree),
            None => None,
        };
        let composed = compose(publishing, source, branch, tree)?;
        let any = composed.has_any();
        let whole = composed.clusters.iter().all(|cluster| cluster.state == ClusterState::Published);
        let Composed { tree: new_tree, mut objects, clusters, diagnostics } = composed;
        let report = |outcome: Outcome, commit: Option<ObjectId>| BranchReport {
            branch: branch.name.clone(),
            outcome,
            before: stands.tip,
            commit,
            clusters: clusters.clone(),
        };
        let marks = mark::objects(source);
        let marked = marks.last().map(|mark| RefMove { name: mark_name, old: stands.mark, new: Some(mark.id) });
        let marked = marked.filter(|mark| mark.old != mark.new);
        if !any {
            let is_failed = clusters.iter().any(|cluster| cluster.state == ClusterState::Failed);
            let outcome = if is_failed { Outcome::Failed } else { Outcome::Skipped };
            return Ok(Work {
                report: report(outcome, None),
                diagnostics,
                ..done(Outcome::Skipped, Diagnostics::new())
            });
        }
        if tree == Some(new_tree) {
            // What was asked for in part says nothing of the rest.
            let confirms = !same && whole && publishing.rules.selection.is_none();
            let mut moves: Vec<RefMove> = marked.filter(|_| confirms).into_iter().collect();
            let objects = if moves.is_empty() { Vec::new() } else { marks.to_vec() };
            if own.is_none() {
                moves.extend(stands.tip.map(|tip| RefMove { name: head, old: None, new: Some(tip) }));
            }
            return Ok(Work { at, report: report(Outcome::Unchanged, None), diagnostics, objects, moves });
        }
        let made = commit::commit(publishing, source, new_tree, stands.tip);
        let mut moves = vec![RefMove { name: head, old: own, new: Some(made.id) }];
        moves.extend(marked);
        objects.extend(marks);
        let outcome = if stands.tip.is_some() { Outcome::Updated } else { Outcome::Created };
        let report = report(outcome, Some(made.id));
        objects.push(made);
        Ok(Work { at, report, diagnostics, objects, moves })
    }

    /// Moves local branches: all at once, and where that fails each by itself.
    fn move_local(&mut self, works: Vec<Work>, round: &mut Round) {
        let repository = self.publishing.repository;
        let reason = format!("terrace publish: {}", self.source.commit);
        let all: Vec<RefMove> = works.iter().flat_map(|work| work.moves.clone()).collect();
        if all.is_empty() {
            return;
        }
        if works.len() > 1 && matches!(repository.move_refs(&all, &reason), Ok(Moved::Done)) {
            works.into_iter().for_each(|work| self.finish(work));
            return;
        }
        for work in works {
            match repository.move_refs(&work.moves, &reason) {
                Ok(Moved::Done) => self.finish(work),
                Ok(Moved::Stale(said)) => {
                    round.said = Some(said);
                    round.again.push(work.at);
                }
                Err(error) => {
                    let name = self.name(work.at);
                    self.fail(work.at, failed_at(&name, &error));
                }
            }
        }
    }
}

fn blank(branch: &Branch<'_>, outcome: Outcome) -> BranchReport {
    let state = if outcome == Outcome::Failed { ClusterState::Failed } else { ClusterState::Published };
    let cluster = |cluster: &super::plan::Cluster<'_>| ClusterReport {
        cluster: cluster.tree.cluster.clone(),
        directory: cluster.directory.clone(),
        state,
        ..ClusterReport::default()
    };
    BranchReport {
        branch: branch.name.clone(),
        outcome,
        before: None,
        commit: None,
        clusters: branch.clusters.iter().map(cluster).collect(),
    }
}

/// A branch that stands where this one would need a directory, or the other way round.
fn crossed(branch: &str, tips: &BTreeMap<String, ObjectId>) -> Option<Diagnostic> {
    let is_head = |name: &str| tips.contains_key(&format!("refs/heads/{name}"));
    let above = branch.match_indices('/').filter_map(|(at, _)| branch.get(..at)).find(|above| is_head(above));
    let below = format!("refs/heads/{branch}/");
    let next = tips.range(below.clone()..).next().and_then(|(name, _)| name.strip_prefix(&below));
    let other = above.map(str::to_owned).or_else(|| next.map(|rest| format!("{branch}/{rest}")))?;
    let message =
        format!("there is a branch `{other}`, so there can't be a branch `{branch}`: git keeps them as paths");
    Some(Diagnostic::error(Code::BRANCH_IN_USE, message).hint("rename it, or give `--branch` another template"))
}

/// Whether git failed of what isn't better a moment later: who asks may not, or there is nothing there.
pub(super) fn lasts(error: &GitError) -> bool {
    let GitError::Failed { stderr, .. } = error else { return true };
    let words = ["Authentication failed", "could not read", "Permission denied", "does not appear to be", "not found"];
    words.iter().any(|words| stderr.contains(words))
}

fn local_tips(publishing: &Publishing<'_>) -> Result<BTreeMap<String, ObjectId>, GitError> {
    publishing.repository.refs_below(&["refs/heads", "refs/terrace", TRACKED])
}

/// Where the branches stand on the remote. What stands there is in this clone afterwards, or the branch isn't told.
fn remote_tips(
    publishing: &Publishing<'_>,
    remote: &RemotePlace,
    branches: &[String],
) -> Result<BTreeMap<String, ObjectId>, GitError> {
    let repository = publishing.repository;
    let mut names: Vec<String> = Vec::new();
    for branch in branches {
        names.extend(branch.match_indices('/').filter_map(|(at, _)| Some(format!("refs/heads/{}", branch.get(..at)?))));
        names.extend([format!("refs/heads/{branch}"), mark::name(branch)]);
    }
    names.sort();
    names.dedup();
    let mut failures = 0;
    loop {
        let tips = repository.remote_refs(remote, &names);
        let fetched = tips.and_then(|tips| {
            let mut missing = Vec::new();
            for branch in branches {
                for name in [format!("refs/heads/{branch}"), mark::name(branch)] {
                    if let Some(id) = tips.get(&name)
                        && repository.commit(*id)?.is_none()
                    {
                        missing.push((name, *id));
                    }
                }
            }
            if missing.is_empty() {
                return Ok(Some(tips));
            }
            let wanted: Vec<String> = missing.iter().map(|(name, _)| name.clone()).collect();
            repository.fetch(remote, &wanted, repository.is_shallow().then_some(DEPTH))?;
            for (_, id) in &missing {
                if repository.commit(*id)?.is_none() {
                    // It moved on between the two questions.
                    return Ok(None);
                }
            }
            Ok(Some(tips))
        });
        match fetched {
            Ok(Some(tips)) => return Ok(tips),
            Ok(None) => failures += 1,
            Err(error) => {
                failures += 1;
                if failures >= CONNECTIONS || lasts(&error) {
                    return Err(error);
                }
            }
        }
        if failures >= TRIES {
            return Err(GitError::Failed {
                command: "fetch".to_owned(),
                code: None,
                stderr: format!("the branches of {} move faster than they can be fetched", remote.name),
            });
        }
        std::thread::sleep(Duration::from_millis(50 * u64::from(failures)));
    }
}
