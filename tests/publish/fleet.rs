//! A small fleet in a repository, and the command that publishes it.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use super::repo::{Repo, git};

/// How a command ended.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    /// Both streams, where it is to end so; and once more what is told in one line, as it is before it is broken.
    #[track_caller]
    pub fn ends(self, code: i32) -> String {
        assert_eq!(self.code, code, "{}\n{}", self.out, self.err);
        let words: Vec<&str> = self.err.split_whitespace().filter(|word| *word != "│").collect();
        format!("{}{}\n{}", self.out, self.err, words.join(" "))
    }
}

/// `terrace` in a directory, with no configuration of git but the repository's own.
pub fn terrace(dir: &Path, args: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_terrace"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("GIT_") {
            command.env_remove(name);
        }
    }
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").env("NO_COLOR", "1");
    // Without a home there is no cache.
    command.env_remove("HOME").env_remove("XDG_CACHE_HOME");
    let output = command.current_dir(dir).args(args).output().unwrap();
    Ran {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// `terrace publish` in a repository.
pub fn publish(repo: &Repo, args: &[&str]) -> Ran {
    terrace(&repo.path(), &[&["publish"], args].concat())
}

/// A fleet of these clusters on branch `main`, with one app; nothing is committed yet.
pub fn fleet(clusters: &[&str]) -> Repo {
    let repo = Repo::new();
    repo.write(
        "terrace.yaml",
        "apiVersion: terrace.dev/v1alpha1\nkind: Fleet\nmetadata: {name: acme}\n\
         spec: {layers: [{name: baseline, path: baseline}]}\n",
    );
    for cluster in clusters {
        let text = format!(
            "apiVersion: terrace.dev/v1alpha1\nkind: Cluster\nmetadata: {{name: {cluster}, labels: {{env: test}}}}\n"
        );
        repo.write(&format!("clusters/{cluster}.yaml"), &text);
    }
    map(&repo, "config", "0");
    repo
}

/// A config map of the fleet.
pub fn map(repo: &Repo, name: &str, value: &str) {
    let text = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: web}}\ndata: {{value: \"{value}\"}}\n"
    );
    repo.write(&format!("baseline/resources/{name}.yaml"), &text);
}

/// A commit in which the config map `config` has another value.
pub fn commit(repo: &Repo, value: &str) -> String {
    map(repo, "config", value);
    repo.commit(&format!("Set {value}"))
}

/// A fleet with one cluster `a`, committed once.
pub fn small() -> Repo {
    let repo = fleet(&["a"]);
    commit(&repo, "1");
    repo
}

/// The files of a commit: path and content.
pub fn files(dir: &Path, revision: &str) -> BTreeMap<String, String> {
    let names = git(dir, &["ls-tree", "-r", "-z", "--name-only", revision]);
    let names = names.split('\0').filter(|name| !name.is_empty());
    names.map(|name| (name.to_owned(), git(dir, &["show", &format!("{revision}:{name}")]))).collect()
}

/// The value of the config map on a branch's root.
pub fn value(dir: &Path, revision: &str) -> String {
    let text = git(dir, &["show", &format!("{revision}:{CONFIG}")]);
    let line = text.lines().find_map(|line| line.trim().strip_prefix("value: "));
    line.unwrap_or(&text).trim_matches('"').to_owned()
}

/// Where the config map is.
pub const CONFIG: &str = "baseline-resources/web/configmap-config.yaml";

/// A trailer of a commit, as git finds it.
pub fn trailer(dir: &Path, revision: &str, name: &str) -> String {
    git(dir, &["log", "-1", &format!("--format=%(trailers:key={name},valueonly)"), revision]).trim().to_owned()
}

/// Makes a commit on a branch by hand, without a working tree: these files beside or in place of what is there.
pub fn commit_by_hand(dir: &Path, branch: &str, files: &[(&str, &str)]) -> String {
    let work = tempfile::tempdir().unwrap();
    let at = work.path().to_str().unwrap();
    let name = format!("by-hand-{}", branch.replace('/', "-"));
    let exists = !git(dir, &["for-each-ref", &format!("refs/heads/{branch}")]).is_empty();
    if exists {
        git(dir, &["worktree", "add", "-q", "--detach", "-f", at, branch]);
    } else {
        git(dir, &["worktree", "add", "-q", "--detach", "-f", at]);
        git(work.path(), &["checkout", "-q", "--orphan", &name]);
        git(work.path(), &["rm", "-rfq", "."]);
    }
    for (path, text) in files {
        super::repo::write(work.path(), path, text);
    }
    git(work.path(), &["add", "-A"]);
    git(work.path(), &["commit", "-q", "--allow-empty", "-m", "By hand"]);
    let id = git(work.path(), &["rev-parse", "HEAD"]);
    git(dir, &["worktree", "remove", "-f", at]);
    git(dir, &["update-ref", &format!("refs/heads/{branch}"), &id]);
    id
}
