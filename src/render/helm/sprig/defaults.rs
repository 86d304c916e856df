//! Emptiness and what to take instead; deep copies.

use super::lists::slice_of;
use super::text::chosen;
use crate::render::helm::gotemplate::call::Type::{Any, Bool};
use crate::render::helm::gotemplate::call::{Call, Fault, Function, Meter, f, ok, variadic};
use crate::render::helm::gotemplate::value::{ListRef, Tracked, Value};

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
    call.host.work(items.len() / 8)?;
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
    let value = call.any(0);
    let mut meter = Meter::new(call.host);
    let copy = value.deep_copy(&mut meter)?;
    meter.done()?;
    Ok(copy)
}
