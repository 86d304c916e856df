//! Goldens of text/template's own functions and of fmt: what Go made of each call. `testdata/helm/gotemplate/README.md`
//! tells the form of a case.

use std::rc::Rc;

use serde_json::{Value as Json, json};

use super::builtin::BUILTINS;
use super::call::{Call, Fault, Host, Meter, Type};
use super::format;
use super::value::{Body, IntType, ListRef, ListType, MapRef, MapType, Object, Tracked, Value};
use crate::yaml::Node;

#[test]
fn calls() {
    let (mut cases, mut wrong) = (0, Vec::new());
    for file in ["format.jsonl", "builtins.jsonl"] {
        let path = format!("{}/testdata/helm/gotemplate/{file}", env!("CARGO_MANIFEST_DIR"));
        for line in std::fs::read_to_string(path).unwrap().lines() {
            cases += 1;
            let case: Json = serde_json::from_str(line).unwrap();
            let (wanted, got) = (outcome(&case), call(&case));
            if wanted != got {
                wrong.push(format!("{line}\n  Go: {wanted}\n  us: {got}"));
            }
        }
    }
    assert!(cases > 500, "only {cases} cases");
    let shown = wrong.len().min(30);
    assert!(wrong.is_empty(), "{} of {cases} are wrong:\n{}", wrong.len(), wrong[..shown].join("\n"));
}

fn outcome(case: &Json) -> Json {
    match case.get("error") {
        Some(error) => json!({ "error": error }),
        None => case["out"].clone(),
    }
}

fn call(case: &Json) -> Json {
    let name = case["call"].as_str().unwrap();
    let mut args: Vec<Tracked> = case["args"].as_array().unwrap().iter().map(|arg| value(arg).into()).collect();
    if name == "action" {
        let mut out = Vec::new();
        format::print_into(&mut out, &args[0], usize::MAX).unwrap();
        return tagged(&Value::bytes(out));
    }
    let function = BUILTINS.iter().find(|f| f.name == name).unwrap();
    for (at, arg) in args.iter_mut().enumerate() {
        let params = function.signature.params;
        let param = params.get(at).or(params.last()).unwrap();
        if *param != Type::Reflect && matches!(arg.value, Value::NoValue) {
            arg.value = Value::Nil;
        }
    }
    match (function.run)(&mut Call { name: ".a0", args: &args, host: &mut Alone }) {
        Ok(result) if result.is_nil() => json!({ "nil": true }),
        Ok(result) => tagged(&result),
        Err(fault) => json!({ "error": fault.text }),
    }
}

/// No execution around the call.
pub(super) struct Alone;

impl Host for Alone {
    fn include(&mut self, _: &[u8], _: &Tracked) -> Result<Tracked, Fault> {
        Err(Fault::default())
    }
    fn tpl(&mut self, _: &Tracked, _: &Tracked) -> Result<Tracked, Fault> {
        Err(Fault::default())
    }
    fn random(&mut self, _: &str, _: &mut [u8]) -> Result<(), Fault> {
        Ok(())
    }
    fn now(&mut self, _: &str) -> i128 {
        0
    }
    fn spend(&mut self, _: usize) -> Result<(), Fault> {
        Ok(())
    }
    fn recording(&self) -> bool {
        false
    }
}

fn value(json: &Json) -> Value {
    let tag = match json {
        Json::Null => return Value::Nil,
        Json::Bool(b) => return Value::Bool(*b),
        Json::String(text) => return Value::from(text.as_str()),
        Json::Array(items) => return ListRef::new(items.iter().map(|item| value(item).into()).collect()).into(),
        Json::Object(tag) => tag,
        Json::Number(_) => panic!("a number without a type"),
    };
    let (tag, json) = tag.iter().next().unwrap();
    let text = json.as_str().unwrap_or_default();
    let items = || json.as_array().unwrap().iter();
    let object = |kind, name, body| Value::Object(Rc::new(Sample { kind, name, body, text: String::new() }));
    match tag.as_str() {
        "none" => Value::NoValue,
        "float64" => Value::Float(text.parse().unwrap()),
        "int" => Value::int(text.parse().unwrap()),
        "int32" => Value::Int(text.parse().unwrap(), IntType::Int32),
        "int64" => Value::int64(text.parse().unwrap()),
        "uint8" => Value::Int(text.parse().unwrap(), IntType::Uint8),
        "uint32" => Value::Int(text.parse().unwrap(), IntType::Uint32),
        "uint64" => Value::Int(text.parse::<u64>().unwrap().cast_signed(), IntType::Uint64),
        "raw" => Value::bytes(unhex(text)),
        "[]byte" => {
            let byte = |b: u8| Value::Int(b.into(), IntType::Uint8).into();
            ListRef::of(ListType::Bytes, unhex(text).into_iter().map(byte).collect()).into()
        }
        "[]string" => ListRef::strings(items().map(|item| item.as_str().unwrap())).into(),
        "[]int" => {
            let int = |item: &Json| Value::int(item.as_str().unwrap().parse().unwrap()).into();
            ListRef::of(ListType::Ints, items().map(int).collect()).into()
        }
        "map" | "map[string]string" => {
            let entries = json.as_object().unwrap().iter().map(|(k, v)| (k.as_str().into(), value(v).into()));
            let go = if tag == "map" { MapType::Any } else { MapType::Strings };
            MapRef::of(go, entries.collect()).into()
        }
        "duration" => {
            let n: i64 = text.parse().unwrap();
            let body = Body::Plain(Value::int64(n));
            Value::Object(Rc::new(Sample { kind: "int64", name: "time.Duration", body, text: duration(n) }))
        }
        "error" => {
            let body = Body::Struct(vec![("s", text.into())]);
            Value::Object(Rc::new(Sample { kind: "ptr", name: "*errors.errorString", body, text: text.to_owned() }))
        }
        "pair" | "*pair" => {
            let body = Body::Struct(vec![("Name", value(&json[0])), ("Items", value(&json[1]))]);
            if tag == "pair" { object("struct", "main.pair", body) } else { object("ptr", "*main.pair", body) }
        }
        other => panic!("unknown type {other}"),
    }
}

fn tagged(value: &Value) -> Json {
    let items = |list: &ListRef| list.items().iter().map(|item| tagged(item)).collect::<Vec<Json>>();
    match value {
        Value::Nil | Value::NoValue => Json::Null,
        Value::Bool(b) => json!(b),
        Value::Int(n, IntType::Uint64) => json!({ "uint64": n.cast_unsigned().to_string() }),
        Value::Int(n, go) => json!({ go.name(): n.to_string() }),
        Value::Float(f) => {
            let mut out = Vec::new();
            format::push_float(&mut out, *f);
            json!({ "float64": String::from_utf8(out).unwrap() })
        }
        Value::Str(text) => json!(text.as_str()),
        Value::Raw(bytes) => json!({ "raw": hex(bytes) }),
        Value::Map(map) => {
            let tag = if map.go() == MapType::Any { "map" } else { map.go().name() };
            let entries = map.entries().into_iter().map(|(k, v)| (k.to_string(), tagged(&v)));
            json!({ tag: entries.collect::<serde_json::Map<_, _>>() })
        }
        Value::List(list) => match list.go() {
            ListType::Any => json!(items(list)),
            ListType::Bytes => json!({ "[]byte": hex(&list.as_byte_slice().unwrap()) }),
            ListType::Ints => {
                let ints = list.items().iter().map(|n| String::from_utf8(format::show(n).unwrap()).unwrap());
                json!({ "[]int": ints.collect::<Vec<_>>() })
            }
            go => json!({ go.name(): items(list) }),
        },
        Value::Object(object) => json!({ "type": object.type_name() }),
    }
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap()).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// `time.Duration`'s text, of the durations that the cases have.
fn duration(n: i64) -> String {
    let (sign, n) = (if n < 0 { "-" } else { "" }, n.unsigned_abs());
    let part = |unit: u64| {
        let mut text = format!("{}.{:0width$}", n / unit, n % unit, width = unit.ilog10() as usize);
        text.truncate(text.trim_end_matches('0').trim_end_matches('.').len());
        text
    };
    match n {
        0 => "0s".to_owned(),
        1..1000 => format!("{sign}{n}ns"),
        1000..1_000_000 => format!("{sign}{}µs", part(1000)),
        1_000_000..1_000_000_000 => format!("{sign}{}ms", part(1_000_000)),
        _ => {
            let (hours, minutes) = (n / 3_600_000_000_000, n / 60_000_000_000 % 60);
            let mut text = format!("{}.{:09}", n / 1_000_000_000 % 60, n % 1_000_000_000);
            text.truncate(text.trim_end_matches('0').trim_end_matches('.').len());
            match (hours, minutes) {
                (0, 0) => format!("{sign}{text}s"),
                (0, _) => format!("{sign}{minutes}m{text}s"),
                _ => format!("{sign}{hours}h{minutes}m{text}s"),
            }
        }
    }
}

/// A value of a type of Go's own: a duration, an error, a struct, a pointer to one.
#[derive(Debug)]
struct Sample {
    kind: &'static str,
    name: &'static str,
    body: Body,
    text: String,
}

impl Object for Sample {
    fn type_name(&self) -> &str {
        self.name
    }
    fn kind(&self) -> &'static str {
        self.kind
    }
    fn show(&self) -> String {
        self.text.clone()
    }
    fn stringer(&self) -> bool {
        !self.name.ends_with("pair")
    }
    fn body(&self) -> Body {
        self.body.clone()
    }
    fn truth(&self) -> bool {
        !matches!(self.body, Body::Plain(Value::Int(0, _)))
    }
    fn to_node(&self, _: &mut Meter) -> Result<Node, Fault> {
        Err(Fault::default())
    }
    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}
