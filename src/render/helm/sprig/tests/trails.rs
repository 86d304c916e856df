//! What results are made of, while that is recorded.

use super::host::{Alone, call};
use crate::provenance::{ReadSet, Segment, ValueRead, ValuesPath};
use crate::render::helm::gotemplate::call::Meter;
use crate::render::helm::gotemplate::trail::{Reads, Trail};
use crate::render::helm::gotemplate::value::{ListRef, MapRef, MapType, Tracked, Value};
use crate::source::{FileId, Origin, Span};

fn path(dotted: &str) -> ValuesPath {
    std::iter::once("values").chain(dotted.split('.')).map(Into::into).collect()
}

/// A value that was read at a path.
fn read(value: impl Into<Value>, dotted: &str) -> Tracked {
    Tracked { value: value.into(), trail: Trail::read(path(dotted), Origin::NONE) }
}

fn literal(value: impl Into<Value>) -> Tracked {
    value.into().into()
}

/// A text that a template made, with segments that start at these bytes.
fn text(text: &str, starts: &[u32]) -> Tracked {
    let segment = |start: &u32| Segment {
        start: *start,
        template: Span { file: FileId::NONE, start: *start, end: *start },
        reads: ReadSet::NONE,
        around: ReadSet::NONE,
        exact: false,
    };
    let values = ReadSet::one(ValueRead { path: path("a"), origin: Origin::NONE });
    let reads = Reads { values, exact: false, text: starts.iter().map(segment).collect() };
    Tracked { value: text.into(), trail: Trail::of(reads) }
}

/// The result, its reads (`*` before an exact first one) and the bytes that its segments begin with.
fn shown(name: &str, args: &[Tracked]) -> (String, String) {
    let result = call(name, args, &mut Alone::new(true)).unwrap();
    let bytes = result.as_bytes().unwrap_or_default().to_vec();
    let Some(reads) = result.trail.reads() else { return (String::from("-"), String::new()) };
    let paths: Vec<_> = reads.values.iter().map(|read| read.path[1..].join(".")).collect();
    let pieces = reads.text.iter().enumerate().map(|(i, segment)| {
        let end = reads.text.get(i + 1).map_or(bytes.len(), |next| next.start as usize);
        String::from_utf8_lossy(&bytes[segment.start as usize..end]).into_owned()
    });
    let exact = if reads.exact { "*" } else { "" };
    (format!("{exact}{}", paths.join(" ")), pieces.collect::<Vec<_>>().join("|"))
}

#[test]
fn copies_stay_exact() {
    let value = || read("v", "a");
    for (name, args) in [
        ("quote", vec![value()]),
        ("squote", vec![value()]),
        ("toString", vec![value()]),
        ("trim", vec![value()]),
        ("indent", vec![literal(Value::int(2)), value()]),
        ("nindent", vec![literal(Value::int(2)), value()]),
        ("trunc", vec![literal(Value::int(63)), value()]),
        ("trimSuffix", vec![literal("-"), value()]),
        ("replace", vec![literal("+"), literal("_"), value()]),
        ("default", vec![literal("d"), value()]),
        ("coalesce", vec![value(), literal("d")]),
        ("first", vec![literal(ListRef::new(vec![value()]))]),
    ] {
        assert_eq!(shown(name, &args).0, "*a", "{name}");
    }
}

#[test]
fn what_is_computed_is_left_to_the_executor() {
    for (name, args) in [
        ("upper", vec![read("v", "a")]),
        ("replace", vec![literal("v"), literal("w"), read("v", "a")]),
        ("add", vec![read(1.0, "a"), read(2.0, "b")]),
        ("cat", vec![read("v", "a"), read("w", "b")]),
    ] {
        assert_eq!(shown(name, &args).0, "-", "{name}");
    }
    assert_eq!(shown("trunc", &[literal(Value::int(1)), read("vv", "a")]).0, "a");
}

#[test]
fn a_choice_names_what_it_was_made_by() {
    let empty = || read("", "given");
    assert_eq!(shown("default", &[read("d", "fallback"), empty()]).0, "*fallback given");
    assert_eq!(shown("default", &[literal("d"), empty()]).0, "given");
    assert_eq!(shown("coalesce", &[empty(), read("c", "c")]).0, "*c given");
    assert_eq!(shown("ternary", &[read("y", "y"), read("n", "n"), read(false, "on")]).0, "*n on");
    assert_eq!(shown("trimSuffix", &[read("-", "cut"), read("v-", "a")]).0, "*a cut");
}

#[test]
fn entries_keep_their_own_reads_and_absent_ones_are_reads_too() {
    let inner = MapRef::of(MapType::Any, [("b".into(), literal(1.0))].into());
    let node = Value::from(MapRef::of(MapType::Any, [("a".into(), literal(inner))].into()))
        .to_node(&mut Meter::new(&mut Alone::new(false)))
        .unwrap();
    let place = Some(std::rc::Rc::new(path("map")));
    let map = Tracked::frozen(&node, &place);
    assert_eq!(shown("get", &[map.clone(), read("a", "key")]).0, "*map.a key");
    assert_eq!(shown("get", &[map.clone(), literal("none")]).0, "map.none");
    assert_eq!(shown("hasKey", &[map.clone(), literal("none")]).0, "map.none");
    assert_eq!(shown("hasKey", &[map.clone(), literal("a")]).0, "map.a");
    let dig = |names: [&str; 2]| [literal(names[0]), literal(names[1]), read("d", "d"), map.clone()];
    assert_eq!(shown("dig", &dig(["a", "b"])).0, "*map.a.b");
    assert_eq!(shown("dig", &dig(["a", "c"])).0, "*d map.a.c");
}

#[test]
fn what_a_merge_takes_over_names_what_it_replaced() {
    let empty = || MapRef::of(MapType::Any, [("a".into(), read("", "old"))].into());
    let full = || MapRef::of(MapType::Any, [("a".into(), read("x", "new"))].into());
    let merged = |name: &str| {
        let result = call(name, &[literal(empty()), literal(full())], &mut Alone::new(true)).unwrap();
        shown("get", &[result, literal("a")]).0
    };
    assert_eq!(merged("merge"), "*new old");
    assert_eq!(merged("mergeOverwrite"), "*new");
}

#[test]
fn segments_move_with_the_bytes_that_they_made() {
    let made = || text("a: 1\nb: \"2\"\n", &[0, 3, 5, 8]);
    let two = || literal(Value::int(2));
    assert_eq!(shown("nindent", &[two(), made()]).1, "a: |1\n  |b: |\"2\"\n  ");
    assert_eq!(shown("indent", &[two(), made()]).1, "a: |1\n  |b: |\"2\"\n  ");
    assert_eq!(shown("trim", &[made()]).1, "a: |1\n|b: |\"2\"");
    assert_eq!(shown("trimPrefix", &[literal("a: 1\n"), made()]).1, "b: |\"2\"\n");
    assert_eq!(shown("trimSuffix", &[literal("b: \"2\"\n"), made()]).1, "a: |1\n");
    assert_eq!(shown("trunc", &[literal(Value::int(4)), made()]).1, "a: |1");
    assert_eq!(shown("quote", &[made()]).1, "a: |1\\n|b: |\\\"2\\\"\\n\"");
    assert_eq!(shown("squote", &[made()]).1, "a: |1\n|b: |\"2\"\n'");
    assert_eq!(shown("substr", &[literal(Value::int(4)), literal(Value::int(7)), made()]).1, "\n|b:");
}
