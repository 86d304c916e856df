//! Ending a render.

use super::text::valid;
use crate::render::helm::gotemplate::call::{Call, Fault, Function, Type, f};
use crate::render::helm::gotemplate::value::Tracked;

/// The functions.
pub const TABLE: &[Function] = &[f("fail", &[Type::String], fail)];

fn fail(call: &mut Call) -> Result<Tracked, Fault> {
    Err(Fault::new(valid(call.bytes(0))))
}
