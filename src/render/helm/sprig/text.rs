//! What the functions share: texts of bytes, parts of them, trails of copies, and the texts of Go's panics.

use std::borrow::Cow;

use ecow::EcoString;

use super::unicode;
use crate::render::helm::gotemplate::call::{Call, Fault};
use crate::render::helm::gotemplate::trail::Trail;
use crate::render::helm::gotemplate::value::{Tracked, Value};

/// The panic of calling a method on a nil interface, as `reflect.TypeOf(nil).Kind()` does.
pub const NIL_DEREFERENCE: &str = "runtime error: invalid memory address or nil pointer dereference";

/// A copy of an argument, changed into `value`: its trail is the argument's as `change` leaves it, and the other arguments
/// had a say.
pub fn copied(call: &Call, at: usize, value: Value, change: impl FnOnce(&Trail) -> Trail) -> Result<Tracked, Fault> {
    let trail = if call.host.recording() {
        let others = call.args.iter().enumerate().filter(|(i, _)| *i != at).map(|(_, other)| &other.trail);
        change(&call.any(at).trail).beside(others)
    } else {
        Trail::NONE
    };
    Ok(Tracked { value, trail })
}

/// An argument as it is; the others had a say.
pub fn same(call: &Call, at: usize) -> Result<Tracked, Fault> {
    copied(call, at, call.any(at).value.clone(), Trail::clone)
}

/// A value that was chosen from elsewhere: its own trail, and those that had a say in the choice.
pub fn chosen<'a>(call: &Call, value: &Tracked, by: impl IntoIterator<Item = &'a Trail>) -> Tracked {
    if call.host.recording() { value.clone().with(value.trail.beside(by)) } else { value.clone() }
}

/// The bytes of a string argument from `start` up to `end`, with the trail of what is left.
pub fn part(call: &Call, at: usize, start: usize, end: usize) -> Result<Tracked, Fault> {
    let text = &call.any(at).value;
    if start == 0 && end == call.bytes(at).len() {
        return same(call, at);
    }
    copied(call, at, slice(text, start, end), |trail| trail.cut(start, end))
}

/// Some bytes of a string.
pub fn slice(text: &Value, start: usize, end: usize) -> Value {
    if let Value::Str(text) = text
        && let Some(part) = text.get(start..end)
    {
        return Value::str(part);
    }
    Value::bytes(text.as_bytes().and_then(|bytes| bytes.get(start..end)).unwrap_or_default().to_vec())
}

/// A string argument as a map's key. Keys are UTF-8: other bytes are replaced, one by one.
pub fn key(value: &Value) -> EcoString {
    match value {
        Value::Str(text) => text.clone(),
        other => valid(other.as_bytes().unwrap_or_default()).into(),
    }
}

/// A key to look up.
pub fn lookup(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Str(text) => Cow::Borrowed(text),
        other => Cow::Owned(valid(other.as_bytes().unwrap_or_default())),
    }
}

/// Bytes as UTF-8, each that isn't replaced by one character.
pub fn valid(bytes: &[u8]) -> String {
    unicode::map(bytes, |c| c)
}

/// Bytes as a string value; those that are known to be UTF-8 aren't looked at twice.
pub fn made(bytes: Vec<u8>) -> Value {
    Value::bytes(bytes)
}

/// The length that `n` pieces of `each` bytes have; too many are as many as there can be.
pub fn total(n: usize, each: usize) -> usize {
    n.saturating_mul(each)
}

/// A length or index as Go's `int`.
pub fn int(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// A Go `int` as a length; a negative one is none.
pub fn size(n: i64) -> Option<usize> {
    usize::try_from(n).ok()
}

/// Go's panic for `s[low:high]`.
pub fn out_of_range(text: impl std::fmt::Display) -> Fault {
    Fault::new(format!("runtime error: slice bounds out of range {text}"))
}
