//! What an AppProject says of its Applications, as findings: each shows the Application's line and the project's.

use crate::argocd::app_project::{AppProject, Destination, Forbidden, Target};
use crate::diag::{Code, Diagnostic, Diagnostics, Severity};
use crate::kube::{ObjectId, Scope};
use crate::source::Origin;

/// Where an Application goes, as far as it is known.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The cluster's name, if known.
    pub name: Option<&'a str>,
    /// Its API server's URL, if known.
    pub server: Option<&'a str>,
    /// The clusters of the project, as name and server.
    pub scoped: &'a [(&'a str, &'a str)],
}

/// What stands for a name or URL that isn't known: a bare star takes it, and nothing else does.
const UNKNOWN: &str = "\u{0}";

impl Place<'_> {
    /// Whether the project lets something go to a namespace there. What can't be known passes.
    fn permitted(&self, project: &AppProject, namespace: &str) -> Result<(), Forbidden> {
        let asks = |pattern: fn(&Destination) -> &str| {
            let mut patterns = project.destinations.items.iter().map(pattern);
            project.only_scoped_clusters.is_some() || patterns.any(|pattern| !matches!(pattern, "" | "*"))
        };
        if self.name.is_none() && asks(|item| &item.name) || self.server.is_none() && asks(|item| &item.server) {
            return Ok(());
        }
        let (name, server) = (self.name.unwrap_or(UNKNOWN), self.server.unwrap_or(UNKNOWN));
        project.permits_destination(Target { name, server, namespace }, self.scoped)
    }
}

fn told(code: Code, message: String, at: Origin, why: Forbidden) -> Diagnostic {
    Diagnostic::error(code, message).at(at, "not permitted").also(why.rule, why.label)
}

/// An Application in a namespace from which the project takes none.
pub fn namespace(project: &AppProject, namespace: &str, own: &str, at: Origin) -> Option<Diagnostic> {
    let why = project.permits_namespace(namespace, own).err()?;
    let message = format!("the project `{}` takes no Applications from the namespace `{namespace}`", project.name.0);
    let hint = format!("add it to the project's `sourceNamespaces`, or move the Application to `{own}`");
    Some(told(Code::SOURCE_NAMESPACE_FORBIDDEN, message, at, why).hint(hint))
}

/// Sources from repositories that the project doesn't permit: URLs, and where they stand.
pub fn sources<'a>(project: &AppProject, urls: impl Iterator<Item = (&'a str, Origin)>) -> Diagnostics {
    let forbidden = urls.filter_map(|(url, at)| Some((url, at, project.permits_source(url).err()?)));
    let told = forbidden.map(|(url, at, why)| {
        let message = format!("the project `{}` doesn't permit the repository `{url}`", project.name.0);
        told(Code::SOURCE_FORBIDDEN, message, at, why).hint("add it to the project's `sourceRepos`")
    });
    told.collect()
}

/// A destination that the project doesn't permit. `shown` is how the Application names the cluster.
pub fn destination(
    project: &AppProject,
    place: &Place,
    shown: &str,
    namespace: &str,
    at: Origin,
) -> Option<Diagnostic> {
    let why = place.permitted(project, namespace).err()?;
    let inside = match namespace {
        "" => "without a namespace".to_owned(),
        namespace => format!("in the namespace `{namespace}`"),
    };
    let message = format!("the project `{}` doesn't permit the cluster `{shown}` {inside}", project.name.0);
    Some(told(Code::DESTINATION_FORBIDDEN, message, at, why).hint("add it to the project's `destinations`"))
}

/// Why a project forbids an object, and in which words.
pub struct ForbiddenObject {
    /// What it does, in a sentence.
    message: String,
    why: Forbidden,
    hint: &'static str,
}

impl ForbiddenObject {
    /// The finding. `at` is where the object (or its namespace) stands.
    pub fn told(self, at: Origin) -> Diagnostic {
        told(Code::OBJECT_FORBIDDEN, self.message, at, self.why).hint(self.hint)
    }
}

/// Whether a project forbids an object (controller/sync.go, `validateSyncPermissions`). The scope of an unknown kind is known
/// to the cluster alone: then it is forbidden only if it is both ways.
pub fn object(project: &AppProject, place: &Place, id: &ObjectId, scope: Option<Scope>) -> Option<ForbiddenObject> {
    let kind = |namespaced: bool| project.permits_kind(&id.group, &id.kind, &id.name, namespaced).err();
    let forbidden = match scope {
        Some(scope) => kind(scope == Scope::Namespaced),
        None => kind(false).and(kind(true)),
    };
    let name = &project.name.0;
    if let Some(why) = forbidden {
        let shown = if id.group.is_empty() { id.kind.to_string() } else { format!("{}.{}", id.kind, id.group) };
        let (message, hint) = match scope {
            Some(Scope::Cluster) => (
                format!("the project `{name}` doesn't permit `{}`: `{shown}` belongs to the whole cluster", id),
                "allow the kind in the project's `clusterResourceWhitelist`, or move the object to another project",
            ),
            _ => (
                format!("the project `{name}` doesn't permit objects such as `{}`, of the kind `{shown}`", id),
                "allow the kind in the project, or move the object to another project",
            ),
        };
        return Some(ForbiddenObject { message, why, hint });
    }
    if scope != Some(Scope::Namespaced) {
        return None;
    }
    let why = place.permitted(project, &id.namespace).err()?;
    let message = format!("the project `{name}` doesn't permit the namespace `{}`, where `{id}` goes", id.namespace);
    Some(ForbiddenObject { message, why, hint: "add it to the project's `destinations`, or leave the namespace out" })
}

/// A project that doesn't let `CreateNamespace=true` make the namespace: a warning, since it may be there already.
pub fn created_namespace(project: &AppProject, namespace: &str, at: Origin) -> Option<Diagnostic> {
    let why = project.permits_kind("", "Namespace", namespace, false).err()?;
    let name = &project.name.0;
    let message =
        format!("`CreateNamespace=true` makes no `{namespace}` here: the project `{name}` permits no Namespace");
    let mut diagnostic = told(Code::OBJECT_FORBIDDEN, message, at, why);
    diagnostic.severity = Severity::Warning;
    Some(diagnostic.hint("allow it in the project's `clusterResourceWhitelist`, unless the namespace is there already"))
}
