//! One ApplicationSet being expanded: what its generators share, and the walk through them
//! (applicationset/generators/generator_spec_processor.go).

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use ecow::EcoString;

use super::clusters::{self, Registered};
use super::failure::Failure;
use super::git::{self, Listing};
use super::git_files::File;
use super::inputs::{self, Asked};
use super::lint::Lint;
use super::outside::Outside;
use super::params::Params;
use super::selector::{Rules, Selector};
use super::template::{Language, Rendered, Text, Watch};
use super::{cluster_decision_resource, list, matrix, merge, plugin, pull_request, scm_provider};
use crate::argocd::Version;
use crate::argocd::application_set::ApplicationSet;
use crate::argocd::application_set::generator::{Generator, Kind};
use crate::diag::{Code, Diagnostic, Severity};
use crate::world::FilePath;
use crate::yaml::Node;

/// A set being expanded.
pub struct Run<'a, 'w> {
    /// The set.
    pub set: &'a ApplicationSet,
    /// What its generators get from outside.
    pub outside: &'a Outside<'a, 'w>,
    /// The language of its templates.
    pub language: Language,
    /// What is probably not meant.
    pub lint: Lint,
    clusters: OnceCell<Rc<Registered>>,
    listings: RefCell<BTreeMap<FilePath, Rc<Listing>>>,
    files: RefCell<BTreeMap<FilePath, Result<Rc<File>, Failure>>>,
    /// How many maps have a number.
    aliases: Cell<u32>,
}

/// What one generator of an entry made.
pub struct Made {
    /// Which.
    pub kind: Kind,
    /// The generator.
    pub node: Node,
    /// Its parameter sets, without those that the entry's selector drops.
    pub sets: Vec<Params>,
}

impl<'a, 'w> Run<'a, 'w> {
    /// A run that has done nothing yet.
    pub fn new(set: &'a ApplicationSet, outside: &'a Outside<'a, 'w>, language: Language) -> Self {
        let (lint, clusters, listings, files, aliases) = Default::default();
        Self { set, outside, language, lint, clusters, listings, files, aliases }
    }

    /// The clusters that are registered.
    pub fn clusters(&self) -> Rc<Registered> {
        Rc::clone(self.clusters.get_or_init(|| Rc::new(Registered::new(self.outside, self.language.go))))
    }

    /// What stands in a repository, walked through once.
    pub fn listing(&self, root: &FilePath) -> Rc<Listing> {
        let mut listings = self.listings.borrow_mut();
        let listing = || Rc::new(Listing::new(self.outside.reader, root));
        Rc::clone(listings.entry(root.clone()).or_insert_with(listing))
    }

    /// What a file with parameters says, read once.
    ///
    /// # Errors
    /// It can't be read, or isn't one.
    pub fn file(&self, root: &FilePath, path: &str) -> Result<Rc<File>, Failure> {
        let path = root.join(path).unwrap_or_else(|| root.clone());
        let mut files = self.files.borrow_mut();
        let entry = files.entry(path);
        let path = entry.key().clone();
        entry.or_insert_with(|| File::read(self.outside.reader, &path).map(Rc::new)).clone()
    }

    /// A set whose maps are going to be in several.
    pub fn aliased(&self, set: &Params) -> Params {
        let mut next = self.aliases.get();
        let made = set.aliased(&mut next);
        self.aliases.set(next);
        made
    }

    /// What seeds the randomness of templates.
    pub fn identity(&self) -> Vec<String> {
        vec![self.set.namespace.clone().unwrap_or_default(), self.set.name.clone()]
    }

    /// The answer of the world that a generator lacks.
    pub fn missing_input(&self, asked: Asked, generator: &Node) -> Failure {
        let (what, said) = match asked {
            Asked::ScmProvider => ("what the SCM provider lists", "error listing repos: no recorded answer"),
            Asked::PullRequest => ("the pull requests that there are", "error listing repos: no recorded answer"),
            Asked::Plugin => ("what the plugin answers", "error getting plugin from generator: no recorded answer"),
            Asked::ClusterDecisionResource => ("the ConfigMap, or the decisions", "no recorded objects"),
        };
        Failure::of(
            said,
            Diagnostic::error(
                Code::GENERATOR_INPUT,
                format!("the generator needs to know {what}, and no input says so"),
            )
            .at(generator.origin, "asks for it")
            .hint("say it in a file of kind `GeneratorInputs`, named with `--inputs FILE`:")
            .hint(inputs::wanted(asked, generator)),
        )
    }

    /// Tells a failure that doesn't end the set.
    pub fn warn(&self, failure: Failure) {
        for mut diagnostic in failure.diagnostics {
            diagnostic.severity = Severity::Warning;
            self.lint.warn(diagnostic);
        }
    }

    /// Looks at a text that was rendered for a generator.
    pub fn see(&self, text: &Text, rendered: &Rendered) {
        if self.language.go {
            self.lint.no_value(text, &rendered.text, false);
            self.lint.seeded(text, &rendered.seeded);
        }
    }

    /// What looks at the texts of a generator that a matrix renders.
    pub fn watch(&self) -> impl Watch + '_ {
        struct Nested<'r>(&'r Lint);
        impl Watch for Nested<'_> {
            fn text(&mut self, _: &[EcoString], text: &Text, rendered: &Rendered) {
                self.0.no_value(text, &rendered.text, true);
                self.0.seeded(text, &rendered.seeded);
            }
        }
        Nested(&self.lint)
    }

    /// What the generators of an entry make (`Transform`). `written`: the entry as it stands in the manifest, if a
    /// matrix rendered it.
    ///
    /// # Errors
    /// The first generator that fails; those after it are tried too, and what is wrong with them is told as well.
    pub fn transform(&self, generator: &Generator, written: Option<&Generator>) -> Result<Vec<Made>, Failure> {
        // The selector that counts is the one before a matrix rendered it.
        let selector = written.unwrap_or(generator).selector();
        let selector = selector
            .map(|node| Selector::new(node, Rules::Parameters))
            .transpose()
            .map_err(|failure| failure.within("error parsing label selector: "))?;
        let mut made = Vec::new();
        let mut failed: Option<Failure> = None;
        for (kind, node) in generator.kinds() {
            let sets = match kind {
                Kind::List => list::generate(self, node, written.is_some()),
                Kind::Clusters => clusters::generate(self, node),
                Kind::Git => git::generate(self, node),
                Kind::ScmProvider => scm_provider::generate(self, node),
                Kind::ClusterDecisionResource => cluster_decision_resource::generate(self, node, written.is_some()),
                Kind::PullRequest => pull_request::generate(self, node),
                Kind::Matrix => matrix::generate(self, generator, node),
                Kind::Merge => merge::generate(self, generator, node),
                Kind::Plugin => plugin::generate(self, node),
            };
            match (sets, &mut failed) {
                (Ok(mut sets), _) => {
                    let before = sets.len();
                    if let Some(selector) = &selector {
                        let strings = !self.language.go || self.outside.version >= Version::V3_4;
                        sets.retain(|set| selector.matches_flat(&set.flattened(strings)));
                    }
                    if sets.is_empty() && (before > 0 || !matrix::is_combination(kind)) {
                        self.lint.nothing(kind.name(), node.origin, before);
                    }
                    made.push(Made { kind, node: node.clone(), sets });
                }
                (Err(failure), None) => failed = Some(failure),
                (Err(failure), Some(first)) => first.diagnostics.extend(failure.diagnostics),
            }
        }
        match failed {
            Some(failure) => Err(failure),
            None => Ok(made),
        }
    }

    /// What the one generator of an entry in a matrix or merge makes.
    ///
    /// # Errors
    /// It fails, or there isn't just one.
    pub fn child(&self, generator: &Generator, written: Option<&Generator>) -> Result<Vec<Params>, Failure> {
        let made = self
            .transform(generator, written)
            .map_err(|failure| failure.within("child generator returned an error on parameter generation: "))?;
        let count = made.len();
        let mut made = made.into_iter();
        match (made.next(), count) {
            (Some(one), 1) => Ok(one.sets),
            (None, _) => {
                let message = "an entry of a matrix or merge holds no generator";
                let mut failure = Failure::invalid(
                    "child generator generated no parameters",
                    message,
                    generator.origin(),
                    "no generator that Argo CD knows",
                );
                for diagnostic in failure.diagnostics.iter_mut() {
                    *diagnostic =
                        diagnostic.clone().hint("matrices and merges nest once: on the third level neither is allowed");
                }
                Err(failure)
            }
            (Some(_), _) => {
                let message = "an entry of a matrix or merge holds one generator, this one has several";
                let said = "found more than one generator in matrix.Generators";
                Err(Failure::invalid(said, message, generator.origin(), "more than one generator"))
            }
        }
    }
}
