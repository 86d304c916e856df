//! No field path makes its parser panic, nor the search in an object.

#![no_main]

use libfuzzer_sys::fuzz_target;
use terrace::pipeline::FieldPath;
use terrace::source::FileId;
use terrace::yaml::{Dialect, parse};

const OBJECT: &str = "{a: {b: [1, {name: web, c: d}]}, '': [[x]], 'x.y/z': ~, '0': {'[': ']'}}";

fuzz_target!(|text: &str| {
    let Ok(path) = FieldPath::parse(text) else { return };
    let object = parse(FileId::NONE, OBJECT, Dialect::Kubernetes).into_first();
    // What leads somewhere still leads there as it is shown.
    if let Ok(node) = path.find(&object) {
        let shown = path.shown();
        let again = FieldPath::parse(&shown).ok();
        assert!(again.as_ref().and_then(|p| p.find(&object).ok()).is_some_and(|n| n == node), "{shown}");
    }
});
