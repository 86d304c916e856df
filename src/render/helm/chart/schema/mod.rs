//! Values against the schemas of their charts.
//!
//! Helm uses santhosh-tekuri/jsonschema v6, whose errors are a tree that it prints. The same tree is made here
//! ([`check`]), since its text is what people look for; `jsonschema` judges what only few schemas use.

mod check;
mod plain;
mod words;

use std::collections::BTreeMap;

use jsonschema::Validator;
use regex::Regex;
use serde_json::Value as Json;

use super::failure::{Failure, Warning};
use super::instance::Instance;
use super::model::Chart;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::render::helm::Profile;
use crate::source::Origin;
use crate::yaml::json_view::Yaml;
use crate::yaml::{Node, Value};
use check::{Check, Fault};

/// A schema made ready, once per chart.
pub(super) struct Compiled {
    root: Json,
    draft: u16,
    patterns: BTreeMap<String, Regex>,
    /// For what is judged elsewhere: formats, `unevaluated…`, dynamic references.
    beyond: Option<Box<Validator<Yaml>>>,
    /// `urn:` references, which Helm takes for anything.
    urns: Vec<String>,
    /// Why it can't be used: where, for people, and Helm's words.
    problem: Option<(usize, String, String)>,
}

impl std::fmt::Debug for Compiled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Compiled").field("draft", &self.draft).finish_non_exhaustive()
    }
}

/// Levels of a schema that are looked through.
const MAX_DEPTH: usize = 200;

impl Compiled {
    fn new(bytes: &[u8]) -> Self {
        let mut compiled = Self {
            root: Json::Bool(true),
            draft: 2020,
            patterns: BTreeMap::new(),
            beyond: None,
            urns: Vec::new(),
            problem: None,
        };
        if bytes.is_empty() {
            compiled.problem = Some((0, "the schema is empty".to_owned(), "EOF".to_owned()));
            return compiled;
        }
        match serde_json::from_slice(bytes) {
            Ok(root) => compiled.root = root,
            Err(error) => {
                let at = offset(bytes, error.line(), error.column());
                compiled.problem = Some((at, format!("the schema is not JSON: {error}"), error.to_string()));
                return compiled;
            }
        }
        let root = std::mem::take(&mut compiled.root);
        let named = root.get("$schema").and_then(Json::as_str).unwrap_or_default();
        let drafts = [("draft-04", 4), ("draft-06", 6), ("draft-07", 7), ("2019-09", 2019)];
        compiled.draft = drafts.iter().find(|(name, _)| named.contains(name)).map_or(2020, |(_, draft)| *draft);
        let mut beyond = false;
        compiled.survey(&root, 0, &mut beyond);
        let has_pattern = |pattern: &str| compiled.patterns.contains_key(pattern);
        if compiled.problem.is_none() && (beyond || !plain::is_plain(&root, compiled.draft, &has_pattern)) {
            let validator =
                jsonschema::options_for::<Yaml>().should_validate_formats(compiled.draft < 2019).build(&root);
            match validator {
                Ok(validator) => compiled.beyond = beyond.then(|| Box::new(validator)),
                Err(error) => {
                    let helm = format!("\"file:///values.schema.json#\" is not valid against metaschema: {error}");
                    compiled.problem = Some((0, format!("the schema is not one: {error}"), helm));
                }
            }
        }
        compiled.root = root;
        compiled
    }

    /// Collects the patterns, and what the schema asks for that is not here.
    fn survey(&mut self, schema: &Json, depth: usize, beyond: &mut bool) {
        let Some(object) = schema.as_object() else {
            if let Some(items) = schema.as_array() {
                items.iter().filter(|_| depth < MAX_DEPTH).for_each(|item| self.survey(item, depth + 1, beyond));
            }
            return;
        };
        if depth >= MAX_DEPTH {
            *beyond = true;
            return;
        }
        for (key, value) in object {
            match key.as_str() {
                "enum" | "const" | "default" | "examples" | "required" => continue,
                "unevaluatedProperties" | "unevaluatedItems" | "$dynamicRef" | "$recursiveRef" => *beyond = true,
                "format" => *beyond |= self.draft < 2019,
                "pattern" => self.pattern(value.as_str()),
                "patternProperties" => {
                    value.as_object().into_iter().flatten().for_each(|(pattern, _)| self.pattern(Some(pattern)));
                }
                "$ref" => self.reference(value.as_str(), beyond),
                _ => {}
            }
            self.survey(value, depth + 1, beyond);
        }
    }

    fn pattern(&mut self, pattern: Option<&str>) {
        let Some(pattern) = pattern else { return };
        if let Ok(regex) = Regex::new(pattern) {
            self.patterns.insert(pattern.to_owned(), regex);
        }
    }

    fn reference(&mut self, reference: Option<&str>, beyond: &mut bool) {
        let Some(reference) = reference else { return };
        if reference == "#" || reference.starts_with("#/") {
            return;
        }
        if reference.starts_with('#') {
            *beyond = true;
        } else if reference.starts_with("urn:") {
            self.urns.push(reference.to_owned());
        } else {
            let message = format!("the schema refers to `{reference}`, and nothing is fetched from elsewhere");
            let url = reference.split_once('#').map_or(reference, |(url, _)| url);
            let helm = format!("failing loading {}: nothing is fetched", crate::go::quote(url));
            self.problem.get_or_insert((0, message, helm));
        }
    }

    /// What a draft-04 schema calls an integer is one by its spelling; Helm's numbers have lost theirs.
    fn judged_elsewhere(&self, node: &Node) -> Option<Fault> {
        let validator = self.beyond.as_ref()?;
        let node = with_integers(node);
        let error = validator.iter_errors(&node).next()?;
        let at = error.instance_path().to_string();
        Some(Fault::leaf(at, error.to_string()))
    }
}

fn offset(bytes: &[u8], line: usize, column: usize) -> usize {
    let before: usize = bytes.split_inclusive(|b| *b == b'\n').take(line.saturating_sub(1)).map(<[u8]>::len).sum();
    (before + column.saturating_sub(1)).min(bytes.len())
}

#[expect(clippy::cast_possible_truncation, reason = "checked to be whole and small")]
fn with_integers(node: &Node) -> Node {
    let value = match &node.value {
        Value::Float(n) if n.fract() == 0.0 && n.abs() < 9e15 => Value::Int(*n as i64),
        Value::Seq(items) => Value::Seq(items.iter().map(with_integers).collect()),
        Value::Map(map) => {
            let entries = map.iter().cloned().map(|mut e| {
                e.value = with_integers(&e.value);
                e
            });
            Value::Map(crate::yaml::Map::from_unique(entries.collect()))
        }
        value => value.clone(),
    };
    Node { value, origin: node.origin }
}

/// Holds the values of a chart, and of those below it, against their schemas.
///
/// # Errors
/// All violations of all charts.
pub(super) fn validate(
    root: &Instance,
    values: &Node,
    profile: Profile,
    warnings: &mut Vec<Warning>,
) -> Result<(), Failure> {
    let mut all = All { profile, warnings, text: String::new(), diagnostics: Diagnostics::new() };
    all.chart(root, values);
    if all.text.is_empty() {
        return Ok(());
    }
    let before = "values don't meet the specifications of the schema(s) in the following chart(s):\n";
    Err(Failure { helm: format!("{before}{}", all.text), diagnostics: all.diagnostics })
}

struct All<'a> {
    profile: Profile,
    warnings: &'a mut Vec<Warning>,
    text: String,
    diagnostics: Diagnostics,
}

impl All<'_> {
    fn chart(&mut self, instance: &Instance, values: &Node) {
        self.own(instance, values);
        for child in &instance.dependencies {
            let name = child.name();
            match values.get(name).map(|node| (&node.value, node)) {
                None | Some((Value::Null, _)) => {}
                Some((Value::Map(_), node)) => self.chart(child, node),
                Some((value, node)) => {
                    let kind = match value {
                        Value::Bool(_) => "bool",
                        Value::Int(_) | Value::UInt(_) => "int64",
                        Value::Float(_) => "float64",
                        Value::Str(_) => "string",
                        _ => "[]interface {}",
                    };
                    self.text += &format!("{name}:\ninvalid type for values: expected object (map), got {kind}\n");
                    let message = format!("the values of `{name}` are a mapping, found {}", value.kind());
                    self.diagnostics.push(Diagnostic::error(Code::INVALID_VALUES, message).at(node.origin, ""));
                }
            }
        }
    }

    fn own(&mut self, instance: &Instance, values: &Node) {
        let chart: &Chart = &instance.chart;
        let Some(file) = &chart.schema else { return };
        let compiled = chart.compiled.get_or_init(|| Compiled::new(file.bytes()));
        let name = instance.name();
        if let Some((at, message, helm)) = &compiled.problem {
            self.text += &format!("{name}:\n{helm}");
            let origin = file.source().map_or(Origin::NONE, |source| Origin::new(source.id, *at));
            let message = format!("values.schema.json of `{name}`: {message}");
            let diagnostic = Diagnostic::error(Code::INVALID_VALUES, message).at(origin, "").hint(
                "put what it needs into the schema itself, below `$defs`, or leave the schema out: \
                    `--skip-schema-validation`, `skipSchemaValidation` in an Application",
            );
            self.diagnostics.push(diagnostic);
            return;
        }
        for urn in &compiled.urns {
            let message = format!("WARNING: unresolved URN reference ignored; using permissive schema: {urn}");
            let helm = match self.profile {
                Profile::Helm3 => format!("jsonschema.go:192: {message}"),
                Profile::Helm4 => {
                    format!("level=WARN msg=\"unresolved URN reference ignored; using permissive schema\" urn={urn}")
                }
            };
            self.warnings.push(Warning { helm, message, origin: Origin::NONE });
        }
        let fault = Check::new(compiled).run(values).or_else(|| compiled.judged_elsewhere(values));
        let Some(fault) = fault else { return };
        self.text += &format!("{name}:\n{}\n", fault.text());
        let about = format!("by values.schema.json of `{name}`");
        self.diagnostics.extend(words::diagnostics(&fault, values, &about));
    }
}
