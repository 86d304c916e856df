//! Abbreviating and wrapping, by bytes: goutils' `Abbreviate` and `Wrap`.

use memchr::{memchr, memrchr};

use super::text::{int, part, same, size};
use crate::render::helm::gotemplate::call::Type::{Int, String as S};
use crate::render::helm::gotemplate::call::{Call, Fault, Function, f, ok};
use crate::render::helm::gotemplate::value::{Tracked, Value};

/// The functions.
pub const TABLE: &[Function] = &[
    f("abbrev", &[Int, S], abbrev),
    f("abbrevboth", &[Int, Int, S], abbrevboth),
    f("wrap", &[Int, S], wrap),
    f("wrapWith", &[Int, S, S], wrap_with),
];

const DOTS: &[u8] = b"...";

fn abbrev(call: &mut Call) -> Result<Tracked, Fault> {
    match size(call.int(0)) {
        Some(width) if width >= 4 => abbreviated(call, 1, 0, width),
        _ => same(call, 1),
    }
}

fn abbrevboth(call: &mut Call) -> Result<Tracked, Fault> {
    let left = call.int(0);
    match size(call.int(1)) {
        Some(width) if width >= 4 && (left <= 0 || width >= 7) => {
            // Upstream subtracts from the length, which overflows far below zero: then the end is kept.
            let beyond = int(call.bytes(2).len()).checked_sub(left).is_none();
            abbreviated(call, 2, if beyond { usize::MAX } else { size(left).unwrap_or(0) }, width)
        }
        _ => same(call, 2),
    }
}

/// At most `width` bytes of a text, dots included; the byte at `offset` is among them. `width` is 4 at least; if
/// the start has to be left out and it is below 7, upstream's error is lost and nothing left.
fn abbreviated(call: &Call, at: usize, offset: usize, width: usize) -> Result<Tracked, Fault> {
    let bytes = call.bytes(at);
    if bytes.len() <= width {
        return same(call, at);
    }
    let keep = width - DOTS.len();
    let offset = offset.min(bytes.len() - keep);
    let take = |from: usize, to: usize| bytes.get(from..to).unwrap_or_default();
    if offset <= 4 {
        return ok([take(0, keep), DOTS].concat());
    }
    if width < 7 {
        return ok("");
    }
    if offset + keep >= bytes.len() {
        return ok([DOTS, take(bytes.len() - keep, bytes.len())].concat());
    }
    // What follows the first dots is abbreviated in turn, to what is left of the width.
    ok([DOTS, take(offset, offset + keep - DOTS.len()), DOTS].concat())
}

fn wrap(call: &mut Call) -> Result<Tracked, Fault> {
    wrapped(call, 1, b"\n", false)
}

fn wrap_with(call: &mut Call) -> Result<Tracked, Fault> {
    let separator = call.bytes(1);
    wrapped(call, 2, if separator.is_empty() { b"\n" } else { separator }, true)
}

/// Breaks a text into lines of at most so many bytes, at spaces. `cut` breaks words that are longer, too.
fn wrapped(call: &mut Call, at: usize, separator: &[u8], cut: bool) -> Result<Tracked, Fault> {
    let width = size(call.int(0)).unwrap_or(1).max(1);
    let bytes = call.bytes(at);
    if bytes.len() <= width {
        return same(call, at);
    }
    let mut out = Vec::new();
    let mut from = 0;
    while bytes.len() - from > width {
        let rest = bytes.get(from..).unwrap_or_default();
        if rest.first() == Some(&b' ') {
            from += 1;
            continue;
        }
        let space = memrchr(b' ', rest.get(..width + 1).unwrap_or(rest));
        let beyond = || memchr(b' ', rest.get(width..).unwrap_or_default()).map(|at| at + width);
        let (line, skip) = match space {
            Some(space) => (space, 1),
            None if cut => (width, 0),
            None => match beyond() {
                Some(space) => (space, 1),
                None => break,
            },
        };
        call.fits(out.len().saturating_add(line).saturating_add(separator.len()))?;
        out.extend_from_slice(rest.get(..line).unwrap_or_default());
        out.extend_from_slice(separator);
        from += line + skip;
    }
    if out.is_empty() {
        return part(call, at, from, bytes.len());
    }
    out.extend_from_slice(bytes.get(from..).unwrap_or_default());
    ok(Value::bytes(out))
}
