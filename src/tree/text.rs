//! An object's text: at hand, or where an earlier run kept it until somebody asks.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::index::digest_of;

/// A digest of a text, by blake3.
pub type Digest = [u8; 32];

/// Where texts of earlier runs are kept.
pub trait Kept: Send + Sync + fmt::Debug {
    /// The text in a range of bytes with that digest; none if it can't be had any more. Whoever keeps it remembers that.
    fn text(&self, range: Range<u64>, digest: &Digest) -> Option<Arc<str>>;
}

/// Canonical YAML of one object: one document, without `---`. Cloning it is cheap.
#[derive(Clone)]
pub struct Text {
    digest: Digest,
    form: Form,
}

#[derive(Clone)]
enum Form {
    Here(Arc<str>),
    Kept(Arc<dyn Kept>, Range<u64>),
}

impl Text {
    /// A text that an earlier run kept.
    pub fn kept(by: Arc<dyn Kept>, range: Range<u64>, digest: Digest) -> Self {
        Self { digest, form: Form::Kept(by, range) }
    }

    /// A text at hand, whose digest is known.
    pub fn known(text: impl Into<Arc<str>>, digest: Digest) -> Self {
        Self { digest, form: Form::Here(text.into()) }
    }

    /// The text. One that is lost is empty: whoever keeps it is asked whether any was, before anything is done with what
    /// came of it.
    pub fn get(&self) -> Arc<str> {
        match &self.form {
            Form::Here(text) => Arc::clone(text),
            Form::Kept(by, range) => by.text(range.clone(), &self.digest).unwrap_or_default(),
        }
    }

    /// Its digest: equal texts have equal digests, wherever they are.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// The digest as the index writes it.
    pub fn hex(&self) -> String {
        blake3::Hash::from_bytes(self.digest).to_hex().to_string()
    }
}

impl From<Arc<str>> for Text {
    fn from(text: Arc<str>) -> Self {
        Self { digest: digest_of(&text), form: Form::Here(text) }
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Arc::<str>::from(text).into()
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Arc::<str>::from(text).into()
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
}

impl Eq for Text {}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.form {
            Form::Here(text) => text.fmt(f),
            Form::Kept(..) => f.write_str("(kept)"),
        }
    }
}
