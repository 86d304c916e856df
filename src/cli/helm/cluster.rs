//! Flags of `helm template` that change nothing about what is rendered here, and those that need a cluster, a network or
//! another program.

use clap::Args;

use super::lists::boolean;
use crate::render::helm::Profile;

/// What is accepted and changes nothing, and what is refused with a reason. Hidden from the help.
#[derive(Debug, Args)]
pub struct ClusterArgs {
    /// Asked for: `client`, or nothing, is what happens anyway.
    #[arg(hide = true, long, num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub dry_run: Option<String>,
    /// Needs a cluster.
    #[arg(hide = true, long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", value_parser = boolean, hide_default_value = true, value_name = "BOOL", action = clap::ArgAction::Set)]
    pub validate: bool,
    /// Needs a network.
    #[arg(hide = true, long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", value_parser = boolean, hide_default_value = true, value_name = "BOOL", action = clap::ArgAction::Set)]
    pub dependency_update: bool,
    /// Needs signatures.
    #[arg(hide = true, long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", value_parser = boolean, hide_default_value = true, value_name = "BOOL", action = clap::ArgAction::Set)]
    pub verify: bool,
    /// Needs a network.
    #[arg(hide = true, long)]
    pub repo: Option<String>,
    /// Needs another program.
    #[arg(hide = true, long)]
    pub post_renderer: Option<String>,
    /// Needs another program.
    #[arg(hide = true, long, allow_hyphen_values = true)]
    pub post_renderer_args: Vec<String>,
    /// Changes nothing.
    #[arg(hide = true, long, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub wait: Option<String>,
    /// Changes nothing.
    #[arg(hide = true, long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", value_parser = boolean, hide_default_value = true, value_name = "BOOL", action = clap::ArgAction::Set)]
    pub create_namespace: bool,
    /// Changes nothing.
    #[arg(hide = true, long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", value_parser = boolean, hide_default_value = true, value_name = "BOOL", action = clap::ArgAction::Set)]
    pub skip_crds: bool,
    /// Changes nothing.
    #[arg(hide = true, long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", value_parser = boolean, hide_default_value = true, value_name = "BOOL", action = clap::ArgAction::Set)]
    pub devel: bool,
    /// Changes nothing.
    #[arg(hide = true, long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", value_parser = boolean, hide_default_value = true, value_name = "BOOL", action = clap::ArgAction::Set)]
    pub disable_openapi_validation: bool,
    /// Changes nothing.
    #[arg(hide = true, long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", value_parser = boolean, hide_default_value = true, value_name = "BOOL", action = clap::ArgAction::Set)]
    pub force: bool,
    /// Changes nothing.
    #[arg(hide = true, long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", value_parser = boolean, hide_default_value = true, value_name = "BOOL", action = clap::ArgAction::Set)]
    pub hide_notes: bool,
    /// Changes nothing.
    #[arg(hide = true, long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", value_parser = boolean, hide_default_value = true, value_name = "BOOL", action = clap::ArgAction::Set)]
    pub render_subchart_notes: bool,
    /// Changes nothing.
    #[arg(hide = true, long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", value_parser = boolean, hide_default_value = true, value_name = "BOOL", action = clap::ArgAction::Set)]
    pub replace: bool,
    /// Changes nothing.
    #[arg(hide = true, long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", value_parser = boolean, hide_default_value = true, value_name = "BOOL", action = clap::ArgAction::Set)]
    pub take_ownership: bool,
    /// Changes nothing.
    #[arg(hide = true, long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", value_parser = boolean, hide_default_value = true, value_name = "BOOL", action = clap::ArgAction::Set)]
    pub wait_for_jobs: bool,
    /// Changes nothing.
    #[arg(hide = true, long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", value_parser = boolean, hide_default_value = true, value_name = "BOOL", action = clap::ArgAction::Set)]
    pub atomic: bool,
    /// Changes nothing.
    #[arg(hide = true, long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", value_parser = boolean, hide_default_value = true, value_name = "BOOL", action = clap::ArgAction::Set)]
    pub pass_credentials: bool,
    /// Changes nothing.
    #[arg(hide = true, long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", value_parser = boolean, hide_default_value = true, value_name = "BOOL", action = clap::ArgAction::Set)]
    pub plain_http: bool,
    /// Changes nothing.
    #[arg(hide = true, long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", value_parser = boolean, hide_default_value = true, value_name = "BOOL", action = clap::ArgAction::Set)]
    pub insecure_skip_tls_verify: bool,
    /// Changes nothing.
    #[arg(hide = true, long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", value_parser = boolean, hide_default_value = true, value_name = "BOOL", action = clap::ArgAction::Set)]
    pub force_conflicts: bool,
    /// Changes nothing.
    #[arg(hide = true, long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", value_parser = boolean, hide_default_value = true, value_name = "BOOL", action = clap::ArgAction::Set)]
    pub force_replace: bool,
    /// Changes nothing.
    #[arg(hide = true, long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", value_parser = boolean, hide_default_value = true, value_name = "BOOL", action = clap::ArgAction::Set)]
    pub rollback_on_failure: bool,
    /// Changes nothing.
    #[arg(hide = true, long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", value_parser = boolean, hide_default_value = true, value_name = "BOOL", action = clap::ArgAction::Set)]
    pub server_side: bool,
    /// Changes nothing.
    #[arg(hide = true, long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", value_parser = boolean, hide_default_value = true, value_name = "BOOL", action = clap::ArgAction::Set)]
    pub kube_insecure_skip_tls_verify: bool,
    /// Changes nothing.
    #[arg(hide = true, long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", value_parser = boolean, hide_default_value = true, value_name = "BOOL", action = clap::ArgAction::Set)]
    pub enable_dns: bool,
    /// Changes nothing.
    #[arg(hide = true, long)]
    pub description: Option<String>,
    /// Changes nothing.
    #[arg(hide = true, long)]
    pub timeout: Option<String>,
    /// Changes nothing.
    #[arg(hide = true, long)]
    pub version: Option<String>,
    /// Changes nothing.
    #[arg(hide = true, long)]
    pub keyring: Option<String>,
    /// Changes nothing.
    #[arg(hide = true, long)]
    pub username: Option<String>,
    /// Changes nothing.
    #[arg(hide = true, long)]
    pub password: Option<String>,
    /// Changes nothing.
    #[arg(hide = true, long)]
    pub cert_file: Option<String>,
    /// Changes nothing.
    #[arg(hide = true, long)]
    pub key_file: Option<String>,
    /// Changes nothing.
    #[arg(hide = true, long)]
    pub ca_file: Option<String>,
    /// Changes nothing.
    #[arg(hide = true, long)]
    pub burst_limit: Option<String>,
    /// Changes nothing.
    #[arg(hide = true, long)]
    pub kube_apiserver: Option<String>,
    /// Changes nothing.
    #[arg(hide = true, long)]
    pub kube_as_group: Vec<String>,
    /// Changes nothing.
    #[arg(hide = true, long)]
    pub kube_as_user: Option<String>,
    /// Changes nothing.
    #[arg(hide = true, long)]
    pub kube_ca_file: Option<String>,
    /// Changes nothing.
    #[arg(hide = true, long)]
    pub kube_context: Option<String>,
    /// Changes nothing.
    #[arg(hide = true, long)]
    pub kube_tls_server_name: Option<String>,
    /// Changes nothing.
    #[arg(hide = true, long)]
    pub kube_token: Option<String>,
    /// Changes nothing.
    #[arg(hide = true, long)]
    pub kubeconfig: Option<String>,
    /// Changes nothing.
    #[arg(hide = true, long)]
    pub qps: Option<String>,
    /// Changes nothing.
    #[arg(hide = true, long)]
    pub registry_config: Option<String>,
    /// Changes nothing.
    #[arg(hide = true, long)]
    pub repository_cache: Option<String>,
    /// Changes nothing.
    #[arg(hide = true, long)]
    pub repository_config: Option<String>,
    /// Changes nothing.
    #[arg(hide = true, long)]
    pub content_cache: Option<String>,
    /// Changes nothing.
    #[arg(hide = true, long, short = 'l')]
    pub labels: Vec<String>,
}

impl ClusterArgs {
    /// Why it can't be done, if something is asked for that needs a cluster, a network or another program.
    pub fn refused(&self, profile: Profile) -> Option<String> {
        let cluster = "validating needs a cluster, and Terrace asks none";
        if self.validate {
            return Some(format!("--validate: {cluster}"));
        }
        if let Some(why) = self.dry_run.as_deref().and_then(|value| dry_run(value, profile)) {
            return Some(why);
        }
        for (asked, why) in [
            (self.dependency_update, "--dependency-update: Terrace fetches nothing; run `helm dependency update`"),
            (self.verify, "--verify: Terrace checks no signatures; run `helm verify`"),
            (self.repo.is_some(), "--repo: Terrace fetches nothing; run `helm pull --untar`, and name the directory"),
            (self.post_renderer.is_some(), "--post-renderer: Terrace runs no other programs; pipe the output to it"),
            (!self.post_renderer_args.is_empty(), "--post-renderer-args: Terrace runs no other programs"),
        ] {
            if asked {
                return Some(why.to_owned());
            }
        }
        None
    }
}

/// Why a value of `--dry-run` is refused, if it is.
fn dry_run(value: &str, profile: Profile) -> Option<String> {
    let server = Some("--dry-run=server: it needs a cluster, and Terrace asks none".to_owned());
    match (profile, value) {
        (_, "" | "client" | "true") => None,
        (Profile::Helm3, "false" | "none") | (_, "server") => server,
        (Profile::Helm3, _) => {
            Some("Invalid dry-run flag. Flag must one of the following: false, true, none, client, server".to_owned())
        }
        (Profile::Helm4, "unset") => None,
        (Profile::Helm4, "none") => Some(refused_value(value, "\"server\" or \"client\"")),
        (Profile::Helm4, value) => match boolean(value) {
            Ok(true) => None,
            Ok(false) => Some(refused_value(value, "\"server\" or \"client\"")),
            Err(_) => Some(refused_value(value, "\"none\", \"server\", or \"client\"")),
        },
    }
}

fn refused_value(value: &str, expected: &str) -> String {
    format!("invalid dry-run value ({value:?}). Must be {expected}")
}
