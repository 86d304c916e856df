//! Types, kinds, and Go's deep equality.

use std::collections::HashSet;
use std::rc::Rc;

use crate::render::helm::gotemplate::call::Type::{Any, String as S};
use crate::render::helm::gotemplate::call::{Call, Fault, Function, Meter, f, ok};
use crate::render::helm::gotemplate::stack;
use crate::render::helm::gotemplate::value::{MAX_DEPTH, Tracked, Value};

/// The functions.
pub const TABLE: &[Function] = &[
    f("typeOf", &[Any], type_of),
    f("typeIs", &[S, Any], type_is),
    f("typeIsLike", &[S, Any], type_is_like),
    f("kindOf", &[Any], kind_of),
    f("kindIs", &[S, Any], kind_is),
    f("deepEqual", &[Any, Any], deep_equal),
];

fn type_of(call: &mut Call) -> Result<Tracked, Fault> {
    ok(call.any(0).type_name())
}

fn type_is(call: &mut Call) -> Result<Tracked, Fault> {
    ok(call.bytes(0) == call.any(1).type_name().as_bytes())
}

fn type_is_like(call: &mut Call) -> Result<Tracked, Fault> {
    let name = call.any(1).type_name().as_bytes();
    ok(call.bytes(0) == name || name.strip_prefix(b"*") == Some(call.bytes(0)))
}

fn kind_of(call: &mut Call) -> Result<Tracked, Fault> {
    ok(call.any(0).kind())
}

fn kind_is(call: &mut Call) -> Result<Tracked, Fault> {
    ok(call.bytes(0) == call.any(1).kind().as_bytes())
}

fn deep_equal(call: &mut Call) -> Result<Tracked, Fault> {
    let (a, b) = (call.any(0), call.any(1));
    let mut meter = Meter::new(call.host);
    let same = equal(a, b, &mut meter)?;
    meter.done()?;
    ok(same)
}

/// `reflect.DeepEqual`: equal values of the same types. It fails where values nest without end.
pub fn equal(a: &Value, b: &Value, meter: &mut Meter) -> Result<bool, Fault> {
    compare(a, b, &mut HashSet::new(), meter, 0)
}

/// Bytes that are compared, and bytes of texts that are made for that, while a template takes a step.
const COMPARED_A_STEP: usize = 512;
const SHOWN_A_STEP: usize = 16;

/// Compares. `seen` are the pairs of collections that are being compared or were found equal: pairs in a circle count as
/// equal, and what is shared is looked at once.
fn compare(
    a: &Value,
    b: &Value,
    seen: &mut HashSet<(usize, usize)>,
    meter: &mut Meter,
    depth: usize,
) -> Result<bool, Fault> {
    meter.value(0)?;
    if depth > MAX_DEPTH {
        return Err(Fault::limit(format!("values that nest deeper than {MAX_DEPTH} levels can't be compared")));
    }
    Ok(match (a, b) {
        (Value::Nil | Value::NoValue, Value::Nil | Value::NoValue) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Int(a, a_type), Value::Int(b, b_type)) => a == b && a_type == b_type,
        (Value::Float(a), Value::Float(b)) => a == b,
        (Value::Str(a), Value::Str(b)) => {
            meter.reads(a.len().min(b.len()), COMPARED_A_STEP)?;
            a == b
        }
        (Value::Raw(a), Value::Raw(b)) => {
            meter.reads(a.len().min(b.len()), COMPARED_A_STEP)?;
            a == b
        }
        (Value::Map(a), Value::Map(b)) => {
            if a.go() != b.go() || a.is_nil() != b.is_nil() || a.len() != b.len() {
                return Ok(false);
            }
            if a.same(b) || !seen.insert((a.address(), b.address())) {
                return Ok(true);
            }
            for ((a_key, a), (b_key, b)) in a.entries().iter().zip(&b.entries()) {
                if a_key != b_key || !stack::level(|| compare(a, b, seen, meter, depth + 1))? {
                    return Ok(false);
                }
            }
            true
        }
        (Value::List(a), Value::List(b)) => {
            if a.go() != b.go() || a.is_nil() != b.is_nil() || a.len() != b.len() {
                return Ok(false);
            }
            if a.same(b) || !seen.insert((a.address(), b.address())) {
                return Ok(true);
            }
            for (a, b) in a.items().iter().zip(b.items()) {
                if !stack::level(|| compare(a, b, seen, meter, depth + 1))? {
                    return Ok(false);
                }
            }
            true
        }
        (Value::Object(a), Value::Object(b)) => {
            if Rc::ptr_eq(a, b) || a.type_name() != b.type_name() {
                return Ok(Rc::ptr_eq(a, b) && a.kind() != "func");
            }
            for object in [a, b] {
                meter.shows(object.shown_bytes())?;
                meter.reads(object.shown_bytes(), SHOWN_A_STEP)?;
            }
            a.show() == b.show() && a.kind() != "func"
        }
        _ => false,
    })
}
