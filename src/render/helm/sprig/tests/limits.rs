//! What would fill the memory, or never end, ends with a limit.

use super::host::{Alone, call};
use crate::render::helm::gotemplate::value::{ListRef, MapRef, Tracked, Value};

fn limited(name: &str, args: &[Tracked]) {
    let fault = call(name, args, &mut Alone::new(false)).unwrap_err();
    assert!(fault.limit, "{name}: {}", fault.text);
}

fn int(n: i64) -> Tracked {
    Value::int(n).into()
}

fn str(text: &str) -> Tracked {
    Value::str(text).into()
}

/// A map that holds itself, twice.
fn circle() -> MapRef {
    let map = MapRef::new();
    map.set("a", Value::from(map.clone()).into());
    map.set("b", Value::from(map.clone()).into());
    map
}

#[test]
fn sizes_that_arguments_decide_are_spent_first() {
    const MUCH: i64 = 1 << 40;
    limited("repeat", &[int(MUCH), str("ab")]);
    limited("indent", &[int(MUCH), str("a")]);
    limited("nindent", &[int(i64::MAX), str("a\nb")]);
    limited("until", &[int(MUCH)]);
    limited("until", &[int(-MUCH)]);
    limited("untilStep", &[int(i64::MAX - 1), int(i64::MAX), int(5)]);
    limited("seq", &[int(MUCH)]);
    let long = "ab".repeat(1 << 14);
    limited("replace", &[str(""), str(&long), str(&long)]);
    limited("wrapWith", &[int(1), str(&long), str(&long)]);
    let list: Tracked = Value::from(ListRef::new(vec![str(&long); 1 << 11])).into();
    limited("join", &[str(&long), list.clone()]);
    limited("concat", &vec![list; 1 << 11]);
}

#[test]
fn values_that_hold_themselves_end() {
    let (a, b) = (circle(), circle());
    let args = [Value::from(a.clone()).into(), Value::from(b.clone()).into()];
    limited("merge", &args);
    limited("deepCopy", &args[..1]);
    let equal = call("deepEqual", &args, &mut Alone::new(false)).unwrap();
    assert!(matches!(equal.value, Value::Bool(true)));
    for map in [a, b] {
        map.remove("a");
        map.remove("b");
    }
}

#[test]
fn values_that_nest_without_end_are_not_compared() {
    let nested = || (0..100_000).fold(str("x"), |inner, _| Value::from(ListRef::new(vec![inner])).into());
    limited("deepEqual", &[nested(), nested()]);
    limited("deepCopy", &[nested()]);
}
