//! What the user says that the world answered: repositories and pull requests of SCM providers, outputs of plugins,
//! objects of the hub (`kind: GeneratorInputs`).

use super::params::show_node;
use crate::config;
use crate::config::generator_inputs::GeneratorInputsFile;
use crate::diag::Diagnostics;
use crate::yaml::{self, Map, Node, Value};

/// Recorded answers, in the order of the files that hold them.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    scm_provider: Vec<Node>,
    pull_request: Vec<Node>,
    plugin: Vec<Node>,
    objects: Vec<Node>,
}

/// The kinds of generators that ask for an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Asked {
    /// `scmProvider`.
    ScmProvider,
    /// `pullRequest`.
    PullRequest,
    /// `plugin`.
    Plugin,
    /// `clusterDecisionResource`.
    ClusterDecisionResource,
}

impl Inputs {
    /// No answers.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the answers of a document.
    ///
    /// # Errors
    /// What doesn't fit its schema.
    pub fn add(&mut self, node: Node) -> Result<(), Diagnostics> {
        let loaded = config::load::<GeneratorInputsFile>(config::schema::generator_inputs(), node)?;
        let list = |key: &str| loaded.node.at(&["spec", key]).and_then(Node::as_seq).unwrap_or_default();
        self.scm_provider.extend_from_slice(list("scmProvider"));
        self.pull_request.extend_from_slice(list("pullRequest"));
        self.plugin.extend_from_slice(list("plugin"));
        for answer in list("clusterDecisionResource") {
            self.objects.extend_from_slice(answer.get("objects").and_then(Node::as_seq).unwrap_or_default());
        }
        Ok(())
    }

    /// The repositories that an `scmProvider` generator gets.
    pub(super) fn repositories(&self, generator: &Node) -> Option<&[Node]> {
        answer(&self.scm_provider, generator)?.get("repositories")?.as_seq()
    }

    /// The pull requests that a `pullRequest` generator gets.
    pub(super) fn pull_requests(&self, generator: &Node) -> Option<&[Node]> {
        answer(&self.pull_request, generator)?.get("pullRequests")?.as_seq()
    }

    /// The output that a plugin gave.
    pub(super) fn plugin(&self, generator: &Node) -> Option<&Node> {
        let output = answer(&self.plugin, generator)?.get("output")?;
        // The whole body was recorded.
        Some(output.get("output").unwrap_or(output))
    }

    /// The objects of the hub.
    pub(super) fn objects(&self) -> impl Iterator<Item = &Node> {
        self.objects.iter()
    }
}

/// The first answer for a generator.
fn answer<'a>(answers: &'a [Node], generator: &Node) -> Option<&'a Node> {
    answers.iter().find(|answer| answer.get("for").is_none_or(|wanted| is_part(wanted, generator)))
}

/// Whether all of a tree is in another; scalars are equal if they are written the same.
fn is_part(part: &Node, whole: &Node) -> bool {
    match (&part.value, &whole.value) {
        (Value::Map(part), Value::Map(whole)) => {
            part.iter().all(|entry| whole.get(&entry.key).is_some_and(|found| is_part(&entry.value, found)))
        }
        (Value::Seq(part), Value::Seq(whole)) => {
            part.len() == whole.len() && part.iter().zip(whole).all(|(part, whole)| is_part(part, whole))
        }
        (Value::Map(_) | Value::Seq(_), _) | (_, Value::Map(_) | Value::Seq(_)) => false,
        _ => show_node(part) == show_node(whole),
    }
}

/// The YAML of an answer that a generator lacks, to be filled in.
pub(super) fn wanted(asked: Asked, generator: &Node) -> String {
    const SECRETS: [&str; 8] = [
        "tokenRef",
        "appSecretName",
        "basicAuth",
        "bearerToken",
        "appPasswordRef",
        "accessTokenRef",
        "caRef",
        "insecure",
    ];
    let (key, answer) = match asked {
        Asked::ScmProvider => (
            "scmProvider",
            "repositories:\n        - {organization: …, repository: …, url: …, branch: main, sha: …, labels: [], paths: []}",
        ),
        Asked::PullRequest => (
            "pullRequest",
            "pullRequests:\n        - {number: 1, title: …, branch: …, target_branch: main, head_sha: …, author: …}",
        ),
        Asked::Plugin => ("plugin", "output: {parameters: [{…: …}]}"),
        Asked::ClusterDecisionResource => {
            let name = generator.str_at(&["configMapRef"]).unwrap_or("…");
            return format!(
                "spec:\n  clusterDecisionResource:\n    - objects:\n        - {{apiVersion: v1, kind: ConfigMap, metadata: \
                 {{name: {name}}}, data: {{apiVersion: …, kind: …, matchKey: clusterName}}}}\n        - {{apiVersion: …, kind: \
                 …, metadata: {{name: …}}, status: {{clusters: [{{clusterName: …}}]}}}}"
            );
        }
    };
    let mut about = Map::new();
    for entry in generator.as_map().into_iter().flatten() {
        let part = match (asked, entry.key.as_str()) {
            (_, "filters" | "values" | "template" | "requeueAfterSeconds" | "cloneProtocol") => continue,
            (_, "continueOnRepoNotFoundError") => continue,
            (Asked::Plugin, _) => entry.value.clone(),
            _ => {
                let fields = entry.value.as_map().into_iter().flatten();
                let kept = fields.filter(|field| !SECRETS.contains(&field.key.as_str())).cloned();
                Node::made(kept.collect::<Map>())
            }
        };
        about.insert(entry.key.clone(), entry.key_origin, part);
    }
    let about = yaml::to_json(&Node::made(about));
    format!("spec:\n  {key}:\n    - for: {about}\n      {answer}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;
    use crate::yaml::{Dialect, parse};

    fn node(text: &str) -> Node {
        parse(FileId::NONE, text, Dialect::Config).into_first()
    }

    fn inputs(spec: &str) -> Result<Inputs, Vec<String>> {
        let mut inputs = Inputs::new();
        let text = format!("apiVersion: terrace.dev/v1alpha1\nkind: GeneratorInputs\nspec: {spec}\n");
        match inputs.add(node(&text)) {
            Ok(()) => Ok(inputs),
            Err(problems) => Err(problems.into_iter().map(|problem| problem.message).collect()),
        }
    }

    #[test]
    fn the_first_answer_for_a_part_of_the_generator_is_taken() {
        let inputs = inputs(
            "{plugin: [{for: {configMapRef: {name: a}, input: {parameters: {n: 1}}}, output: {parameters: [{k: '1'}]}}, \
             {for: {configMapRef: {name: a}}, output: {output: {parameters: [{k: '2'}]}}}]}",
        )
        .unwrap();
        let given = |generator: &str| {
            let found = inputs.plugin(&node(generator)).cloned();
            found.and_then(|output| output.pointer("/parameters/0/k")?.as_str().map(str::to_owned))
        };
        assert_eq!(given("{configMapRef: {name: a}, input: {parameters: {n: 1, m: 2}}}").as_deref(), Some("1"));
        assert_eq!(given("{configMapRef: {name: a}, input: {parameters: {n: 2}}}").as_deref(), Some("2"));
        assert_eq!(given("{configMapRef: {name: b}}"), None);
    }

    #[test]
    fn mistakes_are_told() {
        assert!(inputs("{pullRequests: []}").is_err());
        assert!(inputs("{plugin: [{output: 3}]}").is_err());
    }

    #[test]
    fn the_answer_that_is_missing_is_spelled_out() {
        let generator = node("{github: {owner: acme, repo: web, tokenRef: {secretName: s, key: k}}, filters: [{}]}");
        let text = wanted(Asked::PullRequest, &generator);
        assert!(
            text.contains("- for: {\"github\":{\"owner\":\"acme\",\"repo\":\"web\"}}\n      pullRequests:"),
            "{text}"
        );
    }
}
