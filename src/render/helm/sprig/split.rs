//! Splitting, joining and sorting texts.

use std::collections::BTreeMap;
use std::mem::size_of;

use memchr::memmem;

use super::lists::elements;
use super::text::{made, size, slice, total};
use super::unicode::runes;
use crate::render::helm::gotemplate::call::Type::{Any, Int, String as S};
use crate::render::helm::gotemplate::call::{Call, Fault, Function, f, ok};
use crate::render::helm::gotemplate::convert;
use crate::render::helm::gotemplate::trail::Trail;
use crate::render::helm::gotemplate::value::{ListRef, ListType, MapRef, MapType, Tracked, Value};

/// The functions.
pub const TABLE: &[Function] = &[
    f("split", &[S, S], split),
    f("splitList", &[S, S], split_list),
    f("splitn", &[S, Int, S], splitn),
    f("join", &[S, Any], join),
    f("sortAlpha", &[Any], sort_alpha),
    f("toStrings", &[Any], to_strings),
];

fn split(call: &mut Call) -> Result<Tracked, Fault> {
    let parts = parts(call, 1, None)?;
    ok(numbered(parts))
}

fn split_list(call: &mut Call) -> Result<Tracked, Fault> {
    let parts = parts(call, 1, None)?;
    ok(ListRef::of(ListType::Strings, parts))
}

/// At most so many parts, all if the number is negative.
fn splitn(call: &mut Call) -> Result<Tracked, Fault> {
    let parts = parts(call, 2, size(call.int(1)))?;
    ok(numbered(parts))
}

/// A map of the parts, under `_0`, `_1` and so on.
fn numbered(parts: Vec<Tracked>) -> MapRef {
    let entries: BTreeMap<_, _> =
        parts.into_iter().enumerate().map(|(i, part)| (format!("_{i}").into(), part)).collect();
    MapRef::of(MapType::Strings, entries)
}

/// The parts of an argument between the separators that the first one is; between any two characters if that is empty.
fn parts(call: &mut Call, at: usize, most: Option<usize>) -> Result<Vec<Tracked>, Fault> {
    let (separator, text) = (call.bytes(0), &call.any(at).value);
    let bytes = call.bytes(at);
    let cuts = most.map_or(usize::MAX, |most| most.saturating_sub(1));
    if most == Some(0) || (separator.is_empty() && bytes.is_empty()) {
        return Ok(Vec::new());
    }
    let count = if separator.is_empty() {
        runes(bytes).skip(1).take(cuts).count()
    } else {
        memmem::find_iter(bytes, separator).take(cuts).count()
    };
    call.host.spend(total(count + 1, size_of::<Tracked>()).saturating_add(bytes.len()))?;
    let places: Vec<usize> = if separator.is_empty() {
        runes(bytes).map(|(at, ..)| at).skip(1).take(cuts).collect()
    } else {
        memmem::find_iter(bytes, separator).take(cuts).collect()
    };
    let trail = trail_of(call, &[]);
    let mut parts = Vec::with_capacity(places.len() + 1);
    let mut from = 0;
    for place in places {
        parts.push(Tracked { value: slice(text, from, place), trail: trail.clone() });
        from = place + separator.len();
    }
    parts.push(Tracked { value: slice(text, from, bytes.len()), trail });
    Ok(parts)
}

/// What a result, or each part of it, is made of: all the arguments, and these elements of them.
fn trail_of(call: &Call, elements: &[Tracked]) -> Trail {
    if !call.host.recording() {
        return Trail::NONE;
    }
    Trail::joined(call.args.iter().chain(elements).map(|value| &value.trail))
}

fn join(call: &mut Call) -> Result<Tracked, Fault> {
    let (separator, value) = (call.bytes(0), &call.any(1).value);
    let Some(elements) = elements(value) else {
        return if value.is_nil() { ok("") } else { ok(made(convert::strval(value)?.into_owned())) };
    };
    let mut out = Vec::new();
    let mut first = true;
    for element in elements.iter().filter(|element| !element.is_nil()) {
        let text = convert::strval(element)?;
        call.fits(out.len().saturating_add(separator.len()).saturating_add(text.len()))?;
        if !std::mem::take(&mut first) {
            out.extend_from_slice(separator);
        }
        out.extend_from_slice(&text);
    }
    let trail = trail_of(call, &elements);
    Ok(Tracked { value: made(out), trail })
}

/// The elements as strings, nil left out (sprig's `strslice`).
fn strings(call: &mut Call, value: &Value) -> Result<Vec<Tracked>, Fault> {
    let Some(elements) = elements(value) else {
        return Ok(if value.is_nil() {
            Vec::new()
        } else {
            vec![Tracked { value: made(convert::strval(value)?.into_owned()), trail: trail_of(call, &[]) }]
        });
    };
    call.host.work(elements.len() / 8)?;
    let strings = elements.iter().filter(|element| !element.is_nil()).map(|element| {
        Ok(match element.as_bytes() {
            Some(_) => element.clone(),
            None => {
                let text = convert::strval(element)?;
                call.host.spend(text.len())?;
                Tracked { value: made(text.into_owned()), trail: element.trail.clone() }
            }
        })
    });
    strings.collect()
}

/// The list itself if it is one of strings already.
fn as_strings(value: &Value) -> Option<&ListRef> {
    value.as_list().filter(|list| list.go() == ListType::Strings)
}

fn to_strings(call: &mut Call) -> Result<Tracked, Fault> {
    let value = &call.any(0).value;
    match as_strings(value) {
        Some(list) => ok(list.clone()),
        None => ok(ListRef::of(ListType::Strings, strings(call, value)?)),
    }
}

/// Sorted by bytes. A list of strings is sorted in place, as Go does it.
fn sort_alpha(call: &mut Call) -> Result<Tracked, Fault> {
    let value = &call.any(0).value;
    let list = match as_strings(value) {
        Some(list) => list.clone(),
        None if value.is_nil() => ListRef::strings(["<nil>"]),
        None => ListRef::of(ListType::Strings, strings(call, value)?),
    };
    call.host.work(list.len())?;
    list.sort();
    ok(list)
}
