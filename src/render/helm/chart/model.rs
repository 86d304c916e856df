//! A chart as it was read.

use std::sync::{Arc, OnceLock};

use super::later::Unread;
use super::metadata::Metadata;
use super::schema::Compiled;
use crate::diag::Diagnostics;
use crate::source::SourceFile;
use crate::yaml::{Map, Node};

/// A chart: read once, never changed, shared by all threads.
#[derive(Debug)]
pub struct Chart {
    /// Chart.yaml.
    pub metadata: Metadata,
    /// Chart.lock or requirements.lock.
    pub lock: Option<Node>,
    /// What stands in `templates/`, in the order of reading.
    pub templates: Vec<File>,
    /// Every other file that isn't the chart's own: what templates see as `.Files`, `crds/` among it.
    pub files: Vec<File>,
    /// values.yaml: a mapping. Every number is a [`crate::yaml::Value::Float`].
    pub values: Node,
    /// values.schema.json.
    pub schema: Option<File>,
    /// The charts in `charts/`, by the names of their directories and archives; then those that were supplied.
    pub dependencies: Vec<Arc<Chart>>,
    /// What is odd about the chart's files: duplicate keys, say.
    pub warnings: Diagnostics,
    /// `values` without nulls at any depth of mappings.
    pub(super) without_nulls: OnceLock<Map>,
    pub(super) compiled: OnceLock<Compiled>,
}

/// A file of a chart.
#[derive(Clone, Debug)]
pub struct File {
    /// Its path below the chart.
    pub name: ecow::EcoString,
    /// What it holds, without a byte order mark.
    pub content: Content,
}

/// What a file holds.
#[derive(Clone, Debug)]
pub enum Content {
    /// Text that origins can point into.
    Text(Arc<SourceFile>),
    /// What isn't UTF-8.
    Bytes(Arc<[u8]>),
    /// Either, once somebody asks.
    Unread(Arc<Unread>),
}

/// A file of `crds/`, of the chart or of a dependency.
#[derive(Clone, Debug)]
pub struct Crd {
    /// Its path with the full path of its chart.
    pub path: String,
    /// The file.
    pub file: File,
}

impl Content {
    /// What is at hand, or is read now.
    fn read(&self) -> &Self {
        match self {
            Self::Text(_) | Self::Bytes(_) => self,
            Self::Unread(file) => file.content(),
        }
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        match self.read() {
            Self::Text(file) => file.text.as_bytes(),
            Self::Bytes(bytes) => bytes,
            // What was read isn't unread.
            Self::Unread(_) => &[],
        }
    }

    /// The bytes, to be kept.
    pub fn shared(&self) -> Arc<[u8]> {
        match self.read() {
            Self::Text(file) => Arc::clone(&file.text).into(),
            Self::Bytes(bytes) => Arc::clone(bytes),
            Self::Unread(_) => Arc::default(),
        }
    }

    /// The text, if it is one.
    pub fn source(&self) -> Option<&Arc<SourceFile>> {
        match self.read() {
            Self::Text(file) => Some(file),
            Self::Bytes(_) | Self::Unread(_) => None,
        }
    }
}

impl File {
    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        self.content.bytes()
    }

    /// The text, if it is one.
    pub fn source(&self) -> Option<&Arc<SourceFile>> {
        self.content.source()
    }

    /// Whether it holds custom resource definitions: below `crds/`, and named like a manifest.
    pub(super) fn is_crd(&self) -> bool {
        let extension = self.name.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map(|(_, e)| e);
        let manifest = |e: &str| ["yaml", "yml", "json"].iter().any(|known| e.eq_ignore_ascii_case(known));
        self.name.starts_with("crds/") && extension.is_some_and(manifest)
    }
}

impl Chart {
    /// The chart's values; empty if values.yaml is.
    pub fn values_map(&self) -> Map {
        self.values.as_map().cloned().unwrap_or_default()
    }
}
