//! Fields that name other resources (api/internal/accumulator/namereferencetransformer.go, api/filters/nameref).

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use ecow::EcoString;

use crate::diag::{Code, Diagnostic};
use crate::render::kustomize::context::Context;
use crate::render::kustomize::failure::{Failure, Result};
use crate::render::kustomize::field_spec::{Change, Create, Field};
use crate::render::kustomize::id::{CLUSTER_SCOPED, Gvk, ResId};
use crate::render::kustomize::resmap::ResMap;
use crate::render::kustomize::resource::Resource;
use crate::render::kustomize::scalar::text_of;
use crate::render::kustomize::transformer_config::NameBackReferences;
use crate::render::kustomize::written;
use crate::source::Origin;
use crate::yaml::{Map, Node, Value, emit};

/// Lets every field that names a resource follow that resource to its new name (and namespace, where the field holds both).
/// Each resource that is named so learns who names it.
///
/// # Errors
/// A name that several resources had, which are now called differently; a field spec that leads to no name.
pub fn fix(map: &mut ResMap, references: &[NameBackReferences], ctx: &Context) -> Result<()> {
    let resources = map.resources();
    let index = Index::new(resources);
    let mut plan = Plan::new(references);
    let mut changed: Vec<(usize, Node)> = Vec::new();
    let mut named: Vec<(usize, ResId)> = Vec::new();
    for (at, resource) in resources.iter().enumerate() {
        let rules = plan.rules(resource);
        if rules.is_empty() {
            continue;
        }
        let referrer = Referrer::new(resource, &index, resources, ctx)?;
        let mut node = resource.node().clone();
        let mut changes = false;
        for rule in rules.iter() {
            changes |= referrer.follow(&mut node, rule)?;
        }
        named.extend(referrer.named.into_inner().into_iter().map(|target| (target, resource.id().clone())));
        // A list that is null where a field spec says that there is one becomes an empty one.
        changes |= rules.iter().any(|rule| rule.field.spec.path.contains("[]")) && node != *resource.node();
        changed.extend(changes.then_some((at, node)));
    }
    for (at, node) in changed {
        if let Some(resource) = map.get_mut(at) {
            resource.edit(|old| *old = node);
        }
    }
    for (at, by) in named {
        if let Some(resource) = map.get_mut(at) {
            resource.ref_by.push(by);
        }
    }
    Ok(())
}

/// A field that names resources of a type.
struct Rule<'a> {
    field: Field<'a>,
    target: &'a Gvk,
    /// Whether a `roleRef` beside the name says what is named.
    role: bool,
}

/// Which rules hold for which types. The tables are long: each type's part is sought once.
struct Plan<'a> {
    /// In the order of the tables, by the referrer's kind; those for any kind in each.
    by_kind: HashMap<&'a str, Vec<Rc<Rule<'a>>>>,
    any_kind: Vec<Rc<Rule<'a>>>,
    known: HashMap<Gvk, Rc<[Rc<Rule<'a>>]>>,
}

impl<'a> Plan<'a> {
    fn new(references: &'a [NameBackReferences]) -> Self {
        let mut by_kind: HashMap<&str, Vec<Rc<Rule>>> = HashMap::new();
        let mut any_kind: Vec<Rc<Rule>> = Vec::new();
        for reference in references {
            for spec in &reference.referrers {
                let role = spec.path.ends_with("roleRef/name");
                let rule = Rc::new(Rule { field: Field::new(spec), target: &reference.gvk, role });
                match spec.gvk.kind.is_empty() {
                    true => {
                        by_kind.values_mut().for_each(|rules| rules.push(Rc::clone(&rule)));
                        any_kind.push(rule);
                    }
                    false => by_kind.entry(&spec.gvk.kind).or_insert_with(|| any_kind.clone()).push(rule),
                }
            }
        }
        Self { by_kind, any_kind, known: HashMap::new() }
    }

    fn rules(&mut self, resource: &Resource) -> Rc<[Rc<Rule<'a>>]> {
        let gvk = match resource.previous.first() {
            Some(first) if first.kind != resource.id().gvk.kind => resource.original_id().gvk,
            _ => resource.id().gvk.clone(),
        };
        if let Some(rules) = self.known.get(&gvk) {
            return Rc::clone(rules);
        }
        let rules = self.by_kind.get(gvk.kind.as_str()).unwrap_or(&self.any_kind).iter();
        let rules: Rc<[Rc<Rule>]> = rules.filter(|rule| gvk.is_selected(&rule.field.spec.gvk)).cloned().collect();
        self.known.insert(gvk, Rc::clone(&rules));
        rules
    }
}

/// Resources by what they were called.
struct Index {
    by_name: HashMap<EcoString, Bucket>,
    /// Namespaces that resources had first, each with one that they have now.
    namespaces: HashSet<(EcoString, EcoString)>,
    /// The same with the namespaces of now as they are written.
    written_namespaces: HashSet<(EcoString, EcoString)>,
    /// Namespaces that resources had first.
    original_namespaces: HashSet<EcoString>,
}

/// The resources that once had a name: their places, in order.
#[derive(Default)]
struct Bucket {
    all: Vec<usize>,
    by_namespace: HashMap<EcoString, Vec<usize>>,
    by_original_namespace: HashMap<EcoString, Vec<usize>>,
}

/// The namespace that a resource had first.
fn original_namespace(resource: &Resource) -> &str {
    resource.previous.first().map_or(resource.id().effective_namespace(), |first| &first.namespace)
}

impl Index {
    fn new(resources: &[Resource]) -> Self {
        let mut index = Self {
            by_name: HashMap::with_capacity(resources.len()),
            namespaces: HashSet::new(),
            written_namespaces: HashSet::new(),
            original_namespaces: HashSet::new(),
        };
        for (at, resource) in resources.iter().enumerate() {
            let namespace: EcoString = resource.id().effective_namespace().into();
            let original: EcoString = original_namespace(resource).into();
            for previous in &resource.previous {
                let bucket = index.by_name.entry(previous.name.clone()).or_default();
                if bucket.all.last() != Some(&at) {
                    bucket.all.push(at);
                    bucket.by_namespace.entry(namespace.clone()).or_default().push(at);
                    bucket.by_original_namespace.entry(original.clone()).or_default().push(at);
                }
            }
            index.written_namespaces.insert((original.clone(), resource.id().namespace.clone()));
            index.namespaces.insert((original.clone(), namespace));
            index.original_namespaces.insert(original);
        }
        index
    }
}

/// From how many namesakes on it pays to look at those of a namespace only.
const MANY: usize = 16;

/// A resource that names others.
struct Referrer<'a, 'c> {
    resource: &'a Resource,
    index: &'a Index,
    resources: &'a [Resource],
    /// Namespaces of the service accounts that a role binding names, beside its own.
    subject_namespaces: Vec<EcoString>,
    ctx: &'a Context<'a, 'c>,
    /// Which it has turned out to name, in the order of its fields.
    named: RefCell<Vec<usize>>,
}

impl<'a, 'c> Referrer<'a, 'c> {
    fn new(
        resource: &'a Resource,
        index: &'a Index,
        resources: &'a [Resource],
        ctx: &'a Context<'a, 'c>,
    ) -> Result<Self> {
        let subject_namespaces = subject_namespaces(resource)?;
        Ok(Self { resource, index, resources, subject_namespaces, ctx, named: RefCell::default() })
    }

    /// Follows the names of one field spec; whether any has changed.
    fn follow(&self, node: &mut Node, rule: &Rule) -> Result<bool> {
        let role = if rule.role { role_of(node) } else { None };
        let mut changes = false;
        let mut set = |value: &mut Node| {
            let new = self.followed(value, rule, role.as_ref())?;
            changes |= new.is_some();
            if let Some(new) = new {
                *value = new;
            }
            Ok(())
        };
        let mut change = Change {
            create: Create::Nothing,
            by: Origin::NONE,
            wants: &|value| self.may_name(value),
            set: &mut |value, _| set(value),
        };
        rule.field.apply(node, &mut change).map_err(|failure| {
            let path = &rule.field.spec.path;
            failure
                .prefixed(&format!("updating name reference in '{path}' field of '{}'", self.resource.id()))
                .at(rule.field.spec.origin, "by this name reference")
        })?;
        Ok(changes)
    }

    /// Whether a field may hold a name that changes, or is wrong.
    fn may_name(&self, value: &Node) -> bool {
        let known = |name: &Node| match &name.value {
            Value::Str(name) => self.index.by_name.contains_key(name),
            _ => true,
        };
        match &value.value {
            Value::Null => false,
            Value::Map(map) => map.get("name").is_none_or(known),
            Value::Seq(items) => items.iter().any(|item| match &item.value {
                Value::Map(map) => map.get("name").is_none_or(known),
                _ => known(item),
            }),
            _ => known(value),
        }
    }

    /// What a field becomes; none if it stays.
    fn followed(&self, value: &Node, rule: &Rule, role: Option<&Gvk>) -> Result<Option<Node>> {
        match &value.value {
            Value::Null => Ok(None),
            Value::Map(map) => self.follow_map(value, map, rule, role),
            Value::Seq(items) => {
                let mut changed = None;
                for (at, item) in items.iter().enumerate() {
                    let new = match &item.value {
                        Value::Null => None,
                        Value::Map(map) => self.follow_map(item, map, rule, role)?,
                        Value::Seq(_) => {
                            let text = "a list is expected to be either a string or a map of string";
                            return Err(Failure::new(Code::INVALID_KUSTOMIZATION, text)
                                .at(item.origin, "a list in a list of names"));
                        }
                        _ => self.follow_name(item, rule, role)?,
                    };
                    if let Some(new) = new
                        && let Some(place) = changed.get_or_insert_with(|| items.clone()).make_mut().get_mut(at)
                    {
                        *place = new;
                    }
                }
                Ok(changed.map(|items| Node { value: Value::Seq(items), origin: value.origin }))
            }
            _ => self.follow_name(value, rule, role),
        }
    }

    /// A field that is a name.
    fn follow_name(&self, value: &Node, rule: &Rule, role: Option<&Gvk>) -> Result<Option<Node>> {
        let Some(old) = written::text(value, self.ctx) else { return Ok(None) };
        let candidates = self.candidates(&old, None);
        let same = |a: &Resource, b: &Resource| a.id().name == b.id().name;
        let Some((at, target)) = self.choose(value, candidates, rule, role, same)? else { return Ok(None) };
        self.named.borrow_mut().push(at);
        Ok((target.id().name != old).then(|| self.renamed(value, target, "name", &target.id().name)))
    }

    /// A field that holds a name and, maybe, a namespace.
    fn follow_map(&self, value: &Node, map: &Map, rule: &Rule, role: Option<&Gvk>) -> Result<Option<Node>> {
        let Some(name) = map.get("name") else {
            let text = "path config error; no 'name' field in node";
            return Err(Failure::new(Code::INVALID_KUSTOMIZATION, text).at(value.origin, "has no `name`"));
        };
        let text = |node: &Node| match node.is_null() {
            // Which names nothing.
            true => None,
            false => written::text(node, self.ctx),
        };
        let Some(old) = text(name) else { return Ok(None) };
        let candidates = match map.get("namespace") {
            None => self.candidates(&old, None),
            Some(namespace) => match text(namespace) {
                Some(namespace) => self.candidates(&old, Some(&namespace)),
                None => return Ok(None),
            },
        };
        let same = |a: &Resource, b: &Resource| a.id().name == b.id().name && a.id().namespace == b.id().namespace;
        let Some((at, target)) = self.choose(name, candidates, rule, role, same)? else { return Ok(None) };
        self.named.borrow_mut().push(at);
        let id = target.id();
        let name_stays = id.name == old;
        let namespace_stays = id.namespace.is_empty()
            || map.get("namespace").is_some_and(|was| text(was).as_ref() == Some(&id.namespace));
        if name_stays && namespace_stays {
            return Ok(None);
        }
        let mut map = map.clone();
        if !name_stays && let Some(name) = map.get_mut("name") {
            *name = self.renamed(name, target, "name", &id.name);
        }
        if !namespace_stays {
            match map.get_mut("namespace") {
                Some(was) => *was = self.renamed(was, target, "namespace", &id.namespace),
                None => {
                    let by = metadata_origin(target, "namespace");
                    let origin = self.ctx.recorder.step("follows the namespace at", by, Origin::NONE);
                    // kustomize quotes what would be no string here.
                    map.insert("namespace", origin, Node::new(id.namespace.clone(), origin));
                }
            }
        }
        Ok(Some(Node { value: Value::Map(map), origin: value.origin }))
    }

    fn renamed(&self, was: &Node, target: &Resource, field: &str, new: &str) -> Node {
        let action = if field == "name" { "follows the name at" } else { "follows the namespace at" };
        let origin = self.ctx.recorder.step(action, metadata_origin(target, field), was.origin);
        written::in_style_of(was, new, origin, self.ctx)
    }

    /// The resources that once had a name and that this one could mean, in order. A namespace beside the name is one that they
    /// had first, or, where no resource had that, one that they have now.
    fn candidates(&self, name: &str, namespace: Option<&str>) -> Vec<usize> {
        let Some(bucket) = self.index.by_name.get(name) else { return Vec::new() };
        let own = self.resource.id();
        let scoped = !own.gvk.cluster_scoped;
        let original = namespace.map(|namespace| self.was_original(namespace));
        let mut pool: Vec<usize> = Vec::new();
        let all: &[usize] = if bucket.all.len() <= MANY {
            &bucket.all
        } else if let (Some(namespace), Some(original)) = (namespace, original) {
            let places = if original { &bucket.by_original_namespace } else { &bucket.by_namespace };
            places.get(namespace).map_or(&[], Vec::as_slice)
        } else if scoped {
            let more = self.subject_namespaces.iter().map(|ns| if ns.is_empty() { "default" } else { ns.as_str() });
            let keys = [own.effective_namespace(), CLUSTER_SCOPED].into_iter().chain(more);
            pool.extend(keys.filter_map(|key| bucket.by_namespace.get(key)).flatten());
            pool.sort_unstable();
            pool.dedup();
            &pool
        } else {
            &bucket.all
        };
        let fits = |at: &&usize| {
            let Some(resource) = self.resources.get(**at) else { return false };
            self.is_in_reach(resource)
                && match (namespace, original) {
                    (Some(namespace), Some(true)) => original_namespace(resource) == namespace,
                    (Some(namespace), _) => resource.id().effective_namespace() == namespace,
                    (None, _) => true,
                }
        };
        all.iter().filter(fits).copied().collect()
    }

    /// Whether this one can name a resource at all (`SubsetThatCouldBeReferencedByResource`).
    fn is_in_reach(&self, target: &Resource) -> bool {
        let (own, id) = (self.resource.id(), target.id());
        own.gvk.cluster_scoped
            || id.gvk.cluster_scoped
            || id.is_ns_equal(own)
            || self.subject_namespaces.contains(&id.namespace)
    }

    /// Whether any resource in reach had a namespace first.
    fn was_original(&self, namespace: &str) -> bool {
        if namespace == CLUSTER_SCOPED || !self.index.original_namespaces.contains(namespace) {
            return false;
        }
        let own = self.resource.id();
        if own.gvk.cluster_scoped {
            return true;
        }
        let now = |now: &str| self.index.namespaces.contains(&(namespace.into(), now.into()));
        now(own.effective_namespace())
            || now(CLUSTER_SCOPED)
            || self
                .subject_namespaces
                .iter()
                .any(|written| self.index.written_namespaces.contains(&(namespace.into(), written.clone())))
    }

    /// The one that is meant, by its place; none if none is.
    fn choose(
        &self,
        name: &Node,
        mut candidates: Vec<usize>,
        rule: &Rule,
        role: Option<&Gvk>,
        same: impl Fn(&Resource, &Resource) -> bool,
    ) -> Result<Option<(usize, &'a Resource)>> {
        let resources = self.resources;
        let own = self.resource;
        let mut keep = |fits: &dyn Fn(&Resource) -> bool| {
            candidates.retain(|at| resources.get(*at).is_some_and(fits));
            candidates.len()
        };
        let found = |at: usize| resources.get(at).map(|resource| (at, resource));
        keep(&|r| was_of_type(r, rule.target) && role.is_none_or(|role| was_of_type(r, role)));
        let left = keep(&|r| {
            own.id().gvk.cluster_scoped
                || r.id().gvk.cluster_scoped
                // Role bindings of other namespaces name them.
                || r.id().gvk.kind == "ServiceAccount"
                || own.id().is_ns_equal(r.id())
        });
        if left != 1 && keep(&|r| same_affixes(r, own, true)) > 1 {
            keep(&|r| same_affixes(r, own, false));
        }
        let mut left = candidates.iter().filter_map(|at| found(*at));
        let Some(first) = left.next() else { return Ok(None) };
        match left.all(|(_, other)| same(first.1, other)) {
            true => Ok(Some(first)),
            false => Err(self.ambiguous(name, &candidates)),
        }
    }

    fn ambiguous(&self, name: &Node, candidates: &[usize]) -> Failure {
        let candidates = || candidates.iter().filter_map(|at| self.resources.get(*at));
        let ids: Vec<String> = candidates().map(|resource| resource.id().to_string()).collect();
        let mut text = format!("found multiple possible referrals: {}\n", ids.join(", "));
        text.push_str("\n**** Too many possible referral targets to referrer:\n");
        text.push_str(&emit(self.resource.node()));
        for (at, resource) in candidates().enumerate() {
            text.push_str(&format!("\n--- possible referral {at}:\n{}", emit(resource.node())));
        }
        text.push('\n');
        let old = text_of(name).unwrap_or_default();
        let message = format!("`{old}` of {} could be any of {}", self.resource.id(), ids.join(", "));
        let mut diagnostic = Diagnostic::error(Code::AMBIGUOUS_REFERENCE, message).at(name.origin, "this name");
        for resource in candidates() {
            diagnostic = diagnostic.also(resource.declared_at, format!("{} was called so", resource.id()));
        }
        Failure::told(text, diagnostic)
    }
}

/// Whether a resource ever was of a type.
fn was_of_type(resource: &Resource, gvk: &Gvk) -> bool {
    let own = &resource.id().gvk;
    let fits = |own: &str, wanted: &str| wanted.is_empty() || own == wanted;
    fits(&own.group, &gvk.group)
        && fits(&own.version, &gvk.version)
        && resource.previous.iter().any(|previous| fits(&previous.kind, &gvk.kind))
}

/// Whether two names got the same prefixes and suffixes, as far as both got some (`PrefixesSuffixesEquals`).
fn same_affixes(a: &Resource, b: &Resource, none_fits_all: bool) -> bool {
    let same = |a: &[EcoString], b: &[EcoString]| {
        if a.is_empty() || b.is_empty() {
            return none_fits_all || a.len() == b.len();
        }
        a.iter().rev().zip(b.iter().rev()).all(|(a, b)| a == b)
    };
    same(&a.prefixes, &b.prefixes) && same(&a.suffixes, &b.suffixes)
}

/// Where a resource's name or namespace is said.
fn metadata_origin(resource: &Resource, field: &str) -> Origin {
    resource.node().at(&["metadata", field]).map_or(resource.declared_at, |node| node.origin)
}

/// What a `roleRef` names; none if it doesn't say.
fn role_of(node: &Node) -> Option<Gvk> {
    let part = |key: &str| node.get("roleRef")?.get(key).map(|node| text_of(node).unwrap_or_default());
    let (group, kind) = (part("apiGroup")?, part("kind")?);
    Some(Gvk { group, kind, ..Gvk::default() })
}

/// The namespaces of the service accounts among a role binding's subjects.
fn subject_namespaces(resource: &Resource) -> Result<Vec<EcoString>> {
    let id = resource.id();
    if id.gvk.cluster_scoped || id.gvk.kind != "RoleBinding" {
        return Ok(Vec::new());
    }
    let mut namespaces: Vec<EcoString> = Vec::new();
    for subject in resource.node().get("subjects").and_then(Node::as_seq).unwrap_or_default() {
        let Some(map) = subject.as_map() else {
            // kustomize dies of it.
            let text = format!("a subject of {id} is {}, expected a mapping", subject.value.kind());
            return Err(Failure::new(Code::INVALID_OBJECT, text).at(subject.origin, "this subject"));
        };
        let (Some(namespace), Some(kind)) = (map.get("namespace"), map.get("kind")) else { continue };
        if kind.as_str() != Some("ServiceAccount") {
            continue;
        }
        let Some(text) = namespace.as_str() else {
            let text = format!("Invalid Input: namespace is blank for resource {:?}\n", id.to_string());
            let message =
                format!("the namespace of a subject of {id} is {}, expected a string", namespace.value.kind());
            let diagnostic = Diagnostic::error(Code::INVALID_OBJECT, message).at(namespace.origin, "this namespace");
            return Err(Failure::told(text, diagnostic));
        };
        if !namespaces.iter().any(|known| known == text) {
            namespaces.push(text.into());
        }
    }
    Ok(namespaces)
}
