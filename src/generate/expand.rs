//! An ApplicationSet to its Applications.

use std::collections::BTreeMap;
use std::sync::Arc;

use ecow::EcoString;

use super::failure::Failure;
use super::lint::Lint;
use super::outside::Outside;
use super::params::Params;
use super::run::Run;
use super::template::{Compiler, Language, Rendered, Scope, Template, Text, Watch};
use super::{destination, template_merge, template_patch};
use crate::argocd::application_set::ApplicationSet;
use crate::argocd::application_set::application::{APPLICATION, TEMPLATE};
use crate::argocd::application_set::generator::{Generator, Kind};
use crate::argocd::application_set::go_type::complete;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::Origin;
use crate::yaml::{Entry, Map, Node};

/// What an ApplicationSet makes.
#[derive(Debug, Default)]
pub struct Expanded {
    /// Its Applications, by name. None if the set was [aborted](Expanded::aborted).
    pub applications: Vec<Generated>,
    /// Those that Argo CD leaves out, with the reason. The others are made all the same.
    pub refused: Vec<Refused>,
    /// Why the whole set makes nothing.
    pub aborted: Option<Aborted>,
    /// All that is wrong with it, or probably not meant.
    pub diagnostics: Diagnostics,
}

/// The end of a whole set.
#[derive(Clone, Debug)]
pub struct Aborted {
    /// What Argo CD says of it, as far as that is known.
    pub text: String,
}

/// An Application, and what made it.
#[derive(Clone, Debug)]
pub struct Generated {
    /// `metadata.name`.
    pub name: EcoString,
    /// The manifest.
    pub node: Node,
    /// The generator that its parameters came from.
    pub maker: Maker,
    /// The parameters, each with the place where it was read.
    pub params: Arc<Params>,
    pub(super) template: Arc<Compiled>,
}

/// A generator of the top level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Maker {
    /// The entry's place in `spec.generators`.
    pub index: usize,
    /// The kind: an entry may hold generators of several.
    pub kind: Kind,
    /// Where it stands.
    pub origin: Origin,
}

/// An Application that is left out.
#[derive(Clone, Debug)]
pub struct Refused {
    /// Its name, perhaps empty.
    pub name: EcoString,
    /// What Argo CD says of it.
    pub text: String,
    /// Why.
    pub why: Why,
}

/// Why an Application is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It has no name.
    NoName,
    /// Another of the set has its name: neither is made.
    DuplicateName,
    /// Its project isn't there.
    UnknownProject,
    /// Its destination can't be resolved.
    Destination,
}

/// What is rendered for each parameter set of a generator.
#[derive(Debug)]
pub(super) struct Compiled {
    /// `metadata` and `spec`.
    pub template: Template,
    /// The same as it stands: for a set without parameters.
    pub verbatim: Node,
    /// The text of `templatePatch`.
    pub patch: Option<Text>,
    pub language: Language,
    pub preserve_resources: bool,
    pub namespace: EcoString,
    pub identity: Vec<String>,
}

/// Expands an ApplicationSet.
///
/// Clusters, repositories, recorded answers and versions come from `outside`; files are read through its reader, which
/// records them. What fails is told in the result: any error of a generator or template aborts the whole set, as it
/// does in Argo CD, while what is wrong with single Applications leaves these out. Whether their destinations can be
/// resolved is for the caller to find out ([`crate::argocd::destination::resolve`]).
pub fn expand(set: &ApplicationSet, outside: &Outside) -> Expanded {
    let language = match Language::of(set) {
        Ok(language) => language,
        Err(failure) => return Expanded::aborted(failure, Diagnostics::new()),
    };
    let run = Run::new(set, outside, language);
    let mut failed: Option<Failure> = None;
    let mut generated = Vec::new();
    for (index, generator) in set.generators.iter().enumerate() {
        if let Err(failure) = entry(&run, index, generator, &mut generated) {
            match &mut failed {
                None => failed = Some(failure),
                Some(first) => first.diagnostics.extend(failure.diagnostics),
            }
        }
    }
    let mut diagnostics = run.lint.into_diagnostics();
    if let Some(failure) = failed {
        return Expanded::aborted(failure, diagnostics);
    }
    let refused = refused(set, outside, &generated, &mut diagnostics);
    let mut applications = Vec::with_capacity(generated.len());
    for application in generated {
        if !refused.contains_key(&application.name) {
            applications.push(application);
        }
    }
    applications.sort_by(|a, b| a.name.cmp(&b.name));
    Expanded { applications, refused: refused.into_values().collect(), aborted: None, diagnostics }
}

impl Expanded {
    fn aborted(failure: Failure, mut diagnostics: Diagnostics) -> Self {
        diagnostics.extend(failure.diagnostics);
        Self { aborted: Some(Aborted { text: failure.text }), diagnostics, ..Self::default() }
    }
}

/// The Applications of an entry of `generators`.
fn entry(run: &Run, index: usize, generator: &Generator, into: &mut Vec<Generated>) -> Result<(), Failure> {
    let mut failed: Option<Failure> = None;
    let all = run.transform(generator, None)?;
    if all.is_empty() {
        run.lint.no_generator(generator.origin());
    }
    for made in all {
        let template = template_merge::merged(Generator::template(&made.node), &run.set.template);
        let compiled = Arc::new(Compiled::new(run, &template));
        let maker = Maker { index, kind: made.kind, origin: made.node.origin };
        for params in made.sets {
            match compiled.render(&params, &mut Watcher(&run.lint)) {
                Ok(node) => {
                    let name = node.str_at(&["metadata", "name"]).unwrap_or_default().into();
                    let params = Arc::new(params);
                    into.push(Generated { name, node, maker, params, template: Arc::clone(&compiled) });
                }
                // One template fails for many sets in the same way.
                Err(failure) => match &failed {
                    Some(_) => {}
                    None => failed = Some(failure),
                },
            }
        }
    }
    match failed {
        Some(failure) => Err(failure),
        None => Ok(()),
    }
}

/// Looks at what templates of Applications make.
struct Watcher<'r>(&'r Lint);

impl Watch for Watcher<'_> {
    fn text(&mut self, _: &[EcoString], text: &Text, rendered: &Rendered) {
        self.0.no_value(text, &rendered.text, false);
        self.0.seeded(text, &rendered.seeded);
    }
}

impl Compiled {
    fn new(run: &Run, template: &Node) -> Self {
        let template = complete(template, &TEMPLATE);
        let compiler = Compiler { language: run.language, whole_values: false };
        let patch = run.set.template_patch.as_ref();
        Self {
            template: compiler.compile(&template, &TEMPLATE),
            verbatim: template,
            patch: patch.map(|(text, at)| Text::new(text, *at, run.language)),
            language: run.language,
            preserve_resources: run.set.preserve_resources,
            namespace: run.set.namespace.as_deref().unwrap_or(run.outside.namespace).into(),
            identity: run.identity(),
        }
    }

    /// The Application of a parameter set.
    pub(super) fn render(&self, params: &Params, watch: &mut dyn Watch) -> Result<Node, Failure> {
        self.render_in(&Scope::new(params, self.language, self.identity.clone(), false), watch)
    }

    /// The same in a scope that may record.
    pub(super) fn render_in(&self, scope: &Scope, watch: &mut dyn Watch) -> Result<Node, Failure> {
        let mut node = if scope.params.is_empty() {
            self.verbatim.clone()
        } else {
            let mut node = self.template.render(scope, watch)?;
            if !self.preserve_resources {
                add_finalizer(&mut node);
            }
            node
        };
        if let Some(patch) = &self.patch {
            let rendered =
                patch.render(scope).map_err(|failure| failure.within("error replacing values in templatePatch: "))?;
            watch.text(&["templatePatch".into()], patch, &rendered);
            node = template_patch::apply(&node, &rendered.text, patch.origin())?;
            node = complete(&node, &APPLICATION);
        }
        Ok(self.finished(node))
    }

    /// With the fields that every Application of the set has, and without those that no manifest says.
    fn finished(&self, node: Node) -> Node {
        let Some(mut map) = node.as_map().cloned() else { return node };
        map.remove("status");
        map.remove("apiVersion");
        map.remove("kind");
        if let Some(metadata) = map.get_mut("metadata").and_then(Node::as_map_mut) {
            let origin = metadata.get("namespace").map_or(Origin::NONE, |node| node.origin);
            metadata.insert("namespace", origin, Node::new(self.namespace.clone(), origin));
            metadata.remove("creationTimestamp");
        }
        let text = |key: &str, text: &str| Entry {
            key: key.into(),
            key_origin: Origin::NONE,
            value: Node::new(text, node.origin),
        };
        let head = [text("apiVersion", "argoproj.io/v1alpha1"), text("kind", "Application")];
        Node::new(Map::from_unique(head.into_iter().chain(map).collect()), node.origin)
    }
}

/// What makes Argo CD delete an Application's objects with it.
const FINALIZER: &str = "resources-finalizer.argocd.argoproj.io";

fn add_finalizer(node: &mut Node) {
    let Some(metadata) = node.as_map_mut().and_then(|map| map.get_mut("metadata")) else { return };
    let origin = metadata.origin;
    let Some(metadata) = metadata.as_map_mut() else { return };
    if metadata.get("finalizers").is_none() {
        let list = vec![Node::new(FINALIZER, origin)];
        metadata.insert("finalizers", origin, Node::new(list, origin));
    }
}

/// The Applications that are left out (`validateGeneratedApplications`), by name.
fn refused(
    set: &ApplicationSet,
    outside: &Outside,
    generated: &[Generated],
    diagnostics: &mut Diagnostics,
) -> BTreeMap<EcoString, Refused> {
    let mut first: BTreeMap<&EcoString, &Generated> = BTreeMap::new();
    let mut refused: BTreeMap<EcoString, Refused> = BTreeMap::new();
    let set_name = &set.name;
    for application in generated {
        let name = &application.name;
        let name_at = application.node.at(&["metadata", "name"]).map_or(set.template.origin, |name| name.origin);
        let mut refuse = |why: Why, text: String, diagnostic: Diagnostic| {
            if refused.insert(name.clone(), Refused { name: name.clone(), text, why }).is_none() {
                diagnostics.push(diagnostic);
            }
        };
        if name.is_empty() {
            let text = format!(
                "ApplicationSet {set_name} contains an application with no name; a name must be set in the template's \
                 metadata.name or via a templatePatch (generateName is not supported)"
            );
            let message = "an Application of the set has no name";
            let diagnostic = Diagnostic::error(Code::INVALID_APPLICATION_SET, message)
                .at(name_at, "renders to nothing")
                .also(application.maker.origin, "for parameters of this generator");
            refuse(Why::NoName, text, diagnostic);
            continue;
        }
        if let Some(earlier) = first.get(name) {
            let text = format!("ApplicationSet {set_name} contains applications with duplicate name: {name}");
            let mut diagnostic = Diagnostic::error(
                Code::DUPLICATE_APPLICATION,
                format!("the set makes more than one Application `{name}`, so Argo CD makes none of them"),
            )
            .at(name_at, "this template")
            .hint("put into the name what tells the parameter sets apart");
            diagnostic = diagnostic.also(earlier.maker.origin, "one comes from this generator");
            if earlier.maker != application.maker {
                diagnostic = diagnostic.also(application.maker.origin, "another from this one");
            }
            refuse(Why::DuplicateName, text, diagnostic);
            continue;
        }
        first.insert(name, application);
        let project = application.node.at(&["spec", "project"]);
        let project_name = project.and_then(Node::as_str).unwrap_or_default();
        if let Some(projects) = outside.projects.filter(|projects| !projects.contains(project_name)) {
            let text = format!("application references project {project_name} which does not exist");
            let at = project.map_or(application.node.origin, |project| project.origin);
            let diagnostic = Diagnostic::error(
                Code::INVALID_APPLICATION_SET,
                format!("the project `{project_name}` of Application `{name}` doesn't exist"),
            )
            .at(at, "no such project")
            .did_you_mean(project_name, projects.iter().map(String::as_str));
            refuse(Why::UnknownProject, text, diagnostic);
            continue;
        }
        if !outside.check_destinations {
            continue;
        }
        if let Err(why) = destination::check(&application.node, outside) {
            let at = application.node.at(&["spec", "destination"]).map_or(application.node.origin, |node| node.origin);
            let text = format!("application destination spec is invalid: {why}");
            let diagnostic = Diagnostic::error(
                Code::UNKNOWN_DESTINATION,
                format!("the destination of Application `{name}` is no cluster: {why}"),
            )
            .at(at, "this destination");
            refuse(Why::Destination, text, diagnostic);
        }
    }
    refused
}
