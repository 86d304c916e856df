//! text/template's own functions. A fault's text is what Go's function returns; the executor says which call failed.
//!
//! A parameter of [`Type::Reflect`] tells two nils apart, as reflect does: [`Value::Nil`] is an interface that holds
//! nothing (a null of the values), [`Value::NoValue`] is no value at all (the literal `nil`, or a nil out of a pipeline).

mod compare;
mod element;
mod escape;

#[cfg(test)]
mod tests;

use super::call::{Call, Fault, Function, Type, f, variadic};
use super::format;
use super::trail::Trail;
use super::value::{Body, Tracked, Value};
use std::borrow::Cow;

/// All of them, sorted by name.
pub const BUILTINS: &[Function] = &[
    variadic("and", &[Type::Reflect, Type::Reflect], and),
    variadic("call", &[Type::Reflect, Type::Reflect], call),
    variadic("eq", &[Type::Reflect, Type::Reflect], compare::eq),
    f("ge", &[Type::Reflect, Type::Reflect], compare::ge),
    f("gt", &[Type::Reflect, Type::Reflect], compare::gt),
    variadic("html", &[Type::Any], html),
    variadic("index", &[Type::Reflect, Type::Reflect], element::index),
    variadic("js", &[Type::Any], js),
    f("le", &[Type::Reflect, Type::Reflect], compare::le),
    f("len", &[Type::Reflect], element::len),
    f("lt", &[Type::Reflect, Type::Reflect], compare::lt),
    f("ne", &[Type::Reflect, Type::Reflect], compare::ne),
    f("not", &[Type::Reflect], not),
    variadic("or", &[Type::Reflect, Type::Reflect], or),
    variadic("print", &[Type::Any], print),
    variadic("printf", &[Type::String, Type::Any], printf),
    variadic("println", &[Type::Any], println),
    variadic("slice", &[Type::Reflect, Type::Reflect], element::slice),
    variadic("urlquery", &[Type::Any], urlquery),
];

/// The error of `call` with something that isn't a function: no value of ours is one. `expression` is the first
/// argument as the template writes it.
pub fn uncallable(expression: &str, value: &Value) -> Fault {
    match value {
        Value::Nil | Value::NoValue => Fault::new("call of nil"),
        other => Fault::new(format!("non-function {expression} of type {}", other.type_name())),
    }
}

/// Stands in where the executor doesn't handle `call` itself, to name the expression.
fn call(call: &mut Call) -> Result<Tracked, Fault> {
    Err(uncallable(call.name, call.any(0)))
}

/// The first argument that is false, or the last. The executor evaluates no further arguments; this does the same once
/// they are there.
fn and(call: &mut Call) -> Result<Tracked, Fault> {
    Ok(call.args.iter().find(|arg| !arg.truth()).or(call.args.last()).cloned().unwrap_or_default())
}

/// The first argument that is true, or the last.
fn or(call: &mut Call) -> Result<Tracked, Fault> {
    Ok(call.args.iter().find(|arg| arg.truth()).or(call.args.last()).cloned().unwrap_or_default())
}

fn not(call: &mut Call) -> Result<Tracked, Fault> {
    made(call, !call.any(0).truth())
}

fn print(call: &mut Call) -> Result<Tracked, Fault> {
    let text = format::sprint(call.args, call.host.room())?;
    match call.args {
        [only] if is_copied(only, b'v') => copied(only, &Trail::NONE, text),
        _ => made(call, text),
    }
}

fn printf(call: &mut Call) -> Result<Tracked, Fault> {
    let text = format::sprintf(call.bytes(0), call.rest(1), call.host.room())?;
    match (call.bytes(0), call.args) {
        ([b'%', verb], [format, only]) if is_copied(only, *verb) => copied(only, &format.trail, text),
        _ => made(call, text),
    }
}

/// Whether a verb prints just the value: then its text comes from where it does.
fn is_copied(value: &Value, verb: u8) -> bool {
    match value {
        Value::Str(_) | Value::Raw(_) => matches!(verb, b's' | b'v'),
        Value::Int(..) => matches!(verb, b'd' | b'v'),
        Value::Float(_) | Value::Bool(_) => verb == b'v',
        Value::Nil | Value::NoValue | Value::Map(_) | Value::List(_) | Value::Object(_) => false,
    }
}

fn copied(value: &Tracked, by: &Trail, text: Vec<u8>) -> Result<Tracked, Fault> {
    Ok(Tracked { value: Value::bytes(text), trail: value.trail.beside([by]) })
}

fn println(call: &mut Call) -> Result<Tracked, Fault> {
    made(call, format::sprintln(call.args, call.host.room())?)
}

fn html(call: &mut Call) -> Result<Tracked, Fault> {
    escaped(call, escape::html)
}

fn js(call: &mut Call) -> Result<Tracked, Fault> {
    escaped(call, escape::js)
}

fn urlquery(call: &mut Call) -> Result<Tracked, Fault> {
    escaped(call, escape::urlquery)
}

/// A single string as it is, else the arguments as `print` shows them, pointers followed.
fn escaped(call: &mut Call, escape: fn(&[u8]) -> Vec<u8>) -> Result<Tracked, Fault> {
    let text = match call.args {
        [only] if let Some(bytes) = only.as_bytes() => Cow::Borrowed(bytes),
        args => Cow::Owned(format::sprint_followed(args, call.host.room())?),
    };
    made(call, escape(&text))
}

/// A value that was computed from the arguments.
fn made(call: &Call, value: impl Into<Value>) -> Result<Tracked, Fault> {
    Ok(Tracked { value: value.into(), trail: Trail::joined(call.args.iter().map(|arg| &arg.trail)) })
}

/// The value without its named type: a duration's integer.
fn plain(value: &Value) -> Cow<'_, Value> {
    match value {
        Value::Object(object) if object.kind() != "ptr" => match object.body() {
            Body::Plain(plain) => Cow::Owned(plain),
            Body::Opaque | Body::Struct(_) => Cow::Borrowed(value),
        },
        _ => Cow::Borrowed(value),
    }
}
