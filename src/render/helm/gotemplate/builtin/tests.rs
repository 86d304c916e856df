//! Where results come from. What they are is in `gotemplate/golden.rs`.

use super::*;
use crate::render::helm::gotemplate::golden::Alone;
use crate::render::helm::gotemplate::value::{ListRef, MapRef};
use crate::source::Origin;

fn at(path: &str, value: impl Into<Value>) -> Tracked {
    let path = path.split('.').map(Into::into).collect();
    Tracked { value: value.into(), trail: Trail::read(path, Origin::NONE) }
}

fn plain(value: impl Into<Value>) -> Tracked {
    Tracked::from(value.into())
}

/// The paths that a result was read from, and whether it is just the first of them.
fn come_from(name: &str, args: &[Tracked]) -> (Vec<String>, bool) {
    let function = BUILTINS.iter().find(|f| f.name == name).unwrap();
    let result = (function.run)(&mut Call { name, args, host: &mut Alone }).unwrap();
    let reads = result.trail.reads().cloned().unwrap_or_default();
    (reads.values.iter().map(|read| read.path.join(".")).collect(), reads.exact)
}

#[test]
fn what_only_copies_stays_exact() {
    let exact = |name, args: &[Tracked]| assert_eq!(come_from(name, args), (vec!["a".to_owned()], true), "{name}");
    exact("print", &[at("a", "x")]);
    exact("print", &[at("a", 8080.0)]);
    exact("printf", &[plain("%s"), at("a", "x")]);
    exact("printf", &[plain("%d"), at("a", Value::int(1))]);
    exact("index", &[plain(ListRef::new(vec![at("a", "x")])), plain(Value::int(0))]);
    exact("or", &[plain(""), at("a", "x")]);
}

#[test]
fn what_computes_names_all_that_it_read() {
    let inexact = |name, args: &[Tracked], paths: &[&str]| {
        assert_eq!(come_from(name, args), (paths.iter().map(|p| (*p).to_owned()).collect(), false), "{name}");
    };
    inexact("print", &[at("a", "x"), at("b", "y")], &["a", "b"]);
    inexact("printf", &[plain("%s!"), at("a", "x")], &["a"]);
    inexact("printf", &[plain("%s"), at("a", 1.0)], &["a"]);
    inexact("printf", &[plain("%q"), at("a", "x")], &["a"]);
    inexact("print", &[at("a", MapRef::new())], &["a"]);
    inexact("eq", &[at("a", "x"), plain("y"), at("b", "x")], &["a", "b"]);
    inexact("len", &[at("a", "x")], &["a"]);
    inexact("html", &[at("a", "x")], &["a"]);
    inexact("slice", &[at("a", "xyz"), at("b", Value::int(1))], &["a", "b"]);
}

#[test]
fn an_index_that_was_read_stands_beside_what_it_found() {
    let map = MapRef::new();
    map.set("key", at("a", "x"));
    assert_eq!(come_from("index", &[plain(map), at("b", "key")]), (vec!["a".to_owned(), "b".to_owned()], true));
}

#[test]
fn the_table_is_sorted() {
    assert!(BUILTINS.is_sorted_by_key(|function| function.name));
    assert_eq!(BUILTINS.len(), 19);
}
