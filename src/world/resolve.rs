//! Symbolic links: followed inside a tree, refused where they leave it. The same rules for every tree that has them.
//!
//! Any absolute target counts as leaving, even one that points back inside: it means something else on every machine,
//! and Argo CD refuses it too (`CheckOutOfBoundsSymlinks`). So does a target that leaves by `..` and comes back.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::ReadError;

/// How many links a path may lead through, as on Linux.
const MAX_LINKS: usize = 40;

/// What stands at a path, no link followed.
pub(super) enum Node {
    /// Nothing that may be seen.
    Nothing,
    File,
    Directory,
    /// A symbolic link to this target.
    Link(String),
    /// Neither of these: a named pipe, a device. The text says what.
    Special(&'static str),
}

/// What a tree must know for its links to be followed.
pub(super) trait Nodes {
    /// What stands at `real`, a path whose directory has no link on it.
    fn node(&self, real: &str) -> Result<Node, ReadError>;

    /// How a path is shown to people.
    fn show(&self, path: &str) -> String;

    /// What a link must not leave, in words.
    fn bounds(&self) -> &str;
}

/// The words for a tree whose root is the directory `below` of its repository.
pub(super) fn bounds(below: &str) -> String {
    match below {
        "" => "the repository".to_owned(),
        below => format!("`{below}`, which is all of the repository that is read"),
    }
}

/// Where a path leads; the paths in it have no links on them.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place {
    Missing,
    File(String),
    Directory(String),
    /// The path's last component is a link that can't be followed, and why.
    BadLink(ReadError),
    Special(&'static str),
}

/// Follows links, and remembers which directories have been found.
#[derive(Debug, Default)]
pub(super) struct Resolver {
    directories: RwLock<HashMap<String, Arc<str>>>,
}

impl Resolver {
    /// Where `path` leads. An error is a link on the way (not the last component) that can't be followed.
    pub(super) fn resolve(&self, nodes: &impl Nodes, path: &str) -> Result<Place, ReadError> {
        let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
        if directory.is_empty() {
            return walk(nodes, "", name);
        }
        let known = self.directories.read().unwrap_or_else(PoisonError::into_inner).get(directory).cloned();
        let base = match known {
            Some(base) => base,
            None => match walk(nodes, "", directory)? {
                Place::Directory(real) => {
                    let real: Arc<str> = real.into();
                    let mut directories = self.directories.write().unwrap_or_else(PoisonError::into_inner);
                    directories.insert(directory.to_owned(), Arc::clone(&real));
                    real
                }
                Place::BadLink(error) => return Err(error),
                Place::Missing | Place::File(_) | Place::Special(_) => return Ok(Place::Missing),
            },
        };
        walk(nodes, &base, name)
    }
}

/// Where `path` leads from the directory `base`, which has no links on it.
pub(super) fn walk(nodes: &impl Nodes, base: &str, path: &str) -> Result<Place, ReadError> {
    let mut here = base.to_owned();
    // The links on the way; each pending component knows which of them it is from.
    let mut links: Vec<(String, String)> = Vec::new();
    let mut pending: Vec<(String, Option<usize>)> = parts(path).map(|p| (p.to_owned(), None)).collect();
    while let Some((part, link)) = pending.pop() {
        let trouble = match step(nodes, &mut here, &part, pending.is_empty(), links.len())? {
            Step::Into => continue,
            Step::End(place) => return Ok(place),
            Step::Follow(at, target) => {
                pending.extend(parts(&target).map(|p| (p.to_owned(), Some(links.len()))));
                links.push((at, target));
                continue;
            }
            Step::Trouble(trouble) => trouble,
        };
        let blamed = match &trouble {
            Trouble::Absolute(at, target) | Trouble::Cycle(at, target) => Some((at.as_str(), target.as_str())),
            _ => link.and_then(|i| links.get(i)).map(|(at, target)| (at.as_str(), target.as_str())),
        };
        let Some((at, target)) = blamed else {
            return match trouble {
                Trouble::Nothing => Ok(Place::Missing),
                _ => Err(ReadError::Escapes(format!("`{path}` leads out of {}", nodes.bounds()))),
            };
        };
        let what = format!("`{}` is a symbolic link to `{target}`", nodes.show(at));
        let error = match trouble {
            Trouble::Nothing => ReadError::Dangling(format!("{what}, which does not exist or is ignored")),
            Trouble::Outside => ReadError::Escapes(format!("{what}, outside {}", nodes.bounds())),
            // Even where it points back in, it says more than the directory that is read.
            Trouble::Absolute(..) => ReadError::Escapes(format!("{what}, outside the repository")),
            Trouble::Cycle(..) => {
                ReadError::Failed(format!("{what}, which leads through too many links, or in a circle"))
            }
        };
        return match pending.iter().any(|(_, link)| link.is_none()) {
            true => Err(error),
            false => Ok(Place::BadLink(error)),
        };
    }
    Ok(Place::Directory(here))
}

enum Step {
    Into,
    End(Place),
    /// A link at this path, to this target.
    Follow(String, String),
    Trouble(Trouble),
}

enum Trouble {
    Nothing,
    Outside,
    Absolute(String, String),
    Cycle(String, String),
}

fn step(nodes: &impl Nodes, here: &mut String, part: &str, last: bool, links: usize) -> Result<Step, ReadError> {
    if part == "." {
        return Ok(Step::Into);
    }
    if part == ".." {
        if here.is_empty() {
            return Ok(Step::Trouble(Trouble::Outside));
        }
        here.truncate(here.rfind('/').unwrap_or(0));
        return Ok(Step::Into);
    }
    let next = if here.is_empty() { part.to_owned() } else { format!("{here}/{part}") };
    Ok(match nodes.node(&next)? {
        Node::Directory => {
            *here = next;
            Step::Into
        }
        Node::File if last => Step::End(Place::File(next)),
        Node::Special(what) if last => Step::End(Place::Special(what)),
        Node::Nothing | Node::File | Node::Special(_) => Step::Trouble(Trouble::Nothing),
        Node::Link(target) if links >= MAX_LINKS => Step::Trouble(Trouble::Cycle(next, target)),
        Node::Link(target) if target.starts_with('/') => Step::Trouble(Trouble::Absolute(next, target)),
        Node::Link(target) => Step::Follow(next, target),
    })
}

/// The components of a path, last first. A slash at the end asks for a directory, as `/.` does.
fn parts(path: &str) -> impl Iterator<Item = &str> {
    let end = path.ends_with('/').then_some(".");
    end.into_iter().chain(path.rsplit('/').filter(|part| !part.is_empty()))
}

/// Whether a name means git's own directory. Git keeps all its spellings out of trees, since some file systems don't
/// tell them apart.
pub(super) fn is_git(name: &str) -> bool {
    name.eq_ignore_ascii_case(".git")
}
