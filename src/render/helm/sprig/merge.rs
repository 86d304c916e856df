//! Merging maps as mergo v1.0.1 does under sprig's `merge` and `mergeOverwrite`.
//!
//! Where both sides hold a map under a key, the first one's is merged in place, so everyone who holds it sees that. What is
//! taken over is shared with the second side, not copied.

use super::defaults::is_empty;
use crate::provenance::ReadSet;
use crate::render::helm::gotemplate::call::{Fault, Meter};
use crate::render::helm::gotemplate::stack;
use crate::render::helm::gotemplate::value::{ENTRY, MAX_DEPTH, MapRef, MapType, Tracked, Value};

/// Why a merge ended.
#[derive(Debug)]
pub enum Error {
    /// What mergo itself says.
    Refused(&'static str),
    /// A panic, or a limit of ours.
    Fault(Fault),
}

/// Merges a map into another. What the first holds wins unless it is empty, or `overwrite` is set.
/// `around` is what the call depends on, while that is recorded.
pub fn merged(
    into: &MapRef,
    from: &MapRef,
    overwrite: bool,
    around: Option<&ReadSet>,
    meter: &mut Meter,
) -> Result<(), Error> {
    Merge { overwrite, around, meter }.maps(into, from, 0)
}

struct Merge<'r, 'm, 'h> {
    overwrite: bool,
    around: Option<&'r ReadSet>,
    meter: &'m mut Meter<'h>,
}

impl Merge<'_, '_, '_> {
    fn maps(&mut self, into: &MapRef, from: &MapRef, depth: usize) -> Result<(), Error> {
        if depth > MAX_DEPTH {
            return Err(Error::Fault(Fault::limit(format!("a merge of more than {MAX_DEPTH} levels"))));
        }
        for (key, mut new) in from.entries() {
            // Looked at on both sides, and perhaps kept.
            self.meter.value(ENTRY).and_then(|()| self.meter.value(0)).map_err(Error::Fault)?;
            if let Some(around) = self.around {
                new.trail = new.trail.under(around);
            }
            let old = into.get(&key);
            if new.is_nil() {
                // A null is no value to mergo, unless it overwrites.
                if self.overwrite {
                    put(into, &key, new, from)?;
                }
                continue;
            }
            let nested = match (&new.value, old.as_ref().map(|old| &old.value)) {
                (Value::Map(new), Some(Value::Map(old))) => {
                    stack::level(|| self.maps(old, new, depth + 1))?;
                    !old.is_empty()
                }
                (Value::Map(_), Some(Value::Object(old))) if old.kind() == "ptr" && !self.overwrite => {
                    return Err(Error::Refused("src and dst must be of same type"));
                }
                _ => false,
            };
            if nested {
                continue;
            }
            match &old {
                Some(old) if !self.overwrite && !is_empty(old) => {}
                Some(old) if self.around.is_some() && !self.overwrite => {
                    let trail = new.trail.beside([&old.trail]);
                    put(into, &key, new.with(trail), from)?;
                }
                None if self.around.is_some() => {
                    let trail = new.trail.beside([&into.absent(&key)]);
                    put(into, &key, new.with(trail), from)?;
                }
                _ => put(into, &key, new, from)?,
            }
        }
        Ok(())
    }
}

/// Takes an entry over.
fn put(into: &MapRef, key: &str, value: Tracked, from: &MapRef) -> Result<(), Error> {
    if into.go() == MapType::Strings && from.go() != MapType::Strings {
        // All that is known of the element is its interface, so not even a string fits.
        let text = match &value.value {
            Value::List(_) if into.contains(key) => "reflect: call of reflect.Value.IsNil on string Value".to_owned(),
            Value::List(list) => not_assignable(list.go().name()),
            _ => not_assignable("interface {}"),
        };
        return Err(Error::Fault(Fault::new(text)));
    }
    into.set(key, value);
    Ok(())
}

fn not_assignable(name: &str) -> String {
    format!("reflect.Value.SetMapIndex: value of type {name} is not assignable to type string")
}
