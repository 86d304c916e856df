//! JSON in and out, as Go's encoding/json has it.

mod decode;
mod encode;

pub use decode::{Target, decode, type_error};
pub use encode::{Style, encode};

use super::super::gotemplate::call::{Call, Fault, Function, Type, f, ok};
use super::super::gotemplate::value::{Tracked, Value};

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
    ok(decode(call.bytes(0), Target::Any).0)
}

fn must_from_json(call: &mut Call) -> Result<Tracked, Fault> {
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
