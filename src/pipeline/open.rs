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
use crate::plan::fleet::{FLEET_FILE, Fleet, cluster_file, documents, load_clusters, load_file};
use crate::plan::kustomizations::BuildOptions;
use crate::plan::repositories::{Pins, Repositories, Repository};
use crate::source::Origin;
use crate::world::{DiskOptions, DiskTree, FilePath, GitOptions, GitTree, Reader, Reads, World, normalize};
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
    /// Read every revision from git objects.
    pub pinned: bool,
    /// Revisions that stand for others.
    pub revision_map: BTreeMap<String, String>,
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
    let found = find_fleet(&opening.current_dir);
    let git = match GitRepository::discover(found.as_deref().unwrap_or(&opening.current_dir)) {
        Ok(git) => git.map(Arc::new),
        // Without git the files are there all the same; what needs revisions says so.
        Err(_) if !opening.pinned => None,
        Err(error) => return Err(Diagnostic::error(Code::GIT_FAILED, error.to_string()).into()),
    };
    if found.is_none() && opening.roots.is_empty() {
        let place = opening.current_dir.display();
        return Err(Diagnostic::error(Code::NO_FLEET, format!("there is no {FLEET_FILE} in `{place}` or above it"))
            .hint("name what to start from, such as `terrace render argocd-bootstrap-apps/`")
            .hint("or go to the fleet with `-C DIR`")
            .into());
    }
    let top = git.as_ref().and_then(|g| g.work_tree().map(Path::to_path_buf));
    let fleet_dir = found.unwrap_or_else(|| top.clone().unwrap_or_else(|| opening.current_dir.clone()));
    Mounts { world, opening, git, top, base: fleet_dir }.open()
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
    top: Option<PathBuf>,
    /// The directory of terrace.yaml, or the repository's root.
    base: PathBuf,
}

impl Mounts<'_> {
    fn open(&self) -> Result<Opened, Diagnostics> {
        let root = self.top.clone().unwrap_or_else(|| self.base.clone());
        let prefix = below(&root, &self.base);
        let compiled = self.compiled()?;
        let has_file = self.base.join(FLEET_FILE).symlink_metadata().is_ok();
        let reader = Reader::new(self.world);
        // The output directory is known only once terrace.yaml has been read: read that first, by itself.
        let file = match has_file {
            true => Some(self.fleet_file(&root, &prefix, compiled.as_ref(), &reader)?),
            false => None,
        };
        let spec = file.as_ref().map_or_else(FleetSpec::default, |(_, f)| f.value.spec.clone());
        let mut excluded = Vec::new();
        if file.is_some() {
            excluded.extend(crate::world::join(&prefix, &spec.output.path));
        }
        if let Some(output) = &self.opening.output {
            excluded.extend(output.canonicalize().ok().map(|o| below(&root, &o)).filter(|o| !o.is_empty()));
        }
        let own = match &compiled {
            Some(compiled) => self.git_tree(compiled, excluded.clone())?,
            None => self.disk_tree(&root, String::new(), excluded.clone())?,
        };
        let dir = own.join(&prefix).unwrap_or_else(|| own.clone());
        let file = file.map(|(_, file)| file);
        let mut diagnostics = Diagnostics::new();
        let own = Own { root: &root, tree: own, excluded };
        let repositories = self.repositories(&spec, file.as_ref(), &own, &mut diagnostics);
        let pins = Pins { pinned: self.opening.pinned, map: self.opening.revision_map.clone(), compiled };
        let setting_at = file.as_ref().map_or(Origin::NONE, |f| f.origin(&["spec", "argocd", "kustomizeBuildOptions"]));
        let setting = spec.argocd.kustomize_build_options.as_deref();
        let kustomize = BuildOptions::of(setting, setting_at).unwrap_or_else(|problem| {
            diagnostics.push(problem);
            BuildOptions::default()
        });
        let inputs = self.inputs(&reader, &dir, &spec, file.as_ref(), &mut diagnostics);
        let mut fleet = Fleet {
            inputs,
            kustomize,
            argocd: self.opening.argocd_version.unwrap_or(spec.argocd.version),
            clusters: self.clusters(&reader, &dir, &spec, file.as_ref(), &mut diagnostics),
            file,
            dir,
            spec,
            repositories: Arc::new(Repositories::new(repositories, pins)),
        };
        let roots = self.roots(&mut fleet, &own, &mut diagnostics);
        let remotes = self.git.as_ref().and_then(|g| g.remote_urls().ok()).unwrap_or_default();
        let origin = remotes.iter().find(|r| r.name == "origin").or(remotes.first());
        let remote_url = origin.map(|remote| remote.url.clone());
        Ok(Opened { fleet, roots, diagnostics, remote_url, reads: reader.into_reads() })
    }

    fn compiled(&self) -> Result<Option<Compiled>, Diagnostics> {
        if !self.opening.pinned {
            return Ok(None);
        }
        let Some(git) = &self.git else {
            let message = "pinned revisions are read from git, and this is not a git repository";
            return Err(Diagnostic::error(Code::UNKNOWN_REVISION, message).hint("leave `--pinned` out").into());
        };
        let fail = |e: crate::git::GitError| Diagnostics::from(Diagnostic::error(Code::GIT_FAILED, e.to_string()));
        let commit = git.resolve("HEAD", &ResolveOptions::default()).map_err(fail)?;
        Ok(Some(Compiled { commit, branch: git.head_branch().map_err(fail)? }))
    }

    fn fleet_file(
        &self,
        root: &Path,
        prefix: &str,
        compiled: Option<&Compiled>,
        reader: &Reader,
    ) -> Result<(FilePath, Loaded<FleetFile>), Diagnostics> {
        let tree = match compiled {
            Some(compiled) => self.git_tree(compiled, Vec::new())?,
            None => self.disk_tree(root, String::new(), Vec::new())?,
        };
        let dir = tree.join(prefix).unwrap_or(tree);
        let path = dir.join(FLEET_FILE).unwrap_or_else(|| dir.clone());
        let file = load_file(reader, &path)?;
        Ok((dir, file))
    }

    fn git_tree(&self, compiled: &Compiled, excluded: Vec<String>) -> Result<FilePath, Diagnostics> {
        let Some(git) = &self.git else { return Err(Diagnostics::new()) };
        let options = GitOptions { root: String::new(), name: String::new(), excluded };
        let tree = GitTree::open(Arc::clone(git), &compiled.commit, options)
            .map_err(|e| Diagnostic::error(Code::GIT_FAILED, e.to_string()))?;
        Ok(FilePath::new(self.world.mount(Arc::new(tree)), ""))
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
        Ok(FilePath::new(self.world.mount(Arc::new(tree)), ""))
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
            match self.repository(&self.base.join(&declared.path), own, shown) {
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

    /// The repository at a directory: a part of the own one, or another.
    fn repository(&self, place: &Path, own: &Own, shown: &str) -> Result<Repository, String> {
        let place = place.canonicalize().map_err(|e| format!("`{}`: {e}", place.display()))?;
        if !place.is_dir() {
            return Err(format!("`{}` is not a directory", place.display()));
        }
        let root = own.root.canonicalize().unwrap_or_else(|_| own.root.to_path_buf());
        if place.starts_with(&root) {
            let prefix = below(&root, &place);
            let inside = own.tree.join(&prefix).unwrap_or_else(|| own.tree.clone());
            let git = self.git.clone();
            let excluded = own.excluded.iter().filter_map(|path| beneath(path, &prefix)).map(str::to_owned).collect();
            return Ok(Repository {
                name: None,
                urls: Vec::new(),
                shown: Vec::new(),
                root: inside,
                git,
                prefix,
                own: true,
                excluded,
            });
        }
        let git = GitRepository::discover(&place).ok().flatten().map(Arc::new);
        let prefix = git.as_ref().and_then(|g| g.work_tree()).map(|top| below(top, &place)).unwrap_or_default();
        let options = DiskOptions { name: shown.to_owned(), repository: git.clone(), ..DiskOptions::default() };
        let tree = DiskTree::open(&place, options).map_err(|e| e.to_string())?;
        let root = FilePath::new(self.world.mount(Arc::new(tree)), "");
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
        let root = FilePath::new(self.world.mount(Arc::new(tree)), "");
        let file = name.and_then(|name| root.join(name));
        Ok((root, file))
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
            let place = self.opening.current_dir.join(given);
            let canonical = place.canonicalize().ok();
            let top = own.root.canonicalize().unwrap_or_else(|_| own.root.to_path_buf());
            match canonical.filter(|p| p.starts_with(&top)) {
                Some(place) => {
                    let path = below(&top, &place);
                    let path = if path.is_empty() { ".".to_owned() } else { path };
                    roots.push(Root { base: own.tree.clone(), path, origin: Origin::NONE, hubs: vec![hub] });
                }
                None if place.symlink_metadata().is_err() => diagnostics.push(
                    Diagnostic::error(Code::UNKNOWN_PATH, format!("there is no root at `{given}`"))
                        .hint("a root is a file or a directory of this repository"),
                ),
                None => diagnostics.push(Diagnostic::error(
                    Code::PATH_ESCAPES,
                    format!("the root `{given}` is outside the repository at `{}`", top.display()),
                )),
            }
        }
        roots
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

/// `path` without the directory `above` before it; none if it isn't below.
fn beneath<'p>(path: &'p str, above: &str) -> Option<&'p str> {
    if above.is_empty() { Some(path) } else { path.strip_prefix(above)?.strip_prefix('/') }
}

/// `path` below `root`, with slashes; empty if it is the root or not below it.
fn below(root: &Path, path: &Path) -> String {
    let rest = path.strip_prefix(root).unwrap_or(Path::new(""));
    rest.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}
