//! `index`, `slice` and `len`.

use super::{made, plain};
use crate::render::helm::gotemplate::call::{Call, Fault};
use crate::render::helm::gotemplate::value::{Body, IntType, ListRef, Tracked, Value};

/// The first argument, indexed by the next ones in turn.
pub(super) fn index(call: &mut Call) -> Result<Tracked, Fault> {
    let mut item = call.any(0).clone();
    if item.is_nil() {
        return Err(Fault::new("index of untyped nil"));
    }
    for index in call.rest(1) {
        let found = element(&item, index)?.within(&item);
        let trail = found.trail.beside([&index.trail]);
        item = found.with(trail);
    }
    Ok(item)
}

fn element(item: &Tracked, index: &Value) -> Result<Tracked, Fault> {
    if let Value::Object(object) = &item.value
        && object.kind() == "map"
    {
        // What isn't there is the zero of the map's elements, which a field of it is, too.
        let found = std::str::from_utf8(key(index)?).ok().and_then(|key| object.field(key));
        return Ok(found.unwrap_or_default());
    }
    match &*plain(item) {
        Value::Nil | Value::NoValue => Err(Fault::new("index of nil pointer")),
        Value::Str(text) => byte(text.as_bytes(), item, index),
        Value::Raw(bytes) => byte(bytes, item, index),
        Value::List(list) => {
            let at = position(index, list.len())?;
            list.get(at).cloned().ok_or_else(|| Fault::new("reflect: slice index out of range"))
        }
        Value::Map(map) => {
            let key = key(index)?;
            // A key that isn't UTF-8 is in no map of ours.
            let text = std::str::from_utf8(key).unwrap_or_default();
            let found = if text.len() == key.len() { map.get(text) } else { None };
            let zero = if map.go().holds_strings() { Value::from("") } else { Value::Nil };
            Ok(found.unwrap_or_else(|| Tracked::from(zero).with(map.absent(text))))
        }
        Value::Object(object) => {
            let entries = object.entries();
            match (object.kind(), entries) {
                ("slice" | "array", Some(entries)) => {
                    let at = position(index, entries.len())?;
                    let found = entries.into_iter().nth(at);
                    found.map(|(_, value)| value).ok_or_else(|| Fault::new("reflect: slice index out of range"))
                }
                _ => Err(unindexable(object.type_name())),
            }
        }
        Value::Bool(_) | Value::Int(..) | Value::Float(_) => Err(unindexable(item.type_name())),
    }
}

fn unindexable(name: &str) -> Fault {
    Fault::new(format!("can't index item of type {}", name.trim_start_matches('*')))
}

fn byte(text: &[u8], item: &Tracked, index: &Value) -> Result<Tracked, Fault> {
    let at = position(index, text.len())?;
    let byte = text.get(at).ok_or_else(|| Fault::new("reflect: string index out of range"))?;
    Ok(Tracked { value: Value::Int(i64::from(*byte), IntType::Uint8), trail: item.trail.blurred() })
}

/// A key of a map: they are all strings.
fn key(index: &Value) -> Result<&[u8], Fault> {
    index.as_bytes().ok_or_else(|| {
        Fault::new(match index {
            Value::Nil | Value::NoValue => "value is nil; should be of type string".to_owned(),
            other => format!("value has type {}; should be string", other.type_name()),
        })
    })
}

/// An index of a string or slice of this length: the length itself passes here, as in Go.
fn position(index: &Value, length: usize) -> Result<usize, Fault> {
    match &*plain(index) {
        // A uint64 that is too large turns negative, as it does in Go.
        Value::Int(n, _) => usize::try_from(*n)
            .ok()
            .filter(|at| *at <= length)
            .ok_or_else(|| Fault::new(format!("index out of range: {n}"))),
        Value::Nil | Value::NoValue => Err(Fault::new("cannot index slice/array with nil")),
        _ => Err(Fault::new(format!("cannot index slice/array with type {}", index.type_name()))),
    }
}

/// A part of a string or slice. A slice's capacity, up to which Go lets it grow, is its length here.
pub(super) fn slice(call: &mut Call) -> Result<Tracked, Fault> {
    let item = call.any(0);
    let indexes = call.rest(1);
    if item.is_nil() {
        return Err(Fault::new("slice of untyped nil"));
    }
    if indexes.len() > 3 {
        return Err(Fault::new(format!("too many slice indexes: {}", indexes.len())));
    }
    let whole = plain(item);
    let length = match (&*whole, whole.as_bytes()) {
        (_, Some(_)) if indexes.len() == 3 => return Err(Fault::new("cannot 3-index slice a string")),
        (_, Some(bytes)) => bytes.len(),
        (Value::List(list), _) => list.len(),
        _ => {
            let name = item.type_name().trim_start_matches('*');
            return Err(Fault::new(format!("can't slice item of type {name}")));
        }
    };
    let mut bounds = [0, length, length];
    for (bound, index) in bounds.iter_mut().zip(indexes) {
        *bound = position(index, length)?;
    }
    let [from, to, most] = bounds;
    for (low, high) in [(from, to), (to, most)] {
        if low > high {
            return Err(Fault::new(format!("invalid slice index: {low} > {high}")));
        }
    }
    match (&*whole, whole.as_bytes()) {
        (_, Some(bytes)) => made(call, bytes.get(from..to).unwrap_or_default().to_vec()),
        (Value::List(list), _) => {
            made(call, ListRef::of(list.go(), list.items().get(from..to).unwrap_or_default().to_vec()))
        }
        _ => Ok(Tracked::default()),
    }
}

/// How many bytes, elements or entries.
pub(super) fn len(call: &mut Call) -> Result<Tracked, Fault> {
    let item = call.any(0);
    let length = match &*plain(item) {
        // No value at all has no type, and asking for it panics.
        Value::NoValue => return Err(Fault::new("reflect: call of reflect.Value.Type on zero Value")),
        Value::Nil => return Err(Fault::new("len of nil pointer")),
        Value::Str(text) => Some(text.len()),
        Value::Raw(bytes) => Some(bytes.len()),
        Value::Map(map) => Some(map.len()),
        Value::List(list) => Some(list.len()),
        Value::Object(object) => match (object.kind(), object.body()) {
            ("map" | "slice" | "array", _) => object.entries().map(|entries| entries.len()),
            ("ptr", Body::Plain(Value::Map(map))) => Some(map.len()),
            ("ptr", Body::Plain(Value::List(list))) => Some(list.len()),
            _ => None,
        },
        Value::Bool(_) | Value::Int(..) | Value::Float(_) => None,
    };
    match length.map(i64::try_from) {
        Some(Ok(length)) => made(call, Value::int(length)),
        _ => Err(Fault::new(format!("len of type {}", item.type_name().trim_start_matches('*')))),
    }
}
