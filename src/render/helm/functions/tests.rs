//! Functions against what Helm gives, case by case: `testdata/helm/functions`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value as Json;

use super::*;
use crate::render::helm::gotemplate::call::{Host, Meter};
use crate::render::helm::gotemplate::value::{IntType, ListType, MapType, Object};

const GROUPS: [&str; 10] =
    ["crypto", "dates", "encoding", "fromtoml", "json", "regex", "semver", "toml", "url", "yaml"];

/// An execution for functions that are called by themselves. Its random bytes are counted up from a seed.
pub(super) struct Alone {
    pub seed: u64,
    pub recording: bool,
}

impl Host for Alone {
    fn include(&mut self, _: &[u8], _: &Tracked) -> Result<Tracked, Fault> {
        Err(Fault::new("there are no templates here"))
    }

    fn tpl(&mut self, _: &Tracked, _: &Tracked) -> Result<Tracked, Fault> {
        Err(Fault::new("there are no templates here"))
    }

    fn random(&mut self, _: &str, buffer: &mut [u8]) -> Result<(), Fault> {
        for chunk in buffer.chunks_mut(8) {
            self.seed = self.seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut mixed = self.seed;
            mixed = (mixed ^ mixed >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
            let bytes = (mixed ^ mixed >> 31).to_le_bytes();
            chunk.copy_from_slice(bytes.get(..chunk.len()).unwrap());
        }
        Ok(())
    }

    fn now(&mut self, _: &str) -> i128 {
        1_700_000_000_000_000_000
    }

    fn spend(&mut self, _: usize) -> Result<(), Fault> {
        Ok(())
    }

    fn recording(&self) -> bool {
        self.recording
    }
}

/// Calls a function of Helm 4.
pub(super) fn run(name: &str, args: &[Tracked], host: &mut dyn Host) -> Result<Tracked, Fault> {
    let tables = table(Profile::Helm4);
    let function = tables.iter().rev().flat_map(|t| t.iter()).find(|function| function.name == name);
    (function.unwrap().run)(&mut Call { name, args, host })
}

#[test]
fn functions_give_what_helm_gives() {
    let mut wrong = Vec::new();
    for group in GROUPS {
        let path = format!("{}/testdata/helm/functions/{group}.jsonl", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(!text.is_empty(), "{path} has no cases");
        for (line, case) in (1..).zip(text.lines()) {
            let case: Json = serde_json::from_str(case).unwrap();
            let ours = ours(&case);
            let theirs = match case.get("fails") {
                Some(error) => format!("error: {}", error.as_str().unwrap()),
                None => shown(&read(&case["gives"])),
            };
            if ours != theirs {
                let then = case.get("then").unwrap_or(&Json::Null);
                wrong.push(format!(
                    "{group}.jsonl:{line}: {} {then}\n  ours:   {ours}\n  theirs: {theirs}",
                    case["call"]
                ));
            }
        }
    }
    let first = wrong.iter().take(40).map(String::as_str).collect::<Vec<_>>().join("\n");
    assert!(wrong.is_empty(), "{} cases differ from Helm:\n{first}", wrong.len());
}

fn ours(case: &Json) -> String {
    let mut host = Alone { seed: 1, recording: false };
    let mut result = invoke(&case["call"], &mut host);
    if let Some(then) = case.get("then") {
        result = result.and_then(|value| {
            let words = then.as_array().unwrap();
            let (name, args) = (words[0].as_str().unwrap(), arguments(words, &mut host));
            let Value::Object(object) = &value.value else { return Err(Fault::new("no object")) };
            match object.method(name) {
                Some(_) => object.call(name, &mut Call { name, args: &args, host: &mut host }),
                None => Err(Fault::new(format!("no method {name}"))),
            }
        });
    }
    match result {
        Ok(value) => shown(&value.value),
        Err(fault) => format!("error: {}", fault.text),
    }
}

fn invoke(words: &Json, host: &mut Alone) -> Result<Tracked, Fault> {
    let words = words.as_array().unwrap();
    let args = arguments(words, host);
    run(words[0].as_str().unwrap(), &args, host)
}

fn arguments(words: &[Json], host: &mut Alone) -> Vec<Tracked> {
    let argument = |word: &Json| match word.get("call") {
        Some(inner) => invoke(inner, host).unwrap(),
        None => read(word).into(),
    };
    words[1..].iter().map(argument).collect()
}

/// An object that is only shown.
#[derive(Debug)]
struct Shown(String, String);

impl Object for Shown {
    fn type_name(&self) -> &str {
        &self.0
    }

    fn kind(&self) -> &'static str {
        "struct"
    }

    fn show(&self) -> String {
        self.1.clone()
    }

    fn to_node(&self, _: &mut Meter) -> Result<crate::yaml::Node, Fault> {
        Err(Fault::new("only shown"))
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

/// What a case says.
fn read(json: &Json) -> Value {
    match json {
        Json::Null => Value::Nil,
        Json::Bool(b) => Value::Bool(*b),
        Json::Number(n) => Value::Float(n.as_f64().unwrap()),
        Json::String(text) => Value::str(text.as_str()),
        Json::Array(items) => list(ListType::Any, items),
        Json::Object(tagged) => {
            let (tag, inner) = tagged.iter().next().unwrap();
            match tag.as_str() {
                "bytes" => {
                    let hex = inner.as_str().unwrap();
                    let byte = |at| u8::from_str_radix(hex.get(at..at + 2).unwrap(), 16).unwrap();
                    Value::bytes((0..hex.len()).step_by(2).map(byte).collect())
                }
                "object" => {
                    let text = |at: usize| inner[at].as_str().unwrap().to_owned();
                    Value::Object(std::rc::Rc::new(Shown(text(0), text(1))))
                }
                "float64" => Value::Float(inner.as_str().unwrap().parse().unwrap()),
                "nil" => match inner.as_str().unwrap() {
                    name if name.starts_with('[') => ListRef::nil(list_type(name)).into(),
                    _ => MapRef::new().into(),
                },
                "map" => {
                    let entries = inner.as_object().unwrap().iter();
                    let entries: BTreeMap<_, _> = entries.map(|(k, v)| (k.as_str().into(), read(v).into())).collect();
                    MapRef::of(MapType::Any, entries).into()
                }
                tag if tag.starts_with('[') => list(list_type(tag), inner.as_array().unwrap()),
                tag => {
                    let types = [
                        IntType::Int,
                        IntType::Int32,
                        IntType::Int64,
                        IntType::Uint8,
                        IntType::Uint32,
                        IntType::Uint64,
                    ];
                    let go = types.into_iter().find(|go| go.name() == tag).unwrap();
                    let n = inner.as_i64().or_else(|| inner.as_u64().map(u64::cast_signed));
                    Value::Int(n.unwrap(), go)
                }
            }
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

fn shown(value: &Value) -> String {
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
            list.items().iter().for_each(|item| {
                show(item, out);
                out.push(',');
            });
            out.push(']');
        }
        Value::Map(map) => {
            out.push_str("map{");
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

/// Keys and certificates hang on nothing but the random bytes and the time.
#[test]
fn a_seeded_run_makes_the_same_certificates_again() {
    let make = |seed| {
        let mut host = Alone { seed, recording: false };
        let ca = run("genCA", &[Value::str("ca").into(), Value::int(365).into()], &mut host).unwrap();
        let ips = ListRef::new(vec![Value::str("10.0.0.1").into(), Value::str("::1").into()]);
        let names = ListRef::new(vec![Value::str("a.example").into()]);
        let args =
            [Value::str("web").into(), Value::List(ips).into(), Value::List(names).into(), Value::int(30).into(), ca];
        let cert = run("genSignedCert", &args, &mut host).unwrap();
        let mut text = String::new();
        for certificate in [&args[4], &cert] {
            let Value::Object(object) = &certificate.value else { panic!("no certificate") };
            for field in ["Cert", "Key"] {
                let field = object.field(field).unwrap().value;
                text.push_str(std::str::from_utf8(field.as_bytes().unwrap()).unwrap());
            }
        }
        text
    };
    let first = make(1);
    assert_eq!(first, make(1));
    assert_ne!(first, make(2));
    // Go's crypto/x509 verified these: the chain, the fields, the extensions.
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/helm/functions/certificates.pem");
    if std::env::var_os("TERRACE_BLESS").is_some() {
        std::fs::write(path, &first).unwrap();
    }
    assert_eq!(first, std::fs::read_to_string(path).unwrap());
}

/// Values whose places are recorded.
fn placed(text: &str) -> Tracked {
    let node = crate::yaml::unmarshal(text).unwrap();
    Tracked::frozen(&node, &Some(std::rc::Rc::new(vec!["values".into()])))
}

#[test]
fn a_text_that_shows_a_tree_knows_which_bytes_come_from_where() {
    let mut host = Alone { seed: 1, recording: true };
    let text = run("toYaml", &[placed("web: {port: 80, name: a b}\nlist: [x, z]\n")], &mut host).unwrap();
    assert_eq!(text.as_bytes().unwrap(), b"list:\n- x\n- z\nweb:\n  name: a b\n  port: 80");
    let segments: Vec<_> = text.trail.reads().unwrap().text.iter().collect();
    let path = |reads: &crate::provenance::ReadSet| reads.iter().next().map(|read| read.path.join("."));
    // Keys and indicators are no value's, and stand there because of the collection.
    let told: Vec<String> = segments
        .iter()
        .map(|s| match path(&s.reads) {
            Some(read) => format!("{} {read}{}", s.start, if s.exact { "!" } else { "" }),
            None => format!("{} ({})", s.start, path(&s.around).unwrap_or_default()),
        })
        .collect();
    let expected = [
        "0 (values)",
        "8 values.list.0!",
        "12 values.list.1!",
        "14 (values)",
        "21 (values.web)",
        "27 values.web.name!",
        "33 (values.web)",
        "39 values.web.port!",
    ];
    assert_eq!(told, expected);
    // And back: each value is again what it was made of.
    let map = run("fromYaml", &[text], &mut host).unwrap();
    let name = map.as_map().unwrap().get("web").unwrap().as_map().unwrap().get("name").unwrap();
    let reads = name.trail.reads().unwrap();
    assert!(reads.exact);
    let paths: Vec<String> = reads.values.iter().map(|read| read.path.join(".")).collect();
    assert_eq!(paths, ["values.web.name", "values.web"], "the value that was copied, then what it stood in");
}

#[test]
fn sizes_and_depths_are_bounded() {
    let mut host = Alone { seed: 1, recording: false };
    let cycle = MapRef::new();
    cycle.set("self", Value::Map(cycle.clone()).into());
    for name in ["toYaml", "toJson", "toYamlPretty", "toToml"] {
        let given = run(name, &[Value::Map(cycle.clone()).into()], &mut host);
        assert!(given.as_ref().map_or(true, |text| text.as_bytes().unwrap().is_empty()), "{name}");
    }
    cycle.remove("self");
    let deep = "[".repeat(100_000);
    for name in ["fromYamlArray", "fromJsonArray", "mustFromJson", "fromToml"] {
        let text = if name == "fromToml" { format!("a = {deep}") } else { deep.clone() };
        let _ = run(name, &[Value::str(text).into()], &mut host);
    }
    let nested = "(".repeat(100_000);
    let _ = run("regexMatch", &[Value::str(nested).into(), Value::str("x").into()], &mut host);
}
