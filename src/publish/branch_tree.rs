//! The tree of a branch as it is to be, in memory: what is looked at is read, the rest stays an id.

use std::collections::{BTreeMap, HashSet};

use crate::git::{GitError, NewObject, ObjectFormat, ObjectId, Repository, TREE_MODE, TreeItem};

/// A file, a link or a submodule of a branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Leaf {
    pub mode: u32,
    pub id: ObjectId,
}

impl Leaf {
    /// Whether it is a file, not a link or a submodule.
    pub fn is_file(self) -> bool {
        self.mode & 0o170_000 == 0o100_000
    }
}

/// The files below a directory, by path in bytes.
pub(super) type Flat = BTreeMap<Vec<u8>, Leaf>;

/// A branch's tree.
pub(super) struct BranchTree<'a> {
    repository: &'a Repository,
    format: ObjectFormat,
    root: Node,
    /// Trees that were read, and so are there.
    known: HashSet<ObjectId>,
    /// Trees that have to be written.
    new: Vec<NewObject>,
}

enum Node {
    Leaf(Leaf),
    /// A directory that nobody looked at.
    Tree(ObjectId),
    /// A directory whose entries are known.
    Open(BTreeMap<Vec<u8>, Node>),
}

/// A file stands where a directory is to be: its path.
pub(super) struct InTheWay(pub String);

impl<'a> BranchTree<'a> {
    /// The tree with that id; none: an empty one.
    pub fn new(repository: &'a Repository, format: ObjectFormat, id: Option<ObjectId>) -> Self {
        let root = id.map_or_else(|| Node::Open(BTreeMap::new()), Node::Tree);
        Self { repository, format, root, known: HashSet::new(), new: Vec::new() }
    }

    /// All files below a directory; none where there is no such directory.
    pub fn files(&mut self, directory: &str) -> Result<Result<Flat, InTheWay>, GitError> {
        let mut flat = Flat::new();
        let mut node = &mut self.root;
        let mut at = String::new();
        for part in directory.split('/').filter(|part| !part.is_empty()) {
            open(self.repository, node, &mut self.known)?;
            let Node::Open(entries) = node else { return Ok(Err(InTheWay(at))) };
            at = if at.is_empty() { part.to_owned() } else { format!("{at}/{part}") };
            match entries.get_mut(part.as_bytes()) {
                Some(below) => node = below,
                None => return Ok(Ok(flat)),
            }
        }
        if matches!(node, Node::Leaf(_)) {
            return Ok(Err(InTheWay(at)));
        }
        collect(self.repository, node, &mut Vec::new(), &mut flat, &mut self.known)?;
        Ok(Ok(flat))
    }

    /// Puts these files in the place of all that is below a directory, which [`Self::files`] has looked at.
    pub fn replace(&mut self, directory: &str, flat: &Flat) -> Result<(), GitError> {
        let files: Vec<(&[u8], Leaf)> = flat.iter().map(|(path, leaf)| (path.as_slice(), *leaf)).collect();
        let below = build(&files, 0);
        let mut node = &mut self.root;
        for part in directory.split('/').filter(|part| !part.is_empty()) {
            open(self.repository, node, &mut self.known)?;
            if !matches!(node, Node::Open(_)) {
                *node = Node::Open(BTreeMap::new());
            }
            let Node::Open(entries) = node else { return Ok(()) };
            node = entries.entry(part.as_bytes().to_vec()).or_insert_with(|| Node::Open(BTreeMap::new()));
        }
        *node = below;
        Ok(())
    }

    /// The id of the whole, and the trees that have to be written for it.
    pub fn finish(mut self) -> (ObjectId, Vec<NewObject>) {
        let root = std::mem::replace(&mut self.root, Node::Open(BTreeMap::new()));
        let id = match self.seal(root) {
            Some(item) => item.id,
            None => self.add(Vec::new()),
        };
        (id, self.new)
    }

    /// What stands for a node in the directory above; nothing for an empty directory, which git doesn't have.
    fn seal(&mut self, node: Node) -> Option<Leaf> {
        match node {
            Node::Leaf(leaf) => Some(leaf),
            Node::Tree(id) => Some(Leaf { mode: TREE_MODE, id }),
            Node::Open(entries) => {
                let mut items = Vec::with_capacity(entries.len());
                for (name, node) in entries {
                    if let Some(Leaf { mode, id }) = self.seal(node) {
                        items.push(TreeItem { mode, name: name.into(), id });
                    }
                }
                (!items.is_empty()).then(|| Leaf { mode: TREE_MODE, id: self.add(items) })
            }
        }
    }

    fn add(&mut self, items: Vec<TreeItem>) -> ObjectId {
        let object = NewObject::tree(self.format, items);
        let id = object.id;
        if self.known.insert(id) {
            self.new.push(object);
        }
        id
    }
}

/// Reads a directory that nobody looked at yet.
fn open(repository: &Repository, node: &mut Node, known: &mut HashSet<ObjectId>) -> Result<(), GitError> {
    if let Node::Tree(id) = node {
        let items = repository.tree(*id)?;
        known.insert(*id);
        let entry = |item: TreeItem| {
            let below = match item.mode {
                TREE_MODE => Node::Tree(item.id),
                mode => Node::Leaf(Leaf { mode, id: item.id }),
            };
            (item.name.into_vec(), below)
        };
        *node = Node::Open(items.into_iter().map(entry).collect());
    }
    Ok(())
}

fn collect(
    repository: &Repository,
    node: &mut Node,
    path: &mut Vec<u8>,
    flat: &mut Flat,
    known: &mut HashSet<ObjectId>,
) -> Result<(), GitError> {
    open(repository, node, known)?;
    match node {
        Node::Leaf(leaf) => {
            flat.insert(path.clone(), *leaf);
        }
        Node::Tree(_) => {}
        Node::Open(entries) => {
            for (name, below) in entries {
                let length = path.len();
                if length > 0 {
                    path.push(b'/');
                }
                path.extend(name);
                collect(repository, below, path, flat, known)?;
                path.truncate(length);
            }
        }
    }
    Ok(())
}

/// The directory of these files, sorted by path, of which so many bytes lead to it.
fn build(files: &[(&[u8], Leaf)], from: usize) -> Node {
    let mut entries = BTreeMap::new();
    let mut rest = files;
    while let Some((path, leaf)) = rest.first() {
        let below = path.get(from..).unwrap_or_default();
        let Some(slash) = below.iter().position(|b| *b == b'/') else {
            entries.insert(below.to_vec(), Node::Leaf(*leaf));
            rest = rest.get(1..).unwrap_or_default();
            continue;
        };
        // All that is below one directory stands together: its paths begin alike, slash included.
        let name = below.get(..=slash).unwrap_or_default();
        let count = rest.iter().take_while(|(p, _)| p.get(from..).is_some_and(|p| p.starts_with(name))).count();
        let (inside, after) = rest.split_at(count.max(1));
        entries.insert(below.get(..slash).unwrap_or_default().to_vec(), build(inside, from + slash + 1));
        rest = after;
    }
    Node::Open(entries)
}
