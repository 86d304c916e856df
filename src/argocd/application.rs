//! `kind: Application` (pkg/apis/application/v1alpha1/types.go), as far as rendering needs it.

use std::collections::BTreeMap;

use super::fields::FieldReader;
use super::helm_source::Helm;
use super::hydrator::Hydrator;
use super::ignore_differences::IgnoreDifferences;
use super::kustomize_source::Kustomize;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::Origin;
use crate::yaml::Node;

/// The annotation that orders syncing.
pub const SYNC_WAVE: &str = "argocd.argoproj.io/sync-wave";

/// An Application.
#[derive(Clone, Debug)]
pub struct Application {
    /// `metadata.name`.
    pub name: String,
    /// `metadata.namespace`, if the manifest says so.
    pub namespace: Option<String>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// The sync wave that its parent syncs it in; 0 by default.
    pub wave: i64,
    /// `spec.project`; `default` where it is empty.
    pub project: String,
    /// `spec.destination`.
    pub destination: Destination,
    /// `spec.sources`, or the one `spec.source`; what a source hydrator renders goes before both.
    pub sources: Vec<Source>,
    /// Whether they stand in `spec.sources`: only there can one refer to another.
    pub has_many_sources: bool,
    /// `spec.sourceHydrator`, if given: then its dry source is the only source.
    pub hydrator: Option<Hydrator>,
    /// `spec.ignoreDifferences`.
    pub ignore_differences: Vec<IgnoreDifferences>,
    /// The manifest.
    pub node: Node,
}

/// Where an Application goes. What is empty in the manifest is absent here.
#[derive(Clone, Debug)]
pub struct Destination {
    /// The API server's URL.
    pub server: Option<String>,
    /// The cluster's name.
    pub name: Option<String>,
    /// The namespace of objects that name none.
    pub namespace: Option<String>,
    /// Where it stands in the manifest.
    pub origin: Origin,
}

/// One source of an Application.
#[derive(Clone, Debug)]
pub struct Source {
    /// `repoURL`, and where it stands.
    pub repo_url: (String, Origin),
    /// `path`.
    pub path: Option<(String, Origin)>,
    /// `chart`.
    pub chart: Option<(String, Origin)>,
    /// `targetRevision`.
    pub target_revision: Option<(String, Origin)>,
    /// `ref`: the name under which other sources use its files.
    pub reference: Option<(String, Origin)>,
    /// `directory`, if given.
    pub directory: Option<Directory>,
    /// `helm`, `kustomize` or `plugin`, if given.
    pub tool: Option<Tool>,
    /// The whole source.
    pub origin: Origin,
    /// The manifest's text of it.
    pub node: Node,
}

/// The tools that a source can name; a `directory` is told apart.
#[derive(Clone, Debug)]
pub enum Tool {
    /// `helm`.
    Helm(Box<Helm>),
    /// `kustomize`.
    Kustomize(Box<Kustomize>),
    /// `plugin`, as it stands.
    Plugin(Node),
}

/// `directory` options (`ApplicationSourceDirectory`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directory {
    /// Whether directories below are read too.
    pub recurse: bool,
    /// Only files that match (gobwas glob without a separator).
    pub include: Option<String>,
    /// No file that matches; beats `include`.
    pub exclude: Option<String>,
}

impl Application {
    /// Reads a manifest. Everything that Argo CD would refuse is told; an Application that can't be rendered is none.
    pub fn from_node(node: &Node) -> (Option<Self>, Diagnostics) {
        let mut reader = FieldReader { diagnostics: Diagnostics::new(), what: "Application" };
        let application = reader.application(node);
        let errors = reader.diagnostics.has_errors();
        (application.filter(|_| !errors), reader.diagnostics)
    }

    /// Whether `spec.syncPolicy.syncOptions` has `option` (such as `CreateNamespace=true`).
    pub fn has_sync_option(&self, option: &str) -> bool {
        let options = self.node.at(&["spec", "syncPolicy", "syncOptions"]).and_then(Node::as_seq).unwrap_or_default();
        options.iter().any(|o| o.as_str() == Some(option))
    }
}

impl Source {
    /// `targetRevision`, and where it is said: `HEAD` where it isn't.
    pub fn revision(&self) -> (&str, Origin) {
        self.target_revision.as_ref().map_or(("HEAD", self.repo_url.1), |(revision, at)| (revision, *at))
    }

    /// Reads one source by itself, as it stands under `spec.source`.
    ///
    /// # Errors
    /// What Argo CD would refuse.
    pub fn from_node(node: &Node) -> Result<Self, Diagnostics> {
        let mut reader = FieldReader { diagnostics: Diagnostics::new(), what: "source" };
        let source = reader.source(node);
        source.filter(|_| !reader.diagnostics.has_errors()).ok_or(reader.diagnostics)
    }
}

impl FieldReader {
    fn application(&mut self, node: &Node) -> Option<Application> {
        let name = self.text(node, &["metadata", "name"])?.map(|(name, _)| name);
        if name.is_none() {
            self.missing(node, "metadata.name", &["metadata"]);
        }
        let spec = match node.get("spec") {
            Some(spec) if spec.as_map().is_some() => spec,
            _ => {
                self.missing(node, "spec", &[]);
                return None;
            }
        };
        let destination = self.destination(spec);
        let hydrated = spec.get("sourceHydrator").filter(|hydrator| !hydrator.is_null());
        let sources = match hydrated {
            Some(hydrator) => self.dry_source(hydrator),
            None => self.sources(spec),
        };
        let dry = sources.as_ref().and_then(|sources| sources.first());
        let hydrator = hydrated.map(|hydrator| self.hydrator(hydrator, dry));
        let ignore_differences = self.ignore_differences(spec);
        let wave = self.wave(node);
        Some(Application {
            name: name?,
            namespace: self.text(node, &["metadata", "namespace"])?.map(|(text, _)| text),
            labels: string_map(node.at(&["metadata", "labels"])),
            wave,
            project: self.text(spec, &["project"])?.map_or_else(|| "default".to_owned(), |(text, _)| text),
            destination: destination?,
            sources: sources?,
            has_many_sources: hydrated.is_none()
                && spec.get("sources").and_then(Node::as_seq).is_some_and(|s| !s.is_empty()),
            hydrator: match hydrator {
                Some(hydrator) => Some(hydrator?),
                None => None,
            },
            ignore_differences: ignore_differences?,
            node: node.clone(),
        })
    }

    fn destination(&mut self, spec: &Node) -> Option<Destination> {
        let Some(node) = spec.get("destination").filter(|d| d.as_map().is_some()) else {
            self.missing(spec, "spec.destination", &[]);
            return None;
        };
        let server = self.text(node, &["server"])?.map(|(text, _)| text);
        let name = self.text(node, &["name"])?.map(|(text, _)| text);
        let problem = match (&server, &name) {
            (Some(_), Some(_)) => "names its cluster twice, by `server` and by `name`: Argo CD takes only one",
            (None, None) => "names no cluster: it needs `server` or `name`",
            _ => "",
        };
        if !problem.is_empty() {
            let message = format!("the destination {problem}");
            self.diagnostics
                .push(Diagnostic::error(Code::INVALID_APPLICATION, message).at(node.origin, "this destination"));
            return None;
        }
        let namespace = self.text(node, &["namespace"])?.map(|(text, _)| text);
        Some(Destination { server, name, namespace, origin: node.origin })
    }

    fn sources(&mut self, spec: &Node) -> Option<Vec<Source>> {
        let many = spec.get("sources").and_then(Node::as_seq).unwrap_or_default();
        let nodes: Vec<&Node> = if !many.is_empty() {
            many.iter().collect()
        } else if let Some(one) = spec.get("source").filter(|s| s.as_map().is_some_and(|m| !m.is_empty())) {
            vec![one]
        } else {
            self.missing(spec, "spec.source", &[]);
            return None;
        };
        // Every source is read, so that all mistakes are told.
        let sources: Vec<Option<Source>> = nodes.into_iter().map(|node| self.source(node)).collect();
        sources.into_iter().collect()
    }

    /// The dry source of a hydrator, which is in a git repository and never a chart by itself.
    fn dry_source(&mut self, hydrator: &Node) -> Option<Vec<Source>> {
        let Some(dry) = hydrator.get("drySource").filter(|dry| dry.as_map().is_some()) else {
            self.missing(hydrator, "spec.sourceHydrator.drySource", &[]);
            return None;
        };
        const FIELDS: [&str; 7] = ["directory", "helm", "kustomize", "path", "plugin", "repoURL", "targetRevision"];
        self.dropped(dry, "`drySource`", &FIELDS);
        let mut source = self.source(dry)?;
        // Fields that it doesn't have are dropped.
        (source.chart, source.reference) = (None, None);
        Some(vec![source])
    }

    fn source(&mut self, node: &Node) -> Option<Source> {
        let Some(repo_url) = self.text(node, &["repoURL"])? else {
            self.missing(node, "repoURL", &[]);
            return None;
        };
        if let (Some(Some((chart, at))), Some(None)) =
            (self.text(node, &["chart"]), self.text(node, &["targetRevision"]))
        {
            let message =
                format!("the chart `{chart}` needs a `targetRevision`: Argo CD takes no chart without a version");
            self.refuse(message, at, "which version?");
            return None;
        }
        let tools: Vec<(&str, &Node)> = ["kustomize", "helm", "directory", "plugin"]
            .into_iter()
            .filter_map(|name| Some((name, node.get(name).filter(|n| !n.is_null())?)))
            .collect();
        if let [_, (second, at), ..] = tools.as_slice() {
            let first = tools.first().map_or("", |(name, _)| name);
            let message = format!("a source has one tool, this one names both `{first}` and `{second}`");
            self.diagnostics.push(Diagnostic::error(Code::INVALID_APPLICATION, message).at(at.origin, "a second tool"));
            return None;
        }
        let tool = match tools.first() {
            Some(("helm", node)) => Some(Tool::Helm(Box::new(self.helm(node)?))),
            Some(("kustomize", node)) => Some(Tool::Kustomize(Box::new(self.kustomize(node)?))),
            Some(("plugin", node)) => Some(Tool::Plugin((*node).clone())),
            _ => None,
        };
        let directory = match node.get("directory").filter(|d| !d.is_null()) {
            None => None,
            Some(directory) => Some({
                self.dropped(directory, "`directory`", &["exclude", "include", "jsonnet", "recurse"]);
                Directory {
                    recurse: self.flag(directory, "recurse")?,
                    include: self.text(directory, &["include"])?.map(|(text, _)| text),
                    exclude: self.text(directory, &["exclude"])?.map(|(text, _)| text),
                }
            }),
        };
        Some(Source {
            path: self.text(node, &["path"])?,
            chart: self.text(node, &["chart"])?,
            target_revision: self.text(node, &["targetRevision"])?,
            reference: self.text(node, &["ref"])?,
            directory,
            tool,
            origin: node.origin,
            node: node.clone(),
            repo_url,
        })
    }

    fn wave(&mut self, node: &Node) -> i64 {
        let Some(found) = node.at(&["metadata", "annotations", SYNC_WAVE]) else { return 0 };
        // gitops-engine reads the wave with strconv.Atoi and takes what it can't read as 0.
        match found.as_str().map(str::parse) {
            Some(Ok(wave)) => wave,
            _ => {
                let message = format!("`{SYNC_WAVE}` is not an integer in quotes, Argo CD takes it as 0");
                self.diagnostics
                    .push(Diagnostic::warning(Code::INVALID_APPLICATION, message).at(found.origin, "not a wave"));
                0
            }
        }
    }
}

/// The strings of a mapping; what isn't a string is left out.
pub fn string_map(node: Option<&Node>) -> BTreeMap<String, String> {
    let entries = node.and_then(Node::as_map).into_iter().flatten();
    entries.filter_map(|e| Some((e.key.to_string(), e.value.as_str()?.to_owned()))).collect()
}
