//! Executions against what Go's text/template made of the same templates.

use std::sync::Arc;

use super::super::builtin::BUILTINS;
use super::super::functions::Functions;
use super::super::parse::parse;
use super::super::set::Templates;
use super::super::value::Tracked;
use super::{Effects, Exec, Limits, MissingKey, Setup, Site};
use crate::render::helm::gotemplate::call::Fault;
use crate::source::FileId;
use crate::yaml::{self, Node, Value};

struct NoEffects;

impl Effects for NoEffects {
    fn random(&mut self, _: &Site, _: &mut [u8]) -> Result<(), Fault> {
        Ok(())
    }
    fn now(&mut self, _: &Site) -> i128 {
        0
    }
}

/// Numbers of a file are floats.
fn floats(node: &mut Node) {
    match &mut node.value {
        Value::Int(n) => node.value = Value::Float(*n as f64),
        Value::Seq(items) => items.make_mut().iter_mut().for_each(floats),
        Value::Map(map) => map.entries_mut().iter_mut().for_each(|e| floats(&mut e.value)),
        _ => {}
    }
}

fn render(template: &str, data: &Tracked, missing_key: MissingKey) -> Result<String, Fault> {
    let functions = Functions::new([BUILTINS]);
    let mut templates = Templates::new();
    templates.add(parse("t", Arc::from(template), FileId::NONE, &functions)?.into_iter().map(Arc::new));
    let mut effects = NoEffects;
    let mut exec = Exec::new(Setup {
        functions: &functions,
        templates: &templates,
        set_name: "t",
        missing_key,
        effects: &mut effects,
        limits: Limits::default(),
        record: false,
    });
    let (bytes, _) = exec.execute("t", data)?;
    Ok(String::from_utf8(bytes).unwrap())
}

#[test]
fn snippets_give_what_go_gives() {
    let dir = "testdata/helm/gotemplate/conformance";
    let data = std::fs::read_to_string(format!("{dir}/data.json")).unwrap();
    let mut data = yaml::parse(FileId::NONE, &data, yaml::Dialect::Kubernetes).into_first();
    floats(&mut data);
    let snippets = std::fs::read_to_string(format!("{dir}/snippets.jsonl")).unwrap();
    let mut wrong = Vec::new();
    let mut count = 0;
    for line in snippets.lines() {
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        let text = |key: &str| case[key].as_str();
        let missing_key = match text("missingkey") {
            Some("zero") => MissingKey::Zero,
            Some("error") => MissingKey::Error,
            _ => MissingKey::Invalid,
        };
        let got = render(text("template").unwrap(), &Tracked::frozen(&data, &None), missing_key);
        let got = got.map_err(|fault| fault.text.clone());
        let want = text("output").map(str::to_owned).ok_or_else(|| text("error").unwrap().to_owned());
        if got != want {
            wrong.push(format!(
                "{}: {}\n  got  {got:?}\n  want {want:?}",
                text("name").unwrap(),
                text("template").unwrap()
            ));
        }
        count += 1;
    }
    assert_eq!(count, 89);
    assert!(wrong.is_empty(), "{} of {count} differ:\n{}", wrong.len(), wrong.join("\n"));
}
