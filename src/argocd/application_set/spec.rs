//! The structs of an ApplicationSet (pkg/apis/application/v1alpha1/applicationset_types.go).
//!
//! A generator is one of three levels: at the top, nested in a matrix or merge, or (terminal) nested in one that is
//! nested itself. There are no matrices and merges at the third. (Go keeps those of the second as JSON until they are
//! used, with the same outcome.)

use super::application::TEMPLATE;
use super::go_type::Type::{Flag, Integer, IntegerOrText, Json, Jsons, List, Pointer, Struct as Of, Text, Texts};
use super::go_type::{LIST, Struct, always, field};

static LABEL_REQUIREMENT: Struct = Struct {
    go: "LabelSelectorRequirement",
    what: "an entry of `matchExpressions`",
    fields: &[always("key", Text), always("operator", Text), field("values", LIST)],
};

/// A label selector.
pub static LABEL_SELECTOR: Struct = Struct {
    go: "LabelSelector",
    what: "a selector",
    fields: &[field("matchLabels", Texts), field("matchExpressions", List(&Of(&LABEL_REQUIREMENT)))],
};

static SECRET_REF: Struct = Struct {
    go: "SecretRef",
    what: "a reference to a Secret",
    fields: &[always("secretName", Text), always("key", Text)],
};

static CONFIG_MAP_KEY_REF: Struct = Struct {
    go: "ConfigMapKeyRef",
    what: "a reference to a ConfigMap",
    fields: &[always("configMapName", Text), always("key", Text)],
};

/// `list`.
static LIST_GENERATOR: Struct = Struct {
    go: "ListGenerator",
    what: "a list generator",
    fields: &[field("elements", List(&Json)), field("template", Of(&TEMPLATE)), field("elementsYaml", Text)],
};

static CLUSTER_GENERATOR: Struct = Struct {
    go: "ClusterGenerator",
    what: "a clusters generator",
    fields: &[
        field("selector", Of(&LABEL_SELECTOR)),
        field("template", Of(&TEMPLATE)),
        field("values", Texts),
        field("flatList", Flag),
    ],
};

static GIT_DIRECTORY: Struct = Struct {
    go: "GitDirectoryGeneratorItem",
    what: "an entry of `directories`",
    fields: &[always("path", Text), field("exclude", Flag)],
};

static GIT_FILE: Struct = Struct {
    go: "GitFileGeneratorItem",
    what: "an entry of `files`",
    fields: &[always("path", Text), field("exclude", Flag)],
};

static GIT_GENERATOR: Struct = Struct {
    go: "GitGenerator",
    what: "a git generator",
    fields: &[
        always("repoURL", Text),
        field("directories", List(&Of(&GIT_DIRECTORY))),
        field("files", List(&Of(&GIT_FILE))),
        always("revision", Text),
        field("requeueAfterSeconds", Pointer(&Integer)),
        field("template", Of(&TEMPLATE)),
        field("pathParamPrefix", Text),
        field("values", Texts),
    ],
};

static BASIC_AUTH: Struct = Struct {
    go: "BasicAuthBitbucketServer",
    what: "`basicAuth`",
    fields: &[always("username", Text), always("passwordRef", Pointer(&Of(&SECRET_REF)))],
};

static BEARER_TOKEN: Struct = Struct {
    go: "BearerTokenBitbucket",
    what: "`bearerToken`",
    fields: &[always("tokenRef", Pointer(&Of(&SECRET_REF)))],
};

static SCM_GITHUB: Struct = Struct {
    go: "SCMProviderGeneratorGithub",
    what: "`github`",
    fields: &[
        always("organization", Text),
        field("api", Text),
        field("tokenRef", Pointer(&Of(&SECRET_REF))),
        field("appSecretName", Text),
        field("allBranches", Flag),
        field("excludeArchivedRepos", Flag),
    ],
};

static SCM_GITLAB: Struct = Struct {
    go: "SCMProviderGeneratorGitlab",
    what: "`gitlab`",
    fields: &[
        always("group", Text),
        field("includeSubgroups", Flag),
        field("api", Text),
        field("tokenRef", Pointer(&Of(&SECRET_REF))),
        field("allBranches", Flag),
        field("insecure", Flag),
        field("includeSharedProjects", Pointer(&Flag)),
        field("topic", Text),
        field("caRef", Pointer(&Of(&CONFIG_MAP_KEY_REF))),
        field("includeArchivedRepos", Flag),
    ],
};

static SCM_BITBUCKET: Struct = Struct {
    go: "SCMProviderGeneratorBitbucket",
    what: "`bitbucket`",
    fields: &[
        always("owner", Text),
        always("user", Text),
        always("appPasswordRef", Pointer(&Of(&SECRET_REF))),
        field("allBranches", Flag),
    ],
};

static SCM_BITBUCKET_SERVER: Struct = Struct {
    go: "SCMProviderGeneratorBitbucketServer",
    what: "`bitbucketServer`",
    fields: &[
        always("project", Text),
        always("api", Text),
        field("basicAuth", Pointer(&Of(&BASIC_AUTH))),
        field("allBranches", Flag),
        field("bearerToken", Pointer(&Of(&BEARER_TOKEN))),
        field("insecure", Flag),
        field("caRef", Pointer(&Of(&CONFIG_MAP_KEY_REF))),
    ],
};

static SCM_GITEA: Struct = Struct {
    go: "SCMProviderGeneratorGitea",
    what: "`gitea`",
    fields: &[
        always("owner", Text),
        always("api", Text),
        field("tokenRef", Pointer(&Of(&SECRET_REF))),
        field("allBranches", Flag),
        field("insecure", Flag),
        field("excludeArchivedRepos", Flag),
    ],
};

static SCM_AZURE_DEVOPS: Struct = Struct {
    go: "SCMProviderGeneratorAzureDevOps",
    what: "`azureDevOps`",
    fields: &[
        always("organization", Text),
        field("api", Text),
        always("teamProject", Text),
        always("accessTokenRef", Pointer(&Of(&SECRET_REF))),
        field("allBranches", Flag),
    ],
};

static TAG_FILTER: Struct =
    Struct { go: "TagFilter", what: "a tag filter", fields: &[always("key", Text), field("value", Text)] };

static SCM_CODE_COMMIT: Struct = Struct {
    go: "SCMProviderGeneratorAWSCodeCommit",
    what: "`awsCodeCommit`",
    fields: &[
        field("tagFilters", List(&Of(&TAG_FILTER))),
        field("role", Text),
        field("region", Text),
        field("allBranches", Flag),
    ],
};

static SCM_FILTER: Struct = Struct {
    go: "SCMProviderGeneratorFilter",
    what: "a filter",
    fields: &[
        field("repositoryMatch", Pointer(&Text)),
        field("pathsExist", LIST),
        field("pathsDoNotExist", LIST),
        field("labelMatch", Pointer(&Text)),
        field("branchMatch", Pointer(&Text)),
    ],
};

static SCM_PROVIDER_GENERATOR: Struct = Struct {
    go: "SCMProviderGenerator",
    what: "an scmProvider generator",
    fields: &[
        field("github", Pointer(&Of(&SCM_GITHUB))),
        field("gitlab", Pointer(&Of(&SCM_GITLAB))),
        field("bitbucket", Pointer(&Of(&SCM_BITBUCKET))),
        field("bitbucketServer", Pointer(&Of(&SCM_BITBUCKET_SERVER))),
        field("gitea", Pointer(&Of(&SCM_GITEA))),
        field("azureDevOps", Pointer(&Of(&SCM_AZURE_DEVOPS))),
        field("filters", List(&Of(&SCM_FILTER))),
        field("cloneProtocol", Text),
        field("requeueAfterSeconds", Pointer(&Integer)),
        field("template", Of(&TEMPLATE)),
        field("values", Texts),
        field("awsCodeCommit", Pointer(&Of(&SCM_CODE_COMMIT))),
    ],
};

static CLUSTER_DECISION_RESOURCE: Struct = Struct {
    go: "DuckTypeGenerator",
    what: "a clusterDecisionResource generator",
    fields: &[
        always("configMapRef", Text),
        field("name", Text),
        field("requeueAfterSeconds", Pointer(&Integer)),
        field("labelSelector", Of(&LABEL_SELECTOR)),
        field("template", Of(&TEMPLATE)),
        field("values", Texts),
    ],
};

static PULL_REQUEST_FILTER: Struct = Struct {
    go: "PullRequestGeneratorFilter",
    what: "a filter",
    fields: &[
        field("branchMatch", Pointer(&Text)),
        field("targetBranchMatch", Pointer(&Text)),
        field("titleMatch", Pointer(&Text)),
    ],
};

static PR_GITHUB: Struct = Struct {
    go: "PullRequestGeneratorGithub",
    what: "`github`",
    fields: &[
        always("owner", Text),
        always("repo", Text),
        field("api", Text),
        field("tokenRef", Pointer(&Of(&SECRET_REF))),
        field("appSecretName", Text),
        field("labels", LIST),
    ],
};

static PR_GITLAB: Struct = Struct {
    go: "PullRequestGeneratorGitLab",
    what: "`gitlab`",
    fields: &[
        always("project", Text),
        field("api", Text),
        field("tokenRef", Pointer(&Of(&SECRET_REF))),
        field("labels", LIST),
        field("pullRequestState", Text),
        field("insecure", Flag),
        field("caRef", Pointer(&Of(&CONFIG_MAP_KEY_REF))),
    ],
};

static PR_GITEA: Struct = Struct {
    go: "PullRequestGeneratorGitea",
    what: "`gitea`",
    fields: &[
        always("owner", Text),
        always("repo", Text),
        always("api", Text),
        field("tokenRef", Pointer(&Of(&SECRET_REF))),
        field("insecure", Flag),
        field("labels", LIST),
    ],
};

static PR_BITBUCKET_SERVER: Struct = Struct {
    go: "PullRequestGeneratorBitbucketServer",
    what: "`bitbucketServer`",
    fields: &[
        always("project", Text),
        always("repo", Text),
        always("api", Text),
        field("basicAuth", Pointer(&Of(&BASIC_AUTH))),
        field("bearerToken", Pointer(&Of(&BEARER_TOKEN))),
        field("insecure", Flag),
        field("caRef", Pointer(&Of(&CONFIG_MAP_KEY_REF))),
    ],
};

static PR_BITBUCKET: Struct = Struct {
    go: "PullRequestGeneratorBitbucket",
    what: "`bitbucket`",
    fields: &[
        always("owner", Text),
        always("repo", Text),
        field("api", Text),
        field("basicAuth", Pointer(&Of(&BASIC_AUTH))),
        field("bearerToken", Pointer(&Of(&BEARER_TOKEN))),
    ],
};

static PR_AZURE_DEVOPS: Struct = Struct {
    go: "PullRequestGeneratorAzureDevOps",
    what: "`azuredevops`",
    fields: &[
        always("organization", Text),
        always("project", Text),
        always("repo", Text),
        field("api", Text),
        field("tokenRef", Pointer(&Of(&SECRET_REF))),
        field("labels", LIST),
    ],
};

static PULL_REQUEST_GENERATOR: Struct = Struct {
    go: "PullRequestGenerator",
    what: "a pullRequest generator",
    fields: &[
        field("github", Pointer(&Of(&PR_GITHUB))),
        field("gitlab", Pointer(&Of(&PR_GITLAB))),
        field("gitea", Pointer(&Of(&PR_GITEA))),
        field("bitbucketServer", Pointer(&Of(&PR_BITBUCKET_SERVER))),
        field("filters", List(&Of(&PULL_REQUEST_FILTER))),
        field("requeueAfterSeconds", Pointer(&Integer)),
        field("template", Of(&TEMPLATE)),
        field("bitbucket", Pointer(&Of(&PR_BITBUCKET))),
        field("azuredevops", Pointer(&Of(&PR_AZURE_DEVOPS))),
        field("values", Texts),
        field("continueOnRepoNotFoundError", Flag),
    ],
};

static PLUGIN_CONFIG_MAP_REF: Struct =
    Struct { go: "PluginConfigMapRef", what: "`configMapRef`", fields: &[always("name", Text)] };

static PLUGIN_INPUT: Struct = Struct { go: "PluginInput", what: "`input`", fields: &[field("parameters", Jsons)] };

static PLUGIN_GENERATOR: Struct = Struct {
    go: "PluginGenerator",
    what: "a plugin generator",
    fields: &[
        always("configMapRef", Of(&PLUGIN_CONFIG_MAP_REF)),
        field("input", Of(&PLUGIN_INPUT)),
        field("requeueAfterSeconds", Pointer(&Integer)),
        field("template", Of(&TEMPLATE)),
        field("values", Texts),
    ],
};

static MATRIX_GENERATOR: Struct = Struct {
    go: "MatrixGenerator",
    what: "a matrix generator",
    fields: &[always("generators", List(&Of(&NESTED_GENERATOR))), field("template", Of(&TEMPLATE))],
};

static MERGE_GENERATOR: Struct = Struct {
    go: "MergeGenerator",
    what: "a merge generator",
    fields: &[
        always("generators", List(&Of(&NESTED_GENERATOR))),
        always("mergeKeys", LIST),
        field("template", Of(&TEMPLATE)),
    ],
};

/// A matrix within a matrix or merge.
pub static NESTED_MATRIX: Struct = Struct {
    go: "NestedMatrixGenerator",
    what: "a nested matrix generator",
    fields: &[always("generators", List(&Of(&TERMINAL_GENERATOR)))],
};

/// A merge within a matrix or merge.
pub static NESTED_MERGE: Struct = Struct {
    go: "NestedMergeGenerator",
    what: "a nested merge generator",
    fields: &[always("generators", List(&Of(&TERMINAL_GENERATOR))), always("mergeKeys", LIST)],
};

/// A generator of the top level.
pub static GENERATOR: Struct = Struct {
    go: "ApplicationSetGenerator",
    what: "a generator",
    fields: &[
        field("list", Pointer(&Of(&LIST_GENERATOR))),
        field("clusters", Pointer(&Of(&CLUSTER_GENERATOR))),
        field("git", Pointer(&Of(&GIT_GENERATOR))),
        field("scmProvider", Pointer(&Of(&SCM_PROVIDER_GENERATOR))),
        field("clusterDecisionResource", Pointer(&Of(&CLUSTER_DECISION_RESOURCE))),
        field("pullRequest", Pointer(&Of(&PULL_REQUEST_GENERATOR))),
        field("matrix", Pointer(&Of(&MATRIX_GENERATOR))),
        field("merge", Pointer(&Of(&MERGE_GENERATOR))),
        field("selector", Pointer(&Of(&LABEL_SELECTOR))),
        field("plugin", Pointer(&Of(&PLUGIN_GENERATOR))),
    ],
};

/// A generator within a matrix or merge.
pub static NESTED_GENERATOR: Struct = Struct {
    go: "ApplicationSetNestedGenerator",
    what: "a nested generator",
    fields: &[
        field("list", Pointer(&Of(&LIST_GENERATOR))),
        field("clusters", Pointer(&Of(&CLUSTER_GENERATOR))),
        field("git", Pointer(&Of(&GIT_GENERATOR))),
        field("scmProvider", Pointer(&Of(&SCM_PROVIDER_GENERATOR))),
        field("clusterDecisionResource", Pointer(&Of(&CLUSTER_DECISION_RESOURCE))),
        field("pullRequest", Pointer(&Of(&PULL_REQUEST_GENERATOR))),
        field("matrix", Pointer(&Of(&NESTED_MATRIX))),
        field("merge", Pointer(&Of(&NESTED_MERGE))),
        field("selector", Pointer(&Of(&LABEL_SELECTOR))),
        field("plugin", Pointer(&Of(&PLUGIN_GENERATOR))),
    ],
};

/// A generator within a nested matrix or merge.
pub static TERMINAL_GENERATOR: Struct = Struct {
    go: "ApplicationSetTerminalGenerator",
    what: "a generator on the third level",
    fields: &[
        field("list", Pointer(&Of(&LIST_GENERATOR))),
        field("clusters", Pointer(&Of(&CLUSTER_GENERATOR))),
        field("git", Pointer(&Of(&GIT_GENERATOR))),
        field("scmProvider", Pointer(&Of(&SCM_PROVIDER_GENERATOR))),
        field("clusterDecisionResource", Pointer(&Of(&CLUSTER_DECISION_RESOURCE))),
        field("pullRequest", Pointer(&Of(&PULL_REQUEST_GENERATOR))),
        field("plugin", Pointer(&Of(&PLUGIN_GENERATOR))),
        field("selector", Pointer(&Of(&LABEL_SELECTOR))),
    ],
};

static SYNC_POLICY: Struct = Struct {
    go: "ApplicationSetSyncPolicy",
    what: "the `syncPolicy` of an ApplicationSet",
    fields: &[field("preserveResourcesOnDeletion", Flag), field("applicationsSync", Pointer(&Text))],
};

static MATCH_EXPRESSION: Struct = Struct {
    go: "ApplicationMatchExpression",
    what: "an entry of `matchExpressions`",
    fields: &[field("key", Text), field("operator", Text), field("values", LIST)],
};

static STEP: Struct = Struct {
    go: "ApplicationSetRolloutStep",
    what: "a step",
    fields: &[field("matchExpressions", List(&Of(&MATCH_EXPRESSION))), field("maxUpdate", Pointer(&IntegerOrText))],
};

static ROLLING_SYNC: Struct =
    Struct { go: "ApplicationSetRolloutStrategy", what: "`rollingSync`", fields: &[field("steps", List(&Of(&STEP)))] };

static STRATEGY: Struct = Struct {
    go: "ApplicationSetStrategy",
    what: "`strategy`",
    fields: &[field("type", Text), field("rollingSync", Pointer(&Of(&ROLLING_SYNC))), field("deletionOrder", Text)],
};

static PRESERVED_FIELDS: Struct = Struct {
    go: "ApplicationPreservedFields",
    what: "`preservedFields`",
    fields: &[field("annotations", LIST), field("labels", LIST)],
};

static IGNORE_DIFFERENCES: Struct = Struct {
    go: "ApplicationSetResourceIgnoreDifferences",
    what: "an entry of `ignoreApplicationDifferences`",
    fields: &[field("name", Text), field("jsonPointers", LIST), field("jqPathExpressions", LIST)],
};

/// `spec` of an ApplicationSet.
pub static SPEC: Struct = Struct {
    go: "ApplicationSetSpec",
    what: "`spec` of an ApplicationSet",
    fields: &[
        field("goTemplate", Flag),
        always("generators", List(&Of(&GENERATOR))),
        always("template", Of(&TEMPLATE)),
        field("syncPolicy", Pointer(&Of(&SYNC_POLICY))),
        field("strategy", Pointer(&Of(&STRATEGY))),
        field("preservedFields", Pointer(&Of(&PRESERVED_FIELDS))),
        field("goTemplateOptions", LIST),
        field("applyNestedSelectors", Flag),
        field("ignoreApplicationDifferences", List(&Of(&IGNORE_DIFFERENCES))),
        field("templatePatch", Pointer(&Text)),
    ],
};
