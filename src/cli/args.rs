//! What can be said on the command line.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
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
    /// Show what a change does to every cluster
    #[command(after_help = examples::DIFF)]
    Diff(Box<super::diff::DiffArgs>),
    /// Show how two clusters, or environments, differ
    #[command(after_help = examples::COMPARE)]
    Compare(Box<super::compare::CompareArgs>),
    /// Show which apps on which clusters a changed file reaches
    #[command(after_help = examples::IMPACT)]
    Impact(ImpactArgs),
    /// Show where an object or field comes from, or what a code means
    #[command(after_help = examples::EXPLAIN)]
    Explain(ExplainArgs),
    /// Show what makes what: fleet, clusters, layers, apps, child apps
    #[command(after_help = examples::GRAPH)]
    Graph(GraphArgs),
    /// Commit the trees of a commit to rendered branches
    #[command(after_help = examples::PUBLISH)]
    Publish(Box<PublishArgs>),
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
    /// Show what is kept for later runs, or remove it
    #[command(after_help = examples::CACHE)]
    Cache(CacheArgs),
    /// Make a terrace.yaml for the repository that is there, or a small fleet to start from
    #[command(after_help = examples::INIT)]
    Init(InitArgs),
    /// Make the files of a new cluster, team or app
    #[command(after_help = examples::NEW)]
    New(NewArgs),
    /// Print a completion script for a shell
    #[command(after_help = examples::COMPLETIONS)]
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Write the manual pages
    #[command(hide = true, after_help = examples::MAN)]
    Man(ManArgs),
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
    /// Keep results for later runs in DIR [default: terrace in the user's cache directory]
    #[arg(long = "cache-dir", value_name = "DIR", conflicts_with = "no_cache")]
    pub cache_dir: Option<PathBuf>,
    /// Render everything anew, keep nothing
    #[arg(long)]
    pub no_cache: bool,
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
    /// Check what is staged for the next commit, and tell what concerns the apps that it reaches
    #[arg(help_heading = "Selection", long)]
    pub staged: bool,
    /// Tell only what concerns the apps that changes since REV reach
    #[arg(help_heading = "Selection", long, value_name = "REV", value_parser = NonEmptyStringValueParser::new())]
    pub since: Option<String>,
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

/// `terrace impact`.
#[derive(Debug, Args)]
pub struct ImpactArgs {
    /// Files, there or not
    #[arg(value_name = "FILE", required_unless_present_any = ["since", "staged"])]
    pub files: Vec<String>,
    /// Everything that changed since REV
    #[arg(long, value_name = "REV", conflicts_with = "files", value_parser = NonEmptyStringValueParser::new())]
    pub since: Option<String>,
    /// What is staged for the next commit, and not the files as they stand
    #[arg(long, conflicts_with = "files")]
    pub staged: bool,
    /// Where to start: a file or directory with Argo CD Applications; may be repeated
    #[arg(long = "root", value_name = "ROOT")]
    pub roots: Vec<String>,
    /// How the answer is printed
    #[arg(help_heading = "Output", long, value_name = "FORMAT", default_value = "text")]
    pub format: TextFormat,
    /// What is compiled.
    #[command(flatten)]
    pub input: InputArgs,
    /// Which part of it.
    #[command(flatten)]
    pub selection: SelectionArgs,
}

/// `terrace cache`.
#[derive(Debug, Args)]
pub struct CacheArgs {
    /// Which cache [default: terrace in the user's cache directory]
    #[arg(long = "cache-dir", value_name = "DIR", global = true)]
    pub cache_dir: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub verb: CacheVerb,
}

/// What is done with a cache.
#[derive(Debug, Subcommand)]
pub enum CacheVerb {
    /// Print where it is
    #[command(after_help = examples::CACHE_DIR)]
    Dir,
    /// Print what is in it, a line for each fleet
    #[command(after_help = examples::CACHE_STATS)]
    Stats,
    /// Remove the oldest of it
    #[command(after_help = examples::CACHE_PRUNE)]
    Prune {
        /// Until what is left takes no more than this
        #[arg(long, value_name = "SIZE", default_value = "0", value_parser = super::cache::bytes)]
        max_size: u64,
    },
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

/// `terrace publish`.
#[derive(Debug, Args)]
pub struct PublishArgs {
    /// The commit whose trees are published; never the files as they stand
    #[arg(value_name = "REV", default_value = "HEAD", value_parser = NonEmptyStringValueParser::new())]
    pub revision: String,
    /// Where to start: a file or directory with Argo CD Applications; may be repeated
    #[arg(long = "root", value_name = "ROOT")]
    pub roots: Vec<String>,
    /// The branch of a cluster: a template over `cluster` and `fleet`
    #[arg(help_heading = "Branches", long, value_name = "TEMPLATE", default_value = "env/{{ cluster.name }}")]
    pub branch: String,
    /// Its directory on the branch [default: the root, or the cluster's name where clusters share a branch]
    #[arg(help_heading = "Branches", long, value_name = "TEMPLATE")]
    pub path: Option<String>,
    /// Push to REMOTE, a name or a URL, and leave local branches alone [default REMOTE: origin]
    #[arg(help_heading = "Branches", long, value_name = "REMOTE", num_args = 0..=1, default_missing_value = "origin")]
    pub push: Option<String>,
    /// What the commits say, in place of the message of REV
    #[arg(help_heading = "Branches", short, long, value_name = "TEXT")]
    pub message: Option<String>,
    /// Read sources of the fleet's own repository from REV, whatever revision they name
    #[arg(help_heading = "Branches", long, conflicts_with = "pinned")]
    pub unpinned: bool,
    /// Publish clusters with held apps, too; these apps stay as they were published
    #[arg(help_heading = "What is allowed", long)]
    pub partial: bool,
    /// Publish Secrets whose data isn't encrypted
    #[arg(help_heading = "What is allowed", long)]
    pub allow_secrets: bool,
    /// Go on from branches that were published from a commit that REV doesn't descend from
    #[arg(help_heading = "What is allowed", long)]
    pub allow_diverged: bool,
    /// Go on from branches with files that Terrace didn't publish; these files are kept
    #[arg(help_heading = "What is allowed", long)]
    pub adopt: bool,
    /// Print what would be committed, write nothing
    #[arg(help_heading = "Output", long)]
    pub dry_run: bool,
    /// Write a summary for a pull request to FILE, as Markdown
    #[arg(help_heading = "Output", long, value_name = "FILE")]
    pub pull_request_body: Option<PathBuf>,
    /// How objects are spread over files [default: what terrace.yaml says, else file-per-object]
    #[arg(help_heading = "Output", long, value_name = "LAYOUT")]
    pub layout: Option<LayoutArg>,
    /// Write Applications and ApplicationSets, too; by default only what they deploy is written
    #[arg(help_heading = "Output", long)]
    pub keep_applications: bool,
    /// Add the objects that let APPLIER sync the trees from these branches
    #[arg(help_heading = "Output", long, value_name = "APPLIER")]
    pub applier: Option<Applier>,
    /// The repository of these branches, as the applier reaches it [default: this repository's remote]
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

/// `terrace init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// The fleet's name [default: the repository's]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Add the output directory to .gitignore, for trees that are published and not committed beside their sources
    #[arg(help_heading = "Output", long)]
    pub ignore_output: bool,
    /// Print what would be written, write nothing
    #[arg(help_heading = "Output", long)]
    pub dry_run: bool,
}

/// `terrace new`.
#[derive(Debug, Args)]
pub struct NewArgs {
    /// What to make.
    #[command(subcommand)]
    pub what: NewWhat,
}

/// What `terrace new` makes.
#[derive(Debug, Subcommand)]
#[command(subcommand_value_name = "WHAT", subcommand_help_heading = "What")]
pub enum NewWhat {
    /// A cluster's file, where terrace.yaml looks for clusters
    #[command(after_help = examples::NEW_CLUSTER)]
    Cluster(NewClusterArgs),
    /// A team's directory, in the layer of teams
    #[command(after_help = examples::NEW_TEAM)]
    Team(NewTeamArgs),
    /// An app's directory, in a layer
    #[command(after_help = examples::NEW_APP)]
    App(NewAppArgs),
}

/// `terrace new cluster`.
#[derive(Debug, Args)]
pub struct NewClusterArgs {
    /// The cluster's name
    #[arg(value_name = "NAME")]
    pub name: String,
    /// A label, such as environment=production; may be repeated
    #[arg(long = "label", value_name = "KEY=VALUE", value_parser = pair)]
    pub labels: Vec<(String, String)>,
    /// Its API server, as Applications name it
    #[arg(long, value_name = "URL")]
    pub server: Option<String>,
    /// Its Kubernetes version [default: what most clusters have]
    #[arg(long = "kube-version", value_name = "VERSION")]
    pub kube_version: Option<String>,
    /// A family that it belongs to; may be repeated
    #[arg(long = "family", value_name = "NAME")]
    pub families: Vec<String>,
    /// Print what would be written, write nothing
    #[arg(help_heading = "Output", long)]
    pub dry_run: bool,
}

/// `terrace new team`.
#[derive(Debug, Args)]
pub struct NewTeamArgs {
    /// The team's name
    #[arg(value_name = "NAME")]
    pub name: String,
    /// The layer of teams, where there is more than one
    #[arg(long, value_name = "NAME")]
    pub layer: Option<String>,
    /// Print what would be written, write nothing
    #[arg(help_heading = "Output", long)]
    pub dry_run: bool,
}

/// `terrace new app`.
#[derive(Debug, Args)]
pub struct NewAppArgs {
    /// The app's name
    #[arg(value_name = "NAME")]
    pub name: String,
    /// The layer, or one of its instances, such as custom-data-pipeline
    #[arg(long, value_name = "LAYER")]
    pub layer: String,
    /// The stage [default: the last]
    #[arg(long, value_name = "STAGE")]
    pub stage: Option<String>,
    /// What renders it
    #[arg(long, value_name = "ENGINE", default_value = "plain")]
    pub engine: EngineArg,
    /// The namespace of its objects [default: the layer's, else the app's name]
    #[arg(long, value_name = "NAMESPACE")]
    pub namespace: Option<String>,
    /// Print what would be written, write nothing
    #[arg(help_heading = "Output", long)]
    pub dry_run: bool,
}

/// What renders an app.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum EngineArg {
    /// Manifests, as they are
    Plain,
    /// Templates of manifests
    Jinja,
    /// A chart
    Helm,
    /// A kustomization
    Kustomize,
}

/// `terrace man`.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// Write one page per verb into DIR [default: terrace.1, to stdout]
    #[arg(short, long, value_name = "DIR")]
    pub output: Option<PathBuf>,
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
    /// One file for a browser, to open, search and filter.
    Html,
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((left, right)) if !left.is_empty() && !right.is_empty() => Ok((left.to_owned(), right.to_owned())),
        _ => Err("expected two parts with `=` between them".to_owned()),
    }
}
