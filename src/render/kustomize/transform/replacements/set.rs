//! Values that replacements take and put.

use ecow::EcoString;

use super::select::{Regexes, written_id};
use super::{DEFAULT_PATH, Made, text, wrong_path};
use crate::diag::{Code, Diagnostic};
use crate::render::kustomize::context::Context;
use crate::render::kustomize::failure::{Failure, Result};
use crate::render::kustomize::field_path::{self, Create, Found, Kind, Matcher, Tree, Wrong};
use crate::render::kustomize::resmap::ResMap;
use crate::render::kustomize::resource::Resource;
use crate::render::kustomize::types::{FieldOptions, SourceSelector, TargetSelector, Text};
use crate::render::kustomize::written::{self, Tag};
use crate::source::Origin;
use crate::yaml::Node;

/// The value that a replacement puts somewhere.
pub(super) struct New {
    /// It, as it takes the place of what is no scalar.
    node: std::result::Result<Node, String>,
    /// Its text; empty for what is no scalar.
    pub(super) text: EcoString,
    /// Its kind.
    pub(super) kind: Kind,
    /// Where it is said.
    pub(super) by: Origin,
}

impl New {
    /// A value that the replacement itself gives: a text of no type.
    pub(super) fn given(text: &Text) -> Self {
        let node = written::typed(Tag::None, text, text.origin);
        Self { node, text: text.text.clone(), kind: Kind::Scalar, by: text.origin }
    }

    /// The value of a resource's field.
    ///
    /// # Errors
    /// A field that isn't there or is empty; options that don't fit it.
    pub(super) fn of(resource: &Resource, source: &SourceSelector, ctx: &Context) -> Result<Self> {
        let fallback = Text::new(DEFAULT_PATH, source.origin);
        let path = if source.field_path.is_empty() { &fallback } else { &source.field_path };
        let at = if path.origin.file.is_real() { path.origin } else { source.origin };
        let path = &Text { origin: at, text: path.text.clone() };
        let found = field_path::lookup(resource.node(), &field_path::split_smart(path)).map_err(|wrong| {
            let text = format!("error looking up replacement source: {}", wrong.text);
            wrong_path(wrong, path, text)
        })?;
        let Some(node) = found.filter(|node| !is_empty(node)) else {
            let text =
                format!("fieldPath `{}` is missing for replacement source {}", &**path, written_id(&source.object));
            let message = format!("{} has no `{}`, or it is empty", resource.id(), &**path);
            let diagnostic = Diagnostic::error(Code::INVALID_REPLACEMENT, message)
                .at(path.origin, "this field path")
                .also(resource.declared_at, "leads into this resource");
            return Err(Failure::told(text, with_fields(diagnostic, resource.node(), path)));
        };
        let text = written::text(node, ctx).unwrap_or_default();
        let (kind, by) = (node.kind(), node.origin);
        let Some(options) = source.options.as_ref().filter(|options| !options.delimiter.is_empty()) else {
            return Ok(Self { node: Ok(node.clone()), text, kind, by });
        };
        if kind != Kind::Scalar {
            return Err(no_scalar(node.origin).at(source.origin, "this source"));
        }
        let part = usize::try_from(options.index).ok().and_then(|at| text.split(&*options.delimiter).nth(at));
        let Some(part) = part else {
            let text = format!("options.index {} is out of bounds for value {text}", options.index);
            let failure = Failure::new(Code::INVALID_REPLACEMENT, text);
            return Err(failure.at(options.delimiter.origin, "splits it by this").at(source.origin, "this source"));
        };
        let node = written::typed(written::tag(node, ctx), part, node.origin);
        Ok(Self { node, text: part.into(), kind, by })
    }

    /// It in the place of a value that is no scalar, or of none.
    ///
    /// # Errors
    /// A value that its own type can't hold.
    pub(super) fn node(&self) -> Result<&Node> {
        self.node.as_ref().map_err(|text| mistyped(text, self.by))
    }
}

/// Whether kustomize takes a value for none (`IsNilOrEmpty`).
fn is_empty(node: &Node) -> bool {
    match node.kind() {
        Kind::Null => true,
        Kind::Sequence => node.count() == 0,
        Kind::Mapping => node.as_map().is_some_and(crate::yaml::Map::is_empty),
        _ => false,
    }
}

/// Adds which field may have been meant.
fn with_fields(diagnostic: Diagnostic, root: &Node, path: &str) -> Diagnostic {
    let parts = field_path::split_smart(path);
    let mut node = root;
    for part in &parts {
        match field_path::lookup(node, std::slice::from_ref(part)) {
            Ok(Some(next)) => node = next,
            _ => {
                let known = node.as_map().into_iter().flatten().map(|entry| entry.key.as_str());
                return diagnostic.did_you_mean(part, known);
            }
        }
    }
    diagnostic
}

fn no_scalar(at: Origin) -> Failure {
    let text = "delimiter option can only be used with scalar nodes";
    Failure::new(Code::INVALID_REPLACEMENT, text).at(at, "a list or a mapping")
}

/// The failure of a value whose field has another type. kustomize finds it when it writes the resource.
fn mistyped(text: &str, at: Origin) -> Failure {
    let failure = Failure::new(Code::INVALID_REPLACEMENT, format!("map[string]interface {{}}(nil): yaml: {text}"));
    failure.at(at, "this value")
}

/// A value, and the fields that it goes into.
pub(super) struct Way<'a> {
    pub(super) new: &'a New,
    pub(super) target: &'a TargetSelector,
    pub(super) paths: &'a [(&'a Text, Vec<String>)],
    pub(super) regexes: &'a Regexes,
}

/// Puts a value into fields of one resource.
///
/// # Errors
/// A field that isn't there; a value that doesn't fit it.
pub(super) fn put(map: &mut ResMap, at: usize, way: &Way, made: &mut Made, ctx: &Context) -> Result<()> {
    let Way { new, target, paths, regexes } = *way;
    let Some(resource) = map.get_mut(at) else { return Ok(()) };
    let (id, declared_at) = (resource.id().to_string(), resource.declared_at);
    resource
        .edit(|root| {
            paths.iter().try_for_each(|(path, parts)| {
                let putting = Putting { new, options: target.options.as_ref(), path, parts, regexes, at, ctx };
                putting.put(root, made)
            })
        })
        .map_err(|failure| failure.at(target.origin, "this target").also(declared_at, &format!("into {id}")))
}

/// One value on its way into one field.
struct Putting<'a, 'c> {
    new: &'a New,
    options: Option<&'a FieldOptions>,
    path: &'a Text,
    parts: &'a [String],
    regexes: &'a Regexes,
    /// The resource's place.
    at: usize,
    ctx: &'a Context<'a, 'c>,
}

impl Putting<'_, '_> {
    fn put(&self, root: &mut Node, made: &mut Made) -> Result<()> {
        let creates = self.options.is_some_and(|options| options.create);
        let create = creates.then_some(Create { kind: self.new.kind, at: self.path.origin });
        if text::put(root, self.new, self.parts, create, self.regexes, self.ctx)? {
            return Ok(());
        }
        let mut failure: Option<Failure> = None;
        let ctx = self.ctx;
        let matcher = Matcher {
            create,
            text: &|node| written::text(node, ctx).unwrap_or_default(),
            shown: &|node| written::shown(node, ctx),
            is_match: &|expression, text| self.regexes.is_found(expression, text),
        };
        let mut any = false;
        let mut empty: Vec<Vec<usize>> = Vec::new();
        let mut visit = |found: Found<Node>| {
            let set = match found {
                Found::Value { node, way, made: new } => {
                    any = true;
                    let set = self.set(node, way, new, made);
                    empty.extend((new && node.is_null()).then(|| way.to_vec()));
                    set
                }
                Found::Lost(kind) => match self.joins() && !matches!(kind, Kind::Scalar | Kind::Null) {
                    true => Err(no_scalar(self.path.origin)),
                    false => Ok(()),
                },
            };
            set.map_err(|wrong| {
                let text = wrong.text.clone();
                failure = Some(wrong);
                Wrong { text, at: Origin::NONE }
            })
        };
        let found = matcher.visit(root, self.parts, &mut visit);
        if let Some(failure) = failure {
            return Err(failure);
        }
        // An empty text without a type is nothing; in brackets, it is written as a text.
        for way in empty {
            if self.new.text.is_empty()
                && self.is_in_brackets(root, &way)
                && let Some(place) = way.iter().try_fold(&mut *root, |node, at| node.child_mut(*at))
            {
                *place = Node::new("", place.origin);
            }
        }
        let lead = match creates {
            true => format!("unable to find or create field {:?} in replacement target", &**self.path),
            false => format!("unable to find field {:?} in replacement target", &**self.path),
        };
        match found {
            Ok(0) => {
                let message = format!("`{}` leads to no field", &**self.path);
                let diagnostic = Diagnostic::error(Code::INVALID_REPLACEMENT, message);
                let diagnostic = with_fields(diagnostic.at(self.path.origin, "this field path"), root, self.path);
                Err(Failure::told(lead, diagnostic.hint("say `options: {create: true}` if it is to be made")))
            }
            Ok(_) => {
                if !any {
                    let message =
                        format!("nothing is put into `{}`: kustomize loses what it changes there", &**self.path);
                    let diagnostic = Diagnostic::warning(Code::INVALID_REPLACEMENT, message);
                    self.ctx.warnings.borrow_mut().push(diagnostic.at(self.path.origin, "this field path"));
                }
                Ok(())
            }
            Err(wrong) => {
                let text = format!("{lead}: {}", wrong.text);
                Err(wrong_path(wrong, self.path, text))
            }
        }
    }

    fn is_in_brackets(&self, root: &Node, way: &[usize]) -> bool {
        let mut node = root;
        way.iter().any(|at| {
            let flow = written::is_flow(node, self.ctx);
            if let Some(child) = node.child(*at) {
                node = child;
            }
            flow
        })
    }

    fn is_annotation(&self) -> bool {
        matches!(self.parts, [first, second, _] if first == "metadata" && second == "annotations")
    }

    /// Whether the value becomes a part of a text.
    fn joins(&self) -> bool {
        self.options.is_some_and(|options| !options.delimiter.is_empty())
    }

    /// Sets one value: a scalar gets the new text and keeps its type, what is none is replaced as a whole.
    fn set(&self, node: &mut Node, way: &[usize], new: bool, made: &mut Made) -> Result<()> {
        let scalar = matches!(node.kind(), Kind::Scalar | Kind::Null);
        if self.joins() && !scalar {
            return Err(no_scalar(node.origin).at(self.path.origin, "this field path"));
        }
        let was = if new { Origin::NONE } else { node.origin };
        let origin = self.ctx.recorder.step("replaced by", self.new.by, was);
        let untyped = new || !made.is_empty() && made.contains(&(self.at, way.to_vec()));
        if !scalar {
            *node = Node { origin, ..self.new.node()?.clone() };
            return Ok(());
        }
        let tag = if self.is_annotation() {
            // kustomize makes texts of them in the end.
            Tag::Str
        } else if untyped {
            Tag::None
        } else {
            written::tag(node, self.ctx)
        };
        let text = match self.options.filter(|_| self.joins()) {
            // A value that was made on the way is an empty text.
            Some(options) if new => joined("", options, &self.new.text),
            Some(options) => joined(&written::text(node, self.ctx).unwrap_or_default(), options, &self.new.text),
            None => self.new.text.clone(),
        };
        *node = written::typed(tag, &text, origin).map_err(|text| {
            let message = format!("`{}` is {}, which this value is not", &**self.path, node.value.kind());
            let diagnostic = Diagnostic::error(Code::INVALID_REPLACEMENT, message)
                .at(self.new.by, "this value")
                .also(was, "would take the place of this one");
            Failure::told(mistyped(&text, self.new.by).text, diagnostic)
        })?;
        if new {
            made.insert((self.at, way.to_vec()));
        }
        Ok(())
    }
}

/// A text with a part of it replaced, or with one more in front or at the end.
fn joined(text: &str, options: &FieldOptions, new: &str) -> EcoString {
    let mut parts: Vec<&str> = text.split(&*options.delimiter).collect();
    match usize::try_from(options.index) {
        Err(_) => parts.insert(0, new),
        Ok(at) => match parts.get_mut(at) {
            Some(part) => *part = new,
            None => parts.push(new),
        },
    }
    parts.join(&options.delimiter).into()
}
