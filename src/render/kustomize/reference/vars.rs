//! `vars`: values of resources' fields that stand for `$(NAME)` elsewhere (api/types/var.go, api/internal/accumulator,
//! api/filters/refvar).

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use ecow::EcoString;

use crate::diag::{Code, Diagnostic};
use crate::render::kustomize::context::Context;
use crate::render::kustomize::failure::{Failure, Result};
use crate::render::kustomize::field_path;
use crate::render::kustomize::field_spec::{Change, Create, Field, FieldSpec};
use crate::render::kustomize::id::{Gvk, ResId};
use crate::render::kustomize::resmap::ResMap;
use crate::render::kustomize::resource::Resource;
use crate::render::kustomize::scalar::text_of;
use crate::render::kustomize::types::Var;
use crate::render::kustomize::written::{self, Tag};
use crate::source::Origin;
use crate::yaml::{Map, Node, Value};

/// The field that is meant where none is said.
const DEFAULT_PATH: &str = "metadata.name";

/// Vars by name, none twice.
#[derive(Clone, Debug, Default)]
pub struct VarSet {
    vars: BTreeMap<EcoString, Var>,
}

impl VarSet {
    /// No vars.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.vars.is_empty()
    }

    /// All, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Var> {
        self.vars.values()
    }

    /// Adds one.
    ///
    /// # Errors
    /// A name that is there already.
    pub fn add(&mut self, var: Var) -> Result<()> {
        if let Some(other) = self.vars.get(&var.name.text) {
            let text = format!("var '{}' already encountered", &*var.name);
            let diagnostic = Diagnostic::error(Code::DUPLICATE_NAME, format!("there are two vars `{}`", &*var.name))
                .at(var.name.origin, "the same name again")
                .also(other.name.origin, "first here");
            return Err(Failure::told(text, diagnostic).at(var.origin, "this var"));
        }
        self.vars.insert(var.name.text.clone(), var);
        Ok(())
    }

    /// Adds those of another set.
    ///
    /// # Errors
    /// A name that is there already.
    pub fn absorb(&mut self, others: Self) -> Result<()> {
        others.vars.into_values().try_for_each(|var| self.add(var))
    }
}

/// Takes up a kustomization's vars, as [`take`] does, and says so of what fails.
///
/// # Errors
/// See [`take`].
pub fn merge(map: &mut ResMap, known: &mut VarSet, incoming: &[Var]) -> Result<()> {
    take(map, known, incoming).map_err(|failure| {
        let all: Vec<String> = incoming
            .iter()
            .map(|var| {
                let id = id_of(var);
                // kustomize hasn't taken the `apiVersion` apart by then.
                let gvk = if var.api_version.is_empty() { id.gvk } else { Gvk { kind: id.gvk.kind, ..Gvk::default() } };
                format!("{{{} {gvk} {{{}}}}}", &*var.name, said_path(var))
            })
            .collect();
        failure.prefixed(&format!("merging vars [{}]", all.join(" ")))
    })
}

/// The field that a var says itself.
fn said_path(var: &Var) -> &str {
    if var.field_path.origin == var.origin { "" } else { &var.field_path }
}

/// Takes up a kustomization's vars: each is noted at the resource that it names, if that is there by now.
///
/// # Errors
/// A var that several resources answer to; a name that is there already.
fn take(map: &mut ResMap, known: &mut VarSet, incoming: &[Var]) -> Result<()> {
    for var in incoming {
        let id = id_of(var);
        let fits = |own: ResId| match id.namespace.is_empty() {
            true => id.gvkn_equals(&own),
            false => id == own,
        };
        let is_meant = |resource: &Resource| {
            !resource.is_empty() && (resource.previous_ids().any(&fits) || fits(resource.id().clone()))
        };
        let found: Vec<usize> =
            map.resources().iter().enumerate().filter(|(_, resource)| is_meant(resource)).map(|(at, _)| at).collect();
        match found.as_slice() {
            [] => {}
            [at] => {
                if let Some(resource) = map.get_mut(*at) {
                    resource.ref_vars.push(var.name.text.clone());
                }
            }
            many => {
                let text = format!(
                    "found {} resId matches for var {} (unable to disambiguate)",
                    many.len(),
                    shown(var, said_path(var))
                );
                let message = format!("the var `{}` could mean any of {} resources", &*var.name, many.len());
                let mut diagnostic =
                    Diagnostic::error(Code::AMBIGUOUS_REFERENCE, message).at(var.object.origin, "this object");
                for resource in many.iter().filter_map(|at| map.get(*at)) {
                    diagnostic = diagnostic.also(resource.declared_at, resource.id().to_string());
                }
                return Err(Failure::told(text, diagnostic.hint("say its `namespace`")).at(var.origin, "this var"));
            }
        }
    }
    incoming.iter().try_for_each(|var| known.add(var.clone()))
}

/// The id that a var names. kustomize doesn't look its scope up.
fn id_of(var: &Var) -> ResId {
    let object = &var.object;
    let gvk = Gvk {
        group: object.group.text.clone(),
        version: object.version.text.clone(),
        kind: object.kind.text.clone(),
        cluster_scoped: false,
    };
    ResId { gvk, name: object.name.text.clone(), namespace: object.namespace.text.clone() }
}

/// A var as kustomize prints it.
fn shown(var: &Var, field_path: &str) -> String {
    format!("{{{} {} {{{field_path}}}}}", &*var.name, id_of(var).gvk)
}

/// Puts the values of vars where their names stand, in the fields that may hold them. Those that stand nowhere are told.
///
/// # Errors
/// A var whose resource or field isn't there; a field that can't hold any.
pub fn resolve(map: &mut ResMap, vars: &VarSet, fields: &[FieldSpec], ctx: &Context) -> Result<()> {
    if vars.is_empty() {
        return Ok(());
    }
    let values: Result<BTreeMap<&str, Found>> =
        vars.iter().map(|var| Ok((var.name.text.as_str(), value_of(map, var, ctx)?))).collect();
    let expansion = Expansion { values: values?, used: RefCell::default(), ctx };
    let result = expansion.expand_all(map, fields);
    let used = expansion.used.borrow();
    let unused: Vec<&Var> = vars.iter().filter(|var| !used.contains(var.name.text.as_str())).collect();
    if !unused.is_empty() {
        let names: Vec<&str> = unused.iter().map(|var| var.name.text.as_str()).collect();
        ctx.said.borrow_mut().push(format!("well-defined vars that were never replaced: {}", names.join(",")));
    }
    for var in unused {
        let name = &var.name.text;
        let message = format!("the var `{name}` is never used: no field that may hold it has `$({name})`");
        ctx.warnings
            .borrow_mut()
            .push(Diagnostic::warning(Code::MATCHES_NOTHING, message).at(var.name.origin, "this var"));
    }
    result
}

/// A var's value, and where it is said.
struct Found {
    value: VarValue,
    origin: Origin,
}

/// What a var stands for, as Go has it.
enum VarValue {
    Str(EcoString),
    Int(i64),
    Float(f64),
    Bool(bool),
    /// What can't be put into a text: its type and its form in Go.
    Other(&'static str, String),
}

fn value_of(map: &ResMap, var: &Var, ctx: &Context) -> Result<Found> {
    let path = if var.field_path.is_empty() { DEFAULT_PATH } else { &var.field_path };
    let Some(resource) = map.resources().iter().find(|resource| resource.ref_vars.contains(&var.name.text)) else {
        let text = format!("var '{}' cannot be mapped to a field in the set of known resources", shown(var, path));
        let id = id_of(var);
        let message = format!("there is no {} for the var `{}`", described(&id), &*var.name);
        let diagnostic =
            Diagnostic::error(Code::MATCHES_NOTHING, message).at(var.object.origin, "names no resource").did_you_mean(
                &id.name,
                map.resources()
                    .iter()
                    .filter(|resource| resource.id().gvk.kind == id.gvk.kind)
                    .map(|resource| resource.previous.first().map_or(&*resource.id().name, |first| &first.name)),
            );
        return Err(Failure::told(text, diagnostic).at(var.origin, "this var"));
    };
    let node = field_path::lookup(resource.node(), &with_indices(&field_path::split_smart(path)));
    let found = node.ok().flatten().and_then(|node| Some(Found { value: typed(node, ctx)?, origin: node.origin }));
    found.ok_or_else(|| {
        let text = format!("field specified in var '{}' not found in corresponding resource", shown(var, path));
        let message = format!("{} has no `{path}` for the var `{}`", resource.id(), &*var.name);
        let diagnostic = Diagnostic::error(Code::INVALID_REPLACEMENT, message)
            .at(var.field_path.origin, "this field")
            .also(resource.declared_at, "of this resource");
        Failure::told(text, diagnostic).at(var.origin, "this var")
    })
}

fn described(id: &ResId) -> String {
    let place = if id.namespace.is_empty() { String::new() } else { format!(" in namespace `{}`", id.namespace) };
    format!("{} `{}` of {}{place}", id.gvk.kind, id.name, id.gvk.api_version())
}

/// `ports[0]` is two parts of a path.
fn with_indices(parts: &[String]) -> Vec<String> {
    let mut all = Vec::with_capacity(parts.len());
    for part in parts {
        let inside = part.strip_suffix(']').and_then(|part| part.rsplit_once('['));
        match inside.filter(|(_, index)| !index.is_empty() && index.bytes().all(|byte| byte.is_ascii_digit())) {
            Some((name, index)) => {
                all.extend((!name.is_empty()).then(|| name.to_owned()));
                all.push(index.to_owned());
            }
            None => all.push(part.clone()),
        }
    }
    all
}

/// The value of a field in Go's types; none for a number that Go can't read.
fn typed(node: &Node, ctx: &Context) -> Option<VarValue> {
    let Some(text) = written::text(node, ctx) else {
        let kind = if node.as_map().is_some() { "map[string]interface {}" } else { "[]interface {}" };
        return Some(VarValue::Other(kind, in_go(node, ctx)));
    };
    Some(match written::tag(node, ctx) {
        Tag::Int => VarValue::Int(text.strip_prefix('+').unwrap_or(&text).parse().ok()?),
        Tag::Float => VarValue::Float(text.parse().ok()?),
        Tag::Bool => VarValue::Bool(matches!(&*text, "true" | "True" | "TRUE")),
        _ => VarValue::Str(text),
    })
}

/// A value as Go prints it by `%v`.
fn in_go(node: &Node, ctx: &Context) -> String {
    match &node.value {
        Value::Null => "<nil>".to_owned(),
        Value::Map(map) => {
            let mut entries: Vec<(&str, String)> = map.iter().map(|e| (e.key.as_str(), in_go(&e.value, ctx))).collect();
            entries.sort_unstable();
            let entries: Vec<String> = entries.into_iter().map(|(key, value)| format!("{key}:{value}")).collect();
            format!("map[{}]", entries.join(" "))
        }
        Value::Seq(items) => format!("[{}]", items.iter().map(|item| in_go(item, ctx)).collect::<Vec<_>>().join(" ")),
        _ => match (typed(node, ctx), written::tag(node, ctx)) {
            (Some(VarValue::Str(_)), Tag::Timestamp) => {
                let time = node.as_str().unwrap_or_default();
                time.trim_end_matches('Z').replacen('T', " ", 1) + " +0000 UTC"
            }
            (Some(value), Tag::Float) => value.in_text().unwrap_or_default().into(),
            _ => text_of(node).unwrap_or_default().into(),
        },
    }
}

impl VarValue {
    /// It within a text.
    fn in_text(&self) -> Option<EcoString> {
        Some(match self {
            Self::Str(text) => text.clone(),
            Self::Int(number) => ecow::eco_format!("{number}"),
            Self::Bool(value) => ecow::eco_format!("{value}"),
            Self::Float(number) => {
                let mut text = String::new();
                crate::yaml::write_general_float(*number, &mut text);
                text.into()
            }
            Self::Other(..) => return None,
        })
    }

    /// It as a whole value: in its own type, or as a text.
    fn node(&self, is_text: bool, origin: Origin) -> Option<Node> {
        let (tag, text) = match self {
            Self::Str(text) => return Some(Node::new(text.clone(), origin)),
            Self::Int(number) => (Tag::Int, number.to_string()),
            Self::Bool(value) => (Tag::Bool, value.to_string()),
            // Written in digits, and read again.
            Self::Float(number) => (Tag::Float, number.to_string()),
            Self::Other(..) => return None,
        };
        let text = if is_text { Ok(Node::new(&*text, origin)) } else { written::typed(tag, &text, origin) };
        text.ok()
    }
}

/// Where kustomize makes texts of all values in the end.
const ANNOTATIONS: [&str; 2] = ["metadata/annotations", "/metadata/annotations"];

fn is_end(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with(['/', '['])
}

/// Whether a field may hold the name of a var, or is wrong.
fn may_hold(value: &Node) -> bool {
    let holds = |value: &Node| value.as_str().is_some_and(|text| text.contains('$'));
    match &value.value {
        Value::Map(map) => map.iter().any(|entry| holds(&entry.value)),
        Value::Seq(items) => items.iter().any(|item| match item.as_str() {
            Some(text) => text.contains('$') || written::is_like_timestamp(text),
            None => true,
        }),
        _ => holds(value),
    }
}

/// Vars on their way into fields.
struct Expansion<'a, 'c> {
    values: BTreeMap<&'a str, Found>,
    used: RefCell<BTreeSet<&'a str>>,
    ctx: &'a Context<'a, 'c>,
}

impl Expansion<'_, '_> {
    fn expand_all(&self, map: &mut ResMap, fields: &[FieldSpec]) -> Result<()> {
        let fields: Vec<Field> = fields.iter().map(Field::new).collect();
        let mut known: HashMap<Gvk, Rc<[usize]>> = HashMap::new();
        for resource in map.resources_mut() {
            let gvk = &resource.id().gvk;
            let own = known.entry(gvk.clone()).or_insert_with(|| {
                let own = fields.iter().enumerate().filter(|(_, field)| gvk.is_selected(&field.spec.gvk));
                own.map(|(at, _)| at).collect()
            });
            let mut node = resource.node().clone();
            let mut changes = false;
            for field in own.iter().filter_map(|at| fields.get(*at)) {
                let is_text = ANNOTATIONS.iter().any(|path| field.spec.path.strip_prefix(path).is_some_and(is_end));
                let mut set = |value: &mut Node| {
                    let new = self.field(value, is_text)?;
                    changes |= new.is_some();
                    if let Some(new) = new {
                        *value = new;
                    }
                    Ok(())
                };
                let mut change = Change {
                    create: Create::Nothing,
                    by: Origin::NONE,
                    wants: &may_hold,
                    set: &mut |value, _| set(value),
                };
                field
                    .apply(&mut node, &mut change)
                    .map_err(|failure| failure.at(field.spec.origin, "by this field spec"))?;
            }
            if changes {
                resource.edit(|old| *old = node);
            }
        }
        Ok(())
    }

    /// What a field becomes; none if it stays.
    fn field(&self, node: &Node, is_text: bool) -> Result<Option<Node>> {
        match &node.value {
            Value::Str(text) => Ok(self.expanded(text, node, is_text)),
            Value::Map(map) => {
                Ok(self.entries(map, is_text).map(|map| Node { value: Value::Map(map), origin: node.origin }))
            }
            Value::Seq(items) => {
                let mut changed = None;
                for (at, item) in items.iter().enumerate() {
                    let text = item.as_str().filter(|_| written::tag(item, self.ctx) == Tag::Str);
                    let Some(text) = text else {
                        let failure = Failure::new(Code::INVALID_KUSTOMIZATION, "invalid value type expect a string");
                        return Err(failure.at(item.origin, item.value.kind()));
                    };
                    if let Some(new) = self.expanded(text, item, is_text)
                        && let Some(place) = changed.get_or_insert_with(|| items.clone()).make_mut().get_mut(at)
                    {
                        *place = new;
                    }
                }
                Ok(changed.map(|items| Node { value: Value::Seq(items), origin: node.origin }))
            }
            _ => Ok(None),
        }
    }

    fn entries(&self, map: &Map, is_text: bool) -> Option<Map> {
        let mut changed: Option<Map> = None;
        for (at, entry) in map.iter().enumerate() {
            if let Some(text) = entry.value.as_str()
                && let Some(new) = self.expanded(text, &entry.value, is_text)
                && let Some(place) = changed.get_or_insert_with(|| map.clone()).entries_mut().get_mut(at)
            {
                place.value = new;
            }
        }
        changed
    }

    /// A text with `$(NAME)` replaced; `$$` is a `$`. A text that is nothing but a name becomes the value in its own type.
    fn expanded(&self, text: &str, was: &Node, is_text: bool) -> Option<Node> {
        if !text.contains('$') {
            return None;
        }
        let mut out = EcoString::new();
        let mut by: Option<Origin> = None;
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            out.push_str(before);
            let name = after.strip_prefix('(').and_then(|inside| inside.split_once(')'));
            rest = if let Some((name, behind)) = name {
                match self.value(name) {
                    Some(found) => {
                        by = by.or(Some(found.origin));
                        if name.len() + 3 == text.len() {
                            return found.value.node(is_text, self.origin(found.origin, was));
                        }
                        out.push_str(&found.value.in_text().unwrap_or_default());
                    }
                    None => {
                        out.push_str("$(");
                        out.push_str(name);
                        out.push(')');
                    }
                }
                behind
            } else if let Some(behind) = after.strip_prefix('$') {
                out.push('$');
                behind
            } else {
                out.push('$');
                // The next character is passed over; a `(` that nothing closes is one.
                let next = after.chars().next();
                out.extend(next);
                after.get(next.map_or(0, char::len_utf8)..).unwrap_or_default()
            };
        }
        out.push_str(rest);
        (out != text).then(|| {
            let origin = by.map_or(was.origin, |by| self.origin(by, was));
            Node::new(out, origin)
        })
    }

    fn origin(&self, by: Origin, was: &Node) -> Origin {
        self.ctx.recorder.step("has the var set by", by, was.origin)
    }

    /// The value of a var that can be put into a text.
    fn value(&self, name: &str) -> Option<&Found> {
        let (name, found) = self.values.get_key_value(name)?;
        if let VarValue::Other(kind, value) = &found.value {
            let said = format!("MakePrimitiveReplacer: bad replacement type={kind} val={value}");
            self.ctx.said.borrow_mut().push(said);
            return None;
        }
        self.used.borrow_mut().insert(name);
        Some(found)
    }
}
