//! JSON in and out, as Go's encoding/json has it.

mod decode;
mod encode;

pub use decode::{Target, decode, type_error};
pub use encode::{Style, encode};

use std::mem::size_of;

use super::super::gotemplate::call::{Call, Fault, Function, Type, f, ok};
use super::super::gotemplate::value::{Tracked, Value};
use crate::yaml;

/// The functions.
pub const TABLE: &[Function] = &[
    f("fromJson", &[Type::String], from_json),
    f("mustFromJson", &[Type::String], must_from_json),
    f("mustToJson", &[Type::Any], must_to_json),
    f("mustToPrettyJson", &[Type::Any], must_to_pretty_json),
    f("mustToRawJson", &[Type::Any], must_to_raw_json),
    f("toJson", &[Type::Any], to_json),
    f("toPrettyJson", &[Type::Any], to_pretty_json),
    f("toRawJson", &[Type::Any], must_to_raw_json),
];

/// `json.Marshal`'s text, empty if it fails.
pub fn to_json(call: &mut Call) -> Result<Tracked, Fault> {
    quiet(must_to_json(call))
}

/// `json.Marshal`.
pub fn must_to_json(call: &mut Call) -> Result<Tracked, Fault> {
    ok(encode(&call.any(0).value, Style::Marshal, call.host)?)
}

fn to_pretty_json(call: &mut Call) -> Result<Tracked, Fault> {
    quiet(must_to_pretty_json(call))
}

fn must_to_pretty_json(call: &mut Call) -> Result<Tracked, Fault> {
    ok(encode(&call.any(0).value, Style::Indent, call.host)?)
}

fn must_to_raw_json(call: &mut Call) -> Result<Tracked, Fault> {
    ok(encode(&call.any(0).value, Style::Raw, call.host)?)
}

/// What could be read, or nil.
fn from_json(call: &mut Call) -> Result<Tracked, Fault> {
    reads(call)?;
    ok(decode(call.bytes(0), Target::Any).0)
}

/// Counts the tree that a text is read into, before it is: a value stands behind each of these characters at most, or alone.
pub fn reads(call: &mut Call) -> Result<(), Fault> {
    reads_values(call, size_of::<yaml::Entry>())
}

/// The same for values that take so many bytes each.
pub fn reads_values(call: &mut Call, each: usize) -> Result<(), Fault> {
    let text = call.bytes(0);
    let values = 1 + text.iter().filter(|b| matches!(b, b',' | b':' | b'[' | b'{' | b'-' | b'=' | b'\n')).count();
    call.host.work(values)?;
    call.host.spend((values * each).saturating_add(text.len()))
}

fn must_from_json(call: &mut Call) -> Result<Tracked, Fault> {
    reads(call)?;
    match decode(call.bytes(0), Target::Any) {
        (value, None) => ok(value),
        (_, Some(error)) => Err(Fault::new(error)),
    }
}

/// An error that is swallowed leaves an empty text; a limit stays one.
pub fn quiet(result: Result<Tracked, Fault>) -> Result<Tracked, Fault> {
    match result {
        Err(fault) if !fault.limit => ok(Value::str("")),
        other => other,
    }
}
