//! `terrace appset generate`.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::{GenerateArgs, OutputArg};
use super::print;
use crate::argocd::application_set::ApplicationSet;
use crate::argocd::repository::normalize_url;
use crate::cli::args::Format;
use crate::cli::ui::{Stream, Ui};
use crate::config::cluster::Cluster;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::exit::Exit;
use crate::generate::{self, Inputs, NAMESPACE, Outside, Wanted};
use crate::git::Repository as GitRepository;
use crate::source::{SourceFile, SourceKind};
use crate::world::{Anywhere, DiskOptions, DiskTree, FilePath, Reader, TreeId, World};
use crate::yaml::{self, Dialect, Node};

/// Prints the Applications that ApplicationSets make.
pub fn run(args: &GenerateArgs, ui: &Ui) -> Exit {
    let world = World::new();
    let mut found = Diagnostics::new();
    let said = attempt(args, ui, &world, &mut found);
    for text in &said {
        ui.talk(&format!("Error: {text}\n"));
    }
    if !found.is_empty() {
        ui.findings(&found, world.sources(), Format::Human, Stream::Err);
    }
    let failed = !said.is_empty() || found.has_errors();
    crate::cli::session::leave(world);
    if failed { Exit::Findings } else { Exit::Fine }
}

/// Does it; gives back what Argo CD would say of what failed.
fn attempt(args: &GenerateArgs, ui: &Ui, world: &World, found: &mut Diagnostics) -> Vec<String> {
    let current_dir = match ui.current_dir() {
        Ok(dir) => dir,
        Err(problems) => {
            found.extend(problems);
            return Vec::new();
        }
    };
    let anywhere = Arc::new(Anywhere::new(&current_dir));
    let files = Files {
        tree: world.mount(Arc::clone(&anywhere) as Arc<dyn crate::world::Tree>),
        anywhere,
        reader: &Reader::forgetful(world),
        current_dir: &current_dir,
    };
    let sets = files.sets(args, found);
    let clusters = files.clusters(&args.clusters, found);
    let inputs = files.inputs(&args.inputs, found);
    let repositories = files.repositories(args, found);
    if found.has_errors() {
        return Vec::new();
    }
    let find = |wanted: Wanted| known(&repositories, wanted);
    let outside = Outside {
        reader: files.reader,
        clusters: &clusters,
        repositories: &find,
        inputs: &inputs,
        projects: None,
        check_destinations: false,
        namespace: NAMESPACE,
        version: args.argocd_version.into(),
        new_git_file_globbing: args.new_git_file_globbing,
    };
    let (mut made, mut said) = (Vec::new(), Vec::new());
    for set in &sets {
        let expanded = generate::expand(set, &outside);
        found.extend(expanded.diagnostics);
        if let Some(aborted) = expanded.aborted {
            let before = "unable to generate Applications of ApplicationSet: error generating applications: ";
            said.push(format!("{before}{}", aborted.text));
        }
        said.extend(expanded.refused.into_iter().map(|refused| refused.text));
        made.extend(expanded.applications.into_iter().map(|application| application.node));
    }
    if made.is_empty() && !said.is_empty() {
        return said;
    }
    ui.out(&match args.output {
        OutputArg::Wide => print::table(&made),
        OutputArg::Yaml => print::yaml(&made),
        OutputArg::Json => print::json(&made),
        OutputArg::Name => print::names(&made),
    });
    said
}

/// The repository that a generator asks for.
fn known(repositories: &[(String, FilePath)], wanted: Wanted) -> Result<FilePath, Diagnostic> {
    let url = normalize_url(wanted.url);
    let found = repositories.iter().find(|(known, _)| normalize_url(known) == url);
    found.map(|(_, root)| root.clone()).ok_or_else(|| {
        let message = format!("nothing here stands for the repository `{}`", wanted.url);
        Diagnostic::error(Code::UNKNOWN_REPOSITORY, message)
            .at(wanted.url_at, "this repository is not at hand")
            .did_you_mean(wanted.url, repositories.iter().map(|(known, _)| known.as_str()))
            .hint(format!("say where a copy of it stands: `--repo {}=PATH`", wanted.url))
    })
}

/// The files that the user names.
struct Files<'a, 'w> {
    anywhere: Arc<Anywhere>,
    tree: TreeId,
    reader: &'a Reader<'w>,
    current_dir: &'a Path,
}

impl Files<'_, '_> {
    fn path(&self, given: &str) -> Result<FilePath, Diagnostic> {
        let found = self.anywhere.find(given).map(|path| FilePath::new(self.tree, path));
        found.ok_or_else(|| Diagnostic::error(Code::FILE_MISSING, format!("there is no file `{given}`")))
    }

    fn text(&self, given: &str) -> Result<Arc<SourceFile>, Diagnostic> {
        if given == "-" {
            let mut text = String::new();
            io::stdin()
                .lock()
                .read_to_string(&mut text)
                .map_err(|error| Diagnostic::error(Code::FILE_UNREADABLE, format!("stdin can't be read: {error}")))?;
            return Ok(self.reader.world().sources().add("<stdin>", text, SourceKind::File));
        }
        let path = self.path(given)?;
        self.reader.text(&path).map_err(|error| crate::render::unreadable(self.reader, &path, &error))
    }

    fn documents(&self, given: &str, dialect: Dialect, found: &mut Diagnostics) -> Vec<Node> {
        match self.text(given) {
            Ok(source) => {
                let parsed = yaml::parse_file(&source, dialect);
                found.extend(parsed.diagnostics);
                parsed.documents.into_iter().map(|document| document.node).filter(|node| !node.is_null()).collect()
            }
            Err(problem) => {
                found.push(problem);
                Vec::new()
            }
        }
    }

    fn sets(&self, args: &GenerateArgs, found: &mut Diagnostics) -> Vec<ApplicationSet> {
        let mut sets = Vec::new();
        let mut any = false;
        for given in &args.files {
            for node in self.documents(given, Dialect::Kubernetes, found) {
                let kind = node.str_at(&["kind"]).unwrap_or_default();
                if kind != "ApplicationSet" {
                    let what = if kind.is_empty() { "a document without a `kind`" } else { kind };
                    let message = format!("{what} is passed over: only ApplicationSets make Applications here");
                    found.push(Diagnostic::note(Code::INVALID_APPLICATION_SET, message).at(node.origin, "passed over"));
                    continue;
                }
                any = true;
                let (set, problems) = ApplicationSet::from_node(&node);
                found.extend(problems);
                let Some(mut set) = set else { continue };
                if set.namespace.is_none() {
                    set.namespace.clone_from(&args.namespace);
                }
                sets.push(set);
            }
        }
        if !any && !found.has_errors() {
            let named = args.files.join("`, `");
            let message = format!("there is no ApplicationSet in `{named}`");
            found.push(Diagnostic::error(Code::INVALID_APPLICATION_SET, message));
        }
        sets
    }

    fn clusters(&self, given: &[String], found: &mut Diagnostics) -> Vec<Cluster> {
        let mut clusters = Vec::new();
        for given in given {
            match self.path(given) {
                Ok(path) => {
                    let (declared, problems) = crate::pipeline::cluster_file(self.reader, &path);
                    found.extend(problems);
                    clusters.extend(declared);
                }
                Err(problem) => found.push(problem),
            }
        }
        clusters
    }

    fn inputs(&self, given: &[String], found: &mut Diagnostics) -> Inputs {
        let mut inputs = Inputs::new();
        for given in given {
            for node in self.documents(given, Dialect::Config, found) {
                if let Err(problems) = inputs.add(node) {
                    found.extend(problems);
                }
            }
        }
        inputs
    }

    /// The repositories that are said by hand, and those that the files with sets stand in.
    fn repositories(&self, args: &GenerateArgs, found: &mut Diagnostics) -> Vec<(String, FilePath)> {
        let mut known = Vec::new();
        for pair in &args.repositories {
            let mounted = match pair.rsplit_once('=') {
                Some((url, path)) if !url.is_empty() && !path.is_empty() => {
                    let place = self.current_dir.join(path);
                    let place = place.canonicalize().map_err(|error| format!("`{path}`: {error}"));
                    place.and_then(|place| Ok((url.to_owned(), self.mount(&place, url)?)))
                }
                _ => Err("expected `URL=PATH`".to_owned()),
            };
            match mounted {
                Ok(repository) => known.push(repository),
                Err(why) => {
                    let message = format!("`--repo {pair}`: {why}");
                    found.push(Diagnostic::error(Code::UNKNOWN_REPOSITORY, message));
                }
            }
        }
        let mut seen: Vec<PathBuf> = Vec::new();
        for given in args.files.iter().map(|given| if given == "-" { "." } else { given.as_str() }) {
            let place = self.current_dir.join(given);
            let dir = if place.is_dir() { place.as_path() } else { place.parent().unwrap_or(self.current_dir) };
            let Ok(Some(git)) = GitRepository::discover(dir) else { continue };
            let Some(top) = git.work_tree().map(Path::to_path_buf).filter(|top| !seen.contains(top)) else { continue };
            let remotes = git.remote_urls().unwrap_or_default();
            if remotes.is_empty() {
                continue;
            }
            match self.mount(&top, "") {
                Ok(root) => known.extend(remotes.into_iter().map(|remote| (remote.url, root.clone()))),
                Err(why) => found.push(Diagnostic::error(Code::FILE_UNREADABLE, why)),
            }
            seen.push(top);
        }
        known
    }

    fn mount(&self, place: &Path, name: &str) -> Result<FilePath, String> {
        if !place.is_dir() {
            return Err(format!("`{}` is not a directory", place.display()));
        }
        let options = DiskOptions {
            name: name.to_owned(),
            current_dir: Some(self.current_dir.to_owned()),
            repository: GitRepository::discover(place).ok().flatten().map(Arc::new),
            ..DiskOptions::default()
        };
        let tree = DiskTree::open(place, options).map_err(|error| error.to_string())?;
        Ok(FilePath::new(self.reader.world().mount(Arc::new(tree)), ""))
    }
}
