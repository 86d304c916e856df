//! Charts and values in, what Helm makes of them out.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map as Object, Value as Json, json};

use crate::diag::Diagnostics;
use crate::provenance::Recorder;
use crate::render::helm::Profile;
use crate::render::helm::chart::*;
use crate::source::SourceKind;
use crate::world::{FilePath, MemoryTree, Reader, World};
use crate::yaml::{Node, Value};

fn texts(case: &Json, key: &str) -> Vec<String> {
    case[key].as_array().into_iter().flatten().map(|t| t.as_str().unwrap().to_owned()).collect()
}

/// Values as the program that made the expectations prints them: what Go has as an `int64` is told from floats.
fn typed(node: &Node) -> Json {
    match &node.value {
        Value::Int(n) => json!(format!("int64 {n}")),
        Value::Seq(items) => items.iter().map(typed).collect(),
        Value::Map(map) => Json::Object(map.iter().map(|e| (e.key.to_string(), typed(&e.value))).collect()),
        // As Go writes it: `1`, not `1.0`.
        Value::Float(n) if n.fract() == 0.0 && n.abs() < 1e15 => json!(*n as i64),
        _ => node.to_json_value(),
    }
}

/// Numbers without their spelling.
fn plain(json: &Json) -> Json {
    match json {
        Json::Number(n) => match n.as_f64() {
            Some(f) if f.fract() == 0.0 && f.abs() < 1e15 => json!(f as i64),
            Some(f) => json!(f),
            None => json.clone(),
        },
        Json::Array(items) => items.iter().map(plain).collect(),
        Json::Object(map) => Json::Object(map.iter().map(|(k, v)| (k.clone(), plain(v))).collect()),
        _ => json.clone(),
    }
}

fn charts(instance: &Instance, profile: Profile, into: &mut Object<String, Json>) {
    let metadata = match profile {
        Profile::Helm3 => instance.metadata.to_json_node(),
        Profile::Helm4 => instance.metadata.to_go_node(),
    };
    into.insert(instance.full_path.clone(), plain(&metadata.to_json_value()));
    for child in &instance.dependencies {
        charts(child, profile, into);
    }
}

fn run(case: &Json, profile: Profile, recorder: &Recorder) -> Json {
    let world = World::new();
    let files: BTreeMap<String, String> = case["files"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(path, text)| (path.clone(), text.as_str().unwrap().to_owned()))
        .collect();
    let tree = world.mount(Arc::new(MemoryTree::new(files)));
    let reader = Reader::new(&world);
    let inputs: Vec<ValuesInput> = texts(case, "values")
        .into_iter()
        .enumerate()
        .map(|(i, text)| ValuesInput::File(world.sources().add(format!("v{i}.yaml"), text, SourceKind::File)))
        .collect();
    let (set, set_string) = (texts(case, "set"), texts(case, "set_string"));
    let (set_json, set_literal) = (texts(case, "set_json"), texts(case, "set_literal"));
    let given = Overrides {
        files: &inputs,
        set: &set,
        set_string: &set_string,
        set_json: &set_json,
        set_literal: &set_literal,
        ..Overrides::default()
    };
    let mut found = Diagnostics::new();
    let user = match overrides(&given, profile, world.sources(), recorder, &mut found) {
        Ok(user) => user,
        Err(failure) => return json!({"error": failure.helm}),
    };
    if case["set_only"] == json!(true) {
        return json!({"values": typed(&user)});
    }
    let options = LoadOptions { profile, ..LoadOptions::default() };
    let chart = match load(&reader, &FilePath::new(tree, ""), &options) {
        Ok(chart) => chart,
        Err(failure) => return json!({"error": failure.helm}),
    };
    let options = PrepareOptions { profile, ..PrepareOptions::default() };
    match prepare(&chart, &user, &options, recorder) {
        Err(failure) => {
            assert!(failure.diagnostics.has_errors());
            json!({"error": failure.helm})
        }
        Ok(prepared) => {
            let mut all = Object::new();
            charts(&prepared.root, profile, &mut all);
            let mut out = json!({"charts": all, "values": typed(&prepared.values)});
            let mut warnings: Vec<String> = prepared.warnings.into_iter().map(|w| w.helm).collect();
            warnings.sort();
            if !warnings.is_empty() {
                out["warnings"] = json!(warnings);
            }
            out
        }
    }
}

/// What the program leaves out of Helm's messages: they were put before in the command, which it doesn't run.
fn expected(case: &Json, key: &str) -> Json {
    let mut expected = plain(&case[key]);
    if expected.get("error").is_some() {
        expected = json!({"error": expected["error"]});
    }
    expected
}

fn without_prefix(mut found: Json) -> Json {
    let Some(error) = found.get("error").and_then(Json::as_str) else { return found };
    let before = ["found in Chart.yaml", "type mismatch on"];
    let cut = before.iter().find_map(|b| error.find(b)).unwrap_or(0);
    found["error"] = json!(error[cut..].to_owned());
    found
}

/// Where two results differ, a line for each place.
fn difference(at: &str, expected: &Json, found: &Json) -> String {
    match (expected, found) {
        (Json::Object(a), Json::Object(b)) => {
            let keys: std::collections::BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            let none = json!("(nothing)");
            let value = |map: &Object<String, Json>, key: &String| map.get(key).unwrap_or(&none).clone();
            keys.into_iter().map(|k| difference(&format!("{at}/{k}"), &value(a, k), &value(b, k))).collect()
        }
        _ if expected == found => String::new(),
        _ => format!("\n  {at}\n    expected {expected}\n       found {found}"),
    }
}

fn hold(file: &str) {
    let path = format!("{}/testdata/helm/chart/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    let mut wrong = Vec::new();
    let mut total = 0;
    for (line, case) in text.lines().enumerate() {
        let case: Json = serde_json::from_str(case).unwrap();
        for (key, profile) in [("helm3", Profile::Helm3), ("helm4", Profile::Helm4)] {
            let expected = expected(&case, key);
            // Recording must not change a result.
            for recorder in [Recorder::off(), Recorder::recording()] {
                total += 1;
                let found = without_prefix(plain(&run(&case, profile, &recorder)));
                if found != expected {
                    wrong.push(format!("line {} {key}{}", line + 1, difference("", &expected, &found)));
                    break;
                }
            }
        }
    }
    let shown = wrong.iter().take(8).cloned().collect::<Vec<_>>().join("\n\n");
    assert!(wrong.is_empty(), "{} of {total} differ\n{shown}", wrong.len());
    assert!(total > 100);
}

#[test]
fn arguments_set_what_helm_sets() {
    hold("strvals.jsonl");
}

#[test]
fn values_coalesce_as_in_helm() {
    hold("values.jsonl");
}

#[test]
fn dependencies_are_those_of_helm() {
    hold("dependencies.jsonl");
}

#[test]
fn schemas_refuse_in_the_words_of_helm() {
    hold("schema.jsonl");
}
