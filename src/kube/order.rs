//! The order in which Argo CD applies objects: phase, wave, kind, name; Namespaces and CustomResourceDefinitions before
//! what needs them. Read from gitops-engine (`pkg/sync/sync_tasks.go`, `sync_phase.go`, `hook/`, `syncwaves/`).

use std::collections::BTreeMap;

use ecow::EcoString;

use super::id::ObjectId;
use crate::yaml::Node;

/// When in a sync an object is applied.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Phase {
    /// Before everything else.
    PreSync,
    /// With the objects that are no hooks.
    Sync,
    /// After they are healthy.
    PostSync,
    /// Only where the sync failed.
    SyncFail,
}

/// What an annotation asks for. `None` is `Skip`.
type HookType = Option<Phase>;

/// The comma-separated values of an annotation.
fn values<'n>(object: &'n Node, annotation: &str) -> impl Iterator<Item = &'n str> {
    let text = object.str_at(&["metadata", "annotations", annotation]).unwrap_or_default();
    text.split(',').map(str::trim).filter(|v| !v.is_empty())
}

/// The hook types that an object asks for: Argo CD's, or else Helm's. Names that neither knows are passed over.
fn hook_types(object: &Node) -> Vec<HookType> {
    let argo = values(object, "argocd.argoproj.io/hook").filter_map(|name| match name {
        "PreSync" => Some(Some(Phase::PreSync)),
        "Sync" => Some(Some(Phase::Sync)),
        "PostSync" => Some(Some(Phase::PostSync)),
        "SyncFail" => Some(Some(Phase::SyncFail)),
        "Skip" => Some(None),
        _ => None,
    });
    let helm = values(object, "helm.sh/hook").filter_map(|name| match name {
        "pre-install" | "pre-upgrade" => Some(Some(Phase::PreSync)),
        "post-install" | "post-upgrade" => Some(Some(Phase::PostSync)),
        _ => None,
    });
    let mut types: Vec<HookType> = argo.collect();
    if types.is_empty() {
        types = helm.collect();
    }
    types.sort_unstable();
    types.dedup();
    types
}

/// Whether an object is there only to be skipped.
fn is_skipped(object: &Node) -> bool {
    hook_types(object) == [None]
}

/// Whether an object is a hook: it carries Argo CD's annotation (and isn't skipped), or Helm's (`crd-install` doesn't
/// count). One whose types Argo CD doesn't know (`test`, `PostDelete`) is a hook that no sync applies.
pub fn is_hook(object: &Node) -> bool {
    match object.at(&["metadata", "annotations", "argocd.argoproj.io/hook"]) {
        Some(_) => !is_skipped(object),
        None => object.str_at(&["metadata", "annotations", "helm.sh/hook"]).is_some_and(|v| v != "crd-install"),
    }
}

/// The phases in which an object is applied, in order; none where no sync applies it.
pub fn phases(object: &Node) -> Vec<Phase> {
    if is_skipped(object) {
        Vec::new()
    } else if is_hook(object) {
        hook_types(object).into_iter().flatten().collect()
    } else {
        vec![Phase::Sync]
    }
}

/// The wave of an object: its sync wave, else its Helm hook weight, else 0. What isn't a whole number is passed over.
pub fn wave(object: &Node) -> i64 {
    let number = |annotation| object.str_at(&["metadata", "annotations", annotation])?.parse().ok();
    number("argocd.argoproj.io/sync-wave").or_else(|| number("helm.sh/hook-weight")).unwrap_or(0)
}

const KINDS: &[&str] = &[
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

/// A kind's place among the kinds, its group unseen; kinds that the table doesn't have come last.
pub fn kind_rank(kind: &str) -> usize {
    KINDS.iter().position(|k| *k == kind).unwrap_or(KINDS.len())
}

/// An object in one phase of a sync. Small, so that it can be kept when the object's nodes are gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncTask {
    /// The caller's number of the object.
    pub index: usize,
    /// When it is applied.
    pub phase: Phase,
    /// In which step of the phase.
    pub wave: i64,
    /// What it is called.
    pub id: ObjectId,
    /// The group and kind that it brings into being, if it is a CustomResourceDefinition.
    pub defines: Option<(EcoString, EcoString)>,
}

impl SyncTask {
    /// The tasks of an object: one for each of its phases. None for what isn't a Kubernetes object.
    pub fn of(index: usize, object: &Node) -> Vec<Self> {
        let Some(id) = ObjectId::of(object) else { return Vec::new() };
        let is_crd = id.kind == "CustomResourceDefinition" && id.group == "apiextensions.k8s.io";
        let defined = || {
            let (group, kind) = (object.str_at(&["spec", "group"])?, object.str_at(&["spec", "names", "kind"])?);
            Some((group.into(), kind.into()))
        };
        let defines = is_crd.then(defined).flatten();
        let wave = wave(object);
        let task = |phase| Self { index, phase, wave, id: id.clone(), defines: defines.clone() };
        phases(object).into_iter().map(task).collect()
    }
}

/// Sorts as Argo CD does. Where it leaves the order open (the same kind and name in several namespaces), by id, then by
/// the caller's number. A Namespace or CustomResourceDefinition that comes after something that needs it moves before
/// the first such, into its phase and wave.
pub fn sort_for_sync(tasks: &mut Vec<SyncTask>) {
    tasks.sort_by(|a, b| {
        let key = |t: &SyncTask| (t.phase, t.wave, kind_rank(&t.id.kind));
        key(a)
            .cmp(&key(b))
            .then_with(|| a.id.name.cmp(&b.id.name))
            .then_with(|| (&a.id, a.index).cmp(&(&b.id, b.index)))
    });
    move_before_users(tasks, |task| {
        let text = |s: &EcoString| (s.clone(), EcoString::new());
        if task.id.kind == "Namespace" && task.id.group.is_empty() {
            Role::Provides(text(&task.id.name))
        } else if task.id.namespace.is_empty() {
            Role::Neither
        } else {
            Role::Needs(text(&task.id.namespace))
        }
    });
    move_before_users(tasks, |task| match &task.defines {
        Some(defined) => Role::Provides(defined.clone()),
        None => Role::Needs((task.id.group.clone(), task.id.kind.clone())),
    });
}

type Need = (EcoString, EcoString);

enum Role {
    Provides(Need),
    Needs(Need),
    Neither,
}

fn move_before_users(tasks: &mut Vec<SyncTask>, role: impl Fn(&SyncTask) -> Role) {
    let mut first_users: BTreeMap<Need, usize> = BTreeMap::new();
    for at in 0..tasks.len() {
        let Some(task) = tasks.get(at) else { break };
        match role(task) {
            Role::Needs(need) => {
                first_users.entry(need).or_insert(at);
            }
            Role::Provides(need) => {
                let Some(user) = first_users.get(&need).copied() else { continue };
                let Some((phase, wave)) = tasks.get(user).map(|t| (t.phase, t.wave)) else { continue };
                let moved = tasks.remove(at);
                tasks.insert(user, SyncTask { phase, wave, ..moved });
                for place in first_users.values_mut().filter(|place| **place >= user) {
                    *place += 1;
                }
            }
            Role::Neither => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Origin;
    use crate::yaml::Map;

    fn map(entries: &[(&str, Node)]) -> Node {
        let mut map = Map::new();
        for (key, value) in entries {
            map.insert(*key, Origin::NONE, value.clone());
        }
        Node::made(map)
    }

    fn object(kind: &str, name: &str, annotations: &[(&str, &str)]) -> Node {
        let annotations: Vec<_> = annotations.iter().map(|(k, v)| (*k, Node::made(*v))).collect();
        let (api_version, kind) = kind.rsplit_once(' ').unwrap_or(("v1", kind));
        let (namespace, name) = name.split_once('/').unwrap_or(("", name));
        map(&[
            ("apiVersion", Node::made(api_version)),
            ("kind", Node::made(kind)),
            (
                "metadata",
                map(&[
                    ("name", Node::made(name)),
                    ("namespace", Node::made(namespace)),
                    ("annotations", map(&annotations)),
                ]),
            ),
        ])
    }

    const ARGO: &str = "argocd.argoproj.io/hook";
    const HELM: &str = "helm.sh/hook";

    #[test]
    fn hooks_go_to_their_phases() {
        use Phase::{PostSync, PreSync, Sync, SyncFail};
        let of = |annotations: &[(&str, &str)]| phases(&object("Pod", "a", annotations));
        assert_eq!(of(&[]), [Sync]);
        assert_eq!(of(&[(ARGO, "PostSync, PreSync,SyncFail")]), [PreSync, PostSync, SyncFail]);
        assert_eq!(of(&[(ARGO, "Skip")]), []);
        assert_eq!(of(&[(ARGO, "Skip,Sync")]), [Sync]);
        assert_eq!(of(&[(ARGO, "PostDelete")]), []);
        assert_eq!(of(&[(HELM, "pre-install,pre-upgrade,post-delete")]), [PreSync]);
        assert_eq!(of(&[(HELM, "test")]), []);
        assert_eq!(of(&[(HELM, "crd-install")]), [Sync]);
        assert_eq!(of(&[(HELM, "pre-install"), (ARGO, "PostSync")]), [PostSync]);
        assert_eq!(of(&[(HELM, "post-install"), (ARGO, "nonsense")]), [PostSync]);
    }

    #[test]
    fn waves_are_whole_numbers() {
        let of = |annotations: &[(&str, &str)]| wave(&object("Pod", "a", annotations));
        assert_eq!(of(&[("argocd.argoproj.io/sync-wave", "-5"), ("helm.sh/hook-weight", "3")]), -5);
        assert_eq!(of(&[("argocd.argoproj.io/sync-wave", "1.5"), ("helm.sh/hook-weight", "+3")]), 3);
        assert_eq!(of(&[("argocd.argoproj.io/sync-wave", " 1")]), 0);
    }

    fn sorted(objects: &[Node]) -> Vec<String> {
        let mut tasks: Vec<_> = objects.iter().enumerate().flat_map(|(i, o)| SyncTask::of(i, o)).collect();
        sort_for_sync(&mut tasks);
        tasks.iter().map(|t| format!("{:?} {} {}", t.phase, t.wave, t.id)).collect()
    }

    #[test]
    fn phase_wave_kind_name() {
        let objects = [
            object("example.com/v1 Widget", "w", &[]),
            object("apps/v1 Deployment", "b", &[]),
            object("apps/v1 Deployment", "a", &[]),
            object("Service", "z", &[]),
            object("batch/v1 Job", "late", &[(ARGO, "PostSync")]),
            object("batch/v1 Job", "early", &[(ARGO, "PreSync")]),
            object("ConfigMap", "first", &[("argocd.argoproj.io/sync-wave", "-1")]),
        ];
        assert_eq!(
            sorted(&objects),
            [
                "PreSync 0 Job/early",
                "Sync -1 ConfigMap/first",
                "Sync 0 Service/z",
                "Sync 0 Deployment/a",
                "Sync 0 Deployment/b",
                "Sync 0 Widget.example.com/w",
                "PostSync 0 Job/late",
            ]
        );
    }

    #[test]
    fn namespaces_and_definitions_come_before_their_users() {
        let mut crd = object("apiextensions.k8s.io/v1 CustomResourceDefinition", "widgets.example.com", &[]);
        let spec = map(&[("group", Node::made("example.com")), ("names", map(&[("kind", Node::made("Widget"))]))]);
        crd.as_map_mut().unwrap().insert("spec", Origin::NONE, spec);
        let objects = [
            crd,
            object("Namespace", "n", &[]),
            object("Namespace", "other", &[]),
            object("batch/v1 Job", "n/early", &[(ARGO, "PreSync")]),
            object("example.com/v1 Widget", "w", &[("argocd.argoproj.io/sync-wave", "-2")]),
        ];
        assert_eq!(
            sorted(&objects),
            [
                "PreSync 0 Namespace/n",
                "PreSync 0 Job/n/early",
                "Sync -2 CustomResourceDefinition/widgets.example.com",
                "Sync -2 Widget.example.com/w",
                "Sync 0 Namespace/other",
            ]
        );
    }

    /// What gitops-engine made of the same objects: see `testdata/kube/order/README.md`.
    #[test]
    fn the_order_is_gitops_engines() {
        let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/kube/order");
        let cases = std::fs::read_to_string(format!("{dir}/cases.jsonl")).unwrap();
        let expected = std::fs::read_to_string(format!("{dir}/sorted.txt")).unwrap();
        assert_eq!(cases.lines().count(), expected.lines().count());
        for (case, expected) in cases.lines().zip(expected.lines()) {
            let objects: Vec<serde_json::Value> = serde_json::from_str(case).unwrap();
            let objects = objects.iter().map(crate::yaml::schema::tests::from_json).enumerate();
            let mut tasks: Vec<SyncTask> = objects.flat_map(|(i, o)| SyncTask::of(i, &o)).collect();
            sort_for_sync(&mut tasks);
            let words = tasks.iter().map(|t| format!("{:?} {} {}/{}", t.phase, t.wave, t.id.kind, t.id.name));
            assert_eq!(words.collect::<Vec<_>>().join(";"), expected, "{case}");
        }
    }
}
