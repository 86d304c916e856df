//! The configurations of prefixes and suffixes: kustomize reads them with go-yaml v3 by itself. So case matters, whatever
//! is a scalar may be a string, and mistakes are told in other words.

use super::super::failure::{Failure, Result};
use super::super::field_spec::FieldSpec;
use super::super::id::Gvk;
use super::super::scalar::text_of;
use super::super::types::Text;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::FileId;
use crate::yaml::{self, Dialect, Limits, Node, Value};

/// The prefix or suffix, and the fields that get it.
pub(super) fn read(config: &Node, field: &str) -> Result<(Text, Vec<FieldSpec>)> {
    let mut decoder = Decoder { config, said: Vec::new(), diagnostics: Diagnostics::new() };
    let specs = decoder.field_specs();
    let affix = decoder.text(config.get(field), &format!("/{field}"));
    if !decoder.said.is_empty() {
        let text = format!("yaml: unmarshal errors:{}", decoder.said.concat());
        return Err(Failure { text, diagnostics: decoder.diagnostics });
    }
    let specs = specs.ok_or_else(|| {
        let kind = config.str_at(&["kind"]).unwrap_or_default();
        let message = format!("a {kind} needs `fieldSpecs`");
        let diagnostic = Diagnostic::error(Code::INVALID_KUSTOMIZATION, message).at(config.origin, "names no fields");
        let diagnostic = diagnostic.hint("for names: `fieldSpecs: [{path: metadata/name}]`");
        Failure::told("fieldSpecs is not expected to be nil", diagnostic)
    })?;
    Ok((affix, specs))
}

struct Decoder<'n> {
    config: &'n Node,
    said: Vec<String>,
    diagnostics: Diagnostics,
}

impl Decoder<'_> {
    fn field_specs(&mut self) -> Option<Vec<FieldSpec>> {
        let list = self.config.get("fieldSpecs").filter(|list| !list.is_null())?;
        let Some(items) = list.as_seq() else {
            self.mismatch(list, "/fieldSpecs", "types.FsSlice", "a list");
            return Some(Vec::new());
        };
        let items = items.iter().enumerate().filter(|(_, item)| !item.is_null());
        Some(items.map(|(at, item)| self.field_spec(item, &format!("/fieldSpecs/{at}"))).collect())
    }

    fn field_spec(&mut self, node: &Node, pointer: &str) -> FieldSpec {
        if !matches!(node.value, Value::Null | Value::Map(_)) {
            self.mismatch(node, pointer, "types.FieldSpec", "a mapping");
        }
        let create = match node.get("create").map(|create| (&create.value, create)) {
            None | Some((Value::Null, _)) => false,
            Some((Value::Bool(create), _)) => *create,
            Some((Value::Str(text), _)) if matches!(&**text, "y" | "Y" | "yes" | "on") => true,
            Some((Value::Str(text), _)) if matches!(&**text, "n" | "N" | "no" | "off") => false,
            Some((_, create)) => {
                self.mismatch(create, &format!("{pointer}/create"), "bool", "a boolean");
                false
            }
        };
        // In the order in which mistakes are told: that of the keys.
        let mut text = |field: &str| self.text(node.get(field), &format!("{pointer}/{field}")).text;
        let (group, kind, path, version) = (text("group"), text("kind"), text("path"), text("version"));
        let gvk = Gvk { group, version, kind, cluster_scoped: false };
        FieldSpec { gvk, path, create, origin: node.origin }
    }

    fn text(&mut self, node: Option<&Node>, pointer: &str) -> Text {
        let Some(node) = node else { return Text::default() };
        match text_of(node) {
            Some(text) => Text { text, origin: node.origin },
            None => {
                self.mismatch(node, pointer, "string", "a string");
                Text::default()
            }
        }
    }

    fn mismatch(&mut self, node: &Node, pointer: &str, go: &str, expected: &str) {
        let tag = match &node.value {
            Value::Null => "!!null",
            Value::Bool(_) => "!!bool",
            Value::Int(_) | Value::UInt(_) => "!!int",
            Value::Float(_) => "!!float",
            Value::Str(_) => "!!str",
            Value::Seq(_) => "!!seq",
            Value::Map(_) => "!!map",
        };
        let value = match text_of(node) {
            Some(text) if text.len() > 10 => format!(" `{}...`", text.chars().take(7).collect::<String>()),
            Some(text) => format!(" `{text}`"),
            None => String::new(),
        };
        let line = self.line(pointer);
        self.said.push(format!("\n  line {line}: cannot unmarshal {tag}{value} into {go}"));
        let name = pointer.rsplit('/').next().unwrap_or_default();
        let kind = node.value.kind();
        let message = format!("`{name}` must be {expected}, found {kind}");
        self.diagnostics.push(Diagnostic::error(Code::INVALID_KUSTOMIZATION, message).at(node.origin, kind));
    }

    /// The line of a value in the configuration as kustomize writes it for the plugin.
    fn line(&self, pointer: &str) -> usize {
        let written = yaml::emit(self.config);
        let parsed = yaml::parse_first(FileId::TRANSIENT, &written, Dialect::Kustomize, Limits::default());
        let at = parsed.into_first().pointer(pointer).map_or(0, |node| node.origin.at as usize);
        written.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
    }
}
