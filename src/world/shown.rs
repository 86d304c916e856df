//! How the paths of a tree are shown to people.

use std::path::Path;

/// Turns paths below a tree's root into what people see.
#[derive(Debug, Default)]
pub(super) struct Shown {
    /// Put before: a repository's name, or the way from the current directory down to the root.
    before: String,
    /// The current directory's components that the root doesn't share, where it is the root or below.
    current: Vec<String>,
    /// Put after: `@` and the revision.
    after: String,
}

impl Shown {
    /// For a directory on disk: below its name, or else relative to the current directory.
    pub(super) fn on_disk(name: String, root: &Path, current_dir: Option<&Path>) -> Self {
        if !name.is_empty() {
            return Self { before: name, ..Self::default() };
        }
        let Some(current) = current_dir else { return Self::default() };
        let current = current.canonicalize().unwrap_or_else(|_| current.to_owned());
        if let Ok(below) = current.strip_prefix(root) {
            let current = below.iter().map(|p| p.to_string_lossy().into_owned()).collect();
            return Self { current, ..Self::default() };
        }
        let shared = root.iter().zip(current.iter()).take_while(|(a, b)| a == b).count();
        // Nothing but `/` in common: the absolute path says more.
        let before = if shared <= 1 {
            root.to_string_lossy().into_owned()
        } else {
            let up = current.iter().skip(shared).map(|_| "..".to_owned());
            let down = root.iter().skip(shared).map(|p| p.to_string_lossy().into_owned());
            up.chain(down).collect::<Vec<_>>().join("/")
        };
        Self { before, ..Self::default() }
    }

    /// For a git revision: `name/path@revision`; a full commit id is cut to 12 digits.
    pub(super) fn at_revision(name: String, revision: &str) -> Self {
        let full = matches!(revision.len(), 40 | 64) && revision.bytes().all(|b| b.is_ascii_hexdigit());
        let revision = if full { revision.get(..12).unwrap_or(revision) } else { revision };
        Self { before: name, after: format!("@{revision}"), ..Self::default() }
    }

    /// How `path`, below the tree's root, is shown.
    pub(super) fn path(&self, path: &str) -> String {
        let mut parts: Vec<&str> = Vec::new();
        if !self.before.is_empty() {
            parts.push(&self.before);
        }
        let mut rest = path;
        let mut current = self.current.iter();
        while let Some(next) = current.as_slice().first() {
            let (first, after) = rest.split_once('/').unwrap_or((rest, ""));
            if first != next {
                break;
            }
            rest = after;
            current.next();
        }
        parts.extend(current.map(|_| ".."));
        if !rest.is_empty() {
            parts.push(rest);
        }
        let shown = if parts.is_empty() { ".".to_owned() } else { parts.join("/") };
        shown + &self.after
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_relative_to_where_the_user_is() {
        let shown = |root: &str, current: &str, path: &str| {
            Shown::on_disk(String::new(), Path::new(root), Some(Path::new(current))).path(path)
        };
        assert_eq!(shown("/no/r", "/no/r", "a/b"), "a/b");
        assert_eq!(shown("/no/r", "/no/r", ""), ".");
        assert_eq!(shown("/no/r", "/no/r/a", "a/b"), "b");
        assert_eq!(shown("/no/r", "/no/r/a", "ab"), "../ab");
        assert_eq!(shown("/no/r", "/no/r/a/c", "a/b"), "../b");
        assert_eq!(shown("/no/r", "/no/r/a/c", "a"), "..");
        assert_eq!(shown("/no/r", "/no", "a/b"), "r/a/b");
        assert_eq!(shown("/no/r", "/no/s/t", "a"), "../../r/a");
        assert_eq!(shown("/no/r", "/elsewhere", "a"), "/no/r/a");
        assert_eq!(Shown::on_disk("lib".into(), Path::new("/no/r"), Some(Path::new("/no"))).path("a"), "lib/a");
    }

    #[test]
    fn revisions_are_named() {
        assert_eq!(Shown::at_revision(String::new(), "origin/main").path("a/b"), "a/b@origin/main");
        assert_eq!(Shown::at_revision("lib".into(), &"0123456789".repeat(4)).path("a"), "lib/a@012345678901");
    }
}
