//! What can be said on the command line.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::examples;
use crate::config::fleet::ArgocdVersion;

/// Compiles a layered multi-cluster GitOps repository into one hydrated manifest tree per cluster.
#[derive(Debug, Parser)]
#[command(
    name = "terrace",
    version,
    max_term_width = 100,
    subcommand_value_name = "VERB",
    subcommand_help_heading = "Verbs",
    after_help = examples::TERRACE
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
    /// What goes with every verb.
    #[command(flatten)]
    pub global: Global,
}

/// What goes with every verb.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// Run as if started in DIR
    #[arg(short = 'C', long = "directory", value_name = "DIR", global = true)]
    pub directory: Option<PathBuf>,
    /// Print errors only
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Print notes as well
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// When to use colors
    #[arg(long, value_name = "WHEN", global = true, default_value = "auto")]
    pub color: Color,
    /// Number of threads [default: one per core]
    #[arg(long, value_name = "N", global = true)]
    pub threads: Option<NonZeroUsize>,
    /// Print how long each stage took
    #[arg(long, global = true)]
    pub timings: bool,
}

/// When to use colors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Write the manifests of each cluster, as files
    #[command(after_help = examples::RENDER)]
    Render(RenderArgs),
    /// Find what is wrong before it is merged
    #[command(after_help = examples::CHECK)]
    Check(CheckArgs),
    /// Show where an object or field comes from, or what a code means
    #[command(after_help = examples::EXPLAIN)]
    Explain(ExplainArgs),
    /// Show what makes what: fleet, clusters, layers, apps, child apps
    #[command(after_help = examples::GRAPH)]
    Graph(GraphArgs),
    /// Print the JSON Schemas of Terrace's own files, for editors
    #[command(after_help = examples::SCHEMA)]
    Schema(SchemaArgs),
    /// Use the Helm engine by itself
    #[command(after_help = examples::HELM)]
    Helm(super::helm::HelmArgs),
    /// Use the Kustomize engine by itself
    #[command(after_help = examples::KUSTOMIZE)]
    Kustomize(super::kustomize::KustomizeArgs),
    /// Use the ApplicationSet engine by itself
    #[command(after_help = examples::APPSET)]
    Appset(super::appset::AppsetArgs),
    /// Print a completion script for a shell
    #[command(after_help = examples::COMPLETIONS)]
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
}

/// What is compiled.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Input")]
pub struct InputArgs {
    /// Read clusters from FILE, too: a file or a directory; may be repeated
    #[arg(long = "clusters", value_name = "FILE")]
    pub cluster_files: Vec<String>,
    /// Read the repository URL from the directory PATH; may be repeated
    #[arg(long = "repo", value_name = "URL=PATH", value_parser = pair)]
    pub repositories: Vec<(String, String)>,
    /// The cluster that the given roots are applied to [default: in-cluster]
    #[arg(long, value_name = "NAME")]
    pub hub: Option<String>,
    /// Read sources at the revisions they name, from git, not from the working tree
    #[arg(long)]
    pub pinned: bool,
    /// Read the second revision where the first is named; may be repeated
    #[arg(long = "revision-map", value_name = "REV=REV", value_parser = pair)]
    pub revision_map: Vec<(String, String)>,
    /// Read what generators of ApplicationSets can't know by themselves from FILE, too; may be repeated
    #[arg(long, value_name = "FILE")]
    pub inputs: Vec<String>,
    /// Which Argo CD deploys it [default: what terrace.yaml says, else 3.5]
    #[arg(long = "argocd-version", value_name = "VERSION")]
    pub argocd_version: Option<ArgocdVersionArg>,
}

/// The versions of Argo CD.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ArgocdVersionArg {
    /// With Helm 3; globs in valueFiles mean nothing
    #[value(name = "3.3")]
    V3_3,
    /// With Helm 3
    #[value(name = "3.4")]
    V3_4,
    /// With Helm 4
    #[value(name = "3.5")]
    V3_5,
}

impl From<ArgocdVersionArg> for ArgocdVersion {
    fn from(version: ArgocdVersionArg) -> Self {
        match version {
            ArgocdVersionArg::V3_3 => Self::V3_3,
            ArgocdVersionArg::V3_4 => Self::V3_4,
            ArgocdVersionArg::V3_5 => Self::V3_5,
        }
    }
}

/// Which part of it.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Selection")]
pub struct SelectionArgs {
    /// Only this cluster; may be repeated
    #[arg(long = "cluster", value_name = "NAME")]
    pub clusters: Vec<String>,
    /// Only apps whose [namespace/]name matches; may be repeated
    #[arg(long = "app", value_name = "GLOB")]
    pub apps: Vec<String>,
    /// Only apps of this layer; may be repeated
    #[arg(long = "layer", value_name = "NAME")]
    pub layers: Vec<String>,
    /// Only apps with these labels, such as tier=operators
    #[arg(short = 'l', long = "selector", value_name = "LABELS")]
    pub labels: Option<String>,
    /// Only clusters with these labels, such as environment=production
    #[arg(long = "cluster-selector", value_name = "LABELS")]
    pub cluster_labels: Option<String>,
}

/// `terrace render`.
#[derive(Debug, Args)]
pub struct RenderArgs {
    /// Where to start: files or directories with Argo CD Applications [default: what terrace.yaml says]
    #[arg(value_name = "ROOT")]
    pub roots: Vec<String>,
    /// Where the trees go [default: what terrace.yaml says, else rendered]
    #[arg(help_heading = "Output", short, long, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// How objects are spread over files [default: what terrace.yaml says, else file-per-object]
    #[arg(help_heading = "Output", long, value_name = "LAYOUT")]
    pub layout: Option<LayoutArg>,
    /// Write the objects to stdout, in sync order; needs --cluster
    #[arg(help_heading = "Output", long, requires = "clusters", conflicts_with_all = ["output", "layout", "dry_run"])]
    pub stdout: bool,
    /// Print what would be written, write nothing
    #[arg(help_heading = "Output", long)]
    pub dry_run: bool,
    /// Write Applications and ApplicationSets, too; by default only what they deploy is written
    #[arg(help_heading = "Output", long)]
    pub keep_applications: bool,
    /// Add the objects that let APPLIER sync the trees from branches `env/<cluster>`
    #[arg(help_heading = "Output", long, value_name = "APPLIER")]
    pub applier: Option<Applier>,
    /// The repository of these branches [default: this repository's remote]
    #[arg(help_heading = "Output", long, value_name = "URL", requires = "applier")]
    pub publish_url: Option<String>,
    /// How findings are printed
    #[arg(help_heading = "Output", long, value_name = "FORMAT", default_value = "human")]
    pub format: Format,
    /// What is compiled.
    #[command(flatten)]
    pub input: InputArgs,
    /// Which part of it.
    #[command(flatten)]
    pub selection: SelectionArgs,
}

/// `terrace check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Where to start: files or directories with Argo CD Applications [default: what terrace.yaml says]
    #[arg(value_name = "ROOT")]
    pub roots: Vec<String>,
    /// How findings are printed
    #[arg(help_heading = "Output", long, value_name = "FORMAT", default_value = "human")]
    pub format: Format,
    /// What is compiled.
    #[command(flatten)]
    pub input: InputArgs,
    /// Which part of it.
    #[command(flatten)]
    pub selection: SelectionArgs,
}

/// `terrace explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// A cluster; or a code, to read its page
    #[arg(value_name = "CLUSTER|CODE")]
    pub subject: String,
    /// An object: Kind[.group]/[namespace/]name
    #[arg(value_name = "OBJECT")]
    pub object: Option<String>,
    /// A field: `spec.template.spec.containers[0].image`, or a JSON pointer
    #[arg(value_name = "FIELD", requires = "object")]
    pub field: Option<String>,
    /// Where to start: a file or directory with Argo CD Applications; may be repeated
    #[arg(long = "root", value_name = "ROOT")]
    pub roots: Vec<String>,
    /// How the answer is printed
    #[arg(help_heading = "Output", long, value_name = "FORMAT", default_value = "text")]
    pub format: TextFormat,
    /// What is compiled.
    #[command(flatten)]
    pub input: InputArgs,
}

/// `terrace graph`.
#[derive(Debug, Args)]
pub struct GraphArgs {
    /// Where to start: files or directories with Argo CD Applications [default: what terrace.yaml says]
    #[arg(value_name = "ROOT")]
    pub roots: Vec<String>,
    /// How the hierarchy is printed
    #[arg(help_heading = "Output", long, value_name = "FORMAT", default_value = "text")]
    pub format: GraphFormat,
    /// What is compiled.
    #[command(flatten)]
    pub input: InputArgs,
    /// Only this cluster; may be repeated
    #[arg(help_heading = "Selection", long = "cluster", value_name = "NAME")]
    pub clusters: Vec<String>,
    /// Only clusters with these labels, such as environment=production
    #[arg(help_heading = "Selection", long = "cluster-selector", value_name = "LABELS")]
    pub cluster_labels: Option<String>,
}

/// `terrace schema`.
#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// Which kind of file [default: all, in one JSON object]
    #[arg(value_name = "KIND")]
    pub kind: Option<SchemaKind>,
    /// Write one file per kind into DIR
    #[arg(short, long, value_name = "DIR", conflicts_with = "kind")]
    pub output: Option<PathBuf>,
}

/// Our kinds of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SchemaKind {
    /// terrace.yaml.
    Fleet,
    /// Cluster files.
    Cluster,
    /// app.yaml.
    App,
    /// layer.yaml.
    Layer,
    /// Recorded answers for generators of ApplicationSets.
    Inputs,
}

/// How a tree is spread over files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LayoutArg {
    /// `<app>/<namespace or _cluster>/<kind>-<name>.yaml`
    FilePerObject,
    /// `<app>.yaml`
    FilePerApp,
}

/// Who syncs the rendered branches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Applier {
    /// One Application per app, in the hub's tree
    Argocd,
    /// One Kustomization per app, in each cluster's tree
    Flux,
}

/// How findings are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Human,
    /// For programs.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// GitHub workflow commands, for annotations.
    Github,
    /// JUnit XML, for test reports.
    Junit,
}

/// How an answer is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TextFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// How a hierarchy is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GraphFormat {
    /// An indented tree.
    Text,
    /// JSON.
    Json,
    /// A Mermaid flowchart.
    Mermaid,
    /// Graphviz' DOT.
    Dot,
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((left, right)) if !left.is_empty() && !right.is_empty() => Ok((left.to_owned(), right.to_owned())),
        _ => Err("expected two parts with `=` between them".to_owned()),
    }
}
