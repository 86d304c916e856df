//! Each case is called with maps and lists that functions made, and once more with such as files hold.

use serde_json::Value as Json;

use super::host::{Alone, call, function};
use super::tagged::{identities, read, shown};
use crate::render::helm::gotemplate::call::{Function, Meter, Type};
use crate::render::helm::gotemplate::value::{IntType, ListType, MapRef, MapType, Tracked, Value};

const GROUPS: [&str; 11] =
    ["abbreviate", "cases", "defaults", "dicts", "flow", "lists", "numeric", "paths", "reflection", "split", "strings"];

#[test]
fn functions_give_what_sprig_gives() {
    let mut wrong = Vec::new();
    for group in GROUPS {
        let path = format!("{}/testdata/helm/sprig/{group}.jsonl", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(!text.is_empty(), "{path} has no cases");
        for (line, case) in (1..).zip(text.lines()) {
            let case: Json = serde_json::from_str(case).unwrap();
            for frozen in [false, true] {
                if let Err(difference) = check(&case, frozen) {
                    let args = if frozen { "frozen" } else { "live" };
                    wrong.push(format!("{group}.jsonl:{line} ({args}): {}\n{difference}", case["call"]));
                }
            }
        }
    }
    let shown = wrong.iter().take(20).map(String::as_str).collect::<Vec<_>>().join("\n");
    assert!(wrong.is_empty(), "{} cases differ from sprig:\n{shown}", wrong.len());
}

fn check(case: &Json, frozen: bool) -> Result<(), String> {
    let differs = |what: &str, ours: &str, theirs: &str| {
        if ours == theirs { Ok(()) } else { Err(format!("  {what}\n    ours:   {ours}\n    theirs: {theirs}")) }
    };
    let words = case["call"].as_array().unwrap();
    let (name, args) = (words[0].as_str().unwrap(), &words[1..]);
    let Some(function) = function(name) else { return Err("  there is no such function".to_owned()) };
    if let Some(refused) = refusal(function, args) {
        return differs("refusal", &refused, case["refused"].as_str().unwrap_or("none"));
    }
    let args = arguments(args, frozen);
    match call(name, &args, &mut Alone::new(false)) {
        Err(fault) => differs("failure", &fault.text, case["fails"].as_str().unwrap_or("none")),
        Ok(_) if case.get("gives").is_none() => differs("failure", "none", &case.to_string()),
        Ok(result) => {
            differs("result", &shown(&result), &shown(&read(&case["gives"])))?;
            let left = match case.get("leaves").and_then(Json::as_array) {
                Some(left) => left.iter().map(|arg| read(arg).into()).collect(),
                None => arguments(&words[1..], false),
            };
            for (ours, theirs) in args.iter().zip(&left) {
                differs("argument left", &shown(ours), &shown(theirs))?;
            }
            let Some(maps) = case.get("maps") else { return Ok(()) };
            let all = args.iter().chain([&result]).map(|arg| &arg.value);
            differs("sharing", &identities(all), maps.as_str().unwrap())
        }
    }
}

/// The arguments; one that says `same` is the very map that stands at that place.
fn arguments(args: &[Json], frozen: bool) -> Vec<Tracked> {
    let mut all: Vec<Tracked> = Vec::new();
    for arg in args {
        let value = match arg.get("same").and_then(Json::as_u64) {
            Some(at) => all[usize::try_from(at).unwrap()].clone(),
            None if frozen => freeze(arg),
            None => read(arg).into(),
        };
        all.push(value);
    }
    all
}

/// A value as a file holds it, if a file can.
fn freeze(json: &Json) -> Tracked {
    let value = read(json);
    match value.to_node(&mut Meter::new(&mut Alone::new(false))) {
        Ok(node) if shown(&Tracked::frozen(&node, &None)) == shown(&value) => Tracked::frozen(&node, &None),
        _ => value.into(),
    }
}

/// What text/template says before it calls a function: how many arguments, and of which types.
fn refusal(function: &Function, args: &[Json]) -> Option<String> {
    let (name, params) = (function.name, function.signature.params);
    let wrong = |want: String| Some(format!("wrong number of args for {name}: want {want} got {}", args.len()));
    if function.signature.variadic && args.len() + 1 < params.len() {
        return wrong(format!("at least {}", params.len() - 1));
    }
    if !function.signature.variadic && args.len() != params.len() {
        return wrong(params.len().to_string());
    }
    args.iter().enumerate().find_map(|(i, arg)| {
        let param = *params.get(i).or(params.last())?;
        let literal = arg.get("literal").is_some();
        let value = if arg.get("same").is_some() { Value::from(MapRef::new()) } else { read(arg) };
        let fits = match (param, &value) {
            (Type::Any, _)
            | (Type::String, Value::Str(_) | Value::Raw(_))
            | (Type::Bool, Value::Bool(_))
            | (Type::Int, Value::Int(_, IntType::Int))
            | (Type::Int64, Value::Int(_, IntType::Int64))
            | (Type::Float64, Value::Float(_)) => true,
            (Type::Dict, Value::Map(map)) => map.go() != MapType::Strings,
            (Type::Dict | Type::List, Value::Nil) => literal,
            (Type::List, Value::List(list)) => list.go() == ListType::Any,
            _ => false,
        };
        let got = if value.is_nil() { "interface {}" } else { value.type_name() };
        match (fits, literal) {
            (true, _) => None,
            (false, true) => Some(format!("cannot assign nil to {}", param.name())),
            (false, false) => Some(format!("wrong type for value; expected {}; got {got}", param.name())),
        }
    })
}
