//! `templatePatch`: a text that is rendered, and merged into each Application
//! (applicationset/controllers/template/patch.go), with the merge of apimachinery's strategicpatch by the struct of an
//! Application: lists have no keys there, so they are replaced; only finalizers are joined.

use ecow::{EcoString, EcoVec};

use super::failure::Failure;
use crate::argocd::application_set::application::APPLICATION;
use crate::argocd::application_set::go_type::{Decoder, Struct, Type};
use crate::diag::{Code, Diagnostic};
use crate::source::{FileId, Origin};
use crate::yaml::{self, Dialect, Entry, Limits, Map, Node, Value};

/// Applies a rendered patch to an Application; both in normal form. Its project stays as it is.
///
/// # Errors
/// The text is no YAML, or no Application, or changes what can't be merged.
pub fn apply(application: &Node, text: &str, at: Origin) -> Result<Node, Failure> {
    let patch = read(text, at)?;
    let fail = |said: String, message: String| {
        Failure::of(said, Diagnostic::error(Code::INVALID_APPLICATION_SET, message).at(at, "this patch"))
    };
    let shown = || crate::go::quote(&yaml::to_json(&patch));
    let mut decoder = Decoder::new(Code::INVALID_APPLICATION_SET);
    decoder.decode(&patch, &APPLICATION);
    if let Some(said) = decoder.said.take() {
        let mistakes = decoder.diagnostics.into_iter().map(|mut mistake| {
            mistake.message = format!("the `templatePatch` doesn't fit: {}", mistake.message);
            mistake.named_at(at, "this patch")
        });
        return Err(Failure {
            text: format!("invalid templatePatch {}: {said}", shown()),
            diagnostics: mistakes.collect(),
        });
    }
    let original = crate::argocd::application_set::go_type::complete(application, &APPLICATION);
    let merged = merge_structs(&original, &patch, Target::Struct(&APPLICATION)).map_err(|why| {
        let said = format!("error while applying templatePatch template to json {}: {why}", shown());
        fail(said, format!("the `templatePatch` can't be merged: {why}"))
    })?;
    let mut decoder = Decoder::silent(Code::INVALID_APPLICATION_SET);
    let mut patched = decoder.decode(&merged, &APPLICATION);
    if let Some(said) = decoder.said {
        let said = format!("error while unmarhsalling patched application: {said}");
        return Err(fail(said, "the `templatePatch` makes something that is no Application".to_owned()));
    }
    keep_project(application, &mut patched);
    Ok(patched)
}

/// No patch changes the project: who may patch may not choose another's.
fn keep_project(application: &Node, patched: &mut Node) {
    let project = application.get("spec").and_then(Node::as_map).and_then(|spec| spec.entry("project")).cloned();
    let Some(map) = patched.as_map_mut() else { return };
    if map.get("spec").is_none() {
        map.insert("spec", Origin::NONE, Node::made(Map::new()));
    }
    if let Some(spec) = map.get_mut("spec").and_then(Node::as_map_mut) {
        match project {
            Some(project) => {
                spec.insert("project", project.key_origin, project.value);
            }
            None => {
                spec.remove("project");
            }
        }
    }
}

/// The patch that a text says: JSON if it starts like that, else YAML.
fn read(text: &str, at: Origin) -> Result<Node, Failure> {
    let fail = |said: String, message: String| {
        Failure::of(said, Diagnostic::error(Code::INVALID_APPLICATION_SET, message).at(at, "this patch"))
    };
    if text.trim_start().starts_with('{') {
        // encoding/json reads it, which takes no YAML.
        return match crate::render::go_json::read(text.as_bytes(), FileId::NONE, 1000) {
            Ok(read) => Ok(super::list::placed(&read.node, &Node::new("", at))),
            Err(why) => Err(fail(
                format!("invalid templatePatch {}: {why}", crate::go::quote(text)),
                format!("the `templatePatch` starts with `{{` and so has to be JSON: {why}"),
            )),
        };
    }
    if let Err(why) = yaml::unmarshal(text) {
        let why = why.trim_start_matches("error converting YAML to JSON: ");
        let said = format!("error while converting template to json {}: {why}", crate::go::quote(text));
        return Err(fail(said, format!("the `templatePatch` renders to what is no YAML: {why}")));
    }
    let node = yaml::parse_first(FileId::NONE, text, Dialect::Kubernetes, Limits::default()).into_first();
    let node = super::list::placed(&node, &Node::new("", at));
    match &node.value {
        Value::Map(_) => Ok(node),
        // `null` says nothing at all.
        Value::Null => Ok(Node::new(Map::new(), at)),
        other => {
            let word = match other {
                Value::Seq(_) => "array",
                Value::Str(_) => "string",
                Value::Bool(_) => "bool",
                _ => "number",
            };
            let shown = crate::go::quote(&yaml::to_json(&node));
            let said = format!(
                "invalid templatePatch {shown}: json: cannot unmarshal {word} into Go value of type v1alpha1.Application"
            );
            Err(fail(said, format!("the `templatePatch` renders to {}, expected a mapping", other.kind())))
        }
    }
}

/// What is merged, by its type in Go.
#[derive(Clone, Copy)]
enum Target {
    Struct(&'static Struct),
    Other(&'static Type),
}

impl Target {
    fn of(ty: &'static Type) -> Self {
        match ty {
            Type::Pointer(inner) => Self::of(inner),
            Type::Struct(target) => Self::Struct(target),
            other => Self::Other(other),
        }
    }

    /// The type of a field in which both sides have a collection.
    fn field(self, key: &str) -> Result<&'static Type, String> {
        match self {
            Self::Struct(target) => match target.find(key) {
                Some(field) => Ok(&field.ty),
                None => Err(format!(
                    "unable to find api field in struct {} for the json field {}",
                    target.go,
                    crate::go::quote(key)
                )),
            },
            Self::Other(Type::Json) => Err(format!(
                "unable to find api field in struct RawExtension for the json field {}",
                crate::go::quote(key)
            )),
            Self::Other(ty) => {
                let kind = match ty {
                    Type::List(_) => "slice",
                    Type::Texts | Type::Flags | Type::Jsons => "map",
                    _ => "string",
                };
                Err(format!("merging an object in json but data type is not struct, instead is: {kind}"))
            }
        }
    }
}

/// strategicpatch's `mergeMap`.
fn merge_structs(original: &Node, patch: &Node, target: Target) -> Result<Node, String> {
    let (Some(old), Some(new)) = (original.as_map(), patch.as_map()) else { return Ok(patch.clone()) };
    if let Some(directive) = new.get("$patch") {
        let rest: Map = new.iter().filter(|e| e.key != "$patch").cloned().collect();
        return match directive.as_str() {
            Some("replace") => Ok(Node::new(rest, patch.origin)),
            Some("delete") => Ok(Node::new(Map::new(), patch.origin)),
            Some(other) => Err(format!("unknown patch type found: {other}")),
            None => Err("unable to handle the patch directive".to_owned()),
        };
    }
    let mut made = old.clone();
    if let Some(keys) = new.get("$retainKeys") {
        retain(&mut made, new, keys)?;
    }
    for entry in new {
        let key = entry.key.as_str();
        if key == "$retainKeys" || key.starts_with("$setElementOrder/") {
            continue;
        }
        if let Some(key) = key.strip_prefix("$deleteFromPrimitiveList/") {
            let gone = entry.value.as_seq().unwrap_or_default();
            if let Some(Value::Seq(items)) = made.get_mut(key).map(|node| &mut node.value) {
                items.retain(|item| !gone.contains(item));
            }
            continue;
        }
        if entry.value.is_null() {
            made.remove(key);
            continue;
        }
        let merged = match (made.get(key).map(|node| (&node.value, node)), &entry.value.value) {
            (Some((Value::Map(_), own)), Value::Map(_)) => {
                merge_structs(own, &entry.value, Target::of(target.field(key)?))?
            }
            (Some((Value::Seq(own), _)), Value::Seq(given)) => {
                target.field(key)?;
                match is_finalizers(target, key) {
                    true => {
                        let mut joined = own.clone();
                        joined.extend(given.iter().filter(|item| !own.contains(item)).cloned());
                        Node { value: Value::Seq(ordered(&joined, given, own)), origin: entry.value.origin }
                    }
                    false => entry.value.clone(),
                }
            }
            _ => without_nulls(&entry.value),
        };
        made.insert(entry.key.clone(), entry.key_origin, merged);
    }
    for entry in new {
        let Some(key) = entry.key.strip_prefix("$setElementOrder/") else { continue };
        let order = entry.value.as_seq().ok_or("invalid patch format of setElementOrder list")?;
        if made.get(key).is_none_or(|node| node.as_seq().is_none()) {
            continue;
        }
        target.field(key)?;
        let old = old.get(key).and_then(Node::as_seq).unwrap_or_default();
        if let Some(Value::Seq(items)) = made.get_mut(key).map(|node| &mut node.value) {
            *items = ordered(items, order, old);
        }
    }
    Ok(Node::new(made, original.origin))
}

/// The items of a list: those that a patch names in its order, the others in that of the list before, each where it
/// stood before one that the patch names (`normalizeElementOrder`).
fn ordered(items: &[Node], patch: &[Node], before: &[Node]) -> EcoVec<Node> {
    let place = |list: &[Node], item: &Node| list.iter().position(|other| other == item);
    let (mut named, others): (Vec<&Node>, Vec<&Node>) = items.iter().partition(|item| patch.contains(item));
    named.sort_by_key(|item| place(patch, item));
    let (mut named, mut others) = (named.into_iter().peekable(), others.into_iter().peekable());
    let mut made = EcoVec::with_capacity(items.len());
    loop {
        let next = match (others.peek(), named.peek()) {
            (None, None) => break,
            (Some(_), None) => others.next(),
            (None, Some(_)) => named.next(),
            (Some(other), Some(given)) => match (place(before, other), place(before, given)) {
                (Some(other), Some(given)) if other < given => others.next(),
                _ => named.next(),
            },
        };
        made.extend(next.cloned());
    }
    made
}

/// The only list of an Application that is joined.
fn is_finalizers(target: Target, key: &str) -> bool {
    matches!(target, Target::Struct(target) if target.go == "ObjectMeta" && key == "finalizers")
}

fn retain(made: &mut Map, patch: &Map, keys: &Node) -> Result<(), String> {
    const WRONG: &str = "invalid patch format of retainKeys";
    let keys: Vec<&str> = keys.as_seq().ok_or(WRONG)?.iter().filter_map(Node::as_str).collect();
    for entry in patch.iter().filter(|e| !e.value.is_null() && !e.key.starts_with('$')) {
        if !keys.contains(&entry.key.as_str()) {
            return Err(WRONG.to_owned());
        }
    }
    let gone: Vec<EcoString> = made.iter().filter(|e| !keys.contains(&e.key.as_str())).map(|e| e.key.clone()).collect();
    for key in gone {
        made.remove(&key);
    }
    Ok(())
}

/// What is put where nothing of its kind is: without nulls and directives.
fn without_nulls(node: &Node) -> Node {
    match &node.value {
        Value::Map(map) => {
            let entries = map.iter().filter(|e| !e.value.is_null() && !is_directive(&e.key));
            let entries = entries.map(|e| Entry { value: without_nulls(&e.value), ..e.clone() });
            Node::new(entries.collect::<Map>(), node.origin)
        }
        Value::Seq(items) => Node { value: Value::Seq(items.iter().map(without_nulls).collect()), ..*node },
        _ => node.clone(),
    }
}

fn is_directive(key: &str) -> bool {
    matches!(key, "$patch" | "$retainKeys")
        || key.starts_with("$setElementOrder/")
        || key.starts_with("$deleteFromPrimitiveList/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patched(application: &str, patch: &str) -> Result<String, String> {
        let node = yaml::parse(FileId::NONE, application, Dialect::Kubernetes).into_first();
        let node = Decoder::new(Code::INVALID_APPLICATION_SET).decode(&node, &APPLICATION);
        apply(&node, patch, Origin::NONE).map(|node| yaml::to_json(&node)).map_err(|failure| failure.text)
    }

    #[test]
    fn maps_merge_and_lists_are_replaced() {
        let application = "{metadata: {name: a, labels: {x: '1'}, finalizers: [f]}, spec: {project: p, \
                           sources: [{repoURL: r}, {repoURL: s}], source: {repoURL: r, path: q, helm: {valuesObject: {a: {b: 1}}}}}}";
        for (patch, expected) in [
            ("metadata: {labels: {z: '2', x: null}}", r#""labels":{"z":"2"}"#),
            ("metadata: {finalizers: [f, g]}", r#""finalizers":["f","g"]"#),
            ("metadata: {name: b}", r#""name":"b""#),
            ("spec: {project: other}", r#""project":"p""#),
            ("spec: {sources: [{repoURL: t}]}", r#""sources":[{"repoURL":"t"}]"#),
            ("spec: {source: {$patch: replace, repoURL: t}}", r#""source":{"repoURL":"t"}"#),
            ("spec: {source: {helm: {valuesObject: {c: 1}}}}", r#""valuesObject":{"a":{"b":1},"c":1}"#),
            ("spec: {syncPolicy: {automated: {prune: true, selfHeal: null}}}", r#""automated":{"prune":true}"#),
            ("", r#""name":"a""#),
            ("{\"metadata\":{\"name\":\"c\"}}", r#""name":"c""#),
        ] {
            let found = patched(application, patch).unwrap();
            assert!(found.contains(expected), "{patch}: {found}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let application = "{metadata: {name: a}, spec: {source: {helm: {valuesObject: {a: {b: 1}}}}}}";
        for (patch, said) in [
            ("spec: {revisionHistoryLimit: many}", "invalid templatePatch "),
            ("- a", "invalid templatePatch \"[\\\"a\\\"]\": json: cannot unmarshal array"),
            ("{metadata: {}}", "invalid templatePatch \"{metadata: {}}\": invalid character 'm'"),
            ("a: [", "error while converting template to json"),
            (
                "spec: {source: {helm: {valuesObject: {a: {c: 2}}}}}",
                "error while applying templatePatch template to json ",
            ),
        ] {
            let found = patched(application, patch).unwrap_err();
            assert!(found.starts_with(said), "{patch}: {found}");
        }
    }
}
