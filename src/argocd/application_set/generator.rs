//! What stands in `generators`, on each of its three levels.

use super::go_type::Struct;
use super::spec::{GENERATOR, NESTED_GENERATOR, TERMINAL_GENERATOR};
use crate::source::Origin;
use crate::yaml::Node;

/// How deep a generator stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Level {
    /// In `spec.generators`.
    Top,
    /// In a matrix or merge of the top.
    Nested,
    /// In a matrix or merge that is nested itself.
    Terminal,
}

/// The kinds of generators, in the order in which Argo CD takes those of one entry.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// `list`.
    List,
    /// `clusters`.
    Clusters,
    /// `git`.
    Git,
    /// `scmProvider`.
    ScmProvider,
    /// `clusterDecisionResource`.
    ClusterDecisionResource,
    /// `pullRequest`.
    PullRequest,
    /// `matrix`.
    Matrix,
    /// `merge`.
    Merge,
    /// `plugin`.
    Plugin,
}

impl Kind {
    /// All of them, in order.
    pub const ALL: [Self; 9] = [
        Self::List,
        Self::Clusters,
        Self::Git,
        Self::ScmProvider,
        Self::ClusterDecisionResource,
        Self::PullRequest,
        Self::Matrix,
        Self::Merge,
        Self::Plugin,
    ];

    /// The field that it stands in.
    pub fn name(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Clusters => "clusters",
            Self::Git => "git",
            Self::ScmProvider => "scmProvider",
            Self::ClusterDecisionResource => "clusterDecisionResource",
            Self::PullRequest => "pullRequest",
            Self::Matrix => "matrix",
            Self::Merge => "merge",
            Self::Plugin => "plugin",
        }
    }
}

/// An entry of `generators`: usually of one kind, and perhaps a selector.
#[derive(Clone, Debug)]
pub struct Generator {
    /// The entry, in normal form.
    pub node: Node,
    /// How deep it stands.
    pub level: Level,
}

impl Generator {
    /// An entry in normal form.
    pub fn new(node: &Node, level: Level) -> Self {
        Self { node: node.clone(), level }
    }

    /// The kinds of generators that it holds, in Argo CD's order.
    pub fn kinds(&self) -> impl Iterator<Item = (Kind, &Node)> {
        Kind::ALL.into_iter().filter_map(|kind| Some((kind, self.node.get(kind.name())?)))
    }

    /// `selector`, which filters what it makes.
    pub fn selector(&self) -> Option<&Node> {
        self.node.get("selector")
    }

    /// The template that one of its generators has of its own, in normal form.
    pub fn template(kind: &Node) -> Option<&Node> {
        kind.get("template")
    }

    /// The generators of a matrix or merge that it holds.
    pub fn children(&self, combination: &Node) -> Vec<Self> {
        let level = if self.level == Level::Top { Level::Nested } else { Level::Terminal };
        let children = combination.get("generators").and_then(Node::as_seq).unwrap_or_default();
        children.iter().map(|child| Self::new(child, level)).collect()
    }

    /// The struct that it is.
    pub fn target(&self) -> &'static Struct {
        match self.level {
            Level::Top => &GENERATOR,
            Level::Nested => &NESTED_GENERATOR,
            Level::Terminal => &TERMINAL_GENERATOR,
        }
    }

    /// Where it stands.
    pub fn origin(&self) -> Origin {
        self.node.origin
    }
}
