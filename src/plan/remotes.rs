//! What kustomizations name by URL: git repositories, and single files.

use super::repositories::{Repositories, Repository};
use crate::argocd::repository::normalize_url;
use crate::diag::Diagnostic;
use crate::render::kustomize::options::Remotes;
use crate::source::Origin;
use crate::world::{EntryKind, FilePath, Reader};

impl Remotes for Repositories {
    fn repository(&self, url: &str, revision: Option<&str>, reader: &Reader) -> Result<Option<FilePath>, Diagnostic> {
        let wanted = normalize_url(url);
        let found = self.list().iter().position(|repository| repository.urls.contains(&wanted));
        found.map(|index| self.remote(index, revision, reader)).transpose()
    }

    fn file(&self, url: &str, reader: &Reader) -> Result<Option<FilePath>, Diagnostic> {
        let url = url.split(['?', '#']).next().unwrap_or_default();
        match self.raw_file(url, reader)? {
            Some(found) => Ok(Some(found)),
            None => self.file_below(url, reader),
        }
    }
}

impl Repositories {
    /// The root of a repository at a revision. That of a copy which stands in the fleet's own repository is another
    /// repository's, which this clone can't know: the copy is what was fetched of it.
    fn remote(&self, index: usize, revision: Option<&str>, reader: &Reader) -> Result<FilePath, Diagnostic> {
        let own: &[String] = self.own().map_or(&[], |own| &own.urls);
        let is_copy = |repository: &Repository| repository.own && !repository.urls.iter().any(|url| own.contains(url));
        let revision = revision.filter(|_| !self.list().get(index).is_some_and(is_copy));
        self.at_revision(index, revision, Origin::NONE, reader.world())
    }

    /// A file of a known repository under the URL that its forge gives out a file's bytes at.
    fn raw_file(&self, url: &str, reader: &Reader) -> Result<Option<FilePath>, Diagnostic> {
        let Some((repository, rest)) = raw(url) else { return Ok(None) };
        let wanted = normalize_url(&repository);
        let Some(index) = self.list().iter().position(|repository| repository.urls.contains(&wanted)) else {
            return Ok(None);
        };
        // A revision may have slashes in it: of all ways to split, the first one that leads to something is meant.
        let mut first = None;
        for (at, _) in rest.match_indices('/') {
            let (revision, path) = (rest.get(..at).unwrap_or_default(), rest.get(at + 1..).unwrap_or_default());
            let found = self.remote(index, Some(revision), reader);
            if let Ok(Some(path)) = found.as_ref().map(|root| root.join(path))
                && matches!(reader.kind(&path), Ok(Some(EntryKind::File)))
            {
                return Ok(Some(path));
            }
            first.get_or_insert(found.map(|root| root.join(path)));
        }
        first.unwrap_or(Ok(None))
    }

    /// A file below what a declared URL stands for; the longest URL that the file's starts with counts.
    fn file_below(&self, url: &str, reader: &Reader) -> Result<Option<FilePath>, Diagnostic> {
        let mut best: Option<(usize, usize, &str)> = None;
        for (index, repository) in self.list().iter().enumerate() {
            for declared in &repository.shown {
                let Some(rest) = below(declared, url) else { continue };
                if best.is_none_or(|(longest, ..)| declared.len() > longest) {
                    best = Some((declared.len(), index, rest));
                }
            }
        }
        let Some((_, index, rest)) = best else { return Ok(None) };
        let found = self.remote(index, None, reader)?.join(rest);
        Ok(found.filter(|path| !matches!(reader.kind(path), Ok(Some(EntryKind::Directory)))))
    }
}

/// A URL without its scheme and user.
fn bare(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.find('/').unwrap_or(rest.len());
    match rest.get(..host).and_then(|host| host.rfind('@')) {
        Some(at) => rest.get(at + 1..).unwrap_or_default(),
        None => rest,
    }
}

/// What a URL names below another one; the host's case doesn't matter, nor does a `.git`.
fn below<'u>(above: &str, url: &'u str) -> Option<&'u str> {
    let above = bare(above).trim_end_matches('/');
    let above = above.strip_suffix(".git").unwrap_or(above);
    let url = bare(url);
    let head = url.get(..above.len())?;
    let rest = url.get(above.len()..)?;
    let rest = rest.strip_prefix(".git/").or_else(|| rest.strip_prefix('/'))?;
    (!above.is_empty() && head.eq_ignore_ascii_case(above)).then_some(rest.trim_start_matches('/'))
}

/// The repository of a file's URL at a forge, and `<revision>/<path>`.
fn raw(url: &str) -> Option<(String, &str)> {
    let (host, path) = bare(url).split_once('/')?;
    // GitLab has groups in groups.
    if let Some((repository, rest)) = path.split_once("/-/raw/") {
        return Some((format!("https://{host}/{repository}"), rest));
    }
    let at = path.match_indices('/').nth(1)?.0;
    let (repository, rest) = (path.get(..at)?, path.get(at + 1..)?);
    match host.to_ascii_lowercase().as_str() {
        "raw.githubusercontent.com" => Some((format!("https://github.com/{repository}"), rest)),
        "github.com" | "bitbucket.org" => Some((format!("https://{host}/{repository}"), rest.strip_prefix("raw/")?)),
        // Gitea and Forgejo say what kind of revision it is.
        _ => {
            let rest = rest.strip_prefix("raw/")?;
            let kinds = ["branch/", "tag/", "commit/"];
            let rest = kinds.iter().find_map(|kind| rest.strip_prefix(kind)).unwrap_or(rest);
            Some((format!("https://{host}/{repository}"), rest))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::plan::repositories::Pins;
    use crate::world::{MemoryTree, World};

    fn known(world: &World) -> Repositories {
        let tree = |files: &[&str]| {
            let tree = MemoryTree::new(files.iter().map(|path| ((*path).to_owned(), Vec::new())));
            FilePath::new(world.mount(Arc::new(tree)), "")
        };
        let entry = |url: &str, root: FilePath| Repository {
            name: None,
            urls: vec![normalize_url(url)],
            shown: vec![url.to_owned()],
            root,
            git: None,
            prefix: String::new(),
            own: false,
            excluded: Vec::new(),
        };
        let list = vec![
            entry("https://github.com/Acme/bases.git", tree(&["web/kustomization.yaml", "crds/all.yaml"])),
            entry("https://example.com/manifests", tree(&["v1/Install.yaml"])),
            entry("https://example.com/manifests/v2", tree(&["install.yaml"])),
            entry("https://git.example.com/group/sub/repo", tree(&["a.yaml"])),
            entry("https://git.example.com/o/r", tree(&["d/a.yaml"])),
        ];
        Repositories::new(list, Pins::default())
    }

    #[test]
    fn files_are_found_by_their_urls() {
        let world = World::new();
        let repositories = known(&world);
        let reader = Reader::new(&world);
        for (url, expected) in [
            ("https://raw.githubusercontent.com/acme/bases/main/crds/all.yaml", Some("0 crds/all.yaml")),
            (
                "https://raw.githubusercontent.com/acme/bases/refs/heads/release/1.2/crds/all.yaml",
                Some("0 crds/all.yaml"),
            ),
            ("https://github.com/acme/bases/raw/v1.0.0/crds/all.yaml?token=x", Some("0 crds/all.yaml")),
            ("https://raw.githubusercontent.com/acme/bases/main/crds/none.yaml", Some("0 crds/none.yaml")),
            ("https://raw.githubusercontent.com/acme/other/main/crds/all.yaml", None),
            ("https://github.com/acme/bases//web?ref=v1", None),
            ("https://github.com/acme/bases?ref=v1", None),
            ("https://example.com/manifests/v1/Install.yaml", Some("1 v1/Install.yaml")),
            ("https://EXAMPLE.com/manifests/v2/install.yaml", Some("2 install.yaml")),
            ("https://example.com/manifests-old/v1/Install.yaml", None),
            ("https://git.example.com/group/sub/repo/-/raw/main/a.yaml", Some("3 a.yaml")),
            ("https://git.example.com/o/r/raw/branch/feature/x/d/a.yaml", Some("4 d/a.yaml")),
            ("https://git.example.com/o/r/raw/tag/v1/d/a.yaml", Some("4 d/a.yaml")),
            ("https://elsewhere.example.com/a.yaml", None),
        ] {
            let found = repositories.file(url, &reader).unwrap();
            let list = repositories.list();
            let shown = found.map(|path| {
                let index = list.iter().position(|r| r.root.tree == path.tree).unwrap();
                format!("{index} {}", path.path)
            });
            assert_eq!(shown.as_deref(), expected, "{url}");
        }
    }

    #[test]
    fn repositories_are_found_in_any_spelling() {
        let world = World::new();
        let repositories = known(&world);
        let reader = Reader::new(&world);
        for url in ["https://github.com/acme/bases", "git@github.com:acme/bases.git", "ssh://git@github.com/Acme/Bases"]
        {
            let found = repositories.repository(url, Some("v1"), &reader).unwrap();
            assert_eq!(found.as_ref(), repositories.list().first().map(|r| &r.root), "{url}");
        }
        assert_eq!(repositories.repository("https://github.com/acme/other", None, &reader).unwrap(), None);
    }
}
