//! `eq` and its kin: by kinds, and never between floats and integers.

use std::cmp::Ordering;
use std::rc::Rc;

use super::{made, plain};
use crate::render::helm::gotemplate::call::{Call, Fault};
use crate::render::helm::gotemplate::format;
use crate::render::helm::gotemplate::value::{Body, Tracked, Value};

/// Whether the first argument equals any of the others.
pub(super) fn eq(call: &mut Call) -> Result<Tracked, Fault> {
    let first = call.any(0);
    if call.args.len() < 2 {
        return Err(Fault::new("missing argument for comparison"));
    }
    let mut found = false;
    for other in call.rest(1) {
        found = equal(first, other)?;
        if found {
            break;
        }
    }
    made(call, found)
}

pub(super) fn ne(call: &mut Call) -> Result<Tracked, Fault> {
    let equal = equal(call.any(0), call.any(1))?;
    made(call, !equal)
}

pub(super) fn lt(call: &mut Call) -> Result<Tracked, Fault> {
    let less = less(call.any(0), call.any(1))?;
    made(call, less)
}

/// Less, or else equal: with NaN neither.
pub(super) fn le(call: &mut Call) -> Result<Tracked, Fault> {
    let le = less_or_equal(call.any(0), call.any(1))?;
    made(call, le)
}

/// Not less or equal: with NaN true.
pub(super) fn gt(call: &mut Call) -> Result<Tracked, Fault> {
    let le = less_or_equal(call.any(0), call.any(1))?;
    made(call, !le)
}

/// Not less: with NaN true.
pub(super) fn ge(call: &mut Call) -> Result<Tracked, Fault> {
    let less = less(call.any(0), call.any(1))?;
    made(call, !less)
}

fn less_or_equal(a: &Value, b: &Value) -> Result<bool, Fault> {
    Ok(less(a, b)? || equal(a, b)?)
}

fn less(a: &Value, b: &Value) -> Result<bool, Fault> {
    let bad = || Fault::new("invalid type for comparison");
    let (plain_a, plain_b) = (plain(a), plain(b));
    let basic_a = Basic::of(&plain_a).ok_or_else(bad)?;
    let basic_b = Basic::of(&plain_b).ok_or_else(bad)?;
    match (basic_a, basic_b) {
        (Basic::Bool(_), Basic::Bool(_)) => Err(bad()),
        (Basic::Float(x), Basic::Float(y)) => Ok(x < y),
        (basic_a, basic_b) => match basic_a.order(&basic_b) {
            Some(order) => Ok(order == Ordering::Less),
            None => Err(incompatible(a, b)),
        },
    }
}

fn equal(a: &Value, b: &Value) -> Result<bool, Fault> {
    let (plain_a, plain_b) = (plain(a), plain(b));
    match (Basic::of(&plain_a), Basic::of(&plain_b)) {
        (Some(Basic::Float(x)), Some(Basic::Float(y))) => Ok(x == y),
        (Some(basic_a), Some(basic_b)) => match basic_a.order(&basic_b) {
            Some(order) => Ok(order == Ordering::Equal),
            None => Err(incompatible(a, b)),
        },
        (None, None) => equal_references(a, b),
        _ if a.is_nil() || b.is_nil() => Ok(false),
        _ => Err(incompatible(a, b)),
    }
}

/// Neither is of a basic kind: nil, maps, slices, pointers, structs.
fn equal_references(a: &Value, b: &Value) -> Result<bool, Fault> {
    if !a.is_nil() && !b.is_nil() && a.kind() != b.kind() {
        // Go puts the last two the other way round.
        let (shown_a, shown_b) = (format::show_string(a)?, format::show(b)?);
        return Err(Fault::new(format!(
            "non-comparable types {}: {}, {}: {}",
            String::from_utf8_lossy(&shown_a),
            a.type_name(),
            b.type_name(),
            String::from_utf8_lossy(&shown_b)
        )));
    }
    if a.holds_nil() || b.holds_nil() {
        return Ok(a.holds_nil() == b.holds_nil());
    }
    match (a, b) {
        (Value::Object(_), Value::Object(_)) if !matches!(b.kind(), "map" | "slice" | "func") => identical(a, b),
        _ => Err(Fault::new(format!(
            "non-comparable type {}: {}",
            String::from_utf8_lossy(&format::show_string(b)?),
            b.type_name()
        ))),
    }
}

/// Go's `==` of two interfaces: of one type, and equal. Structs are equal if their fields are, pointers if they are one.
fn identical(a: &Value, b: &Value) -> Result<bool, Fault> {
    if a.type_name() != b.type_name() {
        return Ok(false);
    }
    match (a, b) {
        (Value::Map(_) | Value::List(_), _) => {
            Err(Fault::new(format!("runtime error: comparing uncomparable type {}", a.type_name())))
        }
        (Value::Object(x), Value::Object(y)) => match (x.body(), y.body()) {
            _ if Rc::ptr_eq(x, y) || a.kind() == "ptr" => Ok(Rc::ptr_eq(x, y)),
            (Body::Plain(x), Body::Plain(y)) => identical(&x, &y),
            (Body::Struct(x), Body::Struct(y)) => {
                for ((_, x), (_, y)) in x.iter().zip(&y) {
                    if !identical(x, y)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            _ => Ok(x.show() == y.show()),
        },
        _ if a.is_nil() || b.is_nil() => Ok(a.is_nil() && b.is_nil()),
        _ => equal(a, b),
    }
}

fn incompatible(a: &Value, b: &Value) -> Fault {
    Fault::new(format!("incompatible types for comparison: {} and {}", a.type_name(), b.type_name()))
}

/// A value of a kind that has an order, or nearly.
enum Basic<'v> {
    Bool(bool),
    Int(i64),
    Uint(u64),
    Float(f64),
    Text(&'v [u8]),
}

impl<'v> Basic<'v> {
    fn of(value: &'v Value) -> Option<Self> {
        Some(match value {
            Value::Bool(b) => Self::Bool(*b),
            Value::Int(n, go) if go.unsigned() => Self::Uint(n.cast_unsigned()),
            Value::Int(n, _) => Self::Int(*n),
            Value::Float(f) => Self::Float(*f),
            other => Self::Text(other.as_bytes()?),
        })
    }

    /// None between different kinds, but for integers; floats are compared elsewhere, for NaN has no order.
    fn order(&self, other: &Self) -> Option<Ordering> {
        Some(match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            (Self::Int(a), Self::Int(b)) => a.cmp(b),
            (Self::Uint(a), Self::Uint(b)) => a.cmp(b),
            (Self::Int(a), Self::Uint(b)) => i128::from(*a).cmp(&i128::from(*b)),
            (Self::Uint(a), Self::Int(b)) => i128::from(*a).cmp(&i128::from(*b)),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            _ => return None,
        })
    }
}
