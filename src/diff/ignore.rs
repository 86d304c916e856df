//! `ignoreDifferences`: which fields of an object don't count.
//!
//! Stands for argo-cd's `util/argo/normalizers/diff_normalizer.go`: a JSON pointer is what a patch removes, a jq
//! expression what `del(…)` deletes; one that fails on an object ignores nothing of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ecow::EcoString;

use super::jq::{self, Filter, PathKey};
use crate::argocd::ignore_differences::IgnoreDifferences;
use crate::glob::Glob;
use crate::kube::ObjectId;
use crate::yaml::{Node, Value};

/// What is ignored of a value: all of it, or parts of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Marks {
    rule: Option<Arc<str>>,
    keys: BTreeMap<EcoString, Marks>,
    items: BTreeMap<usize, Marks>,
}

impl Marks {
    /// By which rule all of it is.
    pub fn rule(&self) -> Option<&Arc<str>> {
        self.rule.as_ref()
    }

    /// Whether nothing is.
    pub fn is_empty(&self) -> bool {
        self.rule.is_none() && self.keys.is_empty() && self.items.is_empty()
    }

    /// What is of the value of a key.
    pub fn key(&self, key: &str) -> Option<&Self> {
        self.keys.get(key)
    }

    /// What is of an item.
    pub fn index(&self, at: usize) -> Option<&Self> {
        self.items.get(&at)
    }

    fn add(&mut self, path: &[PathKey], rule: &Arc<str>) {
        match path {
            [] => drop(self.rule.get_or_insert_with(|| Arc::clone(rule))),
            [PathKey::Key(key), rest @ ..] => self.keys.entry(key.clone()).or_default().add(rest, rule),
            [PathKey::Index(at), rest @ ..] => self.items.entry(*at).or_default().add(rest, rule),
            [PathKey::Slice(from, _), PathKey::Index(at), rest @ ..] => {
                self.items.entry(from.saturating_add(*at)).or_default().add(rest, rule);
            }
            [PathKey::Slice(from, to)] => {
                for at in *from..*to {
                    self.items.entry(at).or_default().add(&[], rule);
                }
            }
            [PathKey::Slice(from, _), PathKey::Slice(a, b), rest @ ..] => {
                let inner = PathKey::Slice(from.saturating_add(*a), from.saturating_add(*b));
                let path: Vec<PathKey> = std::iter::once(inner).chain(rest.iter().cloned()).collect();
                self.add(&path, rule);
            }
            [PathKey::Slice(..), ..] => {}
        }
    }
}

/// An app's rules.
#[derive(Debug, Default)]
pub(super) struct Rules {
    rules: Vec<Rule>,
    /// What could not be understood.
    pub problems: BTreeSet<String>,
}

#[derive(Debug)]
struct Rule {
    group: Glob,
    kind: Glob,
    name: String,
    namespace: String,
    fields: Vec<(Arc<str>, Fields)>,
}

#[derive(Debug)]
enum Fields {
    Pointer(Vec<String>),
    Jq(Filter),
}

impl Rules {
    /// Reads rules. What isn't understood is said, and ignores nothing.
    pub fn new(ignored: &[IgnoreDifferences]) -> Self {
        let mut rules = Self::default();
        for one in ignored {
            let problems = &mut rules.problems;
            let mut glob = |pattern: &str| match Glob::new(pattern, None) {
                Ok(glob) => Some(glob),
                Err(why) => {
                    problems.insert(format!("ignoreDifferences: {why}"));
                    None
                }
            };
            let (Some(group), Some(kind)) = (glob(&one.group), glob(&one.kind)) else { continue };
            let mut fields = Vec::new();
            for (pointer, _) in &one.json_pointers {
                let tokens = pointer.split('/').skip(1).map(|token| token.replace("~1", "/").replace("~0", "~"));
                fields.push((Arc::from(pointer.as_str()), Fields::Pointer(tokens.collect())));
            }
            for (expression, _) in &one.jq_path_expressions {
                match jq::parse(expression) {
                    Ok(filter) => fields.push((Arc::from(expression.trim()), Fields::Jq(filter))),
                    Err(why) => {
                        problems.insert(format!(
                            "ignoreDifferences: the jq expression `{expression}` is not understood: {why}"
                        ));
                    }
                }
            }
            rules.rules.push(Rule { group, kind, name: one.name.clone(), namespace: one.namespace.clone(), fields });
        }
        rules
    }

    /// What is ignored of an object.
    pub fn marks(&self, id: &ObjectId, object: &Node) -> Marks {
        let mut marks = Marks::default();
        let fits = |rule: &&Rule| {
            rule.group.matches(&id.group)
                && rule.kind.matches(&id.kind)
                && (rule.name.is_empty() || (rule.name == id.name.as_str() && !id.generated))
                && (rule.namespace.is_empty() || rule.namespace == id.namespace.as_str())
        };
        for (name, fields) in self.rules.iter().filter(fits).flat_map(|rule| &rule.fields) {
            match fields {
                Fields::Pointer(tokens) => {
                    if let Some(path) = resolve(tokens, object) {
                        marks.add(&path, name);
                    }
                }
                Fields::Jq(filter) => {
                    for path in filter.paths(object).unwrap_or_default() {
                        marks.add(&path, name);
                    }
                }
            }
        }
        marks
    }
}

/// The place of a JSON pointer; none where there is nothing, or for the object as a whole, which no patch removes.
fn resolve(tokens: &[String], object: &Node) -> Option<Vec<PathKey>> {
    let mut node = object;
    let mut path = Vec::with_capacity(tokens.len());
    for token in tokens {
        node = match &node.value {
            Value::Map(map) => {
                path.push(PathKey::Key(token.as_str().into()));
                map.get(token)?
            }
            Value::Seq(items) => {
                let at: i64 = token.parse().ok()?;
                let at = if at < 0 {
                    items.len().checked_sub(usize::try_from(at.unsigned_abs()).ok()?)?
                } else {
                    at.try_into().ok()?
                };
                path.push(PathKey::Index(at));
                items.get(at)?
            }
            _ => return None,
        };
    }
    (!path.is_empty()).then_some(path)
}
