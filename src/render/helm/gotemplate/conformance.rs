//! Whole templates: what Go made of the snippets in `testdata/helm/gotemplate/conformance`.

use std::sync::Arc;

use serde_json::Value as Json;

use super::builtin::BUILTINS;
use super::call::Fault;
use super::exec::{Effects, Exec, Limits, MissingKey, Setup, Site};
use super::functions::Functions;
use super::parse::parse;
use super::set::Templates;
use super::value::{ListRef, MapRef, Tracked, Value};
use crate::source::FileId;

#[test]
fn snippets() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/helm/gotemplate/conformance");
    let data: Json = serde_json::from_str(&std::fs::read_to_string(format!("{root}/data.json")).unwrap()).unwrap();
    let snippets = std::fs::read_to_string(format!("{root}/snippets.jsonl")).unwrap();
    let (mut count, mut wrong) = (0, Vec::new());
    for line in snippets.lines() {
        count += 1;
        let case: Json = serde_json::from_str(line).unwrap();
        let missing_key = match case.get("missingkey").and_then(Json::as_str) {
            None | Some("default") => MissingKey::Invalid,
            Some("zero") => MissingKey::Zero,
            Some("error") => MissingKey::Error,
            Some(other) => panic!("missingkey={other}"),
        };
        let wanted = case.get("error").map_or(Ok(&case["output"]), Err);
        let got = render(case["template"].as_str().unwrap(), &data, missing_key);
        let same = match (&wanted, &got) {
            (Ok(wanted), Ok(got)) => wanted.as_str() == Some(got),
            (Err(wanted), Err(fault)) => wanted.as_str() == Some(&fault.text),
            _ => false,
        };
        if !same {
            let got = got.map_err(|fault| fault.text.clone());
            wrong.push(format!("{}: {}\n  Go: {wanted:?}\n  us: {got:?}", case["name"], case["template"]));
        }
    }
    assert_eq!(count, 89);
    assert!(wrong.is_empty(), "{} of {count} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

fn render(template: &str, data: &Json, missing_key: MissingKey) -> Result<String, Fault> {
    let functions = Functions::new([BUILTINS]);
    let mut templates = Templates::new();
    templates.add(parse("t", template.into(), FileId::NONE, &functions)?.into_iter().map(Arc::new));
    let mut effects = Neither;
    let mut exec = Exec::new(Setup {
        functions: &functions,
        templates: &templates,
        set_name: "t",
        missing_key,
        effects: &mut effects,
        limits: Limits::default(),
        record: false,
    });
    let (text, _) = exec.execute("t", &value(data))?;
    Ok(String::from_utf8(text).unwrap())
}

/// Numbers are floats, as in a values file.
fn value(json: &Json) -> Tracked {
    let value = match json {
        Json::Null => Value::Nil,
        Json::Bool(b) => Value::Bool(*b),
        Json::Number(number) => Value::Float(number.as_f64().unwrap()),
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(items) => ListRef::new(items.iter().map(value).collect()).into(),
        Json::Object(entries) => {
            let map = MapRef::new();
            for (key, entry) in entries {
                map.set(key.as_str(), value(entry));
            }
            map.into()
        }
    };
    value.into()
}

/// No randomness and no time.
struct Neither;

impl Effects for Neither {
    fn random(&mut self, site: &Site, _: &mut [u8]) -> Result<(), Fault> {
        Err(Fault::new(site.function))
    }
    fn now(&mut self, _: &Site) -> i128 {
        0
    }
}
