//! `kind: GeneratorInputs`: what generators of ApplicationSets ask of the world, and what it answered.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::ApiVersion;

/// Recorded answers for generators that ask a provider, a plugin or a cluster.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "GeneratorInputs")]
pub struct GeneratorInputsFile {
    /// `terrace.dev/v1alpha1`.
    pub api_version: ApiVersion,
    /// `GeneratorInputs`.
    pub kind: GeneratorInputsKind,
    /// The answers.
    pub spec: GeneratorInputsSpec,
}

/// `GeneratorInputs`.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
pub enum GeneratorInputsKind {
    /// The only one.
    GeneratorInputs,
}

/// The answers, by the kind of generator.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct GeneratorInputsSpec {
    /// Repositories, for `scmProvider` generators.
    pub scm_provider: Vec<ScmProviderAnswer>,
    /// Pull requests, for `pullRequest` generators.
    pub pull_request: Vec<PullRequestAnswer>,
    /// What plugins answered, for `plugin` generators.
    pub plugin: Vec<PluginAnswer>,
    /// Objects of the hub, for `clusterDecisionResource` generators.
    pub cluster_decision_resource: Vec<DecisionAnswer>,
}

/// Anything, as the provider's API or an ApplicationSet writes it.
type Object = BTreeMap<String, Value>;

/// Repositories.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScmProviderAnswer {
    /// A part of the generator that this is the answer for; for any if it isn't given.
    #[serde(rename = "for", default)]
    pub for_generator: Object,
    /// Each with `organization`, `repository`, `url`, `branch`, `sha`, and if needed `repository_id`, `labels` and
    /// `paths`; or as GitHub's or GitLab's API lists them.
    pub repositories: Vec<Object>,
}

/// Pull requests.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PullRequestAnswer {
    /// A part of the generator that this is the answer for; for any if it isn't given.
    #[serde(rename = "for", default)]
    pub for_generator: Object,
    /// Each with `number`, `title`, `branch`, `target_branch`, `head_sha`, `author`, and if needed `labels`; or as
    /// GitHub's or GitLab's API lists them.
    pub pull_requests: Vec<Object>,
}

/// What a plugin answered.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PluginAnswer {
    /// A part of the generator that this is the answer for; for any if it isn't given.
    #[serde(rename = "for", default)]
    pub for_generator: Object,
    /// The answer's `output`: `{parameters: […]}`; or the whole body around it.
    pub output: Object,
}

/// Objects of the hub.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DecisionAnswer {
    /// The ConfigMap that the generator refers to, and the resources with decisions.
    pub objects: Vec<Object>,
}
