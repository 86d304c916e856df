//! What was read without an error is written so that it reads the same, and is written the same again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use terrace::source::FileId;
use terrace::yaml::{Dialect, emit, parse};

fuzz_target!(|text: &str| {
    let parsed = parse(FileId::NONE, text, Dialect::Kubernetes);
    for document in parsed.documents.iter().filter(|d| !d.failed) {
        let written = emit(&document.node);
        let again = parse(FileId::NONE, &written, Dialect::Kubernetes);
        assert!(again.diagnostics.is_empty(), "{written:?}");
        let node = again.into_first();
        assert!(node == document.node, "{written:?}");
        assert_eq!(emit(&node), written);
    }
});
