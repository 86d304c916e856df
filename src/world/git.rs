//! A git revision.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use super::resolve::{Node, Nodes, Place, Resolver, bounds, is_git, walk};
use super::shown::Shown;
use super::stamps::{Stamp, stamp};
use super::{DirEntry, EntryKind, MAX_FILE_BYTES, ReadError, Tree, normalize};
use crate::git::{Commit, GitError, ObjectId, Repository, TreeItem};

/// The longest target that a link can have on disk.
const MAX_LINK_BYTES: u64 = 4096;

/// How a revision is read.
#[derive(Debug, Default)]
pub struct GitOptions {
    /// The directory below the repository's root that is the tree's root; empty for all of it.
    pub root: String,
    /// The repository's name, put before paths that are shown; empty for the fleet's own.
    pub name: String,
    /// Shows paths as if the tree stood at the first directory and the user in the second: where it stands for what is
    /// there. None: by name and revision.
    pub shown_at: Option<(PathBuf, PathBuf)>,
    /// Paths below the root that are never read: Terrace's own output.
    pub excluded: Vec<String>,
}

/// A directory at a git revision, read from objects, without a checkout. It gives what a [`super::DiskTree`] of a clean
/// checkout would give; submodules are empty directories.
#[derive(Debug)]
pub struct GitTree {
    repository: Arc<Repository>,
    root: ObjectId,
    shown: Shown,
    excluded: Vec<String>,
    /// By path without links.
    directories: RwLock<HashMap<String, Arc<[Item]>>>,
    resolver: Resolver,
    bounds: String,
}

/// What a tree object says of a name.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Item {
    /// With replacement characters where it isn't UTF-8.
    name: String,
    is_misnamed: bool,
    kind: ItemKind,
    id: ObjectId,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum ItemKind {
    File,
    Directory,
    Link,
    Submodule,
}

impl GitTree {
    /// The tree of a commit.
    pub fn open(repository: Arc<Repository>, commit: &Commit, options: GitOptions) -> Result<Self, GitError> {
        let GitOptions { root: below, name, shown_at, excluded } = options;
        let excluded = excluded.iter().filter_map(|p| normalize(p)).filter(|p| !p.is_empty()).collect();
        let mut root = commit.tree;
        let missing = || GitError::NoSuchDirectory { path: below.clone(), revision: commit.revision.clone() };
        let path = normalize(&below).ok_or_else(missing)?;
        for part in path.split('/').filter(|p| !p.is_empty()) {
            let items = repository.tree(root)?;
            let item = items.iter().find(|i| *i.name == *part.as_bytes() && i.mode == 0o40000);
            root = item.ok_or_else(missing)?.id;
        }
        let shown = match shown_at {
            Some((root, current_dir)) => Shown::on_disk(name, &root, Some(&current_dir)),
            None => Shown::at_revision(name, &commit.revision),
        };
        let (directories, resolver, bounds) = (RwLock::default(), Resolver::default(), bounds(&path));
        Ok(Self { repository, root, shown, excluded, directories, resolver, bounds })
    }

    /// The id of the blob that reading `path` gives, links followed; none where there is no file.
    pub fn blob_id(&self, path: &str) -> Result<Option<ObjectId>, ReadError> {
        match self.resolver.resolve(self, path)? {
            Place::File(real) => self.id(&real),
            _ => Ok(None),
        }
    }

    /// The id of the tree at `path`, links followed; none where there is no directory, or a submodule. The same id means
    /// the same files below, but not the same targets of links that leave it.
    pub fn tree_id(&self, path: &str) -> Result<Option<ObjectId>, ReadError> {
        match self.resolver.resolve(self, path)? {
            Place::Directory(real) if real.is_empty() => Ok(Some(self.root)),
            Place::Directory(real) => self.id(&real),
            _ => Ok(None),
        }
    }

    fn id(&self, real: &str) -> Result<Option<ObjectId>, ReadError> {
        let (directory, name) = real.rsplit_once('/').unwrap_or(("", real));
        let items = self.items(directory)?;
        Ok(find(&items, name).filter(|i| i.kind != ItemKind::Submodule).map(|i| i.id))
    }

    /// What the directory `real` holds. Nothing, if it is a submodule or not there.
    fn items(&self, real: &str) -> Result<Arc<[Item]>, ReadError> {
        let known = |path: &str| self.directories.read().unwrap_or_else(PoisonError::into_inner).get(path).cloned();
        if let Some(items) = known(real) {
            return Ok(items);
        }
        let mut items = match known("") {
            Some(items) => items,
            None => self.load("", Some(self.root))?,
        };
        let ends = real.match_indices('/').map(|(at, _)| at).chain((!real.is_empty()).then_some(real.len()));
        for end in ends {
            let path = real.get(..end).unwrap_or_default();
            items = match known(path) {
                Some(items) => items,
                None => {
                    let name = path.rsplit('/').next().unwrap_or_default();
                    let tree = find(&items, name).filter(|i| i.kind == ItemKind::Directory).map(|i| i.id);
                    self.load(path, tree)?
                }
            };
        }
        Ok(items)
    }

    fn load(&self, real: &str, tree: Option<ObjectId>) -> Result<Arc<[Item]>, ReadError> {
        let items = tree.map(|id| self.repository.tree(id)).transpose()?.unwrap_or_default();
        let mut items: Vec<Item> = items.into_iter().map(Item::from).filter(|i| !is_git(&i.name)).collect();
        items.sort();
        items.dedup_by(|b, a| a.name == b.name);
        let items: Arc<[Item]> = items.into();
        let mut directories = self.directories.write().unwrap_or_else(PoisonError::into_inner);
        Ok(Arc::clone(directories.entry(real.to_owned()).or_insert(items)))
    }

    fn is_excluded(&self, real: &str) -> bool {
        self.excluded.iter().any(|e| e == real)
    }

    /// Why nothing was found at `path`, where its last component stands for a name that isn't UTF-8.
    fn misnamed(&self, path: &str) -> Option<ReadError> {
        let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
        if !name.contains(char::REPLACEMENT_CHARACTER) {
            return None;
        }
        let Ok(Place::Directory(real)) = self.resolver.resolve(self, directory) else { return None };
        let items = self.items(&real).ok()?;
        items.iter().any(|i| i.name == name && i.is_misnamed).then(|| {
            let shown = name.replace(char::REPLACEMENT_CHARACTER, "?");
            ReadError::Failed(format!("has a name that isn't UTF-8 ({shown:?}); rename it"))
        })
    }
}

impl From<TreeItem> for Item {
    fn from(item: TreeItem) -> Self {
        let kind = match item.mode {
            0o40000 => ItemKind::Directory,
            0o120_000 => ItemKind::Link,
            0o160_000 => ItemKind::Submodule,
            _ => ItemKind::File,
        };
        let is_misnamed = std::str::from_utf8(&item.name).is_err();
        Self { name: String::from_utf8_lossy(&item.name).into_owned(), is_misnamed, kind, id: item.id }
    }
}

/// The entry of this name that can be reached.
fn find<'a>(items: &'a [Item], name: &str) -> Option<&'a Item> {
    let at = items.binary_search_by(|i| i.name.as_str().cmp(name)).ok()?;
    items.get(at).filter(|i| !i.is_misnamed)
}

impl From<GitError> for ReadError {
    fn from(error: GitError) -> Self {
        match error {
            GitError::TooLarge { limit, .. } => Self::TooLarge { limit },
            error => Self::Failed(format!("can't be read: {error}")),
        }
    }
}

impl Nodes for GitTree {
    fn node(&self, real: &str) -> Result<Node, ReadError> {
        if self.is_excluded(real) {
            return Ok(Node::Nothing);
        }
        let (directory, name) = real.rsplit_once('/').unwrap_or(("", real));
        let items = self.items(directory)?;
        let Some(item) = find(&items, name) else { return Ok(Node::Nothing) };
        Ok(match item.kind {
            ItemKind::File => Node::File,
            ItemKind::Directory | ItemKind::Submodule => Node::Directory,
            ItemKind::Link => {
                let target = self.repository.blob(item.id, MAX_LINK_BYTES)?;
                Node::Link(String::from_utf8_lossy(&target).into_owned())
            }
        })
    }

    fn show(&self, path: &str) -> String {
        self.shown.path(path)
    }

    fn bounds(&self) -> &str {
        &self.bounds
    }
}

impl Tree for GitTree {
    fn stamp(&self, path: &str) -> Option<Stamp> {
        let id = self.blob_id(path).ok()??;
        Some(stamp(&[b"git", id.to_string().as_bytes()]))
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        match self.resolver.resolve(self, path)? {
            Place::File(real) => match self.id(&real)? {
                Some(id) => Ok(self.repository.blob(id, MAX_FILE_BYTES)?),
                None => Err(ReadError::Missing),
            },
            Place::Directory(_) => Err(ReadError::WrongKind(EntryKind::Directory)),
            Place::BadLink(error) => Err(error),
            Place::Missing | Place::Special(_) => Err(self.misnamed(path).unwrap_or(ReadError::Missing)),
        }
    }

    fn list(&self, path: &str) -> Result<Vec<DirEntry>, ReadError> {
        let real = match self.resolver.resolve(self, path)? {
            Place::Directory(real) => real,
            Place::File(_) => return Err(ReadError::WrongKind(EntryKind::File)),
            Place::BadLink(error) => return Err(error),
            Place::Missing | Place::Special(_) => return Err(self.misnamed(path).unwrap_or(ReadError::Missing)),
        };
        let mut entries = Vec::new();
        for item in self.items(&real)?.iter() {
            let at = if real.is_empty() { item.name.clone() } else { format!("{real}/{}", item.name) };
            if self.is_excluded(&at) {
                continue;
            }
            let kind = match item.kind {
                _ if item.is_misnamed => EntryKind::BadLink,
                ItemKind::File => EntryKind::File,
                ItemKind::Directory | ItemKind::Submodule => EntryKind::Directory,
                ItemKind::Link => match walk(self, &real, &item.name) {
                    Ok(Place::File(_)) => EntryKind::File,
                    Ok(Place::Directory(_)) => EntryKind::Directory,
                    _ => EntryKind::BadLink,
                },
            };
            entries.push(DirEntry { name: item.name.clone(), kind, link: item.kind == ItemKind::Link });
        }
        Ok(entries)
    }

    fn kind(&self, path: &str) -> Result<Option<EntryKind>, ReadError> {
        Ok(match self.resolver.resolve(self, path)? {
            Place::File(_) => Some(EntryKind::File),
            Place::Directory(_) => Some(EntryKind::Directory),
            Place::BadLink(_) => Some(EntryKind::BadLink),
            Place::Missing | Place::Special(_) => self.misnamed(path).map(|_| EntryKind::BadLink),
        })
    }

    fn show(&self, path: &str) -> String {
        self.shown.path(path)
    }
}
