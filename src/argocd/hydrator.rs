//! `spec.sourceHydrator`: manifests that Argo CD renders, commits to a branch, and syncs from there
//! (controller/hydrator/hydrator.go).

use super::application::Source;
use super::fields::FieldReader;
use super::repository::normalize_git_url;
use crate::source::Origin;
use crate::yaml::Node;

/// Where a hydrated app is written and synced from. What is rendered is the Application's only source.
#[derive(Clone, Debug)]
pub struct Hydrator {
    /// The repository that is written to.
    pub repo_url: String,
    /// `syncSource.path`: the directory, which has everything in it replaced.
    pub path: (String, Origin),
    /// `syncSource.targetBranch`: what is synced.
    pub sync_branch: String,
    /// The branch that is written to: `hydrateTo.targetBranch`, or the one that is synced.
    pub branch: String,
}

/// The files that Argo CD writes into the directory of an app.
pub const FILES: [&str; 3] = ["manifest.yaml", "hydrator.metadata", "README.md"];

impl Hydrator {
    /// What apps have in common that are written in one commit: either all of them are, or none. With the dry source's
    /// repository and revision it is the key of Argo CD's queue (`getHydrationQueueKey`).
    pub fn commit(&self, dry: &Source) -> [String; 4] {
        let url = |url: &str| match normalize_git_url(url) {
            normal if normal.is_empty() => url.to_owned(),
            normal => normal,
        };
        let revision = dry.target_revision.as_ref().map(|(revision, _)| revision.clone()).unwrap_or_default();
        [url(&dry.repo_url.0), revision, url(&self.repo_url), self.branch.clone()]
    }
}

/// Whether a path is a repository's root, however it is written (`IsRootPath`).
fn is_root(path: &str) -> bool {
    let mut depth = 0_usize;
    for part in path.split('/').filter(|part| !matches!(*part, "" | ".")) {
        match part {
            ".." if depth == 0 && path.starts_with('/') => {}
            ".." if depth == 0 => return false,
            ".." => depth -= 1,
            _ => depth += 1,
        }
    }
    depth == 0
}

impl FieldReader {
    /// Reads `spec.sourceHydrator`; none after an error. All mistakes are told.
    pub(super) fn hydrator(&mut self, node: &Node, dry: Option<&Source>) -> Option<Hydrator> {
        let known = ["drySource", "hydrateTo", "syncSource"];
        self.dropped(node, "`sourceHydrator`", &known);
        let Some(sync) = node.get("syncSource").filter(|sync| sync.as_map().is_some()) else {
            self.refuse("`sourceHydrator` has no `syncSource`".to_owned(), node.origin, "where does it write?");
            return None;
        };
        self.dropped(sync, "`syncSource`", &["path", "repoURL", "targetBranch"]);
        let repo_url = self.text(sync, &["repoURL"])?.map(|(url, _)| url);
        let path = self.text(sync, &["path"]);
        match &path {
            Some(Some((path, at))) if is_root(path) => {
                let message = format!("Argo CD doesn't hydrate to the root of a repository, and `{path}` is it");
                self.refuse(message, *at, "everything else there would be replaced");
            }
            Some(None) => self.refuse("`syncSource` has no `path`".to_owned(), sync.origin, "which directory?"),
            _ => {}
        }
        let sync_branch = self.branch(sync, "`syncSource`");
        let branch = match node.get("hydrateTo").filter(|to| !to.is_null()) {
            Some(to) => {
                self.dropped(to, "`hydrateTo`", &["targetBranch"]);
                self.branch(to, "`hydrateTo`")
            }
            None => sync_branch.clone(),
        };
        let repo_url = repo_url.or_else(|| dry.map(|dry| dry.repo_url.0.clone()));
        Some(Hydrator { repo_url: repo_url?, path: path??, sync_branch: sync_branch?, branch: branch? })
    }

    fn branch(&mut self, node: &Node, what: &str) -> Option<String> {
        let branch = self.text(node, &["targetBranch"])?;
        if branch.is_none() {
            self.refuse(format!("{what} has no `targetBranch`"), node.origin, "which branch?");
        }
        branch.map(|(branch, _)| branch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::argocd::application::Application;
    use crate::source::FileId;
    use crate::yaml::{Dialect, parse};

    fn read(hydrator: &str) -> (Option<Application>, Vec<String>) {
        let text = format!(
            "metadata: {{name: web}}\nspec:\n  project: default\n  destination: {{name: a}}\n  source: {{repoURL: 'x', path: ignored}}\n  sourceHydrator: {hydrator}\n"
        );
        let node = parse(FileId::NONE, &text, Dialect::Kubernetes).into_first();
        let (application, problems) = Application::from_node(&node);
        (application, problems.into_iter().map(|d| d.message).collect())
    }

    #[test]
    fn it_overrides_all_sources() {
        let (application, problems) = read(
            "{drySource: {repoURL: 'https://git/a.git', path: web, targetRevision: main}, \
              syncSource: {targetBranch: env/prod, path: out/web}, hydrateTo: {targetBranch: env/prod-next}}",
        );
        assert!(problems.is_empty(), "{problems:?}");
        let application = application.unwrap();
        assert_eq!(application.sources[0].path.as_ref().unwrap().0, "web");
        assert!(!application.has_many_sources);
        let hydrator = application.hydrator.unwrap();
        assert_eq!(
            hydrator.commit(&application.sources[0]),
            ["https://git/a", "main", "https://git/a", "env/prod-next"]
        );
        assert_eq!((hydrator.path.0.as_str(), hydrator.sync_branch.as_str()), ("out/web", "env/prod"));
    }

    #[test]
    fn every_mistake_is_told() {
        let (application, problems) =
            read("{drySource: {repoURL: x, path: a}, syncSource: {path: 'a/..', branch: x}, hydrateTo: {}}");
        assert!(application.is_none());
        let expected = [
            "`syncSource` has no field `branch`: Argo CD drops it",
            "Argo CD doesn't hydrate to the root of a repository, and `a/..` is it",
            "`syncSource` has no `targetBranch`",
            "`hydrateTo` has no `targetBranch`",
        ];
        assert_eq!(problems, expected);
        assert_eq!(read("{drySource: {repoURL: x, path: a}}").1, ["`sourceHydrator` has no `syncSource`"]);
        assert_eq!(
            read("{syncSource: {path: a, targetBranch: b}}").1,
            ["Application has no `spec.sourceHydrator.drySource`"]
        );
    }

    /// What Go's `filepath.Clean` makes of these.
    #[test]
    fn roots_in_many_spellings() {
        for path in ["", ".", "/", "./", "a/..", "//", "/..", "/../.", "./a/../"] {
            assert!(is_root(path), "{path}");
        }
        for path in ["a", "..", "../a", "a/../..", "/a", "a/./b"] {
            assert!(!is_root(path), "{path}");
        }
    }
}
