//! Reading the fields of a manifest as Kubernetes' decoder would, with all mistakes told.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::Origin;
use crate::yaml::{Node, Value};

/// Reads fields one by one, and gathers what is wrong with them.
pub(super) struct FieldReader {
    pub(super) diagnostics: Diagnostics,
    /// What the fields belong to.
    pub(super) what: &'static str,
}

impl FieldReader {
    pub(super) fn missing(&mut self, node: &Node, field: &str, around: &[&str]) {
        let at = crate::config::origin_of(node, around);
        let message = format!("{} has no `{field}`", self.what);
        self.diagnostics.push(Diagnostic::error(Code::INVALID_APPLICATION, message).at(at, "here"));
    }

    pub(super) fn refuse(&mut self, message: String, at: Origin, label: &str) {
        self.diagnostics.push(Diagnostic::error(Code::INVALID_APPLICATION, message).at(at, label));
    }

    pub(super) fn warn(&mut self, message: String, at: Origin, label: &str) {
        self.diagnostics.push(Diagnostic::warning(Code::INVALID_APPLICATION, message).at(at, label));
    }

    /// A string; empty or absent is none. The outer option is none after an error.
    pub(super) fn text(&mut self, node: &Node, keys: &[&str]) -> Option<Option<(String, Origin)>> {
        match node.at(keys) {
            None => Some(None),
            Some(found) => match &found.value {
                Value::Null => Some(None),
                Value::Str(text) if text.is_empty() => Some(None),
                Value::Str(text) => Some(Some((text.to_string(), found.origin))),
                other => {
                    let message = format!("`{}` is {}, expected a string", keys.join("."), other.kind());
                    self.diagnostics
                        .push(Diagnostic::error(Code::INVALID_APPLICATION, message).at(found.origin, "not a string"));
                    None
                }
            },
        }
    }

    pub(super) fn flag(&mut self, node: &Node, key: &str) -> Option<bool> {
        match node.get(key) {
            None => Some(false),
            Some(found) => match &found.value {
                Value::Null => Some(false),
                Value::Bool(flag) => Some(*flag),
                other => {
                    let message = format!("`{key}` is {}, expected true or false", other.kind());
                    self.diagnostics
                        .push(Diagnostic::error(Code::INVALID_APPLICATION, message).at(found.origin, "not a boolean"));
                    None
                }
            },
        }
    }

    pub(super) fn list<'n>(&mut self, node: &'n Node, key: &str) -> Option<&'n [Node]> {
        match node.get(key).map(|list| (&list.value, list.origin)) {
            None | Some((Value::Null, _)) => Some(&[]),
            Some((Value::Seq(items), _)) => Some(items.as_slice()),
            Some((other, at)) => {
                self.refuse(format!("`{key}` is {}, expected a list", other.kind()), at, "not a list");
                None
            }
        }
    }

    pub(super) fn texts(&mut self, node: &Node, key: &str) -> Option<Vec<(String, Origin)>> {
        let mut texts = Some(Vec::new());
        for item in self.list(node, key)? {
            match item.as_str() {
                Some(text) => {
                    if let Some(texts) = &mut texts {
                        texts.push((text.to_owned(), item.origin));
                    }
                }
                None => {
                    let message = format!("one of `{key}` is {}, expected a string", item.value.kind());
                    self.refuse(message, item.origin, "not a string");
                    texts = None;
                }
            }
        }
        texts
    }

    /// Goes through a list of mappings, to its end even after an error.
    pub(super) fn each(
        &mut self,
        node: &Node,
        key: &str,
        mut read: impl FnMut(&mut Self, &Node) -> Option<()>,
    ) -> Option<()> {
        let mut whole = Some(());
        for item in self.list(node, key)? {
            let done = if item.as_map().is_some() {
                read(self, item)
            } else {
                let message = format!("one of `{key}` is {}, expected a mapping", item.value.kind());
                self.refuse(message, item.origin, "not a mapping");
                None
            };
            whole = whole.and(done);
        }
        whole
    }

    /// Fields that Argo CD's decoder drops without a word.
    pub(super) fn dropped(&mut self, node: &Node, what: &str, known: &[&str]) {
        for entry in node.as_map().into_iter().flatten().filter(|e| !known.contains(&e.key.as_str())) {
            let message = format!("{what} has no field `{}`: Argo CD drops it", entry.key);
            self.diagnostics.push(
                Diagnostic::warning(Code::UNKNOWN_KEY, message)
                    .at(entry.key_origin, "dropped")
                    .did_you_mean(&entry.key, known.iter().copied()),
            );
        }
    }
}
