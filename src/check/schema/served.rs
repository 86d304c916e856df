//! What to say of an API version or a kind that a version of Kubernetes doesn't serve.

use std::collections::BTreeSet;

use super::store::{Kind, Minors, Schemas};
use crate::diag::{Code, Diagnostic, closest};
use crate::kube::{KubeVersion, ObjectId};
use crate::source::Origin;
use crate::yaml::Node;

/// APIs that no version with schemas serves any more: the group and version, the last minor of Kubernetes 1 that
/// served it, and the kinds. From Kubernetes' deprecated API migration guide.
const GONE: &[(&str, &str, u16, &[&str])] = &[
    (
        "admissionregistration.k8s.io",
        "v1beta1",
        21,
        &["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"],
    ),
    ("apiextensions.k8s.io", "v1beta1", 21, &["CustomResourceDefinition"]),
    ("apiregistration.k8s.io", "v1beta1", 21, &["APIService"]),
    ("apps", "v1beta1", 15, &["ControllerRevision", "Deployment", "StatefulSet"]),
    ("apps", "v1beta2", 15, &["ControllerRevision", "DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"]),
    ("authentication.k8s.io", "v1beta1", 21, &["TokenReview"]),
    (
        "authorization.k8s.io",
        "v1beta1",
        21,
        &["LocalSubjectAccessReview", "SelfSubjectAccessReview", "SelfSubjectRulesReview", "SubjectAccessReview"],
    ),
    ("autoscaling", "v2beta1", 24, &["HorizontalPodAutoscaler"]),
    ("batch", "v1beta1", 24, &["CronJob"]),
    ("batch", "v2alpha1", 20, &["CronJob"]),
    ("certificates.k8s.io", "v1beta1", 21, &["CertificateSigningRequest"]),
    ("coordination.k8s.io", "v1beta1", 21, &["Lease"]),
    ("discovery.k8s.io", "v1beta1", 24, &["EndpointSlice"]),
    ("events.k8s.io", "v1beta1", 24, &["Event"]),
    ("extensions", "v1beta1", 15, &["DaemonSet", "Deployment", "NetworkPolicy", "ReplicaSet", "PodSecurityPolicy"]),
    ("extensions", "v1beta1", 21, &["Ingress"]),
    ("networking.k8s.io", "v1beta1", 21, &["Ingress", "IngressClass"]),
    ("node.k8s.io", "v1alpha1", 23, &["RuntimeClass"]),
    ("node.k8s.io", "v1beta1", 24, &["RuntimeClass"]),
    ("policy", "v1beta1", 24, &["PodDisruptionBudget", "PodSecurityPolicy"]),
    ("rbac.authorization.k8s.io", "v1alpha1", 21, &["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"]),
    ("rbac.authorization.k8s.io", "v1beta1", 21, &["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"]),
    ("scheduling.k8s.io", "v1alpha1", 21, &["PriorityClass"]),
    ("scheduling.k8s.io", "v1beta1", 21, &["PriorityClass"]),
    ("storage.k8s.io", "v1beta1", 21, &["CSIDriver", "CSINode", "StorageClass", "VolumeAttachment"]),
];

/// The finding about an object of a built-in group that this version doesn't serve.
pub(super) fn not_served(schemas: &Schemas, version: &KubeVersion, id: &ObjectId, object: &Node) -> Diagnostic {
    let kinds = &schemas.index().kinds;
    let minor = version.schema_minor();
    let of_kind = |k: &&Kind| k.kind == id.kind.as_str();
    let here = |k: &&Kind| k.minors.has(minor);
    let api_version = id.api_version();
    let key = |key| origin(object, key);

    // The kind is served, under another API version or group. One's own group goes before others.
    let own: Vec<&Kind> = kinds.iter().filter(of_kind).filter(here).filter(|k| k.group == id.group.as_str()).collect();
    let others = || kinds.iter().filter(of_kind).filter(here).collect::<Vec<&Kind>>();
    let served = if own.is_empty() { others() } else { own };
    let known = when(kinds, id);

    if known.is_some() || !served.is_empty() {
        let message = format!("Kubernetes 1.{minor} doesn't serve {} in `{api_version}`", id.kind);
        let mut finding = Diagnostic::error(Code::INVALID_OBJECT, message);
        finding.hints.extend(known);
        finding = match newest_first(&served).as_slice() {
            [] => finding.hint(format!("no API version of {} is left in Kubernetes 1.{minor}", id.kind)),
            [one] => finding.hint(format!("use `apiVersion: {one}`")),
            many => finding.hint(format!("use one of {}", quoted(many))),
        };
        return at_field(finding, "/apiVersion", key("apiVersion"), "not served");
    }

    let in_version =
        kinds.iter().filter(here).filter(|k| k.group == id.group.as_str() && k.version == id.version.as_str());
    let names: BTreeSet<&str> = in_version.map(|k| k.kind.as_str()).collect();
    if names.is_empty() {
        let message = format!("Kubernetes 1.{minor} doesn't serve `{api_version}`");
        let finding = Diagnostic::error(Code::INVALID_OBJECT, message);
        let versions: BTreeSet<&str> =
            kinds.iter().filter(here).filter(|k| k.group == id.group.as_str()).map(|k| k.version.as_str()).collect();
        let versions: Vec<String> = versions.into_iter().map(|v| api(&id.group, v)).collect();
        let finding = match versions.as_slice() {
            [] => finding,
            list => finding.hint(format!("it serves {}", quoted(list))),
        };
        return at_field(finding, "/apiVersion", key("apiVersion"), "not served");
    }
    let message = format!("Kubernetes 1.{minor} has no kind `{}` in `{api_version}`", id.kind);
    let finding = Diagnostic::error(Code::INVALID_OBJECT, message);
    let all = kinds.iter().filter(here).map(|k| k.kind.as_str());
    let finding = match closest(&id.kind, names.iter().copied()) {
        Some(near) => finding.hint(format!("did you mean `{near}`?")),
        None => match closest(&id.kind, all).and_then(|near| kinds.iter().filter(here).find(|k| k.kind == near)) {
            Some(k) => finding.hint(format!("did you mean `{}` in `{}`?", k.kind, api(&k.group, &k.version))),
            None => finding,
        },
    };
    at_field(finding, "/kind", key("kind"), "not a kind of this API version")
}

/// Since when, or until when, there was this kind in this API version.
fn when(kinds: &[Kind], id: &ObjectId) -> Option<String> {
    let same =
        |k: &&Kind| k.group == id.group.as_str() && k.version == id.version.as_str() && k.kind == id.kind.as_str();
    let minors = kinds.iter().filter(same).map(|k| k.minors).reduce(Minors::union);
    if let Some(minors) = minors {
        let (first, last) = (minors.first(), minors.last());
        let (oldest, newest) = (u32::from(KubeVersion::OLDEST), u32::from(KubeVersion::NEWEST));
        return Some(match (first > oldest, last < newest) {
            (true, true) if first == last => format!("only Kubernetes 1.{first} serves it"),
            (true, true) => format!("Kubernetes 1.{first} to 1.{last} serve it"),
            (true, false) => format!("Kubernetes serves it from 1.{first} on"),
            _ => format!("Kubernetes 1.{last} was the last to serve it"),
        });
    }
    let gone = GONE.iter().find(|(group, version, _, names)| {
        *group == id.group.as_str() && *version == id.version.as_str() && names.contains(&id.kind.as_str())
    });
    gone.map(|(_, _, last, _)| format!("Kubernetes 1.{last} was the last to serve it"))
}

/// The API versions of these kinds: stable ones first, newer before older.
fn newest_first(kinds: &[&Kind]) -> Vec<String> {
    let rank = |version: &str| {
        let rest = version.strip_prefix('v').unwrap_or(version);
        let number = |s: &str| s.parse::<u32>().unwrap_or(0);
        match (rest.split_once("alpha"), rest.split_once("beta")) {
            (Some((major, minor)), _) => (0, number(major), number(minor)),
            (_, Some((major, minor))) => (1, number(major), number(minor)),
            _ => (2, number(rest), 0),
        }
    };
    let mut list: Vec<&&Kind> = kinds.iter().collect();
    // The core group comes after the others: it holds the older form of what is in two (Event).
    list.sort_by_key(|k| (std::cmp::Reverse(rank(&k.version)), k.group.is_empty(), &k.group));
    let mut names: Vec<String> = list.into_iter().map(|k| api(&k.group, &k.version)).collect();
    names.dedup();
    names
}

fn api(group: &str, version: &str) -> String {
    if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") }
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ")
}

fn origin(object: &Node, key: &str) -> Origin {
    object.get(key).map_or(object.origin, |n| n.origin)
}

fn at_field(finding: Diagnostic, pointer: &str, origin: Origin, label: &str) -> Diagnostic {
    let mut finding = finding.at(origin, label);
    finding.subject.field = Some(pointer.into());
    finding
}
