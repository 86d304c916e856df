//! What a patch or a replacement applies to (api/types/selector.go).

mod labels;

pub use labels::LabelSelector;

use ecow::EcoString;

use super::super::failure::{Failure, Result};
use super::super::id::Gvk;
use super::super::resource::Resource;
use super::super::types::{Selector, Text};
use crate::diag::{Code, Diagnostic};
use crate::render::go_regex::{self, Compiled, Subject};
use crate::yaml::{Node, Value};

/// A selector, compiled. Its expressions match whole texts; one that is absent matches any.
pub struct Matcher {
    group: Pattern,
    version: Pattern,
    kind: Pattern,
    name: Pattern,
    namespace: Pattern,
    labels: Result<LabelSelector>,
    annotations: Result<LabelSelector>,
}

impl Matcher {
    /// Compiles a selector.
    ///
    /// # Errors
    /// An expression that is none.
    pub fn new(selector: &Selector) -> Result<Self> {
        Ok(Self {
            group: Pattern::new(&selector.group)?,
            version: Pattern::new(&selector.version)?,
            kind: Pattern::new(&selector.kind)?,
            name: Pattern::new(&selector.name)?,
            namespace: Pattern::new(&selector.namespace)?,
            labels: LabelSelector::parse(&selector.label_selector),
            annotations: LabelSelector::parse(&selector.annotation_selector),
        })
    }

    /// The same, if the selectors of labels and annotations can be read.
    ///
    /// # Errors
    /// Those that can't.
    pub fn checked(self) -> Result<Self> {
        for terms in [&self.labels, &self.annotations] {
            terms.as_ref().map_err(Clone::clone)?;
        }
        Ok(self)
    }

    /// Whether it selects a resource, by what that was called first or is called now (`resWrangler.Select`).
    ///
    /// # Errors
    /// The resource fits so far, and the selector of its labels or annotations is none: kustomize reads those late.
    pub fn matches(&self, resource: &Resource) -> Result<bool> {
        let now = resource.id();
        if !self.fits_gvk(&now.gvk) {
            return Ok(false);
        }
        let fits = |test: fn(&Self, &str) -> bool, now: &str, first: &str| test(self, now) || test(self, first);
        let named = if resource.previous.is_empty() {
            self.fits_name(&now.name) && self.fits_namespace(now.effective_namespace())
        } else {
            let first = resource.original_id();
            fits(Self::fits_name, &now.name, &first.name)
                && fits(Self::fits_namespace, now.effective_namespace(), first.effective_namespace())
        };
        if !named {
            return Ok(false);
        }
        self.judge_labels(resource)
    }

    fn judge_labels(&self, resource: &Resource) -> Result<bool> {
        for (terms, field) in [(&self.labels, "labels"), (&self.annotations, "annotations")] {
            let terms = terms.as_ref().map_err(Clone::clone)?;
            if !terms.matches(|key| metadata(resource.node(), field, key)) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether a resource's labels and annotations are selected; none is by selectors that can't be read.
    pub fn fits_labels(&self, resource: &Resource) -> bool {
        self.judge_labels(resource).is_ok_and(|fits| fits)
    }

    /// Whether a type is selected.
    pub fn fits_gvk(&self, gvk: &Gvk) -> bool {
        self.kind.fits(&gvk.kind) && self.group.fits(&gvk.group) && self.version.fits(&gvk.version)
    }

    /// Whether a name is selected.
    pub fn fits_name(&self, name: &str) -> bool {
        self.name.fits(name)
    }

    /// Whether a namespace is selected.
    pub fn fits_namespace(&self, namespace: &str) -> bool {
        self.namespace.fits(namespace)
    }
}

/// A label or annotation, as a text; empty if it is none.
fn metadata(node: &Node, field: &str, key: &str) -> Option<EcoString> {
    let value = node.at(&["metadata", field, key])?;
    Some(match &value.value {
        Value::Null if !value.origin.is_unwritten() => "null".into(),
        _ => super::super::scalar::text_of(value).unwrap_or_default(),
    })
}

/// An expression, which most often is a word.
enum Pattern {
    Any,
    Word(EcoString),
    Expression(Box<Compiled>),
}

impl Pattern {
    fn new(pattern: &Text) -> Result<Self> {
        if pattern.is_empty() {
            return Ok(Self::Any);
        }
        if pattern.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '/' | ':')) {
            return Ok(Self::Word(pattern.text.clone()));
        }
        let compiled = go_regex::compile(format!("^(?:{})$", &**pattern).as_bytes());
        compiled.map(|compiled| Self::Expression(Box::new(compiled))).map_err(|why| {
            let message = format!("`{}` is not a regular expression: {why}", &**pattern);
            let diagnostic = Diagnostic::error(Code::INVALID_KUSTOMIZATION, message);
            Failure::told(why, diagnostic).at(pattern.origin, "not an expression")
        })
    }

    fn fits(&self, text: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Word(word) => word == text,
            Self::Expression(compiled) => compiled.is_match(&Subject::new(text.as_bytes())),
        }
    }
}

#[cfg(test)]
mod tests;
