//! No template makes the parser panic: it gives trees that print themselves, or an error at a place in the text.

#![no_main]

use std::collections::BTreeSet;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use terrace::render::helm::gotemplate::call::{Function, f, ok, variadic};
use terrace::render::helm::gotemplate::functions::Functions;
use terrace::render::helm::gotemplate::parse::parse;
use terrace::render::helm::gotemplate::show::{context, tree_text};
use terrace::source::FileId;

static FUNCTIONS: LazyLock<Functions> = LazyLock::new(|| {
    const NAMES: [Function; 2] = [f("len", &[], |_| ok(true)), variadic("print", &[], |_| ok(true))];
    Functions::new([&NAMES[..]])
});

fuzz_target!(|text: &str| match parse("t", text.into(), FileId::NONE, &FUNCTIONS) {
    Ok(trees) => {
        for tree in &trees {
            assert!(tree.variables >= 1);
            let (location, shown) = context(tree, &tree.root);
            assert!(location.starts_with("t:"));
            assert_eq!(shown, tree_text(tree));
        }
        let names: BTreeSet<&str> = trees.iter().map(|tree| tree.name.as_str()).collect();
        assert_eq!(names.len(), trees.len());
    }
    Err(fault) => {
        assert!(fault.text.starts_with("template: t:"));
        let span = fault.frame.as_ref().and_then(|frame| frame.span).map(|span| span.range()).unwrap_or_default();
        assert!(text.get(span).is_some());
    }
});
