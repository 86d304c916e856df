//! The head of a manifest: what Helm itself reads of it (`releaseutil.SimpleHead`), as sigs.k8s.io/yaml and encoding/json
//! fill that struct: keys in any case, scalars of any type where a string belongs.

use ecow::EcoString;

use crate::render::helm::Profile;
use crate::yaml::{self, Entry, Map, Node, Value};

/// What Helm reads of a manifest. Empty where nothing is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// `apiVersion`.
    pub api_version: EcoString,
    /// `kind`.
    pub kind: EcoString,
    /// `metadata.name`.
    pub name: EcoString,
    /// `metadata.annotations`.
    pub annotations: Vec<(EcoString, EcoString)>,
}

/// Reads the head of a document.
///
/// # Errors
/// Go's text of what is wrong with the document.
pub(super) fn read(text: &str, profile: Profile) -> Result<Head, String> {
    // The whole document counts: Helm refuses one that is broken anywhere.
    let node = yaml::unmarshal_only(text, |key| is_field(key, FIELDS))?;
    of_node(&node, profile).map_err(|why| format!("error unmarshaling JSON: while decoding JSON: {why}"))
}

/// The head of an object that was read already.
pub(super) fn of_node(node: &Node, profile: Profile) -> Result<Head, String> {
    let mut head = Head::default();
    let map = match &node.value {
        Value::Map(map) => map,
        Value::Null => return Ok(head),
        other => {
            let package = if profile == Profile::Helm3 { "releaseutil" } else { "util" };
            return Err(format!(
                "json: cannot unmarshal {} into Go value of type {package}.SimpleHead",
                json_type(other)
            ));
        }
    };
    let mut wrong = Wrong::default();
    for entry in fields(map, FIELDS) {
        match folded(&entry.key).as_str() {
            "apiversion" => wrong.string(&entry.value, "SimpleHead.apiVersion", &mut head.api_version),
            "kind" => wrong.string(&entry.value, "SimpleHead.kind", &mut head.kind),
            _ => match &entry.value.value {
                Value::Map(metadata) => read_metadata(metadata, &mut head, &mut wrong),
                Value::Null => (head.name, head.annotations) = Default::default(),
                other => wrong.say(other, "SimpleHead.metadata", METADATA),
            },
        }
    }
    match wrong.0 {
        Some(why) => Err(why),
        None => Ok(head),
    }
}

/// How encoding/json names the type of `metadata`, which has no name.
const METADATA: &str =
    r#"struct { Name string "json:\"name\""; Annotations map[string]string "json:\"annotations\"" }"#;

fn read_metadata(metadata: &Map, head: &mut Head, wrong: &mut Wrong) {
    for entry in fields(metadata, &["name", "annotations"]) {
        if folded(&entry.key) == "name" {
            wrong.string(&entry.value, ".metadata.name", &mut head.name);
            continue;
        }
        match &entry.value.value {
            Value::Map(map) => {
                let mut sorted: Vec<&Entry> = map.iter().collect();
                sorted.sort_by(|a, b| a.key.cmp(&b.key));
                for annotation in sorted {
                    let mut value = EcoString::new();
                    wrong.string(&annotation.value, ".metadata.annotations", &mut value);
                    head.annotations.retain(|(key, _)| *key != annotation.key);
                    head.annotations.push((annotation.key.clone(), value));
                }
            }
            Value::Null => head.annotations.clear(),
            other => wrong.say(other, ".metadata.annotations", "map[string]string"),
        }
    }
}

/// The entries that encoding/json takes for these fields, in the order in which it meets them: sorted by key.
fn fields<'m>(map: &'m Map, names: &[&str]) -> Vec<&'m Entry> {
    let mut found: Vec<&Entry> = map.iter().filter(|e| is_field(&e.key, names)).collect();
    found.sort_by(|a, b| a.key.cmp(&b.key));
    found
}

fn is_field(key: &str, names: &[&str]) -> bool {
    let is = |name: &&str| key.len() >= name.len() && key.chars().map(fold).eq(name.chars().map(fold));
    key.len() <= 16 && names.iter().any(is)
}

/// The fields of a `SimpleHead`.
const FIELDS: &[&str] = &["apiVersion", "kind", "metadata"];

/// A key in the form in which encoding/json compares it: two signs that aren't ASCII fold to letters.
fn folded(key: &str) -> String {
    key.chars().map(fold).collect()
}

fn fold(c: char) -> char {
    match c {
        '\u{17F}' => 's',
        '\u{212A}' => 'k',
        c => c.to_ascii_lowercase(),
    }
}

/// The first thing that doesn't fit: encoding/json goes on, and tells it at the end.
#[derive(Default)]
struct Wrong(Option<String>);

impl Wrong {
    fn say(&mut self, found: &Value, field: &str, expected: &str) {
        self.0.get_or_insert_with(|| {
            format!("json: cannot unmarshal {} into Go struct field {field} of type {expected}", json_type(found))
        });
    }

    /// A string; other scalars become one, and null changes nothing.
    fn string(&mut self, node: &Node, field: &str, place: &mut EcoString) {
        *place = match &node.value {
            Value::Null => return,
            Value::Str(text) => text.clone(),
            Value::Bool(b) => ecow::eco_format!("{b}"),
            Value::Int(n) => ecow::eco_format!("{n}"),
            Value::UInt(n) => ecow::eco_format!("{n}"),
            Value::Float(f) => ecow::eco_format!("{f}"),
            other => return self.say(other, field, "string"),
        };
    }
}

/// encoding/json's word for a type.
fn json_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Int(_) | Value::UInt(_) | Value::Float(_) => "number",
        Value::Str(_) => "string",
        Value::Seq(_) => "array",
        Value::Map(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_scalars_are_taken_as_json_takes_them() {
        let head = |text: &str| read(text, Profile::Helm4).unwrap();
        assert_eq!(head("# nothing\n"), Head::default());
        let full = head("KIND: A\nkind: B\napiversion: 12\nmetadata: {name: 1.50, annotations: {b: true, a: 5, c: ~}}");
        assert_eq!((full.kind.as_str(), full.api_version.as_str(), full.name.as_str()), ("B", "12", "1.5"));
        let annotations: Vec<(&str, &str)> = full.annotations.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(annotations, [("a", "5"), ("b", "true"), ("c", "")]);
        assert_eq!(head("kind: A\n...\nkind: [").kind, "A");
    }

    #[test]
    fn what_does_not_fit_is_told_in_gos_words() {
        let json = "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal";
        for (text, expected) in [
            ("foo", "string into Go value of type util.SimpleHead"),
            ("[a]", "array into Go value of type util.SimpleHead"),
            ("1.5", "number into Go value of type util.SimpleHead"),
            ("kind: {a: b}", "object into Go struct field SimpleHead.kind of type string"),
            ("metadata: {name: [a]}", "array into Go struct field .metadata.name of type string"),
            (
                "metadata: {annotations: x}",
                "string into Go struct field .metadata.annotations of type map[string]string",
            ),
            ("metadata: {annotations: {a: [b]}}", "array into Go struct field .metadata.annotations of type string"),
            ("metadata: {name: [a]}\nkind: {}", "object into Go struct field SimpleHead.kind of type string"),
        ] {
            assert_eq!(read(text, Profile::Helm4), Err(format!("{json} {expected}")), "{text}");
        }
        let found = read("metadata: x", Profile::Helm3).unwrap_err();
        assert!(found.ends_with(r#"Annotations map[string]string "json:\"annotations\"" }"#), "{found}");
        assert!(read("x", Profile::Helm3).unwrap_err().ends_with("releaseutil.SimpleHead"));
    }
}
