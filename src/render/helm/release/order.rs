//! The order in which Helm installs kinds, and prints them.

use crate::render::helm::Profile;

/// `releaseutil.InstallOrder` of Helm 3.
const KINDS: [&str; 36] = [
    "PriorityClass",
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodSecurityPolicy",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "SecretList",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleList",
    "ClusterRoleBinding",
    "ClusterRoleBindingList",
    "Role",
    "RoleList",
    "RoleBinding",
    "RoleBindingList",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
    "IngressClass",
    "Ingress",
    "APIService",
];

/// What Helm 4 adds at the end.
const MORE_KINDS: [&str; 2] = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

/// Where a kind stands. Compare these: kinds that Helm doesn't know come last, by their names.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Rank<'k>(usize, &'k str);

/// Where a kind stands in a profile's order.
pub fn rank(kind: &str, profile: Profile) -> Rank<'_> {
    let more: &[&str] = if profile == Profile::Helm4 { &MORE_KINDS } else { &[] };
    match KINDS.iter().chain(more).position(|k| *k == kind) {
        Some(at) => Rank(at, ""),
        None => Rank(usize::MAX, kind),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_kinds_come_last_by_name() {
        let mut kinds = ["Zebra", "ValidatingWebhookConfiguration", "Ingress", "Aardvark", "Secret", ""];
        kinds.sort_by_key(|kind| rank(kind, Profile::Helm3));
        assert_eq!(kinds, ["Secret", "Ingress", "", "Aardvark", "ValidatingWebhookConfiguration", "Zebra"]);
        kinds.sort_by_key(|kind| rank(kind, Profile::Helm4));
        assert_eq!(kinds, ["Secret", "Ingress", "ValidatingWebhookConfiguration", "", "Aardvark", "Zebra"]);
    }
}
