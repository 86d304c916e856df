//! What a project permits. Each dialect of patterns is Argo CD's for that field.

use super::{AppProject, List, ResourceRule, ServiceAccount, Text};
use crate::argocd::repository::normalize_git_url;
use crate::glob::Glob;
use crate::glob::path_match::PathPattern;
use crate::source::Origin;

/// Why something isn't permitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forbidden {
    /// The rule: the one that denies it, or the list in which none allows it.
    pub rule: Origin,
    /// What is to be seen there.
    pub label: String,
}

impl Forbidden {
    fn denied(rule: Origin) -> Self {
        Self { rule, label: "denied by this".to_owned() }
    }

    fn missing<T>(list: &List<T>, key: &str) -> Self {
        let label = match list.items.is_empty() {
            true => format!("this project allows none: it has no `{key}`"),
            false => format!("none of `{key}` allows it"),
        };
        Self { rule: list.origin, label }
    }
}

/// Where something goes: a cluster as Argo CD knows it, and a namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target<'a> {
    /// The cluster's name.
    pub name: &'a str,
    /// Its API server's URL.
    pub server: &'a str,
    /// The namespace.
    pub namespace: &'a str,
}

impl AppProject {
    /// Whether an Application may have its source in a repository (`IsSourcePermitted`).
    ///
    /// # Errors
    /// The rule that keeps it from it.
    pub fn permits_source(&self, url: &str) -> Result<(), Forbidden> {
        let url = normalize_git_url(url);
        let mut permitted = false;
        for (pattern, at) in &self.source_repos.items {
            let (denies, bare) = negation(pattern);
            let pattern = normalize_git_url(bare);
            // A bare star stops at no slash.
            let matches = pattern == "*" && !denies || globs(&pattern, &url, Some('/'));
            match denies {
                true if matches => return Err(Forbidden::denied(*at)),
                true => permitted = true,
                false => permitted |= matches,
            }
        }
        if permitted { Ok(()) } else { Err(Forbidden::missing(&self.source_repos, "sourceRepos")) }
    }

    /// Whether an Application, or an object of one, may go there (`IsDestinationPermitted`). `scoped` are the clusters of the
    /// project, as name and server.
    ///
    /// # Errors
    /// The rule that keeps it from it.
    pub fn permits_destination(&self, target: Target, scoped: &[(&str, &str)]) -> Result<(), Forbidden> {
        let mut permitted = false;
        for item in &self.destinations.items {
            let name = !target.name.is_empty() && matches(&item.name, target.name);
            let server = !target.server.is_empty() && matches(&item.server, target.server);
            let namespace = matches(&item.namespace, target.namespace);
            let denies = |pattern: &str| negation(pattern).0;
            if (server || name) && namespace {
                permitted = true;
            } else if (!name && denies(&item.name))
                || (!server && denies(&item.server) && namespace)
                || (!namespace && denies(&item.namespace) && server)
            {
                return Err(Forbidden::denied(item.origin));
            }
        }
        if !permitted {
            return Err(Forbidden::missing(&self.destinations, "destinations"));
        }
        match self.only_scoped_clusters {
            Some(at) if !scoped.iter().any(|(name, server)| *name == target.name || *server == target.server) => {
                let label = "permits only clusters that are scoped to this project".to_owned();
                Err(Forbidden { rule: at, label })
            }
            _ => Ok(()),
        }
    }

    /// Whether an Application may make objects of a kind (`IsGroupKindNamePermitted`).
    ///
    /// # Errors
    /// The rule that keeps it from it.
    pub fn permits_kind(&self, group: &str, kind: &str, name: &str, namespaced: bool) -> Result<(), Forbidden> {
        let find = |list: &List<ResourceRule>| list.items.iter().find(|rule| rule.covers(group, kind, name)).cloned();
        if !namespaced {
            if find(&self.cluster_whitelist).is_none() {
                return Err(Forbidden::missing(&self.cluster_whitelist, "clusterResourceWhitelist"));
            }
            return find(&self.cluster_blacklist).map_or(Ok(()), |rule| Err(Forbidden::denied(rule.origin)));
        }
        if let Some(list) = self.namespace_whitelist.as_ref().filter(|list| find(list).is_none()) {
            let label = match list.items.is_empty() {
                true => "an empty list allows none".to_owned(),
                false => "none of `namespaceResourceWhitelist` allows it".to_owned(),
            };
            return Err(Forbidden { rule: list.origin, label });
        }
        find(&self.namespace_blacklist).map_or(Ok(()), |rule| Err(Forbidden::denied(rule.origin)))
    }

    /// Whether Applications of a namespace may belong to the project (`IsAppNamespacePermitted`). Those of the namespace that
    /// Argo CD runs in always may.
    ///
    /// # Errors
    /// The list in which no entry allows it.
    pub fn permits_namespace(&self, namespace: &str, own: &str) -> Result<(), Forbidden> {
        if namespace.is_empty() || namespace == own {
            return Ok(());
        }
        let allows = |(pattern, _): &Text| regex(pattern, namespace) || globs(pattern, namespace, None);
        match self.source_namespaces.items.iter().any(allows) {
            true => Ok(()),
            false => Err(Forbidden::missing(&self.source_namespaces, "sourceNamespaces")),
        }
    }

    /// Who syncs there: the first that fits (controller/sync.go, `deriveServiceAccountToImpersonate`).
    ///
    /// # Errors
    /// One that isn't a glob stands before it.
    pub fn service_account(&self, server: &str, namespace: &str) -> Result<Option<&ServiceAccount>, &ServiceAccount> {
        for item in &self.service_accounts.items {
            let (Ok(servers), Ok(namespaces)) = (Glob::new(&item.server, None), Glob::new(&item.namespace, None))
            else {
                return Err(item);
            };
            if servers.matches(server) && namespaces.matches(namespace) {
                return Ok(Some(item));
            }
        }
        Ok(None)
    }
}

impl ResourceRule {
    fn covers(&self, group: &str, kind: &str, name: &str) -> bool {
        let fits = |pattern: &str, text: &str| PathPattern::new(pattern).is_some_and(|p| p.matches(text));
        fits(&self.kind, kind) && fits(&self.group, group) && (self.name.is_empty() || fits(&self.name, name))
    }
}

/// Whether a pattern denies, and what it denies.
pub(super) fn negation(pattern: &str) -> (bool, &str) {
    pattern.strip_prefix('!').map_or((false, pattern), |bare| (true, bare))
}

/// A glob that may be negated. What isn't a glob matches nothing.
fn matches(pattern: &str, text: &str) -> bool {
    let (negated, bare) = negation(pattern);
    globs(bare, text, None) != negated
}

fn globs(pattern: &str, text: &str, separator: Option<char>) -> bool {
    Glob::new(pattern, separator).is_ok_and(|glob| glob.matches(text))
}

/// A `/regular expression/`, which may match any part of the text.
fn regex(pattern: &str, text: &str) -> bool {
    let inner = pattern.strip_prefix('/').and_then(|rest| rest.strip_suffix('/'));
    let found = inner.and_then(|inner| fancy_regex::Regex::new(inner).ok());
    found.is_some_and(|regex| regex.is_match(text).unwrap_or(false))
}
