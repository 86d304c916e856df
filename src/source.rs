//! Where things were read: files, byte spans, and the eight-byte origin that every value carries.
//!
//! A [`SourceFile`] is a text that values come from: a file of a repository, or the text that a template made
//! ([`SourceKind::Rendered`], kept only while someone asks for provenance). [`Sources`] owns them all for one run.

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

mod quoted;

use crate::provenance::RenderMap;
pub use quoted::Lines;

/// A text known to [`Sources`]. Ids follow the order of reading, which threads may vary: never let them reach output
/// or decide an order; compare names and offsets instead.
#[derive(Clone, Copy)]
pub struct FileId(u32);

/// How a value was written, in the bits of a [`FileId`] that no id needs. They don't count where ids are compared.
const QUOTED: u32 = 1 << 31;
const UNWRITTEN: u32 = 1 << 30;
const STYLE: u32 = QUOTED | UNWRITTEN;
/// The highest number without those bits; some below it mean something else than a text.
const LAST: u32 = !STYLE;

impl FileId {
    /// No file: a value that Terrace itself made.
    pub const NONE: Self = Self(LAST);
    /// A text that a template made and nobody kept. Rendering again with recording on gives it a real id.
    pub const TRANSIENT: Self = Self(LAST - 1);
    /// An entry in a [`crate::provenance::Recorder`], its index in [`Origin::at`].
    pub const DERIVED: Self = Self(LAST - 2);

    fn number(self) -> u32 {
        self.0 & !STYLE
    }

    /// Whether this id names a text that [`Sources`] holds.
    pub fn is_real(self) -> bool {
        self < Self::DERIVED
    }
}

impl PartialEq for FileId {
    fn eq(&self, other: &Self) -> bool {
        self.number() == other.number()
    }
}

impl Eq for FileId {}

impl std::hash::Hash for FileId {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.number().hash(state);
    }
}

impl PartialOrd for FileId {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for FileId {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.number().cmp(&other.number())
    }
}

impl fmt::Debug for FileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            id if id == Self::NONE => write!(f, "FileId(none)"),
            id if id == Self::TRANSIENT => write!(f, "FileId(transient)"),
            id if id == Self::DERIVED => write!(f, "FileId(derived)"),
            id => write!(f, "FileId({})", id.number()),
        }
    }
}

/// Where a value starts: a file and a byte offset. The end is found by reading the token again, when somebody asks.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Origin {
    /// The text.
    pub file: FileId,
    /// Byte offset of the value's first byte in it (or an index, for [`FileId::DERIVED`]).
    pub at: u32,
}

impl Default for Origin {
    fn default() -> Self {
        Self::NONE
    }
}

impl Origin {
    /// A value that no file holds.
    pub const NONE: Self = Self { file: FileId::NONE, at: 0 };

    /// The origin at byte `at` of `file`. Files over 4 GiB are never read, so the cut is safe.
    pub fn new(file: FileId, at: usize) -> Self {
        Self { file, at: u32::try_from(at).unwrap_or(u32::MAX) }
    }

    /// The origin of a scalar of a kustomization's resources that was written in quotes, or as a block: what kustomize puts in
    /// its place is quoted too, and so is a text.
    #[must_use]
    pub fn quoted(self) -> Self {
        self.with(QUOTED)
    }

    /// Whether the value was written in quotes; see [`Self::quoted`].
    pub fn is_quoted(self) -> bool {
        self.file.0 & QUOTED != 0
    }

    /// The origin of nothing at all where a value could stand (`key:`), in a kustomization's resources: kustomize tells it
    /// from a `null`.
    #[must_use]
    pub fn unwritten(self) -> Self {
        self.with(UNWRITTEN)
    }

    /// Whether there is nothing where it says; see [`Self::unwritten`].
    pub fn is_unwritten(self) -> bool {
        self.file.0 & UNWRITTEN != 0
    }

    /// The same of a value that is written without quotes.
    #[must_use]
    pub fn plain(self) -> Self {
        Self { file: FileId(self.file.number()), at: self.at }
    }

    /// The same of a value that is written like another.
    #[must_use]
    pub fn styled_as(self, other: Self) -> Self {
        Self { file: FileId(self.file.number() | other.file.0 & STYLE), at: self.at }
    }

    fn with(self, style: u32) -> Self {
        Self { file: FileId(self.file.number() | style), at: self.at }
    }

    /// An empty span at this place; none for values without a file.
    pub fn span(self) -> Option<Span> {
        self.file.is_real().then_some(Span { file: self.file, start: self.at, end: self.at })
    }
}

/// A range of bytes in a file. An empty range stands for "the token that starts here": see [`Sources::widen`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Span {
    /// The text.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The span of `range` in `file`.
    pub fn new(file: FileId, range: Range<usize>) -> Self {
        let cut = |n| u32::try_from(n).unwrap_or(u32::MAX);
        Self { file, start: cut(range.start), end: cut(range.end) }
    }

    /// The range of bytes, for slicing the text.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// What kind of text a source is.
#[derive(Debug, Clone)]
pub enum SourceKind {
    /// A file as it stands in a repository.
    File,
    /// A part of another text: a patch in a string, or a parameter put differently, as an argument of `--set`. It stands
    /// there; [`Sources::unquoted`] tells where exactly.
    Quoted(Origin),
    /// What a template made of its inputs: each range of it maps back to the template and to the values it read.
    Rendered(Arc<RenderMap>),
}

/// A text that values come from.
#[derive(Debug)]
pub struct SourceFile {
    /// Its id in this run.
    pub id: FileId,
    /// How people know it: the path below the fleet's root, `<repository>/path` for others, `path@revision` from git.
    pub name: String,
    /// The whole text.
    pub text: Arc<str>,
    /// A file, or a template's output.
    pub kind: SourceKind,
    lines: OnceLock<Vec<u32>>,
    digest: OnceLock<[u8; 32]>,
    pub(crate) kept: crate::yaml::Kept,
}

/// A place for people: both count from 1, columns in characters.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord)]
pub struct LineColumn {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

impl SourceFile {
    /// A text that nobody keeps: nothing is found again by the origins of what is read from it.
    pub fn transient(name: impl Into<String>, text: impl Into<Arc<str>>) -> Self {
        let (lines, digest, kept) = Default::default();
        let (name, text, kind) = (name.into(), text.into(), SourceKind::File);
        Self { id: FileId::TRANSIENT, name, text, kind, lines, digest, kept }
    }

    fn line_starts(&self) -> &[u32] {
        self.lines.get_or_init(|| {
            let ends = self.text.bytes().enumerate().filter(|(_, b)| *b == b'\n');
            std::iter::once(0).chain(ends.map(|(i, _)| u32::try_from(i + 1).unwrap_or(u32::MAX))).collect()
        })
    }

    /// The blake3 digest of the text: computed once, when first asked for.
    pub fn digest(&self) -> &[u8; 32] {
        self.digest.get_or_init(|| *blake3::hash(self.text.as_bytes()).as_bytes())
    }

    /// The line and column of byte `at`.
    pub fn line_column(&self, at: usize) -> LineColumn {
        let starts = self.line_starts();
        let at32 = u32::try_from(at).unwrap_or(u32::MAX);
        let line = starts.partition_point(|s| *s <= at32).max(1);
        let start = starts.get(line - 1).copied().unwrap_or(0) as usize;
        let end = at.min(self.text.len());
        let before = self.text.as_bytes().get(start..end).unwrap_or_default();
        // Continuation bytes don't start a character.
        let column = before.iter().filter(|b| **b & 0xC0 != 0x80).count() + 1;
        LineColumn { line: u32::try_from(line).unwrap_or(u32::MAX), column: u32::try_from(column).unwrap_or(u32::MAX) }
    }

    /// The text of line `line` (from 1), without its end; empty past the end.
    pub fn line(&self, line: u32) -> &str {
        let starts = self.line_starts();
        let Some(start) = (line as usize).checked_sub(1).and_then(|i| starts.get(i)) else { return "" };
        let rest = self.text.get(*start as usize..).unwrap_or_default();
        rest.split('\n').next().unwrap_or_default().trim_end_matches('\r')
    }
}

/// All the texts of a run. Shared by every thread.
#[derive(Default, Debug)]
pub struct Sources {
    files: RwLock<Vec<Arc<SourceFile>>>,
}

impl Sources {
    /// An empty table.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a text under a name and gives it an id.
    pub fn add(&self, name: impl Into<String>, text: impl Into<Arc<str>>, kind: SourceKind) -> Arc<SourceFile> {
        // A text may be copied here, which nobody else has to wait for.
        let (name, text) = (name.into(), text.into());
        let (lines, digest, kept) = Default::default();
        let mut files = self.files.write().unwrap_or_else(PoisonError::into_inner);
        let id = FileId(u32::try_from(files.len()).unwrap_or(LAST - 3).min(LAST - 3));
        let file = Arc::new(SourceFile { id, name, text, kind, lines, digest, kept });
        files.push(Arc::clone(&file));
        file
    }

    /// The text with this id; none for ids that aren't real.
    pub fn get(&self, id: FileId) -> Option<Arc<SourceFile>> {
        let files = self.files.read().unwrap_or_else(PoisonError::into_inner);
        files.get(id.number() as usize).cloned()
    }

    /// An empty span made as wide as the YAML token (or the line, elsewhere) that starts there; others unchanged.
    pub fn widen(&self, span: Span) -> Span {
        if span.start != span.end {
            return span;
        }
        let Some(file) = self.get(span.file) else { return span };
        let end = crate::yaml::token_end(&file.text, span.start as usize);
        Span { end: u32::try_from(end).unwrap_or(u32::MAX).max(span.start), ..span }
    }

    /// `name:line:column` of an origin, for messages and tests; `-` where there is no file.
    pub fn place(&self, origin: Origin) -> String {
        match self.get(origin.file) {
            Some(file) => {
                let LineColumn { line, column } = file.line_column(origin.at as usize);
                format!("{}:{line}:{column}", file.name)
            }
            None => "-".to_owned(),
        }
    }
}
