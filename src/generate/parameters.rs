//! Parameter sets by themselves, for whoever has templates of another kind.

use super::failure::Failure;
use super::outside::Outside;
use super::params::Params;
use super::run::Run;
use super::template::Language;
use crate::argocd::application_set::ApplicationSet;
use crate::diag::Diagnostics;
use crate::source::Origin;
use crate::yaml::{Entry, Map, Node};

/// What generators make, in their order: sets as Go templates see them. `name` is what seeds randomness.
///
/// # Errors
/// All that is wrong with the generators.
pub fn parameter_sets(generators: &Node, name: &str, outside: &Outside) -> Result<Vec<Params>, Diagnostics> {
    let (set, diagnostics) = ApplicationSet::from_node(&around(generators, name));
    let Some(set) = set else { return Err(diagnostics) };
    let failed = |failure: Failure| failure.diagnostics;
    let language = Language::of(&set).map_err(failed)?;
    let run = Run::new(&set, outside, language);
    let mut sets = Vec::new();
    let mut problems = Diagnostics::new();
    for generator in &set.generators {
        match run.transform(generator, None) {
            Ok(made) => sets.extend(made.into_iter().flat_map(|made| made.sets)),
            Err(failure) => problems.extend(failure.diagnostics),
        }
    }
    if problems.has_errors() { Err(problems) } else { Ok(sets) }
}

/// An ApplicationSet with these generators and nothing else.
fn around(generators: &Node, name: &str) -> Node {
    let at = generators.origin;
    let map = |entries: Vec<(&str, Node)>| {
        let entry = |(key, value): (&str, Node)| Entry { key: key.into(), key_origin: Origin::NONE, value };
        Node::new(Map::from_unique(entries.into_iter().map(entry).collect()), at)
    };
    let metadata = map(vec![("name", Node::new(name, at))]);
    let option = Node::new(vec![Node::new("missingkey=error", at)], at);
    let spec = vec![
        ("goTemplate", Node::new(true, at)),
        ("goTemplateOptions", option),
        ("generators", generators.clone()),
        ("template", map(vec![("metadata", metadata.clone()), ("spec", map(Vec::new()))])),
    ];
    map(vec![("metadata", metadata), ("spec", map(spec))])
}
