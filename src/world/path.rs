//! Paths inside trees.

use ecow::EcoString;

/// A tree that a [`super::World`] holds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TreeId(u32);

impl TreeId {
    pub(super) fn new(index: usize) -> Self {
        Self(u32::try_from(index).unwrap_or(u32::MAX))
    }

    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// A place in a tree: normalised, relative to its root, `""` for the root.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FilePath {
    /// Which tree.
    pub tree: TreeId,
    /// The path below its root.
    pub path: EcoString,
}

impl FilePath {
    /// The place of a normalised path.
    pub fn new(tree: TreeId, path: impl Into<EcoString>) -> Self {
        Self { tree, path: path.into() }
    }

    /// The place that `relative` means from here (a directory); none if it leaves the tree.
    pub fn join(&self, relative: &str) -> Option<Self> {
        let is_plain = |part: &str| !matches!(part, "" | "." | "..");
        if !self.path.is_empty() && relative.split('/').all(is_plain) {
            // Nothing to be normalised, as with nearly all that a listing names.
            return Some(Self { tree: self.tree, path: ecow::eco_format!("{}/{relative}", self.path) });
        }
        Some(Self { tree: self.tree, path: join(&self.path, relative)?.into() })
    }

    /// The last component; `""` for the root.
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }
}

/// `path` without `.`, `..`, doubled or trailing slashes; none if it leaves the root. A leading slash means the root.
pub fn normalize(path: &str) -> Option<String> {
    join("", path)
}

/// What `relative` means below the directory `base`; a leading slash means the root. None if it leaves the root.
pub fn join(base: &str, relative: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    if !relative.starts_with('/') {
        parts.extend(base.split('/').filter(|p| !p.is_empty()));
    }
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The directory that holds `path`; `""` for what stands in the root.
pub fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(dir, _)| dir)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_inside() {
        assert_eq!(join("a/b", "../c/./d//e/"), Some("a/c/d/e".to_owned()));
        assert_eq!(join("a/b", "/x"), Some("x".to_owned()));
        assert_eq!(join("a", "../.."), None);
        assert_eq!(normalize("./"), Some(String::new()));
        assert_eq!(parent("a/b/c"), "a/b");
        assert_eq!(parent("c"), "");
    }
}
