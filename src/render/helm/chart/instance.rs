//! A chart as one release has it: under its name, with the dependencies that are on.

use std::collections::BTreeSet;
use std::sync::Arc;

use ecow::EcoString;

use super::failure::Failure;
use super::metadata::{Dependency, Metadata};
use super::model::{Chart, Crd};
use crate::diag::Code;
use crate::source::Origin;
use crate::yaml::Node;

/// A chart in a release. Charts themselves never change; what an alias, a condition or `import-values` make of one is here.
#[derive(Clone, Debug)]
pub struct Instance {
    /// The chart as it was read.
    pub chart: Arc<Chart>,
    /// The metadata as templates see it: the alias for a name, only the dependencies that are on.
    pub metadata: Arc<Metadata>,
    /// `web`, `web/charts/redis`: what the names of its templates start with (Helm's `ChartFullPath`).
    pub full_path: String,
    /// Whether Helm takes it for the top of its tree.
    pub is_root: bool,
    /// The charts below it that are on, in Helm's order.
    pub dependencies: Vec<Instance>,
}

impl Instance {
    /// The name: the key of its values in those of the chart above.
    pub fn name(&self) -> &str {
        &self.metadata.name
    }

    /// The files of `crds/`, its own first.
    pub fn crds(&self) -> Vec<Crd> {
        let mut crds = Vec::new();
        let mut stack = vec![self];
        while let Some(instance) = stack.pop() {
            let own = instance.chart.files.iter().filter(|f| f.is_crd());
            let path = |name: &str| format!("{}/{name}", instance.full_path);
            crds.extend(own.map(|file| Crd { path: path(&file.name), file: file.clone() }));
            stack.extend(instance.dependencies.iter().rev());
        }
        crds
    }
}

/// A chart in the tree that is being worked on. They are known by number, since Helm's point at each other and are shared.
#[derive(Clone, Debug)]
pub(super) struct Working {
    pub(super) chart: Arc<Chart>,
    /// Its metadata, which copies may share.
    pub(super) meta: usize,
    pub(super) children: Vec<usize>,
    pub(super) parent: Option<usize>,
    /// The chart's values, once `import-values` added to them.
    pub(super) values: Option<Node>,
}

/// What of a chart's metadata changes.
#[derive(Clone, Debug, Default)]
pub(super) struct Meta {
    pub(super) name: EcoString,
    /// The declared dependencies by number, since in Helm 3 aliases of one chart share them. None if nothing is declared,
    /// which isn't the same as an empty list.
    pub(super) declared: Option<Vec<usize>>,
}

/// The tree that is being worked on.
#[derive(Debug, Default)]
pub(super) struct Tree {
    pub(super) charts: Vec<Working>,
    pub(super) metas: Vec<Meta>,
    pub(super) declared: Vec<Dependency>,
    /// The declared dependencies whose imports were looked at.
    pub(super) imported: BTreeSet<usize>,
}

/// The number of the chart at the top.
pub(super) const ROOT: usize = 0;
/// The most charts of one release; aliases of aliases could make any number.
const MAX_CHARTS: usize = 10_000;

impl Tree {
    /// The tree of a chart as it was read.
    pub(super) fn new(chart: &Arc<Chart>) -> Self {
        let mut tree = Self::default();
        tree.add(chart, None);
        tree
    }

    fn add(&mut self, chart: &Arc<Chart>, parent: Option<usize>) -> usize {
        let number = self.charts.len();
        let metadata = &chart.metadata;
        let listed = metadata.document.get("dependencies").is_some_and(|n| n.as_seq().is_some());
        let declared: Vec<usize> = metadata.dependencies().map(|d| self.declare(d.clone())).collect();
        let declared = (listed || !declared.is_empty()).then_some(declared);
        self.metas.push(Meta { name: metadata.name.clone(), declared });
        let meta = self.metas.len() - 1;
        let chart = Arc::clone(chart);
        self.charts.push(Working { chart: Arc::clone(&chart), meta, children: Vec::new(), parent, values: None });
        // The loader bounds the depth.
        let children: Vec<usize> = chart.dependencies.iter().map(|d| self.add(d, Some(number))).collect();
        if let Some(working) = self.charts.get_mut(number) {
            working.children = children;
        }
        number
    }

    pub(super) fn declare(&mut self, dependency: Dependency) -> usize {
        self.declared.push(dependency);
        self.declared.len() - 1
    }

    /// Adds a copy of a chart.
    ///
    /// # Errors
    /// There are too many.
    pub(super) fn push(&mut self, working: Working) -> Result<usize, Failure> {
        if self.charts.len() >= MAX_CHARTS {
            let message = format!("more than {MAX_CHARTS} charts in one release");
            return Err(Failure::of(Code::CHART_DEPENDENCY, message, Origin::NONE));
        }
        self.charts.push(working);
        Ok(self.charts.len() - 1)
    }

    pub(super) fn add_meta(&mut self, meta: Meta) -> usize {
        self.metas.push(meta);
        self.metas.len() - 1
    }

    pub(super) fn get(&self, number: usize) -> Option<&Working> {
        self.charts.get(number)
    }

    fn meta(&self, number: usize) -> Option<&Meta> {
        self.metas.get(self.get(number)?.meta)
    }

    pub(super) fn name(&self, number: usize) -> &str {
        self.meta(number).map_or("", |m| &m.name)
    }

    pub(super) fn children(&self, number: usize) -> Vec<usize> {
        self.get(number).map(|c| c.children.clone()).unwrap_or_default()
    }

    pub(super) fn declared(&self, number: usize) -> Option<Vec<usize>> {
        self.meta(number)?.declared.clone()
    }

    pub(super) fn set_declared(&mut self, number: usize, declared: Vec<usize>) {
        let meta = self.get(number).map(|c| c.meta);
        if let Some(meta) = meta.and_then(|m| self.metas.get_mut(m)) {
            meta.declared = (!declared.is_empty()).then_some(declared);
        }
    }

    /// Gives a chart its children, and them their parent.
    pub(super) fn set_children(&mut self, number: usize, children: Vec<usize>) {
        for child in &children {
            if let Some(child) = self.charts.get_mut(*child) {
                child.parent = Some(number);
            }
        }
        if let Some(working) = self.charts.get_mut(number) {
            working.children = children;
        }
    }

    fn full_path(&self, number: usize) -> String {
        let mut names = Vec::new();
        let mut at = Some(number);
        while let Some(number) = at {
            names.push(self.name(number));
            at = self.get(number).and_then(|w| w.parent);
        }
        names.reverse();
        names.join("/charts/")
    }

    /// The tree as it came to be.
    pub(super) fn instance(&self, number: usize) -> Option<Instance> {
        let working = self.get(number)?;
        let declared = self.declared(number).unwrap_or_default();
        let chart = &working.chart;
        let changed = self.name(number) != chart.metadata.name || !chart.metadata.dependencies.is_empty();
        let metadata = changed.then(|| Metadata {
            name: self.name(number).into(),
            dependencies: declared.iter().map(|d| self.declared.get(*d).cloned()).collect(),
            ..chart.metadata.clone()
        });
        Some(Instance {
            chart: Arc::clone(chart),
            metadata: Arc::new(metadata.unwrap_or_else(|| chart.metadata.clone())),
            full_path: self.full_path(number),
            is_root: working.parent.is_none(),
            dependencies: working.children.iter().filter_map(|c| self.instance(*c)).collect(),
        })
    }
}
