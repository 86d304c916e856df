//! Templates: trees whose strings are texts in one of the two template languages (applicationset/utils/utils.go).
//!
//! A tree is compiled once for a set, and rendered for each parameter set. What has no template in it is shared by all.

use std::sync::Arc;

use ecow::{EcoString, EcoVec};

use super::failure::Failure;
use super::fasttemplate::FastTemplate;
use super::functions;
use super::params::Params;
use crate::argocd::application_set::ApplicationSet;
use crate::argocd::application_set::go_type::{Struct, Type};
use crate::diag::{Code, Diagnostic};
use crate::provenance::ReadSet;
use crate::render::helm::effects::Seeded;
use crate::render::helm::gotemplate::ast::Tree;
use crate::render::helm::gotemplate::call::Fault;
use crate::render::helm::gotemplate::exec::{Effects, Exec, Limits, MissingKey, Setup, Site};
use crate::render::helm::gotemplate::parse::parse;
use crate::render::helm::gotemplate::set::Templates;
use crate::render::helm::gotemplate::value::Tracked;
use crate::source::{FileId, Origin};
use crate::yaml::{Entry, Map, Node, Value};

/// What every text of an ApplicationSet is rendered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Language {
    /// Whether texts are Go templates.
    pub go: bool,
    /// What an absent key is to them.
    pub missing_key: MissingKey,
}

impl Language {
    /// The language of a set.
    ///
    /// # Errors
    /// An option that Go doesn't have: there it is a panic.
    pub fn of(set: &ApplicationSet) -> Result<Self, Failure> {
        let mut language = Self { go: set.go_template, missing_key: MissingKey::Invalid };
        if !set.go_template {
            return Ok(language);
        }
        for (option, at) in &set.go_template_options {
            language.missing_key = match option.as_str() {
                "missingkey=default" | "missingkey=invalid" => MissingKey::Invalid,
                "missingkey=zero" => MissingKey::Zero,
                "missingkey=error" => MissingKey::Error,
                _ => {
                    let known = ["missingkey=default", "missingkey=zero", "missingkey=error"];
                    let message = format!("Go templates have no option `{option}`");
                    return Err(Failure::of(
                        format!("panic: unrecognized option: {option}"),
                        Diagnostic::error(Code::INVALID_APPLICATION_SET, message)
                            .at(*at, "no such option")
                            .did_you_mean(option, known)
                            .hint("known are `missingkey=error`, `missingkey=zero` and `missingkey=default`"),
                    ));
                }
            };
        }
        Ok(language)
    }
}

/// The parameters that templates are rendered with, as both languages see them.
pub struct Scope<'p> {
    /// The set.
    pub params: &'p Params,
    value: Tracked,
    /// What makes the randomness of one set differ from that of another.
    identity: Vec<String>,
    record: bool,
}

impl<'p> Scope<'p> {
    /// A scope of its own: what a template puts into dot, those after it see.
    pub fn new(params: &'p Params, language: Language, identity: Vec<String>, record: bool) -> Self {
        let value = if language.go { params.to_value(record) } else { Tracked::default() };
        Self { params, value, identity, record }
    }
}

/// A string that may be a template.
#[derive(Clone, Debug)]
pub struct Text {
    text: EcoString,
    origin: Origin,
    language: Language,
    parsed: Parsed,
}

#[derive(Clone, Debug)]
enum Parsed {
    Plain,
    Fast(FastTemplate),
    Go(Arc<GoTemplate>),
    Broken(Box<Failure>),
}

#[derive(Debug)]
struct GoTemplate {
    templates: Templates,
    main: Arc<Tree>,
}

/// A text that was rendered.
#[derive(Debug)]
pub struct Rendered {
    /// The text.
    pub text: String,
    /// While recording: what it was made of.
    pub reads: ReadSet,
    /// Whether it is the first of these as it is.
    pub exact: bool,
    /// The functions that made something up, or asked for the time (true).
    pub seeded: Vec<(String, bool)>,
}

/// Randomness that differs from set to set, made when somebody asks for it.
struct Lazy<'s, 'p> {
    scope: &'s Scope<'p>,
    seeded: Option<Seeded>,
}

impl Lazy<'_, '_> {
    fn seeded(&mut self) -> &mut Seeded {
        let scope = self.scope;
        self.seeded.get_or_insert_with(|| {
            let params = crate::yaml::to_json(&scope.params.to_node());
            let identity: Vec<&str> = scope.identity.iter().map(String::as_str).chain([params.as_str()]).collect();
            Seeded::new(&identity)
        })
    }
}

impl Effects for Lazy<'_, '_> {
    fn random(&mut self, site: &Site, buffer: &mut [u8]) -> Result<(), Fault> {
        self.seeded().random(site, buffer)
    }

    fn now(&mut self, site: &Site) -> i128 {
        self.seeded().now(site)
    }
}

impl Text {
    /// Compiles a text. One that can't be parsed fails when it is rendered, as it does in Argo CD.
    pub fn new(text: &str, origin: Origin, language: Language) -> Self {
        Self { text: text.into(), origin, language, parsed: parsed(text, origin, language) }
    }

    /// Whether it is the same whatever the parameters are.
    pub fn is_plain(&self) -> bool {
        matches!(self.parsed, Parsed::Plain)
    }

    /// The text with parameters put in.
    ///
    /// # Errors
    /// The template can't be parsed, or fails.
    pub fn render(&self, scope: &Scope) -> Result<Rendered, Failure> {
        self.render_with(scope, self.language.missing_key).map_err(|error| match error {
            Error::Fault(fault) => self.failed(&fault, scope.params),
            Error::Failure(failure) => *failure,
        })
    }

    /// The text with parameters put in; as it stands if one of them is missing (utils.go: `RenderGeneratorParams`).
    ///
    /// # Errors
    /// The template can't be parsed, or fails otherwise.
    pub fn render_if_whole(&self, scope: &Scope) -> Result<EcoString, Failure> {
        match self.render_with(scope, MissingKey::Error) {
            Ok(rendered) => Ok(rendered.text.into()),
            Err(Error::Fault(fault)) => {
                let text = &fault.text;
                match text.contains("map has no entry for key") || text.contains("can't evaluate field") {
                    true => Ok(self.text.clone()),
                    false => Err(self.failed(&fault, scope.params)),
                }
            }
            Err(Error::Failure(failure)) => Err(*failure),
        }
    }

    fn render_with(&self, scope: &Scope, missing_key: MissingKey) -> Result<Rendered, Error> {
        let plain = |text: String| Rendered { text, reads: ReadSet::NONE, exact: false, seeded: Vec::new() };
        match &self.parsed {
            Parsed::Plain => Ok(plain(self.text.to_string())),
            Parsed::Broken(failure) => Err(Error::Failure(failure.clone())),
            Parsed::Fast(template) => {
                let (reads, exact) = if scope.record { template.reads(scope.params) } else { (ReadSet::NONE, false) };
                Ok(Rendered { text: template.render(scope.params), reads, exact, seeded: Vec::new() })
            }
            Parsed::Go(template) => {
                let mut effects = Lazy { scope, seeded: None };
                let mut exec = Exec::new(Setup {
                    functions: functions::table(),
                    templates: &template.templates,
                    set_name: NAME,
                    missing_key,
                    effects: &mut effects,
                    limits: LIMITS,
                    record: scope.record,
                });
                let (bytes, segments) = exec.execute_tree(&template.main, &scope.value).map_err(Error::Fault)?;
                let text = String::from_utf8(bytes)
                    .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
                let exact = matches!(segments.as_slice(), [only] if only.exact);
                let reads = ReadSet::joined(segments.iter().flat_map(|s| [&s.reads, &s.around]));
                let uses = effects.seeded.map(|seeded| seeded.uses).unwrap_or_default();
                let seeded = uses.into_iter().map(|used| (used.function, used.time)).collect();
                Ok(Rendered { text, reads, exact, seeded })
            }
        }
    }

    fn failed(&self, fault: &Fault, params: &Params) -> Failure {
        let code = if fault.limit { Code::TEMPLATE_FUEL } else { Code::TEMPLATE_ERROR };
        let said = fault.text.split_once(": executing ").map_or(fault.text.as_str(), |(_, said)| said);
        let said = said.split_once(">: ").map_or(said, |(_, said)| said);
        let mut diagnostic = Diagnostic::error(code, format!("the template fails: {said}"));
        let label = match &fault.frame {
            Some(frame) => format!("at `{}`", frame.context),
            None => "this template".to_owned(),
        };
        diagnostic = diagnostic.at(self.origin, label);
        if let Some(key) = said.strip_prefix("map has no entry for key ") {
            let mut known = Vec::new();
            keys(&params.to_node(), &mut known);
            diagnostic = diagnostic.did_you_mean(key.trim_matches('"'), known.iter().map(EcoString::as_str));
        }
        Failure::of(format!("failed to execute go template {}: {}", self.text, fault.text), diagnostic)
    }

    /// Where it stands.
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// Whether it is a Go template.
    pub fn is_go(&self) -> bool {
        self.language.go
    }

    /// Whether it asks for what Go prints for nothing by itself.
    pub fn says(&self, words: &str) -> bool {
        self.text.contains(words)
    }
}

/// All keys of a tree.
fn keys(node: &Node, into: &mut Vec<EcoString>) {
    for entry in node.as_map().into_iter().flatten() {
        into.push(entry.key.clone());
        keys(&entry.value, into);
    }
}

enum Error {
    Fault(Fault),
    Failure(Box<Failure>),
}

/// How Argo CD calls all its templates.
const NAME: &str = "base";

/// Far more than a name or a path takes.
const LIMITS: Limits = Limits { steps: 5_000_000, bytes: 256 << 20, text: 16 << 20, depth: 1_000 };

fn parsed(text: &str, origin: Origin, language: Language) -> Parsed {
    let broken = |said: String, why: &str| {
        let message = format!("the template can't be parsed: {why}");
        let diagnostic = Diagnostic::error(Code::TEMPLATE_SYNTAX, message).at(origin, "this template");
        Parsed::Broken(Box::new(Failure::of(said, diagnostic)))
    };
    if !language.go {
        return match FastTemplate::parse(text) {
            Ok(None) => Parsed::Plain,
            Ok(Some(template)) => Parsed::Fast(template),
            Err(why) => broken(format!("invalid template: {why}"), "a `{{` is never closed"),
        };
    }
    if !text.contains("{{") {
        return Parsed::Plain;
    }
    match parse(NAME, Arc::from(text), FileId::NONE, functions::table()) {
        Ok(trees) => {
            let trees: Vec<Arc<Tree>> = trees.into_iter().map(Arc::new).collect();
            let Some(main) = trees.iter().find(|tree| tree.name == NAME).cloned() else { return Parsed::Plain };
            let mut templates = Templates::new();
            templates.add(trees);
            Parsed::Go(Arc::new(GoTemplate { templates, main }))
        }
        Err(fault) => {
            let why = fault.text.splitn(4, ':').nth(3).unwrap_or(&fault.text).trim().to_owned();
            broken(format!("failed to parse template {text}: {}", fault.text), &why)
        }
    }
}

/// A tree with templates in it.
#[derive(Clone, Debug)]
pub enum Template {
    /// The same for all.
    Fixed(Node),
    /// A string.
    Text(Box<Text>),
    /// A string that stays as it is where a parameter is missing.
    WholeText(Box<Text>),
    /// What Go keeps as JSON: the failures of texts in it say so.
    Json(Box<Template>),
    /// A list.
    List(Vec<Template>, Origin),
    /// A mapping.
    Map(Vec<Field>, Origin),
}

/// An entry of a mapping.
#[derive(Clone, Debug)]
pub struct Field {
    key: Key,
    key_origin: Origin,
    value: Template,
    /// Whether it is left out if it is an empty string.
    omit_empty: bool,
}

#[derive(Clone, Debug)]
enum Key {
    Fixed(EcoString),
    Text(Text),
}

/// How a tree is compiled.
#[derive(Clone, Copy)]
pub struct Compiler {
    /// The language of its texts.
    pub language: Language,
    /// Whether `values` of generators stay as they are where a parameter is missing.
    pub whole_values: bool,
}

impl Compiler {
    /// A struct in normal form.
    pub fn compile(self, node: &Node, target: &'static Struct) -> Template {
        let Some(map) = node.as_map() else { return Template::Fixed(node.clone()) };
        let mut fields = Vec::with_capacity(map.len());
        for entry in map {
            let Some(field) = target.find(&entry.key) else { continue };
            let values = self.whole_values && field.name == "values" && matches!(field.ty, Type::Texts);
            let value = if values { self.values(&entry.value) } else { self.typed(&entry.value, &field.ty) };
            fields.push(Field {
                key: Key::Fixed(entry.key.clone()),
                key_origin: entry.key_origin,
                value,
                omit_empty: matches!(field.ty, Type::Text) && !field.always,
            });
        }
        map_template(fields, node)
    }

    fn typed(self, node: &Node, ty: &'static Type) -> Template {
        match ty {
            Type::Pointer(inner) => self.typed(node, inner),
            Type::Struct(target) => self.compile(node, target),
            Type::Json => in_json(self.json(&super::params::rounded(node))),
            Type::Jsons => {
                let fields = node.as_map().into_iter().flatten().map(|entry| {
                    let key = Text::new(&entry.key, entry.key_origin, self.language);
                    Field {
                        key: if key.is_plain() { Key::Fixed(entry.key.clone()) } else { Key::Text(key) },
                        key_origin: entry.key_origin,
                        value: in_json(self.json(&super::params::rounded(&entry.value))),
                        omit_empty: false,
                    }
                });
                map_template(fields.collect(), node)
            }
            Type::List(of) => {
                let items = node.as_seq().unwrap_or_default().iter().map(|item| self.typed(item, of)).collect();
                list_template(items, node)
            }
            _ => self.json(node),
        }
    }

    /// `values` of a generator: keys are no templates.
    fn values(self, node: &Node) -> Template {
        let entries = node.as_map().into_iter().flatten();
        let fields = entries.map(|entry| Field {
            key: Key::Fixed(entry.key.clone()),
            key_origin: entry.key_origin,
            value: match self.json(&entry.value) {
                Template::Text(text) => Template::WholeText(text),
                other => other,
            },
            omit_empty: false,
        });
        map_template(fields.collect(), node)
    }

    /// Anything: strings and keys are templates.
    fn json(self, node: &Node) -> Template {
        match &node.value {
            Value::Str(text) => {
                let text = Text::new(text, node.origin, self.language);
                if text.is_plain() { Template::Fixed(node.clone()) } else { Template::Text(Box::new(text)) }
            }
            Value::Seq(items) => list_template(items.iter().map(|item| self.json(item)).collect(), node),
            Value::Map(map) => {
                // Go's walk leaves nulls of a map out.
                let fields = map.iter().filter(|entry| !entry.value.is_null()).map(|entry| {
                    let key = Text::new(&entry.key, entry.key_origin, self.language);
                    Field {
                        key: if key.is_plain() { Key::Fixed(entry.key.clone()) } else { Key::Text(key) },
                        key_origin: entry.key_origin,
                        value: self.json(&entry.value),
                        omit_empty: false,
                    }
                });
                map_template(fields.collect(), node)
            }
            _ => Template::Fixed(node.clone()),
        }
    }
}

fn in_json(template: Template) -> Template {
    if template.is_fixed() { template } else { Template::Json(Box::new(template)) }
}

fn list_template(items: Vec<Template>, node: &Node) -> Template {
    if items.iter().all(Template::is_fixed) {
        let items: EcoVec<Node> = items.into_iter().filter_map(Template::into_fixed).collect();
        return Template::Fixed(Node { value: Value::Seq(items), origin: node.origin });
    }
    Template::List(items, node.origin)
}

fn map_template(fields: Vec<Field>, node: &Node) -> Template {
    if fields.iter().all(|field| matches!(field.key, Key::Fixed(_)) && field.value.is_fixed()) {
        let entries = fields.into_iter().filter_map(|field| match field.key {
            Key::Fixed(key) => Some(Entry { key, key_origin: field.key_origin, value: field.value.into_fixed()? }),
            Key::Text(_) => None,
        });
        return Template::Fixed(Node::new(Map::from_unique(entries.collect()), node.origin));
    }
    Template::Map(fields, node.origin)
}

/// What happened while a tree was rendered.
pub trait Watch {
    /// A text was rendered at a place: the keys that lead there.
    fn text(&mut self, path: &[EcoString], text: &Text, rendered: &Rendered);
}

/// Where a walk through a template is.
struct Walk<'w, 'p> {
    scope: &'w Scope<'p>,
    watch: &'w mut dyn Watch,
    path: Vec<EcoString>,
}

impl Template {
    fn is_fixed(&self) -> bool {
        matches!(self, Self::Fixed(_))
    }

    fn into_fixed(self) -> Option<Node> {
        if let Self::Fixed(node) = self { Some(node) } else { None }
    }

    /// The tree itself, if nothing in it is a template.
    pub fn fixed(&self) -> Option<&Node> {
        if let Self::Fixed(node) = self { Some(node) } else { None }
    }

    /// The tree with parameters put in.
    ///
    /// # Errors
    /// The first template that fails.
    pub fn render(&self, scope: &Scope, watch: &mut dyn Watch) -> Result<Node, Failure> {
        self.walk(&mut Walk { scope, watch, path: Vec::new() })
    }

    fn walk(&self, walk: &mut Walk) -> Result<Node, Failure> {
        Ok(match self {
            Self::Fixed(node) => node.clone(),
            Self::Text(text) => {
                let rendered = text.render(walk.scope)?;
                walk.watch.text(&walk.path, text, &rendered);
                Node::new(rendered.text, text.origin)
            }
            Self::WholeText(text) => {
                let made = text.render_if_whole(walk.scope).map_err(|failure| {
                    let key = walk.path.last().map_or("", EcoString::as_str);
                    failure.within(&format!("failed to pre-resolve Values key {}: ", crate::go::quote(key)))
                })?;
                Node::new(made, text.origin)
            }
            Self::Json(inner) => {
                inner.walk(walk).map_err(|failure| failure.within("failed to deeply replace JSON field contents: "))?
            }
            Self::List(items, origin) => {
                let mut made = EcoVec::with_capacity(items.len());
                for (at, item) in items.iter().enumerate() {
                    walk.path.push(at.to_string().into());
                    let item = item.walk(walk);
                    walk.path.pop();
                    made.push(item?);
                }
                Node { value: Value::Seq(made), origin: *origin }
            }
            Self::Map(fields, origin) => Node::new(Self::fields(fields, walk)?, *origin),
        })
    }

    fn fields(fields: &[Field], walk: &mut Walk) -> Result<Map, Failure> {
        let mut made = EcoVec::with_capacity(fields.len());
        let mut renamed = false;
        for field in fields {
            let mut push = |key: EcoString, walk: &mut Walk| -> Result<(), Failure> {
                walk.path.push(key.clone());
                let value = field.value.walk(walk);
                walk.path.pop();
                let value = value?;
                if field.omit_empty && value.as_str().is_some_and(str::is_empty) {
                    return Ok(());
                }
                made.push(Entry { key, key_origin: field.key_origin, value });
                Ok(())
            };
            match &field.key {
                Key::Fixed(key) => push(key.clone(), walk)?,
                Key::Text(text) => {
                    let rendered = text.render(walk.scope)?;
                    walk.watch.text(&walk.path, text, &rendered);
                    renamed = true;
                    push(rendered.text.into(), walk)?;
                }
            }
        }
        // Only keys that are templates can come out the same.
        Ok(if renamed { made.into_iter().collect() } else { Map::from_unique(made) })
    }
}

/// Nobody watches.
pub struct Unwatched;

impl Watch for Unwatched {
    fn text(&mut self, _: &[EcoString], _: &Text, _: &Rendered) {}
}
