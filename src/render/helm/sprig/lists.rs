//! Lists: what is first and last, more, less and other orders. Lists are never changed in place.

use std::borrow::Cow;
use std::collections::HashSet;
use std::mem::size_of;

use super::reflection::equal;
use super::text::{NIL_DEREFERENCE, int, size, total};
use crate::render::helm::gotemplate::call::Type::{Any, Int};
use crate::render::helm::gotemplate::call::{Call, Fault, Function, Meter, f, ok, variadic};
use crate::render::helm::gotemplate::convert;
use crate::render::helm::gotemplate::value::{IntType, ListRef, ListType, Tracked, Value};

/// The functions.
pub const TABLE: &[Function] = &[
    variadic("list", &[Any], list),
    variadic("tuple", &[Any], list),
    f("first", &[Any], first),
    f("mustFirst", &[Any], first),
    f("rest", &[Any], rest),
    f("mustRest", &[Any], rest),
    f("last", &[Any], last),
    f("mustLast", &[Any], last),
    f("initial", &[Any], initial),
    f("mustInitial", &[Any], initial),
    f("append", &[Any, Any], push),
    f("mustAppend", &[Any, Any], push),
    f("push", &[Any, Any], push),
    f("mustPush", &[Any, Any], push),
    f("prepend", &[Any, Any], prepend),
    f("mustPrepend", &[Any, Any], prepend),
    f("reverse", &[Any], reverse),
    f("mustReverse", &[Any], reverse),
    f("uniq", &[Any], uniq),
    f("mustUniq", &[Any], uniq),
    variadic("without", &[Any, Any], without),
    variadic("mustWithout", &[Any, Any], without),
    f("has", &[Any, Any], has),
    f("mustHas", &[Any, Any], has),
    variadic("slice", &[Any, Any], slice),
    variadic("mustSlice", &[Any, Any], slice),
    variadic("concat", &[Any], concat),
    f("chunk", &[Int, Any], chunk),
    f("mustChunk", &[Int, Any], chunk),
];

/// The elements of a slice; none if it is no slice.
pub fn elements(value: &Value) -> Option<Cow<'_, [Tracked]>> {
    match value {
        Value::List(list) => Some(Cow::Borrowed(list.items())),
        Value::Object(object) if matches!(object.kind(), "slice" | "array") => {
            object.entries().map(|entries| entries.into_iter().map(|(_, value)| value).collect())
        }
        _ => None,
    }
}

/// The elements of an argument that has to be a slice; the error is `refusal` and the kind that it has.
pub fn slice_of<'a>(value: &'a Value, refusal: &str) -> Result<Cow<'a, [Tracked]>, Fault> {
    elements(value).ok_or_else(|| {
        let text = if value.is_nil() { NIL_DEREFERENCE.to_owned() } else { format!("{refusal} {}", value.kind()) };
        Fault::new(text)
    })
}

fn list(call: &mut Call) -> Result<Tracked, Fault> {
    ok(ListRef::new(call.args.to_vec()))
}

fn first(call: &mut Call) -> Result<Tracked, Fault> {
    let items = slice_of(call.any(0), "Cannot find first on type")?;
    Ok(items.first().cloned().unwrap_or_default().within(call.any(0)))
}

fn last(call: &mut Call) -> Result<Tracked, Fault> {
    let items = slice_of(call.any(0), "Cannot find last on type")?;
    Ok(items.last().cloned().unwrap_or_default().within(call.any(0)))
}

fn rest(call: &mut Call) -> Result<Tracked, Fault> {
    let items = slice_of(call.any(0), "Cannot find rest on type")?;
    ok(items.split_first().map_or_else(|| ListRef::nil(ListType::Any), |(_, rest)| ListRef::new(rest.to_vec())))
}

fn initial(call: &mut Call) -> Result<Tracked, Fault> {
    let items = slice_of(call.any(0), "Cannot find initial on type")?;
    ok(items.split_last().map_or_else(|| ListRef::nil(ListType::Any), |(_, rest)| ListRef::new(rest.to_vec())))
}

fn push(call: &mut Call) -> Result<Tracked, Fault> {
    let items = slice_of(call.any(0), "Cannot push on type")?;
    ok(ListRef::new(items.iter().chain([call.any(1)]).cloned().collect()))
}

fn prepend(call: &mut Call) -> Result<Tracked, Fault> {
    let items = slice_of(call.any(0), "Cannot prepend on type")?;
    ok(ListRef::new([call.any(1)].into_iter().chain(&*items).cloned().collect()))
}

fn reverse(call: &mut Call) -> Result<Tracked, Fault> {
    let items = slice_of(call.any(0), "Cannot find reverse on type")?;
    ok(ListRef::new(items.iter().rev().cloned().collect()))
}

/// What makes two scalars deeply equal, to look them up by; NaN equals nothing.
#[derive(PartialEq, Eq, Hash)]
enum Scalar<'a> {
    Nil,
    Bool(bool),
    Int(i64, &'static str),
    Float(u64),
    Text(&'a [u8]),
}

/// Bytes that are hashed, twice, while a template takes a step.
const HASHED_A_STEP: usize = 32;

/// Values that an element can be looked for in.
#[derive(Default)]
struct Pool<'a> {
    scalars: HashSet<Scalar<'a>>,
    others: Vec<&'a Value>,
}

impl<'a> Pool<'a> {
    fn scalar(value: &'a Value) -> Option<Scalar<'a>> {
        Some(match value {
            Value::Nil | Value::NoValue => Scalar::Nil,
            Value::Bool(b) => Scalar::Bool(*b),
            Value::Int(n, go) => Scalar::Int(*n, IntType::name(*go)),
            // Both zeros are equal.
            Value::Float(f) if !f.is_nan() => Scalar::Float((f + 0.0).to_bits()),
            Value::Str(text) => Scalar::Text(text.as_bytes()),
            Value::Raw(bytes) => Scalar::Text(bytes),
            _ => return None,
        })
    }

    fn add(&mut self, value: &'a Value) {
        match Self::scalar(value) {
            Some(scalar) => {
                self.scalars.insert(scalar);
            }
            None => self.others.push(value),
        }
    }

    fn has(&self, value: &Value, meter: &mut Meter) -> Result<bool, Fault> {
        meter.value(0)?;
        if let Some(scalar) = Pool::scalar(value) {
            meter.reads(value.as_bytes().map_or(0, <[u8]>::len), HASHED_A_STEP)?;
            return Ok(self.scalars.contains(&scalar));
        }
        for other in &self.others {
            if equal(value, other, meter)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn uniq(call: &mut Call) -> Result<Tracked, Fault> {
    let items = slice_of(call.any(0), "Cannot find uniq on type")?;
    let mut meter = Meter::new(call.host);
    let mut seen = Pool::default();
    let mut kept = Vec::new();
    for item in &*items {
        if !seen.has(item, &mut meter)? {
            seen.add(item);
            kept.push(item.clone());
        }
    }
    meter.done()?;
    ok(ListRef::new(kept))
}

fn without(call: &mut Call) -> Result<Tracked, Fault> {
    let items = slice_of(call.any(0), "Cannot find without on type")?;
    let mut unwanted = Pool::default();
    call.rest(1).iter().for_each(|value| unwanted.add(value));
    let mut meter = Meter::new(call.host);
    let mut kept = Vec::new();
    for item in &*items {
        if !unwanted.has(item, &mut meter)? {
            kept.push(item.clone());
        }
    }
    meter.done()?;
    ok(ListRef::new(kept))
}

fn has(call: &mut Call) -> Result<Tracked, Fault> {
    if call.any(1).is_nil() {
        return ok(false);
    }
    let (wanted, list) = (call.any(0), call.any(1));
    let mut meter = Meter::new(call.host);
    let mut found = false;
    for item in &*slice_of(list, "Cannot find has on type")? {
        found = equal(wanted, item, &mut meter)?;
        if found {
            break;
        }
    }
    meter.done()?;
    ok(found)
}

/// A part of a list, of the same type; nil of an empty one.
fn slice(call: &mut Call) -> Result<Tracked, Fault> {
    let value = &call.any(0).value;
    let items = slice_of(value, "list should be type of slice or array but")?;
    if items.is_empty() {
        return ok(Value::Nil);
    }
    let bound = |at: usize, unless: i64| call.args.get(at).map_or(unless, |arg| convert::to_int64(arg));
    let (start, end) = (bound(1, 0), bound(2, int(items.len())));
    let part = size(start).zip(size(end)).and_then(|(start, end)| items.get(start..end));
    let Some(part) = part else { return Err(Fault::new("reflect.Value.Slice: slice index out of bounds")) };
    ok(ListRef::of(value.as_list().map_or(ListType::Any, ListRef::go), part.to_vec()))
}

fn concat(call: &mut Call) -> Result<Tracked, Fault> {
    let mut all = Vec::new();
    for arg in call.args {
        let items = elements(arg).ok_or_else(|| {
            let text = if arg.is_nil() {
                NIL_DEREFERENCE.to_owned()
            } else {
                format!("Cannot concat type {} as list", arg.kind())
            };
            Fault::new(text)
        })?;
        call.host.spend(total(items.len(), size_of::<Tracked>()))?;
        all.extend_from_slice(&items);
    }
    ok(if all.is_empty() { ListRef::nil(ListType::Any) } else { ListRef::new(all) })
}

/// Lists of so many elements each. How many there are is worked out with floats, as upstream does, so that sizes that make
/// no sense fail as they do there.
fn chunk(call: &mut Call) -> Result<Tracked, Fault> {
    let items = slice_of(call.any(1), "Cannot chunk type")?;
    let length = call.int(0);
    let too_long = || Fault::new("runtime error: makeslice: len out of range");
    #[expect(clippy::cast_precision_loss, reason = "so does upstream")]
    let (count, last) = {
        let (all, length) = (int(items.len()) as f64, length as f64);
        (convert::float_to_int64(((all - 1.0) / length).floor() + 1.0), convert::float_to_int64((all % length).floor()))
    };
    let last = if last == 0 { length } else { last };
    let count = size(count).ok_or_else(too_long)?;
    call.host.spend(total(count.max(items.len()), size_of::<Tracked>()))?;
    let mut chunks = Vec::with_capacity(count);
    let mut from = 0;
    for at in 0..count {
        let take = size(if at + 1 == count { last } else { length }).ok_or_else(too_long)?;
        let end = from + take;
        let part = items.get(from..end).ok_or_else(|| Fault::new("reflect: slice index out of range"))?;
        chunks.push(Value::from(ListRef::new(part.to_vec())).into());
        from = end;
    }
    ok(ListRef::of(ListType::Lists, chunks))
}
