//! Which types kustomize knows to be cluster-scoped.

use super::super::id::split_api_version;

/// Whether a type is known to be cluster-scoped; what isn't known counts as namespaced. A document that a kustomization names
/// may know more: [`super::Schema::is_certainly_cluster_scoped`].
pub fn is_certainly_cluster_scoped(group: &str, version: &str, kind: &str) -> bool {
    known(group, version, kind) == Some(true)
}

/// Whether a type is cluster-scoped, if that is built in.
pub(super) fn known(group: &str, version: &str, kind: &str) -> Option<bool> {
    let start = TABLE.partition_point(|(known, _, _)| *known < kind);
    let of_kind = TABLE.get(start..)?.iter().take_while(|(known, _, _)| *known == kind);
    let mut scopes = of_kind.filter(|(_, api_version, _)| split_api_version(api_version) == (group, version));
    scopes.next().map(|(_, _, cluster)| *cluster)
}

/// `precomputedIsNamespaceScoped`, turned about: kind, API version, whether it is cluster-scoped; by kind.
const TABLE: &[(&str, &str, bool)] = &[
    ("APIService", "apiregistration.k8s.io/v1", true),
    ("APIService", "apiregistration.k8s.io/v1beta1", true),
    ("CSIDriver", "storage.k8s.io/v1", true),
    ("CSIDriver", "storage.k8s.io/v1beta1", true),
    ("CSINode", "storage.k8s.io/v1", true),
    ("CSINode", "storage.k8s.io/v1beta1", true),
    ("CSIStorageCapacity", "storage.k8s.io/v1beta1", false),
    ("CertificateSigningRequest", "certificates.k8s.io/v1", true),
    ("CertificateSigningRequest", "certificates.k8s.io/v1beta1", true),
    ("ClusterRole", "rbac.authorization.k8s.io/v1", true),
    ("ClusterRole", "rbac.authorization.k8s.io/v1beta1", true),
    ("ClusterRoleBinding", "rbac.authorization.k8s.io/v1", true),
    ("ClusterRoleBinding", "rbac.authorization.k8s.io/v1beta1", true),
    ("ComponentStatus", "v1", true),
    ("ConfigMap", "v1", false),
    ("ControllerRevision", "apps/v1", false),
    ("CronJob", "batch/v1", false),
    ("CronJob", "batch/v1beta1", false),
    ("CustomResourceDefinition", "apiextensions.k8s.io/v1", true),
    ("CustomResourceDefinition", "apiextensions.k8s.io/v1beta1", true),
    ("DaemonSet", "apps/v1", false),
    ("Deployment", "apps/v1", false),
    ("EndpointSlice", "discovery.k8s.io/v1", false),
    ("EndpointSlice", "discovery.k8s.io/v1beta1", false),
    ("Endpoints", "v1", false),
    ("Event", "events.k8s.io/v1", false),
    ("Event", "events.k8s.io/v1beta1", false),
    ("Event", "v1", false),
    ("FlowSchema", "flowcontrol.apiserver.k8s.io/v1beta1", true),
    ("HorizontalPodAutoscaler", "autoscaling/v1", false),
    ("HorizontalPodAutoscaler", "autoscaling/v2beta1", false),
    ("HorizontalPodAutoscaler", "autoscaling/v2beta2", false),
    ("Ingress", "extensions/v1beta1", false),
    ("Ingress", "networking.k8s.io/v1", false),
    ("Ingress", "networking.k8s.io/v1beta1", false),
    ("IngressClass", "networking.k8s.io/v1", true),
    ("IngressClass", "networking.k8s.io/v1beta1", true),
    ("Job", "batch/v1", false),
    ("Lease", "coordination.k8s.io/v1", false),
    ("Lease", "coordination.k8s.io/v1beta1", false),
    ("LimitRange", "v1", false),
    ("MutatingWebhookConfiguration", "admissionregistration.k8s.io/v1", true),
    ("MutatingWebhookConfiguration", "admissionregistration.k8s.io/v1beta1", true),
    ("Namespace", "v1", true),
    ("NetworkPolicy", "networking.k8s.io/v1", false),
    ("Node", "v1", true),
    ("NodeProxyOptions", "v1", true),
    ("PersistentVolume", "v1", true),
    ("PersistentVolumeClaim", "v1", false),
    ("Pod", "v1", false),
    ("PodAttachOptions", "v1", false),
    ("PodDisruptionBudget", "policy/v1", false),
    ("PodDisruptionBudget", "policy/v1beta1", false),
    ("PodExecOptions", "v1", false),
    ("PodPortForwardOptions", "v1", false),
    ("PodProxyOptions", "v1", false),
    ("PodSecurityPolicy", "policy/v1beta1", true),
    ("PodTemplate", "v1", false),
    ("PriorityClass", "scheduling.k8s.io/v1", true),
    ("PriorityClass", "scheduling.k8s.io/v1beta1", true),
    ("PriorityLevelConfiguration", "flowcontrol.apiserver.k8s.io/v1beta1", true),
    ("ReplicaSet", "apps/v1", false),
    ("ReplicationController", "v1", false),
    ("ResourceQuota", "v1", false),
    ("Role", "rbac.authorization.k8s.io/v1", false),
    ("Role", "rbac.authorization.k8s.io/v1beta1", false),
    ("RoleBinding", "rbac.authorization.k8s.io/v1", false),
    ("RoleBinding", "rbac.authorization.k8s.io/v1beta1", false),
    ("RuntimeClass", "node.k8s.io/v1", true),
    ("RuntimeClass", "node.k8s.io/v1beta1", true),
    ("Scale", "autoscaling/v1", false),
    ("Secret", "v1", false),
    ("Service", "v1", false),
    ("ServiceAccount", "v1", false),
    ("ServiceProxyOptions", "v1", false),
    ("StatefulSet", "apps/v1", false),
    ("StorageClass", "storage.k8s.io/v1", true),
    ("StorageClass", "storage.k8s.io/v1beta1", true),
    ("ValidatingWebhookConfiguration", "admissionregistration.k8s.io/v1", true),
    ("ValidatingWebhookConfiguration", "admissionregistration.k8s.io/v1beta1", true),
    ("VolumeAttachment", "storage.k8s.io/v1", true),
    ("VolumeAttachment", "storage.k8s.io/v1beta1", true),
];

/// Whether the table is in order, as searching it needs.
#[cfg(test)]
pub(super) fn is_ordered() -> bool {
    TABLE.is_sorted()
}
