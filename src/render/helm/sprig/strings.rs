//! Texts: trimming, cutting, searching, quoting, indenting.

use std::borrow::Cow;

use ecow::EcoString;
use memchr::memmem;

use super::text::{self, copied, part, same, size, total};
use super::unicode::{self, runes};
use crate::render::helm::gotemplate::call::Type::{Any, Int, String as S};
use crate::render::helm::gotemplate::call::{Call, Fault, Function, f, ok, variadic};
use crate::render::helm::gotemplate::trail::Trail;
use crate::render::helm::gotemplate::value::{Tracked, Value};
use crate::render::helm::gotemplate::{convert, format};

/// The functions.
pub const TABLE: &[Function] = &[
    f("hello", &[], hello),
    f("trim", &[S], trim),
    f("trimAll", &[S, S], trim_all),
    f("trimall", &[S, S], trim_all),
    f("trimPrefix", &[S, S], trim_prefix),
    f("trimSuffix", &[S, S], trim_suffix),
    f("substr", &[Int, Int, S], substr),
    f("trunc", &[Int, S], trunc),
    f("repeat", &[Int, S], repeat),
    f("nospace", &[S], nospace),
    f("initials", &[S], initials),
    f("contains", &[S, S], contains),
    f("hasPrefix", &[S, S], has_prefix),
    f("hasSuffix", &[S, S], has_suffix),
    f("replace", &[S, S, S], replace),
    variadic("quote", &[Any], quote),
    variadic("squote", &[Any], squote),
    variadic("cat", &[Any], cat),
    f("indent", &[Int, S], indent),
    f("nindent", &[Int, S], nindent),
    f("plural", &[S, S, Int], plural),
    f("toString", &[Any], to_string),
];

const SPACES: &str = "                                ";
const NEGATIVE_REPEAT: &str = "strings: negative Repeat count";

fn hello(_: &mut Call) -> Result<Tracked, Fault> {
    ok("Hello!")
}

fn trim(call: &mut Call) -> Result<Tracked, Fault> {
    trimmed(call, 0, unicode::is_space)
}

fn trim_all(call: &mut Call) -> Result<Tracked, Fault> {
    let mut set: Vec<char> = runes(call.bytes(0)).map(|(_, c, _)| c).collect();
    set.sort_unstable();
    set.dedup();
    trimmed(call, 1, |c| set.binary_search(&c).is_ok())
}

/// Cuts characters off both ends of an argument.
fn trimmed(call: &Call, at: usize, off: impl Fn(char) -> bool) -> Result<Tracked, Fault> {
    let bytes = call.bytes(at);
    let start = runes(bytes).find(|(_, c, _)| !off(*c)).map_or(bytes.len(), |(start, ..)| start);
    let mut end = bytes.len();
    while end > start {
        let (c, length) = unicode::decode_last(bytes.get(start..end).unwrap_or_default());
        if !off(c) {
            break;
        }
        end -= length;
    }
    part(call, at, start, end)
}

fn trim_prefix(call: &mut Call) -> Result<Tracked, Fault> {
    let (prefix, bytes) = (call.bytes(0), call.bytes(1));
    let start = if bytes.starts_with(prefix) { prefix.len() } else { 0 };
    part(call, 1, start, bytes.len())
}

fn trim_suffix(call: &mut Call) -> Result<Tracked, Fault> {
    let (suffix, bytes) = (call.bytes(0), call.bytes(1));
    let cut = if bytes.ends_with(suffix) { suffix.len() } else { 0 };
    part(call, 1, 0, bytes.len() - cut)
}

/// The bytes from `start` up to `end`. A negative start is the first byte, and then the end has to fit; else a negative end,
/// and one beyond the text, is the text's end.
fn substr(call: &mut Call) -> Result<Tracked, Fault> {
    let (start, end, length) = (call.int(0), call.int(1), call.bytes(2).len());
    let (low, high) = match (size(start), size(end)) {
        (None, None) => return Err(text::out_of_range(format_args!("[:{end}]"))),
        (None, Some(high)) if high > length => {
            return Err(text::out_of_range(format_args!("[:{high}] with length {length}")));
        }
        (None, Some(high)) => (0, high),
        (Some(low), Some(high)) if high <= length => (low, high),
        (Some(low), _) => (low, length),
    };
    if low > high {
        return Err(text::out_of_range(format_args!("[{low}:{high}]")));
    }
    shortened(call, 2, low, high)
}

fn trunc(call: &mut Call) -> Result<Tracked, Fault> {
    let (count, length) = (call.int(0), call.bytes(1).len());
    let keep = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    match (count < 0, keep < length) {
        (_, false) => same(call, 1),
        (true, true) => shortened(call, 1, length - keep, length),
        (false, true) => shortened(call, 1, 0, keep),
    }
}

/// A part of a text, which is no copy of it unless it is all of it.
fn shortened(call: &Call, at: usize, start: usize, end: usize) -> Result<Tracked, Fault> {
    let all = end - start == call.bytes(at).len();
    let part = part(call, at, start, end)?;
    let trail = if all { part.trail } else { part.trail.inexact() };
    Ok(Tracked { value: part.value, trail })
}

fn repeat(call: &mut Call) -> Result<Tracked, Fault> {
    let bytes = call.bytes(1);
    let Some(count) = size(call.int(0)) else { return Err(Fault::new(NEGATIVE_REPEAT)) };
    if count == 1 || bytes.is_empty() {
        return same(call, 1);
    }
    if bytes.len().checked_mul(count).and_then(|all| i64::try_from(all).ok()).is_none() {
        return Err(Fault::new("strings: Repeat output length overflow"));
    }
    call.fits(total(bytes.len(), count))?;
    match &call.any(1).value {
        Value::Str(text) => ok(text.repeat(count)),
        _ => ok(bytes.repeat(count)),
    }
}

/// Takes white space out, byte by byte: where there is any, each other byte is taken for a character of Latin-1.
fn nospace(call: &mut Call) -> Result<Tracked, Fault> {
    let bytes = call.bytes(0);
    if !bytes.iter().any(|b| unicode::is_space(char::from(*b))) {
        return same(call, 0);
    }
    ok(bytes.iter().map(|b| char::from(*b)).filter(|c| !unicode::is_space(*c)).collect::<String>())
}

/// The first byte of each word, as a character of Latin-1.
fn initials(call: &mut Call) -> Result<Tracked, Fault> {
    let mut gap = true;
    let firsts = call.bytes(0).iter().map(|b| char::from(*b)).filter(|c| {
        let before = std::mem::replace(&mut gap, unicode::is_space(*c));
        before && !gap
    });
    ok(firsts.collect::<String>())
}

fn contains(call: &mut Call) -> Result<Tracked, Fault> {
    ok(memmem::find(call.bytes(1), call.bytes(0)).is_some())
}

fn has_prefix(call: &mut Call) -> Result<Tracked, Fault> {
    ok(call.bytes(1).starts_with(call.bytes(0)))
}

fn has_suffix(call: &mut Call) -> Result<Tracked, Fault> {
    ok(call.bytes(1).ends_with(call.bytes(0)))
}

fn replace(call: &mut Call) -> Result<Tracked, Fault> {
    let (old, new, bytes) = (call.bytes(0), call.bytes(1), call.bytes(2));
    if old == new || (!old.is_empty() && memmem::find(bytes, old).is_none()) {
        return same(call, 2);
    }
    let places: Vec<usize> = if old.is_empty() {
        runes(bytes).map(|(at, ..)| at).chain([bytes.len()]).collect()
    } else {
        memmem::find_iter(bytes, old).collect()
    };
    let all = (bytes.len() - total(places.len(), old.len())).saturating_add(total(places.len(), new.len()));
    call.fits(all)?;
    let mut out = Vec::with_capacity(all);
    let mut from = 0;
    for at in places {
        out.extend_from_slice(bytes.get(from..at).unwrap_or_default());
        out.extend_from_slice(new);
        from = at + old.len();
    }
    out.extend_from_slice(bytes.get(from..).unwrap_or_default());
    ok(out)
}

fn quote(call: &mut Call) -> Result<Tracked, Fault> {
    if let [one] = call.args
        && let Value::Str(text) = &one.value
        && text.bytes().all(|b| matches!(b, b' '..=b'~') && b != b'"' && b != b'\\')
    {
        let mut out = EcoString::with_capacity(text.len() + 2);
        out.push('"');
        out.push_str(text);
        out.push('"');
        return copied(call, 0, Value::Str(out), |trail| trail.moved(|at| at + 1));
    }
    let mut out = String::new();
    for arg in call.args.iter().filter(|arg| !arg.is_nil()) {
        let text = convert::strval(arg)?;
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&format::quote(&text));
        call.fits(out.len())?;
    }
    let [one] = call.args else { return ok(out) };
    let bytes = one.as_bytes().unwrap_or_default();
    copied(call, 0, Value::from(out), |trail| {
        let (mut before, mut length) = (0, 1);
        trail.moved(|at| {
            length += format::quote(bytes.get(before..at).unwrap_or_default()).len() - 2;
            before = at;
            length
        })
    })
}

fn squote(call: &mut Call) -> Result<Tracked, Fault> {
    if let [one] = call.args
        && let Value::Str(text) = &one.value
    {
        let mut out = EcoString::with_capacity(text.len() + 2);
        out.push('\'');
        out.push_str(text);
        out.push('\'');
        return copied(call, 0, Value::Str(out), |trail| trail.moved(|at| at + 1));
    }
    let mut out = Vec::new();
    for arg in call.args.iter().filter(|arg| !arg.is_nil()) {
        if !out.is_empty() {
            out.push(b' ');
        }
        out.push(b'\'');
        format::show_into(&mut out, arg)?;
        out.push(b'\'');
        call.fits(out.len())?;
    }
    let value = text::made(out);
    if call.args.len() == 1 { copied(call, 0, value, |trail| trail.moved(|at| at + 1)) } else { ok(value) }
}

fn cat(call: &mut Call) -> Result<Tracked, Fault> {
    let mut out = Vec::new();
    for (i, arg) in call.args.iter().filter(|arg| !arg.is_nil()).enumerate() {
        if i > 0 {
            out.push(b' ');
        }
        format::show_into(&mut out, arg)?;
        call.fits(out.len())?;
    }
    ok(text::made(out))
}

fn indent(call: &mut Call) -> Result<Tracked, Fault> {
    indented(call, "")
}

fn nindent(call: &mut Call) -> Result<Tracked, Fault> {
    indented(call, "\n")
}

/// Puts spaces before each line, and `first` before them all.
fn indented(call: &mut Call, first: &str) -> Result<Tracked, Fault> {
    let Some(spaces) = size(call.int(0)) else { return Err(Fault::new(NEGATIVE_REPEAT)) };
    let bytes = call.bytes(1);
    let lines = memchr::memchr_iter(b'\n', bytes).count() + 1;
    let all = total(lines, spaces).saturating_add(bytes.len()).saturating_add(first.len());
    call.fits(all)?;
    let value = match &call.any(1).value {
        Value::Str(text) => {
            let pad = SPACES.get(..spaces).map_or_else(|| Cow::Owned(" ".repeat(spaces)), Cow::Borrowed);
            let mut out = EcoString::with_capacity(all);
            out.push_str(first);
            for line in text.split_inclusive('\n') {
                out.push_str(&pad);
                out.push_str(line);
            }
            if text.is_empty() || text.ends_with('\n') {
                out.push_str(&pad);
            }
            Value::Str(out)
        }
        _ => {
            let mut out = Vec::with_capacity(all);
            out.extend_from_slice(first.as_bytes());
            for (i, line) in bytes.split(|b| *b == b'\n').enumerate() {
                if i > 0 {
                    out.push(b'\n');
                }
                out.resize(out.len() + spaces, b' ');
                out.extend_from_slice(line);
            }
            text::made(out)
        }
    };
    let first = first.len();
    copied(call, 1, value, |trail: &Trail| {
        let (mut before, mut line) = (0, 1);
        trail.moved(|at| {
            line += memchr::memchr_iter(b'\n', bytes.get(before..at).unwrap_or_default()).count();
            before = at;
            first + total(line, spaces) + at
        })
    })
}

fn plural(call: &mut Call) -> Result<Tracked, Fault> {
    let at = if call.int(2) == 1 { 0 } else { 1 };
    Ok(text::chosen(call, call.any(at), [&call.any(2).trail]))
}

fn to_string(call: &mut Call) -> Result<Tracked, Fault> {
    let arg = call.any(0);
    if arg.as_bytes().is_some() {
        return same(call, 0);
    }
    let value = text::made(convert::strval(arg)?.into_owned());
    copied(call, 0, value, Trail::clone)
}
