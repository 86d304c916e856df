//! Regular expressions with the syntax and the errors of Go's regexp, matched by the regex crate (which finds the same: the
//! leftmost match, and of several the first that the expression names).

mod replace;

use std::cell::RefCell;
use std::collections::HashMap;
use std::mem::size_of;
use std::rc::Rc;

use super::super::gotemplate::call::{Call, Fault, Function, Type, f, ok};
use super::super::gotemplate::format::{can_backquote, quote};
use super::super::gotemplate::value::{ListRef, ListType, Tracked, Value};
use replace::Template;

use crate::render::go_regex::{self, Compiled, Subject};

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

type Compiler = fn(&mut Call) -> Result<Rc<Compiled>, Fault>;

/// Expressions that a thread keeps: a chart has few, and calls each often.
#[derive(Default)]
struct Cache {
    compiled: HashMap<Vec<u8>, Rc<Compiled>>,
    weight: usize,
}

/// How many are kept, and how heavy all of them are at most.
const KEPT: usize = 128;
const KEPT_WEIGHT: usize = 1 << 18;

/// Steps that it takes to compile each part of an expression.
const COMPILED: usize = 3;

/// `regexp.Compile` of the first argument.
fn compile(call: &mut Call) -> Result<Rc<Compiled>, Fault> {
    let expression = call.bytes(0);
    thread_local! {
        static CACHE: RefCell<Cache> = RefCell::default();
    }
    if let Some(known) = CACHE.with_borrow(|cache| cache.compiled.get(expression).cloned()) {
        // As if it were compiled: which thread knows it already must not decide whether a chart keeps within its limits.
        call.host.work(go_regex::work(expression))?;
        call.host.work(known.weight.saturating_mul(COMPILED))?;
        return Ok(known);
    }
    call.host.work(go_regex::work(expression))?;
    let parsed = go_regex::parse(expression).map_err(Fault::new)?;
    call.host.work(parsed.weight.saturating_mul(COMPILED))?;
    let compiled = Rc::new(parsed.compile().map_err(Fault::new)?);
    CACHE.with_borrow_mut(|cache| {
        if cache.compiled.len() >= KEPT || cache.weight + compiled.weight > KEPT_WEIGHT {
            *cache = Cache::default();
        }
        cache.weight += compiled.weight;
        cache.compiled.insert(expression.to_vec(), Rc::clone(&compiled));
    });
    Ok(compiled)
}

/// `regexp.MustCompile`, whose panic becomes an error.
fn must_compile(call: &mut Call) -> Result<Rc<Compiled>, Fault> {
    let expression = call.bytes(0);
    compile(call).map_err(|fault| {
        if fault.limit {
            return fault;
        }
        let text = crate::go::valid(expression);
        let quoted = if can_backquote(expression) { format!("`{text}`") } else { quote(expression) };
        Fault::new(format!("regexp: Compile({quoted}): {}", fault.text))
    })
}

/// A search goes through the text from some place on, at worst once for each part of the expression.
fn search(call: &mut Call, regex: &Compiled, from: usize) -> Result<(), Fault> {
    let left = call.bytes(1).len().saturating_sub(from);
    call.host.work(left.saturating_mul(regex.weight) / (1 << 10) + left / 96)
}

fn matches(call: &mut Call) -> Result<Tracked, Fault> {
    match compile(call) {
        Ok(regex) => {
            search(call, &regex, 0)?;
            ok(regex.is_match(&Subject::new(call.bytes(1))))
        }
        Err(fault) if fault.limit => Err(fault),
        Err(_) => ok(false),
    }
}

fn must_match(call: &mut Call) -> Result<Tracked, Fault> {
    let regex = compile(call)?;
    search(call, &regex, 0)?;
    ok(regex.is_match(&Subject::new(call.bytes(1))))
}

fn find(call: &mut Call, compile: Compiler) -> Result<Tracked, Fault> {
    let regex = compile(call)?;
    search(call, &regex, 0)?;
    let subject = Subject::new(call.bytes(1));
    let found = regex.regex.find(&subject.text).map(|m| subject.slice(m.range()));
    ok(Value::bytes(found.unwrap_or_default().to_vec()))
}

fn find_all(call: &mut Call, compile: Compiler) -> Result<Tracked, Fault> {
    let regex = compile(call)?;
    let subject = Subject::new(call.bytes(1));
    let limit = usize::try_from(call.int(2)).unwrap_or(usize::MAX);
    let mut found: Vec<Tracked> = Vec::new();
    search(call, &regex, 0)?;
    for m in regex.regex.find_iter(&subject.text).take(limit) {
        search(call, &regex, m.end())?;
        call.host.spend(size_of::<Tracked>() + m.len())?;
        found.push(Value::bytes(subject.slice(m.range()).to_vec()).into());
    }
    ok(if found.is_empty() { ListRef::nil(ListType::Strings) } else { ListRef::of(ListType::Strings, found) })
}

fn replace_all(call: &mut Call, compile: Compiler) -> Result<Tracked, Fault> {
    let regex = compile(call)?;
    let template = Template::parse(call.bytes(2), &regex.names);
    replaced(call, &regex, |captures, subject, out| template.expand(captures, subject, out))
}

fn replace_literal(call: &mut Call, compile: Compiler) -> Result<Tracked, Fault> {
    let regex = compile(call)?;
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
    let mut end = 0;
    search(call, regex, 0)?;
    for captures in regex.regex.captures_iter(&subject.text) {
        let Some(whole) = captures.get(0) else { continue };
        out.extend_from_slice(subject.slice(end..whole.start()));
        with(&captures, &subject, &mut out);
        end = whole.end();
        search(call, regex, end)?;
        call.fits(out.len())?;
    }
    out.extend_from_slice(subject.slice(end..subject.text.len()));
    ok(Value::bytes(out))
}

fn split(call: &mut Call, compile: Compiler) -> Result<Tracked, Fault> {
    let regex = compile(call)?;
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
    search(call, &regex, 0)?;
    for found in regex.regex.find_iter(&subject.text).take(limit) {
        search(call, &regex, found.end())?;
        call.host.spend(size_of::<Tracked>() + found.start().saturating_sub(begin))?;
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
