//! The kinds that Kubernetes itself serves, or served: their groups, and whether they live in a namespace.
//!
//! From the `+genclient` marks in k8s.io/api 0.25 to 0.37 and apiextensions-apiserver, and the API reference for what
//! went before.

/// Whether objects of a kind live in a namespace.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// In one namespace each.
    Namespaced,
    /// In the cluster as a whole.
    Cluster,
}

struct Group {
    name: &'static str,
    namespaced: &'static [&'static str],
    cluster: &'static [&'static str],
}

/// Where a kind is in several groups, the one that people mean comes first.
const GROUPS: &[Group] = &[
    Group {
        name: "",
        namespaced: &[
            "Binding",
            "ConfigMap",
            "Endpoints",
            "Event",
            "LimitRange",
            "PersistentVolumeClaim",
            "Pod",
            "PodTemplate",
            "ReplicationController",
            "ResourceQuota",
            "Secret",
            "Service",
            "ServiceAccount",
        ],
        cluster: &["ComponentStatus", "Namespace", "Node", "PersistentVolume"],
    },
    Group {
        name: "admissionregistration.k8s.io",
        namespaced: &[],
        cluster: &[
            "MutatingAdmissionPolicy",
            "MutatingAdmissionPolicyBinding",
            "MutatingWebhookConfiguration",
            "ValidatingAdmissionPolicy",
            "ValidatingAdmissionPolicyBinding",
            "ValidatingWebhookConfiguration",
        ],
    },
    Group { name: "apiextensions.k8s.io", namespaced: &[], cluster: &["CustomResourceDefinition"] },
    Group { name: "apiregistration.k8s.io", namespaced: &[], cluster: &["APIService"] },
    Group {
        name: "apps",
        namespaced: &["ControllerRevision", "DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"],
        cluster: &[],
    },
    Group {
        name: "authentication.k8s.io",
        namespaced: &["TokenRequest"],
        cluster: &["SelfSubjectReview", "TokenReview"],
    },
    Group {
        name: "authorization.k8s.io",
        namespaced: &["LocalSubjectAccessReview"],
        cluster: &["SelfSubjectAccessReview", "SelfSubjectRulesReview", "SubjectAccessReview"],
    },
    Group { name: "autoscaling", namespaced: &["HorizontalPodAutoscaler", "Scale"], cluster: &[] },
    Group { name: "batch", namespaced: &["CronJob", "Job"], cluster: &[] },
    Group {
        name: "certificates.k8s.io",
        namespaced: &["PodCertificateRequest"],
        cluster: &["CertificateSigningRequest", "ClusterTrustBundle"],
    },
    Group { name: "coordination.k8s.io", namespaced: &["Lease", "LeaseCandidate"], cluster: &[] },
    Group { name: "discovery.k8s.io", namespaced: &["EndpointSlice"], cluster: &[] },
    Group { name: "events.k8s.io", namespaced: &["Event"], cluster: &[] },
    Group {
        name: "flowcontrol.apiserver.k8s.io",
        namespaced: &[],
        cluster: &["FlowSchema", "PriorityLevelConfiguration"],
    },
    Group { name: "imagepolicy.k8s.io", namespaced: &[], cluster: &["ImageReview"] },
    Group { name: "internal.apiserver.k8s.io", namespaced: &[], cluster: &["StorageVersion"] },
    Group {
        name: "networking.k8s.io",
        namespaced: &["Ingress", "NetworkPolicy"],
        cluster: &["ClusterCIDR", "IPAddress", "IngressClass", "ServiceCIDR"],
    },
    Group { name: "node.k8s.io", namespaced: &[], cluster: &["RuntimeClass"] },
    Group { name: "policy", namespaced: &["Eviction", "PodDisruptionBudget"], cluster: &["PodSecurityPolicy"] },
    Group { name: "lifecycle.k8s.io", namespaced: &["Eviction", "EvictionRequest"], cluster: &[] },
    Group {
        name: "rbac.authorization.k8s.io",
        namespaced: &["Role", "RoleBinding"],
        cluster: &["ClusterRole", "ClusterRoleBinding"],
    },
    Group {
        name: "resource.k8s.io",
        namespaced: &[
            "PodScheduling",
            "PodSchedulingContext",
            "ResourceClaim",
            "ResourceClaimParameters",
            "ResourceClaimTemplate",
            "ResourceClassParameters",
        ],
        cluster: &["DeviceClass", "DeviceTaintRule", "ResourceClass", "ResourcePoolStatusRequest", "ResourceSlice"],
    },
    Group {
        name: "scheduling.k8s.io",
        namespaced: &["CompositePodGroup", "PodGroup", "Workload"],
        cluster: &["PriorityClass"],
    },
    Group {
        name: "storage.k8s.io",
        namespaced: &["CSIStorageCapacity"],
        cluster: &["CSIDriver", "CSINode", "StorageClass", "VolumeAttachment", "VolumeAttributesClass"],
    },
    Group { name: "storagemigration.k8s.io", namespaced: &[], cluster: &["StorageVersionMigration"] },
    // No longer served by any version that Terrace has schemas for.
    Group {
        name: "extensions",
        namespaced: &["DaemonSet", "Deployment", "Ingress", "NetworkPolicy", "ReplicaSet"],
        cluster: &["PodSecurityPolicy"],
    },
    Group { name: "auditregistration.k8s.io", namespaced: &[], cluster: &["AuditSink"] },
    Group { name: "settings.k8s.io", namespaced: &["PodPreset"], cluster: &[] },
];

/// The scope of a built-in kind; none for kinds that Kubernetes doesn't have (CustomResourceDefinitions say theirs).
pub fn scope(group: &str, kind: &str) -> Option<Scope> {
    let group = GROUPS.iter().find(|g| g.name == group)?;
    if group.namespaced.contains(&kind) {
        Some(Scope::Namespaced)
    } else if group.cluster.contains(&kind) {
        Some(Scope::Cluster)
    } else {
        None
    }
}

/// The group that a kind is usually of: the built-in one. Empty for the core group, none for other kinds.
pub fn usual_group(kind: &str) -> Option<&'static str> {
    GROUPS.iter().find(|g| g.namespaced.contains(&kind) || g.cluster.contains(&kind)).map(|g| g.name)
}

/// Whether a group is one of Kubernetes' own, now or formerly.
pub fn is_built_in(group: &str) -> bool {
    GROUPS.iter().any(|g| g.name == group)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_group_is_the_one_that_people_mean() {
        for (kind, group) in [
            ("Service", ""),
            ("Event", ""),
            ("Deployment", "apps"),
            ("Ingress", "networking.k8s.io"),
            ("PodSecurityPolicy", "policy"),
        ] {
            assert_eq!(usual_group(kind), Some(group));
        }
        assert_eq!(usual_group("Certificate"), None);
    }

    #[test]
    fn a_kind_has_one_scope_in_every_group() {
        for group in GROUPS {
            for kind in group.namespaced.iter().chain(group.cluster) {
                let usual = usual_group(kind).and_then(|g| scope(g, kind));
                assert_eq!(scope(group.name, kind), usual, "{}/{kind}", group.name);
            }
        }
        assert_eq!(scope("example.com", "Deployment"), None);
    }
}
