//! Cluster-wide kinds of operators that many fleets use, for when nothing better is known: neither a recorded discovery
//! nor a CustomResourceDefinition in the tree (a chart that isn't at hand brings it). From the operators' own CRDs.

/// Groups and their cluster-wide kinds; `*` stands for every kind of the group. Sorted by group.
const CLUSTER_WIDE: &[(&str, &[&str])] = &[
    ("apiextensions.crossplane.io", &["*"]),
    ("argoproj.io", &["ClusterAnalysisTemplate", "ClusterWorkflowTemplate"]),
    ("capsule.clastix.io", &["Tenant", "CapsuleConfiguration"]),
    ("cert-manager.io", &["ClusterIssuer"]),
    ("cilium.io", &["CiliumClusterwideNetworkPolicy", "CiliumLoadBalancerIPPool", "CiliumL2AnnouncementPolicy"]),
    ("config.openshift.io", &["*"]),
    ("constraints.gatekeeper.sh", &["*"]),
    ("expansion.gatekeeper.sh", &["ExpansionTemplate"]),
    ("external-secrets.io", &["ClusterExternalSecret", "ClusterPushSecret", "ClusterSecretStore"]),
    ("gateway.networking.k8s.io", &["GatewayClass"]),
    ("generators.external-secrets.io", &["ClusterGenerator"]),
    ("hive.openshift.io", &["ClusterImageSet", "HiveConfig"]),
    ("karpenter.k8s.aws", &["EC2NodeClass"]),
    ("karpenter.sh", &["NodeClaim", "NodePool"]),
    ("kueue.x-k8s.io", &["AdmissionCheck", "ClusterQueue", "Cohort", "ResourceFlavor", "Topology"]),
    ("kyverno.io", &["ClusterCleanupPolicy", "ClusterPolicy"]),
    ("machineconfiguration.openshift.io", &["*"]),
    ("mutations.gatekeeper.sh", &["*"]),
    ("operator.tigera.io", &["*"]),
    ("operators.coreos.com", &["OLMConfig", "Operator"]),
    ("pkg.crossplane.io", &["*"]),
    ("policy.networking.k8s.io", &["AdminNetworkPolicy", "BaselineAdminNetworkPolicy"]),
    ("project.openshift.io", &["Project"]),
    ("security.openshift.io", &["SecurityContextConstraints"]),
    ("snapshot.storage.k8s.io", &["VolumeSnapshotClass", "VolumeSnapshotContent"]),
    ("spire.spiffe.io", &["ClusterFederatedTrustDomain", "ClusterSPIFFEID", "ClusterStaticEntry"]),
    ("templates.gatekeeper.sh", &["ConstraintTemplate"]),
    ("tekton.dev", &["ClusterTask"]),
    ("triggers.tekton.dev", &["ClusterInterceptor", "ClusterTriggerBinding"]),
    ("trust.cert-manager.io", &["Bundle", "ClusterBundle"]),
    ("user.openshift.io", &["*"]),
];

/// Whether a kind that isn't built in is known to be cluster-wide.
pub fn is_cluster_wide(group: &str, kind: &str) -> bool {
    let kinds = CLUSTER_WIDE.iter().find(|(name, _)| *name == group).map(|(_, kinds)| *kinds);
    kinds.is_some_and(|kinds| kinds.iter().any(|k| *k == "*" || *k == kind))
}

#[cfg(test)]
mod tests {
    use super::is_cluster_wide;

    #[test]
    fn well_known_kinds() {
        assert!(is_cluster_wide("cert-manager.io", "ClusterIssuer"));
        assert!(!is_cluster_wide("cert-manager.io", "Issuer"));
        assert!(is_cluster_wide("constraints.gatekeeper.sh", "K8sRequiredLabels"));
        assert!(!is_cluster_wide("example.com", "ClusterIssuer"));
    }
}
