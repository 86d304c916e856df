//! `pullRequest`: open pull requests that a provider listed (applicationset/generators/pull_request.go and
//! services/pull_request).

use ecow::EcoVec;

use super::failure::Failure;
use super::inputs::Asked;
use super::params::{Param, Params};
use super::run::Run;
use super::scm_provider::{expression, is_match, labels, text};
use super::slug::branch;
use super::values::Values;
use crate::diag::{Code, Diagnostic};
use crate::yaml::Node;

const PROVIDERS: [&str; 6] = ["github", "gitlab", "gitea", "bitbucketServer", "bitbucket", "azuredevops"];

/// A pull request.
struct PullRequest {
    number: Node,
    title: Node,
    branch: Node,
    target_branch: Node,
    head_sha: Node,
    author: Node,
    labels: EcoVec<Node>,
}

/// The parameter sets of the pull requests that have the labels asked for, and pass a filter.
///
/// # Errors
/// There is no answer of the provider, a filter is no regular expression, or a template of `values` fails.
pub fn generate(run: &Run, generator: &Node) -> Result<Vec<Params>, Failure> {
    let Some(provider) = PROVIDERS.iter().find_map(|provider| generator.get(provider)) else {
        let message = format!("a pullRequest generator needs a provider: one of {}", PROVIDERS.join(", "));
        let said = "failed to select pull request service provider: no Pull Request provider implementation configured";
        return Err(Failure::invalid(said, message, generator.origin, "no provider"));
    };
    let mut filters = Vec::new();
    for filter in generator.get("filters").and_then(Node::as_seq).unwrap_or_default() {
        let within = |failure: Failure| failure.within("error listing repos: ");
        filters.push((
            expression(filter, "branchMatch").map_err(within)?,
            expression(filter, "targetBranchMatch").map_err(within)?,
            expression(filter, "titleMatch").map_err(within)?,
        ));
    }
    let Some(recorded) = run.outside.inputs.pull_requests(generator) else {
        let failure = run.missing_input(Asked::PullRequest, generator);
        // A repository that nothing is known of is one that isn't there.
        if generator.get("continueOnRepoNotFoundError").and_then(Node::as_bool) == Some(true) {
            run.warn(failure);
            return Ok(Vec::new());
        }
        return Err(failure);
    };
    let wanted: Vec<&str> =
        provider.get("labels").and_then(Node::as_seq).unwrap_or_default().iter().filter_map(Node::as_str).collect();
    let values = Values::of(run, generator);
    let mut made = Vec::new();
    for node in recorded {
        let pull = PullRequest::new(node)?;
        let has = |label: &&str| pull.labels.iter().any(|own| own.as_str() == Some(label));
        let texts = [&pull.branch, &pull.target_branch, &pull.title].map(|node| node.as_str().unwrap_or_default());
        let [source, target, title] = texts;
        let passes = filters.is_empty()
            || filters.iter().any(|(by_branch, by_target, by_title)| {
                is_match(by_branch, source) && is_match(by_target, target) && is_match(by_title, title)
            });
        if !passes || !wanted.iter().all(has) {
            continue;
        }
        let mut params = pull.params(run.language.go);
        values.add_to(run, &mut params).map_err(|failure| failure.within("failed to append templated values: "))?;
        made.push(params);
    }
    Ok(made)
}

impl PullRequest {
    /// A recorded pull request: in our form, GitHub's or GitLab's.
    fn new(node: &Node) -> Result<Self, Failure> {
        let need = |what: &str, keys: &[&[&str]]| {
            text(node, keys).ok_or_else(|| {
                Failure::of(
                    format!("error listing repos: no {what}"),
                    Diagnostic::error(Code::GENERATOR_INPUT, format!("a recorded pull request has no `{what}`"))
                        .at(node.origin, "this pull request"),
                )
            })
        };
        Ok(Self {
            number: need("number", &[&["number"], &["iid"]])?,
            title: need("title", &[&["title"]])?,
            branch: need("branch", &[&["branch"], &["head", "ref"], &["source_branch"]])?,
            target_branch: need("target_branch", &[&["target_branch"], &["base", "ref"]])?,
            head_sha: need("head_sha", &[&["head_sha"], &["head", "sha"], &["sha"]])?,
            author: need("author", &[&["author", "username"], &["user", "login"], &["author"]])?,
            labels: labels(node, &["labels"]),
        })
    }

    fn params(&self, go: bool) -> Params {
        let mut params = Params::new();
        let mut put = |key: &'static str, node: &Node| params.set(key, node.origin, Param::Node(node.clone()));
        let slug = |node: &Node| Node::new(branch(node.as_str().unwrap_or_default()), node.origin);
        let sha = self.head_sha.as_str().unwrap_or_default();
        let short = |length: usize| Node::new(sha.get(..length).unwrap_or(sha), self.head_sha.origin);
        put("number", &self.number);
        put("title", &self.title);
        put("branch", &self.branch);
        put("branch_slug", &slug(&self.branch));
        put("target_branch", &self.target_branch);
        put("target_branch_slug", &slug(&self.target_branch));
        put("head_sha", &self.head_sha);
        put("head_short_sha", &short(8));
        put("head_short_sha_7", &short(7));
        put("author", &self.author);
        if go {
            let at = self.labels.first().map_or(self.number.origin, |label| label.origin);
            params.set("labels", at, Param::List(self.labels.clone(), at));
        }
        params
    }
}
