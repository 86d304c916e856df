//! Objects: ids, and their contents by `git cat-file --batch`.

use std::fmt;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::{Mutex, PoisonError};

use super::{GitError, Place, command};

/// The largest tree or commit that is read, in bytes. A directory of a million files has about 50 MB.
pub(super) const MAX_TREE_BYTES: u64 = 256 << 20;

/// How many idle processes are kept. More than this many threads at once start, and end, their own.
const MAX_IDLE: usize = 16;

/// The id of an object: SHA-1 or SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId {
    pub(super) bytes: [u8; 32],
    pub(super) length: u8,
}

impl ObjectId {
    /// The id with these bytes, 20 or 32 of them.
    pub fn from_bytes(raw: &[u8]) -> Option<Self> {
        let mut bytes = [0; 32];
        if raw.len() != 20 && raw.len() != 32 {
            return None;
        }
        bytes.get_mut(..raw.len())?.copy_from_slice(raw);
        Some(Self { bytes, length: u8::try_from(raw.len()).ok()? })
    }

    /// The id that these 40 or 64 hexadecimal digits write.
    pub fn from_hex(hex: &str) -> Option<Self> {
        let digit = |b: u8| (b as char).to_digit(16).and_then(|d| u8::try_from(d).ok());
        let pairs = hex.as_bytes().chunks(2).map(|pair| match pair {
            [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
            _ => None,
        });
        Self::from_bytes(&pairs.collect::<Option<Vec<u8>>>()?)
    }

    /// The bytes of the id.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or_default()
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_bytes().iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ObjectId({self})")
    }
}

/// What an object is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ObjectKind {
    /// A file's contents.
    Blob,
    /// A directory.
    Tree,
    /// A commit.
    Commit,
    /// An annotated tag.
    Tag,
}

impl fmt::Display for ObjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Blob => "blob",
            Self::Tree => "tree",
            Self::Commit => "commit",
            Self::Tag => "tag",
        })
    }
}

/// An object.
#[derive(Clone, Debug)]
pub struct Object {
    /// Its id.
    pub id: ObjectId,
    /// What it is.
    pub kind: ObjectKind,
    /// Its contents.
    pub data: Vec<u8>,
}

/// An entry of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeItem {
    /// `0o40000` a directory, `0o120000` a symbolic link, `0o160000` a submodule, else a file.
    pub mode: u32,
    /// The last component, as bytes.
    pub name: Box<[u8]>,
    /// What stands there.
    pub id: ObjectId,
}

impl Object {
    /// Itself, if it is of this kind.
    pub(super) fn expect(self, kind: ObjectKind) -> Result<Self, GitError> {
        match self.kind == kind {
            true => Ok(self),
            false => Err(GitError::WrongKind { id: self.id, expected: kind, found: self.kind }),
        }
    }

    /// The entries of a tree object: `mode SP name NUL id`, one after the other.
    pub(super) fn items(&self) -> Result<Vec<TreeItem>, GitError> {
        let broken = || GitError::answer("cat-file", &format!("the tree {} is malformed", self.id));
        let (mut rest, length) = (self.data.as_slice(), self.id.as_bytes().len());
        let mut items = Vec::new();
        while !rest.is_empty() {
            let space = rest.iter().position(|b| *b == b' ').ok_or_else(broken)?;
            let end = rest.iter().position(|b| *b == 0).ok_or_else(broken)?;
            let mode = rest.get(..space).and_then(|m| std::str::from_utf8(m).ok());
            let mode = mode.and_then(|m| u32::from_str_radix(m, 8).ok()).ok_or_else(broken)?;
            let name = rest.get(space + 1..end).ok_or_else(broken)?;
            let id = rest.get(end + 1..end + 1 + length).and_then(ObjectId::from_bytes).ok_or_else(broken)?;
            items.push(TreeItem { mode, name: name.into(), id });
            rest = rest.get(end + 1 + length..).unwrap_or_default();
        }
        Ok(items)
    }
}

/// The objects of a repository. A process answers one question at a time, so that neither side ever waits for the other
/// to read; each thread that asks takes an idle process, or starts one.
#[derive(Debug)]
pub(super) struct Objects {
    place: Place,
    idle: Mutex<Vec<Batch>>,
}

impl Objects {
    pub(super) fn new(place: Place) -> Self {
        Self { place, idle: Mutex::default() }
    }

    /// The object that git knows by this name; none if there is no such thing.
    pub(super) fn get(&self, name: &str, limit: u64) -> Result<Option<Object>, GitError> {
        // A line is a question.
        if name.contains(['\n', '\0']) {
            return Ok(None);
        }
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut batch = idle.map_or_else(|| Batch::start(&self.place), Ok)?;
        let mut answer = batch.ask(name, limit);
        if matches!(answer, Err(Trouble::Ended)) {
            // It may have been ended from outside while it was idle.
            batch = Batch::start(&self.place)?;
            answer = batch.ask(name, limit);
        }
        match answer {
            Ok(answer) => {
                let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
                if idle.len() < MAX_IDLE {
                    idle.push(batch);
                }
                Ok(answer)
            }
            // Its answers can't be told apart any more: the process ends with `batch`.
            Err(Trouble::Git(error)) => Err(error),
            Err(Trouble::Ended) => Err(self.why_ended(name)),
        }
    }

    /// The process ended in the middle. Its complaint went nowhere (a pipe that nobody reads would block it), so ask again.
    fn why_ended(&self, name: &str) -> GitError {
        if let Some(id) = ObjectId::from_hex(name)
            && self.place.is_partial()
        {
            return GitError::MissingObject { id, shallow: self.place.is_shallow(), partial: true };
        }
        match self.place.run_codes(["cat-file", "-t", "--end-of-options", name], &[0]) {
            Ok(_) => GitError::answer("cat-file", "it ended before answering"),
            Err(error) => error,
        }
    }
}

/// Why there was no answer.
enum Trouble {
    Git(GitError),
    Ended,
}

impl From<std::io::Error> for Trouble {
    fn from(_: std::io::Error) -> Self {
        Self::Ended
    }
}

/// A running `git cat-file --batch`.
#[derive(Debug)]
struct Batch {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Batch {
    fn start(place: &Place) -> Result<Self, GitError> {
        let mut git = place.command(None);
        git.args(["cat-file", "--batch"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = git.spawn().map_err(|e| command::start_error(&git, &e))?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(questions), Some(out)) => {
                Ok(Self { child, questions, answers: BufReader::with_capacity(1 << 16, out) })
            }
            _ => Err(GitError::answer("cat-file", "it has no pipes")),
        }
    }

    fn ask(&mut self, name: &str, limit: u64) -> Result<Option<Object>, Trouble> {
        self.questions.write_all(format!("{name}\n").as_bytes())?;
        self.questions.flush()?;
        let mut header = Vec::new();
        self.answers.read_until(b'\n', &mut header)?;
        if header.pop() != Some(b'\n') {
            return Err(Trouble::Ended);
        }
        let header = String::from_utf8_lossy(&header);
        if header.ends_with(" missing") {
            return Ok(None);
        }
        if header.ends_with(" ambiguous") {
            // What was asked is a short id and what it should lead to: `abcd^{commit}`.
            let revision = name.split('^').next().unwrap_or(name).to_owned();
            return Err(Trouble::Git(GitError::AmbiguousRevision { revision }));
        }
        let (id, kind, size) =
            parse_header(&header).ok_or_else(|| Trouble::Git(GitError::answer("cat-file", &header)))?;
        if size > limit {
            return Err(Trouble::Git(GitError::TooLarge { name: name.to_owned(), size, limit }));
        }
        let mut data = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
        (&mut self.answers).take(size).read_to_end(&mut data)?;
        let mut end = [0];
        self.answers.read_exact(&mut end)?;
        if data.len() as u64 != size || end != [b'\n'] {
            return Err(Trouble::Ended);
        }
        Ok(Some(Object { id, kind, data }))
    }
}

fn parse_header(header: &str) -> Option<(ObjectId, ObjectKind, u64)> {
    let mut words = header.split(' ');
    let id = ObjectId::from_hex(words.next()?)?;
    let kind = match words.next()? {
        "blob" => ObjectKind::Blob,
        "tree" => ObjectKind::Tree,
        "commit" => ObjectKind::Commit,
        "tag" => ObjectKind::Tag,
        _ => return None,
    };
    Some((id, kind, words.next()?.parse().ok()?))
}

impl Drop for Batch {
    fn drop(&mut self) {
        // It only reads: nothing is lost. Waiting keeps it from staying behind as a zombie.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_write_and_read_the_same() {
        for hex in ["0123456789abcdef0123456789abcdef01234567".to_owned(), "ab".repeat(32)] {
            assert_eq!(ObjectId::from_hex(&hex).unwrap().to_string(), hex);
        }
        for bad in ["", "abc", "zz23456789abcdef0123456789abcdef01234567", &"a".repeat(41), &"é".repeat(20)] {
            assert_eq!(ObjectId::from_hex(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_malformed_tree_is_told() {
        let id = ObjectId::from_bytes(&[1; 20]).unwrap();
        let tree = |data: &[u8]| Object { id, kind: ObjectKind::Tree, data: data.to_vec() }.items();
        let mut good = b"100644 a b\0".to_vec();
        good.extend([7; 20]);
        let items = tree(&good).unwrap();
        assert_eq!((items.len(), items[0].mode, &*items[0].name), (1, 0o100_644, b"a b".as_slice()));
        for cut in 1..good.len() {
            assert!(tree(&good[..cut]).is_err(), "cut at {cut}");
        }
    }
}
