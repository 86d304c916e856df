use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::yaml::{Map, Value};

pub(crate) fn from_json(value: &Json) -> Node {
    Node::made(match value {
        Json::Null => Value::Null,
        Json::Bool(b) => Value::Bool(*b),
        Json::Number(n) => match (n.as_i64(), n.as_u64()) {
            (Some(n), _) => Value::Int(n),
            (None, Some(n)) => Value::UInt(n),
            (None, None) => Value::Float(n.as_f64().unwrap()),
        },
        Json::String(s) => Value::Str(s.as_str().into()),
        Json::Array(list) => Value::Seq(list.iter().map(from_json).collect()),
        Json::Object(map) => {
            let mut to = Map::new();
            for (key, value) in map {
                to.insert(key.as_str(), Origin::NONE, from_json(value));
            }
            Value::Map(to)
        }
    })
}

fn messages(schema: &Json, value: &Json) -> Vec<String> {
    let schema = Schema::new(schema.clone()).unwrap();
    let nouns = Nouns { key: "key", whole: "the file" };
    let mut lines = Vec::new();
    for violation in schema.violations(&from_json(value), nouns) {
        lines.push(format!("{:?}: {}", violation.kind, violation.message));
        lines.extend(violation.hints.iter().map(|h| format!("  {h}")));
    }
    lines
}

#[test]
fn names_are_near_or_told_or_placed() {
    let schema = json!({"type": "object", "additionalProperties": false, "properties": {
        "replicas": {"type": "integer"},
        "template": {"$ref": "#/$defs/T"},
    }, "$defs": {
        "T": {"type": "object", "properties": {"image": {"type": "string"}, "pod": {"$ref": "#/$defs/P"}},
            "additionalProperties": false},
        "P": {"type": "object", "properties": {"host": {"type": "string"}}},
    }});
    assert_eq!(
        messages(&schema, &json!({"template": {"replicas": 2}, "replcias": 1, "image": "x", "host": "h", "zzz": {}})),
        [
            "UnknownKey: unknown key `template.replicas`",
            "  `replicas` belongs one level up: `replicas`",
            "UnknownKey: unknown key `replcias`",
            "  did you mean `replicas`?",
            "UnknownKey: unknown key `image`",
            "  `image` belongs below `template`: `template.image`",
            "UnknownKey: unknown key `host`",
            "  `host` belongs below `pod` in `template`: `template.pod.host`",
            "UnknownKey: unknown key `zzz`",
            "  known here: `replicas`, `template`",
        ]
    );
}

#[test]
fn types_say_what_to_write() {
    let schema = json!({"properties": {
        "n": {"type": ["integer", "null"]}, "s": {"type": "string"}, "l": {"type": "array", "items": {"type": "string"}},
        "a.b": {"type": "boolean"},
    }, "required": ["x"]});
    assert_eq!(
        messages(&schema, &json!({"n": "3", "s": true, "l": ["a", 1], "a.b": {}})),
        [
            "MissingKey: the file lacks the required key `x`",
            "WrongType: `n` is a string, expected an integer",
            "  write it without quotes",
            "WrongType: `s` is a boolean, expected a string",
            "  write it in quotes: `\"true\"`",
            "WrongType: `l[1]` is an integer, expected a string",
            "  write it in quotes: `\"1\"`",
            "WrongType: `[\"a.b\"]` is a mapping, expected a boolean",
        ]
    );
}

#[test]
fn alternatives_come_down_to_the_one_that_was_meant() {
    let schema = json!({"properties": {
        "optional": {"anyOf": [{"$ref": "#/$defs/Mode"}, {"type": "null"}]},
        "either": {"oneOf": [{"type": "string"}, {"$ref": "#/$defs/Match"}]},
        "variants": {"oneOf": [{"const": "fast"}, {"const": "slow"}, {"type": "object", "required": ["custom"]}]},
        "tagged": {"oneOf": [
            {"type": "object", "properties": {"kind": {"const": "a"}, "x": {"type": "integer"}}, "required": ["kind", "x"]},
            {"type": "object", "properties": {"kind": {"const": "b"}, "y": {"type": "integer"}}, "required": ["kind", "y"]},
        ]},
        "which": {"anyOf": [{"type": "object", "required": ["a"]}, {"type": "object", "required": ["b", "c"]},
            {"type": "object", "required": ["d"]}]},
    }, "$defs": {
        "Mode": {"type": "string", "enum": ["first", "second"]},
        "Match": {"type": "object", "properties": {"labels": {"type": "object"}}, "additionalProperties": false},
    }});
    assert_eq!(
        messages(
            &schema,
            &json!({"optional": "frist", "either": {"lables": {}}, "variants": "fsat", "tagged": {"kind": "b"}, "which": {}})
        ),
        [
            "InvalidValue: `optional` is `frist`, expected one of `first`, `second`",
            "  did you mean `first`?",
            "UnknownKey: unknown key `either.lables`",
            "  did you mean `labels`?",
            "InvalidValue: `variants` is `fsat`, expected one of `fast`, `slow`",
            "  did you mean `fast`?",
            "MissingKey: `tagged` lacks the required key `y`",
            "InvalidValue: `which` fits none of its allowed forms",
            "  expected a mapping with `a`, a mapping with `b` and `c`, or a mapping with `d`",
        ]
    );
    assert_eq!(
        messages(&schema, &json!({"either": 3, "optional": ["first"]})),
        [
            "WrongType: `either` is an integer, expected a string or a mapping",
            "  write it in quotes: `\"3\"`",
            "WrongType: `optional` is a list, expected a string",
        ]
    );
}

#[test]
fn limits_have_words() {
    let schema = json!({"properties": {
        "port": {"type": "integer", "minimum": 1, "maximum": 65535},
        "name": {"type": "string", "minLength": 1, "pattern": "^[a-z]+$"},
        "list": {"type": "array", "minItems": 1, "uniqueItems": true},
        "cpu": {"type": ["string", "number", "null"], "format": "quantity"},
        "data": {"additionalProperties": {"type": "string", "format": "byte"}},
        "map": {"propertyNames": {"pattern": "^[a-z]+$"}},
    }});
    assert_eq!(
        messages(
            &schema,
            &json!({"port": 70000, "name": "", "list": [], "cpu": "100mb", "data": {"password": "hunter2"}, "map": {"A": 1}})
        ),
        [
            "InvalidValue: `port` is 70000, expected at most 65535",
            "InvalidValue: `name` is ``, which doesn't match `^[a-z]+$`",
            "InvalidValue: `name` is empty",
            "InvalidValue: `list` is empty",
            "InvalidValue: `cpu` is `100mb`, expected a quantity such as `500m`, `2` or `1.5Gi`",
            "InvalidValue: `data.password` isn't base64",
            "InvalidValue: `map`: the name of a key is `A`, which doesn't match `^[a-z]+$`",
        ]
    );
    assert_eq!(messages(&schema, &json!({"list": [1, 1.0]})), ["InvalidValue: `list` has the same element twice"]);
}

#[test]
fn a_hostile_document_has_an_end() {
    let schema = json!({"additionalProperties": {"type": "string"}});
    let many: serde_json::Map<String, Json> = (0..1000).map(|i| (i.to_string(), json!(i))).collect();
    assert_eq!(messages(&schema, &Json::Object(many)).len(), 2 * MOST);
    let schema = json!({"type": "object", "additionalProperties": {"$ref": "#"}});
    let deep = (0..999).fold(json!("not a mapping"), |inner, _| json!({"a": inner}));
    assert_eq!(messages(&schema, &deep).len(), 1);
}

/// What a patch made has no place of its own: the nearest thing around it that has one is shown.
#[test]
fn what_has_no_place_is_shown_at_what_holds_it() {
    let sources = crate::source::Sources::new();
    let file = sources.add("f", "a:\n  b: {c: 1}\n", crate::source::SourceKind::File);
    let mut node = crate::yaml::parse(file.id, &file.text, crate::yaml::Dialect::Kubernetes).into_first();
    let inner = node.as_map_mut().unwrap().get_mut("a").unwrap().as_map_mut().unwrap().get_mut("b").unwrap();
    inner.as_map_mut().unwrap().insert("made", Origin::NONE, Node::made("x"));
    let schema = json!({"properties": {"a": {"properties": {"b": {"properties": {"c": {"type": "string"},
        "made": {"type": "integer"}}, "required": ["d"]}}}}, "required": ["z"]});
    let schema = Schema::new(schema).unwrap();
    let found = schema.violations(&node, Nouns { key: "key", whole: "the file" });
    let places: Vec<String> = found.iter().map(|v| format!("{} {}", v.pointer, sources.place(v.origin))).collect();
    assert_eq!(places, ["/z f:1:1", "/a/b/d f:2:6", "/a/b/c f:2:10", "/a/b/made f:2:6"]);
}

#[test]
fn quantities_are_kubernetes() {
    for good in ["0", "1", "100m", "1.5Gi", ".5", "1.", "+2", "-3k", "1e3", "1E-3", "1E", "12Ei", "2e+4", "5u", "7n"] {
        assert!(words::is_quantity(good), "{good}");
    }
    for bad in ["", ".", "m", "1 Gi", "1gi", "100mb", "1K", "1e", "1e1.5", "1.2.3", "0x10", "--1", "1Mi ", "1KiB"] {
        assert!(!words::is_quantity(bad), "{bad}");
    }
}

#[test]
fn base64_is_gos() {
    for good in ["", "YQ==", "YWI=", "YWJj", "YW\nJj\n", "+/+/"] {
        assert!(words::is_base64(good), "{good:?}");
    }
    for bad in ["YQ", "YQ=", "Y===", "YQ==YQ==", "a b=", "hunter2", "_-_-", "====", "YQ=A"] {
        assert!(!words::is_base64(bad), "{bad:?}");
    }
}

fn any_json() -> impl Strategy<Value = Json> {
    let number = prop_oneof![
        (-3i64..4).prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<u64>().prop_map(Json::from),
        (-4i32..5).prop_map(|n| json!(f64::from(n) / 2.0)),
        Just(json!(1e300)),
    ];
    let leaf =
        prop_oneof![Just(Json::Null), any::<bool>().prop_map(Json::from), number, "[abé]{0,3}".prop_map(Json::from),];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::vec(("[abc~/]{1,2}", inner), 0..4).prop_map(|e| Json::Object(e.into_iter().collect())),
        ]
    })
}

fn any_schema() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(json!({})),
        Just(json!(false)),
        prop::sample::select(vec!["null", "boolean", "integer", "number", "string", "array", "object"])
            .prop_map(|t| json!({"type": t})),
        any_json().prop_map(|v| json!({"const": v})),
        prop::collection::vec(any_json(), 1..3).prop_map(|v| json!({"enum": v})),
        (-2i64..3).prop_map(|n| json!({"minimum": n})),
        (0u64..4).prop_map(|n| json!({"maxLength": n, "minItems": n})),
        Just(json!({"uniqueItems": true})),
        Just(json!({"propertyNames": {"maxLength": 1}})),
        Just(json!({"$ref": "#"})),
    ];
    leaf.prop_recursive(3, 16, 3, |inner| {
        prop_oneof![
            ("[abc]", inner.clone(), inner.clone())
                .prop_map(|(k, s, r)| json!({"properties": {k: s}, "additionalProperties": r})),
            inner.clone().prop_map(|s| json!({"items": s})),
            "[abc]".prop_map(|k| json!({"required": [k]})),
            prop::collection::vec(inner.clone(), 1..3).prop_map(|s| json!({"anyOf": s})),
            prop::collection::vec(inner.clone(), 1..3).prop_map(|s| json!({"oneOf": s})),
            inner.prop_map(|s| json!({"not": s})),
        ]
    })
}

proptest! {
    /// The view gives the verdict that `serde_json`'s own gives, and words exactly where it says no.
    #[test]
    fn verdicts_are_those_of_serde_json(schema in any_schema(), value in any_json()) {
        let Ok(reference) = jsonschema::validator_for(&schema) else { return Ok(()) };
        let ours = Schema::new(schema).unwrap();
        let node = from_json(&value);
        let violations = ours.violations(&node, Nouns { key: "key", whole: "the file" });
        prop_assert_eq!(reference.is_valid(&value), ours.is_valid(&node));
        prop_assert_eq!(reference.is_valid(&value), violations.is_empty());
    }
}
