//! Files of a chart that templates can ask for and mostly don't: custom resource definitions, dashboards, documentation.

use std::sync::{Arc, OnceLock};

use super::model::{Chart, Content};
use crate::world::{FilePath, Later, ReadError};

/// A file that is read when a template, or who prints it, asks for it.
#[derive(Debug)]
pub struct Unread {
    file: Later,
    content: OnceLock<Result<Content, ReadError>>,
}

impl Unread {
    /// A file that nobody has asked for.
    pub fn new(file: Later) -> Self {
        Self { file, content: OnceLock::new() }
    }

    /// What it holds, without a byte order mark; nothing if it can't be read any more. That it couldn't, [`Chart::lost`]
    /// tells: who asks for that throws away what came of it.
    pub(super) fn content(&self) -> &Content {
        static EMPTY: OnceLock<Content> = OnceLock::new();
        match self.content.get_or_init(|| self.file.read().map(|bytes| self.read(bytes))) {
            Ok(content) => content,
            Err(_) => EMPTY.get_or_init(|| Content::Bytes(Arc::default())),
        }
    }

    fn read(&self, bytes: Vec<u8>) -> Content {
        const MARK: &[u8] = b"\xEF\xBB\xBF";
        let bytes = if bytes.starts_with(MARK) { bytes.get(MARK.len()..).unwrap_or_default().to_vec() } else { bytes };
        // Archives are never taken for text.
        if self.file.path().path.ends_with(".tgz") {
            return Content::Bytes(bytes.into());
        }
        match String::from_utf8(bytes) {
            Ok(text) => Content::Text(self.file.source(text)),
            Err(error) => Content::Bytes(error.into_bytes().into()),
        }
    }

    fn lost(&self) -> Option<(&FilePath, &ReadError)> {
        Some((self.file.path(), self.content.get()?.as_ref().err()?))
    }
}

impl Chart {
    /// A file that was there when the chart was loaded, and couldn't be read when it was asked for.
    pub fn lost(&self) -> Option<(&FilePath, &ReadError)> {
        let own = self.files.iter().find_map(|file| match &file.content {
            Content::Unread(file) => file.lost(),
            Content::Text(_) | Content::Bytes(_) => None,
        });
        own.or_else(|| self.dependencies.iter().find_map(|chart| chart.lost()))
    }
}
