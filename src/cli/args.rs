//! What can be said on the command line.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Compiles a layered multi-cluster GitOps repository into one hydrated manifest tree per cluster.
#[derive(Debug, Parser)]
#[command(
    name = "terrace",
    version,
    max_term_width = 100,
    propagate_version = true,
    disable_help_subcommand = true,
    after_help = "Exit codes: 0 fine, 1 findings, 2 nothing could be done, 3 done in part (apps held)."
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
#[command(next_help_heading = "Everywhere")]
pub struct Global {
    /// Do as if started in DIR
    #[arg(short = 'C', long = "directory", value_name = "DIR", global = true)]
    pub directory: Option<PathBuf>,
    /// Say less: errors only
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say more: notes, too
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// When to use colours
    #[arg(long, value_name = "WHEN", global = true, default_value = "auto", hide_possible_values = false)]
    pub color: Color,
    /// How many threads to use [default: as many as there are cores]
    #[arg(long, value_name = "N", global = true)]
    pub threads: Option<NonZeroUsize>,
    /// Tell how long each stage took
    #[arg(long, global = true)]
    pub timings: bool,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Write the tree of each cluster
    Render(RenderArgs),
    /// Check everything that can be known before merging
    Check(CheckArgs),
    /// Show where a field comes from, or what a code means
    Explain(ExplainArgs),
    /// Show what makes what: fleet, cluster, layer, app, child apps
    Graph(GraphArgs),
    /// Print the JSON Schemas of terrace.yaml, Cluster, App and Layer files, for editors
    Schema(SchemaArgs),
    /// Print a completion script for a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
}

/// What is compiled.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "What is compiled")]
pub struct InputArgs {
    /// A file or directory that declares clusters, besides terrace.yaml's
    #[arg(long = "clusters", value_name = "FILE")]
    pub cluster_files: Vec<String>,
    /// What a repository URL means here: a directory on this machine
    #[arg(long = "repo", value_name = "URL=PATH", value_parser = pair)]
    pub repositories: Vec<(String, String)>,
    /// The cluster that roots given by hand are applied to [default: in-cluster]
    #[arg(long, value_name = "NAME")]
    pub hub: Option<String>,
    /// Read each revision that is named straight from git, not the working tree
    #[arg(long)]
    pub pinned: bool,
    /// A revision to read where another is named
    #[arg(long = "revision-map", value_name = "REV=REV", value_parser = pair)]
    pub revision_map: Vec<(String, String)>,
}

/// Which part of it.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Which part of it")]
pub struct SelectionArgs {
    /// Only this cluster; may be given more than once
    #[arg(long = "cluster", value_name = "NAME")]
    pub clusters: Vec<String>,
    /// Only apps whose [namespace/]name matches the glob
    #[arg(long = "app", value_name = "GLOB")]
    pub apps: Vec<String>,
    /// Only apps of this layer
    #[arg(long = "layer", value_name = "NAME")]
    pub layers: Vec<String>,
    /// Only apps with these labels
    #[arg(short = 'l', long = "selector", value_name = "LABELS")]
    pub labels: Option<String>,
    /// Only clusters with these labels
    #[arg(long = "cluster-selector", value_name = "LABELS")]
    pub cluster_labels: Option<String>,
}

/// `terrace render`.
#[derive(Debug, Args)]
pub struct RenderArgs {
    /// Files or directories to start from: Applications, app-of-apps, kustomizations, charts [default: what terrace.yaml
    /// says]
    #[arg(value_name = "ROOT")]
    pub roots: Vec<String>,
    /// Where the trees go [default: what terrace.yaml says, else `rendered`]
    #[arg(short, long, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// How a tree is spread over files [default: what terrace.yaml says, else file-per-object]
    #[arg(long, value_name = "LAYOUT")]
    pub layout: Option<LayoutArg>,
    /// Write one cluster's objects to stdout in sync order, as for `kubectl apply -f -`
    #[arg(long, requires = "clusters", conflicts_with_all = ["output", "layout", "dry_run"])]
    pub stdout: bool,
    /// Only say what would be written
    #[arg(long)]
    pub dry_run: bool,
    /// Write Applications and ApplicationSets, too
    #[arg(long)]
    pub keep_applications: bool,
    /// Add what lets this applier sync the rendered branches
    #[arg(long, value_name = "APPLIER")]
    pub applier: Option<Applier>,
    /// The repository that the trees are published to, for --applier [default: this repository's remote]
    #[arg(long, value_name = "URL", requires = "applier")]
    pub publish_url: Option<String>,
    /// How findings are shown
    #[arg(long, value_name = "FORMAT", default_value = "human")]
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
    /// Files or directories to start from [default: what terrace.yaml says]
    #[arg(value_name = "ROOT")]
    pub roots: Vec<String>,
    /// How findings are shown
    #[arg(long, value_name = "FORMAT", default_value = "human")]
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
    /// A field: spec.template.spec.containers[0].image, or a JSON pointer
    #[arg(value_name = "FIELD", requires = "object")]
    pub field: Option<String>,
    /// A root to start from; may be given more than once
    #[arg(long = "root", value_name = "ROOT")]
    pub roots: Vec<String>,
    /// How the answer is shown
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: TextFormat,
    /// What is compiled.
    #[command(flatten)]
    pub input: InputArgs,
}

/// `terrace graph`.
#[derive(Debug, Args)]
pub struct GraphArgs {
    /// Files or directories to start from [default: what terrace.yaml says]
    #[arg(value_name = "ROOT")]
    pub roots: Vec<String>,
    /// How the hierarchy is shown
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: GraphFormat,
    /// What is compiled.
    #[command(flatten)]
    pub input: InputArgs,
    /// Only this cluster; may be given more than once
    #[arg(long = "cluster", value_name = "NAME")]
    pub clusters: Vec<String>,
    /// Only clusters with these labels
    #[arg(long = "cluster-selector", value_name = "LABELS")]
    pub cluster_labels: Option<String>,
}

/// `terrace schema`.
#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// Which kind of file [default: all of them, as one JSON object]
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
}

/// How a tree is spread over files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LayoutArg {
    /// <app>/<namespace or _cluster>/<kind>-<name>.yaml
    FilePerObject,
    /// <app>.yaml
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
