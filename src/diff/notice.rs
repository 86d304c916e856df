//! What to look at twice: what loses data or access, and what the cluster will refuse.

use super::model::{Change, FieldChange, Kind, Notice, NoticeKind};
use super::path::Path;
use crate::kube::ObjectId;
use crate::yaml::{Node, Value};

/// Kinds whose removal loses data: group, kind, why.
const DATA: &[(&str, &str, &str)] = &[
    ("", "Namespace", "everything in it is deleted with it"),
    ("", "PersistentVolumeClaim", "its volume, and the data on it, may be deleted with it"),
    ("", "PersistentVolume", "its data may be lost"),
    ("apps", "StatefulSet", "its Pods stop; its volumes may be deleted with it"),
    ("apiextensions.k8s.io", "CustomResourceDefinition", "all its objects are deleted with it, on the whole cluster"),
    ("acid.zalan.do", "postgresql", "its database is deleted with it"),
    ("cassandra.datastax.com", "CassandraDatacenter", "its database is deleted with it"),
    ("databases.spotahome.com", "RedisFailover", "its data is deleted with it"),
    ("elasticsearch.k8s.elastic.co", "Elasticsearch", "its data is deleted with it"),
    ("kafka.strimzi.io", "Kafka", "its data is deleted with it"),
    ("kafka.strimzi.io", "KafkaTopic", "its messages are deleted with it"),
    ("minio.min.io", "Tenant", "its data is deleted with it"),
    ("mongodbcommunity.mongodb.com", "MongoDBCommunity", "its database is deleted with it"),
    ("postgresql.cnpg.io", "Cluster", "its database is deleted with it"),
    ("ceph.rook.io", "CephCluster", "its data is lost with it"),
    ("ceph.rook.io", "CephBlockPool", "its data is lost with it"),
    ("ceph.rook.io", "CephFilesystem", "its data is lost with it"),
];

/// Kinds whose removal takes something from others.
const ACCESS: &[(&str, &str, &str)] = &[
    ("", "Secret", "what reads it fails"),
    ("", "ServiceAccount", "what runs as it loses its access"),
    ("rbac.authorization.k8s.io", "Role", "who is bound to it loses access"),
    ("rbac.authorization.k8s.io", "ClusterRole", "who is bound to it loses access"),
    ("rbac.authorization.k8s.io", "RoleBinding", "its subjects lose access"),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding", "its subjects lose access"),
    ("networking.k8s.io", "NetworkPolicy", "traffic that it forbade is allowed, or the reverse"),
    ("apiregistration.k8s.io", "APIService", "its API is gone"),
    ("storage.k8s.io", "StorageClass", "new volumes of it can't be made"),
    ("scheduling.k8s.io", "PriorityClass", "new Pods that name it are refused"),
];

/// Fields that a cluster doesn't let change: group, kind, path.
const FIXED: &[(&str, &str, &[&str])] = &[
    ("apps", "Deployment", &["spec", "selector"]),
    ("apps", "DaemonSet", &["spec", "selector"]),
    ("apps", "ReplicaSet", &["spec", "selector"]),
    ("apps", "StatefulSet", &["spec", "selector"]),
    ("apps", "StatefulSet", &["spec", "serviceName"]),
    ("apps", "StatefulSet", &["spec", "podManagementPolicy"]),
    ("apps", "StatefulSet", &["spec", "volumeClaimTemplates"]),
    ("batch", "Job", &["spec", "selector"]),
    ("batch", "Job", &["spec", "template"]),
    ("batch", "Job", &["spec", "completionMode"]),
    ("batch", "Job", &["spec", "podFailurePolicy"]),
    ("", "Service", &["spec", "clusterIP"]),
    ("", "Service", &["spec", "clusterIPs"]),
    ("", "PersistentVolumeClaim", &["spec"]),
    ("", "PersistentVolume", &["spec", "csi"]),
    ("", "PersistentVolume", &["spec", "nfs"]),
    ("", "PersistentVolume", &["spec", "hostPath"]),
    ("", "PersistentVolume", &["spec", "volumeMode"]),
    ("", "Secret", &["type"]),
    ("rbac.authorization.k8s.io", "RoleBinding", &["roleRef"]),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding", &["roleRef"]),
    ("storage.k8s.io", "StorageClass", &["provisioner"]),
    ("storage.k8s.io", "StorageClass", &["parameters"]),
    ("storage.k8s.io", "StorageClass", &["reclaimPolicy"]),
    ("storage.k8s.io", "StorageClass", &["volumeBindingMode"]),
    ("networking.k8s.io", "IngressClass", &["spec", "controller"]),
    ("scheduling.k8s.io", "PriorityClass", &["value"]),
    ("node.k8s.io", "RuntimeClass", &["handler"]),
    ("apiextensions.k8s.io", "CustomResourceDefinition", &["spec", "scope"]),
    ("apiextensions.k8s.io", "CustomResourceDefinition", &["spec", "group"]),
    ("apiextensions.k8s.io", "CustomResourceDefinition", &["spec", "names", "kind"]),
    ("apiextensions.k8s.io", "CustomResourceDefinition", &["spec", "names", "plural"]),
];

/// What an apply may change of a PersistentVolumeClaim all the same.
const CLAIM: &[&[&str]] = &[&["spec", "resources"], &["spec", "volumeAttributesClassName"], &["spec", "volumeName"]];

/// Groups that a kind was served by before it got its own: the same objects.
const FORMER: &[&str] = &["extensions", "policy", "apps", "networking.k8s.io"];

fn why<'t>(table: &'t [(&str, &str, &'t str)], id: &ObjectId) -> Option<&'t str> {
    table.iter().find(|(group, kind, _)| id.group == *group && id.kind == *kind).map(|(.., why)| *why)
}

/// The notices of one change. `base` is the object as it was.
pub(super) fn notices(
    kind: Kind,
    id: &ObjectId,
    renamed_from: Option<&ObjectId>,
    fields: &[FieldChange],
    base: Option<&Node>,
) -> Vec<Notice> {
    let mut found = Vec::new();
    let replaced = renamed_from.filter(|old| {
        (&old.namespace, &old.name) != (&id.namespace, &id.name)
            || !(FORMER.contains(&old.group.as_str()) && FORMER.contains(&id.group.as_str()))
    });
    let gone = match (kind, replaced) {
        (Kind::Removed, _) => Some((id, "is removed")),
        // The old one is deleted, whatever the new one is like.
        (_, Some(old)) => Some((old, "is deleted, and made anew under another name")),
        _ => None,
    };
    if let Some((gone, what)) = gone {
        if let Some(why) = why(DATA, gone) {
            found.push(Notice { about: NoticeKind::Data, text: format!("{} {what}: {why}", gone.kind) });
        } else if let Some(why) = why(ACCESS, gone)
            && kind == Kind::Removed
        {
            found.push(Notice { about: NoticeKind::Access, text: format!("{} {what}: {why}", gone.kind) });
        }
    }
    // What the server names is made anew each time.
    if kind == Kind::Changed && replaced.is_none() && !id.generated {
        refused(id, fields, base, &mut found);
        versions(id, fields, &mut found);
    }
    found
}

fn refused(id: &ObjectId, fields: &[FieldChange], base: Option<&Node>, found: &mut Vec<Notice>) {
    let mut say = |text: String| {
        let notice = Notice { about: NoticeKind::Refused, text };
        if !found.contains(&notice) {
            found.push(notice);
        }
    };
    let counts = fields.iter().filter(|field| !matches!(field.noise, Some(super::model::Noise::OwnName)));
    for field in counts {
        let fixed = FIXED.iter().filter(|(group, kind, _)| id.group == *group && id.kind == *kind);
        for (.., path) in fixed.filter(|(.., path)| field.path.starts_with(path)) {
            let claim = id.kind == "PersistentVolumeClaim" && CLAIM.iter().any(|free| field.path.starts_with(free));
            if !claim && !is_unset_ip(field, path) {
                // Of a claim nearly everything is fixed: the field itself says more.
                let keys = if path.len() == 1 && *path == ["spec"] { 2 } else { path.len() };
                let at = Path(field.path.0.iter().take(keys).cloned().collect());
                say(format!("`{at}` of a {} can't be changed: the cluster refuses it", id.kind));
            }
        }
        let holds = ["ConfigMap", "Secret"].contains(&id.kind.as_str()) && id.group.is_empty();
        let content =
            ["data", "binaryData", "stringData", "immutable"].iter().any(|key| field.path.starts_with(&[key]));
        if holds && content && base.and_then(|base| base.get("immutable")).and_then(Node::as_bool) == Some(true) {
            say(format!("this {} is immutable: the cluster refuses the change", id.kind));
        }
    }
}

/// Where only one side names a Service's IP, the cluster keeps the one that it gave.
fn is_unset_ip(field: &FieldChange, path: &[&str]) -> bool {
    let named = |node: &Node| node.as_str() == Some("None");
    path.last() == Some(&"clusterIP")
        && match &field.change {
            Change::Added(node) | Change::Removed(node) => !named(node),
            _ => false,
        }
}

/// Versions that a CustomResourceDefinition loses.
fn versions(id: &ObjectId, fields: &[FieldChange], found: &mut Vec<Notice>) {
    if id.kind != "CustomResourceDefinition" || id.group != "apiextensions.k8s.io" {
        return;
    }
    for field in fields {
        let (Change::Removed(version), true) = (&field.change, field.path.starts_with(&["spec", "versions"])) else {
            continue;
        };
        if let (3, Value::Map(map)) = (field.path.0.len(), &version.value)
            && let Some(name) = map.get("name").and_then(Node::as_str)
        {
            let text = format!("version {name} is no longer served: objects stored in it are refused or lost");
            found.push(Notice { about: NoticeKind::Data, text });
        }
    }
}
