//! Pushes branches to a remote.
//!
//! All go at once, all or nothing, each branch with its mark. A remote that refuses one of them takes none then, and some
//! say of each that they refuse it: so what was refused is pushed once more, for the remote to judge one by one.

use super::report::Outcome;
use super::round::{CONNECTIONS, Round, Rounds, Work, lasts};
use super::{failed, mark};
use crate::diag::{Code, Diagnostic};
use crate::git::{GitError, PushReport, Pushed, RefMove, RemotePlace};

/// As many branches go into one push: a system bounds how long a command is.
const PER_PUSH: usize = 500;

impl Rounds<'_> {
    /// Pushes what is to be moved.
    pub(super) fn push(&mut self, remote: &RemotePlace, works: Vec<Work>, round: &mut Round) -> Result<(), Diagnostic> {
        let (alone, together): (Vec<Work>, Vec<Work>) = works.into_iter().partition(|w| self.alone.contains(&w.at));
        for (mut works, is_alone) in [(together, false), (alone, true)] {
            while !works.is_empty() {
                let rest = works.split_off(works.len().min(PER_PUSH));
                self.push_some(remote, works, is_alone, round)?;
                works = rest;
            }
        }
        Ok(())
    }

    fn push_some(
        &mut self,
        remote: &RemotePlace,
        works: Vec<Work>,
        is_alone: bool,
        round: &mut Round,
    ) -> Result<(), Diagnostic> {
        let repository = self.publishing.repository;
        let all: Vec<RefMove> = works.iter().flat_map(|work| work.moves.clone()).collect();
        let PushReport { refs, said } = match repository.push(remote, &all, !is_alone) {
            Ok(report) => report,
            Err(error) => {
                let is_old = matches!(&error, GitError::Failed { stderr, .. } if stderr.contains("--atomic"));
                if is_old && !is_alone {
                    // It knows no push that is all or nothing.
                    self.alone.extend(works.iter().map(|work| work.at));
                } else {
                    // Whatever it took of it shows when it is asked again.
                    self.failures += 1;
                    if self.failures >= CONNECTIONS || lasts(&error) {
                        return Err(failed(&error));
                    }
                }
                round.said = Some(error.to_string());
                round.again.extend(works.iter().map(|work| work.at));
                return Ok(());
            }
        };
        let (mut answers, mut undo) = (refs.into_iter(), Vec::new());
        for work in works {
            let mine: Vec<Pushed> = answers.by_ref().take(work.moves.len()).collect();
            match is_alone {
                true => undo.extend(self.pushed_alone(work, &mine, &said, round)),
                false => self.pushed_together(work, &mine, &said, round),
            }
        }
        if !undo.is_empty() {
            // A mark that stands although its branch was refused keeps older runs out; it isn't worth an error.
            drop(repository.push(remote, &undo, false));
        }
        Ok(())
    }

    fn pushed_together(&mut self, work: Work, answers: &[Pushed], said: &[String], round: &mut Round) {
        if answers.iter().all(|answer| *answer == Pushed::Done) {
            return self.finish(work);
        }
        if answers.iter().any(|answer| matches!(answer, Pushed::Refused(_))) {
            round.refused = true;
            self.alone.insert(work.at);
        }
        self.again(&work, answers, said, round);
    }

    /// What a remote says that judges refs one by one. What is to be taken back.
    fn pushed_alone(&mut self, mut work: Work, answers: &[Pushed], said: &[String], round: &mut Round) -> Vec<RefMove> {
        let name = work.report.branch.clone();
        let mark = mark::name(&name);
        let of = |is_mark: bool| {
            let mut pairs = work.moves.iter().zip(answers);
            pairs.find(|(moved, _)| (moved.name == mark) == is_mark).map(|(moved, answer)| (moved.clone(), answer))
        };
        let (head, mark) = (of(false), of(true));
        match head {
            None | Some((_, Pushed::Done)) => {
                let is_refused = matches!(mark, Some((_, Pushed::Refused(_))));
                if is_refused && work.report.outcome != Outcome::Unchanged {
                    work.diagnostics.push(unmarked(&name));
                }
                self.finish(work);
                Vec::new()
            }
            Some((_, Pushed::Refused(why))) => {
                let message = format!("the remote refuses the branch `{name}`: {why}");
                let mut diagnostic = Diagnostic::error(Code::BRANCH_REFUSED, message);
                if !said.is_empty() {
                    diagnostic = diagnostic.hint(format!("the remote says: {}", said.join("\n")));
                }
                let diagnostic = diagnostic.hint("see who may push to that branch, and what its rules ask for");
                self.fail(work.at, diagnostic.into());
                round.refused = true;
                let taken = mark.filter(|(_, answer)| **answer == Pushed::Done).map(|(moved, _)| moved);
                taken.into_iter().map(|moved| moved.reversed()).collect()
            }
            Some((_, Pushed::Stale(_) | Pushed::WithOthers)) => {
                self.again(&work, answers, said, round);
                Vec::new()
            }
        }
    }

    fn again(&self, work: &Work, answers: &[Pushed], said: &[String], round: &mut Round) {
        let in_full = (!said.is_empty()).then(|| said.join(" "));
        let stale = answers.iter().find_map(|a| if let Pushed::Stale(why) = a { Some(why.clone()) } else { None });
        round.said = in_full.or(stale).or_else(|| round.said.take());
        round.said.get_or_insert_with(|| "the remote took none of the branches".to_owned());
        round.again.push(work.at);
    }
}

/// A note that a branch was pushed without what guards it against older runs.
fn unmarked(branch: &str) -> Diagnostic {
    let message = format!("the remote takes `{branch}`, but not `{}` beside it", mark::name(branch));
    Diagnostic::warning(Code::BRANCH_REFUSED, message)
        .hint("let the publisher push to `refs/terrace/*`")
        .hint("without it an older run that ends later may undo a newer one that changed nothing")
}
