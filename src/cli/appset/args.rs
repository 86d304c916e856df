//! What can be said to `terrace appset`. Where `argocd appset` has the same, names and meanings are its.

use clap::{Args, Subcommand, ValueEnum};

use crate::cli::args::ArgocdVersionArg;
use crate::cli::examples;

/// `terrace appset`.
#[derive(Debug, Args)]
pub struct AppsetArgs {
    /// What to do.
    #[command(subcommand)]
    pub verb: AppsetVerb,
}

/// The verbs of `terrace appset`.
#[derive(Debug, Subcommand)]
pub enum AppsetVerb {
    /// Print the Applications that ApplicationSets make, as `argocd appset generate` does
    #[command(after_help = examples::APPSET_GENERATE)]
    Generate(Box<GenerateArgs>),
}

/// `terrace appset generate`.
#[derive(Debug, Args)]
pub struct GenerateArgs {
    /// Files with ApplicationSets; `-` is stdin. Objects of other kinds are passed over
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<String>,
    /// Read clusters from FILE: Cluster files or Argo CD's cluster Secrets; may be repeated
    #[arg(long = "clusters", value_name = "FILE")]
    pub clusters: Vec<String>,
    /// Read the repository URL from the directory PATH; may be repeated
    #[arg(long = "repo", value_name = "URL=PATH")]
    pub repositories: Vec<String>,
    /// Read what providers, plugins and decisions answered from FILE, of kind GeneratorInputs; may be repeated
    #[arg(long, value_name = "FILE")]
    pub inputs: Vec<String>,
    /// Whose behaviour, where releases differ
    #[arg(long, value_name = "VERSION", default_value = "3.5")]
    pub argocd_version: ArgocdVersionArg,
    /// Read `files` of git generators as globs in which `*` stops at `/`
    #[arg(long)]
    pub new_git_file_globbing: bool,
    /// Print wide (a table), yaml, json, or name
    #[arg(short, long, value_name = "FORMAT", default_value = "wide")]
    pub output: OutputArg,
    /// The namespace of sets that name none
    #[arg(
        short = 'N',
        long = "appset-namespace",
        visible_short_alias = 'n',
        alias = "namespace",
        value_name = "NAMESPACE"
    )]
    pub namespace: Option<String>,
}

/// How Applications are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OutputArg {
    /// A table
    Wide,
    /// YAML: one Application, or a list of them
    Yaml,
    /// JSON
    Json,
    /// Names, one to a line
    Name,
}
