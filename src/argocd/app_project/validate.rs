//! What Argo CD refuses in a project (`ValidateProject`), all of it, and what can't be meant.

use super::permit::negation;
use super::{AppProject, Destination, Role, SyncWindow, Text, cron};
use crate::argocd::repository::normalize_git_url;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::glob::Glob;
use crate::glob::path_match::PathPattern;
use crate::go;
use crate::source::Origin;

/// Things of a list that stand twice: each again, and the first.
fn repeated<K: PartialEq>(items: impl Iterator<Item = (K, Origin)>, mut tell: impl FnMut(K, Origin, Origin)) {
    let mut seen: Vec<(K, Origin)> = Vec::new();
    for (key, at) in items {
        match seen.iter().find(|(other, _)| *other == key) {
            Some((_, first)) => tell(key, at, *first),
            None => seen.push((key, at)),
        }
    }
}

struct Findings(Diagnostics);

impl Findings {
    fn refuse(&mut self, message: String, at: Origin, label: &str) {
        self.0.push(Diagnostic::error(Code::INVALID_APPLICATION, message).at(at, label));
    }

    fn warn(&mut self, message: String, at: Origin, label: &str) {
        self.0.push(Diagnostic::warning(Code::INVALID_APPLICATION, message).at(at, label));
    }

    fn again(&mut self, message: String, at: Origin, first: Origin) {
        let diagnostic = Diagnostic::error(Code::INVALID_APPLICATION, message);
        self.0.push(diagnostic.at(at, "the same again").also(first, "first here"));
    }
}

impl AppProject {
    /// Everything that Argo CD's API refuses, as errors, and patterns that match nothing, as warnings.
    pub fn validate(&self) -> Diagnostics {
        let mut findings = Findings(Diagnostics::new());
        self.destinations(&mut findings);
        self.namespaces_and_repositories(&mut findings);
        self.patterns(&mut findings);
        self.roles(&mut findings);
        self.windows(&mut findings);
        self.accounts(&mut findings);
        findings.0
    }

    fn destinations(&self, findings: &mut Findings) {
        let items = &self.destinations.items;
        for item in items {
            for (key, pattern) in [("name", &item.name), ("server", &item.server), ("namespace", &item.namespace)] {
                if pattern == "!*" {
                    findings.refuse(format!("`{key}: \"!*\"` denies everything"), item.origin, "this destination");
                } else if let Err(why) = Glob::new(negation(pattern).1, None) {
                    let message = format!("`{pattern}` is not a glob, and matches nothing: {why}");
                    findings.warn(message, item.origin, "this destination");
                }
            }
            if item.name.is_empty() && item.server.is_empty() {
                let message = "a destination with neither `server` nor `name` allows nothing".to_owned();
                findings.warn(message, item.origin, "this destination");
            }
        }
        for item in items.iter().filter(|item| item.denies() && !items.iter().any(|other| other.covers(item))) {
            // Whatever a denied part doesn't match is a match.
            let message = "Argo CD permits every destination that this one doesn't deny".to_owned();
            findings.warn(message, item.origin, "permits all the rest");
        }
        let keys = items.iter().map(|item| {
            let cluster = if item.server.is_empty() { &item.name } else { &item.server };
            ((cluster.as_str(), item.namespace.as_str()), item.origin)
        });
        repeated(keys, |(cluster, namespace), at, first| {
            findings.again(format!("the destination `{cluster}/{namespace}` stands twice"), at, first);
        });
    }

    fn namespaces_and_repositories(&self, findings: &mut Findings) {
        let texts = |list: &[Text]| list.iter().map(|(text, at)| (text.clone(), *at)).collect::<Vec<_>>();
        repeated(texts(&self.source_namespaces.items).into_iter(), |name, at, first| {
            findings.again(format!("the source namespace `{name}` stands twice"), at, first);
        });
        repeated(texts(&self.source_repos.items).into_iter(), |url, at, first| {
            findings.again(format!("the source repository `{url}` stands twice"), at, first);
        });
        let denied = self.source_repos.items.iter().find(|(pattern, _)| negation(pattern).0 && pattern != "!*");
        if let Some((pattern, at)) = denied.filter(|_| !self.source_repos.items.iter().any(|(text, _)| text == "*")) {
            let others = if self.source_repos.items.len() > 1 { ", whatever else is listed" } else { "" };
            let message = format!("Argo CD permits every repository that `{pattern}` doesn't deny{others}");
            findings.warn(message, *at, "permits all the rest");
        }
        for (pattern, at) in &self.source_repos.items {
            let (_, bare) = negation(pattern);
            let normal = normalize_git_url(bare);
            if pattern == "!*" {
                findings.refuse("`!*` denies every repository".to_owned(), *at, "denies everything");
            } else if normal.is_empty() && !bare.trim().is_empty() {
                findings.warn(format!("`{pattern}` is not a URL, and matches no repository"), *at, "not a URL");
            } else if bare.contains('{') && !normal.contains('{') {
                let message = format!("Argo CD escapes the braces in `{pattern}`: they are no alternatives here");
                findings.warn(message, *at, "write each one by itself");
            } else if let Err(why) = Glob::new(&normal, Some('/')) {
                findings.warn(format!("`{pattern}` is not a glob, and matches nothing: {why}"), *at, "not a glob");
            }
        }
    }

    /// Patterns that Argo CD passes over because they are none.
    fn patterns(&self, findings: &mut Findings) {
        for (pattern, at) in &self.source_namespaces.items {
            let inner = pattern.strip_prefix('/').and_then(|rest| rest.strip_suffix('/'));
            let why = match inner {
                Some(inner) => fancy_regex::Regex::new(inner).err().map(|_| "not a regular expression".to_owned()),
                None if pattern == "/" => Some("a lone slash: Argo CD crashes on it".to_owned()),
                None => Glob::new(pattern, None).err().map(|why| format!("not a glob: {why}")),
            };
            if let Some(why) = why {
                findings.warn(format!("`{pattern}` matches no namespace: it is {why}"), *at, "matches nothing");
            }
        }
        let namespaced = self.namespace_whitelist.iter().flat_map(|list| &list.items);
        let lists = [&self.cluster_whitelist, &self.cluster_blacklist, &self.namespace_blacklist];
        for rule in lists.into_iter().flat_map(|list| &list.items).chain(namespaced) {
            for pattern in [&rule.group, &rule.kind, &rule.name] {
                if PathPattern::new(pattern).is_none() {
                    findings.warn(
                        format!("`{pattern}` is not a pattern, and matches nothing"),
                        rule.origin,
                        "this rule",
                    );
                }
            }
        }
    }

    fn roles(&self, findings: &mut Findings) {
        repeated(self.roles.iter().map(|role| (role.name.0.as_str(), role.name.1)), |name, at, first| {
            findings.again(format!("the role `{name}` stands twice"), at, first);
        });
        for Role { name: (name, at), policies, groups } in &self.roles {
            if !is_role_name(name) {
                let message = format!(
                    "`{name}` is no name of a role: letters, digits, `-` and `_`, a letter or digit first and last"
                );
                findings.refuse(message, *at, "this role");
            }
            repeated(policies.iter().map(|(text, at)| (text.as_str(), *at)), |policy, at, first| {
                findings.again(format!("the policy `{policy}` stands twice"), at, first);
            });
            for (policy, at) in policies {
                if let Err(why) = check_policy(&self.name.0, name, policy) {
                    findings.refuse(format!("`{policy}` is no policy of this role: {why}"), *at, "this policy");
                }
            }
            repeated(groups.iter().map(|(text, at)| (text.as_str(), *at)), |group, at, first| {
                findings.again(format!("the group `{group}` stands twice"), at, first);
            });
            for (group, at) in groups {
                if let Err(why) = check_group(group) {
                    findings.refuse(format!("the group `{group}` {why}"), *at, "this group");
                }
            }
        }
    }

    fn windows(&self, findings: &mut Findings) {
        repeated(self.sync_windows.iter().map(|window| (window.identity(), window.origin)), |_, at, first| {
            findings.again("the sync window stands twice".to_owned(), at, first);
        });
        for window in &self.sync_windows {
            let SyncWindow { kind, schedule, duration, time_zone, description, targets, origin, .. } = window;
            if !matches!(kind.0.as_str(), "allow" | "deny") {
                findings.refuse(format!("a sync window is of kind `allow` or `deny`, not `{}`", kind.0), kind.1, "");
            }
            if let Err(why) = cron::check(&schedule.0) {
                findings.refuse(format!("`{}` is not a schedule: {why}", schedule.0), schedule.1, "this schedule");
            }
            if let Err(why) = go::duration::parse_duration(&duration.0) {
                findings.refuse(format!("`{}` is not a duration: {why}", duration.0), duration.1, "such as `1h30m`");
            }
            if description.0.len() > 255 {
                findings.refuse("the description of a sync window has at most 255 bytes".to_owned(), description.1, "");
            }
            if targets.iter().all(Vec::is_empty) {
                let message = "a sync window needs `applications`, `namespaces` or `clusters`".to_owned();
                findings.refuse(message, *origin, "of which Applications?");
            }
            if !cron::is_zone(&time_zone.0) {
                let message = format!("`{}` is no time zone: Argo CD takes UTC instead", time_zone.0);
                findings.warn(message, time_zone.1, "unknown");
            }
        }
    }

    fn accounts(&self, findings: &mut Findings) {
        let items = &self.service_accounts.items;
        for item in items {
            for (key, pattern) in [("server", &item.server), ("namespace", &item.namespace)] {
                if pattern.contains('!') {
                    findings.refuse(format!("`{key}` can't be denied here: `{pattern}`"), item.origin, "no `!` here");
                } else if let Err(why) = Glob::new(pattern, None) {
                    findings.refuse(format!("`{pattern}` is not a glob: {why}"), item.origin, "this glob");
                }
            }
            if item.account.trim_matches(' ').is_empty() || item.account.contains(ODD) {
                let message = format!("`{}` is no service account", item.account);
                findings.refuse(message, item.origin, "`name`, or `namespace:name`");
            }
        }
        let keys = items.iter().map(|item| ((item.server.as_str(), item.namespace.as_str()), item.origin));
        repeated(keys, |(server, namespace), at, first| {
            findings.again(format!("the service account of `{server}/{namespace}` stands twice"), at, first);
        });
    }
}

impl Destination {
    fn denies(&self) -> bool {
        [&self.name, &self.server, &self.namespace].iter().any(|pattern| pattern.len() > 2 && pattern.starts_with('!'))
    }

    /// Whether it permits all that another one doesn't deny, and so says that this is meant.
    fn covers(&self, other: &Self) -> bool {
        let same = |own: &str, other: &str| !own.is_empty() && (own == "*" || own == negation(other).1);
        !self.denies()
            && self.namespace == "*"
            && (same(&self.server, &other.server)
                || same(&self.name, &other.name)
                || self.server == "*"
                || self.name == "*")
    }
}

/// Characters that no service account has.
const ODD: [char; 8] = ['!', '*', '[', ']', '{', '}', '\\', '/'];

impl SyncWindow {
    /// What makes a window one and the same (`HashIdentity`).
    fn identity(&self) -> (&str, &str, &str, &str, &[Vec<String>; 3], bool) {
        (&self.kind.0, &self.schedule.0, &self.duration.0, &self.time_zone.0, &self.targets, self.and)
    }
}

fn is_role_name(name: &str) -> bool {
    let ends = [name.chars().next(), name.chars().next_back()];
    ends.iter().all(|end| end.is_some_and(|c| c.is_ascii_alphanumeric()))
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

/// A casbin rule of a role (pkg/apis/application/v1alpha1/types.go, `validatePolicy`).
fn check_policy(project: &str, role: &str, policy: &str) -> Result<(), String> {
    const RESOURCES: [&str; 6] = ["applications", "applicationsets", "clusters", "exec", "logs", "repositories"];
    const ACTIONS: [&str; 8] = ["get", "create", "update", "delete", "sync", "override", "rollback", "*"];
    let parts: Vec<&str> = policy.split(',').map(|part| part.trim_matches(' ')).collect();
    let ["p", subject, resource, action, object, effect] = parts.as_slice() else {
        return Err("expected `p, sub, res, act, obj, eft`".to_owned());
    };
    let expected = format!("proj:{project}:{role}");
    if *subject != expected {
        return Err(format!("its subject is `{subject}`, expected `{expected}`"));
    }
    if !RESOURCES.contains(resource) {
        return Err(format!("`{resource}` is none of {}", RESOURCES.join(", ")));
    }
    let parted = ["action/", "update/", "delete/"].iter().any(|part| action.contains(part));
    if !ACTIONS.contains(action) && !parted {
        return Err(format!("there is no action `{action}`"));
    }
    let inside = object.strip_prefix(project).and_then(|rest| rest.strip_prefix('/'));
    let is_name = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'*' | b'_' | b'-' | b'.'))
    };
    let names: Vec<&str> = inside.map(|rest| rest.split('/').collect()).unwrap_or_default();
    if !matches!(names.len(), 1 | 2) || !names.iter().all(|name| is_name(name)) {
        return Err(format!("its object is `{object}`, expected `{project}/<app>` or `{project}/<namespace>/<app>`"));
    }
    match *effect {
        "allow" | "deny" => Ok(()),
        effect => Err(format!("its effect is `{effect}`, expected `allow` or `deny`")),
    }
}

/// The name of a group (`validateGroupName`).
fn check_group(group: &str) -> Result<(), &'static str> {
    let trimmed = group.trim();
    let quoted = trimmed.len() > 1 && trimmed.starts_with('"') && trimmed.ends_with('"');
    let name = if quoted { trimmed.get(1..trimmed.len() - 1).unwrap_or_default() } else { trimmed };
    let long = group.chars().count() > 1;
    match () {
        () if !quoted && name.contains(',') => Err("has a comma: it has to be put in double quotes"),
        () if name.is_empty() => Err("is empty"),
        () if name.contains(['"', '\n', '\r', '\t']) => Err("has characters that no group has"),
        () if long && group.starts_with(char::is_whitespace) => Err("has a blank before it"),
        () if long && group.ends_with(char::is_whitespace) => Err("has a blank behind it"),
        () => Ok(()),
    }
}
