//! Where a field of an object comes from: the app is rendered once more, recording, and the chain of origins is read.

mod field;
mod show;

use super::unit::{Manifests, manifests, same_object};
use super::{AppResult, Compiled, Run, plan_cluster};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::generate::trace::FieldTrace;
use crate::kube::ObjectId;
use crate::plan::application_sets::MadeBy;
use crate::plan::layers::Layouts;
use crate::plan::{App, AppKey, AppOrigin};
use crate::provenance::{IMPORTED, Key, Recorder, RenderMap, Segment, Step, ValueRead, leaves};
use crate::source::{FileId, Origin, SourceKind, Sources, Span};
use crate::yaml::Node;

pub use field::FieldPath;

/// What is known of a field.
#[derive(Clone, Debug)]
pub struct Explained {
    /// The cluster.
    pub cluster: String,
    /// The object.
    pub object: String,
    /// The fields asked for: one, or all below a mapping or list.
    pub fields: Vec<Field>,
    /// What made the app, nearest first.
    pub made_by: Vec<Link>,
}

/// A field and what stands behind it.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its path.
    pub path: String,
    /// Its value, as JSON.
    pub value: String,
    /// How it came to be, nearest first.
    pub chain: Vec<Link>,
}

/// A step on the way to a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// What happened there.
    pub what: String,
    /// `file:line:column`; empty where there is no file.
    pub place: String,
    /// The line there.
    pub line: String,
    /// How far it is from the field: what a link rests on is one deeper.
    pub depth: usize,
}

/// Explains a field of an object on a cluster; all fields of the object where none is named.
///
/// # Errors
/// There is no such cluster, object or field.
pub fn explain(
    run: &Run,
    compiled: &Compiled,
    cluster: &str,
    object: &str,
    field: Option<&str>,
) -> Result<Explained, Diagnostics> {
    let fleet = &compiled.fleet;
    let Some(id) = fleet.cluster(cluster) else {
        let known = fleet.clusters.iter().map(|c| &*c.name);
        let message = format!("`{cluster}` is not a cluster of this fleet");
        return Err(Diagnostic::error(Code::INVALID_VALUE, message).did_you_mean(cluster, known).into());
    };
    let here = || compiled.apps.iter().filter(|(_, result)| result.cluster == Some(id));
    let found =
        here().find_map(|(key, result)| Some((key, result, result.objects.iter().find(|o| names(&o.id, object))?)));
    let Some((key, result, wanted)) = found else {
        let all: Vec<String> = here().flat_map(|(_, r)| &r.objects).map(|o| o.id.to_string()).collect();
        let message = format!("there is no object `{object}` on cluster `{cluster}`");
        let diagnostic = Diagnostic::error(Code::INVALID_VALUE, message)
            .did_you_mean(object, all.iter().map(String::as_str))
            .hint("an object is named Kind[.group]/[namespace/]name, as in Deployment/shop/web");
        return Err(diagnostic.into());
    };
    let recorder = Recorder::recording();
    let Some(app) = recorded_app(run, compiled, key, result, &recorder) else {
        return Err(Diagnostic::error(Code::INVALID_VALUE, "this object was made by Terrace itself").into());
    };
    let Some(at) = fleet.clusters.get(id) else { return Err(Diagnostics::new()) };
    let Manifests { manifests, diagnostics, .. } = manifests(run, &app, at, &recorder);
    let same = |node: &Node| {
        ObjectId::of(node).is_some_and(|other| {
            let bare = ObjectId { namespace: wanted.id.namespace.clone(), ..other.clone() };
            same_object(&other, &wanted.id) || (wanted.id.namespace.is_empty() && same_object(&bare, &wanted.id))
        })
    };
    let made_by = made_by(run, compiled, key, &app);
    let Some(mut manifest) = manifests.iter().rfind(|m| same(&m.node)).cloned() else {
        if diagnostics.has_errors() {
            return Err(diagnostics);
        }
        // The Namespace of CreateNamespace=true stands in no source.
        let link = Link {
            what: "made for the app's `CreateNamespace=true`".to_owned(),
            ..link(run.world.sources(), app.declared_at, 0)
        };
        let field = Field { path: String::new(), value: String::new(), chain: vec![link] };
        return Ok(Explained {
            cluster: cluster.to_owned(),
            object: wanted.id.to_string(),
            fields: vec![field],
            made_by,
        });
    };
    let metadata = manifest.node.as_map_mut().and_then(|m| m.get_mut("metadata")).and_then(Node::as_map_mut);
    if let Some(metadata) = metadata.filter(|_| wanted.id.namespace.is_empty()) {
        // What turned out to be cluster-wide names none.
        metadata.remove("namespace");
    }
    let path = FieldPath::parse(field.unwrap_or_default())?;
    let node = path.find(&manifest.node)?;
    let traced = app.made_by.as_ref().map(|made| made.generated.trace()).unwrap_or_default();
    let chains = Chains { sources: run.world.sources(), recorder: &recorder, traced: &traced };
    let mut fields = Vec::new();
    chains.leaves(&manifest.node, node, &mut fields);
    Ok(Explained { cluster: cluster.to_owned(), object: wanted.id.to_string(), fields, made_by })
}

/// Whether an object is meant: `Kind[.group]/[namespace/]name`, the namespace left out if it is clear without.
fn names(id: &ObjectId, asked: &str) -> bool {
    let parts: Vec<&str> = asked.split('/').collect();
    let (kind, namespace, name) = match parts.as_slice() {
        [kind, name] => (*kind, None, *name),
        [kind, namespace, name] => (*kind, Some(*namespace), *name),
        _ => return false,
    };
    let (kind, group) = kind.split_once('.').map_or((kind, None), |(kind, group)| (kind, Some(group)));
    id.name == name
        && id.kind.eq_ignore_ascii_case(kind)
        && group.is_none_or(|group| id.group == group)
        && namespace.is_none_or(|namespace| id.namespace == namespace)
}

/// The app with what its values replaced on record.
fn recorded_app(run: &Run, compiled: &Compiled, key: &AppKey, result: &AppResult, recorder: &Recorder) -> Option<App> {
    let app = result.app.clone()?;
    if !matches!(app.origin, AppOrigin::Layer { .. }) {
        return Some(app);
    }
    let planned = plan_cluster(&compiled.fleet, app.cluster, &Layouts::default(), run, recorder);
    planned.apps.into_iter().find(|a| a.key == *key).or(Some(app))
}

/// What made the app: its directory or its Application, then what made that, up to the root.
fn made_by(run: &Run, compiled: &Compiled, key: &AppKey, app: &App) -> Vec<Link> {
    let sources = run.world.sources();
    let mut links = Vec::new();
    let mut next = Some((key, Some(app)));
    while let Some((_, Some(app))) = next {
        let what = match &app.origin {
            AppOrigin::Layer { layer_name, instance, .. } => {
                format!("app `{}` of layer `{layer_name}` (instance `{instance}`)", app.tree_name)
            }
            AppOrigin::Root => format!("root `{}`", app.sources.first().map_or("", |s| &s.shown)),
            AppOrigin::Application(_) => format!("Application `{}`", app.tree_name),
        };
        links.push(Link { what, ..link(sources, app.declared_at, 0) });
        if let Some(made) = &app.made_by {
            set(sources, made, &mut links);
        }
        if links.len() > crate::plan::applications::MAX_DEPTH + 2 {
            break;
        }
        // A set is no app: what made it comes next.
        let parent = app.parent.as_ref().and_then(|p| Some((p, compiled.apps.get(p)?)));
        let parent = match parent {
            Some((AppKey::ApplicationSet { .. }, set)) => {
                set.parent.as_ref().and_then(|p| Some((p, compiled.apps.get(p)?)))
            }
            other => other,
        };
        next = parent.map(|(key, result)| (key, result.app.as_ref()));
    }
    links
}

/// The set that made an Application: its generator, and the parameters by the places where they were read.
fn set(sources: &Sources, made: &MadeBy, links: &mut Vec<Link>) {
    let AppKey::ApplicationSet { name, .. } = &made.set else { return };
    let maker = made.generated.maker;
    let what = format!("ApplicationSet `{name}`, by its generator `{}`", maker.kind.name());
    links.push(Link { what, ..link(sources, maker.origin, 0) });
    let params = made.generated.params.to_node();
    let mut found = Vec::new();
    leaves(sources, &params, &params, &mut |leaf| found.push(leaf));
    found.sort_by(|a, b| a.path.cmp(&b.path));
    for leaf in found.into_iter().take(MAX_FIELDS) {
        let path = match leaf.path.as_slice() {
            // Flat names have their dots in them.
            [Key::Name(name)] => name.to_string(),
            path => shown(path),
        };
        let what = format!("`{path}` is {}", crate::yaml::to_json(leaf.node));
        links.push(Link { what, ..link(sources, leaf.node.origin, 1) });
    }
}

fn link(sources: &Sources, origin: Origin, depth: usize) -> Link {
    let Some(file) = sources.get(origin.file) else {
        return Link { what: String::new(), place: String::new(), line: String::new(), depth };
    };
    let at = file.line_column(origin.at as usize);
    Link {
        what: String::new(),
        place: format!("{}:{}:{}", file.name, at.line, at.column),
        line: file.line(at.line).trim().to_owned(),
        depth,
    }
}

/// A path as people write it.
fn shown(path: &[Key]) -> String {
    path.iter().fold(String::new(), |path, key| match key {
        Key::Name(name) => field::below(&path, name),
        Key::Index(at) => format!("{path}[{at}]"),
    })
}

/// How many fields one answer shows.
const MAX_FIELDS: usize = 500;
/// How long one chain may be.
const MAX_CHAIN: usize = 100;

struct Chains<'a> {
    sources: &'a Sources,
    recorder: &'a Recorder,
    /// What the templates of the ApplicationSet read that made the app.
    traced: &'a [FieldTrace],
}

impl Chains<'_> {
    /// The field itself, or each below it.
    fn leaves(&self, root: &Node, part: &Node, fields: &mut Vec<Field>) {
        let mut found = Vec::new();
        leaves(self.sources, root, part, &mut |leaf| found.push(leaf));
        found.sort_by(|a, b| a.path.cmp(&b.path));
        for leaf in found.into_iter().take(MAX_FIELDS) {
            let path = shown(&leaf.path);
            let mut chain = Vec::new();
            self.origin(leaf.node.origin, "written", 0, &mut chain);
            let told: Vec<&ValueRead> = leaf.reads.iter().collect();
            for read in leaf.placed.iter().filter(|read| !told.contains(read)) {
                self.read(read, "there because of ", 0, &mut chain);
            }
            fields.push(Field { path, value: crate::yaml::to_json(leaf.node), chain });
        }
    }

    fn origin(&self, origin: Origin, what: &str, depth: usize, chain: &mut Vec<Link>) {
        if chain.len() >= MAX_CHAIN {
            return;
        }
        if let Some(step) = self.recorder.get(origin) {
            let before = match step.action.as_str() {
                "overrides" => "overriding",
                IMPORTED => "imported from a chart that is switched on",
                _ => return self.steps(step, depth, chain),
            };
            self.origin(step.by, what, depth, chain);
            if step.was != Origin::NONE {
                self.origin(step.was, before, depth + 1, chain);
            }
            return;
        }
        let Some(file) = self.sources.get(origin.file) else {
            // An Application that a template made: its text was read in the plan, and isn't kept.
            let made = origin.file == FileId::TRANSIENT;
            let what = if made { format!("{what}, in what a template made") } else { "made by Terrace".to_owned() };
            chain.push(Link { what, ..link(self.sources, origin, depth) });
            return;
        };
        let map = match &file.kind {
            SourceKind::Rendered(map) => map,
            SourceKind::Quoted(at) => {
                let at = self.sources.unquoted(&file, origin.at).unwrap_or(*at);
                return self.origin(at, what, depth, chain);
            }
            SourceKind::File => {
                chain.push(Link { what: what.to_owned(), ..link(self.sources, origin, depth) });
                let here = self.traced.iter().filter(|field| field.template == origin);
                return here
                    .flat_map(|field| field.reads.iter())
                    .for_each(|read| self.parameter(read, depth + 1, chain));
            }
        };
        let token = self.sources.widen(Span { file: origin.file, start: origin.at, end: origin.at });
        // Each part of the template once, and once whatever several parts of it read: where a string is spelled in a way
        // that hides its parts, they all have the place of the whole.
        let mut told: Vec<(Span, Vec<&ValueRead>)> = Vec::new();
        for segment in map.segments_in(token.start, token.end) {
            let known = told.iter().position(|(template, _)| *template == segment.template);
            let part = known.unwrap_or_else(|| {
                let at = self.in_template(&file.text, map, segment, token.start);
                let how = if segment.exact { "copied by the template" } else { "written by the template" };
                chain.push(Link { what: how.to_owned(), ..link(self.sources, at, depth) });
                told.push((segment.template, Vec::new()));
                told.len() - 1
            });
            let Some((_, reads)) = told.get_mut(part) else { continue };
            for read in segment.reads.iter() {
                if !reads.contains(&read) {
                    reads.push(read);
                    self.read(read, "", depth + 1, chain);
                }
            }
        }
    }

    /// What put a value there, and one below the other what had done so before.
    fn steps(&self, step: Step, depth: usize, chain: &mut Vec<Link>) {
        self.origin(step.by, &step.action, depth, chain);
        let mut was = step.was;
        while let Some(step) =
            self.recorder.get(was).filter(|step| !matches!(step.action.as_str(), "overrides" | IMPORTED))
        {
            self.origin(step.by, &step.action, depth + 1, chain);
            was = step.was;
            if chain.len() >= MAX_CHAIN {
                return;
            }
        }
        if was != Origin::NONE {
            self.origin(was, "before", depth + 1, chain);
        }
    }

    /// Where a segment's part from byte `at` of the output on stands in the template: in text that was copied right there,
    /// else where the template's expression starts.
    fn in_template(&self, output: &str, map: &RenderMap, segment: &Segment, at: u32) -> Origin {
        let Segment { start, template, .. } = *segment;
        let file = self.sources.get(template.file);
        let copied = file.as_ref().and_then(|file| {
            let made = output.get(start as usize..map.end(segment, output.len()))?;
            segment.copied_at(made, file.text.get(template.range())?)
        });
        let inside = copied.map_or(0, |skipped| skipped + at.saturating_sub(start) as usize);
        Origin::new(template.file, template.start as usize + inside)
    }

    /// A parameter of the ApplicationSet that made the app.
    fn parameter(&self, read: &ValueRead, depth: usize, chain: &mut Vec<Link>) {
        let path = read.path.iter().fold(String::new(), |path, part| field::below(&path, part));
        let set = if read.origin == Origin::NONE { "" } else { " set" };
        let what = format!("parameter `{path}`{set}");
        chain.push(Link { what, ..link(self.sources, read.origin, depth) });
    }

    fn read(&self, read: &ValueRead, how: &str, depth: usize, chain: &mut Vec<Link>) {
        let mut path = read.path.iter().fold(String::new(), |path, part| field::below(&path, part));
        let of_helm = read.path.first().is_some_and(|root| root.starts_with(char::is_uppercase));
        if of_helm {
            path.insert(0, '.');
        }
        if read.origin != Origin::NONE {
            return self.origin(read.origin, &format!("{how}`{path}` set"), depth, chain);
        }
        // What Terrace tells a template of the layout was set in no file; nor is a whole that files only have parts of.
        let told = read.path.first().is_some_and(|root| matches!(root.as_str(), "app" | "layer" | "path"));
        let what = match (told, of_helm && read.path.len() == 1) {
            (true, _) => format!("{how}`{path}`, from the layout"),
            (_, true) => format!("{how}`{path}`, all of it"),
            _ => format!("{how}`{path}`, which is not set"),
        };
        chain.push(Link { what, ..link(self.sources, Origin::NONE, depth) });
    }
}
