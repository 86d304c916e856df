//! Dictionaries. They are shared: what one function changes is seen by everyone who holds the map.

use std::collections::BTreeMap;

use ecow::EcoString;

use super::merge::{Error, merged};
use super::text::{chosen, key, lookup, valid};
use crate::render::helm::gotemplate::call::Type::{Any, Dict, String as S};
use crate::render::helm::gotemplate::call::{Call, Fault, Function, Meter, f, ok, variadic};
use crate::render::helm::gotemplate::convert;
use crate::render::helm::gotemplate::trail::Trail;
use crate::render::helm::gotemplate::value::{ENTRY, ListRef, ListType, MapRef, MapType, Tracked, Value};

/// The functions.
pub const TABLE: &[Function] = &[
    variadic("dict", &[Any], dict),
    f("get", &[Dict, S], get),
    f("set", &[Dict, S, Any], set),
    f("unset", &[Dict, S], unset),
    f("hasKey", &[Dict, S], has_key),
    variadic("pluck", &[S, Dict], pluck),
    variadic("keys", &[Dict], keys),
    f("values", &[Dict], values),
    variadic("pick", &[Dict, S], pick),
    variadic("omit", &[Dict, S], omit),
    variadic("merge", &[Dict, Dict], merge),
    variadic("mergeOverwrite", &[Dict, Dict], merge_overwrite),
    variadic("mustMerge", &[Dict, Dict], must_merge),
    variadic("mustMergeOverwrite", &[Dict, Dict], must_merge_overwrite),
    variadic("dig", &[Any], dig),
];

/// A map argument as the plain map that the function sees: the same entries, whatever its type was called.
fn plain(call: &Call, at: usize) -> MapRef {
    call.map(at).retyped(MapType::Any)
}

fn dict(call: &mut Call) -> Result<Tracked, Fault> {
    let mut entries = BTreeMap::new();
    for pair in call.args.chunks(2) {
        let Some(name) = pair.first() else { continue };
        let value = match pair.get(1) {
            Some(value) => chosen(call, value, [&name.trail]),
            None => Value::from("").into(),
        };
        entries.insert(name_of(name)?, value);
    }
    ok(MapRef::of(MapType::Any, entries))
}

fn name_of(value: &Value) -> Result<EcoString, Fault> {
    Ok(match value {
        Value::Str(text) => text.clone(),
        other => valid(&convert::strval(other)?).into(),
    })
}

/// An entry, or what stands for it. The key had a say; that there is no entry was read, too.
fn found(call: &Call, map: &MapRef, name: &Tracked) -> Option<Tracked> {
    Some(chosen(call, &map.get(&lookup(name))?, [&name.trail]))
}

fn missing(call: &Call, map: &MapRef, name: &Tracked, instead: Tracked) -> Tracked {
    if !call.host.recording() {
        return instead;
    }
    let trail = instead.trail.beside([&map.absent(&lookup(name)), &name.trail]);
    instead.with(trail)
}

fn get(call: &mut Call) -> Result<Tracked, Fault> {
    let (map, name) = (call.map(0), call.any(1));
    Ok(found(call, &map, name).unwrap_or_else(|| missing(call, &map, name, Value::from("").into())))
}

fn set(call: &mut Call) -> Result<Tracked, Fault> {
    let Some(map) = call.any(0).as_map().filter(|map| !map.is_nil()) else {
        return Err(Fault::new("assignment to entry in nil map"));
    };
    let name = key(call.any(1));
    call.host.spend(ENTRY + name.len())?;
    map.set(name, chosen(call, call.any(2), [&call.any(1).trail]));
    ok(map.retyped(MapType::Any))
}

fn unset(call: &mut Call) -> Result<Tracked, Fault> {
    let map = plain(call, 0);
    map.remove(&lookup(call.any(1)));
    ok(map)
}

fn has_key(call: &mut Call) -> Result<Tracked, Fault> {
    let (map, name) = (call.map(0), call.any(1));
    let there = map.contains(&lookup(name));
    if !call.host.recording() {
        return ok(there);
    }
    let trail = match map.get(&lookup(name)) {
        Some(entry) => entry.trail,
        None => map.absent(&lookup(name)),
    };
    let trail = if trail.is_none() { call.any(0).trail.clone() } else { trail };
    Ok(Tracked { value: there.into(), trail: Trail::joined([&trail, &name.trail]) })
}

fn pluck(call: &mut Call) -> Result<Tracked, Fault> {
    let name = call.any(0);
    let maps = call.rest(1).iter().filter_map(|arg| arg.as_map());
    ok(ListRef::new(maps.filter_map(|map| found(call, map, name)).collect()))
}

fn keys(call: &mut Call) -> Result<Tracked, Fault> {
    let maps = call.args.iter().filter_map(|arg| arg.as_map());
    ok(ListRef::of(ListType::Strings, maps.flat_map(MapRef::keys).map(|name| Value::Str(name).into()).collect()))
}

fn values(call: &mut Call) -> Result<Tracked, Fault> {
    ok(ListRef::new(call.map(0).entries().into_iter().map(|(_, value)| value).collect()))
}

fn pick(call: &mut Call) -> Result<Tracked, Fault> {
    let map = call.map(0);
    let entries = call.rest(1).iter().filter_map(|name| Some((key(name), found(call, &map, name)?)));
    ok(MapRef::of(MapType::Any, entries.collect()))
}

fn omit(call: &mut Call) -> Result<Tracked, Fault> {
    call.host.work(call.map(0).len())?;
    let mut entries: BTreeMap<_, _> = call.map(0).entries().into_iter().collect();
    for name in call.rest(1) {
        entries.remove(&*lookup(name));
    }
    if call.host.recording() {
        let names = Trail::joined(call.rest(1).iter().map(|name| &name.trail));
        entries.values_mut().for_each(|entry| entry.trail = entry.trail.under(names.values()));
    }
    ok(MapRef::of(MapType::Any, entries))
}

fn merge(call: &mut Call) -> Result<Tracked, Fault> {
    lenient(merge_all(call, false))
}

fn merge_overwrite(call: &mut Call) -> Result<Tracked, Fault> {
    lenient(merge_all(call, true))
}

fn must_merge(call: &mut Call) -> Result<Tracked, Fault> {
    strict(merge_all(call, false))
}

fn must_merge_overwrite(call: &mut Call) -> Result<Tracked, Fault> {
    strict(merge_all(call, true))
}

/// Merges all but the first map into the first.
fn merge_all(call: &mut Call, overwrite: bool) -> Result<Tracked, Error> {
    let into = match plain(call, 0) {
        nil if nil.is_nil() => MapRef::new(),
        map => map,
    };
    let around = call.host.recording().then(|| call.host.around());
    let others = call.rest(1);
    let mut meter = Meter::new(call.host);
    for from in others.iter().filter_map(|arg| arg.as_map()) {
        merged(&into, from, overwrite, around.as_ref(), &mut meter)?;
    }
    meter.done().map_err(Error::Fault)?;
    Ok(Value::Map(into).into())
}

/// What mergo refuses gives an empty text.
fn lenient(result: Result<Tracked, Error>) -> Result<Tracked, Fault> {
    match result {
        Ok(map) => Ok(map),
        Err(Error::Refused(_)) => ok(""),
        Err(Error::Fault(fault)) => Err(fault),
    }
}

fn strict(result: Result<Tracked, Error>) -> Result<Tracked, Fault> {
    result.map_err(|error| match error {
        Error::Refused(text) => Fault::new(text),
        Error::Fault(fault) => fault,
    })
}

fn dig(call: &mut Call) -> Result<Tracked, Fault> {
    let [names @ .., fallback, last] = call.args else { return Err(Fault::new(DIG_ARGUMENTS)) };
    if names.is_empty() {
        return Err(Fault::new(DIG_ARGUMENTS));
    }
    let mut map = plain_map(last)?;
    if let Some(name) = names.iter().find(|name| name.as_bytes().is_none()) {
        return Err(conversion(name, "string"));
    }
    for (i, name) in names.iter().enumerate() {
        let Some(entry) = found(call, &map, name) else {
            return Ok(missing(call, &map, name, fallback.clone()));
        };
        if i + 1 == names.len() {
            return Ok(entry);
        }
        map = plain_map(&entry)?;
    }
    Ok(fallback.clone())
}

const DIG_ARGUMENTS: &str = "dig needs at least three arguments";

/// `value.(map[string]interface{})`: a map of another name is refused.
fn plain_map(value: &Value) -> Result<MapRef, Fault> {
    value.as_map().cloned().filter(|map| map.go() == MapType::Any).ok_or_else(|| conversion(value, MapType::Any.name()))
}

/// Go's panic where an interface holds another type than the one it is asserted to hold.
fn conversion(value: &Value, wanted: &str) -> Fault {
    let held = if value.is_nil() { "nil" } else { value.type_name() };
    Fault::new(format!("interface conversion: interface {{}} is {held}, not {wanted}"))
}
