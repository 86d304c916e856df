//! `toToml` and `fromToml`, as BurntSushi/toml v1.6.0 has them.

mod decode;
mod encode;
mod scalar;

use super::super::gotemplate::call::{Call, Fault, ok};
use super::super::gotemplate::value::{MAP, MapRef, Tracked};
use super::super::sprig::json;

/// The TOML of a value, or the text of the error.
pub fn to_toml(call: &mut Call) -> Result<Tracked, Fault> {
    match must_to_toml(call) {
        // No error of the encoder's: it falls over.
        Err(fault) if fault.limit || fault.text.starts_with("reflect: ") => Err(fault),
        Err(fault) => ok(fault.text.clone()),
        done => done,
    }
}

/// The TOML of a value.
pub fn must_to_toml(call: &mut Call) -> Result<Tracked, Fault> {
    let value = call.any(0);
    ok(encode::encode(&value.value, call.host)?)
}

/// A map out of TOML, or with the error under `Error`.
pub fn from_toml(call: &mut Call) -> Result<Tracked, Fault> {
    // Each could be a table.
    json::reads_values(call, MAP)?;
    match decode::decode(call.bytes(0)) {
        Ok(value) => ok(value),
        Err(error) => ok(super::with_error(MapRef::new().into(), Some(error))),
    }
}
