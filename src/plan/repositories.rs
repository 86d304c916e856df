//! What a repository name or URL means here, and at which revision it is read.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::charts::{highest_tag, may_be_range};
use crate::argocd::repository::normalize_url;
use crate::diag::{Code, Diagnostic};
use crate::git::{Commit, Compiled, GitError, Repository as GitRepository, ResolveOptions};
use crate::source::Origin;
use crate::world::{FilePath, GitOptions, GitTree, World};

/// A repository that is at hand.
#[derive(Clone, Debug)]
pub struct Repository {
    /// Its name, for layers.
    pub name: Option<String>,
    /// Its URLs, normalised.
    pub urls: Vec<String>,
    /// Its URLs as they were written.
    pub shown: Vec<String>,
    /// Its root: the working tree, or (pinned) the compiled commit.
    pub root: FilePath,
    /// Its git repository, if it is in one.
    pub git: Option<Arc<GitRepository>>,
    /// The path of `root` below the git repository's top.
    pub prefix: String,
    /// Whether it is the one that the fleet itself stands in, or a directory of it.
    pub own: bool,
    /// Paths below the root that are never read: Terrace's own output.
    pub excluded: Vec<String>,
}

/// How revisions are read.
#[derive(Clone, Debug, Default)]
pub struct Pins {
    /// Read each at its revision, straight from git objects.
    pub pinned: bool,
    /// Revisions that stand for others.
    pub map: BTreeMap<String, String>,
    /// The commit being compiled, which `HEAD` and its branch mean in the fleet's own repository.
    pub compiled: Option<Compiled>,
    /// What other revisions were found to be. Shared by states that are compared: a fetch in between moves none of them.
    pub found: Found,
}

/// Commits by repository and revision.
pub type Found = Arc<Mutex<BTreeMap<(PathBuf, String), Commit>>>;

/// All repositories at hand.
#[derive(Debug)]
pub struct Repositories {
    list: Vec<Repository>,
    pins: Pins,
    trees: Mutex<BTreeMap<(usize, String), Result<Opened, Diagnostic>>>,
    /// By URL, and by name.
    charts: OnceLock<Arc<[(String, FilePath)]>>,
    digest: OnceLock<[u8; 32]>,
}

/// A repository at a revision.
#[derive(Clone, Debug)]
struct Opened {
    root: FilePath,
    /// The commit's id.
    commit: String,
}

impl Repositories {
    /// The repositories, those named first first, and last the fleet's own as a whole.
    pub fn new(list: Vec<Repository>, pins: Pins) -> Self {
        Self { list, pins, trees: Mutex::default(), charts: OnceLock::new(), digest: OnceLock::new() }
    }

    pub(super) fn list(&self) -> &[Repository] {
        &self.list
    }

    /// The fleet's own, as a whole: directories of it may be declared as repositories, too.
    pub fn own(&self) -> Option<&Repository> {
        self.list.iter().rfind(|repository| repository.own)
    }

    /// The URL of the repository that is declared under a name.
    pub fn url(&self, name: &str) -> Option<&str> {
        self.list.iter().find(|r| r.name.as_deref() == Some(name))?.shown.first().map(String::as_str)
    }

    /// Whether a name stands for the fleet's own repository, or a directory of it.
    pub fn is_own(&self, name: &str) -> bool {
        self.list.iter().find(|r| r.name.as_deref() == Some(name)).is_some_and(|r| r.own)
    }

    /// The name of the repository that a place is in (none for the fleet's own), and the path in it.
    pub fn place(&self, path: &FilePath) -> (Option<String>, String) {
        let mut direct =
            self.list.iter().filter(|r| !r.own && r.root.tree == path.tree).map(|r| (r, r.root.path.as_str()));
        let trees = self.trees.lock().unwrap_or_else(PoisonError::into_inner);
        let pinned = trees.iter().find(|(_, root)| root.as_ref().is_ok_and(|opened| opened.root.tree == path.tree));
        let pinned = pinned.and_then(|((index, _), _)| self.list.get(*index)).filter(|r| !r.own).map(|r| (r, ""));
        match direct.next_back().or(pinned) {
            Some((repository, root)) => {
                let name = repository.name.clone().or_else(|| repository.urls.first().cloned());
                let inside = path.path.strip_prefix(root).unwrap_or(&path.path).trim_start_matches('/');
                (name, inside.to_owned())
            }
            None => (None, path.path.to_string()),
        }
    }

    /// Whether revisions are honoured.
    pub fn pinned(&self) -> bool {
        self.pins.pinned
    }

    /// The commit that a root of a pinned repository is; none where files are read as they stand.
    pub fn commit(&self, root: &FilePath) -> Option<String> {
        let trees = self.trees.lock().unwrap_or_else(PoisonError::into_inner);
        trees.values().flatten().find(|opened| opened.root == *root).map(|opened| opened.commit.clone())
    }

    /// Every revision that was read from git: the repository's name or URL (empty for the fleet's own), the revision as it is
    /// named, and the commit's id.
    pub fn resolved(&self) -> Vec<(String, String, String)> {
        let trees = self.trees.lock().unwrap_or_else(PoisonError::into_inner);
        let found = trees.iter().filter_map(|((index, revision), opened)| {
            let (repository, opened) = (self.list.get(*index)?, opened.as_ref().ok()?);
            let url = || repository.shown.first().cloned().unwrap_or_default();
            let name = if repository.own { String::new() } else { repository.name.clone().unwrap_or_else(url) };
            Some((name, revision.clone(), opened.commit.clone()))
        });
        let mut found: Vec<_> = found.collect();
        found.sort();
        found.dedup();
        found
    }

    /// Whether all of them are the fleet's own, or directories of it.
    pub fn are_own(&self) -> bool {
        self.list.iter().all(|repository| repository.own)
    }

    /// A digest of what names and URLs stand for, without what is in it.
    pub fn digest(&self, world: &World) -> [u8; 32] {
        *self.digest.get_or_init(|| {
            let mut hash = blake3::Hasher::new();
            for repository in &self.list {
                let tree = world.tree_name(repository.root.tree);
                let Repository { name, urls, root, prefix, own, excluded, .. } = repository;
                let text = format!("{name:?} {urls:?} {tree:?} {:?} {prefix:?} {own} {excluded:?};", root.path);
                hash.update(text.as_bytes());
            }
            hash.update(format!("{} {:?}", self.pins.pinned, self.pins.map).as_bytes());
            *hash.finalize().as_bytes()
        })
    }

    /// The commit that is compiled; none where files are read as they stand.
    pub fn compiled(&self) -> Option<&Compiled> {
        self.pins.compiled.as_ref()
    }

    /// What stands for chart repositories and registries that dependencies of charts name: by URL, by `@name` and by
    /// `alias:name`. All repositories are among them but the fleet's own as a whole.
    pub fn for_charts(&self, world: &World) -> Arc<[(String, FilePath)]> {
        let list = || {
            let mut charts = Vec::new();
            let own = self.list.iter().rposition(|repository| repository.own);
            for (index, repository) in self.list.iter().enumerate().filter(|(index, _)| Some(*index) != own) {
                // One that can't be opened is told where something of it is needed.
                let Ok(root) = self.at_revision(index, None, Origin::NONE, world) else { continue };
                charts.extend(repository.shown.iter().map(|url| (url.clone(), root.clone())));
                let names = repository.name.iter().flat_map(|name| [format!("@{name}"), format!("alias:{name}")]);
                charts.extend(names.map(|name| (name, root.clone())));
            }
            charts.into()
        };
        Arc::clone(self.charts.get_or_init(list))
    }

    /// The root of the repository that a layer names.
    ///
    /// # Errors
    /// No repository of that name, or none at that revision.
    pub fn by_name(
        &self,
        name: &str,
        revision: Option<&str>,
        at: Origin,
        world: &World,
    ) -> Result<FilePath, Diagnostic> {
        let found = self.list.iter().position(|r| r.name.as_deref() == Some(name));
        let Some(index) = found else {
            let known = self.list.iter().filter_map(|r| r.name.as_deref());
            return Err(Diagnostic::error(Code::UNKNOWN_REPOSITORY, format!("no repository is declared as `{name}`"))
                .at(at, "not declared")
                .did_you_mean(name, known)
                .hint("declare it under `spec.repositories` in terrace.yaml"));
        };
        self.at_revision(index, revision, at, world)
    }

    /// The root of the repository that a URL means, at a revision.
    ///
    /// # Errors
    /// No repository stands for the URL, or it has no such revision.
    pub fn by_url(
        &self,
        url: &str,
        revision: Option<&str>,
        at: (Origin, Origin),
        world: &World,
    ) -> Result<FilePath, Diagnostic> {
        let wanted = normalize_url(url);
        let found = self.list.iter().position(|r| r.urls.contains(&wanted));
        let Some(index) = found else {
            let known: Vec<&str> = self.list.iter().flat_map(|r| r.shown.iter().map(String::as_str)).collect();
            return Err(Diagnostic::error(
                Code::UNKNOWN_REPOSITORY,
                format!("nothing here stands for the repository `{url}`"),
            )
            .at(at.0, "this repository is not at hand")
            .did_you_mean(url, known)
            .hint(format!(
                "say where a copy of it stands: `--repo {url}=PATH`, or an entry under `repositories` in terrace.yaml"
            )));
        };
        self.at_revision(index, revision, at.1, world)
    }

    /// The root of the fleet's own repository at a revision (`None`: as it is compiled).
    pub fn own_at(&self, revision: Option<&str>, at: Origin, world: &World) -> Option<Result<FilePath, Diagnostic>> {
        let index = self.list.iter().rposition(|repository| repository.own)?;
        Some(self.at_revision(index, revision, at, world))
    }

    pub(super) fn at_revision(
        &self,
        index: usize,
        revision: Option<&str>,
        at: Origin,
        world: &World,
    ) -> Result<FilePath, Diagnostic> {
        let Some(repository) = self.list.get(index) else {
            return Err(Diagnostic::error(Code::UNKNOWN_REPOSITORY, "the repository is gone"));
        };
        let named = revision.filter(|r| !r.is_empty());
        // A bare repository has no files but those of its commits.
        let bare = !repository.own && repository.git.as_ref().is_some_and(|git| git.is_bare());
        let revision = match (self.pins.pinned || bare, named) {
            (false, _) => return Ok(repository.root.clone()),
            (true, Some(revision)) => revision,
            // Nothing to pin: a directory of charts, say.
            (true, None) if repository.git.is_none() => return Ok(repository.root.clone()),
            (true, None) => "HEAD",
        };
        let key = (index, revision.to_owned());
        let mut trees = self.trees.lock().unwrap_or_else(PoisonError::into_inner);
        let tree = trees.entry(key).or_insert_with(|| self.open(repository, revision, world)).clone();
        tree.map(|opened| opened.root).map_err(|diagnostic| diagnostic.at(at, "this revision"))
    }

    fn open(&self, repository: &Repository, revision: &str, world: &World) -> Result<Opened, Diagnostic> {
        let Some(git) = &repository.git else {
            let message = format!("can't read revision `{revision}`: the repository is not a git repository");
            return Err(Diagnostic::error(Code::UNKNOWN_REVISION, message)
                .hint("without `--pinned`, its files are read as they stand"));
        };
        let compiled = self.pins.compiled.clone().filter(|_| repository.own);
        let options = ResolveOptions { compiled, map: self.pins.map.clone(), ..ResolveOptions::default() };
        let ranged = match options.map.contains_key(revision) {
            true => None,
            false => self.tag_in_range(git, revision)?,
        };
        let named = ranged.as_deref().unwrap_or(revision);
        let commit = self.resolve(git, named, &options).map_err(|error| unresolved(revision, &error))?;
        let id = commit.id.to_string();
        let own = self.pins.compiled.as_ref().filter(|c| repository.own && c.commit.id == commit.id);
        if own.is_some() {
            return Ok(Opened { root: repository.root.clone(), commit: id });
        }
        let name = format!("{} of {} at {id}", repository.prefix, git.common_dir().display());
        let options = GitOptions {
            root: repository.prefix.clone(),
            name: repository.name.clone().unwrap_or_default(),
            excluded: repository.excluded.clone(),
            ..GitOptions::default()
        };
        let tree = GitTree::open(Arc::clone(git), &commit, options)
            .map_err(|error| Diagnostic::error(Code::GIT_FAILED, error.to_string()))?;
        Ok(Opened { root: FilePath::new(world.mount_as(name, Arc::new(tree)), ""), commit: id })
    }

    /// The commit that a revision means: the same as long as the run goes, but for what is being compiled.
    fn resolve(&self, git: &GitRepository, revision: &str, options: &ResolveOptions) -> Result<Commit, GitError> {
        let own = options.compiled.as_ref().is_some_and(|compiled| {
            let branch = revision.strip_prefix("refs/heads/").unwrap_or(revision);
            matches!(revision, "" | "HEAD") || compiled.branch.as_deref() == Some(branch)
        });
        if own {
            return git.resolve(revision, options);
        }
        let key = (git.common_dir().to_path_buf(), revision.to_owned());
        let mut found = self.pins.found.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(commit) = found.get(&key) {
            return Ok(commit.clone());
        }
        let commit = git.resolve(revision, options)?;
        found.insert(key, commit.clone());
        Ok(commit)
    }

    /// The highest tag in a range of versions (`1.2.*`); none if the revision isn't a range, or no tag is in it.
    fn tag_in_range(&self, git: &GitRepository, revision: &str) -> Result<Option<String>, Diagnostic> {
        if !may_be_range(revision) {
            return Ok(None);
        }
        let tags = git.tags().map_err(|error| Diagnostic::error(Code::GIT_FAILED, error.to_string()))?;
        Ok(highest_tag(revision, tags.iter().map(String::as_str)).map(str::to_owned))
    }
}

fn unresolved(revision: &str, error: &GitError) -> Diagnostic {
    match error {
        GitError::UnknownRevision(unknown) => {
            let message = format!("there is no branch, tag or commit `{revision}` in this clone");
            let mut diagnostic = Diagnostic::error(Code::UNKNOWN_REVISION, message);
            diagnostic.hints = unknown.hints();
            diagnostic.hint(format!("`--revision-map {revision}=REVISION` reads another in its place"))
        }
        error => Diagnostic::error(Code::GIT_FAILED, error.to_string()),
    }
}
