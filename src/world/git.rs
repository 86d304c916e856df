//! A git revision.
use super::{DirEntry, EntryKind, ReadError, Tree};

/// A git revision.
#[derive(Debug)]
pub struct GitTree {}

impl Tree for GitTree {
    fn read(&self, _path: &str) -> Result<Vec<u8>, ReadError> {
        Err(ReadError::Missing)
    }
    fn list(&self, _path: &str) -> Result<Vec<DirEntry>, ReadError> {
        Err(ReadError::Missing)
    }
    fn kind(&self, _path: &str) -> Result<Option<EntryKind>, ReadError> {
        Ok(None)
    }
    fn show(&self, path: &str) -> String {
        path.to_owned()
    }
}
