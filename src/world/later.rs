//! Files that nobody may ever ask for.

use std::sync::Arc;

use super::{FilePath, ReadError, Tree, World};
use crate::source::{SourceFile, SourceKind, Sources};

/// A file that is read when somebody asks for it. Nobody records that: only for verbs that render one thing and end.
#[derive(Clone, Debug)]
pub struct Later {
    tree: Arc<dyn Tree>,
    path: FilePath,
    sources: Arc<Sources>,
}

impl World {
    /// A file to be read later, and its size in bytes.
    ///
    /// # Errors
    /// It can't be opened.
    pub fn later(&self, path: &FilePath) -> Result<(Later, u64), ReadError> {
        let tree = self.tree(path.tree).ok_or(ReadError::Missing)?;
        let size = tree.size(&path.path)?;
        Ok((Later { tree, path: path.clone(), sources: Arc::clone(&self.sources) }, size))
    }
}

impl Later {
    /// Where it stands.
    pub fn path(&self) -> &FilePath {
        &self.path
    }

    /// Its bytes, as they are now.
    ///
    /// # Errors
    /// It is gone, or can't be read any more.
    pub fn read(&self) -> Result<Vec<u8>, ReadError> {
        self.tree.read(&self.path.path)
    }

    /// Makes what was read known as a text.
    pub fn source(&self, text: String) -> Arc<SourceFile> {
        self.sources.add(self.tree.show(&self.path.path), text, SourceKind::File)
    }
}
