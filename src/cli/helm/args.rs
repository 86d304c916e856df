//! What can be said to `terrace helm`. Names, short forms and meanings are Helm's.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::lists::boolean;
use crate::cli::examples;
use crate::render::helm::Profile;

/// `terrace helm`.
#[derive(Debug, Args)]
pub struct HelmArgs {
    /// What to do.
    #[command(subcommand)]
    pub verb: HelmVerb,
}

/// The verbs of `terrace helm`.
#[derive(Debug, Subcommand)]
pub enum HelmVerb {
    /// Render a chart and print its manifests, as `helm template` does
    #[command(after_help = examples::HELM_TEMPLATE, args_override_self = true)]
    #[command(override_usage = "terrace helm template [OPTIONS] [NAME] CHART")]
    Template(Box<TemplateArgs>),
}

/// Whose behaviour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ProfileArg {
    /// Helm v3.21.4
    Helm3,
    /// Helm v4.2.4
    Helm4,
}

impl From<ProfileArg> for Profile {
    fn from(profile: ProfileArg) -> Self {
        match profile {
            ProfileArg::Helm3 => Self::Helm3,
            ProfileArg::Helm4 => Self::Helm4,
        }
    }
}

/// `terrace helm template`.
#[derive(Debug, Args)]
pub struct TemplateArgs {
    /// The release's name [default: release-name], and the chart: a directory or an archive
    #[arg(value_names = ["NAME", "CHART"], num_args = 0..)]
    pub names: Vec<String>,

    /// Whose output to make
    #[arg(long, value_name = "PROFILE", default_value = "helm4")]
    pub profile: ProfileArg,
    /// Use true randomness and the time of day, not seeded and fixed ones
    #[arg(long)]
    pub random: bool,

    /// Read values from a YAML file, `-` for stdin; may be repeated, or name several with commas between
    #[arg(help_heading = "Values", short = 'f', long, value_name = "FILE")]
    pub values: Vec<String>,
    /// Set values: key1=val1,key2=val2; may be repeated
    #[arg(help_heading = "Values", long, value_name = "KEY=VALUE", allow_hyphen_values = true)]
    pub set: Vec<String>,
    /// Set values that are strings; may be repeated
    #[arg(help_heading = "Values", long, value_name = "KEY=VALUE", allow_hyphen_values = true)]
    pub set_string: Vec<String>,
    /// Set values from files: key1=path1,key2=path2; may be repeated
    #[arg(help_heading = "Values", long, value_name = "KEY=FILE", allow_hyphen_values = true)]
    pub set_file: Vec<String>,
    /// Set values that are JSON: key=json, or a whole object; may be repeated
    #[arg(help_heading = "Values", long, value_name = "KEY=JSON", allow_hyphen_values = true)]
    pub set_json: Vec<String>,
    /// Set a string as it is written; may be repeated
    #[arg(help_heading = "Values", long, value_name = "KEY=TEXT", allow_hyphen_values = true)]
    pub set_literal: Vec<String>,
    /// Don't hold the values against the chart's JSON schemas
    #[arg(help_heading = "Values", long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", value_parser = boolean, hide_default_value = true, value_name = "BOOL", action = clap::ArgAction::Set)]
    pub skip_schema_validation: bool,

    /// The namespace of the release
    #[arg(help_heading = "Release", short = 'n', long, value_name = "NAMESPACE", default_value = "default")]
    pub namespace: String,
    /// Accepted; a release that nobody names is called `release-name`, as in Helm
    #[arg(help_heading = "Release", short = 'g', long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", value_parser = boolean, hide_default_value = true, value_name = "BOOL", action = clap::ArgAction::Set)]
    pub generate_name: bool,
    /// A template that makes the release's name
    #[arg(help_heading = "Release", long, value_name = "TEMPLATE")]
    pub name_template: Option<String>,
    /// Set .Release.IsUpgrade, not .Release.IsInstall
    #[arg(help_heading = "Release", long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", value_parser = boolean, hide_default_value = true, value_name = "BOOL", action = clap::ArgAction::Set)]
    pub is_upgrade: bool,
    /// The version of Kubernetes for .Capabilities.KubeVersion
    #[arg(help_heading = "Release", long, value_name = "VERSION")]
    pub kube_version: Option<String>,
    /// More API versions for .Capabilities.APIVersions; may be repeated, or name several with commas
    /// between
    #[arg(help_heading = "Release", short = 'a', long, value_name = "API")]
    pub api_versions: Vec<String>,

    /// Print the files of crds/, too
    #[arg(help_heading = "Output", long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", value_parser = boolean, hide_default_value = true, value_name = "BOOL", action = clap::ArgAction::Set)]
    pub include_crds: bool,
    /// Leave tests out
    #[arg(help_heading = "Output", long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", value_parser = boolean, hide_default_value = true, value_name = "BOOL", action = clap::ArgAction::Set)]
    pub skip_tests: bool,
    /// Leave all hooks out
    #[arg(help_heading = "Output", long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", value_parser = boolean, hide_default_value = true, value_name = "BOOL", action = clap::ArgAction::Set)]
    pub no_hooks: bool,
    /// Print only what this template makes: templates/NAME.yaml, or a pattern; may be repeated
    #[arg(help_heading = "Output", short = 's', long, value_name = "TEMPLATE")]
    pub show_only: Vec<String>,
    /// Write files into DIR, don't print
    #[arg(help_heading = "Output", long, value_name = "DIR")]
    pub output_dir: Option<PathBuf>,
    /// Put the release's name between DIR and the files
    #[arg(help_heading = "Output", long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", value_parser = boolean, hide_default_value = true, value_name = "BOOL", action = clap::ArgAction::Set)]
    pub release_name: bool,
    /// Print manifests that aren't YAML, too
    #[arg(help_heading = "Output", long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", value_parser = boolean, hide_default_value = true, value_name = "BOOL", action = clap::ArgAction::Set)]
    pub debug: bool,

    /// Flags that change nothing, or that need what Terrace doesn't have.
    #[command(flatten)]
    pub cluster: super::cluster::ClusterArgs,
}
