//! `toToml` and `fromToml`, as BurntSushi/toml v1.6.0 has them.

mod decode;
mod encode;
mod scalar;

use super::super::gotemplate::call::{Call, Fault, ok};
use super::super::gotemplate::value::{MapRef, Tracked};

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
    let text = encode::encode(&call.any(0).value)?;
    call.host.spend(text.len())?;
    ok(text)
}

/// A map out of TOML, or with the error under `Error`.
pub fn from_toml(call: &mut Call) -> Result<Tracked, Fault> {
    match decode::decode(call.bytes(0)) {
        Ok(value) => ok(value),
        Err(error) => ok(super::with_error(MapRef::new().into(), Some(error))),
    }
}
