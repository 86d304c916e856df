//! Regular expressions with the syntax and the errors of Go's regexp, matched by the regex crate (which finds the same: the
//! leftmost match, and of several the first that the expression names).

mod replace;
mod subject;
mod syntax;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::super::gotemplate::call::{Call, Fault, Function, Type, f, ok};
use super::super::gotemplate::format::{can_backquote, quote};
use super::super::gotemplate::value::{ListRef, ListType, Tracked, Value};
use replace::Template;
use subject::Subject;
use syntax::Compiled;

const S: Type = Type::String;

/// The functions.
pub const TABLE: &[Function] = &[
    f("mustRegexFind", &[S, S], |call| find(call, compile)),
    f("mustRegexFindAll", &[S, S, Type::Int], |call| find_all(call, compile)),
    f("mustRegexMatch", &[S, S], must_match),
    f("mustRegexReplaceAll", &[S, S, S], |call| replace_all(call, compile)),
    f("mustRegexReplaceAllLiteral", &[S, S, S], |call| replace_literal(call, compile)),
    f("mustRegexSplit", &[S, S, Type::Int], |call| split(call, compile)),
    f("regexFind", &[S, S], |call| find(call, must_compile)),
    f("regexFindAll", &[S, S, Type::Int], |call| find_all(call, must_compile)),
    f("regexMatch", &[S, S], matches),
    f("regexQuoteMeta", &[S], quote_meta),
    f("regexReplaceAll", &[S, S, S], |call| replace_all(call, must_compile)),
    f("regexReplaceAllLiteral", &[S, S, S], |call| replace_literal(call, must_compile)),
    f("regexSplit", &[S, S, Type::Int], |call| split(call, must_compile)),
];

type Compiler = fn(&[u8]) -> Result<Rc<Compiled>, Fault>;

/// Expressions that a thread keeps: a chart has few, and calls each often.
const KEPT: usize = 256;

/// `regexp.Compile`.
fn compile(expression: &[u8]) -> Result<Rc<Compiled>, Fault> {
    thread_local! {
        static CACHE: RefCell<HashMap<Vec<u8>, Rc<Compiled>>> = RefCell::default();
    }
    CACHE.with_borrow_mut(|cache| {
        if let Some(known) = cache.get(expression) {
            return Ok(Rc::clone(known));
        }
        let compiled = Rc::new(syntax::compile(expression).map_err(Fault::new)?);
        if cache.len() >= KEPT {
            cache.clear();
        }
        cache.insert(expression.to_vec(), Rc::clone(&compiled));
        Ok(compiled)
    })
}

/// `regexp.MustCompile`, whose panic becomes an error.
fn must_compile(expression: &[u8]) -> Result<Rc<Compiled>, Fault> {
    compile(expression).map_err(|fault| {
        let text = crate::go::valid(expression);
        let quoted = if can_backquote(expression) { format!("`{text}`") } else { quote(expression) };
        Fault::new(format!("regexp: Compile({quoted}): {}", fault.text))
    })
}

fn matches(call: &mut Call) -> Result<Tracked, Fault> {
    match compile(call.bytes(0)) {
        Ok(regex) => ok(regex.is_match(&Subject::new(call.bytes(1)))),
        Err(_) => ok(false),
    }
}

fn must_match(call: &mut Call) -> Result<Tracked, Fault> {
    let regex = compile(call.bytes(0))?;
    ok(regex.is_match(&Subject::new(call.bytes(1))))
}

fn find(call: &mut Call, compile: Compiler) -> Result<Tracked, Fault> {
    let regex = compile(call.bytes(0))?;
    let subject = Subject::new(call.bytes(1));
    let found = regex.regex.find(&subject.text).map(|m| subject.slice(m.range()));
    ok(Value::bytes(found.unwrap_or_default().to_vec()))
}

fn find_all(call: &mut Call, compile: Compiler) -> Result<Tracked, Fault> {
    let regex = compile(call.bytes(0))?;
    let subject = Subject::new(call.bytes(1));
    let limit = usize::try_from(call.int(2)).unwrap_or(usize::MAX);
    let found = regex.regex.find_iter(&subject.text).take(limit);
    let found: Vec<Tracked> = found.map(|m| Value::bytes(subject.slice(m.range()).to_vec()).into()).collect();
    ok(if found.is_empty() { ListRef::nil(ListType::Strings) } else { ListRef::of(ListType::Strings, found) })
}

fn replace_all(call: &mut Call, compile: Compiler) -> Result<Tracked, Fault> {
    let regex = compile(call.bytes(0))?;
    let template = Template::parse(call.bytes(2), &regex.names);
    replaced(call, &regex, |captures, subject, out| template.expand(captures, subject, out))
}

fn replace_literal(call: &mut Call, compile: Compiler) -> Result<Tracked, Fault> {
    let regex = compile(call.bytes(0))?;
    let with = call.bytes(2);
    replaced(call, &regex, |_, _, out| out.extend_from_slice(with))
}

fn replaced(
    call: &mut Call,
    regex: &Compiled,
    mut with: impl FnMut(&regex::Captures, &Subject, &mut Vec<u8>),
) -> Result<Tracked, Fault> {
    let subject = Subject::new(call.bytes(1));
    let mut out = Vec::new();
    let (mut end, mut spent) = (0, 0);
    for captures in regex.regex.captures_iter(&subject.text) {
        let Some(whole) = captures.get(0) else { continue };
        out.extend_from_slice(subject.slice(end..whole.start()));
        with(&captures, &subject, &mut out);
        end = whole.end();
        if out.len() - spent > 1 << 16 {
            call.host.spend(out.len() - spent)?;
            spent = out.len();
        }
    }
    out.extend_from_slice(subject.slice(end..subject.text.len()));
    ok(Value::bytes(out))
}

fn split(call: &mut Call, compile: Compiler) -> Result<Tracked, Fault> {
    let regex = compile(call.bytes(0))?;
    let subject = Subject::new(call.bytes(1));
    let limit = match usize::try_from(call.int(2)) {
        Ok(0) => return ok(ListRef::nil(ListType::Strings)),
        Ok(n) => n,
        Err(_) => usize::MAX,
    };
    let mut parts = Vec::new();
    let mut part = |range| parts.push(Value::bytes(subject.slice(range).to_vec()).into());
    if subject.text.is_empty() && !call.bytes(0).is_empty() {
        part(0..0);
        return ok(ListRef::of(ListType::Strings, parts));
    }
    let (mut begin, mut end, mut count) = (0, 0, 0);
    for found in regex.regex.find_iter(&subject.text).take(limit) {
        if count + 1 >= limit {
            break;
        }
        end = found.start();
        if found.end() != 0 {
            part(begin..end);
            count += 1;
        }
        begin = found.end();
    }
    if end != subject.text.len() {
        part(begin..subject.text.len());
    }
    ok(ListRef::of(ListType::Strings, parts))
}

fn quote_meta(call: &mut Call) -> Result<Tracked, Fault> {
    let mut out = Vec::with_capacity(call.bytes(0).len() + 8);
    for byte in call.bytes(0) {
        if br"\.+*?()|[]{}^$".contains(byte) {
            out.push(b'\\');
        }
        out.push(*byte);
    }
    ok(Value::bytes(out))
}
