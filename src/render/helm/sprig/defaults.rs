//! Emptiness and what to take instead; deep copies.

use ecow::EcoString;
use std::collections::BTreeMap;

use super::lists::slice_of;
use super::text::chosen;
use crate::render::helm::gotemplate::call::Type::{Any, Bool};
use crate::render::helm::gotemplate::call::{Call, Fault, Function, f, ok, variadic};
use crate::render::helm::gotemplate::trail::Trail;
use crate::render::helm::gotemplate::value::{ListRef, MAX_DEPTH, MapRef, Tracked, Value};

/// The functions.
pub const TABLE: &[Function] = &[
    variadic("default", &[Any, Any], default),
    f("empty", &[Any], empty),
    variadic("coalesce", &[Any], coalesce),
    variadic("all", &[Any], all),
    variadic("any", &[Any], any),
    f("compact", &[Any], compact),
    f("mustCompact", &[Any], compact),
    f("ternary", &[Any, Any, Bool], ternary),
    f("deepCopy", &[Any], deep_copy),
    f("mustDeepCopy", &[Any], deep_copy),
];

/// Whether sprig takes a value for empty: as `if` does, but a struct or a pointer never is.
pub fn is_empty(value: &Value) -> bool {
    match value {
        Value::Object(object) => !matches!(object.kind(), "struct" | "ptr" | "func") && !object.truth(),
        other => !other.truth(),
    }
}

fn default(call: &mut Call) -> Result<Tracked, Fault> {
    match call.args {
        [_, given, ..] if !is_empty(given) => Ok(given.clone()),
        [fallback, given, ..] => Ok(chosen(call, fallback, [&given.trail])),
        _ => Ok(call.any(0).clone()),
    }
}

fn empty(call: &mut Call) -> Result<Tracked, Fault> {
    ok(is_empty(call.any(0)))
}

fn coalesce(call: &mut Call) -> Result<Tracked, Fault> {
    let Some(at) = call.args.iter().position(|arg| !is_empty(arg)) else { return ok(Value::Nil) };
    let before = call.args.iter().take(at).map(|arg| &arg.trail);
    Ok(chosen(call, call.any(at), before))
}

fn all(call: &mut Call) -> Result<Tracked, Fault> {
    ok(!call.args.iter().any(|arg| is_empty(arg)))
}

fn any(call: &mut Call) -> Result<Tracked, Fault> {
    ok(call.args.iter().any(|arg| !is_empty(arg)))
}

fn compact(call: &mut Call) -> Result<Tracked, Fault> {
    let items = slice_of(call.any(0), "Cannot compact on type")?;
    ok(ListRef::new(items.iter().filter(|item| !is_empty(item)).cloned().collect()))
}

fn ternary(call: &mut Call) -> Result<Tracked, Fault> {
    let at = if call.bool(2) { 0 } else { 1 };
    Ok(chosen(call, call.any(at), [&call.any(2).trail]))
}

fn deep_copy(call: &mut Call) -> Result<Tracked, Fault> {
    if call.any(0).is_nil() {
        return Err(Fault::new("reflect: call of reflect.Value.Type on zero Value"));
    }
    copy(call.any(0), &mut Copying { left: MAX_COPIED }, 0)
}

/// How many values one call copies: more than any chart has, and fewer than a map that holds itself twice would make.
const MAX_COPIED: usize = 4_000_000;

struct Copying {
    left: usize,
}

/// Collections of their own all the way down; what nobody has looked into stays shared.
fn copy(from: &Tracked, copying: &mut Copying, depth: usize) -> Result<Tracked, Fault> {
    if depth > MAX_DEPTH {
        return Err(Fault::limit(format!("deepCopy of values that nest deeper than {MAX_DEPTH} levels")));
    }
    let value = match &from.value {
        Value::Map(map) => Value::Map(match map.as_frozen() {
            Some(frozen) => MapRef::frozen(map.go(), frozen, map.place().clone()),
            None => {
                copying.spend(map.len())?;
                let mut entries: BTreeMap<EcoString, Tracked> = BTreeMap::new();
                for (key, value) in map.entries() {
                    entries.insert(key, copy(&value, copying, depth + 1)?);
                }
                MapRef::live(map.go(), entries, map.place().clone())
            }
        }),
        Value::List(list) if list.is_nil() || list.as_frozen().is_some() => from.deep_copy().value,
        Value::List(list) => {
            copying.spend(list.len())?;
            let items = list.items().iter().map(|item| copy(item, copying, depth + 1));
            Value::List(ListRef::of(list.go(), items.collect::<Result<_, _>>()?))
        }
        other => other.clone(),
    };
    Ok(Tracked { value, trail: Trail::clone(&from.trail) })
}

impl Copying {
    fn spend(&mut self, values: usize) -> Result<(), Fault> {
        let left = self.left.checked_sub(values);
        self.left = left.ok_or_else(|| Fault::limit(format!("deepCopy of more than {MAX_COPIED} values")))?;
        Ok(())
    }
}
