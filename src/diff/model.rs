//! What a comparison says. [`super::render`] shows it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::path::Path;
use crate::kube::ObjectId;
use crate::snapshot::Finding;
use crate::tree::Text;
use crate::yaml::Node;

/// What differs between two states of a fleet, or between two sides of one.
#[derive(Clone, Debug, Default)]
pub struct Diff {
    /// How people call what is compared with.
    pub base: Side,
    /// How people call what is compared.
    pub head: Side,
    /// Whether the two are sides of one fleet (`compare`), not states of it.
    pub sides: bool,
    /// The clusters of both, by name; pairs of clusters where sides are compared.
    pub clusters: Vec<ClusterDiff>,
    /// The changes, what is the same on several clusters once. Each change of an object is in exactly one.
    pub groups: Vec<Group>,
    /// Findings that only one of the two has.
    pub findings: Vec<FindingChange>,
    /// Apps that are held in either.
    pub held: Vec<HeldApp>,
    /// What of `ignoreDifferences` could not be understood, with the reason. It ignores nothing.
    pub not_understood: Vec<String>,
    /// How much there is.
    pub summary: Summary,
}

/// One of the two.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Side {
    /// Its name: `origin/main`, `the working tree`, `prod-01`.
    pub name: String,
    /// Its commit, where it is one.
    pub commit: Option<String>,
}

/// How something in base stands to that in head.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// It is the same.
    #[default]
    Same,
    /// Something in it differs.
    Changed,
    /// Only head has it.
    Added,
    /// Only base has it.
    Removed,
}

/// One cluster, or one pair of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClusterDiff {
    /// Its name; of a pair, both.
    pub name: Arc<str>,
    /// Its name in base.
    pub base: Arc<str>,
    /// Its name in head.
    pub head: Arc<str>,
    /// Whether it is new, gone, changed or the same. What is noise changes nothing.
    pub status: Status,
    /// What of it differs.
    pub counts: Counts,
    /// How many of its apps are held on either side.
    pub held: usize,
}

/// Counts of what differs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Of apps.
    pub apps: Tally,
    /// Of objects.
    pub objects: Tally,
    /// Objects that differ in noise only; they are in no other number.
    pub noise: usize,
}

/// How many were added, and so on; each counts once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Only head has them.
    pub added: usize,
    /// Only base has them.
    pub removed: usize,
    /// They differ.
    pub changed: usize,
    /// They have another name, and may differ besides.
    pub renamed: usize,
    /// They belong to another app, and may differ besides.
    pub moved: usize,
}

impl Tally {
    /// All together.
    pub fn total(&self) -> usize {
        self.added + self.removed + self.changed + self.renamed + self.moved
    }

    /// Adds another's.
    pub fn add(&mut self, other: Self) {
        self.added += other.added;
        self.removed += other.removed;
        self.changed += other.changed;
        self.renamed += other.renamed;
        self.moved += other.moved;
    }
}

/// How much there is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Clusters that were added, removed or changed; renamed and moved are always zero.
    pub clusters: Tally,
    /// Clusters on which nothing differs.
    pub clusters_same: usize,
    /// Apps and objects over all clusters.
    pub counts: Counts,
    /// What was folded as noise, by its name: in how many objects.
    pub noise: BTreeMap<String, usize>,
    /// Things to look at twice.
    pub notices: usize,
    /// Findings that head has and base doesn't.
    pub findings_added: usize,
    /// Findings that base has and head doesn't.
    pub findings_mended: usize,
}

/// Changes of one app that are the same on all of these clusters.
#[derive(Clone, Debug, Default)]
pub struct Group {
    /// The app's name in the tree, on the first of the clusters.
    pub app: Arc<str>,
    /// Whether the app as a whole is new or gone.
    pub status: Status,
    /// The clusters, by name. What is shown is from the first.
    pub clusters: Vec<Arc<str>>,
    /// What of the app itself differs.
    pub about: Vec<AppChange>,
    /// Whether they are the same only when each cluster's own name is left out.
    pub but_for_names: bool,
    /// The objects, by what they are.
    pub objects: Vec<ObjectDiff>,
}

/// Something about an app as a whole that differs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AppChange {
    /// What: `wave`, `layer` or `namespace`.
    pub what: &'static str,
    /// What it is in base; empty for none.
    pub old: String,
    /// What it is in head.
    pub new: String,
}

/// What happened to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Only head has it.
    Added,
    /// Only base has it.
    Removed,
    /// Both have it.
    Changed,
}

/// The change of one object.
#[derive(Clone, Debug)]
pub struct ObjectDiff {
    /// What happened.
    pub kind: Kind,
    /// What it is: in head, or in base if it was removed.
    pub id: ObjectId,
    /// What it was called in base, where that was something else.
    pub renamed_from: Option<ObjectId>,
    /// The app that it belonged to in base, where that was another.
    pub moved_from: Option<Arc<str>>,
    /// The fields that differ; none for what was added or removed.
    pub fields: Arc<[FieldChange]>,
    /// What to look at twice.
    pub notices: Vec<Notice>,
    /// Its text in base and in head, the values of Secrets masked.
    pub texts: (Option<Text>, Option<Text>),
    /// Where it came from in base and in head, for people.
    pub sources: (String, String),
}

impl ObjectDiff {
    /// Whether nothing about it counts. What was added, removed, renamed or moved always does.
    pub fn is_noise(&self) -> bool {
        self.kind == Kind::Changed
            && self.renamed_from.is_none()
            && self.moved_from.is_none()
            && self.fields.iter().all(|field| field.noise.is_some())
    }
}

/// One field that differs.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldChange {
    /// Which.
    pub path: Path,
    /// How.
    pub change: Change,
    /// Why it doesn't count, if it doesn't.
    pub noise: Option<Noise>,
}

/// How a field differs.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Only head has it.
    Added(Node),
    /// Only base has it.
    Removed(Node),
    /// Its value in base, and in head.
    Changed(Node, Node),
    /// The items of a list that both have stand in another order: by what tells them apart, in base and in head.
    Order(Vec<String>, Vec<String>),
}

/// Why a difference doesn't count.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Noise {
    /// The label `helm.sh/chart`.
    Chart,
    /// The label `app.kubernetes.io/version`.
    Version,
    /// An annotation `checksum/…`.
    Checksum,
    /// The app's `ignoreDifferences` name it: the pointer or the expression.
    Ignored(Arc<str>),
    /// It names an object that was renamed.
    FollowsRename,
    /// It is the cluster's own name, or the like (`compare` only).
    OwnName,
}

impl Noise {
    /// What it is counted under.
    pub fn name(&self) -> String {
        match self {
            Self::Chart => "helm.sh/chart".to_owned(),
            Self::Version => "app.kubernetes.io/version".to_owned(),
            Self::Checksum => "checksum/*".to_owned(),
            Self::Ignored(rule) => format!("ignoreDifferences {rule}"),
            Self::FollowsRename => "names of renamed objects".to_owned(),
            Self::OwnName => "the cluster's own name".to_owned(),
        }
    }
}

/// Something to look at twice.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Notice {
    /// What it is about.
    pub about: NoticeKind,
    /// A short sentence.
    pub text: String,
}

/// What a notice is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoticeKind {
    /// Data may be lost.
    Data,
    /// Somebody loses access, or something that others use is gone.
    Access,
    /// The cluster will refuse the change.
    Refused,
}

impl NoticeKind {
    /// The word for programs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Access => "access",
            Self::Refused => "refused",
        }
    }
}

/// A finding that one of the two has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingChange {
    /// Whether head has it; else it is mended.
    pub added: bool,
    /// The finding, as it is on the first of the clusters.
    pub finding: Finding,
    /// The clusters that it concerns, if it concerns some.
    pub clusters: Vec<Arc<str>>,
    /// How often it was found.
    pub times: usize,
}

/// An app whose objects one side doesn't know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldApp {
    /// Its name.
    pub app: Arc<str>,
    /// The clusters; none where they aren't known.
    pub clusters: Vec<Arc<str>>,
    /// Why it is held in base, if it is.
    pub base: Option<String>,
    /// Why it is held in head, if it is.
    pub head: Option<String>,
}

impl HeldApp {
    /// `newly held`, `no longer held`, `still held`.
    pub fn status(&self) -> &'static str {
        match (&self.base, &self.head) {
            (None, Some(_)) => "newly held",
            (Some(_), None) => "no longer held",
            _ => "still held",
        }
    }
}

/// How two snapshots are compared.
#[derive(Clone, Default)]
pub struct Options {
    /// The key of the digests that stand for values of Secrets; random where none is given, as it should be outside of
    /// tests.
    pub key: Option<[u8; 32]>,
    /// Words that are a cluster's own besides its name: its server URL, say. By the cluster's name.
    pub own_words: BTreeMap<Arc<str>, Vec<String>>,
    /// What is held besides the apps of the snapshots, as [`crate::tree::AppMeta::parents`] names it, with the reason.
    pub held: BTreeMap<String, String>,
    /// Pairs of clusters that stand under one name in both snapshots. Made by [`super::sides()`].
    pub pairs: BTreeMap<Arc<str>, PairOf>,
}

/// Two clusters that are compared with each other.
#[derive(Clone, Debug, Default)]
pub struct PairOf {
    /// What it is called in base.
    pub base: Arc<str>,
    /// What it is called in head.
    pub head: Arc<str>,
    /// Words that base has where head has another: both in the same order.
    pub words: (Vec<String>, Vec<String>),
}

impl Diff {
    /// Whether anything differs that isn't noise: objects, findings, clusters, or which apps are held.
    pub fn is_empty(&self) -> bool {
        let held = self.held.iter().all(|held| held.base.is_some() == held.head.is_some());
        let counts = &self.summary.counts;
        let tallies = [self.summary.clusters, counts.apps, counts.objects];
        held && self.findings.is_empty() && tallies.iter().all(|tally| tally.total() == 0)
    }
}
