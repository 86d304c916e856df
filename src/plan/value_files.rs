//! Which files a list of `valueFiles` means (reposerver/repository/repository.go, `getResolvedValueFiles`).

use std::collections::BTreeSet;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::glob::doublestar;
use crate::render::helm::options::Values;
use crate::source::Origin;
use crate::world::{EntryKind, FilePath, Reader, normalize, parent};

/// What relative names are relative to.
#[derive(Clone, Copy, Debug)]
pub enum Base<'a> {
    /// A directory, and the repository's root that a name with a slash before it starts from, and that none may leave.
    Directory {
        /// The directory.
        dir: &'a FilePath,
        /// The root.
        root: &'a FilePath,
    },
    /// The chart's archive.
    Archive,
}

/// A name in the list, its variables replaced.
#[derive(Clone, Debug)]
pub struct Name {
    /// The name, or a glob.
    pub text: String,
    /// As it is written.
    pub written: String,
    /// The root of the repository that `$ref` means; the name starts there.
    pub root: Option<FilePath>,
    /// Where it is written.
    pub origin: Origin,
    /// What may be wrong if there is no such file.
    pub hint: Option<String>,
}

/// How names are taken.
#[derive(Clone, Copy, Debug)]
pub struct How {
    /// Whether they may be globs.
    pub globs: bool,
    /// Whether files that aren't there are left out.
    pub ignore_missing: bool,
}

/// Whatever a name means.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Target {
    File(FilePath),
    InChart(String),
}

/// The files that names mean, lowest first. A file stands once, where it is first met; one that is named by itself stands
/// there and not where a glob finds it.
///
/// # Errors
/// A name leaves its repository, is a URL, or means no file (and `how` doesn't allow it).
pub fn resolve(reader: &Reader, base: Base, names: &[Name], how: How) -> Result<Vec<Values>, Diagnostics> {
    let How { globs, ignore_missing } = how;
    let is_glob = |target: &Target| globs && is_glob(target);
    let mut diagnostics = Diagnostics::new();
    let targets = names.iter().map(|name| target(base, name));
    let targets: Vec<Result<Target, Diagnostic>> = targets.collect();
    let plain = targets.iter().flatten().filter(|target| !is_glob(target));
    let named: BTreeSet<&Target> = plain.collect();
    let mut seen: BTreeSet<Target> = BTreeSet::new();
    let mut files = Vec::new();
    let mut add = |target: Target, origin: Origin| {
        if seen.insert(target.clone()) {
            files.push(match target {
                Target::File(path) => Values::File(path, origin),
                Target::InChart(path) => Values::InChart { path, optional: ignore_missing, origin },
            });
        }
    };
    for (name, target) in names.iter().zip(&targets) {
        let target = match target {
            Ok(target) => target,
            Err(diagnostic) => {
                diagnostics.push(diagnostic.clone());
                continue;
            }
        };
        match target {
            Target::File(pattern) if is_glob(target) => match matches(reader, pattern, name) {
                Ok(found) if found.is_empty() && !ignore_missing => {
                    let message = format!("no values file matches `{}`", name.written);
                    diagnostics.push(
                        Diagnostic::error(Code::FILE_MISSING, message)
                            .at(name.origin, "matches nothing")
                            .hint("`ignoreMissingValueFiles: true` makes that fine"),
                    );
                }
                Ok(found) => {
                    for path in found.into_iter().map(Target::File).filter(|target| !named.contains(target)) {
                        add(path, name.origin);
                    }
                }
                Err(diagnostic) => diagnostics.push(diagnostic),
            },
            Target::File(path) => match is_file(reader, path, name) {
                Ok(true) => add(target.clone(), name.origin),
                Ok(false) if ignore_missing => {}
                Ok(false) => diagnostics.push(missing(reader, path, name, "values file")),
                Err(diagnostic) => diagnostics.push(diagnostic),
            },
            Target::InChart(_) if is_glob(target) => {
                let message = format!("`{}` is a glob, and the chart is an archive", name.written);
                diagnostics.push(
                    Diagnostic::error(Code::INVALID_APPLICATION, message)
                        .at(name.origin, "globs don't look into archives")
                        .hint("name the files, or put the chart's directory in the archive's place"),
                );
            }
            Target::InChart(_) => add(target.clone(), name.origin),
        }
    }
    if diagnostics.has_errors() { Err(diagnostics) } else { Ok(files) }
}

/// The file that one name means; none if it is in the chart's archive.
///
/// # Errors
/// The name leaves its repository, is a URL, or means no file.
pub fn one(reader: &Reader, base: Base, name: &Name, what: &str) -> Result<Option<FilePath>, Diagnostic> {
    let Target::File(path) = target(base, name)? else { return Ok(None) };
    match is_file(reader, &path, name)? {
        true => Ok(Some(path)),
        false => Err(missing(reader, &path, name, what)),
    }
}

fn target(base: Base, name: &Name) -> Result<Target, Diagnostic> {
    if let Some(scheme) = scheme(&name.text) {
        let message = format!("`{}` is a URL (`{scheme}:`), and Terrace uses no network", name.text);
        return Err(Diagnostic::error(Code::FILE_MISSING, message)
            .at(name.origin, "not fetched")
            .hint("keep a copy in a repository, and name that"));
    }
    let escapes = || {
        let message = format!("`{}` leaves its repository", name.text);
        Diagnostic::error(Code::PATH_ESCAPES, message).at(name.origin, "leaves the repository")
    };
    let inside = name.text.trim_start_matches('/');
    let (path, root) = match (&name.root, base) {
        (Some(root), _) => (root.join(inside), root),
        (None, Base::Archive) => return normalize(inside).map(Target::InChart).ok_or_else(escapes),
        (None, Base::Directory { root, .. }) if name.text.starts_with('/') => (root.join(inside), root),
        (None, Base::Directory { dir, root }) => (dir.join(inside), root),
    };
    match path.filter(|path| is_below(path, root)) {
        Some(path) => Ok(Target::File(path)),
        None => Err(escapes()),
    }
}

fn is_below(path: &FilePath, root: &FilePath) -> bool {
    let rest = path.path.strip_prefix(root.path.as_str());
    path.tree == root.tree && rest.is_some_and(|rest| root.path.is_empty() || rest.is_empty() || rest.starts_with('/'))
}

/// The scheme of a URL, as Go's `url.Parse` finds it.
fn scheme(text: &str) -> Option<&str> {
    let (scheme, _) = text.split_once(':')?;
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.');
    (scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.bytes().all(fits)).then_some(scheme)
}

/// Braces alone make no glob, as in Argo CD.
fn is_glob(target: &Target) -> bool {
    let path = match target {
        Target::File(file) => file.path.as_str(),
        Target::InChart(path) => path,
    };
    path.contains(['*', '?', '['])
}

/// Whether there is a file; anything else that stands there is told.
fn is_file(reader: &Reader, path: &FilePath, name: &Name) -> Result<bool, Diagnostic> {
    match reader.kind(path) {
        Ok(Some(EntryKind::File)) => Ok(true),
        Ok(None) => Ok(false),
        // Reading it says what is wrong.
        Ok(Some(_)) => match reader.text(path) {
            Ok(_) => Ok(true),
            Err(error) => Err(crate::render::unreadable(reader, path, &error).named_at(name.origin, "named here")),
        },
        Err(error) => Err(crate::render::unreadable(reader, path, &error).named_at(name.origin, "named here")),
    }
}

fn missing(reader: &Reader, path: &FilePath, name: &Name, what: &str) -> Diagnostic {
    let above = FilePath::new(path.tree, parent(&path.path));
    let beside: Vec<String> = reader.list(&above).unwrap_or_default().into_iter().map(|e| e.name).collect();
    let message = format!("there is no {what} `{}`", reader.world().show(path));
    let diagnostic = Diagnostic::error(Code::FILE_MISSING, message)
        .at(name.origin, "named here")
        .did_you_mean(path.name(), beside.iter().map(String::as_str));
    match &name.hint {
        Some(hint) => diagnostic.hint(hint.clone()),
        None => diagnostic,
    }
}

/// A tree as globs see it.
struct Tree<'a, 'w> {
    reader: &'a Reader<'w>,
    root: &'a FilePath,
}

impl doublestar::Files for Tree<'_, '_> {
    fn list(&self, dir: &str) -> Vec<(String, bool)> {
        let Some(dir) = self.root.join(dir) else { return Vec::new() };
        let entries = self.reader.list(&dir).unwrap_or_default().into_iter();
        entries.map(|entry| (entry.name, entry.kind == EntryKind::Directory)).collect()
    }

    fn stat(&self, path: &str) -> Option<bool> {
        let kind = self.reader.kind(&self.root.join(path)?).ok().flatten()?;
        Some(kind == EntryKind::Directory)
    }
}

/// The files that a glob matches, in the order of the walk.
fn matches(reader: &Reader, pattern: &FilePath, name: &Name) -> Result<Vec<FilePath>, Diagnostic> {
    let root = FilePath::new(pattern.tree, "");
    let tree = Tree { reader, root: &root };
    let found = doublestar::expand(&tree, &pattern.path).map_err(|why| {
        let message = format!("`{}` is not a glob: {why}", name.written);
        Diagnostic::error(Code::INVALID_APPLICATION, message).at(name.origin, "this glob")
    })?;
    let found = found.into_iter().map(|path| FilePath::new(pattern.tree, path));
    found
        .map(|path| match is_file(reader, &path, name) {
            Ok(_) => Ok(path),
            Err(diagnostic) => Err(diagnostic.hint(format!("`{}` matches it", name.written))),
        })
        .collect()
}
