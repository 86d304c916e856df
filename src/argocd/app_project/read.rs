//! An AppProject out of a manifest, as Kubernetes' decoder and the definition's schema would take it.

use super::super::application::string_map;
use super::super::fields::FieldReader;
use super::{AppProject, Destination, List, ResourceRule, Role, ServiceAccount, SyncWindow, Text};
use crate::diag::Diagnostics;
use crate::source::Origin;
use crate::yaml::Node;

/// All fields of `spec`.
const FIELDS: [&str; 15] = [
    "clusterResourceBlacklist",
    "clusterResourceWhitelist",
    "description",
    "destinationServiceAccounts",
    "destinations",
    "namespaceResourceBlacklist",
    "namespaceResourceWhitelist",
    "orphanedResources",
    "permitOnlyProjectScopedClusters",
    "roles",
    "signatureKeys",
    "sourceIntegrity",
    "sourceNamespaces",
    "sourceRepos",
    "syncWindows",
];

impl AppProject {
    /// Reads a manifest, and everything that the API server would refuse. A project whose fields have the wrong types is none.
    pub fn from_node(node: &Node) -> (Option<Self>, Diagnostics) {
        let mut reader = FieldReader { diagnostics: Diagnostics::new(), what: "AppProject" };
        let project = reader.project(node);
        (project, reader.diagnostics)
    }
}

impl FieldReader {
    fn project(&mut self, node: &Node) -> Option<AppProject> {
        let name = self.text(node, &["metadata", "name"])?;
        if name.is_none() {
            self.missing(node, "metadata.name", &["metadata"]);
        }
        let name = name?;
        let spec = match node.get("spec") {
            Some(spec) if spec.as_map().is_some() => spec,
            _ => {
                self.missing(node, "spec", &[]);
                return None;
            }
        };
        self.dropped(spec, "`spec` of an AppProject", &FIELDS);
        // Every field is read, so that all mistakes are told.
        let at = name.1;
        let source_repos = self.strings(spec, "sourceRepos", at);
        let source_namespaces = self.strings(spec, "sourceNamespaces", at);
        let destinations = self.destinations_of(spec, at);
        let cluster_whitelist = self.rules(spec, "clusterResourceWhitelist", true, at);
        let cluster_blacklist = self.rules(spec, "clusterResourceBlacklist", true, at);
        let namespace_whitelist = match spec.get("namespaceResourceWhitelist").filter(|list| !list.is_null()) {
            Some(_) => self.rules(spec, "namespaceResourceWhitelist", false, at).map(Some),
            None => Some(None),
        };
        let namespace_blacklist = self.rules(spec, "namespaceResourceBlacklist", false, at);
        let only_scoped = self.flag(spec, "permitOnlyProjectScopedClusters");
        let service_accounts = self.service_accounts(spec, at);
        let roles = self.roles(spec);
        let sync_windows = self.sync_windows(spec);
        let signature_keys = self.signature_keys(spec);
        let orphans_ignored = self.orphans(spec);
        let description = self.text(spec, &["description"])?;
        if let Some((text, at)) = description.filter(|(text, _)| text.chars().count() > 255) {
            let message = format!("the description has {} characters, at most 255 fit", text.chars().count());
            self.refuse(message, at, "too long");
        }
        Some(AppProject {
            name,
            labels: string_map(node.at(&["metadata", "labels"])),
            source_repos: source_repos?,
            destinations: destinations?,
            cluster_whitelist: cluster_whitelist?,
            cluster_blacklist: cluster_blacklist?,
            namespace_whitelist: namespace_whitelist?,
            namespace_blacklist: namespace_blacklist?,
            only_scoped_clusters: only_scoped?
                .then(|| crate::config::origin_of(spec, &["permitOnlyProjectScopedClusters"])),
            source_namespaces: source_namespaces?,
            service_accounts: service_accounts?,
            roles: roles?,
            sync_windows: sync_windows?,
            signature_keys: signature_keys?,
            orphans_ignored: orphans_ignored?,
        })
    }

    fn strings(&mut self, spec: &Node, key: &str, project: Origin) -> Option<List<Text>> {
        Some(List { items: self.texts(spec, key)?, origin: place(spec, key, project) })
    }

    /// A list of mappings, each made into something.
    fn listed<T>(
        &mut self,
        node: &Node,
        key: &str,
        mut read: impl FnMut(&mut Self, &Node) -> Option<T>,
    ) -> Option<Vec<T>> {
        let mut items = Vec::new();
        self.each(node, key, |reader, item| {
            items.push(read(reader, item)?);
            Some(())
        })?;
        Some(items)
    }

    /// A string that may be missing: then it is empty.
    fn string(&mut self, node: &Node, key: &str) -> Option<Text> {
        Some(self.text(node, &[key])?.unwrap_or((String::new(), node.origin)))
    }

    /// A key that the definition's schema asks for, whatever stands there.
    fn needed(&mut self, node: &Node, list: &str, key: &str) {
        if node.get(key).is_none_or(Node::is_null) {
            self.refuse(format!("one of `{list}` has no `{key}`"), node.origin, "needs one");
        }
    }

    fn destinations_of(&mut self, spec: &Node, project: Origin) -> Option<List<Destination>> {
        let items = self.listed(spec, "destinations", |reader, item| {
            reader.dropped(item, "a destination", &["name", "namespace", "server"]);
            let [server, name, namespace] = ["server", "name", "namespace"].map(|key| reader.string(item, key));
            Some(Destination { server: server?.0, name: name?.0, namespace: namespace?.0, origin: item.origin })
        })?;
        Some(List { items, origin: place(spec, "destinations", project) })
    }

    fn rules(&mut self, spec: &Node, list: &str, named: bool, project: Origin) -> Option<List<ResourceRule>> {
        let items = self.listed(spec, list, |reader, item| {
            let known: &[&str] = if named { &["group", "kind", "name"] } else { &["group", "kind"] };
            reader.dropped(item, &format!("one of `{list}`"), known);
            ["group", "kind"].into_iter().for_each(|key| reader.needed(item, list, key));
            reader.rule(item, named)
        })?;
        Some(List { items, origin: place(spec, list, project) })
    }

    fn rule(&mut self, item: &Node, named: bool) -> Option<ResourceRule> {
        let [group, kind] = ["group", "kind"].map(|key| self.string(item, key));
        let name = if named { self.string(item, "name")?.0 } else { String::new() };
        Some(ResourceRule { group: group?.0, kind: kind?.0, name, origin: item.origin })
    }

    fn service_accounts(&mut self, spec: &Node, project: Origin) -> Option<List<ServiceAccount>> {
        let list = "destinationServiceAccounts";
        let items = self.listed(spec, list, |reader, item| {
            reader.dropped(item, &format!("one of `{list}`"), &["defaultServiceAccount", "namespace", "server"]);
            ["server", "defaultServiceAccount"].into_iter().for_each(|key| reader.needed(item, list, key));
            let [server, namespace] = ["server", "namespace"].map(|key| reader.string(item, key));
            let account = reader.string(item, "defaultServiceAccount");
            Some(ServiceAccount {
                server: server?.0,
                namespace: namespace?.0,
                account: account?.0,
                origin: item.origin,
            })
        })?;
        Some(List { items, origin: place(spec, list, project) })
    }

    fn roles(&mut self, spec: &Node) -> Option<Vec<Role>> {
        self.listed(spec, "roles", |reader, item| {
            reader.dropped(item, "a role", &["description", "groups", "jwtTokens", "name", "policies"]);
            reader.needed(item, "roles", "name");
            let name = reader.string(item, "name");
            let (policies, groups) = (reader.texts(item, "policies"), reader.texts(item, "groups"));
            Some(Role { name: name?, policies: policies?, groups: groups? })
        })
    }

    fn sync_windows(&mut self, spec: &Node) -> Option<Vec<SyncWindow>> {
        const TEXTS: [&str; 5] = ["kind", "schedule", "duration", "timeZone", "description"];
        const LISTS: [&str; 3] = ["applications", "namespaces", "clusters"];
        let mut known: Vec<&str> = TEXTS.into_iter().chain(LISTS).collect();
        known.extend(["manualSync", "andOperator", "syncOverrun"]);
        let windows: Vec<&Node> = self.list(spec, "syncWindows")?.iter().filter(|window| !window.is_null()).collect();
        let mut found = Some(Vec::new());
        for window in windows {
            if window.as_map().is_none() {
                let message = format!("one of `syncWindows` is {}, expected a mapping", window.value.kind());
                self.refuse(message, window.origin, "not a mapping");
                found = None;
                continue;
            }
            self.dropped(window, "a sync window", &known);
            let [kind, schedule, duration, time_zone, description] = TEXTS.map(|key| self.string(window, key));
            let [applications, namespaces, clusters] = LISTS.map(|key| self.texts(window, key));
            let flags = ["andOperator", "manualSync", "syncOverrun"].map(|key| self.flag(window, key));
            let plain = |texts: Vec<Text>| texts.into_iter().map(|(text, _)| text).collect();
            let read = (|| {
                Some(SyncWindow {
                    kind: kind?,
                    schedule: schedule?,
                    duration: duration?,
                    time_zone: time_zone?,
                    description: description?,
                    targets: [plain(applications?), plain(namespaces?), plain(clusters?)],
                    and: flags[0]?,
                    origin: window.origin,
                })
            })();
            match (read, &mut found) {
                (Some(read), Some(found)) => found.push(read),
                (None, _) => found = None,
                _ => {}
            }
        }
        found
    }

    fn signature_keys(&mut self, spec: &Node) -> Option<Vec<Text>> {
        self.listed(spec, "signatureKeys", |reader, item| {
            reader.dropped(item, "a signature key", &["keyID"]);
            reader.needed(item, "signatureKeys", "keyID");
            reader.string(item, "keyID")
        })
    }

    fn orphans(&mut self, spec: &Node) -> Option<Vec<ResourceRule>> {
        let Some(orphans) = spec.get("orphanedResources").filter(|found| !found.is_null()) else {
            return Some(Vec::new());
        };
        if orphans.as_map().is_none() {
            let message = format!("`orphanedResources` is {}, expected a mapping", orphans.value.kind());
            self.refuse(message, orphans.origin, "not a mapping");
            return None;
        }
        self.dropped(orphans, "`orphanedResources`", &["ignore", "warn"]);
        let warn = self.flag(orphans, "warn");
        let ignored = self.listed(orphans, "ignore", |reader, item| {
            reader.dropped(item, "one of `ignore`", &["group", "kind", "name"]);
            reader.rule(item, true)
        });
        warn.and(ignored)
    }
}

/// Where a list stands; where the project is named, if it has none.
fn place(spec: &Node, key: &str, project: Origin) -> Origin {
    spec.get(key).map_or(project, |list| list.origin)
}
