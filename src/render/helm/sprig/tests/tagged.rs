//! Values in the cases: JSON, where an object names the Go type of what it holds.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value as Json;

use crate::render::helm::gotemplate::value::{IntType, ListRef, ListType, MapRef, MapType, Value};

/// What a case says.
pub fn read(json: &Json) -> Value {
    match json {
        Json::Null => Value::Nil,
        Json::Bool(b) => Value::Bool(*b),
        Json::Number(n) => Value::Float(n.as_f64().unwrap()),
        Json::String(text) => Value::str(text.as_str()),
        Json::Array(items) => list(ListType::Any, items),
        Json::Object(tagged) => {
            let (tag, inner) = tagged.iter().next().unwrap();
            typed(tag, inner)
        }
    }
}

fn typed(tag: &str, json: &Json) -> Value {
    match tag {
        "literal" => Value::Nil,
        "bytes" => {
            let hex = json.as_str().unwrap();
            let byte = |at| u8::from_str_radix(hex.get(at..at + 2).unwrap(), 16).unwrap();
            Value::bytes((0..hex.len()).step_by(2).map(byte).collect())
        }
        "float64" => Value::Float(json.as_str().unwrap().parse().unwrap()),
        "nil" => ListRef::nil(list_type(json.as_str().unwrap())).into(),
        "map" => map(MapType::Any, json),
        "common.Values" => map(MapType::CommonValues, json),
        "map[string]string" => map(MapType::Strings, json),
        _ if tag.starts_with('[') => list(list_type(tag), json.as_array().unwrap()),
        _ => {
            let types =
                [IntType::Int, IntType::Int32, IntType::Int64, IntType::Uint8, IntType::Uint32, IntType::Uint64];
            let go = types.into_iter().find(|go| go.name() == tag).unwrap();
            Value::Int(json.as_i64().unwrap(), go)
        }
    }
}

fn list_type(name: &str) -> ListType {
    let types = [ListType::Any, ListType::Strings, ListType::Ints, ListType::Bytes, ListType::Lists, ListType::Maps];
    types.into_iter().find(|go| go.name() == name).unwrap()
}

fn list(go: ListType, items: &[Json]) -> Value {
    ListRef::of(go, items.iter().map(|item| read(item).into()).collect()).into()
}

fn map(go: MapType, json: &Json) -> Value {
    let entries = json.as_object().unwrap().iter().map(|(key, value)| (key.as_str().into(), read(value).into()));
    MapRef::of(go, entries.collect()).into()
}

/// A value in words that tell it from every other one.
pub fn shown(value: &Value) -> String {
    let mut out = String::new();
    show(value, &mut out);
    out
}

fn show(value: &Value, out: &mut String) {
    match value {
        Value::Nil | Value::NoValue => out.push_str("nil"),
        Value::Bool(b) => write!(out, "{b}").unwrap(),
        Value::Int(n, go) => write!(out, "{}({n})", go.name()).unwrap(),
        Value::Float(f) => write!(out, "{f:?}").unwrap(),
        Value::Str(text) => write!(out, "{text:?}").unwrap(),
        Value::Raw(bytes) => write!(out, "bytes{bytes:x?}").unwrap(),
        Value::List(list) => {
            write!(out, "{}{}[", list.go().name(), if list.is_nil() { "(nil)" } else { "" }).unwrap();
            for item in list.items() {
                show(item, out);
                out.push(',');
            }
            out.push(']');
        }
        Value::Map(map) => {
            write!(out, "{}{{", map.go().name()).unwrap();
            for (key, value) in map.entries() {
                write!(out, "{key:?}:").unwrap();
                show(&value, out);
                out.push(',');
            }
            out.push('}');
        }
        Value::Object(object) => write!(out, "{}({})", object.type_name(), object.show()).unwrap(),
    }
}

/// Which maps are the same one: a number for each map that is met, the same for the same map.
pub fn identities<'a>(values: impl IntoIterator<Item = &'a Value>) -> String {
    let mut met = BTreeMap::new();
    let mut out = Vec::new();
    for value in values {
        identify(value, &mut met, &mut out);
    }
    out.join(" ")
}

fn identify(value: &Value, met: &mut BTreeMap<usize, usize>, out: &mut Vec<String>) {
    match value {
        Value::Map(map) => {
            let next = met.len();
            out.push(met.entry(map.address()).or_insert(next).to_string());
            map.entries().iter().for_each(|(_, value)| identify(value, met, out));
        }
        Value::List(list) => list.items().iter().for_each(|item| identify(item, met, out)),
        _ => {}
    }
}
