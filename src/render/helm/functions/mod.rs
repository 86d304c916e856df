//! The functions that Helm adds to sprig's, or has instead of them (pkg/engine/funcs.go and engine.go), and the whole list
//! of what a chart's templates can call.

mod toml;
mod trails;
pub mod yaml;
mod yaml_pretty;

use super::Profile;
use super::gotemplate::call::{Call, Fault, Function, Type, f, ok};
use super::gotemplate::value::{ListRef, MapRef, Tracked, Value};
use super::sprig::json::{self, Target, decode};

/// Both profiles have these.
const COMMON: &[Function] = &[
    f("fail", &[Type::String], fail),
    f("fromJson", &[Type::String], from_json),
    f("fromJsonArray", &[Type::String], from_json_array),
    f("fromToml", &[Type::String], toml::from_toml),
    f("fromYaml", &[Type::String], yaml::from_yaml),
    f("fromYamlArray", &[Type::String], yaml::from_yaml_array),
    f("getHostByName", &[Type::String], get_host_by_name),
    f("include", &[Type::String, Type::Any], include),
    f("lookup", &[Type::String, Type::String, Type::String, Type::String], lookup),
    f("required", &[Type::String, Type::Any], required),
    f("mustToJson", &[Type::Any], must_to_json),
    f("toJson", &[Type::Any], to_json),
    f("toToml", &[Type::Any], toml::to_toml),
    f("toYaml", &[Type::Any], yaml::to_yaml),
    f("toYamlPretty", &[Type::Any], yaml_pretty::to_yaml_pretty),
    f("tpl", &[Type::String, Type::Any], tpl),
];

/// What came with Helm 4.
const HELM4: &[Function] =
    &[f("mustToToml", &[Type::Any], toml::must_to_toml), f("mustToYaml", &[Type::Any], yaml::must_to_yaml)];

fn include(call: &mut Call) -> Result<Tracked, Fault> {
    call.host.include(call.bytes(0), call.any(1))
}

fn tpl(call: &mut Call) -> Result<Tracked, Fault> {
    call.host.tpl(call.any(0), call.any(1))
}

/// There is no cluster to look into.
fn lookup(_: &mut Call) -> Result<Tracked, Fault> {
    ok(MapRef::new())
}

/// Helm asks no name server either, unless told to.
fn get_host_by_name(_: &mut Call) -> Result<Tracked, Fault> {
    ok("")
}

/// The value, or the error that somebody wrote for the case that there is none.
fn required(call: &mut Call) -> Result<Tracked, Fault> {
    let value = call.any(1);
    let missing = match &value.value {
        Value::Nil | Value::NoValue => true,
        Value::Str(text) => text.is_empty(),
        _ => false,
    };
    if missing { Err(marked(&call.str(0))) } else { Ok(value.clone()) }
}

fn fail(call: &mut Call) -> Result<Tracked, Fault> {
    Err(marked(&call.str(0)))
}

/// An error whose text Helm finds again in the chain of errors around it.
fn marked(message: &str) -> Fault {
    Fault::new(format!("HELM_ERR_START{message}HELM_ERR_END"))
}

fn from_json(call: &mut Call) -> Result<Tracked, Fault> {
    json::reads(call)?;
    let (value, error) = decode(call.bytes(0), Target::Map);
    ok(with_error(value, error))
}

fn from_json_array(call: &mut Call) -> Result<Tracked, Fault> {
    json::reads(call)?;
    let (value, error) = decode(call.bytes(0), Target::List);
    ok(or_error(value, error))
}

/// JSON; empty if the value has none.
fn to_json(call: &mut Call) -> Result<Tracked, Fault> {
    json::quiet(must_to_json(call))
}

fn must_to_json(call: &mut Call) -> Result<Tracked, Fault> {
    let text = json::must_to_json(call)?;
    let recording = call.host.recording();
    let trail = text.as_bytes().and_then(|t| std::str::from_utf8(t).ok()).filter(|_| recording);
    match trail.map(|t| trails::shown(call.any(0), t)) {
        Some(trail) => Ok(text.with(trail)),
        None => Ok(text),
    }
}

/// A map with the error among its entries.
fn with_error(value: Value, error: Option<String>) -> Value {
    if let (Value::Map(map), Some(error)) = (&value, error) {
        map.set("Error", Value::from(error).into());
    }
    value
}

/// A list, or one of nothing but the error.
fn or_error(value: Value, error: Option<String>) -> Value {
    match error {
        Some(error) => ListRef::new(vec![Value::from(error).into()]).into(),
        None => value,
    }
}

/// All the functions of a profile, in the order in which later ones replace earlier ones of the same name.
pub fn table(profile: Profile) -> Vec<&'static [Function]> {
    let mut tables = super::sprig::tables();
    tables.push(COMMON);
    if profile == Profile::Helm4 {
        tables.push(HELM4);
    }
    tables
}

#[cfg(test)]
mod tests;
