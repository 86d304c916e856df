//! A chart rendered with one of its values changed, and which fields that changes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use terrace::provenance::{Key, ReadSet, Recorder, ValueRead, leaves};
use terrace::render::helm::chart::{LoadOptions, PrepareOptions, load, prepare};
use terrace::render::helm::options::{Options, Values};
use terrace::render::helm::{Charts, Profile};
use terrace::render::kustomize::bases::Bases;
use terrace::render::{Env, jinja};
use terrace::source::{FileId, Origin, SourceKind, Span};
use terrace::world::{DiskOptions, DiskTree, FilePath, Reader, World};
use terrace::yaml::{self, Node, Value};

/// A chart, and what all its renders share.
pub struct Chart {
    world: World,
    charts: Charts,
    engine: jinja::Engine,
    dir: FilePath,
    profile: Profile,
}

/// A field: its value as JSON, and what it is made of.
pub struct Field {
    pub value: String,
    reads: ReadSet,
    placed: ReadSet,
    /// The field's value and where its text came from, if that was one value exactly.
    exact: Option<(Node, Origin)>,
}

/// The fields of a render, by object and path.
pub struct Render {
    pub fields: BTreeMap<(String, String), Field>,
    recorder: Recorder,
}

/// A value that is changed: where it stands, what it becomes, and the same said as the values that a user gives.
#[derive(Clone)]
pub struct Change {
    pub path: Vec<String>,
    pub to: Node,
    origin: Origin,
}

/// What a change did.
pub struct Effect {
    /// How many fields changed, appeared or vanished.
    pub changed: usize,
    /// Those that hadn't named the value.
    pub wrong: Vec<String>,
}

impl Chart {
    pub fn open(dir: &Path, profile: Profile) -> Self {
        let world = World::new();
        let tree = DiskTree::open(dir, DiskOptions::default()).unwrap();
        let dir = FilePath::new(world.mount(Arc::new(tree)), "");
        Self { world, charts: Charts::new(), engine: jinja::Engine::new(), dir, profile }
    }

    /// The values as templates see them.
    pub fn values(&self) -> Option<Node> {
        let reader = Reader::new(&self.world);
        let options = LoadOptions { profile: self.profile, ..LoadOptions::default() };
        let chart = load(&reader, &self.dir, &options).ok()?;
        let prepare_options = PrepareOptions { profile: self.profile, skip_schema: true, ..PrepareOptions::default() };
        let none = Node::made(yaml::Map::new());
        Some(prepare(&chart, &none, &prepare_options, &Recorder::off()).ok()?.values)
    }

    /// The fields of all objects. None if the chart fails.
    pub fn render(&self, record: bool, change: Option<&Change>) -> Option<Render> {
        let recorder = if record { Recorder::recording() } else { Recorder::off() };
        let context = jinja::Context::new(Vec::new());
        let reader = Reader::new(&self.world);
        let env = Env {
            reader: &reader,
            jinja: &self.engine,
            helm: &self.charts,
            kustomize: &Bases::new(),
            context: &context,
            recorder: &recorder,
            lint: false,
        };
        let options = Options {
            release: "app".to_owned(),
            namespace: "default".to_owned(),
            profile: self.profile,
            values: change.map(|change| Values::Inline(change.given(&self.world))).into_iter().collect(),
            skip_schema_validation: true,
            identity: vec!["test".to_owned()],
            ..Options::default()
        };
        let rendered = terrace::render::helm::render(&self.dir, &options, &env);
        if rendered.diagnostics.has_errors() {
            if change.is_none() {
                let said: Vec<_> = rendered.diagnostics.iter().map(|d| d.message.clone()).collect();
                eprintln!("{}", said.join("\n"));
            }
            return None;
        }
        let mut fields = BTreeMap::new();
        let mut names: BTreeMap<String, usize> = BTreeMap::new();
        for manifest in &rendered.objects {
            let text = |keys: &[&str]| manifest.node.str_at(keys).unwrap_or_default().to_owned();
            let name =
                format!("{}/{}/{}", text(&["kind"]), text(&["metadata", "namespace"]), text(&["metadata", "name"]));
            let times = names.entry(name.clone()).or_default();
            *times += 1;
            let object = format!("{name}#{times}");
            leaves(self.world.sources(), &manifest.node, &manifest.node, &mut |leaf| {
                let path: String = leaf.path.iter().fold(String::new(), |path, key| match key {
                    Key::Name(name) => format!("{path}/{name}"),
                    Key::Index(at) => format!("{path}/{at}"),
                });
                let exact = leaf.exact.then(|| leaf.reads.iter().next().map(|read| (leaf.node.clone(), read.origin)));
                let exact = exact.flatten();
                let value = yaml::to_json(leaf.node);
                fields.insert((object.clone(), path), Field { value, reads: leaf.reads, placed: leaf.placed, exact });
            });
        }
        Some(Render { fields, recorder })
    }

    /// The exact fields that aren't the value that they name.
    pub fn not_exact(&self, render: &Render) -> Vec<String> {
        let mut wrong = Vec::new();
        for ((object, path), field) in &render.fields {
            let Some((node, origin)) = &field.exact else { continue };
            let origin = last(&render.recorder, *origin);
            let Some(file) = self.world.sources().get(origin.file) else { continue };
            let token = self.world.sources().widen(Span { file: file.id, start: origin.at, end: origin.at });
            let source = file.text.get(token.range()).unwrap_or_default();
            let parsed = yaml::parse(FileId::NONE, source, yaml::Dialect::Kubernetes);
            let plain = |node: &Node| match &node.value {
                Value::Str(text) => text.to_string(),
                _ => yaml::to_json(node),
            };
            let set = parsed.documents.into_iter().next().map_or_else(String::new, |d| plain(&d.node));
            // A block scalar is no token of its own.
            if set != plain(node) && !source.starts_with(['|', '>']) && !set.trim().is_empty() {
                wrong.push(format!("{object} {path}: {} is said to be {source:?}", field.value));
            }
        }
        wrong
    }

    /// What a change does.
    pub fn effect(&self, before: &Render, change: &Change) -> Option<Effect> {
        let after = self.render(true, Some(change))?;
        let keys: BTreeSet<_> = before.fields.keys().chain(after.fields.keys()).collect();
        let mut effect = Effect { changed: 0, wrong: Vec::new() };
        for key in keys {
            let (old, new) = (before.fields.get(key), after.fields.get(key));
            if old.map(|f| &f.value) == new.map(|f| &f.value) {
                continue;
            }
            effect.changed += 1;
            // What an object is called decides about all of it.
            let named = |render: &Render, other: &Render, field: Option<&Field>| {
                let whole = || {
                    let identity = ["/kind", "/metadata/name", "/metadata/namespace"];
                    let identity = identity.map(|path| (key.0.clone(), path.to_owned()));
                    let gone = !identity.iter().any(|key| other.fields.contains_key(key));
                    let mut fields = identity.iter().filter_map(|key| render.fields.get(key));
                    gone && fields.any(|f| change.named(&self.world, render, f))
                };
                field.is_some_and(|f| change.named(&self.world, render, f) || whole())
            };
            if !named(before, &after, old) && !named(&after, before, new) {
                let show = |field: Option<&Field>| match field {
                    None => "nothing".to_owned(),
                    Some(f) => {
                        let paths = |set: &ReadSet| set.iter().map(|r| r.path.join(".")).collect::<Vec<_>>().join(" ");
                        format!("{} [{}] [{}]", f.value, paths(&f.reads), paths(&f.placed))
                    }
                };
                effect.wrong.push(format!(
                    "{} = {} changes {} {}\n  before {}\n  after {}",
                    change.path.join("."),
                    yaml::to_json(&change.to),
                    key.0,
                    key.1,
                    show(old),
                    show(new)
                ));
            }
        }
        Some(effect)
    }
}

/// The value that counts, of one that took the place of others.
fn last(recorder: &Recorder, mut origin: Origin) -> Origin {
    while let Some(step) = recorder.get(origin) {
        origin = step.by;
    }
    origin
}

const GIVEN: &str = "(given)";

impl Change {
    /// It as values that the user gives.
    fn given(&self, world: &World) -> Node {
        let file = world.sources().add(GIVEN, "", SourceKind::File);
        let mut node = placed(&self.to, Origin::new(file.id, 0));
        for key in self.path.iter().rev() {
            let mut map = yaml::Map::new();
            map.insert(key.as_str(), Origin::new(file.id, 0), node);
            node = Node::new(Value::Map(map), Origin::new(file.id, 0));
        }
        node
    }

    fn named(&self, world: &World, render: &Render, field: &Field) -> bool {
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        let related = |read: &ValueRead| {
            let read: Vec<&str> = read.path.iter().map(|key| key.as_str()).collect();
            let Some((&"Values", read)) = read.split_first() else { return false };
            // Globals are the same for all charts.
            let globals = read.iter().position(|key| *key == "global").filter(|_| path.first() == Some(&"global"));
            let read = read.get(globals.unwrap_or_default()..).unwrap_or_default();
            read.starts_with(&path) || path.starts_with(read)
        };
        let set_here = |read: &ValueRead| {
            let mut origins = vec![read.origin];
            while let Some(origin) = origins.pop() {
                if let Some(step) = render.recorder.get(origin) {
                    origins.extend([step.by, step.was]);
                } else if world.sources().get(origin.file).is_some_and(|file| file.name == GIVEN)
                    || (origin == self.origin && origin != Origin::NONE)
                {
                    return true;
                }
            }
            false
        };
        field.reads.iter().chain(field.placed.iter()).any(|read| related(read) || set_here(read))
    }
}

fn placed(node: &Node, origin: Origin) -> Node {
    let value = match &node.value {
        Value::Map(map) => Value::Map(
            map.iter()
                .map(|e| yaml::Entry { key: e.key.clone(), key_origin: origin, value: placed(&e.value, origin) })
                .collect(),
        ),
        Value::Seq(items) => Value::Seq(items.iter().map(|item| placed(item, origin)).collect()),
        other => other.clone(),
    };
    Node::new(value, origin)
}

/// Every way to change one value: another scalar, an empty one, a shorter or longer list, something where nothing is.
pub fn changes(values: &Node) -> Vec<Change> {
    let mut found = Vec::new();
    below(values, &mut Vec::new(), &mut |path, to, origin| found.push(Change { path: path.to_vec(), to, origin }));
    found
}

fn below(node: &Node, path: &mut Vec<String>, each: &mut dyn FnMut(&[String], Node, Origin)) {
    let text = |text: &str| Node::made(text);
    match &node.value {
        Value::Map(map) => {
            if map.is_empty() {
                let mut one = yaml::Map::new();
                one.insert("fresh", Origin::NONE, text("new"));
                each(path, Node::made(Value::Map(one)), node.origin);
            }
            for entry in map {
                path.push(entry.key.to_string());
                below(&entry.value, path, each);
                path.pop();
            }
        }
        Value::Seq(items) => {
            let list = |items: Vec<Node>| Node::made(Value::Seq(items.into_iter().collect()));
            match items.first() {
                None => each(path, list(vec![text("new")]), node.origin),
                Some(first) => {
                    each(path, list(items.iter().skip(1).cloned().collect()), node.origin);
                    each(path, list(items.iter().chain([first]).cloned().collect()), node.origin);
                }
            }
            // A list is given as a whole.
            for (at, item) in items.iter().enumerate() {
                below(item, &mut Vec::new(), &mut |inner, to, origin| {
                    let mut items = items.to_vec();
                    if let Some(item) = items.get_mut(at) {
                        *item = with(item, inner, to);
                    }
                    each(path, list(items), origin);
                });
            }
        }
        Value::Bool(flag) => each(path, Node::made(!flag), node.origin),
        Value::Int(n) => each(path, Node::made(Value::Int(n + 1)), node.origin),
        Value::Float(n) => each(path, Node::made(Value::Float(n + 1.0)), node.origin),
        Value::Str(old) if old.is_empty() => each(path, text("x"), node.origin),
        Value::Str(old) => {
            each(path, text(&format!("{old}x")), node.origin);
            each(path, text(""), node.origin);
        }
        _ => each(path, text("x"), node.origin),
    }
}

fn with(node: &Node, path: &[String], to: Node) -> Node {
    let Some((first, rest)) = path.split_first() else { return to };
    let mut node = node.clone();
    if let Some(inner) = node.as_map_mut().and_then(|map| map.get_mut(first)) {
        *inner = with(inner, rest, to);
    }
    node
}
