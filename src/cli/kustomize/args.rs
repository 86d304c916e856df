//! What can be said to `terrace kustomize`. Names, short forms and meanings are kustomize's.

use std::path::PathBuf;

use clap::{ArgAction, Args, Subcommand};

use crate::cli::examples;

/// `terrace kustomize`.
#[derive(Debug, Args)]
pub struct KustomizeArgs {
    /// What to do.
    #[command(subcommand)]
    pub verb: KustomizeVerb,
}

/// The verbs of `terrace kustomize`.
#[derive(Debug, Subcommand)]
pub enum KustomizeVerb {
    /// Build a kustomization and print its resources, as `kustomize build` does
    #[command(after_help = examples::KUSTOMIZE_BUILD, args_override_self = true)]
    #[command(override_usage = "terrace kustomize build [OPTIONS] [DIR]")]
    Build(Box<BuildArgs>),
}

/// `terrace kustomize build`.
#[derive(Debug, Args)]
pub struct BuildArgs {
    /// The directory of a kustomization [default: .]
    #[arg(value_names = ["DIR"], num_args = 0..)]
    pub dirs: Vec<String>,

    /// Write to a file, or to a directory: one file for each resource
    #[arg(short, long, value_name = "PATH")]
    pub output: Option<PathBuf>,
    /// Whether files outside of a kustomization's directory may be read: LoadRestrictionsRootOnly, LoadRestrictionsNone
    #[arg(long, value_name = "WHICH", default_value = "LoadRestrictionsRootOnly", hide_default_value = true)]
    pub load_restrictor: String,
    /// The order of the output, where the kustomization doesn't say: legacy, none
    #[arg(long, value_name = "ORDER")]
    pub reorder: Option<String>,
    /// Say what stands for a repository or a file elsewhere; may be repeated
    #[arg(long = "repo", value_name = "URL=PATH")]
    pub repositories: Vec<String>,

    /// Render `helmCharts`, with Terrace's own engine
    #[arg(help_heading = "Charts", long, value_parser = flag(), num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", hide_default_value = true, value_name = "BOOL", action = ArgAction::Set)]
    pub enable_helm: bool,
    /// API versions that charts see as available; may be repeated
    #[arg(help_heading = "Charts", long, value_name = "VERSION")]
    pub helm_api_versions: Vec<String>,
    /// The Kubernetes version that charts see
    #[arg(help_heading = "Charts", long, value_name = "VERSION")]
    pub helm_kube_version: Option<String>,
    /// No program is run: changes nothing.
    #[arg(hide = true, long)]
    pub helm_command: Option<String>,
    /// Changes nothing.
    #[arg(hide = true, long, value_parser = flag(), num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", action = ArgAction::Set)]
    pub helm_debug: bool,

    /// Set the label app.kubernetes.io/managed-by
    #[arg(hide = true, long, value_parser = flag(), num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", action = ArgAction::Set)]
    pub enable_managedby_label: bool,
    /// Changes nothing.
    #[arg(hide = true, long, value_parser = flag(), num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", action = ArgAction::Set)]
    pub stack_trace: bool,

    /// Would run programs.
    #[arg(hide = true, long, value_parser = flag(), num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", action = ArgAction::Set)]
    pub enable_alpha_plugins: bool,
    /// Would run programs.
    #[arg(hide = true, long, value_parser = flag(), num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", action = ArgAction::Set)]
    pub enable_exec: bool,
    /// Would run programs.
    #[arg(hide = true, long, value_parser = flag(), num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", action = ArgAction::Set)]
    pub enable_star: bool,
    /// Is about containers.
    #[arg(hide = true, long, value_parser = flag(), num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", action = ArgAction::Set)]
    pub as_current_user: bool,
    /// Is about containers.
    #[arg(hide = true, long, value_parser = flag(), num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", action = ArgAction::Set)]
    pub network: bool,
    /// Is about containers.
    #[arg(hide = true, long)]
    pub network_name: Option<String>,
    /// Is about containers.
    #[arg(hide = true, long)]
    pub mount: Vec<String>,
    /// Is about containers.
    #[arg(hide = true, short, long)]
    pub env: Vec<String>,
}

fn flag() -> clap::builder::ValueParser {
    clap::builder::ValueParser::new(crate::cli::helm::boolean)
}

impl BuildArgs {
    /// A flag that can't be honoured, and why.
    pub fn refused(&self) -> Option<String> {
        let programs = "generators and transformers that are programs aren't run; the built-in ones need no flag";
        let containers = "functions aren't run, in containers or otherwise";
        let given = [
            ("--enable-alpha-plugins", self.enable_alpha_plugins, programs),
            ("--enable-exec", self.enable_exec, programs),
            ("--enable-star", self.enable_star, programs),
            ("--as-current-user", self.as_current_user, containers),
            ("--network", self.network, containers),
            ("--network-name", self.network_name.is_some(), containers),
            ("--mount", !self.mount.is_empty(), containers),
            ("--env", !self.env.is_empty(), containers),
        ];
        let (name, _, why) = given.into_iter().find(|(_, given, _)| *given)?;
        Some(format!("{name} is refused: {why}"))
    }
}
