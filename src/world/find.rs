//! Globs over a tree, matched directory by directory so that only what can match is listed.

use std::collections::BTreeSet;

use globset::{GlobBuilder, GlobMatcher};

use super::{EntryKind, FilePath, Reader, join};

/// Whether a path is a glob: it has `*`, `?`, `[` or `{` in it.
pub fn is_glob(path: &str) -> bool {
    path.contains(['*', '?', '[', '{'])
}

enum Part {
    Literal(String),
    Glob(GlobMatcher),
    /// `**`: any directories, or none.
    Any,
}

/// The files (or directories) below `root` that match a normalised pattern, by path. `*` stops at `/`, `**` doesn't;
/// hidden names need a literal dot; linked directories are not descended into by `**`.
///
/// # Errors
/// What is wrong with the pattern, in words.
pub fn find(reader: &Reader, root: &FilePath, pattern: &str, kind: EntryKind) -> Result<Vec<String>, String> {
    let mut parts = Vec::new();
    for part in pattern.split('/').filter(|part| !part.is_empty()) {
        parts.push(match part {
            "**" => Part::Any,
            part if is_glob(part) => {
                let glob = GlobBuilder::new(part).literal_separator(true).build();
                Part::Glob(glob.map_err(|e| format!("`{part}` is not a glob: {}", e.kind()))?.compile_matcher())
            }
            part => Part::Literal(part.to_owned()),
        });
    }
    let mut search = Search { reader, root, kind, found: BTreeSet::new() };
    search.descend("", &parts, 0);
    Ok(search.found.into_iter().collect())
}

struct Search<'a, 'w> {
    reader: &'a Reader<'w>,
    root: &'a FilePath,
    kind: EntryKind,
    found: BTreeSet<String>,
}

const MAX_DEPTH: usize = 100;

impl Search<'_, '_> {
    fn descend(&mut self, below: &str, parts: &[Part], depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        let Some((part, rest)) = parts.split_first() else { return };
        if let Part::Literal(name) = part {
            let Some(path) = join(below, name) else { return };
            let kind = self.root.join(&path).and_then(|p| self.reader.kind(&p).ok().flatten());
            return self.step(path, kind, rest, depth);
        }
        if matches!(part, Part::Any) {
            self.descend(below, rest, depth);
        }
        let Some(dir) = self.root.join(below) else { return };
        let Ok(entries) = self.reader.list(&dir) else { return };
        for entry in entries {
            let Some(path) = join(below, &entry.name) else { continue };
            let hidden = entry.name.starts_with('.');
            match part {
                Part::Any if entry.kind == EntryKind::Directory && !hidden && !entry.link => {
                    self.descend(&path, parts, depth + 1);
                }
                Part::Glob(glob) if glob.is_match(&entry.name) && (!hidden || glob.glob().glob().starts_with('.')) => {
                    self.step(path, Some(entry.kind), rest, depth);
                }
                _ => {}
            }
        }
    }

    fn step(&mut self, path: String, kind: Option<EntryKind>, rest: &[Part], depth: usize) {
        match kind {
            // A bad link is handed out too: reading it says what is wrong.
            Some(kind) if rest.is_empty() && (kind == self.kind || kind == EntryKind::BadLink) => {
                self.found.insert(path);
            }
            Some(EntryKind::Directory) if !rest.is_empty() => self.descend(&path, rest, depth + 1),
            _ => {}
        }
    }
}
