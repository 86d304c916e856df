//! Which fields of custom types hold labels, annotations or names, by their OpenAPI definitions
//! (api/internal/accumulator/loadconfigfromcrds.go).

use super::failure::{Failure, Result};
use super::field_spec::FieldSpec;
use super::id::Gvk;
use super::loader::Loader;
use super::read;
use super::transformer_config::{NameBackReferences, TransformerConfig, merge_all, merge_references};
use super::types::Text;
use crate::diag::{Code, Diagnostic};
use crate::source::{Origin, SourceFile};
use crate::yaml::{Entry, Map, Node, Value};

const ANNOTATION: &str = "x-kubernetes-annotation";
const LABEL_SELECTOR: &str = "x-kubernetes-label-selector";
const IDENTITY: &str = "x-kubernetes-identity";
const REF_VERSION: &str = "x-kubernetes-object-ref-api-version";
const REF_KIND: &str = "x-kubernetes-object-ref-kind";
const REF_NAME_KEY: &str = "x-kubernetes-object-ref-name-key";

/// Properties that are looked at for one type: definitions that refer to each other again and again multiply.
const MAX_PROPERTIES: usize = 100_000;

/// How deep definitions may refer to definitions.
const MAX_DEPTH: usize = 200;

/// What the definitions in the files of `crds` say.
///
/// # Errors
/// A file that can't be read, or holds no definitions; a definition that refers to itself.
pub fn load(paths: &[Text], loader: &Loader) -> Result<TransformerConfig> {
    let mut all = TransformerConfig::default();
    for path in paths {
        let file = loader.text(path)?;
        let config = definitions(&file).map_err(|failure| {
            let prefix = format!("unable to parse open API definition from '{}'", &**path);
            read::named(failure.prefixed(&prefix), path)
        });
        let config = from_definitions(&config?).map_err(|failure| read::named(failure, path))?;
        all = all.merge(&config)?;
    }
    Ok(all)
}

/// The definitions by their names.
fn definitions(file: &SourceFile) -> Result<Map> {
    let invalid = |text: String, message: String| {
        let diagnostic = Diagnostic::error(Code::INVALID_KUSTOMIZATION, message);
        Failure::told(text, diagnostic.at(Origin::new(file.id, 0), "this file"))
    };
    let json = file.text.starts_with('{');
    if file.text.is_empty() {
        return Err(invalid("it is empty".to_owned(), "a file of definitions is empty".to_owned()));
    }
    if json && let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(&file.text) {
        return Err(invalid(error.to_string(), format!("this starts like JSON, but isn't: {error}")));
    }
    let node = read::document(file)?;
    let said = |text: String| if json { text } else { format!("{}: {text}", read::DECODING) };
    let no_definition = |node: &Node, go: &str| {
        let word = match &node.value {
            Value::Str(_) => "string",
            Value::Seq(_) => "array",
            Value::Bool(_) => "bool",
            _ => "number",
        };
        let text = said(format!("json: cannot unmarshal {word} into Go value of type accumulator.{go}"));
        let kind = node.value.kind();
        let message = format!("OpenAPI definitions by their names are expected, found {kind}");
        let failure = Failure::told(text, Diagnostic::error(Code::INVALID_KUSTOMIZATION, message));
        failure.at(node.origin, kind).hint(
            "`crds` takes OpenAPI definitions; list CustomResourceDefinitions, which are manifests, under `resources`",
        )
    };
    let map = match node.value {
        Value::Null => Map::new(),
        Value::Map(map) => map,
        _ => return Err(no_definition(&node, "nameToApiMap")),
    };
    let mut entries: Vec<&Entry> = map.iter().collect();
    entries.sort_by(|a, b| a.key.cmp(&b.key));
    match entries.iter().find(|entry| !matches!(entry.value.value, Value::Map(_) | Value::Null)) {
        Some(entry) => Err(no_definition(&entry.value, "OpenAPIDefinition")),
        None => Ok(map),
    }
}

fn from_definitions(definitions: &Map) -> Result<TransformerConfig> {
    let mut entries: Vec<&Entry> = definitions.iter().collect();
    entries.sort_by(|a, b| a.key.cmp(&b.key));
    let mut all = TransformerConfig::default();
    for entry in entries {
        let Some(properties) = properties(definitions, &entry.key) else { continue };
        if ["kind", "apiVersion", "metadata"].iter().any(|field| properties.get(field).is_none()) {
            continue;
        }
        let kind = entry.key.rsplit('.').next().unwrap_or_default();
        let gvk = Gvk { kind: kind.into(), ..Gvk::default() };
        let mut walk = Walk { definitions, gvk, config: TransformerConfig::default(), path: Vec::new(), seen: 0 };
        walk.definition(&entry.key, &mut Vec::new())?;
        all = all.merge(&walk.config)?;
    }
    Ok(all)
}

/// The properties of a definition, if it is there.
fn properties<'d>(definitions: &'d Map, name: &str) -> Option<&'d Map> {
    let definition = definitions.get(name)?.as_map()?;
    let schema = definition.iter().filter(|entry| entry.key.eq_ignore_ascii_case("schema")).max_by_key(|e| &e.key)?;
    schema.value.get("properties")?.as_map()
}

/// A walk through the definitions from one type on.
struct Walk<'d> {
    definitions: &'d Map,
    gvk: Gvk,
    config: TransformerConfig,
    path: Vec<&'d str>,
    seen: usize,
}

impl<'d> Walk<'d> {
    fn definition(&mut self, name: &'d str, within: &mut Vec<&'d str>) -> Result<()> {
        let Some(properties) = properties(self.definitions, name) else { return Ok(()) };
        within.push(name);
        self.seen += properties.len();
        let mut entries: Vec<&Entry> = properties.iter().collect();
        entries.sort_by(|a, b| a.key.cmp(&b.key));
        for entry in entries {
            self.path.push(&entry.key);
            self.property(entry)?;
            if let Some(reference) = entry.value.get("$ref")
                && let Some(other) = reference.as_str()
            {
                if within.contains(&other) || within.len() > MAX_DEPTH || self.seen > MAX_PROPERTIES {
                    return Err(endless(other, reference.origin));
                }
                self.definition(other, within)?;
            }
            self.path.pop();
        }
        within.pop();
        Ok(())
    }

    fn property(&mut self, entry: &Entry) -> Result<()> {
        let extension = |name: &str| entry.value.get(name).and_then(Node::as_str);
        let spec = |path: String| FieldSpec {
            gvk: self.gvk.clone(),
            path: path.into(),
            create: false,
            origin: entry.key_origin,
        };
        let path = self.path.join("/");
        let config = &mut self.config;
        let sections = [
            (ANNOTATION, &mut config.common_annotations),
            (LABEL_SELECTOR, &mut config.common_labels),
            (IDENTITY, &mut config.name_prefix),
        ];
        for (name, specs) in sections {
            if extension(name).is_some() {
                *specs = merge_all(std::mem::take(specs), &[spec(path.clone())])?;
            }
        }
        if let (Some(version), Some(kind)) = (extension(REF_VERSION), extension(REF_KIND)) {
            let key = extension(REF_NAME_KEY).unwrap_or("name");
            let gvk = Gvk { version: version.into(), kind: kind.into(), ..Gvk::default() };
            let named = NameBackReferences { gvk, referrers: vec![spec(format!("{path}/{key}"))] };
            config.name_reference = merge_references(std::mem::take(&mut config.name_reference), &[named])?;
        }
        Ok(())
    }
}

/// What kustomize follows until its stack overflows.
fn endless(name: &str, at: Origin) -> Failure {
    let message = format!("the definitions refer to `{name}` without end");
    Failure::new(Code::INVALID_KUSTOMIZATION, message).at(at, "refers to what it is part of").hint("cut the circle")
}

#[cfg(test)]
mod tests;
