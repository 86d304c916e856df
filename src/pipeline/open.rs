//! The edge: directories and git repositories on this machine made into a world, a fleet and its roots.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::argocd::repository::normalize_url;
use crate::argocd::version::Version;
use crate::config::fleet::FleetSpec;
use crate::config::{Loaded, fleet::FleetFile};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::generate::Inputs;
use crate::git::{Compiled, Repository as GitRepository, ResolveOptions};
use crate::plan::ClusterId;
use crate::plan::fleet::{FLEET_FILE, Fleet, Promoted, cluster_file, documents, load_clusters, load_file};
use crate::plan::kustomizations::BuildOptions;
use crate::plan::repositories::{Found, Pins, Repositories, Repository};
use crate::source::Origin;
use crate::world::{DiskOptions, DiskTree, EntryKind, FilePath, GitOptions, GitTree, Reader, Reads, World, normalize};
use crate::yaml::{Dialect, Node};

/// What to open.
#[derive(Clone, Debug, Default)]
pub struct Opening {
    /// The directory that the user is in.
    pub current_dir: PathBuf,
    /// Roots given by hand; none: what terrace.yaml says.
    pub roots: Vec<String>,
    /// Further files that declare clusters.
    pub clusters: Vec<String>,
    /// Repositories given by hand: URL and path.
    pub repositories: Vec<(String, String)>,
    /// The cluster that roots given by hand are expanded on.
    pub hub: Option<String>,
    /// The revision to compile, read from git objects; none: the files as they stand (or HEAD, if pinned).
    pub revision: Option<String>,
    /// Compile what is staged for the next commit, instead of a revision.
    pub staged: bool,
    /// Read every revision that is named from git objects.
    pub pinned: bool,
    /// Give clusters the inputs of others: whose, and to whom, by name.
    pub promoted: Vec<(String, String)>,
    /// Revisions that stand for others.
    pub revision_map: BTreeMap<String, String>,
    /// What revisions were found to be; clones of an opening share it.
    pub found: Found,
    /// The output directory given by hand: it is never read.
    pub output: Option<PathBuf>,
    /// Further files with what generators can't know by themselves.
    pub inputs: Vec<String>,
    /// The Argo CD given by hand.
    pub argocd_version: Option<Version>,
}

impl Opening {
    /// The directory of terrace.yaml, or the one that the user is in.
    pub fn fleet_dir(&self) -> PathBuf {
        find_fleet(&self.current_dir).unwrap_or_else(|| self.current_dir.clone())
    }

    /// What a path, relative to where the user is, is below the root of the fleet's own repository; none if it is elsewhere.
    /// Nothing need stand there.
    pub fn path_in_repository(&self, path: &str) -> Option<String> {
        let fleet = self.fleet_dir();
        let git = GitRepository::discover(&fleet).ok().flatten();
        let root = git.as_ref().and_then(|git| git.work_tree()).unwrap_or(&fleet);
        inside(root, &self.current_dir, path)
    }
}

/// A fleet, ready to be compiled.
#[derive(Debug)]
pub struct Opened {
    /// What is declared.
    pub fleet: Fleet,
    /// Where expansion starts.
    pub roots: Vec<Root>,
    /// What is wrong with it.
    pub diagnostics: Diagnostics,
    /// The URL of the own repository's remote, `origin` before others.
    pub remote_url: Option<String>,
    /// What was read: terrace.yaml, and the files that declare clusters.
    pub reads: Reads,
}

/// A root and the hubs that it is expanded on.
#[derive(Clone, Debug)]
pub struct Root {
    /// The directory that its path is relative to.
    pub base: FilePath,
    /// Its path.
    pub path: String,
    /// Where it was named.
    pub origin: Origin,
    /// The hubs.
    pub hubs: Vec<ClusterId>,
}

/// Opens what the user stands in: a fleet with a terrace.yaml, here or above, or the repository of the roots given.
///
/// # Errors
/// There is nothing to work on, or terrace.yaml can't be used.
pub fn open(world: &World, opening: &Opening) -> Result<Opened, Diagnostics> {
    let of_commit = opening.pinned || opening.staged || opening.revision.is_some();
    let found = find_fleet(&opening.current_dir);
    let near = found.as_deref().filter(|_| !of_commit).unwrap_or(&opening.current_dir);
    let git = match GitRepository::discover(near) {
        Ok(git) => git.map(Arc::new),
        // Without git the files are there all the same; what needs revisions says so.
        Err(_) if !of_commit => None,
        Err(error) => return Err(git_failed(&error).into()),
    };
    let top = git.as_ref().and_then(|g| g.work_tree().map(Path::to_path_buf));
    if of_commit {
        let Some(git) = git else {
            let message = "revisions are read from git, and this is not a git repository";
            let told = Diagnostic::error(Code::UNKNOWN_REVISION, message);
            return Err(if opening.pinned { told.hint("leave `--pinned` out") } else { told }.into());
        };
        let compiled = compiled(&git, opening)?;
        // A bare repository has no directories: the user stands at the root of all commits.
        let root = top.unwrap_or_else(|| git.git_dir().to_path_buf());
        let tree = commit_tree(world, &git, &compiled, shown_at(opening, &root), Vec::new())?;
        let from = below(&root, &opening.current_dir);
        let found = fleet_above(world, &tree, &from);
        if found.is_none() && opening.roots.is_empty() {
            let revision = &compiled.commit.revision;
            let place = if from.is_empty() { "at the root".to_owned() } else { format!("in `{from}` or above it") };
            let message = format!("there is no {FLEET_FILE} {place} of `{revision}`");
            return Err(Diagnostic::error(Code::NO_FLEET, message).hint("go to the fleet with `-C DIR`").into());
        }
        let has_file = found.is_some();
        let base = root.join(found.unwrap_or_default());
        return Mounts { world, opening, git: Some(git), root, base, has_file, compiled: Some(compiled) }.open();
    }
    if found.is_none() && opening.roots.is_empty() {
        let place = opening.current_dir.display();
        let told = Diagnostic::error(Code::NO_FLEET, format!("there is no {FLEET_FILE} in `{place}` or above it"));
        if git.as_ref().is_some_and(|git| git.is_bare()) {
            let hint = "a bare repository has no files but those of its commits: name some, as in `terrace diff A B`";
            return Err(told.hint(hint).into());
        }
        return Err(told
            .hint("name what to start from, such as `terrace render argocd-bootstrap-apps/`")
            .hint("or go to the fleet with `-C DIR`")
            .into());
    }
    let base = found.unwrap_or_else(|| top.clone().unwrap_or_else(|| opening.current_dir.clone()));
    let root = top.unwrap_or_else(|| base.clone());
    let has_file = base.join(FLEET_FILE).symlink_metadata().is_ok();
    Mounts { world, opening, git, root, base, has_file, compiled: None }.open()
}

/// Tells that git, or a revision, failed.
pub fn unknown_revision(error: &crate::git::GitError) -> Diagnostic {
    match error {
        crate::git::GitError::UnknownRevision(unknown) => {
            let message = match unknown.revision.as_str() {
                "HEAD" => "`HEAD` has no commit yet".to_owned(),
                name => format!("there is no branch, tag or commit `{name}` in this clone"),
            };
            let mut diagnostic = Diagnostic::error(Code::UNKNOWN_REVISION, message);
            diagnostic.hints = unknown.hints();
            diagnostic
        }
        error => git_failed(error),
    }
}

fn git_failed(error: &crate::git::GitError) -> Diagnostic {
    Diagnostic::error(Code::GIT_FAILED, error.to_string())
}

/// The commit to compile, and its branch.
fn compiled(git: &GitRepository, opening: &Opening) -> Result<Compiled, Diagnostic> {
    if opening.staged {
        let tree = git.index_tree().map_err(|error| git_failed(&error))?;
        // Its id is that of no commit yet: the tree's own does as well.
        let commit = crate::git::Commit { id: tree, tree, revision: "what is staged".to_owned() };
        return Ok(Compiled { commit, branch: git.head_branch().map_err(|error| git_failed(&error))? });
    }
    let revision = opening.revision.as_deref().unwrap_or("HEAD");
    let options = ResolveOptions { expressions: true, ..ResolveOptions::default() };
    let commit = git.resolve(revision, &options).map_err(|error| match &opening.revision {
        Some(_) => unknown_revision(&error),
        None => git_failed(&error),
    })?;
    let branch = match revision {
        "HEAD" => git.head_branch().map_err(|error| git_failed(&error))?,
        name => git.branch_named(name).map_err(|error| git_failed(&error))?,
    };
    Ok(Compiled { commit, branch })
}

/// A commit that stands for the working tree, or is held against it, is shown like that.
fn shown_at(opening: &Opening, root: &Path) -> Option<(PathBuf, PathBuf)> {
    let stands_for = opening.staged || (opening.revision.is_some() && !opening.pinned);
    stands_for.then(|| (root.to_owned(), opening.current_dir.clone()))
}

/// The tree of a commit, mounted.
fn commit_tree(
    world: &World,
    git: &Arc<GitRepository>,
    compiled: &Compiled,
    shown_at: Option<(PathBuf, PathBuf)>,
    excluded: Vec<String>,
) -> Result<FilePath, Diagnostic> {
    let options = GitOptions { shown_at, excluded, ..GitOptions::default() };
    let tree = GitTree::open(Arc::clone(git), &compiled.commit, options).map_err(|error| git_failed(&error))?;
    Ok(FilePath::new(world.mount_as(OWN, Arc::new(tree)), ""))
}

/// What the fleet's own repository is called, at whatever state.
pub(super) const OWN: &str = "own";

/// The nearest directory at or above `from` that has a `terrace.yaml` in a tree.
fn fleet_above(world: &World, tree: &FilePath, from: &str) -> Option<String> {
    let tree = world.tree(tree.tree)?;
    let mut dir = from;
    loop {
        let file = crate::world::join(dir, FLEET_FILE)?;
        if tree.kind(&file).is_ok_and(|kind| kind.is_some()) {
            return Some(dir.to_owned());
        }
        if dir.is_empty() {
            return None;
        }
        dir = crate::world::parent(dir);
    }
}

/// The nearest directory at or above `from` that has a `terrace.yaml`, of whatever kind.
fn find_fleet(from: &Path) -> Option<PathBuf> {
    from.ancestors().find(|dir| dir.join(FLEET_FILE).symlink_metadata().is_ok()).map(Path::to_path_buf)
}

/// The fleet's own repository.
struct Own<'a> {
    /// Its directory.
    root: &'a Path,
    /// Its tree: the directory, or (pinned) the compiled commit.
    tree: FilePath,
    /// Paths in it that are never read.
    excluded: Vec<String>,
}

struct Mounts<'a> {
    world: &'a World,
    opening: &'a Opening,
    git: Option<Arc<GitRepository>>,
    /// The repository's root: of its working tree, a bare git directory, or the fleet's own directory without git.
    root: PathBuf,
    /// The directory of terrace.yaml, or the repository's root.
    base: PathBuf,
    /// Whether there is a terrace.yaml.
    has_file: bool,
    /// The commit that is compiled; none where files are read as they stand.
    compiled: Option<Compiled>,
}

impl Mounts<'_> {
    fn open(&self) -> Result<Opened, Diagnostics> {
        let prefix = below(&self.root, &self.base);
        let reader = Reader::new(self.world);
        // The output directory is known only once terrace.yaml has been read: read that first, by itself.
        let file = match self.has_file {
            true => Some(self.fleet_file(&prefix, &reader)?),
            false => None,
        };
        let spec = file.as_ref().map_or_else(FleetSpec::default, |(_, f)| f.value.spec.clone());
        let mut excluded = Vec::new();
        if file.is_some() {
            excluded.extend(crate::world::join(&prefix, &spec.output.path));
        }
        if let Some(output) = &self.opening.output {
            excluded.extend(output.canonicalize().ok().map(|o| below(&self.root, &o)).filter(|o| !o.is_empty()));
        }
        let own = self.own_tree(excluded.clone())?;
        let dir = own.join(&prefix).unwrap_or_else(|| own.clone());
        let file = file.map(|(_, file)| file);
        let mut diagnostics = Diagnostics::new();
        let own = Own { root: &self.root, tree: own, excluded };
        let repositories = self.repositories(&spec, file.as_ref(), &own, &mut diagnostics);
        let pins = Pins {
            pinned: self.opening.pinned,
            map: self.opening.revision_map.clone(),
            compiled: self.compiled.clone(),
            found: Found::clone(&self.opening.found),
        };
        let setting_at = file.as_ref().map_or(Origin::NONE, |f| f.origin(&["spec", "argocd", "kustomizeBuildOptions"]));
        let setting = spec.argocd.kustomize_build_options.as_deref();
        let kustomize = BuildOptions::of(setting, setting_at).unwrap_or_else(|problem| {
            diagnostics.push(problem);
            BuildOptions::default()
        });
        let inputs = self.inputs(&reader, &dir, &spec, file.as_ref(), &mut diagnostics);
        let mut fleet = Fleet {
            promoted: Vec::new(),
            inputs,
            kustomize,
            argocd: self.opening.argocd_version.unwrap_or(spec.argocd.version),
            clusters: self.clusters(&reader, &dir, &spec, file.as_ref(), &mut diagnostics),
            file,
            dir,
            spec,
            repositories: Arc::new(Repositories::new(repositories, pins)),
        };
        self.promote(&mut fleet, &mut diagnostics);
        let roots = self.roots(&mut fleet, &own, &mut diagnostics);
        let remotes = self.git.as_ref().and_then(|g| g.remote_urls().ok()).unwrap_or_default();
        let origin = remotes.iter().find(|r| r.name == "origin").or(remotes.first());
        let remote_url = origin.map(|remote| remote.url.clone());
        Ok(Opened { fleet, roots, diagnostics, remote_url, reads: reader.into_reads() })
    }

    fn fleet_file(&self, prefix: &str, reader: &Reader) -> Result<(FilePath, Loaded<FleetFile>), Diagnostics> {
        let tree = self.own_tree(Vec::new())?;
        let dir = tree.join(prefix).unwrap_or(tree);
        let path = dir.join(FLEET_FILE).unwrap_or_else(|| dir.clone());
        let file = load_file(reader, &path)?;
        Ok((dir, file))
    }

    /// The fleet's own repository: the commit that is compiled, or its directory.
    fn own_tree(&self, excluded: Vec<String>) -> Result<FilePath, Diagnostics> {
        match (&self.compiled, &self.git) {
            (Some(compiled), Some(git)) => {
                Ok(commit_tree(self.world, git, compiled, shown_at(self.opening, &self.root), excluded)?)
            }
            _ => self.disk_tree(&self.root, String::new(), excluded),
        }
    }

    fn disk_tree(&self, root: &Path, name: String, excluded: Vec<String>) -> Result<FilePath, Diagnostics> {
        let options = DiskOptions {
            name,
            current_dir: Some(self.opening.current_dir.clone()),
            excluded,
            repository: self.git.clone().filter(|g| g.work_tree().is_some_and(|top| root.starts_with(top))),
        };
        let tree = DiskTree::open(root, options).map_err(|error| {
            Diagnostic::error(Code::FILE_UNREADABLE, format!("can't read `{}`: {error}", root.display()))
        })?;
        Ok(FilePath::new(self.world.mount_as(OWN, Arc::new(tree)), ""))
    }

    /// Repositories given by hand come first, then those of terrace.yaml, then the own one by its remotes' URLs.
    fn repositories(
        &self,
        spec: &FleetSpec,
        file: Option<&Loaded<FleetFile>>,
        own: &Own,
        diagnostics: &mut Diagnostics,
    ) -> Vec<Repository> {
        let mut list = Vec::new();
        for (url, path) in &self.opening.repositories {
            let place = self.opening.current_dir.join(path);
            match self.repository(&place, own, url) {
                Ok(found) => {
                    list.push(Repository { urls: vec![normalize_url(url)], shown: vec![url.clone()], ..found })
                }
                Err(why) => diagnostics.push(
                    Diagnostic::error(Code::UNKNOWN_REPOSITORY, format!("`--repo {url}={path}`: {why}"))
                        .hint("PATH is a directory on this machine, relative to the current one"),
                ),
            }
        }
        for (index, declared) in spec.repositories.iter().enumerate() {
            let index = index.to_string();
            let at = |key| file.map_or(Origin::NONE, |f| f.origin(&["spec", "repositories", &index, key]));
            if declared.name.is_none() && declared.url.is_none() {
                let message = "a repository needs a `name`, a `url`, or both";
                diagnostics.push(Diagnostic::error(Code::MISSING_KEY, message).at(at("path"), "this repository"));
            }
            let shown = declared.name.as_deref().or(declared.url.as_deref()).unwrap_or_default();
            match self.declared_repository(&declared.path, own, shown) {
                Ok(found) => list.push(Repository {
                    name: declared.name.clone(),
                    urls: declared.url.iter().map(|url| normalize_url(url)).collect(),
                    shown: declared.url.iter().cloned().collect(),
                    ..found
                }),
                Err(why) => diagnostics.push(
                    Diagnostic::error(Code::UNKNOWN_REPOSITORY, format!("repository `{shown}`: {why}"))
                        .at(at("path"), "this directory")
                        .hint("the path is relative to terrace.yaml"),
                ),
            }
        }
        let remotes = self.git.as_ref().and_then(|g| g.remote_urls().ok()).unwrap_or_default();
        list.push(Repository {
            name: None,
            urls: remotes.iter().map(|remote| normalize_url(&remote.url)).collect(),
            shown: remotes.iter().map(|remote| remote.url.clone()).collect(),
            root: own.tree.clone(),
            git: self.git.clone(),
            prefix: String::new(),
            own: true,
            excluded: own.excluded.clone(),
        });
        list
    }

    /// The repository at a path that terrace.yaml names. In a commit a path of the own repository needs no directory.
    fn declared_repository(&self, path: &str, own: &Own, shown: &str) -> Result<Repository, String> {
        if self.compiled.is_some()
            && let Some(inside) = inside(own.root, &self.base, path)
        {
            let at = own.tree.join(&inside).unwrap_or_else(|| own.tree.clone());
            let kind = self.world.tree(at.tree).map_or(Ok(None), |tree| tree.kind(&at.path));
            return match kind.map_err(|error| error.to_string())? {
                Some(EntryKind::Directory) => Ok(self.own_part(&inside, own)),
                _ => Err(format!("`{inside}` is not a directory of the commit")),
            };
        }
        self.repository(&self.base.join(path), own, shown)
    }

    /// A directory of the own repository.
    fn own_part(&self, prefix: &str, own: &Own) -> Repository {
        let inside = own.tree.join(prefix).unwrap_or_else(|| own.tree.clone());
        let excluded = own.excluded.iter().filter_map(|path| beneath(path, prefix)).map(str::to_owned).collect();
        Repository {
            name: None,
            urls: Vec::new(),
            shown: Vec::new(),
            root: inside,
            git: self.git.clone(),
            prefix: prefix.to_owned(),
            own: true,
            excluded,
        }
    }

    /// The repository at a directory: a part of the own one, or another.
    fn repository(&self, place: &Path, own: &Own, shown: &str) -> Result<Repository, String> {
        let place = place.canonicalize().map_err(|e| format!("`{}`: {e}", place.display()))?;
        if !place.is_dir() {
            return Err(format!("`{}` is not a directory", place.display()));
        }
        let root = own.root.canonicalize().unwrap_or_else(|_| own.root.to_path_buf());
        if place.starts_with(&root) {
            return Ok(self.own_part(&below(&root, &place), own));
        }
        let git = GitRepository::discover(&place).ok().flatten().map(Arc::new);
        let prefix = git.as_ref().and_then(|g| g.work_tree()).map(|top| below(top, &place)).unwrap_or_default();
        let options = DiskOptions { name: shown.to_owned(), repository: git.clone(), ..DiskOptions::default() };
        let tree = DiskTree::open(&place, options).map_err(|e| e.to_string())?;
        let root = FilePath::new(self.world.mount_as(format!("at {}", place.display()), Arc::new(tree)), "");
        Ok(Repository {
            name: None,
            urls: Vec::new(),
            shown: Vec::new(),
            root,
            git,
            prefix,
            own: false,
            excluded: Vec::new(),
        })
    }

    fn clusters(
        &self,
        reader: &Reader,
        dir: &FilePath,
        spec: &FleetSpec,
        file: Option<&Loaded<FleetFile>>,
        diagnostics: &mut Diagnostics,
    ) -> Vec<crate::config::cluster::Cluster> {
        let nodes = file.and_then(|f| f.node.at(&["spec", "clusters"])).and_then(Node::as_seq).unwrap_or_default();
        let origin = |i: usize| nodes.get(i).map_or(Origin::NONE, |n| n.origin);
        let patterns = spec.clusters.iter().enumerate().map(|(i, pattern)| (pattern.clone(), origin(i)));
        let patterns: Vec<(String, Origin)> = if file.is_some() { patterns.collect() } else { Vec::new() };
        let (mut clusters, problems) = load_clusters(reader, dir, &patterns);
        diagnostics.extend(problems);
        for given in &self.opening.clusters {
            match self.given_clusters(given, reader) {
                Ok((found, problems)) => {
                    diagnostics.extend(problems);
                    // What is given by hand replaces what is declared under the same name.
                    clusters.retain(|c| !found.iter().any(|f| f.name == c.name));
                    clusters.extend(found);
                }
                Err(diagnostic) => diagnostics.push(diagnostic),
            }
        }
        clusters.sort_by(|a, b| a.name.cmp(&b.name));
        clusters
    }

    /// The clusters of a file, or of every YAML file in a directory, given by hand.
    fn given_clusters(
        &self,
        given: &str,
        reader: &Reader,
    ) -> Result<(Vec<crate::config::cluster::Cluster>, Diagnostics), Diagnostic> {
        let fail = |why: String| Diagnostic::error(Code::FILE_MISSING, format!("`--clusters {given}`: {why}"));
        let (root, file) = self.given(given).map_err(fail)?;
        match file {
            Some(file) => Ok(cluster_file(reader, &file)),
            None => {
                let all = ["*.yaml", "*.yml"].map(|pattern| (pattern.to_owned(), Origin::NONE));
                Ok(load_clusters(reader, &root, &all))
            }
        }
    }

    /// What generators can't know by themselves: files that terrace.yaml names, and those given by hand.
    fn inputs(
        &self,
        reader: &Reader,
        dir: &FilePath,
        spec: &FleetSpec,
        file: Option<&Loaded<FleetFile>>,
        diagnostics: &mut Diagnostics,
    ) -> Inputs {
        let mut files: Vec<(FilePath, Origin)> = Vec::new();
        for (index, name) in spec.inputs.iter().enumerate() {
            let index = index.to_string();
            let at = file.map_or(Origin::NONE, |f| f.origin(&["spec", "inputs", &index]));
            match normalize(name).and_then(|name| dir.join(&name)) {
                Some(path) => files.push((path, at)),
                None => {
                    let message = format!("the path of a file with inputs leaves the repository: `{name}`");
                    diagnostics.push(Diagnostic::error(Code::PATH_ESCAPES, message).at(at, "leaves the repository"));
                }
            }
        }
        for given in &self.opening.inputs {
            let file = self.given(given).and_then(|(_, file)| file.ok_or_else(|| "is a directory".to_owned()));
            match file {
                Ok(path) => files.push((path, Origin::NONE)),
                Err(why) => {
                    let message = format!("`--inputs {given}`: {why}");
                    diagnostics.push(Diagnostic::error(Code::FILE_MISSING, message));
                }
            }
        }
        let mut inputs = Inputs::new();
        for (path, named_at) in files {
            let (nodes, problems) = documents(reader, &path, Dialect::Config);
            diagnostics.extend(problems.into_iter().map(|d| d.named_at(named_at, "named here")));
            for node in nodes {
                diagnostics.extend(inputs.add(node).err().into_iter().flatten());
            }
        }
        inputs
    }

    /// What is named on the command line: a directory, or the one that holds a file, and the file.
    fn given(&self, given: &str) -> Result<(FilePath, Option<FilePath>), String> {
        let place = self.opening.current_dir.join(given).canonicalize().map_err(|e| e.to_string())?;
        let (dir, name) = match place.is_dir() {
            true => (place.as_path(), None),
            false => (place.parent().unwrap_or(Path::new("/")), place.file_name().and_then(|n| n.to_str())),
        };
        let options = DiskOptions { current_dir: Some(self.opening.current_dir.clone()), ..DiskOptions::default() };
        let tree = DiskTree::open(dir, options).map_err(|e| e.to_string())?;
        let root = FilePath::new(self.world.mount_as(format!("at {}", dir.display()), Arc::new(tree)), "");
        let file = name.and_then(|name| root.join(name));
        Ok((root, file))
    }

    /// Gives clusters the inputs of others.
    fn promote(&self, fleet: &mut Fleet, diagnostics: &mut Diagnostics) {
        for (from, to) in &self.opening.promoted {
            let mut known = |name: &String| {
                let found = fleet.cluster(name);
                if found.is_none() {
                    let message = format!("`{name}` is not a declared cluster");
                    let known = fleet.clusters.iter().map(|c| &*c.name);
                    diagnostics.push(Diagnostic::error(Code::UNKNOWN_DESTINATION, message).did_you_mean(name, known));
                }
                found
            };
            let (Some(from), Some(to)) = (known(from), known(to)) else { continue };
            let revision = fleet.clusters.get(from).and_then(|cluster| cluster.revision.clone());
            if let Some(cluster) = fleet.clusters.get_mut(to) {
                cluster.revision = revision;
            }
            fleet.promoted.push(Promoted { from, to });
        }
    }

    /// The hub of roots that select none.
    fn hub(&self, fleet: &mut Fleet, diagnostics: &mut Diagnostics) -> Option<ClusterId> {
        match &self.opening.hub {
            None => Some(fleet.in_cluster()),
            Some(name) => match fleet.cluster(name) {
                Some(hub) => Some(hub),
                None if !fleet.declares_clusters() => {
                    let hub = crate::config::cluster::Cluster::named(
                        name.as_str(),
                        crate::config::cluster::Declared::Assumed,
                        Origin::NONE,
                    );
                    fleet.clusters.push(hub);
                    Some(fleet.clusters.len() - 1)
                }
                None => {
                    let known = fleet.clusters.iter().map(|c| &*c.name);
                    diagnostics.push(
                        Diagnostic::error(
                            Code::UNKNOWN_DESTINATION,
                            format!("`--hub {name}` is not a declared cluster"),
                        )
                        .did_you_mean(name, known),
                    );
                    None
                }
            },
        }
    }

    fn roots(&self, fleet: &mut Fleet, own: &Own, diagnostics: &mut Diagnostics) -> Vec<Root> {
        if self.opening.roots.is_empty() {
            return self.declared_roots(fleet, diagnostics);
        }
        let Some(hub) = self.hub(fleet, diagnostics) else { return Vec::new() };
        let mut roots = Vec::new();
        for given in &self.opening.roots {
            match self.given_root(given, own) {
                Ok(path) => roots.push(Root { base: own.tree.clone(), path, origin: Origin::NONE, hubs: vec![hub] }),
                Err(diagnostic) => diagnostics.push(diagnostic),
            }
        }
        roots
    }

    /// The path in the repository of a root that was given by hand.
    fn given_root(&self, given: &str, own: &Own) -> Result<String, Diagnostic> {
        let missing = || {
            Diagnostic::error(Code::UNKNOWN_PATH, format!("there is no root at `{given}`"))
                .hint("a root is a file or a directory of this repository")
        };
        let outside = |top: &Path| {
            let message = format!("the root `{given}` is outside the repository at `{}`", top.display());
            Diagnostic::error(Code::PATH_ESCAPES, message)
        };
        let place = self.opening.current_dir.join(given);
        let path = match &self.compiled {
            Some(_) => {
                let inside = inside(own.root, &self.opening.current_dir, given).ok_or_else(|| outside(own.root))?;
                let stands = own.tree.join(&inside).and_then(|at| self.world.tree(at.tree)?.kind(&at.path).ok()?);
                stands.is_some().then_some(inside).ok_or_else(missing)?
            }
            None => {
                let top = own.root.canonicalize().unwrap_or_else(|_| own.root.to_path_buf());
                match place.canonicalize() {
                    Ok(place) if place.starts_with(&top) => below(&top, &place),
                    _ if place.symlink_metadata().is_err() => return Err(missing()),
                    _ => return Err(outside(&top)),
                }
            }
        };
        Ok(if path.is_empty() { ".".to_owned() } else { path })
    }

    fn declared_roots(&self, fleet: &mut Fleet, diagnostics: &mut Diagnostics) -> Vec<Root> {
        let mut roots = Vec::new();
        // Told once, whether or not a root needs it.
        let given = match &self.opening.hub {
            Some(_) => match self.hub(fleet, diagnostics) {
                Some(hub) => Some(hub),
                None => return roots,
            },
            None => None,
        };
        for (index, root) in fleet.spec.argocd.roots.clone().into_iter().enumerate() {
            let index = index.to_string();
            let file = fleet.file.as_ref();
            let at = |key| file.map_or(Origin::NONE, |f| f.origin(&["spec", "argocd", "roots", &index, key]));
            let (origin, on) = (at("path"), at("on"));
            let hubs: Vec<ClusterId> = match &root.on {
                None => vec![given.unwrap_or_else(|| fleet.in_cluster())],
                Some(selector) => {
                    let all = fleet.clusters.iter().enumerate();
                    all.filter(|(_, c)| selector.matches(&c.labels)).map(|(i, _)| i).collect()
                }
            };
            if hubs.is_empty() {
                let message = format!("no cluster is selected as a hub for the root `{}`", root.path);
                diagnostics.push(Diagnostic::warning(Code::MATCHES_NOTHING, message).at(on, "selects nothing"));
            }
            roots.push(Root { base: fleet.dir.clone(), path: root.path, origin, hubs });
        }
        roots
    }
}

/// What `path`, as written in the directory `from`, means below `root`; none if it is elsewhere. Nothing need stand there.
fn inside(root: &Path, from: &Path, path: &str) -> Option<String> {
    match Path::new(path).strip_prefix(root) {
        Ok(inside) => normalize(&inside.to_string_lossy()),
        Err(_) if Path::new(path).is_absolute() => None,
        Err(_) => crate::world::join(&below(root, from), path),
    }
}

/// `path` without the directory `above` before it; none if it isn't below.
fn beneath<'p>(path: &'p str, above: &str) -> Option<&'p str> {
    if above.is_empty() { Some(path) } else { path.strip_prefix(above)?.strip_prefix('/') }
}

/// `path` below `root`, with slashes; empty if it is the root or not below it.
fn below(root: &Path, path: &Path) -> String {
    let rest = path.strip_prefix(root).unwrap_or(Path::new(""));
    rest.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}
