//! `toYaml` and `fromYaml`: what charts call most.

use std::mem::size_of;

use super::super::gotemplate::call::{Call, Fault, Meter, ok};
use super::super::gotemplate::trail::Trail;
use super::super::gotemplate::value::{ListRef, MapRef, MapType, Tracked, Value, not_finite};
use super::super::sprig::json::{self, Target, type_error};
use super::trails;
use crate::yaml::{self, Node};

/// sigs.k8s.io/yaml's text of a value, without the last line's end; empty if it has none.
pub fn to_yaml(call: &mut Call) -> Result<Tracked, Fault> {
    json::quiet(must_to_yaml(call))
}

/// The same; a value that has no text is an error.
pub fn must_to_yaml(call: &mut Call) -> Result<Tracked, Fault> {
    let value = call.any(0);
    let mut meter = Meter::new(call.host);
    let node = value.to_node(&mut meter).and_then(|node| meter.done().map(|()| node)).map_err(|fault| {
        let text = format!("error marshaling into JSON: {}", fault.text);
        Fault::wrap(text, fault)
    })?;
    let mut text = yaml::emit(&node);
    if text.ends_with('\n') {
        text.pop();
    }
    if memchr::memmem::find(text.as_bytes(), b"\\x").is_some() {
        refused(call)?;
    }
    let trail = if call.host.recording() { trails::shown(call.any(0), &text) } else { Trail::NONE };
    Ok(Tracked { value: text.into(), trail })
}

/// sigs.k8s.io/yaml reads the value's JSON as YAML, which takes fewer characters.
fn refused(call: &mut Call) -> Result<(), Fault> {
    let json = json::encode(&call.any(0).value, json::Style::Raw, call.host)?;
    let why = |error: String| error.trim_start_matches("error converting YAML to JSON: ").to_owned();
    yaml::unmarshal(&json).map(drop).map_err(|error| Fault::new(why(error)))
}

/// A map out of YAML, or with the error under `Error`.
pub fn from_yaml(call: &mut Call) -> Result<Tracked, Fault> {
    let (value, error) = unmarshal(call, Target::Map)?;
    ok(super::with_error(value, error))
}

/// A list out of YAML, or of the error.
pub fn from_yaml_array(call: &mut Call) -> Result<Tracked, Fault> {
    let (value, error) = unmarshal(call, Target::List)?;
    ok(super::or_error(value, error))
}

/// A map out of YAML; an error fails the template. As ApplicationSets have `fromYaml`.
pub fn unmarshal_map(call: &mut Call) -> Result<Tracked, Fault> {
    failing(unmarshal(call, Target::Map)?)
}

/// A list out of YAML; an error fails the template. As ApplicationSets have `fromYamlArray`.
pub fn unmarshal_list(call: &mut Call) -> Result<Tracked, Fault> {
    failing(unmarshal(call, Target::List)?)
}

fn failing((value, error): (Value, Option<String>)) -> Result<Tracked, Fault> {
    match error {
        Some(error) => Err(Fault::new(error)),
        None => ok(value),
    }
}

/// `yaml.Unmarshal` of sigs.k8s.io/yaml: what was read, and what went wrong.
fn unmarshal(call: &mut Call, target: Target) -> Result<(Value, Option<String>), Fault> {
    json::reads(call)?;
    let bytes = call.bytes(0);
    let empty = || match target {
        Target::List => Value::List(ListRef::new(Vec::new())),
        _ => Value::Map(MapRef::new()),
    };
    let converting = |error: &str| format!("error converting YAML to JSON: {error}");
    let read = std::str::from_utf8(bytes).map_err(|_| converting(yaml::not_utf8(bytes)));
    let mut node = match read.and_then(yaml::unmarshal) {
        Ok(node) => node,
        Err(error) => return Ok((empty(), Some(error))),
    };
    let mut meter = Meter::new(call.host);
    let floats = to_floats(&mut node, &mut meter)?;
    meter.done()?;
    if let Err(error) = floats {
        return Ok((empty(), Some(converting(&error))));
    }
    if let Some(error) = type_error(&node, target) {
        return Ok((empty(), Some(format!("error unmarshaling JSON: while decoding JSON: {error}"))));
    }
    let text = if call.host.recording() { call.any(0).trail.reads() } else { None };
    if let Some(text) = text.filter(|reads| !reads.text.is_empty() && !node.is_null()) {
        return Ok((trails::read(&node, text), None));
    }
    let value = match node.value {
        yaml::Value::Map(map) => Value::Map(MapRef::frozen(MapType::Any, map, None)),
        yaml::Value::Seq(items) => Value::List(ListRef::frozen(items, None)),
        _ => empty(),
    };
    Ok((value, None))
}

/// Every number a float, as encoding/json decodes them.
fn to_floats(node: &mut Node, meter: &mut Meter) -> Result<Result<(), String>, Fault> {
    meter.value(0)?;
    #[expect(clippy::cast_precision_loss, reason = "Go loses it as well")]
    match &mut node.value {
        yaml::Value::Int(n) => node.value = yaml::Value::Float(*n as f64),
        yaml::Value::UInt(n) => node.value = yaml::Value::Float(*n as f64),
        yaml::Value::Float(f) if !f.is_finite() => {
            return Ok(Err(format!("json: unsupported value: {}", not_finite(*f))));
        }
        yaml::Value::Seq(items) => {
            // Aliases share what they stand for, until now.
            meter.value(items.len() * size_of::<Node>())?;
            for item in items.make_mut() {
                if let Err(error) = to_floats(item, meter)? {
                    return Ok(Err(error));
                }
            }
        }
        yaml::Value::Map(map) => {
            meter.value(map.len() * size_of::<yaml::Entry>())?;
            for entry in map.entries_mut() {
                if let Err(error) = to_floats(&mut entry.value, meter)? {
                    return Ok(Err(error));
                }
            }
        }
        _ => {}
    }
    Ok(Ok(()))
}
