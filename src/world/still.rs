//! Whether what an earlier run read would be read the same today.

use std::sync::{Arc, PoisonError};

use super::{Digest, EntryKind, FilePath, ReadError, Stamps, TreeId, World};

/// What a tree is called in every run: `own`, `repo platform`, `own at 3f2a9c1…`.
pub type TreeName = Arc<str>;

impl World {
    /// Has files told by their stamps, where these are known, instead of reading them.
    pub fn use_stamps(&self, stamps: Arc<Stamps>) {
        // The first ones stay.
        let _ = self.stamps.set(stamps);
    }

    /// What a tree is called in every run; none for one that no other run has.
    pub fn tree_name(&self, id: TreeId) -> Option<TreeName> {
        let trees = self.trees.read().unwrap_or_else(PoisonError::into_inner);
        trees.get(id.index())?.name.clone()
    }

    /// The tree of a name; of several the one that was mounted last.
    pub fn tree_named(&self, name: &str) -> Option<TreeId> {
        let trees = self.trees.read().unwrap_or_else(PoisonError::into_inner);
        trees.iter().rposition(|mounted| mounted.name.as_deref() == Some(name)).map(TreeId::new)
    }

    /// The digest of a file's bytes, read only if nothing else tells; none where no file can be read.
    pub fn digest(&self, path: &FilePath) -> Option<Digest> {
        self.digests.get(path, || {
            let stamps = self.stamps.get();
            let stamp = stamps.and_then(|_| self.tree(path.tree)?.stamp(&path.path));
            if let (Some(stamps), Some(stamp)) = (stamps, &stamp)
                && let Some(digest) = stamps.get(stamp)
            {
                return Some(digest);
            }
            match self.text(path) {
                Ok(file) => Some(*file.digest()),
                Err(ReadError::NotUtf8 { .. }) => {
                    let digest = *blake3::hash(&self.bytes(path).ok()?).as_bytes();
                    if let (Some(stamps), Some(stamp)) = (stamps, stamp) {
                        stamps.note(stamp, digest);
                    }
                    Some(digest)
                }
                Err(_) => None,
            }
        })
    }

    /// The digest of a directory's listing; none where there is no directory.
    pub fn listing_digest(&self, path: &FilePath) -> Option<Digest> {
        self.listing(path).ok().map(|listing| listing.digest)
    }

    /// What stands at a path, as [`super::Reads`] has it; none where nothing does, or nothing that can be read.
    pub fn kind_of(&self, path: &FilePath) -> Option<EntryKind> {
        self.kind(path).ok().flatten()
    }
}
