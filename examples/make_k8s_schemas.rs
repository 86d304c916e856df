//! Makes `schemas/kubernetes/schemas.zst` from an unpacked wheel of the PyPI package `kubernetes-validate`:
//!
//! ```text
//! pip download --no-deps kubernetes-validate==1.37.0 && unzip kubernetes_validate-*.whl -d wheel
//! cargo run --example make_k8s_schemas -- wheel schemas/kubernetes
//! ```
//!
//! The blob is lines of tab-separated text under zstd, sorted, so that the same wheel gives the same bytes:
//!
//! ```text
//! kind <group> <version> <kind> <minors> <definition>
//! def  <definition> <minors> <JSON Schema>
//! ```
//!
//! `<minors>` are those of Kubernetes 1.x that have it in this form: `25-29,31`. What changes on the way from the
//! package's schemas is said at [`Rewrite`].

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

type Failure = Box<dyn std::error::Error>;
/// The definitions of one version of Kubernetes, by name.
type Definitions = BTreeMap<String, Value>;

fn main() -> Result<(), Failure> {
    let mut args = std::env::args().skip(1);
    let (Some(wheel), Some(out)) = (args.next(), args.next()) else {
        return Err("usage: make_k8s_schemas WHEEL-DIRECTORY OUTPUT-DIRECTORY".into());
    };
    let (wheel, out) = (PathBuf::from(wheel), PathBuf::from(out));
    let versions = read_all(&wheel.join("kubernetes_validate/kubernetes-json-schema"))?;
    let text = write(&versions);
    let blob = zstd::bulk::compress(text.as_bytes(), 22)?;
    fs::create_dir_all(&out)?;
    fs::write(out.join("schemas.zst"), &blob)?;
    fs::write(out.join("ORIGIN.md"), origin(&wheel, &versions, text.len(), blob.len())?)?;
    println!("{} bytes of text, {} packed", text.len(), blob.len());
    Ok(())
}

/// Reads the strict definitions of every version.
fn read_all(dir: &Path) -> Result<BTreeMap<u16, Definitions>, Failure> {
    let mut versions = BTreeMap::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default().to_owned();
        let Some(minor) = name.strip_prefix("v1.").and_then(|n| n.strip_suffix(".0-local-strict")) else { continue };
        let file: Value = serde_json::from_slice(&fs::read(path.join("_definitions.json"))?)?;
        let definitions = file.get("$defs").and_then(Value::as_object).ok_or("no $defs")?;
        versions.insert(minor.parse()?, definitions.iter().map(|(k, v)| (k.clone(), v.clone())).collect());
    }
    if versions.is_empty() { Err(format!("no schemas in {}", dir.display()).into()) } else { Ok(versions) }
}

/// What the schemas say otherwise than in the package, so that an object that an API server takes has no findings, and
/// a value that it can't decode has one.
struct Rewrite<'a> {
    /// Names that a later Kubernetes no longer requires in the same definition. An API version doesn't loosen: where
    /// upstream took a name out of `required`, servers had never insisted on it.
    never_required: &'a BTreeSet<String>,
}

impl Rewrite<'_> {
    fn definition(&self, name: &str, schema: &Value) -> Value {
        match name {
            // `oneOf` with null in both branches refuses null; the formats stand for what Go's decoders accept.
            "io.k8s.apimachinery.pkg.api.resource.Quantity" => {
                json!({"format": "quantity", "type": ["number", "string", "null"]})
            }
            "io.k8s.apimachinery.pkg.util.intstr.IntOrString" => {
                json!({"maximum": i32::MAX, "minimum": i32::MIN, "type": ["integer", "string", "null"]})
            }
            _ => self.schema(schema, true),
        }
    }

    fn schema(&self, schema: &Value, top: bool) -> Value {
        let Some(from) = schema.as_object() else { return schema.clone() };
        let mut to = BTreeMap::new();
        for (keyword, value) in from {
            match keyword.as_str() {
                // Words, and notes for patching and for code generators.
                "description" | "default" => {}
                k if k.starts_with("x-kubernetes-") => {}
                // Only apiVersion and kind have one: an object's schema was found by them, and of nested objects
                // (a StatefulSet's claims) the server doesn't read them.
                "enum" => {}
                "format" => match value.as_str() {
                    Some("int32") => {
                        to.insert("minimum".to_owned(), i32::MIN.into());
                        to.insert("maximum".to_owned(), i32::MAX.into());
                    }
                    Some("int64") => {
                        to.insert("minimum".to_owned(), i64::MIN.into());
                        to.insert("maximum".to_owned(), i64::MAX.into());
                    }
                    Some("byte" | "date-time") => {
                        to.insert(keyword.clone(), value.clone());
                    }
                    _ => {}
                },
                "required" => {
                    let mut names: Vec<&str> =
                        value.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
                    names.retain(|n| !(top && self.never_required.contains(*n)));
                    names.sort_unstable();
                    if !names.is_empty() {
                        to.insert(keyword.clone(), names.into());
                    }
                }
                "properties" => {
                    let members = value.as_object().into_iter().flatten();
                    let mut properties: BTreeMap<&String, Value> =
                        members.map(|(name, property)| (name, self.schema(property, false))).collect();
                    for (name, property) in &mut properties {
                        if top && self.never_required.contains(*name) {
                            nullable(property);
                        }
                    }
                    to.insert(keyword.clone(), properties.into_iter().map(|(k, v)| (k.clone(), v)).collect());
                }
                "items" | "additionalProperties" => {
                    to.insert(keyword.clone(), self.schema(value, false));
                }
                _ => {
                    to.insert(keyword.clone(), value.clone());
                }
            }
        }
        Value::Object(to.into_iter().collect::<Map<_, _>>())
    }
}

/// What isn't required may be null.
fn nullable(schema: &mut Value) {
    if let Some(Value::String(name)) = schema.get("type") {
        let both = json!([name, "null"]);
        if let Some(slot) = schema.get_mut("type") {
            *slot = both;
        }
    }
}

/// The names that each definition requires in one version and no longer in a later one.
fn never_required(versions: &BTreeMap<u16, Definitions>) -> BTreeMap<&str, BTreeSet<String>> {
    let required = |schema: &Value| -> BTreeSet<String> {
        let names = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        names.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let mut dropped: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for ((_, before), (_, after)) in versions.iter().zip(versions.iter().skip(1)) {
        for (name, schema) in before {
            let Some(later) = after.get(name) else { continue };
            let gone = required(schema).difference(&required(later)).cloned().collect::<BTreeSet<_>>();
            dropped.entry(name).or_default().extend(gone);
        }
    }
    dropped
}

/// The lines of the blob.
fn write(versions: &BTreeMap<u16, Definitions>) -> String {
    let dropped = never_required(versions);
    let none = BTreeSet::new();
    let mut kinds: BTreeMap<(String, String, String, &str), Vec<u16>> = BTreeMap::new();
    let mut forms: BTreeMap<(&str, String), Vec<u16>> = BTreeMap::new();
    for (minor, definitions) in versions {
        for (name, schema) in definitions {
            let rewrite = Rewrite { never_required: dropped.get(name.as_str()).unwrap_or(&none) };
            let text = rewrite.definition(name, schema).to_string();
            forms.entry((name, text)).or_default().push(*minor);
            // Those of meta/v1 (DeleteOptions, WatchEvent, …) are registered in every group, and are no objects.
            if name.starts_with("io.k8s.apimachinery.") {
                continue;
            }
            let kinds_of = schema.get("x-kubernetes-group-version-kind").and_then(Value::as_array);
            for kind in kinds_of.into_iter().flatten() {
                let part = |key| kind.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
                kinds.entry((part("group"), part("version"), part("kind"), name)).or_default().push(*minor);
            }
        }
    }
    let mut text = String::new();
    for ((group, version, kind, name), minors) in &kinds {
        let _ = writeln!(text, "kind\t{group}\t{version}\t{kind}\t{}\t{name}", ranges(minors));
    }
    for ((name, schema), minors) in &forms {
        let _ = writeln!(text, "def\t{name}\t{}\t{schema}", ranges(minors));
    }
    text
}

/// `25-29,31`.
fn ranges(minors: &[u16]) -> String {
    let mut parts: Vec<(u16, u16)> = Vec::new();
    for minor in minors {
        match parts.last_mut() {
            Some((_, last)) if *last + 1 == *minor => *last = *minor,
            _ => parts.push((*minor, *minor)),
        }
    }
    let word = |(from, to): &(u16, u16)| if from == to { from.to_string() } else { format!("{from}-{to}") };
    parts.iter().map(word).collect::<Vec<_>>().join(",")
}

/// The page that says where the blob comes from.
fn origin(wheel: &Path, versions: &BTreeMap<u16, Definitions>, text: usize, blob: usize) -> Result<String, Failure> {
    let info = fs::read_dir(wheel)?
        .filter_map(Result::ok)
        .map(|e| e.path())
        .find(|p| p.extension().is_some_and(|e| e == "dist-info"))
        .ok_or("no .dist-info in the wheel")?;
    let metadata = fs::read_to_string(info.join("METADATA"))?;
    let field = |name: &str| {
        let line = metadata.lines().find_map(|l| l.strip_prefix(name));
        line.map(str::trim).unwrap_or_default().to_owned()
    };
    let (package, version) = (field("Name:"), field("Version:"));
    let first = versions.keys().next().copied().unwrap_or_default();
    let last = versions.keys().last().copied().unwrap_or_default();
    Ok(format!(
        "# Kubernetes' schemas\n\n\
         `schemas.zst` holds the JSON Schemas of Kubernetes 1.{first} to 1.{last}: {text} bytes of text, {blob} packed.\n\n\
         - Source: the PyPI package `{package}` {version} ({}),\n  \
           its `-strict` definitions, which are made from the OpenAPI documents of Kubernetes' releases `.0`.\n\
         - Licence of the package: Apache-2.0. Of Kubernetes, whose API the schemas describe: Apache-2.0.\n\
         - What was changed: descriptions, defaults and `x-kubernetes-*` notes left out; the rest at `Rewrite` in\n  \
           `examples/make_k8s_schemas.rs`.\n\n\
         Made by:\n\n\
         ```sh\n\
         pip download --no-deps {package}=={version}\n\
         python3 -m zipfile -e kubernetes_validate-{version}-py3-none-any.whl wheel\n\
         cargo run --example make_k8s_schemas -- wheel schemas/kubernetes\n\
         ```\n",
        field("Project-URL: Homepage,"),
    ))
}
