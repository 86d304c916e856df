//! The few commands that talk to a remote: what its branches are, fetching them, pushing to them.
//!
//! Nothing here moves a local ref, but for what `git push` itself notes of a remote's branches (`refs/remotes/…`).

use std::collections::BTreeMap;

use super::{GitError, ObjectId, RefMove, Repository, command, refs};

/// Where branches are pushed to, and read from before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemotePlace {
    /// What it is called: `origin`, or a URL.
    pub name: String,
    /// What git is told for reading: the URL that is pushed to, where that is another than the one fetched from.
    read: String,
    /// What git is told for pushing: its name, or the URL of one that is mirrored whole, where git takes no single refs
    /// and would note them as our own branches.
    write: String,
    /// The program that reaches it by SSH, where the user has said none: one that asks nothing.
    ssh: Option<String>,
}

/// What became of a ref that was pushed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pushed {
    /// It stands where it was to go.
    Done,
    /// It isn't where it was to stand, or somebody is moving it just now. What git says.
    Stale(String),
    /// It was given back because of another one, in a push that is all or nothing.
    WithOthers,
    /// The remote doesn't want it. What git says.
    Refused(String),
}

/// What a push came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PushReport {
    /// For each ref in the order given.
    pub refs: Vec<Pushed>,
    /// What the remote said, in its own words.
    pub said: Vec<String>,
}

impl Repository {
    /// The remote of that name, or at that URL or path.
    ///
    /// # Errors
    /// There is no such remote.
    pub fn remote(&self, name: &str) -> Result<RemotePlace, GitError> {
        let get = |args: &[&str]| -> Result<Option<String>, GitError> {
            let output = self.place.run_codes(args, &[0, 1, 2, 128])?;
            let text = String::from_utf8_lossy(&output);
            Ok(text.lines().next().map(str::to_owned).filter(|line| !line.is_empty()))
        };
        let named = self.remote_urls()?.iter().any(|remote| remote.name == name);
        let mirror = get(&["config", "--type=bool", "--get", &format!("remote.{name}.mirror")])?;
        let push = if named { get(&["remote", "get-url", "--push", name])? } else { None };
        let read = match named {
            false if name.contains(['/', ':', '\\']) => name.to_owned(),
            false => {
                let known: Vec<String> = self.remote_urls()?.into_iter().map(|remote| remote.name).collect();
                let stderr = match known.is_empty() {
                    true => format!("there is no remote `{name}`, nor any other"),
                    false => format!("there is no remote `{name}`; known: {}", known.join(", ")),
                };
                return Err(GitError::Failed { command: "remote".to_owned(), code: None, stderr });
            }
            true => {
                let fetch = get(&["remote", "get-url", name])?;
                push.clone().filter(|push| fetch.as_ref() != Some(push)).unwrap_or_else(|| name.to_owned())
            }
        };
        let chosen = ["GIT_SSH", "GIT_SSH_COMMAND"].iter().any(|name| std::env::var_os(name).is_some());
        let configured = get(&["config", "--get", "core.sshCommand"])?.is_some();
        let ssh = (!chosen && !configured).then(|| "ssh -o BatchMode=yes".to_owned());
        let write = push.filter(|_| mirror.as_deref() == Some("true")).unwrap_or_else(|| name.to_owned());
        Ok(RemotePlace { name: name.to_owned(), read, write, ssh })
    }

    fn transport(&self, remote: &RemotePlace) -> std::process::Command {
        let dir = self.place.work_tree.as_deref().unwrap_or(&self.place.git_dir);
        let mut git = command::transport(dir);
        git.arg("--git-dir").arg(&self.place.git_dir);
        if let Some(ssh) = &remote.ssh {
            git.env("GIT_SSH_COMMAND", ssh);
        }
        git
    }

    /// The refs of a remote that are among these, all by their full names.
    ///
    /// # Errors
    /// It can't be reached.
    pub fn remote_refs(&self, remote: &RemotePlace, names: &[String]) -> Result<BTreeMap<String, ObjectId>, GitError> {
        let mut found = BTreeMap::new();
        for some in names.chunks(MANY) {
            let mut git = self.transport(remote);
            git.args(["ls-remote", "--quiet", "--refs", "--", &remote.read]).args(some);
            let output = command::output(git, &[0])?;
            let told = refs::parse_refs(&String::from_utf8_lossy(&output), '\t');
            // Patterns fit the ends of names.
            found.extend(told.into_iter().filter(|(name, _)| some.contains(name)));
        }
        Ok(found)
    }

    /// Fetches refs or commits of a remote. Only objects come: no ref is moved, none is noted. With a depth that much of
    /// the history, which makes the clone shallow if it isn't.
    ///
    /// # Errors
    /// It can't be reached, or one of them isn't there.
    pub fn fetch(&self, remote: &RemotePlace, names: &[String], depth: Option<u32>) -> Result<(), GitError> {
        let quiet = ["--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--refmap="];
        for some in names.chunks(MANY) {
            let mut git = self.transport(remote);
            git.arg("fetch").args(quiet).args(depth.map(|depth| format!("--depth={depth}")));
            if self.is_partial() {
                git.arg("--no-filter");
            }
            git.args(["--", &remote.read]).args(some);
            command::output(git, &[0])?;
        }
        Ok(())
    }

    /// Pushes: each ref only if it stands where it is said to. `together`: all or none.
    ///
    /// # Errors
    /// The remote can't be reached, or says nothing of the refs.
    pub fn push(&self, remote: &RemotePlace, moves: &[RefMove], together: bool) -> Result<PushReport, GitError> {
        let mut git = self.transport(remote);
        git.args(["push", "--porcelain", "--no-verify", "--no-follow-tags", "--recurse-submodules=no"]);
        git.args(together.then_some("--atomic"));
        for RefMove { name, old, .. } in moves {
            let old = old.map(|old| old.to_string()).unwrap_or_default();
            git.arg(format!("--force-with-lease={name}:{old}"));
        }
        git.args(["--", &remote.write]);
        git.args(moves.iter().map(|RefMove { name, new, .. }| {
            let new = new.map(|new| new.to_string()).unwrap_or_default();
            format!("{new}:{name}")
        }));
        if remote.ssh.is_some() {
            // Any other program may ask at the terminal, which it couldn't then.
            command::outlive(&mut git);
        }
        let output = command::run_with(git, b"")?;
        let answers = answers(&String::from_utf8_lossy(&output.stdout));
        if answers.is_empty() {
            return Err(command::failure("push", &output));
        }
        let unsaid = || Pushed::Refused("the remote said nothing of it".to_owned());
        let refs = moves.iter().map(|one| answers.get(&one.name).cloned().unwrap_or_else(unsaid)).collect();
        let stderr = String::from_utf8_lossy(&output.stderr);
        let said = stderr.lines().filter_map(|line| line.strip_prefix("remote:")).map(str::trim);
        let said = said.filter(|line| !line.is_empty()).map(str::to_owned).collect();
        Ok(PushReport { refs, said })
    }
}

/// As many refs go into one command: a system bounds how long one is.
const MANY: usize = 2000;

/// What `git push --porcelain` says of each ref.
fn answers(text: &str) -> BTreeMap<String, Pushed> {
    let line = |line: &str| {
        let (flag, rest) = line.split_once('\t')?;
        let (pair, summary) = rest.split_once('\t')?;
        let name = pair.rsplit_once(':')?.1.to_owned();
        let pushed = match flag {
            " " | "+" | "*" | "=" | "-" => Pushed::Done,
            "!" => refusal(summary),
            _ => return None,
        };
        Some((name, pushed))
    };
    text.lines().filter_map(line).collect()
}

/// Words that git, of whatever age, says of a ref that isn't where it was to stand, or that somebody else holds.
const STALE: [&str; 9] = [
    "stale info",
    "fetch first",
    "non-fast-forward",
    "cannot lock ref",
    "failed to update ref",
    "failed to lock",
    "incorrect old value",
    "already exists",
    "remote ref updated since checkout",
];

fn refusal(summary: &str) -> Pushed {
    let said = summary.to_owned();
    match () {
        () if summary.contains("atomic") => Pushed::WithOthers,
        () if STALE.iter().any(|words| summary.contains(words)) => Pushed::Stale(said),
        () => Pushed::Refused(said),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read() {
        let text = "To file:///x\n \tabc:refs/heads/a\t1..2\n*\tabc:refs/heads/b\t[new branch]\n\
                    =\tabc:refs/heads/c\t[up to date]\n!\tabc:refs/heads/d\t[rejected] (stale info)\n\
                    !\tabc:refs/heads/e\t[remote rejected] (pre-receive hook declined)\n\
                    !\tabc:refs/heads/f\t[rejected] (atomic push failed)\nDone\n";
        let found = answers(text);
        let name = |name: &str| found.get(&format!("refs/heads/{name}")).unwrap();
        assert!(["a", "b", "c"].iter().all(|n| *name(n) == Pushed::Done));
        assert!(matches!(name("d"), Pushed::Stale(_)));
        assert_eq!(*name("e"), Pushed::Refused("[remote rejected] (pre-receive hook declined)".into()));
        assert_eq!(*name("f"), Pushed::WithOthers);
        assert_eq!(found.len(), 6);
    }
}
