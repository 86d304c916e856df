//! Paths with slashes: Go's path package, and path/filepath as it is on Unix, which gives the same.

use crate::render::helm::gotemplate::call::Type::String as S;
use crate::render::helm::gotemplate::call::{Call, Fault, Function, f, ok};
use crate::render::helm::gotemplate::value::Tracked;

/// The functions.
pub const TABLE: &[Function] = &[
    f("base", &[S], base),
    f("dir", &[S], dir),
    f("clean", &[S], clean),
    f("ext", &[S], ext),
    f("isAbs", &[S], is_abs),
    f("osBase", &[S], base),
    f("osDir", &[S], dir),
    f("osClean", &[S], clean),
    f("osExt", &[S], ext),
    f("osIsAbs", &[S], is_abs),
];

fn base(call: &mut Call) -> Result<Tracked, Fault> {
    let path = call.bytes(0);
    let end = path.iter().rposition(|b| *b != b'/').map_or(0, |at| at + 1);
    let trimmed = path.get(..end).unwrap_or_default();
    let name = trimmed.rsplit(|b| *b == b'/').next().unwrap_or_default();
    ok(match (path.is_empty(), name.is_empty()) {
        (true, _) => b".".to_vec(),
        (false, true) => b"/".to_vec(),
        (false, false) => name.to_vec(),
    })
}

fn dir(call: &mut Call) -> Result<Tracked, Fault> {
    let path = call.bytes(0);
    let end = path.iter().rposition(|b| *b == b'/').map_or(0, |at| at + 1);
    ok(cleaned(path.get(..end).unwrap_or_default()))
}

fn clean(call: &mut Call) -> Result<Tracked, Fault> {
    ok(cleaned(call.bytes(0)))
}

fn ext(call: &mut Call) -> Result<Tracked, Fault> {
    let path = call.bytes(0);
    let at = path.iter().rposition(|b| matches!(b, b'/' | b'.')).filter(|at| path.get(*at) == Some(&b'.'));
    ok(at.and_then(|at| path.get(at..)).unwrap_or_default().to_vec())
}

fn is_abs(call: &mut Call) -> Result<Tracked, Fault> {
    ok(call.bytes(0).starts_with(b"/"))
}

/// The shortest path of the same meaning.
fn cleaned(path: &[u8]) -> Vec<u8> {
    let rooted = path.starts_with(b"/");
    let mut names: Vec<&[u8]> = Vec::new();
    for name in path.split(|b| *b == b'/') {
        match name {
            b"" | b"." => {}
            b".." if names.last().is_some_and(|last| *last != b"..") => {
                names.pop();
            }
            b".." if rooted => {}
            _ => names.push(name),
        }
    }
    let joined = names.join(&b'/');
    match (rooted, joined.is_empty()) {
        (true, _) => [b"/", joined.as_slice()].concat(),
        (false, true) => b".".to_vec(),
        (false, false) => joined,
    }
}
