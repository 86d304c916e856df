//! Schemas that are plainly ones: most are, and then making `jsonschema`'s validator of one, just to have it held against
//! its metaschema, would take longer than all the rest of a render.

use serde_json::{Map, Value};

/// Levels of a schema that are looked through.
const MAX_DEPTH: usize = 100;

/// Whether every keyword of a schema has a value that its draft's metaschema allows, and every reference leads to a place
/// in it. False means nothing: `jsonschema` has to judge. `patterns` says whether a pattern can be compiled.
pub(super) fn is_plain(root: &Value, draft: u16, pattern: &dyn Fn(&str) -> bool) -> bool {
    let judge = Judge { root, draft, pattern };
    judge.schema(root, 0)
}

struct Judge<'a> {
    root: &'a Value,
    draft: u16,
    pattern: &'a dyn Fn(&str) -> bool,
}

impl Judge<'_> {
    fn schema(&self, schema: &Value, depth: usize) -> bool {
        match schema {
            Value::Bool(_) => self.draft > 4 && depth > 0,
            Value::Object(keywords) => {
                depth < MAX_DEPTH && keywords.iter().all(|(key, value)| self.keyword(key, value, depth + 1))
            }
            _ => false,
        }
    }

    fn keyword(&self, key: &str, value: &Value, depth: usize) -> bool {
        match key {
            "$schema" => depth == 1 && value.is_string(),
            "title" | "description" | "$comment" | "format" | "contentEncoding" | "contentMediaType" => {
                value.is_string()
            }
            "$ref" => value.as_str().is_some_and(|reference| self.leads_somewhere(reference)),
            "type" => match value {
                Value::Array(names) => !names.is_empty() && unique(names) && names.iter().all(is_type),
                one => is_type(one),
            },
            "enum" => value.as_array().is_some_and(|values| !values.is_empty() && unique(values)),
            "const" | "default" => true,
            "examples" => value.is_array(),
            "deprecated" | "readOnly" | "writeOnly" | "uniqueItems" => value.is_boolean(),
            "multipleOf" => value.as_f64().is_some_and(|number| number > 0.0),
            "maximum" | "minimum" => value.is_number(),
            "exclusiveMaximum" | "exclusiveMinimum" => self.draft > 4 && value.is_number(),
            "maxLength" | "minLength" | "maxItems" | "minItems" | "maxProperties" | "minProperties" => value.is_u64(),
            "pattern" => value.as_str().is_some_and(self.pattern),
            "required" => value.as_array().is_some_and(|names| {
                (self.draft > 4 || !names.is_empty()) && unique(names) && names.iter().all(Value::is_string)
            }),
            "properties" | "definitions" | "$defs" => self.schemas(value, depth),
            "patternProperties" => {
                value.as_object().is_some_and(|map| map.keys().all(|key| (self.pattern)(key)))
                    && self.schemas(value, depth)
            }
            "additionalProperties" => (self.draft == 4 && value.is_boolean()) || self.schema(value, depth),
            "items" | "not" => self.schema(value, depth),
            "propertyNames" | "contains" | "if" | "then" | "else" => self.draft > 6 && self.schema(value, depth),
            "allOf" | "anyOf" | "oneOf" => value
                .as_array()
                .is_some_and(|all| !all.is_empty() && all.iter().all(|schema| self.schema(schema, depth))),
            // A keyword of a draft that isn't this one's, of an extension, or a misspelt one: some metaschemas know it.
            _ => !KNOWN.contains(&key) && !key.starts_with('$'),
        }
    }

    fn schemas(&self, value: &Value, depth: usize) -> bool {
        value.as_object().is_some_and(|map: &Map<String, Value>| map.values().all(|schema| self.schema(schema, depth)))
    }

    fn leads_somewhere(&self, reference: &str) -> bool {
        let Some(pointer) = reference.strip_prefix('#') else { return false };
        let is_simple = !pointer.contains(['%', '~']) && (pointer.is_empty() || pointer.starts_with('/'));
        is_simple && self.root.pointer(pointer).is_some_and(|found| found.is_object() || found.is_boolean())
    }
}

/// Keywords that are left to `jsonschema`, with all that begin with `$`.
const KNOWN: &[&str] = &[
    "id",
    "additionalItems",
    "prefixItems",
    "dependencies",
    "dependentRequired",
    "dependentSchemas",
    "minContains",
    "maxContains",
    "unevaluatedItems",
    "unevaluatedProperties",
    "contentSchema",
];

fn is_type(name: &Value) -> bool {
    const TYPES: [&str; 7] = ["array", "boolean", "integer", "null", "number", "object", "string"];
    name.as_str().is_some_and(|name| TYPES.contains(&name))
}

/// Whether no value stands twice; those with many values are left to others.
fn unique(values: &[Value]) -> bool {
    const MANY: usize = 64;
    let same = |a: &Value, b: &Value| match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => a == b,
        _ => a == b,
    };
    let is_first = |at: usize, value: &Value| !values.iter().take(at).any(|other| same(other, value));
    values.len() <= MANY && values.iter().enumerate().all(|(at, value)| is_first(at, value))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_a_metaschema_allows_is_plain() {
        let plain = |schema: &Value| is_plain(schema, 7, &|pattern| regex::Regex::new(pattern).is_ok());
        let fine = json!({"$schema": "http://json-schema.org/draft-07/schema#", "type": ["object", "null"],
            "properties": {"a": {"$ref": "#/definitions/b"}, "c": true}, "required": ["a"], "x-extra": 1,
            "definitions": {"b": {"enum": [1, "2", null], "minLength": 0}},
            "patternProperties": {"^x": {"anyOf": [{"type": "string"}, {"not": {"const": 1}}]}}});
        assert!(plain(&fine));
        for wrong in [
            json!({"type": "text"}),
            json!({"type": ["string", "string"]}),
            json!({"properties": []}),
            json!({"properties": {"a": 1}}),
            json!({"required": "a"}),
            json!({"enum": "a"}),
            json!({"minLength": -1}),
            json!({"minLength": 1.5}),
            json!({"pattern": "("}),
            json!({"$ref": "#/definitions/none"}),
            json!({"$ref": "other.json"}),
            json!({"allOf": []}),
            json!({"additionalProperties": "no"}),
            json!({"title": 1}),
            json!({"multipleOf": 0}),
            json!({"items": [{}]}),
            json!({"properties": {"a": {"$schema": "x"}}}),
        ] {
            assert!(!plain(&wrong), "{wrong}");
        }
        assert!(jsonschema::validator_for(&fine).is_ok());
    }
}
