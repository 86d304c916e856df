//! Which resources a replacement means.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use crate::diag::{Code, Diagnostic};
use crate::render::go_regex::{self, Compiled, Subject};
use crate::render::kustomize::failure::{Failure, Result};
use crate::render::kustomize::id::{Gvk, ResId};
use crate::render::kustomize::patch::selector::Matcher;
use crate::render::kustomize::resmap::ResMap;
use crate::render::kustomize::resource::Resource;
use crate::render::kustomize::types::{Selector, SourceSelector, TargetSelector, Text};

/// What a resource is and was called (`MakeResIds`): group, version, kind, name and namespace.
fn ids(resource: &Resource) -> impl Iterator<Item = (&Gvk, &str, &str, &str)> {
    let id = resource.id();
    let current = (&id.gvk, id.gvk.kind.as_str(), id.name.as_str(), id.namespace.as_str());
    let previous = resource.previous.iter().map(|p| (&id.gvk, p.kind.as_str(), p.name.as_str(), p.namespace.as_str()));
    std::iter::once(current).chain(previous)
}

/// The one resource that a source names: exactly, by what it is or was called.
///
/// # Errors
/// None, or several.
pub(super) fn source<'m>(map: &'m ResMap, source: &SourceSelector) -> Result<&'m Resource> {
    let wanted = &source.object;
    let fits = |own: &str, wanted: &str| wanted.is_empty() || own == wanted;
    let namespace = |text: &'m str| if text.is_empty() { "default" } else { text };
    let mut found = map.resources().iter().filter(|resource| {
        ids(resource).any(|(gvk, kind, name, ns)| {
            fits(name, &wanted.name)
                && fits(kind, &wanted.kind)
                && fits(&gvk.group, &wanted.group)
                && fits(&gvk.version, &wanted.version)
                && (wanted.namespace.is_empty() || namespace(ns) == &*wanted.namespace)
        })
    });
    match (found.next(), found.next()) {
        (Some(only), None) => Ok(only),
        (None, _) => {
            let text = format!("nothing selected by {}", shown(source));
            let message = format!("there is no {}", describe(wanted));
            let diagnostic = Diagnostic::error(Code::MATCHES_NOTHING, message).at(source.origin, "this source");
            Err(Failure::told(text, meant(diagnostic, map, wanted)))
        }
        (Some(first), Some(second)) => {
            let text = format!("multiple matches for selector {}", shown(source));
            let message = format!("{} is more than one", describe(wanted));
            let diagnostic = Diagnostic::error(Code::AMBIGUOUS_REFERENCE, message)
                .at(source.origin, "this source")
                .also(first.declared_at, first.id().to_string())
                .also(second.declared_at, second.id().to_string());
            Err(Failure::told(text, diagnostic))
        }
    }
}

/// The id that a selector says, as it is written.
pub(super) fn written_id(selector: &Selector) -> ResId {
    let text = |text: &Text| text.text.clone();
    let gvk = Gvk {
        group: text(&selector.group),
        version: text(&selector.version),
        kind: text(&selector.kind),
        cluster_scoped: false,
    };
    ResId { gvk, name: text(&selector.name), namespace: text(&selector.namespace) }
}

/// A source as kustomize prints it.
fn shown(source: &SourceSelector) -> String {
    let mut text = written_id(&source.object).to_string();
    if !source.field_path.is_empty() {
        text.push(':');
        text.push_str(&source.field_path);
    }
    if let Some(options) = source.options.as_ref().filter(|o| !o.delimiter.is_empty() || o.create) {
        text.push_str(&format!(":{}({}), create={}", &*options.delimiter, options.index, options.create));
    }
    text
}

/// A selector in words: `Deployment web in shop`.
fn describe(selector: &Selector) -> String {
    let kind = if selector.kind.is_empty() { "resource" } else { &selector.kind };
    let mut text = kind.to_owned();
    if !selector.name.is_empty() {
        text.push_str(&format!(" `{}`", &*selector.name));
    }
    if !selector.namespace.is_empty() {
        text.push_str(&format!(" in namespace `{}`", &*selector.namespace));
    }
    for (what, of) in [("group", &selector.group), ("version", &selector.version)] {
        if !of.is_empty() {
            text.push_str(&format!(" of {what} `{}`", &**of));
        }
    }
    text
}

/// Adds which resource may have been meant.
fn meant(diagnostic: Diagnostic, map: &ResMap, selector: &Selector) -> Diagnostic {
    let kinds = || map.resources().iter().flat_map(ids).map(|(_, kind, _, _)| kind);
    if !selector.kind.is_empty() && !kinds().any(|kind| kind == &*selector.kind) {
        return diagnostic.did_you_mean(&selector.kind, kinds());
    }
    let of_kind = |kind: &str| selector.kind.is_empty() || kind == &*selector.kind;
    let names = map.resources().iter().flat_map(ids).filter(|(_, kind, ..)| of_kind(kind)).map(|(_, _, name, _)| name);
    if selector.name.is_empty() { diagnostic } else { diagnostic.did_you_mean(&selector.name, names) }
}

/// The warning of a target that selects nothing.
pub(super) fn matches_nothing(map: &ResMap, target: &TargetSelector, select: &Selector) -> Diagnostic {
    let message = format!("this target selects nothing: there is no {}", describe(select));
    let origin = if select.origin.file.is_real() { select.origin } else { target.origin };
    meant(Diagnostic::warning(Code::MATCHES_NOTHING, message).at(origin, "selects nothing"), map, select)
}

/// What a target's selectors say of a resource.
pub(super) enum Verdict {
    /// It isn't meant.
    Other,
    /// It would be, but is rejected.
    Rejected,
    /// It is meant.
    Meant,
}

/// A target's selectors, ready to match.
pub(super) struct Targets<'a> {
    select: Ready<'a>,
    reject: Vec<Ready<'a>>,
}

impl<'a> Targets<'a> {
    /// Makes the selectors of a target ready.
    ///
    /// # Errors
    /// What is no regular expression, or no label selector.
    pub(super) fn new(target: &'a TargetSelector, select: &'a Selector) -> Result<Self> {
        let reject: Result<Vec<Ready>> = target.reject.iter().map(Ready::new).collect();
        Ok(Self { select: Ready::new(select)?, reject: reject? })
    }

    /// What they say of a resource. What is rejected by its labels is so whatever else the selector says.
    pub(super) fn verdict(&self, resource: &Resource) -> Verdict {
        if !self.select.is_called(resource) || !self.select.matcher.fits_labels(resource) {
            return Verdict::Other;
        }
        let is_rejected = |reject: &Ready| {
            reject.asks_labels() && reject.matcher.fits_labels(resource)
                || reject.asks_id() && reject.is_called(resource)
        };
        if self.reject.iter().any(is_rejected) { Verdict::Rejected } else { Verdict::Meant }
    }
}

/// A selector, ready to match.
struct Ready<'a> {
    selector: &'a Selector,
    matcher: Matcher,
}

impl<'a> Ready<'a> {
    fn new(selector: &'a Selector) -> Result<Self> {
        let matcher = Matcher::new(selector).and_then(Matcher::checked).map_err(|failure| {
            match failure.text.starts_with("error parsing regexp") {
                true => failure.prefixed("error creating target selector"),
                false => failure,
            }
        })?;
        Ok(Self { selector, matcher })
    }

    /// Whether a resource is or was called so.
    fn is_called(&self, resource: &Resource) -> bool {
        ids(resource).any(|(gvk, kind, name, namespace)| {
            self.matcher.fits_name(name)
                && self.matcher.fits_namespace(namespace)
                && match kind == gvk.kind {
                    true => self.matcher.fits_gvk(gvk),
                    false => self.matcher.fits_gvk(&Gvk { kind: kind.into(), ..gvk.clone() }),
                }
        })
    }

    fn asks_id(&self) -> bool {
        let s = self.selector;
        [&s.group, &s.version, &s.kind, &s.name, &s.namespace].into_iter().any(|text| !text.is_empty())
    }

    fn asks_labels(&self) -> bool {
        !(self.selector.annotation_selector.is_empty() && self.selector.label_selector.is_empty())
    }
}

/// Regular expressions of paths, compiled once.
#[derive(Default)]
pub(super) struct Regexes {
    known: RefCell<HashMap<String, Rc<Compiled>>>,
}

impl Regexes {
    /// Whether an expression is found in a text.
    ///
    /// # Errors
    /// What is no expression.
    pub(super) fn is_found(&self, expression: &str, text: &str) -> std::result::Result<bool, String> {
        if expression.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'/')) {
            return Ok(text.contains(expression));
        }
        let known = self.known.borrow().get(expression).cloned();
        let compiled = match known {
            Some(compiled) => compiled,
            None => {
                let compiled = Rc::new(go_regex::compile(expression.as_bytes())?);
                self.known.borrow_mut().insert(expression.to_owned(), Rc::clone(&compiled));
                compiled
            }
        };
        Ok(compiled.is_match(&Subject::new(text.as_bytes())))
    }
}
