//! What of the working tree isn't committed, without the commands that would run filters for it.

use std::collections::BTreeSet;
use std::fs::{self, Metadata};
use std::path::Path;
use std::time::UNIX_EPOCH;

use super::{GitError, ObjectId, ObjectKind, Repository};

/// Flags of an entry of the index that tell not to look at its file: assumed unchanged, and outside of a sparse checkout.
const NOT_LOOKED_AT: u32 = 0x8000 | 0x4000_0000;

impl Repository {
    /// The files that differ between two trees, by their ids: changed, added and removed ones, sorted.
    ///
    /// # Errors
    /// git fails.
    pub fn files_between(&self, one: ObjectId, other: ObjectId) -> Result<Vec<String>, GitError> {
        let args = ["diff-tree", "-r", "-z", "--name-only", "--no-renames", "--no-ext-diff"];
        let ids = [one.to_string(), other.to_string()];
        let output = self.run(args.into_iter().map(str::to_owned).chain(ids))?;
        let names = output.split(|byte| *byte == 0).filter(|name| !name.is_empty());
        let mut files: Vec<String> = names.map(|name| String::from_utf8_lossy(name).into_owned()).collect();
        files.sort();
        Ok(files)
    }

    /// The files of the working tree that differ from the commit that is checked out: staged, changed, gone and new ones.
    /// None in a bare repository. A file counts as changed if its content differs as it lies there: where a filter would
    /// change it back, and it was touched since, it is told although git wouldn't.
    ///
    /// # Errors
    /// git fails.
    pub fn uncommitted_files(&self) -> Result<Vec<String>, GitError> {
        let Some(root) = self.work_tree() else { return Ok(Vec::new()) };
        let mut found: BTreeSet<String> = BTreeSet::new();
        let mut add = |output: &[u8]| {
            let names = output.split(|b| *b == 0).filter(|name| !name.is_empty());
            found.extend(names.map(|name| String::from_utf8_lossy(name).into_owned()));
        };
        add(&self.run(["diff-index", "--cached", "--name-only", "-z", "HEAD", "--"])?);
        add(&self.run(["ls-files", "-z", "--others", "--exclude-standard", "--full-name", "--", "."])?);
        let output = self.run(["ls-files", "-z", "--stage", "--debug"])?;
        let format = self.object_format()?;
        for entry in entries(&String::from_utf8_lossy(&output)) {
            let path = root.join(&entry.path);
            let is_file = entry.mode & 0o170_000 == 0o100_000;
            if !is_file || entry.flags & NOT_LOOKED_AT != 0 {
                continue;
            }
            let same = match fs::symlink_metadata(&path) {
                Ok(meta) if !meta.is_file() => false,
                Ok(meta) => {
                    entry.is_as_noted(&meta) || holds(&path, |data| format.id(ObjectKind::Blob, data), entry.id)
                }
                Err(_) => false,
            };
            if !same {
                found.insert(entry.path);
            }
        }
        Ok(found.into_iter().collect())
    }
}

fn holds(path: &Path, id: impl Fn(&[u8]) -> ObjectId, expected: ObjectId) -> bool {
    fs::read(path).is_ok_and(|data| id(&data) == expected)
}

/// An entry of the index.
#[derive(Debug, PartialEq, Eq)]
struct Entry {
    mode: u32,
    id: ObjectId,
    path: String,
    /// Seconds and nanoseconds.
    modified: (u64, u32),
    size: u64,
    flags: u32,
}

impl Entry {
    /// Whether a file is as git last saw it.
    fn is_as_noted(&self, meta: &Metadata) -> bool {
        let modified = meta.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let same_time = |time: std::time::Duration| {
            time.as_secs() == self.modified.0 && (self.modified.1 == 0 || time.subsec_nanos() == self.modified.1)
        };
        // git notes the size cut to 32 bits.
        meta.len() & 0xffff_ffff == self.size && modified.is_some_and(same_time)
    }
}

/// What `git ls-files -z --stage --debug` prints: a path with its mode and id, a NUL, and lines of numbers.
fn entries(text: &str) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut head = None;
    for part in text.split('\0') {
        let mut rest = part;
        if let Some(head) = head.take() {
            let mut lines = part.splitn(6, '\n');
            let numbers: Vec<&str> = lines.by_ref().take(5).collect();
            rest = lines.next().unwrap_or_default();
            entries.extend(entry(head, &numbers));
        }
        head = Some(rest);
    }
    entries
}

fn entry(head: &str, numbers: &[&str]) -> Option<Entry> {
    let (facts, path) = head.split_once('\t')?;
    let mut facts = facts.split(' ');
    let mode = u32::from_str_radix(facts.next()?, 8).ok()?;
    let id = ObjectId::from_hex(facts.next()?)?;
    let value = |name: &str| {
        let words = numbers.iter().flat_map(|line| line.split('\t')).map(str::trim);
        words.into_iter().find_map(|word| word.strip_prefix(name)?.strip_prefix(": "))
    };
    let (seconds, nanos) = value("mtime")?.split_once(':')?;
    Some(Entry {
        mode,
        id,
        path: path.to_owned(),
        modified: (seconds.parse().ok()?, nanos.parse().ok()?),
        size: value("size")?.parse().ok()?,
        flags: u32::from_str_radix(value("flags")?, 16).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_is_read() {
        let id = "ab".repeat(20);
        let numbers = "  ctime: 1:2\n  mtime: 3:4\n  dev: 5\tino: 6\n  uid: 0\tgid: 0\n  size: 7\tflags: 40000000\n";
        let text = format!("100644 {id} 0\ta b\0{numbers}100755 {id} 0\tc\nd\0{numbers}");
        let found = entries(&text);
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].path.as_str(), found[1].path.as_str()), ("a b", "c\nd"));
        assert_eq!((found[1].modified, found[1].size, found[1].flags), ((3, 4), 7, 0x4000_0000));
    }
}
