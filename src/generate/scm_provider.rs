//! `scmProvider`: repositories and branches that a provider listed (applicationset/generators/scm_provider.go and
//! services/scm_provider).

use ecow::EcoVec;

use super::failure::Failure;
use super::inputs::Asked;
use super::params::{Param, Params, show_node};
use super::run::Run;
use super::slug::normalize;
use super::values::Values;
use crate::diag::{Code, Diagnostic};
use crate::render::go_regex::{Compiled, Subject, compile};
use crate::source::Origin;
use crate::yaml::{Node, Value};

const PROVIDERS: [&str; 7] =
    ["github", "gitlab", "gitea", "bitbucketServer", "azureDevOps", "bitbucket", "awsCodeCommit"];

/// A branch of a repository.
struct Repository {
    organization: Node,
    repository: Node,
    id: Option<Node>,
    url: Node,
    branch: Node,
    sha: Node,
    labels: Vec<Node>,
    paths: Vec<String>,
    origin: Origin,
}

/// The parameter sets of the branches that pass the filters.
///
/// # Errors
/// There is no answer of the provider, a filter is no regular expression, or a template of `values` fails.
pub fn generate(run: &Run, generator: &Node) -> Result<Vec<Params>, Failure> {
    if PROVIDERS.iter().all(|provider| generator.get(provider).is_none()) {
        let message = format!("an scmProvider generator needs a provider: one of {}", PROVIDERS.join(", "));
        let said = "no SCM provider implementation configured";
        return Err(Failure::invalid(said, message, generator.origin, "no provider"));
    }
    let filters = filters(generator).map_err(|failure| failure.within("error listing repos: "))?;
    let Some(recorded) = run.outside.inputs.repositories(generator) else {
        return Err(run.missing_input(Asked::ScmProvider, generator));
    };
    let mut repositories = Vec::new();
    for node in recorded {
        repositories.extend(branches(node, generator)?);
    }
    let repository_filters: Vec<&Filter> = filters.iter().filter(|f| f.of == Some(Of::Repository)).collect();
    let branch_filters: Vec<&Filter> = filters.iter().filter(|f| f.of == Some(Of::Branch)).collect();
    for filters in [repository_filters, branch_filters].into_iter().filter(|filters| !filters.is_empty()) {
        repositories.retain(|repository| filters.iter().any(|filter| filter.passes(repository)));
    }
    let values = Values::of(run, generator);
    let mut made = Vec::with_capacity(repositories.len());
    for repository in &repositories {
        let mut params = repository.params();
        values.add_to(run, &mut params).map_err(|failure| failure.within("failed to append templated values: "))?;
        made.push(params);
    }
    Ok(made)
}

impl Repository {
    fn params(&self) -> Params {
        let mut params = Params::new();
        let mut put = |key: &'static str, node: &Node| params.set(key, node.origin, Param::Node(node.clone()));
        put("organization", &self.organization);
        put("repository", &self.repository);
        put("repository_id", self.id.as_ref().unwrap_or(&Node::new(Value::Null, self.origin)));
        put("url", &self.url);
        put("branch", &self.branch);
        put("sha", &self.sha);
        let sha = self.sha.as_str().unwrap_or_default();
        let short = |length: usize| sha.get(..length).unwrap_or(sha);
        put("short_sha", &Node::new(short(8), self.sha.origin));
        put("short_sha_7", &Node::new(short(7), self.sha.origin));
        let labels: Vec<&str> = self.labels.iter().filter_map(Node::as_str).collect();
        let labels_at = self.labels.first().map_or(self.origin, |label| label.origin);
        put("labels", &Node::new(labels.join(","), labels_at));
        let branch = normalize(self.branch.as_str().unwrap_or_default());
        put("branchNormalized", &Node::new(branch, self.branch.origin));
        params
    }

    fn has_path(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        self.paths.iter().any(|known| {
            let known = known.trim_end_matches('/');
            known == path || known.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'))
        })
    }
}

/// A text under one of some keys, each a path; a number counts as a text.
pub(super) fn text(node: &Node, keys: &[&[&str]]) -> Option<Node> {
    let found = keys.iter().find_map(|path| node.at(path).filter(|found| !found.is_null()))?;
    Some(match &found.value {
        Value::Str(_) => found.clone(),
        _ => Node::new(show_node(found), found.origin),
    })
}

/// Labels: strings, or mappings with a `name`.
pub(super) fn labels(node: &Node, keys: &[&str]) -> EcoVec<Node> {
    let found = keys.iter().find_map(|key| node.get(key)?.as_seq().filter(|list| !list.is_empty()));
    let label = |label: &Node| match label.get("name") {
        Some(name) => name.clone(),
        None => label.clone(),
    };
    found.unwrap_or_default().iter().map(label).collect()
}

/// The branches of a recorded repository, of whatever form.
fn branches(node: &Node, generator: &Node) -> Result<Vec<Repository>, Failure> {
    let ssh = matches!(generator.str_at(&["cloneProtocol"]), None | Some("ssh"));
    // As GitHub's and Gitea's API, or as GitLab's lists it: there `url` is something else.
    let live = node.get("full_name").is_some() || node.get("path_with_namespace").is_some();
    let archived = live && node.get("archived").and_then(Node::as_bool) == Some(true);
    let flag = |provider: &str, key: &str| generator.at(&[provider, key]).and_then(Node::as_bool) == Some(true);
    let unwanted = flag("github", "excludeArchivedRepos")
        || flag("gitea", "excludeArchivedRepos")
        || (generator.get("gitlab").is_some() && !flag("gitlab", "includeArchivedRepos"));
    if archived && unwanted {
        return Ok(Vec::new());
    }
    let url_keys: &[&[&str]] = match (live, ssh) {
        (false, _) => &[&["url"]],
        (true, true) => &[&["ssh_url"], &["ssh_url_to_repo"]],
        (true, false) => &[&["clone_url"], &["http_url_to_repo"]],
    };
    let need = |found: Option<Node>, what: &str| {
        found.ok_or_else(|| {
            Failure::of(
                format!("error listing repos: no {what}"),
                Diagnostic::error(Code::GENERATOR_INPUT, format!("a recorded repository has no `{what}`"))
                    .at(node.origin, "this repository"),
            )
        })
    };
    let name: &[&[&str]] =
        if node.get("path_with_namespace").is_some() { &[&["path"]] } else { &[&["repository"], &["name"]] };
    let empty = || Some(Node::new("", node.origin));
    let one = Repository {
        organization: need(
            text(node, &[&["organization"], &["owner", "login"], &["namespace", "full_path"]]),
            "organization",
        )?,
        repository: need(text(node, name), "repository")?,
        id: node.get("repository_id").or_else(|| node.get("id").filter(|_| live)).cloned(),
        url: need(text(node, url_keys), "url")?,
        branch: need(text(node, &[&["branch"], &["default_branch"]]), "branch")?,
        sha: need(text(node, &[&["sha"], &["commit", "sha"], &["commit", "id"]]).or_else(empty), "sha")?,
        labels: labels(node, &["labels", "topics", "tag_list"]).into_iter().collect(),
        paths: node
            .get("paths")
            .and_then(Node::as_seq)
            .unwrap_or_default()
            .iter()
            .filter_map(|path| path.as_str().map(str::to_owned))
            .collect(),
        origin: node.origin,
    };
    let Some(listed) = node.get("branches").and_then(Node::as_seq) else { return Ok(vec![one]) };
    // The branches' own list, recorded beside it.
    let all = PROVIDERS.iter().any(|provider| flag(provider, "allBranches"));
    let default = one.branch.as_str().unwrap_or_default().to_owned();
    let mut made = Vec::new();
    for branch in listed {
        let name = need(text(branch, &[&["name"]]), "branches[].name")?;
        if !all && name.as_str() != Some(&default) {
            continue;
        }
        let sha = text(branch, &[&["commit", "sha"], &["commit", "id"], &["sha"]]).or_else(empty);
        made.push(Repository {
            organization: one.organization.clone(),
            repository: one.repository.clone(),
            id: one.id.clone(),
            url: one.url.clone(),
            branch: name,
            sha: need(sha, "sha")?,
            labels: one.labels.clone(),
            paths: one.paths.clone(),
            origin: branch.origin,
        });
    }
    Ok(made)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    Repository,
    Branch,
}

/// All conditions of one filter.
struct Filter {
    of: Option<Of>,
    repository: Option<Compiled>,
    label: Option<Compiled>,
    branch: Option<Compiled>,
    paths: Vec<String>,
    absent_paths: Vec<String>,
}

/// A regular expression of a filter, if it is there.
pub(super) fn expression(filter: &Node, key: &str) -> Result<Option<Compiled>, Failure> {
    let Some(node) = filter.get(key) else { return Ok(None) };
    let text = node.as_str().unwrap_or_default();
    compile(text.as_bytes()).map(Some).map_err(|why| {
        let mut upstream = key.to_owned();
        if let Some(first) = upstream.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        let said = format!("error compiling {upstream} regexp {}: {why}", crate::go::quote(text));
        Failure::invalid(said, format!("`{key}` is not a regular expression: {why}"), node.origin, "not an expression")
    })
}

pub(super) fn is_match(expression: &Option<Compiled>, text: &str) -> bool {
    expression.as_ref().is_none_or(|expression| expression.is_match(&Subject::new(text.as_bytes())))
}

fn filters(generator: &Node) -> Result<Vec<Filter>, Failure> {
    let list = generator.get("filters").and_then(Node::as_seq).unwrap_or_default();
    list.iter()
        .map(|node| {
            let texts = |key: &str| -> Vec<String> {
                let found = node.get(key).and_then(Node::as_seq).unwrap_or_default();
                found.iter().filter_map(|text| text.as_str().map(str::to_owned)).collect()
            };
            let has = |key: &str| node.get(key).is_some();
            let of = if has("pathsExist") || has("pathsDoNotExist") || has("branchMatch") {
                Some(Of::Branch)
            } else if has("repositoryMatch") || has("labelMatch") {
                Some(Of::Repository)
            } else {
                None
            };
            Ok(Filter {
                of,
                repository: expression(node, "repositoryMatch")?,
                label: expression(node, "labelMatch")?,
                branch: expression(node, "branchMatch")?,
                paths: texts("pathsExist"),
                absent_paths: texts("pathsDoNotExist"),
            })
        })
        .collect()
}

impl Filter {
    fn passes(&self, repository: &Repository) -> bool {
        let labels = || repository.labels.iter().filter_map(Node::as_str);
        is_match(&self.repository, repository.repository.as_str().unwrap_or_default())
            && is_match(&self.branch, repository.branch.as_str().unwrap_or_default())
            && (self.label.is_none() || labels().any(|label| is_match(&self.label, label)))
            && self.paths.iter().all(|path| repository.has_path(path))
            && !self.absent_paths.iter().any(|path| repository.has_path(path))
    }
}
